/* SPDX-License-Identifier: MIT
 *
 * window.h (internal) - positions in a NET_BUFFER's chain, and what libnbl keeps in a NET_BUFFER's NdisReserved.
 *
 *     NdisReserved[0]   the newest struct nbl__mdl_record of the MDLs that libnbl put on this NB, or NULL
 *     NdisReserved[1]   nbl__buffer_tag: where the NET_BUFFER came from, and that it is alive
 */
#ifndef NBL_BUFFER_WINDOW_H
#define NBL_BUFFER_WINDOW_H

#include "../base/event.h"
#include "../base/zero.h"
#include "../mdl/record.h"

#include <nbl/buffer.h>

/* enum nbl__buffer_kind says how a NET_BUFFER is freed. */
enum nbl__buffer_kind {
    NBL__BUFFER_EMBEDDED = 1, /* with its NBL */
    NBL__BUFFER_POOL = 2,     /* by NdisFreeNetBuffer */
    NBL__BUFFER_DERIVED = 3,  /* with its derived NBL */
    NBL__BUFFER_FREE = 4      /* is free */
};

static inline PVOID nbl__buffer_tag(enum nbl__buffer_kind kind)
{
    return (PVOID)((uintptr_t)0x4E425500u | (uintptr_t)kind);
}

/* A derived NB's tag holds where its block counts the MDLs that retreats attach to its NBs. The counter is aligned to 16. */
static inline PVOID nbl__buffer_tag_derived(uint32_t *attached)
{
    return (PVOID)((uintptr_t)attached | (uintptr_t)NBL__BUFFER_DERIVED);
}

static inline uint32_t *nbl__buffer_attached(NET_BUFFER const *buffer)
{
    uintptr_t const tag = (uintptr_t)buffer->NdisReserved[1];
    return (tag & 15u) == (uintptr_t)NBL__BUFFER_DERIVED ? (uint32_t *)(tag & ~(uintptr_t)15u) : NULL;
}

/* struct nbl__position is a byte of a chain: byte `offset` of `mdl`. At the end of a chain offset = ByteCount of the last
 * MDL; without MDLs it is (NULL, 0). */
struct nbl__position {
    MDL *mdl;
    ULONG offset;
};

/* nbl__position_normalize walks forward over MDLs that end at or before the position (NB-08, NB-09, NB-11). */
static inline struct nbl__position nbl__position_normalize(struct nbl__position position)
{
    if (position.mdl == NULL)
        return position;
    while (position.offset >= position.mdl->ByteCount && position.mdl->Next != NULL) {
        position.offset -= position.mdl->ByteCount;
        position.mdl = position.mdl->Next;
    }
    return position;
}

/* nbl__buffer_start gives the normalised position of the first data byte, from the pair (NB-07). */
static inline struct nbl__position nbl__buffer_start(NET_BUFFER const *buffer)
{
    struct nbl__position const pair = { buffer->CurrentMdl, buffer->CurrentMdlOffset };
    return nbl__position_normalize(pair);
}

/* nbl__position_left gives how many bytes of the position's MDL follow it; 0 at the end of the chain. */
static inline ULONG nbl__position_left(struct nbl__position position)
{
    if (position.mdl == NULL || position.offset >= position.mdl->ByteCount)
        return 0;
    return position.mdl->ByteCount - position.offset;
}

/* nbl__buffer_locate recomputes the pair from DataOffset (NB-07, NB-08, NB-10). Returns false, with the end pair, when
 * DataOffset lies beyond the chain. */
bool nbl__buffer_locate(NET_BUFFER *buffer);

/* nbl__buffer_within tells whether the pair is on the first MDL and agrees with DataOffset, so that a move within that MDL
 * needs no walk. */
static inline bool nbl__buffer_on_first(NET_BUFFER const *buffer)
{
    return buffer->CurrentMdl == buffer->MdlChain && buffer->MdlChain != NULL
        && buffer->CurrentMdlOffset == buffer->DataOffset;
}

/* nbl__buffer_reset makes every field of a NET_BUFFER what a fresh one without MDLs has (NB-20). The fields that callers set
 * next are cleared one by one, so that a compiler leaves out what is overwritten. */
static inline void nbl__buffer_reset(NET_BUFFER *buffer, NDIS_HANDLE pool, PVOID tag)
{
    size_t const front = offsetof(NET_BUFFER, ProtocolReserved);
    buffer->Next = NULL;
    buffer->CurrentMdl = NULL;
    buffer->CurrentMdlOffset = 0;
    buffer->stDataLength = 0;
    buffer->MdlChain = NULL;
    buffer->DataOffset = 0;
    buffer->ChecksumBias = 0;
    buffer->Reserved = 0;
    buffer->NdisPoolHandle = pool;
    buffer->NdisReserved[0] = NULL;
    buffer->NdisReserved[1] = tag;
    nbl__zero((unsigned char *)buffer + front, sizeof(*buffer) - front);
}

/* nbl__buffer_show makes the first `bytes` bytes of used data visible to the memory checker. */
void nbl__buffer_show(NET_BUFFER const *buffer, ULONG bytes);

/* nbl__buffer_attach hangs a record off a NET_BUFFER, as its newest. */
static inline void nbl__buffer_attach(NET_BUFFER *buffer, struct nbl__mdl_record *record)
{
    uint32_t *attached = nbl__buffer_attached(buffer);
    if (attached != NULL)
        ++*attached;
    record->next = buffer->NdisReserved[0];
    buffer->NdisReserved[0] = record;
}

/* nbl__buffer_release_records frees what retreats still have attached to a NET_BUFFER that is about to be freed, without
 * looking at its chain (NB-21). Each is reported with `rule` and `severity`; an MDL of the driver's own allocator cannot be
 * given back and is reported as lost. */
void nbl__buffer_release_records(NET_BUFFER *buffer, char const *rule, enum nbl_severity severity, char const *call);

/* nbl__retreat_release frees a record, and the memory of a default retreat MDL with it. */
void nbl__retreat_release(struct nbl__mdl_record *record);

#endif
