/* SPDX-License-Identifier: MIT
 *
 * list.h - the fields and flags of a NET_BUFFER_LIST, and its context blocks.
 *
 *     NBL -> NBL -> NULL                      a chain, linked through Next
 *      |      '-- NB -> NB -> NULL            each NBL owns a list of packets
 *      '-- Context -> Context -> NULL         newest block first; data = ContextData[Offset .. Size)
 *
 * What each field means stands at NET_BUFFER_LIST in types.h; the slots of NetBufferListInfo are the subject of info.h,
 * pools and allocation of pool.h. An NBL has one owner at a time: two threads may not use the same one at once, unless
 * both only read.
 */
#ifndef NBL_LIST_H
#define NBL_LIST_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* ---- Accessors: plain lvalues, any IRQL (NBL-13, the nf-nblaccessors-net_buffer_list_*.md pages). ---- */

#define NET_BUFFER_LIST_NEXT_NBL(_NBL) ((_NBL)->Next)
#define NET_BUFFER_LIST_FIRST_NB(_NBL) ((_NBL)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(_NBL) ((_NBL)->Flags)
#define NET_BUFFER_LIST_NBL_FLAGS(_NBL) ((_NBL)->NblFlags)
#define NET_BUFFER_LIST_STATUS(_NBL) ((_NBL)->Status)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(_NBL) ((_NBL)->ProtocolReserved)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(_NBL) ((_NBL)->MiniportReserved)

/* NET_BUFFER_LIST_INFO is the slot of NetBufferListInfo that an NDIS_NET_BUFFER_LIST_INFO name stands for (OOB-01). */
#define NET_BUFFER_LIST_INFO(_NBL, _Id) ((_NBL)->NetBufferListInfo[(_Id)])

/* NET_BUFFER_LIST_CONTEXT_DATA_START is the address of the newest context space in use,
 * NET_BUFFER_LIST_CONTEXT_DATA_SIZE the size in bytes of the whole newest block, backfill included (CTX-02). Both
 * follow Context without looking: with Context NULL they may not be used (CTX-03); nbl_context_data_start and
 * nbl_context_data_size look first. */
#define NET_BUFFER_LIST_CONTEXT_DATA_START(_NBL) (((PUCHAR)((_NBL)->Context + 1)) + (_NBL)->Context->Offset)
#define NET_BUFFER_LIST_CONTEXT_DATA_SIZE(_NBL) ((_NBL)->Context->Size)

/* ---- Flags (FLAG-01, FLAG-02). The flags are ULONG bits, several combined with |. ---- */

/* NdisTestNblFlag is true when at least one bit of _F is set in NblFlags, NdisTestNblFlags when all of them are: with
 * _F = 0 the first is false and the second true. NdisSetNblFlag and NdisClearNblFlag change the bits of _F alone. */
#define NdisTestNblFlag(_NBL, _F) (((_NBL)->NblFlags & (_F)) != 0)
#define NdisTestNblFlags(_NBL, _F) (((_NBL)->NblFlags & (_F)) == (_F))
#define NdisSetNblFlag(_NBL, _F) ((_NBL)->NblFlags |= (_F))
#define NdisClearNblFlag(_NBL, _F) ((_NBL)->NblFlags &= ~(ULONG)(_F))

/* NBL_TEST_FLAG (any bit), NBL_TEST_FLAGS (all bits), NBL_SET_FLAG and NBL_CLEAR_FLAG do the same with Flags. Each kind
 * of driver may change its own part of Flags only (FLAG-03): the NBL_FLAGS_* masks of types.h. */
#define NBL_TEST_FLAG(_NBL, _F) (((_NBL)->Flags & (_F)) != 0)
#define NBL_TEST_FLAGS(_NBL, _F) (((_NBL)->Flags & (_F)) == (_F))
#define NBL_SET_FLAG(_NBL, _F) ((_NBL)->Flags |= (_F))
#define NBL_CLEAR_FLAG(_NBL, _F) ((_NBL)->Flags &= ~(ULONG)(_F))

/* NBL_*_PROTOCOL_RSVD_FLAG are for protocol drivers: bits of _F outside NBL_FLAGS_PROTOCOL_RESERVED are ignored. */
#define NBL_TEST_PROTOCOL_RSVD_FLAG(_NBL, _F) NBL_TEST_FLAG(_NBL, (_F)&NBL_FLAGS_PROTOCOL_RESERVED)
#define NBL_SET_PROTOCOL_RSVD_FLAG(_NBL, _F) NBL_SET_FLAG(_NBL, (_F)&NBL_FLAGS_PROTOCOL_RESERVED)
#define NBL_CLEAR_PROTOCOL_RSVD_FLAG(_NBL, _F) NBL_CLEAR_FLAG(_NBL, (_F)&NBL_FLAGS_PROTOCOL_RESERVED)
#define NBL_TEST_PROT_RSVD_FLAG(_NBL, _F) NBL_TEST_PROTOCOL_RSVD_FLAG(_NBL, _F)
#define NBL_SET_PROT_RSVD_FLAG(_NBL, _F) NBL_SET_PROTOCOL_RSVD_FLAG(_NBL, _F)
#define NBL_CLEAR_PROT_RSVD_FLAG(_NBL, _F) NBL_CLEAR_PROTOCOL_RSVD_FLAG(_NBL, _F)

