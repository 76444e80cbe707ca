/* SPDX-License-Identifier: MIT
 *
 * rule_pairs.h - a mistake and its near miss, run under the verifier over the same few objects.
 */
#ifndef NBL_TEST_RULE_PAIRS_H
#define NBL_TEST_RULE_PAIRS_H

#include "nbl_test.h"

/* struct rule_pair is a rule, a function that breaks it and nothing else, and one that does nearly the same and breaks
 * none. A mistake may announce the rule more than once. */
struct rule_pair {
    char const *id;
    void (*mistake)(void);
    void (*near_miss)(void);
};

/* pair is what the functions work on: made anew for each, freed after each. */
extern struct pair_objects {
    NDIS_HANDLE packets;      /* NBL, NB, MDL and 64 bytes */
    NDIS_HANDLE bare;         /* NBL and NB */
    NDIS_HANDLE no_buffer;    /* NBL */
    NDIS_HANDLE buffers;      /* NB */
    NDIS_HANDLE data_buffers; /* NB, MDL and 64 bytes */
    NET_BUFFER_LIST *list;    /* of packets; NULL once pair_free_list was called */
    NET_BUFFER *buffer;       /* its NB: 24 bytes of backfill, 40 of data */
    ULONG handler_bytes;      /* how many bytes pair_allocate's MDL has; 0: as many as are asked for */
} pair;

/* pair_free_list frees pair.list before its time. */
void pair_free_list(void);

/* pair_allocate and pair_free are handlers for retreats; pair_take_off unlinks the MDL of the one from pair.buffer and
 * gives it to the other. */
MDL *pair_allocate(ULONG *bytes);
VOID pair_free(MDL *mdl);
void pair_take_off(void);

/* pair_run runs every pair and fails the test at the first whose mistake is not announced as its rule, and nothing else
 * above info, or whose near miss is announced at all. */
void pair_run(struct rule_pair const *pairs, size_t count);

#endif
