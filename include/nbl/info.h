/* SPDX-License-Identifier: MIT
 *
 * info.h - out-of-band information: what the slots of NetBufferListInfo hold, and how to carry it to another NBL.
 *
 * A slot is one pointer wide. Small values and unions live in it as numbers, zero-extended (OOB-02, OOB-07); only the
 * media-specific lists and what a driver allocated itself are pointers. Which name has which slot stands at
 * NDIS_NET_BUFFER_LIST_INFO in types.h; names that share one share its value. Numbers are read and written by value, so
 * they are the same on every host: `NET_BUFFER_LIST_INFO(nbl, id) == (PVOID)2` holds on either endianness.
 *
 * This header brings in info_offload.h (checksum, segmentation, coalescing, IPsec), info_fields.h (the same by shift
 * and mask) and info_media.h (media-specific lists). Unless a function says otherwise: the NBL is not NULL and the
 * caller owns it; threads - any, one at a time on one NBL; any IRQL; it cannot fail.
 */
#ifndef NBL_INFO_H
#define NBL_INFO_H

#include <stdbool.h>

#include <nbl/info_fields.h>
#include <nbl/info_media.h>
#include <nbl/info_offload.h>

NBL_BEGIN_C

/* ---- Slots that hold one number. ---- */

/* nbl_info_get_ulong returns the low 32 bits of a slot, the form of NetBufferListHashValue, RscTcpTimestampDelta,
 * TcpOffloadBytesTransferred and TcpReceiveBytesTransferred. */
