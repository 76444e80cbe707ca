/* SPDX-License-Identifier: MIT
 *
 * slab.pml - magazines, depot, chunks and threads that come and go: lib/base/slab.c with small numbers.
 *
 * Two threads take, give what either took, trim, and end, in any order. What the C code does under a lock is one step
 * here once the lock is held, except in refill, which goes step by step: a missing lock would show there.
 *
 *     here BATCH = 2, MAGAZINE = 4, 2 chunks of 3 blocks      there 64, 128, many chunks of 4 to thousands
 *
 * A set of blocks is a byte, one bit per block: whoever takes one takes any, which covers every order of a stack.
 * Memory may run out at each allocation. With one of the BROKEN_ macros a step is wrong, and a claim has to fail.
 *
 * Claims, in every state that is reachable:
 *     one place    each carved block is in exactly one of: a magazine, the depot, a thread's hands, in use; and no
 *                  other block is anywhere (none is lost, none doubled)
 *     empty batch  wherever a batch is needed for blocks that come back, there is one (slab.h)
 *     batches      batches = sum over chunks of ceil(blocks / BATCH) + 1
 *     no deadlock  lock order registry, slab
 *     live         with COUNTS: sum of (balance - size of the magazine) + retired = blocks in use and in hands
 */

#define BATCH 2
#define MAGAZINE 4
#ifndef CHUNK
#define CHUNK 3
#endif
#define CHUNKS 2
#define CHUNK_BATCHES ((CHUNK + BATCH - 1) / BATCH)
#ifndef THREADS
#define THREADS 2
#endif
#define MOST_BATCHES (CHUNKS * CHUNK_BATCHES + 1)
#define ALL_BITS ((1 << (CHUNK * CHUNKS)) - 1)

#define bit(set, n) (((set) >> (n)) & 1)
#define half(set) (bit(set, 0) + bit(set, 1) + bit(set, 2) + bit(set, 3))
#define size(set) (half(set) + half((set) >> 4))
#define blocks_of(chunk) (((1 << CHUNK) - 1) << (CHUNK * (chunk)))
#define carved_of(chunk) (((1 << carved[chunk]) - 1) << (CHUNK * (chunk)))

/* ---- the slab ---- */

byte registry_lock, slab_lock;
byte full_batch[MOST_BATCHES]; /* sets of BATCH blocks, a stack */
byte full_count;
byte partial;
bool has_partial;
byte empty_count;
byte order[CHUNKS];      /* chunks, newest last */
byte chunk_count;
bool exists[CHUNKS];
byte carved[CHUNKS];     /* how many blocks of a chunk exist */

byte magazine[THREADS];
bool has_magazine[THREADS];
byte hand[THREADS];      /* a block on its way between magazine and use */
byte in_use;

#ifdef BROKEN_LOCK
byte refilling;
#define resting (slab_lock == 0 && refilling == 0)
#else
#define resting (slab_lock == 0)
#endif

#ifdef COUNTS /* how much is live, without counting each block (slab.h) */
short balance[THREADS];
short retired_live;
#define counted(what) what
#else
#define counted(what) skip
#endif

inline lock(which) { atomic { which == 0 -> which = 1 } }
inline unlock(which) { which = 0 }

/* pick chooses any block of a set that is not empty. */
inline pick(from, found)
{
    if
    :: ((from) & 1) -> found = 1
    :: ((from) & 2) -> found = 2
    :: ((from) & 4) -> found = 4
    :: ((from) & 8) -> found = 8
    :: ((from) & 16) -> found = 16
    :: ((from) & 32) -> found = 32
    :: ((from) & 64) -> found = 64
    :: ((from) & 128) -> found = 128
    fi
}

/* ---- depot, with slab_lock held ---- */

inline depot_add(added)
{
    if
    :: has_partial && size(partial) == BATCH ->
        full_batch[full_count] = partial; full_count++;
        has_partial = false; partial = 0
    :: else
    fi;
    if
    :: !has_partial -> assert(empty_count > 0); empty_count--; has_partial = true
    :: else
    fi;
    assert((partial & added) == 0);
    partial = partial | added
}

inline depot_store(who)
{
    do
    :: magazine[who] != 0 ->
        pick(magazine[who], block); depot_add(block); magazine[who] = magazine[who] & ~block;
        counted(balance[who]--)
    :: else -> break
    od;
    block = 0
}

inline chunk_add(done)
{
    if
    :: chunk_count < CHUNKS ->
        if
        :: !exists[0] -> index = 0
        :: exists[0] && CHUNKS > 1 && !exists[CHUNKS - 1] -> index = CHUNKS - 1
        fi;
#ifdef BROKEN_EXTRA
        empty_count = empty_count + CHUNK_BATCHES;
#else
        empty_count = empty_count + CHUNK_BATCHES + (chunk_count == 0 -> 1 : 0);
#endif
        exists[index] = true; carved[index] = 0;
        order[chunk_count] = index; chunk_count++;
        done = true
    :: done = false /* no memory */
    fi;
    index = 0
}

