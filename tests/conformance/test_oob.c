/* SPDX-License-Identifier: MIT
 *
 * test_oob.c - out-of-band information (OOB) and the vectors LV-24..LV-27, LV-29, LV-30.
 */
#include "nbl_test.h"

/* Slots by number, as on Windows: x64, and x86 where it differs. */
#define SLOT(x64, x86) (sizeof(void *) == 8 ? (x64) : (x86))
#define SLOTS 27

/* odd_value and even_value are 27 different numbers each that use every byte of a slot; no odd one equals an even one.
 * */
static PVOID odd_value(unsigned slot)
{
    return (PVOID)(~(ULONG_PTR)0 / 3 + 2 * slot);
}

static PVOID even_value(unsigned slot)
{
    return (PVOID)(~(ULONG_PTR)0 / 5 * 2 + 2 * slot);
}

static void fill(NET_BUFFER_LIST *list, PVOID (*value)(unsigned slot))
{
    memset(list, 0, sizeof *list);
    for (unsigned i = 0; i < SLOTS; i++)
        list->NetBufferListInfo[i] = value(i);
}

/* rules: OOB-01 */
static void every_slot_can_be_assigned_by_its_name(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    for (unsigned i = 0; i < SLOTS; i++)
        NET_BUFFER_LIST_INFO(&list, (NDIS_NET_BUFFER_LIST_INFO)i) = odd_value(i);
    for (unsigned i = 0; i < SLOTS; i++)
        assert_ptr_equal(list.NetBufferListInfo[i], odd_value(i));
    assert_int_equal(MaxNetBufferListInfo, SLOTS);
    assert_int_equal(sizeof list.NetBufferListInfo, SLOTS * sizeof(PVOID));
}

/* ---- Copying. ---- */

typedef VOID copy_call(NET_BUFFER_LIST *to, NET_BUFFER_LIST const *from);

/* check_copy: the slots in the list come from A, all others stay B's. */
static void check_copy(copy_call *copy, unsigned const *slots, unsigned count)
{
    NET_BUFFER_LIST a, b;
    unsigned copied = 0;
    fill(&a, odd_value);
    fill(&b, even_value);
    copy(&b, &a);
    for (unsigned i = 0; i < SLOTS; i++) {
        bool const named = copied < count && slots[copied] == i;
        copied += named;
        if (b.NetBufferListInfo[i] != (named ? odd_value(i) : even_value(i)))
            fail_msg("slot %u was %s", i, named ? "not copied" : "changed");
        assert_ptr_equal(a.NetBufferListInfo[i], odd_value(i));
    }
    assert_int_equal(copied, count);
}

/* rules: OOB-03 OOB-04a LV-24 */
static void copy_send_takes_the_documented_slots(void **state)
{
    unsigned const slots[] = { 0, 1, 2, 4, 5, 6, 7, 11, 12, 14, SLOT(20, 26) };
    (void)state;
    check_copy(NdisCopySendNetBufferListInfo, slots, 11);
}

/* rules: OOB-04 OOB-04a LV-25 */
static void copy_receive_takes_the_documented_slots(void **state)
{
    unsigned const slots[] = { 0, 1, 2, 4, 6, 7, 8, 9, 11, 12, 14, SLOT(20, 26) };
    (void)state;
    check_copy(NdisCopyReceiveNetBufferListInfo, slots, 12);
}

/* rules: OOB-04a NBL-12 */
static void copies_leave_the_rest_of_the_nbl_alone(void **state)
{
    static copy_call *const calls[] = { NdisCopySendNetBufferListInfo, NdisCopyReceiveNetBufferListInfo };
    NET_BUFFER_LIST from, to, wanted;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        memset(&from, 0xFF, sizeof from);
        memset(&to, 0x11, sizeof to);
        wanted = to;
        calls[i](&to, &from);
        assert_memory_equal(&to, &wanted, offsetof(NET_BUFFER_LIST, NetBufferListInfo));
    }
}

/* rules: OOB-04a */
static void copying_to_itself_changes_nothing(void **state)
{
    NET_BUFFER_LIST list, before;
    (void)state;
    fill(&list, odd_value);
    before = list;
    NdisCopySendNetBufferListInfo(&list, &list);
    NdisCopyReceiveNetBufferListInfo(&list, &list);
    assert_memory_equal(&list, &before, sizeof list);
    assert_false(nbl_test_informed("OOB-04b"));
}

