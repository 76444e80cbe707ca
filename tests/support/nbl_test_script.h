/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script.h - runs a row about lifetime, out-of-band information or MDLs: named objects, and a verb per call.
 *
 *     id | name = Verb(argument, ..); .. | Verb(..); .. | output; .. | rules: ..
 *
 * tests/conformance/vectors/section17.txt explains the notation. Each output is compared when it comes, so a row fails
 * at the operation that went wrong.
 */
#ifndef NBL_TEST_SCRIPT_H
#define NBL_TEST_SCRIPT_H

#include "nbl_test.h"

#define NBL_TEST_ARGUMENTS 6
#define NBL_TEST_OBJECTS 12
#define NBL_TEST_OUTPUT 256

enum nbl_test_kind {
    NBL_TEST_LIST_POOL,
    NBL_TEST_BUFFER_POOL,
    NBL_TEST_LIST,    /* of a NBL pool */
    NBL_TEST_MADE,    /* a list with everything that it needs, from geometry text */
    NBL_TEST_BUFFER,
    NBL_TEST_CLONE,   /* value: the flags */
    NBL_TEST_FRAGMENT, /* value: DataOffsetDelta */
    NBL_TEST_REASSEMBLED,
    NBL_TEST_CHAIN,   /* driver MDLs from geometry text; pointer: the first */
    NBL_TEST_IO_MDL,
    NBL_TEST_NDIS_MDL,
    NBL_TEST_RAW_MDL, /* memory of the row, filled with 0xA5 */
    NBL_TEST_IRP,
    NBL_TEST_NAME_ONLY /* somebody else's */
};

struct nbl_test_object {
    char name[16];
    enum nbl_test_kind kind;
    void *pointer;
    ULONG value;
    bool gone; /* the row freed it, or tried to */
    struct nbl_test_list *made;
    struct nbl_test_chain *chain;
};

/* Name(argument, ..), perhaps with `target = ` before it. */
struct nbl_test_call {
    char target[16];
    char name[48];
    unsigned count;
    char text[NBL_TEST_ARGUMENTS][64];
};

struct nbl_test_script {
    struct nbl_test_object objects[NBL_TEST_OBJECTS];
    unsigned object_count;
    bool setting_up;
    bool dead;                   /* the next call is handed dead memory */
    bool each;                   /* the next call runs once per fault point */
    bool mapping;                /* in the next call the first mapping fails */
    bool captured;               /* outputs go to last alone */
    char last[NBL_TEST_OUTPUT];
    char const *expected;        /* what has not come yet */
    struct nbl_test_snapshot *before;
    MDL before_mdl;
    unsigned char storage[64];
};

/* nbl_test_script_run runs one row and fails the test at the first output that is not the expected one. */
void nbl_test_script_run(char const *setup, char const *operations, char const *expected);

/* ---- between the files of the interpreter ---- */

/* What a verb says. */
void nbl_test_script_output(struct nbl_test_script *script, char const *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Binds a new object to the call's target, and says "made" or "NULL". */
struct nbl_test_object *nbl_test_script_made(struct nbl_test_script *script, struct nbl_test_call const *call,
                                             enum nbl_test_kind kind, void *pointer, ULONG value);

/* The arguments of a call. */
uint64_t nbl_test_script_number(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i);
ULONG nbl_test_script_ulong(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i);
void *nbl_test_script_pointer(struct nbl_test_script *script, char const *text);
unsigned char *nbl_test_script_address(struct nbl_test_script *script, char const *text);
NET_BUFFER_LIST *nbl_test_script_list(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i);
NET_BUFFER *nbl_test_script_buffer(struct nbl_test_script *script, struct nbl_test_call const *call, unsigned i);
struct nbl_test_object *nbl_test_script_find(struct nbl_test_script *script, char const *name);
struct nbl_test_mdl const *nbl_test_script_driver_mdl(struct nbl_test_script const *script, char const *name);

/* The object with this name will not be freed at the end of the row. */
void nbl_test_script_gone(struct nbl_test_script *script, char const *name);

/* The name of an object, of an NB as "list.1", of a driver MDL, of a byte as "V+40" or "Storage"; "?" for what
 * has none. */
char const *nbl_test_script_name(struct nbl_test_script const *script, void const *pointer);
void nbl_test_script_free(struct nbl_test_script *script);

/* The verbs, in tables that end with a NULL name. */
struct nbl_test_verb {
    char const *name;
    void (*run)(struct nbl_test_script *script, struct nbl_test_call const *call);
};
extern struct nbl_test_verb const nbl_test_list_verbs[], nbl_test_window_verbs[], nbl_test_mdl_verbs[],
    nbl_test_field_verbs[];

#endif
