/* SPDX-License-Identifier: MIT
 *
 * test_mdl_map.c - building, locking and mapping: which state an MDL is in, and what is refused in which.
 */
#include "nbl_test.h"

#include "nbl_test_mdl.h"

#include <signal.h>

#define LOCKED (MDL_ALLOCATED_FIXED_SIZE | MDL_PAGES_LOCKED)
#define LOCKED_MAPPED (LOCKED | MDL_MAPPED_TO_SYSTEM_VA)

static NBL_ALIGNAS(PAGE_SIZE) unsigned char memory[4 * PAGE_SIZE];

static MDL *described(void)
{
    MDL *mdl = IoAllocateMdl(memory + 100, 5000, FALSE, FALSE, NULL);
    assert_non_null(mdl);
    return mdl;
}

static MDL *built(void)
{
    MDL *mdl = described();
    MmBuildMdlForNonPagedPool(mdl);
    return mdl;
}

static MDL *locked(void)
{
    MDL *mdl = described();
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    return mdl;
}

/* A partial MDL over all but the first 10 bytes of `source`. */
static MDL *partial(MDL *source)
{
    MDL *mdl = described();
    IoBuildPartialMdl(source, mdl, (UCHAR *)MmGetMdlVirtualAddress(source) + 10, 0);
    return mdl;
}

static PVOID map(MDL *mdl, KPROCESSOR_MODE mode)
{
    return MmMapLockedPagesSpecifyCache(mdl, mode, MmCached, NULL, FALSE, NormalPagePriority);
}

/* ---- Building. ---- */

/* rules: MDL-15 MDL-06 MDL-21 */
static void build_fills_pages_and_address(void **state)
{
    MDL *mdl = described();
    (void)state;
    mdl->Process = (struct _EPROCESS *)(void *)memory;
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(mdl->MdlFlags, 0xC);
    assert_null(mdl->Process);
    assert_ptr_equal(mdl->MappedSystemVa, memory + 100);
    assert_true(MmGetMdlPfnArray(mdl)[0] == (uintptr_t)memory >> PAGE_SHIFT);
    assert_true(MmGetMdlPfnArray(mdl)[1] == ((uintptr_t)memory >> PAGE_SHIFT) + 1);
    MmBuildMdlForNonPagedPool(mdl);
    assert_int_equal(mdl->MdlFlags, 0xC);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-15 LV-38 */
static void what_is_illegal_on_a_built_mdl_is_ignored(void **state)
{
    MDL *mdl = built();
    (void)state;
    MmUnmapLockedPages(memory + 100, mdl);
    nbl_test_expect("MDL-15 error");
    MmUnlockPages(mdl);
    nbl_test_expect("MDL-15 error");
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    nbl_test_expect("MDL-15 error");
    assert_int_equal(nbl_mdl_try_probe_and_lock_pages(mdl, KernelMode, IoReadAccess), STATUS_INVALID_PARAMETER);
    nbl_test_expect("MDL-15 error");
    assert_ptr_equal(map(mdl, KernelMode), memory + 100);
    nbl_test_expect("MDL-15 error");
    assert_int_equal(mdl->MdlFlags, 0xC);
    assert_ptr_equal(mdl->MappedSystemVa, memory + 100);
    IoFreeMdl(mdl);
}

/* rules: MDL-15 MDL-16 */
static void a_locked_mdl_is_not_built(void **state)
{
    MDL *mdl = locked();
    (void)state;
    MmBuildMdlForNonPagedPool(mdl);
    nbl_test_expect("MDL-15 error");
    assert_int_equal(mdl->MdlFlags, LOCKED);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* ---- Addresses. ---- */

/* rules: MDL-14 */
static void address_of_a_built_mdl_cannot_fail(void **state)
{
    MDL *mdl = built();
    (void)state;
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, LowPagePriority), memory + 100);
    assert_int_equal(nbl_fault_points(NBL_FAULT_MAPPING), 0);
    assert_false(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_int_equal(mdl->MdlFlags, 0xC);
    IoFreeMdl(mdl);
}

/* rules: MDL-14 MDL-01 LV-35 */
static void address_of_a_hand_made_mdl_is_its_mapping(void **state)
{
    static CSHORT const flags[] = { 0x5, MDL_MAPPED_TO_SYSTEM_VA, MDL_SOURCE_IS_NONPAGED_POOL };
    (void)state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        MDL mdl;
        PVOID va = NULL;
        ULONG length = 0;
        memset(&mdl, 0xA5, sizeof(mdl));
        mdl.MdlFlags = flags[i];
        mdl.MappedSystemVa = memory + 7;
        mdl.ByteCount = 9;
        assert_ptr_equal(MmGetSystemAddressForMdlSafe(&mdl, NormalPagePriority), memory + 7);
        assert_ptr_equal(MmGetSystemAddressForMdl(&mdl), memory + 7);
        NdisQueryMdl(&mdl, &va, &length, HighPagePriority);
        assert_ptr_equal(va, memory + 7);
        assert_int_equal(length, 9);
        assert_int_equal(mdl.MdlFlags, flags[i]);
    }
    nbl_test_expect("");
}

