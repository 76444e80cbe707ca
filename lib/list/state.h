/* SPDX-License-Identifier: MIT
 *
 * state.h (internal) - what libnbl keeps in a NET_BUFFER_LIST's NdisReserved: its kind, and how many derived lists
 * live.
 *
 *     children = number of live derived lists, + NBL__LIST_RETIRED once the owner freed the list while some lived
 *
 * The last child to go frees a retired list (GEN-06). The owner alone adds children; any thread may take them away.
 */
#ifndef NBL_LIST_STATE_H
#define NBL_LIST_STATE_H

#include "../base/event.h"
#include "../base/pair.h"
#include "../base/zero.h"

#include <nbl/types.h>

/* enum nbl__list_kind says which routine frees a NET_BUFFER_LIST (GEN-08). */
enum nbl__list_kind {
    NBL__LIST_PLAIN = 1,
    NBL__LIST_CLONE = 2,
    NBL__LIST_FRAGMENT = 3,
    NBL__LIST_REASSEMBLED = 4,
    NBL__LIST_COPY = 5,
    NBL__LIST_POOL_CLONE = 6, /* a clone that is a block of its pool (derive/pool_clone.h) */
    NBL__LIST_FREE = 7
};

#define NBL__LIST_MAGIC 0x4E00u
#define NBL__LIST_RETIRED 0x80000000u

/* struct nbl__list_state overlays NdisReserved[0], and [1] on 32-bit hosts. `attached` counts the MDLs that retreats
 * ever put on the NBs that came with the list, up to 0xFFFF: while it is 0, freeing need not look at them. It is
 * written as one word when the list is made, and read as one when it is freed: narrower reads of a word just written
 * have to wait. */
struct NBL_MAY_ALIAS nbl__list_state {
    atomic_uint children; /* first: that one read, which acquires what the last child's thread did, is at its address */
    uint16_t attached;
    uint16_t kind; /* NBL__LIST_MAGIC + enum nbl__list_kind */
};

typedef NBL_MAY_ALIAS uint64_t nbl__list_word;
NBL_STATIC_ASSERT(sizeof(struct nbl__list_state) == sizeof(nbl__list_word), "a list's state is one word");

static inline uint16_t nbl__list_kind_word(enum nbl__list_kind kind)
{
    return (uint16_t)(NBL__LIST_MAGIC + (uint32_t)kind);
}

static inline struct nbl__list_state *nbl__list_state(NET_BUFFER_LIST const *list)
{
    return (struct nbl__list_state *)(uintptr_t)list->NdisReserved;
}

/* nbl__list_pristine is the state of a list of a kind without children to which nothing was ever attached. */
static inline uint64_t nbl__list_pristine(enum nbl__list_kind kind)
{
#if NBL_BIG_ENDIAN
    return (uint64_t)nbl__list_kind_word(kind);
#else
    return (uint64_t)nbl__list_kind_word(kind) << 48;
#endif
}

static inline void nbl__list_set_pristine(NET_BUFFER_LIST *list, enum nbl__list_kind kind)
{
    *(nbl__list_word *)(void *)list->NdisReserved = nbl__list_pristine(kind);
}

/* nbl__list_is_pristine compares with it. Other threads may be freeing children: hence an atomic read. */
static inline bool nbl__list_is_pristine(NET_BUFFER_LIST const *list, enum nbl__list_kind kind)
{
    nbl__list_word const *word = (nbl__list_word const *)(void const *)list->NdisReserved;
    return __atomic_load_n(word, __ATOMIC_ACQUIRE) == nbl__list_pristine(kind);
}

/* nbl__list_is tells whether a list is alive and of a kind. */
static inline bool nbl__list_is(NET_BUFFER_LIST const *list, enum nbl__list_kind kind)
{
    return nbl__list_state(list)->kind == nbl__list_kind_word(kind)
        && (atomic_load_explicit(&nbl__list_state(list)->children, memory_order_relaxed) & NBL__LIST_RETIRED) == 0;
}

