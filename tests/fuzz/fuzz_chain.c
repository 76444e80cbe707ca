/* SPDX-License-Identifier: MIT
 *
 * fuzz_chain.c - any sequence of calls on chains and queues, and sorting by class, against rows of numbers.
 */
#include "rows.h"

#define CHAINS 2u
#define QUEUES 3u
#define COUNTED 2u
#define CLASSES 4u
#define MOST_OPERATIONS 200u

static NET_BUFFER_LIST *chains[CHAINS];
static struct nbl_queue queues[QUEUES];
static struct nbl_counted_queue counted[COUNTED];
static struct row chain_rows[CHAINS], queue_rows[QUEUES], counted_rows[COUNTED];

/* ---- NBLs and their classes ---- */

static NET_BUFFER net_buffers[LISTS][2];

/* NBL i has i % 3 NBs with i bytes together, and a class and a bit that the input chooses. */
static void make_list(unsigned number)
{
    NET_BUFFER_LIST *list = &lists[number];
    ULONG const key = pick(CLASSES);
    memset(list, 0, sizeof(*list));
    memset(net_buffers[number], 0, sizeof(net_buffers[number]));
    net_buffers[number][0].DataLength = number / 2;
    net_buffers[number][1].DataLength = number - number / 2;
    if (number % 3 > 0)
        list->FirstNetBuffer = &net_buffers[number][0];
    if (number % 3 == 2)
        net_buffers[number][0].Next = &net_buffers[number][1];
    list->SourceHandle = (void *)(uintptr_t)key;
    list->NdisPoolHandle = (void *)(uintptr_t)key;
    list->Status = (NDIS_STATUS)key - 2;
    list->NetBufferListInfo[NetBufferListHashValue] = (void *)(uintptr_t)key;
    list->Scratch = (void *)(uintptr_t)pick(2);
}

static ULONG bytes_of(unsigned number)
{
    return number % 3 == 0 ? 0 : number % 3 == 1 ? number / 2 : number;
}

static uint64_t class_of(unsigned number)
{
    return (uintptr_t)lists[number].SourceHandle;
}

static unsigned bit_of(unsigned number)
{
    return (unsigned)(uintptr_t)lists[number].Scratch;
}

static bool has_class(unsigned number, unsigned by)
{
    return class_of(number) == by;
}

static bool predicate(NET_BUFFER_LIST const *list, void *context)
{
    return has_class(number_of(list), *(unsigned *)context);
}

static ULONG index_of(NET_BUFFER_LIST const *list, void *context)
{
    (void)context;
    return (ULONG)class_of(number_of(list));
}

static bool equal_bits(NET_BUFFER_LIST const *one, NET_BUFFER_LIST const *other, void *context)
{
    (void)context;
    return bit_of(number_of(one)) == bit_of(number_of(other));
}

/* ---- chains ---- */

static void do_chain_join(void)
{
    unsigned const one = pick(CHAINS), other = 1 - one;
    nbl_chain_append(&chains[one], chains[other]);
    chains[other] = NULL;
    row_join(&chain_rows[one], &chain_rows[other]);
}

static void do_chain_split(void)
{
    unsigned const one = pick(CHAINS), other = 1 - one, keep = pick(LISTS + 2);
    struct row rest = chain_rows[one], old = chain_rows[other];
    NET_BUFFER_LIST *const back = nbl_chain_split(&chains[one], keep);
    chain_rows[one] = row_cut(&rest, keep);
    expect_chain(back, &rest);
    chains[other] = nbl_chain_concatenate(back, chains[other]);
    row_join(&rest, &old);
    chain_rows[other] = rest;
}

static void do_chain_reverse(void)
{
    unsigned const which = pick(CHAINS);
    struct row turned = { 0, { 0 } };
    for (unsigned i = chain_rows[which].count; i-- > 0;)
        row_add(&turned, chain_rows[which].at[i]);
    chains[which] = nbl_chain_reverse(chains[which]);
    chain_rows[which] = turned;
}

