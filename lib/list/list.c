/* SPDX-License-Identifier: MIT
 *
 * list.c - accessors of a NET_BUFFER_LIST that check first, and what its flags say about each other.
 */
#include "base/knob.h"

#include <nbl/list.h>

PUCHAR nbl_context_data_start(NET_BUFFER_LIST const *NetBufferList)
{
    if (NBL_UNLIKELY(NetBufferList->Context == NULL)) {
        nbl__violation("CTX-03", NBL_SEVERITY_FATAL, "nbl_context_data_start", NetBufferList);
        return NULL;
    }
    return NET_BUFFER_LIST_CONTEXT_DATA_START(NetBufferList);
}

USHORT nbl_context_data_size(NET_BUFFER_LIST const *NetBufferList)
{
    if (NBL_UNLIKELY(NetBufferList->Context == NULL)) {
        nbl__violation("CTX-03", NBL_SEVERITY_FATAL, "nbl_context_data_size", NetBufferList);
        return 0;
    }
    return NET_BUFFER_LIST_CONTEXT_DATA_SIZE(NetBufferList);
}

static bool all_set(ULONG flags, ULONG wanted)
{
    return (flags & wanted) == wanted;
}

bool nbl_flags_consistent(ULONG NblFlags)
{
    ULONG const ip = NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_IPV6;
    ULONG const transport = NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP;
    ULONG const header = NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER;
    ULONG const payload = NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD;
    if (all_set(NblFlags, ip) || all_set(NblFlags, transport) || all_set(NblFlags, header | payload))
        return false;
    if ((NblFlags & (transport | header | payload)) != 0 && (NblFlags & ip) == 0)
        return false;
    return (NblFlags & payload) == 0 || (NblFlags & transport) != 0;
}

/* Bits are turned over, so that whatever a driver kept there is wrong now. */
void nbl_list_hand_over(NET_BUFFER_LIST *chain)
{
    if (!nbl__knob(NBL_KNOB_SCRUB_SCRATCH))
        return;
    for (; chain != NULL; chain = chain->Next) {
        chain->Scratch = (PVOID)~(uintptr_t)chain->Scratch;
        chain->Flags ^= NBL_FLAGS_SCRATCH;
    }
}
