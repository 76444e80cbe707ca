/* SPDX-License-Identifier: MIT
 *
 * bench_derive.cc - libnbl's derived lists: W6, W7, W8, W8n, W9, and the deep copy.
 */
#include "subject_nbl.h"
#include "works_derive.h"

namespace bench {

using S = nbl_subject;

/* nbl_new_mdls clones without NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS. */
struct nbl_new_mdls : nbl_subject {
    static inline packet clone(packet p) { return NdisAllocateCloneNetBufferList(p, nbl_pool.bare, NULL, 0); }
    static inline void release_clone(packet c, packet) { NdisFreeCloneNetBufferList(c, 0); }
};

/* nbl_deep copies the bytes instead. */
struct nbl_deep : nbl_subject {
    static inline packet clone(packet p) { return nbl_derive_copy(p, NULL, NULL, 0); }
    static inline void release_clone(packet c, packet) { nbl_derive_free_copy(c); }
};

static bool const entered[] = {
    enter("W6", "nbl", make<clone_work<S>>),
    enter("W6f0", "nbl", make<clone_work<nbl_new_mdls>>),
    enter("W7", "nbl", make<clone_segments_work<S>>, { 16384, 32, 16 }),
    enter("W7f0", "nbl", make<clone_segments_work<nbl_new_mdls>>, { 16384, 32, 16 }),
    enter("W8", "nbl", make<fragment_header_work<S>>, { 4096, 32, 2 }),
    enter("W8n", "nbl", make<fragment_work<S>>, { 8192, 32, 2 }),
    enter("W9", "nbl", make<reassemble_work<S>>, { 8192, 32, 2 }),
    enter("deep_copy", "nbl", make<clone_work<nbl_deep>>),
};

} // namespace bench
