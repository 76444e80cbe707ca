/* SPDX-License-Identifier: MIT
 *
 * rules.h (internal) - the rows of nbl/rules.def by number, and what is counted and switched per row.
 */
#ifndef NBL_VERIFY_RULES_H
#define NBL_VERIFY_RULES_H

#include <nbl/verify.h>

/* nbl__rule_index gives the row of an id, or -1. */
int nbl__rule_index(char const *id);

/* nbl__rule_break counts row `index` and tells whether its reports are on. */
bool nbl__rule_break(int index);

bool nbl__rule_suppress(int index, bool suppressed);
uint64_t nbl__rule_count(int index);
void nbl__rules_reset(void);

/* nbl__severity_name is "info", "warning", "error" or "fatal". */
char const *nbl__severity_name(enum nbl_severity severity);

/* nbl__same tells whether two texts are equal: an embedding without a C library has no strcmp. */
bool nbl__same(char const *one, char const *other);

#endif
