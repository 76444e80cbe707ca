/* SPDX-License-Identifier: MIT
 *
 * leak.h (internal) - telling what is alive.
 */
#ifndef NBL_VERIFY_LEAK_H
#define NBL_VERIFY_LEAK_H

#include <nbl/dump.h>

/* nbl__leak_report writes one story per place of allocation, of a pool's objects or, with NULL, of all; with a title
 * when there are any. Returns how many objects there are. */
uint64_t nbl__leak_report(void const *pool, char const *title, struct nbl_dump_sink const *sink);

#endif
