/* SPDX-License-Identifier: MIT
 *
 * test_rule_pairs.c - under the verifier, each rule of lists, buffers and pools is announced by the mistake that breaks it,
 * and by nothing that comes near: two small functions per rule. MDLs: test_rule_pairs_mdl.c.
 */
#include "rule_pairs.h"

#include "nbl_test_checker.h"

/* ---- moving the window ---- */

static void adjust(ULONG offset)
{
    pair.buffer->DataOffset = offset;
    pair.buffer->stDataLength = 0;
    NdisAdjustNetBufferCurrentMdl(pair.buffer);
}
static void adj_02(void) { adjust(65); }
static void adj_02_near(void) { adjust(64); }

static void adv_08(void) { NdisAdvanceNetBufferDataStart(pair.buffer, 41, FALSE, NULL); }
static void adv_08_near(void) { NdisAdvanceNetBufferDataStart(pair.buffer, 40, FALSE, NULL); }

static void retreat_by_handler(NET_BUFFER_FREE_MDL *later)
{
    (void)NdisRetreatNetBufferDataStart(pair.buffer, 30, 0, pair_allocate);
    NdisAdvanceNetBufferDataStart(pair.buffer, 70, TRUE, later);
    NdisAdvanceNetBufferDataStart(pair.buffer, 0, TRUE, pair_free);
    if (later == NULL) /* it stayed linked: take it off as a driver would have to */
        pair_take_off();
}
static void adv_12(void) { retreat_by_handler(NULL); }
static void adv_12_near(void) { retreat_by_handler(pair_free); }

static void ret_11(void) { (void)NdisRetreatNetBufferDataStart(pair.buffer, 0xFFFFFFFFu, 0, NULL); }
static void ret_11_near(void) { (void)NdisRetreatNetBufferDataStart(pair.buffer, 24, 0xFFFFFFFFu, NULL); }

static void ret_13(void)
{
    pair.handler_bytes = 29;
    retreat_by_handler(pair_free);
}
static void ret_13_near(void)
{
    pair.handler_bytes = 31;
    retreat_by_handler(pair_free);
}

static void retreat_list(NET_BUFFER_FREE_MDL *later)
{
    (void)NdisRetreatNetBufferListDataStart(pair.list, 4, 0, pair_allocate, later);
}
static void ret_17(void) { retreat_list(NULL); }
static void ret_17_near(void) { retreat_list(pair_free); }

/* ---- reading and copying ---- */

static void get(ULONG bytes, ULONG multiple, ULONG offset)
{
    UCHAR storage[64];
    (void)NdisGetDataBuffer(pair.buffer, bytes, storage, multiple, offset);
}
static void gdb_05(void) { get(4, 3, 0); }
static void gdb_05_near(void) { get(4, 4, 3); }

static void read_behind_the_end(SIZE_T length)
{
    SIZE_T const before = pair.buffer->stDataLength;
    UCHAR storage[64];
    pair.buffer->stDataLength = length;
    (void)NdisGetDataBuffer(pair.buffer, (ULONG)length, storage, 1, 0);
    pair.buffer->stDataLength = before;
}
static void gdb_08(void) { read_behind_the_end(41); }
static void gdb_08_near(void) { read_behind_the_end(40); }

static void copy_within(ULONG bytes)
{
    ULONG copied;
    (void)NdisCopyFromNetBufferToNetBuffer(pair.buffer, 10, bytes, pair.buffer, 0, &copied);
}
static void copy_08(void) { copy_within(11); }
static void copy_08_near(void) { copy_within(10); }

/* ---- derived lists ---- */

static void clone(NDIS_HANDLE pool, ULONG flags, ULONG free_flags)
{
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(pair.list, pool, NULL, flags);
    if (clone != NULL)
        NdisFreeCloneNetBufferList(clone, free_flags);
}
static void clone_01(void) { clone(NULL, 8, 0); }
static void clone_01_near(void) { clone(NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS); }
static void clone_11(void) { clone(NULL, 0, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS); }
static void clone_11_near(void) { clone(NULL, 0, 0); }
static void gen_11(void) { clone(pair.packets, 0, 0); }
static void gen_11_near(void) { clone(pair.bare, 0, 0); }

