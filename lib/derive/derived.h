/* SPDX-License-Identifier: MIT
 *
 * derived.h (internal) - the one block that a derived NET_BUFFER_LIST is, and how it is made in two passes.
 *
 *     [struct nbl__derived][NET_BUFFER_LIST][NET_BUFFER x buffers][MDLs and private memory, in order]
 *
 * The first pass measures (nbl__measure_*), then one allocation is made, then the second pass builds (nbl__build_*) and
 * cannot fail. Both passes walk the same bytes, so
 *
 *     block_bytes = front + buffers * sizeof(NET_BUFFER) + sum of the parts' bytes
 *
 * The record below is all that freeing needs (GEN-07): the NB chain and the MDL chains of the list are not looked at.
 */
#ifndef NBL_DERIVE_DERIVED_H
#define NBL_DERIVE_DERIVED_H

#include "../pool/pool.h"

#include <nbl/derive.h>

struct nbl__derived {
    NBL_ALIGNAS(64) uint32_t attached; /* MDLs that retreats put on the NBs of the block, ever */
    ULONG parameter; /* clone flags or DataOffsetDelta of the allocation */
    NET_BUFFER_LIST *parent; /* whose bytes these are; NULL for a copy */
    struct nbl__pool *list_pool;
    struct nbl__pool *buffer_pool;
    struct nbl__slab *slab; /* where the block came from; NULL for the allocator */
    size_t block_bytes;
    uint32_t buffers; /* how many NET_BUFFERs are in the block */
};

/* struct nbl__layout is what the first pass finds. */
struct nbl__layout {
    uint64_t buffers;
    uint64_t part_bytes;
};

/* struct nbl__pools is the pair of pools that a derived list is counted in. */
struct nbl__pools {
    struct nbl__pool *lists;
    struct nbl__pool *buffers;
};

/* struct nbl__builder is the state of the second pass. Whoever builds works on a copy of its own, which a compiler then keeps
 * in registers. */
struct nbl__builder {
    NET_BUFFER_LIST *list;
    NET_BUFFER *next_buffer;      /* the first of the block that is not used yet */
    NET_BUFFER *last_buffer;      /* the last that is linked, or NULL */
    unsigned char *next_part;
    struct nbl__mdl_record *last_record; /* newest of the present NB, or NULL */
    PVOID tag; /* of every NB of the block */
    struct nbl__pools pools;
};

/* nbl__derive_pools checks the pools that a caller gave (GEN-11). Returns false after reporting `rule`. */
bool nbl__derive_pools(NDIS_HANDLE lists, NDIS_HANDLE buffers, char const *call, struct nbl__pools *pools);

#define NBL__PART_ALIGNMENT 16u

/* nbl__part_bytes rounds up in 64 bits: on a 32-bit host `bytes` may be within a part of the end of a size_t. */
static inline uint64_t nbl__part_bytes(uint64_t bytes)
{
    return (bytes + NBL__PART_ALIGNMENT - 1) & ~(uint64_t)(NBL__PART_ALIGNMENT - 1);
}

/* struct nbl__cursor is a place in a chain: byte `offset` of `mdl` or, when that MDL has no such byte, the byte as many
 * behind its end. */
struct nbl__cursor {
    MDL *mdl;
    uint64_t offset;
};

/* nbl__cursor_at gives the place of byte `skip` of a NB's used data. */
static inline struct nbl__cursor nbl__cursor_at(NET_BUFFER const *buffer, ULONG skip)
{
    return (struct nbl__cursor){ buffer->CurrentMdl, (uint64_t)buffer->CurrentMdlOffset + skip };
}

/* nbl__cursor_piece moves a cursor to the MDL that holds its byte, and tells how many bytes, at most `most`, follow there;
 * 0 at the end of the chain. */
static inline ULONG nbl__cursor_piece(struct nbl__cursor *cursor, ULONG most)
{
    while (cursor->mdl != NULL) {
        ULONG const count = cursor->mdl->ByteCount;
        if (NBL_LIKELY(cursor->offset < count)) {
            ULONG const left = count - (ULONG)cursor->offset;
            return left < most ? left : most;
        }
        cursor->offset -= count;
        cursor->mdl = cursor->mdl->Next;
    }
    return 0;
}

/* ---- First pass. ---- */

/* nbl__measure_range adds the MDLs for `bytes` bytes from a cursor, and moves it behind them. Returns false when the chain
 * ends before. */
static inline bool nbl__measure_range(struct nbl__layout *layout, struct nbl__cursor *cursor, ULONG bytes)
{
    while (bytes > 0) {
        ULONG const step = nbl__cursor_piece(cursor, bytes);
        if (NBL_UNLIKELY(step == 0))
            return false;
        layout->part_bytes += nbl__mdl_block_bytes(step);
        cursor->offset += step;
        bytes -= step;
    }
    return true;
}

/* nbl__measure_private adds an MDL with `bytes` bytes of memory of its own; nothing for 0 bytes. */
static inline void nbl__measure_private(struct nbl__layout *layout, uint64_t bytes)
{
    if (bytes > 0)
        layout->part_bytes += nbl__mdl_block_bytes((size_t)bytes) + nbl__part_bytes(bytes);
}

