/* SPDX-License-Identifier: MIT
 *
 * nbl_test_allocator.h - a source of memory that counts, and that runs dry at a chosen call.
 */
#ifndef NBL_TEST_ALLOCATOR_H
#define NBL_TEST_ALLOCATOR_H

#include <nbl/nbl.h>

#include <stdatomic.h>

/* struct nbl_test_allocator is what the source has given and is told to refuse. All zero to begin with. */
struct nbl_test_allocator {
    atomic_uint_fast64_t calls;    /* of allocate, the refused ones included */
    atomic_uint_fast64_t fail_at;  /* the call to refuse, 1 is the first; 0 refuses none */
    atomic_uint_fast64_t fail_all; /* not 0: refuse every call from fail_at on */
    atomic_uint_fast64_t refused;
    atomic_int_fast64_t blocks;    /* given and not yet back */
    atomic_int_fast64_t bytes;
    atomic_uint_fast64_t misfits;  /* releases whose size is not that of the allocation */
};

/* nbl_test_allocator_install makes libnbl take its memory from here; fails the test when libnbl still holds memory. */
void nbl_test_allocator_install(struct nbl_test_allocator *allocator);

/* nbl_test_allocator_remove trims, checks that all memory came back, and returns to the platform's source. */
void nbl_test_allocator_remove(struct nbl_test_allocator *allocator);

/* nbl_test_allocator_refuse makes the nth call from now fail, and with `all` every later one too; 0 ends it. Returns how
 * many calls were refused since it was last called. */
uint64_t nbl_test_allocator_refuse(struct nbl_test_allocator *allocator, uint64_t nth, bool all);

#endif
