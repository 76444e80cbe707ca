/* SPDX-License-Identifier: MIT
 *
 * test_mdl_allocate.c - MDLs from NdisAllocateMdl and IoAllocateMdl, on an IRP or not, and who may free them how.
 */
#include "nbl_test.h"

#include "nbl_test_mdl.h"

static NBL_ALIGNAS(PAGE_SIZE) unsigned char memory[4 * PAGE_SIZE];

/* ---- NDIS ---- */

/* rules: MDL-06 MDL-07 MDL-15 MDL-21 */
static void ndis_mdl_is_allocated_and_built(void **state)
{
    static struct {
        ULONG offset, bytes;
    } const cases[] = { { 0, 0 }, { 0, 1 }, { 17, 0 }, { 4095, 2 }, { 0, 4096 }, { 100, 9000 } };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char *va = memory + cases[i].offset;
        ULONG const pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, cases[i].bytes);
        MDL *mdl = NdisAllocateMdl(NULL, va, cases[i].bytes);
        assert_non_null(mdl);
        assert_null(mdl->Next);
        assert_int_equal(mdl->MdlFlags, 0xC);
        assert_null(mdl->Process);
        assert_ptr_equal(mdl->MappedSystemVa, va);
        assert_ptr_equal(MmGetMdlVirtualAddress(mdl), va);
        assert_int_equal(mdl->ByteCount, cases[i].bytes);
        assert_int_equal(mdl->Size, MmSizeOfMdl(va, cases[i].bytes));
        for (ULONG page = 0; page < pages; page++)
            assert_true(MmGetMdlPfnArray(mdl)[page] == ((uintptr_t)va >> PAGE_SHIFT) + page);
        NdisFreeMdl(mdl);
    }
    nbl_test_expect("");
}

/* rules: MDL-07 */
static void freeing_an_mdl_leaves_buffer_and_next(void **state)
{
    MDL *second = NdisAllocateMdl(NULL, memory + 50, 50), *first = NdisAllocateMdl(NULL, memory, 50);
    (void)state;
    memset(memory, 0x5A, 100);
    first->Next = second;
    NdisFreeMdl(first);
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 1);
    assert_int_equal(memory[0], 0x5A);
    assert_int_equal(memory[49], 0x5A);
    assert_int_equal(second->ByteCount, 50);
    NdisFreeMdl(second);
}

/* rules: MDL-07 VER-06 GEN-00 */
static void each_allocation_can_fail(void **state)
{
    static ULONG const bytes[] = { 0, 1, 5000, 60 * 1024 * 1024 };
    (void)state;
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        IRP irp = { NULL };
        MDL *mdl;
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        assert_null(NdisAllocateMdl(NULL, memory, bytes[i]));
        assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        assert_null(IoAllocateMdl(memory, bytes[i], FALSE, FALSE, &irp));
        assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
        assert_null(irp.MdlAddress);
        /* exactly one point each */
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 2);
        mdl = IoAllocateMdl(memory, bytes[i], FALSE, FALSE, NULL);
        assert_non_null(mdl);
        IoFreeMdl(mdl);
        assert_false(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    }
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_ALLOCATE), 4);
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 4);
}

/* rules: MDL-08 LV-39 */
static void length_is_adjusted_up_to_the_original(void **state)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory, 100);
    (void)state;
    NdisAdjustMdlLength(mdl, 120);
    nbl_test_expect("MDL-08 fatal");
    assert_int_equal(mdl->ByteCount, 100);
    NdisAdjustMdlLength(mdl, 60);
    assert_int_equal(mdl->ByteCount, 60);
    NdisAdjustMdlLength(mdl, 0);
    NdisAdjustMdlLength(mdl, 100);
    NdisAdjustMdlLength(mdl, 101);
    nbl_test_expect("MDL-08 fatal");
    NdisAdjustMdlLength(mdl, 60);
    NdisFreeMdl(mdl);
    nbl_test_expect("MDL-08 warning");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 1);
}

