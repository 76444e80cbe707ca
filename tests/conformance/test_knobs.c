/* SPDX-License-Identifier: MIT
 *
 * test_knobs.c - what each knob does that no row of vectors/ sees, and where it ends.
 */
#define _POSIX_C_SOURCE 200809L /* pipe */

#include "nbl_test.h"
#include "nbl_test_checker.h"

#include "base/port.h"
#include "nbl_test_checker.h"

#if !defined(_WIN32)
#include <errno.h>
#include <unistd.h>
#endif

/* The state of a test is the knob that is on in it. */
static int begin(void **state)
{
    enum nbl_knob const wanted = (enum nbl_knob)(uintptr_t)*state;
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        if (!nbl_knob_set((enum nbl_knob)knob, false))
            return -1;
    if (nbl_test_begin(state) != 0)
        return -1;
    return wanted == NBL_KNOBS || nbl_knob_set(wanted, true) ? 0 : -1;
}

static int end(void **state)
{
    return nbl_test_end(state);
}

#define UNDER(knob, function) \
    { #function, function, begin, end, (void *)(uintptr_t)(knob) }

static bool holds_only(void const *memory, unsigned char value, size_t bytes)
{
    unsigned char const *byte = memory;
    size_t i = 0;
    nbl_test_know(memory, bytes);
    while (i < bytes && byte[i] == value)
        i++;
    return i == bytes;
}

/* ---- K-END-NULL ---- */

/* rules: NB-10 GDB-06 ADV-14 CLONE-08 CLONE-09 */
static void end_without_mdl_is_read_and_left_like_any_other(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER *buffer;
    NET_BUFFER_LIST *clone;
    (void)state;
    nbl_test_list_make(&made, "a10 b5 DO=3 DL=12");
    buffer = made.buffers[0];
    NdisAdvanceNetBufferDataStart(buffer, 12, FALSE, NULL);
    assert_null(buffer->CurrentMdl);
    assert_int_equal(buffer->CurrentMdlOffset, 0);
    assert_int_equal(buffer->DataOffset, 15);
    assert_ptr_equal(NdisGetDataBuffer(buffer, 0, NULL, 1, 0), made.chains[0].mdls[1].bytes + 5);
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_null(clone->FirstNetBuffer->MdlChain);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 12, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_ptr_equal(buffer->CurrentMdl, buffer->MdlChain);
    assert_int_equal(buffer->CurrentMdlOffset, 3);
    nbl_test_list_free(&made);
}

/* rules: NB-10 CLONE-09 */
static void clone_at_the_end_of_shared_mdls_has_no_current_mdl(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    MDL *last;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=0 DL=0");
    last = made.chains[0].mdls[1].mdl;
    made.buffers[0]->DataOffset = 8;
    made.buffers[0]->CurrentMdl = last; /* a driver's own idea of the end, as good as any (NB-11) */
    made.buffers[0]->CurrentMdlOffset = 4;
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    assert_ptr_equal(clone->FirstNetBuffer->MdlChain, last);
    assert_int_equal(clone->FirstNetBuffer->DataOffset, 4);
    assert_null(clone->FirstNetBuffer->CurrentMdl);
    assert_int_equal(clone->FirstNetBuffer->CurrentMdlOffset, 0);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    nbl_test_list_free(&made);
}

/* rules: NB-10 POOL-12 */
static void fresh_buffer_with_data_keeps_its_current_mdl(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 32, 0), buffers = nbl_test_buffer_pool(32);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(buffers);
    (void)state;
    assert_non_null(list->FirstNetBuffer->CurrentMdl);
    assert_int_equal(list->FirstNetBuffer->CurrentMdlOffset, 32);
    assert_non_null(buffer->CurrentMdl);
    NdisAdjustNetBufferCurrentMdl(buffer);
    assert_null(buffer->CurrentMdl);
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferPool(buffers);
}

/* ---- K-RET-SIZE-B ---- */

