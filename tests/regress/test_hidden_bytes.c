/* SPDX-License-Identifier: MIT
 *
 * test_hidden_bytes.c - backfill that is hidden from the memory checker does not stay hidden from whoever may use it.
 *
 * Symptom: AddressSanitizer and Valgrind reported a driver that wrote through a partial MDL over a pool's data, and
 * an allocator that handed on the memory of a large retreat.
 * Cause: IoBuildPartialMdl gave the address of the source's bytes without showing them; memory beyond the largest
 * class went back to the allocator with its unused backfill still hidden.
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"

#include "base/port.h"

#define DATA 256u
#define LARGE 100000u /* more than the first chunk of a pool */

/* rules: MDL-17 NB-03 */
static void bytes_of_a_partial_mdl_are_visible(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, DATA, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    MDL *source = list->FirstNetBuffer->MdlChain;
    UCHAR *base = MmGetMdlVirtualAddress(source);
    MDL *target = IoAllocateMdl(base, DATA, FALSE, FALSE, NULL);
    UCHAR *bytes;
    (void)state;
    assert_non_null(target);
    IoBuildPartialMdl(source, target, base + 40, 100);
    bytes = MmGetSystemAddressForMdlSafe(target, NormalPagePriority);
    assert_ptr_equal(bytes, base + 40);
    assert_int_equal(nbl_test_dead_bytes(bytes, 100), 0);
    memset(bytes, 0x5A, 100);
    if (nbl_test_checker_present() != NBL_TEST_CHECKER_NONE && nbl_pool_mode_in_force() == NBL_POOL_MODE_MAGAZINE)
        assert_true(nbl_test_dead_bytes(base + 140, DATA - 140) > 0); /* nobody asked for these */
    IoFreeMdl(target);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* The platform's allocator, but for one large piece, which is looked at when it comes back. */
static _Alignas(64) unsigned char piece[2 * LARGE];
static size_t dead;

static void *piece_allocate(void *context, size_t bytes, size_t alignment)
{
    (void)context;
    if (bytes > LARGE && bytes <= sizeof(piece))
        return piece;
    return nbl__port_allocate(NULL, bytes, alignment);
}

static void piece_release(void *context, void *memory, size_t bytes)
{
    if (memory == piece)
        dead += nbl_test_dead_bytes(piece, bytes);
    else
        nbl__port_release(context, memory, bytes);
}

/* rules: POOL-14 */
static void large_memory_goes_back_visible(void **state)
{
    struct nbl_allocator const one_piece = { piece_allocate, piece_release, NULL };
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    (void)state;
    (void)nbl_memory_trim();
    assert_true(nbl_allocator_set(&one_piece));
    dead = 0;
    pool = nbl_test_list_pool(TRUE, 0, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, LARGE, 1000, NULL), NDIS_STATUS_SUCCESS);
    assert_true((unsigned char *)list->FirstNetBuffer->MdlChain > piece);
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, LARGE, TRUE, NULL);
    assert_int_equal(dead, 0);
    memset(piece, 0, sizeof(piece));
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    (void)nbl_memory_trim();
    assert_true(nbl_allocator_set(NULL));
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(bytes_of_a_partial_mdl_are_visible),
    NBL_TEST(large_memory_goes_back_visible),
};

int main(void)
{
    return cmocka_run_group_tests_name("hidden_bytes", tests, NULL, NULL);
}
