/* SPDX-License-Identifier: MIT
 *
 * nbl_test_mdl.h - comparing two MDLs field by field: the padding between the fields is nobody's.
 */
#ifndef NBL_TEST_MDL_H
#define NBL_TEST_MDL_H

#include <nbl/mdl.h>

/* nbl_test_same_mdl fails the test unless every field is the same; page frame numbers are not looked at. */
static inline void nbl_test_same_mdl(MDL const *mdl, MDL const *expected)
{
    assert_ptr_equal(mdl->Next, expected->Next);
    assert_int_equal(mdl->Size, expected->Size);
    assert_int_equal(mdl->MdlFlags, expected->MdlFlags);
    assert_ptr_equal(mdl->Process, expected->Process);
    assert_ptr_equal(mdl->MappedSystemVa, expected->MappedSystemVa);
    assert_ptr_equal(mdl->StartVa, expected->StartVa);
    assert_int_equal(mdl->ByteCount, expected->ByteCount);
    assert_int_equal(mdl->ByteOffset, expected->ByteOffset);
}

#endif
