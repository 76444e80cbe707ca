/* SPDX-License-Identifier: MIT
 *
 * test_slab.c - slabs by one thread: blocks, batches, chunks, trimming, counts, and what happens without memory.
 */
#include "nbl_test.h"
#include "nbl_test_allocator.h"
#include "nbl_test_slab.h"

#include "base/memory.h"

static struct nbl_test_allocator source;
static struct nbl__slab slab; /* not on a stack: after a failed test its magazine still refers to it */

static int install(void **state)
{
    (void)state;
    nbl_test_allocator_install(&source);
    return 0;
}

static int uninstall(void **state)
{
    (void)state;
    nbl_test_allocator_remove(&source);
    return 0;
}

static bool in_malloc_mode(void)
{
    return nbl__hooked(NBL__HOOKS_APART);
}

/* Takes `count` blocks, fills each with a pattern of its own. */
static void take_all(struct nbl__slab *from, unsigned char **blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = nbl__slab_take(from, NBL__WAY_LISTS, from->block_bytes);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % NBL__CACHE_LINE, 0);
        memset(blocks[i], (int)(i % 251), from->block_bytes);
    }
}

/* Gives blocks back in an order that a stride decides, after a look whether each still holds its pattern. */
static void give_all(struct nbl__slab *from, unsigned char **blocks, size_t count, size_t stride)
{
    for (size_t start = 0; start < stride; start++)
        for (size_t i = start; i < count; i += stride) {
            for (size_t byte = 0; byte < from->block_bytes; byte++)
                if (blocks[i][byte] != i % 251)
                    fail_msg("block %u of %u: byte %u is %u", (unsigned)i, (unsigned)count, (unsigned)byte,
                             blocks[i][byte]);
            nbl__slab_give(from, NBL__WAY_LISTS, blocks[i], from->block_bytes);
        }
}

static void blocks_are_aligned_and_do_not_overlap(void **state)
{
    static struct { size_t bytes, count; } const cases[] = {
        { 16, 5000 }, { 64, 3000 }, { 80, 1000 }, { 512, 700 }, { 640, 700 }, { 2048, 300 }, { 40000, 70 },
        { 200000, 20 }, { 700000, 9 }, { 3000000, 6 }, { 16, 1 }, { 1024, 63 }, { 1024, 64 }, { 1024, 65 },
        { 1024, 127 }, { 1024, 128 }, { 1024, 129 }, { 1024, 192 }, { 1024, 193 },
    };
    static unsigned char *blocks[5000];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(nbl__slab_create(&slab, cases[i].bytes, NULL, NULL));
        take_all(&slab, blocks, cases[i].count);
        nbl_test_slab_check(&slab, (int64_t)cases[i].count, 0);
        give_all(&slab, blocks, cases[i].count, 1 + i % 3);
        nbl_test_slab_check(&slab, 0, 0);
        take_all(&slab, blocks, cases[i].count);
        give_all(&slab, blocks, cases[i].count, 7);
        nbl__slab_destroy(&slab);
    }
}

static void block_given_last_is_taken_first(void **state)
{
    void *first, *second, *third, *fourth;
    (void)state;
    assert_true(nbl__slab_create(&slab, 128, NULL, NULL));
    first = nbl__slab_take(&slab, NBL__WAY_LISTS, 128);
    second = nbl__slab_take(&slab, NBL__WAY_LISTS, 128);
    nbl__slab_give(&slab, NBL__WAY_LISTS, first, 128);
    nbl__slab_give(&slab, NBL__WAY_LISTS, second, 128);
    third = nbl__slab_take(&slab, NBL__WAY_LISTS, 128);
    fourth = nbl__slab_take(&slab, NBL__WAY_LISTS, 128);
    assert_ptr_not_equal(third, fourth);
    if (!in_malloc_mode()) { /* there the allocator has the order */
        assert_ptr_equal(third, second);
        assert_ptr_equal(fourth, first);
    }
    nbl__slab_give(&slab, NBL__WAY_LISTS, third, 128);
    nbl__slab_give(&slab, NBL__WAY_LISTS, fourth, 128);
    nbl__slab_destroy(&slab);
}