static void do_chain_partition(void)
{
    unsigned const which = pick(CHAINS), chosen = pick(QUEUES), others = pick(QUEUES);
    unsigned by = pick(CLASSES);
    if (chosen == others) { /* the order of the chain, whatever the predicate says */
        nbl_chain_partition(chains[which], predicate, &by, &queues[chosen], &queues[others]);
        row_join(&queue_rows[chosen], &chain_rows[which]);
    } else {
        struct row out = row_split(&chain_rows[which], has_class, by);
        nbl_chain_partition(chains[which], predicate, &by, &queues[chosen], &queues[others]);
        row_join(&queue_rows[chosen], &out);
        row_join(&queue_rows[others], &chain_rows[which]);
    }
    chains[which] = NULL;
}

static void do_chain_distribute(void)
{
    unsigned const which = pick(CHAINS), count = pick(QUEUES + 1);
    chains[which] = nbl_chain_distribute(chains[which], index_of, NULL, count == 0 ? NULL : queues, count);
    for (unsigned queue = 0; queue < count; queue++) {
        struct row out = row_split(&chain_rows[which], has_class, queue);
        row_join(&queue_rows[queue], &out);
    }
}

static void do_chain_measure(void)
{
    unsigned const which = pick(CHAINS);
    struct row const *row = &chain_rows[which];
    struct nbl_chain_extent const extent = nbl_chain_measure(chains[which]);
    ULONG64 net_buffers_there = 0, bytes = 0;
    for (unsigned i = 0; i < row->count; i++) {
        net_buffers_there += row->at[i] % 3;
        bytes += bytes_of(row->at[i]);
    }
    if (extent.lists != row->count || extent.net_buffers != net_buffers_there || extent.bytes != bytes
        || extent.last != (row->count == 0 ? NULL : &lists[row->at[row->count - 1]]))
        broken("a chain of %u was measured wrongly", row->count);
    if (nbl_chain_count(chains[which]) != row->count || nbl_chain_count_net_buffers(chains[which]) != net_buffers_there
        || nbl_chain_last(chains[which]) != extent.last)
        broken("a chain of %u was counted wrongly", row->count);
}

/* A link back to any NBL of the chain makes a cycle, and only that does. */
static void do_chain_cycle(void)
{
    unsigned const which = pick(CHAINS), to = pick(LISTS);
    struct row const *row = &chain_rows[which];
    if (nbl_chain_has_cycle(chains[which]))
        broken("a cycle where there is none");
    if (to >= row->count)
        return;
    lists[row->at[row->count - 1]].Next = &lists[row->at[to]];
    if (!nbl_chain_has_cycle(chains[which]))
        broken("a cycle from %u to %u was not seen", row->count - 1, to);
    lists[row->at[row->count - 1]].Next = NULL;
}

/* ---- queues: each call in its plain and its counted form ---- */

static void do_queue_from_chain(void)
{
    unsigned const which = pick(CHAINS), queue = pick(QUEUES), way = pick(3);
    NET_BUFFER_LIST *const last = nbl_chain_last(chains[which]);
    if (way == 0)
        nbl_queue_append_chain(&queues[queue], chains[which], last);
    else if (way == 1)
        nbl_queue_prepend_chain(&queues[queue], chains[which], last);
    else if (nbl_queue_append_all(&queues[queue], chains[which]) != chain_rows[which].count)
        broken("append_all counted wrongly");
    if (way == 1)
        row_join_front(&queue_rows[queue], &chain_rows[which]);
    else
        row_join(&queue_rows[queue], &chain_rows[which]);
    chains[which] = NULL;
}

static void do_counted_from_chain(void)
{
    unsigned const which = pick(CHAINS), queue = pick(COUNTED), way = pick(3);
    NET_BUFFER_LIST *const last = nbl_chain_last(chains[which]);
    ULONG64 const count = chain_rows[which].count;
    if (way == 0)
        nbl_counted_queue_append_chain(&counted[queue], chains[which], last, count);
    else if (way == 1)
        nbl_counted_queue_prepend_chain(&counted[queue], chains[which], last, count);
    else if (nbl_counted_queue_append_all(&counted[queue], chains[which]) != count)
        broken("append_all counted wrongly");
    if (way == 1)
        row_join_front(&counted_rows[queue], &chain_rows[which]);
    else
        row_join(&counted_rows[queue], &chain_rows[which]);
    chains[which] = NULL;
}

