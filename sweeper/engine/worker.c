/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - one thread: take a batch, look at each object, say what it is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/view.h"
#include "context.h"
#include "crash.h"
#include "desk.h"
#include "engine/package/npm_cache.h"
#include "engine/parts.h"
#include "fault.h"

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

static void say_changed(struct desk *desk, const struct sw_error *error)
{
    if (reporter_gap(&desk->reporter, error, NULL, NULL) != SW_OK)
        _exit(EXIT_FAILURE);
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
    say_changed(desk, &error);
}

static void check_parts_unchanged(struct desk *desk)
{
    struct sw_error error;

    if (desk->parts == NULL || !parts_changed(desk->parts))
        return;
    (void)sw_fail_gap(&error, SW_PART, SW_GAP_CHANGED_WHILE_READING, "worker", 0,
                      "another part of its set was modified meanwhile");
    say_changed(desk, &error);
}

/* The MIME type for the histogram of --types. */
static struct sw_view type_for_ack(struct object *object)
{
    if (!object->desk->engine->config.types)
        return (struct sw_view){0};
    if (object->mime == NULL)
        object_name_type(object);
    return (struct sw_view){(const uint8_t *)object->mime, strlen(object->mime)};
}

/* Of a file of a distribution, when it is compared. */
static struct sw_view digest_for_ack(const struct object *object)
{
    const struct sw_view path = sw_view_of(object->label.path);
    const char *hex = object->hex[SW_DIGEST_SHA256];

    return sw_view_of(dists_want(object->desk, path) ? hex : "");
}

/* The value borrows from the desk. */
static struct sw_view context_of(struct object *object, enum sw_context context)
{
    uint8_t *chunk = object->desk->chunk;
    struct sw_error error;
    size_t got = 0;

    _Static_assert((int)CONTEXT_FILE_MAX < (int)DIGEST_CHUNK, "room for one byte more");
    /* What cannot be read the scan has said already. */
    if (context == SW_CONTEXT_NONE ||
        sw_blob_read_at(object->blob, 0, chunk, CONTEXT_FILE_MAX + 1, &got, &error) != SW_OK)
        return (struct sw_view){0};
    const struct sw_view content = {chunk, got};
    if (context != SW_CONTEXT_NPM)
        return context_value(context, content);
    const struct sw_view answer = {
        (const uint8_t *)object->desk->answer,
        sw_npm_cache_answer(content, object->desk->answer, sizeof(object->desk->answer))};
    return sw_context_text_ok(answer) ? answer : (struct sw_view){0};
}

/* `fds`: its own, and those of the parts that go with it. */
static enum sw_status look_at(struct desk *desk, const struct sw_batch_entry *entry, const int *fds)
{
    const int fd = fds[0];
    struct sw_blob blob = sw_blob_of_fd(fd, entry->facts.size);
    struct object object = {.desk = desk,
                            .blob = &blob,
                            .label = {.path = (const char *)entry->path.data,
                                      .owner = (const char *)entry->owner.data,
                                      .mode = entry->facts.mode & 07777}};
    struct sw_scan_effort effort = {0};
    struct sw_error error = {0};

    desk->parts = entry->role != SW_SET_NONE ? parts_new(entry, fds) : NULL;
    if (entry->role != SW_SET_NONE && desk->parts == NULL)
        return SW_STOP;
    blob.size_known = size_is_known(fd, &entry->facts);
    reporter_begin(&desk->reporter, entry->item);
    desk->alone = entry->alone || entry->documents;
    desk->documents = entry->documents;
    desk->skips = entry->skips;
    desk->skip_count = entry->skip_count;
    enum sw_status status = examine(&object, &effort, &error);
    if (status == SW_SKIP)
        examine_gap(&object, &error, NULL);
    check_unchanged(desk, fd, entry, blob.size_known);
    check_parts_unchanged(desk);
    const struct sw_ack ack = {.item = entry->item,
                               .judged = status >= SW_PART,
                               .record_count = desk->reporter.sequence,
                               .bytes = effort.bytes_read,
                               .members = desk->members,
                               .member_bytes = desk->member_bytes,
                               .full = effort.full,
                               .runs = object.runs,
                               .sha256 = digest_for_ack(&object),
                               .full_bytes = effort.full_bytes,
                               .type = type_for_ack(&object),
                               .context = fault_lie(context_of(&object, entry->context))};
    sw_blob_close(&blob);
    parts_free(desk->parts);
    desk->parts = NULL;
    desk->skips = NULL;
    desk->skip_count = 0;
    if (status == SW_STOP)
        return SW_STOP;
    status = reporter_ack(&desk->reporter, &ack);
    desk_enter(desk, SW_PHASE_IDLE);
    atomic_store_explicit(&desk->slot->item, 0, memory_order_release);
    return status;
}

/* --- batches ---------------------------------------------------------------- */

static enum sw_status look_at_batch(struct desk *desk, struct sw_message *batch)
{
    struct sw_cursor cursor = sw_cursor_of(sw_buf_view(&batch->body));
    uint32_t count = 0;
    size_t taken = 0;

    if (batch->type != SW_MESSAGE_BATCH || sw_cursor_u32(&cursor, &count) != SW_OK ||
        count > SW_BATCH_ITEMS_MAX)
        return SW_STOP;
    for (uint32_t i = 0; i < count; i++) {
        struct sw_batch_entry entry;
        if (sw_batch_entry_decode(&cursor, &entry) != SW_OK ||
            entry.fd_count > batch->fd_count - taken)
            return SW_STOP;
        enum sw_status status = look_at(desk, &entry, batch->fds + taken);
        for (size_t end = taken + entry.fd_count; taken < end; taken++) {
            close(batch->fds[taken]);
            batch->fds[taken] = -1;
        }
        if (status != SW_OK)
            return status;
    }
    if (taken != batch->fd_count || !sw_cursor_at_end(&cursor))
        return SW_STOP;
    return reporter_flush(&desk->reporter);
}

