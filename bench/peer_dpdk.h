/* SPDX-License-Identifier: MIT
 *
 * peer_dpdk.h - DPDK's mbufs as the workloads see them.
 */
#ifndef NBL_BENCH_PEER_DPDK_H
#define NBL_BENCH_PEER_DPDK_H

#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "harness.h"
#include "touch.h"

namespace bench {

/* dpdk_pools are made by dpdk_start, which initialises DPDK for the calling thread. */
struct dpdk_pools {
    rte_mempool *data;     /* 128 bytes of headroom + 2 KiB */
    rte_mempool *header;   /* small segments, for headers alone */
    rte_mempool *indirect; /* no data room: for segments that share another's */
    rte_mempool *piece;    /* 4080 bytes */
    rte_mempool *big;      /* 9000 bytes */
};
extern dpdk_pools dpdk_pool;
std::string dpdk_start(std::string *remarks);

struct dpdk_subject {
    using packet = rte_mbuf *;

    /* ---- pool ---- */
    static inline packet alloc() { return rte_pktmbuf_alloc(dpdk_pool.data); }
    static inline void release(packet p) { rte_pktmbuf_free(p); }
    static void thread_begin() { rte_thread_register(); } /* without it a thread has no cache of mbufs */
    static void thread_end() { rte_thread_unregister(); }

    struct batch {
        packet all[32];
    };
    static inline void alloc_batch(batch &b) { use((uint64_t)rte_pktmbuf_alloc_bulk(dpdk_pool.data, b.all, 32)); }
    static inline void release_batch(batch &b) { rte_pktmbuf_free_bulk(b.all, 32); }

    /* ---- packets to work on ---- */
    static packet filled(rte_mempool *from, unsigned bytes, bool headroom)
    {
        packet const p = rte_pktmbuf_alloc(from);
        if (!headroom)
            p->data_off = 0;
        memset(rte_pktmbuf_append(p, (uint16_t)bytes), 0x5A, bytes);
        return p;
    }
    static packet make(unsigned bytes) { return filled(dpdk_pool.data, bytes, true); }
    static packet make_segments(unsigned segments, unsigned bytes)
    {
        rte_mempool *const from = bytes > 2048 ? dpdk_pool.piece : dpdk_pool.data;
        packet const first = filled(from, bytes, false);
        for (unsigned i = 1; i < segments; i++)
            rte_pktmbuf_chain(first, filled(from, bytes, false));
        return first;
    }
    static void release_segments(packet p) { rte_pktmbuf_free(p); }
    static packet make_big(unsigned bytes) { return filled(dpdk_pool.big, bytes, true); }
    static void release_big(packet p) { rte_pktmbuf_free(p); }

    struct pieces {
        packet all[7];
    };
    static pieces make_pieces()
    {
        pieces p;
        for (auto &piece : p.all)
            piece = make(1280);
        return p;
    }
    static void release_pieces(pieces const &p)
    {
        for (auto piece : p.all)
            rte_pktmbuf_free(piece);
    }

    /* ---- window ---- */
    static inline uint8_t *start(packet p) { return rte_pktmbuf_mtod(p, uint8_t *); }
    static inline uint64_t length(packet p) { return p->pkt_len; }
    static inline uint8_t *prepend(packet p, unsigned bytes)
    {
        return (uint8_t *)rte_pktmbuf_prepend(p, (uint16_t)bytes);
    }
    static inline void strip(packet p, unsigned bytes) { rte_pktmbuf_adj(p, (uint16_t)bytes); }
    static inline packet prepend_segment(packet p, unsigned bytes)
    {
        packet const header = rte_pktmbuf_alloc(dpdk_pool.header);
        rte_pktmbuf_append(header, (uint16_t)bytes);
        rte_pktmbuf_chain(header, p);
        return header;
    }
    static inline void strip_segment(packet p, unsigned)
    {
        p->next = nullptr;
        p->nb_segs = 1;
        rte_pktmbuf_free(p);
    }
    static inline void const *read(packet p, unsigned bytes, void *storage)
    {
        return rte_pktmbuf_read(p, 0, bytes, storage);
    }
    static inline packet copy(packet p) { return rte_pktmbuf_copy(p, dpdk_pool.data, 0, UINT32_MAX); }

    /* ---- packets that share bytes ---- */
    static inline packet clone(packet p) { return rte_pktmbuf_clone(p, dpdk_pool.indirect); }
    static inline void release_clone(packet c, packet) { rte_pktmbuf_free(c); }

