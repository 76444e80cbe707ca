/* SPDX-License-Identifier: MIT
 *
 * fuzz_span.c - walks over the bytes of packets, flat copies, comparisons and sums (span.h, chain.h), over lists whose
 * windows and chains change in between.
 */
#include "fuzz.h"

#define ROOM (LIST_BUFFERS * BUFFER_PIECES * REGION_BYTES)

static unsigned char flat[ROOM + 1];

/* The address and the value that the picture has for a position of a chain. */
static unsigned char *place_of(struct buffer const *buffer, ULONG position)
{
    ULONG at;
    struct region const *region = byte_at(buffer, position, &at);
    return region->base + at;
}

static unsigned char value_of(struct buffer const *buffer, ULONG position)
{
    ULONG at;
    struct region const *region = byte_at(buffer, position, &at);
    return region->value[at];
}

static bool is_known(struct buffer const *buffer, ULONG position)
{
    ULONG at;
    struct region const *region = byte_at(buffer, position, &at);
    return region->known[at];
}

static void set_value(struct buffer const *buffer, ULONG position, unsigned char value)
{
    ULONG at;
    struct region *region = byte_at(buffer, position, &at);
    region->value[at] = value;
    region->known[at] = true;
}

/* A range of a row of `length` bytes: chosen, and what is left of it when it is cut at the end of the row. */
struct range {
    ULONG offset;
    ULONG bytes;
    ULONG cut;
};

static struct range any_range(ULONG length)
{
    struct range range = { pick(length + 3), chance(4) ? NBL_SPAN_ALL : pick(length + 3), 0 };
    ULONG const left = range.offset < length ? length - range.offset : 0;
    range.cut = range.bytes < left ? range.bytes : left;
    return range;
}

/* ---- walks ---- */

/* Compares a walk with `bytes` positions of a chain from `from` on; further ones may follow. */
static void expect_spans(struct nbl_span_iterator *walk, struct buffer const *buffer, ULONG from, ULONG bytes)
{
    struct nbl_span span;
    for (ULONG done = 0; done < bytes; done += span.bytes) {
        if (!nbl_span_next(walk, &span) || span.bytes == 0 || span.bytes > bytes - done)
            broken("after %u bytes of %u a span of %u", (unsigned)done, (unsigned)bytes, (unsigned)span.bytes);
        for (ULONG i = 0; i < span.bytes; i++)
            if ((unsigned char *)span.address + i != place_of(buffer, from + done + i))
                broken("byte %u of the walk is at another address", (unsigned)(done + i));
    }
}

static void expect_end(struct nbl_span_iterator *walk)
{
    struct nbl_span span;
    for (int again = 0; again < 2; again++)
        if (nbl_span_next(walk, &span) || span.address != NULL || span.bytes != 0 || walk->failed)
            broken("the walk does not end");
}

static void do_walk(void)
{
    struct list *list;
    struct buffer const *buffer = any_buffer(&list);
    struct nbl_span_iterator walk;
    struct range range;
    if (buffer == NULL)
        return;
    range = any_range(buffer->length);
    note("walk %u +%u", (unsigned)range.offset, (unsigned)range.bytes);
    nbl_span_begin_net_buffer(&walk, buffer->real, range.offset, range.bytes);
    expect_spans(&walk, buffer, buffer->offset + range.offset, range.cut);
    expect_end(&walk);
}

static void do_walk_mdl(void)
{
    struct list *list;
    struct buffer const *buffer = any_buffer(&list);
    struct nbl_span_iterator walk;
    struct range range;
    if (buffer == NULL)
        return;
    range = any_range(capacity_of(buffer));
    note("walk MDLs %u +%u", (unsigned)range.offset, (unsigned)range.bytes);
    nbl_span_begin_mdl(&walk, buffer->real->MdlChain, range.offset, range.bytes);
    expect_spans(&walk, buffer, range.offset, range.cut);
    expect_end(&walk);
    if (walk.remaining != range.bytes - range.cut)
        broken("%u bytes remain", (unsigned)walk.remaining);
}

