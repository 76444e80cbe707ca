/* SPDX-License-Identifier: MIT
 *
 * invariant.c - the invariants of a NET_BUFFER_LIST and of what two lists share (INV-01, INV-02, INV-10..INV-17).
 */
#include "invariant.h"

#include "../list/context.h"
#include "../list/state.h"
#include "../mdl/record.h"

NBL_STATIC_ASSERT(offsetof(NET_BUFFER_LIST, Next) == 0 && offsetof(NET_BUFFER, Next) == 0 && offsetof(MDL, Next) == 0
                      && offsetof(NET_BUFFER_LIST_CONTEXT, Next) == 0,
                  "every chain is linked by the first word of its members");

static struct nbl__registry asked;

void nbl__invariant_registry(struct nbl__registry const *registry)
{
    static struct nbl__registry const nobody;
    asked = registry != NULL ? *registry : nobody;
}

void nbl__inspection_tell(struct nbl__inspection *inspection, char const *rule, enum nbl_severity severity,
                          void const *object)
{
    if (severity > NBL_SEVERITY_INFO)
        inspection->broken++;
    nbl__violation(rule, severity, inspection->call, object);
}

/* ---- chains ---- */

static void const *next_of(void const *object)
{
    void const *next;
    memcpy(&next, object, sizeof(next));
    return next;
}

static bool is_alive(void const *object, enum nbl__chain_of members)
{
    if (asked.look == NULL || members == NBL__CHAIN_BLOCKS)
        return true;
    enum nbl__ledger_state const state = asked.look(object, asked.context);
    return state == NBL__LEDGER_LIVE || (state == NBL__LEDGER_UNKNOWN && members == NBL__CHAIN_MDLS);
}

/* Brent: `mark` is where the walk was after a power of two of steps; a circle comes back to it. */
bool nbl__inspection_chain(struct nbl__inspection *inspection, void const *first, enum nbl__chain_of members,
                           struct nbl__chain *chain)
{
    void const *mark = NULL;
    uint32_t lap = 1;
    *chain = (struct nbl__chain){ 0, NULL };
    for (void const *at = first; at != NULL; at = next_of(at)) {
        if (at == mark || chain->count >= NBL__MDL_CHAIN_LIMIT) {
            nbl__inspection_tell(inspection, "VER-04", NBL_SEVERITY_FATAL, at);
            return false;
        }
        if (!is_alive(at, members)) {
            nbl__inspection_tell(inspection, "INV-01", NBL_SEVERITY_FATAL, at);
            return false;
        }
        chain->last = at;
        if (++chain->count == lap) {
            mark = at;
            lap *= 2;
        }
    }
    return true;
}

void nbl__inspection_intact(struct nbl__inspection *inspection, void const *object)
{
    if (asked.intact != NULL && !asked.intact(object, asked.context))
        nbl__inspection_tell(inspection, "INV-09", NBL_SEVERITY_FATAL, object);
}

void nbl__inspection_shared(struct nbl__inspection *inspection, void const *memory, void const *object)
{
    if (memory != NULL && asked.shared != NULL && !asked.shared(memory, asked.context))
        nbl__inspection_tell(inspection, "INV-17", NBL_SEVERITY_WARNING, object);
}

/* ---- one list ---- */

static bool is_handed_over(enum nbl__boundary boundary)
{
    return boundary >= NBL__BOUNDARY_SEND && boundary <= NBL__BOUNDARY_RETURN;
}

static bool is_handed_on(enum nbl__boundary boundary)
{
    return boundary == NBL__BOUNDARY_SEND || boundary == NBL__BOUNDARY_INDICATE;
}

static void check_context(struct nbl__inspection *inspection, NET_BUFFER_LIST const *list)
{
    struct nbl__chain blocks;
    if (!nbl__inspection_chain(inspection, list->Context, NBL__CHAIN_BLOCKS, &blocks))
        return;
    for (NET_BUFFER_LIST_CONTEXT const *block = list->Context; block != NULL; block = block->Next) {
        struct nbl__context_header const *header = (struct nbl__context_header const *)(void const *)block - 1;
        if (block->Offset > block->Size || (!header->initial && block->Offset == block->Size)) {
            nbl__inspection_tell(inspection, "INV-10", NBL_SEVERITY_ERROR, list);
            return;
        }
    }
}

/* flags_agree tells whether NblFlags are as FLAG-04 says. */
static bool flags_agree(ULONG flags)
{
    ULONG const ip = flags & (NDIS_NBL_FLAGS_IS_IPV4 | NDIS_NBL_FLAGS_IS_IPV6);
    ULONG const transport = flags & (NDIS_NBL_FLAGS_IS_TCP | NDIS_NBL_FLAGS_IS_UDP);
    ULONG const header = flags & NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER;
    ULONG const payload = flags & NDIS_NBL_FLAGS_SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD;
    bool const split = (flags & NDIS_NBL_FLAGS_HD_SPLIT) != 0;
    if ((ip & (ip - 1)) != 0 || (transport & (transport - 1)) != 0 || (header != 0 && payload != 0))
        return false;
    if ((transport | header | payload) != 0 && ip == 0)
        return false;
    return (payload == 0 || transport != 0) && ((header | payload) == 0 || split);
}

/* The documentation gives these packets one NB each: it lies in one list with one set of out-of-band information. */
static bool needs_one_buffer(NET_BUFFER_LIST const *list, enum nbl__boundary boundary)
{
    return boundary == NBL__BOUNDARY_INDICATE || list->NetBufferListInfo[TcpLargeSendNetBufferListInfo] != NULL
        || list->NetBufferListInfo[UdpSegmentationOffloadInfo] != NULL;
}

