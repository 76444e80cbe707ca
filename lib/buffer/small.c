/* SPDX-License-Identifier: MIT
 *
 * small.c - the blocks of small retreats, when they are not at hand.
 */
#include "small.h"

#include "../base/memory.h"

#define SMALL_ID 61u

static void construct(void *block, void *context)
{
    (void)context;
    (void)nbl__mdl_construct(block, NBL__MDL_SMALL, (unsigned char *)block + NBL__SMALL_FRONT, NBL__SMALL_BYTES);
}

struct nbl__slab nbl__small_slab = {
    NBL__SLAB_STATIC(SMALL_ID), .block_bytes = NBL__SMALL_BLOCK, .construct = construct,
};

static NBL_COLD struct nbl__mdl_record *take_slow(void)
{
    nbl__memory_join(&nbl__small_slab);
    return nbl__slab_take_slow(&nbl__small_slab, NBL__SMALL_BLOCK);
}

struct nbl__mdl_record *nbl__small_take(ULONG bytes)
{
    struct nbl__mdl_record *record = nbl__slab_pop(&nbl__small_slab, NBL__WAY_MEMORY);
    if (NBL_UNLIKELY(record == NULL && (record = take_slow()) == NULL))
        return NULL;
    if (NBL_UNLIKELY(!nbl__small_intact(record)))
        construct(record, NULL);
    nbl__small_set_bytes(record, bytes);
    return record;
}
