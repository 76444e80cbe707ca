/* SPDX-License-Identifier: MIT
 *
 * peer_lwip.cc - lwIP's pbufs in the same workloads, through lwIP's own calls.
 */
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>

#include "memory.h"
#include "works_derive.h"
#include "works_list.h"
#include "works_pipeline.h"
#include "works_pool.h"

namespace bench {

namespace {

struct lwip_subject {
    static constexpr u16_t room = 2048, headroom = 128;

    using packet = struct pbuf *;

    /* ---- pool ---- */
    static inline packet alloc() { return pbuf_alloc(PBUF_RAW, room + headroom, PBUF_RAM); }
    static inline void release(packet p) { pbuf_free(p); }
    static void thread_begin() {}
    static void thread_end() {}

    struct batch {
        packet all[32];
    };
    static inline void alloc_batch(batch &b)
    {
        for (auto &p : b.all)
            p = alloc();
    }
    static inline void release_batch(batch &b)
    {
        for (auto p : b.all)
            pbuf_free(p);
    }

    /* ---- packets to work on ---- */
    static packet make(unsigned bytes)
    {
        packet const p = pbuf_alloc(PBUF_RAW, (u16_t)(bytes + headroom), PBUF_RAM);
        memset(p->payload, 0x5A, p->len);
        pbuf_remove_header(p, headroom);
        return p;
    }
    static packet make_segments(unsigned segments, unsigned bytes)
    {
        packet first = nullptr;
        for (unsigned i = 0; i < segments; i++) {
            packet const p = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_RAM);
            memset(p->payload, 0x5A, bytes);
            if (first == nullptr)
                first = p;
            else
                pbuf_cat(first, p);
        }
        return first;
    }
    static void release_segments(packet p) { pbuf_free(p); }
    static packet make_big(unsigned bytes) { return make(bytes); }
    static void release_big(packet p) { pbuf_free(p); }

    struct pieces {
        packet all[7];
    };
    static pieces make_pieces()
    {
        pieces p;
        for (auto &piece : p.all)
            piece = make_segments(1, 1280);
        return p;
    }
    static void release_pieces(pieces const &p)
    {
        for (auto piece : p.all)
            pbuf_free(piece);
    }

    /* ---- window ---- */
    static inline uint8_t *start(packet p) { return (uint8_t *)p->payload; }
    static inline uint64_t length(packet p) { return p->tot_len; }
    static inline uint8_t *prepend(packet p, unsigned bytes)
    {
        return pbuf_add_header(p, bytes) == 0 ? (uint8_t *)p->payload : nullptr;
    }
    static inline void strip(packet p, unsigned bytes) { pbuf_remove_header(p, bytes); }
    static inline packet prepend_segment(packet p, unsigned bytes)
    {
        packet const header = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_RAM);
        pbuf_chain(header, p);
        return header;
    }
    static inline void strip_segment(packet p, unsigned) { pbuf_free(p); }
    static inline void const *read(packet p, unsigned bytes, void *storage)
    {
        return pbuf_get_contiguous(p, storage, bytes, (u16_t)bytes, 0);
    }
    static inline packet copy(packet p) { return pbuf_clone(PBUF_RAW, PBUF_RAM, p); }

    /* ---- packets that share bytes: a reference pbuf per piece, and a count on the original ---- */
    static inline packet refer(void *bytes, unsigned count)
    {
        return pbuf_alloc_reference(bytes, (u16_t)count, PBUF_REF);
    }
    static inline packet clone(packet p)
    {
        packet const first = refer(p->payload, p->len);
        for (packet q = p->next; q != nullptr; q = q->next)
            pbuf_cat(first, refer(q->payload, q->len));
        pbuf_ref(p);
        return first;
    }
    static inline void release_clone(packet c, packet original)
    {
        pbuf_free(c);
        pbuf_free(original);
    }

