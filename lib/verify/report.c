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

static void draw_mdl(struct nbl__text *text, NET_BUFFER const *buffer, MDL const *mdl, uint64_t start, ULONG longest)
{
    struct nbl__share const share = nbl__window_share(buffer, mdl, start);
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
    if (mdl == buffer->CurrentMdl)
        nbl__text_named(text, "<- CurrentMdl, offset", buffer->CurrentMdlOffset);
    nbl__text_end(text);
}

static ULONG longest_of(MDL const *mdl, uint32_t count)
{
    ULONG longest = 0;
    for (; count > 0; count--, mdl = mdl->Next)
        longest = mdl->ByteCount > longest ? mdl->ByteCount : longest;
    return longest;
}

static void draw_buffer(struct nbl__text *text, NET_BUFFER const *buffer)
{
    struct nbl__window const window = nbl__window_measure(buffer);
    uint32_t const shown = window.mdls.count < DRAWN_MDLS ? window.mdls.count : DRAWN_MDLS;
    ULONG const longest = longest_of(buffer->MdlChain, shown);
    MDL const *mdl = buffer->MdlChain;
    uint64_t start = 0;
    label(text, "window");
    nbl__text_word(text, "NET_BUFFER ");
    nbl__text_address(text, buffer);
    nbl__text_named(text, "DataOffset", buffer->DataOffset);
    nbl__text_named(text, "DataLength", buffer->DataLength);
    nbl__text_named(text, "bytes in MDLs", window.capacity);
    nbl__text_end(text);
    for (uint32_t i = 0; i < shown; i++, mdl = mdl->Next) {
        draw_mdl(text, buffer, mdl, start, longest);
        start += mdl->ByteCount;
    }
    if (window.mdls.circle)
        line(text, "window", "the MDLs go round in a circle");
    else if (shown < window.mdls.count)
        line(text, "window", "further MDLs are not drawn");
}

/* Only what the ledger knows to be alive is drawn: of other addresses nothing is believed. */
static void draw(struct nbl__text *text, struct nbl__history const *history)
{
    if (history->count == 0 || history->freed)
        return;
    if (nbl__same(history->type, "NET_BUFFER"))
        draw_buffer(text, history->object);
    else if (nbl__same(history->type, "NET_BUFFER_LIST")) {
        NET_BUFFER const *buffer = ((NET_BUFFER_LIST const *)history->object)->FirstNetBuffer;
        if (buffer != NULL && nbl__dump_buffer_kind(buffer) != 0)
            draw_buffer(text, buffer);
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
