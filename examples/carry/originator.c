/* SPDX-License-Identifier: MIT
 *
 * originator.c - frames to MDLs, NBs and NBLs, and what becomes of them at completion.
 */
#include "originator.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_MDL_BYTES 54  /* Ethernet, IPv4 and TCP; never less than MAC header and VLAN tag together (SEND-08) */
#define MDL_GAP 16          /* bytes between two MDLs, so that reading on across the end of one gives wrong bytes */
#define MDL_GAP_FILL 0xEE
#define POOL_TAG 0x4F72696Eu

/* Backfill to allocate: the sum along the stack, rounded up (BKF-17). */
static uint32_t round_up(uint32_t bytes)
{
    return (bytes + 7u) & ~7u;
}

bool originator_start(struct originator *originator, struct options const *options, struct report *report,
                      uint32_t lower_backfill, uint32_t tunnel_backfill, uint16_t context)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const lists = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .ContextSize = (USHORT)((context + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(MEMORY_ALLOCATION_ALIGNMENT - 1)),
        .PoolTag = POOL_TAG,
    };
    NET_BUFFER_POOL_PARAMETERS const buffers = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
        .PoolTag = POOL_TAG,
    };
    *originator = (struct originator){ .options = options, .report = report };
    originator->negotiated = round_up(lower_backfill + tunnel_backfill);
    originator->before_restart = round_up(lower_backfill);
    originator->list_pool = report_add_pool(report, "NBLs of the originator", NdisAllocateNetBufferListPool(NULL, &lists));
    originator->buffer_pool = report_add_pool(report, "NBs of the originator", NdisAllocateNetBufferPool(NULL, &buffers));
    return originator->list_pool != NULL && originator->buffer_pool != NULL;
}

void originator_stop(struct originator *originator)
{
    if (originator->buffer_pool != NULL)
        NdisFreeNetBufferPool(originator->buffer_pool);
    if (originator->list_pool != NULL)
        NdisFreeNetBufferListPool(originator->list_pool);
}

bool frame_matches(struct frame const *frame, NET_BUFFER const *net_buffer, ULONG offset)
{
    if (NET_BUFFER_DATA_LENGTH(net_buffer) != offset + frame->length)
        return false;
    return nbl_chain_compare_flat(net_buffer, offset, frame->original, frame->length, NULL) == 0;
}

/* ---- Frame to MDLs. ---- */

static void free_mdls(MDL *mdl)
{
    while (mdl != NULL) {
        MDL *const next = mdl->Next;
        NdisFreeMdl(mdl);
        mdl = next;
    }
}

/* The first MDL has the headers; the others share the rest evenly. */
static uint32_t piece_bytes(uint32_t left, uint32_t index, uint32_t pieces)
{
    if (index + 1 == pieces)
        return left;
    if (index == 0)
        return left < FIRST_MDL_BYTES ? left : FIRST_MDL_BYTES;
    return (left + pieces - index - 1) / (pieces - index);
}

/* One MDL of `front` bytes of backfill and the next `piece` bytes of the frame. */
static MDL *describe_piece(uint8_t *at, uint32_t front, uint8_t const *bytes, uint32_t piece)
{
    if (piece > 0)
        memcpy(at + front, bytes, piece);
    return NdisAllocateMdl(NULL, at, front + piece);
}

/* One block of memory: backfill and the first piece, a gap, the next piece ... Returns the chain, NULL without memory. */
static MDL *describe(struct frame const *frame, uint8_t const *bytes, uint32_t pieces)
{
    uint8_t *at = frame->memory;
    uint32_t front = frame->backfill;
    uint32_t left = frame->length;
    MDL *first = NULL;
    MDL **link = &first;
    for (uint32_t i = 0; i < pieces && (i == 0 || left > 0); i++, front = 0) {
        uint32_t const piece = piece_bytes(left, i, pieces);
        *link = describe_piece(at, front, bytes + (frame->length - left), piece);
        if (*link == NULL) {
            free_mdls(first);
            return NULL;
        }
        link = &(*link)->Next;
        at += front + piece + MDL_GAP;
        left -= piece;
    }
    return first;
}

static MDL *make_mdls(struct frame *frame, uint8_t const *bytes, uint32_t pieces)
{
    size_t const room = (size_t)frame->backfill + frame->length + (size_t)pieces * MDL_GAP;
    frame->memory = malloc(room);
    frame->original = malloc(frame->length > 0 ? frame->length : 1);
    if (frame->memory == NULL || frame->original == NULL)
        return NULL;
    memset(frame->memory, MDL_GAP_FILL, room);
    if (frame->length > 0)
        memcpy(frame->original, bytes, frame->length);
    return describe(frame, bytes, pieces);
}

static NET_BUFFER *make_net_buffer(struct originator *originator, struct frame *frame, uint8_t const *bytes)
{
    MDL *const mdls = make_mdls(frame, bytes, originator->options->mdls);
    if (mdls == NULL)
        return NULL;
    NET_BUFFER *const made = NdisAllocateNetBuffer(originator->buffer_pool, mdls, frame->backfill, frame->length);
    if (made == NULL)
        free_mdls(mdls);
    else
        NET_BUFFER_PROTOCOL_RESERVED(made)[0] = frame;
    return made;
}

