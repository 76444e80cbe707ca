/* SPDX-License-Identifier: MIT
 *
 * knob.h - the other answer, wherever the documentation leaves an answer open.
 *
 * Where Microsoft's documentation is silent the rule book decides, and libnbl does what it decides. A driver that is
 * right does not depend on the decision: it passes its tests under the default and under each knob (rule book,
 * section 16).
 *
 *     NBL_KNOBS=K-END-NULL,K-POISON ./driver_tests       from the environment, read once, before the first pool
 *     nbl_knob_set(NBL_KNOB_END_NULL, true);             from a program
 *
 * A knob changes only while libnbl holds no memory: before the first pool, or after the last one was freed and
 * nbl_memory_trim was called. So no object ever lives under two answers. With every knob off nothing is slower.
 */
#ifndef NBL_KNOB_H
#define NBL_KNOB_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* NBL_KNOB_TABLE has one row per knob: enumerator, name, what it does, the rules whose answer it changes. What it does
 * not say stays as without the knob:
 *
 * K-END-NULL         not for a fresh NB that brings data (POOL-12). DataOffset still says where the end is.
 * K-RET-SIZE-B       D is the delta, O the old DataOffset, B the backfill asked for. AllocateMdlHandler is asked for as
 *                    much; limits are those of D + B (RET-11).
 * K-USEORIG-FULL     the backfill of all of the original's MDLs is shared, so that a retreat on the clone can write
 *                    over it.
 * K-AUTO-PARENT      freeing the derived list lowers ChildRefCount again. A deep copy has no parent.
 * K-POOL-OFFSET-0    a retreat then allocates, as if there were no data.
 * K-ADV-STRICT       an MDL over another list's bytes stays linked; the memory that a fragment or reassembled list has
 *                    of its own for DataOffsetDelta counts as a retreat's (FRAG-07).
 * K-CTX-ALWAYS       for NBLs from pools; derived ones start without (CTX-05).
 * K-CTX-MISALIGN     the address is one pointer off MEMORY_ALLOCATION_ALIGNMENT. Space that would be aligned is not
 *                    taken from the block that is there but from a new one, with a pointer more of backfill; where that
 *                    exceeds 0xFFFF bytes everything is as without the knob. What comes with the NBL stays aligned (CTX-04).
 * K-POISON           ProtocolReserved and MiniportReserved of NBLs and NBs are filled with 0xCD, data of pools and
 *                    memory of retreats and derived lists with 0xA5. Scratch is documented to start as NULL (NBL-05).
 * K-SCRUB-SCRATCH    where nbl_list_hand_over is called.
 * K-PFN-SHUFFLE      the same page has the same number everywhere, and two pages never share one.
 * K-NOWRITE          MmGetSystemAddressForMdlSafe, NdisQueryMdl and MmMapLockedPagesSpecifyCache with MdlMappingNoWrite
 *                    give a second address at which the bytes can only be read, if they are in memory that libnbl got
 *                    from the platform; a write there ends the process. The MDL's fields keep the first address. Linux.
 * K-PHYS-USED        an NB without used data counts 0.
 */
