/* SPDX-License-Identifier: MIT
 *
 * report.h (internal) - what the two forms of a report have in common.
 */
#ifndef NBL_VERIFY_REPORT_H
#define NBL_VERIFY_REPORT_H

#include "../base/port.h"
#include "history.h"

#include <nbl/verify.h>

#define NBL__SYMBOL_BYTES 160u

/* nbl__history_of gives what the ledger remembers of an object; count 0 when there is none. */
void nbl__history_of(void const *object, struct nbl__history *history);

/* nbl__moment_verb is "allocated", "freed" or "reported". */
char const *nbl__moment_verb(enum nbl_event_kind kind);

/* nbl__history_freed tells whether the newest moment is the end of the object. */
static inline bool nbl__history_freed(struct nbl__history const *history)
{
    enum nbl_event_kind const kind = history->moments[history->count - 1].kind;
    return kind == NBL_EVENT_POOL_FREE || kind == NBL_EVENT_LIST_FREE || kind == NBL_EVENT_BUFFER_FREE
        || kind == NBL_EVENT_MDL_FREE || kind == NBL_EVENT_CONTEXT_FREE;
}

#endif
