/* SPDX-License-Identifier: MIT
 *
 * derived.h (internal) - the one block that a derived NET_BUFFER_LIST is, and how it is made in two passes.
 *
 *     [struct nbl__derived][NET_BUFFER_LIST][NET_BUFFER x buffers][MDLs and private memory, in order]
 *
 * The first pass measures (nbl__measure_*), then one allocation is made, then the second pass builds (nbl__build_*) and
 * cannot fail. The first pass counts at least what the second one builds, so
 *
 *     block_bytes >= front + buffers * sizeof(NET_BUFFER) + sum of the parts' bytes
 *
 * with equality but for fragments, whose pieces are counted by the MDLs and the cuts.
 *
 * The record below is all that freeing needs (GEN-07): the NB chain and the MDL chains of the list are not looked at.
 */
#ifndef NBL_DERIVE_DERIVED_H
#define NBL_DERIVE_DERIVED_H

#include "../base/memory.h"
#include "../pool/pool.h"

#include <nbl/derive.h>

struct nbl__derived {
    NBL_ALIGNAS(64) ULONG parameter; /* clone flags or DataOffsetDelta of the allocation */
    NET_BUFFER_LIST *parent; /* whose bytes these are; NULL for a copy */
    struct nbl__pool *list_pool;
    struct nbl__pool *buffer_pool;
    struct nbl__slab *slab; /* where the block came from; NULL for the allocator */
    size_t block_bytes;
    uint32_t buffers; /* how many NET_BUFFERs are in the block */
};

static inline struct nbl__derived *nbl__derived_of(NET_BUFFER_LIST *list)
{
    return (struct nbl__derived *)(void *)list - 1;
}

/* A clone of one NB is a block of its pool when that has the room for it: then struct nbl__pool_clone, behind the NB,
 * is its record. */
static inline struct nbl__pool_clone *nbl__pool_clone_record(NET_BUFFER_LIST *list)
{
    struct nbl__pool const *pool = list->NdisPoolHandle;
    return nbl__pool_clone_of(pool->shape, list);
}

static inline bool nbl__is_pool_clone(NET_BUFFER_LIST const *list)
{
    return nbl__list_state(list)->kind == nbl__list_kind_word(NBL__LIST_POOL_CLONE);
}

/* nbl__derived_parent gives the list whose bytes a derived one shows; NULL for a copy. */
static inline NET_BUFFER_LIST *nbl__derived_parent(NET_BUFFER_LIST *list)
{
    return nbl__is_pool_clone(list) ? nbl__pool_clone_record(list)->parent : nbl__derived_of(list)->parent;
}

/* nbl__derived_parameter gives the clone flags or DataOffsetDelta of the allocation. */
static inline ULONG nbl__derived_parameter(NET_BUFFER_LIST *list)
{
    return nbl__is_pool_clone(list) ? nbl__pool_clone_record(list)->flags : nbl__derived_of(list)->parameter;
}

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

/* struct nbl__builder is the state of the second pass. All that takes a pointer to it is inlined into the builder's
 * function, so that a compiler can keep it in registers; hence it holds nothing that can be put right at the end. */
struct nbl__builder {
    NET_BUFFER_LIST *list;
    NET_BUFFER *next_buffer;  /* the first of the block that is not made yet */
    unsigned char *next_part;
    struct nbl__pool *pool;   /* of the NBs, but for a first one that the list's pool brings */
    PVOID tag;                /* of every NB of the block */
};

/* struct nbl__new_mdls is what the NB that is built next has for MDLs: all zero for none. */
struct nbl__new_mdls {
    MDL *first;
    ULONG first_bytes;            /* its ByteCount: reading it so soon after writing it would stall */
    struct nbl__mdl_record *last; /* records are linked in the order of the MDLs */
};

