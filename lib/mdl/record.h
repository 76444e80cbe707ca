/* SPDX-License-Identifier: MIT
 *
 * record.h (internal) - what libnbl remembers about an MDL that it made, kept in front of it or beside it, never in it.
 *
 * Memory of an MDL that libnbl made:   [struct nbl__mdl_record][MDL][PFN array][bytes, when it has its own]
 *                                                              ^ what the driver sees
 * A record that belongs to a NET_BUFFER (retreat or derived) hangs off that NET_BUFFER's NdisReserved[0], newest first,
 * which is also the order of the MDLs in the chain (VER-02, RET-14).
 *
 * The states of an MDL, as MdlFlags tells them (MDL-14..MDL-18):
 *
 *     only described:  none of the bits below; its page frame numbers mean nothing
 *     built:           MDL_SOURCE_IS_NONPAGED_POOL, MappedSystemVa = StartVa + ByteOffset
 *     locked:          MDL_PAGES_LOCKED
 *     partial:         MDL_PARTIAL, and one of the two addresses below when it shares the mapping of its source
 *     mapped:          MDL_MAPPED_TO_SYSTEM_VA; a partial one's own mapping has MDL_PARTIAL_HAS_BEEN_MAPPED too
 */
#ifndef NBL_MDL_RECORD_H
#define NBL_MDL_RECORD_H

#include "../base/pair.h"

#include <nbl/mdl.h>

#include <stdalign.h>
#include <stdbool.h>

#include "../base/port.h"

/* enum nbl__mdl_kind is the provenance of an MDL (VER-02). */
enum nbl__mdl_kind {
    NBL__MDL_NDIS = 1,     /* NdisAllocateMdl */
    NBL__MDL_IO = 2,       /* IoAllocateMdl */
    NBL__MDL_POOL = 3,     /* part of a pool's block */
    NBL__MDL_RETREAT = 4,  /* a retreat's own memory: a block of nbl__memory_allocate */
    NBL__MDL_CUSTOM = 5,   /* a retreat's memory from the driver's NET_BUFFER_ALLOCATE_MDL; the record stands alone */
    NBL__MDL_DERIVED = 6,  /* part of a derived list's block */
    NBL__MDL_RELEASED = 7, /* was one of the above; a second free finds this */
    NBL__MDL_SMALL = 8     /* as NBL__MDL_RETREAT, from the slab of prepared small ones */
};

#define NBL__MDL_MAGIC 0x4C44u

/* struct nbl__mdl_record is 16 bytes on 64-bit hosts: with the MDL behind it, exactly one cache line. */
struct nbl__mdl_record {
    NBL_ALIGNAS(MEMORY_ALLOCATION_ALIGNMENT) struct nbl__mdl_record *next; /* of the same NET_BUFFER */
    ULONG byte_count;  /* ByteCount when the MDL was made (MDL-08, ADV-11) */
    uint8_t kind;      /* enum nbl__mdl_kind */
    uint8_t hidden;    /* unused backfill of its buffer is hidden from the memory checker */
    uint16_t magic;    /* NBL__MDL_MAGIC */
};

/* struct nbl__mdl_custom is the record of an MDL that the driver's own allocator made. */
struct nbl__mdl_custom {
    struct nbl__mdl_record record;
    MDL *mdl;
};

/* A chain of more MDLs than this is taken for a circle (VER-04). */
#define NBL__MDL_CHAIN_LIMIT (1u << 20)

/* ---- MdlFlags, which is a signed 16-bit field of bits. ---- */

static inline unsigned nbl__mdl_flags(MDL const *mdl)
{
    return (uint16_t)mdl->MdlFlags;
}

static inline bool nbl__mdl_has(MDL const *mdl, unsigned any_of)
{
    return (nbl__mdl_flags(mdl) & any_of) != 0;
}

static inline void nbl__mdl_flags_set(MDL *mdl, unsigned flags)
{
    mdl->MdlFlags = (CSHORT)(nbl__mdl_flags(mdl) | flags);
}

