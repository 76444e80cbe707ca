/* SPDX-License-Identifier: MIT
 *
 * test_info.c - every member of the out-of-band values: its place in the number, by bit-field and by shift and mask.
 */
#include "nbl_test.h"

/* Rows of ACCESSOR_TABLE: name of the accessors of info_fields.h, type and member that are the same, lowest bit, width.
 * */
#define CHECKSUM NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO
#define LSO NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO
#define USO NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO
#define TAG NDIS_NET_BUFFER_LIST_8021Q_INFO
#define RSC NDIS_RSC_NBL_INFO
#define URO NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO
#define FILTER NDIS_NET_BUFFER_LIST_FILTERING_INFO
#define SUBNET NDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO
#define ACCESSOR_TABLE(X)                                                            \
    X(checksum_is_ipv4, CHECKSUM, Transmit.IsIPv4, 0, 1)                             \
    X(checksum_is_ipv6, CHECKSUM, Transmit.IsIPv6, 1, 1)                             \
    X(checksum_tcp, CHECKSUM, Transmit.TcpChecksum, 2, 1)                            \
    X(checksum_udp, CHECKSUM, Transmit.UdpChecksum, 3, 1)                            \
    X(checksum_ip_header, CHECKSUM, Transmit.IpHeaderChecksum, 4, 1)                 \
    X(checksum_tcp_header_offset, CHECKSUM, Transmit.TcpHeaderOffset, 16, 10)        \
    X(checksum_tcp_failed, CHECKSUM, Receive.TcpChecksumFailed, 0, 1)                \
    X(checksum_udp_failed, CHECKSUM, Receive.UdpChecksumFailed, 1, 1)                \
    X(checksum_ip_failed, CHECKSUM, Receive.IpChecksumFailed, 2, 1)                  \
    X(checksum_tcp_succeeded, CHECKSUM, Receive.TcpChecksumSucceeded, 3, 1)          \
    X(checksum_udp_succeeded, CHECKSUM, Receive.UdpChecksumSucceeded, 4, 1)          \
    X(checksum_ip_succeeded, CHECKSUM, Receive.IpChecksumSucceeded, 5, 1)            \
    X(checksum_loopback, CHECKSUM, Receive.Loopback, 6, 1)                           \
    X(checksum_tcp_value_invalid, CHECKSUM, Receive.TcpChecksumValueInvalid, 7, 1)   \
    X(checksum_ip_value_invalid, CHECKSUM, Receive.IpChecksumValueInvalid, 8, 1)     \
    X(lso_mss, LSO, LsoV2Transmit.MSS, 0, 20)                                        \
    X(lso_tcp_header_offset, LSO, LsoV2Transmit.TcpHeaderOffset, 20, 10)             \
    X(lso_type, LSO, Transmit.Type, 30, 1)                                           \
    X(lso_ip_version, LSO, LsoV2Transmit.IPVersion, 31, 1)                           \
    X(lso_tcp_payload, LSO, LsoV1TransmitComplete.TcpPayload, 0, 30)                 \
    X(uso_mss, USO, Transmit.MSS, 0, 20)                                             \
    X(uso_udp_header_offset, USO, Transmit.UdpHeaderOffset, 20, 10)                  \
    X(uso_ip_version, USO, Transmit.IPVersion, 31, 1)                                \
    X(vlan_user_priority, TAG, TagHeader.UserPriority, 0, 3)                         \
    X(vlan_canonical_format, TAG, TagHeader.CanonicalFormatId, 3, 1)                 \
    X(vlan_id, TAG, TagHeader.VlanId, 4, 12)                                         \
    X(vlan_wmm, TAG, WLanTagHeader.WMMInfo, 16, 4)                                   \
    X(rsc_segments, RSC, Info.CoalescedSegCount, 0, 16)                              \
    X(rsc_duplicate_acks, RSC, Info.DupAckCount, 16, 16)                             \
    X(uro_segments, URO, Receive.SegCount, 0, 16)                                    \
    X(uro_segment_bytes, URO, Receive.SegSize, 16, 16)                               \
    X(filter_id, FILTER, FilteringInfo.FilterId, 0, 16)                              \
    X(filter_queue_id, FILTER, FilteringInfo.QueueVPortInfo.QueueId, 16, 16)         \
    X(virtual_subnet_id, SUBNET, VirtualSubnetId, 0, 24)

