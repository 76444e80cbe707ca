/* SPDX-License-Identifier: MIT
 *
 * dump_info.c - out-of-band slots by name, and their members where a value has any.
 *
 * Whether a list is on the send or the receive path is not in it, so both readings of a slot are given.
 */
#include "dump_info.h"

#include "dump_walk.h"

#include <nbl/info.h>

/* One member of a value: its lowest bit and its width. A width of 1 is written as its name alone, when it is set. */
struct member {
    char const *name;
    uint8_t shift;
    uint8_t width;
};

/* One reading of a slot: it holds when the bits of `mask` are `when`. Members end with a NULL name. */
struct reading {
    NDIS_NET_BUFFER_LIST_INFO slot;
    uint32_t mask;
    uint32_t when;
    char const *name;
    struct member const *members;
};

#define MEMBERS(...) ((struct member const[]){ __VA_ARGS__, { NULL, 0, 0 } })
#define LSO_TYPE (1u << 30)
#if UINTPTR_MAX > 0xFFFFFFFFu
#  define SWITCH_SLOT SwitchForwardingDetail
#else
#  define SWITCH_SLOT SwitchForwardingDetail_b0_to_b31
#endif

static struct reading const readings[] = {
    { TcpIpChecksumNetBufferListInfo, 0, 0, "Transmit",
      MEMBERS({ "IsIPv4", 0, 1 }, { "IsIPv6", 1, 1 }, { "TcpChecksum", 2, 1 }, { "UdpChecksum", 3, 1 },
              { "IpHeaderChecksum", 4, 1 }, { "TcpHeaderOffset", 16, 10 }) },
    { TcpIpChecksumNetBufferListInfo, 0, 0, "Receive",
      MEMBERS({ "TcpChecksumFailed", 0, 1 }, { "UdpChecksumFailed", 1, 1 }, { "IpChecksumFailed", 2, 1 },
              { "TcpChecksumSucceeded", 3, 1 }, { "UdpChecksumSucceeded", 4, 1 }, { "IpChecksumSucceeded", 5, 1 },
              { "Loopback", 6, 1 }, { "TcpChecksumValueInvalid", 7, 1 }, { "IpChecksumValueInvalid", 8, 1 }) },
    { IPsecOffloadV1NetBufferListInfo, 0, 0, "Receive",
      MEMBERS({ "SaDeleteReq", 0, 1 }, { "CryptoDone", 1, 1 }, { "NextCryptoDone", 2, 1 }, { "CryptoStatus", 16, 16 }) },
    { TcpLargeSendNetBufferListInfo, LSO_TYPE, 0, "LsoV1Transmit",
      MEMBERS({ "MSS", 0, 20 }, { "TcpHeaderOffset", 20, 10 }) },
    { TcpLargeSendNetBufferListInfo, LSO_TYPE, 0, "LsoV1TransmitComplete", MEMBERS({ "TcpPayload", 0, 30 }) },
    { TcpLargeSendNetBufferListInfo, LSO_TYPE, LSO_TYPE, "LsoV2Transmit",
      MEMBERS({ "MSS", 0, 20 }, { "TcpHeaderOffset", 20, 10 }, { "IPVersion", 31, 1 }) },
    { Ieee8021QNetBufferListInfo, 0xFFFF0000u, 0, "TagHeader",
      MEMBERS({ "UserPriority", 0, 3 }, { "CanonicalFormatId", 3, 1 }, { "VlanId", 4, 12 }) },
    { Ieee8021QNetBufferListInfo, 0xFFF00000u, 0, "WLanTagHeader",
      MEMBERS({ "UserPriority", 0, 3 }, { "CanonicalFormatId", 3, 1 }, { "VlanId", 4, 12 }, { "WMMInfo", 16, 4 }) },
    { NetBufferListProtocolId, 0xFFFFFF00u, 0, "NetBufferListProtocolId", MEMBERS({ "NDIS_PROTOCOL_ID", 0, 8 }) },
    { NetBufferListHashInfo, 0, 0, "function",
      MEMBERS({ "NdisHashFunctionToeplitz", 0, 1 }, { "NdisHashFunctionReserved1", 1, 1 },
              { "NdisHashFunctionReserved2", 2, 1 }, { "NdisHashFunctionReserved3", 3, 1 }) },
    { NetBufferListHashInfo, 0, 0, "type",
      MEMBERS({ "NDIS_HASH_IPV4", 8, 1 }, { "NDIS_HASH_TCP_IPV4", 9, 1 }, { "NDIS_HASH_IPV6", 10, 1 },
              { "NDIS_HASH_IPV6_EX", 11, 1 }, { "NDIS_HASH_TCP_IPV6", 12, 1 }, { "NDIS_HASH_TCP_IPV6_EX", 13, 1 },
              { "NDIS_HASH_UDP_IPV4", 14, 1 }, { "NDIS_HASH_UDP_IPV6", 15, 1 }, { "NDIS_HASH_UDP_IPV6_EX", 16, 1 }) },
    { IPsecOffloadV2HeaderNetBufferListInfo, 0, 0, "Transmit",
      MEMBERS({ "NextHeader", 0, 8 }, { "PadLength", 8, 8 }, { "AhHeaderOffset", 16, 8 }, { "EspHeaderOffset", 24, 8 }) },
    { IPsecOffloadV2HeaderNetBufferListInfo, 0, 0, "Receive",
      MEMBERS({ "NextHeader", 0, 8 }, { "PadLength", 8, 8 }, { "HeaderInfoSet", 16, 1 }) },
    { NetBufferListFilteringInfo, 0, 0, "FilteringInfo", MEMBERS({ "FilterId", 0, 16 }, { "QueueId/VPortId", 16, 16 }) },
    { NblOriginalInterfaceIfIndex, 0, 0, "NblOriginalInterfaceIfIndex", MEMBERS({ "index", 0, 32 }) },
    { UdpRecvSegCoalesceOffloadInfo, 0, 0, "Receive", MEMBERS({ "SegCount", 0, 16 }, { "SegSize", 16, 16 }) },
    { UdpSegmentationOffloadInfo, 0, 0, "Transmit",
      MEMBERS({ "MSS", 0, 20 }, { "UdpHeaderOffset", 20, 10 }, { "IPVersion", 31, 1 }) },
    { TcpRecvSegCoalesceInfo, 0, 0, "NDIS_RSC_NBL_INFO",
      MEMBERS({ "CoalescedSegCount", 0, 16 }, { "DupAckCount", 16, 16 }) },
    { RscTcpTimestampDelta, 0, 0, "RscTcpTimestampDelta", MEMBERS({ "delta", 0, 32 }) },
    { TcpSendOffloadsSupplementalNetBufferListInfo, 1, 1, "EncapsulatedPacketOffsets",
      MEMBERS({ "IsEncapsulatedPacket", 0, 1 }, { "EncapsulatedPacketOffsetsValid", 1, 1 }, { "InnerFrameOffset", 2, 8 },
              { "TransportIpHeaderRelativeOffset", 10, 6 }, { "TcpHeaderRelativeOffset", 16, 10 },
              { "IsInnerIPv6", 26, 1 }, { "TcpOptionsPresent", 27, 1 }) },
    { SWITCH_SLOT, 0, 0, "SwitchForwardingDetail",
      MEMBERS({ "NumAvailableDestinations", 0, 16 }, { "SourcePortId", 16, 16 }, { "SourceNicIndex", 32, 8 },
              { "NativeForwardingRequired", 40, 1 }, { "IsPacketDataSafe", 42, 1 }, { "SafePacketDataSize", 43, 12 },
              { "IsPacketDataUncached", 55, 1 }, { "IsSafePacketDataUncached", 56, 1 }) },
    { VirtualSubnetInfo, 0, 0, "VirtualSubnetInfo", MEMBERS({ "VirtualSubnetId", 0, 24 }) },
};

