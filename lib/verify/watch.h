/* SPDX-License-Identifier: MIT
 *
 * watch.h (internal) - what an event tells that the call itself does not look at.
 */
#ifndef NBL_VERIFY_WATCH_H
#define NBL_VERIFY_WATCH_H

#include <nbl/event.h>

/* nbl__watch_before is called before an event is entered in the ledger, nbl__watch_after when it is. */
void nbl__watch_before(struct nbl_event const *event);
void nbl__watch_after(struct nbl_event const *event);

/* nbl__watch_backfill is called after a retreat within the backfill of a NET_BUFFER (RET-20). */
void nbl__watch_backfill(NET_BUFFER const *buffer, char const *call);

#endif
