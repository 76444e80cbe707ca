/* SPDX-License-Identifier: MIT
 *
 * rules.c - the table of rules, with a count and a switch for each.
 */
#include "rules.h"

#include <stdatomic.h>

#define NBL_RULE(id, severity, sentence, page, advice) { id, NBL_SEVERITY_##severity, sentence, page, advice },
static struct nbl_rule const rules[] = {
#include <nbl/rules.def>
};
#undef NBL_RULE

#define RULES (sizeof(rules) / sizeof(rules[0]))

static atomic_uint_fast64_t counts[RULES];
static atomic_bool suppressions[RULES];

bool nbl__same(char const *one, char const *other)
{
    while (*one == *other && *one != '\0') {
        one++;
        other++;
    }
    return *one == *other;
}

int nbl__rule_index(char const *id)
{
    for (size_t i = 0; i < RULES; i++)
        if (nbl__same(rules[i].id, id))
            return (int)i;
    return -1;
}

struct nbl_rule const *nbl_rule_find(char const *id)
{
    int const index = nbl__rule_index(id);
    return index < 0 ? NULL : &rules[index];
}

struct nbl_rule const *nbl_rule_at(ULONG index)
{
    return index < RULES ? &rules[index] : NULL;
}

bool nbl__rule_break(int index)
{
    atomic_fetch_add(&counts[index], 1);
    return !atomic_load(&suppressions[index]);
}

bool nbl__rule_suppress(int index, bool suppressed)
{
    if (index < 0)
        return false;
    atomic_store(&suppressions[index], suppressed);
    return true;
}

uint64_t nbl__rule_count(int index)
{
    return index < 0 ? 0 : atomic_load(&counts[index]);
}

void nbl__rules_reset(void)
{
    for (size_t i = 0; i < RULES; i++) {
        atomic_store(&counts[i], 0);
        atomic_store(&suppressions[i], false);
    }
}

char const *nbl__severity_name(enum nbl_severity severity)
{
    static char const *const names[] = { "info", "warning", "error", "fatal" };
    return names[severity];
}
