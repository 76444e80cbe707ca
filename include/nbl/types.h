/* SPDX-License-Identifier: MIT
 *
 * types.h - every data structure of the NDIS 6 data path, laid out as on Windows.
 *
 * A 64-bit build has the x64 layout byte for byte, a 32-bit build the x86 one (LAY-04); lib/list/layout.c asserts every
 * offset. libnbl keeps nothing of its own inside an MDL; in NET_BUFFER and NET_BUFFER_LIST it uses NdisReserved only.
 *
 * The invariants that hold whenever ownership passes from one party to another (INV-01..INV-07):
 *
 *     NET_BUFFER:  capacity = sum of ByteCount over MdlChain
 *                  DataOffset + DataLength <= capacity, and <= 0xFFFFFFFF
 *                  bytes of the MDLs before CurrentMdl + CurrentMdlOffset = DataOffset
 *                  CurrentMdlOffset < CurrentMdl->ByteCount, unless DataOffset = capacity
 *                  MdlChain = NULL  <=>  CurrentMdl = NULL, and then DataOffset = DataLength = CurrentMdlOffset = 0
 *                  stDataLength = DataLength: the upper half of the SIZE_T is zero
 *     context:     0 <= Offset <= Size for every block; used bytes = Size - Offset
 *
 * Sources: ns-nbl-net_buffer.md, ns-nbl-net_buffer_list.md, ns-wdm-_mdl.md, ns-nbl-net_buffer_list_context.md,
 * ne-nblinfo-ndis_net_buffer_list_info.md, and the numbers of the public headers (rule book section 1).
 */
#ifndef NBL_TYPES_H
#define NBL_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <nbl/bits.h>
#include <nbl/export.h>
#include <nbl/status.h>

NBL_BEGIN_C

/* ---- Host types (LAY-01): the same widths everywhere, never the host's long. ---- */

typedef void VOID;
typedef void *PVOID;
typedef char CHAR;
typedef uint8_t UCHAR, *PUCHAR;
typedef uint8_t BOOLEAN, *PBOOLEAN;
typedef int16_t CSHORT;
typedef int16_t SHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t LONG, *PLONG;
typedef uint32_t ULONG, *PULONG;
typedef uint32_t UINT32;
typedef int64_t LONGLONG;
typedef int64_t LONG64;
typedef uint64_t ULONGLONG;
typedef uint64_t ULONG64, *PULONG64;
typedef uint64_t UINT64;
typedef uintptr_t ULONG_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t SIZE_T, *PSIZE_T;
typedef uintptr_t PFN_NUMBER, *PPFN_NUMBER;
typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;

#ifndef TRUE
#  define TRUE 1
#  define FALSE 0
#endif

