/* SPDX-License-Identifier: MIT
 *
 * rows.c - see rows.h.
 */
#include "rows.h"

NET_BUFFER_LIST lists[LISTS];

unsigned number_of(NET_BUFFER_LIST const *list)
{
    for (unsigned i = 0; i < LISTS; i++)
        if (list == &lists[i])
            return i;
    broken("a pointer that is no NBL");
}

void row_add(struct row *row, unsigned number)
{
    row->at[row->count++] = (unsigned char)number;
}

void row_join(struct row *row, struct row *more)
{
    memcpy(row->at + row->count, more->at, more->count);
    row->count += more->count;
    more->count = 0;
}

struct row row_cut(struct row *row, unsigned count)
{
    struct row front = { count < row->count ? count : row->count, { 0 } };
    memcpy(front.at, row->at, front.count);
    row->count -= front.count;
    memmove(row->at, row->at + front.count, row->count);
    return front;
}

void row_join_front(struct row *row, struct row *more)
{
    struct row whole = *more;
    row_join(&whole, row);
    *row = whole;
    more->count = 0;
}

struct row row_split(struct row *row, bool (*chosen)(unsigned number, unsigned by), unsigned by)
{
    struct row out = { 0, { 0 } }, rest = { 0, { 0 } };
    for (unsigned i = 0; i < row->count; i++)
        row_add(chosen(row->at[i], by) ? &out : &rest, row->at[i]);
    *row = rest;
    return out;
}

void expect_chain(NET_BUFFER_LIST const *chain, struct row const *row)
{
    for (unsigned i = 0; i < row->count; i++, chain = chain->Next)
        if (chain == NULL || number_of(chain) != row->at[i])
            broken("place %u of a chain of %u is not NBL %u", i, row->count, row->at[i]);
    if (chain != NULL)
        broken("a chain goes on after its %u NBLs", row->count);
}
