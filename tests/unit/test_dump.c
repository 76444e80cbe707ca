/* SPDX-License-Identifier: MIT
 *
 * test_dump.c - the text of nbl_dump: every line of it, with addresses replaced by @1, @2, .. in order of appearance.
 */
#include "nbl_test.h"

#include "list/state.h"
#include "nbl_test_dump.h"

static struct nbl_dump_text said;

static char const *dumped(NET_BUFFER_LIST const *list)
{
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 64 };
    nbl_dump_text_start(&said);
    nbl_dump(list, &sink);
    return nbl_dump_text_normal(&said);
}

static void says(char const *text, char const *line)
{
    if (strstr(text, line) == NULL)
        fail_msg("\"%s\" is not in:\n%s", line, text);
}

static void says_not(char const *text, char const *line)
{
    if (strstr(text, line) != NULL)
        fail_msg("\"%s\" is in:\n%s", line, text);
}

/* A page-aligned MDL of a driver, so that StartVa and ByteOffset are the same everywhere. */
static _Alignas(4096) unsigned char page[4096];

static MDL driver_mdl(ULONG offset, ULONG bytes)
{
    MDL mdl = { .Size = sizeof(MDL), .MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL, .MappedSystemVa = page + offset,
                .StartVa = page, .ByteCount = bytes, .ByteOffset = offset };
    return mdl;
}

/* rules: VER-04 */
static void whole_text_of_a_packet(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    MDL first = driver_mdl(16, 20), second = driver_mdl(100, 30);
    NET_BUFFER_LIST *list;
    (void)state;
    first.Next = &second;
    for (unsigned i = 0; i < sizeof(page); i++)
        page[i] = (unsigned char)(i + 'A' - 16);
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, &first, 14, 20);
    NdisSetNblFlag(list, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP | 4u);
    list->Flags = 0x00001005u;
    list->Status = NDIS_STATUS_RESOURCES;
    list->Scratch = page;
    list->MiniportReserved[1] = page;
    NET_BUFFER_LIST_FIRST_NB(list)->ProtocolReserved[5] = page;
    NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo) = nbl_info_set_vlan_id((PVOID)5, 7);
    assert_string_equal(
        dumped(list),
        "NET_BUFFER_LIST @1 (plain)\n"
        "  Next                NULL\n"
        "  NdisPoolHandle      @2 NBL pool tag '....' DataSize 0 ContextSize 0\n"
        "  SourceHandle        NULL\n"
        "  ParentNetBufferList NULL\n"
        "  ChildRefCount       0\n"
        "  Scratch             @3\n"
        "  MiniportReserved[1] @3\n"
        "  NblFlags            0x00000a04 NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP | 0x4\n"
        "  Flags               0x00001005 NBL_FLAGS_PROTOCOL_RESERVED 0x1 NBL_FLAGS_MINIPORT_RESERVED 0x1000"
        " NBL_FLAGS_NDIS_RESERVED 0x4\n"
        "  Status              0xc000009a NDIS_STATUS_RESOURCES\n"
        "  NetBufferListInfo\n"
        "    Ieee8021QNetBufferListInfo 0x75\n"
        "      TagHeader: UserPriority 5 VlanId 7\n"
        "      WLanTagHeader: UserPriority 5 VlanId 7 WMMInfo 0\n"
        "  NET_BUFFER @4 (with its NBL)\n"
        "    Next                NULL\n"
        "    NdisPoolHandle      @2 NBL pool tag '....' DataSize 0 ContextSize 0\n"
        "    DataOffset 14 DataLength 20 capacity 50 MdlChain @5\n"
        "    CurrentMdl @5 CurrentMdlOffset 14\n"
        "    ProtocolReserved[5] @3\n"
        "    MDL 0 @5 (driver) CurrentMdl\n"
        "      ByteCount 20 ByteOffset 16 StartVa @3 MappedSystemVa @6\n"
        "      MdlFlags 0x0004 MDL_SOURCE_IS_NONPAGED_POOL\n"
        "      bytes backfill [0, 14) data [14, 20) data at @7\n"
        "    MDL 1 @8 (driver)\n"
        "      ByteCount 30 ByteOffset 100 StartVa @3 MappedSystemVa @9\n"
        "      MdlFlags 0x0004 MDL_SOURCE_IS_NONPAGED_POOL\n"
        "      bytes data [0, 14) tail [14, 30) data at @9\n"
        "    Data, 20 of 20 bytes\n"
        "      0000  4f 50 51 52 53 54 95 96  97 98 99 9a 9b 9c 9d 9e  OPQRST..........\n"
        "      0010  9f a0 a1 a2                                       ....\n");
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: VER-02 GEN-01 */
static void each_origin_is_named(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 16, 0), *clone;
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
    (void)state;
    assert_int_equal(NdisAllocateNetBufferListContext(list, 32, 16, 0), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 80, 0, NULL), NDIS_STATUS_SUCCESS);
    nbl_test_fill(buffer, 'a');
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    says(dumped(list), "(plain with derived lists: 1)");
    says(said.text, "(pool)\n");
    says(said.text, "(retreat) CurrentMdl\n");
    says(said.text, "(allocated) Size 48 Offset 16: in use 32\n");
    says(said.text, "(with its NBL) Size 16 Offset 0: in use 16\n");
    says(dumped(clone), "(clone)\n");
    says(said.text, "  derived from        @3\n");
    says(said.text, "NdisPoolHandle      @2 libnbl's own\n");
    says(said.text, "NET_BUFFER @4 (derived)\n");
    says(said.text, "(derived) CurrentMdl\n");
    says(said.text, "Data, 64 of 80 bytes\n");
    NdisFreeNetBufferListContext(list, 32);
    NdisFreeNetBufferList(list);
    nbl_test_expect("GEN-06 error");
    says(dumped(list), "(plain with derived lists: 1, freed by its owner)");
    NdisFreeCloneNetBufferList(clone, 0);
    nbl_test_forget();
    NdisFreeNetBufferListPool(pool);
}

