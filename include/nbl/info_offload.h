/* SPDX-License-Identifier: MIT
 *
 * info_offload.h - the values of the out-of-band slots that drive or report the offloads of an adapter.
 *
 * Every type here is as large as a slot and is stored in the slot itself, not pointed to (OOB-02). Read with
 * `info.Value = NET_BUFFER_LIST_INFO(nbl, id)`, write with `NET_BUFFER_LIST_INFO(nbl, id) = info.Value`, or use a
 * pointer to the slot. Begin a new value with `info.Value = NULL`. The numeric value is the same on every host
 * (LAY-07); only the low 32 bits of a slot carry the members. info_fields.h reads and writes the same members in a
 * PVOID, without a union.
 */
#ifndef NBL_INFO_OFFLOAD_H
#define NBL_INFO_OFFLOAD_H

#include <nbl/bits.h>
#include <nbl/list.h>

NBL_BEGIN_C

/* NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO: slot TcpIpChecksumNetBufferListInfo.
 *
 * Transmit asks for checksums: which ones, in a packet of which IP version, and where its TCP header starts, in bytes
 * from the start of the packet. Receive says which ones were verified; neither ...Failed nor ...Succeeded means not
 * looked at. (ns-nblchecksum-ndis_tcp_ip_checksum_net_buffer_list_info.md)
 */
typedef struct NBL_MAY_ALIAS _NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_8(ULONG IsIPv4 : 1, ULONG IsIPv6 : 1, ULONG TcpChecksum : 1, ULONG UdpChecksum : 1,
                            ULONG IpHeaderChecksum : 1, ULONG Reserved : 11, ULONG TcpHeaderOffset : 10, ULONG : 6)
        } Transmit;
        struct {
            NBL_SLOT_BITS_10(ULONG TcpChecksumFailed : 1, ULONG UdpChecksumFailed : 1, ULONG IpChecksumFailed : 1,
                             ULONG TcpChecksumSucceeded : 1, ULONG UdpChecksumSucceeded : 1,
                             ULONG IpChecksumSucceeded : 1, ULONG Loopback : 1, ULONG TcpChecksumValueInvalid : 1,
                             ULONG IpChecksumValueInvalid : 1, ULONG : 23)
        } Receive;
        PVOID Value;
    };
} NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, *PNDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO;

/* NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO: slot TcpLargeSendNetBufferListInfo, on the send path.
 *
 * Type says which version of large send offload the packet is for, in every member structure at the same place. MSS is
 * the largest TCP payload of a segment in bytes, TcpHeaderOffset counts bytes from the start of the packet. Before it
 * completes the send the miniport writes ...TransmitComplete: for version 1 the number of payload bytes sent. An NBL
 * with this information has exactly one NB (OOB-10, ns-nbllso-ndis_tcp_large_send_offload_net_buffer_list_info.md).
 */
typedef struct NBL_MAY_ALIAS _NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_3(ULONG Unused : 30, ULONG Type : 1, ULONG Reserved2 : 1)
        } Transmit;
        struct {
            NBL_SLOT_BITS_4(ULONG MSS : 20, ULONG TcpHeaderOffset : 10, ULONG Type : 1, ULONG Reserved2 : 1)
        } LsoV1Transmit;
        struct {
            NBL_SLOT_BITS_3(ULONG TcpPayload : 30, ULONG Type : 1, ULONG Reserved2 : 1)
        } LsoV1TransmitComplete;
        struct {
            NBL_SLOT_BITS_4(ULONG MSS : 20, ULONG TcpHeaderOffset : 10, ULONG Type : 1, ULONG IPVersion : 1)
        } LsoV2Transmit;
        struct {
            NBL_SLOT_BITS_3(ULONG Reserved : 30, ULONG Type : 1, ULONG Reserved2 : 1)
        } LsoV2TransmitComplete;
        PVOID Value;
    };
} NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO, *PNDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO;

#define NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE 0
#define NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE 1
#define NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4 0
#define NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6 1

/* NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO: slot UdpSegmentationOffloadInfo, on the send path.
 *
 * MSS is the payload of a datagram in bytes, UdpHeaderOffset counts bytes from the start of the packet. An NBL with
 * this information has exactly one NB (OOB-10, ns-nbluso-ndis_udp_segmentation_offload_net_buffer_list_info.md).
 */
