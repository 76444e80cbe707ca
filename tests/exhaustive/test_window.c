/* SPDX-License-Identifier: MIT
 *
 * test_window.c - every small chain, window and pair: retreat and advance by every amount, adjust, access.
 *
 * Chains have up to 4 MDLs of 0..3 bytes. A retreat may add one MDL more, of which this file keeps the expected state:
 *
 *     chain after a retreat that allocates = [fresh MDL of delta + backfill bytes] + chain before (RET-05)
 */
#include "flat.h"

#define MOST_BEYOND 3u    /* bytes that a retreat wants beyond the backfill there is */
#define MOST_BACKFILL 2u

static NDIS_HANDLE list_pool, buffer_pool;
static NET_BUFFER_LIST *list;  /* one NB that came with a list */
static NET_BUFFER *alone;      /* and one that came alone */
static NET_BUFFER *buffer;     /* the one that is tried */

static int set_up(void **state)
{
    (void)state;
    list_pool = nbl_test_list_pool(TRUE, 0, 0);
    buffer_pool = nbl_test_buffer_pool(0);
    list = NdisAllocateNetBufferList(list_pool, 0, 0);
    alone = NdisAllocateNetBuffer(buffer_pool, NULL, 0, 0);
    buffer = list->FirstNetBuffer;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    NdisFreeNetBufferList(list);
    NdisFreeNetBuffer(alone);
    NdisFreeNetBufferListPool(list_pool);
    NdisFreeNetBufferPool(buffer_pool);
    (void)nbl_memory_trim();
    return nbl_memory_bytes() == 0 ? 0 : -1;
}

/* ---- the handlers: one MDL at a time ---- */

static MDL fresh;
static unsigned char fresh_bytes[ROW_BYTES];
static bool fresh_given;

static MDL *give_fresh(ULONG *bytes)
{
    demand(!fresh_given && *bytes <= sizeof(fresh_bytes));
    nbl_test_small_mdl(&fresh, fresh_bytes, *bytes);
    fresh_given = true;
    return &fresh;
}

static VOID take_fresh(MDL *mdl)
{
    demand(fresh_given && mdl == &fresh && mdl->Next == NULL);
    fresh_given = false;
}

/* ---- retreat and advance ---- */

/* What is tried, for one window of one chain. */
static struct {
    struct nbl_test_small *made;
    bool custom;    /* MDLs come from the handlers */
    ULONG delta;
    ULONG backfill;
    bool allocates;
} try;

static NET_BUFFER_ALLOCATE_MDL *allocate_handler(void)
{
    return try.custom ? give_fresh : NULL;
}

static NET_BUFFER_FREE_MDL *free_handler(void)
{
    return try.custom ? take_fresh : NULL;
}

static void describe(char const *what, ULONG number, bool free_mdl)
{
    NET_BUFFER const *window = &try.made->net_buffer;
    case_is("MDLs of %u %u %u %u bytes, window [%u, +%u), pair (%d, %u): retreat by %u with backfill %u, then %s %u%s",
            (unsigned)try.made->mdl[0].ByteCount, (unsigned)try.made->mdl[1].ByteCount,
            (unsigned)try.made->mdl[2].ByteCount, (unsigned)try.made->mdl[3].ByteCount, (unsigned)window->DataOffset,
            (unsigned)window->DataLength, window->CurrentMdl == NULL ? -1 : (int)(window->CurrentMdl - try.made->mdl),
            (unsigned)window->CurrentMdlOffset, (unsigned)try.delta, (unsigned)try.backfill, what, (unsigned)number,
            free_mdl ? " and free" : "");
}

