/* SPDX-License-Identifier: MIT
 *
 * test_flags.c - what the library's calls do to the flags and the scratch of an NBL: nothing (FLAG-03, FLAG-05,
 * FLAG-06, NBL-12).
 */
#include "nbl_test.h"

#define ALL_NBL_FLAGS 0x0001FF03u
#define READ_ONLY (NDIS_NBL_FLAGS_SEND_READ_ONLY | NDIS_NBL_FLAGS_RECV_READ_ONLY)

/* Every way to derive an NBL, and to free it again. */
static NET_BUFFER_LIST *derive(unsigned way, NET_BUFFER_LIST *original)
{
    switch (way) {
    case 0:
        return NdisAllocateCloneNetBufferList(original, NULL, NULL, 0);
    case 1:
        return NdisAllocateCloneNetBufferList(original, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    case 2:
        return NdisAllocateFragmentNetBufferList(original, NULL, NULL, 2, 7, 14, 2, 0);
    case 3:
        return NdisAllocateReassembledNetBufferList(original, NULL, 1, 20, 4, 0);
    default:
        return nbl_derive_copy(original, NULL, NULL, 8);
    }
}

static void free_derived(unsigned way, NET_BUFFER_LIST *derived)
{
    switch (way) {
    case 0:
        NdisFreeCloneNetBufferList(derived, 0);
        break;
    case 1:
        NdisFreeCloneNetBufferList(derived, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
        break;
    case 2:
        NdisFreeFragmentNetBufferList(derived, 14, 0);
        break;
    case 3:
        NdisFreeReassembledNetBufferList(derived, 20, 0);
        break;
    default:
        nbl_derive_free_copy(derived);
    }
}

#define WAYS 5

/* rules: FLAG-06 NBL-05 */
static void derived_lists_inherit_no_flags(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a10 b20 DO=4 DL=26 ; c30 DO=0 DL=30");
    made.list->NblFlags = ALL_NBL_FLAGS;
    made.list->Flags |= ~NBL_FLAGS_NDIS_RESERVED;
    made.list->Scratch = &made;
    for (unsigned way = 0; way < WAYS; way++) {
        NET_BUFFER_LIST *derived = derive(way, made.list);
        assert_non_null(derived);
        assert_int_equal(derived->NblFlags, 0);
        assert_int_equal(derived->Flags & ~NBL_FLAGS_NDIS_RESERVED, 0);
        assert_null(derived->Scratch);
        NdisCopySendNetBufferListInfo(derived, made.list);
        NdisCopyReceiveNetBufferListInfo(derived, made.list);
        assert_int_equal(derived->NblFlags, 0);
        free_derived(way, derived);
    }
    nbl_test_list_free(&made);
}

/* rules: FLAG-05 */
static void reading_a_read_only_nbl_changes_nothing(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *snapshot;
    NET_BUFFER_LIST *target;
    unsigned char storage[30];
    ULONG copied = 0;
    (void)state;
    nbl_test_list_make(&made, "a10 b20 DO=4 DL=26 ; c30 DO=0 DL=30");
    NdisSetNblFlag(made.list, READ_ONLY);
    snapshot = nbl_test_snapshot_take(made.list);
    assert_non_null(NdisGetDataBuffer(made.buffers[0], 26, storage, 1, 0));
    assert_true(NdisQueryNetBufferPhysicalCount(made.buffers[1]) > 0);
    target = nbl_derive_copy(made.list, NULL, NULL, 0);
    assert_non_null(target);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(target->FirstNetBuffer, 0, 26, made.buffers[0], 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 26);
    nbl_derive_free_copy(target);
    for (unsigned way = 0; way < WAYS; way++) {
        NET_BUFFER_LIST *derived = derive(way, made.list);
        assert_non_null(derived);
        free_derived(way, derived);
    }
    nbl_test_unchanged(snapshot, made.list);
    assert_true(NdisTestNblFlags(made.list, READ_ONLY));
    nbl_test_list_free(&made);
}

/* rules: FLAG-03 FLAG-05 NBL-12 */
static void calls_that_move_or_mark_leave_flags_and_scratch_to_their_owners(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST_TIMESTAMP const timestamp = { 1 };
    (void)state;
    nbl_test_list_make(&made, "a10 b20 DO=4 DL=26");
    made.list->NblFlags = ALL_NBL_FLAGS;
    made.list->Flags |= ~NBL_FLAGS_NDIS_RESERVED;
    made.list->Scratch = &made;
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 20, 8, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(made.buffers[0], 20, TRUE, NULL);
    assert_int_equal(NdisAllocateNetBufferListContext(made.list, 32, 0, 1), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferListContext(made.list, 32);
    NdisSetNetBufferListProtocolId(made.list, NDIS_PROTOCOL_ID_NBF);
    NdisSetNblTimestampInfo(made.list, &timestamp);
    NET_BUFFER_LIST_SET_HASH_VALUE(made.list, 1);
    assert_int_equal(made.list->NblFlags, ALL_NBL_FLAGS);
    assert_int_equal(made.list->Flags & ~NBL_FLAGS_NDIS_RESERVED, ~NBL_FLAGS_NDIS_RESERVED);
    assert_ptr_equal(made.list->Scratch, &made);
    nbl_test_list_free(&made);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(derived_lists_inherit_no_flags),
        NBL_TEST(reading_a_read_only_nbl_changes_nothing),
        NBL_TEST(calls_that_move_or_mark_leave_flags_and_scratch_to_their_owners),
    };
    return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
