/* SPDX-License-Identifier: MIT
 *
 * nbl_test_events.c - collecting what the library announces.
 */
#include "nbl_test.h"

#define LIMIT 64

static struct {
    char text[1024]; /* violations since the last expectation, as nbl_test_expect writes them */
    char infos[1024];
    void const *last_object;
    char const *last_call;
    unsigned counts[NBL_EVENT_CONTEXT_FREE + 1];
    void const *freed_mdls[LIMIT];
    unsigned freed_count;
    uint64_t held; /* bytes that the library held at the start: more than 0 after a test that failed half way */
} seen;

static bool unwatched;

static void note_violation(struct nbl_event const *event)
{
    static char const *const names[] = { "info", "warning", "error", "fatal" };
    char *text = event->severity == NBL_SEVERITY_INFO ? seen.infos : seen.text;
    size_t const used = strlen(text);
    snprintf(text + used, sizeof(seen.text) - used, "%s%s %s", used > 0 ? ", " : "", event->rule,
             names[event->severity]);
    if (event->severity != NBL_SEVERITY_INFO) {
        seen.last_object = event->object;
        seen.last_call = event->call;
    }
}

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    seen.counts[event->kind]++;
    if (event->kind == NBL_EVENT_VIOLATION)
        note_violation(event);
    if (event->kind == NBL_EVENT_MDL_FREE && seen.freed_count < LIMIT)
        seen.freed_mdls[seen.freed_count++] = event->object;
}

int nbl_test_begin(void **state)
{
    (void)state;
    nbl_event_unsubscribe(listen, NULL);
    memset(&seen, 0, sizeof(seen));
    nbl_memory_trim();
    seen.held = nbl_memory_bytes();
    return unwatched || nbl_event_subscribe(listen, NULL) ? 0 : -1;
}

int nbl_test_end(void **state)
{
    (void)state;
    nbl_event_unsubscribe(listen, NULL);
    for (int kind = 0; kind < NBL_FAULT_KINDS; kind++)
        nbl_fault_disarm((enum nbl_fault_kind)kind);
    nbl_memory_trim();
    if (seen.text[0] != '\0')
        print_error("unexpected violations: %s\n", seen.text);
    if (nbl_memory_bytes() > seen.held)
        print_error("the library still holds %u bytes\n", (unsigned)(nbl_memory_bytes() - seen.held));
    return seen.text[0] == '\0' && nbl_memory_bytes() <= seen.held ? 0 : -1;
}

void nbl_test_forget(void)
{
    seen.text[0] = '\0';
}

void nbl_test_expect_at(char const *text, char const *file, int line)
{
    char was[sizeof(seen.text)];
    memcpy(was, seen.text, sizeof(was));
    nbl_test_forget();
    if (!unwatched && strcmp(was, text) != 0) {
        print_error("violations expected: \"%s\", announced: \"%s\"\n", text, was);
        _fail(file, line);
    }
}

char const *nbl_test_violations(void)
{
    return seen.text;
}

void const *nbl_test_last_object(void)
{
    return seen.last_object;
}

char const *nbl_test_last_call(void)
{
    return seen.last_call;
}

void nbl_test_blames(void const *object)
{
    if (!unwatched)
        assert_ptr_equal(seen.last_object, object);
}

void nbl_test_counts(enum nbl_event_kind kind, unsigned events)
{
    if (!unwatched)
        assert_int_equal(seen.counts[kind], events);
}

bool nbl_test_informed(char const *rule)
{
    char const *found = strstr(seen.infos, rule);
    return found != NULL && found[strlen(rule)] == ' ';
}

unsigned nbl_test_events_of(enum nbl_event_kind kind)
{
    return seen.counts[kind];
}

unsigned nbl_test_freed_mdls(void const *const **mdls)
{
    *mdls = seen.freed_mdls;
    return seen.freed_count;
}

bool nbl_test_watching(void)
{
    return !unwatched;
}

int nbl_test_run(char const *name, struct CMUnitTest const *tests, size_t count)
{
    char unwatched_name[64];
    int failed;
    unwatched = false;
    failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    unwatched = true;
    snprintf(unwatched_name, sizeof(unwatched_name), "%s_unwatched", name);
    return failed + _cmocka_run_group_tests(unwatched_name, tests, count, NULL, NULL);
}
