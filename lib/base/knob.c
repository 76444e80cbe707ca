/* SPDX-License-Identifier: MIT
 *
 * knob.c - turning knobs on and off, by call and by environment.
 */
#include "knob.h"

#include "guard.h"

#include <nbl/port.h>

atomic_uint nbl__knobs;

static struct {
    char const *name;
    char const *meaning;
    char const *rules;
} const rows[] = {
#define NBL_KNOB_ROW(enumerator, name, meaning, rules) { name, meaning, rules },
    NBL_KNOB_TABLE(NBL_KNOB_ROW)
#undef NBL_KNOB_ROW
};

NBL_STATIC_ASSERT(NBL_KNOBS <= 32, "a bit for each knob");

static bool is_knob(enum nbl_knob knob)
{
    return (unsigned)knob < NBL_KNOBS;
}

char const *nbl_knob_name(enum nbl_knob knob)
{
    return is_knob(knob) ? rows[knob].name : NULL;
}

char const *nbl_knob_meaning(enum nbl_knob knob)
{
    return is_knob(knob) ? rows[knob].meaning : NULL;
}

char const *nbl_knob_rules(enum nbl_knob knob)
{
    return is_knob(knob) ? rows[knob].rules : NULL;
}

/* ---- changing them ---- */

static char const *cannot(enum nbl_knob knob)
{
    if (!is_knob(knob))
        return "there is no such knob";
    if (knob == NBL_KNOB_NOWRITE && nbl__port_views() == NULL)
        return "this platform gives libnbl no second, read-only address for memory";
    if (knob == NBL_KNOB_NOWRITE && nbl__guard_protects())
        return "the verifier gives every block pages of its own to protect, which have no second address";
    if (nbl_memory_bytes() != 0)
        return "libnbl holds memory: free every pool and call nbl_memory_trim first, or do it before the first pool";
    return NULL;
}

static void change(unsigned knobs)
{
    atomic_store(&nbl__knobs, knobs);
    if (knobs != 0)
        nbl__hooks_set(NBL__HOOK_KNOB);
    else
        nbl__hooks_clear(NBL__HOOK_KNOB);
}

static void start_if_needed(void)
{
    if (nbl__hooked(NBL__HOOK_START))
        nbl__start();
}

static unsigned knobs_now(void)
{
    start_if_needed();
    return atomic_load(&nbl__knobs);
}

bool nbl_knob_get(enum nbl_knob knob)
{
    return is_knob(knob) && (knobs_now() & (1u << (unsigned)knob)) != 0;
}

char const *nbl_knob_refusal(enum nbl_knob knob)
{
    start_if_needed();
    return cannot(knob);
}

bool nbl_knob_set(enum nbl_knob knob, bool on)
{
    unsigned const bit = is_knob(knob) ? 1u << (unsigned)knob : 0;
    unsigned const before = knobs_now();
    if (bit != 0 && ((before & bit) != 0) == on)
        return true;
    if (cannot(knob) != NULL)
        return false;
    change(on ? before | bit : before & ~bit);
    return true;
}

/* ---- by name ---- */

/* A piece of text that ends before `end`. */
struct word {
    char const *start;
    char const *end;
};

static struct word word_of(char const *text)
{
    struct word word = { text, text };
    while (*word.end != '\0')
        word.end++;
    return word;
}

/* Not strncmp: an embedding without an operating system does not supply it. */
static bool same(struct word word, char const *text)
{
    while (word.start < word.end && *text == *word.start) {
        word.start++;
        text++;
    }
    return word.start == word.end && *text == '\0';
}

static bool find(struct word name, enum nbl_knob *knob)
{
    for (unsigned i = 0; i < NBL_KNOBS; i++) {
        if (same(name, rows[i].name)) {
            *knob = (enum nbl_knob)i;
            return true;
        }
    }
    return false;
}

bool nbl_knob_find(char const *name, enum nbl_knob *knob)
{
    return find(word_of(name), knob);
}

/* Cuts the next name, without the blanks around it, off a list. */
static struct word next_name(char const **list)
{
    struct word name = { *list, *list };
    while (*name.end != '\0' && *name.end != ',')
        name.end++;
    *list = *name.end == ',' ? name.end + 1 : name.end;
    while (name.start < name.end && *name.start == ' ')
        name.start++;
    while (name.end > name.start && name.end[-1] == ' ')
        name.end--;
    return name;
}

/* What is being said to the caller; room is what is left, the 0 at the end counted. */
struct message {
    char *next;
    size_t room;
};

static void say(struct message *message, struct word word)
{
    for (; word.start < word.end && message->room > 1; message->room--)
        *message->next++ = *word.start++;
    if (message->room > 0)
        *message->next = '\0';
}

static void say_unknown(struct message *message, struct word name)
{
    say(message, word_of("\""));
    say(message, name);
    say(message, word_of("\" is no knob; there are:"));
    for (unsigned i = 0; i < NBL_KNOBS; i++) {
        say(message, word_of(i == 0 ? " " : ", "));
        say(message, word_of(rows[i].name));
    }
}

static void say_refused(struct message *message, struct word name, char const *reason)
{
    say(message, name);
    say(message, word_of(" cannot be turned on: "));
    say(message, word_of(reason));
}

/* Adds the knobs of a list to *knobs. Returns false, having said why, for one that cannot be turned on. */
static bool read_names(char const *list, unsigned *knobs, struct message *message)
{
    while (*list != '\0') {
        struct word const name = next_name(&list);
        enum nbl_knob knob;
        if (name.start == name.end)
            continue;
        if (!find(name, &knob)) {
            say_unknown(message, name);
            return false;
        }
        if ((*knobs & (1u << (unsigned)knob)) == 0 && cannot(knob) != NULL) {
            say_refused(message, name, cannot(knob));
            return false;
        }
        *knobs |= 1u << (unsigned)knob;
    }
    return true;
}

bool nbl_knob_set_named(char const *names, char *message, size_t bytes)
{
    struct message said = { message, message == NULL ? 0 : bytes };
    unsigned knobs = knobs_now();
    say(&said, word_of(""));
    if (!read_names(names, &knobs, &said))
        return false;
    change(knobs);
    return true;
}

void nbl__knob_start(void)
{
    char const *names = nbl__port_environment("NBL_KNOBS");
    char text[512];
    struct message message = { text, sizeof(text) };
    unsigned knobs = 0;
    if (names == NULL)
        return;
    say(&message, word_of("libnbl: NBL_KNOBS: "));
    if (!read_names(names, &knobs, &message))
        nbl__port_fatal(text);
    change(knobs);
}
