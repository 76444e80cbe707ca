/* SPDX-License-Identifier: MIT
 *
 * test_buffer.c - retreat, advance, read and copy where a row of text cannot say it: handlers, whole lists, bytes
 * (rules RET, ADV, GDB, COPY). The windows themselves are in vectors/.
 */
#include "nbl_test.h"

/* What the handlers were asked for and gave. They have no context argument. */
static struct {
    struct nbl_test_mdl made[8];
    ULONG asked[8];
    ULONG give[8]; /* bytes of the MDL to return; 0 for as many as asked */
    unsigned calls;
    unsigned limit; /* calls that succeed */
    unsigned freed[8];
    unsigned frees;
} handler;

static void handler_reset(unsigned limit)
{
    memset(&handler, 0, sizeof(handler));
    handler.limit = limit;
}

static MDL *allocate_mdl(ULONG *size)
{
    unsigned const call = handler.calls++;
    struct nbl_test_token token = { "h", *size, -1, 0 };
    assert_true(call < 8);
    handler.asked[call] = *size;
    if (call >= handler.limit)
        return NULL;
    if (handler.give[call] != 0)
        token.length = handler.give[call];
    nbl_test_mdl_make(&handler.made[call], &token);
    *size = 0;
    return handler.made[call].mdl;
}

static VOID free_mdl(MDL *mdl)
{
    for (unsigned i = 0; i < handler.calls; i++) {
        if (handler.made[i].mdl != mdl)
            continue;
        assert_null(mdl->Next);
        assert_int_equal(mdl->ByteCount, handler.made[i].length);
        handler.freed[handler.frees++] = i;
        nbl_test_mdl_free(&handler.made[i]);
        return;
    }
    fail_msg("%s", "not an MDL of this handler");
}

/* ---- retreat ---- */

/* rules: RET-01 RET-03 RET-19 */
static void retreat_within_backfill_allocates_nothing_and_writes_nothing(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 b6 DO=7 DL=3");
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 7, 100, allocate_mdl), NDIS_STATUS_SUCCESS);
    assert_int_equal(nbl_fault_points(NBL_FAULT_ALLOCATION), 0);
    nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    for (ULONG i = 0; i < 10; i++)
        assert_int_equal(made.chains[0].mdls[i / 4 > 0].bytes[i < 4 ? i : i - 4],
                         i < 4 ? nbl_test_byte('a', i) : nbl_test_byte('b', i - 4));
    nbl_test_list_free(&made);
}

/* rules: RET-07 RET-18 RET-05 POOL-14 */
static void retreat_memory_is_one_mapped_mdl_and_all_of_it_may_be_written(void **state)
{
    struct nbl_test_list made;
    unsigned char *header;
    MDL *mdl;
    (void)state;
    nbl_test_list_make(&made, "a4");
    for (ULONG backfill = 0; backfill <= 5000; backfill = 3 * backfill + 1) {
        assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 50, backfill, NULL), NDIS_STATUS_SUCCESS);
        mdl = made.buffers[0]->MdlChain;
        assert_int_equal(mdl->ByteCount, 50 + backfill);
        assert_true((mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL) != 0);
        header = NdisGetDataBuffer(made.buffers[0], 50, NULL, 1, 0);
        assert_non_null(header);
        memset(header, 0xE1, 50);
        assert_ptr_equal(header, (unsigned char *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) + backfill);
        memset(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), 0xE2, mdl->ByteCount);
        assert_int_equal(made.chains[0].mdls[0].bytes[0], nbl_test_byte('a', 0));
        NdisAdvanceNetBufferDataStart(made.buffers[0], 50, TRUE, NULL);
        assert_string_equal(nbl_test_state(made.buffers[0]), "4 DO=0 DL=4 0+0");
    }
    nbl_test_list_free(&made);
}

