/* SPDX-License-Identifier: MIT
 *
 * slab.h (internal) - blocks of one fixed size, from a magazine per thread over a depot that all threads share.
 *
 *     thread:  magazine = an array of up to 128 block pointers; take pops, give pushes: no lock, no atomic operation
 *     depot:   batches of up to 64 pointers, full or empty, at most one partial; a thread trades 64 under the lock
 *     chunks:  the memory that blocks are carved from; nbl__slab_trim gives it back when all its blocks are in the depot
 *
 * There is always an empty batch for 64 blocks that come back: batches = sum over chunks of ceil(blocks / 64) + 1. So
 * giving a block back needs no memory and cannot fail.
 *
 * What is in use needs no counting on the way: of the blocks that a thread's magazine ever received less those it
 * handed to the depot (balance), all but `count` are in use, or were given back by another thread:
 *
 *     live of a thread = balance - count + guests        live of the slab = sum over threads, the retired ones included
 */
#ifndef NBL_BASE_SLAB_H
#define NBL_BASE_SLAB_H

#include "event.h"

#define NBL__BATCH_BLOCKS 64u
#define NBL__CACHE_LINE 64u

#define NBL__MAGAZINE_BLOCKS (2u * NBL__BATCH_BLOCKS)

/* struct nbl__batch is a stack of block pointers in the depot. */
struct nbl__batch {
    struct nbl__batch *next;
    uint32_t count;
    void *blocks[NBL__BATCH_BLOCKS];
};

/* struct nbl__magazine is one thread's share of one slab. Only its thread writes; others read the atomic fields. low is
 * the least that count was since peak was last brought up to date, so that
 *
 *     peak of a thread's live = max(peak, balance - low + guests)
 */
struct nbl__magazine {
    atomic_uint count;
    atomic_uint low;
    atomic_int_fast64_t balance;
    atomic_int_fast64_t guests; /* what nbl__slab_account added */
    atomic_int_fast64_t peak;
    struct nbl__slab *slab;
    struct nbl__thread *thread;
    struct nbl__magazine *next; /* in slab->magazines */
    NBL_ALIGNAS(NBL__CACHE_LINE) void *blocks[NBL__MAGAZINE_BLOCKS];
};

struct nbl__chunk;

/* struct nbl__slab is a source of equal blocks. Zero-filled but for id, serial, block_bytes and construct, it is ready
 * to use. An id is used again when its slab is gone, a serial never: what a thread remembers of a slab that is gone
 * fits no other one. */
struct nbl__slab {
    uint64_t serial;    /* not 0; NBL__SLAB_STATIC gives those of slabs that always exist */
    uint32_t id;        /* index into every thread's table */
    uint32_t registered; /* id comes from nbl__slab_create and goes back in nbl__slab_destroy */
    size_t block_bytes; /* what a caller may use of a block, a multiple of 16 */
    void (*construct)(void *block, void *context); /* prepares the constant part of a new block; may be NULL */
    void *context;