static void prepare(void *block, void *context)
{
    size_t *constructed = context;
    (*constructed)++;
    memset(block, 0x5A, 32);
}

static void construct_prepares_each_block_before_its_first_use(void **state)
{
    size_t constructed = 0;
    (void)state;
    assert_true(nbl__slab_create(&slab, 64, prepare, &constructed));
    for (int round = 0; round < 3; round++) {
        unsigned char *blocks[100];
        for (int i = 0; i < 100; i++) {
            blocks[i] = nbl__slab_take(&slab, NBL__WAY_LISTS, 64);
            for (int byte = 0; byte < 32; byte++)
                assert_int_equal(blocks[i][byte], 0x5A);
        }
        for (int i = 0; i < 100; i++)
            nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[i], 64);
    }
    /* Prepared once per block, or once per use where a checker watches or each use is an allocation. */
    assert_int_equal(constructed, nbl__hooked(NBL__HOOKS_APART | NBL__HOOK_TRACK) ? 300 : 128);
    nbl__slab_destroy(&slab);
}

static void counts_are_exact_around_batch_boundaries(void **state)
{
    static void *blocks[400];
    size_t held = 0, most = 0;
    (void)state;
    assert_true(nbl__slab_create(&slab, 256, NULL, NULL));
    for (size_t top = 1; top <= 400; top += (top < 200 ? 1 : 37))
        for (int turn = 0; turn < 2; turn++) {
            while (held < top)
                blocks[held++] = nbl__slab_take(&slab, NBL__WAY_LISTS, 256);
            most = held > most ? held : most;
            nbl_test_slab_check(&slab, (int64_t)held, 0);
            assert_int_equal(nbl_test_slab_high_water(&slab), most);
            while (held > top / 3)
                nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[--held], 256);
            nbl_test_slab_check(&slab, (int64_t)held, 0);
            assert_int_equal(nbl_test_slab_high_water(&slab), most);
        }
    while (held > 0)
        nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[--held], 256);
    nbl__slab_destroy(&slab);
}

static void bytes_are_those_of_the_allocator(void **state)
{
    static void *blocks[3000];
    struct nbl__slab_statistics now;
    uint64_t before;
    (void)state;
    assert_true(nbl__slab_create(&slab, 1024, NULL, NULL));
    blocks[0] = nbl__slab_take(&slab, NBL__WAY_LISTS, 1024);
    nbl__slab_measure(&slab, &now);
    before = nbl_memory_bytes() - now.bytes; /* what is not the slab's own: ids, this thread's table and magazine */
    for (size_t i = 1; i < 3000; i++)
        blocks[i] = nbl__slab_take(&slab, NBL__WAY_LISTS, 1024);
    nbl__slab_measure(&slab, &now);
    assert_int_equal(nbl_memory_bytes() - before, now.bytes);
    assert_in_range(now.bytes, 3000 * 1024, 3000 * 1024 * 2);
    for (size_t i = 0; i < 3000; i++)
        nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[i], 1024);
    assert_int_equal(nbl__slab_trim(&slab), in_malloc_mode() ? 0 : now.bytes);
    nbl__slab_measure(&slab, &now);
    assert_int_equal(now.bytes, 0);
    assert_int_equal(nbl_memory_bytes(), before);
    nbl__slab_destroy(&slab);
}

