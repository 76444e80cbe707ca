/* SPDX-License-Identifier: MIT
 *
 * test_classify.c - sorting chains into classes: every sequence of up to six NBLs of three classes.
 */
#include "nbl_test.h"

#define LISTS 6
#define CLASSES 3

static NET_BUFFER_LIST lists[LISTS];

/* make_chain links `count` NBLs and gives NBL i the i-th digit of `digits`, base CLASSES, as its class: in Flags, where
 * the tests look, and in the fields that the keys read. */
static NET_BUFFER_LIST *make_chain(size_t count, unsigned digits)
{
    memset(lists, 0, sizeof(lists));
    for (size_t i = 0; i < count; i++, digits /= CLASSES) {
        lists[i].Flags = digits % CLASSES;
        lists[i].Next = i + 1 < count ? &lists[i + 1] : NULL;
    }
    return count > 0 ? &lists[0] : NULL;
}

static void each_sequence(void (*check)(size_t count, unsigned digits))
{
    unsigned sequences = 1;
    for (size_t count = 0; count <= LISTS; count++, sequences *= CLASSES)
        for (unsigned digits = 0; digits < sequences; digits++)
            check(count, digits);
}

/* ascending checks that a chain holds only one class and keeps the order of the chain that it came from. */
static size_t ascending(NET_BUFFER_LIST const *chain, ULONG class_of_all)
{
    size_t count = 0;
    for (NET_BUFFER_LIST const *list = chain; list != NULL; list = list->Next, count++) {
        assert_int_equal(list->Flags, class_of_all);
        assert_true(list->Next == NULL || list < list->Next);
    }
    return count;
}

static size_t members(size_t count, ULONG class_of_all)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += lists[i].Flags == class_of_all;
    return found;
}

/* classes_before counts the classes that appear in lists[0 .. place). */
static ULONG classes_before(size_t place)
{
    bool seen[CLASSES] = { false };
    ULONG classes = 0;
    for (size_t i = 0; i < place; i++) {
        classes += !seen[lists[i].Flags];
        seen[lists[i].Flags] = true;
    }
    return classes;
}

static ULONG class_index(NET_BUFFER_LIST const *list, void *context)
{
    return list->Flags + *(ULONG *)context;
}

static void check_distribute(size_t count, unsigned digits)
{
    for (ULONG queues = 0; queues <= CLASSES; queues++) {
        ULONG no_shift = 0;
        struct nbl_queue queue[CLASSES] = { NBL_QUEUE_INIT };
        NET_BUFFER_LIST const *rest =
            nbl_chain_distribute(make_chain(count, digits), class_index, &no_shift, queue, queues);
        for (ULONG i = 0; i < queues; i++) {
            assert_true(nbl_queue_is_consistent(&queue[i]));
            assert_int_equal(ascending(queue[i].first, i), members(count, i));
        }
        for (size_t i = 0; i < count; i++)
            if (lists[i].Flags >= queues) {
                assert_ptr_equal(rest, &lists[i]);
                rest = rest->Next;
            }
        assert_null(rest);
    }
}

/* rules: NBL-01 */
static void distributing_keeps_the_order_and_gives_back_the_unplaced(void **state)
{
    (void)state;
    each_sequence(check_distribute);
}

static uint64_t class_key(NET_BUFFER_LIST const *list, void *context)
{
    (void)context;
    return 0x100000000u + list->Flags;
}

/* With a hash that tells nothing apart, `equal` alone decides. */
static uint64_t useless_key(NET_BUFFER_LIST const *list, void *context)
{
    (void)list;
    (void)context;
    return 42;
}

static bool same_class(NET_BUFFER_LIST const *one, NET_BUFFER_LIST const *other, void *context)
{
    (void)context;
    return one->Flags == other->Flags;
}

static struct nbl_chain_classifier const by_key = { class_key, NULL, NULL };
static struct nbl_chain_classifier const by_equality = { useless_key, same_class, NULL };

