/* SPDX-License-Identifier: MIT
 *
 * zero.h (internal) - clearing structures of a size known at compile time with plain 16-byte stores.
 *
 * A call of memset, or the string instruction that compilers make of it, costs several times the stores themselves for
 * the few hundred bytes of a NET_BUFFER_LIST.
 */
#ifndef NBL_BASE_ZERO_H
#define NBL_BASE_ZERO_H

#include "port.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
/* A structure, and so what begins inside one, is aligned to two pointers: on a 32-bit host that is less than a vector.
 * Where there are no 32-byte stores, compilers make two of each. */
typedef uint32_t nbl__vector __attribute__((vector_size(32), aligned(2 * sizeof(void *)), may_alias));
typedef uint32_t nbl__half_vector __attribute__((vector_size(16), aligned(2 * sizeof(void *)), may_alias));

/* Single stores that a constant size turns on or off; a loop would be recognised and made a memset again. */
#  define NBL__STORE_ZERO(i)                                                                                          \
      if ((i) < bytes / sizeof(*vector))                                                                              \
      vector[i] = zero
#  define NBL__STORE_ZERO_4(i)                                                                                        \
      NBL__STORE_ZERO(i);                                                                                             \
      NBL__STORE_ZERO((i) + 1);                                                                                       \
      NBL__STORE_ZERO((i) + 2);                                                                                       \
      NBL__STORE_ZERO((i) + 3)

/* nbl__zero clears `bytes` bytes, known at compile time and at most 384, at an address aligned to two pointers. */
static NBL_FLATTEN void nbl__zero(void *memory, size_t bytes)
{
    nbl__vector *vector = memory;
    nbl__vector const zero = { 0 };
    size_t const rest = bytes % sizeof(*vector);
    unsigned char *end = (unsigned char *)memory + bytes - rest;
    NBL__STORE_ZERO_4(0);
    NBL__STORE_ZERO_4(4);
    NBL__STORE_ZERO_4(8);
    if (rest == sizeof(nbl__half_vector))
        *(nbl__half_vector *)(void *)end = (nbl__half_vector){ 0 };
    else if (rest != 0) /* 32-bit structures only */
        memset(end, 0, rest);
}
#else
static inline void nbl__zero(void *memory, size_t bytes)
{
    memset(memory, 0, bytes);
}
#endif

#endif
