/* SPDX-License-Identifier: MIT
 *
 * dump_dot.c - NET_BUFFER_LISTs as a picture: boxes and arrows in the language of Graphviz.
 *
 * Every box is named by its address, so that what several lists share is one box. Boxes are tables, because cells of a
 * table can be shaded.
 */
#include "dump_text.h"
#include "dump_walk.h"

#define TABLE "label=<<TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"0\" CELLPADDING=\"4\">"
#define TABLE_END "</TABLE>>];"
#define GREY " BGCOLOR=\"grey70\""
#define NO_COLOUR ""

/* struct picture is what is drawn. */
struct picture {
    struct nbl__text text;
    NET_BUFFER_LIST const *const *lists;
    ULONG count; /* at most NBL_DUMP_DOT_LISTS */
};

static uint32_t most_of(void const *first, uint32_t most)
{
    uint32_t const count = nbl__shape_measure(first).count;
    return count < most ? count : most;
}

/* A NBL that says that it is free is drawn, but not believed. */
static NET_BUFFER const *first_buffer(NET_BUFFER_LIST const *list)
{
    return list == NULL || nbl__dump_is_free(list) ? NULL : list->FirstNetBuffer;
}

/* ---- visiting every MDL of every NB of the picture ---- */

struct visit {
    NET_BUFFER const *buffer;
    MDL const *mdl;
    uint64_t start; /* position of its first byte in the chain */
};

/* A visitor returns false to end it all. */
typedef bool visitor(struct visit const *visit, void *context);

static bool visit_buffer(NET_BUFFER const *buffer, visitor *visit, void *context)
{
    struct visit at = { buffer, buffer->MdlChain, 0 };
    uint32_t const mdls = most_of(buffer->MdlChain, NBL_DUMP_DOT_MDLS);
    for (uint32_t i = 0; i < mdls; i++) {
        if (!visit(&at, context))
            return false;
        at.start += at.mdl->ByteCount;
        at.mdl = at.mdl->Next;
    }
    return true;
}

static void visit_all(struct picture const *picture, visitor *visit, void *context)
{
    for (ULONG i = 0; i < picture->count; i++) {
        NET_BUFFER const *buffer = first_buffer(picture->lists[i]);
        uint32_t const buffers = most_of(buffer, NBL_DUMP_DOT_BUFFERS);
        for (uint32_t j = 0; j < buffers; j++, buffer = buffer->Next)
            if (!visit_buffer(buffer, visit, context))
                return;
    }
}

/* ---- pieces of the language ---- */

static void put_name(struct nbl__text *text, char const *kind, void const *object)
{
    nbl__text_character(text, '"');
    nbl__text_word(text, kind);
    nbl__text_character(text, ' ');
    nbl__text_address(text, object);
    nbl__text_character(text, '"');
}

static void put_arrow(struct nbl__text *text, char const *kind, void const *from, char const *to_kind, void const *to,
                      char const *attributes)
{
    nbl__text_begin(text);
    put_name(text, kind, from);
    nbl__text_word(text, " -> ");
    put_name(text, to_kind, to);
    nbl__text_word(text, attributes);
    nbl__text_character(text, ';');
    nbl__text_end(text);
}

static void open_cell(struct nbl__text *text, char const *attributes)
{
    nbl__text_word(text, "<TD");
    nbl__text_word(text, attributes);
    nbl__text_character(text, '>');
}

/* A row with one cell: words, and an address when there is one. */
static void put_row(struct nbl__text *text, char const *words, void const *address)
{
    nbl__text_begin(text);
    nbl__text_word(text, "<TR>");
    open_cell(text, " COLSPAN=\"4\"");
    nbl__text_word(text, words);
    if (address != NULL) {
        nbl__text_character(text, ' ');
        nbl__text_address(text, address);
    }
    nbl__text_word(text, "</TD></TR>");
    nbl__text_end(text);
}

static void put_row_number(struct nbl__text *text, char const *name, uint64_t value, char const *after)
{
    nbl__text_begin(text);
    nbl__text_word(text, "<TR>");
    open_cell(text, " COLSPAN=\"4\"");
    nbl__text_word(text, name);
    nbl__text_character(text, ' ');
    nbl__text_decimal(text, value);
    nbl__text_word(text, after);
    nbl__text_word(text, "</TD></TR>");
    nbl__text_end(text);
}

static void open_box(struct nbl__text *text, char const *kind, void const *object)
{
    nbl__text_begin(text);
    put_name(text, kind, object);
    nbl__text_word(text, " [" TABLE);
    nbl__text_end(text);
    text->depth++;
}

