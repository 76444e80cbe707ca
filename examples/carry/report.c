/* SPDX-License-Identifier: MIT
 *
 * report.c - the counters of a run as a table, and progress while it runs.
 */
#define _POSIX_C_SOURCE 200809L

#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_NANOSECONDS 100000000u

uint64_t report_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The first free row has count 0. The last row takes what finds no row of its own, which no sane run has. */
void report_completion(struct report *report, NDIS_STATUS status)
{
    unsigned row = 0;
    while (row < REPORT_STATUSES - 1 && report->completions[row].count != 0 && report->completions[row].status != status)
        row++;
    report->completions[row].status = status;
    report->completions[row].count++;
}

NDIS_HANDLE report_add_pool(struct report *report, char const *name, NDIS_HANDLE handle)
{
    if (handle != NULL && report->pool_count < REPORT_POOLS)
        report->pools[report->pool_count++] = (struct report_pool){ name, handle };
    return handle;
}

void report_measure_pools(struct report *report)
{
    struct nbl_pool_statistics statistics;
    report->outstanding = 0;
    for (unsigned i = 0; i < report->pool_count; i++)
        if (nbl_pool_measure(report->pools[i].handle, &statistics))
            report->outstanding += statistics.live;
}

void report_progress(struct report const *report, struct capture const *capture, uint32_t loop, uint32_t loops)
{
    static uint64_t shown;
    uint64_t const now = report_now();
    double const part = capture->size == 0 ? 0 : 100.0 * (double)capture->bytes / (double)capture->size;
    if (now - shown < PROGRESS_NANOSECONDS || !isatty(STDERR_FILENO))
        return;
    shown = now;
    fprintf(stderr, "\rcarry: loop %u of %u, %3.0f %% of the capture, %" PRIu64 " frames, %.1f MB \x1b[K", loop, loops, part,
            report->frames, (double)report->bytes / 1e6);
}

void report_progress_end(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\x1b[K", stderr);
}

static void row(char const *name, uint64_t value)
{
    printf("  %-44s %12" PRIu64 "\n", name, value);
}

static void row_unless_zero(char const *name, uint64_t value)
{
    if (value != 0)
        row(name, value);
}

static void print_traffic(struct report const *report)
{
    row("frames", report->frames);
    row("bytes", report->bytes);
    row_unless_zero("frames that the capture holds in part", report->snapped);
    row("NBLs", report->lists);
    row("NBs", report->net_buffers);
    row("MDLs of the originator", report->mdls);
}

static void print_path(struct report const *report)
{
    row("retreats served from backfill", report->retreats_from_backfill);
    row("retreats served by allocation", report->retreats_by_allocation);
    row("clones, on the mirror path", report->clones);
    row_unless_zero("clones not made for lack of memory", report->clones_failed);
    row("bytes that the mirror found equal", report->mirrored_bytes);
    row("NBLs fragmented", report->lists_fragmented);
    row("fragments", report->fragments);
    row("packets that left the machine", report->packets);
    row("bytes that left the machine", report->packet_bytes);
    row("reassemblies", report->reassemblies);
    row("frames delivered, every byte equal", report->delivered);
}

static void print_completions(struct report const *report)
{
    char name[80];
    for (unsigned i = 0; i < REPORT_STATUSES; i++) {
        snprintf(name, sizeof(name), "completed: %s", nbl_status_name(report->completions[i].status));
        row_unless_zero(name, report->completions[i].count);
    }
}

static char const *reason_words(unsigned reason)
{
#define REASON_WORDS(name, status, words) words,
    static char const *const table[] = { CARRY_REASONS(REASON_WORDS) };
#undef REASON_WORDS
    return table[reason];
}

static void print_not_carried(struct report const *report)
{
    char name[80];
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        if (report->not_carried[i] == 0)
            continue;
        snprintf(name, sizeof(name), i == REASON_LINK_TYPE ? "not carried: link type %s" : "not carried", report->link);
        printf("  %-44s %12" PRIu64 "  %s\n", name, report->not_carried[i], reason_words(i));
    }
}

static void print_pools(struct report const *report)
{
    struct nbl_pool_statistics statistics;
    char name[80];
    for (unsigned i = 0; i < report->pool_count; i++) {
        if (!nbl_pool_measure(report->pools[i].handle, &statistics))
            continue;
        snprintf(name, sizeof(name), "pool high water: %s", report->pools[i].name);
        row(name, statistics.high_water);
    }
}

static void print_speed(struct report const *report)
{
    double const seconds = (double)report->nanoseconds / 1e9;
    row("packets per second (path only, no files)", seconds > 0 ? (uint64_t)((double)report->frames / seconds) : 0);
}

void report_print(struct report const *report, struct options const *options)
{
    printf("%s, MTU %u\n", options->capture, options->mtu);
    print_traffic(report);
    print_path(report);
    print_completions(report);
    print_not_carried(report);
    row("bytes copied building NBLs from the file", report->copied_building);
    row("bytes copied on the path to read headers", report->copied_headers);
    print_pools(report);
    print_speed(report);
    row_unless_zero("allocations made to fail", report->allocation_failed);
    if (options->check)
        row("NDIS rules broken", report->violations);
    if (options->out != NULL)
        printf("  what left the machine is in %s\n", options->out);
    printf("bytes lost %" PRIu64 ", NBLs outstanding %" PRIu64 "\n", report->lost_bytes, report->outstanding);
}
