/* SPDX-License-Identifier: MIT
 *
 * buffer.h - the data window of a NET_BUFFER: retreat, advance, adjust, contiguous access, copy, physical count.
 *
 *                   DataOffset            DataLength
 *             |<--- backfill --->|<----- used data ----->|<- tail ->|
 *   MdlChain: [ MDL a            |  ][ MDL b ][ MDL c    |          ]
 *                                 ^ CurrentMdl = a, CurrentMdlOffset = offset of this byte in a
 *
 * Every function here works for NBs whose MDLs have any length, zero included, in any place (NB-09), and reads no byte
 * behind DataLength (NB-04a). A NET_BUFFER has one owner at a time: none of these calls may run on the same NB on two
 * threads at once.
 */
#ifndef NBL_BUFFER_H
#define NBL_BUFFER_H

#include <nbl/event.h>
#include <nbl/types.h>

NBL_BEGIN_C

/* ---- Accessors: plain lvalues, any IRQL (NBL-13, ns-nbl-net_buffer.md). ---- */

#define NET_BUFFER_NEXT_NB(_NB) ((_NB)->Next)
#define NET_BUFFER_FIRST_MDL(_NB) ((_NB)->MdlChain)
#define NET_BUFFER_CURRENT_MDL(_NB) ((_NB)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(_NB) ((_NB)->CurrentMdlOffset)
#define NET_BUFFER_DATA_LENGTH(_NB) ((_NB)->DataLength)
#define NET_BUFFER_DATA_OFFSET(_NB) ((_NB)->DataOffset)
#define NET_BUFFER_PROTOCOL_RESERVED(_NB) ((_NB)->ProtocolReserved)
#define NET_BUFFER_MINIPORT_RESERVED(_NB) ((_NB)->MiniportReserved)
#define NET_BUFFER_CHECKSUM_BIAS(_NB) ((_NB)->ChecksumBias)
#define NET_BUFFER_DATA_PHYSICAL_ADDRESS(_NB) ((_NB)->DataPhysicalAddress)
#define NET_BUFFER_FIRST_SHARED_MEM_INFO(_NB) ((_NB)->SharedMemoryInfo)
#define NET_BUFFER_SCATTER_GATHER_LIST(_NB) ((_NB)->ScatterGatherList)

#define NET_BUFFER_SHARED_MEM_NEXT_SEGMENT(_SHARED_MEM) ((_SHARED_MEM)->NextSharedMemorySegment)
#define NET_BUFFER_SHARED_MEM_FLAGS(_SHARED_MEM) ((_SHARED_MEM)->SharedMemoryFlags)
#define NET_BUFFER_SHARED_MEM_HANDLE(_SHARED_MEM) ((_SHARED_MEM)->SharedMemoryHandle)
#define NET_BUFFER_SHARED_MEM_OFFSET(_SHARED_MEM) ((_SHARED_MEM)->SharedMemoryOffset)
#define NET_BUFFER_SHARED_MEM_LENGTH(_SHARED_MEM) ((_SHARED_MEM)->SharedMemoryLength)

/* ---- Handlers that a caller may give to retreat and advance. ---- */

/* NET_BUFFER_ALLOCATE_MDL (NetAllocateMdl) returns one MDL with memory, or NULL when there is none.
 *
 * BufferSize: bytes needed on entry; what is there on return is ignored, the MDL's ByteCount counts. The MDL is mapped
 * or nonpaged, its Next is overwritten, and it is linked nowhere else: one that is on the NB already, or that the same
 * call has got for another NB, fails the retreat (violation RET-12, NDIS_STATUS_FAILURE). Called at the IRQL of the
 * retreat (RET-12, RET-13, nc-nblapi-net_buffer_allocate_mdl.md).
 */
typedef MDL *(NET_BUFFER_ALLOCATE_MDL)(ULONG *BufferSize);
typedef NET_BUFFER_ALLOCATE_MDL *NET_BUFFER_ALLOCATE_MDL_HANDLER;

