/* SPDX-License-Identifier: MIT
 *
 * pair.h (internal) - storing two neighbouring 8-byte fields at once.
 *
 * Making a NET_BUFFER, a NET_BUFFER_LIST or an MDL is bound by how many stores a processor completes, one in a cycle as
 * a rule.
 * On 64-bit hosts these structures are made of pairs of pointer-sized fields at addresses that are multiples of 16.
 */
#ifndef NBL_BASE_PAIR_H
#define NBL_BASE_PAIR_H

#include <nbl/export.h>

#include <stdint.h>

#if defined(__GNUC__) && UINTPTR_MAX > 0xFFFFFFFFu
#  define NBL__HAS_PAIRS 1
typedef uint64_t nbl__pair __attribute__((vector_size(16), aligned(16), may_alias));

/* nbl__store_pair stores `first` at an address that is a multiple of 16, and `second` behind it. */
static inline void nbl__store_pair(void *to, uint64_t first, uint64_t second)
{
    *(nbl__pair *)to = (nbl__pair){ first, second };
}

static inline uint64_t nbl__word(void const *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* nbl__word_of_halves is the word that two 32-bit fields make in memory. */
static inline uint64_t nbl__word_of_halves(uint32_t first, uint32_t second)
{
#  if NBL_BIG_ENDIAN
    return (uint64_t)first << 32 | second;
#  else
    return (uint64_t)second << 32 | first;
#  endif
}

/* nbl__word_of_quarters is the word that two 16-bit fields and 32 bits of 0 make in memory. */
static inline uint64_t nbl__word_of_quarters(uint16_t first, uint16_t second)
{
#  if NBL_BIG_ENDIAN
    return (uint64_t)first << 48 | (uint64_t)second << 32;
#  else
    return (uint64_t)second << 16 | first;
#  endif
}
#else
#  define NBL__HAS_PAIRS 0
#endif

#endif