static void trim_keeps_chunks_in_use_and_what_they_hold(void **state)
{
    static unsigned char *blocks[5000];
    (void)state;
    for (size_t keep = 1; keep < 5000; keep = keep * 3 + 1) {
        size_t kept = 0, before, given;
        assert_true(nbl__slab_create(&slab, 320, NULL, NULL));
        take_all(&slab, blocks, 5000);
        for (size_t i = 0; i < 5000; i++) {
            if (i % keep == 0) {
                blocks[kept++] = blocks[i];
                memset(blocks[i], (int)((kept - 1) % 251), 320);
            } else {
                nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[i], 320);
            }
        }
        before = slab.chunk_bytes;
        given = nbl__slab_trim(&slab);
        assert_int_equal(slab.chunk_bytes, before - given);
        assert_int_equal(nbl__slab_trim(&slab), 0);
        nbl_test_slab_check(&slab, (int64_t)kept, 0);
        take_all(&slab, blocks + kept, 5000 - kept);
        nbl_test_slab_check(&slab, 5000, 0);
        give_all(&slab, blocks, kept, 1);
        for (size_t i = kept; i < 5000; i++)
            nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[i], 320);
        (void)nbl__slab_trim(&slab);
        assert_int_equal(slab.chunk_bytes, 0);
        nbl__slab_destroy(&slab);
    }
}

/* A model: an array of what is held. Everything that a slab does, in a random order, against it. */
static void random_use_agrees_with_a_model(void **state)
{
    enum { MOST = 4000, STEPS = 60000 };
    static unsigned char *held[MOST];
    uint32_t random = 20260101;
    size_t count = 0, most = 0, target = 100;
    int64_t guests = 0;
    (void)state;
    assert_true(nbl__slab_create(&slab, 192, NULL, NULL));
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525u + 1013904223u;
        if (random >> 20 == 0)
            target = (random >> 4) % MOST;
        if (random >> 21 == 1)
            (void)nbl__slab_trim(&slab);
        if (random >> 22 == 2) {
            int64_t const change = (random & 1) != 0 && guests > 0 ? -guests : 5;
            nbl__slab_account(&slab, NBL__WAY_LISTS, change);
            guests += change;
        }
        if ((random >> 24) % 100 < (count < target ? 70u : 30u) && count < MOST) {
            held[count] = nbl__slab_take(&slab, NBL__WAY_LISTS, 192);
            memset(held[count], (int)(count % 251), 192);
            count++;
        } else if (count > 0) {
            size_t const victim = (random >> 8) % count;
            assert_int_equal(held[victim][191], held[victim][0]);
            nbl__slab_give(&slab, NBL__WAY_LISTS, held[victim], 192);
            held[victim] = held[--count];
        }
        most = count + (size_t)guests > most ? count + (size_t)guests : most;
        if (step % 64 == 0)
            nbl_test_slab_check(&slab, (int64_t)count + guests, guests);
    }
    assert_int_equal(nbl_test_slab_high_water(&slab), most);
    while (count > 0)
        nbl__slab_give(&slab, NBL__WAY_LISTS, held[--count], 192);
    nbl__slab_account(&slab, NBL__WAY_LISTS, -guests);
    nbl_test_slab_check(&slab, 0, 0);
    nbl__slab_destroy(&slab);
}

static void account_counts_guests_as_live_but_not_as_blocks(void **state)
{
    struct nbl__slab_statistics now;
    void *block;
    (void)state;
    assert_true(nbl__slab_create(&slab, 64, NULL, NULL));
    nbl__slab_account(&slab, NBL__WAY_LISTS, 10); /* before this thread has a magazine */
    assert_int_equal(nbl__slab_live(&slab), 10);
    block = nbl__slab_take(&slab, NBL__WAY_LISTS, 64);
    nbl__slab_account(&slab, NBL__WAY_LISTS, 5);
    nbl__slab_measure(&slab, &now);
    assert_int_equal(now.live, 16);
    assert_int_equal(now.high_water, 16);
    assert_int_equal(now.cached, in_malloc_mode() ? 0 : slab.carved - 1);
    nbl__slab_account(&slab, NBL__WAY_LISTS, -15);
    nbl__slab_give(&slab, NBL__WAY_LISTS, block, 64);
    nbl__slab_measure(&slab, &now);
    assert_int_equal(now.live, 0);
    assert_int_equal(now.high_water, 16);
    nbl__slab_destroy(&slab);
}