/* rules: RET-05 RET-16 ADV-06 PROP-02 */
static void each_buffer_of_a_list_gets_what_it_lacks(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=4 DL=6; b10 DO=0 DL=10; c10 DO=9 DL=1");
    assert_int_equal(NdisRetreatNetBufferListDataStart(made.list, 9, 300, NULL, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(made.buffers[0]->MdlChain->ByteCount, 305);
    assert_int_equal(made.buffers[0]->DataOffset, 300);
    assert_int_equal(made.buffers[1]->MdlChain->ByteCount, 309);
    assert_ptr_equal(made.buffers[2]->MdlChain, made.chains[2].mdls[0].mdl);
    NdisAdvanceNetBufferListDataStart(made.list, 9, TRUE, NULL);
    assert_ptr_equal(made.buffers[0]->MdlChain, made.chains[0].mdls[0].mdl);
    assert_int_equal(made.buffers[0]->DataOffset, 4);
    assert_int_equal(made.buffers[1]->DataOffset, 0);
    nbl_test_list_free(&made);
}

/* rules: RET-11 */
static void limits_stay_those_of_the_whole_sum(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=4 DL=6");
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 6, 0xFFFFFFFBu, NULL), NDIS_STATUS_FAILURE);
    nbl_test_expect("RET-11 error");
    nbl_test_list_free(&made);
}

/* ---- K-USEORIG-FULL ---- */

/* rules: CLONE-09 CLONE-11 RET-20 */
static void clone_can_retreat_over_all_of_the_originals_backfill(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    NET_BUFFER_LIST *clone;
    NET_BUFFER *buffer;
    (void)state;
    nbl_test_list_make(&made, "a4 b4 DO=5 DL=3; c4 DO=4 DL=0; NULL");
    before = nbl_test_snapshot_take(made.list);
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    buffer = clone->FirstNetBuffer;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 5, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_ptr_equal(NdisGetDataBuffer(buffer, 4, NULL, 1, 0), made.chains[0].mdls[0].bytes);
    assert_ptr_equal(buffer->Next->MdlChain, made.chains[1].first);
    assert_int_equal(buffer->Next->DataOffset, 4);
    assert_null(buffer->Next->Next->MdlChain);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

/* ---- K-AUTO-PARENT ---- */

/* rules: GEN-01 GEN-02 */
static void parent_and_count_are_filled_in_for_every_kind(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone, *grandchild, *fragment, *whole, *copy;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=0 DL=10");
    made.list->ChildRefCount = 5;
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    grandchild = NdisAllocateCloneNetBufferList(clone, NULL, NULL, 0);
    fragment = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 4, 0, 0, 0);
    whole = NdisAllocateReassembledNetBufferList(made.list, NULL, 0, 0, 0, 0);
    copy = nbl_derive_copy(made.list, NULL, NULL, 0);
    assert_ptr_equal(clone->ParentNetBufferList, made.list);
    assert_ptr_equal(grandchild->ParentNetBufferList, clone);
    assert_ptr_equal(fragment->ParentNetBufferList, made.list);
    assert_ptr_equal(whole->ParentNetBufferList, made.list);
    assert_null(copy->ParentNetBufferList);
    assert_int_equal(made.list->ChildRefCount, 8);
    assert_int_equal(clone->ChildRefCount, 1);
    NdisFreeCloneNetBufferList(grandchild, 0);
    assert_int_equal(clone->ChildRefCount, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeFragmentNetBufferList(fragment, 0, 0);
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    nbl_derive_free_copy(copy);
    assert_int_equal(made.list->ChildRefCount, 5);
    nbl_test_list_free(&made);
}

/* rules: GEN-06 */
static void child_of_a_freed_parent_can_still_be_counted_off(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone, *grandchild;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=0 DL=10");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    grandchild = NdisAllocateCloneNetBufferList(clone, NULL, NULL, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_expect("GEN-06 error");
    assert_int_equal(made.list->ChildRefCount, 1); /* the clone is there until its child is gone */
    NdisFreeCloneNetBufferList(grandchild, 0);
    assert_int_equal(made.list->ChildRefCount, 0);
    nbl_test_list_free(&made);
}

/* ---- K-POOL-OFFSET-0 ---- */

static void assert_empty_front(NET_BUFFER const *buffer)
{
    assert_int_equal(buffer->DataOffset, 0);
    assert_int_equal(buffer->DataLength, 0);
    assert_int_equal(buffer->CurrentMdlOffset, 0);
    assert_ptr_equal(buffer->CurrentMdl, buffer->MdlChain);
    assert_int_equal(buffer->MdlChain->ByteCount, 32);
}

/* rules: POOL-12 POOL-13 */
static void fresh_data_starts_at_0_whichever_call_gives_it(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 32, 0), buffers = nbl_test_buffer_pool(32);
    NET_BUFFER *buffer = NULL;
    (void)state;
    for (int round = 0; round < 3; round++) {
        NET_BUFFER_LIST *chain = nbl_pool_take(pool, 3, NULL);
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 16, 16);
        for (NET_BUFFER_LIST *each = chain; each != NULL; each = each->Next)
            assert_empty_front(each->FirstNetBuffer);
        assert_empty_front(list->FirstNetBuffer);
        NdisFreeNetBufferList(list);
        assert_int_equal(nbl_pool_give(chain), 3);
        buffer = nbl_pool_take_buffers(buffers, 2, NULL);
        assert_empty_front(buffer);
        assert_empty_front(buffer->Next);
        assert_int_equal(nbl_pool_give_buffers(buffer), 2);
        buffer = NdisAllocateNetBufferMdlAndData(buffers);
        assert_empty_front(buffer);
        memset(MmGetSystemAddressForMdlSafe(buffer->MdlChain, NormalPagePriority), round, 32);
        buffer->DataOffset = 7; /* and the next round finds it as new */
        NdisFreeNetBuffer(buffer);
    }
    NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferPool(buffers);
}

