/* SPDX-License-Identifier: MIT
 *
 * test_pool_extra.c - what pools do beyond NDIS: whole chains at once, statistics, giving memory back, and their two modes.
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"

static bool in_malloc_mode(void)
{
    return nbl_pool_mode_in_force() == NBL_POOL_MODE_MALLOC;
}

static struct nbl_pool_statistics measured(NDIS_HANDLE pool)
{
    struct nbl_pool_statistics statistics;
    assert_true(nbl_pool_measure(pool, &statistics));
    return statistics;
}

static void free_pool(NDIS_HANDLE pool)
{
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("");
}

/* ---- chains ---- */

/* rules: NBL-03 NBL-05 */
static void take_gives_a_chain_of_fresh_lists(void **state)
{
    static ULONG const counts[] = { 1, 2, 63, 64, 65, 127, 128, 129, 200, 1000 };
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 40, 16);
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        NET_BUFFER_LIST *last = NULL, *end = NULL;
        NET_BUFFER_LIST *first = nbl_pool_take(pool, counts[i], &last);
        ULONG length = 0;
        for (NET_BUFFER_LIST *list = first; list != NULL; list = list->Next) {
            assert_ptr_equal(list->NdisPoolHandle, pool);
            assert_null(list->ParentNetBufferList);
            assert_int_equal(list->Context->Size, 16);
            assert_int_equal(list->Context->Offset, 16);
            assert_int_equal(list->FirstNetBuffer->DataOffset, 40);
            assert_int_equal(list->FirstNetBuffer->DataLength, 0);
            list->Scratch = list; /* found by the next round if it were not reset */
            end = list;
            length++;
        }
        assert_int_equal(length, counts[i]);
        assert_ptr_equal(end, last);
        assert_int_equal(nbl_test_live(pool), counts[i]);
        for (NET_BUFFER_LIST *list = first; list != NULL; list = list->Next)
            assert_ptr_equal(list->Scratch, list);
        assert_int_equal(nbl_pool_give(first), counts[i]);
        assert_int_equal(nbl_test_live(pool), 0);
    }
    free_pool(pool);
}

static void take_of_none_gives_null(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *last = (NET_BUFFER_LIST *)(void *)&pool;
    (void)state;
    assert_null(nbl_pool_take(pool, 0, &last));
    assert_null(last);
    assert_null(nbl_pool_take(pool, 0, NULL));
    assert_int_equal(nbl_pool_give(NULL), 0);
    free_pool(pool);
}

static void taken_lists_can_be_freed_one_by_one_and_others_given(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0), other = nbl_test_list_pool(TRUE, 0, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 70, NULL);
    (void)state;
    for (NET_BUFFER_LIST *next; chain != NULL; chain = next) {
        next = chain->Next;
        chain->Next = NULL;
        NdisFreeNetBufferList(chain);
    }
    for (unsigned with_context = 0; with_context < 8; with_context++) { /* each set of the three with context of its own */
        chain = NdisAllocateNetBufferList(pool, (with_context & 1) != 0 ? 32 : 0, 0);
        chain->Next = NdisAllocateNetBufferList(pool, (with_context & 2) != 0 ? 32 : 0, 0);
        chain->Next->Next = NdisAllocateNetBufferList(other, (with_context & 4) != 0 ? 32 : 0, 0);
        assert_int_equal(nbl_pool_give(chain), 3);
    }
    assert_int_equal(nbl_test_live(pool) + nbl_test_live(other), 0);
    free_pool(pool);
    free_pool(other);
}

/* rules: GEN-08 GEN-06 */
static void give_skips_what_may_not_be_freed(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 2, NULL);
    NET_BUFFER_LIST *copy = nbl_derive_copy(chain, pool, NULL, 0);
    (void)state;
    copy->Next = chain->Next;
    chain->Next = copy;
    assert_int_equal(nbl_pool_give(chain), 2);
    nbl_test_expect("GEN-08 fatal");
    assert_int_equal(nbl_test_live(pool), 1);
    nbl_derive_free_copy(copy);
    free_pool(pool);
}