/* One from the front of one queue to an end of another, perhaps the same; nothing from an empty one. */
static void do_queue_pop(void)
{
    unsigned const from = pick(QUEUES), to = pick(QUEUES);
    bool const front = chance(2);
    struct row out = row_cut(&queue_rows[from], 1);
    NET_BUFFER_LIST *const list = nbl_queue_pop(&queues[from]);
    expect_chain(list, &out);
    if (front)
        nbl_queue_prepend(&queues[to], list);
    else
        nbl_queue_append(&queues[to], list);
    if (front)
        row_join_front(&queue_rows[to], &out);
    else
        row_join(&queue_rows[to], &out);
}

static void do_counted_pop(void)
{
    unsigned const from = pick(COUNTED), to = pick(COUNTED);
    bool const front = chance(2);
    struct row out = row_cut(&counted_rows[from], 1);
    NET_BUFFER_LIST *const list = nbl_counted_queue_pop(&counted[from]);
    expect_chain(list, &out);
    if (front)
        nbl_counted_queue_prepend(&counted[to], list);
    else
        nbl_counted_queue_append(&counted[to], list);
    if (front)
        row_join_front(&counted_rows[to], &out);
    else
        row_join(&counted_rows[to], &out);
}

static void do_pop_many(void)
{
    unsigned const which = pick(CHAINS), from = pick(QUEUES), count = pick(LISTS + 2);
    bool const of_counted = chance(2);
    struct row *row = of_counted ? &counted_rows[from % COUNTED] : &queue_rows[from];
    struct row out = row_cut(row, count);
    ULONG64 taken = 12345;
    NET_BUFFER_LIST *const chain = of_counted ? nbl_counted_queue_pop_many(&counted[from % COUNTED], count, &taken)
                                              : nbl_queue_pop_many(&queues[from], count, &taken);
    expect_chain(chain, &out);
    if (taken != out.count)
        broken("%u taken, %u said", out.count, (unsigned)taken);
    nbl_chain_append(&chains[which], chain);
    row_join(&chain_rows[which], &out);
}

static void do_take_all(void)
{
    unsigned const which = pick(CHAINS), from = pick(QUEUES);
    bool const of_counted = chance(2);
    struct row *row = of_counted ? &counted_rows[from % COUNTED] : &queue_rows[from];
    NET_BUFFER_LIST *const chain = of_counted ? nbl_counted_queue_take_all(&counted[from % COUNTED])
                                              : nbl_queue_take_all(&queues[from]);
    expect_chain(chain, row);
    nbl_chain_append(&chains[which], chain);
    row_join(&chain_rows[which], row);
}

static void do_queue_join(void)
{
    unsigned const to = pick(QUEUES), from = pick(QUEUES);
    bool const front = chance(2);
    if (front)
        nbl_queue_prepend_queue(&queues[to], &queues[from]);
    else
        nbl_queue_append_queue(&queues[to], &queues[from]);
    if (to == from)
        return;
    if (front)
        row_join_front(&queue_rows[to], &queue_rows[from]);
    else
        row_join(&queue_rows[to], &queue_rows[from]);
}

static void do_counted_join(void)
{
    unsigned const to = pick(COUNTED), from = pick(COUNTED);
    bool const front = chance(2);
    if (front)
        nbl_counted_queue_prepend_queue(&counted[to], &counted[from]);
    else
        nbl_counted_queue_append_queue(&counted[to], &counted[from]);
    if (to == from)
        return;
    if (front)
        row_join_front(&counted_rows[to], &counted_rows[from]);
    else
        row_join(&counted_rows[to], &counted_rows[from]);
}

