/* SPDX-License-Identifier: MIT
 *
 * buffer.c - NET_BUFFERs from pools (rules NB-20 to NB-26).
 */
#include "pool.h"

#include "../base/wide.h"

static bool fits_ulong(uint64_t bytes)
{
    return bytes <= 0xFFFFFFFFu;
}

bool nbl__pool_window_valid(MDL const *chain, ULONG offset, SIZE_T length, NDIS_HANDLE pool, char const *call)
{
    uint64_t const end = (uint64_t)offset + length;
    bool const empty_chain_agrees = chain != NULL || (offset == 0 && length == 0);
    if (empty_chain_agrees && fits_ulong(length) && fits_ulong(end))
        return true;
    nbl__violation("NB-22", NBL_SEVERITY_ERROR, call, pool);
    return false;
}

static bool chain_shorter_than(MDL const *mdl, uint64_t bytes)
{
    uint64_t held = 0;
    uint32_t steps = 0;
    for (; mdl != NULL && held < bytes; mdl = nbl__mdl_next(mdl, &steps))
        held += mdl->ByteCount;
    return held < bytes;
}

void nbl__pool_set_window(NET_BUFFER *buffer, MDL *chain, ULONG offset, SIZE_T length, char const *call)
{
    buffer->MdlChain = chain;
    buffer->DataOffset = offset;
    buffer->stDataLength = length;
    (void)nbl__buffer_locate(buffer);
    /* Drivers allocate first and size the MDLs later, so this is worth a note and no more (NB-22). */
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER)) && chain_shorter_than(chain, (uint64_t)offset + length))
        nbl__violation("INV-05", NBL_SEVERITY_INFO, call, buffer);
}

void nbl__pool_buffer_retire(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer, char const *rule,
                             char const *call)
{
    nbl__buffer_release_records(buffer, rule, NBL_SEVERITY_ERROR, call);
    if (pool->shape.data_size > 0 && !nbl__pool_mdl_whole(pool->shape, block))
        nbl__violation("POOL-13", NBL_SEVERITY_ERROR, call, buffer);
}

/* ---- one NB ---- */

static NBL_FLATTEN NET_BUFFER *take_ready(struct nbl__pool *pool, bool with_data)
{
    NET_BUFFER *buffer;
    if (NBL_UNLIKELY(nbl__hooks_now() != 0 || pool == NULL || pool->kind != NBL__POOL_BUFFERS
                     || (pool->shape.data_size != 0) != with_data))
        return NULL;
    buffer = nbl__slab_pop(&pool->slab, NBL__WAY_BUFFERS);
    if (NBL_LIKELY(buffer != NULL))
        nbl__pool_buffer_fresh(pool, pool->shape, buffer, buffer, nbl__buffer_tag(NBL__BUFFER_POOL), true);
    return buffer;
}

static NBL_NOINLINE NET_BUFFER *take_buffer(NDIS_HANDLE handle, bool with_data, char const *rule, char const *call)
{
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_BUFFERS, call);
    NET_BUFFER *buffer;
    if (pool == NULL)
        return NULL;
    if ((pool->shape.data_size != 0) != with_data) {
        nbl__violation(rule, NBL_SEVERITY_ERROR, call, pool);
        return NULL;
    }
    buffer = nbl__slab_take(&pool->slab, NBL__WAY_BUFFERS, pool->block_bytes);
    if (buffer == NULL)
        return NULL;
    nbl__pool_buffer_fresh(pool, pool->shape, buffer, buffer, nbl__buffer_tag(NBL__BUFFER_POOL), false);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK | NBL__HOOK_KNOB)))
        nbl__pool_dress_buffer(pool, buffer, buffer);
    return buffer;
}

NET_BUFFER *NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, MDL *MdlChain, ULONG DataOffset, SIZE_T DataLength)
{
    char const *call = "NdisAllocateNetBuffer";
    NET_BUFFER *buffer;
    if (!nbl__pool_window_valid(MdlChain, DataOffset, DataLength, PoolHandle, call))
        return NULL;
    buffer = take_buffer(PoolHandle, false, "NB-23", call);
    if (buffer == NULL)
        return NULL;
    nbl__pool_set_window(buffer, MdlChain, DataOffset, DataLength, call);
    NBL__EVENT(NBL_EVENT_BUFFER_ALLOCATE, call, buffer, NULL, 0);
    return buffer;
}

