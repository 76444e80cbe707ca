/* SPDX-License-Identifier: MIT
 *
 * fuzz_mdl.c - any sequence of MDL calls, right and wrong ones, against a picture of each MDL kept from mdl.h's
 * contracts.
 *
 * The bytes are an arena; a position in it is all that an MDL's range, its page numbers and its address come down to:
 *
 *     StartVa + ByteOffset = arena + start        page frame number i = (arena + start) / PAGE_SIZE + i
 */
#include "fuzz.h"

#define MDLS 8u
#define MOST_OPERATIONS 96u
#define ARENA_BYTES (6u * PAGE_SIZE)
#define LARGEST (2u * PAGE_SIZE + 5u)
#define MOST_REPORTS 8u

enum origin { ORIGIN_NONE, ORIGIN_NDIS, ORIGIN_IO, ORIGIN_OWN };

struct picture {
    enum origin origin;
    MDL *mdl;
    uintptr_t start; /* address of the first byte */
    ULONG bytes;
    ULONG made;           /* bytes when it was made */
    ULONG room;           /* page numbers that Size speaks of */
    unsigned flags;
    uintptr_t address;    /* MappedSystemVa, while a flag says that it counts */
    uintptr_t numbers_end; /* page numbers are right for bytes below this address */
    bool linked;          /* on the IRP */
};

static struct picture pictures[MDLS];
static unsigned char arena_memory[ARENA_BYTES + PAGE_SIZE];
static unsigned char *arena;
static IRP irp;
static struct picture *irp_chain[MDLS];
static unsigned irp_count;

/* ---- violations: what the call announced, and what it had to ---- */

static struct {
    char rule[16];
    enum nbl_severity severity;
} reports[MOST_REPORTS];
static unsigned report_count;
static unsigned expected_count;
static struct {
    char const *rule;
    enum nbl_severity severity;
} expected[MOST_REPORTS];

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind != NBL_EVENT_VIOLATION)
        return;
    if (report_count == MOST_REPORTS)
        broken("no end of violations");
    snprintf(reports[report_count].rule, sizeof(reports[0].rule), "%s", event->rule);
    reports[report_count++].severity = event->severity;
}

static void expect(char const *rule, enum nbl_severity severity)
{
    expected[expected_count].rule = rule;
    expected[expected_count++].severity = severity;
}

static void check_reports(void)
{
    for (unsigned i = 0; i < expected_count && i < report_count; i++)
        if (strcmp(reports[i].rule, expected[i].rule) != 0 || reports[i].severity != expected[i].severity)
            broken("%s of severity %d instead of %s of %d", reports[i].rule, (int)reports[i].severity, expected[i].rule,
                   (int)expected[i].severity);
    if (!world.quiet && report_count != expected_count)
        broken("%u violations instead of %u, the last %s", report_count, expected_count,
               report_count > 0 ? reports[report_count - 1].rule : expected[expected_count - 1].rule);
    report_count = expected_count = 0;
}

/* ---- the picture ---- */

#define ADDRESSED (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)
#define HAS_PAGES (ADDRESSED | MDL_PAGES_LOCKED | MDL_PARTIAL)

static bool has(struct picture const *picture, unsigned any_of)
{
    return (picture->flags & any_of) != 0;
}

/* Pages that a range touches; the definition of MDL-04 for 0 bytes. */
static ULONG pages_of(uintptr_t start, ULONG bytes)
{
    return (ULONG)((start % PAGE_SIZE + bytes + PAGE_SIZE - 1) / PAGE_SIZE);
}