/* rules: OOB-03 OOB-04 */
static void copying_from_or_to_nothing_is_refused(void **state)
{
    NET_BUFFER_LIST list, before;
    (void)state;
    fill(&list, odd_value);
    before = list;
    NdisCopySendNetBufferListInfo(&list, NULL);
    assert_ptr_equal(nbl_test_last_object(), &list);
    nbl_test_expect("OOB-03 fatal");
    NdisCopySendNetBufferListInfo(NULL, &list);
    nbl_test_expect("OOB-03 fatal");
    NdisCopyReceiveNetBufferListInfo(&list, NULL);
    NdisCopyReceiveNetBufferListInfo(NULL, NULL);
    nbl_test_expect("OOB-04 fatal, OOB-04 fatal");
    assert_memory_equal(&list, &before, sizeof list);
}

/* check_media_is_shared: the copy names the very list of the original, which is told about. */
static void check_media_is_shared(copy_call *copy)
{
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION entry = { NULL, 7, { 0 } };
    NET_BUFFER_LIST from, to;
    memset(&from, 0, sizeof from);
    memset(&to, 0, sizeof to);
    copy(&to, &from);
    assert_false(nbl_test_informed("OOB-04b"));
    NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(&from, &entry);
    copy(&to, &from);
    assert_ptr_equal(NET_BUFFER_LIST_INFO(&to, MediaSpecificInformation), &entry);
    assert_ptr_equal(NET_BUFFER_LIST_INFO(&from, MediaSpecificInformation), &entry);
    assert_null(entry.NextEntry);
    assert_true(nbl_test_informed("OOB-04b"));
}

/* rules: OOB-04b */
static void copy_send_shares_media_specific_information(void **state)
{
    (void)state;
    check_media_is_shared(NdisCopySendNetBufferListInfo);
}

/* rules: OOB-04b */
static void copy_receive_shares_media_specific_information(void **state)
{
    (void)state;
    check_media_is_shared(NdisCopyReceiveNetBufferListInfo);
}

/* ---- Slot 7: protocol id and frame type. ---- */

/* rules: OOB-05 LV-26 */
static void protocol_id_is_the_number_in_slot_7(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    NdisSetNetBufferListProtocolId(&list, NDIS_PROTOCOL_ID_TCP_IP);
    assert_ptr_equal(list.NetBufferListInfo[7], (void *)(ULONG_PTR)2);
    assert_int_equal(NdisGetNetBufferListProtocolId(&list), 2);
}

/* rules: OOB-05 POOL-06 LV-26 */
static void protocol_id_comes_from_the_pool(void **state)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters;
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    (void)state;
    memset(&parameters, 0, sizeof parameters);
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.ProtocolId = NDIS_PROTOCOL_ID_TCP_IP;
    parameters.PoolTag = 1;
    pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    assert_non_null(pool);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_non_null(list);
    assert_int_equal(NdisGetNetBufferListProtocolId(list), 2);
    assert_ptr_equal(NET_BUFFER_LIST_INFO(list, NetBufferListProtocolId), (void *)(ULONG_PTR)2);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: OOB-05 LV-27 */
static void setting_the_protocol_id_replaces_the_low_byte_alone(void **state)
{
    NET_BUFFER_LIST list;
    ULONG_PTR const high = ~(ULONG_PTR)0 << 16 << 16; /* 0 where slots have 32 bits */
    (void)state;
    memset(&list, 0, sizeof list);
    list.NetBufferListInfo[7] = (PVOID)(high | 0xAABBCCDDu);
    assert_int_equal(NdisGetNetBufferListProtocolId(&list), 0xDD);
    NdisSetNetBufferListProtocolId(&list, NDIS_PROTOCOL_ID_IPX);
    assert_ptr_equal(list.NetBufferListInfo[7], (void *)(high | 0xAABBCC06u));
    assert_int_equal(NdisGetNetBufferListProtocolId(&list), 6);
    for (unsigned i = 0; i < SLOTS; i++)
        assert_true(i == 7 || list.NetBufferListInfo[i] == NULL);
}

/* rules: OOB-05 */
static void no_nbl_has_the_default_protocol_id(void **state)
{
    (void)state;
    assert_int_equal(NdisGetNetBufferListProtocolId(NULL), NDIS_PROTOCOL_ID_DEFAULT);
    nbl_test_expect("OOB-05 fatal");
}