/* rules: MDL-08 */
static void restored_length_is_not_reported(void **state)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory, 100);
    (void)state;
    NdisAdjustMdlLength(mdl, 1);
    NdisAdjustMdlLength(mdl, 100);
    NdisFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-08 */
static void length_of_a_foreign_mdl_is_adjusted_with_a_report(void **state)
{
    MDL *io = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    MDL raw;
    (void)state;
    NdisAdjustMdlLength(io, 60);
    nbl_test_expect("MDL-08 error");
    assert_int_equal(io->ByteCount, 60);
    NdisAdjustMdlLength(io, 101);
    nbl_test_expect("MDL-08 error, MDL-08 fatal");
    assert_int_equal(io->ByteCount, 60);
    IoFreeMdl(io);
    MmInitializeMdl(&raw, memory, 100);
    NdisAdjustMdlLength(&raw, 60);
    nbl_test_expect("MDL-08 error");
    assert_int_equal(raw.ByteCount, 60);
}

/* ---- I/O ---- */

/* rules: MDL-10 MDL-05 */
static void io_mdl_is_described_but_not_built(void **state)
{
    MDL *mdl = IoAllocateMdl(memory + 4090, 100, FALSE, FALSE, NULL);
    (void)state;
    /* once more, from memory that held another one */
    mdl->Next = mdl;
    mdl->Process = (struct _EPROCESS *)(void *)memory;
    mdl->MappedSystemVa = memory;
    IoFreeMdl(mdl);
    mdl = IoAllocateMdl(memory + 4090, 100, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    assert_null(mdl->Next);
    assert_null(mdl->Process);
    assert_null(mdl->MappedSystemVa);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), memory + 4090);
    assert_int_equal(mdl->ByteCount, 100);
    assert_int_equal(mdl->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(mdl->MdlFlags, 0xC);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-10 MDL-07 LV-43 MDL-22 */
static void length_limit_is_a_page_below_4_gigabytes(void **state)
{
    MDL *mdl = IoAllocateMdl((PVOID)0x10FFF, 0xFFFFF000, FALSE, FALSE, NULL);
    (void)state;
    assert_non_null(mdl);
    assert_int_equal(mdl->ByteCount, 0xFFFFF000);
    IoFreeMdl(mdl);
    assert_null(IoAllocateMdl((PVOID)0x10000, 0xFFFFF001, FALSE, FALSE, NULL));
    assert_null(IoAllocateMdl(NULL, 0xFFFFFFFF, FALSE, FALSE, NULL));
    assert_null(NdisAllocateMdl(NULL, memory, 0xFFFFF001));
    nbl_test_expect("");
}

/* rules: MDL-22 MDL-10 MDL-21 */
static void an_mdl_of_more_pages_than_size_can_tell_works(void **state)
{
    ULONG const pages = 9000, bytes = pages * PAGE_SIZE;
    MDL *mdl = NdisAllocateMdl(NULL, (PVOID)0x10000, bytes);
    (void)state;
    assert_non_null(mdl);
    assert_true(MmGetMdlPfnArray(mdl)[pages - 1] == 0x10 + pages - 1);
    assert_int_equal(NDIS_MDL_TO_SPAN_PAGES(mdl), pages);
    NdisFreeMdl(mdl);
}

/* rules: MDL-10 */
static void charging_quota_is_reported(void **state)
{
    MDL *mdl = IoAllocateMdl(memory, 1, FALSE, TRUE, NULL);
    (void)state;
    nbl_test_expect("MDL-10 warning");
    assert_non_null(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-11 LV-42 */
static void mdls_are_linked_to_an_irp(void **state)
{
    IRP irp = { NULL };
    MDL *first, *second, *third;
    (void)state;
    first = IoAllocateMdl(memory, 1, FALSE, FALSE, &irp);
    assert_ptr_equal(irp.MdlAddress, first);
    second = IoAllocateMdl(memory, 2, TRUE, FALSE, &irp);
    third = IoAllocateMdl(memory, 3, TRUE, FALSE, &irp);
    nbl_test_expect("");
    assert_ptr_equal(irp.MdlAddress, first);
    assert_ptr_equal(first->Next, second);
    assert_ptr_equal(second->Next, third);
    assert_null(third->Next);
    nbl_mdl_complete_irp(&irp);
}

/* rules: MDL-11 */
static void odd_links_to_an_irp_are_made_and_reported(void **state)
{
    IRP irp = { NULL };
    MDL *head = IoAllocateMdl(memory, 1, TRUE, FALSE, &irp), *replacement;
    (void)state;
    nbl_test_expect("MDL-11 warning");
    assert_ptr_equal(irp.MdlAddress, head);
    replacement = IoAllocateMdl(memory, 1, FALSE, FALSE, &irp);
    nbl_test_expect("MDL-11 warning");
    assert_ptr_equal(irp.MdlAddress, replacement);
    assert_null(replacement->Next);
    IoFreeMdl(head);
    IoFreeMdl(replacement);
}

/* rules: MDL-11 GEN-00 VER-06 */
static void failure_leaves_the_irp_alone(void **state)
{
    IRP irp = { NULL };
    MDL *first = IoAllocateMdl(memory, 1, FALSE, FALSE, &irp);
    (void)state;
    for (BOOLEAN secondary = FALSE; secondary <= TRUE; secondary++) {
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        assert_null(IoAllocateMdl(memory, 1, secondary, FALSE, &irp));
        assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
        assert_null(IoAllocateMdl(memory, 0xFFFFF001, secondary, FALSE, &irp));
        assert_ptr_equal(irp.MdlAddress, first);
        assert_null(first->Next);
    }
    nbl_test_forget();
    nbl_mdl_complete_irp(&irp);
}

/* rules: MDL-11 MDL-12 MDL-16 */
static void completing_an_irp_unlocks_and_frees_its_chain(void **state)
{
    IRP irp = { NULL };
    (void)state;
    nbl_mdl_complete_irp(&irp);
    MmProbeAndLockPages(IoAllocateMdl(memory, 10, FALSE, FALSE, &irp), KernelMode, IoWriteAccess);
    MmBuildMdlForNonPagedPool(IoAllocateMdl(memory, 20, TRUE, FALSE, &irp));
    (void)IoAllocateMdl(memory, 0, TRUE, FALSE, &irp);
    assert_non_null(MmGetSystemAddressForMdlSafe(irp.MdlAddress, NormalPagePriority));
    nbl_mdl_complete_irp(&irp);
    assert_null(irp.MdlAddress);
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 3);
    nbl_test_expect("");
}

/* rules: MDL-11 MDL-12 */
static void completing_an_irp_keeps_what_is_not_allocated(void **state)
{
    MDL raw;
    IRP irp = { &raw };
    (void)state;
    MmInitializeMdl(&raw, memory, 10);
    raw.Next = IoAllocateMdl(memory, 20, FALSE, FALSE, NULL);
    nbl_mdl_complete_irp(&irp);
    nbl_test_expect("MDL-12 fatal");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 1);
    assert_int_equal(raw.ByteCount, 10);
}

/* rules: VER-04 MDL-11 */
static void a_cycle_on_an_irp_is_reported_and_left(void **state)
{
    MDL first, second;
    IRP irp = { &first };
    (void)state;
    MmInitializeMdl(&first, memory, 10);
    MmInitializeMdl(&second, memory, 10);
    first.Next = &second;
    second.Next = &first;
    assert_null(IoAllocateMdl(memory, 1, TRUE, FALSE, &irp));
    nbl_test_expect("VER-04 fatal");
    nbl_mdl_complete_irp(&irp);
    nbl_test_expect("VER-04 fatal");
    assert_ptr_equal(irp.MdlAddress, &first);
    assert_ptr_equal(second.Next, &first);
}

/* ---- Freeing what one should not. ---- */

/* rules: MDL-07 LV-40 */
static void io_mdl_through_ndis_is_freed_with_a_report(void **state)
{
    MDL *mdl = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    (void)state;
    NdisFreeMdl(mdl);
    nbl_test_expect("MDL-07 error");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 1);
}

