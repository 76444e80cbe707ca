/* SPDX-License-Identifier: MIT
 *
 * test_mdl.c - the room's own side: records, building in place, deriving, addresses, hidden bytes, events.
 */
#include "nbl_test.h"

#include "nbl_test_checker.h"
#include "nbl_test_mdl.h"

#include "base/event.h"
#include "base/memory.h"
#include "base/track.h"
#include "mdl/record.h"

static NBL_ALIGNAS(PAGE_SIZE) unsigned char memory[4 * PAGE_SIZE];

/* Constructs an MDL in memory that was something else before. */
static MDL *construct(enum nbl__mdl_kind kind, void *va, ULONG bytes)
{
    void *place = nbl__memory_allocate(nbl__mdl_block_bytes(bytes));
    assert_non_null(place);
    memset(place, 0xA5, nbl__mdl_block_bytes(bytes));
    return nbl__mdl_construct(place, kind, va, bytes);
}

/* Gives back what construct made. */
static void release(MDL *mdl, ULONG bytes)
{
    nbl__memory_release(nbl__mdl_record_of(mdl), nbl__mdl_block_bytes(bytes));
}

/* rules: MDL-05 */
static void a_block_holds_record_mdl_and_numbers_at_any_offset(void **state)
{
    static size_t const sizes[] = { 0, 1, 2, 100, 4095, 4096, 4097, 4098, 65536, 0xFFFFF000 };
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t const block = nbl__mdl_block_bytes(sizes[i]);
        assert_int_equal(block % 16, 0);
        for (uintptr_t offset = 0; offset < PAGE_SIZE; offset += 15) {
            SIZE_T const mdl = MmSizeOfMdl((PVOID)(0x10000 + offset), sizes[i]);
            assert_true(block >= sizeof(struct nbl__mdl_record) + mdl);
            assert_true(block < sizeof(struct nbl__mdl_record) + mdl + 2 * sizeof(PFN_NUMBER) + 16);
        }
        assert_true(block >= sizeof(struct nbl__mdl_record) + sizeof(MDL) + sizeof(PFN_NUMBER));
    }
}

/* rules: MDL-06 MDL-15 MDL-21 VER-02 */
static void construct_equals_initialize_and_build(void **state)
{
    static struct {
        ULONG offset, bytes;
    } const cases[] = {
        { 0, 0 }, { 1, 0 }, { 0, 1 }, { 4095, 1 }, { 4095, 2 }, { 0, 4096 }, { 1, 4096 }, { 4095, 4098 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char *va = memory + cases[i].offset;
        ULONG const pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, cases[i].bytes);
        MDL *mdl = construct(NBL__MDL_RETREAT, va, cases[i].bytes), *other;
        struct nbl__mdl_record *record = nbl__mdl_record_of(mdl);
        assert_non_null(record);
        assert_ptr_equal(nbl__mdl_of_record(record), mdl);
        assert_null(record->next);
        assert_int_equal(record->byte_count, cases[i].bytes);
        assert_int_equal(record->kind, NBL__MDL_RETREAT);
        assert_int_equal(record->hidden, 0);
        other = IoAllocateMdl(va, cases[i].bytes, FALSE, FALSE, NULL);
        MmBuildMdlForNonPagedPool(other);
        nbl_test_same_mdl(mdl, other);
        assert_memory_equal(MmGetMdlPfnArray(mdl), MmGetMdlPfnArray(other), pages * sizeof(PFN_NUMBER));
        IoFreeMdl(other);
        release(mdl, cases[i].bytes);
    }
}

/* rules: VER-02 MDL-01 */
static void only_mdls_of_the_library_have_a_record(void **state)
{
    struct {
        unsigned char before[sizeof(struct nbl__mdl_record)];
        MDL mdl;
    } own;
    struct nbl__mdl_custom custom = { { NULL, 0, NBL__MDL_CUSTOM, 0, NBL__MDL_MAGIC }, &own.mdl };
    (void)state;
    memset(&own, 0, sizeof(own));
    MmInitializeMdl(&own.mdl, memory, 10);
    assert_null(nbl__mdl_record_of(&own.mdl));
    nbl__mdl_show(&own.mdl);
    own.mdl.MdlFlags = MDL_ALLOCATED_FIXED_SIZE;
    assert_null(nbl__mdl_record_of(&own.mdl));
    assert_ptr_equal(nbl__mdl_of_record(&custom.record), &own.mdl);
}

