/* SPDX-License-Identifier: MIT
 *
 * misuse.c - a program that knows nothing of the verifier and makes mistakes: what a user's test binary is to
 * NBL_VERIFY.
 *
 *     misuse [lost]     frees twice; with "lost" it also loses two lists
 *     misuse first      breaks a rule with its first call, before there is any memory
 */
#include <string.h>

#include <nbl/nbl.h>

static NET_BUFFER_LIST *lose(NDIS_HANDLE pool)
{
    return NdisAllocateNetBufferList(pool, 0, 0);
}

int main(int count, char **arguments)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const with_data = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
        .DataSize = 256 };
    NDIS_HANDLE pool;
    NET_BUFFER_LIST *list;
    if (count > 1 && strcmp(arguments[1], "first") == 0)
        return NdisGetNetBufferListProtocolId(NULL);
    pool = NdisAllocateNetBufferListPool(NULL, &with_data);
    list = NdisAllocateNetBufferList(pool, 0, 0);
    NdisFreeNetBufferList(list);
    NdisFreeNetBufferList(list);
    if (count > 1 && strcmp(arguments[1], "lost") == 0)
        return lose(pool) == lose(pool);
    NdisFreeNetBufferListPool(pool);
    return 0;
}
