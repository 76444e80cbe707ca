/* SPDX-License-Identifier: MIT
 *
 * counts.c - libnbl's operations, each on more packets than a first-level cache holds, for counts.py to count under
 * callgrind.
 *
 * Under callgrind every operation leaves a dump of its own, with its name as the reason; the number of times that it
 * was done is printed. Nothing here depends on time, on the machine's caches or on addresses chosen at random.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <valgrind/callgrind.h>

#include <nbl/nbl.h>

enum { PACKETS = 1024, DATA = 256 };

static NDIS_HANDLE data_pool, bare_pool, list_pool, buffer_pool, buffer_data_pool;
static NET_BUFFER_LIST *packets[PACKETS], *others[PACKETS];
static unsigned char memory[PACKETS][1024];

static void check(bool good)
{
    if (good)
        return;
    fprintf(stderr, "counts: a call failed that may not\n");
    exit(1);
}

static NDIS_HANDLE make_list_pool(BOOLEAN with_net_buffer, ULONG data)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = with_net_buffer, .DataSize = data };
    return NdisAllocateNetBufferListPool(NULL, &parameters);
}

static NDIS_HANDLE make_buffer_pool(ULONG data)
{
    NET_BUFFER_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 },
        .DataSize = data };
    return NdisAllocateNetBufferPool(NULL, &parameters);
}

/* ---- What there is before an operation, and how it goes away. ---- */

static void nothing(void) {}

/* Packets with 64 bytes of used data in one MDL, headroom in front. */
static void make_contiguous(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        packets[i] = NdisAllocateNetBufferList(data_pool, 0, 0);
        check(NdisRetreatNetBufferDataStart(packets[i]->FirstNetBuffer, 64, 0, NULL) == NDIS_STATUS_SUCCESS);
    }
}

static void free_contiguous(void)
{
    for (unsigned i = 0; i < PACKETS; i++)
        NdisFreeNetBufferList(packets[i]);
}

static MDL *describe(unsigned packet, unsigned segments)
{
    MDL *chain = NULL;
    unsigned const bytes = (unsigned)sizeof memory[0] / segments;
    for (unsigned i = segments; i-- > 0;) {
        MDL *const mdl = NdisAllocateMdl(NULL, memory[packet] + i * bytes, bytes);
        mdl->Next = chain;
        chain = mdl;
    }
    return chain;
}

static void make_segments(unsigned segments)
{
    for (unsigned i = 0; i < PACKETS; i++)
        packets[i] = NdisAllocateNetBufferAndNetBufferList(bare_pool, 0, 0, describe(i, segments), 0, sizeof memory[0]);
}

static void make_1(void) { make_segments(1); }
static void make_4(void) { make_segments(4); }
static void make_64(void) { make_segments(64); }

static void free_mdls(MDL *chain)
{
    for (MDL *next; chain != NULL; chain = next) {
        next = chain->Next;
        NdisFreeMdl(chain);
    }
}

static void free_segments(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        free_mdls(packets[i]->FirstNetBuffer->MdlChain);
        NdisFreeNetBufferList(packets[i]);
    }
}

/* Lists of eight NET_BUFFERs with memory of their own, 64 bytes used. */
static void make_lists(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        packets[i] = NdisAllocateNetBufferList(list_pool, 0, 0);
        for (unsigned k = 0; k < 8; k++) {
            NET_BUFFER *const nb = NdisAllocateNetBufferMdlAndData(buffer_data_pool);
            check(NdisRetreatNetBufferDataStart(nb, 64, 0, NULL) == NDIS_STATUS_SUCCESS);
            nb->Next = packets[i]->FirstNetBuffer;
            packets[i]->FirstNetBuffer = nb;
        }
    }
}

static void free_lists(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        for (NET_BUFFER *nb = packets[i]->FirstNetBuffer, *next; nb != NULL; nb = next) {
            next = nb->Next;
            NdisFreeNetBuffer(nb);
        }
        packets[i]->FirstNetBuffer = NULL;
        NdisFreeNetBufferList(packets[i]);
    }
}

/* ---- The operations, each done once per packet. ---- */

static void allocate_and_free(void)
{
    for (unsigned i = 0; i < PACKETS; i++)
        packets[i] = NdisAllocateNetBufferList(data_pool, 0, 0);
    for (unsigned i = 0; i < PACKETS; i++)
        NdisFreeNetBufferList(packets[i]);
}

static void take_and_give_32(void)
{
    for (unsigned i = 0; i < PACKETS / 32; i++)
        packets[i] = nbl_pool_take(data_pool, 32, NULL);
    for (unsigned i = 0; i < PACKETS / 32; i++)
        nbl_pool_give(packets[i]);
}

static void retreat(void)
{
    for (unsigned i = 0; i < PACKETS; i++)
        check(NdisRetreatNetBufferDataStart(packets[i]->FirstNetBuffer, 14, 0, NULL) == NDIS_STATUS_SUCCESS);
}

static void advance(void)
{
    for (unsigned i = 0; i < PACKETS; i++)
        NdisAdvanceNetBufferDataStart(packets[i]->FirstNetBuffer, 14, FALSE, NULL);
}

static void retreat_and_advance(void)
{
    retreat();
    advance();
}

static void retreat_and_free(void)
{
    retreat();
    for (unsigned i = 0; i < PACKETS; i++)
        NdisAdvanceNetBufferDataStart(packets[i]->FirstNetBuffer, 14, TRUE, NULL);
}

static void list_retreat_and_advance(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        check(NdisRetreatNetBufferListDataStart(packets[i], 14, 0, NULL, NULL) == NDIS_STATUS_SUCCESS);
        NdisAdvanceNetBufferListDataStart(packets[i], 14, FALSE, NULL);
    }
}

