/* SPDX-License-Identifier: MIT
 *
 * test_rule_pairs_mdl.c - the pairs of test_rule_pairs.c for MDLs and for chains that are none.
 */
#include "rule_pairs.h"

static UCHAR bytes[2 * PAGE_SIZE];

/* with_mdl runs a function on an MDL of 100 bytes that IoAllocateMdl made, and frees it. */
static void with_mdl(void (*function)(PMDL))
{
    PMDL mdl = IoAllocateMdl(bytes, 100, FALSE, FALSE, NULL);
    function(mdl);
    IoFreeMdl(mdl);
}

/* ---- freeing and lengths ---- */

static void mdl_07(void) { NdisFreeMdl(IoAllocateMdl(bytes, 10, FALSE, FALSE, NULL)); }
static void mdl_07_near(void) { NdisFreeMdl(NdisAllocateMdl(NULL, bytes, 10)); }

static void adjust(ULONG length)
{
    MDL *mdl = NdisAllocateMdl(NULL, bytes, 10);
    NdisAdjustMdlLength(mdl, length);
    NdisAdjustMdlLength(mdl, 10);
    NdisFreeMdl(mdl);
}
static void mdl_08(void) { adjust(11); }
static void mdl_08_near(void) { adjust(9); }

static void allocate(BOOLEAN secondary, BOOLEAN quota) { IoFreeMdl(IoAllocateMdl(bytes, 10, secondary, quota, NULL)); }
static void mdl_10(void) { allocate(FALSE, TRUE); }
static void mdl_10_near(void) { allocate(FALSE, FALSE); }
static void mdl_11(void) { allocate(TRUE, FALSE); }
static void mdl_11_near(void) { allocate(FALSE, FALSE); }

static void lock(PMDL mdl) { MmProbeAndLockPages(mdl, KernelMode, IoReadAccess); }
static void lock_and_unlock(PMDL mdl)
{
    lock(mdl);
    MmUnlockPages(mdl);
}
static void mdl_12(void) { with_mdl(lock); }
static void mdl_12_near(void) { with_mdl(lock_and_unlock); }

/* ---- addresses, locks, mappings ---- */

static void address(PMDL mdl) { (void)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority); }
static void build_and_address(PMDL mdl)
{
    MmBuildMdlForNonPagedPool(mdl);
    address(mdl);
}
static void mdl_14(void) { with_mdl(address); }
static void mdl_14_near(void) { with_mdl(build_and_address); }

static void build_and_unlock(PMDL mdl)
{
    MmBuildMdlForNonPagedPool(mdl);
    MmUnlockPages(mdl);
}
static void mdl_15(void) { with_mdl(build_and_unlock); }
static void mdl_15_near(void) { with_mdl(lock_and_unlock); }

static void unlock(PMDL mdl) { MmUnlockPages(mdl); }
static void mdl_16(void) { with_mdl(unlock); }
static void mdl_16_near(void) { with_mdl(lock_and_unlock); }

