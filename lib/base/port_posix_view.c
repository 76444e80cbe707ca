/* SPDX-License-Identifier: MIT
 *
 * port_posix_view.c - memory with a second, read-only address, on Linux: a file without a name, mapped twice.
 */
#if !defined(_WIN32) && !defined(NBL_PORT_FREESTANDING)

#define _GNU_SOURCE /* memfd_create */

#include "port.h"

#if defined(__linux__)

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* struct view is one allocation. Both mappings are `bytes` long, whole pages of the host. */
struct view {
    struct view *next;
    unsigned char *memory;
    unsigned char *readable;
    size_t bytes;
};

static struct nbl__lock views_lock = NBL__LOCK_INITIALIZER;
static struct view *views;

static size_t up(size_t bytes, size_t alignment)
{
    return (bytes + alignment - 1) & ~(alignment - 1);
}

static void unmap(void *memory, size_t bytes)
{
    if (bytes > 0)
        (void)munmap(memory, bytes);
}

/* Maps a file at an aligned address: more is reserved than needed, and the rest given back. */
static unsigned char *map_aligned(int file, size_t bytes, size_t alignment)
{
    size_t const reserved = bytes + alignment;
    unsigned char *start = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *memory;
    size_t before;
    if (start == MAP_FAILED)
        return NULL;
    before = up((size_t)(uintptr_t)start, alignment) - (size_t)(uintptr_t)start;
    memory = mmap(start + before, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0);
    if (memory == MAP_FAILED) {
        unmap(start, reserved);
        return NULL;
    }
    unmap(start, before);
    unmap(memory + bytes, reserved - before - bytes);
    return memory;
}

static bool map_twice(struct view *view, size_t alignment)
{
    int const file = memfd_create("libnbl", MFD_CLOEXEC);
    void *readable = MAP_FAILED;
    if (file < 0)
        return false;
    view->memory = ftruncate(file, (off_t)view->bytes) == 0 ? map_aligned(file, view->bytes, alignment) : NULL;
    if (view->memory != NULL)
        readable = mmap(NULL, view->bytes, PROT_READ, MAP_SHARED, file, 0);
    (void)close(file);
    if (view->memory != NULL && readable == MAP_FAILED)
        unmap(view->memory, view->bytes);
    view->readable = readable;
    return readable != MAP_FAILED;
}

static void *view_allocate(size_t bytes, size_t alignment)
{
    size_t const page = (size_t)sysconf(_SC_PAGESIZE);
    struct view *view = bytes <= SIZE_MAX / 4 ? malloc(sizeof(*view)) : NULL;
    if (view == NULL)
        return NULL;
    view->bytes = up(bytes, page);
    if (!map_twice(view, alignment > page ? alignment : page)) {
        free(view);
        return NULL;
    }
    nbl__lock_acquire(&views_lock);
    view->next = views;
    views = view;
    nbl__lock_release(&views_lock);
    return view->memory;
}

/* The link to the view that holds an address, or to the end. The lock is held. */
static struct view **find_link(void const *address)
{
    struct view **link = &views;
    while (*link != NULL && (uintptr_t)address - (uintptr_t)(*link)->memory >= (*link)->bytes)
        link = &(*link)->next;
    return link;
}

static void view_release(void *memory, size_t bytes)
{
    struct view **link;
    struct view *view;
    (void)bytes;
    nbl__lock_acquire(&views_lock);
    link = find_link(memory);
    view = *link;
    *link = view->next;
    nbl__lock_release(&views_lock);
    unmap(view->memory, view->bytes);
    unmap(view->readable, view->bytes);
    free(view);
}

static void *view_find(void const *address, size_t bytes)
{
    void *found = NULL;
    struct view const *view;
    nbl__lock_acquire(&views_lock);
    view = *find_link(address);
    if (view != NULL) {
        size_t const offset = (size_t)((uintptr_t)address - (uintptr_t)view->memory);
        if (bytes <= view->bytes - offset)
            found = view->readable + offset;
    }
    nbl__lock_release(&views_lock);
    return found;
}

struct nbl__port_views const *nbl__port_views(void)
{
    static struct nbl__port_views const memory_with_views = { view_allocate, view_release, view_find };
    return &memory_with_views;
}

#else

struct nbl__port_views const *nbl__port_views(void)
{
    return NULL;
}

#endif

#else
typedef int nbl__port_posix_view_is_not_used;
#endif
