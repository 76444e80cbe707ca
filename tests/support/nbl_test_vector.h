/* SPDX-License-Identifier: MIT
 *
 * nbl_test_vector.h - runs one TV row of tests/conformance/vectors/section17.txt, which explains the notation.
 *
 *     id | setup | operations | expected | rules: ...
 *
 * The outcome is written as text in the notation of the "expected" column and compared item by item.
 */
#ifndef NBL_TEST_VECTOR_H
#define NBL_TEST_VECTOR_H

#include "nbl_test.h"

#define NBL_TEST_TEXT 256
#define NBL_TEST_RESULTS 16
#define NBL_TEST_DERIVED 4
#define NBL_TEST_NAMED 64

/* What a derived list was made with, to free it alike. */
struct nbl_test_derived {
    NET_BUFFER_LIST *list;
    char kind; /* 'c'lone, 'f'ragment, 'r'eassembled */
    ULONG value; /* flags or DataOffsetDelta */
};

/* The objects of one row while it runs, and what was seen. */
struct nbl_test_vector {
    NDIS_HANDLE list_pool;
    NDIS_HANDLE buffer_pool;
    NDIS_HANDLE data_pool; /* NULL unless the setup has an NB with data of its own */
    NET_BUFFER_LIST *original;
    unsigned buffer_count;
    NET_BUFFER *buffers[NBL_TEST_BUFFERS]; /* of the NB pools; linked on original */
    struct nbl_test_derived derived[NBL_TEST_DERIVED];
    unsigned derived_count;
    struct nbl_test_snapshot *before; /* original, before the first operation */

    struct nbl_test_mdl mdls[NBL_TEST_NAMED]; /* driver MDLs with their bytes, and handler MDLs */
    unsigned mdl_count;
    struct {
        MDL const *mdl;
        char name[NBL_TEST_NAME];
    } named[NBL_TEST_NAMED]; /* every MDL with a fixed name */
    unsigned named_count;
    unsigned retreats; /* how many MDLs were named r1_, r2_, ... */

    struct {
        ULONG length;
        bool null;
    } handler[8]; /* what AllocateMdlHandler will return */
    unsigned handler_count;
    unsigned handler_next;

    char results[NBL_TEST_RESULTS][NBL_TEST_TEXT];
    unsigned result_count;
    char freed[NBL_TEST_TEXT];
    bool fail_each; /* the next operation runs once per fault point */
    uint64_t fail_nth; /* the next operation runs with this fault armed; 0 for none */
};

/* nbl_test_vector_run runs one row and fails the test when the outcome is not the expected one. */
void nbl_test_vector_run(char const *setup, char const *operations, char const *expected);

/* ---- between the files of the interpreter ---- */

/* The list that operations work on: the newest derived one, or the original. */
NET_BUFFER_LIST *nbl_test_vector_subject(struct nbl_test_vector const *vector);

void nbl_test_vector_setup(struct nbl_test_vector *vector, char const *text);
void nbl_test_vector_free(struct nbl_test_vector *vector);
void nbl_test_vector_derive_free(struct nbl_test_vector *vector);

void nbl_test_vector_operate(struct nbl_test_vector *vector, char const *text);

/* The handlers that retreats and advances get; they work for the vector that runs. */
MDL *nbl_test_vector_allocate_mdl(ULONG *size);
VOID nbl_test_vector_free_mdl(MDL *mdl);

/* Names: a fixed one, "a'" for an alias of a driver MDL's bytes, or "r<n>_" for what was never seen before. */
void nbl_test_vector_name(struct nbl_test_vector *vector, MDL const *mdl, char const *name);
void nbl_test_vector_name_new(struct nbl_test_vector *vector);
void nbl_test_vector_find_name(struct nbl_test_vector *vector, MDL const *mdl, char *name);
void nbl_test_vector_note_freed(struct nbl_test_vector *vector, MDL const *mdl);

/* nbl_test_vector_result adds one text to what the operations returned. */
void nbl_test_vector_result(struct nbl_test_vector *vector, char const *text);
void nbl_test_vector_state(struct nbl_test_vector *vector, NET_BUFFER const *buffer, char *text);
void nbl_test_vector_compare(struct nbl_test_vector *vector, char const *expected);

#endif
