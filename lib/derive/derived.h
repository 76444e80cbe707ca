/* SPDX-License-Identifier: MIT
 *
 * derived.h (internal) - the one block that a derived NET_BUFFER_LIST is, and how it is made in two passes.
 *
 *     [struct nbl__derived][NET_BUFFER_LIST][NET_BUFFER x buffers][MDLs and private memory, in order]
 *
 * The first pass measures (nbl__measure_*), then one allocation is made, then the second pass builds (nbl__build_*) and
 * cannot fail. Both passes walk the same bytes, so
 *
 *     block_bytes = front + buffers * sizeof(NET_BUFFER) + sum of the parts' bytes
 *
 * The record below is all that freeing needs (GEN-07): the NB chain and the MDL chains of the list are not looked at.
 */
#ifndef NBL_DERIVE_DERIVED_H
#define NBL_DERIVE_DERIVED_H

#include "../pool/pool.h"

#include <nbl/derive.h>

struct nbl__derived {
    NBL_ALIGNAS(64) NET_BUFFER_LIST *parent; /* whose bytes these are; NULL for a copy */
    struct nbl__pool *list_pool;
    struct nbl__pool *buffer_pool;
    size_t block_bytes;
    uint32_t buffers;   /* how many NET_BUFFERs are in the block */
    ULONG parameter;    /* clone flags or DataOffsetDelta of the allocation */
};

/* struct nbl__layout is what the first pass finds. */
struct nbl__layout {
    uint64_t buffers;
    uint64_t part_bytes;
};

/* struct nbl__pools is the pair of pools that a derived list is counted in. */
struct nbl__pools {
    struct nbl__pool *lists;
    struct nbl__pool *buffers;
};

/* struct nbl__builder is the state of the second pass. `tail` is where the next MDL of the present NB is linked. */
struct nbl__builder {
    NET_BUFFER_LIST *list;
    NET_BUFFER *next_buffer;      /* the first of the block that is not used yet */
    NET_BUFFER *last_buffer;      /* the last that is linked, or NULL */
    unsigned char *next_part;
    struct nbl__mdl_record *last_record; /* newest of the present NB, or NULL */
    struct nbl__pools pools;
};

/* nbl__derive_pools checks the pools that a caller gave (GEN-11). Returns false after reporting `rule`. */
bool nbl__derive_pools(NDIS_HANDLE lists, NDIS_HANDLE buffers, char const *call, struct nbl__pools *pools);

/* nbl__measure_range adds the MDLs for `bytes` bytes from a position, and moves the position behind them. Returns false when
 * the chain ends before. */
bool nbl__measure_range(struct nbl__layout *layout, struct nbl__position *position, ULONG bytes);

/* nbl__measure_private adds an MDL with `bytes` bytes of memory of its own; nothing for 0 bytes. */
void nbl__measure_private(struct nbl__layout *layout, uint64_t bytes);

/* nbl__skip moves a position forward by `bytes` bytes. Returns false when the chain ends before. */
bool nbl__skip(struct nbl__position *position, ULONG bytes);

/* nbl__derive_start allocates the block and its NBL (GEN-10). Returns false without memory; nothing is then left behind. */
bool nbl__derive_start(struct nbl__builder *builder, struct nbl__layout const *layout, struct nbl__pools const *pools,
                       enum nbl__list_kind kind, ULONG parameter);

/* nbl__build_buffer links the next NB of the block to the list: fresh, without MDLs. */
NET_BUFFER *nbl__build_buffer(struct nbl__builder *builder);

/* nbl__build_range links MDLs over `bytes` bytes from a position to the NB, and moves the position behind them. */
void nbl__build_range(struct nbl__builder *builder, NET_BUFFER *buffer, struct nbl__position *position, ULONG bytes);

/* nbl__build_private links an MDL with `bytes` bytes of its own, the first `hidden` of them backfill; returns its memory, or
 * NULL for 0 bytes. */
void *nbl__build_private(struct nbl__builder *builder, NET_BUFFER *buffer, ULONG bytes, ULONG hidden);

/* nbl__build_window sets the window of a NB whose MDLs are complete. */
void nbl__build_window(NET_BUFFER *buffer, ULONG offset, ULONG length);

/* nbl__derive_finish counts the new list in its pools and as its parent's child, and announces it. */
NET_BUFFER_LIST *nbl__derive_finish(struct nbl__builder *builder, NET_BUFFER_LIST *parent, char const *call);

/* nbl__derive_free frees a derived list of one kind. Returns false after reporting GEN-08 when it is not that. `parameter` is
 * compared with the one of the allocation and reported as `rule` with `severity` when it differs. */
bool nbl__derive_free(NET_BUFFER_LIST *list, enum nbl__list_kind kind, ULONG parameter, char const *rule,
                      enum nbl_severity severity, char const *call);

static inline struct nbl__derived *nbl__derived_of(NET_BUFFER_LIST *list)
{
    return (struct nbl__derived *)(void *)list - 1;
}

#endif
