/* SPDX-License-Identifier: MIT
 *
 * test_guard.c - guard bytes around blocks, gaps inside them, and the quarantine. Each damage is told exactly once, and
 * what is next to it stays silent.
 *
 * The damage is written by wound(), which first tells a memory checker that the byte may be touched; what a checker
 * sees by itself is shown at the end.
 */
#include "nbl_test.h"

#include "nbl_test_allocator.h"
#include "nbl_test_checker.h"

#include "base/guard.h"
#include "base/memory.h"
#include "base/track.h"
#include "mdl/record.h"

#include <nbl/port.h>

#include <pthread.h>

#if !defined(_WIN32)
#  include <signal.h>
#  include <sys/wait.h>
#  include <unistd.h>
#endif

#define MUCH ((size_t)1 << 20)

static struct nbl__guard_options const guards_only = { 0, false };
static struct nbl__guard_options const keep_much = { MUCH, false };

/* Guards are on between these; what a test allocated it frees. */
static int begin(void **state, struct nbl__guard_options const *options)
{
    (void)nbl_memory_trim();
    if (nbl_test_begin(state) != 0)
        return -1;
    return nbl__guard_start(options) ? 0 : -1;
}

static int begin_guards(void **state)
{
    return begin(state, &guards_only);
}

static int begin_quarantine(void **state)
{
    return begin(state, &keep_much);
}

static int end(void **state)
{
    bool const stopped = nbl__guard_stop();
    return nbl_test_end(state) == 0 && stopped && !nbl__hooked(NBL__HOOK_GUARD) ? 0 : -1;
}

#define GUARDED(function) cmocka_unit_test_setup_teardown(function, begin_guards, end)
#define QUARANTINED(function) cmocka_unit_test_setup_teardown(function, begin_quarantine, end)

/* Changes a byte that is nobody's. */
static void wound(void *memory, ptrdiff_t offset)
{
    unsigned char *byte = (unsigned char *)memory + offset;
    if (nbl__hooked(NBL__HOOK_TRACK))
        nbl__track_reveal(byte, 1);
    *byte ^= 0x40;
}

static struct nbl__guard_damage last(void)
{
    struct nbl__guard_damage damage = { .wrong = 0 };
    assert_true(nbl__guard_last_damage(&damage));
    return damage;
}

/* Makes all 100 bytes of a fresh list's data used. */
static unsigned char *data_of(NET_BUFFER_LIST *list)
{
    (void)NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 100, 0, NULL);
    return NdisGetDataBuffer(list->FirstNetBuffer, 100, NULL, 1, 0);
}

/* ---- around blocks ---- */

/* rules: INV-09 VER-05 */
static void byte_behind_a_block_is_told_when_it_is_freed(void **state)
{
    unsigned char *block = nbl__memory_allocate(100);
    struct nbl__guard_damage damage;
    (void)state;
    wound(block, 100);
    nbl_test_expect("");
    nbl__memory_release(block, 100);
    nbl_test_blames(block);
    nbl_test_expect("INV-09 fatal");
    damage = last();
    assert_ptr_equal(damage.block, block);
    assert_int_equal(damage.block_bytes, 100);
    assert_int_equal(damage.offset, 100);
    assert_int_equal(damage.outside, 1);
    assert_int_equal(damage.wrong, 1);
    assert_int_equal(damage.found, damage.expected ^ 0x40);
    assert_int_equal(damage.place, NBL__GUARD_BEHIND);
}

/* rules: INV-09 VER-05 */
static void byte_before_a_block_is_told_when_it_is_freed(void **state)
{
    unsigned char *block = nbl__memory_allocate(64);
    (void)state;
    wound(block, -5);
    wound(block, -3);
    nbl__memory_release(block, 64);
    nbl_test_expect("INV-09 fatal");
    assert_int_equal(last().offset, -3);
    assert_int_equal(last().outside, 3);
    assert_int_equal(last().wrong, 2);
    assert_int_equal(last().place, NBL__GUARD_BEFORE);
}

