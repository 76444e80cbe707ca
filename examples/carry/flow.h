/* SPDX-License-Identifier: MIT
 *
 * flow.h - which flow a packet belongs to (FLOW-03, FLOW-04).
 */
#ifndef CARRY_FLOW_H
#define CARRY_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <nbl/nbl.h>

/* flow_form is how the frame says what it holds. */
enum flow_form { FLOW_OPAQUE, FLOW_ETHERTYPE, FLOW_LLC, FLOW_SNAP };

/* flow_layer is the last layer that the key takes in. */
enum flow_layer { FLOW_LINK, FLOW_NETWORK, FLOW_FRAGMENT, FLOW_PORTS };

/* flow_key: equal keys, equal flow. What a layer does not have is 0.
 *
 *     not IP, or an IP header that lies         layer = FLOW_LINK
 *     IP, neither TCP nor UDP                   layer = FLOW_NETWORK
 *     any fragment of a datagram, the first too layer = FLOW_FRAGMENT: identification instead of ports
 *     TCP, UDP                                  layer = FLOW_PORTS
 */
struct flow_key {
    uint8_t destination_mac[6];
    uint8_t source_mac[6];
    uint8_t form;            /* enum flow_form */
    uint8_t layer;           /* enum flow_layer */
    uint8_t tagged;          /* 1 with a VLAN tag */
    uint8_t ip_version;      /* 4, 6, or 0 */
    uint16_t tag;            /* priority bits included */
    uint16_t type;           /* EtherType; DSAP and SSAP of LLC */
    uint8_t organisation[3]; /* of SNAP */
    uint8_t protocol;        /* of IP, after extension headers */
    uint32_t identification; /* of a fragment */
    uint16_t source_port;
    uint16_t destination_port;
    uint8_t source[16];
    uint8_t destination[16];
};

/* flow_parse finds the key of one Ethernet frame, whatever MDLs it lies in. A frame that is cut or lies about itself has
 * the key of the layers before that. Threads: the NB's owner. Cannot fail. */
void flow_parse(struct flow_key *key, NET_BUFFER const *frame);

/* flow_equal compares two keys. */
bool flow_equal(struct flow_key const *one, struct flow_key const *other);

/* flow_hash mixes a key into 32 bits: for NetBufferListHashValue. */
uint32_t flow_hash(struct flow_key const *key);

#endif
