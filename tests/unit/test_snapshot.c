/* SPDX-License-Identifier: MIT
 *
 * test_snapshot.c - what a holder changed in a list is told when the list comes back.
 */
#include "nbl_test.h"

#include "nbl_test_events.h"
#include "nbl_test_pool.h"

#include "verify/snapshot.h"

struct subject {
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    NET_BUFFER *buffer;
    struct nbl__snapshot *snapshot;
    uint64_t memory[64];
};

static void make(struct subject *made)
{
    made->pool = nbl_test_list_pool(TRUE, 64, 0);
    made->list = NdisAllocateNetBufferList(made->pool, 0, 0);
    assert_non_null(made->list);
    made->buffer = NET_BUFFER_LIST_FIRST_NB(made->list);
    assert_int_equal(NdisRetreatNetBufferDataStart(made->buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_in_range(nbl__snapshot_bytes(made->list), 1, sizeof(made->memory));
    made->snapshot = nbl__snapshot_take(made->list, made->memory);
}

static void drop(struct subject *made)
{
    NdisFreeNetBufferList(made->list);
    NdisFreeNetBufferListPool(made->pool);
}

static void differs(struct subject const *made, unsigned allowed, ULONG own_flags, char const *violations)
{
    assert_int_equal(nbl__snapshot_compare(made->snapshot, allowed, own_flags, "a call"), *violations != '\0');
    nbl_test_expect(violations);
}

/* rules: VER-07 */
static void a_window_has_to_be_restored(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    differs(&made, 0, 0, "");
    NdisAdvanceNetBufferDataStart(made.buffer, 4, FALSE, NULL);
    differs(&made, 0, 0, "VER-07 error");
    nbl_test_blames(made.buffer);
    differs(&made, NBL__SNAPSHOT_WINDOWS, 0, "");
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffer, 4, 0, NULL), NDIS_STATUS_SUCCESS);
    differs(&made, 0, 0, "");
    drop(&made);
}

/* rules: VER-07 */
static void mdls_and_buffers_have_to_be_the_same(void **state)
{
    struct subject made;
    MDL more = { 0 };
    (void)state;
    make(&made);
    made.buffer->MdlChain->ByteCount--;
    differs(&made, 0, 0, "VER-07 error");
    nbl_test_blames(made.buffer->MdlChain);
    differs(&made, NBL__SNAPSHOT_CHAINS, 0, "");
    made.buffer->MdlChain->ByteCount++;
    made.buffer->MdlChain->Next = &more;
    differs(&made, 0, 0, "VER-07 error");
    made.buffer->MdlChain->Next = NULL;
    made.list->FirstNetBuffer = NULL;
    differs(&made, 0, 0, "VER-07 error");
    nbl_test_blames(made.list);
    differs(&made, NBL__SNAPSHOT_BUFFERS, 0, "");
    made.list->FirstNetBuffer = made.buffer;
    differs(&made, 0, 0, "");
    drop(&made);
}

/* rules: INV-11 INV-12 FLAG-03 */
static void flags_of_others_are_not_to_be_changed(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    made.list->Flags ^= 0x1000;
    differs(&made, 0, NBL_FLAGS_PROTOCOL_RESERVED, "INV-12 error");
    differs(&made, 0, NBL_FLAGS_MINIPORT_RESERVED, "");
    differs(&made, NBL__SNAPSHOT_FLAGS, 0, "");
    made.list->NblFlags ^= NDIS_NBL_FLAGS_IS_IPV4;
    differs(&made, 0, NBL_FLAGS_MINIPORT_RESERVED, "");
    made.list->NblFlags ^= 4;
    differs(&made, 0, NBL_FLAGS_MINIPORT_RESERVED, "INV-11 error");
    drop(&made);
}

/* rules: VER-04 */
static void a_circle_has_no_snapshot(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    made.buffer->MdlChain->Next = made.buffer->MdlChain;
    assert_int_equal(nbl__snapshot_bytes(made.list), 0);
    made.buffer->MdlChain->Next = NULL;
    drop(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(a_window_has_to_be_restored),
    NBL_TEST(mdls_and_buffers_have_to_be_the_same),
    NBL_TEST(flags_of_others_are_not_to_be_changed),
    NBL_TEST(a_circle_has_no_snapshot),
};

int main(void)
{
    return NBL_TEST_RUN("snapshot", tests);
}
