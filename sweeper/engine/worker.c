/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - one thread: take a batch, look at each object, say what it is. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crash.h"
#include "engine.h"
#include "fault.h"
#include "reporter.h"
#include "sweeper/digest.h"
#include "sweeper/scan.h"

enum {
    DIGEST_CHUNK = 256 * 1024,
    TYPE_MAX = 1024, /* bytes kept of libmagic's description */
};

/* What one worker holds while it runs. */
struct desk {
    struct engine *engine;
    struct sw_slot *slot;
    struct sw_ident *ident;
    struct sw_scanner *scanner;
    struct sw_digest *digest;
    uint8_t *chunk; /* DIGEST_CHUNK bytes */
    uint8_t *head;  /* SW_IDENT_HEAD_MAX bytes, made when first needed */
    struct reporter reporter;
};

/* The object under the worker's eyes. */
struct object {
    struct desk *desk;
    struct sw_blob *blob;
    struct sw_view scan_head; /* what the scan read first */
    uint64_t size;            /* bytes that there really were */
    char sha256[SW_SHA256_HEX_SIZE];
    bool described;
    char type[TYPE_MAX];
    const char *mime; /* borrowed from the ident; NULL: not asked yet */
};

static void enter(const struct desk *desk, enum sw_phase phase)
{
    atomic_store_explicit(&desk->slot->phase, phase, memory_order_relaxed);
}

/* --- facts about an object that has a finding --------------------------- */

static enum sw_status hash_object(struct object *object, struct sw_error *error)
{
    struct desk *desk = object->desk;
    uint64_t offset = 0;
    size_t got = 1;

    enter(desk, SW_PHASE_DIGEST);
    if (sw_digest_start(desk->digest) != SW_OK)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "digest", 0, "no SHA-256");
    while (got != 0) {
        uint64_t left = object->blob->size_known ? object->blob->size - offset : SW_UNSIZED_MAX;
        size_t want = left < DIGEST_CHUNK ? (size_t)left : DIGEST_CHUNK;
        enum sw_status status =
            sw_blob_read_at(object->blob, offset, desk->chunk, want, &got, error);
        if (status != SW_OK)
            return status;
        if (sw_digest_update(desk->digest, desk->chunk, got) != SW_OK)
            return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "digest", 0, "no SHA-256");
        offset += got;
    }
    object->size = offset;
    if (sw_digest_finish(desk->digest, object->sha256) != SW_OK)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "digest", 0, "no SHA-256");
    return SW_OK;
}

/* The head that libmagic sees: as long as file(1) takes it, whatever window
 * the scan happened to read. */
static struct sw_view long_head(struct object *object)
{
    struct desk *desk = object->desk;
    struct sw_error error;
    size_t got = 0;

    if (object->scan_head.size >= SW_IDENT_HEAD_MAX ||
        (object->blob->size_known && object->scan_head.size >= object->blob->size))
        return object->scan_head;
    if (desk->head == NULL)
        desk->head = malloc(SW_IDENT_HEAD_MAX);
    if (desk->head == NULL ||
        sw_blob_read_at(object->blob, 0, desk->head, SW_IDENT_HEAD_MAX, &got, &error) != SW_OK)
        return object->scan_head;
    return (struct sw_view){desk->head, got};
}

static void name_type(struct object *object)
{
    struct sw_view head = long_head(object);

    enter(object->desk, SW_PHASE_TYPE);
    /* A text of the ident lives until its next call. */
    snprintf(object->type, sizeof(object->type), "%s", sw_ident_type(object->desk->ident, head));
    object->mime = sw_ident_mime(object->desk->ident, head);
}

static enum sw_status describe(struct object *object, struct sw_error *error)
{
    if (object->described)
        return SW_OK;
    enum sw_status status = hash_object(object, error);
    if (status != SW_OK)
        return status;
    name_type(object);
    object->described = true;
    return SW_OK;
}

/* --- what the scanner calls --------------------------------------------- */

static enum sw_status on_hit(void *context, const struct sw_rule_hit *hit)
{
    struct object *object = context;
    struct reporter *reporter = &object->desk->reporter;
    struct sw_error error;

    if (describe(object, &error) != SW_OK) {
        /* The finding is not lost: it is reported without a digest as a gap
         * that names the rule. */
        char why[sizeof(error.text)];
        memcpy(why, error.text, sizeof(why));
        (void)sw_fail_gap(&error, SW_SKIP, error.reason, "digest", 0,
                          "rule %s matched, but the object could not be hashed: %.400s",
                          hit->rule->identifier, why);
        return reporter_gap(reporter, &error, hit->rule);
    }
    enter(object->desk, SW_PHASE_REPORT);
    const struct object_facts facts = {
        .sha256 = object->sha256, .size = object->size, .type = object->type, .mime = object->mime};
    return reporter_finding(reporter, hit, &facts);
}

