/* SPDX-License-Identifier: MIT
 *
 * peer_malloc.cc - the C library's allocator as a packet pool: three allocations per packet, nothing cleared.
 */
#include <cstdlib>

#include "works_pool.h"

namespace bench {

namespace {

/* malloc_subject: structures of the sizes that NDIS's have, the data with its descriptor. */
struct malloc_subject {
    struct buffer {
        void *data;
        uint8_t rest[176 - sizeof(void *)];
    };
    struct list {
        struct buffer *buffer;
        uint8_t rest[368 - sizeof(void *)];
    };
    static constexpr size_t data_bytes = 48 + 128 + 2048;

    using packet = list *;

    static inline packet alloc()
    {
        packet const p = (packet)malloc(sizeof(list));
        p->buffer = (struct buffer *)malloc(sizeof(struct buffer));
        p->buffer->data = malloc(data_bytes);
        return p;
    }
    static inline void release(packet p)
    {
        free(p->buffer->data);
        free(p->buffer);
        free(p);
    }
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
            release(p);
    }
};

using S = malloc_subject;

std::string start(std::string *) { return ""; }

bool const entered[] = {
    introduce("malloc", start),
    enter("W1", "malloc", make<alloc_free<S>>),
    enter("W2", "malloc", make<bulk<S>>),
    enter("W3", "malloc", make<cross_thread<S>>, { 0, 32, 512, true }),
    enter("W3x2", "malloc", make<cross_thread<S, 2>>, { 0, 32, 512, true }),
};

} // namespace

} // namespace bench
