/* SPDX-License-Identifier: MIT
 *
 * test_mdl_macros.c - page arithmetic and reading an MDL.
 */
#include "nbl_test.h"

static PVOID at(uintptr_t address)
{
    return (PVOID)address;
}

/* struct described is an MDL with room for a few page frame numbers, as a driver would have it. */
struct described {
    MDL mdl;
    PFN_NUMBER numbers[8];
};

/* rules: MDL-04 LAY-03 */
static void page_arithmetic_uses_4096_byte_pages(void **state)
{
    static struct {
        uintptr_t value;
        uintptr_t align, offset, round, pages;
    } const cases[] = {
        { 0, 0, 0, 0, 0 },
        { 1, 0, 1, 4096, 1 },
        { 4095, 0, 4095, 4096, 1 },
        { 4096, 4096, 0, 4096, 1 },
        { 4097, 4096, 1, 8192, 2 },
        { 0x7FFFFFFF, 0x7FFFF000, 0xFFF, 0x80000000, 0x80000 },
        { 0xFFFFF000, 0xFFFFF000, 0, 0xFFFFF000, 0xFFFFF },
    };
    (void)state;
    assert_int_equal(PAGE_SIZE, 1 << PAGE_SHIFT);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ptr_equal(PAGE_ALIGN(cases[i].value), at(cases[i].align));
        assert_int_equal(BYTE_OFFSET(cases[i].value), cases[i].offset);
        assert_int_equal(ROUND_TO_PAGES(cases[i].value), cases[i].round);
        assert_int_equal(BYTES_TO_PAGES(cases[i].value), cases[i].pages);
    }
}

