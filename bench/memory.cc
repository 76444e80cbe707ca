/* SPDX-License-Identifier: MIT
 *
 * memory.cc - see memory.h.
 */
#include "memory.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <vector>

#include <sys/mman.h>

namespace bench {

static size_t const line = 64, huge = (size_t)2 << 20, chunk = (size_t)32 << 20;
static std::map<size_t, std::vector<void *>> unused;
static char *next, *end;

static void refill()
{
    char *const raw = (char *)mmap(nullptr, chunk + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) {
        fprintf(stderr, "nbl_bench: out of memory\n");
        exit(1);
    }
    next = (char *)(((uintptr_t)raw + huge - 1) / huge * huge);
    end = next + chunk;
    madvise(next, chunk, MADV_HUGEPAGE);
}

void *memory_take(size_t bytes)
{
    auto &same = unused[bytes];
    if (!same.empty()) {
        void *const memory = same.back();
        same.pop_back();
        return memory;
    }
    size_t const lines = ((bytes + line - 1) / line) | 1; /* odd: neighbours lie in different cache sets */
    if (next == nullptr || (size_t)(end - next) < lines * line)
        refill();
    void *const memory = next;
    next += lines * line;
    return memory;
}

void memory_give(void *memory, size_t bytes)
{
    unused[bytes].push_back(memory);
}

} // namespace bench
