/* SPDX-License-Identifier: MIT
 *
 * nbl_test_events.h - what the library announces during a test: violations, and MDLs that come and go.
 *
 *     static void advance_is_cut_to_data_length(void **state)
 *     {
 *         NdisAdvanceNetBufferDataStart(buffer, 11, FALSE, NULL);
 *         nbl_test_expect("ADV-08 fatal");
 *     }
 *     static struct CMUnitTest const tests[] = { NBL_TEST(advance_is_cut_to_data_length) };
 *
 * Between nbl_test_begin and nbl_test_end every violation is collected. One that nobody expected fails the test at its
 * end, and so does a byte that the library still holds. Reports of severity info are collected apart: expecting them
 * is optional.
 */
#ifndef NBL_TEST_EVENTS_H
#define NBL_TEST_EVENTS_H

#include <nbl/nbl.h>

#include <stdbool.h>

/* nbl_test_begin (cmocka setup) starts to collect; nbl_test_end (teardown) stops, disarms faults, trims, and fails the
 * test for unexpected violations and for memory that is still held. NBL_TEST makes the table entry. */
int nbl_test_begin(void **state);
int nbl_test_end(void **state);

#define NBL_TEST(function) cmocka_unit_test_setup_teardown(function, nbl_test_begin, nbl_test_end)

/* nbl_test_run runs a group of tests twice: watched, and then as "NAME_unwatched" without a listener, because the library
 * takes shorter ways when nobody listens. Unwatched, expectations about violations and events are not looked at, everything
 * else is. Returns what main returns. */
#define NBL_TEST_RUN(name, tests) nbl_test_run(name, tests, sizeof(tests) / sizeof((tests)[0]))
struct CMUnitTest;
int nbl_test_run(char const *name, struct CMUnitTest const *tests, size_t count);

/* nbl_test_watching tells whether the present run is the watched one. */
bool nbl_test_watching(void);

/* nbl_test_expect fails the test unless the violations since the last call are these, in this order, "" for none, and
 * forgets them. Each is written "RULE-ID severity", severity one of warning, error, fatal; a comma separates two. */
#define nbl_test_expect(text) nbl_test_expect_at(text, __FILE__, __LINE__)
void nbl_test_expect_at(char const *text, char const *file, int line);

/* nbl_test_violations gives the text that nbl_test_expect would accept, and nbl_test_forget forgets all violations. */
char const *nbl_test_violations(void);
void nbl_test_forget(void);

/* nbl_test_last_object gives the object of the newest violation, nbl_test_last_call the name of the call; NULL if
 * none. */
void const *nbl_test_last_object(void);
char const *nbl_test_last_call(void);

/* nbl_test_blames fails the test unless the newest violation is about this object; nbl_test_counts unless as many events
 * of this kind were announced since nbl_test_begin. Both look at nothing in an unwatched run. */
void nbl_test_blames(void const *object);
void nbl_test_counts(enum nbl_event_kind kind, unsigned events);

/* nbl_test_informed tells whether a report of severity info named this rule since nbl_test_begin. */
bool nbl_test_informed(char const *rule);

/* nbl_test_events_of counts the events of one kind since nbl_test_begin (NBL_EVENT_VIOLATION included). */
unsigned nbl_test_events_of(enum nbl_event_kind kind);

/* nbl_test_freed_mdls gives the MDLs that were announced as freed since nbl_test_begin, oldest first. */
unsigned nbl_test_freed_mdls(void const *const **mdls);

#endif
