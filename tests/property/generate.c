/* SPDX-License-Identifier: MIT
 *
 * generate.c - random geometries: pools, regions, driver MDLs, lists of every kind of pool; and the test's MDL handlers.
 */
#include "model.h"

NDIS_HANDLE pools[POOLS];

void pools_make(void)
{
    pools[POOL_PLAIN] = nbl_test_list_pool(FALSE, 0, 0);
    pools[POOL_CONTEXT] = nbl_test_list_pool(FALSE, 0, POOL_CONTEXT_SIZE);
    pools[POOL_WITH_BUFFER] = nbl_test_list_pool(TRUE, 0, 0);
    pools[POOL_WITH_DATA] = nbl_test_list_pool(TRUE, POOL_DATA_SIZE, POOL_CONTEXT_SIZE);
    pools[POOL_BUFFERS] = nbl_test_buffer_pool(0);
    pools[POOL_BUFFERS_WITH_DATA] = nbl_test_buffer_pool(POOL_DATA_SIZE);
}

void pools_free(void)
{
    for (int i = 0; i < POOL_BUFFERS; i++)
        NdisFreeNetBufferListPool(pools[i]);
    for (int i = POOL_BUFFERS; i < POOLS; i++)
        NdisFreeNetBufferPool(pools[i]);
    memset(pools, 0, sizeof(pools));
}

bool memory_is_back(void)
{
    pools_free();
    (void)nbl_memory_trim();
    if (nbl_memory_bytes() != 0)
        printf("# %u bytes are still held after a round of sequences\n", (unsigned)nbl_memory_bytes());
    return nbl_memory_bytes() == 0;
}

/* ---- regions and MDLs ---- */

struct region *region_new(unsigned char *base, ULONG bytes, void *memory)
{
    struct region *region = &world.regions[world.region_count++];
    if (world.region_count > WORLD_REGIONS - 1 || bytes > REGION_BYTES)
        broken("the picture itself: no room for a region of %u bytes", (unsigned)bytes);
    region->base = base;
    region->bytes = bytes;
    region->memory = memory;
    memset(region->known, 0, sizeof(region->known));
    return region;
}

/* Exactly as much memory as the MDL says, so that a memory checker sees a step beyond. */
static struct region *region_of_driver(ULONG bytes)
{
    unsigned char *memory = malloc(bytes > 0 ? bytes : 1);
    struct region *region;
    if (memory == NULL)
        broken("the test ran out of memory");
    region = region_new(memory, bytes, memory);
    for (ULONG i = 0; i < bytes; i++) {
        region->value[i] = memory[i] = any_byte();
        region->known[i] = true;
    }
    return region;
}

/* One in four is built by hand, as drivers do it: an address and the flag that says so (MDL-01). */
static MDL *driver_mdl(unsigned char *memory, ULONG bytes)
{
    struct custom_mdl *entry = &world.drivers[world.driver_count++];
    if (chance(4)) {
        entry->mdl = entry->memory = calloc(1, sizeof(MDL));
        if (entry->mdl == NULL)
            broken("the test ran out of memory");
        entry->mdl->MappedSystemVa = memory;
        entry->mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA;
        entry->mdl->ByteCount = bytes;
    } else {
        entry->mdl = NdisAllocateMdl(NULL, memory, bytes);
        entry->memory = NULL;
    }
    return entry->mdl;
}

static void driver_mdl_free(struct custom_mdl *entry)
{
    if (entry->memory != NULL)
        free(entry->memory);
    else if (entry->mdl != NULL)
        NdisFreeMdl(entry->mdl);
    entry->mdl = NULL;
    entry->memory = NULL;
}

void driver_piece(struct piece *piece, ULONG bytes)
{
    piece->kind = PIECE_DRIVER;
    piece->bytes = bytes;
    piece->region = region_of_driver(bytes);
    piece->start = 0;
    piece->mdl = driver_mdl(piece->region->base, bytes);
}

static ULONG random_mdl_bytes(void)
{
    return chance(4) ? 0 : 1 + pick(12);
}

MDL *driver_chain(struct buffer *buffer)
{
    unsigned const count = pick(5);
    buffer->count = 0;
    for (unsigned i = 0; i < count; i++) {
        driver_piece(&buffer->pieces[i], random_mdl_bytes());
        if (i > 0)
            buffer->pieces[i - 1].mdl->Next = buffer->pieces[i].mdl;
        buffer->count++;
    }
    return count > 0 ? buffer->pieces[0].mdl : NULL;
}

