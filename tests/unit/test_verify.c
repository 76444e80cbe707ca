/* SPDX-License-Identifier: MIT
 *
 * test_verify.c - starting the verifier, what follows a violation, reports, and what is alive.
 */
#include "nbl_test.h"
#include "nbl_expect.h"
#include "nbl_test_checker.h"

#include "verify/ledger.h"
#include "verify/options.h"

#include <pthread.h>

/* ---- a sink that keeps the text ---- */

static char text[65536];
static size_t used;

static void keep(void *context, char const *piece, size_t bytes)
{
    (void)context;
    assert_true(used + bytes < sizeof(text));
    memcpy(text + used, piece, bytes);
    used += bytes;
    text[used] = '\0';
}

static struct nbl_dump_sink const sink = { keep, NULL, 0 };

static void assert_says(char const *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in:\n%s", part, text);
}

static void assert_silent(char const *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("'%s' is in:\n%s", part, text);
}

/* ---- a hook that goes on ---- */

static enum nbl_verify_action answer;
static struct nbl_violation seen;
static unsigned asked;

static enum nbl_verify_action hook(struct nbl_violation const *violation, void *context)
{
    assert_ptr_equal(context, &asked);
    seen = *violation;
    asked++;
    return answer;
}

static void start(struct nbl_verify_options options)
{
    options.hook = hook;
    options.hook_context = &asked;
    options.sink = &sink;
    (void)nbl_memory_trim();
    used = 0;
    text[0] = '\0';
    asked = 0;
    answer = NBL_VERIFY_PRINT;
    assert_true(nbl_verify_start(&options));
}

static int stop(void **state)
{
    (void)state;
    nbl_verify_stop();
    (void)nbl_memory_trim();
    return nbl_memory_bytes() == 0 ? 0 : -1;
}

static NDIS_HANDLE pool;
static NET_BUFFER_LIST *list;

static void begin(struct nbl_verify_options options)
{
    start(options);
    pool = nbl_test_list_pool(TRUE, 64, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_non_null(list);
}

static void end(void)
{
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

static void advance_too_far(void)
{
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, 1, FALSE, NULL);
}

/* A warning: nothing is left of the NB. */
static void fragment_nothing(void)
{
    assert_null(NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 10, 0, 0, 0));
}

/* ---- the tests ---- */

static void rules_are_found_by_id_and_by_number(void **state)
{
    ULONG count = 0;
    (void)state;
    for (struct nbl_rule const *rule; (rule = nbl_rule_at(count)) != NULL; count++) {
        assert_ptr_equal(nbl_rule_find(rule->id), rule); /* so no id is there twice */
        assert_true(strlen(rule->sentence) > 10 && rule->sentence[strlen(rule->sentence) - 1] == '.');
        assert_true(strlen(rule->advice) > 5 && rule->advice[strlen(rule->advice) - 1] == '.');
        assert_true(strstr(rule->page, ".md") != NULL || strcmp(rule->page, "decision") == 0);
    }
    assert_in_range(count, 80, 200);
    assert_null(nbl_rule_find("NBL-999"));
    assert_null(nbl_rule_find(""));
}

static void it_starts_once_and_before_there_is_anything(void **state)
{
    (void)state;
    assert_false(nbl_verify_running());
    pool = nbl_test_list_pool(TRUE, 64, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_false(nbl_verify_start(NULL));
    end();
    (void)nbl_memory_trim();
    start((struct nbl_verify_options){ .json = false });
    assert_true(nbl_verify_running());
    assert_false(nbl_verify_start(NULL));
    nbl_verify_stop();
    assert_false(nbl_verify_running());
    assert_false(nbl_verify_suppress("ADV-08", true));
    nbl_verify_stop();
}

/* rules: ADV-08 */
static void violation_is_told_with_its_history_and_window(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 100, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, 101, FALSE, NULL);
    assert_int_equal(asked, 1);
    assert_string_equal(seen.rule->id, "ADV-08");
    assert_ptr_equal(seen.object, list->FirstNetBuffer);
    assert_string_equal(seen.call, "NdisAdvanceNetBufferDataStart");
    assert_int_equal(seen.number, 1);
    assert_says("libnbl: ADV-08 fatal: ");
    assert_says("\n  call      NdisAdvanceNetBufferDataStart\n");
    assert_says("\n  object    NET_BUFFER 0x");
    assert_says("\n  history   allocated by NdisAllocateNetBufferList, moment 2, thread ");
    assert_says(" DataOffset 64 DataLength 100 bytes in MDLs 164\n");
    assert_says("[....................###########]");
    assert_says(" ByteCount 100 backfill 64 data 36 tail 0 <- CurrentMdl, offset 64\n");
    assert_says(" ByteCount 64 backfill 0 data 64 tail 0\n");
    assert_says("\n  page      nf-nblapi-ndisadvancenetbufferdatastart.md\n");
    assert_says("\n  to do     Compare the delta with DataLength first.\n");
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, list->FirstNetBuffer->DataLength, TRUE, NULL);
    answer = NBL_VERIFY_SILENT;
    end();
}

