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
/* A structure, and so what begins inside one, is aligned to two pointers: on a 32-bit host that is less than a vector. */
typedef uint32_t nbl__vector __attribute__((vector_size(16), aligned(2 * sizeof(void *)), may_alias));

/* Single stores that a constant size turns on or off; a loop would be recognised and made a memset again. */
#  define NBL__STORE_ZERO(i)                                                                                          \
      if ((i) < bytes / sizeof(*vector))                                                                              \
      vector[i] = zero
#  define NBL__STORE_ZERO_8(i)                                                                                        \
      NBL__STORE_ZERO(i);                                                                                             \
      NBL__STORE_ZERO((i) + 1);                                                                                       \
      NBL__STORE_ZERO((i) + 2);                                                                                       \
      NBL__STORE_ZERO((i) + 3);                                                                                       \
      NBL__STORE_ZERO((i) + 4);                                                                                       \
      NBL__STORE_ZERO((i) + 5);                                                                                       \
      NBL__STORE_ZERO((i) + 6);                                                                                       \
      NBL__STORE_ZERO((i) + 7)

/* nbl__zero clears `bytes` bytes, known at compile time and at most 384, at an address aligned to two pointers. */
static inline __attribute__((always_inline)) void nbl__zero(void *memory, size_t bytes)
{
    nbl__vector *vector = memory;
    nbl__vector const zero = { 0, 0, 0, 0 };
    NBL__STORE_ZERO_8(0);
    NBL__STORE_ZERO_8(8);
    NBL__STORE_ZERO_8(16);
    if (bytes % sizeof(*vector) != 0) /* 32-bit structures only */
        memset((unsigned char *)memory + bytes - bytes % sizeof(*vector), 0, bytes % sizeof(*vector));
}
#else
static inline void nbl__zero(void *memory, size_t bytes)
{
    memset(memory, 0, bytes);
}
#endif

#endif
