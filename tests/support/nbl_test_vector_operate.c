/* SPDX-License-Identifier: MIT
 *
 * nbl_test_vector_operate.c - the "operations" column: calls, separated by ';'.
 */
#include "nbl_test_vector.h"

#define ARGUMENTS 6

/* One call: Name(argument, ...). An argument that is no number has value 0 and is compared by its text. */
struct call {
    char name[32];
    unsigned count;
    int64_t value[ARGUMENTS];
    char text[ARGUMENTS][24];
};

NET_BUFFER_LIST *nbl_test_vector_subject(struct nbl_test_vector const *vector)
{
    return vector->derived_count > 0 ? vector->derived[vector->derived_count - 1].list : vector->original;
}

static NET_BUFFER *first_buffer(struct nbl_test_vector const *vector)
{
    NET_BUFFER_LIST const *list = nbl_test_vector_subject(vector);
    return list != NULL ? list->FirstNetBuffer : NULL;
}

static ULONG argument(struct call const *call, unsigned i)
{
    return (ULONG)call->value[i];
}

static NET_BUFFER_ALLOCATE_MDL *allocate_handler(struct call const *call, unsigned i)
{
    return strcmp(call->text[i], "H") == 0 ? nbl_test_vector_allocate_mdl : NULL;
}

static NET_BUFFER_FREE_MDL *free_handler(struct call const *call, unsigned i)
{
    return strcmp(call->text[i], "FreeH") == 0 ? nbl_test_vector_free_mdl : NULL;
}

static void number_result(struct nbl_test_vector *vector, char const *prefix, ULONG number)
{
    char text[32];
    snprintf(text, sizeof(text), "%s%u", prefix, (unsigned)number);
    nbl_test_vector_result(vector, text);
}

static void status_result(struct nbl_test_vector *vector, NDIS_STATUS status)
{
    nbl_test_vector_result(vector, nbl_status_name(status) + strlen("NDIS_STATUS_"));
}

/* ---- moving the window ---- */

static void retreat(struct nbl_test_vector *vector, struct call const *call)
{
    status_result(vector, NdisRetreatNetBufferDataStart(first_buffer(vector), argument(call, 0), argument(call, 1),
                                                        allocate_handler(call, 2)));
}

static void retreat_list(struct nbl_test_vector *vector, struct call const *call)
{
    status_result(vector, NdisRetreatNetBufferListDataStart(nbl_test_vector_subject(vector), argument(call, 0),
                                                            argument(call, 1), allocate_handler(call, 2),
                                                            free_handler(call, 3)));
}

static void advance(struct nbl_test_vector *vector, struct call const *call)
{
    NdisAdvanceNetBufferDataStart(first_buffer(vector), argument(call, 0), (BOOLEAN)argument(call, 1),
                                  free_handler(call, 2));
}

static void adjust(struct nbl_test_vector *vector, struct call const *call)
{
    (void)call;
    NdisAdjustNetBufferCurrentMdl(first_buffer(vector));
}

/* What the driver assigns is what a failing call has to leave. */
static void assigned(struct nbl_test_vector *vector)
{
    nbl_test_snapshot_free(vector->before);
    vector->before = nbl_test_snapshot_take(vector->original);
}

/* The driver assigns DataOffset and DataLength and leaves CurrentMdl stale. */
static void set_window(struct nbl_test_vector *vector, struct call const *call)
{
    NET_BUFFER_DATA_OFFSET(first_buffer(vector)) = argument(call, 0);
    NET_BUFFER_DATA_LENGTH(first_buffer(vector)) = argument(call, 1);
    assigned(vector);
}

/* Pair(n, offset): the driver assigns CurrentMdl, the n-th MDL of the chain, and CurrentMdlOffset. */
static void set_pair(struct nbl_test_vector *vector, struct call const *call)
{
    NET_BUFFER *buffer = first_buffer(vector);
    MDL *mdl = buffer->MdlChain;
    for (ULONG n = argument(call, 0); n > 0; n--)
        mdl = mdl->Next;
    NET_BUFFER_CURRENT_MDL(buffer) = mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(buffer) = argument(call, 1);
    assigned(vector);
}

static void add_length(struct nbl_test_vector *vector, struct call const *call)
{
    NET_BUFFER *buffer = first_buffer(vector);
    buffer->stDataLength = (SIZE_T)((int64_t)buffer->DataLength + call->value[0]);
}

static void show(struct nbl_test_vector *vector, struct call const *call)
{
    char text[NBL_TEST_TEXT];
    (void)call;
    nbl_test_vector_state(vector, first_buffer(vector), text);
    nbl_test_vector_result(vector, text);
}

/* ---- allocating ---- */

/* The NB of the setup is allocated again, now over its chain with the given window. */
static void allocate_buffer(struct nbl_test_vector *vector, struct call const *call)
{
    NET_BUFFER *old = vector->original->FirstNetBuffer;
    NET_BUFFER *made = NdisAllocateNetBuffer(vector->buffer_pool, old->MdlChain, argument(call, 0), argument(call, 1));
    assert_non_null(made);
    assert_null(made->Next);
    NdisFreeNetBuffer(old);
    vector->buffers[0] = made;
    vector->original->FirstNetBuffer = made;
}

