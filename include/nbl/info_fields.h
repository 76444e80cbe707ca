/* SPDX-License-Identifier: MIT
 *
 * info_fields.h - the members of out-of-band values by shift and mask, for code that keeps the value as a PVOID.
 *
 * For every row of the table there are two functions that need no union and no bit-field:
 *
 *     ULONG nbl_info_get_<field>(PVOID value)               the field
 *     PVOID nbl_info_set_<field>(PVOID value, ULONG field)  value with the field replaced, every other bit as it was
 *
 * A field that is too large is cut to its width. Any thread, any IRQL, no failure. The members have the same place in
 * the value as the bit-fields of info_offload.h and info.h, on every host (LAY-07).
 */
#ifndef NBL_INFO_FIELDS_H
#define NBL_INFO_FIELDS_H

#include <nbl/types.h>

NBL_BEGIN_C

/* NBL_INFO_FIELD_TABLE lists X(field, lowest bit, width in bits). */
#define NBL_INFO_FIELD_TABLE(X)                \
    /* TcpIpChecksumNetBufferListInfo, send */ \
    X(checksum_is_ipv4, 0, 1)                  \
    X(checksum_is_ipv6, 1, 1)                  \
    X(checksum_tcp, 2, 1)                      \
    X(checksum_udp, 3, 1)                      \
    X(checksum_ip_header, 4, 1)                \
    X(checksum_tcp_header_offset, 16, 10)      \
    /* the same slot, receive */               \
    X(checksum_tcp_failed, 0, 1)               \
    X(checksum_udp_failed, 1, 1)               \
    X(checksum_ip_failed, 2, 1)                \
    X(checksum_tcp_succeeded, 3, 1)            \
    X(checksum_udp_succeeded, 4, 1)            \
    X(checksum_ip_succeeded, 5, 1)             \
    X(checksum_loopback, 6, 1)                 \
    X(checksum_tcp_value_invalid, 7, 1)        \
    X(checksum_ip_value_invalid, 8, 1)         \
    /* TcpLargeSendNetBufferListInfo */        \
    X(lso_mss, 0, 20)                          \
    X(lso_tcp_header_offset, 20, 10)           \
    X(lso_type, 30, 1)                         \
    X(lso_ip_version, 31, 1)                   \
    X(lso_tcp_payload, 0, 30)                  \
    /* UdpSegmentationOffloadInfo */           \
    X(uso_mss, 0, 20)                          \
    X(uso_udp_header_offset, 20, 10)           \
    X(uso_ip_version, 31, 1)                   \
    /* Ieee8021QNetBufferListInfo */           \
    X(vlan_user_priority, 0, 3)                \
    X(vlan_canonical_format, 3, 1)             \
    X(vlan_id, 4, 12)                          \
    X(vlan_wmm, 16, 4)                         \
    /* TcpRecvSegCoalesceInfo */               \
    X(rsc_segments, 0, 16)                     \
    X(rsc_duplicate_acks, 16, 16)              \
    /* UdpRecvSegCoalesceOffloadInfo */        \
    X(uro_segments, 0, 16)                     \
    X(uro_segment_bytes, 16, 16)               \
    /* NetBufferListFilteringInfo */           \
    X(filter_id, 0, 16)                        \
    X(filter_queue_id, 16, 16)                 \
    /* VirtualSubnetInfo */                    \
    X(virtual_subnet_id, 0, 24)

/* nbl_info_field_mask gives the lowest `width` bits of a word; width: 1 to 32. */
NBL_INLINE ULONG nbl_info_field_mask(unsigned width)
{
    return 0xFFFFFFFFu >> (32u - width);
}

#define NBL__INFO_FIELD(field, shift, width)                                               \
    NBL_INLINE ULONG nbl_info_get_##field(PVOID value)                                     \
    {                                                                                      \
        return (ULONG)((ULONG_PTR)value >> (shift)) & nbl_info_field_mask(width);          \
    }                                                                                      \
    NBL_INLINE PVOID nbl_info_set_##field(PVOID value, ULONG bits)                         \
    {                                                                                      \
        ULONG_PTR const mask = (ULONG_PTR)nbl_info_field_mask(width) << (shift);           \
        return (PVOID)(((ULONG_PTR)value & ~mask) | (((ULONG_PTR)bits << (shift)) & mask)); \
    }
NBL_INFO_FIELD_TABLE(NBL__INFO_FIELD)
#undef NBL__INFO_FIELD

NBL_END_C

#endif
