/* SPDX-License-Identifier: MIT
 *
 * chain.h - whole chains of NET_BUFFER_LISTs, sorting them by what they are, and flat copies of packet data.
 *
 * A chain is a NET_BUFFER_LIST and what follows it through Next, ended by NULL; NULL is the empty chain and legal
 * everywhere here (NBL-01). Whoever owns a chain owns each NBL in it and may re-link them. queue.h has chains with a
 * known end, span.h the bytes of a packet one run at a time.
 *
 * Unless a function says otherwise: threads - any, one at a time on one chain or packet; no memory is taken; time grows
 * with what is walked. Walks over chains: any IRQL that the NBLs allow; cannot fail; they do not end on a cycle (a
 * check in each would slow every walk): a test or a verifier asks nbl_chain_has_cycle first (VER-04).
 */
#ifndef NBL_CHAIN_H
#define NBL_CHAIN_H

#include <nbl/queue.h>
#include <nbl/span.h>

NBL_BEGIN_C

/* ---- Chains. ---- */

/* nbl_chain_count counts the NBLs of a chain; 0 for the empty one. */
NBL_API ULONG64 nbl_chain_count(NET_BUFFER_LIST const *chain);

/* nbl_chain_count_net_buffers counts the NET_BUFFERs of all NBLs of a chain, those without data included. */
NBL_API ULONG64 nbl_chain_count_net_buffers(NET_BUFFER_LIST const *chain);

/* nbl_chain_extent is what one walk over a chain can learn. */
struct nbl_chain_extent {
    NET_BUFFER_LIST *last; /* NULL for the empty chain */
    ULONG64 lists;
    ULONG64 net_buffers;
    ULONG64 bytes;         /* sum of DataLength */
};

/* nbl_chain_measure finds the end of a chain and counts its NBLs, NET_BUFFERs and bytes of data in one walk: what to
 * call before nbl_counted_queue_append_chain, and for statistics. */
NBL_API struct nbl_chain_extent nbl_chain_measure(NET_BUFFER_LIST *chain);

/* nbl_chain_last gives the last NBL of a chain; NULL for the empty one. */
NBL_INLINE NET_BUFFER_LIST *nbl_chain_last(NET_BUFFER_LIST *chain)
{
    if (chain == NULL)
        return NULL;
    while (chain->Next != NULL)
        chain = chain->Next;
    return chain;
}

/* nbl_chain_concatenate links one chain behind another and returns the whole.
 *
 * first, second: not parts of one chain; the result owns what both owned. Either may be empty; the result is NULL when
 * both are. Walks `first` only; a queue appends without walking.
 */
NBL_INLINE NET_BUFFER_LIST *nbl_chain_concatenate(NET_BUFFER_LIST *first, NET_BUFFER_LIST *second)
{
    if (first == NULL)
        return second;
    if (second != NULL)
        nbl_chain_last(first)->Next = second;
    return first;
}

/* nbl_chain_append links a chain behind the chain that *chain names: nbl_chain_concatenate in place. */
NBL_INLINE void nbl_chain_append(NET_BUFFER_LIST **chain, NET_BUFFER_LIST *more)
{
    *chain = nbl_chain_concatenate(*chain, more);
}

/* nbl_chain_split cuts a chain after its first `keep` NBLs and returns the rest.
 *
 * chain: *chain keeps the front, and becomes NULL when keep is 0. Returns NULL when the chain has no more than `keep`
 * NBLs. Both pieces are the caller's. Walks the front only.
 */
NBL_API NET_BUFFER_LIST *nbl_chain_split(NET_BUFFER_LIST **chain, ULONG64 keep);

/* nbl_chain_partition takes a chain apart by a predicate; each part keeps its order.
 *
 * predicate: not NULL, called once per NBL, in order; context: handed to it, may be NULL. chosen, others: the ends of
 * these two queues receive the NBLs for which it said true and false, and own them; they may hold NBLs already, and one
 * queue may serve as both. Nothing of the chain remains with the caller.
 */
NBL_API void nbl_chain_partition(NET_BUFFER_LIST *chain, nbl_chain_predicate *predicate, void *context,
                                 struct nbl_queue *chosen, struct nbl_queue *others);

/* nbl_chain_reverse turns a chain round and returns its new first NBL. The NET_BUFFERs inside keep their order. */
NBL_API NET_BUFFER_LIST *nbl_chain_reverse(NET_BUFFER_LIST *chain);

/* nbl_chain_has_cycle tells whether following Next never comes to NULL. Changes nothing; always ends; the time grows
 * with the number of different NBLs. VER-04, INV-01. */
NBL_API bool nbl_chain_has_cycle(NET_BUFFER_LIST const *chain);

/* ---- Sorting a chain into classes. ---- */

/* nbl_chain_index chooses a queue, by its index, for one NBL. It may read everything that hangs off the NBL and change
 * no link. */
typedef ULONG nbl_chain_index(NET_BUFFER_LIST const *list, void *context);

