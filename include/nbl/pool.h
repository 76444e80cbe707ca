/* SPDX-License-Identifier: MIT
 *
 * pool.h - pools of NET_BUFFER_LISTs and NET_BUFFERs.
 *
 * A pool hands out one block per object: NBL, context, NB, MDL and data in one piece, prepared once, from a magazine of
 * the calling thread. Any thread may free what another allocated. An object has one owner at a time.
 *
 * Environment: NBL_POOL_MODE=malloc gives every object an allocation of its own, for memory checkers and leak finders
 * that want to see each one; in the default mode ("magazine") Valgrind and AddressSanitizer are told what is alive,
 * unless NBL_TRACK=off. Both are read once, before the first pool.
 */
#ifndef NBL_POOL_H
#define NBL_POOL_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* ---- Pools. ---- */

/* NdisAllocateNetBufferListPool makes a pool of NET_BUFFER_LISTs.
 *
 * NdisHandle: the caller's handle from registration, or NULL; not looked at. Parameters: read during the call only.
 *   Header.Type NDIS_OBJECT_TYPE_DEFAULT, Revision 1 or 2, Size at least that of revision 1 (16 bytes; smaller fails).
 *   fAllocateNetBuffer and DataSize (bytes): FALSE + 0 NBL alone; TRUE + 0 NBL with one NB; TRUE + n NBL with NB, MDL
 *   and n bytes; FALSE + n fails. ContextSize (bytes): context that every NBL brings, a multiple of
 *   MEMORY_ALLOCATION_ALIGNMENT, else rounded up (violation). ProtocolId seeds every NBL's protocol id. PoolTag: kept.
 * Returns the pool, which the caller frees with NdisFreeNetBufferListPool, or NULL when parameters are bad or there is
 * no memory, and then nothing is left behind. Threads: any. IRQL <= DISPATCH_LEVEL.
 * Rules POOL-01..POOL-07, POOL-15; nf-nblapi-ndisallocatenetbufferlistpool.md,
 * ns-nblapi-net_buffer_list_pool_parameters.md.
 */
NBL_API NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
                                                  NET_BUFFER_LIST_POOL_PARAMETERS const *Parameters);

/* NdisFreeNetBufferListPool frees a pool of NET_BUFFER_LISTs.
 *
 * PoolHandle: from NdisAllocateNetBufferListPool, every NBL freed before. While objects live the pool stays as it is
 * (violation POOL-08): they remain usable, can be freed, and a later call frees the pool. A handle of another kind or
 * one that was freed is a violation (POOL-09) and nothing happens. Threads: any, while no other uses the pool.
 * IRQL <= DISPATCH_LEVEL. Rules POOL-08, POOL-09; nf-nblapi-ndisfreenetbufferlistpool.md.
 */
NBL_API VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle);

/* NdisAllocateNetBufferPool makes a pool of NET_BUFFERs.
 *
 * NdisHandle and Parameters->Header as in NdisAllocateNetBufferListPool, revision 1 being 12 bytes. DataSize (bytes): 0
 * for NBs alone (NdisAllocateNetBuffer), n for NBs with an MDL and n bytes (NdisAllocateNetBufferMdlAndData).
 * Returns the pool, which the caller frees with NdisFreeNetBufferPool, or NULL, and then nothing is left behind.
 * Threads: any. IRQL <= DISPATCH_LEVEL. Rules POOL-02, POOL-03; nf-nblapi-ndisallocatenetbufferpool.md.
 */
NBL_API NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle, NET_BUFFER_POOL_PARAMETERS const *Parameters);

/* NdisFreeNetBufferPool frees a pool of NET_BUFFERs; see NdisFreeNetBufferListPool.
 *
 * PoolHandle: from NdisAllocateNetBufferPool, every NB freed before. Threads: any, while no other uses the pool.
 * IRQL <= DISPATCH_LEVEL. Rules POOL-08, POOL-09; nf-nblapi-ndisfreenetbufferpool.md.
 */