/* rules: MDL-07 */
static void ndis_mdl_through_io_is_freed_with_a_report(void **state)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory, 100);
    (void)state;
    IoFreeMdl(mdl);
    nbl_test_expect("MDL-07 error");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 1);
}

/* rules: MDL-07 MDL-12 */
static void an_mdl_of_a_driver_is_not_freed(void **state)
{
    MDL raw, before;
    (void)state;
    memset(&raw, 0, sizeof(raw));
    MmInitializeMdl(&raw, memory, 100);
    before = raw;
    NdisFreeMdl(&raw);
    nbl_test_expect("MDL-07 fatal");
    IoFreeMdl(&raw);
    nbl_test_expect("MDL-12 fatal");
    NdisFreeMdl(NULL);
    nbl_test_expect("MDL-07 fatal");
    IoFreeMdl(NULL);
    nbl_test_expect("MDL-12 fatal");
    nbl_test_same_mdl(&raw, &before);
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 0);
}

/* rules: MDL-12 LV-37 */
static void locked_mdl_is_unlocked_and_freed_with_a_report(void **state)
{
    MDL *mdl = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    (void)state;
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    IoFreeMdl(mdl);
    nbl_test_expect("MDL-12 error");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 1);
}

/* rules: MDL-12 */
static void free_unmaps_a_partial_mdl_and_leaves_buffer_and_next(void **state)
{
    MDL *source = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    MDL *partial = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    (void)state;
    memset(memory, 0x5A, 100);
    MmProbeAndLockPages(source, KernelMode, IoReadAccess);
    IoBuildPartialMdl(source, partial, memory + 10, 20);
    partial->Next = source;
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(partial, NormalPagePriority), memory + 10);
    IoFreeMdl(partial);
    assert_int_equal(source->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PAGES_LOCKED);
    assert_int_equal(memory[10], 0x5A);
    MmUnlockPages(source);
    IoFreeMdl(source);
    nbl_test_expect("");
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(ndis_mdl_is_allocated_and_built),
        NBL_TEST(freeing_an_mdl_leaves_buffer_and_next),
        NBL_TEST(each_allocation_can_fail),
        NBL_TEST(length_is_adjusted_up_to_the_original),
        NBL_TEST(restored_length_is_not_reported),
        NBL_TEST(length_of_a_foreign_mdl_is_adjusted_with_a_report),
        NBL_TEST(io_mdl_is_described_but_not_built),
        NBL_TEST(length_limit_is_a_page_below_4_gigabytes),
        NBL_TEST(an_mdl_of_more_pages_than_size_can_tell_works),
        NBL_TEST(charging_quota_is_reported),
        NBL_TEST(mdls_are_linked_to_an_irp),
        NBL_TEST(odd_links_to_an_irp_are_made_and_reported),
        NBL_TEST(failure_leaves_the_irp_alone),
        NBL_TEST(completing_an_irp_unlocks_and_frees_its_chain),
        NBL_TEST(completing_an_irp_keeps_what_is_not_allocated),
        NBL_TEST(a_cycle_on_an_irp_is_reported_and_left),
        NBL_TEST(io_mdl_through_ndis_is_freed_with_a_report),
        NBL_TEST(ndis_mdl_through_io_is_freed_with_a_report),
        NBL_TEST(an_mdl_of_a_driver_is_not_freed),
        NBL_TEST(locked_mdl_is_unlocked_and_freed_with_a_report),
        NBL_TEST(free_unmaps_a_partial_mdl_and_leaves_buffer_and_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