/* ---- K-ADV-STRICT ---- */

/* rules: ADV-05 ADV-06 FRAG-07 RET-05 */
static void memory_of_a_retreat_goes_and_aliases_stay(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *fragment, *clone;
    MDL *alias;
    (void)state;
    nbl_test_list_make(&made, "a10 DO=0 DL=10");
    fragment = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 20, 6, 2, 0);
    alias = fragment->FirstNetBuffer->MdlChain->Next;
    NdisAdvanceNetBufferDataStart(fragment->FirstNetBuffer, 6, TRUE, NULL);
    assert_ptr_equal(fragment->FirstNetBuffer->MdlChain, alias);
    NdisAdvanceNetBufferDataStart(fragment->FirstNetBuffer, 10, TRUE, NULL);
    assert_ptr_equal(fragment->FirstNetBuffer->MdlChain, alias);
    assert_int_equal(fragment->FirstNetBuffer->DataOffset, 10);
    NdisFreeFragmentNetBufferList(fragment, 6, 0);
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    alias = clone->FirstNetBuffer->MdlChain;
    assert_int_equal(NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 300, 0, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 305, TRUE, NULL);
    assert_ptr_equal(clone->FirstNetBuffer->MdlChain, alias);
    assert_int_equal(clone->FirstNetBuffer->DataOffset, 5);
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_list_free(&made);
}

/* ---- K-CTX-ALWAYS ---- */

static void assert_empty_context(NET_BUFFER_LIST const *list)
{
    assert_non_null(list->Context);
    assert_int_equal(list->Context->Size, 0);
    assert_int_equal(list->Context->Offset, 0);
    assert_null(list->Context->Next);
    assert_int_equal((uintptr_t)list->Context % MEMORY_ALLOCATION_ALIGNMENT, 0);
}

/* rules: CTX-04 CTX-05 CTX-09 NBL-04 */
static void every_list_of_a_pool_has_a_block(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0), with_context = nbl_test_list_pool(FALSE, 0, 32);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER_LIST *other = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 2, NULL);
    NET_BUFFER_LIST *bigger = NdisAllocateNetBufferList(with_context, 0, 0);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(list, pool, NULL, 0);
    (void)state;
    assert_empty_context(list);
    assert_empty_context(other);
    assert_empty_context(chain);
    assert_empty_context(chain->Next);
    assert_int_equal(bigger->Context->Size, 32);
    assert_null(clone->Context);
    assert_int_equal(NdisAllocateNetBufferListContext(list, 24, 8, 0), NDIS_STATUS_SUCCESS);
    assert_int_equal(list->Context->Size, 32);
    NdisFreeNetBufferListContext(list, 24);
    assert_empty_context(list);
    NdisFreeCloneNetBufferList(clone, 0);
    assert_int_equal(nbl_pool_give(chain), 2);
    NdisFreeNetBufferList(other);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferList(bigger);
    NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferListPool(with_context);
}

