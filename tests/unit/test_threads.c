/* SPDX-License-Identifier: MIT
 *
 * test_threads.c - packets that are made by one thread and used, derived from and freed by others, while threads come and
 * go and pools are trimmed.
 *
 *     test_threads [SECONDS]     how long the stress runs; 2 by default, or NBL_THREADS_SECONDS
 *
 * A packet says in its driver fields what it is: ProtocolReserved = { task, seed, length, family }. Its used data is
 * pattern(seed, i), whoever looks.
 */
#include "nbl_test.h"
#include "nbl_test_checker.h"
#include "nbl_test_mailbox.h"

#define WORKERS 5
#define DATA_SIZE 200u
#define ROOM 4096u

enum task { TASK_FREE, TASK_FREE_CLONE, TASK_FREE_SHARED_CLONE, TASK_FRAGMENTS, TASK_REASSEMBLED, TASK_PLAIN_WORK };

/* A parent and its derived lists that are on the way. The owner counts as one. */
struct family {
    atomic_uint members;
};

struct worker {
    pthread_t thread;
    struct nbl_test_mailbox mailbox;
    uint32_t random;
};

static struct worker workers[WORKERS];
static NDIS_HANDLE list_pool, plain_pool, buffer_pool;
static double deadline;
static atomic_bool stop;
static atomic_uint finished;          /* workers that make no more packets */
static atomic_uint wrong;             /* packets that did not hold what they should */
static atomic_uint strange;           /* violations that nobody asked for */
static atomic_uint early, early_seen; /* parents freed before their children: done, and reported (GEN-06) */
static atomic_uint packets, derived_lists, visitors;

static uint32_t next(uint32_t *random, uint32_t below)
{
    *random = *random * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)*random * below) >> 32);
}

static unsigned char pattern(uint32_t seed, ULONG i)
{
    return (unsigned char)(seed + i * 7u + (i >> 8));
}

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind != NBL_EVENT_VIOLATION || event->severity < NBL_SEVERITY_WARNING)
        return;
    atomic_fetch_add(strcmp(event->rule, "GEN-06") == 0 ? &early_seen : &strange, 1);
}

/* ---- packets ---- */

static void address_packet(NET_BUFFER_LIST *list, enum task task, uint32_t seed, ULONG length, struct family *family)
{
    list->ProtocolReserved[0] = (PVOID)(uintptr_t)task;
    list->ProtocolReserved[1] = (PVOID)(uintptr_t)seed;
    list->ProtocolReserved[2] = (PVOID)(uintptr_t)length;
    list->ProtocolReserved[3] = family;
}

static void check_bytes(NET_BUFFER *buffer, uint32_t seed, ULONG from)
{
    unsigned char storage[ROOM];
    unsigned char const *bytes = NdisGetDataBuffer(buffer, buffer->DataLength, storage, 1, 0);
    bool good = bytes != NULL;
    for (ULONG i = 0; good && i < buffer->DataLength; i++)
        good = bytes[i] == pattern(seed, from + i);
    if (!good)
        atomic_fetch_add(&wrong, 1);
}

static uint32_t seed_of(NET_BUFFER_LIST const *list)
{
    return (uint32_t)(uintptr_t)list->ProtocolReserved[1];
}

/* A packet of `length` bytes, more than the pool's data has room for when length > DATA_SIZE. */
static NET_BUFFER_LIST *make_packet(uint32_t seed, ULONG length)
{
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(list_pool, 32, 16);
    NET_BUFFER *buffer;
    unsigned char bytes[ROOM];
    ULONG at = 0;
    if (list == NULL || NdisRetreatNetBufferDataStart(list->FirstNetBuffer, length, 0, NULL) != NDIS_STATUS_SUCCESS) {
        atomic_fetch_add(&wrong, 1);
        return list;
    }
    buffer = list->FirstNetBuffer;
    for (ULONG i = 0; i < length; i++)
        bytes[i] = pattern(seed, i);
    for (MDL *mdl = buffer->CurrentMdl; at < length; mdl = mdl->Next) {
        ULONG const offset = mdl == buffer->CurrentMdl ? buffer->CurrentMdlOffset : 0;
        ULONG const left = mdl->ByteCount - offset;
        ULONG const step = left < length - at ? left : length - at;
        memcpy((unsigned char *)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) + offset, bytes + at, step);
        at += step;
    }
    memset(NET_BUFFER_LIST_CONTEXT_DATA_START(list), (int)(seed & 0xFF), 32);
    atomic_fetch_add(&packets, 1);
    return list;
}

