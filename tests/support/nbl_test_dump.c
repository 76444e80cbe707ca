/* SPDX-License-Identifier: MIT
 *
 * nbl_test_dump.c - keeping the text of a dump.
 */
#include "nbl_test.h"

#include "nbl_test_dump.h"

#define ADDRESSES_MOST 512

void nbl_dump_text_start(struct nbl_dump_text *text)
{
    text->used = 0;
    text->text[0] = '\0';
}

void nbl_dump_text_put(void *context, char const *piece, size_t bytes)
{
    struct nbl_dump_text *text = context;
    assert_true(bytes > 0 && bytes < NBL_TEST_DUMP_BYTES - text->used);
    for (size_t i = 0; i < bytes; i++)
        assert_true(piece[i] == '\n' || (piece[i] >= ' ' && piece[i] < 0x7F));
    memcpy(text->text + text->used, piece, bytes);
    text->used += bytes;
    text->text[text->used] = '\0';
}

static bool is_address(char const *digits, size_t count)
{
    return count > 4 && strncmp(digits, "00", 2) != 0 && strncmp(digits, "c00000", 6) != 0;
}

static unsigned number_of(uint64_t address)
{
    static uint64_t seen[ADDRESSES_MOST];
    static unsigned count;
    if (address == 0) {
        count = 0;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        if (seen[i] == address)
            return i + 1;
    assert_true(count < ADDRESSES_MOST);
    seen[count++] = address;
    return count;
}

char const *nbl_dump_text_normal(struct nbl_dump_text *text)
{
    char *from = text->text;
    char *to = text->text;
    (void)number_of(0);
    while (*from != '\0') {
        size_t const digits = strncmp(from, "0x", 2) == 0 ? strspn(from + 2, "0123456789abcdef") : 0;
        if (is_address(from + 2, digits)) {
            char name[12];
            int const length = snprintf(name, sizeof(name), "@%u", number_of(strtoull(from + 2, NULL, 16)));
            memcpy(to, name, (size_t)length);
            to += length;
            from += 2 + digits;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    text->used = (size_t)(to - text->text);
    return text->text;
}