#define NBL_KNOB_TABLE(ROW)                                                                                           \
    ROW(END_NULL, "K-END-NULL", "a data start that no byte follows is the pair (NULL, 0)", "NB-10")                   \
    ROW(RET_SIZE_B, "K-RET-SIZE-B", "a retreat allocates (D - O) + B bytes instead of D + B", "RET-05")               \
    ROW(USEORIG_FULL, "K-USEORIG-FULL", "a USE_ORIGINAL_MDLS clone keeps MdlChain and DataOffset of the original",    \
        "CLONE-09")                                                                                                   \
    ROW(AUTO_PARENT, "K-AUTO-PARENT", "derived lists set ParentNetBufferList and raise the parent's ChildRefCount",   \
        "GEN-02")                                                                                                     \
    ROW(POOL_OFFSET_0, "K-POOL-OFFSET-0", "a fresh NB with data starts with DataOffset 0", "POOL-12")                 \
    ROW(ADV_STRICT, "K-ADV-STRICT", "FreeMdl frees MDLs of retreats only, not those of derived lists", "ADV-05")      \
    ROW(CTX_ALWAYS, "K-CTX-ALWAYS", "an NBL without context has an empty context block", "CTX-04")                    \
    ROW(CTX_MISALIGN, "K-CTX-MISALIGN", "context space is aligned to a pointer and no more", "CTX-11")                \
    ROW(POISON, "K-POISON", "reserved areas and memory without content hold a pattern", "NB-20 NBL-05 POOL-14")       \
    ROW(SCRUB_SCRATCH, "K-SCRUB-SCRATCH", "Scratch and its flags are overwritten when the owner changes", "NBL-12")   \
    ROW(PFN_SHUFFLE, "K-PFN-SHUFFLE", "page frame numbers of neighbouring pages are no neighbours", "MDL-21")         \
    ROW(NOWRITE, "K-NOWRITE", "MdlMappingNoWrite gives an address that cannot be written", "MDL-14")                  \
    ROW(PHYS_USED, "K-PHYS-USED", "the physical count is of pages that hold used data only", "PHYS-01")

/* nbl_knob names a knob: NBL_KNOB_END_NULL for K-END-NULL, and so on. NBL_KNOBS is how many there are. */
#define NBL_KNOB_ENUMERATOR(enumerator, name, meaning, rules) NBL_KNOB_##enumerator,
enum nbl_knob { NBL_KNOB_TABLE(NBL_KNOB_ENUMERATOR) NBL_KNOBS };
#undef NBL_KNOB_ENUMERATOR

/* nbl_knob_set turns one knob on or off.
 *
 * knob: below NBL_KNOBS. Threads: no other may use libnbl during the call. IRQL: PASSIVE_LEVEL. Returns true when the
 * knob now is as wanted, also if it was before; false, with nothing changed, when nbl_knob_refusal has a reason.
 * Rule book, section 16.
 */
NBL_API bool nbl_knob_set(enum nbl_knob knob, bool on);

/* nbl_knob_refusal tells in one sentence why a knob cannot change at this moment, or gives NULL when it can: libnbl
 * holds memory, the platform has no such thing, or there is no such knob. The sentence is constant.
 *
 * knob: any value. Threads and IRQL as nbl_knob_set. Cannot fail.
 */
NBL_API char const *nbl_knob_refusal(enum nbl_knob knob);

/* nbl_knob_get tells whether a knob is on. knob: a value that there is not is off. Any thread, IRQL <= DISPATCH_LEVEL.
 */
NBL_API bool nbl_knob_get(enum nbl_knob knob);

/* nbl_knob_set_named turns on all knobs of a list, or none.
 *
 * names: names as in NBL_KNOBS, such as "K-END-NULL,K-POISON", with commas between them; blanks around a name and empty
 * names are nothing. message: NULL, or `bytes` (1 or more) bytes, which receive why false is returned, cut to fit, with
 * a 0 at the end: a name that there is not is quoted, followed by all that there are; "" for true. Other knobs stay as
 * they are. Threads and IRQL as nbl_knob_set. Returns true when all are on.
 *
 * The environment variable NBL_KNOBS is read by the same rules before libnbl first gets memory or is asked about knobs;
 * where false would be returned, the process ends with that message, since the tests would test something else.
 */
NBL_API bool nbl_knob_set_named(char const *names, char *message, size_t bytes);

/* nbl_knob_find finds a knob by its name, such as "K-POISON". knob: receives it. Returns false, and writes nothing, when
 * there is none. Any thread, any IRQL. */
NBL_API bool nbl_knob_find(char const *name, enum nbl_knob *knob);

/* nbl_knob_name, nbl_knob_meaning and nbl_knob_rules give a knob's row of NBL_KNOB_TABLE: its name, what it does, and
 * the ids of the rules that it is about with a blank between two. NULL for what is no knob. Any thread, any IRQL. */
NBL_API char const *nbl_knob_name(enum nbl_knob knob);
NBL_API char const *nbl_knob_meaning(enum nbl_knob knob);
NBL_API char const *nbl_knob_rules(enum nbl_knob knob);

NBL_END_C

#endif
