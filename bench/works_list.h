/* SPDX-License-Identifier: MIT
 *
 * works_list.h - W13: a long packet walked and summed; W14: a queue of packets.
 */
#ifndef NBL_BENCH_WORKS_LIST_H
#define NBL_BENCH_WORKS_LIST_H

#include "works_buffer.h"

namespace bench {

/* W13: the Internet checksum of 16 pieces of 4080 bytes, with one summing kernel for all. */
struct checksum : segmented<16, 4080> {
    template <class S> static inline void run(typename S::packet p)
    {
        use(fold(S::sum(p)));
        step();
    }
};

/* W13n: the same with the subject's own checksum function. */
struct own_checksum : segmented<16, 4080> {
    template <class S> static inline void run(typename S::packet p)
    {
        use(S::own_checksum(p));
        step();
    }
};

template <class S> using checksum_work = on_packets<S, checksum>;
template <class S> using own_checksum_work = on_packets<S, own_checksum>;

/* W14: 32 packets are appended to a FIFO; each that is popped has a field of it looked at. S::fifo is the queue. */
template <class S> class queue : public work {
public:
    using packet = typename S::packet;
    static constexpr size_t burst = 32;

    explicit queue(load const &l) : work(l), packets(l.packets), order(shuffled(l.packets))
    {
        std::vector<packet> fresh(l.packets);
        for (auto &p : fresh)
            p = S::make(64);
        for (size_t i = 0; i < l.packets; i++)
            packets[i] = fresh[order[i]];
    }

    ~queue() override
    {
        for (auto p : packets)
            S::release(p);
    }

    NBL_BENCH_INLINE void pass() override
    {
        for (size_t round = 0; round < amount.rounds; round++) {
            for (size_t i = 0; i + burst <= packets.size(); i += burst) {
                S::append(fifo, &packets[i], burst);
                step();
                use(S::pop_all(fifo, burst));
                step();
            }
        }
    }

private:
    std::vector<packet> packets;
    std::vector<uint32_t> const order;
    typename S::fifo fifo;
};

} // namespace bench

#endif
