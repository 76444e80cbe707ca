/* SPDX-License-Identifier: MIT
 *
 * growth.cc - nbl_growth: what libnbl's operations cost as a function of size, as JSON for growth.py.
 */
#include <algorithm>
#include <cstdio>
#include <functional>
#include <thread>

#include <time.h>

#include "subject_nbl.h"

namespace bench {

using S = nbl_subject;
using operation = std::function<void()>;

static double processor_seconds()
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* nanoseconds is the least time of one call, over repetitions of about a millisecond each. */
static double nanoseconds(operation const &once)
{
    size_t calls = 1;
    double best = 1e9, passed = 0;
    for (;;) {
        double const before = processor_seconds();
        for (size_t i = 0; i < calls; i++)
            once();
        passed = processor_seconds() - before;
        if (passed > 1e-3)
            break;
        calls *= 2;
    }
    for (int repetition = 0; repetition < 15; repetition++) {
        double const before = processor_seconds();
        for (size_t i = 0; i < calls; i++)
            once();
        best = std::min(best, processor_seconds() - before);
    }
    return best * 1e9 / (double)calls;
}

/* curve prints one curve. measure(x) returns nanoseconds for size x; expected is "flat" or "linear". */
static void curve(char const *name, char const *x_name, char const *expected, std::vector<unsigned> const &sizes,
                  std::function<double(unsigned)> const &measure)
{
    static bool first = true;
    printf("%s\n    {\"name\": \"%s\", \"x\": \"%s\", \"expected\": \"%s\", \"points\": [", first ? "" : ",", name,
           x_name, expected);
    first = false;
    for (size_t i = 0; i < sizes.size(); i++)
        printf("%s[%u, %.2f]", i ? ", " : "", sizes[i], measure(sizes[i]));
    printf("]}");
    fflush(stdout);
}

static std::vector<unsigned> powers(unsigned from, unsigned to, unsigned factor)
{
    std::vector<unsigned> list;
    for (unsigned long long x = from; x <= to; x *= factor)
        list.push_back((unsigned)x);
    return list;
}

/* on_segments measures an operation on a packet of n segments of 64 bytes, its window moved forward by `advanced`. */
static std::function<double(unsigned)> on_segments(std::function<void(NET_BUFFER_LIST *, unsigned)> const &once,
                                                   std::function<ULONG(unsigned)> const &advanced)
{
    return [once, advanced](unsigned n) {
        NET_BUFFER_LIST *const p = S::make_segments(n, 64);
        NdisAdvanceNetBufferDataStart(p->FirstNetBuffer, advanced(n), FALSE, NULL);
        double const time = nanoseconds([&] {
            once(p, n);
            step();
        });
        S::release_segments(p);
        return time;
    };
}

static void move_by_4(NET_BUFFER_LIST *p, unsigned)
{
    NdisRetreatNetBufferDataStart(p->FirstNetBuffer, 4, 0, NULL);
    step();
    NdisAdvanceNetBufferDataStart(p->FirstNetBuffer, 4, FALSE, NULL);
}

static void curves_of_segments()
{
    auto const sizes = powers(1, 256, 2);
    auto const in_first = [](unsigned) { return 32u; };
    auto const in_last = [](unsigned n) { return n * 64 - 32; };
    curve("retreat and advance 4, start in the first MDL", "MDLs", "flat", sizes, on_segments(move_by_4, in_first));
    curve("retreat and advance 4, start in the last MDL", "MDLs", "flat", sizes, on_segments(move_by_4, in_last));
    curve("advance to the last MDL and retreat again", "MDLs", "linear", sizes,
          on_segments(
              [](NET_BUFFER_LIST *p, unsigned n) {
                  NdisAdvanceNetBufferDataStart(p->FirstNetBuffer, n * 64 - 64, FALSE, NULL);
                  step();
                  NdisRetreatNetBufferDataStart(p->FirstNetBuffer, n * 64 - 64, 0, NULL);
              },
              in_first));
    curve("get the first 16 bytes", "MDLs", "flat", sizes,
          on_segments([](NET_BUFFER_LIST *p, unsigned) { use(NdisGetDataBuffer(p->FirstNetBuffer, 16, NULL, 1, 0)); },
                      in_first));
    curve("get all bytes", "MDLs", "linear", sizes,
          on_segments(
              [](NET_BUFFER_LIST *p, unsigned) {
                  static uint8_t storage[256 * 64];
                  use(NdisGetDataBuffer(p->FirstNetBuffer, p->FirstNetBuffer->DataLength, storage, 1, 0));
              },
              in_first));
    curve("clone, the original's MDLs", "MDLs", "flat", sizes,
          on_segments([](NET_BUFFER_LIST *p, unsigned) { S::release_clone(S::clone(p), p); }, in_first));
    curve("clone, new MDLs", "MDLs", "linear", sizes,
          on_segments(
              [](NET_BUFFER_LIST *p, unsigned) {
                  NdisFreeCloneNetBufferList(NdisAllocateCloneNetBufferList(p, nbl_pool.bare, NULL, 0), 0);
              },
              in_first));
}

/* on_net_buffers measures an operation on one NBL of n NBs with headroom. */
static double on_net_buffers(unsigned n, std::function<void(NET_BUFFER_LIST *)> const &once)
{
    NET_BUFFER_LIST *const p = NdisAllocateNetBufferList(nbl_pool.list_only, 0, 0);
    for (unsigned i = 0; i < n; i++) {
        NET_BUFFER *const nb = NdisAllocateNetBufferMdlAndData(nbl_pool.buffer_data);
        NdisRetreatNetBufferDataStart(nb, 64, 0, NULL);
        nb->Next = p->FirstNetBuffer;
        p->FirstNetBuffer = nb;
    }
    double const time = nanoseconds([&] {
        once(p);
        step();
    });
    nbl_subject::batch b = { p };
    nbl_many::release_batch(b);
    return time;
}

static void curves_of_net_buffers()
{
    auto const sizes = powers(1, 256, 2);
    curve("retreat and advance a list by 4", "NBs", "linear", sizes, [](unsigned n) {
        return on_net_buffers(n, [](NET_BUFFER_LIST *p) {
            NdisRetreatNetBufferListDataStart(p, 4, 0, NULL, NULL);
            step();
            NdisAdvanceNetBufferListDataStart(p, 4, FALSE, NULL);
        });
    });
    curve("clone a list, the original's MDLs", "NBs", "linear", sizes, [](unsigned n) {
        return on_net_buffers(n, [](NET_BUFFER_LIST *p) { S::release_clone(S::clone(p), p); });
    });
    curve("reassemble a list", "NBs", "linear", sizes, [](unsigned n) {
        return on_net_buffers(n, [](NET_BUFFER_LIST *p) { S::reassemble_and_release(p); });
    });
}

/* cutting measures how long it takes to cut 16384 bytes into n fragments. */
static double cutting(unsigned n, bool header)
{
    NET_BUFFER_LIST *const p = S::make_big(16384);
    double const time = nanoseconds([&] {
        S::release_fragments(header ? S::fragment_with_header(p, 16384 / n) : S::fragment(p, 16384 / n), p, header);
        step();
    });
    S::release_big(p);
    return time;
}

static void curves_of_fragments()
{
    auto const sizes = powers(1, 256, 2);
    curve("cut into fragments", "fragments", "linear", sizes, [](unsigned n) { return cutting(n, false); });
    curve("cut into fragments, 20 bytes in front of each", "fragments", "linear", sizes,
          [](unsigned n) { return cutting(n, true); });
}

/* small_pool makes a pool of packets with 64 bytes of data. */
static NDIS_HANDLE small_pool()
{
    NET_BUFFER_LIST_POOL_PARAMETERS p = {};
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.fAllocateNetBuffer = TRUE;
    p.DataSize = 64;
    return NdisAllocateNetBufferListPool(NULL, &p);
}

/* take_and_give allocates and frees 256 packets singly: more than a thread keeps to itself. */
static void take_and_give(NDIS_HANDLE pool)
{
    NET_BUFFER_LIST *held[256];
    for (auto &p : held)
        p = NdisAllocateNetBufferList(pool, 0, 0);
    step();
    for (auto p : held)
        NdisFreeNetBufferList(p);
}

static void curve_of_live_packets()
{
    curve("allocate and free while others live", "live packets", "flat", powers(1, 1u << 20, 4), [](unsigned n) {
        NDIS_HANDLE const pool = small_pool();
        NET_BUFFER_LIST *const live = nbl_pool_take(pool, n, NULL);
        double const time = nanoseconds([&] { take_and_give(pool); }) / 256;
        nbl_pool_give(live);
        NdisFreeNetBufferListPool(pool);
        return time;
    });
}

static void curve_of_threads()
{
    curve("allocate and free in every thread", "threads", "flat", { 1, 2 }, [](unsigned n) {
        NDIS_HANDLE const pool = small_pool();
        std::vector<double> times(n);
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < n; i++) {
            threads.emplace_back([&, i] {
                stay_on(i == 0 ? first_processor() : other_processor(i - 1));
                times[i] = nanoseconds([&] { take_and_give(pool); }) / 256;
            });
        }
        for (auto &t : threads)
            t.join();
        NdisFreeNetBufferListPool(pool);
        return *std::max_element(times.begin(), times.end());
    });
}

