/* SPDX-License-Identifier: MIT
 *
 * window_operations.c - operations on one NET_BUFFER or on the window of all of a list: each does the call, and says in the
 * picture what must have happened.
 */
#include "model.h"

/* ---- retreat ---- */

static unsigned short_handler_errors(struct buffer const *buffer, ULONG wanted, ULONG delta,
                                     NET_BUFFER_ALLOCATE_MDL *handler)
{
    return handler == handler_allocate_less && delta > buffer->offset && wanted > 1 ? 1 : 0;
}

/* What a successful retreat does to the picture (RET-03, RET-05, RET-13). */
static void retreat_picture(struct buffer *buffer, ULONG delta, NET_BUFFER_ALLOCATE_MDL *handler)
{
    if (delta <= buffer->offset) {
        buffer->offset -= delta;
    } else {
        MDL *mdl = buffer->real->MdlChain;
        struct piece *piece = front_piece(buffer);
        piece->kind = handler == NULL ? PIECE_RETREAT : PIECE_CUSTOM;
        piece->mdl = mdl;
        piece->bytes = mdl->ByteCount;
        piece->region = region_new(nbl_test_address(mdl), mdl->ByteCount, NULL);
        buffer->offset = buffer->offset + piece->bytes - delta;
    }
    buffer->length += delta;
    if (delta > 0)
        buffer->loose = false;
}

/* New bytes hold anything until they are written; bytes of old backfill hold what they held (NB-03). */
static void fill_new_bytes(struct buffer *buffer, ULONG delta)
{
    check_buffer_but_data(buffer);
    fill_positions(buffer, buffer->offset, delta, chance(2));
}

/* RET-13: less than asked for is enough when it reaches the new start. */
static bool served(struct buffer const *buffer, ULONG delta, unsigned customs_before)
{
    return world.custom_count > customs_before
        && buffer->offset + world.customs[world.custom_count - 1].mdl->ByteCount >= delta;
}

NDIS_STATUS retreat_buffer(struct buffer *buffer, ULONG delta, ULONG backfill, NET_BUFFER_ALLOCATE_MDL *handler)
{
    bool const allocates = delta > buffer->offset;
    unsigned const customs_before = world.custom_count;
    unsigned errors = short_handler_errors(buffer, retreat_bytes(buffer, delta, backfill), delta, handler);
    NDIS_STATUS status, expected = NDIS_STATUS_SUCCESS;
    bool failed;
    call_begins(true);
    status = NdisRetreatNetBufferDataStart(buffer->real, delta, backfill, handler);
    failed = call_ended();
    if (failed) {
        expected = NDIS_STATUS_RESOURCES;
        errors = 0;
    } else if (errors > 0 && !served(buffer, delta, customs_before)) {
        expected = NDIS_STATUS_FAILURE;
    }
    if (status != expected)
        broken("the retreat returned %s instead of %s", nbl_status_name(status), nbl_status_name(expected));
    if (!allocates && failed)
        broken("a retreat within the backfill allocated");
    expect_errors(errors);
    if (status == NDIS_STATUS_SUCCESS) {
        ULONG const bytes = retreat_bytes(buffer, delta, backfill);
        retreat_picture(buffer, delta, handler);
        if (allocates && handler == NULL && buffer->pieces[0].bytes != bytes)
            broken("%u bytes were allocated instead of %u", (unsigned)buffer->pieces[0].bytes, (unsigned)bytes);
        fill_new_bytes(buffer, delta);
    }
    return status;
}

static ULONG random_delta(struct buffer const *buffer)
{
    switch (pick(5)) {
    case 0: return buffer->offset;
    case 1: return buffer->offset + 1;
    case 2: return pick(buffer->offset + 1);
    default: return pick(20);
    }
}

static NET_BUFFER_ALLOCATE_MDL *random_handler(void)
{
    switch (pick(6)) {
    case 0: return handler_allocate_exact;
    case 1: return handler_allocate_more;
    case 5: return handler_allocate_less;
    default: return NULL;
    }
}

