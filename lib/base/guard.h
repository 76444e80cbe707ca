/* SPDX-License-Identifier: MIT
 *
 * guard.h (internal) - guard bytes around every block, and a quarantine for freed ones (VER-05, INV-09, POOL-07).
 *
 * While NBL__HOOK_GUARD is set, each block is an allocation of its own, as in malloc mode:
 *
 *     [guard: 64 bytes][block: `bytes` bytes][guard: 32 bytes or more, up to a line]
 *
 * A guard byte follows from its address and is never 0, 0xFF or ASCII. A pool adds gaps inside its blocks. What is
 * known of a block stands apart from it, so that no overrun reaches it. Guards are looked at when a block is freed,
 * when guarding stops, and on demand; a freed block is filled, kept as long as the quarantine has room, and looked at
 * when it leaves. Damage is told once, by nbl__violation, with no lock held, and then painted over.
 *
 * Memory checkers: guards, gaps and quarantine are untouchable for them too, but while they are looked at here. So a
 * checker stops at the instruction as ever, and what it cannot see, such as writes by code without instruments, is
 * found all the same. A checker overlooks a write that comes at the moment of a look; the next look finds it.
 */
#ifndef NBL_BASE_GUARD_H
#define NBL_BASE_GUARD_H

#include "event.h"

#define NBL__GUARD_BYTES 64u /* before a block, and least of a gap; no less than a line, which blocks are aligned to */
#define NBL__GUARD_FREED 0xDDu
#define NBL__GUARD_GAPS 3u

/* struct nbl__guard_options: all zero is guard bytes alone. */
struct nbl__guard_options {
    size_t quarantine_bytes; /* of freed blocks with all around them; the oldest leave when there are more */
    bool protect; /* blocks have pages of their own, not from nbl_allocator; nobody can touch those of a freed one */
};

enum nbl__guard_place { NBL__GUARD_BEFORE, NBL__GUARD_BEHIND, NBL__GUARD_INSIDE, NBL__GUARD_AFTER_FREE };

/* struct nbl__guard_damage is what was found wrong: of all wrong bytes of one guard, the one nearest to the block; of a
 * gap or a freed block, the first. */
struct nbl__guard_damage {
    void const *object; /* what the driver knows of the block */
    void const *block;  /* not to be looked at when it was freed */
    size_t block_bytes;
    ptrdiff_t offset; /* of the byte from the start of the block */
    size_t outside;   /* 1 for the byte next to the block, or to the start of the gap; 0 after a free */
    size_t wrong;     /* how many bytes are */
    unsigned char found;
    unsigned char expected;
    enum nbl__guard_place place;
};

/* nbl__guard_start turns guards on for all blocks to come. Returns false, and changes nothing, while they are on, while
 * libnbl holds memory, without memory, and when `protect` is wanted of a platform that has no such pages or beside
 * K-NOWRITE, which wants memory of another kind. Threads: no other may use libnbl during the call. */
bool nbl__guard_start(struct nbl__guard_options const *options);

/* nbl__guard_stop looks at all blocks, empties the quarantine, and turns guards off. Returns false while blocks are in
 * use: they stay guarded, nothing is kept in quarantine any more, and it can be called again. Threads as above. */
bool nbl__guard_stop(void);

/* nbl__guard_protects tells whether guards are on, with `protect`. */
bool nbl__guard_protects(void);

/* nbl__guard_check looks at the guards and gaps of one block, for a call that is named in what is told. Returns false
 * when some were damaged; true, too, for an address that is no guarded block's. */
bool nbl__guard_check(void const *block, char const *call);

/* nbl__guard_check_all does so for all blocks in use, and counts the damages. */
size_t nbl__guard_check_all(char const *call);

/* nbl__guard_flush empties the quarantine; returns the bytes that went back. */
size_t nbl__guard_flush(char const *call);

/* nbl__guard_last_damage gives the newest damage that was told on the calling thread, if it is one of the last 16 of
 * all threads. Returns false when there is none. To be asked in a listener, too. */
bool nbl__guard_last_damage(struct nbl__guard_damage *damage);

/* nbl__guard_allocate gives a guarded block aligned to 64, content undefined, or NULL. nbl__guard_release takes it
 * back, looking at it first; false, after telling INV-01, when it is no guarded block in use. Only while the hook is
 * set. */
NBL_COLD void *nbl__guard_allocate(size_t bytes);
NBL_COLD bool nbl__guard_release(void *block);

NBL_COLD void nbl__guard_name_slow(void const *block, void const *object);
NBL_COLD void nbl__guard_gap_slow(void const *block, size_t offset, size_t bytes);

/* nbl__guard_name says what a driver knows a block as, where that is not its start. */
static inline void nbl__guard_name(void const *block, void const *object)
{
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_GUARD)))
        nbl__guard_name_slow(block, object);
}

/* nbl__guard_gap makes bytes of a block that nobody uses a guard, too; up to NBL__GUARD_GAPS of them. Saying the same
 * again does nothing. */
static inline void nbl__guard_gap(void const *block, size_t offset, size_t bytes)
{
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_GUARD)))
        nbl__guard_gap_slow(block, offset, bytes);
}

#endif