/* The names of a slot; those that share one stand together. */
static char const *const names[MaxNetBufferListInfo] = {
    [TcpIpChecksumNetBufferListInfo] = "TcpIpChecksumNetBufferListInfo, TcpOffloadBytesTransferred",
    [IPsecOffloadV1NetBufferListInfo] = "IPsecOffloadV1NetBufferListInfo, IPsecOffloadV2NetBufferListInfo",
    [TcpLargeSendNetBufferListInfo] = "TcpLargeSendNetBufferListInfo, TcpReceiveNoPush",
    [ClassificationHandleNetBufferListInfo] = "ClassificationHandleNetBufferListInfo",
    [Ieee8021QNetBufferListInfo] = "Ieee8021QNetBufferListInfo",
    [NetBufferListCancelId] = "NetBufferListCancelId",
    [MediaSpecificInformation] = "MediaSpecificInformation",
    [NetBufferListFrameType] = "NetBufferListFrameType, NetBufferListProtocolId",
    [NetBufferListHashValue] = "NetBufferListHashValue",
    [NetBufferListHashInfo] = "NetBufferListHashInfo",
    [WfpNetBufferListInfo] = "WfpNetBufferListInfo",
    [IPsecOffloadV2TunnelNetBufferListInfo] = "IPsecOffloadV2TunnelNetBufferListInfo",
    [IPsecOffloadV2HeaderNetBufferListInfo] = "IPsecOffloadV2HeaderNetBufferListInfo",
    [NetBufferListCorrelationId] = "NetBufferListCorrelationId",
    [NetBufferListFilteringInfo] = "NetBufferListFilteringInfo",
    [MediaSpecificInformationEx] = "MediaSpecificInformationEx",
    [NblOriginalInterfaceIfIndex] = "NblOriginalInterfaceIfIndex, NblReAuthWfpFlowContext",
    [TcpReceiveBytesTransferred] = "TcpReceiveBytesTransferred, NrtNameResolutionId, UdpRecvSegCoalesceOffloadInfo",
    [IMReserved] = "IMReserved",
    [TcpRecvSegCoalesceInfo] = "TcpRecvSegCoalesceInfo, UdpSegmentationOffloadInfo",
    [RscTcpTimestampDelta] = "RscTcpTimestampDelta, TcpSendOffloadsSupplementalNetBufferListInfo",
    [SwitchForwardingReserved] = "SwitchForwardingReserved",
    [VirtualSubnetInfo] = "VirtualSubnetInfo",
    [NetBufferListInfoReserved3] = "NetBufferListInfoReserved3",
#if UINTPTR_MAX > 0xFFFFFFFFu
    [SwitchForwardingDetail] = "SwitchForwardingDetail",
    [GftOffloadInformation] = "GftOffloadInformation",
    [GftFlowEntryId] = "GftFlowEntryId",
#else
    [SwitchForwardingDetail_b0_to_b31] = "SwitchForwardingDetail_b0_to_b31",
    [SwitchForwardingDetail_b32_to_b63] = "SwitchForwardingDetail_b32_to_b63",
    [NetBufferListInfoReserved4] = "NetBufferListInfoReserved4",
#endif
};

