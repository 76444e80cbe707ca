/* SPDX-License-Identifier: MIT
 *
 * subject_nbl.h - libnbl as the workloads see it: what a driver would write, from public headers alone.
 */
#ifndef NBL_BENCH_SUBJECT_NBL_H
#define NBL_BENCH_SUBJECT_NBL_H

#include <cstdint>
#include <vector>

#include <nbl/nbl.h>

#include "harness.h"
#include "memory.h"
#include "touch.h"

namespace bench {

/* nbl_pools are the pools of this program, made when they are first needed and never freed. */
struct nbl_pools {
    NDIS_HANDLE data;      /* NBL + NB + MDL + 128 bytes of headroom + 2 KiB */
    NDIS_HANDLE bare;      /* NBL + NB */
    NDIS_HANDLE list_only; /* NBL */
    NDIS_HANDLE buffer;    /* NB */
    NDIS_HANDLE buffer_data; /* NB + MDL + 128 bytes of headroom + 2 KiB */
};
extern nbl_pools const nbl_pool;

struct nbl_subject {
    static constexpr unsigned headroom = 128, room = 2048;

    using packet = NET_BUFFER_LIST *;

    /* ---- pool ---- */
    static inline packet alloc() { return NdisAllocateNetBufferList(nbl_pool.data, 0, 0); }
    static inline void release(packet p) { NdisFreeNetBufferList(p); }
    static void thread_begin() {}
    static void thread_end() {}

    struct batch {
        NET_BUFFER_LIST *first;
    };
    static inline void alloc_batch(batch &b) { b.first = nbl_pool_take(nbl_pool.data, 32, NULL); }
    static inline void release_batch(batch &b) { nbl_pool_give(b.first); }

    /* ---- packets to work on ---- */
    static packet make(unsigned bytes);
    static packet make_segments(unsigned segments, unsigned bytes);
    static void release_segments(packet p);
    static packet make_big(unsigned bytes) { return make_segments(1, bytes); }
    static void release_big(packet p) { release_segments(p); }
    using pieces = NET_BUFFER_LIST *; /* seven NBs */
    static pieces make_pieces();
    static void release_pieces(pieces p);

    /* ---- window ---- */
    static inline uint8_t *address(NET_BUFFER *nb)
    {
        return (uint8_t *)MmGetSystemAddressForMdlSafe(nb->CurrentMdl, NormalPagePriority) + nb->CurrentMdlOffset;
    }
    static inline uint8_t *start(packet p) { return address(p->FirstNetBuffer); }
    static inline uint64_t length(packet p) { return p->FirstNetBuffer->DataLength; }

    static inline uint8_t *prepend(packet p, unsigned bytes)
    {
        NET_BUFFER *const nb = p->FirstNetBuffer;
        if (NdisRetreatNetBufferDataStart(nb, bytes, 0, NULL) != NDIS_STATUS_SUCCESS)
            return nullptr;
        return address(nb);
    }
    static inline void strip(packet p, unsigned bytes)
    {
        NdisAdvanceNetBufferDataStart(p->FirstNetBuffer, bytes, FALSE, NULL);
    }
    static inline packet prepend_segment(packet p, unsigned bytes)
    {
        return NdisRetreatNetBufferDataStart(p->FirstNetBuffer, bytes, 0, NULL) == NDIS_STATUS_SUCCESS ? p : nullptr;
    }
    static inline void strip_segment(packet p, unsigned bytes)
    {
        NdisAdvanceNetBufferDataStart(p->FirstNetBuffer, bytes, TRUE, NULL);
    }
    static inline void const *read(packet p, unsigned bytes, void *storage)
    {
        return NdisGetDataBuffer(p->FirstNetBuffer, bytes, storage, 1, 0);
    }
    static inline packet copy(packet p)
    {
        packet const c = alloc();
        ULONG const bytes = p->FirstNetBuffer->DataLength;
        ULONG copied;
        NdisRetreatNetBufferDataStart(c->FirstNetBuffer, bytes, 0, NULL);
        NdisCopyFromNetBufferToNetBuffer(c->FirstNetBuffer, 0, bytes, p->FirstNetBuffer, 0, &copied);
        use(copied);
        return c;
    }

