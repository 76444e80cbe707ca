/* SPDX-License-Identifier: MIT
 *
 * flat.c - see flat.h.
 */
#include "flat.h"

#include "nbl_test_checker.h"

#include <inttypes.h>
#include <time.h>

#define PROGRESS_SECONDS 5

struct limits const limits_full = { NBL_TEST_SMALL_MDLS, NBL_TEST_SMALL_MDL_BYTES };
struct limits const limits_pairs = { 2, NBL_TEST_SMALL_MDL_BYTES };

static struct {
    bool watched;
    uint64_t cases;
    char words[256];
    unsigned violations;
    char rule[16];
    time_t shown;
} run;

struct flat flat_of(MDL *chain)
{
    struct flat row = { 0, 0, { { NULL, 0, NULL } } };
    for (MDL *mdl = chain; mdl != NULL; mdl = mdl->Next) {
        unsigned char *const first = nbl_test_address(mdl);
        row.mdls++;
        for (ULONG byte = 0; byte < mdl->ByteCount; byte++) {
            demand(row.bytes < ROW_BYTES);
            row.pair[row.bytes++] = (struct flat_pair){ mdl, byte, first + byte };
        }
        row.pair[row.bytes] = (struct flat_pair){ mdl, mdl->ByteCount, NULL };
    }
    return row;
}

/* ---- the cases ---- */

static void show_progress(ULONG done, ULONG chains)
{
    time_t const now = time(NULL);
    if (now - run.shown < PROGRESS_SECONDS)
        return;
    run.shown = now;
    printf("# exhaustive: %u of %u chains, %" PRIu64 " cases\n", (unsigned)done, (unsigned)chains, run.cases);
    (void)fflush(stdout);
}

void each_chain(struct limits limits, void (*visit)(struct nbl_test_small *made))
{
    struct nbl_test_small made;
    ULONG const step = (ULONG)nbl_test_slowdown();
    ULONG chains = 0, done = 0;
    for (ULONG mdls = 0, power = 1; mdls <= limits.mdls; mdls++, power *= limits.bytes + 1)
        chains += power;
    for (ULONG mdls = 0, power = 1; mdls <= limits.mdls; mdls++, power *= limits.bytes + 1)
        for (ULONG chain = 0; chain < power; chain++, done++) {
            ULONG sizes[NBL_TEST_SMALL_MDLS];
            ULONG digits = chain;
            if (done % step != 0)
                continue;
            for (ULONG i = 0; i < mdls; i++, digits /= limits.bytes + 1)
                sizes[i] = digits % (limits.bytes + 1);
            nbl_test_small_chain(&made, sizes, mdls);
            visit(&made);
            show_progress(done, chains);
        }
}

void each_window(struct nbl_test_small *made, void (*visit)(struct nbl_test_small *made, bool canonical))
{
    struct flat const row = flat_of(made->net_buffer.MdlChain);
    for (ULONG offset = 0; offset <= row.bytes; offset++)
        for (ULONG length = 0; offset + length <= row.bytes; length++)
            for (ULONG n = 0; nbl_test_small_window(made, offset, length, n); n++)
                visit(made, made->net_buffer.CurrentMdl == row.pair[offset].mdl
                                && made->net_buffer.CurrentMdlOffset == row.pair[offset].offset);
}

void place_window(NET_BUFFER *buffer, struct nbl_test_small const *made)
{
    NET_BUFFER const *from = &made->net_buffer;
    buffer->MdlChain = from->MdlChain;
    buffer->CurrentMdl = from->CurrentMdl;
    buffer->CurrentMdlOffset = from->CurrentMdlOffset;
    buffer->DataOffset = from->DataOffset;
    buffer->stDataLength = from->DataLength;
}

/* ---- judging ---- */

void case_done(void)
{
    run.cases++;
}

void case_is(char const *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run.words, sizeof(run.words), format, arguments);
    va_end(arguments);
}

void case_failed(char const *condition, char const *file, int line)
{
    print_error("case %" PRIu64 ", %s: not %s\n", run.cases, run.words, condition);
    _fail(file, line);
}

void demand_window(NET_BUFFER const *buffer, struct flat const *row, ULONG offset, ULONG length)
{
    demand(buffer->DataOffset == offset);
    demand(buffer->DataLength == length);
    demand(buffer->stDataLength == length);
    demand(buffer->CurrentMdl == row->pair[offset].mdl);
    demand(buffer->CurrentMdlOffset == row->pair[offset].offset);
}

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind != NBL_EVENT_VIOLATION || event->severity < NBL_SEVERITY_WARNING)
        return;
    if (run.violations++ > 0 && strcmp(run.rule, event->rule) != 0)
        snprintf(run.rule, sizeof(run.rule), "various");
    else
        snprintf(run.rule, sizeof(run.rule), "%s", event->rule);
}

void demand_violations(char const *rule, unsigned count)
{
    if (run.watched)
        demand(run.violations == count && (count == 0 || strcmp(run.rule, rule) == 0));
    run.violations = 0;
}

void demand_violation(char const *rule)
{
    demand_violations(rule, rule == NULL ? 0 : 1);
}

int run_exhaustive(char const *name, struct CMUnitTest const *tests, size_t count)
{
    int failed = 0;
    if (nbl_test_slowdown() > 1)
        printf("# exhaustive: slow here, one chain in %u\n", nbl_test_slowdown());
    for (int half = 0; half < 2; half++) {
        char group[64];
        run.watched = half == 0;
        run.cases = 0;
        run.shown = time(NULL);
        snprintf(group, sizeof(group), "%s%s", name, run.watched ? "" : "_unwatched");
        if (run.watched)
            (void)nbl_event_subscribe(listen, NULL);
        failed += _cmocka_run_group_tests(group, tests, count, NULL, NULL);
        (void)nbl_event_unsubscribe(listen, NULL);
        printf("# exhaustive: %s, %" PRIu64 " cases\n", group, run.cases);
    }
    return failed;
}
