/* SPDX-License-Identifier: MIT
 *
 * history.h (internal) - what happened to one object, as the ledger remembers it and as a report tells it.
 */
#ifndef NBL_VERIFY_HISTORY_H
#define NBL_VERIFY_HISTORY_H

#include <nbl/event.h>

#define NBL__STACK_DEPTH 8u
#define NBL__HISTORY_LENGTH 4u

/* struct nbl__moment is one thing that happened to an object. Frames are return addresses, innermost first. */
struct nbl__moment {
    enum nbl_event_kind kind;
    char const *call;    /* name of the public call, a string constant */
    uint64_t serial;     /* counts all moments of the process */
    uint64_t thread;     /* tells threads apart; no more */
    void const *related; /* as in struct nbl_event */
    uint32_t depth;      /* how many frames follow */
    void *frames[NBL__STACK_DEPTH];
};

/* struct nbl__history is an object's life: its first moment and its newest ones, in order. */
struct nbl__history {
    void const *object;
    char const *type; /* "NET_BUFFER_LIST", "NET_BUFFER", "MDL", "pool", "NET_BUFFER_LIST_CONTEXT" */
    uint64_t bytes;   /* of it, or 0 */
    bool freed;       /* its life is over */
    uint32_t count;   /* moments */
    struct nbl__moment moments[NBL__HISTORY_LENGTH];
};

#endif
