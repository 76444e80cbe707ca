/* SPDX-License-Identifier: MIT
 *
 * memory.h - packet memory that a subject's user would bring: on 2 MiB pages, so that no subject pays for smaller ones.
 */
#ifndef NBL_BENCH_MEMORY_H
#define NBL_BENCH_MEMORY_H

#include <cstddef>

namespace bench {

/* memory_take returns `bytes` bytes that start on a cache line. memory_give takes them back for later takes of the same
 * size. One thread only. Ends the program when there is no memory. */
void *memory_take(size_t bytes);
void memory_give(void *memory, size_t bytes);

} // namespace bench

#endif