static void check_classify_with(struct nbl_chain_classifier const *classifier, size_t count, unsigned digits,
                                ULONG capacity)
{
    struct nbl_chain_group group[CLASSES];
    ULONG used = 0, placed = 0;
    NET_BUFFER_LIST const *rest =
        nbl_chain_classify(make_chain(count, digits), classifier, group, capacity, &used);
    assert_int_equal(used, classes_before(count) < capacity ? classes_before(count) : capacity);
    for (size_t i = 0; i < count; i++) {
        ULONG const before = classes_before(i);
        if (classes_before(i + 1) > before && before < capacity) { /* the first of a class that has room */
            ULONG const class_here = lists[i].Flags;
            assert_ptr_equal(group[placed].lists.lists.first, &lists[i]);
            assert_int_equal(group[placed].key, classifier->key(&lists[i], NULL));
            assert_true(nbl_counted_queue_is_consistent(&group[placed].lists));
            assert_int_equal(ascending(&lists[i], class_here), members(count, class_here));
            placed++;
        }
    }
    assert_int_equal(placed, used);
    for (size_t i = 0; i < count; i++) {
        bool has_group = false;
        for (ULONG g = 0; g < used; g++)
            has_group |= group[g].lists.lists.first->Flags == lists[i].Flags;
        if (!has_group) {
            assert_ptr_equal(rest, &lists[i]);
            rest = rest->Next;
        }
    }
    assert_null(rest);
}

static void check_classify(size_t count, unsigned digits)
{
    for (ULONG capacity = 0; capacity <= CLASSES; capacity++) {
        check_classify_with(&by_key, count, digits, capacity);
        check_classify_with(&by_equality, count, digits, capacity);
    }
}

/* rules: NBL-01 */
static void classifying_opens_groups_in_order_of_first_appearance(void **state)
{
    (void)state;
    each_sequence(check_classify);
}

static void classifying_goes_on_with_the_groups_of_an_earlier_call(void **state)
{
    struct nbl_chain_group group[CLASSES];
    ULONG used = 0;
    NET_BUFFER_LIST *more, *chain = make_chain(6, 0 + 3 * 1 + 9 * 0 + 27 * 1 + 81 * 2 + 243 * 0); /* 0 1 0 | 1 2 0 */
    (void)state;
    more = nbl_chain_split(&chain, 3);
    assert_null(nbl_chain_classify(chain, &by_equality, group, CLASSES, &used));
    assert_int_equal(used, 2);
    assert_null(nbl_chain_classify(more, &by_equality, group, CLASSES, &used));
    assert_int_equal(used, 3);
    assert_int_equal(ascending(group[0].lists.lists.first, 0), 3);
    assert_int_equal(ascending(group[1].lists.lists.first, 1), 2);
    assert_int_equal(ascending(group[2].lists.lists.first, 2), 1);
}

static void an_emptied_group_takes_lists_by_key_but_not_by_equality(void **state)
{
    struct nbl_chain_group group[2];
    ULONG used = 1;
    NET_BUFFER_LIST *chain = make_chain(1, 2);
    (void)state;
    group[0].key = class_key(chain, NULL);
    nbl_counted_queue_init(&group[0].lists);
    assert_null(nbl_chain_classify(chain, &by_key, group, 2, &used));
    assert_int_equal(used, 1);
    assert_ptr_equal(nbl_counted_queue_pop(&group[0].lists), chain);
    group[0].key = useless_key(chain, NULL);
    assert_null(nbl_chain_classify(chain, &by_equality, group, 2, &used));
    assert_int_equal(used, 2);
    assert_ptr_equal(nbl_counted_queue_pop(&group[1].lists), chain);
}

/* struct flushed is what a test saw of the flushes: the class of each, and the NBLs in the order in which they came. */
struct flushed {
    struct nbl_chain_classifier const *classifier;
    struct {
        ULONG class_of_all;
        size_t count;
        NET_BUFFER_LIST *first;
    } flush[LISTS];
    size_t flushes;
    size_t lists;
};

static void remember(uint64_t key, struct nbl_counted_queue queue, void *context)
{
    struct flushed *const seen = context;
    NET_BUFFER_LIST *const first = nbl_queue_first(&queue.lists);
    assert_true(seen->flushes < LISTS);
    assert_true(nbl_counted_queue_is_consistent(&queue));
    assert_non_null(first);
    assert_int_equal(key, seen->classifier->key(first, NULL));
    seen->flush[seen->flushes].class_of_all = first->Flags;
    seen->flush[seen->flushes].count = ascending(first, first->Flags);
    seen->flush[seen->flushes].first = first;
    seen->lists += seen->flush[seen->flushes++].count;
    while (!nbl_counted_queue_is_empty(&queue)) /* ours now: the links may go */
        (void)nbl_counted_queue_pop(&queue);
}

