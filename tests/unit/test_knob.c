/* SPDX-License-Identifier: MIT
 *
 * test_knob.c - turning knobs on and off: by call, by name, by environment; when that is refused, and what is said then.
 */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include "nbl_test.h"

#include "base/knob.h"

static int off(void **state)
{
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        if (!nbl_knob_set((enum nbl_knob)knob, false))
            return -1;
    return nbl_test_begin(state);
}

static int end_off(void **state)
{
    int const ended = nbl_test_end(state);
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        if (!nbl_knob_set((enum nbl_knob)knob, false))
            return -1;
    return ended;
}

#define KNOB_TEST(function) cmocka_unit_test_setup_teardown(function, off, end_off)

static bool any_on(void)
{
    bool any = false;
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        any |= nbl_knob_get((enum nbl_knob)knob);
    return any;
}

/* rules: NB-10 RET-05 CLONE-09 GEN-02 POOL-12 ADV-05 CTX-04 CTX-11 NB-20 NBL-12 MDL-21 MDL-14 PHYS-01 */
static void all_knobs_of_the_rule_book_are_there(void **state)
{
    static char const *const names[] = { "K-END-NULL",      "K-RET-SIZE-B", "K-USEORIG-FULL", "K-AUTO-PARENT",
                                         "K-POOL-OFFSET-0", "K-ADV-STRICT", "K-CTX-ALWAYS",   "K-CTX-MISALIGN",
                                         "K-POISON",        "K-SCRUB-SCRATCH", "K-PFN-SHUFFLE", "K-NOWRITE",
                                         "K-PHYS-USED" };
    (void)state;
    assert_int_equal(sizeof(names) / sizeof(names[0]), NBL_KNOBS);
    for (size_t i = 0; i < NBL_KNOBS; i++) {
        enum nbl_knob knob;
        assert_true(nbl_knob_find(names[i], &knob));
        assert_string_equal(nbl_knob_name(knob), names[i]);
        assert_true(strlen(nbl_knob_meaning(knob)) > 20);
        assert_non_null(strchr(nbl_knob_rules(knob), '-'));
    }
}

static void what_is_no_knob_is_found_nowhere(void **state)
{
    enum nbl_knob knob = NBL_KNOB_POISON;
    (void)state;
    assert_false(nbl_knob_find("K-POISO", &knob));
    assert_false(nbl_knob_find("K-POISON2", &knob));
    assert_false(nbl_knob_find("", &knob));
    assert_int_equal(knob, NBL_KNOB_POISON);
    assert_null(nbl_knob_name(NBL_KNOBS));
    assert_null(nbl_knob_meaning(NBL_KNOBS));
    assert_null(nbl_knob_rules(NBL_KNOBS));
    assert_false(nbl_knob_get(NBL_KNOBS));
    assert_false(nbl_knob_set(NBL_KNOBS, true));
    assert_false(nbl_knob_set(NBL_KNOBS, false));
    assert_non_null(strstr(nbl_knob_refusal(NBL_KNOBS), "no such knob"));
}

static void in_line_calls_step_aside_while_a_knob_is_on(void **state)
{
    unsigned const before = nbl_event_hooks;
    (void)state;
    assert_int_equal(before & NBL__HOOK_KNOB, 0);
    assert_true(nbl_knob_set(NBL_KNOB_POISON, true));
    assert_true(nbl_knob_set(NBL_KNOB_END_NULL, true));
    assert_true(nbl_knob_get(NBL_KNOB_POISON));
    assert_false(nbl_knob_get(NBL_KNOB_CTX_ALWAYS));
    assert_int_equal(nbl_event_hooks, before | NBL__HOOK_KNOB);
    assert_int_equal(nbl__hooks_now(), nbl_event_hooks);
    assert_true(nbl_knob_set(NBL_KNOB_POISON, false));
    assert_true(nbl__hooked(NBL__HOOK_KNOB));
    assert_true(nbl_knob_set(NBL_KNOB_END_NULL, false));
    assert_int_equal(nbl_event_hooks, before);
}

