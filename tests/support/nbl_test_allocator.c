/* SPDX-License-Identifier: MIT
 *
 * nbl_test_allocator.c - the counting allocator. Each block remembers its size in front of it.
 */
#include "nbl_test_allocator.h"

#include "nbl_test.h"

#include "base/port.h"

#define GUARD 0x6E626C6Eu

struct header {
    size_t bytes;
    size_t front; /* distance from what the platform gave to the block */
    uint32_t guard;
};

static bool refuses(struct nbl_test_allocator *allocator)
{
    uint64_t const call = atomic_fetch_add(&allocator->calls, 1) + 1;
    uint64_t const fail_at = atomic_load(&allocator->fail_at);
    if (fail_at == 0 || call < fail_at || (call > fail_at && atomic_load(&allocator->fail_all) == 0))
        return false;
    atomic_fetch_add(&allocator->refused, 1);
    return true;
}

static void *counting_allocate(void *context, size_t bytes, size_t alignment)
{
    struct nbl_test_allocator *allocator = context;
    size_t const front = alignment > sizeof(struct header) ? alignment : 64;
    unsigned char *memory;
    struct header *header;
    if (refuses(allocator))
        return NULL;
    memory = nbl__port_allocate(NULL, front + bytes, alignment);
    if (memory == NULL)
        return NULL;
    header = (struct header *)(void *)(memory + front) - 1;
    *header = (struct header){ bytes, front, GUARD };
    atomic_fetch_add(&allocator->blocks, 1);
    atomic_fetch_add(&allocator->bytes, (int_fast64_t)bytes);
    return memory + front;
}

static void counting_release(void *context, void *memory, size_t bytes)
{
    struct nbl_test_allocator *allocator = context;
    struct header *header = (struct header *)memory - 1;
    if (header->guard != GUARD || header->bytes != bytes)
        atomic_fetch_add(&allocator->misfits, 1);
    header->guard = 0;
    atomic_fetch_sub(&allocator->blocks, 1);
    atomic_fetch_sub(&allocator->bytes, (int_fast64_t)bytes);
    nbl__port_release(NULL, (unsigned char *)memory - header->front, header->front + header->bytes);
}

void nbl_test_allocator_install(struct nbl_test_allocator *allocator)
{
    struct nbl_allocator const source = { counting_allocate, counting_release, allocator };
    memset(allocator, 0, sizeof(*allocator));
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_true(nbl_allocator_set(&source));
}

void nbl_test_allocator_remove(struct nbl_test_allocator *allocator)
{
    (void)nbl_test_allocator_refuse(allocator, 0, false);
    (void)nbl_memory_trim();
    assert_int_equal(nbl_memory_bytes(), 0);
    assert_int_equal(atomic_load(&allocator->blocks), 0);
    assert_int_equal(atomic_load(&allocator->bytes), 0);
    assert_int_equal(atomic_load(&allocator->misfits), 0);
    assert_true(nbl_allocator_set(NULL));
}

uint64_t nbl_test_allocator_refuse(struct nbl_test_allocator *allocator, uint64_t nth, bool all)
{
    atomic_store(&allocator->fail_at, nth == 0 ? 0 : atomic_load(&allocator->calls) + nth);
    atomic_store(&allocator->fail_all, all ? 1 : 0);
    return atomic_exchange(&allocator->refused, 0);
}
