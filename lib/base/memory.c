/* SPDX-License-Identifier: MIT
 *
 * memory.c - the allocator behind everything, and blocks of any size over statically known slabs.
 */
#include "memory.h"

#include "guard.h"
#include "knob.h"
#include "track.h"

#include <nbl/port.h>

#include <string.h>

/* While a memory checker watches, what is new has to stay undefined. */
static void zero(void *block, void *slab)
{
    if (!nbl__hooked(NBL__SLAB_HOOKS))
        memset(block, 0, ((struct nbl__slab const *)slab)->block_bytes);
}

/* Ids of the two sets: 0 .. NBL__CLASSES - 1, and from NBL__MEMORY_LISTS_ID on. */
#define CLASS(set, number, bytes)                                                                                     \
    [number] = { NBL__SLAB_STATIC((set) * NBL__MEMORY_LISTS_ID + (number)), .block_bytes = (bytes),                   \
                 .construct = (set) == NBL__MEMORY_LISTS ? zero : NULL, .context = &nbl__memory_classes[set][number] }
#define DOUBLING(set, number, bytes)                                                                                  \
    CLASS(set, number, (bytes) / 4 * 5), CLASS(set, (number) + 1, (bytes) / 4 * 6),                                   \
        CLASS(set, (number) + 2, (bytes) / 4 * 7), CLASS(set, (number) + 3, (bytes) * 2)
#define CLASSES(set)                                                                                                  \
    [set] = { CLASS(set, 0, 64), CLASS(set, 1, 128), CLASS(set, 2, 192), CLASS(set, 3, 256), CLASS(set, 4, 320),      \
              CLASS(set, 5, 384), CLASS(set, 6, 448), CLASS(set, 7, 512), CLASS(set, 8, 576), CLASS(set, 9, 640),     \
              CLASS(set, 10, 704), CLASS(set, 11, 768), CLASS(set, 12, 832), CLASS(set, 13, 896),                     \
              CLASS(set, 14, 960), CLASS(set, 15, 1024), DOUBLING(set, 16, 1024), DOUBLING(set, 20, 2048),            \
              DOUBLING(set, 24, 4096), DOUBLING(set, 28, 8192), DOUBLING(set, 32, 16384) }

struct nbl__slab nbl__memory_classes[NBL__MEMORY_SETS][NBL__CLASSES] = {
    CLASSES(NBL__MEMORY_ANY),
    CLASSES(NBL__MEMORY_LISTS),
};

/* K-NOWRITE changes only while nothing is held, so memory goes back to where it came from. */
static void *platform_allocate(void *context, size_t bytes, size_t alignment)
{
    if (nbl__knob(NBL_KNOB_NOWRITE))
        return nbl__port_views()->allocate(bytes, alignment);
    return nbl__port_allocate(context, bytes, alignment);
}

static void platform_release(void *context, void *memory, size_t bytes)
{
    if (nbl__knob(NBL_KNOB_NOWRITE))
        nbl__port_views()->release(memory, bytes);
    else
        nbl__port_release(context, memory, bytes);
}

static struct nbl_allocator allocator = { platform_allocate, platform_release, NULL };
static atomic_uint_fast64_t held; /* bytes from the allocator */

void *nbl__raw_allocate(size_t bytes, size_t alignment)
{
    void *memory;
    if (nbl__hooked(NBL__HOOK_START))
        nbl__start(); /* a knob may decide where the memory comes from */
    memory = allocator.allocate(allocator.context, bytes, alignment);
    if (memory != NULL)
        atomic_fetch_add_explicit(&held, bytes, memory_order_relaxed);
    return memory;
}

void nbl__raw_release(void *memory, size_t bytes)
{
    atomic_fetch_sub_explicit(&held, bytes, memory_order_relaxed);
    allocator.release(allocator.context, memory, bytes);
}

void *nbl__apart_allocate(size_t bytes)
{
    return nbl__hooked(NBL__HOOK_GUARD) ? nbl__guard_allocate(bytes) : nbl__raw_allocate(bytes, NBL__CACHE_LINE);
}

bool nbl__apart_release(void *block, size_t bytes)
{
    if (nbl__hooked(NBL__HOOK_GUARD))
        return nbl__guard_release(block);
    if (nbl__hooked(NBL__HOOK_TRACK))
        nbl__track_release(block, bytes); /* backfill in it may still be hidden */
    nbl__raw_release(block, bytes);
    return true;
}

void *nbl__memory_allocate(size_t bytes)
{
    struct nbl__slab *slab = nbl__memory_class(NBL__MEMORY_ANY, bytes);
    if (NBL_LIKELY(slab != NULL))
        return nbl__slab_take(slab, NBL__WAY_MEMORY, bytes);
    if (nbl__faulty(NBL_FAULT_ALLOCATION))
        return NULL;
    return nbl__apart_allocate(bytes);
}

void nbl__memory_release(void *memory, size_t bytes)
{
    struct nbl__slab *slab = nbl__memory_class(NBL__MEMORY_ANY, bytes);
    if (NBL_LIKELY(slab != NULL))
        nbl__slab_give(slab, NBL__WAY_MEMORY, memory, bytes);
    else
        (void)nbl__apart_release(memory, bytes);
}

bool nbl_allocator_set(struct nbl_allocator const *replacement)
{
    static struct nbl_allocator const platform = { platform_allocate, platform_release, NULL };
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

#define JOINED_MOST 4u
static struct nbl__lock joined_lock = NBL__LOCK_INITIALIZER;
static struct nbl__slab *joined[JOINED_MOST];

void nbl__memory_join(struct nbl__slab *slab)
{
    uint32_t i = 0;
    nbl__lock_acquire(&joined_lock);
    while (i < JOINED_MOST && joined[i] != NULL && joined[i] != slab)
        i++;
    if (i < JOINED_MOST)
        joined[i] = slab;
    nbl__lock_release(&joined_lock);
}

static uint64_t trim_joined(void)
{
    uint64_t given = 0;
    nbl__lock_acquire(&joined_lock);
    for (uint32_t i = 0; i < JOINED_MOST && joined[i] != NULL; i++)
        given += nbl__slab_trim(joined[i]);
    nbl__lock_release(&joined_lock);
    return given;
}

uint64_t nbl_memory_trim(void)
{
    uint64_t given = nbl__thread_exit(nbl__thread_current());
    if (nbl__hooked(NBL__HOOK_GUARD))
        given += nbl__guard_flush("nbl_memory_trim");
    for (uint32_t set = 0; set < NBL__MEMORY_SETS; set++)
        for (uint32_t i = 0; i < NBL__CLASSES; i++)
            given += nbl__slab_trim(&nbl__memory_classes[set][i]);
    return given + trim_joined();
}