/* rules: GEN-00 CTX-04 */
static void no_memory_for_the_block_is_no_list(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 16, 0);
    uint64_t nth = 1;
    (void)state;
    for (;; nth++) {
        NET_BUFFER_LIST *list;
        nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        list = NdisAllocateNetBufferList(pool, 0, 0);
        if (!nbl_fault_disarm(NBL_FAULT_ALLOCATION)) {
            assert_empty_context(list);
            NdisFreeNetBufferList(list);
            break;
        }
        assert_null(list);
        assert_int_equal(nbl_test_live(pool), 0);
    }
    assert_int_equal(nth, 3); /* the NBL, and its context */
    NdisFreeNetBufferListPool(pool);
}

/* ---- K-CTX-MISALIGN ---- */

/* rules: CTX-11 CTX-04 CTX-06 CTX-09 CTX-12 */
static void no_context_space_is_aligned_to_more_than_a_pointer(void **state)
{
    static USHORT const words[][2] = { { 2, 0 }, { 1, 0 }, { 4, 2 }, { 3, 1 }, { 0, 0 }, { 1, 1 }, { 8, 8 }, { 2, 3 } };
    size_t const word = sizeof(void *);
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 32, 64);
    size_t const count = sizeof(words) / sizeof(words[0]);
    (void)state;
    assert_int_equal((uintptr_t)NET_BUFFER_LIST_CONTEXT_DATA_START(list) % MEMORY_ALLOCATION_ALIGNMENT, 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(NdisAllocateNetBufferListContext(list, (USHORT)(words[i][0] * word),
                                                          (USHORT)(words[i][1] * word), 0),
                         NDIS_STATUS_SUCCESS);
        assert_int_equal((uintptr_t)NET_BUFFER_LIST_CONTEXT_DATA_START(list) % MEMORY_ALLOCATION_ALIGNMENT, word);
        memset(NET_BUFFER_LIST_CONTEXT_DATA_START(list), (int)i, words[i][0] * word);
    }
    for (size_t i = count; i-- > 0;) {
        assert_true(words[i][0] == 0
                    || holds_only(NET_BUFFER_LIST_CONTEXT_DATA_START(list), (unsigned char)i, words[i][0] * word));
        NdisFreeNetBufferListContext(list, (USHORT)(words[i][0] * word));
    }
    assert_int_equal(list->Context->Offset, 64);
    assert_null(list->Context->Next);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: CTX-11 */
static void largest_block_has_no_room_to_be_misaligned(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    USHORT const most = 0xFFFF / sizeof(void *) * sizeof(void *);
    (void)state;
    assert_int_equal(NdisAllocateNetBufferListContext(list, most, 0, 0), NDIS_STATUS_SUCCESS);
    assert_int_equal(list->Context->Size, most);
    assert_int_equal(list->Context->Offset, 0);
    NdisFreeNetBufferListContext(list, most);
    assert_null(list->Context);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* ---- K-POISON ---- */

static void assert_poisoned_list(NET_BUFFER_LIST const *list)
{
    assert_true(holds_only(list->ProtocolReserved, 0xCD, sizeof(list->ProtocolReserved)));
    assert_true(holds_only(list->MiniportReserved, 0xCD, sizeof(list->MiniportReserved)));
    assert_null(list->Scratch);
    assert_null(list->SourceHandle);
    assert_null(list->ParentNetBufferList);
    assert_int_equal(list->NblFlags | list->Flags | (ULONG)list->ChildRefCount | (ULONG)list->Status, 0);
    assert_true(holds_only(list->NetBufferListInfo, 0, sizeof(list->NetBufferListInfo)));
}

static void assert_poisoned_buffer(NET_BUFFER const *buffer)
{
    assert_true(holds_only(buffer->ProtocolReserved, 0xCD, sizeof(buffer->ProtocolReserved)));
    assert_true(holds_only(buffer->MiniportReserved, 0xCD, sizeof(buffer->MiniportReserved)));
    assert_int_equal(buffer->ChecksumBias | buffer->Reserved, 0);
    assert_true(holds_only(&buffer->DataPhysicalAddress, 0, sizeof(buffer->DataPhysicalAddress)));
    assert_null(buffer->SharedMemoryInfo);
}

/* All bytes of an MDL; asking for its address makes them visible to a memory checker. To Valgrind fresh memory is
 * undefined whatever it holds, which finds drivers that read it without a pattern. */
static bool mdl_begins_with(MDL *mdl, unsigned char value, size_t bytes)
{
    void const *memory = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_VALGRIND) {
        print_message("Valgrind watches: what fresh memory holds is not looked at\n");
        return true;
    }
    return holds_only(memory, value, bytes);
}

