/* SPDX-License-Identifier: MIT
 *
 * slab.c - the slow half of slabs: trading batches, carving chunks, trimming, and threads that come and go.
 *
 * Lock order: registry_lock, then slab->lock. The registry protects the ids and every thread's table of magazines.
 */
#include "slab.h"

#include "guard.h"
#include "memory.h"
#include "track.h"

#include <string.h>

#define FIRST_CHUNK_BYTES ((size_t)64 << 10)
#define LARGEST_CHUNK_BYTES ((size_t)2 << 20)
#define LEAST_CHUNK_BLOCKS 4u
#define TABLE_GROWTH 32u

/* struct nbl__chunk heads the memory that blocks are carved from; first + i * stride is block i. */
struct nbl__chunk {
    struct nbl__chunk *next;
    size_t bytes;
    size_t stride;
    uint32_t blocks;      /* how many fit */
    uint32_t carved;      /* how many exist; the rest follows them */
    uint32_t free_blocks; /* scratch of nbl__slab_trim */
    uint32_t batches;     /* batches that were made for this chunk */
    unsigned char *first;
};

static struct nbl__lock registry_lock = NBL__LOCK_INITIALIZER;

/* Ids below FIRST_DYNAMIC_ID belong to the statically known slabs of memory.c; the rest are handed out here. */
#define FIRST_DYNAMIC_ID 128u
static struct {
    uint32_t *free_ids;
    uint32_t free_count;
    uint32_t free_capacity;
    uint32_t next;
} ids = { NULL, 0, 0, FIRST_DYNAMIC_ID };

static uint64_t next_serial = FIRST_DYNAMIC_ID + 1u;

/* ---- ids ---- */

/* Room for every id ever handed out is made when it is handed out, so that giving one back cannot fail. */
static bool id_reserve(uint32_t capacity)
{
    uint32_t *grown;
    uint32_t target = ids.free_capacity == 0 ? TABLE_GROWTH : 2 * ids.free_capacity;
    if (capacity <= ids.free_capacity)
        return true;
    grown = nbl__raw_allocate(target * sizeof(*grown), sizeof(void *));
    if (grown == NULL)
        return false;
    if (ids.free_ids != NULL) {
        memcpy(grown, ids.free_ids, ids.free_count * sizeof(*grown));
        nbl__raw_release(ids.free_ids, ids.free_capacity * sizeof(*grown));
    }
    ids.free_ids = grown;
    ids.free_capacity = target;
    return true;
}

static bool id_take(uint32_t *id)
{
    if (ids.free_count > 0) {
        *id = ids.free_ids[--ids.free_count];
        return true;
    }
    if (!id_reserve(ids.next + 1 - FIRST_DYNAMIC_ID))
        return false;
    *id = ids.next++;
    return true;
}

static void id_give(uint32_t id)
{
    ids.free_ids[ids.free_count++] = id;
    if (ids.free_count != ids.next - FIRST_DYNAMIC_ID)
        return;
    /* No slab has an id any more: hold no memory for them. */
    nbl__raw_release(ids.free_ids, ids.free_capacity * sizeof(*ids.free_ids));
    ids.free_ids = NULL;
    ids.free_count = 0;
    ids.free_capacity = 0;
    ids.next = FIRST_DYNAMIC_ID;
}

/* ---- batches ---- */

static struct nbl__batch *batch_pop(struct nbl__batch **list)
{
    struct nbl__batch *batch = *list;
    if (batch != NULL) {
        *list = batch->next;
        batch->next = NULL; /* a batch that stands alone is a list of one */
    }
    return batch;
}

static void batch_push(struct nbl__batch **list, struct nbl__batch *batch)
{
    batch->next = *list;
    *list = batch;
}

static struct nbl__batch *batch_new(void)
{
    struct nbl__batch *batch = nbl__raw_allocate(sizeof(*batch), NBL__CACHE_LINE);
    if (batch != NULL) {
        batch->next = NULL;
        batch->count = 0;
    }
    return batch;
}

static void batch_delete(struct nbl__batch *batch)
{
    if (batch != NULL)
        nbl__raw_release(batch, sizeof(*batch));
}

