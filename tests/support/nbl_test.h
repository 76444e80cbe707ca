/* SPDX-License-Identifier: MIT
 *
 * nbl_test.h - everything a test includes: cmocka, the library's public API, and the helpers of this folder.
 */
#ifndef NBL_TEST_H
#define NBL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <nbl/nbl.h>

#include "nbl_test_events.h"
#include "nbl_test_freed.h"
#include "nbl_test_geometry.h"
#include "nbl_test_pool.h"
#include "nbl_test_snapshot.h"

#endif