/* rules: MDL-04 LV-31 LV-32 */
static void span_counts_pages_that_are_touched(void **state)
{
    static struct {
        uintptr_t address;
        ULONG bytes, pages;
    } const cases[] = {
        { 0x5000, 0, 0 },          { 0x5001, 0, 1 },          { 0x5FFF, 0, 1 },           { 0x5000, 1, 1 },
        { 0x5000, 4096, 1 },       { 0x5000, 4097, 2 },       { 0x5001, 4096, 2 },        { 0x5FFF, 1, 1 },
        { 0x5FFF, 2, 2 },          { 0x5FFF, 4097, 2 },       { 0x5FFF, 4098, 3 },        { 0x5F00, 512, 2 },
        { 0, 0xFFFFFFFF, 0x100000 }, { 1, 0xFFFFFFFF, 0x100000 }, { 0xFFF, 0xFFFFFFFF, 0x100001 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(ADDRESS_AND_SIZE_TO_SPAN_PAGES(at(cases[i].address), cases[i].bytes), cases[i].pages);
}

/* rules: MDL-05 LV-31 */
static void size_of_an_mdl_is_header_and_page_numbers(void **state)
{
    static struct {
        uintptr_t address;
        SIZE_T bytes;
        uint64_t pages;
    } const cases[] = {
        { 0x5FFF, 2, 2 }, { 0x5000, 0, 0 }, { 0x5001, 0, 1 }, { 0x5000, 65536, 16 },
        { 0xFFF, 0xFFFFFFFF, 0x100001 },
        { 0xFFF, (SIZE_T)-1, ((uint64_t)(SIZE_T)-1 >> PAGE_SHIFT) + 2 },
    };
    MDL *mdl;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_true(MmSizeOfMdl(at(cases[i].address), cases[i].bytes)
                    == (SIZE_T)(sizeof(MDL) + sizeof(PFN_NUMBER) * cases[i].pages));
    if (sizeof(void *) == 8)
        assert_int_equal(MmSizeOfMdl(at(0x1FFF), 2), 64);
    mdl = IoAllocateMdl(at(0x1FFF), 2, FALSE, FALSE, NULL);
    assert_int_equal(mdl->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    IoFreeMdl(mdl);
}

/* rules: MDL-05 MDL-01 */
static void initialize_sets_what_it_should_and_nothing_else(void **state)
{
    struct described d, before;
    (void)state;
    memset(&d, 0xA5, sizeof(d));
    before = d;
    MmInitializeMdl(&d.mdl, at(0x12345F00), 512);
    assert_null(d.mdl.Next);
    assert_int_equal(d.mdl.Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    assert_int_equal(d.mdl.MdlFlags, 0);
    assert_ptr_equal(d.mdl.StartVa, at(0x12345000));
    assert_int_equal(d.mdl.ByteOffset, 0xF00);
    assert_int_equal(d.mdl.ByteCount, 512);
    assert_ptr_equal(d.mdl.Process, before.mdl.Process);
    assert_ptr_equal(d.mdl.MappedSystemVa, before.mdl.MappedSystemVa);
    assert_memory_equal(d.numbers, before.numbers, sizeof(d.numbers));
}

/* rules: MDL-22 */
static void size_field_holds_the_low_16_bits(void **state)
{
    MDL mdl;
    ULONG const bytes = 9000u * PAGE_SIZE;
    (void)state;
    MmInitializeMdl(&mdl, at(0x10000), bytes);
    assert_int_equal((uint16_t)mdl.Size, (uint16_t)(sizeof(MDL) + 9000 * sizeof(PFN_NUMBER)));
    assert_int_equal(mdl.ByteCount, bytes);
}

/* rules: MDL-02 MDL-03 */
static void accessors_read_the_fields(void **state)
{
    struct described d;
    (void)state;
    MmInitializeMdl(&d.mdl, at(0x12345F00), 512);
    assert_int_equal(MmGetMdlByteCount(&d.mdl), 512);
    assert_int_equal(MmGetMdlByteOffset(&d.mdl), 0xF00);
    assert_ptr_equal(MmGetMdlVirtualAddress(&d.mdl), at(0x12345F00));
    assert_ptr_equal(MmGetMdlBaseVa(&d.mdl), at(0x12345000));
    assert_ptr_equal(MmGetMdlPfnArray(&d.mdl), d.numbers);
    assert_int_equal(sizeof(*MmGetMdlPfnArray(&d.mdl)), sizeof(void *));
}

/* rules: MDL-03 MDL-15 MDL-21 */
static void page_numbers_are_addresses_without_offset(void **state)
{
    static NBL_ALIGNAS(PAGE_SIZE) unsigned char memory[3 * PAGE_SIZE];
    struct described d;
    uintptr_t const first = (uintptr_t)memory >> PAGE_SHIFT;
    (void)state;
    memset(&d, 0xA5, sizeof(d));
    MmInitializeMdl(&d.mdl, memory + 4000, 4200);
    MmBuildMdlForNonPagedPool(&d.mdl);
    for (uintptr_t i = 0; i < 3; i++)
        assert_true(d.numbers[i] == first + i);
    assert_true(d.numbers[3] == (PFN_NUMBER)(0xA5A5A5A5A5A5A5A5u & UINTPTR_MAX));
}

/* rules: MDL-13 LV-32 PHYS-02 */
static void ndis_page_count_is_one_for_an_empty_mdl(void **state)
{
    static struct {
        uintptr_t address;
        ULONG bytes, pages;
    } const cases[] = {
        /* the MDLs of the physical counts: 512 bytes at 0xF00 and a whole page make 3, 100 bytes and none make 2 */
        { 0x1F00, 512, 2 }, { 0x3000, 4096, 1 }, { 0x3000, 100, 1 }, { 0x4000, 0, 1 }, { 0x4001, 0, 1 },
        { 0x3FFF, 2, 2 },   { 0x3FFF, 1, 1 },    { 0x3000, 0xFFFFFFFF, 0x100000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        MDL mdl;
        ULONG size = 99;
        MmInitializeMdl(&mdl, at(cases[i].address), cases[i].bytes);
        assert_int_equal(NDIS_MDL_TO_SPAN_PAGES(&mdl), cases[i].pages);
        NdisGetMdlPhysicalArraySize(&mdl, &size);
        assert_int_equal(size, cases[i].pages);
    }
}

/* rules: MDL-09 MDL-01 */
static void linkage_is_next_and_may_be_assigned(void **state)
{
    MDL first = { 0 }, second = { 0 };
    MDL *next = &first;
    (void)state;
    NDIS_MDL_LINKAGE(&first) = &second;
    assert_ptr_equal(first.Next, &second);
    NdisGetNextMdl(&first, &next);
    assert_ptr_equal(next, &second);
    NdisGetNextMdl(&second, &next);
    assert_null(next);
}

/* rules: MDL-09 */
static void query_offset_gives_offset_and_length(void **state)
{
    MDL mdl;
    ULONG offset, length;
    (void)state;
    MmInitializeMdl(&mdl, at(0x3123), 77);
    NdisQueryMdlOffset(&mdl, &offset, &length);
    assert_int_equal(offset, 0x123);
    assert_int_equal(length, 77);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(page_arithmetic_uses_4096_byte_pages),
        NBL_TEST(span_counts_pages_that_are_touched),
        NBL_TEST(size_of_an_mdl_is_header_and_page_numbers),
        NBL_TEST(initialize_sets_what_it_should_and_nothing_else),
        NBL_TEST(size_field_holds_the_low_16_bits),
        NBL_TEST(accessors_read_the_fields),
        NBL_TEST(page_numbers_are_addresses_without_offset),
        NBL_TEST(ndis_page_count_is_one_for_an_empty_mdl),
        NBL_TEST(linkage_is_next_and_may_be_assigned),
        NBL_TEST(query_offset_gives_offset_and_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
