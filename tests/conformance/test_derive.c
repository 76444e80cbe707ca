/* SPDX-License-Identifier: MIT
 *
 * test_derive.c - what holds for derived lists of every kind: fields, pools, sharing, which routine frees what (rules
 * GEN, CLONE, FRAG, REASM). The windows themselves are in vectors/.
 */
#include "nbl_test.h"

enum kind { PLAIN, CLONE, FRAGMENT, REASSEMBLED, COPY, KINDS };

/* Makes a derived list of one kind, or takes a plain one from the pool (lists, not NULL). */
static NET_BUFFER_LIST *make(enum kind kind, NET_BUFFER_LIST *from, NDIS_HANDLE lists, NDIS_HANDLE buffers)
{
    switch (kind) {
    case CLONE:
        return NdisAllocateCloneNetBufferList(from, lists, buffers, 0);
    case FRAGMENT:
        return NdisAllocateFragmentNetBufferList(from, lists, buffers, 0, 4, 2, 1, 0);
    case REASSEMBLED:
        return NdisAllocateReassembledNetBufferList(from, lists, 0, 2, 1, 0);
    case COPY:
        return nbl_derive_copy(from, lists, buffers, 3);
    default:
        return NdisAllocateNetBufferList(lists, 0, 0);
    }
}

static void release(enum kind kind, NET_BUFFER_LIST *list)
{
    switch (kind) {
    case CLONE:
        NdisFreeCloneNetBufferList(list, 0);
        break;
    case FRAGMENT:
        NdisFreeFragmentNetBufferList(list, 2, 0);
        break;
    case REASSEMBLED:
        NdisFreeReassembledNetBufferList(list, 2, 0);
        break;
    case COPY:
        nbl_derive_free_copy(list);
        break;
    default:
        NdisFreeNetBufferList(list);
        break;
    }
}

