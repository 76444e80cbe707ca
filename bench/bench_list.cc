/* SPDX-License-Identifier: MIT
 *
 * bench_list.cc - libnbl's chains and what hangs off an NBL: W14, out-of-band copy, context, classification.
 */
#include "subject_nbl.h"
#include "works_list.h"

namespace bench {

using S = nbl_subject;

/* send_info: out-of-band information of a send is given to another NBL. */
struct send_info : contiguous<64> {
    template <class> static inline void run(NET_BUFFER_LIST *p)
    {
        static NET_BUFFER_LIST *const to = S::make(64);
        NdisCopySendNetBufferListInfo(to, p);
        step();
    }
};

struct receive_info : contiguous<64> {
    template <class> static inline void run(NET_BUFFER_LIST *p)
    {
        static NET_BUFFER_LIST *const to = S::make(64);
        NdisCopyReceiveNetBufferListInfo(to, p);
        step();
    }
};

/* context: 32 bytes of context are taken, written and given back. */
struct context : contiguous<64> {
    template <class> static inline void run(NET_BUFFER_LIST *p)
    {
        NdisAllocateNetBufferListContext(p, 32, 0, 0);
        memset(NET_BUFFER_LIST_CONTEXT_DATA_START(p), 1, 32);
        step();
        NdisFreeNetBufferListContext(p, 32);
        step();
    }
};

/* classify: a chain of 32 NBLs of eight flows, in no order, is sorted into eight groups and joined again. */
class classify : public work {
public:
    explicit classify(load const &l) : work(l), packets(l.packets)
    {
        std::vector<uint32_t> const order = shuffled(l.packets);
        for (size_t i = 0; i < packets.size(); i++) {
            packets[i] = S::make(64);
            NET_BUFFER_LIST_SET_HASH_VALUE(packets[i], order[i] % 8);
        }
    }
    ~classify() override
    {
        for (auto p : packets)
            S::release(p);
    }
    void pass() override
    {
        for (size_t round = 0; round < amount.rounds; round++) {
            for (size_t i = 0; i + 32 <= packets.size(); i += 32)
                one_chain(&packets[i]);
        }
    }

private:
    void one_chain(NET_BUFFER_LIST **from)
    {
        NDIS_NET_BUFFER_LIST_INFO slot = NetBufferListHashValue;
        struct nbl_chain_classifier const by_hash = { nbl_chain_key_info, NULL, &slot };
        ULONG used = 0;
        for (unsigned i = 0; i < 32; i++)
            from[i]->Next = i < 31 ? from[i + 1] : NULL;
        use(nbl_chain_classify(from[0], &by_hash, groups, 8, &used));
        use(used);
        step();
    }

    std::vector<NET_BUFFER_LIST *> packets;
    struct nbl_chain_group groups[8];
};

static bool const entered[] = {
    enter("W14", "nbl", make<queue<S>>),
    enter("send_info", "nbl", make<on_packets<S, send_info>>),
    enter("receive_info", "nbl", make<on_packets<S, receive_info>>),
    enter("context", "nbl", make<on_packets<S, context>>),
    enter("classify", "nbl", make<classify>),
};

} // namespace bench
