/* SPDX-License-Identifier: MIT
 *
 * touch.h - reading and writing packet bytes in the same way for every subject, and keeping the compiler honest.
 *
 * All of it is `static inline`: each subject's file gets its own copy, compiled with its own flags.
 */
#ifndef NBL_BENCH_TOUCH_H
#define NBL_BENCH_TOUCH_H

#include <cstdint>
#include <cstring>

namespace bench {

/* step: whatever was stored before has really been stored. Between two halves of an operation that other code would
 * separate in a program, such as a layer that prepends and one that strips. */
static inline void step()
{
    asm volatile("" ::: "memory");
}

/* NBL_BENCH_INLINE on a function: whatever it calls and can be inlined is inlined, so that no subject depends on
 * what the compiler thinks of the size of its inline functions. */
#define NBL_BENCH_INLINE __attribute__((flatten))

/* use: the value has really been computed. */
static inline void use(uint64_t value)
{
    asm volatile("" ::"r"(value));
}

static inline void use(void const *value)
{
    asm volatile("" ::"r"(value) : "memory");
}

static inline void write_4(void *to, uint32_t value)
{
    memcpy(to, &value, 4);
}

/* write_14 writes an Ethernet header. */
static inline void write_14(void *to)
{
    uint64_t const head = 0x0102030405060708u, tail = 0x0008060504030201u;
    memcpy(to, &head, 8);
    memcpy((uint8_t *)to + 6, &tail, 8);
}

/* write_20 writes an IPv4 header. */
static inline void write_20(void *to)
{
    uint64_t const a = 0x4500003400000000u, b = 0x40110000c0a80001u;
    uint32_t const c = 0xc0a80002u;
    memcpy(to, &a, 8);
    memcpy((uint8_t *)to + 8, &b, 8);
    memcpy((uint8_t *)to + 16, &c, 4);
}

/* ends_of reads the first and the last eight of `bytes` bytes. */
static inline uint64_t ends_of(void const *from, size_t bytes)
{
    uint64_t head, tail;
    memcpy(&head, from, 8);
    memcpy(&tail, (uint8_t const *)from + bytes - 8, 8);
    return head + tail;
}

/* sum_words adds 64-bit words with end-around carry: the Internet checksum of a buffer whose length is a multiple of
 * 16, up to folding. One kernel for all subjects: see checksum.cc. */
uint64_t sum_words(void const *from, size_t bytes, uint64_t sum);

static inline uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xFFFFFFFFu) + (sum >> 32);
    sum = (sum & 0xFFFFFFFFu) + (sum >> 32);
    sum = (sum & 0xFFFFu) + (sum >> 16);
    sum = (sum & 0xFFFFu) + (sum >> 16);
    return (uint16_t)sum;
}

} // namespace bench

#endif
