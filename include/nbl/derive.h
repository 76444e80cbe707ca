/* SPDX-License-Identifier: MIT
 *
 * derive.h - new NET_BUFFER_LISTs over the bytes of others: clone, fragment, reassemble; and the deep copy.
 *
 * A derived NBL shares the original's bytes; nothing is copied, and a write through one is seen by the other (GEN-12).
 * Each is one block, made whole or not at all (GEN-09). What holds for all of them:
 *
 *   - Only the given NBL is read, its Next is ignored. The child's fields start as NBL-05 says: Context, Next,
 *     SourceHandle and ParentNetBufferList are NULL, flags and out-of-band information 0 but for the protocol id
 *     (GEN-10). Drivers set ParentNetBufferList and the parent's ChildRefCount themselves (GEN-01, GEN-02), and copy
 *     out-of-band information with NdisCopySendNetBufferListInfo or NdisCopyReceiveNetBufferListInfo.
 *   - The original must outlive the child. libnbl counts live children by itself: an original that is freed first keeps
 *     its memory until the last child is gone (GEN-06). That is the memory that goes with the original; NBs, MDLs and
 *     buffers that a driver linked to it are the driver's, and must outlive the child too.
 *   - A child is freed by the routine of its kind, nothing else frees it (GEN-08). That routine works from what the
 *     child was made with, wherever its window is now: retreat memory still attached is freed (reported, CLONE-12),
 *     context too.
 *   - Pool handles may be NULL: libnbl's own pools serve (GEN-11). A pool with DataSize is refused.
 *
 * Threads: the NBL's owner. IRQL <= DISPATCH_LEVEL.
 */
#ifndef NBL_DERIVE_H
#define NBL_DERIVE_H

#include <nbl/types.h>

NBL_BEGIN_C

/* NdisAllocateCloneNetBufferList makes a NBL with one NB per NB of the original, in order, over the same used data.
 *
 * OriginalNetBufferList: not NULL; any NBL, derived ones included; without NBs the clone has none. Pools: a NBL pool
 * and a NB pool, both without DataSize, or NULL; of a NBL pool that brings NBs, the embedded NB is the first NB, and is
 * left out when the original has none. AllocateCloneFlags: 0, or NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS;
 * NDIS_CLONE_FLAGS_RESERVED is ignored (violation), other bits fail (violation).
 *
 * Flags 0: each NB has new MDLs that cover exactly the used data: DataOffset 0, no backfill, zero-length MDLs left out,
 * no MDL at all for DataLength 0. USE_ORIGINAL_MDLS: no new MDLs; MdlChain is the original's CurrentMdl, DataOffset its
 * CurrentMdlOffset (brought to canonical form first). ChecksumBias is copied.
 * Owns: the caller owns the clone and frees it with NdisFreeCloneNetBufferList and the same flags, before the original.
 * Returns NULL, and leaves nothing behind, without memory, for a wrong pool, or, with flags 0, when an original's chain
 * is shorter than its DataLength says (violation INV-05).
 * Rules CLONE-01..CLONE-10, GEN-01..GEN-12; nf-nblapi-ndisallocateclonenetbufferlist.md,
 * cloned-net-buffer-list-structures.md.
 */
NBL_API NET_BUFFER_LIST *NdisAllocateCloneNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                        NDIS_HANDLE NetBufferListPoolHandle,
                                                        NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags);

/* NdisFreeCloneNetBufferList frees a clone with its NBs and the MDLs that were made for it.
 *
 * CloneNetBufferList: from NdisAllocateCloneNetBufferList (another kind: violation GEN-08, nothing happens).
 * FreeCloneFlags: those of the allocation; others are a violation (CLONE-11) and the recorded ones are used. The
 * original's MDLs and bytes are not touched. Cannot fail.
 * Rules CLONE-11, CLONE-12; nf-nblapi-ndisfreeclonenetbufferlist.md.
 */
NBL_API VOID NdisFreeCloneNetBufferList(NET_BUFFER_LIST *CloneNetBufferList, ULONG FreeCloneFlags);

/* NdisAllocateFragmentNetBufferList cuts every NB of a NBL into NBs of at most MaximumLength bytes of its used data.
 *
 * StartOffset: bytes of used data of each NB to leave out at its start; a NB with DataLength <= StartOffset gives no
 * fragment (violation FRAG-09). MaximumLength: bytes per fragment, 1 and up; 0 fails (violation). Rests are not merged
 * across NBs. DataOffsetDelta (D) and DataBackFill (B): when D is not 0, each fragment NB gets a private MDL of exactly
 * D + B bytes in front, DataOffset = B and D bytes of undefined content at the start of its used data: room for the
 * fragment's own header. AllocateFragmentFlags: 0; others are ignored (violation). Pools as for a clone.
 *
 * Owns: the caller owns the result and frees it with NdisFreeFragmentNetBufferList and the same DataOffsetDelta, before
 * the original. Returns NULL, and leaves nothing behind, without memory, for a wrong pool, when there is no fragment at
 * all, or when a length exceeds 0xFFFFFFFF (violation FRAG-12).
 * Rules FRAG-01..FRAG-12, GEN-09..GEN-12; nf-nblapi-ndisallocatefragmentnetbufferlist.md,
 * fragmented-net-buffer-list-structures.md.
 */
