/* SPDX-License-Identifier: MIT
 *
 * test_memory.c - memory of any size: alignment, classes, what is held, giving it back, and other sources of memory.
 */
#include "nbl_test.h"
#include "nbl_test_allocator.h"

#include "base/memory.h"

#define LARGEST_CLASS 32768u

static struct nbl_test_allocator source;

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

static void every_size_is_aligned_and_all_of_it_usable(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes < LARGEST_CLASS + 200; bytes += bytes < 1200 ? 1 : 61) {
        unsigned char *first = nbl__memory_allocate(bytes);
        unsigned char *second = nbl__memory_allocate(bytes);
        assert_non_null(first);
        assert_non_null(second);
        assert_int_equal((uintptr_t)first % NBL__CACHE_LINE, 0);
        assert_int_equal((uintptr_t)second % NBL__CACHE_LINE, 0);
        memset(first, 1, bytes);
        memset(second, 2, bytes);
        assert_int_equal(first[0] + first[bytes - 1], 2);
        assert_int_equal(second[0] + second[bytes - 1], 4);
        nbl__memory_release(first, bytes);
        nbl__memory_release(second, bytes);
    }
}

/* Sizes at both sides of every class: a block of a class that is too small would overlap its neighbour. */
static void neighbours_of_every_class_do_not_overlap(void **state)
{
    static unsigned char *blocks[9];
    (void)state;
    for (size_t class = 64; class <= LARGEST_CLASS; class += class < 1024 ? 64 : 256)
        for (size_t bytes = class - 1; bytes <= class + 1; bytes++) {
            for (unsigned i = 0; i < 9; i++) {
                blocks[i] = nbl__memory_allocate(bytes);
                memset(blocks[i], (int)i + 1, bytes);
            }
            for (unsigned i = 0; i < 9; i++) {
                assert_int_equal(blocks[i][0], i + 1);
                assert_int_equal(blocks[i][bytes - 1], i + 1);
                nbl__memory_release(blocks[i], bytes);
            }
        }
}

static void blocks_of_one_class_are_used_again(void **state)
{
    uint64_t held;
    (void)state;
    for (size_t bytes = 100; bytes < LARGEST_CLASS; bytes = bytes * 5 / 4) {
        nbl__memory_release(nbl__memory_allocate(bytes), bytes);
        held = nbl_memory_bytes();
        for (int i = 0; i < 100; i++)
            nbl__memory_release(nbl__memory_allocate(bytes), bytes);
        assert_int_equal(nbl_memory_bytes(), held);
    }
}

/* A fifth of a block is wasted at most beyond the fine classes, a step of 64 bytes within them. */
static void classes_waste_little(void **state)
{
    enum { COUNT = 2000 };
    static void *blocks[COUNT];
    static size_t const sizes[] = { 65, 129, 1000, 1025, 1281, 2049, 5000, 9000 };
    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        uint64_t before, taken;
        (void)nbl_memory_trim();
        before = nbl_memory_bytes();
        for (int i = 0; i < COUNT; i++)
            assert_non_null(blocks[i] = nbl__memory_allocate(sizes[s]));
        taken = nbl_memory_bytes() - before;
        if (nbl_pool_mode_in_force() == NBL_POOL_MODE_MAGAZINE) {
            assert_true(taken >= COUNT * sizes[s]);
            assert_true(taken <= COUNT * (sizes[s] * 4 / 3 + 64) + (4u << 20));
        }
        for (int i = 0; i < COUNT; i++)
            nbl__memory_release(blocks[i], sizes[s]);
    }
}

static void large_blocks_are_the_allocators(void **state)
{
    uint64_t held;
    unsigned char *block;
    (void)state;
    held = nbl_memory_bytes();
    block = nbl__memory_allocate(LARGEST_CLASS + 1);
    assert_non_null(block);
    assert_int_equal(nbl_memory_bytes() - held, LARGEST_CLASS + 1);
    nbl__memory_release(block, LARGEST_CLASS + 1);
    assert_int_equal(nbl_memory_bytes(), held);
}