NBL_API VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle);

/* ---- NET_BUFFER_LISTs. ---- */

/* NdisAllocateNetBufferList takes a NET_BUFFER_LIST from a pool, with what the pool's parameters say comes with it.
 *
 * PoolHandle: from NdisAllocateNetBufferListPool. ContextSize (c) and ContextBackFill (b): bytes, multiples of
 * MEMORY_ALLOCATION_ALIGNMENT (else each is rounded up, violation CTX-04). With the pool's ContextSize p the NBL's
 * context block has Size = max(p, c + b) rounded up and Offset = Size - c; Size 0 means Context NULL.
 * All fields are 0 or NULL except NdisPoolHandle, the protocol id, FirstNetBuffer of a pool with NBs, and Context. A NB
 * with n bytes of data starts as DataOffset n, DataLength 0, CurrentMdl its MDL at offset n: all of it is backfill
 * (POOL-12), its content undefined.
 * Returns the NBL, which the caller frees with NdisFreeNetBufferList, or NULL without memory, for a handle that is no
 * live NBL pool (violation), or when c + b exceeds what a USHORT holds; nothing is left behind.
 * Threads: any. IRQL <= DISPATCH_LEVEL. Rules NBL-03, NBL-05, NBL-06, POOL-09..POOL-15, CTX-04;
 * nf-nblapi-ndisallocatenetbufferlist.md.
 */
NBL_API NET_BUFFER_LIST *NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill);

/* NdisAllocateNetBufferAndNetBufferList takes a NET_BUFFER_LIST with one NET_BUFFER over the caller's MDLs.
 *
 * PoolHandle: a pool with fAllocateNetBuffer TRUE and DataSize 0 (else NULL, violation POOL-10). ContextSize and
 * ContextBackFill as in NdisAllocateNetBufferList. MdlChain, DataOffset, DataLength: as in NdisAllocateNetBuffer.
 * Owns: the MDLs stay the caller's and must outlive every use of the NB, not its freeing (NB-21).
 * Returns the NBL, which the caller frees with NdisFreeNetBufferList, or NULL; nothing is left behind.
 * Threads: any. IRQL <= DISPATCH_LEVEL. Rules NBL-04, NBL-05, NB-20, NB-22, POOL-10;
 * nf-nblapi-ndisallocatenetbufferandnetbufferlist.md.
 */
NBL_API NET_BUFFER_LIST *NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
                                                               USHORT ContextBackFill, MDL *MdlChain, ULONG DataOffset,
                                                               SIZE_T DataLength);

/* NdisFreeNetBufferList frees one NET_BUFFER_LIST and what came with it from its pool.
 *
 * NetBufferList: from one of the two calls above. Its Next is ignored. NBs that the driver linked, the driver's MDLs
 * and their memory are left alone and not looked at, so MdlChain may dangle (NB-21). Context blocks and retreat memory
 * that are still attached are reported and reclaimed (NBL-08). A derived NBL, or one that is free already, is a
 * violation and nothing happens (GEN-08). While lists derived from it live, its memory is kept until the last of them
 * is freed (GEN-06).
 * Threads: the NBL's owner, any thread. IRQL <= DISPATCH_LEVEL. Cannot fail.
 * Rules NBL-07, NBL-08, POOL-11, POOL-13, GEN-06, GEN-08; nf-nblapi-ndisfreenetbufferlist.md.
 */
NBL_API VOID NdisFreeNetBufferList(NET_BUFFER_LIST *NetBufferList);

/* NdisGetPoolFromNetBufferList gives the handle of the pool that a NET_BUFFER_LIST was allocated with: for a derived
 * one the pool passed to its allocation, or a non-NULL internal handle when none was. Such a handle can be the pool of
 * other derived lists; nothing can be taken from it and it cannot be freed (violation POOL-09).
 *
 * Threads: the NBL's owner. IRQL <= DISPATCH_LEVEL. Cannot fail. Rule NBL-09;
 * nf-nblapi-ndisgetpoolfromnetbufferlist.md.
 */
