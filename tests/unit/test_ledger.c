/* SPDX-License-Identifier: MIT
 *
 * test_ledger.c - the verifier's ledger by itself: what it remembers, for how long, and what it does without memory.
 *
 * The ledger is compiled in with memory of the test's own, because it takes the platform's, into which no fault is
 * injected. Pools stand for all objects: the ledger never looks into one.
 */
#include "nbl_test.h"

#include "base/port.h"

#include <pthread.h>

static unsigned attempts;
static unsigned failing; /* the attempt that fails, from 1; 0 for none */
static bool for_good;    /* and all after it */
static size_t held;

static void *lend(void *context, size_t bytes, size_t alignment)
{
    bool const fails = ++attempts == failing || (for_good && attempts > failing);
    void *memory = fails ? NULL : nbl__port_allocate(context, bytes, alignment);
    held += memory == NULL ? 0 : bytes;
    return memory;
}

static void take_back(void *context, void *memory, size_t bytes)
{
    held -= bytes;
    nbl__port_release(context, memory, bytes);
}

#define nbl__port_allocate lend
#define nbl__port_release take_back
#include "verify/ledger.c"
#undef nbl__port_allocate
#undef nbl__port_release

#define OBJECTS 5000u
#define FEW 1200u /* the table grows once */
#define THREADS 4u

static unsigned char places[OBJECTS][16];

static void tell(enum nbl_event_kind kind, char const *call, void const *object, uint64_t bytes)
{
    nbl__ledger_note(&(struct nbl_event){ .kind = kind, .call = call, .object = object, .bytes = bytes });
}

static void allocate(unsigned i)
{
    tell(NBL_EVENT_POOL_ALLOCATE, "allocate", places[i], i + 1);
}

static void release(unsigned i)
{
    tell(NBL_EVENT_POOL_FREE, "release", places[i], 0);
}

static void assert_state(unsigned i, enum nbl__ledger_state expected)
{
    struct nbl__history history;
    assert_int_equal(nbl__ledger_state_of(places[i]), expected);
    assert_int_equal(nbl__ledger_history(places[i], &history), expected != NBL__LEDGER_UNKNOWN);
    if (expected == NBL__LEDGER_UNKNOWN)
        assert_int_equal(history.count, 0);
    else
        assert_int_equal(history.freed, expected == NBL__LEDGER_FREED);
}

static void start(ULONG freed_kept)
{
    attempts = 0;
    failing = 0;
    for_good = false;
    assert_int_equal(held, 0);
    assert_true(nbl__ledger_start(freed_kept));
}

static void stop(void)
{
    nbl__ledger_stop();
    assert_int_equal(held, 0);
}

/* rules: VER-01 */
static void only_what_was_entered_is_known(void **state)
{
    (void)state;
    start(4);
    allocate(1);
    tell(NBL_EVENT_CONTEXT_ALLOCATE, "context", places[2], 8);
    release(3);
    assert_state(0, NBL__LEDGER_UNKNOWN);
    assert_state(1, NBL__LEDGER_LIVE);
    assert_state(2, NBL__LEDGER_UNKNOWN);
    assert_state(3, NBL__LEDGER_UNKNOWN);
    assert_int_equal(nbl__ledger_state_of(NULL), NBL__LEDGER_UNKNOWN);
    stop();
    assert_state(1, NBL__LEDGER_UNKNOWN);
    allocate(1); /* a thread that was under way when the ledger was stopped */
    assert_state(1, NBL__LEDGER_UNKNOWN);
}

/* rules: VER-01 */
static void the_first_moment_stays_and_of_the_others_the_newest(void **state)
{
    static char const *const calls[] = { "one", "two", "three", "four", "five" };
    struct nbl__history history;
    (void)state;
    start(4);
    allocate(0);
    for (unsigned i = 0; i < 5; i++)
        tell(NBL_EVENT_CONTEXT_ALLOCATE, calls[i], places[0], 8);
    assert_true(nbl__ledger_history(places[0], &history));
    assert_int_equal(history.count, NBL__HISTORY_LENGTH);
    assert_string_equal(history.moments[0].call, "allocate");
    for (unsigned i = 1; i < NBL__HISTORY_LENGTH; i++) {
        assert_string_equal(history.moments[i].call, calls[i + 5 - NBL__HISTORY_LENGTH]);
        assert_true(history.moments[i].serial > history.moments[i - 1].serial);
    }
    assert_int_equal(history.bytes, 1);
    assert_string_equal(history.type, "pool");
    stop();
}

/* rules: VER-01 */
static void a_second_free_tells_who_freed_first(void **state)
{
    struct nbl__history history;
    (void)state;
    start(4);
    allocate(0);
    tell(NBL_EVENT_POOL_FREE, "first", places[0], 0);
    tell(NBL_EVENT_POOL_FREE, "second", places[0], 0);
    assert_true(nbl__ledger_history(places[0], &history));
    assert_true(history.freed);
    assert_int_equal(history.count, 2);
    assert_string_equal(history.moments[1].call, "first");
    stop();
}

/* rules: VER-01 */
static void the_newest_freed_objects_are_remembered(void **state)
{
    (void)state;
    start(2);
    for (unsigned i = 0; i < 4; i++)
        allocate(i);
    for (unsigned i = 0; i < 3; i++)
        release(i);
    assert_state(0, NBL__LEDGER_UNKNOWN);
    assert_state(1, NBL__LEDGER_FREED);
    assert_state(2, NBL__LEDGER_FREED);
    assert_state(3, NBL__LEDGER_LIVE);
    stop();
    start(0);
    allocate(0);
    release(0);
    assert_state(0, NBL__LEDGER_UNKNOWN);
    stop();
}