NBL_INLINE ULONG nbl_info_get_ulong(NET_BUFFER_LIST const *NetBufferList, NDIS_NET_BUFFER_LIST_INFO Id)
{
    return (ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(NetBufferList, Id);
}

/* nbl_info_set_ulong stores a 32-bit number in a slot, zero-extended (OOB-07). */
NBL_INLINE VOID nbl_info_set_ulong(NET_BUFFER_LIST *NetBufferList, NDIS_NET_BUFFER_LIST_INFO Id, ULONG Value)
{
    NET_BUFFER_LIST_INFO(NetBufferList, Id) = (PVOID)(ULONG_PTR)Value;
}

/* NdisGetNetBufferListProtocolId returns the low-order byte of slot 7: which kind of protocol driver made the NBL.
 *
 * Returns NDIS_PROTOCOL_ID_*; NULL for the NBL reports OOB-05 and returns NDIS_PROTOCOL_ID_DEFAULT. A frame type in the
 * slot (receive path) hides the id. Rules: OOB-05, nf-nblapi-ndisgetnetbufferlistprotocolid.md.
 */
NBL_API UCHAR NdisGetNetBufferListProtocolId(NET_BUFFER_LIST const *NetBufferList);

/* NdisSetNetBufferListProtocolId replaces the low-order byte of slot 7 and keeps the others.
 *
 * ProtocolId: NDIS_PROTOCOL_ID_*. Rules: OOB-05, nf-nblaccessors-ndissetnetbufferlistprotocolid.md.
 */
NBL_INLINE VOID NdisSetNetBufferListProtocolId(NET_BUFFER_LIST *NetBufferList, UCHAR ProtocolId)
{
    ULONG_PTR const slot = (ULONG_PTR)NET_BUFFER_LIST_INFO(NetBufferList, NetBufferListProtocolId);
    NET_BUFFER_LIST_INFO(NetBufferList, NetBufferListProtocolId) = (PVOID)((slot & ~(ULONG_PTR)0xFF) | ProtocolId);
}

/* nbl_info_get_frame_type returns the EtherType in slot 7 of a received NBL as a number, such as 0x0800 for IPv4.
 *
 * The slot holds a USHORT in network byte order, zero-extended: as on Windows, 0x0008 stands for IPv4 on a
 * little-endian host, and 0x0800 does on a big-endian one. Only the low 16 bits of the slot are read. Rule: OOB-06.
 */
NBL_INLINE USHORT nbl_info_get_frame_type(NET_BUFFER_LIST const *NetBufferList)
{
    USHORT const stored = (USHORT)(ULONG_PTR)NET_BUFFER_LIST_INFO(NetBufferList, NetBufferListFrameType);
    return NBL_BIG_ENDIAN ? stored : (USHORT)((USHORT)(stored << 8) | (USHORT)(stored >> 8));
}

/* nbl_info_set_frame_type stores an EtherType in slot 7, over the protocol id that was there (OOB-06).
 *
 * EtherType: as a number, such as 0x0800 for IPv4; the slot gets it in network byte order, zero-extended.
 */
NBL_INLINE VOID nbl_info_set_frame_type(NET_BUFFER_LIST *NetBufferList, USHORT EtherType)
{
    USHORT const stored = NBL_BIG_ENDIAN ? EtherType : (USHORT)((USHORT)(EtherType << 8) | (USHORT)(EtherType >> 8));
    nbl_info_set_ulong(NetBufferList, NetBufferListFrameType, stored);
}

/* ---- Cancel ids: slot NetBufferListCancelId (OOB-08). ---- */

/* NDIS_GET_NET_BUFFER_LIST_CANCEL_ID is the id as a PVOID, NULL for none; NDIS_SET_NET_BUFFER_LIST_CANCEL_ID stores
 * one, given as an integer or a pointer. Whoever completes the send sets it back to NULL, or the id could match a later
 * cancel. (nf-ndis-ndis_get_net_buffer_list_cancel_id.md, nf-ndis-ndis_set_net_buffer_list_cancel_id.md) */
#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(_NBL) (NET_BUFFER_LIST_INFO(_NBL, NetBufferListCancelId))
#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(_NBL, _CancelId) \
    (NET_BUFFER_LIST_INFO(_NBL, NetBufferListCancelId) = (PVOID)(ULONG_PTR)(_CancelId))

/* NdisGeneratePartialCancelId returns a byte to use as the high-order byte of cancel ids.
 *
 * Returns 1 to 255, never 0, so that no id made with it is NULL. Every call of the process gets the next value; after
 * 255 calls they repeat. Threads: any, at once. IRQL: any. Rules: OOB-08, nf-ndis-ndisgeneratepartialcancelid.md.
 */
NBL_API UCHAR NdisGeneratePartialCancelId(VOID);

/* ---- 802.1Q: slot Ieee8021QNetBufferListInfo. ---- */

/* NDIS_NET_BUFFER_LIST_8021Q_INFO: the tag of a packet whose data carries none; WLanTagHeader is the form of 802.11.
 * (ns-nbl8021q-ndis_net_buffer_list_8021q_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_NET_BUFFER_LIST_8021Q_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_4(UINT32 UserPriority : 3, UINT32 CanonicalFormatId : 1, UINT32 VlanId : 12,
                            UINT32 Reserved : 16)
        } TagHeader;
        struct {
            NBL_SLOT_BITS_5(UINT32 UserPriority : 3, UINT32 CanonicalFormatId : 1, UINT32 VlanId : 12,
                            UINT32 WMMInfo : 4, UINT32 Reserved : 12)
        } WLanTagHeader;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_8021Q_INFO, *PNDIS_NET_BUFFER_LIST_8021Q_INFO;

/* ---- Receive side scaling hash: slots NetBufferListHashValue and NetBufferListHashInfo (OOB-07). ---- */

#define NDIS_HASH_FUNCTION_MASK 0x000000FFu
#define NDIS_HASH_TYPE_MASK 0x00FFFF00u

#define NdisHashFunctionToeplitz 0x00000001u
#define NdisHashFunctionReserved1 0x00000002u
#define NdisHashFunctionReserved2 0x00000004u
#define NdisHashFunctionReserved3 0x00000008u

#define NDIS_HASH_IPV4 0x00000100u
#define NDIS_HASH_TCP_IPV4 0x00000200u
#define NDIS_HASH_IPV6 0x00000400u
#define NDIS_HASH_IPV6_EX 0x00000800u
#define NDIS_HASH_TCP_IPV6 0x00001000u
#define NDIS_HASH_TCP_IPV6_EX 0x00002000u
#define NDIS_HASH_UDP_IPV4 0x00004000u
#define NDIS_HASH_UDP_IPV6 0x00008000u
#define NDIS_HASH_UDP_IPV6_EX 0x00010000u

/* NET_BUFFER_LIST_GET_HASH_VALUE, _TYPE and _FUNCTION are ULONGs; type and function share a slot, each under its
 * mask. */
#define NET_BUFFER_LIST_GET_HASH_VALUE(_NBL) ((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashValue))
#define NET_BUFFER_LIST_GET_HASH_TYPE(_NBL) \
    ((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashInfo) & NDIS_HASH_TYPE_MASK)
#define NET_BUFFER_LIST_GET_HASH_FUNCTION(_NBL) \
    ((ULONG)(ULONG_PTR)NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashInfo) & NDIS_HASH_FUNCTION_MASK)

