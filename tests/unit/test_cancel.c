/* SPDX-License-Identifier: MIT
 *
 * test_cancel.c - the bytes that make cancel ids of different drivers different.
 */
#include "nbl_test.h"

#include <pthread.h>

#define THREADS 5
#define ROUNDS 10000
#define CALLS (51 * ROUNDS) /* of each thread; THREADS * CALLS = 255 * ROUNDS: every id ROUNDS times */

/* check_each_id: every id but 0 was given that often. */
static void check_each_id(unsigned const *counts, unsigned times)
{
    assert_int_equal(counts[0], 0);
    for (unsigned id = 1; id < 256; id++)
        assert_int_equal(counts[id], times);
}

/* rules: OOB-08 */
static void any_255_ids_in_a_row_differ_and_none_is_zero(void **state)
{
    (void)state;
    for (unsigned start = 0; start < 3; start++) {
        unsigned counts[256] = { 0 };
        for (unsigned i = 0; i < 255; i++)
            counts[NdisGeneratePartialCancelId()]++;
        check_each_id(counts, 1);
        for (unsigned i = 0; i < 100; i++)
            NdisGeneratePartialCancelId();
    }
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *count_ids(void *argument)
{
    unsigned *counts = argument;
    pthread_mutex_lock(&gate); /* all begin at once, when the test opens it */
    pthread_mutex_unlock(&gate);
    for (unsigned i = 0; i < CALLS; i++)
        counts[NdisGeneratePartialCancelId()]++;
    return NULL;
}

/* rules: OOB-08 */
static void threads_lose_and_repeat_no_id(void **state)
{
    static unsigned counts[THREADS][256];
    pthread_t threads[THREADS];
    unsigned sums[256] = { 0 };
    (void)state;
    pthread_mutex_lock(&gate);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_ids, counts[i]), 0);
    pthread_mutex_unlock(&gate);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (unsigned id = 0; id < 256; id++)
            sums[id] += counts[i][id];
    }
    check_each_id(sums, ROUNDS);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(any_255_ids_in_a_row_differ_and_none_is_zero),
        NBL_TEST(threads_lose_and_repeat_no_id),
    };
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