/* Boundaries of pieces, start and end of the chain are as likely as all else together. */
static ULONG random_position(struct buffer const *buffer, ULONG from)
{
    ULONG const capacity = capacity_of(buffer);
    ULONG position = 0;
    if (chance(2))
        return from + pick(capacity - from + 1);
    for (unsigned i = 0; i < buffer->count; i++) {
        if (position >= from && chance(2))
            return position;
        position += buffer->pieces[i].bytes;
    }
    return chance(2) && capacity >= from ? capacity : from;
}

void random_window(struct buffer *buffer)
{
    buffer->offset = random_position(buffer, 0);
    buffer->length = random_position(buffer, buffer->offset) - buffer->offset;
    buffer->loose = false;
}

void free_drivers(struct list *list)
{
    for (unsigned b = 0; b < list->count; b++)
        for (unsigned p = 0; p < list->buffers[b].count; p++) {
            struct piece *piece = &list->buffers[b].pieces[p];
            if (piece->kind != PIECE_DRIVER)
                continue;
            for (unsigned i = 0; i < world.driver_count; i++)
                if (world.drivers[i].mdl == piece->mdl)
                    driver_mdl_free(&world.drivers[i]);
            free(piece->region->memory);
            piece->region->memory = NULL;
        }
}

/* ---- lists ---- */

struct list *list_slot(void)
{
    for (unsigned i = 0; i < WORLD_LISTS; i++)
        if (!world.lists[i].used) {
            memset(&world.lists[i], 0, sizeof(world.lists[i]));
            return &world.lists[i];
        }
    return NULL;
}

struct list *any_list(void)
{
    unsigned const first = pick(WORLD_LISTS);
    for (unsigned i = 0; i < WORLD_LISTS; i++) {
        struct list *list = &world.lists[(first + i) % WORLD_LISTS];
        if (list->used && !list->retired)
            return list;
    }
    return NULL;
}

struct buffer *any_buffer(struct list **found)
{
    struct list *list = any_list();
    *found = list;
    return list == NULL || list->count == 0 ? NULL : &list->buffers[pick(list->count)];
}

/* The NB that brings n bytes: all of them backfill (POOL-12). */
static void adopt_pool_data(struct buffer *buffer, NET_BUFFER *real)
{
    MDL *mdl = real->MdlChain;
    if (mdl == NULL || mdl->ByteCount != POOL_DATA_SIZE)
        broken("a NB with data has no MDL of that size");
    buffer->pieces[0] = (struct piece){ PIECE_POOL, mdl, POOL_DATA_SIZE,
                                        region_new(nbl_test_address(mdl), POOL_DATA_SIZE, NULL), 0 };
    buffer->count = 1;
    buffer->offset = POOL_DATA_SIZE;
    buffer->length = 0;
}

static bool buffer_from_pool(struct buffer *buffer)
{
    bool const with_data = chance(3);
    MDL *chain = NULL;
    buffer->origin = BUFFER_POOL;
    buffer->pool = pools[with_data ? POOL_BUFFERS_WITH_DATA : POOL_BUFFERS];
    if (!with_data) {
        chain = driver_chain(buffer);
        random_window(buffer);
    }
    call_begins(true);
    buffer->real = with_data ? NdisAllocateNetBufferMdlAndData(buffer->pool)
                             : NdisAllocateNetBuffer(buffer->pool, chain, buffer->offset, buffer->length);
    if (call_ended() != (buffer->real == NULL))
        broken("a NB was %s", buffer->real == NULL ? "not allocated" : "allocated without memory");
    expect_errors(0);
    if (buffer->real != NULL && with_data)
        adopt_pool_data(buffer, buffer->real);
    return buffer->real != NULL;
}

static void link_buffers(struct list *list)
{
    NET_BUFFER **link = &list->real->FirstNetBuffer;
    unsigned const count = pick(4);
    for (unsigned i = 0; i < count; i++) {
        struct buffer *buffer = &list->buffers[list->count];
        memset(buffer, 0, sizeof(*buffer));
        if (!buffer_from_pool(buffer))
            return;
        *link = buffer->real;
        link = &buffer->real->Next;
        list->count++;
    }
}

static void allocate_list(struct list *list, int pool, ULONG context, ULONG backfill)
{
    struct buffer *buffer = &list->buffers[0];
    bool const over_chain = pool == POOL_WITH_BUFFER && !chance(3);
    MDL *chain = NULL;
    if (over_chain) {
        chain = driver_chain(buffer);
        random_window(buffer);
    }
    call_begins(true);
    if (over_chain)
        list->real = NdisAllocateNetBufferAndNetBufferList(pools[pool], (USHORT)context, (USHORT)backfill, chain,
                                                           buffer->offset, buffer->length);
    else
        list->real = NdisAllocateNetBufferList(pools[pool], (USHORT)context, (USHORT)backfill);
    if (call_ended() != (list->real == NULL))
        broken("a NBL was %s", list->real == NULL ? "not allocated" : "allocated without memory");
    expect_errors(0);
}