    /* ---- derived packets ---- */
    static inline packet clone(packet p)
    {
        return NdisAllocateCloneNetBufferList(p, nbl_pool.bare, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    }
    static inline void release_clone(packet c, packet)
    {
        NdisFreeCloneNetBufferList(c, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    }

    using fragments = NET_BUFFER_LIST *;
    static inline fragments fragment(packet p, unsigned bytes)
    {
        return NdisAllocateFragmentNetBufferList(p, NULL, NULL, 0, bytes, 0, 0, 0);
    }
    static inline fragments fragment_with_header(packet p, unsigned bytes)
    {
        fragments const f = NdisAllocateFragmentNetBufferList(p, NULL, NULL, 0, bytes, 20, 0, 0);
        for (NET_BUFFER *nb = f->FirstNetBuffer; nb != NULL; nb = nb->Next)
            write_20(address(nb));
        return f;
    }
    static inline void release_fragments(fragments f, packet, bool header)
    {
        NdisFreeFragmentNetBufferList(f, header ? 20 : 0, 0);
    }
    static inline void reassemble_and_release(pieces p)
    {
        packet const whole = NdisAllocateReassembledNetBufferList(p, NULL, 0, 0, 0, 0);
        use(length(whole));
        step();
        NdisFreeReassembledNetBufferList(whole, 0, 0);
    }

    /* ---- walks ---- */
    static inline uint64_t sum(packet p)
    {
        struct nbl_span_iterator walk;
        struct nbl_span span;
        uint64_t sum = 0;
        nbl_span_begin_net_buffer(&walk, p->FirstNetBuffer, 0, NBL_SPAN_ALL);
        while (nbl_span_next(&walk, &span))
            sum = sum_words(span.address, span.bytes, sum);
        return sum;
    }
    static inline uint64_t own_checksum(packet p)
    {
        USHORT checksum = 0;
        nbl_span_checksum_net_buffer(p->FirstNetBuffer, 0, NBL_SPAN_ALL, 0, &checksum);
        return checksum;
    }

    struct fifo {
        struct nbl_queue queue;
        fifo() { nbl_queue_init(&queue); }
    };
    static inline void append(fifo &f, packet const *from, size_t count)
    {
        for (size_t i = 0; i < count; i++)
            nbl_queue_append(&f.queue, from[i]);
    }
    static inline uint64_t pop_all(fifo &f, size_t count)
    {
        uint64_t sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += (uintptr_t)nbl_queue_pop(&f.queue)->FirstNetBuffer;
        return sum;
    }

    /* ---- layers ---- */
    static inline void prepend_each(batch &b, uint32_t tag)
    {
        for (NET_BUFFER_LIST *list = b.first; list != NULL; list = list->Next) {
            for (NET_BUFFER *nb = list->FirstNetBuffer; nb != NULL; nb = nb->Next) {
                if (NdisRetreatNetBufferDataStart(nb, 4, 0, NULL) == NDIS_STATUS_SUCCESS)
                    write_4(address(nb), tag);
            }
        }
    }
    static inline void strip_each(batch &b)
    {
        for (NET_BUFFER_LIST *list = b.first; list != NULL; list = list->Next) {
            for (NET_BUFFER *nb = list->FirstNetBuffer; nb != NULL; nb = nb->Next)
                NdisAdvanceNetBufferDataStart(nb, 4, FALSE, NULL);
        }
    }
    static void scatter(std::vector<batch> &batches);
};

/* nbl_many is W15b: a batch is one NBL of 32 NBs. */
struct nbl_many : nbl_subject {
    static inline void alloc_batch(batch &b)
    {
        b.first = NdisAllocateNetBufferList(nbl_pool.list_only, 0, 0);
        b.first->FirstNetBuffer = nbl_pool_take_buffers(nbl_pool.buffer_data, 32, NULL);
    }
    static inline void release_batch(batch &b)
    {
        nbl_pool_give_buffers(b.first->FirstNetBuffer);
        b.first->FirstNetBuffer = NULL;
        NdisFreeNetBufferList(b.first);
    }
    static void scatter(std::vector<batch> &) {}
};

} // namespace bench

#endif
