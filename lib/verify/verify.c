/* SPDX-License-Identifier: MIT
 *
 * verify.c - starting and stopping the verifier, by call and by the environment, and what follows a violation.
 */
#include "invariant.h"
#include "irql.h"
#include "leak.h"
#include "ledger.h"
#include "options.h"
#include "report.h"
#include "rules.h"
#include "watch.h"

#include "../base/event.h"
#include "../base/guard.h"

#include <nbl/port.h>

#include <stdatomic.h>

static struct nbl_verify_options settings;
static struct nbl_dump_sink output;
static atomic_bool running;
static atomic_uint_fast64_t reported;

static void put_on_error_output(void *context, char const *text, size_t bytes)
{
    (void)context;
    nbl__port_print(text, bytes);
}

/* ---- a violation ---- */

static void print(struct nbl_violation const *violation)
{
    static struct nbl__lock lock = NBL__LOCK_INITIALIZER; /* reports of two threads do not mix */
    nbl__lock_acquire(&lock);
    if (settings.json)
        nbl_verify_print_json(violation, &output);
    else
        nbl_verify_print(violation, &output);
    nbl__lock_release(&lock);
}

static void act(struct nbl_violation const *violation)
{
    enum nbl_verify_action action = NBL_VERIFY_DEFAULT;
    if (settings.hook != NULL)
        action = settings.hook(violation, settings.hook_context);
    if (action == NBL_VERIFY_SILENT)
        return;
    print(violation);
    if (action == NBL_VERIFY_DEFAULT && violation->severity >= NBL_SEVERITY_ERROR)
        nbl__port_fatal("libnbl: stopped at the violation above (nbl/verify.h tells how to go on)");
}

static void on_violation(struct nbl_event const *event)
{
    int const index = nbl__rule_index(event->rule);
    struct nbl_violation violation = { NULL, event->severity, event->call, event->object, 0 };
    if (index < 0 || !nbl__rule_break(index))
        return;
    if (settings.strict && violation.severity == NBL_SEVERITY_WARNING)
        violation.severity = NBL_SEVERITY_ERROR;
    if (violation.severity == NBL_SEVERITY_INFO && !settings.info)
        return;
    violation.rule = nbl_rule_at((ULONG)index);
    violation.number = atomic_fetch_add(&reported, 1) + 1;
    act(&violation);
}

static void on_event(struct nbl_event const *event, void *context)
{
    (void)context;
    if (event->kind == NBL_EVENT_VIOLATION) {
        on_violation(event);
        return;
    }
    nbl__watch_before(event);
    nbl__ledger_note(event);
    nbl__watch_after(event);
}

void nbl__history_of(void const *object, struct nbl__history *history)
{
    (void)nbl__ledger_history(object, history);
}

/* An MDL may be a driver's own; every NBL and NB is libnbl's. */
static bool may_be_unknown(char const *rule)
{
    return (rule[0] == 'M' && rule[1] == 'D') || nbl__ledger_incomplete();
}

static bool is_dead(char const *rule, char const *call, void const *object)
{
    enum nbl__ledger_state state;
    if (nbl__same(rule, "RET-20")) {
        nbl__watch_backfill(object, call);
        return false;
    }
    nbl__irql_judge(call, object);
    state = nbl__ledger_state_of(object);
    if (state == NBL__LEDGER_LIVE || (state == NBL__LEDGER_UNKNOWN && may_be_unknown(rule)))
        return false;
    nbl__violation(state == NBL__LEDGER_FREED ? rule : "NBL-02", NBL_SEVERITY_FATAL, call, object);
    return true;
}

/* ---- invariants on demand ---- */

static enum nbl__ledger_state look(void const *object, void *context)
{
    (void)context;
    return nbl__ledger_incomplete() ? NBL__LEDGER_LIVE : nbl__ledger_state_of(object);
}

static bool intact(void const *object, void *context)
{
    (void)context;
    return nbl__guard_check(object, "nbl_verify_list");
}

static struct nbl__registry const registry = { look, intact, NULL, NULL };

ULONG nbl_verify_list(NET_BUFFER_LIST const *list)
{
    return nbl_verify_running() ? nbl__invariant_check(list, NBL__BOUNDARY_OWN, "nbl_verify_list") : 0;
}

