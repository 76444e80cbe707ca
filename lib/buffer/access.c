/* SPDX-License-Identifier: MIT
 *
 * access.c - a contiguous view of the first bytes of used data, and the physical page count (rules GDB, PHYS).
 */
#include "window.h"

#include "../base/knob.h"

#include <nbl/mdl.h>

#include <string.h>

#define LARGEST_ALIGNMENT 8192u

static bool alignment_valid(ULONG multiple, ULONG offset)
{
    return multiple != 0 && multiple <= LARGEST_ALIGNMENT && (multiple & (multiple - 1)) == 0 && offset < multiple;
}

static bool chain_holds(struct nbl__position position, ULONG bytes)
{
    uint64_t held = nbl__position_left(position);
    uint32_t steps = 0;
    while (held < bytes && position.mdl != NULL) {
        position.mdl = nbl__mdl_next(position.mdl, &steps);
        held += position.mdl != NULL ? position.mdl->ByteCount : 0;
    }
    return held >= bytes;
}

/* The chain is known to hold the bytes. */
static PVOID gather(struct nbl__position position, ULONG bytes, UCHAR *storage)
{
    ULONG done = 0;
    while (done < bytes) {
        ULONG const left = nbl__position_left(position);
        ULONG const step = left < bytes - done ? left : bytes - done;
        if (step > 0) {
            UCHAR const *address = nbl__mdl_address(position.mdl);
            if (address == NULL)
                return NULL;
            memcpy(storage + done, address + position.offset, step);
            done += step;
        }
        position.mdl = position.mdl->Next;
        position.offset = 0;
    }
    return storage;
}

static PVOID no_bytes(NET_BUFFER const *buffer, struct nbl__position position, PVOID storage)
{
    UCHAR *address;
    if (position.mdl == NULL) /* which some drivers store for the end of a chain (NB-10) */
        position = nbl__position_normalize((struct nbl__position){ buffer->MdlChain, buffer->DataOffset });
    if (position.mdl == NULL)
        return storage;
    address = nbl__mdl_address(position.mdl);
    return address == NULL ? NULL : address + position.offset;
}

static PVOID not_in_place(NET_BUFFER const *buffer, struct nbl__position position, ULONG bytes, PVOID storage)
{
    if (!chain_holds(position, bytes)) {
        nbl__violation("GDB-08", NBL_SEVERITY_FATAL, "NdisGetDataBuffer", buffer);
        return NULL;
    }
    return storage == NULL ? NULL : gather(position, bytes, storage);
}

/* What the header's definition leaves over. */
PVOID nbl_buffer_get_any(NET_BUFFER *NetBuffer, ULONG BytesNeeded, PVOID Storage, ULONG AlignMultiple,
                         ULONG AlignOffset)
{
    struct nbl__position position;
    if (nbl__dead("VER-01", "NdisGetDataBuffer", NetBuffer))
        return NULL;
    if (!alignment_valid(AlignMultiple, AlignOffset)) {
        nbl__violation("GDB-05", NBL_SEVERITY_ERROR, "NdisGetDataBuffer", NetBuffer);
        return NULL;
    }
    if (BytesNeeded > NetBuffer->DataLength || nbl__faulty(NBL_FAULT_DATA_BUFFER))
        return NULL;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__buffer_show(NetBuffer, BytesNeeded);
    position = nbl__buffer_start(NetBuffer);
    if (BytesNeeded == 0)
        return no_bytes(NetBuffer, position, Storage);
    if (BytesNeeded <= nbl__position_left(position)) {
        UCHAR *address = nbl__mdl_address(position.mdl);
        if (address == NULL)
            return NULL;
        address += position.offset;
        if (((uintptr_t)address & (AlignMultiple - 1)) == AlignOffset)
            return address;
    }
    return not_in_place(NetBuffer, position, BytesNeeded, Storage);
}

/* The address when the pair's own MDL is mapped and holds all the bytes, none is asked of alignment and nobody watches;
 * NULL says nothing. An offset beyond the MDL's end cannot pass, since at least one byte is needed. */
static inline PVOID in_place(NET_BUFFER const *buffer, ULONG bytes)
{
    MDL *mdl = buffer->CurrentMdl;
    if (NBL_UNLIKELY(nbl__hooks_now() != 0 || bytes == 0 || bytes > buffer->DataLength || mdl == NULL
                     || (uint64_t)buffer->CurrentMdlOffset + bytes > mdl->ByteCount
                     || !nbl__mdl_has(mdl, NBL__MDL_ADDRESSED)))
        return NULL;
    return (UCHAR *)mdl->MappedSystemVa + buffer->CurrentMdlOffset;
}

PVOID NdisGetDataBuffer(NET_BUFFER *NetBuffer, ULONG BytesNeeded, PVOID Storage, ULONG AlignMultiple,
                        ULONG AlignOffset)
{
    if (NBL_LIKELY(AlignMultiple == 1 && AlignOffset == 0)) {
        PVOID address = in_place(NetBuffer, BytesNeeded);
        if (NBL_LIKELY(address != NULL))
            return address;
    }
    return nbl_buffer_get_any(NetBuffer, BytesNeeded, Storage, AlignMultiple, AlignOffset);
}

/* K-PHYS-USED: the pages that the used data itself touches. */
static NBL_COLD ULONG pages_used(NET_BUFFER const *buffer)
{
    struct nbl__position position = nbl__buffer_start(buffer);
    ULONG rest = buffer->DataLength;
    ULONG pages = 0;
    uint32_t steps = 0;
    while (rest > 0 && position.mdl != NULL) {
        ULONG const left = nbl__position_left(position);
        ULONG const bytes = left < rest ? left : rest;
        if (bytes > 0)
            pages += ADDRESS_AND_SIZE_TO_SPAN_PAGES((uint64_t)position.mdl->ByteOffset + position.offset, bytes);
        rest -= bytes;
        position.mdl = nbl__mdl_next(position.mdl, &steps);
        position.offset = 0;
    }
    if (steps >= NBL__MDL_CHAIN_LIMIT)
        nbl__violation("VER-04", NBL_SEVERITY_FATAL, "NdisQueryNetBufferPhysicalCount", buffer);
    return pages;
}

ULONG NdisQueryNetBufferPhysicalCount(NET_BUFFER *NetBuffer)
{
    ULONG pages = 0;
    uint32_t steps = 0;
    if (nbl__knob(NBL_KNOB_PHYS_USED))
        return pages_used(NetBuffer);
    for (MDL *mdl = nbl__buffer_start(NetBuffer).mdl; mdl != NULL; mdl = nbl__mdl_next(mdl, &steps))
        pages += NDIS_MDL_TO_SPAN_PAGES(mdl);
    if (NBL_UNLIKELY(steps >= NBL__MDL_CHAIN_LIMIT))
        nbl__violation("VER-04", NBL_SEVERITY_FATAL, "NdisQueryNetBufferPhysicalCount", NetBuffer);
    return pages;
}