static void check(struct picture const *picture)
{
    MDL const *mdl = picture->mdl;
    uintptr_t const known_end = picture->numbers_end;
    ULONG known = picture->bytes;
    if ((uintptr_t)mdl->StartVa != (picture->start & ~(uintptr_t)(PAGE_SIZE - 1))
        || mdl->ByteOffset != picture->start % PAGE_SIZE || mdl->ByteCount != picture->bytes)
        broken("the range is +%u of %u bytes", (unsigned)mdl->ByteOffset, (unsigned)mdl->ByteCount);
    if ((unsigned)(uint16_t)mdl->MdlFlags != picture->flags)
        broken("the flags are %04X instead of %04X", (unsigned)(uint16_t)mdl->MdlFlags, picture->flags);
    if (has(picture, ADDRESSED) && (uintptr_t)mdl->MappedSystemVa != picture->address)
        broken("the mapping is at another address");
    if (mdl->Process != NULL || mdl->Size != (CSHORT)(sizeof(MDL) + picture->room * sizeof(PFN_NUMBER)))
        broken("Process or Size changed");
    if (known_end < picture->start + known)
        known = known_end > picture->start ? (ULONG)(known_end - picture->start) : 0;
    for (ULONG i = 0; known > 0 && i < pages_of(picture->start, known); i++)
        if (MmGetMdlPfnArray(mdl)[i] != picture->start / PAGE_SIZE + i)
            broken("page number %u is wrong", (unsigned)i);
}

static void check_all(void)
{
    MDL const *mdl = irp.MdlAddress;
    check_reports();
    for (unsigned i = 0; i < MDLS; i++)
        if (pictures[i].origin != ORIGIN_NONE)
            check(&pictures[i]);
    for (unsigned i = 0; i < irp_count; i++, mdl = mdl->Next)
        if (mdl != irp_chain[i]->mdl)
            broken("MDL %u of the IRP is another one", i);
    if (mdl != NULL)
        broken("the IRP's chain goes on");
}

static struct picture *any(void)
{
    struct picture *picture = &pictures[pick(MDLS)];
    return picture->origin == ORIGIN_NONE ? NULL : picture;
}

/* ---- allocating ---- */

static ULONG any_bytes(void)
{
    switch (pick(4)) {
    case 0: return pick(3);
    case 1: return PAGE_SIZE - 1 + pick(3);
    default: return pick(LARGEST);
    }
}

static uintptr_t any_start(void)
{
    ULONG const offset = chance(3) ? pick(2) * (PAGE_SIZE - 1) : pick(PAGE_SIZE);
    return (uintptr_t)arena + PAGE_SIZE * pick(2) + offset;
}

static struct picture *free_picture(void)
{
    struct picture *picture = &pictures[pick(MDLS)];
    return picture->origin == ORIGIN_NONE ? picture : NULL;
}

static void adopt(struct picture *picture, enum origin origin, MDL *mdl, uintptr_t start, ULONG bytes)
{
    if (mdl == NULL || mdl->Next != NULL)
        broken("no MDL, or one that is linked");
    *picture = (struct picture){ origin, mdl, start, bytes, bytes, pages_of(start, bytes), 0, 0, 0, false };
}

static void built(struct picture *picture)
{
    picture->flags |= MDL_SOURCE_IS_NONPAGED_POOL;
    picture->address = picture->start;
    picture->numbers_end = picture->start + picture->bytes;
}

/* Returns whether the next allocation fails. */
static bool arm(void)
{
    bool const fails = chance(16);
    if (fails)
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
    return fails;
}

static void do_allocate_ndis(void)
{
    struct picture *picture = free_picture();
    uintptr_t const start = any_start();
    ULONG const bytes = chance(16) ? 0xFFFFF001u + pick(9) : any_bytes();
    bool const fails = arm() || bytes > LARGEST;
    MDL *mdl;
    if (picture == NULL) {
        (void)nbl_fault_disarm(NBL_FAULT_ALLOCATION);
        return;
    }
    mdl = NdisAllocateMdl(NULL, (void *)start, bytes);
    (void)nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    if (fails && mdl != NULL)
        broken("an MDL without memory, or one that is too large");
    if (fails)
        return;
    adopt(picture, ORIGIN_NDIS, mdl, start, bytes);
    picture->flags = MDL_ALLOCATED_FIXED_SIZE;
    built(picture);
}