/* rules: MDL-14 MDL-18 */
static void address_of_a_locked_mdl_maps_it_once(void **state)
{
    MDL *mdl = locked();
    (void)state;
    nbl_fault_arm(NBL_FAULT_MAPPING, 0);
    for (int i = 0; i < 3; i++) {
        assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute), memory + 100);
        assert_int_equal(mdl->MdlFlags, LOCKED_MAPPED);
    }
    assert_int_equal(nbl_fault_points(NBL_FAULT_MAPPING), 1);
    assert_int_equal(BYTE_OFFSET(mdl->MappedSystemVa), MmGetMdlByteOffset(mdl));
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-14 MDL-17 */
static void address_of_a_partial_mdl_is_marked_as_its_own(void **state)
{
    MDL *source = locked(), *mdl = partial(source);
    (void)state;
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory + 110);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA
                                        | MDL_PARTIAL_HAS_BEEN_MAPPED);
    assert_int_equal(source->MdlFlags, LOCKED);
    IoFreeMdl(mdl);
    MmUnlockPages(source);
    IoFreeMdl(source);
    nbl_test_expect("");
}

/* rules: MDL-14 LV-36 */
static void address_of_a_merely_described_mdl_is_reported(void **state)
{
    MDL *mdl = described();
    (void)state;
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory + 100);
    nbl_test_expect("MDL-14 error");
    assert_true((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0);
    IoFreeMdl(mdl);
    mdl = described();
    assert_ptr_equal(MmGetSystemAddressForMdl(mdl), memory + 100);
    nbl_test_expect("MDL-14 error");
    IoFreeMdl(mdl);
}