void do_retreat(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    ULONG delta;
    if (buffer == NULL || buffer->count == BUFFER_PIECES || buffer->length > 200)
        return;
    delta = random_delta(buffer);
    if (delta > buffer->offset && delta > 200)
        return; /* more new memory than the picture has room for */
    note("list %d NB %d by %u", (int)(list - world.lists), (int)(buffer - list->buffers), (unsigned)delta);
    (void)retreat_buffer(buffer, delta, pick(3) * pick(10), random_handler());
}

/* RET-13 for each NB in turn: counts the MDLs that were shorter than asked for; false when one did not reach. NB i that needs
 * an MDL has to get the i-th that was given. */
static bool list_served(struct list const *list, ULONG delta, ULONG backfill, unsigned *errors)
{
    unsigned given = 0;
    *errors = 0;
    for (unsigned i = 0; i < list->count && given < world.given_count; i++) {
        ULONG bytes;
        if (delta <= list->buffers[i].offset)
            continue;
        bytes = world.given[given++];
        *errors += bytes < retreat_bytes(&list->buffers[i], delta, backfill) ? 1u : 0u;
        if (list->buffers[i].offset + bytes < delta)
            return false;
    }
    return true;
}

static void retreat_list_picture(struct list *list, ULONG delta, NET_BUFFER_ALLOCATE_MDL *handler)
{
    unsigned given = 0;
    for (unsigned i = 0; i < list->count; i++) {
        bool const allocates = delta > list->buffers[i].offset;
        retreat_picture(&list->buffers[i], delta, handler);
        if (allocates && handler != NULL && list->buffers[i].pieces[0].bytes != world.given[given++])
            broken("NB %u got the MDL of another", i);
        fill_new_bytes(&list->buffers[i], delta);
    }
}

/* RET-15, RET-16: all NBs or none. */
void do_retreat_list(void)
{
    struct list *list = any_list();
    NET_BUFFER_ALLOCATE_MDL *handler = random_handler();
    ULONG const delta = pick(24), backfill = pick(12);
    unsigned const frees = world.handler_frees, customs = world.custom_count;
    NDIS_STATUS status, expected = NDIS_STATUS_SUCCESS;
    unsigned errors;
    if (list == NULL)
        return;
    for (unsigned i = 0; i < list->count; i++)
        if (list->buffers[i].count == BUFFER_PIECES || list->buffers[i].length > 200)
            return;
    note("list %d by %u", (int)(list - world.lists), (unsigned)delta);
    call_begins(true);
    status = NdisRetreatNetBufferListDataStart(list->real, delta, backfill, handler, handler == NULL ? NULL : handler_free);
    if (call_ended())
        expected = NDIS_STATUS_RESOURCES;
    if (!list_served(list, delta, backfill, &errors))
        expected = NDIS_STATUS_FAILURE;
    expect_errors(errors);
    if (status != expected)
        broken("the retreat returned %s instead of %s", nbl_status_name(status), nbl_status_name(expected));
    if (status != NDIS_STATUS_SUCCESS && world.custom_count != customs)
        broken("a failed retreat kept %u MDLs of the handler", world.custom_count - customs);
    if (status == NDIS_STATUS_SUCCESS && world.handler_frees != frees)
        broken("a retreat that succeeded freed an MDL");
    if (status == NDIS_STATUS_SUCCESS)
        retreat_list_picture(list, delta, handler);
}

/* ---- advance ---- */

/* ADV-03, ADV-05..ADV-12 in the picture; returns how many errors the call announces. */
static unsigned advance_picture(struct buffer *buffer, ULONG delta, bool free_mdl, bool with_handler)
{
    unsigned errors = delta > buffer->length ? 1 : 0;
    delta = delta > buffer->length ? buffer->length : delta;
    if (delta == 0)
        return errors;
    buffer->offset += delta;
    buffer->length -= delta;
    buffer->loose = false;
    while (free_mdl && buffer->count > 0 && buffer->offset >= buffer->pieces[0].bytes) {
        enum piece_kind const kind = buffer->pieces[0].kind;
        if (!advance_frees(kind))
            break;
        if (kind == PIECE_CUSTOM && !with_handler)
            return errors + 1;
        world.balance += kind == PIECE_DERIVED || kind == PIECE_PRIVATE ? 1 : 0; /* it came with its list, and was not announced by itself */
        buffer->offset -= buffer->pieces[0].bytes;
        buffer->count--;
        memmove(&buffer->pieces[0], &buffer->pieces[1], buffer->count * sizeof(buffer->pieces[0]));
    }
    return errors;
}

