/* SPDX-License-Identifier: MIT
 *
 * test_net_buffer.c - NET_BUFFERs from pools: their fields, their MDLs, who frees them (rules NB).
 */
#include "nbl_test.h"

static bool all_zero(void const *memory, size_t bytes)
{
    unsigned char const *byte = memory;
    while (bytes-- > 0)
        if (*byte++ != 0)
            return false;
    return true;
}

static void expect_fresh(NET_BUFFER const *buffer, NDIS_HANDLE pool)
{
    assert_null(buffer->Next);
    assert_int_equal(buffer->ChecksumBias, 0);
    assert_int_equal(buffer->Reserved, 0);
    assert_ptr_equal(buffer->NdisPoolHandle, pool);
    assert_ptr_equal(NdisGetPoolFromNetBuffer(buffer), pool);
    assert_true(all_zero(buffer->ProtocolReserved, sizeof(buffer->ProtocolReserved)));
    assert_true(all_zero(buffer->MiniportReserved, sizeof(buffer->MiniportReserved)));
    assert_true(buffer->DataPhysicalAddress.QuadPart == 0);
    assert_null(buffer->SharedMemoryInfo);
    assert_true((uintptr_t)buffer % MEMORY_ALLOCATION_ALIGNMENT == 0);
    nbl_test_canonical(buffer);
}

/* A driver's traces in every field that it may write. */
static void scribble(NET_BUFFER *buffer)
{
    buffer->Next = buffer;
    buffer->ChecksumBias = 0x1234;
    buffer->Reserved = 0x5678;
    memset(buffer->ProtocolReserved, 0xAB, sizeof(buffer->ProtocolReserved));
    memset(buffer->MiniportReserved, 0xAB, sizeof(buffer->MiniportReserved));
    buffer->DataPhysicalAddress.QuadPart = 77;
    buffer->SharedMemoryInfo = (NET_BUFFER_SHARED_MEMORY *)(void *)buffer;
}

/* rules: NB-01 NB-02 NB-14 NB-15 NB-20 NB-26 POOL-02 POOL-15 */
static void reused_buffer_is_as_fresh_as_the_first(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    struct nbl_test_chain chain;
    (void)state;
    nbl_test_chain_make(&chain, "a4 z0 b6");
    for (int round = 0; round < 3; round++) {
        NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, chain.first, 4, 5);
        assert_non_null(buffer);
        expect_fresh(buffer, pool);
        assert_ptr_equal(buffer->MdlChain, chain.first);
        assert_string_equal(nbl_test_state(buffer), "4 0 6 DO=4 DL=5 2+0");
        scribble(buffer);
        NdisFreeNetBuffer(buffer);
    }
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferPool(pool);
}

/* rules: NB-24 NB-20 POOL-12 POOL-13 POOL-15 */
static void reused_buffer_with_data_is_as_fresh_as_the_first(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(96);
    struct nbl_test_chain chain;
    (void)state;
    nbl_test_chain_make(&chain, "a4");
    for (int round = 0; round < 3; round++) {
        NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
        MDL *mdl;
        assert_non_null(buffer);
        expect_fresh(buffer, pool);
        assert_string_equal(nbl_test_state(buffer), "96 DO=96 DL=0 0+96");
        mdl = buffer->MdlChain;
        assert_null(mdl->Next);
        assert_int_equal(mdl->MdlFlags, MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE);
        mdl->MdlFlags |= MDL_NETWORK_HEADER; /* flags are the driver's to change */
        assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 96, 0, NULL), NDIS_STATUS_SUCCESS);
        nbl_test_fill(buffer, 'd');
        scribble(buffer);
        mdl->Next = chain.first;
        buffer->MdlChain = chain.first;
        buffer->stDataLength = 4;
        NdisFreeNetBuffer(buffer);
    }
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferPool(pool);
}

/* rules: NB-24 POOL-13 POOL-12 */
static void byte_count_of_a_pool_mdl_that_was_not_restored_is_reported_and_reset(void **state)
{
    NDIS_HANDLE buffers = nbl_test_buffer_pool(64);
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(buffers);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(lists, 0, 0);
    (void)state;
    assert_non_null(buffer);
    assert_non_null(list);
    buffer->MdlChain->ByteCount = 10;
    buffer->MdlChain->Next = buffer->MdlChain;
    NdisFreeNetBuffer(buffer);
    nbl_test_expect("POOL-13 error");
    list->FirstNetBuffer->MdlChain->ByteCount = 65;
    list->FirstNetBuffer->MdlChain->Next = list->FirstNetBuffer->MdlChain;
    NdisFreeNetBufferList(list);
    nbl_test_expect("POOL-13 error");
    buffer = NdisAllocateNetBufferMdlAndData(buffers);
    list = NdisAllocateNetBufferList(lists, 0, 0);
    assert_string_equal(nbl_test_state(buffer), "64 DO=64 DL=0 0+64");
    assert_string_equal(nbl_test_state(list->FirstNetBuffer), "64 DO=64 DL=0 0+64");
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferPool(buffers);
    NdisFreeNetBufferListPool(lists);
}