NBL_API NET_BUFFER_LIST *NdisAllocateFragmentNetBufferList(NET_BUFFER_LIST *OriginalNetBufferList,
                                                           NDIS_HANDLE NetBufferListPool, NDIS_HANDLE NetBufferPool,
                                                           ULONG StartOffset, ULONG MaximumLength,
                                                           ULONG DataOffsetDelta, ULONG DataBackFill,
                                                           ULONG AllocateFragmentFlags);

/* NdisFreeFragmentNetBufferList frees what NdisAllocateFragmentNetBufferList returned, wherever the windows of its NBs
 * are.
 *
 * FragmentNetBufferList: another kind is a violation (GEN-08) and nothing happens. DataOffsetDelta: the one of the
 * allocation; another is a violation (FRAG-13) and all is freed the same. FreeFragmentFlags: 0. Cannot fail.
 * Rules FRAG-13, CLONE-12; nf-nblapi-ndisfreefragmentnetbufferlist.md.
 */
NBL_API VOID NdisFreeFragmentNetBufferList(NET_BUFFER_LIST *FragmentNetBufferList, ULONG DataOffsetDelta,
                                           ULONG FreeFragmentFlags);

/* NdisAllocateReassembledNetBufferList joins the NBs of one NBL into a NBL with a single NB over the same bytes.
 *
 * FragmentNetBufferList: the source; NBs on its Next chain are not looked at. NetBufferAndNetBufferListPoolHandle: a
 * pool with fAllocateNetBuffer TRUE and DataSize 0 (else NULL, violation REASM-01), or NULL. StartOffset: bytes of used
 * data to leave out at the start of every NB; a NB with no more than that contributes nothing (violation when it had
 * data).
 * DataOffsetDelta and DataBackFill: as for fragments, in front of the whole. AllocateReassembleFlags: 0.
 * When nothing is contributed the NB is empty, but for the room that DataOffsetDelta asks for (REASM-06).
 *
 * Owns: the caller owns the result and frees it with NdisFreeReassembledNetBufferList and the same DataOffsetDelta,
 * before the source. Returns NULL, and leaves nothing behind, without memory, for a wrong pool, or when the total
 * exceeds 0xFFFFFFFF (violation REASM-07).
 * Rules REASM-01..REASM-07; nf-nblapi-ndisallocatereassemblednetbufferlist.md,
 * reassembled-net-buffer-list-structures.md.
 */
NBL_API NET_BUFFER_LIST *NdisAllocateReassembledNetBufferList(NET_BUFFER_LIST *FragmentNetBufferList,
                                                              NDIS_HANDLE NetBufferAndNetBufferListPoolHandle,
                                                              ULONG StartOffset, ULONG DataOffsetDelta,
                                                              ULONG DataBackFill, ULONG AllocateReassembleFlags);

/* NdisFreeReassembledNetBufferList frees what NdisAllocateReassembledNetBufferList returned; see
 * NdisFreeFragmentNetBufferList, of which the rules hold (REASM-08). nf-nblapi-ndisfreereassemblednetbufferlist.md.
 */
NBL_API VOID NdisFreeReassembledNetBufferList(NET_BUFFER_LIST *ReassembledNetBufferList, ULONG DataOffsetDelta,
                                              ULONG FreeReassembleFlags);

/* nbl_derive_copy makes a NBL with memory of its own: one NB per NB of the original, its used data copied.
 *
 * original: not NULL; never changed, but that MDLs which were not mapped may be so afterwards; an NB whose bytes cannot
 * be mapped fails the call. list_pool and buffer_pool: as for a clone. backfill: bytes of backfill in front of each
 * copy, 0 and up; each NB has one MDL of backfill + DataLength bytes (none when that is 0), DataOffset = backfill.
 * ChecksumBias is copied, out-of-band information is not.
 * The copy does not depend on the original in any way. Returns it, or NULL without memory, for a wrong pool, for a
 * chain shorter than its DataLength, or when a length exceeds 0xFFFFFFFF; nothing is left behind.
 * Owns: the caller owns the copy and frees it with nbl_derive_free_copy.
 */
NBL_API NET_BUFFER_LIST *nbl_derive_copy(NET_BUFFER_LIST const *original, NDIS_HANDLE list_pool,
                                         NDIS_HANDLE buffer_pool, ULONG backfill);

/* nbl_derive_free_copy frees what nbl_derive_copy returned. copy: another kind is a violation (GEN-08) and nothing
 * happens. Cannot fail. */
NBL_API VOID nbl_derive_free_copy(NET_BUFFER_LIST *copy);

/* nbl_derive_children tells how many derived lists of a NBL are alive, as libnbl counts them (GEN-04).
 *
 * list: a live NBL. The count is of direct children; a deep copy is nobody's child. Threads: any that may read the NBL;
 * other threads may free children at the same time. IRQL <= DISPATCH_LEVEL. Cannot fail.
 */
NBL_API ULONG nbl_derive_children(NET_BUFFER_LIST const *list);

NBL_END_C

#endif
