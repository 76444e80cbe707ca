/* SPDX-License-Identifier: MIT
 *
 * outsider.c - a program of somebody else: it takes a chain from a pool, gives it back, and says what the pool saw.
 */
#include <stdio.h>

#include <nbl/nbl.h>

int main(void)
{
    NET_BUFFER_LIST_POOL_PARAMETERS const parameters = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                    NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 },
        .fAllocateNetBuffer = TRUE,
        .DataSize = 64,
    };
    struct nbl_pool_statistics statistics;
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(NULL, &parameters);
    NET_BUFFER_LIST *chain = pool != NULL ? nbl_pool_take(pool, 32, NULL) : NULL;
    if (chain == NULL || nbl_pool_give(chain) != 32 || !nbl_pool_measure(pool, &statistics))
        return 1;
    NdisFreeNetBufferListPool(pool);
    (void)printf("high water %u, live %u\n", (unsigned)statistics.high_water, (unsigned)statistics.live);
    return statistics.high_water == 32 && statistics.live == 0 ? 0 : 1;
}
