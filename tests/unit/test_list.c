/* SPDX-License-Identifier: MIT
 *
 * test_list.c - accessors, flags and context accessors of a NET_BUFFER_LIST that stands on the stack.
 */
#include "nbl_test.h"

static NET_BUFFER_LIST empty_list(void)
{
    NET_BUFFER_LIST list;
    memset(&list, 0, sizeof list);
    return list;
}

/* rules: NBL-13 OOB-01 */
static void accessors_are_the_fields_and_can_be_assigned(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    NET_BUFFER_LIST next = empty_list();
    NET_BUFFER buffer;
    (void)state;
    NET_BUFFER_LIST_NEXT_NBL(&list) = &next;
    NET_BUFFER_LIST_FIRST_NB(&list) = &buffer;
    NET_BUFFER_LIST_FLAGS(&list) = 0x11223344u;
    NET_BUFFER_LIST_NBL_FLAGS(&list) = 0x55667788u;
    NET_BUFFER_LIST_STATUS(&list) = NDIS_STATUS_PAUSED;
    NET_BUFFER_LIST_PROTOCOL_RESERVED(&list)[3] = &list;
    NET_BUFFER_LIST_MINIPORT_RESERVED(&list)[1] = &next;
    NET_BUFFER_LIST_INFO(&list, NetBufferListCorrelationId) = &buffer;
    assert_ptr_equal(list.Next, &next);
    assert_ptr_equal(list.FirstNetBuffer, &buffer);
    assert_int_equal(list.Flags, 0x11223344u);
    assert_int_equal(list.NblFlags, 0x55667788u);
    assert_int_equal(list.Status, NDIS_STATUS_PAUSED);
    assert_ptr_equal(list.ProtocolReserved[3], &list);
    assert_ptr_equal(list.MiniportReserved[1], &next);
    assert_ptr_equal(list.NetBufferListInfo[13], &buffer);
    assert_ptr_equal(NET_BUFFER_LIST_INFO(&list, NetBufferListCorrelationId), &buffer);
}

/* rules: NBL-13 */
static void buffer_accessors_are_the_fields_and_can_be_assigned(void **state)
{
    NET_BUFFER buffer, next;
    NET_BUFFER_SHARED_MEMORY memory, second;
    MDL mdl;
    (void)state;
    memset(&buffer, 0, sizeof buffer);
    memset(&memory, 0, sizeof memory);
    NET_BUFFER_NEXT_NB(&buffer) = &next;
    NET_BUFFER_FIRST_MDL(&buffer) = &mdl;
    NET_BUFFER_CURRENT_MDL(&buffer) = &mdl;
    NET_BUFFER_CURRENT_MDL_OFFSET(&buffer) = 3;
    NET_BUFFER_DATA_LENGTH(&buffer) = 4;
    NET_BUFFER_DATA_OFFSET(&buffer) = 5;
    NET_BUFFER_PROTOCOL_RESERVED(&buffer)[5] = &mdl;
    NET_BUFFER_MINIPORT_RESERVED(&buffer)[3] = &next;
    NET_BUFFER_CHECKSUM_BIAS(&buffer) = 6;
    NET_BUFFER_DATA_PHYSICAL_ADDRESS(&buffer).QuadPart = 7;
    NET_BUFFER_FIRST_SHARED_MEM_INFO(&buffer) = &memory;
    assert_ptr_equal(buffer.Next, &next);
    assert_ptr_equal(buffer.MdlChain, &mdl);
    assert_ptr_equal(buffer.CurrentMdl, &mdl);
    assert_int_equal(buffer.CurrentMdlOffset, 3);
    assert_int_equal(buffer.DataLength, 4);
    assert_int_equal(buffer.stDataLength, 4);
    assert_int_equal(buffer.DataOffset, 5);
    assert_ptr_equal(buffer.ProtocolReserved[5], &mdl);
    assert_ptr_equal(buffer.MiniportReserved[3], &next);
    assert_int_equal(buffer.ChecksumBias, 6);
    assert_int_equal(buffer.DataPhysicalAddress.QuadPart, 7);
    assert_ptr_equal(buffer.SharedMemoryInfo, &memory);
    assert_ptr_equal(NET_BUFFER_SCATTER_GATHER_LIST(&buffer), (void *)&memory);

    NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(&memory) = &second;
    NET_BUFFER_SHARED_MEM_FLAGS(&memory) = 8;
    NET_BUFFER_SHARED_MEM_HANDLE(&memory) = &buffer;
    NET_BUFFER_SHARED_MEM_OFFSET(&memory) = 9;
    NET_BUFFER_SHARED_MEM_LENGTH(&memory) = 10;
    assert_ptr_equal(memory.NextSharedMemorySegment, &second);
    assert_int_equal(memory.SharedMemoryFlags, 8);
    assert_ptr_equal(memory.SharedMemoryHandle, &buffer);
    assert_int_equal(memory.SharedMemoryOffset, 9);
    assert_int_equal(memory.SharedMemoryLength, 10);
}