static void clone_without_buffers(bool without)
{
    NET_BUFFER *first = pair.list->FirstNetBuffer;
    if (without)
        pair.list->FirstNetBuffer = NULL;
    clone(NULL, 0, 0);
    pair.list->FirstNetBuffer = first;
}
static void clone_02(void) { clone_without_buffers(true); }
static void clone_02_near(void) { clone_without_buffers(false); }

static void clone_with_header(bool taken_off)
{
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(pair.list, NULL, NULL, 0);
    (void)NdisRetreatNetBufferDataStart(clone->FirstNetBuffer, 20, 0, NULL);
    if (taken_off)
        NdisAdvanceNetBufferDataStart(clone->FirstNetBuffer, 20, TRUE, NULL);
    NdisFreeCloneNetBufferList(clone, 0);
}
static void clone_12(void) { clone_with_header(false); }
static void clone_12_near(void) { clone_with_header(true); }

static void fragment(ULONG start, ULONG maximum, ULONG delta, ULONG free_delta, ULONG backfill, ULONG flags)
{
    NET_BUFFER_LIST *fragments =
        NdisAllocateFragmentNetBufferList(pair.list, NULL, NULL, start, maximum, delta, backfill, flags);
    if (fragments != NULL)
        NdisFreeFragmentNetBufferList(fragments, free_delta, 0);
}
static void frag_01(void) { fragment(0, 10, 0, 0, 0, 1); }
static void frag_01_near(void) { fragment(0, 10, 0, 0, 0, 0); }
static void frag_09(void) { fragment(40, 10, 0, 0, 0, 0); }
static void frag_09_near(void) { fragment(39, 10, 0, 0, 0, 0); }
static void frag_11(void) { fragment(0, 0, 0, 0, 0, 0); }
static void frag_11_near(void) { fragment(0, 1, 0, 0, 0, 0); }
static void frag_12(void) { fragment(0, 10, 0xFFFFFFF6u, 0, 0, 0); }
static void frag_12_near(void) { fragment(0, 10, 20, 20, 100, 0); }
static void frag_13(void) { fragment(0, 10, 20, 14, 0, 0); }
static void frag_13_near(void) { fragment(0, 10, 20, 20, 0, 0); }

static void reassemble(NDIS_HANDLE pool, ULONG start, ULONG delta, ULONG free_delta, ULONG backfill)
{
    NET_BUFFER_LIST *whole = NdisAllocateReassembledNetBufferList(pair.list, pool, start, delta, backfill, 0);
    if (whole != NULL)
        NdisFreeReassembledNetBufferList(whole, free_delta, 0);
}
static void reasm_01(void) { reassemble(pair.no_buffer, 0, 0, 0, 0); }
static void reasm_01_near(void) { reassemble(pair.bare, 0, 0, 0, 0); }
static void reasm_05(void) { reassemble(NULL, 40, 0, 0, 0); }
static void reasm_05_near(void) { reassemble(NULL, 39, 0, 0, 0); }
static void reasm_07(void) { reassemble(NULL, 0, 0xFFFFFFE0u, 0, 0); }
static void reasm_07_near(void) { reassemble(NULL, 0, 100, 100, 100); }
static void reasm_08(void) { reassemble(NULL, 0, 20, 14, 0); }
static void reasm_08_near(void) { reassemble(NULL, 0, 20, 20, 0); }

static void free_original(bool child_first)
{
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(pair.list, NULL, NULL, 0);
    if (child_first)
        NdisFreeCloneNetBufferList(clone, 0);
    pair_free_list();
    if (!child_first)
        NdisFreeCloneNetBufferList(clone, 0);
}
static void gen_06(void) { free_original(false); }
static void gen_06_near(void) { free_original(true); }