/* LARGE_INTEGER is 64 bits that a driver may also read as two halves. */
typedef union _LARGE_INTEGER {
    struct {
#if NBL_BIG_ENDIAN
        LONG HighPart;
        ULONG LowPart;
#else
        ULONG LowPart;
        LONG HighPart;
#endif
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;
typedef PHYSICAL_ADDRESS NDIS_PHYSICAL_ADDRESS;

/* MEMORY_ALLOCATION_ALIGNMENT is what every pool object and context block is aligned to, in bytes (LAY-02). */
#if UINTPTR_MAX > 0xFFFFFFFFu
#  define MEMORY_ALLOCATION_ALIGNMENT 16
#else
#  define MEMORY_ALLOCATION_ALIGNMENT 8
#endif

#define NBL__ALIGNED NBL_ALIGNAS(MEMORY_ALLOCATION_ALIGNMENT)

/* SLIST_ENTRY and SLIST_HEADER are here for their size and alignment only: both overlay the link of an NBL or NB. */
typedef struct _SLIST_ENTRY {
    NBL__ALIGNED struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

typedef struct _SLIST_HEADER {
#if UINTPTR_MAX > 0xFFFFFFFFu
    NBL__ALIGNED ULONGLONG Alignment;
    ULONGLONG Region;
#else
    NBL__ALIGNED ULONGLONG Alignment;
#endif
} SLIST_HEADER, *PSLIST_HEADER;

/* Page arithmetic gives the Windows answer on every host (LAY-03). */
#define PAGE_SIZE 4096
#define PAGE_SHIFT 12

/* ---- MDL: one run of virtually contiguous bytes. ---- */

struct _EPROCESS;

/* MDL describes ByteCount bytes that start at StartVa + ByteOffset; the array of page frame numbers follows it.
 *
 * StartVa is page aligned and ByteOffset < PAGE_SIZE. MappedSystemVa is the address to use, including ByteOffset, while
 * MdlFlags has MDL_MAPPED_TO_SYSTEM_VA or MDL_SOURCE_IS_NONPAGED_POOL. Drivers own Next and MdlFlags and read the rest
 * through macros (MDL-01, ns-wdm-_mdl.md).
 */
typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size;
    CSHORT MdlFlags;
    struct _EPROCESS *Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} MDL, *PMDL;

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_IO_PAGE_READ 0x0040
#define MDL_WRITE_OPERATION 0x0080
#define MDL_PARENT_MAPPED_SYSTEM_VA 0x0100
#define MDL_LOCKED_PAGE_TABLES 0x0100
#define MDL_FREE_EXTRA_PTES 0x0200
#define MDL_DESCRIBES_AWE 0x0400
#define MDL_IO_SPACE 0x0800
#define MDL_NETWORK_HEADER 0x1000
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MDL_ALLOCATED_MUST_SUCCEED 0x4000
#define MDL_PAGE_CONTENTS_INVARIANT 0x4000
#define MDL_INTERNAL 0x8000

/* ---- NET_BUFFER: one packet, a window over a chain of MDLs. ---- */

typedef struct NET_BUFFER NET_BUFFER, *PNET_BUFFER;
typedef struct NET_BUFFER_LIST NET_BUFFER_LIST, *PNET_BUFFER_LIST;
typedef struct NET_BUFFER_LIST_CONTEXT NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;
typedef struct NET_BUFFER_SHARED_MEMORY NET_BUFFER_SHARED_MEMORY, *PNET_BUFFER_SHARED_MEMORY;
struct _SCATTER_GATHER_LIST;

/* NET_BUFFER_SHARED_MEMORY is one segment of memory that a driver shares with hardware or another partition. */
struct NET_BUFFER_SHARED_MEMORY {
    NET_BUFFER_SHARED_MEMORY *NextSharedMemorySegment;
    ULONG SharedMemoryFlags;
    NDIS_HANDLE SharedMemoryHandle;
    ULONG SharedMemoryOffset;
    ULONG SharedMemoryLength;
};

/* NET_BUFFER_DATA_LENGTH is the 32-bit DataLength and, in the same storage, its SIZE_T view stDataLength (NB-05). On
 * every host DataLength is the low half of stDataLength, so a length written through one is read through the other. */
typedef union NET_BUFFER_DATA_LENGTH {
    NBL_EXTENSION struct {
        NBL_SLOT_BITS_1(ULONG DataLength)
    };
    SIZE_T stDataLength;
} NET_BUFFER_DATA_LENGTH, *PNET_BUFFER_DATA_LENGTH;

/* NET_BUFFER_DATA is the window: what NET_BUFFER_HEADER overlays on the front of a NET_BUFFER. */
typedef struct NET_BUFFER_DATA {
    NET_BUFFER *Next;
    MDL *CurrentMdl;
    ULONG CurrentMdlOffset;
    NET_BUFFER_DATA_LENGTH NbDataLength;
    MDL *MdlChain;
    ULONG DataOffset;
} NET_BUFFER_DATA, *PNET_BUFFER_DATA;

typedef union NET_BUFFER_HEADER {
    NET_BUFFER_DATA NetBufferData;
    SLIST_HEADER Link;
} NET_BUFFER_HEADER, *PNET_BUFFER_HEADER;

/* NET_BUFFER: bytes [DataOffset, DataOffset + DataLength) of MdlChain are the packet, [0, DataOffset) is backfill.
 *
 * CurrentMdl and CurrentMdlOffset cache where DataOffset lies (NB-02, NB-07, NB-08). ProtocolReserved and
 * MiniportReserved belong to the one protocol or miniport on the path (NB-13); NdisReserved is libnbl's.
 */
struct NET_BUFFER {
    NBL_EXTENSION union {
        NBL_EXTENSION struct {
            NET_BUFFER *Next;
            MDL *CurrentMdl;
            ULONG CurrentMdlOffset;
            NBL_EXTENSION union {
                NBL_EXTENSION struct {
                    NBL_SLOT_BITS_1(ULONG DataLength)
                };
                SIZE_T stDataLength;
            };
            MDL *MdlChain;
            ULONG DataOffset;
        };
        SLIST_HEADER Link;
        NET_BUFFER_HEADER NetBufferHeader;
    };
    USHORT ChecksumBias;
    USHORT Reserved;
    NDIS_HANDLE NdisPoolHandle;
    NBL__ALIGNED PVOID NdisReserved[2];
    NBL__ALIGNED PVOID ProtocolReserved[6];
    NBL__ALIGNED PVOID MiniportReserved[4];
    NDIS_PHYSICAL_ADDRESS DataPhysicalAddress;
    NBL_EXTENSION union {
        NET_BUFFER_SHARED_MEMORY *SharedMemoryInfo;
        struct _SCATTER_GATHER_LIST *ScatterGatherList;
    };
};

/* ---- NET_BUFFER_LIST: packets of one flow, with their common out-of-band information. ---- */

/* NDIS_NET_BUFFER_LIST_INFO names the slots of NetBufferListInfo (rule book 1.3). Several names may share a slot. */
typedef enum _NDIS_NET_BUFFER_LIST_INFO {
    TcpIpChecksumNetBufferListInfo = 0,
    TcpOffloadBytesTransferred = TcpIpChecksumNetBufferListInfo,
    IPsecOffloadV1NetBufferListInfo = 1,
    IPsecOffloadV2NetBufferListInfo = IPsecOffloadV1NetBufferListInfo,
    TcpLargeSendNetBufferListInfo = 2,
    TcpReceiveNoPush = TcpLargeSendNetBufferListInfo,
    ClassificationHandleNetBufferListInfo = 3,
    Ieee8021QNetBufferListInfo = 4,
    NetBufferListCancelId = 5,
    MediaSpecificInformation = 6,
    NetBufferListFrameType = 7,
    NetBufferListProtocolId = NetBufferListFrameType,
    NetBufferListHashValue = 8,
    NetBufferListHashInfo = 9,
    WfpNetBufferListInfo = 10,
    IPsecOffloadV2TunnelNetBufferListInfo = 11,
    IPsecOffloadV2HeaderNetBufferListInfo = 12,
    NetBufferListCorrelationId = 13,
    NetBufferListFilteringInfo = 14,
    MediaSpecificInformationEx = 15,
    NblOriginalInterfaceIfIndex = 16,
    NblReAuthWfpFlowContext = NblOriginalInterfaceIfIndex,
    TcpReceiveBytesTransferred = 17,
    NrtNameResolutionId = TcpReceiveBytesTransferred,
    UdpRecvSegCoalesceOffloadInfo = TcpReceiveBytesTransferred,
#if UINTPTR_MAX > 0xFFFFFFFFu
    SwitchForwardingReserved = 18,
    SwitchForwardingDetail = 19,
    VirtualSubnetInfo = 20,
    IMReserved = 21,
    TcpRecvSegCoalesceInfo = 22,
    UdpSegmentationOffloadInfo = TcpRecvSegCoalesceInfo,
    RscTcpTimestampDelta = 23,
    TcpSendOffloadsSupplementalNetBufferListInfo = RscTcpTimestampDelta,
    GftOffloadInformation = 24,
    GftFlowEntryId = 25,
    NetBufferListInfoReserved3 = 26,
#else
    IMReserved = 18,
    TcpRecvSegCoalesceInfo = 19,
    UdpSegmentationOffloadInfo = TcpRecvSegCoalesceInfo,
    RscTcpTimestampDelta = 20,
    TcpSendOffloadsSupplementalNetBufferListInfo = RscTcpTimestampDelta,
    NetBufferListInfoReserved3 = 21,
    NetBufferListInfoReserved4 = 22,
    SwitchForwardingReserved = 23,
    SwitchForwardingDetail_b0_to_b31 = 24,
    SwitchForwardingDetail_b32_to_b63 = 25,
    VirtualSubnetInfo = 26,
#endif
    MaxNetBufferListInfo = 27
} NDIS_NET_BUFFER_LIST_INFO, *PNDIS_NET_BUFFER_LIST_INFO;

/* NET_BUFFER_LIST_CONTEXT: ContextData[Offset .. Size) is in use, ContextData[0 .. Offset) is backfill (CTX-01). */
NBL_EXTENSION struct NET_BUFFER_LIST_CONTEXT {
    NET_BUFFER_LIST_CONTEXT *Next;
    USHORT Size;
    USHORT Offset;
    NBL__ALIGNED UCHAR ContextData[];
};

typedef struct NET_BUFFER_LIST_DATA {
    NET_BUFFER_LIST *Next;
    NET_BUFFER *FirstNetBuffer;
} NET_BUFFER_LIST_DATA, *PNET_BUFFER_LIST_DATA;

typedef union NET_BUFFER_LIST_HEADER {
    NET_BUFFER_LIST_DATA NetBufferListData;
    SLIST_HEADER Link;
} NET_BUFFER_LIST_HEADER, *PNET_BUFFER_LIST_HEADER;

/* NET_BUFFER_LIST: a node of a NULL-terminated chain of NBLs that owns a NULL-terminated list of NBs (NBL-01).
 *
 * Every NB of the list shares NetBufferListInfo and Context. Status is the final status of a send (NBL-11); Scratch
 * belongs to the current owner (NBL-12); SourceHandle is the originator's (NBL-10). ParentNetBufferList and
 * ChildRefCount are kept by drivers, not by libnbl (GEN-01, GEN-02).
 */
struct NET_BUFFER_LIST {
    NBL_EXTENSION union {
        NBL_EXTENSION struct {
            NET_BUFFER_LIST *Next;
            NET_BUFFER *FirstNetBuffer;
        };
        SLIST_HEADER Link;
        NET_BUFFER_LIST_HEADER NetBufferListHeader;
    };
    NET_BUFFER_LIST_CONTEXT *Context;
    NET_BUFFER_LIST *ParentNetBufferList;
    NDIS_HANDLE NdisPoolHandle;
    NBL__ALIGNED PVOID NdisReserved[2];
    NBL__ALIGNED PVOID ProtocolReserved[4];
    NBL__ALIGNED PVOID MiniportReserved[2];
    PVOID Scratch;
    NDIS_HANDLE SourceHandle;
    ULONG NblFlags;
    LONG ChildRefCount;
    ULONG Flags;
    NBL_EXTENSION union {
        NDIS_STATUS Status;
        ULONG NdisReserved2;
    };
    PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

/* NblFlags: what the NBs hold (rule book 1.4). Bits 0x4..0x80 are reserved for NDIS. */
#define NDIS_NBL_FLAGS_SEND_READ_ONLY 0x00000001u
#define NDIS_NBL_FLAGS_RECV_READ_ONLY 0x00000002u
#define NDIS_NBL_FLAGS_HD_SPLIT 0x00000100u
#define NDIS_NBL_FLAGS_IS_IPV4 0x00000200u
#define NDIS_NBL_FLAGS_IS_IPV6 0x00000400u
#define NDIS_NBL_FLAGS_IS_TCP 0x00000800u
#define NDIS_NBL_FLAGS_IS_UDP 0x00001000u
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER 0x00002000u
#define NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD 0x00004000u
#define NDIS_NBL_FLAGS_IS_LOOPBACK_PACKET 0x00008000u
#define NDIS_NBL_FLAGS_CAPTURE_TIMESTAMP_ON_TRANSMIT 0x00010000u

/* Flags: who may edit which bits (FLAG-03). */
#define NBL_FLAGS_PROTOCOL_RESERVED 0xFFF00003u
#define NBL_FLAGS_MINIPORT_RESERVED 0x0000F000u
#define NBL_FLAGS_SCRATCH 0x000F0000u
#define NBL_FLAGS_NDIS_RESERVED 0x00000FFCu

/* ---- Pools. ---- */

typedef struct _NDIS_OBJECT_HEADER {
    UCHAR Type;
    UCHAR Revision;
    USHORT Size;
} NDIS_OBJECT_HEADER, *PNDIS_OBJECT_HEADER;

#define NDIS_OBJECT_TYPE_DEFAULT 0x80

/* NET_BUFFER_LIST_POOL_PARAMETERS: fAllocateNetBuffer and DataSize choose what comes with each NBL (POOL-04). */
typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    UCHAR ProtocolId;
    BOOLEAN fAllocateNetBuffer;
    USHORT ContextSize;
    ULONG PoolTag;
    ULONG DataSize;
    ULONG Flags;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;

typedef struct _NET_BUFFER_POOL_PARAMETERS {
    NDIS_OBJECT_HEADER Header;
    ULONG PoolTag;
    ULONG DataSize;
    ULONG Flags;
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;

#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_2 2
#define NET_BUFFER_POOL_PARAMETERS_REVISION_1 1
#define NET_BUFFER_POOL_PARAMETERS_REVISION_2 2
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 16
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_2 20
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 12
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_2 16
#define NET_BUFFER_LIST_POOL_FLAG_VERIFY 0x00000001u
#define NET_BUFFER_POOL_FLAG_VERIFY 0x00000001u

#define NDIS_PROTOCOL_ID_DEFAULT 0x00
#define NDIS_PROTOCOL_ID_TCP_IP 0x02
#define NDIS_PROTOCOL_ID_IPX 0x06
#define NDIS_PROTOCOL_ID_NBF 0x07
#define NDIS_PROTOCOL_ID_MAX 0x0F
#define NDIS_PROTOCOL_ID_MASK 0x0F

/* ---- Flags of the calls. ---- */

#define NDIS_CLONE_FLAGS_RESERVED 0x00000001u
#define NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS 0x00000002u

#define NDIS_SEND_FLAGS_DISPATCH_LEVEL 0x00000001u
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK 0x00000002u
#define NDIS_SEND_FLAGS_SINGLE_QUEUE 0x00000004u
#define NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP 0x00000010u
#define NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE 0x00000020u

#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 0x00000001u
#define NDIS_SEND_COMPLETE_FLAGS_SINGLE_QUEUE 0x00000002u
#define NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE 0x00000004u

#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL 0x00000001u
#define NDIS_RECEIVE_FLAGS_RESOURCES 0x00000002u
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE 0x00000100u
#define NDIS_RECEIVE_FLAGS_SINGLE_VLAN 0x00000200u
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED 0x00000400u
#define NDIS_RECEIVE_FLAGS_SINGLE_QUEUE 0x00000800u
#define NDIS_RECEIVE_FLAGS_SHARED_MEMORY_INFO_VALID 0x00001000u
#define NDIS_RECEIVE_FLAGS_MORE_NBLS 0x00002000u
#define NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP 0x00004000u
#define NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE 0x00008000u

#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL 0x00000001u
#define NDIS_RETURN_FLAGS_SINGLE_QUEUE 0x00000002u
#define NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE 0x00000004u

/* ---- MDL call arguments. ---- */

typedef enum _MM_PAGE_PRIORITY { LowPagePriority = 0, NormalPagePriority = 16, HighPagePriority = 32 } MM_PAGE_PRIORITY;
typedef enum _LOCK_OPERATION { IoReadAccess = 0, IoWriteAccess = 1, IoModifyAccess = 2 } LOCK_OPERATION;
typedef enum _MODE { KernelMode = 0, UserMode = 1 } MODE;
typedef enum _MEMORY_CACHING_TYPE { MmNonCached = 0, MmCached = 1, MmWriteCombined = 2 } MEMORY_CACHING_TYPE;
typedef CHAR KPROCESSOR_MODE;

#define MdlMappingNoWrite 0x80000000u
#define MdlMappingNoExecute 0x40000000u

/* IRP is modelled as far as MDLs hang off it: MdlAddress is the chain that completion unlocks and frees (MDL-11). */
typedef struct _IRP {
    PMDL MdlAddress;
} IRP, *PIRP;

NBL_END_C

#endif