/* nbl_chain_distribute deals a chain out to an array of queues; each queue keeps the order of the chain.
 *
 * index: not NULL, called once per NBL, in order; context: handed to it, may be NULL. queues: `count` of them; their
 * ends receive the NBLs, and they may hold NBLs already; may be NULL when count is 0. Returns, as a chain in its old
 * order that the caller still owns, the NBLs whose index was `count` or more; NULL when there were none.
 */
NBL_API NET_BUFFER_LIST *nbl_chain_distribute(NET_BUFFER_LIST *chain, nbl_chain_index *index, void *context,
                                              struct nbl_queue *queues, ULONG count);

/* nbl_chain_key gives the number by which one NBL is classified; it changes no link. */
typedef uint64_t nbl_chain_key(NET_BUFFER_LIST const *list, void *context);

/* nbl_chain_equal tells whether two NBLs whose keys are equal are in the same class; it changes no link. */
typedef bool nbl_chain_equal(NET_BUFFER_LIST const *one, NET_BUFFER_LIST const *other, void *context);

/* nbl_chain_classifier says when NBLs belong together: their keys are equal, and `equal`, if there is one, says so too.
 *
 * With `equal` NULL the key alone decides: a handle, a status, a VLAN. Where the key is a hash, such as a flow's
 * NetBufferListHashValue, `equal` compares what was hashed; it must be an equivalence. key is not NULL.
 */
struct nbl_chain_classifier {
    nbl_chain_key *key;
    nbl_chain_equal *equal;
    void *context; /* handed to both, may be NULL */
};

/* nbl_chain_group is one class of NBLs that belong together, in the order of the chain that they came from. */
struct nbl_chain_group {
    uint64_t key;
    struct nbl_counted_queue lists;
};

/* nbl_chain_classify sorts a chain into groups, one per class, in the order in which the classes first appear.
 *
 * classifier: key is called once per NBL, in order. groups: room for `capacity` groups, may be NULL when that is 0.
 * used: the first *used groups are open already, from earlier calls with the same classifier (0 at first); their ends
 * receive further NBLs of their class, and new classes open new groups behind them, which raises *used. A group that
 * the caller emptied still takes NBLs by its key, but none when there is `equal`, which has nothing to compare with.
 *
 * Returns, as a chain in its old order that the caller still owns, the NBLs whose class had no room; NULL when all had.
 * All NBLs of one class are on the same side, so their order is kept. Time: NBLs x open groups at worst; a run of one
 * class costs one comparison per NBL.
 */
NBL_API NET_BUFFER_LIST *nbl_chain_classify(NET_BUFFER_LIST *chain, struct nbl_chain_classifier const *classifier,
                                            struct nbl_chain_group *groups, ULONG capacity, ULONG *used);

/* nbl_chain_flush receives a finished group: the key of its first NBL, and the NBLs, which it owns from then on and may
 * send, complete, free or queue: `nbl_counted_queue_append_queue(&mine, &lists)`. */
typedef void nbl_chain_flush(uint64_t key, struct nbl_counted_queue lists, void *context);

/* nbl_chain_group_by groups the NBLs of a chain of any number of classes with room for a few, and flushes each group.
 *
 * classifier: as for nbl_chain_classify. groups: work space for `capacity` groups, their content meaningless before and
 * after; NULL or a capacity of 0 means room for one. flush: not NULL, called once per finished group with
 * flush_context. A new class that finds no room first flushes the group that was opened longest ago; at the end the
 * open groups are flushed in the order in which they were opened. So:
 *
 *     NBLs of one class keep their order, within a flush and from one flush to the next
 *     room for one: the chain is cut where the class changes, and concatenating what was flushed gives the chain again
 *     classes <= capacity: one flush per class, in order of first appearance
 *
 * Every NBL is flushed exactly once; nothing of the chain remains with the caller. flush runs inside this call, on its
 * thread and at its IRQL, and may free what it gets.
 */
NBL_API void nbl_chain_group_by(NET_BUFFER_LIST *chain, struct nbl_chain_classifier const *classifier,
                                struct nbl_chain_group *groups, ULONG capacity, nbl_chain_flush *flush,
                                void *flush_context);

/* nbl_chain_key_source_handle, _pool and _status are keys: SourceHandle, the pool that the NBL came from, and Status
 * (as an unsigned 32-bit number). context is not used. NBL-09, NBL-10, NBL-11. */
NBL_API uint64_t nbl_chain_key_source_handle(NET_BUFFER_LIST const *list, void *context);
NBL_API uint64_t nbl_chain_key_pool(NET_BUFFER_LIST const *list, void *context);
NBL_API uint64_t nbl_chain_key_status(NET_BUFFER_LIST const *list, void *context);

/* nbl_chain_key_info is a key: one slot of NetBufferListInfo, for classes by hash value, VLAN, frame type or cancel id.
 *
 * context: points to an NDIS_NET_BUFFER_LIST_INFO that names the slot; a value that names none gives every NBL the key
 * 0.
 */
