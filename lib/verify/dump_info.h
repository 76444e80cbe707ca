/* SPDX-License-Identifier: MIT
 *
 * dump_info.h (internal) - out-of-band slots as text.
 */
#ifndef NBL_VERIFY_DUMP_INFO_H
#define NBL_VERIFY_DUMP_INFO_H

#include "dump_text.h"

/* nbl__dump_info writes every slot that is not 0: its names, its value, and what the value means. */
void nbl__dump_info(struct nbl__text *text, NET_BUFFER_LIST const *list);

#endif