static void partial(ULONG offset, ULONG length)
{
    PMDL source = IoAllocateMdl(bytes, 100, FALSE, FALSE, NULL);
    PMDL target = IoAllocateMdl(bytes, 100, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(source);
    IoBuildPartialMdl(source, target, bytes + offset, length);
    IoFreeMdl(target);
    IoFreeMdl(source);
}
static void mdl_17(void) { partial(90, 11); }
static void mdl_17_near(void) { partial(90, 10); }

static void map_and_unmap(UCHAR *base)
{
    PMDL mdl = IoAllocateMdl(bytes, 100, FALSE, FALSE, NULL);
    void *mapped;
    lock(mdl);
    mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    MmUnmapLockedPages(base == NULL ? mapped : base, mdl);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
}
static void mdl_18(void) { map_and_unmap(bytes + 1); }
static void mdl_18_near(void) { map_and_unmap(NULL); }

static void map_and_reuse(PMDL mdl)
{
    lock(mdl);
    address(mdl);
    MmPrepareMdlForReuse(mdl);
    MmUnlockPages(mdl);
}
static void mdl_19(void) { with_mdl(map_and_reuse); }
static void mdl_19_near(void) { with_mdl(MmPrepareMdlForReuse); }

static void advance_one(PMDL mdl) { (void)MmAdvanceMdl(mdl, 1); }
static void advance_pools_mdl(void)
{
    MDL *mdl = pair.buffer->MdlChain;
    MDL const before = *mdl;
    advance_one(mdl);
    mdl->StartVa = before.StartVa;
    mdl->MappedSystemVa = before.MappedSystemVa;
    mdl->ByteOffset = before.ByteOffset;
    mdl->ByteCount = before.ByteCount;
}
static void mdl_20(void) { advance_pools_mdl(); }
static void mdl_20_near(void) { with_mdl(advance_one); }

/* ---- chains ---- */

static void count_pages(bool circle)
{
    MDL *one = NdisAllocateMdl(NULL, bytes, 0), *two = NdisAllocateMdl(NULL, bytes, 0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pair.buffers, NULL, 0, 0);
    one->Next = two;
    two->Next = circle ? one : NULL;
    buffer->MdlChain = one;
    buffer->CurrentMdl = one;
    (void)NdisQueryNetBufferPhysicalCount(buffer);
    two->Next = NULL;
    NdisFreeNetBuffer(buffer);
    NdisFreeMdl(one);
    NdisFreeMdl(two);
}
static void ver_04(void) { count_pages(true); }
static void ver_04_near(void) { count_pages(false); }

static void clone_window(SIZE_T length)
{
    NET_BUFFER_LIST *clone;
    pair.buffer->stDataLength = length;
    clone = NdisAllocateCloneNetBufferList(pair.list, NULL, NULL, 0);
    if (clone != NULL)
        NdisFreeCloneNetBufferList(clone, 0);
    pair.buffer->stDataLength = 40;
}
static void inv_05(void) { clone_window(41); }
static void inv_05_near(void) { clone_window(40); }

/* An MDL that is on the NB already. */
static MDL *allocate_the_first(ULONG *count)
{
    (void)count;
    return pair.buffer->MdlChain;
}
static void retreat(NET_BUFFER_ALLOCATE_MDL *handler)
{
    if (NdisRetreatNetBufferDataStart(pair.buffer, 30, 0, handler) == NDIS_STATUS_SUCCESS)
        NdisAdvanceNetBufferDataStart(pair.buffer, 30, TRUE, pair_free);
}
static void ret_12(void) { retreat(allocate_the_first); }
static void ret_12_near(void) { retreat(pair_allocate); }

static struct rule_pair const pairs[] = {
    { "MDL-07", mdl_07, mdl_07_near }, { "MDL-08", mdl_08, mdl_08_near }, { "MDL-10", mdl_10, mdl_10_near },
    { "MDL-11", mdl_11, mdl_11_near }, { "MDL-12", mdl_12, mdl_12_near }, { "MDL-14", mdl_14, mdl_14_near },
    { "MDL-15", mdl_15, mdl_15_near }, { "MDL-16", mdl_16, mdl_16_near }, { "MDL-17", mdl_17, mdl_17_near },
    { "MDL-18", mdl_18, mdl_18_near }, { "MDL-19", mdl_19, mdl_19_near }, { "MDL-20", mdl_20, mdl_20_near },
    { "VER-04", ver_04, ver_04_near }, { "INV-05", inv_05, inv_05_near }, { "RET-12", ret_12, ret_12_near },
};

/* rules: MDL-07, MDL-08, MDL-10, MDL-11, MDL-12, MDL-14, MDL-15, MDL-16, MDL-17, MDL-18, MDL-19, MDL-20 */
/* rules: VER-04, INV-05, RET-12 */
static void each_mistake_is_named_by_its_rule_and_its_neighbour_is_not(void **state)
{
    (void)state;
    pair_run(pairs, sizeof(pairs) / sizeof(pairs[0]));
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(each_mistake_is_named_by_its_rule_and_its_neighbour_is_not),
    };
    return cmocka_run_group_tests_name("rule_pairs_mdl", tests, NULL, NULL);
}
