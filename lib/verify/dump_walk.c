/* SPDX-License-Identifier: MIT
 *
 * dump_walk.c - shapes of chains, shares of windows, and where things come from.
 */
#include "dump_walk.h"

#include "../derive/derived.h"

struct NBL_MAY_ALIAS link {
    struct link const *next;
};

NBL_STATIC_ASSERT(offsetof(NET_BUFFER_LIST, Next) == 0 && offsetof(NET_BUFFER, Next) == 0 && offsetof(MDL, Next) == 0
                      && offsetof(NET_BUFFER_LIST_CONTEXT, Next) == 0,
                  "every chain is linked through its first field");

/* Brent: the hare runs ahead of a tortoise that is moved to it after 1, 2, 4, 8, .. steps; when they meet, `*length` is
 * the circle's. Returns false, with the number of elements, when the chain ends. */
static bool find_circle(struct link const *first, uint32_t *length)
{
    struct link const *tortoise = first;
    struct link const *hare = first->next;
    uint32_t power = 1, steps = 1, count = 1;
    while (hare != NULL && hare != tortoise && count <= NBL__MDL_CHAIN_LIMIT) {
        if (steps == power) {
            tortoise = hare;
            power *= 2;
            steps = 0;
        }
        hare = hare->next;
        steps++;
        count++;
    }
    *length = hare == tortoise ? steps : count;
    return hare == tortoise;
}

/* With one runner a whole circle ahead, both meet where the circle begins. */
static uint32_t circle_start(struct link const *first, uint32_t length)
{
    struct link const *ahead = first;
    uint32_t start = 0;
    while (length-- > 0)
        ahead = ahead->next;
    while (ahead != first) {
        ahead = ahead->next;
        first = first->next;
        start++;
    }
    return start;
}

struct nbl__shape nbl__shape_measure(void const *first)
{
    struct nbl__shape chain = { 0, 0, false, false };
    if (first == NULL)
        return chain;
    chain.circle = find_circle(first, &chain.count);
    if (chain.circle) {
        chain.back = circle_start(first, chain.count);
        chain.count += chain.back;
    } else if (chain.count > NBL__MDL_CHAIN_LIMIT) {
        chain.count = NBL__MDL_CHAIN_LIMIT;
        chain.endless = true;
    }
    return chain;
}

struct nbl__window nbl__window_measure(NET_BUFFER const *buffer)
{
    struct nbl__window window = { .mdls = nbl__shape_measure(buffer->MdlChain) };
    MDL const *mdl = buffer->MdlChain;
    for (uint32_t i = 0; i < window.mdls.count; i++, mdl = mdl->Next) {
        if (mdl == buffer->CurrentMdl && !window.current_found) {
            window.current_found = true;
            window.pair = window.capacity + buffer->CurrentMdlOffset;
        }
        window.capacity += mdl->ByteCount;
    }
    return window;
}

/* How many bytes of [start, start + bytes) are in front of `position`. */
static ULONG in_front(uint64_t start, ULONG bytes, uint64_t position)
{
    if (position <= start)
        return 0;
    return position - start < bytes ? (ULONG)(position - start) : bytes;
}

struct nbl__share nbl__window_share(NET_BUFFER const *buffer, MDL const *mdl, uint64_t start)
{
    uint64_t const end = (uint64_t)buffer->DataOffset + buffer->DataLength;
    struct nbl__share share;
    share.backfill = in_front(start, mdl->ByteCount, buffer->DataOffset);
    share.data = in_front(start, mdl->ByteCount, end) - share.backfill;
    share.tail = mdl->ByteCount - share.backfill - share.data;
    return share;
}

/* ---- where things come from ---- */

char const *nbl__dump_kind(NET_BUFFER_LIST const *list)
{
    static char const *const names[] = { "plain", "clone", "fragment", "reassembled", "copy", "clone", "free" };
    unsigned const kind = nbl__list_state(list)->kind;
    unsigned const first = nbl__list_kind_word(NBL__LIST_PLAIN);
    return kind < first || kind - first >= sizeof(names) / sizeof(names[0]) ? "not libnbl's" : names[kind - first];
}

NET_BUFFER_LIST const *nbl__dump_parent(NET_BUFFER_LIST const *list)
{
    if (!nbl__list_known(list) || nbl__list_state(list)->kind == nbl__list_kind_word(NBL__LIST_PLAIN))
        return NULL;
    return nbl__derived_parent((NET_BUFFER_LIST *)(uintptr_t)list);
}

unsigned nbl__dump_buffer_kind(NET_BUFFER const *buffer)
{
    uintptr_t const tag = (uintptr_t)buffer->NdisReserved[1];
    if (tag == (uintptr_t)nbl__buffer_tag(NBL__BUFFER_POOL) || tag == (uintptr_t)nbl__buffer_tag(NBL__BUFFER_FREE))
        return (unsigned)(tag & NBL__BUFFER_KIND_BITS);
    return nbl__buffer_attached(buffer) != NULL ? (unsigned)(tag & NBL__BUFFER_KIND_BITS) : 0;
}

/* Tells whether a driver's own allocator made an MDL for a retreat of this NB. */
static bool is_custom(MDL const *mdl, NET_BUFFER const *buffer)
{
    unsigned const kind = buffer != NULL ? nbl__dump_buffer_kind(buffer) : 0;
    struct nbl__mdl_record *record = buffer != NULL ? buffer->NdisReserved[0] : NULL;
    uint32_t steps = 0;
    if (kind == 0 || kind == (unsigned)NBL__BUFFER_FREE)
        return false;
    for (; record != NULL && steps < NBL__MDL_CHAIN_LIMIT; record = record->next, steps++)
        if (record->kind == NBL__MDL_CUSTOM && nbl__mdl_of_record(record) == mdl)
            return true;
    return false;
}

char const *nbl__dump_origin(MDL const *mdl, NET_BUFFER const *buffer)
{
    static char const *const names[] = {
        "?",        "NdisAllocateMdl", "IoAllocateMdl", "pool",    "retreat", "retreat, the driver's",
        "derived",  "freed",           "retreat",
    };
    struct nbl__mdl_record const *record;
    if (is_custom(mdl, buffer))
        return names[NBL__MDL_CUSTOM];
    record = nbl__mdl_record_of(mdl);
    if (record == NULL)
        return "driver";
    return record->kind < sizeof(names) / sizeof(names[0]) ? names[record->kind] : names[0];
}