static void get_16(void)
{
    for (unsigned i = 0; i < PACKETS; i++)
        check(NdisGetDataBuffer(packets[i]->FirstNetBuffer, 16, NULL, 1, 0) != NULL);
}

static void clone_with(ULONG flags)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        others[i] = NdisAllocateCloneNetBufferList(packets[i], bare_pool, NULL, flags);
        check(others[i] != NULL);
    }
    for (unsigned i = 0; i < PACKETS; i++)
        NdisFreeCloneNetBufferList(others[i], flags);
}

static void clone_same_mdls(void) { clone_with(NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS); }
static void clone_new_mdls(void) { clone_with(0); }

static void fragment_with(ULONG header)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        others[i] = NdisAllocateFragmentNetBufferList(packets[i], NULL, NULL, 0, 160, header, 0, 0);
        check(others[i] != NULL);
    }
    for (unsigned i = 0; i < PACKETS; i++)
        NdisFreeFragmentNetBufferList(others[i], header, 0);
}

static void fragment_7(void) { fragment_with(0); }
static void fragment_7_headers(void) { fragment_with(20); }

static void reassemble(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        others[i] = NdisAllocateReassembledNetBufferList(packets[i], NULL, 0, 0, 0, 0);
        check(others[i] != NULL);
    }
    for (unsigned i = 0; i < PACKETS; i++)
        NdisFreeReassembledNetBufferList(others[i], 0, 0);
}

static void mdl(void)
{
    static MDL *mdls[PACKETS];
    for (unsigned i = 0; i < PACKETS; i++)
        mdls[i] = NdisAllocateMdl(NULL, memory[i], 1000);
    for (unsigned i = 0; i < PACKETS; i++)
        NdisFreeMdl(mdls[i]);
}

static void walk_64(void)
{
    struct nbl_span_iterator walk;
    struct nbl_span span;
    for (unsigned i = 0; i < PACKETS; i++) {
        nbl_span_begin_net_buffer(&walk, packets[i]->FirstNetBuffer, 0, NBL_SPAN_ALL);
        while (nbl_span_next(&walk, &span)) {
        }
    }
}

static void queue(void)
{
    struct nbl_queue all;
    nbl_queue_init(&all);
    for (unsigned i = 0; i < PACKETS; i++)
        nbl_queue_append(&all, packets[i]);
    while (nbl_queue_pop(&all) != NULL) {
    }
}

static void send_info(void)
{
    for (unsigned i = 0; i + 1 < PACKETS; i++)
        NdisCopySendNetBufferListInfo(packets[i], packets[i + 1]);
}

static void context(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        check(NdisAllocateNetBufferListContext(packets[i], 32, 0, 0) == NDIS_STATUS_SUCCESS);
        NdisFreeNetBufferListContext(packets[i], 32);
    }
}

static void classify(void)
{
    NDIS_NET_BUFFER_LIST_INFO slot = NetBufferListHashValue;
    struct nbl_chain_classifier const by_hash = { nbl_chain_key_info, NULL, &slot };
    struct nbl_chain_group groups[8];
    ULONG used = 0;
    for (unsigned i = 0; i < PACKETS; i++) {
        NET_BUFFER_LIST_SET_HASH_VALUE(packets[i], i * 5 % 8);
        packets[i]->Next = i + 1 < PACKETS ? packets[i + 1] : NULL;
    }
    check(nbl_chain_classify(packets[0], &by_hash, groups, 8, &used) == NULL && used == 8);
}

static struct {
    char const *name;
    void (*before)(void), (*operation)(void), (*after)(void);
} const all[] = {
    { "nothing", nothing, nothing, nothing }, /* what counting itself adds: first, and taken off the others */
    { "allocate_and_free", nothing, allocate_and_free, nothing },
    { "take_and_give_32", nothing, take_and_give_32, nothing },
    { "retreat_and_advance", make_contiguous, retreat_and_advance, free_contiguous },
    { "retreat_and_free_mdl", make_1, retreat_and_free, free_segments },
    { "list_retreat_and_advance_8", make_lists, list_retreat_and_advance, free_lists },
    { "get_contiguous", make_contiguous, get_16, free_contiguous },
    { "clone_same_mdls_1", make_1, clone_same_mdls, free_segments },
    { "clone_same_mdls_64", make_64, clone_same_mdls, free_segments },
    { "clone_new_mdls_1", make_1, clone_new_mdls, free_segments },
    { "clone_new_mdls_4", make_4, clone_new_mdls, free_segments },
    { "fragment_7", make_1, fragment_7, free_segments },
    { "fragment_7_headers", make_1, fragment_7_headers, free_segments },
    { "reassemble_8", make_lists, reassemble, free_lists },
    { "mdl", nothing, mdl, nothing },
    { "walk_64", make_64, walk_64, free_segments },
    { "queue", make_contiguous, queue, free_contiguous },
    { "send_info", make_contiguous, send_info, free_contiguous },
    { "context", make_contiguous, context, free_contiguous },
    { "classify", make_contiguous, classify, free_contiguous },
};

int main(void)
{
    data_pool = make_list_pool(TRUE, DATA);
    bare_pool = make_list_pool(TRUE, 0);
    list_pool = make_list_pool(FALSE, 0);
    buffer_pool = make_buffer_pool(0);
    buffer_data_pool = make_buffer_pool(DATA);
    check(data_pool && bare_pool && list_pool && buffer_pool && buffer_data_pool);
    printf("%d\n", PACKETS);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i].before();
        all[i].operation(); /* the second time everything is where it stays */
        CALLGRIND_ZERO_STATS;
        all[i].operation();
        CALLGRIND_DUMP_STATS_AT(all[i].name);
        all[i].after();
    }
    return 0;
}