/* rules: OOB-06 */
static void frame_type_is_in_network_byte_order_over_the_protocol_id(void **state)
{
    static USHORT const types[] = { 0x0800, 0x86DD, 0x0000, 0xFFFF, 0x00FF, 0xFF00, 0x1234 };
    NET_BUFFER_LIST list;
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        USHORT stored;
        unsigned char bytes[2];
        fill(&list, odd_value);
        nbl_info_set_frame_type(&list, types[i]);
        assert_int_equal((ULONG_PTR)list.NetBufferListInfo[7] & ~(ULONG_PTR)0xFFFF, 0);
        stored = (USHORT)(ULONG_PTR)NET_BUFFER_LIST_INFO(&list, NetBufferListFrameType);
        memcpy(bytes, &stored, 2);
        assert_int_equal(bytes[0], types[i] >> 8);
        assert_int_equal(bytes[1], types[i] & 0xFF);
        assert_int_equal(nbl_info_get_frame_type(&list), types[i]);
        assert_int_equal(NdisGetNetBufferListProtocolId(&list), stored & 0xFF);
    }
}

/* ---- Hash. ---- */

/* rules: OOB-07 LV-29 */
static void hash_type_and_function_share_a_slot(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    NET_BUFFER_LIST_SET_HASH_TYPE(&list, NDIS_HASH_TCP_IPV4);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(&list, NdisHashFunctionToeplitz);
    NET_BUFFER_LIST_SET_HASH_TYPE(&list, NDIS_HASH_IPV4);
    assert_ptr_equal(list.NetBufferListInfo[9], (void *)(ULONG_PTR)0x101);
    assert_int_equal(NET_BUFFER_LIST_GET_HASH_TYPE(&list), 0x100);
    assert_int_equal(NET_BUFFER_LIST_GET_HASH_FUNCTION(&list), 1);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(&list, NdisHashFunctionReserved2);
    assert_ptr_equal(list.NetBufferListInfo[9], (void *)(ULONG_PTR)0x104);
}

/* rules: OOB-07 */
static void hash_setters_stay_under_their_masks(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    list.NetBufferListInfo[9] = (PVOID)(ULONG_PTR)0xAB000000u;
    NET_BUFFER_LIST_SET_HASH_TYPE(&list, 0xFFFFFFFFu);
    assert_ptr_equal(list.NetBufferListInfo[9], (void *)(ULONG_PTR)0xABFFFF00u);
    NET_BUFFER_LIST_SET_HASH_FUNCTION(&list, 0xFFFFFF12u);
    assert_ptr_equal(list.NetBufferListInfo[9], (void *)(ULONG_PTR)0xABFFFF12u);
    assert_int_equal(NET_BUFFER_LIST_GET_HASH_TYPE(&list), 0x00FFFF00u);
    assert_int_equal(NET_BUFFER_LIST_GET_HASH_FUNCTION(&list), 0x12);
    assert_int_equal(NDIS_HASH_UDP_IPV6_EX & NDIS_HASH_TYPE_MASK, NDIS_HASH_UDP_IPV6_EX);
}

/* rules: OOB-07 */
static void numbers_are_extended_with_zeros(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0xFF, sizeof list);
    NET_BUFFER_LIST_SET_HASH_VALUE(&list, 0x89ABCDEFu);
    nbl_info_set_ulong(&list, RscTcpTimestampDelta, 0xFFFFFFFFu);
    assert_ptr_equal(list.NetBufferListInfo[8], (void *)(ULONG_PTR)0x89ABCDEFu);
    assert_int_equal(NET_BUFFER_LIST_GET_HASH_VALUE(&list), 0x89ABCDEFu);
    assert_ptr_equal(list.NetBufferListInfo[SLOT(23, 20)], (void *)(ULONG_PTR)0xFFFFFFFFu);
    assert_int_equal(nbl_info_get_ulong(&list, RscTcpTimestampDelta), 0xFFFFFFFFu);
    NET_BUFFER_LIST_SET_HASH_TYPE(&list, 0);
    assert_int_equal((ULONG_PTR)list.NetBufferListInfo[9], 0xFF0000FFu);
}

/* ---- Cancel id. ---- */