void desk_lend(const struct desk *desk, uint64_t item)
{
    atomic_store_explicit(&desk->slot->step, SW_STEP_SHARED, memory_order_release);
    atomic_store_explicit(&desk->slot->item, item, memory_order_release);
    desk_enter(desk, SW_PHASE_UNPACK);
}

void desk_rest(const struct desk *desk)
{
    desk_enter(desk, SW_PHASE_IDLE);
    atomic_store_explicit(&desk->slot->item, 0, memory_order_release);
}

void desk_resume(const struct desk *desk)
{
    atomic_store_explicit(&desk->slot->item, desk->reporter.item, memory_order_release);
    desk_enter(desk, SW_PHASE_UNPACK);
}

void desk_await(const struct desk *desk, const struct task *task)
{
    desk_rest(desk);
    share_await(&desk->engine->share, task);
    desk_resume(desk);
}

/* What comes next: a task of another worker's, or a batch. SW_PART: nothing,
 * ask again. SW_END: the supervisor has no more work. */
static enum sw_status next_work(struct engine *engine, struct sw_message *batch, struct task **task)
{
    struct sw_error error;
    enum sw_status status = SW_PART;

    atomic_fetch_add(&engine->share.idle, 1);
    *task = share_take(&engine->share);
    if (*task == NULL) {
        pthread_mutex_lock(&engine->intake_lock);
        if (!share_wait(&engine->share, engine->intake.fd))
            status = sw_wire_receive(&engine->intake, true, batch, &error);
        pthread_mutex_unlock(&engine->intake_lock);
    }
    atomic_fetch_sub(&engine->share.idle, 1);
    if (*task == NULL && status == SW_PART)
        *task = share_take(&engine->share);
    return status;
}

/* SW_END when the supervisor has no more work. */
static enum sw_status work(struct desk *desk)
{
    struct engine *engine = desk->engine;
    struct sw_message batch;
    enum sw_status status = SW_OK;

    sw_message_init(&batch);
    while (status == SW_OK) {
        struct task *task;
        status = next_work(engine, &batch, &task);
        if (status == SW_OK)
            status = look_at_batch(desk, &batch);
        else if (status == SW_PART)
            status = SW_OK;
        if (task != NULL) {
            atomic_fetch_add(&engine->share.helping, 1);
            task->run(task, desk);
            share_finish(&engine->share, task);
            atomic_fetch_sub(&engine->share.helping, 1);
            if (reporter_flush(&desk->reporter) != SW_OK)
                status = SW_STOP;
        }
    }
    sw_message_done(&batch);
    return status;
}

/* --- a worker's life ---------------------------------------------------------- */

/* SHA-1 and MD5 may be missing: then nothing is compared by them. */
static bool desk_furnish(struct desk *desk)
{
    bool good = sw_digest_new(&desk->digests[SW_DIGEST_SHA256]) == SW_OK;

    (void)!sw_digest_new_of(SW_DIGEST_SHA1, &desk->digests[SW_DIGEST_SHA1]);
    (void)!sw_digest_new_of(SW_DIGEST_MD5, &desk->digests[SW_DIGEST_MD5]);
    desk->chunk = malloc(DIGEST_CHUNK);
    for (size_t i = 0; i < SW_LAYER_DEPTH_MAX; i++) {
        desk->layer_chunks[i] = malloc(DIGEST_CHUNK);
        good = sw_finder_new(&desk->finders[i]) == SW_OK && desk->layer_chunks[i] != NULL && good;
    }
    return good && desk->chunk != NULL;
}

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

    reporter_init(&desk->reporter, index + 1, engine->told_key);
    desk->slot = &engine->slots->slot[index];
    atomic_store(&desk->slot->tid, (uint32_t)syscall(SYS_gettid));
    if (!desk_furnish(desk))
        return sw_fail(error, SW_STOP, "worker", ENOMEM, "cannot start worker %u", index);
    enum sw_status status = crash_thread_init(index, error);
    if (status == SW_OK)
        status = sw_blob_faults_init(error);
    if (status == SW_OK)
        status = sw_ident_new(engine->magic, &desk->ident, error);
    complete.ident = desk->ident;
    complete.help = scan_share_help(&desk->scan_share, desk);
    if (status == SW_OK)
        status = unpack_new(desk, &desk->unpack, error);
    if (status == SW_OK)
        status = sw_scanner_new(&complete, &desk->scanner, error);
    if (status == SW_OK)
        status = sw_scanner_warm(desk->scanner, error);
    return status;
}

static void desk_close(struct desk *desk)
{
    unpack_free(desk->unpack);
    sw_scanner_free(desk->scanner);
    sw_ident_free(desk->ident);
    for (size_t i = 0; i < SW_DIGEST_COUNT; i++)
        sw_digest_free(desk->digests[i]);
    for (size_t i = 0; i < SW_LAYER_DEPTH_MAX; i++) {
        sw_finder_free(desk->finders[i]);
        free(desk->layer_chunks[i]);
    }
    reporter_done(&desk->reporter);
    packages_done(desk);
    free(desk->chunk);
    free(desk->head);
    free(desk->tail);
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
