/* SPDX-License-Identifier: MIT
 *
 * pages.c - giving an MDL its pages: building it for nonpaged memory, or locking and unlocking it.
 */
#include "record.h"

#include "../base/event.h"
#include "stack.h"

#include <stdatomic.h>

SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length)
{
    /* Whole pages first, so that no sum leaves 64 bits whatever Length is. */
    uint64_t const rest = (uint64_t)BYTE_OFFSET(Base) + BYTE_OFFSET(Length) + (PAGE_SIZE - 1);
    uint64_t const pages = ((uint64_t)Length >> PAGE_SHIFT) + (rest >> PAGE_SHIFT);
    return (SIZE_T)(sizeof(MDL) + sizeof(PFN_NUMBER) * pages);
}

/* Fills exactly the numbers that the caller's memory has room for, which are none when there are no pages. */
static void number_pages(MDL *mdl)
{
    uintptr_t const address = (uintptr_t)MmGetMdlVirtualAddress(mdl);
    nbl__mdl_frames(mdl, address >> PAGE_SHIFT, 0, ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, mdl->ByteCount));
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_KNOB | NBL__HOOK_START)))
        nbl__mdl_shuffle(mdl, address);
}

VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList)
{
    MDL *mdl = MemoryDescriptorList;
    if (nbl__mdl_has(mdl, MDL_PAGES_LOCKED)) {
        nbl__violation("MDL-15", NBL_SEVERITY_ERROR, "MmBuildMdlForNonPagedPool", mdl);
        return;
    }
    number_pages(mdl);
    mdl->Process = NULL;
    mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
    nbl__mdl_flags_set(mdl, MDL_SOURCE_IS_NONPAGED_POOL);
    nbl__mdl_warn_of_stack(mdl, "MmBuildMdlForNonPagedPool");
}

/* ---- Raising. ---- */

static void raise_fatal(NTSTATUS status, PMDL mdl, void *context)
{
    (void)status;
    (void)mdl;
    (void)context;
    nbl__port_fatal("libnbl: locking or mapping an MDL failed, which raises an exception on Windows; "
                    "install a handler with nbl_mdl_set_raise_handler");
}

static _Atomic(nbl_mdl_raise_handler *) raise_handler = raise_fatal;
static _Atomic(void *) raise_context;

void nbl_mdl_set_raise_handler(nbl_mdl_raise_handler *handler, void *context)
{
    atomic_store(&raise_context, context);
    atomic_store(&raise_handler, handler != NULL ? handler : raise_fatal);
}

void nbl__mdl_raise(NTSTATUS status, MDL *mdl)
{
    atomic_load(&raise_handler)(status, mdl, atomic_load(&raise_context));
}

/* ---- Locking. ---- */

static bool may_be_locked(MDL const *mdl, char const *call)
{
    char const *rule = nbl__mdl_has(mdl, MDL_PAGES_LOCKED | MDL_PARTIAL) ? "MDL-16" : "MDL-15";
    if (!nbl__mdl_has(mdl, MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL))
        return true;
    nbl__violation(rule, NBL_SEVERITY_ERROR, call, mdl);
    return false;
}

/* The first page is never valid memory, and no memory goes on beyond the last. */
static NTSTATUS probe(MDL const *mdl)
{
    uintptr_t const first = (uintptr_t)MmGetMdlVirtualAddress(mdl);
    if (mdl->ByteCount == 0)
        return STATUS_SUCCESS;
    if (first < PAGE_SIZE || first > UINTPTR_MAX - (mdl->ByteCount - 1))
        return STATUS_ACCESS_VIOLATION;
    return nbl__faulty(NBL_FAULT_ALLOCATION) ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static NTSTATUS lock(MDL *mdl, LOCK_OPERATION operation, char const *call)
{
    NTSTATUS const status = probe(mdl);
    if (status != STATUS_SUCCESS)
        return status;
    if (mdl->ByteCount == 0)
        nbl__violation("MDL-16", NBL_SEVERITY_WARNING, call, mdl);
    number_pages(mdl);
    nbl__mdl_flags_set(mdl, operation == IoReadAccess ? MDL_PAGES_LOCKED : MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    return STATUS_SUCCESS;
}

NTSTATUS nbl_mdl_try_probe_and_lock_pages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    char const *call = "nbl_mdl_try_probe_and_lock_pages";
    (void)AccessMode;
    return may_be_locked(Mdl, call) ? lock(Mdl, Operation, call) : STATUS_INVALID_PARAMETER;
}

VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation)
{
    NTSTATUS status;
    (void)AccessMode;
    if (!may_be_locked(MemoryDescriptorList, "MmProbeAndLockPages"))
        return;
    status = lock(MemoryDescriptorList, Operation, "MmProbeAndLockPages");
    if (status != STATUS_SUCCESS)
        nbl__mdl_raise(status, MemoryDescriptorList);
}

VOID MmUnlockPages(PMDL MemoryDescriptorList)
{
    MDL *mdl = MemoryDescriptorList;
    if (nbl__mdl_has(mdl, MDL_PAGES_LOCKED) && !nbl__mdl_has(mdl, MDL_SOURCE_IS_NONPAGED_POOL)) {
        nbl__mdl_unlock(mdl);
        return;
    }
    nbl__violation(nbl__mdl_has(mdl, MDL_SOURCE_IS_NONPAGED_POOL) ? "MDL-15" : "MDL-16", NBL_SEVERITY_ERROR,
                   "MmUnlockPages", mdl);
}
