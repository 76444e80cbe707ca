/* SPDX-License-Identifier: MIT
 *
 * peer_dpdk.cc - DPDK's mbufs in the same workloads: inline calls, bulk calls, arrays of pointers, 2 MiB pages.
 */
#include "peer_dpdk.h"

#include "works_derive.h"
#include "works_list.h"
#include "works_pipeline.h"
#include "works_pool.h"

namespace bench {

namespace {

using S = dpdk_subject;

/* dpdk_ipv4 cuts with DPDK's own IPv4 fragmentation, which writes the headers itself. */
struct dpdk_ipv4 : dpdk_subject {
    static packet make_big(unsigned bytes)
    {
        packet const p = dpdk_subject::make_big(bytes);
        rte_ipv4_hdr *const ip = rte_pktmbuf_mtod(p, rte_ipv4_hdr *);
        memset(ip, 0, sizeof *ip);
        ip->version_ihl = 0x45;
        ip->total_length = rte_cpu_to_be_16((uint16_t)bytes);
        return p;
    }
    static inline fragments fragment_with_header(packet p, unsigned)
    {
        fragments f;
        use((uint64_t)rte_ipv4_fragment_packet(p, f.all, 7, 1500, dpdk_pool.header, dpdk_pool.indirect));
        return f;
    }
};

/* dpdk_attach clones and copies by hand, for packets of one segment. */
struct dpdk_attach : dpdk_subject {
    static inline packet clone(packet p)
    {
        packet const c = rte_pktmbuf_alloc(dpdk_pool.indirect);
        rte_pktmbuf_attach(c, p);
        return c;
    }
    static inline packet copy(packet p)
    {
        packet const c = alloc();
        rte_memcpy(rte_pktmbuf_append(c, p->data_len), rte_pktmbuf_mtod(p, void *), p->data_len);
        return c;
    }
};

bool const entered[] = {
    introduce("dpdk", dpdk_start),
    introduce("dpdk_attach", dpdk_start),
    introduce("dpdk_ipv4", dpdk_start),
    enter("W1", "dpdk", make<alloc_free<S>>),
    enter("W2", "dpdk", make<bulk<S>>),
    enter("W3", "dpdk", make<cross_thread<S>>, { 0, 32, 512, true }),
    enter("W3x2", "dpdk", make<cross_thread<S, 2>>, { 0, 32, 512, true }),
    enter("W4", "dpdk", make<prepend_work<S>>),
    enter("W5", "dpdk", make<prepend_segment_work<S>>),
    enter("W6", "dpdk", make<clone_work<S>>),
    enter("W6", "dpdk_attach", make<clone_work<dpdk_attach>>),
    enter("W6f0", "dpdk", make<clone_work<S>>),
    enter("W6f0", "dpdk_attach", make<clone_work<dpdk_attach>>),
    enter("W7", "dpdk", make<clone_segments_work<S>>, { 16384, 32, 16 }),
    enter("W7f0", "dpdk", make<clone_segments_work<S>>, { 16384, 32, 16 }),
    enter("W8", "dpdk", make<fragment_header_work<S>>, { 4096, 32, 2 }),
    enter("W8", "dpdk_ipv4", make<fragment_header_work<dpdk_ipv4>>, { 4096, 32, 2 }),
    enter("W8n", "dpdk", make<fragment_work<S>>, { 8192, 32, 2 }),
    enter("W9", "dpdk", make<reassemble_work<S>>, { 8192, 32, 2 }),
    enter("W10", "dpdk", make<read_contiguous_work<S>>),
    enter("W11", "dpdk", make<read_split_work<S>>, { 32768, 32, 16 }),
    enter("W12", "dpdk", make<copy_work<S>>),
    enter("W12", "dpdk_attach", make<copy_work<dpdk_attach>>),
    enter("W13", "dpdk", make<checksum_work<S>>, { 1024, 4, 1 }),
    enter("W13n", "dpdk", make<own_checksum_work<S>>, { 1024, 4, 1 }),
    enter("W14", "dpdk", make<queue<S>>),
    enter("W15", "dpdk", make<pipeline<S>>),
    enter("W15r", "dpdk", make<pipeline_recycled<S>>),
    enter("W15b", "dpdk", make<pipeline<S>>),
    enter("W15br", "dpdk", make<pipeline_recycled<S>>),
    enter("deep_copy", "dpdk", make<copy_work<S>>),
};

} // namespace

} // namespace bench