/* rules: OOB-08 */
static void cancel_id_is_slot_5_as_number_or_pointer(void **state)
{
    NET_BUFFER_LIST list;
    ULONG_PTR const id = (ULONG_PTR)NdisGeneratePartialCancelId() << (8 * (sizeof(PVOID) - 1)) | 77;
    (void)state;
    memset(&list, 0, sizeof list);
    assert_null(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(&list));
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(&list, id);
    assert_ptr_equal(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(&list), (void *)id);
    assert_ptr_equal(list.NetBufferListInfo[5], (void *)id);
    assert_true(id >> (8 * (sizeof(PVOID) - 1)) != 0);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(&list, &list);
    assert_ptr_equal(list.NetBufferListInfo[5], &list);
    NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(&list, NULL);
    assert_null(NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(&list));
}

/* ---- Coalescing and segmentation. ---- */

/* rules: OOB-09 OOB-02 */
static void coalescing_counts_are_lvalues_in_slot_22(void **state)
{
    NET_BUFFER_LIST list;
    unsigned const slot = SLOT(22, 19);
    (void)state;
    memset(&list, 0, sizeof list);
    assert_false(NET_BUFFER_LIST_IS_TCP_RSC_SET(&list));
    NET_BUFFER_LIST_DUP_ACK_COUNT(&list) = 0x1234;
    assert_ptr_equal(list.NetBufferListInfo[slot], (void *)(ULONG_PTR)0x12340000u);
    assert_false(NET_BUFFER_LIST_IS_TCP_RSC_SET(&list));
    NET_BUFFER_LIST_COALESCED_SEG_COUNT(&list) = 0xABCD;
    assert_ptr_equal(list.NetBufferListInfo[slot], (void *)(ULONG_PTR)0x1234ABCDu);
    assert_int_equal(NET_BUFFER_LIST_COALESCED_SEG_COUNT(&list), 0xABCD);
    assert_int_equal(NET_BUFFER_LIST_DUP_ACK_COUNT(&list), 0x1234);
    assert_true(NET_BUFFER_LIST_IS_TCP_RSC_SET(&list));
}

/* rules: OOB-02 */
static void udp_coalescing_and_filter_members_are_lvalues_in_their_slots(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    assert_false(NET_BUFFER_LIST_IS_URO_SET(&list));
    NET_BUFFER_LIST_UDP_COALESCED_SEG_SIZE(&list) = 1200;
    NET_BUFFER_LIST_UDP_COALESCED_SEG_COUNT(&list) = 3;
    assert_ptr_equal(list.NetBufferListInfo[17], (void *)(ULONG_PTR)(1200u << 16 | 3));
    assert_true(NET_BUFFER_LIST_IS_URO_SET(&list));
    NET_BUFFER_LIST_RECEIVE_FILTER_ID(&list) = 5;
    NET_BUFFER_LIST_RECEIVE_QUEUE_ID(&list) = 6;
    assert_ptr_equal(list.NetBufferListInfo[14], (void *)(ULONG_PTR)0x60005);
    assert_int_equal(NET_BUFFER_LIST_RECEIVE_FILTER_VPORT_ID(&list), 6);
    assert_false(NET_BUFFER_LIST_IS_USO_SET(&list));
    NET_BUFFER_LIST_INFO(&list, UdpSegmentationOffloadInfo) = nbl_info_set_uso_udp_header_offset(NULL, 34);
    assert_false(NET_BUFFER_LIST_IS_USO_SET(&list));
    NET_BUFFER_LIST_INFO(&list, UdpSegmentationOffloadInfo) = nbl_info_set_uso_mss(NULL, 0x80000);
    assert_true(NET_BUFFER_LIST_IS_USO_SET(&list));
}

/* link_buffers gives the NBL none, one or two NBs. */
static void link_buffers(NET_BUFFER_LIST *list, NET_BUFFER *two, unsigned count)
{
    two[0].Next = count == 2 ? &two[1] : NULL;
    two[1].Next = NULL;
    list->FirstNetBuffer = count > 0 ? two : NULL;
}

