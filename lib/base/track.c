/* SPDX-License-Identifier: MIT
 *
 * track.c - the two memory checkers behind track.h.
 */
#include "track.h"

#include "port.h"

#if defined(__has_include) && !defined(NBL_PORT_FREESTANDING)
#  if __has_include(<valgrind/memcheck.h>)
#    include <valgrind/memcheck.h>
#    define HAVE_VALGRIND 1
#  endif
#endif

#if defined(__ELF__) && defined(__GNUC__) && !defined(NBL_PORT_FREESTANDING)
#  define HAVE_ASAN 1
extern void __asan_poison_memory_region(void const volatile *memory, size_t bytes) __attribute__((weak));
extern void __asan_unpoison_memory_region(void const volatile *memory, size_t bytes) __attribute__((weak));
extern int __asan_address_is_poisoned(void const volatile *address) __attribute__((weak));
#endif

static bool valgrind_present(void)
{
#ifdef HAVE_VALGRIND
    return RUNNING_ON_VALGRIND != 0;
#else
    return false;
#endif
}

static bool asan_present(void)
{
#ifdef HAVE_ASAN
    return __asan_poison_memory_region != NULL && __asan_unpoison_memory_region != NULL;
#else
    return false;
#endif
}

bool nbl__track_present(void)
{
    return valgrind_present() || asan_present();
}

static void asan_poison(void *memory, size_t bytes)
{
#ifdef HAVE_ASAN
    if (asan_present())
        __asan_poison_memory_region(memory, bytes);
#else
    (void)memory;
    (void)bytes;
#endif
}

static void asan_unpoison(void *memory, size_t bytes)
{
#ifdef HAVE_ASAN
    if (asan_present())
        __asan_unpoison_memory_region(memory, bytes);
#else
    (void)memory;
    (void)bytes;
#endif
}

void nbl__track_pool_create(void const *slab)
{
#ifdef HAVE_VALGRIND
    VALGRIND_CREATE_MEMPOOL(slab, 0, 0);
#else
    (void)slab;
#endif
}

void nbl__track_pool_destroy(void const *slab)
{
#ifdef HAVE_VALGRIND
    VALGRIND_DESTROY_MEMPOOL(slab);
#else
    (void)slab;
#endif
}

void nbl__track_carve(void *memory, size_t bytes)
{
#ifdef HAVE_VALGRIND
    VALGRIND_MAKE_MEM_NOACCESS(memory, bytes);
#endif
    asan_poison(memory, bytes);
}

void nbl__track_release(void *memory, size_t bytes)
{
#ifdef HAVE_VALGRIND
    VALGRIND_MAKE_MEM_UNDEFINED(memory, bytes);
#endif
    asan_unpoison(memory, bytes);
}

void nbl__track_take(void const *slab, void *block, size_t bytes)
{
#ifdef HAVE_VALGRIND
    VALGRIND_MEMPOOL_ALLOC(slab, block, bytes);
#else
    (void)slab;
#endif
    asan_unpoison(block, bytes);
}

void nbl__track_give(void const *slab, void *block, size_t bytes)
{
#ifdef HAVE_VALGRIND
    VALGRIND_MEMPOOL_FREE(slab, block);
#else
    (void)slab;
#endif
    asan_poison(block, bytes);
}

void nbl__track_hide(void *memory, size_t bytes)
{
#ifdef HAVE_VALGRIND
    VALGRIND_MAKE_MEM_NOACCESS(memory, bytes);
#endif
    asan_poison(memory, bytes);
}

void nbl__track_show(void *memory, size_t bytes)
{
#ifdef HAVE_VALGRIND
    /* Only bytes that are hidden become undefined: a byte that was shown before keeps what was written to it. */
    unsigned char *byte = memory;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char valid;
        if (VALGRIND_GET_VBITS(byte + i, &valid, 1) == 3)
            VALGRIND_MAKE_MEM_UNDEFINED(byte + i, 1);
    }
#endif
    asan_unpoison(memory, bytes);
}

void nbl__track_reveal(void *memory, size_t bytes)
{
#ifdef HAVE_VALGRIND
    VALGRIND_MAKE_MEM_DEFINED(memory, bytes);
#endif
    asan_unpoison(memory, bytes);
}

static bool asan_readable(void const *byte)
{
#ifdef HAVE_ASAN
    return __asan_address_is_poisoned == NULL || __asan_address_is_poisoned(byte) == 0;
#else
    (void)byte;
    return true;
#endif
}

bool nbl__track_readable(void const *byte)
{
#ifdef HAVE_VALGRIND
    unsigned char undefined = 0;
    unsigned const answer = (unsigned)VALGRIND_GET_VBITS(byte, &undefined, 1); /* 0 without Valgrind, 1 for an answer */
    if (answer > 1 || (answer == 1 && undefined != 0))
        return false;
#endif
    return asan_readable(byte);
}
