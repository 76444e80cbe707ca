/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script_object.c - the objects of a row: names to objects and back, and giving back what is left at its end.
 */
#include "nbl_test_script.h"

/* The memory that a row calls V: it starts a page. */
static NBL_ALIGNAS(PAGE_SIZE) unsigned char memory[2 * PAGE_SIZE];

/* ---- making ---- */

static bool has_list(struct nbl_test_object const *object)
{
    return object->kind == NBL_TEST_LIST || object->kind == NBL_TEST_MADE || object->kind == NBL_TEST_CLONE
        || object->kind == NBL_TEST_FRAGMENT || object->kind == NBL_TEST_REASSEMBLED;
}

struct nbl_test_object *nbl_test_script_made(struct nbl_test_script *script, struct nbl_test_call const *call,
                                             enum nbl_test_kind kind, void *pointer, ULONG value)
{
    struct nbl_test_object *object = &script->objects[script->object_count];
    assert_true(script->object_count < NBL_TEST_OBJECTS);
    if (pointer != NULL) {
        script->object_count++;
        snprintf(object->name, sizeof(object->name), "%s", call->target);
        object->kind = kind;
        object->pointer = pointer;
        object->value = value;
    }
    nbl_test_script_output(script, pointer != NULL ? "made" : "NULL");
    return object;
}

void nbl_test_script_gone(struct nbl_test_script *script, char const *name)
{
    struct nbl_test_object *object = nbl_test_script_find(script, name);
    if (object != NULL)
        object->gone = true;
}

/* ---- from names ---- */

struct nbl_test_object *nbl_test_script_find(struct nbl_test_script *script, char const *name)
{
    for (unsigned i = script->object_count; i-- > 0;)
        if (strcmp(script->objects[i].name, name) == 0)
            return &script->objects[i];
    return NULL;
}

/* The chains of driver MDLs, one after the other; NULL behind the last. */
static struct nbl_test_chain const *chain_at(struct nbl_test_script const *script, unsigned n)
{
    for (unsigned i = 0; i < script->object_count; i++) {
        struct nbl_test_object const *object = &script->objects[i];
        unsigned const count = object->made != NULL ? object->made->count : object->chain != NULL ? 1 : 0;
        if (n < count)
            return object->made != NULL ? &object->made->chains[n] : object->chain;
        n -= count;
    }
    return NULL;
}

struct nbl_test_mdl const *nbl_test_script_driver_mdl(struct nbl_test_script const *script, char const *name)
{
    struct nbl_test_chain const *chain;
    for (unsigned n = 0; (chain = chain_at(script, n)) != NULL; n++)
        for (unsigned i = 0; i < chain->count; i++)
            if (strcmp(chain->mdls[i].name, name) == 0)
                return &chain->mdls[i];
    return NULL;
}

/* "list.1", an NB; "list.pool", "list.buffers", the pools that geometry text brings. */
static void *part_of(struct nbl_test_script *script, char const *text, char const *dot)
{
    char name[16] = { 0 };
    struct nbl_test_object const *object;
    NET_BUFFER *buffer;
    assert_true((size_t)(dot - text) < sizeof(name));
    memcpy(name, text, (size_t)(dot - text));
    object = nbl_test_script_find(script, name);
    if (object == NULL)
        fail_msg("no such object: %s", text);
    if (strcmp(dot, ".pool") == 0)
        return object->made->list_pool;
    if (strcmp(dot, ".buffers") == 0)
        return object->made->buffer_pool;
    if (object->made != NULL)
        return object->made->buffers[dot[1] - '0'];
    buffer = ((NET_BUFFER_LIST *)object->pointer)->FirstNetBuffer;
    for (int n = dot[1] - '0'; n > 0; n--)
        buffer = buffer->Next;
    return buffer;
}

void *nbl_test_script_pointer(struct nbl_test_script *script, char const *text)
{
    struct nbl_test_object const *object = nbl_test_script_find(script, text);
    struct nbl_test_mdl const *mdl = nbl_test_script_driver_mdl(script, text);
    char const *dot = strchr(text, '.');
    if (strcmp(text, "NULL") == 0)
        return NULL;
    if (strcmp(text, "Storage") == 0)
        return script->storage;
    if (object != NULL)
        return object->pointer;
    if (mdl != NULL)
        return mdl->mdl;
    if (dot != NULL)
        return part_of(script, text, dot);
    return nbl_test_script_address(script, text);
}

/* An address: "V+40", a number, or the first byte of a driver MDL. */
unsigned char *nbl_test_script_address(struct nbl_test_script *script, char const *text)
{
    struct nbl_test_mdl const *mdl = nbl_test_script_driver_mdl(script, text);
    if (mdl != NULL)
        return mdl->bytes;
    if (text[0] == 'V')
        return memory + strtoul(text + 1, NULL, 0);
    if (text[0] < '0' || text[0] > '9')
        fail_msg("no such object: %s", text);
    return (unsigned char *)(uintptr_t)strtoull(text, NULL, 0);
}