/* rules: OOB-09 */
static void coalescing_information_needs_a_count_and_one_buffer(void **state)
{
    static struct {
        USHORT segments, acks;
        ULONG delta;
        unsigned buffers;
        bool good;
    } const cases[] = {
        { 0, 0, 0, 0, true },  { 0, 0, 0, 1, true },      { 0, 0, 0, 2, true },      { 2, 0, 0, 1, true },
        { 1, 3, 9, 1, true },  { 65535, 0, 9, 1, true },  { 2, 0, 0, 2, false },     { 2, 0, 0, 0, false },
        { 0, 1, 0, 1, false }, { 0, 0, 1, 1, false },     { 0, 65535, 0, 2, false }, { 256, 1, 1, 2, false },
    };
    NET_BUFFER_LIST list;
    NET_BUFFER two[2];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(&list, 0, sizeof list);
        NET_BUFFER_LIST_COALESCED_SEG_COUNT(&list) = cases[i].segments;
        NET_BUFFER_LIST_DUP_ACK_COUNT(&list) = cases[i].acks;
        nbl_info_set_ulong(&list, RscTcpTimestampDelta, cases[i].delta);
        link_buffers(&list, two, cases[i].buffers);
        if (nbl_info_receive_consistent(&list) != cases[i].good)
            fail_msg("case %u", (unsigned)i);
    }
}

/* rules: OOB-10 */
static void segmentation_needs_one_buffer(void **state)
{
    static NDIS_NET_BUFFER_LIST_INFO const slots[] = { TcpLargeSendNetBufferListInfo, UdpSegmentationOffloadInfo };
    NET_BUFFER_LIST list;
    NET_BUFFER two[2];
    (void)state;
    memset(&list, 0, sizeof list);
    for (unsigned buffers = 0; buffers <= 2; buffers++) {
        link_buffers(&list, two, buffers);
        assert_true(nbl_info_send_consistent(&list));
        for (unsigned i = 0; i < 2; i++) {
            nbl_info_set_ulong(&list, slots[i], 1460);
            assert_int_equal(nbl_info_send_consistent(&list), buffers == 1);
            nbl_info_set_ulong(&list, slots[i], 0);
        }
    }
}

/* ---- Media-specific lists: the same steps on both. ---- */

#define CHECK_MEDIA_LIST(suffix, type, slot)                                \
    {                                                                       \
        type first, second, again, like, *found = &like;                    \
        NET_BUFFER_LIST list;                                               \
        memset(&list, 0, sizeof list);                                      \
        first.Tag = again.Tag = like.Tag = 1;                               \
        second.Tag = 2;                                                     \
        NDIS_NBL_GET_MEDIA_SPECIFIC_INFO##suffix(&list, 1, found);          \
        assert_null(found);                                                 \
        NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO##suffix(&list, &first);            \
        NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO##suffix(&list, &second);           \
        NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO##suffix(&list, &again);            \
        assert_ptr_equal(list.NetBufferListInfo[slot], &again);             \
        assert_ptr_equal(again.NextEntry, &second);                         \
        assert_ptr_equal(second.NextEntry, &first);                         \
        assert_null(first.NextEntry);                                       \
        NDIS_NBL_GET_MEDIA_SPECIFIC_INFO##suffix(&list, 1, found);          \
        assert_ptr_equal(found, &again);                                    \
        NDIS_NBL_GET_MEDIA_SPECIFIC_INFO##suffix(&list, 2, found);          \
        assert_ptr_equal(found, &second);                                   \
        NDIS_NBL_GET_MEDIA_SPECIFIC_INFO##suffix(&list, 3, found);          \
        assert_null(found);                                                 \
        NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO##suffix(&list, &like);          \
        assert_ptr_equal(list.NetBufferListInfo[slot], &second);            \
        NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO##suffix(&list, &like);          \
        assert_ptr_equal(list.NetBufferListInfo[slot], &second);            \
        assert_null(second.NextEntry);                                      \
        NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO##suffix(&list, &like);          \
        assert_ptr_equal(list.NetBufferListInfo[slot], &second);            \
        NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO##suffix(&list, &second);        \
        for (unsigned i = 0; i < SLOTS; i++)                                \
            assert_null(list.NetBufferListInfo[i]);                         \
    }

/* rules: OOB-11 OOB-02 */
static void media_entries_are_pushed_found_and_removed_by_tag(void **state)
{
    (void)state;
    CHECK_MEDIA_LIST(, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION, 6)
}

/* rules: OOB-11 OOB-02 */
static void ex_media_entries_are_pushed_found_and_removed_by_tag(void **state)
{
    (void)state;
    CHECK_MEDIA_LIST(_EX, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, 15)
}

