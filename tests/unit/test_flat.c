/* SPDX-License-Identifier: MIT
 *
 * test_flat.c - copying between packets and flat memory, filling and comparing, against a model of the bytes.
 */
#include "nbl_test.h"

#include "nbl_test_small.h"

#define FLAT_BYTES (NBL_TEST_SMALL_CAPACITY + 4)

/* struct range is one call's range and what of it exists. */
struct range {
    ULONG offset;
    ULONG bytes;
    ULONG there;
};

typedef void range_check(struct nbl_test_small *made, struct range const *range);

/* each_range calls check for each offset and length, one beyond the end included, of `length` bytes that exist. */
static void each_range(struct nbl_test_small *made, ULONG length, range_check *check)
{
    for (ULONG offset = 0; offset <= length + 1; offset++)
        for (ULONG bytes = 0; bytes <= length + 2; bytes++) {
            ULONG const rest = offset < length ? length - offset : 0;
            struct range range = { offset, bytes <= length + 1 ? bytes : NBL_SPAN_ALL, 0 };
            range.there = range.bytes < rest ? range.bytes : rest;
            check(made, &range);
        }
}

/* only_bytes_changed checks that nothing but bytes changed, and that the guards and all bytes outside of positions
 * [from, from + bytes) are as they were. */
static void only_bytes_changed(struct nbl_test_small const *made, struct nbl_test_small const *before, ULONG from,
                               ULONG bytes)
{
    struct nbl_test_small expected = *before;
    for (ULONG i = 0; i < bytes; i++) {
        ptrdiff_t const place = made->byte[from + i] - (unsigned char const *)made;
        ((unsigned char *)&expected)[place] = *made->byte[from + i];
    }
    assert_memory_equal(&expected, made, sizeof(expected));
}

static void flat_equals(unsigned char const *flat, struct nbl_test_small const *made, ULONG from, ULONG bytes)
{
    for (ULONG i = 0; i < bytes; i++)
        assert_int_equal(flat[i], *made->byte[from + i]);
    for (ULONG i = bytes; i < FLAT_BYTES; i++)
        assert_int_equal(flat[i], NBL_TEST_SMALL_GUARD);
}

static void check_reads(struct nbl_test_small *made, struct range const *range)
{
    NET_BUFFER const *const net_buffer = &made->net_buffer;
    struct nbl_test_small const before = *made;
    unsigned char flat[FLAT_BYTES];
    memset(flat, NBL_TEST_SMALL_GUARD, sizeof(flat));
    assert_int_equal(nbl_chain_copy_from_net_buffer(net_buffer, range->offset, flat, range->bytes), range->there);
    flat_equals(flat, made, net_buffer->DataOffset + range->offset, range->there);
    only_bytes_changed(made, &before, 0, 0);
}

static void check_writes(struct nbl_test_small *made, struct range const *range)
{
    struct nbl_test_small const before = *made;
    ULONG const from = made->net_buffer.DataOffset + range->offset;
    unsigned char flat[FLAT_BYTES];
    memset(flat, 0xA0, sizeof(flat));
    for (ULONG i = 0; i < range->there; i++)
        flat[i] = (unsigned char)(0x40 + i);
    assert_int_equal(nbl_chain_copy_to_net_buffer(&made->net_buffer, range->offset, flat, range->bytes), range->there);
    for (ULONG i = 0; i < range->there; i++)
        assert_int_equal(*made->byte[from + i], 0x40 + i);
    only_bytes_changed(made, &before, from, range->there);
    assert_int_equal(nbl_chain_fill_net_buffer(&made->net_buffer, range->offset, 0x77, range->bytes), range->there);
    for (ULONG i = 0; i < range->there; i++)
        assert_int_equal(*made->byte[from + i], 0x77);
    only_bytes_changed(made, &before, from, range->there);
    memcpy(made->arena, before.arena, sizeof(before.arena));
}

static void check_window(struct nbl_test_small *made)
{
    each_range(made, made->net_buffer.DataLength, check_reads);
    each_range(made, made->net_buffer.DataLength, check_writes);
}

/* rules: NB-03 NB-04a NB-07 NB-09 NB-11 */
static void copies_and_fills_stay_inside_the_used_data(void **state)
{
    (void)state;
    nbl_test_small_each_window(check_window);
}