/* rules: POOL-09 */
static void wrong_and_stale_handles_are_refused(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0), buffers = nbl_test_buffer_pool(0);
    NET_BUFFER_LIST *last = (NET_BUFFER_LIST *)(void *)&pool;
    struct nbl_pool_statistics untouched = { 1, 2, 3, 4, 5 };
    (void)state;
    assert_null(nbl_pool_take(buffers, 3, &last));
    assert_null(last);
    nbl_test_expect("POOL-09 fatal");
    free_pool(pool);
    assert_null(nbl_pool_take(pool, 3, NULL));
    nbl_test_expect("POOL-09 fatal");
    assert_false(nbl_pool_measure(pool, &untouched));
    nbl_test_expect("POOL-09 fatal");
    assert_int_equal(untouched.live + untouched.block, 6);
    assert_int_equal(nbl_pool_trim(pool), 0);
    nbl_test_expect("POOL-09 fatal");
    assert_false(nbl_pool_measure(NULL, &untouched));
    nbl_test_expect("POOL-09 fatal");
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("POOL-09 fatal");
    NdisFreeNetBufferPool(buffers);
}

/* ---- statistics ---- */

/* Takes and gives at random, and compares each count with one kept beside. */
static void check_counts(NDIS_HANDLE pool, void *(*take)(NDIS_HANDLE), void (*give)(void *))
{
    enum { MOST = 700 };
    static void *held[MOST];
    uint32_t random = 4711;
    uint64_t count = 0, most = 0, target = 50, block = measured(pool).block;
    for (int step = 0; step < 8000; step++) {
        struct nbl_pool_statistics now;
        random = random * 1664525u + 1013904223u;
        if (random >> 24 == 0)
            target = (random >> 8) % MOST;
        if (count < target && count < MOST)
            held[count++] = take(pool);
        else if (count > 0)
            give(held[--count]);
        most = count > most ? count : most;
        now = measured(pool);
        assert_int_equal(now.live, count);
        assert_int_equal(now.high_water, most);
        assert_int_equal(now.block, block);
        if (in_malloc_mode()) {
            assert_int_equal(now.cached, 0);
            assert_int_equal(now.bytes, count * block);
        } else {
            assert_true((now.live + now.cached) * block <= now.bytes);
            assert_true(now.cached <= most + 63);
        }
    }
    while (count > 0)
        give(held[--count]);
    assert_int_equal(measured(pool).live, 0);
    assert_int_equal(measured(pool).high_water, most);
}

static void *take_list(NDIS_HANDLE pool)
{
    return NdisAllocateNetBufferList(pool, 0, 0);
}

static void give_list(void *list)
{
    NdisFreeNetBufferList(list);
}

static void *take_buffer(NDIS_HANDLE pool)
{
    return NdisAllocateNetBufferMdlAndData(pool);
}

static void give_buffer(void *buffer)
{
    NdisFreeNetBuffer(buffer);
}

static void statistics_are_exact_for_one_thread(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 100, 32), buffers = nbl_test_buffer_pool(100);
    (void)state;
    check_counts(lists, take_list, give_list);
    check_counts(buffers, take_buffer, give_buffer);
    free_pool(lists);
    NdisFreeNetBufferPool(buffers);
}

