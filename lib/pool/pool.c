/* SPDX-License-Identifier: MIT
 *
 * pool.c - making and freeing pools: parameters, geometry, descriptors.
 */
#include "pool.h"

#include "../list/context.h"

#include <string.h>

#define LINE NBL__CACHE_LINE
#define DESCRIPTORS_AT_ONCE 16u

/* ---- descriptors ---- */

/* Descriptors go from live to free and back, never to the allocator: a stale handle is always safe to look at. They
 * come from the platform, not from nbl_allocator, which may be replaced while no pool lives. */
static struct nbl__lock descriptor_lock = NBL__LOCK_INITIALIZER;
static struct nbl__pool *free_descriptors;

/* The list of all descriptors keeps them reachable for leak finders. */
struct descriptors {
    struct descriptors *next;
    struct nbl__pool pools[DESCRIPTORS_AT_ONCE];
};
static struct descriptors *all_descriptors;

static bool descriptors_add(void)
{
    struct descriptors *more = nbl__port_allocate(NULL, sizeof(*more), LINE);
    if (more == NULL)
        return false;
    memset(more, 0, sizeof(*more));
    more->next = all_descriptors;
    all_descriptors = more;
    for (uint32_t i = 0; i < DESCRIPTORS_AT_ONCE; i++) {
        more->pools[i].kind = NBL__POOL_FREED;
        more->pools[i].next = free_descriptors;
        free_descriptors = &more->pools[i];
    }
    return true;
}

static struct nbl__pool *descriptor_take(void)
{
    struct nbl__pool *pool = NULL;
    if (nbl__faulty(NBL_FAULT_ALLOCATION))
        return NULL;
    nbl__lock_acquire(&descriptor_lock);
    if (free_descriptors != NULL || descriptors_add()) {
        pool = free_descriptors;
        free_descriptors = pool->next;
    }
    nbl__lock_release(&descriptor_lock);
    return pool;
}

static void descriptor_give(struct nbl__pool *pool)
{
    memset(pool, 0, sizeof(*pool));
    pool->kind = NBL__POOL_FREED;
    nbl__lock_acquire(&descriptor_lock);
    pool->next = free_descriptors;
    free_descriptors = pool;
    nbl__lock_release(&descriptor_lock);
}

/* ---- pools for NULL handles: they own no memory, only counts ---- */

#define DEFAULT_LISTS_ID 62u
#define DEFAULT_BUFFERS_ID 63u

struct nbl__pool nbl__pool_lists_default = {
    .kind = NBL__POOL_LISTS, .has_buffer = true, .internal = true,
    .slab = { NBL__SLAB_STATIC(DEFAULT_LISTS_ID) },
};

struct nbl__pool nbl__pool_buffers_default = {
    .kind = NBL__POOL_BUFFERS, .internal = true,
    .slab = { NBL__SLAB_STATIC(DEFAULT_BUFFERS_ID) },
};

/* ---- geometry ---- */

static size_t up(size_t offset, size_t alignment)
{
    return (offset + alignment - 1) & ~(alignment - 1);
}

/* Places [record][MDL][PFN array] at the next multiple of 16 that makes the MDL itself start a line when it can. */
static size_t place_mdl(struct nbl__pool *pool, size_t offset)
{
    offset = up(offset, MEMORY_ALLOCATION_ALIGNMENT);
    pool->shape.record_offset = (uint32_t)offset;
    return offset + nbl__mdl_block_bytes(pool->shape.data_size);
}

/* Goes on at the next multiple of `alignment`, and not before a guard's length when guards are on. */
static size_t leave_gap(struct nbl__pool *pool, unsigned number, size_t offset, size_t alignment)
{
    bool const guarded = nbl__hooked(NBL__HOOK_GUARD);
    size_t const next = up(offset + (guarded ? NBL__GUARD_BYTES : 0u), alignment);
    if (guarded)
        pool->gaps[number] = (struct nbl__pool_gap){ (uint32_t)offset, (uint32_t)(next - offset) };
    return next;
}

static void lay_out(struct nbl__pool *pool)
{
    bool const lists = pool->kind == NBL__POOL_LISTS;
    size_t offset = lists ? sizeof(NET_BUFFER_LIST) : sizeof(NET_BUFFER);
    if (pool->shape.data_size > 0)
        offset = place_mdl(pool, offset);
    if (lists && pool->has_buffer) {
        pool->shape.buffer_offset = (uint32_t)up(offset, LINE);
        offset = pool->shape.buffer_offset + sizeof(NET_BUFFER);
    }
    if (pool->context_size > 0) {
        offset = leave_gap(pool, 0, offset, MEMORY_ALLOCATION_ALIGNMENT);
        pool->shape.context_offset = (uint32_t)(offset + sizeof(struct nbl__context_header));
        offset += nbl__context_bytes(pool->context_size);
    }
    if (pool->clones) {
        pool->shape.clone_offset = (uint32_t)up(offset, MEMORY_ALLOCATION_ALIGNMENT);
        offset = pool->shape.clone_offset + sizeof(struct nbl__pool_clone) + nbl__mdl_block_bytes(0);
    }
    if (pool->shape.data_size > 0) {
        pool->shape.data_offset = (uint32_t)leave_gap(pool, 1, offset, LINE);
        offset = (size_t)pool->shape.data_offset + pool->shape.data_size;
    }
    pool->block_bytes = up(offset, MEMORY_ALLOCATION_ALIGNMENT);
    if (nbl__hooked(NBL__HOOK_GUARD) && pool->shape.data_size > 0)
        pool->gaps[2] = (struct nbl__pool_gap){ (uint32_t)offset, (uint32_t)(pool->block_bytes - offset) };
}

