/* SPDX-License-Identifier: MIT
 *
 * record.c - the parts of record.h that are too long, or too rare, to be inline.
 */
#include "record.h"

#include "../base/event.h"
#include "../base/track.h"

NBL_STATIC_ASSERT(sizeof(struct nbl__mdl_record) == 16, "record and MDL share a cache line");
NBL_STATIC_ASSERT(sizeof(struct nbl__mdl_record) % alignof(MDL) == 0, "the MDL behind a record is aligned");

void nbl__mdl_frames(MDL *mdl, PFN_NUMBER first, ULONG index, ULONG pages)
{
    for (; index < pages; index++)
        MmGetMdlPfnArray(mdl)[index] = first + index;
}

void nbl__mdl_map_surely(MDL *mdl)
{
    if (!nbl__mdl_has(mdl, MDL_SOURCE_IS_NONPAGED_POOL))
        mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
    nbl__mdl_flags_set(mdl, MDL_MAPPED_TO_SYSTEM_VA);
    if (nbl__mdl_has(mdl, MDL_PARTIAL))
        nbl__mdl_flags_set(mdl, MDL_PARTIAL_HAS_BEEN_MAPPED);
}

void *nbl__mdl_map(MDL *mdl)
{
    if (nbl__faulty(NBL_FAULT_MAPPING))
        return NULL;
    nbl__mdl_map_surely(mdl);
    return mdl->MappedSystemVa;
}

void nbl__mdl_unmap(MDL *mdl)
{
    nbl__mdl_flags_clear(mdl, MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
    if (!nbl__mdl_has(mdl, MDL_SOURCE_IS_NONPAGED_POOL))
        mdl->MappedSystemVa = NULL;
}

void nbl__mdl_unlock(MDL *mdl)
{
    if (nbl__mdl_has(mdl, MDL_MAPPED_TO_SYSTEM_VA))
        nbl__mdl_unmap(mdl);
    nbl__mdl_flags_clear(mdl, MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
}

void nbl__mdl_show(MDL *mdl)
{
    struct nbl__mdl_record *record = nbl__mdl_record_of(mdl);
    if (record == NULL || record->hidden == 0)
        return;
    nbl__track_show(mdl->MappedSystemVa, record->byte_count);
    record->hidden = 0;
}

bool nbl__mdl_chain_end(MDL *first, MDL **last, char const *call)
{
    uint32_t count = 0;
    *last = first;
    while (*last != NULL && (*last)->Next != NULL) {
        if (++count > NBL__MDL_CHAIN_LIMIT) {
            nbl__violation("VER-04", NBL_SEVERITY_FATAL, call, first);
            return false;
        }
        *last = (*last)->Next;
    }
    return true;
}
