/* SPDX-License-Identifier: MIT
 *
 * test_event.c - subscriptions, and what each kind of event says.
 */
#include "nbl_test.h"

#include "base/event.h"

#define MOST 64

/* A listener's notes: copies of the events, for their strings are static. */
struct notes {
    struct nbl_event events[MOST];
    unsigned count;
};

static void listen(struct nbl_event const *event, void *context)
{
    struct notes *notes = context;
    if (notes->count < MOST)
        notes->events[notes->count++] = *event;
}

static void listen_too(struct nbl_event const *event, void *context)
{
    listen(event, context);
}

static int const thing;

static void announce(void)
{
    nbl__violation("ADV-08", NBL_SEVERITY_FATAL, "SomeCall", &thing);
}

static void each_listener_gets_each_event_with_its_own_context(void **state)
{
    static struct notes first, second, third;
    (void)state;
    assert_true(nbl_event_subscribe(listen, &first));
    assert_true(nbl_event_subscribe(listen, &second));
    assert_true(nbl_event_subscribe(listen_too, &third));
    announce();
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 1);
    assert_int_equal(third.count, 1);
    assert_true(nbl_event_unsubscribe(listen, &first));
    announce();
    assert_int_equal(first.count, 1);
    assert_int_equal(second.count, 2);
    assert_true(nbl_event_unsubscribe(listen_too, &third));
    assert_true(nbl_event_unsubscribe(listen, &second));
    announce();
    assert_int_equal(second.count + third.count, 4);
}

static void violation_says_rule_severity_call_and_object(void **state)
{
    static struct notes notes;
    (void)state;
    assert_true(nbl_event_subscribe(listen, &notes));
    announce();
    assert_true(nbl_event_unsubscribe(listen, &notes));
    assert_int_equal(notes.events[0].kind, NBL_EVENT_VIOLATION);
    assert_int_equal(notes.events[0].severity, NBL_SEVERITY_FATAL);
    assert_string_equal(notes.events[0].rule, "ADV-08");
    assert_string_equal(notes.events[0].call, "SomeCall");
    assert_ptr_equal(notes.events[0].object, &thing);
    assert_null(notes.events[0].related);
    assert_int_equal(notes.events[0].bytes, 0);
}

static void subscriptions_are_limited_and_named_by_listener_and_context(void **state)
{
    static struct notes notes[NBL_EVENT_LISTENERS + 1];
    (void)state;
    assert_false(nbl_event_subscribe(NULL, &notes[0]));
    assert_false(nbl_event_unsubscribe(NULL, NULL));
    assert_false(nbl_event_unsubscribe(listen, &notes[0]));
    for (int i = 0; i < NBL_EVENT_LISTENERS; i++)
        assert_true(nbl_event_subscribe(listen, &notes[i]));
    assert_false(nbl_event_subscribe(listen, &notes[NBL_EVENT_LISTENERS]));
    assert_false(nbl_event_unsubscribe(listen_too, &notes[3]));
    assert_true(nbl_event_unsubscribe(listen, &notes[3]));
    assert_false(nbl_event_unsubscribe(listen, &notes[3]));
    assert_true(nbl_event_subscribe(listen, &notes[NBL_EVENT_LISTENERS]));
    announce();
    for (int i = 0; i <= NBL_EVENT_LISTENERS; i++)
        assert_int_equal(notes[i].count, i == 3 ? 0 : 1);
    for (int i = 0; i <= NBL_EVENT_LISTENERS; i++)
        assert_int_equal(nbl_event_unsubscribe(listen, &notes[i]), i != 3);
}

static unsigned heard_without_context;

static void listen_without_context(struct nbl_event const *event, void *context)
{
    (void)event;
    heard_without_context += context == NULL ? 1u : 0u;
}

static void context_may_be_null(void **state)
{
    (void)state;
    assert_true(nbl_event_subscribe(listen_without_context, NULL));
    announce();
    assert_int_equal(heard_without_context, 1);
    assert_false(nbl_event_unsubscribe(listen, NULL));
    assert_true(nbl_event_unsubscribe(listen_without_context, NULL));
}

static void hook_is_set_only_while_somebody_listens(void **state)
{
    static struct notes notes[2];
    (void)state;
    assert_false(nbl__hooked(NBL__HOOK_LISTENER));
    assert_true(nbl_event_subscribe(listen, &notes[0]));
    assert_true(nbl_event_subscribe(listen, &notes[1]));
    assert_true(nbl__hooked(NBL__HOOK_LISTENER));
    assert_true(nbl_event_unsubscribe(listen, &notes[0]));
    assert_true(nbl__hooked(NBL__HOOK_LISTENER));
    assert_true(nbl_event_unsubscribe(listen, &notes[1]));
    assert_false(nbl__hooked(NBL__HOOK_LISTENER));
}

static unsigned evaluated;

static void const *count_evaluation(void)
{
    evaluated++;
    return &thing;
}

