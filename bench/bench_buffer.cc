/* SPDX-License-Identifier: MIT
 *
 * bench_buffer.cc - libnbl's data window: W4, W5, W10, W11, W12.
 */
#include "subject_nbl.h"
#include "works_buffer.h"

namespace bench {

using S = nbl_subject;

static bool const entered[] = {
    enter("W4", "nbl", make<prepend_work<S>>),
    enter("W5", "nbl", make<prepend_segment_work<S>>),
    enter("W10", "nbl", make<read_contiguous_work<S>>),
    enter("W11", "nbl", make<read_split_work<S>>, { 32768, 32, 16 }),
    enter("W12", "nbl", make<copy_work<S>>),
};

} // namespace bench
