/* SPDX-License-Identifier: MIT
 *
 * nbl_expect.h - cmocka tests that say which violation they expect; for users' own tests too. Needs libnbl and cmocka
 * and nothing else: copy it, or take it from share/nbl of an installed libnbl.
 *
 *     #include <cmocka.h> and what it needs, then
 *     #include "nbl_expect.h"
 *
 *     static void freeing_twice_is_found(void **state)
 *     {
 *         NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
 *         NdisFreeNetBufferList(list);
 *         expect_violation("NBL-08");
 *         NdisFreeNetBufferList(list);
 *     }
 *
 *     cmocka_unit_test_setup_teardown(freeing_twice_is_found, nbl_expect_begin, nbl_expect_end)
 *
 * From nbl_expect_begin to nbl_expect_end the verifier runs. A violation that is expected is silent. Any other one
 * above severity info is printed with its report and fails the test at its end, and so does an expected one that did
 * not come. Every object must be freed before nbl_expect_end, or what is alive is told and the test fails.
 */
#ifndef NBL_EXPECT_H
#define NBL_EXPECT_H

#include <nbl/nbl.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NBL_EXPECT_MOST 32

/* What is expected, in the order in which it has to come, and what came unexpected. */
static struct {
    char const *expected[NBL_EXPECT_MOST];
    unsigned count;
    unsigned come;
    unsigned unexpected;
} nbl_expectation;

/* expect_violation says that the next violation that is not accounted for is one of this rule. */
static inline void expect_violation(char const *id)
{
    if (nbl_rule_find(id) == NULL)
        fail_msg("%s is no rule: see nbl/rules.def", id);
    if (nbl_expectation.count == NBL_EXPECT_MOST)
        fail_msg("more than %d violations are expected", NBL_EXPECT_MOST);
    nbl_expectation.expected[nbl_expectation.count++] = id;
}

/* Inside a call of libnbl: the test fails later, when the call is over. */
static enum nbl_verify_action nbl_expect_hook(struct nbl_violation const *violation, void *context)
{
    (void)context;
    if (nbl_expectation.come < nbl_expectation.count
        && strcmp(nbl_expectation.expected[nbl_expectation.come], violation->rule->id) == 0) {
        nbl_expectation.come++;
        return NBL_VERIFY_SILENT;
    }
    nbl_expectation.unexpected++;
    return NBL_VERIFY_PRINT;
}

/* nbl_expect_begin is the setup of a test: it starts the verifier. Nothing of libnbl may be alive. */
static inline int nbl_expect_begin(void **state)
{
    struct nbl_verify_options const options = { .hook = nbl_expect_hook };
    (void)state;
    memset(&nbl_expectation, 0, sizeof(nbl_expectation));
    (void)nbl_memory_trim();
    if (nbl_verify_start(&options))
        return 0;
    print_error("libnbl still holds %llu bytes, or the verifier runs already\n",
                (unsigned long long)nbl_memory_bytes());
    return -1;
}

/* nbl_expect_check tells whether all that was expected came, and nothing else; it prints what did not. */
static inline bool nbl_expect_check(void)
{
    if (nbl_expectation.come < nbl_expectation.count)
        print_error("expected and not announced: %s\n", nbl_expectation.expected[nbl_expectation.come]);
    if (nbl_expectation.unexpected > 0)
        print_error("violations that nobody expected: %u\n", nbl_expectation.unexpected);
    return nbl_expectation.come == nbl_expectation.count && nbl_expectation.unexpected == 0;
}

/* nbl_expect_end is the teardown: it stops the verifier, and fails the test as said above. */
static inline int nbl_expect_end(void **state)
{
    bool const as_expected = nbl_expect_check();
    uint64_t const alive = nbl_report_outstanding();
    (void)state;
    nbl_verify_stop();
    return as_expected && alive == 0 ? 0 : -1;
}

#endif
