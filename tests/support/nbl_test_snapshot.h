/* SPDX-License-Identifier: MIT
 *
 * nbl_test_snapshot.h - a NBL and all that hangs off it, written down, to see later whether anything changed (PROP-09).
 *
 * Recorded: every field of the NBL, of its context blocks, of each NB and of each MDL, but for NdisReserved, which
 * holds the library's notes; every byte of the driver's MDLs, and the used data of all NBs. Not recorded: the NBLs
 * behind Next, and backfill in memory that the library owns. Under Valgrind the used data has to be written before a
 * snapshot is compared.
 */
#ifndef NBL_TEST_SNAPSHOT_H
#define NBL_TEST_SNAPSHOT_H

#include <nbl/nbl.h>

struct nbl_test_snapshot;

struct nbl_test_snapshot *nbl_test_snapshot_take(NET_BUFFER_LIST const *list);
void nbl_test_snapshot_free(struct nbl_test_snapshot *snapshot);

/* nbl_test_snapshot_difference returns NULL when the NBL is as it was, else the name of the first thing that differs,
 * such as "NB 1 DataOffset". The text lives until the next call. */
char const *nbl_test_snapshot_difference(struct nbl_test_snapshot const *snapshot, NET_BUFFER_LIST const *list);

/* nbl_test_unchanged fails the test unless the NBL is as it was, and frees the snapshot. */
void nbl_test_unchanged(struct nbl_test_snapshot *snapshot, NET_BUFFER_LIST const *list);

/* nbl_test_same_buffer tells whether each field of a NET_BUFFER, the library's notes included, is that of an earlier copy.
 * Unlike memcmp it leaves out the padding between fields, which has no value. */
bool nbl_test_same_buffer(NET_BUFFER const *was, NET_BUFFER const *now);

#endif
