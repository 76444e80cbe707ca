/* SPDX-License-Identifier: MIT
 *
 * retreat.c - growing the used data at its front (rules RET).
 *
 * A retreat that needs memory is done in two steps, so that a list of NBs changes as a whole or not at all: acquire
 * gives a record with its MDL, commit links it. Commit cannot fail.
 */
#include "small.h"
#include "window.h"

#include "../base/knob.h"
#include "../base/memory.h"
#include "../base/track.h"

/* struct request is what the caller of a retreat wants, for each NB alike. */
struct request {
    ULONG delta;
    ULONG backfill;
    NET_BUFFER_ALLOCATE_MDL *allocate;
    NET_BUFFER_FREE_MDL *free; /* NULL where the call has none */
    char const *call;
};

/* The window after a retreat with an MDL of `bytes` bytes: DataOffset + DataLength = O + bytes - D + L + D. */
static bool total_fits(NET_BUFFER const *buffer, uint64_t bytes)
{
    return (uint64_t)buffer->DataOffset + bytes + buffer->DataLength <= NBL__LARGEST_WINDOW;
}

/* RET-11, for a retreat in place as well as for one that allocates. */
static bool arithmetic_fits(NET_BUFFER const *buffer, struct request const *request)
{
    uint64_t const wanted = (uint64_t)request->delta + request->backfill;
    if ((uint64_t)buffer->DataLength + request->delta > NBL__LARGEST_WINDOW)
        return false;
    return request->delta <= buffer->DataOffset || (wanted <= NBL__LARGEST_WINDOW && total_fits(buffer, wanted));
}

static void retreat_in_place(NET_BUFFER *buffer, ULONG delta)
{
    bool const on_first = nbl__buffer_on_first(buffer);
    buffer->DataOffset -= delta;
    buffer->stDataLength = (SIZE_T)buffer->DataLength + delta;
    if (NBL_LIKELY(on_first && buffer->DataOffset < buffer->MdlChain->ByteCount))
        buffer->CurrentMdlOffset = buffer->DataOffset;
    else
        (void)nbl__buffer_locate(buffer);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__buffer_show(buffer, delta);
}

/* Memory of a default retreat MDL: [record][MDL][PFN array][bytes]. */
static size_t default_block_bytes(size_t bytes)
{
    return nbl__mdl_block_bytes(bytes) + bytes;
}

static inline NDIS_STATUS acquire_default(struct request const *request, ULONG bytes, struct nbl__mdl_record **record)
{
    size_t const front = nbl__mdl_block_bytes(bytes);
    unsigned char *block = bytes <= SIZE_MAX - front ? nbl__memory_allocate(front + bytes) : NULL;
    if (block == NULL)
        return NDIS_STATUS_RESOURCES;
    (void)nbl__mdl_construct(block, NBL__MDL_RETREAT, block + front, bytes);
    *record = (struct nbl__mdl_record *)(void *)block;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK | NBL__HOOK_KNOB | NBL__HOOK_GUARD)))
        nbl__retreat_dress(*record, request->backfill);
    return NDIS_STATUS_SUCCESS;
}

/* RET-13: a short MDL still serves when O + ByteCount >= D. */
static bool custom_mdl_serves(NET_BUFFER const *buffer, struct request const *request, ULONG bytes, MDL const *mdl)
{
    if (mdl->ByteCount < bytes)
        nbl__violation("RET-13", NBL_SEVERITY_ERROR, request->call, mdl);
    return (uint64_t)buffer->DataOffset + mdl->ByteCount >= request->delta && total_fits(buffer, mdl->ByteCount);
}

/* What a handler's MDL has for Next from its acquisition to its commitment. */
static MDL acquired_end;

/* RET-12: an MDL that is on this NB already, or that this call has just got for another one. */
static bool linked_already(NET_BUFFER const *buffer, struct request const *request, MDL const *mdl)
{
    struct nbl__mdl_record *record = buffer->NdisReserved[0];
    bool linked = mdl == buffer->MdlChain || mdl->Next == &acquired_end;
    for (; record != NULL && !linked; record = record->next)
        linked = nbl__mdl_of_record(record) == mdl;
    if (linked)
        nbl__violation("RET-12", NBL_SEVERITY_FATAL, request->call, mdl);
    return linked;
}

/* The record is allocated first: once the handler's MDL is here, it can only be a wrong one. */
static NDIS_STATUS acquire_custom(NET_BUFFER const *buffer, struct request const *request, ULONG bytes,
                                  struct nbl__mdl_record **record)
{
    struct nbl__mdl_custom *custom = nbl__memory_allocate(sizeof(*custom));
    ULONG asked = bytes;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    MDL *mdl;
    if (custom == NULL)
        return NDIS_STATUS_RESOURCES;
    mdl = request->allocate(&asked);
    if (mdl != NULL && linked_already(buffer, request, mdl)) {
        status = NDIS_STATUS_FAILURE; /* and it is not given back: it is in use */
    } else if (mdl != NULL) {
        mdl->Next = &acquired_end;
        *custom = (struct nbl__mdl_custom){ { NULL, mdl->ByteCount, NBL__MDL_CUSTOM, 0, NBL__MDL_MAGIC }, mdl };
        *record = &custom->record;
        if (custom_mdl_serves(buffer, request, bytes, mdl))
            return NDIS_STATUS_SUCCESS;
        status = NDIS_STATUS_FAILURE;
        mdl->Next = NULL;
        if (request->free != NULL)
            request->free(mdl);
    }
    nbl__memory_release(custom, sizeof(*custom));
    return status;
}

