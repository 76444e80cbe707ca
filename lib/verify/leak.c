/* SPDX-License-Identifier: MIT
 *
 * leak.c - what is alive, told by where it was allocated (VER-08).
 */
#include "leak.h"

#include "dump_text.h"
#include "ledger.h"
#include "report.h"

#include "../base/memory.h"

#define SITES_TOLD 64u

static void put_site(struct nbl__text *text, struct nbl__ledger_site const *site)
{
    struct nbl__moment const *first = &site->example.moments[0];
    nbl__text_begin(text);
    nbl__text_decimal(text, site->objects);
    nbl__text_character(text, ' ');
    nbl__text_word(text, site->example.type);
    nbl__text_word(text, site->objects == 1 ? ", " : "s, ");
    nbl__text_decimal(text, site->bytes);
    nbl__text_word(text, " bytes, allocated by ");
    nbl__text_word(text, first->call);
    nbl__text_word(text, "; the oldest is ");
    nbl__text_address(text, site->example.object);
    nbl__text_end(text);
    for (uint32_t i = 0; i < first->depth; i++) {
        char name[NBL__SYMBOL_BYTES];
        nbl__port_symbol(first->frames[i], name, sizeof(name));
        nbl__text_begin(text);
        nbl__text_word(text, "  at ");
        nbl__text_word(text, name);
        nbl__text_end(text);
    }
}

static void put_sites(struct nbl__text *text, struct nbl__ledger_site const *sites, uint32_t count)
{
    for (uint32_t i = 0; i < count && i < SITES_TOLD; i++)
        put_site(text, &sites[i]);
    if (count > SITES_TOLD)
        nbl__text_line(text, "and from further places, which are not told");
    if (nbl__ledger_incomplete())
        nbl__text_line(text, "some objects were not noted: memory for the ledger ran out");
}

uint64_t nbl__leak_report(void const *pool, char const *title, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    size_t const bytes = SITES_TOLD * sizeof(struct nbl__ledger_site);
    struct nbl__ledger_site *sites = nbl__port_allocate(NULL, bytes, sizeof(void *));
    uint64_t objects = 0;
    uint32_t count = nbl__ledger_sites(pool, sites, sites == NULL ? 0 : SITES_TOLD, &objects);
    if (objects > 0 && title != NULL) {
        nbl__text_word(&text, title);
        nbl__text_decimal(&text, objects);
        nbl__text_word(&text, objects == 1 ? " object is alive" : " objects are alive");
        nbl__text_end(&text);
    }
    text.depth = 1;
    if (sites != NULL)
        put_sites(&text, sites, count);
    nbl__text_flush(&text);
    if (sites != NULL)
        nbl__port_release(NULL, sites, bytes);
    return objects;
}
