/* SPDX-License-Identifier: MIT
 *
 * test_copy.c - every copy between two small packets: all chains of up to 2 MDLs of 0..3 bytes on both sides, all
 * windows and pairs, all offsets and lengths.
 */
#include "flat.h"

static NDIS_HANDLE pool;
static NET_BUFFER *from, *to;
static struct nbl_test_small source;

static int set_up(void **state)
{
    (void)state;
    pool = nbl_test_buffer_pool(0);
    from = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    to = NdisAllocateNetBuffer(pool, NULL, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    NdisFreeNetBuffer(from);
    NdisFreeNetBuffer(to);
    NdisFreeNetBufferPool(pool);
    (void)nbl_memory_trim();
    return nbl_memory_bytes() == 0 ? 0 : -1;
}

/* Position p of the source holds 0x40 + p, of the target 0x80 + p. */
static void fill(struct flat const *row, unsigned char first)
{
    for (ULONG p = 0; p < row->bytes; p++)
        *row->pair[p].address = (unsigned char)(first + p);
}

static ULONG least(ULONG one, ULONG other)
{
    return one < other ? one : other;
}

/* COPY-02..COPY-05: bytes of the source up to its DataLength, of the target up to the end of its chain. */
static void try_copy(struct flat const *target_row, ULONG target_offset, struct flat const *source_row,
                     ULONG source_offset, ULONG bytes)
{
    ULONG const space = target_row->bytes - to->DataOffset;
    ULONG const data = from->DataLength;
    ULONG const room = target_offset < space ? space - target_offset : 0;
    ULONG const expected = least(bytes, least(room, source_offset < data ? data - source_offset : 0));
    ULONG const first = to->DataOffset + target_offset;
    NET_BUFFER const from_before = *from, to_before = *to;
    ULONG copied = 99;
    fill(target_row, 0x80);
    demand(NdisCopyFromNetBufferToNetBuffer(to, target_offset, bytes, from, source_offset, &copied)
           == NDIS_STATUS_SUCCESS);
    demand_violation(NULL);
    demand(copied == expected);
    demand(nbl_test_same_buffer(&from_before, from) && nbl_test_same_buffer(&to_before, to));
    for (ULONG p = 0; p < target_row->bytes; p++) {
        bool const written = p >= first && p - first < expected;
        unsigned char const value =
            (unsigned char)(written ? 0x40 + from->DataOffset + source_offset + (p - first) : 0x80 + p);
        demand(*target_row->pair[p].address == value);
    }
    for (ULONG p = 0; p < source_row->bytes; p++)
        demand(*source_row->pair[p].address == 0x40 + p);
    case_done();
}

static void try_windows(void)
{
    struct flat const target_row = flat_of(to->MdlChain), source_row = flat_of(from->MdlChain);
    for (ULONG target_offset = 0; target_offset <= target_row.bytes - to->DataOffset + 1; target_offset++)
        for (ULONG source_offset = 0; source_offset <= from->DataLength + 1; source_offset++)
            for (ULONG bytes = 0; bytes <= least(target_row.bytes, from->DataLength) + 1; bytes++) {
                case_is("%u bytes from +%u to +%u, source [%u, +%u) of %u MDLs, target [%u, +%u) of %u MDLs",
                        (unsigned)bytes, (unsigned)source_offset, (unsigned)target_offset, (unsigned)from->DataOffset,
                        (unsigned)from->DataLength, (unsigned)source_row.mdls, (unsigned)to->DataOffset,
                        (unsigned)to->DataLength, (unsigned)target_row.mdls);
                try_copy(&target_row, target_offset, &source_row, source_offset, bytes);
            }
}

static void try_source_window(struct nbl_test_small *made, bool canonical)
{
    (void)canonical;
    place_window(from, made);
    try_windows();
}

/* Only the first and the last length of each target window: COPY-04 does not look at it. */
static void try_target_window(struct nbl_test_small *made, bool canonical)
{
    ULONG const offset = made->net_buffer.DataOffset, length = made->net_buffer.DataLength;
    (void)canonical;
    if (length != 0 && offset + length != made->capacity)
        return;
    place_window(to, made);
    each_window(&source, try_source_window);
}

static void try_target(struct nbl_test_small *made)
{
    each_window(made, try_target_window);
}

/* rules: COPY-01 COPY-02 COPY-03 COPY-04 COPY-05 COPY-06 NB-07 NB-09 NB-11 */
static void every_copy_is_as_defined(void **state)
{
    (void)state;
    for (ULONG mdls = 0; mdls <= limits_pairs.mdls; mdls++)
        for (ULONG first = 0; first <= (mdls > 0 ? limits_pairs.bytes : 0); first++)
            for (ULONG second = 0; second <= (mdls > 1 ? limits_pairs.bytes : 0); second++) {
                ULONG const sizes[] = { first, second };
                struct flat row;
                nbl_test_small_chain(&source, sizes, mdls);
                row = flat_of(source.net_buffer.MdlChain);
                fill(&row, 0x40);
                each_chain(limits_pairs, try_target);
            }
}

/* rules: COPY-08 */
static void every_overlap_is_told_and_no_neighbour(void **state)
{
    unsigned char memory[8];
    MDL source_mdl, target_mdl;
    ULONG copied;
    (void)state;
    for (ULONG source_at = 0; source_at <= 5; source_at++)
        for (ULONG target_at = 0; target_at <= 5; target_at++) {
            nbl_test_small_mdl(&source_mdl, memory + source_at, 3);
            nbl_test_small_mdl(&target_mdl, memory + target_at, 3);
            from->MdlChain = from->CurrentMdl = &source_mdl;
            to->MdlChain = to->CurrentMdl = &target_mdl;
            from->DataOffset = from->CurrentMdlOffset = to->DataOffset = to->CurrentMdlOffset = 0;
            from->stDataLength = to->stDataLength = 3;
            for (unsigned i = 0; i < sizeof(memory); i++)
                memory[i] = (unsigned char)i;
            case_is("3 bytes from %u to %u", (unsigned)source_at, (unsigned)target_at);
            demand(NdisCopyFromNetBufferToNetBuffer(to, 0, 3, from, 0, &copied) == NDIS_STATUS_SUCCESS && copied == 3);
            demand_violation(source_at < target_at + 3 && target_at < source_at + 3 ? "COPY-08" : NULL);
            for (ULONG i = 0; i < 3; i++)
                demand(memory[target_at + i] == source_at + i);
            case_done();
        }
}

int main(void)
{
    struct CMUnitTest const tests[] = {
        cmocka_unit_test_setup_teardown(every_copy_is_as_defined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_overlap_is_told_and_no_neighbour, set_up, tear_down),
    };
    return run_exhaustive("copy", tests, sizeof(tests) / sizeof(tests[0]));
}
