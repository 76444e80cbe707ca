/* SPDX-License-Identifier: MIT
 *
 * nbl_test_slab.h - what must hold between the counts of a slab, seen by the only thread that uses it.
 */
#ifndef NBL_TEST_SLAB_H
#define NBL_TEST_SLAB_H

#include "base/slab.h"

/* nbl_test_slab_check fails the test unless live and guests are as said, every block that exists is in use or in a batch,
 * and a free batch exists for every batch that could come back full. */
void nbl_test_slab_check(struct nbl__slab *slab, int64_t live, int64_t guests);

/* nbl_test_slab_high_water measures a slab and gives its high water. */
uint64_t nbl_test_slab_high_water(struct nbl__slab *slab);

#endif
