/* SPDX-License-Identifier: MIT
 *
 * test_span.c - walks over the bytes of packets, and their checksums.
 */
#include "nbl_test.h"

#include "nbl_test_checker.h"
#include "nbl_test_small.h"

#include "base/event.h"

static ULONG least(ULONG one, ULONG other)
{
    return one < other ? one : other;
}

/* spans_equal checks that a walk gives exactly positions [from, from + bytes) of a chain, no span empty. */
static void spans_equal(struct nbl_span_iterator *walk, struct nbl_test_small const *made, ULONG from, ULONG bytes)
{
    struct nbl_span span;
    ULONG done = 0;
    while (nbl_span_next(walk, &span)) {
        assert_true(span.bytes > 0);
        assert_true(span.bytes <= bytes - done);
        for (ULONG i = 0; i < span.bytes; i++)
            assert_ptr_equal((unsigned char *)span.address + i, made->byte[from + done + i]);
        done += span.bytes;
    }
    assert_int_equal(done, bytes);
    assert_null(span.address);
    assert_int_equal(span.bytes, 0);
    assert_false(nbl_span_next(walk, &span));
    assert_false(walk->failed);
}

static void check_every_range(struct nbl_test_small *made)
{
    NET_BUFFER const before = made->net_buffer;
    ULONG const length = before.DataLength;
    for (ULONG offset = 0; offset <= length + 1; offset++)
        for (ULONG bytes = 0; bytes <= length + 2; bytes++) {
            ULONG const asked = bytes <= length + 1 ? bytes : NBL_SPAN_ALL;
            struct nbl_span_iterator walk;
            nbl_span_begin_net_buffer(&walk, &made->net_buffer, offset, asked);
            spans_equal(&walk, made, before.DataOffset + offset, offset < length ? least(asked, length - offset) : 0);
        }
    assert_memory_equal(&made->net_buffer, &before, sizeof(before));
}

/* rules: NB-04a NB-07 NB-09 NB-11 */
static void a_walk_gives_the_used_data_for_every_geometry_and_pair(void **state)
{
    (void)state;
    nbl_test_small_each_window(check_every_range);
}

static void check_every_mdl_range(struct nbl_test_small *made)
{
    for (ULONG offset = 0; offset <= made->capacity + 1; offset++)
        for (ULONG bytes = 0; bytes <= made->capacity + 1; bytes++) {
            ULONG const there = offset < made->capacity ? least(bytes, made->capacity - offset) : 0;
            struct nbl_span_iterator walk;
            nbl_span_begin_mdl(&walk, made->net_buffer.MdlChain, offset, bytes);
            spans_equal(&walk, made, offset, there);
            assert_int_equal(walk.remaining, bytes - there);
        }
}

/* rules: NB-09 */
static void a_bare_chain_ends_quietly_and_tells_what_is_missing(void **state)
{
    (void)state;
    nbl_test_small_each_chain(check_every_mdl_range);
}

/* rules: NB-07 */
static void a_walk_starts_at_the_pair_and_not_at_the_offset(void **state)
{
    ULONG const sizes[] = { 3, 3 };
    struct nbl_span_iterator walk;
    struct nbl_test_small made;
    (void)state;
    nbl_test_small_chain(&made, sizes, 2);
    nbl_test_small_window(&made, 4, 1, 0);
    made.net_buffer.DataOffset = 0;
    nbl_span_begin_net_buffer(&walk, &made.net_buffer, 0, NBL_SPAN_ALL);
    spans_equal(&walk, &made, 4, 1);
}

static void a_walk_over_nothing_is_empty(void **state)
{
    struct nbl_span_iterator walk;
    struct nbl_test_small made;
    NET_BUFFER_LIST list;
    (void)state;
    nbl_test_small_chain(&made, NULL, 0);
    memset(&list, 0, sizeof(list));
    nbl_span_begin_mdl(&walk, NULL, 0, NBL_SPAN_ALL);
    spans_equal(&walk, &made, 0, 0);
    nbl_span_begin_net_buffer(&walk, NULL, 0, NBL_SPAN_ALL);
    spans_equal(&walk, &made, 0, 0);
    nbl_span_begin_list(&walk, NULL);
    spans_equal(&walk, &made, 0, 0);
    nbl_span_begin_list(&walk, &list);
    spans_equal(&walk, &made, 0, 0);
    list.FirstNetBuffer = &made.net_buffer;
    nbl_span_begin_list(&walk, &list);
    spans_equal(&walk, &made, 0, 0);
}

