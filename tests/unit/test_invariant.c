/* SPDX-License-Identifier: MIT
 *
 * test_invariant.c - each invariant broken alone is told with its id, and a near miss is not.
 */
#include "nbl_test.h"

#include "nbl_test_events.h"
#include "nbl_test_pool.h"

#include "list/context.h"
#include "verify/invariant.h"

/* struct subject is a sound list that may be sent and indicated: two MDLs, 20 bytes each, used data [5, 35). */
struct subject {
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    NET_BUFFER *buffer;
    MDL *first, *second;
    unsigned char *bytes; /* not on the stack (MDL-15) */
};

static void make(struct subject *made)
{
    made->pool = nbl_test_list_pool(TRUE, 0, 0);
    static unsigned char data[2][40];
    static unsigned turn;
    made->bytes = data[turn++ % 2];
    made->first = NdisAllocateMdl(NULL, made->bytes, 20);
    made->second = NdisAllocateMdl(NULL, made->bytes + 20, 20);
    assert_true(made->first != NULL && made->second != NULL);
    made->first->Next = made->second;
    made->list = NdisAllocateNetBufferAndNetBufferList(made->pool, 0, 0, made->first, 5, 30);
    assert_non_null(made->list);
    made->buffer = NET_BUFFER_LIST_FIRST_NB(made->list);
    made->list->SourceHandle = made;
}

static void drop(struct subject *made)
{
    nbl__invariant_registry(NULL);
    made->first->Next = NULL;
    NdisFreeNetBufferList(made->list);
    NdisFreeMdl(made->first);
    NdisFreeMdl(made->second);
    NdisFreeNetBufferListPool(made->pool);
}

/* finds checks that a boundary tells this and nothing else; finds_nothing that it is silent. */
static void finds(struct subject const *made, enum nbl__boundary boundary, char const *violations)
{
    assert_int_equal(nbl__invariant_check(made->list, boundary, "a call"), *violations != '\0');
    nbl_test_expect(violations);
}

static void finds_nothing(struct subject const *made)
{
    for (unsigned boundary = NBL__BOUNDARY_ALLOCATE; boundary <= NBL__BOUNDARY_FREE; boundary++)
        finds(made, (enum nbl__boundary)boundary, "");
}

static void const *chosen; /* the object that the registry below says something else about than of the others */

static enum nbl__ledger_state freed_if_chosen(void const *object, void *context)
{
    (void)context;
    return object == chosen ? NBL__LEDGER_FREED : NBL__LEDGER_LIVE;
}

static enum nbl__ledger_state unknown_if_chosen(void const *object, void *context)
{
    (void)context;
    return object == chosen ? NBL__LEDGER_UNKNOWN : NBL__LEDGER_LIVE;
}

static bool not_chosen(void const *object, void *context)
{
    (void)context;
    return object != chosen;
}

/* rules: INV-01 INV-15 VER-01 */
static void what_is_not_alive_is_told_and_not_looked_at(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    void const *const each[] = { made.list, made.buffer, made.first, made.second };
    nbl__invariant_registry(&(struct nbl__registry){ freed_if_chosen, NULL, NULL, NULL });
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        chosen = each[i];
        finds(&made, NBL__BOUNDARY_SEND, "INV-01 fatal");
    }
    nbl__invariant_registry(&(struct nbl__registry){ unknown_if_chosen, NULL, NULL, NULL });
    finds_nothing(&made); /* an MDL that nobody knows is a driver's own */
    chosen = made.buffer;
    finds(&made, NBL__BOUNDARY_SEND, "INV-01 fatal");
    chosen = &made;
    made.list->ParentNetBufferList = (NET_BUFFER_LIST *)(void *)&made;
    finds(&made, NBL__BOUNDARY_FREE, "INV-15 warning");
    made.list->ParentNetBufferList = made.list;
    finds_nothing(&made);
    drop(&made);
}

/* rules: INV-01 VER-04 */
static void circles_end_and_are_told(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    made.second->Next = made.first;
    finds(&made, NBL__BOUNDARY_OWN, "VER-04 fatal");
    made.second->Next = made.second;
    finds(&made, NBL__BOUNDARY_OWN, "VER-04 fatal");
    made.second->Next = NULL;
    made.buffer->Next = made.buffer;
    finds(&made, NBL__BOUNDARY_OWN, "VER-04 fatal");
    made.buffer->Next = NULL;
    made.list->Next = made.list;
    assert_int_equal(nbl__invariant_check_chain(made.list, NBL__BOUNDARY_OWN, "a call"), 1);
    nbl_test_expect("VER-04 fatal");
    made.list->Next = NULL;
    finds_nothing(&made);
    drop(&made);
}