/* rules: MDL-07 MDL-12 MDL-20 VER-02 */
static void mdls_that_belong_to_a_larger_block_are_not_freed(void **state)
{
    static enum nbl__mdl_kind const kinds[] = { NBL__MDL_POOL, NBL__MDL_RETREAT, NBL__MDL_DERIVED };
    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        MDL *mdl = construct(kinds[i], memory, 100);
        NdisFreeMdl(mdl);
        nbl_test_expect("MDL-07 fatal");
        IoFreeMdl(mdl);
        nbl_test_expect("MDL-12 fatal");
        assert_int_equal(nbl__mdl_record_of(mdl)->kind, kinds[i]);
        assert_int_equal(mdl->ByteCount, 100);
        assert_int_equal(MmAdvanceMdl(mdl, 1), STATUS_SUCCESS);
        nbl_test_expect("MDL-20 warning");
        release(mdl, 100);
    }
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 0);
}

/* rules: MDL-08 POOL-13 */
static void a_pool_mdl_may_be_shortened(void **state)
{
    MDL *mdl = construct(NBL__MDL_POOL, memory, 100), *retreat = construct(NBL__MDL_RETREAT, memory, 100);
    (void)state;
    NdisAdjustMdlLength(mdl, 60);
    assert_int_equal(mdl->ByteCount, 60);
    NdisAdjustMdlLength(mdl, 100);
    nbl_test_expect("");
    NdisAdjustMdlLength(mdl, 101);
    nbl_test_expect("MDL-08 fatal");
    assert_int_equal(mdl->ByteCount, 100);
    NdisAdjustMdlLength(retreat, 50);
    nbl_test_expect("MDL-08 error");
    release(mdl, 100);
    release(retreat, 100);
}

static void free_ndis_twice(void *context)
{
    MDL *mdl = NdisAllocateMdl(NULL, memory, 100);
    (void)context;
    NdisFreeMdl(mdl);
    NdisFreeMdl(mdl);
}

static void free_io_twice(void *context)
{
    MDL *mdl = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    (void)context;
    IoFreeMdl(mdl);
    IoFreeMdl(mdl);
}

/* rules: MDL-07 MDL-12 */
static void a_second_free_is_reported(void **state)
{
    (void)state;
    if (!nbl_test_freed_is_readable()) {
        nbl_test_dies(free_ndis_twice, NULL, "NdisFreeMdl of a freed MDL");
        nbl_test_dies(free_io_twice, NULL, "IoFreeMdl of a freed MDL");
        return;
    }
    free_ndis_twice(NULL);
    nbl_test_expect("MDL-07 fatal");
    free_io_twice(NULL);
    nbl_test_expect("MDL-12 fatal");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_FREE), 2);
}

/* ---- Deriving. ---- */

static NBL_ALIGNAS(16) unsigned char place[512];

static MDL *derive(MDL const *source, ULONG offset, ULONG bytes)
{
    memset(place, 0xA5, sizeof(place));
    return nbl__mdl_derive(place, source, offset, bytes);
}

/* rules: MDL-17 VER-02 */
static void derive_shares_the_address_of_its_source(void **state)
{
    MDL *source = construct(NBL__MDL_POOL, memory + 4000, 200);
    (void)state;
    source->Process = (struct _EPROCESS *)(void *)&place;
    for (ULONG offset = 0; offset <= 200; offset += 8) {
        for (ULONG bytes = 0; bytes <= 200 - offset; bytes += 8) {
            MDL *mdl = derive(source, offset, bytes);
            uintptr_t const va = (uintptr_t)memory + 4000 + offset;
            struct nbl__mdl_record *record = nbl__mdl_record_of(mdl);
            assert_int_equal(record->kind, NBL__MDL_DERIVED);
            assert_int_equal(record->byte_count, bytes);
            assert_int_equal(record->hidden, 0);
            assert_null(record->next);
            assert_null(mdl->Next);
            assert_ptr_equal(mdl->Process, &place);
            assert_int_equal(mdl->ByteCount, bytes);
            assert_true((uintptr_t)MmGetMdlVirtualAddress(mdl) == va);
            assert_true((uintptr_t)mdl->MappedSystemVa == va);
            assert_int_equal(mdl->Size, MmSizeOfMdl((PVOID)va, bytes));
            assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL);
            for (ULONG i = 0; i < ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, bytes); i++)
                assert_true(MmGetMdlPfnArray(mdl)[i] == (va >> PAGE_SHIFT) + i);
        }
    }
    release(source, 200);
}

/* rules: MDL-17 MDL-01 */
static void derive_needs_nothing_but_the_mapping_of_a_hand_made_mdl(void **state)
{
    MDL source, *mdl;
    (void)state;
    memset(&source, 0xA5, sizeof(source));
    source.MdlFlags = 0x5;
    source.MappedSystemVa = memory + 4000;
    source.ByteCount = 200;
    mdl = derive(&source, 90, 20);
    assert_ptr_equal(nbl__mdl_address(mdl), memory + 4090);
    assert_int_equal(mdl->ByteCount, 20);
    assert_true(mdl->ByteOffset < PAGE_SIZE);
    assert_int_equal(mdl->Size, sizeof(MDL) + 2 * sizeof(PFN_NUMBER));
    assert_true(MmGetMdlPfnArray(mdl)[1] == ((uintptr_t)memory >> PAGE_SHIFT) + 1);
}

