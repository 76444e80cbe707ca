/* SPDX-License-Identifier: MIT
 *
 * test_children_freed_elsewhere.c - an original may be freed at the moment in which other threads free its clones.
 *
 * Symptom: ThreadSanitizer reported a data race between freeing a NET_BUFFER_LIST and freeing a clone of it.
 * Cause: the quick test whether anything stands against freeing read the count of children with its neighbours as a
 * plain word, while other threads count themselves off (GEN-06).
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 2000u
#define CLONES 8u

static _Atomic(NET_BUFFER_LIST *) handed[CLONES];
static atomic_bool done;

static bool free_handed(void)
{
    bool any = false;
    for (unsigned i = 0; i < CLONES; i++) {
        NET_BUFFER_LIST *clone = atomic_exchange(&handed[i], NULL);
        if (clone != NULL)
            NdisFreeCloneNetBufferList(clone, 0);
        any = any || clone != NULL;
    }
    return any;
}

static void *free_clones(void *argument)
{
    while (!atomic_load(&done))
        (void)free_handed();
    while (free_handed())
        ;
    return argument;
}

/* Without a listener, because then the quick test is made. */
static void free_all_at_once(NDIS_HANDLE clone_pool)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    unsigned const rounds = ROUNDS / nbl_test_slowdown() + 1;
    pthread_t other;
    atomic_store(&done, false);
    assert_int_equal(pthread_create(&other, NULL, free_clones, NULL), 0);
    for (unsigned round = 0; round < rounds; round++) {
        NET_BUFFER_LIST *original = NdisAllocateNetBufferList(pool, 0, 0);
        assert_non_null(original);
        for (unsigned i = 0; i < CLONES; i++) {
            NET_BUFFER_LIST *none = NULL;
            NET_BUFFER_LIST *clone = NULL;
            assert_int_equal(NdisRetreatNetBufferDataStart(original->FirstNetBuffer, 1, 0, NULL), NDIS_STATUS_SUCCESS);
            clone = NdisAllocateCloneNetBufferList(original, clone_pool, NULL, 0);
            assert_non_null(clone);
            if (!atomic_compare_exchange_strong(&handed[i], &none, clone))
                NdisFreeCloneNetBufferList(clone, 0);
        }
        NdisFreeNetBufferList(original);
    }
    atomic_store(&done, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferListPool(pool);
}

/* rules: GEN-06 */
static void original_and_clones_are_freed_at_once(void **state)
{
    (void)state;
    free_all_at_once(NULL);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
}

/* rules: GEN-06, GEN-11 */
static void original_and_clones_of_a_pool_are_freed_at_once(void **state)
{
    NDIS_HANDLE clones = nbl_test_list_pool(TRUE, 0, 0);
    (void)state;
    free_all_at_once(clones);
    assert_int_equal(nbl_test_live(clones), 0);
    NdisFreeNetBufferListPool(clones);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(original_and_clones_are_freed_at_once),
        cmocka_unit_test(original_and_clones_of_a_pool_are_freed_at_once),
    };
    return cmocka_run_group_tests_name("children_freed_elsewhere", tests, NULL, NULL);
}
