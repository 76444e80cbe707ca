/* SPDX-License-Identifier: MIT
 *
 * test_watch.c - mistakes that only an event tells of, and levels: each is found, and what comes near it is not.
 */
#include "nbl_test.h"
#include "nbl_expect.h"

static struct nbl_test_list made;
static NET_BUFFER_LIST *list;
static NET_BUFFER *buffer;

static void make(char const *text)
{
    nbl_test_list_make(&made, text);
    list = made.list;
    buffer = list->FirstNetBuffer;
    list->SourceHandle = made.list_pool;
}

static void end(void)
{
    nbl_test_list_free(&made);
}

/* rules: VER-01 */
static void freed_buffer_cannot_be_copied(void **state)
{
    NET_BUFFER *gone;
    ULONG copied = 7;
    (void)state;
    make("a4; b4");
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(buffer, 0, 4, made.buffers[1], 0, &copied), NDIS_STATUS_SUCCESS);
    gone = NdisAllocateNetBuffer(made.buffer_pool, NULL, 0, 0);
    NdisFreeNetBuffer(gone);
    expect_violation("VER-01");
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(buffer, 0, 4, gone, 0, &copied), NDIS_STATUS_FAILURE);
    assert_int_equal(copied, 0);
    end();
}

/* rules: GEN-05 GEN-01 */
static void lv_09_child_that_is_counted_and_gone_is_found(void **state)
{
    NET_BUFFER_LIST *clone;
    (void)state;
    make("a4");
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    clone->ParentNetBufferList = list;
    list->ChildRefCount = 1;
    NdisFreeCloneNetBufferList(clone, 0);
    expect_violation("GEN-05");
    end();
}

/* rules: GEN-05 */
static void parent_that_is_none_is_found(void **state)
{
    NET_BUFFER_LIST *clone, *other;
    (void)state;
    make("a4");
    other = NdisAllocateNetBufferList(made.list_pool, 0, 0);
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    clone->ParentNetBufferList = other;
    NdisFreeCloneNetBufferList(clone, 0); /* not the parent, but alive */
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    clone->ParentNetBufferList = other;
    NdisFreeNetBufferList(other);
    expect_violation("GEN-05");
    NdisFreeCloneNetBufferList(clone, 0);
    end();
}

/* rules: NBL-07 NBL-08 */
static void lv_11_buffers_that_stay_behind_are_noted(void **state)
{
    (void)state;
    make("a4 b4 DO=1 DL=6");
    list->FirstNetBuffer = NULL;
    NdisFreeNetBufferList(list);
    assert_int_equal(nbl_verify_count("NBL-08"), 0);
    list = NdisAllocateNetBufferList(made.list_pool, 0, 0);
    list->FirstNetBuffer = buffer;
    NdisFreeNetBufferList(list);
    assert_int_equal(nbl_verify_count("NBL-08"), 1);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 1, 0, NULL), NDIS_STATUS_SUCCESS);
    made.list = NULL;
    end();
}

/* rules: FRAG-13 GEN-07 */
static void lv_18_window_of_fragments_that_moved_is_noted(void **state)
{
    NET_BUFFER_LIST *fragments;
    (void)state;
    make("a10");
    fragments = NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 4, 54, 0, 0);
    NdisAdvanceNetBufferListDataStart(fragments, 14, FALSE, NULL);
    assert_int_equal(NdisRetreatNetBufferListDataStart(fragments, 14, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeFragmentNetBufferList(fragments, 54, 0);
    assert_int_equal(nbl_verify_count("FRAG-13"), 0);
    fragments = NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 4, 54, 0, 0);
    NdisAdvanceNetBufferListDataStart(fragments, 14, FALSE, NULL);
    NdisFreeFragmentNetBufferList(fragments, 54, 0);
    assert_int_equal(nbl_verify_count("FRAG-13"), 1);
    end();
}

/* rules: REASM-08 */
static void window_of_a_reassembled_list_that_moved_is_noted(void **state)
{
    NET_BUFFER_LIST *whole;
    (void)state;
    make("a4; b4");
    whole = NdisAllocateReassembledNetBufferList(list, NULL, 0, 4, 0, 0);
    NdisFreeReassembledNetBufferList(whole, 4, 0);
    assert_int_equal(nbl_verify_count("REASM-08"), 0);
    whole = NdisAllocateReassembledNetBufferList(list, NULL, 0, 4, 0, 0);
    NdisAdvanceNetBufferListDataStart(whole, 4, FALSE, NULL);
    NdisFreeReassembledNetBufferList(whole, 4, 0);
    assert_int_equal(nbl_verify_count("REASM-08"), 1);
    end();
}

