/* SPDX-License-Identifier: MIT
 *
 * span.c - walking the bytes of a packet; the step itself is inline in span.h.
 */
#include "span.h"

#include "../base/track.h"

bool nbl__span_enter(struct nbl_span_iterator *iterator)
{
    if (!iterator->whole_list || iterator->net_buffer == NULL)
        return false;
    while (iterator->remaining == 0) {
        NET_BUFFER const *const next = iterator->net_buffer->Next;
        if (next == NULL)
            return false;
        nbl_span_begin_net_buffer(iterator, next, 0, NBL_SPAN_ALL);
    }
    iterator->whole_list = true;
    return true;
}

void nbl__span_ran_out(struct nbl_span_iterator *iterator, char const *call)
{
    if (iterator->net_buffer == NULL)
        return;
    iterator->failed = true;
    nbl__violation("INV-05", NBL_SEVERITY_FATAL, call, iterator->net_buffer);
}

/* Only what the walk hands out: the rest of the buffer stays hidden until somebody asks for its address. */
void nbl__span_show(MDL const *mdl, void *address, ULONG bytes)
{
    struct nbl__mdl_record const *const record = nbl__mdl_record_of(mdl);
    if (record != NULL && record->hidden != 0)
        nbl__track_show(address, bytes);
}

bool nbl_span_next(struct nbl_span_iterator *iterator, struct nbl_span *span)
{
    return nbl__span_next(iterator, span, "nbl_span_next");
}
