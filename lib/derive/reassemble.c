/* SPDX-License-Identifier: MIT
 *
 * reassemble.c - one NET_BUFFER over the bytes of all NET_BUFFERs of a list (rules REASM).
 */
#include "derived.h"

struct join {
    ULONG start;
    ULONG delta;
    ULONG backfill;
    char const *call;
};

static ULONG contribution(NET_BUFFER const *buffer, struct join const *join)
{
    return buffer->DataLength > join->start ? buffer->DataLength - join->start : 0;
}

static ULONG private_bytes(struct join const *join)
{
    return join->delta == 0 ? 0 : join->delta + join->backfill;
}

static void report_without_contribution(NET_BUFFER const *buffer, struct join const *join)
{
    nbl__violation("REASM-05", buffer->DataLength > 0 ? NBL_SEVERITY_WARNING : NBL_SEVERITY_INFO, join->call, buffer);
}

/* Returns the rule that forbids the join, or NULL; *total is the bytes that are contributed. */
static char const *measure(NET_BUFFER_LIST const *source, struct join const *join, struct nbl__layout *layout,
                           uint64_t *total)
{
    *total = 0;
    layout->buffers = 1;
    for (NET_BUFFER const *buffer = source->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__cursor cursor = nbl__cursor_at(buffer, join->start);
        ULONG const bytes = contribution(buffer, join);
        if (bytes == 0) {
            report_without_contribution(buffer, join);
            continue;
        }
        *total += bytes;
        if (!nbl__measure_range(layout, &cursor, bytes))
            return "INV-05";
    }
    if (*total + join->delta + (join->delta == 0 ? 0 : join->backfill) > NBL__LARGEST_WINDOW)
        return "REASM-07";
    nbl__measure_private(layout, private_bytes(join));
    return NULL;
}

static inline void build(struct nbl__builder *builder, NET_BUFFER_LIST const *source, struct join const *join,
                         ULONG total)
{
    struct nbl__new_mdls chain = { NULL, 0, NULL };
    (void)nbl__build_private(builder, &chain, private_bytes(join), join->backfill);
    for (NET_BUFFER const *buffer = source->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__cursor cursor = nbl__cursor_at(buffer, join->start);
        ULONG const bytes = contribution(buffer, join);
        nbl__build_range(builder, &chain, &cursor, bytes);
    }
    nbl__build_buffer_here(builder, chain, join->delta == 0 ? 0 : join->backfill, total + join->delta, 0);
}

/* REASM-01: the pool has to bring exactly the one NB. */
static bool pool_brings_buffer(NDIS_HANDLE handle, struct nbl__pools const *pools, char const *call)
{
    if (handle == NULL || pools->lists->has_buffer)
        return true;
    nbl__violation("REASM-01", NBL_SEVERITY_ERROR, call, handle);
    return false;
}

NET_BUFFER_LIST *NdisAllocateReassembledNetBufferList(NET_BUFFER_LIST *FragmentNetBufferList,
                                                      NDIS_HANDLE NetBufferAndNetBufferListPoolHandle,
                                                      ULONG StartOffset, ULONG DataOffsetDelta, ULONG DataBackFill,
                                                      ULONG AllocateReassembleFlags)
{
    struct join const join = { StartOffset, DataOffsetDelta, DataBackFill, "NdisAllocateReassembledNetBufferList" };
    struct nbl__layout layout = { 0, 0 };
    struct nbl__pools pools;
    struct nbl__builder builder;
    char const *broken;
    uint64_t total;
    if (nbl__dead("VER-01", join.call, FragmentNetBufferList))
        return NULL;
    if (AllocateReassembleFlags != 0)
        nbl__violation("REASM-01", NBL_SEVERITY_ERROR, join.call, FragmentNetBufferList);
    if (!nbl__derive_pools(NetBufferAndNetBufferListPoolHandle, NULL, join.call, &pools)
        || !pool_brings_buffer(NetBufferAndNetBufferListPoolHandle, &pools, join.call))
        return NULL;
    broken = measure(FragmentNetBufferList, &join, &layout, &total);
    if (broken != NULL) {
        nbl__violation(broken, NBL_SEVERITY_ERROR, join.call, FragmentNetBufferList);
        return NULL;
    }
    if (!nbl__derive_start(&builder, &layout, &pools, NBL__LIST_REASSEMBLED, DataOffsetDelta))
        return NULL;
    build(&builder, FragmentNetBufferList, &join, (ULONG)total);
    return nbl__derive_finish(&builder, &pools, &layout, FragmentNetBufferList, join.call);
}

VOID NdisFreeReassembledNetBufferList(NET_BUFFER_LIST *ReassembledNetBufferList, ULONG DataOffsetDelta,
                                      ULONG FreeReassembleFlags)
{
    (void)FreeReassembleFlags;
    (void)nbl__derive_free(ReassembledNetBufferList, NBL__LIST_REASSEMBLED, DataOffsetDelta, "REASM-08",
                           NBL_SEVERITY_ERROR, "NdisFreeReassembledNetBufferList");
}
