/* SPDX-License-Identifier: MIT
 *
 * test_derive.c - every small packet cloned, fragmented in every way, reassembled, and the fragments reassembled; and
 * every pair of smaller packets of one list.
 *
 * What a derived NB must be, in one equation, of which the bytes are addresses, not values:
 *
 *     row of its chain = (delta + backfill private bytes) + (used bytes of the originals, in order)
 *     MDLs of its chain = (1 if there are private bytes) + runs of used bytes that are in one MDL of the original
 */
#include "flat.h"

#define MOST_DELTA 2u
#define MOST_BACKFILL 1u
#define MOST_RESULTS 16u

static NDIS_HANDLE list_pool, buffer_pool;
static NET_BUFFER_LIST *list;
static NET_BUFFER *first, *second; /* second is on the list only in the tests of pairs */

static int set_up(void **state)
{
    (void)state;
    list_pool = nbl_test_list_pool(FALSE, 0, 0);
    buffer_pool = nbl_test_buffer_pool(0);
    list = NdisAllocateNetBufferList(list_pool, 0, 0);
    first = NdisAllocateNetBuffer(buffer_pool, NULL, 0, 0);
    second = NdisAllocateNetBuffer(buffer_pool, NULL, 0, 0);
    list->FirstNetBuffer = first;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    NdisFreeNetBufferList(list);
    NdisFreeNetBuffer(first);
    NdisFreeNetBuffer(second);
    NdisFreeNetBufferListPool(list_pool);
    NdisFreeNetBufferPool(buffer_pool);
    (void)nbl_memory_trim();
    return nbl_memory_bytes() == 0 ? 0 : -1;
}

/* ---- what must come out ---- */

/* struct result is one derived NB: private bytes, then bytes that exist already. */
struct result {
    ULONG delta;
    ULONG backfill;
    ULONG bytes;
    struct flat_pair pair[ROW_BYTES];
};

static struct result results[MOST_RESULTS];
static unsigned result_count;

static struct result *result_new(ULONG delta, ULONG backfill)
{
    struct result *result = &results[result_count++];
    demand(result_count <= MOST_RESULTS);
    result->delta = delta;
    result->backfill = delta == 0 ? 0 : backfill; /* nothing to allocate */
    result->bytes = 0;
    return result;
}

/* Appends used bytes [from, from + bytes) of a NB. */
static void result_take(struct result *result, NET_BUFFER const *buffer, ULONG from, ULONG bytes)
{
    struct flat const row = flat_of(buffer->MdlChain);
    for (ULONG i = 0; i < bytes; i++)
        result->pair[result->bytes++] = row.pair[buffer->DataOffset + from + i];
}

static void demand_result(NET_BUFFER const *buffer, struct result const *result)
{
    struct flat const row = flat_of(buffer->MdlChain);
    ULONG const own = result->delta + result->backfill;
    ULONG mdls = own > 0 ? 1 : 0;
    demand(row.bytes == own + result->bytes);
    demand(own == 0 || (buffer->MdlChain->ByteCount == own && nbl_test_address(buffer->MdlChain) != NULL));
    for (ULONG i = 0; i < result->bytes; i++) {
        demand(row.pair[own + i].address == result->pair[i].address);
        demand(row.pair[own + i].mdl != result->pair[i].mdl);
        mdls += i == 0 || result->pair[i].mdl != result->pair[i - 1].mdl ? 1u : 0u;
    }
    demand(row.mdls == mdls);
    demand_window(buffer, &row, result->backfill, result->delta + result->bytes);
}

static void demand_results(NET_BUFFER_LIST const *derived)
{
    NET_BUFFER const *buffer = derived->FirstNetBuffer;
    for (unsigned i = 0; i < result_count; i++, buffer = buffer->Next) {
        demand(buffer != NULL);
        demand_result(buffer, &results[i]);
    }
    demand(buffer == NULL);
    result_count = 0;
}

static void describe(char const *what, ULONG start, ULONG maximum, ULONG delta, ULONG backfill)
{
    char sizes[2][40] = { "", "" };
    NET_BUFFER const *const both[2] = { first, first->Next };
    for (int i = 0; i < 2; i++)
        for (MDL const *mdl = both[i] != NULL ? both[i]->MdlChain : NULL; mdl != NULL; mdl = mdl->Next)
            snprintf(sizes[i] + strlen(sizes[i]), sizeof(sizes[i]) - strlen(sizes[i]), " %u", (unsigned)mdl->ByteCount);
    case_is("%s from %u by %u, delta %u, backfill %u, of MDLs%s [%u, +%u) and MDLs%s [%u, +%u)", what, (unsigned)start,
            (unsigned)maximum, (unsigned)delta, (unsigned)backfill, sizes[0], (unsigned)first->DataOffset,
            (unsigned)first->DataLength, sizes[1], (unsigned)second->DataOffset, (unsigned)second->DataLength);
}

