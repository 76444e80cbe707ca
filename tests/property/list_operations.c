/* SPDX-License-Identifier: MIT
 *
 * list_operations.c - clone, fragment, reassemble, deep copy, free, and context: the call, and the picture of its result.
 */
#include "model.h"

/* ---- pools and results ---- */

static NDIS_HANDLE random_list_pool(bool with_buffer)
{
    if (chance(2))
        return NULL;
    return pools[with_buffer || chance(3) ? POOL_WITH_BUFFER : chance(2) ? POOL_PLAIN : POOL_CONTEXT];
}

static NDIS_HANDLE random_buffer_pool(void)
{
    return chance(2) ? NULL : pools[POOL_BUFFERS];
}

/* Takes MDLs and addresses of new memory from the result; check_list then judges them. */
static void adopt_buffer(struct buffer *buffer, NET_BUFFER *real)
{
    MDL *mdl = real->MdlChain;
    buffer->origin = BUFFER_DERIVED;
    buffer->real = real;
    for (unsigned i = 0; i < buffer->count && mdl != NULL; i++, mdl = mdl->Next) {
        struct piece *piece = &buffer->pieces[i];
        if (piece->kind == PIECE_DERIVED)
            piece->mdl = mdl;
        if (piece->region->base == NULL)
            piece->region->base = nbl_test_address(mdl);
    }
}

static void adopt_list(struct list *child, struct list *parent, NET_BUFFER_LIST *real, enum list_kind kind, ULONG parameter)
{
    NET_BUFFER *buffer = real->FirstNetBuffer;
    child->used = true;
    child->kind = kind;
    child->real = real;
    child->parameter = parameter;
    child->parent = parent;
    if (parent != NULL)
        parent->children++;
    for (unsigned i = 0; i < child->count && buffer != NULL; i++, buffer = buffer->Next)
        adopt_buffer(&child->buffers[i], buffer);
}

/* An MDL with memory of its own in front: `backfill` bytes of backfill, `delta` bytes for a header (FRAG-08). */
static void private_piece(struct buffer *buffer, ULONG delta, ULONG backfill)
{
    if (delta == 0)
        return;
    *front_piece(buffer) = (struct piece){ PIECE_DERIVED, NULL, delta + backfill, region_new(NULL, delta + backfill, NULL),
                                           0 };
    buffer->offset = backfill;
    buffer->length += delta;
}

static struct list *finish(struct list *child, struct list *parent, NET_BUFFER_LIST *real, enum list_kind kind,
                           ULONG parameter, ULONG delta)
{
    bool const failed = call_ended();
    if (failed != (real == NULL))
        broken("the result is %sNULL", real == NULL ? "" : "not ");
    if (real == NULL)
        return NULL;
    adopt_list(child, parent, real, kind, parameter);
    for (unsigned i = 0; i < child->count; i++)
        if (delta > 0)
            fill_positions(&child->buffers[i], child->buffers[i].offset, delta, true);
    return child;
}

/* ---- clone ---- */

/* CLONE-09: from the MDL with the first used byte on. */
static void shared_range(struct buffer const *original, struct buffer *clone)
{
    ULONG offset;
    int const first = piece_at(original, original->offset, &offset);
    for (int i = first; i >= 0 && i < (int)original->count; i++) {
        clone->pieces[clone->count] = original->pieces[i];
        clone->pieces[clone->count++].kind = PIECE_SHARED;
    }
    clone->offset = offset;
}

struct list *clone_list(struct list *source, ULONG flags)
{
    struct list *clone = list_slot();
    NDIS_HANDLE const list_pool = random_list_pool(false), buffer_pool = random_buffer_pool();
    NET_BUFFER_LIST *real;
    if (clone == NULL)
        return NULL;
    for (unsigned i = 0; i < source->count; i++) {
        struct buffer *buffer = &clone->buffers[clone->count++];
        if (flags != 0)
            shared_range(&source->buffers[i], buffer);
        else if (!range_of(&source->buffers[i], source->buffers[i].offset, source->buffers[i].length, buffer, PIECE_DERIVED))
            return NULL;
        buffer->length = source->buffers[i].length;
    }
    clone->pool = list_pool;
    call_begins(true);
    real = NdisAllocateCloneNetBufferList(source->real, list_pool, buffer_pool, flags);
    clone = finish(clone, source, real, LIST_CLONE, flags, 0);
    expect_errors(0);
    return clone;
}