static unsigned customs_in(struct buffer const *buffer)
{
    unsigned customs = 0;
    for (unsigned i = 0; i < buffer->count; i++)
        customs += buffer->pieces[i].kind == PIECE_CUSTOM ? 1u : 0u;
    return customs;
}

void advance_buffer(struct buffer *buffer, ULONG delta, bool free_mdl, bool with_handler)
{
    unsigned const frees = world.handler_frees, customs = customs_in(buffer);
    call_begins(false);
    NdisAdvanceNetBufferDataStart(buffer->real, delta, free_mdl, with_handler ? handler_free : NULL);
    (void)call_ended();
    expect_errors(advance_picture(buffer, delta, free_mdl, with_handler));
    if (world.handler_frees - frees != customs - customs_in(buffer))
        broken("the free handler was called %u times", world.handler_frees - frees);
}

/* While derived lists live, nothing that they may refer to is freed. */
static bool may_free(struct list const *list)
{
    return list->children == 0 && chance(2);
}

static ULONG random_advance(struct buffer const *buffer)
{
    ULONG offset;
    switch (pick(8)) {
    case 0: return buffer->length;
    case 1: return buffer->length + 1 + pick(5);
    case 2: return 0;
    case 3:
        return buffer->length == 0 ? 0 : (piece_at(buffer, buffer->offset, &offset), pick(buffer->length + 1) | 1u);
    default: return pick(buffer->length + 1);
    }
}

void do_advance(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    ULONG delta;
    bool free_mdl;
    if (buffer == NULL)
        return;
    delta = random_advance(buffer);
    free_mdl = may_free(list);
    note("list %d NB %d by %u %s", (int)(list - world.lists), (int)(buffer - list->buffers), (unsigned)delta,
         free_mdl ? "and free" : "");
    advance_buffer(buffer, delta, free_mdl, !chance(4));
}

void do_advance_list(void)
{
    struct list *list = any_list();
    ULONG const delta = pick(20);
    bool const with_handler = !chance(4);
    bool free_mdl;
    unsigned errors = 0;
    if (list == NULL)
        return;
    free_mdl = may_free(list);
    note("list %d by %u %s", (int)(list - world.lists), (unsigned)delta, free_mdl ? "and free" : "");
    call_begins(false);
    NdisAdvanceNetBufferListDataStart(list->real, delta, free_mdl, with_handler ? handler_free : NULL);
    (void)call_ended();
    for (unsigned i = 0; i < list->count; i++)
        errors += advance_picture(&list->buffers[i], delta, free_mdl, with_handler);
    expect_errors(errors);
}

/* PROP-01: the identity on every field. */
void do_advance_and_back(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    NET_BUFFER before;
    ULONG delta;
    if (buffer == NULL || buffer->loose)
        return;
    before = *buffer->real;
    delta = pick(buffer->length + 1);
    note("list %d NB %d by %u", (int)(list - world.lists), (int)(buffer - list->buffers), (unsigned)delta);
    NdisAdvanceNetBufferDataStart(buffer->real, delta, FALSE, NULL);
    if (NdisRetreatNetBufferDataStart(buffer->real, delta, pick(9), NULL) != NDIS_STATUS_SUCCESS)
        broken("the way back failed");
    if (!nbl_test_same_buffer(&before, buffer->real))
        broken("advance and retreat changed a field");
}

static bool front_is_drivers(struct buffer const *buffer)
{
    return buffer->count == 0 || buffer->pieces[0].kind == PIECE_DRIVER || buffer->pieces[0].kind == PIECE_POOL
        || buffer->pieces[0].kind == PIECE_SHARED;
}

