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

static NET_BUFFER_LIST *take_list(struct nbl__pool *pool, ULONG used, ULONG backfill)
{
    NET_BUFFER_LIST *list = nbl__slab_take(&pool->slab, pool->block_bytes);
    if (list == NULL)
        return NULL;
    nbl__list_reset(list, pool, pool->protocol, NBL__LIST_PLAIN);
    if (pool->has_buffer) {
        list->FirstNetBuffer = embedded_buffer(pool, list);
        nbl__pool_buffer_refresh(pool, list, list->FirstNetBuffer, NBL__BUFFER_EMBEDDED);
    }
    if ((pool->context_size | used | backfill) != 0) {
        void *place = pool->context_size > 0 ? (unsigned char *)list + pool->context_offset : NULL;
        if (!nbl__context_initial(list, place, pool->context_size, used, backfill)) {
            nbl__list_set_kind(list, NBL__LIST_FREE);
            nbl__slab_give(&pool->slab, list, pool->block_bytes);
            return NULL;
        }
    }
    return list;
}

NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill)
{
    char const *call = "NdisAllocateNetBufferList";
    struct nbl__pool *pool = nbl__pool_of(PoolHandle, NBL__POOL_LISTS, call);
    NET_BUFFER_LIST *list;
    if (pool == NULL)
        return NULL;
    list = take_list(pool, context_size(ContextSize, pool, call), context_size(ContextBackFill, pool, call));
    if (list != NULL)
        NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, list, NULL, 0);
    return list;
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
static bool context_is_untouched(struct nbl__pool const *pool, NET_BUFFER_LIST const *list)
{
    if (pool->context_size == 0)
        return list->Context == NULL;
    return (unsigned char const *)list->Context
        == (unsigned char const *)list + pool->context_offset + sizeof(struct nbl__context_header);
}

void nbl__pool_release_list(NET_BUFFER_LIST *list, char const *call)
{
    struct nbl__pool *pool = list->NdisPoolHandle;
    NBL__EVENT(NBL_EVENT_LIST_FREE, call, list, NULL, 0);
    nbl__list_set_kind(list, NBL__LIST_FREE);
    if (pool->has_buffer)
        nbl__pool_buffer_retire(pool, list, embedded_buffer(pool, list), "NBL-08", call);
    if (NBL_UNLIKELY(!context_is_untouched(pool, list)))
        nbl__context_reclaim(list, "NBL-08", call);
    nbl__slab_give(&pool->slab, list, pool->block_bytes);
}

static bool free_list(NET_BUFFER_LIST *list, char const *call)
{
    if (NBL_UNLIKELY(!nbl__list_is(list, NBL__LIST_PLAIN))) {
        bool const derived = nbl__list_is(list, NBL__LIST_CLONE) || nbl__list_is(list, NBL__LIST_FRAGMENT)
            || nbl__list_is(list, NBL__LIST_REASSEMBLED) || nbl__list_is(list, NBL__LIST_COPY);
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
        freed += free_list(chain, "nbl_pool_give") ? 1u : 0u;
        chain = next;
    }
    return freed;
}

NET_BUFFER_LIST *nbl_pool_take(NDIS_HANDLE handle, ULONG count, NET_BUFFER_LIST **last)
{
    char const *call = "nbl_pool_take";
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_LISTS, call);
    NET_BUFFER_LIST *first = NULL;
    NET_BUFFER_LIST *end = NULL;
    if (last != NULL)
        *last = NULL;
    for (ULONG i = 0; pool != NULL && i < count; i++) {
        NET_BUFFER_LIST *list = take_list(pool, 0, 0);
        if (list == NULL) {
            (void)nbl_pool_give(first);
            return NULL;
        }
        NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, list, NULL, 0);
        if (first == NULL)
            first = list;
        else
            end->Next = list;
        end = list;
    }
    if (last != NULL)
        *last = end;
    return first;
}
