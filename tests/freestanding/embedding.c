/* SPDX-License-Identifier: MIT
 *
 * embedding.c - the smallest embedding of a freestanding libnbl: one processor, one piece of memory, no way to wait.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbl/nbl.h>

static _Alignas(4096) unsigned char arena[16u << 20];
static size_t arena_used;
static size_t held; /* bytes that libnbl has not given back */
static void *slot;

void *nbl_port_allocate(size_t bytes, size_t alignment)
{
    size_t const start = (arena_used + alignment - 1) & ~(alignment - 1);
    if (start > sizeof(arena) || bytes > sizeof(arena) - start)
        return NULL;
    arena_used = start + bytes;
    held += bytes;
    return arena + start;
}

void nbl_port_release(void *memory, size_t bytes)
{
    (void)memory;
    held -= bytes;
}

void **nbl_port_thread_slot(void)
{
    return &slot;
}

void nbl_port_relax(void)
{
    nbl_port_fatal("one processor waits for a lock that nobody can release");
}

void nbl_port_fatal(char const *message)
{
    (void)fprintf(stderr, "%s\n", message);
    abort();
}

static void expect(int condition, char const *what)
{
    if (!condition)
        nbl_port_fatal(what);
}

static void carry_a_packet(NDIS_HANDLE pool)
{
    NET_BUFFER_LIST *packet = NdisAllocateNetBufferList(pool, 0, 0);
    expect(packet != NULL, "no packet");
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(packet);
    expect(NdisRetreatNetBufferDataStart(buffer, 60, 0, NULL) == NDIS_STATUS_SUCCESS, "retreat failed");
    memset(NdisGetDataBuffer(buffer, 60, NULL, 1, 0), 0x5a, 60);

    NET_BUFFER_LIST *clone = NdisAllocateCloneNetBufferList(packet, NULL, NULL, 0);
    expect(clone != NULL, "no clone");
    unsigned char storage[60];
    unsigned char const *bytes = NdisGetDataBuffer(NET_BUFFER_LIST_FIRST_NB(clone), 60, storage, 1, 0);
    expect(bytes != NULL && bytes[0] == 0x5a && bytes[59] == 0x5a, "the clone has other bytes");
    NdisFreeCloneNetBufferList(clone, 0);
    NdisFreeNetBufferList(packet);
}

/* live_once uses the library and leaves it; returns how many bytes it keeps. */
static size_t live_once(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
        .DataSize = 128,
    };
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    expect(pool != NULL, "no pool");
    for (int i = 0; i < 1000; i++)
        carry_a_packet(pool);
    NdisFreeNetBufferListPool(pool);
    (void)nbl_memory_trim();
    nbl_port_thread_exit();
    return held;
}

int main(void)
{
    size_t const first = live_once();
    size_t const second = live_once();
    (void)printf("embedding: 2000 packets; %zu bytes kept after the first life, %zu after the second\n", first, second);
    return first == second && second < 8192 ? 0 : 1; /* what names pools may stay, once */
}