/* rules: INV-09 VER-05 */
static void all_guard_bytes_count_and_all_bytes_of_the_block_are_free(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes < 200; bytes += 7) {
        unsigned char *block = nbl__memory_allocate(bytes);
        assert_int_equal((uintptr_t)block % 64, 0);
        memset(block, 0x11, bytes);
        for (ptrdiff_t i = 1; i <= 64; i++) {
            assert_true(nbl__guard_check(block, "Call"));
            wound(block, -i);
            assert_false(nbl__guard_check(block, "Call"));
            assert_int_equal(last().outside, i);
        }
        for (ptrdiff_t i = 0; i < 32; i++) {
            wound(block, (ptrdiff_t)bytes + i);
            assert_false(nbl__guard_check(block, "Call"));
            assert_int_equal(last().outside, i + 1);
        }
        nbl_test_forget();
        nbl__memory_release(block, bytes);
        nbl_test_expect("");
    }
}

/* rules: INV-09 */
static void what_overruns_like_best_is_no_guard_byte(void **state)
{
    unsigned char *block = nbl__memory_allocate(64);
    unsigned char const values[] = { 0, 0xFF, ' ', 'a', 1, 0xDD, 0xCD };
    (void)state;
    for (size_t i = 0; i < sizeof(values); i++) {
        for (ptrdiff_t at = 64; at < 96; at++) {
            wound(block, at);
            block[at] = values[i];
            assert_false(nbl__guard_check(block, "Call"));
        }
    }
    nbl_test_forget();
    nbl__memory_release(block, 64);
    nbl_test_expect("");
}

/* rules: INV-09 */
static void guards_of_other_blocks_are_no_guards_of_this_one(void **state)
{
    unsigned char *blocks[2] = { nbl__memory_allocate(64), nbl__memory_allocate(64) };
    (void)state;
    wound(blocks[0], 64);
    assert_true(nbl__guard_check(blocks[1], "Call"));
    nbl__memory_release(blocks[1], 64);
    nbl_test_expect("");
    assert_false(nbl__guard_check(blocks[0], "Call"));
    if (nbl_test_watching())
        assert_string_equal(nbl_test_last_call(), "Call");
    nbl_test_expect("INV-09 fatal");
    nbl__memory_release(blocks[0], 64);
    nbl_test_expect("");
}

/* rules: INV-09 */
static void address_that_is_no_block_has_no_guards(void **state)
{
    unsigned char *block = nbl__memory_allocate(64);
    (void)state;
    wound(block, 64);
    assert_true(nbl__guard_check(block + 1, "Call"));
    assert_true(nbl__guard_check(NULL, "Call"));
    nbl_test_expect("");
    nbl__memory_release(block, 64);
    assert_true(nbl__guard_check(block, "Call"));
    nbl_test_expect("INV-09 fatal");
}

/* rules: INV-09 */
static void all_blocks_in_use_can_be_looked_at(void **state)
{
    enum { BLOCKS = 3000 };
    static unsigned char *blocks[BLOCKS];
    (void)state;
    for (size_t i = 0; i < BLOCKS; i++)
        blocks[i] = nbl__memory_allocate(1 + i % 90);
    assert_int_equal(nbl__guard_check_all("Call"), 0);
    wound(blocks[0], -1);
    wound(blocks[17], 1 + 17);
    wound(blocks[BLOCKS - 1], -64);
    assert_int_equal(nbl__guard_check_all("Call"), 3);
    nbl_test_expect("INV-09 fatal, INV-09 fatal, INV-09 fatal");
    assert_int_equal(nbl__guard_check_all("Call"), 0);
    for (size_t i = 0; i < BLOCKS; i++)
        nbl__memory_release(blocks[i], 1 + i % 90);
    nbl_test_expect("");
}

