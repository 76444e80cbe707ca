/* SPDX-License-Identifier: MIT
 *
 * checksum.cc - the checksum kernel that all subjects share in W13, so that only their walk over the chain differs.
 */
#include "touch.h"

namespace bench {

uint64_t sum_words(void const *from, size_t bytes, uint64_t sum)
{
    uint8_t const *const begin = (uint8_t const *)from;
    uint64_t low = 0, high = 0;
    for (size_t i = 0; i < bytes; i += 8) { /* 32-bit halves cannot overflow 64 bits below 16 GiB */
        uint64_t word;
        memcpy(&word, begin + i, 8);
        low += word & 0xFFFFFFFFu;
        high += word >> 32;
    }
    sum += (low & 0xFFFFFFFFu) + (low >> 32) + (high & 0xFFFFFFFFu) + (high >> 32);
    return sum;
}

} // namespace bench
