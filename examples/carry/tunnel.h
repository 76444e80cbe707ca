/* SPDX-License-Identifier: MIT
 *
 * tunnel.h - the headers of a VXLAN tunnel over IPv4 (RFC 7348), written and read.
 *
 *     | Ethernet 14 | IPv4 20 | UDP 8 | VXLAN 8 | inner Ethernet frame ... |
 *     |<- TUNNEL_OUTER_BYTES ->|                 of every fragment
 *     |<-------- TUNNEL_BYTES ------->|          of the whole
 */
#ifndef CARRY_TUNNEL_H
#define CARRY_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#define TUNNEL_ETHERNET_BYTES 14
#define TUNNEL_IP_BYTES 20
#define TUNNEL_OUTER_BYTES (TUNNEL_ETHERNET_BYTES + TUNNEL_IP_BYTES)
#define TUNNEL_BYTES (TUNNEL_OUTER_BYTES + 8 + 8)

/* TUNNEL_LONGEST_FRAME is the longest inner frame: an IPv4 packet has 65535 bytes at most, headers included. */
#define TUNNEL_LONGEST_FRAME (65535 - (TUNNEL_BYTES - TUNNEL_ETHERNET_BYTES))

/* tunnel_outer is what Ethernet and IPv4 header of one packet say. */
struct tunnel_outer {
    uint32_t ip_bytes;       /* total length */
    uint16_t identification; /* the same for all fragments of a datagram */
    uint32_t offset;         /* of the payload in the datagram, bytes, a multiple of 8 */
    bool more;               /* fragments follow */
};

/* tunnel_write_outer writes TUNNEL_OUTER_BYTES bytes, with the right header checksum. */
void tunnel_write_outer(uint8_t *header, struct tunnel_outer const *outer);

/* tunnel_read_outer reads them back; false when they are not ours or their checksum is wrong. frame_bytes: the packet's,
 * which must be those that its header tells. */
bool tunnel_read_outer(uint8_t const *header, uint32_t frame_bytes, struct tunnel_outer *outer);

/* tunnel_write writes all TUNNEL_BYTES bytes in front of a frame of frame_bytes. flow_hash chooses the UDP source port, so
 * that routers spread flows and keep each in order. */
void tunnel_write(uint8_t *header, uint32_t frame_bytes, uint16_t identification, uint32_t flow_hash);

/* tunnel_read checks TUNNEL_BYTES bytes of a whole datagram of packet_bytes; false when they are not ours. */
bool tunnel_read(uint8_t const *header, uint32_t packet_bytes);

#endif