/* nbl_flags_consistent tells whether NblFlags contradict each other.
 *
 * NblFlags: the member of that name. False when both IS_IPV4 and IS_IPV6, both IS_TCP and IS_UDP or both SPLIT_AT flags
 * are set, when IS_TCP, IS_UDP or a SPLIT_AT flag has no IS_IPV flag beside it, or SPLIT_AT_..._PAYLOAD neither IS_TCP
 * nor IS_UDP. Whether the flags are true of the packets is not looked at. Any thread, any IRQL. Cannot fail.
 * Rules: FLAG-04, setting-net-buffer-list-information.md.
 */
NBL_API bool nbl_flags_consistent(ULONG NblFlags);

/* ---- Owners. ---- */

/* nbl_list_hand_over is called where the ownership of NBLs passes from one driver to another, with nothing else: by a
 * host in every send, indication, completion and return, or by a test that hands NBLs from driver to driver itself.
 *
 * chain: linked through Next, NULL-terminated; NULL is an empty chain; the old owner is done with it and the new one has
 * not seen it. Does nothing unless K-SCRUB-SCRATCH (knob.h) is on: then every bit of Scratch and of the Flags in
 * NBL_FLAGS_SCRATCH is turned over, since the old owner's values may be overwritten from here on.
 * Threads: the owner of all. IRQL <= DISPATCH_LEVEL. Cannot fail. Rules: NBL-12, ns-nbl-net_buffer_list.md.
 */
NBL_API void nbl_list_hand_over(NET_BUFFER_LIST *chain);

/* ---- Context: memory that travels with the NBL. ---- */

/* NdisAllocateNetBufferListContext makes room for ContextSize bytes of context, which
 * NET_BUFFER_LIST_CONTEXT_DATA_START then points to.
 *
 * ContextSize, ContextBackFill: bytes, each a multiple of sizeof(void *). When the newest block has ContextSize bytes
 * of backfill, its Offset shrinks by as much and nothing is allocated; ContextBackFill and PoolTag are not looked at
 * then. Otherwise a new block of ContextSize + ContextBackFill bytes with Offset = ContextBackFill goes in front of the
 * others. PoolTag: for diagnostics, any value. The space is aligned to sizeof(void *) and stays where it is until it is
 * freed. NetBufferList: the caller owns it, before and after. Threads: any, one at a time on one NBL. IRQL <=
 * DISPATCH_LEVEL. Returns NDIS_STATUS_SUCCESS; NDIS_STATUS_RESOURCES without memory; NDIS_STATUS_FAILURE when a size is
 * no multiple of sizeof(void *) or the new block would exceed 0xFFFF bytes. After a failure everything is as before.
 * Rules: CTX-06..CTX-08, CTX-11 (K-CTX-MISALIGN), CTX-12, nf-nblapi-ndisallocatenetbufferlistcontext.md.
 */
NBL_API NDIS_STATUS NdisAllocateNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize,
                                                     USHORT ContextBackFill, ULONG PoolTag);

/* NdisFreeNetBufferListContext gives back the newest context space.
 *
 * ContextSize: bytes, the same as at the allocation that is undone; the last allocation is undone first. Offset grows
 * by ContextSize; a block that NdisAllocateNetBufferListContext had to allocate is unlinked and freed once nothing in
 * it is used. The space that came with the NBL itself is never given back here. Another size that fits is carried out;
 * that it mirrors no allocation can be told from the events, which name the bytes. One that does not fit (violation
 * CTX-10), or is no multiple of sizeof(void *) (violation CTX-11), changes nothing. NetBufferList: the caller owns it,
 * before and after.
 * Threads: any, one at a time on one NBL. IRQL <= DISPATCH_LEVEL. Rules: CTX-09, CTX-10,
 * nf-nblapi-ndisfreenetbufferlistcontext.md.
 */
NBL_API VOID NdisFreeNetBufferListContext(NET_BUFFER_LIST *NetBufferList, USHORT ContextSize);

/* nbl_context_data_start is NET_BUFFER_LIST_CONTEXT_DATA_START for an NBL that may have no context.
 *
 * NetBufferList: not NULL. Returns the start of the used space of the newest block. With Context NULL it reports CTX-03
 * and returns NULL. Threads: as for reading the NBL. Any IRQL. Rules: CTX-02, CTX-03.
 */
NBL_API PUCHAR nbl_context_data_start(NET_BUFFER_LIST const *NetBufferList);

/* nbl_context_data_size is NET_BUFFER_LIST_CONTEXT_DATA_SIZE for an NBL that may have no context.
 *
 * NetBufferList: not NULL. Returns the Size of the newest block in bytes, backfill included. With Context NULL it
 * reports CTX-03 and returns 0. Threads: as for reading the NBL. Any IRQL. Rules: CTX-02, CTX-03.
 */
NBL_API USHORT nbl_context_data_size(NET_BUFFER_LIST const *NetBufferList);

NBL_END_C

#endif
