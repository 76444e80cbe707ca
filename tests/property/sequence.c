/* SPDX-License-Identifier: MIT
 *
 * sequence.c - sequences of operations from a seed, and of one that fails, the operations that are needed for it.
 *
 * Operation i of a sequence has random numbers of its own, decided by seed and i. So when an operation is left out, the
 * others still draw the same numbers, and a failure can be searched for in a shorter sequence.
 */
#include "model.h"

#include "nbl_test_checker.h"

#include <inttypes.h>
#include <signal.h>
#include <time.h>

#define MOST_OPERATIONS 32u
#define TEXT 256

static jmp_buf escape;
static char reason[TEXT];
static char description[MOST_OPERATIONS + 1][TEXT];
static unsigned present; /* index of the present operation */
static uint64_t present_seed;

static struct {
    char const *name;
    operation *run;
    unsigned weight;
} const operations[] = {
    { "generate", do_generate, 5 },
    { "retreat", do_retreat, 9 },
    { "retreat list", do_retreat_list, 5 },
    { "advance", do_advance, 9 },
    { "advance list", do_advance_list, 4 },
    { "advance and back", do_advance_and_back, 2 },
    { "retreat and back", do_retreat_and_back, 3 },
    { "adjust", do_adjust, 2 },
    { "get data", do_get_data, 4 },
    { "copy bytes", do_copy_bytes, 4 },
    { "write", do_write, 3 },
    { "physical count", do_physical_count, 1 },
    { "repoint", do_repoint, 3 },
    { "link", do_link, 3 },
    { "clone", do_clone, 5 },
    { "fragment", do_fragment, 5 },
    { "reassemble", do_reassemble, 5 },
    { "deep copy", do_deep_copy, 3 },
    { "free", do_free, 5 },
    { "take context", do_take_context, 3 },
    { "give context", do_give_context, 2 },
};

#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* ---- failing ---- */

void broken(char const *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    longjmp(escape, 1);
}

void note(char const *format, ...)
{
    size_t const used = strlen(description[present]);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(description[present] + used, TEXT - used, format, arguments);
    va_end(arguments);
}

/* ---- one sequence ---- */

/* Every second sequence runs with nobody listening: calls have short ways that are taken only then. */
static bool is_quiet(uint64_t seed)
{
    return seed % 2 == 1;
}

static void run_operation(uint64_t seed, unsigned index)
{
    unsigned total = 0, choice;
    size_t which = 0;
    world.random = mixed(seed * MOST_OPERATIONS + index);
    for (size_t i = 0; i < OPERATIONS; i++)
        total += operations[i].weight;
    choice = any_list() == NULL || index == 0 ? 0 : pick(total); /* without a list, the first: generate */
    for (; choice >= operations[which].weight; which++)
        choice -= operations[which].weight;
    note("%s: ", operations[which].name);
    operations[which].run();
    expect_errors(0);
    check_world();
}

/* Frees what is left, in an order that the seed decides. */
static void run_end(uint64_t seed)
{
    present = MOST_OPERATIONS;
    description[present][0] = '\0';
    note("the end");
    world.random = mixed(~seed);
    free_all_lists();
    world_end();
}

/* Runs the operations whose bit is set. Returns NULL, or what was broken; present is then the operation that did it. */
static char const *run(uint64_t seed, uint32_t wanted)
{
    unsigned const count = 8 + (unsigned)(mixed(seed) % (MOST_OPERATIONS - 8 + 1));
    world_listen(!is_quiet(seed));
    if (setjmp(escape) != 0)
        return reason;
    world_begin(seed, is_quiet(seed));
    present_seed = seed;
    for (unsigned i = 0; i < count; i++) {
        if ((wanted >> i & 1u) == 0)
            continue;
        present = i;
        description[i][0] = '\0';
        run_operation(seed, i);
    }
    run_end(seed);
    return NULL;
}

/* After a failure nothing is known of the pools: leave them, and go on with new ones. */
static void start_again(void)
{
    calls_reset();
    pools_make();
}

/* ---- what a failure needs ---- */

static uint32_t shrunk(uint64_t seed)
{
    uint32_t wanted = 0xFFFFFFFFu;
    for (int round = 0; round < 3; round++)
        for (unsigned i = 0; i < MOST_OPERATIONS; i++) {
            uint32_t const fewer = wanted & ~(1u << i);
            start_again();
            if (fewer != wanted && run(seed, fewer) != NULL)
                wanted = fewer;
        }
    return wanted;
}

static void print_failure(uint64_t seed)
{
    uint32_t const wanted = shrunk(seed);
    start_again();
    if (run(seed, wanted) == NULL)
        printf("# the failure depends on what ran before\n");
    printf("# sequence %" PRIu64 " failed: %s\n", seed, reason);
    for (unsigned i = 0; i < MOST_OPERATIONS; i++)
        if ((wanted >> i & 1u) != 0 && (i <= present || present == MOST_OPERATIONS))
            printf("#   %2u %s\n", i, description[i]);
    if (present == MOST_OPERATIONS)
        printf("#      %s\n", description[present]);
    printf("# again: test_property --seed %" PRIu64 " --sequences 1\n", seed);
    (void)fflush(stdout);
}

/* A sequence that ends the process says at least which one it was. */
static void report_death(void)
{
    printf("# the process ended in sequence %" PRIu64 ", operation %u: %s\n", present_seed, present, description[present]);
    printf("# again: test_property --seed %" PRIu64 " --sequences 1\n", present_seed);
    (void)fflush(stdout);
}

static void on_signal(int number)
{
    report_death();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

bool run_sequences(uint64_t seed, uint64_t count, unsigned minutes, bool verbose)
{
    time_t const end = time(NULL) + (time_t)minutes * 60;
    bool passed = true;
    uint64_t done = 0;
    if (minutes > 0)
        printf("# property: %u minutes from --seed %" PRIu64 "\n", minutes, seed);
    else
        printf("# property: %" PRIu64 " sequences from --seed %" PRIu64 "\n", count, seed);
    (void)fflush(stdout);
    nbl_test_on_death(report_death);
    (void)signal(SIGSEGV, on_signal);
    (void)signal(SIGABRT, on_signal);
    pools_make();
    for (; passed && (minutes > 0 ? time(NULL) < end : done < count); done++) {
        if (done % 2000 == 1999) {
            passed = memory_is_back();
            pools_make();
        }
        if (run(seed + done, 0xFFFFFFFFu) != NULL) {
            print_failure(seed + done);
            passed = false;
        } else if (verbose) {
            for (unsigned i = 0; i < MOST_OPERATIONS && description[i][0] != '\0'; i++)
                printf("#   %2u %s\n", i, description[i]);
        }
    }
    if (passed)
        passed = memory_is_back();
    world_listen(false);
    printf("# property: %" PRIu64 " sequences ran\n", done);
    (void)fflush(stdout);
    return passed;
}

char const *attempt(uint64_t seed, void (*function)(void))
{
    char const *volatile failure = NULL;
    world_listen(!is_quiet(seed));
    pools_make();
    present = 0;
    description[0][0] = '\0';
    if (setjmp(escape) == 0) {
        world_begin(mixed(seed), is_quiet(seed));
        function();
        run_end(seed);
        if (!memory_is_back())
            failure = "memory is still held";
    } else {
        failure = reason;
    }
    world_listen(false);
    return failure;
}
