/* SPDX-License-Identifier: MIT
 *
 * event.h - the one hook through which the library announces what happens to its objects.
 *
 * The data path itself keeps no history. Whoever wants one (a verifier, a capture, a test) subscribes here; while
 * nobody does, an announcement costs one predicted branch.
 */
#ifndef NBL_EVENT_H
#define NBL_EVENT_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* nbl_severity grades a violation (rule book 0.2). */
enum nbl_severity {
    NBL_SEVERITY_INFO,    /* diagnostic only */
    NBL_SEVERITY_WARNING, /* legal but hazardous, or right only because of a decision of the rule book */
    NBL_SEVERITY_ERROR,   /* breaks a contract; the call had a defined, safe outcome */
    NBL_SEVERITY_FATAL    /* on Windows this corrupts memory or stops the machine; here the call did nothing harmful */
};

/* nbl_event_kind says what an event is about. */
enum nbl_event_kind {
    NBL_EVENT_VIOLATION,        /* a rule was broken: rule and severity are set, object is what broke it */
    NBL_EVENT_POOL_ALLOCATE,    /* object is the pool handle */
    NBL_EVENT_POOL_FREE,        /* object is the pool handle */
    NBL_EVENT_LIST_ALLOCATE,    /* object is the NET_BUFFER_LIST, related its parent if it is a derived one */
    NBL_EVENT_LIST_FREE,        /* object is the NET_BUFFER_LIST, still readable */
    NBL_EVENT_BUFFER_ALLOCATE,  /* object is the NET_BUFFER */
    NBL_EVENT_BUFFER_FREE,      /* object is the NET_BUFFER, still readable */
    NBL_EVENT_MDL_ALLOCATE,     /* object is the MDL, related the NET_BUFFER it was linked to, if any; bytes */
    NBL_EVENT_MDL_FREE,         /* object is the MDL, still readable; related as above */
    NBL_EVENT_CONTEXT_ALLOCATE, /* object is the NET_BUFFER_LIST, bytes the space taken */
    NBL_EVENT_CONTEXT_FREE      /* object is the NET_BUFFER_LIST, bytes the space given back */
};

/* nbl_event is one announcement. It and its strings live only as long as the listener's call. */
struct nbl_event {
    enum nbl_event_kind kind;
    enum nbl_severity severity; /* of a violation; NBL_SEVERITY_INFO otherwise */
    char const *rule;           /* rule id such as "ADV-08" of a violation; NULL otherwise */
    char const *call;           /* name of the public call that announces */
    void const *object;
    void const *related;        /* NULL where the kind names none */
    uint64_t bytes;             /* 0 where the kind names none */
};

/* nbl_event_listener receives events on the thread where they happen, inside the call that causes them.
 *
 * It may read the objects and may call nbl_status_name and the MDL macros; it must not allocate, free or move anything
 * of libnbl, and must return at the IRQL at which it was called.
 */
typedef void nbl_event_listener(struct nbl_event const *event, void *context);

/* NBL_EVENT_LISTENERS is how many subscriptions can exist at once. */
#define NBL_EVENT_LISTENERS 8

/* nbl_event_subscribe adds a listener; from then on it receives every event of the process.
 *
 * listener: not NULL; context: handed to it unchanged, may be NULL. The pair (listener, context) names the
 * subscription.
 * Threads: any, also while others work; a call already under way may still not announce to the new listener. IRQL:
 * PASSIVE_LEVEL. Returns false, and changes nothing, when listener is NULL or NBL_EVENT_LISTENERS subscriptions exist.
 */
NBL_API bool nbl_event_subscribe(nbl_event_listener *listener, void *context);

/* nbl_event_unsubscribe removes the subscription (listener, context).
 *
 * Returns false when there is no such subscription. Threads: any; but a call that is under way on another thread may
 * still announce to the listener once, so context must outlive such calls. IRQL: PASSIVE_LEVEL.
 */
NBL_API bool nbl_event_unsubscribe(nbl_event_listener *listener, void *context);

/* nbl_event_hooks is 0 while nobody listens, no fault is armed, no memory checker watches and no knob is on. It is for
 * the functions that libnbl's headers define in line, and changes only through the calls above and those of fault.h and
 * knob.h. */
NBL_API extern unsigned nbl_event_hooks;

NBL_END_C

#endif