/* MDL-11: what is said of an IRP, and where the MDL goes. */
static void do_allocate_io(void)
{
    struct picture *picture = free_picture();
    bool const with_irp = chance(2), secondary = chance(3), quota = chance(8);
    uintptr_t const start = any_start();
    ULONG const bytes = any_bytes();
    if (picture == NULL || (with_irp && !secondary && irp_count > 0))
        return; /* a chain would be lost */
    if (quota)
        expect("MDL-10", NBL_SEVERITY_WARNING);
    if (!with_irp && secondary)
        expect("MDL-11", NBL_SEVERITY_ERROR);
    if (with_irp && secondary == (irp_count == 0))
        expect("MDL-11", NBL_SEVERITY_WARNING);
    adopt(picture, ORIGIN_IO, IoAllocateMdl((void *)start, bytes, secondary, quota, with_irp ? &irp : NULL), start,
          bytes);
    picture->flags = MDL_ALLOCATED_FIXED_SIZE;
    if (with_irp) {
        picture->linked = true;
        irp_chain[irp_count++] = picture;
    }
}

static void do_own(void)
{
    struct picture *picture = free_picture();
    uintptr_t const start = any_start();
    ULONG const bytes = any_bytes();
    MDL *mdl;
    if (picture == NULL)
        return;
    mdl = calloc(1, MmSizeOfMdl((void *)start, bytes));
    if (mdl == NULL)
        abort();
    MmInitializeMdl(mdl, (void *)start, bytes);
    adopt(picture, ORIGIN_OWN, mdl, start, bytes);
}

static void free_mdl(struct picture *picture, bool by_ndis)
{
    if (picture->origin == ORIGIN_OWN) {
        expect(by_ndis ? "MDL-07" : "MDL-12", NBL_SEVERITY_FATAL);
    } else {
        if ((picture->origin == ORIGIN_NDIS) != by_ndis)
            expect("MDL-07", NBL_SEVERITY_ERROR);
        if (picture->origin == ORIGIN_NDIS && picture->bytes != picture->made)
            expect("MDL-08", NBL_SEVERITY_WARNING);
        if (picture->origin == ORIGIN_IO && has(picture, MDL_PAGES_LOCKED))
            expect("MDL-12", NBL_SEVERITY_ERROR);
        picture->origin = ORIGIN_NONE;
    }
    if (by_ndis)
        NdisFreeMdl(picture->mdl);
    else
        IoFreeMdl(picture->mdl);
    if (picture->origin == ORIGIN_OWN) {
        check_reports();
        free(picture->mdl);
        picture->origin = ORIGIN_NONE;
    }
}

static void do_free_any(void)
{
    struct picture *picture = any();
    bool const by_ndis = chance(2);
    if (picture != NULL && !picture->linked)
        free_mdl(picture, by_ndis);
}

static void do_complete_irp(void)
{
    nbl_mdl_complete_irp(&irp);
    if (irp.MdlAddress != NULL)
        broken("the IRP still has MDLs");
    for (unsigned i = 0; i < irp_count; i++)
        irp_chain[i]->origin = ORIGIN_NONE;
    irp_count = 0;
}

static void do_adjust_length(void)
{
    struct picture *picture = any();
    ULONG bytes;
    if (picture == NULL)
        return;
    bytes = chance(2) ? picture->made : pick(picture->made + 9);
    if (picture->origin == ORIGIN_OWN)
        bytes = pick(picture->bytes + 1);
    if (picture->origin != ORIGIN_NDIS)
        expect("MDL-08", NBL_SEVERITY_ERROR);
    if (picture->origin != ORIGIN_OWN && bytes > picture->made)
        expect("MDL-08", NBL_SEVERITY_FATAL);
    else
        picture->bytes = bytes;
    NdisAdjustMdlLength(picture->mdl, bytes);
}