typedef struct NBL_MAY_ALIAS _NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_4(ULONG MSS : 20, ULONG UdpHeaderOffset : 10, ULONG Reserved : 1, ULONG IPVersion : 1)
        } Transmit;
        PVOID Value;
    };
} NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO, *PNDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO;

#define NDIS_UDP_SEGMENTATION_OFFLOAD_IPV4 0
#define NDIS_UDP_SEGMENTATION_OFFLOAD_IPV6 1

/* NDIS_TCP_SEND_OFFLOADS_SUPPLEMENTAL_NET_BUFFER_LIST_INFO: slot TcpSendOffloadsSupplementalNetBufferListInfo.
 *
 * For a packet in a packet: InnerFrameOffset counts bytes from the start of the packet, each ...RelativeOffset from the
 * place that the offset before it gives. (ns-ndis-_ndis_tcp_send_offloads_supplemental_net_buffer_list_info.md)
 */
typedef struct NBL_MAY_ALIAS _NDIS_TCP_SEND_OFFLOADS_SUPPLEMENTAL_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_8(ULONG IsEncapsulatedPacket : 1, ULONG EncapsulatedPacketOffsetsValid : 1,
                            ULONG InnerFrameOffset : 8, ULONG TransportIpHeaderRelativeOffset : 6,
                            ULONG TcpHeaderRelativeOffset : 10, ULONG IsInnerIPv6 : 1, ULONG TcpOptionsPresent : 1,
                            ULONG Reserved : 4)
        } EncapsulatedPacketOffsets;
        PVOID Value;
    };
} NDIS_TCP_SEND_OFFLOADS_SUPPLEMENTAL_NET_BUFFER_LIST_INFO, *PNDIS_TCP_SEND_OFFLOADS_SUPPLEMENTAL_NET_BUFFER_LIST_INFO;

/* NDIS_RSC_NBL_INFO: slot TcpRecvSegCoalesceInfo, on the receive path: how many TCP segments became this one packet,
 * and how many duplicate acknowledgements were seen meanwhile. DupAckCount, and the ULONG of slot RscTcpTimestampDelta,
 * are 0 when CoalescedSegCount is (OOB-09, ns-nblrsc-ndis_rsc_nbl_info.md). */
typedef union NBL_MAY_ALIAS _NDIS_RSC_NBL_INFO {
    struct {
        NBL_SLOT_BITS_2(USHORT CoalescedSegCount, USHORT DupAckCount)
    } Info;
    PVOID Value;
} NDIS_RSC_NBL_INFO, *PNDIS_RSC_NBL_INFO;

/* NET_BUFFER_LIST_COALESCED_SEG_COUNT and NET_BUFFER_LIST_DUP_ACK_COUNT are the two counts as USHORT lvalues. */
#define NET_BUFFER_LIST_COALESCED_SEG_COUNT(_NBL) \
    (((NDIS_RSC_NBL_INFO *)&NET_BUFFER_LIST_INFO(_NBL, TcpRecvSegCoalesceInfo))->Info.CoalescedSegCount)
#define NET_BUFFER_LIST_DUP_ACK_COUNT(_NBL) \
    (((NDIS_RSC_NBL_INFO *)&NET_BUFFER_LIST_INFO(_NBL, TcpRecvSegCoalesceInfo))->Info.DupAckCount)

/* NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO: slot UdpRecvSegCoalesceOffloadInfo, on the receive path: how many
 * datagrams became this one packet, and the payload of each (the last may have less) in bytes.
 * (ns-nbluro-ndis_udp_rsc_offload_net_buffer_list_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_2(USHORT SegCount, USHORT SegSize)
        } Receive;
        PVOID Value;
    };
} NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO, *PNDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO;

/* NET_BUFFER_LIST_UDP_COALESCED_SEG_COUNT and NET_BUFFER_LIST_UDP_COALESCED_SEG_SIZE are the two as USHORT lvalues. */
#define NET_BUFFER_LIST_UDP_COALESCED_SEG_COUNT(_NBL)                                                          \
    (((NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO *)&NET_BUFFER_LIST_INFO(_NBL, UdpRecvSegCoalesceOffloadInfo)) \
         ->Receive.SegCount)
#define NET_BUFFER_LIST_UDP_COALESCED_SEG_SIZE(_NBL)                                                           \
    (((NDIS_UDP_RSC_OFFLOAD_NET_BUFFER_LIST_INFO *)&NET_BUFFER_LIST_INFO(_NBL, UdpRecvSegCoalesceOffloadInfo)) \
         ->Receive.SegSize)

