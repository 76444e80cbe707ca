/* SPDX-License-Identifier: MIT
 *
 * dump_text.h (internal) - writing text to a sink without a C library: words, numbers, flags by name, lines.
 */
#ifndef NBL_VERIFY_DUMP_TEXT_H
#define NBL_VERIFY_DUMP_TEXT_H

#include <nbl/dump.h>

#define NBL__DUMP_PIECE 160u

/* struct nbl__text collects a line, or the part of one that fits, before the sink gets it. */
struct nbl__text {
    struct nbl_dump_sink const *sink;
    unsigned depth; /* lines begin with two blanks for each */
    unsigned used;
    char piece[NBL__DUMP_PIECE];
};

static inline struct nbl__text nbl__text_start(struct nbl_dump_sink const *sink)
{
    return (struct nbl__text){ .sink = sink, .depth = 0, .used = 0 };
}

/* nbl__text_begin begins a line: the indentation. nbl__text_end ends it and hands it to the sink. */
void nbl__text_begin(struct nbl__text *text);
void nbl__text_end(struct nbl__text *text);

/* nbl__text_flush hands to the sink what is left. */
void nbl__text_flush(struct nbl__text *text);

void nbl__text_character(struct nbl__text *text, char character);
void nbl__text_word(struct nbl__text *text, char const *word);
void nbl__text_decimal(struct nbl__text *text, uint64_t value);
void nbl__text_signed(struct nbl__text *text, int64_t value);

/* nbl__text_hex writes 0x and at least `digits` digits. */
void nbl__text_hex(struct nbl__text *text, uint64_t value, unsigned digits);

/* nbl__text_digits writes `digits` digits alone, the lowest of the value. */
void nbl__text_digits(struct nbl__text *text, uint64_t value, unsigned digits);

/* nbl__text_address writes an address, or NULL. */
void nbl__text_address(struct nbl__text *text, void const *address);

/* nbl__text_named writes " NAME value" for the three kinds of value. */
void nbl__text_named(struct nbl__text *text, char const *name, uint64_t value);
void nbl__text_named_hex(struct nbl__text *text, char const *name, uint64_t value, unsigned digits);
void nbl__text_named_address(struct nbl__text *text, char const *name, void const *address);

/* nbl__text_line writes a whole line. */
void nbl__text_line(struct nbl__text *text, char const *line);

/* nbl__text_pad fills the line with blanks up to a column, counted from the end of the indentation. */
void nbl__text_pad(struct nbl__text *text, unsigned column);

/* struct nbl__flag is the name of one bit. Tables end with a NULL name. */
struct nbl__flag {
    uint32_t bit;
    char const *name;
};

/* nbl__text_flags writes " NAME | NAME" for the bits that are set, and what no name is known for as a number. */
void nbl__text_flags(struct nbl__text *text, uint32_t value, struct nbl__flag const *flags);

#endif
