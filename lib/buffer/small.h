/* SPDX-License-Identifier: MIT
 *
 * small.h (internal) - the memory of small retreats: most headers fit a block whose MDL is prepared once.
 *
 *     [struct nbl__mdl_record][MDL][PFN array][NBL__SMALL_BYTES bytes]
 *
 * Record and MDL have kind NBL__MDL_SMALL and stay as they are from use to use, but for Next and the length.
 */
#ifndef NBL_BUFFER_SMALL_H
#define NBL_BUFFER_SMALL_H

#include "../base/slab.h"
#include "../mdl/record.h"

#define NBL__SMALL_BLOCK 256u
#define NBL__SMALL_FRONT 80u /* nbl__mdl_block_bytes of up to a page */
#define NBL__SMALL_BYTES (NBL__SMALL_BLOCK - NBL__SMALL_FRONT)
#define NBL__SMALL_FLAGS (MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE)

extern NBL_HIDDEN struct nbl__slab nbl__small_slab;

/* nbl__small_take gives a record whose MDL has `bytes` bytes, at most NBL__SMALL_BYTES, or NULL without memory. */
struct nbl__mdl_record *nbl__small_take(ULONG bytes);

static inline void nbl__small_give(struct nbl__mdl_record *record)
{
    nbl__slab_give(&nbl__small_slab, NBL__WAY_MEMORY, record, NBL__SMALL_BLOCK);
}

/* nbl__small_intact tells whether drivers left the MDL of a block as it was: it shows in the address and the flags. */
static inline bool nbl__small_intact(struct nbl__mdl_record const *record)
{
    MDL const *mdl = (MDL const *)(void const *)(record + 1);
    uintptr_t const data = (uintptr_t)record + NBL__SMALL_FRONT;
    return (((uintptr_t)mdl->MappedSystemVa ^ data) | (uintptr_t)(record->kind ^ (unsigned)NBL__MDL_SMALL)
            | (uintptr_t)((USHORT)mdl->MdlFlags ^ (unsigned)NBL__SMALL_FLAGS))
        == 0;
}

static inline void nbl__small_set_bytes(struct nbl__mdl_record *record, ULONG bytes)
{
    MDL *mdl = (MDL *)(void *)(record + 1);
    record->byte_count = bytes;
    mdl->ByteCount = bytes;
    mdl->Size = nbl__mdl_size((mdl->ByteOffset + bytes + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* nbl__small_take_ready is nbl__small_take when a block is at hand. Returns false, having done nothing, otherwise. */
static inline bool nbl__small_take_ready(ULONG bytes, struct nbl__mdl_record **record)
{
    struct nbl__magazine *magazine;
    uint32_t count;
    if (!nbl__magazine_ready(&nbl__small_slab, NBL__WAY_MEMORY, &magazine))
        return false;
    count = nbl__magazine_blocks(magazine);
    if (NBL_UNLIKELY(count == 0 || !nbl__small_intact(magazine->blocks[count - 1])))
        return false;
    nbl__magazine_lower(magazine, count - 1);
    *record = magazine->blocks[count - 1];
    nbl__small_set_bytes(*record, bytes);
    return true;
}

#endif
