/* SPDX-License-Identifier: MIT
 *
 * test_lifetime.c - who frees what, when, and what happens otherwise: what the LV rows of pools, NBLs and clones cannot say.
 */
#include "nbl_test.h"

static NET_BUFFER_LIST *clone_of(NET_BUFFER_LIST *original, ULONG flags)
{
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(original, NULL, NULL, flags);
    assert_non_null(clone);
    return clone;
}

static void expect_data(NET_BUFFER const *buffer, char const *letters)
{
    unsigned char data[64];
    ULONG const length = nbl_test_data(buffer, data, sizeof(data));
    assert_int_equal(length, strlen(letters) / 2);
    for (ULONG i = 0; i < length; i++)
        assert_int_equal(data[i], nbl_test_byte(letters[2 * i], (ULONG)(letters[2 * i + 1] - '0')));
}

/* ---- pools and plain lists ---- */

/* rules: LV-01 POOL-08 */
static void lv_01_pool_with_a_live_list_is_not_freed(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    (void)state;
    assert_non_null(list);
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("POOL-08 error");
    if (nbl_test_watching())
        assert_string_equal(nbl_test_last_call(), "NdisFreeNetBufferListPool");
    assert_int_equal(nbl_test_live(pool), 1);
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 10, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferList(list);
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

static void free_list(void *list)
{
    NdisFreeNetBufferList(list);
}

/* rules: LV-02 NBL-08 */
static void lv_02_second_free_of_a_list_is_reported_and_does_nothing(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    (void)state;
    NdisFreeNetBufferList(list);
    nbl_test_misuse_freed(free_list, list, "NBL-08 fatal");
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

/* rules: LV-12 NB-21 NBL-07 */
static void lv_12_chain_that_the_driver_freed_first_is_not_touched(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    struct nbl_test_list made;
    struct nbl_test_chain chain;
    NET_BUFFER_LIST *list;
    (void)state;
    nbl_test_chain_make(&chain, "a4 b4");
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, chain.first, 1, 7);
    assert_non_null(list);
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);

    nbl_test_list_make(&made, "a4 b4");
    nbl_test_chain_free(&made.chains[0]);
    nbl_test_list_free(&made);
    nbl_test_expect("");
}

/* rules: LV-13 NBL-08 */
static void lv_13_context_left_at_free_is_reported_and_reclaimed(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 16, 16);
    (void)state;
    assert_non_null(list);
    assert_int_equal(NdisAllocateNetBufferListContext(list, 64, 0, 0), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisAllocateNetBufferListContext(list, 128, 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferList(list);
    nbl_test_expect("NBL-08 error, NBL-08 error");
    NdisFreeNetBufferListPool(pool);
}

/* rules: LV-14 NBL-08 POOL-11 */
static void lv_14_retreat_memory_left_at_free_is_reported_and_reclaimed(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    void const *const *freed;
    MDL *mdl;
    (void)state;
    assert_non_null(list);
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 100, 0, NULL), NDIS_STATUS_SUCCESS);
    mdl = list->FirstNetBuffer->MdlChain;
    NdisFreeNetBufferList(list);
    nbl_test_expect("NBL-08 error");
    nbl_test_blames(mdl);
    if (nbl_test_watching()) {
        assert_int_equal(nbl_test_freed_mdls(&freed), 1);
        assert_ptr_equal(freed[0], mdl);
    }
    NdisFreeNetBufferListPool(pool);
}

/* ---- derived lists ---- */

/* rules: LV-06 GEN-06 GEN-04 */
static void lv_06_original_freed_before_its_clone_is_kept(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=1 DL=6");
    clone = clone_of(made.list, 0);
    NdisFreeNetBufferList(made.list);
    nbl_test_expect("GEN-06 error");
    nbl_test_blames(made.list);
    assert_int_equal(nbl_test_live(made.list_pool), 1);
    nbl_test_counts(NBL_EVENT_LIST_FREE, 0);
    assert_ptr_equal(made.list->FirstNetBuffer, made.buffers[0]);
    expect_data(clone->FirstNetBuffer, "a1a2a3b0b1b2");
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(nbl_test_live(made.list_pool), 0);
    made.list = NULL;
    nbl_test_list_free(&made);
}

