/* SPDX-License-Identifier: MIT
 *
 * checksum.c - the ones' complement sum of a walk over spans.
 *
 * Sums are modulo 65535, and 65536 = 1 there. So memory may be added in words of any width and in the byte order of the
 * host, and carries may be added back when all is done. Exchanging the two bytes of a sum multiplies it by 256, and
 * doing it twice changes nothing: that is how a run of bytes that starts at an odd place is fitted in.
 */
#include "span.h"

#include <string.h>

#define LANES 4u
#define WORD_BYTES sizeof(uint64_t)
#define BLOCK_BYTES (2 * LANES * WORD_BYTES)

/* struct lane is a sum of 64-bit words: sum + carries x 2^64, and 2^64 = 1 here. */
struct lane {
    uint64_t sum;
    uint64_t carries;
};

/* struct lanes is a sum in parts that a processor can add to at the same time. */
struct lanes {
    struct lane lane[LANES];
};

/* fold reduces a sum to 16 bits; only 0 becomes 0. */
static uint16_t fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & 0xFFFFFFFFu);
    sum = (sum >> 32) + (sum & 0xFFFFFFFFu);
    sum = (sum >> 16) + (sum & 0xFFFFu);
    return (uint16_t)((sum >> 16) + (sum & 0xFFFFu));
}

static inline void add_word(struct lane *lane, uint64_t word)
{
    lane->sum += word;
    lane->carries += lane->sum < word;
}

static inline void add(struct lane *lane, unsigned char const *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    add_word(lane, word);
}

static uint16_t fold_lanes(struct lanes const *lanes)
{
    struct lane all = lanes->lane[0];
    for (unsigned i = 1; i < LANES; i++) {
        add_word(&all, lanes->lane[i].sum);
        all.carries += lanes->lane[i].carries;
    }
    return fold((uint64_t)fold(all.sum) + fold(all.carries));
}

/* add_run adds one run of bytes, with zeros behind it to fill its last word. */
static inline void add_run(struct lanes *lanes, unsigned char const *bytes, size_t count)
{
    struct lane a = lanes->lane[0], b = lanes->lane[1], c = lanes->lane[2], d = lanes->lane[3];
    for (; count >= BLOCK_BYTES; bytes += BLOCK_BYTES, count -= BLOCK_BYTES) {
        add(&a, bytes);
        add(&b, bytes + 8);
        add(&c, bytes + 16);
        add(&d, bytes + 24);
        add(&a, bytes + 32);
        add(&b, bytes + 40);
        add(&c, bytes + 48);
        add(&d, bytes + 56);
    }
    for (; count >= WORD_BYTES; bytes += WORD_BYTES, count -= WORD_BYTES)
        add(&a, bytes);
    if (count > 0) {
        unsigned char word[WORD_BYTES] = { 0 };
        memcpy(word, bytes, count);
        add(&b, word);
    }
    *lanes = (struct lanes){ { a, b, c, d } };
}

static uint16_t exchange(uint16_t sum)
{
    return (uint16_t)((sum & 0xFFu) << 8 | sum >> 8);
}

/* By value: lanes can stay in registers while no run ends at an odd place. */
static NBL_NOINLINE struct lanes exchange_lanes(struct lanes lanes)
{
    return (struct lanes){ { { exchange(fold_lanes(&lanes)), 0 } } };
}

/* from_memory gives the number whose upper byte is the first one in memory; the same function goes the other way. */
static uint16_t from_memory(uint16_t sum)
{
    unsigned char bytes[sizeof(sum)];
    memcpy(bytes, &sum, sizeof(sum));
    return (uint16_t)((unsigned)bytes[0] << 8 | bytes[1]);
}

bool nbl_span_sum(struct nbl_span_iterator *iterator, USHORT initial, USHORT *sum)
{
    struct lanes lanes = { { { 0, 0 } } };
    struct nbl_span span;
    bool odd = false; /* the next run starts at an odd place, and lanes holds 256 times the sum */
    while (nbl__span_next(iterator, &span, "nbl_span_sum")) {
        add_run(&lanes, span.address, span.bytes);
        if ((span.bytes & 1u) != 0) {
            lanes = exchange_lanes(lanes);
            odd = !odd;
        }
    }
    if (iterator->failed)
        return false;
    if (odd)
        lanes = exchange_lanes(lanes);
    *sum = from_memory(fold((uint64_t)from_memory(initial) + fold_lanes(&lanes)));
    return true;
}