/* Carves up to a batch from the newest chunk. */
inline carve(fresh)
{
    index = order[chunk_count - 1];
    fresh = carved_of(index);
    carved[index] = (carved[index] + BATCH <= CHUNK -> carved[index] + BATCH : CHUNK);
    fresh = carved_of(index) & ~fresh;
    index = 0
}

/* refill: filled is false when there was no memory. */
inline refill(who)
{
    filled = true;
    if
    :: full_count > 0 ->
        set = full_batch[full_count - 1];
        full_count--; full_batch[full_count] = 0;
        magazine[who] = magazine[who] | set; empty_count++;
        counted(balance[who] = balance[who] + size(set))
    :: full_count == 0 && has_partial && partial != 0 ->
        set = partial;
        partial = 0; has_partial = false;
        magazine[who] = magazine[who] | set; empty_count++;
        counted(balance[who] = balance[who] + size(set))
    :: full_count == 0 && !(has_partial && partial != 0) ->
        if
        :: chunk_count == 0 -> chunk_add(filled)
        :: chunk_count > 0 && carved[order[chunk_count - 1]] == CHUNK -> chunk_add(filled)
        :: else
        fi;
        if
        :: filled -> carve(set); magazine[who] = magazine[who] | set; counted(balance[who] = balance[who] + size(set))
        :: else
        fi
    fi;
    set = 0
}

/* Any BATCH blocks of a full magazine. */
inline spill(who)
{
    assert(empty_count > 0);
    empty_count--;
    set = 0;
    do
    :: size(set) < BATCH -> pick(magazine[who] & ~set, block); set = set | block
    :: else -> break
    od;
    full_batch[full_count] = set; full_count++;
    magazine[who] = magazine[who] & ~set;
    counted(balance[who] = balance[who] - BATCH);
    set = 0; block = 0
}

/* ---- threads ---- */

/* magazine_make: made is false when there was no memory. */
inline magazine_make(who)
{
    lock(registry_lock);
    if
    :: lock(slab_lock); has_magazine[who] = true; unlock(slab_lock)
    :: true
    fi;
    unlock(registry_lock)
}

inline take(who)
{
    if
    :: !has_magazine[who] -> magazine_make(who)
    :: else
    fi;
    if
    :: has_magazine[who] && magazine[who] == 0 ->
#ifdef BROKEN_LOCK
        refilling++; refill(who); refilling--;
#else
        lock(slab_lock); refill(who); unlock(slab_lock);
#endif
        filled = false
    :: else
    fi;
    atomic {
        if
        :: has_magazine[who] && magazine[who] != 0 ->
            pick(magazine[who], block);
            magazine[who] = magazine[who] & ~block;
            hand[who] = block
        :: else
        fi;
        block = 0
    };
    atomic { assert((in_use & hand[who]) == 0); in_use = in_use | hand[who]; hand[who] = 0 }
}

/* in_use is not empty. */
inline give(who)
{
    if
    :: !has_magazine[who] -> magazine_make(who)
    :: else
    fi;
    if
    :: !has_magazine[who] ->
        lock(slab_lock);
        atomic { depot_add(hand[who]); hand[who] = 0; counted(retired_live--); unlock(slab_lock) }
    :: has_magazine[who] && size(magazine[who]) == MAGAZINE -> lock(slab_lock); atomic { spill(who); unlock(slab_lock) }
    :: else
    fi;
    atomic { assert((magazine[who] & hand[who]) == 0); magazine[who] = magazine[who] | hand[who]; hand[who] = 0 }
}

inline thread_exit(who)
{
    lock(registry_lock);
    if
    :: has_magazine[who] ->
        lock(slab_lock);
        atomic {
            counted(retired_live = retired_live + balance[who] - size(magazine[who]));
#ifdef BROKEN_EXIT
            magazine[who] = 0;
#else
            depot_store(who);
#endif
            counted(balance[who] = 0);
            has_magazine[who] = false;
            unlock(slab_lock)
        }
    :: else
    fi;
    unlock(registry_lock)
}

/* ---- trimming ---- */

