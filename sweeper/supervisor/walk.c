/* SPDX-License-Identifier: Apache-2.0 */
/* walk.c - the door of the walk: its life, its threads and their stack of
 * directories. */
#include "sweeper/walk.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/walk_private.h"
#include "sweeper/options.h"

const char *sw_excluded_name(enum sw_excluded excluded)
{
    static const char *const names[] = {
#define EXCLUDED_NAME(constant, name) [SW_EXCLUDED_##constant] = name,
        SW_EXCLUDED_TABLE(EXCLUDED_NAME)
#undef EXCLUDED_NAME
    };

    return names[excluded];
}

/* --- Memory that the walk cannot do without --- */

void sw_walk_wait_for_memory(unsigned *attempts)
{
    const struct timespec delay = {.tv_nsec = 100000000};

    if (++*attempts <= 50) {
        nanosleep(&delay, NULL);
        return;
    }
    fputs("sweeper: out of memory: the walk cannot go on\n", stderr);
    _exit(SW_EXIT_FAILED);
}

void *sw_walk_alloc(size_t size)
{
    unsigned attempts = 0;
    void *memory;

    while ((memory = malloc(size)) == NULL)
        sw_walk_wait_for_memory(&attempts);
    return memory;
}

/* --- The stack of work --- */

void sw_walk_push(struct sw_walk *walk, struct sw_dir *first, struct sw_dir *last)
{
    pthread_mutex_lock(&walk->lock);
    last->next = walk->stack;
    walk->stack = first;
    pthread_cond_broadcast(&walk->work);
    pthread_mutex_unlock(&walk->lock);
}

void sw_walk_push_later(struct sw_walk *walk, struct sw_dir *dir)
{
    pthread_mutex_lock(&walk->lock);
    dir->next = walk->later;
    walk->later = dir;
    pthread_mutex_unlock(&walk->lock);
}

/* Mounts that show a file system once more, if there are any, are walked when all else
 * is done, one after the other in the order of their paths: what was seen before is
 * then the same on every run. */
static void stack_take_later(struct sw_walk *walk)
{
    struct sw_dir **first = &walk->later;
    struct sw_dir *dir;

    for (struct sw_dir **link = &walk->later->next; *link != NULL; link = &(*link)->next) {
        if (strcmp((*link)->mount->path, (*first)->mount->path) < 0)
            first = link;
    }
    dir = *first;
    *first = dir->next;
    dir->next = NULL;
    walk->stack = dir;
}

/* Called and left with the lock held; lets it go to flush. NULL: the end. */
static struct sw_dir *stack_take(struct sw_walker *walker)
{
    struct sw_walk *walk = walker->walk;

    while (!sw_walk_stopped(walk)) {
        struct sw_dir *dir;

        if (walk->stack == NULL && walk->busy == 0 && walk->later != NULL)
            stack_take_later(walk);
        dir = walk->stack;
        if (dir != NULL) {
            walk->stack = dir->next;
            dir->next = NULL;
            walk->busy++;
            return dir;
        }
        if (walk->busy == 0)
            return NULL;
        if (walker->batch != NULL) {
            /* Nobody knows how long the wait is: what was found goes out. */
            pthread_mutex_unlock(&walk->lock);
            sw_walker_flush(walker);
            pthread_mutex_lock(&walk->lock);
        } else {
            pthread_cond_wait(&walk->work, &walk->lock);
        }
    }
    return NULL;
}

static struct sw_dir *work_take(struct sw_walker *walker)
{
    struct sw_walk *walk = walker->walk;
    struct sw_dir *dir;

    pthread_mutex_lock(&walk->lock);
    if (walker->busy && --walk->busy == 0)
        pthread_cond_broadcast(&walk->work);
    dir = stack_take(walker);
    walker->busy = dir != NULL;
    if (dir == NULL)
        pthread_cond_broadcast(&walk->work);
    pthread_mutex_unlock(&walk->lock);
    return dir;
}

/* --- Threads --- */

static void visit_files(struct sw_walker *walker)
{
    struct sw_walk *walk = walker->walk;
    size_t index;

    while (!sw_walk_stopped(walk) &&
           (index = atomic_fetch_add(&walk->file_next, 1)) < walk->root_count) {
        if (walk->roots[index].kind == SW_TARGET_PATH && !walk->roots[index].is_directory &&
            !walk->states[index].overlaps)
            sw_walk_visit_file(walker, (uint32_t)index);
    }
}

