/* SPDX-License-Identifier: MIT
 *
 * dump_text.c - words, numbers, flags and lines to a sink.
 */
#include "dump_text.h"

void nbl__text_flush(struct nbl__text *text)
{
    if (text->used > 0)
        text->sink->put(text->sink->context, text->piece, text->used);
    text->used = 0;
}

void nbl__text_character(struct nbl__text *text, char character)
{
    if (text->used == NBL__DUMP_PIECE)
        nbl__text_flush(text);
    text->piece[text->used++] = character;
}

void nbl__text_word(struct nbl__text *text, char const *word)
{
    while (*word != '\0')
        nbl__text_character(text, *word++);
}

void nbl__text_begin(struct nbl__text *text)
{
    for (unsigned i = 0; i < text->depth; i++)
        nbl__text_word(text, "  ");
}

void nbl__text_end(struct nbl__text *text)
{
    nbl__text_character(text, '\n');
    nbl__text_flush(text);
}

void nbl__text_decimal(struct nbl__text *text, uint64_t value)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        nbl__text_character(text, digits[--count]);
}

void nbl__text_signed(struct nbl__text *text, int64_t value)
{
    if (value < 0)
        nbl__text_character(text, '-');
    nbl__text_decimal(text, value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value);
}

void nbl__text_digits(struct nbl__text *text, uint64_t value, unsigned digits)
{
    while (digits-- > 0)
        nbl__text_character(text, "0123456789abcdef"[value >> (4 * digits) & 15]);
}

void nbl__text_hex(struct nbl__text *text, uint64_t value, unsigned digits)
{
    while (digits < 16 && value >> (4 * digits) != 0)
        digits++;
    nbl__text_word(text, "0x");
    nbl__text_digits(text, value, digits);
}

void nbl__text_address(struct nbl__text *text, void const *address)
{
    if (address == NULL)
        nbl__text_word(text, "NULL");
    else
        nbl__text_hex(text, (uintptr_t)address, 1);
}

static void name(struct nbl__text *text, char const *word)
{
    nbl__text_character(text, ' ');
    nbl__text_word(text, word);
    nbl__text_character(text, ' ');
}

void nbl__text_named(struct nbl__text *text, char const *word, uint64_t value)
{
    name(text, word);
    nbl__text_decimal(text, value);
}

void nbl__text_named_hex(struct nbl__text *text, char const *word, uint64_t value, unsigned digits)
{
    name(text, word);
    nbl__text_hex(text, value, digits);
}

void nbl__text_named_address(struct nbl__text *text, char const *word, void const *address)
{
    name(text, word);
    nbl__text_address(text, address);
}

void nbl__text_line(struct nbl__text *text, char const *line)
{
    nbl__text_begin(text);
    nbl__text_word(text, line);
    nbl__text_end(text);
}

void nbl__text_pad(struct nbl__text *text, unsigned column)
{
    while (text->used < 2 * text->depth + column)
        nbl__text_character(text, ' ');
}

void nbl__text_flags(struct nbl__text *text, uint32_t value, struct nbl__flag const *flags)
{
    char const *before = " ";
    for (; flags->name != NULL; flags++) {
        if ((value & flags->bit) == 0)
            continue;
        nbl__text_word(text, before);
        nbl__text_word(text, flags->name);
        value &= ~flags->bit;
        before = " | ";
    }
    if (value != 0) {
        nbl__text_word(text, before);
        nbl__text_hex(text, value, 1);
    }
}
