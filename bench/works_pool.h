/* SPDX-License-Identifier: MIT
 *
 * works_pool.h - W1, W2, W3: packets taken from a pool and given back.
 *
 * A subject S is a class of static inline functions; which ones, each template says by using them. S::packet is a
 * pointer.
 */
#ifndef NBL_BENCH_WORKS_POOL_H
#define NBL_BENCH_WORKS_POOL_H

#include <atomic>
#include <thread>

#include "harness.h"
#include "touch.h"

namespace bench {

/* W1: one packet with 2 KiB of data room is allocated and freed. Cold: all are allocated, then all are freed, not in
 * the order of allocation. */
template <class S> class alloc_free : public work {
public:
    explicit alloc_free(load const &l) : work(l), held(l.packets), order(shuffled(l.packets)) {}

    void pass() override { amount.cold ? many() : one_by_one(); }

private:
    NBL_BENCH_INLINE void one_by_one()
    {
        for (size_t i = 0; i < amount.operations(); i++) {
            typename S::packet const p = S::alloc();
            use(p);
            S::release(p);
            step();
        }
    }

    NBL_BENCH_INLINE void many()
    {
        for (auto &p : held)
            p = S::alloc();
        step();
        for (uint32_t i : order)
            S::release(held[i]);
    }

    std::vector<typename S::packet> held;
    std::vector<uint32_t> const order;
};

/* W2: 32 packets are allocated at once and freed at once. S::batch is what the subject keeps 32 packets in. */
template <class S> class bulk : public work {
public:
    static constexpr unsigned batch_size = 32;

    explicit bulk(load const &l) : work(l), held(l.packets / batch_size), order(shuffled(l.packets / batch_size)) {}

    void pass() override { amount.cold ? many() : one_by_one(); }

private:
    NBL_BENCH_INLINE void one_by_one()
    {
        for (size_t i = 0; i < amount.rounds; i++) {
            typename S::batch b;
            S::alloc_batch(b);
            use(&b);
            S::release_batch(b);
            step();
        }
    }

    NBL_BENCH_INLINE void many()
    {
        for (auto &b : held)
            S::alloc_batch(b);
        step();
        for (uint32_t i : order)
            S::release_batch(held[i]);
    }

    std::vector<typename S::batch> held;
    std::vector<uint32_t> const order;
};

/* relax waits a moment; now and then it lets another thread of this processor run. */
static inline void relax(unsigned *waited)
{
    if (++*waited % 1024 == 0)
        std::this_thread::yield();
    asm volatile("pause");
}

/* ring is a single-producer single-consumer ring of pointers, the same for all subjects. The producer publishes 32 at a
 * time; a slot's line moves between the cores once in each direction. */
template <class Packet> class ring {
public:
    static constexpr size_t slots = 1024, burst = 32;

    void put(Packet const *from)
    {
        unsigned waited = 0;
        while (head - tail.load(std::memory_order_acquire) > slots - burst)
            relax(&waited);
        for (size_t i = 0; i < burst; i++)
            slot[(head + i) % slots] = from[i];
        head += burst;
        published.store(head, std::memory_order_release);
    }

    /* get returns false when there is nothing. */
    bool get(Packet *to)
    {
        if (published.load(std::memory_order_acquire) == taken)
            return false;
        for (size_t i = 0; i < burst; i++)
            to[i] = slot[(taken + i) % slots];
        taken += burst;
        tail.store(taken, std::memory_order_release);
        return true;
    }

private:
    alignas(64) Packet slot[slots];
    alignas(64) size_t head = 0;
    alignas(64) std::atomic<size_t> published { 0 };
    alignas(64) std::atomic<size_t> tail { 0 };
    alignas(64) size_t taken = 0;
};

/* W3: one thread allocates, others free. A pass ends when the last packet is free. */
template <class S, unsigned Consumers = 1> class cross_thread : public work {
    using packet = typename S::packet;

public:
    explicit cross_thread(load const &l) : work(l) {}

    void begin() override
    {
        stop.store(false);
        for (unsigned i = 0; i < Consumers; i++)
            threads.emplace_back([this, i] { consume(i); });
    }

    void end() override
    {
        stop.store(true);
        for (auto &t : threads)
            t.join();
        threads.clear();
    }

    NBL_BENCH_INLINE void pass() override
    {
        packet burst[ring<packet>::burst];
        size_t const bursts = amount.operations() / ring<packet>::burst;
        expected += bursts * ring<packet>::burst;
        for (size_t i = 0; i < bursts; i++) {
            for (auto &p : burst)
                p = S::alloc();
            rings[i % Consumers].put(burst);
        }
        unsigned waited = 0;
        while (all_freed() != expected)
            relax(&waited);
    }

private:
    NBL_BENCH_INLINE void consume(unsigned index)
    {
        packet burst[ring<packet>::burst];
        unsigned waited = 0;
        stay_on(other_processor(index));
        S::thread_begin();
        while (!stop.load(std::memory_order_relaxed)) {
            if (!rings[index].get(burst)) {
                relax(&waited);
                continue;
            }
            for (auto p : burst)
                S::release(p);
            freed[index].count.store(freed[index].count.load(std::memory_order_relaxed) + ring<packet>::burst,
                                     std::memory_order_release);
        }
        S::thread_end();
    }

    size_t all_freed() const
    {
        size_t sum = 0;
        for (auto const &f : freed)
            sum += f.count.load(std::memory_order_acquire);
        return sum;
    }

    struct alignas(64) counter {
        std::atomic<size_t> count { 0 };
    };

    ring<packet> rings[Consumers];
    counter freed[Consumers];
    std::atomic<bool> stop { false };
    size_t expected = 0;
    std::vector<std::thread> threads;
};

} // namespace bench

#endif
