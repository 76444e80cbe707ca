/* SPDX-License-Identifier: MIT
 *
 * flat.h - all small chains and windows, and what NB-07..NB-11 say about each, written down as bytes in a row.
 *
 *     row of a chain: byte p of the row = byte p of the concatenation of its MDLs (NB-01)
 *     pair of position p < bytes: the MDL that holds byte p, and where in it (NB-08)
 *     pair of position p = bytes: the last MDL and its ByteCount, or (NULL, 0) without MDLs (NB-10)
 *
 * Nothing here walks as the library does, and nothing calls it.
 */
#ifndef NBL_EXHAUSTIVE_FLAT_H
#define NBL_EXHAUSTIVE_FLAT_H

#include "nbl_test.h"
#include "nbl_test_small.h"

#define ROW_BYTES 64u

/* struct flat_pair is a byte of a chain: where a pair that denotes it points, and the byte itself. */
struct flat_pair {
    MDL *mdl;
    ULONG offset;
    unsigned char *address;
};

/* struct flat is a chain as a row of bytes. pair[bytes] is the end. */
struct flat {
    ULONG bytes;
    ULONG mdls;
    struct flat_pair pair[ROW_BYTES + 1];
};

/* flat_of writes a chain down; the test fails when it has more than ROW_BYTES bytes. */
struct flat flat_of(MDL *chain);

/* ---- the cases ---- */

/* struct limits says how long chains are: up to `mdls` MDLs, each of 0 to `bytes` bytes. */
struct limits {
    ULONG mdls;
    ULONG bytes;
};

extern struct limits const limits_full;  /* what nbl_test_small.h can make: 4 MDLs of 0..3 bytes */
extern struct limits const limits_pairs; /* for pairs of chains: 2 MDLs of 0..3 bytes */

/* each_chain calls `visit` for each chain within the limits. Under a memory checker or an emulator it takes one in
 * nbl_test_slowdown(), and says so. Prints how far it is when it takes long. */
void each_chain(struct limits limits, void (*visit)(struct nbl_test_small *made));

/* each_window calls `visit` for each window of a chain, with each pair that denotes its start (NB-11): `canonical` is
 * what NB-08 and NB-10 want, and comes last. */
void each_window(struct nbl_test_small *made, void (*visit)(struct nbl_test_small *made, bool canonical));

/* place_window gives a NET_BUFFER of the library the chain, window and pair of `made` (NB-12). */
void place_window(NET_BUFFER *buffer, struct nbl_test_small const *made);

/* ---- judging ---- */

/* case_done counts one case. demand ends the test, with the case in words, unless the condition holds. */
void case_done(void);
void case_is(char const *format, ...) __attribute__((format(printf, 1, 2)));
#define demand(condition) ((condition) ? (void)0 : case_failed(#condition, __FILE__, __LINE__))
void case_failed(char const *condition, char const *file, int line);

/* demand_window demands a window with its canonical pair, in a chain of which `row` is the row. */
void demand_window(NET_BUFFER const *buffer, struct flat const *row, ULONG offset, ULONG length);

/* demand_violations demands that since the last call exactly `count` violations of severity warning and above were
 * reported, all of this rule; demand_violation one, or for NULL none. In the unwatched half of a run there is nobody to
 * report to. */
void demand_violations(char const *rule, unsigned count);
void demand_violation(char const *rule);

/* run_exhaustive runs tests twice, watched and unwatched, since calls have short ways for when nobody listens, and
 * prints how many cases there were. Returns what main returns. */
int run_exhaustive(char const *name, struct CMUnitTest const *tests, size_t count);

#endif
