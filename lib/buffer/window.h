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
#include "../base/pair.h"
#include "../base/zero.h"
#include "../mdl/record.h"

#include <nbl/buffer.h>

/* The most that DataOffset, DataLength and their sum may be: they are ULONGs. */
#define NBL__LARGEST_WINDOW 0xFFFFFFFFull

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

#define NBL__BUFFER_KIND_BITS 7u

/* The tag of a NB that came with a list holds where that list counts the MDLs that retreats attach to its NBs; the
 * counter's address is a multiple of 8, and 4. */
#define NBL__BUFFER_COUNTER_OFFSET 4u

static inline PVOID nbl__buffer_tag_with(enum nbl__buffer_kind kind, uint16_t *attached)
{
    return (PVOID)((uintptr_t)attached - NBL__BUFFER_COUNTER_OFFSET + (uintptr_t)kind);
}

/* nbl__buffer_attached gives that counter, or NULL for a NB that came alone. */
static inline uint16_t *nbl__buffer_attached(NET_BUFFER const *buffer)
{
    uintptr_t const tag = (uintptr_t)buffer->NdisReserved[1];
    uintptr_t const kind = tag & NBL__BUFFER_KIND_BITS;
    if (kind != (uintptr_t)NBL__BUFFER_EMBEDDED && kind != (uintptr_t)NBL__BUFFER_DERIVED)
        return NULL;
    return (uint16_t *)(tag - kind + NBL__BUFFER_COUNTER_OFFSET);
}

/* struct nbl__position is a byte of a chain: byte `offset` of `mdl`. At the end of a chain offset = ByteCount of the
 * last MDL; without MDLs it is (NULL, 0). */
struct nbl__position {
    MDL *mdl;
    ULONG offset;
};

/* nbl__mdl_next gives the next MDL of a walk, or NULL when the walk has been long enough to be going round in a circle
 * of MDLs (VER-04). `steps` starts at 0. */
static inline MDL *nbl__mdl_next(MDL const *mdl, uint32_t *steps)
{
    return NBL_LIKELY(++*steps < NBL__MDL_CHAIN_LIMIT) ? mdl->Next : NULL;
}

/* nbl__position_normalize walks forward over MDLs that end at or before the position (NB-08, NB-09, NB-11). In a circle
 * of MDLs without bytes it stops somewhere (VER-04). */
