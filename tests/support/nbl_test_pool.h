/* SPDX-License-Identifier: MIT
 *
 * nbl_test_pool.h - pools in one line.
 */
#ifndef NBL_TEST_POOL_H
#define NBL_TEST_POOL_H

#include <nbl/nbl.h>

/* nbl_test_list_pool makes a NBL pool: fAllocateNetBuffer, DataSize and ContextSize as given, revision 1, protocol id
 * 0. The test fails when there is none. */
NDIS_HANDLE nbl_test_list_pool(BOOLEAN with_buffer, ULONG data_size, USHORT context_size);

/* nbl_test_buffer_pool makes a NB pool. The test fails when there is none. */
NDIS_HANDLE nbl_test_buffer_pool(ULONG data_size);

/* nbl_test_live counts the objects of a pool that are in use. */
uint64_t nbl_test_live(NDIS_HANDLE pool);

#endif
