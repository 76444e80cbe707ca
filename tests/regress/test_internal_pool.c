/* SPDX-License-Identifier: MIT
 *
 * test_internal_pool.c - the handle that a derived list without pools reports is no pool to take from or to free.
 *
 * Symptom: NdisFreeNetBufferListPool of that handle gave the descriptor of libnbl's own pool to the next
 * NdisAllocateNetBufferListPool, so that derived lists without pools went on in a stranger's pool;
 * NdisAllocateNetBufferList of it divided by zero.
 * Cause: the check of handles looked at the kind alone, and an internal pool has the kind of any other (POOL-09,
 * NBL-09).
 */
#include "nbl_test.h"

static NET_BUFFER_LIST *clone_of(NET_BUFFER_LIST *original, NDIS_HANDLE lists, NDIS_HANDLE buffers)
{
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(original, lists, buffers, 0);
    assert_non_null(clone);
    return clone;
}

/* rules: POOL-09 NBL-09 */
static void internal_pool_cannot_be_freed(void **state)
{
    struct nbl_test_list made;
    NDIS_HANDLE internal, fresh;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=1 DL=6 ; c4");
    clone = clone_of(made.list, NULL, NULL);
    internal = NdisGetPoolFromNetBufferList(clone);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferListPool(internal);
    nbl_test_expect("POOL-09 fatal");
    NdisFreeNetBufferPool(internal);
    nbl_test_expect("POOL-09 fatal");
    fresh = nbl_test_list_pool(TRUE, 64, 0);
    assert_ptr_not_equal(fresh, internal);
    clone = clone_of(made.list, NULL, NULL);
    assert_ptr_equal(NdisGetPoolFromNetBufferList(clone), internal);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferListPool(fresh);
    nbl_test_list_free(&made);
}

/* rules: POOL-09 NBL-09 NB-26 */
static void nothing_is_taken_from_an_internal_pool(void **state)
{
    struct nbl_test_list made;
    NDIS_HANDLE lists, buffers;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    clone = clone_of(made.list, NULL, NULL);
    lists = NdisGetPoolFromNetBufferList(clone);
    buffers = NdisGetPoolFromNetBuffer(clone->FirstNetBuffer->Next);
    assert_null(NdisAllocateNetBufferList(lists, 0, 0));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateNetBufferAndNetBufferList(lists, 0, 0, NULL, 0, 0));
    nbl_test_expect("POOL-09 fatal");
    assert_null(nbl_pool_take(lists, 2, NULL));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateNetBuffer(buffers, NULL, 0, 0));
    nbl_test_expect("POOL-09 fatal");
    assert_null(NdisAllocateNetBufferMdlAndData(buffers));
    nbl_test_expect("POOL-09 fatal");
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
}

/* rules: NBL-09 GEN-11 */
static void internal_pools_serve_derived_lists_by_their_handles(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone, *second;
    struct nbl_pool_statistics statistics;
    NDIS_HANDLE lists;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    clone = clone_of(made.list, NULL, NULL);
    lists = NdisGetPoolFromNetBufferList(clone);
    second = clone_of(made.list, lists, NdisGetPoolFromNetBuffer(clone->FirstNetBuffer->Next));
    assert_ptr_equal(NdisGetPoolFromNetBufferList(second), lists);
    assert_true(nbl_pool_measure(lists, &statistics));
    assert_int_equal(statistics.bytes, 0);
    assert_int_equal(nbl_pool_trim(lists), 0);
    NdisFreeCloneNetBufferList(second, 0);
    second = NdisAllocateReassembledNetBufferList(made.list, lists, 0, 0, 0, 0);
    assert_non_null(second);
    NdisFreeReassembledNetBufferList(second, 0, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(internal_pool_cannot_be_freed),
    NBL_TEST(nothing_is_taken_from_an_internal_pool),
    NBL_TEST(internal_pools_serve_derived_lists_by_their_handles),
};

int main(void)
{
    return cmocka_run_group_tests_name("internal_pool", tests, NULL, NULL);
}
