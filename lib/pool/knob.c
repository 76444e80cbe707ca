/* SPDX-License-Identifier: MIT
 *
 * knob.c - fresh NBLs and NBs of pools under knobs and memory checkers.
 */
#include "../base/knob.h"

#include "../base/track.h"
#include "../list/context.h"
#include "pool.h"

static void hide_data(struct nbl__pool const *pool, void *block)
{
    struct nbl__mdl_record *record = nbl__mdl_record_of(nbl__pool_mdl(pool->shape, block));
    nbl__track_hide((unsigned char *)block + pool->shape.data_offset, pool->shape.data_size);
    record->hidden = 1;
}

static void poison(struct nbl__pool const *pool, NET_BUFFER *buffer, void *block)
{
    nbl__buffer_poison(buffer, NBL__POISON_RESERVED);
    memset((unsigned char *)block + pool->shape.data_offset, NBL__POISON_DATA, pool->shape.data_size);
}

void nbl__pool_dress_buffer(struct nbl__pool const *pool, NET_BUFFER *buffer, void *block)
{
    if (nbl__knob(NBL_KNOB_POISON))
        poison(pool, buffer, block);
    if (nbl__knob(NBL_KNOB_POOL_OFFSET_0)) {
        buffer->DataOffset = 0;
        buffer->CurrentMdlOffset = 0;
    }
    if (nbl__hooked(NBL__HOOK_TRACK) && pool->shape.data_size > 0)
        hide_data(pool, block);
}

bool nbl__pool_dress_list(struct nbl__pool const *pool, NET_BUFFER_LIST *list)
{
    if (nbl__knob(NBL_KNOB_CTX_ALWAYS) && list->Context == NULL && !nbl__context_empty(list))
        return false;
    if (nbl__knob(NBL_KNOB_POISON))
        nbl__list_poison(list, NBL__POISON_RESERVED);
    if (list->FirstNetBuffer != NULL)
        nbl__pool_dress_buffer(pool, list->FirstNetBuffer, list);
    return true;
}
