/* SPDX-License-Identifier: MIT
 *
 * far.c - receiving: packets to datagrams, datagrams to frames.
 */
#include "far.h"

#define POOL_TAG 0x466172u

static NDIS_HANDLE make_list_pool(BOOLEAN with_net_buffer)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = with_net_buffer,
        .PoolTag = POOL_TAG,
    };
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

bool far_start(struct far_side *far, struct report *report)
{
    NET_BUFFER_POOL_PARAMETERS const buffers = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
        .PoolTag = POOL_TAG,
    };
    *far = (struct far_side){ .report = report };
    far->list_pool = report_add_pool(report, "NBLs received", make_list_pool(FALSE));
    far->buffer_pool = report_add_pool(report, "NBs received", NdisAllocateNetBufferPool(NULL, &buffers));
    far->whole_pool = report_add_pool(report, "NBLs reassembled", make_list_pool(TRUE));
    return far->list_pool != NULL && far->buffer_pool != NULL && far->whole_pool != NULL;
}

void far_stop(struct far_side *far)
{
    if (far->buffer_pool != NULL)
        NdisFreeNetBufferPool(far->buffer_pool);
    if (far->list_pool != NULL)
        NdisFreeNetBufferListPool(far->list_pool);
    if (far->whole_pool != NULL)
        NdisFreeNetBufferListPool(far->whole_pool);
}

void far_expect(struct far_side *far, struct frame *frame)
{
    if (far->expected_count < BATCH_FRAMES)
        far->expected[far->expected_count++] = frame;
}

static struct frame *next_expected(struct far_side *far)
{
    return far->expected_next < far->expected_count ? far->expected[far->expected_next++] : NULL;
}

/* The first bytes of a packet, in place if they are contiguous, else gathered in `storage`. */
static uint8_t const *read_header(struct far_side *far, NET_BUFFER *packet, ULONG bytes, uint8_t *storage)
{
    uint8_t const *const header = NdisGetDataBuffer(packet, bytes, storage, 1, 0);
    if (header == storage)
        far->report->copied_headers += bytes;
    return header;
}

/* ---- A whole datagram. ---- */

/* The comparison is with the frame that was sent, in the order of sending. */
static void compare(struct far_side *far, NET_BUFFER const *net_buffer)
{
    struct frame *const frame = next_expected(far);
    if (frame == NULL)
        return;
    if (!frame_matches(frame, net_buffer, 0)) {
        frame->damaged = true;
        return;
    }
    frame->arrived = true;
    far->report->delivered++;
}

/* Steps off all headers, compares, and steps back: the NB goes back as it came. What was just advanced over is backfill, so
 * that this retreat neither allocates nor fails. */
static void deliver(struct far_side *far, NET_BUFFER_LIST *list)
{
    uint8_t storage[TUNNEL_BYTES];
    NET_BUFFER *const packet = NET_BUFFER_LIST_FIRST_NB(list);
    uint8_t const *const header = read_header(far, packet, TUNNEL_BYTES, storage);
    if (header == NULL || !tunnel_read(header, NET_BUFFER_DATA_LENGTH(packet)))
        return;
    NdisAdvanceNetBufferListDataStart(list, TUNNEL_BYTES, FALSE, NULL);
    compare(far, packet);
    if (NdisRetreatNetBufferListDataStart(list, TUNNEL_BYTES, 0, NULL, NULL) != NDIS_STATUS_SUCCESS)
        far->report->violations++;
}

static void drop_for_memory(struct far_side *far)
{
    struct frame *const frame = next_expected(far);
    if (frame != NULL)
        frame->reason = REASON_NO_MEMORY;
}