static inline struct nbl__pool *nbl__derive_pool(NDIS_HANDLE handle, enum nbl__pool_kind kind,
                                                 struct nbl__pool *fallback, char const *call)
{
    struct nbl__pool *pool;
    if (handle == NULL || handle == (NDIS_HANDLE)fallback) /* what NdisGetPoolFromNetBufferList gave for another one */
        return fallback;
    pool = nbl__pool_of(handle, kind, call);
    if (NBL_LIKELY(pool == NULL || pool->shape.data_size == 0))
        return pool;
    nbl__violation("GEN-11", NBL_SEVERITY_ERROR, call, pool);
    return NULL;
}

/* nbl__derive_pools checks the pools that a caller gave (GEN-11). Returns false after reporting it. */
static inline bool nbl__derive_pools(NDIS_HANDLE lists, NDIS_HANDLE buffers, char const *call, struct nbl__pools *pools)
{
    pools->lists = nbl__derive_pool(lists, NBL__POOL_LISTS, &nbl__pool_lists_default, call);
    pools->buffers = nbl__derive_pool(buffers, NBL__POOL_BUFFERS, &nbl__pool_buffers_default, call);
    return pools->lists != NULL && pools->buffers != NULL;
}

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

/* nbl__cursor_piece moves a cursor to the MDL that holds its byte, and tells how many bytes, at most `most`, follow
 * there; 0 at the end of the chain. */
static inline ULONG nbl__cursor_piece(struct nbl__cursor *cursor, ULONG most)
{
    uint32_t steps = 0;
    while (cursor->mdl != NULL) {
        ULONG const count = cursor->mdl->ByteCount;
        if (NBL_LIKELY(cursor->offset < count)) {
            ULONG const left = count - (ULONG)cursor->offset;
            return left < most ? left : most;
        }
        cursor->offset -= count;
        cursor->mdl = nbl__mdl_next(cursor->mdl, &steps);
    }
    return 0;
}

/* ---- First pass. ---- */

/* nbl__measure_range adds the MDLs for `bytes` bytes from a cursor, and moves it behind them. Returns false when the
 * chain ends before. */
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

/* nbl__pools_embed tells whether the first NB of a derived list is the list pool's: that is so when that pool brings
 * NBs (GEN-11). Without a NBL pool the caller's NB pool comes first: its handle is the one that the caller knows. */
static inline bool nbl__pools_embed(struct nbl__pool const *lists, struct nbl__pool const *buffers)
{
    return lists->has_buffer && (!lists->internal || buffers->internal);
}

/* nbl__layout_bytes is the whole block's size, or 0 when it does not fit the address space. */
static inline size_t nbl__layout_bytes(struct nbl__layout const *layout)
{
    uint64_t const front = sizeof(struct nbl__derived) + sizeof(NET_BUFFER_LIST);
    uint64_t bytes;
    if (layout->buffers > UINT32_MAX || layout->part_bytes > SIZE_MAX / 2)
        return 0;
    bytes = front + layout->buffers * sizeof(NET_BUFFER) + layout->part_bytes;
    return bytes > SIZE_MAX / 2 ? 0 : (size_t)bytes;
}

/* nbl__derive_clear makes the front of a block what it was when it held such a list before. */
NBL_COLD void nbl__derive_clear(struct nbl__derived *derived, uint64_t buffers);

/* nbl__derive_allocate gives a block for a layout, its record filled in but for the parent; NULL without memory. */
static NBL_FLATTEN struct nbl__derived *nbl__derive_allocate(struct nbl__layout const *layout,
                                                             struct nbl__pools const *pools, ULONG parameter)
{
    size_t const bytes = nbl__layout_bytes(layout);
    struct nbl__slab *slab;
    struct nbl__derived *derived;
    if (NBL_UNLIKELY(bytes == 0))
        return NULL;
    slab = nbl__memory_class(NBL__MEMORY_LISTS, bytes);
    derived = NBL_LIKELY(slab != NULL) ? nbl__slab_take(slab, NBL__WAY_DERIVED, bytes) : nbl__memory_allocate(bytes);
    if (NBL_UNLIKELY(derived == NULL))
        return NULL;
    if (NBL_UNLIKELY(slab == NULL || nbl__hooks_now() != 0))
        nbl__derive_clear(derived, layout->buffers);
    *derived = (struct nbl__derived){ parameter, NULL, pools->lists, pools->buffers, slab, bytes,
                                      (uint32_t)layout->buffers };
    return derived;
}

