/* SPDX-License-Identifier: MIT
 *
 * test_mdl_partial.c - IoBuildPartialMdl and MmAdvanceMdl.
 */
#include "nbl_test.h"

#include "nbl_test_mdl.h"

static NBL_ALIGNAS(PAGE_SIZE) unsigned char memory[8 * PAGE_SIZE];

static MDL *allocate(void *va, ULONG bytes)
{
    MDL *mdl = IoAllocateMdl(va, bytes, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    return mdl;
}

static MDL *built(void *va, ULONG bytes)
{
    MDL *mdl = allocate(va, bytes);
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

static void expect_numbers(MDL *mdl)
{
    uintptr_t const first = (uintptr_t)MmGetMdlVirtualAddress(mdl) >> PAGE_SHIFT;
    ULONG const pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
    for (ULONG i = 0; i < pages; i++)
        assert_true(MmGetMdlPfnArray(mdl)[i] == first + i);
}

/* rules: MDL-17 MDL-14 LV-33 */
static void partial_of_a_built_mdl_shares_its_address(void **state)
{
    MDL *source = built(memory + 4050, 100), *target = allocate(memory + 4050, 100);
    MDL const before = *source;
    (void)state;
    target->Next = source;
    source->Process = (struct _EPROCESS *)(void *)memory;
    IoBuildPartialMdl(source, target, memory + 4090, 0);
    assert_int_equal(target->ByteCount, 60);
    assert_int_equal(target->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL);
    assert_ptr_equal(MmGetMdlVirtualAddress(target), memory + 4090);
    assert_int_equal(target->ByteOffset, 4090);
    assert_ptr_equal(target->StartVa, memory);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(target, NormalPagePriority), memory + 4090);
    assert_ptr_equal(target->Next, source);
    assert_ptr_equal(target->Process, memory);
    assert_int_equal(target->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    expect_numbers(target);
    assert_int_equal(source->MdlFlags, before.MdlFlags);
    assert_int_equal(source->ByteCount, before.ByteCount);
    IoFreeMdl(target);
    IoFreeMdl(source);
    nbl_test_expect("");
}

/* rules: MDL-17 */
static void each_range_of_the_source_can_be_taken(void **state)
{
    MDL *source = built(memory + 4000, 200), *target = allocate(memory + 4000, 200);
    (void)state;
    for (ULONG offset = 0; offset <= 200; offset++) {
        for (ULONG length = 0; length <= 200 - offset; length += 1 + length / 3) {
            IoBuildPartialMdl(source, target, memory + 4000 + offset, length);
            assert_int_equal(target->ByteCount, length != 0 ? length : 200 - offset);
            assert_ptr_equal(MmGetSystemAddressForMdlSafe(target, NormalPagePriority), memory + 4000 + offset);
            expect_numbers(target);
        }
    }
    nbl_test_expect("");
    IoFreeMdl(target);
    IoFreeMdl(source);
}

/* rules: MDL-17 LV-34 */
static void a_range_outside_the_source_writes_nothing(void **state)
{
    static struct {
        int offset;
        ULONG length;
    } const cases[] = {
        { 90, 20 }, { 0, 101 }, { -1, 1 }, { -1, 0 }, { 101, 0 }, { 101, 1 }, { 100, 1 }, { 1, 0xFFFFFFFF },
    };
    MDL *source = built(memory + 1000, 100), *target = allocate(memory + 1000, 4096);
    MDL const before = *target;
    (void)state;
    MmGetMdlPfnArray(target)[0] = MmGetMdlPfnArray(target)[1] = 7;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        IoBuildPartialMdl(source, target, memory + 1000 + cases[i].offset, cases[i].length);
        nbl_test_expect("MDL-17 fatal");
        nbl_test_same_mdl(target, &before);
        assert_true(MmGetMdlPfnArray(target)[0] == 7 && MmGetMdlPfnArray(target)[1] == 7);
    }
    IoFreeMdl(target);
    IoFreeMdl(source);
}

/* rules: MDL-17 */
static void a_target_too_small_for_the_pages_is_left(void **state)
{
    MDL *source = built(memory, 3 * PAGE_SIZE), *target = allocate(memory, 100);
    MDL const before = *target;
    (void)state;
    IoBuildPartialMdl(source, target, memory + 4000, 97);
    nbl_test_expect("MDL-17 fatal");
    nbl_test_same_mdl(target, &before);
    IoBuildPartialMdl(source, target, memory + 4000, 96);
    nbl_test_expect("");
    assert_int_equal(target->ByteCount, 96);
    /* it has shrunk, but its memory has not */
    IoBuildPartialMdl(source, target, memory + 4095, 1);
    IoBuildPartialMdl(source, target, memory, PAGE_SIZE);
    nbl_test_expect("");
    IoBuildPartialMdl(source, target, memory, PAGE_SIZE + 1);
    nbl_test_expect("MDL-17 fatal");
    IoFreeMdl(target);
    IoFreeMdl(source);
}

/* rules: MDL-17 MDL-22 */
static void a_target_larger_than_its_size_field_is_used_in_full(void **state)
{
    ULONG const bytes = 9000u * PAGE_SIZE;
    MDL *source = built((PVOID)0x10000, bytes), *target = allocate((PVOID)0x10000, bytes);
    (void)state;
    for (int round = 0; round < 2; round++) {
        IoBuildPartialMdl(source, target, (PVOID)0x10001, 5);
        IoBuildPartialMdl(source, target, (PVOID)0x10000, 0);
        nbl_test_expect("");
        assert_int_equal(target->ByteCount, bytes);
        expect_numbers(target);
    }
    IoFreeMdl(target);
    IoFreeMdl(source);
}

/* rules: MDL-17 MDL-14 MDL-16 */
static void partial_of_a_locked_mdl_maps_by_itself(void **state)
{
    MDL *source = allocate(memory, 6000), *target = allocate(memory, 6000);
    (void)state;
    MmProbeAndLockPages(source, KernelMode, IoWriteAccess);
    IoBuildPartialMdl(source, target, memory + 4000, 1000);
    assert_int_equal(target->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    expect_numbers(target);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(target, NormalPagePriority), memory + 4000);
    IoBuildPartialMdl(source, target, memory + 5, 10);
    nbl_test_expect("MDL-19 warning");
    assert_int_equal(target->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    assert_int_equal(source->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    IoFreeMdl(target);
    MmUnlockPages(source);
    IoFreeMdl(source);
}

/* rules: MDL-17 */
static void partial_of_a_mapped_mdl_shares_the_mapping(void **state)
{
    MDL *source = allocate(memory, 6000), *target = allocate(memory, 6000), *second = allocate(memory, 6000);
    (void)state;
    MmProbeAndLockPages(source, KernelMode, IoReadAccess);
    assert_non_null(MmGetSystemAddressForMdlSafe(source, NormalPagePriority));
    IoBuildPartialMdl(source, target, memory + 30, 100);
    assert_int_equal(target->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA);
    assert_ptr_equal(target->MappedSystemVa, memory + 30);
    IoBuildPartialMdl(target, second, memory + 40, 0);
    assert_ptr_equal(second->MappedSystemVa, memory + 40);
    assert_int_equal(second->ByteCount, 90);
    IoFreeMdl(second);
    IoFreeMdl(target);
    MmUnlockPages(source);
    IoFreeMdl(source);
    nbl_test_expect("");
}

/* rules: MDL-17 */
static void addresses_count_from_the_described_range_not_from_the_mapping(void **state)
{
    struct {
        MDL mdl;
        PFN_NUMBER numbers[2];
    } source, target;
    (void)state;
    MmInitializeMdl(&target.mdl, (PVOID)0x20000, 100);
    MmInitializeMdl(&source.mdl, (PVOID)0x20000, 100);
    source.numbers[0] = 77;
    source.mdl.Process = NULL;
    source.mdl.MdlFlags = MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED;
    source.mdl.MappedSystemVa = memory;
    IoBuildPartialMdl(&source.mdl, &target.mdl, (PVOID)0x2000A, 20);
    nbl_test_expect("");
    assert_ptr_equal(MmGetMdlVirtualAddress(&target.mdl), (PVOID)0x2000A);
    assert_ptr_equal(target.mdl.MappedSystemVa, memory + 10);
    assert_int_equal(target.mdl.MdlFlags, MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA);
    assert_true(target.numbers[0] == 77);
    IoBuildPartialMdl(&source.mdl, &target.mdl, memory + 10, 20);
    nbl_test_expect("MDL-17 fatal");
}

/* rules: MDL-17 */
static void a_source_without_pages_is_reported(void **state)
{
    MDL *source = allocate(memory, 100), *target = allocate(memory, 100);
    (void)state;
    memset(MmGetMdlPfnArray(source), 0, sizeof(PFN_NUMBER));
    IoBuildPartialMdl(source, target, memory + 10, 20);
    nbl_test_expect("MDL-17 error");
    assert_int_equal(target->ByteCount, 20);
    assert_int_equal(target->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    IoFreeMdl(target);
    IoFreeMdl(source);
}

/* ---- Advancing. ---- */

/* rules: MDL-20 */
static void advance_moves_the_start_and_keeps_the_end(void **state)
{
    static ULONG const steps[] = { 0, 1, 95, 1, 4096, 5000, 0 };
    MDL *mdl = built(memory + 4000, 10000);
    ULONG moved = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(MmAdvanceMdl(mdl, steps[i]), STATUS_SUCCESS);
        moved += steps[i];
        assert_int_equal(mdl->ByteCount, 10000 - moved);
        assert_ptr_equal(MmGetMdlVirtualAddress(mdl), memory + 4000 + moved);
        assert_true(mdl->ByteOffset < PAGE_SIZE);
        assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory + 4000 + moved);
        expect_numbers(mdl);
    }
    assert_int_equal(mdl->MdlFlags, 0xC);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-20 GEN-00 */
static void advance_beyond_the_end_changes_nothing(void **state)
{
    MDL *mdl = built(memory + 4000, 200);
    MDL const before = *mdl;
    (void)state;
    assert_int_equal(MmAdvanceMdl(mdl, 201), STATUS_INVALID_PARAMETER_2);
    assert_int_equal(MmAdvanceMdl(mdl, 0xFFFFFFFF), STATUS_INVALID_PARAMETER_2);
    assert_int_equal((uint32_t)STATUS_INVALID_PARAMETER_2, 0xC00000F0u);
    nbl_test_same_mdl(mdl, &before);
    assert_int_equal(MmAdvanceMdl(mdl, 200), STATUS_SUCCESS);
    assert_int_equal(mdl->ByteCount, 0);
    assert_int_equal(MmAdvanceMdl(mdl, 1), STATUS_INVALID_PARAMETER_2);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-20 MDL-16 */
static void advance_of_an_unmapped_mdl_moves_its_range_alone(void **state)
{
    MDL *mdl = allocate(memory, 200);
    (void)state;
    assert_int_equal(MmAdvanceMdl(mdl, 10), STATUS_SUCCESS);
    assert_null(mdl->MappedSystemVa);
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    assert_int_equal(MmAdvanceMdl(mdl, 10), STATUS_SUCCESS);
    assert_null(mdl->MappedSystemVa);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory + 20);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-20 MDL-08 */
static void advance_shows_at_the_free_of_an_ndis_mdl(void **state)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory, 200);
    (void)state;
    assert_int_equal(MmAdvanceMdl(mdl, 10), STATUS_SUCCESS);
    NdisFreeMdl(mdl);
    nbl_test_expect("MDL-08 warning");
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(partial_of_a_built_mdl_shares_its_address),
        NBL_TEST(each_range_of_the_source_can_be_taken),
        NBL_TEST(a_range_outside_the_source_writes_nothing),
        NBL_TEST(a_target_too_small_for_the_pages_is_left),
        NBL_TEST(a_target_larger_than_its_size_field_is_used_in_full),
        NBL_TEST(partial_of_a_locked_mdl_maps_by_itself),
        NBL_TEST(partial_of_a_mapped_mdl_shares_the_mapping),
        NBL_TEST(addresses_count_from_the_described_range_not_from_the_mapping),
        NBL_TEST(a_source_without_pages_is_reported),
        NBL_TEST(advance_moves_the_start_and_keeps_the_end),
        NBL_TEST(advance_beyond_the_end_changes_nothing),
        NBL_TEST(advance_of_an_unmapped_mdl_moves_its_range_alone),
        NBL_TEST(advance_shows_at_the_free_of_an_ndis_mdl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
