/* SPDX-License-Identifier: MIT
 *
 * nbl_test_failure.c - the two loops over failures, and what is compared around each run.
 */
#include "nbl_test_failure.h"

#include "nbl_test.h"
#include "nbl_test_allocator.h"

#define MOST_ROUNDS 100000u

/* What is written down before a run. balance counts objects by events: +1 for each that is made, -1 for each that goes; it
 * stays 0 in the run without a listener. */
struct before {
    struct nbl_test_snapshot *lists[NBL_TEST_FAILURE_LISTS];
    uint64_t live[NBL_TEST_FAILURE_POOLS];
    ULONG children[NBL_TEST_FAILURE_LISTS];
    int64_t balance;
};

static int64_t balance;

static void count_objects(struct nbl_event const *event, void *context)
{
    (void)context;
    switch (event->kind) {
    case NBL_EVENT_POOL_ALLOCATE:
    case NBL_EVENT_LIST_ALLOCATE:
    case NBL_EVENT_BUFFER_ALLOCATE:
    case NBL_EVENT_MDL_ALLOCATE:
    case NBL_EVENT_CONTEXT_ALLOCATE:
        balance++;
        break;
    case NBL_EVENT_POOL_FREE:
    case NBL_EVENT_LIST_FREE:
    case NBL_EVENT_BUFFER_FREE:
    case NBL_EVENT_MDL_FREE:
    case NBL_EVENT_CONTEXT_FREE:
        balance--;
        break;
    default:
        break;
    }
}

static void write_down(struct before *before, struct nbl_test_objects const *objects)
{
    for (unsigned i = 0; i < objects->list_count; i++) {
        before->lists[i] = nbl_test_snapshot_take(objects->lists[i].list);
        before->children[i] = nbl_derive_children(objects->lists[i].list);
    }
    for (unsigned i = 0; i < NBL_TEST_FAILURE_POOLS; i++)
        before->live[i] = objects->pools[i] != NULL ? nbl_test_live(objects->pools[i]) : 0;
    before->balance = balance;
}

static void compare(struct before *before, struct nbl_test_objects const *objects, char const *name, uint64_t nth)
{
    for (unsigned i = 0; i < objects->list_count; i++) {
        char const *difference = nbl_test_snapshot_difference(before->lists[i], objects->lists[i].list);
        if (difference != NULL)
            fail_msg("%s, failure %u: list %u changed: %s", name, (unsigned)nth, i, difference);
        assert_int_equal(nbl_derive_children(objects->lists[i].list), before->children[i]);
    }
    for (unsigned i = 0; i < NBL_TEST_FAILURE_POOLS; i++)
        if (objects->pools[i] != NULL && nbl_test_live(objects->pools[i]) != before->live[i])
            fail_msg("%s, failure %u: pool %u holds another number of objects", name, (unsigned)nth, i);
    if (balance != before->balance)
        fail_msg("%s, failure %u: %d objects more than before", name, (unsigned)nth, (int)(balance - before->balance));
}

static void forget(struct before *before)
{
    for (unsigned i = 0; i < NBL_TEST_FAILURE_LISTS; i++)
        nbl_test_snapshot_free(before->lists[i]);
    memset(before, 0, sizeof(*before));
}

static void free_objects(struct nbl_test_scenario const *scenario, struct nbl_test_objects *objects)
{
    if (scenario->finish != NULL)
        scenario->finish(objects);
    for (unsigned i = 0; i < objects->list_count; i++)
        nbl_test_list_free(&objects->lists[i]);
    for (unsigned i = 0; i < NBL_TEST_FAILURE_POOLS; i++) {
        if (objects->pools[i] == NULL)
            continue;
        if (i < objects->list_pools)
            NdisFreeNetBufferListPool(objects->pools[i]);
        else
            NdisFreeNetBufferPool(objects->pools[i]);
    }
    memset(objects, 0, sizeof(*objects));
}

static void begin(struct nbl_test_scenario const *scenario, struct nbl_test_objects *objects)
{
    memset(objects, 0, sizeof(*objects));
    balance = 0;
    if (nbl_test_watching())
        (void)nbl_event_subscribe(count_objects, NULL);
    scenario->prepare(objects);
}

static void end(struct nbl_test_scenario const *scenario, struct nbl_test_objects *objects)
{
    free_objects(scenario, objects);
    (void)nbl_event_unsubscribe(count_objects, NULL);
    if (balance != 0)
        fail_msg("%s: %d objects were not freed", scenario->name, (int)balance);
}

void nbl_test_fail_each_point(struct nbl_test_scenario const *scenario)
{
    struct nbl_test_objects objects;
    struct before before = { { NULL }, { 0 }, { 0 }, 0 };
    uint64_t nth = 0;
    bool failed;
    begin(scenario, &objects);
    do {
        bool succeeded;
        write_down(&before, &objects);
        nbl_fault_arm(NBL_FAULT_ALLOCATION, ++nth);
        succeeded = scenario->run(&objects);
        failed = nbl_fault_disarm(NBL_FAULT_ALLOCATION);
        if (succeeded == failed)
            fail_msg("%s: point %u %s, and the call %s", scenario->name, (unsigned)nth, failed ? "failed" : "did not fail",
                     succeeded ? "succeeded" : "failed");
        if (succeeded)
            scenario->undo(&objects);
        compare(&before, &objects, scenario->name, nth);
        forget(&before);
    } while (failed && nth < MOST_ROUNDS);
    end(scenario, &objects);
    if (nth - 1 < scenario->least)
        fail_msg("%s has %u fault points, not %u", scenario->name, (unsigned)(nth - 1), scenario->least);
}

static void drop_caches(struct nbl_test_objects const *objects)
{
    for (unsigned i = 0; i < NBL_TEST_FAILURE_POOLS; i++)
        if (objects->pools[i] != NULL)
            (void)nbl_pool_trim(objects->pools[i]);
    for (unsigned i = 0; i < objects->list_count; i++) {
        (void)nbl_pool_trim(objects->lists[i].list_pool);
        (void)nbl_pool_trim(objects->lists[i].buffer_pool);
    }
    (void)nbl_memory_trim();
}

void nbl_test_fail_each_allocation(struct nbl_test_scenario const *scenario)
{
    static struct nbl_test_allocator source;
    struct nbl_test_objects objects;
    struct before before = { { NULL }, { 0 }, { 0 }, 0 };
    uint64_t nth = 0, refused;
    nbl_test_allocator_install(&source);
    do {
        int_fast64_t held;
        bool succeeded;
        begin(scenario, &objects);
        write_down(&before, &objects);
        drop_caches(&objects);
        held = atomic_load(&source.bytes);
        (void)nbl_test_allocator_refuse(&source, ++nth, false);
        succeeded = scenario->run(&objects);
        refused = nbl_test_allocator_refuse(&source, 0, false);
        if (!succeeded && refused == 0)
            fail_msg("%s failed although every allocation succeeded", scenario->name);
        if (succeeded)
            scenario->undo(&objects);
        compare(&before, &objects, scenario->name, nth);
        drop_caches(&objects);
        if (atomic_load(&source.bytes) != held)
            fail_msg("%s, failure %u: %d bytes more than before", scenario->name, (unsigned)nth,
                     (int)(atomic_load(&source.bytes) - held));
        forget(&before);
        end(scenario, &objects);
    } while (refused != 0 && nth < MOST_ROUNDS);
    nbl_test_allocator_remove(&source);
}
