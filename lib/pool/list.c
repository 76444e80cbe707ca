/* SPDX-License-Identifier: MIT
 *
 * list.c - NET_BUFFER_LISTs from pools (rules NBL, POOL).
 */
#include "pool.h"

#include "../base/wide.h"
#include "../list/context.h"

/* Context sizes that are no multiple of the alignment are rounded up, each by itself (CTX-04). */
static ULONG context_size(USHORT size, NDIS_HANDLE pool, char const *call)
{
    ULONG const rounded = nbl__context_round(size);
    if (NBL_UNLIKELY(rounded != size))
        nbl__violation("CTX-04", NBL_SEVERITY_ERROR, call, pool);
    return rounded;
}

static NET_BUFFER *embedded_buffer(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    return (NET_BUFFER *)(void *)((unsigned char *)list + pool->shape.buffer_offset);
}

/* The context that comes with the block, or NULL. */
static inline NET_BUFFER_LIST_CONTEXT *embedded_context(uint32_t context_offset, NET_BUFFER_LIST *list)
{
    if (context_offset == 0)
        return NULL;
    return (NET_BUFFER_LIST_CONTEXT *)(void *)((unsigned char *)list + context_offset);
}

static inline void *context_place(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    NET_BUFFER_LIST_CONTEXT *context = embedded_context(pool->shape.context_offset, list);
    return context == NULL ? NULL : (struct nbl__context_header *)(void *)context - 1;
}

/* Makes a block what NBL-05 says, without context. `again` as in nbl__list_make. */
static NBL_FLATTEN void list_fresh(struct nbl__pool *pool, struct nbl__pool_shape shape, NET_BUFFER_LIST *list,
                                   NET_BUFFER_LIST *next, bool again)
{
    NET_BUFFER *buffer = NULL;
    if (shape.buffer_offset != 0) {
        buffer = (NET_BUFFER *)(void *)((unsigned char *)list + shape.buffer_offset);
        nbl__pool_buffer_fresh(pool, shape, list, buffer,
                               nbl__buffer_tag_with(NBL__BUFFER_EMBEDDED, &nbl__list_state(list)->attached), again);
    }
    nbl__list_make(list, next, buffer, pool, pool->protocol, NBL__LIST_PLAIN, again);
}

static NBL_FLATTEN void pool_context(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    if (pool->context_size > 0)
        list->Context = nbl__context_construct(context_place(pool, list), pool->context_size, 0, true, false);
}

static NET_BUFFER_LIST *take_list(struct nbl__pool *pool, ULONG used, ULONG backfill)
{
    NET_BUFFER_LIST *list = nbl__slab_take(&pool->slab, NBL__WAY_LISTS, pool->block_bytes);
    if (list == NULL)
        return NULL;
    list_fresh(pool, pool->shape, list, NULL, false);
    if (nbl__context_initial(list, context_place(pool, list), pool->context_size, used, backfill)
        && (NBL_LIKELY(!nbl__hooked(NBL__HOOK_TRACK | NBL__HOOK_KNOB)) || nbl__pool_dress_list(pool, list)))
        return list;
    nbl__list_set_kind(list, NBL__LIST_FREE);
    nbl__slab_give(&pool->slab, NBL__WAY_LISTS, list, pool->block_bytes);
    return NULL;
}

/* Makes a block of a pool of the usual shape fresh, its MDL being intact: list_fresh with every question answered.
 * `shape` is a copy, so that no store into the block can change it. */
static NBL_FLATTEN void packet_fresh(struct nbl__pool *pool, struct nbl__pool_shape shape, NET_BUFFER_LIST *list,
                                     NET_BUFFER_LIST *next)
{
    NET_BUFFER *buffer = (NET_BUFFER *)(void *)((unsigned char *)list + shape.buffer_offset);
    MDL *mdl = nbl__pool_mdl(shape, list);
    nbl__list_make(list, next, buffer, pool, 0, NBL__LIST_PLAIN, true);
    nbl__buffer_make(buffer, (struct nbl__buffer_value){
                                 .chain = mdl,
                                 .start = { mdl, shape.data_size },
                                 .offset = shape.data_size,
                                 .pool = pool,
                                 .tag = nbl__buffer_tag_with(NBL__BUFFER_EMBEDDED, &nbl__list_state(list)->attached) },
                     true);
}

