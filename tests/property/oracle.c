/* SPDX-License-Identifier: MIT
 *
 * oracle.c - positions and ranges of the picture, and comparing the picture with the world: INV-03..INV-07, PROP-03,
 * PROP-08 after every operation.
 */
#include "model.h"

struct world world;

ULONG capacity_of(struct buffer const *buffer)
{
    ULONG bytes = 0;
    for (unsigned i = 0; i < buffer->count; i++)
        bytes += buffer->pieces[i].bytes;
    return bytes;
}

int piece_at(struct buffer const *buffer, ULONG position, ULONG *offset)
{
    *offset = 0;
    for (unsigned i = 0; i < buffer->count; i++) {
        if (position < buffer->pieces[i].bytes) {
            *offset = position;
            return (int)i;
        }
        position -= buffer->pieces[i].bytes;
    }
    if (position != 0)
        broken("the picture itself: a window beyond its chain");
    if (buffer->count == 0)
        return -1;
    *offset = buffer->pieces[buffer->count - 1].bytes;
    return (int)buffer->count - 1;
}

struct region *byte_at(struct buffer const *buffer, ULONG position, ULONG *offset)
{
    ULONG within;
    int const index = piece_at(buffer, position, &within);
    struct piece const *piece;
    if (index < 0 || within >= buffer->pieces[index].bytes)
        broken("the picture itself: no byte %u", (unsigned)position);
    piece = &buffer->pieces[index];
    *offset = piece->start + within;
    return piece->region;
}

bool range_of(struct buffer const *from_buffer, ULONG from, ULONG bytes, struct buffer *to, enum piece_kind kind)
{
    ULONG position = 0;
    for (unsigned i = 0; i < from_buffer->count && bytes > 0; i++) {
        struct piece const *piece = &from_buffer->pieces[i];
        ULONG const end = position + piece->bytes;
        if (from < end && piece->bytes > 0) {
            ULONG const skip = from - position;
            ULONG const step = piece->bytes - skip < bytes ? piece->bytes - skip : bytes;
            if (to->count == BUFFER_PIECES)
                return false;
            to->pieces[to->count++] = (struct piece){ kind, NULL, step, piece->region, piece->start + skip };
            from += step;
            bytes -= step;
        }
        position = end;
    }
    return bytes == 0;
}

struct piece *front_piece(struct buffer *buffer)
{
    memmove(&buffer->pieces[1], &buffer->pieces[0], buffer->count * sizeof(buffer->pieces[0]));
    buffer->count++;
    memset(&buffer->pieces[0], 0, sizeof(buffer->pieces[0]));
    return &buffer->pieces[0];
}

/* ---- comparing ---- */

/* INV-01, INV-05, ADV-05: the chain is exactly the pieces, each over exactly the memory it should be. */
static void check_chain(struct buffer const *buffer)
{
    MDL const *mdl = buffer->real->MdlChain;
    for (unsigned i = 0; i < buffer->count; i++, mdl = mdl->Next) {
        struct piece const *piece = &buffer->pieces[i];
        if (mdl == NULL)
            broken("the chain ends after %u MDLs of %u", i, buffer->count);
        if (mdl != piece->mdl)
            broken("MDL %u of the chain is another one", i);
        if (mdl->ByteCount != piece->bytes)
            broken("MDL %u has %u bytes instead of %u", i, (unsigned)mdl->ByteCount, (unsigned)piece->bytes);
        if (piece->bytes > 0 && nbl_test_address(mdl) != piece->region->base + piece->start)
            broken("MDL %u is over other memory", i);
    }
    if (mdl != NULL)
        broken("the chain goes on after %u MDLs", buffer->count);
}

/* INV-03, INV-05: the window. */
static void check_window(struct buffer const *buffer)
{
    NET_BUFFER const *real = buffer->real;
    if (real->DataOffset != buffer->offset || real->DataLength != buffer->length)
        broken("the window is [%u, +%u) instead of [%u, +%u)", (unsigned)real->DataOffset, (unsigned)real->DataLength,
               (unsigned)buffer->offset, (unsigned)buffer->length);
    if (real->stDataLength != real->DataLength)
        broken("stDataLength differs from DataLength");
    if ((uint64_t)real->DataOffset + real->DataLength > nbl_test_capacity(real))
        broken("the window leaves the chain");
    if ((real->MdlChain == NULL) != (real->CurrentMdl == NULL))
        broken("MdlChain is %sNULL and CurrentMdl is not alike", real->MdlChain == NULL ? "" : "not ");
    if (real->MdlChain == NULL && (real->DataOffset | real->DataLength | real->CurrentMdlOffset) != 0)
        broken("no MDL, but a window");
}