/* rules: RET-12 ADV-11 */
static void handler_is_asked_for_delta_and_backfill_and_its_mdl_comes_back_as_it_was(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=4 DL=6");
    handler_reset(8);
    handler.give[0] = 40;
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 14, 20, allocate_mdl), NDIS_STATUS_SUCCESS);
    assert_int_equal(handler.calls, 1);
    assert_int_equal(handler.asked[0], 34);
    assert_string_equal(nbl_test_state(made.buffers[0]), "40 10 DO=30 DL=20 0+30");
    /* The driver shortens the MDL by what it does not use, as real ones do. */
    made.buffers[0]->MdlChain->ByteCount = 35;
    made.buffers[0]->DataOffset = 25;
    made.buffers[0]->CurrentMdlOffset = 25;
    NdisAdvanceNetBufferDataStart(made.buffers[0], 14, TRUE, free_mdl);
    assert_int_equal(handler.frees, 1);
    assert_string_equal(nbl_test_state(made.buffers[0]), "10 DO=4 DL=6 0+4");
    nbl_test_list_free(&made);
}

/* rules: RET-10 RET-12 */
static void buffer_is_usable_after_a_retreat_without_memory(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=4 DL=6");
    before = nbl_test_snapshot_take(made.list);
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 5, 0, NULL), NDIS_STATUS_RESOURCES);
    assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    handler_reset(0);
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 5, 0, allocate_mdl), NDIS_STATUS_RESOURCES);
    assert_int_equal(handler.calls, 1);
    nbl_test_unchanged(before, made.list);
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 4, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(made.buffers[0], 10, FALSE, NULL);
    nbl_test_list_free(&made);
}

/* Each of three NBs needs an MDL; the third does not get one. */
/* rules: RET-16 */
static void list_retreat_gives_back_in_reverse_order_of_acquisition(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 ; z0 ; c4 DO=4 DL=0");
    before = nbl_test_snapshot_take(made.list);
    handler_reset(2);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 4, 1, allocate_mdl, free_mdl),
                     NDIS_STATUS_RESOURCES);
    assert_int_equal(handler.calls, 3);
    assert_int_equal(handler.frees, 2);
    assert_int_equal(handler.freed[0], 1);
    assert_int_equal(handler.freed[1], 0);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

/* Decision for rule book section 18: a short MDL fails the whole list and goes back with the others. */
/* rules: RET-13 RET-16 */
static void list_retreat_gives_a_short_mdl_back_with_the_others(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 ; c4");
    before = nbl_test_snapshot_take(made.list);
    handler_reset(8);
    handler.give[2] = 7;
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 8, 0, allocate_mdl, free_mdl),
                     NDIS_STATUS_FAILURE);
    nbl_test_expect("RET-13 error");
    assert_int_equal(handler.frees, 3);
    assert_int_equal(handler.freed[0], 2);
    assert_int_equal(handler.freed[1], 1);
    assert_int_equal(handler.freed[2], 0);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

/* rules: RET-13 */
static void single_retreat_leaves_a_short_mdl_with_the_driver(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4");
    handler_reset(8);
    handler.give[0] = 7;
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 8, 0, allocate_mdl), NDIS_STATUS_FAILURE);
    nbl_test_expect("RET-13 error");
    assert_int_equal(handler.made[0].mdl->ByteCount, 7);
    nbl_test_mdl_free(&handler.made[0]);
    nbl_test_list_free(&made);
}

/* rules: RET-17 RET-16 */
static void list_retreat_without_free_handler_reports_what_it_loses(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 ; c4");
    handler_reset(2);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 4, 0, allocate_mdl, NULL), NDIS_STATUS_RESOURCES);
    nbl_test_expect("RET-17 error, RET-17 error, RET-17 error");
    nbl_test_blames(handler.made[0].mdl);
    nbl_test_mdl_free(&handler.made[0]);
    nbl_test_mdl_free(&handler.made[1]);
    nbl_test_list_free(&made);
}

