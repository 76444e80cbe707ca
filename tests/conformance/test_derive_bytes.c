/* SPDX-License-Identifier: MIT
 *
 * test_derive_bytes.c - the bytes of derived lists and of the deep copy: shared, trimmed, with private room in front,
 * and what is left of them when they are freed (rules GEN-12, CLONE, FRAG, REASM).
 */
#include "nbl_test.h"

static struct nbl_test_mdl own_mdl; /* what the handler gave last */

static MDL *allocate_mdl(ULONG *size)
{
    struct nbl_test_token token = { "h", *size, -1, 0 };
    nbl_test_mdl_make(&own_mdl, &token);
    return own_mdl.mdl;
}

/* rules: GEN-12 CLONE-04 FRAG-02 REASM-03 */
static void writes_are_seen_both_ways(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone, *fragment, *whole;
    unsigned char storage[8];
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    fragment = NdisAllocateFragmentNetBufferList(clone, NULL, NULL, 1, 2, 0, 0, 0);
    whole = NdisAllocateReassembledNetBufferList(fragment, NULL, 0, 0, 0, 0);
    assert_non_null(whole);
    *(unsigned char *)NdisGetDataBuffer(fragment->FirstNetBuffer, 1, NULL, 1, 0) = 0xF1;
    made.chains[1].mdls[0].bytes[3] = 0xF2;
    assert_int_equal(made.chains[0].mdls[0].bytes[1], 0xF1);
    assert_int_equal(nbl_test_data(whole->FirstNetBuffer, storage, sizeof(storage)), 6);
    assert_int_equal(storage[0], 0xF1);
    assert_int_equal(storage[5], 0xF2);
    assert_int_equal(nbl_derive_children(made.list), 1);
    assert_int_equal(nbl_derive_children(clone), 1);
    assert_int_equal(nbl_derive_children(fragment), 1);
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    NdisFreeFragmentNetBufferList(fragment, 0, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
}

/* Each fragment's room is its own: filling one header leaves every other byte alone. */
/* rules: FRAG-07 FRAG-08 FRAG-05 RET-07 */
static void private_room_of_fragments_is_not_shared(void **state)
{
    enum { ROOM = 20, BACKFILL = 13 };
    struct nbl_test_list made;
    NET_BUFFER_LIST *fragment;
    NET_BUFFER *buffer;
    unsigned char data[64];
    unsigned count = 0;
    (void)state;
    nbl_test_list_make(&made, "a6 b5 DO=2 DL=9");
    fragment = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 1, 3, ROOM, BACKFILL, 0);
    assert_non_null(fragment);
    for (buffer = fragment->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, count++) {
        unsigned char *room = NdisGetDataBuffer(buffer, ROOM, NULL, 1, 0);
        assert_non_null(room);
        assert_int_equal(buffer->MdlChain->ByteCount, ROOM + BACKFILL);
        assert_int_equal(buffer->DataOffset, BACKFILL);
        memset(room, 0xE0 + (int)count, ROOM);
        assert_int_equal(NdisRetreatNetBufferDataStart(buffer, BACKFILL, 0, NULL), NDIS_STATUS_SUCCESS);
        memset(NdisGetDataBuffer(buffer, BACKFILL, NULL, 1, 0), 0xC0, BACKFILL);
        NdisAdvanceNetBufferDataStart(buffer, BACKFILL, FALSE, NULL);
    }
    assert_int_equal(count, 3);
    count = 0;
    for (buffer = fragment->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, count++) {
        ULONG const length = nbl_test_data(buffer, data, sizeof(data));
        assert_int_equal(length, ROOM + (count < 2 ? 3 : 2));
        for (ULONG i = 0; i < length; i++) {
            ULONG const position = 3 + 3 * count + i - ROOM; /* in the original's chain */
            unsigned char const original = position < 6 ? nbl_test_byte('a', position)
                                                        : nbl_test_byte('b', position - 6);
            assert_int_equal(data[i], i < ROOM ? (unsigned char)(0xE0 + count) : original);
        }
    }
    NdisFreeFragmentNetBufferList(fragment, ROOM, 0);
    nbl_test_list_free(&made);
}

/* rules: CLONE-06 CLONE-05 RET-05 */
static void backfill_and_tail_of_the_original_are_out_of_a_clones_reach(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    ULONG copied = 0;
    (void)state;
    nbl_test_list_make(&made, "a8 b8 DO=4 DL=8 ; c20");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    assert_int_equal(nbl_test_capacity(clone->FirstNetBuffer), 8);
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    nbl_test_fill(clone->FirstNetBuffer, 'w');
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(clone->FirstNetBuffer, 4, 20, made.buffers[1], 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 8);
    for (ULONG i = 0; i < 4; i++) {
        assert_int_equal(made.chains[0].mdls[0].bytes[i], nbl_test_byte('a', i));
        assert_int_equal(made.chains[0].mdls[1].bytes[4 + i], nbl_test_byte('b', 4 + i));
    }
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 4, TRUE, NULL);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
}

