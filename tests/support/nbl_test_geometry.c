/* SPDX-License-Identifier: MIT
 *
 * nbl_test_geometry.c - reading the notation, and building what it says.
 */
#include "nbl_test.h"

#include <ctype.h>

static void skip_blanks(char const **text)
{
    while (**text == ' ')
        (*text)++;
}

static ULONG read_number(char const **text)
{
    char *end;
    unsigned long long const number = strtoull(*text, &end, 0);
    if (end == *text || number > 0xFFFFFFFFu)
        fail_msg("not a number: %s", *text);
    *text = end;
    return (ULONG)number;
}

/* A letter; digits only when '_' follows them; quotes. Returns the length of the name, 0 for none. */
static size_t name_length(char const *text)
{
    size_t length = 1, digits = 1;
    if (!islower((unsigned char)text[0]))
        return 0;
    while (isdigit((unsigned char)text[digits]))
        digits++;
    if (text[digits] == '_')
        length = digits + 1;
    while (text[length] == '\'')
        length++;
    return isdigit((unsigned char)text[length]) ? length : 0;
}

bool nbl_test_token(char const **text, struct nbl_test_token *token)
{
    size_t length;
    skip_blanks(text);
    length = name_length(*text);
    if (length == 0 || length >= NBL_TEST_NAME)
        return false;
    memset(token, 0, sizeof(*token));
    memcpy(token->name, *text, length);
    *text += length;
    token->length = read_number(text);
    token->page_offset = -1;
    if (**text == '@') {
        (*text)++;
        token->page_offset = (int)read_number(text);
    }
    if (**text != '\0' && strchr("*#^%", **text) != NULL)
        token->suffix = *(*text)++;
    skip_blanks(text);
    return true;
}

static void read_named(char const **text, char const *name, ULONG *value)
{
    skip_blanks(text);
    if (strncmp(*text, name, strlen(name)) != 0)
        return;
    *text += strlen(name);
    *value = read_number(text);
    skip_blanks(text);
}

void nbl_test_window(char const **text, ULONG *data_offset, ULONG *data_length)
{
    read_named(text, "DO=", data_offset);
    read_named(text, "DL=", data_length);
}

/* ---- building ---- */

/* An MDL of zero bytes still has an address, so its memory has one byte. */
void nbl_test_mdl_make(struct nbl_test_mdl *made, struct nbl_test_token const *token)
{
    size_t const room = token->length > 0 ? token->length : 1;
    memset(made, 0, sizeof(*made));
    memcpy(made->name, token->name, sizeof(made->name));
    made->length = token->length;
    made->memory = malloc(token->page_offset < 0 ? room : room + 2 * PAGE_SIZE);
    assert_non_null(made->memory);
    made->bytes = made->memory;
    if (token->page_offset >= 0)
        made->bytes += (PAGE_SIZE - (uintptr_t)made->bytes % PAGE_SIZE) % PAGE_SIZE + (unsigned)token->page_offset;
    for (ULONG i = 0; i < token->length; i++)
        made->bytes[i] = nbl_test_byte(token->name[0], i);
    made->mdl = NdisAllocateMdl(NULL, made->bytes, token->length);
    assert_non_null(made->mdl);
}

void nbl_test_mdl_free(struct nbl_test_mdl *made)
{
    if (made->mdl != NULL && made->memory != NULL)
        NdisFreeMdl(made->mdl);
    free(made->memory);
    memset(made, 0, sizeof(*made));
}

char const *nbl_test_chain_make(struct nbl_test_chain *chain, char const *text)
{
    struct nbl_test_token token;
    MDL **link = &chain->first;
    memset(chain, 0, sizeof(*chain));
    while (nbl_test_token(&text, &token)) {
        struct nbl_test_mdl *made = &chain->mdls[chain->count++];
        assert_true(chain->count <= NBL_TEST_MDLS);
        assert_int_equal(token.suffix, 0);
        nbl_test_mdl_make(made, &token);
        *link = made->mdl;
        link = &made->mdl->Next;
    }
    return text;
}

void nbl_test_chain_free(struct nbl_test_chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++)
        nbl_test_mdl_free(&chain->mdls[i]);
    memset(chain, 0, sizeof(*chain));
}

static ULONG chain_bytes(struct nbl_test_chain const *chain)
{
    ULONG bytes = 0;
    for (unsigned i = 0; i < chain->count; i++)
        bytes += chain->mdls[i].length;
    return bytes;
}

static char const *buffer_make(struct nbl_test_list *made, char const *text)
{
    struct nbl_test_chain *chain = &made->chains[made->count];
    ULONG data_offset = 0, data_length = 0xFFFFFFFFu;
    assert_true(made->count < NBL_TEST_BUFFERS);
    text = nbl_test_chain_make(chain, text);
    if (chain->first == NULL && strncmp(text, "NULL", 4) == 0)
        text += 4;
    nbl_test_window(&text, &data_offset, &data_length);
    if (data_length == 0xFFFFFFFFu)
        data_length = chain_bytes(chain) - data_offset;
    made->buffers[made->count] = NdisAllocateNetBuffer(made->buffer_pool, chain->first, data_offset, data_length);
    assert_non_null(made->buffers[made->count]);
    made->count++;
    return text;
}

void nbl_test_list_make(struct nbl_test_list *made, char const *text)
{
    NET_BUFFER **link;
    memset(made, 0, sizeof(*made));
    made->list_pool = nbl_test_list_pool(FALSE, 0, 0);
    made->buffer_pool = nbl_test_buffer_pool(0);
    made->list = NdisAllocateNetBufferList(made->list_pool, 0, 0);
    assert_non_null(made->list);
    link = &made->list->FirstNetBuffer;
    skip_blanks(&text);
    while (*text != '\0') {
        text = buffer_make(made, text);
        *link = made->buffers[made->count - 1];
        link = &(*link)->Next;
        if (*text != ';' && *text != '\0')
            fail_msg("not understood: %s", text);
        if (*text == ';')
            text++;
    }
}

void nbl_test_list_free(struct nbl_test_list *made)
{
    if (made->list != NULL)
        NdisFreeNetBufferList(made->list);
    for (unsigned i = 0; i < made->count; i++) {
        if (made->buffers[i] != NULL)
            NdisFreeNetBuffer(made->buffers[i]);
        nbl_test_chain_free(&made->chains[i]);
    }
    NdisFreeNetBufferListPool(made->list_pool);
    NdisFreeNetBufferPool(made->buffer_pool);
    memset(made, 0, sizeof(*made));
}
