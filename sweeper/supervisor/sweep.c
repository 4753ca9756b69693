/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sweep.c - one sweep: rules, engine, outputs, walk, and then a loop that waits
 * for whichever of them has something.
 */
#include "sweeper/sweep.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "conductor.h"
#include "supervisor/bases.h"
#include "supervisor/outwait.h"
#include "supervisor/rules_gather.h"
#include "sweeper/rulepack.h"
#include "sweeper/text.h"

enum {
    TICK_MS = 200,
    WALKERS_MAX = 4,
    WALK_PATIENCE_MS = 2000,
    FAREWELL_MS = 10000, /* for an engine without work to end */
    PATH_MAX_BYTES = (int)(SW_LABEL_MAX / 4),
};

static int64_t clock_utc_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- set-up -------------------------------------------------------------- */

/* Descriptors are the currency here: as many as the system allows. */
static size_t raise_descriptor_limit(void)
{
    struct rlimit limit = {.rlim_cur = 1024};

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur < 65536 ? (size_t)limit.rlim_cur : 65536;
}

static enum sw_status open_signals(struct conductor *conductor, struct sw_error *error)
{
    sigset_t set;

    /* A closed pipe and a file at its limit are errors of the write. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
        (conductor->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return sw_fail(error, SW_STOP, "sweep", errno, "cannot receive signals");
    return SW_OK;
}

/* Two batches for each worker and two on the way keep everybody busy; each item
 * is an open descriptor, and some have those of other parts with them. */
static enum sw_status make_room(struct conductor *conductor, struct sw_error *error)
{
    size_t descriptors = raise_descriptor_limit();
    size_t window = (size_t)SW_BATCH_ITEMS_MAX * (2 * conductor->options->thread_count + 2);

    conductor->batches = descriptors / 8 / SW_BATCH_ITEMS_MAX;
    if (conductor->batches < 1)
        conductor->batches = 1;
    if (conductor->batches > 16)
        conductor->batches = 16;
    sw_part_purse_open(descriptors / 4);

    if (window > descriptors / 4)
        window = descriptors / 4;
    if (window < (size_t)2 * SW_BATCH_ITEMS_MAX)
        window = (size_t)2 * SW_BATCH_ITEMS_MAX;
    enum sw_status status = flight_init(&conductor->flight, window, error);
    if (status == SW_OK)
        status = sw_queue_new(conductor->batches, &conductor->queue, error);
    return status;
}

static void take_signals(struct conductor *conductor)
{
    struct signalfd_siginfo info;

    while (read(conductor->signals, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGUSR1) {
            watch_print(conductor);
            continue;
        }
        conductor->totals.interrupted = true;
        conductor->stopping = true;
    }
}

/* Waits for the first engine. SW_PART: it died. */
static enum sw_status await_engine(struct conductor *conductor, struct obituary *obituary,
                                   struct sw_error *error)
{
    struct child *child = &conductor->child;
    enum sw_status status = SW_OK;

    while (child->state == CHILD_STARTING && !conductor->stopping && status == SW_OK) {
        struct pollfd fds[] = {{child->socket, POLLIN, 0}, {conductor->signals, POLLIN, 0}};
        poll(fds, 2, -1);
        take_signals(conductor);
        status = collect_all(conductor, error);
        if (status == SW_END || status == SW_DEAD) {
            *obituary = child_reap(child);
            return SW_PART;
        }
        if (status == SW_PART)
            status = SW_OK;
    }
    return status;
}

/* Starts the first engine and waits until it is ready, or says why not. One that
 * is killed while it compiles the rules gets successors, like any other. */
static enum sw_status start_engine(struct conductor *conductor, struct sw_error *error)
{
    struct child *child = &conductor->child;
    struct obituary obituary = {0};
    enum sw_status status = SW_OK;

