/* SPDX-License-Identifier: MIT
 *
 * main.c - carry: reads a capture batch by batch, sends each batch down the path, and reports.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "capture.h"
#include "far.h"
#include "options.h"
#include "originator.h"
#include "path.h"
#include "report.h"

#define VIOLATIONS_SHOWN 20

enum exit_status { EXIT_WHOLE = 0, EXIT_LOST = 1, EXIT_UNUSABLE = 2 };

/* carry is everything that lives for one run. */
struct carry {
    struct options options;
    struct report report;
    struct originator originator;
    struct path path;
    struct far_side far;
    struct batch batch;
};

static void note_violation(struct nbl_event const *event, void *context)
{
    struct report *const report = context;
    if (event->kind != NBL_EVENT_VIOLATION || event->severity < NBL_SEVERITY_WARNING)
        return;
    report->violations++;
    if (report->violations <= VIOLATIONS_SHOWN)
        fprintf(stderr, "carry: rule %s broken in %s\n", event->rule, event->call);
}

static void send_batch(struct carry *carry)
{
    path_send(&carry->path, nbl_queue_take_all(&carry->batch.lists));
    originator_count(&carry->originator, &carry->batch);
}

static void add_frame(struct carry *carry, struct frame const *frame, uint8_t const *bytes)
{
    struct frame *const added = &carry->batch.frames[carry->batch.count++];
    *added = *frame;
    added->reason = path_reason(carry->path.ethernet, frame->length);
    originator_add(&carry->originator, &carry->batch, added, bytes);
}

static enum capture_outcome carry_frames(struct carry *carry, struct capture *capture, uint32_t loop)
{
    struct frame frame;
    uint8_t const *bytes;
    enum capture_outcome outcome;
    while ((outcome = capture_next(capture, &frame, &bytes)) == CAPTURE_FRAME) {
        add_frame(carry, &frame, bytes);
        if (carry->batch.count < BATCH_FRAMES && carry->batch.bytes < BATCH_BYTES)
            continue;
        send_batch(carry);
        report_progress(&carry->report, capture, loop, carry->options.loops);
    }
    send_batch(carry);
    carry->report.snapped += capture->snapped;
    return outcome;
}

/* Carries the capture once, and writes the packets out in the first loop. */
static enum exit_status carry_once(struct carry *carry, uint32_t loop, struct capture *capture)
{
    char const *const out = loop == 1 ? carry->options.out : NULL;
    carry->path.ethernet = capture->ethernet;
    carry->report.link = capture->link;
    if (out != NULL && (carry->path.output = output_open(out, capture)) == NULL)
        return EXIT_UNUSABLE;
    enum capture_outcome const outcome = carry_frames(carry, capture, loop);
    bool const written = out == NULL || output_close(carry->path.output, out);
    carry->path.output = NULL;
    return outcome == CAPTURE_END && written ? EXIT_WHOLE : EXIT_UNUSABLE;
}

static enum exit_status carry_loops(struct carry *carry, struct capture *capture)
{
    enum exit_status status = EXIT_WHOLE;
    for (uint32_t loop = 1; loop <= carry->options.loops && status == EXIT_WHOLE; loop++) {
        if (!capture_open(capture, carry->options.capture))
            return EXIT_UNUSABLE;
        status = carry_once(carry, loop, capture);
        capture_close(capture);
    }
    return status;
}

static bool start(struct carry *carry)
{
    struct options const *const options = &carry->options;
    bool const originator = originator_start(&carry->originator, options, &carry->report, PATH_LOWER_BACKFILL, TUNNEL_BYTES,
                                             PATH_CONTEXT);
    bool const path = path_start(&carry->path, options, &carry->report);
    bool const far = far_start(&carry->far, &carry->report);
    carry->path.originator = &carry->originator;
    carry->path.far = &carry->far;
    if (options->check)
        nbl_event_subscribe(note_violation, &carry->report);
    if (options->fail_allocation > 0)
        nbl_fault_arm(NBL_FAULT_ALLOCATION, options->fail_allocation);
    return originator && path && far;
}

/* Returns false when libnbl still holds memory after everything was given back. */
static bool stop(struct carry *carry)
{
    far_stop(&carry->far);
    path_stop(&carry->path);
    originator_stop(&carry->originator);
    nbl_memory_trim();
    if (nbl_memory_bytes() == 0)
        return true;
    fprintf(stderr, "carry: %" PRIu64 " bytes of memory were not given back\n", nbl_memory_bytes());
    return false;
}

static enum exit_status run(struct carry *carry)
{
    struct capture capture = { .problem = "" };
    enum exit_status status = carry_loops(carry, &capture);
    carry->report.allocation_failed = nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    report_progress_end();
    report_measure_pools(&carry->report);
    if (carry->report.frames > 0)
        report_print(&carry->report, &carry->options);
    if (capture.problem[0] != '\0') {
        fflush(stdout);
        fprintf(stderr, "carry: %s: %s\n", capture.name, capture.problem);
    }
    if (carry->report.lost_frames != 0 || carry->report.outstanding != 0 || carry->report.violations != 0)
        status = EXIT_LOST;
    return status;
}

int main(int count, char **words)
{
    struct carry *const carry = calloc(1, sizeof(*carry));
    enum exit_status status = EXIT_UNUSABLE;
    if (carry == NULL)
        return EXIT_LOST;
    enum options_outcome const outcome = options_parse(&carry->options, count, words);
    if (outcome == OPTIONS_HELP) {
        status = EXIT_WHOLE;
    } else if (outcome == OPTIONS_RUN && !start(carry)) {
        fputs("carry: no memory for the pools\n", stderr);
        status = EXIT_LOST;
    } else if (outcome == OPTIONS_RUN) {
        status = run(carry);
    }
    if (!stop(carry))
        status = EXIT_LOST;
    free(carry);
    return (int)status;
}
