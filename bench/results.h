/* SPDX-License-Identifier: MIT
 *
 * results.h - what was measured: nanoseconds per packet of every repetition, printed as a line and kept as JSON.
 */
#ifndef NBL_BENCH_RESULTS_H
#define NBL_BENCH_RESULTS_H

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace bench {

/* series is one subject's times for one workload: nanoseconds per packet, one per repetition, in order. */
struct series {
    std::string workload, subject, mode;
    std::vector<double> times;

    double median() const;
    double least() const;
    double spread() const; /* (third quartile - first quartile) / median */
};

/* collector receives the runs of benchmarks named workload/subject/mode[/...], whose "operations" counter tells how
 * many packets one iteration handled. */
class collector : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(Context const &) override { return true; }
    void ReportRuns(std::vector<Run> const &runs) override;

    std::vector<series> all;
    bool failed = false;
};

/* print_workload prints the series of one workload in one mode - median (least) +-spread in nanoseconds per packet -
 * and how libnbl compares with the best of the others. */
void print_workload(std::vector<series> const &all, std::string const &workload, char const *mode);

/* write_json writes all of it, with `remarks` about the subjects; returns false when the file cannot be written. */
bool write_json(char const *path, std::vector<series> const &all, std::vector<std::string> const &remarks);

} // namespace bench

#endif