/* rules: GEN-08 NBL-08 CLONE-11 FRAG-13 REASM-08 */
static void each_kind_is_freed_by_its_own_routine_alone(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    for (int kind = PLAIN; kind < KINDS; kind++) {
        NET_BUFFER_LIST *list = make((enum kind)kind, made.list, kind == PLAIN ? made.list_pool : NULL, NULL);
        struct nbl_test_snapshot *before;
        assert_non_null(list);
        if (kind == FRAGMENT || kind == REASSEMBLED)
            for (NET_BUFFER *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
                nbl_test_fill(buffer, 'q');
        before = nbl_test_snapshot_take(list);
        for (int routine = PLAIN; routine < KINDS; routine++) {
            if (routine == kind)
                continue;
            release((enum kind)routine, list);
            nbl_test_expect("GEN-08 fatal");
            nbl_test_blames(list);
        }
        nbl_test_counts(NBL_EVENT_LIST_FREE, (unsigned)kind);
        nbl_test_unchanged(before, list);
        release((enum kind)kind, list);
        nbl_test_expect("");
    }
    nbl_test_list_free(&made);
}

static void free_clone(void *list)
{
    NdisFreeCloneNetBufferList(list, 0);
}

static void free_fragment(void *list)
{
    NdisFreeFragmentNetBufferList(list, 2, 0);
}

static void free_reassembled(void *list)
{
    NdisFreeReassembledNetBufferList(list, 2, 0);
}

/* rules: GEN-08 */
static void second_free_of_a_derived_list_is_reported_and_does_nothing(void **state)
{
    static void (*const routines[])(void *) = { NULL, free_clone, free_fragment, free_reassembled };
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    for (int kind = CLONE; kind <= REASSEMBLED; kind++) {
        NET_BUFFER_LIST *list = make((enum kind)kind, made.list, NULL, NULL);
        assert_non_null(list);
        release((enum kind)kind, list);
        nbl_test_misuse_freed(routines[kind], list, "GEN-08 fatal");
        assert_int_equal(nbl_derive_children(made.list), 0);
    }
    nbl_test_list_free(&made);
}

static void expect_child_fields(NET_BUFFER_LIST const *list, NDIS_HANDLE pool, UCHAR protocol)
{
    assert_null(list->Next);
    assert_null(list->Context);
    assert_null(list->ParentNetBufferList);
    assert_null(list->SourceHandle);
    assert_null(list->Scratch);
    assert_int_equal(list->ChildRefCount, 0);
    assert_int_equal(list->NblFlags, 0);
    assert_int_equal(list->Flags & ~NBL_FLAGS_NDIS_RESERVED, 0);
    assert_int_equal(list->Status, NDIS_STATUS_SUCCESS);
    if (pool != NULL)
        assert_ptr_equal(NdisGetPoolFromNetBufferList(list), pool);
    assert_non_null(NdisGetPoolFromNetBufferList(list));
    for (int slot = 0; slot < MaxNetBufferListInfo; slot++)
        assert_ptr_equal(list->NetBufferListInfo[slot],
                         slot == NetBufferListProtocolId ? (PVOID)(uintptr_t)protocol : NULL);
}

static void expect_child_buffer_fields(NET_BUFFER const *buffer, USHORT bias)
{
    static PVOID const zero[6];
    assert_int_equal(buffer->ChecksumBias, bias);
    assert_int_equal(buffer->Reserved, 0);
    assert_true(buffer->DataPhysicalAddress.QuadPart == 0);
    assert_null(buffer->SharedMemoryInfo);
    assert_memory_equal(buffer->ProtocolReserved, zero, sizeof(buffer->ProtocolReserved));
    assert_memory_equal(buffer->MiniportReserved, zero, sizeof(buffer->MiniportReserved));
    assert_non_null(NdisGetPoolFromNetBuffer(buffer));
    nbl_test_canonical(buffer);
}

static void scribble(struct nbl_test_list *made, NET_BUFFER_LIST *behind)
{
    NET_BUFFER_LIST *list = made->list;
    list->Next = behind;
    list->ParentNetBufferList = behind;
    list->SourceHandle = behind;
    list->Scratch = behind;
    list->NblFlags = 0xFFFFFFFFu;
    list->Flags = 0xFFFFFFFFu;
    list->Status = NDIS_STATUS_FAILURE;
    list->ChildRefCount = 3;
    for (int slot = 0; slot < MaxNetBufferListInfo; slot++)
        list->NetBufferListInfo[slot] = behind;
    for (unsigned i = 0; i < made->count; i++) {
        made->buffers[i]->ChecksumBias = 2;
        made->buffers[i]->Reserved = 2;
        made->buffers[i]->DataPhysicalAddress.QuadPart = 2;
        made->buffers[i]->SharedMemoryInfo = (NET_BUFFER_SHARED_MEMORY *)(void *)behind;
        memset(made->buffers[i]->ProtocolReserved, 0xAA, sizeof(made->buffers[i]->ProtocolReserved));
        memset(made->buffers[i]->MiniportReserved, 0xAA, sizeof(made->buffers[i]->MiniportReserved));
    }
}

/* Nothing of the original's fields passes to the child, and nothing of the NBL behind it is looked at. */
/* rules: GEN-10 GEN-02 GEN-03 GEN-12 FLAG-06 CLONE-03 FRAG-02 REASM-02 REASM-03 NBL-09 NB-26 */
static void child_fields_are_those_of_a_fresh_list(void **state)
{
    struct nbl_test_list made, behind;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    nbl_test_list_make(&behind, "c4");
    scribble(&made, behind.list);
    for (int kind = CLONE; kind < KINDS; kind++) {
        struct nbl_test_snapshot *before = nbl_test_snapshot_take(made.list);
        NET_BUFFER_LIST *list = make((enum kind)kind, made.list, NULL, NULL);
        unsigned count = 0;
        assert_non_null(list);
        expect_child_fields(list, NULL, NDIS_PROTOCOL_ID_DEFAULT);
        for (NET_BUFFER *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, count++)
            expect_child_buffer_fields(buffer, kind == CLONE || kind == COPY ? 2 : 0);
        assert_int_equal(count, kind == REASSEMBLED ? 1 : 2);
        assert_int_equal(nbl_derive_children(made.list), kind == COPY ? 0 : 1);
        assert_null(nbl_test_snapshot_difference(before, made.list));
        release((enum kind)kind, list);
        assert_int_equal(nbl_derive_children(made.list), 0);
        nbl_test_unchanged(before, made.list);
    }
    made.list->Next = NULL;
    nbl_test_list_free(&made);
    nbl_test_list_free(&behind);
}

static NDIS_HANDLE protocol_pool(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { 0 };
    NDIS_HANDLE pool;
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_TCP_IP;
    parameters.fAllocateNetBuffer = TRUE;
    pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    assert_non_null(pool);
    return pool;
}

/* rules: GEN-11 GEN-10 NBL-09 NB-26 CTX-05 */
static void embedded_buffer_of_the_pool_is_the_first_derived_one(void **state)
{
    NDIS_HANDLE lists = protocol_pool(), buffers = nbl_test_buffer_pool(0);
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 ; c4");
    for (int kind = CLONE; kind < KINDS; kind++) {
        NET_BUFFER_LIST *list = make((enum kind)kind, made.list, lists, kind == REASSEMBLED ? NULL : buffers);
        assert_non_null(list);
        expect_child_fields(list, lists, NDIS_PROTOCOL_ID_TCP_IP);
        assert_ptr_equal(NdisGetPoolFromNetBuffer(list->FirstNetBuffer), lists);
        for (NET_BUFFER *buffer = list->FirstNetBuffer->Next; buffer != NULL; buffer = buffer->Next)
            assert_ptr_equal(NdisGetPoolFromNetBuffer(buffer), buffers);
        assert_int_equal(nbl_test_live(lists), 1);
        assert_int_equal(nbl_test_live(buffers), kind == REASSEMBLED ? 0 : 2);
        release((enum kind)kind, list);
        assert_int_equal(nbl_test_live(lists) + nbl_test_live(buffers), 0);
    }
    nbl_test_list_free(&made);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
}

/* rules: GEN-11 NBL-09 NB-26 */
static void pools_may_be_given_or_left_out_in_any_combination(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(FALSE, 0, 32), buffers = nbl_test_buffer_pool(0);
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    for (int kind = CLONE; kind < KINDS; kind++) {
        if (kind == REASSEMBLED)
            continue; /* its one pool has to bring NBs */
        for (int given = 0; given < 4; given++) {
            NDIS_HANDLE list_pool = (given & 1) != 0 ? lists : NULL, buffer_pool = (given & 2) != 0 ? buffers : NULL;
            NET_BUFFER_LIST *list = make((enum kind)kind, made.list, list_pool, buffer_pool);
            assert_non_null(list);
            expect_child_fields(list, list_pool, NDIS_PROTOCOL_ID_DEFAULT);
            assert_non_null(NdisGetPoolFromNetBuffer(list->FirstNetBuffer));
            for (NET_BUFFER *buffer = list->FirstNetBuffer; buffer != NULL && buffer_pool != NULL; buffer = buffer->Next)
                assert_ptr_equal(NdisGetPoolFromNetBuffer(buffer), buffers);
            assert_int_equal(nbl_test_live(lists), given & 1);
            assert_int_equal(nbl_test_live(buffers), given & 2);
            release((enum kind)kind, list);
            assert_int_equal(nbl_test_live(lists) + nbl_test_live(buffers), 0);
        }
    }
    nbl_test_list_free(&made);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
}

/* rules: GEN-11 */
static void single_derived_buffer_counts_in_the_pool_that_its_caller_named(void **state)
{
    NDIS_HANDLE buffers = nbl_test_buffer_pool(0);
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4");
    for (int kind = CLONE; kind < KINDS; kind++) {
        NET_BUFFER_LIST *list = kind == REASSEMBLED ? NULL : make((enum kind)kind, made.list, NULL, buffers);
        if (list == NULL)
            continue;
        assert_int_equal(nbl_test_live(buffers), 1);
        NdisFreeNetBufferPool(buffers);
        nbl_test_expect("POOL-08 error");
        release((enum kind)kind, list);
        assert_int_equal(nbl_test_live(buffers), 0);
    }
    nbl_test_list_free(&made);
    NdisFreeNetBufferPool(buffers);
}

/* rules: GEN-11 REASM-01 GEN-09 */
static void pools_with_data_serve_no_derived_list(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 16, 0), buffers = nbl_test_buffer_pool(16);
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    for (int kind = CLONE; kind < KINDS; kind++) {
        assert_null(make((enum kind)kind, made.list, lists, NULL));
        nbl_test_expect("GEN-11 error");
        if (kind == REASSEMBLED)
            continue;
        assert_null(make((enum kind)kind, made.list, NULL, buffers));
        nbl_test_expect("GEN-11 error");
    }
    assert_int_equal(nbl_derive_children(made.list), 0);
    assert_int_equal(nbl_test_live(lists) + nbl_test_live(buffers), 0);
    nbl_test_list_free(&made);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
}