static inline void nbl__mdl_flags_clear(MDL *mdl, unsigned flags)
{
    mdl->MdlFlags = (CSHORT)(nbl__mdl_flags(mdl) & ~flags);
}

/* The bits that say MappedSystemVa is the address to use (MDL-14). */
#define NBL__MDL_ADDRESSED (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)

/* The bits of an MDL whose page frame numbers are valid. */
#define NBL__MDL_DESCRIBED (NBL__MDL_ADDRESSED | MDL_PAGES_LOCKED | MDL_PARTIAL)

/* The bits that stay when an MDL is built anew: how its memory was obtained. */
#define NBL__MDL_ALLOCATION (MDL_ALLOCATED_FIXED_SIZE | MDL_ALLOCATED_MUST_SUCCEED)

/* ---- The record. ---- */

/* nbl__mdl_of_record gives the MDL that a record is about. */
static inline MDL *nbl__mdl_of_record(struct nbl__mdl_record *record)
{
    if (record->kind == NBL__MDL_CUSTOM)
        return ((struct nbl__mdl_custom *)(void *)record)->mdl;
    return (MDL *)(void *)(record + 1);
}

/* nbl__mdl_record_of gives the record in front of an MDL that libnbl made, or NULL for any other MDL.
 *
 * Only an MDL with MDL_ALLOCATED_FIXED_SIZE can be libnbl's; of others nothing but MdlFlags is read, so that an MDL
 * that a driver built on its stack is safe here. */
static inline struct nbl__mdl_record *nbl__mdl_record_of(MDL const *mdl)
{
    struct nbl__mdl_record *record = (struct nbl__mdl_record *)(uintptr_t)mdl - 1;
    if (!nbl__mdl_has(mdl, MDL_ALLOCATED_FIXED_SIZE) || record->magic != NBL__MDL_MAGIC)
        return NULL;
    return record;
}

static inline size_t nbl__mdl_block_bytes_of_pages(uint64_t pages)
{
    size_t const all = sizeof(struct nbl__mdl_record) + sizeof(MDL) + (size_t)pages * sizeof(PFN_NUMBER);
    return (all + 15u) & ~(size_t)15u;
}

/* nbl__mdl_block_bytes: record + MDL + page frame numbers for `bytes` bytes at any address, a multiple of 16. There is
 * room for two page frame numbers at least, whatever `bytes` is. */
static inline size_t nbl__mdl_block_bytes(size_t bytes)
{
    size_t const two_pages = sizeof(struct nbl__mdl_record) + sizeof(MDL) + 2 * sizeof(PFN_NUMBER);
    if (NBL_LIKELY(bytes <= PAGE_SIZE + 1))
        return (two_pages + 15u) & ~(size_t)15u;
    return nbl__mdl_block_bytes_of_pages(((uint64_t)bytes + 2 * (PAGE_SIZE - 1)) >> PAGE_SHIFT);
}

/* nbl__mdl_record_start fills the record in front of a new MDL and returns where that MDL is. */
static inline MDL *nbl__mdl_record_start(void *place, enum nbl__mdl_kind kind, ULONG bytes)
{
    struct nbl__mdl_record *record = place;
    record->next = NULL;
    record->byte_count = bytes;
    record->kind = (uint8_t)kind;
    record->hidden = 0;
    record->magic = NBL__MDL_MAGIC;
    return (MDL *)(void *)(record + 1);
}

/* ---- Building. ---- */

/* nbl__mdl_frames writes page frame numbers first, first + 1, .. from index `index` up to `pages`. */
void nbl__mdl_frames(MDL *mdl, PFN_NUMBER first, ULONG index, ULONG pages);

/* nbl__mdl_size is what MDL.Size holds for an array of `pages` numbers: the low 16 bits of the bytes (MDL-22). */
static inline CSHORT nbl__mdl_size(uint64_t pages)
{
    return (CSHORT)(uint16_t)(sizeof(MDL) + sizeof(PFN_NUMBER) * pages);
}

