/* SPDX-License-Identifier: MIT
 *
 * buffer.c - NET_BUFFERs from pools (rules NB-20 to NB-26).
 */
#include "pool.h"

#include "../base/track.h"

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
    for (; mdl != NULL && held < bytes; mdl = mdl->Next)
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

void nbl__pool_hide_data(struct nbl__pool const *pool, void *block)
{
    struct nbl__mdl_record *record = nbl__mdl_record_of(nbl__pool_mdl(pool, block));
    nbl__track_hide((unsigned char *)block + pool->data_offset, pool->data_size);
    record->hidden = 1;
}

void nbl__pool_buffer_retire(struct nbl__pool const *pool, void *block, NET_BUFFER *buffer, char const *rule,
                             char const *call)
{
    nbl__buffer_release_records(buffer, rule, NBL_SEVERITY_ERROR, call);
    if (pool->data_size > 0 && !nbl__pool_mdl_whole(pool, block)) {
        nbl__violation("POOL-13", NBL_SEVERITY_ERROR, call, buffer);
        nbl__pool_construct(block, (void *)(uintptr_t)pool);
    }
}

static NET_BUFFER *take_buffer(NDIS_HANDLE handle, bool with_data, char const *rule, char const *call)
{
    struct nbl__pool *pool = nbl__pool_of(handle, NBL__POOL_BUFFERS, call);
    NET_BUFFER *buffer;
    if (pool == NULL)
        return NULL;
    if ((pool->data_size != 0) != with_data) {
        nbl__violation(rule, NBL_SEVERITY_ERROR, call, pool);
        return NULL;
    }
    buffer = nbl__slab_take(&pool->slab, pool->block_bytes);
    if (buffer == NULL)
        return NULL;
    nbl__pool_buffer_fresh(pool, buffer, buffer, NBL__BUFFER_POOL);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)) && with_data)
        nbl__pool_hide_data(pool, buffer);
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
    NET_BUFFER *buffer = take_buffer(PoolHandle, true, "NB-24", call);
    if (buffer != NULL)
        NBL__EVENT(NBL_EVENT_BUFFER_ALLOCATE, call, buffer, NULL, 0);
    return buffer;
}

VOID NdisFreeNetBuffer(NET_BUFFER *NetBuffer)
{
    char const *call = "NdisFreeNetBuffer";
    struct nbl__pool *pool;
    if (NetBuffer->NdisReserved[1] != nbl__buffer_tag(NBL__BUFFER_POOL)) {
        nbl__violation("NB-25", NBL_SEVERITY_FATAL, call, NetBuffer);
        return;
    }
    pool = nbl__pool_of(NetBuffer->NdisPoolHandle, NBL__POOL_BUFFERS, call);
    if (pool == NULL)
        return;
    NBL__EVENT(NBL_EVENT_BUFFER_FREE, call, NetBuffer, NULL, 0);
    if (NBL_UNLIKELY(!nbl__pool_buffer_clean(pool, NetBuffer, NetBuffer)))
        nbl__pool_buffer_retire(pool, NetBuffer, NetBuffer, "NB-25", call);
    NetBuffer->NdisReserved[1] = nbl__buffer_tag(NBL__BUFFER_FREE);
    nbl__slab_give(&pool->slab, NetBuffer, pool->block_bytes);
}

NDIS_HANDLE NdisGetPoolFromNetBuffer(NET_BUFFER const *NetBuffer)
{
    return NetBuffer->NdisPoolHandle;
}
