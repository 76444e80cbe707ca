/* SPDX-License-Identifier: MIT
 *
 * path.c - what happens to each NBL on its way down and up again.
 *
 * The driver keeps a record of each NBL in its context space, and walks the chain once per step, as a driver works on what
 * it is given in one call:
 *
 *     begin, encapsulate, mirror, fragment, transmit, observe mirror, undo, complete
 */
#include "path.h"

#define POOL_TAG 0x506174u
#define CONTEXT_TAG 0x52656Du

/* record is what the driver remembers of a NBL, in the NBL's own context space. */
struct record {
    NET_BUFFER_LIST *clone;     /* on the mirror path, NULL without */
    NET_BUFFER_LIST *fragments; /* sent instead of the NBL, NULL when it is sent itself */
    ULONG clone_flags;
    NDIS_STATUS status;         /* to complete with */
    ULONG headers;              /* bytes in front of the originator's data: TUNNEL_BYTES or 0 */
    ULONG unused;               /* sizes of context are multiples of sizeof(void *) (CTX-11) */
};

_Static_assert(sizeof(struct record) <= PATH_CONTEXT, "the announced context holds the record");

static struct record *record_of(NET_BUFFER_LIST const *list)
{
    return (struct record *)(void *)NET_BUFFER_LIST_CONTEXT_DATA_START(list);
}

/* ---- Pools. ---- */

static NDIS_HANDLE make_list_pool(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
        .PoolTag = POOL_TAG,
    };
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static NDIS_HANDLE make_buffer_pool(void)
{
    NET_BUFFER_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
        .PoolTag = POOL_TAG,
    };
    return NdisAllocateNetBufferPool(NULL, &parameters);
}

bool path_start(struct path *path, struct options const *options, struct report *report)
{
    *path = (struct path){ .options = options, .report = report };
    path->clone_lists = report_add_pool(report, "NBLs cloned", make_list_pool());
    path->clone_buffers = make_buffer_pool();
    path->fragment_lists = report_add_pool(report, "NBLs of fragments", make_list_pool());
    path->fragment_buffers = make_buffer_pool();
    return path->clone_lists != NULL && path->clone_buffers != NULL && path->fragment_lists != NULL &&
           path->fragment_buffers != NULL;
}

void path_stop(struct path *path)
{
    NDIS_HANDLE const lists[] = { path->clone_lists, path->fragment_lists };
    NDIS_HANDLE const buffers[] = { path->clone_buffers, path->fragment_buffers };
    for (unsigned i = 0; i < 2; i++) {
        if (buffers[i] != NULL)
            NdisFreeNetBufferPool(buffers[i]);
        if (lists[i] != NULL)
            NdisFreeNetBufferListPool(lists[i]);
    }
}

/* ---- Failing. ---- */

static NDIS_STATUS status_of(enum reason reason)
{
#define REASON_STATUS(name, status, words) status,
    static NDIS_STATUS const table[] = { CARRY_REASONS(REASON_STATUS) };
#undef REASON_STATUS
    return table[reason];
}

static void note_reason(NET_BUFFER_LIST *list, enum reason reason)
{
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
        frame_of(nb)->reason = reason;
}

static void fail(NET_BUFFER_LIST *list, enum reason reason)
{
    record_of(list)->status = status_of(reason);
    note_reason(list, reason);
}

enum reason path_reason(bool ethernet, ULONG length)
{
    if (!ethernet)
        return REASON_LINK_TYPE;
    if (length < TUNNEL_ETHERNET_BYTES)
        return REASON_TOO_SHORT;
    return length > TUNNEL_LONGEST_FRAME ? REASON_TOO_LONG : REASON_NONE;
}

/* ---- Begin: a record, and a look at what comes. ---- */

static void examine(struct path *path, NET_BUFFER_LIST *list)
{
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb)) {
        enum reason const reason = path_reason(path->ethernet, NET_BUFFER_DATA_LENGTH(nb));
        if (reason != REASON_NONE) {
            fail(list, reason);
            return;
        }
    }
}

