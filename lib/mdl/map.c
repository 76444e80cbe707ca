/* SPDX-License-Identifier: MIT
 *
 * map.c - from an MDL to an address, and back to an MDL without one.
 */
#include "record.h"

#include "../base/event.h"

#include <string.h>

static void report_no_pages(MDL const *mdl, char const *call)
{
    if (!nbl__mdl_has(mdl, NBL__MDL_DESCRIBED))
        nbl__violation("MDL-14", NBL_SEVERITY_ERROR, call, mdl);
}

static PVOID address_any(PMDL mdl, char const *call)
{
    if (NBL_UNLIKELY(!nbl__mdl_has(mdl, NBL__MDL_ADDRESSED))) {
        report_no_pages(mdl, call);
        return nbl__mdl_map(mdl);
    }
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_TRACK)))
        nbl__mdl_show(mdl);
    return mdl->MappedSystemVa;
}

/* The address for one who said with a priority what it is for. */
static PVOID address_of(PMDL mdl, ULONG priority, char const *call)
{
    PVOID const address = address_any(mdl, call);
    return NBL_UNLIKELY(nbl__hooked(NBL__HOOK_KNOB)) ? nbl__mdl_protected(mdl, address, priority) : address;
}

/* What the header's definition of MmGetSystemAddressForMdlSafe leaves over. */
NBL_API PVOID nbl_mdl_address_any(PMDL Mdl, ULONG Priority);

PVOID nbl_mdl_address_any(PMDL Mdl, ULONG Priority)
{
    return address_of(Mdl, Priority, "MmGetSystemAddressForMdlSafe");
}

PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority)
{
    return nbl_mdl_address_any(Mdl, Priority);
}

ULONG nbl_mdl_query(PMDL Mdl, void *address, ULONG Priority)
{
    if (address != NULL) {
        PVOID const va = address_of(Mdl, Priority, "NdisQueryMdl");
        memcpy(address, &va, sizeof(va));
    }
    return Mdl->ByteCount;
}

PVOID MmGetSystemAddressForMdl(PMDL Mdl)
{
    if (!nbl__mdl_has(Mdl, NBL__MDL_ADDRESSED)) {
        report_no_pages(Mdl, "MmGetSystemAddressForMdl");
        nbl__mdl_map_surely(Mdl);
    }
    return address_of(Mdl, NormalPagePriority, "MmGetSystemAddressForMdl");
}

/* ---- Explicit mappings. ---- */

/* Tells whether there is a mapping that MmUnmapLockedPages may undo: a partial MDL may share its source's instead. */
static bool has_own_mapping(MDL const *mdl)
{
    unsigned const own = nbl__mdl_has(mdl, MDL_PARTIAL) ? MDL_PARTIAL_HAS_BEEN_MAPPED : MDL_MAPPED_TO_SYSTEM_VA;
    return nbl__mdl_has(mdl, own);
}

static void check_mapping(MDL const *mdl, bool system, char const *call)
{
    if (system && nbl__mdl_has(mdl, MDL_MAPPED_TO_SYSTEM_VA))
        nbl__violation("MDL-18", NBL_SEVERITY_ERROR, call, mdl);
    else if (system && nbl__mdl_has(mdl, MDL_SOURCE_IS_NONPAGED_POOL))
        nbl__violation("MDL-15", NBL_SEVERITY_ERROR, call, mdl);
    else if (!nbl__mdl_has(mdl, NBL__MDL_DESCRIBED))
        nbl__violation("MDL-18", NBL_SEVERITY_ERROR, call, mdl);
}

/* Does what both calls below do; may_fail says whether this one can return NULL. */
static PVOID map_locked(MDL *mdl, KPROCESSOR_MODE mode, ULONG priority, bool may_fail, char const *call)
{
    bool const system = mode == KernelMode;
    check_mapping(mdl, system, call);
    if (!nbl__mdl_has(mdl, system ? NBL__MDL_ADDRESSED : MDL_MAPPED_TO_SYSTEM_VA)) {
        if (may_fail && nbl__faulty(NBL_FAULT_MAPPING)) {
            if (!system)
                nbl__mdl_raise(STATUS_INSUFFICIENT_RESOURCES, mdl);
            return NULL;
        }
        nbl__mdl_map_surely(mdl);
    }
    return address_of(mdl, priority, call);
}

PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                   MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress, ULONG BugCheckOnFailure,
                                   ULONG Priority)
{
    (void)CacheType;
    (void)RequestedAddress;
    if (BugCheckOnFailure != FALSE)
        nbl__violation("MDL-18", NBL_SEVERITY_ERROR, "MmMapLockedPagesSpecifyCache", MemoryDescriptorList);
    return map_locked(MemoryDescriptorList, AccessMode, Priority, true, "MmMapLockedPagesSpecifyCache");
}

PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode)
{
    return map_locked(MemoryDescriptorList, AccessMode, NormalPagePriority, false, "MmMapLockedPages");
}

VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList)
{
    MDL *mdl = MemoryDescriptorList;
    if (!has_own_mapping(mdl))
        nbl__violation(nbl__mdl_has(mdl, MDL_SOURCE_IS_NONPAGED_POOL) ? "MDL-15" : "MDL-18", NBL_SEVERITY_ERROR,
                       "MmUnmapLockedPages", mdl);
    else if (BaseAddress != mdl->MappedSystemVa
             && BaseAddress != nbl__mdl_protected(mdl, mdl->MappedSystemVa, MdlMappingNoWrite))
        nbl__violation("MDL-18", NBL_SEVERITY_ERROR, "MmUnmapLockedPages", mdl);
    else
        nbl__mdl_unmap(mdl);
}

VOID MmPrepareMdlForReuse(PMDL Mdl)
{
    if (!nbl__mdl_has(Mdl, MDL_PARTIAL)) {
        if (nbl__mdl_has(Mdl, MDL_MAPPED_TO_SYSTEM_VA))
            nbl__violation("MDL-19", NBL_SEVERITY_WARNING, "MmPrepareMdlForReuse", Mdl);
    } else if (has_own_mapping(Mdl)) {
        nbl__mdl_unmap(Mdl);
    }
}
