/* SPDX-License-Identifier: MIT
 *
 * test_vectors.c - every row of the files in vectors/ as a test of its own, named after its id and its operations.
 */
#include "nbl_test_script.h"
#include "nbl_test_vector.h"

#include <ctype.h>

#define ROWS 400
#define LINE 2048

struct row {
    char name[64]; /* TV_014_Retreat_0_0_NULL */
    char line[LINE];
    char const *columns[5];
};

static struct row rows[ROWS];
static struct CMUnitTest tests[ROWS];

static void run_row(void **state)
{
    struct row const *row = *state;
    if (nbl_test_begin(state) != 0)
        fail();
    print_message("%s: %s | %s | %s\n", row->columns[0], row->columns[1], row->columns[2], row->columns[3]);
    if (strncmp(row->columns[0], "LV-", 3) == 0)
        nbl_test_script_run(row->columns[1], row->columns[2], row->columns[3]);
    else
        nbl_test_vector_run(row->columns[1], row->columns[2], row->columns[3]);
    assert_int_equal(nbl_test_end(state), 0);
}

/* Cuts the line at '|' and takes the blanks away from both ends of each column. */
static bool split(struct row *row)
{
    char *text = row->line;
    text[strcspn(text, "\r\n")] = '\0';
    for (int i = 0; i < 5; i++) {
        char *end = text + strcspn(text, "|");
        char *next = *end == '|' ? end + 1 : end;
        if (i < 4 && *end != '|')
            return false;
        while (end > text && end[-1] == ' ')
            end--;
        *end = '\0';
        row->columns[i] = text + strspn(text, " ");
        text = next;
    }
    return *text == '\0' && strncmp(row->columns[4], "rules: ", 7) == 0;
}

/* The id and the operations, every run of other characters as one '_'. */
static void make_name(struct row *row)
{
    size_t used = 0;
    for (int column = 0; column <= 2; column += 2) {
        for (char const *from = row->columns[column]; *from != '\0' && used + 2 < sizeof(row->name); from++) {
            if (isalnum((unsigned char)*from))
                row->name[used++] = *from;
            else if (used > 0 && row->name[used - 1] != '_')
                row->name[used++] = '_';
        }
        if (column == 0)
            row->name[used++] = '_';
    }
    while (used > 0 && row->name[used - 1] == '_')
        used--;
    row->name[used] = '\0';
}

/* Appends the rows of a file; returns the new count, or 0 for a row that is not understood. */
static size_t read_rows(FILE *file, size_t count)
{
    while (count < ROWS && fgets(rows[count].line, LINE, file) != NULL) {
        struct row *row = &rows[count];
        if (row->line[0] == '#' || row->line[0] == '\n' || row->line[0] == '\r')
            continue;
        if (strchr(row->line, '\n') == NULL || !split(row)) {
            fprintf(stderr, "not understood: %s\n", row->line);
            return 0;
        }
        make_name(row);
        tests[count].name = row->name;
        tests[count].test_func = run_row;
        tests[count].initial_state = row;
        count++;
    }
    return count;
}

int main(void)
{
    static char const *const names[] = { "section17.txt", "edges.txt" };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[512];
        FILE *file;
        snprintf(path, sizeof(path), "%s/conformance/vectors/%s", NBL_TEST_DATA, names[i]);
        file = fopen(path, "r");
        if (file == NULL) {
            perror(path);
            return 1;
        }
        count = read_rows(file, count);
        fclose(file);
        if (count == 0)
            return 1;
    }
    return nbl_test_run("vectors", tests, count);
}