/* RET-02..RET-06, RET-09, RET-12. */
static void retreat(void)
{
    NET_BUFFER const before = try.made->net_buffer;
    struct flat row;
    place_window(buffer, try.made);
    demand(NdisRetreatNetBufferDataStart(buffer, try.delta, try.backfill, allocate_handler()) == NDIS_STATUS_SUCCESS);
    if (try.delta == 0) {
        demand(buffer->CurrentMdl == before.CurrentMdl && buffer->CurrentMdlOffset == before.CurrentMdlOffset);
        demand(buffer->DataOffset == before.DataOffset && buffer->DataLength == before.DataLength);
        return;
    }
    row = flat_of(buffer->MdlChain);
    if (try.allocates) {
        demand(buffer->MdlChain != before.MdlChain && buffer->MdlChain->Next == before.MdlChain);
        demand(buffer->MdlChain->ByteCount == try.delta + try.backfill);
        demand_window(buffer, &row, before.DataOffset + try.backfill, before.DataLength + try.delta);
    } else {
        demand(buffer->MdlChain == before.MdlChain);
        demand_window(buffer, &row, before.DataOffset - try.delta, before.DataLength + try.delta);
    }
    demand(fresh_given == (try.custom && try.allocates));
}

/* Has the fresh MDL freed whatever the window is now, and the chain be as it was. */
static void undo(void)
{
    if (buffer->MdlChain == try.made->net_buffer.MdlChain)
        return;
    buffer->DataOffset = 0;
    buffer->stDataLength = flat_of(buffer->MdlChain).bytes;
    NdisAdjustNetBufferCurrentMdl(buffer);
    NdisAdvanceNetBufferDataStart(buffer, buffer->DataLength, TRUE, free_handler());
    demand(buffer->MdlChain == try.made->net_buffer.MdlChain && !fresh_given);
    demand_violation(NULL);
}

/* ADV-02..ADV-10 on what the retreat left. */
static void advance(ULONG delta, bool free_mdl)
{
    NET_BUFFER const before = *buffer;
    MDL const *const first = before.MdlChain;
    ULONG const moved = delta < before.DataLength ? delta : before.DataLength;
    bool const frees = free_mdl && moved > 0 && try.allocates && before.DataOffset + moved >= first->ByteCount;
    ULONG const gone = frees ? first->ByteCount : 0;
    struct flat row;
    NdisAdvanceNetBufferDataStart(buffer, delta, free_mdl, free_handler());
    demand_violation(delta > before.DataLength ? "ADV-08" : NULL);
    if (moved == 0) {
        demand(buffer->MdlChain == first && buffer->CurrentMdl == before.CurrentMdl
               && buffer->CurrentMdlOffset == before.CurrentMdlOffset && buffer->DataOffset == before.DataOffset
               && buffer->DataLength == before.DataLength);
        return;
    }
    demand(buffer->MdlChain == (frees ? try.made->net_buffer.MdlChain : first));
    row = flat_of(buffer->MdlChain);
    demand_window(buffer, &row, before.DataOffset + moved - gone, before.DataLength - moved);
    demand(fresh_given == (try.custom && try.allocates && !frees));
}

static void try_deltas(void)
{
    ULONG const length = try.made->net_buffer.DataLength + try.delta;
    for (ULONG delta = 0; delta <= length + 1; delta++)
        for (int free_mdl = 0; free_mdl < 2; free_mdl++) {
            describe("advance", delta, free_mdl != 0);
            retreat();
            demand_violation(NULL);
            advance(delta, free_mdl != 0);
            undo();
            case_done();
        }
}

static void try_window(struct nbl_test_small *made, bool canonical)
{
    (void)canonical;
    try.made = made;
    for (try.delta = 0; try.delta <= made->net_buffer.DataOffset + MOST_BEYOND; try.delta++)
        for (try.backfill = 0; try.backfill <= MOST_BACKFILL; try.backfill++) {
            try.allocates = try.delta > made->net_buffer.DataOffset;
            if (try.allocates || try.backfill == 0)
                try_deltas();
        }
}

static void try_chain(struct nbl_test_small *made)
{
    buffer = buffer == alone ? list->FirstNetBuffer : alone;
    each_window(made, try_window);
}

/* rules: NB-01 NB-07 NB-08 NB-09 NB-10 NB-11 RET-02 RET-03 RET-04 RET-05 RET-06 RET-08 RET-09 ADV-02..ADV-08 ADV-10 */
static void every_retreat_and_advance_is_as_defined(void **state)
{
    (void)state;
    try.custom = false;
    each_chain(limits_full, try_chain);
}

/* rules: RET-12 ADV-11 */
static void every_retreat_and_advance_with_handlers_is_as_defined(void **state)
{
    (void)state;
    try.custom = true;
    each_chain(limits_full, try_chain);
}