/* Rows of MEMBER_TABLE: the members that have no accessor, with a name for the test. */
#define SUPPLEMENTAL NDIS_TCP_SEND_OFFLOADS_SUPPLEMENTAL_NET_BUFFER_LIST_INFO
#define IPSEC1 NDIS_IPSEC_OFFLOAD_V1_NET_BUFFER_LIST_INFO
#define IPSEC2 NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO
#define HEADER NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO
#define MEMBER_TABLE(X)                                                                                   \
    X(checksum_reserved, CHECKSUM, Transmit.Reserved, 5, 11)                                              \
    X(lso_unused, LSO, Transmit.Unused, 0, 30)                                                            \
    X(lso_reserved2, LSO, Transmit.Reserved2, 31, 1)                                                      \
    X(lso1_mss, LSO, LsoV1Transmit.MSS, 0, 20)                                                            \
    X(lso1_offset, LSO, LsoV1Transmit.TcpHeaderOffset, 20, 10)                                            \
    X(lso1_type, LSO, LsoV1Transmit.Type, 30, 1)                                                          \
    X(lso1_reserved2, LSO, LsoV1Transmit.Reserved2, 31, 1)                                                \
    X(lso1_done_type, LSO, LsoV1TransmitComplete.Type, 30, 1)                                             \
    X(lso1_done_reserved2, LSO, LsoV1TransmitComplete.Reserved2, 31, 1)                                   \
    X(lso2_type, LSO, LsoV2Transmit.Type, 30, 1)                                                          \
    X(lso2_done_reserved, LSO, LsoV2TransmitComplete.Reserved, 0, 30)                                     \
    X(lso2_done_type, LSO, LsoV2TransmitComplete.Type, 30, 1)                                             \
    X(lso2_done_reserved2, LSO, LsoV2TransmitComplete.Reserved2, 31, 1)                                   \
    X(uso_reserved, USO, Transmit.Reserved, 30, 1)                                                        \
    X(tag_reserved, TAG, TagHeader.Reserved, 16, 16)                                                      \
    X(wlan_priority, TAG, WLanTagHeader.UserPriority, 0, 3)                                               \
    X(wlan_format, TAG, WLanTagHeader.CanonicalFormatId, 3, 1)                                            \
    X(wlan_id, TAG, WLanTagHeader.VlanId, 4, 12)                                                          \
    X(wlan_reserved, TAG, WLanTagHeader.Reserved, 20, 12)                                                 \
    X(vport_id, FILTER, FilteringInfo.QueueVPortInfo.VPortId, 16, 16)                                     \
    X(subnet_reserved, SUBNET, ReservedVsidBits, 24, 8)                                                   \
    X(is_encapsulated, SUPPLEMENTAL, EncapsulatedPacketOffsets.IsEncapsulatedPacket, 0, 1)                \
    X(offsets_valid, SUPPLEMENTAL, EncapsulatedPacketOffsets.EncapsulatedPacketOffsetsValid, 1, 1)        \
    X(inner_frame, SUPPLEMENTAL, EncapsulatedPacketOffsets.InnerFrameOffset, 2, 8)                        \
    X(inner_ip, SUPPLEMENTAL, EncapsulatedPacketOffsets.TransportIpHeaderRelativeOffset, 10, 6)           \
    X(inner_tcp, SUPPLEMENTAL, EncapsulatedPacketOffsets.TcpHeaderRelativeOffset, 16, 10)                 \
    X(inner_ipv6, SUPPLEMENTAL, EncapsulatedPacketOffsets.IsInnerIPv6, 26, 1)                             \
    X(tcp_options, SUPPLEMENTAL, EncapsulatedPacketOffsets.TcpOptionsPresent, 27, 1)                      \
    X(encapsulated_reserved, SUPPLEMENTAL, EncapsulatedPacketOffsets.Reserved, 28, 4)                     \
    X(ipsec1_delete, IPSEC1, Receive.SaDeleteReq, 0, 1)                                                   \
    X(ipsec1_done, IPSEC1, Receive.CryptoDone, 1, 1)                                                      \
    X(ipsec1_next_done, IPSEC1, Receive.NextCryptoDone, 2, 1)                                             \
    X(ipsec1_pad, IPSEC1, Receive.Pad, 3, 13)                                                             \
    X(ipsec1_status, IPSEC1, Receive.CryptoStatus, 16, 16)                                                \
    X(ipsec2_delete, IPSEC2, Receive.SaDeleteReq, 0, 1)                                                   \
    X(ipsec2_done, IPSEC2, Receive.CryptoDone, 1, 1)                                                      \
    X(ipsec2_next_done, IPSEC2, Receive.NextCryptoDone, 2, 1)                                             \
    X(ipsec2_reserved, IPSEC2, Receive.Reserved, 3, 13)                                                   \
    X(ipsec2_status, IPSEC2, Receive.CryptoStatus, 16, 16)                                                \
    X(header_next, HEADER, Transmit.NextHeader, 0, 8)                                                     \
    X(header_pad, HEADER, Transmit.PadLength, 8, 8)                                                       \
    X(header_ah, HEADER, Transmit.AhHeaderOffset, 16, 8)                                                  \
    X(header_esp, HEADER, Transmit.EspHeaderOffset, 24, 8)                                                \
    X(header_receive_next, HEADER, Receive.NextHeader, 0, 8)                                              \
    X(header_receive_pad, HEADER, Receive.PadLength, 8, 8)                                                \
    X(header_receive_set, HEADER, Receive.HeaderInfoSet, 16, 1)

