/* SPDX-License-Identifier: MIT
 *
 * mdl.h - memory descriptor lists: describing, allocating, building, mapping, locking and splitting them.
 *
 * An MDL describes one run of virtually contiguous bytes. It is in one of these states, which MdlFlags tells:
 *
 *     only described   MmInitializeMdl, IoAllocateMdl: no page frame numbers yet
 *     built            MmBuildMdlForNonPagedPool, NdisAllocateMdl: MDL_SOURCE_IS_NONPAGED_POOL, always has an address
 *     locked           MmProbeAndLockPages: MDL_PAGES_LOCKED, has an address once it is mapped
 *     partial          IoBuildPartialMdl: MDL_PARTIAL, shares the address of its source if that has one
 *
 * libnbl has one address space, so "mapping" gives StartVa + ByteOffset and costs nothing, but the states are kept, so
 * that a driver which forgets a step hears of it. A page frame number is the virtual address >> PAGE_SHIFT: memory
 * that is contiguous here is physically contiguous (MDL-21).
 *
 * The WDK types that the calls need (LOCK_OPERATION, MM_PAGE_PRIORITY, IRP, ..) are in types.h. MdlMappingNoWrite and
 * MdlMappingNoExecute are accepted and ignored: a mapping is the memory itself. K-NOWRITE and K-PFN-SHUFFLE (knob.h)
 * change that, and the order of page frame numbers.
 *
 * Threads: an MDL belongs to one thread at a time; different MDLs may be used by different threads. Misuse is
 * announced as an NBL_EVENT_VIOLATION with the id of the broken rule; each function says what it does instead.
 */
#ifndef NBL_MDL_H
#define NBL_MDL_H

#include <nbl/event.h>
#include <nbl/types.h>

NBL_BEGIN_C

/* ---- Page arithmetic: any IRQL. Arguments may be evaluated twice; sums are made in 64 bits (MDL-04). ---- */

/* PAGE_ALIGN gives the start of the page that holds address Va; BYTE_OFFSET the distance of Va from it,
 * 0..PAGE_SIZE-1. nf-wdm-page_align.md, nf-wdm-byte_offset.md */
#define PAGE_ALIGN(Va) ((PVOID)((ULONG_PTR)(Va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define BYTE_OFFSET(Va) ((ULONG)((ULONG_PTR)(Va) & (PAGE_SIZE - 1)))

/* ROUND_TO_PAGES rounds Size bytes up to whole pages, in bytes; the result is a ULONG_PTR, so a Size within a page of
 * its end gives 0. BYTES_TO_PAGES gives the number of pages that hold Size bytes from a page boundary on, for any
 * Size. nf-wdm-round_to_pages.md, nf-wdm-bytes_to_pages.md */
#define ROUND_TO_PAGES(Size) ((ULONG_PTR)(((uint64_t)(Size) + (PAGE_SIZE - 1)) & ~(uint64_t)(PAGE_SIZE - 1)))
#define BYTES_TO_PAGES(Size) ((ULONG)(((uint64_t)(Size) >> PAGE_SHIFT) + (((uint64_t)(Size) & (PAGE_SIZE - 1)) != 0)))

