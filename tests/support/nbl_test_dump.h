/* SPDX-License-Identifier: MIT
 *
 * nbl_test_dump.h - a sink for nbl_dump that keeps the text, and the text without this run's addresses.
 */
#ifndef NBL_TEST_DUMP_H
#define NBL_TEST_DUMP_H

#include <nbl/dump.h>

#include <stdbool.h>

#define NBL_TEST_DUMP_BYTES (256u << 10)

struct nbl_dump_text {
    size_t used;
    char text[NBL_TEST_DUMP_BYTES];
};

/* nbl_dump_text_start empties it. nbl_dump_text_put is the put of a sink whose context it is; it fails the test when a
 * piece is empty, is not ASCII or does not fit. */
void nbl_dump_text_start(struct nbl_dump_text *text);
void nbl_dump_text_put(void *context, char const *piece, size_t bytes);

/* nbl_dump_text_normal replaces every number 0x.. of an object's address by @1, @2, .. in order of first appearance, in
 * place, and returns the text. What has 4 digits or less, or begins with two zeros or 0xc00000, is no address here. */
char const *nbl_dump_text_normal(struct nbl_dump_text *text);

#endif
