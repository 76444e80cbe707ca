/* SPDX-License-Identifier: MIT
 *
 * track.h - telling Valgrind and AddressSanitizer which bytes of the library's memory are alive.
 *
 * Everything here is empty at run time unless nbl__track_present() said so at the start and NBL__HOOK_TRACK is set.
 * AddressSanitizer is found at run time through weak symbols, so one build of the library serves instrumented and plain
 * programs.
 */
#ifndef NBL_BASE_TRACK_H
#define NBL_BASE_TRACK_H

#include <stdbool.h>
#include <stddef.h>

/* nbl__track_present tells whether a memory checker watches this process. */
bool nbl__track_present(void);

/* nbl__track_pool_create and _destroy bracket the life of a slab; the slab's address names it. */
void nbl__track_pool_create(void const *slab);
void nbl__track_pool_destroy(void const *slab);

/* nbl__track_carve says that memory belongs to the library and holds no live block yet. */
void nbl__track_carve(void *memory, size_t bytes);

/* nbl__track_release says that memory goes back to the allocator: all of it may be touched again. */
void nbl__track_release(void *memory, size_t bytes);

/* nbl__track_take says that the first `bytes` bytes of a block of a slab are alive from now on, their content
 * undefined; nbl__track_give says that the block is dead. */
void nbl__track_take(void const *slab, void *block, size_t bytes);
void nbl__track_give(void const *slab, void *block, size_t bytes);

/* nbl__track_hide makes bytes of a live block untouchable (unused backfill); nbl__track_show undoes it and leaves their
 * content undefined where it was hidden. */
void nbl__track_hide(void *memory, size_t bytes);
void nbl__track_show(void *memory, size_t bytes);

/* nbl__track_reveal undoes nbl__track_hide for bytes that were written before and hold what they held. */
void nbl__track_reveal(void *memory, size_t bytes);

/* nbl__track_readable tells whether a byte may be touched and was written, as far as a memory checker watches; true
 * where none does. */
bool nbl__track_readable(void const *byte);

#endif