/* ---- Second pass. ---- */

/* nbl__derive_start allocates the block and its NBL (GEN-10). Returns false without memory; nothing is then left behind. */
bool nbl__derive_start(struct nbl__builder *builder, struct nbl__layout const *layout, struct nbl__pools const *pools,
                       enum nbl__list_kind kind, ULONG parameter);

/* nbl__pools_embed tells whether the first NB of a derived list is the list pool's: that is so when that pool brings NBs
 * (GEN-11). Without a NBL pool the caller's NB pool comes first: its handle is the one that the caller knows. */
static inline bool nbl__pools_embed(struct nbl__pool const *lists, struct nbl__pool const *buffers)
{
    return lists->has_buffer && (!lists->internal || buffers->internal);
}

/* nbl__build_buffer links the next NB of the block to the list: fresh, without MDLs. */
static inline NET_BUFFER *nbl__build_buffer(struct nbl__builder *builder)
{
    NET_BUFFER *buffer = builder->next_buffer++;
    struct nbl__pool *owner = builder->pools.buffers;
    if (builder->last_buffer == NULL && nbl__pools_embed(builder->pools.lists, owner))
        owner = builder->pools.lists;
    nbl__buffer_reset(buffer, owner, builder->tag);
    if (builder->last_buffer == NULL)
        builder->list->FirstNetBuffer = buffer;
    else
        builder->last_buffer->Next = buffer;
    builder->last_buffer = buffer;
    builder->last_record = NULL;
    return buffer;
}

/* nbl__build_append links an MDL and its record behind those that the NB has: records are in the order of the chain. */
static inline void nbl__build_append(struct nbl__builder *builder, NET_BUFFER *buffer, void *place, MDL *mdl)
{
    struct nbl__mdl_record *record = place;
    if (builder->last_record == NULL) {
        buffer->MdlChain = mdl;
        buffer->NdisReserved[0] = record;
    } else {
        ((MDL *)(void *)(builder->last_record + 1))->Next = mdl;
        builder->last_record->next = record;
    }
    builder->last_record = record;
}

/* nbl__build_range links MDLs over `bytes` bytes from a cursor to the NB, and moves it behind them. */
static inline void nbl__build_range(struct nbl__builder *builder, NET_BUFFER *buffer, struct nbl__cursor *cursor,
                                    ULONG bytes)
{
    while (bytes > 0) {
        ULONG const step = nbl__cursor_piece(cursor, bytes);
        void *place = builder->next_part;
        builder->next_part += nbl__mdl_block_bytes(step);
        nbl__build_append(builder, buffer, place, nbl__mdl_derive(place, cursor->mdl, (ULONG)cursor->offset, step));
        cursor->offset += step;
        bytes -= step;
    }
}

/* nbl__build_hidden hides the backfill of a new MDL from the memory checker. */
NBL_COLD void nbl__build_hidden(struct nbl__mdl_record *record, void *memory, ULONG hidden);

/* nbl__build_private links an MDL with `bytes` bytes of its own, the first `hidden` of them backfill; returns its memory, or
 * NULL for 0 bytes. */
static inline void *nbl__build_private(struct nbl__builder *builder, NET_BUFFER *buffer, ULONG bytes, ULONG hidden)
{
    unsigned char *place = builder->next_part;
    unsigned char *memory = place + nbl__mdl_block_bytes(bytes);
    if (bytes == 0)
        return NULL;
    builder->next_part = memory + (size_t)nbl__part_bytes(bytes);
    nbl__build_append(builder, buffer, place, nbl__mdl_construct(place, NBL__MDL_DERIVED, memory, bytes));
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__build_hidden(builder->last_record, memory, hidden);
    return memory;
}

/* nbl__build_window sets the window of a NB whose MDLs are complete. */
static inline void nbl__build_window(NET_BUFFER *buffer, ULONG offset, ULONG length)
{
    buffer->DataOffset = offset;
    buffer->stDataLength = length;
    if (NBL_LIKELY(buffer->MdlChain != NULL && offset < buffer->MdlChain->ByteCount)) {
        buffer->CurrentMdl = buffer->MdlChain;
        buffer->CurrentMdlOffset = offset;
        return;
    }
    (void)nbl__buffer_locate(buffer);
}

/* ---- The end of it. ---- */

/* nbl__derive_finish counts the new list in its pools and as its parent's child, and announces it. */
NET_BUFFER_LIST *nbl__derive_finish(struct nbl__builder *builder, NET_BUFFER_LIST *parent, char const *call);

/* nbl__derive_free frees a derived list of one kind. Returns false after reporting GEN-08 when it is not that. `parameter` is
 * compared with the one of the allocation and reported as `rule` with `severity` when it differs. */
bool nbl__derive_free(NET_BUFFER_LIST *list, enum nbl__list_kind kind, ULONG parameter, char const *rule,
                      enum nbl_severity severity, char const *call);

static inline struct nbl__derived *nbl__derived_of(NET_BUFFER_LIST *list)
{
    return (struct nbl__derived *)(void *)list - 1;
}

#endif
