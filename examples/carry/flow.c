/* SPDX-License-Identifier: MIT
 *
 * flow.c - the flow key of a frame: Ethernet, VLAN, LLC, IPv4, IPv6 and their ports.
 */
#include "flow.h"

#include <string.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86DD
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_SERVICE_VLAN 0x88A8
#define ETHERTYPE_LEAST 0x0600 /* below is the length of an LLC frame */

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_DESTINATION 60

/* cursor is a place in a frame. */
struct cursor {
    NET_BUFFER const *frame;
    ULONG offset;
};

static uint16_t read16(uint8_t const *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t read32(uint8_t const *bytes)
{
    return (uint32_t)read16(bytes) << 16 | read16(bytes + 2);
}

/* Headers may straddle MDLs, so a few bytes are gathered; the cursor moves behind them only when all are there. */
static bool take(struct cursor *cursor, uint8_t *bytes, ULONG count)
{
    if (nbl_chain_copy_from_net_buffer(cursor->frame, cursor->offset, bytes, count) != count)
        return false;
    cursor->offset += count;
    return true;
}

static void parse_ports(struct flow_key *key, struct cursor *cursor)
{
    uint8_t ports[4];
    if (key->protocol != PROTOCOL_TCP && key->protocol != PROTOCOL_UDP)
        return;
    if (!take(cursor, ports, sizeof(ports)))
        return;
    key->layer = FLOW_PORTS;
    key->source_port = read16(ports);
    key->destination_port = read16(ports + 2);
}

static void mark_fragment(struct flow_key *key, uint32_t identification)
{
    key->layer = FLOW_FRAGMENT;
    key->identification = identification;
}

static void parse_ipv4(struct flow_key *key, struct cursor *cursor)
{
    uint8_t header[20];
    if (!take(cursor, header, sizeof(header)) || header[0] >> 4 != 4 || (header[0] & 15) < 5)
        return;
    key->layer = FLOW_NETWORK;
    key->ip_version = 4;
    key->protocol = header[9];
    memcpy(key->source, header + 12, 4);
    memcpy(key->destination, header + 16, 4);
    cursor->offset += (header[0] & 15u) * 4u - 20u;
    if ((read16(header + 6) & 0x3FFF) != 0) /* a fragment: an offset, or more to come */
        mark_fragment(key, read16(header + 4));
    else
        parse_ports(key, cursor);
}

/* Steps over one extension header. Returns false when `next` is not one, or is cut. */
static bool skip_extension(struct flow_key *key, struct cursor *cursor)
{
    uint8_t header[8];
    uint8_t const next = key->protocol;
    if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_FRAGMENT && next != NEXT_DESTINATION)
        return false;
    if (!take(cursor, header, sizeof(header)))
        return false;
    key->protocol = header[0];
    if (next != NEXT_FRAGMENT)
        cursor->offset += header[1] * 8u;
    else if ((read16(header + 2) & 0xFFF9) != 0)
        mark_fragment(key, read32(header + 4));
    return true;
}

static void parse_ipv6(struct flow_key *key, struct cursor *cursor)
{
    uint8_t header[40];
    if (!take(cursor, header, sizeof(header)) || header[0] >> 4 != 6)
        return;
    key->layer = FLOW_NETWORK;
    key->ip_version = 6;
    key->protocol = header[6];
    memcpy(key->source, header + 8, 16);
    memcpy(key->destination, header + 24, 16);
    while (key->layer != FLOW_FRAGMENT && skip_extension(key, cursor))
        continue;
    if (key->layer != FLOW_FRAGMENT)
        parse_ports(key, cursor);
}

static void parse_network(struct flow_key *key, struct cursor *cursor)
{
    if (key->type == ETHERTYPE_IPV4)
        parse_ipv4(key, cursor);
    else if (key->type == ETHERTYPE_IPV6)
        parse_ipv6(key, cursor);
}

/* What follows a length instead of an EtherType: LLC, and SNAP if the LLC header says so. */
static void parse_llc(struct flow_key *key, struct cursor *cursor)
{
    uint8_t llc[3];
    uint8_t snap[5];
    key->form = FLOW_LLC;
    if (!take(cursor, llc, sizeof(llc)))
        return;
    key->type = read16(llc);
    if (key->type != 0xAAAA || llc[2] != 3 || !take(cursor, snap, sizeof(snap)))
        return;
    key->form = FLOW_SNAP;
    memcpy(key->organisation, snap, 3);
    key->type = read16(snap + 3);
    if (read16(snap) == 0 && snap[2] == 0) /* RFC 1042: then the protocol is an EtherType */
        parse_network(key, cursor);
}

static bool parse_tag(struct flow_key *key, struct cursor *cursor)
{
    uint8_t tag[4];
    if (!take(cursor, tag, sizeof(tag)))
        return false;
    key->tagged = 1;
    key->tag = read16(tag);
    key->type = read16(tag + 2);
    return true;
}

void flow_parse(struct flow_key *key, NET_BUFFER const *frame)
{
    struct cursor cursor = { frame, 0 };
    uint8_t header[14];
    memset(key, 0, sizeof(*key));
    if (!take(&cursor, header, sizeof(header)))
        return;
    memcpy(key->destination_mac, header, 6);
    memcpy(key->source_mac, header + 6, 6);
    key->form = FLOW_ETHERTYPE;
    key->type = read16(header + 12);
    if ((key->type == ETHERTYPE_VLAN || key->type == ETHERTYPE_SERVICE_VLAN) && !parse_tag(key, &cursor))
        return;
    if (key->type < ETHERTYPE_LEAST)
        parse_llc(key, &cursor);
    else
        parse_network(key, &cursor);
}

bool flow_equal(struct flow_key const *one, struct flow_key const *other)
{
    return memcmp(one, other, sizeof(*one)) == 0; /* flow_parse sets every byte, and there is no padding */
}

_Static_assert(sizeof(struct flow_key) == 64, "flow_key has no padding");

/* FNV-1a, folded once so that the upper bits count too. */
uint32_t flow_hash(struct flow_key const *key)
{
    uint8_t bytes[sizeof(*key)];
    uint32_t hash = 2166136261u;
    memcpy(bytes, key, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash ^ hash >> 16;
}
