/* SPDX-License-Identifier: MIT
 *
 * results.cc - see results.h.
 */
#include "results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace bench {

/* quantile interpolates between the sorted times. */
static double quantile(std::vector<double> times, double q)
{
    std::sort(times.begin(), times.end());
    double const at = q * (double)(times.size() - 1);
    size_t const below = (size_t)at, above = std::min(below + 1, times.size() - 1);
    return times[below] + (times[above] - times[below]) * (at - (double)below);
}

double series::median() const { return quantile(times, 0.5); }
double series::least() const { return *std::min_element(times.begin(), times.end()); }
double series::spread() const { return (quantile(times, 0.75) - quantile(times, 0.25)) / median(); }

static series named(std::string const &name)
{
    series s;
    std::istringstream parts(name);
    std::getline(parts, s.workload, '/');
    std::getline(parts, s.subject, '/');
    std::getline(parts, s.mode, '/');
    return s;
}

void collector::ReportRuns(std::vector<Run> const &runs)
{
    series s;
    for (Run const &run : runs) {
        if (run.run_type != Run::RT_Iteration)
            continue;
        if (s.times.empty())
            s = named(run.run_name.function_name);
        if (run.error_occurred) {
            fprintf(stderr, "%s: %s\n", run.run_name.function_name.c_str(), run.error_message.c_str());
            failed = true;
            return;
        }
        bool const manual = run.counters.at("manual").value != 0;
        double seconds = (manual ? run.real_accumulated_time : run.cpu_accumulated_time) / (double)run.iterations;
        if (run.counters.count("median"))
            seconds = run.counters.at("median").value;
        s.times.push_back(seconds * 1e9 / run.counters.at("operations").value);
    }
    if (!s.times.empty())
        all.push_back(s);
}

void print_workload(std::vector<series> const &all, std::string const &workload, char const *mode)
{
    series const *own = nullptr, *best = nullptr;
    bool any = false;
    for (series const &s : all) {
        if (s.workload != workload || s.mode != mode)
            continue;
        if (!any)
            printf("%-12s %-4s", workload.c_str(), mode);
        any = true;
        printf("  %s %.2f (%.2f) +-%.0f%%", s.subject.c_str(), s.median(), s.least(), 100 * s.spread());
        if (s.subject == "nbl")
            own = &s;
        else if (best == nullptr || s.median() < best->median())
            best = &s;
    }
    if (own != nullptr && best != nullptr)
        printf("  ratio %.2f (%.2f)", own->median() / best->median(), own->least() / best->least());
    if (any)
        printf("\n");
    fflush(stdout);
}

static std::string quoted(std::string const &text)
{
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out + "\"";
}

bool write_json(char const *path, std::vector<series> const &all, std::vector<std::string> const &remarks)
{
    FILE *const file = fopen(path, "w");
    if (file == nullptr)
        return false;
    fprintf(file, "{\n  \"unit\": \"ns per packet\",\n  \"remarks\": [");
    for (size_t i = 0; i < remarks.size(); i++)
        fprintf(file, "%s%s", i ? ", " : "", quoted(remarks[i]).c_str());
    fprintf(file, "],\n  \"series\": [\n");
    for (size_t i = 0; i < all.size(); i++) {
        series const &s = all[i];
        fprintf(file, "    {\"workload\": %s, \"subject\": %s, \"mode\": %s, \"times\": [", quoted(s.workload).c_str(),
                quoted(s.subject).c_str(), quoted(s.mode).c_str());
        for (size_t k = 0; k < s.times.size(); k++)
            fprintf(file, "%s%.4f", k ? ", " : "", s.times[k]);
        fprintf(file, "]}%s\n", i + 1 < all.size() ? "," : "");
    }
    fprintf(file, "  ]\n}\n");
    return fclose(file) == 0;
}

} // namespace bench