/* depot_add puts one block into the depot. The invariant of slab.h says an empty batch exists when the partial one is
 * full. */
static void depot_add(struct nbl__slab *slab, void *block)
{
    if (slab->partial != NULL && slab->partial->count == NBL__BATCH_BLOCKS) {
        batch_push(&slab->full, slab->partial);
        slab->partial = NULL;
    }
    if (slab->partial == NULL)
        slab->partial = batch_pop(&slab->empty);
    slab->partial->blocks[slab->partial->count++] = block;
}

/* depot_store empties a magazine into the depot. */
static void depot_store(struct nbl__slab *slab, struct nbl__magazine *magazine)
{
    uint32_t const count = nbl__magazine_blocks(magazine);
    int64_t const balance = atomic_load_explicit(&magazine->balance, memory_order_relaxed);
    for (uint32_t i = 0; i < count; i++)
        depot_add(slab, magazine->blocks[i]);
    atomic_store_explicit(&magazine->balance, balance - (int64_t)count, memory_order_relaxed);
    nbl__magazine_set(magazine, 0);
    atomic_store_explicit(&magazine->low, 0, memory_order_relaxed);
}

/* ---- chunks ---- */

/* An odd number of lines, so that equal fields of successive blocks spread over all cache sets. */
static size_t stride_of(size_t block_bytes)
{
    size_t lines = (block_bytes + NBL__CACHE_LINE - 1) / NBL__CACHE_LINE;
    if (lines >= 8 && lines % 2 == 0)
        lines++;
    return lines * NBL__CACHE_LINE;
}

static size_t chunk_bytes_for(struct nbl__slab const *slab, size_t stride)
{
    size_t bytes = FIRST_CHUNK_BYTES;
    if (slab->chunks != NULL)
        bytes = 2 * slab->chunks->bytes;
    while (bytes < LARGEST_CHUNK_BYTES && bytes < LEAST_CHUNK_BLOCKS * stride + NBL__CACHE_LINE)
        bytes *= 2;
    if (bytes > LARGEST_CHUNK_BYTES)
        bytes = LARGEST_CHUNK_BYTES;
    if (bytes < LEAST_CHUNK_BLOCKS * stride + NBL__CACHE_LINE)
        bytes = LEAST_CHUNK_BLOCKS * stride + NBL__CACHE_LINE;
    return bytes;
}

static void batches_drop(struct nbl__slab *slab, uint32_t count)
{
    while (count-- > 0) {
        batch_delete(batch_pop(&slab->empty));
        slab->chunk_bytes -= sizeof(struct nbl__batch);
    }
}

static bool batches_add(struct nbl__slab *slab, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct nbl__batch *batch = batch_new();
        if (batch == NULL) {
            batches_drop(slab, i);
            return false;
        }
        batch_push(&slab->empty, batch);
        slab->chunk_bytes += sizeof(*batch);
    }
    return true;
}

static bool chunk_add(struct nbl__slab *slab)
{
    size_t const stride = stride_of(slab->block_bytes);
    size_t const bytes = chunk_bytes_for(slab, stride);
    uint32_t const blocks = (uint32_t)((bytes - NBL__CACHE_LINE) / stride);
    /* The first chunk brings the one extra batch of the invariant; it goes when the last chunk goes. */
    uint32_t const batches = (blocks + NBL__BATCH_BLOCKS - 1) / NBL__BATCH_BLOCKS;
    uint32_t const extra = slab->chunks == NULL ? 1u : 0u;
    struct nbl__chunk *chunk;
    if (!batches_add(slab, batches + extra))
        return false;
    chunk = nbl__raw_allocate(bytes, bytes == LARGEST_CHUNK_BYTES ? bytes : NBL__CACHE_LINE);
    if (chunk == NULL) {
        batches_drop(slab, batches + extra);
        return false;
    }
    *chunk = (struct nbl__chunk){ .next = slab->chunks, .bytes = bytes, .stride = stride, .blocks = blocks,
                                  .batches = batches, .first = (unsigned char *)chunk + NBL__CACHE_LINE };
    slab->chunks = chunk;
    slab->chunk_bytes += bytes;
    if (nbl__hooked(NBL__HOOK_TRACK)) {
        /* Written once, before the first block exists: whoever holds a block may read it without the lock. */
        if (!slab->tracked) {
            nbl__track_pool_create(slab);
            slab->tracked = true;
        }
        nbl__track_carve(chunk->first, bytes - NBL__CACHE_LINE);
    }
    return true;
}

