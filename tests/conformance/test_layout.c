/* SPDX-License-Identifier: MIT
 *
 * test_layout.c - the layout of the structures as this compiler made it, against x64 and x86 Windows (LAY).
 *
 * lib/list/layout.c proves the same while compiling; here a table prints what differs, and bytes are written and read.
 */
#include "nbl_test.h"

#define HERE(x64, x86) (sizeof(void *) == 8 ? (x64) : (x86))

struct place {
    char const *name;
    size_t offset, size;               /* here */
    size_t wanted_offset, wanted_size; /* on Windows with pointers of the same size */
};

#define FIELD(type, member, x64, x64_size, x86, x86_size)                                                    \
    { #type "." #member, offsetof(type, member), sizeof(((type *)0)->member), HERE(x64, x86),               \
      HERE(x64_size, x86_size) },
#define WHOLE(type, x64, x86) { #type, 0, sizeof(type), 0, HERE(x64, x86) },

static struct place const places[] = {
    FIELD(MDL, Next, 0, 8, 0, 4)
    FIELD(MDL, Size, 8, 2, 4, 2)
    FIELD(MDL, MdlFlags, 10, 2, 6, 2)
    FIELD(MDL, Process, 16, 8, 8, 4)
    FIELD(MDL, MappedSystemVa, 24, 8, 12, 4)
    FIELD(MDL, StartVa, 32, 8, 16, 4)
    FIELD(MDL, ByteCount, 40, 4, 20, 4)
    FIELD(MDL, ByteOffset, 44, 4, 24, 4)
    WHOLE(MDL, 48, 28)
    FIELD(NET_BUFFER, Next, 0, 8, 0, 4)
    FIELD(NET_BUFFER, CurrentMdl, 8, 8, 4, 4)
    FIELD(NET_BUFFER, CurrentMdlOffset, 16, 4, 8, 4)
    FIELD(NET_BUFFER, stDataLength, 24, 8, 12, 4)
    FIELD(NET_BUFFER, MdlChain, 32, 8, 16, 4)
    FIELD(NET_BUFFER, DataOffset, 40, 4, 20, 4)
    FIELD(NET_BUFFER, ChecksumBias, 48, 2, 24, 2)
    FIELD(NET_BUFFER, Reserved, 50, 2, 26, 2)
    FIELD(NET_BUFFER, NdisPoolHandle, 56, 8, 28, 4)
    FIELD(NET_BUFFER, NdisReserved, 64, 16, 32, 8)
    FIELD(NET_BUFFER, ProtocolReserved, 80, 48, 40, 24)
    FIELD(NET_BUFFER, MiniportReserved, 128, 32, 64, 16)
    FIELD(NET_BUFFER, DataPhysicalAddress, 160, 8, 80, 8)
    FIELD(NET_BUFFER, SharedMemoryInfo, 168, 8, 88, 4)
    FIELD(NET_BUFFER, ScatterGatherList, 168, 8, 88, 4)
    WHOLE(NET_BUFFER, 176, 96)
    FIELD(NET_BUFFER_LIST, Next, 0, 8, 0, 4)
    FIELD(NET_BUFFER_LIST, FirstNetBuffer, 8, 8, 4, 4)
    FIELD(NET_BUFFER_LIST, Context, 16, 8, 8, 4)
    FIELD(NET_BUFFER_LIST, ParentNetBufferList, 24, 8, 12, 4)
    FIELD(NET_BUFFER_LIST, NdisPoolHandle, 32, 8, 16, 4)
    FIELD(NET_BUFFER_LIST, NdisReserved, 48, 16, 24, 8)
    FIELD(NET_BUFFER_LIST, ProtocolReserved, 64, 32, 32, 16)
    FIELD(NET_BUFFER_LIST, MiniportReserved, 96, 16, 48, 8)
    FIELD(NET_BUFFER_LIST, Scratch, 112, 8, 56, 4)
    FIELD(NET_BUFFER_LIST, SourceHandle, 120, 8, 60, 4)
    FIELD(NET_BUFFER_LIST, NblFlags, 128, 4, 64, 4)
    FIELD(NET_BUFFER_LIST, ChildRefCount, 132, 4, 68, 4)
    FIELD(NET_BUFFER_LIST, Flags, 136, 4, 72, 4)
    FIELD(NET_BUFFER_LIST, Status, 140, 4, 76, 4)
    FIELD(NET_BUFFER_LIST, NdisReserved2, 140, 4, 76, 4)
    FIELD(NET_BUFFER_LIST, NetBufferListInfo, 144, 216, 80, 108)
    WHOLE(NET_BUFFER_LIST, 368, 192)
    FIELD(NET_BUFFER_LIST_CONTEXT, Next, 0, 8, 0, 4)
    FIELD(NET_BUFFER_LIST_CONTEXT, Size, 8, 2, 4, 2)
    FIELD(NET_BUFFER_LIST_CONTEXT, Offset, 10, 2, 6, 2)
    WHOLE(NET_BUFFER_LIST_CONTEXT, 16, 8)
    FIELD(NET_BUFFER_SHARED_MEMORY, NextSharedMemorySegment, 0, 8, 0, 4)
    FIELD(NET_BUFFER_SHARED_MEMORY, SharedMemoryFlags, 8, 4, 4, 4)
    FIELD(NET_BUFFER_SHARED_MEMORY, SharedMemoryHandle, 16, 8, 8, 4)
    FIELD(NET_BUFFER_SHARED_MEMORY, SharedMemoryOffset, 24, 4, 12, 4)
    FIELD(NET_BUFFER_SHARED_MEMORY, SharedMemoryLength, 28, 4, 16, 4)
    WHOLE(NET_BUFFER_SHARED_MEMORY, 32, 20)
    FIELD(NDIS_OBJECT_HEADER, Type, 0, 1, 0, 1)
    FIELD(NDIS_OBJECT_HEADER, Revision, 1, 1, 1, 1)
    FIELD(NDIS_OBJECT_HEADER, Size, 2, 2, 2, 2)
    WHOLE(NDIS_OBJECT_HEADER, 4, 4)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, Header, 0, 4, 0, 4)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, ProtocolId, 4, 1, 4, 1)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, fAllocateNetBuffer, 5, 1, 5, 1)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, ContextSize, 6, 2, 6, 2)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, PoolTag, 8, 4, 8, 4)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize, 12, 4, 12, 4)
    FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, Flags, 16, 4, 16, 4)
    WHOLE(NET_BUFFER_LIST_POOL_PARAMETERS, 20, 20)
    FIELD(NET_BUFFER_POOL_PARAMETERS, Header, 0, 4, 0, 4)
    FIELD(NET_BUFFER_POOL_PARAMETERS, PoolTag, 4, 4, 4, 4)
    FIELD(NET_BUFFER_POOL_PARAMETERS, DataSize, 8, 4, 8, 4)
};

