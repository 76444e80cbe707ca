/* SPDX-License-Identifier: MIT
 *
 * guard.c - guard bytes and quarantine.
 *
 * guard_lock protects the table of blocks in use, the quarantine and the newest damages. It is never held while
 * something is told, nor while memory comes or goes.
 */
#include "guard.h"

#include "knob.h"
#include "memory.h"
#include "track.h"

#include <nbl/port.h>

#include <string.h>

#define BEHIND_LEAST 32u
#define FIRST_BUCKETS 256u
#define DAMAGES_KEPT 16u
#define CALL_FREE "(free)"
#define CALL_QUARANTINE "(quarantine)"

struct gap {
    size_t offset;
    size_t bytes;
};

/* struct guarded is what is known of a block: in use it is in the table, freed in the quarantine. */
struct guarded {
    struct guarded *next;
    unsigned char *memory; /* = block - NBL__GUARD_BYTES */
    unsigned char *block;
    size_t bytes;        /* of the block */
    size_t memory_bytes; /* of all */
    void const *object;
    struct gap gaps[NBL__GUARD_GAPS];
    bool denied; /* nobody can touch it */
};

/* struct zone is bytes that nobody may change. */
struct zone {
    unsigned char *start;
    size_t bytes;
    enum nbl__guard_place place;
};

static struct nbl__lock guard_lock = NBL__LOCK_INITIALIZER;
static struct {
    struct guarded **buckets; /* not NULL while guards are on */
    size_t bucket_count;      /* a power of two */
    size_t in_use;
    size_t quarantine_bytes;
    struct nbl__port_pages const *pages; /* where blocks come from; NULL for the allocator */
    struct guarded *oldest, *newest;     /* the quarantine */
    size_t kept_bytes;
} guard;

static struct {
    struct nbl__guard_damage damage;
    struct nbl__thread const *thread;
} damages[DAMAGES_KEPT];
static size_t damages_told;

/* ---- bytes ---- */

/* 0x80 .. 0xBF: no text, no small number, and neither 0 nor 0xFF, which overruns like best. */
static unsigned char expected_at(unsigned char const *byte, enum nbl__guard_place place)
{
    uintptr_t const address = (uintptr_t)byte;
    if (place == NBL__GUARD_AFTER_FREE)
        return NBL__GUARD_FREED;
    return (unsigned char)(0x80u | ((address * 37u ^ address >> 8) & 0x3Fu));
}

static void reveal(struct zone zone)
{
    if (nbl__hooked(NBL__HOOK_TRACK))
        nbl__track_reveal(zone.start, zone.bytes);
}

static void hide(struct zone zone)
{
    if (nbl__hooked(NBL__HOOK_TRACK))
        nbl__track_hide(zone.start, zone.bytes);
}

static void paint(struct zone zone)
{
    reveal(zone);
    for (size_t i = 0; i < zone.bytes; i++)
        zone.start[i] = expected_at(&zone.start[i], zone.place);
    hide(zone);
}

/* Before a block, the nearest byte is the last one. */
static size_t index_of(struct zone const *zone, size_t step)
{
    return zone->place == NBL__GUARD_BEFORE ? zone->bytes - 1 - step : step;
}

/* look tells whether bytes of a zone are wrong. The part of *damage that is the block's is filled in already. */
static bool look(struct zone zone, struct nbl__guard_damage *damage)
{
    damage->wrong = 0;
    reveal(zone);
    for (size_t step = 0; step < zone.bytes; step++) {
        unsigned char const *byte = &zone.start[index_of(&zone, step)];
        unsigned char const expected = expected_at(byte, zone.place);
        if (*byte == expected || damage->wrong++ > 0)
            continue;
        damage->offset = (ptrdiff_t)((intptr_t)(uintptr_t)byte - (intptr_t)(uintptr_t)damage->block);
        damage->outside = zone.place == NBL__GUARD_AFTER_FREE ? 0 : step + 1;
        damage->found = *byte;
        damage->expected = expected;
        damage->place = zone.place;
    }
    hide(zone);
    return damage->wrong > 0;
}

static struct nbl__guard_damage describe(struct guarded const *guarded)
{
    return (
        struct nbl__guard_damage){ .object = guarded->object, .block = guarded->block, .block_bytes = guarded->bytes };
}