    for (unsigned deaths = 0; status == SW_OK && deaths < BARREN_MAX; deaths++) {
        status = child_start(child, error);
        if (status == SW_OK)
            status = await_engine(conductor, &obituary, error);
        if (status != SW_PART)
            return status;
        conductor->protocol_error = NULL;
        status = sw_fail(error, SW_OK, "sweep", 0,
                         "the engine ended %u times before it was ready (%s %d)", deaths + 1,
                         obituary.signal != 0 ? "signal" : "exit status",
                         obituary.signal != 0 ? obituary.signal : obituary.exit_status);
    }
    return SW_STOP;
}

/* While a target that is fetched is asked for. */
static bool is_interrupted(void *context)
{
    struct conductor *conductor = context;

    take_signals(conductor);
    return conductor->stopping;
}

static enum sw_status open_walk(struct conductor *conductor, const struct sw_texts *targets,
                                struct sw_error *error)
{
    const struct sw_options *options = conductor->options;
    struct sw_walk_options walk = {
        .targets = targets->rows,
        .target_count = targets->count,
        .exclude_globs = options->excludes.rows,
        .exclude_count = options->excludes.count,
        .one_file_system = options->one_file_system,
        .file_size_max = options->limits.file_size_max,
        .thread_count = options->thread_count < WALKERS_MAX ? options->thread_count : WALKERS_MAX,
        .fetch = {.spill_max = options->limits.spill_max,
                  .timeout_s = options->fetch_timeout_s,
                  .insecure_registry = options->insecure_registry,
                  .credential_helpers = options->credential_helpers,
                  .require_sandbox = options->sandbox == SW_SANDBOX_REQUIRE,
                  .documents = conductor->reading_bases,
                  .platforms = options->platforms.rows,
                  .platform_count = options->platforms.count,
                  .interrupted = is_interrupted,
                  .context = conductor},
    };

    walk.own_outputs = sw_sinks_files(conductor->sinks, &walk.own_output_count);
    return sw_walk_new(&walk, &conductor->walk, error);
}

/* Before the targets are looked at: a report about a target that is not there
 * has a beginning too. */
static void write_start(struct conductor *conductor, const struct sw_rulepack *pack)
{
    const struct sw_start_facts facts = {
        .options = conductor->options,
        .started_ns = conductor->totals.started_ns,
        .ruleset_digest = pack->digest,
        .pack = pack,
        .engine = conductor->account,
    };

    settle_record(conductor, sw_record_sweep_start(&facts));
}

/* A rule that is disabled is never disabled in silence. */
static void say_disabled(const struct conductor *conductor)
{
    const json_t *ruleset = json_object_get(conductor->account, "ruleset");
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(ruleset, "disabled"), i, row)
    {
        if (sw_out_wait(STDERR_FILENO) != 0)
            return;
        fprintf(stderr, "sweeper: rule %s:%s is disabled: %s\n",
                json_string_value(json_object_get(row, "namespace")),
                json_string_value(json_object_get(row, "rule")),
                json_string_value(json_object_get(row, "why")));
    }
}

static void write_roots(struct conductor *conductor)
{
    size_t count = 0;
    const struct sw_root *roots = sw_walk_roots(conductor->walk, &count);

    for (size_t i = 0; i < count; i++)
        settle_record(conductor, sw_record_root(&roots[i]));
}

/* Before anything runs: a file that is wrong suppresses nothing. */
static enum sw_status load_suppressions(struct conductor *conductor, struct sw_error *error)
{
    const struct sw_options *options = conductor->options;
    struct sw_totals *totals = &conductor->totals;

    totals->suppressing = options->suppress.count > 0;
    if (!totals->suppressing)
        return SW_OK;
    if (sw_suppressions_load(&options->suppress, totals->started_ns, &conductor->suppressions,
                             error) != SW_OK) {
        totals->exit_code = SW_EXIT_RULES;
        return SW_STOP;
    }
    totals->suppressions_expired = sw_suppressions_expired(conductor->suppressions);
    sw_suppressions_print(conductor->suppressions, &options->targets, stderr);
    return SW_OK;
}

static void run(struct conductor *conductor);
static void end_walk(struct conductor *conductor);

/* A sweep of its own, before the one that is told: the records of the other wait for nothing
 * that it knows. */
static enum sw_status read_bases(struct conductor *conductor, struct sw_error *error)
{
    const struct sw_texts *names = &conductor->options->bases;

    if (names->count == 0 || conductor->stand_in != NULL)
        return SW_OK;
    conductor->totals.basing = true;
    conductor->bases = sw_bases_new(names->count);
    if (conductor->bases == NULL)
        return sw_fail(error, SW_STOP, "sweep", 0, "no memory for the base images");
    conductor->reading_bases = true;
    enum sw_status status = open_walk(conductor, names, error);
    if (status == SW_OK)
        status = sw_walk_start(conductor->walk, conductor->queue, error);
    if (status != SW_OK)
        return status;
    run(conductor);
    if (!conductor->stopping)
        status = bases_check(conductor, error);
    end_walk(conductor);
    conductor->reading_bases = false;
    conductor->totals.walk = (struct sw_walk_counts){0};
    if (status == SW_OK && !conductor->stopping)
        status = sw_queue_new(conductor->batches, &conductor->queue, error);
    return status;
}