static void free_packet(NET_BUFFER_LIST *list)
{
    NET_BUFFER *buffer = list->FirstNetBuffer;
    for (int i = 0; i < 32; i++)
        if (NET_BUFFER_LIST_CONTEXT_DATA_START(list)[i] != (seed_of(list) & 0xFF))
            atomic_fetch_add(&wrong, 1);
    NdisAdvanceNetBufferDataStart(buffer, buffer->DataLength, TRUE, NULL);
    NdisFreeNetBufferList(list);
}

static void leave(struct family *family)
{
    if (family != NULL && atomic_fetch_sub(&family->members, 1) == 1)
        free(family);
}

/* ---- what a thread does with what it receives ---- */

static void receive_fragments(NET_BUFFER_LIST *fragments)
{
    uint32_t const seed = seed_of(fragments);
    NET_BUFFER_LIST *whole;
    ULONG from = 0;
    for (NET_BUFFER *buffer = fragments->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        NdisAdvanceNetBufferDataStart(buffer, 14, FALSE, NULL);
        check_bytes(buffer, seed, from);
        from += buffer->DataLength;
    }
    whole = NdisAllocateReassembledNetBufferList(fragments, NULL, 0, 0, 0, 0);
    if (whole != NULL) {
        check_bytes(whole->FirstNetBuffer, seed, 0);
        NdisFreeReassembledNetBufferList(whole, 0, 0);
    }
    if (whole == NULL || from != (ULONG)(uintptr_t)fragments->ProtocolReserved[2])
        atomic_fetch_add(&wrong, 1);
    NdisFreeFragmentNetBufferList(fragments, 14, 0);
}

/* Another thread's packet: context, a header in front and off again, a deep copy. */
static void work_on_packet(NET_BUFFER_LIST *list)
{
    NET_BUFFER *buffer = list->FirstNetBuffer;
    NET_BUFFER_LIST *copy;
    bool good = NdisAllocateNetBufferListContext(list, 128, 0, 0) == NDIS_STATUS_SUCCESS
        && NdisRetreatNetBufferDataStart(buffer, 300, 20, NULL) == NDIS_STATUS_SUCCESS;
    if (good) {
        NdisAdvanceNetBufferDataStart(buffer, 300, TRUE, NULL);
        NdisFreeNetBufferListContext(list, 128);
    }
    check_bytes(buffer, seed_of(list), 0);
    copy = nbl_derive_copy(list, plain_pool, buffer_pool, 10);
    if (copy != NULL) {
        check_bytes(copy->FirstNetBuffer, seed_of(list), 0);
        nbl_derive_free_copy(copy);
    }
    if (!good || copy == NULL)
        atomic_fetch_add(&wrong, 1);
    free_packet(list);
}

