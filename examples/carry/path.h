/* SPDX-License-Identifier: MIT
 *
 * path.h - the intermediate driver: tunnel, mirror, fragments, the miniport below, and the way back up.
 */
#ifndef CARRY_PATH_H
#define CARRY_PATH_H

#include "far.h"
#include "originator.h"

/* PATH_LOWER_BACKFILL is what the miniport below announces for itself (as in BKF-EX2), bytes. */
#define PATH_LOWER_BACKFILL 8

/* PATH_CONTEXT is the context that the driver wants in each NBL, bytes. */
#define PATH_CONTEXT 64

/* path is the driver's state. */
struct path {
    NDIS_HANDLE clone_lists, clone_buffers;
    NDIS_HANDLE fragment_lists, fragment_buffers;
    struct options const *options;
    struct report *report;
    struct originator *originator;
    struct far_side *far;
    FILE *output;             /* where outgoing packets are written, NULL for nowhere */
    bool ethernet;            /* what the originator sends is Ethernet */
    uint16_t identification;  /* of the next outer IPv4 packet */
    uint64_t sends;           /* NBLs that the miniport was given */
};

/* path_start makes the pools; false without memory; call path_stop all the same. */
bool path_start(struct path *path, struct options const *options, struct report *report);

/* path_stop frees the pools. */
void path_stop(struct path *path);

/* path_reason tells why a frame cannot be carried; REASON_NONE when it can. */
enum reason path_reason(bool ethernet, ULONG length);

/* path_send carries a chain of NBLs and completes every one of them to the originator, with a Status. */
void path_send(struct path *path, NET_BUFFER_LIST *chain);

#endif
