/* SPDX-License-Identifier: MIT
 *
 * event.h (internal) - the word that every hot path tests once, and how to announce.
 *
 * nbl__hooks = 0 means: nobody listens, no fault is armed, no memory checker watches, pools use magazines,
 * no knob is on, blocks have no guards.
 */
#ifndef NBL_BASE_EVENT_H
#define NBL_BASE_EVENT_H

#include "port.h"

#include <nbl/event.h>
#include <nbl/fault.h>

#include <stdatomic.h>

#define NBL__HOOK_LISTENER 1u /* a listener is subscribed */
#define NBL__HOOK_FAULT 2u    /* a fault kind is armed */
#define NBL__HOOK_TRACK 4u    /* Valgrind or AddressSanitizer is told which blocks live */
#define NBL__HOOK_MALLOC 8u   /* malloc mode: every block is an allocation of its own */
#define NBL__HOOK_START 16u   /* the environment has not been read yet */
#define NBL__HOOK_VERIFY 32u  /* the verifier knows which objects are dead */
#define NBL__HOOK_KNOB 64u    /* a knob is on */
#define NBL__HOOK_GUARD 128u  /* every block is an allocation of its own, with guard bytes around it */

/* Either of these: no block comes from a magazine. */
#define NBL__HOOKS_APART (NBL__HOOK_MALLOC | NBL__HOOK_GUARD)

/* The library reads its own copy, which needs no detour; nbl_event_hooks is the same word for the headers. */
extern NBL_HIDDEN atomic_uint nbl__hooks;

/* nbl__hooks_now gives the hooks that are set, for a path that tests them once. */
static inline unsigned nbl__hooks_now(void)
{
    return atomic_load_explicit(&nbl__hooks, memory_order_relaxed);
}

/* nbl__hooked tells whether any of the given hooks is set. */
static inline bool nbl__hooked(unsigned hooks)
{
    return (nbl__hooks_now() & hooks) != 0;
}

void nbl__hooks_set(unsigned hooks);
void nbl__hooks_clear(unsigned hooks);

/* nbl__start reads the environment once: NBL_POOL_MODE, NBL_TRACK, NBL_KNOBS, and whether a memory checker watches. */
void nbl__start(void);

/* nbl__announce calls every listener. Call it through the macros below. */
NBL_COLD void nbl__announce(struct nbl_event const *event);

/* nbl__violation announces that a rule was broken. */
NBL_COLD void nbl__violation(char const *rule, enum nbl_severity severity, char const *call, void const *object);

/* NBL__EVENT announces what happened to an object, when somebody listens. */
#define NBL__EVENT(event_kind, event_call, event_object, event_related, event_bytes)                                  \
    do {                                                                                                              \
        if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER)))                                                            \
            nbl__announce(&(struct nbl_event){ .kind = (event_kind), .severity = NBL_SEVERITY_INFO, .rule = NULL,     \
                                               .call = (event_call), .object = (event_object),                        \
                                               .related = (event_related), .bytes = (event_bytes) });                 \
    } while (0)

/* nbl__dead_judge is set while NBL__HOOK_VERIFY is: it tells whether an object was freed, and announces `rule` when it
 * was. The object itself is not looked at. Rule VER-01 says that the call is about to use the object, so that the judge
 * may look at it too when it is alive; RET-20 that a NET_BUFFER was retreated within its backfill. */
typedef bool nbl__dead_judge(char const *rule, char const *call, void const *object);
extern NBL_HIDDEN _Atomic(nbl__dead_judge *) nbl__judge;

/* nbl__dead is asked first by every call that is given an object, before anything of it is read (VER-01). False while
 * no verifier runs. */
static inline bool nbl__dead(char const *rule, char const *call, void const *object)
{
    return NBL_UNLIKELY(nbl__hooked(NBL__HOOK_VERIFY)) && atomic_load(&nbl__judge)(rule, call, object);
}

/* nbl__thread_number gives the calling thread's number, from 1 in the order in which they first asked. */
uint64_t nbl__thread_number(void);

/* nbl__verify_by_environment starts the verifier as the value of NBL_VERIFY says. The room verify defines it: nobody
 * else could call it at the moment in which the environment is read. */
void nbl__verify_by_environment(char const *value);

/* nbl__fault_fails counts a fault point of a kind and tells whether it has to fail. */
bool nbl__fault_fails(enum nbl_fault_kind kind);

static inline bool nbl__faulty(enum nbl_fault_kind kind)
{
    return NBL_UNLIKELY(nbl__hooked(NBL__HOOK_FAULT)) && nbl__fault_fails(kind);
}

#endif
