/* SPDX-License-Identifier: MIT
 *
 * test_net_buffer_list.c - NET_BUFFER_LISTs from pools, and the context that travels with them (rules NBL, CTX).
 */
#include "nbl_test.h"

#define UNIT MEMORY_ALLOCATION_ALIGNMENT

static bool all_zero(void const *memory, size_t bytes)
{
    unsigned char const *byte = memory;
    while (bytes-- > 0)
        if (*byte++ != 0)
            return false;
    return true;
}

static void expect_fresh(NET_BUFFER_LIST const *list, NDIS_HANDLE pool)
{
    assert_null(list->Next);
    assert_null(list->ParentNetBufferList);
    assert_ptr_equal(list->NdisPoolHandle, pool);
    assert_ptr_equal(NdisGetPoolFromNetBufferList(list), pool);
    assert_true(all_zero(list->ProtocolReserved, sizeof(list->ProtocolReserved)));
    assert_true(all_zero(list->MiniportReserved, sizeof(list->MiniportReserved)));
    assert_null(list->Scratch);
    assert_null(list->SourceHandle);
    assert_int_equal(list->NblFlags, 0);
    assert_int_equal(list->ChildRefCount, 0);
    assert_int_equal(list->Flags & ~NBL_FLAGS_NDIS_RESERVED, 0);
    assert_int_equal(list->Status, NDIS_STATUS_SUCCESS);
    assert_true(all_zero(list->NetBufferListInfo, sizeof(list->NetBufferListInfo)));
    assert_true((uintptr_t)list % UNIT == 0);
}

static void scribble(NET_BUFFER_LIST *list)
{
    list->Next = list;
    list->FirstNetBuffer = NULL;
    list->ParentNetBufferList = list;
    memset(list->ProtocolReserved, 0xAB, sizeof(list->ProtocolReserved));
    memset(list->MiniportReserved, 0xAB, sizeof(list->MiniportReserved));
    list->Scratch = list;
    list->SourceHandle = list;
    list->NblFlags = 0xFFFFFFFFu;
    list->ChildRefCount = 5;
    list->Flags = 0xFFFFFFFFu;
    list->Status = NDIS_STATUS_FAILURE;
    memset(list->NetBufferListInfo, 0xAB, sizeof(list->NetBufferListInfo));
}

/* rules: NBL-01 NBL-03 NBL-05 NBL-09 NBL-10 NBL-11 NBL-12 POOL-15 */
static void reused_list_is_as_fresh_as_the_first(void **state)
{
    NDIS_HANDLE pools[2] = { nbl_test_list_pool(FALSE, 0, 0), nbl_test_list_pool(TRUE, 0, 0) };
    (void)state;
    for (int round = 0; round < 6; round++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pools[round % 2], 0, 0);
        assert_non_null(list);
        expect_fresh(list, pools[round % 2]);
        assert_null(list->Context);
        assert_true((list->FirstNetBuffer != NULL) == (round % 2 == 1));
        scribble(list);
        NdisFreeNetBufferList(list);
        nbl_test_forget(); /* reports about what the driver left in the fields are welcome */
    }
    NdisFreeNetBufferListPool(pools[0]);
    NdisFreeNetBufferListPool(pools[1]);
}

/* rules: NBL-04 NBL-05 NB-20 */
static void list_over_driver_mdls_is_as_fresh_as_any(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    struct nbl_test_chain chain;
    (void)state;
    nbl_test_chain_make(&chain, "a4");
    for (int round = 0; round < 2; round++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, chain.first, 4, 0);
        assert_non_null(list);
        expect_fresh(list, pool);
        assert_string_equal(nbl_test_state(list->FirstNetBuffer), "4 DO=4 DL=0 0+4");
        assert_null(list->FirstNetBuffer->SharedMemoryInfo);
        scribble(list);
        NdisFreeNetBufferList(list);
        nbl_test_forget();
    }
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferListPool(pool);
}

/* The driver clears FirstNetBuffer before the free; the NB goes with its NBL all the same. */
/* rules: NBL-07 NBL-08 POOL-11 */
static void one_list_is_freed_per_call_whatever_its_next_says(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 16, 0);
    NET_BUFFER_LIST *first = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER_LIST *second = NdisAllocateNetBufferList(pool, 0, 0);
    (void)state;
    assert_non_null(first);
    assert_non_null(second);
    first->Next = second;
    first->FirstNetBuffer = NULL;
    NdisFreeNetBufferList(first);
    assert_int_equal(nbl_test_live(pool), 1);
    assert_string_equal(nbl_test_state(second->FirstNetBuffer), "16 DO=16 DL=0 0+16");
    NdisFreeNetBufferList(second);
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