static bool mdl_holds_only(MDL *mdl, unsigned char value)
{
    return mdl_begins_with(mdl, value, mdl->ByteCount);
}

/* rules: NB-20 NBL-05 POOL-14 */
static void fresh_objects_of_pools_hold_the_pattern(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 48, 0), plain = nbl_test_buffer_pool(0), data = nbl_test_buffer_pool(48);
    (void)state;
    for (int round = 0; round < 2; round++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
        NET_BUFFER *buffer = NdisAllocateNetBuffer(plain, NULL, 0, 0);
        NET_BUFFER *with_data = NdisAllocateNetBufferMdlAndData(data);
        assert_poisoned_list(list);
        assert_poisoned_buffer(list->FirstNetBuffer);
        assert_true(mdl_holds_only(list->FirstNetBuffer->MdlChain, 0xA5));
        assert_poisoned_buffer(buffer);
        assert_poisoned_buffer(with_data);
        assert_true(mdl_holds_only(with_data->MdlChain, 0xA5));
        memset(nbl_test_address(with_data->MdlChain), 1, 48);
        memset(nbl_test_address(list->FirstNetBuffer->MdlChain), 1, 48);
        memset(list->ProtocolReserved, 2, sizeof(list->ProtocolReserved));
        NdisFreeNetBuffer(with_data);
        NdisFreeNetBuffer(buffer);
        NdisFreeNetBufferList(list);
    }
    NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferPool(plain);
    NdisFreeNetBufferPool(data);
}

/* rules: RET-18 POOL-14 GEN-10 */
static void memory_that_the_library_adds_holds_the_pattern(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *fragment, *copy;
    unsigned char data[16];
    (void)state;
    nbl_test_list_make(&made, "a10 DO=0 DL=10");
    assert_int_equal(NdisRetreatNetBufferDataStart(made.buffers[0], 6, 10, NULL), NDIS_STATUS_SUCCESS);
    assert_true(mdl_holds_only(made.buffers[0]->MdlChain, 0xA5));
    NdisAdvanceNetBufferDataStart(made.buffers[0], 6, TRUE, NULL);
    fragment = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 4, 6, 2, 0);
    assert_poisoned_list(fragment);
    for (NET_BUFFER *buffer = fragment->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        assert_poisoned_buffer(buffer);
        assert_true(mdl_holds_only(buffer->MdlChain, 0xA5));
    }
    NdisFreeFragmentNetBufferList(fragment, 6, 0);
    copy = nbl_derive_copy(made.list, NULL, NULL, 8);
    assert_poisoned_list(copy);
    assert_int_equal(nbl_test_data(copy->FirstNetBuffer, data, sizeof(data)), 10);
    assert_memory_equal(data, made.chains[0].mdls[0].bytes, 10);
    assert_true(mdl_begins_with(copy->FirstNetBuffer->MdlChain, 0xA5, 8));
    nbl_derive_free_copy(copy);
    assert_int_equal(made.chains[0].mdls[0].bytes[0], nbl_test_byte('a', 0));
    nbl_test_list_free(&made);
}

/* ---- K-SCRUB-SCRATCH ---- */

static NET_BUFFER_LIST *two_lists(NDIS_HANDLE pool)
{
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 2, NULL);
    assert_non_null(chain);
    chain->Scratch = chain;
    chain->Flags = 0xFFF50003u;
    chain->Next->Flags = NBL_FLAGS_SCRATCH;
    return chain;
}

/* rules: NBL-12 FLAG-03 */
static void new_owner_finds_nothing_of_the_old_ones_scratch(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *chain = two_lists(pool);
    (void)state;
    nbl_list_hand_over(NULL);
    nbl_list_hand_over(chain);
    assert_int_equal((uintptr_t)chain->Scratch, ~(uintptr_t)chain);
    assert_int_equal(chain->Flags, 0xFFFA0003u);
    assert_int_equal((uintptr_t)chain->Next->Scratch, ~(uintptr_t)0);
    assert_int_equal(chain->Next->Flags, 0);
    assert_int_equal(nbl_pool_give(chain), 2);
    NdisFreeNetBufferListPool(pool);
}