static void on_gap(void *context, const struct sw_error *error, const YR_RULE *rule)
{
    struct object *object = context;

    if (reporter_gap(&object->desk->reporter, error, rule) != SW_OK)
        _exit(EXIT_FAILURE); /* the supervisor is gone, or memory for one line is */
}

/* --- one object ----------------------------------------------------------- */

/* File systems that make their files' content up as it is read; st_size says
 * nothing there. Numbers: statfs(2). */
static bool is_synthetic(int fd)
{
    static const uint32_t types[] = {
        0x9fa0 /* proc */,           0x62656572 /* sysfs */,     0x27e0eb /* cgroup */,
        0x63677270 /* cgroup2 */,    0x64626720 /* debugfs */,   0x74726163 /* tracefs */,
        0x73636673 /* securityfs */, 0x62656570 /* configfs */,  0x6165676c /* pstore */,
        0xde5e81e4 /* efivarfs */,   0xf97cff8c /* selinuxfs */, 0xcafe4a11 /* bpf */,
    };
    struct statfs facts;

    if (fstatfs(fd, &facts) != 0)
        return false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if ((uint32_t)facts.f_type == types[i])
            return true;
    return false;
}

/* Nearly every file has a size that is neither 0 nor one page, and is settled
 * without a system call. */
static bool size_is_known(int fd, const struct sw_facts *facts)
{
    if (facts->size == 0)
        return false;
    return facts->size != 4096 || !is_synthetic(fd);
}

static int64_t nanoseconds(struct timespec at)
{
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

/* Compares with what the supervisor saw at opening. The raw system call: glibc
 * would use newfstatat, which can reach any path and is not allowed here. */
static void check_unchanged(struct desk *desk, int fd, const struct sw_batch_entry *entry,
                            bool size_known)
{
    const struct sw_facts *before = &entry->facts;
    struct stat after;
    struct sw_error error;

    if (syscall(SYS_fstat, fd, &after) != 0)
        return;
    if ((uint64_t)after.st_size == before->size && nanoseconds(after.st_mtim) == before->mtime_ns &&
        nanoseconds(after.st_ctim) == before->ctime_ns)
        return;
    if (!size_known && is_synthetic(fd))
        return;
    (void)sw_fail_gap(&error, SW_PART, SW_GAP_CHANGED_WHILE_READING, "worker", 0,
                      (uint64_t)after.st_size == before->size
                          ? "modified between opening and the end of the scan"
                          : "size changed from %llu to %llu bytes",
                      (unsigned long long)before->size, (unsigned long long)after.st_size);
    if (reporter_gap(&desk->reporter, &error, NULL) != SW_OK)
        _exit(EXIT_FAILURE);
}

/* The MIME type for the histogram of --types. */
static struct sw_view type_for_ack(struct object *object)
{
    if (!object->desk->engine->config.types)
        return (struct sw_view){0};
    if (object->mime == NULL)
        name_type(object);
    return (struct sw_view){(const uint8_t *)object->mime, strlen(object->mime)};
}

/* --- memory -------------------------------------------------------------------- */

/* Goes to work on `item`, with the others or alone. While it waits, it is at
 * nothing: the watch does not count that time. */
static void go_in(struct desk *desk, uint64_t item, bool alone)
{
    struct sw_memory_budget *budget = &desk->engine->budget;

    if (!sw_memory_budget_try_enter(budget, alone)) {
        atomic_store_explicit(&desk->slot->item, 0, memory_order_release);
        sw_memory_budget_enter(budget, alone);
    }
    atomic_store_explicit(&desk->slot->item, item, memory_order_release);
}

/* One object. When memory ran out, another worker may have had it all: the
 * object is looked at again while no other is, so that only what is too large
 * by itself becomes a gap. */
static enum sw_status scan(struct object *object, const struct sw_label *label,
                           const struct sw_scan_output *output, struct sw_scan_effort *effort,
                           struct sw_error *error)
{
    struct desk *desk = object->desk;
    const uint64_t item = desk->reporter.item;

    go_in(desk, item, false);
    enter(desk, SW_PHASE_SCAN);
    fault_provoke(object->blob->fd);
    enum sw_status status = sw_scanner_scan(desk->scanner, object->blob, label, output, effort,
                                            &object->scan_head, error);
    if (status == SW_SKIP && error->reason == SW_GAP_LIMIT_MEMORY && desk->reporter.sequence == 0 &&
        desk->engine->config.thread_count > 1) {
        enter(desk, SW_PHASE_IDLE);
        sw_memory_budget_leave(&desk->engine->budget);
        go_in(desk, item, true);
        enter(desk, SW_PHASE_SCAN);
        (void)malloc_trim(0);
        status = sw_scanner_scan(desk->scanner, object->blob, label, output, effort,
                                 &object->scan_head, error);
    }
    sw_memory_budget_leave(&desk->engine->budget);
    return status;
}

static enum sw_status look_at(struct desk *desk, const struct sw_batch_entry *entry, int fd)
{
    struct sw_blob blob = sw_blob_of_fd(fd, entry->facts.size);
    struct object object = {.desk = desk, .blob = &blob};
    const struct sw_scan_output output = {.context = &object, .hit = on_hit, .gap = on_gap};
    const struct sw_label label = {.path = (const char *)entry->path.data,
                                   .owner = (const char *)entry->owner.data,
                                   .mode = entry->facts.mode & 07777};
    struct sw_scan_effort effort = {0};
    struct sw_error error = {0};

    blob.size_known = size_is_known(fd, &entry->facts);
    reporter_begin(&desk->reporter, entry->item);
    enum sw_status status = scan(&object, &label, &output, &effort, &error);
    if (status == SW_SKIP)
        on_gap(&object, &error, NULL);
    check_unchanged(desk, fd, entry, blob.size_known);
    const struct sw_ack ack = {.item = entry->item,
                               .judged = status >= SW_PART,
                               .record_count = desk->reporter.sequence,
                               .bytes = effort.bytes_read,
                               .full = effort.full,
                               .full_bytes = effort.full_bytes,
                               .type = type_for_ack(&object)};
    sw_blob_close(&blob);
    if (status == SW_STOP)
        return SW_STOP;
    status = reporter_ack(&desk->reporter, &ack);
    enter(desk, SW_PHASE_IDLE);
    atomic_store_explicit(&desk->slot->item, 0, memory_order_release);
    return status;
}

/* --- batches ---------------------------------------------------------------- */

static enum sw_status look_at_batch(struct desk *desk, struct sw_message *batch)
{
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&batch->body));
    uint32_t count = 0;

    if (batch->type != SW_MESSAGE_BATCH || sw_cursor_u32(&cursor, &count) != SW_OK ||
        count != batch->fd_count)
        return SW_STOP;
    for (uint32_t i = 0; i < count; i++) {
        struct sw_batch_entry entry;
        if (sw_batch_entry_decode(&cursor, &entry) != SW_OK)
            return SW_STOP;
        enum sw_status status = look_at(desk, &entry, batch->fds[i]);
        close(batch->fds[i]);
        batch->fds[i] = -1;
        if (status != SW_OK)
            return status;
    }
    return reporter_flush(&desk->reporter);
}

