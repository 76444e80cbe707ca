/* SPDX-License-Identifier: MIT
 *
 * nbl_test_checker.h - which memory checker watches this process, what it holds for dead, and whether it speaks up.
 */
#ifndef NBL_TEST_CHECKER_H
#define NBL_TEST_CHECKER_H

#include <stdbool.h>
#include <stddef.h>

enum nbl_test_checker { NBL_TEST_CHECKER_NONE, NBL_TEST_CHECKER_ASAN, NBL_TEST_CHECKER_VALGRIND };

/* nbl_test_checker_present tells which checker watches. */
enum nbl_test_checker nbl_test_checker_present(void);

/* nbl_test_know tells the checker that bytes whose content nobody promised are looked at on purpose. */
void nbl_test_know(void const *memory, size_t bytes);

/* nbl_test_dead_bytes counts the bytes of a range that the checker would report an access to; 0 without a checker. */
size_t nbl_test_dead_bytes(void const *memory, size_t bytes);

/* nbl_test_checker_reports runs `misuse(argument)` in a child process and tells whether the checker reported it there.
 * False without a checker, and where there are no child processes. */
bool nbl_test_checker_reports(void (*misuse)(void *argument), void *argument);

/* nbl_test_on_death has `callback` called when a sanitizer is about to end the process. */
void nbl_test_on_death(void (*callback)(void));

/* nbl_test_slowdown says by what factor this process is slower than a plain one, roughly: 1, or more under a checker or
 * an emulator (environment NBL_TEST_SLOWDOWN). Tests with many rounds divide by it, and say so. */
unsigned nbl_test_slowdown(void);

#endif
