/* SPDX-License-Identifier: MIT
 *
 * test_impossible_sizes.c - a derived list that no address space holds is refused, and its size is not counted too
 * small.
 *
 * Symptom: on 32-bit hosts a DataOffsetDelta just below 4 gigabytes gave a list whose private MDLs went far beyond
 * the few bytes that had been allocated; on 64-bit hosts a list larger than half the address space was refused, but
 * only after an index before the table of memory classes had been computed.
 * Cause: rounding up the private bytes was done in a size_t and came to 0 (FRAG-12, REASM-07); the class was looked
 * up before the size was checked.
 */
#include "nbl_test.h"

#include "derive/derived.h"

#define LARGEST_MDL 0xFFFFF000u

/* rules: FRAG-12 GEN-09 */
static void fragments_beyond_the_address_space_are_refused(void **state)
{
    static ULONG const deltas[] = { 0x80000000u, 0x90000000u, 0xF0000000u };
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    MDL *mdl = NdisAllocateMdl(NULL, (PVOID)(uintptr_t)0x10000, LARGEST_MDL);
    NET_BUFFER_LIST *list;
    (void)state;
    assert_non_null(mdl);
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, mdl, 0, LARGEST_MDL);
    assert_non_null(list);
    for (size_t i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
        assert_null(NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 1, deltas[i], 0, 0));
        assert_int_equal(nbl_derive_children(list), 0);
    }
    NdisFreeNetBufferList(list);
    NdisFreeMdl(mdl);
    NdisFreeNetBufferListPool(pool);
}

/* rules: FRAG-12 REASM-07 */
static void private_bytes_are_counted_up_to_the_last(void **state)
{
    static uint64_t const sizes[] = { 1, 16, 17, 0xFFFFFFF0u, 0xFFFFFFF1u, 0xFFFFFFFFu };
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct nbl__layout layout = { 0, 0 };
        nbl__measure_private(&layout, sizes[i]);
        assert_true(layout.part_bytes >= sizes[i] + sizeof(MDL));
        assert_true(nbl__part_bytes(sizes[i]) >= sizes[i]);
        assert_int_equal(nbl__part_bytes(sizes[i]) % NBL__PART_ALIGNMENT, 0);
    }
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(fragments_beyond_the_address_space_are_refused),
    NBL_TEST(private_bytes_are_counted_up_to_the_last),
};

int main(void)
{
    return cmocka_run_group_tests_name("impossible_sizes", tests, NULL, NULL);
}
