/* SPDX-License-Identifier: MIT
 *
 * dump.h - what a NET_BUFFER_LIST, NET_BUFFER or MDL chain looks like now, as text or as a picture, for people.
 *
 * For all of them: the objects are only read, nothing is mapped, allocated or announced, and no call hangs or fails. A
 * chain that is a circle is shown once and said to be one, as is everything that contradicts itself (lines that begin
 * with '!', with the invariant's id). Data bytes are read where an MDL is mapped and, under a memory checker, where the
 * checker says that they are there and were written: others are shown as "..". An object that was freed may be dumped as
 * long as its memory can be read: of one that says that it is free nothing else is believed. The text may change between
 * versions; programs should not read it.
 * Threads: any that may read the objects, while nobody changes them. Any IRQL that the sink can be called at.
 * Rules: VER-04, MDL-14, NB-07.
 */
#ifndef NBL_DUMP_H
#define NBL_DUMP_H

#include <stddef.h>

#include <nbl/types.h>

NBL_BEGIN_C

/* nbl_dump_sink is where text goes.
 *
 * put: not NULL; receives the text in pieces, in order. A piece has 1 or more bytes, is ASCII, does not end in a zero
 * byte, and lives only as long as the call. context: handed to put unchanged.
 * data_bytes: of each NET_BUFFER's used data at most so many bytes are shown; 0 for none.
 */
struct nbl_dump_sink {
    void (*put)(void *context, char const *text, size_t bytes);
    void *context;
    ULONG data_bytes;
};

/* NBL_DUMP_MOST is how many NET_BUFFERs of a list, MDLs or context blocks are shown; further ones are counted. */
#define NBL_DUMP_MOST 256

/* nbl_dump writes one NET_BUFFER_LIST: its fields with flags by name, what it came from, the out-of-band slots that are
 * not 0 by name and taken apart, its context blocks, and every NET_BUFFER with its window, MDLs and first data bytes.
 *
 * list: NULL is said to be NULL; its Next is shown and not followed. sink: not NULL.
 */
NBL_API void nbl_dump(NET_BUFFER_LIST const *list, struct nbl_dump_sink const *sink);

/* nbl_dump_chain writes a chain of NET_BUFFER_LISTs, each as nbl_dump does.
 *
 * first: linked through Next; NULL is an empty chain. most: how many are shown; further ones are counted.
 */
NBL_API void nbl_dump_chain(NET_BUFFER_LIST const *first, ULONG most, struct nbl_dump_sink const *sink);

/* nbl_dump_buffer writes one NET_BUFFER, as part of nbl_dump. Its Next is shown and not followed. */
NBL_API void nbl_dump_buffer(NET_BUFFER const *buffer, struct nbl_dump_sink const *sink);

/* nbl_dump_mdls writes a chain of MDLs without a window over it. first: linked through Next; NULL is an empty chain. */
NBL_API void nbl_dump_mdls(MDL const *first, struct nbl_dump_sink const *sink);

/* NBL_DUMP_DOT_LISTS, NBL_DUMP_DOT_BUFFERS (of a list) and NBL_DUMP_DOT_MDLS (of a NET_BUFFER) are the most that a
 * picture holds; it says where some are left out. */
#define NBL_DUMP_DOT_LISTS 32
#define NBL_DUMP_DOT_BUFFERS 16
#define NBL_DUMP_DOT_MDLS 16

/* nbl_dump_dot writes a picture of some NET_BUFFER_LISTs in the language of Graphviz, for `dot -Tsvg`.
 *
 * lists: `count` pointers, NULL ones are left out; their Next is not followed. A box is a NBL, a NB or an MDL; of each
 * MDL every NB that uses it shows its backfill, data (grey) and tail in bytes. An arrow with "derived from" leads to the
 * NBL that a clone or fragment was made from when that is one of `lists`, one with "same bytes" to the MDL whose memory
 * another one shares. An MDL on several NBs is drawn once. sink->data_bytes is not looked at: no data is read.
 */
NBL_API void nbl_dump_dot(NET_BUFFER_LIST const *const *lists, ULONG count, struct nbl_dump_sink const *sink);

NBL_END_C

#endif
