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

#include <stdbool.h>
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

/* nbl__any_of is 0 when all of `bytes` bytes are, a multiple of 16 known at compile time and at most 384. With `half`
 * it begins with 16 bytes, so that no load of 32 lies in two lines when the memory begins 16 behind a multiple of
 * 32. */
#  define NBL__COLLECT(i)                                                                                             \
      if ((i) < pairs)                                                                                                \
      any |= vector[i]
#  define NBL__COLLECT_4(i)                                                                                           \
      NBL__COLLECT(i);                                                                                                \
      NBL__COLLECT((i) + 1);                                                                                          \
      NBL__COLLECT((i) + 2);                                                                                          \
      NBL__COLLECT((i) + 3)
static NBL_FLATTEN uint64_t nbl__any_of(void const *memory, size_t bytes, bool half)
{
    typedef uint64_t pair __attribute__((vector_size(16), aligned(2 * sizeof(void *)), may_alias));
    typedef uint64_t words __attribute__((vector_size(32), aligned(2 * sizeof(void *)), may_alias));
    unsigned char const *at = memory;
    words const *vector = (words const *)(void const *)(at + (half ? sizeof(pair) : 0));
    size_t const pairs = (bytes - (half ? sizeof(pair) : 0)) / sizeof(words);
    words any = vector[0];
    pair sum;
    NBL__COLLECT(1);
    NBL__COLLECT(2);
    NBL__COLLECT(3);
    NBL__COLLECT_4(4);
    NBL__COLLECT_4(8);
    sum = ((pair const *)&any)[0] | ((pair const *)&any)[1];
    if (half)
        sum |= *(pair const *)(void const *)at;
    if ((unsigned char const *)(vector + pairs) != at + bytes)
        sum |= *(pair const *)(void const *)(at + bytes - sizeof(pair));
    return sum[0] | sum[1];
}

/* nbl__zero_again is nbl__zero for memory that was cleared once and where little is written as a rule: a processor
 * loads more in a cycle than it stores. */
static NBL_FLATTEN void nbl__zero_again(void *memory, size_t bytes, bool half)
{
    if (bytes % sizeof(nbl__half_vector) != 0 /* 32-bit structures only */
        || NBL_UNLIKELY(nbl__any_of(memory, bytes, half) != 0))
        nbl__zero(memory, bytes);
}
#else
static inline void nbl__zero(void *memory, size_t bytes)
{
    memset(memory, 0, bytes);
}

static inline void nbl__zero_again(void *memory, size_t bytes, bool half)
{
    (void)half;
    memset(memory, 0, bytes);
}
#endif

#endif
