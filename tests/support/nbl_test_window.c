/* SPDX-License-Identifier: MIT
 *
 * nbl_test_window.c - looking at the window of an NB without the library's help.
 */
#include "nbl_test.h"

unsigned char *nbl_test_address(MDL const *mdl)
{
    if ((mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0)
        return mdl->MappedSystemVa;
    return (unsigned char *)mdl->StartVa + mdl->ByteOffset;
}

uint64_t nbl_test_capacity(NET_BUFFER const *buffer)
{
    uint64_t bytes = 0;
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next)
        bytes += mdl->ByteCount;
    return bytes;
}

/* Calls `visit` with each byte of the used data: its index and its address. */
static void each_byte(NET_BUFFER const *buffer, void (*visit)(void *context, ULONG index, unsigned char *byte),
                      void *context)
{
    MDL const *mdl = buffer->MdlChain;
    ULONG offset = buffer->DataOffset;
    for (ULONG i = 0; i < buffer->DataLength; i++) {
        while (mdl != NULL && offset >= mdl->ByteCount) {
            offset -= mdl->ByteCount;
            mdl = mdl->Next;
        }
        if (mdl == NULL) {
            fail_msg("the chain ends before byte %u of the used data", (unsigned)i);
            return;
        }
        visit(context, i, nbl_test_address(mdl) + offset++);
    }
}

static void copy_byte(void *context, ULONG index, unsigned char *byte)
{
    ((unsigned char *)context)[index] = *byte;
}

ULONG nbl_test_data(NET_BUFFER const *buffer, unsigned char *to, size_t room)
{
    assert_true(buffer->DataLength <= room);
    each_byte(buffer, copy_byte, to);
    return buffer->DataLength;
}

static void fill_byte(void *context, ULONG index, unsigned char *byte)
{
    *byte = nbl_test_byte(*(char const *)context, index);
}

void nbl_test_fill(NET_BUFFER const *buffer, char letter)
{
    each_byte(buffer, fill_byte, &letter);
}

void nbl_test_canonical(NET_BUFFER const *buffer)
{
    MDL const *mdl = buffer->MdlChain, *last = NULL;
    uint64_t offset = buffer->DataOffset;
    assert_true(buffer->stDataLength == buffer->DataLength);
    for (; mdl != NULL && offset >= mdl->ByteCount; mdl = mdl->Next) {
        offset -= mdl->ByteCount;
        last = mdl;
    }
    if (mdl == NULL) {
        assert_int_equal(offset, 0);
        if (nbl_knob_get(NBL_KNOB_END_NULL) && buffer->CurrentMdl == NULL)
            last = NULL;
        mdl = last;
        offset = last != NULL ? last->ByteCount : 0;
    }
    assert_ptr_equal(buffer->CurrentMdl, mdl);
    assert_int_equal(buffer->CurrentMdlOffset, offset);
}

static int mdl_position(NET_BUFFER const *buffer, MDL const *wanted)
{
    int position = 0;
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next, position++)
        if (mdl == wanted)
            return position;
    return -1;
}

char const *nbl_test_state(NET_BUFFER const *buffer)
{
    static char texts[4][256];
    static unsigned next;
    char *text = texts[next++ % 4];
    size_t used = 0;
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL && used < 160; mdl = mdl->Next)
        used += (size_t)snprintf(text + used, 256 - used, "%u ", (unsigned)mdl->ByteCount);
    if (buffer->MdlChain == NULL)
        used += (size_t)snprintf(text, 256, "NULL ");
    used += (size_t)snprintf(text + used, 256 - used, "DO=%u DL=%u ", (unsigned)buffer->DataOffset,
                             (unsigned)buffer->DataLength);
    if (buffer->CurrentMdl == NULL)
        snprintf(text + used, 256 - used, "NULL+%u", (unsigned)buffer->CurrentMdlOffset);
    else
        snprintf(text + used, 256 - used, "%d+%u", mdl_position(buffer, buffer->CurrentMdl),
                 (unsigned)buffer->CurrentMdlOffset);
    return text;
}