static void walker_end(struct sw_walker *walker)
{
    struct sw_walk *walk = walker->walk;
    bool last;

    sw_walker_flush(walker);
    pthread_mutex_lock(&walk->lock);
    last = --walk->running == 0;
    pthread_mutex_unlock(&walk->lock);
    if (!last)
        return;
    atomic_store(&walk->finished, true);
    sw_queue_close(walk->queue);
}

static void *walker_main(void *argument)
{
    struct sw_walker *walker = argument;
    struct sw_dir *dir;

    if (walker == &walker->walk->walkers[0])
        sw_walk_visit_elsewhere(walker);
    visit_files(walker);
    while ((dir = work_take(walker)) != NULL)
        sw_walk_visit(walker, dir);
    walker_end(walker);
    return NULL;
}

/* --- New and free --- */

/* Half of the descriptors that are left, for directories; the other half is
 * for files on their way. */
static unsigned held_max(void)
{
    struct rlimit limit;
    unsigned open_count = 64;
    unsigned left;
    DIR *listing = opendir("/proc/self/fd");

    if (listing != NULL) {
        for (open_count = 0; readdir(listing) != NULL;)
            open_count++;
        closedir(listing);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return SW_WALK_HELD_MIN;
    if (limit.rlim_cur > (rlim_t)SW_WALK_HELD_MAX * 4 + open_count)
        return SW_WALK_HELD_MAX;
    left = limit.rlim_cur > open_count ? (unsigned)limit.rlim_cur - open_count : 0;
    if (left / 2 < SW_WALK_HELD_MIN)
        return SW_WALK_HELD_MIN;
    return left / 2 > SW_WALK_HELD_MAX ? SW_WALK_HELD_MAX : left / 2;
}

static enum sw_status copy_own_outputs(struct sw_walk *walk, const struct sw_walk_options *options)
{
    walk->own_outputs = calloc(options->own_output_count + 1, sizeof *walk->own_outputs);
    if (walk->own_outputs == NULL)
        return SW_STOP;
    for (size_t index = 0; index < options->own_output_count; index++) {
        walk->own_outputs[index] = (struct sw_identity){options->own_outputs[index].device,
                                                        options->own_outputs[index].inode};
    }
    walk->own_output_count = options->own_output_count;
    return SW_OK;
}

static enum sw_status make_walkers(struct sw_walk *walk, unsigned count)
{
    walk->walkers = calloc(count, sizeof *walk->walkers);
    walk->tallies = calloc(count + 1, sizeof *walk->tallies);
    if (walk->walkers == NULL || walk->tallies == NULL)
        return SW_STOP;
    walk->walker_count = count;
    for (unsigned index = 0; index < count; index++) {
        struct sw_walker *walker = &walk->walkers[index];

        walker->walk = walk;
        walker->tally = &walk->tallies[index + 1];
        walker->entries = malloc(SW_WALK_ENTRIES_SIZE);
        if (walker->entries == NULL)
            return SW_STOP;
    }
    return SW_OK;
}

/* The last target goes on the stack first, so that the first one is walked
 * first. */
static enum sw_status push_roots(struct sw_walk *walk)
{
    for (size_t index = walk->root_count; index-- > 0;) {
        const struct sw_root *root = &walk->roots[index];
        struct sw_dir *dir;
        size_t size = strlen(root->path);

        if (!root->is_directory || walk->states[index].overlaps)
            continue;
        dir = sw_dir_new(NULL, (uint32_t)index, root->path, size == 1 ? 0 : size);
        if (dir == NULL)
            return SW_STOP;
        sw_walk_push(walk, dir, dir);
    }
    return SW_OK;
}

static void drop_all(struct sw_walk *walk, struct sw_dir *dir)
{
    while (dir != NULL) {
        struct sw_dir *next = dir->next;

        sw_dir_drop(&walk->dirs, dir);
        dir = next;
    }
}

static void walk_free(struct sw_walk *walk)
{
    drop_all(walk, walk->stack);
    drop_all(walk, walk->later);
    for (unsigned index = 0; index < walk->walker_count; index++) {
        sw_batch_free(walk->walkers[index].batch);
        free(walk->walkers[index].entries);
        free(walk->walkers[index].path);
        free(walk->walkers[index].set_lead);
        free(walk->walkers[index].chain);
    }
    free(walk->walkers);
    free(walk->tallies);
    free(walk->own_outputs);
    sw_walk_roots_done(walk);
    sw_mounts_done(&walk->mounts);
    sw_excludes_done(&walk->excludes);
    sw_seen_done(&walk->seen);
    sw_dirs_done(&walk->dirs);
    pthread_cond_destroy(&walk->work);
    pthread_mutex_destroy(&walk->lock);
    free(walk);
}

static enum sw_status walk_init(struct sw_walk *walk, const struct sw_walk_options *options,
                                struct sw_error *error)
{
    enum sw_status status = sw_mounts_read(&walk->mounts, error);

    if (status == SW_OK)
        status = sw_seen_init(&walk->seen, error);
    if (status == SW_OK)
        status = sw_excludes_init(&walk->excludes, options->exclude_globs, options->exclude_count,
                                  error);
    if (status != SW_OK)
        return status;
    if (make_walkers(walk, options->thread_count == 0 ? 1 : options->thread_count) != SW_OK ||
        copy_own_outputs(walk, options) != SW_OK)
        return sw_fail(error, SW_STOP, "walk", ENOMEM, "%u threads", options->thread_count);
    status = sw_walk_roots_init(walk, options, error);
    if (status == SW_OK && push_roots(walk) != SW_OK)
        return sw_fail(error, SW_STOP, "walk", ENOMEM, "%zu targets", options->target_count);
    return status;
}

enum sw_status sw_walk_new(const struct sw_walk_options *options, struct sw_walk **walk,
                           struct sw_error *error)
{
    struct sw_walk *made = calloc(1, sizeof *made);
    enum sw_status status;

    if (made == NULL)
        return sw_fail(error, SW_STOP, "walk", ENOMEM, "the walk");
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->work, NULL);
    sw_dirs_init(&made->dirs, held_max());
    made->openat2 = sw_opener_probe();
    made->file_size_max = options->file_size_max;
    made->spool_left = options->fetch.spill_max;
    status = walk_init(made, options, error);
    if (status == SW_OK)
        *walk = made;
    else
        walk_free(made);
    return status;
}

