/* SPDX-License-Identifier: MIT
 *
 * irql.c - a level per thread, and who may be called at which (rule VER-03).
 */
#include "irql.h"

#include "../base/event.h"

KIRQL KeGetCurrentIrql(void)
{
    return (KIRQL)nbl__thread_current()->irql;
}

VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql)
{
    struct nbl__thread *thread = nbl__thread_current();
    *OldIrql = (KIRQL)thread->irql;
    if (NewIrql < thread->irql || NewIrql > NBL_IRQL_HIGHEST)
        nbl__violation("VER-03", NBL_SEVERITY_FATAL, "KeRaiseIrql", NULL);
    else
        thread->irql = NewIrql;
}

VOID KeLowerIrql(KIRQL NewIrql)
{
    struct nbl__thread *thread = nbl__thread_current();
    if (NewIrql > thread->irql)
        nbl__violation("VER-03", NBL_SEVERITY_FATAL, "KeLowerIrql", NULL);
    else
        thread->irql = NewIrql;
}

void nbl__irql_judge(char const *call, void const *object)
{
    if (nbl__thread_current()->irql > DISPATCH_LEVEL)
        nbl__violation("VER-03", NBL_SEVERITY_ERROR, call, object);
}
