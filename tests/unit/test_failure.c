/* SPDX-License-Identifier: MIT
 *
 * test_failure.c - every call that allocates, with each of its allocations failing in turn.
 */
#include "nbl_test.h"
#include "nbl_test_failure.h"

/* Three NBs: one with backfill, one across MDLs that starts on a boundary, one with neither. */
#define THREE_BUFFERS "a20 z0 b6 DO=8 DL=16 ; c4 d10 e3 DO=4 DL=10 ; z0 f9"

static void no_objects(struct nbl_test_objects *objects)
{
    (void)objects;
}

static void one_list(struct nbl_test_objects *objects)
{
    nbl_test_list_make(&objects->lists[0], THREE_BUFFERS);
    objects->list_count = 1;
}

static void list_and_pools(struct nbl_test_objects *objects)
{
    one_list(objects);
    objects->pools[0] = nbl_test_list_pool(FALSE, 0, 0);
    objects->pools[1] = nbl_test_list_pool(TRUE, 0, 32);
    objects->list_pools = 2;
    objects->pools[2] = nbl_test_buffer_pool(0);
}

static bool keep(struct nbl_test_objects *objects, void *made)
{
    objects->made = made;
    return made != NULL;
}

/* ---- pools ---- */

static bool make_list_pool(struct nbl_test_objects *objects)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { .fAllocateNetBuffer = TRUE, .DataSize = 100, .ContextSize = 16 };
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    return keep(objects, NdisAllocateNetBufferListPool(NULL, &parameters));
}

static void free_list_pool(struct nbl_test_objects *objects)
{
    NdisFreeNetBufferListPool(objects->made);
}

static bool make_buffer_pool(struct nbl_test_objects *objects)
{
    NET_BUFFER_POOL_PARAMETERS parameters = { .DataSize = 0 };
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    return keep(objects, NdisAllocateNetBufferPool(NULL, &parameters));
}

static void free_buffer_pool(struct nbl_test_objects *objects)
{
    NdisFreeNetBufferPool(objects->made);
}

/* ---- objects of pools ---- */

static void four_pools(struct nbl_test_objects *objects)
{
    objects->pools[0] = nbl_test_list_pool(TRUE, 0, 16);
    objects->pools[1] = nbl_test_list_pool(TRUE, 64, 0);
    objects->list_pools = 2;
    objects->pools[2] = nbl_test_buffer_pool(0);
    objects->pools[3] = nbl_test_buffer_pool(64);
}

static bool make_plain_list(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBufferList(objects->pools[0], 0, 0));
}

static bool make_list_with_pool_context(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBufferList(objects->pools[0], 16, 0));
}

static bool make_list_with_larger_context(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBufferList(objects->pools[0], 64, 48));
}

static bool make_list_with_data(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBufferList(objects->pools[1], 32, 0));
}

static bool make_buffer_and_list(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBufferAndNetBufferList(objects->pools[0], 64, 0, NULL, 0, 0));
}

static void free_list(struct nbl_test_objects *objects)
{
    NdisFreeNetBufferList(objects->made);
}

static bool make_buffer(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBuffer(objects->pools[2], NULL, 0, 0));
}

static bool make_buffer_with_data(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateNetBufferMdlAndData(objects->pools[3]));
}

static void free_buffer(struct nbl_test_objects *objects)
{
    NdisFreeNetBuffer(objects->made);
}

static bool take_chain(struct nbl_test_objects *objects)
{
    return keep(objects, nbl_pool_take(objects->pools[1], 150, NULL));
}

static void give_chain(struct nbl_test_objects *objects)
{
    assert_int_equal(nbl_pool_give(objects->made), 150);
}

/* ---- MDLs ---- */

static unsigned char memory[5000];

static bool make_mdl(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateMdl(NULL, memory, sizeof(memory)));
}

static void free_mdl(struct nbl_test_objects *objects)
{
    NdisFreeMdl(objects->made);
}

static bool make_io_mdl(struct nbl_test_objects *objects)
{
    return keep(objects, IoAllocateMdl(memory, sizeof(memory), FALSE, FALSE, NULL));
}

static void free_io_mdl(struct nbl_test_objects *objects)
{
    IoFreeMdl(objects->made);
}

static void irp_with_mdl(struct nbl_test_objects *objects)
{
    static IRP irp;
    irp.MdlAddress = IoAllocateMdl(memory, 10, FALSE, FALSE, NULL);
    assert_non_null(irp.MdlAddress);
    objects->extra = &irp;
}

