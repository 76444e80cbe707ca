/* SPDX-License-Identifier: MIT
 *
 * port_freestanding.c - the platform is what the embedding supplies (nbl/port.h).
 */
#if defined(NBL_PORT_FREESTANDING)

#include "port.h"

#include <string.h>

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

struct nbl__port_pages const *nbl__port_pages(void)
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

void nbl__port_print(char const *text, size_t bytes)
{
    (void)text; /* an embedding gives the verifier a sink of its own */
    (void)bytes;
}

bool nbl__port_peek(void *to, void const *from, size_t bytes)
{
    memcpy(to, from, bytes);
    return true;
}

uint32_t nbl__port_stack(void **frames, uint32_t most)
{
    (void)frames;
    (void)most;
    return 0;
}

void nbl__port_symbol(void const *frame, char *text, size_t bytes)
{
    uintptr_t value = (uintptr_t)frame;
    size_t digits = 2 * sizeof(value);
    (void)bytes;
    *text++ = '0';
    *text++ = 'x';
    while (digits-- > 0)
        *text++ = "0123456789abcdef"[value >> (4 * digits) & 15];
    *text = '\0';
}

bool nbl__port_at_exit(void (*function)(void))
{
    (void)function;
    return false;
}

void nbl__port_exit_with(int status)
{
    (void)status;
    nbl_port_fatal("libnbl: the verifier found what it was to end the process for");
}

#else
typedef int nbl__port_freestanding_is_not_used;
#endif