/* The same members written through the unions: the text reads them by shift and mask. */
/* rules: OOB-01 OOB-02 LAY-07 */
static void out_of_band_values_are_taken_apart(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum = { .Value = NULL };
    NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO lso = { .Value = NULL };
    NDIS_RSC_NBL_INFO rsc = { .Value = NULL };
    (void)state;
    checksum.Transmit.IsIPv4 = 1;
    checksum.Transmit.TcpChecksum = 1;
    checksum.Transmit.TcpHeaderOffset = 34;
    NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = checksum.Value;
    lso.LsoV2Transmit.MSS = 1460;
    lso.LsoV2Transmit.TcpHeaderOffset = 54;
    lso.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = lso.Value;
    rsc.Info.CoalescedSegCount = 3;
    rsc.Info.DupAckCount = 2;
    NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) = rsc.Value;
    NET_BUFFER_LIST_SET_HASH_FUNCTION(list, NdisHashFunctionToeplitz);
    NET_BUFFER_LIST_SET_HASH_TYPE(list, NDIS_HASH_TCP_IPV6 | NDIS_HASH_UDP_IPV6_EX);
    NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->SafePacketDataSize = 1000;
    NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->SourcePortId = 77;
    dumped(list);
    says(said.text, "TcpIpChecksumNetBufferListInfo, TcpOffloadBytesTransferred ");
    says(said.text, "Transmit: IsIPv4 TcpChecksum TcpHeaderOffset 34\n");
    says(said.text, "Receive: TcpChecksumFailed IpChecksumFailed\n");
    says(said.text, "LsoV2Transmit: MSS 1460 TcpHeaderOffset 54\n");
    says_not(said.text, "LsoV1");
    says(said.text, "NDIS_RSC_NBL_INFO: CoalescedSegCount 3 DupAckCount 2\n");
    says(said.text, "function: NdisHashFunctionToeplitz\n");
    says(said.text, "type: NDIS_HASH_TCP_IPV6 NDIS_HASH_UDP_IPV6_EX\n");
    says(said.text, "NumAvailableDestinations 0 SourcePortId 77 SourceNicIndex 0 SafePacketDataSize 1000\n");
    says_not(said.text, "NetBufferListCancelId");
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: OOB-01 OOB-11 OOB-12 */
static void every_slot_has_its_name(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION one = { .NextEntry = NULL, .Tag = 0x57 }, two = { &one, 0x58, { 0 } };
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX other = { .NextEntry = NULL, .Tag = 0x59, .Data = page };
    char const *line;
    unsigned lines = 0;
    (void)state;
    for (unsigned slot = 0; slot < MaxNetBufferListInfo; slot++)
        list->NetBufferListInfo[slot] = (PVOID)(uintptr_t)1;
    NET_BUFFER_LIST_INFO(list, MediaSpecificInformation) = &two;
    NET_BUFFER_LIST_INFO(list, MediaSpecificInformationEx) = &other;
    dumped(list);
    says(said.text, "NetBufferListInfoReserved3 0x1\n");
    says(said.text, "Tag 0x00000058\n");
    says(said.text, "Tag 0x00000057\n");
    says(said.text, "Tag 0x00000059 Data @");
    for (line = strstr(said.text, "\n    "); line != NULL; line = strstr(line + 1, "\n    "))
        lines += line[5] != ' ' ? 1u : 0u;
    assert_int_equal(lines, MaxNetBufferListInfo);
    one.NextEntry = &two;
    other.NextEntry = &other;
    says(dumped(list), "! the entries are a circle (VER-04)");
    says(said.text, "! more entries, or a circle (VER-04)");
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: INV-03 INV-04 INV-05 INV-06 INV-07 NB-05a */
static void contradictions_are_said(void **state)
{
    MDL first = driver_mdl(0, 10), second = driver_mdl(10, 10), stranger = driver_mdl(20, 10);
    NET_BUFFER buffer;
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 8 };
    struct { ULONG offset; ULONG length; MDL *chain; MDL *current; ULONG current_offset; char const *says; } const rows[] = {
        { 4, 6, &first, &first, 4, "data [4, 10)" },
        { 20, 0, &first, NULL, 0, "CurrentMdl NULL CurrentMdlOffset 0\n" },
        { 4, 17, &first, &first, 4, "(INV-05)" },
        { 4, 6, &first, &stranger, 4, "(INV-04)" },
        { 4, 6, &first, &first, 5, "(INV-06)" },
        { 4, 6, &first, &second, 4, "(INV-06)" },
        { 12, 6, &first, &first, 12, "(INV-07)" },
        { 4, 6, &first, NULL, 0, "! CurrentMdl is NULL (INV-03)" },
        { 4, 0, NULL, NULL, 0, "! MdlChain is NULL" },
        { 0, 0, NULL, &first, 0, "! MdlChain is NULL" },
    };
    (void)state;
    first.Next = &second;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(&buffer, 0, sizeof(buffer));
        buffer.DataOffset = rows[i].offset;
        buffer.stDataLength = rows[i].length;
        buffer.MdlChain = rows[i].chain;
        buffer.CurrentMdl = rows[i].current;
        buffer.CurrentMdlOffset = rows[i].current_offset;
        nbl_dump_text_start(&said);
        nbl_dump_buffer(&buffer, &sink);
        says(said.text, rows[i].says);
        assert_true((strstr(said.text, "! ") != NULL) == (i >= 2));
    }
    if (sizeof(SIZE_T) > sizeof(ULONG)) {
        buffer.stDataLength = (SIZE_T)1 << (sizeof(SIZE_T) * 4);
        nbl_dump_text_start(&said);
        nbl_dump_buffer(&buffer, &sink);
        says(said.text, "(NB-05a)");
    }
}

