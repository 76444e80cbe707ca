/* SPDX-License-Identifier: MIT
 *
 * start.c - before the first input, and what a target does with a violation that nobody expected.
 */
#include "fuzz.h"

/* The place to start the verifier, for every target and for the replayer alike. */
int LLVMFuzzerInitialize(int *count, char ***words)
{
    (void)count;
    (void)words;
    return 0;
}

static void end_at_violation(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind != NBL_EVENT_VIOLATION || event->severity < NBL_SEVERITY_WARNING)
        return;
    fprintf(stderr, "unexpected violation of %s in %s\n", event->rule, event->call);
    abort();
}

void fuzz_no_violations(bool wanted)
{
    (void)nbl_event_unsubscribe(end_at_violation, NULL);
    if (wanted)
        (void)nbl_event_subscribe(end_at_violation, NULL);
}
