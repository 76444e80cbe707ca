/* SPDX-License-Identifier: MIT
 *
 * dump.c - NET_BUFFER_LISTs, NET_BUFFERs and MDLs as text.
 */
#include "dump_info.h"
#include "dump_text.h"
#include "dump_walk.h"

#include "../base/track.h"
#include "../list/context.h"
#include "../pool/pool.h"

#define BYTES_OF_LINE 16u

#define FLAG(name) { (name), #name }

static struct nbl__flag const nbl_flags[] = {
    FLAG(NDIS_NBL_FLAGS_SEND_READ_ONLY), FLAG(NDIS_NBL_FLAGS_RECV_READ_ONLY), FLAG(NDIS_NBL_FLAGS_HD_SPLIT),
    FLAG(NDIS_NBL_FLAGS_IS_IPV4), FLAG(NDIS_NBL_FLAGS_IS_IPV6), FLAG(NDIS_NBL_FLAGS_IS_TCP),
    FLAG(NDIS_NBL_FLAGS_IS_UDP), FLAG(NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER),
    FLAG(NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD), FLAG(NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET),
    FLAG(NDIS_NBL_FLAGS_CAPTURE_TIMESTAMP_ON_TRANSMIT), { 0, NULL },
};

static struct nbl__flag const mdl_flags[] = {
    FLAG(MDL_MAPPED_TO_SYSTEM_VA), FLAG(MDL_PAGES_LOCKED), FLAG(MDL_SOURCE_IS_NONPAGED_POOL),
    FLAG(MDL_ALLOCATED_FIXED_SIZE), FLAG(MDL_PARTIAL), FLAG(MDL_PARTIAL_HAS_BEEN_MAPPED), FLAG(MDL_IO_PAGE_READ),
    FLAG(MDL_WRITE_OPERATION), FLAG(MDL_LOCKED_PAGE_TABLES), FLAG(MDL_FREE_EXTRA_PTES), FLAG(MDL_DESCRIBES_AWE),
    FLAG(MDL_IO_SPACE), FLAG(MDL_NETWORK_HEADER), FLAG(MDL_MAPPING_CAN_FAIL), FLAG(MDL_PAGE_CONTENTS_INVARIANT),
    FLAG(MDL_INTERNAL), { 0, NULL },
};

/* Who may change which part of Flags (FLAG-03). */
static struct nbl__flag const flag_parts[] = {
    FLAG(NBL_FLAGS_PROTOCOL_RESERVED), FLAG(NBL_FLAGS_MINIPORT_RESERVED), FLAG(NBL_FLAGS_SCRATCH),
    FLAG(NBL_FLAGS_NDIS_RESERVED), { 0, NULL },
};

/* ---- lines that all objects have ---- */

static void put_pointer(struct nbl__text *text, char const *name, void const *value)
{
    nbl__text_begin(text);
    nbl__text_word(text, name);
    nbl__text_pad(text, 20);
    nbl__text_address(text, value);
    nbl__text_end(text);
}

static void put_pointers(struct nbl__text *text, char const *name, PVOID const *values, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (values[i] == NULL)
            continue;
        nbl__text_begin(text);
        nbl__text_word(text, name);
        nbl__text_character(text, '[');
        nbl__text_decimal(text, i);
        nbl__text_character(text, ']');
        nbl__text_pad(text, 20);
        nbl__text_address(text, values[i]);
        nbl__text_end(text);
    }
}

/* put_shape says what was not shown of a chain, and that it is a circle. */
static void put_shape(struct nbl__text *text, char const *what, struct nbl__shape chain, uint32_t shown)
{
    if (chain.count > shown) {
        nbl__text_begin(text);
        nbl__text_word(text, "and ");
        nbl__text_decimal(text, chain.count - shown);
        nbl__text_word(text, chain.endless ? " more at least: " : " more: ");
        nbl__text_word(text, what);
        nbl__text_end(text);
    }
    if (chain.circle) {
        nbl__text_begin(text);
        nbl__text_word(text, "! a circle: the last leads back to ");
        nbl__text_word(text, what);
        nbl__text_character(text, ' ');
        nbl__text_decimal(text, chain.back);
        nbl__text_word(text, " (VER-04)");
        nbl__text_end(text);
    }
}

static uint32_t shown_of(struct nbl__shape chain)
{
    return chain.count < NBL_DUMP_MOST ? chain.count : NBL_DUMP_MOST;
}

/* ---- pools ---- */

