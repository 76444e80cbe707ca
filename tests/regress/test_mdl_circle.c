/* SPDX-License-Identifier: MIT
 *
 * test_mdl_circle.c - symptom: calls on a NET_BUFFER whose MDLs are linked in a circle never returned, when the circle held no
 * bytes or the walk was bounded by nothing but the end of the chain. Cause: walks of MDL chains trusted the NULL at the end.
 */
#include "nbl_test.h"

/* A NET_BUFFER over two MDLs of the given length, each the other's Next. */
struct circle {
    NDIS_HANDLE pool;
    NET_BUFFER *buffer;
    PMDL first;
    PMDL second;
    unsigned char bytes[8];
};

static void circle_make(struct circle *circle, ULONG length)
{
    NET_BUFFER_POOL_PARAMETERS parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
    };
    circle->pool = NdisAllocateNetBufferPool(NULL, &parameters);
    assert_non_null(circle->pool);
    circle->first = NdisAllocateMdl(NULL, circle->bytes, length);
    circle->second = NdisAllocateMdl(NULL, circle->bytes + 4, length);
    assert_non_null(circle->first);
    assert_non_null(circle->second);
    circle->buffer = NdisAllocateNetBuffer(circle->pool, circle->first, 0, length);
    assert_non_null(circle->buffer);
    circle->first->Next = circle->second;
    circle->second->Next = circle->first;
}

static void circle_free(struct circle *circle)
{
    NdisFreeNetBuffer(circle->buffer);
    NdisFreeMdl(circle->first);
    NdisFreeMdl(circle->second);
    NdisFreeNetBufferPool(circle->pool);
}

/* rules: VER-04 LV-23 */
static void no_call_hangs_on_a_circle_without_bytes(void **state)
{
    struct circle circle;
    ULONG copied = 1;
    unsigned char storage[4];
    (void)state;
    circle_make(&circle, 0);
    NdisAdjustNetBufferCurrentMdl(circle.buffer);
    assert_true(NdisQueryNetBufferPhysicalCount(circle.buffer) > 0);
    assert_non_null(NdisGetDataBuffer(circle.buffer, 0, storage, 1, 0));
    circle.buffer->DataLength = 4;
    assert_null(NdisGetDataBuffer(circle.buffer, 4, storage, 1, 0));
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(circle.buffer, 0, 4, circle.buffer, 0, &copied),
                     NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 0);
    NdisAdvanceNetBufferDataStart(circle.buffer, 4, FALSE, NULL);
    circle_free(&circle);
}

/* rules: VER-04 LV-23 PHYS-01 */
static void page_count_of_a_circle_ends(void **state)
{
    struct circle circle;
    (void)state;
    circle_make(&circle, 4);
    assert_true(NdisQueryNetBufferPhysicalCount(circle.buffer) > 0);
    circle_free(&circle);
}

static struct CMUnitTest const tests[] = {
    cmocka_unit_test(no_call_hangs_on_a_circle_without_bytes),
    cmocka_unit_test(page_count_of_a_circle_ends),
};

int main(void)
{
    return cmocka_run_group_tests_name("mdl circle", tests, NULL, NULL);
}