/* rules: VER-01, NBL-08 */
static void second_free_tells_of_the_first(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferList(list);
    assert_says("libnbl: NBL-08 fatal: ");
    assert_says(", which is free\n");
    assert_says("history   allocated by NdisAllocateNetBufferList, moment 2,");
    assert_says("history   freed by NdisFreeNetBufferList, moment 3,");
    NdisFreeNetBufferListPool(pool);
}

static void hook_decides_what_follows(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    answer = NBL_VERIFY_SILENT;
    advance_too_far();
    assert_int_equal(asked, 1);
    assert_int_equal(used, 0);
    answer = NBL_VERIFY_DEFAULT; /* of a warning: print */
    fragment_nothing();
    assert_int_equal(asked, 2);
    assert_says("FRAG-09 warning");
    end();
}

static void suppressed_rule_is_counted_and_silent(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    assert_false(nbl_verify_suppress("ADV-99", true));
    assert_true(nbl_verify_suppress("ADV-08", true));
    advance_too_far();
    advance_too_far();
    assert_int_equal(asked, 0);
    assert_int_equal(nbl_verify_count("ADV-08"), 2);
    assert_int_equal(nbl_verify_count("ADV-99"), 0);
    assert_true(nbl_verify_suppress("ADV-08", false));
    advance_too_far();
    assert_int_equal(asked, 1);
    assert_int_equal(nbl_verify_count("ADV-08"), 3);
    end();
}

static void strict_makes_errors_of_warnings(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .strict = true });
    fragment_nothing();
    assert_int_equal(seen.severity, NBL_SEVERITY_ERROR);
    assert_says("FRAG-09 error");
    end();
    nbl_verify_stop();
    begin((struct nbl_verify_options){ .strict = false });
    fragment_nothing();
    assert_int_equal(seen.severity, NBL_SEVERITY_WARNING);
    end();
}

/* A window that is larger than its MDLs is a note at allocation (NB-22). */
static void notes_are_told_when_asked_for(void **state)
{
    (void)state;
    for (int wanted = 0; wanted < 2; wanted++) {
        NDIS_HANDLE buffers;
        NET_BUFFER *buffer;
        UCHAR bytes[10];
        MDL *mdl;
        start((struct nbl_verify_options){ .info = wanted != 0 });
        mdl = NdisAllocateMdl(NULL, bytes, sizeof(bytes));
        answer = NBL_VERIFY_SILENT;
        asked = 0;
        buffers = nbl_test_buffer_pool(0);
        buffer = NdisAllocateNetBuffer(buffers, mdl, 0, 11);
        assert_non_null(buffer);
        assert_int_equal(asked, wanted);
        assert_int_equal(nbl_verify_count("INV-05"), 1);
        NdisFreeNetBuffer(buffer);
        NdisFreeMdl(mdl);
        NdisFreeNetBufferPool(buffers);
        nbl_verify_stop();
        (void)nbl_memory_trim();
    }
}

static void json_is_one_object_in_one_line(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .json = true });
    advance_too_far();
    assert_int_equal(strncmp(text, "{\"number\":1,\"rule\":\"ADV-08\",\"severity\":\"fatal\",", 47), 0);
    assert_says("\"call\":\"NdisAdvanceNetBufferDataStart\",\"object\":\"0x");
    assert_says("\"type\":\"NET_BUFFER\",\"history\":[{\"moment\":2,\"thread\":");
    assert_says("\"what\":\"allocated\",\"call\":\"NdisAllocateNetBufferList\",\"frames\":[");
    assert_ptr_equal(strchr(text, '\n'), text + used - 1);
    end();
}

