/* SPDX-License-Identifier: MIT
 *
 * options.h - what the command line asks for.
 */
#ifndef CARRY_OPTIONS_H
#define CARRY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* options holds the command line; the comment at each member names the option. */
struct options {
    char const *capture;      /* the one argument */
    char const *out;          /* --out; NULL for --no-out */
    uint32_t mtu;             /* --mtu: bytes of the outer IPv4 packet */
    uint32_t fail_every;      /* --fail-every: 0 for never */
    uint32_t stale_every;     /* --stale-every: 0 for never */
    uint32_t mdls;            /* --mdls */
    uint32_t loops;           /* --loops */
    uint32_t fail_allocation; /* --fail-allocation: 0 for never */
    uint32_t damage_every;    /* --damage-every: 0 for never */
    bool check;               /* --check */
};

/* options_outcome is what the caller does next. */
enum options_outcome { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_BAD };

/* options_parse reads the command line. After OPTIONS_HELP the help was printed, after OPTIONS_BAD one line on stderr. */
enum options_outcome options_parse(struct options *options, int count, char **words);

#endif
