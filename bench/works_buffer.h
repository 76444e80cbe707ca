/* SPDX-License-Identifier: MIT
 *
 * works_buffer.h - W4, W5, W10, W11, W12: headers put on and taken off, bytes looked at, a packet copied.
 */
#ifndef NBL_BENCH_WORKS_BUFFER_H
#define NBL_BENCH_WORKS_BUFFER_H

#include "harness.h"
#include "touch.h"

namespace bench {

/* on_packets is work on packets that exist before and after each pass. Recipe::make and ::release say what they are,
 * ::run what is done with each. */
template <class S, class Recipe, class Packet = typename S::packet> class on_packets : public work {
public:
    using packet = Packet;

    explicit on_packets(load const &l) : work(l), packets(l.packets)
    {
        std::vector<packet> fresh(l.packets);
        std::vector<uint32_t> const order = shuffled(l.packets);
        for (auto &p : fresh)
            p = Recipe::template make<S>();
        for (size_t i = 0; i < l.packets; i++)
            packets[i] = fresh[order[i]];
    }

    ~on_packets() override
    {
        for (auto &p : packets)
            Recipe::template release<S>(p);
    }

    NBL_BENCH_INLINE void pass() override
    {
        for (size_t round = 0; round < amount.rounds; round++) {
            for (packet const &p : packets)
                Recipe::template run<S>(p);
        }
    }

private:
    std::vector<packet> packets;
};

/* contiguous packets have their bytes in one piece, with the customary headroom in front. */
template <unsigned Bytes> struct contiguous {
    template <class S> static typename S::packet make() { return S::make(Bytes); }
    template <class S> static void release(typename S::packet p) { S::release(p); }
};

/* segmented packets have Segments pieces of the same size and no headroom. */
template <unsigned Segments, unsigned Bytes> struct segmented {
    template <class S> static typename S::packet make() { return S::make_segments(Segments, Bytes); }
    template <class S> static void release(typename S::packet p) { S::release_segments(p); }
};

/* W4: 14 bytes are prepended into headroom, written, and stripped. */
struct prepend : contiguous<1500> {
    template <class S> static inline void run(typename S::packet p)
    {
        write_14(S::prepend(p, 14));
        step();
        S::strip(p, 14);
        step();
    }
};

/* W5: the same where there is no headroom. */
struct prepend_segment : segmented<1, 1500> {
    template <class S> static inline void run(typename S::packet p)
    {
        typename S::packet const longer = S::prepend_segment(p, 14);
        write_14(S::start(longer));
        step();
        S::strip_segment(longer, 14);
        step();
    }
};

/* W10: a pointer to the first 54 bytes, which are in one piece; their ends are read. */
struct read_contiguous : contiguous<1500> {
    template <class S> static inline void run(typename S::packet p)
    {
        uint8_t storage[54];
        use(ends_of(S::read(p, 54, storage), 54));
        step();
    }
};

/* W11: a pointer to the first 54 bytes, which lie in two pieces of 40 bytes. */
struct read_split : segmented<2, 40> {
    template <class S> static inline void run(typename S::packet p)
    {
        uint8_t storage[54];
        use(ends_of(S::read(p, 54, storage), 54));
        step();
    }
};

/* W12: 1500 bytes are copied into a packet from the pool, which is freed. */
struct copy_1500 : contiguous<1500> {
    template <class S> static inline void run(typename S::packet p)
    {
        typename S::packet const copy = S::copy(p);
        use(copy);
        step();
        S::release(copy);
        step();
    }
};

template <class S> using prepend_work = on_packets<S, prepend>;
template <class S> using prepend_segment_work = on_packets<S, prepend_segment>;
template <class S> using read_contiguous_work = on_packets<S, read_contiguous>;
template <class S> using read_split_work = on_packets<S, read_split>;
template <class S> using copy_work = on_packets<S, copy_1500>;

} // namespace bench

#endif
