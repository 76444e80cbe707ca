/* SPDX-License-Identifier: MIT
 *
 * copy.c - copying from one NET_BUFFER to another (rules COPY).
 */
#include "window.h"

#include "../base/track.h"

#include <string.h>

static struct nbl__position forward(struct nbl__position position, ULONG bytes)
{
    uint32_t steps = 0;
    while (position.mdl != NULL && bytes > 0) {
        ULONG const left = nbl__position_left(position);
        if (bytes < left) {
            position.offset += bytes;
            return position;
        }
        bytes -= left;
        position.mdl = nbl__mdl_next(position.mdl, &steps);
        position.offset = 0;
    }
    return position;
}

/* The next position that has a byte, or mdl NULL at the end of the chain. */
static struct nbl__position with_byte(struct nbl__position position)
{
    uint32_t steps = 0;
    while (position.mdl != NULL && nbl__position_left(position) == 0) {
        position.mdl = nbl__mdl_next(position.mdl, &steps);
        position.offset = 0;
    }
    return position;
}

static ULONG smaller(ULONG a, ULONG b)
{
    return a < b ? a : b;
}

/* Copying behind the used data uses bytes that may still be hidden, where a driver moved the window by hand
 * (COPY-04). */
static void show_target(MDL const *mdl, UCHAR *target, ULONG bytes)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(mdl);
    if (record != NULL && record->hidden)
        nbl__track_show(target, bytes);
}

/* Copies one piece that lies in one MDL on both sides. Returns its bytes, 0 when an MDL cannot be mapped. */
static ULONG copy_piece(struct nbl__position to, struct nbl__position from, ULONG most, NET_BUFFER const *destination)
{
    ULONG const bytes = smaller(most, smaller(nbl__position_left(to), nbl__position_left(from)));
    UCHAR *target = nbl__mdl_address(to.mdl);
    UCHAR const *source = nbl__mdl_address(from.mdl);
    if (target == NULL || source == NULL)
        return 0;
    target += to.offset;
    source += from.offset;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        show_target(to.mdl, target, bytes);
    if ((uintptr_t)target < (uintptr_t)source + bytes && (uintptr_t)source < (uintptr_t)target + bytes)
        nbl__violation("COPY-08", NBL_SEVERITY_WARNING, "NdisCopyFromNetBufferToNetBuffer", destination);
    memmove(target, source, bytes);
    return bytes;
}

static inline NDIS_STATUS copy(NET_BUFFER *Destination, ULONG DestinationOffset, ULONG BytesToCopy,
                               NET_BUFFER const *Source, ULONG SourceOffset, ULONG *BytesCopied)
{
    ULONG const available = SourceOffset < Source->DataLength ? Source->DataLength - SourceOffset : 0;
    ULONG const wanted = smaller(BytesToCopy, available);
    struct nbl__position from = with_byte(forward(nbl__buffer_start(Source), SourceOffset));
    struct nbl__position to = with_byte(forward(nbl__buffer_start(Destination), DestinationOffset));
    while (*BytesCopied < wanted && from.mdl != NULL && to.mdl != NULL) {
        ULONG const bytes = copy_piece(to, from, wanted - *BytesCopied, Destination);
        if (bytes == 0)
            return NDIS_STATUS_RESOURCES;
        *BytesCopied += bytes;
        from = with_byte(forward(from, bytes));
        to = with_byte(forward(to, bytes));
    }
    return NDIS_STATUS_SUCCESS;
}

/* Asked of both before anything of them is read. */
static bool either_dead(NET_BUFFER const *destination, NET_BUFFER const *source)
{
    char const *call = "NdisCopyFromNetBufferToNetBuffer";
    return nbl__dead("VER-01", call, destination) || nbl__dead("VER-01", call, source);
}

NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(NET_BUFFER *Destination, ULONG DestinationOffset, ULONG BytesToCopy,
                                             NET_BUFFER const *Source, ULONG SourceOffset, ULONG *BytesCopied)
{
    *BytesCopied = 0;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_VERIFY)) && either_dead(Destination, Source))
        return NDIS_STATUS_FAILURE;
    return copy(Destination, DestinationOffset, BytesToCopy, Source, SourceOffset, BytesCopied);
}
