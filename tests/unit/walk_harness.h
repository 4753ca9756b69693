/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_harness.h - for the tests of the walk: a temporary tree, one call that
 * walks and collects, and questions about what came out.
 */
#ifndef TESTS_WALK_HARNESS_H
#define TESTS_WALK_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/walk_private.h"
#include "sweeper/walk.h"

struct seen_item {
    enum sw_item_kind kind;
    enum sw_gap gap;
    char *path;
    size_t path_size;
    char *text;
    uint32_t root_index;
    struct sw_facts facts;
    int open_flags; /* of the descriptor */
};

struct sweep {
    struct seen_item *items;
    size_t count;
    size_t capacity;
    struct sw_walk_counts counts;
    bool keep; /* false: items are counted only */
    size_t objects;
    size_t gaps;
    size_t batch_items_max;
    uint64_t batch_bytes_max; /* of batches with several items */
    size_t batch_labels_max;
    unsigned held_peak;
    bool joined;
};

/* How a test wants to be walked; zero means the usual. */
struct how {
    const char *targets[8];
    const char *globs[8];
    const struct sw_facts *own_outputs;
    size_t own_output_count;
    uint64_t file_size_max;
    unsigned threads;
    int one_file_system; /* as in struct sw_walk_options, but 0 is the default -1 */
    unsigned held_max;
    bool no_openat2;
    bool count_only;
    unsigned slow_us;             /* the taker sleeps after each batch */
    void (*before_start)(void *); /* between new and start */
    void *argument;
};

static char top[256]; /* the temporary directory of the running test */

static int make_top_in(const char *base)
{
    char *resolved;

    snprintf(top, sizeof top, "%s/sweeper-walk-XXXXXX", base);
    if (mkdtemp(top) == NULL)
        return -1;
    /* So that path comparisons hold where /tmp is a symlink. */
    resolved = realpath(top, NULL);
    assert_non_null(resolved);
    snprintf(top, sizeof top, "%s", resolved);
    free(resolved);
    return 0;
}

__attribute__((unused)) static int make_top(void **state)
{
    const char *base = getenv("TMPDIR");

    (void)state;
    return make_top_in(base != NULL ? base : "/tmp");
}

/* For trees of many thousand files, which a disk is slow to make. */
__attribute__((unused)) static int make_top_in_memory(void **state)
{
    return access("/dev/shm", W_OK) == 0 ? make_top_in("/dev/shm") : make_top(state);
}

__attribute__((unused)) static int remove_top(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        execlp("rm", "rm", "-rf", "--", top, (char *)NULL);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

/* A path below the temporary directory; eight may be in use at once. */
__attribute__((unused)) static const char *at(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s%s%s", top, *name == '\0' ? "" : "/", name);
    return path;
}

__attribute__((unused)) static void make_dir(const char *name)
{
    assert_int_equal(mkdir(at(name), 0755), 0);
}

__attribute__((unused)) static void make_file(const char *name, off_t size)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    close(fd);
}

__attribute__((unused)) static struct sw_facts facts_at(const char *name)
{
    struct stat found;

    assert_int_equal(stat(at(name), &found), 0);
    return (struct sw_facts){.device = found.st_dev, .inode = found.st_ino};
}

static void keep_item(struct sweep *sweep, struct sw_item *item)
{
    struct seen_item *kept;

    if (sweep->count == sweep->capacity) {
        sweep->capacity = sweep->capacity == 0 ? 64 : sweep->capacity * 2;
        sweep->items = realloc(sweep->items, sweep->capacity * sizeof *sweep->items);
        assert_non_null(sweep->items);
    }
    kept = &sweep->items[sweep->count++];
    *kept = (struct seen_item){.kind = item->kind,
                               .gap = item->gap,
                               .path = item->path,
                               .path_size = item->path_size,
                               .text = item->text,
                               .root_index = item->root_index,
                               .facts = item->facts};
    if (item->fd >= 0)
        kept->open_flags = fcntl(item->fd, F_GETFL);
    item->path = NULL;
    item->text = NULL;
}

static void take_batch(struct sweep *sweep, struct sw_batch *batch)
{
    uint64_t bytes = 0;
    size_t labels = 0;

    assert_in_range(batch->count, 1, SW_BATCH_ITEMS_MAX);
    for (size_t index = 0; index < batch->count; index++) {
        struct sw_item *item = &batch->items[index];

        assert_int_equal(strlen(item->path), item->path_size);
        assert_int_equal(item->path[0], '/');
        assert_int_equal(item->kind == SW_ITEM_OBJECT, item->fd >= 0);
        assert_int_equal(item->kind == SW_ITEM_GAP, item->gap != SW_GAP_NONE);
        bytes += item->kind == SW_ITEM_OBJECT ? item->facts.size : 0;
        labels += item->path_size;
        sweep->objects += item->kind == SW_ITEM_OBJECT;
        sweep->gaps += item->kind == SW_ITEM_GAP;
        if (sweep->keep)
            keep_item(sweep, item);
    }
    if (batch->count > sweep->batch_items_max)
        sweep->batch_items_max = batch->count;
    if (batch->count > 1 && bytes > sweep->batch_bytes_max)
        sweep->batch_bytes_max = bytes;
    if (batch->count > 1 && labels > sweep->batch_labels_max)
        sweep->batch_labels_max = labels;
    sw_batch_free(batch);
}