static void close_box(struct nbl__text *text)
{
    text->depth--;
    nbl__text_line(text, TABLE_END);
}

/* ---- MDLs ---- */

struct search {
    struct picture *picture;
    MDL const *mdl;
    struct visit const *from; /* for first_seen: the visit that asks */
    bool found;
};

/* Finds the first visit to an MDL; true in `found` when that is the one that asks. */
static bool first_seen(struct visit const *visit, void *context)
{
    struct search *search = context;
    if (visit->mdl != search->mdl)
        return true;
    search->found = visit->buffer == search->from->buffer && visit->start == search->from->start;
    return false;
}

static void put_share_cell(struct nbl__text *text, char const *name, ULONG bytes, char const *attributes)
{
    if (bytes == 0)
        return;
    open_cell(text, attributes);
    nbl__text_word(text, name);
    nbl__text_character(text, ' ');
    nbl__text_decimal(text, bytes);
    nbl__text_word(text, "</TD>");
}

static bool put_share_row(struct visit const *visit, void *context)
{
    struct search *search = context;
    struct nbl__text *text = &search->picture->text;
    struct nbl__share share;
    if (visit->mdl != search->mdl)
        return true;
    share = nbl__window_share(visit->buffer, visit->mdl, visit->start);
    nbl__text_begin(text);
    nbl__text_word(text, "<TR>");
    open_cell(text, NO_COLOUR);
    nbl__text_word(text, "NB ");
    nbl__text_address(text, visit->buffer);
    nbl__text_word(text, "</TD>");
    put_share_cell(text, "backfill", share.backfill, NO_COLOUR);
    put_share_cell(text, "data", share.data, GREY);
    put_share_cell(text, "tail", share.tail, NO_COLOUR);
    nbl__text_word(text, "</TR>");
    nbl__text_end(text);
    return true;
}

/* Finds an MDL that is not `mdl` itself and whose memory holds all of its bytes: of two with the same bytes the one that
 * is derived leads to the other. */
static bool same_bytes(struct visit const *visit, void *context)
{
    struct search *search = context;
    unsigned char const *inner = nbl__mdl_readable(search->mdl);
    unsigned char const *outer = nbl__mdl_readable(visit->mdl);
    uintptr_t const offset = (uintptr_t)inner - (uintptr_t)outer;
    if (visit->mdl == search->mdl || inner == NULL || outer == NULL || !nbl__mdl_has(search->mdl, MDL_PARTIAL)
        || search->mdl->ByteCount == 0)
        return true;
    if (offset > visit->mdl->ByteCount || search->mdl->ByteCount > visit->mdl->ByteCount - offset
        || nbl__mdl_has(visit->mdl, MDL_PARTIAL))
        return true;
    put_arrow(&search->picture->text, "MDL", search->mdl, "MDL", visit->mdl,
              " [style=dashed, constraint=false, label=\"same bytes\"]");
    return false;
}

static bool put_mdl(struct visit const *visit, void *context)
{
    struct picture *picture = context;
    struct search search = { picture, visit->mdl, visit, false };
    struct nbl__text *text = &picture->text;
    visit_all(picture, first_seen, &search);
    if (!search.found)
        return true;
    open_box(text, "MDL", visit->mdl);
    put_row(text, "MDL", visit->mdl);
    put_row(text, nbl__dump_origin(visit->mdl, visit->buffer), NULL);
    put_row_number(text, "ByteCount", visit->mdl->ByteCount,
                   nbl__mdl_readable(visit->mdl) != NULL ? "" : ", not mapped");
    visit_all(picture, put_share_row, &search);
    close_box(text);
    visit_all(picture, same_bytes, &search);
    return true;
}

/* Arrows between the MDLs of a NB; those that several NBs share are the same ones. */
static bool put_mdl_link(struct visit const *visit, void *context)
{
    struct picture *picture = context;
    struct search search = { picture, visit->mdl, visit, false };
    visit_all(picture, first_seen, &search);
    if (search.found && visit->mdl->Next != NULL)
        put_arrow(&picture->text, "MDL", visit->mdl, "MDL", visit->mdl->Next, "");
    return true;
}

/* ---- NBs and NBLs ---- */