void do_clone(void)
{
    struct list *source = any_list();
    ULONG const flags = chance(3) ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0;
    struct list *clone;
    if (source == NULL)
        return;
    clone = clone_list(source, flags);
    note("list %d flags %u: list %d", (int)(source - world.lists), (unsigned)flags,
         clone == NULL ? -1 : (int)(clone - world.lists));
}

/* ---- fragment ---- */

/* FRAG-03..FRAG-06: cuts one NB. Returns false when the picture has no room. */
static bool cut_buffer(struct list *result, struct buffer const *buffer, ULONG start, ULONG maximum)
{
    for (ULONG done = start; done < buffer->length;) {
        ULONG const bytes = buffer->length - done < maximum ? buffer->length - done : maximum;
        struct buffer *fragment = &result->buffers[result->count];
        if (result->count == LIST_BUFFERS)
            return false;
        result->count++;
        if (!range_of(buffer, buffer->offset + done, bytes, fragment, PIECE_DERIVED) || fragment->count == BUFFER_PIECES)
            return false;
        fragment->length = bytes;
        done += bytes;
    }
    return true;
}

struct list *fragment_list(struct list *source, ULONG start, ULONG maximum, ULONG delta, ULONG backfill)
{
    struct list *result = list_slot();
    NDIS_HANDLE const list_pool = random_list_pool(false), buffer_pool = random_buffer_pool();
    NET_BUFFER_LIST *real;
    unsigned errors = 0;
    if (result == NULL)
        return NULL;
    for (unsigned i = 0; i < source->count; i++) {
        errors += source->buffers[i].length < start ? 1u : 0u;
        if (!cut_buffer(result, &source->buffers[i], start, maximum))
            return NULL;
    }
    for (unsigned i = 0; i < result->count; i++)
        private_piece(&result->buffers[i], delta, backfill);
    result->pool = list_pool;
    call_begins(true);
    real = NdisAllocateFragmentNetBufferList(source->real, list_pool, buffer_pool, start, maximum, delta, backfill, 0);
    if (result->count == 0) {
        if (call_ended() || real != NULL)
            broken("no fragment at all, and the result is not NULL");
        result = NULL;
    } else {
        result = finish(result, source, real, LIST_FRAGMENT, delta, delta);
    }
    expect_errors(errors);
    return result;
}

void do_fragment(void)
{
    struct list *source = any_list();
    ULONG const start = pick(3) * pick(6), maximum = 1 + pick(20), delta = chance(2) ? pick(16) : 0, backfill = pick(12);
    struct list *result;
    if (source == NULL)
        return;
    result = fragment_list(source, start, maximum, delta, backfill);
    note("list %d from %u by %u, delta %u: list %d", (int)(source - world.lists), (unsigned)start, (unsigned)maximum,
         (unsigned)delta, result == NULL ? -1 : (int)(result - world.lists));
}

/* ---- reassemble ---- */