/* rules: RET-15 ADV-01 */
static void list_calls_serve_every_buffer_of_one_list_and_no_other_list(void **state)
{
    struct nbl_test_list made, other;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 DO=2 DL=2 ; NULL");
    nbl_test_list_make(&other, "c4");
    before = nbl_test_snapshot_take(other.list);
    made.list->Next = other.list;
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 3, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_string_equal(nbl_test_state(made.buffers[0]), "3 4 DO=0 DL=7 0+0");
    assert_string_equal(nbl_test_state(made.buffers[1]), "3 4 DO=2 DL=5 0+2");
    assert_string_equal(nbl_test_state(made.buffers[2]), "3 DO=0 DL=3 0+0");
    NdisAdvanceNetBufferListDataStart(made.list, 3, TRUE, NULL);
    assert_string_equal(nbl_test_state(made.buffers[0]), "4 DO=0 DL=4 0+0");
    assert_string_equal(nbl_test_state(made.buffers[1]), "4 DO=2 DL=2 0+2");
    assert_string_equal(nbl_test_state(made.buffers[2]), "NULL DO=0 DL=0 NULL+0");
    nbl_test_unchanged(before, other.list);
    made.list->Next = NULL;
    nbl_test_list_free(&made);
    nbl_test_list_free(&other);
}

/* rules: ADV-01 ADV-08 */
static void list_advance_is_cut_for_short_buffers_alone(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a8 ; b4 ; c6");
    NdisAdvanceNetBufferListDataStart(made.list, 6, FALSE, NULL);
    nbl_test_expect("ADV-08 fatal");
    nbl_test_blames(made.buffers[1]);
    assert_string_equal(nbl_test_state(made.buffers[0]), "8 DO=6 DL=2 0+6");
    assert_string_equal(nbl_test_state(made.buffers[1]), "4 DO=4 DL=0 0+4");
    assert_string_equal(nbl_test_state(made.buffers[2]), "6 DO=6 DL=0 0+6");
    made.list->FirstNetBuffer = NULL;
    NdisAdvanceNetBufferListDataStart(made.list, 6, TRUE, NULL);
    nbl_test_list_free(&made);
}

/* Handlers of several NBs: each MDL goes to the handler once, the default ones do not. */
/* rules: ADV-11 ADV-05 */
static void free_handler_gets_exactly_the_mdls_of_the_allocate_handler(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    handler_reset(8);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 4, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 6, 0, allocate_mdl, free_mdl), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 2, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferListDataStart(made.list, 12, TRUE, free_mdl);
    assert_int_equal(handler.frees, 2);
    assert_string_equal(nbl_test_state(made.buffers[0]), "4 DO=0 DL=4 0+0");
    assert_string_equal(nbl_test_state(made.buffers[1]), "4 DO=0 DL=4 0+0");
    nbl_test_list_free(&made);
}

/* The driver turns the order of two retreat MDLs round; each is still freed once. */
/* rules: ADV-05 ADV-06 ADV-07 RET-14 */
static void retreat_mdls_are_freed_in_the_order_in_which_the_driver_left_them(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER *buffer;
    MDL *older, *newer;
    (void)state;
    nbl_test_list_make(&made, "NULL");
    buffer = made.buffers[0];
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    older = buffer->MdlChain;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 2, 0, NULL), NDIS_STATUS_SUCCESS);
    newer = buffer->MdlChain;
    assert_ptr_equal(newer->Next, older);
    buffer->MdlChain = older;
    older->Next = newer;
    newer->Next = NULL;
    NdisAdjustNetBufferCurrentMdl(buffer);
    NdisAdvanceNetBufferDataStart(buffer, 5, TRUE, NULL);
    assert_ptr_equal(buffer->MdlChain, newer);
    assert_string_equal(nbl_test_state(buffer), "2 DO=1 DL=1 0+1");
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 3, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_string_equal(nbl_test_state(buffer), "3 2 DO=1 DL=4 0+1");
    NdisAdvanceNetBufferDataStart(buffer, 4, TRUE, NULL);
    assert_string_equal(nbl_test_state(buffer), "NULL DO=0 DL=0 NULL+0");
    nbl_test_list_free(&made);
}

