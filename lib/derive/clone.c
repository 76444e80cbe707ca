/* SPDX-License-Identifier: MIT
 *
 * clone.c - new NET_BUFFERs over the used data of another list's (rules CLONE).
 */
#include "derived.h"

#include "../base/wide.h"

#define KNOWN_FLAGS (NDIS_CLONE_FLAGS_RESERVED | NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS)

static bool measure(NET_BUFFER_LIST const *original, bool share_mdls, struct nbl__layout *layout)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__cursor cursor = nbl__cursor_at(buffer, 0);
        if (!share_mdls && !nbl__measure_range(layout, &cursor, buffer->DataLength))
            return false;
        layout->buffers++;
    }
    return true;
}

/* CLONE-09: the window begins in the MDL that holds the first used byte; what is in front of it there is backfill. */
static inline void build(struct nbl__builder *builder, NET_BUFFER_LIST const *original, bool share_mdls)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        if (share_mdls) {
            struct nbl__position const first = nbl__buffer_start(buffer);
            nbl__build_buffer(builder, (struct nbl__buffer_value){
                                           .chain = first.mdl, .start = first, .offset = first.offset,
                                           .length = buffer->DataLength, .checksum_bias = buffer->ChecksumBias });
        } else {
            struct nbl__cursor cursor = nbl__cursor_at(buffer, 0);
            struct nbl__new_mdls chain = { NULL, 0, NULL };
            nbl__build_range(builder, &chain, &cursor, buffer->DataLength);
            nbl__build_buffer_here(builder, chain, 0, buffer->DataLength, buffer->ChecksumBias);
        }
    }
}

/* ---- The usual clone: of one NB, as a block of a pool that brings one, with nobody watching. ---- */

/* The window fits one MDL: the original's own, or the one that there is room for. */
static inline bool window_is_usual(NET_BUFFER const *buffer, ULONG flags)
{
    MDL const *mdl = buffer->CurrentMdl;
    uint64_t const end = (uint64_t)buffer->CurrentMdlOffset + buffer->DataLength;
    if (mdl == NULL || buffer->Next != NULL)
        return false;
    if (flags == NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS)
        return buffer->CurrentMdlOffset < mdl->ByteCount;
    return flags == 0 && buffer->DataLength != 0 && buffer->DataLength <= PAGE_SIZE && end <= mdl->ByteCount;
}

/* A list that is not libnbl's cannot be counted on as a parent, which a block of a pool has to have. */
static inline bool is_usual(struct nbl__pool const *pool, NET_BUFFER_LIST const *original, ULONG flags)
{
    return pool->clones && original->FirstNetBuffer != NULL && window_is_usual(original->FirstNetBuffer, flags)
        && nbl__list_known(original);
}

/* `flags` is known at compile time. */
static NBL_FLATTEN NET_BUFFER_LIST *clone_fresh(struct nbl__pool *pool, NET_BUFFER_LIST *list,
                                                NET_BUFFER_LIST *original, ULONG flags)
{
    NET_BUFFER *buffer = (NET_BUFFER *)(void *)((unsigned char *)list + pool->shape.buffer_offset);
    struct nbl__pool_clone *record = nbl__pool_clone_of(pool->shape, list);
    NET_BUFFER const *from = original->FirstNetBuffer;
    struct nbl__buffer_value value = {
        .chain = from->CurrentMdl, .start = { from->CurrentMdl, from->CurrentMdlOffset },
        .offset = from->CurrentMdlOffset, .length = from->DataLength, .checksum_bias = from->ChecksumBias,
        .pool = pool, .tag = nbl__buffer_tag_with(NBL__BUFFER_DERIVED, &nbl__list_state(list)->attached) };
    record->parent = original;
    record->flags = flags;
    nbl__list_add_child(original);
    if (flags == 0) {
        value.newest = (struct nbl__mdl_record *)(void *)(record + 1);
        value.chain = nbl__mdl_derive(record + 1, value.chain, value.offset, value.length);
        value.start = (struct nbl__position){ value.chain, 0 };
        value.offset = 0;
    }
    nbl__buffer_make(buffer, value, true);
    nbl__list_make(list, NULL, buffer, pool, 0, NBL__LIST_POOL_CLONE, true);
    return list;
}