static void a_walk_over_a_list_visits_each_net_buffer(void **state)
{
    static struct {
        ULONG sizes[NBL_TEST_SMALL_MDLS], mdls, offset, length;
    } const shape[] = {
        { { 0 }, 0, 0, 0 }, { { 3, 3 }, 2, 2, 2 }, { { 3 }, 1, 3, 0 }, { { 0 }, 0, 0, 0 }, { { 1, 0, 2 }, 3, 0, 3 },
        { { 2 }, 1, 0, 0 },
    };
    enum { SHAPES = sizeof(shape) / sizeof(shape[0]) };
    static ULONG const expected[][3] = { { 1, 2, 3 }, { 1, 3, 4 }, { 4, 0, 1 }, { 4, 1, 3 } }; /* NB, from, to */
    struct nbl_test_small made[SHAPES];
    struct nbl_span_iterator walk;
    struct nbl_span span;
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof(list));
    list.FirstNetBuffer = &made[0].net_buffer;
    for (size_t i = 0; i < SHAPES; i++) {
        nbl_test_small_chain(&made[i], shape[i].sizes, shape[i].mdls);
        nbl_test_small_window(&made[i], shape[i].offset, shape[i].length, 0);
        made[i].net_buffer.Next = i + 1 < SHAPES ? &made[i + 1].net_buffer : NULL;
    }
    nbl_span_begin_list(&walk, &list);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct nbl_test_small const *const from = &made[expected[i][0]];
        assert_true(nbl_span_next(&walk, &span));
        assert_ptr_equal(walk.net_buffer, &from->net_buffer);
        assert_ptr_equal(span.address, from->byte[expected[i][1]]);
        assert_int_equal(span.bytes, expected[i][2] - expected[i][1]);
    }
    assert_false(nbl_span_next(&walk, &span));
    assert_false(walk.failed);
}

static void a_walk_over_one_net_buffer_leaves_the_next_alone(void **state)
{
    ULONG const sizes[] = { 3 };
    struct nbl_span_iterator walk;
    struct nbl_test_small made[2];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        nbl_test_small_chain(&made[i], sizes, 1);
        nbl_test_small_window(&made[i], 0, 3, 0);
    }
    made[0].net_buffer.Next = &made[1].net_buffer;
    nbl_span_begin_net_buffer(&walk, &made[0].net_buffer, 0, NBL_SPAN_ALL);
    spans_equal(&walk, &made[0], 0, 3);
}

static void a_copied_iterator_goes_on_from_its_place(void **state)
{
    ULONG const sizes[] = { 1, 2, 3 };
    struct nbl_span_iterator walk, kept;
    struct nbl_span span;
    struct nbl_test_small made;
    (void)state;
    nbl_test_small_chain(&made, sizes, 3);
    nbl_test_small_window(&made, 0, 6, 0);
    nbl_span_begin_net_buffer(&walk, &made.net_buffer, 0, NBL_SPAN_ALL);
    assert_true(nbl_span_next(&walk, &span));
    kept = walk;
    spans_equal(&walk, &made, 1, 5);
    spans_equal(&kept, &made, 1, 5);
}

/* rules: INV-05 */
static void a_chain_shorter_than_its_data_fails_and_is_reported(void **state)
{
    ULONG const sizes[] = { 2, 0, 1 };
    struct nbl_span_iterator walk;
    struct nbl_span span;
    struct nbl_test_small made;
    (void)state;
    nbl_test_small_chain(&made, sizes, 3);
    nbl_test_small_window(&made, 1, 5, 0);
    nbl_span_begin_net_buffer(&walk, &made.net_buffer, 0, NBL_SPAN_ALL);
    assert_true(nbl_span_next(&walk, &span));
    assert_true(nbl_span_next(&walk, &span));
    assert_false(walk.failed);
    assert_false(nbl_span_next(&walk, &span));
    assert_true(walk.failed);
    assert_int_equal(walk.remaining, 3);
    assert_string_equal(nbl_test_last_call(), "nbl_span_next");
    assert_ptr_equal(nbl_test_last_object(), &made.net_buffer);
    nbl_test_expect("INV-05 fatal");
}