/* rules: LAY-04 LAY-06 */
static void every_field_is_where_windows_has_it(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct place const *place = &places[i];
        if (place->offset == place->wanted_offset && place->size == place->wanted_size)
            continue;
        wrong++;
        print_error("%s: offset %u size %u, wanted %u and %u\n", place->name, (unsigned)place->offset,
                    (unsigned)place->size, (unsigned)place->wanted_offset, (unsigned)place->wanted_size);
    }
    assert_int_equal(wrong, 0);
}

/* rules: LAY-04 LAY-02 */
static void objects_are_aligned_for_lists_of_the_machine(void **state)
{
    (void)state;
    assert_int_equal(MEMORY_ALLOCATION_ALIGNMENT, HERE(16, 8));
    assert_int_equal(sizeof(SLIST_HEADER), HERE(16, 8));
    assert_int_equal(_Alignof(SLIST_HEADER), HERE(16, 8));
    assert_int_equal(_Alignof(NET_BUFFER_LIST), HERE(16, 8));
    assert_int_equal(_Alignof(NET_BUFFER), HERE(16, 8));
    assert_int_equal(_Alignof(NET_BUFFER_LIST_CONTEXT), HERE(16, 8));
    assert_int_equal(offsetof(NET_BUFFER_LIST_CONTEXT, ContextData), HERE(16, 8));
}

/* rules: LAY-01 */
static void host_types_have_the_widths_of_windows(void **state)
{
    (void)state;
    assert_int_equal(sizeof(ULONG), 4);
    assert_int_equal(sizeof(UINT32), 4);
    assert_int_equal(sizeof(LONG), 4);
    assert_int_equal(sizeof(NDIS_STATUS), 4);
    assert_int_equal(sizeof(NTSTATUS), 4);
    assert_int_equal(sizeof(USHORT), 2);
    assert_int_equal(sizeof(CSHORT), 2);
    assert_int_equal(sizeof(UCHAR), 1);
    assert_int_equal(sizeof(BOOLEAN), 1);
    assert_int_equal(sizeof(PHYSICAL_ADDRESS), 8);
    assert_int_equal(sizeof(SIZE_T), sizeof(void *));
    assert_int_equal(sizeof(ULONG_PTR), sizeof(void *));
    assert_int_equal(sizeof(PFN_NUMBER), sizeof(void *));
    assert_int_equal(sizeof(NDIS_HANDLE), sizeof(void *));
    assert_true((LONG)-1 < 0 && (CSHORT)-1 < 0 && (NDIS_STATUS)-1 < 0 && (NTSTATUS)-1 < 0);
    assert_true((ULONG)-1 > 0 && (USHORT)-1 > 0 && (UCHAR)-1 > 0 && (BOOLEAN)-1 > 0 && (SIZE_T)-1 > 0);
}