/* ---- pages ---- */

static void do_build(void)
{
    struct picture *picture = any();
    if (picture == NULL)
        return;
    if (has(picture, MDL_PAGES_LOCKED))
        expect("MDL-15", NBL_SEVERITY_ERROR);
    else
        built(picture);
    MmBuildMdlForNonPagedPool(picture->mdl);
}

static void do_lock(void)
{
    struct picture *picture = any();
    bool const writes = chance(2);
    NTSTATUS expected_status = STATUS_SUCCESS;
    if (picture == NULL)
        return;
    if (has(picture, MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL)) {
        expect(has(picture, MDL_PAGES_LOCKED | MDL_PARTIAL) ? "MDL-16" : "MDL-15", NBL_SEVERITY_ERROR);
        expected_status = STATUS_INVALID_PARAMETER;
    } else {
        if (picture->bytes == 0)
            expect("MDL-16", NBL_SEVERITY_WARNING);
        picture->flags |= writes ? MDL_PAGES_LOCKED | MDL_WRITE_OPERATION : MDL_PAGES_LOCKED;
        picture->numbers_end = picture->start + picture->bytes;
    }
    if (nbl_mdl_try_probe_and_lock_pages(picture->mdl, KernelMode, writes ? IoWriteAccess : IoReadAccess)
        != expected_status)
        broken("locking did not return %08X", (unsigned)expected_status);
}

