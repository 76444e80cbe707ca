/* SPDX-License-Identifier: MIT
 *
 * options.c - the words of NBL_VERIFY.
 */
#include "options.h"

#include "rules.h"

#include <string.h>

/* Copies what stands before the next comma, cut to fit. Returns how long it was. */
static size_t take_word(char const *text, char word[NBL__OPTIONS_WORD])
{
    size_t length = 0;
    while (text[length] != '\0' && text[length] != ',') {
        if (length + 1 < NBL__OPTIONS_WORD)
            word[length] = text[length];
        length++;
    }
    word[length < NBL__OPTIONS_WORD ? length : NBL__OPTIONS_WORD - 1] = '\0';
    return length;
}

/* Gives what stands behind `name=`, or NULL. */
static char const *value_of(char const *word, char const *name)
{
    while (*name != '\0' && *word == *name) {
        word++;
        name++;
    }
    return *name == '\0' && *word == '=' ? word + 1 : NULL;
}

static bool read_number(char const *text, ULONG *number)
{
    uint64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        value = 10 * value + (uint64_t)(*text - '0');
        if (value > 0xFFFFFFFFu)
            return false;
    }
    *number = (ULONG)value;
    return *text == '\0';
}

static bool read_switch(char const *word, struct nbl__options *options)
{
    if (nbl__same(word, "strict"))
        options->values.strict = true;
    else if (nbl__same(word, "info"))
        options->values.info = true;
    else if (nbl__same(word, "json"))
        options->values.json = true;
    else if (nbl__same(word, "protect"))
        options->values.protect = true;
    else if (nbl__same(word, "no-guards"))
        options->values.without_guards = true;
    else if (nbl__same(word, "continue"))
        options->go_on = true;
    else
        return nbl__same(word, "all") || nbl__same(word, "");
    return true;
}

static bool read_word(char const *word, struct nbl__options *options)
{
    char const *value = value_of(word, "suppress");
    if (value != NULL) {
        if (nbl_rule_find(value) == NULL || options->suppressed == NBL__OPTIONS_SUPPRESSED)
            return false;
        memcpy(options->suppress[options->suppressed++], value, NBL__OPTIONS_WORD - (size_t)(value - word));
        return true;
    }
    value = value_of(word, "kept");
    if (value != NULL)
        return read_number(value, &options->values.freed_kept);
    value = value_of(word, "quarantine");
    if (value != NULL) {
        ULONG kept = 0;
        bool const read = read_number(value, &kept);
        options->values.quarantine_bytes = kept == 0 ? 1 : kept;
        return read;
    }
    value = value_of(word, "exit");
    if (value != NULL) {
        ULONG status = 0;
        bool const read = read_number(value, &status) && status <= 255;
        options->values.exit_status = (int)status;
        return read;
    }
    return read_switch(word, options);
}

bool nbl__options_read(char const *text, struct nbl__options *options)
{
    memset(options, 0, sizeof(*options));
    for (;;) {
        char word[NBL__OPTIONS_WORD] = { 0 };
        size_t const length = take_word(text, word);
        if (length >= NBL__OPTIONS_WORD || !read_word(word, options)) {
            memcpy(options->wrong, word, sizeof(word));
            return false;
        }
        text += length;
        if (*text == '\0')
            return true;
        text++;
    }
}

void nbl__options_complain(char message[NBL__OPTIONS_MESSAGE], char const *wrong)
{
    static char const *const parts[3] = {
        "libnbl: NBL_VERIFY: '",
        NULL,
        "' is none of all, strict, info, json, continue, protect, no-guards, quarantine=BYTES, exit=NUMBER, kept=NUMBER, suppress=RULE-ID",
    };
    size_t used = 0;
    for (unsigned i = 0; i < 3; i++)
        for (char const *from = i == 1 ? wrong : parts[i]; *from != '\0' && used + 1 < NBL__OPTIONS_MESSAGE; from++)
            message[used++] = *from;
    message[used] = '\0';
}