static void do_extract(void)
{
    unsigned const from = pick(QUEUES), to = pick(QUEUES);
    unsigned by = pick(CLASSES);
    bool const of_counted = chance(2);
    struct row *source = of_counted ? &counted_rows[from % COUNTED] : &queue_rows[from];
    struct row *target = of_counted ? &counted_rows[to % COUNTED] : &queue_rows[to];
    struct row out = { 0, { 0 } };
    ULONG64 moved;
    if (source != target)
        out = row_split(source, has_class, by);
    moved = of_counted
                ? nbl_counted_queue_extract(&counted[from % COUNTED], predicate, &by, &counted[to % COUNTED])
                : nbl_queue_extract(&queues[from], predicate, &by, &queues[to]);
    if (source != target && moved != out.count)
        broken("%u were extracted, %u said", out.count, (unsigned)moved);
    row_join(target, &out);
}

/* ---- classes ---- */

/* struct class is an open group as the oracle sees it. */
struct class {
    uint64_t key;
    struct row row;
};

static struct nbl_chain_classifier any_classifier(void)
{
    static NDIS_NET_BUFFER_LIST_INFO slot = NetBufferListHashValue;
    static nbl_chain_key *const keys[] = { nbl_chain_key_source_handle, nbl_chain_key_pool, nbl_chain_key_status,
                                           nbl_chain_key_info };
    ULONG const which = pick(4);
    return (struct nbl_chain_classifier){ keys[which], chance(2) ? equal_bits : NULL, &slot };
}

/* The open group that an NBL belongs to, or `open`. */
static unsigned find_class(struct class const *classes, unsigned open, struct nbl_chain_classifier const *classifier,
                           unsigned number)
{
    uint64_t const key = classifier->key(&lists[number], classifier->context);
    for (unsigned i = 0; i < open; i++)
        if (classes[i].key == key && (classifier->equal == NULL || bit_of(classes[i].row.at[0]) == bit_of(number)))
            return i;
    return open;
}

static void do_classify(void)
{
    unsigned const which = pick(CHAINS), capacity = pick(7);
    struct nbl_chain_classifier const classifier = any_classifier();
    struct nbl_chain_group groups[6];
    struct class classes[6] = { { 0, { 0, { 0 } } } };
    struct row rest = { 0, { 0 } }, first = row_cut(&chain_rows[which], pick(LISTS));
    NET_BUFFER_LIST *front = chains[which];
    NET_BUFFER_LIST *back = nbl_chain_split(&front, first.count);
    ULONG used = 0;
    unsigned open = 0;
    row_join(&first, &chain_rows[which]);
    for (unsigned i = 0; i < first.count; i++) {
        unsigned const class = find_class(classes, open, &classifier, first.at[i]);
        if (class == open && open < capacity)
            classes[open++].key = classifier.key(&lists[first.at[i]], classifier.context);
        row_add(class < open ? &classes[class].row : &rest, first.at[i]);
    }
    front = nbl_chain_classify(front, &classifier, capacity == 0 ? NULL : groups, capacity, &used); /* in two goes */
    back = nbl_chain_classify(back, &classifier, capacity == 0 ? NULL : groups, capacity, &used);
    chains[which] = nbl_chain_concatenate(front, back);
    expect_chain(chains[which], &rest);
    if (used != open)
        broken("%u groups instead of %u", (unsigned)used, open);
    for (unsigned i = 0; i < open; i++) {
        expect_chain(groups[i].lists.lists.first, &classes[i].row);
        if (groups[i].key != classes[i].key || !nbl_counted_queue_is_consistent(&groups[i].lists))
            broken("group %u is not as it should be", i);
        nbl_counted_queue_append_queue(&counted[0], &groups[i].lists);
        row_join(&counted_rows[0], &classes[i].row);
    }
    chain_rows[which] = rest;
}

/* What has to be flushed, in order. */
static struct {
    struct class classes[LISTS + 1];
    unsigned count;
    unsigned seen;
} flushes;

static void on_flush(uint64_t key, struct nbl_counted_queue queue, void *context)
{
    struct class const *expected = &flushes.classes[flushes.seen++];
    (void)context;
    if (flushes.seen > flushes.count || key != expected->key || queue.count != expected->row.count)
        broken("flush %u is not as it should be", flushes.seen);
    expect_chain(queue.lists.first, &expected->row);
    nbl_counted_queue_append_queue(&counted[1], &queue);
}

