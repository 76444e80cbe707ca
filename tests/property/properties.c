/* SPDX-License-Identifier: MIT
 *
 * properties.c - the properties of rule book section 13, each by itself over random geometries.
 */
#include "model.h"
#include "nbl_test_checker.h"
#include "nbl_test_dump.h"

#define ROUNDS 400u

static void for_many_seeds(void (*property)(void))
{
    unsigned const rounds = ROUNDS / nbl_test_slowdown() + 5;
    for (unsigned seed = 0; seed < rounds; seed++) {
        char const *failure = attempt(seed, property);
        if (failure != NULL)
            fail_msg("round %u: %s", seed, failure);
    }
}

/* A list whose windows were moved about: something to hold a property against. */
static struct list *some_list(void)
{
    struct list *list = NULL;
    while (list == NULL)
        list = generate_list();
    for (unsigned i = 0; i < list->count; i++) {
        struct buffer *buffer = &list->buffers[i];
        (void)retreat_buffer(buffer, pick(3) * pick(12), pick(8), NULL);
        advance_buffer(buffer, pick(2) * pick(buffer->length + 1), false, false);
        buffer->real->ChecksumBias = (USHORT)pick(9);
    }
    return list;
}

/* data_of copies the used data of an NB, or of all NBs of a list from `start` on, one after the other. */
static unsigned char flat[2][LIST_BUFFERS * BUFFER_PIECES * REGION_BYTES];

static ULONG data_of(NET_BUFFER_LIST const *list, ULONG start, unsigned char *to)
{
    static unsigned char one[BUFFER_PIECES * REGION_BYTES];
    ULONG total = 0;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next) {
        ULONG const bytes = nbl_test_data(buffer, one, sizeof(one));
        if (bytes <= start)
            continue;
        memcpy(to + total, one + start, bytes - start);
        total += bytes - start;
    }
    return total;
}

static void same_data(ULONG bytes, ULONG others)
{
    if (bytes != others || memcmp(flat[0], flat[1], bytes) != 0)
        broken("the bytes differ");
}

/* ---- PROP-01, PROP-02, PROP-03 ---- */

static void property_01(void)
{
    (void)some_list();
    for (int i = 0; i < 8; i++)
        do_advance_and_back();
}

/* rules: PROP-01 ADV-14 */
static void advance_then_retreat_is_the_identity(void **state)
{
    (void)state;
    for_many_seeds(property_01);
}

static void retreat_and_back(NET_BUFFER *buffer, NET_BUFFER_ALLOCATE_MDL *allocate, NET_BUFFER_FREE_MDL *release)
{
    NET_BUFFER const before = (settle_end(buffer), *buffer);
    ULONG const delta = chance(3) ? buffer->DataOffset + pick(2) : pick(30);
    if (NdisRetreatNetBufferDataStart(buffer, delta, pick(20), allocate) != NDIS_STATUS_SUCCESS)
        broken("the retreat failed");
    NdisAdvanceNetBufferDataStart(buffer, delta, TRUE, release);
    if (!nbl_test_same_buffer(&before, buffer))
        broken("a field is not as before");
}

static void property_02(void)
{
    struct list *list = NULL;
    while (list == NULL)
        list = generate_list();
    for (unsigned i = 0; i < list->count; i++) {
        retreat_and_back(list->buffers[i].real, NULL, NULL);
        retreat_and_back(list->buffers[i].real, handler_allocate_exact, handler_free);
        retreat_and_back(list->buffers[i].real, handler_allocate_more, handler_free);
    }
    if (world.custom_count != 0)
        broken("the handler did not get every MDL back");
}

/* rules: PROP-02 */
static void retreat_then_advance_with_free_is_the_identity(void **state)
{
    (void)state;
    for_many_seeds(property_02);
}

static void property_03(void)
{
    struct list *list = some_list();
    for (unsigned i = 0; i < list->count; i++) {
        struct buffer *buffer = &list->buffers[i];
        ULONG const before = nbl_test_data(buffer->real, flat[0], sizeof(flat[0]));
        ULONG const more = pick(30), less = pick(before + 1);
        if (retreat_buffer(buffer, more, pick(9), NULL) == NDIS_STATUS_SUCCESS) {
            if (nbl_test_data(buffer->real, flat[1], sizeof(flat[1])) != before + more
                || memcmp(flat[1] + more, flat[0], before) != 0)
                broken("retreat changed old data");
            advance_buffer(buffer, more, false, false);
        }
        advance_buffer(buffer, less, false, false);
        if (nbl_test_data(buffer->real, flat[1], sizeof(flat[1])) != before - less
            || memcmp(flat[1], flat[0] + less, before - less) != 0)
            broken("advance changed what stays");
    }
}

