/* SPDX-License-Identifier: MIT
 *
 * test_fault_kinds_apart.c - one thread's disarming of one kind of fault leaves another thread's kind armed.
 *
 * Symptom: an armed allocation did not fail when another thread armed and disarmed mappings meanwhile.
 * Cause: disarming looked whether another kind was armed and then cleared the hook that all kinds share, and a kind
 * armed between the two went without it (VER-06).
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 400000u

static atomic_bool done;

static void *arm_and_disarm_mappings(void *argument)
{
    while (!atomic_load(&done)) {
        nbl_fault_arm(NBL_FAULT_MAPPING, 0);
        (void)nbl_fault_disarm(NBL_FAULT_MAPPING);
    }
    return argument;
}

/* rules: VER-06 */
static void armed_allocation_fails_whatever_others_disarm(void **state)
{
    static unsigned char bytes[8];
    unsigned const rounds = ROUNDS / nbl_test_slowdown();
    unsigned missed = 0;
    pthread_t other;
    (void)state;
    atomic_store(&done, false);
    assert_int_equal(pthread_create(&other, NULL, arm_and_disarm_mappings, NULL), 0);
    for (unsigned i = 0; i < rounds; i++) {
        MDL *mdl;
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        mdl = NdisAllocateMdl(NULL, bytes, sizeof(bytes));
        (void)nbl_fault_disarm(NBL_FAULT_ALLOCATION);
        if (mdl != NULL) {
            missed++;
            NdisFreeMdl(mdl);
        }
    }
    atomic_store(&done, true);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(missed, 0);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(armed_allocation_fails_whatever_others_disarm),
};

int main(void)
{
    return cmocka_run_group_tests_name("fault_kinds_apart", tests, NULL, NULL);
}