static uint64_t bytes_of(NDIS_HANDLE pool)
{
    struct nbl_pool_statistics statistics = {};
    nbl_pool_measure(pool, &statistics);
    return statistics.bytes;
}

/* burst takes a million packets, gives them back, and asks the pool for the memory. */
static void burst()
{
    unsigned const count = 1u << 20;
    NDIS_HANDLE const pool = small_pool();
    nbl_pool_give(nbl_pool_take(pool, 64, NULL));
    uint64_t const before = bytes_of(pool);
    NET_BUFFER_LIST *const all = nbl_pool_take(pool, count, NULL);
    uint64_t const most = bytes_of(pool);
    nbl_pool_give(all);
    uint64_t const kept = bytes_of(pool);
    double const start = processor_seconds();
    nbl_pool_trim(pool);
    double const trim = processor_seconds() - start;
    printf("\n  ],\n  \"burst\": {\"packets\": %u, \"bytes_before\": %llu, \"bytes_most\": %llu, \"bytes_kept\": %llu,"
           " \"bytes_after_trim\": %llu, \"trim_seconds\": %.6f}\n}\n",
           count, (unsigned long long)before, (unsigned long long)most, (unsigned long long)kept,
           (unsigned long long)bytes_of(pool), trim);
    NdisFreeNetBufferListPool(pool);
}

} // namespace bench

int main()
{
    bench::stay_on(bench::first_processor());
    printf("{\n  \"curves\": [");
    bench::curves_of_segments();
    bench::curves_of_net_buffers();
    bench::curves_of_fragments();
    bench::curve_of_live_packets();
    bench::curve_of_threads();
    bench::burst();
    return 0;
}
