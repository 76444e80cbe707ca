/* SPDX-License-Identifier: MIT
 *
 * edit_operations.c - copying between NET_BUFFERs, and what drivers do to a NET_BUFFER by hand: re-pointing it (NB-12) and
 * linking MDLs of their own.
 */
#include "model.h"

/* ---- copy ---- */

static ULONG smaller(ULONG a, ULONG b)
{
    return a < b ? a : b;
}

/* One piece that lies in one MDL on either side: as by memmove (COPY-08). */
static ULONG copy_piece(struct buffer *to, ULONG target, struct buffer const *from, ULONG source, ULONG most)
{
    unsigned char value[REGION_BYTES];
    ULONG to_offset, from_offset;
    struct piece const *to_piece = &to->pieces[piece_at(to, target, &to_offset)];
    struct piece const *from_piece = &from->pieces[piece_at(from, source, &from_offset)];
    ULONG const bytes = smaller(most, smaller(to_piece->bytes - to_offset, from_piece->bytes - from_offset));
    memcpy(value, from_piece->region->value + from_piece->start + from_offset, bytes);
    memcpy(to_piece->region->value + to_piece->start + to_offset, value, bytes);
    memset(to_piece->region->known + to_piece->start + to_offset, true, bytes);
    return bytes;
}

/* Returns how many bytes can be copied, and copies them in the picture (COPY-02..COPY-05). */
static ULONG copy_picture(struct buffer *to, ULONG target, ULONG bytes, struct buffer const *from, ULONG source)
{
    ULONG const space = capacity_of(to) - to->offset;
    ULONG done = 0;
    bytes = smaller(bytes, source < from->length ? from->length - source : 0);
    bytes = smaller(bytes, target < space ? space - target : 0);
    while (done < bytes)
        done += copy_piece(to, to->offset + target + done, from, from->offset + source + done, bytes - done);
    return bytes;
}

void do_copy_bytes(void)
{
    struct list *to_list, *from_list;
    struct buffer *to = any_buffer(&to_list), *from = any_buffer(&from_list);
    ULONG target, source, bytes, expected, copied = 12345;
    NDIS_STATUS status;
    if (to == NULL || from == NULL)
        return;
    target = pick(4) * pick(8);
    source = pick(3) * pick(8);
    bytes = pick(from->length + 5);
    note("list %d NB %d +%u to list %d NB %d +%u, %u bytes", (int)(from_list - world.lists),
         (int)(from - from_list->buffers), (unsigned)source, (int)(to_list - world.lists), (int)(to - to_list->buffers),
         (unsigned)target, (unsigned)bytes);
    expected = copy_picture(to, target, bytes, from, source);
    status = NdisCopyFromNetBufferToNetBuffer(to->real, target, bytes, from->real, source, &copied);
    if (status != NDIS_STATUS_SUCCESS || copied != expected)
        broken("%s, %u bytes copied instead of %u", nbl_status_name(status), (unsigned)copied, (unsigned)expected);
    expect_errors(0);
}

/* ---- by hand ---- */

/* Stores the pair of the present window: canonical, or the end of an earlier MDL at the same position (NB-11). */
static void store_pair(struct buffer *buffer)
{
    ULONG offset;
    int index = piece_at(buffer, buffer->offset, &offset);
    bool const earlier = index > 0 && offset == 0 && chance(2);
    if (earlier)
        offset = buffer->pieces[--index].bytes;
    buffer->loose = earlier;
    buffer->real->CurrentMdl = index < 0 ? NULL : buffer->pieces[index].mdl;
    buffer->real->CurrentMdlOffset = offset;
}

static void store_window(struct buffer *buffer)
{
    buffer->real->DataOffset = buffer->offset;
    buffer->real->stDataLength = buffer->length;
    if (chance(2)) {
        store_pair(buffer);
        return;
    }
    NdisAdjustNetBufferCurrentMdl(buffer->real);
    buffer->loose = false;
}

/* A driver asks for the address of memory before it writes there. */
static void write_unknown_bytes(struct buffer *buffer)
{
    for (unsigned i = 0; buffer->length > 0 && i < buffer->count; i++)
        if (buffer->pieces[i].kind != PIECE_DRIVER)
            (void)MmGetSystemAddressForMdlSafe(buffer->pieces[i].mdl, NormalPagePriority);
    fill_positions(buffer, buffer->offset, buffer->length, true);
}

static bool holds_library_mdls(struct buffer const *buffer)
{
    for (unsigned i = 0; i < buffer->count; i++)
        if (buffer->pieces[i].kind != PIECE_DRIVER && buffer->pieces[i].kind != PIECE_POOL)
            return true;
    return false;
}

static void empty_by_hand(struct buffer *buffer)
{
    buffer->count = 0;
    buffer->offset = buffer->length = 0;
    buffer->loose = false;
    buffer->real->MdlChain = NULL;
    buffer->real->CurrentMdl = NULL;
    buffer->real->CurrentMdlOffset = 0;
    buffer->real->DataOffset = 0;
    buffer->real->stDataLength = 0;
}

/* NB-12: another chain, another window of the same chain, or none. */
void do_repoint(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    ULONG const way = pick(3);
    if (buffer == NULL || list->children != 0 || holds_library_mdls(buffer))
        return;
    note("list %d NB %d, way %u", (int)(list - world.lists), (int)(buffer - list->buffers), (unsigned)way);
    if (way == 0) {
        empty_by_hand(buffer);
        return;
    }
    if (way == 1)
        buffer->real->MdlChain = driver_chain(buffer);
    random_window(buffer);
    store_window(buffer);
    write_unknown_bytes(buffer);
}

static void link_front(struct buffer *buffer)
{
    bool const first = buffer->count == 0;
    struct piece *piece = front_piece(buffer);
    driver_piece(piece, pick(9));
    piece->mdl->Next = buffer->real->MdlChain;
    buffer->real->MdlChain = piece->mdl;
    buffer->offset += piece->bytes;
    buffer->real->DataOffset = buffer->offset;
    if (first || chance(2)) {
        NdisAdjustNetBufferCurrentMdl(buffer->real);
        buffer->loose = false;
    } else if (buffer->length == 0) {
        buffer->loose = true; /* the pair may stand at the end of an MDL in front of others */
    }
}

static void link_tail(struct buffer *buffer)
{
    struct piece *piece = &buffer->pieces[buffer->count];
    ULONG more;
    driver_piece(piece, pick(9));
    if (buffer->count > 0)
        buffer->pieces[buffer->count - 1].mdl->Next = piece->mdl;
    else
        buffer->real->MdlChain = piece->mdl;
    buffer->count++;
    more = pick(capacity_of(buffer) - buffer->offset - buffer->length + 1);
    buffer->length += more;
    buffer->real->stDataLength = buffer->length;
    NdisAdjustNetBufferCurrentMdl(buffer->real);
    buffer->loose = false;
    write_unknown_bytes(buffer);
}

static bool tail_is_free(struct list const *list, struct buffer const *buffer)
{
    return list->children == 0 && (buffer->count == 0 || buffer->pieces[buffer->count - 1].kind != PIECE_SHARED);
}

void do_link(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    if (buffer == NULL || buffer->count == BUFFER_PIECES || buffer->length > 200)
        return;
    if (chance(2)) {
        note("list %d NB %d, front", (int)(list - world.lists), (int)(buffer - list->buffers));
        link_front(buffer);
    } else if (tail_is_free(list, buffer)) {
        note("list %d NB %d, tail", (int)(list - world.lists), (int)(buffer - list->buffers));
        link_tail(buffer);
    }
}
