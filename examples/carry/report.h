/* SPDX-License-Identifier: MIT
 *
 * report.h - what is counted, and how it is shown.
 */
#ifndef CARRY_REPORT_H
#define CARRY_REPORT_H

#include "capture.h"
#include "options.h"

/* REPORT_STATUSES is how many different completion statuses can be told apart. */
#define REPORT_STATUSES 8

/* report_pool is one pool of the run. */
struct report_pool {
    char const *name;
    NDIS_HANDLE handle;
};

#define REPORT_POOLS 8

/* report counts everything that the table shows. */
struct report {
    uint64_t frames, bytes, snapped;
    uint64_t lists, net_buffers, mdls;
    uint64_t retreats_from_backfill, retreats_by_allocation;
    uint64_t clones, clones_failed, mirrored_bytes;
    uint64_t lists_fragmented, fragments, reassemblies;
    uint64_t packets, packet_bytes;
    uint64_t delivered;
    uint64_t copied_building, copied_headers;
    uint64_t not_carried[REASON_COUNT];
    uint64_t lost_frames, lost_bytes;
    uint64_t violations;
    bool allocation_failed; /* the one that --fail-allocation chose was reached */
    uint64_t nanoseconds; /* on the path */
    struct {
        NDIS_STATUS status;
        uint64_t count;
    } completions[REPORT_STATUSES];
    struct report_pool pools[REPORT_POOLS];
    unsigned pool_count;
    uint64_t outstanding; /* objects of all pools that are alive */
    char const *link;
};

/* report_now reads a clock that only goes forward, in nanoseconds. */
uint64_t report_now(void);

/* report_completion counts one completed NBL by its Status. */
void report_completion(struct report *report, NDIS_STATUS status);

/* report_add_pool makes a pool known for high water and outstanding objects; returns the handle, NULL included. */
NDIS_HANDLE report_add_pool(struct report *report, char const *name, NDIS_HANDLE handle);

/* report_measure_pools fills in `outstanding`; call it when everything should have been freed. */
void report_measure_pools(struct report *report);

/* report_progress shows how far it got, at most ten times per second, when stderr is a terminal. */
void report_progress(struct report const *report, struct capture const *capture, uint32_t loop, uint32_t loops);

/* report_progress_end wipes the line of report_progress. */
void report_progress_end(void);

/* report_print prints the table to stdout. */
void report_print(struct report const *report, struct options const *options);

#endif
