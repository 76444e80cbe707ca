/* SPDX-License-Identifier: MIT
 *
 * queue.h - first-in-first-out queues of NET_BUFFER_LISTs, linked through their Next.
 *
 * A queue needs no memory and no lock: it owns the NBLs that are in it, and its owner serialises the calls. Every
 * operation that knows both ends takes constant time and touches only the ends.
 *
 *     empty:      first = NULL; last has no meaning
 *     otherwise:  following Next from first leads to last, and last->Next = NULL
 *     counted:    count = number of NBLs from lists.first to lists.last
 *
 * A queue filled with zeros is an empty queue. A queue holds no pointer to itself: it may be copied with `=`, after
 * which only one of the two may be used. A chain is what NBL-01 calls one: NBLs linked through Next, the last one's
 * Next NULL; NULL is the empty chain. No walk here ends on a cycle; nbl_chain_has_cycle looks for one (VER-04).
 *
 * Unless a function says otherwise: threads - any, one at a time on one queue; IRQL - any that the queue's memory and
 * the NBLs allow; cannot fail. Rule: NBL-01, ns-nbl-net_buffer_list.md.
 */
#ifndef NBL_QUEUE_H
#define NBL_QUEUE_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* nbl_queue is a queue of NBLs. */
struct nbl_queue {
    NET_BUFFER_LIST *first;
    NET_BUFFER_LIST *last;
};

/* nbl_counted_queue is a queue that also knows how many NBLs are in it. */
struct nbl_counted_queue {
    struct nbl_queue lists;
    ULONG64 count;
};

/* NBL_QUEUE_INIT and NBL_COUNTED_QUEUE_INIT are the empty queues, for initialisers. */
#define NBL_QUEUE_INIT { NULL, NULL }
#define NBL_COUNTED_QUEUE_INIT { { NULL, NULL }, 0 }

/* nbl_chain_predicate decides about one NBL. It may read everything that hangs off the NBL and change no link. */
typedef bool nbl_chain_predicate(NET_BUFFER_LIST const *list, void *context);

/* ---- Queues. ---- */

/* nbl_queue_init makes a queue empty, whatever it held; what was in it is no longer owned by it. */
NBL_INLINE void nbl_queue_init(struct nbl_queue *queue)
{
    queue->first = NULL;
    queue->last = NULL;
}

/* nbl_queue_is_empty tells whether a queue holds no NBL. */
NBL_INLINE bool nbl_queue_is_empty(struct nbl_queue const *queue)
{
    return queue->first == NULL;
}

/* nbl_queue_first gives the NBL that nbl_queue_pop would take, and leaves it there; NULL when the queue is empty. */
NBL_INLINE NET_BUFFER_LIST *nbl_queue_first(struct nbl_queue const *queue)
{
    return queue->first;
}

/* nbl_queue_last gives the NBL that was appended last, and leaves it there; NULL when the queue is empty. */
NBL_INLINE NET_BUFFER_LIST *nbl_queue_last(struct nbl_queue const *queue)
{
    return queue->first == NULL ? NULL : queue->last;
}

/* nbl_queue_append_chain puts a chain whose end is known at the end of a queue, in constant time.
 *
 * first: the chain, in no queue; NULL appends nothing. last: its last NBL; its Next is set to NULL here, so that a
 * piece of a longer chain can be appended once its successor was noted. The queue owns the chain afterwards.
 */
NBL_INLINE void nbl_queue_append_chain(struct nbl_queue *queue, NET_BUFFER_LIST *first, NET_BUFFER_LIST *last)
{
    /* Read before anything is written through an NBL, which might be the queue for all that a compiler knows: then a
     * row of calls keeps the ends in registers. */
    NET_BUFFER_LIST *const head = queue->first;
    NET_BUFFER_LIST *const tail = queue->last;
    if (first == NULL)
        return;
    last->Next = NULL;
    if (head != NULL)
        tail->Next = first;
    else
        queue->first = first;
    queue->last = last;
}

/* nbl_queue_append puts one NBL at the end of a queue.
 *
 * list: in no queue; NULL appends nothing. Its Next is overwritten: note the successor first when walking a chain. The
 * queue owns the NBL afterwards.
 */
NBL_INLINE void nbl_queue_append(struct nbl_queue *queue, NET_BUFFER_LIST *list)
{
    nbl_queue_append_chain(queue, list, list);
}

/* nbl_queue_append_queue moves all NBLs of one queue, in their order, to the end of another, in constant time.
 *
 * from: empty afterwards, unless it is `queue` itself: then nothing happens.
 */
NBL_INLINE void nbl_queue_append_queue(struct nbl_queue *queue, struct nbl_queue *from)
{
    if (queue == from)
        return;
    nbl_queue_append_chain(queue, from->first, from->last);
    nbl_queue_init(from);
}