static void arguments_are_evaluated_only_for_a_listener(void **state)
{
    static struct notes notes;
    (void)state;
    NBL__EVENT(NBL_EVENT_MDL_FREE, "SomeCall", count_evaluation(), NULL, 3);
    assert_int_equal(evaluated, 0);
    assert_true(nbl_event_subscribe(listen, &notes));
    NBL__EVENT(NBL_EVENT_MDL_FREE, "SomeCall", count_evaluation(), NULL, 3);
    assert_true(nbl_event_unsubscribe(listen, &notes));
    assert_int_equal(evaluated, 1);
    assert_int_equal(notes.events[0].kind, NBL_EVENT_MDL_FREE);
    assert_int_equal(notes.events[0].bytes, 3);
    assert_null(notes.events[0].rule);
}

/* ---- what happens to objects ---- */

static void expect_event(struct notes const *notes, unsigned index, enum nbl_event_kind kind, char const *call,
                         void const *object, void const *related)
{
    assert_true(index < notes->count);
    assert_int_equal(notes->events[index].kind, kind);
    assert_string_equal(notes->events[index].call, call);
    assert_ptr_equal(notes->events[index].object, object);
    assert_ptr_equal(notes->events[index].related, related);
}

/* rules: POOL-01 */
static void pools_and_lists_announce_themselves(void **state)
{
    static struct notes notes;
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list, *clone;
    (void)state;
    assert_true(nbl_event_subscribe(listen, &notes));
    pool = nbl_test_list_pool(FALSE, 0, 0);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    assert_int_equal(NdisAllocateNetBufferListContext(list, 16, 0, 0), NDIS_STATUS_SUCCESS);
    NdisFreeNetBufferListContext(list, 16);
    clone = nbl_derive_copy(list, NULL, NULL, 0);
    nbl_derive_free_copy(clone);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    assert_true(nbl_event_unsubscribe(listen, &notes));
    expect_event(&notes, 0, NBL_EVENT_POOL_ALLOCATE, "NdisAllocateNetBufferListPool", pool, NULL);
    expect_event(&notes, 1, NBL_EVENT_LIST_ALLOCATE, "NdisAllocateNetBufferList", list, NULL);
    expect_event(&notes, 2, NBL_EVENT_CONTEXT_ALLOCATE, "NdisAllocateNetBufferListContext", list, NULL);
    assert_int_equal(notes.events[2].bytes, 16);
    expect_event(&notes, 3, NBL_EVENT_CONTEXT_FREE, "NdisFreeNetBufferListContext", list, NULL);
    expect_event(&notes, 4, NBL_EVENT_LIST_ALLOCATE, "nbl_derive_copy", clone, NULL);
    expect_event(&notes, 5, NBL_EVENT_LIST_FREE, "nbl_derive_free_copy", clone, NULL);
    expect_event(&notes, 6, NBL_EVENT_LIST_FREE, "NdisFreeNetBufferList", list, NULL);
    expect_event(&notes, 7, NBL_EVENT_POOL_FREE, "NdisFreeNetBufferListPool", pool, NULL);
    assert_int_equal(notes.count, 8);
}

/* rules: RET-05 ADV-06 */
static void buffers_and_retreats_announce_themselves(void **state)
{
    static struct notes notes;
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *buffer;
    MDL *mdl;
    (void)state;
    assert_true(nbl_event_subscribe(listen, &notes));
    buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 10, 5, NULL), NDIS_STATUS_SUCCESS);
    mdl = buffer->MdlChain;
    NdisAdvanceNetBufferDataStart(buffer, 10, TRUE, NULL);
    NdisFreeNetBuffer(buffer);
    assert_true(nbl_event_unsubscribe(listen, &notes));
    expect_event(&notes, 0, NBL_EVENT_BUFFER_ALLOCATE, "NdisAllocateNetBuffer", buffer, NULL);
    expect_event(&notes, 1, NBL_EVENT_MDL_ALLOCATE, "NdisRetreatNetBufferDataStart", mdl, buffer);
    assert_int_equal(notes.events[1].bytes, 15);
    expect_event(&notes, 2, NBL_EVENT_MDL_FREE, "NdisAdvanceNetBufferDataStart", mdl, buffer);
    expect_event(&notes, 3, NBL_EVENT_BUFFER_FREE, "NdisFreeNetBuffer", buffer, NULL);
    assert_int_equal(notes.count, 4);
    NdisFreeNetBufferPool(pool);
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(each_listener_gets_each_event_with_its_own_context),
        cmocka_unit_test(violation_says_rule_severity_call_and_object),
        cmocka_unit_test(subscriptions_are_limited_and_named_by_listener_and_context),
        cmocka_unit_test(context_may_be_null),
        cmocka_unit_test(hook_is_set_only_while_somebody_listens),
        cmocka_unit_test(arguments_are_evaluated_only_for_a_listener),
        cmocka_unit_test(pools_and_lists_announce_themselves),
        cmocka_unit_test(buffers_and_retreats_announce_themselves),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
