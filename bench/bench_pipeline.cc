/* SPDX-License-Identifier: MIT
 *
 * bench_pipeline.cc - libnbl under three layers: W15, W15r, W15b (one NBL of 32 NBs), W15br.
 */
#include "subject_nbl.h"
#include "works_pipeline.h"

namespace bench {

static bool const entered[] = {
    enter("W15", "nbl", make<pipeline<nbl_subject>>),
    enter("W15r", "nbl", make<pipeline_recycled<nbl_subject>>),
    enter("W15b", "nbl", make<pipeline<nbl_many>>),
    enter("W15br", "nbl", make<pipeline_recycled<nbl_many>>),
};

} // namespace bench
