/* SPDX-License-Identifier: MIT
 *
 * knob.c - new retreat memory under knobs, guards and memory checkers.
 */
#include "../base/knob.h"

#include "../base/guard.h"
#include "../base/track.h"
#include "window.h"

#include <string.h>

void nbl__retreat_dress(struct nbl__mdl_record *record, ULONG backfill)
{
    MDL *mdl = nbl__mdl_of_record(record);
    nbl__guard_name(record, mdl);
    if (nbl__knob(NBL_KNOB_POISON))
        memset(mdl->MappedSystemVa, NBL__POISON_DATA, mdl->ByteCount);
    nbl__mdl_shuffle(mdl, (uintptr_t)mdl->MappedSystemVa);
    if (!nbl__hooked(NBL__HOOK_TRACK) || backfill == 0)
        return;
    nbl__track_hide(mdl->MappedSystemVa, backfill);
    record->hidden = 1;
}
