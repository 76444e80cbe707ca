/* SPDX-License-Identifier: MIT
 *
 * test_end_without_mdl.c - a driver may write the end of a chain as CurrentMdl NULL; the data start has an address
 * all the same.
 *
 * Symptom: NdisGetDataBuffer for 0 bytes returned Storage, or NULL without one, although the NET_BUFFER has MDLs.
 * Cause: it asked CurrentMdl, not MdlChain, whether there are any (GDB-06, NB-10).
 */
#include "nbl_test.h"

/* rules: GDB-06 NB-10 */
static void no_bytes_at_an_end_without_mdl_have_an_address(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER *buffer;
    UCHAR storage[1];
    (void)state;
    nbl_test_list_make(&made, "a4 b3 DO=7 DL=0");
    buffer = made.buffers[0];
    buffer->CurrentMdl = NULL;
    buffer->CurrentMdlOffset = 0;
    assert_ptr_equal(NdisGetDataBuffer(buffer, 0, storage, 1, 0),
                     (UCHAR *)MmGetSystemAddressForMdlSafe(buffer->MdlChain->Next, NormalPagePriority) + 3);
    assert_non_null(NdisGetDataBuffer(buffer, 0, NULL, 1, 0));
    assert_null(buffer->CurrentMdl);
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(no_bytes_at_an_end_without_mdl_have_an_address),
};

int main(void)
{
    return cmocka_run_group_tests_name("end_without_mdl", tests, NULL, NULL);
}
