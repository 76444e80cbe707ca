/* SPDX-License-Identifier: MIT
 *
 * world.c - the oracle of tests/property, driven by an input's bytes instead of a seed.
 *
 *     input = way, then for each operation: its number, and the choices that it makes
 */
#include "fuzz.h"

#define MOST_OPERATIONS 64u
#define ROOM_FOR_ONE 64u /* most regions, driver MDLs or handler MDLs that one operation adds */
#define TEXT 4096

static char description[TEXT]; /* of all operations of this input */
static size_t described;

void broken(char const *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s\nbroken: ", description);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

void note(char const *format, ...)
{
    va_list arguments;
    int written;
    va_start(arguments, format);
    written = vsnprintf(description + described, TEXT - described, format, arguments);
    va_end(arguments);
    if (written > 0)
        described += (size_t)written < TEXT - described ? (size_t)written : TEXT - 1 - described;
}

void fuzz_forget_notes(void)
{
    described = 0;
    description[0] = '\0';
}

static bool has_room(void)
{
    return world.region_count + ROOM_FOR_ONE < WORLD_REGIONS && world.driver_count + ROOM_FOR_ONE < WORLD_REGIONS
        && world.custom_count + ROOM_FOR_ONE < WORLD_REGIONS;
}

static void run(operation *const *operations, void (*after)(void))
{
    unsigned count = 0;
    while (operations[count] != NULL)
        count++;
    for (unsigned done = 0; done < MOST_OPERATIONS && world.bytes_left > 0 && has_room(); done++) {
        unsigned const which = pick(count);
        note("%u %u: ", done, which);
        operations[which]();
        expect_errors(0);
        check_world();
        if (after != NULL)
            after();
        note("\n");
    }
}

void fuzz_world(uint8_t const *data, size_t size, operation *const *operations, void (*after)(void))
{
    bool const quiet = size > 0 && data[0] % 2 == 1; /* nobody listens: the library takes its short ways */
    fuzz_forget_notes();
    if (size == 0)
        return;
    calls_reset();
    world_listen(!quiet);
    pools_make();
    world_begin(size, quiet);
    world_choose_by(data + 1, size - 1);
    run(operations, after);
    note("the end");
    free_all_lists();
    world_end();
    world_listen(false);
    if (!memory_is_back())
        broken("memory is still held");
}
