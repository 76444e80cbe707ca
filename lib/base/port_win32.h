/* SPDX-License-Identifier: MIT
 *
 * port_win32.h - locks and the thread slot on Windows, without windows.h: its type names are those of nbl/types.h.
 */
#ifndef NBL_BASE_PORT_WIN32_H
#define NBL_BASE_PORT_WIN32_H

/* A slim reader/writer lock is one pointer, all zero when free; only port_win32.c knows its Windows type. */
struct nbl__lock {
    void *slim;
};

#define NBL__LOCK_INITIALIZER { NULL }

void nbl__lock_acquire(struct nbl__lock *lock);
void nbl__lock_release(struct nbl__lock *lock);

static inline void nbl__lock_initialize(struct nbl__lock *lock)
{
    lock->slim = NULL;
}

struct nbl__thread *nbl__thread_current(void);

#endif