static void put_tag(struct nbl__text *text, ULONG tag)
{
    nbl__text_word(text, " tag '");
    for (unsigned i = 0; i < 4; i++) {
        char const letter = (char)(tag >> (8 * i) & 0x7Fu);
        nbl__text_character(text, letter > ' ' && letter != '\'' && letter != 0x7F ? letter : '.');
    }
    nbl__text_character(text, '\'');
}

/* put_pool describes the pool of an object of libnbl's: descriptors are never unmapped, so any of their handles can be
 * looked at. */
static void put_pool(struct nbl__text *text, NDIS_HANDLE handle, bool known)
{
    struct nbl__pool const *pool = handle;
    nbl__text_begin(text);
    nbl__text_word(text, "NdisPoolHandle");
    nbl__text_pad(text, 20);
    nbl__text_address(text, handle);
    if (known && pool != NULL) {
        if (pool->internal) {
            nbl__text_word(text, " libnbl's own");
        } else if (pool->kind != NBL__POOL_LISTS && pool->kind != NBL__POOL_BUFFERS) {
            nbl__text_word(text, " a freed pool");
        } else {
            nbl__text_word(text, pool->kind == NBL__POOL_LISTS ? " NBL pool" : " NB pool");
            put_tag(text, pool->tag);
            nbl__text_named(text, "DataSize", pool->shape.data_size);
            if (pool->kind == NBL__POOL_LISTS)
                nbl__text_named(text, "ContextSize", pool->context_size);
        }
    }
    nbl__text_end(text);
}

/* ---- MDLs ---- */

static void put_mdl_place(struct nbl__text *text, MDL const *mdl)
{
    nbl__text_begin(text);
    nbl__text_word(text, "ByteCount ");
    nbl__text_decimal(text, mdl->ByteCount);
    nbl__text_named(text, "ByteOffset", mdl->ByteOffset);
    nbl__text_named_address(text, "StartVa", mdl->StartVa);
    if (nbl__mdl_has(mdl, NBL__MDL_ADDRESSED))
        nbl__text_named_address(text, "MappedSystemVa", mdl->MappedSystemVa);
    else
        nbl__text_word(text, " not mapped");
    nbl__text_end(text);
    nbl__text_begin(text);
    nbl__text_word(text, "MdlFlags ");
    nbl__text_hex(text, nbl__mdl_flags(mdl), 4);
    nbl__text_flags(text, nbl__mdl_flags(mdl), mdl_flags);
    nbl__text_end(text);
}

static void put_span(struct nbl__text *text, char const *name, ULONG from, ULONG bytes)
{
    if (bytes == 0)
        return;
    nbl__text_word(text, name);
    nbl__text_decimal(text, from);
    nbl__text_word(text, ", ");
    nbl__text_decimal(text, (uint64_t)from + bytes);
    nbl__text_character(text, ')');
}

/* The share of a window, with data where its bytes are: "bytes backfill [0, 14) data [14, 60)". */
static void put_share(struct nbl__text *text, MDL const *mdl, struct nbl__share share)
{
    nbl__text_begin(text);
    nbl__text_word(text, mdl->ByteCount == 0 ? "no bytes" : "bytes");
    put_span(text, " backfill [", 0, share.backfill);
    put_span(text, " data [", share.backfill, share.data);
    put_span(text, " tail [", share.backfill + share.data, share.tail);
    if (share.data > 0 && nbl__mdl_readable(mdl) != NULL)
        nbl__text_named_address(text, "data at", nbl__mdl_readable(mdl) + share.backfill);
    nbl__text_end(text);
}

static void put_mdl(struct nbl__text *text, MDL const *mdl, NET_BUFFER const *buffer, uint64_t start, uint32_t index)
{
    nbl__text_begin(text);
    nbl__text_word(text, "MDL ");
    nbl__text_decimal(text, index);
    nbl__text_character(text, ' ');
    nbl__text_address(text, mdl);
    nbl__text_word(text, " (");
    nbl__text_word(text, nbl__dump_origin(mdl, buffer));
    nbl__text_word(text, buffer != NULL && mdl == buffer->CurrentMdl ? ") CurrentMdl" : ")");
    nbl__text_end(text);
    text->depth++;
    put_mdl_place(text, mdl);
    if (buffer != NULL)
        put_share(text, mdl, nbl__window_share(buffer, mdl, start));
    text->depth--;
}

static void put_mdls(struct nbl__text *text, MDL const *mdl, NET_BUFFER const *buffer, struct nbl__shape chain)
{
    uint32_t const shown = shown_of(chain);
    uint64_t start = 0;
    for (uint32_t i = 0; i < shown; i++, mdl = mdl->Next) {
        put_mdl(text, mdl, buffer, start, i);
        start += mdl->ByteCount;
    }
    put_shape(text, "MDL", chain, shown);
}

