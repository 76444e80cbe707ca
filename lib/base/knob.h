/* SPDX-License-Identifier: MIT
 *
 * knob.h (internal) - asking a knob. NBL__HOOK_KNOB is set exactly while one is on, so that paths which test the hooks
 * step aside, and only the slow path asks which one it is.
 *
 * In-line and fast paths that do not test the hooks cannot meet a knob: an advance within the first MDL frees nothing
 * and does not end at the end of a chain.
 */
#ifndef NBL_BASE_KNOB_H
#define NBL_BASE_KNOB_H

#include "event.h"

#include <nbl/knob.h>

/* What K-POISON fills with: reserved areas (NB-20, NBL-05), memory whose content nobody promised (POOL-14). */
#define NBL__POISON_RESERVED 0xCD
#define NBL__POISON_DATA 0xA5

/* The knobs that are on, bit 1 << enum nbl_knob. */
extern NBL_HIDDEN atomic_uint nbl__knobs;

/* nbl__knob tells whether a knob is on. The environment has been read by the time libnbl holds memory; a call that may
 * come before looks at NBL__HOOK_START first. */
static inline bool nbl__knob(enum nbl_knob knob)
{
    return NBL_UNLIKELY(nbl__hooked(NBL__HOOK_KNOB))
        && (atomic_load_explicit(&nbl__knobs, memory_order_relaxed) & (1u << (unsigned)knob)) != 0;
}

/* nbl__knob_start reads NBL_KNOBS; nbl__start calls it. */
void nbl__knob_start(void);

#endif