/* acquire checks the arithmetic and gets what the NB needs; *record stays NULL when the backfill is enough. */
static NDIS_STATUS acquire(NET_BUFFER const *buffer, struct request const *request, struct nbl__mdl_record **record)
{
    ULONG bytes;
    *record = NULL;
    if (!arithmetic_fits(buffer, request)) {
        nbl__violation("RET-11", NBL_SEVERITY_ERROR, request->call, buffer);
        return NDIS_STATUS_FAILURE;
    }
    if (request->delta <= buffer->DataOffset)
        return NDIS_STATUS_SUCCESS;
    bytes = request->delta + request->backfill;
    if (nbl__knob(NBL_KNOB_RET_SIZE_B))
        bytes -= buffer->DataOffset;
    if (request->allocate != NULL)
        return acquire_custom(buffer, request, bytes, record);
    return acquire_default(request, bytes, record);
}

/* Puts the MDL of a record, of `bytes` bytes, in front. The start lies in it: O < D, so O + bytes - D < bytes. */
static inline void link_record(NET_BUFFER *buffer, ULONG delta, struct nbl__mdl_record *record, MDL *mdl, ULONG bytes)
{
    ULONG const offset = buffer->DataOffset + bytes - delta;
    mdl->Next = buffer->MdlChain;
    buffer->MdlChain = mdl;
    buffer->DataOffset = offset;
    buffer->stDataLength = (SIZE_T)buffer->DataLength + delta;
    buffer->CurrentMdl = mdl;
    buffer->CurrentMdlOffset = offset;
    nbl__buffer_attach(buffer, record);
}

static inline void commit(NET_BUFFER *buffer, struct request const *request, struct nbl__mdl_record *record)
{
    MDL *mdl = nbl__mdl_of_record(record);
    link_record(buffer, request->delta, record, mdl, mdl->ByteCount);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__buffer_show(buffer, request->delta);
    NBL__EVENT(NBL_EVENT_MDL_ALLOCATE, request->call, mdl, buffer, mdl->ByteCount);
}

static void retreat_watched(NET_BUFFER *buffer, struct request const *request)
{
    retreat_in_place(buffer, request->delta);
    (void)nbl__dead("RET-20", request->call, buffer); /* the verifier asks whose backfill that was */
}

static NBL_NOINLINE NDIS_STATUS retreat(NET_BUFFER *buffer, struct request const *request)
{
    struct nbl__mdl_record *record;
    NDIS_STATUS status;
    if (request->delta == 0)
        return NDIS_STATUS_SUCCESS;
    if (nbl__dead("VER-01", request->call, buffer))
        return NDIS_STATUS_FAILURE;
    status = acquire(buffer, request, &record);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (record == NULL)
        retreat_watched(buffer, request);
    else
        commit(buffer, request, record);
    return NDIS_STATUS_SUCCESS;
}

/* A small MDL that was not at hand. */
static NBL_NOINLINE NDIS_STATUS retreat_any(NET_BUFFER *buffer, struct request const *request)
{
    uint64_t const wanted = (uint64_t)request->delta + request->backfill;
    struct nbl__mdl_record *record;
    if (nbl__hooks_now() != 0 || request->allocate != NULL || request->delta <= buffer->DataOffset
        || wanted > NBL__SMALL_BYTES || !total_fits(buffer, wanted))
        return retreat(buffer, request);
    record = nbl__small_take((ULONG)wanted);
    if (record == NULL)
        return NDIS_STATUS_RESOURCES;
    commit(buffer, request, record);
    return NDIS_STATUS_SUCCESS;
}

/* Everything but the usual is a call that ends this one: no register has to be saved on the usual way. */
static NBL_NOINLINE NDIS_STATUS retreat_call(NET_BUFFER *buffer, ULONG delta, ULONG backfill,
                                             NET_BUFFER_ALLOCATE_MDL *handler)
{
    struct request const request = { delta, backfill, handler, NULL, "NdisRetreatNetBufferDataStart" };
    return retreat_any(buffer, &request);
}