static bool make_secondary_mdl(struct nbl_test_objects *objects)
{
    IRP *irp = objects->extra;
    MDL *first = irp->MdlAddress;
    bool const made = keep(objects, IoAllocateMdl(memory, 100, TRUE, FALSE, irp));
    assert_ptr_equal(irp->MdlAddress, first);
    assert_ptr_equal(first->Next, objects->made);
    return made;
}

static void free_secondary_mdl(struct nbl_test_objects *objects)
{
    IRP *irp = objects->extra;
    irp->MdlAddress->Next = NULL;
    IoFreeMdl(objects->made);
}

static void free_irp_mdls(struct nbl_test_objects *objects)
{
    IoFreeMdl(((IRP *)objects->extra)->MdlAddress);
}

/* ---- context ---- */

static void list_with_context(struct nbl_test_objects *objects)
{
    one_list(objects);
    assert_int_equal(NdisAllocateNetBufferListContext(objects->lists[0].list, 32, 16, 0), NDIS_STATUS_SUCCESS);
}

static bool add_context(struct nbl_test_objects *objects)
{
    NDIS_STATUS const status = NdisAllocateNetBufferListContext(objects->lists[0].list, 24, 8, 0);
    assert_true(status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_RESOURCES);
    return status == NDIS_STATUS_SUCCESS;
}

static void remove_context(struct nbl_test_objects *objects)
{
    NdisFreeNetBufferListContext(objects->lists[0].list, 24);
}

static void free_context(struct nbl_test_objects *objects)
{
    NdisFreeNetBufferListContext(objects->lists[0].list, 32);
}

/* ---- retreat ---- */

static MDL *handler_allocate(ULONG *bytes)
{
    unsigned char *room = malloc(*bytes);
    MDL *mdl = room != NULL ? NdisAllocateMdl(NULL, room, *bytes) : NULL;
    if (mdl == NULL)
        free(room);
    return mdl;
}

static VOID handler_free(MDL *mdl)
{
    assert_null(mdl->Next);
    free(MmGetMdlVirtualAddress(mdl));
    NdisFreeMdl(mdl);
}

static bool good(NDIS_STATUS status)
{
    assert_true(status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_RESOURCES);
    return status == NDIS_STATUS_SUCCESS;
}

static bool retreat_buffer(struct nbl_test_objects *objects)
{
    return good(NdisRetreatNetBufferDataStart(objects->lists[0].buffers[0], 20, 10, NULL));
}

static void advance_buffer(struct nbl_test_objects *objects)
{
    NdisAdvanceNetBufferDataStart(objects->lists[0].buffers[0], 20, TRUE, handler_free);
}

static bool retreat_buffer_with_handler(struct nbl_test_objects *objects)
{
    return good(NdisRetreatNetBufferDataStart(objects->lists[0].buffers[0], 20, 10, handler_allocate));
}

static bool retreat_list(struct nbl_test_objects *objects)
{
    return good(NdisRetreatNetBufferListDataStart(objects->lists[0].list, 6, 10, NULL, NULL));
}

static bool retreat_list_with_handlers(struct nbl_test_objects *objects)
{
    return good(NdisRetreatNetBufferListDataStart(objects->lists[0].list, 6, 10, handler_allocate, handler_free));
}

static void advance_list(struct nbl_test_objects *objects)
{
    NdisAdvanceNetBufferListDataStart(objects->lists[0].list, 6, TRUE, handler_free);
}

/* ---- derived lists ---- */

static bool clone(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateCloneNetBufferList(objects->lists[0].list, NULL, NULL, 0));
}

static void free_clone(struct nbl_test_objects *objects)
{
    NdisFreeCloneNetBufferList(objects->made, 0);
}

static bool clone_from_pools(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateCloneNetBufferList(objects->lists[0].list, objects->pools[0], objects->pools[2], 0));
}

static bool clone_with_original_mdls(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateCloneNetBufferList(objects->lists[0].list, objects->pools[1], objects->pools[2],
                                                        NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS));
}

static void free_clone_with_original_mdls(struct nbl_test_objects *objects)
{
    NdisFreeCloneNetBufferList(objects->made, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
}

static bool fragment(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateFragmentNetBufferList(objects->lists[0].list, objects->pools[0], objects->pools[2], 2, 5,
                                                           14, 20, 0));
}

