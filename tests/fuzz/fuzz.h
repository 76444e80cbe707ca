/* SPDX-License-Identifier: MIT
 *
 * fuzz.h - what a fuzz target consists of, and what targets share.
 *
 * A target is one file fuzz_NAME.c that defines LLVMFuzzerTestOneInput. With libFuzzer the fuzzer's main calls it, with
 * replay.c it gets the files of seeds/NAME. Each input stands alone: it starts without a pool and ends without a byte
 * held.
 */
#ifndef NBL_FUZZ_H
#define NBL_FUZZ_H

#include "../property/model.h"

/* LLVMFuzzerInitialize is called once, before the first input; LLVMFuzzerTestOneInput for each, and returns 0. A
 * difference from the oracle ends the process. */
int LLVMFuzzerInitialize(int *count, char ***words);
int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size);

/* fuzz_no_violations has every violation of severity warning and above end the process, from now on or no longer. For
 * targets without mistakes; the others count violations and compare them with what their model expects. */
void fuzz_no_violations(bool wanted);

/* fuzz_forget_notes begins the description of an input anew; it is printed when the input fails. */
void fuzz_forget_notes(void);

/* fuzz_world runs the operations that the input chooses on the world of tests/property, and compares after each. A NULL
 * ends the table. `after` is called after each operation, unless NULL. */
void fuzz_world(uint8_t const *data, size_t size, operation *const *operations, void (*after)(void));

#endif