static void chunk_free(struct nbl__slab *slab, struct nbl__chunk *chunk)
{
    if (slab->tracked)
        nbl__track_release(chunk->first, chunk->bytes - NBL__CACHE_LINE);
    slab->chunk_bytes -= chunk->bytes;
    nbl__raw_release(chunk, chunk->bytes);
}

/* carve stores up to a batch of never used blocks, and returns how many. While a checker watches, a block is
 * constructed each time it is taken instead, because it is untouchable in between. */
static uint32_t carve(struct nbl__slab *slab, void **blocks)
{
    struct nbl__chunk *chunk = slab->chunks;
    uint32_t count = 0;
    while (chunk->carved < chunk->blocks && count < NBL__BATCH_BLOCKS) {
        void *block = chunk->first + (size_t)chunk->carved++ * chunk->stride;
        if (slab->construct != NULL && !slab->tracked)
            slab->construct(block, slab->context);
        blocks[count++] = block;
    }
    slab->carved += count;
    return count;
}

/* ---- magazines ---- */

static int64_t magazine_live(struct nbl__magazine const *magazine)
{
    return atomic_load_explicit(&magazine->balance, memory_order_relaxed)
        - (int64_t)atomic_load_explicit(&magazine->count, memory_order_relaxed)
        + atomic_load_explicit(&magazine->guests, memory_order_relaxed);
}

static int64_t magazine_peak(struct nbl__magazine const *magazine)
{
    int64_t const peak = atomic_load_explicit(&magazine->peak, memory_order_relaxed);
    int64_t const since = atomic_load_explicit(&magazine->balance, memory_order_relaxed)
        - (int64_t)atomic_load_explicit(&magazine->low, memory_order_relaxed)
        + atomic_load_explicit(&magazine->guests, memory_order_relaxed);
    return since > peak ? since : peak;
}

/* Only the magazine's thread calls this: before balance or guests change. */
static void magazine_settle(struct nbl__magazine *magazine)
{
    atomic_store_explicit(&magazine->peak, magazine_peak(magazine), memory_order_relaxed);
    atomic_store_explicit(&magazine->low, nbl__magazine_blocks(magazine), memory_order_relaxed);
}

static void magazine_balance(struct nbl__magazine *magazine, int64_t blocks)
{
    int64_t const balance = atomic_load_explicit(&magazine->balance, memory_order_relaxed);
    atomic_store_explicit(&magazine->balance, balance + blocks, memory_order_relaxed);
}

static int64_t live_locked(struct nbl__slab const *slab)
{
    int64_t live = slab->retired_live;
    for (struct nbl__magazine const *magazine = slab->magazines; magazine != NULL; magazine = magazine->next)
        live += magazine_live(magazine);
    return live;
}

static int64_t guests_locked(struct nbl__slab const *slab)
{
    int64_t guests = slab->retired_guests;
    for (struct nbl__magazine const *magazine = slab->magazines; magazine != NULL; magazine = magazine->next)
        guests += atomic_load_explicit(&magazine->guests, memory_order_relaxed);
    return guests;
}

static void high_water_locked(struct nbl__slab *slab)
{
    int64_t const live = live_locked(slab);
    if (live > slab->high_water)
        slab->high_water = live;
    /* One thread alone: its own peak is the exact answer. */
    if (slab->magazines_ever == 1 && slab->magazines != NULL) {
        int64_t const peak = slab->retired_live + magazine_peak(slab->magazines);
        if (peak > slab->high_water)
            slab->high_water = peak;
    }
}