/* rules: NBL-12 */
static void handing_over_changes_nothing_without_the_knob(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *chain = two_lists(pool);
    (void)state;
    nbl_list_hand_over(chain);
    assert_ptr_equal(chain->Scratch, chain);
    assert_int_equal(chain->Flags, 0xFFF50003u);
    assert_int_equal(nbl_pool_give(chain), 2);
    NdisFreeNetBufferListPool(pool);
}

/* ---- K-PFN-SHUFFLE ---- */

#define FRAMES 64

/* rules: MDL-21 MDL-15 MDL-16 */
static void page_has_one_number_and_no_neighbour(void **state)
{
    unsigned char *memory = malloc((FRAMES + 1) * (size_t)PAGE_SIZE);
    unsigned char *first = memory + (PAGE_SIZE - (uintptr_t)memory % PAGE_SIZE) % PAGE_SIZE;
    MDL *all = NdisAllocateMdl(NULL, first, FRAMES * PAGE_SIZE);
    PFN_NUMBER const *frames = MmGetMdlPfnArray(all);
    (void)state;
    for (unsigned i = 0; i < FRAMES; i++) {
        MDL *one = IoAllocateMdl(first + i * PAGE_SIZE + 7, PAGE_SIZE, FALSE, FALSE, NULL);
        MmProbeAndLockPages(one, KernelMode, IoReadAccess);
        assert_int_equal(MmGetMdlPfnArray(one)[0], frames[i]);
        MmUnlockPages(one);
        MmBuildMdlForNonPagedPool(one);
        assert_int_equal(MmGetMdlPfnArray(one)[0], frames[i]);
        assert_true(i + 1 == FRAMES || MmGetMdlPfnArray(one)[1] == frames[i + 1]);
        assert_true(frames[i] <= ~(PFN_NUMBER)0 >> PAGE_SHIFT);
        assert_true(i == 0 || (frames[i] != frames[i - 1] + 1 && frames[i] + 1 != frames[i - 1]));
        for (unsigned k = 0; k < i; k++)
            assert_int_not_equal(frames[i], frames[k]);
        IoFreeMdl(one);
    }
    NdisFreeMdl(all);
    free(memory);
}

/* The number that an MDL of the driver's own gets for the page of an address. */
static PFN_NUMBER frame_of(void const *address)
{
    MDL *mdl = NdisAllocateMdl(NULL, (PVOID)(uintptr_t)address, 1);
    PFN_NUMBER const frame = MmGetMdlPfnArray(mdl)[0];
    NdisFreeMdl(mdl);
    return frame;
}

static void assert_frames(MDL const *mdl)
{
    unsigned char const *address = nbl_test_address(mdl);
    ULONG const pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, mdl->ByteCount);
    for (ULONG i = 0; i < pages; i++)
        assert_int_equal(MmGetMdlPfnArray(mdl)[i], frame_of((unsigned char *)PAGE_ALIGN(address) + i * PAGE_SIZE));
}

/* rules: MDL-21 MDL-17 */
static void mdls_that_the_library_makes_have_the_same_numbers(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 9000, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0), *clone, *fragment;
    NET_BUFFER *buffer = list->FirstNetBuffer;
    MDL *partial;
    (void)state;
    assert_frames(buffer->MdlChain);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 9100, 5000, NULL), NDIS_STATUS_SUCCESS);
    assert_frames(buffer->MdlChain);
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    fragment = NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 4500, 5000, 0, 0);
    for (MDL *mdl = clone->FirstNetBuffer->MdlChain; mdl != NULL; mdl = mdl->Next)
        assert_frames(mdl);
    for (NET_BUFFER *each = fragment->FirstNetBuffer; each != NULL; each = each->Next)
        for (MDL *mdl = each->MdlChain; mdl != NULL; mdl = mdl->Next)
            assert_frames(mdl);
    partial = IoAllocateMdl(MmGetMdlVirtualAddress(buffer->MdlChain), 5000, FALSE, FALSE, NULL);
    IoBuildPartialMdl(buffer->MdlChain, partial, (UCHAR *)MmGetMdlVirtualAddress(buffer->MdlChain) + 4100, 900);
    assert_frames(partial);
    IoFreeMdl(partial);
    NdisFreeFragmentNetBufferList(fragment, 5000, 0);
    NdisFreeCloneNetBufferList(clone, 0);
    NdisAdvanceNetBufferDataStart(buffer, 9100, TRUE, NULL);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* ---- K-NOWRITE ---- */