/* rules: INV-09 */
static void block_that_is_freed_twice_is_told_and_counted_once(void **state)
{
    struct nbl__slab slab;
    unsigned char *block;
    (void)state;
    assert_true(nbl__slab_create(&slab, 64, NULL, NULL));
    block = nbl__slab_take(&slab, NBL__WAY_MEMORY, 64);
    assert_int_equal(nbl__slab_live(&slab), 1);
    nbl__slab_give(&slab, NBL__WAY_MEMORY, block, 64);
    nbl_test_expect("");
    nbl__slab_give(&slab, NBL__WAY_MEMORY, block, 64);
    nbl_test_expect("INV-01 fatal");
    assert_int_equal(nbl__slab_live(&slab), 0);
    nbl__slab_destroy(&slab);
}

/* ---- what the driver knows ---- */

/* rules: INV-09 VER-05 */
static void damage_is_told_of_what_the_driver_knows(void **state)
{
    NDIS_HANDLE lists = nbl_test_list_pool(TRUE, 100, 0), buffers = nbl_test_buffer_pool(50);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(lists, 0, 0);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(buffers);
    MDL *mdl = NdisAllocateMdl(NULL, list, 100), *io = IoAllocateMdl(list, 100, FALSE, FALSE, NULL), *retreated;
    (void)state;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 60, 0, NULL), NDIS_STATUS_SUCCESS);
    retreated = NET_BUFFER_CURRENT_MDL(buffer);
    assert_int_equal(NdisAllocateNetBufferListContext(list, 32, 0, 0), NDIS_STATUS_SUCCESS);

    wound(mdl, -(ptrdiff_t)sizeof(struct nbl__mdl_record) - 1);
    wound(io, -(ptrdiff_t)sizeof(struct nbl__mdl_record) - 1);
    wound(retreated->MappedSystemVa, (ptrdiff_t)retreated->ByteCount);
    wound(list->Context, (ptrdiff_t)sizeof(NET_BUFFER_LIST_CONTEXT) + 32);
    NdisFreeMdl(mdl);
    nbl_test_blames(mdl);
    IoFreeMdl(io);
    nbl_test_blames(io);
    NdisAdvanceNetBufferDataStart(buffer, 60, TRUE, NULL);
    nbl_test_blames(retreated);
    NdisFreeNetBufferListContext(list, 32);
    nbl_test_blames(list);
    nbl_test_expect("INV-09 fatal, INV-09 fatal, INV-09 fatal, INV-09 fatal");

    wound(list, -1);
    wound(buffer, -1);
    NdisFreeNetBufferList(list);
    nbl_test_blames(list);
    NdisFreeNetBuffer(buffer);
    nbl_test_blames(buffer);
    nbl_test_expect("INV-09 fatal, INV-09 fatal");
    NdisFreeNetBufferListPool(lists);
    NdisFreeNetBufferPool(buffers);
}

/* rules: INV-09 VER-05 */
static void damage_of_a_derived_list_is_told_of_the_list(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0), *fragments;
    (void)state;
    (void)data_of(list);
    fragments = NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 30, 20, 0, 0);
    assert_non_null(fragments);
    assert_int_equal(nbl__guard_check_all("Call"), 0);
    wound(fragments, -64 - 1); /* in front of the list is its record */
    assert_int_equal(nbl__guard_check_all("Call"), 1);
    nbl_test_blames(fragments);
    nbl_test_expect("INV-09 fatal");
    NdisFreeFragmentNetBufferList(fragments, 20, 0);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* ---- inside the blocks of pools ---- */

/* rules: INV-09 VER-05 */
static void data_of_a_pool_has_gaps_around_it(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    unsigned char *data = data_of(list);
    (void)state;
    memset(data, 0, 100);
    assert_true(nbl__guard_check(list, "Call"));
    for (ptrdiff_t i = 1; i <= 64; i++) {
        wound(data, -i);
        assert_false(nbl__guard_check(list, "Call"));
        assert_int_equal(last().place, NBL__GUARD_INSIDE);
    }
    for (ptrdiff_t i = 0; i < 32; i++) {
        wound(data, 100 + i);
        assert_false(nbl__guard_check(list, "Call"));
    }
    nbl_test_forget();
    NdisFreeNetBufferList(list);
    nbl_test_expect("");
    NdisFreeNetBufferListPool(pool);
}