/* ---- reading and copying ---- */

/* rules: GDB-07 */
static void data_buffer_may_be_refused_at_any_time(void **state)
{
    unsigned char storage[4] = { 1, 2, 3, 4 };
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4");
    nbl_fault_arm(NBL_FAULT_DATA_BUFFER, 2);
    assert_non_null(NdisGetDataBuffer(made.buffers[0], 4, storage, 1, 0));
    assert_null(NdisGetDataBuffer(made.buffers[0], 4, storage, 1, 0));
    assert_non_null(NdisGetDataBuffer(made.buffers[0], 4, storage, 1, 0));
    assert_true(nbl_fault_disarm(NBL_FAULT_DATA_BUFFER));
    assert_int_equal(storage[0], 1);
    nbl_test_list_free(&made);
}

/* Two MDLs over two halves of one buffer: neighbours in memory, and not contiguous. */
/* rules: GDB-03 GDB-04 */
static void neighbouring_mdls_are_not_contiguous(void **state)
{
    static unsigned char bytes[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    unsigned char storage[8];
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    MDL *first = NdisAllocateMdl(NULL, bytes, 4), *second = NdisAllocateMdl(NULL, bytes + 4, 4);
    NET_BUFFER *buffer;
    (void)state;
    first->Next = second;
    buffer = NdisAllocateNetBuffer(pool, first, 0, 8);
    assert_non_null(buffer);
    assert_null(NdisGetDataBuffer(buffer, 8, NULL, 1, 0));
    assert_ptr_equal(NdisGetDataBuffer(buffer, 8, storage, 1, 0), storage);
    assert_memory_equal(storage, bytes, 8);
    NdisFreeNetBuffer(buffer);
    NdisFreeMdl(first);
    NdisFreeMdl(second);
    NdisFreeNetBufferPool(pool);
}

/* rules: GDB-05 */
static void misaligned_storage_is_returned_all_the_same(void **state)
{
    union {
        unsigned char bytes[16];
        uint64_t aligned;
    } storage;
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a2 b6");
    assert_ptr_equal(NdisGetDataBuffer(made.buffers[0], 8, storage.bytes + 1, 8, 0), storage.bytes + 1);
    assert_int_equal(storage.bytes[3], nbl_test_byte('b', 0));
    nbl_test_forget(); /* a warning is welcome */
    nbl_test_list_free(&made);
}

/* rules: GDB-08 GEN-00 */
static void chain_shorter_than_the_data_length_writes_nothing_to_storage(void **state)
{
    unsigned char storage[16], untouched[16];
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 b4");
    memset(storage, 0x77, sizeof(storage));
    memset(untouched, 0x77, sizeof(untouched));
    made.buffers[0]->stDataLength = 12;
    assert_null(NdisGetDataBuffer(made.buffers[0], 12, storage, 1, 0));
    nbl_test_expect("GDB-08 fatal");
    assert_memory_equal(storage, untouched, sizeof(storage));
    nbl_test_list_free(&made);
}

/* Source and destination are windows over the same bytes, 2 apart. */
/* rules: COPY-08 */
static void overlapping_copy_moves_each_piece_as_a_whole(void **state)
{
    static struct {
        ULONG from, to;
        unsigned char expected[8];
    } const cases[] = {
        { 0, 2, { 0, 1, 0, 1, 2, 3, 4, 5 } },
        { 2, 0, { 2, 3, 4, 5, 6, 7, 6, 7 } },
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        static unsigned char bytes[8];
        NDIS_HANDLE pool = nbl_test_buffer_pool(0);
        MDL *mdl = NdisAllocateMdl(NULL, bytes, 8);
        NET_BUFFER *source = NdisAllocateNetBuffer(pool, mdl, cases[i].from, 6);
        NET_BUFFER *destination = NdisAllocateNetBuffer(pool, mdl, cases[i].to, 6);
        ULONG copied = 0;
        for (unsigned char k = 0; k < 8; k++)
            bytes[k] = k;
        assert_int_equal(NdisCopyFromNetBufferToNetBuffer(destination, 0, 6, source, 0, &copied),
                         NDIS_STATUS_SUCCESS);
        nbl_test_expect("COPY-08 warning");
        assert_int_equal(copied, 6);
        assert_memory_equal(bytes, cases[i].expected, 8);
        NdisFreeNetBuffer(source);
        NdisFreeNetBuffer(destination);
        NdisFreeMdl(mdl);
        NdisFreeNetBufferPool(pool);
    }
}

/* rules: COPY-01 COPY-02 COPY-04 COPY-05 */
static void copy_into_a_fresh_pool_buffer_fills_its_backfill_after_an_advance_back(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(32);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
    unsigned char data[32];
    struct nbl_test_list made;
    ULONG copied = 99;
    (void)state;
    nbl_test_list_make(&made, "a5 b6 DO=1 DL=9");
    assert_non_null(buffer);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(buffer, 0, 9, made.buffers[0], 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 0); /* a fresh window starts where its MDL ends */
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(buffer, 3, 100, made.buffers[0], 2, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 7);
    assert_string_equal(nbl_test_state(buffer), "32 DO=12 DL=20 0+12");
    NdisAdvanceNetBufferDataStart(buffer, 3, FALSE, NULL);
    buffer->stDataLength = copied;
    assert_int_equal(nbl_test_data(buffer, data, sizeof(data)), 7);
    assert_int_equal(data[0], nbl_test_byte('a', 3));
    assert_int_equal(data[2], nbl_test_byte('b', 0));
    assert_int_equal(data[6], nbl_test_byte('b', 4));
    NdisFreeNetBuffer(buffer);
    nbl_test_list_free(&made);
    NdisFreeNetBufferPool(pool);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(retreat_within_backfill_allocates_nothing_and_writes_nothing),
    NBL_TEST(retreat_memory_is_one_mapped_mdl_and_all_of_it_may_be_written),
    NBL_TEST(handler_is_asked_for_delta_and_backfill_and_its_mdl_comes_back_as_it_was),
    NBL_TEST(buffer_is_usable_after_a_retreat_without_memory),
    NBL_TEST(list_retreat_gives_back_in_reverse_order_of_acquisition),
    NBL_TEST(list_retreat_gives_a_short_mdl_back_with_the_others),
    NBL_TEST(single_retreat_leaves_a_short_mdl_with_the_driver),
    NBL_TEST(list_retreat_without_free_handler_reports_what_it_loses),
    NBL_TEST(list_calls_serve_every_buffer_of_one_list_and_no_other_list),
    NBL_TEST(list_advance_is_cut_for_short_buffers_alone),
    NBL_TEST(free_handler_gets_exactly_the_mdls_of_the_allocate_handler),
    NBL_TEST(retreat_mdls_are_freed_in_the_order_in_which_the_driver_left_them),
    NBL_TEST(data_buffer_may_be_refused_at_any_time),
    NBL_TEST(neighbouring_mdls_are_not_contiguous),
    NBL_TEST(misaligned_storage_is_returned_all_the_same),
    NBL_TEST(chain_shorter_than_the_data_length_writes_nothing_to_storage),
    NBL_TEST(overlapping_copy_moves_each_piece_as_a_whole),
    NBL_TEST(copy_into_a_fresh_pool_buffer_fills_its_backfill_after_an_advance_back),
};

int main(void)
{
    return NBL_TEST_RUN("buffer", tests);
}
