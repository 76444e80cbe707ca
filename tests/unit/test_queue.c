/* SPDX-License-Identifier: MIT
 *
 * test_queue.c - queues of NET_BUFFER_LISTs against arrays.
 */
#include "nbl_test.h"

#define LISTS 12

static NET_BUFFER_LIST lists[LISTS];

/* struct model is a queue as an array: what is in it, first to last. */
struct model {
    NET_BUFFER_LIST *entry[LISTS];
    size_t count;
};

static void model_insert(struct model *model, size_t place, NET_BUFFER_LIST *const *from, size_t count)
{
    memmove(&model->entry[place + count], &model->entry[place], (model->count - place) * sizeof(model->entry[0]));
    memcpy(&model->entry[place], from, count * sizeof(from[0]));
    model->count += count;
}

static void model_remove(struct model *model, size_t place, size_t count)
{
    model->count -= count;
    memmove(&model->entry[place], &model->entry[place + count], (model->count - place) * sizeof(model->entry[0]));
}

static void chain_equals(NET_BUFFER_LIST const *chain, NET_BUFFER_LIST *const *expected, size_t count)
{
    for (size_t i = 0; i < count; i++, chain = chain->Next)
        assert_ptr_equal(chain, expected[i]);
    assert_null(chain);
}

static void queue_equals(struct nbl_counted_queue const *queue, struct model const *model)
{
    assert_true(nbl_counted_queue_is_consistent(queue));
    assert_int_equal(queue->count, model->count);
    assert_int_equal(nbl_counted_queue_is_empty(queue), model->count == 0);
    assert_int_equal(nbl_queue_is_empty(&queue->lists), model->count == 0);
    assert_ptr_equal(nbl_queue_first(&queue->lists), model->count > 0 ? model->entry[0] : NULL);
    assert_ptr_equal(nbl_queue_last(&queue->lists), model->count > 0 ? model->entry[model->count - 1] : NULL);
    chain_equals(queue->lists.first, model->entry, model->count);
}

/* link_chain links what a model holds, the last one to a pointer that must not survive. */
static void link_chain(struct model const *model)
{
    for (size_t i = 0; i < model->count; i++)
        model->entry[i]->Next = i + 1 < model->count ? model->entry[i + 1] : &lists[0];
}

static bool odd_flags(NET_BUFFER_LIST const *list, void *context)
{
    ++*(unsigned *)context;
    return (list->Flags & 1u) != 0;
}

static bool is_odd(NET_BUFFER_LIST const *list)
{
    return (list->Flags & 1u) != 0;
}

/* struct scene is two queues, the NBLs that are in neither, and the models of all three. */
struct scene {
    struct nbl_counted_queue queue[2];
    struct model model[2];
    struct model loose;
};

static void put_in(struct scene *scene, unsigned which, bool front, size_t count)
{
    struct model taken = { { NULL }, 0 };
    struct nbl_counted_queue *const queue = &scene->queue[which];
    NET_BUFFER_LIST *first, *last;
    count = count < scene->loose.count ? count : scene->loose.count;
    model_insert(&taken, 0, scene->loose.entry, count);
    model_remove(&scene->loose, 0, count);
    model_insert(&scene->model[which], front ? 0 : scene->model[which].count, taken.entry, count);
    link_chain(&taken);
    first = count > 0 ? taken.entry[0] : NULL;
    last = count > 0 ? taken.entry[count - 1] : NULL;
    if (count == 1 && front)
        nbl_counted_queue_prepend(queue, first);
    else if (count == 1)
        nbl_counted_queue_append(queue, first);
    else if (front)
        nbl_counted_queue_prepend_chain(queue, first, last, count);
    else if (count == 3) {
        last->Next = NULL;
        assert_int_equal(nbl_counted_queue_append_all(queue, first), count);
    } else
        nbl_counted_queue_append_chain(queue, first, last, count);
}

static void move_all(struct scene *scene, unsigned to, bool front)
{
    struct model *const from = &scene->model[1 - to];
    model_insert(&scene->model[to], front ? 0 : scene->model[to].count, from->entry, from->count);
    from->count = 0;
    if (front)
        nbl_counted_queue_prepend_queue(&scene->queue[to], &scene->queue[1 - to]);
    else
        nbl_counted_queue_append_queue(&scene->queue[to], &scene->queue[1 - to]);
}

static void take_out(struct scene *scene, unsigned which, unsigned how)
{
    struct model *const model = &scene->model[which];
    size_t const most = how == 0 ? 1 : how == 1 ? (size_t)rand() % 5 : LISTS;
    size_t const count = most < model->count ? most : model->count;
    NET_BUFFER_LIST *chain;
    ULONG64 taken = 99;
    if (how == 0)
        chain = nbl_counted_queue_pop(&scene->queue[which]);
    else if (how == 1)
        chain = nbl_counted_queue_pop_many(&scene->queue[which], most, &taken);
    else
        chain = nbl_counted_queue_take_all(&scene->queue[which]);
    chain_equals(chain, model->entry, count);
    if (how == 1)
        assert_int_equal(taken, count);
    model_insert(&scene->loose, scene->loose.count, model->entry, count);
    model_remove(model, 0, count);
}

