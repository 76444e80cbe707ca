/* SPDX-License-Identifier: MIT
 *
 * span.h (internal) - the step of a walk over spans, inline for the loops inside the library.
 */
#ifndef NBL_LIST_SPAN_H
#define NBL_LIST_SPAN_H

#include "../base/event.h"
#include "../mdl/record.h"

#include <nbl/span.h>

/* nbl__span_enter moves a walk whose NET_BUFFER is finished to the next one that has data; false at the end. */
NBL_HIDDEN bool nbl__span_enter(struct nbl_span_iterator *iterator);

/* nbl__span_ran_out ends a walk at the end of the MDL chain. Of a NET_BUFFER, this is a failure; `call` is named. */
NBL_HIDDEN void nbl__span_ran_out(struct nbl_span_iterator *iterator, char const *call);

/* nbl__span_show makes bytes that a walk hands out visible to a memory checker, when they belong to a buffer that the
 * library hides from it. */
NBL_HIDDEN void nbl__span_show(MDL const *mdl, void *address, ULONG bytes);

/* nbl__span_next is nbl_span_next; `call` is named in a violation. */
static inline bool nbl__span_next(struct nbl_span_iterator *iterator, struct nbl_span *span, char const *call)
{
    unsigned char *start;
    ULONG here;
    span->address = NULL;
    span->bytes = 0;
    if (NBL_UNLIKELY(iterator->failed) || (iterator->remaining == 0 && !nbl__span_enter(iterator)))
        return false;
    while (iterator->mdl != NULL && iterator->offset >= iterator->mdl->ByteCount) {
        iterator->offset -= iterator->mdl->ByteCount;
        iterator->mdl = iterator->mdl->Next;
    }
    if (NBL_UNLIKELY(iterator->mdl == NULL)) {
        nbl__span_ran_out(iterator, call);
        return false;
    }
    start = nbl__mdl_address(iterator->mdl);
    if (NBL_UNLIKELY(start == NULL)) {
        iterator->failed = true;
        return false;
    }
    here = iterator->mdl->ByteCount - (ULONG)iterator->offset;
    span->address = start + iterator->offset;
    span->bytes = here < iterator->remaining ? here : iterator->remaining;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__span_show(iterator->mdl, span->address, span->bytes);
    iterator->offset += span->bytes;
    iterator->remaining -= span->bytes;
    return true;
}

#endif
