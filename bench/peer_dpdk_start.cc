/* SPDX-License-Identifier: MIT
 *
 * peer_dpdk_start.cc - DPDK's environment, on 2 MiB pages where there are some, and its pools.
 */
#include "peer_dpdk.h"

#include <cstdio>
#include <cstdlib>

#include <rte_eal.h>
#include <rte_errno.h>

namespace bench {

dpdk_pools dpdk_pool;

/* All pools together need less. Two subjects of DPDK may hold 65536 packets each. */
static unsigned const megabytes = 700;

static bool have_huge_pages()
{
    unsigned count = 0;
    FILE *const file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
    if (file == nullptr)
        return false;
    if (fscanf(file, "%u", &count) != 1)
        count = 0;
    fclose(file);
    return count >= megabytes / 2;
}

static bool initialise(bool huge)
{
    std::vector<std::string> arguments = { "nbl_bench", "-l", std::to_string(first_processor()), "--no-pci",
                                           "--no-telemetry", "--iova-mode=va", "--log-level=error" };
    if (huge)
        arguments.push_back("--in-memory");
    else
        arguments.insert(arguments.end(), { "--no-huge", "--no-shconf", "-m", std::to_string(2 * megabytes) });
    static std::vector<char *> pointers; /* DPDK keeps them */
    for (auto const &a : arguments)
        pointers.push_back(strdup(a.c_str()));
    return rte_eal_init((int)pointers.size(), pointers.data()) >= 0;
}

static rte_mempool *pool(char const *name, unsigned count, unsigned room)
{
    return rte_pktmbuf_pool_create(name, count, 256, 0, (uint16_t)room, SOCKET_ID_ANY);
}

static std::string start_once(std::string *remarks)
{
    bool const huge = have_huge_pages();
    if (!initialise(huge))
        return std::string("rte_eal_init: ") + rte_strerror(rte_errno);
    if (!huge)
        *remarks = "DPDK has no 2 MiB pages and runs with --no-huge: THESE ARE NOT DPDK'S NUMBERS. All its packets "
                   "then fall into the same cache sets. Reserve pages (vm.nr_hugepages), or let bench/run do "
                   "it as root.";
    dpdk_pool.data = pool("data", 2 * 65536 + 8192, RTE_PKTMBUF_HEADROOM + 2048);
    dpdk_pool.header = pool("header", 8192, RTE_PKTMBUF_HEADROOM + 128);
    dpdk_pool.indirect = pool("indirect", 8192, 0);
    dpdk_pool.piece = pool("piece", 16 * 1024 + 1024, RTE_PKTMBUF_HEADROOM + 4080);
    dpdk_pool.big = pool("big", 8192 + 1024, RTE_PKTMBUF_HEADROOM + 9000);
    if (!dpdk_pool.data || !dpdk_pool.header || !dpdk_pool.indirect || !dpdk_pool.piece || !dpdk_pool.big)
        return std::string("rte_pktmbuf_pool_create: ") + rte_strerror(rte_errno);
    return "";
}

std::string dpdk_start(std::string *remarks)
{
    static std::string remark;
    static std::string const *problem;
    if (problem == nullptr) {
        static std::string const result = start_once(&remark);
        problem = &result;
        *remarks = remark;
    }
    return *problem;
}

} // namespace bench