/* On a 32-bit host a DataSize may not fit, or make the sums of lay_out and of a chunk of blocks wrap. */
static bool block_is_possible(struct nbl__pool const *pool)
{
    return pool->block_bytes >= pool->shape.data_size && pool->block_bytes <= SIZE_MAX / 8;
}

void nbl__pool_construct(void *block, void *context)
{
    struct nbl__pool const *pool = context;
    unsigned char *bytes = block;
    for (unsigned i = 0; i < NBL__GUARD_GAPS; i++)
        nbl__guard_gap(block, pool->gaps[i].offset, pool->gaps[i].bytes);
    if (pool->kind == NBL__POOL_LISTS)
        nbl__zero(bytes, sizeof(NET_BUFFER_LIST));
    if (pool->kind == NBL__POOL_BUFFERS || pool->has_buffer)
        nbl__zero(bytes + pool->shape.buffer_offset, sizeof(NET_BUFFER));
    if (pool->shape.data_size == 0)
        return;
    (void)nbl__mdl_construct(bytes + pool->shape.record_offset, NBL__MDL_POOL, bytes + pool->shape.data_offset,
                             pool->shape.data_size);
    if (nbl__hooked(NBL__HOOK_KNOB))
        nbl__mdl_shuffle(nbl__pool_mdl(pool->shape, block), (uintptr_t)bytes + pool->shape.data_offset);
}

/* ---- making and freeing ---- */

static bool header_valid(NDIS_OBJECT_HEADER const *header, USHORT least, char const *call)
{
    if (header->Size < least) {
        nbl__violation("POOL-03", NBL_SEVERITY_ERROR, call, header);
        return false;
    }
    if (header->Type != NDIS_OBJECT_TYPE_DEFAULT || header->Revision == 0)
        nbl__violation("POOL-03", NBL_SEVERITY_ERROR, call, header);
    return true;
}

static struct nbl__pool *pool_make(struct nbl__pool const *description, char const *call)
{
    struct nbl__pool *pool;
    bool plain;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_START)))
        nbl__start(); /* who watches wants to see the pool, too */
    pool = descriptor_take();
    if (pool == NULL)
        return NULL;
    *pool = *description;
    plain = pool->kind == NBL__POOL_LISTS && pool->has_buffer && pool->context_size == 0 && pool->protocol == 0;
    pool->packets = plain && pool->shape.data_size > 0;
    pool->clones = plain && pool->shape.data_size == 0;
    lay_out(pool);
    if (!block_is_possible(pool) || !nbl__slab_create(&pool->slab, pool->block_bytes, nbl__pool_construct, pool)) {
        descriptor_give(pool);
        return NULL;
    }
    NBL__EVENT(NBL_EVENT_POOL_ALLOCATE, call, pool, NULL, pool->block_bytes);
    return pool;
}

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, NET_BUFFER_LIST_POOL_PARAMETERS const *Parameters)
{
    char const *call = "NdisAllocateNetBufferListPool";
    struct nbl__pool description = { .kind = NBL__POOL_LISTS };
    ULONG context;
    (void)NdisHandle;
    if (!header_valid(&Parameters->Header, NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1, call))
        return NULL;
    if (!Parameters->fAllocateNetBuffer && Parameters->DataSize != 0) {
        nbl__violation("POOL-04", NBL_SEVERITY_ERROR, call, Parameters);
        return NULL;
    }
    context = nbl__context_round(Parameters->ContextSize);
    if (context != Parameters->ContextSize)
        nbl__violation("POOL-05", NBL_SEVERITY_ERROR, call, Parameters);
    if (context > 0xFFFFu)
        return NULL;
    description.tag = Parameters->PoolTag;
    description.shape.data_size = Parameters->DataSize;
    description.context_size = (USHORT)context;
    description.protocol = Parameters->ProtocolId;
    description.has_buffer = Parameters->fAllocateNetBuffer != 0;
    return pool_make(&description, call);
}

NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, NET_BUFFER_POOL_PARAMETERS const *Parameters)
{
    char const *call = "NdisAllocateNetBufferPool";
    struct nbl__pool description = { .kind = NBL__POOL_BUFFERS };
    (void)NdisHandle;
    if (!header_valid(&Parameters->Header, NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1, call))
        return NULL;
    description.tag = Parameters->PoolTag;
    description.shape.data_size = Parameters->DataSize;
    return pool_make(&description, call);
}

static void pool_free(NDIS_HANDLE handle, enum nbl__pool_kind kind, char const *call)
{
    struct nbl__pool *pool = nbl__pool_of(handle, kind, call);
    if (pool == NULL)
        return;
    if (nbl__slab_live(&pool->slab) != 0) {
        nbl__violation("POOL-08", NBL_SEVERITY_ERROR, call, pool);
        return;
    }
    NBL__EVENT(NBL_EVENT_POOL_FREE, call, pool, NULL, 0);
    nbl__slab_destroy(&pool->slab);
    descriptor_give(pool);
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle)
{
    pool_free(PoolHandle, NBL__POOL_LISTS, "NdisFreeNetBufferListPool");
}

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle)
{
    pool_free(PoolHandle, NBL__POOL_BUFFERS, "NdisFreeNetBufferPool");
}