static void free_fragment(struct nbl_test_objects *objects)
{
    NdisFreeFragmentNetBufferList(objects->made, 14, 0);
}

static bool reassemble(struct nbl_test_objects *objects)
{
    return keep(objects, NdisAllocateReassembledNetBufferList(objects->lists[0].list, objects->pools[1], 1, 14, 20, 0));
}

static void free_reassembled(struct nbl_test_objects *objects)
{
    NdisFreeReassembledNetBufferList(objects->made, 14, 0);
}

static bool copy(struct nbl_test_objects *objects)
{
    return keep(objects, nbl_derive_copy(objects->lists[0].list, objects->pools[0], objects->pools[2], 40));
}

static void free_copy(struct nbl_test_objects *objects)
{
    nbl_derive_free_copy(objects->made);
}

/* ---- the table ---- */

static struct nbl_test_scenario const scenarios[] = {
    { "NdisAllocateNetBufferListPool", no_objects, make_list_pool, free_list_pool, NULL, 1 },
    { "NdisAllocateNetBufferPool", no_objects, make_buffer_pool, free_buffer_pool, NULL, 1 },
    { "NdisAllocateNetBufferList", four_pools, make_plain_list, free_list, NULL, 1 },
    { "NdisAllocateNetBufferList, the pool's context", four_pools, make_list_with_pool_context, free_list, NULL, 1 },
    { "NdisAllocateNetBufferList, larger context", four_pools, make_list_with_larger_context, free_list, NULL, 2 },
    { "NdisAllocateNetBufferList, data and context", four_pools, make_list_with_data, free_list, NULL, 2 },
    { "NdisAllocateNetBufferAndNetBufferList", four_pools, make_buffer_and_list, free_list, NULL, 2 },
    { "NdisAllocateNetBuffer", four_pools, make_buffer, free_buffer, NULL, 1 },
    { "NdisAllocateNetBufferMdlAndData", four_pools, make_buffer_with_data, free_buffer, NULL, 1 },
    { "nbl_pool_take", four_pools, take_chain, give_chain, NULL, 150 },
    { "NdisAllocateMdl", no_objects, make_mdl, free_mdl, NULL, 1 },
    { "IoAllocateMdl", no_objects, make_io_mdl, free_io_mdl, NULL, 1 },
    { "IoAllocateMdl, secondary", irp_with_mdl, make_secondary_mdl, free_secondary_mdl, free_irp_mdls, 1 },
    { "NdisAllocateNetBufferListContext", list_with_context, add_context, remove_context, free_context, 1 },
    { "NdisRetreatNetBufferDataStart", one_list, retreat_buffer, advance_buffer, NULL, 1 },
    { "NdisRetreatNetBufferDataStart, handler", one_list, retreat_buffer_with_handler, advance_buffer, NULL, 2 },
    { "NdisRetreatNetBufferListDataStart", one_list, retreat_list, advance_list, NULL, 2 },
    { "NdisRetreatNetBufferListDataStart, handlers", one_list, retreat_list_with_handlers, advance_list, NULL, 4 },
    { "NdisAllocateCloneNetBufferList", one_list, clone, free_clone, NULL, 1 },
    { "NdisAllocateCloneNetBufferList, pools", list_and_pools, clone_from_pools, free_clone, NULL, 1 },
    { "NdisAllocateCloneNetBufferList, original MDLs", list_and_pools, clone_with_original_mdls,
      free_clone_with_original_mdls, NULL, 1 },
    { "NdisAllocateFragmentNetBufferList", list_and_pools, fragment, free_fragment, NULL, 1 },
    { "NdisAllocateReassembledNetBufferList", list_and_pools, reassemble, free_reassembled, NULL, 1 },
    { "nbl_derive_copy", list_and_pools, copy, free_copy, NULL, 1 },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* rules: GEN-00 VER-06 PROP-09 PROP-11 GEN-09 RET-10 RET-16 CTX-08 */
static void failing_each_fault_point_leaves_no_trace(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        nbl_test_fail_each_point(&scenarios[i]);
}

/* rules: GEN-00 PROP-09 PROP-11 GEN-09 RET-10 RET-16 CTX-08 */
static void failing_each_call_of_the_allocator_leaves_no_trace(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        nbl_test_fail_each_allocation(&scenarios[i]);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(failing_each_fault_point_leaves_no_trace),
        NBL_TEST(failing_each_call_of_the_allocator_leaves_no_trace),
    };
    return NBL_TEST_RUN("failure", tests);
}