/* rules: OOB-11 */
static void a_removed_media_entry_leaves_its_neighbours_linked(void **state)
{
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION last = { NULL, 3, { 0 } };
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION middle = { NULL, 2, { 0 } };
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION first = { NULL, 1, { 0 } };
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    nbl_media_add(&list, &last);
    nbl_media_add(&list, &middle);
    nbl_media_add(&list, &first);
    assert_ptr_equal(nbl_media_remove(&list, &middle), &middle);
    assert_ptr_equal(first.NextEntry, &last);
    assert_ptr_equal(middle.NextEntry, &last);
    assert_null(last.NextEntry);
    assert_null(nbl_media_remove(&list, &middle));
    assert_ptr_equal(nbl_media_remove(&list, &first), &first);
    assert_ptr_equal(list.NetBufferListInfo[6], &last);
}

/* ---- Timestamp. ---- */

/* rules: OOB-12 LV-30 */
static void timestamps_keep_all_64_bits(void **state)
{
    NET_BUFFER_LIST_TIMESTAMP const set = { 0x1122334455667788u };
    NET_BUFFER_LIST_TIMESTAMP got = { 1 };
    NET_BUFFER_LIST a, b;
    (void)state;
    memset(&a, 0, sizeof a);
    NdisGetNblTimestampInfo(&a, &got);
    assert_true(got.Timestamp == 0);
    fill(&a, odd_value);
    fill(&b, even_value);
    NdisSetNblTimestampInfo(&a, &set);
    NdisGetNblTimestampInfo(&a, &got);
    assert_true(got.Timestamp == set.Timestamp);
    NdisCopyNblTimestampInfo(&b, &a);
    for (unsigned i = 0; i < SLOTS; i++) {
        bool const stamped = sizeof(void *) == 8 ? i == 26 : i == 21 || i == 22;
        assert_ptr_equal(b.NetBufferListInfo[i], stamped ? a.NetBufferListInfo[i] : even_value(i));
        assert_true(stamped || a.NetBufferListInfo[i] == odd_value(i));
    }
    if (sizeof(void *) == 8) {
        assert_true((UINT64)(ULONG_PTR)b.NetBufferListInfo[26] == set.Timestamp);
    } else {
        assert_int_equal((ULONG_PTR)b.NetBufferListInfo[21], 0x55667788);
        assert_int_equal((ULONG_PTR)b.NetBufferListInfo[22], 0x11223344);
    }
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(every_slot_can_be_assigned_by_its_name),
        NBL_TEST(copy_send_takes_the_documented_slots),
        NBL_TEST(copy_receive_takes_the_documented_slots),
        NBL_TEST(copies_leave_the_rest_of_the_nbl_alone),
        NBL_TEST(copying_to_itself_changes_nothing),
        NBL_TEST(copying_from_or_to_nothing_is_refused),
        NBL_TEST(copy_send_shares_media_specific_information),
        NBL_TEST(copy_receive_shares_media_specific_information),
        NBL_TEST(protocol_id_is_the_number_in_slot_7),
        NBL_TEST(protocol_id_comes_from_the_pool),
        NBL_TEST(setting_the_protocol_id_replaces_the_low_byte_alone),
        NBL_TEST(no_nbl_has_the_default_protocol_id),
        NBL_TEST(frame_type_is_in_network_byte_order_over_the_protocol_id),
        NBL_TEST(hash_type_and_function_share_a_slot),
        NBL_TEST(hash_setters_stay_under_their_masks),
        NBL_TEST(numbers_are_extended_with_zeros),
        NBL_TEST(cancel_id_is_slot_5_as_number_or_pointer),
        NBL_TEST(coalescing_counts_are_lvalues_in_slot_22),
        NBL_TEST(udp_coalescing_and_filter_members_are_lvalues_in_their_slots),
        NBL_TEST(coalescing_information_needs_a_count_and_one_buffer),
        NBL_TEST(segmentation_needs_one_buffer),
        NBL_TEST(media_entries_are_pushed_found_and_removed_by_tag),
        NBL_TEST(ex_media_entries_are_pushed_found_and_removed_by_tag),
        NBL_TEST(a_removed_media_entry_leaves_its_neighbours_linked),
        NBL_TEST(timestamps_keep_all_64_bits),
    };
    return cmocka_run_group_tests_name("oob", tests, NULL, NULL);
}
