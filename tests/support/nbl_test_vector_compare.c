/* SPDX-License-Identifier: MIT
 *
 * nbl_test_vector_compare.c - writing the outcome as text, and the "expected" column against it.
 */
#include "nbl_test_vector.h"

#include <inttypes.h>

#define APPEND(text, ...) snprintf((text) + strlen(text), NBL_TEST_TEXT - strlen(text), __VA_ARGS__)

void nbl_test_vector_result(struct nbl_test_vector *vector, char const *text)
{
    assert_true(vector->result_count < NBL_TEST_RESULTS);
    snprintf(vector->results[vector->result_count++], NBL_TEST_TEXT, "%s", text);
}

/* ---- writing ---- */

void nbl_test_vector_state(struct nbl_test_vector *vector, NET_BUFFER const *buffer, char *text)
{
    char name[NBL_TEST_NAME];
    text[0] = '\0';
    if (buffer->MdlChain == NULL)
        APPEND(text, "NULL ");
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next) {
        nbl_test_vector_find_name(vector, mdl, name);
        APPEND(text, "%s%u ", name, (unsigned)mdl->ByteCount);
    }
    nbl_test_vector_find_name(vector, buffer->CurrentMdl, name);
    APPEND(text, "DO=%u DL=%" PRIu64 " %s+%u", (unsigned)buffer->DataOffset, (uint64_t)buffer->stDataLength, name,
           (unsigned)buffer->CurrentMdlOffset);
}

/* A byte by what it holds: the first MDL of the row that started with this value somewhere, or X. */
static void append_byte(struct nbl_test_vector const *vector, unsigned char byte, char *text)
{
    for (unsigned i = 0; i < vector->mdl_count; i++) {
        struct nbl_test_mdl const *made = &vector->mdls[i];
        for (ULONG k = 0; k < made->length; k++) {
            if (nbl_test_byte(made->name[0], k) == byte) {
                APPEND(text, "%s%u", made->name, (unsigned)k);
                return;
            }
        }
    }
    APPEND(text, "X");
}

static void append_bytes(struct nbl_test_vector const *vector, unsigned char const *bytes, ULONG count, char *text)
{
    for (ULONG i = 0; i < count; i++) {
        APPEND(text, "%s", i > 0 ? "," : "");
        append_byte(vector, bytes[i], text);
    }
}

static void data_text(struct nbl_test_vector const *vector, NET_BUFFER const *buffer, char *text)
{
    unsigned char data[NBL_TEST_TEXT];
    text[0] = '\0';
    append_bytes(vector, data, nbl_test_data(buffer, data, sizeof(data)), text);
}

/* All memory of an NB, MDL by MDL. */
static void memory_text(struct nbl_test_vector const *vector, NET_BUFFER const *buffer, char *text)
{
    text[0] = '\0';
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next) {
        append_bytes(vector, nbl_test_address(mdl), mdl->ByteCount, text);
        APPEND(text, "%s", mdl->Next != NULL ? "/" : "");
    }
}

static void context_text(NET_BUFFER_LIST const *list, char *text)
{
    snprintf(text, NBL_TEST_TEXT, "%s", list->Context == NULL ? "NULL" : "");
    for (NET_BUFFER_LIST_CONTEXT const *block = list->Context; block != NULL; block = block->Next)
        APPEND(text, "{%u,%u}%s", (unsigned)block->Size, (unsigned)block->Offset, block->Next != NULL ? "->" : "");
}

/* ---- comparing ---- */

static void compare(char const *what, char const *is, char const *expected)
{
    if (strcmp(is, expected) != 0)
        fail_msg("%s: expected \"%s\", is \"%s\"", what, expected, is);
}

/* How far the items of a row have used up what there is to look at. */
struct progress {
    unsigned results;
    NET_BUFFER const *state;
    NET_BUFFER const *bytes;
    bool any_state, context, parent, freed;
};

static void compare_state(struct nbl_test_vector *vector, struct progress *progress, char const *item)
{
    char text[NBL_TEST_TEXT];
    if (progress->state == NULL) {
        fail_msg("there is no NB for: %s", item);
        return;
    }
    nbl_test_vector_state(vector, progress->state, text);
    compare("state", text, item);
    progress->state = progress->state->Next;
    progress->any_state = true;
}