static void receive(NET_BUFFER_LIST *list)
{
    struct family *family = list->ProtocolReserved[3];
    switch ((enum task)(uintptr_t)list->ProtocolReserved[0]) {
    case TASK_FREE:
        check_bytes(list->FirstNetBuffer, seed_of(list), 0);
        free_packet(list);
        break;
    case TASK_FREE_CLONE:
        check_bytes(list->FirstNetBuffer, seed_of(list), 0);
        NdisFreeCloneNetBufferList(list, 0);
        break;
    case TASK_FREE_SHARED_CLONE:
        check_bytes(list->FirstNetBuffer, seed_of(list), 0);
        NdisFreeCloneNetBufferList(list, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
        break;
    case TASK_FRAGMENTS: receive_fragments(list); break;
    case TASK_REASSEMBLED:
        check_bytes(list->FirstNetBuffer, seed_of(list), 0);
        NdisFreeReassembledNetBufferList(list, 0, 0);
        break;
    case TASK_PLAIN_WORK: work_on_packet(list); break;
    }
    leave(family);
}

static bool receive_all(struct worker *worker)
{
    bool any = false;
    for (int door = 0; door < 2; door++) {
        NET_BUFFER_LIST *list = nbl_test_mailbox_take(&worker->mailbox, door == 0);
        while (list != NULL) {
            NET_BUFFER_LIST *following = list->Next;
            list->Next = NULL;
            receive(list);
            list = following;
            any = true;
        }
    }
    return any;
}

/* ---- what a thread sends ---- */

static void send_to_anyone(struct worker *worker, NET_BUFFER_LIST *list)
{
    struct worker *to = &workers[next(&worker->random, WORKERS)];
    nbl_test_mailbox_put(&to->mailbox, list, next(&worker->random, 2) == 0);
}

static NET_BUFFER_LIST *derive(NET_BUFFER_LIST *parent, uint32_t way, enum task *task)
{
    static enum task const tasks[] = { TASK_FREE_CLONE, TASK_FREE_SHARED_CLONE, TASK_FRAGMENTS, TASK_REASSEMBLED };
    *task = tasks[way];
    switch (tasks[way]) {
    case TASK_FREE_CLONE: return NdisAllocateCloneNetBufferList(parent, plain_pool, buffer_pool, 0);
    case TASK_FREE_SHARED_CLONE:
        return NdisAllocateCloneNetBufferList(parent, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    case TASK_FRAGMENTS: return NdisAllocateFragmentNetBufferList(parent, plain_pool, NULL, 0, 100, 14, 0, 0);
    default: return NdisAllocateReassembledNetBufferList(parent, NULL, 0, 0, 0, 0);
    }
}

/* Children are freed by others while the owner still derives more. A parent is freed when its last child is gone, or at
 * once: then the last child takes it along (GEN-06), and its bytes have to be the pool's own. */
static void send_family(struct worker *worker)
{
    uint32_t const seed = next(&worker->random, 1u << 20);
    bool const at_once = next(&worker->random, 3) == 0;
    ULONG const length = 1 + next(&worker->random, at_once ? DATA_SIZE : 3 * DATA_SIZE);
    NET_BUFFER_LIST *parent = make_packet(seed, length);
    struct family *family = malloc(sizeof(*family));
    unsigned const children = 1 + next(&worker->random, 8);
    if (parent == NULL || family == NULL)
        return;
    address_packet(parent, TASK_FREE, seed, length, NULL);
    atomic_init(&family->members, 1);
    for (unsigned i = 0; i < children; i++) {
        enum task task;
        NET_BUFFER_LIST *child = derive(parent, next(&worker->random, 4), &task);
        if (child == NULL) {
            atomic_fetch_add(&wrong, 1);
            continue;
        }
        atomic_fetch_add(&family->members, 1);
        atomic_fetch_add(&derived_lists, 1);
        address_packet(child, task, seed, length, family);
        send_to_anyone(worker, child);
    }
    if (at_once) {
        atomic_fetch_add(&early, 1);
        NdisFreeNetBufferList(parent);
    } else {
        while (nbl_derive_children(parent) > 0)
            if (!receive_all(worker))
                (void)sched_yield();
        check_bytes(parent->FirstNetBuffer, seed, 0);
        free_packet(parent);
    }
    leave(family);
}

static void send_packets(struct worker *worker)
{
    for (uint32_t count = 1 + next(&worker->random, 150); count > 0; count--) {
        uint32_t const seed = next(&worker->random, 1u << 20);
        ULONG const length = 1 + next(&worker->random, 2 * DATA_SIZE);
        NET_BUFFER_LIST *list = make_packet(seed, length);
        if (list == NULL)
            return;
        address_packet(list, count % 8 == 0 ? TASK_PLAIN_WORK : TASK_FREE, seed, length, NULL);
        send_to_anyone(worker, list);
    }
}

/* Whole chains and single NBs, across the boundaries of magazines. */
static void use_pools_alone(struct worker *worker)
{
    ULONG const count = 1 + next(&worker->random, 200);
    NET_BUFFER_LIST *chain = nbl_pool_take(plain_pool, count, NULL);
    NET_BUFFER *buffers[100];
    ULONG const single = count / 2;
    for (ULONG i = 0; i < single; i++)
        buffers[i] = NdisAllocateNetBuffer(buffer_pool, NULL, 0, 0);
    for (ULONG i = 0; i < single; i++)
        NdisFreeNetBuffer(buffers[i]);
    if (chain == NULL || nbl_pool_give(chain) != count)
        atomic_fetch_add(&wrong, 1);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    while (!atomic_load(&stop)) {
        (void)receive_all(worker);
        switch (next(&worker->random, 4)) {
        case 0: use_pools_alone(worker); break;
        case 1: send_packets(worker); break;
        default: send_family(worker); break;
        }
    }
    /* Another worker may still wait for a child of its own that lies here. */
    atomic_fetch_add(&finished, 1);
    while (atomic_load(&finished) < WORKERS)
        if (!receive_all(worker))
            (void)sched_yield();
    return NULL;
}

/* A thread that comes, uses the pools, leaves a packet to somebody, and goes: its magazines go back. */
static void *visit(void *argument)
{
    struct worker visitor = { .random = (uint32_t)(uintptr_t)argument };
    use_pools_alone(&visitor);
    send_packets(&visitor);
    atomic_fetch_add(&visitors, 1);
    return NULL;
}

/* ---- the stress ---- */

/* Without a listener the library's calls take their short ways. */
static void begin(bool listening)
{
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
    list_pool = nbl_test_list_pool(TRUE, DATA_SIZE, 0);
    plain_pool = nbl_test_list_pool(FALSE, 0, 0);
    buffer_pool = nbl_test_buffer_pool(0);
    atomic_store(&stop, false);
    atomic_store(&finished, 0);
    atomic_store(&wrong, 0);
    atomic_store(&strange, 0);
    atomic_store(&early, 0);
    atomic_store(&early_seen, 0);
    if (listening)
        assert_true(nbl_event_subscribe(listen, NULL));
    for (unsigned i = 0; i < WORKERS; i++) {
        nbl_test_mailbox_make(&workers[i].mailbox);
        workers[i].random = 1000u + i;
    }
}

static void end(void)
{
    (void)nbl_event_unsubscribe(listen, NULL);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&strange), 0);
    assert_int_equal(nbl_test_live(list_pool), 0);
    assert_int_equal(nbl_test_live(plain_pool), 0);
    assert_int_equal(nbl_test_live(buffer_pool), 0);
    NdisFreeNetBufferListPool(list_pool);
    NdisFreeNetBufferListPool(plain_pool);
    NdisFreeNetBufferPool(buffer_pool);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
}