/* What the header's definition leaves over. The usual one needs a few bytes of libnbl's own memory. */
NDIS_STATUS nbl_buffer_retreat_any(NET_BUFFER *buffer, ULONG delta, ULONG backfill, NET_BUFFER_ALLOCATE_MDL *handler)
{
    uint64_t const wanted = (uint64_t)delta + backfill;
    struct nbl__mdl_record *record;
    if (NBL_UNLIKELY(nbl__hooks_now() != 0 || handler != NULL || delta <= buffer->DataOffset
                     || wanted > NBL__SMALL_BYTES || !total_fits(buffer, wanted)
                     || !nbl__small_take_ready((ULONG)wanted, &record)))
        return retreat_call(buffer, delta, backfill, handler);
    link_record(buffer, delta, record, (MDL *)(void *)(record + 1), (ULONG)wanted);
    return NDIS_STATUS_SUCCESS;
}

/* A retreat that stays in the first MDL, with nobody watching, is three stores. D = 0 stores what is there. */
static inline bool retreat_in_first(NET_BUFFER *buffer, ULONG delta)
{
    uint64_t const offset = (uint64_t)buffer->DataOffset - delta;
    uint64_t const length = (uint64_t)buffer->DataLength + delta;
    return NBL_LIKELY(nbl__hooks_now() == 0) && nbl__buffer_move_in_first(buffer, offset, length);
}

NDIS_STATUS NdisRetreatNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                          NET_BUFFER_ALLOCATE_MDL *AllocateMdlHandler)
{
    if (NBL_LIKELY(retreat_in_first(NetBuffer, DataOffsetDelta)))
        return NDIS_STATUS_SUCCESS;
    return nbl_buffer_retreat_any(NetBuffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
}

/* ---- The whole list ---- */

void nbl__retreat_release(struct nbl__mdl_record *record)
{
    uint8_t const kind = record->kind;
    if (NBL_LIKELY(kind == NBL__MDL_SMALL)) {
        nbl__small_give(record);
        return;
    }
    record->kind = NBL__MDL_RELEASED;
    if (kind == NBL__MDL_CUSTOM)
        nbl__memory_release(record, sizeof(struct nbl__mdl_custom));
    else if (kind == NBL__MDL_RETREAT)
        nbl__memory_release(record, default_block_bytes(record->byte_count));
    else if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__track_hide(record + 1, sizeof(MDL));
}

/* Releases a stack of acquired records, newest first (RET-16). */
static void roll_back(struct request const *request, struct nbl__mdl_record *newest)
{
    while (newest != NULL) {
        struct nbl__mdl_record *next = newest->next;
        MDL *mdl = nbl__mdl_of_record(newest);
        mdl->Next = NULL; /* NET_BUFFER_FREE_MDL is promised an unlinked MDL */
        if (newest->kind == NBL__MDL_CUSTOM && request->free != NULL)
            request->free(mdl);
        else if (newest->kind == NBL__MDL_CUSTOM)
            nbl__violation("RET-17", NBL_SEVERITY_ERROR, request->call, mdl);
        nbl__retreat_release(newest);
        newest = next;
    }
}

static struct nbl__mdl_record *reversed(struct nbl__mdl_record *newest)
{
    struct nbl__mdl_record *oldest = NULL;
    while (newest != NULL) {
        struct nbl__mdl_record *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* acquire_all stacks a record for every NB that needs memory. */
static NDIS_STATUS acquire_all(NET_BUFFER_LIST const *list, struct request const *request,
                               struct nbl__mdl_record **newest)
{
    *newest = NULL;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__mdl_record *record;
        NDIS_STATUS const status = acquire(buffer, request, &record);
        if (status != NDIS_STATUS_SUCCESS) {
            roll_back(request, *newest);
            return status;
        }
        if (record != NULL) {
            record->next = *newest;
            *newest = record;
        }
    }
    return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisRetreatNetBufferListDataStart(NET_BUFFER_LIST *NetBufferList, ULONG DataOffsetDelta,
                                              ULONG DataBackFill, NET_BUFFER_ALLOCATE_MDL *AllocateMdlHandler,
                                              NET_BUFFER_FREE_MDL *FreeMdlHandler)
{
    struct request const request = { DataOffsetDelta, DataBackFill, AllocateMdlHandler, FreeMdlHandler,
                                     "NdisRetreatNetBufferListDataStart" };
    struct nbl__mdl_record *record;
    NDIS_STATUS status;
    if (nbl__dead("VER-01", request.call, NetBufferList))
        return NDIS_STATUS_FAILURE;
    if ((AllocateMdlHandler == NULL) != (FreeMdlHandler == NULL))
        nbl__violation("RET-17", NBL_SEVERITY_ERROR, request.call, NetBufferList);
    if (DataOffsetDelta == 0)
        return NDIS_STATUS_SUCCESS;
    status = acquire_all(NetBufferList, &request, &record);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    record = reversed(record);
    for (NET_BUFFER *buffer = NetBufferList->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        if (DataOffsetDelta <= buffer->DataOffset) {
            retreat_in_place(buffer, DataOffsetDelta);
        } else {
            struct nbl__mdl_record *next = record->next;
            commit(buffer, &request, record);
            record = next;
        }
    }
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_VERIFY)))
        for (NET_BUFFER const *buffer = NetBufferList->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
            (void)nbl__dead("RET-20", request.call, buffer);
    return NDIS_STATUS_SUCCESS;
}