/* A pool's MDL chain may hold anything when the block is freed. */
/* rules: NB-21 NB-25 POOL-13 */
static void buffer_is_freed_alone_whatever_its_next_and_its_chain_say(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *first = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    NET_BUFFER *second = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    (void)state;
    assert_non_null(first);
    assert_non_null(second);
    first->Next = second;
    first->MdlChain = (MDL *)(uintptr_t)16;
    first->CurrentMdl = (MDL *)(uintptr_t)16;
    NdisFreeNetBuffer(first);
    assert_int_equal(nbl_test_live(pool), 1);
    NdisFreeNetBuffer(second);
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferPool(pool);
}

/* rules: NB-25 */
static void retreat_memory_left_on_a_buffer_is_reported_and_reclaimed(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(16);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
    (void)state;
    assert_non_null(buffer);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 30, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeNetBuffer(buffer);
    nbl_test_expect("NB-25 error, NB-25 error");
    NdisFreeNetBufferPool(pool);
}

static void free_buffer(void *buffer)
{
    NdisFreeNetBuffer(buffer);
}

/* rules: NB-25 */
static void buffer_that_is_not_a_pools_own_is_not_freed(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, pool, 0);
    assert_non_null(clone);
    NdisFreeNetBuffer(clone->FirstNetBuffer);
    nbl_test_expect("NB-25 fatal");
    NdisFreeNetBuffer(clone->FirstNetBuffer->Next);
    nbl_test_expect("NB-25 fatal");
    assert_string_equal(nbl_test_state(clone->FirstNetBuffer->Next), "4 DO=0 DL=4 0+0");
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
    NdisFreeNetBuffer(buffer);
    nbl_test_misuse_freed(free_buffer, buffer, "NB-25 fatal");
    assert_int_equal(nbl_test_live(pool), 0);
    NdisFreeNetBufferPool(pool);
}