/* A thread whose magazine went back is alone again, as exactly counted as before. */
static void high_water_stays_exact_after_the_magazine_went_back(void **state)
{
    static void *blocks[100];
    (void)state;
    assert_true(nbl__slab_create(&slab, 64, NULL, NULL));
    for (size_t most = 10; most <= 100; most += 45) {
        for (size_t i = 0; i < most; i++)
            blocks[i] = nbl__slab_take(&slab, NBL__WAY_LISTS, 64);
        for (size_t i = 0; i < most; i++)
            nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[i], 64);
        (void)nbl_memory_trim();
        assert_int_equal(nbl_test_slab_high_water(&slab), most);
    }
    nbl__slab_destroy(&slab);
}

/* Takes blocks (above 0) or gives them back. */
static void move(void **blocks, size_t *held, int count)
{
    for (; count > 0; count--)
        blocks[(*held)++] = nbl__slab_take(&slab, NBL__WAY_LISTS, 64);
    for (; count < 0; count++)
        nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[--*held], 64);
}

/* What is measured only after it is over: the most blocks and guests at one time. */
static void peaks_are_remembered(void **state)
{
    static struct { int steps[8]; unsigned most; } const cases[] = {
        /* blocks, guests, blocks, guests, .. */
        { { 1, 30, 0, -30, -1 }, 31 },
        { { 50, 0, -50, 1, 0, -1 }, 50 },
        { { 40, 20, 0, -20, -40 }, 60 },
        { { 10, 5, -10, 0, 0, -5, 14 }, 15 },
        { { 100, 0, -100, 0, 90, 20, -90, -20 }, 110 },
    };
    static void *blocks[100];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t held = 0;
        assert_true(nbl__slab_create(&slab, 64, NULL, NULL));
        for (int step = 0; step < 8; step++) {
            if (step % 2 == 0)
                move(blocks, &held, cases[i].steps[step]);
            else if (cases[i].steps[step] != 0)
                nbl__slab_account(&slab, NBL__WAY_LISTS, cases[i].steps[step]);
        }
        move(blocks, &held, -(int)held);
        assert_int_equal(nbl_test_slab_high_water(&slab), cases[i].most);
        nbl_test_slab_check(&slab, 0, 0);
        nbl__slab_destroy(&slab);
    }
}

static void many_slabs_come_and_go_without_a_trace(void **state)
{
    static struct nbl__slab slabs[300];
    uint32_t highest = 0;
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 300; i++) {
            void *block;
            assert_true(nbl__slab_create(&slabs[i], 64 + i, NULL, NULL));
            block = nbl__slab_take(&slabs[i], NBL__WAY_LISTS, 64);
            assert_non_null(block);
            nbl__slab_give(&slabs[i], NBL__WAY_LISTS, block, 64);
            for (size_t other = 0; other < i; other++)
                assert_int_not_equal(slabs[other].id, slabs[i].id);
            highest = slabs[i].id > highest ? slabs[i].id : highest;
        }
        for (size_t i = 0; i < 300; i++)
            nbl__slab_destroy(&slabs[(i * 7 + (size_t)round) % 300]);
        assert_in_range(highest, 300, 128 + 300); /* ids are used again */
        (void)nbl_memory_trim();
        assert_int_equal(nbl_memory_bytes(), 0);
    }
}

static void destroy_gives_all_memory_back(void **state)
{
    static unsigned char *blocks[2000];
    (void)state;
    assert_true(nbl__slab_create(&slab, 500, NULL, NULL));
    take_all(&slab, blocks, 2000);
    give_all(&slab, blocks, 2000, 3);
    nbl__slab_destroy(&slab);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_int_equal(atomic_load(&source.blocks), 0);
}

