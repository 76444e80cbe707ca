/* SPDX-License-Identifier: MIT
 *
 * info.c - out-of-band information: copying it between NBLs, protocol id, cancel ids, checks of its consistency.
 */
#include "base/event.h"

#include <nbl/info.h>

static NDIS_NET_BUFFER_LIST_INFO const send_slots[] = {
    TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo,
    TcpLargeSendNetBufferListInfo,
    Ieee8021QNetBufferListInfo,
    NetBufferListCancelId,
    MediaSpecificInformation,
    NetBufferListProtocolId,
    IPsecOffloadV2TunnelNetBufferListInfo,
    IPsecOffloadV2HeaderNetBufferListInfo,
    NetBufferListFilteringInfo,
    VirtualSubnetInfo,
};

static NDIS_NET_BUFFER_LIST_INFO const receive_slots[] = {
    TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo,
    TcpReceiveNoPush,
    Ieee8021QNetBufferListInfo,
    MediaSpecificInformation,
    NetBufferListFrameType,
    NetBufferListHashValue,
    NetBufferListHashInfo,
    IPsecOffloadV2TunnelNetBufferListInfo,
    IPsecOffloadV2HeaderNetBufferListInfo,
    NetBufferListFilteringInfo,
    VirtualSubnetInfo,
};

/* copy_slots copies `count` slots; from and to differ. */
static void copy_slots(NET_BUFFER_LIST *to, NET_BUFFER_LIST const *from, NDIS_NET_BUFFER_LIST_INFO const *slots,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        NET_BUFFER_LIST_INFO(to, slots[i]) = NET_BUFFER_LIST_INFO(from, slots[i]);
}

/* copy_refused tells whether there is nothing to copy, and reports what deserves it. */
static bool copy_refused(NET_BUFFER_LIST const *to, NET_BUFFER_LIST const *from, char const *rule, char const *call)
{
    if (NBL_UNLIKELY(to == NULL || from == NULL)) {
        nbl__violation(rule, NBL_SEVERITY_FATAL, call, to != NULL ? to : from);
        return true;
    }
    if (to == from)
        return true;
    if (NBL_UNLIKELY(NET_BUFFER_LIST_INFO(from, MediaSpecificInformation) != NULL))
        nbl__violation("OOB-04b", NBL_SEVERITY_INFO, call, to);
    return false;
}

VOID NdisCopySendNetBufferListInfo(NET_BUFFER_LIST *DestNetBufferList, NET_BUFFER_LIST const *SrcNetBufferList)
{
    if (!copy_refused(DestNetBufferList, SrcNetBufferList, "OOB-03", "NdisCopySendNetBufferListInfo"))
        copy_slots(DestNetBufferList, SrcNetBufferList, send_slots, sizeof send_slots / sizeof send_slots[0]);
}

VOID NdisCopyReceiveNetBufferListInfo(NET_BUFFER_LIST *DestNetBufferList, NET_BUFFER_LIST const *SrcNetBufferList)
{
    if (!copy_refused(DestNetBufferList, SrcNetBufferList, "OOB-04", "NdisCopyReceiveNetBufferListInfo"))
        copy_slots(DestNetBufferList, SrcNetBufferList, receive_slots,
                   sizeof receive_slots / sizeof receive_slots[0]);
}

UCHAR NdisGetNetBufferListProtocolId(NET_BUFFER_LIST const *NetBufferList)
{
    if (NBL_UNLIKELY(NetBufferList == NULL)) {
        nbl__violation("OOB-05", NBL_SEVERITY_FATAL, "NdisGetNetBufferListProtocolId", NULL);
        return NDIS_PROTOCOL_ID_DEFAULT;
    }
    return (UCHAR)(ULONG_PTR)NET_BUFFER_LIST_INFO(NetBufferList, NetBufferListProtocolId);
}

UCHAR NdisGeneratePartialCancelId(VOID)
{
    static atomic_uint calls;
    return (UCHAR)(atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) % 255 + 1);
}

static bool has_one_buffer(NET_BUFFER_LIST const *list)
{
    return list->FirstNetBuffer != NULL && list->FirstNetBuffer->Next == NULL;
}

bool nbl_info_send_consistent(NET_BUFFER_LIST const *NetBufferList)
{
    bool const segmented = NET_BUFFER_LIST_INFO(NetBufferList, TcpLargeSendNetBufferListInfo) != NULL
                           || NET_BUFFER_LIST_INFO(NetBufferList, UdpSegmentationOffloadInfo) != NULL;
    return !segmented || has_one_buffer(NetBufferList);
}

bool nbl_info_receive_consistent(NET_BUFFER_LIST const *NetBufferList)
{
    PVOID const counts = NET_BUFFER_LIST_INFO(NetBufferList, TcpRecvSegCoalesceInfo);
    if (nbl_info_get_rsc_segments(counts) != 0)
        return has_one_buffer(NetBufferList);
    return nbl_info_get_rsc_duplicate_acks(counts) == 0
           && nbl_info_get_ulong(NetBufferList, RscTcpTimestampDelta) == 0;
}
