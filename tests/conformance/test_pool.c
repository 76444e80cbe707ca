/* SPDX-License-Identifier: MIT
 *
 * test_pool.c - pools: parameters, handles, what comes with an object, statistics (rules POOL).
 */
#include "nbl_test.h"

static NET_BUFFER_LIST_POOL_PARAMETERS list_parameters(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { 0 };
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    return parameters;
}

static NET_BUFFER_POOL_PARAMETERS buffer_parameters(void)
{
    NET_BUFFER_POOL_PARAMETERS parameters = { 0 };
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    return parameters;
}

/* Header cases for both kinds of pool; Size is relative to revision 1. */
static struct {
    UCHAR type;
    UCHAR revision;
    int size;
    bool made;
    char const *violations;
} const headers[] = {
    { NDIS_OBJECT_TYPE_DEFAULT, 1, 0, true, "" },
    { NDIS_OBJECT_TYPE_DEFAULT, 1, 4, true, "" },
    { NDIS_OBJECT_TYPE_DEFAULT, 2, 4, true, "" },
    { NDIS_OBJECT_TYPE_DEFAULT, 1, -1, false, "POOL-03 error" },
    { NDIS_OBJECT_TYPE_DEFAULT, 2, -4, false, "POOL-03 error" },
    { 0, 1, 0, true, "POOL-03 error" },
    { NDIS_OBJECT_TYPE_DEFAULT, 0, 0, true, "POOL-03 error" },
};

/* rules: POOL-01 POOL-03 LV-50 */
static void header_of_list_pool_parameters_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        NET_BUFFER_LIST_POOL_PARAMETERS parameters = list_parameters();
        NDIS_HANDLE pool;
        parameters.Header.Type = headers[i].type;
        parameters.Header.Revision = headers[i].revision;
        parameters.Header.Size = (USHORT)(parameters.Header.Size + headers[i].size);
        pool = NdisAllocateNetBufferListPool(NULL, &parameters);
        nbl_test_expect(headers[i].violations);
        assert_true((pool != NULL) == headers[i].made);
        if (pool != NULL)
            NdisFreeNetBufferListPool(pool);
    }
}

/* rules: POOL-02 POOL-03 */
static void header_of_buffer_pool_parameters_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        NET_BUFFER_POOL_PARAMETERS parameters = buffer_parameters();
        NDIS_HANDLE pool;
        parameters.Header.Type = headers[i].type;
        parameters.Header.Revision = headers[i].revision;
        parameters.Header.Size = (USHORT)(parameters.Header.Size + headers[i].size);
        pool = NdisAllocateNetBufferPool(&parameters, &parameters);
        nbl_test_expect(headers[i].violations);
        assert_true((pool != NULL) == headers[i].made);
        if (pool != NULL)
            NdisFreeNetBufferPool(pool);
    }
}

/* rules: POOL-04 POOL-12 NBL-03 NBL-06 */
static void two_parameters_decide_what_comes_with_a_list(void **state)
{
    static struct {
        BOOLEAN with_buffer;
        ULONG data_size;
        char const *buffer; /* state of the NB that comes with it, or NULL */
    } const cases[] = {
        { FALSE, 0, NULL },
        { TRUE, 0, "NULL DO=0 DL=0 NULL+0" },
        { TRUE, 1, "1 DO=1 DL=0 0+1" },
        { TRUE, 1514, "1514 DO=1514 DL=0 0+1514" },
        { TRUE, 70000, "70000 DO=70000 DL=0 0+70000" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NDIS_HANDLE pool = nbl_test_list_pool(cases[i].with_buffer, cases[i].data_size, 0);
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
        assert_non_null(list);
        if (cases[i].buffer == NULL) {
            assert_null(list->FirstNetBuffer);
        } else {
            assert_string_equal(nbl_test_state(list->FirstNetBuffer), cases[i].buffer);
            assert_null(list->FirstNetBuffer->Next);
        }
        NdisFreeNetBufferList(list);
        NdisFreeNetBufferListPool(pool);
    }
}

/* rules: POOL-04 */
static void data_without_a_buffer_is_refused(void **state)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = list_parameters();
    (void)state;
    parameters.DataSize = 1;
    assert_null(NdisAllocateNetBufferListPool(NULL, &parameters));
    nbl_test_expect("POOL-04 error");
}

