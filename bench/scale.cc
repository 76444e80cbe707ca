/* SPDX-License-Identifier: MIT
 *
 * scale.cc - nbl_scale: memory per packet in flight, and whether packets of two threads disturb each other.
 */
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <thread>

#include <time.h>
#include <unistd.h>

#include "subject_nbl.h"

namespace bench {

static unsigned const in_flight = 100000;

/* resident returns the bytes of memory that the process occupies. */
static uint64_t resident()
{
    unsigned long long pages = 0;
    FILE *const file = fopen("/proc/self/statm", "r");
    if (file != nullptr) {
        if (fscanf(file, "%*u %llu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static NDIS_HANDLE list_pool(bool with_net_buffer, unsigned data, unsigned context)
{
    NET_BUFFER_LIST_POOL_PARAMETERS p = {};
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.fAllocateNetBuffer = with_net_buffer;
    p.DataSize = data;
    p.ContextSize = (USHORT)context;
    return NdisAllocateNetBufferListPool(NULL, &p);
}

static NDIS_HANDLE buffer_pool(unsigned data)
{
    NET_BUFFER_POOL_PARAMETERS p = {};
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    p.DataSize = data;
    return NdisAllocateNetBufferPool(NULL, &p);
}

static void print_memory(char const *what, unsigned needed, NDIS_HANDLE pool, uint64_t resident_before)
{
    struct nbl_pool_statistics s = {};
    nbl_pool_measure(pool, &s);
    printf("%-44s %7u %7llu %9.0f %9.0f\n", what, needed, (unsigned long long)s.block, (double)s.bytes / in_flight,
           (double)(resident() - resident_before) / in_flight);
}

static void memory_of_list_pool(char const *what, bool with_net_buffer, unsigned data, unsigned context)
{
    unsigned needed = sizeof(NET_BUFFER_LIST) + data;
    if (with_net_buffer)
        needed += sizeof(NET_BUFFER);
    if (data > 0)
        needed += sizeof(MDL);
    if (context > 0)
        needed += sizeof(NET_BUFFER_LIST_CONTEXT) + context;
    uint64_t const before = resident();
    NDIS_HANDLE const pool = list_pool(with_net_buffer, data, context);
    NET_BUFFER_LIST *const all = nbl_pool_take(pool, in_flight, NULL);
    for (NET_BUFFER_LIST *list = all; list != NULL && data > 0; list = list->Next) {
        NdisRetreatNetBufferDataStart(list->FirstNetBuffer, data, 0, NULL);
        memset(nbl_subject::start(list), 1, data); /* all of it is used */
    }
    print_memory(what, needed, pool, before);
    nbl_pool_give(all);
    nbl_pool_trim(pool);
    NdisFreeNetBufferListPool(pool);
}

static void memory_of_buffer_pool(char const *what, unsigned data)
{
    std::vector<NET_BUFFER *> all(in_flight);
    uint64_t const before = resident();
    NDIS_HANDLE const pool = buffer_pool(data);
    for (auto &nb : all) {
        nb = data > 0 ? NdisAllocateNetBufferMdlAndData(pool) : NdisAllocateNetBuffer(pool, NULL, 0, 0);
        if (data > 0 && NdisRetreatNetBufferDataStart(nb, data, 0, NULL) == NDIS_STATUS_SUCCESS)
            memset(nbl_subject::address(nb), 1, data);
    }
    print_memory(what, (unsigned)(sizeof(NET_BUFFER) + data + (data > 0 ? sizeof(MDL) : 0)), pool, before);
    for (auto nb : all)
        NdisFreeNetBuffer(nb);
    NdisFreeNetBufferPool(pool);
}

static void memory()
{
    printf("\nMemory per packet in flight, bytes (%u packets)\n\n%-44s %7s %7s %9s %9s\n", in_flight, "pool", "content",
           "block", "held", "resident");
    memory_of_list_pool("NBL", false, 0, 0);
    memory_of_list_pool("NBL + NB", true, 0, 0);
    memory_of_list_pool("NBL + NB + context 64", true, 0, 64);
    memory_of_list_pool("NBL + NB + MDL + 128", true, 128, 0);
    memory_of_list_pool("NBL + NB + MDL + 256", true, 256, 0);
    memory_of_list_pool("NBL + NB + MDL + 1536", true, 1536, 0);
    memory_of_list_pool("NBL + NB + MDL + 2176", true, 2176, 0);
    memory_of_list_pool("NBL + NB + MDL + 9216", true, 9216, 0);
    memory_of_buffer_pool("NB", 0);
    memory_of_buffer_pool("NB + MDL + 256", 256);
    memory_of_buffer_pool("NB + MDL + 2176", 2176);
}

static double seconds(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* side_by_side lets two threads work at the same time, and returns the nanoseconds per call of the slower one. */
template <class Work> double side_by_side(Work const &once)
{
    static unsigned const calls = 20000;
    double best = 1e9;
    for (int repetition = 0; repetition < 9; repetition++) {
        std::atomic<unsigned> ready { 0 };
        double used[2];
        std::thread threads[2];
        for (unsigned i = 0; i < 2; i++) {
            threads[i] = std::thread([&, i] {
                stay_on(i == 0 ? first_processor() : other_processor(0));
                ready++;
                while (ready.load() < 2)
                    asm volatile("pause");
                double const before = seconds(CLOCK_THREAD_CPUTIME_ID);
                for (unsigned k = 0; k < calls; k++)
                    once(i);
                used[i] = seconds(CLOCK_THREAD_CPUTIME_ID) - before;
            });
        }
        for (auto &t : threads)
            t.join();
        best = std::min(best, std::max(used[0], used[1]));
    }
    return best * 1e9 / calls;
}

/* Packets that are neighbours in memory, owned by two threads in turns or in two halves. */
static void neighbours()
{
    static unsigned const count = 64;
    std::vector<NET_BUFFER_LIST *> all(count);
    NDIS_HANDLE const pool = list_pool(true, 256, 64);
    for (auto &p : all)
        p = NdisAllocateNetBufferList(pool, 0, 0);
    std::sort(all.begin(), all.end());
    for (auto p : all)
        NdisRetreatNetBufferDataStart(p->FirstNetBuffer, 128, 0, NULL);
    auto const touch = [](NET_BUFFER_LIST *p) {
        p->Scratch = p;
        NET_BUFFER_LIST_CONTEXT_DATA_START(p)[0]++;
        *nbl_subject::prepend(p, 14) = 1;
        nbl_subject::strip(p, 14);
        nbl_subject::start(p)[127] = 1; /* the last byte of the block */
    };
    double const turns = side_by_side([&](unsigned i) {
        for (unsigned k = i; k < count; k += 2)
            touch(all[k]);
    });
    double const halves = side_by_side([&](unsigned i) {
        for (unsigned k = 0; k < count / 2; k++)
            touch(all[i * count / 2 + k]);
    });
    printf("\nPackets of two threads, nanoseconds per packet\n\n"
           "  neighbours in memory %.1f, far apart %.1f: ratio %.2f\n", turns / (count / 2), halves / (count / 2),
           turns / halves);
    for (auto p : all)
        NdisFreeNetBufferList(p);
    NdisFreeNetBufferListPool(pool);
}

/* Two threads that allocate and free, from one pool or from one pool each. */
static void pools_of_two_threads()
{
    NDIS_HANDLE const shared = list_pool(true, 256, 0), own[2] = { list_pool(true, 256, 0), list_pool(true, 256, 0) };
    auto const use_pool = [](NDIS_HANDLE pool) {
        NET_BUFFER_LIST *held[16];
        for (auto &p : held)
            p = NdisAllocateNetBufferList(pool, 0, 0);
        step();
        for (auto p : held)
            NdisFreeNetBufferList(p);
    };
    double const together = side_by_side([&](unsigned) { use_pool(shared); });
    double const apart = side_by_side([&](unsigned i) { use_pool(own[i]); });
    printf("  allocate and free from one pool %.1f, from a pool each %.1f: ratio %.2f\n", together / 16, apart / 16,
           together / apart);
    for (NDIS_HANDLE pool : { shared, own[0], own[1] })
        NdisFreeNetBufferListPool(pool);
}

} // namespace bench

int main()
{
    bench::memory();
    bench::neighbours();
    bench::pools_of_two_threads();
    return 0;
}