/* Without a record nothing can be done with a NBL: it goes straight back. */
static bool begin(struct path *path, NET_BUFFER_LIST *list)
{
    NDIS_STATUS const status = NdisAllocateNetBufferListContext(list, sizeof(struct record), 0, CONTEXT_TAG);
    if (status == NDIS_STATUS_SUCCESS) {
        *record_of(list) = (struct record){ .status = NDIS_STATUS_SUCCESS };
        examine(path, list);
        return true;
    }
    note_reason(list, REASON_NO_MEMORY);
    NET_BUFFER_LIST_STATUS(list) = NDIS_STATUS_RESOURCES;
    originator_complete(path->originator, list);
    return false;
}

/* ---- Encapsulate. ---- */

static void count_retreat(struct report *report, uint64_t from_backfill, uint64_t all)
{
    report->retreats_from_backfill += from_backfill;
    report->retreats_by_allocation += all - from_backfill;
}

/* The new bytes may lie in two MDLs: the old backfill, when it was too short, continues the new memory (RET-07). */
static void write_tunnel_header(struct path *path, NET_BUFFER *packet, uint32_t hash)
{
    uint8_t header[TUNNEL_BYTES];
    tunnel_write(header, NET_BUFFER_DATA_LENGTH(packet) - TUNNEL_BYTES, path->identification++, hash);
    nbl_chain_copy_to_net_buffer(packet, 0, header, TUNNEL_BYTES);
}

static void encapsulate(struct path *path, NET_BUFFER_LIST *list)
{
    uint64_t from_backfill = 0;
    uint64_t all = 0;
    if (record_of(list)->status != NDIS_STATUS_SUCCESS)
        return;
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb), all++)
        from_backfill += NET_BUFFER_DATA_OFFSET(nb) >= TUNNEL_BYTES;
    if (NdisRetreatNetBufferListDataStart(list, TUNNEL_BYTES, PATH_LOWER_BACKFILL, NULL, NULL) != NDIS_STATUS_SUCCESS) {
        fail(list, REASON_NO_MEMORY);
        return;
    }
    record_of(list)->headers = TUNNEL_BYTES;
    count_retreat(path->report, from_backfill, all);
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
        write_tunnel_header(path, nb, NET_BUFFER_LIST_GET_HASH_VALUE(list));
}

/* ---- Mirror: a clone of every NBL, with MDLs of its own and with the original's in turn. ---- */

static void adopt(NET_BUFFER_LIST *parent, NET_BUFFER_LIST *child)
{
    child->ParentNetBufferList = parent; /* the creator keeps both fields (GEN-01) */
    parent->ChildRefCount++;
    NdisCopySendNetBufferListInfo(child, parent);
}

static void mirror(struct path *path, NET_BUFFER_LIST *list)
{
    struct record *const record = record_of(list);
    record->clone_flags = (path->report->clones & 1) != 0 ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0;
    record->clone = NdisAllocateCloneNetBufferList(list, path->clone_lists, path->clone_buffers, record->clone_flags);
    if (record->clone == NULL) {
        path->report->clones_failed++;
        return;
    }
    adopt(list, record->clone);
    path->report->clones++;
}

/* ---- Fragment: what exceeds the MTU. ---- */

/* Every fragment but the last carries a multiple of 8 bytes (RFC 791). */
static ULONG fragment_payload(struct path const *path)
{
    return (path->options->mtu - TUNNEL_IP_BYTES) & ~7u;
}

static bool exceeds_mtu(struct path const *path, NET_BUFFER_LIST const *list)
{
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
        if (NET_BUFFER_DATA_LENGTH(nb) > path->options->mtu + TUNNEL_ETHERNET_BYTES)
            return true;
    return false;
}

/* DataOffsetDelta gave each fragment memory for a header of its own, in one piece. ProtocolReserved of the fragment is
 * ours, since we made it; it says whose fragment it is. */
