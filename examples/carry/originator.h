/* SPDX-License-Identifier: MIT
 *
 * originator.h - the protocol driver above: makes NBLs out of frames, one flow per NBL, and gets them back.
 */
#ifndef CARRY_ORIGINATOR_H
#define CARRY_ORIGINATOR_H

#include "flow.h"
#include "frame.h"
#include "options.h"
#include "report.h"

/* BATCH_FRAMES is how many frames are on the way together. */
#define BATCH_FRAMES 64

/* LIST_NET_BUFFERS is how many NBs a NBL has at most; a flow with more goes on in another NBL. */
#define LIST_NET_BUFFERS 16

/* BATCH_BYTES ends a batch early, so that huge frames do not pile up. */
#define BATCH_BYTES 4000000

/* open_flow is a flow of the batch that is being made, with the NBL that collects it. */
struct open_flow {
    struct flow_key key;
    enum reason reason;
    NET_BUFFER_LIST *list;
    NET_BUFFER *last;
    unsigned count;
};

/* batch is the frames on the way, and their NBLs in the order in which the flows begin. */
struct batch {
    struct frame frames[BATCH_FRAMES];
    unsigned count;
    uint64_t bytes;
    struct open_flow flows[BATCH_FRAMES];
    unsigned flow_count;
    struct nbl_queue lists;
};

/* originator owns the NBLs' memory and pools. */
struct originator {
    NDIS_HANDLE list_pool;   /* NBLs without NBs, with context for those below */
    NDIS_HANDLE buffer_pool; /* NBs over MDLs of the originator's */
    uint32_t negotiated;     /* bytes of backfill that the stack below asks for */
    uint32_t before_restart; /* the same, as known before the tunnel announced its need (BKF-10, BKF-13) */
    struct options const *options;
    struct report *report;
};

/* originator_start makes the pools. lower_backfill: what the miniport wants; tunnel_backfill: what the driver below wants
 * besides; context: bytes of context that it wants in each NBL. False without memory; call originator_stop all the same. */
bool originator_start(struct originator *originator, struct options const *options, struct report *report,
                      uint32_t lower_backfill, uint32_t tunnel_backfill, uint16_t context);

/* originator_stop frees the pools. */
void originator_stop(struct originator *originator);

/* originator_add copies a frame into memory of its own and appends it as a NB to the NBL of its flow. What cannot be made
 * for lack of memory is counted in the frame's reason. The frame is the last one of the batch. */
void originator_add(struct originator *originator, struct batch *batch, struct frame *frame, uint8_t const *bytes);

/* originator_complete is the send completion handler: checks that the NBL came back as it was sent, and frees it. */
void originator_complete(struct originator *originator, NET_BUFFER_LIST *list);

/* originator_count settles the frames of a batch when all is done: lost, not carried and why; and empties the batch. */
void originator_count(struct originator *originator, struct batch *batch);

/* frame_matches compares the used data of a NB from `offset` on with a frame, every byte. */
bool frame_matches(struct frame const *frame, NET_BUFFER const *net_buffer, ULONG offset);

#endif