/* nbl__derive_start allocates the block and its NBL (GEN-10). Returns false without memory; nothing is then left
 * behind. */
static NBL_FLATTEN bool nbl__derive_start(struct nbl__builder *builder, struct nbl__layout const *layout,
                                          struct nbl__pools const *pools, enum nbl__list_kind kind, ULONG parameter)
{
    struct nbl__derived *derived = nbl__derive_allocate(layout, pools, parameter);
    if (NBL_UNLIKELY(derived == NULL))
        return false;
    builder->list = (NET_BUFFER_LIST *)(void *)(derived + 1);
    builder->next_buffer = (NET_BUFFER *)(void *)(builder->list + 1);
    nbl__list_make(builder->list, NULL, layout->buffers == 0 ? NULL : builder->next_buffer, pools->lists,
                   pools->lists->protocol, kind, true);
    builder->next_part = (unsigned char *)(builder->next_buffer + layout->buffers);
    builder->pool = pools->buffers;
    builder->tag = nbl__buffer_tag_with(NBL__BUFFER_DERIVED, &nbl__list_state(builder->list)->attached);
    return true;
}

/* nbl__build_append links an MDL and its record behind those that the NB has. */
static NBL_FLATTEN void nbl__build_append(struct nbl__new_mdls *chain, void *place, MDL *mdl, ULONG bytes)
{
    struct nbl__mdl_record *record = place;
    if (chain->last == NULL) {
        chain->first = mdl;
        chain->first_bytes = bytes;
    } else {
        ((MDL *)(void *)(chain->last + 1))->Next = mdl;
        chain->last->next = record;
    }
    chain->last = record;
}

/* nbl__build_range links MDLs over `bytes` bytes from a cursor for the next NB, and moves it behind them. */
static NBL_FLATTEN void nbl__build_range(struct nbl__builder *builder, struct nbl__new_mdls *chain,
                                         struct nbl__cursor *cursor, ULONG bytes)
{
    while (bytes > 0) {
        ULONG const step = nbl__cursor_piece(cursor, bytes);
        void *place = builder->next_part;
        builder->next_part += nbl__mdl_block_bytes(step);
        nbl__build_append(chain, place, nbl__mdl_derive(place, cursor->mdl, (ULONG)cursor->offset, step), step);
        cursor->offset += step;
        bytes -= step;
    }
}

/* nbl__build_hidden hides the backfill of a new MDL from the memory checker. */
NBL_COLD void nbl__build_hidden(struct nbl__mdl_record *record, void *memory, ULONG hidden);

/* nbl__build_private links an MDL with `bytes` bytes of its own, the first `hidden` of them backfill; returns its
 * memory, or NULL for 0 bytes. */
static NBL_FLATTEN void *nbl__build_private(struct nbl__builder *builder, struct nbl__new_mdls *chain, ULONG bytes,
                                            ULONG hidden)
{
    unsigned char *place = builder->next_part;
    unsigned char *memory = place + nbl__mdl_block_bytes(bytes);
    if (bytes == 0)
        return NULL;
    builder->next_part = memory + (size_t)nbl__part_bytes(bytes);
    nbl__build_append(chain, place, nbl__mdl_construct(place, NBL__MDL_DERIVED, memory, bytes), bytes);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__build_hidden(chain->last, memory, hidden);
    return memory;
}

/* nbl__build_buffer makes the next NB of the block, over MDLs of others. */
static NBL_FLATTEN void nbl__build_buffer(struct nbl__builder *builder, struct nbl__buffer_value value)
{
    NET_BUFFER *buffer = builder->next_buffer++;
    value.next = builder->next_buffer; /* of the last one, nbl__derive_finish makes it NULL */
    value.pool = builder->pool;
    value.tag = builder->tag;
    nbl__buffer_make(buffer, value, true);
}

