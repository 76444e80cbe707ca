/* SPDX-License-Identifier: MIT
 *
 * knob.c - derived lists under knobs. A list is made as without them, then changed to the other answer.
 */
#include "../base/guard.h"
#include "../base/knob.h"

#include "../base/track.h"
#include "derived.h"

/* K-USEORIG-FULL: options of CLONE-09 are the MDL of the first used byte, and all of the original's. */
static void share_whole_chain(NET_BUFFER_LIST *list, NET_BUFFER_LIST const *original)
{
    NET_BUFFER *buffer = list->FirstNetBuffer;
    for (NET_BUFFER const *from = original->FirstNetBuffer; from != NULL; from = from->Next, buffer = buffer->Next) {
        buffer->MdlChain = from->MdlChain;
        buffer->DataOffset = from->DataOffset;
    }
}

/* K-END-NULL, where the pair was not computed from DataOffset. */
static void end_nowhere(NET_BUFFER *buffer)
{
    struct nbl__position const pair = nbl__buffer_start(buffer);
    if (pair.mdl == NULL || pair.offset < pair.mdl->ByteCount)
        return;
    buffer->CurrentMdl = NULL;
    buffer->CurrentMdlOffset = 0;
}

/* K-POISON: memory that the list has of its own, but not the data of a copy. Its front, up to where the data starts, is
 * backfill, and may be hidden from the memory checker. */
static void poison_memory(struct nbl__mdl_record *record, NET_BUFFER const *buffer, bool copy)
{
    MDL const *mdl = nbl__mdl_of_record(record);
    if (nbl__mdl_has(mdl, MDL_PARTIAL))
        return;
    if (record->hidden != 0)
        nbl__track_show(mdl->MappedSystemVa, mdl->ByteCount);
    memset(mdl->MappedSystemVa, NBL__POISON_DATA, copy ? buffer->DataOffset : mdl->ByteCount);
    if (record->hidden != 0)
        nbl__build_hidden(record, mdl->MappedSystemVa, buffer->DataOffset);
}

static void dress_mdls(NET_BUFFER const *buffer, bool copy)
{
    struct nbl__mdl_record *record = buffer->NdisReserved[0];
    for (; record != NULL; record = record->next) {
        MDL *mdl = nbl__mdl_of_record(record);
        bool const mapped = nbl__mdl_has(mdl, NBL__MDL_ADDRESSED);
        if (nbl__knob(NBL_KNOB_POISON))
            poison_memory(record, buffer, copy);
        nbl__mdl_shuffle(mdl, (uintptr_t)(mapped ? mdl->MappedSystemVa : MmGetMdlVirtualAddress(mdl)));
    }
}

/* K-ADV-STRICT: an advance frees what hangs off the NB's record, so MDLs over another list's bytes are taken off it; they
 * are part of the list's block all the same. Memory of the list's own comes first. */
static void keep_aliases(NET_BUFFER *buffer)
{
    struct nbl__mdl_record *first = buffer->NdisReserved[0];
    if (first == NULL)
        return;
    if (nbl__mdl_has(nbl__mdl_of_record(first), MDL_PARTIAL))
        buffer->NdisReserved[0] = NULL;
    else
        first->next = NULL;
}

static void dress_buffer(NET_BUFFER *buffer, bool copy)
{
    if (nbl__knob(NBL_KNOB_POISON))
        nbl__buffer_poison(buffer, NBL__POISON_RESERVED);
    if (nbl__knob(NBL_KNOB_END_NULL))
        end_nowhere(buffer);
    dress_mdls(buffer, copy);
    if (nbl__knob(NBL_KNOB_ADV_STRICT))
        keep_aliases(buffer);
}

static bool is_clone(NET_BUFFER_LIST const *list)
{
    return nbl__is_pool_clone(list) || nbl__list_is(list, NBL__LIST_CLONE);
}

/* K-AUTO-PARENT. A deep copy has no parent. */
static void set_parent(NET_BUFFER_LIST *list, NET_BUFFER_LIST *parent)
{
    if (parent == NULL)
        return;
    list->ParentNetBufferList = parent;
    (void)__atomic_add_fetch(&parent->ChildRefCount, 1, __ATOMIC_RELAXED);
}

void nbl__derive_dress(NET_BUFFER_LIST *list, NET_BUFFER_LIST const *original)
{
    nbl__guard_name(nbl__derived_of(list), list);
    if (!nbl__hooked(NBL__HOOK_KNOB))
        return;
    if (nbl__knob(NBL_KNOB_POISON))
        nbl__list_poison(list, NBL__POISON_RESERVED);
    if (nbl__knob(NBL_KNOB_AUTO_PARENT))
        set_parent(list, nbl__derived_parent(list));
    if (nbl__knob(NBL_KNOB_USEORIG_FULL) && is_clone(list)
        && (nbl__derived_parameter(list) & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0)
        share_whole_chain(list, original);
    for (NET_BUFFER *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
        dress_buffer(buffer, nbl__list_is(list, NBL__LIST_COPY));
}

void nbl__derive_undress(NET_BUFFER_LIST *parent)
{
    if (parent != NULL && nbl__knob(NBL_KNOB_AUTO_PARENT))
        (void)__atomic_sub_fetch(&parent->ChildRefCount, 1, __ATOMIC_RELAXED);
}
