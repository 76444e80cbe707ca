/* SPDX-License-Identifier: MIT
 *
 * export.h - compiler differences that a public header must know: visibility, alignment, anonymous members.
 *
 * Nothing else in include/nbl/ asks which compiler or system it is on.
 */
#ifndef NBL_EXPORT_H
#define NBL_EXPORT_H

#if defined(_WIN32) && defined(NBL_SHARED)
#  if defined(NBL_BUILDING)
#    define NBL_API __declspec(dllexport)
#  else
#    define NBL_API __declspec(dllimport)
#  endif
#elif defined(__GNUC__) && !defined(_WIN32)
#  define NBL_API __attribute__((visibility("default")))
#else
#  define NBL_API
#endif

#if defined(__cplusplus)
#  define NBL_BEGIN_C extern "C" {
#  define NBL_END_C }
#  define NBL_STATIC_ASSERT(condition, text) static_assert(condition, text)
#  define NBL_ALIGNAS(bytes) alignas(bytes)
#else
#  define NBL_BEGIN_C
#  define NBL_END_C
#  define NBL_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#  define NBL_ALIGNAS(bytes) _Alignas(bytes)
#endif

/* Anonymous structures and flexible array members are C11, and extensions of every C++ compiler that matters. */
#if defined(__GNUC__)
#  define NBL_EXTENSION __extension__
#else
#  define NBL_EXTENSION
#endif

/* NBL_MAY_ALIAS marks a type through which memory that holds another type may be read and written. */
#if defined(__GNUC__)
#  define NBL_MAY_ALIAS __attribute__((may_alias))
#else
#  define NBL_MAY_ALIAS
#endif

/* NBL_BIG_ENDIAN is 1 where the first byte of an integer is its most significant one, else 0. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#  define NBL_BIG_ENDIAN 1
#else
#  define NBL_BIG_ENDIAN 0
#endif

/* NBL_IN_LINE marks the usual case of a call that libnbl also exports: a compiler that inlines takes it, everybody
 * else, and everybody who takes the call's address, gets the exported one. Where a compiler cannot do that, it is left
 * out. */
#if defined(__GNUC__) && !defined(NBL_BUILDING) && !(defined(_WIN32) && defined(NBL_SHARED))
#  define NBL_HAS_IN_LINE 1
#  define NBL_IN_LINE extern inline __attribute__((gnu_inline))
#  define NBL_IN_LINE_PART extern inline __attribute__((gnu_inline, always_inline))
#endif

/* NBL_INLINE marks a function whose whole definition stands in a header. */
#define NBL_INLINE static inline

#endif