static void check_mdl(struct nbl_test_small *made, struct range const *range)
{
    MDL *const mdl = made->net_buffer.MdlChain;
    struct nbl_test_small const before = *made;
    unsigned char flat[FLAT_BYTES];
    memset(flat, NBL_TEST_SMALL_GUARD, sizeof(flat));
    assert_int_equal(nbl_chain_copy_from_mdl(mdl, range->offset, flat, range->bytes), range->there);
    flat_equals(flat, made, range->offset, range->there);
    memset(flat, 0x55, sizeof(flat));
    assert_int_equal(nbl_chain_copy_to_mdl(mdl, range->offset, flat, range->bytes), range->there);
    for (ULONG i = 0; i < range->there; i++)
        assert_int_equal(*made->byte[range->offset + i], 0x55);
    only_bytes_changed(made, &before, range->offset, range->there);
    assert_int_equal(nbl_chain_zero_mdl(mdl, range->offset, range->bytes), range->there);
    for (ULONG i = 0; i < range->there; i++)
        assert_int_equal(*made->byte[range->offset + i], 0);
    only_bytes_changed(made, &before, range->offset, range->there);
    memcpy(made->arena, before.arena, sizeof(before.arena));
}

static void check_chain(struct nbl_test_small *made)
{
    each_range(made, made->capacity, check_mdl);
}

/* rules: NB-09 */
static void copies_and_fills_of_a_bare_chain_end_with_it(void **state)
{
    (void)state;
    nbl_test_small_each_chain(check_chain);
}

