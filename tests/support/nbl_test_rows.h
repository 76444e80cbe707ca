/* SPDX-License-Identifier: MIT
 *
 * nbl_test_rows.h - the rows of tests/conformance/vectors/, read and run.
 */
#ifndef NBL_TEST_ROWS_H
#define NBL_TEST_ROWS_H

#include "nbl_test.h"

/* One row of section17.txt or edges.txt, with what knobs.txt says about it. */
struct nbl_test_row {
    char name[64]; /* TV_014_Retreat_0_0_NULL */
    char id[24];   /* TV-014, or LV-21#2 for the second row of an id */
    char const *columns[5];
    struct {
        char const *expected; /* instead of columns[3]; NULL where the knob changes nothing */
        char const *reason;
    } under[NBL_KNOBS];
};

/* nbl_test_rows_read reads all rows, in order of the files. Returns how many, or 0 after saying what is wrong. They live as
 * long as the program. */
size_t nbl_test_rows_read(struct nbl_test_row const **rows);

/* nbl_test_row_run runs a row and fails the test when the outcome is not the one that is expected with the knobs that are
 * on. Begin and end the test around it. */
void nbl_test_row_run(struct nbl_test_row const *row);

#endif