/* rules: INV-09 VER-05 */
static void context_and_data_of_a_pool_are_kept_apart(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 48);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 48, 0);
    unsigned char *context = NET_BUFFER_LIST_CONTEXT_DATA_START(list);
    (void)state;
    memset(context, 0, 48);
    memset(list->FirstNetBuffer->MiniportReserved, 0, sizeof(list->FirstNetBuffer->MiniportReserved));
    assert_true(nbl__guard_check(list, "Call"));
    wound(context, 48);
    wound(list->FirstNetBuffer + 1, 0);
    NdisFreeNetBufferList(list);
    nbl_test_blames(list);
    nbl_test_expect("INV-09 fatal, INV-09 fatal");
    NdisFreeNetBufferListPool(pool);
}

/* rules: INV-09 */
static void gap_that_is_said_twice_keeps_its_damage(void **state)
{
    unsigned char *block = nbl__memory_allocate(100);
    (void)state;
    for (int round = 0; round < 2; round++) {
        nbl__guard_gap(block, 0, 0);
        nbl__guard_gap(block, 20, 8);
        nbl__guard_gap(block, 20, 8);
        nbl__guard_gap(block, 40, 8);
        nbl__guard_gap(block, 60, 8);
        nbl__guard_gap(block, 80, 8);    /* one more than there can be */
        nbl__guard_gap(block + 1, 0, 8); /* no block */
        if (round == 0)
            wound(block, 47);
    }
    wound(block, 0);
    wound(block, 19);
    wound(block, 28);
    wound(block, 80);
    assert_int_equal(nbl__guard_check_all("Call"), 1);
    assert_int_equal(last().offset, 47);
    assert_int_equal(last().outside, 8);
    wound(block, 60);
    nbl__memory_release(block, 100);
    nbl_test_expect("INV-09 fatal, INV-09 fatal");
}

/* rules: INV-09 VER-05 POOL-13 */
static void gaps_stay_when_a_driver_changes_the_mdl_of_a_pool(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(100);
    NET_BUFFER *buffer = NdisAllocateNetBufferMdlAndData(pool);
    unsigned char *data = NET_BUFFER_FIRST_MDL(buffer)->MappedSystemVa;
    (void)state;
    NdisAdjustMdlLength(NET_BUFFER_FIRST_MDL(buffer), 40);
    wound(data, -1);
    wound(data, 100);
    NdisFreeNetBuffer(buffer);
    nbl_test_expect("POOL-13 error, INV-09 fatal, INV-09 fatal");
    NdisFreeNetBufferPool(pool);
}

/* ---- quarantine ---- */

/* rules: POOL-07 */
static void write_after_free_is_told_when_the_block_leaves_quarantine(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    unsigned char *data = data_of(list);
    (void)state;
    NdisFreeNetBufferList(list);
    wound(data, 7);
    nbl_test_expect("");
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("");
    assert_true(nbl_memory_trim() > 0);
    nbl_test_blames(list);
    nbl_test_expect("POOL-07 fatal");
    assert_int_equal(last().place, NBL__GUARD_AFTER_FREE);
    assert_int_equal(last().offset, data + 7 - (unsigned char *)list);
    assert_int_equal(last().expected, NBL__GUARD_FREED);
    assert_int_equal(last().wrong, 1);
    assert_int_equal(nbl_memory_bytes(), 0);
}

/* rules: POOL-07 */
static void freed_block_that_nobody_wrote_to_leaves_silently(void **state)
{
    unsigned char *block = nbl__memory_allocate(5000);
    (void)state;
    memset(block, 0x33, 5000);
    nbl__memory_release(block, 5000);
    assert_true(nbl_memory_bytes() > 5000);
    assert_true(nbl__guard_flush("Call") > 5000);
    assert_int_equal(nbl_memory_bytes(), 0);
    nbl_test_expect("");
}