/* rules: GEN-11 PROP-11 */
static void derived_lists_are_counted_in_the_pools_they_were_made_with(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0), with_buffer = nbl_test_list_pool(TRUE, 0, 0);
    NDIS_HANDLE buffers = nbl_test_buffer_pool(0);
    struct nbl_test_list made;
    NET_BUFFER_LIST *clones[3], *whole;
    (void)state;
    nbl_test_list_make(&made, "a10 ; b10 ; c10");
    for (int i = 0; i < 3; i++)
        clones[i] = NdisAllocateCloneNetBufferList(made.list, pool, buffers, 0);
    assert_int_equal(measured(pool).live, 3);
    assert_int_equal(measured(buffers).live, 9);
    whole = NdisAllocateReassembledNetBufferList(made.list, with_buffer, 0, 0, 0, 0);
    assert_int_equal(measured(with_buffer).live, 1);
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    for (int i = 0; i < 3; i++)
        NdisFreeCloneNetBufferList(clones[i], 0);
    assert_int_equal(measured(pool).live + measured(with_buffer).live + measured(buffers).live, 0);
    assert_int_equal(measured(pool).high_water, 3);
    assert_int_equal(measured(buffers).high_water, 9);
    nbl_test_list_free(&made);
    free_pool(pool);
    free_pool(with_buffer);
    NdisFreeNetBufferPool(buffers);
}

/* ---- giving memory back ---- */

static void memory_of_a_burst_can_be_given_back(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    ULONG const burst = 100000u / nbl_test_slowdown();
    (void)state;
    for (int round = 0; round < 2; round++) {
        NET_BUFFER_LIST *chain = nbl_pool_take(pool, burst, NULL);
        uint64_t bytes, held = nbl_memory_bytes();
        assert_non_null(chain);
        bytes = measured(pool).bytes;
        assert_true(bytes >= burst * measured(pool).block);
        assert_true(bytes <= burst * (measured(pool).block + 256) + (4u << 20));
        assert_int_equal(nbl_pool_trim(pool), 0); /* all in use */
        assert_int_equal(nbl_pool_give(chain), burst);
        assert_int_equal(nbl_pool_trim(pool), in_malloc_mode() ? 0 : bytes);
        assert_int_equal(measured(pool).bytes, 0);
        assert_int_equal(measured(pool).cached, 0);
        assert_int_equal(measured(pool).high_water, burst);
        assert_int_equal(nbl_memory_bytes(), held - bytes);
    }
    free_pool(pool);
}

static void trim_leaves_what_is_in_use(void **state)
{
    enum { BURST = 5000 };
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, BURST, NULL), *kept = NULL;
    uint64_t bytes = measured(pool).bytes, given;
    ULONG index = 0;
    (void)state;
    for (NET_BUFFER_LIST *list = chain, *next; list != NULL; list = next, index++) {
        next = list->Next;
        list->Next = NULL;
        if (index % 1000 != 0) {
            NdisFreeNetBufferList(list);
            continue;
        }
        assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 64, 0, NULL), NDIS_STATUS_SUCCESS);
        nbl_test_fill(list->FirstNetBuffer, 'k');
        list->Next = kept;
        kept = list;
    }
    given = nbl_pool_trim(pool);
    if (!in_malloc_mode())
        assert_int_equal(measured(pool).bytes, bytes - given);
    assert_int_equal(measured(pool).live, 5);
    chain = nbl_pool_take(pool, BURST, NULL);
    for (NET_BUFFER_LIST *list = kept; list != NULL; list = list->Next) {
        unsigned char data[64];
        assert_int_equal(nbl_test_data(list->FirstNetBuffer, data, sizeof(data)), 64);
        for (ULONG i = 0; i < 64; i++)
            assert_int_equal(data[i], nbl_test_byte('k', i));
    }
    assert_int_equal(nbl_pool_give(chain), BURST);
    assert_int_equal(nbl_pool_give(kept), 5);
    assert_int_equal(nbl_pool_trim(pool) > 0, !in_malloc_mode());
    assert_int_equal(measured(pool).bytes, 0);
    free_pool(pool);
}

/* rules: POOL-08 */
static void pool_with_live_objects_outlives_its_first_free(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 100, NULL);
    (void)state;
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("POOL-08 error");
    assert_int_equal(measured(pool).live, 100);
    assert_int_equal(nbl_pool_give(chain), 100);
    (void)nbl_pool_trim(pool);
    free_pool(pool);
}

