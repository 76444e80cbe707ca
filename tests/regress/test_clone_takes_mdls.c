/* SPDX-License-Identifier: MIT
 *
 * test_clone_takes_mdls.c - a clone with NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS took its original's MDLs over in the
 * verifier's ledger: when it was freed, they were said to be freed too, while the original still used them.
 */
#include "nbl_test.h"
#include "nbl_expect.h"
#include "nbl_test_pool.h"

#include "verify/ledger.h"

/* rules: VER-02 CLONE-09 */
static void mdls_that_a_clone_shows_stay_its_originals(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    MDL const *shown = list->FirstNetBuffer->MdlChain;
    NET_BUFFER_LIST *clone;
    (void)state;
    list->FirstNetBuffer->DataLength = 10;
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_non_null(clone);
    assert_ptr_equal(clone->FirstNetBuffer->MdlChain, shown);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_int_equal(nbl__ledger_state_of(clone), NBL__LEDGER_FREED);
    assert_int_equal(nbl__ledger_state_of(shown), NBL__LEDGER_LIVE);
    NdisFreeNetBufferList(list);
    assert_int_equal(nbl__ledger_state_of(shown), NBL__LEDGER_FREED);
    NdisFreeNetBufferListPool(pool);
}

static struct CMUnitTest const tests[] = {
    cmocka_unit_test_setup_teardown(mdls_that_a_clone_shows_stay_its_originals, nbl_expect_begin, nbl_expect_end),
};

int main(void)
{
    return NBL_TEST_RUN("clone_takes_mdls", tests);
}
