/* SPDX-License-Identifier: MIT
 *
 * bench_main.cc - runs the workloads, one after the other; all subjects of one in turns, repetition by repetition.
 *
 *     nbl_bench [--filter=REGEX] [--subjects=nbl,dpdk] [--modes=warm,cold] [--json=FILE] [--list] [--benchmark_...]
 *
 * --filter is matched against WORKLOAD/SUBJECT/MODE, such as W1/nbl/warm; --benchmark_filter is the same.
 */
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>

#include <time.h>

#include "harness.h"
#include "results.h"

namespace bench {

struct options {
    std::string filter = ".", subjects, modes = "warm,cold", json;
    bool list = false;
};

/* running is one benchmark; its work is made when it first runs, and kept until the workload is over. */
struct running {
    entry const *what;
    load amount;
    std::unique_ptr<work> made;
};

/* processor_time is what the calling thread has used, in seconds: other programs on this machine do not count. */
static double processor_time()
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double elapsed_time()
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* time_threads lets the median pass of a repetition count: other programs may hold up one thread for many packets. */
static double time_threads(benchmark::State &state, work *w)
{
    std::vector<double> times;
    for (auto _ : state) {
        double const before = elapsed_time();
        w->pass();
        times.push_back(elapsed_time() - before);
        state.SetIterationTime(times.back());
    }
    std::nth_element(times.begin(), times.begin() + (ptrdiff_t)times.size() / 2, times.end());
    return times[times.size() / 2];
}

static void time_passes(benchmark::State &state, running *r)
{
    if (!r->made)
        r->made = r->what->make(r->amount);
    r->made->begin();
    r->made->pass(); /* page faults, first-time costs, and whatever another subject left in the caches */
    if (r->what->size.threads) {
        state.counters["median"] = time_threads(state, r->made.get());
    } else if (r->amount.cold) {
        for (auto _ : state) {
            push_out();
            double const before = processor_time();
            r->made->pass();
            state.SetIterationTime(processor_time() - before);
        }
    } else {
        for (auto _ : state)
            r->made->pass();
    }
    r->made->end();
    state.counters["operations"] = (double)r->amount.operations();
    state.counters["manual"] = r->amount.cold; /* which of the two times counts */
}

static bool listed(std::string const &list, std::string const &name)
{
    return list.empty() || ("," + list + ",").find("," + name + ",") != std::string::npos;
}

/* phase is a part of the whole run. What leaves the free lists of the pools in disorder comes late: until then each
 * subject gets the neighbouring packets that a fresh pool gives. */
struct phase {
    char const *mode;
    bool threads, single; /* which workloads */
};
static phase const phases[] = { { "warm", false, true }, { "warm", true, false }, { "cold", true, true } };

/* wanted lists what the options choose of one workload in one phase. */
static std::vector<std::unique_ptr<running>> wanted(options const &o, std::string const &workload, phase const &p)
{
    std::vector<std::unique_ptr<running>> chosen;
    std::regex const filter(o.filter);
    std::string const mode = p.mode;
    bool const cold = mode == "cold";
    for (entry const &e : entries()) {
        std::string const name = e.workload + "/" + e.subject + "/" + mode;
        load const amount = { cold ? e.size.cold : e.size.burst, cold ? 1 : e.size.rounds, cold };
        if (e.workload == workload && (e.size.threads ? p.threads : p.single) && amount.packets > 0 &&
            listed(o.subjects, e.subject) && std::regex_search(name, filter))
            chosen.push_back(std::unique_ptr<running>(new running { &e, amount, nullptr }));
    }
    return chosen;
}

/* take_part starts a subject when it is first needed, and tells whether it can take part. */
static bool take_part(std::string const &name, std::vector<std::string> *remarks)
{
    static std::map<std::string, bool> known;
    if (known.count(name))
        return known[name];
    std::string remark, missing = "not built in";
    for (subject const &s : subjects()) {
        if (s.name == name)
            missing = s.start(&remark);
    }
    if (!missing.empty())
        remark = name + " takes no part: " + missing;
    if (!remark.empty()) {
        remarks->push_back(remark);
        fprintf(stderr, "\n*** %s\n\n", remark.c_str());
    }
    return known[name] = missing.empty();
}

static void run_workload(options const &o, std::string const &workload, phase const &p, collector *results,
                         std::vector<std::string> *remarks)
{
    auto chosen = wanted(o, workload, p);
    bool any = false;
    for (auto const &r : chosen) {
        if (!take_part(r->what->subject, remarks))
            continue;
        std::string const name = workload + "/" + r->what->subject + "/" + (r->amount.cold ? "cold" : "warm");
        auto *const b = benchmark::RegisterBenchmark(name.c_str(), time_passes, r.get());
        if (r->amount.cold || r->what->size.threads)
            b->UseManualTime();
        any = true;
    }
    if (any) {
        benchmark::RunSpecifiedBenchmarks(results, nullptr, ".");
        print_workload(results->all, workload, p.mode);
    }
    benchmark::ClearRegisteredBenchmarks();
}

/* workloads lists the names in the order of their numbers: W2 before W10. */
static std::vector<std::string> workloads()
{
    std::set<std::pair<int, std::string>> sorted;
    std::vector<std::string> names;
    for (entry const &e : entries())
        sorted.insert({ e.workload[0] == 'W' ? atoi(e.workload.c_str() + 1) : 1000, e.workload });
    for (auto const &w : sorted)
        names.push_back(w.second);
    return names;
}

static bool option(std::string const &argument, char const *name, std::string *value)
{
    std::string const start = std::string("--") + name + "=";
    if (argument.compare(0, start.size(), start) != 0)
        return false;
    *value = argument.substr(start.size());
    return true;
}

/* read_options takes our own options out of the arguments; what it returns is for Google Benchmark. */
static std::vector<std::string> read_options(int argc, char **argv, options *o)
{
    std::vector<std::string> rest = { argv[0], "--benchmark_enable_random_interleaving=true",
                                      "--benchmark_repetitions=11", "--benchmark_min_time=0.01" };
    for (int i = 1; i < argc; i++) {
        std::string const a = argv[i];
        if (a == "--list")
            o->list = true;
        else if (!option(a, "filter", &o->filter) && !option(a, "benchmark_filter", &o->filter) &&
                 !option(a, "subjects", &o->subjects) && !option(a, "modes", &o->modes) && !option(a, "json", &o->json))
            rest.push_back(a);
    }
    return rest;
}

static bool initialize(std::vector<std::string> arguments)
{
    std::vector<char *> pointers;
    for (auto &a : arguments)
        pointers.push_back(&a[0]);
    int count = (int)pointers.size();
    pointers.push_back(nullptr);
    benchmark::Initialize(&count, pointers.data());
    return !benchmark::ReportUnrecognizedArguments(count, pointers.data());
}

static int run(options const &o)
{
    collector results;
    std::vector<std::string> remarks;
    if (NBL_BENCH_MISSING[0] != 0) {
        remarks.push_back("Peers that are not installed, and take no part:" NBL_BENCH_MISSING);
        fprintf(stderr, "\n*** %s\n\n", remarks.back().c_str());
    }
    stay_on(first_processor());
    for (phase const &p : phases) {
        for (std::string const &workload : workloads()) {
            if (listed(o.modes, p.mode))
                run_workload(o, workload, p, &results, &remarks);
        }
    }
    if (!o.json.empty() && !write_json(o.json.c_str(), results.all, remarks)) {
        perror(o.json.c_str());
        return 1;
    }
    if (results.all.empty())
        fprintf(stderr, "nothing matches; --list names what there is\n");
    return results.failed || results.all.empty();
}

static int list()
{
    for (std::string const &workload : workloads()) {
        printf("%s:", workload.c_str());
        for (entry const &e : entries()) {
            if (e.workload == workload)
                printf(" %s%s", e.subject.c_str(), e.size.cold ? "" : " (warm only)");
        }
        printf("\n");
    }
    return 0;
}

} // namespace bench

int main(int argc, char **argv)
{
    bench::options o;
    std::vector<std::string> const rest = bench::read_options(argc, argv, &o);
    if (o.list)
        return bench::list();
    return bench::initialize(rest) ? bench::run(o) : 2;
}