/* rules: POOL-05 CTX-04 */
static void context_size_of_a_pool_is_rounded_up(void **state)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = list_parameters();
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    (void)state;
    parameters.ContextSize = 2 * MEMORY_ALLOCATION_ALIGNMENT + 1;
    pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    nbl_test_expect("POOL-05 error");
    assert_non_null(pool);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_non_null(list);
    assert_int_equal(list->Context->Size, 3 * MEMORY_ALLOCATION_ALIGNMENT);
    assert_int_equal(list->Context->Offset, 3 * MEMORY_ALLOCATION_ALIGNMENT);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    parameters.ContextSize = 0xFFFF;
    assert_null(NdisAllocateNetBufferListPool(NULL, &parameters));
    nbl_test_expect("POOL-05 error");
}

/* rules: POOL-06 OOB-05 */
static void protocol_id_of_the_pool_seeds_every_list(void **state)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = list_parameters();
    NDIS_HANDLE pool;
    (void)state;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_IPX;
    pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    assert_non_null(pool);
    for (int round = 0; round < 2; round++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
        assert_non_null(list);
        assert_ptr_equal(list->NetBufferListInfo[NetBufferListProtocolId], (PVOID)(uintptr_t)NDIS_PROTOCOL_ID_IPX);
        list->NetBufferListInfo[NetBufferListProtocolId] = NULL;
        NdisFreeNetBufferList(list);
    }
    NdisFreeNetBufferListPool(pool);
}

/* rules: POOL-08 */
static void refused_pool_is_freed_by_a_later_call(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(8);
    NET_BUFFER *first = NdisAllocateNetBufferMdlAndData(pool);
    NET_BUFFER *second;
    (void)state;
    assert_non_null(first);
    NdisFreeNetBufferPool(pool);
    nbl_test_expect("POOL-08 error");
    second = NdisAllocateNetBufferMdlAndData(pool);
    assert_non_null(second);
    NdisFreeNetBuffer(first);
    NdisFreeNetBufferPool(pool);
    nbl_test_expect("POOL-08 error");
    assert_string_equal(nbl_test_state(second), "8 DO=8 DL=0 0+8");
    NdisFreeNetBuffer(second);
    NdisFreeNetBufferPool(pool);
    nbl_test_expect("");
    nbl_test_counts(NBL_EVENT_POOL_FREE, 1);
}

/* A derived list counts in the pool that its caller named. */
/* rules: POOL-08 GEN-11 */
static void pool_with_a_live_clone_is_not_freed(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(FALSE, 0, 0);
    NDIS_HANDLE buffers = nbl_test_buffer_pool(0);
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    clone = NdisAllocateCloneNetBufferList(made.list, lists, buffers, 0);
    assert_non_null(clone);
    assert_int_equal(nbl_test_live(lists), 1);
    assert_int_equal(nbl_test_live(buffers), 2);
    NdisFreeNetBufferListPool(lists);
    nbl_test_expect("POOL-08 error");
    NdisFreeNetBufferPool(buffers);
    nbl_test_expect("POOL-08 error");
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(nbl_test_live(lists) + nbl_test_live(buffers), 0);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
    nbl_test_list_free(&made);
}

static NET_BUFFER_LIST *clone_from(NET_BUFFER_LIST *original, NDIS_HANDLE lists, NDIS_HANDLE buffers)
{
    return NdisAllocateCloneNetBufferList(original, lists, buffers, 0);
}

/* Every call with a handle that is not of its kind: all are refused with POOL-09. */
static void refuse_handles(NDIS_HANDLE not_lists, NDIS_HANDLE not_buffers, NET_BUFFER_LIST *original)
{
    struct nbl_test_chain chain;
    nbl_test_chain_make(&chain, "a4");
    assert_null(NdisAllocateNetBufferList(not_lists, 0, 0));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateNetBufferAndNetBufferList(not_lists, 0, 0, chain.first, 0, 4));
    nbl_test_expect("POOL-09 fatal");
    assert_null(nbl_pool_take(not_lists, 3, NULL));
    nbl_test_expect("POOL-09 fatal");
    NdisFreeNetBufferListPool(not_lists);
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateNetBuffer(not_buffers, chain.first, 0, 4));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateNetBufferMdlAndData(not_buffers));
    nbl_test_expect("POOL-09 fatal");
    NdisFreeNetBufferPool(not_buffers);
    nbl_test_expect("POOL-09 fatal");
    nbl_test_chain_free(&chain);
    if (not_lists == NULL)
        return; /* for derived lists NULL means libnbl's own pools */
    assert_null(clone_from(original, not_lists, NULL));
    nbl_test_expect("POOL-09 fatal");
    assert_null(clone_from(original, NULL, not_buffers));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateReassembledNetBufferList(original, not_lists, 0, 0, 0, 0));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateFragmentNetBufferList(original, not_lists, NULL, 0, 1, 0, 0, 0));
    nbl_test_expect("POOL-09 fatal");
    assert_null(nbl_derive_copy(original, NULL, not_buffers, 0));
    nbl_test_expect("POOL-09 fatal");
}