/* ---- Flags. ---- */

/* rules: FLAG-01 LV-28 */
static void one_flag_means_any_bit_and_flags_means_all_bits(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    (void)state;
    list.NblFlags = 0x600;
    assert_true(NdisTestNblFlag(&list, 0x0200u));
    assert_true(NdisTestNblFlag(&list, 0x0A00u));
    assert_false(NdisTestNblFlag(&list, 0x0800u));
    assert_false(NdisTestNblFlag(&list, 0u));
    assert_true(NdisTestNblFlags(&list, 0x600u));
    assert_false(NdisTestNblFlags(&list, 0xA00u));
    assert_true(NdisTestNblFlags(&list, 0u));
    assert_int_equal(list.NblFlags, 0x600);
    assert_int_equal(list.Flags, 0);
}

/* rules: FLAG-01 */
static void set_and_clear_change_the_named_nbl_flags_alone(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    (void)state;
    list.NblFlags = 0x80000004u;
    NdisSetNblFlag(&list, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP);
    assert_int_equal(list.NblFlags, 0x80000A04u);
    NdisSetNblFlag(&list, NDIS_NBL_FLAGS_IS_TCP);
    assert_int_equal(list.NblFlags, 0x80000A04u);
    NdisClearNblFlag(&list, NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP);
    assert_int_equal(list.NblFlags, 0x80000204u);
    assert_int_equal(list.Flags, 0);
}

/* rules: FLAG-02 */
static void nbl_flag_macros_act_on_flags(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    (void)state;
    list.NblFlags = 0xFFFFFFFFu;
    NBL_SET_FLAG(&list, 0x00011000u);
    assert_int_equal(list.Flags, 0x00011000u);
    assert_true(NBL_TEST_FLAG(&list, 0x00012000u | 0x1000u));
    assert_false(NBL_TEST_FLAG(&list, 0x00020000u));
    assert_true(NBL_TEST_FLAGS(&list, 0x00011000u));
    assert_false(NBL_TEST_FLAGS(&list, 0x00013000u));
    NBL_CLEAR_FLAG(&list, 0x00010000u);
    assert_int_equal(list.Flags, 0x00001000u);
    assert_int_equal(list.NblFlags, 0xFFFFFFFFu);
}

/* rules: FLAG-02 FLAG-03 */
static void protocol_flag_macros_cannot_reach_foreign_bits(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    (void)state;
    NBL_SET_PROTOCOL_RSVD_FLAG(&list, 0xFFFFFFFFu);
    assert_int_equal(list.Flags, 0xFFF00003u);
    list.Flags = 0xFFFFFFFFu;
    NBL_CLEAR_PROT_RSVD_FLAG(&list, 0xFFFFFFFFu);
    assert_int_equal(list.Flags, 0x000FFFFCu);
    assert_false(NBL_TEST_PROTOCOL_RSVD_FLAG(&list, 0xFFFFFFFFu));
    NBL_SET_PROT_RSVD_FLAG(&list, 0x00100004u);
    assert_int_equal(list.Flags, 0x001FFFFCu);
    assert_true(NBL_TEST_PROT_RSVD_FLAG(&list, 0x00100000u | 0x4u));
    assert_false(NBL_TEST_PROT_RSVD_FLAG(&list, 0x4u));
    NBL_CLEAR_PROTOCOL_RSVD_FLAG(&list, 0x00100000u | 0x8u);
    assert_int_equal(list.Flags, 0x000FFFFCu);
}

/* rules: FLAG-03 */
static void each_bit_of_flags_has_exactly_one_owner(void **state)
{
    static ULONG const owners[] = { NBL_FLAGS_PROTOCOL_RESERVED, NBL_FLAGS_MINIPORT_RESERVED, NBL_FLAGS_SCRATCH,
                                    NBL_FLAGS_NDIS_RESERVED };
    ULONG seen = 0;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen & owners[i], 0);
        seen |= owners[i];
    }
    assert_int_equal(seen, 0xFFFFFFFFu);
}

/* wanted_consistent says FLAG-04 bit by bit, in another way than the library does. */
static bool wanted_consistent(ULONG flags)
{
    bool const ipv4 = flags & 0x200, ipv6 = flags & 0x400, tcp = flags & 0x800, udp = flags & 0x1000;
    bool const header = flags & 0x2000, payload = flags & 0x4000;
    bool good = true;
    good = good && !(ipv4 && ipv6);
    good = good && !(tcp && udp);
    good = good && !(header && payload);
    good = good && (!tcp || ipv4 || ipv6);
    good = good && (!udp || ipv4 || ipv6);
    good = good && (!header || ipv4 || ipv6);
    good = good && (!payload || ((ipv4 || ipv6) && (tcp || udp)));
    return good;
}

