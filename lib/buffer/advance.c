/* SPDX-License-Identifier: MIT
 *
 * advance.c - shrinking the used data at its front, and freeing what libnbl put there (rules ADV).
 */
#include "small.h"
#include "window.h"

/* Takes the record of the first MDL off the NB's list. It is the newest unless drivers reordered the chain. */
static void detach(NET_BUFFER *buffer, struct nbl__mdl_record *previous, struct nbl__mdl_record *record)
{
    if (previous == NULL)
        buffer->NdisReserved[0] = record->next;
    else
        previous->next = record->next;
}

/* Unlinks the first MDL of the chain and gives it back to where it came from. */
static void free_first(NET_BUFFER *buffer, struct nbl__mdl_record *record, NET_BUFFER_FREE_MDL *handler,
                       char const *call)
{
    MDL *mdl = buffer->MdlChain;
    buffer->MdlChain = mdl->Next;
    buffer->DataOffset -= mdl->ByteCount;
    mdl->Next = NULL;
    mdl->ByteCount = record->byte_count;
    NBL__EVENT(NBL_EVENT_MDL_FREE, call, mdl, buffer, mdl->ByteCount);
    if (record->kind == NBL__MDL_CUSTOM)
        handler(mdl);
    nbl__retreat_release(record);
}

/* Frees the first MDL when it is libnbl's and unused. Returns false when it has to stay (ADV-05, ADV-10, ADV-12). */
static bool free_if_unused(NET_BUFFER *buffer, NET_BUFFER_FREE_MDL *handler, char const *call)
{
    struct nbl__mdl_record *record = buffer->NdisReserved[0];
    struct nbl__mdl_record *previous = NULL;
    while (record != NULL && nbl__mdl_of_record(record) != buffer->MdlChain) {
        previous = record;
        record = record->next;
    }
    if (record == NULL || buffer->DataOffset < buffer->MdlChain->ByteCount)
        return false;
    if (record->kind == NBL__MDL_CUSTOM && handler == NULL) {
        nbl__violation("ADV-12", NBL_SEVERITY_ERROR, call, buffer->MdlChain);
        return false;
    }
    detach(buffer, previous, record);
    free_first(buffer, record, handler, call);
    return true;
}

static inline void free_unused(NET_BUFFER *buffer, NET_BUFFER_FREE_MDL *handler, char const *call)
{
    while (buffer->MdlChain != NULL && free_if_unused(buffer, handler, call))
        ;
    if (buffer->MdlChain == NULL) {
        buffer->DataOffset = 0;
        buffer->stDataLength = 0;
    }
}

static void advance(NET_BUFFER *buffer, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL *handler, char const *call)
{
    if (nbl__dead("VER-01", call, buffer))
        return;
    if (delta > buffer->DataLength) {
        nbl__violation("ADV-08", NBL_SEVERITY_FATAL, call, buffer);
        delta = buffer->DataLength;
    }
    if (delta == 0)
        return;
    buffer->DataOffset += delta;
    buffer->stDataLength = (SIZE_T)buffer->DataLength - delta;
    if (free_mdl)
        free_unused(buffer, handler, call);
    (void)nbl__buffer_locate(buffer);
}

static NBL_NOINLINE void advance_call(NET_BUFFER *buffer, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL *handler)
{
    advance(buffer, delta, free_mdl, handler, "NdisAdvanceNetBufferDataStart");
}

/* Tells whether an advance by `delta` frees the first MDL, which came with the newest of one record, and then starts in
 * the next one. */
static inline bool frees_one(NET_BUFFER const *buffer, ULONG delta, struct nbl__mdl_record const *record)
{
    MDL const *mdl = buffer->MdlChain;
    uint64_t const end = (uint64_t)buffer->DataOffset + delta;
    return record->kind == NBL__MDL_SMALL && record->next == NULL && (MDL const *)(record + 1) == mdl
        && delta <= buffer->DataLength && end >= mdl->ByteCount && mdl->ByteCount == record->byte_count
        && mdl->Next != NULL && end - mdl->ByteCount < mdl->Next->ByteCount;
}

/* What the header's definition leaves over. The usual one undoes a retreat that took a few bytes of memory. */
void nbl_buffer_advance_any(NET_BUFFER *buffer, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL *handler)
{
    struct nbl__mdl_record *record = nbl__hooks_now() == 0 ? buffer->NdisReserved[0] : NULL;
    ULONG offset;
    if (NBL_UNLIKELY(record == NULL || !free_mdl || delta == 0 || !frees_one(buffer, delta, record)
                     || !nbl__slab_push_ready(&nbl__small_slab, NBL__WAY_MEMORY, record))) {
        advance_call(buffer, delta, free_mdl, handler);
        return;
    }
    offset = buffer->DataOffset + delta - record->byte_count;
    buffer->NdisReserved[0] = NULL;
    buffer->MdlChain = buffer->MdlChain->Next;
    buffer->CurrentMdl = buffer->MdlChain;
    buffer->DataOffset = offset;
    buffer->CurrentMdlOffset = offset;
    buffer->stDataLength = (SIZE_T)buffer->DataLength - delta;
}

/* An advance that stays in the first MDL is three stores, whatever FreeMdl says. Delta 0 stores what is there. */
static inline bool advance_in_first(NET_BUFFER *buffer, ULONG delta)
{
    uint64_t const offset = (uint64_t)buffer->DataOffset + delta;
    uint64_t const length = (uint64_t)buffer->DataLength - delta;
    return nbl__buffer_move_in_first(buffer, offset, length);
}

VOID NdisAdvanceNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                   NET_BUFFER_FREE_MDL *FreeMdlHandler)
{
    if (NBL_UNLIKELY(!advance_in_first(NetBuffer, DataOffsetDelta)))
        nbl_buffer_advance_any(NetBuffer, DataOffsetDelta, FreeMdl, FreeMdlHandler);
}

VOID NdisAdvanceNetBufferListDataStart(NET_BUFFER_LIST *NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                       NET_BUFFER_FREE_MDL *FreeMdlHandler)
{
    for (NET_BUFFER *buffer = NetBufferList->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
        if (!advance_in_first(buffer, DataOffsetDelta))
            advance(buffer, DataOffsetDelta, FreeMdl, FreeMdlHandler, "NdisAdvanceNetBufferListDataStart");
}

static bool is_retreat(struct nbl__mdl_record const *record)
{
    return record->kind == NBL__MDL_RETREAT || record->kind == NBL__MDL_SMALL;
}

void nbl__buffer_release_records(NET_BUFFER *buffer, char const *rule, enum nbl_severity severity, char const *call)
{
    struct nbl__mdl_record *record = buffer->NdisReserved[0];
    buffer->NdisReserved[0] = NULL;
    while (record != NULL) {
        struct nbl__mdl_record *next = record->next;
        if (record->kind == NBL__MDL_CUSTOM)
            nbl__violation(rule, NBL_SEVERITY_ERROR, call, ((struct nbl__mdl_custom *)(void *)record)->mdl);
        else if (is_retreat(record))
            nbl__violation(rule, severity, call, nbl__mdl_of_record(record));
        if (is_retreat(record))
            NBL__EVENT(NBL_EVENT_MDL_FREE, call, nbl__mdl_of_record(record), buffer, record->byte_count);
        nbl__retreat_release(record);
        record = next;
    }
}
