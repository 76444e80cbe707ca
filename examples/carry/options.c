/* SPDX-License-Identifier: MIT
 *
 * options.c - the command line of carry.
 */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A number option, its member, and the range that makes sense. */
struct number_option {
    char const *name;
    size_t member;
    uint32_t least;
    uint32_t most;
};

#define MTU_LEAST 68 /* what every IPv4 host must take in one piece (RFC 791) */

static struct number_option const numbers[] = {
    { "--mtu", offsetof(struct options, mtu), MTU_LEAST, 65535 },
    { "--fail-every", offsetof(struct options, fail_every), 0, 1000000000 },
    { "--stale-every", offsetof(struct options, stale_every), 0, 1000000000 },
    { "--mdls", offsetof(struct options, mdls), 1, 64 },
    { "--loops", offsetof(struct options, loops), 1, 1000000000 },
    { "--damage-every", offsetof(struct options, damage_every), 0, 1000000000 },
    { "--fail-allocation", offsetof(struct options, fail_allocation), 0, 1000000000 },
};

static char const help[] =
    "usage: carry [OPTION...] [CAPTURE]\n"
    "\n"
    "Carries the frames of a capture file (any that libpcap reads) through a VXLAN tunnel, as an NDIS intermediate\n"
    "driver would, and compares every byte at the far side with the original.\n"
    "\n"
    "  --mtu N              bytes of an outer IPv4 packet, 68 to 65535; longer ones are fragmented (1500)\n"
    "  --fail-every N       every N-th NET_BUFFER_LIST fails to be sent; 0: none (0)\n"
    "  --stale-every N      every N-th frame comes with less backfill than the tunnel needs; 0: none (16)\n"
    "  --mdls N             describe each frame by up to N MDLs, 1 to 64 (3)\n"
    "  --loops N            carry the whole capture N times (1)\n"
    "  --out FILE           where to write what left the machine in the first loop (beside the program)\n"
    "  --no-out             do not write it\n"
    "  --check              report every broken NDIS rule on standard error\n"
    "  --damage-every N     the wire flips a bit of every N-th packet, which must be noticed; 0: none (0)\n"
    "  --fail-allocation N  the N-th allocation fails; 0: none (0)\n"
    "  --help               print this\n"
    "\n"
    "Exit status: 0 nothing was lost; 1 bytes were lost, NET_BUFFER_LISTs left over, or (--check) rules broken;\n"
    "2 the command line or a file is not usable. A capture that ends early is carried as far as it goes, and is 2.\n";

static enum options_outcome bad(char const *problem, char const *word)
{
    fprintf(stderr, "carry: %s: %s; --help lists the options\n", word, problem);
    return OPTIONS_BAD;
}

/* Decimal digits only: no sign, no blank, no 0x. */
static bool parse_number(char const *text, uint64_t most, uint32_t *value)
{
    uint64_t sum = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        sum = sum * 10 + (uint64_t)(*text - '0');
        if (sum > most)
            return false;
    }
    *value = (uint32_t)sum;
    return true;
}

static struct number_option const *find_number(char const *name)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(numbers[i].name, name) == 0)
            return &numbers[i];
    return NULL;
}

static enum options_outcome take_number(struct options *options, struct number_option const *option, char const *text)
{
    char problem[80];
    uint32_t value;
    if (parse_number(text, option->most, &value) && value >= option->least) {
        memcpy((char *)options + option->member, &value, sizeof(value));
        return OPTIONS_RUN;
    }
    snprintf(problem, sizeof(problem), "'%.20s' is not a number from %u to %u", text, option->least, option->most);
    return bad(problem, option->name);
}

static enum options_outcome take_option(struct options *options, char **words, int *used)
{
    struct number_option const *const number = find_number(words[0]);
    bool const has_value = number != NULL || strcmp(words[0], "--out") == 0;
    if (has_value && words[1] == NULL)
        return bad("a value is missing", words[0]);
    *used = has_value ? 2 : 1;
    if (number != NULL)
        return take_number(options, number, words[1]);
    if (has_value)
        options->out = words[1];
    else if (strcmp(words[0], "--no-out") == 0)
        options->out = NULL;
    else if (strcmp(words[0], "--check") == 0)
        options->check = true;
    else
        return bad("no such option", words[0]);
    return OPTIONS_RUN;
}

static enum options_outcome take_capture(struct options *options, char const *name)
{
    if (options->capture != NULL)
        return bad("one capture at a time", name);
    options->capture = name;
    return OPTIONS_RUN;
}

static enum options_outcome take_words(struct options *options, int count, char **words)
{
    enum options_outcome outcome = OPTIONS_RUN;
    bool only_names = false;
    for (int i = 1, used; i < count && outcome == OPTIONS_RUN; i += used) {
        used = 1;
        if (only_names || words[i][0] != '-')
            outcome = take_capture(options, words[i]);
        else if (strcmp(words[i], "--") == 0)
            only_names = true;
        else if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0)
            return OPTIONS_HELP;
        else
            outcome = take_option(options, &words[i], &used);
    }
    return outcome;
}

enum options_outcome options_parse(struct options *options, int count, char **words)
{
    *options = (struct options){ .out = CARRY_OUT, .mtu = 1500, .stale_every = 16, .mdls = 3, .loops = 1 };
    enum options_outcome const outcome = take_words(options, count, words);
    if (outcome == OPTIONS_HELP)
        fputs(help, stdout);
    if (options->capture == NULL)
        options->capture = CARRY_CAPTURE;
    return outcome;
}