/* depot_keep_used_chunks: `gone` are the blocks of chunks that have nothing in use. */
inline depot_keep_used_chunks()
{
    index = 0;
    if
    :: has_partial -> full_batch[full_count] = partial; full_count++; has_partial = false; partial = 0
    :: else
    fi;
    old_count = full_count; full_count = 0;
    do /* each old batch, and its place is free as soon as it has been looked at */
    :: index < old_count ->
        set = full_batch[index] & ~gone; full_batch[index] = 0; index++;
        if
        :: size(set) == BATCH -> full_batch[full_count] = set; full_count++; set = 0
        :: else ->
            do
            :: has_partial && size(partial) < BATCH && set != 0 ->
                pick(set, block); partial = partial | block; set = set & ~block
            :: else -> break
            od;
            if
            :: set == 0 -> empty_count++
            :: else ->
                if
                :: has_partial -> full_batch[full_count] = partial; full_count++
                :: else
                fi;
                partial = set; has_partial = true; set = 0
            fi
        fi
    :: else -> break
    od;
    index = 0; old_count = 0; block = 0
}

inline chunks_free_unused()
{
    index = 0;
    do
    :: index < chunk_count ->
        if
        :: (carved_of(order[index]) & ~gone) == 0 ->
            assert(empty_count >= CHUNK_BATCHES + (chunk_count == 1 -> 1 : 0));
            empty_count = empty_count - CHUNK_BATCHES - (chunk_count == 1 -> 1 : 0);
            exists[order[index]] = false; carved[order[index]] = 0;
            order[index] = (index + 1 < chunk_count -> order[CHUNKS - 1] : 0);
            chunk_count--; order[chunk_count] = 0
        :: else -> index++
        fi
    :: else -> break
    od;
    index = 0
}

/* Which blocks belong to chunks all of whose blocks are in the depot. */
inline find_free_chunks()
{
    set = partial; index = 0;
    do
    :: index < full_count -> set = set | full_batch[index]; index++
    :: else -> break
    od;
    index = 0; gone = 0;
    do
    :: index < CHUNKS ->
        if
        :: exists[index] && (carved_of(index) & ~set) == 0 -> gone = gone | blocks_of(index)
        :: else
        fi;
        index++
    :: else -> break
    od;
    index = 0; set = 0
}

inline trim(who)
{
#ifdef BROKEN_ORDER
    lock(slab_lock); lock(registry_lock);
#else
    lock(registry_lock); lock(slab_lock);
#endif
    atomic {
        if
        :: has_magazine[who] -> depot_store(who)
        :: else
        fi;
        find_free_chunks();
#ifdef BROKEN_TRIM
        old_count = gone; gone = 0; depot_keep_used_chunks(); gone = ALL_BITS;
#else
        depot_keep_used_chunks();
#endif
        chunks_free_unused();
        gone = 0;
        unlock(slab_lock); unlock(registry_lock)
    }
}

proctype thread(byte me)
{
    byte block, set, index, gone, old_count;
    bool filled;
    do
    :: take(me)
    :: atomic { in_use != 0 -> pick(in_use, block); in_use = in_use & ~block; hand[me] = block; block = 0 }; give(me)
    :: thread_exit(me)
    :: trim(me)
    od
}

/* ---- what is claimed ---- */

#define holds_once(set) ((seen & (set)) == 0)

proctype monitor()
{
    byte seen, index, expected, batches;
    do
    :: d_step {
        resting ->
        seen = 0; index = 0;
        assert(holds_once(magazine[0])); seen = seen | magazine[0];
        assert(holds_once(magazine[THREADS - 1]) || THREADS == 1); seen = seen | magazine[THREADS - 1];
        assert(holds_once(hand[0])); seen = seen | hand[0];
        assert(holds_once(hand[THREADS - 1]) || THREADS == 1); seen = seen | hand[THREADS - 1];
        assert(holds_once(in_use)); seen = seen | in_use;
        assert(holds_once(partial)); seen = seen | partial;
        do
        :: index < full_count ->
            assert(size(full_batch[index]) == BATCH && holds_once(full_batch[index])); seen = seen | full_batch[index]; index++
        :: else -> break
        od;
        index = 0; expected = 0; batches = 0;
        do
        :: index < CHUNKS ->
            if
            :: exists[index] -> expected = expected | carved_of(index); batches = batches + CHUNK_BATCHES
            :: else
            fi;
            index++
        :: else -> break
        od;
        assert(seen == expected);
#ifdef COUNTS
        assert(retired_live + balance[0] - size(magazine[0])
               + (THREADS == 2 -> balance[THREADS - 1] - size(magazine[THREADS - 1]) : 0)
               == size(in_use) + size(hand[0]) + (THREADS == 2 -> size(hand[THREADS - 1]) : 0));
#endif
#ifndef BROKEN_EXTRA /* there an empty batch has to be missed by whoever needs it */
        assert(full_count + empty_count + (has_partial -> 1 : 0) == batches + (chunk_count > 0 -> 1 : 0));
#endif
        seen = 0; index = 0; expected = 0; batches = 0
    }
    od
}

init
{
    atomic {
        run thread(0);
        if
        :: THREADS == 2 -> run thread(THREADS - 1)
        :: else
        fi;
        run monitor()
    }
}
