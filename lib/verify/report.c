/* SPDX-License-Identifier: MIT
 *
 * report.c - a violation as a block of text.
 */
#include "report.h"

#include "dump_text.h"
#include "dump_walk.h"
#include "leak.h"
#include "rules.h"

#include "../base/guard.h"

#define LABEL_COLUMN 10u
#define BAR_CELLS 32u
#define DRAWN_MDLS 16u

static void label(struct nbl__text *text, char const *name)
{
    nbl__text_begin(text);
    nbl__text_word(text, name);
    nbl__text_pad(text, LABEL_COLUMN);
}

static void line(struct nbl__text *text, char const *name, char const *value)
{
    label(text, name);
    nbl__text_word(text, value);
    nbl__text_end(text);
}

static void head(struct nbl__text *text, struct nbl_violation const *violation)
{
    nbl__text_word(text, "libnbl: ");
    nbl__text_word(text, violation->rule->id);
    nbl__text_character(text, ' ');
    nbl__text_word(text, nbl__severity_name(violation->severity));
    nbl__text_word(text, ": ");
    nbl__text_word(text, violation->rule->sentence);
    nbl__text_end(text);
}

/* ---- the object and its history ---- */

static void object(struct nbl__text *text, struct nbl_violation const *violation, struct nbl__history const *history)
{
    label(text, "object");
    if (history->count > 0) {
        nbl__text_word(text, history->type);
        nbl__text_character(text, ' ');
    }
    nbl__text_address(text, violation->object);
    if (history->count > 0 && history->freed)
        nbl__text_word(text, ", which is free");
    nbl__text_end(text);
}

char const *nbl__moment_verb(enum nbl_event_kind kind)
{
    switch (kind) {
    case NBL_EVENT_POOL_ALLOCATE:
    case NBL_EVENT_LIST_ALLOCATE:
    case NBL_EVENT_BUFFER_ALLOCATE:
    case NBL_EVENT_MDL_ALLOCATE:
    case NBL_EVENT_CONTEXT_ALLOCATE:
        return "allocated";
    case NBL_EVENT_VIOLATION:
        return "reported";
    default:
        return "freed";
    }
}

static void frame(struct nbl__text *text, void *address)
{
    char name[NBL__SYMBOL_BYTES];
    nbl__text_begin(text);
    nbl__text_word(text, "            at ");
    nbl__port_symbol(address, name, sizeof(name));
    nbl__text_word(text, name);
    nbl__text_end(text);
}

static void moment(struct nbl__text *text, struct nbl__moment const *moment)
{
    label(text, "history");
    nbl__text_word(text, nbl__moment_verb(moment->kind));
    nbl__text_word(text, " by ");
    nbl__text_word(text, moment->call);
    nbl__text_word(text, ", moment ");
    nbl__text_decimal(text, moment->serial);
    nbl__text_word(text, ", thread ");
    nbl__text_decimal(text, moment->thread);
    nbl__text_end(text);
    for (uint32_t i = 0; i < moment->depth; i++)
        frame(text, moment->frames[i]);
}

/* ---- the drawing: a line per MDL, all on the scale of the longest ---- */

static unsigned cells(uint64_t bytes, uint64_t longest)
{
    unsigned const wide = (unsigned)(bytes * BAR_CELLS / (longest == 0 ? 1 : longest));
    return bytes > 0 && wide == 0 ? 1 : wide;
}

static void fill(struct nbl__text *text, char mark, unsigned count)
{
    while (count-- > 0)
        nbl__text_character(text, mark);
}

/* struct drawing is copies of a NET_BUFFER and of its first MDLs: the chain may lead anywhere. */
struct drawing {
    NET_BUFFER buffer;
    MDL mdls[DRAWN_MDLS];
    MDL const *places[DRAWN_MDLS];
    uint32_t count;
    MDL const *unreadable; /* where the chain leads to nothing, or NULL */
    bool further;          /* the chain goes on */
};

static bool copy(struct drawing *drawing, NET_BUFFER const *buffer)
{
    MDL const *mdl;
    drawing->count = 0;
    drawing->unreadable = NULL;
    if (!nbl__port_peek(&drawing->buffer, buffer, sizeof(*buffer)))
        return false;
    for (mdl = drawing->buffer.MdlChain; mdl != NULL && drawing->count < DRAWN_MDLS; drawing->count++) {
        if (!nbl__port_peek(&drawing->mdls[drawing->count], mdl, sizeof(*mdl))) {
            drawing->unreadable = mdl;
            break;
        }
        drawing->places[drawing->count] = mdl;
        mdl = drawing->mdls[drawing->count].Next;
    }
    drawing->further = mdl != NULL && drawing->unreadable == NULL;
    return true;
}