/* NET_BUFFER_LIST_SET_HASH_VALUE stores the 32-bit hash, zero-extended. */
#define NET_BUFFER_LIST_SET_HASH_VALUE(_NBL, _HashValue) \
    (NET_BUFFER_LIST_INFO(_NBL, NetBufferListHashValue) = (PVOID)(ULONG_PTR)(ULONG)(_HashValue))

/* NET_BUFFER_LIST_SET_HASH_TYPE replaces the bits of NDIS_HASH_TYPE_MASK; bits of HashType outside it are dropped. */
NBL_INLINE VOID NET_BUFFER_LIST_SET_HASH_TYPE(NET_BUFFER_LIST *Nbl, ULONG HashType)
{
    ULONG const others = nbl_info_get_ulong(Nbl, NetBufferListHashInfo) & ~NDIS_HASH_TYPE_MASK;
    nbl_info_set_ulong(Nbl, NetBufferListHashInfo, others | (HashType & NDIS_HASH_TYPE_MASK));
}

/* NET_BUFFER_LIST_SET_HASH_FUNCTION replaces the bits of NDIS_HASH_FUNCTION_MASK; other bits of HashFunction are
 * dropped. */
NBL_INLINE VOID NET_BUFFER_LIST_SET_HASH_FUNCTION(NET_BUFFER_LIST *Nbl, ULONG HashFunction)
{
    ULONG const others = nbl_info_get_ulong(Nbl, NetBufferListHashInfo) & ~NDIS_HASH_FUNCTION_MASK;
    nbl_info_set_ulong(Nbl, NetBufferListHashInfo, others | (HashFunction & NDIS_HASH_FUNCTION_MASK));
}

/* ---- Receive filters: slot NetBufferListFilteringInfo. ---- */

/* NDIS_NET_BUFFER_LIST_FILTERING_INFO: which receive filter and queue or virtual port a packet came through.
 * (ns-ndis-_ndis_net_buffer_list_filtering_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_NET_BUFFER_LIST_FILTERING_INFO {
    NBL_EXTENSION union {
        struct {
            NBL_SLOT_BITS_2(USHORT FilterId, union { USHORT QueueId; USHORT VPortId; } QueueVPortInfo)
        } FilteringInfo;
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_FILTERING_INFO, *PNDIS_NET_BUFFER_LIST_FILTERING_INFO;

#define NDIS_DEFAULT_RECEIVE_QUEUE_ID 0
#define NDIS_DEFAULT_VPORT_ID 0

/* NET_BUFFER_LIST_RECEIVE_FILTER_ID, _QUEUE_ID and _FILTER_VPORT_ID are the members as USHORT lvalues. */
#define NBL__FILTERING_INFO(_NBL) \
    (((NDIS_NET_BUFFER_LIST_FILTERING_INFO *)&NET_BUFFER_LIST_INFO(_NBL, NetBufferListFilteringInfo))->FilteringInfo)
#define NET_BUFFER_LIST_RECEIVE_FILTER_ID(_NBL) (NBL__FILTERING_INFO(_NBL).FilterId)
#define NET_BUFFER_LIST_RECEIVE_QUEUE_ID(_NBL) (NBL__FILTERING_INFO(_NBL).QueueVPortInfo.QueueId)
#define NET_BUFFER_LIST_RECEIVE_FILTER_VPORT_ID(_NBL) (NBL__FILTERING_INFO(_NBL).QueueVPortInfo.VPortId)

/* ---- Virtual switch: slots VirtualSubnetInfo and SwitchForwardingDetail. ---- */

/* NDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO holds a 24-bit id; the rest of the slot is reserved and 0. The upper word
 * exists where slots have 64 bits. (ns-ndis-_ndis_net_buffer_list_virtual_subnet_info.md) */
typedef struct NBL_MAY_ALIAS _NDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO {
    NBL_EXTENSION union {
        NBL_EXTENSION struct {
#if UINTPTR_MAX > 0xFFFFFFFFu
            NBL_BITS_3(UINT32 VirtualSubnetId : 24, UINT32 ReservedVsidBits : 8, UINT32 Reserved)
#else
            NBL_BITS_2(UINT32 VirtualSubnetId : 24, UINT32 ReservedVsidBits : 8)
#endif
        };
        PVOID Value;
    };
} NDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO, *PNDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO;

/* NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO: 64 bits, hence two adjacent slots where slots have 32. Where a
 * packet came from in the extensible switch, how many destinations may be added, how much of the data is safe.
 * (ns-ndis-_ndis_switch_forwarding_detail_net_buffer_list_info.md) */
typedef union NBL_MAY_ALIAS _NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO {
    UINT64 AsUINT64;
    NBL_EXTENSION struct {
        NBL_BITS_10(UINT32 NumAvailableDestinations : 16, UINT32 SourcePortId : 16, UINT32 SourceNicIndex : 8,
                    UINT32 NativeForwardingRequired : 1, UINT32 Reserved1 : 1, UINT32 IsPacketDataSafe : 1,
                    UINT32 SafePacketDataSize : 12, UINT32 IsPacketDataUncached : 1,
                    UINT32 IsSafePacketDataUncached : 1, UINT32 Reserved2 : 7)
    };
} NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO, *PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO;

/* NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL is a pointer to the detail inside the NBL; never NULL here, since every NBL
 * of libnbl has the slots. (nf-ndis-net_buffer_list_switch_forwarding_detail.md) */
#if UINTPTR_MAX > 0xFFFFFFFFu
#  define NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(_NBL) \
      ((PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO)(void *)&NET_BUFFER_LIST_INFO(_NBL, SwitchForwardingDetail))
#else
#  define NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(_NBL)                                  \
      ((PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO)(void *)&NET_BUFFER_LIST_INFO( \
          _NBL, SwitchForwardingDetail_b0_to_b31))
#endif

/* ---- Timestamp: slot NetBufferListInfoReserved3, with the next one where slots have 32 bits (OOB-12). ---- */

/* NET_BUFFER_LIST_TIMESTAMP is one hardware or software timestamp, in the units of whoever took it.
 * (ns-nbltimestamp-net_buffer_list_timestamp.md) */
typedef struct _NET_BUFFER_LIST_TIMESTAMP {
    ULONG64 Timestamp;
} NET_BUFFER_LIST_TIMESTAMP, *PNET_BUFFER_LIST_TIMESTAMP;

/* NdisSetNblTimestampInfo stores all 64 bits of the timestamp in the NBL.
 * (nf-nbltimestamp-ndissetnbltimestampinfo.md) */
NBL_INLINE VOID NdisSetNblTimestampInfo(NET_BUFFER_LIST *Nbl, NET_BUFFER_LIST_TIMESTAMP const *NblTimestamp)
{
#if UINTPTR_MAX > 0xFFFFFFFFu
    NET_BUFFER_LIST_INFO(Nbl, NetBufferListInfoReserved3) = (PVOID)(ULONG_PTR)NblTimestamp->Timestamp;
#else
    NET_BUFFER_LIST_INFO(Nbl, NetBufferListInfoReserved3) = (PVOID)(ULONG_PTR)(NblTimestamp->Timestamp & 0xFFFFFFFFu);
    NET_BUFFER_LIST_INFO(Nbl, NetBufferListInfoReserved4) = (PVOID)(ULONG_PTR)(NblTimestamp->Timestamp >> 32);
#endif
}

/* NdisGetNblTimestampInfo fetches what NdisSetNblTimestampInfo stored: 0 when nothing was.
 * (nf-nbltimestamp-ndisgetnbltimestampinfo.md) */