static void allocate_list(struct nbl_test_vector *vector, struct call const *call)
{
    vector->original = NdisAllocateNetBufferList(vector->list_pool, (USHORT)argument(call, 0),
                                                 (USHORT)argument(call, 1));
    assert_non_null(vector->original);
    nbl_test_vector_name(vector, vector->original->FirstNetBuffer->MdlChain, "p");
}

static void allocate_context(struct nbl_test_vector *vector, struct call const *call)
{
    status_result(vector, NdisAllocateNetBufferListContext(nbl_test_vector_subject(vector), (USHORT)argument(call, 0),
                                                           (USHORT)argument(call, 1), 0));
}

static void free_context(struct nbl_test_vector *vector, struct call const *call)
{
    NdisFreeNetBufferListContext(nbl_test_vector_subject(vector), (USHORT)argument(call, 0));
}

/* ---- reading and copying ---- */

static bool all_equal(unsigned char const *bytes, size_t from, size_t to, unsigned char value)
{
    while (from < to)
        if (bytes[from++] != value)
            return false;
    return true;
}

/* Storage is 64 bytes of 0xEE; what was not asked for has to stay so. */
static void get_data_buffer(struct nbl_test_vector *vector, struct call const *call)
{
    unsigned char storage[64], data[NBL_TEST_TEXT];
    char text[32];
    NET_BUFFER *buffer = first_buffer(vector);
    ULONG const bytes = argument(call, 0);
    void *result;
    memset(storage, 0xEE, sizeof(storage));
    result = NdisGetDataBuffer(buffer, bytes, strcmp(call->text[1], "Storage") == 0 ? storage : NULL,
                               argument(call, 2), argument(call, 3));
    if (result == storage) {
        nbl_test_data(buffer, data, sizeof(data));
        assert_memory_equal(storage, data, bytes);
        assert_true(all_equal(storage, bytes, sizeof(storage), 0xEE));
        nbl_test_vector_result(vector, "Storage");
        return;
    }
    assert_true(all_equal(storage, 0, sizeof(storage), 0xEE));
    for (unsigned i = 0; i < vector->mdl_count && result != NULL; i++) {
        struct nbl_test_mdl const *made = &vector->mdls[i];
        ptrdiff_t const offset = (unsigned char *)result - made->bytes;
        if (made->length > 0 && offset >= 0 && (ULONG)offset <= made->length) {
            snprintf(text, sizeof(text), "&%s+%d", made->name, (int)offset);
            nbl_test_vector_result(vector, text);
            return;
        }
    }
    nbl_test_vector_result(vector, result == NULL ? "NULL" : "a strange address");
}

/* Copy(dst, offset, bytes, src, offset): the first NB is src, the second dst. */
static void copy(struct nbl_test_vector *vector, struct call const *call)
{
    NET_BUFFER *source = first_buffer(vector);
    ULONG copied = 0xABCDEF01u;
    assert_string_equal(call->text[0], "dst");
    assert_string_equal(call->text[3], "src");
    status_result(vector, NdisCopyFromNetBufferToNetBuffer(source->Next, argument(call, 1), argument(call, 2), source,
                                                           argument(call, 4), &copied));
    number_result(vector, "copied ", copied);
}

static void physical_count(struct nbl_test_vector *vector, struct call const *call)
{
    (void)call;
    number_result(vector, "", NdisQueryNetBufferPhysicalCount(first_buffer(vector)));
}

/* Writes a byte that no MDL holds to byte n of the used data. */
static void write_byte(struct nbl_test_vector *vector, struct call const *call)
{
    unsigned char *bytes = NdisGetDataBuffer(first_buffer(vector), argument(call, 0) + 1, NULL, 1, 0);
    assert_non_null(bytes);
    bytes[argument(call, 0)] = 0xEE;
}

/* ---- deriving ---- */

static void derived(struct nbl_test_vector *vector, NET_BUFFER_LIST *list, char kind, ULONG value)
{
    struct nbl_test_derived const made = { list, kind, value };
    if (list == NULL) {
        nbl_test_vector_result(vector, "NULL");
        return;
    }
    assert_true(vector->derived_count < NBL_TEST_DERIVED);
    vector->derived[vector->derived_count++] = made;
}

static void clone(struct nbl_test_vector *vector, struct call const *call)
{
    ULONG const flags = argument(call, 0);
    derived(vector, NdisAllocateCloneNetBufferList(nbl_test_vector_subject(vector), NULL, NULL, flags), 'c', flags);
}

/* Fragment(StartOffset, MaximumLength, DataOffsetDelta, DataBackFill, flags) */
static void fragment(struct nbl_test_vector *vector, struct call const *call)
{
    derived(vector,
            NdisAllocateFragmentNetBufferList(nbl_test_vector_subject(vector), NULL, NULL, argument(call, 0),
                                              argument(call, 1), argument(call, 2), argument(call, 3),
                                              argument(call, 4)),
            'f', argument(call, 2));
}