static void unmapped(struct picture *picture)
{
    picture->flags &= ~(unsigned)(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}

static void do_unlock(void)
{
    struct picture *picture = any();
    if (picture == NULL)
        return;
    if (has(picture, MDL_SOURCE_IS_NONPAGED_POOL)) {
        expect("MDL-15", NBL_SEVERITY_ERROR);
    } else if (!has(picture, MDL_PAGES_LOCKED)) {
        expect("MDL-16", NBL_SEVERITY_ERROR);
    } else {
        unmapped(picture);
        picture->flags &= ~(unsigned)(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
        picture->numbers_end = 0;
    }
    MmUnlockPages(picture->mdl);
}

/* ---- addresses ---- */

static void mapped(struct picture *picture)
{
    if (!has(picture, MDL_SOURCE_IS_NONPAGED_POOL))
        picture->address = picture->start;
    picture->flags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (has(picture, MDL_PARTIAL))
        picture->flags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
}

/* What asking for the address does to the picture; false when it is not to be had. */
static bool ask(struct picture *picture, bool fails)
{
    if (has(picture, ADDRESSED))
        return true;
    if (!has(picture, HAS_PAGES))
        expect("MDL-14", NBL_SEVERITY_ERROR);
    if (!fails)
        mapped(picture);
    return !fails;
}

static void do_address(void)
{
    struct picture *picture = any();
    bool const fails = chance(8);
    PVOID address;
    if (picture == NULL)
        return;
    if (fails)
        nbl_fault_arm(NBL_FAULT_MAPPING, 1);
    address = MmGetSystemAddressForMdlSafe(picture->mdl, NormalPagePriority);
    (void)nbl_fault_disarm(NBL_FAULT_MAPPING);
    if (address != (ask(picture, fails) ? (void *)picture->address : NULL))
        broken("the address is another one");
}

static void do_map(void)
{
    struct picture *picture = any();
    bool const system = chance(2);
    if (picture == NULL)
        return;
    if (system && has(picture, MDL_MAPPED_TO_SYSTEM_VA))
        expect("MDL-18", NBL_SEVERITY_ERROR);
    else if (system && has(picture, MDL_SOURCE_IS_NONPAGED_POOL))
        expect("MDL-15", NBL_SEVERITY_ERROR);
    else if (!has(picture, HAS_PAGES))
        expect("MDL-18", NBL_SEVERITY_ERROR);
    if (!has(picture, system ? ADDRESSED : MDL_MAPPED_TO_SYSTEM_VA))
        mapped(picture);
    if (MmMapLockedPagesSpecifyCache(picture->mdl, system ? KernelMode : UserMode, MmCached, NULL, FALSE,
                                     NormalPagePriority) != (void *)picture->address)
        broken("mapped at another address");
}

static void do_unmap(void)
{
    struct picture *picture = any();
    bool const right = !chance(4);
    void *address;
    if (picture == NULL)
        return;
    address = (void *)(right ? picture->address : picture->address + 1);
    if (!has(picture, has(picture, MDL_PARTIAL) ? MDL_PARTIAL_HAS_BEEN_MAPPED : MDL_MAPPED_TO_SYSTEM_VA))
        expect(has(picture, MDL_SOURCE_IS_NONPAGED_POOL) ? "MDL-15" : "MDL-18", NBL_SEVERITY_ERROR);
    else if (!right)
        expect("MDL-18", NBL_SEVERITY_ERROR);
    else
        unmapped(picture);
    MmUnmapLockedPages(address, picture->mdl);
}

static void do_prepare(void)
{
    struct picture *picture = any();
    if (picture == NULL)
        return;
    if (!has(picture, MDL_PARTIAL) && has(picture, MDL_MAPPED_TO_SYSTEM_VA))
        expect("MDL-19", NBL_SEVERITY_WARNING);
    if (has(picture, MDL_PARTIAL_HAS_BEEN_MAPPED))
        unmapped(picture);
    MmPrepareMdlForReuse(picture->mdl);
}

/* ---- parts ---- */

/* What the target can hold: what its Size speaks of, or more if it describes more already. */
static ULONG capacity(struct picture const *picture)
{
    ULONG const described = pages_of(picture->start, picture->bytes);
    return picture->room > described ? picture->room : described;
}

/* The numbers of the pages that the part touches are copied, as far as the source has them. */
static uintptr_t copied_numbers_end(struct picture const *source, struct picture const *part)
{
    uintptr_t const first_page = part->start & ~(uintptr_t)(PAGE_SIZE - 1);
    uintptr_t const end = first_page + (uintptr_t)PAGE_SIZE * pages_of(part->start, part->bytes);
    return source->numbers_end < end ? source->numbers_end : end;
}

static void do_partial(void)
{
    struct picture *source = any(), *target = any();
    ULONG offset, bytes, length;
    if (source == NULL || target == NULL || source == target)
        return;
    offset = chance(3) ? 0 : pick(source->bytes + 2);
    bytes = chance(3) ? 0 : pick(source->bytes + 2);
    length = bytes == 0 && offset <= source->bytes ? source->bytes - offset : bytes;
    if (offset + length > source->bytes || pages_of(source->start + offset, length) > capacity(target)) {
        expect("MDL-17", NBL_SEVERITY_FATAL);
    } else {
        if (!has(source, HAS_PAGES))
            expect("MDL-17", NBL_SEVERITY_ERROR);
        if (has(target, MDL_PARTIAL_HAS_BEEN_MAPPED))
            expect("MDL-19", NBL_SEVERITY_WARNING);
        target->flags = (target->flags & (MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED)) | MDL_PARTIAL
                      | (source->flags & ADDRESSED);
        target->start = source->start + offset;
        target->bytes = length;
        target->address = source->address + offset;
        target->numbers_end = copied_numbers_end(source, target);
    }
    IoBuildPartialMdl(source->mdl, target->mdl, (void *)(source->start + offset), bytes);
}

static void do_advance_mdl(void)
{
    struct picture *picture = any();
    ULONG bytes;
    NTSTATUS status;
    if (picture == NULL)
        return;
    bytes = pick(picture->bytes + 2);
    status = MmAdvanceMdl(picture->mdl, bytes);
    if (status != (bytes > picture->bytes ? STATUS_INVALID_PARAMETER_2 : STATUS_SUCCESS))
        broken("advancing returned %08X", (unsigned)status);
    if (status != STATUS_SUCCESS)
        return;
    if (!has(picture, HAS_PAGES))
        picture->numbers_end = 0;
    picture->start += bytes;
    picture->bytes -= bytes;
    picture->address += bytes;
    /* Of an MDL that was shortened before, numbers of pages behind its present end need not move along. */
    picture->numbers_end = copied_numbers_end(picture, picture);
}

/* The bytes themselves, through a chain of MDLs that are linked for a moment. */
static void do_read_chain(void)
{
    static unsigned char flat[3 * ARENA_BYTES], wanted[3 * ARENA_BYTES];
    struct picture *linked[3];
    unsigned count = 0;
    ULONG total = 0;
    for (int i = 0; i < 3; i++) {
        struct picture *picture = any();
        if (picture == NULL || picture->linked || picture->start + picture->bytes > (uintptr_t)arena + ARENA_BYTES)
            continue;
        picture->linked = true;
        linked[count++] = picture;
    }
    for (unsigned i = 0; i < count; i++) {
        linked[i]->linked = false;
        linked[i]->mdl->Next = i + 1 < count ? linked[i + 1]->mdl : NULL;
        if (linked[i]->bytes > 0 && !has(linked[i], ADDRESSED))
            mapped(linked[i]); /* a walk reports nothing about the MDLs that it reads */
        memcpy(wanted + total, (void *)linked[i]->start, linked[i]->bytes);
        total += linked[i]->bytes;
    }
    if (nbl_chain_copy_from_mdl(count > 0 ? linked[0]->mdl : NULL, 0, flat, NBL_SPAN_ALL) != total
        || memcmp(flat, wanted, total) != 0)
        broken("the bytes of %u MDLs differ", count);
    for (unsigned i = 0; i < count; i++)
        linked[i]->mdl->Next = NULL;
}

/* ---- the whole ---- */

static operation *const operations[] = {
    do_allocate_ndis, do_allocate_io, do_own,        do_free_any,      do_build,        do_lock,
    do_unlock,        do_address,     do_map,        do_unmap,         do_prepare,      do_partial,
    do_partial,       do_advance_mdl, do_read_chain, do_adjust_length, do_complete_irp,
};

/* Once: no call writes to the bytes that an MDL describes. */
static void prepare_arena(void)
{
    if (arena != NULL)
        return;
    arena = (unsigned char *)(((uintptr_t)arena_memory + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1));
    for (unsigned i = 0; i < ARENA_BYTES; i++)
        arena[i] = (unsigned char)(i * 7 + i / 251);
}

static void begin(uint8_t const *data, size_t size)
{
    fuzz_forget_notes();
    prepare_arena();
    memset(pictures, 0, sizeof(pictures));
    irp.MdlAddress = NULL;
    irp_count = report_count = expected_count = 0;
    world_begin(size, size > 0 && data[0] % 2 == 1);
    if (!world.quiet)
        (void)nbl_event_subscribe(listen, NULL);
    if (size > 0)
        world_choose_by(data + 1, size - 1);
}

static void end(void)
{
    do_complete_irp();
    check_all();
    for (unsigned i = 0; i < MDLS; i++)
        if (pictures[i].origin != ORIGIN_NONE)
            free_mdl(&pictures[i], pictures[i].origin == ORIGIN_NDIS);
    check_reports();
    (void)nbl_event_unsubscribe(listen, NULL);
    (void)nbl_memory_trim();
    if (nbl_memory_bytes() != 0)
        broken("memory is still held");
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    begin(data, size);
    for (unsigned done = 0; done < MOST_OPERATIONS && world.bytes_left > 0; done++) {
        unsigned const which = pick(sizeof(operations) / sizeof(operations[0]));
        note("%u ", which);
        operations[which]();
        check_all();
    }
    end();
    return 0;
}