/* rules: VER-01 */
static void an_address_that_lives_again_begins_anew(void **state)
{
    struct nbl__history history;
    (void)state;
    start(2);
    for (unsigned again = 0; again < 3; again++) { /* the oldest, the newest and the only one of the freed */
        for (unsigned i = 0; i < 3; i++)
            allocate(i);
        if (again < 2)
            release(again == 0 ? 0 : 1);
        release(again == 0 ? 1 : 0);
        allocate(0);
        assert_true(nbl__ledger_history(places[0], &history));
        assert_false(history.freed);
        assert_int_equal(history.count, 1);
        release(2);
        assert_state(0, NBL__LEDGER_LIVE);
        assert_state(1, again < 2 ? NBL__LEDGER_FREED : NBL__LEDGER_LIVE);
        assert_state(2, NBL__LEDGER_FREED);
        release(0);
        assert_state(0, NBL__LEDGER_FREED);
        assert_state(1, again < 2 ? NBL__LEDGER_UNKNOWN : NBL__LEDGER_LIVE);
        assert_state(2, NBL__LEDGER_FREED);
    }
    stop();
}

/* rules: VER-01 */
static void the_table_grows(void **state)
{
    (void)state;
    start(OBJECTS);
    for (unsigned i = 0; i < OBJECTS; i++)
        allocate(i);
    for (unsigned i = 0; i < OBJECTS; i += 2)
        release(i);
    for (unsigned i = 0; i < OBJECTS; i++)
        assert_state(i, i % 2 == 0 ? NBL__LEDGER_FREED : NBL__LEDGER_LIVE);
    assert_true(ledger.bucket_count >= OBJECTS);
    assert_false(nbl__ledger_incomplete());
    stop();
}

static void start_and_fill_with_failure(unsigned k)
{
    unsigned unknown = 0;
    attempts = 0;
    failing = k;
    assert_int_equal(nbl__ledger_start(FEW), k > 1);
    for (unsigned i = 0; i < FEW; i++) {
        allocate(i);
        unknown += nbl__ledger_state_of(places[i]) == NBL__LEDGER_UNKNOWN;
    }
    assert_int_equal(nbl__ledger_incomplete(), k > 1 && unknown > 0);
    assert_true(k > 1 || unknown == FEW);
    for (unsigned i = 0; i < FEW; i++)
        release(i);
    stop();
}

/* rules: VER-01 GEN-00 */
static void without_memory_it_goes_on_and_says_so(void **state)
{
    unsigned needed;
    (void)state;
    start(FEW);
    for (unsigned i = 0; i < FEW; i++)
        allocate(i);
    needed = attempts;
    assert_true(ledger.bucket_count > FIRST_BUCKETS);
    stop();
    for (unsigned k = 1; k <= needed; k++) {
        for_good = false;
        start_and_fill_with_failure(k);
        for_good = true;
        start_and_fill_with_failure(k);
    }
    start(0);
    assert_false(nbl__ledger_incomplete());
    stop();
}

/* rules: VER-08 */
static void sites_count_objects_and_bytes_and_show_the_oldest(void **state)
{
    struct nbl__ledger_site sites[2];
    uint64_t objects;
    (void)state;
    start(4);
    for (unsigned i = 0; i < 10; i++)
        allocate(i); /* 1 + 2 + ... + 10 bytes */
    release(0);
    release(9);
    assert_int_equal(nbl__ledger_sites(NULL, sites, 2, &objects), 1);
    assert_int_equal(objects, 8);
    assert_int_equal(sites[0].objects, 8);
    assert_int_equal(sites[0].bytes, 44);
    assert_ptr_equal(sites[0].example.object, places[1]);
    tell(NBL_EVENT_POOL_ALLOCATE, "elsewhere", places[0], 100);
    assert_int_equal(nbl__ledger_sites(NULL, sites, 2, &objects), 2);
    assert_int_equal(objects, 9);
    assert_int_equal(sites[0].objects + sites[1].objects, 9);
    assert_int_equal(sites[0].bytes + sites[1].bytes, 144);
    assert_int_equal(nbl__ledger_sites(places[1], sites, 2, &objects), 0);
    assert_int_equal(objects, 0);
    (void)nbl__ledger_sites(NULL, NULL, 0, &objects);
    assert_int_equal(objects, 9);
    stop();
}

static void *use_a_quarter(void *first)
{
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = (unsigned)(uintptr_t)first; i < OBJECTS; i += THREADS) {
            allocate(i);
            if (round < 2 || i % 3 == 0)
                release(i);
        }
    return NULL;
}

/* rules: VER-01 */
static void threads_enter_side_by_side(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    start(OBJECTS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_a_quarter, (void *)(uintptr_t)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (unsigned i = 0; i < OBJECTS; i++)
        assert_state(i, i % 3 == 0 ? NBL__LEDGER_FREED : NBL__LEDGER_LIVE);
    assert_int_equal(ledger.serial, 2 * OBJECTS + 2 * OBJECTS + OBJECTS + (OBJECTS + 2) / 3);
    stop();
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(only_what_was_entered_is_known),
    NBL_TEST(the_first_moment_stays_and_of_the_others_the_newest),
    NBL_TEST(a_second_free_tells_who_freed_first),
    NBL_TEST(the_newest_freed_objects_are_remembered),
    NBL_TEST(an_address_that_lives_again_begins_anew),
    NBL_TEST(the_table_grows),
    NBL_TEST(without_memory_it_goes_on_and_says_so),
    NBL_TEST(sites_count_objects_and_bytes_and_show_the_oldest),
    NBL_TEST(threads_enter_side_by_side),
};

int main(void)
{
    return NBL_TEST_RUN("ledger", tests);
}