/* rules: GEN-00 */
static void take_without_memory_fails_and_leaves_the_slab_usable(void **state)
{
    (void)state;
    for (uint64_t nth = 1;; nth++) {
        void *blocks[200];
        uint64_t refused;
        size_t taken = 0;
        (void)nbl_memory_trim();
        assert_int_equal(nbl_memory_bytes(), 0);
        (void)nbl_test_allocator_refuse(&source, nth, false);
        if (nbl__slab_create(&slab, 2000, NULL, NULL)) {
            for (int i = 0; i < 200; i++) {
                blocks[taken] = nbl__slab_take(&slab, NBL__WAY_LISTS, 2000);
                taken += blocks[taken] != NULL ? 1u : 0u;
            }
            nbl_test_slab_check(&slab, (int64_t)taken, 0);
            refused = nbl_test_allocator_refuse(&source, 0, false);
            assert_int_equal(taken, 200 - refused); /* one refusal, one failure; the next call succeeds */
            while (taken > 0)
                nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[--taken], 2000);
            nbl_test_slab_check(&slab, 0, 0);
            nbl__slab_destroy(&slab);
        } else {
            refused = nbl_test_allocator_refuse(&source, 0, false);
            assert_int_equal(refused, 1);
        }
        if (refused == 0)
            break;
    }
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
}

/* rules: VER-06 */
static void every_take_is_one_fault_point(void **state)
{
    void *blocks[10];
    (void)state;
    assert_true(nbl__slab_create(&slab, 64, NULL, NULL));
    nbl_fault_arm(NBL_FAULT_ALLOCATION, 4);
    for (int i = 0; i < 10; i++) {
        blocks[i] = nbl__slab_take(&slab, NBL__WAY_LISTS, 64);
        assert_int_equal(blocks[i] == NULL, i == 3);
    }
    assert_int_equal(nbl_fault_points(NBL_FAULT_ALLOCATION), 10);
    assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
    nbl_test_slab_check(&slab, 9, 0);
    for (int i = 0; i < 10; i++)
        if (blocks[i] != NULL)
            nbl__slab_give(&slab, NBL__WAY_LISTS, blocks[i], 64);
    nbl__slab_destroy(&slab);
}

/* What a thread remembers of a slab that is gone must not serve the next one at its address. */
static void slab_made_where_another_was_starts_without_blocks(void **state)
{
    unsigned char *blocks[3];
    (void)state;
    for (size_t bytes = 64; bytes <= 1024; bytes *= 4) {
        assert_true(nbl__slab_create(&slab, bytes, NULL, NULL));
        assert_null(nbl__slab_pop(&slab, NBL__WAY_LISTS));
        assert_false(nbl__slab_push(&slab, NBL__WAY_LISTS, blocks));
        take_all(&slab, blocks, 3);
        give_all(&slab, blocks, 3, 1);
        nbl_test_slab_check(&slab, 0, 0);
        nbl__slab_destroy(&slab);
    }
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(blocks_are_aligned_and_do_not_overlap, install, uninstall),
        cmocka_unit_test_setup_teardown(block_given_last_is_taken_first, install, uninstall),
        cmocka_unit_test_setup_teardown(construct_prepares_each_block_before_its_first_use, install, uninstall),
        cmocka_unit_test_setup_teardown(counts_are_exact_around_batch_boundaries, install, uninstall),
        cmocka_unit_test_setup_teardown(bytes_are_those_of_the_allocator, install, uninstall),
        cmocka_unit_test_setup_teardown(trim_keeps_chunks_in_use_and_what_they_hold, install, uninstall),
        cmocka_unit_test_setup_teardown(random_use_agrees_with_a_model, install, uninstall),
        cmocka_unit_test_setup_teardown(account_counts_guests_as_live_but_not_as_blocks, install, uninstall),
        cmocka_unit_test_setup_teardown(high_water_stays_exact_after_the_magazine_went_back, install, uninstall),
        cmocka_unit_test_setup_teardown(peaks_are_remembered, install, uninstall),
        cmocka_unit_test_setup_teardown(many_slabs_come_and_go_without_a_trace, install, uninstall),
        cmocka_unit_test_setup_teardown(destroy_gives_all_memory_back, install, uninstall),
        cmocka_unit_test_setup_teardown(take_without_memory_fails_and_leaves_the_slab_usable, install, uninstall),
        cmocka_unit_test_setup_teardown(every_take_is_one_fault_point, install, uninstall),
        cmocka_unit_test_setup_teardown(slab_made_where_another_was_starts_without_blocks, install, uninstall),
    };
    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