/* rules: MDL-14 MDL-09 VER-06 GEN-00 */
static void each_mapping_can_fail(void **state)
{
    MDL *mdl = locked();
    MDL const before = *mdl;
    PVOID va = memory;
    ULONG length = 0;
    (void)state;
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(MmGetSystemAddressForMdlSafe(mdl, HighPagePriority));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    NdisQueryMdl(mdl, &va, &length, NormalPagePriority);
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_null(va);
    assert_int_equal(length, 5000);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(map(mdl, KernelMode));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    nbl_test_same_mdl(mdl, &before);
    nbl_test_expect("");
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_ptr_equal(MmGetSystemAddressForMdl(mdl), memory + 100);
    assert_int_equal(nbl_fault_points(NBL_FAULT_MAPPING), 0);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-09 */
static void query_gives_length_and_address_if_asked(void **state)
{
    MDL *mdl = locked();
    unsigned char *va = NULL;
    ULONG length = 0;
    (void)state;
    NdisQueryMdl(mdl, NULL, &length, NormalPagePriority);
    assert_int_equal(length, 5000);
    assert_int_equal(mdl->MdlFlags, LOCKED);
    length = 0;
    NdisQueryMdl(mdl, &va, &length, NormalPagePriority);
    assert_int_equal(length, 5000);
    assert_ptr_equal(va, memory + 100);
    assert_int_equal(mdl->MdlFlags, LOCKED_MAPPED);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* ---- Locking. ---- */

/* rules: MDL-16 MDL-21 */
static void lock_marks_access_and_unlock_clears_it(void **state)
{
    static struct {
        LOCK_OPERATION operation;
        unsigned flags;
    } const cases[] = {
        { IoReadAccess, MDL_PAGES_LOCKED },
        { IoWriteAccess, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION },
        { IoReadAccess, MDL_PAGES_LOCKED },
        { IoModifyAccess, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION },
    };
    MDL *mdl = described();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(MmGetMdlPfnArray(mdl), 0, 2 * sizeof(PFN_NUMBER));
        if (i % 2 == 0)
            MmProbeAndLockPages(mdl, UserMode, cases[i].operation);
        else
            assert_int_equal(nbl_mdl_try_probe_and_lock_pages(mdl, KernelMode, cases[i].operation), STATUS_SUCCESS);
        assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | cases[i].flags);
        assert_true(MmGetMdlPfnArray(mdl)[0] == (uintptr_t)memory >> PAGE_SHIFT);
        assert_true(MmGetMdlPfnArray(mdl)[1] == ((uintptr_t)memory >> PAGE_SHIFT) + 1);
        MmUnlockPages(mdl);
        assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE);
    }
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-16 LV-37 */
static void locks_and_unlocks_are_paired(void **state)
{
    MDL *mdl = locked(), *part;
    (void)state;
    MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
    nbl_test_expect("MDL-16 error");
    assert_int_equal(nbl_mdl_try_probe_and_lock_pages(mdl, KernelMode, IoWriteAccess), STATUS_INVALID_PARAMETER);
    nbl_test_expect("MDL-16 error");
    assert_int_equal(mdl->MdlFlags, LOCKED);
    part = partial(mdl);
    MmProbeAndLockPages(part, KernelMode, IoReadAccess);
    nbl_test_expect("MDL-16 error");
    MmUnlockPages(part);
    nbl_test_expect("MDL-16 error");
    assert_int_equal(part->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    IoFreeMdl(part);
    MmUnlockPages(mdl);
    nbl_test_expect("");
    MmUnlockPages(mdl);
    nbl_test_expect("MDL-16 error");
    IoFreeMdl(mdl);
}

/* rules: MDL-16 MDL-18 */
static void unlock_drops_the_mapping_first(void **state)
{
    MDL *mdl = locked();
    (void)state;
    assert_ptr_equal(map(mdl, KernelMode), memory + 100);
    assert_int_equal(mdl->MdlFlags, LOCKED_MAPPED);
    MmUnlockPages(mdl);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE);
    assert_null(mdl->MappedSystemVa);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

/* rules: MDL-16 */
static void an_empty_mdl_is_locked_with_a_warning(void **state)
{
    MDL mdl;
    (void)state;
    MmInitializeMdl(&mdl, NULL, 0);
    assert_int_equal(nbl_mdl_try_probe_and_lock_pages(&mdl, KernelMode, IoReadAccess), STATUS_SUCCESS);
    nbl_test_expect("MDL-16 warning");
    assert_int_equal(mdl.MdlFlags, MDL_PAGES_LOCKED);
    MmUnlockPages(&mdl);
    nbl_test_expect("");
    assert_int_equal(mdl.MdlFlags, 0);
}

struct raised {
    unsigned count;
    NTSTATUS status;
    MDL *mdl;
    CSHORT flags;
    jmp_buf *escape;
};

static void note_raise(NTSTATUS status, PMDL mdl, void *context)
{
    struct raised *raised = context;
    raised->count++;
    raised->status = status;
    raised->mdl = mdl;
    raised->flags = mdl->MdlFlags;
    if (raised->escape != NULL)
        longjmp(*raised->escape, 1);
}

/* rules: MDL-16 GEN-00 VER-06 */
static void a_failed_lock_raises_and_changes_nothing(void **state)
{
    static struct {
        uintptr_t address;
        ULONG bytes;
        bool fault;
        NTSTATUS status;
    } const cases[] = {
        { 0, 1, false, STATUS_ACCESS_VIOLATION },
        { PAGE_SIZE - 1, 2, false, STATUS_ACCESS_VIOLATION },
        { UINTPTR_MAX - 1, 3, false, STATUS_ACCESS_VIOLATION },
        { PAGE_SIZE, 1, true, STATUS_INSUFFICIENT_RESOURCES },
    };
    struct raised raised = { 0 };
    (void)state;
    nbl_mdl_set_raise_handler(note_raise, &raised);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct {
            MDL mdl;
            PFN_NUMBER numbers[2];
        } d, before;
        memset(&d, 0, sizeof(d));
        MmInitializeMdl(&d.mdl, cases[i].address, cases[i].bytes);
        before = d;
        if (cases[i].fault)
            nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        assert_int_equal(nbl_mdl_try_probe_and_lock_pages(&d.mdl, UserMode, IoWriteAccess), cases[i].status);
        assert_int_equal(raised.count, i);
        if (cases[i].fault)
            nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        MmProbeAndLockPages(&d.mdl, UserMode, IoWriteAccess);
        assert_int_equal(raised.count, i + 1);
        assert_int_equal(raised.status, cases[i].status);
        assert_ptr_equal(raised.mdl, &d.mdl);
        assert_int_equal(raised.flags, 0);
        nbl_test_same_mdl(&d.mdl, &before.mdl);
        assert_memory_equal(d.numbers, before.numbers, sizeof(d.numbers));
    }
    nbl_mdl_set_raise_handler(NULL, NULL);
    nbl_test_expect("");
}

