/* SPDX-License-Identifier: MIT
 *
 * flat.c - copying between packets and flat memory, filling and comparing.
 */
#include "span.h"

#include <nbl/chain.h>

#include <string.h>

static ULONG copy_out(struct nbl_span_iterator *walk, void *flat, char const *call)
{
    struct nbl_span span;
    ULONG copied = 0;
    while (nbl__span_next(walk, &span, call)) {
        memmove((unsigned char *)flat + copied, span.address, span.bytes);
        copied += span.bytes;
    }
    return copied;
}

static ULONG copy_in(struct nbl_span_iterator *walk, void const *flat, char const *call)
{
    struct nbl_span span;
    ULONG copied = 0;
    while (nbl__span_next(walk, &span, call)) {
        memmove(span.address, (unsigned char const *)flat + copied, span.bytes);
        copied += span.bytes;
    }
    return copied;
}

static ULONG fill(struct nbl_span_iterator *walk, UCHAR value, char const *call)
{
    struct nbl_span span;
    ULONG filled = 0;
    while (nbl__span_next(walk, &span, call)) {
        memset(span.address, value, span.bytes);
        filled += span.bytes;
    }
    return filled;
}

ULONG nbl_chain_copy_from_net_buffer(NET_BUFFER const *net_buffer, ULONG offset, void *flat, ULONG bytes)
{
    struct nbl_span_iterator walk;
    nbl_span_begin_net_buffer(&walk, net_buffer, offset, bytes);
    return copy_out(&walk, flat, "nbl_chain_copy_from_net_buffer");
}

ULONG nbl_chain_copy_to_net_buffer(NET_BUFFER *net_buffer, ULONG offset, void const *flat, ULONG bytes)
{
    struct nbl_span_iterator walk;
    nbl_span_begin_net_buffer(&walk, net_buffer, offset, bytes);
    return copy_in(&walk, flat, "nbl_chain_copy_to_net_buffer");
}

ULONG nbl_chain_copy_from_mdl(MDL *mdl, ULONG offset, void *flat, ULONG bytes)
{
    struct nbl_span_iterator walk;
    nbl_span_begin_mdl(&walk, mdl, offset, bytes);
    return copy_out(&walk, flat, "nbl_chain_copy_from_mdl");
}

ULONG nbl_chain_copy_to_mdl(MDL *mdl, ULONG offset, void const *flat, ULONG bytes)
{
    struct nbl_span_iterator walk;
    nbl_span_begin_mdl(&walk, mdl, offset, bytes);
    return copy_in(&walk, flat, "nbl_chain_copy_to_mdl");
}

ULONG nbl_chain_fill_net_buffer(NET_BUFFER *net_buffer, ULONG offset, UCHAR value, ULONG bytes)
{
    struct nbl_span_iterator walk;
    nbl_span_begin_net_buffer(&walk, net_buffer, offset, bytes);
    return fill(&walk, value, "nbl_chain_fill_net_buffer");
}

ULONG nbl_chain_fill_mdl(MDL *mdl, ULONG offset, UCHAR value, ULONG bytes)
{
    struct nbl_span_iterator walk;
    nbl_span_begin_mdl(&walk, mdl, offset, bytes);
    return fill(&walk, value, "nbl_chain_fill_mdl");
}

/* first_difference counts the equal bytes at the start of two runs and stores how the next two compare, 0 if there are
 * none. memcmp finds out quickly whether to look closely. */
static ULONG first_difference(unsigned char const *left, unsigned char const *right, ULONG bytes, int *order)
{
    ULONG equal = 0;
    *order = memcmp(left, right, bytes);
    if (*order == 0)
        return bytes;
    while (left[equal] == right[equal])
        equal++;
    return equal;
}

static int report(int order, ULONG equal, ULONG *position)
{
    if (position != NULL)
        *position = equal;
    return order;
}

int nbl_chain_compare_flat(NET_BUFFER const *net_buffer, ULONG offset, void const *flat, ULONG bytes, ULONG *position)
{
    struct nbl_span_iterator walk;
    struct nbl_span span;
    ULONG equal = 0;
    nbl_span_begin_net_buffer(&walk, net_buffer, offset, bytes);
    while (nbl__span_next(&walk, &span, "nbl_chain_compare_flat")) {
        int order;
        equal += first_difference(span.address, (unsigned char const *)flat + equal, span.bytes, &order);
        if (order != 0)
            return report(order, equal, position);
    }
    return report(equal < bytes ? -1 : 0, equal, position);
}

static void consume(struct nbl_span *span, ULONG bytes)
{
    span->address = (unsigned char *)span->address + bytes;
    span->bytes -= bytes;
}

int nbl_chain_compare_net_buffers(NET_BUFFER const *first, ULONG first_offset, NET_BUFFER const *second,
                                  ULONG second_offset, ULONG bytes, ULONG *position)
{
    static char const *const call = "nbl_chain_compare_net_buffers";
    struct nbl_span_iterator left_walk, right_walk;
    struct nbl_span left = { NULL, 0 }, right = { NULL, 0 };
    ULONG equal = 0;
    nbl_span_begin_net_buffer(&left_walk, first, first_offset, bytes);
    nbl_span_begin_net_buffer(&right_walk, second, second_offset, bytes);
    for (;;) {
        bool const left_ends = left.bytes == 0 && !nbl__span_next(&left_walk, &left, call);
        bool const right_ends = right.bytes == 0 && !nbl__span_next(&right_walk, &right, call);
        ULONG const both = left.bytes < right.bytes ? left.bytes : right.bytes;
        ULONG same;
        int order;
        if (left_walk.failed || right_walk.failed)
            return report(left_walk.failed ? -1 : 1, equal, position);
        if (left_ends || right_ends)
            return report(right_ends - left_ends, equal, position);
        same = first_difference(left.address, right.address, both, &order);
        equal += same;
        if (order != 0)
            return report(order, equal, position);
        consume(&left, same);
        consume(&right, same);
    }
}