/* From now on both pools have blocks at hand. */
static void warm_up(NDIS_HANDLE lists, NDIS_HANDLE buffers)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(lists, 0, 0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(buffers, NULL, 0, 0);
    assert_non_null(list);
    assert_non_null(buffer);
    NdisFreeNetBufferList(list);
    NdisFreeNetBuffer(buffer);
}

/* rules: POOL-09 */
static void handle_of_the_wrong_kind_or_freed_is_refused(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 0, 0);
    NDIS_HANDLE buffers = nbl_test_buffer_pool(0);
    struct nbl_pool_statistics statistics;
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4");
    warm_up(lists, buffers);
    refuse_handles(buffers, lists, made.list);
    refuse_handles(NULL, NULL, made.list);
    assert_int_equal(nbl_test_live(lists) + nbl_test_live(buffers), 0);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
    refuse_handles(lists, buffers, made.list);
    assert_false(nbl_pool_measure(lists, &statistics));
    nbl_test_expect("POOL-09 fatal");
    assert_int_equal(nbl_pool_trim(buffers), 0);
    nbl_test_expect("POOL-09 fatal");
    nbl_test_list_free(&made);
}

/* rules: POOL-10 NBL-04 */
static void list_and_buffer_come_together_only_from_their_pool(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 16);
    struct nbl_test_chain chain;
    NET_BUFFER_LIST *list;
    (void)state;
    nbl_test_chain_make(&chain, "a4 z0 b4");
    list = NdisAllocateNetBufferAndNetBufferList(pool, 16, 16, chain.first, 4, 3);
    assert_non_null(list);
    assert_string_equal(nbl_test_state(list->FirstNetBuffer), "4 0 4 DO=4 DL=3 2+0");
    assert_ptr_equal(list->FirstNetBuffer->MdlChain, chain.first);
    assert_null(list->FirstNetBuffer->Next);
    assert_int_equal(list->Context->Size, 32);
    assert_int_equal(list->Context->Offset, 16);
    NdisFreeNetBufferList(list);
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferListPool(pool);
}

/* The quarantine that POOL-07 asks for is not there yet; such a pool works like any other. */
/* rules: POOL-03 */
static void verify_flag_is_accepted(void **state)
{
    NET_BUFFER_LIST_POOL_PARAMETERS lists = list_parameters();
    NET_BUFFER_POOL_PARAMETERS buffers = buffer_parameters();
    NDIS_HANDLE pool;
    (void)state;
    lists.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_2;
    lists.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_2;
    lists.Flags = NET_BUFFER_LIST_POOL_FLAG_VERIFY;
    lists.fAllocateNetBuffer = TRUE;
    pool = NdisAllocateNetBufferListPool(NULL, &lists);
    assert_non_null(pool);
    for (int round = 0; round < 3; round++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
        assert_non_null(list);
        NdisFreeNetBufferList(list);
    }
    NdisFreeNetBufferListPool(pool);
    buffers.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_2;
    buffers.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_2;
    buffers.Flags = NET_BUFFER_POOL_FLAG_VERIFY;
    pool = NdisAllocateNetBufferPool(NULL, &buffers);
    assert_non_null(pool);
    NdisFreeNetBufferPool(pool);
}

