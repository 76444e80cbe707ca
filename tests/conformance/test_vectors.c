/* SPDX-License-Identifier: MIT
 *
 * test_vectors.c - every row of the files in vectors/ as a test of its own, named after its id and its operations.
 */
#include "nbl_test_rows.h"

static void run_row(void **state)
{
    struct nbl_test_row const *row = *state;
    if (nbl_test_begin(state) != 0)
        fail();
    nbl_test_row_run(row);
    assert_int_equal(nbl_test_end(state), 0);
}

int main(void)
{
    struct nbl_test_row const *rows;
    size_t const count = nbl_test_rows_read(&rows);
    struct CMUnitTest *tests = calloc(count + 1, sizeof(*tests));
    int failed = 1;
    for (size_t i = 0; i < count && tests != NULL; i++) {
        tests[i].name = rows[i].name;
        tests[i].test_func = run_row;
        tests[i].initial_state = (void *)(uintptr_t)&rows[i];
    }
    if (count > 0 && tests != NULL)
        failed = nbl_test_run("vectors", tests, count);
    free(tests);
    return failed;
}