/* SW_END when the supervisor has no more work. */
static enum sw_status work(struct desk *desk)
{
    struct engine *engine = desk->engine;
    struct sw_message batch;
    enum sw_status status = SW_OK;

    sw_message_init(&batch);
    while (status == SW_OK) {
        struct sw_error error;
        pthread_mutex_lock(&engine->intake_lock);
        status = sw_wire_receive(&engine->intake, true, &batch, &error);
        pthread_mutex_unlock(&engine->intake_lock);
        if (status == SW_OK)
            status = look_at_batch(desk, &batch);
    }
    sw_message_done(&batch);
    return status;
}

/* --- a worker's life ---------------------------------------------------------- */

static enum sw_status desk_open(struct desk *desk, unsigned index, struct sw_error *error)
{
    struct engine *engine = desk->engine;
    const struct sw_scanner_options options = {
        .ruleset = engine->ruleset,
        .prefilter = engine->prefilter,
        .matches_max = engine->config.limits.matches_max,
        .time_max_s = engine->config.limits.time_max_s,
        .budget = &engine->budget,
    };
    struct sw_scanner_options complete = options;

    reporter_init(&desk->reporter, index + 1);
    desk->slot = &engine->slots->slot[index];
    atomic_store(&desk->slot->tid, (uint32_t)syscall(SYS_gettid));
    desk->chunk = malloc(DIGEST_CHUNK);
    if (desk->chunk == NULL)
        return sw_fail(error, SW_STOP, "worker", ENOMEM, "cannot start worker %u", index);
    enum sw_status status = crash_thread_init(index, error);
    if (status == SW_OK)
        status = sw_blob_faults_init(error);
    if (status == SW_OK)
        status = sw_digest_new(&desk->digest);
    if (status == SW_OK)
        status = sw_ident_new(engine->magic, &desk->ident, error);
    complete.ident = desk->ident;
    if (status == SW_OK)
        status = sw_scanner_new(&complete, &desk->scanner, error);
    if (status == SW_OK)
        status = sw_scanner_warm(desk->scanner, error);
    return status;
}

static void desk_close(struct desk *desk)
{
    sw_scanner_free(desk->scanner);
    sw_ident_free(desk->ident);
    sw_digest_free(desk->digest);
    reporter_done(&desk->reporter);
    free(desk->chunk);
    free(desk->head);
}

void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct engine *engine = worker->engine;
    struct desk desk = {.engine = engine};

    worker->warm = desk_open(&desk, worker->index, &worker->error) == SW_OK;
    worker->closed = sw_sandbox_thread();
    pthread_barrier_wait(&engine->warmed);
    pthread_barrier_wait(&engine->door_shut);
    if (!engine->given_up && work(&desk) != SW_END)
        _exit(EXIT_FAILURE); /* nothing left to say; the supervisor asks why */
    desk_close(&desk);
    return NULL;
}