static enum sw_status set_up(struct conductor *conductor, struct sw_error *error)
{
    const struct sw_options *options = conductor->options;
    const struct sw_stand_in *stand_in = conductor->stand_in;
    struct sw_rulepack *pack = stand_in != NULL ? stand_in->pack : NULL; /* ours from here on */

    enum sw_status status = pack != NULL ? SW_OK : sw_rules_gather(options, &pack, error);
    if (status != SW_OK) {
        conductor->totals.exit_code = SW_EXIT_RULES;
        return status;
    }
    status = make_room(conductor, error);
    if (status == SW_OK)
        status = child_init(&conductor->child, options, pack, error);
    if (status == SW_OK)
        status = layers_open(conductor, pack, error);
    if (status == SW_OK)
        status = start_engine(conductor, error);
    if (status == SW_OK && !conductor->stopping) {
        if ((conductor->ready_flags & SW_READY_RULES_USE_OWNER) != 0) {
            owners_init(&conductor->owners);
            conductor->feed.owners = &conductor->owners;
        }
        status = stand_in != NULL ? sw_sinks_open_none(&conductor->sinks, error)
                                  : sw_sinks_open(options, &conductor->sinks, error);
        if (status == SW_OK) {
            write_start(conductor, pack);
            say_disabled(conductor);
            status = read_bases(conductor, error);
        }
        if (status == SW_OK && !conductor->stopping) {
            status = stand_in != NULL ? SW_OK : open_walk(conductor, &options->targets, error);
        }
        if (status == SW_OK && stand_in == NULL) {
            write_roots(conductor);
            status = correlate_start(conductor, error);
        }
        if (status == SW_OK && stand_in == NULL)
            status = sw_walk_start(conductor->walk, conductor->queue, error);
    }
    sw_rulepack_free(pack);
    return status;
}

/* --- items ---------------------------------------------------------------- */

static void admit_object(struct conductor *conductor, struct sw_item *item)
{
    bool names_matter =
        (conductor->ready_flags & SW_READY_RULES_USE_NAMES) != 0 || conductor->options->integrity;
    /* Another name of the same file would not be asked. */
    enum sw_context context = correlate_asks(conductor, item);
    struct link *link = NULL;

    /* What lies beside it under another name is something else. */
    names_matter = names_matter || item->set != NULL;
    if (item->facts.link_count > 1 && !names_matter && context == SW_CONTEXT_NONE &&
        !images_own(item) && !stores_own(item)) {
        integrity_unread(conductor, item); /* as long as it is not */
        enum links_answer answer = links_meet(&conductor->links, item, &link);
        if (answer == LINKS_WAITING)
            return;
        if (answer == LINKS_KNOWN) {
            settle_known(conductor, link, item);
            return;
        }
    }
    struct flight_entry *entry = flight_add(&conductor->flight, item);
    entry->link = link;
    entry->context = context;
}

static void admit(struct conductor *conductor, struct sw_item *item)
{
    if (conductor->reading_bases) {
        bases_item(conductor, item);
        return;
    }
    correlate_item(conductor, item);
    integrity_item(conductor, item);
    if (item->kind == SW_ITEM_GAP) {
        images_unread(conductor, item);
        settle_record(conductor, sw_record_gap(item, item->gap, item->text));
    } else if (item->path_size > PATH_MAX_BYTES)
        settle_record(conductor, sw_record_gap(item, SW_GAP_UNREADABLE, "the path is too long"));
    else
        admit_object(conductor, item);
}

/* What a stand-in gives is in memory: one batch after the other. */
static struct sw_batch *next_batch(struct conductor *conductor)
{
    const struct sw_stand_in *stand_in = conductor->stand_in;
    struct sw_batch *batch = NULL;

    if (stand_in == NULL)
        return sw_queue_take(conductor->queue);
    if (!flight_is_empty(&conductor->flight))
        return NULL;
    batch = stand_in->next(stand_in->context);
    if (batch == NULL)
        sw_queue_close(conductor->queue); /* so ends a walk, too */
    return batch;
}

