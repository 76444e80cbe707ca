/* SPDX-License-Identifier: MIT
 *
 * test_cancel.c - the bytes that make cancel ids of different drivers different.
 */
#include "nbl_test.h"

#include <pthread.h>

#define THREADS 5
#define CALLS 51 /* THREADS * CALLS = 255 values: every one once */

static void count_ids(unsigned *counts, UCHAR const *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        counts[ids[i]]++;
}

static void check_each_once(unsigned const *counts)
{
    assert_int_equal(counts[0], 0);
    for (unsigned id = 1; id < 256; id++)
        assert_int_equal(counts[id], 1);
}

/* rules: OOB-08 */
static void any_255_ids_in_a_row_differ_and_none_is_zero(void **state)
{
    UCHAR ids[255];
    (void)state;
    for (unsigned start = 0; start < 300; start += 100) {
        unsigned counts[256] = { 0 };
        for (size_t i = 0; i < sizeof ids; i++)
            ids[i] = NdisGeneratePartialCancelId();
        count_ids(counts, ids, sizeof ids);
        check_each_once(counts);
        for (unsigned i = 0; i < 100; i++)
            NdisGeneratePartialCancelId();
    }
}

static void *take_ids(void *argument)
{
    UCHAR *ids = argument;
    for (unsigned i = 0; i < CALLS; i++)
        ids[i] = NdisGeneratePartialCancelId();
    return NULL;
}

/* rules: OOB-08 */
static void threads_never_get_the_same_id(void **state)
{
    static UCHAR ids[THREADS][CALLS];
    pthread_t threads[THREADS];
    unsigned counts[256] = { 0 };
    (void)state;
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_ids, ids[i]), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        count_ids(counts, ids[i], CALLS);
    }
    check_each_once(counts);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(any_255_ids_in_a_row_differ_and_none_is_zero),
        NBL_TEST(threads_never_get_the_same_id),
    };
    return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
