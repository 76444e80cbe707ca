/* SPDX-License-Identifier: MIT
 *
 * far.h - the far side of the tunnel: takes packets off the wire, reassembles, strips the headers, compares.
 */
#ifndef CARRY_FAR_H
#define CARRY_FAR_H

#include "originator.h"
#include "tunnel.h"

/* datagram is what has arrived so far of one IPv4 datagram. */
struct datagram {
    NET_BUFFER_LIST *list;   /* one NB per fragment, in order; NULL when there is none */
    NET_BUFFER *last;
    uint16_t identification;
    uint32_t bytes;          /* of IP payload, without a hole */
    bool no_memory;          /* a fragment could not be kept: the whole is dropped */
};

/* far_side receives. It sees bytes only: the frames that it compares with are those that are said to come, in order. */
struct far_side {
    NDIS_HANDLE list_pool;   /* NBLs as a miniport indicates them, one per datagram */
    NDIS_HANDLE buffer_pool; /* NBs over the MDLs that came over the wire */
    NDIS_HANDLE whole_pool;  /* reassembled NBLs */
    struct report *report;
    struct datagram datagram;
    struct frame *expected[BATCH_FRAMES];
    unsigned expected_count;
    unsigned expected_next;
};

/* far_start makes the pools; false without memory; call far_stop all the same. */
bool far_start(struct far_side *far, struct report *report);

/* far_stop frees the pools. */
void far_stop(struct far_side *far);

/* far_expect announces the frame that comes next, after those announced before. */
void far_expect(struct far_side *far, struct frame *frame);

/* far_receive takes one packet off the wire. The packet and its MDLs stay the sender's and are used until the far side has
 * delivered the datagram that it belongs to, at the latest until far_idle. */
void far_receive(struct far_side *far, NET_BUFFER *packet);

/* far_idle forgets what is incomplete, and the frames that did not come: they are lost. */
void far_idle(struct far_side *far);

#endif