NBL_INLINE VOID NdisGetNblTimestampInfo(NET_BUFFER_LIST const *Nbl, NET_BUFFER_LIST_TIMESTAMP *NblTimestamp)
{
    NblTimestamp->Timestamp = (ULONG_PTR)NET_BUFFER_LIST_INFO(Nbl, NetBufferListInfoReserved3);
#if UINTPTR_MAX <= 0xFFFFFFFFu
    NblTimestamp->Timestamp |= (ULONG64)(ULONG_PTR)NET_BUFFER_LIST_INFO(Nbl, NetBufferListInfoReserved4) << 32;
#endif
}

/* NdisCopyNblTimestampInfo gives one NBL the timestamp of another. (nf-nbltimestamp-ndiscopynbltimestampinfo.md) */
NBL_INLINE VOID NdisCopyNblTimestampInfo(NET_BUFFER_LIST *NblDest, NET_BUFFER_LIST const *NblSrc)
{
    NET_BUFFER_LIST_TIMESTAMP timestamp;
    NdisGetNblTimestampInfo(NblSrc, &timestamp);
    NdisSetNblTimestampInfo(NblDest, &timestamp);
}

/* ---- All of it at once. ---- */

/* NdisCopySendNetBufferListInfo gives a derived or rebuilt NBL the send information of the one it stands for.
 *
 * DestNetBufferList, SrcNetBufferList: the caller owns both. Copies whole slots (OOB-04a): TcpIpChecksum,
 * IPsecOffloadV1, TcpLargeSend, Ieee8021Q, NetBufferListCancelId, MediaSpecificInformation, NetBufferListProtocolId,
 * IPsecOffloadV2Tunnel, IPsecOffloadV2Header, NetBufferListFilteringInfo and VirtualSubnetInfo; names that share one of
 * these slots travel along. Everything else of Dest keeps its value: the other slots (segmentation of UDP, hash,
 * timestamp, MediaSpecificInformationEx, switch detail among them), Flags, NblFlags, Status, SourceHandle.
 * The media-specific list is not duplicated; both NBLs then name the same one (OOB-04b, reported as information).
 * Dest = Src does nothing. NULL for either does nothing and reports OOB-03. IRQL <= DISPATCH_LEVEL.
 * Rules: OOB-03, OOB-04a, OOB-04b, nf-nblapi-ndiscopysendnetbufferlistinfo.md.
 */
NBL_API VOID NdisCopySendNetBufferListInfo(NET_BUFFER_LIST *DestNetBufferList, NET_BUFFER_LIST const *SrcNetBufferList);

/* NdisCopyReceiveNetBufferListInfo does the same for the receive path.
 *
 * Copies the slots that the send path copies, but NetBufferListHashValue and NetBufferListHashInfo instead of
 * NetBufferListCancelId; slot TcpReceiveNoPush and slot NetBufferListFrameType are the ones that TcpLargeSend and
 * NetBufferListProtocolId name there. Everything else is as above. NULL for either reports OOB-04.
 * Rules: OOB-04, OOB-04a, OOB-04b, nf-nblapi-ndiscopyreceivenetbufferlistinfo.md.
 */
NBL_API VOID NdisCopyReceiveNetBufferListInfo(NET_BUFFER_LIST *DestNetBufferList,
                                              NET_BUFFER_LIST const *SrcNetBufferList);

/* nbl_info_send_consistent tells whether the information of an NBL that is about to be sent fits the NBL.
 *
 * False when it asks for segmentation of TCP or UDP (slot TcpLargeSend or UdpSegmentationOffload is not 0) and the NBL
 * has no NB or more than one. Reads the first two NBs only. Rule: OOB-10.
 */
NBL_API bool nbl_info_send_consistent(NET_BUFFER_LIST const *NetBufferList);

/* nbl_info_receive_consistent tells the same of an NBL that is about to be indicated.
 *
 * False when DupAckCount or RscTcpTimestampDelta is not 0 although CoalescedSegCount is, or when CoalescedSegCount is
 * not 0 and the NBL has no NB or more than one. Reads the first two NBs only. Rule: OOB-09.
 */
NBL_API bool nbl_info_receive_consistent(NET_BUFFER_LIST const *NetBufferList);

NBL_END_C

#endif