/* rules: PROP-03 NB-03 */
static void moving_the_window_keeps_the_data(void **state)
{
    (void)state;
    for_many_seeds(property_03);
}

/* ---- PROP-04, PROP-05, PROP-06 ---- */

static void property_04(void)
{
    struct list *original = some_list();
    ULONG const bytes = data_of(original->real, 0, flat[0]);
    for (int depth = 0; depth < 5 && original != NULL; depth++) {
        ULONG const flags = chance(3) ? NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS : 0;
        struct list *clone = clone_list(original, flags);
        if (clone == NULL)
            continue;
        same_data(bytes, data_of(clone->real, 0, flat[1]));
        for (NET_BUFFER const *buffer = clone->real->FirstNetBuffer; flags == 0 && buffer != NULL; buffer = buffer->Next)
            if (nbl_test_capacity(buffer) != buffer->DataLength || buffer->DataOffset != 0)
                broken("a clone reaches beyond the used data");
        original = clone;
    }
}

/* rules: PROP-04 CLONE-06 CLONE-10 */
static void clones_have_the_data_of_the_original(void **state)
{
    (void)state;
    for_many_seeds(property_04);
}

/* What is cut off each fragment NB at its start to leave the payload. */
static void check_fragments(struct list const *source, ULONG start, ULONG maximum, ULONG delta, ULONG backfill)
{
    NET_BUFFER_LIST *fragments;
    unsigned expected = 0, count = 0;
    for (unsigned i = 0; i < source->count; i++) {
        ULONG const length = source->buffers[i].length;
        expected += length > start ? (length - start + maximum - 1) / maximum : 0;
    }
    fragments = NdisAllocateFragmentNetBufferList(source->real, NULL, NULL, start, maximum, delta, backfill, 0);
    world.errors = 0; /* a NB shorter than start is reported; here that is wanted */
    if (fragments == NULL) {
        if (expected > 0)
            broken("no fragments");
        return;
    }
    for (NET_BUFFER *buffer = fragments->FirstNetBuffer; buffer != NULL; buffer = buffer->Next, count++) {
        if (buffer->DataLength <= delta || buffer->DataLength > delta + maximum)
            broken("a fragment has %u bytes", (unsigned)buffer->DataLength);
        if (delta > 0)
            memset(NdisGetDataBuffer(buffer, delta, NULL, 1, 0), 0x55, delta);
    }
    if (count != expected)
        broken("%u fragments instead of %u", count, expected);
    same_data(data_of(source->real, start, flat[0]), data_of(fragments, delta, flat[1]));
    NdisFreeFragmentNetBufferList(fragments, delta, 0);
}

static void property_05(void)
{
    struct list const *list = some_list();
    for (int i = 0; i < 6; i++)
        check_fragments(list, pick(4) * pick(6), 1 + pick(20), pick(3) * pick(16), pick(20));
}

/* rules: PROP-05 FRAG-03 FRAG-04 FRAG-06 */
static void fragments_hold_the_data_in_order(void **state)
{
    (void)state;
    for_many_seeds(property_05);
}

static void property_06(void)
{
    struct list const *list = some_list();
    ULONG const start = pick(3) * pick(6), delta = 1 + pick(15);
    NET_BUFFER_LIST *fragments, *whole;
    fragments = NdisAllocateFragmentNetBufferList(list->real, NULL, NULL, start, 1 + pick(20), delta, pick(9), 0);
    world.errors = 0;
    if (fragments == NULL)
        return;
    whole = NdisAllocateReassembledNetBufferList(fragments, NULL, delta, 0, 0, 0);
    if (whole == NULL || whole->FirstNetBuffer == NULL || whole->FirstNetBuffer->Next != NULL)
        broken("the whole is not one NB");
    same_data(data_of(list->real, start, flat[0]), data_of(whole, 0, flat[1]));
    NdisFreeReassembledNetBufferList(whole, 0, 0);
    NdisFreeFragmentNetBufferList(fragments, delta, 0);
}

/* rules: PROP-06 REASM-03 REASM-04 */
static void reassembled_fragments_are_the_data(void **state)
{
    (void)state;
    for_many_seeds(property_06);
}