static void write_fragment_header(NET_BUFFER *fragment, uint16_t identification, uint32_t offset, bool more)
{
    uint8_t *const header = NdisGetDataBuffer(fragment, TUNNEL_OUTER_BYTES, NULL, 1, 0);
    struct tunnel_outer const outer = { NET_BUFFER_DATA_LENGTH(fragment) - TUNNEL_ETHERNET_BYTES, identification, offset,
                                        more };
    tunnel_write_outer(header, &outer);
}

static uint16_t identification_of(NET_BUFFER *packet)
{
    uint8_t storage[TUNNEL_OUTER_BYTES];
    struct tunnel_outer outer;
    tunnel_read_outer(NdisGetDataBuffer(packet, TUNNEL_OUTER_BYTES, storage, 1, 0), NET_BUFFER_DATA_LENGTH(packet), &outer);
    return outer.identification;
}

/* The fragments of one packet follow one another, until together they have its payload (FRAG-03). Returns the next one. */
static NET_BUFFER *write_fragment_headers(struct path *path, NET_BUFFER *packet, NET_BUFFER *fragment)
{
    uint16_t const identification = identification_of(packet);
    ULONG const payload = NET_BUFFER_DATA_LENGTH(packet) - TUNNEL_OUTER_BYTES;
    for (ULONG done = 0; done < payload && fragment != NULL; fragment = NET_BUFFER_NEXT_NB(fragment)) {
        ULONG const part = NET_BUFFER_DATA_LENGTH(fragment) - TUNNEL_OUTER_BYTES;
        write_fragment_header(fragment, identification, done, done + part < payload);
        NET_BUFFER_PROTOCOL_RESERVED(fragment)[0] = frame_of(packet);
        path->report->fragments += part < payload; /* what was not cut is no fragment */
        done += part;
    }
    return fragment;
}

static void fragment(struct path *path, NET_BUFFER_LIST *list)
{
    struct record *const record = record_of(list);
    if (record->headers == 0 || !exceeds_mtu(path, list))
        return;
    record->fragments = NdisAllocateFragmentNetBufferList(list, path->fragment_lists, path->fragment_buffers,
                                                          TUNNEL_OUTER_BYTES, fragment_payload(path), TUNNEL_OUTER_BYTES,
                                                          0, 0);
    if (record->fragments == NULL) {
        fail(list, REASON_NO_MEMORY);
        return;
    }
    adopt(list, record->fragments);
    path->report->lists_fragmented++;
    NET_BUFFER *next = NET_BUFFER_LIST_FIRST_NB(record->fragments);
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
        next = write_fragment_headers(path, nb, next);
}

/* ---- Transmit: the miniport. It sets Status in the NBL that it was given (STAT-01, STAT-02). ---- */

static NET_BUFFER_LIST *sent_list(NET_BUFFER_LIST *list)
{
    return record_of(list)->fragments != NULL ? record_of(list)->fragments : list;
}

static void decide_status(struct path *path, NET_BUFFER_LIST *list)
{
    uint32_t const every = path->options->fail_every;
    if (record_of(list)->status != NDIS_STATUS_SUCCESS)
        return;
    path->sends++;
    bool const fails = every != 0 && path->sends % every == 0;
    NET_BUFFER_LIST_STATUS(sent_list(list)) = fails ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS;
    if (fails)
        fail(list, REASON_SEND_FAILED);
}

static void write_output(struct path *path, NET_BUFFER_LIST *list)
{
    if (path->output == NULL || record_of(list)->status != NDIS_STATUS_SUCCESS)
        return;
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(sent_list(list)); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
        output_packet(path->output, nb, frame_of(nb)->seconds, frame_of(nb)->microseconds);
}

/* A bit of the last byte: no checksum of ours covers it, only the comparison can tell. */
static void damage(struct path const *path, NET_BUFFER *packet)
{
    uint32_t const every = path->options->damage_every;
    ULONG const last = NET_BUFFER_DATA_LENGTH(packet) - 1;
    uint8_t byte;
    if (every == 0 || path->report->packets % every != 0)
        return;
    nbl_chain_copy_from_net_buffer(packet, last, &byte, 1);
    byte ^= 1;
    nbl_chain_copy_to_net_buffer(packet, last, &byte, 1);
}

