/* SPDX-License-Identifier: MIT
 *
 * ledger.c - the table of objects and their histories.
 */
#include "ledger.h"

#include "../base/event.h"
#include "../base/slab.h"
#include "../buffer/window.h"

#include <string.h>

#define FIRST_BUCKETS 1024u
#define ENTRIES_AT_ONCE 64u

/* struct entry is one object. Entries hang in a bucket by address; freed ones also in the order of their end; and those
 * that came with an owner in the owner's list. */
struct entry {
    struct entry *next; /* of the bucket, or of the unused ones */
    struct nbl__history history;
    void const *pool; /* whose object it is; NULL for none */
    bool live;
    struct entry *owner;
    struct entry *first_owned;
    struct entry *next_owned;
    struct entry *freed_next; /* from the oldest to the newest */
    struct nbl__ledger_window window; /* of a NET_BUFFER, when it was allocated */
    uint32_t takings;                 /* of a list's context space; only the first ones have their size here */
    uint16_t sizes[NBL__CONTEXT_SIZES];
};

struct piece {
    struct piece *next;
    struct entry entries[ENTRIES_AT_ONCE];
};

static struct nbl__lock lock = NBL__LOCK_INITIALIZER;
static struct {
    struct entry **buckets;
    uint32_t bucket_count; /* a power of two */
    uint32_t entries;
    struct entry *unused;
    struct entry *oldest_freed;
    struct entry *newest_freed;
    uint32_t freed;
    uint32_t freed_kept;
    struct piece *pieces;
    uint64_t serial;
    bool incomplete;
} ledger;

/* ---- memory ---- */

static void *take(size_t bytes)
{
    void *memory = nbl__port_allocate(NULL, bytes, NBL__CACHE_LINE);
    if (memory != NULL)
        memset(memory, 0, bytes);
    return memory;
}

static struct entry **bucket_of(void const *object)
{
    uint64_t const mixed = (uint64_t)(uintptr_t)object / 16 * UINT64_C(0x9E3779B97F4A7C15);
    return &ledger.buckets[(uint32_t)(mixed >> 32) & (ledger.bucket_count - 1)];
}

static void rehash(struct entry **old, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        while (old[i] != NULL) {
            struct entry *entry = old[i];
            struct entry **bucket = bucket_of(entry->history.object);
            old[i] = entry->next;
            entry->next = *bucket;
            *bucket = entry;
        }
}

/* A table that could not grow is slower, and still right. */
static void grow(void)
{
    struct entry **old = ledger.buckets;
    uint32_t const count = ledger.bucket_count;
    struct entry **larger = take(2 * (size_t)count * sizeof(struct entry *));
    if (larger == NULL)
        return;
    ledger.buckets = larger;
    ledger.bucket_count = 2 * count;
    rehash(old, count);
    nbl__port_release(NULL, old, count * sizeof(struct entry *));
}

static bool add_entries(void)
{
    struct piece *piece = take(sizeof(*piece));
    if (piece == NULL)
        return false;
    piece->next = ledger.pieces;
    ledger.pieces = piece;
    for (uint32_t i = 0; i < ENTRIES_AT_ONCE; i++) {
        piece->entries[i].next = ledger.unused;
        ledger.unused = &piece->entries[i];
    }
    return true;
}

/* ---- finding ---- */

static struct entry *find(void const *object)
{
    struct entry *entry = ledger.buckets == NULL ? NULL : *bucket_of(object);
    while (entry != NULL && entry->history.object != object)
        entry = entry->next;
    return entry;
}

static void unlink_from_bucket(struct entry *entry)
{
    struct entry **link = bucket_of(entry->history.object);
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    ledger.entries--;
}

static void discard(struct entry *entry)
{
    unlink_from_bucket(entry);
    memset(entry, 0, sizeof(*entry));
    entry->next = ledger.unused;
    ledger.unused = entry;
}

static void forget_oldest(void)
{
    struct entry *entry = ledger.oldest_freed;
    ledger.oldest_freed = entry->freed_next;
    if (ledger.oldest_freed == NULL)
        ledger.newest_freed = NULL;
    ledger.freed--;
    discard(entry);
}

/* Takes an entry out of the freed ones: its address lives again. */
static void revive(struct entry *entry)
{
    struct entry **link = &ledger.oldest_freed;
    struct entry *before = NULL;
    while (*link != entry) {
        before = *link;
        link = &before->freed_next;
    }
    *link = entry->freed_next;
    if (ledger.newest_freed == entry)
        ledger.newest_freed = before;
    entry->freed_next = NULL;
    ledger.freed--;
}

