/* SPDX-License-Identifier: MIT
 *
 * context.h (internal) - context blocks of a NET_BUFFER_LIST and what libnbl remembers in front of each.
 *
 *     [struct nbl__context_header][NET_BUFFER_LIST_CONTEXT][ContextData: Size bytes]
 *
 * A block is initial (made with its NBL, freed with it) or dynamic (made by NdisAllocateNetBufferListContext). The
 * initial block may be part of the NBL's own block or memory of its own.
 */
#ifndef NBL_LIST_CONTEXT_H
#define NBL_LIST_CONTEXT_H

#include <nbl/types.h>

#include <stdbool.h>

struct nbl__context_header {
    NBL_ALIGNAS(MEMORY_ALLOCATION_ALIGNMENT) USHORT reserved; /* bytes in use since the NBL was allocated */
    uint8_t initial;
    uint8_t own_memory; /* to be given to nbl__memory_release */
};

/* nbl__context_bytes: what a block with `size` bytes of ContextData takes, a multiple of 16. */
static inline size_t nbl__context_bytes(size_t size)
{
    size_t const bytes = sizeof(struct nbl__context_header) + sizeof(NET_BUFFER_LIST_CONTEXT) + size;
    return (bytes + 15u) & ~(size_t)15u;
}

/* nbl__context_round rounds a size up to what context sizes have to be a multiple of. */
static inline ULONG nbl__context_round(ULONG size)
{
    return (size + MEMORY_ALLOCATION_ALIGNMENT - 1) & ~(ULONG)(MEMORY_ALLOCATION_ALIGNMENT - 1);
}

/* nbl__context_construct makes a block at `place`: Size = size, Offset = size - used. */
static inline NET_BUFFER_LIST_CONTEXT *nbl__context_construct(void *place, USHORT size, USHORT used, bool initial,
                                                             bool own_memory)
{
    struct nbl__context_header *header = place;
    NET_BUFFER_LIST_CONTEXT *block = (NET_BUFFER_LIST_CONTEXT *)(void *)(header + 1);
    header->reserved = initial ? used : 0;
    header->initial = initial;
    header->own_memory = own_memory;
    block->Next = NULL;
    block->Size = size;
    block->Offset = (USHORT)(size - used);
    return block;
}

/* nbl__context_initial gives a NBL its initial block (CTX-04): size = max(pool_size, used + backfill), in `place` when
 * it fits in pool_size, else in memory of its own. Sizes are rounded already. Returns false, with Context NULL, when
 * there is no memory or when the size does not fit a USHORT. Size 0 leaves Context NULL. */
bool nbl__context_initial(NET_BUFFER_LIST *list, void *place, ULONG pool_size, ULONG used, ULONG backfill);

/* nbl__context_empty gives a NBL without context an initial block of no bytes (K-CTX-ALWAYS). Returns false, with Context
 * NULL, without memory. */
bool nbl__context_empty(NET_BUFFER_LIST *list);

/* nbl__context_reclaim frees every block of a NBL that is about to be freed; dynamic ones are reported with `rule`. */
void nbl__context_reclaim(NET_BUFFER_LIST *list, char const *rule, char const *call);

#endif