/* rules: POOL-07 */
static void oldest_block_leaves_first_and_only_when_there_is_no_room(void **state)
{
    enum { BYTES = 64 * 1024 - 192 };
    unsigned char *blocks[17];
    (void)state;
    for (size_t i = 0; i < 17; i++)
        blocks[i] = nbl__memory_allocate(BYTES);
    for (size_t i = 0; i < 16; i++) {
        nbl__memory_release(blocks[i], BYTES);
        wound(blocks[i], 0);
    }
    nbl_test_expect("");
    nbl__memory_release(blocks[16], BYTES);
    nbl_test_blames(blocks[0]);
    nbl_test_expect("POOL-07 fatal");
    (void)nbl__guard_flush("Call");
    nbl_test_blames(blocks[15]);
    nbl_test_forget();
}

/* rules: POOL-07 */
static void freed_block_is_not_handed_out_again_while_it_is_kept(void **state)
{
    void *blocks[100];
    (void)state;
    for (size_t i = 0; i < 100; i++) {
        blocks[i] = nbl__memory_allocate(64);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(blocks[k], blocks[i]);
        nbl__memory_release(blocks[i], 64);
    }
}

/* ---- counts, and memory that runs out ---- */

/* rules: POOL-08 */
static void counts_of_a_pool_stay_right(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 0);
    NET_BUFFER_LIST *chain = nbl_pool_take(pool, 300, NULL);
    struct nbl_pool_statistics counts;
    (void)state;
    assert_int_equal(nbl_pool_mode_in_force(), NBL_POOL_MODE_MALLOC);
    assert_true(nbl_pool_measure(pool, &counts));
    assert_int_equal(counts.live, 300);
    assert_int_equal(counts.cached, 0);
    assert_int_equal(counts.bytes, 300 * counts.block);
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("POOL-08 error");
    assert_int_equal(nbl_pool_give(chain), 300);
    assert_true(nbl_pool_measure(pool, &counts));
    assert_int_equal(counts.live, 0);
    assert_int_equal(counts.high_water, 300);
    assert_int_equal(counts.bytes, 0);
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("");
}

/* rules: POOL-08 */
static void failed_allocation_leaves_nothing(void **state)
{
    static struct nbl_test_allocator source;
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list = NULL;
    uint64_t nth = 0, held;
    (void)state;
    nbl_test_allocator_install(&source);
    pool = nbl_test_list_pool(TRUE, 100, 0);
    held = nbl_memory_bytes();
    do {
        assert_int_equal(nbl_memory_bytes(), held);
        assert_int_equal(nbl_test_live(pool), 0);
        (void)nbl_test_allocator_refuse(&source, ++nth, false);
        list = NdisAllocateNetBufferList(pool, 0, 0);
    } while (list == NULL);
    assert_int_equal(nth, 3); /* what is known of the block, and the block */
    (void)nbl_test_allocator_refuse(&source, 0, false);
    assert_null(nbl__memory_allocate(SIZE_MAX - 10));
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    nbl_test_allocator_remove(&source);
}

/* ---- starting and stopping ---- */

/* rules: INV-09 POOL-07 */
static void stop_looks_at_everything_and_waits_for_what_is_in_use(void **state)
{
    unsigned char *used = nbl__memory_allocate(64), *freed = nbl__memory_allocate(64);
    (void)state;
    wound(used, 70);
    nbl__memory_release(freed, 64);
    wound(freed, 3);
    assert_false(nbl__guard_stop());
    nbl_test_expect("INV-09 fatal, POOL-07 fatal");
    assert_true(nbl__hooked(NBL__HOOK_GUARD));
    assert_false(nbl__guard_start(&guards_only));
    nbl__memory_release(used, 64);
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_true(nbl__guard_stop());
    assert_true(nbl__guard_stop());
    assert_true(nbl__guard_check(used, "Call"));
    nbl_test_expect("");
}

