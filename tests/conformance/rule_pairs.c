/* SPDX-License-Identifier: MIT
 *
 * rule_pairs.c - the objects of rule_pairs.h, and judging what is announced.
 */
#include "rule_pairs.h"

struct pair_objects pair;

static char const *expected; /* NULL: nothing */
static unsigned right;
static char wrong[64];

static enum nbl_verify_action judge(struct nbl_violation const *violation, void *context)
{
    (void)context;
    if (expected != NULL && strcmp(expected, violation->rule->id) == 0) {
        right++;
        return NBL_VERIFY_SILENT;
    }
    (void)snprintf(wrong, sizeof(wrong), "%s", violation->rule->id);
    return NBL_VERIFY_PRINT;
}

/* ---- the objects ---- */

static void make_objects(void)
{
    pair = (struct pair_objects){ .packets = nbl_test_list_pool(TRUE, 64, 0), .bare = nbl_test_list_pool(TRUE, 0, 0),
                                  .no_buffer = nbl_test_list_pool(FALSE, 0, 0), .buffers = nbl_test_buffer_pool(0),
                                  .data_buffers = nbl_test_buffer_pool(64) };
    pair.list = NdisAllocateNetBufferList(pair.packets, 0, 0);
    pair.buffer = pair.list->FirstNetBuffer;
    assert_int_equal(NdisRetreatNetBufferDataStart(pair.buffer, 40, 0, NULL), NDIS_STATUS_SUCCESS);
    memset(NdisGetDataBuffer(pair.buffer, 40, NULL, 1, 0), 0x5A, 40);
}

void pair_free_list(void)
{
    NdisFreeNetBufferList(pair.list);
    pair.list = NULL;
}

static void free_objects(void)
{
    if (pair.list != NULL)
        pair_free_list();
    NdisFreeNetBufferListPool(pair.packets);
    NdisFreeNetBufferListPool(pair.bare);
    NdisFreeNetBufferListPool(pair.no_buffer);
    NdisFreeNetBufferPool(pair.buffers);
    NdisFreeNetBufferPool(pair.data_buffers);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
}

/* ---- handlers ---- */

MDL *pair_allocate(ULONG *bytes)
{
    ULONG const count = pair.handler_bytes != 0 ? pair.handler_bytes : *bytes;
    void *memory = malloc(count);
    MDL *mdl = NdisAllocateMdl(NULL, memory, count);
    assert_non_null(mdl);
    return mdl;
}

VOID pair_free(MDL *mdl)
{
    void *memory = MmGetMdlVirtualAddress(mdl);
    NdisFreeMdl(mdl);
    free(memory);
}

void pair_take_off(void)
{
    NdisAdvanceNetBufferDataStart(pair.buffer, 0, TRUE, pair_free);
    pair.buffer->stDataLength = 1;
    pair.buffer->DataOffset = 63 + pair.buffer->MdlChain->ByteCount;
    NdisAdjustNetBufferCurrentMdl(pair.buffer);
    NdisAdvanceNetBufferDataStart(pair.buffer, 1, TRUE, pair_free);
}

/* ---- judging ---- */

static void run(void (*function)(void), char const *id)
{
    struct nbl_verify_options const options = { .hook = judge };
    assert_true(nbl_verify_start(&options));
    expected = id;
    right = 0;
    wrong[0] = '\0';
    make_objects();
    function();
    expected = id;
    free_objects();
    nbl_verify_stop();
}

void pair_run(struct rule_pair const *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)nbl_memory_trim();
        run(pairs[i].mistake, pairs[i].id);
        if (right == 0 || wrong[0] != '\0')
            fail_msg("%s was announced %u times, and also '%s'", pairs[i].id, right, wrong);
        run(pairs[i].near_miss, NULL);
        if (wrong[0] != '\0')
            fail_msg("near %s: '%s' was announced", pairs[i].id, wrong);
    }
}
