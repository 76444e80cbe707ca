/* SPDX-License-Identifier: MIT
 *
 * port.h (internal) - what every platform gives the rest of the library: locks, a slot per thread, raw memory.
 *
 * One of port_posix.h, port_win32.h and port_freestanding.h defines, inline where speed matters:
 *
 *     struct nbl__lock            all zero is the unlocked state; nothing has to be destroyed
 *     nbl__lock_acquire/release   not recursive
 *     nbl__thread_current()       the calling thread's struct nbl__thread, all zero at first
 */
#ifndef NBL_BASE_PORT_H
#define NBL_BASE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nbl__magazine;

/* enum nbl__way is what a slab is for: the thread remembers the slab that it used last in each way. */
enum nbl__way { NBL__WAY_LISTS, NBL__WAY_BUFFERS, NBL__WAY_DERIVED, NBL__WAY_MEMORY, NBL__WAYS };

/* struct nbl__recent is a magazine that was looked up, with the serial of its slab; 0 for none. */
struct nbl__recent {
    uint64_t serial;
    struct nbl__magazine *magazine;
};

/* struct nbl__thread is one thread's share of every slab: table[slab id] is its magazine or NULL. */
struct nbl__thread {
    struct nbl__magazine **table;
    uint32_t capacity; /* entries of table */
    uint32_t irql;     /* the level that the thread says it runs at (VER-03) */
    uint64_t number;   /* tells threads apart for people; 0 until somebody asked */
    struct nbl__recent recent[NBL__WAYS];
};

#if defined(__GNUC__)
#  define NBL_LIKELY(condition) __builtin_expect(!!(condition), 1)
#  define NBL_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#  define NBL_NOINLINE __attribute__((noinline))
#  if defined(NBL_COUNT_COVERAGE) /* one copy of each function, so that its branches are counted once */
#    define NBL_FLATTEN inline
#  else
#    define NBL_FLATTEN inline __attribute__((always_inline))
#  endif
#  define NBL_COLD __attribute__((cold, noinline))
#  define NBL_MAY_ALIAS __attribute__((may_alias))
#else
#  define NBL_LIKELY(condition) (condition)
#  define NBL_UNLIKELY(condition) (condition)
#  define NBL_NOINLINE
#  define NBL_FLATTEN inline
#  define NBL_COLD
#  define NBL_MAY_ALIAS
#endif
#if defined(__ELF__)
#  define NBL_HIDDEN __attribute__((visibility("hidden")))
#else
#  define NBL_HIDDEN
#endif

#if defined(NBL_PORT_FREESTANDING)
#  include "port_freestanding.h"
#elif defined(_WIN32)
#  include "port_win32.h"
#else
#  include "port_posix.h"
#endif

/* nbl__port_allocate and nbl__port_release are the platform's own memory; see struct nbl_allocator for the contract. */
void *nbl__port_allocate(void *context, size_t bytes, size_t alignment);
void nbl__port_release(void *context, void *memory, size_t bytes);

/* nbl__port_environment gives the value of an environment variable, or NULL where it is unset or there are none. */
char const *nbl__port_environment(char const *name);

/* nbl__port_thread_started arranges that nbl__thread_exit runs when the calling thread ends. */
void nbl__port_thread_started(struct nbl__thread *thread);

/* nbl__port_on_stack tells whether an address is on the calling thread's stack; false where the platform cannot
 * tell. */
bool nbl__port_on_stack(void const *address);

/* struct nbl__port_views is memory with a second address, at which it can only be read (K-NOWRITE). */
struct nbl__port_views {
    void *(*allocate)(size_t bytes, size_t alignment); /* as nbl__port_allocate */
    void (*release)(void *memory, size_t bytes);
    void *(*find)(void const *address, size_t bytes); /* the second address of a range, NULL where it has none */
};

/* nbl__port_views gives it, or NULL where the platform has none. */
struct nbl__port_views const *nbl__port_views(void);

/* struct nbl__port_pages is memory in whole pages whose access can be taken away. */
struct nbl__port_pages {
    size_t page_bytes;                          /* a power of two */
    void *(*allocate)(size_t bytes);            /* a multiple of page_bytes; NULL without memory */
    void (*release)(void *memory, size_t bytes); /* denied or not */
    bool (*deny)(void *memory, size_t bytes);   /* a touch stops the process from now on; false when refused */
};

/* nbl__port_pages gives it, or NULL where the platform has none. Not to be called by two threads at once. */
struct nbl__port_pages const *nbl__port_pages(void);

/* nbl__port_fatal prints a message and ends the process. */
void nbl__port_fatal(char const *message);

/* nbl__port_print puts text on the standard error output, where there is one. */
void nbl__port_print(char const *text, size_t bytes);

/* nbl__port_stack gives the return addresses of the calling function's callers, innermost first, and how many there
 * are, at most `most`; 0 where the platform cannot tell. It takes no lock that an allocator may hold. */
uint32_t nbl__port_stack(void **frames, uint32_t most);

/* nbl__port_peek copies bytes that may not be readable at all; false, and `to` undefined, when they are not. A memory
 * checker does not hear of it. Where a platform cannot tell it is a plain copy. */
bool nbl__port_peek(void *to, void const *from, size_t bytes);

/* nbl__port_symbol writes the name of the function at an address, and how far into it, as far as the platform knows it;
 * otherwise the address. `bytes` is 20 or more. */
void nbl__port_symbol(void const *frame, char *text, size_t bytes);

/* nbl__port_at_exit arranges that a function runs when the process ends in the usual way. Returns false where there is
 * no such thing. */
bool nbl__port_at_exit(void (*function)(void));

/* nbl__port_exit_with ends the process with a status, at once. */
void nbl__port_exit_with(int status);

/* nbl__thread_exit hands a thread's magazines back to their slabs; returns the bytes of its own bookkeeping that went
 * back to the allocator (slab.c). */
size_t nbl__thread_exit(struct nbl__thread *thread);

#endif
