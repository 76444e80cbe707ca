/* SPDX-License-Identifier: MIT
 *
 * memory.h (internal) - blocks of any size: size classes over slabs up to 32 KiB, the allocator beyond.
 */
#ifndef NBL_BASE_MEMORY_H
#define NBL_BASE_MEMORY_H

#include "slab.h"

/* nbl__memory_allocate returns `bytes` (1 or more) bytes aligned to 64, content undefined, or NULL. One fault point of
 * kind NBL_FAULT_ALLOCATION. Pair with nbl__memory_release and the same `bytes`. */
void *nbl__memory_allocate(size_t bytes);
void nbl__memory_release(void *memory, size_t bytes);

/* nbl__raw_allocate and nbl__raw_release go to the allocator itself and are no fault point: for bookkeeping and chunks. */
void *nbl__raw_allocate(size_t bytes, size_t alignment);
void nbl__raw_release(void *memory, size_t bytes);

#endif
