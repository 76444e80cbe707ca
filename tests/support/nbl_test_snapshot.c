/* SPDX-License-Identifier: MIT
 *
 * nbl_test_snapshot.c - writing a NBL down piece by piece, and comparing two such records.
 */
#include "nbl_test.h"

#include "mdl/record.h"

#define LABEL 40

/* A piece is some bytes with a name; pieces of two snapshots are compared in order. */
struct piece {
    char label[LABEL];
    size_t offset;
    size_t bytes;
};

struct nbl_test_snapshot {
    struct piece *pieces;
    size_t count, room;
    unsigned char *data;
    size_t used, data_room;
};

struct field {
    char const *name;
    size_t offset;
    size_t bytes;
};

#define FIELD(type, name) { #name, offsetof(type, name), sizeof(((type *)0)->name) }

static struct field const nbl_fields[] = {
    FIELD(NET_BUFFER_LIST, Next),
    FIELD(NET_BUFFER_LIST, FirstNetBuffer),
    FIELD(NET_BUFFER_LIST, Context),
    FIELD(NET_BUFFER_LIST, ParentNetBufferList),
    FIELD(NET_BUFFER_LIST, NdisPoolHandle),
    FIELD(NET_BUFFER_LIST, ProtocolReserved),
    FIELD(NET_BUFFER_LIST, MiniportReserved),
    FIELD(NET_BUFFER_LIST, Scratch),
    FIELD(NET_BUFFER_LIST, SourceHandle),
    FIELD(NET_BUFFER_LIST, NblFlags),
    FIELD(NET_BUFFER_LIST, ChildRefCount),
    FIELD(NET_BUFFER_LIST, Flags),
    FIELD(NET_BUFFER_LIST, Status),
    FIELD(NET_BUFFER_LIST, NetBufferListInfo),
    { NULL, 0, 0 },
};

static struct field const buffer_fields[] = {
    FIELD(NET_BUFFER, Next),
    FIELD(NET_BUFFER, CurrentMdl),
    FIELD(NET_BUFFER, CurrentMdlOffset),
    FIELD(NET_BUFFER, stDataLength),
    FIELD(NET_BUFFER, MdlChain),
    FIELD(NET_BUFFER, DataOffset),
    FIELD(NET_BUFFER, ChecksumBias),
    FIELD(NET_BUFFER, Reserved),
    FIELD(NET_BUFFER, NdisPoolHandle),
    FIELD(NET_BUFFER, ProtocolReserved),
    FIELD(NET_BUFFER, MiniportReserved),
    FIELD(NET_BUFFER, DataPhysicalAddress),
    FIELD(NET_BUFFER, SharedMemoryInfo),
    { NULL, 0, 0 },
};

static struct field const mdl_fields[] = {
    FIELD(MDL, Next),    FIELD(MDL, Size),      FIELD(MDL, MdlFlags),   FIELD(MDL, MappedSystemVa),
    FIELD(MDL, StartVa), FIELD(MDL, ByteCount), FIELD(MDL, ByteOffset), { NULL, 0, 0 },
};

static struct field const context_fields[] = {
    FIELD(NET_BUFFER_LIST_CONTEXT, Next),
    FIELD(NET_BUFFER_LIST_CONTEXT, Size),
    FIELD(NET_BUFFER_LIST_CONTEXT, Offset),
    { NULL, 0, 0 },
};

static void *grown(void *memory, size_t *room, size_t needed, size_t unit)
{
    if (needed <= *room)
        return memory;
    *room = 2 * needed;
    memory = realloc(memory, *room * unit);
    assert_non_null(memory);
    return memory;
}

/* Adds one piece "kind number name". */
static void add(struct nbl_test_snapshot *to, char const *kind, unsigned number, char const *name, void const *from,
                size_t bytes)
{
    struct piece *piece;
    to->pieces = grown(to->pieces, &to->room, to->count + 1, sizeof(*to->pieces));
    to->data = grown(to->data, &to->data_room, to->used + bytes, 1);
    piece = &to->pieces[to->count++];
    snprintf(piece->label, LABEL, "%s %u %s", kind, number, name);
    piece->offset = to->used;
    piece->bytes = bytes;
    memcpy(to->data + to->used, from, bytes);
    to->used += bytes;
}

static void add_fields(struct nbl_test_snapshot *to, char const *kind, unsigned number, struct field const *fields,
                       void const *from)
{
    for (; fields->name != NULL; fields++)
        add(to, kind, number, fields->name, (unsigned char const *)from + fields->offset, fields->bytes);
}

