/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script_field.c - the verbs that read and assign fields: of NBLs, of MDLs, flags, out-of-band slots.
 */
#include "nbl_test_script.h"

#include <inttypes.h>

#include "nbl_test_mdl.h"

#define SCRIPT struct nbl_test_script *s, struct nbl_test_call const *c
#define NUMBER(i) nbl_test_script_ulong(s, c, i)
#define POINTER(i) nbl_test_script_pointer(s, c->text[i])
#define LIST(i) nbl_test_script_list(s, c, i)
#define SLOTS ((unsigned)MaxNetBufferListInfo)

/* ---- fields ---- */

/* A field of a kind of object: a pointer, or a number of so many bytes. */
static struct {
    char const *name;
    size_t offset, bytes;
    bool pointer;
} const fields[] = {
    { "ParentNetBufferList", offsetof(NET_BUFFER_LIST, ParentNetBufferList), sizeof(void *), true },
    { "ChildRefCount", offsetof(NET_BUFFER_LIST, ChildRefCount), 4, false },
    { "Context", offsetof(NET_BUFFER_LIST, Context), sizeof(void *), true },
    { "SourceHandle", offsetof(NET_BUFFER_LIST, SourceHandle), sizeof(void *), true },
    { "NextNetBufferList", offsetof(NET_BUFFER_LIST, Next), sizeof(void *), true },
    { "NblFlags", offsetof(NET_BUFFER_LIST, NblFlags), 4, false },
    { "NextMdl", offsetof(MDL, Next), sizeof(void *), true },
    { "MdlFlags", offsetof(MDL, MdlFlags), 2, false },
    { "ByteCount", offsetof(MDL, ByteCount), 4, false },
    { "MappedSystemVa", offsetof(MDL, MappedSystemVa), sizeof(void *), true },
    { "MdlAddress", offsetof(IRP, MdlAddress), sizeof(void *), true },
};

static size_t find_field(char const *name)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strcmp(fields[i].name, name) == 0)
            return i;
    fail_msg("no such field: %s", name);
    return 0;
}

static uint32_t read_number(unsigned char const *at, size_t bytes)
{
    uint16_t two;
    uint32_t four;
    memcpy(&two, at, sizeof(two));
    if (bytes == 2)
        return two;
    memcpy(&four, at, sizeof(four));
    return four;
}

/* Get(object, field): a name, or a number */
static void get(SCRIPT)
{
    size_t const i = find_field(c->text[1]);
    unsigned char const *at = (unsigned char const *)POINTER(0) + fields[i].offset;
    void *pointer;
    if (fields[i].pointer) {
        memcpy(&pointer, at, sizeof(pointer));
        nbl_test_script_output(s, "%s", nbl_test_script_name(s, pointer));
    } else {
        nbl_test_script_output(s, strstr(fields[i].name, "Flags") != NULL ? "0x%X" : "%u",
                               (unsigned)read_number(at, fields[i].bytes));
    }
}

/* Set(object, field, value) */
static void set(SCRIPT)
{
    size_t const i = find_field(c->text[1]);
    unsigned char *at = (unsigned char *)POINTER(0) + fields[i].offset;
    if (fields[i].pointer) {
        void *pointer = POINTER(2);
        memcpy(at, &pointer, sizeof(pointer));
    } else if (fields[i].bytes == 2) {
        uint16_t const value = (uint16_t)NUMBER(2);
        memcpy(at, &value, sizeof(value));
    } else {
        uint32_t const value = NUMBER(2);
        memcpy(at, &value, sizeof(value));
    }
}

/* name = FirstMdl(nb), name = FirstNetBuffer(list): a name for what a call made */
static void name_first_mdl(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_NAME_ONLY, nbl_test_script_buffer(s, c, 0)->MdlChain, 0);
}

static void name_first_buffer(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_NAME_ONLY, LIST(0)->FirstNetBuffer, 0);
}

/* ---- before and after ---- */

/* Remember(list or MDL); Unchanged(it) */
static void remember(SCRIPT)
{
    struct nbl_test_object const *object = nbl_test_script_find(s, c->text[0]);
    if (object->kind == NBL_TEST_IO_MDL)
        s->before_mdl = *(MDL const *)object->pointer;
    else
        s->before = nbl_test_snapshot_take(object->pointer);
}

static void unchanged(SCRIPT)
{
    struct nbl_test_object const *object = nbl_test_script_find(s, c->text[0]);
    char const *difference = NULL;
    if (object->kind == NBL_TEST_IO_MDL)
        nbl_test_same_mdl(object->pointer, &s->before_mdl);
    else
        difference = nbl_test_snapshot_difference(s->before, object->pointer);
    nbl_test_script_output(s, "%s", difference != NULL ? difference : "unchanged");
}

/* ---- flags ---- */

static void test_flag(SCRIPT)
{
    nbl_test_script_output(s, "%s", NdisTestNblFlag(LIST(0), NUMBER(1)) ? "TRUE" : "FALSE");
}

static void test_flags(SCRIPT)
{
    nbl_test_script_output(s, "%s", NdisTestNblFlags(LIST(0), NUMBER(1)) ? "TRUE" : "FALSE");
}