/* ADDRESS_AND_SIZE_TO_SPAN_PAGES gives the number of pages that hold Size bytes from address Va on: 0 when Size is 0
 * and Va is the start of a page, 1 when Size is 0 and it is not. nf-wdm-address_and_size_to_span_pages.md */
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size) \
    ((ULONG)(((uint64_t)BYTE_OFFSET(Va) + (uint64_t)(Size) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))

/* ---- Reading an MDL: any IRQL (MDL-02, MDL-03, nf-wdm-mmgetmdl*.md). ---- */

/* MmGetMdlByteCount gives the length in bytes, MmGetMdlByteOffset the offset of the first byte in its page,
 * MmGetMdlVirtualAddress the address of the first byte as the describer knows it, MmGetMdlBaseVa its page's start. */
#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((ULONG_PTR)(Mdl)->StartVa + (Mdl)->ByteOffset))
#define MmGetMdlBaseVa(Mdl) ((Mdl)->StartVa)

/* MmGetMdlPfnArray gives the page frame numbers, pointer-sized, ADDRESS_AND_SIZE_TO_SPAN_PAGES of them. They mean
 * something only while the MDL is built, locked or partial. */
#define MmGetMdlPfnArray(Mdl) ((PPFN_NUMBER)((Mdl) + 1))

/* NDIS_MDL_LINKAGE is the next MDL of a chain, or NULL; it may be assigned to. NdisGetNextMdl stores it in *_NextMdl.
 * Any IRQL. MDL-09, ndis-mdl-linkage.md, ndisgetnextmdl.md */
#define NDIS_MDL_LINKAGE(_Mdl) ((_Mdl)->Next)
#define NdisGetNextMdl(_CurrentMdl, _NextMdl) ((void)(*(_NextMdl) = NDIS_MDL_LINKAGE(_CurrentMdl)))

/* NdisQueryMdlOffset stores the offset of the first byte in its page in *_Offset and the length in bytes in *_Length.
 * IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-09, ndisquerymdloffset.md */
#define NdisQueryMdlOffset(_Mdl, _Offset, _Length) \
    ((void)(*(_Offset) = MmGetMdlByteOffset(_Mdl)), (void)(*(_Length) = MmGetMdlByteCount(_Mdl)))

/* NDIS_MDL_TO_SPAN_PAGES gives the number of pages that an MDL's bytes touch, and 1 for an MDL without bytes wherever
 * it is. Any IRQL. MDL-13, ndis-mdl-to-span-pages.md */
NBL_INLINE ULONG nbl__mdl_span_pages(MDL const *mdl)
{
    if (mdl->ByteCount == 0)
        return 1;
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(mdl->ByteOffset, mdl->ByteCount);
}
#define NDIS_MDL_TO_SPAN_PAGES(_Mdl) nbl__mdl_span_pages(_Mdl)

/* NdisGetMdlPhysicalArraySize stores NDIS_MDL_TO_SPAN_PAGES(_Mdl) in *_ArraySize: no neighbouring pages are merged.
 * IRQL <= DISPATCH_LEVEL. MDL-13, ndisgetmdlphysicalarraysize.md */
#define NdisGetMdlPhysicalArraySize(_Mdl, _ArraySize) ((void)(*(_ArraySize) = NDIS_MDL_TO_SPAN_PAGES(_Mdl)))

/* ---- Describing memory. ---- */

/* MmSizeOfMdl gives the bytes that an MDL for Length bytes at Base takes, with its page frame numbers.
 *
 * Base: any address, not read; Length: bytes, 0 to the largest SIZE_T. Any thread, any IRQL. Cannot fail. MDL-05,
 * nf-wdm-mmsizeofmdl.md
 */
NBL_API SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length);

/* MmInitializeMdl describes Length bytes at BaseVa in an MDL whose memory the caller supplies.
 *
 * MemoryDescriptorList: MmSizeOfMdl(BaseVa, Length) bytes, aligned as an MDL, the caller's before and after; BaseVa:
 * not read; Length: bytes, 0..0xFFFFFFFF. Sets Next (NULL), Size (the low 16 bits of MmSizeOfMdl: MDL-22), MdlFlags
 * (0), StartVa, ByteOffset and ByteCount, and leaves Process, MappedSystemVa and the page frame numbers as they are.
 * The result is only described: build or lock it next. Nothing has to be undone before its memory goes. Do not use it
 * on an MDL from IoAllocateMdl or NdisAllocateMdl: with MdlFlags goes the mark of its allocation, and it can no longer
 * be freed.
 * Any IRQL. Cannot fail. MDL-05, MDL-22, nf-wdm-mminitializemdl.md
 */
NBL_INLINE void nbl__mdl_initialize(PMDL mdl, PVOID base, ULONG length)
{
    uint64_t const pages = ADDRESS_AND_SIZE_TO_SPAN_PAGES(base, length);
    mdl->Next = NULL;
    mdl->Size = (CSHORT)(uint16_t)(sizeof(MDL) + sizeof(PFN_NUMBER) * pages);
    mdl->MdlFlags = 0;
    mdl->StartVa = PAGE_ALIGN(base);
    mdl->ByteOffset = BYTE_OFFSET(base);
    mdl->ByteCount = length;
}
#define MmInitializeMdl(MemoryDescriptorList, BaseVa, Length) \
    nbl__mdl_initialize((MemoryDescriptorList), (PVOID)(BaseVa), (ULONG)(Length))