static void do_group_by(void)
{
    unsigned const which = pick(CHAINS), capacity = pick(5), room = capacity == 0 ? 1 : capacity;
    struct nbl_chain_classifier const classifier = any_classifier();
    struct nbl_chain_group groups[4];
    struct class open_classes[4];
    unsigned open = 0;
    flushes.count = flushes.seen = 0;
    for (unsigned i = 0; i < chain_rows[which].count; i++) {
        unsigned const number = chain_rows[which].at[i];
        unsigned class = find_class(open_classes, open, &classifier, number);
        if (class == open && open == room) { /* the oldest makes room */
            flushes.classes[flushes.count++] = open_classes[0];
            memmove(&open_classes[0], &open_classes[1], --open * sizeof(open_classes[0]));
            class = open;
        }
        if (class == open)
            open_classes[open++] =
                (struct class){ classifier.key(&lists[number], classifier.context), { 0, { 0 } } };
        row_add(&open_classes[class].row, number);
    }
    for (unsigned i = 0; i < open; i++)
        flushes.classes[flushes.count++] = open_classes[i];
    nbl_chain_group_by(chains[which], &classifier, capacity == 0 ? NULL : groups, capacity, on_flush, NULL);
    if (flushes.seen != flushes.count)
        broken("%u flushes instead of %u", flushes.seen, flushes.count);
    for (unsigned i = 0; i < flushes.count; i++)
        row_join(&counted_rows[1], &flushes.classes[i].row);
    chains[which] = NULL;
    chain_rows[which].count = 0;
}

/* ---- the whole ---- */

static operation *const operations[] = {
    do_chain_join,         do_chain_split,   do_chain_reverse,    do_chain_partition,
    do_chain_distribute,   do_chain_measure, do_queue_from_chain, do_queue_pop,
    do_counted_from_chain, do_counted_pop,   do_pop_many,         do_take_all,
    do_queue_join,         do_extract,       do_counted_join,     do_classify,
    do_group_by,           do_chain_cycle,
};

static void check_all(void)
{
    for (unsigned i = 0; i < CHAINS; i++)
        expect_chain(chains[i], &chain_rows[i]);
    for (unsigned i = 0; i < QUEUES; i++) {
        expect_chain(queues[i].first, &queue_rows[i]);
        if (!nbl_queue_is_consistent(&queues[i]) || nbl_queue_is_empty(&queues[i]) != (queue_rows[i].count == 0))
            broken("queue %u is not consistent", i);
    }
    for (unsigned i = 0; i < COUNTED; i++) {
        expect_chain(counted[i].lists.first, &counted_rows[i]);
        if (!nbl_counted_queue_is_consistent(&counted[i]) || counted[i].count != counted_rows[i].count)
            broken("counted queue %u is not consistent", i);
    }
}

static void begin(uint8_t const *data, size_t size)
{
    fuzz_forget_notes();
    world_begin(size, true);
    world_choose_by(data, size);
    memset(queues, 0, sizeof(queues));
    memset(counted, 0, sizeof(counted));
    memset(chain_rows, 0, sizeof(chain_rows));
    memset(queue_rows, 0, sizeof(queue_rows));
    memset(counted_rows, 0, sizeof(counted_rows));
    chains[0] = &lists[0];
    chains[1] = NULL;
    for (unsigned i = 0; i < LISTS; i++) {
        make_list(i);
        lists[i].Next = i + 1 < LISTS ? &lists[i + 1] : NULL;
        row_add(&chain_rows[0], i);
    }
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    fuzz_no_violations(true);
    begin(data, size);
    for (unsigned done = 0; done < MOST_OPERATIONS && world.bytes_left > 0; done++) {
        unsigned const which = pick(sizeof(operations) / sizeof(operations[0]));
        note("%u ", which);
        operations[which]();
        check_all();
    }
    return 0;
}