NBL_API uint64_t nbl_chain_key_info(NET_BUFFER_LIST const *list, void *context);

/* ---- Flat copies.
 *
 * Of a NET_BUFFER: `offset` counts bytes of used data from the data start, and a range is cut at DataLength: no byte
 * outside the used data is read or written, however long the MDL chain is (NB-04a; NdisCopyFromNetBufferToNetBuffer, in
 * contrast, writes to the end of the chain, COPY-04). Of a bare MDL chain: `offset` counts from its first byte, and a
 * range is cut at its end. NBL_SPAN_ALL as the number of bytes means all that there are. NULL packets and chains have
 * no bytes.
 *
 * All of them go through nbl_span_next: the same threads, IRQL <= DISPATCH_LEVEL, failures and rules. They return how
 * many bytes, from the start of the range, were done: less than asked for when the range was cut, or when an MDL could
 * not be mapped; the bytes before that stay done (as COPY-07). No field of NET_BUFFER or MDL changes. Flat memory may
 * overlap the packet's; each span is then moved as by memmove (COPY-08). ---- */

/* nbl_chain_copy_from_net_buffer copies used data of a NET_BUFFER to flat memory. flat: `bytes` bytes, or DataLength -
 * offset if that is less; what is not copied to is left alone. */
NBL_API ULONG nbl_chain_copy_from_net_buffer(NET_BUFFER const *net_buffer, ULONG offset, void *flat, ULONG bytes);

/* nbl_chain_copy_to_net_buffer copies flat memory over used data of a NET_BUFFER. flat: as many bytes as are copied. */
NBL_API ULONG nbl_chain_copy_to_net_buffer(NET_BUFFER *net_buffer, ULONG offset, void const *flat, ULONG bytes);

/* nbl_chain_copy_from_mdl copies bytes of a bare MDL chain to flat memory. flat: room for `bytes` bytes, or for the
 * rest of the chain if that is less. */
NBL_API ULONG nbl_chain_copy_from_mdl(MDL *mdl, ULONG offset, void *flat, ULONG bytes);

/* nbl_chain_copy_to_mdl copies flat memory over bytes of a bare MDL chain. flat: as many bytes as are copied. */
NBL_API ULONG nbl_chain_copy_to_mdl(MDL *mdl, ULONG offset, void const *flat, ULONG bytes);

/* nbl_chain_fill_net_buffer sets used data of a NET_BUFFER to one value, nbl_chain_fill_mdl bytes of an MDL chain. */
NBL_API ULONG nbl_chain_fill_net_buffer(NET_BUFFER *net_buffer, ULONG offset, UCHAR value, ULONG bytes);
NBL_API ULONG nbl_chain_fill_mdl(MDL *mdl, ULONG offset, UCHAR value, ULONG bytes);

/* nbl_chain_zero_net_buffer and nbl_chain_zero_mdl fill with 0. */
NBL_INLINE ULONG nbl_chain_zero_net_buffer(NET_BUFFER *net_buffer, ULONG offset, ULONG bytes)
{
    return nbl_chain_fill_net_buffer(net_buffer, offset, 0, bytes);
}

NBL_INLINE ULONG nbl_chain_zero_mdl(MDL *mdl, ULONG offset, ULONG bytes)
{
    return nbl_chain_fill_mdl(mdl, offset, 0, bytes);
}

/* nbl_chain_compare_flat compares used data of a NET_BUFFER with flat memory, as text is sorted.
 *
 * net_buffer, offset: as above; flat: exactly `bytes` bytes (here NBL_SPAN_ALL is a number like any other). position:
 * NULL, or receives how many bytes, from the start of both, are equal. Returns 0 when all `bytes` bytes are there and
 * equal; otherwise a number < 0 or > 0 as the packet's first different byte is the lesser or the greater one, where
 * data that has ended is less than any byte. Bytes that cannot be mapped count as ended: what could not be read never
 * compares equal.
 */
NBL_API int nbl_chain_compare_flat(NET_BUFFER const *net_buffer, ULONG offset, void const *flat, ULONG bytes,
                                   ULONG *position);

/* nbl_chain_compare_net_buffers compares used data of two NET_BUFFERs, as text is sorted.
 *
 * offset of each: as above; bytes: how many to compare at most, NBL_SPAN_ALL to compare all. position: as above.
 * Returns 0 when both have the same bytes up to that many, or up to an end that both reach at the same place; otherwise
 * as above, the first one's bytes on the left. When an MDL cannot be mapped, the packet that it belongs to is the
 * lesser one. The geometry of the two may differ.
 */
NBL_API int nbl_chain_compare_net_buffers(NET_BUFFER const *first, ULONG first_offset, NET_BUFFER const *second,
                                          ULONG second_offset, ULONG bytes, ULONG *position);

NBL_END_C

#endif
