/* SPDX-License-Identifier: MIT
 *
 * nbl_test_child.h - touching freed objects on purpose.
 *
 * The library answers the second free of an object with a violation as long as the object's memory is still its own. A
 * memory checker is told that such memory is dead, and in malloc mode it is gone; then the same step must be seen to die.
 */
#ifndef NBL_TEST_CHILD_H
#define NBL_TEST_CHILD_H

#include <stdbool.h>

/* nbl_test_freed_is_readable tells whether a freed object of a pool can be looked at: no checker watches, and pools are in
 * magazine mode. */
bool nbl_test_freed_is_readable(void);

/* nbl_test_dies runs `step` in a child process when a memory checker watches, and fails the test if the child ends well.
 * Without a checker, or where there are no child processes, it says on standard output what is left out. */
void nbl_test_dies(void (*step)(void *context), void *context, char const *what);

#endif