/* MmBuildMdlForNonPagedPool makes a described MDL a built one, which has page frame numbers and an address.
 *
 * MemoryDescriptorList: described by MmInitializeMdl or IoAllocateMdl, memory that stays where it is. Sets
 * MDL_SOURCE_IS_NONPAGED_POOL, MappedSystemVa = StartVa + ByteOffset, Process = NULL. Building a built MDL again
 * changes nothing. Afterwards it must be neither locked nor unlocked nor mapped into the system nor unmapped: those
 * calls report an error of rule MDL-15 and do nothing.
 * Misuse: a locked MDL is reported (MDL-15, error) and left alone; an address on the calling thread's stack is
 * reported (MDL-15, warning) where the host can tell, and built.
 * IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-06, MDL-15, MDL-21, nf-wdm-mmbuildmdlfornonpagedpool.md
 */
NBL_API VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList);

/* ---- Allocating. ---- */

/* NdisAllocateMdl allocates an MDL and builds it for Length bytes of nonpaged memory at VirtualAddress.
 *
 * NdisHandle: not used, may be NULL; VirtualAddress: not read, the caller's memory before and after, to outlive the
 * MDL; Length: bytes, 0..0xFFFFF000. The caller owns the MDL and gives it back with NdisFreeMdl. MdlFlags is 0xC and
 * Next NULL.
 * Misuse: an address on the calling thread's stack as for MmBuildMdlForNonPagedPool.
 * Threads: any; IRQL <= DISPATCH_LEVEL. Returns NULL when no memory is left or Length is larger.
 * MDL-06, MDL-07, nf-mdlapi-ndisallocatemdl.md
 */
NBL_API MDL *NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, ULONG Length);

/* NdisFreeMdl frees one MDL from NdisAllocateMdl; neither the memory it describes nor Next.
 *
 * Mdl: not linked anywhere that is still used. ByteCount must be what it was when allocated: otherwise a warning of
 * rule MDL-08, and it is freed.
 * Misuse: an MDL from IoAllocateMdl is reported (MDL-07, error) and freed as by IoFreeMdl. NULL, an MDL that libnbl
 * did not allocate by itself (one of a pool, a retreat or a derived list, one that a driver made) and an MDL that was
 * freed already are reported (MDL-07, fatal); nothing happens to them.
 * Threads: any; IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-07, MDL-08, nf-mdlapi-ndisfreemdl.md
 */
NBL_API VOID NdisFreeMdl(MDL *Mdl);

/* NdisAdjustMdlLength sets the length of an MDL that the caller got from NdisAllocateMdl, or of the MDL of a pool's
 * NET_BUFFER, which is to be restored before the NET_BUFFER is freed.
 *
 * Length: bytes, 0 to the length at allocation, which must be restored before NdisFreeMdl.
 * Misuse: a larger Length is reported (MDL-08, fatal) and changes nothing. Any other MDL is reported (MDL-08, error)
 * and changed; where libnbl knows its first length, that is the limit.
 * Any IRQL. MDL-08, POOL-13, nf-ndis-ndisadjustmdllength.md
 */
NBL_API VOID NdisAdjustMdlLength(PMDL Mdl, ULONG Length);

/* IoAllocateMdl allocates an MDL that describes Length bytes at VirtualAddress, and links it to an IRP if given one.
 *
 * VirtualAddress: not read, may be NULL; Length: bytes, 0..0xFFFFF000; SecondaryBuffer: without Irp FALSE; FALSE makes
 * the MDL Irp->MdlAddress, TRUE appends it to that chain; ChargeQuota: FALSE. The MDL is only described: build it,
 * lock it or make it the target of IoBuildPartialMdl. The caller gives it back with IoFreeMdl, or whoever completes
 * the IRP does.
 * Misuse (MDL-11): TRUE without Irp is an error and taken as FALSE; TRUE with an empty chain starts the chain, FALSE
 * with a chain replaces (loses) it, both warnings. ChargeQuota TRUE is a warning of MDL-10. A chain with a cycle is
 * reported as fatal under VER-04 and NULL is returned.
 * Threads: any; IRQL <= DISPATCH_LEVEL. Returns NULL, with the IRP unchanged, when no memory is left or Length is
 * larger. MDL-10, MDL-11, nf-wdm-ioallocatemdl.md
 */