/* Zones of a block in use: before, behind, and the gaps. */
#define ZONES (2u + NBL__GUARD_GAPS)
static struct zone zone_at(struct guarded const *guarded, unsigned number)
{
    unsigned char *end = guarded->block + guarded->bytes;
    struct gap const *gap;
    if (number == 0)
        return (struct zone){ guarded->memory, NBL__GUARD_BYTES, NBL__GUARD_BEFORE };
    if (number == 1)
        return (struct zone){ end, (size_t)(guarded->memory + guarded->memory_bytes - end), NBL__GUARD_BEHIND };
    gap = &guarded->gaps[number - 2];
    return (struct zone){ guarded->block + gap->offset, gap->bytes, NBL__GUARD_INSIDE };
}

/* Finds the first damaged zone of a block, and paints it over. */
static bool find_damage(struct guarded const *guarded, struct nbl__guard_damage *damage)
{
    *damage = describe(guarded);
    for (unsigned i = 0; i < ZONES; i++) {
        if (look(zone_at(guarded, i), damage)) {
            paint(zone_at(guarded, i));
            return true;
        }
    }
    return false;
}

static void tell(struct nbl__guard_damage const *damage, char const *call)
{
    char const *rule = damage->place == NBL__GUARD_AFTER_FREE ? "POOL-07" : "INV-09";
    nbl__lock_acquire(&guard_lock);
    damages[damages_told % DAMAGES_KEPT].damage = *damage;
    damages[damages_told % DAMAGES_KEPT].thread = nbl__thread_current();
    damages_told++;
    nbl__lock_release(&guard_lock);
    nbl__violation(rule, NBL_SEVERITY_FATAL, call, damage->object);
}

bool nbl__guard_last_damage(struct nbl__guard_damage *damage)
{
    bool found = false;
    nbl__lock_acquire(&guard_lock);
    for (size_t i = damages_told; !found && i > 0 && i + DAMAGES_KEPT > damages_told; i--) {
        found = damages[(i - 1) % DAMAGES_KEPT].thread == nbl__thread_current();
        if (found)
            *damage = damages[(i - 1) % DAMAGES_KEPT].damage;
    }
    nbl__lock_release(&guard_lock);
    return found;
}

/* ---- the table of blocks in use ---- */

static struct guarded **bucket_of(void const *block)
{
    uintptr_t const hash = ((uintptr_t)block >> 6) * 2654435761u;
    return &guard.buckets[(hash ^ hash >> 15) & (guard.bucket_count - 1)];
}

/* The link to a block, or to the end. The lock is held. */
static struct guarded **find_link(void const *block)
{
    struct guarded **link = bucket_of(block);
    while (*link != NULL && (*link)->block != block)
        link = &(*link)->next;
    return link;
}

static void table_put(struct guarded *guarded)
{
    struct guarded **link = bucket_of(guarded->block);
    guarded->next = *link;
    *link = guarded;
}

static bool buckets_make(size_t count)
{
    struct guarded **buckets = nbl__port_allocate(NULL, count * sizeof(struct guarded *), NBL__CACHE_LINE);
    if (buckets == NULL)
        return false;
    memset(buckets, 0, count * sizeof(struct guarded *));
    guard.buckets = buckets;
    guard.bucket_count = count;
    return true;
}

/* Without memory for more buckets, the chains just get longer. */
static void table_grow(void)
{
    struct guarded **old = guard.buckets;
    size_t const count = guard.bucket_count;
    if (guard.in_use < 2 * count || !buckets_make(4 * count))
        return;
    for (size_t i = 0; i < count; i++) {
        while (old[i] != NULL) {
            struct guarded *guarded = old[i];
            old[i] = guarded->next;
            table_put(guarded);
        }
    }
    nbl__port_release(NULL, old, count * sizeof(struct guarded *));
}

static void table_add(struct guarded *guarded)
{
    nbl__lock_acquire(&guard_lock);
    table_grow();
    table_put(guarded);
    guard.in_use++;
    nbl__lock_release(&guard_lock);
}

static struct guarded *table_remove(void const *block)
{
    struct guarded **link;
    struct guarded *guarded;
    nbl__lock_acquire(&guard_lock);
    link = find_link(block);
    guarded = *link;
    if (guarded != NULL) {
        *link = guarded->next;
        guard.in_use--;
    }
    nbl__lock_release(&guard_lock);
    return guarded;
}

/* ---- memory ---- */