/* rules: NBL-02 NBL-08 GEN-08 NB-25 */
static void objects_that_no_pool_made_are_not_freed(void **state)
{
    static union {
        NET_BUFFER_LIST list;
        NET_BUFFER buffer;
    } own; /* zero-filled driver memory */
    struct nbl_test_list made;
    (void)state;
    memset(&own, 0, sizeof(own));
    NdisFreeNetBufferList(&own.list);
    nbl_test_expect("NBL-08 fatal");
    NdisFreeCloneNetBufferList(&own.list, 0);
    nbl_test_expect("GEN-08 fatal");
    NdisFreeFragmentNetBufferList(&own.list, 0, 0);
    nbl_test_expect("GEN-08 fatal");
    NdisFreeReassembledNetBufferList(&own.list, 0, 0);
    nbl_test_expect("GEN-08 fatal");
    NdisFreeNetBuffer(&own.buffer);
    nbl_test_expect("NB-25 fatal");
    nbl_test_list_make(&made, "a4");
    nbl_test_list_free(&made);
}

/* rules: NBL-03 NBL-05 GEN-00 NBL-08 */
static void chains_are_taken_and_given_whole(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 8, UNIT);
    NET_BUFFER_LIST *last = NULL, *chain;
    ULONG count = 0;
    (void)state;
    chain = nbl_pool_take(pool, 100, &last);
    assert_non_null(chain);
    for (NET_BUFFER_LIST *list = chain; list != NULL; list = list->Next) {
        assert_string_equal(nbl_test_state(list->FirstNetBuffer), "8 DO=8 DL=0 0+8");
        assert_int_equal(list->Context->Size, UNIT);
        assert_true((list->Next == NULL) == (list == last));
        count++;
    }
    assert_int_equal(count, 100);
    assert_int_equal(nbl_test_live(pool), 100);
    assert_int_equal(nbl_pool_give(chain), 100);
    assert_int_equal(nbl_test_live(pool), 0);
    last = chain;
    assert_null(nbl_pool_take(pool, 0, &last));
    assert_null(last);
    assert_int_equal(nbl_pool_give(NULL), 0);
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 3);
    assert_null(nbl_pool_take(pool, 4, &last));
    assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    assert_null(last);
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

/* rules: NBL-08 GEN-08 GEN-06 */
static void giving_a_chain_skips_what_may_not_be_freed(void **state)
{
    struct nbl_test_list made, other;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4");
    nbl_test_list_make(&other, "b4");
    clone = NdisAllocateCloneNetBufferList(other.list, NULL, NULL, 0);
    assert_non_null(clone);
    made.list->Next = clone;
    clone->Next = other.list;
    assert_int_equal(nbl_pool_give(made.list), 2);
    nbl_test_expect("GEN-08 fatal, GEN-06 error");
    assert_int_equal(nbl_test_live(made.list_pool), 0);
    assert_string_equal(nbl_test_state(clone->FirstNetBuffer), "4 DO=0 DL=4 0+0");
    clone->Next = NULL;
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(nbl_test_live(other.list_pool), 0);
    made.list = NULL;
    other.list = NULL;
    nbl_test_list_free(&made);
    nbl_test_list_free(&other);
}

/* ---- context ---- */

/* rules: CTX-01 CTX-02 CTX-04 POOL-05 */
static void initial_context_is_the_larger_of_what_pool_and_call_want(void **state)
{
    static struct {
        USHORT pool, used, backfill; /* in units of the alignment */
        USHORT size, offset;
    } const cases[] = {
        { 2, 0, 0, 2, 2 }, { 2, 1, 0, 2, 1 }, { 2, 2, 0, 2, 0 }, { 2, 1, 1, 2, 1 },
        { 2, 1, 3, 4, 3 }, { 2, 5, 0, 5, 0 }, { 0, 1, 3, 4, 3 }, { 0, 0, 1, 1, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 10, (USHORT)(cases[i].pool * UNIT));
        for (int round = 0; round < 2; round++) {
            NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, (USHORT)(cases[i].used * UNIT),
                                                              (USHORT)(cases[i].backfill * UNIT));
            assert_non_null(list);
            assert_non_null(list->Context);
            assert_null(list->Context->Next);
            assert_int_equal(list->Context->Size, cases[i].size * UNIT);
            assert_int_equal(list->Context->Offset, cases[i].offset * UNIT);
            assert_int_equal(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(list), cases[i].size * UNIT);
            assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(list),
                             list->Context->ContextData + cases[i].offset * UNIT);
            assert_true((uintptr_t)list->Context->ContextData % UNIT == 0);
            memset(list->Context->ContextData, 0x5A, list->Context->Size);
            NdisFreeNetBufferList(list);
        }
        NdisFreeNetBufferListPool(pool);
    }
}

