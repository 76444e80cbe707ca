/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script_window.c - the verbs that move, read and copy the data of an NB, and those that look at it.
 */
#include "nbl_test_script.h"

#define SCRIPT struct nbl_test_script *s, struct nbl_test_call const *c
#define NUMBER(i) nbl_test_script_ulong(s, c, i)
#define BUFFER(i) nbl_test_script_buffer(s, c, i)

static void status(struct nbl_test_script *s, NDIS_STATUS value)
{
    nbl_test_script_output(s, "%s", nbl_status_name(value) + strlen("NDIS_STATUS_"));
}

static void retreat(SCRIPT)
{
    status(s, NdisRetreatNetBufferDataStart(BUFFER(0), NUMBER(1), NUMBER(2), NULL));
}

static void retreat_list(SCRIPT)
{
    status(s, NdisRetreatNetBufferListDataStart(nbl_test_script_list(s, c, 0), NUMBER(1), NUMBER(2), NULL, NULL));
}

static void advance(SCRIPT)
{
    NdisAdvanceNetBufferDataStart(BUFFER(0), NUMBER(1), (BOOLEAN)NUMBER(2), NULL);
}

static void advance_list(SCRIPT)
{
    NdisAdvanceNetBufferListDataStart(nbl_test_script_list(s, c, 0), NUMBER(1), (BOOLEAN)NUMBER(2), NULL);
}

/* NdisGetDataBuffer(nb, bytes, Storage or NULL): Storage, NULL, or at which byte of its MDL the address is */
static void get_data_buffer(SCRIPT)
{
    unsigned char data[64];
    NET_BUFFER *buffer = BUFFER(0);
    unsigned char *is = NdisGetDataBuffer(buffer, NUMBER(1), nbl_test_script_pointer(s, c->text[2]), 1, 0);
    ULONG before = 0;
    if (is == NULL || is == s->storage) {
        if (is != NULL) {
            nbl_test_data(buffer, data, sizeof(data));
            assert_memory_equal(is, data, NUMBER(1));
        }
        nbl_test_script_output(s, "%s", nbl_test_script_name(s, is));
        return;
    }
    for (MDL *mdl = buffer->MdlChain; mdl != NULL; mdl = mdl->Next) {
        unsigned char const *start = nbl_test_address(mdl);
        if ((uintptr_t)is >= (uintptr_t)start && (uintptr_t)is < (uintptr_t)start + mdl->ByteCount)
            break;
        before += mdl->ByteCount;
    }
    assert_true(before <= buffer->DataOffset);
    nbl_test_script_output(s, "at byte %u", (unsigned)(buffer->DataOffset - before));
}

/* NdisCopyFromNetBufferToNetBuffer(destination, offset, bytes, source, offset) */
static void copy(SCRIPT)
{
    ULONG copied = 0xABCDEF01u;
    status(s, NdisCopyFromNetBufferToNetBuffer(BUFFER(0), NUMBER(1), NUMBER(2), BUFFER(3), NUMBER(4), &copied));
    nbl_test_script_output(s, "copied %u", (unsigned)copied);
}

/* A byte of a driver MDL by the value with which it started, as "a0"; else as a number. */
static void append_byte(struct nbl_test_script *s, unsigned char byte, char *text)
{
    size_t const used = strlen(text);
    char name[2] = { 0 };
    for (name[0] = 'a'; name[0] <= 'z'; name[0]++) {
        struct nbl_test_mdl const *made = nbl_test_script_driver_mdl(s, name);
        for (ULONG i = 0; made != NULL && i < made->length; i++) {
            if (nbl_test_byte(name[0], i) == byte) {
                snprintf(text + used, NBL_TEST_OUTPUT - used, "%s%s%u", used > 0 ? "," : "", name, (unsigned)i);
                return;
            }
        }
    }
    snprintf(text + used, NBL_TEST_OUTPUT - used, "%s%u", used > 0 ? "," : "", byte);
}

static void bytes(SCRIPT)
{
    unsigned char data[64];
    char text[NBL_TEST_OUTPUT] = "";
    ULONG const length = nbl_test_data(BUFFER(0), data, sizeof(data));
    for (ULONG i = 0; i < length; i++)
        append_byte(s, data[i], text);
    nbl_test_script_output(s, "%s", text);
}

static void state(SCRIPT)
{
    nbl_test_script_output(s, "%s", nbl_test_state(BUFFER(0)));
}

/* Window(nb): DataOffset and DataLength alone, where the chain has no end to write down. */
static void window(SCRIPT)
{
    NET_BUFFER const *buffer = BUFFER(0);
    nbl_test_script_output(s, "DO=%u DL=%u", (unsigned)buffer->DataOffset, (unsigned)buffer->DataLength);
}

/* Pair(nb, MDL, offset): the driver assigns CurrentMdl and CurrentMdlOffset. */
static void pair(SCRIPT)
{
    BUFFER(0)->CurrentMdl = nbl_test_script_pointer(s, c->text[1]);
    BUFFER(0)->CurrentMdlOffset = NUMBER(2);
}

struct nbl_test_verb const nbl_test_window_verbs[] = {
    { "NdisRetreatNetBufferDataStart", retreat },
    { "NdisRetreatNetBufferListDataStart", retreat_list },
    { "NdisAdvanceNetBufferDataStart", advance },
    { "NdisAdvanceNetBufferListDataStart", advance_list },
    { "NdisGetDataBuffer", get_data_buffer },
    { "NdisCopyFromNetBufferToNetBuffer", copy },
    { "Bytes", bytes },
    { "State", state },
    { "Window", window },
    { "Pair", pair },
    { NULL, NULL },
};