static void extract_odd(struct scene *scene, unsigned from)
{
    struct model *const source = &scene->model[from];
    struct model *const target = &scene->model[1 - from];
    size_t const before = source->count, held = target->count;
    unsigned asked = 0;
    ULONG64 const moved =
        nbl_counted_queue_extract(&scene->queue[from], odd_flags, &asked, &scene->queue[1 - from]);
    for (size_t i = 0; i < source->count;)
        if (is_odd(source->entry[i])) {
            model_insert(target, target->count, &source->entry[i], 1);
            model_remove(source, i, 1);
        } else
            i++;
    assert_int_equal(asked, before);
    assert_int_equal(moved, target->count - held);
}

static void scene_start(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    memset(lists, 0, sizeof(lists));
    for (size_t i = 0; i < LISTS; i++) {
        lists[i].Flags = (ULONG)i;
        scene->loose.entry[i] = &lists[i];
    }
    scene->loose.count = LISTS;
}

/* rules: NBL-01 */
static void two_queues_behave_as_arrays_under_any_mix_of_calls(void **state)
{
    struct scene scene;
    (void)state;
    scene_start(&scene);
    for (unsigned step = 0; step < 200000; step++) {
        unsigned const which = (unsigned)rand() % 2;
        switch (rand() % 10) {
        case 0: case 1: case 2: put_in(&scene, which, false, (size_t)rand() % 5); break;
        case 3: case 4: put_in(&scene, which, true, (size_t)rand() % 4); break;
        case 5: move_all(&scene, which, false); break;
        case 6: move_all(&scene, which, true); break;
        case 7: extract_odd(&scene, which); break;
        default: take_out(&scene, which, (unsigned)rand() % 3); break;
        }
        queue_equals(&scene.queue[0], &scene.model[0]);
        queue_equals(&scene.queue[1], &scene.model[1]);
    }
}

/* rules: NBL-01 */
static void an_initialised_queue_and_a_zeroed_one_are_empty(void **state)
{
    struct nbl_queue queue = NBL_QUEUE_INIT;
    struct nbl_counted_queue counted = NBL_COUNTED_QUEUE_INIT;
    struct model const nothing = { { NULL }, 0 };
    struct nbl_queue zeroed;
    (void)state;
    memset(&zeroed, 0, sizeof(zeroed));
    assert_true(nbl_queue_is_empty(&queue) && nbl_queue_is_empty(&zeroed));
    assert_null(nbl_queue_pop(&zeroed));
    assert_null(nbl_queue_take_all(&queue));
    queue_equals(&counted, &nothing);
    assert_null(nbl_counted_queue_pop(&counted));
    nbl_counted_queue_append(&counted, &lists[0]);
    nbl_counted_queue_init(&counted);
    queue_equals(&counted, &nothing);
}

static void null_and_the_queue_itself_change_nothing(void **state)
{
    struct nbl_counted_queue counted = NBL_COUNTED_QUEUE_INIT;
    struct model model = { { &lists[0], &lists[1] }, 2 };
    unsigned asked = 0;
    (void)state;
    scene_start(&(struct scene){ .loose.count = 0 });
    nbl_counted_queue_append(&counted, &lists[0]);
    nbl_counted_queue_append(&counted, &lists[1]);
    nbl_counted_queue_append(&counted, NULL);
    nbl_counted_queue_prepend(&counted, NULL);
    nbl_counted_queue_append_chain(&counted, NULL, NULL, 5);
    nbl_counted_queue_prepend_chain(&counted, NULL, NULL, 5);
    assert_int_equal(nbl_counted_queue_append_all(&counted, NULL), 0);
    nbl_counted_queue_append_queue(&counted, &counted);
    nbl_counted_queue_prepend_queue(&counted, &counted);
    nbl_queue_append_queue(&counted.lists, &counted.lists);
    nbl_queue_prepend_queue(&counted.lists, &counted.lists);
    assert_int_equal(nbl_counted_queue_extract(&counted, odd_flags, &asked, &counted), 0);
    assert_null(nbl_queue_pop_many(&counted.lists, 0, NULL));
    queue_equals(&counted, &model);
}

static void a_copied_queue_is_the_same_queue(void **state)
{
    struct nbl_queue queue = NBL_QUEUE_INIT, copy;
    (void)state;
    nbl_queue_append(&queue, &lists[0]);
    copy = queue;
    nbl_queue_append(&copy, &lists[1]);
    assert_ptr_equal(nbl_queue_pop(&copy), &lists[0]);
    assert_ptr_equal(nbl_queue_pop(&copy), &lists[1]);
    assert_null(nbl_queue_pop(&copy));
    nbl_queue_append(&copy, &lists[2]);
    assert_ptr_equal(nbl_queue_last(&copy), &lists[2]);
}

static void a_broken_queue_is_found_out(void **state)
{
    struct nbl_queue queue = NBL_QUEUE_INIT;
    struct nbl_counted_queue counted;
    (void)state;
    nbl_queue_append(&queue, &lists[0]);
    nbl_queue_append(&queue, &lists[1]);
    assert_true(nbl_queue_is_consistent(&queue));
    counted.lists = queue;
    counted.count = 3;
    assert_false(nbl_counted_queue_is_consistent(&counted));
    queue.last = &lists[0];
    assert_false(nbl_queue_is_consistent(&queue));
    queue.last = &lists[1];
    lists[1].Next = &lists[0];
    assert_false(nbl_queue_is_consistent(&queue));
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(two_queues_behave_as_arrays_under_any_mix_of_calls),
        NBL_TEST(an_initialised_queue_and_a_zeroed_one_are_empty),
        NBL_TEST(null_and_the_queue_itself_change_nothing),
        NBL_TEST(a_copied_queue_is_the_same_queue),
        NBL_TEST(a_broken_queue_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
