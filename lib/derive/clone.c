/* SPDX-License-Identifier: MIT
 *
 * clone.c - new NET_BUFFERs over the used data of another list's (rules CLONE).
 */
#include "derived.h"

#define KNOWN_FLAGS (NDIS_CLONE_FLAGS_RESERVED | NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS)

static bool measure(NET_BUFFER_LIST const *original, bool share_mdls, struct nbl__layout *layout)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__cursor cursor = nbl__cursor_at(buffer, 0);
        if (!share_mdls && !nbl__measure_range(layout, &cursor, buffer->DataLength))
            return false;
        layout->buffers++;
    }
    return true;
}

/* CLONE-09: the window begins in the MDL that holds the first used byte; what is in front of it there is backfill. */
static inline void build(struct nbl__builder *builder, NET_BUFFER_LIST const *original, bool share_mdls)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        if (share_mdls) {
            struct nbl__position const first = nbl__buffer_start(buffer);
            nbl__build_buffer(builder, first.mdl, first, first.offset, buffer->DataLength, buffer->ChecksumBias);
        } else {
            struct nbl__cursor cursor = nbl__cursor_at(buffer, 0);
            nbl__build_range(builder, &cursor, buffer->DataLength);
            nbl__build_buffer_here(builder, 0, buffer->DataLength, buffer->ChecksumBias);
        }
    }
}

NET_BUFFER_LIST *NdisAllocateCloneNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                NDIS_HANDLE NetBufferListPoolHandle, NDIS_HANDLE NetBufferPoolHandle,
                                                ULONG AllocateCloneFlags)
{
    char const *call = "NdisAllocateCloneNetBufferList";
    bool const share_mdls = (AllocateCloneFlags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0;
    struct nbl__layout layout = { 0, 0 };
    struct nbl__pools pools;
    struct nbl__builder builder;
    if ((AllocateCloneFlags & ~(ULONG)KNOWN_FLAGS) != 0) {
        nbl__violation("CLONE-01", NBL_SEVERITY_ERROR, call, OriginalNetBufferList);
        return NULL;
    }
    if ((AllocateCloneFlags & NDIS_CLONE_FLAGS_RESERVED) != 0)
        nbl__violation("CLONE-01", NBL_SEVERITY_WARNING, call, OriginalNetBufferList);
    if (!nbl__derive_pools(NetBufferListPoolHandle, NetBufferPoolHandle, call, &pools))
        return NULL;
    if (OriginalNetBufferList->FirstNetBuffer == NULL)
        nbl__violation("CLONE-02", NBL_SEVERITY_WARNING, call, OriginalNetBufferList);
    if (!measure(OriginalNetBufferList, share_mdls, &layout)) {
        nbl__violation("INV-05", NBL_SEVERITY_FATAL, call, OriginalNetBufferList);
        return NULL;
    }
    if (!nbl__derive_start(&builder, &layout, &pools, NBL__LIST_CLONE, AllocateCloneFlags))
        return NULL;
    build(&builder, OriginalNetBufferList, share_mdls);
    return nbl__derive_finish(&builder, &pools, &layout, OriginalNetBufferList, call);
}

VOID NdisFreeCloneNetBufferList(NET_BUFFER_LIST *CloneNetBufferList, ULONG FreeCloneFlags)
{
    (void)nbl__derive_free(CloneNetBufferList, NBL__LIST_CLONE, FreeCloneFlags, "CLONE-11", NBL_SEVERITY_FATAL,
                           "NdisFreeCloneNetBufferList");
}
