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

/* enum nbl__memory_set: the blocks of the second set hold derived lists and nothing else, so that a list is always
 * where one was before; they are zero when they are new, unless a hook of NBL__SLAB_HOOKS is set. */
enum nbl__memory_set { NBL__MEMORY_ANY, NBL__MEMORY_LISTS, NBL__MEMORY_SETS };

/* nbl__memory_class gives the slab of a set that serves `bytes` bytes, or NULL when that is the allocator itself: for a
 * caller that keeps it beside the block and gives the block back to it with nbl__slab_give. */
static inline struct nbl__slab *nbl__memory_class(enum nbl__memory_set set, size_t bytes);

/* nbl__memory_join makes nbl_memory_trim trim a statically known slab too. Calling it again does nothing. */
void nbl__memory_join(struct nbl__slab *slab);

/* nbl__raw_allocate and nbl__raw_release go to the allocator itself and are no fault point: for bookkeeping and
 * chunks. */
void *nbl__raw_allocate(size_t bytes, size_t alignment);
void nbl__raw_release(void *memory, size_t bytes);

/* nbl__apart_allocate gives a block of its own, aligned to 64, with guards around it while NBL__HOOK_GUARD is set, or
 * NULL; nbl__apart_release takes it back, or returns false when it is told that it cannot be. */
void *nbl__apart_allocate(size_t bytes);
bool nbl__apart_release(void *block, size_t bytes);

/* Classes: 64, 128, .. 1024 in steps of 64, then four to a doubling up to 32 KiB. */
#define NBL__FINE_STEP 64u
#define NBL__FINE_LIMIT 1024u
#define NBL__FINE_CLASSES (NBL__FINE_LIMIT / NBL__FINE_STEP)
#define NBL__CLASS_LIMIT 32768u
#define NBL__CLASSES (NBL__FINE_CLASSES + 20u)
#define NBL__MEMORY_LISTS_ID 64u

extern NBL_HIDDEN struct nbl__slab nbl__memory_classes[NBL__MEMORY_SETS][NBL__CLASSES];

/* Above NBL__FINE_LIMIT, with 2^k < bytes <= 2^(k+1), the four classes of that doubling are 2^k + 1, 2, 3 or 4 quarters
 * of 2^k. */
static inline struct nbl__slab *nbl__memory_class(enum nbl__memory_set set, size_t bytes)
{
    struct nbl__slab *classes = nbl__memory_classes[set];
    uint32_t doubling = 0;
    size_t quarter = NBL__FINE_LIMIT / 4;
    if (NBL_LIKELY(bytes <= NBL__FINE_LIMIT))
        return &classes[(bytes + NBL__FINE_STEP - 1) / NBL__FINE_STEP - 1];
    if (NBL_UNLIKELY(bytes > NBL__CLASS_LIMIT))
        return NULL;
    while (bytes > 8 * quarter) {
        quarter *= 2;
        doubling++;
    }
    return &classes[NBL__FINE_CLASSES + 4 * doubling + (uint32_t)((bytes + quarter - 1) / quarter) - 5];
}

#endif
