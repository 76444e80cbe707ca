/* SPDX-License-Identifier: MIT
 *
 * event.c - subscriptions to events, and what the environment switches on.
 */
#include "event.h"

#include "knob.h"
#include "track.h"
#include "wide.h"

atomic_uint nbl__hooks = NBL__HOOK_START;
unsigned nbl_event_hooks = NBL__HOOK_START;
_Atomic(nbl__dead_judge *) nbl__judge;

/* Announcing reads the table without the lock. A slot's context is written while its listener is NULL, so a context
 * that was read between two equal listeners belongs to that listener. */
static struct nbl__lock subscription_lock = NBL__LOCK_INITIALIZER;
static struct {
    _Atomic(nbl_event_listener *) listener;
    _Atomic(void *) context;
} subscriptions[NBL_EVENT_LISTENERS];

/* Both words are changed under a lock, so that they always say the same once nobody is in here. */
static void hooks_change(unsigned set, unsigned clear)
{
    static struct nbl__lock hooks_lock = NBL__LOCK_INITIALIZER;
    unsigned hooks;
    nbl__lock_acquire(&hooks_lock);
    hooks = (nbl__hooks_now() & ~clear) | set;
    atomic_store(&nbl__hooks, hooks);
    __atomic_store_n(&nbl_event_hooks, hooks, __ATOMIC_SEQ_CST);
    nbl__lock_release(&hooks_lock);
}

void nbl__hooks_set(unsigned hooks)
{
    hooks_change(hooks, 0);
}

void nbl__hooks_clear(unsigned hooks)
{
    hooks_change(0, hooks);
}

/* Not strcmp: an embedding without an operating system does not supply it. */
static bool says(char const *value, char const *word)
{
    size_t i = 0;
    while (value[i] == word[i] && word[i] != '\0')
        i++;
    return value[i] == word[i];
}

static bool wants_malloc(void)
{
    char const *mode = nbl__port_environment("NBL_POOL_MODE");
#ifdef NBL_POOL_MALLOC
    return mode == NULL || says(mode, "malloc");
#else
    return mode != NULL && says(mode, "malloc");
#endif
}

/* Counting instructions under a memory checker's host program wants the path that is taken without one. */
static bool wants_track(void)
{
    char const *track = nbl__port_environment("NBL_TRACK");
    return nbl__track_present() && (track == NULL || !says(track, "off"));
}

void nbl__start(void)
{
    static struct nbl__lock start_lock = NBL__LOCK_INITIALIZER;
    nbl__lock_acquire(&start_lock);
    if (nbl__hooked(NBL__HOOK_START)) {
        nbl__wide_choose();
        if (wants_malloc())
            nbl__hooks_set(NBL__HOOK_MALLOC);
        else if (wants_track())
            nbl__hooks_set(NBL__HOOK_TRACK);
        if (nbl__port_environment("NBL_VERIFY") != NULL)
            nbl__verify_by_environment(nbl__port_environment("NBL_VERIFY"));
        nbl__knob_start();
        nbl__hooks_clear(NBL__HOOK_START);
    }
    nbl__lock_release(&start_lock);
}

uint64_t nbl__thread_number(void)
{
    static atomic_uint_fast64_t newest;
    struct nbl__thread *thread = nbl__thread_current();
    if (thread->number == 0)
        thread->number = atomic_fetch_add(&newest, 1) + 1;
    return thread->number;
}

static int subscription_find(nbl_event_listener *listener, void *context)
{
    for (int i = 0; i < NBL_EVENT_LISTENERS; i++)
        if (atomic_load(&subscriptions[i].listener) == listener
            && (listener == NULL || atomic_load(&subscriptions[i].context) == context))
            return i;
    return -1;
}

bool nbl_event_subscribe(nbl_event_listener *listener, void *context)
{
    int slot = -1;
    if (listener == NULL)
        return false;
    nbl__lock_acquire(&subscription_lock);
    slot = subscription_find(NULL, NULL);
    if (slot >= 0) {
        atomic_store(&subscriptions[slot].context, context);
        atomic_store(&subscriptions[slot].listener, listener);
        nbl__hooks_set(NBL__HOOK_LISTENER);
    }
    nbl__lock_release(&subscription_lock);
    return slot >= 0;
}

static bool subscription_any(void)
{
    for (int i = 0; i < NBL_EVENT_LISTENERS; i++)
        if (atomic_load(&subscriptions[i].listener) != NULL)
            return true;
    return false;
}

bool nbl_event_unsubscribe(nbl_event_listener *listener, void *context)
{
    int slot = -1;
    if (listener == NULL)
        return false;
    nbl__lock_acquire(&subscription_lock);
    slot = subscription_find(listener, context);
    if (slot >= 0)
        atomic_store(&subscriptions[slot].listener, NULL);
    if (!subscription_any())
        nbl__hooks_clear(NBL__HOOK_LISTENER);
    nbl__lock_release(&subscription_lock);
    return slot >= 0;
}

void nbl__announce(struct nbl_event const *event)
{
    for (int i = 0; i < NBL_EVENT_LISTENERS; i++) {
        nbl_event_listener *listener = atomic_load(&subscriptions[i].listener);
        void *context = atomic_load(&subscriptions[i].context);
        if (listener != NULL && listener == atomic_load(&subscriptions[i].listener))
            listener(event, context);
    }
}

void nbl__violation(char const *rule, enum nbl_severity severity, char const *call, void const *object)
{
    struct nbl_event event = { NBL_EVENT_VIOLATION, severity, rule, call, object, NULL, 0 };
    if (nbl__hooked(NBL__HOOK_START)) /* a rule can be broken before there is any memory */
        nbl__start();
    if (nbl__hooked(NBL__HOOK_LISTENER))
        nbl__announce(&event);
}
