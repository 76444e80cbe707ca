/* SPDX-License-Identifier: MIT
 *
 * odd.c - prints pictures of lists that are not as they should be, or large, one after the other: each must be accepted
 * by Graphviz.
 */
#include <stdio.h>
#include <stdlib.h>

#include <nbl/nbl.h>

static struct nbl_dump_sink sink;

static void put(void *context, char const *text, size_t bytes)
{
    (void)context;
    (void)fwrite(text, 1, bytes, stdout);
}

static void draw(NET_BUFFER_LIST const *list)
{
    nbl_dump_dot(&list, 1, &sink);
}

/* A NB in a circle of NBs over a circle of MDLs, one of them not mapped. */
static void draw_circles(NET_BUFFER_LIST *list)
{
    NET_BUFFER *buffer = NET_BUFFER_LIST_FIRST_NB(list);
    MDL mdls[3] = { { .Next = &mdls[1], .ByteCount = 4 }, { .Next = &mdls[2] }, { .Next = &mdls[0], .ByteCount = 9 } };
    mdls[2].MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
    mdls[2].MappedSystemVa = mdls;
    buffer->MdlChain = buffer->CurrentMdl = mdls;
    buffer->stDataLength = 30;
    buffer->Next = buffer;
    list->Next = list;
    draw(list);
    list->Next = NULL;
    buffer->Next = NULL;
    buffer->stDataLength = 0;
    buffer->MdlChain = buffer->CurrentMdl = NULL;
}

/* More NBs, MDLs and lists than a picture holds. */
static void draw_many(NDIS_HANDLE pool, NDIS_HANDLE buffers)
{
    enum { MDLS = NBL_DUMP_DOT_MDLS + 3, LISTS = NBL_DUMP_DOT_LISTS + 2 };
    static MDL mdls[MDLS];
    NET_BUFFER_LIST const *lists[LISTS];
    NET_BUFFER_LIST *first = NULL;
    for (int i = 0; i < MDLS; i++)
        mdls[i] = (MDL){ .Next = i + 1 < MDLS ? &mdls[i + 1] : NULL, .ByteCount = 1 };
    for (int i = 0; i < LISTS; i++)
        lists[i] = NdisAllocateNetBufferList(pool, 0, 0);
    first = (NET_BUFFER_LIST *)(uintptr_t)lists[0];
    first->FirstNetBuffer->Next = nbl_pool_take_buffers(buffers, NBL_DUMP_DOT_BUFFERS + 4, NULL);
    for (NET_BUFFER *buffer = first->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
        buffer->MdlChain = buffer->CurrentMdl = mdls;
    nbl_dump_dot(lists, LISTS, &sink);
    (void)nbl_pool_give_buffers(first->FirstNetBuffer->Next);
    for (int i = 0; i < LISTS; i++)
        NdisFreeNetBufferList((NET_BUFFER_LIST *)(uintptr_t)lists[i]);
}

int main(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const lists = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE };
    NET_BUFFER_POOL_PARAMETERS const buffers = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 } };
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &lists);
    NDIS_HANDLE buffer_pool = NdisAllocateNetBufferPool(NULL, &buffers);
    NET_BUFFER_LIST *list = NdisAllocateNetBufferList(pool, 0, 0);
    sink.put = put;
    draw(NULL);
    draw(list);
    draw_circles(list);
    draw_many(pool, buffer_pool);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferPool(buffer_pool);
    NdisFreeNetBufferListPool(pool);
    return 0;
}