/* ---- bytes ---- */

/* struct place is a byte of a chain that has no circle or is walked no longer than it is. */
struct place {
    MDL const *mdl;
    uint64_t offset;
    uint32_t left; /* MDLs from this one on */
};

/* Moves a place to the MDL that holds it. Returns false at the end of the chain. */
static bool place_settle(struct place *place)
{
    while (place->left > 0 && place->offset >= place->mdl->ByteCount) {
        place->offset -= place->mdl->ByteCount;
        place->left--;
        place->mdl = place->mdl->Next;
    }
    return place->left > 0;
}

/* Returns the byte at a place and steps behind it, or -1 when it cannot be read. */
static int place_read(struct place *place)
{
    unsigned char const *bytes = nbl__mdl_readable(place->mdl);
    unsigned char const *byte = bytes != NULL ? bytes + place->offset : NULL;
    place->offset++;
    return byte != NULL && nbl__track_readable(byte) ? *byte : -1;
}

/* Writes up to 16 bytes as "0010  de ad .. ef  ...|". Returns how many. */
static unsigned put_bytes_line(struct nbl__text *text, struct place *place, ULONG from, ULONG most)
{
    char characters[BYTES_OF_LINE + 1];
    unsigned count = 0;
    nbl__text_begin(text);
    nbl__text_digits(text, from, 4);
    nbl__text_character(text, ' ');
    while (count < BYTES_OF_LINE && count < most && place_settle(place)) {
        int const byte = place_read(place);
        nbl__text_word(text, count == BYTES_OF_LINE / 2 ? "  " : " ");
        if (byte < 0)
            nbl__text_word(text, "..");
        else
            nbl__text_digits(text, (unsigned)byte, 2);
        characters[count++] = byte >= ' ' && byte < 0x7F ? (char)byte : '.';
    }
    characters[count] = '\0';
    nbl__text_pad(text, 56);
    nbl__text_word(text, characters);
    nbl__text_end(text);
    return count;
}

static void put_data(struct nbl__text *text, NET_BUFFER const *buffer, struct nbl__window const *window)
{
    struct place place = { buffer->MdlChain, buffer->DataOffset, window->mdls.count };
    ULONG most = buffer->DataLength;
    ULONG from = 0;
    if (most > text->sink->data_bytes)
        most = text->sink->data_bytes;
    if (most == 0 || !place_settle(&place))
        return;
    nbl__text_begin(text);
    nbl__text_word(text, "Data, ");
    nbl__text_decimal(text, most);
    nbl__text_word(text, " of ");
    nbl__text_decimal(text, buffer->DataLength);
    nbl__text_word(text, " bytes");
    nbl__text_end(text);
    text->depth++;
    while (from < most && place_settle(&place))
        from += put_bytes_line(text, &place, from, most - from);
    text->depth--;
}

/* ---- NET_BUFFERs ---- */

static void put_contradiction(struct nbl__text *text, bool wrong, char const *line)
{
    if (wrong)
        nbl__text_line(text, line);
}

/* What a reader has to know before it believes the window (INV-03..INV-07, NB-05a). */
static void put_window_contradictions(struct nbl__text *text, NET_BUFFER const *buffer, struct nbl__window const *window)
{
    uint64_t const end = (uint64_t)buffer->DataOffset + buffer->DataLength;
    MDL const *current = buffer->CurrentMdl;
    put_contradiction(text, buffer->stDataLength != (SIZE_T)buffer->DataLength,
                      "! stDataLength is more than DataLength: its upper half is not zero (NB-05a)");
    if (buffer->MdlChain == NULL) {
        put_contradiction(text, current != NULL || end != 0 || buffer->CurrentMdlOffset != 0,
                          "! MdlChain is NULL, but not all of the window is 0 (INV-03)");
        return;
    }
    put_contradiction(text, end > window->capacity, "! the window goes beyond the end of MdlChain (INV-05)");
    if (current == NULL) {
        put_contradiction(text, buffer->DataOffset != window->capacity, "! CurrentMdl is NULL (INV-03)");
        return;
    }
    put_contradiction(text, !window->current_found, "! CurrentMdl is not on MdlChain (INV-04)");
    if (window->current_found) {
        put_contradiction(text, window->pair != buffer->DataOffset,
                          "! CurrentMdl and CurrentMdlOffset say another position than DataOffset (INV-06)");
        put_contradiction(text, buffer->CurrentMdlOffset > current->ByteCount,
                          "! CurrentMdlOffset is more than CurrentMdl's ByteCount (INV-07)");
    }
}

