/* SPDX-License-Identifier: MIT
 *
 * nbl_test_mailbox.h - ways to hand a NET_BUFFER_LIST to another thread: a queue under a lock, and a stack of atomics.
 */
#ifndef NBL_TEST_MAILBOX_H
#define NBL_TEST_MAILBOX_H

#include <nbl/nbl.h>

#include <pthread.h>
#include <stdatomic.h>

/* struct nbl_test_mailbox takes NBLs through either door. All zero but for the mutex: nbl_test_mailbox_make. */
struct nbl_test_mailbox {
    pthread_mutex_t lock;
    NET_BUFFER_LIST *first;
    NET_BUFFER_LIST *last;
    _Atomic(NET_BUFFER_LIST *) stack;
};

void nbl_test_mailbox_make(struct nbl_test_mailbox *mailbox);

/* nbl_test_mailbox_put hands one NBL over; Next is overwritten. */
void nbl_test_mailbox_put(struct nbl_test_mailbox *mailbox, NET_BUFFER_LIST *list, bool locked);

/* nbl_test_mailbox_take gives all NBLs of one door as a chain, NULL when there are none. */
NET_BUFFER_LIST *nbl_test_mailbox_take(struct nbl_test_mailbox *mailbox, bool locked);

/* nbl_test_now gives seconds on a clock that does not go back. */
double nbl_test_now(void);

#endif
