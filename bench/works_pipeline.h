/* SPDX-License-Identifier: MIT
 *
 * works_pipeline.h - W15, W15r, W15b: batches of 32 packets on their way down through three layers and back.
 *
 * Each layer is called through a pointer, as drivers are; on the way down it prepends four bytes to each packet and
 * writes them, on the way back it strips them. The lowest layer hands the batch to a sink that keeps it.
 */
#ifndef NBL_BENCH_WORKS_PIPELINE_H
#define NBL_BENCH_WORKS_PIPELINE_H

#include "harness.h"
#include "touch.h"

namespace bench {

/* layer is one layer of the stack of subject S. S::batch is what travels; S::prepend_each and S::strip_each go over
 * it. */
template <class S> struct layer {
    using batch = typename S::batch;

    void (*send)(layer *, batch &);
    void (*complete)(layer *, batch &);
    layer *lower, *upper;
    uint32_t tag;
};

template <class S> __attribute__((noinline)) NBL_BENCH_INLINE void layer_send(layer<S> *self, typename S::batch &b)
{
    S::prepend_each(b, self->tag);
    self->lower->send(self->lower, b);
}

template <class S> __attribute__((noinline)) NBL_BENCH_INLINE void layer_complete(layer<S> *self, typename S::batch &b)
{
    S::strip_each(b);
    self->upper->complete(self->upper, b);
}

template <class S> __attribute__((noinline)) void end_of_stack(layer<S> *self, typename S::batch &b)
{
    use(self);
    use(&b);
}

/* stack is three layers between a source and a sink. */
template <class S> struct stack {
    layer<S> level[5];

    stack()
    {
        for (uint32_t i = 0; i < 5; i++)
            level[i] = { layer_send<S>, layer_complete<S>, &level[i] + 1, &level[i] - 1, 0x11111111u * i };
        level[0] = { nullptr, end_of_stack<S>, &level[1], nullptr, 0 };
        level[4] = { end_of_stack<S>, nullptr, nullptr, &level[3], 0 };
        step();
    }

    void send(typename S::batch &b) { level[1].send(&level[1], b); }
    void complete(typename S::batch &b) { level[3].complete(&level[3], b); }
};

/* W15: every batch comes from the pool and goes back to it. Cold: all batches are sent, then all are completed. */
template <class S> class pipeline : public work {
public:
    static constexpr size_t batch_size = 32;

    explicit pipeline(load const &l)
        : work(l), held(l.packets / batch_size), order(shuffled(l.packets / batch_size))
    {
    }

    void pass() override { amount.cold ? many() : one_by_one(); }

private:
    NBL_BENCH_INLINE void one_by_one()
    {
        for (size_t i = 0; i < amount.rounds; i++) {
            typename S::batch b;
            S::alloc_batch(b);
            layers.send(b);
            layers.complete(b);
            S::release_batch(b);
            step();
        }
    }

    NBL_BENCH_INLINE void many()
    {
        for (auto &b : held) {
            S::alloc_batch(b);
            layers.send(b);
        }
        step();
        for (uint32_t i : order) {
            layers.complete(held[i]);
            S::release_batch(held[i]);
        }
    }

    stack<S> layers;
    std::vector<typename S::batch> held;
    std::vector<uint32_t> const order;
};

/* W15r: the batches exist already and are sent again and again. Cold: their packets lie scattered. */
template <class S> class pipeline_recycled : public work {
public:
    static constexpr size_t batch_size = 32;

    explicit pipeline_recycled(load const &l) : work(l), held(l.packets / batch_size)
    {
        for (auto &b : held)
            S::alloc_batch(b);
        if (amount.cold)
            S::scatter(held);
    }

    ~pipeline_recycled() override
    {
        for (auto &b : held)
            S::release_batch(b);
    }

    NBL_BENCH_INLINE void pass() override
    {
        for (size_t round = 0; round < amount.rounds; round++) {
            for (auto &b : held) {
                layers.send(b);
                layers.complete(b);
                step();
            }
        }
    }

private:
    stack<S> layers;
    std::vector<typename S::batch> held;
};

} // namespace bench

#endif