/* rules: FLAG-04 LV-28 */
static void contradicting_flags_are_told_apart_from_all_others(void **state)
{
    (void)state;
    assert_false(nbl_flags_consistent(0x600));
    for (ULONG flags = 0; flags < 0x20000; flags += 0x100)
        if (nbl_flags_consistent(flags) != wanted_consistent(flags))
            fail_msg("NblFlags 0x%X", (unsigned)flags);
}

/* rules: FLAG-04 */
static void other_flags_do_not_matter_to_consistency(void **state)
{
    (void)state;
    assert_true(nbl_flags_consistent(0));
    assert_true(nbl_flags_consistent(0xFFFF81FFu));
    assert_true(nbl_flags_consistent(NDIS_NBL_FLAGS_HD_SPLIT | NDIS_NBL_FLAGS_IS_IPV6 | NDIS_NBL_FLAGS_IS_UDP
                                     | NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD));
}

/* ---- Context. ---- */

/* give_context hangs a block of its own in front of what the NBL has; take_context frees the newest one. */
static NET_BUFFER_LIST_CONTEXT *give_context(NET_BUFFER_LIST *list, USHORT size, USHORT offset)
{
    NET_BUFFER_LIST_CONTEXT *block = calloc(1, sizeof *block + size);
    assert_non_null(block);
    block->Next = list->Context;
    block->Size = size;
    block->Offset = offset;
    list->Context = block;
    return block;
}

static void take_context(NET_BUFFER_LIST *list)
{
    NET_BUFFER_LIST_CONTEXT *block = list->Context;
    list->Context = block->Next;
    free(block);
}

/* rules: CTX-01 CTX-02 NBL-13 */
static void context_start_skips_the_backfill_and_size_is_the_whole_block(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    NET_BUFFER_LIST_CONTEXT *block = give_context(&list, 64, 0);
    (void)state;
    for (USHORT offset = 0; offset <= 64; offset = (USHORT)(offset + 16)) {
        block->Offset = offset;
        assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(&list), block->ContextData + offset);
        assert_ptr_equal(NET_BUFFER_LIST_CONTEXT_DATA_START(&list), (PUCHAR)block + sizeof *block + offset);
        assert_int_equal(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(&list), 64);
        assert_ptr_equal(nbl_context_data_start(&list), NET_BUFFER_LIST_CONTEXT_DATA_START(&list));
        assert_int_equal(nbl_context_data_size(&list), 64);
    }
    NET_BUFFER_LIST_CONTEXT_DATA_SIZE(&list) = 48;
    assert_int_equal(block->Size, 48);
    nbl_test_expect("");
    take_context(&list);
}

/* rules: CTX-02 */
static void context_accessors_look_at_the_newest_block(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    NET_BUFFER_LIST_CONTEXT *newest;
    (void)state;
    give_context(&list, 64, 0);
    newest = give_context(&list, 32, 16);
    assert_ptr_equal(nbl_context_data_start(&list), newest->ContextData + 16);
    assert_int_equal(nbl_context_data_size(&list), 32);
    take_context(&list);
    take_context(&list);
}

/* rules: CTX-03 */
static void checked_accessors_survive_an_nbl_without_context(void **state)
{
    NET_BUFFER_LIST list = empty_list();
    (void)state;
    assert_null(nbl_context_data_start(&list));
    assert_string_equal(nbl_test_last_call(), "nbl_context_data_start");
    assert_ptr_equal(nbl_test_last_object(), &list);
    nbl_test_expect("CTX-03 fatal");
    assert_int_equal(nbl_context_data_size(&list), 0);
    assert_string_equal(nbl_test_last_call(), "nbl_context_data_size");
    nbl_test_expect("CTX-03 fatal");
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(accessors_are_the_fields_and_can_be_assigned),
        NBL_TEST(buffer_accessors_are_the_fields_and_can_be_assigned),
        NBL_TEST(one_flag_means_any_bit_and_flags_means_all_bits),
        NBL_TEST(set_and_clear_change_the_named_nbl_flags_alone),
        NBL_TEST(nbl_flag_macros_act_on_flags),
        NBL_TEST(protocol_flag_macros_cannot_reach_foreign_bits),
        NBL_TEST(each_bit_of_flags_has_exactly_one_owner),
        NBL_TEST(contradicting_flags_are_told_apart_from_all_others),
        NBL_TEST(other_flags_do_not_matter_to_consistency),
        NBL_TEST(context_start_skips_the_backfill_and_size_is_the_whole_block),
        NBL_TEST(context_accessors_look_at_the_newest_block),
        NBL_TEST(checked_accessors_survive_an_nbl_without_context),
    };
    return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