/* Moves batches from the walk into the flight table while there is room. */
static void fill(struct conductor *conductor)
{
    while (!conductor->stopping && flight_room(&conductor->flight) >= SW_BATCH_ITEMS_MAX) {
        struct sw_batch *batch = next_batch(conductor);
        if (batch == NULL)
            return;
        for (size_t i = 0; i < batch->count; i++)
            admit(conductor, &batch->items[i]);
        sw_batch_free(batch);
    }
}

static enum sw_status feed_all(struct conductor *conductor, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    if (conductor->child.state != CHILD_READY || conductor->stopping)
        return SW_OK;
    while (status == SW_OK)
        status = feed_next(&conductor->feed, &conductor->flight, conductor->child.socket, error);
    return status == SW_STOP ? SW_STOP : SW_OK;
}

/* --- the loop ------------------------------------------------------------- */

static bool is_finished(const struct conductor *conductor)
{
    return sw_queue_ended(conductor->queue) && flight_is_empty(&conductor->flight);
}

static void wait_for_something(struct conductor *conductor)
{
    bool room = flight_room(&conductor->flight) >= SW_BATCH_ITEMS_MAX;
    struct pollfd fds[] = {
        {conductor->child.socket, (short)(POLLIN | (conductor->feed.busy ? POLLOUT : 0)), 0},
        {conductor->signals, POLLIN, 0},
        {room ? sw_queue_fd(conductor->queue) : -1, POLLIN, 0},
    };

    bool to_fetch = conductor->stand_in != NULL && flight_is_empty(&conductor->flight);

    poll(fds, sizeof(fds) / sizeof(fds[0]), to_fetch ? 0 : TICK_MS);
}

static void tick(struct conductor *conductor)
{
    struct sw_totals *totals = &conductor->totals;
    const struct sw_item *item = watch_current(conductor);

    watch_tick(conductor);
    if (conductor->walk != NULL)
        sw_walk_counts_get(conductor->walk, &totals->walk);
    totals->finished_ns = clock_utc_ns();
    totals->duration_s = (double)(totals->finished_ns - totals->started_ns) / 1e9;
    sw_progress_update(conductor->progress, totals, item != NULL ? item->path : NULL);
}

static enum sw_status turn(struct conductor *conductor, struct sw_error *error)
{
    enum sw_status status = collect_all(conductor, error);

    if (status == SW_END || status == SW_DEAD)
        status = recover(conductor, error);
    if (status == SW_STOP)
        return status;
    fill(conductor);
    return feed_all(conductor, error);
}

static void run(struct conductor *conductor)
{
    struct sw_error error;
    int64_t ticked_ms = clock_ms(), now_ms;

    tick(conductor); /* a short sweep shows its line too */
    while (!conductor->stopping && !is_finished(conductor)) {
        wait_for_something(conductor);
        take_signals(conductor);
        if (turn(conductor, &error) != SW_OK)
            settle_failure(conductor, error.text);
        now_ms = clock_ms();
        if (now_ms - ticked_ms >= TICK_MS) {
            tick(conductor);
            if (sw_sinks_flush(conductor->sinks, &error) != SW_OK)
                settle_sink_failure(conductor, error.text);
            ticked_ms = now_ms;
        }
    }
}

/* --- the end --------------------------------------------------------------- */

/* The engine has no work left: it ends by itself, and an end that is not clean
 * is told. */
static void dismiss_engine(struct conductor *conductor)
{
    struct child *child = &conductor->child;
    struct sw_error error;
    enum sw_status status = SW_PART;
    int64_t until_ms = clock_ms() + FAREWELL_MS;

    if (child->state == CHILD_NONE)
        return;
    if (conductor->stopping)
        child_kill(child);
    child_hang_up(child);
    while (status == SW_PART && clock_ms() < until_ms) {
        struct pollfd fd = {child->socket, POLLIN, 0};
        poll(&fd, 1, TICK_MS);
        status = collect_all(conductor, &error);
    }
    if (status == SW_PART)
        child_kill(child);
    const struct obituary obituary = child_reap(child);
    if (conductor->stopping || conductor->sinks == NULL ||
        (obituary.signal == 0 && obituary.exit_status == 0))
        return;
    const struct sw_engine_death death = {
        .cause = "crash",
        .signal = obituary.signal,
        .exit_status = obituary.exit_status,
        .detail = "the engine had done its work, but did not end cleanly",
    };
    settle_record(conductor, sw_record_engine_death(&death));
}