static void trim_says_what_it_gave_back(void **state)
{
    static size_t const sizes[] = { 1, 64, 700, 1500, 4000, 20000, 32768 };
    uint64_t held, given;
    (void)state;
    for (int round = 0; round < 2; round++) {
        void *kept = NULL;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            nbl__memory_release(nbl__memory_allocate(sizes[i]), sizes[i]);
        kept = nbl__memory_allocate(700);
        held = nbl_memory_bytes();
        given = nbl_memory_trim();
        assert_int_equal(given, held - nbl_memory_bytes());
        assert_true(nbl_memory_bytes() >= 700);
        assert_int_equal(nbl_memory_trim(), 0);
        nbl__memory_release(kept, 700);
        (void)nbl_memory_trim();
        assert_int_equal(nbl_memory_bytes(), 0);
    }
}

/* rules: GEN-00 VER-06 */
static void without_memory_nothing_is_held(void **state)
{
    static size_t const sizes[] = { 64, 5000, LARGEST_CLASS + 1 };
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1);
        assert_null(nbl__memory_allocate(sizes[i]));
        assert_int_equal(nbl_fault_points(NBL_FAULT_ALLOCATION), 1);
        assert_true(nbl_fault_disarm(NBL_FAULT_ALLOCATION));
        (void)nbl_memory_trim();
        (void)nbl_test_allocator_refuse(&source, 1, true);
        assert_null(nbl__memory_allocate(sizes[i]));
        assert_true(nbl_test_allocator_refuse(&source, 0, false) > 0);
        (void)nbl_memory_trim();
        assert_int_equal(nbl_memory_bytes(), 0);
    }
}

static void *refuse(void *context, size_t bytes, size_t alignment)
{
    (void)context;
    (void)bytes;
    (void)alignment;
    return NULL;
}

static void ignore(void *context, void *memory, size_t bytes)
{
    (void)context;
    (void)memory;
    (void)bytes;
}

static void source_is_replaced_only_while_nothing_is_held(void **state)
{
    struct nbl_allocator const none = { refuse, ignore, NULL };
    struct nbl_allocator const half = { refuse, NULL, NULL }, other_half = { NULL, ignore, NULL };
    void *block = nbl__memory_allocate(10);
    (void)state;
    assert_non_null(block);
    assert_false(nbl_allocator_set(&none));
    assert_false(nbl_allocator_set(NULL));
    nbl__memory_release(block, 10);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_false(nbl_allocator_set(&half));
    assert_false(nbl_allocator_set(&other_half));
    assert_true(nbl_allocator_set(&none));
    assert_null(nbl__memory_allocate(10));
    assert_null(NdisAllocateMdl(NULL, state, 4));
    assert_true(nbl_allocator_set(NULL));
    block = nbl__memory_allocate(10);
    assert_non_null(block);
    nbl__memory_release(block, 10);
    (void)nbl_memory_trim();
}

static void everything_comes_from_the_source_that_was_set(void **state)
{
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    (void)state;
    pool = nbl_test_list_pool(TRUE, 100, 32);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 5000, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(nbl_memory_bytes(), atomic_load(&source.bytes));
    assert_true(nbl_memory_bytes() > 5000);
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, 5000, TRUE, NULL);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(every_size_is_aligned_and_all_of_it_usable, install, uninstall),
        cmocka_unit_test_setup_teardown(neighbours_of_every_class_do_not_overlap, install, uninstall),
        cmocka_unit_test_setup_teardown(blocks_of_one_class_are_used_again, install, uninstall),
        cmocka_unit_test_setup_teardown(classes_waste_little, install, uninstall),
        cmocka_unit_test_setup_teardown(large_blocks_are_the_allocators, install, uninstall),
        cmocka_unit_test_setup_teardown(trim_says_what_it_gave_back, install, uninstall),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_held, install, uninstall),
        cmocka_unit_test(source_is_replaced_only_while_nothing_is_held),
        cmocka_unit_test_setup_teardown(everything_comes_from_the_source_that_was_set, install, uninstall),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
