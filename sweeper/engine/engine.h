/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - what the engine's parts share: everything here is made before the
 * door closes and read-only afterwards, but the intake and the memory budget,
 * which have their own locks.
 */
#ifndef SWEEPER_ENGINE_ENGINE_H
#define SWEEPER_ENGINE_ENGINE_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "engine/indicator/matcher.h"
#include "engine/unpack/pages.h"
#include "engine/unpack/spill.h"
#include "share.h"
#include "sweeper/budget.h"
#include "sweeper/ident.h"
#include "sweeper/prefilter.h"
#include "sweeper/rule.h"
#include "sweeper/sandbox.h"
#include "sweeper/slots.h"
#include "sweeper/wire.h"

struct engine {
    struct sw_buf config_body; /* what the texts of the configuration borrow from */
    struct sw_engine_config config;
    struct sw_rulepack *pack;
    struct sw_ruleset *ruleset;
    struct sw_prefilter *prefilter; /* NULL when off */
    struct sw_prefilter_report prefilter_report;
    struct sw_matcher *matcher;
    struct sw_magic_database *magic;
    struct sw_slots *slots;
    struct worker *workers; /* thread_count of them, while the sweep runs */
    struct sw_memory_budget budget;
    struct sw_pages pages;
    struct sw_spill_purse spill_purse;
    const char *spill_folders[4];
    const char *passwords[SW_PASSWORDS_MAX]; /* borrowed from the configuration */
    struct sw_sandbox_report sandbox;
    struct share share;
    _Atomic uint64_t captured; /* bytes of records that wait for their turn */
    uint64_t told_key[2];      /* see reporter_init() */

    pthread_mutex_t intake_lock; /* one worker at a time takes a message */
    struct sw_wire_in intake;

    pthread_barrier_t warmed;    /* every worker is warm and has restricted itself */
    pthread_barrier_t door_shut; /* the main thread has closed the process */
    bool given_up;               /* set between the barriers: workers go home */
};

/* One worker thread. `engine`, `index` are set by the maker; the worker sets
 * the rest before the barrier `warmed`. */
struct worker {
    struct engine *engine;
    unsigned index;
    pthread_t thread;
    bool warm;
    bool closed;           /* Landlock holds for this thread */
    struct sw_error error; /* when not warm */
};
/* pthread start routine; takes a struct worker. */
void *worker_main(void *worker);

/* The engine's account of itself for sweep_start (see include/sweeper/record.h).
 * A new reference; NULL without memory. */
json_t *engine_account(const struct engine *engine);

#endif