    /* On a line of its own with what it protects, which is all below: what is above is read for every packet. */
    NBL_ALIGNAS(NBL__CACHE_LINE) struct nbl__lock lock;
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

#define NBL__SLAB_STATIC(number) .id = (number), .serial = (number) + 1u, .lock = NBL__LOCK_INITIALIZER

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

NBL_COLD void nbl__slab_account_slow(struct nbl__slab *slab, int64_t objects);

NBL_COLD void *nbl__slab_take_slow(struct nbl__slab *slab, size_t bytes);
NBL_COLD void nbl__slab_give_slow(struct nbl__slab *slab, void *block, size_t bytes);

#define NBL__SLAB_HOOKS (NBL__HOOK_FAULT | NBL__HOOK_TRACK | NBL__HOOKS_APART | NBL__HOOK_START)

/* nbl__magazine_of gives the calling thread's magazine of a slab, or NULL when it has none yet. */
static inline struct nbl__magazine *nbl__magazine_of(struct nbl__slab const *slab)
{
    struct nbl__thread *thread = nbl__thread_current();
    return NBL_LIKELY(slab->id < thread->capacity) ? thread->table[slab->id] : NULL;
}

/* nbl__magazine_recent is nbl__magazine_of for a slab of one way. What address comes out depends on the slab only when
 * another one was used in between: a processor need not wait for the handle that was just read from a packet. */
static inline struct nbl__magazine *nbl__magazine_recent(struct nbl__slab const *slab, enum nbl__way way)
{
    struct nbl__recent *recent = &nbl__thread_current()->recent[way];
    struct nbl__magazine *magazine;
    if (NBL_LIKELY(recent->serial == slab->serial))
        return recent->magazine;
    magazine = nbl__magazine_of(slab);
    if (NBL_LIKELY(magazine != NULL))
        *recent = (struct nbl__recent){ slab->serial, magazine };
    return magazine;
}

static inline uint32_t nbl__magazine_blocks(struct nbl__magazine const *magazine)
{
    return atomic_load_explicit(&magazine->count, memory_order_relaxed);
}

static inline void nbl__magazine_set(struct nbl__magazine *magazine, uint32_t count)
{
    atomic_store_explicit(&magazine->count, count, memory_order_relaxed);
}

/* nbl__magazine_lower lowers the count to `count`. */
static inline void nbl__magazine_lower(struct nbl__magazine *magazine, uint32_t count)
{
    nbl__magazine_set(magazine, count);
    if (NBL_UNLIKELY(count < atomic_load_explicit(&magazine->low, memory_order_relaxed)))
        atomic_store_explicit(&magazine->low, count, memory_order_relaxed);
}

/* nbl__magazine_pop takes the newest block off a magazine that has one. */
static inline void *nbl__magazine_pop(struct nbl__magazine *magazine)
{
    uint32_t const count = nbl__magazine_blocks(magazine) - 1;
    nbl__magazine_lower(magazine, count);
    return magazine->blocks[count];
}

/* nbl__magazine_ready gives the magazine of a slab when that was the last one used in its way, and tells whether it
 * was. */
static inline bool nbl__magazine_ready(struct nbl__slab const *slab, enum nbl__way way, struct nbl__magazine **magazine)
{
    struct nbl__recent const *recent = &nbl__thread_current()->recent[way];
    *magazine = recent->magazine;
    return NBL_LIKELY(recent->serial == slab->serial);
}

/* nbl__magazine_pop_above takes the newest block off a magazine, or returns false when that is empty. */
static inline bool nbl__magazine_pop_above(struct nbl__magazine *magazine, void **block)
{
    uint32_t const count = nbl__magazine_blocks(magazine);
    if (NBL_UNLIKELY(count == 0))
        return false;
    nbl__magazine_lower(magazine, count - 1);
    *block = magazine->blocks[count - 1];
    return true;
}

/* nbl__slab_pop_ready takes one block of a slab that was the last one used in its way. Returns false, having done
 * nothing, when it was not or its magazine is empty: nbl__slab_pop may have one. */
static inline bool nbl__slab_pop_ready(struct nbl__slab const *slab, enum nbl__way way, void **block)
{
    struct nbl__magazine *magazine;
    return nbl__magazine_ready(slab, way, &magazine) && nbl__magazine_pop_above(magazine, block);
}

/* nbl__slab_pop takes one block from the calling thread's magazine, or returns NULL when that has none: then
 * nbl__slab_take is to be used, as it is while a hook is set that wants to see each block. */
static inline void *nbl__slab_pop(struct nbl__slab const *slab, enum nbl__way way)
{
    struct nbl__magazine *magazine = nbl__magazine_recent(slab, way);
    void *block;
    return NBL_LIKELY(magazine != NULL) && nbl__magazine_pop_above(magazine, &block) ? block : NULL;
}

/* nbl__magazine_push_below puts a block into a magazine, or returns false when that is full. */
static inline bool nbl__magazine_push_below(struct nbl__magazine *magazine, void *block)
{
    uint32_t const count = nbl__magazine_blocks(magazine);
    if (NBL_UNLIKELY(count == NBL__MAGAZINE_BLOCKS))
        return false;
    magazine->blocks[count] = block;
    nbl__magazine_set(magazine, count + 1);
    return true;
}

/* nbl__slab_push_ready gives one block to the magazine of a slab when that was the last one used in its way and has
 * room. Returns false, having done nothing, otherwise: nbl__slab_push may do it. */
static inline bool nbl__slab_push_ready(struct nbl__slab const *slab, enum nbl__way way, void *block)
{
    struct nbl__magazine *magazine;
    return nbl__magazine_ready(slab, way, &magazine) && nbl__magazine_push_below(magazine, block);
}

/* nbl__slab_push gives one block to the calling thread's magazine. Returns false when that has no room. */
static inline bool nbl__slab_push(struct nbl__slab const *slab, enum nbl__way way, void *block)
{
    struct nbl__magazine *magazine = nbl__magazine_recent(slab, way);
    return NBL_LIKELY(magazine != NULL) && nbl__magazine_push_below(magazine, block);
}

/* nbl__slab_take takes one block, or returns NULL. bytes <= block_bytes is how much of it the caller uses. */
static inline void *nbl__slab_take(struct nbl__slab *slab, enum nbl__way way, size_t bytes)
{
    void *block = NBL_LIKELY(!nbl__hooked(NBL__SLAB_HOOKS)) ? nbl__slab_pop(slab, way) : NULL;
    return NBL_LIKELY(block != NULL) ? block : nbl__slab_take_slow(slab, bytes);
}

/* nbl__slab_give gives one block back. Cannot fail; any thread may give what another took. */
static inline void nbl__slab_give(struct nbl__slab *slab, enum nbl__way way, void *block, size_t bytes)
{
    if (NBL_UNLIKELY(nbl__hooked(NBL__SLAB_HOOKS) || !nbl__slab_push(slab, way, block)))
        nbl__slab_give_slow(slab, block, bytes);
}

/* nbl__slab_account adds to the count of live objects of a slab without moving a block: for objects that are part of a
 * larger block of another slab but belong to this one's pool. Cannot fail. */
static inline void nbl__slab_account(struct nbl__slab *slab, enum nbl__way way, int64_t objects)
{
    struct nbl__magazine *magazine = nbl__magazine_recent(slab, way);
    int64_t guests;
    int64_t live;
    if (NBL_UNLIKELY(magazine == NULL
                     || atomic_load_explicit(&magazine->low, memory_order_relaxed) != nbl__magazine_blocks(magazine))) {
        nbl__slab_account_slow(slab, objects);
        return;
    }
    guests = atomic_load_explicit(&magazine->guests, memory_order_relaxed) + objects;
    atomic_store_explicit(&magazine->guests, guests, memory_order_relaxed);
    live = atomic_load_explicit(&magazine->balance, memory_order_relaxed) - nbl__magazine_blocks(magazine) + guests;
    if (live > atomic_load_explicit(&magazine->peak, memory_order_relaxed))
        atomic_store_explicit(&magazine->peak, live, memory_order_relaxed);
}

#endif