static void consistent(SCRIPT)
{
    nbl_test_script_output(s, "%s", nbl_flags_consistent(LIST(0)->NblFlags) ? "TRUE" : "FALSE");
}

/* ---- slots ---- */

static PVOID slot_value(ULONG seed, unsigned slot)
{
    return (PVOID)(uintptr_t)(seed * 0x1000u + slot * 16u + 1u);
}

/* FillSlots(list, n): every slot gets a value of its own, others for another n. */
static void fill_slots(SCRIPT)
{
    for (unsigned i = 0; i < SLOTS; i++)
        LIST(0)->NetBufferListInfo[i] = slot_value(NUMBER(1), i);
}

/* FilledSlots(list, n): the slots that hold what FillSlots(.., n) stored */
static void filled_slots(SCRIPT)
{
    char text[NBL_TEST_OUTPUT] = "";
    for (unsigned i = 0; i < SLOTS; i++) {
        size_t const used = strlen(text);
        if (LIST(0)->NetBufferListInfo[i] == slot_value(NUMBER(1), i))
            snprintf(text + used, sizeof(text) - used, "%s%u", used > 0 ? "," : "", i);
    }
    nbl_test_script_output(s, "%s", text);
}

static void set_slot(SCRIPT)
{
    LIST(0)->NetBufferListInfo[NUMBER(1)] = (PVOID)(uintptr_t)nbl_test_script_number(s, c, 2);
}

static void slot(SCRIPT)
{
    nbl_test_script_output(s, "0x%" PRIX64, (uint64_t)(uintptr_t)LIST(0)->NetBufferListInfo[NUMBER(1)]);
}

static void copy_send(SCRIPT)
{
    NdisCopySendNetBufferListInfo(LIST(0), LIST(1));
}

static void copy_receive(SCRIPT)
{
    NdisCopyReceiveNetBufferListInfo(LIST(0), LIST(1));
}

static void get_protocol_id(SCRIPT)
{
    nbl_test_script_output(s, "%u", (unsigned)NdisGetNetBufferListProtocolId(LIST(0)));
}

static void set_protocol_id(SCRIPT)
{
    NdisSetNetBufferListProtocolId(LIST(0), (UCHAR)NUMBER(1));
}

static void set_hash_type(SCRIPT)
{
    NET_BUFFER_LIST_SET_HASH_TYPE(LIST(0), NUMBER(1));
}

static void set_hash_function(SCRIPT)
{
    NET_BUFFER_LIST_SET_HASH_FUNCTION(LIST(0), NUMBER(1));
}

static void get_hash_type(SCRIPT)
{
    nbl_test_script_output(s, "0x%X", (unsigned)NET_BUFFER_LIST_GET_HASH_TYPE(LIST(0)));
}

static void get_hash_function(SCRIPT)
{
    nbl_test_script_output(s, "%u", (unsigned)NET_BUFFER_LIST_GET_HASH_FUNCTION(LIST(0)));
}

static void set_timestamp(SCRIPT)
{
    NET_BUFFER_LIST_TIMESTAMP const value = { nbl_test_script_number(s, c, 1) };
    NdisSetNblTimestampInfo(LIST(0), &value);
}

static void get_timestamp(SCRIPT)
{
    NET_BUFFER_LIST_TIMESTAMP value = { 0 };
    NdisGetNblTimestampInfo(LIST(0), &value);
    nbl_test_script_output(s, "0x%" PRIX64, (uint64_t)value.Timestamp);
}

static void copy_timestamp(SCRIPT)
{
    NdisCopyNblTimestampInfo(LIST(0), LIST(1));
}

struct nbl_test_verb const nbl_test_field_verbs[] = {
    { "Get", get },
    { "Set", set },
    { "FirstMdl", name_first_mdl },
    { "FirstNetBuffer", name_first_buffer },
    { "Remember", remember },
    { "Unchanged", unchanged },
    { "NdisTestNblFlag", test_flag },
    { "NdisTestNblFlags", test_flags },
    { "nbl_flags_consistent", consistent },
    { "FillSlots", fill_slots },
    { "FilledSlots", filled_slots },
    { "SetSlot", set_slot },
    { "Slot", slot },
    { "NdisCopySendNetBufferListInfo", copy_send },
    { "NdisCopyReceiveNetBufferListInfo", copy_receive },
    { "NdisGetNetBufferListProtocolId", get_protocol_id },
    { "NdisSetNetBufferListProtocolId", set_protocol_id },
    { "NET_BUFFER_LIST_SET_HASH_TYPE", set_hash_type },
    { "NET_BUFFER_LIST_SET_HASH_FUNCTION", set_hash_function },
    { "NET_BUFFER_LIST_GET_HASH_TYPE", get_hash_type },
    { "NET_BUFFER_LIST_GET_HASH_FUNCTION", get_hash_function },
    { "NdisSetNblTimestampInfo", set_timestamp },
    { "NdisGetNblTimestampInfo", get_timestamp },
    { "NdisCopyNblTimestampInfo", copy_timestamp },
    { NULL, NULL },
};
