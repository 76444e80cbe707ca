/* SPDX-License-Identifier: MIT
 *
 * test_thread_races.c - one race at a time: who frees first, threads that end, listeners that come and go.
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define DATA_SIZE 200u

static NDIS_HANDLE list_pool, plain_pool;
static atomic_bool stop;
static atomic_uint strange; /* violations that nobody asked for */

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind == NBL_EVENT_VIOLATION && event->severity >= NBL_SEVERITY_WARNING && strcmp(event->rule, "GEN-06") != 0)
        atomic_fetch_add(&strange, 1);
}

/* Without a listener the library's calls take their short ways. */
static void begin(bool listening)
{
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
    list_pool = nbl_test_list_pool(TRUE, DATA_SIZE, 0);
    plain_pool = nbl_test_list_pool(FALSE, 0, 0);
    atomic_store(&stop, false);
    if (listening)
        assert_true(nbl_event_subscribe(listen, NULL));
}

static void end(void)
{
    (void)nbl_event_unsubscribe(listen, NULL);
    assert_int_equal(atomic_load(&strange), 0);
    assert_int_equal(nbl_test_live(list_pool), 0);
    assert_int_equal(nbl_test_live(plain_pool), 0);
    NdisFreeNetBufferListPool(list_pool);
    NdisFreeNetBufferListPool(plain_pool);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
}

static _Atomic(NET_BUFFER_LIST *) handed_over;

static void *free_what_is_handed_over(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop)) {
        NET_BUFFER_LIST *clone = atomic_exchange(&handed_over, NULL);
        if (clone == NULL)
            (void)sched_yield();
        else
            NdisFreeCloneNetBufferList(clone, 0);
    }
    return NULL;
}

static void race_parent_with_child(bool listening)
{
    pthread_t other;
    unsigned const rounds = 20000 / nbl_test_slowdown();
    begin(listening);
    assert_int_equal(pthread_create(&other, NULL, free_what_is_handed_over, NULL), 0);
    for (unsigned i = 0; i < rounds; i++) {
        NET_BUFFER_LIST *parent = NdisAllocateNetBufferList(list_pool, 0, 0);
        NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(parent, NULL, NULL, 0);
        assert_non_null(clone);
        atomic_store(&handed_over, clone);
        for (unsigned spin = 0; spin < i % 64; spin++)
            atomic_signal_fence(memory_order_seq_cst);
        NdisFreeNetBufferList(parent);
        while (atomic_load(&handed_over) != NULL)
            (void)sched_yield();
    }
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    end();
}

/* rules: GEN-06 */
static void parent_and_last_child_are_freed_at_the_same_time(void **state)
{
    (void)state;
    race_parent_with_child(true);
    race_parent_with_child(false);
}

static void *take_and_leave(void *argument)
{
    NET_BUFFER_LIST **left = argument;
    NET_BUFFER_LIST *given = nbl_pool_take(plain_pool, 130, NULL);
    *left = nbl_pool_take(plain_pool, 70, NULL);
    (void)nbl_pool_give(given);
    return NULL;
}

/* rules: POOL-15 */
static void a_thread_that_ends_hands_its_blocks_back(void **state)
{
    struct nbl_pool_statistics statistics;
    (void)state;
    begin(false);
    for (int i = 0; i < 50; i++) {
        NET_BUFFER_LIST *left = NULL;
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, take_and_leave, &left), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(nbl_test_live(plain_pool), 70);
        assert_int_equal(nbl_pool_give(left), 70);
    }
    assert_true(nbl_pool_measure(plain_pool, &statistics));
    assert_int_equal(statistics.live, 0);
    if (nbl_pool_mode_in_force() == NBL_POOL_MODE_MAGAZINE)
        assert_in_range(statistics.cached, 200, 400); /* 50 threads, and not 50 times as many blocks */
    (void)nbl_pool_trim(plain_pool);
    assert_true(nbl_pool_measure(plain_pool, &statistics));
    assert_int_equal(statistics.bytes, 0);
    end();
}

static void *subscribe_and_unsubscribe(void *argument)
{
    while (!atomic_load(&stop)) {
        (void)nbl_event_subscribe(listen, argument);
        (void)nbl_event_unsubscribe(listen, argument);
    }
    return NULL;
}

static void listeners_come_and_go_while_others_announce(void **state)
{
    static int contexts[2];
    pthread_t threads[2];
    (void)state;
    begin(true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, subscribe_and_unsubscribe, &contexts[i]), 0);
    for (unsigned i = 0; i < 20000 / nbl_test_slowdown(); i++)
        (void)nbl_pool_give(nbl_pool_take(plain_pool, 3, NULL));
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    end();
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(parent_and_last_child_are_freed_at_the_same_time),
        cmocka_unit_test(a_thread_that_ends_hands_its_blocks_back),
        cmocka_unit_test(listeners_come_and_go_while_others_announce),
    };
    return cmocka_run_group_tests_name("thread_races", tests, NULL, NULL);
}
