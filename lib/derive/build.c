/* SPDX-License-Identifier: MIT
 *
 * build.c - the two passes that make a derived list: measure, allocate once, build.
 */
#include "derived.h"

#include "../base/memory.h"
#include "../base/track.h"
#include "../list/context.h"

/* ---- pools ---- */

static inline struct nbl__pool *plain_pool(NDIS_HANDLE handle, enum nbl__pool_kind kind, struct nbl__pool *fallback,
                                    char const *call)
{
    struct nbl__pool *pool;
    if (handle == NULL || handle == (NDIS_HANDLE)fallback) /* what NdisGetPoolFromNetBufferList gave for another one */
        return fallback;
    pool = nbl__pool_of(handle, kind, call);
    if (pool == NULL || pool->data_size == 0)
        return pool;
    nbl__violation("GEN-11", NBL_SEVERITY_ERROR, call, pool);
    return NULL;
}

bool nbl__derive_pools(NDIS_HANDLE lists, NDIS_HANDLE buffers, char const *call, struct nbl__pools *pools)
{
    pools->lists = plain_pool(lists, NBL__POOL_LISTS, &nbl__pool_lists_default, call);
    pools->buffers = plain_pool(buffers, NBL__POOL_BUFFERS, &nbl__pool_buffers_default, call);
    return pools->lists != NULL && pools->buffers != NULL;
}

/* ---- the block ---- */

/* The whole block's size, or 0 when it does not fit the address space. */
static inline size_t block_bytes_of(struct nbl__layout const *layout)
{
    uint64_t const front = sizeof(struct nbl__derived) + sizeof(NET_BUFFER_LIST);
    uint64_t bytes;
    if (layout->buffers > UINT32_MAX || layout->part_bytes > SIZE_MAX / 2)
        return 0;
    bytes = front + layout->buffers * sizeof(NET_BUFFER) + layout->part_bytes;
    return bytes > SIZE_MAX / 2 ? 0 : (size_t)bytes;
}

bool nbl__derive_start(struct nbl__builder *builder, struct nbl__layout const *layout, struct nbl__pools const *pools,
                       enum nbl__list_kind kind, ULONG parameter)
{
    size_t const bytes = block_bytes_of(layout);
    struct nbl__slab *slab;
    struct nbl__derived *derived;
    if (NBL_UNLIKELY(bytes == 0))
        return false;
    slab = nbl__memory_class(bytes);
    derived = NBL_LIKELY(slab != NULL) ? nbl__slab_take(slab, bytes) : nbl__memory_allocate(bytes);
    if (NBL_UNLIKELY(derived == NULL))
        return false;
    *derived = (struct nbl__derived){ 0, parameter, NULL, pools->lists, pools->buffers, slab, bytes,
                                      (uint32_t)layout->buffers };
    builder->list = (NET_BUFFER_LIST *)(void *)(derived + 1);
    nbl__list_reset(builder->list, pools->lists, pools->lists->protocol, kind);
    builder->next_buffer = (NET_BUFFER *)(void *)(builder->list + 1);
    builder->last_buffer = NULL;
    builder->next_part = (unsigned char *)(builder->next_buffer + layout->buffers);
    builder->last_record = NULL;
    builder->tag = nbl__buffer_tag_derived(&derived->attached);
    builder->pools = *pools;
    return true;
}

void nbl__build_hidden(struct nbl__mdl_record *record, void *memory, ULONG hidden)
{
    if (hidden == 0)
        return;
    nbl__track_hide(memory, hidden);
    record->hidden = 1;
}

/* ---- counting ---- */

static inline uint32_t embedded_buffers(struct nbl__derived const *derived)
{
    return derived->buffers > 0 && nbl__pools_embed(derived->list_pool, derived->buffer_pool) ? 1u : 0u;
}

static inline void account(struct nbl__derived const *derived, int64_t sign)
{
    uint32_t const others = derived->buffers - embedded_buffers(derived);
    if (!derived->list_pool->internal)
        nbl__slab_account(&derived->list_pool->slab, sign);
    if (others > 0 && !derived->buffer_pool->internal)
        nbl__slab_account(&derived->buffer_pool->slab, sign * (int64_t)others);
}

NET_BUFFER_LIST *nbl__derive_finish(struct nbl__builder *builder, NET_BUFFER_LIST *parent, char const *call)
{
    struct nbl__derived *derived = nbl__derived_of(builder->list);
    account(derived, 1);
    /* A list that is not libnbl's cannot be counted on, so it is not counted in. */
    if (parent != NULL && nbl__list_known(parent)) {
        derived->parent = parent;
        nbl__list_add_child(parent);
    }
    NBL__EVENT(NBL_EVENT_LIST_ALLOCATE, call, builder->list, parent, derived->block_bytes);
    return builder->list;
}

/* ---- freeing ---- */

/* Frees what retreats left on the NBs of the block. */
static NBL_COLD void release_attached(struct nbl__derived *derived, NET_BUFFER *buffers, char const *call)
{
    for (uint32_t i = 0; i < derived->buffers; i++)
        nbl__buffer_release_records(&buffers[i], "CLONE-12", NBL_SEVERITY_WARNING, call);
}

static inline void release_derived(NET_BUFFER_LIST *list, char const *call)
{
    struct nbl__derived *derived = nbl__derived_of(list);
    NBL__EVENT(NBL_EVENT_LIST_FREE, call, list, derived->parent, 0);
    nbl__list_set_kind(list, NBL__LIST_FREE);
    if (NBL_UNLIKELY(derived->attached != 0))
        release_attached(derived, (NET_BUFFER *)(void *)(list + 1), call);
    if (NBL_UNLIKELY(list->Context != NULL))
        nbl__context_reclaim(list, "CLONE-12", call);
    account(derived, -1);
    if (NBL_LIKELY(derived->slab != NULL))
        nbl__slab_give(derived->slab, derived, derived->block_bytes);
    else
        nbl__memory_release(derived, derived->block_bytes);
}

/* Frees a list that nobody refers to, and every ancestor that only waited for it (GEN-06). */
static void release_upwards(NET_BUFFER_LIST *list, char const *call)
{
    while (list != NULL) {
        bool const plain = nbl__list_state(list)->kind == nbl__list_kind_word(NBL__LIST_PLAIN);
        NET_BUFFER_LIST *parent = plain ? NULL : nbl__derived_of(list)->parent;
        if (plain)
            nbl__pool_release_list(list, call);
        else
            release_derived(list, call);
        if (parent == NULL || !nbl__list_remove_child(parent))
            return;
        list = parent;
    }
}

bool nbl__derive_free(NET_BUFFER_LIST *list, enum nbl__list_kind kind, ULONG parameter, char const *rule,
                      enum nbl_severity severity, char const *call)
{
    if (!nbl__list_is(list, kind)) {
        nbl__violation("GEN-08", NBL_SEVERITY_FATAL, call, list);
        return false;
    }
    if (nbl__derived_of(list)->parameter != parameter)
        nbl__violation(rule, severity, call, list);
    if (nbl__list_retire(list))
        release_upwards(list, call);
    else
        nbl__violation("GEN-06", NBL_SEVERITY_ERROR, call, list);
    return true;
}

ULONG nbl_derive_children(NET_BUFFER_LIST const *list)
{
    return atomic_load(&nbl__list_state(list)->children) & ~NBL__LIST_RETIRED;
}