static struct entry *enter(void const *object)
{
    struct entry *entry = find(object);
    struct entry **bucket;
    if (entry != NULL) {
        if (!entry->live)
            revive(entry);
        return entry;
    }
    if (ledger.unused == NULL && !add_entries()) {
        ledger.incomplete = true;
        return NULL;
    }
    if (ledger.entries >= ledger.bucket_count)
        grow();
    entry = ledger.unused;
    ledger.unused = entry->next;
    bucket = bucket_of(object);
    *entry = (struct entry){ .next = *bucket, .history = { .object = object } };
    *bucket = entry;
    ledger.entries++;
    return entry;
}

/* ---- moments ---- */

/* The first moment stays; of the others the newest. */
static void add_moment(struct nbl__history *history, struct nbl__moment const *moment)
{
    if (history->count == NBL__HISTORY_LENGTH) {
        memmove(&history->moments[1], &history->moments[2], (NBL__HISTORY_LENGTH - 2) * sizeof(*moment));
        history->count--;
    }
    history->moments[history->count++] = *moment;
}

/* An owned object that ends by itself, such as an MDL of a retreat, or begins anew, leaves its owner's list first. */
static void leave_owner(struct entry *entry)
{
    struct entry **link;
    if (entry->owner == NULL)
        return;
    link = &entry->owner->first_owned;
    while (*link != NULL && *link != entry)
        link = &(*link)->next_owned;
    if (*link == entry)
        *link = entry->next_owned;
    entry->owner = NULL;
}

static struct entry *begin(void const *object, char const *type, uint64_t bytes, void const *pool, struct entry *owner,
                           struct nbl__moment const *moment)
{
    struct entry *entry = enter(object);
    if (entry == NULL)
        return NULL;
    leave_owner(entry);
    entry->history.type = type;
    entry->history.bytes = bytes;
    entry->history.count = 0;
    entry->history.freed = false;
    entry->pool = pool;
    entry->live = true;
    entry->takings = 0;
    entry->owner = owner;
    entry->first_owned = NULL;
    if (owner != NULL) {
        entry->next_owned = owner->first_owned;
        owner->first_owned = entry;
    }
    add_moment(&entry->history, moment);
    return entry;
}

static void end(struct entry *entry, struct nbl__moment const *moment)
{
    struct entry *owned = entry->first_owned;
    if (!entry->live)
        return;
    add_moment(&entry->history, moment);
    entry->history.freed = true;
    entry->live = false;
    entry->owner = NULL;
    entry->first_owned = NULL;
    entry->freed_next = NULL;
    if (ledger.newest_freed == NULL)
        ledger.oldest_freed = entry;
    else
        ledger.newest_freed->freed_next = entry;
    ledger.newest_freed = entry;
    ledger.freed++;
    while (owned != NULL) {
        struct entry *next = owned->next_owned;
        if (owned->owner == entry)
            end(owned, moment);
        owned = next;
    }
}

static void finish(void const *object, struct nbl__moment const *moment)
{
    struct entry *entry = find(object);
    if (entry == NULL)
        return;
    leave_owner(entry);
    end(entry, moment);
    while (ledger.freed > ledger.freed_kept)
        forget_oldest();
}

/* ---- events ---- */

static bool is_live(void const *object)
{
    struct entry const *entry = find(object);
    return entry != NULL && entry->live;
}

/* A clone may show the MDLs of its original: those are not its own. */
static void begin_mdls(MDL const *mdl, struct entry *owner, struct nbl__moment const *moment)
{
    uint32_t steps = 0;
    for (; mdl != NULL && owner != NULL; mdl = nbl__mdl_next(mdl, &steps)) {
        struct nbl__mdl_record const *record = nbl__mdl_record_of(mdl);
        bool const came_with_it =
            record != NULL && (record->kind == NBL__MDL_POOL || record->kind == NBL__MDL_DERIVED);
        if (came_with_it && !is_live(mdl))
            (void)begin(mdl, "MDL", mdl->ByteCount, NULL, owner, moment);
    }
}

static void begin_buffer(NET_BUFFER const *buffer, struct entry *owner, struct nbl__moment const *moment)
{
    struct entry *entry =
        begin(buffer, "NET_BUFFER", sizeof(*buffer), buffer->NdisPoolHandle, owner, moment);
    if (entry != NULL)
        entry->window = (struct nbl__ledger_window){ buffer->DataOffset, buffer->DataLength };
    begin_mdls(buffer->MdlChain, entry, moment);
}