/* A pool that has what is asked for, with nobody watching. Returns NULL, having done nothing, otherwise. */
static inline NET_BUFFER_LIST *take_ready(struct nbl__pool *pool, ULONG context)
{
    NET_BUFFER_LIST *list;
    if (NBL_UNLIKELY((nbl__hooks_now() | context) != 0))
        return NULL;
    list = nbl__slab_pop(&pool->slab, NBL__WAY_LISTS);
    if (NBL_LIKELY(list != NULL)) {
        list_fresh(pool, pool->shape, list, NULL, true);
        pool_context(pool, list);
    }
    return list;
}

static NBL_NOINLINE NET_BUFFER_LIST *allocate_list(NDIS_HANDLE handle, USHORT size, USHORT backfill)
{
    char const *call = "NdisAllocateNetBufferList";
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_LISTS, call);
    NET_BUFFER_LIST *list;
    if (pool == NULL)
        return NULL;
    list = take_ready(pool, (ULONG)size | backfill);
    if (list != NULL)
        return list;
    list = take_list(pool, context_size(size, pool, call), context_size(backfill, pool, call));
    if (list != NULL)
        NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, list, NULL, 0);
    return list;
}

static NBL_NOINLINE NET_BUFFER_LIST *packet_restored(struct nbl__pool *pool, NET_BUFFER_LIST *list)
{
    nbl__pool_construct(list, pool);
    packet_fresh(pool, pool->shape, list, NULL);
    return list;
}

static NBL_WIDE NET_BUFFER_LIST *packet_wide(struct nbl__pool *pool, NET_BUFFER_LIST *list)
{
    packet_fresh(pool, pool->shape, list, NULL);
    return list;
}

static NBL_NOINLINE NET_BUFFER_LIST *packet_plain(struct nbl__pool *pool, NET_BUFFER_LIST *list)
{
    packet_fresh(pool, pool->shape, list, NULL);
    return list;
}

/* The usual path has no frame: whatever is out of the ordinary is a call that ends it. */
NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill)
{
    struct nbl__pool *pool = PoolHandle;
    void *list;
    if (NBL_UNLIKELY((nbl__hooks_now() | ContextSize | ContextBackFill) != 0 || pool == NULL || !pool->packets
                     || !nbl__slab_pop_ready(&pool->slab, NBL__WAY_LISTS, &list)))
        return allocate_list(pool, ContextSize, ContextBackFill);
    if (NBL_UNLIKELY(!nbl__pool_mdl_intact(pool->shape, list)))
        return packet_restored(pool, list);
    return nbl__wide ? packet_wide(pool, list) : packet_plain(pool, list);
}

NET_BUFFER_LIST *NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                                       USHORT ContextBackFill, MDL *MdlChain, ULONG DataOffset,
                                                       SIZE_T DataLength)
{
    char const *call = "NdisAllocateNetBufferAndNetBufferList";
    struct nbl__pool *pool = nbl__pool_of(PoolHandle, NBL__POOL_LISTS, call);
    NET_BUFFER_LIST *list;
    if (pool == NULL)
        return NULL;
    if (!pool->has_buffer || pool->shape.data_size != 0) {
        nbl__violation("POOL-10", NBL_SEVERITY_ERROR, call, pool);
        return NULL;
    }
    if (!nbl__pool_window_valid(MdlChain, DataOffset, DataLength, pool, call))
        return NULL;
    list = take_list(pool, context_size(ContextSize, pool, call), context_size(ContextBackFill, pool, call));
    if (list == NULL)
        return NULL;
    nbl__pool_set_window(list->FirstNetBuffer, MdlChain, DataOffset, DataLength, call);
    NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, list, NULL, 0);
    return list;
}