struct list *reassemble_list(struct list *source, ULONG start, ULONG delta, ULONG backfill)
{
    struct list *result = list_slot();
    NDIS_HANDLE const pool = random_list_pool(true);
    struct buffer *whole;
    NET_BUFFER_LIST *real;
    if (result == NULL)
        return NULL;
    whole = &result->buffers[0];
    result->count = 1;
    for (unsigned i = 0; i < source->count; i++) {
        struct buffer const *buffer = &source->buffers[i];
        ULONG const bytes = buffer->length > start ? buffer->length - start : 0;
        if (bytes > 0 && !range_of(buffer, buffer->offset + start, bytes, whole, PIECE_DERIVED))
            return NULL;
        whole->length += bytes;
    }
    if (whole->count == BUFFER_PIECES)
        return NULL;
    private_piece(whole, delta, backfill);
    result->pool = pool;
    call_begins(true);
    real = NdisAllocateReassembledNetBufferList(source->real, pool, start, delta, backfill, 0);
    result = finish(result, source, real, LIST_REASSEMBLED, delta, delta);
    expect_errors(0);
    return result;
}

void do_reassemble(void)
{
    struct list *source = any_list();
    ULONG const start = pick(2) * pick(8), delta = chance(2) ? pick(16) : 0, backfill = pick(12);
    struct list *result;
    if (source == NULL)
        return;
    result = reassemble_list(source, start, delta, backfill);
    note("list %d from %u, delta %u: list %d", (int)(source - world.lists), (unsigned)start, (unsigned)delta,
         result == NULL ? -1 : (int)(result - world.lists));
}

/* ---- deep copy ---- */

static void copy_picture(struct buffer const *original, struct buffer *copy, ULONG backfill)
{
    ULONG const bytes = backfill + original->length;
    if (bytes > 0) {
        struct region *region = region_new(NULL, bytes, NULL);
        copy->pieces[copy->count++] = (struct piece){ PIECE_DERIVED, NULL, bytes, region, 0 };
        for (ULONG i = 0; i < original->length; i++) {
            ULONG at;
            struct region const *from = byte_at(original, original->offset + i, &at);
            region->value[backfill + i] = from->value[at];
            region->known[backfill + i] = true;
        }
        copy->offset = backfill;
    }
    copy->length = original->length;
}

void do_deep_copy(void)
{
    struct list *source = any_list(), *copy = list_slot();
    NDIS_HANDLE const list_pool = random_list_pool(false), buffer_pool = random_buffer_pool();
    ULONG const backfill = pick(3) * pick(8);
    NET_BUFFER_LIST *real;
    if (source == NULL || copy == NULL)
        return;
    for (unsigned i = 0; i < source->count; i++) {
        if (source->buffers[i].length + backfill > REGION_BYTES)
            return;
        copy_picture(&source->buffers[i], &copy->buffers[copy->count++], backfill);
    }
    copy->pool = list_pool;
    call_begins(true);
    real = nbl_derive_copy(source->real, list_pool, buffer_pool, backfill);
    copy = finish(copy, NULL, real, LIST_COPY, 0, 0);
    expect_errors(0);
    note("list %d: list %d", (int)(source - world.lists), copy == NULL ? -1 : (int)(copy - world.lists));
}

/* ---- free ---- */

static void free_real(struct list const *list)
{
    switch (list->kind) {
    case LIST_PLAIN: NdisFreeNetBufferList(list->real); break;
    case LIST_CLONE: NdisFreeCloneNetBufferList(list->real, list->parameter); break;
    case LIST_FRAGMENT: NdisFreeFragmentNetBufferList(list->real, list->parameter, 0); break;
    case LIST_REASSEMBLED: NdisFreeReassembledNetBufferList(list->real, list->parameter, 0); break;
    case LIST_COPY: nbl_derive_free_copy(list->real); break;
    }
}

/* NBL-08, CLONE-12: what a driver left attached is an error; retreat memory of a derived list only a warning. An MDL of the
 * driver's allocator is lost, not freed, so no event says that it went. */
static unsigned errors_of_buffer(struct list const *list, struct buffer const *buffer)
{
    unsigned lost = 0, reclaimed = 0;
    for (unsigned i = 0; i < buffer->count; i++) {
        lost += buffer->pieces[i].kind == PIECE_CUSTOM ? 1u : 0u;
        reclaimed += buffer->pieces[i].kind == PIECE_RETREAT ? 1u : 0u;
    }
    world.balance -= lost;
    return list->kind == LIST_PLAIN ? lost + reclaimed : lost;
}

