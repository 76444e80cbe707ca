/* SPDX-License-Identifier: MIT
 *
 * tunnel.c - VXLAN, UDP, IPv4 and Ethernet headers as bytes.
 */
#include "tunnel.h"

#include <string.h>

#define VXLAN_PORT 4789
#define VXLAN_NETWORK 42
#define UDP_FIRST_DYNAMIC_PORT 49152u
#define IP_MORE_FRAGMENTS 0x2000u
#define IP_OFFSET_MASK 0x1FFFu

/* Both ends, with addresses that are for documentation only (RFC 5737) and MAC addresses of local scope. */
static uint8_t const ethernet[TUNNEL_ETHERNET_BYTES] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00 };
static uint8_t const addresses[8] = { 192, 0, 2, 1, 198, 51, 100, 1 };

static void write16(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

static uint32_t read16(uint8_t const *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* The ones' complement sum of a header: 0xFFFF when it holds its own right checksum. */
static uint32_t sum_ip_header(uint8_t const *ip)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < TUNNEL_IP_BYTES; i += 2)
        sum += read16(ip + i);
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

void tunnel_write_outer(uint8_t *header, struct tunnel_outer const *outer)
{
    uint8_t *const ip = header + TUNNEL_ETHERNET_BYTES;
    memcpy(header, ethernet, sizeof(ethernet));
    memset(ip, 0, TUNNEL_IP_BYTES);
    ip[0] = 0x45; /* version 4, five words */
    write16(ip + 2, outer->ip_bytes);
    write16(ip + 4, outer->identification);
    write16(ip + 6, outer->offset / 8 | (outer->more ? IP_MORE_FRAGMENTS : 0));
    ip[8] = 64; /* hops */
    ip[9] = 17; /* UDP */
    memcpy(ip + 12, addresses, sizeof(addresses));
    write16(ip + 10, ~sum_ip_header(ip));
}

bool tunnel_read_outer(uint8_t const *header, uint32_t frame_bytes, struct tunnel_outer *outer)
{
    uint8_t const *const ip = header + TUNNEL_ETHERNET_BYTES;
    outer->ip_bytes = read16(ip + 2);
    outer->identification = (uint16_t)read16(ip + 4);
    outer->offset = (read16(ip + 6) & IP_OFFSET_MASK) * 8;
    outer->more = (read16(ip + 6) & IP_MORE_FRAGMENTS) != 0;
    if (memcmp(header, ethernet, sizeof(ethernet)) != 0 || ip[0] != 0x45 || ip[9] != 17)
        return false;
    if (memcmp(ip + 12, addresses, sizeof(addresses)) != 0 || sum_ip_header(ip) != 0xFFFF)
        return false;
    return outer->ip_bytes + TUNNEL_ETHERNET_BYTES == frame_bytes;
}

/* A UDP checksum of 0 says that there is none: allowed over IPv4, and what RFC 7348 asks tunnel ends to send. */
void tunnel_write(uint8_t *header, uint32_t frame_bytes, uint16_t identification, uint32_t flow_hash)
{
    uint32_t const ip_bytes = frame_bytes + TUNNEL_BYTES - TUNNEL_ETHERNET_BYTES;
    struct tunnel_outer const outer = { ip_bytes, identification, 0, false };
    uint8_t *const udp = header + TUNNEL_OUTER_BYTES;
    tunnel_write_outer(header, &outer);
    memset(udp, 0, 16);
    write16(udp, UDP_FIRST_DYNAMIC_PORT | (flow_hash & 0x3FFF));
    write16(udp + 2, VXLAN_PORT);
    write16(udp + 4, ip_bytes - TUNNEL_IP_BYTES);
    udp[8] = 0x08; /* VXLAN: the network identifier is valid */
    write16(udp + 13, VXLAN_NETWORK);
}

bool tunnel_read(uint8_t const *header, uint32_t packet_bytes)
{
    uint8_t const *const udp = header + TUNNEL_OUTER_BYTES;
    struct tunnel_outer outer;
    if (!tunnel_read_outer(header, packet_bytes, &outer) || outer.offset != 0 || outer.more)
        return false;
    if (read16(udp + 2) != VXLAN_PORT || read16(udp + 4) != outer.ip_bytes - TUNNEL_IP_BYTES)
        return false;
    return udp[8] == 0x08 && udp[12] == 0 && read16(udp + 13) == VXLAN_NETWORK;
}