static void adopt_context(struct list *list, ULONG pool_context, ULONG context, ULONG backfill)
{
    list->initial_context = context + backfill > pool_context ? context + backfill : pool_context;
    list->initial_offset = list->initial_context - context;
}

struct list *generate_list(void)
{
    struct list *list = list_slot();
    int const pool = (int)pick(POOL_BUFFERS);
    bool const with_buffer = pool == POOL_WITH_BUFFER || pool == POOL_WITH_DATA;
    ULONG const pool_context = pool == POOL_CONTEXT || pool == POOL_WITH_DATA ? POOL_CONTEXT_SIZE : 0;
    ULONG const context = chance(3) ? 16 * pick(5) : 0, backfill = chance(3) ? 16 * pick(4) : 0;
    if (list == NULL)
        return NULL;
    allocate_list(list, pool, context, backfill);
    if (list->real == NULL)
        return NULL;
    list->used = true;
    list->kind = LIST_PLAIN;
    list->pool = pools[pool];
    adopt_context(list, pool_context, context, backfill);
    if (with_buffer) {
        list->count = 1;
        list->buffers[0].origin = BUFFER_EMBEDDED;
        list->buffers[0].real = list->real->FirstNetBuffer;
        list->buffers[0].pool = pools[pool];
    }
    if (pool == POOL_WITH_DATA)
        adopt_pool_data(&list->buffers[0], list->real->FirstNetBuffer);
    if (!with_buffer)
        link_buffers(list);
    return list;
}

void do_generate(void)
{
    struct list const *list = generate_list();
    note("list %d", list == NULL ? -1 : (int)(list - world.lists));
}

/* ---- handlers ---- */

static MDL *handler_allocate(ULONG bytes)
{
    struct custom_mdl *entry = &world.customs[world.custom_count];
    entry->memory = malloc(bytes);
    entry->mdl = entry->memory != NULL ? NdisAllocateMdl(NULL, entry->memory, bytes) : NULL;
    if (entry->mdl == NULL) {
        free(entry->memory);
        return NULL;
    }
    world.custom_count++;
    if (world.given_count < LIST_BUFFERS)
        world.given[world.given_count++] = bytes;
    return entry->mdl;
}

MDL *handler_allocate_exact(ULONG *bytes)
{
    return handler_allocate(*bytes);
}

MDL *handler_allocate_more(ULONG *bytes)
{
    ULONG const more = *bytes + 1 + pick(9);
    *bytes = 0; /* what is stored here does not count (RET-12) */
    return handler_allocate(more);
}

MDL *handler_allocate_less(ULONG *bytes)
{
    return handler_allocate(*bytes > 1 ? 1 + pick(*bytes - 1) : 1);
}

static void custom_free(unsigned index)
{
    NdisFreeMdl(world.customs[index].mdl);
    free(world.customs[index].memory);
    world.customs[index] = world.customs[--world.custom_count];
}

VOID handler_free(MDL *mdl)
{
    world.handler_frees++;
    if (mdl->Next != NULL)
        broken("the free handler got an MDL that is still linked");
    for (unsigned i = 0; i < world.custom_count; i++)
        if (world.customs[i].mdl == mdl) {
            custom_free(i);
            return;
        }
    broken("the free handler got an MDL that the allocate handler did not give");
}

/* ---- the whole world ---- */

void world_begin(uint64_t seed, bool quiet)
{
    memset(world.lists, 0, sizeof(world.lists));
    world.region_count = world.custom_count = world.driver_count = 0;
    world.errors = 0;
    world.balance = 0;
    world.quiet = quiet;
    world.random = seed;
    world.bytes_left = 0;
}

/* PROP-11: every pool is empty, and as many objects went as came. */
void world_end(void)
{
    while (world.custom_count > 0)
        custom_free(0);
    for (unsigned i = 0; i < world.driver_count; i++)
        driver_mdl_free(&world.drivers[i]);
    for (unsigned i = 0; i < world.region_count; i++)
        free(world.regions[i].memory);
    for (int i = 0; i < POOLS; i++)
        if (nbl_test_live(pools[i]) != 0)
            broken("pool %d still has %u objects", i, (unsigned)nbl_test_live(pools[i]));
    if (!world.quiet && world.balance != 0)
        broken("%d objects more were made than freed", (int)world.balance);
    expect_errors(0);
}
