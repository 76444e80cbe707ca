/* SPDX-License-Identifier: MIT
 *
 * list.c - NET_BUFFER_LISTs from pools (rules NBL, POOL).
 */
#include "pool.h"

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
    return (NET_BUFFER *)(void *)((unsigned char *)list + pool->buffer_offset);
}

static NET_BUFFER_LIST_CONTEXT *embedded_context(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    unsigned char *place = (unsigned char *)list + pool->context_offset;
    return (NET_BUFFER_LIST_CONTEXT *)(void *)(place + sizeof(struct nbl__context_header));
}

/* Makes a block what NBL-05 says, with the context that the pool brings for ContextSize 0. */
static NBL_FLATTEN void list_fresh(struct nbl__pool *pool, NET_BUFFER_LIST *list)
{
    nbl__list_reset(list, pool, pool->protocol, NBL__LIST_PLAIN);
    if (pool->has_buffer) {
        list->FirstNetBuffer = embedded_buffer(pool, list);
        nbl__pool_buffer_fresh(pool, list, list->FirstNetBuffer, NBL__BUFFER_EMBEDDED);
    }
}

static NBL_FLATTEN void pool_context(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    if (pool->context_size > 0)
        (void)nbl__context_initial(list, (unsigned char *)list + pool->context_offset, pool->context_size, 0, 0);
}

static NET_BUFFER_LIST *take_list(struct nbl__pool *pool, ULONG used, ULONG backfill)
{
    NET_BUFFER_LIST *list = nbl__slab_take(&pool->slab, pool->block_bytes);
    void *place;
    if (list == NULL)
        return NULL;
    list_fresh(pool, list);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)) && pool->data_size > 0)
        nbl__pool_hide_data(pool, list);
    place = pool->context_size > 0 ? (unsigned char *)list + pool->context_offset : NULL;
    if (nbl__context_initial(list, place, pool->context_size, used, backfill))
        return list;
    nbl__list_set_kind(list, NBL__LIST_FREE);
    nbl__slab_give(&pool->slab, list, pool->block_bytes);
    return NULL;
}

/* The path of a pool that has what is asked for, with nobody watching: everything else is allocate_list. */
static NBL_FLATTEN NET_BUFFER_LIST *take_ready(struct nbl__pool *pool, ULONG context)
{
    unsigned const hooks = nbl__hooks_now();
    struct nbl__magazine *magazine;
    NET_BUFFER_LIST *list;
    if (NBL_UNLIKELY(hooks != 0 || pool == NULL || pool->kind != NBL__POOL_LISTS || context != 0))
        return NULL;
    magazine = nbl__slab_ready(&pool->slab, hooks, 1);
    if (NBL_UNLIKELY(magazine == NULL))
        return NULL;
    list = *nbl__magazine_pop(magazine, 1);
    list_fresh(pool, list);
    pool_context(pool, list);
    return list;
}

static NBL_NOINLINE NET_BUFFER_LIST *allocate_list(NDIS_HANDLE handle, USHORT size, USHORT backfill)
{
    char const *call = "NdisAllocateNetBufferList";
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_LISTS, call);
    NET_BUFFER_LIST *list;
    if (pool == NULL)
        return NULL;
    list = take_list(pool, context_size(size, pool, call), context_size(backfill, pool, call));
    if (list != NULL)
        NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, list, NULL, 0);
    return list;
}

NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill)
{
    NET_BUFFER_LIST *list = take_ready(PoolHandle, (ULONG)ContextSize | ContextBackFill);
    return NBL_LIKELY(list != NULL) ? list : allocate_list(PoolHandle, ContextSize, ContextBackFill);
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
    if (!pool->has_buffer || pool->data_size != 0) {
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

/* The context that came with the block needs no work; everything else does. */
static NBL_FLATTEN bool context_is_embedded(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    return list->Context == (pool->context_size == 0 ? NULL : embedded_context(pool, list));
}

void nbl__pool_release_list(NET_BUFFER_LIST *list, char const *call)
{
    struct nbl__pool *pool = list->NdisPoolHandle;
    NBL__EVENT(NBL_EVENT_LIST_FREE, call, list, NULL, 0);
    nbl__list_set_kind(list, NBL__LIST_FREE);
    if (pool->has_buffer && !nbl__pool_buffer_clean(pool, list, embedded_buffer(pool, list)))
        nbl__pool_buffer_retire(pool, list, embedded_buffer(pool, list), "NBL-08", call);
    if (!context_is_embedded(pool, list))
        nbl__context_reclaim(list, "NBL-08", call);
    nbl__slab_give(&pool->slab, list, pool->block_bytes);
}

/* Gives the block back when nothing stands against it and nobody watches. Returns false, having done nothing, otherwise. */
static NBL_FLATTEN bool give_ready(NET_BUFFER_LIST *list)
{
    unsigned const hooks = nbl__hooks_now();
    struct nbl__pool *pool = list->NdisPoolHandle;
    struct nbl__magazine *magazine;
    if (NBL_UNLIKELY(hooks != 0 || nbl__list_state(list)->kind != nbl__list_kind_word(NBL__LIST_PLAIN)
                     || atomic_load_explicit(&nbl__list_state(list)->children, memory_order_acquire) != 0
                     || pool == NULL || pool->kind != NBL__POOL_LISTS || !context_is_embedded(pool, list)))
        return false;
    if (pool->has_buffer && NBL_UNLIKELY(!nbl__pool_buffer_clean(pool, list, embedded_buffer(pool, list))))
        return false;
    magazine = nbl__slab_room(&pool->slab, hooks, 1);
    if (NBL_UNLIKELY(magazine == NULL))
        return false;
    nbl__list_set_kind(list, NBL__LIST_FREE);
    nbl__magazine_push(magazine, list);
    return true;
}

static NBL_NOINLINE bool free_list(NET_BUFFER_LIST *list, char const *call)
{
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

VOID NdisFreeNetBufferList(NET_BUFFER_LIST *NetBufferList)
{
    if (NBL_UNLIKELY(!give_ready(NetBufferList)))
        (void)free_list(NetBufferList, "NdisFreeNetBufferList");
}

NDIS_HANDLE NdisGetPoolFromNetBufferList(NET_BUFFER_LIST const *NetBufferList)
{
    return NetBufferList->NdisPoolHandle;
}

/* ---- whole chains ---- */

ULONG nbl_pool_give(NET_BUFFER_LIST *chain)
{
    ULONG freed = 0;
    while (chain != NULL) {
        NET_BUFFER_LIST *next = chain->Next;
        freed += NBL_LIKELY(give_ready(chain)) || free_list(chain, "nbl_pool_give") ? 1u : 0u;
        chain = next;
    }
    return freed;
}

static NET_BUFFER_LIST *take_one(struct nbl__pool *pool)
{
    NET_BUFFER_LIST *list = take_ready(pool, 0);
    if (NBL_UNLIKELY(list == NULL)) {
        list = take_list(pool, 0, 0);
        if (list != NULL)
            NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, "nbl_pool_take", list, NULL, 0);
    }
    return list;
}

NET_BUFFER_LIST *nbl_pool_take(NDIS_HANDLE handle, ULONG count, NET_BUFFER_LIST **last)
{
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_LISTS, "nbl_pool_take");
    NET_BUFFER_LIST *first = NULL;
    NET_BUFFER_LIST **link = &first;
    NET_BUFFER_LIST *end = NULL;
    if (last != NULL)
        *last = NULL;
    for (ULONG i = 0; pool != NULL && i < count; i++) {
        end = take_one(pool);
        if (end == NULL) {
            (void)nbl_pool_give(first);
            return NULL;
        }
        *link = end;
        link = &end->Next;
    }
    if (last != NULL)
        *last = end;
    return first;
}