/* nbl__mdl_describe sets StartVa, ByteOffset and ByteCount. */
static inline void nbl__mdl_describe(MDL *mdl, uintptr_t address, ULONG bytes)
{
    mdl->StartVa = PAGE_ALIGN(address);
    mdl->ByteCount = bytes;
    mdl->ByteOffset = BYTE_OFFSET(address);
}

/* struct nbl__mdl_value is what an MDL in a block of nbl__mdl_block_bytes is made of: `described` is StartVa +
 * ByteOffset, `mapped` is MappedSystemVa or 0, `frames` the address whose pages the numbers are of. */
struct nbl__mdl_value {
    uintptr_t described;
    uintptr_t mapped;
    uintptr_t frames;
    struct _EPROCESS *process;
    ULONG bytes;
    unsigned flags;
    enum nbl__mdl_kind kind;
};

/* nbl__mdl_pages counts the pages of `bytes` bytes at an address. */
static inline ULONG nbl__mdl_pages(uintptr_t address, ULONG bytes)
{
    if (NBL_LIKELY(bytes <= PAGE_SIZE + 1))
        return (BYTE_OFFSET(address) + bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, bytes);
}

/* nbl__mdl_record_tail is what kind, hidden (0) and magic make of 32 bits in memory, kind and hidden being bytes. */
static inline uint32_t nbl__mdl_record_tail(enum nbl__mdl_kind kind)
{
#if NBL_BIG_ENDIAN
    return (uint32_t)kind << 24 | NBL__MDL_MAGIC;
#else
    return (uint32_t)kind | NBL__MDL_MAGIC << 16;
#endif
}

/* nbl__mdl_make stores a record and its MDL, each Next NULL, with all page frame numbers. There is room for two of
 * those, whatever is needed, so two are stored without looking. Returns the MDL. */
static NBL_FLATTEN MDL *nbl__mdl_make(void *place, struct nbl__mdl_value value)
{
    MDL *mdl = (MDL *)(void *)((struct nbl__mdl_record *)place + 1);
    PFN_NUMBER const first = value.frames >> PAGE_SHIFT;
    ULONG const pages = nbl__mdl_pages(value.frames, value.bytes);
#if NBL__HAS_PAIRS
    unsigned char *at = place;
    nbl__store_pair(at, 0, nbl__word_of_halves(value.bytes, nbl__mdl_record_tail(value.kind)));
    nbl__store_pair(at + 16, 0, nbl__word_of_quarters((uint16_t)nbl__mdl_size(pages), (uint16_t)value.flags));
    mdl->Process = value.process;
    mdl->MappedSystemVa = (PVOID)value.mapped;
    nbl__store_pair(at + 48, value.described & ~(uintptr_t)(PAGE_SIZE - 1),
                    nbl__word_of_halves(value.bytes, BYTE_OFFSET(value.described)));
    nbl__store_pair(at + 64, first, first + 1);
#else
    (void)nbl__mdl_record_start(place, value.kind, value.bytes);
    mdl->Next = NULL;
    mdl->Size = nbl__mdl_size(pages);
    mdl->MdlFlags = (CSHORT)value.flags;
    mdl->Process = value.process;
    mdl->MappedSystemVa = (PVOID)value.mapped;
    nbl__mdl_describe(mdl, value.described, value.bytes);
    MmGetMdlPfnArray(mdl)[0] = first;
    MmGetMdlPfnArray(mdl)[1] = first + 1;
#endif
    if (NBL_UNLIKELY(pages > 2))
        nbl__mdl_frames(mdl, first, 2, pages);
    return mdl;
}

/* nbl__mdl_construct fills a record and its MDL for nonpaged memory at `address` (MmInitializeMdl, then
 * MmBuildMdlForNonPagedPool) and marks the MDL as allocated by the library. `place` has nbl__mdl_block_bytes(bytes)
 * bytes, aligned to 16. Returns the MDL. */
