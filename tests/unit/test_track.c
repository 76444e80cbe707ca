/* SPDX-License-Identifier: MIT
 *
 * test_track.c - what a memory checker is told: which objects are dead, and which bytes of backfill nobody has asked for.
 *
 * Under AddressSanitizer or Valgrind each misuse has to be reported in a child process. Without a checker the tests only
 * say what they could not see. In malloc mode objects die with their allocation, and backfill is not hidden.
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"

#include "base/event.h"

static bool tracked(char const *what)
{
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_NONE) {
        printf("# not seen: %s (no memory checker watches)\n", what);
        return false;
    }
    if (nbl_pool_mode_in_force() == NBL_POOL_MODE_MAGAZINE && !nbl__hooked(NBL__HOOK_TRACK)) {
        printf("# not seen: %s (NBL_TRACK=off)\n", what);
        return false;
    }
    return true;
}

static bool hides_backfill(char const *what)
{
    if (!tracked(what))
        return false;
    if (!nbl__hooked(NBL__HOOK_TRACK)) {
        printf("# not seen: %s (backfill is hidden in magazine mode only)\n", what);
        return false;
    }
    return true;
}

/* AddressSanitizer keeps 8 bytes alive together when the last of them is: hidden bytes in front of visible ones count from
 * the address below. */
static void check_hidden_front(unsigned char *memory, size_t bytes, void (*misuse)(void *))
{
    bool const coarse = nbl_test_checker_present() == NBL_TEST_CHECKER_ASAN;
    size_t const hidden = coarse ? (((uintptr_t)memory + bytes) & ~(uintptr_t)7) - (uintptr_t)memory : bytes;
    assert_int_equal(nbl_test_dead_bytes(memory, bytes), hidden);
    assert_true(nbl_test_checker_reports(misuse, memory + hidden - 1));
}

static void read_byte(void *address)
{
    unsigned char volatile const *byte = address;
    if (*byte == 1) /* a checker of definedness wants a decision */
        printf("#\n");
}

static void write_byte(void *address)
{
    *(unsigned char volatile *)address = 1;
}

/* ---- dead objects ---- */

static void check_dead(void *object, size_t bytes, char const *what)
{
    if (!tracked(what))
        return;
    assert_int_equal(nbl_test_dead_bytes(object, bytes), bytes);
    assert_true(nbl_test_checker_reports(read_byte, object));
    assert_true(nbl_test_checker_reports(write_byte, object));
}

/* rules: NBL-08 */
static void freed_list_is_dead(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 32);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = list->FirstNetBuffer;
    (void)state;
    assert_int_equal(nbl_test_dead_bytes(list, sizeof(*list)), 0);
    assert_int_equal(nbl_test_dead_bytes(buffer, sizeof(*buffer)), 0);
    NdisFreeNetBufferList(list);
    check_dead(list, sizeof(*list), "the use of a freed NBL");
    check_dead(buffer, sizeof(*buffer), "the use of the NB of a freed NBL");
    NdisFreeNetBufferListPool(pool);
}

/* rules: NB-25 */
static void freed_buffer_is_dead(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0), *other = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    (void)state;
    NdisFreeNetBuffer(buffer);
    check_dead(buffer, sizeof(*buffer), "the use of a freed NB");
    assert_int_equal(nbl_test_dead_bytes(other, sizeof(*other)), 0);
    NdisFreeNetBuffer(other);
    NdisFreeNetBufferPool(pool);
}

static void freed_mdl_and_derived_list_are_dead(void **state)
{
    unsigned char *bytes = malloc(20);
    struct nbl_test_list made;
    NET_BUFFER_LIST *clone;
    MDL *mdl = NdisAllocateMdl(NULL, bytes, 20);
    (void)state;
    NdisFreeMdl(mdl);
    check_dead(mdl, sizeof(*mdl), "the use of a freed MDL");
    free(bytes);
    nbl_test_list_make(&made, "a10 b10 DO=2");
    clone = NdisAllocateCloneNetBufferList(made.list, NULL, NULL, 0);
    mdl = clone->FirstNetBuffer->MdlChain;
    assert_int_equal(nbl_test_dead_bytes(mdl, sizeof(*mdl)), 0);
    NdisFreeCloneNetBufferList(clone, 0);
    check_dead(clone, sizeof(*clone), "the use of a freed clone");
    check_dead(mdl, sizeof(*mdl), "the use of an MDL of a freed clone");
    nbl_test_list_free(&made);
}

/* rules: ADV-06 */
static void memory_of_an_undone_retreat_is_dead(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    unsigned char *header;
    (void)state;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 30, 0, NULL), NDIS_STATUS_SUCCESS);
    header = NdisGetDataBuffer(buffer, 30, NULL, 1, 0);
    memset(header, 7, 30);
    NdisAdvanceNetBufferDataStart(buffer, 30, TRUE, NULL);
    check_dead(header, 30, "the use of a header that was advanced away");
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferPool(pool);
}

