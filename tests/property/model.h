/* SPDX-License-Identifier: MIT
 *
 * model.h - the oracle's picture of the world: what every NET_BUFFER_LIST must look like, kept without the library.
 *
 * A region is memory, and what each of its bytes must hold. A piece is an MDL as the oracle sees it: a range of a region. A
 * buffer is a chain of pieces and a window. So each byte of each NET_BUFFER has an identity, region + offset; bytes that two
 * lists share are the same byte here, and must be at the same address there.
 *
 *     position p of a chain = byte (p - sum of bytes of earlier pieces) of the piece that holds it
 *     used data = positions [offset, offset + length)
 */
#ifndef NBL_PROPERTY_MODEL_H
#define NBL_PROPERTY_MODEL_H

#include "nbl_test.h"

#define WORLD_LISTS 8
#define LIST_BUFFERS 8
#define BUFFER_PIECES 24
#define REGION_BYTES 256
#define WORLD_REGIONS 512
#define LIST_CONTEXTS 12

struct region {
    unsigned char *base;
    ULONG bytes;
    void *memory; /* what free takes at the end; NULL when it is the library's */
    unsigned char value[REGION_BYTES];
    bool known[REGION_BYTES]; /* a byte that was never written may hold anything */
};

enum piece_kind {
    PIECE_DRIVER,  /* the test's own */
    PIECE_POOL,    /* came with the NB */
    PIECE_RETREAT, /* a retreat's */
    PIECE_CUSTOM,  /* a retreat's, from the test's handler */
    PIECE_DERIVED, /* made for a clone, fragment, reassembled list or copy */
    PIECE_SHARED   /* another list's MDL: a clone with USE_ORIGINAL_MDLS */
};

struct piece {
    enum piece_kind kind;
    MDL *mdl;
    ULONG bytes;
    struct region *region;
    ULONG start; /* of the piece in its region */
};

enum buffer_origin { BUFFER_EMBEDDED, BUFFER_POOL, BUFFER_DERIVED };

struct buffer {
    enum buffer_origin origin;
    NET_BUFFER *real;
    NDIS_HANDLE pool;
    struct piece pieces[BUFFER_PIECES];
    unsigned count;
    ULONG offset;
    ULONG length;
    bool loose; /* the driver stored a pair that is right but not canonical (NB-11) */
};

enum list_kind { LIST_PLAIN, LIST_CLONE, LIST_FRAGMENT, LIST_REASSEMBLED, LIST_COPY };

/* One allocation of context space, oldest first: what it took, and whether it made a block. */
struct context_use {
    ULONG bytes;
    ULONG block_bytes; /* 0 when an existing block had room */
    ULONG offset_before;
    unsigned char *data;
    unsigned char fill;
};

struct list {
    bool used;
    bool retired; /* freed by its owner while children live (GEN-06) */
    enum list_kind kind;
    NET_BUFFER_LIST *real;
    NDIS_HANDLE pool;
    ULONG parameter; /* clone flags or DataOffsetDelta */
    struct list *parent;
    unsigned children;
    struct buffer buffers[LIST_BUFFERS];
    unsigned count;
    ULONG initial_context; /* bytes of the block that came with the NBL */
    ULONG initial_offset;
    struct context_use contexts[LIST_CONTEXTS];
    unsigned context_count;
};

struct custom_mdl {
    MDL *mdl;
    void *memory;
};

struct world {
    struct list lists[WORLD_LISTS];
    struct region regions[WORLD_REGIONS];
    unsigned region_count;
    struct custom_mdl customs[WORLD_REGIONS]; /* what the allocate handler gave and the free handler has not seen */
    unsigned custom_count;
    struct custom_mdl drivers[WORLD_REGIONS]; /* MDLs of PIECE_DRIVER */
    unsigned driver_count;
    unsigned handler_frees;
    ULONG given[LIST_BUFFERS]; /* bytes of the MDLs that the allocate handler gave in this call, in order */
    unsigned given_count;
    unsigned errors;   /* violations of severity error and above since the operation began */
    char last_error[32];
    int64_t balance;   /* objects made - objects freed, by events */
    bool quiet;        /* nobody listens: the library takes its short ways, and errors and balance are not known */
    uint64_t random;
    unsigned char const *bytes; /* what chooses while bytes_left > 0; then random does */
    size_t bytes_left;
};

extern struct world world;

/* The pools of all sequences. */
enum { POOL_PLAIN, POOL_CONTEXT, POOL_WITH_BUFFER, POOL_WITH_DATA, POOL_BUFFERS, POOL_BUFFERS_WITH_DATA, POOLS };
#define POOL_DATA_SIZE 24
#define POOL_CONTEXT_SIZE 32
extern NDIS_HANDLE pools[POOLS];

/* ---- calls.c ---- */

/* pick gives a number below n (0 for 0) from the sequence's numbers; chance is true one time in n. any_byte gives what is
 * written as data, which chooses nothing. mixed spreads the bits of a number. */
ULONG pick(ULONG n);
bool chance(ULONG n);
unsigned char any_byte(void);
uint64_t mixed(uint64_t value);

/* world_choose_by has bytes choose from now on, until they are used up; they outlive that. */
void world_choose_by(unsigned char const *bytes, size_t count);