/* INV-04, INV-06, INV-07, PROP-08: the pair. */
static void check_pair(struct buffer const *buffer)
{
    NET_BUFFER const *real = buffer->real;
    ULONG offset, before = 0;
    int const index = piece_at(buffer, buffer->offset, &offset);
    MDL const *mdl = real->MdlChain;
    for (; mdl != NULL && mdl != real->CurrentMdl; mdl = mdl->Next)
        before += mdl->ByteCount;
    if (mdl != real->CurrentMdl)
        broken("CurrentMdl is not on the chain");
    if (mdl != NULL && (before + real->CurrentMdlOffset != real->DataOffset || real->CurrentMdlOffset > mdl->ByteCount))
        broken("the pair denotes another position than DataOffset");
    if (buffer->loose)
        return;
    if (mdl != (index < 0 ? NULL : buffer->pieces[index].mdl) || real->CurrentMdlOffset != offset)
        broken("the pair is not canonical");
}

/* NB-04a, PROP-03, PROP-04: each byte of used data holds what was last written to it, through whichever list. */
static void check_data(struct buffer const *buffer)
{
    ULONG position = 0;
    ULONG const end = buffer->offset + buffer->length;
    for (unsigned i = 0; i < buffer->count && position < end; i++) {
        struct piece const *piece = &buffer->pieces[i];
        ULONG const from = buffer->offset > position ? buffer->offset - position : 0;
        ULONG const to = end - position < piece->bytes ? end - position : piece->bytes;
        for (ULONG byte = from; byte < to; byte++) {
            ULONG const at = piece->start + byte;
            if (!piece->region->known[at])
                broken("the picture itself: used byte %u was never written", (unsigned)(position + byte));
            if (piece->region->base[at] != piece->region->value[at])
                broken("byte %u of the used data is %u instead of %u", (unsigned)(position + byte - buffer->offset),
                       piece->region->base[at], piece->region->value[at]);
        }
        position += piece->bytes;
    }
}

void check_buffer_but_data(struct buffer const *buffer)
{
    check_chain(buffer);
    check_window(buffer);
    check_pair(buffer);
}

void check_buffer(struct buffer const *buffer)
{
    check_buffer_but_data(buffer);
    check_data(buffer);
}

/* Each context block in turn, newest first, and what was written into it (CTX-01, CTX-12, PROP-10). */
static void check_context(struct list const *list)
{
    NET_BUFFER_LIST_CONTEXT const *block = list->real->Context;
    ULONG taken = 0;
    for (unsigned i = list->context_count; i-- > 0;) {
        struct context_use const *use = &list->contexts[i];
        for (ULONG byte = 0; byte < use->bytes; byte++)
            if (use->data[byte] != use->fill)
                broken("context byte %u of allocation %u changed", (unsigned)byte, i);
        taken += use->bytes;
        if (use->block_bytes == 0)
            continue;
        if (block == NULL || block->Size != use->block_bytes || (ULONG)block->Size - block->Offset != taken)
            broken("the context block of allocation %u is not as it should be", i);
        block = block->Next;
        taken = 0;
    }
    if (list->initial_context == 0 ? block != NULL : block == NULL || block->Size != list->initial_context
            || block->Offset + taken != list->initial_offset || block->Next != NULL)
        broken("the context that came with the NBL is not as it should be");
}

void check_list(struct list const *list)
{
    NET_BUFFER_LIST const *real = list->real;
    NET_BUFFER const *buffer = real->FirstNetBuffer;
    if (real->Next != NULL || real->ParentNetBufferList != NULL || real->ChildRefCount != 0)
        broken("the library wrote a field of the NBL that is the driver's");
    if (real->NdisPoolHandle == NULL || (list->pool != NULL && real->NdisPoolHandle != list->pool))
        broken("the NBL is of another pool");
    for (unsigned i = 0; i < list->count; i++, buffer = buffer->Next) {
        if (buffer != list->buffers[i].real)
            broken("NB %u of the list is another one", i);
        check_buffer(&list->buffers[i]);
    }
    if (buffer != NULL)
        broken("the list has more than %u NBs", list->count);
    if (nbl_derive_children(real) != list->children)
        broken("%u children are counted instead of %u", (unsigned)nbl_derive_children(real), list->children);
    check_context(list);
}

void check_world(void)
{
    for (unsigned i = 0; i < WORLD_LISTS; i++)
        if (world.lists[i].used && !world.lists[i].retired)
            check_list(&world.lists[i]);
}

/* ---- writing ---- */

void write_position(struct buffer *buffer, ULONG position)
{
    ULONG at;
    struct region *region = byte_at(buffer, position, &at);
    region->value[at] = any_byte();
    region->known[at] = true;
    region->base[at] = region->value[at];
}

void fill_positions(struct buffer *buffer, ULONG from, ULONG bytes, bool only_unknown)
{
    for (ULONG position = from; position < from + bytes; position++) {
        ULONG at;
        struct region const *region = byte_at(buffer, position, &at);
        if (!only_unknown || !region->known[at])
            write_position(buffer, position);
    }
}
