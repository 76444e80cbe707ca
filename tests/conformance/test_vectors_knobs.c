/* SPDX-License-Identifier: MIT
 *
 * test_vectors_knobs.c - every row of vectors/ under every knob. Rows that knobs.txt names have the outcome that stands
 * there, all others the one that they always have. A table says which rows a knob changes, and why.
 *
 * Arguments are names of the knobs to try; all without any. What a failed row left behind keeps the knob from changing,
 * so that the rows of the knobs behind it fail too: try them alone.
 */
#include "nbl_test_rows.h"

#define NAME 96

/* One row under one knob. */
struct trial {
    struct nbl_test_row const *row;
    enum nbl_knob knob;
    char name[NAME];
};

/* Only one knob is on, whatever the environment says. Returns NULL, or why that cannot be had. */
static char const *turn_to(enum nbl_knob wanted)
{
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        if (!nbl_knob_set((enum nbl_knob)knob, (enum nbl_knob)knob == wanted))
            return nbl_knob_refusal((enum nbl_knob)knob);
    return NULL;
}

static void run_trial(void **state)
{
    struct trial const *trial = *state;
    char const *refusal;
    if (nbl_test_begin(state) != 0)
        fail();
    refusal = turn_to(trial->knob);
    if (refusal != NULL)
        fail_msg("%s", refusal);
    nbl_test_row_run(trial->row);
    assert_int_equal(nbl_test_end(state), 0);
}

static void print_changes(struct nbl_test_row const *rows, size_t count, enum nbl_knob knob)
{
    size_t changed = 0;
    for (size_t i = 0; i < count; i++)
        changed += rows[i].under[knob].expected != NULL ? 1u : 0u;
    printf("\n%s: %s. Rows that change: %u of %u\n", nbl_knob_name(knob), nbl_knob_meaning(knob), (unsigned)changed,
           (unsigned)count);
    if (nbl_knob_refusal(knob) != NULL)
        printf("  not tried: %s\n", nbl_knob_refusal(knob));
    for (size_t i = 0; i < count; i++) {
        struct nbl_test_row const *row = &rows[i];
        if (row->under[knob].expected == NULL)
            continue;
        printf("  %-11s %s | %s\n", row->id, row->columns[1], row->columns[2]);
        printf("  %-11s default: %s\n", "", row->columns[3]);
        printf("  %-11s knob:    %s\n", "", row->under[knob].expected);
        printf("  %-11s because: %s\n", "", row->under[knob].reason);
    }
}

static void make_trial(struct trial *trial, struct CMUnitTest *test)
{
    int const used = snprintf(trial->name, NAME, "%s_", nbl_knob_name(trial->knob));
    snprintf(trial->name + used, NAME - (size_t)used, "%s", trial->row->name);
    for (char *at = trial->name; *at != '\0'; at++)
        *at = *at == '-' ? '_' : *at;
    *test = (struct CMUnitTest){ trial->name, run_trial, NULL, NULL, trial };
}

static int run(struct nbl_test_row const *rows, size_t count, bool const *wanted)
{
    struct trial *trials = calloc(count * NBL_KNOBS, sizeof(*trials));
    struct CMUnitTest *tests = calloc(count * NBL_KNOBS, sizeof(*tests));
    size_t used = 0;
    int failed = 1;
    for (int knob = 0; knob < NBL_KNOBS && trials != NULL && tests != NULL; knob++) {
        if (!wanted[knob])
            continue;
        print_changes(rows, count, (enum nbl_knob)knob);
        for (size_t i = 0; i < count && nbl_knob_refusal((enum nbl_knob)knob) == NULL; i++, used++) {
            trials[used].row = &rows[i];
            trials[used].knob = (enum nbl_knob)knob;
            make_trial(&trials[used], &tests[used]);
        }
    }
    printf("\n");
    if (used > 0)
        failed = nbl_test_run("vectors_under_knobs", tests, used);
    free(trials);
    free(tests);
    return failed;
}

int main(int argument_count, char **arguments)
{
    struct nbl_test_row const *rows;
    size_t const count = nbl_test_rows_read(&rows);
    bool wanted[NBL_KNOBS];
    enum nbl_knob knob;
    for (int i = 0; i < NBL_KNOBS; i++)
        wanted[i] = argument_count < 2;
    for (int i = 1; i < argument_count; i++) {
        if (!nbl_knob_find(arguments[i], &knob))
            return 1;
        wanted[knob] = true;
    }
    return count == 0 ? 1 : run(rows, count, wanted);
}
