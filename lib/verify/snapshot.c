/* SPDX-License-Identifier: MIT
 *
 * snapshot.c - taking and comparing snapshots (VER-07, INV-11, INV-12).
 *
 * Memory of one:   [struct nbl__snapshot][struct buffer_was for each NB][struct mdl_was for each MDL]
 */
#include "snapshot.h"

#include "../base/event.h"
#include "../mdl/record.h"

#define RESERVED_NBL_FLAGS 0x000000FCu

struct buffer_was {
    NET_BUFFER const *buffer;
    MDL const *chain;
    MDL const *current;
    uint64_t length;
    ULONG current_offset;
    ULONG offset;
    uint32_t mdls;
};

struct mdl_was {
    MDL const *mdl;
    void const *start;
    ULONG bytes;
    ULONG offset;
};

static struct buffer_was *buffers_of(struct nbl__snapshot const *snapshot)
{
    return (struct buffer_was *)(uintptr_t)(snapshot + 1);
}

static struct mdl_was *mdls_of(struct nbl__snapshot const *snapshot)
{
    return (struct mdl_was *)(void *)(buffers_of(snapshot) + snapshot->buffers);
}

/* count returns false for a circle. */
static bool count(NET_BUFFER_LIST const *list, uint32_t *buffers, uint32_t *mdls)
{
    *buffers = *mdls = 0;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        if (++*buffers > NBL__MDL_CHAIN_LIMIT)
            return false;
        for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next)
            if (++*mdls > NBL__MDL_CHAIN_LIMIT)
                return false;
    }
    return true;
}

size_t nbl__snapshot_bytes(NET_BUFFER_LIST const *list)
{
    uint32_t buffers, mdls;
    if (!count(list, &buffers, &mdls))
        return 0;
    return sizeof(struct nbl__snapshot) + buffers * sizeof(struct buffer_was) + mdls * sizeof(struct mdl_was);
}

static struct mdl_was *take_mdls(struct buffer_was *was, struct mdl_was *next)
{
    for (MDL const *mdl = was->chain; mdl != NULL; mdl = mdl->Next, was->mdls++)
        *next++ = (struct mdl_was){ mdl, mdl->StartVa, mdl->ByteCount, mdl->ByteOffset };
    return next;
}

struct nbl__snapshot *nbl__snapshot_take(NET_BUFFER_LIST const *list, void *memory)
{
    struct nbl__snapshot *snapshot = memory;
    *snapshot = (struct nbl__snapshot){ list, list->NblFlags, list->Flags, 0, 0 };
    (void)count(list, &snapshot->buffers, &snapshot->mdls);
    struct buffer_was *was = buffers_of(snapshot);
    struct mdl_was *next = mdls_of(snapshot);
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, was++) {
        *was = (struct buffer_was){ buffer, buffer->MdlChain, buffer->CurrentMdl, buffer->stDataLength,
                                    buffer->CurrentMdlOffset, buffer->DataOffset, 0 };
        next = take_mdls(was, next);
    }
    return snapshot;
}

static bool same_window(struct buffer_was const *was)
{
    NET_BUFFER const *now = was->buffer;
    return now->CurrentMdl == was->current && now->CurrentMdlOffset == was->current_offset
        && now->DataOffset == was->offset && now->stDataLength == was->length;
}

/* changed_in_chain gives the first MDL, as it was, that is not there or not the same; the NB when there is more than was;
 * NULL when nothing changed. */
static void const *changed_in_chain(struct buffer_was const *was, struct mdl_was const *mdls)
{
    MDL const *mdl = was->buffer->MdlChain;
    for (uint32_t i = 0; i < was->mdls; i++, mdl = mdl->Next)
        if (mdl != mdls[i].mdl || mdl->StartVa != mdls[i].start || mdl->ByteCount != mdls[i].bytes
            || mdl->ByteOffset != mdls[i].offset)
            return mdls[i].mdl;
    return mdl != NULL ? was->buffer : NULL;
}

static bool same_buffers(struct nbl__snapshot const *snapshot)
{
    struct buffer_was const *was = buffers_of(snapshot);
    NET_BUFFER const *buffer = snapshot->list->FirstNetBuffer;
    for (uint32_t i = 0; i < snapshot->buffers; i++, buffer = buffer->Next)
        if (buffer != was[i].buffer)
            return false;
    return buffer == NULL;
}

static uint32_t tell(char const *rule, char const *call, void const *object)
{
    nbl__violation(rule, NBL_SEVERITY_ERROR, call, object);
    return 1;
}

static uint32_t compare_buffers(struct nbl__snapshot const *snapshot, unsigned allowed, char const *call)
{
    struct buffer_was const *was = buffers_of(snapshot);
    struct mdl_was const *mdls = mdls_of(snapshot);
    uint32_t told = 0;
    for (uint32_t i = 0; i < snapshot->buffers; mdls += was[i].mdls, i++) {
        void const *changed = (allowed & NBL__SNAPSHOT_CHAINS) != 0 ? NULL : changed_in_chain(&was[i], mdls);
        if (changed == NULL && (allowed & NBL__SNAPSHOT_WINDOWS) == 0 && !same_window(&was[i]))
            changed = was[i].buffer;
        if (changed != NULL)
            told += tell("VER-07", call, changed);
    }
    return told;
}

uint32_t nbl__snapshot_compare(struct nbl__snapshot const *snapshot, unsigned allowed, ULONG own_flags,
                               char const *call)
{
    NET_BUFFER_LIST const *list = snapshot->list;
    uint32_t told = 0;
    if (((list->NblFlags ^ snapshot->nbl_flags) & RESERVED_NBL_FLAGS) != 0)
        told += tell("INV-11", call, list);
    if ((allowed & NBL__SNAPSHOT_FLAGS) == 0 && ((list->Flags ^ snapshot->flags) & ~own_flags) != 0)
        told += tell("INV-12", call, list);
    if ((allowed & NBL__SNAPSHOT_BUFFERS) != 0)
        return told;
    if (!same_buffers(snapshot))
        return told + tell("VER-07", call, list);
    return told + compare_buffers(snapshot, allowed, call);
}