/* ---- clone ---- */

static void clone_new_mdls(void)
{
    NET_BUFFER_LIST *clone;
    describe("clone", 0, 0, 0, 0);
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
        result_take(result_new(0, 0), buffer, 0, buffer->DataLength);
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    demand(clone != NULL);
    demand_results(clone);
    NdisFreeCloneNetBufferList(clone, 0);
    demand_violation(NULL);
    case_done();
}

/* CLONE-09: the original's chain from the MDL with the first used byte on. */
static void clone_original_mdls(void)
{
    NET_BUFFER_LIST *clone;
    NET_BUFFER const *copy;
    describe("clone with original MDLs", 0, 0, 0, 0);
    clone = NdisAllocateCloneNetBufferList(list, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    demand(clone != NULL);
    copy = clone->FirstNetBuffer;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, copy = copy->Next) {
        struct flat const row = flat_of(buffer->MdlChain);
        struct flat_pair const start = row.pair[buffer->DataOffset];
        demand(copy != NULL && copy->MdlChain == start.mdl && copy->CurrentMdl == start.mdl);
        demand(copy->DataOffset == start.offset && copy->CurrentMdlOffset == start.offset);
        demand(copy->DataLength == buffer->DataLength);
    }
    demand(copy == NULL);
    NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    demand_violation(NULL);
    case_done();
}

/* ---- fragment ---- */

/* FRAG-03..FRAG-09: what comes out. Returns the rule that is reported for NBs without a fragment, or NULL. */
static char const *expect_fragments(ULONG start, ULONG maximum, ULONG delta, ULONG backfill, unsigned *reports)
{
    *reports = 0;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        *reports += buffer->DataLength <= start ? 1u : 0u;
        for (ULONG from = start; from < buffer->DataLength; from += maximum) {
            ULONG const rest = buffer->DataLength - from;
            result_take(result_new(delta, backfill), buffer, from, rest < maximum ? rest : maximum);
        }
    }
    return *reports > 0 ? "FRAG-09" : NULL;
}

/* REASM-03, REASM-04 of the fragments: all the used bytes from `start` of each NB on, header skipped. */
static void reassemble_fragments(NET_BUFFER_LIST *fragments, ULONG start, ULONG delta)
{
    NET_BUFFER_LIST *whole = NdisAllocateReassembledNetBufferList(fragments, NULL, delta, 0, 0, 0);
    struct flat row;
    ULONG at = 0;
    demand(whole != NULL && whole->FirstNetBuffer != NULL && whole->FirstNetBuffer->Next == NULL);
    row = flat_of(whole->FirstNetBuffer->MdlChain);
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        struct flat const from = flat_of(buffer->MdlChain);
        for (ULONG i = start; i < buffer->DataLength; i++)
            demand(row.pair[at++].address == from.pair[buffer->DataOffset + i].address);
    }
    demand_window(whole->FirstNetBuffer, &row, 0, at);
    demand(row.bytes == at);
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    demand_violation(NULL);
}

static void fragment(ULONG start, ULONG maximum, ULONG delta, ULONG backfill)
{
    NET_BUFFER_LIST *fragments;
    unsigned reports;
    char const *rule;
    describe("fragment", start, maximum, delta, backfill);
    rule = expect_fragments(start, maximum, delta, backfill, &reports);
    fragments = NdisAllocateFragmentNetBufferList(list, NULL, NULL, start, maximum, delta, backfill, 0);
    demand_violations(rule, reports);
    demand((fragments == NULL) == (result_count == 0));
    case_done();
    if (fragments == NULL)
        return;
    demand_results(fragments);
    if (backfill == 0)
        reassemble_fragments(fragments, start, delta);
    NdisFreeFragmentNetBufferList(fragments, delta, 0);
    demand_violation(NULL);
}

/* ---- reassemble ---- */