/* rules: VER-04 INV-01 */
static void circles_are_said_and_never_followed(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 32, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0), *other = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
    MDL loop[3] = { driver_mdl(0, 0), driver_mdl(10, 10), driver_mdl(20, 0) };
    MDL *own = buffer->MdlChain;
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 8 };
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        loop[i].Next = i == 2 ? &loop[1] : &loop[i + 1];
    buffer->Next = buffer;
    own->Next = loop;
    list->Next = other;
    other->Next = list;
    dumped(list);
    says(said.text, "! a circle: the last leads back to NET_BUFFER 0 (VER-04)\n");
    says(said.text, "! a circle: the last leads back to MDL 2 (VER-04)\n");
    says(said.text, "MDL 3 @");
    says_not(said.text, "MDL 4 @");
    nbl_dump_text_start(&said);
    nbl_dump_chain(list, 100, &sink);
    says(nbl_dump_text_normal(&said), "\n! a circle: the last leads back to NET_BUFFER_LIST 0 (VER-04)\n");
    nbl_dump_text_start(&said);
    nbl_dump_mdls(&loop[2], &sink);
    says(said.text, "! a circle: the last leads back to MDL 0 (VER-04)\n");
    own->Next = NULL;
    buffer->Next = NULL;
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferList(other);
    NdisFreeNetBufferListPool(pool);
}

/* rules: VER-04 */
static void long_chains_are_cut_and_counted(void **state)
{
    enum { MANY = NBL_DUMP_MOST + 5 };
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 7, NULL);
    MDL *mdls = calloc(MANY, sizeof(*mdls));
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 8 };
    (void)state;
    assert_non_null(mdls);
    for (unsigned i = 0; i + 1 < MANY; i++)
        mdls[i].Next = &mdls[i + 1];
    nbl_dump_text_start(&said);
    nbl_dump_mdls(mdls, &sink);
    says(said.text, "MDL 255 ");
    says(said.text, "\nand 5 more: MDL\n");
    says_not(said.text, "MDL 256 ");
    nbl_dump_text_start(&said);
    nbl_dump_chain(chain, 3, &sink);
    says(said.text, "\nand 4 more: NET_BUFFER_LIST\n");
    nbl_dump_text_start(&said);
    nbl_dump_chain(chain, 7, &sink);
    says_not(said.text, "more: NET_BUFFER_LIST\n");
    assert_int_equal(nbl_pool_give(chain), 7);
    free(mdls);
    NdisFreeNetBufferListPool(pool);
}