/* Every byte of every part belongs to the driver: neighbours must not share any. */
/* rules: POOL-14 POOL-15 POOL-04 */
static void parts_of_neighbouring_objects_do_not_overlap(void **state)
{
    enum { LISTS = 5, DATA = 100, CONTEXT = 48 };
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, DATA, CONTEXT);
    NET_BUFFER_LIST *lists[LISTS];
    (void)state;
    for (int i = 0; i < LISTS; i++) {
        NET_BUFFER *buffer;
        lists[i] = NdisAllocateNetBufferList(pool, CONTEXT, 0);
        assert_non_null(lists[i]);
        buffer = lists[i]->FirstNetBuffer;
        assert_true((uintptr_t)lists[i] % MEMORY_ALLOCATION_ALIGNMENT == 0);
        assert_true((uintptr_t)buffer % MEMORY_ALLOCATION_ALIGNMENT == 0);
        assert_true((uintptr_t)NET_BUFFER_LIST_CONTEXT_DATA_START(lists[i]) % MEMORY_ALLOCATION_ALIGNMENT == 0);
        assert_int_equal(NdisRetreatNetBufferDataStart(buffer, DATA, 0, NULL), NDIS_STATUS_SUCCESS);
        memset(NdisGetDataBuffer(buffer, DATA, NULL, 1, 0), 0xD0 + i, DATA);
        memset(NET_BUFFER_LIST_CONTEXT_DATA_START(lists[i]), 0xC0 + i, CONTEXT);
        memset(buffer->ProtocolReserved, 0x90 + i, sizeof(buffer->ProtocolReserved));
        memset(lists[i]->MiniportReserved, 0x80 + i, sizeof(lists[i]->MiniportReserved));
    }
    for (int i = 0; i < LISTS; i++) {
        NET_BUFFER *buffer = lists[i]->FirstNetBuffer;
        unsigned char expected[DATA];
        assert_string_equal(nbl_test_state(buffer), "100 DO=0 DL=100 0+0");
        memset(expected, 0xD0 + i, DATA);
        assert_memory_equal(NdisGetDataBuffer(buffer, DATA, NULL, 1, 0), expected, DATA);
        memset(expected, 0xC0 + i, CONTEXT);
        assert_memory_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(lists[i]), expected, CONTEXT);
        NdisFreeNetBufferList(lists[i]);
    }
    NdisFreeNetBufferListPool(pool);
}

/* rules: GEN-00 POOL-01 POOL-02 NBL-03 NB-20 CTX-04 */
static void each_failing_allocation_of_a_pool_or_object_gives_null(void **state)
{
    uint64_t nth;
    bool failed = true;
    (void)state;
    for (nth = 1; failed; nth++) {
        NET_BUFFER_LIST_POOL_PARAMETERS list_wanted = list_parameters();
        NET_BUFFER_POOL_PARAMETERS buffer_wanted = buffer_parameters();
        NDIS_HANDLE lists, buffers;
        NET_BUFFER_LIST *list = NULL;
        NET_BUFFER *buffer = NULL;
        list_wanted.fAllocateNetBuffer = TRUE;
        nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        lists = NdisAllocateNetBufferListPool(NULL, &list_wanted);
        buffers = NdisAllocateNetBufferPool(NULL, &buffer_wanted);
        if (lists != NULL)
            list = NdisAllocateNetBufferList(lists, 32, 64);
        if (buffers != NULL)
            buffer = NdisAllocateNetBuffer(buffers, NULL, 0, 0);
        failed = nbl_fault_disarm(NBL_FAULT_ALLOCATION);
        assert_int_equal((lists == NULL) + (buffers == NULL) + (lists != NULL && list == NULL)
                             + (buffers != NULL && buffer == NULL),
                         failed ? 1 : 0);
        if (lists != NULL)
            assert_int_equal(nbl_test_live(lists), list != NULL ? 1 : 0);
        if (list != NULL)
            NdisFreeNetBufferList(list);
        if (buffer != NULL)
            NdisFreeNetBuffer(buffer);
        if (lists != NULL)
            NdisFreeNetBufferListPool(lists);
        if (buffers != NULL)
            NdisFreeNetBufferPool(buffers);
    }
    assert_true(nth > 4);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(header_of_list_pool_parameters_is_checked),
    NBL_TEST(header_of_buffer_pool_parameters_is_checked),
    NBL_TEST(two_parameters_decide_what_comes_with_a_list),
    NBL_TEST(data_without_a_buffer_is_refused),
    NBL_TEST(context_size_of_a_pool_is_rounded_up),
    NBL_TEST(protocol_id_of_the_pool_seeds_every_list),
    NBL_TEST(refused_pool_is_freed_by_a_later_call),
    NBL_TEST(pool_with_a_live_clone_is_not_freed),
    NBL_TEST(handle_of_the_wrong_kind_or_freed_is_refused),
    NBL_TEST(list_and_buffer_come_together_only_from_their_pool),
    NBL_TEST(verify_flag_is_accepted),
    NBL_TEST(parts_of_neighbouring_objects_do_not_overlap),
    NBL_TEST(each_failing_allocation_of_a_pool_or_object_gives_null),
};

int main(void)
{
    return NBL_TEST_RUN("pool", tests);
}
