/* SPDX-License-Identifier: MIT
 *
 * irql.h (internal) - judging the level at which a call is made (VER-03).
 */
#ifndef NBL_VERIFY_IRQL_H
#define NBL_VERIFY_IRQL_H

#include <nbl/irql.h>

/* nbl__irql_judge reports a call that has to be made at DISPATCH_LEVEL or below, when it is made above. */
void nbl__irql_judge(char const *call, void const *object);

#endif
