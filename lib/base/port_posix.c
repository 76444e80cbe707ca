/* SPDX-License-Identifier: MIT
 *
 * port_posix.c - memory, environment and thread exit on POSIX systems.
 */
#if !defined(_WIN32) && !defined(NBL_PORT_FREESTANDING)

#define _GNU_SOURCE /* madvise(MADV_HUGEPAGE), pthread_getattr_np, dladdr, process_vm_readv */

#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __linux__
#  include <errno.h>
#  include <sys/uio.h>
#endif
#include <unistd.h>

#ifdef __GLIBC__
#  include <dlfcn.h>
#  include <execinfo.h>
#  include <inttypes.h>
#endif

#define STACK_MOST 16
#define OWN_FRAMES 4 /* this function, and those between the public call and it */

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

_Thread_local struct nbl__thread nbl__thread_self;

static pthread_key_t thread_key;
static pthread_once_t thread_key_once = PTHREAD_ONCE_INIT;

void *nbl__port_allocate(void *context, size_t bytes, size_t alignment)
{
    void *memory = NULL;
    (void)context;
    if (posix_memalign(&memory, alignment < sizeof(void *) ? sizeof(void *) : alignment, bytes) != 0)
        return NULL;
#ifdef MADV_HUGEPAGE
    /* Advice only: a refusal costs speed, never correctness. */
    if (bytes >= HUGE_PAGE_BYTES && alignment >= HUGE_PAGE_BYTES)
        (void)madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

void nbl__port_release(void *context, void *memory, size_t bytes)
{
    (void)context;
    (void)bytes;
    free(memory);
}

static void *pages_allocate(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

static void pages_release(void *memory, size_t bytes)
{
    (void)munmap(memory, bytes);
}

static bool pages_deny(void *memory, size_t bytes)
{
    return mprotect(memory, bytes, PROT_NONE) == 0;
}

struct nbl__port_pages const *nbl__port_pages(void)
{
    static struct nbl__port_pages pages = { 0, pages_allocate, pages_release, pages_deny };
    pages.page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    return &pages;
}

char const *nbl__port_environment(char const *name)
{
    return getenv(name);
}

static void thread_ended(void *thread)
{
    (void)nbl__thread_exit(thread);
}

static void make_thread_key(void)
{
    if (pthread_key_create(&thread_key, thread_ended) != 0)
        nbl__port_fatal("libnbl: no thread-specific key left (pthread_key_create)");
}

void nbl__port_thread_started(struct nbl__thread *thread)
{
    (void)pthread_once(&thread_key_once, make_thread_key);
    (void)pthread_setspecific(thread_key, thread);
}

bool nbl__port_on_stack(void const *address)
{
#ifdef __linux__
    /* Asked once per thread: for the first thread the answer is read from a file. */
    static _Thread_local uintptr_t lowest, bytes;
    pthread_attr_t attributes;
    void *base;
    size_t size;
    if (bytes == 0 && pthread_getattr_np(pthread_self(), &attributes) == 0) {
        if (pthread_attr_getstack(&attributes, &base, &size) == 0) {
            lowest = (uintptr_t)base;
            bytes = size;
        }
        (void)pthread_attr_destroy(&attributes);
    }
    return (uintptr_t)address - lowest < bytes;
#else
    (void)address;
    return false;
#endif
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

bool nbl__port_peek(void *to, void const *from, size_t bytes)
{
#ifdef __linux__
    struct iovec const here = { to, bytes };
    struct iovec const there = { (void *)(uintptr_t)from, bytes };
    uintptr_t const page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t const first = (uintptr_t)from / page * page;
    ssize_t const copied = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    if (copied >= 0)
        return (size_t)copied == bytes;
    if (errno != ENOSYS && errno != EPERM)
        return false;
    if (msync((void *)first, (uintptr_t)from + bytes - first, MS_ASYNC) != 0) /* only asks whether it is mapped */
        return false;
#endif
    memcpy(to, from, bytes);
    return true;
}

#ifdef __GLIBC__
uint32_t nbl__port_stack(void **frames, uint32_t most)
{
    void *all[STACK_MOST + OWN_FRAMES];
    int const wanted = (int)((most < STACK_MOST ? most : STACK_MOST) + OWN_FRAMES);
    int const found = backtrace(all, wanted);
    uint32_t kept = 0;
    for (int i = OWN_FRAMES; i < found; i++)
        frames[kept++] = all[i];
    return kept;
}

void nbl__port_symbol(void const *frame, char *text, size_t bytes)
{
    Dl_info info;
    if (dladdr(frame, &info) == 0 || info.dli_fname == NULL)
        (void)snprintf(text, bytes, "%p", frame);
    else if (info.dli_sname == NULL)
        (void)snprintf(text, bytes, "%s+0x%" PRIxPTR, info.dli_fname, (uintptr_t)frame - (uintptr_t)info.dli_fbase);
    else
        (void)snprintf(text, bytes, "%s+0x%" PRIxPTR " (%s+0x%" PRIxPTR ")", info.dli_sname,
                       (uintptr_t)frame - (uintptr_t)info.dli_saddr, info.dli_fname,
                       (uintptr_t)frame - (uintptr_t)info.dli_fbase);
}
#else
uint32_t nbl__port_stack(void **frames, uint32_t most)
{
    (void)frames;
    (void)most;
    return 0;
}

void nbl__port_symbol(void const *frame, char *text, size_t bytes)
{
    (void)snprintf(text, bytes, "%p", frame);
}
#endif

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
typedef int nbl__port_posix_is_not_used;
#endif
