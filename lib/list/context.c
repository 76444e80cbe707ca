/* SPDX-License-Identifier: MIT
 *
 * context.c - taking and giving back context space of a NET_BUFFER_LIST (rules CTX).
 */
#include "context.h"

#include "../base/guard.h"
#include "../base/knob.h"
#include "../base/memory.h"

#include <nbl/list.h>

#define LARGEST_CONTEXT 0xFFFFu

static struct nbl__context_header *header_of(NET_BUFFER_LIST_CONTEXT *block)
{
    return (struct nbl__context_header *)(void *)block - 1;
}

/* A driver knows a context by its list. */
static void *allocate(NET_BUFFER_LIST const *list, size_t size)
{
    void *place = nbl__memory_allocate(nbl__context_bytes(size));
    nbl__guard_name(place, list);
    return place;
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
        place = allocate(list, size);
    if (place == NULL)
        return false;
    list->Context = nbl__context_construct(place, (USHORT)size, (USHORT)used, true, own_memory);
    return true;
}

bool nbl__context_empty(NET_BUFFER_LIST *list)
{
    void *place = allocate(list, 0);
    if (place == NULL)
        return false;
    list->Context = nbl__context_construct(place, 0, 0, true, true);
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

/* Takes space from the newest block, or makes a new one of `size` bytes with `bytes` of them in use. */
static inline NDIS_STATUS take(NET_BUFFER_LIST *list, USHORT bytes, ULONG size, bool in_place)
{
    NET_BUFFER_LIST_CONTEXT *top = list->Context;
    void *place;
    if (in_place) {
        top->Offset = (USHORT)(top->Offset - bytes);
        return NDIS_STATUS_SUCCESS;
    }
    if (size > LARGEST_CONTEXT)
        return NDIS_STATUS_FAILURE;
    place = allocate(list, size);
    if (place == NULL)
        return NDIS_STATUS_RESOURCES;
    list->Context = nbl__context_construct(place, (USHORT)size, bytes, false, true);
    list->Context->Next = top;
    return NDIS_STATUS_SUCCESS;
}

static inline bool fits(NET_BUFFER_LIST_CONTEXT const *block, ULONG bytes)
{
    return block != NULL && block->Offset >= bytes;
}

/* K-CTX-MISALIGN allows only what a pointer, but no MEMORY_ALLOCATION_ALIGNMENT, divides. */
static bool too_aligned(ULONG offset)
{
    return nbl__knob(NBL_KNOB_CTX_MISALIGN) && offset % MEMORY_ALLOCATION_ALIGNMENT == 0;
}

/* Under the knob, a block that cannot be as large as it would have to be leaves everything as it is without it. */
static NBL_COLD NDIS_STATUS take_watched(NET_BUFFER_LIST *list, USHORT bytes, USHORT backfill, char const *call)
{
    bool in_place = fits(list->Context, bytes);
    ULONG size = (ULONG)bytes + backfill;
    NDIS_STATUS status;
    if (in_place && size <= LARGEST_CONTEXT && too_aligned(list->Context->Offset - bytes))
        in_place = false;
    if (too_aligned(backfill) && size + sizeof(void *) <= LARGEST_CONTEXT)
        size += (ULONG)sizeof(void *);
    status = take(list, bytes, size, in_place);
    if (status == NDIS_STATUS_SUCCESS)
        NBL__EVENT(NBL_EVENT_CONTEXT_ALLOCATE, call, list, NULL, bytes);
    return status;
}

NDIS_STATUS NdisAllocateNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize,
                                             USHORT ContextBackFill, ULONG PoolTag)
{
    char const *call = "NdisAllocateNetBufferListContext";
    (void)PoolTag;
    if (ContextSize % sizeof(void *) != 0 || ContextBackFill % sizeof(void *) != 0) {
        nbl__violation("CTX-11", NBL_SEVERITY_ERROR, call, NetBufferList);
        return NDIS_STATUS_FAILURE;
    }
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER | NBL__HOOK_KNOB)))
        return take_watched(NetBufferList, ContextSize, ContextBackFill, call);
    return take(NetBufferList, ContextSize, (ULONG)ContextSize + ContextBackFill,
                fits(NetBufferList->Context, ContextSize));
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