static struct nbl__batch *depot_batch(struct nbl__slab *slab)
{
    struct nbl__batch *batch = batch_pop(&slab->full);
    if (batch == NULL && slab->partial != NULL && slab->partial->count > 0) {
        batch = slab->partial;
        slab->partial = NULL;
    }
    return batch;
}

/* refill puts at least one block into an empty magazine, or returns false. Called with slab->lock held. */
static bool refill(struct nbl__slab *slab, struct nbl__magazine *magazine)
{
    struct nbl__batch *batch;
    uint32_t blocks;
    high_water_locked(slab);
    magazine_settle(magazine);
    batch = depot_batch(slab);
    if (batch != NULL) {
        blocks = batch->count;
        memcpy(magazine->blocks, batch->blocks, blocks * sizeof(void *));
        batch->count = 0;
        batch_push(&slab->empty, batch);
    } else {
        if ((slab->chunks == NULL || slab->chunks->carved == slab->chunks->blocks) && !chunk_add(slab))
            return false;
        blocks = carve(slab, magazine->blocks);
    }
    magazine_balance(magazine, blocks);
    nbl__magazine_set(magazine, blocks);
    atomic_store_explicit(&magazine->low, blocks, memory_order_relaxed);
    return true;
}

/* spill moves the newest 64 blocks of a full magazine to the depot. Called with slab->lock held. */
static void spill(struct nbl__slab *slab, struct nbl__magazine *magazine)
{
    struct nbl__batch *batch = batch_pop(&slab->empty);
    uint32_t const kept = nbl__magazine_blocks(magazine) - NBL__BATCH_BLOCKS;
    magazine_settle(magazine);
    memcpy(batch->blocks, &magazine->blocks[kept], NBL__BATCH_BLOCKS * sizeof(void *));
    batch->count = NBL__BATCH_BLOCKS;
    batch_push(&slab->full, batch);
    magazine_balance(magazine, -(int64_t)NBL__BATCH_BLOCKS);
    nbl__magazine_set(magazine, kept);
    atomic_store_explicit(&magazine->low, kept, memory_order_relaxed);
}

static bool table_grow(struct nbl__thread *thread, uint32_t id)
{
    uint32_t const capacity = (id / TABLE_GROWTH + 1) * TABLE_GROWTH;
    struct nbl__magazine **table;
    if (id < thread->capacity)
        return true;
    table = nbl__raw_allocate(capacity * sizeof(struct nbl__magazine *), NBL__CACHE_LINE);
    if (table == NULL)
        return false;
    memset(table, 0, capacity * sizeof(struct nbl__magazine *));
    if (thread->table != NULL) {
        memcpy(table, thread->table, thread->capacity * sizeof(struct nbl__magazine *));
        nbl__raw_release(thread->table, thread->capacity * sizeof(struct nbl__magazine *));
    } else {
        nbl__port_thread_started(thread);
    }
    thread->table = table;
    thread->capacity = capacity;
    return true;
}

static struct nbl__magazine *magazine_new(struct nbl__slab *slab, struct nbl__thread *thread)
{
    struct nbl__magazine *magazine = nbl__raw_allocate(sizeof(*magazine), NBL__CACHE_LINE);
    if (magazine == NULL)
        return NULL;
    memset(magazine, 0, sizeof(*magazine));
    magazine->slab = slab;
    magazine->thread = thread;
    return magazine;
}

/* magazine_make gives the calling thread a magazine of a slab, or returns NULL when there is no memory for one. */
static struct nbl__magazine *magazine_make(struct nbl__slab *slab)
{
    struct nbl__thread *thread = nbl__thread_current();
    struct nbl__magazine *magazine = NULL;
    nbl__lock_acquire(&registry_lock);
    if (table_grow(thread, slab->id))
        magazine = magazine_new(slab, thread);
    if (magazine != NULL) {
        thread->table[slab->id] = magazine;
        nbl__lock_acquire(&slab->lock);
        magazine->next = slab->magazines;
        slab->magazines = magazine;
        slab->magazines_ever++;
        nbl__lock_release(&slab->lock);
    }
    nbl__lock_release(&registry_lock);
    return magazine;
}

