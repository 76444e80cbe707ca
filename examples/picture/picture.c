/* SPDX-License-Identifier: MIT
 *
 * picture.c - prints a picture of a packet and its clones in the language of Graphviz: picture | dot -Tsvg >picture.svg
 *
 * A packet of 60 bytes of which 14 came by a retreat that had to add an MDL; a clone with MDLs of its own over the same
 * bytes, with a header in front; a clone that uses the original's MDLs. With --text as nbl_dump shows the packet.
 */
#include <stdio.h>
#include <string.h>

#include <nbl/nbl.h>

static void put(void *context, char const *text, size_t bytes)
{
    (void)fwrite(text, 1, bytes, context);
}

static NET_BUFFER_LIST *make_packet(NDIS_HANDLE pool)
{
    NET_BUFFER_LIST *packet = NdisAllocateNetBufferList(pool, 0, 0);
    NET_BUFFER *buffer = packet != NULL ? NET_BUFFER_LIST_FIRST_NB(packet) : NULL;
    if (buffer == NULL || NdisRetreatNetBufferDataStart(buffer, 46, 0, NULL) != NDIS_STATUS_SUCCESS)
        return NULL;
    (void)nbl_chain_fill_net_buffer(buffer, 0, 'd', 46);
    if (NdisRetreatNetBufferDataStart(buffer, 14, 0, NULL) != NDIS_STATUS_SUCCESS)
        return NULL;
    (void)nbl_chain_copy_to_net_buffer(buffer, 0, "ethernet here ", 14);
    NdisSetNblFlag(packet, NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_TCP);
    NET_BUFFER_LIST_INFO(packet, TcpLargeSendNetBufferListInfo) =
        nbl_info_set_lso_type(nbl_info_set_lso_mss(nbl_info_set_lso_tcp_header_offset(NULL, 34), 1460), 1);
    return packet;
}

static int show(NET_BUFFER_LIST *packet, int as_text)
{
    struct nbl_dump_sink const sink = { put, stdout, 32 };
    NET_BUFFER_LIST *copy = NdisAllocateCloneNetBufferList(packet, NULL, NULL, 0);
    NET_BUFFER_LIST *same = NdisAllocateCloneNetBufferList(packet, NULL, NULL, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    NET_BUFFER_LIST const *const lists[] = { packet, copy, same };
    if (copy == NULL || same == NULL
        || NdisRetreatNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(copy), 8, 0, NULL) != NDIS_STATUS_SUCCESS)
        return 1;
    if (as_text)
        nbl_dump(packet, &sink);
    else
        nbl_dump_dot(lists, 3, &sink);
    NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(copy), 8, TRUE, NULL);
    NdisFreeCloneNetBufferList(copy, 0);
    NdisFreeCloneNetBufferList(same, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
    return 0;
}

int main(int count, char **arguments)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
        .PoolTag = 0x74636950u,
        .DataSize = 48 };
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    NET_BUFFER_LIST *packet = pool != NULL ? make_packet(pool) : NULL;
    int const failed = packet == NULL || show(packet, count > 1 && strcmp(arguments[1], "--text") == 0);
    if (packet != NULL) {
        NdisAdvanceNetBufferDataStart(NET_BUFFER_LIST_FIRST_NB(packet), 60, TRUE, NULL);
        NdisFreeNetBufferList(packet);
    }
    NdisFreeNetBufferListPool(pool);
    return failed;
}