/* rules: MDL-16 */
static void bytes_up_to_the_end_of_the_address_space_can_be_locked(void **state)
{
    struct {
        MDL mdl;
        PFN_NUMBER numbers[2];
    } d;
    (void)state;
    MmInitializeMdl(&d.mdl, UINTPTR_MAX - 1, 2);
    assert_int_equal(nbl_mdl_try_probe_and_lock_pages(&d.mdl, KernelMode, IoReadAccess), STATUS_SUCCESS);
    MmUnlockPages(&d.mdl);
    nbl_test_expect("");
}

/* rules: MDL-16 */
static void a_raise_handler_may_jump_out(void **state)
{
    static jmp_buf escape;
    static struct raised raised;
    static MDL mdl;
    (void)state;
    raised.escape = &escape;
    nbl_mdl_set_raise_handler(note_raise, &raised);
    MmInitializeMdl(&mdl, NULL, 1);
    if (setjmp(escape) == 0) {
        MmProbeAndLockPages(&mdl, UserMode, IoReadAccess);
        fail();
    }
    assert_int_equal(raised.count, 1);
    assert_int_equal(mdl.MdlFlags, 0);
    nbl_mdl_set_raise_handler(NULL, NULL);
}

static jmp_buf aborted;

static void note_abort(int number)
{
    (void)number;
    longjmp(aborted, 1);
}

/* rules: MDL-16 */
static void without_a_raise_handler_the_process_ends(void **state)
{
    static MDL mdl;
    void (*previous)(int) = signal(SIGABRT, note_abort);
    (void)state;
    MmInitializeMdl(&mdl, NULL, 1);
    if (setjmp(aborted) == 0) {
        MmProbeAndLockPages(&mdl, UserMode, IoReadAccess);
        fail();
    }
    (void)signal(SIGABRT, previous);
    assert_int_equal(mdl.MdlFlags, 0);
}

/* ---- Explicit mappings. ---- */