NBL_API NDIS_HANDLE NdisGetPoolFromNetBufferList(NET_BUFFER_LIST const *NetBufferList);

/* ---- NET_BUFFERs. ---- */

/* NdisAllocateNetBuffer takes a NET_BUFFER from a pool and makes it a window over the caller's MDLs.
 *
 * PoolHandle: a NB pool with DataSize 0 (else NULL, violation NB-23). MdlChain: the caller's, may be NULL, and then
 * DataOffset and DataLength are 0 (else NULL, violation NB-22). DataOffset, DataLength: bytes; their sum at most
 * 0xFFFFFFFF (else NULL, violation); it may exceed what the MDLs hold for now. CurrentMdl and CurrentMdlOffset are
 * canonical, all other fields 0 or NULL.
 * Owns: the MDLs stay the caller's (NB-21). Returns the NB, which the caller frees with NdisFreeNetBuffer, or NULL.
 * Threads: any. IRQL <= DISPATCH_LEVEL. Rules NB-20..NB-23; nf-nblapi-ndisallocatenetbuffer.md.
 */
NBL_API NET_BUFFER *NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, MDL *MdlChain, ULONG DataOffset, SIZE_T DataLength);

/* NdisAllocateNetBufferMdlAndData takes a NET_BUFFER with its MDL and data from a pool; one block, freed as one.
 *
 * PoolHandle: a NB pool with DataSize n, not 0 (else NULL, violation NB-24). The window starts as DataOffset n,
 * DataLength 0 (POOL-12). Returns the NB, which the caller frees with NdisFreeNetBuffer, or NULL.
 * Threads: any. IRQL <= DISPATCH_LEVEL. Rules NB-24, POOL-12..POOL-14; nf-nblapi-ndisallocatenetbuffermdlanddata.md.
 */
NBL_API NET_BUFFER *NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle);

/* NdisFreeNetBuffer frees one NET_BUFFER that came from a NB pool, with its MDL and data if they came with it.
 *
 * NetBuffer: its Next is ignored; driver MDLs are left alone and not looked at. Retreat memory that is still attached
 * is reported and reclaimed. A NB that came with a NBL, belongs to a derived NBL, or is free already is a violation and
 * nothing happens (NB-25). Threads: the NB's owner, any thread. IRQL <= DISPATCH_LEVEL. Cannot fail.
 * Rules NB-24, NB-25; nf-nblapi-ndisfreenetbuffer.md.
 */
NBL_API VOID NdisFreeNetBuffer(NET_BUFFER *NetBuffer);

/* NdisGetPoolFromNetBuffer gives the handle of the pool that a NET_BUFFER came from: the NBL pool for one that came
 * with a NBL. Threads: the NB's owner. IRQL <= DISPATCH_LEVEL. Cannot fail. Rule NB-26;
 * nf-nblapi-ndisgetpoolfromnetbuffer.md.
 */
NBL_API NDIS_HANDLE NdisGetPoolFromNetBuffer(NET_BUFFER const *NetBuffer);

/* ---- What NDIS has no call for. ---- */

/* nbl_pool_take takes a chain of `count` NET_BUFFER_LISTs from a pool at once, all of them or none.
 *
 * pool: as for NdisAllocateNetBufferList; each NBL is as that call with ContextSize and ContextBackFill 0 returns it.
 * count: NBLs; 0 returns NULL. last: if not NULL, receives the last NBL of the chain (NULL when NULL is returned).
 * Returns the first NBL, linked through Next in the order of the chain, or NULL when they cannot all be had, and then
 * nothing is left behind. The caller frees them with nbl_pool_give or one by one. Threads: any. IRQL <= DISPATCH_LEVEL.
 * Rules NBL-03, NBL-05, GEN-00.
 */
