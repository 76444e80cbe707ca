/* SPDX-License-Identifier: MIT
 *
 * allocate.c - MDLs that come and go by themselves: NdisAllocateMdl, IoAllocateMdl, and who may free what.
 *
 * Both allocators take one block [record][MDL][page frame numbers]. The record says which allocator it was, so that
 * each mistake in pairing is noticed, and how long the MDL was, which is all that is needed to give the block back.
 */
#include "record.h"

#include "../base/event.h"
#include "../base/guard.h"
#include "../base/memory.h"
#include "stack.h"

/* 4 gigabytes - PAGE_SIZE (MDL-10). */
#define LENGTH_LIMIT 0xFFFFF000u

static void *allocate_block(ULONG bytes)
{
    return bytes <= LENGTH_LIMIT ? nbl__memory_allocate(nbl__mdl_block_bytes(bytes)) : NULL;
}

static void release_block(struct nbl__mdl_record *record, MDL *mdl, char const *call)
{
    NBL__EVENT(NBL_EVENT_MDL_FREE, call, mdl, NULL, record->byte_count);
    record->kind = NBL__MDL_RELEASED;
    nbl__memory_release(record, nbl__mdl_block_bytes(record->byte_count));
}

/* ---- NDIS ---- */

MDL *NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Length)
{
    MDL *mdl;
    void *block = allocate_block(Length);
    (void)NdisHandle;
    if (block == NULL)
        return NULL;
    mdl = nbl__mdl_construct(block, NBL__MDL_NDIS, VirtualAddress, Length);
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER | NBL__HOOK_KNOB))) {
        nbl__guard_name(block, mdl);
        nbl__mdl_shuffle(mdl, (uintptr_t)VirtualAddress);
        nbl__mdl_warn_of_stack(mdl, "NdisAllocateMdl");
        NBL__EVENT(NBL_EVENT_MDL_ALLOCATE, "NdisAllocateMdl", mdl, NULL, Length);
    }
    return mdl;
}

static void free_ndis(struct nbl__mdl_record *record, MDL *mdl, char const *call)
{
    if (mdl->ByteCount != record->byte_count)
        nbl__violation("MDL-08", NBL_SEVERITY_WARNING, call, mdl);
    release_block(record, mdl, call);
}

static void free_io(struct nbl__mdl_record *record, MDL *mdl, char const *call)
{
    if (nbl__mdl_has(mdl, MDL_PAGES_LOCKED)) {
        nbl__violation("MDL-12", NBL_SEVERITY_ERROR, call, mdl);
        nbl__mdl_unlock(mdl);
    }
    if (nbl__mdl_has(mdl, MDL_PARTIAL_HAS_BEEN_MAPPED))
        nbl__mdl_unmap(mdl);
    release_block(record, mdl, call);
}

/* Frees what one of the two allocators made, after a report when it was the other one; refuses everything else. */
static void free_checked(MDL *mdl, enum nbl__mdl_kind expected, char const *rule, char const *call)
{
    struct nbl__mdl_record *record;
    if (nbl__dead(rule, call, mdl))
        return;
    record = mdl != NULL ? nbl__mdl_record_of(mdl) : NULL;
    if (record == NULL || (record->kind != NBL__MDL_NDIS && record->kind != NBL__MDL_IO)) {
        nbl__violation(rule, NBL_SEVERITY_FATAL, call, mdl);
        return;
    }
    if (record->kind != (uint8_t)expected)
        nbl__violation("MDL-07", NBL_SEVERITY_ERROR, call, mdl);
    if (record->kind == NBL__MDL_NDIS)
        free_ndis(record, mdl, call);
    else
        free_io(record, mdl, call);
}

VOID NdisFreeMdl(MDL *Mdl)
{
    free_checked(Mdl, NBL__MDL_NDIS, "MDL-07", "NdisFreeMdl");
}

VOID NdisAdjustMdlLength(PMDL Mdl, ULONG Length)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(Mdl);
    if (NBL_UNLIKELY(record == NULL || (record->kind != NBL__MDL_NDIS && record->kind != NBL__MDL_POOL)))
        nbl__violation("MDL-08", NBL_SEVERITY_ERROR, "NdisAdjustMdlLength", Mdl);
    if (NBL_UNLIKELY(record != NULL && Length > record->byte_count)) {
        nbl__violation("MDL-08", NBL_SEVERITY_FATAL, "NdisAdjustMdlLength", Mdl);
        return;
    }
    Mdl->ByteCount = Length;
}

/* ---- I/O ---- */

/* Reports what is strange about a link to an IRP, and finds the MDL behind which a secondary one goes. */
static bool find_irp_tail(PIRP irp, BOOLEAN secondary, MDL **tail)
{
    *tail = NULL;
    if (irp == NULL) {
        if (secondary)
            nbl__violation("MDL-11", NBL_SEVERITY_ERROR, "IoAllocateMdl", NULL);
        return true;
    }
    if ((irp->MdlAddress == NULL) == (secondary != FALSE))
        nbl__violation("MDL-11", NBL_SEVERITY_WARNING, "IoAllocateMdl", irp);
    return !secondary || nbl__mdl_chain_end(irp->MdlAddress, tail, "IoAllocateMdl");
}

PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp)
{
    MDL *mdl, *tail;
    void *block;
    if (ChargeQuota)
        nbl__violation("MDL-10", NBL_SEVERITY_WARNING, "IoAllocateMdl", Irp);
    if (!find_irp_tail(Irp, SecondaryBuffer, &tail))
        return NULL;
    block = allocate_block(Length);
    if (block == NULL)
        return NULL;
    mdl = nbl__mdl_record_start(block, NBL__MDL_IO, Length);
    MmInitializeMdl(mdl, VirtualAddress, Length);
    nbl__mdl_flags_set(mdl, MDL_ALLOCATED_FIXED_SIZE);
    mdl->Process = NULL;
    mdl->MappedSystemVa = NULL;
    if (tail != NULL)
        tail->Next = mdl;
    else if (Irp != NULL)
        Irp->MdlAddress = mdl;
    nbl__guard_name(block, mdl);
    NBL__EVENT(NBL_EVENT_MDL_ALLOCATE, "IoAllocateMdl", mdl, NULL, Length);
    return mdl;
}

VOID IoFreeMdl(PMDL Mdl)
{
    free_checked(Mdl, NBL__MDL_IO, "MDL-12", "IoFreeMdl");
}

void nbl_mdl_complete_irp(PIRP Irp)
{
    MDL *mdl = Irp->MdlAddress, *next;
    if (!nbl__mdl_chain_end(mdl, &next, "nbl_mdl_complete_irp"))
        return;
    Irp->MdlAddress = NULL;
    for (; mdl != NULL; mdl = next) {
        next = mdl->Next;
        if (nbl__mdl_has(mdl, MDL_PAGES_LOCKED))
            nbl__mdl_unlock(mdl);
        free_checked(mdl, NBL__MDL_IO, "MDL-12", "nbl_mdl_complete_irp");
    }
}