/* rules: MDL-18 */
static void map_and_unmap_are_paired(void **state)
{
    MDL *mdl = locked();
    (void)state;
    MmUnmapLockedPages(memory + 100, mdl);
    nbl_test_expect("MDL-18 error");
    assert_ptr_equal(map(mdl, KernelMode), memory + 100);
    nbl_test_expect("");
    assert_ptr_equal(map(mdl, KernelMode), memory + 100);
    nbl_test_expect("MDL-18 error");
    MmUnmapLockedPages(memory + 101, mdl);
    nbl_test_expect("MDL-18 error");
    assert_int_equal(mdl->MdlFlags, LOCKED_MAPPED);
    MmUnmapLockedPages(memory + 100, mdl);
    nbl_test_expect("");
    assert_int_equal(mdl->MdlFlags, LOCKED);
    assert_ptr_equal(MmMapLockedPages(mdl, KernelMode), memory + 100);
    nbl_test_expect("");
    assert_int_equal(mdl->MdlFlags, LOCKED_MAPPED);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-18 */
static void mapping_what_has_no_pages_is_reported(void **state)
{
    (void)state;
    for (KPROCESSOR_MODE mode = KernelMode; mode <= UserMode; mode++) {
        MDL *mdl = described();
        assert_ptr_equal(map(mdl, mode), memory + 100);
        nbl_test_expect("MDL-18 error");
        IoFreeMdl(mdl);
    }
}

/* rules: MDL-18 */
static void bug_check_on_failure_is_reported(void **state)
{
    MDL *mdl = locked();
    (void)state;
    assert_ptr_equal(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, NULL, TRUE, LowPagePriority),
                     memory + 100);
    nbl_test_expect("MDL-18 error");
    MmUnmapLockedPages(memory + 100, mdl);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmNonCached, NULL, TRUE, LowPagePriority));
    nbl_test_expect("MDL-18 error");
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-18 MDL-15 */
static void user_mode_may_map_what_has_an_address_already(void **state)
{
    MDL *mdl = built();
    (void)state;
    assert_ptr_equal(map(mdl, UserMode), memory + 100);
    assert_int_equal(mdl->MdlFlags, 0xC | MDL_MAPPED_TO_SYSTEM_VA);
    MmUnmapLockedPages(memory + 100, mdl);
    nbl_test_expect("");
    assert_int_equal(mdl->MdlFlags, 0xC);
    assert_ptr_equal(mdl->MappedSystemVa, memory + 100);
    IoFreeMdl(mdl);
    mdl = locked();
    assert_ptr_equal(map(mdl, KernelMode), memory + 100);
    assert_ptr_equal(map(mdl, UserMode), memory + 100);
    nbl_test_expect("");
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-18 MDL-16 GEN-00 */
static void a_failed_user_mapping_raises(void **state)
{
    struct raised raised = { 0 };
    MDL *mdl = locked();
    (void)state;
    nbl_mdl_set_raise_handler(note_raise, &raised);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(map(mdl, UserMode));
    assert_int_equal(raised.count, 1);
    assert_int_equal(raised.status, STATUS_INSUFFICIENT_RESOURCES);
    nbl_mdl_set_raise_handler(NULL, NULL);
    assert_int_equal(mdl->MdlFlags, LOCKED);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_ptr_equal(MmMapLockedPages(mdl, UserMode), memory + 100);
    assert_int_equal(nbl_fault_points(NBL_FAULT_MAPPING), 0);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-18 MDL-17 */
static void a_shared_mapping_is_not_the_partial_mdls_to_undo(void **state)
{
    MDL *source = locked(), *mdl, *of_built;
    (void)state;
    assert_non_null(map(source, KernelMode));
    mdl = partial(source);
    MmUnmapLockedPages(memory + 110, mdl);
    nbl_test_expect("MDL-18 error");
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA);
    IoFreeMdl(mdl);
    MmUnlockPages(source);
    IoFreeMdl(source);
    source = built();
    of_built = partial(source);
    MmUnmapLockedPages(memory + 110, of_built);
    nbl_test_expect("MDL-15 error");
    IoFreeMdl(of_built);
    IoFreeMdl(source);
}

/* rules: MDL-19 */
static void prepare_for_reuse_drops_only_a_partial_mdls_own_mapping(void **state)
{
    MDL *source = locked(), *mdl = partial(source);
    (void)state;
    MmPrepareMdlForReuse(mdl);
    assert_non_null(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority));
    MmPrepareMdlForReuse(mdl);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    MmPrepareMdlForReuse(source);
    nbl_test_expect("");
    assert_non_null(MmGetSystemAddressForMdlSafe(source, NormalPagePriority));
    MmPrepareMdlForReuse(source);
    nbl_test_expect("MDL-19 warning");
    assert_int_equal(source->MdlFlags, LOCKED_MAPPED);
    IoBuildPartialMdl(source, mdl, memory + 200, 50);
    MmPrepareMdlForReuse(mdl);
    nbl_test_expect("");
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory + 200);
    IoFreeMdl(mdl);
    MmUnlockPages(source);
    IoFreeMdl(source);
    mdl = built();
    MmPrepareMdlForReuse(mdl);
    assert_int_equal(mdl->MdlFlags, 0xC);
    IoFreeMdl(mdl);
    nbl_test_expect("");
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(build_fills_pages_and_address),
        NBL_TEST(what_is_illegal_on_a_built_mdl_is_ignored),
        NBL_TEST(a_locked_mdl_is_not_built),
        NBL_TEST(address_of_a_built_mdl_cannot_fail),
        NBL_TEST(address_of_a_hand_made_mdl_is_its_mapping),
        NBL_TEST(address_of_a_locked_mdl_maps_it_once),
        NBL_TEST(address_of_a_partial_mdl_is_marked_as_its_own),
        NBL_TEST(address_of_a_merely_described_mdl_is_reported),
        NBL_TEST(each_mapping_can_fail),
        NBL_TEST(query_gives_length_and_address_if_asked),
        NBL_TEST(lock_marks_access_and_unlock_clears_it),
        NBL_TEST(locks_and_unlocks_are_paired),
        NBL_TEST(unlock_drops_the_mapping_first),
        NBL_TEST(an_empty_mdl_is_locked_with_a_warning),
        NBL_TEST(a_failed_lock_raises_and_changes_nothing),
        NBL_TEST(bytes_up_to_the_end_of_the_address_space_can_be_locked),
        NBL_TEST(a_raise_handler_may_jump_out),
        NBL_TEST(without_a_raise_handler_the_process_ends),
        NBL_TEST(map_and_unmap_are_paired),
        NBL_TEST(mapping_what_has_no_pages_is_reported),
        NBL_TEST(bug_check_on_failure_is_reported),
        NBL_TEST(user_mode_may_map_what_has_an_address_already),
        NBL_TEST(a_failed_user_mapping_raises),
        NBL_TEST(a_shared_mapping_is_not_the_partial_mdls_to_undo),
        NBL_TEST(prepare_for_reuse_drops_only_a_partial_mdls_own_mapping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
