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

/* nbl__pool_of gives the pool of the wanted kind that a caller made and may use and free, or NULL after reporting POOL-09.
 * A caller can come by the handle of an internal pool (NBL-09), but nothing can be taken from it, nor can it be freed. */
static inline struct nbl__pool *nbl__pool_of(NDIS_HANDLE handle, enum nbl__pool_kind kind, char const *call)
{
    struct nbl__pool *pool = handle;
    if (NBL_LIKELY(pool != NULL && pool->kind == (uint32_t)kind && !pool->internal))
        return pool;
    nbl__violation("POOL-09", NBL_SEVERITY_FATAL, call, handle);
    return NULL;
}

/* nbl__pool_lists_default and nbl__pool_buffers_default stand in for NULL handles of derived lists (GEN-11). */
extern NBL_HIDDEN struct nbl__pool nbl__pool_lists_default;
extern NBL_HIDDEN struct nbl__pool nbl__pool_buffers_default;

/* nbl__pool_construct prepares the constant part of a new block: its MDL. */
void nbl__pool_construct(void *block, void *pool);

static inline MDL *nbl__pool_mdl(struct nbl__pool const *pool, void *block)
{
    return (MDL *)(void *)((unsigned char *)block + pool->record_offset + sizeof(struct nbl__mdl_record));
}

/* nbl__pool_buffer_fresh makes the NB of a block what a fresh one is, its window as POOL-12 says when it has data. The
 * MDL is in order already: it is put in order when the NB is freed. */
static inline void nbl__pool_buffer_fresh(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer,
                                          enum nbl__buffer_kind kind)
{
    nbl__buffer_reset(buffer, (NDIS_HANDLE)(uintptr_t)pool, nbl__buffer_tag(kind));
    if (pool->data_size > 0) {
        MDL *mdl = nbl__pool_mdl(pool, block);
        buffer->MdlChain = mdl;
        buffer->CurrentMdl = mdl;
        buffer->DataOffset = pool->data_size;
        buffer->CurrentMdlOffset = pool->data_size;
    }
}

/* nbl__pool_hide_data makes all of a fresh NB's data backfill to the memory checker. */
void nbl__pool_hide_data(struct nbl__pool const *pool, void *block);

#define NBL__POOL_MDL_FLAGS (MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE)

/* nbl__pool_mdl_whole tells whether a pool's MDL still describes all of its block's data, and nothing else (POOL-13). */
static inline bool nbl__pool_mdl_whole(struct nbl__pool const *pool, void *block)
{
    MDL const *mdl = nbl__pool_mdl(pool, block);
    return mdl->ByteCount == pool->data_size && mdl->MappedSystemVa == (unsigned char *)block + pool->data_offset;
}

/* nbl__pool_buffer_clean tells whether a NB can be freed as it is: no retreat memory attached, its MDL where and as long as
 * it was (POOL-13). Next and flags of the MDL are the driver's, and put in order here; flags that are not what they were may
 * mean that the MDL was described anew. */
static inline bool nbl__pool_buffer_clean(struct nbl__pool const *pool, void *block, NET_BUFFER const *buffer)
{
    if (pool->data_size > 0) {
        MDL *mdl = nbl__pool_mdl(pool, block);
        if (!nbl__pool_mdl_whole(pool, block))
            return false;
        if (mdl->Next != NULL)
            mdl->Next = NULL;
        if (NBL_UNLIKELY(mdl->MdlFlags != NBL__POOL_MDL_FLAGS))
            nbl__pool_construct(block, (void *)(uintptr_t)pool);
    }
    return buffer->NdisReserved[0] == NULL;
}

/* nbl__pool_buffer_retire takes care of what a driver left on a NB that is about to be freed and is not clean. */
NBL_COLD void nbl__pool_buffer_retire(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer, char const *rule,
                                      char const *call);

/* nbl__pool_release_list gives the block of a plain NBL back, when nothing refers to it any more. */
void nbl__pool_release_list(NET_BUFFER_LIST *list, char const *call);

/* nbl__pool_set_window stores a window over a driver's MDLs (NB-20, NB-22). Returns false, reporting NB-22, when the
 * arguments contradict each other. */
bool nbl__pool_window_valid(MDL const *chain, ULONG offset, SIZE_T length, NDIS_HANDLE pool, char const *call);
void nbl__pool_set_window(NET_BUFFER *buffer, MDL *chain, ULONG offset, SIZE_T length, char const *call);

#endif