/* Decision for rule book section 18: each of the two is rounded by itself. */
/* rules: CTX-04 */
static void odd_context_sizes_are_rounded_up_each_by_itself(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, UNIT - 1, UNIT + 1);
    (void)state;
    nbl_test_expect("CTX-04 error, CTX-04 error");
    assert_non_null(list);
    assert_int_equal(list->Context->Size, 3 * UNIT);
    assert_int_equal(list->Context->Offset, 2 * UNIT);
    NdisFreeNetBufferList(list);
    assert_null(NdisAllocateNetBufferList(pool, 0x8000, 0x8000));
    nbl_test_expect("");
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

/* rules: CTX-03 */
static void checked_accessors_look_before_they_follow(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    (void)state;
    assert_non_null(list);
    assert_null(nbl_context_data_start(list));
    nbl_test_expect("CTX-03 fatal");
    assert_int_equal(nbl_context_data_size(list), 0);
    nbl_test_expect("CTX-03 fatal");
    assert_int_equal(NdisAllocateNetBufferListContext(list, 32, 16, 0), NDIS_STATUS_SUCCESS);
    assert_ptr_equal(nbl_context_data_start(list), NET_BUFFER_LIST_CONTEXT_DATA_START(list));
    assert_int_equal(nbl_context_data_size(list), 48);
    NdisFreeNetBufferListContext(list, 32);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: CTX-12 CTX-07 CTX-09 CTX-11 */
static void context_stays_where_it_is_until_it_is_freed(void **state)
{
    enum { STEPS = 12 };
    static USHORT const sizes[STEPS] = { 8, 16, 64, 8, 200, 40, 8, 8, 1000, 16, 24, 8 };
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 16, 32);
    PUCHAR starts[STEPS];
    (void)state;
    assert_non_null(list);
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(list), 0xEE, 16);
    for (int i = 0; i < STEPS; i++) {
        assert_int_equal(NdisAllocateNetBufferListContext(list, sizes[i], i % 3 == 0 ? 24 : 0, 0),
                         NDIS_STATUS_SUCCESS);
        starts[i] = NET_BUFFER_LIST_CONTEXT_DATA_START(list);
        assert_true((uintptr_t)starts[i] % sizeof(void *) == 0);
        memset(starts[i], i + 1, sizes[i]);
    }
    for (int i = STEPS; i-- > 0;) {
        assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(list), starts[i]);
        for (USHORT k = 0; k < sizes[i]; k++)
            assert_int_equal(starts[i][k], i + 1);
        NdisFreeNetBufferListContext(list, sizes[i]);
    }
    assert_int_equal(list->Context->Size, 48);
    assert_int_equal(list->Context->Offset, 32);
    assert_int_equal(*NET_BUFFER_LIST_CONTEXT_DATA_START(list), 0xEE);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: CTX-05 CTX-07 CLONE-12 */
static void context_left_on_a_derived_list_is_reported_and_reclaimed(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4");
    assert_int_equal(NdisAllocateNetBufferListContext(made.list, 16, 0, 0), NDIS_STATUS_SUCCESS);
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    assert_null(clone->Context);
    assert_int_equal(NdisAllocateNetBufferListContext(clone, 16, 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("CLONE-12 error");
    NdisFreeNetBufferListContext(made.list, 16);
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(reused_list_is_as_fresh_as_the_first),
    NBL_TEST(list_over_driver_mdls_is_as_fresh_as_any),
    NBL_TEST(one_list_is_freed_per_call_whatever_its_next_says),
    NBL_TEST(objects_that_no_pool_made_are_not_freed),
    NBL_TEST(chains_are_taken_and_given_whole),
    NBL_TEST(giving_a_chain_skips_what_may_not_be_freed),
    NBL_TEST(initial_context_is_the_larger_of_what_pool_and_call_want),
    NBL_TEST(odd_context_sizes_are_rounded_up_each_by_itself),
    NBL_TEST(checked_accessors_look_before_they_follow),
    NBL_TEST(context_stays_where_it_is_until_it_is_freed),
    NBL_TEST(context_left_on_a_derived_list_is_reported_and_reclaimed),
};

int main(void)
{
    return NBL_TEST_RUN("net_buffer_list", tests);
}