/* Reassemble(StartOffset, DataOffsetDelta, DataBackFill, flags) */
static void reassemble(struct nbl_test_vector *vector, struct call const *call)
{
    derived(vector,
            NdisAllocateReassembledNetBufferList(nbl_test_vector_subject(vector), NULL, argument(call, 0),
                                                 argument(call, 1), argument(call, 2), argument(call, 3)),
            'r', argument(call, 1));
}

/* ---- faults ---- */

static void fail_nth(struct nbl_test_vector *vector, struct call const *call)
{
    vector->fail_nth = argument(call, 0);
}

static void fail_each(struct nbl_test_vector *vector, struct call const *call)
{
    (void)call;
    vector->fail_each = true;
}

static struct {
    char const *name;
    void (*run)(struct nbl_test_vector *vector, struct call const *call);
} const operations[] = {
    { "Retreat", retreat },
    { "RetreatList", retreat_list },
    { "Advance", advance },
    { "Adjust", adjust },
    { "Set", set_window },
    { "Pair", set_pair },
    { "AddLength", add_length },
    { "Show", show },
    { "AllocateNetBuffer", allocate_buffer },
    { "AllocateNetBufferList", allocate_list },
    { "AllocateContext", allocate_context },
    { "FreeContext", free_context },
    { "GetDataBuffer", get_data_buffer },
    { "Copy", copy },
    { "PhysicalCount", physical_count },
    { "Write", write_byte },
    { "Clone", clone },
    { "Fragment", fragment },
    { "Reassemble", reassemble },
    { "Fail", fail_nth },
    { "FailEach", fail_each },
};

/* ---- reading and dispatching ---- */

static int64_t argument_value(struct nbl_test_vector const *vector, char const *text)
{
    NET_BUFFER const *buffer = first_buffer(vector);
    if (strcmp(text, "DO") == 0)
        return buffer->DataOffset;
    if (strcmp(text, "DL") == 0)
        return buffer->DataLength;
    if (strcmp(text, "TRUE") == 0)
        return TRUE;
    if (strcmp(text, "USE_ORIGINAL_MDLS") == 0)
        return NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS;
    return strtoll(text, NULL, 0);
}

/* Reads one call from *text and moves behind it and its ';'. */
static void read_call(struct nbl_test_vector const *vector, char const **text, struct call *call)
{
    size_t length;
    memset(call, 0, sizeof(*call));
    *text += strspn(*text, " ");
    length = strcspn(*text, "(");
    if (length >= sizeof(call->name) || (*text)[length] != '(')
        fail_msg("operation not understood: %s", *text);
    memcpy(call->name, *text, length);
    *text += length + 1;
    while (**text != ')') {
        length = strcspn(*text, ",)");
        assert_true(call->count < ARGUMENTS && length < sizeof(call->text[0]) && (*text)[length] != '\0');
        memcpy(call->text[call->count], *text, length);
        call->value[call->count] = argument_value(vector, call->text[call->count]);
        call->count++;
        *text += length + ((*text)[length] == ',' ? 1 : 0);
    }
    *text += 1 + strspn(*text + 1, " ;");
}

static void dispatch(struct nbl_test_vector *vector, struct call const *call)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (strcmp(operations[i].name, call->name) == 0) {
            operations[i].run(vector, call);
            nbl_test_vector_name_new(vector);
            return;
        }
    }
    fail_msg("no such operation: %s", call->name);
}

/* A derived list is made with every one of its fault points failing in turn: NULL each time. Then it is made whole. */
static void dispatch_failing(struct nbl_test_vector *vector, struct call const *call)
{
    unsigned const derived_before = vector->derived_count, results_before = vector->result_count;
    for (uint64_t nth = 1;; nth++) {
        vector->result_count = results_before;
        nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        dispatch(vector, call);
        if (!nbl_fault_disarm(NBL_FAULT_ALLOCATION))
            break;
        assert_int_equal(vector->derived_count, derived_before);
        assert_null(nbl_test_snapshot_difference(vector->before, vector->original));
    }
    assert_true(nbl_fault_points(NBL_FAULT_ALLOCATION) > 0);
    assert_int_equal(vector->derived_count, derived_before + 1);
    nbl_test_vector_derive_free(vector);
    nbl_test_vector_result(vector, "NULL");
}

void nbl_test_vector_operate(struct nbl_test_vector *vector, char const *text)
{
    while (*text != '\0') {
        struct call call;
        uint64_t const nth = vector->fail_nth;
        bool const each = vector->fail_each;
        read_call(vector, &text, &call);
        vector->fail_nth = 0;
        vector->fail_each = false;
        if (nth > 0)
            nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        if (each)
            dispatch_failing(vector, &call);
        else
            dispatch(vector, &call);
        if (nth > 0)
            assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    }
}