/* rules: CLONE-09 GEN-12 CLONE-12 */
static void clone_with_the_originals_mdls_frees_none_of_them(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 c4 DO=5 DL=6");
    before = nbl_test_snapshot_take(made.list);
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_non_null(clone);
    assert_ptr_equal(clone->FirstNetBuffer->MdlChain, made.chains[0].mdls[1].mdl);
    NdisAdvanceNetBufferListDataStart(clone, 6, TRUE, NULL);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

/* rules: CLONE-12 */
static void mdl_of_a_drivers_handler_left_on_a_clone_is_reported_and_left_alone(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 8, 0, allocate_mdl), NDIS_STATUS_SUCCESS);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("CLONE-12 error");
    nbl_test_blames(own_mdl.mdl);
    assert_int_equal(own_mdl.mdl->ByteCount, 8);
    nbl_test_mdl_free(&own_mdl);
    nbl_test_list_free(&made);
}

/* rules: CLONE-12 NB-21 */
static void driver_mdl_linked_into_a_clone_is_left_alone(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_chain chain;
    NET_BUFFER_LIST *clone;
    NET_BUFFER *buffer;
    (void)state;
    nbl_test_list_make(&made, "a4");
    nbl_test_chain_make(&chain, "d8");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    buffer = clone->FirstNetBuffer;
    chain.first->Next = buffer->MdlChain;
    buffer->MdlChain = chain.first;
    buffer->stDataLength = 12;
    NdisAdjustNetBufferCurrentMdl(buffer);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_forget(); /* a warning about the driver's MDL is welcome */
    assert_int_equal(chain.first->ByteCount, 8);
    nbl_test_chain_free(&chain);
    nbl_test_list_free(&made);
}

/* Decision for rule book section 18: as for clones (CLONE-12). */
/* rules: FRAG-13 REASM-08 CLONE-12 */
static void retreat_memory_left_on_fragments_and_wholes_is_reported_and_freed(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *list;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b3");
    list = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 2, 6, 1, 0);
    assert_non_null(list);
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 8, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeFragmentNetBufferList(list, 6, 0);
    nbl_test_expect("CLONE-12 warning, CLONE-12 warning, CLONE-12 warning, CLONE-12 warning");
    list = NdisAllocateReassembledNetBufferList(made.list, NULL, 0, 6, 1, 0);
    assert_non_null(list);
    assert_int_equal(NdisRetreatNetBufferListDataStart(list, 8, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisFreeReassembledNetBufferList(list, 6, 0);
    nbl_test_expect("CLONE-12 warning");
    nbl_test_list_free(&made);
}

/* rules: CLONE-12 FRAG-13 ADV-05 */
static void only_retreat_memory_that_is_still_attached_is_reported(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b3 ; c5");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    assert_int_equal(NdisRetreatNetBufferListDataStart(clone, 8, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 8, TRUE, NULL);
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer->Next->Next, 8, TRUE, NULL);
    clone->FirstNetBuffer->Next = NULL;
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("CLONE-12 warning");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    assert_int_equal(NdisRetreatNetBufferListDataStart(clone, 8, 0, NULL, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferListDataStart(clone, 8, TRUE, NULL);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("");
    nbl_test_list_free(&made);
}

/* Blocks beyond every size class come from the allocator itself. */
/* rules: FRAG-03 FRAG-08 REASM-03 GEN-09 CLONE-10 */
static void hundreds_of_fragments_join_to_the_same_bytes(void **state)
{
    enum { BYTES = 8192, PIECE = 12, DELTA = 40 };
    static unsigned char expected[BYTES], bytes[BYTES];
    struct nbl_test_list made;
    NET_BUFFER_LIST *pieces = NULL, *whole;
    uint64_t nth = 0;
    (void)state;
    nbl_test_list_make(&made, "a5000 b3192");
    while (pieces == NULL) {
        nbl_fault_arm(NBL_FAULT_ALLOCATION, ++nth);
        pieces = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, PIECE, DELTA, 0, 0);
        assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION) == (pieces == NULL));
    }
    assert_true(nth >= 2);
    NdisAdvanceNetBufferListDataStart(pieces, DELTA, TRUE, NULL);
    whole = NdisAllocateReassembledNetBufferList(pieces, NULL, 0, 0, 0, 0);
    assert_non_null(whole);
    assert_int_equal(nbl_test_data(whole->FirstNetBuffer, bytes, sizeof(bytes)), BYTES);
    assert_int_equal(nbl_test_data(made.buffers[0], expected, sizeof(expected)), BYTES);
    assert_memory_equal(bytes, expected, BYTES);
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    NdisFreeFragmentNetBufferList(pieces, DELTA, 0);
    nbl_test_list_free(&made);
}

