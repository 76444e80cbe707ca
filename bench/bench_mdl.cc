/* SPDX-License-Identifier: MIT
 *
 * bench_mdl.cc - libnbl's MDL chains: W13, W13n, and a MDL taken and given back.
 */
#include "subject_nbl.h"
#include "works_list.h"

namespace bench {

using S = nbl_subject;

/* mdl_of: a MDL over memory that exists is allocated and freed. */
struct mdl_of : contiguous<1500> {
    template <class> static inline void run(NET_BUFFER_LIST *p)
    {
        MDL *const mdl = NdisAllocateMdl(NULL, S::start(p), 1500);
        use(mdl);
        step();
        NdisFreeMdl(mdl);
    }
};

static bool const entered[] = {
    enter("W13", "nbl", make<checksum_work<S>>, { 1024, 4, 1 }),
    enter("W13n", "nbl", make<own_checksum_work<S>>, { 1024, 4, 1 }),
    enter("mdl", "nbl", make<on_packets<S, mdl_of>>),
};

} // namespace bench