/* call_begins and call_ended bracket a call of the library: the first may arm a fault, the second returns whether it fired.
 * expect_errors checks that exactly `errors` violations of severity error and above were announced since, if anybody
 * listens. calls_reset forgets a call that did not come back. */
void call_begins(bool may_fail);
bool call_ended(void);
void expect_errors(unsigned errors);
void calls_reset(void);

/* world_listen has what is announced counted in the world, or not. */
void world_listen(bool wanted);

/* ---- whoever runs the operations: sequence.c, or a program of tests/fuzz ---- */

/* broken ends the run as failed. note adds to the description of the present operation. */
void broken(char const *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void note(char const *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- oracle.c ---- */

ULONG capacity_of(struct buffer const *buffer);

/* piece_at finds the canonical pair of a position: index of the piece and offset in it (NB-08, NB-10); -1 without MDLs. */
int piece_at(struct buffer const *buffer, ULONG position, ULONG *offset);

/* byte_at gives the region and the offset in it of a position that exists. */
struct region *byte_at(struct buffer const *buffer, ULONG position, ULONG *offset);

/* range_of appends pieces over positions [from, from + bytes) of a buffer to another; false when they do not fit. */
bool range_of(struct buffer const *from_buffer, ULONG from, ULONG bytes, struct buffer *to, enum piece_kind kind);

/* front_piece makes room for a piece at the front of a buffer and gives it, all zero. */
struct piece *front_piece(struct buffer *buffer);

/* check_buffer, check_list and check_world compare the world with the picture, and end the sequence when they differ. */
void check_buffer(struct buffer const *buffer);
void check_buffer_but_data(struct buffer const *buffer);
void check_list(struct list const *list);
void check_world(void);

/* write_position writes a random byte to a position, there and in the picture; fill_positions does so for a range, and leaves
 * alone known bytes when `only_unknown`. */
void write_position(struct buffer *buffer, ULONG position);
void fill_positions(struct buffer *buffer, ULONG from, ULONG bytes, bool only_unknown);

/* ---- generate.c ---- */

void world_begin(uint64_t seed, bool quiet);
void world_end(void);
void pools_make(void);
void pools_free(void);

/* memory_is_back frees the pools and tells whether every byte went with them (PROP-11). */
bool memory_is_back(void);

struct region *region_new(unsigned char *base, ULONG bytes, void *memory);
struct list *list_slot(void);

/* any_list gives a random list that is in use by its owner, or NULL; any_buffer a random NB of a random list, or NULL. */
struct list *any_list(void);
struct buffer *any_buffer(struct list **list);

/* driver_piece appends or prepends a new driver MDL of `bytes` bytes to the picture; linking is up to the caller. */
void driver_piece(struct piece *piece, ULONG bytes);

/* driver_chain gives the buffer a new random chain of driver MDLs, linked, and returns its first MDL. */
MDL *driver_chain(struct buffer *buffer);

void random_window(struct buffer *buffer);
struct list *generate_list(void);

MDL *handler_allocate_exact(ULONG *bytes);
MDL *handler_allocate_more(ULONG *bytes);
MDL *handler_allocate_less(ULONG *bytes);
VOID handler_free(MDL *mdl);

/* free_drivers frees the driver MDLs of a list, and their memory, before the list itself (NB-21). */
void free_drivers(struct list *list);

/* ---- window_operations.c, list_operations.c ---- */

typedef void operation(void);
operation do_generate, do_retreat, do_retreat_list, do_advance, do_advance_list, do_advance_and_back, do_retreat_and_back,
    do_adjust, do_get_data, do_copy_bytes, do_write, do_physical_count, do_repoint, do_link;
operation do_clone, do_fragment, do_reassemble, do_deep_copy, do_free, do_take_context, do_give_context;

/* free_list frees a list that has no living children, and everything the free takes along. */
void free_list(struct list *list);

/* free_all_lists frees what is left, children first, in an order that the numbers decide. */
void free_all_lists(void);

/* The models of the calls, for single steps from tests. */
NDIS_STATUS retreat_buffer(struct buffer *buffer, ULONG delta, ULONG backfill, NET_BUFFER_ALLOCATE_MDL *handler);
void advance_buffer(struct buffer *buffer, ULONG delta, bool free_mdl, bool with_handler);
struct list *clone_list(struct list *source, ULONG flags);
struct list *fragment_list(struct list *source, ULONG start, ULONG maximum, ULONG delta, ULONG backfill);
struct list *reassemble_list(struct list *source, ULONG start, ULONG delta, ULONG backfill);
bool take_context(struct list *list, ULONG bytes, ULONG backfill);
void give_context(struct list *list);

/* ---- sequence.c ---- */

/* run_sequences runs `count` sequences from `seed` on, or until `minutes` are over when that is not 0. Prints how many ran, and
 * of a failed one the operations that are needed to fail, with the command that replays it. Returns false when one failed. */
bool run_sequences(uint64_t seed, uint64_t count, unsigned minutes, bool verbose);

/* check_properties runs the tests of properties.c and returns how many failed. */
int check_properties(void);

/* attempt runs one function with the world as far as a seed decides; returns NULL, or what was broken. */
char const *attempt(uint64_t seed, void (*function)(void));

#endif