#define MASK(width) (0xFFFFFFFFu >> (32 - (width)))

/* Through a pointer to the slot, as drivers do it. */
#define THROUGH_MEMBER(label, type, member, low, width)        \
    static ULONG member_get_##label(PVOID slot)                \
    {                                                          \
        return ((type *)&slot)->member;                        \
    }                                                          \
    static PVOID member_set_##label(PVOID slot, ULONG value)   \
    {                                                          \
        ((type *)&slot)->member = value & MASK(width);         \
        return slot;                                           \
    }
ACCESSOR_TABLE(THROUGH_MEMBER)
MEMBER_TABLE(THROUGH_MEMBER)

struct field {
    char const *name;
    unsigned low;
    unsigned width;
    ULONG (*get)(PVOID slot);
    PVOID (*set)(PVOID slot, ULONG value);
};

#define MEMBER_ROW(label, type, member, low, width) \
    { #type "." #member, low, width, member_get_##label, member_set_##label },
static struct field const members[] = { ACCESSOR_TABLE(MEMBER_ROW) MEMBER_TABLE(MEMBER_ROW) };

#define ACCESSOR_ROW(label, type, member, low, width) \
    { #label, low, width, nbl_info_get_##label, nbl_info_set_##label },
static struct field const accessors[] = { ACCESSOR_TABLE(ACCESSOR_ROW) };

static void check_number(struct field const *field, PVOID slot, ULONG_PTR wanted)
{
    if ((ULONG_PTR)slot != wanted)
        fail_msg("%s: the slot is %p, not %p", field->name, slot, (void *)wanted);
}

/* check_place sets and clears the field in a slot of zeros and in one of ones, and reads it from both. */
static void check_place(struct field const *field)
{
    ULONG const mask = MASK(field->width);
    ULONG_PTR const bits = (ULONG_PTR)mask << field->low;
    ULONG_PTR const lowest = (ULONG_PTR)1 << field->low;
    check_number(field, field->set(NULL, mask), bits);
    check_number(field, field->set(NULL, 1), lowest);
    check_number(field, field->set((PVOID)~(ULONG_PTR)0, 0), ~bits);
    check_number(field, field->set((PVOID)~(ULONG_PTR)0, 1), ~bits | lowest);
    if (field->get((PVOID)bits) != mask || field->get((PVOID)~bits) != 0 || field->get((PVOID)(~bits | lowest)) != 1)
        fail_msg("%s is read from other bits", field->name);
}

/* rules: LAY-07 OOB-02 */
static void every_member_has_its_place_in_the_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        check_place(&members[i]);
}

/* rules: LAY-07 */
static void every_accessor_has_its_place_in_the_number(void **state)
{
    size_t table_rows = 0;
    (void)state;
#define COUNT(field, low, width) table_rows++;
    NBL_INFO_FIELD_TABLE(COUNT)
#undef COUNT
    assert_int_equal(table_rows, sizeof accessors / sizeof accessors[0]);
    for (size_t i = 0; i < table_rows; i++)
        check_place(&accessors[i]);
}

/* rules: LAY-07 */
static void accessors_cut_what_is_too_large(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accessors / sizeof accessors[0]; i++)
        check_number(&accessors[i], accessors[i].set(NULL, 0xFFFFFFFFu),
                     (ULONG_PTR)MASK(accessors[i].width) << accessors[i].low);
}