static inline struct nbl__position nbl__position_normalize(struct nbl__position position)
{
    uint32_t steps = 0;
    if (position.mdl == NULL)
        return position;
    while (position.offset >= position.mdl->ByteCount && position.mdl->Next != NULL && steps++ < NBL__MDL_CHAIN_LIMIT) {
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

#if !defined(NBL_HAS_IN_LINE)
/* The exported halves of the calls whose usual case the header has in line. */
NBL_API NDIS_STATUS nbl_buffer_retreat_any(NET_BUFFER *buffer, ULONG delta, ULONG backfill,
                                           NET_BUFFER_ALLOCATE_MDL *handler);
NBL_API void nbl_buffer_advance_any(NET_BUFFER *buffer, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL *handler);
NBL_API PVOID nbl_buffer_get_any(NET_BUFFER *buffer, ULONG bytes, PVOID storage, ULONG multiple, ULONG offset);
#endif

/* nbl__buffer_locate recomputes the pair from DataOffset (NB-07, NB-08, NB-10). Returns false, with the end pair, when
 * DataOffset lies beyond the chain. */
bool nbl__buffer_locate(NET_BUFFER *buffer);

/* nbl__buffer_on_first tells whether the pair is on the first MDL and agrees with DataOffset, so that a move within
 * that MDL needs no walk. */
static inline bool nbl__buffer_on_first(NET_BUFFER const *buffer)
{
    return buffer->CurrentMdl == buffer->MdlChain && buffer->MdlChain != NULL
        && buffer->CurrentMdlOffset == buffer->DataOffset;
}

/* nbl__buffer_move_in_first moves a window that starts in the first MDL, and so will start there: three stores.
 * Returns false, having done nothing, for any other. An offset or length that was less than 0 is above 32 bits here. */
static inline bool nbl__buffer_move_in_first(NET_BUFFER *buffer, uint64_t offset, uint64_t length)
{
    if (NBL_UNLIKELY(!nbl__buffer_on_first(buffer) || offset >= buffer->MdlChain->ByteCount
                     || length > NBL__LARGEST_WINDOW))
        return false;
    buffer->DataOffset = (ULONG)offset;
    buffer->CurrentMdlOffset = (ULONG)offset;
    buffer->stDataLength = (SIZE_T)length;
    return true;
}

/* struct nbl__buffer_value is what differs between fresh NET_BUFFERs; all else is 0 (NB-20). */
struct nbl__buffer_value {
    NET_BUFFER *next;
    MDL *chain;
    struct nbl__position start; /* the pair, canonical for `offset` */
    ULONG offset;
    ULONG length;
    USHORT checksum_bias;
    NDIS_HANDLE pool;
    struct nbl__mdl_record *newest;
    PVOID tag;
};

/* nbl__buffer_make stores every field of a NET_BUFFER, which is aligned to 16. `again`: the memory was a NET_BUFFER
 * before, or is zero. */
static NBL_FLATTEN void nbl__buffer_make(NET_BUFFER *buffer, struct nbl__buffer_value value, bool again)
{
    size_t const front = offsetof(NET_BUFFER, ProtocolReserved);
#if NBL__HAS_PAIRS
    unsigned char *at = (unsigned char *)buffer;
    nbl__store_pair(at, nbl__word(value.next), nbl__word(value.start.mdl));
    nbl__store_pair(at + 16, nbl__word_of_halves(value.start.offset, 0), value.length);
    nbl__store_pair(at + 32, nbl__word(value.chain), nbl__word_of_halves(value.offset, 0));
    nbl__store_pair(at + 48, nbl__word_of_quarters(value.checksum_bias, 0), nbl__word(value.pool));
    nbl__store_pair(at + 64, nbl__word(value.newest), nbl__word(value.tag));
#else
    buffer->Next = value.next;
    buffer->CurrentMdl = value.start.mdl;
    buffer->CurrentMdlOffset = value.start.offset;
    buffer->stDataLength = value.length;
    buffer->MdlChain = value.chain;
    buffer->DataOffset = value.offset;
    buffer->ChecksumBias = value.checksum_bias;
    buffer->Reserved = 0;
    buffer->NdisPoolHandle = value.pool;
    buffer->NdisReserved[0] = value.newest;
    buffer->NdisReserved[1] = value.tag;
#endif
    if (again)
        nbl__zero_again((unsigned char *)buffer + front, sizeof(*buffer) - front, front % 32 != 0);
    else
        nbl__zero((unsigned char *)buffer + front, sizeof(*buffer) - front);
}

/* nbl__buffer_poison fills what drivers may use of a fresh NET_BUFFER with the pattern of K-POISON (NB-20). */
static inline void nbl__buffer_poison(NET_BUFFER *buffer, int pattern)
{
    memset(buffer->ProtocolReserved, pattern, sizeof(buffer->ProtocolReserved));
    memset(buffer->MiniportReserved, pattern, sizeof(buffer->MiniportReserved));
}

/* nbl__buffer_show makes the first `bytes` bytes of used data visible to the memory checker. */
void nbl__buffer_show(NET_BUFFER const *buffer, ULONG bytes);

/* nbl__buffer_attach hangs a record off a NET_BUFFER, as its newest. */
static inline void nbl__buffer_attach(NET_BUFFER *buffer, struct nbl__mdl_record *record)
{
    uint16_t *attached = nbl__buffer_attached(buffer);
    if (attached != NULL && *attached != UINT16_MAX)
        ++*attached;
    record->next = buffer->NdisReserved[0];
    buffer->NdisReserved[0] = record;
}

/* nbl__buffer_release_records frees what retreats still have attached to a NET_BUFFER that is about to be freed,
 * without looking at its chain (NB-21). Each is reported with `rule` and `severity`; an MDL of the driver's own
 * allocator cannot be given back and is reported as lost. */
void nbl__buffer_release_records(NET_BUFFER *buffer, char const *rule, enum nbl_severity severity, char const *call);

/* nbl__retreat_dress does to a new default retreat MDL what knobs and the memory checker want: its first `backfill`
 * bytes are backfill. */
NBL_COLD void nbl__retreat_dress(struct nbl__mdl_record *record, ULONG backfill);

/* nbl__retreat_release frees a record, and the memory of a default retreat MDL with it. */
void nbl__retreat_release(struct nbl__mdl_record *record);

#endif