static void compare_bytes(struct nbl_test_vector const *vector, struct progress *progress, char const *item)
{
    char text[NBL_TEST_TEXT];
    data_text(vector, progress->bytes, text);
    compare("bytes", text, item);
    progress->bytes = progress->bytes->Next;
}

static void compare_parent(struct nbl_test_vector *vector, struct progress *progress, char const *item)
{
    char text[NBL_TEST_TEXT];
    NET_BUFFER const *buffer = vector->original->FirstNetBuffer;
    progress->parent = true;
    if (strncmp(item, "bytes ", 6) == 0) {
        data_text(vector, buffer, text);
        compare("parent bytes", text, item + 6);
    } else {
        nbl_test_vector_state(vector, buffer, text);
        compare("parent", text, item);
    }
}

/* Returns what follows the word, or NULL when the item does not start with it. */
static char const *after(char const *item, char const *word)
{
    size_t const length = strlen(word);
    return strncmp(item, word, length) == 0 ? item + length : NULL;
}

static void compare_item(struct nbl_test_vector *vector, struct progress *progress, char const *item)
{
    NET_BUFFER_LIST const *list = nbl_test_vector_subject(vector);
    char text[NBL_TEST_TEXT];
    char const *rest;
    bool const is_result = progress->results < vector->result_count;
    if ((rest = after(item, "freed ")) != NULL) {
        if (nbl_test_watching())
            compare("freed", vector->freed, rest);
        progress->freed = true;
    } else if ((rest = after(item, "violates ")) != NULL) {
        nbl_test_expect(rest);
    } else if ((rest = after(item, "parent ")) != NULL) {
        compare_parent(vector, progress, rest);
    } else if ((rest = after(item, "bytes ")) != NULL) {
        compare_bytes(vector, progress, rest);
    } else if ((rest = after(item, "memory ")) != NULL) {
        memory_text(vector, list->FirstNetBuffer->Next, text);
        compare("memory", text, rest);
    } else if ((rest = after(item, "context ")) != NULL) {
        context_text(list, text);
        compare("context", text, rest);
        progress->context = true;
    } else if (is_result) {
        compare("result", vector->results[progress->results++], item);
    } else {
        compare_state(vector, progress, item);
    }
}

/* What a row does not mention has to be as before: nothing freed, no violation, the original untouched. */
static void compare_rest(struct nbl_test_vector *vector, struct progress const *progress, bool failed)
{
    char const *difference;
    if (progress->results != vector->result_count)
        fail_msg("not expected: %s", vector->results[progress->results]);
    if (progress->any_state && progress->state != NULL)
        fail_msg("%s", "the list has more NBs than expected");
    if (!progress->freed)
        compare("freed", vector->freed, "");
    nbl_test_expect("");
    if (vector->handler_next < vector->handler_count)
        fail_msg("AllocateMdlHandler was called %u times", vector->handler_next);
    if (vector->before == NULL || progress->parent
        || ((progress->any_state || progress->context) && vector->derived_count == 0 && !failed))
        return;
    difference = nbl_test_snapshot_difference(vector->before, vector->original);
    if (difference != NULL)
        fail_msg("changed: %s", difference);
}

void nbl_test_vector_compare(struct nbl_test_vector *vector, char const *expected)
{
    NET_BUFFER_LIST const *list = nbl_test_vector_subject(vector);
    struct progress progress = { 0, list->FirstNetBuffer, list->FirstNetBuffer, false, false, false, false };
    bool const failed = strstr(expected, "RESOURCES") != NULL || strstr(expected, "FAILURE") != NULL;
    char const *text = expected + strspn(expected, " ");
    while (*text != '\0') {
        char item[NBL_TEST_TEXT];
        size_t length = strcspn(text, ";");
        char const *next = text + length + (text[length] == ';' ? 1 : 0);
        while (length > 0 && text[length - 1] == ' ')
            length--;
        assert_true(length < sizeof(item));
        memcpy(item, text, length);
        item[length] = '\0';
        compare_item(vector, &progress, item);
        text = next + strspn(next, " ");
    }
    compare_rest(vector, &progress, failed);
}