static void freed_context_is_dead(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(FALSE, 0, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    unsigned char *context;
    (void)state;
    assert_int_equal(NdisAllocateNetBufferListContext(list, 48, 0, 0), NDIS_STATUS_SUCCESS);
    context = NET_BUFFER_LIST_CONTEXT_DATA_START(list);
    memset(context, 1, 48);
    NdisFreeNetBufferListContext(list, 48);
    check_dead(context, 48, "the use of freed context");
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
}

/* A block ends where its object ends: the next byte is nobody's, also when the class of its size is larger. */
static void byte_behind_a_retreat_is_dead(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    unsigned char *header;
    (void)state;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 50, 0, NULL), NDIS_STATUS_SUCCESS);
    header = NdisGetDataBuffer(buffer, 50, NULL, 1, 0);
    assert_int_equal(nbl_test_dead_bytes(header, 50), 0);
    if (tracked("a step beyond the memory of a retreat"))
        assert_true(nbl_test_checker_reports(write_byte, header + 50));
    NdisAdvanceNetBufferDataStart(buffer, 50, TRUE, NULL);
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferPool(pool);
}

/* ---- backfill ---- */

/* rules: POOL-12 POOL-14 */
static void backfill_of_a_pool_is_dead_until_a_retreat(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = list->FirstNetBuffer;
    unsigned char *data = nbl_test_address(buffer->MdlChain);
    bool const seen = hides_backfill("the use of backfill that nobody retreated into");
    (void)state;
    if (seen) {
        assert_int_equal(nbl_test_dead_bytes(data, 64), 64);
        assert_true(nbl_test_checker_reports(write_byte, data + 63));
    }
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 20, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(nbl_test_dead_bytes(data + 44, 20), 0);
    if (seen) {
        check_hidden_front(data, 44, write_byte);
        assert_false(nbl_test_checker_reports(write_byte, data + 44));
    }
    memset(data + 44, 1, 20);
    NdisAdvanceNetBufferDataStart(buffer, 20, FALSE, NULL);
    assert_int_equal(nbl_test_dead_bytes(data + 44, 20), 0); /* passed bytes stay readable (ADV-03) */
    assert_int_equal(data[44], 1);
    NdisFreeNetBufferList(list);
    if (seen)
        assert_int_equal(nbl_test_dead_bytes(data, 64), 64);
    NdisFreeNetBufferListPool(pool);
}

/* rules: RET-05 */
static void backfill_of_a_retreat_is_dead_until_it_is_used(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(0);
    NET_BUFFER *buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    unsigned char *memory;
    bool const seen = hides_backfill("the use of a retreat's DataBackFill");
    (void)state;
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 10, 30, NULL), NDIS_STATUS_SUCCESS);
    memory = nbl_test_address(buffer->MdlChain);
    memset(memory + 30, 1, 10);
    if (seen)
        check_hidden_front(memory, 30, read_byte);
    assert_int_equal(NdisRetreatNetBufferDataStart(buffer, 30, 0, NULL), NDIS_STATUS_SUCCESS);
    assert_int_equal(nbl_test_dead_bytes(memory, 40), 0);
    assert_int_equal(memory[30], 1); /* what was visible keeps its content */
    NdisAdvanceNetBufferDataStart(buffer, 40, TRUE, NULL);
    NdisFreeNetBuffer(buffer);
    NdisFreeNetBufferPool(pool);
}

/* rules: FRAG-08 */
static void backfill_of_fragments_and_copies_is_dead(void **state)
{
    struct nbl_test_list made;
    NET_BUFFER_LIST *fragments, *copy;
    bool const seen = hides_backfill("the use of a fragment's or a copy's backfill");
    (void)state;
    nbl_test_list_make(&made, "a40");
    fragments = NdisAllocateFragmentNetBufferList(made.list, NULL, NULL, 0, 25, 14, 20, 0);
    copy = nbl_derive_copy(made.list, NULL, NULL, 33);
    for (NET_BUFFER *buffer = fragments->FirstNetBuffer; seen && buffer != NULL; buffer = buffer->Next) {
        unsigned char *memory = nbl_test_address(buffer->MdlChain);
        check_hidden_front(memory, 20, read_byte);
        assert_int_equal(nbl_test_dead_bytes(memory + 20, 14), 0);
    }
    if (seen)
        check_hidden_front(nbl_test_address(copy->FirstNetBuffer->MdlChain), 33, read_byte);
    assert_int_equal(nbl_test_dead_bytes(nbl_test_address(copy->FirstNetBuffer->MdlChain) + 33, 40), 0);
    nbl_derive_free_copy(copy);
    NdisFreeFragmentNetBufferList(fragments, 14, 0);
    nbl_test_list_free(&made);
}

