/* SPDX-License-Identifier: MIT
 *
 * held.c - a program that holds objects of every kind, for a debugger to look at when it reaches stop_here.
 */
#include <stdlib.h>
#include <string.h>

#include <nbl/nbl.h>

/* What the debugger asks for by name. */
NET_BUFFER_LIST *packet, *clone, *fragments, *pool_clone;
NET_BUFFER *lonely;
MDL *shared;
NDIS_HANDLE list_pool, buffer_pool, bare_pool;
void *untyped;
NET_BUFFER_LIST *circle;

void stop_here(void);

__attribute__((noinline)) void stop_here(void)
{
    __asm__ volatile("" ::: "memory");
}

static NDIS_HANDLE make_list_pool(ULONG tag, BOOLEAN buffers, ULONG data)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = buffers, .PoolTag = tag, .DataSize = data };
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static NDIS_HANDLE make_buffer_pool(ULONG tag, ULONG data)
{
    NET_BUFFER_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
        .PoolTag = tag, .DataSize = data };
    return NdisAllocateNetBufferPool(NULL, &parameters);
}

static void make_packet(void)
{
    NET_BUFFER *buffer;
    packet = NdisAllocateNetBufferList(list_pool, 0, 0);
    buffer = NET_BUFFER_LIST_FIRST_NB(packet);
    (void)NdisRetreatNetBufferDataStart(buffer, 50, 0, NULL);
    memset(NdisGetDataBuffer(buffer, 50, NULL, 1, 0), 'p', 50);
    memcpy(NdisGetDataBuffer(buffer, 5, NULL, 1, 0), "hello", 5);
    NdisSetNblFlag(packet, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_UDP);
    NET_BUFFER_LIST_INFO(packet, Ieee8021QNetBufferListInfo) = (PVOID)0x70;
    shared = buffer->MdlChain;
    untyped = packet;
}

/* A block that waits in a magazine and looks alive: only the magazine tells. */
static void leave_a_stale_one(void)
{
    NET_BUFFER_LIST *stale = NdisAllocateNetBufferList(bare_pool, 0, 0);
    PVOID const state = stale->NdisReserved[0];
    NdisFreeNetBufferList(stale);
    stale->NdisReserved[0] = state;
}

int main(void)
{
    list_pool = make_list_pool(0x416B7450u, TRUE, 256); /* 'PtkA' */
    bare_pool = make_list_pool(0x426B7450u, TRUE, 0);
    buffer_pool = make_buffer_pool(0x636B7450u, 64);
    make_packet();
    for (int i = 0; i < 200; i++) { /* blocks that go through magazines and depot, and are not there any more */
        NET_BUFFER_LIST *chain = nbl_pool_take(list_pool, 150, NULL);
        (void)nbl_pool_give(chain);
    }
    clone = NdisAllocateCloneNetBufferList(packet, NULL, NULL, 0);
    pool_clone = NdisAllocateCloneNetBufferList(packet, bare_pool, NULL, 0);
    fragments = NdisAllocateFragmentNetBufferList(packet, bare_pool, NULL, 0, 20, 14, 0, 0);
    lonely = NdisAllocateNetBufferMdlAndData(buffer_pool);
    circle = NdisAllocateNetBufferList(bare_pool, 0, 0);
    NET_BUFFER_LIST_FIRST_NB(circle)->Next = NET_BUFFER_LIST_FIRST_NB(circle);
    if (clone == NULL || pool_clone == NULL || fragments == NULL || lonely == NULL)
        return 1;
    leave_a_stale_one();
    stop_here();
    return 0;
}
