/* SPDX-License-Identifier: MIT
 *
 * harness.cc - registries, processors, and the memory that pushes other data out of the caches.
 */
#include "harness.h"

#include <algorithm>
#include <random>

#include <sched.h>
#include <unistd.h>

namespace bench {

std::vector<entry> &entries()
{
    static std::vector<entry> all;
    return all;
}

std::vector<subject> &subjects()
{
    static std::vector<subject> all;
    return all;
}

bool enter(char const *workload, char const *subject, maker make, struct size size)
{
    entries().push_back({ workload, subject, make, size });
    return true;
}

bool introduce(char const *name, std::string (*start)(std::string *))
{
    subjects().push_back({ name, start });
    return true;
}

static std::vector<int> allowed_at_start()
{
    std::vector<int> list;
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    for (int i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, &set))
            list.push_back(i);
    }
    return list;
}

/* What the process was allowed when it began: it narrows that itself later. */
static std::vector<int> const &processors()
{
    static std::vector<int> const list = allowed_at_start();
    return list;
}

int first_processor()
{
    return processors().front();
}

int other_processor(unsigned index)
{
    size_t const others = processors().size() - 1;
    return others == 0 ? first_processor() : processors()[1 + index % others];
}

void stay_on(int processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static size_t near_cache_bytes()
{
    long const second_level = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return second_level > 0 ? (size_t)second_level : (size_t)1 << 20;
}

void push_out()
{
    static std::vector<uint64_t> other(4 * near_cache_bytes() / sizeof(uint64_t));
    for (size_t i = 0; i < other.size(); i += 8)
        other[i]++;
    asm volatile("" ::"r"(other.data()) : "memory");
}

std::vector<uint32_t> shuffled(size_t count)
{
    std::vector<uint32_t> order(count);
    std::mt19937 random(1);
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count; i > 1; i--)
        std::swap(order[i - 1], order[random() % i]);
    return order;
}

} // namespace bench