NBL_API PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp);

/* IoFreeMdl frees one MDL from IoAllocateMdl, and a partial one's own mapping; neither its bytes nor Next.
 *
 * Mdl: unlocked, in no chain that is still used.
 * Misuse: locked pages are reported (MDL-12, error), unlocked, and the MDL freed. An MDL from NdisAllocateMdl is
 * reported (MDL-07, error) and freed as by NdisFreeMdl. Whatever NdisFreeMdl refuses is refused here (MDL-12, fatal).
 * Threads: any; IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-12, nf-wdm-iofreemdl.md
 */
NBL_API VOID IoFreeMdl(PMDL Mdl);

/* nbl_mdl_complete_irp does to an IRP's MDLs what completing the IRP does: unlocks and frees all of them.
 *
 * Irp: MdlAddress is NULL afterwards; NULL before is a request without MDLs.
 * Misuse: MDLs that IoFreeMdl would refuse are reported as by it and stay with their owner; a chain with a cycle is
 * reported (VER-04, fatal) and stays as it is.
 * IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-11, using-mdls.md
 */
NBL_API void nbl_mdl_complete_irp(PIRP Irp);

/* ---- Mapping. ---- */

/* MmGetSystemAddressForMdlSafe gives the address of an MDL's first byte, mapping the MDL when it is not mapped.
 *
 * Mdl: built or mapped: MappedSystemVa is returned, nothing else of the MDL is looked at, and the call cannot fail.
 * Otherwise the MDL becomes mapped: MDL_MAPPED_TO_SYSTEM_VA is set, and MDL_PARTIAL_HAS_BEEN_MAPPED for a partial one;
 * the address is StartVa + ByteOffset. MmUnlockPages, IoFreeMdl or MmPrepareMdlForReuse drop that mapping.
 * Priority: MM_PAGE_PRIORITY, with MdlMappingNoWrite or MdlMappingNoExecute or-ed to it or not; not used.
 * Misuse: an MDL that is neither built, locked nor partial is reported (MDL-14, error) and mapped.
 * IRQL <= DISPATCH_LEVEL. Returns NULL, MDL unchanged, when NBL_FAULT_MAPPING says so.
 * MDL-14, nf-wdm-mmgetsystemaddressformdlsafe.md
 */
NBL_API PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority);

/* MmGetSystemAddressForMdl is MmGetSystemAddressForMdlSafe of old, which cannot return NULL: it is no fault point.
 * MDL-14, nf-wdm-mmgetsystemaddressformdl.md */
NBL_API PVOID MmGetSystemAddressForMdl(PMDL Mdl);

/* NdisQueryMdl stores the length in bytes in *_Length and, unless _VirtualAddress is NULL, in *_VirtualAddress what
 * MmGetSystemAddressForMdlSafe(_Mdl, _Priority | MdlMappingNoExecute) returns, NULL included.
 *
 * _VirtualAddress: address of a pointer of any type; _Length: address of an integer. Otherwise as that call.
 * MDL-09, ndisquerymdl.md
 */
#define NdisQueryMdl(_Mdl, _VirtualAddress, _Length, _Priority) \
    ((void)(*(_Length) = nbl_mdl_query((_Mdl), (_VirtualAddress), (ULONG)(_Priority))))

/* nbl_mdl_query is what NdisQueryMdl consists of: address is NULL or the address of a pointer. Returns the length. */
NBL_API ULONG nbl_mdl_query(PMDL Mdl, void *address, ULONG Priority);