static bool driver_owns(MDL const *mdl)
{
    struct nbl__mdl_record const *record = nbl__mdl_record_of(mdl);
    return record == NULL || record->kind == NBL__MDL_NDIS || record->kind == NBL__MDL_IO;
}

/* Bytes of MDLs that the library owns are recorded only as far as they are used data. */
static void add_chain(struct nbl_test_snapshot *to, unsigned number, NET_BUFFER const *buffer)
{
    uint64_t position = 0;
    uint64_t const start = buffer->DataOffset, end = start + buffer->DataLength;
    for (MDL const *mdl = buffer->MdlChain; mdl != NULL; position += mdl->ByteCount, mdl = mdl->Next) {
        uint64_t from = position, stop = position + mdl->ByteCount;
        add(to, "NB", number, "MDL address", &mdl, sizeof(mdl));
        add_fields(to, "MDL of NB", number, mdl_fields, mdl);
        if (!driver_owns(mdl)) {
            from = from < start ? start : from;
            stop = stop > end ? end : stop;
        }
        if (from < stop)
            add(to, "NB", number, "bytes", nbl_test_address(mdl) + (from - position), (size_t)(stop - from));
    }
}

/* Under K-AUTO-PARENT ChildRefCount goes up and down with the children; the rest of it has to stay. */
static void add_list(struct nbl_test_snapshot *to, NET_BUFFER_LIST const *list)
{
    NET_BUFFER_LIST copy = *list;
    if (nbl_knob_get(NBL_KNOB_AUTO_PARENT))
        copy.ChildRefCount -= (LONG)nbl_derive_children(list);
    add_fields(to, "NBL", 0, nbl_fields, &copy);
}

struct nbl_test_snapshot *nbl_test_snapshot_take(NET_BUFFER_LIST const *list)
{
    struct nbl_test_snapshot *to = calloc(1, sizeof(*to));
    unsigned number = 0;
    assert_non_null(to);
    add_list(to, list);
    for (NET_BUFFER_LIST_CONTEXT const *block = list->Context; block != NULL; block = block->Next, number++) {
        add(to, "context", number, "address", &block, sizeof(block));
        add_fields(to, "context", number, context_fields, block);
    }
    number = 0;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, number++) {
        add(to, "NB", number, "address", &buffer, sizeof(buffer));
        add_fields(to, "NB", number, buffer_fields, buffer);
        add_chain(to, number, buffer);
    }
    return to;
}

void nbl_test_snapshot_free(struct nbl_test_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    free(snapshot->pieces);
    free(snapshot->data);
    free(snapshot);
}

/* Returns the first piece of `now` that `was` does not have in the same place with the same bytes. */
static char const *first_difference(struct nbl_test_snapshot const *was, struct nbl_test_snapshot const *now)
{
    for (size_t i = 0; i < now->count; i++) {
        struct piece const *new_piece = &now->pieces[i], *old_piece = &was->pieces[i];
        if (i >= was->count || strcmp(old_piece->label, new_piece->label) != 0 || old_piece->bytes != new_piece->bytes
            || memcmp(was->data + old_piece->offset, now->data + new_piece->offset, new_piece->bytes) != 0)
            return new_piece->label;
    }
    return was->count > now->count ? was->pieces[now->count].label : NULL;
}

char const *nbl_test_snapshot_difference(struct nbl_test_snapshot const *snapshot, NET_BUFFER_LIST const *list)
{
    static char text[LABEL];
    struct nbl_test_snapshot *now = nbl_test_snapshot_take(list);
    char const *label = first_difference(snapshot, now);
    if (label != NULL)
        memcpy(text, label, LABEL);
    nbl_test_snapshot_free(now);
    return label != NULL ? text : NULL;
}

void nbl_test_unchanged(struct nbl_test_snapshot *snapshot, NET_BUFFER_LIST const *list)
{
    char const *difference = nbl_test_snapshot_difference(snapshot, list);
    nbl_test_snapshot_free(snapshot);
    if (difference != NULL)
        fail_msg("changed: %s", difference);
}

bool nbl_test_same_buffer(NET_BUFFER const *was, NET_BUFFER const *now)
{
    bool same = memcmp(was->NdisReserved, now->NdisReserved, sizeof(was->NdisReserved)) == 0;
    for (struct field const *field = buffer_fields; same && field->name != NULL; field++)
        same = memcmp((unsigned char const *)was + field->offset, (unsigned char const *)now + field->offset,
                      field->bytes) == 0;
    return same;
}