static void free_by(void (*routine)(NET_BUFFER_LIST *))
{
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(pair.list, pair.bare, NULL, 0);
    routine(clone);
    if (routine == NdisFreeNetBufferList)
        NdisFreeCloneNetBufferList(clone, 0);
}
static void free_clone(NET_BUFFER_LIST *list) { NdisFreeCloneNetBufferList(list, 0); }
static void gen_08(void) { free_by(NdisFreeNetBufferList); }
static void gen_08_near(void) { free_by(free_clone); }

/* ---- context ---- */

static void allocate_with_context(USHORT bytes)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pair.bare, bytes, 0);
    NdisFreeNetBufferList(list);
}
static void ctx_04(void) { allocate_with_context(8); }
static void ctx_04_near(void) { allocate_with_context(16); }

static void context(USHORT allocated, USHORT freed)
{
    if (NdisAllocateNetBufferListContext(pair.list, allocated, 0, 0) == NDIS_STATUS_SUCCESS)
        NdisFreeNetBufferListContext(pair.list, freed);
}
static void ctx_10(void)
{
    context(16, 32);
    NdisFreeNetBufferListContext(pair.list, 16);
}
static void ctx_10_near(void) { context(16, 16); }
static void ctx_11(void) { context(7, 7); }
static void ctx_11_near(void) { context(sizeof(void *), sizeof(void *)); }

static void context_data(bool without)
{
    if (!without)
        (void)NdisAllocateNetBufferListContext(pair.list, 16, 0, 0);
    (void)nbl_context_data_size(pair.list);
    if (!without)
        NdisFreeNetBufferListContext(pair.list, 16);
}
static void ctx_03(void) { context_data(true); }
static void ctx_03_near(void) { context_data(false); }

/* ---- NET_BUFFERs and NET_BUFFER_LISTs ---- */

static void allocate_buffer(NDIS_HANDLE pool, ULONG length)
{
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, NULL, 0, length);
    if (buffer != NULL)
        NdisFreeNetBuffer(buffer);
}
static void nb_22(void) { allocate_buffer(pair.buffers, 1); }
static void nb_22_near(void) { allocate_buffer(pair.buffers, 0); }
static void nb_23(void) { allocate_buffer(pair.data_buffers, 0); }
static void nb_23_near(void) { allocate_buffer(pair.buffers, 0); }

static void allocate_data_buffer(NDIS_HANDLE pool)
{
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
    if (buffer != NULL)
        NdisFreeNetBuffer(buffer);
}
static void nb_24(void) { allocate_data_buffer(pair.buffers); }
static void nb_24_near(void) { allocate_data_buffer(pair.data_buffers); }
static void nb_25(void) { NdisFreeNetBuffer(pair.buffer); }
static void nb_25_near(void) { NdisFreeNetBuffer(NdisAllocateNetBuffer(pair.buffers, NULL, 0, 0)); }

static void free_times(unsigned times)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pair.packets, 0, 0);
    while (times-- > 0)
        NdisFreeNetBufferList(list);
}
static void nbl_08(void) { free_times(2); }
static void nbl_08_near(void) { free_times(1); }

static void use_after(bool freed)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pair.packets, 0, 0);
    NET_BUFFER_LIST *clone;
    if (freed)
        NdisFreeNetBufferList(list);
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    if (clone != NULL)
        NdisFreeCloneNetBufferList(clone, 0);
    if (!freed)
        NdisFreeNetBufferList(list);
}
static void ver_01(void) { use_after(true); }
static void ver_01_near(void) { use_after(false); }

static void free_a_list(bool on_the_stack)
{
    NET_BUFFER_LIST made_by_hand = { .Next = NULL };
    NdisFreeNetBufferList(on_the_stack ? &made_by_hand : NdisAllocateNetBufferList(pair.bare, 0, 0));
}
static void nbl_02(void) { free_a_list(true); }
static void nbl_02_near(void) { free_a_list(false); }

/* ---- out-of-band information ---- */

static void oob_03(void) { NdisCopySendNetBufferListInfo(pair.list, NULL); }
static void oob_03_near(void) { NdisCopySendNetBufferListInfo(pair.list, pair.list); }
static void oob_04(void) { NdisCopyReceiveNetBufferListInfo(NULL, pair.list); }
static void oob_04_near(void) { NdisCopyReceiveNetBufferListInfo(pair.list, pair.list); }
static void oob_05(void) { (void)NdisGetNetBufferListProtocolId(NULL); }
static void oob_05_near(void) { (void)NdisGetNetBufferListProtocolId(pair.list); }

