/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script_mdl.c - the verbs of MDLs.
 */
#include "nbl_test_script.h"

#define SCRIPT struct nbl_test_script *s, struct nbl_test_call const *c
#define NUMBER(i) nbl_test_script_ulong(s, c, i)
#define POINTER(i) nbl_test_script_pointer(s, c->text[i])
#define ADDRESS(i) nbl_test_script_address(s, c->text[i])

/* ---- making and freeing ---- */

/* IoAllocateMdl(address, length, SecondaryBuffer, IRP). One that is linked to an IRP is the IRP's to free. */
static void io_allocate(SCRIPT)
{
    PIRP irp = c->count > 3 ? POINTER(3) : NULL;
    nbl_test_script_made(s, c, irp != NULL ? NBL_TEST_NAME_ONLY : NBL_TEST_IO_MDL,
                         IoAllocateMdl(ADDRESS(0), NUMBER(1), (BOOLEAN)NUMBER(2), FALSE, irp), 0);
}

static void io_free(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    IoFreeMdl(POINTER(0));
}

static void ndis_allocate(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_NDIS_MDL, NdisAllocateMdl(NULL, ADDRESS(0), NUMBER(1)), 0);
}

static void ndis_free(SCRIPT)
{
    nbl_test_script_gone(s, c->text[0]);
    NdisFreeMdl(POINTER(0));
}

/* Garbage(): memory of the driver's for an MDL, every byte 0xA5 */
static void make_garbage(SCRIPT)
{
    MDL *mdl = malloc(sizeof(*mdl));
    assert_non_null(mdl);
    memset(mdl, 0xA5, sizeof(*mdl));
    nbl_test_script_made(s, c, NBL_TEST_RAW_MDL, mdl, 0);
}

static void make_irp(SCRIPT)
{
    nbl_test_script_made(s, c, NBL_TEST_IRP, calloc(1, sizeof(IRP)), 0);
}

/* ---- building, locking, mapping ---- */

static void build(SCRIPT)
{
    MmBuildMdlForNonPagedPool(POINTER(0));
}

static void build_partial(SCRIPT)
{
    IoBuildPartialMdl(POINTER(0), POINTER(1), ADDRESS(2), NUMBER(3));
}

static void lock(SCRIPT)
{
    MmProbeAndLockPages(POINTER(0), KernelMode, IoModifyAccess);
}

static void unlock(SCRIPT)
{
    MmUnlockPages(POINTER(0));
}

static void unmap(SCRIPT)
{
    MmUnmapLockedPages(ADDRESS(1), POINTER(0));
}

static void system_address(SCRIPT)
{
    nbl_test_script_output(s, "%s", nbl_test_script_name(s, MmGetSystemAddressForMdlSafe(POINTER(0),
                                                                                       NormalPagePriority)));
}

static void adjust_length(SCRIPT)
{
    NdisAdjustMdlLength(POINTER(0), NUMBER(1));
}

/* ---- arithmetic ---- */

static void span(SCRIPT)
{
    nbl_test_script_output(s, "%u", (unsigned)ADDRESS_AND_SIZE_TO_SPAN_PAGES(ADDRESS(0), NUMBER(1)));
}

static void ndis_span(SCRIPT)
{
    nbl_test_script_output(s, "%u", (unsigned)NDIS_MDL_TO_SPAN_PAGES((MDL *)POINTER(0)));
}

static void size_of(SCRIPT)
{
    nbl_test_script_output(s, "%u", (unsigned)MmSizeOfMdl(ADDRESS(0), NUMBER(1)));
}

struct nbl_test_verb const nbl_test_mdl_verbs[] = {
    { "IoAllocateMdl", io_allocate },
    { "IoFreeMdl", io_free },
    { "NdisAllocateMdl", ndis_allocate },
    { "NdisFreeMdl", ndis_free },
    { "Garbage", make_garbage },
    { "Irp", make_irp },
    { "MmBuildMdlForNonPagedPool", build },
    { "IoBuildPartialMdl", build_partial },
    { "MmProbeAndLockPages", lock },
    { "MmUnlockPages", unlock },
    { "MmUnmapLockedPages", unmap },
    { "MmGetSystemAddressForMdlSafe", system_address },
    { "NdisAdjustMdlLength", adjust_length },
    { "ADDRESS_AND_SIZE_TO_SPAN_PAGES", span },
    { "NDIS_MDL_TO_SPAN_PAGES", ndis_span },
    { "MmSizeOfMdl", size_of },
    { NULL, NULL },
};