void nbl__pool_release_list(NET_BUFFER_LIST *list, char const *call)
{
    struct nbl__pool *pool = list->NdisPoolHandle;
    NBL__EVENT(NBL_EVENT_LIST_FREE, call, list, NULL, 0);
    nbl__list_set_kind(list, NBL__LIST_FREE);
    if (pool->has_buffer)
        nbl__pool_buffer_retire(pool, list, embedded_buffer(pool, list), "NBL-08", call);
    if (list->Context != embedded_context(pool->shape.context_offset, list))
        nbl__context_reclaim(list, "NBL-08", call);
    nbl__slab_give(&pool->slab, NBL__WAY_LISTS, list, pool->block_bytes);
}

/* Tells whether nothing stands against giving a block back, without looking at more than the first line of the NBL. */
static inline bool is_ready(NET_BUFFER_LIST const *list)
{
    struct nbl__pool const *pool = list->NdisPoolHandle;
    return nbl__list_is_pristine(list, NBL__LIST_PLAIN) && pool != NULL && pool->kind == NBL__POOL_LISTS
        && list->Context == embedded_context(pool->shape.context_offset, (NET_BUFFER_LIST *)(uintptr_t)list);
}

static NBL_NOINLINE bool free_list(NET_BUFFER_LIST *list, char const *call)
{
    if (nbl__dead("NBL-08", call, list))
        return false;
    if (!nbl__list_is(list, NBL__LIST_PLAIN)) {
        /* A derived list is freed by the wrong routine; anything else is free already, or nothing of libnbl's. */
        bool const derived = nbl__list_known(list)
            && nbl__list_state(list)->kind != nbl__list_kind_word(NBL__LIST_PLAIN);
        nbl__violation(derived ? "GEN-08" : "NBL-08", NBL_SEVERITY_FATAL, call, list);
        return false;
    }
    if (nbl__pool_of(list->NdisPoolHandle, NBL__POOL_LISTS, call) == NULL)
        return false;
    if (nbl__list_retire(list))
        nbl__pool_release_list(list, call);
    else
        nbl__violation("GEN-06", NBL_SEVERITY_ERROR, call, list);
    return true;
}

static NBL_NOINLINE void free_one(NET_BUFFER_LIST *list)
{
    struct nbl__pool *pool = nbl__hooks_now() == 0 ? list->NdisPoolHandle : NULL;
    if (pool != NULL && is_ready(list) && nbl__slab_push(&pool->slab, NBL__WAY_LISTS, list))
        nbl__list_set_pristine(list, NBL__LIST_FREE);
    else
        (void)free_list(list, "NdisFreeNetBufferList");
}

VOID NdisFreeNetBufferList(NET_BUFFER_LIST *NetBufferList)
{
    struct nbl__pool *pool = nbl__hooks_now() == 0 ? NetBufferList->NdisPoolHandle : NULL;
    if (NBL_LIKELY(pool != NULL && nbl__list_is_pristine(NetBufferList, NBL__LIST_PLAIN)
                   && pool->packets && NetBufferList->Context == NULL
                   && nbl__slab_push_ready(&pool->slab, NBL__WAY_LISTS, NetBufferList)))
        nbl__list_set_pristine(NetBufferList, NBL__LIST_FREE);
    else
        free_one(NetBufferList);
}

NDIS_HANDLE NdisGetPoolFromNetBufferList(NET_BUFFER_LIST const *NetBufferList)
{
    return NetBufferList->NdisPoolHandle;
}

/* ---- whole chains ---- */

/* Gives a run of NBLs of one pool back, as far as nothing stands against each and the magazine has room. Returns the
 * first NBL that is left, and counts the others. */
