/* SPDX-License-Identifier: MIT
 *
 * nbl_test_small.h - NET_BUFFERs built by hand over small MDL chains, and every one of them in turn.
 *
 * For tests of code that only reads MDLs and windows: no pool, no allocation, and every byte of a chain has a known
 * address between guard bytes.
 */
#ifndef NBL_TEST_SMALL_H
#define NBL_TEST_SMALL_H

#include <nbl/types.h>

#include <stdbool.h>

#define NBL_TEST_SMALL_MDLS 4
#define NBL_TEST_SMALL_MDL_BYTES 3 /* most bytes of one MDL */
#define NBL_TEST_SMALL_CAPACITY (NBL_TEST_SMALL_MDLS * NBL_TEST_SMALL_MDL_BYTES)
#define NBL_TEST_SMALL_GUARD 0xEE

/* struct nbl_test_small is one NET_BUFFER over MDLs whose bytes lie apart, each run between guard bytes. */
struct nbl_test_small {
    NET_BUFFER net_buffer;
    MDL mdl[NBL_TEST_SMALL_MDLS];
    ULONG mdls;
    ULONG capacity;
    unsigned char *byte[NBL_TEST_SMALL_CAPACITY]; /* address of each position of the chain */
    unsigned char arena[NBL_TEST_SMALL_MDLS][16];
};

/* nbl_test_small_mdl makes `mdl` describe nonpaged memory; Next becomes NULL. */
void nbl_test_small_mdl(MDL *mdl, void *address, ULONG bytes);

/* nbl_test_small_chain links MDLs of the given sizes (each at most NBL_TEST_SMALL_MDL_BYTES), fills the guards and
 * gives position p the value p + 1. The window is empty, at position 0. */
void nbl_test_small_chain(struct nbl_test_small *made, ULONG const *sizes, ULONG mdls);

/* nbl_test_small_window sets the window, with the n-th (from 0) of all pairs that denote `offset`: every MDL and offset
 * <= ByteCount at that position. Returns false when there are no more than n. */
bool nbl_test_small_window(struct nbl_test_small *made, ULONG offset, ULONG length, ULONG n);

/* nbl_test_small_each_chain calls check for each chain of up to NBL_TEST_SMALL_MDLS MDLs of 0..NBL_TEST_SMALL_MDL_BYTES
 * bytes. */
void nbl_test_small_each_chain(void (*check)(struct nbl_test_small *made));

/* nbl_test_small_each_window calls check for each window of each such chain, with each pair. */
void nbl_test_small_each_window(void (*check)(struct nbl_test_small *made));

#endif
