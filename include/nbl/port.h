/* SPDX-License-Identifier: MIT
 *
 * port.h - where libnbl's memory comes from, and what an embedding without an operating system must supply.
 */
#ifndef NBL_PORT_H
#define NBL_PORT_H

#include <stdbool.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* nbl_allocator is a source of memory. Every byte that libnbl holds comes from one.
 *
 * allocate returns at least `bytes` (1 or more) bytes aligned to `alignment` (a power of two), or NULL. release takes
 * back what allocate returned, with the same `bytes`. Both are called from any thread at IRQL <= DISPATCH_LEVEL, never
 * on the path of a packet that a pool can serve from what it has.
 */
struct nbl_allocator {
    void *(*allocate)(void *context, size_t bytes, size_t alignment);
    void (*release)(void *context, void *memory, size_t bytes);
    void *context;
};

/* nbl_allocator_set replaces the source of memory; NULL goes back to the platform's own.
 *
 * allocator: copied; both functions set. Threads: no other may use libnbl during the call. IRQL: PASSIVE_LEVEL. Returns
 * false, and changes nothing, when a function is NULL or when memory from the present source is still held: call it
 * before the first pool, or after the last pool is freed and nbl_memory_trim was called.
 */
NBL_API bool nbl_allocator_set(struct nbl_allocator const *allocator);

/* nbl_memory_bytes tells how many bytes libnbl holds from its allocator at this moment, over all pools and threads. */
NBL_API uint64_t nbl_memory_bytes(void);

/* nbl_memory_trim gives back what libnbl keeps for reuse outside of any pool (memory for retreats, derived lists, MDLs
 * and context), together with the calling thread's own share of it.
 *
 * Returns the number of bytes given back. What other threads keep stays until they exit or call it themselves. Pools
 * have nbl_pool_trim. What the verifier keeps of freed objects is looked at and goes too. Threads: any.
 * IRQL <= DISPATCH_LEVEL. Cannot fail.
 */
NBL_API uint64_t nbl_memory_trim(void);

#if defined(NBL_PORT_FREESTANDING)
/* ---- What an embedding supplies when libnbl is built with NBL_PORT_FREESTANDING. ---- */

/* nbl_port_allocate and nbl_port_release are the default nbl_allocator, without its context. */
void *nbl_port_allocate(size_t bytes, size_t alignment);
void nbl_port_release(void *memory, size_t bytes);

/* nbl_port_thread_slot returns the address of one pointer that belongs to the calling thread (or processor, when work
 * cannot move between processors in the middle of a call). The pointer is NULL before libnbl first stores into it.
 * Before the thread ends the embedding calls nbl_port_thread_exit on it. */
void **nbl_port_thread_slot(void);

/* nbl_port_relax is called while a lock is waited for: yield, or do nothing. */
void nbl_port_relax(void);

/* nbl_port_fatal is told of an error that cannot be survived, and does not return. */
void nbl_port_fatal(char const *message);

/* nbl_port_thread_exit hands the calling thread's cached blocks back to their pools. Supplied by libnbl. */
NBL_API void nbl_port_thread_exit(void);
#endif

NBL_END_C

#endif