static void draw_mdl(struct nbl__text *text, struct drawing const *drawing, uint32_t index, uint64_t start,
                     ULONG longest)
{
    MDL const *mdl = &drawing->mdls[index];
    struct nbl__share const share = nbl__window_share(&drawing->buffer, mdl, start);
    label(text, "window");
    nbl__text_character(text, '[');
    fill(text, '.', cells(share.backfill, longest));
    fill(text, '#', cells(share.data, longest));
    fill(text, '-', cells(share.tail, longest));
    nbl__text_character(text, ']');
    nbl__text_pad(text, LABEL_COLUMN + BAR_CELLS + 6);
    nbl__text_named(text, "ByteCount", mdl->ByteCount);
    nbl__text_named(text, "backfill", share.backfill);
    nbl__text_named(text, "data", share.data);
    nbl__text_named(text, "tail", share.tail);
    if (drawing->places[index] == drawing->buffer.CurrentMdl)
        nbl__text_named(text, "<- CurrentMdl, offset", drawing->buffer.CurrentMdlOffset);
    nbl__text_end(text);
}

static void draw_head(struct nbl__text *text, struct drawing const *drawing, NET_BUFFER const *buffer, uint64_t bytes)
{
    label(text, "window");
    nbl__text_word(text, "NET_BUFFER ");
    nbl__text_address(text, buffer);
    nbl__text_named(text, "DataOffset", drawing->buffer.DataOffset);
    nbl__text_named(text, "DataLength", drawing->buffer.DataLength);
    nbl__text_named(text, "bytes in MDLs", bytes);
    nbl__text_end(text);
}

static void draw_end(struct nbl__text *text, struct drawing const *drawing)
{
    if (drawing->unreadable != NULL) {
        label(text, "window");
        nbl__text_word(text, "the chain leads to ");
        nbl__text_address(text, drawing->unreadable);
        nbl__text_word(text, ", where nothing can be read");
        nbl__text_end(text);
    } else if (drawing->further) {
        line(text, "window", "further MDLs are not drawn");
    }
}

static void draw_buffer(struct nbl__text *text, NET_BUFFER const *buffer)
{
    struct drawing drawing;
    uint64_t bytes = 0;
    uint64_t start = 0;
    ULONG longest = 0;
    if (!copy(&drawing, buffer))
        return;
    for (uint32_t i = 0; i < drawing.count; i++) {
        bytes += drawing.mdls[i].ByteCount;
        longest = drawing.mdls[i].ByteCount > longest ? drawing.mdls[i].ByteCount : longest;
    }
    draw_head(text, &drawing, buffer, bytes);
    for (uint32_t i = 0; i < drawing.count; i++) {
        draw_mdl(text, &drawing, i, start, longest);
        start += drawing.mdls[i].ByteCount;
    }
    draw_end(text, &drawing);
}

/* Only what the ledger knows to be alive is drawn: of other addresses nothing is believed. */
static void draw(struct nbl__text *text, struct nbl__history const *history)
{
    if (history->count == 0 || history->freed)
        return;
    if (nbl__same(history->type, "NET_BUFFER"))
        draw_buffer(text, history->object);
    else if (nbl__same(history->type, "NET_BUFFER_LIST")) {
        NET_BUFFER_LIST list;
        if (nbl__port_peek(&list, history->object, sizeof(list)) && list.FirstNetBuffer != NULL)
            draw_buffer(text, list.FirstNetBuffer);
    }
}

/* ---- overwritten memory ---- */

static void damage(struct nbl__text *text, char const *rule)
{
    static char const *const places[] = { " bytes in front of its block", " bytes behind its block",
                                          " bytes into a gap inside its block", " bytes into its block, after the free" };
    struct nbl__guard_damage found;
    if ((!nbl__same(rule, "INV-09") && !nbl__same(rule, "POOL-07")) || !nbl__guard_last_damage(&found))
        return;
    label(text, "damage");
    nbl__text_decimal(text, found.wrong);
    nbl__text_word(text, found.wrong == 1 ? " byte overwritten, " : " bytes overwritten, the nearest ");
    nbl__text_decimal(text, found.place == NBL__GUARD_AFTER_FREE ? (uint64_t)found.offset : found.outside);
    nbl__text_word(text, places[found.place]);
    nbl__text_word(text, " of ");
    nbl__text_decimal(text, found.block_bytes);
    nbl__text_word(text, ": ");
    nbl__text_hex(text, found.found, 2);
    nbl__text_word(text, " instead of ");
    nbl__text_hex(text, found.expected, 2);
    nbl__text_end(text);
}

void nbl_verify_print(struct nbl_violation const *violation, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    struct nbl__history history;
    nbl__history_of(violation->object, &history);
    head(&text, violation);
    text.depth = 1;
    line(&text, "call", violation->call);
    object(&text, violation, &history);
    for (uint32_t i = 0; i < history.count; i++)
        moment(&text, &history.moments[i]);
    draw(&text, &history);
    damage(&text, violation->rule->id);
    nbl__text_flush(&text);
    if (nbl__same(violation->rule->id, "POOL-08"))
        (void)nbl__leak_report(violation->object, NULL, sink);
    line(&text, "page", violation->rule->page);
    line(&text, "to do", violation->rule->advice);
    nbl__text_flush(&text);
}
