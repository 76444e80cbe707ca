/* SPDX-License-Identifier: MIT
 *
 * nbl_test_pool.c - pools in one line.
 */
#include "nbl_test.h"

NDIS_HANDLE nbl_test_list_pool(BOOLEAN with_buffer, ULONG data_size, USHORT context_size)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { 0 };
    NDIS_HANDLE pool;
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.fAllocateNetBuffer = with_buffer;
    parameters.DataSize = data_size;
    parameters.ContextSize = context_size;
    pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    assert_non_null(pool);
    return pool;
}

NDIS_HANDLE nbl_test_buffer_pool(ULONG data_size)
{
    NET_BUFFER_POOL_PARAMETERS parameters = { 0 };
    NDIS_HANDLE pool;
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.DataSize = data_size;
    pool = NdisAllocateNetBufferPool(NULL, &parameters);
    assert_non_null(pool);
    return pool;
}

uint64_t nbl_test_live(NDIS_HANDLE pool)
{
    struct nbl_pool_statistics statistics;
    assert_true(nbl_pool_measure(pool, &statistics));
    return statistics.live;
}