static NBL_WIDE NET_BUFFER_LIST *share_wide(struct nbl__pool *pool, NET_BUFFER_LIST *list, NET_BUFFER_LIST *original)
{
    return clone_fresh(pool, list, original, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static NBL_NOINLINE NET_BUFFER_LIST *share_plain(struct nbl__pool *pool, NET_BUFFER_LIST *list,
                                                 NET_BUFFER_LIST *original)
{
    return clone_fresh(pool, list, original, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static NBL_WIDE NET_BUFFER_LIST *describe_wide(struct nbl__pool *pool, NET_BUFFER_LIST *list,
                                               NET_BUFFER_LIST *original)
{
    return clone_fresh(pool, list, original, 0);
}

static NBL_NOINLINE NET_BUFFER_LIST *describe_plain(struct nbl__pool *pool, NET_BUFFER_LIST *list,
                                                    NET_BUFFER_LIST *original)
{
    return clone_fresh(pool, list, original, 0);
}

static NET_BUFFER_LIST *clone_usual(struct nbl__pool *pool, NET_BUFFER_LIST *original, ULONG flags, char const *call)
{
    NET_BUFFER_LIST *list = nbl__slab_take(&pool->slab, NBL__WAY_LISTS, pool->block_bytes);
    if (list == NULL)
        return NULL;
    (void)(flags == 0 ? describe_plain(pool, list, original) : share_plain(pool, list, original));
    nbl__derive_dress(list, original);
    NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, list, original, 0);
    return list;
}

/* Every other clone, and those with somebody watching. */
static NBL_NOINLINE NET_BUFFER_LIST *clone_any(NET_BUFFER_LIST *original, NDIS_HANDLE list_pool,
                                               NDIS_HANDLE buffer_pool, ULONG flags)
{
    char const *call = "NdisAllocateCloneNetBufferList";
    bool const share_mdls = (flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0;
    struct nbl__layout layout = { 0, 0 };
    struct nbl__pools pools;
    struct nbl__builder builder;
    if (nbl__dead("VER-01", call, original))
        return NULL;
    if ((flags & ~(ULONG)KNOWN_FLAGS) != 0) {
        nbl__violation("CLONE-01", NBL_SEVERITY_ERROR, call, original);
        return NULL;
    }
    if ((flags & NDIS_CLONE_FLAGS_RESERVED) != 0)
        nbl__violation("CLONE-01", NBL_SEVERITY_WARNING, call, original);
    if (!nbl__derive_pools(list_pool, buffer_pool, call, &pools))
        return NULL;
    if (buffer_pool == NULL && is_usual(pools.lists, original, flags))
        return clone_usual(pools.lists, original, flags, call);
    if (original->FirstNetBuffer == NULL)
        nbl__violation("CLONE-02", NBL_SEVERITY_WARNING, call, original);
    if (!measure(original, share_mdls, &layout)) {
        nbl__violation("INV-05", NBL_SEVERITY_FATAL, call, original);
        return NULL;
    }
    if (!nbl__derive_start(&builder, &layout, &pools, NBL__LIST_CLONE, flags))
        return NULL;
    build(&builder, original, share_mdls);
    return nbl__derive_finish(&builder, &pools, &layout, original, call);
}

/* As in pool/list.c: what is out of the ordinary is a call that ends the usual path. */
NET_BUFFER_LIST *NdisAllocateCloneNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                NDIS_HANDLE NetBufferListPoolHandle, NDIS_HANDLE NetBufferPoolHandle,
                                                ULONG AllocateCloneFlags)
{
    struct nbl__pool *pool = NetBufferListPoolHandle;
    void *block;
    if (NBL_UNLIKELY(nbl__hooks_now() != 0 || NetBufferPoolHandle != NULL || pool == NULL
                     || !is_usual(pool, OriginalNetBufferList, AllocateCloneFlags)
                     || !nbl__slab_pop_ready(&pool->slab, NBL__WAY_LISTS, &block)))
        return clone_any(OriginalNetBufferList, NetBufferListPoolHandle, NetBufferPoolHandle, AllocateCloneFlags);
    if (AllocateCloneFlags == 0)
        return nbl__wide ? describe_wide(pool, block, OriginalNetBufferList)
                         : describe_plain(pool, block, OriginalNetBufferList);
    return nbl__wide ? share_wide(pool, block, OriginalNetBufferList)
                     : share_plain(pool, block, OriginalNetBufferList);
}

static NBL_NOINLINE void free_any(NET_BUFFER_LIST *clone, ULONG flags)
{
    (void)nbl__derive_free(clone, NBL__LIST_CLONE, flags, "CLONE-11", NBL_SEVERITY_FATAL,
                           "NdisFreeCloneNetBufferList");
}

VOID NdisFreeCloneNetBufferList(NET_BUFFER_LIST *CloneNetBufferList, ULONG FreeCloneFlags)
{
    struct nbl__pool *pool = nbl__hooks_now() == 0 ? CloneNetBufferList->NdisPoolHandle : NULL;
    struct nbl__pool_clone const *record;
    if (NBL_UNLIKELY(pool == NULL || !nbl__list_is_pristine(CloneNetBufferList, NBL__LIST_POOL_CLONE)
                     || !pool->clones || CloneNetBufferList->Context != NULL)) {
        free_any(CloneNetBufferList, FreeCloneFlags);
        return;
    }
    record = nbl__pool_clone_of(pool->shape, CloneNetBufferList);
    if (NBL_UNLIKELY(record->flags != FreeCloneFlags
                     || !nbl__slab_push_ready(&pool->slab, NBL__WAY_LISTS, CloneNetBufferList))) {
        free_any(CloneNetBufferList, FreeCloneFlags);
        return;
    }
    nbl__list_set_pristine(CloneNetBufferList, NBL__LIST_FREE);
    if (NBL_UNLIKELY(nbl__list_remove_child(record->parent)))
        nbl__derive_release(record->parent, "NdisFreeCloneNetBufferList");
}
