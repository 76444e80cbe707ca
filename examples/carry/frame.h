/* SPDX-License-Identifier: MIT
 *
 * frame.h - one frame of the capture, and why a frame may not be carried.
 */
#ifndef CARRY_FRAME_H
#define CARRY_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <nbl/nbl.h>

/* CARRY_REASONS lists why a frame does not arrive at the far side: X(name, status it completes with, words). */
#define CARRY_REASONS(X)                                                                                      \
    X(NONE, NDIS_STATUS_SUCCESS, "")                                                                          \
    X(LINK_TYPE, NDIS_STATUS_NOT_SUPPORTED, "VXLAN carries Ethernet and nothing else")                       \
    X(TOO_SHORT, NDIS_STATUS_INVALID_LENGTH, "shorter than an Ethernet header")                               \
    X(TOO_LONG, NDIS_STATUS_INVALID_LENGTH, "longer than fits into one IPv4 packet with its tunnel headers")  \
    X(NO_MEMORY, NDIS_STATUS_RESOURCES, "no memory on the way")                                               \
    X(SEND_FAILED, NDIS_STATUS_FAILURE, "send failed, as --fail-every asks for")

#define CARRY_REASON_ENUMERATOR(name, status, words) REASON_##name,
enum reason { CARRY_REASONS(CARRY_REASON_ENUMERATOR) REASON_COUNT };
#undef CARRY_REASON_ENUMERATOR

/* frame is one frame, from the file until its send is completed and counted.
 *
 *     lost  <=>  damaged, or reason = REASON_NONE and not arrived
 */
struct frame {
    uint64_t number;     /* counts from 1, as tshark does */
    uint32_t seconds;    /* time stamp */
    uint32_t microseconds;
    uint32_t length;     /* bytes captured, which are the bytes carried */
    uint32_t backfill;   /* bytes in front of the frame, as its sender knew the need */
    uint8_t *original;   /* what the file holds; nothing but comparisons look at it */
    uint8_t *memory;     /* what the MDLs describe */
    enum reason reason;  /* why it cannot be carried, or was not */
    bool arrived;        /* the far side has it, every byte equal */
    bool damaged;        /* somebody saw a byte that differs */
};

/* frame_of gives the frame that a NET_BUFFER of the originator carries. ProtocolReserved is the originator's (NB-13). */
static inline struct frame *frame_of(NET_BUFFER const *net_buffer)
{
    return NET_BUFFER_PROTOCOL_RESERVED(net_buffer)[0];
}

#endif
