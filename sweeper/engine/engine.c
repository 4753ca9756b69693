/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.c - the engine's start, in the order that makes it safe:
 *
 *   take the configuration  ->  compile the rules, build the prefilter, read the
 *   magic database  ->  start all workers; each warms every library and
 *   restricts itself  ->  close the process  ->  READY  ->  work until the
 *   supervisor hangs up
 *
 * No thread is created or replaced later: a stuck worker ends the engine.
 */
#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crash.h"
#include "engine/disk/disks.h"
#include "engine/source/sources.h"
#include "sweeper/blob.h"
#include "sweeper/engine.h"
#include "sweeper/options.h"

enum {
    STACK_SIZE = 2 * 1024 * 1024,  /* of a worker; libyara and libmagic keep theirs on the heap */
    COMPILE_CPU_SECONDS_MAX = 600, /* for all rules together */
};

/* Descriptors that come with CONFIG, in this order. */
enum { FD_PACK, FD_PATTERNS, FD_SLOTS, FD_COUNT };

/* Why the engine cannot start, as FATAL tells it. */
struct refusal {
    enum sw_exit exit_code;
    struct sw_buf text;
};

/* The first reason stands: what follows from it is no news. */
static void refuse(struct refusal *refusal, enum sw_exit exit_code, const char *text)
{
    if (refusal->text.size != 0)
        return;
    refusal->exit_code = exit_code;
    if (sw_buf_append_text(&refusal->text, text) != SW_OK)
        return; /* an empty FATAL still says that it failed */
}

/* Every error of every rule file, a line each. */
static void refuse_rules(struct refusal *refusal, const struct sw_diagnoses *diagnoses,
                         const struct sw_error *error)
{
    for (size_t i = 0; i < diagnoses->count; i++) {
        const struct sw_diagnosis *row = &diagnoses->rows[i];
        if (row->level == SW_DIAGNOSIS_ERROR &&
            sw_buf_append_format(&refusal->text, "%s%s:%d: error: %s",
                                 refusal->text.size == 0 ? "" : "\n", row->file, row->line,
                                 row->text) != SW_OK)
            break;
    }
    refuse(refusal, SW_EXIT_RULES, error->text);
    refusal->exit_code = SW_EXIT_RULES;
}

static void send_refusal(struct refusal *refusal)
{
    struct sw_buf body;
    struct sw_error error;

    sw_buf_init(&body, SW_RECORD_MAX);
    if (sw_buf_append_u32(&body, (uint32_t)refusal->exit_code) == SW_OK &&
        sw_buf_append(&body, refusal->text.data, refusal->text.size) == SW_OK) {
        struct sw_wire_out out = {.type = SW_MESSAGE_FATAL, .body = sw_buf_view(&body)};
        (void)!sw_wire_send(&out, SW_WIRE_FD, true, &error);
    }
    sw_buf_done(&body);
}

/* --- before any content ---------------------------------------------------- */

static enum sw_status keep_config(struct engine *engine, struct sw_view body)
{
    struct sw_engine_config *config = &engine->config;

    sw_buf_init(&engine->config_body, body.size + 1);
    if (sw_buf_append(&engine->config_body, body.data, body.size) != SW_OK ||
        sw_config_decode(sw_buf_view(&engine->config_body), config) != SW_OK)
        return SW_STOP;
    for (size_t i = 0; i < config->password_count; i++)
        engine->passwords[i] = (const char *)config->passwords[i].data;
    return SW_OK;
}

/* Where there may be disk space for what does not fit into memory; /tmp is often
 * memory itself. */
static void plan_spill(struct engine *engine)
{
    const char **folder = engine->spill_folders;
    const char *given = getenv("TMPDIR");

    if (given != NULL && given[0] == '/')
        *folder++ = given;
    *folder++ = "/var/tmp";
    *folder++ = "/tmp";
    *folder = NULL;
    atomic_store(&engine->spill_purse.left, engine->config.limits.spill_max);
}

static enum sw_status take_config(struct engine *engine, int fds[FD_COUNT], struct sw_error *error)
{
    struct sw_message message;