/* While the others work: measuring and trimming, and visitors. */
static void disturb(void)
{
    uint32_t random = 77;
    while (nbl_test_now() < deadline) {
        struct nbl_pool_statistics statistics;
        pthread_t visitor;
        assert_int_equal(pthread_create(&visitor, NULL, visit, (void *)(uintptr_t)next(&random, 1u << 20)), 0);
        (void)nbl_pool_trim(list_pool);
        (void)nbl_pool_trim(plain_pool);
        (void)nbl_memory_trim();
        assert_true(nbl_pool_measure(list_pool, &statistics));
        assert_int_equal(pthread_join(visitor, NULL), 0);
    }
}

static double seconds = 2.0;

static void stress(bool listening)
{
    begin(listening);
    deadline = nbl_test_now() + seconds / 2;
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    disturb();
    atomic_store(&stop, true);
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (bool any = true; any;) {
        any = false;
        for (unsigned i = 0; i < WORKERS; i++)
            any |= receive_all(&workers[i]);
    }
    printf("# threads: %u packets, %u derived lists, %u visitors, %u parents freed early\n", atomic_load(&packets),
           atomic_load(&derived_lists), atomic_load(&visitors), atomic_load(&early));
    assert_true(atomic_load(&early_seen) <= atomic_load(&early)); /* the children may all be gone by then */
    end();
}

/* rules: POOL-15 GEN-06 GEN-12 */
static void packets_survive_threads_that_share_them(void **state)
{
    (void)state;
    stress(true);
}

/* rules: POOL-15 GEN-06 GEN-12 */
static void packets_survive_when_nobody_listens(void **state)
{
    (void)state;
    stress(false);
}

int main(int count, char **arguments)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test(packets_survive_threads_that_share_them),
        cmocka_unit_test(packets_survive_when_nobody_listens),
    };
    char const *wanted = count > 1 ? arguments[1] : getenv("NBL_THREADS_SECONDS");
    if (wanted != NULL && atof(wanted) > 0)
        seconds = atof(wanted);
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