/* slot_value gives a slot as a number; the two halves of the switch's detail make one where slots have 32 bits. */
static uint64_t slot_value(NET_BUFFER_LIST const *list, unsigned slot)
{
    uint64_t value = (uintptr_t)list->NetBufferListInfo[slot];
    if (sizeof(PVOID) == 4 && slot == SWITCH_SLOT)
        value |= (uint64_t)(uintptr_t)list->NetBufferListInfo[slot + 1] << 32;
    return value;
}

static uint64_t member_value(struct member const *member, uint64_t value)
{
    return value >> member->shift & nbl_info_field_mask(member->width);
}

static void put_members(struct nbl__text *text, struct reading const *reading, uint64_t value)
{
    nbl__text_begin(text);
    nbl__text_word(text, reading->name);
    nbl__text_character(text, ':');
    for (struct member const *member = reading->members; member->name != NULL; member++) {
        uint64_t const bits = member_value(member, value);
        if (member->width > 1) {
            nbl__text_named(text, member->name, bits);
        } else if (bits != 0) {
            nbl__text_character(text, ' ');
            nbl__text_word(text, member->name);
        }
    }
    nbl__text_end(text);
}

static void put_readings(struct nbl__text *text, unsigned slot, uint64_t value)
{
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++)
        if ((unsigned)readings[i].slot == slot && ((uint32_t)value & readings[i].mask) == readings[i].when)
            put_members(text, &readings[i], value);
}

/* The lists of media-specific information are the driver's; their tags are shown, not their data. */
static void put_media(struct nbl__text *text, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION const *entry)
{
    struct nbl__shape const chain = nbl__shape_measure(entry);
    for (uint32_t i = 0; i < chain.count && i < NBL_DUMP_MOST; i++, entry = entry->NextEntry) {
        nbl__text_begin(text);
        nbl__text_address(text, entry);
        nbl__text_named_hex(text, "Tag", entry->Tag, 8);
        nbl__text_end(text);
    }
    if (chain.circle)
        nbl__text_line(text, "! the entries are a circle (VER-04)");
}

static void put_media_ex(struct nbl__text *text, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX const *entry)
{
    uint32_t steps = 0;
    for (; entry != NULL && steps < NBL_DUMP_MOST; entry = entry->NextEntry, steps++) {
        nbl__text_begin(text);
        nbl__text_address(text, entry);
        nbl__text_named_hex(text, "Tag", entry->Tag, 8);
        nbl__text_named_address(text, "Data", entry->Data);
        nbl__text_end(text);
    }
    if (entry != NULL)
        nbl__text_line(text, "! more entries, or a circle (VER-04)");
}

static void put_slot(struct nbl__text *text, NET_BUFFER_LIST const *list, unsigned slot)
{
    uint64_t const value = slot_value(list, slot);
    nbl__text_begin(text);
    nbl__text_word(text, names[slot]);
    nbl__text_character(text, ' ');
    nbl__text_hex(text, (uintptr_t)list->NetBufferListInfo[slot], 1);
    nbl__text_end(text);
    text->depth++;
    put_readings(text, slot, value);
    if (slot == MediaSpecificInformation)
        put_media(text, list->NetBufferListInfo[slot]);
    if (slot == MediaSpecificInformationEx)
        put_media_ex(text, list->NetBufferListInfo[slot]);
    text->depth--;
}

void nbl__dump_info(struct nbl__text *text, NET_BUFFER_LIST const *list)
{
    bool any = false;
    for (unsigned slot = 0; slot < MaxNetBufferListInfo; slot++) {
        if (list->NetBufferListInfo[slot] == NULL)
            continue;
        if (!any)
            nbl__text_line(text, "NetBufferListInfo");
        any = true;
        text->depth++;
        put_slot(text, list, slot);
        text->depth--;
    }
}
