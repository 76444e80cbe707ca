/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script_list.c - the verbs that make and free: pools, NBLs, NBs, context, derived lists.
 */
#include "nbl_test_script.h"

#define SCRIPT struct nbl_test_script *s, struct nbl_test_call const *c
#define NUMBER(i) nbl_test_script_ulong(s, c, i)
#define POINTER(i) nbl_test_script_pointer(s, c->text[i])
#define LIST(i) nbl_test_script_list(s, c, i)

/* ---- pools ---- */

/* NdisAllocateNetBufferListPool(fAllocateNetBuffer, DataSize, ProtocolId, Size of the header, 0 for the right one) */
static void allocate_list_pool(SCRIPT)
{
    NET_BUFFER_LIST_POOL_PARAMETERS parameters = { 0 };
    parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    if (NUMBER(3) != 0)
        parameters.Header.Size = (USHORT)NUMBER(3);
    parameters.fAllocateNetBuffer = (BOOLEAN)NUMBER(0);
    parameters.DataSize = NUMBER(1);
    parameters.ProtocolId = (UCHAR)NUMBER(2);
    nbl_test_script_made(s, c, NBL_TEST_LIST_POOL, NdisAllocateNetBufferListPool(NULL, &parameters), 0);
}

static void allocate_buffer_pool(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_BUFFER_POOL, nbl_test_buffer_pool(NUMBER(0)), 0);
}

static void free_list_pool(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    NdisFreeNetBufferListPool(POINTER(0));
}

static void live(SCRIPT)
{
    nbl_test_script_output(s, "%u live", (unsigned)nbl_test_live(POINTER(0)));
}

/* ---- lists and NBs ---- */

/* List(geometry text) */
static void make_list(SCRIPT)
{
    struct nbl_test_list *made = calloc(1, sizeof(*made));
    assert_non_null(made);
    nbl_test_list_make(made, c->text[0]);
    nbl_test_script_made(s, c, NBL_TEST_MADE, made->list, 0)->made = made;
}

/* Chain(geometry text) */
static void make_chain(SCRIPT)
{
    struct nbl_test_chain *chain = calloc(1, sizeof(*chain));
    assert_non_null(chain);
    nbl_test_chain_make(chain, c->text[0]);
    nbl_test_script_made(s, c, NBL_TEST_CHAIN, chain->first, 0)->chain = chain;
}

/* FreeChain(chain): the driver frees its MDLs and their bytes, linked or not. */
static void free_chain(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    nbl_test_chain_free(nbl_test_script_find(s, c->text[0])->chain);
}

static void allocate_list(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_LIST,
                         NdisAllocateNetBufferList(POINTER(0), (USHORT)NUMBER(1), (USHORT)NUMBER(2)), 0);
}

/* NdisAllocateNetBufferAndNetBufferList(pool, chain, DataOffset, DataLength) */
static void allocate_both(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_LIST,
                         NdisAllocateNetBufferAndNetBufferList(POINTER(0), 0, 0, POINTER(1), NUMBER(2), NUMBER(3)), 0);
}

static void free_list(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    NdisFreeNetBufferList(LIST(0));
}

static void allocate_buffer(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_BUFFER, NdisAllocateNetBuffer(POINTER(0), POINTER(1), NUMBER(2), NUMBER(3)), 0);
}

static void allocate_buffer_with_data(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_BUFFER, NdisAllocateNetBufferMdlAndData(POINTER(0)), 0);
}

static void free_buffer(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    NdisFreeNetBuffer(nbl_test_script_buffer(s, c, 0));
}

static void allocate_context(SCRIPT)
{
    NDIS_STATUS const status = NdisAllocateNetBufferListContext(LIST(0), (USHORT)NUMBER(1), (USHORT)NUMBER(2), 0);
    nbl_test_script_output(s, "%s", nbl_status_name(status) + strlen("NDIS_STATUS_"));
}

static void free_context(SCRIPT)
{
    NdisFreeNetBufferListContext(LIST(0), (USHORT)NUMBER(1));
}

/* ---- derived lists ---- */

static void clone(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_CLONE, NdisAllocateCloneNetBufferList(LIST(0), NULL, NULL, NUMBER(1)),
                         NUMBER(1));
}

static void free_clone(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    NdisFreeCloneNetBufferList(LIST(0), NUMBER(1));
}

/* NdisAllocateFragmentNetBufferList(list, StartOffset, MaximumLength, DataOffsetDelta, DataBackFill) */
static void fragment(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_FRAGMENT,
                         NdisAllocateFragmentNetBufferList(LIST(0), NULL, NULL, NUMBER(1), NUMBER(2), NUMBER(3),
                                                           NUMBER(4), 0),
                         NUMBER(3));
}

static void free_fragment(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    NdisFreeFragmentNetBufferList(LIST(0), NUMBER(1), 0);
}

/* NdisAllocateReassembledNetBufferList(list, pool, StartOffset, DataOffsetDelta, DataBackFill) */
static void reassemble(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_REASSEMBLED,
                         NdisAllocateReassembledNetBufferList(LIST(0), POINTER(1), NUMBER(2), NUMBER(3), NUMBER(4), 0),
                         NUMBER(3));
}

static void children(SCRIPT)
{
    nbl_test_script_output(s, "%u children", (unsigned)nbl_derive_children(LIST(0)));
}

struct nbl_test_verb const nbl_test_list_verbs[] = {
    { "NdisAllocateNetBufferListPool", allocate_list_pool },
    { "NdisAllocateNetBufferPool", allocate_buffer_pool },
    { "NdisFreeNetBufferListPool", free_list_pool },
    { "Live", live },
    { "List", make_list },
    { "Chain", make_chain },
    { "FreeChain", free_chain },
    { "NdisAllocateNetBufferList", allocate_list },
    { "NdisAllocateNetBufferAndNetBufferList", allocate_both },
    { "NdisFreeNetBufferList", free_list },
    { "NdisAllocateNetBuffer", allocate_buffer },
    { "NdisAllocateNetBufferMdlAndData", allocate_buffer_with_data },
    { "NdisFreeNetBuffer", free_buffer },
    { "NdisAllocateNetBufferListContext", allocate_context },
    { "NdisFreeNetBufferListContext", free_context },
    { "NdisAllocateCloneNetBufferList", clone },
    { "NdisFreeCloneNetBufferList", free_clone },
    { "NdisAllocateFragmentNetBufferList", fragment },
    { "NdisFreeFragmentNetBufferList", free_fragment },
    { "NdisAllocateReassembledNetBufferList", reassemble },
    { "Children", children },
    { NULL, NULL },
};
