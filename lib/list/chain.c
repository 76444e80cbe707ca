/* SPDX-License-Identifier: MIT
 *
 * chain.c - counting, cutting and turning chains of NET_BUFFER_LISTs.
 */
#include <nbl/chain.h>

static ULONG64 net_buffers_of(NET_BUFFER_LIST const *list)
{
    ULONG64 count = 0;
    for (NET_BUFFER const *net_buffer = list->FirstNetBuffer; net_buffer != NULL; net_buffer = net_buffer->Next)
        count++;
    return count;
}

ULONG64 nbl_chain_count(NET_BUFFER_LIST const *chain)
{
    ULONG64 count = 0;
    for (; chain != NULL; chain = chain->Next)
        count++;
    return count;
}

ULONG64 nbl_chain_count_net_buffers(NET_BUFFER_LIST const *chain)
{
    ULONG64 count = 0;
    for (; chain != NULL; chain = chain->Next)
        count += net_buffers_of(chain);
    return count;
}

struct nbl_chain_extent nbl_chain_measure(NET_BUFFER_LIST *chain)
{
    struct nbl_chain_extent extent = { NULL, 0, 0, 0 };
    for (; chain != NULL; chain = chain->Next) {
        extent.last = chain;
        extent.lists++;
        for (NET_BUFFER const *net_buffer = chain->FirstNetBuffer; net_buffer != NULL; net_buffer = net_buffer->Next) {
            extent.net_buffers++;
            extent.bytes += net_buffer->DataLength;
        }
    }
    return extent;
}

NET_BUFFER_LIST *nbl_chain_split(NET_BUFFER_LIST **chain, ULONG64 keep)
{
    NET_BUFFER_LIST **link = chain;
    NET_BUFFER_LIST *rest;
    for (; keep > 0 && *link != NULL; keep--)
        link = &(*link)->Next;
    rest = *link;
    *link = NULL;
    return rest;
}

void nbl_chain_partition(NET_BUFFER_LIST *chain, nbl_chain_predicate *predicate, void *context,
                         struct nbl_queue *chosen, struct nbl_queue *others)
{
    while (chain != NULL) {
        NET_BUFFER_LIST *const next = chain->Next;
        nbl_queue_append(predicate(chain, context) ? chosen : others, chain);
        chain = next;
    }
}

NET_BUFFER_LIST *nbl_chain_reverse(NET_BUFFER_LIST *chain)
{
    NET_BUFFER_LIST *reversed = NULL;
    while (chain != NULL) {
        NET_BUFFER_LIST *const next = chain->Next;
        chain->Next = reversed;
        reversed = chain;
        chain = next;
    }
    return reversed;
}

/* Brent: the mark jumps to the walker whenever the walker has gone twice as far as at the last jump. On a cycle the
 * jumps become longer than the cycle, and then the walker comes back to the mark. */
bool nbl_chain_has_cycle(NET_BUFFER_LIST const *chain)
{
    NET_BUFFER_LIST const *mark = NULL;
    uint64_t until_jump = 1;
    for (uint64_t steps = 0; chain != NULL; chain = chain->Next, steps++) {
        if (chain == mark)
            return true;
        if (steps == until_jump) {
            mark = chain;
            until_jump *= 2;
        }
    }
    return false;
}