/* PROP-02: the identity on every field, when no unused memory of an earlier retreat is in front, which ADV-09 would free. */
void do_retreat_and_back(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    NET_BUFFER before;
    ULONG delta;
    if (buffer == NULL || buffer->loose || list->children != 0 || !front_is_drivers(buffer))
        return;
    settle_end(buffer->real);
    before = *buffer->real;
    delta = random_delta(buffer);
    note("list %d NB %d by %u", (int)(list - world.lists), (int)(buffer - list->buffers), (unsigned)delta);
    if (NdisRetreatNetBufferDataStart(buffer->real, delta, pick(9), NULL) != NDIS_STATUS_SUCCESS)
        broken("the retreat failed");
    NdisAdvanceNetBufferDataStart(buffer->real, delta, TRUE, NULL);
    if (!nbl_test_same_buffer(&before, buffer->real))
        broken("retreat and advance changed a field");
}

/* ---- reading ---- */

void do_adjust(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    if (buffer == NULL)
        return;
    note("list %d NB %d", (int)(list - world.lists), (int)(buffer - list->buffers));
    NdisAdjustNetBufferCurrentMdl(buffer->real);
    buffer->loose = false;
    expect_errors(0);
}

static bool in_one_piece(struct buffer const *buffer, ULONG bytes)
{
    ULONG offset;
    int const index = piece_at(buffer, buffer->offset, &offset);
    return index >= 0 && offset + bytes <= buffer->pieces[index].bytes;
}

static void check_copied(struct buffer const *buffer, unsigned char const *storage, ULONG bytes)
{
    for (ULONG i = 0; i < bytes; i++) {
        ULONG at;
        struct region const *region = byte_at(buffer, buffer->offset + i, &at);
        if (storage[i] != region->value[at])
            broken("byte %u of the copy is %u instead of %u", (unsigned)i, storage[i], region->value[at]);
    }
}

/* GDB-01..GDB-06. */
void do_get_data(void)
{
    static unsigned char storage[8 * REGION_BYTES + 1];
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    bool const with_storage = chance(2);
    ULONG const multiple = 1u << pick(4), remainder = pick(multiple);
    unsigned char *place;
    ULONG bytes, offset;
    int index;
    if (buffer == NULL || buffer->length > 4 * REGION_BYTES)
        return;
    bytes = pick(buffer->length + 3);
    note("list %d NB %d, %u bytes", (int)(list - world.lists), (int)(buffer - list->buffers), (unsigned)bytes);
    memset(storage, 0xEE, bytes + 1);
    place = NdisGetDataBuffer(buffer->real, bytes, with_storage ? storage : NULL, multiple, remainder);
    expect_errors(0);
    index = piece_at(buffer, buffer->offset, &offset);
    if (bytes > buffer->length) {
        if (place != NULL)
            broken("more bytes than there are were given");
    } else if (bytes == 0) {
        if (place != (index < 0 ? (with_storage ? storage : NULL)
                                : buffer->pieces[index].region->base + buffer->pieces[index].start + offset))
            broken("no bytes are at the wrong address");
    } else if (in_one_piece(buffer, bytes)
               && (uintptr_t)(buffer->pieces[index].region->base + buffer->pieces[index].start + offset) % multiple
                   == remainder) {
        if (place != buffer->pieces[index].region->base + buffer->pieces[index].start + offset)
            broken("bytes in place were not given in place");
    } else if (place != (with_storage ? storage : NULL)) {
        broken("bytes that are not in place were not copied");
    }
    if (place == storage && bytes > 0 && bytes <= buffer->length)
        check_copied(buffer, storage, bytes);
    if (storage[place == storage ? bytes : 0] != 0xEE && bytes > 0)
        broken("Storage was written where it should not be");
}

/* PHYS-01. */
void do_physical_count(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    if (buffer == NULL)
        return;
    for (unsigned i = 0; i < buffer->count; i++)
        if (buffer->pieces[i].mdl->StartVa == NULL)
            return; /* made by hand: what the pages are, StartVa does not say */
    if (NdisQueryNetBufferPhysicalCount(buffer->real) != expected_pages(buffer))
        broken("the physical count is not %u", (unsigned)expected_pages(buffer));
}

/* ---- writing ---- */

void do_write(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    if (buffer == NULL || buffer->length == 0)
        return;
    note("list %d NB %d", (int)(list - world.lists), (int)(buffer - list->buffers));
    for (ULONG count = 1 + pick(4); count > 0; count--)
        write_position(buffer, buffer->offset + pick(buffer->length));
}