static void put_buffer(struct nbl__text *text, NET_BUFFER const *buffer)
{
    open_box(text, "NET_BUFFER", buffer);
    put_row(text, "NET_BUFFER", buffer);
    put_row_number(text, "DataOffset", buffer->DataOffset, "");
    put_row_number(text, "DataLength", buffer->DataLength, "");
    put_row_number(text, "CurrentMdlOffset", buffer->CurrentMdlOffset, "");
    close_box(text);
    if (buffer->MdlChain != NULL)
        put_arrow(text, "NET_BUFFER", buffer, "MDL", buffer->MdlChain, " [label=\"MdlChain\"]");
    if (buffer->CurrentMdl != NULL && buffer->CurrentMdl != buffer->MdlChain)
        put_arrow(text, "NET_BUFFER", buffer, "MDL", buffer->CurrentMdl, " [style=dotted, label=\"CurrentMdl\"]");
}

static void put_buffers(struct nbl__text *text, NET_BUFFER const *buffer)
{
    struct nbl__shape const chain = nbl__shape_measure(buffer);
    uint32_t const shown = most_of(buffer, NBL_DUMP_DOT_BUFFERS);
    for (uint32_t i = 0; i < shown; i++, buffer = buffer->Next) {
        put_buffer(text, buffer);
        if (buffer->Next != NULL)
            put_arrow(text, "NET_BUFFER", buffer, "NET_BUFFER", buffer->Next, " [label=\"Next\"]");
    }
    if (chain.count > shown) {
        open_box(text, "NET_BUFFER", buffer);
        put_row_number(text, "and", chain.count - shown, " NET_BUFFERs more");
        close_box(text);
    }
}

static bool is_drawn(struct picture const *picture, NET_BUFFER_LIST const *list)
{
    for (ULONG i = 0; list != NULL && i < picture->count; i++)
        if (picture->lists[i] == list)
            return true;
    return false;
}

static void put_list(struct picture *picture, NET_BUFFER_LIST const *list)
{
    struct nbl__text *text = &picture->text;
    NET_BUFFER const *buffer = first_buffer(list);
    open_box(text, "NET_BUFFER_LIST", list);
    put_row(text, "NET_BUFFER_LIST", list);
    put_row(text, nbl__dump_kind(list), NULL);
    close_box(text);
    if (buffer != NULL)
        put_arrow(text, "NET_BUFFER_LIST", list, "NET_BUFFER", buffer, "");
    if (!nbl__dump_is_free(list) && is_drawn(picture, list->Next))
        put_arrow(text, "NET_BUFFER_LIST", list, "NET_BUFFER_LIST", list->Next, " [label=\"Next\"]");
    if (is_drawn(picture, nbl__dump_parent(list)))
        put_arrow(text, "NET_BUFFER_LIST", list, "NET_BUFFER_LIST", nbl__dump_parent(list),
                  " [style=dashed, constraint=false, label=\"derived from\"]");
    put_buffers(text, buffer);
}

/* Chains that go on beyond what is drawn lead to a box that says so. */
static bool put_rest(struct visit const *visit, void *context)
{
    struct picture *picture = context;
    uint32_t const count = nbl__shape_measure(visit->buffer->MdlChain).count;
    MDL const *mdl = visit->buffer->MdlChain;
    if (visit->mdl != mdl || count <= NBL_DUMP_DOT_MDLS)
        return true;
    for (uint32_t i = 0; i < NBL_DUMP_DOT_MDLS; i++)
        mdl = mdl->Next;
    open_box(&picture->text, "MDL", mdl);
    put_row_number(&picture->text, "and", count - NBL_DUMP_DOT_MDLS, " MDLs more");
    close_box(&picture->text);
    return true;
}

void nbl_dump_dot(NET_BUFFER_LIST const *const *lists, ULONG count, struct nbl_dump_sink const *sink)
{
    struct picture picture = { nbl__text_start(sink), lists, count };
    if (picture.count > NBL_DUMP_DOT_LISTS)
        picture.count = NBL_DUMP_DOT_LISTS;
    nbl__text_line(&picture.text, "digraph nbl {");
    picture.text.depth++;
    nbl__text_line(&picture.text, "rankdir=LR;");
    nbl__text_line(&picture.text, "node [shape=plain, fontname=\"monospace\", fontsize=10];");
    nbl__text_line(&picture.text, "edge [fontname=\"monospace\", fontsize=9];");
    for (ULONG i = 0; i < picture.count; i++)
        if (lists[i] != NULL)
            put_list(&picture, lists[i]);
    visit_all(&picture, put_rest, &picture);
    visit_all(&picture, put_mdl, &picture);
    visit_all(&picture, put_mdl_link, &picture);
    if (count > picture.count) {
        open_box(&picture.text, "rest", NULL);
        put_row_number(&picture.text, "and", count - picture.count, " NET_BUFFER_LISTs more");
        close_box(&picture.text);
    }
    picture.text.depth--;
    nbl__text_line(&picture.text, "}");
}