NET_BUFFER *NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle)
{
    char const *call = "NdisAllocateNetBufferMdlAndData";
    NET_BUFFER *buffer = take_ready(PoolHandle, true);
    if (NBL_LIKELY(buffer != NULL))
        return buffer;
    buffer = take_buffer(PoolHandle, true, "NB-24", call);
    if (buffer != NULL)
        NBL__EVENT(NBL_EVENT_BUFFER_ALLOCATE, call, buffer, NULL, 0);
    return buffer;
}

/* Gives a NB back when nothing stands against it and nobody watches. Returns false, having done nothing, otherwise. */
static NBL_FLATTEN bool give_ready(NET_BUFFER *buffer)
{
    struct nbl__pool *pool;
    if (NBL_UNLIKELY(nbl__hooks_now() != 0))
        return false;
    pool = buffer->NdisPoolHandle;
    if (NBL_UNLIKELY(buffer->NdisReserved[1] != nbl__buffer_tag(NBL__BUFFER_POOL)
                     || buffer->NdisReserved[0] != NULL || pool == NULL || pool->kind != NBL__POOL_BUFFERS))
        return false;
    buffer->NdisReserved[1] = nbl__buffer_tag(NBL__BUFFER_FREE);
    if (NBL_LIKELY(nbl__slab_push(&pool->slab, NBL__WAY_BUFFERS, buffer)))
        return true;
    buffer->NdisReserved[1] = nbl__buffer_tag(NBL__BUFFER_POOL);
    return false;
}

static NBL_NOINLINE bool free_buffer(NET_BUFFER *buffer, char const *call)
{
    struct nbl__pool *pool;
    if (nbl__dead("NB-25", call, buffer))
        return false;
    if (buffer->NdisReserved[1] != nbl__buffer_tag(NBL__BUFFER_POOL)) {
        nbl__violation("NB-25", NBL_SEVERITY_FATAL, call, buffer);
        return false;
    }
    pool = nbl__pool_of(buffer->NdisPoolHandle, NBL__POOL_BUFFERS, call);
    if (pool == NULL)
        return false;
    NBL__EVENT(NBL_EVENT_BUFFER_FREE, call, buffer, NULL, 0);
    nbl__pool_buffer_retire(pool, buffer, buffer, "NB-25", call);
    buffer->NdisReserved[1] = nbl__buffer_tag(NBL__BUFFER_FREE);
    nbl__slab_give(&pool->slab, NBL__WAY_BUFFERS, buffer, pool->block_bytes);
    return true;
}

VOID NdisFreeNetBuffer(NET_BUFFER *NetBuffer)
{
    if (NBL_UNLIKELY(!give_ready(NetBuffer)))
        (void)free_buffer(NetBuffer, "NdisFreeNetBuffer");
}

NDIS_HANDLE NdisGetPoolFromNetBuffer(NET_BUFFER const *NetBuffer)
{
    return NetBuffer->NdisPoolHandle;
}

/* ---- whole chains ---- */

static NBL_FLATTEN bool may_give(NET_BUFFER const *buffer)
{
    return buffer->NdisReserved[1] == nbl__buffer_tag(NBL__BUFFER_POOL) && buffer->NdisReserved[0] == NULL;
}

/* Gives a run of NBs of one pool back, as far as nothing stands against each and the magazine has room. Returns the
 * first NB that is left, and counts the others. */