/* expected_flushes is the rule played with classes alone: the classes flushed, in order. */
static size_t expected_flushes(size_t count, ULONG capacity, ULONG *flushes)
{
    ULONG open[LISTS];
    size_t opened = 0, flushed = 0;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t g = flushed; g < opened; g++)
            found |= open[g] == lists[i].Flags;
        if (found)
            continue;
        if (opened - flushed == capacity) {
            flushes[flushed] = open[flushed];
            flushed++;
        }
        open[opened++] = lists[i].Flags;
    }
    for (; flushed < opened; flushed++)
        flushes[flushed] = open[flushed];
    return flushed;
}

static void check_group_by_with(struct nbl_chain_classifier const *classifier, size_t count, unsigned digits,
                                ULONG capacity)
{
    struct nbl_chain_group group[CLASSES + 1];
    struct flushed seen = { .classifier = classifier, .flushes = 0 };
    NET_BUFFER_LIST const *last[CLASSES] = { NULL };
    ULONG expected[LISTS];
    size_t const flushes =
        (make_chain(count, digits), expected_flushes(count, capacity > 0 ? capacity : 1, expected));
    nbl_chain_group_by(count > 0 ? lists : NULL, classifier, capacity > 0 ? group : NULL, capacity, remember, &seen);
    assert_int_equal(seen.flushes, flushes);
    assert_int_equal(seen.lists, count);
    for (size_t i = 0; i < flushes; i++) {
        ULONG const class_here = seen.flush[i].class_of_all;
        assert_int_equal(class_here, expected[i]);
        assert_true(last[class_here] == NULL || last[class_here] < seen.flush[i].first);
        last[class_here] = seen.flush[i].first;
    }
}

static void check_group_by(size_t count, unsigned digits)
{
    for (ULONG capacity = 0; capacity <= CLASSES + 1; capacity++) {
        check_group_by_with(&by_key, count, digits, capacity);
        check_group_by_with(&by_equality, count, digits, capacity);
    }
}

/* rules: NBL-01 */
static void grouping_flushes_the_oldest_group_and_keeps_the_order_of_each_class(void **state)
{
    (void)state;
    each_sequence(check_group_by);
}

/* rules: NBL-09 NBL-10 NBL-11 */
static void the_ready_made_keys_read_their_field(void **state)
{
    NDIS_NET_BUFFER_LIST_INFO const hash = NetBufferListHashValue;
    NDIS_NET_BUFFER_LIST_INFO const none = MaxNetBufferListInfo;
    NET_BUFFER_LIST list;
    (void)state;
    memset(&list, 0, sizeof(list));
    list.SourceHandle = (PVOID)(uintptr_t)0x1230;
    list.NdisPoolHandle = (PVOID)(uintptr_t)0x4560;
    list.Status = NDIS_STATUS_FAILURE;
    list.NetBufferListInfo[NetBufferListHashValue] = (PVOID)(uintptr_t)0x7890;
    assert_int_equal(nbl_chain_key_source_handle(&list, NULL), 0x1230);
    assert_int_equal(nbl_chain_key_pool(&list, NULL), 0x4560);
    assert_int_equal(nbl_chain_key_status(&list, NULL), 0xC0000001u);
    assert_int_equal(nbl_chain_key_info(&list, (void *)(uintptr_t)&hash), 0x7890);
    assert_int_equal(nbl_chain_key_info(&list, (void *)(uintptr_t)&none), 0);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(distributing_keeps_the_order_and_gives_back_the_unplaced),
        NBL_TEST(classifying_opens_groups_in_order_of_first_appearance),
        NBL_TEST(classifying_goes_on_with_the_groups_of_an_earlier_call),
        NBL_TEST(an_emptied_group_takes_lists_by_key_but_not_by_equality),
        NBL_TEST(grouping_flushes_the_oldest_group_and_keeps_the_order_of_each_class),
        NBL_TEST(the_ready_made_keys_read_their_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