static int compare_items(const void *a, const void *b)
{
    return strcmp(((const struct seen_item *)a)->path, ((const struct seen_item *)b)->path);
}

static struct sw_walk *walk_of(const struct how *how)
{
    struct sw_walk_options options = {
        .targets = how->targets,
        .exclude_globs = how->globs,
        .one_file_system = how->one_file_system == 0 ? -1 : how->one_file_system,
        .file_size_max = how->file_size_max == 0 ? UINT64_MAX : how->file_size_max,
        .thread_count = how->threads == 0 ? 2 : how->threads,
        .own_outputs = how->own_outputs,
        .own_output_count = how->own_output_count,
    };
    struct sw_walk *walk = NULL;
    struct sw_error error = {0};

    while (options.target_count < 8 && how->targets[options.target_count] != NULL)
        options.target_count++;
    while (options.exclude_count < 8 && how->globs[options.exclude_count] != NULL)
        options.exclude_count++;
    if (sw_walk_new(&options, &walk, &error) != SW_OK)
        fail_msg("%s", error.text);
    if (how->no_openat2)
        walk->openat2 = false;
    if (how->held_max != 0)
        walk->dirs.held_max = how->held_max;
    return walk;
}

static struct sw_queue *queue_of(size_t capacity)
{
    struct sw_queue *queue = NULL;

    assert_int_equal(sw_queue_new(capacity, &queue, NULL), SW_OK);
    return queue;
}

static void take_all(struct sw_queue *queue, unsigned slow_us, struct sweep *sweep)
{
    struct sw_batch *batch;

    while ((batch = sw_queue_take(queue)) != NULL) {
        take_batch(sweep, batch);
        if (slow_us != 0)
            usleep(slow_us);
    }
}

/* The queue's descriptor is cleared by the take that finds nothing; whether
 * that was the end is asked after it, not before. */
static void drain(struct sw_walk *walk, struct sw_queue *queue, unsigned slow_us,
                  struct sweep *sweep)
{
    struct pollfd poll_fd = {.fd = sw_queue_fd(queue), .events = POLLIN};

    for (;;) {
        take_all(queue, slow_us, sweep);
        sw_walk_counts_get(walk, &sweep->counts);
        if (sweep->counts.finished)
            break;
        assert_int_equal(poll(&poll_fd, 1, 120000), 1);
    }
    take_all(queue, slow_us, sweep);
}

/* Walks and collects; items are sorted by path. */
__attribute__((unused)) static struct sweep sweep_of(const struct how *how)
{
    struct sweep sweep = {.keep = !how->count_only};
    struct sw_walk *walk = walk_of(how);
    struct sw_queue *queue = queue_of(4);

    if (how->before_start != NULL)
        how->before_start(how->argument);
    assert_int_equal(sw_walk_start(walk, queue, NULL), SW_OK);
    drain(walk, queue, how->slow_us, &sweep);
    assert_true(sweep.counts.finished);
    assert_int_equal(sweep.counts.objects, sweep.objects);
    sweep.held_peak = walk->dirs.held_peak;
    sweep.joined = sw_walk_free(walk, 10000);
    assert_true(sweep.joined);
    sw_queue_free(queue);
    if (sweep.count > 0)
        qsort(sweep.items, sweep.count, sizeof *sweep.items, compare_items);
    return sweep;
}

__attribute__((unused)) static void sweep_done(struct sweep *sweep)
{
    for (size_t index = 0; index < sweep->count; index++) {
        free(sweep->items[index].path);
        free(sweep->items[index].text);
    }
    free(sweep->items);
    *sweep = (struct sweep){0};
}

/* The one item with this path, or NULL; two are a failure. */
__attribute__((unused)) static const struct seen_item *item_at(const struct sweep *sweep,
                                                               const char *path)
{
    const struct seen_item *found = NULL;

    for (size_t index = 0; index < sweep->count; index++) {
        if (strcmp(sweep->items[index].path, path) != 0)
            continue;
        if (found != NULL)
            fail_msg("twice: %s", path);
        found = &sweep->items[index];
    }
    return found;
}

__attribute__((unused)) static void assert_object(const struct sweep *sweep, const char *path)
{
    const struct seen_item *item = item_at(sweep, path);

    if (item == NULL || item->kind != SW_ITEM_OBJECT)
        fail_msg("no object: %s", path);
}

__attribute__((unused)) static void assert_gap(const struct sweep *sweep, const char *path,
                                               enum sw_gap gap, const char *text)
{
    const struct seen_item *item = item_at(sweep, path);

    if (item == NULL || item->kind != SW_ITEM_GAP)
        fail_msg("no gap: %s", path);
    else if (item->gap != gap || strstr(item->text, text) == NULL)
        fail_msg("%s: %s: %s", path, sw_gap_name(item->gap), item->text);
}

/* Runs a test that changes the process (user, limits, mounts) in a child. */
__attribute__((unused)) static void in_child(void (*body)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        body();
        fflush(NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (status != 0)
        fail_msg("the child ended with %#x; its words are above", (unsigned)status);
}

/* In a child, where cmocka's way out is not ours. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#endif