static void do_walk_list(void)
{
    struct list const *list = any_list();
    struct nbl_span_iterator walk;
    if (list == NULL)
        return;
    note("walk list");
    nbl_span_begin_list(&walk, list->real);
    for (unsigned i = 0; i < list->count; i++) {
        struct buffer const *buffer = &list->buffers[i];
        expect_spans(&walk, buffer, buffer->offset, buffer->length);
        if (buffer->length > 0 && walk.net_buffer != buffer->real)
            broken("the walk is at another NB");
    }
    expect_end(&walk);
}

/* ---- flat copies ---- */

static void do_copy_from(void)
{
    struct list *list;
    struct buffer const *buffer = any_buffer(&list);
    bool const bare = chance(2);
    struct range range;
    ULONG start;
    if (buffer == NULL)
        return;
    range = any_range(bare ? capacity_of(buffer) : buffer->length);
    start = range.offset + (bare ? 0 : buffer->offset);
    note("copy from %u +%u", (unsigned)range.offset, (unsigned)range.bytes);
    memset(flat, 0xEE, range.cut + 1);
    if ((bare ? nbl_chain_copy_from_mdl(buffer->real->MdlChain, range.offset, flat, range.bytes)
              : nbl_chain_copy_from_net_buffer(buffer->real, range.offset, flat, range.bytes))
        != range.cut)
        broken("another number of bytes was copied");
    if (flat[range.cut] != 0xEE)
        broken("a byte too many was copied");
    for (ULONG i = 0; i < range.cut; i++)
        if (is_known(buffer, start + i) && flat[i] != value_of(buffer, start + i))
            broken("byte %u of the copy is another one", (unsigned)i);
}

/* The same value for all bytes, or one for each. */
static void do_copy_to(void)
{
    struct list *list;
    struct buffer *buffer = any_buffer(&list);
    bool const bare = chance(2), fill = chance(2);
    struct range range;
    ULONG start, done;
    if (buffer == NULL)
        return;
    range = any_range(bare ? capacity_of(buffer) : buffer->length);
    start = range.offset + (bare ? 0 : buffer->offset);
    note("%s %u +%u", fill ? "fill" : "copy to", (unsigned)range.offset, (unsigned)range.bytes);
    for (ULONG i = 0; i <= range.cut; i++)
        flat[i] = fill && i > 0 ? flat[0] : any_byte();
    if (fill)
        done = bare ? nbl_chain_fill_mdl(buffer->real->MdlChain, range.offset, flat[0], range.bytes)
                    : nbl_chain_fill_net_buffer(buffer->real, range.offset, flat[0], range.bytes);
    else
        done = bare ? nbl_chain_copy_to_mdl(buffer->real->MdlChain, range.offset, flat, range.bytes)
                    : nbl_chain_copy_to_net_buffer(buffer->real, range.offset, flat, range.bytes);
    if (done != range.cut)
        broken("another number of bytes was written");
    for (ULONG i = 0; i < range.cut; i++)
        set_value(buffer, start + i, flat[i]);
}

/* ---- comparisons ---- */

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

/* Two rows of bytes as text is sorted: what has ended is less. */
static int compare_rows(unsigned char const *one, ULONG one_bytes, unsigned char const *other, ULONG other_bytes,
                        ULONG *equal)
{
    ULONG i = 0;
    while (i < one_bytes && i < other_bytes && one[i] == other[i])
        i++;
    *equal = i;
    if (i < one_bytes && i < other_bytes)
        return one[i] < other[i] ? -1 : 1;
    return (one_bytes > other_bytes) - (one_bytes < other_bytes);
}

static void row_of(struct buffer const *buffer, struct range range, unsigned char *row)
{
    for (ULONG i = 0; i < range.cut; i++)
        row[i] = value_of(buffer, buffer->offset + range.offset + i);
}

