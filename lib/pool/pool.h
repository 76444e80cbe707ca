/* SPDX-License-Identifier: MIT
 *
 * pool.h (internal) - what a pool handle points to, and the geometry of its blocks.
 *
 * Block of a NBL pool:   [NET_BUFFER_LIST][record][MDL][PFN array][NET_BUFFER][context][data]
 * Block of a NB pool:    [NET_BUFFER][record][MDL][PFN array][data]
 *
 * with only the parts that the pool's parameters ask for. On 64-bit hosts and up to 4 KiB of data, MDL and PFN array fill one
 * cache line and the NET_BUFFER begins on one. Pool descriptors are never unmapped, so that a freed handle can be told from a
 * live one (POOL-09).
 */
#ifndef NBL_POOL_POOL_H
#define NBL_POOL_POOL_H

#include "../base/slab.h"
#include "../buffer/window.h"
#include "../list/state.h"
#include "../mdl/record.h"

#include <nbl/pool.h>

enum nbl__pool_kind { NBL__POOL_LISTS = 0x4C424E31, NBL__POOL_BUFFERS = 0x42424E32, NBL__POOL_FREED = 0x46424E33 };

/* struct nbl__pool describes a pool. Offsets are bytes from the start of a block; 0 means the part is not there. */
struct nbl__pool {
    uint32_t kind; /* enum nbl__pool_kind; also tells a live descriptor from anything else */
    ULONG tag;
    ULONG data_size;
    USHORT context_size;
    UCHAR protocol;
    bool has_buffer; /* of a NBL pool: each NBL brings a NB */
    bool internal;   /* libnbl's own, for NULL handles; hands out no blocks */
    uint32_t buffer_offset;
    uint32_t record_offset;
    uint32_t context_offset;
    uint32_t data_offset;
    size_t block_bytes;
    struct nbl__slab slab;
    struct nbl__pool *next; /* of the free descriptors */
};

/* nbl__pool_of gives the pool behind a handle of the wanted kind, or NULL after reporting POOL-09. */
struct nbl__pool *nbl__pool_of(NDIS_HANDLE handle, enum nbl__pool_kind kind, char const *call);

/* nbl__pool_lists_default and nbl__pool_buffers_default stand in for NULL handles of derived lists (GEN-11). */
struct nbl__pool *nbl__pool_lists_default(void);
struct nbl__pool *nbl__pool_buffers_default(void);

/* nbl__pool_construct prepares the constant part of a new block: its MDL. */
void nbl__pool_construct(void *block, void *pool);

/* nbl__pool_buffer_refresh makes the NB of a block what a fresh one is, its window as POOL-12 says when it has data. */
void nbl__pool_buffer_refresh(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer,
                              enum nbl__buffer_kind kind);

/* nbl__pool_buffer_retire takes care of what a driver left on a NB of a pool's block that is about to be freed. */
void nbl__pool_buffer_retire(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer, char const *rule,
                             char const *call);

/* nbl__pool_release_list gives the block of a plain NBL back, when nothing refers to it any more. */
void nbl__pool_release_list(NET_BUFFER_LIST *list, char const *call);

/* nbl__pool_set_window stores a window over a driver's MDLs (NB-20, NB-22). Returns false, reporting NB-22, when the
 * arguments contradict each other. */
bool nbl__pool_window_valid(MDL const *chain, ULONG offset, SIZE_T length, NDIS_HANDLE pool, char const *call);
void nbl__pool_set_window(NET_BUFFER *buffer, MDL *chain, ULONG offset, SIZE_T length, char const *call);

#endif