static void reassemble(ULONG start, ULONG delta, ULONG backfill)
{
    NET_BUFFER_LIST *whole;
    struct result *result;
    unsigned reports = 0;
    describe("reassemble", start, 0, delta, backfill);
    result = result_new(delta, backfill);
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        ULONG const bytes = buffer->DataLength > start ? buffer->DataLength - start : 0;
        reports += bytes == 0 && buffer->DataLength > 0 ? 1u : 0u;
        result_take(result, buffer, start, bytes);
    }
    whole = NdisAllocateReassembledNetBufferList(list, NULL, start, delta, backfill, 0);
    demand_violations("REASM-05", reports);
    demand(whole != NULL);
    demand_results(whole);
    NdisFreeReassembledNetBufferList(whole, delta, 0);
    demand_violation(NULL);
    case_done();
}

/* ---- one NB: all chains, windows and pairs ---- */

static void each_room(void (*visit)(ULONG start, ULONG delta, ULONG backfill), ULONG last_start)
{
    for (ULONG start = 0; start <= last_start; start++)
        for (ULONG delta = 0; delta <= MOST_DELTA; delta++)
            for (ULONG backfill = 0; backfill <= MOST_BACKFILL; backfill++)
                visit(start, delta, backfill);
}

static ULONG longest(void)
{
    ULONG bytes = 0;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
        bytes = buffer->DataLength > bytes ? buffer->DataLength : bytes;
    return bytes;
}

static void fragment_by_each_maximum(ULONG start, ULONG delta, ULONG backfill)
{
    for (ULONG maximum = 1; maximum <= longest() + 1; maximum++)
        fragment(start, maximum, delta, backfill);
}

static void clone_window(struct nbl_test_small *made, bool canonical)
{
    (void)canonical;
    place_window(first, made);
    clone_new_mdls();
    clone_original_mdls();
}

static void fragment_window(struct nbl_test_small *made, bool canonical)
{
    (void)canonical;
    place_window(first, made);
    each_room(fragment_by_each_maximum, made->net_buffer.DataLength + 1);
}

static void reassemble_window(struct nbl_test_small *made, bool canonical)
{
    (void)canonical;
    place_window(first, made);
    each_room(reassemble, made->net_buffer.DataLength + 1);
}

static void clone_chain(struct nbl_test_small *made)
{
    each_window(made, clone_window);
}

static void fragment_chain(struct nbl_test_small *made)
{
    each_window(made, fragment_window);
}

static void reassemble_chain(struct nbl_test_small *made)
{
    each_window(made, reassemble_window);
}

/* rules: CLONE-03..CLONE-09 GEN-12 NB-07 NB-09 NB-11 PROP-04 */
static void every_clone_is_as_defined(void **state)
{
    (void)state;
    each_chain(limits_full, clone_chain);
}

/* rules: FRAG-03 FRAG-04 FRAG-05 FRAG-07 FRAG-08 FRAG-09 FRAG-10 REASM-03 REASM-04 PROP-05 PROP-06 */
static void every_fragmentation_is_as_defined(void **state)
{
    (void)state;
    each_chain(limits_full, fragment_chain);
}

/* rules: REASM-03 REASM-04 REASM-05 REASM-06 REASM-07 */
static void every_reassembly_is_as_defined(void **state)
{
    (void)state;
    each_chain(limits_full, reassemble_chain);
}

/* ---- two NBs of one list ---- */

static struct limits const limits_of_two = { 2, 2 };

static void derive_both(struct nbl_test_small *made, bool canonical)
{
    if (!canonical)
        return;
    place_window(second, made);
    clone_new_mdls();
    clone_original_mdls();
    for (ULONG start = 0; start <= longest() + 1; start++) {
        reassemble(start, start % 3, start % 2);
        for (ULONG maximum = 1; maximum <= longest() + 1; maximum++)
            fragment(start, maximum, (start + maximum) % 3, maximum % 2);
    }
}

static void second_chain(struct nbl_test_small *made)
{
    each_window(made, derive_both);
}

static void first_window(struct nbl_test_small *made, bool canonical)
{
    if (!canonical)
        return;
    place_window(first, made);
    each_chain(limits_of_two, second_chain);
}

static void first_chain(struct nbl_test_small *made)
{
    each_window(made, first_window);
}

/* rules: CLONE-03 FRAG-03 FRAG-04 FRAG-06 REASM-02 REASM-03 REASM-04 REASM-05 */
static void every_list_of_two_is_derived_as_defined(void **state)
{
    (void)state;
    first->Next = second;
    each_chain(limits_of_two, first_chain);
    first->Next = NULL;
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(every_clone_is_as_defined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_fragmentation_is_as_defined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_reassembly_is_as_defined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_list_of_two_is_derived_as_defined, set_up, tear_down),
    };
    return run_exhaustive("derive", tests, sizeof(tests) / sizeof(tests[0]));
}
