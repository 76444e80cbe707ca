/* SPDX-License-Identifier: MIT
 *
 * works_derive.h - W6, W7, W8, W8n, W9: packets that share the bytes of others.
 */
#ifndef NBL_BENCH_WORKS_DERIVE_H
#define NBL_BENCH_WORKS_DERIVE_H

#include "works_buffer.h"

namespace bench {

/* W6, W7: a clone of a packet of 1500 bytes is made and freed. */
template <class Shape> struct clone : Shape {
    template <class S> static inline void run(typename S::packet p)
    {
        typename S::packet const c = S::clone(p);
        use(S::length(c));
        step();
        S::release_clone(c, p);
        step();
    }
};

template <class S> using clone_work = on_packets<S, clone<contiguous<1500>>>;
template <class S> using clone_segments_work = on_packets<S, clone<segmented<4, 375>>>;

/* W8, W8n: 9000 contiguous bytes are cut into 7 pieces; with Header, 20 bytes are written in front of each. */
template <bool Header> struct fragment {
    template <class S> static typename S::packet make() { return S::make_big(9000); }
    template <class S> static void release(typename S::packet p) { S::release_big(p); }
    template <class S> static inline void run(typename S::packet p)
    {
        typename S::fragments f = Header ? S::fragment_with_header(p, 1480) : S::fragment(p, 1480);
        use(&f);
        step();
        S::release_fragments(f, p, Header);
        step();
    }
};

template <class S> using fragment_header_work = on_packets<S, fragment<true>>;
template <class S> using fragment_work = on_packets<S, fragment<false>>;

/* W9: seven packets that somebody else goes on holding are joined into one, which is freed. */
struct reassemble {
    template <class S> static typename S::pieces make() { return S::make_pieces(); }
    template <class S> static void release(typename S::pieces const &p) { S::release_pieces(p); }
    template <class S> static inline void run(typename S::pieces const &p)
    {
        S::reassemble_and_release(p);
        step();
    }
};

template <class S> using reassemble_work = on_packets<S, reassemble, typename S::pieces>;

} // namespace bench

#endif