NBL_API NET_BUFFER_LIST *nbl_pool_take(NDIS_HANDLE pool, ULONG count, NET_BUFFER_LIST **last);

/* nbl_pool_give frees a whole chain of NET_BUFFER_LISTs, each as NdisFreeNetBufferList would.
 *
 * chain: linked through Next, NULL-terminated; NULL is an empty chain. The NBLs may come from different pools. Returns
 * how many were freed; one that may not be freed (a derived NBL, say) is a violation, is skipped and is not counted.
 * Threads: the owner of all. IRQL <= DISPATCH_LEVEL. Cannot fail.
 */
NBL_API ULONG nbl_pool_give(NET_BUFFER_LIST *chain);

/* nbl_pool_take_buffers takes a chain of `count` NET_BUFFERs from a NB pool at once, all of them or none.
 *
 * pool: a NB pool. Without DataSize each NB is as NdisAllocateNetBuffer returns it for MdlChain NULL, with DataSize as
 * NdisAllocateNetBufferMdlAndData returns it. count and last: as for nbl_pool_take. The chain is ready to be a NBL's
 * FirstNetBuffer, or part of one. Returns the first NB or NULL, and then nothing is left behind. The caller frees them
 * with nbl_pool_give_buffers or one by one. Threads: any. IRQL <= DISPATCH_LEVEL. Rules NB-20, NB-24, GEN-00.
 */
NBL_API NET_BUFFER *nbl_pool_take_buffers(NDIS_HANDLE pool, ULONG count, NET_BUFFER **last);

/* nbl_pool_give_buffers frees a whole chain of NET_BUFFERs, each as NdisFreeNetBuffer would.
 *
 * chain: linked through Next, NULL-terminated; NULL is an empty chain; the NBs may come from different pools. Returns
 * how many were freed; one that may not be freed (NB-25) is a violation, is skipped and is not counted.
 * Threads: the owner of all. IRQL <= DISPATCH_LEVEL. Cannot fail.
 */
NBL_API ULONG nbl_pool_give_buffers(NET_BUFFER *chain);

/* nbl_pool_statistics counts what a pool holds. */
struct nbl_pool_statistics {
    uint64_t live;       /* objects in use now, derived ones that were made with this pool included */
    uint64_t high_water; /* most objects in use at one time: exact while one thread uses the pool, else a lower bound
                            that misses at most what threads took between two refills of 64 */
    uint64_t cached;     /* blocks ready for use, in magazines and depot */
    uint64_t bytes;      /* memory held, in use or not */
    uint64_t block;      /* bytes of one block: what one packet in flight costs */
};

/* nbl_pool_measure fills in the statistics of a pool of either kind.
 *
 * pool: a live pool handle; statistics: not NULL. Returns false, and writes nothing, for another handle (violation
 * POOL-09). Threads: any, also while others use the pool; the counts are then a moment's. IRQL <= DISPATCH_LEVEL.
 */
NBL_API bool nbl_pool_measure(NDIS_HANDLE pool, struct nbl_pool_statistics *statistics);

/* nbl_pool_trim gives memory that a pool keeps for reuse back to the allocator.
 *
 * pool: a live pool handle of either kind. Returns the bytes given back: whole chunks of which every block is free and
 * not in another thread's magazine. The pool stays usable. Returns 0 for another handle (violation POOL-09). Threads:
 * any, also while others use the pool. IRQL <= DISPATCH_LEVEL. Cannot fail.
 */
NBL_API uint64_t nbl_pool_trim(NDIS_HANDLE pool);

/* nbl_pool_mode tells whether objects come from magazines (the default) or each from an allocation of its own, as they
 * do, too, while the verifier puts guard bytes around them. */
enum nbl_pool_mode { NBL_POOL_MODE_MAGAZINE, NBL_POOL_MODE_MALLOC };
NBL_API enum nbl_pool_mode nbl_pool_mode_in_force(void);

NBL_END_C

#endif
