/* SPDX-License-Identifier: MIT
 *
 * nbl_test_failure.h - runs a scenario again and again, failing its first allocation, its second, and so on until it has
 * none left, and looks after each whether the failed call left a trace (GEN-00, PROP-09).
 */
#ifndef NBL_TEST_FAILURE_H
#define NBL_TEST_FAILURE_H

#include "nbl_test_geometry.h"

#define NBL_TEST_FAILURE_LISTS 2
#define NBL_TEST_FAILURE_POOLS 4

/* struct nbl_test_objects is what a scenario works on. The lists are watched: a failed run must leave them byte for byte as
 * they were. The pools are watched: their live counts must be as before. All of it is freed after the scenario. */
struct nbl_test_objects {
    struct nbl_test_list lists[NBL_TEST_FAILURE_LISTS];
    unsigned list_count;
    NDIS_HANDLE pools[NBL_TEST_FAILURE_POOLS]; /* NBL pools first, then NB pools; NULL for none */
    unsigned list_pools;                       /* how many of them are NBL pools */
    void *made; /* what a successful run made, for undo */
    void *extra;
};

/* struct nbl_test_scenario is one call with everything around it. prepare builds the objects; run makes the one call and
 * returns whether it succeeded; undo takes a successful run back; finish (may be NULL) frees what prepare put into
 * extra. */
struct nbl_test_scenario {
    char const *name;
    void (*prepare)(struct nbl_test_objects *objects);
    bool (*run)(struct nbl_test_objects *objects);
    void (*undo)(struct nbl_test_objects *objects);
    void (*finish)(struct nbl_test_objects *objects);
    unsigned least; /* fault points that the call has at least */
};

/* nbl_test_fail_each_point fails the k-th fault point of kind NBL_FAULT_ALLOCATION, k = 1, 2, .. Fails the test when a failed
 * run leaves a trace, when a run does not fail although its point did, or when there are fewer points than `least`. */
void nbl_test_fail_each_point(struct nbl_test_scenario const *scenario);

/* nbl_test_fail_each_allocation does the same with the source of memory behind libnbl: the k-th call returns NULL. Nothing
 * is cached when a run starts, so chunks, magazines and thread tables are among what fails. A run may succeed all the
 * same. */
void nbl_test_fail_each_allocation(struct nbl_test_scenario const *scenario);

#endif
