/* SPDX-License-Identifier: MIT
 *
 * test_refusals.c - calls that have to fail, and leave nothing behind: the LV vectors from LV-16 on.
 */
#include "nbl_test.h"

/* One derived list, made from any source; the table of them serves every test here. */
struct maker {
    char const *name;
    NET_BUFFER_LIST *(*make)(NET_BUFFER_LIST *from);
    void (*free)(NET_BUFFER_LIST *list);
};

static NET_BUFFER_LIST *make_clone(NET_BUFFER_LIST *from)
{
    return NdisAllocateCloneNetBufferList(from, NULL, NULL, 0);
}

static void free_clone(NET_BUFFER_LIST *list)
{
    NdisFreeCloneNetBufferList(list, 0);
}

static NET_BUFFER_LIST *make_alias(NET_BUFFER_LIST *from)
{
    return NdisAllocateCloneNetBufferList(from, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static void free_alias(NET_BUFFER_LIST *list)
{
    NdisFreeCloneNetBufferList(list, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static NET_BUFFER_LIST *make_fragment(NET_BUFFER_LIST *from)
{
    return NdisAllocateFragmentNetBufferList(from, NULL, NULL, 1, 3, 20, 4, 0);
}

static void free_fragment(NET_BUFFER_LIST *list)
{
    NdisFreeFragmentNetBufferList(list, 20, 0);
}

static NET_BUFFER_LIST *make_reassembled(NET_BUFFER_LIST *from)
{
    return NdisAllocateReassembledNetBufferList(from, NULL, 1, 20, 4, 0);
}

static void free_reassembled(NET_BUFFER_LIST *list)
{
    NdisFreeReassembledNetBufferList(list, 20, 0);
}

static NET_BUFFER_LIST *make_copy(NET_BUFFER_LIST *from)
{
    return nbl_derive_copy(from, NULL, NULL, 8);
}

static struct maker const makers[] = {
    { "clone", make_clone, free_clone },
    { "clone with the original's MDLs", make_alias, free_alias },
    { "fragment", make_fragment, free_fragment },
    { "reassemble", make_reassembled, free_reassembled },
    { "copy", make_copy, nbl_derive_free_copy },
};
#define MAKERS (sizeof(makers) / sizeof(makers[0]))

/* rules: LV-16 GEN-09 GEN-00 FRAG-12 */
static void lv_16_each_failing_allocation_of_a_derived_list_leaves_no_trace(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=1 DL=6 ; c9 DO=2 DL=7 ; d4 z0 e4");
    for (size_t i = 0; i < MAKERS; i++) {
        struct nbl_test_snapshot *before = nbl_test_snapshot_take(made.list);
        NET_BUFFER_LIST *list = NULL;
        uint64_t const held = (nbl_memory_trim(), nbl_memory_bytes());
        uint64_t nth = 0;
        while (list == NULL) {
            nbl_fault_arm(NBL_FAULT_ALLOCATION, ++nth);
            list = makers[i].make(made.list);
            assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION) == (list == NULL));
            if (list != NULL)
                break;
            assert_null(nbl_test_snapshot_difference(before, made.list));
            assert_int_equal(nbl_derive_children(made.list), 0);
            nbl_memory_trim();
            assert_int_equal(nbl_memory_bytes(), held);
        }
        assert_true(nth >= 2);
        makers[i].free(list);
        nbl_test_unchanged(before, made.list);
    }
    nbl_test_list_free(&made);
}

/* rules: LV-17 FRAG-13 GEN-07 */
static void lv_17_fragment_freed_with_another_delta_is_freed_all_the_same(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *fragment;
    (void)state;
    nbl_test_list_make(&made, "a10 ; b7");
    fragment = make_fragment(made.list);
    NdisFreeFragmentNetBufferList(fragment, 14, 0);
    nbl_test_expect("FRAG-13 error");
    fragment = make_fragment(made.list);
    NdisFreeFragmentNetBufferList(fragment, 0xFFFFFFFFu, 0);
    nbl_test_expect("FRAG-13 error");
    nbl_test_list_free(&made);
}

/* rules: LV-18 FRAG-13 GEN-07 */
static void lv_18_fragment_is_freed_wherever_its_window_is(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *fragment;
    (void)state;
    nbl_test_list_make(&made, "a10");
    fragment = make_fragment(made.list);
    NdisAdvanceNetBufferListDataStart(fragment, 14, FALSE, NULL);
    free_fragment(fragment);
    nbl_test_expect("");
    fragment = make_fragment(made.list);
    NdisAdvanceNetBufferListDataStart(fragment, 21, TRUE, NULL);
    free_fragment(fragment);
    nbl_test_expect("");
    nbl_test_list_free(&made);
}

/* rules: REASM-08 GEN-07 */
static void reassembled_is_freed_with_another_delta_and_from_any_window(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *whole;
    (void)state;
    nbl_test_list_make(&made, "a10 ; b7");
    whole = make_reassembled(made.list);
    NdisFreeReassembledNetBufferList(whole, 19, 0);
    nbl_test_expect("REASM-08 error");
    whole = make_reassembled(made.list);
    NdisAdvanceNetBufferListDataStart(whole, 25, TRUE, NULL);
    free_reassembled(whole);
    nbl_test_expect("");
    nbl_test_list_free(&made);
}

/* rules: LV-19 REASM-01 */
static void lv_19_reassembling_needs_a_pool_that_brings_buffers(void **state)
{
    NDIS_HANDLE without = nbl_test_list_pool(FALSE, 0, 0);
    NDIS_HANDLE with_data = nbl_test_list_pool(TRUE, 64, 0);
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a4");
    before = nbl_test_snapshot_take(made.list);
    assert_null(NdisAllocateReassembledNetBufferList(made.list, without, 0, 0, 0, 0));
    nbl_test_expect("REASM-01 error");
    assert_null(NdisAllocateReassembledNetBufferList(made.list, with_data, 0, 0, 0, 0));
    nbl_test_expect("GEN-11 error");
    nbl_test_unchanged(before, made.list);
    assert_int_equal(nbl_derive_children(made.list), 0);
    nbl_test_list_free(&made);
    NdisFreeNetBufferListPool(without);
    NdisFreeNetBufferListPool(with_data);
}

/* Moving the window recomputes the pair from DataOffset, whatever the pair was. */
/* rules: LV-22 NB-07 NB-11 */
static void lv_22_current_mdl_of_another_chain_is_replaced_by_the_next_move(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=2 DL=6 ; c9");
    made.buffers[0]->CurrentMdl = made.chains[1].first;
    made.buffers[0]->CurrentMdlOffset = 3;
    NdisAdvanceNetBufferDataStart(made.buffers[0], 1, FALSE, NULL);
    nbl_test_forget(); /* INV-04 is the verifier's to report */
    assert_string_equal(nbl_test_state(made.buffers[0]), "4 4 DO=3 DL=5 0+3");
    made.buffers[0]->CurrentMdl = made.chains[1].first;
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 3, 0, NULL), NDIS_STATUS_SUCCESS);
    nbl_test_forget();
    assert_string_equal(nbl_test_state(made.buffers[0]), "4 4 DO=0 DL=8 0+0");
    nbl_test_list_free(&made);
}

