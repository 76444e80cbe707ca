/* SPDX-License-Identifier: MIT
 *
 * invariant.h (internal) - what has to be true of every list at every boundary of the documented calls (INV).
 *
 * An object is looked at only after the registry, if there is one, was asked about its address, and every walk ends
 * (VER-04). What follows from a broken invariant is not told as well: behind a CurrentMdl that is not on its chain
 * nothing is said of CurrentMdlOffset.
 */
#ifndef NBL_VERIFY_INVARIANT_H
#define NBL_VERIFY_INVARIANT_H

#include "ledger.h"

/* enum nbl__boundary is where a list passes from one owner to another. */
enum nbl__boundary {
    NBL__BOUNDARY_ALLOCATE,
    NBL__BOUNDARY_OWN, /* none: the owner asks */
    NBL__BOUNDARY_SEND,
    NBL__BOUNDARY_INDICATE,
    NBL__BOUNDARY_COMPLETE,
    NBL__BOUNDARY_RETURN,
    NBL__BOUNDARY_FREE
};

/* struct nbl__registry is who may be asked. Each function may be NULL: what needs it is left out then. */
struct nbl__registry {
    enum nbl__ledger_state (*look)(void const *object, void *context); /* a NBL, a NB or an MDL (INV-01, INV-15) */
    bool (*intact)(void const *object, void *context); /* the guards around a NBL's, NB's or MDL's buffer (INV-09) */
    bool (*shared)(void const *memory, void *context); /* SharedMemoryInfo or ScatterGatherList is registered (INV-17) */
    void *context;
};

/* nbl__invariant_registry sets who is asked from now on, copied; NULL: nobody. No check may be under way. */
void nbl__invariant_registry(struct nbl__registry const *registry);

/* nbl__invariant_check looks at one list, which is not NULL, and announces each broken invariant with the object that
 * breaks it. Returns how many there are, those of severity info not counted. */
uint32_t nbl__invariant_check(NET_BUFFER_LIST const *list, enum nbl__boundary boundary, char const *call);

/* nbl__invariant_check_chain does it with `list`, which may be NULL, and all behind it, and looks for what two of them
 * share. */
uint32_t nbl__invariant_check_chain(NET_BUFFER_LIST const *list, enum nbl__boundary boundary, char const *call);

/* ---- Between invariant.c and invariant_buffer.c. ---- */

/* struct nbl__inspection is one check under way. */
struct nbl__inspection {
    enum nbl__boundary boundary;
    char const *call;
    uint32_t broken;
};

void nbl__inspection_tell(struct nbl__inspection *inspection, char const *rule, enum nbl_severity severity,
                          void const *object);

/* struct nbl__chain is a walk over a sound chain. */
struct nbl__chain {
    uint32_t count;
    void const *last; /* NULL for an empty chain */
};

/* enum nbl__chain_of says what may be asked about the members of a chain. */
enum nbl__chain_of {
    NBL__CHAIN_OBJECTS, /* NBLs or NBs: the registry knows all that there are */
    NBL__CHAIN_MDLS,    /* a driver may have made them where nobody saw it */
    NBL__CHAIN_BLOCKS   /* contexts: the registry knows them by their list */
};

/* nbl__inspection_chain walks a chain to its end. Returns false, after telling it, when it is a circle (VER-04) or when
 * a member is not alive (INV-01). */
bool nbl__inspection_chain(struct nbl__inspection *inspection, void const *first, enum nbl__chain_of members,
                           struct nbl__chain *chain);

/* nbl__inspection_intact tells whether an object's guards are (INV-09). */
void nbl__inspection_intact(struct nbl__inspection *inspection, void const *object);

/* nbl__inspection_buffer looks at one NB that is alive: INV-03..INV-09 and INV-17. Returns the last MDL of its chain, or
 * NULL when there is none or when the chain is not sound. */
MDL const *nbl__inspection_buffer(struct nbl__inspection *inspection, NET_BUFFER const *buffer);

/* nbl__inspection_shared tells INV-17 of a pointer that is not NULL and not registered. */
void nbl__inspection_shared(struct nbl__inspection *inspection, void const *memory, void const *object);

#endif