static void oob_11(void) { nbl_media_add(pair.list, NULL); }
static void oob_11_near(void)
{
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION entry = { .Tag = 1 };
    nbl_media_add(pair.list, &entry);
    (void)nbl_media_remove(pair.list, &entry);
}

/* ---- pools ---- */

static void make_pool(USHORT size, BOOLEAN with_buffer, ULONG data, USHORT context_size)
{
    NET_BUFFER_LIST_POOL_PARAMETERS p = { 0 };
    NDIS_HANDLE pool;
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = size;
    p.fAllocateNetBuffer = with_buffer;
    p.DataSize = data;
    p.ContextSize = context_size;
    pool = NdisAllocateNetBufferListPool(NULL, &p);
    if (pool != NULL)
        NdisFreeNetBufferListPool(pool);
}
#define SIZE NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1
static void pool_03(void) { make_pool(SIZE - 1, TRUE, 0, 0); }
static void pool_03_near(void) { make_pool(SIZE, TRUE, 0, 0); }
static void pool_04(void) { make_pool(SIZE, FALSE, 1, 0); }
static void pool_04_near(void) { make_pool(SIZE, TRUE, 1, 0); }
static void pool_05(void) { make_pool(SIZE, TRUE, 0, 8); }
static void pool_05_near(void) { make_pool(SIZE, TRUE, 0, 16); }

static void free_pool(bool in_use)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    if (in_use)
        NdisFreeNetBufferListPool(pool);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}
static void pool_08(void) { free_pool(true); }
static void pool_08_near(void) { free_pool(false); }

static void pool_09(void) { (void)NdisAllocateNetBufferList(pair.buffers, 0, 0); }
static void pool_09_near(void) { NdisFreeNetBufferList(NdisAllocateNetBufferList(pair.bare, 0, 0)); }

static void allocate_both(NDIS_HANDLE pool)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, NULL, 0, 0);
    if (list != NULL)
        NdisFreeNetBufferList(list);
}
static void pool_10(void) { allocate_both(pair.packets); }
static void pool_10_near(void) { allocate_both(pair.bare); }

static void shorten(bool restored)
{
    MDL *mdl = pair.buffer->MdlChain;
    mdl->ByteCount = 63;
    if (restored)
        mdl->ByteCount = 64;
    pair_free_list();
}
static void pool_13(void) { shorten(false); }
static void pool_13_near(void) { shorten(true); }

/* ---- memory ---- */

static void overrun(size_t bytes)
{
    UCHAR *data = MmGetSystemAddressForMdlSafe(pair.buffer->MdlChain, NormalPagePriority);
    UCHAR volatile *behind = data + 64;
    UCHAR const before = *(data + 63);
    for (size_t i = 0; i < bytes; i++)
        behind[i] = 'x';
    *(data + 63) = before;
    pair_free_list();
}
static void inv_09(void) { overrun(1); }
static void inv_09_near(void) { overrun(0); }

static void write_after(bool freed)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pair.bare, 0, 0);
    ULONG volatile *flags = &list->Flags;
    if (freed)
        NdisFreeNetBufferList(list);
    *flags = 1;
    if (!freed)
        NdisFreeNetBufferList(list);
    (void)nbl_memory_trim();
}
static void pool_07(void) { write_after(true); }
static void pool_07_near(void) { write_after(false); }

/* ---- all of them ---- */

