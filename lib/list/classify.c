/* SPDX-License-Identifier: MIT
 *
 * classify.c - sorting a chain into classes: by index, into open groups, and through a few groups that are flushed.
 */
#include <nbl/chain.h>

NET_BUFFER_LIST *nbl_chain_distribute(NET_BUFFER_LIST *chain, nbl_chain_index *index, void *context,
                                      struct nbl_queue *queues, ULONG count)
{
    struct nbl_queue rest = NBL_QUEUE_INIT;
    while (chain != NULL) {
        NET_BUFFER_LIST *const next = chain->Next;
        ULONG const chosen = index(chain, context);
        nbl_queue_append(chosen < count ? &queues[chosen] : &rest, chain);
        chain = next;
    }
    return rest.first;
}

/* struct grouping is an array of open groups at work. Chains come in runs, so the group that took the last NBL is tried
 * before the others. */
struct grouping {
    struct nbl_chain_classifier const *classifier;
    struct nbl_chain_group *groups;
    ULONG capacity;
    ULONG open;
    ULONG recent; /* index of the group that took the last NBL; meaningless while open = 0 */
};

static bool belongs(struct grouping const *grouping, ULONG group, uint64_t key, NET_BUFFER_LIST const *list)
{
    struct nbl_chain_classifier const *const classifier = grouping->classifier;
    struct nbl_chain_group const *const candidate = &grouping->groups[group];
    if (candidate->key != key)
        return false;
    if (classifier->equal == NULL)
        return true;
    return candidate->lists.lists.first != NULL
           && classifier->equal(candidate->lists.lists.first, list, classifier->context);
}

/* find makes `recent` the open group of an NBL, or returns false. */
static bool find(struct grouping *grouping, uint64_t key, NET_BUFFER_LIST const *list)
{
    if (grouping->open > 0 && belongs(grouping, grouping->recent, key, list))
        return true;
    for (ULONG group = 0; group < grouping->open; group++)
        if (group != grouping->recent && belongs(grouping, group, key, list)) {
            grouping->recent = group;
            return true;
        }
    return false;
}

static void start_group(struct grouping *grouping, ULONG group, uint64_t key)
{
    grouping->groups[group].key = key;
    nbl_counted_queue_init(&grouping->groups[group].lists);
    grouping->recent = group;
}

static void put(struct grouping *grouping, NET_BUFFER_LIST *list)
{
    nbl_counted_queue_append(&grouping->groups[grouping->recent].lists, list);
}

NET_BUFFER_LIST *nbl_chain_classify(NET_BUFFER_LIST *chain, struct nbl_chain_classifier const *classifier,
                                    struct nbl_chain_group *groups, ULONG capacity, ULONG *used)
{
    struct grouping grouping = { classifier, groups, capacity, *used < capacity ? *used : capacity, 0 };
    struct nbl_queue rest = NBL_QUEUE_INIT;
    while (chain != NULL) {
        NET_BUFFER_LIST *const next = chain->Next;
        uint64_t const key = classifier->key(chain, classifier->context);
        bool placed = find(&grouping, key, chain);
        if (!placed && grouping.open < capacity) {
            start_group(&grouping, grouping.open++, key);
            placed = true;
        }
        if (placed)
            put(&grouping, chain);
        else
            nbl_queue_append(&rest, chain);
        chain = next;
    }
    *used = grouping.open;
    return rest.first;
}

void nbl_chain_group_by(NET_BUFFER_LIST *chain, struct nbl_chain_classifier const *classifier,
                        struct nbl_chain_group *groups, ULONG capacity, nbl_chain_flush *flush, void *flush_context)
{
    struct nbl_chain_group single;
    bool const own = groups == NULL || capacity == 0;
    struct grouping grouping = { classifier, own ? &single : groups, own ? 1 : capacity, 0, 0 };
    ULONG oldest = 0; /* the groups form a ring: the one opened longest ago makes room for the newest */
    while (chain != NULL) {
        NET_BUFFER_LIST *const next = chain->Next;
        uint64_t const key = classifier->key(chain, classifier->context);
        if (!find(&grouping, key, chain)) {
            ULONG place = grouping.open;
            if (place == grouping.capacity) {
                place = oldest;
                flush(grouping.groups[place].key, grouping.groups[place].lists, flush_context);
                oldest = (oldest + 1) % grouping.capacity;
            } else {
                grouping.open++;
            }
            start_group(&grouping, place, key);
        }
        put(&grouping, chain);
        chain = next;
    }
    for (ULONG i = 0; i < grouping.open; i++) {
        ULONG const place = (oldest + i) % grouping.open;
        flush(grouping.groups[place].key, grouping.groups[place].lists, flush_context);
    }
}

uint64_t nbl_chain_key_source_handle(NET_BUFFER_LIST const *list, void *context)
{
    (void)context;
    return (uintptr_t)list->SourceHandle;
}

uint64_t nbl_chain_key_pool(NET_BUFFER_LIST const *list, void *context)
{
    (void)context;
    return (uintptr_t)list->NdisPoolHandle;
}

uint64_t nbl_chain_key_status(NET_BUFFER_LIST const *list, void *context)
{
    (void)context;
    return (uint32_t)list->Status;
}

uint64_t nbl_chain_key_info(NET_BUFFER_LIST const *list, void *context)
{
    ULONG const slot = (ULONG)*(NDIS_NET_BUFFER_LIST_INFO const *)context;
    return slot < MaxNetBufferListInfo ? (uintptr_t)list->NetBufferListInfo[slot] : 0;
}
