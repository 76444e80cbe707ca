/* SPDX-License-Identifier: MIT
 *
 * test_pool_buffers.c - whole chains of NET_BUFFERs: taken all or not at all, each as fresh as one taken alone, given back.
 */
#include "nbl_test.h"

#include <nbl/fault.h>

#define LONG_CHAIN 300u

static NDIS_HANDLE buffer_pool(ULONG data_size)
{
    NET_BUFFER_POOL_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
        .DataSize = data_size,
    };
    NDIS_HANDLE pool = NdisAllocateNetBufferPool(NULL, &parameters);
    assert_non_null(pool);
    return pool;
}

static uint64_t live(NDIS_HANDLE pool)
{
    struct nbl_pool_statistics statistics;
    assert_true(nbl_pool_measure(pool, &statistics));
    return statistics.live;
}

static void check_fresh(NET_BUFFER const *buffer, NDIS_HANDLE pool, ULONG data_size)
{
    assert_ptr_equal(NdisGetPoolFromNetBuffer(buffer), pool);
    assert_int_equal(buffer->DataOffset, data_size);
    assert_int_equal(buffer->stDataLength, 0);
    assert_int_equal(buffer->CurrentMdlOffset, data_size);
    assert_ptr_equal(buffer->CurrentMdl, buffer->MdlChain);
    assert_int_equal(buffer->MdlChain == NULL, data_size == 0);
    for (size_t i = 0; i < 6; i++)
        assert_null(buffer->ProtocolReserved[i]);
}

/* rules: NB-20 NB-24 POOL-12 */
static void chain_holds_as_many_fresh_buffers_as_asked_for(void **state)
{
    static ULONG const sizes[] = { 0, 256 };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        NDIS_HANDLE pool = buffer_pool(sizes[i]);
        for (int round = 0; round < 3; round++) {
            NET_BUFFER *last = NULL;
            NET_BUFFER *chain = nbl_pool_take_buffers(pool, LONG_CHAIN, &last);
            ULONG count = 0;
            for (NET_BUFFER *buffer = chain; buffer != NULL; buffer = buffer->Next) {
                check_fresh(buffer, pool, sizes[i]);
                buffer->ProtocolReserved[3] = pool;
                assert_int_equal(buffer == last, ++count == LONG_CHAIN);
            }
            assert_int_equal(count, LONG_CHAIN);
            assert_int_equal(live(pool), LONG_CHAIN);
            assert_int_equal(nbl_pool_give_buffers(chain), LONG_CHAIN);
            assert_int_equal(live(pool), 0);
        }
        NdisFreeNetBufferPool(pool);
    }
}

/* rules: GEN-00 POOL-09 */
static void chain_that_cannot_be_had_whole_leaves_nothing(void **state)
{
    NDIS_HANDLE pool = buffer_pool(64);
    NET_BUFFER *last = (NET_BUFFER *)pool;
    (void)state;
    for (uint64_t nth = 1; nth <= 5; nth++) {
        nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        assert_null(nbl_pool_take_buffers(pool, 5, &last));
        assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
        assert_null(last);
        assert_int_equal(live(pool), 0);
    }
    assert_null(nbl_pool_take_buffers(pool, 0, &last));
    assert_null(nbl_pool_take_buffers(NULL, 3, NULL));
    assert_int_equal(nbl_pool_give_buffers(NULL), 0);
    NdisFreeNetBufferPool(pool);
}

/* rules: NB-25 */
static void buffer_that_came_with_a_list_is_skipped_when_a_chain_is_given(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 64, 0);
    NDIS_HANDLE buffers = buffer_pool(0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(lists, 0, 0);
    NET_BUFFER *chain = nbl_pool_take_buffers(buffers, 2, NULL);
    (void)state;
    list->FirstNetBuffer->Next = chain;
    assert_int_equal(nbl_pool_give_buffers(list->FirstNetBuffer), 2);
    assert_int_equal(live(buffers), 0);
    assert_int_equal(live(lists), 1);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
}

static struct CMUnitTest const tests[] = {
    cmocka_unit_test(chain_holds_as_many_fresh_buffers_as_asked_for),
    cmocka_unit_test(chain_that_cannot_be_had_whole_leaves_nothing),
    cmocka_unit_test(buffer_that_came_with_a_list_is_skipped_when_a_chain_is_given),
};

int main(void)
{
    return cmocka_run_group_tests_name("chains of NET_BUFFERs", tests, NULL, NULL);
}