/* rules: MDL-14 */
static void an_unmapped_mdl_stays_so(void **state)
{
    MDL mapped = driver_mdl(0, 4), unmapped = driver_mdl(4, 4), nowhere = driver_mdl(0, 4);
    NET_BUFFER buffer = { .MdlChain = &mapped, .CurrentMdl = &mapped };
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 64 };
    MDL before;
    (void)state;
    memcpy(page, "abcdefgh", 8);
    mapped.Next = &unmapped;
    unmapped.Next = &nowhere;
    unmapped.MdlFlags = MDL_PAGES_LOCKED;
    nowhere.MappedSystemVa = NULL;
    before = unmapped;
    buffer.stDataLength = 12;
    nbl_dump_text_start(&said);
    nbl_dump_buffer(&buffer, &sink);
    says(said.text, "not mapped\n");
    says(said.text, "0000  61 62 63 64 .. .. .. ..  .. .. .. ..              abcd........\n");
    assert_int_equal(unmapped.MdlFlags, before.MdlFlags);
    assert_ptr_equal(unmapped.MappedSystemVa, before.MappedSystemVa);
}

/* rules: VER-04 NBL-02 */
static void nothing_and_what_is_free_are_said(void **state)
{
    NET_BUFFER_LIST made_by_hand;
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 64 };
    (void)state;
    assert_string_equal(dumped(NULL), "NET_BUFFER_LIST NULL\n");
    nbl_dump_text_start(&said);
    nbl_dump_buffer(NULL, &sink);
    nbl_dump_mdls(NULL, &sink);
    nbl_dump_chain(NULL, 1, &sink);
    assert_string_equal(said.text, "NET_BUFFER NULL\nno MDL\nno NET_BUFFER_LIST\n");
    memset(&made_by_hand, 0, sizeof(made_by_hand));
    made_by_hand.NdisPoolHandle = page;
    says(dumped(&made_by_hand), "(not libnbl's)\n");
    says(said.text, "no NET_BUFFER\n");
    made_by_hand.FirstNetBuffer = (NET_BUFFER *)(void *)(page + 1);
    nbl__list_set_kind(&made_by_hand, NBL__LIST_FREE);
    assert_string_equal(dumped(&made_by_hand), "NET_BUFFER_LIST @1 (free)\n");
}

/* rules: NB-03 POOL-14 */
static void no_byte_outside_the_used_data_is_touched(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
    (void)state;
    /* Fresh: all hidden. Retreated: used, but not written. A checker would complain of a touch. */
    says_not(dumped(list), "Data,");
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    says(dumped(list), "Data, 20 of 20 bytes\n");
    memset(NdisGetDataBuffer(buffer, 20, NULL, 1, 0), 'x', 20);
    says(dumped(list), "0010  78 78 78 78                                       xxxx\n");
    /* A driver that moves DataOffset by hand into what it never asked for. */
    buffer->DataOffset -= 4;
    buffer->CurrentMdlOffset -= 4;
    buffer->stDataLength += 4;
    says(dumped(list), "Data, 24 of 24 bytes\n");
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* rules: VER-04 */
static void dumping_announces_and_changes_nothing(void **state)
{
    struct nbl_test_list made;
    struct nbl_test_snapshot *before;
    unsigned mdls;
    struct nbl_dump_sink const sink = { nbl_dump_text_put, &said, 64 };
    NET_BUFFER_LIST const *lists[1];
    (void)state;
    nbl_test_list_make(&made, "a10 b0 c20 DO=3 DL=12 ; NULL ; d5");
    before = nbl_test_snapshot_take(made.list);
    lists[0] = made.list;
    mdls = nbl_test_events_of(NBL_EVENT_MDL_ALLOCATE);
    dumped(made.list);
    nbl_dump_dot(lists, 1, &sink);
    nbl_test_expect("");
    assert_int_equal(nbl_test_events_of(NBL_EVENT_MDL_ALLOCATE), mdls);
    nbl_test_unchanged(before, made.list);
    nbl_test_list_free(&made);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(whole_text_of_a_packet),
        NBL_TEST(each_origin_is_named),
        NBL_TEST(out_of_band_values_are_taken_apart),
        NBL_TEST(every_slot_has_its_name),
        NBL_TEST(contradictions_are_said),
        NBL_TEST(circles_are_said_and_never_followed),
        NBL_TEST(long_chains_are_cut_and_counted),
        NBL_TEST(an_unmapped_mdl_stays_so),
        NBL_TEST(nothing_and_what_is_free_are_said),
        NBL_TEST(no_byte_outside_the_used_data_is_touched),
        NBL_TEST(dumping_announces_and_changes_nothing),
    };
    return NBL_TEST_RUN("dump", tests);
}