/* rules: LAY-07 OOB-02 */
static void values_are_numbers_in_the_slot(void **state)
{
    LSO lso;
    TAG tag;
    CHECKSUM checksum;
    (void)state;
    lso.Value = NULL;
    lso.LsoV2Transmit.MSS = 5;
    assert_int_equal((ULONG_PTR)lso.Value, 5);
    lso.LsoV2Transmit.TcpHeaderOffset = 54;
    lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    lso.LsoV2Transmit.IPVersion = NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
    assert_int_equal((ULONG_PTR)lso.Value, 5u | 54u << 20 | 1u << 30 | 1u << 31);
    tag.Value = (PVOID)(ULONG_PTR)0x0123A;
    assert_int_equal(tag.TagHeader.UserPriority, 2);
    assert_int_equal(tag.TagHeader.CanonicalFormatId, 1);
    assert_int_equal(tag.TagHeader.VlanId, 0x123);
    checksum.Value = (PVOID)(ULONG_PTR)0x01220015;
    assert_int_equal(checksum.Transmit.IsIPv4, 1);
    assert_int_equal(checksum.Transmit.TcpChecksum, 1);
    assert_int_equal(checksum.Transmit.IpHeaderChecksum, 1);
    assert_int_equal(checksum.Transmit.TcpHeaderOffset, 0x122);
}

/* rules: LAY-07 */
static void handles_fill_the_whole_slot(void **state)
{
    PVOID slot = NULL;
    (void)state;
    ((IPSEC1 *)&slot)->Transmit.OffloadHandle = &slot;
    assert_ptr_equal(slot, &slot);
    ((IPSEC2 *)&slot)->Transmit.OffloadHandle = state;
    assert_ptr_equal(slot, state);
    ((NDIS_IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO *)&slot)->Transmit.TunnelHandle = &slot;
    assert_ptr_equal(slot, &slot);
}

/* rules: LAY-07 */
static void the_reserved_word_of_a_subnet_is_the_upper_half(void **state)
{
    SUBNET subnet;
    (void)state;
    subnet.Value = NULL;
    subnet.VirtualSubnetId = 0x123456;
    assert_int_equal((ULONG_PTR)subnet.Value, 0x123456);
    subnet.Value = (PVOID)~(ULONG_PTR)0;
    subnet.VirtualSubnetId = 0;
    subnet.ReservedVsidBits = 0;
    assert_int_equal((ULONG_PTR)subnet.Value, ~(ULONG_PTR)0xFFFFFFFFu);
}