    sw_message_init(&message);
    enum sw_status status = sw_wire_receive(&engine->intake, true, &message, error);
    if (status == SW_OK && (message.type != SW_MESSAGE_CONFIG || message.fd_count != FD_COUNT ||
                            keep_config(engine, sw_buf_view(&message.body)) != SW_OK))
        status = sw_fail(error, SW_STOP, "engine", 0, "malformed configuration");
    for (size_t i = 0; status == SW_OK && i < FD_COUNT; i++) {
        fds[i] = message.fds[i];
        message.fds[i] = -1; /* ownership moves */
    }
    sw_message_done(&message);
    if (status == SW_OK)
        plan_spill(engine);
    return status;
}

/* What of --memory is the engine's: the supervisor and memory that both map
 * have the rest. */
static uint64_t memory_share(const struct engine *engine)
{
    uint64_t memory_max = engine->config.limits.memory_max;
    return memory_max - memory_max / 8;
}

/* Rules come from the user, but one of them may ask for endless work, and all
 * of them together for more memory than there may be. The hard limit comes
 * with the sandbox. */
static void limit_compilation_memory(const struct engine *engine)
{
#ifndef SWEEPER_SANITIZED /* shadow memory counts as private */
    struct rlimit data;

    if (getrlimit(RLIMIT_DATA, &data) != 0)
        return;
    data.rlim_cur = memory_share(engine);
    setrlimit(RLIMIT_DATA, &data);
#else
    (void)engine;
#endif
}

static void limit_compilation(bool on)
{
    struct rlimit cpu;

    if (getrlimit(RLIMIT_CPU, &cpu) != 0)
        return;
    cpu.rlim_cur = on && (cpu.rlim_max == RLIM_INFINITY || cpu.rlim_max > COMPILE_CPU_SECONDS_MAX)
                       ? COMPILE_CPU_SECONDS_MAX
                       : cpu.rlim_max;
    setrlimit(RLIMIT_CPU, &cpu);
}

static enum sw_status make_prefilter(struct engine *engine, int fd, struct sw_error *error)
{
    struct sw_prefilter_report *report = &engine->prefilter_report;
    enum sw_status status;

    if (!engine->config.prefilter) {
        snprintf(report->reason, sizeof(report->reason), "switched off by --no-prefilter");
        return SW_OK;
    }
    if (engine->config.patterns_ready) {
        status = sw_prefilter_load(fd, &engine->prefilter, report, error);
    } else {
        status = sw_prefilter_build(sw_ruleset_rules(engine->ruleset), &engine->prefilter, report,
                                    error);
        if (status == SW_OK && report->on)
            status = sw_prefilter_save(engine->prefilter, fd, error);
    }
    if (!report->on) {
        sw_prefilter_free(engine->prefilter);
        engine->prefilter = NULL;
    }
    return status == SW_PART ? SW_OK : status;
}

/* Bytes of private memory, as RLIMIT_DATA counts them; 0 when unknown, which
 * it is when the shadow memory of a sanitizer counts too. */
static uint64_t private_bytes(void)
{
#ifdef SWEEPER_SANITIZED
    return 0;
#else
    enum { FIELD_DATA = 5 }; /* counted from 0, proc(5) */
    char line[160] = "";
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL)
        return 0;
    char *field = fgets(line, sizeof(line), file);
    fclose(file);
    for (unsigned i = 0; field != NULL && i < FIELD_DATA; i++) {
        field = strchr(field, ' ');
        if (field != NULL)
            field++;
    }
    return field != NULL ? strtoull(field, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
#endif
}

/* Libraries that lack memory say so in many ways, or blame something else. */
static bool refuse_for_memory(const struct engine *engine, struct refusal *refusal,
                              const struct sw_error *error)
{
    uint64_t memory_max = engine->config.limits.memory_max;
    char text[sizeof(error->text) + 128];

    if (error->errnum != ENOMEM && private_bytes() < memory_share(engine) / 4 * 3)
        return false;
    snprintf(text, sizeof(text), "--memory %" PRIu64 "M is not enough for these rules (%s)",
             (uint64_t)(memory_max / SW_MIB), error->text);
    refuse(refusal, SW_EXIT_FAILED, text);
    return true;
}