/* nbl_queue_append_all puts a chain whose end is not known at the end of a queue.
 *
 * chain: in no queue; NULL appends nothing. The queue owns it afterwards. Walks the chain, never the queue. Returns how
 * many NBLs were appended.
 */
NBL_API ULONG64 nbl_queue_append_all(struct nbl_queue *queue, NET_BUFFER_LIST *chain);

/* nbl_queue_prepend_chain puts a chain whose end is known in front of a queue, in constant time.
 *
 * first, last: as for nbl_queue_append_chain, except that last->Next is linked to what was first. To give back what a
 * lower layer had no room for, in the order in which it was popped.
 */
NBL_INLINE void nbl_queue_prepend_chain(struct nbl_queue *queue, NET_BUFFER_LIST *first, NET_BUFFER_LIST *last)
{
    if (first == NULL)
        return;
    last->Next = queue->first;
    if (queue->first == NULL)
        queue->last = last;
    queue->first = first;
}

/* nbl_queue_prepend puts one NBL in front of a queue; list: as for nbl_queue_append. */
NBL_INLINE void nbl_queue_prepend(struct nbl_queue *queue, NET_BUFFER_LIST *list)
{
    nbl_queue_prepend_chain(queue, list, list);
}

/* nbl_queue_prepend_queue moves all NBLs of one queue, in their order, in front of another, in constant time; from: as
 * for nbl_queue_append_queue. */
NBL_INLINE void nbl_queue_prepend_queue(struct nbl_queue *queue, struct nbl_queue *from)
{
    if (queue == from)
        return;
    nbl_queue_prepend_chain(queue, from->first, from->last);
    nbl_queue_init(from);
}

/* nbl_queue_pop takes the first NBL out of a queue. Returns it with Next NULL, owned by the caller; NULL when the queue
 * is empty. */
NBL_INLINE NET_BUFFER_LIST *nbl_queue_pop(struct nbl_queue *queue)
{
    NET_BUFFER_LIST *const list = queue->first;
    NET_BUFFER_LIST *next;
    if (list == NULL)
        return NULL;
    next = list->Next;
    list->Next = NULL;
    queue->first = next; /* last, as in nbl_queue_append_chain */
    return list;
}

/* nbl_queue_pop_many takes up to `count` NBLs from the front of a queue, in their order.
 *
 * Returns them as a chain that the caller owns; NULL when the queue is empty or count is 0. taken: NULL, or receives
 * how many there are. Walks what it takes.
 */
NBL_API NET_BUFFER_LIST *nbl_queue_pop_many(struct nbl_queue *queue, ULONG64 count, ULONG64 *taken);

/* nbl_queue_take_all empties a queue. Returns what was in it as a chain that the caller owns; NULL if it was empty. */
NBL_INLINE NET_BUFFER_LIST *nbl_queue_take_all(struct nbl_queue *queue)
{
    NET_BUFFER_LIST *const chain = queue->first;
    nbl_queue_init(queue);
    return chain;
}

/* nbl_queue_extract moves the NBLs that a predicate chooses from one queue to the end of another; both keep their
 * order.
 *
 * predicate: not NULL, called once per NBL, in order; context: handed to it, may be NULL. extracted: may hold NBLs
 * already; if it is `queue` itself, nothing is moved. Returns how many were moved. This is what a driver does when
 * sends are cancelled by their NetBufferListCancelId. Time grows with the queue; an empty queue is legal.
 */
NBL_API ULONG64 nbl_queue_extract(struct nbl_queue *queue, nbl_chain_predicate *predicate, void *context,
                                  struct nbl_queue *extracted);

/* nbl_queue_is_consistent tells whether the equations at the top of this file hold: for assertions and tests.
 *
 * Changes nothing and ends on a cycle too, which makes a queue inconsistent. Time grows with the queue.
 */
NBL_API bool nbl_queue_is_consistent(struct nbl_queue const *queue);

/* ---- Counted queues: the same, and the count is kept. ---- */

/* nbl_counted_queue_init makes a counted queue empty, as nbl_queue_init. */
NBL_INLINE void nbl_counted_queue_init(struct nbl_counted_queue *queue)
{
    nbl_queue_init(&queue->lists);
    queue->count = 0;
}

/* nbl_counted_queue_is_empty tells whether a counted queue holds no NBL. */
NBL_INLINE bool nbl_counted_queue_is_empty(struct nbl_counted_queue const *queue)
{
    return queue->lists.first == NULL;
}