/* ---- starting and stopping ---- */

static struct nbl_verify_options const defaults;

static void adopt(struct nbl_verify_options const *options)
{
    static struct nbl_dump_sink const error_output = { put_on_error_output, NULL, 0 };
    settings = options != NULL ? *options : defaults;
    output = settings.sink != NULL ? *settings.sink : error_output;
    settings.sink = &output;
    nbl__rules_reset();
    atomic_store(&reported, 0);
}

uint64_t nbl_report_outstanding(void)
{
    return nbl_verify_running() ? nbl__leak_report(NULL, "libnbl: ", &output) : 0;
}

static void at_exit(void)
{
    if (nbl_verify_running()) {
        (void)nbl__guard_flush("at the end of the process");
        (void)nbl__guard_check_all("at the end of the process");
    }
    if (nbl_report_outstanding() > 0 && settings.exit_status != 0)
        nbl__port_exit_with(settings.exit_status);
}

#define FREED_KEPT 4096u
#define QUARANTINE_BYTES ((size_t)4 << 20)

static bool start_guards(void)
{
    struct nbl__guard_options options = { QUARANTINE_BYTES, settings.protect };
    if (settings.quarantine_bytes != 0)
        options.quarantine_bytes = (size_t)settings.quarantine_bytes;
    return settings.without_guards || nbl__guard_start(&options);
}

bool nbl_verify_start(struct nbl_verify_options const *options)
{
    static bool arranged;
    if (atomic_load(&running) || nbl_memory_bytes() != 0)
        return false;
    adopt(options);
    if (!nbl__ledger_start(settings.freed_kept != 0 ? settings.freed_kept : FREED_KEPT))
        return false;
    if (!nbl_event_subscribe(on_event, NULL)) {
        nbl__ledger_stop();
        return false;
    }
    if (!start_guards()) {
        (void)nbl_event_unsubscribe(on_event, NULL);
        nbl__ledger_stop();
        return false;
    }
    nbl__invariant_registry(&registry);
    atomic_store(&nbl__judge, is_dead);
    nbl__hooks_set(NBL__HOOK_VERIFY);
    atomic_store(&running, true);
    arranged = arranged || nbl__port_at_exit(at_exit);
    return true;
}

void nbl_verify_stop(void)
{
    if (!atomic_exchange(&running, false))
        return;
    (void)nbl__guard_stop();
    nbl__hooks_clear(NBL__HOOK_VERIFY);
    nbl__invariant_registry(NULL);
    (void)nbl_event_unsubscribe(on_event, NULL);
    nbl__ledger_stop();
    nbl__rules_reset();
}

bool nbl_verify_running(void)
{
    return atomic_load(&running);
}

bool nbl_verify_suppress(char const *id, bool suppressed)
{
    return nbl_verify_running() && nbl__rule_suppress(nbl__rule_index(id), suppressed);
}

uint64_t nbl_verify_count(char const *id)
{
    return nbl__rule_count(nbl__rule_index(id));
}

/* ---- the environment ---- */

static enum nbl_verify_action go_on(struct nbl_violation const *violation, void *context)
{
    (void)violation;
    (void)context;
    return NBL_VERIFY_PRINT;
}

static char const *suppress_from_text(struct nbl__options const *options)
{
    for (unsigned i = 0; i < options->suppressed; i++)
        if (!nbl_verify_suppress(options->suppress[i], true))
            return options->suppress[i];
    return NULL;
}

void nbl__verify_by_environment(char const *value)
{
    struct nbl__options options;
    char message[NBL__OPTIONS_MESSAGE];
    if (!nbl__options_read(value, &options)) {
        nbl__options_complain(message, options.wrong);
        nbl__port_fatal(message);
        return;
    }
    if (options.go_on)
        options.values.hook = go_on;
    if (!nbl_verify_start(&options.values))
        return; /* the program was faster, and knows what it wants */
    if (suppress_from_text(&options) != NULL) {
        nbl__options_complain(message, suppress_from_text(&options));
        nbl__port_fatal(message);
    }
}
