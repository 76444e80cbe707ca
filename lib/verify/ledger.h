/* SPDX-License-Identifier: MIT
 *
 * ledger.h (internal) - every object of libnbl that the verifier has seen, by address, with what happened to it
 * (VER-01, VER-02).
 *
 * What was freed stays until so many others were freed after it, so that a second free tells of the first. NET_BUFFERs
 * and MDLs that came with a list are entered with it as their owner and end with it. The ledger's memory is the
 * platform's: nbl_memory_bytes does not count it, and no fault is injected into it.
 */
#ifndef NBL_VERIFY_LEDGER_H
#define NBL_VERIFY_LEDGER_H

#include "history.h"

/* So many takings of context space of one list are told apart. */
#define NBL__CONTEXT_SIZES 8u

/* enum nbl__ledger_state is what the ledger says of an address. */
enum nbl__ledger_state { NBL__LEDGER_UNKNOWN, NBL__LEDGER_LIVE, NBL__LEDGER_FREED };

/* nbl__ledger_start begins with an empty ledger that remembers `freed_kept` objects that were freed. Returns false
 * without memory. */
bool nbl__ledger_start(ULONG freed_kept);
void nbl__ledger_stop(void);

/* nbl__ledger_note enters an event. */
void nbl__ledger_note(struct nbl_event const *event);

/* nbl__ledger_history tells an object's life. Returns false, with count 0, for an address that is not in the ledger. */
bool nbl__ledger_history(void const *object, struct nbl__history *history);

enum nbl__ledger_state nbl__ledger_state_of(void const *object);

/* nbl__ledger_context_bytes gives how much context space of a list was taken by calls and not given back yet. Returns
 * false when that is not known: no such list, or more than NBL__CONTEXT_SIZES takings at once. */
bool nbl__ledger_context_bytes(void const *list, uint64_t *bytes);

/* nbl__ledger_context_fits tells whether context space of `bytes` bytes, which was just given back, had been taken last
 * in one piece of that size (CTX-10); true when that is not known. It counts as given back from then on. */
bool nbl__ledger_context_fits(void const *list, uint64_t bytes);

/* struct nbl__ledger_window is a NET_BUFFER's window when it was allocated. */
struct nbl__ledger_window {
    ULONG offset;
    ULONG length;
};

/* nbl__ledger_window gives it for a live NET_BUFFER that came with `list`. Returns false for any other. */
bool nbl__ledger_window(void const *buffer, void const *list, struct nbl__ledger_window *window);

/* nbl__ledger_incomplete tells whether an object was not entered for want of memory. */
bool nbl__ledger_incomplete(void);

/* struct nbl__ledger_site is all live objects of one type that were allocated by one call from one place. */
struct nbl__ledger_site {
    struct nbl__history example; /* one of them */
    uint64_t objects;
    uint64_t bytes;
};

/* nbl__ledger_sites groups the live objects that have no owner by type and place: those of one pool or, with NULL, all.
 * Returns how many sites there are and stores the first `most`, in no order; beyond those each object counts as a site.
 * *objects counts all objects. */
uint32_t nbl__ledger_sites(void const *pool, struct nbl__ledger_site *sites, uint32_t most, uint64_t *objects);

#endif
