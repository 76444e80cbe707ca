/* SPDX-License-Identifier: MIT
 *
 * nbl_test_small.c - see nbl_test_small.h.
 */
#include "nbl_test_small.h"

#include <string.h>

void nbl_test_small_mdl(MDL *mdl, void *address, ULONG bytes)
{
    uintptr_t const place = (uintptr_t)address;
    memset(mdl, 0, sizeof(*mdl));
    mdl->Size = sizeof(*mdl);
    mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = address;
    mdl->StartVa = (void *)(place & ~(uintptr_t)(PAGE_SIZE - 1));
    mdl->ByteOffset = (ULONG)(place & (PAGE_SIZE - 1));
    mdl->ByteCount = bytes;
}

void nbl_test_small_chain(struct nbl_test_small *made, ULONG const *sizes, ULONG mdls)
{
    memset(made, 0, sizeof(*made));
    memset(made->arena, NBL_TEST_SMALL_GUARD, sizeof(made->arena));
    made->mdls = mdls;
    for (ULONG i = 0; i < mdls; i++) {
        unsigned char *const start = made->arena[i] + 4 + i;
        nbl_test_small_mdl(&made->mdl[i], start, sizes[i]);
        if (i > 0)
            made->mdl[i - 1].Next = &made->mdl[i];
        for (ULONG b = 0; b < sizes[i]; b++) {
            made->byte[made->capacity] = &start[b];
            start[b] = (unsigned char)++made->capacity;
        }
    }
    made->net_buffer.MdlChain = mdls > 0 ? &made->mdl[0] : NULL;
    made->net_buffer.CurrentMdl = made->net_buffer.MdlChain;
}

bool nbl_test_small_window(struct nbl_test_small *made, ULONG offset, ULONG length, ULONG n)
{
    ULONG start = 0;
    made->net_buffer.DataOffset = offset;
    made->net_buffer.stDataLength = length;
    if (made->mdls == 0)
        return n == 0;
    for (ULONG i = 0; i < made->mdls; start += made->mdl[i].ByteCount, i++) {
        if (offset < start || offset - start > made->mdl[i].ByteCount || n-- > 0)
            continue;
        made->net_buffer.CurrentMdl = &made->mdl[i];
        made->net_buffer.CurrentMdlOffset = offset - start;
        return true;
    }
    return false;
}

void nbl_test_small_each_chain(void (*check)(struct nbl_test_small *made))
{
    struct nbl_test_small made;
    ULONG chains = 1;
    for (ULONG mdls = 0; mdls <= NBL_TEST_SMALL_MDLS; mdls++, chains *= NBL_TEST_SMALL_MDL_BYTES + 1)
        for (ULONG chain = 0; chain < chains; chain++) {
            ULONG sizes[NBL_TEST_SMALL_MDLS];
            ULONG digits = chain;
            for (ULONG i = 0; i < mdls; i++, digits /= NBL_TEST_SMALL_MDL_BYTES + 1)
                sizes[i] = digits % (NBL_TEST_SMALL_MDL_BYTES + 1);
            nbl_test_small_chain(&made, sizes, mdls);
            check(&made);
        }
}

static void (*check_window)(struct nbl_test_small *made);

static void each_window_of(struct nbl_test_small *made)
{
    for (ULONG offset = 0; offset <= made->capacity; offset++)
        for (ULONG length = 0; offset + length <= made->capacity; length++)
            for (ULONG n = 0; nbl_test_small_window(made, offset, length, n); n++)
                check_window(made);
}

void nbl_test_small_each_window(void (*check)(struct nbl_test_small *made))
{
    check_window = check;
    nbl_test_small_each_chain(each_window_of);
}