/* magazine_retire takes a magazine out of its slab and its blocks into the depot. Both locks are held. */
static void magazine_retire(struct nbl__slab *slab, struct nbl__magazine *magazine)
{
    struct nbl__magazine **link = &slab->magazines;
    high_water_locked(slab);
    while (*link != magazine)
        link = &(*link)->next;
    *link = magazine->next;
    if (slab->magazines == NULL)
        slab->magazines_ever = 0; /* all is counted: the next thread is alone again, and its peak exact */
    slab->retired_live += magazine_live(magazine);
    slab->retired_guests += atomic_load_explicit(&magazine->guests, memory_order_relaxed);
    depot_store(slab, magazine);
    magazine->thread->table[slab->id] = NULL;
    nbl__raw_release(magazine, sizeof(*magazine));
}

size_t nbl__thread_exit(struct nbl__thread *thread)
{
    size_t given = 0;
    nbl__lock_acquire(&registry_lock);
    for (uint32_t id = 0; id < thread->capacity; id++) {
        struct nbl__slab *slab = thread->table[id] != NULL ? thread->table[id]->slab : NULL;
        if (slab == NULL)
            continue;
        nbl__lock_acquire(&slab->lock);
        magazine_retire(slab, thread->table[id]);
        nbl__lock_release(&slab->lock);
        given += sizeof(struct nbl__magazine);
    }
    if (thread->table != NULL) {
        given += thread->capacity * sizeof(struct nbl__magazine *);
        nbl__raw_release(thread->table, thread->capacity * sizeof(struct nbl__magazine *));
    }
    *thread = (struct nbl__thread){ .number = thread->number, .irql = thread->irql };
    nbl__lock_release(&registry_lock);
    return given;
}

/* ---- take and give, when the fast path cannot ---- */

static void *apart_take(struct nbl__slab *slab, size_t bytes)
{
    void *block = nbl__apart_allocate(bytes);
    if (block == NULL)
        return NULL;
    nbl__lock_acquire(&slab->lock);
    slab->retired_live++;
    slab->chunk_bytes += bytes;
    high_water_locked(slab);
    nbl__lock_release(&slab->lock);
    if (slab->construct != NULL)
        slab->construct(block, slab->context);
    return block;
}

static void apart_give(struct nbl__slab *slab, void *block, size_t bytes)
{
    if (!nbl__apart_release(block, bytes))
        return;
    nbl__lock_acquire(&slab->lock);
    slab->retired_live--;
    slab->chunk_bytes -= bytes;
    nbl__lock_release(&slab->lock);
}

static void *magazine_take(struct nbl__slab *slab)
{
    struct nbl__magazine *magazine = nbl__magazine_of(slab);
    if (magazine == NULL && (magazine = magazine_make(slab)) == NULL)
        return NULL;
    if (nbl__magazine_blocks(magazine) == 0) {
        bool filled;
        nbl__lock_acquire(&slab->lock);
        filled = refill(slab, magazine);
        nbl__lock_release(&slab->lock);
        if (!filled)
            return NULL;
    }
    return nbl__magazine_pop(magazine);
}

void *nbl__slab_take_slow(struct nbl__slab *slab, size_t bytes)
{
    void *block;
    if (nbl__hooked(NBL__HOOK_START))
        nbl__start();
    if (nbl__faulty(NBL_FAULT_ALLOCATION))
        return NULL;
    if (nbl__hooked(NBL__HOOKS_APART))
        return apart_take(slab, bytes);
    block = magazine_take(slab);
    if (block != NULL && slab->tracked) {
        nbl__track_take(slab, block, bytes);
        if (slab->construct != NULL)
            slab->construct(block, slab->context);
    }
    return block;
}

/* Without memory for a magazine the block goes to the depot itself. */
static void give_to_depot(struct nbl__slab *slab, void *block)
{
    nbl__lock_acquire(&slab->lock);
    depot_add(slab, block);
    slab->retired_live--;
    nbl__lock_release(&slab->lock);
}

