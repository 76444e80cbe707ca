/* SPDX-License-Identifier: MIT
 *
 * context.c - taking and giving back context space of a NET_BUFFER_LIST (rules CTX).
 */
#include "context.h"

#include "../base/memory.h"

#include <nbl/list.h>

#define LARGEST_CONTEXT 0xFFFFu

static struct nbl__context_header *header_of(NET_BUFFER_LIST_CONTEXT *block)
{
    return (struct nbl__context_header *)(void *)block - 1;
}

bool nbl__context_initial(NET_BUFFER_LIST *list, void *place, ULONG pool_size, ULONG used, ULONG backfill)
{
    ULONG const size = used + backfill > pool_size ? used + backfill : pool_size;
    bool const own_memory = size > pool_size;
    if (size == 0)
        return true;
    if (size > LARGEST_CONTEXT)
        return false;
    if (own_memory)
        place = nbl__memory_allocate(nbl__context_bytes(size));
    if (place == NULL)
        return false;
    list->Context = nbl__context_construct(place, (USHORT)size, (USHORT)used, true, own_memory);
    return true;
}

static void release(NET_BUFFER_LIST_CONTEXT *block)
{
    if (header_of(block)->own_memory)
        nbl__memory_release(header_of(block), nbl__context_bytes(block->Size));
}

void nbl__context_reclaim(NET_BUFFER_LIST *list, char const *rule, char const *call)
{
    NET_BUFFER_LIST_CONTEXT *block = list->Context;
    list->Context = NULL;
    while (block != NULL) {
        NET_BUFFER_LIST_CONTEXT *next = block->Next;
        if (!header_of(block)->initial)
            nbl__violation(rule, NBL_SEVERITY_ERROR, call, list);
        release(block);
        block = next;
    }
}

NDIS_STATUS NdisAllocateNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize,
                                             USHORT ContextBackFill, ULONG PoolTag)
{
    NET_BUFFER_LIST_CONTEXT *top = NetBufferList->Context;
    ULONG const size = (ULONG)ContextSize + ContextBackFill;
    void *place;
    (void)PoolTag;
    if (ContextSize % sizeof(void *) != 0 || ContextBackFill % sizeof(void *) != 0) {
        nbl__violation("CTX-11", NBL_SEVERITY_ERROR, "NdisAllocateNetBufferListContext", NetBufferList);
        return NDIS_STATUS_FAILURE;
    }
    if (top != NULL && top->Offset >= ContextSize) {
        top->Offset = (USHORT)(top->Offset - ContextSize);
    } else {
        if (size > LARGEST_CONTEXT)
            return NDIS_STATUS_FAILURE;
        place = nbl__memory_allocate(nbl__context_bytes(size));
        if (place == NULL)
            return NDIS_STATUS_RESOURCES;
        NetBufferList->Context = nbl__context_construct(place, (USHORT)size, ContextSize, false, true);
        NetBufferList->Context->Next = top;
    }
    NBL__EVENT(NBL_EVENT_CONTEXT_ALLOCATE, "NdisAllocateNetBufferListContext", NetBufferList, NULL, ContextSize);
    return NDIS_STATUS_SUCCESS;
}

/* What may be given back from a block: all in use, less what was reserved when the NBL was allocated (CTX-10). */
static ULONG returnable(NET_BUFFER_LIST_CONTEXT *block)
{
    ULONG const used = (ULONG)block->Size - block->Offset;
    ULONG const reserved = header_of(block)->reserved;
    return used > reserved ? used - reserved : 0;
}

VOID NdisFreeNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize)
{
    NET_BUFFER_LIST_CONTEXT *block = NetBufferList->Context;
    if (ContextSize % sizeof(void *) != 0) {
        nbl__violation("CTX-11", NBL_SEVERITY_ERROR, "NdisFreeNetBufferListContext", NetBufferList);
        return;
    }
    if (block == NULL || ContextSize > returnable(block)) {
        nbl__violation("CTX-10", NBL_SEVERITY_FATAL, "NdisFreeNetBufferListContext", NetBufferList);
        return;
    }
    block->Offset = (USHORT)(block->Offset + ContextSize);
    NBL__EVENT(NBL_EVENT_CONTEXT_FREE, "NdisFreeNetBufferListContext", NetBufferList, NULL, ContextSize);
    if (!header_of(block)->initial && block->Offset == block->Size) {
        NetBufferList->Context = block->Next;
        release(block);
    }
}