static void check_handing_on(struct nbl__inspection *inspection, NET_BUFFER_LIST const *list, uint32_t buffers)
{
    if (buffers == 0 || (buffers > 1 && needs_one_buffer(list, inspection->boundary)))
        nbl__inspection_tell(inspection, "INV-13", NBL_SEVERITY_ERROR, list);
    if (list->SourceHandle == NULL)
        nbl__inspection_tell(inspection, "INV-16", NBL_SEVERITY_ERROR, list);
    if (inspection->boundary == NBL__BOUNDARY_INDICATE && !flags_agree(list->NblFlags))
        nbl__inspection_tell(inspection, "INV-11", NBL_SEVERITY_ERROR, list);
}

static uint32_t live_children(NET_BUFFER_LIST const *list)
{
    if (!nbl__list_known(list))
        return 0;
    return atomic_load_explicit(&nbl__list_state(list)->children, memory_order_acquire) & ~NBL__LIST_RETIRED;
}

static void check_family(struct nbl__inspection *inspection, NET_BUFFER_LIST const *list)
{
    void const *parent = list->ParentNetBufferList;
    if (list->ChildRefCount < 0 || (is_handed_over(inspection->boundary) && live_children(list) > 0))
        nbl__inspection_tell(inspection, "INV-14", NBL_SEVERITY_ERROR, list);
    if (parent != NULL && parent != list && !is_alive(parent, NBL__CHAIN_OBJECTS))
        nbl__inspection_tell(inspection, "INV-15", NBL_SEVERITY_WARNING, list);
}

/* ---- what two share ---- */

/* Two chains that have a member in common have all behind it in common: it is enough to compare the last ones. They are
 * compared in groups, so that each walk serves GROUP comparisons and no memory is needed. */
#define GROUP 64u

static MDL const *last_mdl(NET_BUFFER const *buffer)
{
    MDL const *mdl = buffer->MdlChain;
    uint32_t steps = 0;
    while (mdl != NULL && mdl->Next != NULL && ++steps < NBL__MDL_CHAIN_LIMIT)
        mdl = mdl->Next;
    return mdl;
}

static bool is_one_of(void const *const *group, uint32_t count, void const *wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (group[i] == wanted)
            return true;
    return false;
}

/* check_sharing looks for MDLs that two NBs of a list have in common (INV-02); every chain is sound. */
static void check_sharing(struct nbl__inspection *inspection, NET_BUFFER const *first)
{
    while (first != NULL && first->Next != NULL) {
        void const *group[GROUP];
        uint32_t count = 0;
        NET_BUFFER const *after = NULL;
        for (NET_BUFFER const *buffer = first; buffer != NULL; buffer = buffer->Next) {
            MDL const *last = last_mdl(buffer);
            if (last != NULL && is_one_of(group, count, last)) {
                nbl__inspection_tell(inspection, "INV-02", NBL_SEVERITY_WARNING, last);
                return;
            }
            if (count < GROUP)
                group[count++] = last;
            else if (after == NULL)
                after = buffer;
        }
        first = after;
    }
}

static bool check_buffers(struct nbl__inspection *inspection, NET_BUFFER_LIST const *list)
{
    bool sound = true;
    for (NET_BUFFER const *buffer = list->FirstNetBuffer; buffer != NULL; buffer = buffer->Next)
        if (nbl__inspection_buffer(inspection, buffer) == NULL && buffer->MdlChain != NULL)
            sound = false;
    return sound;
}

/* ---- the two entries ---- */

/* inspect looks at a list that is alive. Returns the last NB, or NULL. */
static NET_BUFFER const *inspect(struct nbl__inspection *inspection, NET_BUFFER_LIST const *list)
{
    struct nbl__chain buffers;
    nbl__inspection_intact(inspection, list);
    check_context(inspection, list);
    check_family(inspection, list);
    if (!nbl__inspection_chain(inspection, list->FirstNetBuffer, NBL__CHAIN_OBJECTS, &buffers))
        return NULL;
    if (is_handed_on(inspection->boundary))
        check_handing_on(inspection, list, buffers.count);
    if (check_buffers(inspection, list))
        check_sharing(inspection, list->FirstNetBuffer);
    return buffers.last;
}

uint32_t nbl__invariant_check(NET_BUFFER_LIST const *list, enum nbl__boundary boundary, char const *call)
{
    struct nbl__inspection inspection = { boundary, call, 0 };
    if (is_alive(list, NBL__CHAIN_OBJECTS))
        (void)inspect(&inspection, list);
    else
        nbl__inspection_tell(&inspection, "INV-01", NBL_SEVERITY_FATAL, list);
    return inspection.broken;
}

uint32_t nbl__invariant_check_chain(NET_BUFFER_LIST const *list, enum nbl__boundary boundary, char const *call)
{
    struct nbl__inspection inspection = { boundary, call, 0 };
    struct nbl__chain lists;
    void const *group[GROUP];
    uint32_t count = 0, kept = 0; /* of the lists before, the newest GROUP ones are compared with */
    if (!nbl__inspection_chain(&inspection, list, NBL__CHAIN_OBJECTS, &lists))
        return inspection.broken;
    for (; list != NULL; list = list->Next) {
        NET_BUFFER const *last = inspect(&inspection, list);
        if (last != NULL && is_one_of(group, count, last))
            nbl__inspection_tell(&inspection, "INV-01", NBL_SEVERITY_FATAL, last);
        else if (last != NULL)
            group[kept++ % GROUP] = last;
        count = kept < GROUP ? kept : GROUP;
    }
    return inspection.broken;
}