    struct fragments {
        packet all[7];
    };
    static inline fragments fragment(packet p, unsigned bytes)
    {
        fragments f;
        rte_pktmbuf_alloc_bulk(dpdk_pool.indirect, f.all, 7);
        for (unsigned i = 0, at = 0; i < 7; i++, at += bytes) {
            packet const piece = f.all[i];
            rte_pktmbuf_attach(piece, p);
            piece->data_off = (uint16_t)(piece->data_off + at);
            piece->data_len = (uint16_t)(p->data_len - at < bytes ? p->data_len - at : bytes);
            piece->pkt_len = piece->data_len;
        }
        return f;
    }
    static inline fragments fragment_with_header(packet p, unsigned bytes)
    {
        fragments f, h;
        f = fragment(p, bytes);
        rte_pktmbuf_alloc_bulk(dpdk_pool.header, h.all, 7);
        for (unsigned i = 0; i < 7; i++) {
            packet const header = h.all[i];
            write_20(rte_pktmbuf_mtod(header, void *));
            header->data_len = 20;
            header->pkt_len = 20 + f.all[i]->pkt_len;
            header->nb_segs = 2;
            header->next = f.all[i];
        }
        return h;
    }
    static inline void release_fragments(fragments &f, packet, bool) { rte_pktmbuf_free_bulk(f.all, 7); }

    /* Each piece is held by somebody else too: a reference is taken, and dropped when the whole is freed. The links are
     * taken out afterwards, since the pieces live on. */
    static inline void reassemble_and_release(pieces const &p)
    {
        packet const whole = p.all[0];
        rte_mbuf_refcnt_update(whole, 1);
        for (unsigned i = 1; i < 7; i++) {
            rte_mbuf_refcnt_update(p.all[i], 1);
            rte_pktmbuf_chain(whole, p.all[i]);
        }
        use((uint64_t)whole->pkt_len);
        step();
        rte_pktmbuf_free(whole);
        whole->nb_segs = 1;
        whole->pkt_len = whole->data_len;
        for (unsigned i = 0; i + 1 < 7; i++)
            p.all[i]->next = nullptr;
    }

    /* ---- walks ---- */
    static inline uint64_t sum(packet p)
    {
        uint64_t sum = 0;
        for (; p != nullptr; p = p->next)
            sum = sum_words(rte_pktmbuf_mtod(p, void *), p->data_len, sum);
        return sum;
    }
    static inline uint64_t own_checksum(packet p)
    {
        uint16_t checksum = 0;
        rte_raw_cksum_mbuf(p, 0, p->pkt_len, &checksum);
        return checksum;
    }

    /* An array ring for one producer and one consumer is DPDK's queue. */
    struct fifo {
        rte_ring *ring;
        fifo()
        {
            static unsigned made;
            ring = rte_ring_create(("fifo" + std::to_string(made++)).c_str(), 64, SOCKET_ID_ANY,
                                   RING_F_SP_ENQ | RING_F_SC_DEQ);
        }
        ~fifo() { rte_ring_free(ring); }
    };
    static inline void append(fifo &f, packet const *from, size_t count)
    {
        rte_ring_sp_enqueue_bulk(f.ring, (void *const *)from, (unsigned)count, nullptr);
    }
    static inline uint64_t pop_all(fifo &f, size_t)
    {
        packet taken[32];
        uint64_t sum = 0;
        unsigned const count = rte_ring_sc_dequeue_burst(f.ring, (void **)taken, 32, nullptr);
        for (unsigned i = 0; i < count; i++)
            sum += taken[i]->pkt_len;
        return sum;
    }

    /* ---- layers ---- */
    static inline void prepend_each(batch &b, uint32_t tag)
    {
        for (auto p : b.all)
            write_4(prepend(p, 4), tag);
    }
    static inline void strip_each(batch &b)
    {
        for (auto p : b.all)
            rte_pktmbuf_adj(p, 4);
    }
    static void scatter(std::vector<batch> &batches)
    {
        std::vector<packet> all;
        for (auto const &b : batches)
            all.insert(all.end(), b.all, b.all + 32);
        std::vector<uint32_t> const order = shuffled(all.size());
        for (size_t i = 0; i < all.size(); i++)
            batches[i / 32].all[i % 32] = all[order[i]];
    }
};

} // namespace bench

#endif