/* rules: NB-26 NBL-09 */
static void embedded_buffer_reports_the_list_pool(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    (void)state;
    assert_non_null(list);
    expect_fresh(list->FirstNetBuffer, pool);
    assert_ptr_equal(NdisGetPoolFromNetBufferList(list), pool);
    assert_string_equal(nbl_test_state(list->FirstNetBuffer), "NULL DO=0 DL=0 NULL+0");
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: NB-05 NB-05a */
static void every_writer_clears_the_upper_half_of_the_data_length(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER *buffer;
    (void)state;
    nbl_test_list_make(&made, "a20 DO=10 DL=10");
    buffer = made.buffers[0];
#if UINTPTR_MAX > 0xFFFFFFFFu
#  define SPOIL() (buffer->stDataLength |= (SIZE_T)0x12345678u << 32)
#else
#  define SPOIL() ((void)0)
#endif
    assert_true(buffer->stDataLength == 10 && buffer->DataLength == 10);
    SPOIL();
    assert_int_equal(buffer->DataLength, 10);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 2, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_true(buffer->stDataLength == 12);
    SPOIL();
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_true(buffer->stDataLength == 32);
    SPOIL();
    NdisAdvanceNetBufferDataStart(buffer, 1, FALSE, NULL);
    assert_true(buffer->stDataLength == 31);
    SPOIL();
    NdisAdvanceNetBufferDataStart(buffer, 21, TRUE, NULL);
    assert_true(buffer->stDataLength == 10);
    SPOIL();
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 1, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_true(buffer->stDataLength == 11);
    nbl_test_list_free(&made);
}

/* rules: NB-12 NBL-06 */
static void embedded_buffer_takes_another_chain_by_its_five_fields(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
    struct nbl_test_chain chain;
    (void)state;
    nbl_test_chain_make(&chain, "a4 b6");
    NET_BUFFER_FIRST_MDL(buffer) = chain.first;
    NET_BUFFER_DATA_OFFSET(buffer) = 5;
    NET_BUFFER_DATA_LENGTH(buffer) = 3;
    NET_BUFFER_CURRENT_MDL(buffer) = chain.mdls[1].mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(buffer) = 1;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 3, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_string_equal(nbl_test_state(buffer), "4 6 DO=2 DL=6 0+2");
    NET_BUFFER_FIRST_MDL(buffer) = NULL;
    NET_BUFFER_DATA_OFFSET(buffer) = 0;
    NET_BUFFER_DATA_LENGTH(buffer) = 0;
    NET_BUFFER_CURRENT_MDL(buffer) = NULL;
    NET_BUFFER_CURRENT_MDL_OFFSET(buffer) = 0;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 3, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_string_equal(nbl_test_state(buffer), "3 DO=0 DL=3 0+0");
    NdisAdvanceNetBufferDataStart(buffer, 3, TRUE, NULL);
    NdisFreeNetBufferList(list);
    nbl_test_chain_free(&chain);
    NdisFreeNetBufferListPool(pool);
}

/* rules: NB-13 NB-03 RET-03 */
static void moving_the_window_touches_no_reserved_area_and_no_byte(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a4 b6 DO=3 DL=4 ; c4 DO=2 DL=2");
    for (int i = 0; i < 2; i++) {
        memset(made.buffers[i]->ProtocolReserved, 0x11, sizeof(made.buffers[i]->ProtocolReserved));
        memset(made.buffers[i]->MiniportReserved, 0x22, sizeof(made.buffers[i]->MiniportReserved));
        made.buffers[i]->ChecksumBias = 3;
        made.buffers[i]->DataPhysicalAddress.QuadPart = 99;
    }
    before = nbl_test_snapshot_take(made.list);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 2, 9, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferListDataStart(made.list, 3, FALSE, NULL);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 8, 9, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferListDataStart(made.list, 7, TRUE, NULL);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

/* rules: NB-16a NB-16 */
static void buffers_may_be_unlinked_and_linked_back(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    NET_BUFFER *second;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 ; c4");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    second = clone->FirstNetBuffer->Next;
    clone->FirstNetBuffer->Next = NULL;
    assert_int_equal(NdisRetreatNetBufferListDataStart(clone, 2, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(clone->FirstNetBuffer->DataLength, 6);
    assert_int_equal(second->DataLength, 4);
    NdisAdvanceNetBufferListDataStart(clone, 2, TRUE, NULL);
    clone->FirstNetBuffer = NULL; /* never linked back: freeing works from libnbl's record all the same */
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
}

/* rules: NB-17 NBL-13 */
static void accessors_are_the_fields_themselves(void **state)
{
    NET_BUFFER buffer;
    NET_BUFFER_SHARED_MEMORY memory;
    (void)state;
    assert_ptr_equal(&NET_BUFFER_NEXT_NB(&buffer), &buffer.Next);
    assert_ptr_equal(&NET_BUFFER_FIRST_MDL(&buffer), &buffer.MdlChain);
    assert_ptr_equal(&NET_BUFFER_CURRENT_MDL(&buffer), &buffer.CurrentMdl);
    assert_ptr_equal(&NET_BUFFER_CURRENT_MDL_OFFSET(&buffer), &buffer.CurrentMdlOffset);
    assert_ptr_equal(&NET_BUFFER_DATA_LENGTH(&buffer), &buffer.DataLength);
    assert_ptr_equal(&NET_BUFFER_DATA_OFFSET(&buffer), &buffer.DataOffset);
    assert_ptr_equal(NET_BUFFER_PROTOCOL_RESERVED(&buffer), buffer.ProtocolReserved);
    assert_ptr_equal(NET_BUFFER_MINIPORT_RESERVED(&buffer), buffer.MiniportReserved);
    assert_ptr_equal(&NET_BUFFER_CHECKSUM_BIAS(&buffer), &buffer.ChecksumBias);
    assert_ptr_equal(&NET_BUFFER_DATA_PHYSICAL_ADDRESS(&buffer), &buffer.DataPhysicalAddress);
    assert_ptr_equal(&NET_BUFFER_FIRST_SHARED_MEM_INFO(&buffer), &buffer.SharedMemoryInfo);
    assert_ptr_equal(&NET_BUFFER_SCATTER_GATHER_LIST(&buffer), &buffer.ScatterGatherList);
    assert_ptr_equal(&NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(&memory), &memory.NextSharedMemorySegment);
    assert_ptr_equal(&NET_BUFFER_SHARED_MEM_FLAGS(&memory), &memory.SharedMemoryFlags);
    assert_ptr_equal(&NET_BUFFER_SHARED_MEM_HANDLE(&memory), &memory.SharedMemoryHandle);
    assert_ptr_equal(&NET_BUFFER_SHARED_MEM_OFFSET(&memory), &memory.SharedMemoryOffset);
    assert_ptr_equal(&NET_BUFFER_SHARED_MEM_LENGTH(&memory), &memory.SharedMemoryLength);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(reused_buffer_is_as_fresh_as_the_first),
    NBL_TEST(reused_buffer_with_data_is_as_fresh_as_the_first),
    NBL_TEST(byte_count_of_a_pool_mdl_that_was_not_restored_is_reported_and_reset),
    NBL_TEST(buffer_is_freed_alone_whatever_its_next_and_its_chain_say),
    NBL_TEST(retreat_memory_left_on_a_buffer_is_reported_and_reclaimed),
    NBL_TEST(buffer_that_is_not_a_pools_own_is_not_freed),
    NBL_TEST(embedded_buffer_reports_the_list_pool),
    NBL_TEST(every_writer_clears_the_upper_half_of_the_data_length),
    NBL_TEST(embedded_buffer_takes_another_chain_by_its_five_fields),
    NBL_TEST(moving_the_window_touches_no_reserved_area_and_no_byte),
    NBL_TEST(buffers_may_be_unlinked_and_linked_back),
    NBL_TEST(accessors_are_the_fields_themselves),
};

int main(void)
{
    return NBL_TEST_RUN("net_buffer", tests);
}
