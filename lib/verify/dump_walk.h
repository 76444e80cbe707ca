/* SPDX-License-Identifier: MIT
 *
 * dump_walk.h (internal) - chains of any kind without fear of circles, and where a window lies on its MDLs.
 */
#ifndef NBL_VERIFY_DUMP_WALK_H
#define NBL_VERIFY_DUMP_WALK_H

#include "../list/state.h"
#include "../buffer/window.h"

/* struct nbl__shape is the shape of a chain whose links are the first field of each element, as it is in NBLs, NBs,
 * MDLs and context blocks. */
struct nbl__shape {
    uint32_t count;    /* elements, each counted once */
    uint32_t back;     /* in a circle: the element that the last one leads back to */
    bool circle;
    bool endless;      /* more than NBL__MDL_CHAIN_LIMIT: count is that */
};

/* nbl__shape_measure finds the shape in a time that is linear in the number of elements (VER-04). */
struct nbl__shape nbl__shape_measure(void const *first);

/* struct nbl__window is a NET_BUFFER's window compared with its chain. */
struct nbl__window {
    struct nbl__shape mdls;
    uint64_t capacity;       /* of each MDL once */
    uint64_t pair;           /* position that CurrentMdl and CurrentMdlOffset denote */
    bool current_found;      /* CurrentMdl is on the chain */
};

struct nbl__window nbl__window_measure(NET_BUFFER const *buffer);

/* struct nbl__share is what a window makes of one MDL: backfill + data + tail = ByteCount. */
struct nbl__share {
    ULONG backfill;
    ULONG data;
    ULONG tail;
};

/* nbl__window_share gives the share of an MDL whose first byte is at position `start` of the chain. */
struct nbl__share nbl__window_share(NET_BUFFER const *buffer, MDL const *mdl, uint64_t start);

/* nbl__mdl_readable gives the address of an MDL's bytes when they can be read as it is; NULL when it is not mapped. */
static inline unsigned char const *nbl__mdl_readable(MDL const *mdl)
{
    return nbl__mdl_has(mdl, NBL__MDL_ADDRESSED) ? mdl->MappedSystemVa : NULL;
}

/* nbl__dump_is_free tells of a NBL that it says that it is free. */
static inline bool nbl__dump_is_free(NET_BUFFER_LIST const *list)
{
    return nbl__list_state(list)->kind == nbl__list_kind_word(NBL__LIST_FREE);
}

/* nbl__dump_kind names a NBL's kind. */
char const *nbl__dump_kind(NET_BUFFER_LIST const *list);

/* nbl__dump_parent gives the NBL that a derived one holds on to, or NULL. */
NET_BUFFER_LIST const *nbl__dump_parent(NET_BUFFER_LIST const *list);

/* nbl__dump_buffer_kind gives a NET_BUFFER's kind, or 0 for one that is not libnbl's. */
unsigned nbl__dump_buffer_kind(NET_BUFFER const *buffer);

/* nbl__dump_origin says where an MDL comes from; `buffer` may be NULL. */
char const *nbl__dump_origin(MDL const *mdl, NET_BUFFER const *buffer);

#endif