static void magazine_give(struct nbl__slab *slab, void *block)
{
    struct nbl__magazine *magazine = nbl__magazine_of(slab);
    if (magazine == NULL && (magazine = magazine_make(slab)) == NULL) {
        give_to_depot(slab, block);
        return;
    }
    if (nbl__magazine_blocks(magazine) == NBL__MAGAZINE_BLOCKS) {
        nbl__lock_acquire(&slab->lock);
        spill(slab, magazine);
        nbl__lock_release(&slab->lock);
    }
    (void)nbl__magazine_push_below(magazine, block);
}

void nbl__slab_give_slow(struct nbl__slab *slab, void *block, size_t bytes)
{
    if (nbl__hooked(NBL__HOOKS_APART)) {
        apart_give(slab, block, bytes);
        return;
    }
    if (slab->tracked)
        nbl__track_give(slab, block, slab->block_bytes);
    magazine_give(slab, block);
}

/* ---- life of a slab ---- */

bool nbl__slab_create(struct nbl__slab *slab, size_t block_bytes, void (*construct)(void *, void *), void *context)
{
    bool created;
    memset(slab, 0, sizeof(*slab));
    nbl__lock_initialize(&slab->lock);
    slab->block_bytes = block_bytes;
    slab->construct = construct;
    slab->context = context;
    nbl__lock_acquire(&registry_lock);
    created = id_take(&slab->id);
    slab->serial = next_serial++;
    slab->registered = created ? 1u : 0u;
    nbl__lock_release(&registry_lock);
    return created;
}

static void batches_delete(struct nbl__batch **list)
{
    while (*list != NULL)
        batch_delete(batch_pop(list));
}

void nbl__slab_destroy(struct nbl__slab *slab)
{
    nbl__lock_acquire(&registry_lock);
    nbl__lock_acquire(&slab->lock);
    while (slab->magazines != NULL)
        magazine_retire(slab, slab->magazines);
    while (slab->chunks != NULL) {
        struct nbl__chunk *chunk = slab->chunks;
        slab->chunks = chunk->next;
        chunk_free(slab, chunk);
    }
    batches_delete(&slab->full);
    batches_delete(&slab->empty);
    batch_delete(slab->partial);
    slab->partial = NULL;
    nbl__lock_release(&slab->lock);
    if (slab->tracked)
        nbl__track_pool_destroy(slab);
    if (slab->registered)
        id_give(slab->id);
    nbl__lock_release(&registry_lock);
}

/* ---- trimming ---- */

static bool chunk_holds(struct nbl__chunk const *chunk, void const *block)
{
    return (uintptr_t)block - (uintptr_t)chunk < chunk->bytes;
}

/* chunk_of finds the chunk of a block. Neighbours in a batch are mostly neighbours in memory: *last, the chunk found
 * before, is tried first. */
static struct nbl__chunk *chunk_of(struct nbl__slab const *slab, void const *block, struct nbl__chunk **last)
{
    if (*last == NULL || !chunk_holds(*last, block)) {
        *last = slab->chunks;
        while (!chunk_holds(*last, block))
            *last = (*last)->next;
    }
    return *last;
}

static void count_free_blocks(struct nbl__slab *slab, struct nbl__batch const *batch)
{
    struct nbl__chunk *last = NULL;
    for (; batch != NULL; batch = batch->next)
        for (uint32_t i = 0; i < batch->count; i++)
            chunk_of(slab, batch->blocks[i], &last)->free_blocks++;
}

static bool chunk_is_free(struct nbl__chunk const *chunk)
{
    return chunk->free_blocks == chunk->carved;
}