static struct rule_pair const pairs[] = {
    { "ADJ-02", adj_02, adj_02_near },       { "ADV-08", adv_08, adv_08_near },
    { "ADV-12", adv_12, adv_12_near },       { "RET-11", ret_11, ret_11_near },
    { "RET-13", ret_13, ret_13_near },       { "RET-17", ret_17, ret_17_near },
    { "GDB-05", gdb_05, gdb_05_near },       { "GDB-08", gdb_08, gdb_08_near },
    { "COPY-08", copy_08, copy_08_near },    { "CLONE-01", clone_01, clone_01_near },
    { "CLONE-02", clone_02, clone_02_near }, { "CLONE-11", clone_11, clone_11_near },
    { "CLONE-12", clone_12, clone_12_near }, { "FRAG-01", frag_01, frag_01_near },
    { "FRAG-09", frag_09, frag_09_near },    { "FRAG-11", frag_11, frag_11_near },
    { "FRAG-12", frag_12, frag_12_near },    { "FRAG-13", frag_13, frag_13_near },
    { "REASM-01", reasm_01, reasm_01_near }, { "REASM-05", reasm_05, reasm_05_near },
    { "REASM-07", reasm_07, reasm_07_near }, { "REASM-08", reasm_08, reasm_08_near },
    { "GEN-06", gen_06, gen_06_near },       { "GEN-08", gen_08, gen_08_near },
    { "GEN-11", gen_11, gen_11_near },       { "CTX-03", ctx_03, ctx_03_near },
    { "CTX-04", ctx_04, ctx_04_near },       { "CTX-10", ctx_10, ctx_10_near },
    { "CTX-11", ctx_11, ctx_11_near },       { "NB-22", nb_22, nb_22_near },
    { "NB-23", nb_23, nb_23_near },          { "NB-24", nb_24, nb_24_near },
    { "NB-25", nb_25, nb_25_near },          { "NBL-08", nbl_08, nbl_08_near },
    { "NBL-02", nbl_02, nbl_02_near },
    { "VER-01", ver_01, ver_01_near },       { "OOB-03", oob_03, oob_03_near },
    { "OOB-04", oob_04, oob_04_near },       { "OOB-05", oob_05, oob_05_near },
    { "OOB-11", oob_11, oob_11_near },       { "POOL-03", pool_03, pool_03_near },
    { "POOL-04", pool_04, pool_04_near },    { "POOL-05", pool_05, pool_05_near },
    { "POOL-08", pool_08, pool_08_near },    { "POOL-09", pool_09, pool_09_near },
    { "POOL-10", pool_10, pool_10_near },    { "POOL-13", pool_13, pool_13_near },
};

/* A memory checker stops at the instruction: then these two are its. */
static struct rule_pair const memory_pairs[] = {
    { "INV-09", inv_09, inv_09_near },
    { "POOL-07", pool_07, pool_07_near },
};

/* rules: INV-09, POOL-07, VER-05 */
static void overwritten_memory_is_found(void **state)
{
    (void)state;
    if (nbl_test_checker_present() != NBL_TEST_CHECKER_NONE) {
        print_message("left out: a memory checker watches, and stops at the instruction\n");
        return;
    }
    pair_run(memory_pairs, sizeof(memory_pairs) / sizeof(memory_pairs[0]));
}

/* rules: ADJ-02, ADV-08, ADV-12, RET-11, RET-13, RET-17, GDB-05, GDB-08, COPY-08, CLONE-01, CLONE-02, CLONE-11, CLONE-12 */
/* rules: FRAG-01, FRAG-09, FRAG-11, FRAG-12, FRAG-13, REASM-01, REASM-05, REASM-07, REASM-08, GEN-06, GEN-08, GEN-11 */
/* rules: CTX-03, CTX-04, CTX-10, CTX-11, NB-22, NB-23, NB-24, NB-25, NBL-02, NBL-08, VER-01, OOB-03, OOB-04, OOB-05, OOB-11 */
/* rules: POOL-03, POOL-04, POOL-05, POOL-08, POOL-09, POOL-10, POOL-13 */
static void each_mistake_is_named_by_its_rule_and_its_neighbour_is_not(void **state)
{
    (void)state;
    pair_run(pairs, sizeof(pairs) / sizeof(pairs[0]));
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(each_mistake_is_named_by_its_rule_and_its_neighbour_is_not),
        cmocka_unit_test(overwritten_memory_is_found),
    };
    return cmocka_run_group_tests_name("rule_pairs", tests, NULL, NULL);
}