static enum sw_status load_rules(struct engine *engine, const int fds[FD_COUNT],
                                 struct refusal *refusal)
{
    struct sw_diagnoses diagnoses = {0};
    struct sw_error error = {0};

    limit_compilation(true);
    limit_compilation_memory(engine);
    enum sw_status status = sw_rulepack_open(fds[FD_PACK], &engine->pack, &error);
    if (status == SW_OK) {
        status = sw_ruleset_compile(engine->pack, &engine->ruleset, &diagnoses, &error);
        if (status != SW_OK && !refuse_for_memory(engine, refusal, &error))
            refuse_rules(refusal, &diagnoses, &error);
    }
    if (status == SW_OK)
        status = sw_matcher_new(engine->pack, &engine->matcher, &error);
    if (status == SW_OK)
        status = make_prefilter(engine, fds[FD_PATTERNS], &error);
    if (status == SW_OK)
        status = sw_magic_read(&engine->magic, &error);
    limit_compilation(false);
    sw_diagnoses_done(&diagnoses);
    if (status != SW_OK && !refuse_for_memory(engine, refusal, &error))
        refuse(refusal, SW_EXIT_FAILED, error.text);
    return status;
}

/* --- workers and the door -------------------------------------------------- */

static enum sw_status start_workers(struct engine *engine)
{
    struct worker *workers = engine->workers;
    pthread_attr_t attributes;
    unsigned count = engine->config.thread_count;

    if (pthread_attr_init(&attributes) != 0)
        return SW_STOP;
#ifndef SWEEPER_SANITIZED /* instrumented frames are several times larger */
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
#endif
    enum sw_status status = SW_OK;
    for (unsigned i = 0; i < count && status == SW_OK; i++) {
        workers[i] = (struct worker){.engine = engine, .index = i};
        if (pthread_create(&workers[i].thread, &attributes, worker_main, &workers[i]) != 0)
            status = SW_STOP;
    }
    pthread_attr_destroy(&attributes);
    return status;
}

/* Between the barriers: all workers wait. True when the engine may begin. */
static bool close_door(struct engine *engine, struct refusal *refusal)
{
    const struct worker *workers = engine->workers;
    bool threads_closed = true;

    for (unsigned i = 0; i < engine->config.thread_count; i++) {
        threads_closed = threads_closed && workers[i].closed;
        if (!workers[i].warm) {
            refuse(refusal, SW_EXIT_FAILED, workers[i].error.text);
            return false;
        }
    }
    /* Stacks are reserved, and hardly used. */
    const uint64_t stacks = (uint64_t)engine->config.thread_count * STACK_SIZE;
    sw_sandbox_process(memory_share(engine) + stacks, threads_closed, &engine->sandbox);
    if (engine->config.require_sandbox && engine->sandbox.missing_count != 0) {
        refuse(refusal, SW_EXIT_FAILED, "--sandbox=require: ");
        for (size_t i = 0; i < engine->sandbox.missing_count; i++)
            (void)!sw_buf_append_format(&refusal->text, "%s%s", i == 0 ? "" : "; ",
                                        engine->sandbox.missing[i]);
        return false;
    }
    return true;
}

static enum sw_status say_ready(const struct engine *engine)
{
    const struct sw_ruleset *set = engine->ruleset;
    json_t *account = engine_account(engine);
    char *text = account != NULL ? json_dumps(account, JSON_COMPACT) : NULL;
    enum sw_status status = SW_STOP;
    struct sw_error error;
    uint32_t flags = 0;
    struct sw_buf body;

    static const enum sw_external names[] = {SW_EXTERNAL_FILENAME, SW_EXTERNAL_FILEPATH,
                                             SW_EXTERNAL_EXTENSION};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (sw_ruleset_uses(set, names[i]))
            flags |= SW_READY_RULES_USE_NAMES;
    if (sw_matcher_uses_names(engine->matcher))
        flags |= SW_READY_RULES_USE_NAMES;
    if (sw_ruleset_uses(set, SW_EXTERNAL_OWNER))
        flags |= SW_READY_RULES_USE_OWNER;