/* NET_BUFFER_FREE_MDL (NetFreeMdl) frees one MDL that the matching NET_BUFFER_ALLOCATE_MDL returned, with its memory.
 *
 * Mdl: unlinked, Next NULL, ByteCount as it was at hand-over. Called at the IRQL of the advance (ADV-11,
 * nc-nblapi-net_buffer_free_mdl.md).
 */
typedef VOID(NET_BUFFER_FREE_MDL)(MDL *Mdl);
typedef NET_BUFFER_FREE_MDL *NET_BUFFER_FREE_MDL_HANDLER;

/* ---- Moving the window. ---- */

/* NdisRetreatNetBufferDataStart grows the used data of a NET_BUFFER by DataOffsetDelta bytes in front of its start.
 *
 * NetBuffer: not NULL; any window. DataOffsetDelta (D): bytes to add, 0 and up. DataBackFill (B): bytes of backfill to
 * have in addition when memory must be allocated. AllocateMdlHandler: where such memory comes from; NULL for libnbl's
 * own.
 *
 * Let O be the old DataOffset. D <= O: DataOffset = O - D, DataLength grows by D, nothing is allocated, no byte is
 * written, the handler is not called. D > O: one MDL M of D + B bytes is put in front of the chain and
 * DataOffset = O + ByteCount(M) - D; the new bytes are the end of M followed by the O bytes of old backfill, which need
 * not be contiguous (RET-06, RET-07). In both cases CurrentMdl and CurrentMdlOffset are recomputed from DataOffset. D =
 * 0 changes nothing. An NB without MDLs gets M as its whole chain. The content of new memory is undefined.
 *
 * Owns: M is libnbl's (or the handler's) and is given back by NdisAdvanceNetBufferDataStart with FreeMdl TRUE. A
 * handler's MDL larger than asked for is taken whole, the surplus as backfill; a smaller one is used when O +
 * ByteCount(M) >= D (violation), and otherwise stays the handler's (FAILURE).
 * Threads: the NB's owner. IRQL <= DISPATCH_LEVEL.
 * Failure leaves the NB unchanged: NDIS_STATUS_RESOURCES when there is no memory or the handler returned NULL;
 * NDIS_STATUS_FAILURE when the new DataLength, or D + B, or the new total, exceeds 0xFFFFFFFF, or the handler's MDL is
 * too small.
 * Rules RET-01..RET-14 (K-RET-SIZE-B), RET-18; nf-nblapi-ndisretreatnetbufferdatastart.md, retreat-operations.md.
 */
NBL_API NDIS_STATUS NdisRetreatNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                                  NET_BUFFER_ALLOCATE_MDL *AllocateMdlHandler);

/* NdisRetreatNetBufferListDataStart retreats every NET_BUFFER of one NET_BUFFER_LIST, all of them or none.
 *
 * NetBufferList: not NULL; its Next is not followed; without NBs the call succeeds. DataOffsetDelta, DataBackFill and
 * AllocateMdlHandler as in NdisRetreatNetBufferDataStart. FreeMdlHandler: gives back what AllocateMdlHandler returned
 * when a later NB cannot be served; one handler without the other is a violation (RET-17) and works all the same, but
 * MDLs that then cannot be given back are lost.
 *
 * Every MDL that will be needed is acquired before the first NB changes. On failure the acquired MDLs are released in
 * reverse order and no NB has changed: NDIS_STATUS_RESOURCES or NDIS_STATUS_FAILURE as for a single NB. An MDL from the
 * handler that is too small counts as a failure of the whole list and goes back through FreeMdlHandler with the others.
 * Threads: the NBL's owner. IRQL <= DISPATCH_LEVEL.
 * Rules RET-15..RET-17; nf-nblapi-ndisretreatnetbufferlistdatastart.md.
 */
