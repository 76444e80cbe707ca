/* SPDX-License-Identifier: MIT
 *
 * port_posix.h - locks and the thread slot on POSIX systems.
 */
#ifndef NBL_BASE_PORT_POSIX_H
#define NBL_BASE_PORT_POSIX_H

#include <pthread.h>

struct nbl__lock {
    pthread_mutex_t mutex;
};

#define NBL__LOCK_INITIALIZER { PTHREAD_MUTEX_INITIALIZER }

static inline void nbl__lock_acquire(struct nbl__lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
}

static inline void nbl__lock_release(struct nbl__lock *lock)
{
    (void)pthread_mutex_unlock(&lock->mutex);
}

static inline void nbl__lock_initialize(struct nbl__lock *lock)
{
    (void)pthread_mutex_init(&lock->mutex, NULL);
}

/* initial-exec: one load from the thread pointer instead of a call; the 80 bytes fit the surplus that dlopen keeps. */
extern NBL_HIDDEN _Thread_local __attribute__((tls_model("initial-exec"))) struct nbl__thread nbl__thread_self;

static inline struct nbl__thread *nbl__thread_current(void)
{
    return &nbl__thread_self;
}

#endif
