/* SPDX-License-Identifier: MIT
 *
 * test_pool_mdl_moved.c - a pool's MDL that a driver moved or described anew is whole again in the next packet.
 *
 * Symptom: after MmAdvanceMdl on the MDL of a pool's NET_BUFFER, the next packet of that block had an MDL of full
 * length that began as many bytes later: it ended inside the neighbour block.
 * Cause: freeing restored ByteCount alone (POOL-13); the address stayed where it had been moved to.
 */
#include "nbl_test.h"

#define DATA 256

static unsigned char elsewhere[DATA];

static void advance(MDL *mdl)
{
    assert_int_equal(MmAdvanceMdl(mdl, 100), STATUS_SUCCESS);
    nbl_test_expect("MDL-20 warning");
}

static void advance_and_restore_length(MDL *mdl)
{
    advance(mdl);
    NdisAdjustMdlLength(mdl, DATA);
}

static void describe_anew(MDL *mdl)
{
    MmInitializeMdl(mdl, elsewhere, DATA);
}

static void build_anew(MDL *mdl)
{
    MmInitializeMdl(mdl, elsewhere, DATA);
    MmBuildMdlForNonPagedPool(mdl);
}

static void mark_as_header(MDL *mdl)
{
    mdl->MdlFlags |= MDL_NETWORK_HEADER;
}

/* What a driver does to the MDL, and what freeing the packet then reports. */
static struct {
    void (*spoil)(MDL *mdl);
    char const *report;
} const cases[] = {
    { advance, "POOL-13 error" },
    { advance_and_restore_length, "POOL-13 error" },
    { describe_anew, "" },
    { build_anew, "POOL-13 error" },
    { mark_as_header, "" },
};

static void expect_whole(MDL const *mdl, unsigned char const *memory)
{
    assert_ptr_equal(mdl->MappedSystemVa, memory);
    assert_ptr_equal(MmGetMdlVirtualAddress(mdl), memory);
    assert_int_equal(mdl->ByteCount, DATA);
    assert_int_equal(mdl->MdlFlags, MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE);
    assert_null(mdl->Next);
    assert_int_equal(MmGetMdlPfnArray(mdl)[0], (uintptr_t)memory >> PAGE_SHIFT);
}

/* rules: POOL-13 */
static void moved_mdl_of_a_list_pool_is_whole_again(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, DATA, 0);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
        MDL *mdl = list->FirstNetBuffer->MdlChain;
        size_t const data = (size_t)((unsigned char *)mdl->MappedSystemVa - (unsigned char *)list);
        cases[i].spoil(mdl);
        NdisFreeNetBufferList(list);
        nbl_test_expect(cases[i].report);
        list = NdisAllocateNetBufferList(pool, 0, 0);
        expect_whole(list->FirstNetBuffer->MdlChain, (unsigned char *)list + data);
        NdisFreeNetBufferList(list);
    }
    NdisFreeNetBufferListPool(pool);
}

/* rules: POOL-13 */
static void moved_mdl_of_a_buffer_pool_is_whole_again(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(DATA);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
        MDL *mdl = buffer->MdlChain;
        size_t const data = (size_t)((unsigned char *)mdl->MappedSystemVa - (unsigned char *)buffer);
        cases[i].spoil(mdl);
        NdisFreeNetBuffer(buffer);
        nbl_test_expect(cases[i].report);
        buffer = NdisAllocateNetBufferMdlAndData(pool);
        expect_whole(buffer->MdlChain, (unsigned char *)buffer + data);
        NdisFreeNetBuffer(buffer);
    }
    NdisFreeNetBufferPool(pool);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(moved_mdl_of_a_list_pool_is_whole_again),
    NBL_TEST(moved_mdl_of_a_buffer_pool_is_whole_again),
};

int main(void)
{
    return cmocka_run_group_tests_name("pool_mdl_moved", tests, NULL, NULL);
}