/* A new list's NBs are all that came with it. */
static void begin_list(NET_BUFFER_LIST const *list, uint64_t bytes, struct nbl__moment const *moment)
{
    struct entry *entry = begin(list, "NET_BUFFER_LIST", bytes == 0 ? sizeof(*list) : bytes, list->NdisPoolHandle, NULL,
                                moment);
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL && entry != NULL; buffer = buffer->Next)
        begin_buffer(buffer, entry, moment);
}

/* Something happened to an object that goes on living. */
static void pass(void const *object, struct nbl__moment const *moment)
{
    struct entry *entry = find(object);
    if (entry != NULL && entry->live)
        add_moment(&entry->history, moment);
}

/* Tells whether an MDL on a NB came from a driver's handler: then it lives before and after. */
static bool is_drivers(struct nbl_event const *event)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(event->object);
    if (event->related == NULL)
        return false;
    return record == NULL || record->kind == NBL__MDL_NDIS || record->kind == NBL__MDL_IO;
}

static void note_mdl(struct nbl_event const *event, struct nbl__moment const *moment)
{
    struct entry *owner = event->related == NULL ? NULL : find(event->related);
    if (is_drivers(event))
        pass(event->object, moment);
    else if (event->kind == NBL_EVENT_MDL_ALLOCATE)
        (void)begin(event->object, "MDL", event->bytes, NULL, owner, moment);
    else
        finish(event->object, moment);
}

static void take_context(struct nbl_event const *event)
{
    struct entry *entry = find(event->object);
    if (entry == NULL || !entry->live)
        return;
    if (entry->takings < NBL__CONTEXT_SIZES)
        entry->sizes[entry->takings] = (uint16_t)event->bytes;
    entry->takings++;
}

static void note(struct nbl_event const *event, struct nbl__moment const *moment)
{
    switch (event->kind) {
    case NBL_EVENT_POOL_ALLOCATE:
        (void)begin(event->object, "pool", event->bytes, NULL, NULL, moment);
        break;
    case NBL_EVENT_LIST_ALLOCATE:
        begin_list(event->object, event->bytes, moment);
        break;
    case NBL_EVENT_BUFFER_ALLOCATE:
        begin_buffer(event->object, NULL, moment);
        break;
    case NBL_EVENT_MDL_ALLOCATE:
    case NBL_EVENT_MDL_FREE:
        note_mdl(event, moment);
        break;
    case NBL_EVENT_CONTEXT_ALLOCATE:
        take_context(event);
        pass(event->object, moment);
        break;
    case NBL_EVENT_CONTEXT_FREE:
        pass(event->object, moment);
        break;
    case NBL_EVENT_POOL_FREE:
    case NBL_EVENT_LIST_FREE:
    case NBL_EVENT_BUFFER_FREE:
        finish(event->object, moment);
        break;
    case NBL_EVENT_VIOLATION:
        break;
    }
}

void nbl__ledger_note(struct nbl_event const *event)
{
    struct nbl__moment moment = { .kind = event->kind, .call = event->call, .related = event->related,
                                  .thread = nbl__thread_number() };
    moment.depth = nbl__port_stack(moment.frames, NBL__STACK_DEPTH);
    nbl__lock_acquire(&lock);
    if (ledger.buckets != NULL) {
        moment.serial = ++ledger.serial;
        note(event, &moment);
    }
    nbl__lock_release(&lock);
}

/* ---- starting, stopping, asking ---- */

bool nbl__ledger_start(ULONG freed_kept)
{
    void *warm[1];
    (void)nbl__port_stack(warm, 1); /* the first call of some platforms loads a library */
    memset(&ledger, 0, sizeof(ledger));
    ledger.freed_kept = freed_kept;
    ledger.bucket_count = FIRST_BUCKETS;
    ledger.buckets = take(FIRST_BUCKETS * sizeof(struct entry *));
    return ledger.buckets != NULL;
}

void nbl__ledger_stop(void)
{
    nbl__lock_acquire(&lock);
    while (ledger.pieces != NULL) {
        struct piece *piece = ledger.pieces;
        ledger.pieces = piece->next;
        nbl__port_release(NULL, piece, sizeof(*piece));
    }
    if (ledger.buckets != NULL)
        nbl__port_release(NULL, ledger.buckets, ledger.bucket_count * sizeof(struct entry *));
    memset(&ledger, 0, sizeof(ledger));
    nbl__lock_release(&lock);
}

bool nbl__ledger_history(void const *object, struct nbl__history *history)
{
    struct entry const *entry;
    nbl__lock_acquire(&lock);
    entry = object == NULL ? NULL : find(object);
    if (entry != NULL)
        *history = entry->history;
    else
        history->count = 0;
    nbl__lock_release(&lock);
    return entry != NULL;
}