/* rules: INV-01 */
static void a_buffer_on_two_lists_is_told(void **state)
{
    struct subject made, other;
    (void)state;
    make(&made);
    make(&other);
    made.list->Next = other.list;
    assert_int_equal(nbl__invariant_check_chain(made.list, NBL__BOUNDARY_SEND, "a call"), 0);
    nbl_test_expect("");
    other.list->FirstNetBuffer = made.buffer;
    assert_int_equal(nbl__invariant_check_chain(made.list, NBL__BOUNDARY_SEND, "a call"), 1);
    nbl_test_expect("INV-01 fatal");
    nbl_test_blames(made.buffer);
    other.list->FirstNetBuffer = other.buffer;
    made.list->Next = NULL;
    drop(&other);
    drop(&made);
}

/* rules: INV-02 INV-13 */
static void an_mdl_on_two_buffers_is_told(void **state)
{
    struct subject made, other;
    (void)state;
    make(&made);
    make(&other);
    NET_BUFFER const before = *other.buffer;
    made.buffer->Next = other.buffer;
    finds(&made, NBL__BOUNDARY_SEND, "");
    finds(&made, NBL__BOUNDARY_INDICATE, "INV-13 error"); /* two NBs */
    other.first->Next = made.second;
    finds(&made, NBL__BOUNDARY_SEND, "INV-02 warning");
    nbl_test_blames(made.second);
    other.first->Next = other.second;
    made.buffer->Next = NULL;
    assert_ptr_equal(other.buffer->MdlChain, before.MdlChain);
    drop(&other);
    drop(&made);
}

/* rules: INV-03 NB-10 */
static void half_a_pair_is_told_but_the_null_end_is_none(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    NET_BUFFER const before = *made.buffer;
    made.buffer->CurrentMdl = NULL;
    finds(&made, NBL__BOUNDARY_SEND, "INV-03 error");
    made.buffer->CurrentMdlOffset = 0;
    made.buffer->DataOffset = 40;
    made.buffer->stDataLength = 0;
    finds_nothing(&made);
    made.buffer->MdlChain = NULL;
    finds(&made, NBL__BOUNDARY_SEND, "INV-03 error");
    made.buffer->DataOffset = 0;
    finds_nothing(&made);
    *made.buffer = before;
    drop(&made);
}

/* rules: INV-04 INV-06 INV-07 NB-11 */
static void a_pair_that_says_another_place_is_told(void **state)
{
    struct subject made;
    MDL stranger = { 0 };
    (void)state;
    make(&made);
    made.buffer->CurrentMdl = &stranger;
    finds(&made, NBL__BOUNDARY_OWN, "INV-04 fatal");
    made.buffer->CurrentMdl = made.first;
    made.buffer->CurrentMdlOffset = 6;
    finds(&made, NBL__BOUNDARY_OWN, "INV-06 error");
    made.buffer->CurrentMdlOffset = 20;
    made.buffer->DataOffset = 20;
    made.buffer->stDataLength = 10;
    finds(&made, NBL__BOUNDARY_OWN, "INV-07 warning");
    made.buffer->stDataLength = 0;
    finds_nothing(&made);
    made.buffer->CurrentMdl = made.second;
    made.buffer->DataOffset = 40;
    finds_nothing(&made); /* the end of the chain */
    drop(&made);
}

/* rules: INV-05 */
static void a_window_behind_the_chain_is_fatal_when_handed_on(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    made.buffer->stDataLength = 35;
    finds_nothing(&made);
    made.buffer->stDataLength = 36;
    finds(&made, NBL__BOUNDARY_SEND, "INV-05 fatal");
    finds(&made, NBL__BOUNDARY_INDICATE, "INV-05 fatal");
    finds(&made, NBL__BOUNDARY_ALLOCATE, "");
    made.buffer->stDataLength = 30;
    drop(&made);
}

/* rules: INV-08 */
static void an_mdl_with_data_that_cannot_be_mapped_is_told(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    CSHORT const flags = made.second->MdlFlags;
    made.second->MdlFlags = 0;
    finds(&made, NBL__BOUNDARY_SEND, "INV-08 error");
    made.buffer->stDataLength = 15;
    finds_nothing(&made); /* holds none */
    made.buffer->stDataLength = 30;
    made.second->MdlFlags = flags;
    made.second->ByteCount = 21;
    finds(&made, NBL__BOUNDARY_SEND, "INV-08 error");
    made.second->ByteCount = 20;
    drop(&made);
}