/* rules: VER-08 */
static void what_is_alive_is_grouped_by_where_it_was_allocated(void **state)
{
    NET_BUFFER_LIST *more[3];
    MDL *mdl;
    UCHAR bytes[8];
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    for (int i = 0; i < 3; i++)
        more[i] = NdisAllocateNetBufferList(pool, 0, 0);
    mdl = NdisAllocateMdl(NULL, bytes, sizeof(bytes));
    assert_int_equal(nbl_report_outstanding(), 6); /* the pool, and the lists without their NBs and MDLs */
    assert_says("libnbl: 6 objects are alive\n");
    assert_says("\n  1 MDL, 8 bytes, allocated by NdisAllocateMdl; the oldest is 0x");
    assert_says(" NET_BUFFER_LIST");
    assert_silent("NET_BUFFER,");
    NdisFreeMdl(mdl);
    for (int i = 0; i < 3; i++)
        NdisFreeNetBufferList(more[i]);
    end();
    used = 0;
    text[0] = '\0';
    assert_int_equal(nbl_report_outstanding(), 0);
    assert_int_equal(used, 0);
}

/* rules: POOL-08, VER-08 */
static void freeing_a_pool_tells_what_is_alive_of_it(void **state)
{
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    NdisFreeNetBufferListPool(pool);
    assert_says("libnbl: POOL-08 error: ");
    assert_says("\n  object    pool 0x");
    assert_says("\n  1 NET_BUFFER_LIST, ");
    end();
}

/* rules: VER-01 */
static void only_so_many_freed_objects_are_remembered(void **state)
{
    NET_BUFFER_LIST *lists[20];
    struct nbl__history history;
    (void)state;
    begin((struct nbl_verify_options){ .freed_kept = 12 }); /* three entries end with each list */
    for (int i = 0; i < 20; i++)
        lists[i] = NdisAllocateNetBufferList(pool, 0, 0);
    for (int i = 0; i < 20; i++)
        NdisFreeNetBufferList(lists[i]);
    assert_false(nbl__ledger_history(lists[0], &history));
    assert_int_equal(nbl__ledger_state_of(lists[0]), NBL__LEDGER_UNKNOWN);
    assert_true(nbl__ledger_history(lists[19], &history));
    assert_int_equal(nbl__ledger_state_of(lists[19]), NBL__LEDGER_FREED);
    assert_int_equal(history.moments[history.count - 1].kind, NBL_EVENT_LIST_FREE);
    end();
}

static void words_of_the_environment_are_read(void **state)
{
    struct nbl__options options;
    (void)state;
    assert_true(nbl__options_read("all", &options));
    assert_false(options.values.strict || options.values.info || options.values.json || options.go_on);
    assert_true(
        nbl__options_read("strict,info,json,continue,kept=77,exit=3,suppress=FRAG-09,suppress=ADV-08,"
                                         "protect,no-guards,quarantine=9", &options));
    assert_true(options.values.strict && options.values.info && options.values.json && options.go_on);
    assert_int_equal(options.values.freed_kept, 77);
    assert_int_equal(options.values.exit_status, 3);
    assert_true(options.values.protect && options.values.without_guards);
    assert_int_equal(options.values.quarantine_bytes, 9);
    assert_int_equal(options.suppressed, 2);
    assert_string_equal(options.suppress[1], "ADV-08");
    assert_true(nbl__options_read("", &options));
}

static void word_that_is_none_is_named(void **state)
{
    static char const *const wrong[] = { "alles", "strict,foo", "suppress=XYZ-1", "kept=", "kept=1x", "exit=256",
                                         "kept=4294967296", "suppress", "strict=1" };
    static char const *const named[] = { "alles", "foo", "suppress=XYZ-1", "kept=", "kept=1x", "exit=256",
                                         "kept=4294967296", "suppress", "strict=1" };
    struct nbl__options options;
    char message[NBL__OPTIONS_MESSAGE];
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(nbl__options_read(wrong[i], &options));
        assert_string_equal(options.wrong, named[i]);
        nbl__options_complain(message, options.wrong);
        assert_non_null(strstr(message, named[i]));
        assert_non_null(strstr(message, "NBL_VERIFY"));
    }
    assert_false(nbl__options_read("a-word-of-more-than-thirty-two-characters", &options));
    assert_int_equal(strlen(options.wrong), NBL__OPTIONS_WORD - 1);
}

