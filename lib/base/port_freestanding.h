/* SPDX-License-Identifier: MIT
 *
 * port_freestanding.h - locks and the thread slot where there is no operating system: see nbl/port.h.
 */
#ifndef NBL_BASE_PORT_FREESTANDING_H
#define NBL_BASE_PORT_FREESTANDING_H

#include <stdatomic.h>

#include <nbl/port.h>

struct nbl__lock {
    atomic_uint taken;
};

#define NBL__LOCK_INITIALIZER { 0 }

static inline void nbl__lock_acquire(struct nbl__lock *lock)
{
    while (atomic_exchange_explicit(&lock->taken, 1u, memory_order_acquire) != 0)
        nbl_port_relax();
}

static inline void nbl__lock_release(struct nbl__lock *lock)
{
    atomic_store_explicit(&lock->taken, 0u, memory_order_release);
}

static inline void nbl__lock_initialize(struct nbl__lock *lock)
{
    atomic_init(&lock->taken, 0u);
}

struct nbl__thread *nbl__thread_current(void);

#endif
