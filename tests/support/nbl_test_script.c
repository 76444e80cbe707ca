/* SPDX-License-Identifier: MIT
 *
 * nbl_test_script.c - reads statements, runs their verbs, and compares what they say with the "expected" column.
 */
#include "nbl_test_script.h"

#include "nbl_test_checker.h"

/* ---- expecting ---- */

static char const *after_separator(char const *text)
{
    return text + strspn(text, " ;");
}

static bool starts(char const *text, char const *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* Copies the next expected item and moves behind it. "64 (x86: 36)" is what a host of 64 or of 32 bits has to say. */
static void take_item(struct nbl_test_script *script, char *item)
{
    size_t length = strcspn(script->expected, ";");
    char *other;
    assert_true(length < NBL_TEST_OUTPUT);
    memcpy(item, script->expected, length);
    script->expected = after_separator(script->expected + length);
    while (length > 0 && item[length - 1] == ' ')
        length--;
    item[length] = '\0';
    other = strstr(item, " (x86: ");
    if (other == NULL)
        return;
    *other = '\0';
    if (sizeof(void *) == 4) {
        memmove(item, other + strlen(" (x86: "), strlen(other + strlen(" (x86: ")) + 1);
        item[strlen(item) - 1] = '\0';
    }
}

/* Passes reports that are not made yet; all of them where nothing is announced. */
static void pass_reports(struct nbl_test_script *script, bool all)
{
    char item[NBL_TEST_OUTPUT];
    while (starts(script->expected, "report: later") || (all && starts(script->expected, "reports ")))
        take_item(script, item);
}

static void compare(struct nbl_test_script *script, char const *is)
{
    char item[NBL_TEST_OUTPUT];
    pass_reports(script, !nbl_test_watching());
    take_item(script, item);
    if (strcmp(is, item) != 0)
        fail_msg("expected \"%s\", is \"%s\"", item, is);
}

void nbl_test_script_output(struct nbl_test_script *script, char const *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(script->last, sizeof(script->last), format, arguments);
    va_end(arguments);
    if (script->captured)
        return;
    if (!script->setting_up)
        compare(script, script->last);
    else if (strcmp(script->last, "made") != 0 && strcmp(script->last, "SUCCESS") != 0)
        fail_msg("setup: %s", script->last);
}

/* "reports GEN-06 error on original": the object of the newest violation, if it has a name. */
static void compare_violations(struct nbl_test_script *script)
{
    char text[NBL_TEST_OUTPUT];
    char const *name;
    if (nbl_test_violations()[0] == '\0')
        return;
    name = nbl_test_script_name(script, nbl_test_last_object());
    if (nbl_test_last_object() == NULL || strcmp(name, "?") == 0)
        snprintf(text, sizeof(text), "reports %s", nbl_test_violations());
    else
        snprintf(text, sizeof(text), "reports %s on %s", nbl_test_violations(), name);
    nbl_test_forget();
    if (script->setting_up)
        fail_msg("setup %s", text);
    compare(script, text);
}

/* ---- running ---- */

static void run_verb(struct nbl_test_script *script, struct nbl_test_call const *call)
{
    static struct nbl_test_verb const *const tables[] = {
        nbl_test_list_verbs, nbl_test_window_verbs, nbl_test_mdl_verbs, nbl_test_field_verbs,
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (struct nbl_test_verb const *verb = tables[i]; verb->name != NULL; verb++) {
            if (strcmp(verb->name, call->name) == 0) {
                verb->run(script, call);
                return;
            }
        }
    }
    fail_msg("no such verb: %s", call->name);
}

struct step {
    struct nbl_test_script *script;
    struct nbl_test_call const *call;
};

static void run_step(void *argument)
{
    struct step const *step = argument;
    run_verb(step->script, step->call);
}

/* Where a checker watches, or the memory is gone, it is the checker that has to speak up, and the report is its own. */
static void run_dead(struct nbl_test_script *script, struct nbl_test_call const *call)
{
    struct step step = { script, call };
    script->dead = false;
    if (nbl_test_freed_is_readable()) {
        run_verb(script, call);
        return;
    }
    nbl_test_dies(run_step, &step, call->name);
    pass_reports(script, true);
}

/* Fails fault point k = 1, 2, .. until there is none: NULL and no trace each time. Then the object is made whole. */
static void run_each(struct nbl_test_script *script, struct nbl_test_call const *call)
{
    NET_BUFFER_LIST const *from = nbl_test_script_list(script, call, 0);
    struct nbl_test_snapshot *before = nbl_test_snapshot_take(from);
    uint64_t const held = (nbl_memory_trim(), nbl_memory_bytes());
    uint64_t nth = 1;
    script->each = false;
    script->captured = true;
    for (;; nth++) {
        nbl_fault_arm(NBL_FAULT_ALLOCATION, nth);
        run_verb(script, call);
        if (!nbl_fault_disarm(NBL_FAULT_ALLOCATION))
            break;
        assert_string_equal(script->last, "NULL");
        assert_null(nbl_test_snapshot_difference(before, from));
        assert_int_equal(nbl_derive_children(from), 0);
        nbl_memory_trim();
        assert_int_equal(nbl_memory_bytes(), held);
    }
    script->captured = false;
    assert_true(nth >= 2);
    nbl_test_unchanged(before, from);
    assert_string_equal(script->last, "made");
    nbl_test_script_output(script, "NULL each time");
}

static void run_call(struct nbl_test_script *script, struct nbl_test_call const *call)
{
    if (strcmp(call->name, "Dead") == 0) {
        script->dead = true;
    } else if (strcmp(call->name, "FailEach") == 0) {
        script->each = true;
    } else if (strcmp(call->name, "FailMapping") == 0) {
        script->mapping = true;
    } else if (script->dead) {
        run_dead(script, call);
    } else if (script->each) {
        run_each(script, call);
    } else if (script->mapping) {
        script->mapping = false;
        nbl_fault_arm(NBL_FAULT_MAPPING, 1);
        run_verb(script, call);
        assert_true(nbl_fault_disarm(NBL_FAULT_MAPPING));
    } else {
        run_verb(script, call);
    }
    compare_violations(script);
}

/* ---- reading ---- */

static void copy_text(char *to, size_t room, char const *from, size_t length)
{
    while (length > 0 && from[length - 1] == ' ')
        length--;
    if (length >= room)
        fail_msg("too long: %s", from);
    memcpy(to, from, length);
    to[length] = '\0';
}

/* Reads `[target =] Name(argument, ..)` and moves behind it. A geometry text is one argument. */
static void read_call(char const **text, struct nbl_test_call *call)
{
    size_t const open = strcspn(*text, "(");
    char const *equals = memchr(*text, '=', open);
    char const *name = equals != NULL ? equals + 1 + strspn(equals + 1, " ") : *text;
    memset(call, 0, sizeof(*call));
    if ((*text)[open] != '(')
        fail_msg("not understood: %s", *text);
    if (equals != NULL)
        copy_text(call->target, sizeof(call->target), *text, (size_t)(equals - *text));
    copy_text(call->name, sizeof(call->name), name, (size_t)(*text + open - name));
    *text += open + 1;
    while (**text != ')') {
        size_t const length = strcspn(*text, ",)");
        assert_true(call->count < NBL_TEST_ARGUMENTS && (*text)[length] != '\0');
        copy_text(call->text[call->count++], sizeof(call->text[0]), *text, length);
        *text += length;
        if (**text == ',')
            *text += 1 + strspn(*text + 1, " ");
    }
    *text = after_separator(*text + 1);
}

static void run_all(struct nbl_test_script *script, char const *text)
{
    while (*text != '\0') {
        struct nbl_test_call call;
        read_call(&text, &call);
        run_call(script, &call);
    }
}

/* "leaves NBL-08 error" as the last item: what freeing the row's objects reports. */
static char const *reports_at_end(struct nbl_test_script *script)
{
    char const *word = "leaves ";
    char const *reports = script->expected;
    if (strncmp(reports, word, strlen(word)) != 0)
        return "";
    script->expected = "";
    return reports + strlen(word);
}

void nbl_test_script_run(char const *setup, char const *operations, char const *expected)
{
    struct nbl_test_script *script = calloc(1, sizeof(*script));
    char const *left;
    assert_non_null(script);
    script->expected = after_separator(expected);
    script->setting_up = true;
    run_all(script, setup);
    script->setting_up = false;
    run_all(script, operations);
    pass_reports(script, !nbl_test_watching());
    left = reports_at_end(script);
    if (*script->expected != '\0')
        fail_msg("did not come: %s", script->expected);
    nbl_test_script_free(script);
    nbl_test_expect(left);
    free(script);
}
