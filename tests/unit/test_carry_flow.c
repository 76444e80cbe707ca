/* SPDX-License-Identifier: MIT
 *
 * test_carry_flow.c - the flow keys of examples/carry, on every host and for headers that are cut anywhere into MDLs.
 */
#include "nbl_test.h"

#include "../../examples/carry/flow.c"

#define MACS "020000000002" "020000000001"
#define IPV4(fragment, protocol) "45000030" "1234" fragment "40" protocol "0000" "0A000001" "0A000002"
#define IPV6(next) "60000000" "0020" next "40" "FE800000000000000000000000000001" "FE800000000000000000000000000002"
#define PORTS "04D2" "0050"

/* One frame in hexadecimal, and what its key must say. */
struct flow_case {
    char const *name;
    char const *frame;
    enum flow_form form;
    enum flow_layer layer;
    int tag; /* -1 without */
    uint16_t type;
    uint8_t version;
    uint8_t protocol;
    uint32_t identification;
    uint16_t source_port;
    uint16_t destination_port;
};

static struct flow_case const cases[] = {
    { "nothing", "", FLOW_OPAQUE, FLOW_LINK, -1, 0, 0, 0, 0, 0, 0 },
    { "13 bytes", MACS "08", FLOW_OPAQUE, FLOW_LINK, -1, 0, 0, 0, 0, 0, 0 },
    { "ARP", MACS "0806" "0001", FLOW_ETHERTYPE, FLOW_LINK, -1, 0x0806, 0, 0, 0, 0, 0 },
    { "TCP", MACS "0800" IPV4("4000", "06") PORTS, FLOW_ETHERTYPE, FLOW_PORTS, -1, 0x0800, 4, 6, 0, 1234, 80 },
    { "UDP", MACS "0800" IPV4("0000", "11") PORTS, FLOW_ETHERTYPE, FLOW_PORTS, -1, 0x0800, 4, 17, 0, 1234, 80 },
    { "ICMP", MACS "0800" IPV4("0000", "01") PORTS, FLOW_ETHERTYPE, FLOW_NETWORK, -1, 0x0800, 4, 1, 0, 0, 0 },
    { "first fragment", MACS "0800" IPV4("2000", "11") PORTS, FLOW_ETHERTYPE, FLOW_FRAGMENT, -1, 0x0800, 4, 17, 0x1234, 0,
      0 },
    { "last fragment", MACS "0800" IPV4("0010", "11") PORTS, FLOW_ETHERTYPE, FLOW_FRAGMENT, -1, 0x0800, 4, 17, 0x1234, 0,
      0 },
    { "half of the ports", MACS "0800" IPV4("0000", "11") "04D2", FLOW_ETHERTYPE, FLOW_NETWORK, -1, 0x0800, 4, 17, 0, 0, 0 },
    { "IPv4 cut", MACS "0800" "450000301234", FLOW_ETHERTYPE, FLOW_LINK, -1, 0x0800, 0, 0, 0, 0, 0 },
    { "IPv4 that says 6", MACS "0800" "65" IPV4("0000", "11"), FLOW_ETHERTYPE, FLOW_LINK, -1, 0x0800, 0, 0, 0, 0, 0 },
    { "IPv4 header of 4 words", MACS "0800" "44" IPV4("0000", "11"), FLOW_ETHERTYPE, FLOW_LINK, -1, 0x0800, 0, 0, 0, 0, 0 },
    { "IPv4 options", MACS "0800" "46000034" "1234" "0000" "40" "06" "0000" "0A000001" "0A000002" "01010101" PORTS,
      FLOW_ETHERTYPE, FLOW_PORTS, -1, 0x0800, 4, 6, 0, 1234, 80 },
    { "IPv4 options cut", MACS "0800" "4F000034" "1234" "0000" "40" "06" "0000" "0A000001" "0A000002" PORTS, FLOW_ETHERTYPE,
      FLOW_NETWORK, -1, 0x0800, 4, 6, 0, 0, 0 },
    { "VLAN", MACS "8100" "A00C" "0800" IPV4("0000", "06") PORTS, FLOW_ETHERTYPE, FLOW_PORTS, 0xA00C, 0x0800, 4, 6, 0, 1234,
      80 },
    { "VLAN cut", MACS "8100" "A00C", FLOW_ETHERTYPE, FLOW_LINK, -1, 0x8100, 0, 0, 0, 0, 0 },
    { "service VLAN", MACS "88A8" "0064" "86DD" IPV6("3A"), FLOW_ETHERTYPE, FLOW_NETWORK, 100, 0x86DD, 6, 58, 0, 0, 0 },
    { "LLC", MACS "0026" "4242" "03" "0000", FLOW_LLC, FLOW_LINK, -1, 0x4242, 0, 0, 0, 0, 0 },
    { "SNAP of Cisco", MACS "0026" "AAAA" "03" "00000C" "2000", FLOW_SNAP, FLOW_LINK, -1, 0x2000, 0, 0, 0, 0, 0 },
    { "SNAP with IPv4", MACS "0026" "AAAA" "03" "000000" "0800" IPV4("0000", "11") PORTS, FLOW_SNAP, FLOW_PORTS, -1, 0x0800,
      4, 17, 0, 1234, 80 },
    { "IPv6 TCP", MACS "86DD" IPV6("06") PORTS, FLOW_ETHERTYPE, FLOW_PORTS, -1, 0x86DD, 6, 6, 0, 1234, 80 },
    { "IPv6 extensions", MACS "86DD" IPV6("00") "3C00" "000000000000" "2B01" "0000000000000000000000000000" "1100"
      "000000000000" PORTS, FLOW_ETHERTYPE, FLOW_PORTS, -1, 0x86DD, 6, 17, 0, 1234, 80 },
    { "IPv6 fragment", MACS "86DD" IPV6("2C") "1100" "0001" "89ABCDEF" PORTS, FLOW_ETHERTYPE, FLOW_FRAGMENT, -1, 0x86DD, 6, 17,
      0x89ABCDEF, 0, 0 },
    { "IPv6 atomic fragment", MACS "86DD" IPV6("2C") "1100" "0000" "89ABCDEF" PORTS, FLOW_ETHERTYPE, FLOW_PORTS, -1, 0x86DD, 6,
      17, 0, 1234, 80 },
    { "IPv6 extension cut", MACS "86DD" IPV6("3C") "0600", FLOW_ETHERTYPE, FLOW_NETWORK, -1, 0x86DD, 6, 60, 0, 0, 0 },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static ULONG from_hexadecimal(char const *text, uint8_t *bytes)
{
    ULONG count = 0;
    for (; text[0] != '\0'; text += 2, count++) {
        char const pair[] = { text[0], text[1], '\0' };
        bytes[count] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return count;
}

/* parse finds the key of bytes that lie in two MDLs with other bytes between them. */
static void parse(struct flow_key *key, uint8_t const *bytes, ULONG count, ULONG first)
{
    uint8_t memory[256];
    NET_BUFFER_POOL_PARAMETERS const parameters = { .Header = { NDIS_OBJECT_TYPE_DEFAULT, 1, 12 } };
    NDIS_HANDLE const pool = NdisAllocateNetBufferPool(NULL, &parameters);
    uint8_t *const apart = malloc(sizeof(memory));
    memset(apart, 0xEE, sizeof(memory));
    memcpy(apart, bytes, first);
    memcpy(apart + first + 16, bytes + first, count - first);
    MDL *const head = NdisAllocateMdl(NULL, apart, first);
    MDL *const tail = NdisAllocateMdl(NULL, apart + first + 16, count - first);
    head->Next = tail;
    NET_BUFFER *const frame = NdisAllocateNetBuffer(pool, head, 0, count);
    flow_parse(key, frame);
    NdisFreeNetBuffer(frame);
    NdisFreeMdl(head);
    NdisFreeMdl(tail);
    NdisFreeNetBufferPool(pool);
    free(apart);
}

static void key_is(struct flow_key const *key, struct flow_case const *expected)
{
    assert_int_equal(key->form, expected->form);
    assert_int_equal(key->layer, expected->layer);
    assert_int_equal(key->tagged, expected->tag >= 0);
    assert_int_equal(key->tag, expected->tag >= 0 ? expected->tag : 0);
    assert_int_equal(key->type, expected->type);
    assert_int_equal(key->ip_version, expected->version);
    assert_int_equal(key->protocol, expected->protocol);
    assert_int_equal(key->identification, expected->identification);
    assert_int_equal(key->source_port, expected->source_port);
    assert_int_equal(key->destination_port, expected->destination_port);
}

static void the_key_is_the_same_wherever_the_frame_is_cut_into_mdls(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        uint8_t bytes[256];
        ULONG const count = from_hexadecimal(cases[i].frame, bytes);
        print_message("%s\n", cases[i].name);
        for (ULONG first = 0; first <= count; first++) {
            struct flow_key key;
            parse(&key, bytes, count, first);
            key_is(&key, &cases[i]);
        }
    }
}

static void addresses_are_in_the_key(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct flow_key key;
    parse(&key, bytes, from_hexadecimal(cases[3].frame, bytes), 20);
    assert_memory_equal(key.destination_mac, "\2\0\0\0\0\2", 6);
    assert_memory_equal(key.source_mac, "\2\0\0\0\0\1", 6);
    assert_memory_equal(key.source, "\12\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    assert_memory_equal(key.destination, "\12\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

/* Changing any byte that the key takes in makes another flow, changing any other byte does not. */
static void exactly_the_bytes_of_the_key_tell_flows_apart(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct flow_key key;
    struct flow_key other;
    ULONG const count = from_hexadecimal(MACS "0800" IPV4("0000", "06") PORTS "FFFF", bytes);
    parse(&key, bytes, count, 14);
    for (ULONG i = 0; i < count; i++) {
        bool const counts = i < 15 || i == 23 || (i >= 26 && i < 38) || i == 20 || i == 21;
        bytes[i] ^= 0x10;
        parse(&other, bytes, count, 14);
        assert_int_equal(flow_equal(&key, &other), !counts);
        if (counts)
            assert_true(flow_hash(&key) != flow_hash(&other));
        bytes[i] ^= 0x10;
    }
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(the_key_is_the_same_wherever_the_frame_is_cut_into_mdls),
        cmocka_unit_test(addresses_are_in_the_key),
        cmocka_unit_test(exactly_the_bytes_of_the_key_tell_flows_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
