/* SPDX-License-Identifier: MIT
 *
 * fault.h - make the n-th allocation or mapping fail, so that a test can walk through every failure path.
 *
 * Every place where a call of libnbl can run out of something is a fault point (VER-06). The usual loop:
 *
 *     for (uint64_t n = 1;; n++) {
 *         nbl_fault_arm(NBL_FAULT_ALLOCATION, n);
 *         run_the_scenario();
 *         if (!nbl_fault_disarm(NBL_FAULT_ALLOCATION))
 *             break;                                    // the scenario passes fewer than n points: all were tried
 *     }
 */
#ifndef NBL_FAULT_H
#define NBL_FAULT_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* nbl_fault_kind is what can be made to fail. */
enum nbl_fault_kind {
    NBL_FAULT_ALLOCATION,  /* memory: the call reports NULL or NDIS_STATUS_RESOURCES */
    NBL_FAULT_MAPPING,     /* mapping of an MDL: MmGetSystemAddressForMdlSafe returns NULL (MDL-14) */
    NBL_FAULT_DATA_BUFFER, /* NdisGetDataBuffer returns NULL although it need not (GDB-07) */
    NBL_FAULT_KINDS        /* how many kinds there are */
};

/* nbl_fault_arm makes the nth fault point of one kind, counted from now over all threads, fail once.
 *
 * kind: below NBL_FAULT_KINDS; nth: 1 is the next point; 0 counts points and fails none. Arming again starts anew.
 * Threads: any, but a test that counts should have one thread work. IRQL: PASSIVE_LEVEL. Cannot fail.
 */
NBL_API void nbl_fault_arm(enum nbl_fault_kind kind, uint64_t nth);

/* nbl_fault_disarm ends what nbl_fault_arm began. Returns true when the armed point was reached and failed.
 *
 * kind: below NBL_FAULT_KINDS; one that is not armed returns false. Threads and IRQL as nbl_fault_arm.
 */
NBL_API bool nbl_fault_disarm(enum nbl_fault_kind kind);

/* nbl_fault_points tells how many fault points of one kind were passed since it was last armed, the failed one
 * included.
 *
 * kind: below NBL_FAULT_KINDS. The count stands still while the kind is not armed. Any thread, any IRQL. Cannot fail.
 */
NBL_API uint64_t nbl_fault_points(enum nbl_fault_kind kind);

NBL_END_C

#endif
