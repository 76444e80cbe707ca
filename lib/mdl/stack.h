/* SPDX-License-Identifier: MIT
 *
 * stack.h (internal) - the warning about nonpaged MDLs over stack memory (MDL-15).
 */
#ifndef NBL_MDL_STACK_H
#define NBL_MDL_STACK_H

#include "record.h"

#include "../base/event.h"

/* nbl__mdl_warn_of_stack reports an MDL whose first byte is on the calling thread's stack, when somebody listens. */
static inline void nbl__mdl_warn_of_stack(MDL const *mdl, char const *call)
{
    if (NBL_UNLIKELY(nbl__hooked(NBL__HOOK_LISTENER)) && nbl__port_on_stack(MmGetMdlVirtualAddress(mdl)))
        nbl__violation("MDL-15", NBL_SEVERITY_WARNING, call, mdl);
}

#endif
