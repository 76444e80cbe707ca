/* SPDX-License-Identifier: MIT
 *
 * fuzz_capture.c - any file as a capture for examples/carry, which compares every byte with what it read.
 *
 *     input = 4 bytes that choose options, then the file
 *
 * The oracle is carry's own: whatever the file, nothing is lost (status 1); a bad file is status 2.
 */
#define _GNU_SOURCE 1

#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int carry_main(int count, char **words); /* main of examples/carry */

#define STATUS_LOST 1
#define OPTION_BYTES 4
#define WORD 32
#define MOST_WORDS 16

static struct {
    int file;
    char name[WORD];
    FILE *silence;
} the;

static void prepare(void)
{
    if (the.silence != NULL)
        return;
    the.file = memfd_create("capture", 0);
    the.silence = fopen("/dev/null", "w");
    if (the.file < 0 || the.silence == NULL)
        abort();
    snprintf(the.name, sizeof(the.name), "/proc/self/fd/%d", the.file);
}

static void store(uint8_t const *data, size_t size)
{
    if (ftruncate(the.file, 0) != 0 || pwrite(the.file, data, size, 0) != (ssize_t)size)
        abort();
}

/* What carry prints is not looked at; what a sanitizer prints goes past these streams. */
static int silently(int count, char **words)
{
    FILE *const out = stdout, *const error = stderr;
    int status;
    stdout = stderr = the.silence;
    status = carry_main(count, words);
    stdout = out;
    stderr = error;
    return status;
}

/* The words of a command line, which main may write to. */
static struct {
    char text[MOST_WORDS][WORD];
    char *words[MOST_WORDS + 1];
    int count;
} line;

static void add(char const *word)
{
    line.words[line.count] = line.text[line.count];
    snprintf(line.text[line.count++], WORD, "%s", word);
    line.words[line.count] = NULL;
}

static void add_option(char const *name, unsigned value)
{
    char number[WORD];
    add(name);
    snprintf(number, sizeof(number), "%u", value);
    add(number);
}

static void choose_options(uint8_t const *data)
{
    static unsigned const mtus[] = { 68, 100, 576, 1500, 9000, 65535 };
    line.count = 0;
    add("carry");
    add_option("--mtu", mtus[data[0] % 6]);
    add_option("--mdls", 1 + data[0] / 6u);
    add_option("--stale-every", data[1] % 16u);
    add_option("--fail-every", data[1] / 16u);
    add_option("--fail-allocation", data[2]);
    add("--no-out");
    if (data[3] % 2 == 0)
        add("--check"); /* somebody listens, and calls take their long ways */
    add(the.name);
}

int LLVMFuzzerTestOneInput(uint8_t const *data, size_t size)
{
    if (size < OPTION_BYTES)
        return 0;
    prepare();
    store(data + OPTION_BYTES, size - OPTION_BYTES);
    choose_options(data);
    if (silently(line.count, line.words) == STATUS_LOST) {
        fprintf(stderr, "carry lost bytes, or broke a rule, of the capture behind byte %d\n", OPTION_BYTES);
        abort();
    }
    return 0;
}