/* nbl__build_buffer_here makes the next NB of the block over the MDLs that were built for it. */
static NBL_FLATTEN void nbl__build_buffer_here(struct nbl__builder *builder, struct nbl__new_mdls chain, ULONG offset,
                                               ULONG length, USHORT checksum_bias)
{
    struct nbl__mdl_record *newest = NULL;
    struct nbl__position start = { chain.first, offset };
    if (chain.first != NULL)
        newest = (struct nbl__mdl_record *)(void *)chain.first - 1;
    if (NBL_UNLIKELY(offset >= chain.first_bytes))
        start = nbl__position_normalize(start);
    nbl__build_buffer(builder, (struct nbl__buffer_value){
                                   .chain = chain.first, .start = start, .offset = offset, .length = length,
                                   .checksum_bias = checksum_bias, .newest = newest });
}

/* ---- The end of it. ---- */

/* nbl__derive_account counts a derived list in its pools (sign 1) or off them (-1). Of libnbl's own pools nobody
 * asks. */
static inline void nbl__derive_account(struct nbl__pool *lists, struct nbl__pool *buffers, uint32_t count, int64_t sign)
{
    uint32_t const embedded = count > 0 && nbl__pools_embed(lists, buffers) ? 1u : 0u;
    if (!lists->internal)
        nbl__slab_account(&lists->slab, NBL__WAY_LISTS, sign);
    if (count > embedded && !buffers->internal)
        nbl__slab_account(&buffers->slab, NBL__WAY_BUFFERS, sign * (int64_t)(count - embedded));
}

/* nbl__derive_dress does to a new list what knobs want; `original` is what it was made from, NULL for a copy.
 * nbl__derive_undress takes back what outlives a list: the count that its parent (NULL for none) has of it. */
NBL_COLD void nbl__derive_dress(NET_BUFFER_LIST *list, NET_BUFFER_LIST const *original);
NBL_COLD void nbl__derive_undress(NET_BUFFER_LIST *parent);

/* nbl__derive_finish puts the first and the last NB right, counts the new list in its pools and as its parent's child,
 * and announces it. */
static NBL_FLATTEN NET_BUFFER_LIST *nbl__derive_finish(struct nbl__builder const *builder,
                                                       struct nbl__pools const *pools, struct nbl__layout const *layout,
                                                       NET_BUFFER_LIST *parent, char const *call)
{
    if (layout->buffers > 0) {
        (builder->next_buffer - 1)->Next = NULL;
        if (nbl__pools_embed(pools->lists, pools->buffers))
            ((NET_BUFFER *)(void *)(builder->list + 1))->NdisPoolHandle = pools->lists;
    }
    nbl__derive_account(pools->lists, pools->buffers, (uint32_t)layout->buffers, 1);
    /* A list that is not libnbl's cannot be counted on, so it is not counted in. */
    if (parent != NULL && nbl__list_known(parent)) {
        nbl__derived_of(builder->list)->parent = parent;
        nbl__list_add_child(parent);
    }
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER | NBL__HOOK_KNOB))) {
        nbl__derive_dress(builder->list, parent);
        NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, builder->list, parent, nbl__layout_bytes(layout));
    }
    return builder->list;
}

/* nbl__derive_free frees a derived list of one kind. Returns false after reporting GEN-08 when it is not that.
 * `parameter` is compared with the one of the allocation and reported as `rule` with `severity` when it differs. */
bool nbl__derive_free(NET_BUFFER_LIST *list, enum nbl__list_kind kind, ULONG parameter, char const *rule,
                      enum nbl_severity severity, char const *call);

/* nbl__derive_release frees a list that nobody refers to, and every ancestor that only waited for it (GEN-06). */
void nbl__derive_release(NET_BUFFER_LIST *list, char const *call);

#endif