uint64_t nbl_test_script_number(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i)
{
    char const *text = call->text[i];
    (void)script;
    if (strcmp(text, "TRUE") == 0)
        return TRUE;
    if (strcmp(text, "USE_ORIGINAL_MDLS") == 0)
        return NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS;
    return strtoull(text, NULL, 0);
}

ULONG nbl_test_script_ulong(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i)
{
    return (ULONG)nbl_test_script_number(script, call, i);
}

NET_BUFFER_LIST *nbl_test_script_list(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i)
{
    struct nbl_test_object const *object = nbl_test_script_find(script, call->text[i]);
    if (object == NULL || !has_list(object)) {
        fail_msg("not a list: %s", call->text[i]);
        return NULL;
    }
    return object->pointer;
}

/* An NB by its name, or the first of a list. */
NET_BUFFER *nbl_test_script_buffer(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i)
{
    struct nbl_test_object const *object = nbl_test_script_find(script, call->text[i]);
    if (object != NULL && has_list(object))
        return ((NET_BUFFER_LIST *)object->pointer)->FirstNetBuffer;
    return nbl_test_script_pointer(script, call->text[i]);
}

/* ---- to names ---- */

static char const *part_name(struct nbl_test_script const *script, void const *pointer)
{
    static char text[32];
    struct nbl_test_chain const *chain;
    for (unsigned i = 0; i < script->object_count; i++) {
        struct nbl_test_object const *object = &script->objects[i];
        for (unsigned n = 0; object->made != NULL && n < object->made->count; n++) {
            if (object->made->buffers[n] == pointer) {
                snprintf(text, sizeof(text), "%s.%u", object->name, n);
                return text;
            }
        }
    }
    for (unsigned n = 0; (chain = chain_at(script, n)) != NULL; n++)
        for (unsigned i = 0; i < chain->count; i++)
            if (chain->mdls[i].mdl == pointer)
                return chain->mdls[i].name;
    return NULL;
}

char const *nbl_test_script_name(struct nbl_test_script const *script, void const *pointer)
{
    static char text[32];
    char const *part;
    if (pointer == NULL)
        return "NULL";
    for (unsigned i = script->object_count; i-- > 0;)
        if (script->objects[i].pointer == pointer)
            return script->objects[i].name;
    part = part_name(script, pointer);
    if (part != NULL)
        return part;
    if (pointer == script->storage)
        return "Storage";
    if ((uintptr_t)pointer < (uintptr_t)memory || (uintptr_t)pointer >= (uintptr_t)memory + sizeof(memory))
        return "?";
    snprintf(text, sizeof(text), "V+%u", (unsigned)((uintptr_t)pointer - (uintptr_t)memory));
    return text;
}

/* ---- the end ---- */

static void free_made(struct nbl_test_object *object)
{
    if (object->made == NULL)
        return;
    if (object->gone)
        object->made->list = NULL;
    else
        memset(object->made->list->NetBufferListInfo, 0, sizeof(object->made->list->NetBufferListInfo));
    nbl_test_list_free(object->made);
    free(object->made);
}

static void free_object(struct nbl_test_object *object)
{
    switch (object->kind) {
    case NBL_TEST_LIST_POOL: NdisFreeNetBufferListPool(object->pointer); break;
    case NBL_TEST_BUFFER_POOL: NdisFreeNetBufferPool(object->pointer); break;
    case NBL_TEST_LIST: NdisFreeNetBufferList(object->pointer); break;
    case NBL_TEST_BUFFER: NdisFreeNetBuffer(object->pointer); break;
    case NBL_TEST_CLONE: NdisFreeCloneNetBufferList(object->pointer, object->value); break;
    case NBL_TEST_FRAGMENT: NdisFreeFragmentNetBufferList(object->pointer, object->value, 0); break;
    case NBL_TEST_REASSEMBLED: NdisFreeReassembledNetBufferList(object->pointer, object->value, 0); break;
    case NBL_TEST_CHAIN: nbl_test_chain_free(object->chain); break;
    case NBL_TEST_IO_MDL: IoFreeMdl(object->pointer); break;
    case NBL_TEST_NDIS_MDL: NdisFreeMdl(object->pointer); break;
    case NBL_TEST_IRP: nbl_mdl_complete_irp(object->pointer); break;
    case NBL_TEST_MADE:
    case NBL_TEST_RAW_MDL:
    case NBL_TEST_NAME_ONLY: break;
    }
}

void nbl_test_script_free(struct nbl_test_script *script)
{
    nbl_test_snapshot_free(script->before);
    for (unsigned i = script->object_count; i-- > 0;) {
        struct nbl_test_object *object = &script->objects[i];
        if (object->kind == NBL_TEST_MADE)
            free_made(object);
        else if (!object->gone)
            free_object(object);
        if (object->kind == NBL_TEST_RAW_MDL || object->kind == NBL_TEST_IRP)
            free(object->pointer);
        free(object->chain);
    }
}