/* ---- adjust and access ---- */

static void try_adjust(struct nbl_test_small *made)
{
    struct flat const row = flat_of(made->net_buffer.MdlChain);
    try.made = made;
    for (ULONG offset = 0; offset <= row.bytes + 2; offset++) {
        ULONG const place = offset < row.bytes ? offset : row.bytes;
        describe("adjust", offset, false);
        place_window(buffer, made);
        buffer->DataOffset = offset;
        buffer->stDataLength = 0;
        buffer->CurrentMdl = NULL;
        buffer->CurrentMdlOffset = 99;
        NdisAdjustNetBufferCurrentMdl(buffer);
        demand_violation(offset > row.bytes ? "ADJ-02" : NULL);
        demand(buffer->CurrentMdl == row.pair[place].mdl && buffer->CurrentMdlOffset == row.pair[place].offset);
        demand(buffer->DataOffset == offset && buffer->DataLength == 0
               && buffer->MdlChain == made->net_buffer.MdlChain);
        case_done();
    }
}

/* rules: ADJ-01 ADJ-02 NB-08 NB-10 */
static void every_adjusted_pair_is_canonical(void **state)
{
    (void)state;
    each_chain(limits_full, try_adjust);
}

static bool in_one_mdl(struct flat const *row, ULONG from, ULONG bytes)
{
    return row->pair[from].mdl == row->pair[from + bytes - 1].mdl;
}

/* GDB-02..GDB-06 as one expression. */
static void try_access(ULONG bytes, unsigned char *storage, ULONG multiple, ULONG remainder)
{
    struct flat const row = flat_of(buffer->MdlChain);
    ULONG const from = buffer->DataOffset;
    unsigned char *const place = NdisGetDataBuffer(buffer, bytes, storage, multiple, remainder);
    demand_violation(NULL);
    if (bytes > buffer->DataLength) {
        demand(place == NULL);
    } else if (bytes == 0) {
        MDL const *const mdl = row.pair[from].mdl;
        demand(place == (mdl == NULL ? storage : nbl_test_address(mdl) + row.pair[from].offset));
    } else if (in_one_mdl(&row, from, bytes) && (uintptr_t)row.pair[from].address % multiple == remainder) {
        demand(place == row.pair[from].address);
    } else {
        demand(place == storage);
        for (ULONG i = 0; i < bytes && storage != NULL; i++)
            demand(storage[i] == *row.pair[from + i].address);
        demand(storage == NULL || storage[bytes] == NBL_TEST_SMALL_GUARD);
        return;
    }
    demand(storage == NULL || storage[0] == NBL_TEST_SMALL_GUARD);
}

static void try_accesses(struct nbl_test_small *made, bool canonical)
{
    (void)canonical;
    try.made = made;
    place_window(buffer, made);
    for (ULONG bytes = 0; bytes <= made->net_buffer.DataLength + 1; bytes++)
        for (ULONG multiple = 1; multiple <= 4; multiple *= 2)
            for (ULONG remainder = 0; remainder < multiple; remainder++)
                for (int with_storage = 0; with_storage < 2; with_storage++) {
                    unsigned char storage[NBL_TEST_SMALL_CAPACITY + 2];
                    memset(storage, NBL_TEST_SMALL_GUARD, sizeof(storage));
                    describe("get", bytes, false);
                    try_access(bytes, with_storage != 0 ? storage : NULL, multiple, remainder);
                    case_done();
                }
}

static void access_chain(struct nbl_test_small *made)
{
    each_window(made, try_accesses);
}

/* rules: GDB-02 GDB-03 GDB-04 GDB-05 GDB-06 NB-07 NB-11 */
static void every_access_is_as_defined(void **state)
{
    (void)state;
    try.delta = try.backfill = 0;
    each_chain(limits_full, access_chain);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(every_retreat_and_advance_is_as_defined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_retreat_and_advance_with_handlers_is_as_defined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_adjusted_pair_is_canonical, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_access_is_as_defined, set_up, tear_down),
    };
    return run_exhaustive("window", tests, sizeof(tests) / sizeof(tests[0]));
}
