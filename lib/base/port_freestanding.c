/* SPDX-License-Identifier: MIT
 *
 * port_freestanding.c - the platform is what the embedding supplies (nbl/port.h).
 */
#if defined(NBL_PORT_FREESTANDING)

#include "port.h"

void *nbl__port_allocate(void *context, size_t bytes, size_t alignment)
{
    (void)context;
    return nbl_port_allocate(bytes, alignment);
}

void nbl__port_release(void *context, void *memory, size_t bytes)
{
    (void)context;
    nbl_port_release(memory, bytes);
}

struct nbl__port_views const *nbl__port_views(void)
{
    return NULL;
}

char const *nbl__port_environment(char const *name)
{
    (void)name;
    return NULL;
}

struct nbl__thread *nbl__thread_current(void)
{
    void **slot = nbl_port_thread_slot();
    if (*slot == NULL) {
        struct nbl__thread *thread = nbl_port_allocate(sizeof(*thread), sizeof(void *));
        if (thread == NULL)
            nbl_port_fatal("libnbl: no memory for a thread's bookkeeping");
        *thread = (struct nbl__thread){ .table = NULL };
        *slot = thread;
    }
    return *slot;
}

void nbl__port_thread_started(struct nbl__thread *thread)
{
    (void)thread; /* the embedding calls nbl_port_thread_exit */
}

void nbl_port_thread_exit(void)
{
    void **slot = nbl_port_thread_slot();
    struct nbl__thread *thread = *slot;
    if (thread == NULL)
        return;
    (void)nbl__thread_exit(thread);
    *slot = NULL;
    nbl_port_release(thread, sizeof(*thread));
}

bool nbl__port_on_stack(void const *address)
{
    (void)address;
    return false;
}

void nbl__port_fatal(char const *message)
{
    nbl_port_fatal(message);
}

#else
typedef int nbl__port_freestanding_is_not_used;
#endif