/* The whole family goes in the wrong order; then the last one takes all of them along. */
/* rules: GEN-06 CLONE-10 */
static void a_family_freed_oldest_first_lives_until_the_youngest_goes(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 32, 0);
    NET_BUFFER_LIST *original = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER_LIST *middle, *last;
    (void)state;
    assert_non_null(original);
    assert_int_equal(NdisRetreatNetBufferDataStart(original->FirstNetBuffer, 5, 0, NULL), NDIS_STATUS_SUCCESS);
    nbl_test_fill(original->FirstNetBuffer, 'a');
    middle = clone_of(original, 0);
    last = NdisAllocateFragmentNetBufferList(middle, NULL, NULL, 1, 4, 3, 0, 0);
    assert_non_null(last);
    NdisFreeNetBufferList(original);
    nbl_test_expect("GEN-06 error");
    NdisFreeCloneNetBufferList(middle, 0);
    nbl_test_expect("GEN-06 error");
    NdisAdvanceNetBufferListDataStart(last, 3, FALSE, NULL);
    expect_data(last->FirstNetBuffer, "a1a2a3a4");
    assert_int_equal(nbl_test_live(pool), 1);
    nbl_test_counts(NBL_EVENT_LIST_FREE, 0);
    NdisFreeFragmentNetBufferList(last, 3, 0);
    nbl_test_counts(NBL_EVENT_LIST_FREE, 3);
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

/* A quarantined list was freed once; the second time is a double free. */
/* rules: GEN-06 NBL-08 */
static void a_quarantined_list_is_not_freed_twice(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone, *grandchild;
    (void)state;
    nbl_test_list_make(&made, "a4");
    clone = clone_of(made.list, 0);
    grandchild = clone_of(clone, 0);
    NdisFreeNetBufferList(made.list);
    nbl_test_expect("GEN-06 error");
    NdisFreeNetBufferList(made.list);
    nbl_test_expect("NBL-08 fatal");
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("GEN-06 error");
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("GEN-08 fatal");
    assert_int_equal(nbl_test_live(made.list_pool), 1);
    NdisFreeCloneNetBufferList(grandchild, 0);
    made.list = NULL;
    nbl_test_list_free(&made);
}

/* rules: LV-08 GEN-01 GEN-02 GEN-03 GEN-10 CTX-05 */
static void lv_08_fresh_clone_has_default_fields(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4");
    made.list->ChildRefCount = 7;
    made.list->SourceHandle = &made;
    made.list->Next = made.list;
    clone = clone_of(made.list, 0);
    assert_null(clone->ParentNetBufferList);
    assert_int_equal(clone->ChildRefCount, 0);
    assert_int_equal(made.list->ChildRefCount, 7);
    assert_null(clone->Context);
    assert_null(clone->SourceHandle);
    assert_null(clone->Next);
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(made.list->ChildRefCount, 7);
    made.list->Next = NULL;
    nbl_test_list_free(&made);
}

/* The fields that drivers keep decide nothing here. */
/* rules: LV-09 GEN-05 GEN-04 GEN-01 */
static void lv_09_forgotten_child_count_keeps_nothing_alive(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4");
    clone = clone_of(made.list, 0);
    clone->ParentNetBufferList = made.list;
    made.list->ChildRefCount = 1;
    assert_int_equal(nbl_derive_children(made.list), 1);
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(nbl_derive_children(made.list), 0);
    NdisFreeNetBufferList(made.list);
    nbl_test_forget(); /* a warning about ChildRefCount is welcome, and not required without a verifier */
    assert_int_equal(nbl_test_live(made.list_pool), 0);
    made.list = NULL;
    nbl_test_list_free(&made);
}

/* rules: LV-15 CLONE-12 */
static void lv_15_headroom_left_on_a_clone_is_reported_and_freed(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=1 DL=6 ; c4");
    clone = clone_of(made.list, 0);
    assert_int_equal(NdisRetreatNetBufferListDataStart(clone, 14, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("CLONE-12 warning, CLONE-12 warning");
    expect_data(made.buffers[0], "a1a2a3b0b1b2");
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(lv_01_pool_with_a_live_list_is_not_freed),
    NBL_TEST(lv_02_second_free_of_a_list_is_reported_and_does_nothing),
    NBL_TEST(lv_06_original_freed_before_its_clone_is_kept),
    NBL_TEST(a_family_freed_oldest_first_lives_until_the_youngest_goes),
    NBL_TEST(a_quarantined_list_is_not_freed_twice),
    NBL_TEST(lv_08_fresh_clone_has_default_fields),
    NBL_TEST(lv_09_forgotten_child_count_keeps_nothing_alive),
    NBL_TEST(lv_12_chain_that_the_driver_freed_first_is_not_touched),
    NBL_TEST(lv_13_context_left_at_free_is_reported_and_reclaimed),
    NBL_TEST(lv_14_retreat_memory_left_at_free_is_reported_and_reclaimed),
    NBL_TEST(lv_15_headroom_left_on_a_clone_is_reported_and_freed),
};

int main(void)
{
    return NBL_TEST_RUN("lifetime", tests);
}
