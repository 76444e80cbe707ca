/* SPDX-License-Identifier: MIT
 *
 * window.c - recomputing where the used data of a NET_BUFFER starts.
 */
#include "window.h"

#include "../base/knob.h"
#include "../base/track.h"

/* No byte follows: the end pair (NB-10), also for a position beyond the end, for which it returns false. */
static bool locate_end(NET_BUFFER *buffer, struct nbl__position position)
{
    ULONG const end = position.mdl == NULL ? 0 : position.mdl->ByteCount;
    bool const nowhere = position.mdl == NULL || nbl__knob(NBL_KNOB_END_NULL);
    buffer->CurrentMdl = nowhere ? NULL : position.mdl;
    buffer->CurrentMdlOffset = nowhere ? 0 : end;
    return position.offset == end;
}

bool nbl__buffer_locate(NET_BUFFER *buffer)
{
    struct nbl__position const origin = { buffer->MdlChain, buffer->DataOffset };
    struct nbl__position const position = nbl__position_normalize(origin);
    if (position.mdl == NULL || position.offset >= position.mdl->ByteCount)
        return locate_end(buffer, position);
    buffer->CurrentMdl = position.mdl;
    buffer->CurrentMdlOffset = position.offset;
    return true;
}

VOID NdisAdjustNetBufferCurrentMdl(NET_BUFFER *NetBuffer)
{
    if (!nbl__buffer_locate(NetBuffer))
        nbl__violation("ADJ-02", NBL_SEVERITY_ERROR, "NdisAdjustNetBufferCurrentMdl", NetBuffer);
    /* The driver moved the window by hand: what it now counts as data is in use. */
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__buffer_show(NetBuffer, NetBuffer->DataLength);
}

void nbl__buffer_show(NET_BUFFER const *buffer, ULONG bytes)
{
    struct nbl__position position = nbl__buffer_start(buffer);
    uint32_t steps = 0;
    while (bytes > 0 && position.mdl != NULL) {
        struct nbl__mdl_record const *record = nbl__mdl_record_of(position.mdl);
        ULONG const left = nbl__position_left(position);
        ULONG const step = left < bytes ? left : bytes;
        if (record != NULL && record->hidden)
            nbl__track_show((UCHAR *)position.mdl->MappedSystemVa + position.offset, step);
        bytes -= step;
        position.mdl = nbl__mdl_next(position.mdl, &steps);
        position.offset = 0;
    }
}