/* ---- PROP-07, PROP-08 ---- */

static void property_07(void)
{
    struct list const *from = some_list();
    struct list *to = some_list();
    ULONG copied;
    if (from->count == 0 || to->count == 0)
        return;
    for (int i = 0; i < 4; i++) {
        NET_BUFFER const *source = from->buffers[pick(from->count)].real;
        struct buffer *target = &to->buffers[pick(to->count)];
        (void)nbl_test_data(source, flat[0], sizeof(flat[0]));
        if (NdisCopyFromNetBufferToNetBuffer(target->real, 0, source->DataLength, source, 0, &copied) != NDIS_STATUS_SUCCESS)
            broken("the copy failed");
        target->length = copied;
        target->real->DataLength = copied;
        for (ULONG byte = 0; byte < copied; byte++) { /* the picture follows by hand */
            ULONG at;
            struct region *region = byte_at(target, target->offset + byte, &at);
            region->known[at] = true;
            region->value[at] = flat[0][byte];
        }
        if (nbl_test_data(target->real, flat[1], sizeof(flat[1])) != copied || memcmp(flat[0], flat[1], copied) != 0)
            broken("the copy differs from the source");
    }
}

/* rules: PROP-07 COPY-04 COPY-05 */
static void copied_data_is_a_prefix_of_the_source(void **state)
{
    (void)state;
    for_many_seeds(property_07);
}

static void property_08(void)
{
    static operation *const mutators[] = { do_retreat, do_retreat_list, do_advance, do_advance_list, do_adjust, do_clone,
                                           do_fragment, do_reassemble, do_deep_copy };
    (void)some_list();
    for (int i = 0; i < 12; i++) {
        mutators[pick(sizeof(mutators) / sizeof(mutators[0]))]();
        for (unsigned l = 0; l < WORLD_LISTS; l++)
            for (unsigned b = 0; world.lists[l].used && b < world.lists[l].count; b++)
                nbl_test_canonical(world.lists[l].buffers[b].real);
    }
}

/* rules: PROP-08 NB-08 NB-10 INV-03 INV-04 INV-06 INV-07 */
static void mutators_leave_the_canonical_pair(void **state)
{
    (void)state;
    for_many_seeds(property_08);
}

/* ---- PROP-09, PROP-10, PROP-11 ---- */

static NET_BUFFER_LIST *derive(NET_BUFFER_LIST *list, int kind)
{
    switch (kind) {
    case 0: return NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    case 1: return NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, 5, 3, 9, 0);
    case 2: return NdisAllocateReassembledNetBufferList(list, NULL, 0, 5, 0, 0);
    case 3: return nbl_derive_copy(list, NULL, NULL, 4);
    case 4: return NdisRetreatNetBufferListDataStart(list, 60, 3, NULL, NULL) == NDIS_STATUS_SUCCESS ? list : NULL;
    case 5:
        return NdisRetreatNetBufferListDataStart(list, 60, 3, handler_allocate_exact, handler_free) == NDIS_STATUS_SUCCESS
                   ? list : NULL;
    default:
        return NdisAllocateNetBufferListContext(list, 512, 0, 0) == NDIS_STATUS_SUCCESS ? list : NULL;
    }
}

static void underive(NET_BUFFER_LIST *made, int kind)
{
    switch (kind) {
    case 0: NdisFreeCloneNetBufferList(made, 0); break;
    case 1: NdisFreeFragmentNetBufferList(made, 3, 0); break;
    case 2: NdisFreeReassembledNetBufferList(made, 5, 0); break;
    case 3: nbl_derive_free_copy(made); break;
    case 4: NdisAdvanceNetBufferListDataStart(made, 60, TRUE, NULL); break;
    case 5: NdisAdvanceNetBufferListDataStart(made, 60, TRUE, handler_free); break;
    default: NdisFreeNetBufferListContext(made, 512); break;
    }
}

static void property_09(void)
{
    struct list const *list = NULL;
    int const kind = (int)pick(7);
    while (list == NULL)
        list = generate_list();
    for (uint64_t nth = 1;; nth++) {
        struct nbl_test_snapshot *before = nbl_test_snapshot_take(list->real);
        NET_BUFFER_LIST *made;
        nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        made = derive(list->real, kind);
        if (!nbl_fault_disarm(NBL_FAULT_ALLOCATION)) {
            if (made != NULL)
                underive(made, kind);
            nbl_test_snapshot_free(before);
            return;
        }
        if (made != NULL)
            broken("call %d succeeded without memory", kind);
        nbl_test_unchanged(before, list->real);
    }
}

