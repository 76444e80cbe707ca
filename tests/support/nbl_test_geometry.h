/* SPDX-License-Identifier: MIT
 *
 * nbl_test_geometry.h - MDL chains, NET_BUFFERs and NET_BUFFER_LISTs from a line of text.
 *
 *     "a10 z0 b20"                                   a chain: MDL a of 10 bytes, z of 0, b of 20
 *     "a10 b20 DO=4 DL=26 ; NULL ; c512@0xF00"       three NBs; c starts at offset 0xF00 of a page
 *
 * A name is a letter, then perhaps digits and '_', then perhaps quotes: a, r1_, a''. Without DO= an NB starts at 0,
 * without DL= its used data goes to the end of the chain; NULL is an NB without MDLs. Byte i of the MDL named a is
 * nbl_test_byte('a', i). Every MDL is NdisAllocateMdl's, over memory of its own of exactly that size, so that a memory
 * checker sees a step across its end. A text that is not understood, or no memory, fails the test.
 */
#ifndef NBL_TEST_GEOMETRY_H
#define NBL_TEST_GEOMETRY_H

#include <nbl/nbl.h>

#include <stdbool.h>

#define NBL_TEST_NAME 12    /* bytes of a name */
#define NBL_TEST_MDLS 16    /* MDLs of a chain at most */
#define NBL_TEST_BUFFERS 16 /* NBs of a list at most */

/* nbl_test_byte gives what byte i of the MDL with this first letter holds at the start. */
static inline unsigned char nbl_test_byte(char letter, ULONG i)
{
    return (unsigned char)((unsigned char)letter * 16u + i % 16u + i / 16u * 7u);
}

/* One MDL in text: what nbl_test_token read. page_offset is -1 when none was given; suffix is one of "*#^%" or 0. */
struct nbl_test_token {
    char name[NBL_TEST_NAME];
    ULONG length;
    int page_offset;
    char suffix;
};

/* nbl_test_token reads one MDL from *text and moves *text behind it and the blanks that follow; false, and *text
 * unmoved but for blanks, when something else is there. */
bool nbl_test_token(char const **text, struct nbl_test_token *token);

/* nbl_test_window reads "DO=n" and "DL=n", in this order, both optional, and leaves alone what is not given. */
void nbl_test_window(char const **text, ULONG *data_offset, ULONG *data_length);

/* One MDL with its memory. bytes is its first byte. */
struct nbl_test_mdl {
    char name[NBL_TEST_NAME];
    MDL *mdl;
    unsigned char *bytes;
    ULONG length;
    void *memory; /* what free takes; NULL when the MDL and its bytes are somebody else's */
};

void nbl_test_mdl_make(struct nbl_test_mdl *made, struct nbl_test_token const *token);
void nbl_test_mdl_free(struct nbl_test_mdl *made);

/* A chain of such MDLs. first is NULL for an empty one. */
struct nbl_test_chain {
    MDL *first;
    unsigned count;
    struct nbl_test_mdl mdls[NBL_TEST_MDLS];
};

/* nbl_test_chain_make reads as many MDLs as *text has and returns where it stopped. */
char const *nbl_test_chain_make(struct nbl_test_chain *chain, char const *text);
void nbl_test_chain_free(struct nbl_test_chain *chain);

/* A NBL of a pool without NBs, with NBs of a NB pool linked on it, over driver MDLs. */
struct nbl_test_list {
    NDIS_HANDLE list_pool;
    NDIS_HANDLE buffer_pool;
    NET_BUFFER_LIST *list;
    unsigned count;
    NET_BUFFER *buffers[NBL_TEST_BUFFERS];
    struct nbl_test_chain chains[NBL_TEST_BUFFERS];
};

/* nbl_test_list_make builds what the text says; "" gives a NBL without NBs. nbl_test_list_free frees the NBL, the NBs,
 * the MDLs and the pools; a test that freed the NBL, an NB or an MDL itself sets the pointer to NULL first. */
void nbl_test_list_make(struct nbl_test_list *made, char const *text);
void nbl_test_list_free(struct nbl_test_list *made);

/* ---- Looking at an NB without the library's help. ---- */

/* nbl_test_address gives the address of an MDL's first byte from its fields alone. */
unsigned char *nbl_test_address(MDL const *mdl);

/* nbl_test_capacity sums ByteCount over MdlChain. */
uint64_t nbl_test_capacity(NET_BUFFER const *buffer);

/* nbl_test_data copies the used data, found by DataOffset from MdlChain, to `to`, and returns its length; the test
 * fails when the chain is shorter or there is no room. */
ULONG nbl_test_data(NET_BUFFER const *buffer, unsigned char *to, size_t room);

/* nbl_test_fill writes nbl_test_byte(letter, i) to byte i of the used data, for every i. */
void nbl_test_fill(NET_BUFFER const *buffer, char letter);

/* nbl_test_canonical fails the test unless CurrentMdl and CurrentMdlOffset are the canonical pair of DataOffset (NB-08,
 * NB-10) and the upper half of stDataLength is zero (NB-05a). */
void nbl_test_canonical(NET_BUFFER const *buffer);

/* nbl_test_state writes "a10 b20 DO=4 DL=26 a+4" without the names: "10 20 DO=4 DL=26 0+4", MDLs by their position. The
 * text lives until the fourth call after this one. */
char const *nbl_test_state(NET_BUFFER const *buffer);

#endif