NBL_API NDIS_STATUS NdisRetreatNetBufferListDataStart(NET_BUFFER_LIST *NetBufferList, ULONG DataOffsetDelta,
                                                      ULONG DataBackFill, NET_BUFFER_ALLOCATE_MDL *AllocateMdlHandler,
                                                      NET_BUFFER_FREE_MDL *FreeMdlHandler);

/* NdisAdvanceNetBufferDataStart shrinks the used data of a NET_BUFFER by DataOffsetDelta bytes at its start.
 *
 * NetBuffer: not NULL. DataOffsetDelta: bytes, at most DataLength; more is a violation and is cut to DataLength
 * (ADV-08); 0 changes and frees nothing. FreeMdl FALSE: DataOffset grows, DataLength shrinks, passed bytes stay
 * readable as backfill and every MDL stays linked. FreeMdl TRUE: afterwards, while the first MDL of the chain was put
 * there by libnbl for this NB (retreat, clone, fragment, reassemble) and holds no used data, it is unlinked, DataOffset
 * shrinks by its ByteCount and it is freed; the first MDL that is a driver's or still used ends this (ADV-05, ADV-06,
 * ADV-10). When all are freed the NB is empty: no MDL and all zero. FreeMdlHandler: called for exactly the MDLs that a
 * retreat got from an AllocateMdlHandler; without it such an MDL stays linked (violation ADV-12).
 *
 * CurrentMdl and CurrentMdlOffset are recomputed from DataOffset. No return value: cannot fail.
 * Threads: the NB's owner. IRQL <= DISPATCH_LEVEL.
 * Rules ADV-01..ADV-14 (K-ADV-STRICT); nf-nblapi-ndisadvancenetbufferdatastart.md, advance-operations.md.
 */
NBL_API VOID NdisAdvanceNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                           NET_BUFFER_FREE_MDL *FreeMdlHandler);

/* NdisAdvanceNetBufferListDataStart advances every NET_BUFFER of one NET_BUFFER_LIST; see
 * NdisAdvanceNetBufferDataStart.
 *
 * NetBufferList: not NULL; its Next is not followed; without NBs nothing happens. An NB whose DataLength is smaller
 * than DataOffsetDelta is advanced by its DataLength (violation ADV-08), the others in full. Threads: the NBL's owner.
 * IRQL <= DISPATCH_LEVEL. Rules ADV-01..ADV-12; nf-nblapi-ndisadvancenetbufferlistdatastart.md.
 */
NBL_API VOID NdisAdvanceNetBufferListDataStart(NET_BUFFER_LIST *NetBufferList, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                               NET_BUFFER_FREE_MDL *FreeMdlHandler);

/* NdisAdjustNetBufferCurrentMdl recomputes CurrentMdl and CurrentMdlOffset from DataOffset, and changes nothing else.
 *
 * NetBuffer: not NULL. The result is the canonical pair: the MDL that holds byte DataOffset, at an offset below its
 * ByteCount; when no byte is there, the last MDL at its ByteCount (NB-10); without MDLs (NULL, 0). A DataOffset beyond
 * the chain gives the end pair and is a violation (ADJ-02). Threads: the NB's owner. Any IRQL. Cannot fail.
 * Rules ADJ-01, ADJ-02, NB-08, NB-10 (K-END-NULL); nf-nblapi-ndisadjustnetbuffercurrentmdl.md.
 */
NBL_API VOID NdisAdjustNetBufferCurrentMdl(NET_BUFFER *NetBuffer);

/* ---- Reading and copying. ---- */