static void do_compare_flat(void)
{
    static unsigned char row[ROOM];
    struct list *list;
    struct buffer const *buffer = any_buffer(&list);
    ULONG bytes, expected_at, at = 12345;
    struct range range;
    int expected;
    if (buffer == NULL)
        return;
    range = any_range(buffer->length);
    if (range.bytes == NBL_SPAN_ALL)
        range.bytes = buffer->length + 2;
    bytes = range.bytes;
    range.cut = range.offset >= buffer->length ? 0 : buffer->length - range.offset;
    range.cut = range.cut < bytes ? range.cut : bytes;
    row_of(buffer, range, row);
    memset(flat, 0, bytes + 1);
    memcpy(flat, row, range.cut);
    if (range.cut > 0 && chance(2))
        flat[pick(range.cut)] ^= (unsigned char)(1u << pick(8));
    note("compare %u +%u", (unsigned)range.offset, (unsigned)bytes);
    expected = compare_rows(row, range.cut, flat, bytes, &expected_at);
    if (sign(nbl_chain_compare_flat(buffer->real, range.offset, flat, bytes, &at)) != expected || at != expected_at)
        broken("%d at %u expected, found at %u", expected, (unsigned)expected_at, (unsigned)at);
}

static void do_compare_buffers(void)
{
    static unsigned char rows[2][ROOM];
    struct list *lists[2];
    struct buffer const *one = any_buffer(&lists[0]), *other = any_buffer(&lists[1]);
    struct range first, second;
    ULONG bytes, expected_at, at = 12345;
    int expected;
    if (one == NULL || other == NULL)
        return;
    first = any_range(one->length);
    second = any_range(other->length);
    bytes = first.bytes;
    first.cut = first.offset >= one->length ? 0 : one->length - first.offset;
    second.cut = second.offset >= other->length ? 0 : other->length - second.offset;
    first.cut = first.cut < bytes ? first.cut : bytes;
    second.cut = second.cut < bytes ? second.cut : bytes;
    row_of(one, first, rows[0]);
    row_of(other, second, rows[1]);
    note("compare two, %u and %u, +%u", (unsigned)first.offset, (unsigned)second.offset, (unsigned)bytes);
    expected = compare_rows(rows[0], first.cut, rows[1], second.cut, &expected_at);
    if (sign(nbl_chain_compare_net_buffers(one->real, first.offset, other->real, second.offset, bytes, &at)) != expected
        || at != expected_at)
        broken("%d at %u expected, found at %u", expected, (unsigned)expected_at, (unsigned)at);
}

/* ---- sums ---- */

static USHORT sum_of(struct buffer const *buffer, struct range range, ULONG sum)
{
    for (ULONG i = 0; i < range.cut; i++) {
        ULONG const byte = value_of(buffer, buffer->offset + range.offset + i);
        sum += i % 2 == 0 ? byte << 8 : byte;
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (USHORT)sum;
}

static void do_sum(void)
{
    struct list *list;
    struct buffer const *buffer = any_buffer(&list);
    struct nbl_span_iterator walk;
    USHORT initial, expected, sum, checksum;
    struct range range;
    if (buffer == NULL)
        return;
    range = any_range(buffer->length);
    initial = (USHORT)pick(0x10000);
    note("sum %u +%u", (unsigned)range.offset, (unsigned)range.bytes);
    expected = sum_of(buffer, range, initial);
    nbl_span_begin_net_buffer(&walk, buffer->real, range.offset, range.bytes);
    if (!nbl_span_sum(&walk, initial, &sum) || sum != expected)
        broken("the sum is not %04X", expected);
    if (!nbl_span_checksum_net_buffer(buffer->real, range.offset, range.bytes, initial, &checksum)
        || (checksum ^ expected) != 0xFFFF)
        broken("the checksum is not the complement of %04X", expected);
}

static operation *const operations[] = {
    do_generate,  do_walk,       do_walk_mdl,     do_walk_list,
    do_copy_from, do_copy_to,    do_compare_flat, do_compare_buffers,
    do_sum,       do_walk,       do_copy_to,      do_compare_buffers,
    do_retreat,   do_advance,    do_link,         do_repoint,
    do_clone,     do_copy_bytes, do_reassemble,   do_free,
    NULL,
};

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    fuzz_world(data, size, operations, NULL);
    return 0;
}
