/* SPDX-License-Identifier: MIT
 *
 * fault.c - counting fault points and failing the chosen one (VER-06).
 */
#include "event.h"

struct fault_plan {
    atomic_bool armed;
    atomic_bool failed;
    atomic_uint_fast64_t nth;
    atomic_uint_fast64_t points;
};

static struct fault_plan plans[NBL_FAULT_KINDS];

/* Held while a kind is armed or disarmed, so that the hook is set exactly while one is armed. */
static struct nbl__lock plans_lock = NBL__LOCK_INITIALIZER;

void nbl_fault_arm(enum nbl_fault_kind kind, uint64_t nth)
{
    struct fault_plan *plan = &plans[kind];
    nbl__lock_acquire(&plans_lock);
    atomic_store(&plan->failed, false);
    atomic_store(&plan->points, 0);
    atomic_store(&plan->nth, nth);
    atomic_store(&plan->armed, true);
    nbl__hooks_set(NBL__HOOK_FAULT);
    nbl__lock_release(&plans_lock);
}

bool nbl_fault_disarm(enum nbl_fault_kind kind)
{
    struct fault_plan *plan = &plans[kind];
    bool any = false;
    bool failed;
    nbl__lock_acquire(&plans_lock);
    failed = atomic_load(&plan->armed) && atomic_load(&plan->failed);
    atomic_store(&plan->armed, false);
    for (int i = 0; i < NBL_FAULT_KINDS; i++)
        any |= atomic_load(&plans[i].armed);
    if (!any)
        nbl__hooks_clear(NBL__HOOK_FAULT);
    nbl__lock_release(&plans_lock);
    return failed;
}

uint64_t nbl_fault_points(enum nbl_fault_kind kind)
{
    return atomic_load(&plans[kind].points);
}

bool nbl__fault_fails(enum nbl_fault_kind kind)
{
    struct fault_plan *plan = &plans[kind];
    if (!atomic_load(&plan->armed) || atomic_fetch_add(&plan->points, 1) + 1 != atomic_load(&plan->nth))
        return false;
    atomic_store(&plan->failed, true);
    return true;
}