static NET_BUFFER_LIST *give_run(NET_BUFFER_LIST *list, ULONG *freed)
{
    struct nbl__pool *pool = nbl__hooks_now() == 0 ? list->NdisPoolHandle : NULL;
    struct nbl__magazine *magazine;
    uint32_t context_offset;
    uint32_t count;
    uint32_t start;
    if (pool == NULL || pool->kind != NBL__POOL_LISTS)
        return list;
    magazine = nbl__magazine_recent(&pool->slab, NBL__WAY_LISTS);
    if (magazine == NULL)
        return list;
    count = start = nbl__magazine_blocks(magazine);
    context_offset = pool->shape.context_offset;
    while (list != NULL && count < NBL__MAGAZINE_BLOCKS && list->NdisPoolHandle == pool
           && nbl__list_is_pristine(list, NBL__LIST_PLAIN)
           && list->Context == embedded_context(context_offset, list)) {
        NET_BUFFER_LIST *next = list->Next;
        nbl__list_set_pristine(list, NBL__LIST_FREE);
        magazine->blocks[count++] = list;
        list = next;
    }
    nbl__magazine_set(magazine, count);
    *freed += count - start;
    return list;
}

ULONG nbl_pool_give(NET_BUFFER_LIST *chain)
{
    ULONG freed = 0;
    while (chain != NULL) {
        NET_BUFFER_LIST *next;
        chain = give_run(chain, &freed);
        if (chain == NULL)
            break;
        next = chain->Next;
        freed += free_list(chain, "nbl_pool_give") ? 1u : 0u;
        chain = next;
    }
    return freed;
}

/* Links `count` blocks, made fresh, in front of a chain. */
static NBL_FLATTEN NET_BUFFER_LIST *link_fresh(struct nbl__pool *pool, void **blocks, uint32_t count,
                                               NET_BUFFER_LIST *rest)
{
    struct nbl__pool_shape const shape = pool->shape;
    bool const packets = pool->packets;
    for (uint32_t i = 0; i < count; i++) {
        NET_BUFFER_LIST *list = blocks[i];
        if (NBL_LIKELY(packets)) {
            if (NBL_UNLIKELY(!nbl__pool_mdl_intact(shape, list)))
                nbl__pool_construct(list, pool);
            packet_fresh(pool, shape, list, rest);
        } else {
            list_fresh(pool, shape, list, rest, true);
            pool_context(pool, list);
        }
        rest = list;
    }
    return rest;
}

static NBL_WIDE NET_BUFFER_LIST *link_fresh_wide(struct nbl__pool *pool, void **blocks, uint32_t count,
                                                 NET_BUFFER_LIST *rest)
{
    return link_fresh(pool, blocks, count, rest);
}

/* Puts up to `count` NBLs that the magazine has in front of a chain, with nobody watching. Returns how many. */
static uint32_t take_run(struct nbl__pool *pool, ULONG count, NET_BUFFER_LIST **chain)
{
    struct nbl__magazine *magazine = nbl__magazine_recent(&pool->slab, NBL__WAY_LISTS);
    uint32_t held;
    uint32_t run;
    if (magazine == NULL || nbl__hooks_now() != 0)
        return 0;
    held = nbl__magazine_blocks(magazine);
    run = held < count ? held : count;
    if (run == 0)
        return 0;
    nbl__magazine_lower(magazine, held - run);
    *chain = nbl__wide ? link_fresh_wide(pool, &magazine->blocks[held - run], run, *chain)
                       : link_fresh(pool, &magazine->blocks[held - run], run, *chain);
    return run;
}

static bool take_slowly(struct nbl__pool *pool, NET_BUFFER_LIST **chain)
{
    NET_BUFFER_LIST *list = take_list(pool, 0, 0);
    if (list == NULL)
        return false;
    NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, "nbl_pool_take", list, NULL, 0);
    list->Next = *chain;
    *chain = list;
    return true;
}

NET_BUFFER_LIST *nbl_pool_take(NDIS_HANDLE handle, ULONG count, NET_BUFFER_LIST **last)
{
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_LISTS, "nbl_pool_take");
    NET_BUFFER_LIST *chain = NULL;
    NET_BUFFER_LIST *end = NULL;
    while (pool != NULL && count > 0) {
        uint32_t run = take_run(pool, count, &chain);
        if (run == 0) {
            if (!take_slowly(pool, &chain)) {
                (void)nbl_pool_give(chain);
                chain = NULL;
                break;
            }
            run = 1;
        }
        count -= run;
    }
    if (last != NULL) {
        for (end = chain; end != NULL && end->Next != NULL; end = end->Next)
            ;
        *last = end;
    }
    return chain;
}
