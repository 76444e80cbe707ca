/* SPDX-License-Identifier: MIT
 *
 * free.c - what derived lists of every kind have in common once they exist: hiding backfill, and freeing.
 */
#include "derived.h"

#include "../base/memory.h"
#include "../base/track.h"
#include "../list/context.h"

#include <string.h>

void nbl__build_hidden(struct nbl__mdl_record *record, void *memory, ULONG hidden)
{
    if (hidden == 0)
        return;
    nbl__track_hide(memory, hidden);
    record->hidden = 1;
}

void nbl__derive_clear(struct nbl__derived *derived, uint64_t buffers)
{
    memset(derived + 1, 0, sizeof(NET_BUFFER_LIST) + (size_t)buffers * sizeof(NET_BUFFER));
}

/* ---- freeing ---- */

/* What a driver left on a list that is about to go. `buffers` are those that came with it. */
static NBL_COLD void release_attached(NET_BUFFER_LIST *list, NET_BUFFER *buffers, uint32_t count, char const *call)
{
    for (uint32_t i = 0; i < count; i++)
        nbl__buffer_release_records(&buffers[i], "CLONE-12", NBL_SEVERITY_WARNING, call);
    if (list->Context != NULL)
        nbl__context_reclaim(list, "CLONE-12", call);
}

static inline bool anything_attached(NET_BUFFER_LIST const *list)
{
    return NBL_UNLIKELY(nbl__list_state(list)->attached != 0 || list->Context != NULL);
}

static inline void release_block(NET_BUFFER_LIST *list, char const *call)
{
    struct nbl__derived *derived = nbl__derived_of(list);
    if (anything_attached(list))
        release_attached(list, (NET_BUFFER *)(void *)(list + 1), derived->buffers, call);
    nbl__derive_account(derived->list_pool, derived->buffer_pool, derived->buffers, -1);
    if (NBL_LIKELY(derived->slab != NULL))
        nbl__slab_give(derived->slab, NBL__WAY_DERIVED, derived, derived->block_bytes);
    else
        nbl__memory_release(derived, derived->block_bytes);
}

static inline void release_pool_clone(NET_BUFFER_LIST *list, char const *call)
{
    struct nbl__pool *pool = list->NdisPoolHandle;
    if (anything_attached(list))
        release_attached(list, (NET_BUFFER *)(void *)((unsigned char *)list + pool->shape.buffer_offset), 1, call);
    nbl__slab_give(&pool->slab, NBL__WAY_LISTS, list, pool->block_bytes);
}

static inline void release_derived(NET_BUFFER_LIST *list, NET_BUFFER_LIST *parent, char const *call)
{
    bool const in_pool = nbl__is_pool_clone(list);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER | NBL__HOOK_KNOB))) {
        NBL__EVENT(NBL_EVENT_LIST_FREE, call, list, parent, 0);
        nbl__derive_undress(parent);
    }
    nbl__list_set_kind(list, NBL__LIST_FREE);
    if (in_pool)
        release_pool_clone(list, call);
    else
        release_block(list, call);
}

void nbl__derive_release(NET_BUFFER_LIST *list, char const *call)
{
    while (list != NULL) {
        bool const plain = nbl__list_state(list)->kind == nbl__list_kind_word(NBL__LIST_PLAIN);
        NET_BUFFER_LIST *parent = plain ? NULL : nbl__derived_parent(list);
        if (plain)
            nbl__pool_release_list(list, call);
        else
            release_derived(list, parent, call);
        if (parent == NULL || !nbl__list_remove_child(parent))
            return;
        list = parent;
    }
}

/* A clone is of either of two kinds. */
static inline bool is_of_kind(NET_BUFFER_LIST const *list, enum nbl__list_kind kind)
{
    return nbl__list_is(list, kind) || (kind == NBL__LIST_CLONE && nbl__list_is(list, NBL__LIST_POOL_CLONE));
}

bool nbl__derive_free(NET_BUFFER_LIST *list, enum nbl__list_kind kind, ULONG parameter, char const *rule,
                      enum nbl_severity severity, char const *call)
{
    if (nbl__dead("GEN-08", call, list))
        return false;
    if (!is_of_kind(list, kind)) {
        nbl__violation("GEN-08", NBL_SEVERITY_FATAL, call, list);
        return false;
    }
    if (nbl__derived_parameter(list) != parameter)
        nbl__violation(rule, severity, call, list);
    if (nbl__list_retire(list))
        nbl__derive_release(list, call);
    else
        nbl__violation("GEN-06", NBL_SEVERITY_ERROR, call, list);
    return true;
}

ULONG nbl_derive_children(NET_BUFFER_LIST const *list)
{
    return atomic_load(&nbl__list_state(list)->children) & ~NBL__LIST_RETIRED;
}