static unsigned errors_of_list(struct list const *list)
{
    unsigned errors = 0;
    for (unsigned i = 0; i < list->count; i++)
        if (list->buffers[i].origin != BUFFER_POOL)
            errors += errors_of_buffer(list, &list->buffers[i]);
    for (unsigned i = 0; i < list->context_count; i++)
        errors += list->contexts[i].block_bytes != 0 ? 1u : 0u;
    return errors;
}

/* GEN-06: the last child takes along every ancestor that only waited for it. */
static unsigned release_ancestors(struct list *list)
{
    struct list *parent = list->parent;
    list->used = false;
    if (parent == NULL || --parent->children > 0 || !parent->retired)
        return 0;
    return errors_of_list(parent) + release_ancestors(parent);
}

static void free_pool_buffers(struct list *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        struct buffer *buffer = &list->buffers[i];
        if (buffer->origin != BUFFER_POOL)
            continue;
        if (NdisGetPoolFromNetBuffer(buffer->real) != buffer->pool)
            broken("NB %u is of another pool", i);
        NdisFreeNetBuffer(buffer->real);
        expect_errors(errors_of_buffer(list, buffer));
    }
}

void free_list(struct list *list)
{
    unsigned errors = errors_of_list(list);
    if (chance(2))
        free_drivers(list);
    free_real(list);
    errors += release_ancestors(list);
    expect_errors(errors);
    free_pool_buffers(list);
}

void free_all_lists(void)
{
    for (struct list *list = any_list(); list != NULL; list = any_list()) {
        if (list->children == 0)
            free_list(list);
        check_world();
    }
}

static bool has_pool_buffers(struct list const *list)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->buffers[i].origin == BUFFER_POOL)
            return true;
    return false;
}

void do_free(void)
{
    struct list *list = any_list();
    if (list == NULL)
        return;
    note("list %d", (int)(list - world.lists));
    if (list->children == 0) {
        free_list(list);
    } else if (!has_pool_buffers(list)) {
        note(" before its children");
        list->retired = true;
        free_real(list);
        expect_errors(1);
    }
}

/* ---- context ---- */

bool take_context(struct list *list, ULONG bytes, ULONG backfill)
{
    NET_BUFFER_LIST_CONTEXT const *top = list->real->Context;
    struct context_use *use = &list->contexts[list->context_count];
    bool const in_place = top != NULL && top->Offset >= bytes;
    NDIS_STATUS status;
    if (list->context_count == LIST_CONTEXTS)
        return false;
    call_begins(true);
    status = NdisAllocateNetBufferListContext(list->real, (USHORT)bytes, (USHORT)backfill, 0);
    if (call_ended() != (status == NDIS_STATUS_RESOURCES) || (in_place && status != NDIS_STATUS_SUCCESS))
        broken("the context allocation returned %s", nbl_status_name(status));
    expect_errors(0);
    if (status != NDIS_STATUS_SUCCESS)
        return false;
    *use = (struct context_use){ bytes, in_place ? 0 : bytes + backfill, 0, NET_BUFFER_LIST_CONTEXT_DATA_START(list->real),
                                 any_byte() };
    memset(use->data, use->fill, bytes);
    list->context_count++;
    return true;
}

void give_context(struct list *list)
{
    struct context_use const *use = &list->contexts[--list->context_count];
    NdisFreeNetBufferListContext(list->real, (USHORT)use->bytes);
    expect_errors(0);
}

void do_take_context(void)
{
    struct list *list = any_list();
    if (list == NULL)
        return;
    note("list %d", (int)(list - world.lists));
    (void)take_context(list, 8 * (1 + pick(6)), 8 * pick(5));
}

void do_give_context(void)
{
    struct list *list = any_list();
    if (list == NULL || list->context_count == 0)
        return;
    note("list %d", (int)(list - world.lists));
    give_context(list);
}