static void free_net_buffer(NET_BUFFER *net_buffer)
{
    free_mdls(NET_BUFFER_FIRST_MDL(net_buffer));
    NdisFreeNetBuffer(net_buffer);
}

/* ---- NBs to NBLs. ---- */

static struct open_flow *find_flow(struct batch *batch, struct flow_key const *key, enum reason reason)
{
    for (unsigned i = 0; i < batch->flow_count; i++) {
        struct open_flow *const flow = &batch->flows[i];
        if (flow->count < LIST_NET_BUFFERS && flow->reason == reason && flow_equal(&flow->key, key))
            return flow;
    }
    return NULL;
}

/* SourceHandle is how a completion finds its way back (NBL-10); the hash is what the tunnel spreads flows by. */
static struct open_flow *new_flow(struct originator *originator, struct batch *batch, struct flow_key const *key,
                                  enum reason reason)
{
    NET_BUFFER_LIST *const list = NdisAllocateNetBufferList(originator->list_pool, 0, 0);
    struct open_flow *const flow = &batch->flows[batch->flow_count];
    if (list == NULL)
        return NULL;
    list->SourceHandle = originator;
    NET_BUFFER_LIST_SET_HASH_VALUE(list, flow_hash(key));
    *flow = (struct open_flow){ *key, reason, list, NULL, 0 };
    batch->flow_count++;
    nbl_queue_append(&batch->lists, list);
    originator->report->lists++;
    return flow;
}

static void link_net_buffer(struct open_flow *flow, NET_BUFFER *net_buffer)
{
    if (flow->last == NULL)
        NET_BUFFER_LIST_FIRST_NB(flow->list) = net_buffer;
    else
        NET_BUFFER_NEXT_NB(flow->last) = net_buffer;
    flow->last = net_buffer;
    flow->count++;
}

/* A frame that cannot be carried goes into a NBL apart from those that can: one NB that fails makes its whole NBL fail
 * (STAT-04). */
static bool append(struct originator *originator, struct batch *batch, struct frame *frame, NET_BUFFER *net_buffer)
{
    struct flow_key key = { .form = FLOW_OPAQUE };
    if (frame->reason != REASON_LINK_TYPE)
        flow_parse(&key, net_buffer);
    struct open_flow *flow = find_flow(batch, &key, frame->reason);
    if (flow == NULL)
        flow = new_flow(originator, batch, &key, frame->reason);
    if (flow != NULL)
        link_net_buffer(flow, net_buffer);
    return flow != NULL;
}

static void count_frame(struct report *report, struct frame const *frame, NET_BUFFER const *net_buffer)
{
    report->net_buffers++;
    report->copied_building += frame->length;
    for (MDL const *mdl = NET_BUFFER_FIRST_MDL(net_buffer); mdl != NULL; mdl = mdl->Next)
        report->mdls++;
}

static bool is_stale(struct originator const *originator)
{
    uint32_t const every = originator->options->stale_every;
    return every != 0 && originator->report->frames % every == 0;
}

void originator_add(struct originator *originator, struct batch *batch, struct frame *frame, uint8_t const *bytes)
{
    originator->report->frames++;
    originator->report->bytes += frame->length;
    batch->bytes += frame->length;
    frame->backfill = is_stale(originator) ? originator->before_restart : originator->negotiated;
    NET_BUFFER *const net_buffer = make_net_buffer(originator, frame, bytes);
    if (net_buffer != NULL && append(originator, batch, frame, net_buffer)) {
        count_frame(originator->report, frame, net_buffer);
        return;
    }
    if (net_buffer != NULL)
        free_net_buffer(net_buffer);
    frame->reason = REASON_NO_MEMORY;
}

/* ---- Completion. ---- */

/* A NB comes back with the window that it was sent with, and with its bytes, whatever the Status (STAT-14, IM-08). */
static void check_return(NET_BUFFER const *net_buffer)
{
    struct frame *const frame = frame_of(net_buffer);
    if (NET_BUFFER_DATA_OFFSET(net_buffer) != frame->backfill || !frame_matches(frame, net_buffer, 0))
        frame->damaged = true;
}

void originator_complete(struct originator *originator, NET_BUFFER_LIST *list)
{
    NET_BUFFER *net_buffer = NET_BUFFER_LIST_FIRST_NB(list);
    report_completion(originator->report, NET_BUFFER_LIST_STATUS(list));
    while (net_buffer != NULL) {
        NET_BUFFER *const next = NET_BUFFER_NEXT_NB(net_buffer);
        check_return(net_buffer);
        free_net_buffer(net_buffer);
        net_buffer = next;
    }
    NET_BUFFER_LIST_FIRST_NB(list) = NULL;
    NdisFreeNetBufferList(list);
}

static void count_result(struct report *report, struct frame const *frame)
{
    if (frame->damaged || (frame->reason == REASON_NONE && !frame->arrived)) {
        report->lost_frames++;
        report->lost_bytes += frame->length > 0 ? frame->length : 1;
    } else if (frame->reason != REASON_NONE) {
        report->not_carried[frame->reason]++;
    }
}

void originator_count(struct originator *originator, struct batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++) {
        count_result(originator->report, &batch->frames[i]);
        free(batch->frames[i].memory);
        free(batch->frames[i].original);
    }
    batch->count = 0;
    batch->bytes = 0;
    batch->flow_count = 0;
    nbl_queue_init(&batch->lists);
}