/* --- The rest of the door --- */

/* Fewer threads than asked for are fine, none is not. Signals are the
 * conductor's. The lock keeps the first thread from ending the walk before
 * the last one has begun. */
enum sw_status sw_walk_start(struct sw_walk *walk, struct sw_queue *queue, struct sw_error *error)
{
    sigset_t all;
    sigset_t before;
    int failed = 0;

    walk->queue = queue;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&walk->lock);
    for (unsigned index = 0; failed == 0 && index < walk->walker_count; index++) {
        struct sw_walker *walker = &walk->walkers[index];

        walker->opener.openat2 = walk->openat2;
        failed = pthread_create(&walker->thread, NULL, walker_main, walker);
        if (failed == 0)
            walk->thread_count = ++walk->running;
    }
    pthread_mutex_unlock(&walk->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (walk->thread_count == 0)
        return sw_fail(error, SW_STOP, "walk", failed, "no thread could be started");
    return SW_OK;
}

void sw_walk_stop(struct sw_walk *walk)
{
    pthread_mutex_lock(&walk->lock);
    atomic_store_explicit(&walk->stop, true, memory_order_relaxed);
    pthread_cond_broadcast(&walk->work);
    pthread_mutex_unlock(&walk->lock);
}

static struct timespec deadline_after(unsigned patience_ms)
{
    struct timespec deadline;

    clock_gettime(CLOCK_REALTIME, &deadline); /* what pthread_timedjoin_np() counts by */
    deadline.tv_sec += patience_ms / 1000;
    deadline.tv_nsec += (long)(patience_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

bool sw_walk_free(struct sw_walk *walk, unsigned patience_ms)
{
    struct timespec deadline = deadline_after(patience_ms);
    bool joined = true;

    if (walk == NULL)
        return true;
    sw_walk_stop(walk);
    for (unsigned index = 0; index < walk->thread_count; index++) {
        pthread_t thread = walk->walkers[index].thread;

        if (pthread_timedjoin_np(thread, NULL, &deadline) != 0) {
            pthread_detach(thread);
            joined = false;
        }
    }
    if (joined)
        walk_free(walk);
    return joined;
}

static uint64_t tally_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void sw_walk_counts_get(const struct sw_walk *walk, struct sw_walk_counts *counts)
{
    struct sw_walk_counts sum = {.finished = atomic_load(&walk->finished)};

    for (unsigned index = 0; index <= walk->walker_count; index++) {
        const struct sw_tally *tally = &walk->tallies[index];

        sum.directories += tally_get(&tally->directories);
        sum.objects += tally_get(&tally->objects);
        sum.bytes += tally_get(&tally->bytes);
        sum.vanished += tally_get(&tally->vanished);
        for (int reason = 0; reason < SW_EXCLUDED_COUNT; reason++)
            sum.excluded[reason] += tally_get(&tally->excluded[reason]);
    }
    *counts = sum;
}

const struct sw_root *sw_walk_roots(const struct sw_walk *walk, size_t *count)
{
    *count = walk->root_count;
    return walk->roots;
}
