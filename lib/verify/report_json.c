/* SPDX-License-Identifier: MIT
 *
 * report_json.c - a violation as a line of JSON.
 */
#include "dump_text.h"
#include "report.h"
#include "rules.h"

/* A string: rules and calls are ASCII without control characters; names of symbols may have anything. */
static void string(struct nbl__text *text, char const *value)
{
    nbl__text_character(text, '"');
    for (; *value != '\0'; value++) {
        unsigned char const byte = (unsigned char)*value;
        if (byte == '"' || byte == '\\')
            nbl__text_character(text, '\\');
        nbl__text_character(text, byte < 0x20 || byte > 0x7E ? '?' : *value);
    }
    nbl__text_character(text, '"');
}

static void key(struct nbl__text *text, char const *name, bool first)
{
    if (!first)
        nbl__text_character(text, ',');
    string(text, name);
    nbl__text_character(text, ':');
}

static void text_member(struct nbl__text *text, char const *name, char const *value)
{
    key(text, name, false);
    string(text, value);
}

static void number_member(struct nbl__text *text, char const *name, uint64_t value, bool first)
{
    key(text, name, first);
    nbl__text_decimal(text, value);
}

/* Addresses are strings: not every reader keeps 64 bits of a number. */
static void address_member(struct nbl__text *text, char const *name, void const *address)
{
    key(text, name, false);
    if (address == NULL) {
        nbl__text_word(text, "null");
        return;
    }
    nbl__text_character(text, '"');
    nbl__text_address(text, address);
    nbl__text_character(text, '"');
}

static void frames(struct nbl__text *text, struct nbl__moment const *moment)
{
    key(text, "frames", false);
    nbl__text_character(text, '[');
    for (uint32_t i = 0; i < moment->depth; i++) {
        char name[NBL__SYMBOL_BYTES];
        nbl__port_symbol(moment->frames[i], name, sizeof(name));
        if (i > 0)
            nbl__text_character(text, ',');
        string(text, name);
    }
    nbl__text_character(text, ']');
}

static void moments(struct nbl__text *text, struct nbl__history const *history)
{
    key(text, "history", false);
    nbl__text_character(text, '[');
    for (uint32_t i = 0; i < history->count; i++) {
        nbl__text_word(text, i == 0 ? "{" : ",{");
        number_member(text, "moment", history->moments[i].serial, true);
        number_member(text, "thread", history->moments[i].thread, false);
        text_member(text, "what", nbl__moment_verb(history->moments[i].kind));
        text_member(text, "call", history->moments[i].call);
        frames(text, &history->moments[i]);
        nbl__text_character(text, '}');
    }
    nbl__text_character(text, ']');
}

void nbl_verify_print_json(struct nbl_violation const *violation, struct nbl_dump_sink const *sink)
{
    struct nbl__text text = nbl__text_start(sink);
    struct nbl__history history;
    nbl__history_of(violation->object, &history);
    nbl__text_character(&text, '{');
    number_member(&text, "number", violation->number, true);
    text_member(&text, "rule", violation->rule->id);
    text_member(&text, "severity", nbl__severity_name(violation->severity));
    text_member(&text, "sentence", violation->rule->sentence);
    text_member(&text, "call", violation->call);
    address_member(&text, "object", violation->object);
    if (history.count > 0)
        text_member(&text, "type", history.type);
    moments(&text, &history);
    text_member(&text, "page", violation->rule->page);
    text_member(&text, "advice", violation->rule->advice);
    nbl__text_character(&text, '}');
    nbl__text_end(&text);
}
