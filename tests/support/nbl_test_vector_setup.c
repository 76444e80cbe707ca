/* SPDX-License-Identifier: MIT
 *
 * nbl_test_vector_setup.c - the "setup" column: objects with the wanted provenance, made by the real calls.
 *
 * MDLs are prepended one by one, last first. One without suffix is a driver MDL, '*' comes from a retreat with
 * libnbl's memory, '#' from a retreat with the handler, '%' is the MDL of a NB pool with data. A list with '^' is the
 * clone (flags 0) of the list that has driver MDLs in the same places.
 */
#include "nbl_test_vector.h"

static void skip_blanks(char const **text)
{
    while (**text == ' ')
        (*text)++;
}

static bool skip_word(char const **text, char const *word)
{
    skip_blanks(text);
    if (strncmp(*text, word, strlen(word)) != 0)
        return false;
    *text += strlen(word);
    skip_blanks(text);
    return true;
}

static ULONG number(char const **text)
{
    char *end;
    unsigned long long const value = strtoull(*text, &end, 0);
    if (end == *text)
        fail_msg("not a number: %s", *text);
    *text = end;
    skip_blanks(text);
    return (ULONG)value;
}

static void set_window(NET_BUFFER *buffer, ULONG data_offset, ULONG data_length)
{
    buffer->DataOffset = data_offset;
    buffer->stDataLength = data_length;
    NdisAdjustNetBufferCurrentMdl(buffer);
}

static struct nbl_test_mdl *driver_mdl(struct nbl_test_vector *vector, struct nbl_test_token const *token)
{
    struct nbl_test_mdl *made = &vector->mdls[vector->mdl_count++];
    struct nbl_test_token plain = *token;
    assert_true(vector->mdl_count <= NBL_TEST_NAMED);
    plain.name[strcspn(plain.name, "'")] = '\0';
    nbl_test_mdl_make(made, &plain);
    nbl_test_vector_name(vector, made->mdl, plain.name);
    return made;
}

static void prepend_driver(struct nbl_test_vector *vector, NET_BUFFER *buffer, struct nbl_test_token const *token)
{
    MDL *mdl = driver_mdl(vector, token)->mdl;
    mdl->Next = buffer->MdlChain;
    buffer->MdlChain = mdl;
    set_window(buffer, 0, (ULONG)nbl_test_capacity(buffer));
}

static void prepend_retreat(struct nbl_test_vector *vector, NET_BUFFER *buffer, struct nbl_test_token const *token)
{
    bool const custom = token->suffix == '#';
    set_window(buffer, 0, (ULONG)nbl_test_capacity(buffer));
    if (custom) {
        vector->handler[0].length = token->length;
        vector->handler_count = 1;
        vector->handler_next = 0;
    }
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, token->length, 0,
                                                   custom ? nbl_test_vector_allocate_mdl : NULL),
                     NDIS_STATUS_SUCCESS);
    if (!custom)
        nbl_test_vector_name(vector, buffer->MdlChain, token->name);
    vector->handler_count = 0;
    for (ULONG i = 0; i < token->length; i++)
        nbl_test_address(buffer->MdlChain)[i] = nbl_test_byte(token->name[0], i);
}

static NET_BUFFER *buffer_with_data(struct nbl_test_vector *vector, struct nbl_test_token const *token)
{
    NET_BUFFER *buffer;
    vector->data_pool = nbl_test_buffer_pool(token->length);
    buffer = NdisAllocateNetBufferMdlAndData(vector->data_pool);
    assert_non_null(buffer);
    nbl_test_vector_name(vector, buffer->MdlChain, token->name);
    return buffer;
}

/* Driver MDLs alone: the NB is allocated over them with its window, which is what TV rows take for granted. */
static NET_BUFFER *buffer_allocate(struct nbl_test_vector *vector, struct nbl_test_token const *tokens, unsigned count,
                                   ULONG data_offset, ULONG data_length)
{
    MDL *chain = NULL;
    NET_BUFFER *buffer;
    while (count-- > 0) {
        MDL *mdl = driver_mdl(vector, &tokens[count])->mdl;
        mdl->Next = chain;
        chain = mdl;
    }
    buffer = NdisAllocateNetBuffer(vector->buffer_pool, chain, data_offset, data_length);
    assert_non_null(buffer);
    return buffer;
}

static NET_BUFFER *buffer_stack(struct nbl_test_vector *vector, struct nbl_test_token const *tokens, unsigned count,
                                ULONG data_offset, ULONG data_length)
{
    NET_BUFFER *buffer = NdisAllocateNetBuffer(vector->buffer_pool, NULL, 0, 0);
    assert_non_null(buffer);
    while (count-- > 0) {
        if (tokens[count].suffix == 0)
            prepend_driver(vector, buffer, &tokens[count]);
        else
            prepend_retreat(vector, buffer, &tokens[count]);
    }
    set_window(buffer, data_offset, data_length);
    return buffer;
}

