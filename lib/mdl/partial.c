/* SPDX-License-Identifier: MIT
 *
 * partial.c - an MDL over a part of another one's bytes, and an MDL that gives up its front.
 */
#include "record.h"

#include "../base/event.h"
#include "../base/track.h"

#include <string.h>

static ULONG span(uintptr_t address, ULONG bytes)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, bytes);
}

/* How many page frame numbers an MDL's memory is known to hold: those of what it describes now, and those that Size
 * speaks of; or those that libnbl made room for, when they are more than Size can tell (MDL-22). */
static ULONG capacity(MDL const *mdl)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(mdl);
    ULONG const made = record != NULL ? span(PAGE_SIZE - 1, record->byte_count) : 0;
    ULONG const described = span(mdl->ByteOffset, mdl->ByteCount);
    ULONG const size = (uint16_t)mdl->Size;
    ULONG const sized = size < sizeof(MDL) ? 0 : (size - (ULONG)sizeof(MDL)) / (ULONG)sizeof(PFN_NUMBER);
    if (sizeof(MDL) + sizeof(PFN_NUMBER) * (uint64_t)made > UINT16_MAX)
        return made;
    return sized > described ? sized : described;
}

/* Tells whether [address, address + bytes) lies within the source and sets *bytes when it is 0. */
static bool find_range(MDL const *source, uintptr_t address, ULONG *bytes)
{
    uintptr_t const offset = address - (uintptr_t)MmGetMdlVirtualAddress(source);
    if (offset > source->ByteCount || *bytes > source->ByteCount - (ULONG)offset)
        return false;
    if (*bytes == 0)
        *bytes = source->ByteCount - (ULONG)offset;
    return true;
}

static void report_partial(MDL const *source, MDL const *target)
{
    if (!nbl__mdl_has(source, NBL__MDL_DESCRIBED))
        nbl__violation("MDL-17", NBL_SEVERITY_ERROR, "IoBuildPartialMdl", source);
    if (nbl__mdl_has(target, MDL_PARTIAL_HAS_BEEN_MAPPED))
        nbl__violation("MDL-19", NBL_SEVERITY_WARNING, "IoBuildPartialMdl", target);
}

/* Whoever asks for the address of the target may use all of it, and the target does not know that bytes are hidden. */
static void show_range(MDL const *source, MDL const *target)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(source);
    if (record != NULL && record->hidden != 0)
        nbl__track_show(target->MappedSystemVa, target->ByteCount);
}

VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length)
{
    MDL *source = SourceMdl, *target = TargetMdl;
    uintptr_t const base = (uintptr_t)MmGetMdlVirtualAddress(source), address = (uintptr_t)VirtualAddress;
    unsigned const addressed = nbl__mdl_flags(source) & NBL__MDL_ADDRESSED;
    ULONG pages;
    if (!find_range(source, address, &Length) || (pages = span(address, Length)) > capacity(target)) {
        nbl__violation("MDL-17", NBL_SEVERITY_FATAL, "IoBuildPartialMdl", target);
        return;
    }
    report_partial(source, target);
    memcpy(MmGetMdlPfnArray(target), MmGetMdlPfnArray(source) + ((address >> PAGE_SHIFT) - (base >> PAGE_SHIFT)),
           pages * sizeof(PFN_NUMBER));
    nbl__mdl_describe(target, address, Length);
    target->Process = source->Process;
    target->MdlFlags = (CSHORT)((nbl__mdl_flags(target) & NBL__MDL_ALLOCATION) | MDL_PARTIAL | addressed);
    target->MappedSystemVa = addressed != 0 ? (UCHAR *)source->MappedSystemVa + (address - base) : NULL;
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        show_range(source, target);
}

NTSTATUS MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(Mdl);
    uintptr_t const from = (uintptr_t)MmGetMdlVirtualAddress(Mdl), to = from + NumberOfBytes;
    uintptr_t const passed = (to >> PAGE_SHIFT) - (from >> PAGE_SHIFT);
    ULONG const rest = Mdl->ByteCount - NumberOfBytes;
    if (NumberOfBytes > Mdl->ByteCount)
        return STATUS_INVALID_PARAMETER_2;
    if (record != NULL && record->kind != NBL__MDL_NDIS && record->kind != NBL__MDL_IO)
        nbl__violation("MDL-20", NBL_SEVERITY_WARNING, "MmAdvanceMdl", Mdl);
    nbl__mdl_show(Mdl); /* while it still knows where its buffer starts */
    if (nbl__mdl_has(Mdl, NBL__MDL_DESCRIBED) && passed > 0)
        memmove(MmGetMdlPfnArray(Mdl), MmGetMdlPfnArray(Mdl) + passed, span(to, rest) * sizeof(PFN_NUMBER));
    nbl__mdl_describe(Mdl, to, rest);
    if (nbl__mdl_has(Mdl, NBL__MDL_ADDRESSED))
        Mdl->MappedSystemVa = (UCHAR *)Mdl->MappedSystemVa + NumberOfBytes;
    return STATUS_SUCCESS;
}