/* rules: MDL-14 VER-06 */
static void an_mdl_that_cannot_be_mapped_ends_the_walk(void **state)
{
    ULONG const sizes[] = { 1, 0, 3, 2 };
    (void)state;
    for (ULONG nth = 1; nth <= 4; nth++) {
        struct nbl_span_iterator walk;
        struct nbl_span span;
        struct nbl_test_small made;
        ULONG given = 0;
        nbl_test_small_chain(&made, sizes, 4);
        nbl_test_small_window(&made, 0, 6, 0);
        for (ULONG i = 0; i < 4; i++)
            made.mdl[i].MdlFlags = MDL_PAGES_LOCKED;
        nbl_fault_arm(NBL_FAULT_MAPPING, nth);
        nbl_span_begin_net_buffer(&walk, &made.net_buffer, 0, NBL_SPAN_ALL);
        while (nbl_span_next(&walk, &span))
            given++;
        assert_int_equal(nbl_fault_disarm(NBL_FAULT_MAPPING), nth <= 3);
        assert_int_equal(given, nth - 1); /* the empty MDL is not mapped */
        assert_int_equal(walk.failed, nth <= 3);
        assert_false(nbl_span_next(&walk, &span));
        assert_null(span.address);
    }
}

/* rules: NB-03 */
static void only_the_spans_of_hidden_backfill_become_visible(void **state)
{
    struct nbl_test_list made;
    struct nbl_span_iterator walk;
    struct nbl_span span;
    (void)state;
    nbl_test_list_make(&made, "a4");
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 16, 64, NULL), NDIS_STATUS_SUCCESS);
    nbl_span_begin_mdl(&walk, made.buffers[0]->MdlChain, 16, 8);
    assert_true(nbl_span_next(&walk, &span));
    assert_int_equal(span.bytes, 8);
    memset(span.address, 1, span.bytes);
    if (nbl__hooked(NBL__HOOK_TRACK)) { /* a checker watches, and pools are not in malloc mode */
        assert_int_equal(nbl_test_dead_bytes((unsigned char *)span.address - 16, 16), 16);
        assert_int_equal(nbl_test_dead_bytes((unsigned char *)span.address, 8), 0);
        assert_int_equal(nbl_test_dead_bytes((unsigned char *)span.address + 8, 40), 40);
    }
    NdisAdvanceNetBufferDataStart(made.buffers[0], 16, TRUE, NULL);
    nbl_test_list_free(&made);
}

/* plain_sum is the definition: big-endian words of contiguous bytes, carries added back. */
static USHORT plain_sum(unsigned char const *bytes, size_t count, USHORT initial)
{
    uint32_t sum = initial;
    for (size_t i = 0; i < count; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xFFFFu) + (sum >> 16);
    }
    return (USHORT)sum;
}

static void check_sums(struct nbl_test_small *made)
{
    unsigned char flat[NBL_TEST_SMALL_CAPACITY];
    ULONG const start = made->net_buffer.DataOffset;
    ULONG const length = made->net_buffer.DataLength;
    for (ULONG i = 0; i < length; i++)
        flat[i] = *made->byte[start + i];
    for (ULONG offset = 0; offset <= length; offset++) {
        USHORT checksum = 1;
        assert_true(nbl_span_checksum_net_buffer(&made->net_buffer, offset, NBL_SPAN_ALL, 0xFFFE, &checksum));
        assert_int_equal(checksum, ~plain_sum(flat + offset, length - offset, 0xFFFE) & 0xFFFF);
    }
}

/* rules: NB-04a NB-09 NB-15 */
static void a_sum_does_not_depend_on_the_geometry(void **state)
{
    (void)state;
    nbl_test_small_each_window(check_sums);
}

static void a_sum_of_long_spans_is_the_sum_of_the_bytes(void **state)
{
    enum { BYTES = 700 };
    static unsigned char memory[BYTES + 16];
    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        struct nbl_span_iterator walk;
        USHORT sum = 0, initial = (USHORT)(round * 77u);
        MDL mdl[NBL_TEST_SMALL_MDLS];
        unsigned char *const start = memory + rand() % 16;
        ULONG cut = 0;
        for (size_t i = 0; i < sizeof(memory); i++)
            memory[i] = round % 3 == 0 ? 0xFF : (unsigned char)rand();
        for (ULONG i = 0; i < NBL_TEST_SMALL_MDLS; i++) {
            ULONG const bytes = (ULONG)rand() % (BYTES - cut + 1);
            nbl_test_small_mdl(&mdl[i], start + cut, bytes);
            if (i > 0)
                mdl[i - 1].Next = &mdl[i];
            cut += bytes;
        }
        nbl_span_begin_mdl(&walk, &mdl[0], 0, NBL_SPAN_ALL);
        assert_true(nbl_span_sum(&walk, initial, &sum));
        assert_int_equal(sum, plain_sum(start, cut, initial));
    }
}

