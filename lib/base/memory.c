/* SPDX-License-Identifier: MIT
 *
 * memory.c - the allocator behind everything, and blocks of any size over statically known slabs.
 */
#include "memory.h"

#include "track.h"

#include <nbl/port.h>

/* Classes: 64, 128, .. 1024 in steps of 64, then four to a doubling up to 32 KiB. */
#define FINE_STEP 64u
#define FINE_LIMIT 1024u
#define FINE_CLASSES (FINE_LIMIT / FINE_STEP)
#define CLASS_LIMIT 32768u
#define CLASSES (FINE_CLASSES + 20u)

#define CLASS(number, bytes) [number] = { .id = (number), .block_bytes = (bytes), .lock = NBL__LOCK_INITIALIZER }
#define DOUBLING(number, bytes)                                                                                       \
    CLASS(number, (bytes) / 4 * 5), CLASS((number) + 1, (bytes) / 4 * 6), CLASS((number) + 2, (bytes) / 4 * 7),       \
        CLASS((number) + 3, (bytes) * 2)

static struct nbl__slab classes[CLASSES] = {
    CLASS(0, 64),   CLASS(1, 128),  CLASS(2, 192),  CLASS(3, 256),  CLASS(4, 320),   CLASS(5, 384),
    CLASS(6, 448),  CLASS(7, 512),  CLASS(8, 576),  CLASS(9, 640),  CLASS(10, 704),  CLASS(11, 768),
    CLASS(12, 832), CLASS(13, 896), CLASS(14, 960), CLASS(15, 1024), DOUBLING(16, 1024), DOUBLING(20, 2048),
    DOUBLING(24, 4096), DOUBLING(28, 8192), DOUBLING(32, 16384),
};

static struct nbl_allocator allocator = { nbl__port_allocate, nbl__port_release, NULL };
static atomic_uint_fast64_t held; /* bytes from the allocator */

void *nbl__raw_allocate(size_t bytes, size_t alignment)
{
    void *memory = allocator.allocate(allocator.context, bytes, alignment);
    if (memory != NULL)
        atomic_fetch_add_explicit(&held, bytes, memory_order_relaxed);
    return memory;
}

void nbl__raw_release(void *memory, size_t bytes)
{
    atomic_fetch_sub_explicit(&held, bytes, memory_order_relaxed);
    allocator.release(allocator.context, memory, bytes);
}

/* The class whose blocks are the smallest that hold `bytes`, 1 <= bytes <= CLASS_LIMIT. */
static struct nbl__slab *class_of(size_t bytes)
{
    size_t base = FINE_LIMIT;
    uint32_t number = FINE_CLASSES;
    if (bytes <= FINE_LIMIT)
        return &classes[(bytes + FINE_STEP - 1) / FINE_STEP - 1];
    while (bytes > 2 * base) {
        base *= 2;
        number += 4;
    }
    return &classes[number + (uint32_t)((bytes - base + base / 4 - 1) / (base / 4)) - 1];
}

void *nbl__memory_allocate(size_t bytes)
{
    if (NBL_LIKELY(bytes <= CLASS_LIMIT))
        return nbl__slab_take(class_of(bytes), bytes);
    if (nbl__faulty(NBL_FAULT_ALLOCATION))
        return NULL;
    return nbl__raw_allocate(bytes, NBL__CACHE_LINE);
}

void nbl__memory_release(void *memory, size_t bytes)
{
    if (NBL_LIKELY(bytes <= CLASS_LIMIT))
        nbl__slab_give(class_of(bytes), memory, bytes);
    else
        nbl__raw_release(memory, bytes);
}

bool nbl_allocator_set(struct nbl_allocator const *replacement)
{
    static struct nbl_allocator const platform = { nbl__port_allocate, nbl__port_release, NULL };
    if (replacement == NULL)
        replacement = &platform;
    if (replacement->allocate == NULL || replacement->release == NULL || nbl_memory_bytes() != 0)
        return false;
    allocator = *replacement;
    return true;
}

uint64_t nbl_memory_bytes(void)
{
    return atomic_load_explicit(&held, memory_order_relaxed);
}

uint64_t nbl_memory_trim(void)
{
    uint64_t given = nbl__thread_exit(nbl__thread_current());
    for (uint32_t i = 0; i < CLASSES; i++)
        given += nbl__slab_trim(&classes[i]);
    return given;
}