/* Takes every batch out of the depot and puts back the blocks whose chunk stays. */
static void depot_keep_used_chunks(struct nbl__slab *slab)
{
    struct nbl__batch *old = slab->full;
    struct nbl__chunk *last = NULL;
    if (slab->partial != NULL)
        batch_push(&old, slab->partial);
    slab->full = NULL;
    slab->partial = NULL;
    while (old != NULL) {
        struct nbl__batch *batch = batch_pop(&old);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < batch->count; i++)
            if (!chunk_is_free(chunk_of(slab, batch->blocks[i], &last)))
                batch->blocks[kept++] = batch->blocks[i];
        batch->count = kept;
        if (kept == NBL__BATCH_BLOCKS) {
            batch_push(&slab->full, batch);
            continue;
        }
        /* Merge: the depot may keep only one partial batch. */
        while (slab->partial != NULL && slab->partial->count < NBL__BATCH_BLOCKS && batch->count > 0)
            slab->partial->blocks[slab->partial->count++] = batch->blocks[--batch->count];
        if (batch->count == 0) {
            batch_push(&slab->empty, batch);
            continue;
        }
        if (slab->partial != NULL)
            batch_push(&slab->full, slab->partial);
        slab->partial = batch;
    }
}

static void chunks_free_unused(struct nbl__slab *slab)
{
    struct nbl__chunk **link = &slab->chunks;
    while (*link != NULL) {
        struct nbl__chunk *chunk = *link;
        if (!chunk_is_free(chunk)) {
            link = &chunk->next;
            continue;
        }
        *link = chunk->next;
        slab->carved -= chunk->carved;
        batches_drop(slab, chunk->batches + (slab->chunks == NULL ? 1u : 0u));
        chunk_free(slab, chunk);
    }
}

size_t nbl__slab_trim(struct nbl__slab *slab)
{
    struct nbl__magazine *magazine;
    size_t before;
    nbl__lock_acquire(&registry_lock);
    nbl__lock_acquire(&slab->lock);
    before = slab->chunk_bytes;
    magazine = nbl__magazine_of(slab);
    if (magazine != NULL) {
        magazine_settle(magazine);
        depot_store(slab, magazine);
    }
    for (struct nbl__chunk *chunk = slab->chunks; chunk != NULL; chunk = chunk->next)
        chunk->free_blocks = 0;
    count_free_blocks(slab, slab->full);
    count_free_blocks(slab, slab->partial);
    depot_keep_used_chunks(slab);
    chunks_free_unused(slab);
    before -= slab->chunk_bytes;
    nbl__lock_release(&slab->lock);
    nbl__lock_release(&registry_lock);
    return before;
}

/* ---- statistics ---- */

int64_t nbl__slab_live(struct nbl__slab *slab)
{
    int64_t live;
    nbl__lock_acquire(&slab->lock);
    live = live_locked(slab);
    nbl__lock_release(&slab->lock);
    return live;
}

void nbl__slab_measure(struct nbl__slab *slab, struct nbl__slab_statistics *statistics)
{
    int64_t live;
    nbl__lock_acquire(&slab->lock);
    high_water_locked(slab);
    live = live_locked(slab);
    statistics->live = live > 0 ? (uint64_t)live : 0;
    statistics->high_water = (uint64_t)slab->high_water;
    /* carved = blocks in use + blocks in reserve; guests are in use, but not as blocks of this slab. */
    live -= guests_locked(slab);
    statistics->cached = live > 0 ? slab->carved - (uint64_t)live : slab->carved;
    if (nbl__hooked(NBL__HOOKS_APART))
        statistics->cached = 0;
    statistics->bytes = slab->chunk_bytes;
    nbl__lock_release(&slab->lock);
}

void nbl__slab_account_slow(struct nbl__slab *slab, int64_t objects)
{
    struct nbl__magazine *magazine = nbl__magazine_of(slab);
    /* In malloc mode retired_live counts the blocks, and a peak beside it would be that of another moment. */
    if (NBL_UNLIKELY(magazine == NULL) && !nbl__hooked(NBL__HOOKS_APART))
        magazine = magazine_make(slab);
    if (NBL_LIKELY(magazine != NULL)) {
        int64_t const guests = atomic_load_explicit(&magazine->guests, memory_order_relaxed);
        magazine_settle(magazine);
        atomic_store_explicit(&magazine->guests, guests + objects, memory_order_relaxed);
        return;
    }
    nbl__lock_acquire(&slab->lock);
    slab->retired_live += objects;
    slab->retired_guests += objects;
    high_water_locked(slab);
    nbl__lock_release(&slab->lock);
}