/* NET_BUFFER_LIST_IS_USO_SET is true when a send asks for UDP segmentation: its MSS is not 0. The slot belongs to RSC
 * on the receive path, so each question makes sense on its own path only. */
#define NET_BUFFER_LIST_IS_USO_SET(_NBL) \
    ((((ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, UdpSegmentationOffloadInfo)) & 0xFFFFFu) != 0)

/* NET_BUFFER_LIST_IS_TCP_RSC_SET and NET_BUFFER_LIST_IS_URO_SET are true when a received packet was put together from
 * others: its count is not 0. */
#define NET_BUFFER_LIST_IS_TCP_RSC_SET(_NBL) (NET_BUFFER_LIST_COALESCED_SEG_COUNT(_NBL) != 0)
#define NET_BUFFER_LIST_IS_URO_SET(_NBL) (NET_BUFFER_LIST_UDP_COALESCED_SEG_COUNT(_NBL) != 0)

/* ---- IPsec task offload, version 1 and 2. ---- */

/* NDIS_IPSEC_OFFLOAD_V1_NET_BUFFER_LIST_INFO: slot IPsecOffloadV1NetBufferListInfo. Transmit names the outbound
 * security association, Receive says what was checked and with which CRYPTO_ result.
 * (ns-ndis-_ndis_ipsec_offload_v1_net_buffer_list_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_IPSEC_OFFLOAD_V1_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NDIS_HANDLE OffloadHandle;
        } Transmit;
        struct {
            NBL_SLOT_BITS_5(USHORT SaDeleteReq : 1, USHORT CryptoDone : 1, USHORT NextCryptoDone : 1, USHORT Pad : 13,
                            USHORT CryptoStatus)
        } Receive;
    };
} NDIS_IPSEC_OFFLOAD_V1_NET_BUFFER_LIST_INFO, *PNDIS_IPSEC_OFFLOAD_V1_NET_BUFFER_LIST_INFO;

/* NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO: slot IPsecOffloadV2NetBufferListInfo, the same for version 2.
 * (ns-ndis-_ndis_ipsec_offload_v2_net_buffer_list_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            PVOID OffloadHandle;
        } Transmit;
        struct {
            NBL_SLOT_BITS_5(ULONG SaDeleteReq : 1, ULONG CryptoDone : 1, ULONG NextCryptoDone : 1, ULONG Reserved : 13,
                            ULONG CryptoStatus : 16)
        } Receive;
    };
} NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO, *PNDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO;

/* NDIS_IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO: slot IPsecOffloadV2TunnelNetBufferListInfo, the security
 * association of the tunnel. (ns-ndis-_ndis_ipsec_offload_v2_tunnel_net_buffer_list_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO {
    struct {
        PVOID TunnelHandle;
    } Transmit;
} NDIS_IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO, *PNDIS_IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO;

/* NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO: slot IPsecOffloadV2HeaderNetBufferListInfo. The two header offsets
 * count units of four bytes from the start of the IP header, PadLength counts bytes of ESP padding.
 * (ns-ndis-_ndis_ipsec_offload_v2_header_net_buffer_list_info.md; it has no Value: the structure is 4 bytes on Windows,
 * libnbl adds Value so that it covers its slot) */
typedef struct NBL_MAY_ALIAS _NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_4(ULONG NextHeader : 8, ULONG PadLength : 8, ULONG AhHeaderOffset : 8,
                            ULONG EspHeaderOffset : 8)
        } Transmit;
        struct {
            NBL_SLOT_BITS_4(ULONG NextHeader : 8, ULONG PadLength : 8, ULONG HeaderInfoSet : 1, ULONG : 15)
        } Receive;
        PVOID Value;
    };
} NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO, *PNDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO;

#define CRYPTO_SUCCESS 0
#define CRYPTO_GENERIC_ERROR 1
#define CRYPTO_TRANSPORT_AH_AUTH_FAILED 2
#define CRYPTO_TRANSPORT_ESP_AUTH_FAILED 3
#define CRYPTO_TUNNEL_AH_AUTH_FAILED 4
#define CRYPTO_TUNNEL_ESP_AUTH_FAILED 5
#define CRYPTO_INVALID_PACKET_SYNTAX 6
#define CRYPTO_INVALID_PROTOCOL 7

NBL_END_C

#endif
