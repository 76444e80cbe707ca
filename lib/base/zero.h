/* SPDX-License-Identifier: MIT
 *
 * zero.h (internal) - clearing structures of a size known at compile time with plain 16-byte stores.
 *
 * A call of memset, or the string instruction that compilers make of it, costs several times the stores themselves for the
 * few hundred bytes of a NET_BUFFER_LIST.
 */
#ifndef NBL_BASE_ZERO_H
#define NBL_BASE_ZERO_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
typedef uint32_t nbl__vector __attribute__((vector_size(16), aligned(16), may_alias));

/* nbl__zero clears `bytes` bytes, a multiple of 16, at an address aligned to 16. */
static inline __attribute__((always_inline)) void nbl__zero(void *memory, size_t bytes)
{
    nbl__vector *vector = memory;
    for (size_t i = 0; i < bytes / sizeof(*vector); i++) {
        vector[i] = (nbl__vector){ 0, 0, 0, 0 };
        /* Keeps the loop from being recognised as a memset. */
        __asm__ volatile("" ::: );
    }
}
#else
static inline void nbl__zero(void *memory, size_t bytes)
{
    memset(memory, 0, bytes);
}
#endif

#endif
