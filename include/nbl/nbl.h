/* SPDX-License-Identifier: MIT
 *
 * nbl.h - the whole portable API: nothing but includes.
 */
#ifndef NBL_NBL_H
#define NBL_NBL_H

#include <nbl/types.h>
#include <nbl/status.h>
#include <nbl/mdl.h>
#include <nbl/buffer.h>
#include <nbl/list.h>
#include <nbl/info.h>
#include <nbl/pool.h>
#include <nbl/derive.h>
#include <nbl/chain.h>
#include <nbl/dump.h>
#include <nbl/irql.h>
#include <nbl/verify.h>
#include <nbl/event.h>
#include <nbl/fault.h>
#include <nbl/knob.h>
#include <nbl/port.h>

#endif