/* Bytes that are all ones, all zeros or next to them are where a carry can get lost. */
static void a_sum_loses_no_carry(void **state)
{
    static unsigned char const extremes[] = { 0x00, 0x01, 0xFE, 0xFF };
    unsigned char memory[8];
    MDL mdl;
    (void)state;
    nbl_test_small_mdl(&mdl, memory, sizeof(memory));
    for (unsigned digits = 0; digits < 1u << 16; digits++) {
        struct nbl_span_iterator walk;
        USHORT sum = 0;
        for (unsigned i = 0; i < sizeof(memory); i++)
            memory[i] = extremes[digits >> 2 * i & 3u];
        nbl_span_begin_mdl(&walk, &mdl, 0, NBL_SPAN_ALL);
        assert_true(nbl_span_sum(&walk, 0xFFFF, &sum));
        assert_int_equal(sum, plain_sum(memory, sizeof(memory), 0xFFFF));
    }
}

static void a_checksum_is_the_one_that_headers_carry(void **state)
{
    /* An IPv4 header and the checksum that belongs into bytes 10 and 11 of it: 0xB861. */
    unsigned char header[] = { 0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                               0x00, 0x00, 0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8, 0x00, 0xC7 };
    NET_BUFFER net_buffer;
    USHORT checksum = 0;
    MDL mdl;
    (void)state;
    memset(&net_buffer, 0, sizeof(net_buffer));
    nbl_test_small_mdl(&mdl, header, sizeof(header));
    net_buffer.MdlChain = net_buffer.CurrentMdl = &mdl;
    net_buffer.stDataLength = sizeof(header);
    assert_true(nbl_span_checksum_net_buffer(&net_buffer, 0, NBL_SPAN_ALL, 0, &checksum));
    assert_int_equal(checksum, 0xB861);
    header[10] = (unsigned char)(checksum >> 8);
    header[11] = (unsigned char)checksum;
    assert_true(nbl_span_checksum_net_buffer(&net_buffer, 0, NBL_SPAN_ALL, 0, &checksum));
    assert_int_equal(checksum, 0);
}

static void a_sum_over_what_cannot_be_mapped_leaves_the_result_alone(void **state)
{
    ULONG const sizes[] = { 3, 3 };
    struct nbl_test_small made;
    USHORT checksum = 0x1234;
    (void)state;
    nbl_test_small_chain(&made, sizes, 2);
    nbl_test_small_window(&made, 0, 6, 0);
    made.mdl[1].MdlFlags = MDL_PAGES_LOCKED;
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_false(nbl_span_checksum_net_buffer(&made.net_buffer, 0, NBL_SPAN_ALL, 0, &checksum));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_int_equal(checksum, 0x1234);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(a_walk_gives_the_used_data_for_every_geometry_and_pair),
        NBL_TEST(a_bare_chain_ends_quietly_and_tells_what_is_missing),
        NBL_TEST(a_walk_starts_at_the_pair_and_not_at_the_offset),
        NBL_TEST(a_walk_over_nothing_is_empty),
        NBL_TEST(a_walk_over_a_list_visits_each_net_buffer),
        NBL_TEST(a_walk_over_one_net_buffer_leaves_the_next_alone),
        NBL_TEST(a_copied_iterator_goes_on_from_its_place),
        NBL_TEST(a_chain_shorter_than_its_data_fails_and_is_reported),
        NBL_TEST(an_mdl_that_cannot_be_mapped_ends_the_walk),
        NBL_TEST(only_the_spans_of_hidden_backfill_become_visible),
        NBL_TEST(a_sum_does_not_depend_on_the_geometry),
        NBL_TEST(a_sum_of_long_spans_is_the_sum_of_the_bytes),
        NBL_TEST(a_sum_loses_no_carry),
        NBL_TEST(a_checksum_is_the_one_that_headers_carry),
        NBL_TEST(a_sum_over_what_cannot_be_mapped_leaves_the_result_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
