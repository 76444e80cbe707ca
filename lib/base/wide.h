/* SPDX-License-Identifier: MIT
 *
 * wide.h (internal) - a second instance of the functions that clear whole structures, for processors with 32-byte
 * stores.
 *
 * The library is built for every x86-64 processor. What a fresh NET_BUFFER_LIST costs is mostly its 34 stores of 16
 * bytes; the processors of the last decade do it with half as many. nbl__wide, which nbl__start sets, chooses:
 *
 *     static NBL_FLATTEN T body(..) { .. }
 *     static NBL_WIDE T body_wide(..) { return body(..); }
 *     T call(..) { return nbl__wide ? body_wide(..) : body(..); }
 */
#ifndef NBL_BASE_WIDE_H
#define NBL_BASE_WIDE_H

#include "port.h"

#include <stdatomic.h>
#include <stdbool.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(NBL_PORT_FREESTANDING)
#  define NBL_WIDE NBL_NOINLINE __attribute__((target("avx")))
extern NBL_HIDDEN atomic_bool nbl__wide_stores;
#  define nbl__wide_stores_are_a_choice 1
#  define nbl__wide atomic_load_explicit(&nbl__wide_stores, memory_order_relaxed)

static inline bool nbl__wide_present(void)
{
    return __builtin_cpu_supports("avx") != 0;
}

static inline void nbl__wide_choose(void)
{
    atomic_store(&nbl__wide_stores, nbl__wide_present());
}
#else
#  define NBL_WIDE NBL_NOINLINE
#  define nbl__wide false

static inline void nbl__wide_choose(void)
{
}
#endif

#endif
