/* SPDX-License-Identifier: MIT
 *
 * nbl_test_vector_name.c - which MDL is which: names, handlers, and who was freed.
 */
#include "nbl_test_vector.h"

/* The handlers have no context argument, so the vector that runs is known here. */
static struct nbl_test_vector *running;

void nbl_test_vector_name(struct nbl_test_vector *vector, MDL const *mdl, char const *name)
{
    assert_true(vector->named_count < NBL_TEST_NAMED);
    vector->named[vector->named_count].mdl = mdl;
    snprintf(vector->named[vector->named_count].name, NBL_TEST_NAME, "%s", name);
    vector->named_count++;
}

static char const *fixed_name(struct nbl_test_vector const *vector, MDL const *mdl)
{
    for (unsigned i = vector->named_count; i-- > 0;)
        if (vector->named[i].mdl == mdl)
            return vector->named[i].name;
    return NULL;
}

/* The driver MDL whose bytes hold this MDL's first byte, or NULL. */
static struct nbl_test_mdl const *aliased(struct nbl_test_vector const *vector, MDL const *mdl)
{
    unsigned char const *address = nbl_test_address(mdl);
    for (unsigned i = 0; i < vector->mdl_count; i++) {
        struct nbl_test_mdl const *made = &vector->mdls[i];
        if (made->length > 0 && (uintptr_t)address >= (uintptr_t)made->bytes
            && (uintptr_t)address + mdl->ByteCount <= (uintptr_t)made->bytes + made->length)
            return made;
    }
    return NULL;
}

void nbl_test_vector_find_name(struct nbl_test_vector *vector, MDL const *mdl, char *name)
{
    char const *fixed = fixed_name(vector, mdl);
    struct nbl_test_mdl const *original;
    if (mdl == NULL) {
        snprintf(name, NBL_TEST_NAME, "NULL");
    } else if (fixed != NULL) {
        snprintf(name, NBL_TEST_NAME, "%s", fixed);
    } else if ((original = aliased(vector, mdl)) != NULL) {
        snprintf(name, NBL_TEST_NAME, "%.4s%.*s", original->name, (int)vector->derived_count, "''''");
    } else {
        snprintf(name, NBL_TEST_NAME, "?");
    }
}

void nbl_test_vector_name_new(struct nbl_test_vector *vector)
{
    NET_BUFFER_LIST const *list = nbl_test_vector_subject(vector);
    if (list == NULL)
        return;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next) {
            char name[NBL_TEST_NAME];
            nbl_test_vector_find_name(vector, mdl, name);
            if (strcmp(name, "?") != 0)
                continue;
            snprintf(name, sizeof(name), "r%u_", ++vector->retreats);
            nbl_test_vector_name(vector, mdl, name);
        }
    }
}

void nbl_test_vector_note_freed(struct nbl_test_vector *vector, MDL const *mdl)
{
    char name[NBL_TEST_NAME];
    size_t const used = strlen(vector->freed);
    nbl_test_vector_find_name(vector, mdl, name);
    snprintf(vector->freed + used, NBL_TEST_TEXT - used, "%s%s", used > 0 ? "," : "", name);
    for (unsigned i = 0; i < vector->named_count; i++)
        if (vector->named[i].mdl == mdl)
            vector->named[i].mdl = NULL;
}

MDL *nbl_test_vector_allocate_mdl(ULONG *size)
{
    struct nbl_test_mdl *made = &running->mdls[running->mdl_count];
    struct nbl_test_token token = { "h", 0, -1, 0 };
    unsigned const call = running->handler_next++;
    if (call >= running->handler_count) {
        fail_msg("AllocateMdlHandler was called, for %u bytes", (unsigned)*size);
        return NULL;
    }
    if (running->handler[call].null)
        return NULL;
    token.length = running->handler[call].length;
    nbl_test_mdl_make(made, &token);
    running->mdl_count++;
    nbl_test_vector_name(running, made->mdl, token.name);
    /* RET-12: these are ignored and overwritten. */
    *size = 0xABCDEF01u;
    made->mdl->Next = made->mdl;
    return made->mdl;
}

VOID nbl_test_vector_free_mdl(MDL *mdl)
{
    for (unsigned i = 0; i < running->mdl_count; i++) {
        struct nbl_test_mdl *made = &running->mdls[i];
        if (made->mdl != mdl)
            continue;
        assert_string_equal(made->name, "h");
        assert_null(mdl->Next);
        assert_int_equal(mdl->ByteCount, made->length);
        nbl_test_vector_note_freed(running, mdl);
        nbl_test_mdl_free(made);
        return;
    }
    fail_msg("%s", "FreeMdlHandler was called with an MDL that is not the handler's");
}

/* A handler's MDL is noted when the handler gets it. */
static void listen(struct nbl_event const *event, void *context)
{
    struct nbl_test_vector *vector = context;
    char name[NBL_TEST_NAME];
    if (event->kind != NBL_EVENT_MDL_FREE || event->related == NULL)
        return;
    nbl_test_vector_find_name(vector, event->object, name);
    if (strcmp(name, "h") != 0)
        nbl_test_vector_note_freed(vector, event->object);
}

/* A step of the frame that may end in a failed test leaves the listener behind; the next row takes it away. */
void nbl_test_vector_run(char const *setup, char const *operations, char const *expected)
{
    static struct nbl_test_vector vector;
    nbl_event_unsubscribe(listen, &vector);
    memset(&vector, 0, sizeof(vector));
    running = &vector;
    nbl_test_vector_setup(&vector, setup);
    assert_true(!nbl_test_watching() || nbl_event_subscribe(listen, &vector));
    nbl_test_vector_operate(&vector, operations);
    nbl_event_unsubscribe(listen, &vector);
    nbl_test_vector_compare(&vector, expected);
    nbl_test_vector_free(&vector);
}
