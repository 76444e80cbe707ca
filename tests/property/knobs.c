/* SPDX-License-Identifier: MIT
 *
 * knobs.c - what the oracle expects otherwise while a knob is on (nbl/knob.h). Each function gives the default's answer
 * without it.
 */
#include "model.h"

ULONG retreat_bytes(struct buffer const *buffer, ULONG delta, ULONG backfill)
{
    return nbl_knob_get(NBL_KNOB_RET_SIZE_B) ? delta - buffer->offset + backfill : delta + backfill;
}

ULONG fresh_offset(void)
{
    return nbl_knob_get(NBL_KNOB_POOL_OFFSET_0) ? 0 : POOL_DATA_SIZE;
}

bool ends_nowhere(struct buffer const *buffer)
{
    return nbl_knob_get(NBL_KNOB_END_NULL) && buffer->offset == capacity_of(buffer) && buffer->real->CurrentMdl == NULL
        && buffer->real->CurrentMdlOffset == 0;
}

void settle_end(NET_BUFFER *buffer)
{
    if (nbl_knob_get(NBL_KNOB_END_NULL))
        NdisAdjustNetBufferCurrentMdl(buffer);
}

unsigned first_shared(struct buffer const *original, ULONG *offset)
{
    int const index = piece_at(original, original->offset, offset);
    if (nbl_knob_get(NBL_KNOB_USEORIG_FULL)) {
        *offset = original->offset;
        return 0;
    }
    if (!ends_nowhere(original))
        return index < 0 ? 0 : (unsigned)index;
    *offset = 0; /* from no CurrentMdl, no MDL */
    return original->count;
}

bool advance_frees(enum piece_kind kind)
{
    if (kind == PIECE_DERIVED)
        return !nbl_knob_get(NBL_KNOB_ADV_STRICT);
    return kind == PIECE_RETREAT || kind == PIECE_CUSTOM || kind == PIECE_PRIVATE;
}

NET_BUFFER_LIST *expected_parent(struct list const *list)
{
    return nbl_knob_get(NBL_KNOB_AUTO_PARENT) && list->parent != NULL ? list->parent->real : NULL;
}

LONG expected_children(struct list const *list)
{
    return nbl_knob_get(NBL_KNOB_AUTO_PARENT) ? (LONG)list->children : 0;
}

bool has_initial_context(struct list const *list)
{
    return list->initial_context != 0 || (nbl_knob_get(NBL_KNOB_CTX_ALWAYS) && list->kind == LIST_PLAIN);
}

static bool too_aligned(ULONG offset)
{
    return nbl_knob_get(NBL_KNOB_CTX_MISALIGN) && offset % MEMORY_ALLOCATION_ALIGNMENT == 0;
}

bool context_in_place(NET_BUFFER_LIST_CONTEXT const *top, ULONG bytes)
{
    return top != NULL && top->Offset >= bytes && !too_aligned(top->Offset - bytes);
}

ULONG context_padding(ULONG backfill)
{
    return too_aligned(backfill) ? (ULONG)sizeof(void *) : 0;
}

static ULONG pages_of(struct piece const *piece, ULONG from, ULONG to)
{
    uintptr_t const first = (uintptr_t)nbl_test_address(piece->mdl) + from;
    return to == from ? 0 : (ULONG)((first + (to - from) - 1) / PAGE_SIZE - first / PAGE_SIZE + 1);
}

/* PHYS-01 counts whole MDLs from CurrentMdl on, K-PHYS-USED the used data. */
ULONG expected_pages(struct buffer const *buffer)
{
    bool const used_only = nbl_knob_get(NBL_KNOB_PHYS_USED);
    ULONG const end = buffer->offset + buffer->length;
    ULONG pages = 0, position = 0, offset;
    int const first = piece_at(buffer, buffer->offset, &offset);
    if (ends_nowhere(buffer))
        return 0;
    for (int i = 0; i < (int)buffer->count; i++) {
        struct piece const *piece = &buffer->pieces[i];
        ULONG const from = buffer->offset > position ? buffer->offset - position : 0;
        ULONG const to = end - position < piece->bytes ? end - position : piece->bytes;
        if (used_only && position < end && from < to)
            pages += pages_of(piece, from, to);
        if (!used_only && i >= first)
            pages += piece->bytes == 0 ? 1 : pages_of(piece, 0, piece->bytes);
        position += piece->bytes;
    }
    return pages;
}