/* rules: VER-05 */
static void guards_begin_before_libnbl_holds_memory(void **state)
{
    void *block = nbl__memory_allocate(64);
    (void)state;
    assert_false(nbl__guard_start(&guards_only));
    assert_false(nbl__hooked(NBL__HOOK_GUARD));
    nbl__memory_release(block, 64);
    (void)nbl_memory_trim();
    assert_true(nbl__guard_start(&guards_only));
    assert_false(nbl__guard_start(&guards_only));
    assert_true(nbl__guard_stop());
}

/* rules: VER-05 */
static void pool_with_gaps_works_on_without_guards(void **state)
{
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    (void)state;
    assert_true(nbl__guard_start(&keep_much));
    pool = nbl_test_list_pool(TRUE, 100, 16);
    list = NdisAllocateNetBufferList(pool, 16, 0);
    NdisFreeNetBufferList(list);
    assert_true(nbl__guard_stop());
    for (int i = 0; i < 3; i++) {
        list = NdisAllocateNetBufferList(pool, 16, 0);
        memset(data_of(list), i, 100);
        NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, 100, TRUE, NULL);
        NdisFreeNetBufferList(list);
    }
    assert_false(nbl__guard_start(&keep_much)); /* the pool stands */
    NdisFreeNetBufferListPool(pool);
    nbl_test_expect("");
}

/* ---- pages that nobody can touch ---- */

static struct nbl__guard_options const protect_pages = { MUCH, true };

#if !defined(_WIN32)
/* Tells whether a child dies of touching a byte. */
static bool touch_kills(unsigned char volatile *byte, bool write)
{
    int status = 0;
    pid_t child;
    (void)fflush(NULL);
    child = fork();
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL);
        (void)signal(SIGBUS, SIG_DFL);
        if (write)
            *byte = 1;
        _exit(*byte == 1 ? 2 : 3);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}
#else
static bool touch_kills(unsigned char volatile *byte, bool write)
{
    (void)byte;
    (void)write;
    print_message("# no child processes here: a touch of a freed block is not tried\n");
    return true;
}
#endif

/* rules: POOL-07 */
static void touch_of_a_protected_freed_block_stops_at_the_instruction(void **state)
{
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    unsigned char *data;
    (void)state;
    assert_true(nbl__guard_start(&protect_pages));
    pool = nbl_test_list_pool(TRUE, 100, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    data = data_of(list);
    data[3] = 1; /* a block in use may be touched */
    assert_int_equal(data[3], 1);
    NdisFreeNetBufferList(list);
    assert_true(touch_kills(data, false));
    assert_true(touch_kills(data + 99, true));
    NdisFreeNetBufferListPool(pool);
    assert_true(nbl__guard_stop());
    nbl_test_expect("");
}

/* rules: INV-09 */
static void protected_blocks_have_guards_and_give_their_pages_back(void **state)
{
    size_t page;
    unsigned char *block;
    (void)state;
    assert_true(nbl__guard_start(&protect_pages));
    page = nbl__port_pages()->page_bytes;
    for (size_t i = 0; i < 3 * MUCH / page; i++) {
        block = nbl__memory_allocate(100);
        memset(block, 1, 100);
        assert_true(nbl__guard_check(block, "Call"));
        wound(block, (ptrdiff_t)page - 65); /* the last byte of the page */
        nbl__memory_release(block, 100);
        nbl_test_blames(block);
    }
    nbl_test_forget();
    assert_int_equal(nbl__guard_flush("Call"), MUCH / page * page);
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_null(nbl__memory_allocate(SIZE_MAX / 2)); /* more than there are pages */
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_true(nbl__guard_stop());
    nbl_test_expect("");
}

/* rules: VER-05 */
static void protected_pages_and_memory_with_views_exclude_each_other(void **state)
{
    bool const views = nbl_knob_refusal(NBL_KNOB_NOWRITE) == NULL;
    (void)state;
    assert_true(nbl__guard_start(&protect_pages));
    assert_true(nbl__guard_protects());
    assert_false(nbl_knob_set(NBL_KNOB_NOWRITE, true));
    assert_true(nbl__guard_stop());
    assert_false(nbl__guard_protects());
    assert_int_equal(nbl_knob_set(NBL_KNOB_NOWRITE, true), views);
    if (views) {
        assert_false(nbl__guard_start(&protect_pages));
        assert_true(nbl__guard_start(&keep_much));
        assert_false(nbl__guard_protects());
        assert_true(nbl__guard_stop());
        assert_true(nbl_knob_set(NBL_KNOB_NOWRITE, false));
    }
    assert_true(nbl__guard_start(&protect_pages));
    assert_true(nbl__guard_stop());
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 4000, PASSED = 8 };
static _Atomic(NET_BUFFER_LIST *) passed[PASSED];

/* The events of the support library are for one thread, so this test listens by itself. */
static atomic_uint told;

static void count_violations(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind == NBL_EVENT_VIOLATION)
        atomic_fetch_add(&told, 1);
}