/* FRAG-13: whatever the driver advanced away, nothing is freed twice and nothing is left. */
/* rules: FRAG-13 REASM-08 ADV-05 GEN-07 */
static void partly_advanced_derived_lists_are_freed_completely(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 ; c7");
    for (ULONG advance = 0; advance <= 9; advance++) {
        NET_BUFFER_LIST *list = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 5, 4, 2, 0);
        assert_non_null(list);
        for (NET_BUFFER *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
            NdisAdvanceNetBufferDataStart(buffer, advance < buffer->DataLength ? advance : buffer->DataLength,
                                          advance % 2 == 1, NULL);
        NdisFreeFragmentNetBufferList(list, 4, 0);
        list = NdisAllocateReassembledNetBufferList(made.list, NULL, 0, 4, 2, 0);
        assert_non_null(list);
        NdisAdvanceNetBufferListDataStart(list, 2 * advance, advance % 2 == 0, NULL);
        NdisFreeReassembledNetBufferList(list, 4, 0);
    }
    nbl_test_list_free(&made);
}

/* rules: GEN-09 NB-04a */
static void chain_shorter_than_its_data_length_gives_no_derived_list(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 DO=2 DL=2");
    made.buffers[1]->stDataLength = 3;
    before = nbl_test_snapshot_take(made.list);
    assert_null(NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0));
    assert_null(NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 2, 2, 0, 0));
    assert_null(NdisAllocateReassembledNetBufferList(made.list, NULL, 0, 0, 0, 0));
    assert_null(nbl_derive_copy(made.list, NULL, NULL, 0));
    nbl_test_forget();
    assert_int_equal(nbl_derive_children(made.list), 0);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

/* rules: CLONE-09 */
static void sharing_mdls_walks_none_of_them(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a4 ; b4 DO=2 DL=2");
    made.buffers[1]->stDataLength = 3;
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_non_null(clone);
    assert_int_equal(clone->FirstNetBuffer->Next->DataLength, 3);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    nbl_test_list_free(&made);
}

/* rules: GEN-00 NB-04a NB-10 */
static void deep_copy_has_its_own_bytes_and_outlives_the_original(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *copy;
    unsigned char data[8];
    (void)state;
    nbl_test_list_make(&made, "a4 z0 b4 DO=2 DL=5 ; NULL ; c4 DO=4 DL=0");
    made.buffers[0]->ChecksumBias = 4;
    assert_null(nbl_derive_copy(made.list, NULL, NULL, 0xFFFFFFFBu));
    copy = nbl_derive_copy(made.list, NULL, NULL, 6);
    assert_non_null(copy);
    assert_string_equal(nbl_test_state(copy->FirstNetBuffer), "11 DO=6 DL=5 0+6");
    assert_string_equal(nbl_test_state(copy->FirstNetBuffer->Next), "6 DO=6 DL=0 0+6");
    assert_string_equal(nbl_test_state(copy->FirstNetBuffer->Next->Next), "6 DO=6 DL=0 0+6");
    assert_int_equal(copy->FirstNetBuffer->ChecksumBias, 4);
    assert_int_equal(nbl_derive_children(made.list), 0);
    nbl_test_list_free(&made);
    assert_int_equal(nbl_test_data(copy->FirstNetBuffer, data, sizeof(data)), 5);
    for (ULONG i = 0; i < 5; i++)
        assert_int_equal(data[i], i < 2 ? nbl_test_byte('a', 2 + i) : nbl_test_byte('b', i - 2));
    assert_int_equal(NdisRetreatNetBufferDataStart(copy->FirstNetBuffer, 6, 0, NULL), NDIS_STATUS_SUCCESS);
    nbl_test_fill(copy->FirstNetBuffer, 'w');
    nbl_derive_free_copy(copy);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(writes_are_seen_both_ways),
    NBL_TEST(private_room_of_fragments_is_not_shared),
    NBL_TEST(backfill_and_tail_of_the_original_are_out_of_a_clones_reach),
    NBL_TEST(clone_with_the_originals_mdls_frees_none_of_them),
    NBL_TEST(mdl_of_a_drivers_handler_left_on_a_clone_is_reported_and_left_alone),
    NBL_TEST(driver_mdl_linked_into_a_clone_is_left_alone),
    NBL_TEST(retreat_memory_left_on_fragments_and_wholes_is_reported_and_freed),
    NBL_TEST(only_retreat_memory_that_is_still_attached_is_reported),
    NBL_TEST(hundreds_of_fragments_join_to_the_same_bytes),
    NBL_TEST(partly_advanced_derived_lists_are_freed_completely),
    NBL_TEST(chain_shorter_than_its_data_length_gives_no_derived_list),
    NBL_TEST(sharing_mdls_walks_none_of_them),
    NBL_TEST(deep_copy_has_its_own_bytes_and_outlives_the_original),
};

int main(void)
{
    return NBL_TEST_RUN("derive_bytes", tests);
}