/* rules: NBL-05 POOL-13 */
static void a_used_block_is_handed_out_fresh(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 48, 32);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 16, 0), *again;
    struct nbl_test_snapshot *fresh = nbl_test_snapshot_take(list);
    NET_BUFFER *buffer = list->FirstNetBuffer;
    (void)state;
    list->ParentNetBufferList = list->Scratch = list->SourceHandle = list;
    list->NblFlags = list->Flags = 0xFFFFFFFFu;
    list->Status = NDIS_STATUS_PAUSED;
    list->ChildRefCount = 0;
    memset(list->NetBufferListInfo, 0xFF, sizeof(list->NetBufferListInfo));
    memset(list->ProtocolReserved, 0xFF, sizeof(list->ProtocolReserved));
    memset(list->MiniportReserved, 0xFF, sizeof(list->MiniportReserved));
    memset(buffer->ProtocolReserved, 0xFF, sizeof(buffer->ProtocolReserved));
    memset(buffer->MiniportReserved, 0xFF, sizeof(buffer->MiniportReserved));
    buffer->ChecksumBias = 9;
    buffer->DataPhysicalAddress.QuadPart = -1;
    buffer->SharedMemoryInfo = (NET_BUFFER_SHARED_MEMORY *)(void *)list;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    list->ParentNetBufferList = NULL;
    NdisFreeNetBufferList(list);
    nbl_test_forget();
    again = NdisAllocateNetBufferList(pool, 16, 0);
    if (again == list) {
        nbl_test_unchanged(fresh, again);
    } else {
        assert_true(in_malloc_mode());
        nbl_test_snapshot_free(fresh);
    }
    NdisFreeNetBufferList(again);
    free_pool(pool);
}

/* rules: POOL-15 */
static void objects_start_on_cache_lines(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 32);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 300, NULL);
    (void)state;
    for (NET_BUFFER_LIST *list = chain; list != NULL; list = list->Next) {
        assert_int_equal((uintptr_t)list % 64, 0);
        assert_int_equal((uintptr_t)list->FirstNetBuffer % 64, 0);
        assert_int_equal((uintptr_t)nbl_test_address(list->FirstNetBuffer->MdlChain) % 64, 0);
        assert_int_equal((uintptr_t)(list->Context + 1) % MEMORY_ALLOCATION_ALIGNMENT, 0);
    }
    assert_int_equal(nbl_pool_give(chain), 300);
    free_pool(pool);
}

static void mode_is_what_the_environment_says(void **state)
{
    char const *mode = getenv("NBL_POOL_MODE");
    (void)state;
    if (mode != NULL)
        assert_int_equal(in_malloc_mode(), strcmp(mode, "malloc") == 0);
    printf("# pools: %s mode\n", in_malloc_mode() ? "malloc" : "magazine");
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(mode_is_what_the_environment_says),
        NBL_TEST(take_gives_a_chain_of_fresh_lists),
        NBL_TEST(take_of_none_gives_null),
        NBL_TEST(taken_lists_can_be_freed_one_by_one_and_others_given),
        NBL_TEST(give_skips_what_may_not_be_freed),
        NBL_TEST(wrong_and_stale_handles_are_refused),
        NBL_TEST(statistics_are_exact_for_one_thread),
        NBL_TEST(derived_lists_are_counted_in_the_pools_they_were_made_with),
        NBL_TEST(memory_of_a_burst_can_be_given_back),
        NBL_TEST(trim_leaves_what_is_in_use),
        NBL_TEST(pool_with_live_objects_outlives_its_first_free),
        NBL_TEST(a_used_block_is_handed_out_fresh),
        NBL_TEST(objects_start_on_cache_lines),
    };
    return NBL_TEST_RUN("pool_extra", tests);
}
