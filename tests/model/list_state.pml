/* SPDX-License-Identifier: MIT
 *
 * list_state.pml - who frees a list that has children: nbl__list_retire and nbl__list_remove_child of lib/list/state.h,
 * and release_upwards of lib/derive/free.c.
 *
 * Each list has an owner of its own, who may derive one list more and then frees the list, at any time and before its
 * children are freed too (GEN-06). One step here is one atomic operation there; memory is sequentially consistent.
 *
 *     G <- P <- C, E...      P and D are derived from G, C from P; each owner may add a list derived from its own
 *     G <- D
 *
 * Claims: no list is looked at after it was freed; each is freed exactly once; in the end all are.
 */

#define GRAND 0
#define FIXED 4
#define LISTS 5
#define NONE 255
#define RETIRED 128 /* NBL__LIST_RETIRED */

byte children[LISTS];
byte parent[LISTS];
bool freed[LISTS];
byte made; /* lists that exist or existed */

#define touch(list) assert(!freed[list])

/* ---- lib/list/state.h ---- */

/* Only the owner adds; while there is no child nobody else changes the count, so that storing 1 is enough. */
inline add_child(list)
{
    atomic { touch(list); answer = (children[list] == 0) };
    if
    :: answer -> atomic { touch(list); children[list] = 1 }
#ifdef BROKEN_ADD /* stores where others subtract */
    :: !answer -> atomic { touch(list); above = children[list] }; atomic { touch(list); children[list] = above + 1 }
#else
    :: !answer -> atomic { touch(list); children[list]++ }
#endif
    fi;
    answer = false; above = 0
}

/* gone: the memory can go now. */
inline retire(list, gone)
{
    atomic { touch(list); gone = (children[list] == 0) };
    if
    :: !gone ->
#ifdef BROKEN_RETIRE /* two steps instead of one */
        atomic { touch(list); seen = children[list] };
        atomic { touch(list); children[list] = seen | RETIRED; gone = (seen == 0); seen = 0 }
#else
        atomic { touch(list); gone = (children[list] == 0); children[list] = children[list] | RETIRED }
#endif
    :: else
    fi
}

/* last: the caller has to free the list. */
inline remove_child(list, last)
{
#ifdef BROKEN_REMOVE /* looks, and then subtracts */
    atomic { touch(list); last = (children[list] == (RETIRED | 1)) };
    atomic { touch(list); children[list]-- }
#else
    atomic { touch(list); last = (children[list] == (RETIRED | 1)); children[list]-- }
#endif
}

/* ---- lib/derive/free.c ---- */

inline release_upwards(list)
{
    do
    :: above = parent[list];
        atomic { touch(list); freed[list] = true };
        if
        :: above == NONE -> break
        :: else
        fi;
        remove_child(above, answer);
        if
        :: !answer -> break
        :: else
        fi;
        list = above
    od
}

proctype owner(byte list)
{
    byte above, seen;
    bool answer;
    if
    :: atomic { made < LISTS -> seen = made; made++; parent[seen] = list };
        add_child(list);
        run owner(seen);
        seen = 0
    :: true
    fi;
    retire(list, answer);
    if
    :: answer -> release_upwards(list)
    :: else /* a child will free it; by now that may have happened */
    fi
}

init
{
    byte list;
    atomic {
        parent[GRAND] = NONE; parent[1] = GRAND; parent[2] = GRAND; parent[3] = 1;
        children[GRAND] = 2; children[1] = 1;
        made = FIXED;
        run owner(0); run owner(1); run owner(2); run owner(3)
    };
    _nr_pr == 1;
    do
    :: list < made -> assert(freed[list]); list++
    :: else -> break
    od
}
