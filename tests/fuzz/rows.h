/* SPDX-License-Identifier: MIT
 *
 * rows.h - the oracle of chains and queues: NBLs as numbers, a chain or queue as a row of numbers.
 */
#ifndef NBL_FUZZ_ROWS_H
#define NBL_FUZZ_ROWS_H

#include "fuzz.h"

#define LISTS 16u

/* struct row is what a chain or queue holds, in order. */
struct row {
    unsigned count;
    unsigned char at[LISTS];
};

/* The NBLs themselves, made by hand: only links and the fields that keys are made of are ever read. */
extern NET_BUFFER_LIST lists[LISTS];

/* number_of gives the number of an NBL, and ends the process for anything else. */
unsigned number_of(NET_BUFFER_LIST const *list);

/* row_add appends one; row_join appends all of another row, which is empty afterwards. row_cut takes up to `count` off
 * the front and returns them. */
void row_add(struct row *row, unsigned number);
void row_join(struct row *row, struct row *more);
struct row row_cut(struct row *row, unsigned count);

/* row_join_front puts all of another row in front, which is empty afterwards. */
void row_join_front(struct row *row, struct row *more);

/* row_split takes out those for which `chosen` is true, in order. */
struct row row_split(struct row *row, bool (*chosen)(unsigned number, unsigned by), unsigned by);

/* expect_chain compares a chain with a row. */
void expect_chain(NET_BUFFER_LIST const *chain, struct row const *row);

#endif