/* rules: PROP-09 GEN-00 GEN-09 RET-16 */
static void failed_calls_change_nothing(void **state)
{
    (void)state;
    for_many_seeds(property_09);
}

static void property_10(void)
{
    struct list *list = some_list();
    NET_BUFFER_LIST_CONTEXT *const before = list->real->Context;
    ULONG const offset = before != NULL ? before->Offset : 0;
    unsigned depth = 0;
    for (int i = 0; i < 30; i++)
        if (chance(2)) {
            depth += take_context(list, sizeof(void *) * (1 + pick(12)), sizeof(void *) * pick(9)) ? 1u : 0u;
        } else if (depth > 0) {
            give_context(list);
            depth--;
        }
    check_world();
    for (; depth > 0; depth--)
        give_context(list);
    if (list->real->Context != before || (before != NULL && before->Offset != offset))
        broken("the context chain is not as before");
}

/* rules: PROP-10 CTX-06 CTX-07 CTX-09 CTX-12 */
static void contexts_in_lifo_order_restore_the_chain(void **state)
{
    (void)state;
    for_many_seeds(property_10);
}

static void property_11(void)
{
    struct list *list = some_list();
    for (int i = 0; i < 6; i++) {
        do_clone();
        do_fragment();
        do_reassemble();
        do_deep_copy();
        do_free();
    }
    (void)list; /* the end of every round frees all, and looks whether pools and memory are empty */
}

/* rules: PROP-11 VER-08 */
static void statistics_return_to_zero(void **state)
{
    (void)state;
    for_many_seeds(property_11);
}

/* ---- dumps ---- */

static struct nbl_dump_text said[2];

static void dump_all(NET_BUFFER_LIST const *const *lists, ULONG count, struct nbl_dump_text *text)
{
    struct nbl_dump_sink const sink = { nbl_dump_text_put, text, 32 };
    nbl_dump_text_start(text);
    for (ULONG i = 0; i < count; i++)
        nbl_dump(lists[i], &sink);
    nbl_dump_dot(lists, count, &sink);
}

static void property_dump(void)
{
    static operation *const moves[] = { do_generate, do_retreat, do_advance, do_adjust, do_repoint, do_link,
                                        do_clone,    do_fragment, do_reassemble, do_take_context };
    NET_BUFFER_LIST const *lists[WORLD_LISTS];
    ULONG count = 0;
    (void)some_list();
    for (int i = 0; i < 12; i++)
        moves[pick(sizeof(moves) / sizeof(moves[0]))]();
    for (unsigned i = 0; i < WORLD_LISTS; i++)
        if (world.lists[i].used)
            lists[count++] = world.lists[i].real;
    dump_all(lists, count, &said[0]);
    dump_all(lists, count, &said[1]);
    if (strcmp(said[0].text, said[1].text) != 0)
        broken("the second dump says something else");
    if (strstr(said[0].text, "(INV-") != NULL || strstr(said[0].text, "(VER-") != NULL)
        broken("the dump finds a contradiction");
    check_world();
}

/* rules: VER-04 MDL-14 */
static void dumps_of_anything_are_the_same_twice_and_change_nothing(void **state)
{
    (void)state;
    for_many_seeds(property_dump);
}

int check_properties(void)
{
    struct CMUnitTest const properties[] = {
        cmocka_unit_test(advance_then_retreat_is_the_identity),
        cmocka_unit_test(retreat_then_advance_with_free_is_the_identity),
        cmocka_unit_test(moving_the_window_keeps_the_data),
        cmocka_unit_test(clones_have_the_data_of_the_original),
        cmocka_unit_test(fragments_hold_the_data_in_order),
        cmocka_unit_test(reassembled_fragments_are_the_data),
        cmocka_unit_test(copied_data_is_a_prefix_of_the_source),
        cmocka_unit_test(mutators_leave_the_canonical_pair),
        cmocka_unit_test(failed_calls_change_nothing),
        cmocka_unit_test(contexts_in_lifo_order_restore_the_chain),
        cmocka_unit_test(statistics_return_to_zero),
        cmocka_unit_test(dumps_of_anything_are_the_same_twice_and_change_nothing),
    };
    return cmocka_run_group_tests_name("properties", properties, NULL, NULL);
}