static void put_window(struct nbl__text *text, NET_BUFFER const *buffer, struct nbl__window const *window)
{
    nbl__text_begin(text);
    nbl__text_word(text, "DataOffset ");
    nbl__text_decimal(text, buffer->DataOffset);
    nbl__text_named(text, "DataLength", buffer->DataLength);
    nbl__text_named(text, "capacity", window->capacity);
    nbl__text_named_address(text, "MdlChain", buffer->MdlChain);
    nbl__text_end(text);
    nbl__text_begin(text);
    nbl__text_word(text, "CurrentMdl ");
    nbl__text_address(text, buffer->CurrentMdl);
    nbl__text_named(text, "CurrentMdlOffset", buffer->CurrentMdlOffset);
    if (buffer->ChecksumBias != 0)
        nbl__text_named(text, "ChecksumBias", buffer->ChecksumBias);
    nbl__text_end(text);
    put_window_contradictions(text, buffer, window);
}

static void put_buffer_fields(struct nbl__text *text, NET_BUFFER const *buffer)
{
    struct nbl__window const window = nbl__window_measure(buffer);
    put_pointer(text, "Next", buffer->Next);
    put_pool(text, buffer->NdisPoolHandle, nbl__dump_buffer_kind(buffer) != 0);
    put_window(text, buffer, &window);
    put_pointers(text, "ProtocolReserved", buffer->ProtocolReserved, 6);
    put_pointers(text, "MiniportReserved", buffer->MiniportReserved, 4);
    if (buffer->SharedMemoryInfo != NULL)
        put_pointer(text, "SharedMemoryInfo", buffer->SharedMemoryInfo);
    if (buffer->DataPhysicalAddress.QuadPart != 0) {
        nbl__text_begin(text);
        nbl__text_word(text, "DataPhysicalAddress ");
        nbl__text_hex(text, (uint64_t)buffer->DataPhysicalAddress.QuadPart, 1);
        nbl__text_end(text);
    }
    put_mdls(text, buffer->MdlChain, buffer, window.mdls);
    put_data(text, buffer, &window);
}

static void put_buffer(struct nbl__text *text, NET_BUFFER const *buffer)
{
    static char const *const kinds[] = { "not libnbl's", "with its NBL", "from a NB pool", "derived", "free" };
    unsigned const kind = nbl__dump_buffer_kind(buffer);
    nbl__text_begin(text);
    nbl__text_word(text, "NET_BUFFER ");
    nbl__text_address(text, buffer);
    nbl__text_word(text, " (");
    nbl__text_word(text, kinds[kind]);
    nbl__text_character(text, ')');
    nbl__text_end(text);
    text->depth++;
    if (kind != (unsigned)NBL__BUFFER_FREE)
        put_buffer_fields(text, buffer);
    text->depth--;
}

static void put_buffers(struct nbl__text *text, NET_BUFFER const *buffer)
{
    struct nbl__shape const chain = nbl__shape_measure(buffer);
    uint32_t const shown = shown_of(chain);
    for (uint32_t i = 0; i < shown; i++, buffer = buffer->Next)
        put_buffer(text, buffer);
    put_shape(text, "NET_BUFFER", chain, shown);
}

/* ---- NET_BUFFER_LISTs ---- */

static void put_context(struct nbl__text *text, NET_BUFFER_LIST_CONTEXT const *block, bool known)
{
    nbl__text_begin(text);
    nbl__text_word(text, "NET_BUFFER_LIST_CONTEXT ");
    nbl__text_address(text, block);
    if (known)
        nbl__text_word(text, ((struct nbl__context_header const *)(void const *)block - 1)->initial != 0
                                 ? " (with its NBL)" : " (allocated)");
    nbl__text_named(text, "Size", block->Size);
    nbl__text_named(text, "Offset", block->Offset);
    nbl__text_word(text, ": in use");
    nbl__text_character(text, ' ');
    nbl__text_signed(text, (int64_t)block->Size - block->Offset);
    nbl__text_end(text);
    put_contradiction(text, block->Offset > block->Size, "! Offset is more than Size (INV-10)");
}

static void put_contexts(struct nbl__text *text, NET_BUFFER_LIST const *list)
{
    struct nbl__shape const chain = nbl__shape_measure(list->Context);
    uint32_t const shown = shown_of(chain);
    NET_BUFFER_LIST_CONTEXT const *block = list->Context;
    for (uint32_t i = 0; i < shown; i++, block = block->Next)
        put_context(text, block, nbl__list_known(list));
    put_shape(text, "NET_BUFFER_LIST_CONTEXT", chain, shown);
}

