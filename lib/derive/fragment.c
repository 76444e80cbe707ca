/* SPDX-License-Identifier: MIT
 *
 * fragment.c - cutting every NET_BUFFER of a list into pieces with room for a header of their own (rules FRAG).
 */
#include "derived.h"

struct cut {
    ULONG start;
    ULONG maximum;
    ULONG delta;
    ULONG backfill;
    char const *call;
};

/* FRAG-12: a fragment's used data and its whole window fit a ULONG. */
static bool lengths_fit(NET_BUFFER const *buffer, struct cut const *cut)
{
    ULONG const rest = buffer->DataLength - cut->start;
    ULONG const longest = rest < cut->maximum ? rest : cut->maximum;
    uint64_t const backfill =
        cut->delta == 0 ? 0 : cut->backfill; /* nothing to allocate: FRAG-07 asks for no backfill */
    return (uint64_t)longest + cut->delta + backfill <= NBL__LARGEST_WINDOW;
}

/* FRAG-09: nothing is left of the NB. */
static bool skipped(NET_BUFFER const *buffer, struct cut const *cut)
{
    if (buffer->DataLength > cut->start)
        return false;
    nbl__violation("FRAG-09", buffer->DataLength == cut->start ? NBL_SEVERITY_WARNING : NBL_SEVERITY_ERROR, cut->call,
                   buffer);
    return true;
}

static ULONG private_bytes(struct cut const *cut)
{
    return cut->delta == 0 ? 0 : cut->delta + cut->backfill;
}

/* A cut adds one piece to those that the range has as it is, so that pieces <= fragments + MDLs of the range - 1 is
 * known without walking the fragments, and what MDLs over them take is bounded: for bytes[i] of one piece,
 *
 *     nbl__mdl_block_bytes(bytes[i]) <= nbl__mdl_block_bytes(0) + NBL__PART_ALIGNMENT * (whole pages in bytes[i])
 */
static char const *measure_buffer(NET_BUFFER const *buffer, struct cut const *cut, struct nbl__layout *layout)
{
    struct nbl__cursor cursor = nbl__cursor_at(buffer, cut->start);
    ULONG rest = buffer->DataLength - cut->start;
    uint64_t const fragments = (rest - 1) / cut->maximum + UINT64_C(1);
    uint64_t const pages = rest >> PAGE_SHIFT;
    uint64_t pieces = fragments - 1;
    while (rest > 0) {
        ULONG const step = nbl__cursor_piece(&cursor, rest);
        if (step == 0)
            return "INV-05";
        cursor.offset += step;
        rest -= step;
        pieces++;
    }
    layout->buffers += fragments;
    layout->part_bytes += pieces * nbl__mdl_block_bytes(0) + pages * NBL__PART_ALIGNMENT;
    if (private_bytes(cut) > 0)
        layout->part_bytes +=
            fragments * (nbl__mdl_block_bytes(private_bytes(cut)) + nbl__part_bytes(private_bytes(cut)));
    return NULL;
}

/* Returns the rule that forbids the cut, or NULL. */
static char const *measure(NET_BUFFER_LIST const *original, struct cut const *cut, struct nbl__layout *layout)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        char const *broken = NULL;
        if (skipped(buffer, cut))
            continue;
        broken = lengths_fit(buffer, cut) ? measure_buffer(buffer, cut, layout) : "FRAG-12";
        if (broken != NULL)
            return broken;
    }
    return NULL;
}

static inline void build(struct nbl__builder *builder, NET_BUFFER_LIST const *original, struct cut const *cut)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__cursor cursor = nbl__cursor_at(buffer, cut->start);
        ULONG rest = buffer->DataLength > cut->start ? buffer->DataLength - cut->start : 0;
        while (rest > 0) {
            ULONG const bytes = rest < cut->maximum ? rest : cut->maximum;
            struct nbl__new_mdls chain = { NULL, 0, NULL };
            (void)nbl__build_private(builder, &chain, private_bytes(cut), cut->backfill);
            nbl__build_range(builder, &chain, &cursor, bytes);
            nbl__build_buffer_here(builder, chain, cut->delta == 0 ? 0 : cut->backfill, bytes + cut->delta, 0);
            rest -= bytes;
        }
    }
}

NET_BUFFER_LIST *NdisAllocateFragmentNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                   NDIS_HANDLE NetBufferListPool, NDIS_HANDLE NetBufferPool,
                                                   ULONG StartOffset, ULONG MaximumLength, ULONG DataOffsetDelta,
                                                   ULONG DataBackFill, ULONG AllocateFragmentFlags)
{
    struct cut const cut = { StartOffset, MaximumLength, DataOffsetDelta, DataBackFill,
                             "NdisAllocateFragmentNetBufferList" };
    struct nbl__layout layout = { 0, 0 };
    struct nbl__pools pools;
    struct nbl__builder builder;
    char const *broken;
    if (nbl__dead("VER-01", cut.call, OriginalNetBufferList))
        return NULL;
    if (AllocateFragmentFlags != 0)
        nbl__violation("FRAG-01", NBL_SEVERITY_ERROR, cut.call, OriginalNetBufferList);
    if (MaximumLength == 0) {
        nbl__violation("FRAG-11", NBL_SEVERITY_ERROR, cut.call, OriginalNetBufferList);
        return NULL;
    }
    if (!nbl__derive_pools(NetBufferListPool, NetBufferPool, cut.call, &pools))
        return NULL;
    broken = measure(OriginalNetBufferList, &cut, &layout);
    if (broken != NULL) {
        nbl__violation(broken, NBL_SEVERITY_ERROR, cut.call, OriginalNetBufferList);
        return NULL;
    }
    if (layout.buffers == 0 || !nbl__derive_start(&builder, &layout, &pools, NBL__LIST_FRAGMENT, DataOffsetDelta))
        return NULL;
    build(&builder, OriginalNetBufferList, &cut);
    return nbl__derive_finish(&builder, &pools, &layout, OriginalNetBufferList, cut.call);
}

VOID NdisFreeFragmentNetBufferList(NET_BUFFER_LIST *FragmentNetBufferList, ULONG DataOffsetDelta,
                                   ULONG FreeFragmentFlags)
{
    (void)FreeFragmentFlags;
    (void)nbl__derive_free(FragmentNetBufferList, NBL__LIST_FRAGMENT, DataOffsetDelta, "FRAG-13", NBL_SEVERITY_ERROR,
                           "NdisFreeFragmentNetBufferList");
}
