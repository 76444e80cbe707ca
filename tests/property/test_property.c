/* SPDX-License-Identifier: MIT
 *
 * test_property.c - each property by itself (properties.c), and random sequences of everything against the oracle.
 *
 *     test_property [--seed S] [--sequences N] [--minutes M] [--verbose]
 *
 * Without arguments: the properties, then SEQUENCES sequences from seed 1; the environment variable NBL_PROPERTY_SEQUENCES
 * gives another number. With arguments: sequences only; --minutes runs until the time is over, from a seed of the clock.
 */
#include "model.h"

#include <time.h>

#define SEQUENCES 120000u
/* ---- sequences ---- */

static struct {
    uint64_t seed;
    uint64_t sequences;
    unsigned minutes;
    bool verbose;
} wanted = { 1, SEQUENCES, 0, false };

/* rules: PROP-01..PROP-11 INV-03..INV-07 GEN-06 NB-11 NB-12 NB-21 ADV-08 ADV-12 RET-13 */
static void random_sequences_agree_with_the_oracle(void **state)
{
    (void)state;
    assert_true(run_sequences(wanted.seed, wanted.sequences, wanted.minutes, wanted.verbose));
}

static bool read_arguments(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        char const *value = i + 1 < count ? arguments[i + 1] : "";
        if (strcmp(arguments[i], "--verbose") == 0) {
            wanted.verbose = true;
            continue;
        }
        if (strcmp(arguments[i], "--seed") == 0)
            wanted.seed = strtoull(value, NULL, 10);
        else if (strcmp(arguments[i], "--sequences") == 0)
            wanted.sequences = strtoull(value, NULL, 10);
        else if (strcmp(arguments[i], "--minutes") == 0)
            wanted.minutes = (unsigned)strtoul(value, NULL, 10);
        else
            return false;
        i++;
    }
    return true;
}

static void read_environment(void)
{
    char const *sequences = getenv("NBL_PROPERTY_SEQUENCES");
    if (sequences != NULL)
        wanted.sequences = strtoull(sequences, NULL, 10);
    if (wanted.sequences < SEQUENCES)
        printf("# property: NBL_PROPERTY_SEQUENCES asks for %u of %u sequences\n", (unsigned)wanted.sequences, SEQUENCES);
}

int main(int count, char **arguments)
{
    struct CMUnitTest const sequences[] = { cmocka_unit_test(random_sequences_agree_with_the_oracle) };
    read_environment();
    if (count == 1)
        return check_properties() + cmocka_run_group_tests_name("sequences", sequences, NULL, NULL);
    wanted.seed = (uint64_t)time(NULL) * 1000003u;
    if (!read_arguments(count, arguments)) {
        fprintf(stderr, "usage: test_property [--seed S] [--sequences N] [--minutes M] [--verbose]\n");
        return 2;
    }
    return cmocka_run_group_tests_name("sequences", sequences, NULL, NULL);
}