/* NdisGetDataBuffer gives a pointer to the first BytesNeeded bytes of used data, in place or copied to Storage.
 *
 * NetBuffer: not NULL; never changed. BytesNeeded: bytes; more than DataLength returns NULL. Storage: NULL, or the
 * caller's memory of at least BytesNeeded bytes. AlignMultiple: a power of two from 1 to 8192; AlignOffset: below
 * AlignMultiple; the in-place address must satisfy address % AlignMultiple = AlignOffset. Others return NULL
 * (violation).
 *
 * All bytes in the one MDL that holds the first data byte, and aligned: returns their address and leaves Storage alone.
 * Otherwise copies exactly BytesNeeded bytes to Storage and returns it, or NULL when Storage is NULL. Two MDLs that are
 * neighbours in memory do not count as contiguous. BytesNeeded 0: the address of the data start (one past the last byte
 * at the end of the chain), or Storage when there is no MDL; a data start that no byte follows is addressed in the MDL
 * that the canonical pair names. NULL also when a mapping fails. When the chain is shorter than DataLength says, NULL
 * and nothing is written (violation GDB-08).
 * Owns: an in-place pointer is valid while the NB's window and that MDL live.
 * Threads: the NB's owner. IRQL <= DISPATCH_LEVEL. Rules GDB-01..GDB-08; nf-nblapi-ndisgetdatabuffer.md.
 */
NBL_API PVOID NdisGetDataBuffer(NET_BUFFER *NetBuffer, ULONG BytesNeeded, PVOID Storage, ULONG AlignMultiple,
                                ULONG AlignOffset);

/* NdisCopyFromNetBufferToNetBuffer copies bytes from one NET_BUFFER to another, across MDLs on both sides.
 *
 * DestinationOffset and SourceOffset: bytes from each NB's data start. BytesToCopy: bytes. The source ends at its
 * DataLength; the destination ends where its MDL chain ends, not at its DataLength: a caller that copies behind the
 * used data sets DataLength afterwards. No field of either NB changes. Where the memory of both overlaps, each piece
 * that lies in one MDL on either side is copied as by memmove (COPY-08).
 *
 * *BytesCopied is always written. NDIS_STATUS_SUCCESS with a smaller count, 0 included, when either side ran out;
 * NDIS_STATUS_RESOURCES when an MDL cannot be mapped, *BytesCopied then says how many bytes were copied before.
 * Threads: the owner of both. IRQL <= DISPATCH_LEVEL.
 * Rules COPY-01..COPY-08; nf-nblapi-ndiscopyfromnetbuffertonetbuffer.md.
 */
NBL_API NDIS_STATUS NdisCopyFromNetBufferToNetBuffer(NET_BUFFER *Destination, ULONG DestinationOffset,
                                                     ULONG BytesToCopy, NET_BUFFER const *Source, ULONG SourceOffset,
                                                     ULONG *BytesCopied);

/* NdisQueryNetBufferPhysicalCount gives an upper bound of the physically separate pieces from CurrentMdl to the end of
 * the chain: the sum of NDIS_MDL_TO_SPAN_PAGES, so an MDL of zero bytes counts 1.
 *
 * NetBuffer: not NULL; never changed. A pair that is not canonical is brought to its canonical form first. 0 without
 * MDLs.
 * MDLs that are linked in a circle are a violation (VER-04) and counted for a while.
 * Threads: the NB's owner. IRQL <= DISPATCH_LEVEL. Cannot fail.
 * Rules PHYS-01 (K-PHYS-USED), PHYS-02, MDL-13; nf-nblapi-ndisquerynetbufferphysicalcount.md.
 */
NBL_API ULONG NdisQueryNetBufferPhysicalCount(NET_BUFFER *NetBuffer);

/* ---- The usual case in line: the window moves or is read within one MDL, and nobody watches. ----
 *
 * Each is the call of the same name above where it applies, and calls that one where it does not. */

#if defined(NBL_HAS_IN_LINE)

NBL_IN_LINE_PART int nbl__buffer_unwatched(void)
{
    return __atomic_load_n(&nbl_event_hooks, __ATOMIC_RELAXED) == 0;
}

/* The pair is on the first MDL and agrees with DataOffset, and so it will be with the new one. Both sums fit 64
 * bits. */