/* The fragments' own headers are left out (StartOffset); one header for the whole takes their place (DataOffsetDelta). */
static void reassemble(struct far_side *far)
{
    struct tunnel_outer const outer = { far->datagram.bytes + TUNNEL_IP_BYTES, far->datagram.identification, 0, false };
    NET_BUFFER_LIST *const whole = NdisAllocateReassembledNetBufferList(far->datagram.list, far->whole_pool,
                                                                        TUNNEL_OUTER_BYTES, TUNNEL_OUTER_BYTES, 0, 0);
    if (whole == NULL) {
        drop_for_memory(far);
        return;
    }
    whole->ParentNetBufferList = far->datagram.list;
    far->datagram.list->ChildRefCount++;
    far->report->reassemblies++;
    tunnel_write_outer(NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(whole), TUNNEL_OUTER_BYTES, NULL, 1, 0), &outer);
    deliver(far, whole);
    far->datagram.list->ChildRefCount--;
    NdisFreeReassembledNetBufferList(whole, TUNNEL_OUTER_BYTES, 0);
}

/* ---- Fragments to datagrams. ---- */

static void discard_datagram(struct far_side *far)
{
    NET_BUFFER_LIST *const list = far->datagram.list;
    if (list != NULL) {
        NET_BUFFER *net_buffer = NET_BUFFER_LIST_FIRST_NB(list);
        while (net_buffer != NULL) {
            NET_BUFFER *const next = NET_BUFFER_NEXT_NB(net_buffer);
            NdisFreeNetBuffer(net_buffer);
            net_buffer = next;
        }
        NET_BUFFER_LIST_FIRST_NB(list) = NULL;
        NdisFreeNetBufferList(list);
    }
    far->datagram = (struct datagram){ .list = NULL };
}

static void finish_datagram(struct far_side *far)
{
    if (far->datagram.no_memory)
        drop_for_memory(far);
    else if (NET_BUFFER_NEXT_NB(NET_BUFFER_LIST_FIRST_NB(far->datagram.list)) != NULL)
        reassemble(far);
    else
        deliver(far, far->datagram.list);
    discard_datagram(far);
}

static void begin_datagram(struct far_side *far, struct tunnel_outer const *outer)
{
    discard_datagram(far);
    far->datagram.identification = outer->identification;
    far->datagram.list = NdisAllocateNetBufferList(far->list_pool, 0, 0);
    far->datagram.no_memory = far->datagram.list == NULL;
}

/* A NB of the far side's own over the MDLs that the wire delivered: no byte is copied. */
static void append(struct far_side *far, NET_BUFFER const *packet)
{
    if (far->datagram.no_memory)
        return;
    NET_BUFFER *const made = NdisAllocateNetBuffer(far->buffer_pool, NET_BUFFER_CURRENT_MDL(packet),
                                                   NET_BUFFER_CURRENT_MDL_OFFSET(packet), NET_BUFFER_DATA_LENGTH(packet));
    if (made == NULL)
        far->datagram.no_memory = true;
    else if (far->datagram.last == NULL)
        NET_BUFFER_LIST_FIRST_NB(far->datagram.list) = made;
    else
        NET_BUFFER_NEXT_NB(far->datagram.last) = made;
    far->datagram.last = made;
}

/* The wire keeps order, so a fragment either begins a datagram or continues the last one where it ended. */
static bool belongs(struct datagram const *datagram, struct tunnel_outer const *outer)
{
    return outer->offset == datagram->bytes && outer->identification == datagram->identification;
}

void far_receive(struct far_side *far, NET_BUFFER *packet)
{
    uint8_t storage[TUNNEL_OUTER_BYTES];
    struct tunnel_outer outer;
    uint8_t const *const header = read_header(far, packet, TUNNEL_OUTER_BYTES, storage);
    if (header == NULL || !tunnel_read_outer(header, NET_BUFFER_DATA_LENGTH(packet), &outer))
        return;
    if (outer.offset == 0)
        begin_datagram(far, &outer);
    if (!belongs(&far->datagram, &outer))
        return;
    append(far, packet);
    far->datagram.bytes += outer.ip_bytes - TUNNEL_IP_BYTES;
    if (!outer.more)
        finish_datagram(far);
}

void far_idle(struct far_side *far)
{
    discard_datagram(far);
    far->expected_count = 0;
    far->expected_next = 0;
}