/* ---- The switch detail: 64 bits. ---- */

#define DETAIL_TABLE(X)                \
    X(NumAvailableDestinations, 0, 16) \
    X(SourcePortId, 16, 16)            \
    X(SourceNicIndex, 32, 8)           \
    X(NativeForwardingRequired, 40, 1) \
    X(Reserved1, 41, 1)                \
    X(IsPacketDataSafe, 42, 1)         \
    X(SafePacketDataSize, 43, 12)      \
    X(IsPacketDataUncached, 55, 1)     \
    X(IsSafePacketDataUncached, 56, 1) \
    X(Reserved2, 57, 7)

/* rules: LAY-07 OOB-02 */
static void switch_detail_members_have_their_place_in_64_bits(void **state)
{
    NET_BUFFER_LIST list;
    NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO *detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(&list);
    (void)state;
    memset(&list, 0, sizeof list);
#define CHECK_DETAIL(member, low, width)                                                    \
    detail->AsUINT64 = 0;                                                                   \
    detail->member = MASK(width);                                                           \
    assert_true(detail->AsUINT64 == (UINT64)MASK(width) << (low));                          \
    detail->AsUINT64 = ~((UINT64)MASK(width) << (low));                                     \
    assert_int_equal(detail->member, 0);
    DETAIL_TABLE(CHECK_DETAIL)
}

/* rules: LAY-06 OOB-01 */
static void switch_detail_lies_in_its_slots(void **state)
{
    NET_BUFFER_LIST list;
    unsigned const first = sizeof(void *) == 8 ? 19 : 24;
    unsigned const slots = sizeof(void *) == 8 ? 1 : 2;
    (void)state;
    memset(&list, 0, sizeof list);
    NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(&list)->AsUINT64 = 0x8877665544332211u;
    for (unsigned i = 0; i < MaxNetBufferListInfo; i++)
        assert_true((list.NetBufferListInfo[i] != NULL) == (i >= first && i < first + slots));
    if (slots == 2) {
        assert_int_equal((ULONG_PTR)list.NetBufferListInfo[first], 0x44332211u);
        assert_int_equal((ULONG_PTR)list.NetBufferListInfo[first + 1], 0x88776655u);
    }
}

/* ---- Media-specific lists, the half that is not in test_oob.c: misuse. ---- */

/* rules: OOB-11 */
static void media_functions_refuse_null(void **state)
{
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof list);
    nbl_media_add(&list, NULL);
    assert_ptr_equal(nbl_test_last_object(), &list);
    nbl_test_expect("OOB-11 fatal");
    nbl_media_add_ex(&list, NULL);
    assert_string_equal(nbl_test_last_call(), "nbl_media_add_ex");
    nbl_test_expect("OOB-11 fatal");
    assert_null(nbl_media_remove(&list, NULL));
    nbl_test_expect("OOB-11 fatal");
    assert_null(nbl_media_remove_ex(&list, NULL));
    nbl_test_expect("OOB-11 fatal");
    assert_null(list.NetBufferListInfo[MediaSpecificInformation]);
    assert_null(list.NetBufferListInfo[MediaSpecificInformationEx]);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(every_member_has_its_place_in_the_number),
        NBL_TEST(every_accessor_has_its_place_in_the_number),
        NBL_TEST(accessors_cut_what_is_too_large),
        NBL_TEST(values_are_numbers_in_the_slot),
        NBL_TEST(handles_fill_the_whole_slot),
        NBL_TEST(the_reserved_word_of_a_subnet_is_the_upper_half),
        NBL_TEST(switch_detail_members_have_their_place_in_64_bits),
        NBL_TEST(switch_detail_lies_in_its_slots),
        NBL_TEST(media_functions_refuse_null),
    };
    return cmocka_run_group_tests_name("info", tests, NULL, NULL);
}