static bool has_suffix(struct nbl_test_token const *tokens, unsigned count, char const *suffixes)
{
    for (unsigned i = 0; i < count; i++)
        if (tokens[i].suffix != 0 && strchr(suffixes, tokens[i].suffix) != NULL)
            return true;
    return false;
}

/* One NB: MDLs or NULL, then its window. Returns whether a '^' was there. */
static bool read_buffer(struct nbl_test_vector *vector, char const **text, NET_BUFFER **buffer)
{
    struct nbl_test_token tokens[NBL_TEST_MDLS];
    unsigned count = 0;
    ULONG data_offset = 0, data_length = 0;
    while (nbl_test_token(text, &tokens[count]))
        assert_true(++count < NBL_TEST_MDLS);
    if (count == 0 && !skip_word(text, "NULL"))
        fail_msg("setup not understood: %s", *text);
    nbl_test_window(text, &data_offset, &data_length);
    if (has_suffix(tokens, count, "%"))
        *buffer = buffer_with_data(vector, &tokens[0]);
    else if (has_suffix(tokens, count, "*#"))
        *buffer = buffer_stack(vector, tokens, count, data_offset, data_length);
    else
        *buffer = buffer_allocate(vector, tokens, count, data_offset, data_length);
    return has_suffix(tokens, count, "^");
}

/* "H=14", "H=4,NULL": what the handler will return, call by call. */
static void read_handler(struct nbl_test_vector *vector, char const **text)
{
    do {
        unsigned const i = vector->handler_count++;
        assert_true(i < 8);
        vector->handler[i].null = skip_word(text, "NULL");
        if (!vector->handler[i].null)
            vector->handler[i].length = number(text);
    } while (skip_word(text, ","));
}

static void read_buffers(struct nbl_test_vector *vector, char const *text)
{
    NET_BUFFER **link = &vector->original->FirstNetBuffer;
    bool derived = false;
    while (*text != 'H' && !skip_word(&text, "no NB")) {
        derived |= read_buffer(vector, &text, link);
        assert_true(vector->buffer_count < NBL_TEST_BUFFERS);
        vector->buffers[vector->buffer_count++] = *link;
        link = &(*link)->Next;
        if (!skip_word(&text, ";"))
            break;
    }
    vector->handler_next = 0;
    if (skip_word(&text, "H="))
        read_handler(vector, &text);
    if (*text != '\0')
        fail_msg("setup not understood: %s", text);
    if (derived)
        nbl_test_vector_operate(vector, "Clone(0)");
}

void nbl_test_vector_setup(struct nbl_test_vector *vector, char const *text)
{
    vector->buffer_pool = nbl_test_buffer_pool(0);
    if (skip_word(&text, "pool")) {
        vector->list_pool = nbl_test_list_pool(TRUE, number(&text), 0);
        return;
    }
    vector->list_pool = nbl_test_list_pool(FALSE, 0, 0);
    if (skip_word(&text, "context")) {
        ULONG const size = number(&text), backfill = number(&text);
        vector->original = NdisAllocateNetBufferList(vector->list_pool, (USHORT)size, (USHORT)backfill);
        assert_non_null(vector->original);
    } else {
        vector->original = NdisAllocateNetBufferList(vector->list_pool, 0, 0);
        assert_non_null(vector->original);
        read_buffers(vector, text);
    }
    vector->before = nbl_test_snapshot_take(vector->original);
}

void nbl_test_vector_derive_free(struct nbl_test_vector *vector)
{
    struct nbl_test_derived const *derived = &vector->derived[--vector->derived_count];
    if (derived->kind == 'c')
        NdisFreeCloneNetBufferList(derived->list, derived->value);
    else if (derived->kind == 'f')
        NdisFreeFragmentNetBufferList(derived->list, derived->value, 0);
    else
        NdisFreeReassembledNetBufferList(derived->list, derived->value, 0);
}

void nbl_test_vector_free(struct nbl_test_vector *vector)
{
    nbl_test_snapshot_free(vector->before);
    while (vector->derived_count > 0)
        nbl_test_vector_derive_free(vector);
    if (vector->original != NULL)
        NdisFreeNetBufferList(vector->original);
    for (unsigned i = 0; i < vector->buffer_count; i++)
        NdisFreeNetBuffer(vector->buffers[i]);
    for (unsigned i = 0; i < vector->mdl_count; i++)
        nbl_test_mdl_free(&vector->mdls[i]);
    NdisFreeNetBufferListPool(vector->list_pool);
    NdisFreeNetBufferPool(vector->buffer_pool);
    if (vector->data_pool != NULL)
        NdisFreeNetBufferPool(vector->data_pool);
    nbl_test_forget();
}