/* MmMapLockedPagesSpecifyCache maps an MDL that is not mapped and returns the address of its first byte.
 *
 * MemoryDescriptorList: locked or partial; AccessMode: KernelMode, or UserMode, which may also map a built MDL and one
 * that is mapped into the system already, and which gives the same address: there is one address space, and MdlFlags
 * tells only that a mapping made by this call exists. CacheType, RequestedAddress and Priority: not used.
 * BugCheckOnFailure: FALSE.
 * Sets what MmGetSystemAddressForMdlSafe sets. Undo it with MmUnmapLockedPages or as there.
 * Misuse: KernelMode on a built MDL (MDL-15), on one that is mapped (MDL-18), on one only described (MDL-18) and
 * BugCheckOnFailure TRUE (MDL-18) are errors; the address is returned all the same.
 * IRQL <= DISPATCH_LEVEL, for UserMode <= APC_LEVEL. Returns NULL, MDL unchanged, when NBL_FAULT_MAPPING says so; for
 * UserMode the raise handler is called before, with STATUS_INSUFFICIENT_RESOURCES.
 * MDL-18, nf-wdm-mmmaplockedpagesspecifycache.md
 */
NBL_API PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                           MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                           ULONG BugCheckOnFailure, ULONG Priority);

/* MmMapLockedPages is MmMapLockedPagesSpecifyCache of old, which cannot return NULL: it is no fault point.
 * MDL-18, nf-wdm-mmmaplockedpages.md */
NBL_API PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode);

/* MmUnmapLockedPages undoes the mapping that gave BaseAddress.
 *
 * Clears MDL_MAPPED_TO_SYSTEM_VA and MDL_PARTIAL_HAS_BEEN_MAPPED; a built MDL keeps its address.
 * Misuse is reported and changes nothing: a built MDL that MmMapLockedPagesSpecifyCache did not map (MDL-15, error);
 * an MDL that is not mapped, a partial one that merely shares its source's mapping, another address (MDL-18, error).
 * IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-15, MDL-18, nf-wdm-mmunmaplockedpages.md
 */
NBL_API VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList);

/* ---- Locking. ---- */

/* MmProbeAndLockPages locks the pages that a described MDL's bytes are in, and fills the page frame numbers.
 *
 * AccessMode: KernelMode or UserMode, not used; Operation: IoReadAccess, or one of the others, which set
 * MDL_WRITE_OPERATION. Sets MDL_PAGES_LOCKED; undo it with MmUnlockPages.
 * On failure the raise handler is called with the status that nbl_mdl_try_probe_and_lock_pages would return, while the
 * MDL is unchanged; if it returns, so does this call.
 * An MDL without bytes is locked like any other, nothing is probed, and a warning of MDL-16 is reported: the
 * documentation is silent, so a driver should not depend on it.
 * Misuse is reported as error and ignored: a built MDL (MDL-15); a locked or a partial one (MDL-16).
 * IRQL <= APC_LEVEL for memory that may be paged, <= DISPATCH_LEVEL for other. MDL-16, nf-wdm-mmprobeandlockpages.md
 */
NBL_API VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation);

/* nbl_mdl_try_probe_and_lock_pages is MmProbeAndLockPages for languages without exceptions. Returns
 *
 *     STATUS_SUCCESS                   locked
 *     STATUS_ACCESS_VIOLATION          the bytes reach into the first page of the address space or beyond its last
 *     STATUS_INSUFFICIENT_RESOURCES    NBL_FAULT_ALLOCATION says so
 *     STATUS_INVALID_PARAMETER         misuse, reported as above
 *
 * Nothing is changed unless it succeeds. Whether the memory may be written is not asked of the host. MDL-16
 */
NBL_API NTSTATUS nbl_mdl_try_probe_and_lock_pages(PMDL Mdl, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation);

/* nbl_mdl_raise_handler stands in for the exception that a call would raise on Windows: status is the exception's code
 * and Mdl the MDL it is about, unchanged. It runs on the thread and at the IRQL of that call. It may return, or leave
 * by longjmp or a C++ exception (if libnbl was compiled with -fexceptions): no lock is held. */
typedef void nbl_mdl_raise_handler(NTSTATUS status, PMDL Mdl, void *context);