static void knob_stays_while_memory_is_held(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    char said[200];
    (void)state;
    assert_non_null(list);
    assert_false(nbl_knob_set(NBL_KNOB_POISON, true));
    assert_false(nbl_knob_get(NBL_KNOB_POISON));
    assert_true(nbl_knob_set(NBL_KNOB_POISON, false)); /* as it is */
    assert_non_null(strstr(nbl_knob_refusal(NBL_KNOB_POISON), "holds memory"));
    assert_false(nbl_knob_set_named("K-POISON", said, sizeof(said)));
    assert_non_null(strstr(said, "K-POISON cannot be turned on: libnbl holds memory"));
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    nbl_memory_trim();
    assert_null(nbl_knob_refusal(NBL_KNOB_POISON));
    assert_true(nbl_knob_set(NBL_KNOB_POISON, true));
    pool = nbl_test_list_pool(TRUE, 64, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_false(nbl_knob_set(NBL_KNOB_POISON, false));
    assert_true(nbl_knob_get(NBL_KNOB_POISON));
    assert_true(nbl_knob_set_named("K-POISON", NULL, 0));
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

static void names_turn_on_all_or_none(void **state)
{
    char said[400];
    (void)state;
    assert_true(nbl_knob_set_named(" K-POISON ,,K-END-NULL,", said, sizeof(said)));
    assert_string_equal(said, "");
    assert_true(nbl_knob_get(NBL_KNOB_POISON) && nbl_knob_get(NBL_KNOB_END_NULL));
    assert_false(nbl_knob_set_named("K-CTX-ALWAYS,K-CTX-NEVER", said, sizeof(said)));
    assert_false(nbl_knob_get(NBL_KNOB_CTX_ALWAYS));
    assert_true(nbl_knob_get(NBL_KNOB_POISON));
    assert_true(nbl_knob_set_named("", said, sizeof(said)));
    assert_true(nbl_knob_set_named("K-POISON", NULL, 0));
}

static void unknown_name_is_quoted_beside_all_that_there_are(void **state)
{
    char said[400], small[12];
    (void)state;
    assert_false(nbl_knob_set_named("K-POISON, k-poison", said, sizeof(said)));
    assert_false(any_on());
    assert_int_equal(strncmp(said, "\"k-poison\" is no knob; there are: K-END-NULL, ", 46), 0);
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        assert_non_null(strstr(said, nbl_knob_name((enum nbl_knob)knob)));
    memset(small, '!', sizeof(small));
    assert_false(nbl_knob_set_named("K-PHISH", small, 8));
    assert_string_equal(small, "\"K-PHIS");
    assert_int_equal(small[8], '!');
    assert_false(nbl_knob_set_named("K-PHISH", small, 1));
    assert_string_equal(small, "");
}

static void set_environment(char const *names)
{
#if defined(_WIN32)
    assert_int_equal(_putenv_s("NBL_KNOBS", names), 0);
#else
    assert_int_equal(setenv("NBL_KNOBS", names, 1), 0);
#endif
}

static void environment_turns_on_what_it_names(void **state)
{
    (void)state;
    set_environment("K-CTX-ALWAYS, K-PHYS-USED");
    nbl__knob_start();
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        assert_int_equal(nbl_knob_get((enum nbl_knob)knob), knob == NBL_KNOB_CTX_ALWAYS || knob == NBL_KNOB_PHYS_USED);
    set_environment(","); /* no name; "" would remove the variable on Windows */
    nbl__knob_start();
    assert_false(any_on());
}

static void nowrite_is_refused_where_memory_has_no_second_address(void **state)
{
    (void)state;
    if (nbl__port_views() != NULL) {
        assert_null(nbl_knob_refusal(NBL_KNOB_NOWRITE));
        assert_true(nbl_knob_set(NBL_KNOB_NOWRITE, true));
    } else {
        assert_non_null(strstr(nbl_knob_refusal(NBL_KNOB_NOWRITE), "platform"));
        assert_false(nbl_knob_set(NBL_KNOB_NOWRITE, true));
    }
    assert_int_equal(nbl_knob_get(NBL_KNOB_NOWRITE), nbl__port_views() != NULL);
}

static void memory_with_a_second_address_is_as_asked_for(void **state)
{
    struct nbl__port_views const *views = nbl__port_views();
    static size_t const alignments[] = { 8, 64, 4096, 65536, (size_t)2 << 20 };
    (void)state;
    for (size_t i = 0; views != NULL && i < sizeof(alignments) / sizeof(alignments[0]); i++) {
        size_t const bytes = 5000 + i;
        unsigned char *memory = views->allocate(bytes, alignments[i]);
        unsigned char const *readable = views->find(memory + 1, bytes - 1);
        assert_int_equal((uintptr_t)memory % alignments[i], 0);
        assert_non_null(readable);
        assert_ptr_not_equal(readable, memory + 1);
        assert_int_equal((uintptr_t)readable % PAGE_SIZE, 1);
        memory[bytes - 1] = 77;
        assert_int_equal(readable[bytes - 2], 77);
        assert_null(views->find(memory + 1, (size_t)64 << 20));
        assert_null(views->find(&memory, 1));
        views->release(memory, bytes);
        assert_null(views->find(memory, 1));
    }
    if (views != NULL)
        assert_null(views->allocate(SIZE_MAX / 2, 64));
}

static struct CMUnitTest const tests[] = {
    KNOB_TEST(all_knobs_of_the_rule_book_are_there),
    KNOB_TEST(what_is_no_knob_is_found_nowhere),
    KNOB_TEST(in_line_calls_step_aside_while_a_knob_is_on),
    KNOB_TEST(knob_stays_while_memory_is_held),
    KNOB_TEST(names_turn_on_all_or_none),
    KNOB_TEST(unknown_name_is_quoted_beside_all_that_there_are),
    KNOB_TEST(environment_turns_on_what_it_names),
    KNOB_TEST(nowrite_is_refused_where_memory_has_no_second_address),
    KNOB_TEST(memory_with_a_second_address_is_as_asked_for),
};

int main(void)
{
    return NBL_TEST_RUN("knob", tests);
}