static NET_BUFFER *give_run(NET_BUFFER *buffer, ULONG *freed)
{
    struct nbl__pool *pool = nbl__hooks_now() == 0 ? buffer->NdisPoolHandle : NULL;
    struct nbl__magazine *magazine;
    uint32_t count;
    uint32_t start;
    if (pool == NULL || pool->kind != NBL__POOL_BUFFERS)
        return buffer;
    magazine = nbl__magazine_recent(&pool->slab, NBL__WAY_BUFFERS);
    if (magazine == NULL)
        return buffer;
    count = start = nbl__magazine_blocks(magazine);
    while (buffer != NULL && count < NBL__MAGAZINE_BLOCKS && buffer->NdisPoolHandle == pool && may_give(buffer)) {
        NET_BUFFER *next = buffer->Next;
        buffer->NdisReserved[1] = nbl__buffer_tag(NBL__BUFFER_FREE);
        magazine->blocks[count++] = buffer;
        buffer = next;
    }
    nbl__magazine_set(magazine, count);
    *freed += count - start;
    return buffer;
}

ULONG nbl_pool_give_buffers(NET_BUFFER *chain)
{
    ULONG freed = 0;
    while (chain != NULL) {
        NET_BUFFER *next;
        chain = give_run(chain, &freed);
        if (chain == NULL)
            break;
        next = chain->Next;
        freed += free_buffer(chain, "nbl_pool_give_buffers") ? 1u : 0u;
        chain = next;
    }
    return freed;
}

/* Links `count` blocks, made fresh, in front of a chain. */
static NBL_FLATTEN NET_BUFFER *link_fresh(struct nbl__pool *pool, void **blocks, uint32_t count, NET_BUFFER *rest)
{
    struct nbl__pool_shape const shape = pool->shape;
    for (uint32_t i = 0; i < count; i++) {
        NET_BUFFER *buffer = blocks[i];
        nbl__pool_buffer_fresh(pool, shape, buffer, buffer, nbl__buffer_tag(NBL__BUFFER_POOL), true);
        buffer->Next = rest;
        rest = buffer;
    }
    return rest;
}

static NBL_WIDE NET_BUFFER *link_fresh_wide(struct nbl__pool *pool, void **blocks, uint32_t count, NET_BUFFER *rest)
{
    return link_fresh(pool, blocks, count, rest);
}

/* Puts up to `count` NBs that the magazine has in front of a chain, with nobody watching. Returns how many. */
static uint32_t take_run(struct nbl__pool *pool, ULONG count, NET_BUFFER **chain)
{
    struct nbl__magazine *magazine = nbl__magazine_recent(&pool->slab, NBL__WAY_BUFFERS);
    uint32_t held;
    uint32_t run;
    if (magazine == NULL || nbl__hooks_now() != 0)
        return 0;
    held = nbl__magazine_blocks(magazine);
    run = held < count ? held : count;
    if (run == 0)
        return 0;
    nbl__magazine_lower(magazine, held - run);
    *chain = nbl__wide ? link_fresh_wide(pool, &magazine->blocks[held - run], run, *chain)
                       : link_fresh(pool, &magazine->blocks[held - run], run, *chain);
    return run;
}

static bool take_slowly(struct nbl__pool *pool, NET_BUFFER **chain)
{
    NET_BUFFER *buffer = take_buffer(pool, pool->shape.data_size != 0, "NB-24", "nbl_pool_take_buffers");
    if (buffer == NULL)
        return false;
    NBL__EVENT(NBL_EVENT_BUFFER_ALLOCATE, "nbl_pool_take_buffers", buffer, NULL, 0);
    buffer->Next = *chain;
    *chain = buffer;
    return true;
}

static NET_BUFFER *end_of(NET_BUFFER *chain)
{
    while (chain != NULL && chain->Next != NULL)
        chain = chain->Next;
    return chain;
}

NET_BUFFER *nbl_pool_take_buffers(NDIS_HANDLE handle, ULONG count, NET_BUFFER **last)
{
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_BUFFERS, "nbl_pool_take_buffers");
    NET_BUFFER *chain = NULL;
    while (pool != NULL && count > 0) {
        uint32_t run = take_run(pool, count, &chain);
        if (run == 0) {
            if (!take_slowly(pool, &chain)) {
                (void)nbl_pool_give_buffers(chain);
                chain = NULL;
                break;
            }
            run = 1;
        }
        count -= run;
    }
    if (last != NULL)
        *last = end_of(chain);
    return chain;
}