static void pass_on(NET_BUFFER_LIST *list, unsigned to, bool damage)
{
    list = atomic_exchange(&passed[to % PASSED], list); /* of whichever thread */
    if (list == NULL)
        return;
    if (damage)
        wound(list, -2);
    if (nbl__guard_check(list, "Call") == damage)
        atomic_fetch_add(&told, 1000); /* a check that is wrong */
    NdisFreeNetBufferList(list);
}

static void *take_and_give(void *pool)
{
    unsigned const rounds = ROUNDS / nbl_test_slowdown();
    for (unsigned i = 1; i <= rounds; i++) {
        NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
        memset(data_of(list), (int)i, 100);
        pass_on(list, i, false);
        if (i % 256 == 0)
            (void)nbl__guard_check_all("Call");
    }
    return NULL;
}

/* rules: INV-09 POOL-07 */
static void threads_share_guards_and_quarantine(void **state)
{
    NDIS_HANDLE pool;
    pthread_t threads[THREADS];
    (void)state;
    (void)nbl_memory_trim();
    assert_true(nbl__guard_start(&keep_much));
    assert_true(nbl_event_subscribe(count_violations, NULL));
    pool = nbl_test_list_pool(TRUE, 100, 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, pool), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_exchange(&told, 0), 0);
    pass_on(NULL, 0, true);
    for (unsigned i = 1; i < PASSED; i++)
        pass_on(NULL, i, false);
    assert_int_equal(atomic_exchange(&told, 0), 1);
    NdisFreeNetBufferListPool(pool);
    assert_true(nbl__guard_stop());
    assert_true(nbl_event_unsubscribe(count_violations, NULL));
    assert_int_equal(atomic_load(&told), 0);
    assert_int_equal(nbl_memory_bytes(), 0);
}

static void *wound_elsewhere(void *found)
{
    unsigned char *block = nbl__memory_allocate(10);
    struct nbl__guard_damage damage;
    *(bool *)found = nbl__guard_last_damage(&damage);
    wound(block, 12);
    nbl__memory_release(block, 10);
    return NULL;
}

