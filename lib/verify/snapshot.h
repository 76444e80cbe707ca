/* SPDX-License-Identifier: MIT
 *
 * snapshot.h (internal) - a list written down when it is handed over, to be compared when it comes back (VER-07).
 *
 * Recorded: NblFlags, Flags, the NBs in order, of each the window and the chain, and of each MDL its place, length and
 * start. The bytes themselves are not. The memory is the caller's.
 */
#ifndef NBL_VERIFY_SNAPSHOT_H
#define NBL_VERIFY_SNAPSHOT_H

#include <nbl/types.h>

#include <stdbool.h>

/* What may differ: bits of `allowed`. */
#define NBL__SNAPSHOT_WINDOWS 1u /* DataOffset, DataLength, and the pair */
#define NBL__SNAPSHOT_CHAINS 2u  /* MdlChain and the MDLs of each NB */
#define NBL__SNAPSHOT_BUFFERS 4u /* which NBs there are; implies the two above */
#define NBL__SNAPSHOT_FLAGS 8u   /* Flags, whoever owns the bits */

/* struct nbl__snapshot is the head of the memory that holds one. */
struct nbl__snapshot {
    NBL_ALIGNAS(8) NET_BUFFER_LIST const *list; /* what follows has 64-bit members, on 32-bit hosts too */
    ULONG nbl_flags;
    ULONG flags;
    uint32_t buffers;
    uint32_t mdls; /* of all NBs */
};

/* nbl__snapshot_bytes gives how much memory a snapshot of a list takes, aligned to 8; 0 when a chain of it is
 * too long to be anything but a circle (VER-04). */
size_t nbl__snapshot_bytes(NET_BUFFER_LIST const *list);

/* nbl__snapshot_take fills memory of nbl__snapshot_bytes(list), which was not 0. */
struct nbl__snapshot *nbl__snapshot_take(NET_BUFFER_LIST const *list, void *memory);

/* nbl__snapshot_compare announces what differs and is not allowed to: VER-07 with the list, the NB or the MDL that changed,
 * one per NB; INV-11 for reserved bits of NblFlags, INV-12 for bits of Flags outside `own_flags`, those that the holder
 * may edit (FLAG-03). An object that is no longer linked is not looked at. Returns how many it announced. */
uint32_t nbl__snapshot_compare(struct nbl__snapshot const *snapshot, unsigned allowed, ULONG own_flags,
                               char const *call);

#endif
