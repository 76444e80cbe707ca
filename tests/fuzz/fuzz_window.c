/* SPDX-License-Identifier: MIT
 *
 * fuzz_window.c - any sequence of operations on NET_BUFFERs: retreat, advance, adjust, access, copy, chains re-pointed
 * and linked by hand.
 */
#include "fuzz.h"

static operation *const operations[] = {
    do_generate,         do_retreat, do_retreat_list, do_advance,    do_advance_list, do_advance_and_back,
    do_retreat_and_back, do_adjust,  do_get_data,     do_copy_bytes, do_write,        do_physical_count,
    do_repoint,          do_link,    do_free,         NULL,
};

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    fuzz_world(data, size, operations, NULL);
    return 0;
}
