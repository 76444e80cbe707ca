/* SPDX-License-Identifier: MIT
 *
 * port_win32.c - memory, environment, locks and thread exit on Windows.
 *
 * The only file that includes windows.h, and therefore includes no public header of libnbl.
 */
#if defined(_WIN32) && !defined(NBL_PORT_FREESTANDING)

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "port.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fiber-local slot is a thread-local one with a callback at thread exit. */
static DWORD slot = FLS_OUT_OF_INDEXES;
static INIT_ONCE slot_once = INIT_ONCE_STATIC_INIT;

void *nbl__port_allocate(void *context, size_t bytes, size_t alignment)
{
    (void)context;
    return _aligned_malloc(bytes, alignment);
}

void nbl__port_release(void *context, void *memory, size_t bytes)
{
    (void)context;
    (void)bytes;
    _aligned_free(memory);
}

struct nbl__port_views const *nbl__port_views(void)
{
    return NULL;
}

static void *pages_allocate(size_t bytes)
{
    return VirtualAlloc(NULL, bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

static void pages_release(void *memory, size_t bytes)
{
    (void)bytes;
    (void)VirtualFree(memory, 0, MEM_RELEASE);
}

static bool pages_deny(void *memory, size_t bytes)
{
    DWORD before;
    return VirtualProtect(memory, bytes, PAGE_NOACCESS, &before) != 0;
}

struct nbl__port_pages const *nbl__port_pages(void)
{
    static struct nbl__port_pages pages = { 0, pages_allocate, pages_release, pages_deny };
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    pages.page_bytes = info.dwPageSize;
    return &pages;
}

char const *nbl__port_environment(char const *name)
{
    return getenv(name);
}

void nbl__lock_acquire(struct nbl__lock *lock)
{
    AcquireSRWLockExclusive((SRWLOCK *)(void *)&lock->slim);
}

void nbl__lock_release(struct nbl__lock *lock)
{
    ReleaseSRWLockExclusive((SRWLOCK *)(void *)&lock->slim);
}

static VOID WINAPI thread_ended(PVOID thread)
{
    if (thread == NULL)
        return;
    (void)nbl__thread_exit(thread);
    free(thread);
}

static BOOL CALLBACK make_slot(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    (void)parameter;
    (void)context;
    slot = FlsAlloc(thread_ended);
    return slot != FLS_OUT_OF_INDEXES;
}

struct nbl__thread *nbl__thread_current(void)
{
    struct nbl__thread *thread;
    if (!InitOnceExecuteOnce(&slot_once, make_slot, NULL, NULL))
        nbl__port_fatal("libnbl: no fiber-local slot left (FlsAlloc)");
    thread = FlsGetValue(slot);
    if (thread == NULL) {
        thread = calloc(1, sizeof(*thread));
        if (thread == NULL || !FlsSetValue(slot, thread))
            nbl__port_fatal("libnbl: no memory for a thread's bookkeeping");
    }
    return thread;
}

void nbl__port_thread_started(struct nbl__thread *thread)
{
    (void)thread; /* the slot's callback is enough */
}

/* A stack is one allocation of address space. */
bool nbl__port_on_stack(void const *address)
{
    MEMORY_BASIC_INFORMATION here = { 0 }, there;
    if (VirtualQuery(&here, &here, sizeof(here)) == 0 || VirtualQuery(address, &there, sizeof(there)) == 0)
        return false;
    return there.AllocationBase != NULL && here.AllocationBase == there.AllocationBase;
}

void nbl__port_fatal(char const *message)
{
    (void)fprintf(stderr, "%s\n", message);
    abort();
}

void nbl__port_print(char const *text, size_t bytes)
{
    (void)fwrite(text, 1, bytes, stderr);
}

/* Whether all pages of a range can be read. */
static bool readable(void const *from, size_t bytes)
{
    uintptr_t at = (uintptr_t)from;
    MEMORY_BASIC_INFORMATION region;
    while (at < (uintptr_t)from + bytes) {
        if (VirtualQuery((void *)at, &region, sizeof(region)) == 0 || region.State != MEM_COMMIT
            || (region.Protect & (PAGE_NOACCESS | PAGE_GUARD)) != 0)
            return false;
        at = (uintptr_t)region.BaseAddress + region.RegionSize;
    }
    return true;
}

bool nbl__port_peek(void *to, void const *from, size_t bytes)
{
    if (!readable(from, bytes))
        return false;
    memcpy(to, from, bytes);
    return true;
}

uint32_t nbl__port_stack(void **frames, uint32_t most)
{
    return CaptureStackBackTrace(4, most, frames, NULL);
}

void nbl__port_symbol(void const *frame, char *text, size_t bytes)
{
    (void)snprintf(text, bytes, "%p", frame);
}

bool nbl__port_at_exit(void (*function)(void))
{
    return atexit(function) == 0;
}

void nbl__port_exit_with(int status)
{
    (void)fflush(NULL);
    _Exit(status);
}

#else
typedef int nbl__port_win32_is_not_used;
#endif
