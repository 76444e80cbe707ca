/* SPDX-License-Identifier: MIT
 *
 * free.c - what derived lists of every kind have in common once they exist: hiding backfill, and freeing.
 */
#include "derived.h"

#include "../base/memory.h"
#include "../base/track.h"
#include "../list/context.h"

void nbl__build_hidden(struct nbl__mdl_record *record, void *memory, ULONG hidden)
{
    if (hidden == 0)
        return;
    nbl__track_hide(memory, hidden);
    record->hidden = 1;
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
    if (NBL_UNLIKELY(nbl__list_state(list)->attached != 0))
        release_attached(derived, (NET_BUFFER *)(void *)(list + 1), call);
    if (NBL_UNLIKELY(list->Context != NULL))
        nbl__context_reclaim(list, "CLONE-12", call);
    nbl__derive_account(derived->list_pool, derived->buffer_pool, derived->buffers, -1);
    if (NBL_LIKELY(derived->slab != NULL))
        nbl__slab_give(derived->slab, NBL__WAY_DERIVED, derived, derived->block_bytes);
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
