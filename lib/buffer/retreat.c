/* SPDX-License-Identifier: MIT
 *
 * retreat.c - growing the used data at its front (rules RET).
 *
 * A retreat that needs memory is done in two steps, so that a list of NBs changes as a whole or not at all: acquire
 * gives a record with its MDL, commit links it. Commit cannot fail.
 */
#include "window.h"

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

static inline NDIS_STATUS acquire_default(struct request const *request, struct nbl__mdl_record **record)
{
    ULONG const bytes = request->delta + request->backfill;
    size_t const front = nbl__mdl_block_bytes(bytes);
    unsigned char *block = bytes <= SIZE_MAX - front ? nbl__memory_allocate(front + bytes) : NULL;
    if (block == NULL)
        return NDIS_STATUS_RESOURCES;
    (void)nbl__mdl_construct(block, NBL__MDL_RETREAT, block + front, bytes);
    *record = (struct nbl__mdl_record *)(void *)block;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)) && request->backfill > 0) {
        nbl__track_hide(block + front, request->backfill);
        (*record)->hidden = 1;
    }
    return NDIS_STATUS_SUCCESS;
}

/* RET-13: a short MDL still serves when O + ByteCount >= D. */
static bool custom_mdl_serves(NET_BUFFER const *buffer, struct request const *request, MDL const *mdl)
{
    if (mdl->ByteCount < request->delta + request->backfill)
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
static NDIS_STATUS acquire_custom(NET_BUFFER const *buffer, struct request const *request,
                                  struct nbl__mdl_record **record)
{
    struct nbl__mdl_custom *custom = nbl__memory_allocate(sizeof(*custom));
    ULONG bytes = request->delta + request->backfill;
    NDIS_STATUS status = NDIS_STATUS_RESOURCES;
    MDL *mdl;
    if (custom == NULL)
        return NDIS_STATUS_RESOURCES;
    mdl = request->allocate(&bytes);
    if (mdl != NULL && linked_already(buffer, request, mdl)) {
        status = NDIS_STATUS_FAILURE; /* and it is not given back: it is in use */
    } else if (mdl != NULL) {
        mdl->Next = &acquired_end;
        *custom = (struct nbl__mdl_custom){ { NULL, mdl->ByteCount, NBL__MDL_CUSTOM, 0, NBL__MDL_MAGIC }, mdl };
        *record = &custom->record;
        if (custom_mdl_serves(buffer, request, mdl))
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
    *record = NULL;
    if (!arithmetic_fits(buffer, request)) {
        nbl__violation("RET-11", NBL_SEVERITY_ERROR, request->call, buffer);
        return NDIS_STATUS_FAILURE;
    }
    if (request->delta <= buffer->DataOffset)
        return NDIS_STATUS_SUCCESS;
    if (request->allocate != NULL)
        return acquire_custom(buffer, request, record);
    return acquire_default(request, record);
}

/* The start lies in the new MDL: O < D, so O + ByteCount - D < ByteCount. */
static inline void commit(NET_BUFFER *buffer, struct request const *request, struct nbl__mdl_record *record)
{
    MDL *mdl = nbl__mdl_of_record(record);
    mdl->Next = buffer->MdlChain;
    buffer->MdlChain = mdl;
    buffer->DataOffset = buffer->DataOffset + mdl->ByteCount - request->delta;
    buffer->stDataLength = (SIZE_T)buffer->DataLength + request->delta;
    buffer->CurrentMdl = mdl;
    buffer->CurrentMdlOffset = buffer->DataOffset;
    nbl__buffer_attach(buffer, record);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__buffer_show(buffer, request->delta);
    NBL__EVENT(NBL_EVENT_MDL_ALLOCATE, request->call, mdl, buffer, mdl->ByteCount);
}

static NBL_NOINLINE NDIS_STATUS retreat(NET_BUFFER *buffer, struct request const *request)
{
    struct nbl__mdl_record *record;
    NDIS_STATUS status;
    if (request->delta == 0)
        return NDIS_STATUS_SUCCESS;
    status = acquire(buffer, request, &record);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (record == NULL)
        retreat_in_place(buffer, request->delta);
    else
        commit(buffer, request, record);
    return NDIS_STATUS_SUCCESS;
}

/* ---- Small retreats: most headers fit a block whose MDL is prepared once. ---- */

#define SMALL_BLOCK 256u
#define SMALL_FRONT 80u /* nbl__mdl_block_bytes of up to a page */
#define SMALL_BYTES (SMALL_BLOCK - SMALL_FRONT)
#define SMALL_ID 61u

static void small_construct(void *block, void *context)
{
    (void)context;
    (void)nbl__mdl_construct(block, NBL__MDL_SMALL, (unsigned char *)block + SMALL_FRONT, SMALL_BYTES);
}

static struct nbl__slab small_slab = {
    NBL__SLAB_STATIC(SMALL_ID), .block_bytes = SMALL_BLOCK, .construct = small_construct,
};

static NBL_COLD struct nbl__mdl_record *small_take_slow(void)
{
    nbl__memory_join(&small_slab);
    return nbl__slab_take_slow(&small_slab, SMALL_BLOCK);
}

/* What drivers may have changed shows in the address and the flags; only the length differs from use to use. */
static inline struct nbl__mdl_record *small_take(ULONG bytes)
{
    struct nbl__mdl_record *record = nbl__slab_pop(&small_slab, NBL__WAY_MEMORY);
    MDL *mdl;
    if (NBL_UNLIKELY(record == NULL && (record = small_take_slow()) == NULL))
        return NULL;
    mdl = (MDL *)(void *)(record + 1);
    if (NBL_UNLIKELY(record->kind != NBL__MDL_SMALL || mdl->MappedSystemVa != (unsigned char *)record + SMALL_FRONT
                     || mdl->MdlFlags != (MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE)))
        small_construct(record, NULL);
    record->byte_count = bytes;
    mdl->ByteCount = bytes;
    mdl->Size = nbl__mdl_size((mdl->ByteOffset + bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
    return record;
}

/* A retreat that needs libnbl's own memory, with nobody watching. Returns false, having done nothing, for any other. */
static inline bool retreat_by_default(NET_BUFFER *buffer, struct request const *request)
{
    uint64_t const wanted = (uint64_t)request->delta + request->backfill;
    struct nbl__mdl_record *record;
    if (request->allocate != NULL || nbl__hooks_now() != 0 || request->delta <= buffer->DataOffset
        || wanted > SMALL_BYTES || !total_fits(buffer, wanted))
        return false;
    record = small_take((ULONG)wanted);
    if (record == NULL)
        return false;
    commit(buffer, request, record);
    return true;
}

/* What the header's definition leaves over. */
NDIS_STATUS nbl_buffer_retreat_any(NET_BUFFER *buffer, ULONG delta, ULONG backfill, NET_BUFFER_ALLOCATE_MDL *handler)
{
    struct request const request = { delta, backfill, handler, NULL, "NdisRetreatNetBufferDataStart" };
    return retreat_by_default(buffer, &request) ? NDIS_STATUS_SUCCESS : retreat(buffer, &request);
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
        nbl__slab_give(&small_slab, NBL__WAY_MEMORY, record, SMALL_BLOCK);
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
    return NDIS_STATUS_SUCCESS;
}
