/* SPDX-License-Identifier: MIT
 *
 * nbl_test_freed.h - handing a freed object to the library on purpose.
 *
 * The library answers with a violation as long as the object's memory is still its own. A memory checker holds such
 * memory for dead, and in malloc mode it is gone; then the same step has to be what the checker reports.
 */
#ifndef NBL_TEST_FREED_H
#define NBL_TEST_FREED_H

#include <stdbool.h>

/* nbl_test_misuse_freed runs `step` and expects the violations that `expected` names (as nbl_test_expect does); where a
 * freed object cannot be looked at, nbl_test_dies runs it instead. The step itself must not fail the test. */
void nbl_test_misuse_freed(void (*step)(void *object), void *object, char const *expected);

/* nbl_test_freed_is_readable tells whether a freed object can be looked at: no checker watches, and pools are in
 * magazine mode. */
bool nbl_test_freed_is_readable(void);

/* nbl_test_dies runs `step` in a child process when a memory checker watches, and fails the test unless the checker
 * reports it. Without a checker it says on standard output what is left out. */
void nbl_test_dies(void (*step)(void *object), void *object, char const *what);

#endif
