/* SPDX-License-Identifier: MIT
 *
 * test_fault.c - counting fault points and failing the chosen one (VER-06).
 */
#include "nbl_test.h"

#include "base/event.h"

/* Passes `points` points of a kind; returns the number of the one that failed, 0 for none, and 99 for more than one. */
static unsigned pass(enum nbl_fault_kind kind, unsigned points)
{
    unsigned failed = 0;
    for (unsigned i = 1; i <= points; i++)
        if (nbl__faulty(kind))
            failed = failed == 0 ? i : 99;
    return failed;
}

/* rules: VER-06 */
static void chosen_point_fails_once(void **state)
{
    (void)state;
    for (int kind = 0; kind < NBL_FAULT_KINDS; kind++)
        for (unsigned nth = 1; nth <= 5; nth++) {
            nbl_fault_arm((enum nbl_fault_kind)kind, nth);
            assert_int_equal(pass((enum nbl_fault_kind)kind, 10), nth);
            assert_int_equal(nbl_fault_points((enum nbl_fault_kind)kind), 10);
            assert_true(nbl_fault_disarm((enum nbl_fault_kind)kind));
        }
}

/* rules: VER-06 */
static void point_that_is_not_reached_does_not_fail(void **state)
{
    (void)state;
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 4);
    assert_int_equal(pass(NBL_FAULT_ALLOCATION, 3), 0);
    assert_false(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    assert_int_equal(pass(NBL_FAULT_ALLOCATION, 5), 0);
}

static void zero_counts_and_fails_none(void **state)
{
    (void)state;
    nbl_fault_arm(NBL_FAULT_MAPPING, 0);
    assert_int_equal(pass(NBL_FAULT_MAPPING, 7), 0);
    assert_int_equal(nbl_fault_points(NBL_FAULT_MAPPING), 7);
    assert_false(nbl_fault_disarm(NBL_FAULT_MAPPING));
}

static void count_stands_still_while_not_armed(void **state)
{
    (void)state;
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 0);
    (void)pass(NBL_FAULT_ALLOCATION, 2);
    (void)nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    (void)pass(NBL_FAULT_ALLOCATION, 5);
    assert_int_equal(nbl_fault_points(NBL_FAULT_ALLOCATION), 2);
    nbl_fault_arm(NBL_FAULT_MAPPING, 0); /* the hook is set, and the other kind still not armed */
    (void)pass(NBL_FAULT_ALLOCATION, 5);
    assert_int_equal(nbl_fault_points(NBL_FAULT_ALLOCATION), 2);
    (void)nbl_fault_disarm(NBL_FAULT_MAPPING);
}

static void arming_again_starts_anew(void **state)
{
    (void)state;
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 2);
    assert_int_equal(pass(NBL_FAULT_ALLOCATION, 2), 2);
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 3);
    assert_int_equal(nbl_fault_points(NBL_FAULT_ALLOCATION), 0);
    assert_int_equal(pass(NBL_FAULT_ALLOCATION, 2), 0);
    assert_false(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
}

static void kinds_do_not_disturb_each_other(void **state)
{
    (void)state;
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
    nbl_fault_arm(NBL_FAULT_DATA_BUFFER, 2);
    assert_int_equal(pass(NBL_FAULT_MAPPING, 3), 0);
    assert_int_equal(pass(NBL_FAULT_DATA_BUFFER, 3), 2);
    assert_true(nbl_fault_disarm(NBL_FAULT_DATA_BUFFER));
    assert_int_equal(pass(NBL_FAULT_ALLOCATION, 3), 1);
    assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    assert_false(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
}

static void hook_is_set_only_while_a_kind_is_armed(void **state)
{
    (void)state;
    assert_false(nbl__hooked(NBL__HOOK_FAULT));
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    (void)nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    assert_true(nbl__hooked(NBL__HOOK_FAULT));
    (void)nbl_fault_disarm(NBL_FAULT_MAPPING);
    assert_false(nbl__hooked(NBL__HOOK_FAULT));
}

/* rules: GDB-07 */
static void data_buffer_can_be_refused(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a10 b10");
    nbl_fault_arm(NBL_FAULT_DATA_BUFFER, 1);
    assert_null(NdisGetDataBuffer(made.buffers[0], 4, NULL, 1, 0));
    assert_non_null(NdisGetDataBuffer(made.buffers[0], 4, NULL, 1, 0));
    assert_true(nbl_fault_disarm(NBL_FAULT_DATA_BUFFER));
    nbl_test_list_free(&made);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(chosen_point_fails_once),
        cmocka_unit_test(point_that_is_not_reached_does_not_fail),
        cmocka_unit_test(zero_counts_and_fails_none),
        cmocka_unit_test(count_stands_still_while_not_armed),
        cmocka_unit_test(arming_again_starts_anew),
        cmocka_unit_test(kinds_do_not_disturb_each_other),
        cmocka_unit_test(hook_is_set_only_while_a_kind_is_armed),
        cmocka_unit_test(data_buffer_can_be_refused),
    };
    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
