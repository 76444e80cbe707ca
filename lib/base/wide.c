/* SPDX-License-Identifier: MIT
 *
 * wide.c - whether the processor has 32-byte stores.
 */
#include "wide.h"

#ifdef nbl__wide_stores_are_a_choice
atomic_bool nbl__wide_stores;
#else
typedef int nbl__wide_is_not_used;
#endif
