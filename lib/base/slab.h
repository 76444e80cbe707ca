/* SPDX-License-Identifier: MIT
 *
 * slab.h (internal) - blocks of one fixed size, from a magazine per thread over a depot that all threads share.
 *
 *     thread:  magazine = two batches of up to 64 block pointers; take pops, give pushes: no lock, no atomic operation
 *     depot:   full batches, empty batches, at most one partial batch; a thread trades a whole batch under the lock
 *     chunks:  the memory that blocks are carved from; given back by nbl__slab_trim when all its blocks are in the depot
 *
 * There is always an empty batch to trade for a full one: batches = sum over chunks of ceil(blocks / 64) + 1 in the
 * depot, and each magazine brings its own two. So giving a block back needs no memory and cannot fail.
 */
#ifndef NBL_BASE_SLAB_H
#define NBL_BASE_SLAB_H

#include "event.h"

#define NBL__BATCH_BLOCKS 64u
#define NBL__CACHE_LINE 64u

/* struct nbl__batch is a last-in-first-out stack of block pointers. */
struct nbl__batch {
    struct nbl__batch *next;
    uint32_t count;
    void *blocks[NBL__BATCH_BLOCKS];
};

/* struct nbl__magazine is one thread's share of one slab. Only its thread touches loaded and spare; anybody may read live
 * and peak. live = blocks this thread took - blocks it gave, so the sum over all threads is what is in
 * use; guests is the part of live that nbl__slab_account added. */
struct nbl__magazine {
    struct nbl__batch *loaded;
    struct nbl__batch *spare;
    atomic_int_fast64_t live;
    atomic_int_fast64_t peak;
    atomic_int_fast64_t guests;
    struct nbl__slab *slab;
    struct nbl__thread *thread;
    struct nbl__magazine *next; /* in slab->magazines */
};

struct nbl__chunk;

/* struct nbl__slab is a source of equal blocks. Zero-filled but for id, block_bytes and construct, it is ready to use. */
struct nbl__slab {
    uint32_t id;        /* index into every thread's table */
    uint32_t registered; /* id comes from nbl__slab_create and goes back in nbl__slab_destroy */
    size_t block_bytes; /* what a caller may use of a block, a multiple of 16 */
    void (*construct)(void *block, void *context); /* prepares the constant part of a new block; may be NULL */
    void *context;

    struct nbl__lock lock; /* protects all below */
    struct nbl__batch *full;
    struct nbl__batch *empty;
    struct nbl__batch *partial;
    struct nbl__chunk *chunks; /* newest first; only the newest has blocks that were never carved */
    struct nbl__magazine *magazines;
    size_t chunk_bytes;         /* bytes of all chunks and batches */
    uint64_t carved;            /* blocks that exist */
    uint32_t magazines_ever;    /* how many magazines were made since there was none */
    bool tracked;               /* a memory checker knows this slab */
    int64_t retired_live;       /* live of magazines that are gone, and of blocks taken in malloc mode */
    int64_t retired_guests;
    int64_t high_water;
};

/* struct nbl__slab_statistics is a snapshot; counts are blocks. */
struct nbl__slab_statistics {
    uint64_t live;
    uint64_t high_water;
    uint64_t cached;
    uint64_t bytes;
};

/* nbl__slab_create prepares a slab and gives it an id. Returns false when no memory is left for the id. */
bool nbl__slab_create(struct nbl__slab *slab, size_t block_bytes, void (*construct)(void *, void *), void *context);

/* nbl__slab_destroy gives all memory of a slab back. No block may be live and no other thread may use the slab. */
void nbl__slab_destroy(struct nbl__slab *slab);

/* nbl__slab_trim gives whole free chunks back, the calling thread's magazine included; returns the bytes given back. */
size_t nbl__slab_trim(struct nbl__slab *slab);

/* nbl__slab_measure takes a snapshot of the counts. */
void nbl__slab_measure(struct nbl__slab *slab, struct nbl__slab_statistics *statistics);

/* nbl__slab_live counts the blocks in use. */
int64_t nbl__slab_live(struct nbl__slab *slab);

/* nbl__slab_account adds to the count of live objects of a slab without moving a block: for objects that are part of a
 * larger block of another slab but belong to this one's pool. Cannot fail. */
void nbl__slab_account(struct nbl__slab *slab, int64_t objects);

void *nbl__slab_take_slow(struct nbl__slab *slab, size_t bytes);
void nbl__slab_give_slow(struct nbl__slab *slab, void *block, size_t bytes);

#define NBL__SLAB_HOOKS (NBL__HOOK_FAULT | NBL__HOOK_TRACK | NBL__HOOK_MALLOC | NBL__HOOK_START)

/* nbl__magazine_of gives the calling thread's magazine of a slab, or NULL when it has none yet. */
static inline struct nbl__magazine *nbl__magazine_of(struct nbl__slab const *slab)
{
    struct nbl__thread *thread = nbl__thread_current();
    return NBL_LIKELY(slab->id < thread->capacity) ? thread->table[slab->id] : NULL;
}

/* nbl__magazine_count records `blocks` blocks taken (positive) or given (negative). Only the owner writes. */
static inline void nbl__magazine_count(struct nbl__magazine *magazine, int64_t blocks)
{
    int64_t const live = atomic_load_explicit(&magazine->live, memory_order_relaxed) + blocks;
    atomic_store_explicit(&magazine->live, live, memory_order_relaxed);
    if (live > atomic_load_explicit(&magazine->peak, memory_order_relaxed))
        atomic_store_explicit(&magazine->peak, live, memory_order_relaxed);
}

/* nbl__slab_take takes one block, or returns NULL. bytes <= block_bytes is how much of it the caller uses. */
static inline void *nbl__slab_take(struct nbl__slab *slab, size_t bytes)
{
    struct nbl__magazine *magazine;
    if (NBL_UNLIKELY(nbl__hooked(NBL__SLAB_HOOKS)))
        return nbl__slab_take_slow(slab, bytes);
    magazine = nbl__magazine_of(slab);
    if (NBL_UNLIKELY(magazine == NULL || magazine->loaded->count == 0))
        return nbl__slab_take_slow(slab, bytes);
    nbl__magazine_count(magazine, 1);
    return magazine->loaded->blocks[--magazine->loaded->count];
}

/* nbl__slab_give gives one block back. Cannot fail; any thread may give what another took. */
static inline void nbl__slab_give(struct nbl__slab *slab, void *block, size_t bytes)
{
    struct nbl__magazine *magazine;
    if (NBL_UNLIKELY(nbl__hooked(NBL__SLAB_HOOKS))) {
        nbl__slab_give_slow(slab, block, bytes);
        return;
    }
    magazine = nbl__magazine_of(slab);
    if (NBL_UNLIKELY(magazine == NULL || magazine->loaded->count == NBL__BATCH_BLOCKS)) {
        nbl__slab_give_slow(slab, block, bytes);
        return;
    }
    nbl__magazine_count(magazine, -1);
    magazine->loaded->blocks[magazine->loaded->count++] = block;
}

#endif
