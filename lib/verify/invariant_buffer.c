/* SPDX-License-Identifier: MIT
 *
 * invariant_buffer.c - the invariants of one NET_BUFFER and its MDLs (INV-03..INV-09, INV-17).
 */
#include "invariant.h"

#include "../buffer/window.h"

/* struct view is what a walk over the chain finds out. */
struct view {
    uint64_t capacity; /* of all MDLs */
    uint64_t before;   /* bytes of the MDLs before CurrentMdl */
    bool found;        /* CurrentMdl is on the chain */
};

static struct view view_of(NET_BUFFER const *buffer)
{
    struct view view = { 0, 0, false };
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next) {
        if (mdl == buffer->CurrentMdl) {
            view.found = true;
            view.before = view.capacity;
        }
        view.capacity += mdl->ByteCount;
    }
    return view;
}

/* NB-10 allows (NULL, 0) for the position behind the last byte. */
static bool is_null_end(NET_BUFFER const *buffer, struct view view)
{
    return buffer->CurrentMdl == NULL && buffer->CurrentMdlOffset == 0 && buffer->DataOffset == view.capacity
        && buffer->stDataLength == 0;
}

static void check_pair(struct nbl__inspection *inspection, NET_BUFFER const *buffer, struct view view)
{
    uint64_t const position = view.before + buffer->CurrentMdlOffset;
    ULONG const bytes = buffer->CurrentMdl->ByteCount;
    if (position != buffer->DataOffset)
        nbl__inspection_tell(inspection, "INV-06", NBL_SEVERITY_ERROR, buffer);
    else if (buffer->CurrentMdlOffset > bytes || (buffer->CurrentMdlOffset == bytes && position != view.capacity))
        nbl__inspection_tell(inspection, "INV-07",
                             buffer->stDataLength > 0 ? NBL_SEVERITY_WARNING : NBL_SEVERITY_INFO, buffer);
}

static void check_window(struct nbl__inspection *inspection, NET_BUFFER const *buffer, struct view view)
{
    bool const handed = inspection->boundary == NBL__BOUNDARY_SEND || inspection->boundary == NBL__BOUNDARY_INDICATE;
    uint64_t const length = buffer->stDataLength;
    if (length <= NBL__LARGEST_WINDOW && buffer->DataOffset + length <= view.capacity
        && buffer->DataOffset + length <= NBL__LARGEST_WINDOW && buffer->DataLength == length)
        return;
    nbl__inspection_tell(inspection, "INV-05", handed ? NBL_SEVERITY_FATAL : NBL_SEVERITY_INFO, buffer);
}

static bool mdl_is_usable(MDL const *mdl)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(mdl);
    return nbl__mdl_has(mdl, NBL__MDL_DESCRIBED) && mdl->ByteOffset < PAGE_SIZE
        && ((uintptr_t)mdl->StartVa & (PAGE_SIZE - 1)) == 0 && (record == NULL || mdl->ByteCount <= record->byte_count);
}

/* An MDL holds used data when [its start, its end) and [DataOffset, DataOffset + DataLength) have a byte in common. */
static void check_mdls(struct nbl__inspection *inspection, NET_BUFFER const *buffer)
{
    uint64_t start = 0;
    uint64_t const end = (uint64_t)buffer->DataOffset + buffer->DataLength;
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; start += mdl->ByteCount, mdl = mdl->Next) {
        bool const used = mdl->ByteCount > 0 && start < end && start + mdl->ByteCount > buffer->DataOffset;
        if (used && buffer->DataLength > 0 && !mdl_is_usable(mdl))
            nbl__inspection_tell(inspection, "INV-08", NBL_SEVERITY_ERROR, mdl);
        nbl__inspection_intact(inspection, mdl);
    }
}

static void check_without_mdls(struct nbl__inspection *inspection, NET_BUFFER const *buffer)
{
    if (buffer->CurrentMdl != NULL || buffer->DataOffset != 0 || buffer->stDataLength != 0
        || buffer->CurrentMdlOffset != 0)
        nbl__inspection_tell(inspection, "INV-03", NBL_SEVERITY_ERROR, buffer);
}

static void check_with_mdls(struct nbl__inspection *inspection, NET_BUFFER const *buffer)
{
    struct view const view = view_of(buffer);
    check_mdls(inspection, buffer);
    check_window(inspection, buffer, view);
    if (is_null_end(buffer, view))
        return;
    if (buffer->CurrentMdl == NULL)
        nbl__inspection_tell(inspection, "INV-03", NBL_SEVERITY_ERROR, buffer);
    else if (!view.found)
        nbl__inspection_tell(inspection, "INV-04", NBL_SEVERITY_FATAL, buffer);
    else if (buffer->DataOffset <= view.capacity)
        check_pair(inspection, buffer, view);
}

MDL const *nbl__inspection_buffer(struct nbl__inspection *inspection, NET_BUFFER const *buffer)
{
    struct nbl__chain mdls;
    nbl__inspection_intact(inspection, buffer);
    nbl__inspection_shared(inspection, buffer->SharedMemoryInfo, buffer);
    if (!nbl__inspection_chain(inspection, buffer->MdlChain, NBL__CHAIN_MDLS, &mdls))
        return NULL;
    if (buffer->MdlChain == NULL)
        check_without_mdls(inspection, buffer);
    else
        check_with_mdls(inspection, buffer);
    return mdls.last;
}