/* rules: INV-09 INV-17 */
static void guards_and_shared_memory_are_asked_for(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    nbl__invariant_registry(&(struct nbl__registry){ NULL, not_chosen, not_chosen, NULL });
    chosen = NULL;
    finds_nothing(&made);
    chosen = made.second;
    finds(&made, NBL__BOUNDARY_SEND, "INV-09 fatal");
    made.buffer->SharedMemoryInfo = (NET_BUFFER_SHARED_MEMORY *)(void *)&made;
    chosen = &made;
    finds(&made, NBL__BOUNDARY_SEND, "INV-17 warning");
    chosen = NULL;
    finds_nothing(&made);
    made.buffer->SharedMemoryInfo = NULL;
    drop(&made);
}

/* rules: INV-10 CTX-01 */
static void a_context_that_contradicts_itself_is_told(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    assert_int_equal(NdisAllocateNetBufferListContext(made.list, 16, 16, 0), NDIS_STATUS_SUCCESS);
    finds_nothing(&made);
    made.list->Context->Offset = made.list->Context->Size;
    finds(&made, NBL__BOUNDARY_OWN, "INV-10 error");
    made.list->Context->Offset = 16;
    NdisFreeNetBufferListContext(made.list, 16);
    drop(&made);
}

/* rules: INV-11 FLAG-04 */
static void flags_that_exclude_each_other_are_told_at_indication(void **state)
{
    static ULONG const wrong[] = { 0x600, 0x1A00, 0x800, 0x6B00, 0x2100, 0x4300, 0x2200 };
    static ULONG const right[] = { 0, 0x200, 0xA00, 0x1400, 0x2300, 0x4B00, 0x100 };
    struct subject made;
    (void)state;
    make(&made);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        made.list->NblFlags = wrong[i];
        finds(&made, NBL__BOUNDARY_INDICATE, "INV-11 error");
        finds(&made, NBL__BOUNDARY_SEND, "");
    }
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        made.list->NblFlags = right[i];
        finds_nothing(&made);
    }
    drop(&made);
}

/* rules: INV-13 INV-16 */
static void what_is_handed_on_has_a_buffer_and_a_source(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    made.list->SourceHandle = NULL;
    finds(&made, NBL__BOUNDARY_SEND, "INV-16 error");
    finds(&made, NBL__BOUNDARY_FREE, "");
    made.list->SourceHandle = &made;
    made.list->FirstNetBuffer = NULL;
    finds(&made, NBL__BOUNDARY_SEND, "INV-13 error");
    finds(&made, NBL__BOUNDARY_OWN, "");
    made.list->FirstNetBuffer = made.buffer;
    drop(&made);
}

/* rules: INV-14 GEN-04 */
static void a_list_with_derived_ones_is_not_handed_over(void **state)
{
    struct subject made;
    (void)state;
    make(&made);
    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    assert_non_null(clone);
    finds(&made, NBL__BOUNDARY_SEND, "INV-14 error");
    finds(&made, NBL__BOUNDARY_OWN, "");
    assert_int_equal(nbl__invariant_check(clone, NBL__BOUNDARY_OWN, "a call"), 0);
    NdisFreeCloneNetBufferList(clone, 0);
    made.list->ChildRefCount = -1;
    finds(&made, NBL__BOUNDARY_OWN, "INV-14 error");
    made.list->ChildRefCount = 0;
    finds_nothing(&made);
    drop(&made);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(what_is_not_alive_is_told_and_not_looked_at),
    NBL_TEST(circles_end_and_are_told),
    NBL_TEST(a_buffer_on_two_lists_is_told),
    NBL_TEST(an_mdl_on_two_buffers_is_told),
    NBL_TEST(half_a_pair_is_told_but_the_null_end_is_none),
    NBL_TEST(a_pair_that_says_another_place_is_told),
    NBL_TEST(a_window_behind_the_chain_is_fatal_when_handed_on),
    NBL_TEST(an_mdl_with_data_that_cannot_be_mapped_is_told),
    NBL_TEST(guards_and_shared_memory_are_asked_for),
    NBL_TEST(a_context_that_contradicts_itself_is_told),
    NBL_TEST(flags_that_exclude_each_other_are_told_at_indication),
    NBL_TEST(what_is_handed_on_has_a_buffer_and_a_source),
    NBL_TEST(a_list_with_derived_ones_is_not_handed_over),
};

int main(void)
{
    return NBL_TEST_RUN("invariant", tests);
}
