/* SPDX-License-Identifier: MIT
 *
 * options.h (internal) - reading the words of NBL_VERIFY.
 */
#ifndef NBL_VERIFY_OPTIONS_H
#define NBL_VERIFY_OPTIONS_H

#include <nbl/verify.h>

#define NBL__OPTIONS_WORD 32u
#define NBL__OPTIONS_SUPPRESSED 32u
#define NBL__OPTIONS_MESSAGE 240u

/* struct nbl__options is what a text says. */
struct nbl__options {
    struct nbl_verify_options values;
    bool go_on;
    unsigned suppressed;
    char suppress[NBL__OPTIONS_SUPPRESSED][NBL__OPTIONS_WORD];
    char wrong[NBL__OPTIONS_WORD]; /* the word that is none, cut */
};

/* nbl__options_read reads words with commas between them. Returns false, with `wrong`, at the first that is none. */
bool nbl__options_read(char const *text, struct nbl__options *options);

/* nbl__options_complain makes the message about a wrong word. */
void nbl__options_complain(char message[NBL__OPTIONS_MESSAGE], char const *wrong);

#endif