/* Whoever asks for the address of an MDL may use all of it; so may one who moves the window by hand (NB-12, COPY-04). */
static void asking_for_the_memory_makes_it_visible(void **state)
{
    NDIS_HANDLE pool = nbl_test_buffer_pool(50);
    NET_BUFFER *asked = NdisAllocateNetBufferMdlAndData(pool), *moved = NdisAllocateNetBufferMdlAndData(pool);
    unsigned char *memory = MmGetSystemAddressForMdlSafe(asked->MdlChain, NormalPagePriority);
    ULONG copied;
    (void)state;
    assert_int_equal(nbl_test_dead_bytes(memory, 50), 0);
    memset(memory, 5, 50);
    asked->DataOffset = 0;
    asked->DataLength = 50;
    NdisAdjustNetBufferCurrentMdl(asked);
    moved->DataOffset = 0;
    NdisAdjustNetBufferCurrentMdl(moved);
    assert_int_equal(NdisCopyFromNetBufferToNetBuffer(moved, 10, 30, asked, 0, &copied), NDIS_STATUS_SUCCESS);
    assert_int_equal(copied, 30);
    assert_int_equal(nbl_test_dead_bytes(nbl_test_address(moved->MdlChain) + 10, 30), 0);
    NdisFreeNetBuffer(asked);
    NdisFreeNetBuffer(moved);
    NdisFreeNetBufferPool(pool);
}

/* Memory that goes back to the allocator must not stay dead there: somebody else gets it. */
static void memory_that_was_given_back_can_be_used(void **state)
{
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 64, 0);
    (void)state;
    for (int i = 0; i < 3; i++) {
        void *blocks[40];
        assert_int_equal(nbl_pool_give(nbl_pool_take(pool, 300, NULL)), 300);
        (void)nbl_pool_trim(pool);
        for (int b = 0; b < 40; b++) {
            blocks[b] = malloc(1u << (b % 17));
            assert_non_null(blocks[b]);
            assert_int_equal(nbl_test_dead_bytes(blocks[b], 1u << (b % 17)), 0);
        }
        for (int b = 0; b < 40; b++)
            free(blocks[b]);
    }
    NdisFreeNetBufferListPool(pool);
}

/* A source that hands the same memory out again: nothing may be dead there once all of it came back. */
static NBL_ALIGNAS(64) unsigned char arena[1u << 20];
static size_t arena_used, arena_blocks;

static void *arena_allocate(void *context, size_t bytes, size_t alignment)
{
    size_t const start = (arena_used + alignment - 1) & ~(alignment - 1);
    (void)context;
    if (alignment > 64 || start + bytes > sizeof(arena))
        return NULL;
    arena_used = start + bytes;
    arena_blocks++;
    return arena + start;
}

static void arena_release(void *context, void *memory, size_t bytes)
{
    (void)context;
    (void)memory;
    (void)bytes;
    if (--arena_blocks == 0)
        arena_used = 0;
}

static void source_gets_its_memory_back_alive(void **state)
{
    struct nbl_allocator const source = { arena_allocate, arena_release, NULL };
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    (void)state;
    assert_true(nbl_allocator_set(&source));
    pool = nbl_test_list_pool(TRUE, 64, 32);
    list = NdisAllocateNetBufferList(pool, 64, 0);
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 100, 70, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, 100, TRUE, NULL);
    assert_int_equal(NdisRetreatNetBufferDataStart(list->FirstNetBuffer, 40000, 70, NULL), NDIS_STATUS_SUCCESS);
    NdisAdvanceNetBufferDataStart(list->FirstNetBuffer, 40000, TRUE, NULL);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferListPool(pool);
    (void)nbl_memory_trim();
    assert_int_equal(arena_blocks, 0);
    assert_int_equal(nbl_test_dead_bytes(arena, sizeof(arena)), 0);
    assert_true(nbl_allocator_set(NULL));
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        NBL_TEST(freed_list_is_dead),
        NBL_TEST(freed_buffer_is_dead),
        NBL_TEST(freed_mdl_and_derived_list_are_dead),
        NBL_TEST(memory_of_an_undone_retreat_is_dead),
        NBL_TEST(freed_context_is_dead),
        NBL_TEST(byte_behind_a_retreat_is_dead),
        NBL_TEST(backfill_of_a_pool_is_dead_until_a_retreat),
        NBL_TEST(backfill_of_a_retreat_is_dead_until_it_is_used),
        NBL_TEST(backfill_of_fragments_and_copies_is_dead),
        NBL_TEST(asking_for_the_memory_makes_it_visible),
        NBL_TEST(memory_that_was_given_back_can_be_used),
        NBL_TEST(source_gets_its_memory_back_alive),
    };
    return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
