/* SPDX-License-Identifier: MIT
 *
 * nbl_test_freed.c - a step that touches a freed object.
 */
#include "nbl_test.h"

#include "nbl_test_checker.h"

bool nbl_test_freed_is_readable(void)
{
    return nbl_test_checker_present() == NBL_TEST_CHECKER_NONE
        && nbl_pool_mode_in_force() == NBL_POOL_MODE_MAGAZINE;
}

void nbl_test_dies(void (*step)(void *object), void *object, char const *what)
{
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_NONE)
        print_message("left out, freed memory is gone and no checker watches: %s\n", what);
    else
        assert_true(nbl_test_checker_reports(step, object));
}

void nbl_test_misuse_freed(void (*step)(void *object), void *object, char const *expected)
{
    if (!nbl_test_freed_is_readable()) {
        nbl_test_dies(step, object, expected);
        return;
    }
    step(object);
    nbl_test_expect(expected);
}
