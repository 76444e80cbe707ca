/* SPDX-License-Identifier: MIT
 *
 * bench_pool.cc - libnbl's pools: W1, W2, W3.
 */
#include "subject_nbl.h"
#include "works_pool.h"

namespace bench {

using S = nbl_subject;

static bool const entered[] = {
    enter("W1", "nbl", make<alloc_free<S>>),
    enter("W2", "nbl", make<bulk<S>>),
    enter("W3", "nbl", make<cross_thread<S>>, { 0, 32, 512, true }),
    enter("W3x2", "nbl", make<cross_thread<S, 2>>, { 0, 32, 512, true }),
};

} // namespace bench