NBL_IN_LINE_PART int nbl__buffer_stays(NET_BUFFER const *buffer, uint64_t offset, uint64_t length)
{
    MDL const *first = buffer->MdlChain;
    return first != NULL && buffer->CurrentMdl == first && buffer->CurrentMdlOffset == buffer->DataOffset
        && offset < first->ByteCount && length <= 0xFFFFFFFFu;
}

NBL_IN_LINE_PART void nbl__buffer_move(NET_BUFFER *buffer, uint64_t offset, uint64_t length)
{
    buffer->DataOffset = (ULONG)offset;
    buffer->CurrentMdlOffset = (ULONG)offset;
    buffer->stDataLength = (SIZE_T)length;
}

/* nbl_buffer_retreat_any, nbl_buffer_advance_any and nbl_buffer_get_any are the three calls for every case; they are
 * what the in-line definitions fall back on, with the same contracts. Programs call the documented names. */
NBL_API NDIS_STATUS nbl_buffer_retreat_any(NET_BUFFER *buffer, ULONG delta, ULONG backfill,
                                           NET_BUFFER_ALLOCATE_MDL *handler);
NBL_API void nbl_buffer_advance_any(NET_BUFFER *buffer, ULONG delta, BOOLEAN free_mdl, NET_BUFFER_FREE_MDL *handler);
NBL_API PVOID nbl_buffer_get_any(NET_BUFFER *buffer, ULONG bytes, PVOID storage, ULONG multiple, ULONG offset);

/* D > DataOffset wraps to an offset above 32 bits, which no MDL holds. */
NBL_IN_LINE NDIS_STATUS NdisRetreatNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                                                      NET_BUFFER_ALLOCATE_MDL *AllocateMdlHandler)
{
    uint64_t const offset = (uint64_t)NetBuffer->DataOffset - DataOffsetDelta;
    uint64_t const length = (uint64_t)NetBuffer->DataLength + DataOffsetDelta;
    if (__builtin_expect(!nbl__buffer_stays(NetBuffer, offset, length) || !nbl__buffer_unwatched(), 0))
        return nbl_buffer_retreat_any(NetBuffer, DataOffsetDelta, DataBackFill, AllocateMdlHandler);
    nbl__buffer_move(NetBuffer, offset, length);
    return NDIS_STATUS_SUCCESS;
}

/* Delta > DataLength wraps to a length above 32 bits. */
NBL_IN_LINE VOID NdisAdvanceNetBufferDataStart(NET_BUFFER *NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
                                               NET_BUFFER_FREE_MDL *FreeMdlHandler)
{
    uint64_t const offset = (uint64_t)NetBuffer->DataOffset + DataOffsetDelta;
    uint64_t const length = (uint64_t)NetBuffer->DataLength - DataOffsetDelta;
    if (__builtin_expect(!nbl__buffer_stays(NetBuffer, offset, length), 0))
        nbl_buffer_advance_any(NetBuffer, DataOffsetDelta, FreeMdl, FreeMdlHandler);
    else
        nbl__buffer_move(NetBuffer, offset, length);
}

NBL_IN_LINE PVOID NdisGetDataBuffer(NET_BUFFER *NetBuffer, ULONG BytesNeeded, PVOID Storage, ULONG AlignMultiple,
                                    ULONG AlignOffset)
{
    MDL const *current = NetBuffer->CurrentMdl;
    if (__builtin_expect(AlignMultiple == 1 && AlignOffset == 0 && BytesNeeded != 0 && current != NULL
                             && BytesNeeded <= NetBuffer->DataLength
                             && (uint64_t)NetBuffer->CurrentMdlOffset + BytesNeeded <= current->ByteCount
                             && (current->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0
                             && nbl__buffer_unwatched(),
                         1))
        return (UCHAR *)current->MappedSystemVa + NetBuffer->CurrentMdlOffset;
    return nbl_buffer_get_any(NetBuffer, BytesNeeded, Storage, AlignMultiple, AlignOffset);
}

#endif

NBL_END_C

#endif
