/* SPDX-License-Identifier: MIT
 *
 * test_status.c - names and meanings of status codes.
 */
#include "nbl_test.h"

#define UNKNOWN "unknown status"
#define NO_MEANING "no meaning on record"

struct status_case {
    uint32_t value;
    char const *name;
};

/* rules: LAY-01 */
static void every_code_has_its_documented_value_and_name(void **state)
{
    static struct status_case const cases[] = {
        { 0x00000000u, "NDIS_STATUS_SUCCESS" },           { 0x00000103u, "NDIS_STATUS_PENDING" },
        { 0xC0000001u, "NDIS_STATUS_FAILURE" },           { 0xC000009Au, "NDIS_STATUS_RESOURCES" },
        { 0xC000000Du, "NDIS_STATUS_INVALID_PARAMETER" }, { 0xC00000BBu, "NDIS_STATUS_NOT_SUPPORTED" },
        { 0x80000005u, "NDIS_STATUS_BUFFER_OVERFLOW" },   { 0x00010003u, "NDIS_STATUS_NOT_ACCEPTED" },
        { 0x00010002u, "NDIS_STATUS_NOT_COPIED" },        { 0xC023002Fu, "NDIS_STATUS_LOW_POWER_STATE" },
        { 0xC023001Fu, "NDIS_STATUS_MEDIA_DISCONNECTED" }, { 0xC023000Cu, "NDIS_STATUS_SEND_ABORTED" },
        { 0xC023002Au, "NDIS_STATUS_PAUSED" },            { 0xC001000Du, "NDIS_STATUS_RESET_IN_PROGRESS" },
        { 0xC001000Cu, "NDIS_STATUS_REQUEST_ABORTED" },   { 0xC001000Fu, "NDIS_STATUS_INVALID_PACKET" },
        { 0xC0010011u, "NDIS_STATUS_ADAPTER_NOT_READY" }, { 0xC0010014u, "NDIS_STATUS_INVALID_LENGTH" },
        { 0xC0010015u, "NDIS_STATUS_INVALID_DATA" },      { 0xC0010016u, "NDIS_STATUS_BUFFER_TOO_SHORT" },
        { 0xC0010002u, "NDIS_STATUS_CLOSING" },           { 0xC023002Du, "NDIS_STATUS_INVALID_PORT" },
        { 0xC0000005u, "STATUS_ACCESS_VIOLATION" },       { 0xC00000F0u, "STATUS_INVALID_PARAMETER_2" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(nbl_status_name((NDIS_STATUS)cases[i].value), cases[i].name);
        assert_string_not_equal(nbl_status_meaning((NDIS_STATUS)cases[i].value), NO_MEANING);
    }
}

/* rules: LAY-01 */
static void a_code_that_both_families_hold_goes_by_its_ndis_name(void **state)
{
    (void)state;
    assert_string_equal(nbl_status_name(STATUS_SUCCESS), "NDIS_STATUS_SUCCESS");
    assert_string_equal(nbl_status_name(STATUS_UNSUCCESSFUL), "NDIS_STATUS_FAILURE");
    assert_string_equal(nbl_status_name(STATUS_INSUFFICIENT_RESOURCES), "NDIS_STATUS_RESOURCES");
}

/* rules: LAY-01 */
static void other_codes_have_no_name(void **state)
{
    static uint32_t const others[] = { 1, 0x00000102u, 0x40000000u, 0x7FFFFFFFu, 0x80000000u,
                                       0xFFFFFFFFu };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_string_equal(nbl_status_name((NDIS_STATUS)others[i]), UNKNOWN);
        assert_string_equal(nbl_status_meaning((NDIS_STATUS)others[i]), NO_MEANING);
    }
}

/* rules: LAY-01 */
static void table_rows_are_found_and_have_different_values(void **state)
{
#define ROW(name, value, meaning) { (NDIS_STATUS)(value), #name, meaning },
    static struct {
        NDIS_STATUS value;
        char const *name;
        char const *meaning;
    } const rows[] = { NBL_STATUS_TABLE(ROW) };
#undef ROW
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(nbl_status_name(rows[i].value), rows[i].name);
        assert_string_equal(nbl_status_meaning(rows[i].value), rows[i].meaning);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(rows[i].value, rows[j].value);
    }
}

/* rules: LAY-01 */
static void success_is_everything_that_is_not_negative(void **state)
{
    (void)state;
    assert_true(NT_SUCCESS(STATUS_SUCCESS));
    assert_true(NT_SUCCESS(NDIS_STATUS_PENDING));
    assert_true(NT_SUCCESS(NDIS_STATUS_NOT_COPIED));
    assert_true(NT_SUCCESS(0x7FFFFFFF));
    assert_false(NT_SUCCESS(NDIS_STATUS_BUFFER_OVERFLOW));
    assert_false(NT_SUCCESS(STATUS_UNSUCCESSFUL));
    assert_false(NT_SUCCESS(NDIS_STATUS_PAUSED));
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(every_code_has_its_documented_value_and_name),
        NBL_TEST(a_code_that_both_families_hold_goes_by_its_ndis_name),
        NBL_TEST(other_codes_have_no_name),
        NBL_TEST(table_rows_are_found_and_have_different_values),
        NBL_TEST(success_is_everything_that_is_not_negative),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
