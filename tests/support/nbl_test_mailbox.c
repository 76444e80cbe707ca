/* SPDX-License-Identifier: MIT
 *
 * nbl_test_mailbox.c - the two doors of a mailbox, and the clock of tests that run for a time.
 */
#define _POSIX_C_SOURCE 200809L

#include "nbl_test_mailbox.h"

#include "nbl_test.h"

#include <time.h>

void nbl_test_mailbox_make(struct nbl_test_mailbox *mailbox)
{
    memset(mailbox, 0, sizeof(*mailbox));
    assert_int_equal(pthread_mutex_init(&mailbox->lock, NULL), 0);
}

static void put_locked(struct nbl_test_mailbox *mailbox, NET_BUFFER_LIST *list)
{
    list->Next = NULL;
    (void)pthread_mutex_lock(&mailbox->lock);
    if (mailbox->first == NULL)
        mailbox->first = list;
    else
        mailbox->last->Next = list;
    mailbox->last = list;
    (void)pthread_mutex_unlock(&mailbox->lock);
}

void nbl_test_mailbox_put(struct nbl_test_mailbox *mailbox, NET_BUFFER_LIST *list, bool locked)
{
    NET_BUFFER_LIST *top;
    if (locked) {
        put_locked(mailbox, list);
        return;
    }
    top = atomic_load_explicit(&mailbox->stack, memory_order_relaxed);
    do
        list->Next = top;
    while (!atomic_compare_exchange_weak_explicit(&mailbox->stack, &top, list, memory_order_release,
                                                  memory_order_relaxed));
}

NET_BUFFER_LIST *nbl_test_mailbox_take(struct nbl_test_mailbox *mailbox, bool locked)
{
    NET_BUFFER_LIST *chain;
    if (!locked)
        return atomic_exchange_explicit(&mailbox->stack, NULL, memory_order_acquire);
    (void)pthread_mutex_lock(&mailbox->lock);
    chain = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    (void)pthread_mutex_unlock(&mailbox->lock);
    return chain;
}

double nbl_test_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