/* Walks that a length bounds come to an end; that the chain is a circle is the verifier's to report. */
/* rules: LV-23 */
static void lv_23_circle_of_mdls_hangs_no_walk_that_a_length_bounds(void **state)
{
    unsigned char storage[16];
    struct nbl_test_list made;
    ULONG copied;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=1 DL=7 ; c9");
    made.chains[0].mdls[1].mdl->Next = made.chains[0].first;
    assert_ptr_equal(NdisGetDataBuffer(made.buffers[0], 7, storage, 1, 0), storage);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(made.buffers[1], 0, 9, made.buffers[0], 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 7);
    for (size_t i = 0; i < MAKERS; i++) {
        NET_BUFFER_LIST *list = makers[i].make(made.list);
        assert_non_null(list);
        makers[i].free(list);
    }
    NdisAdvanceNetBufferDataStart(made.buffers[0], 7, FALSE, NULL);
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 8, 0, NULL), NDIS_STATUS_SUCCESS);
    nbl_test_forget();
    made.chains[0].mdls[1].mdl->Next = NULL;
    nbl_test_list_free(&made);
}

/* rules: LV-44 POOL-10 */
static void lv_44_pool_with_data_gives_no_list_over_driver_mdls(void **state)
{
    NDIS_HANDLE with_data = nbl_test_list_pool(TRUE, 64, 0);
    NDIS_HANDLE without_buffer = nbl_test_list_pool(FALSE, 0, 0);
    struct nbl_test_chain chain;
    (void)state;
    nbl_test_chain_make(&chain, "a4");
    assert_null(NdisAllocateNetBufferAndNetBufferList(with_data, 0, 0, chain.first, 0, 4));
    nbl_test_expect("POOL-10 error");
    assert_null(NdisAllocateNetBufferAndNetBufferList(without_buffer, 0, 0, chain.first, 0, 4));
    nbl_test_expect("POOL-10 error");
    assert_int_equal(nbl_test_live(with_data) + nbl_test_live(without_buffer), 0);
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferListPool(with_data);
    NdisFreeNetBufferListPool(without_buffer);
}

/* rules: LV-45 NB-23 NB-24 */
static void lv_45_data_size_of_a_buffer_pool_decides_which_call_it_serves(void **state)
{
    NDIS_HANDLE plain = nbl_test_buffer_pool(0);
    NDIS_HANDLE with_data = nbl_test_buffer_pool(64);
    (void)state;
    assert_null(NdisAllocateNetBufferMdlAndData(plain));
    nbl_test_expect("NB-24 error");
    assert_null(NdisAllocateNetBuffer(with_data, NULL, 0, 0));
    nbl_test_expect("NB-23 error");
    assert_int_equal(nbl_test_live(plain) + nbl_test_live(with_data), 0);
    NdisFreeNetBufferPool(plain);
    NdisFreeNetBufferPool(with_data);
}