static size_t up(size_t bytes, size_t alignment)
{
    return (bytes + alignment - 1) & ~(alignment - 1);
}

static bool memory_get(struct guarded *guarded)
{
    size_t const alignment = guard.pages != NULL ? guard.pages->page_bytes : NBL__CACHE_LINE;
    guarded->memory_bytes = up(NBL__GUARD_BYTES + guarded->bytes + BEHIND_LEAST, alignment);
    if (guard.pages != NULL)
        guarded->memory = guard.pages->allocate(guarded->memory_bytes);
    else
        guarded->memory = nbl__raw_allocate(guarded->memory_bytes, NBL__CACHE_LINE);
    return guarded->memory != NULL;
}

static void guarded_delete(struct guarded *guarded)
{
    if (nbl__hooked(NBL__HOOK_TRACK))
        nbl__track_release(guarded->memory, guarded->memory_bytes);
    if (guard.pages != NULL)
        guard.pages->release(guarded->memory, guarded->memory_bytes);
    else
        nbl__raw_release(guarded->memory, guarded->memory_bytes);
    nbl__raw_release(guarded, sizeof(*guarded));
}

static struct guarded *guarded_new(size_t bytes)
{
    struct guarded *guarded = bytes <= SIZE_MAX / 2 ? nbl__raw_allocate(sizeof(*guarded), sizeof(void *)) : NULL;
    if (guarded == NULL)
        return NULL;
    *guarded = (struct guarded){ .bytes = bytes };
    if (!memory_get(guarded)) {
        nbl__raw_release(guarded, sizeof(*guarded));
        return NULL;
    }
    guarded->block = guarded->memory + NBL__GUARD_BYTES;
    guarded->object = guarded->block;
    return guarded;
}

void *nbl__guard_allocate(size_t bytes)
{
    struct guarded *guarded = guarded_new(bytes);
    if (guarded == NULL)
        return NULL;
    for (unsigned i = 0; i < ZONES; i++)
        paint(zone_at(guarded, i));
    table_add(guarded);
    return guarded->block;
}

/* ---- quarantine ---- */

static struct zone all_of(struct guarded const *guarded)
{
    return (struct zone){ guarded->memory, guarded->memory_bytes, NBL__GUARD_AFTER_FREE };
}

/* A platform may refuse to take access away, for one more mapping than it allows: then the block is filled. */
static void bury(struct guarded *guarded)
{
    if (nbl__hooked(NBL__HOOK_TRACK))
        nbl__track_release(guarded->memory, guarded->memory_bytes);
    guarded->denied = guard.pages != NULL && guard.pages->deny(guarded->memory, guarded->memory_bytes);
    if (!guarded->denied)
        paint(all_of(guarded));
}

static void quarantine_push(struct guarded *guarded)
{
    guarded->next = NULL;
    nbl__lock_acquire(&guard_lock);
    if (guard.newest != NULL)
        guard.newest->next = guarded;
    else
        guard.oldest = guarded;
    guard.newest = guarded;
    guard.kept_bytes += guarded->memory_bytes;
    nbl__lock_release(&guard_lock);
}

/* Takes the oldest block out while more than `limit` bytes are kept. */
static struct guarded *quarantine_pop(size_t limit)
{
    struct guarded *guarded = NULL;
    nbl__lock_acquire(&guard_lock);
    if (guard.kept_bytes > limit) {
        guarded = guard.oldest;
        guard.oldest = guarded->next;
        if (guard.oldest == NULL)
            guard.newest = NULL;
        guard.kept_bytes -= guarded->memory_bytes;
    }
    nbl__lock_release(&guard_lock);
    return guarded;
}

static size_t quarantine_shrink(size_t limit, char const *call)
{
    size_t given = 0;
    struct guarded *guarded;
    while ((guarded = quarantine_pop(limit)) != NULL) {
        struct nbl__guard_damage damage = describe(guarded);
        bool const damaged = !guarded->denied && look(all_of(guarded), &damage);
        given += guarded->memory_bytes;
        guarded_delete(guarded);
        if (damaged)
            tell(&damage, call);
    }
    return given;
}

size_t nbl__guard_flush(char const *call)
{
    return quarantine_shrink(0, call);
}