/* Stops the walk and throws away what it still had. */
static void end_walk(struct conductor *conductor)
{
    struct sw_batch *batch;

    if (conductor->walk != NULL)
        sw_walk_stop(conductor->walk);
    if (conductor->queue != NULL) {
        sw_queue_close(conductor->queue);
        while ((batch = sw_queue_take(conductor->queue)) != NULL)
            sw_batch_free(batch);
    }
    if (conductor->walk == NULL)
        return;
    sw_walk_counts_get(conductor->walk, &conductor->totals.walk);
    if (sw_walk_free(conductor->walk, WALK_PATIENCE_MS)) {
        sw_queue_free(conductor->queue);
    } else {
        /* A thread stuck in the kernel still points to the queue. */
        fprintf(stderr, "sweeper: a walker is stuck in the kernel and is left behind\n");
    }
    conductor->walk = NULL;
    conductor->queue = NULL;
}

static void write_closing(struct conductor *conductor)
{
    struct sw_totals *totals = &conductor->totals;
    struct sw_error error;

    if (totals->interrupted)
        sw_out_hurry();
    if (sw_sinks_settle(conductor->sinks, &error) != SW_OK)
        settle_sink_failure(conductor, error.text);
    totals->finished_ns = clock_utc_ns();
    totals->duration_s = (double)(totals->finished_ns - totals->started_ns) / 1e9;
    totals->exit_code = sw_totals_exit(totals, conductor->options);
    bool summary_shown = sw_sinks_show_summary(conductor->sinks);
    settle_record(conductor, sw_record_sweep_end(totals));
    if (sw_sinks_close(conductor->sinks, &error) != SW_OK)
        settle_failure(conductor, error.text);
    conductor->sinks = NULL;
    totals->exit_code = sw_totals_exit(totals, conductor->options);
    sw_progress_clear(conductor->progress);
    if (!summary_shown && sw_out_wait(STDERR_FILENO) == 0) {
        sw_totals_print(stderr, totals);
        sw_totals_print_verdict(stderr, totals);
    }
}

static void tear_down(struct conductor *conductor)
{
    child_done(&conductor->child);
    feed_done(&conductor->feed);
    flight_done(&conductor->flight);
    links_done(&conductor->links);
    owners_done(&conductor->owners);
    correlate_done(conductor);
    caches_done(conductor);
    images_done(conductor);
    stores_done(conductor);
    integrity_done(conductor);
    sw_progress_free(conductor->progress);
    sw_suppressions_free(conductor->suppressions);
    sw_bases_free(conductor->bases);
    layers_done(conductor);
    json_decref(conductor->account);
    json_decref(conductor->totals.types);
    sw_queue_free(conductor->queue);
    if (conductor->signals >= 0)
        close(conductor->signals);
}

static enum sw_exit sweep(const struct sw_options *options, const struct sw_stand_in *stand_in)
{
    struct conductor conductor = {
        .options = options,
        .stand_in = stand_in,
        .child = CHILD_INIT,
        .signals = -1,
        .totals = {.started_ns = clock_utc_ns(), .exit_code = SW_EXIT_FAILED},
    };
    struct sw_error error = {0};

    feed_init(&conductor.feed);
    watch_reset(&conductor);
    if (options->types)
        conductor.totals.types = json_object();
    conductor.progress = sw_progress_new(options->progress, stderr);
    enum sw_status status = open_signals(&conductor, &error);
    if (status == SW_OK)
        status = load_suppressions(&conductor, &error);
    if (status == SW_OK)
        status = set_up(&conductor, &error);
    if (status != SW_OK && !conductor.totals.failed && !conductor.totals.interrupted)
        settle_failure(&conductor, error.text);
    if (conductor.sinks != NULL && (conductor.walk != NULL || stand_in != NULL))
        run(&conductor);
    dismiss_engine(&conductor);
    if (conductor.sinks != NULL) {
        images_end(&conductor);
        caches_end(&conductor);
        integrity_end(&conductor);
        stores_end(&conductor);
        correlate_end(&conductor);
    }
    end_walk(&conductor);
    if (conductor.sinks != NULL)
        write_closing(&conductor);
    else if (conductor.totals.interrupted)
        conductor.totals.exit_code = SW_EXIT_INTERRUPTED;
    enum sw_exit exit_code = conductor.totals.exit_code;
    tear_down(&conductor);
    return exit_code;
}

enum sw_exit sw_sweep(const struct sw_options *options)
{
    return sweep(options, NULL);
}

enum sw_exit sw_sweep_stand_in(const struct sw_options *options, const struct sw_stand_in *stand_in)
{
    return sweep(options, stand_in);
}