static void put_list_flags(struct nbl__text *text, NET_BUFFER_LIST const *list)
{
    char const *status = nbl_status_name(list->Status);
    nbl__text_begin(text);
    nbl__text_word(text, "NblFlags");
    nbl__text_pad(text, 20);
    nbl__text_hex(text, list->NblFlags, 8);
    nbl__text_flags(text, list->NblFlags, nbl_flags);
    nbl__text_end(text);
    nbl__text_begin(text);
    nbl__text_word(text, "Flags");
    nbl__text_pad(text, 20);
    nbl__text_hex(text, list->Flags, 8);
    for (struct nbl__flag const *part = flag_parts; part->name != NULL; part++)
        if ((list->Flags & part->bit) != 0)
            nbl__text_named_hex(text, part->name, list->Flags & part->bit, 1);
    nbl__text_end(text);
    nbl__text_begin(text);
    nbl__text_word(text, "Status");
    nbl__text_pad(text, 20);
    nbl__text_hex(text, (ULONG)list->Status, 8);
    nbl__text_character(text, ' ');
    nbl__text_word(text, status != NULL ? status : "?");
    nbl__text_end(text);
}

static void put_list_pointers(struct nbl__text *text, NET_BUFFER_LIST const *list)
{
    put_pointer(text, "Next", list->Next);
    put_pool(text, list->NdisPoolHandle, nbl__list_known(list));
    put_pointer(text, "SourceHandle", list->SourceHandle);
    put_pointer(text, "ParentNetBufferList", list->ParentNetBufferList);
    if (nbl__dump_parent(list) != NULL)
        put_pointer(text, "derived from", nbl__dump_parent(list));
    nbl__text_begin(text);
    nbl__text_word(text, "ChildRefCount");
    nbl__text_pad(text, 20);
    nbl__text_signed(text, list->ChildRefCount);
    nbl__text_end(text);
    put_pointer(text, "Scratch", list->Scratch);
    put_pointers(text, "ProtocolReserved", list->ProtocolReserved, 4);
    put_pointers(text, "MiniportReserved", list->MiniportReserved, 2);
}

/* "(clone, 2 derived lists, freed by its owner)" */
static void put_list_title(struct nbl__text *text, NET_BUFFER_LIST const *list)
{
    unsigned const children = nbl__list_known(list) ? atomic_load(&nbl__list_state(list)->children) : 0;
    nbl__text_begin(text);
    nbl__text_word(text, "NET_BUFFER_LIST ");
    nbl__text_address(text, list);
    nbl__text_word(text, " (");
    nbl__text_word(text, nbl__dump_kind(list));
    if ((children & ~NBL__LIST_RETIRED) != 0)
        nbl__text_named(text, "with derived lists:", children & ~NBL__LIST_RETIRED);
    if ((children & NBL__LIST_RETIRED) != 0)
        nbl__text_word(text, ", freed by its owner");
    nbl__text_character(text, ')');
    nbl__text_end(text);
}

static void put_list(struct nbl__text *text, NET_BUFFER_LIST const *list)
{
    if (list == NULL) {
        nbl__text_line(text, "NET_BUFFER_LIST NULL");
        return;
    }
    put_list_title(text, list);
    if (nbl__dump_is_free(list))
        return;
    text->depth++;
    put_list_pointers(text, list);
    put_list_flags(text, list);
    nbl__dump_info(text, list);
    put_contexts(text, list);
    if (list->FirstNetBuffer == NULL)
        nbl__text_line(text, "no NET_BUFFER");
    put_buffers(text, list->FirstNetBuffer);
    text->depth--;
}

void nbl_dump(NET_BUFFER_LIST const *list, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    put_list(&text, list);
}

void nbl_dump_chain(NET_BUFFER_LIST const *first, ULONG most, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    struct nbl__shape const chain = nbl__shape_measure(first);
    uint32_t const shown = chain.count < most ? chain.count : most;
    if (first == NULL)
        nbl__text_line(&text, "no NET_BUFFER_LIST");
    for (uint32_t i = 0; i < shown; i++, first = first->Next)
        put_list(&text, first);
    put_shape(&text, "NET_BUFFER_LIST", chain, shown);
}

void nbl_dump_buffer(NET_BUFFER const *buffer, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    if (buffer == NULL)
        nbl__text_line(&text, "NET_BUFFER NULL");
    else
        put_buffer(&text, buffer);
}

void nbl_dump_mdls(MDL const *first, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    if (first == NULL)
        nbl__text_line(&text, "no MDL");
    put_mdls(&text, first, NULL, nbl__shape_measure(first));
}