/* nbl__list_known tells whether a list is libnbl's and alive, of whatever kind. */
static inline bool nbl__list_known(NET_BUFFER_LIST const *list)
{
    uint16_t const kind = nbl__list_state(list)->kind;
    return kind >= nbl__list_kind_word(NBL__LIST_PLAIN) && kind < nbl__list_kind_word(NBL__LIST_FREE);
}

/* nbl__list_set_kind changes the kind of a list, for one that is about to be freed too. */
static inline void nbl__list_set_kind(NET_BUFFER_LIST *list, enum nbl__list_kind kind)
{
    nbl__list_state(list)->kind = nbl__list_kind_word(kind);
}

/* nbl__list_make stores every field of a list: a fresh one (NBL-05) with its NBs and no context. It is aligned to
 * 16. `again`: the memory was a list before, or is zero. */
static NBL_FLATTEN void nbl__list_make(NET_BUFFER_LIST *list, NET_BUFFER_LIST *next, NET_BUFFER *first,
                                       NDIS_HANDLE pool, UCHAR protocol, enum nbl__list_kind kind, bool again)
{
    size_t const front = offsetof(NET_BUFFER_LIST, ProtocolReserved);
#if NBL__HAS_PAIRS
    unsigned char *at = (unsigned char *)list;
    nbl__store_pair(at, nbl__word(next), nbl__word(first));
    nbl__store_pair(at + 16, 0, 0);
    nbl__store_pair(at + 32, nbl__word(pool), 0);
    nbl__store_pair(at + 48, nbl__list_pristine(kind), 0);
#else
    list->Next = next;
    list->FirstNetBuffer = first;
    list->Context = NULL;
    list->ParentNetBufferList = NULL;
    list->NdisPoolHandle = pool;
    list->NdisReserved[1] = NULL;
    nbl__list_set_pristine(list, kind);
#endif
    if (again)
        nbl__zero_again((unsigned char *)list + front, sizeof(*list) - front, front % 32 != 0);
    else
        nbl__zero((unsigned char *)list + front, sizeof(*list) - front);
    if (protocol != 0)
        list->NetBufferListInfo[NetBufferListProtocolId] = (PVOID)(uintptr_t)protocol;
}

/* nbl__list_poison fills what drivers may use of a fresh list with the pattern of K-POISON (NBL-05). */
static inline void nbl__list_poison(NET_BUFFER_LIST *list, int pattern)
{
    memset(list->ProtocolReserved, pattern, sizeof(list->ProtocolReserved));
    memset(list->MiniportReserved, pattern, sizeof(list->MiniportReserved));
}

/* nbl__list_retire is called when the owner frees a list. Returns true when its memory can go now, false when the last
 * derived list will take it along. */
static inline bool nbl__list_retire(NET_BUFFER_LIST *list)
{
    atomic_uint *children = &nbl__list_state(list)->children;
    if (NBL_LIKELY(atomic_load_explicit(children, memory_order_acquire) == 0))
        return true;
    return atomic_fetch_or_explicit(children, NBL__LIST_RETIRED, memory_order_acq_rel) == 0;
}

/* nbl__list_add_child counts a derived list. Only the owner of the list calls it: while there is no child, nobody else
 * changes the count. Acquire: the last child's thread is done with it. */
static inline void nbl__list_add_child(NET_BUFFER_LIST *list)
{
    atomic_uint *children = &nbl__list_state(list)->children;
    if (NBL_LIKELY(atomic_load_explicit(children, memory_order_acquire) == 0))
        atomic_store_explicit(children, 1u, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(children, 1u, memory_order_relaxed);
}

/* nbl__list_remove_child counts a derived list off. Returns true when that was the last one of a retired list, whose
 * memory the caller now has to free. */
static inline bool nbl__list_remove_child(NET_BUFFER_LIST *list)
{
    atomic_uint *children = &nbl__list_state(list)->children;
    return atomic_fetch_sub_explicit(children, 1u, memory_order_acq_rel) == (NBL__LIST_RETIRED | 1u);
}

#endif
