/* SPDX-License-Identifier: MIT
 *
 * test_fragment_bytes.c - cutting costs about what cloning costs, whatever MaximumLength is.
 *
 * Symptom: one fragment over 700 MDLs of 1460 bytes took 1.4 megabytes, where a clone of the same takes 57 kilobytes.
 * Cause: every piece was measured as large as the largest possible fragment, with page frame numbers for all of that.
 */
#include "nbl_test.h"

#define MDLS 700u
#define EACH 1460u

static unsigned char bytes[MDLS * EACH];
static uint64_t made; /* bytes of the newest list */

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind == NBL_EVENT_LIST_ALLOCATE)
        made = event->bytes;
}

/* rules: FRAG-05 */
static void fragments_take_little_more_than_a_clone(void **state)
{
    static ULONG const maximums[] = { EACH, 65536, 0xFFFFFFFFu };
    NDIS_HANDLE pool = nbl_test_list_pool(TRUE, 0, 0);
    MDL *chain = NULL;
    NET_BUFFER_LIST *list, *derived;
    uint64_t clone;
    (void)state;
    for (ULONG i = MDLS; i-- > 0;) {
        MDL *mdl = NdisAllocateMdl(NULL, bytes + i * EACH, EACH);
        assert_non_null(mdl);
        mdl->Next = chain;
        chain = mdl;
    }
    list = NdisAllocateNetBufferAndNetBufferList(pool, 0, 0, chain, 0, MDLS * EACH);
    assert_true(nbl_event_subscribe(listen, NULL));
    derived = NdisAllocateCloneNetBufferList(list, NULL, NULL, 0);
    clone = made;
    NdisFreeCloneNetBufferList(derived, 0);
    for (size_t i = 0; i < sizeof(maximums) / sizeof(maximums[0]); i++) {
        uint64_t fragments = 0;
        derived = NdisAllocateFragmentNetBufferList(list, NULL, NULL, 0, maximums[i], 0, 0, 0);
        assert_non_null(derived);
        for (NET_BUFFER *buffer = derived->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
            fragments++;
        assert_true(made - clone <= fragments * (sizeof(NET_BUFFER) + 2 * sizeof(MDL)) + sizeof(bytes) / PAGE_SIZE * 16);
        NdisFreeFragmentNetBufferList(derived, 0, 0);
    }
    assert_true(nbl_event_unsubscribe(listen, NULL));
    NdisFreeNetBufferList(list);
    while (chain != NULL) {
        MDL *next = chain->Next;
        NdisFreeMdl(chain);
        chain = next;
    }
    NdisFreeNetBufferListPool(pool);
}

static struct CMUnitTest const tests[] = {
    NBL_TEST(fragments_take_little_more_than_a_clone),
};

int main(void)
{
    return cmocka_run_group_tests_name("fragment_bytes", tests, NULL, NULL);
}
