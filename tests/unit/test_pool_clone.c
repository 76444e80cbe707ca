/* SPDX-License-Identifier: MIT
 *
 * test_pool_clone.c - clones that are blocks of the pool that they come from: of one NET_BUFFER, in a pool that brings
 * NET_BUFFERs without data.
 */
#include "nbl_test.h"
#include "nbl_test_events.h"
#include "nbl_test_pool.h"

#include <string.h>

#define SHARE NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS

static NDIS_HANDLE packets;
static NDIS_HANDLE clones;
static NET_BUFFER_LIST *original;

/* A list of 60 bytes with a backfill of 4, and both pools. */
static void begin(void)
{
    packets = nbl_test_list_pool(TRUE, 64, 0);
    clones = nbl_test_list_pool(TRUE, 0, 0);
    original = NdisAllocateNetBufferList(packets, 0, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(original->FirstNetBuffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    original->FirstNetBuffer->ChecksumBias = 7;
}

static void end(void)
{
    assert_int_equal(nbl_test_live(packets), 0);
    assert_int_equal(nbl_test_live(clones), 0);
    NdisFreeNetBufferListPool(clones);
    NdisFreeNetBufferListPool(packets);
}

static void check_clone(NET_BUFFER_LIST const *clone, NET_BUFFER const *of, ULONG flags)
{
    NET_BUFFER const *buffer = clone->FirstNetBuffer;
    assert_ptr_equal(NdisGetPoolFromNetBufferList(clone), clones);
    assert_ptr_equal(buffer->NdisPoolHandle, clones);
    assert_null(clone->Next);
    assert_null(clone->Context);
    assert_null(clone->ParentNetBufferList);
    assert_null(buffer->Next);
    assert_int_equal(buffer->DataLength, of->DataLength);
    assert_int_equal(buffer->ChecksumBias, of->ChecksumBias);
    assert_int_equal(buffer->DataOffset, flags == SHARE ? of->CurrentMdlOffset : 0);
    assert_int_equal(buffer->CurrentMdlOffset, buffer->DataOffset);
    assert_ptr_equal(buffer->CurrentMdl, buffer->MdlChain);
    assert_int_equal(buffer->MdlChain == of->CurrentMdl, flags == SHARE);
    assert_ptr_equal((UCHAR *)MmGetSystemAddressForMdlSafe(buffer->CurrentMdl, NormalPagePriority)
                         + buffer->CurrentMdlOffset,
                     (UCHAR *)MmGetSystemAddressForMdlSafe(of->CurrentMdl, NormalPagePriority) + of->CurrentMdlOffset);
}

/* rules: CLONE-04, CLONE-05, CLONE-09, GEN-10, GEN-11 */
static void clone_shows_the_bytes_and_counts_in_its_pool(void **state)
{
    static ULONG const both[] = { 0, SHARE };
    (void)state;
    begin();
    for (size_t i = 0; i < 200; i++) { /* more than a magazine starts with, and the quick path of each */
        ULONG const flags = both[i % 2];
        NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(original, clones, NULL, flags);
        assert_non_null(clone);
        check_clone(clone, original->FirstNetBuffer, flags);
        assert_int_equal(nbl_test_live(clones), 1);
        assert_int_equal(nbl_derive_children(original), 1);
        memset(clone->NetBufferListInfo, 0xEE, sizeof(clone->NetBufferListInfo));
        memset(clone->FirstNetBuffer->ProtocolReserved, 0xEE, sizeof(clone->FirstNetBuffer->ProtocolReserved));
        NdisFreeCloneNetBufferList(clone, flags);
        assert_int_equal(nbl_derive_children(original), 0);
    }
    NdisFreeNetBufferList(original);
    end();
}

/* rules: NBL-05, GEN-10 */
static void block_of_a_clone_is_a_fresh_list_again(void **state)
{
    NET_BUFFER_LIST *list;
    NET_BUFFER_LIST *clone;
    (void)state;
    begin();
    for (int i = 0; i < 3; i++) {
        clone = NdisAllocateCloneNetBufferList(original, clones, NULL, 0);
        memset(clone->NetBufferListInfo, 0xEE, sizeof(clone->NetBufferListInfo));
        NdisFreeCloneNetBufferList(clone, 0);
        list = NdisAllocateNetBufferList(clones, 0, 0);
        for (size_t slot = 0; slot < MaxNetBufferListInfo; slot++)
            assert_null(list->NetBufferListInfo[slot]);
        assert_null(list->FirstNetBuffer->MdlChain);
        assert_int_equal(list->FirstNetBuffer->DataLength, 0);
        NdisFreeNetBufferList(list);
    }
    NdisFreeNetBufferList(original);
    end();
}

/* rules: GEN-06, CLONE-10 */
static void ancestors_wait_for_the_last_clone(void **state)
{
    NET_BUFFER_LIST *clone;
    NET_BUFFER_LIST *grandchild;
    UCHAR *data;
    (void)state;
    begin();
    data = NdisGetDataBuffer(original->FirstNetBuffer, 60, NULL, 1, 0);
    memset(data, 0x5A, 60);
    clone = NdisAllocateCloneNetBufferList(original, clones, NULL, 0);
    grandchild = NdisAllocateCloneNetBufferList(clone, clones, NULL, SHARE);
    NdisFreeNetBufferList(original);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("GEN-06 error, GEN-06 error");
    assert_int_equal(nbl_test_live(packets), 1);
    assert_int_equal(nbl_test_live(clones), 2);
    data = NdisGetDataBuffer(grandchild->FirstNetBuffer, 60, NULL, 1, 0);
    assert_int_equal(data[0] + data[59], 2 * 0x5A);
    NdisFreeCloneNetBufferList(grandchild, SHARE);
    end();
}

/* rules: GEN-08, CLONE-11 */
static void clone_is_freed_by_its_own_routine_with_its_own_flags(void **state)
{
    NET_BUFFER_LIST *clone;
    (void)state;
    begin();
    clone = NdisAllocateCloneNetBufferList(original, clones, NULL, SHARE);
    NdisFreeNetBufferList(clone);
    nbl_test_expect("GEN-08 fatal");
    NdisFreeFragmentNetBufferList(clone, 0, 0);
    nbl_test_expect("GEN-08 fatal");
    nbl_derive_free_copy(clone);
    nbl_test_expect("GEN-08 fatal");
    assert_int_equal(nbl_test_live(clones), 1);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("CLONE-11 fatal");
    assert_int_equal(nbl_test_live(clones), 0);
    NdisFreeNetBufferList(original);
    end();
}

/* rules: CLONE-12, RET-05 */
static void what_a_driver_left_on_a_clone_goes_with_it(void **state)
{
    NET_BUFFER_LIST *clone;
    (void)state;
    begin();
    clone = NdisAllocateCloneNetBufferList(original, clones, NULL, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisAllocateNetBufferListContext(clone, 16, 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("CLONE-12 warning, CLONE-12 error");
    NdisFreeNetBufferList(original);
    end();
}

/* What does not fit a block of the pool is a clone all the same. */
/* rules: CLONE-03, CLONE-08, GEN-11 */
static void unusual_originals_are_cloned_too(void **state)
{
    NDIS_HANDLE buffers = nbl_test_buffer_pool(0);
    NET_BUFFER *second;
    NET_BUFFER_LIST *clone;
    (void)state;
    begin();
    second = NdisAllocateNetBuffer(buffers, NULL, 0, 0);
    original->FirstNetBuffer->Next = second;
    clone = NdisAllocateCloneNetBufferList(original, clones, NULL, 0);
    assert_non_null(clone->FirstNetBuffer->Next);
    assert_int_equal(nbl_test_live(clones), 1);
    NdisFreeCloneNetBufferList(clone, 0);
    original->FirstNetBuffer->Next = NULL;
    NdisAdvanceNetBufferDataStart(original->FirstNetBuffer, 60, FALSE, NULL);
    for (ULONG flags = 0; flags <= SHARE; flags += SHARE) {
        clone = NdisAllocateCloneNetBufferList(original, clones, buffers, flags);
        assert_int_equal(clone->FirstNetBuffer->DataLength, 0);
        NdisFreeCloneNetBufferList(clone, flags);
    }
    NdisFreeNetBuffer(second);
    NdisFreeNetBufferPool(buffers);
    NdisFreeNetBufferList(original);
    end();
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(clone_shows_the_bytes_and_counts_in_its_pool),
        NBL_TEST(block_of_a_clone_is_a_fresh_list_again),
        NBL_TEST(ancestors_wait_for_the_last_clone),
        NBL_TEST(clone_is_freed_by_its_own_routine_with_its_own_flags),
        NBL_TEST(what_a_driver_left_on_a_clone_goes_with_it),
        NBL_TEST(unusual_originals_are_cloned_too),
    };
    return NBL_TEST_RUN("pool_clone", tests);
}
