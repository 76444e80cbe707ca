/* SPDX-License-Identifier: MIT
 *
 * irql.h - the interrupt request level of the calling thread, as far as a process can have one (rule VER-03).
 *
 * It is a number that the thread keeps: nothing is held back by it. A thread starts at PASSIVE_LEVEL. While the verifier
 * runs (nbl/verify.h), a call that must be made at DISPATCH_LEVEL or below says so when it is made above.
 */
#ifndef NBL_IRQL_H
#define NBL_IRQL_H

#include <nbl/types.h>

NBL_BEGIN_C

typedef UCHAR KIRQL;
typedef KIRQL *PKIRQL;

#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2

/* NBL_IRQL_HIGHEST is the highest level that there is: HIGH_LEVEL of Windows on 64-bit hosts. */
#define NBL_IRQL_HIGHEST 15

/* KeGetCurrentIrql gives the calling thread's level. Any IRQL. (nf-wdm-kegetcurrentirql.md) */
NBL_API KIRQL KeGetCurrentIrql(void);

/* KeRaiseIrql raises the calling thread's level to NewIrql and stores the one before in *OldIrql.
 *
 * OldIrql: not NULL. A NewIrql below the present level, or above NBL_IRQL_HIGHEST, is a violation of VER-03 (fatal) and
 * changes nothing; *OldIrql is stored all the same. (nf-wdm-keraiseirql.md) */
NBL_API VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);

/* KeLowerIrql goes back to the level that KeRaiseIrql stored. A NewIrql above the present level is a violation of
 * VER-03 (fatal) and changes nothing. (nf-wdm-kelowerirql.md) */
NBL_API VOID KeLowerIrql(KIRQL NewIrql);

NBL_END_C

#endif
