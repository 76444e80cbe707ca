/* SPDX-License-Identifier: MIT
 *
 * knob.c - page frame numbers without order (K-PFN-SHUFFLE), and mappings that cannot be written (K-NOWRITE).
 */
#include "../base/knob.h"

#include "record.h"

#define FRAME_BITS (8u * (unsigned)sizeof(PFN_NUMBER) - PAGE_SHIFT)
#define FRAME_MASK (~(PFN_NUMBER)0 >> PAGE_SHIFT)
#define FRAME_FACTOR ((PFN_NUMBER)0x9E3779B97F4A7C15u) /* odd, and its bits are as if thrown */

/* Each step can be undone, on as many bits as page numbers have: two pages never get one number. */
static PFN_NUMBER shuffled(PFN_NUMBER page)
{
    for (int round = 0; round < 2; round++) {
        page ^= page >> (FRAME_BITS / 2);
        page = (page * FRAME_FACTOR) & FRAME_MASK;
    }
    return page ^ page >> (FRAME_BITS / 2);
}

void nbl__mdl_shuffle(MDL *mdl, uintptr_t address)
{
    ULONG const pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, mdl->ByteCount);
    if (nbl__hooked(NBL__HOOK_START))
        nbl__start();
    if (!nbl__knob(NBL_KNOB_PFN_SHUFFLE))
        return;
    for (ULONG i = 0; i < pages; i++)
        MmGetMdlPfnArray(mdl)[i] = shuffled((address >> PAGE_SHIFT) + i);
}

void *nbl__mdl_protected(MDL const *mdl, void *address, ULONG priority)
{
    void *readable = NULL;
    if (address != NULL && (priority & MdlMappingNoWrite) != 0 && nbl__knob(NBL_KNOB_NOWRITE))
        readable = nbl__port_views()->find(address, mdl->ByteCount);
    return readable != NULL ? readable : address;
}
