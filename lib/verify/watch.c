/* SPDX-License-Identifier: MIT
 *
 * watch.c - events that tell of a mistake: families that were not counted right (GEN-05), windows that were not put back
 * (FRAG-13, REASM-08), NBs that stay behind (NBL-08), context given back in another order (CTX-10), headers in another
 * list's backfill (RET-20), and calls that are made too high (VER-03).
 */
#include "watch.h"

#include "irql.h"
#include "ledger.h"

#include "../base/event.h"
#include "../derive/derived.h"

static bool is_kind(NET_BUFFER_LIST const *list, enum nbl__list_kind kind)
{
    return nbl__list_state(list)->kind == nbl__list_kind_word(kind);
}

/* ---- a list that goes ---- */

/* A list that waited for its children was reported when it was freed (GEN-06). */
static bool waited(NET_BUFFER_LIST const *list)
{
    return (atomic_load(&nbl__list_state(list)->children) & NBL__LIST_RETIRED) != 0;
}

static bool names_a_stranger(NET_BUFFER_LIST const *list, void const *parent)
{
    NET_BUFFER_LIST const *named = list->ParentNetBufferList;
    if (named == NULL || named == list || named == parent)
        return false;
    return nbl__ledger_state_of(named) != NBL__LEDGER_LIVE;
}

static void watch_family(NET_BUFFER_LIST const *list, struct nbl_event const *event)
{
    if ((list->ChildRefCount != 0 && !waited(list)) || names_a_stranger(list, event->related))
        nbl__violation("GEN-05", NBL_SEVERITY_WARNING, event->call, list);
}

/* Only NBs that came with the list and are linked on it still. */
static bool windows_differ(NET_BUFFER_LIST const *list)
{
    struct nbl__ledger_window made;
    NET_BUFFER const *buffer = list->FirstNetBuffer;
    uint32_t steps = 0;
    for (; buffer != NULL && nbl__ledger_window(buffer, list, &made); buffer = buffer->Next)
        if (buffer->DataOffset != made.offset || buffer->DataLength != made.length || ++steps > NBL__MDL_CHAIN_LIMIT)
            return true;
    return false;
}

static void watch_windows(NET_BUFFER_LIST const *list, char const *call)
{
    if (is_kind(list, NBL__LIST_FRAGMENT) && windows_differ(list))
        nbl__violation("FRAG-13", NBL_SEVERITY_INFO, call, list);
    if (is_kind(list, NBL__LIST_REASSEMBLED) && windows_differ(list))
        nbl__violation("REASM-08", NBL_SEVERITY_INFO, call, list);
}

/* NBL-08: a driver's NB on it, or a next list behind it. The bulk calls free a chain, so there Next says nothing. */
static void watch_left_behind(NET_BUFFER_LIST const *list, char const *call, bool chain)
{
    struct nbl__ledger_window made;
    bool const others = list->FirstNetBuffer != NULL && !nbl__ledger_window(list->FirstNetBuffer, list, &made);
    if (is_kind(list, NBL__LIST_PLAIN) && (others || (list->Next != NULL && !chain)))
        nbl__violation("NBL-08", NBL_SEVERITY_INFO, call, list);
}

static bool frees_chains(char const *call)
{
    return call[0] == 'n'; /* nbl_pool_give: all of Ndis free one list */
}

void nbl__watch_before(struct nbl_event const *event)
{
    NET_BUFFER_LIST const *list = event->object;
    if (event->kind != NBL_EVENT_LIST_FREE)
        return;
    watch_family(list, event);
    watch_windows(list, event->call);
    watch_left_behind(list, event->call, frees_chains(event->call));
}

/* ---- what no call is asked about before it begins ---- */

/* Derived lists, and MDLs that a retreat links, come from calls that are judged with what they are given. */
static bool begins_unjudged(struct nbl_event const *event)
{
    switch (event->kind) {
    case NBL_EVENT_LIST_ALLOCATE:
        return is_kind(event->object, NBL__LIST_PLAIN);
    case NBL_EVENT_MDL_ALLOCATE:
        return event->related == NULL;
    case NBL_EVENT_BUFFER_ALLOCATE:
    case NBL_EVENT_POOL_ALLOCATE:
    case NBL_EVENT_POOL_FREE:
    case NBL_EVENT_CONTEXT_ALLOCATE:
    case NBL_EVENT_CONTEXT_FREE:
        return true;
    default:
        return false;
    }
}

void nbl__watch_after(struct nbl_event const *event)
{
    if (begins_unjudged(event))
        nbl__irql_judge(event->call, event->object);
    if (event->kind == NBL_EVENT_CONTEXT_FREE && !nbl__ledger_context_fits(event->object, event->bytes))
        nbl__violation("CTX-10", NBL_SEVERITY_ERROR, event->call, event->object);
}

/* ---- backfill ---- */

/* The list that a NB came with, found by where it counts MDLs (list/state.h); NULL for a NB that came alone. */
static NET_BUFFER_LIST const *list_of(NET_BUFFER const *buffer)
{
    unsigned char const *attached = (unsigned char const *)nbl__buffer_attached(buffer);
    if (attached == NULL)
        return NULL;
    return (NET_BUFFER_LIST const *)(void const *)(attached - offsetof(NET_BUFFER_LIST, NdisReserved)
                                                   - offsetof(struct nbl__list_state, attached));
}

static bool is_own(NET_BUFFER const *buffer, MDL const *mdl)
{
    struct nbl__mdl_record *record = buffer->NdisReserved[0];
    while (record != NULL && nbl__mdl_of_record(record) != mdl)
        record = record->next;
    return record != NULL;
}

static bool shares_mdls(NET_BUFFER_LIST const *list)
{
    return (is_kind(list, NBL__LIST_CLONE) || is_kind(list, NBL__LIST_POOL_CLONE))
        && (nbl__derived_parameter((NET_BUFFER_LIST *)(uintptr_t)list) & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0;
}

void nbl__watch_backfill(NET_BUFFER const *buffer, char const *call)
{
    ULONG const read_only = NDIS_NBL_FLAGS_SEND_READ_ONLY | NDIS_NBL_FLAGS_RECV_READ_ONLY;
    NET_BUFFER_LIST const *list = list_of(buffer);
    if (list == NULL || is_own(buffer, buffer->CurrentMdl))
        return;
    if (shares_mdls(list) || (list->NblFlags & read_only) != 0)
        nbl__violation("RET-20", NBL_SEVERITY_WARNING, call, buffer);
}
