/* SPDX-License-Identifier: MIT
 *
 * fuzz_derive.c - lists derived from lists derived from lists, their windows moved, and all of them freed in any order.
 */
#include "fuzz.h"

static operation *const operations[] = {
    do_generate, do_clone,   do_fragment,     do_reassemble,   do_deep_copy,
    do_free,     do_clone,   do_fragment,     do_reassemble,   do_free,
    do_retreat,  do_advance, do_retreat_list, do_advance_list, do_repoint,
    do_link,     do_write,   do_take_context, do_give_context, NULL,
};

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    fuzz_world(data, size, operations, NULL);
    return 0;
}
