/* SPDX-License-Identifier: MIT
 *
 * test_handler_mdl_twice.c - an AllocateMdlHandler that returns an MDL which is linked already does not make a circle
 * of it.
 *
 * Symptom: a second retreat that got the first one's MDL succeeded, its MdlChain was a circle, and the advance gave
 * the MDL to FreeMdlHandler twice; in a list, two NET_BUFFERs shared the MDL and the second one's chain.
 * Cause: what the handler returned was linked unseen (RET-12).
 */
#include "nbl_test.h"

static unsigned char memory[2][16];
static MDL *answers[4];
static unsigned asked, freed;

static MDL *answer(ULONG *bytes)
{
    (void)bytes;
    return answers[asked++];
}

static void count_freed(MDL *mdl)
{
    assert_null(mdl->Next);
    freed++;
}

static void begin(MDL *first, MDL *second, MDL *third)
{
    asked = 0;
    freed = 0;
    answers[0] = first;
    answers[1] = second;
    answers[2] = third;
    answers[3] = NULL;
}

/* rules: RET-12 GEN-00 */
static void mdl_that_is_on_the_buffer_is_refused(void **state)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory[0], 14);
    MDL *other = NdisAllocateMdl(NULL, memory[1], 14);
    struct nbl_test_list made;
    NET_BUFFER *buffer;
    (void)state;
    nbl_test_list_make(&made, "a10");
    buffer = made.buffers[0];
    begin(mdl, mdl, other);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 14, 0, answer), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 14, 0, answer), NDIS_STATUS_FAILURE);
    nbl_test_expect("RET-12 fatal");
    assert_ptr_equal(buffer->MdlChain, mdl);
    assert_ptr_not_equal(mdl->Next, mdl);
    assert_int_equal(buffer->DataLength, 24);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 14, 0, answer), NDIS_STATUS_SUCCESS);
    asked = 1; /* behind the newest one now */
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 14, 0, answer), NDIS_STATUS_FAILURE);
    nbl_test_expect("RET-12 fatal");
    NdisAdvanceNetBufferDataStart(buffer, 28, TRUE, count_freed);
    assert_int_equal(freed, 2);
    assert_int_equal(buffer->DataLength, 10);
    NdisFreeMdl(mdl);
    NdisFreeMdl(other);
    nbl_test_list_free(&made);
}

/* rules: RET-12 RET-16 GEN-00 */
static void mdl_for_two_buffers_of_a_list_is_refused(void **state)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory[0], 14);
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a10 ; b10");
    before = nbl_test_snapshot_take(made.list);
    begin(mdl, mdl, NULL);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 14, 0, answer, count_freed), NDIS_STATUS_FAILURE);
    nbl_test_expect("RET-12 fatal");
    assert_int_equal(freed, 1);
    nbl_test_unchanged(before, made.list);
    begin(mdl, NULL, NULL); /* it can be used again */
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 14, 0, answer), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(made.buffers[0], 14, TRUE, count_freed);
    assert_int_equal(freed, 1);
    NdisFreeMdl(mdl);
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(mdl_that_is_on_the_buffer_is_refused),
    NBL_TEST(mdl_for_two_buffers_of_a_list_is_refused),
};

int main(void)
{
    return cmocka_run_group_tests_name("handler_mdl_twice", tests, NULL, NULL);
}