static inline MDL *nbl__mdl_construct(void *place, enum nbl__mdl_kind kind, void *address, ULONG bytes)
{
    uintptr_t const at = (uintptr_t)address;
    return nbl__mdl_make(place,
                         (struct nbl__mdl_value){ at, at, at, NULL, bytes,
                                                  MDL_SOURCE_IS_NONPAGED_POOL | MDL_ALLOCATED_FIXED_SIZE, kind });
}

/* nbl__mdl_derive fills a record of kind NBL__MDL_DERIVED and an MDL over bytes [offset, offset + bytes) of `source`
 * (MDL-17 semantics: shares the mapping). offset + bytes <= source->ByteCount. Returns the MDL, its Next NULL.
 *
 * The page frame numbers are computed, not copied: a source that a driver built by hand may have none, and of such a
 * one only the mapped address can be relied upon. */
static inline MDL *nbl__mdl_derive(void *place, MDL const *source, ULONG offset, ULONG bytes)
{
    unsigned const addressed = nbl__mdl_flags(source) & NBL__MDL_ADDRESSED;
    uintptr_t const described = (uintptr_t)MmGetMdlVirtualAddress(source) + offset;
    uintptr_t const mapped = addressed != 0 ? (uintptr_t)source->MappedSystemVa + offset : 0;
    return nbl__mdl_make(place, (struct nbl__mdl_value){ described, mapped, addressed != 0 ? mapped : described,
                                                         source->Process, bytes,
                                                         MDL_ALLOCATED_FIXED_SIZE | MDL_PARTIAL | addressed,
                                                         NBL__MDL_DERIVED });
}

/* nbl__mdl_shuffle gives an MDL, whose first byte's page is that of `address`, the page frame numbers of K-PFN-SHUFFLE;
 * does nothing while that is off. It may be the first that is asked of libnbl. */
NBL_COLD void nbl__mdl_shuffle(MDL *mdl, uintptr_t address);

/* ---- Using. ---- */

/* nbl__mdl_map maps an MDL that is not mapped and returns its address, or NULL when a mapping fault is injected. */
void *nbl__mdl_map(MDL *mdl);

/* nbl__mdl_map_surely maps an MDL and is no fault point; a built one keeps its address. */
void nbl__mdl_map_surely(MDL *mdl);

/* nbl__mdl_unmap drops the mapping of its own that an MDL has. */
void nbl__mdl_unmap(MDL *mdl);

/* nbl__mdl_unlock undoes MmProbeAndLockPages, with the mapping. */
void nbl__mdl_unlock(MDL *mdl);

/* nbl__mdl_address gives the address of an MDL's first byte for the library's own reads and writes, mapping it when it
 * is not mapped yet; NULL when a mapping fault is injected (MDL-14). Raises no violation. */
static inline void *nbl__mdl_address(MDL *mdl)
{
    if (NBL_LIKELY(nbl__mdl_has(mdl, NBL__MDL_ADDRESSED)))
        return mdl->MappedSystemVa;
    return nbl__mdl_map(mdl);
}

/* nbl__mdl_protected gives, of an MDL's address, what a mapping with this priority gives: under K-NOWRITE and with
 * MdlMappingNoWrite the read-only one, where there is one. */
NBL_COLD void *nbl__mdl_protected(MDL const *mdl, void *address, ULONG priority);

/* nbl__mdl_show makes hidden backfill of an MDL's buffer visible to the memory checker, because the driver asked for
 * the address of all of it. Does nothing for an MDL that hides nothing. */
void nbl__mdl_show(MDL *mdl);

/* nbl__mdl_chain_end finds the last MDL of a chain. Returns false, after a report, when the chain has a cycle (VER-04);
 * *last is NULL for an empty chain. */
bool nbl__mdl_chain_end(MDL *first, MDL **last, char const *call);

/* nbl__mdl_raise tells the installed raise handler that a call would raise an exception on Windows (MDL-16). */
void nbl__mdl_raise(NTSTATUS status, MDL *mdl);

#endif
