/* SPDX-License-Identifier: MIT
 *
 * bits.h - structures of bit-fields that have the same numeric value on every host.
 *
 * A compiler gives the first bit-field of a word the least significant bits on a little-endian host and the most
 * significant ones on a big-endian host. The out-of-band unions are read as numbers too (through their PVOID Value), so
 * the numbers have to agree. Hence the members are listed once, least significant first, and emitted in the order that
 * the host needs (LAY-07):
 *
 *     struct { NBL_SLOT_BITS_3(ULONG MSS : 20, ULONG Offset : 10, ULONG : 2) } Transmit;
 *
 * Every list has to fill its words to the last bit, if need be with an unnamed member.
 */
#ifndef NBL_BITS_H
#define NBL_BITS_H

#include <stdint.h>

#include <nbl/export.h>

#if NBL_BIG_ENDIAN
#  define NBL__BITS_ORDER(low, high) high low;
#else
#  define NBL__BITS_ORDER(low, high) low; high
#endif

/* NBL_BITS_n declares n members of one or more whole words, least significant member first. */
#define NBL_BITS_1(a) a;
#define NBL_BITS_2(a, b) NBL__BITS_ORDER(a, NBL_BITS_1(b))
#define NBL_BITS_3(a, b, c) NBL__BITS_ORDER(a, NBL_BITS_2(b, c))
#define NBL_BITS_4(a, b, c, d) NBL__BITS_ORDER(a, NBL_BITS_3(b, c, d))
#define NBL_BITS_5(a, b, c, d, e) NBL__BITS_ORDER(a, NBL_BITS_4(b, c, d, e))
#define NBL_BITS_6(a, b, c, d, e, f) NBL__BITS_ORDER(a, NBL_BITS_5(b, c, d, e, f))
#define NBL_BITS_7(a, b, c, d, e, f, g) NBL__BITS_ORDER(a, NBL_BITS_6(b, c, d, e, f, g))
#define NBL_BITS_8(a, b, c, d, e, f, g, h) NBL__BITS_ORDER(a, NBL_BITS_7(b, c, d, e, f, g, h))
#define NBL_BITS_9(a, b, c, d, e, f, g, h, i) NBL__BITS_ORDER(a, NBL_BITS_8(b, c, d, e, f, g, h, i))
#define NBL_BITS_10(a, b, c, d, e, f, g, h, i, j) NBL__BITS_ORDER(a, NBL_BITS_9(b, c, d, e, f, g, h, i, j))

/* NBL_SLOT_BITS_n declares n members of one 32-bit word that is the low half of a pointer-sized value. */
#if NBL_BIG_ENDIAN && UINTPTR_MAX > 0xFFFFFFFFu
#  define NBL__BITS_HIGH_HALF uint32_t : 32;
#else
#  define NBL__BITS_HIGH_HALF
#endif

#define NBL_SLOT_BITS_1(a) NBL__BITS_HIGH_HALF NBL_BITS_1(a)
#define NBL_SLOT_BITS_2(a, b) NBL__BITS_HIGH_HALF NBL_BITS_2(a, b)
#define NBL_SLOT_BITS_3(a, b, c) NBL__BITS_HIGH_HALF NBL_BITS_3(a, b, c)
#define NBL_SLOT_BITS_4(a, b, c, d) NBL__BITS_HIGH_HALF NBL_BITS_4(a, b, c, d)
#define NBL_SLOT_BITS_5(a, b, c, d, e) NBL__BITS_HIGH_HALF NBL_BITS_5(a, b, c, d, e)
#define NBL_SLOT_BITS_8(a, b, c, d, e, f, g, h) NBL__BITS_HIGH_HALF NBL_BITS_8(a, b, c, d, e, f, g, h)
#define NBL_SLOT_BITS_10(a, b, c, d, e, f, g, h, i, j) NBL__BITS_HIGH_HALF NBL_BITS_10(a, b, c, d, e, f, g, h, i, j)

#endif