/* rules: LAY-03 */
static void a_page_has_4096_bytes_on_every_host(void **state)
{
    (void)state;
    assert_int_equal(PAGE_SIZE, 4096);
    assert_int_equal(1u << PAGE_SHIFT, PAGE_SIZE);
}

/* rules: LAY-05 */
static void the_front_of_an_nbl_can_be_seen_in_three_ways(void **state)
{
    NET_BUFFER_LIST list, next;
    NET_BUFFER buffer;
    (void)state;
    memset(&list, 0, sizeof list);
    list.Next = &next;
    list.FirstNetBuffer = &buffer;
    assert_ptr_equal(list.NetBufferListHeader.NetBufferListData.Next, &next);
    assert_ptr_equal(list.NetBufferListHeader.NetBufferListData.FirstNetBuffer, &buffer);
    assert_ptr_equal(&list.Link, &list);
    assert_ptr_equal(&list.NetBufferListHeader.Link, &list);
    memset(&list.Link, 0, sizeof list.Link);
    assert_null(list.Next);
    assert_true(sizeof(void *) == 4 || list.FirstNetBuffer == NULL);
    list.Status = -1;
    assert_int_equal(list.NdisReserved2, 0xFFFFFFFFu);
}

/* rules: LAY-05 */
static void the_front_of_an_nb_can_be_seen_in_three_ways(void **state)
{
    NET_BUFFER buffer, next;
    NET_BUFFER_SHARED_MEMORY memory;
    MDL mdl;
    (void)state;
    memset(&buffer, 0, sizeof buffer);
    buffer.Next = &next;
    buffer.CurrentMdl = &mdl;
    buffer.CurrentMdlOffset = 1;
    buffer.DataLength = 2;
    buffer.MdlChain = &mdl;
    buffer.DataOffset = 3;
    assert_ptr_equal(buffer.NetBufferHeader.NetBufferData.Next, &next);
    assert_ptr_equal(buffer.NetBufferHeader.NetBufferData.CurrentMdl, &mdl);
    assert_int_equal(buffer.NetBufferHeader.NetBufferData.CurrentMdlOffset, 1);
    assert_int_equal(buffer.NetBufferHeader.NetBufferData.NbDataLength.DataLength, 2);
    assert_int_equal(buffer.NetBufferHeader.NetBufferData.NbDataLength.stDataLength, 2);
    assert_ptr_equal(buffer.NetBufferHeader.NetBufferData.MdlChain, &mdl);
    assert_int_equal(buffer.NetBufferHeader.NetBufferData.DataOffset, 3);
    assert_ptr_equal(&buffer.Link, &buffer);
    buffer.SharedMemoryInfo = &memory;
    assert_ptr_equal(buffer.ScatterGatherList, (void *)&memory);
}

/* rules: LAY-05 NB-05 */
static void data_length_is_the_low_half_of_its_size_t_view(void **state)
{
    NET_BUFFER buffer;
    (void)state;
    memset(&buffer, 0, sizeof buffer);
    buffer.stDataLength = 0x89ABCDEFu;
    assert_int_equal(buffer.DataLength, 0x89ABCDEFu);
    buffer.DataLength = 5;
    assert_int_equal(buffer.stDataLength, 5);
    buffer.stDataLength = ~(SIZE_T)0;
    buffer.DataLength = 0;
    assert_int_equal(buffer.stDataLength, ~(SIZE_T)0xFFFFFFFFu);
}

/* rules: LAY-07 */
static void out_of_band_values_are_as_large_as_a_slot(void **state)
{
    (void)state;
    assert_int_equal(sizeof(NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_UDP_SEGMENTATION_OFFLOAD_NET_BUFFER_LIST_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_RSC_NBL_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_NET_BUFFER_LIST_8021Q_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_NET_BUFFER_LIST_FILTERING_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO), sizeof(PVOID));
    assert_int_equal(sizeof(NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO), 8);
}

int main(void)
{
    static struct CMUnitTest const tests[] = {
        NBL_TEST(every_field_is_where_windows_has_it),
        NBL_TEST(objects_are_aligned_for_lists_of_the_machine),
        NBL_TEST(host_types_have_the_widths_of_windows),
        NBL_TEST(a_page_has_4096_bytes_on_every_host),
        NBL_TEST(the_front_of_an_nbl_can_be_seen_in_three_ways),
        NBL_TEST(the_front_of_an_nb_can_be_seen_in_three_ways),
        NBL_TEST(data_length_is_the_low_half_of_its_size_t_view),
        NBL_TEST(out_of_band_values_are_as_large_as_a_slot),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
