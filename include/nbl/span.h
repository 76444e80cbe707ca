/* SPDX-License-Identifier: MIT
 *
 * span.h - walking the bytes of a packet as a row of contiguous spans, and summing them.
 *
 *     struct nbl_span_iterator walk;
 *     struct nbl_span span;
 *     nbl_span_begin_net_buffer(&walk, net_buffer, 0, NBL_SPAN_ALL);
 *     while (nbl_span_next(&walk, &span))
 *         use(span.address, span.bytes);
 *     if (walk.failed)
 *         ...                                  // the bytes from here on could not be reached
 *
 * What every hand-written loop over MDLs has to get right is settled here: a walk starts at the CurrentMdl pair and
 * accepts any pair that denotes the right position (NB-07, NB-11), steps over empty MDLs wherever they are (NB-09), and
 * ends at DataLength even when the MDL chain goes on (NB-04a). No span is empty, and no two spans share a byte.
 *
 * An iterator borrows what it walks: until the walk is over, the MDLs and the window stay as they are. The data itself
 * may be read and written through the spans; whether the owner may write is not looked at
 * (NDIS_NBL_FLAGS_RECV_READ_ONLY and its like). An iterator holds no resource: leave it at any time, copy it with `=`
 * to remember a place. A walk comes to no end on a cycle of MDLs that are all empty (INV-01, VER-04).
 *
 * Unless a function says otherwise: threads - any, one at a time on one packet; IRQL <= DISPATCH_LEVEL, because an MDL
 * may have to be mapped (nf-wdm-mmgetsystemaddressformdlsafe.md).
 */
#ifndef NBL_SPAN_H
#define NBL_SPAN_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* NBL_SPAN_ALL, as a number of bytes, means all that there are. */
#define NBL_SPAN_ALL 0xFFFFFFFFu

/* nbl_span is one run of bytes that are contiguous in memory. */
struct nbl_span {
    void *address;
    ULONG bytes;
};

/* nbl_span_iterator is a place in a walk. Made by one of the begin functions; users read `failed`, `net_buffer` and
 * `remaining` and write nothing.
 *
 *     the next byte is byte `offset` counted from the start of `mdl`, or of those after it when mdl is shorter
 */
struct nbl_span_iterator {
    MDL *mdl;
    NET_BUFFER const *net_buffer; /* whose data the last span was; NULL in a walk over a bare MDL chain */
    uint64_t offset;
    ULONG remaining;              /* bytes of net_buffer, or of the bare chain, that are still to come */
    bool whole_list;              /* go on with net_buffer->Next */
    bool failed;                  /* the walk ended early: an MDL cannot be mapped, or the MDLs end before the data */
};

/* nbl_span_begin_mdl starts a walk over a bare MDL chain.
 *
 * mdl: the chain; NULL is a chain without bytes. offset: bytes of the chain to skip. bytes: how many to walk at most.
 * The walk ends at the end of the chain if that comes first, without `failed`; `remaining` then tells what was missing.
 * Any IRQL. Cannot fail.
 */
NBL_INLINE void nbl_span_begin_mdl(struct nbl_span_iterator *iterator, MDL *mdl, ULONG offset, ULONG bytes)
{
    iterator->mdl = mdl;
    iterator->net_buffer = NULL;
    iterator->offset = offset;
    iterator->remaining = bytes;
    iterator->whole_list = false;
    iterator->failed = false;
}

/* nbl_span_begin_net_buffer starts a walk over a range of the used data of one NET_BUFFER.
 *
 * net_buffer: NULL is one without data. offset: bytes of used data to skip, counted from the data start. bytes: how
 * many to walk at most. The range is cut at DataLength: offset >= DataLength is an empty walk. NET_BUFFERs after this
 * one are not looked at. Any IRQL. Cannot fail. NB-04a, NB-07, ns-nbl-net_buffer.md.
 */
NBL_INLINE void nbl_span_begin_net_buffer(struct nbl_span_iterator *iterator, NET_BUFFER const *net_buffer,
                                          ULONG offset, ULONG bytes)
{
    ULONG available = 0;
    nbl_span_begin_mdl(iterator, NULL, offset, 0);
    if (net_buffer == NULL)
        return;
    if (offset < net_buffer->DataLength)
        available = net_buffer->DataLength - offset;
    iterator->mdl = net_buffer->CurrentMdl;
    iterator->net_buffer = net_buffer;
    iterator->offset += net_buffer->CurrentMdlOffset;
    iterator->remaining = bytes < available ? bytes : available;
}

/* nbl_span_begin_list starts a walk over the used data of all NET_BUFFERs of a NET_BUFFER_LIST, in their order.
 *
 * list: NULL is one without NET_BUFFERs; NBLs after it are not looked at. A span never joins two NET_BUFFERs; the
 * iterator's net_buffer tells which one the last span came from. NET_BUFFERs without data give no span. Any IRQL.
 * Cannot fail.
 */
NBL_INLINE void nbl_span_begin_list(struct nbl_span_iterator *iterator, NET_BUFFER_LIST const *list)
{
    nbl_span_begin_net_buffer(iterator, list == NULL ? NULL : list->FirstNetBuffer, 0, NBL_SPAN_ALL);
    iterator->whole_list = true;
}

/* nbl_span_next gives the next span of a walk.
 *
 * span: receives address and length, 1 byte or more, valid while the MDL is mapped; { NULL, 0 } at the end. Returns
 * false at the end of the walk, and from then on. The end is early, and the iterator's `failed` is true, when an MDL
 * cannot be mapped (its bytes and all later ones are not given; the packet is unchanged), or when a NET_BUFFER's MDL
 * chain is shorter than its DataLength, which is announced as a violation of INV-05.
 *
 * NB-04a, NB-07, NB-09, NB-11, MDL-14.
 */
NBL_API bool nbl_span_next(struct nbl_span_iterator *iterator, struct nbl_span *span);

/* nbl_span_sum adds up what is left of a walk as 16-bit big-endian words in ones' complement: the sum under an Internet
 * checksum.
 *
 * iterator: at its end afterwards. All spans together are one row of bytes: words may straddle spans of any length, and
 * an odd last byte counts as the upper half of a word. initial: a sum to start with, such as a pseudo header's, 0 for
 * none. sum: receives the sum as a number, its upper byte the one that goes first in a packet; no bytes leave `initial`
 * unchanged. One pass over the data, no copy. Returns false, and leaves *sum alone, when the walk fails.
 */
NBL_API bool nbl_span_sum(struct nbl_span_iterator *iterator, USHORT initial, USHORT *sum);

/* nbl_span_checksum_net_buffer computes the Internet checksum of a range of the used data of one NET_BUFFER.
 *
 * offset, bytes: as for nbl_span_begin_net_buffer; where ChecksumBias leaves leading bytes out, the caller adds it to
 * offset (NB-15). initial, *checksum, return value: as for nbl_span_sum, but *checksum is the complement of the sum,
 * what a header's checksum field holds. Over data that holds its own right checksum the result is 0.
 */
NBL_INLINE bool nbl_span_checksum_net_buffer(NET_BUFFER const *net_buffer, ULONG offset, ULONG bytes, USHORT initial,
                                             USHORT *checksum)
{
    struct nbl_span_iterator walk;
    USHORT sum;
    nbl_span_begin_net_buffer(&walk, net_buffer, offset, bytes);
    if (!nbl_span_sum(&walk, initial, &sum))
        return false;
    *checksum = (USHORT)(~sum & 0xFFFF);
    return true;
}

NBL_END_C

#endif