bool nbl__guard_release(void *block)
{
    struct guarded *guarded = table_remove(block);
    struct nbl__guard_damage damage;
    if (guarded == NULL) {
        nbl__violation("INV-01", NBL_SEVERITY_FATAL, CALL_FREE, block);
        return false;
    }
    while (find_damage(guarded, &damage))
        tell(&damage, CALL_FREE);
    bury(guarded);
    quarantine_push(guarded);
    (void)quarantine_shrink(guard.quarantine_bytes, CALL_QUARANTINE);
    return true;
}

/* ---- looking at blocks in use ---- */

static bool find_damage_of(void const *block, struct nbl__guard_damage *damage)
{
    bool found;
    struct guarded const *guarded;
    nbl__lock_acquire(&guard_lock);
    guarded = guard.buckets != NULL ? *find_link(block) : NULL;
    found = guarded != NULL && find_damage(guarded, damage);
    nbl__lock_release(&guard_lock);
    return found;
}

bool nbl__guard_check(void const *block, char const *call)
{
    struct nbl__guard_damage damage;
    bool intact = true;
    while (find_damage_of(block, &damage)) {
        tell(&damage, call);
        intact = false;
    }
    return intact;
}

static bool find_damage_in(struct guarded const *guarded, struct nbl__guard_damage *damage)
{
    bool found = false;
    for (; !found && guarded != NULL; guarded = guarded->next)
        found = find_damage(guarded, damage);
    return found;
}

/* Looks from bucket *from on, which it moves to where it found something. */
static bool find_damage_from(size_t *from, struct nbl__guard_damage *damage)
{
    bool found = false;
    nbl__lock_acquire(&guard_lock);
    while (*from < guard.bucket_count && !(found = find_damage_in(guard.buckets[*from], damage)))
        ++*from;
    nbl__lock_release(&guard_lock);
    return found;
}

size_t nbl__guard_check_all(char const *call)
{
    struct nbl__guard_damage damage;
    size_t count = 0;
    size_t from = 0;
    while (find_damage_from(&from, &damage)) {
        tell(&damage, call);
        count++;
    }
    return count;
}

void nbl__guard_name_slow(void const *block, void const *object)
{
    struct guarded *guarded;
    nbl__lock_acquire(&guard_lock);
    guarded = *find_link(block);
    if (guarded != NULL)
        guarded->object = object;
    nbl__lock_release(&guard_lock);
}

/* Gaps fill up from the first; one without bytes is free. */
static void gap_add(struct guarded *guarded, struct gap gap)
{
    unsigned i = 0;
    while (i < NBL__GUARD_GAPS && guarded->gaps[i].bytes != 0 && guarded->gaps[i].offset != gap.offset)
        i++;
    if (i == NBL__GUARD_GAPS || guarded->gaps[i].bytes != 0)
        return;
    guarded->gaps[i] = gap;
    paint(zone_at(guarded, 2 + i));
}

void nbl__guard_gap_slow(void const *block, size_t offset, size_t bytes)
{
    struct guarded *guarded;
    nbl__lock_acquire(&guard_lock);
    guarded = *find_link(block);
    if (guarded != NULL && bytes > 0)
        gap_add(guarded, (struct gap){ offset, bytes });
    nbl__lock_release(&guard_lock);
}

/* ---- starting and stopping ---- */

bool nbl__guard_start(struct nbl__guard_options const *options)
{
    bool const possible = !options->protect || (nbl__port_pages() != NULL && !nbl__knob(NBL_KNOB_NOWRITE));
    if (guard.buckets != NULL || nbl_memory_bytes() != 0 || !possible || !buckets_make(FIRST_BUCKETS))
        return false;
    guard.pages = options->protect ? nbl__port_pages() : NULL;
    guard.quarantine_bytes = options->quarantine_bytes;
    damages_told = 0;
    nbl__hooks_set(NBL__HOOK_GUARD);
    return true;
}

bool nbl__guard_protects(void)
{
    return nbl__hooked(NBL__HOOK_GUARD) && guard.pages != NULL;
}

bool nbl__guard_stop(void)
{
    if (guard.buckets == NULL)
        return true;
    (void)nbl__guard_check_all("nbl_verify_stop");
    guard.quarantine_bytes = 0;
    (void)nbl__guard_flush("nbl_verify_stop");
    if (guard.in_use > 0)
        return false;
    nbl__hooks_clear(NBL__HOOK_GUARD);
    nbl__port_release(NULL, guard.buckets, guard.bucket_count * sizeof(struct guarded *));
    guard.buckets = NULL;
    guard.bucket_count = 0;
    return true;
}