#define READABLE (NormalPagePriority | MdlMappingNoWrite)

#if !defined(_WIN32)
/* Tells whether the operating system can write to an address, without trying it from here. */
static bool writable(void *address)
{
    int ends[2];
    char const byte = 42;
    bool written;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], &byte, 1), 1);
    written = read(ends[0], address, 1) == 1;
    assert_true(written || errno == EFAULT);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return written;
}
#else
static bool writable(void *address)
{
    return address != NULL;
}
#endif

/* rules: MDL-14 MDL-09 */
static void nowrite_mapping_of_library_memory_can_be_read_only(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    MDL *mdl = list->FirstNetBuffer->MdlChain;
    unsigned char *memory = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    unsigned char *readable = MmGetSystemAddressForMdlSafe(mdl, READABLE), *queried = NULL;
    ULONG length = 0;
    (void)state;
    assert_ptr_equal(memory, mdl->MappedSystemVa);
    assert_ptr_not_equal(readable, memory);
    assert_int_equal(BYTE_OFFSET(readable), BYTE_OFFSET(memory));
    memset(memory, 7, 64);
    assert_true(holds_only(readable, 7, 64));
    assert_false(writable(readable));
    assert_true(writable(memory));
    NdisQueryMdl(mdl, &queried, &length, READABLE);
    assert_ptr_equal(queried, readable);
    NdisQueryMdl(mdl, &queried, &length, NormalPagePriority);
    assert_ptr_equal(queried, memory);
    assert_ptr_equal(mdl->MappedSystemVa, memory); /* the library itself still writes there */
    assert_int_equal(mdl->MdlFlags, MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: MDL-18 MDL-14 */
static void locked_mdl_over_library_memory_maps_and_unmaps_either_way(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(64);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
    unsigned char *memory = MmGetSystemAddressForMdlSafe(buffer->MdlChain, NormalPagePriority), *readable;
    MDL *mdl = IoAllocateMdl(memory, 64, FALSE, FALSE, NULL);
    (void)state;
    MmProbeAndLockPages(mdl, KernelMode, IoReadAccess);
    readable = MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, READABLE);
    assert_ptr_not_equal(readable, memory);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, READABLE), readable);
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), memory);
    MmUnmapLockedPages(readable + 1, mdl);
    nbl_test_expect("MDL-18 error");
    MmUnmapLockedPages(readable, mdl);
    assert_int_equal(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    assert_ptr_equal(MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority), memory);
    MmUnmapLockedPages(memory, mdl);
    assert_int_equal(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    MmUnlockPages(mdl);
    IoFreeMdl(mdl);
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferPool(pool);
}

/* rules: MDL-14 */
static void memory_of_the_driver_has_one_address(void **state)
{
    struct nbl_test_list made;
    MDL *mdl;
    (void)state;
    nbl_test_list_make(&made, "a10");
    mdl = made.chains[0].first;
    assert_ptr_equal(MmGetSystemAddressForMdlSafe(mdl, READABLE), made.chains[0].mdls[0].bytes);
    nbl_test_list_free(&made);
}

/* rules: MDL-14 */
static void nowrite_is_an_ordinary_mapping_without_the_knob(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(64);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
    unsigned char *memory = MmGetSystemAddressForMdlSafe(buffer->MdlChain, READABLE);
    (void)state;
    assert_ptr_equal(memory, buffer->MdlChain->MappedSystemVa);
    assert_true(writable(memory));
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferPool(pool);
}

/* ---- K-PHYS-USED ---- */