/* rules: LV-46 NB-22 NB-06 NB-05 */
static void lv_46_window_that_cannot_be_is_refused(void **state)
{
    static struct {
        bool chain;
        ULONG data_offset;
        uint64_t data_length;
        bool valid;
    } const cases[] = {
        { false, 0, 5, false },
        { false, 5, 0, false },
        { false, 0, 0, true },
        { true, 1, 0xFFFFFFFFu, false },
        { true, 0, 0x100000000u, false },
        { true, 0, UINT64_MAX, false },
        { true, 1, UINT64_MAX, false },
        { true, 0xFFFFFFFFu, 1, false },
        { true, 0, 0xFFFFFFFFu, true },
        { true, 0xFFFFFFFFu, 0, true },
        { true, 3, 200, true },
    };
    NDIS_HANDLE buffers = nbl_test_buffer_pool(0);
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 0, 0);
    struct nbl_test_chain chain;
    (void)state;
    nbl_test_chain_make(&chain, "a4");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        MDL *first = cases[i].chain ? chain.first : NULL;
        SIZE_T const length = (SIZE_T)cases[i].data_length;
        NET_BUFFER *buffer;
        NET_BUFFER_LIST *list;
        if (length != cases[i].data_length)
            continue; /* 32 bits cannot say it */
        buffer = NdisAllocateNetBuffer(buffers, first, cases[i].data_offset, length);
        nbl_test_expect(cases[i].valid ? "" : "NB-22 error");
        assert_true((buffer != NULL) == cases[i].valid);
        list = NdisAllocateNetBufferAndNetBufferList(lists, 0, 0, first, cases[i].data_offset, length);
        nbl_test_expect(cases[i].valid ? "" : "NB-22 error");
        assert_true((list != NULL) == cases[i].valid);
        if (cases[i].valid) {
            assert_int_equal(buffer->DataOffset, cases[i].data_offset);
            assert_true(buffer->stDataLength == length);
            NdisFreeNetBuffer(buffer);
            NdisFreeNetBufferList(list);
        }
    }
    assert_int_equal(nbl_test_live(buffers) + nbl_test_live(lists), 0);
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferPool(buffers);
    NdisFreeNetBufferListPool(lists);
}

/* Two MDLs of 4 bytes, the second locked but not mapped. */
static void lock_second(struct nbl_test_list *made, MDL **locked)
{
    nbl_test_list_make(made, "a4 b4 ; c8");
    *locked = IoAllocateMdl(made->chains[0].mdls[1].bytes, 4, FALSE, FALSE, NULL);
    assert_non_null(*locked);
    MmProbeAndLockPages(*locked, KernelMode, IoModifyAccess);
    made->chains[0].first->Next = *locked;
}

/* rules: LV-52 GDB-07 COPY-07 GEN-00 */
static void lv_52_mapping_that_fails_fails_the_read(void **state)
{
    unsigned char storage[8];
    struct nbl_test_list made;
    ULONG copied = 99;
    MDL *locked;
    (void)state;
    lock_second(&made, &locked);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(NdisGetDataBuffer(made.buffers[0], 8, storage, 1, 0));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(made.buffers[1], 0, 8, made.buffers[0], 0, &copied),
                     NDIS_STATUS_RESOURCES);
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_int_equal(copied, 4);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(nbl_derive_copy(made.list, NULL, NULL, 0));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_ptr_equal(NdisGetDataBuffer(made.buffers[0], 8, storage, 1, 0), storage);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(made.buffers[1], 0, 8, made.buffers[0], 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 8);
    MmUnlockPages(locked);
    IoFreeMdl(locked);
    made.chains[0].first->Next = made.chains[0].mdls[1].mdl;
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(lv_16_each_failing_allocation_of_a_derived_list_leaves_no_trace),
    NBL_TEST(lv_17_fragment_freed_with_another_delta_is_freed_all_the_same),
    NBL_TEST(lv_18_fragment_is_freed_wherever_its_window_is),
    NBL_TEST(reassembled_is_freed_with_another_delta_and_from_any_window),
    NBL_TEST(lv_19_reassembling_needs_a_pool_that_brings_buffers),
    NBL_TEST(lv_22_current_mdl_of_another_chain_is_replaced_by_the_next_move),
    NBL_TEST(lv_23_circle_of_mdls_hangs_no_walk_that_a_length_bounds),
    NBL_TEST(lv_44_pool_with_data_gives_no_list_over_driver_mdls),
    NBL_TEST(lv_45_data_size_of_a_buffer_pool_decides_which_call_it_serves),
    NBL_TEST(lv_46_window_that_cannot_be_is_refused),
    NBL_TEST(lv_52_mapping_that_fails_fails_the_read),
};

int main(void)
{
    return NBL_TEST_RUN("refusals", tests);
}
