/* SPDX-License-Identifier: MIT
 *
 * queue.c - the queue operations that have to walk; the others are inline in nbl/queue.h.
 */
#include <nbl/chain.h>

ULONG64 nbl_queue_append_all(struct nbl_queue *queue, NET_BUFFER_LIST *chain)
{
    NET_BUFFER_LIST *last = NULL;
    ULONG64 count = 0;
    for (NET_BUFFER_LIST *list = chain; list != NULL; list = list->Next) {
        last = list;
        count++;
    }
    nbl_queue_append_chain(queue, chain, last);
    return count;
}

NET_BUFFER_LIST *nbl_queue_pop_many(struct nbl_queue *queue, ULONG64 count, ULONG64 *taken)
{
    NET_BUFFER_LIST *const chain = count > 0 ? queue->first : NULL;
    NET_BUFFER_LIST *last = NULL;
    ULONG64 popped = 0;
    for (NET_BUFFER_LIST *list = chain; list != NULL && popped < count; list = list->Next) {
        last = list;
        popped++;
    }
    if (last != NULL) {
        queue->first = last->Next;
        last->Next = NULL;
    }
    if (taken != NULL)
        *taken = popped;
    return chain;
}

ULONG64 nbl_queue_extract(struct nbl_queue *queue, nbl_chain_predicate *predicate, void *context,
                          struct nbl_queue *extracted)
{
    struct nbl_queue stay = NBL_QUEUE_INIT;
    ULONG64 moved = 0;
    NET_BUFFER_LIST *list = queue->first;
    if (queue == extracted)
        return 0;
    while (list != NULL) {
        NET_BUFFER_LIST *const next = list->Next;
        bool const chosen = predicate(list, context);
        nbl_queue_append(chosen ? extracted : &stay, list);
        moved += chosen;
        list = next;
    }
    *queue = stay;
    return moved;
}

bool nbl_queue_is_consistent(struct nbl_queue const *queue)
{
    if (queue->first == NULL)
        return true;
    if (nbl_chain_has_cycle(queue->first))
        return false;
    return nbl_chain_last(queue->first) == queue->last;
}

bool nbl_counted_queue_is_consistent(struct nbl_counted_queue const *queue)
{
    return nbl_queue_is_consistent(&queue->lists) && nbl_chain_count(queue->lists.first) == queue->count;
}