static void transmit(struct path *path, NET_BUFFER_LIST *list)
{
    if (record_of(list)->status != NDIS_STATUS_SUCCESS)
        return;
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb))
        far_expect(path->far, frame_of(nb));
    for (NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(sent_list(list)); nb != NULL; nb = NET_BUFFER_NEXT_NB(nb)) {
        path->report->packets++;
        path->report->packet_bytes += NET_BUFFER_DATA_LENGTH(nb);
        damage(path, nb);
        far_receive(path->far, nb);
    }
    far_idle(path->far);
}

/* ---- The way back up. ---- */

/* The mirror sees what the wire would see, not yet cut into fragments. */
static void observe(struct path *path, NET_BUFFER *seen, struct frame *frame, ULONG headers)
{
    uint8_t storage[TUNNEL_BYTES];
    uint8_t const *const header = NdisGetDataBuffer(seen, headers, storage, 1, 0);
    bool const known = headers == 0 || (header != NULL && tunnel_read(header, NET_BUFFER_DATA_LENGTH(seen)));
    if (header == storage)
        path->report->copied_headers += headers;
    if (known && frame_matches(frame, seen, headers))
        path->report->mirrored_bytes += frame->length;
    else
        frame->damaged = true;
}

static void observe_mirror(struct path *path, NET_BUFFER_LIST *list)
{
    struct record *const record = record_of(list);
    if (record->clone == NULL)
        return;
    NET_BUFFER *nb = NET_BUFFER_LIST_FIRST_NB(list);
    for (NET_BUFFER *seen = NET_BUFFER_LIST_FIRST_NB(record->clone); seen != NULL && nb != NULL;
         seen = NET_BUFFER_NEXT_NB(seen), nb = NET_BUFFER_NEXT_NB(nb))
        observe(path, seen, frame_of(nb), record->headers);
    list->ChildRefCount--;
    NdisFreeCloneNetBufferList(record->clone, record->clone_flags);
    record->clone = NULL;
}

static void complete(struct path *path, NET_BUFFER_LIST *list)
{
    struct record const record = *record_of(list);
    if (record.fragments != NULL) {
        list->ChildRefCount--;
        NdisFreeFragmentNetBufferList(record.fragments, TUNNEL_OUTER_BYTES, 0);
    }
    if (record.headers > 0)
        NdisAdvanceNetBufferListDataStart(list, record.headers, TRUE, NULL);
    NET_BUFFER_LIST_STATUS(list) = record.status;
    NdisFreeNetBufferListContext(list, sizeof(struct record));
    originator_complete(path->originator, list);
}

/* ---- All steps. ---- */

static NET_BUFFER_LIST *begin_all(struct path *path, NET_BUFFER_LIST *chain)
{
    struct nbl_queue all = NBL_QUEUE_INIT;
    struct nbl_queue begun = NBL_QUEUE_INIT;
    NET_BUFFER_LIST *list;
    nbl_queue_append_all(&all, chain);
    while ((list = nbl_queue_pop(&all)) != NULL)
        if (begin(path, list))
            nbl_queue_append(&begun, list);
    return nbl_queue_take_all(&begun);
}

static void each(struct path *path, NET_BUFFER_LIST *chain, void (*step)(struct path *, NET_BUFFER_LIST *))
{
    for (NET_BUFFER_LIST *list = chain, *next; list != NULL; list = next) {
        next = list->Next; /* complete() gives the NBL away */
        step(path, list);
    }
}

void path_send(struct path *path, NET_BUFFER_LIST *chain)
{
    uint64_t const start = report_now();
    chain = begin_all(path, chain);
    each(path, chain, encapsulate);
    each(path, chain, mirror);
    each(path, chain, fragment);
    each(path, chain, decide_status);
    uint64_t const before_files = report_now();
    each(path, chain, write_output);
    uint64_t const after_files = report_now();
    each(path, chain, transmit);
    each(path, chain, observe_mirror);
    each(path, chain, complete);
    path->report->nanoseconds += report_now() - after_files + (before_files - start);
}