enum nbl__ledger_state nbl__ledger_state_of(void const *object)
{
    enum nbl__ledger_state state = NBL__LEDGER_UNKNOWN;
    struct entry const *entry;
    nbl__lock_acquire(&lock);
    entry = object == NULL ? NULL : find(object);
    if (entry != NULL)
        state = entry->live ? NBL__LEDGER_LIVE : NBL__LEDGER_FREED;
    nbl__lock_release(&lock);
    return state;
}

/* Once there were more takings than have room, nothing is known any more. */
static bool context_is_known(struct entry const *entry)
{
    return entry != NULL && entry->live && entry->takings <= NBL__CONTEXT_SIZES;
}

bool nbl__ledger_context_bytes(void const *list, uint64_t *bytes)
{
    struct entry const *entry;
    bool known;
    *bytes = 0;
    nbl__lock_acquire(&lock);
    entry = find(list);
    known = context_is_known(entry);
    for (uint32_t i = 0; known && i < entry->takings; i++)
        *bytes += entry->sizes[i];
    nbl__lock_release(&lock);
    return known;
}

/* A size that is not the newest one is taken from the newest ones, so that the sum stays right. */
static bool give_context(struct entry *entry, uint64_t bytes)
{
    bool const fits = entry->takings > 0 && entry->sizes[entry->takings - 1] == bytes;
    while (bytes > 0 && entry->takings > 0) {
        uint16_t *newest = &entry->sizes[entry->takings - 1];
        uint16_t const step = *newest < bytes ? *newest : (uint16_t)bytes;
        *newest = (uint16_t)(*newest - step);
        bytes -= step;
        if (*newest == 0)
            entry->takings--;
    }
    return fits;
}

bool nbl__ledger_context_fits(void const *list, uint64_t bytes)
{
    struct entry *entry;
    bool fits = true;
    nbl__lock_acquire(&lock);
    entry = find(list);
    if (bytes > 0 && context_is_known(entry))
        fits = give_context(entry, bytes);
    nbl__lock_release(&lock);
    return fits;
}

bool nbl__ledger_window(void const *buffer, void const *list, struct nbl__ledger_window *window)
{
    struct entry const *entry;
    bool known;
    nbl__lock_acquire(&lock);
    entry = find(buffer);
    known = entry != NULL && entry->live && entry->owner != NULL && entry->owner->history.object == list;
    if (known)
        *window = entry->window;
    nbl__lock_release(&lock);
    return known;
}

bool nbl__ledger_incomplete(void)
{
    bool incomplete;
    nbl__lock_acquire(&lock);
    incomplete = ledger.incomplete;
    nbl__lock_release(&lock);
    return incomplete;
}

/* ---- what is outstanding ---- */

static bool same_site(struct nbl__history const *one, struct nbl__history const *other)
{
    struct nbl__moment const *first = &one->moments[0], *second = &other->moments[0];
    return one->type == other->type && first->call == second->call && first->depth == second->depth
        && memcmp(first->frames, second->frames, first->depth * sizeof(first->frames[0])) == 0;
}

static void add_to_site(struct nbl__ledger_site *site, struct nbl__history const *history)
{
    site->objects++;
    site->bytes += history->bytes;
    if (site->objects == 1 || history->moments[0].serial < site->example.moments[0].serial)
        site->example = *history;
}

static void add_to_sites(struct nbl__ledger_site *sites, uint32_t most, uint32_t *count,
                         struct nbl__history const *history)
{
    for (uint32_t i = 0; i < *count && i < most; i++)
        if (same_site(&sites[i].example, history)) {
            add_to_site(&sites[i], history);
            return;
        }
    if (*count < most) {
        sites[*count] = (struct nbl__ledger_site){ .objects = 0 };
        add_to_site(&sites[*count], history);
    }
    ++*count;
}

uint32_t nbl__ledger_sites(void const *pool, struct nbl__ledger_site *sites, uint32_t most, uint64_t *objects)
{
    uint32_t count = 0;
    *objects = 0;
    nbl__lock_acquire(&lock);
    for (uint32_t i = 0; i < ledger.bucket_count && ledger.buckets != NULL; i++)
        for (struct entry const *entry = ledger.buckets[i]; entry != NULL; entry = entry->next)
            if (entry->live && entry->owner == NULL && (pool == NULL || entry->pool == pool)) {
                ++*objects;
                add_to_sites(sites, most, &count, &entry->history);
            }
    nbl__lock_release(&lock);
    return count;
}