/* rules: MDL-17 MDL-14 */
static void derive_of_a_locked_mdl_maps_when_it_is_used(void **state)
{
    MDL *source = IoAllocateMdl(memory, 200, FALSE, FALSE, NULL), *mdl;
    (void)state;
    MmProbeAndLockPages(source, KernelMode, IoWriteAccess);
    mdl = derive(source, 10, 20);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    assert_null(mdl->MappedSystemVa);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(nbl__mdl_address(mdl));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    assert_ptr_equal(nbl__mdl_address(mdl), memory + 10);
    assert_int_equal(mdl->MdlFlags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | MDL_MAPPED_TO_SYSTEM_VA
                                        | MDL_PARTIAL_HAS_BEEN_MAPPED);
    MmUnlockPages(source);
    IoFreeMdl(source);
    nbl_test_expect("");
}

/* rules: MDL-14 VER-06 */
static void the_librarys_own_reads_map_without_a_report(void **state)
{
    MDL *mdl = IoAllocateMdl(memory + 5, 200, FALSE, FALSE, NULL);
    (void)state;
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_null(nbl__mdl_address(mdl));
    assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    assert_ptr_equal(nbl__mdl_address(mdl), memory + 5);
    nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    assert_ptr_equal(nbl__mdl_address(mdl), memory + 5);
    assert_int_equal(nbl_fault_points(NBL_FAULT_MAPPING), 0);
    nbl_test_expect("");
    IoFreeMdl(mdl);
}

/* ---- Hidden bytes. ---- */

static MDL *hidden(unsigned char *bytes)
{
    MDL *mdl = construct(NBL__MDL_RETREAT, bytes, 64);
    memset(bytes, 1, 64);
    nbl__track_hide(bytes, 32);
    nbl__mdl_record_of(mdl)->hidden = 1;
    return mdl;
}

/* rules: MDL-14 MDL-09 */
static void asking_for_the_address_shows_hidden_bytes(void **state)
{
    static NBL_ALIGNAS(16) unsigned char bytes[64];
    (void)state;
    if (!nbl__hooked(NBL__HOOK_TRACK)) { /* no checker watches, or malloc mode, where nothing is ever hidden */
        print_message("left out, nothing is hidden here: hidden bytes\n");
        return;
    }
    for (int call = 0; call < 4; call++) {
        MDL *mdl = hidden(bytes);
        ULONG length;
        PVOID va;
        assert_int_equal(nbl_test_dead_bytes(bytes, 64), 32);
        NdisAdjustMdlLength(mdl, 10); /* all of the buffer is shown, not only what the MDL speaks of just now */
        nbl_test_forget();
        NdisQueryMdl(mdl, NULL, &length, NormalPagePriority);
        assert_int_equal(nbl_test_dead_bytes(bytes, 64), 32);
        if (call == 0)
            va = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        else if (call == 1)
            NdisQueryMdl(mdl, &va, &length, NormalPagePriority);
        else if (call == 2)
            va = MmGetSystemAddressForMdl(mdl);
        else
            va = MmAdvanceMdl(mdl, 0) == STATUS_SUCCESS ? bytes : NULL;
        nbl_test_forget();
        assert_ptr_equal(va, bytes);
        assert_int_equal(nbl_test_dead_bytes(bytes, 64), 0);
        assert_int_equal(nbl__mdl_record_of(mdl)->hidden, 0);
        release(mdl, 64);
    }
}

/* rules: MDL-14 */
static void the_librarys_own_reads_show_nothing(void **state)
{
    static NBL_ALIGNAS(16) unsigned char bytes[64];
    MDL *mdl = hidden(bytes);
    (void)state;
    assert_ptr_equal(nbl__mdl_address(mdl), bytes);
    assert_int_equal(nbl__mdl_record_of(mdl)->hidden, 1);
    nbl__mdl_show(mdl);
    nbl__mdl_show(mdl);
    assert_int_equal(nbl__mdl_record_of(mdl)->hidden, 0);
    release(mdl, 64);
}

/* ---- Announcements. ---- */

struct announced {
    struct nbl_event allocated, freed;
    ULONG byte_count; /* of the MDL while it is announced as freed */
    CSHORT flags;
};

static void note(struct nbl_event const *event, void *context)
{
    struct announced *announced = context;
    if (event->kind == NBL_EVENT_MDL_ALLOCATE)
        announced->allocated = *event;
    if (event->kind == NBL_EVENT_MDL_FREE) {
        announced->freed = *event;
        announced->byte_count = ((MDL const *)event->object)->ByteCount;
        announced->flags = ((MDL const *)event->object)->MdlFlags;
    }
}

