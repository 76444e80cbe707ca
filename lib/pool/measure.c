/* SPDX-License-Identifier: MIT
 *
 * measure.c - what a pool holds, and giving memory back.
 */
#include "pool.h"

static struct nbl__pool *pool_of_either_kind(NDIS_HANDLE handle, char const *call)
{
    struct nbl__pool *pool = handle;
    if (pool != NULL && (pool->kind == NBL__POOL_LISTS || pool->kind == NBL__POOL_BUFFERS))
        return pool;
    nbl__violation("POOL-09", NBL_SEVERITY_FATAL, call, handle);
    return NULL;
}

bool nbl_pool_measure(NDIS_HANDLE pool, struct nbl_pool_statistics *statistics)
{
    struct nbl__pool *described = pool_of_either_kind(pool, "nbl_pool_measure");
    struct nbl__slab_statistics counts;
    if (described == NULL)
        return false;
    nbl__slab_measure(&described->slab, &counts);
    statistics->live = counts.live;
    statistics->high_water = counts.high_water;
    statistics->cached = counts.cached;
    statistics->bytes = counts.bytes;
    statistics->block = described->block_bytes;
    return true;
}

uint64_t nbl_pool_trim(NDIS_HANDLE pool)
{
    struct nbl__pool *described = pool_of_either_kind(pool, "nbl_pool_trim");
    return described == NULL || described->internal ? 0 : nbl__slab_trim(&described->slab);
}

enum nbl_pool_mode nbl_pool_mode_in_force(void)
{
    if (nbl__hooked(NBL__HOOK_START))
        nbl__start();
    return nbl__hooked(NBL__HOOKS_APART) ? NBL_POOL_MODE_MALLOC : NBL_POOL_MODE_MAGAZINE;
}