static void absent_packets_and_chains_have_no_bytes(void **state)
{
    unsigned char flat = 7;
    ULONG position = 9;
    (void)state;
    assert_int_equal(nbl_chain_copy_from_net_buffer(NULL, 0, &flat, 1), 0);
    assert_int_equal(nbl_chain_copy_from_mdl(NULL, 0, &flat, 1), 0);
    assert_int_equal(nbl_chain_copy_to_net_buffer(NULL, 0, &flat, 1), 0);
    assert_int_equal(nbl_chain_copy_to_mdl(NULL, 0, &flat, 1), 0);
    assert_int_equal(nbl_chain_zero_net_buffer(NULL, 0, 1), 0);
    assert_int_equal(nbl_chain_fill_mdl(NULL, 0, 1, 1), 0);
    assert_int_equal(flat, 7);
    assert_int_equal(nbl_chain_compare_net_buffers(NULL, 0, NULL, 0, NBL_SPAN_ALL, &position), 0);
    assert_int_equal(position, 0);
    assert_true(nbl_chain_compare_flat(NULL, 0, &flat, 1, NULL) < 0);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void check_compare(struct nbl_test_small *made, struct range const *range)
{
    ULONG const from = made->net_buffer.DataOffset + range->offset;
    ULONG const bytes = range->bytes == NBL_SPAN_ALL ? range->there : range->bytes;
    unsigned char flat[FLAT_BYTES] = { 0 };
    ULONG position = 99;
    for (ULONG i = 0; i < range->there; i++)
        flat[i] = *made->byte[from + i];
    assert_int_equal(sign(nbl_chain_compare_flat(&made->net_buffer, range->offset, flat, bytes, &position)),
                     range->there < bytes ? -1 : 0);
    assert_int_equal(position, range->there);
    for (ULONG i = 0; i < range->there; i++) {
        unsigned char const right = flat[i];
        flat[i] = (unsigned char)(right - 1);
        assert_true(nbl_chain_compare_flat(&made->net_buffer, range->offset, flat, bytes, &position) > 0);
        assert_int_equal(position, i);
        flat[i] = 0xFF; /* greater also where char is signed */
        assert_true(nbl_chain_compare_flat(&made->net_buffer, range->offset, flat, bytes, NULL) < 0);
        flat[i] = right;
    }
}

static void check_compare_window(struct nbl_test_small *made)
{
    each_range(made, made->net_buffer.DataLength, check_compare);
}

/* rules: NB-04a NB-07 NB-09 NB-11 */
static void comparing_with_flat_memory_finds_the_first_difference(void **state)
{
    (void)state;
    nbl_test_small_each_window(check_compare_window);
}

/* The one packet that every other one is compared with: bytes 1..7 over three MDLs, one of them empty. */
static struct nbl_test_small standard;

static void check_against_standard(struct nbl_test_small *made)
{
    ULONG const from = made->net_buffer.DataOffset;
    ULONG const length = made->net_buffer.DataLength;
    ULONG const shared = length < 7 ? length : 7;
    ULONG position = 99;
    for (ULONG i = 0; i < length; i++)
        *made->byte[from + i] = (unsigned char)(i + 1);
    for (ULONG most = 0; most <= 8; most++) {
        ULONG const equal = shared < most ? shared : most;
        int const expected = equal == most ? 0 : (length > 7) - (length < 7);
        assert_int_equal(nbl_chain_compare_net_buffers(&made->net_buffer, 0, &standard.net_buffer, 0, most, &position),
                         expected);
        assert_int_equal(position, equal);
        assert_int_equal(nbl_chain_compare_net_buffers(&standard.net_buffer, 0, &made->net_buffer, 0, most, NULL),
                         -expected);
    }
    for (ULONG i = 0; i < shared; i++) {
        *made->byte[from + i] = 0xFF;
        assert_true(nbl_chain_compare_net_buffers(&made->net_buffer, 0, &standard.net_buffer, 0, NBL_SPAN_ALL,
                                                  &position) > 0);
        assert_int_equal(position, i);
        *made->byte[from + i] = (unsigned char)(i + 1);
    }
    if (length > 2)
        assert_int_equal(nbl_chain_compare_net_buffers(&made->net_buffer, 2, &standard.net_buffer, 2, shared - 2, NULL),
                         0);
    for (ULONG i = 0; i < made->capacity; i++)
        *made->byte[i] = (unsigned char)(i + 1);
}

/* rules: NB-04a NB-07 NB-09 NB-11 */
static void comparing_two_packets_does_not_depend_on_their_geometry(void **state)
{
    ULONG const sizes[] = { 3, 0, 2, 3 };
    (void)state;
    nbl_test_small_chain(&standard, sizes, 4);
    for (ULONG i = 1; i < 8; i++)
        *standard.byte[i] = (unsigned char)i;
    nbl_test_small_window(&standard, 1, 7, 0);
    nbl_test_small_each_window(check_against_standard);
}

/* rules: MDL-14 VER-06 */
static void what_cannot_be_mapped_is_not_copied_and_never_equal(void **state)
{
    ULONG const sizes[] = { 2, 2, 2 };
    struct nbl_test_small one, other;
    unsigned char flat[FLAT_BYTES];
    ULONG position;
    (void)state;
    for (unsigned call = 0; call < 5; call++) {
        int order = 0;
        nbl_test_small_chain(&one, sizes, 3);
        nbl_test_small_chain(&other, sizes, 3);
        nbl_test_small_window(&one, 0, 6, 0);
        nbl_test_small_window(&other, 0, 6, 0);
        one.mdl[1].MdlFlags = MDL_PAGES_LOCKED;
        memcpy(flat, "\1\2\3\4\5\6", 6);
        nbl_fault_arm(NBL_FAULT_MAPPING, 1);
        switch (call) {
        case 0: assert_int_equal(nbl_chain_copy_from_net_buffer(&one.net_buffer, 0, flat, 6), 2); break;
        case 1: assert_int_equal(nbl_chain_copy_to_net_buffer(&one.net_buffer, 0, flat, 6), 2); break;
        case 2: order = nbl_chain_compare_flat(&one.net_buffer, 0, flat, 6, &position); break;
        case 3: order = nbl_chain_compare_net_buffers(&one.net_buffer, 0, &other.net_buffer, 0, 6, &position); break;
        default: order = -nbl_chain_compare_net_buffers(&other.net_buffer, 0, &one.net_buffer, 0, 6, &position); break;
        }
        assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
        if (call >= 2) {
            assert_true(order < 0);
            assert_int_equal(position, 2);
        }
    }
}

/* rules: COPY-08 */
static void flat_memory_may_overlap_a_span(void **state)
{
    unsigned char memory[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    unsigned char const up[8] = { 0, 1, 0, 1, 2, 3, 4, 5 };
    unsigned char const down[8] = { 0, 1, 2, 3, 4, 5, 4, 5 };
    MDL mdl;
    (void)state;
    nbl_test_small_mdl(&mdl, memory, sizeof(memory));
    assert_int_equal(nbl_chain_copy_from_mdl(&mdl, 0, memory + 2, 6), 6);
    assert_memory_equal(memory, up, sizeof(memory));
    assert_int_equal(nbl_chain_copy_to_mdl(&mdl, 0, memory + 2, 6), 6);
    assert_memory_equal(memory, down, sizeof(memory));
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(copies_and_fills_stay_inside_the_used_data),
        NBL_TEST(copies_and_fills_of_a_bare_chain_end_with_it),
        NBL_TEST(absent_packets_and_chains_have_no_bytes),
        NBL_TEST(comparing_with_flat_memory_finds_the_first_difference),
        NBL_TEST(comparing_two_packets_does_not_depend_on_their_geometry),
        NBL_TEST(what_cannot_be_mapped_is_not_copied_and_never_equal),
        NBL_TEST(flat_memory_may_overlap_a_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
