/* SPDX-License-Identifier: MIT
 *
 * nbl_test_rows.c - reading rows from text, and running one.
 */
#include "nbl_test_rows.h"

#include "nbl_test_script.h"
#include "nbl_test_vector.h"

#include <ctype.h>

#define ROWS 400
#define LINES 700
#define LINE 2048

static struct nbl_test_row rows[ROWS];
static size_t row_count;
static char lines[LINES][LINE];
static size_t line_count;

void nbl_test_row_run(struct nbl_test_row const *row)
{
    char const *expected = row->columns[3];
    for (int knob = 0; knob < NBL_KNOBS; knob++)
        if (row->under[knob].expected != NULL && nbl_knob_get((enum nbl_knob)knob))
            expected = row->under[knob].expected;
    print_message("%s: %s | %s | %s\n", row->id, row->columns[1], row->columns[2], expected);
    if (strncmp(row->id, "LV-", 3) == 0)
        nbl_test_script_run(row->columns[1], row->columns[2], expected);
    else
        nbl_test_vector_run(row->columns[1], row->columns[2], expected);
}

/* ---- reading ---- */

/* Cuts a line at '|' and takes the blanks away from both ends of each of its columns. */
static bool split(char *text, char const *columns[], int count)
{
    text[strcspn(text, "\r\n")] = '\0';
    for (int i = 0; i < count; i++) {
        char *end = text + strcspn(text, "|");
        char *next = *end == '|' ? end + 1 : end;
        if (i < count - 1 && *end != '|')
            return false;
        while (end > text && end[-1] == ' ')
            end--;
        *end = '\0';
        columns[i] = text + strspn(text, " ");
        text = next;
    }
    return *text == '\0';
}

/* The id and the operations, every run of other characters as one '_'. */
static void make_name(struct nbl_test_row *row)
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

static void make_id(struct nbl_test_row *row)
{
    unsigned same = 1;
    for (size_t i = 0; i < row_count; i++)
        same += strcmp(rows[i].columns[0], row->columns[0]) == 0 ? 1u : 0u;
    snprintf(row->id, sizeof(row->id), same > 1 ? "%s#%u" : "%s", row->columns[0], same);
}

static bool add_row(char *line)
{
    struct nbl_test_row *row = &rows[row_count];
    if (row_count == ROWS || !split(line, row->columns, 5) || strncmp(row->columns[4], "rules: ", 7) != 0)
        return false;
    make_name(row);
    make_id(row);
    row_count++;
    return true;
}

/* "K-END-NULL | TV-006 | expected | reason": one answer per row and knob, and not the one without the knob. */
static bool add_answer(char *line)
{
    char const *columns[4];
    enum nbl_knob knob;
    if (!split(line, columns, 4) || *columns[3] == '\0' || !nbl_knob_find(columns[0], &knob))
        return false;
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].id, columns[1]) != 0)
            continue;
        if (rows[i].under[knob].expected != NULL || strcmp(rows[i].columns[3], columns[2]) == 0)
            return false;
        rows[i].under[knob].expected = columns[2];
        rows[i].under[knob].reason = columns[3];
        return true;
    }
    return false;
}

static bool read_file(char const *name, bool (*add)(char *line))
{
    char path[512];
    FILE *file;
    bool good = true;
    snprintf(path, sizeof(path), "%s/conformance/vectors/%s", NBL_TEST_DATA, name);
    file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return false;
    }
    while (good && line_count < LINES && fgets(lines[line_count], LINE, file) != NULL) {
        char *line = lines[line_count];
        if (line[0] == '#' || line[0] == '\n' || line[0] == '\r')
            continue;
        good = strchr(line, '\n') != NULL && add(line);
        if (!good)
            fprintf(stderr, "%s: not understood, or the second of its kind: %s\n", name, line);
        line_count++;
    }
    good = good && line_count < LINES;
    fclose(file);
    return good;
}

size_t nbl_test_rows_read(struct nbl_test_row const **all)
{
    *all = rows;
    if (row_count == 0
        && !(read_file("section17.txt", add_row) && read_file("edges.txt", add_row) && read_file("knobs.txt", add_answer)))
        return 0;
    return row_count;
}
