/* SPDX-License-Identifier: MIT
 *
 * copy.c - the deep copy: NET_BUFFERs with memory of their own.
 */
#include "derived.h"

#include <string.h>

/* Maps every MDL of the used data, so that the copying itself cannot fail. */
static bool readable(NET_BUFFER const *buffer)
{
    struct nbl__cursor cursor = nbl__cursor_at(buffer, 0);
    ULONG rest = buffer->DataLength;
    while (rest > 0) {
        ULONG const step = nbl__cursor_piece(&cursor, rest);
        if (step == 0 || nbl__mdl_address(cursor.mdl) == NULL)
            return false;
        cursor.offset += step;
        rest -= step;
    }
    return true;
}

static bool measure(NET_BUFFER_LIST const *original, ULONG backfill, struct nbl__layout *layout)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        uint64_t const bytes = (uint64_t)backfill + buffer->DataLength;
        if (bytes > NBL__LARGEST_WINDOW || !readable(buffer))
            return false;
        nbl__measure_private(layout, bytes);
        layout->buffers++;
    }
    return true;
}

static void copy_bytes(UCHAR *to, NET_BUFFER const *buffer)
{
    struct nbl__cursor cursor = nbl__cursor_at(buffer, 0);
    ULONG rest = buffer->DataLength;
    while (rest > 0) {
        ULONG const step = nbl__cursor_piece(&cursor, rest);
        memcpy(to, (UCHAR const *)nbl__mdl_address(cursor.mdl) + cursor.offset, step);
        cursor.offset += step;
        to += step;
        rest -= step;
    }
}

static inline void build(struct nbl__builder *builder, NET_BUFFER_LIST const *original, ULONG backfill)
{
    for (NET_BUFFER const *buffer = original->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct nbl__new_mdls chain = { NULL, 0, NULL };
        UCHAR *memory = nbl__build_private(builder, &chain, backfill + buffer->DataLength, backfill);
        if (memory != NULL)
            copy_bytes(memory + backfill, buffer);
        nbl__build_buffer_here(builder, chain, memory == NULL ? 0 : backfill, buffer->DataLength, buffer->ChecksumBias);
    }
}

NET_BUFFER_LIST *nbl_derive_copy(NET_BUFFER_LIST const *original, NDIS_HANDLE list_pool, NDIS_HANDLE buffer_pool,
                                 ULONG backfill)
{
    char const *call = "nbl_derive_copy";
    struct nbl__layout layout = { 0, 0 };
    struct nbl__pools pools;
    struct nbl__builder builder;
    if (nbl__dead("VER-01", call, original) || !nbl__derive_pools(list_pool, buffer_pool, call, &pools) || !measure(original, backfill, &layout)
        || !nbl__derive_start(&builder, &layout, &pools, NBL__LIST_COPY, 0))
        return NULL;
    build(&builder, original, backfill);
    return nbl__derive_finish(&builder, &pools, &layout, NULL, call);
}

VOID nbl_derive_free_copy(NET_BUFFER_LIST *copy)
{
    (void)nbl__derive_free(copy, NBL__LIST_COPY, 0, "GEN-08", NBL_SEVERITY_ERROR, "nbl_derive_free_copy");
}
