/* SPDX-License-Identifier: MIT
 *
 * replay.c - runs a target's inputs where there is no libFuzzer.
 *
 *     fuzz_NAME [FILE-OR-FOLDER...]    each file; of a folder each file in it but README.md
 */
#include "fuzz.h"

#include <dirent.h>

#define LARGEST_INPUT (1u << 20)
#define MOST_FILES 4096u

static unsigned ran;

static void run_file(char const *name)
{
    static unsigned char bytes[LARGEST_INPUT];
    FILE *const file = fopen(name, "rb");
    size_t size;
    void *exact;
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", name);
        exit(2);
    }
    size = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    exact = malloc(size > 0 ? size : 1); /* exactly as large, so that a checker sees a step beyond */
    if (exact == NULL)
        exit(2);
    memcpy(exact, bytes, size);
    fprintf(stderr, "# %s, %u bytes\n", name, (unsigned)size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    ran++;
}

static int by_name(void const *one, void const *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static void run_folder(char const *folder, DIR *entries)
{
    static char *names[MOST_FILES];
    unsigned count = 0;
    struct dirent const *entry;
    while (count < MOST_FILES && (entry = readdir(entries)) != NULL) {
        size_t const room = strlen(folder) + strlen(entry->d_name) + 2;
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "README.md") == 0 || (names[count] = malloc(room)) == NULL)
            continue;
        snprintf(names[count++], room, "%s/%s", folder, entry->d_name);
    }
    qsort(names, count, sizeof(names[0]), by_name);
    for (unsigned i = 0; i < count; i++) {
        run_file(names[i]);
        free(names[i]);
    }
}

int main(int count, char **words)
{
    (void)LLVMFuzzerInitialize(&count, &words);
    for (int i = 1; i < count; i++) {
        DIR *const entries = opendir(words[i]);
        if (entries == NULL) {
            run_file(words[i]);
            continue;
        }
        run_folder(words[i], entries);
        (void)closedir(entries);
    }
    printf("nbl-cases: %u passed, %u failed\n", ran, ran == 0 ? 1u : 0u);
    return ran == 0 ? 1 : 0;
}