    sw_buf_init(&body, SW_RECORD_MAX);
    if (text != NULL && sw_buf_append_u32(&body, flags) == SW_OK &&
        sw_buf_append_text(&body, text) == SW_OK) {
        struct sw_wire_out out = {.type = SW_MESSAGE_READY, .body = sw_buf_view(&body)};
        if (sw_wire_send(&out, SW_WIRE_FD, true, &error) == SW_OK)
            status = SW_OK;
    }
    sw_buf_done(&body);
    free(text);
    json_decref(account);
    return status;
}

/* Runs the workers to the end of the sweep. */
static int serve(struct engine *engine, struct refusal *refusal)
{
    unsigned count = engine->config.thread_count;

    engine->workers = calloc(count, sizeof(*engine->workers));
    if (engine->workers == NULL || pthread_mutex_init(&engine->intake_lock, NULL) != 0 ||
        pthread_barrier_init(&engine->warmed, NULL, count + 1) != 0 ||
        pthread_barrier_init(&engine->door_shut, NULL, count + 1) != 0 ||
        start_workers(engine) != SW_OK) {
        refuse(refusal, SW_EXIT_FAILED, "cannot start the workers");
        return EXIT_FAILURE; /* workers that did start wait for ever; exit ends them */
    }
    pthread_barrier_wait(&engine->warmed);
    engine->given_up = !close_door(engine, refusal);
    if (!engine->given_up && say_ready(engine) != SW_OK) {
        refuse(refusal, SW_EXIT_FAILED, "cannot report for work");
        engine->given_up = true;
    }
    pthread_barrier_wait(&engine->door_shut);
    for (unsigned i = 0; i < count; i++)
        pthread_join(engine->workers[i].thread, NULL);
    free(engine->workers);
    engine->workers = NULL;
    return engine->given_up ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The ceiling counts what malloc holds, used or not, and glibc's arenas give
 * their memory neither back nor to each other: after one greedy object nothing
 * would be left for anybody. One arena serves all; what is large is mapped. */
static void settle_memory(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 512 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

/* --- main -------------------------------------------------------------------- */

static void settle_process(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "sweeper-engine");
    settle_memory();
    setenv("TZ", "UTC0", 1); /* times without a zone (zip, cab, lha) mean the same anywhere */
    setlocale(LC_CTYPE, "C.UTF-8"); /* never the user's: results must not depend on it */
    /* Ctrl-C reaches the whole terminal: the supervisor decides. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
}

int sw_engine_main(void)
{
    struct engine engine = {0};
    struct refusal refusal = {.exit_code = SW_EXIT_FAILED};
    struct sw_error error = {0};
    int fds[FD_COUNT] = {-1, -1, -1};
    int exit_status = EXIT_FAILURE;

    settle_process();
    sw_buf_init(&refusal.text, 256 * SW_KIB);
    if (sw_wire_in_init(&engine.intake, SW_WIRE_FD, &error) != SW_OK)
        return EXIT_FAILURE;
    if (take_config(&engine, fds, &error) != SW_OK ||
        sw_slots_map(fds[FD_SLOTS], &engine.slots, &error) != SW_OK ||
        crash_init(engine.slots, &error) != SW_OK || sw_blob_faults_init(&error) != SW_OK ||
        sw_memory_budget_init(&engine.budget, engine.config.limits.memory_max / 2, &error) !=
            SW_OK ||
        sw_pages_init(&engine.pages, &error) != SW_OK ||
        share_init(&engine.share, &error) != SW_OK) {
        refuse(&refusal, SW_EXIT_FAILED, error.text);
        goto out;
    }
    (void)!getrandom(engine.told_key, sizeof(engine.told_key), 0);
    sw_source_archive_warm();
    sw_source_disk_warm();
    if (yr_initialize() != ERROR_SUCCESS) {
        refuse(&refusal, SW_EXIT_FAILED, "libyara cannot start");
        goto out;
    }
    if (load_rules(&engine, fds, &refusal) != SW_OK)
        goto out;
    for (size_t i = 0; i < FD_COUNT; i++)
        close(fds[i]);
    exit_status = serve(&engine, &refusal);
out:
    if (exit_status != EXIT_SUCCESS)
        send_refusal(&refusal);
    /* Everything else goes with the process: workers may still hold it, and
     * nothing that runs at an ordinary exit could open or write anything. */
    _exit(exit_status);
}