/* rules: RET-20 CLONE-09 */
static void lv_47_backfill_of_the_original_is_told(void **state)
{
    NET_BUFFER_LIST *clone;
    (void)state;
    make("a10 DO=4 DL=6");
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    expect_violation("RET-20");
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 1, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 1, FALSE, NULL);
    expect_violation("RET-20");
    assert_int_equal(NdisRetreatNetBufferListDataStart(clone, 1, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 1, 0, NULL), NDIS_STATUS_SUCCESS);
    end();
}

/* rules: RET-20 */
static void own_backfill_of_a_clone_is_not_told(void **state)
{
    NET_BUFFER_LIST *clone;
    (void)state;
    make("a10");
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 4, 8, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 8, TRUE, NULL);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    end();
}

/* rules: CTX-10 */
static void lv_49_context_freed_in_another_order_is_found(void **state)
{
    (void)state;
    make("a4");
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(NdisAllocateNetBufferListContext(list, 16, 48, 0), NDIS_STATUS_SUCCESS);
        assert_int_equal(NdisAllocateNetBufferListContext(list, 32, 0, 0), NDIS_STATUS_SUCCESS);
        if (i > 0) {
            expect_violation("CTX-10");
            expect_violation("CTX-10");
        }
        NdisFreeNetBufferListContext(list, i == 0 ? 32 : 16);
        NdisFreeNetBufferListContext(list, i == 0 ? 16 : 32);
        assert_null(list->Context);
    }
    end();
}

/* rules: CTX-10 */
static void more_takings_than_are_told_apart_are_not_judged(void **state)
{
    (void)state;
    make("a4");
    for (unsigned i = 0; i < 9; i++)
        assert_int_equal(NdisAllocateNetBufferListContext(list, 16, i == 0 ? 240 : 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferListContext(list, 144);
    assert_null(list->Context);
    end();
}

/* rules: VER-03 LV-51 */
static void lv_51_call_above_dispatch_level_is_found(void **state)
{
    KIRQL before, present;
    NET_BUFFER_LIST *second;
    (void)state;
    make("a4 DO=2 DL=2");
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    assert_int_equal(before, PASSIVE_LEVEL);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 1, 0, NULL), NDIS_STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL + 1, &present);
    assert_int_equal(present, DISPATCH_LEVEL);
    expect_violation("VER-03");
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 1, 0, NULL), NDIS_STATUS_SUCCESS);
    expect_violation("VER-03");
    second = NdisAllocateNetBufferList(made.list_pool, 0, 0);
    expect_violation("VER-03");
    NdisFreeNetBufferList(second);
    NdisAdjustNetBufferCurrentMdl(buffer); /* at any level */
    KeLowerIrql(before);
    assert_string_equal(nbl_test_state(buffer), "4 DO=0 DL=4 0+0");
    end();
}

/* rules: VER-03 */
static void level_goes_up_by_raising_and_down_by_lowering(void **state)
{
    KIRQL before;
    (void)state;
    KeRaiseIrql(APC_LEVEL, &before);
    expect_violation("VER-03");
    KeRaiseIrql(PASSIVE_LEVEL, &before);
    assert_int_equal(before, APC_LEVEL);
    expect_violation("VER-03");
    KeRaiseIrql(NBL_IRQL_HIGHEST + 1, &before);
    expect_violation("VER-03");
    KeLowerIrql(DISPATCH_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    (void)nbl_memory_trim();
    assert_int_equal(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(APC_LEVEL);
    KeLowerIrql(PASSIVE_LEVEL);
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, nbl_expect_begin, nbl_expect_end)

int main(void)
{
    struct CMUnitTest const tests[] = {
        CASE(freed_buffer_cannot_be_copied),
        CASE(lv_09_child_that_is_counted_and_gone_is_found),
        CASE(parent_that_is_none_is_found),
        CASE(lv_11_buffers_that_stay_behind_are_noted),
        CASE(lv_18_window_of_fragments_that_moved_is_noted),
        CASE(window_of_a_reassembled_list_that_moved_is_noted),
        CASE(lv_47_backfill_of_the_original_is_told),
        CASE(own_backfill_of_a_clone_is_not_told),
        CASE(lv_49_context_freed_in_another_order_is_found),
        CASE(more_takings_than_are_told_apart_are_not_judged),
        CASE(lv_51_call_above_dispatch_level_is_found),
        CASE(level_goes_up_by_raising_and_down_by_lowering),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