/* rules: ADV-08 */
static void chain_that_leads_nowhere_is_drawn_as_far_as_it_goes(void **state)
{
    MDL *mdl;
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    mdl = list->FirstNetBuffer->MdlChain;
    mdl->Next = (MDL *)(uintptr_t)16;
    advance_too_far();
    assert_says(" ByteCount 64 backfill 64 data 0 tail 0 <- CurrentMdl, offset 64\n");
    assert_says("  window    the chain leads to 0x10, where nothing can be read\n");
    mdl->Next = NULL;
    end();
}

/* rules: INV-04, INV-06 */
static void list_is_looked_at_on_demand(void **state)
{
    NET_BUFFER *buffer;
    MDL *mdl;
    (void)state;
    begin((struct nbl_verify_options){ .json = false });
    buffer = list->FirstNetBuffer;
    mdl = buffer->CurrentMdl;
    assert_int_equal(nbl_verify_list(list), 0);
    buffer->DataOffset = 10;
    assert_int_equal(nbl_verify_list(list), 1);
    assert_string_equal(seen.rule->id, "INV-06");
    assert_ptr_equal(seen.object, buffer);
    NdisAdjustNetBufferCurrentMdl(buffer);
    buffer->CurrentMdl = NULL;
    assert_true(nbl_verify_list(list) > 0);
    buffer->CurrentMdl = mdl;
    assert_int_equal(nbl_verify_list(list), 0);
    end();
    nbl_verify_stop();
    assert_int_equal(nbl_verify_list(list), 0);
}

/* ---- threads ---- */

static void *churn(void *argument)
{
    for (unsigned i = 0; i < 2000u / nbl_test_slowdown() + 20; i++) {
        NET_BUFFER_LIST *mine = NdisAllocateNetBufferList(pool, 0, 0);
        NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(mine, NULL, NULL, 0);
        (void)NdisRetreatNetBufferDataStart(mine->FirstNetBuffer, 100, 0, NULL);
        NdisAdvanceNetBufferDataStart(mine->FirstNetBuffer, 100, TRUE, NULL);
        NdisFreeCloneNetBufferList(clone, 0);
        NdisFreeNetBufferList(mine);
    }
    return argument;
}

static void threads_are_noted_side_by_side(void **state)
{
    pthread_t threads[3];
    (void)state;
    begin((struct nbl_verify_options){ .freed_kept = 100 });
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(asked, 0);
    assert_int_equal(nbl_report_outstanding(), 2);
    end();
}

/* ---- the helper for tests ---- */

/* rules: ADV-08 */
static void expected_violation_is_silent(void **state)
{
    (void)state;
    pool = nbl_test_list_pool(TRUE, 64, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    expect_violation("ADV-08");
    advance_too_far();
    assert_true(nbl_expect_check());
    end();
}

static void what_was_not_expected_is_noticed(void **state)
{
    (void)state;
    pool = nbl_test_list_pool(TRUE, 64, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    expect_violation("FRAG-09");
    assert_false(nbl_expect_check());
    nbl_expectation.unexpected = 1;
    fragment_nothing();
    assert_false(nbl_expect_check());
    nbl_expectation.unexpected = 0;
    assert_true(nbl_expect_check());
    end();
}

#define CASE(name) cmocka_unit_test_teardown(name, stop)
#define EXPECTING(name) cmocka_unit_test_setup_teardown(name, nbl_expect_begin, nbl_expect_end)

int main(void)
{
    struct CMUnitTest const tests[] = {
        CASE(rules_are_found_by_id_and_by_number),
        CASE(it_starts_once_and_before_there_is_anything),
        CASE(violation_is_told_with_its_history_and_window),
        CASE(second_free_tells_of_the_first),
        CASE(hook_decides_what_follows),
        CASE(suppressed_rule_is_counted_and_silent),
        CASE(strict_makes_errors_of_warnings),
        CASE(notes_are_told_when_asked_for),
        CASE(json_is_one_object_in_one_line),
        CASE(what_is_alive_is_grouped_by_where_it_was_allocated),
        CASE(freeing_a_pool_tells_what_is_alive_of_it),
        CASE(only_so_many_freed_objects_are_remembered),
        CASE(words_of_the_environment_are_read),
        CASE(word_that_is_none_is_named),
        CASE(chain_that_leads_nowhere_is_drawn_as_far_as_it_goes),
        CASE(list_is_looked_at_on_demand),
        CASE(threads_are_noted_side_by_side),
        EXPECTING(expected_violation_is_silent),
        EXPECTING(what_was_not_expected_is_noticed),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
