/* SPDX-License-Identifier: MIT
 *
 * subject_nbl.cc - libnbl's pools, and the packets that workloads start from.
 */
#include "subject_nbl.h"

#include <cstdio>
#include <cstdlib>

namespace bench {

static std::string start(std::string *) { return ""; }
static bool const introduced = introduce("nbl", start);

static NDIS_HANDLE checked(NDIS_HANDLE pool)
{
    if (pool == NULL) {
        fprintf(stderr, "nbl_bench: no pool\n");
        exit(1);
    }
    return pool;
}

static NDIS_HANDLE list_pool(bool with_net_buffer, ULONG data)
{
    NET_BUFFER_LIST_POOL_PARAMETERS p = {};
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    p.fAllocateNetBuffer = with_net_buffer;
    p.DataSize = data;
    return checked(NdisAllocateNetBufferListPool(NULL, &p));
}

static NDIS_HANDLE buffer_pool(ULONG data)
{
    NET_BUFFER_POOL_PARAMETERS p = {};
    p.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    p.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    p.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    p.DataSize = data;
    return checked(NdisAllocateNetBufferPool(NULL, &p));
}

static ULONG const data_bytes = nbl_subject::headroom + nbl_subject::room;

nbl_pools const nbl_pool = {
    list_pool(true, data_bytes), list_pool(true, 0), list_pool(false, 0), buffer_pool(0), buffer_pool(data_bytes),
};

NET_BUFFER_LIST *nbl_subject::make(unsigned bytes)
{
    packet const p = alloc();
    NdisRetreatNetBufferDataStart(p->FirstNetBuffer, bytes, 0, NULL);
    memset(address(p->FirstNetBuffer), 0x5A, bytes);
    return p;
}

/* describe makes `count` MDLs, each over a piece of memory of its own, in the order of their addresses. */
static MDL *describe(unsigned count, unsigned bytes)
{
    MDL *chain = NULL, **end = &chain;
    for (unsigned i = 0; i < count; i++) {
        void *const memory = memory_take(bytes);
        memset(memory, 0x5A, bytes);
        *end = NdisAllocateMdl(NULL, memory, bytes);
        end = &(*end)->Next;
    }
    return chain;
}

static void forget(MDL *chain)
{
    for (MDL *next; chain != NULL; chain = next) {
        next = chain->Next;
        memory_give(MmGetMdlVirtualAddress(chain), MmGetMdlByteCount(chain));
        NdisFreeMdl(chain);
    }
}

NET_BUFFER_LIST *nbl_subject::make_segments(unsigned segments, unsigned bytes)
{
    return NdisAllocateNetBufferAndNetBufferList(nbl_pool.bare, 0, 0, describe(segments, bytes), 0,
                                                 (SIZE_T)segments * bytes);
}

void nbl_subject::release_segments(packet p)
{
    forget(p->FirstNetBuffer->MdlChain);
    NdisFreeNetBufferList(p);
}

NET_BUFFER_LIST *nbl_subject::make_pieces()
{
    packet const p = NdisAllocateNetBufferList(nbl_pool.list_only, 0, 0);
    NET_BUFFER **end = &p->FirstNetBuffer;
    for (unsigned i = 0; i < 7; i++) {
        *end = NdisAllocateNetBuffer(nbl_pool.buffer, describe(1, 1280), 0, 1280);
        end = &(*end)->Next;
    }
    return p;
}

void nbl_subject::release_pieces(packet p)
{
    for (NET_BUFFER *nb = p->FirstNetBuffer, *next; nb != NULL; nb = next) {
        next = nb->Next;
        forget(nb->MdlChain);
        NdisFreeNetBuffer(nb);
    }
    p->FirstNetBuffer = NULL;
    NdisFreeNetBufferList(p);
}

void nbl_subject::scatter(std::vector<batch> &batches)
{
    std::vector<NET_BUFFER_LIST *> all;
    for (auto &b : batches) {
        for (NET_BUFFER_LIST *list = b.first; list != NULL; list = list->Next)
            all.push_back(list);
    }
    std::vector<uint32_t> const order = shuffled(all.size());
    size_t at = 0;
    for (auto &b : batches) {
        b.first = NULL;
        for (size_t i = 0; i < 32; i++) {
            all[order[at]]->Next = b.first;
            b.first = all[order[at++]];
        }
    }
}

} // namespace bench