/* nbl_mdl_set_raise_handler installs a raise handler; NULL installs the first one again, which ends the process with a
 * message.
 *
 * context: handed to the handler, may be NULL. There is one handler for the process. Threads: no other may lock or map
 * MDLs during the call. IRQL: PASSIVE_LEVEL. Cannot fail. MDL-16
 */
NBL_API void nbl_mdl_set_raise_handler(nbl_mdl_raise_handler *handler, void *context);

/* MmUnlockPages undoes MmProbeAndLockPages, after dropping the mapping if there is one.
 *
 * Misuse is reported as error and ignored: a built MDL (MDL-15), one that is not locked (MDL-16).
 * IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-15, MDL-16, nf-wdm-mmunlockpages.md
 */
NBL_API VOID MmUnlockPages(PMDL MemoryDescriptorList);

/* ---- Splitting. ---- */

/* IoBuildPartialMdl makes TargetMdl describe Length bytes of SourceMdl from VirtualAddress on.
 *
 * SourceMdl: built, locked or partial, unchanged, to outlive the use of the target; TargetMdl: memory for the pages,
 * such as from IoAllocateMdl; VirtualAddress: counted from MmGetMdlVirtualAddress(SourceMdl), not from its mapping;
 * Length: bytes, 0 means all that follows, which is none at the very end of the source.
 * The target gets the range, the page frame numbers and Process of the source; of its MdlFlags those that tell how it
 * was allocated stay, MDL_PARTIAL is set, and it shares the source's address when the source is built or mapped. Next
 * and Size stay. A locked but unmapped source gives a target that MmGetSystemAddressForMdlSafe maps on its own.
 * Misuse: a range outside the source, or a target too small for the pages, is reported (MDL-17, fatal) and nothing is
 * written. A source only described is reported (MDL-17, error) and a target with a mapping of its own (MDL-19,
 * warning: call MmPrepareMdlForReuse first); both are built.
 * IRQL <= DISPATCH_LEVEL. MDL-17, nf-wdm-iobuildpartialmdl.md
 */
NBL_API VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length);

/* MmPrepareMdlForReuse drops the mapping of its own that a partial MDL may have, so that it can be a target again.
 *
 * Any other MDL stays as it is; one that is mapped without being partial is reported (MDL-19, warning).
 * IRQL <= DISPATCH_LEVEL. Cannot fail. MDL-19, nf-wdm-mmpreparemdlforreuse.md
 */
NBL_API VOID MmPrepareMdlForReuse(PMDL Mdl);

/* MmAdvanceMdl moves the start of an MDL forward; its end stays.
 *
 * NumberOfBytes: 0..ByteCount; all of them leave an MDL without bytes. The address, if the MDL has one, moves along,
 * and page frame numbers of pages that were passed go. Cannot be undone; ByteCount no longer is what NdisFreeMdl
 * expects (MDL-08).
 * Misuse: an MDL that is part of a NET_BUFFER (a pool's, a retreat's, a derived one) is reported (MDL-20, warning) and
 * moved: the NET_BUFFER's fields no longer fit.
 * IRQL <= DISPATCH_LEVEL. Returns STATUS_SUCCESS, or STATUS_INVALID_PARAMETER_2 with the MDL unchanged when there are
 * fewer bytes. MDL-20, nf-wdm-mmadvancemdl.md
 */
NBL_API NTSTATUS MmAdvanceMdl(PMDL Mdl, ULONG NumberOfBytes);

/* ---- The usual case in line: the MDL has an address, and nobody watches. ---- */

#if defined(NBL_HAS_IN_LINE)

/* nbl_mdl_address_any is MmGetSystemAddressForMdlSafe for every case. Programs call the documented name. */
NBL_API PVOID nbl_mdl_address_any(PMDL Mdl, ULONG Priority);

NBL_IN_LINE PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority)
{
    if (__builtin_expect((Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0
                             && __atomic_load_n(&nbl_event_hooks, __ATOMIC_RELAXED) == 0,
                         1))
        return Mdl->MappedSystemVa;
    return nbl_mdl_address_any(Mdl, Priority);
}

#endif

NBL_END_C

#endif
