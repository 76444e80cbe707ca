/* SPDX-License-Identifier: MIT
 *
 * verify.h - the verifier: what is done about violations, how they are told, and what else is looked at while it runs.
 *
 * Off by default: then a violation is announced to listeners (nbl/event.h) and nothing else happens. It is started by
 * nbl_verify_start before the first pool, or without a change to the program by the environment:
 *
 *     NBL_VERIFY=all ./my_test
 *     NBL_VERIFY=strict,suppress=FRAG-09,json ./my_test
 *
 * words, with commas between them: all (nothing but the defaults); strict; info; json; suppress=ID; continue (print,
 * and go on); kept=N; quarantine=BYTES; protect; no-guards; exit=N (status of a process that ends with objects alive).
 * A word that is none of these ends the process with a message that names it.
 *
 * While it runs, every block of libnbl is an allocation of its own between guard bytes (VER-05), which are looked at
 * when it is freed; a freed one is filled with a pattern, kept in quarantine, and looked at when it leaves (POOL-07).
 */
#ifndef NBL_VERIFY_H
#define NBL_VERIFY_H

#include <nbl/dump.h>
#include <nbl/event.h>

NBL_BEGIN_C

/* ---- Rules. ---- */

/* nbl_rule is one row of nbl/rules.def: strings that live as long as the program. */
struct nbl_rule {
    char const *id;             /* such as "ADV-08" */
    enum nbl_severity severity; /* by default; a violation has its own */
    char const *sentence;       /* what is wrong */
    char const *page;           /* name of a documentation page, or "decision" */
    char const *advice;         /* what to do about it */
};

/* nbl_rule_find gives the row of an id, or NULL. id: not NULL. Any IRQL. */
NBL_API struct nbl_rule const *nbl_rule_find(char const *id);

/* nbl_rule_at gives row `index`, from 0; NULL behind the last one. Any IRQL. */
NBL_API struct nbl_rule const *nbl_rule_at(ULONG index);

/* ---- Violations. ---- */

/* nbl_violation is one broken rule, as a hook and the report see it. It lives as long as the hook's call. */
struct nbl_violation {
    struct nbl_rule const *rule; /* never NULL */
    enum nbl_severity severity;  /* WARNING raised to ERROR when strict */
    char const *call;            /* name of the public call that found it */
    void const *object;          /* what broke it; may be NULL */
    uint64_t number;             /* 1 for the first that was not suppressed */
};

/* nbl_verify_action says what follows a hook. */
enum nbl_verify_action {
    NBL_VERIFY_DEFAULT, /* print; of an error or worse, end the process */
    NBL_VERIFY_PRINT,   /* print and go on */
    NBL_VERIFY_SILENT   /* go on */
};

/* nbl_verify_hook is asked about every violation that is not suppressed. It runs on the thread and inside the call that
 * broke the rule, under the limits of nbl_event_listener. */
typedef enum nbl_verify_action nbl_verify_hook(struct nbl_violation const *violation, void *context);

/* ---- Starting and stopping. ---- */

/* nbl_verify_options is what nbl_verify_start is to do; all zero is the default of everything. */
struct nbl_verify_options {
    struct nbl_dump_sink const *sink; /* where reports go, copied; NULL: the standard error output */
    nbl_verify_hook *hook;            /* NULL: NBL_VERIFY_DEFAULT for all */
    void *hook_context;
    ULONG freed_kept;                 /* how many freed objects keep their history; 0: 4096 */
    SIZE_T quarantine_bytes;          /* freed blocks that are kept and watched; 0: 4 MiB, 1: none */
    bool without_guards;              /* no guard bytes and no quarantine */
    bool protect;                     /* a freed block lies on pages that nobody can touch: a touch stops there */
    int exit_status;                  /* of a process that ends with objects alive; 0: as it would be anyway */
    bool strict;                      /* warnings count as errors */
    bool info;                        /* reports of severity info too, which are only counted otherwise */
    bool json;                        /* reports are lines of JSON, one object each */
};

/* nbl_verify_start starts the verifier.
 *
 * options: NULL is all zero. Call it before the first pool, MDL or list: what exists already cannot be known. Returns
 * false, and changes nothing, when the verifier runs already, when libnbl holds memory (nbl_memory_bytes), or when
 * there is no memory or no room for a listener, and when `protect` is wanted of a platform without such pages. Threads:
 * no other may use libnbl during the call. IRQL: PASSIVE_LEVEL.
 */
NBL_API bool nbl_verify_start(struct nbl_verify_options const *options);

/* nbl_verify_stop stops it and gives back what it held; without effect when it does not run. Counts and suppressions
 * are forgotten. Threads and IRQL as above. */
NBL_API void nbl_verify_stop(void);

/* nbl_verify_running tells whether it runs. Any IRQL. */
NBL_API bool nbl_verify_running(void);

/* nbl_verify_suppress turns the reports of one rule off or on again; it is still counted.
 *
 * Returns false when there is no such rule or the verifier does not run. Threads: any. IRQL: any. */
NBL_API bool nbl_verify_suppress(char const *id, bool suppressed);

/* nbl_verify_count tells how often a rule was broken since the start, suppressed or not; 0 for an id that is none. */
NBL_API uint64_t nbl_verify_count(char const *id);

/* ---- Reports. ---- */

/* nbl_verify_print writes a violation as a block of text: the rule, the call, the object with its history and, of a
 * NET_BUFFER, a drawing of its window, and what to do.
 *
 * violation: as a hook got it. sink: not NULL; its data_bytes are not looked at. Reads the objects; changes nothing. */
NBL_API void nbl_verify_print(struct nbl_violation const *violation, struct nbl_dump_sink const *sink);

/* nbl_verify_print_json writes the same as one line, a JSON object. */
NBL_API void nbl_verify_print_json(struct nbl_violation const *violation, struct nbl_dump_sink const *sink);

/* ---- On demand. ---- */

/* nbl_verify_list looks at what has to be true of every list that is handed on: objects alive and linked once, no
 * circle, windows that fit their MDLs, guard bytes whole, context, flags and children that agree (INV-01..INV-17).
 *
 * list: not NULL; its Next is followed only to see that it ends. Each broken invariant is a violation with the object
 * that breaks it. Returns how many there are, those of severity info not counted; 0 when the verifier does not run.
 * Threads: the list's owner. IRQL <= DISPATCH_LEVEL. Rule book, section 13. */
NBL_API ULONG nbl_verify_list(NET_BUFFER_LIST const *list);

/* ---- What is alive. ---- */

/* nbl_report_outstanding writes what is alive to the sink of nbl_verify_start: NET_BUFFER_LISTs, NET_BUFFERs and MDLs
 * that somebody has to free, and pools; one story per place of allocation, with counts and bytes.
 *
 * Objects that came with another one are not told of. Returns how many objects there are; 0, writing nothing, when the
 * verifier does not run. When a process ends while the verifier runs, the same is written (VER-08). */
NBL_API uint64_t nbl_report_outstanding(void);

NBL_END_C

#endif
