/* SPDX-License-Identifier: MIT
 *
 * pool.h (internal) - what a pool handle points to, and the geometry of its blocks.
 *
 * Block of a NBL pool:   [NET_BUFFER_LIST][record][MDL][PFN array][NET_BUFFER][context][data]
 * without data:          [NET_BUFFER_LIST][NET_BUFFER][context][struct nbl__pool_clone]
 * Block of a NB pool:    [NET_BUFFER][record][MDL][PFN array][data]
 *
 * with only the parts that the pool's parameters ask for, and gaps around context and data while guards are on. On
 * 64-bit hosts and up to 4 KiB of data, MDL and PFN array fill one cache line and the NET_BUFFER begins on one. Pool
 * descriptors are never unmapped, so that a freed handle can be told from a live one (POOL-09).
 */
#ifndef NBL_POOL_POOL_H
#define NBL_POOL_POOL_H

#include "../base/guard.h"
#include "../base/slab.h"
#include "../buffer/window.h"
#include "../list/state.h"
#include "../mdl/record.h"

#include <nbl/pool.h>

enum nbl__pool_kind { NBL__POOL_LISTS = 0x4C424E31, NBL__POOL_BUFFERS = 0x42424E32, NBL__POOL_FREED = 0x46424E33 };

/* struct nbl__pool_shape says where the parts of a block are: offsets in bytes from its start, 0 for a part that is not
 * there. */
struct nbl__pool_shape {
    ULONG data_size;
    uint32_t buffer_offset;
    uint32_t record_offset;
    uint32_t context_offset; /* of the NET_BUFFER_LIST_CONTEXT itself */
    uint32_t data_offset;
    uint32_t clone_offset;
};

/* struct nbl__pool_clone is what a block needs to be a clone: of pools without data, the only ones that clones come
 * from. Behind it is room for one MDL. */
struct nbl__pool_clone {
    NBL__ALIGNED NET_BUFFER_LIST *parent; /* counts it as a child; never NULL */
    ULONG flags;                          /* of the allocation */
};

/* struct nbl__pool_gap is bytes of a block that are nobody's: in front of the context, in front of the data, and behind
 * it. Pools made while NBL__HOOK_GUARD is set have them; 0 bytes for one that is not there. */
struct nbl__pool_gap {
    uint32_t offset;
    uint32_t bytes;
};

/* struct nbl__pool describes a pool. */
struct nbl__pool {
    uint32_t kind; /* enum nbl__pool_kind; also tells a live descriptor from anything else */
    bool packets; /* a live NBL pool of the usual shape: NB, MDL and data, no context, protocol id 0 */
    bool clones;  /* the same without data */
    ULONG tag;
    struct nbl__pool_shape shape;
    USHORT context_size;
    UCHAR protocol;
    bool has_buffer; /* of a NBL pool: each NBL brings a NB */
    bool internal;   /* libnbl's own, for NULL handles; hands out no blocks */
    size_t block_bytes;
    struct nbl__slab slab;
    struct nbl__pool_gap gaps[NBL__GUARD_GAPS];
    struct nbl__pool *next; /* of the free descriptors */
};

/* nbl__pool_of gives the pool of the wanted kind that a caller made and may use and free, or NULL after reporting
 * POOL-09.
 * A caller can come by the handle of an internal pool (NBL-09), but nothing can be taken from it, nor can it be
 * freed. */
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

/* nbl__pool_construct prepares a new block: the constant part, which is its MDL, and zero where a NBL and a NB will be:
 * what makes them fresh then looks before it clears. */
void nbl__pool_construct(void *block, void *pool);

static inline struct nbl__pool_clone *nbl__pool_clone_of(struct nbl__pool_shape shape, void *block)
{
    return (struct nbl__pool_clone *)(void *)((unsigned char *)block + shape.clone_offset);
}

static inline MDL *nbl__pool_mdl(struct nbl__pool_shape shape, void *block)
{
    return (MDL *)(void *)((unsigned char *)block + shape.record_offset + sizeof(struct nbl__mdl_record));
}

#define NBL__POOL_MDL_FLAGS (MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE)

/* nbl__pool_mdl_whole tells whether a pool's MDL still describes all of its block's data, and nothing else
 * (POOL-13). */
static inline bool nbl__pool_mdl_whole(struct nbl__pool_shape shape, void *block)
{
    MDL const *mdl = nbl__pool_mdl(shape, block);
    return mdl->ByteCount == shape.data_size && mdl->MappedSystemVa == (unsigned char *)block + shape.data_offset;
}

/* nbl__pool_mdl_intact tells whether the MDL of a block is as it was made: drivers link others behind it, may move,
 * shorten or describe it anew, and change its flags. One question about all of it costs less than four. */
static NBL_FLATTEN bool nbl__pool_mdl_intact(struct nbl__pool_shape shape, void *block)
{
    MDL const *mdl = nbl__pool_mdl(shape, block);
    uintptr_t const data = (uintptr_t)block + shape.data_offset;
    return ((uintptr_t)mdl->Next | ((uintptr_t)mdl->MappedSystemVa ^ data) | (uintptr_t)(mdl->ByteCount ^ shape.data_size)
            | (uintptr_t)((USHORT)mdl->MdlFlags ^ (unsigned)NBL__POOL_MDL_FLAGS))
        == 0;
}

/* nbl__pool_buffer_fresh makes the NB of a block what a fresh one is: with data, its window is as POOL-12 says. `again`
 * as in nbl__buffer_make. */
static NBL_FLATTEN void nbl__pool_buffer_fresh(struct nbl__pool const *pool, struct nbl__pool_shape shape, void *block,
                                               NET_BUFFER *buffer, PVOID tag, bool again)
{
    MDL *mdl = NULL;
    if (NBL_LIKELY(shape.data_size > 0)) {
        mdl = nbl__pool_mdl(shape, block);
        if (NBL_UNLIKELY(!nbl__pool_mdl_intact(shape, block)))
            nbl__pool_construct(block, (void *)(uintptr_t)pool);
    }
    nbl__buffer_make(buffer, (struct nbl__buffer_value){ .chain = mdl, .start = { mdl, shape.data_size },
                                                         .offset = shape.data_size,
                                                         .pool = (NDIS_HANDLE)(uintptr_t)pool, .tag = tag },
                     again);
}

/* nbl__pool_dress_list and nbl__pool_dress_buffer do to a fresh NBL or NB what knobs and the memory checker want: to
 * the latter all of its data is backfill. `block` is what the NB is in. The first returns false, with Context NULL,
 * when a knob wants memory that there is not. */
NBL_COLD bool nbl__pool_dress_list(struct nbl__pool const *pool, NET_BUFFER_LIST *list);
NBL_COLD void nbl__pool_dress_buffer(struct nbl__pool const *pool, NET_BUFFER *buffer, void *block);

/* nbl__pool_buffer_retire takes care of what a driver left on a NB that is about to be freed. */
NBL_COLD void nbl__pool_buffer_retire(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer, char const *rule,
                                      char const *call);

/* nbl__pool_release_list gives the block of a plain NBL back, when nothing refers to it any more. */
void nbl__pool_release_list(NET_BUFFER_LIST *list, char const *call);

/* nbl__pool_set_window stores a window over a driver's MDLs (NB-20, NB-22). Returns false, reporting NB-22, when the
 * arguments contradict each other. */
bool nbl__pool_window_valid(MDL const *chain, ULONG offset, SIZE_T length, NDIS_HANDLE pool, char const *call);
void nbl__pool_set_window(NET_BUFFER *buffer, MDL *chain, ULONG offset, SIZE_T length, char const *call);

#endif
