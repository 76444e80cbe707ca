/* SPDX-License-Identifier: MIT
 *
 * nbl_test_slab.c - counting blocks and batches of a slab by hand.
 */
#include "nbl_test_slab.h"

#include "nbl_test.h"

struct contents {
    uint64_t blocks;
    uint64_t batches;
};

static void add_batch(struct contents *contents, struct nbl__batch const *batch, uint32_t least, uint32_t most)
{
    assert_in_range(batch->count, least, most);
    contents->blocks += batch->count;
    contents->batches++;
}

static struct contents depot_contents(struct nbl__slab const *slab)
{
    struct contents depot = { 0, 0 };
    for (struct nbl__batch const *batch = slab->full; batch != NULL; batch = batch->next)
        add_batch(&depot, batch, 1, NBL__BATCH_BLOCKS);
    for (struct nbl__batch const *batch = slab->empty; batch != NULL; batch = batch->next)
        add_batch(&depot, batch, 0, 0);
    if (slab->partial != NULL)
        add_batch(&depot, slab->partial, 1, NBL__BATCH_BLOCKS);
    return depot;
}

static uint64_t magazine_blocks(struct nbl__slab const *slab)
{
    uint64_t blocks = 0;
    for (struct nbl__magazine const *magazine = slab->magazines; magazine != NULL; magazine = magazine->next) {
        assert_in_range(nbl__magazine_blocks(magazine), 0, NBL__MAGAZINE_BLOCKS);
        blocks += nbl__magazine_blocks(magazine);
    }
    return blocks;
}

void nbl_test_slab_check(struct nbl__slab *slab, int64_t live, int64_t guests)
{
    struct contents const depot = depot_contents(slab);
    uint64_t const magazines = magazine_blocks(slab);
    struct nbl__slab_statistics now;
    nbl__slab_measure(slab, &now);
    assert_int_equal(nbl__slab_live(slab), live);
    assert_int_equal(now.live, live);
    assert_int_equal(now.bytes, slab->chunk_bytes);
    if (nbl__hooked(NBL__HOOKS_APART)) {
        assert_int_equal(now.cached, 0);
        return;
    }
    assert_int_equal(slab->carved, depot.blocks + magazines + (uint64_t)(live - guests));
    assert_int_equal(now.cached, depot.blocks + magazines);
    assert_true(slab->carved == 0 || depot.batches > (slab->carved + NBL__BATCH_BLOCKS - 1) / NBL__BATCH_BLOCKS);
}

uint64_t nbl_test_slab_high_water(struct nbl__slab *slab)
{
    struct nbl__slab_statistics now;
    nbl__slab_measure(slab, &now);
    return now.high_water;
}