/* rules: PHYS-01 PHYS-02 NB-09 NB-11 */
static void pages_of_used_data_alone_are_counted(void **state)
{
    static struct {
        char const *text;
        ULONG pages;
    } const cases[] = {
        { "a8192@1 DO=0 DL=8192", 3 },          { "a8192@1 DO=0 DL=4095", 1 }, { "a8192@1 DO=0 DL=4096", 2 },
        { "a8192@1 DO=4095 DL=4096", 1 },       { "a8192@1 DO=4094 DL=2", 2 }, { "a8192@1 DO=8192 DL=0", 0 },
        { "a10@0 z0 b10@4090 DO=9 DL=8", 3 },   { "a10@0 z0 b10@4090 DO=9 DL=7", 2 },
        { "a10@0 b10@0 DO=10 DL=3", 1 },        { "NULL", 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nbl_test_list made;
        nbl_test_list_make(&made, cases[i].text);
        print_message("%s\n", cases[i].text);
        assert_int_equal(NdisQueryNetBufferPhysicalCount(made.buffers[0]), cases[i].pages);
        nbl_test_list_free(&made);
    }
}

/* rules: VER-04 */
static void circle_of_mdls_is_reported_and_left(void **state)
{
    struct nbl_test_list made;
    (void)state;
    nbl_test_list_make(&made, "a0 b0 DO=0 DL=0");
    made.chains[0].mdls[1].mdl->Next = made.chains[0].first;
    made.buffers[0]->DataLength = 5;
    assert_int_equal(NdisQueryNetBufferPhysicalCount(made.buffers[0]), 0);
    nbl_test_expect("VER-04 fatal");
    made.chains[0].mdls[1].mdl->Next = NULL;
    nbl_test_list_free(&made);
}

static struct CMUnitTest const tests[] = {
    UNDER(NBL_KNOB_END_NULL, end_without_mdl_is_read_and_left_like_any_other),
    UNDER(NBL_KNOB_END_NULL, clone_at_the_end_of_shared_mdls_has_no_current_mdl),
    UNDER(NBL_KNOB_END_NULL, fresh_buffer_with_data_keeps_its_current_mdl),
    UNDER(NBL_KNOB_RET_SIZE_B, each_buffer_of_a_list_gets_what_it_lacks),
    UNDER(NBL_KNOB_RET_SIZE_B, limits_stay_those_of_the_whole_sum),
    UNDER(NBL_KNOB_USEORIG_FULL, clone_can_retreat_over_all_of_the_originals_backfill),
    UNDER(NBL_KNOB_AUTO_PARENT, parent_and_count_are_filled_in_for_every_kind),
    UNDER(NBL_KNOB_AUTO_PARENT, child_of_a_freed_parent_can_still_be_counted_off),
    UNDER(NBL_KNOB_POOL_OFFSET_0, fresh_data_starts_at_0_whichever_call_gives_it),
    UNDER(NBL_KNOB_ADV_STRICT, memory_of_a_retreat_goes_and_aliases_stay),
    UNDER(NBL_KNOB_CTX_ALWAYS, every_list_of_a_pool_has_a_block),
    UNDER(NBL_KNOB_CTX_ALWAYS, no_memory_for_the_block_is_no_list),
    UNDER(NBL_KNOB_CTX_MISALIGN, no_context_space_is_aligned_to_more_than_a_pointer),
    UNDER(NBL_KNOB_CTX_MISALIGN, largest_block_has_no_room_to_be_misaligned),
    UNDER(NBL_KNOB_POISON, fresh_objects_of_pools_hold_the_pattern),
    UNDER(NBL_KNOB_POISON, memory_that_the_library_adds_holds_the_pattern),
    UNDER(NBL_KNOB_SCRUB_SCRATCH, new_owner_finds_nothing_of_the_old_ones_scratch),
    UNDER(NBL_KNOBS, handing_over_changes_nothing_without_the_knob),
    UNDER(NBL_KNOB_PFN_SHUFFLE, page_has_one_number_and_no_neighbour),
    UNDER(NBL_KNOB_PFN_SHUFFLE, mdls_that_the_library_makes_have_the_same_numbers),
    UNDER(NBL_KNOBS, nowrite_is_an_ordinary_mapping_without_the_knob),
    UNDER(NBL_KNOB_PHYS_USED, pages_of_used_data_alone_are_counted),
    UNDER(NBL_KNOB_PHYS_USED, circle_of_mdls_is_reported_and_left),
    UNDER(NBL_KNOB_NOWRITE, nowrite_mapping_of_library_memory_can_be_read_only),
    UNDER(NBL_KNOB_NOWRITE, locked_mdl_over_library_memory_maps_and_unmaps_either_way),
    UNDER(NBL_KNOB_NOWRITE, memory_of_the_driver_has_one_address),
};

#define LAST_FOR_NOWRITE 3

int main(void)
{
    size_t count = sizeof(tests) / sizeof(tests[0]);
    if (nbl__port_views() == NULL) /* unit/test_knob shows that K-NOWRITE is refused there */
        count -= LAST_FOR_NOWRITE;
    return nbl_test_run("knobs", tests, count);
}
