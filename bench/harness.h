/* SPDX-License-Identifier: MIT
 *
 * harness.h - what a workload is, who takes part in it, and how a pass over it is timed.
 *
 * A workload is made once per subject (libnbl, DPDK, lwIP, malloc) and then run in passes. A pass handles a known
 * number of packets and does nothing else. Warm passes go over one burst of packets again and again; cold passes go
 * once over tens of thousands, after the caches near the core were filled with other data.
 */
#ifndef NBL_BENCH_HARNESS_H
#define NBL_BENCH_HARNESS_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/* load says how much one pass handles: `packets` different packets, each `rounds` times. */
struct load {
    size_t packets;
    size_t rounds;
    bool cold;

    size_t operations() const { return packets * rounds; }
};

/* work is a workload of one subject, set up and ready to be timed. */
class work {
public:
    explicit work(load const &l) : amount(l) {}
    virtual ~work() = default;
    work(work const &) = delete;
    work &operator=(work const &) = delete;

    virtual void pass() = 0; /* timed: handles amount.operations() packets */
    virtual void begin() {}  /* not timed: before the passes of one repetition; threads start here */
    virtual void end() {}    /* not timed: after them; no thread of this work may run while others are timed */

protected:
    load const amount;
};

using maker = std::unique_ptr<work> (*)(load const &);

template <class Work> std::unique_ptr<work> make(load const &l)
{
    return std::unique_ptr<work>(new Work(l));
}

/* sizes of a workload: how many packets its cold pass walks (0: it has none) and how many operations a warm pass
 * has. */
struct size {
    size_t cold = 65536;
    size_t burst = 32;
    size_t rounds = 16;
    bool threads = false; /* more than one thread works: time that passed counts, not the processor time of one */
};

/* entry is one workload of one subject. */
struct entry {
    std::string workload;
    std::string subject;
    maker make;
    struct size size;
};

/* subject is somebody whose packets are measured. start prepares the process for it, once, and returns why it cannot
 * take part, or "". Whoever can take part but not at its best adds a sentence to *remarks. */
struct subject {
    std::string name;
    std::string (*start)(std::string *remarks);
};

/* The registries fill before main; registering always returns true. */
bool enter(char const *workload, char const *subject, maker make, struct size size = {});
bool introduce(char const *name, std::string (*start)(std::string *remarks));
std::vector<entry> &entries();
std::vector<subject> &subjects();

/* A pass is timed on the first of these processors; other_processor(i) is where the
 * i-th further thread runs: never the first one, as far as there are more. */
int first_processor();
int other_processor(unsigned index);
void stay_on(int processor);

/* push_out fills the caches near the core with data that no subject uses. */
void push_out();

/* shuffled returns 0 .. count-1 in a random order that is the same in every run. */
std::vector<uint32_t> shuffled(size_t count);

} // namespace bench

#endif
