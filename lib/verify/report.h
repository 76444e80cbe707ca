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

#endif