    struct fragments {
        packet all[7];
    };
    static inline fragments fragment(packet p, unsigned bytes)
    {
        fragments f;
        for (unsigned i = 0, at = 0; i < 7; i++, at += bytes) {
            f.all[i] = refer((uint8_t *)p->payload + at, p->len - at < bytes ? p->len - at : bytes);
            pbuf_ref(p);
        }
        return f;
    }
    static inline fragments fragment_with_header(packet p, unsigned bytes)
    {
        fragments f = fragment(p, bytes);
        for (auto &piece : f.all) {
            packet const header = pbuf_alloc(PBUF_RAW, 20, PBUF_RAM);
            write_20(header->payload);
            pbuf_cat(header, piece);
            piece = header;
        }
        return f;
    }
    static inline void release_fragments(fragments const &f, packet original, bool)
    {
        for (auto piece : f.all) {
            pbuf_free(piece);
            pbuf_free(original);
        }
    }
    static inline void reassemble_and_release(pieces const &p)
    {
        packet const *const piece = p.all;
        pbuf_ref(piece[0]);
        for (unsigned i = 1; i < 7; i++)
            pbuf_chain(piece[0], piece[i]); /* takes a reference of its own */
        use(piece[0]->tot_len);
        step();
        for (unsigned i = 0; i + 1 < 7; i++)
            pbuf_dechain(piece[i]);
        pbuf_free(piece[0]);
    }

    /* ---- walks ---- */
    static inline uint64_t sum(packet p)
    {
        uint64_t sum = 0;
        for (; p != nullptr; p = p->next)
            sum = sum_words(p->payload, p->len, sum);
        return sum;
    }
    static inline uint64_t own_checksum(packet p) { return inet_chksum_pbuf(p); }

    struct fifo {
        sys_mbox_t box;
        fifo() { sys_mbox_new(&box, 64); }
        ~fifo() { sys_mbox_free(&box); }
    };
    static inline void append(fifo &f, packet const *from, size_t count)
    {
        for (size_t i = 0; i < count; i++)
            sys_mbox_trypost(&f.box, from[i]);
    }
    static inline uint64_t pop_all(fifo &f, size_t count)
    {
        uint64_t sum = 0;
        void *p;
        for (size_t i = 0; i < count; i++) {
            sys_arch_mbox_tryfetch(&f.box, &p);
            sum += ((packet)p)->tot_len;
        }
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
            pbuf_remove_header(p, 4);
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

/* lwip_layered allocates what lwIP does for a packet that layers will prepend to: 64 bytes, and room for headers. */
struct lwip_layered : lwip_subject {
    static inline void alloc_batch(batch &b)
    {
        for (auto &p : b.all)
            p = pbuf_alloc(PBUF_TRANSPORT, 64, PBUF_RAM);
    }
};

using S = lwip_subject;

std::string start(std::string *)
{
    lwip_init();
    return "";
}

bool const entered[] = {
    introduce("lwip", start),
    enter("W1", "lwip", make<alloc_free<S>>),
    enter("W2", "lwip", make<bulk<S>>),
    enter("W3", "lwip", make<cross_thread<S>>, { 0, 32, 512, true }),
    enter("W3x2", "lwip", make<cross_thread<S, 2>>, { 0, 32, 512, true }),
    enter("W4", "lwip", make<prepend_work<S>>),
    enter("W5", "lwip", make<prepend_segment_work<S>>),
    enter("W6", "lwip", make<clone_work<S>>),
    enter("W6f0", "lwip", make<clone_work<S>>),
    enter("W7", "lwip", make<clone_segments_work<S>>, { 16384, 32, 16 }),
    enter("W7f0", "lwip", make<clone_segments_work<S>>, { 16384, 32, 16 }),
    enter("W8", "lwip", make<fragment_header_work<S>>, { 4096, 32, 2 }),
    enter("W8n", "lwip", make<fragment_work<S>>, { 8192, 32, 2 }),
    enter("W9", "lwip", make<reassemble_work<S>>, { 8192, 32, 2 }),
    enter("W10", "lwip", make<read_contiguous_work<S>>),
    enter("W11", "lwip", make<read_split_work<S>>, { 32768, 32, 16 }),
    enter("W12", "lwip", make<copy_work<S>>),
    enter("W13", "lwip", make<checksum_work<S>>, { 1024, 4, 1 }),
    enter("W13n", "lwip", make<own_checksum_work<S>>, { 1024, 4, 1 }),
    enter("W14", "lwip", make<queue<S>>),
    enter("W15", "lwip", make<pipeline<lwip_layered>>),
    enter("W15r", "lwip", make<pipeline_recycled<lwip_layered>>),
    enter("deep_copy", "lwip", make<copy_work<S>>),
};

} // namespace

} // namespace bench