/* rules: MDL-07 MDL-10 MDL-12 VER-02 */
static void allocation_and_free_are_announced(void **state)
{
    struct announced announced;
    (void)state;
    assert_true(nbl_event_subscribe(note, &announced));
    for (int io = 0; io < 2; io++) {
        MDL *mdl;
        memset(&announced, 0, sizeof(announced));
        mdl = io ? IoAllocateMdl(memory, 77, FALSE, FALSE, NULL) : NdisAllocateMdl(NULL, memory, 77);
        assert_ptr_equal(announced.allocated.object, mdl);
        assert_int_equal(announced.allocated.bytes, 77);
        assert_null(announced.allocated.related);
        assert_string_equal(announced.allocated.call, io ? "IoAllocateMdl" : "NdisAllocateMdl");
        if (io)
            IoFreeMdl(mdl);
        else
            NdisFreeMdl(mdl);
        assert_ptr_equal(announced.freed.object, mdl);
        assert_int_equal(announced.freed.bytes, 77);
        assert_string_equal(announced.freed.call, io ? "IoFreeMdl" : "NdisFreeMdl");
        assert_int_equal(announced.byte_count, 77);
    }
    assert_true(nbl_event_unsubscribe(note, &announced));
}

/* rules: MDL-12 */
static void an_mdl_is_unlocked_and_unmapped_before_it_goes(void **state)
{
    struct announced announced;
    MDL *source = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    MDL *partial = IoAllocateMdl(memory, 100, FALSE, FALSE, NULL);
    (void)state;
    assert_true(nbl_event_subscribe(note, &announced));
    MmProbeAndLockPages(source, KernelMode, IoWriteAccess);
    assert_non_null(MmGetSystemAddressForMdlSafe(source, NormalPagePriority));
    MmUnmapLockedPages(memory, source);
    IoBuildPartialMdl(source, partial, memory, 100);
    assert_non_null(MmGetSystemAddressForMdlSafe(partial, NormalPagePriority));
    IoFreeMdl(partial);
    assert_int_equal(announced.flags, MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL);
    IoFreeMdl(source);
    nbl_test_expect("MDL-12 error");
    assert_int_equal(announced.flags, MDL_ALLOCATED_FIXED_SIZE);
    assert_true(nbl_event_unsubscribe(note, &announced));
}

/* rules: MDL-15 MDL-07 */
static void stack_memory_is_reported_where_the_host_can_tell(void **state)
{
    struct {
        MDL mdl;
        PFN_NUMBER numbers[2];
    } d;
    void *here = __builtin_frame_address(0);
    MDL *mdl;
    char const *expected = nbl__port_on_stack(here) ? "MDL-15 warning" : "";
    (void)state;
    if (expected[0] == '\0')
        print_message("left out, the host cannot tell where the stack is\n");
    assert_false(nbl__port_on_stack(memory));
    MmInitializeMdl(&d.mdl, here, 8);
    MmBuildMdlForNonPagedPool(&d.mdl);
    nbl_test_expect(expected);
    assert_int_equal(d.mdl.MdlFlags, MDL_SOURCE_IS_NONPAGED_POOL);
    mdl = NdisAllocateMdl(NULL, here, 8);
    nbl_test_expect(expected);
    NdisFreeMdl(mdl);
    /* locking is how one describes stack memory */
    MmInitializeMdl(&d.mdl, here, 8);
    MmProbeAndLockPages(&d.mdl, KernelMode, IoReadAccess);
    MmUnlockPages(&d.mdl);
    nbl_test_expect("");
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(a_block_holds_record_mdl_and_numbers_at_any_offset),
        NBL_TEST(construct_equals_initialize_and_build),
        NBL_TEST(only_mdls_of_the_library_have_a_record),
        NBL_TEST(mdls_that_belong_to_a_larger_block_are_not_freed),
        NBL_TEST(a_pool_mdl_may_be_shortened),
        NBL_TEST(a_second_free_is_reported),
        NBL_TEST(derive_shares_the_address_of_its_source),
        NBL_TEST(derive_needs_nothing_but_the_mapping_of_a_hand_made_mdl),
        NBL_TEST(derive_of_a_locked_mdl_maps_when_it_is_used),
        NBL_TEST(the_librarys_own_reads_map_without_a_report),
        NBL_TEST(asking_for_the_address_shows_hidden_bytes),
        NBL_TEST(the_librarys_own_reads_show_nothing),
        NBL_TEST(allocation_and_free_are_announced),
        NBL_TEST(an_mdl_is_unlocked_and_unmapped_before_it_goes),
        NBL_TEST(stack_memory_is_reported_where_the_host_can_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