/* nbl_counted_queue_append puts one NBL at the end, as nbl_queue_append. */
NBL_INLINE void nbl_counted_queue_append(struct nbl_counted_queue *queue, NET_BUFFER_LIST *list)
{
    nbl_queue_append(&queue->lists, list);
    queue->count += list != NULL;
}

/* nbl_counted_queue_append_chain puts a chain whose end and length are known at the end, in constant time.
 *
 * first, last: as for nbl_queue_append_chain; count: the number of NBLs from first to last, not used when first is
 * NULL.
 */
NBL_INLINE void nbl_counted_queue_append_chain(struct nbl_counted_queue *queue, NET_BUFFER_LIST *first,
                                               NET_BUFFER_LIST *last, ULONG64 count)
{
    nbl_queue_append_chain(&queue->lists, first, last);
    queue->count += first != NULL ? count : 0;
}

/* nbl_counted_queue_append_queue moves all of one counted queue to the end of another, as nbl_queue_append_queue. */
NBL_INLINE void nbl_counted_queue_append_queue(struct nbl_counted_queue *queue, struct nbl_counted_queue *from)
{
    if (queue == from)
        return;
    nbl_queue_append_queue(&queue->lists, &from->lists);
    queue->count += from->count;
    from->count = 0;
}

/* nbl_counted_queue_append_all puts a chain of unknown length at the end, as nbl_queue_append_all. */
NBL_INLINE ULONG64 nbl_counted_queue_append_all(struct nbl_counted_queue *queue, NET_BUFFER_LIST *chain)
{
    ULONG64 const appended = nbl_queue_append_all(&queue->lists, chain);
    queue->count += appended;
    return appended;
}

/* nbl_counted_queue_prepend puts one NBL in front, as nbl_queue_prepend. */
NBL_INLINE void nbl_counted_queue_prepend(struct nbl_counted_queue *queue, NET_BUFFER_LIST *list)
{
    nbl_queue_prepend(&queue->lists, list);
    queue->count += list != NULL;
}

/* nbl_counted_queue_prepend_chain puts a chain in front; arguments as for nbl_counted_queue_append_chain. */
NBL_INLINE void nbl_counted_queue_prepend_chain(struct nbl_counted_queue *queue, NET_BUFFER_LIST *first,
                                                NET_BUFFER_LIST *last, ULONG64 count)
{
    nbl_queue_prepend_chain(&queue->lists, first, last);
    queue->count += first != NULL ? count : 0;
}

/* nbl_counted_queue_prepend_queue moves all of one counted queue in front of another, as nbl_queue_prepend_queue. */
NBL_INLINE void nbl_counted_queue_prepend_queue(struct nbl_counted_queue *queue, struct nbl_counted_queue *from)
{
    if (queue == from)
        return;
    nbl_queue_prepend_queue(&queue->lists, &from->lists);
    queue->count += from->count;
    from->count = 0;
}

/* nbl_counted_queue_pop takes the first NBL out, as nbl_queue_pop. */
NBL_INLINE NET_BUFFER_LIST *nbl_counted_queue_pop(struct nbl_counted_queue *queue)
{
    NET_BUFFER_LIST *const list = nbl_queue_pop(&queue->lists);
    queue->count -= list != NULL;
    return list;
}

/* nbl_counted_queue_pop_many takes up to `count` NBLs from the front, as nbl_queue_pop_many. */
NBL_INLINE NET_BUFFER_LIST *nbl_counted_queue_pop_many(struct nbl_counted_queue *queue, ULONG64 count, ULONG64 *taken)
{
    ULONG64 popped;
    NET_BUFFER_LIST *const chain = nbl_queue_pop_many(&queue->lists, count, &popped);
    queue->count -= popped;
    if (taken != NULL)
        *taken = popped;
    return chain;
}

/* nbl_counted_queue_take_all empties a counted queue, as nbl_queue_take_all. */
NBL_INLINE NET_BUFFER_LIST *nbl_counted_queue_take_all(struct nbl_counted_queue *queue)
{
    queue->count = 0;
    return nbl_queue_take_all(&queue->lists);
}

/* nbl_counted_queue_extract moves what a predicate chooses to another counted queue, as nbl_queue_extract. */
NBL_INLINE ULONG64 nbl_counted_queue_extract(struct nbl_counted_queue *queue, nbl_chain_predicate *predicate,
                                             void *context, struct nbl_counted_queue *extracted)
{
    ULONG64 const moved = nbl_queue_extract(&queue->lists, predicate, context, &extracted->lists);
    queue->count -= moved;
    extracted->count += moved;
    return moved;
}

/* nbl_counted_queue_is_consistent tells whether the equations at the top hold, as nbl_queue_is_consistent. */
NBL_API bool nbl_counted_queue_is_consistent(struct nbl_counted_queue const *queue);

NBL_END_C

#endif
