/* SPDX-License-Identifier: MIT
 *
 * test_chain.c - counting, cutting and turning chains, for every length up to a dozen.
 */
#include "nbl_test.h"

#define LISTS 12

static NET_BUFFER_LIST lists[LISTS];
static NET_BUFFER net_buffers[LISTS][3];

/* make_chain links the first `count` NBLs; NBL i has i % 4 NET_BUFFERs of i bytes each. */
static NET_BUFFER_LIST *make_chain(size_t count)
{
    memset(lists, 0, sizeof(lists));
    memset(net_buffers, 0, sizeof(net_buffers));
    for (size_t i = 0; i < count; i++) {
        lists[i].Flags = (ULONG)i;
        lists[i].Next = i + 1 < count ? &lists[i + 1] : NULL;
        for (size_t n = i % 4; n > 0; n--) {
            net_buffers[i][n - 1].stDataLength = i;
            net_buffers[i][n - 1].Next = lists[i].FirstNetBuffer;
            lists[i].FirstNetBuffer = &net_buffers[i][n - 1];
        }
    }
    return count > 0 ? &lists[0] : NULL;
}

/* run_of checks that a chain is exactly lists[from .. to). */
static void run_of(NET_BUFFER_LIST const *chain, size_t from, size_t to)
{
    for (; from < to; from++, chain = chain->Next)
        assert_ptr_equal(chain, &lists[from]);
    assert_null(chain);
}

/* rules: NBL-01 */
static void counts_are_those_of_the_chain(void **state)
{
    (void)state;
    for (size_t count = 0; count <= LISTS; count++) {
        NET_BUFFER_LIST *const chain = make_chain(count);
        struct nbl_chain_extent const extent = nbl_chain_measure(chain);
        size_t buffers = 0, bytes = 0;
        for (size_t i = 0; i < count; i++) {
            buffers += i % 4;
            bytes += i % 4 * i;
        }
        assert_int_equal(nbl_chain_count(chain), count);
        assert_int_equal(nbl_chain_count_net_buffers(chain), buffers);
        assert_ptr_equal(nbl_chain_last(chain), count > 0 ? &lists[count - 1] : NULL);
        assert_ptr_equal(extent.last, nbl_chain_last(chain));
        assert_int_equal(extent.lists, count);
        assert_int_equal(extent.net_buffers, buffers);
        assert_int_equal(extent.bytes, bytes);
        run_of(chain, 0, count);
    }
}

/* rules: NBL-01 */
static void a_split_chain_can_be_put_together_again(void **state)
{
    (void)state;
    for (size_t count = 0; count <= LISTS; count++)
        for (size_t keep = 0; keep <= count + 1; keep++) {
            NET_BUFFER_LIST *chain = make_chain(count);
            NET_BUFFER_LIST *const rest = nbl_chain_split(&chain, keep);
            size_t const front = keep < count ? keep : count;
            run_of(chain, 0, front);
            run_of(rest, front, count);
            nbl_chain_append(&chain, rest);
            run_of(chain, 0, count);
        }
}

/* rules: NBL-01 */
static void reversing_twice_gives_the_chain(void **state)
{
    (void)state;
    for (size_t count = 0; count <= LISTS; count++) {
        NET_BUFFER_LIST *const reversed = nbl_chain_reverse(make_chain(count));
        NET_BUFFER_LIST const *list = reversed;
        for (size_t i = count; i > 0; i--, list = list->Next)
            assert_ptr_equal(list, &lists[i - 1]);
        assert_null(list);
        run_of(nbl_chain_reverse(reversed), 0, count);
    }
}

struct choice {
    unsigned pattern; /* bit i: lists[i] is chosen */
    unsigned asked;
};

static bool in_pattern(NET_BUFFER_LIST const *list, void *context)
{
    struct choice *const choice = context;
    assert_int_equal(list->Flags, choice->asked++);
    return (choice->pattern >> list->Flags & 1u) != 0;
}

/* part_equals checks that a queue holds lists[0] and then, in order, what the pattern gives `wanted` for. */
static void part_equals(struct nbl_queue const *queue, unsigned pattern, size_t count, unsigned wanted)
{
    NET_BUFFER_LIST const *list = queue->first;
    assert_true(nbl_queue_is_consistent(queue));
    for (size_t i = 0; i < count; i++)
        if ((pattern >> i & 1u) == wanted) {
            assert_ptr_equal(list, &lists[i]);
            list = list->Next;
        }
    assert_null(list);
}

/* rules: NBL-01 */
static void a_partition_keeps_the_order_of_both_parts(void **state)
{
    (void)state;
    for (size_t count = 0; count <= 8; count++)
        for (unsigned pattern = 0; pattern < 1u << count; pattern++) {
            struct choice choice = { pattern, 0 };
            struct nbl_queue chosen = NBL_QUEUE_INIT, others = NBL_QUEUE_INIT;
            nbl_chain_partition(make_chain(count), in_pattern, &choice, &chosen, &others);
            assert_int_equal(choice.asked, count);
            part_equals(&chosen, pattern, count, 1);
            part_equals(&others, pattern, count, 0);
        }
}

static void a_partition_into_one_queue_appends_the_chain(void **state)
{
    struct choice choice = { 0x2A, 0 };
    struct nbl_queue queue = NBL_QUEUE_INIT;
    (void)state;
    nbl_chain_partition(make_chain(7), in_pattern, &choice, &queue, &queue);
    run_of(queue.first, 0, 7);
}

static void concatenating_with_nothing_is_the_other_chain(void **state)
{
    NET_BUFFER_LIST *chain = make_chain(3);
    (void)state;
    assert_null(nbl_chain_concatenate(NULL, NULL));
    assert_ptr_equal(nbl_chain_concatenate(NULL, chain), chain);
    run_of(nbl_chain_concatenate(chain, NULL), 0, 3);
    nbl_chain_append(&chain, NULL);
    run_of(chain, 0, 3);
}

/* rules: VER-04 INV-01 */
static void a_cycle_is_found_wherever_it_begins(void **state)
{
    (void)state;
    for (size_t count = 0; count <= LISTS; count++) {
        assert_false(nbl_chain_has_cycle(make_chain(count)));
        for (size_t back = 0; back < count; back++) {
            lists[count - 1].Next = &lists[back];
            assert_true(nbl_chain_has_cycle(&lists[0]));
        }
    }
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(counts_are_those_of_the_chain),
        NBL_TEST(a_split_chain_can_be_put_together_again),
        NBL_TEST(reversing_twice_gives_the_chain),
        NBL_TEST(a_partition_keeps_the_order_of_both_parts),
        NBL_TEST(a_partition_into_one_queue_appends_the_chain),
        NBL_TEST(concatenating_with_nothing_is_the_other_chain),
        NBL_TEST(a_cycle_is_found_wherever_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