/* rules: INV-09 */
static void last_damage_is_that_of_the_calling_thread(void **state)
{
    unsigned char *block = nbl__memory_allocate(64);
    bool found = true;
    pthread_t thread;
    struct nbl__guard_damage damage;
    (void)state;
    assert_false(nbl__guard_last_damage(&damage));
    wound(block, 66);
    nbl__memory_release(block, 64);
    assert_int_equal(pthread_create(&thread, NULL, wound_elsewhere, &found), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(found);
    assert_ptr_equal(last().block, block);
    assert_int_equal(last().outside, 3);
    nbl_test_forget();
    block = nbl__memory_allocate(64);
    for (unsigned i = 1; i <= 40; i++) {
        wound(block, -(ptrdiff_t)i);
        assert_false(nbl__guard_check(block, "Call"));
        assert_int_equal(last().outside, i);
    }
    nbl__memory_release(block, 64);
    nbl_test_forget();
}

/* ---- beside a memory checker ---- */

/* rules: VER-05 POOL-07 */
static void checker_sees_guards_gaps_and_freed_blocks_as_dead(void **state)
{
    bool const watched = nbl__hooked(NBL__HOOK_TRACK);
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 100, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    unsigned char *data = data_of(list);
    (void)state;
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_NONE)
        print_message("# no memory checker watches\n");
    assert_true(nbl__guard_check(list, "Call"));
    if (watched) {
        assert_int_equal(nbl_test_dead_bytes((unsigned char *)list - 64, 64), 64);
        assert_int_equal(nbl_test_dead_bytes(data - 64, 64), 64);
        assert_int_equal(nbl_test_dead_bytes(data + 100, 32), 32);
        assert_int_equal(nbl_test_dead_bytes(data, 100), 0);
    }
    NdisFreeNetBufferList(list);
    if (watched)
        assert_int_equal(nbl_test_dead_bytes(data, 100), 100);
    NdisFreeNetBufferListPool(pool);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        GUARDED(byte_behind_a_block_is_told_when_it_is_freed),
        GUARDED(byte_before_a_block_is_told_when_it_is_freed),
        GUARDED(all_guard_bytes_count_and_all_bytes_of_the_block_are_free),
        GUARDED(what_overruns_like_best_is_no_guard_byte),
        GUARDED(guards_of_other_blocks_are_no_guards_of_this_one),
        QUARANTINED(address_that_is_no_block_has_no_guards),
        GUARDED(all_blocks_in_use_can_be_looked_at),
        QUARANTINED(block_that_is_freed_twice_is_told_and_counted_once),
        QUARANTINED(damage_is_told_of_what_the_driver_knows),
        QUARANTINED(damage_of_a_derived_list_is_told_of_the_list),
        GUARDED(data_of_a_pool_has_gaps_around_it),
        GUARDED(context_and_data_of_a_pool_are_kept_apart),
        GUARDED(gap_that_is_said_twice_keeps_its_damage),
        GUARDED(gaps_stay_when_a_driver_changes_the_mdl_of_a_pool),
        QUARANTINED(write_after_free_is_told_when_the_block_leaves_quarantine),
        QUARANTINED(freed_block_that_nobody_wrote_to_leaves_silently),
        QUARANTINED(oldest_block_leaves_first_and_only_when_there_is_no_room),
        QUARANTINED(freed_block_is_not_handed_out_again_while_it_is_kept),
        QUARANTINED(counts_of_a_pool_stay_right),
        GUARDED(failed_allocation_leaves_nothing),
        QUARANTINED(stop_looks_at_everything_and_waits_for_what_is_in_use),
        NBL_TEST(guards_begin_before_libnbl_holds_memory),
        NBL_TEST(pool_with_gaps_works_on_without_guards),
        NBL_TEST(touch_of_a_protected_freed_block_stops_at_the_instruction),
        NBL_TEST(protected_blocks_have_guards_and_give_their_pages_back),
        NBL_TEST(protected_pages_and_memory_with_views_exclude_each_other),
        cmocka_unit_test(threads_share_guards_and_quarantine),
        GUARDED(last_damage_is_that_of_the_calling_thread),
        QUARANTINED(checker_sees_guards_gaps_and_freed_blocks_as_dead),
    };
    /* Knobs change what is in blocks, not what is around them; the tests know where things are without them. */
    for (unsigned knob = 0; knob < NBL_KNOBS; knob++)
        (void)nbl_knob_set((enum nbl_knob)knob, false);
    return NBL_TEST_RUN("guard", tests);
}