/* Decision for rule book section 18: the embedded NB is left out when the original has none. */
/* rules: CLONE-02 GEN-11 */
static void clone_of_an_empty_list_has_no_buffer_from_any_pool(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 0, 0);
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "");
    clone = NdisAllocateCloneNetBufferList(made.list, lists, NULL, 0);
    nbl_test_expect("CLONE-02 warning");
    assert_non_null(clone);
    assert_null(clone->FirstNetBuffer);
    assert_int_equal(nbl_test_live(lists), 1);
    assert_int_equal(nbl_derive_children(made.list), 1);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
    NdisFreeNetBufferListPool(lists);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(each_kind_is_freed_by_its_own_routine_alone),
    NBL_TEST(second_free_of_a_derived_list_is_reported_and_does_nothing),
    NBL_TEST(child_fields_are_those_of_a_fresh_list),
    NBL_TEST(embedded_buffer_of_the_pool_is_the_first_derived_one),
    NBL_TEST(pools_may_be_given_or_left_out_in_any_combination),
    NBL_TEST(single_derived_buffer_counts_in_the_pool_that_its_caller_named),
    NBL_TEST(pools_with_data_serve_no_derived_list),
    NBL_TEST(clone_of_an_empty_list_has_no_buffer_from_any_pool),
};

int main(void)
{
    return NBL_TEST_RUN("derive", tests);
}
