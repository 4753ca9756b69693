/* SPDX-License-Identifier: Apache-2.0 */
/* The walk on trees that are deep, wide, changing, or meant to break it; and
 * its ends: a stop, a closed queue, a thread that hangs. */
#include "walk_harness.h"

#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "supervisor/walk_listing.h"

#ifdef SWEEPER_SANITIZED
#define LEVELS 1000 /* ThreadSanitizer takes minutes for more */
#else
#define LEVELS 4000
#endif

/* --- Deep trees --- */

static void name_of_level(char name[256], size_t size)
{
    memset(name, 'd', size);
    name[size] = '\0';
}

static void touch_in(int dir, const char *name)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    close(fd);
}

/* A chain of directories; with `siblings` each level also holds a directory
 * with one file in it, and one file. */
static void make_deep(size_t name_size, bool siblings)
{
    char name[256];
    int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    name_of_level(name, name_size);
    for (unsigned level = 0; level < LEVELS; level++) {
        int next;

        assert_int_equal(mkdirat(fd, name, 0755), 0);
        if (siblings) {
            assert_int_equal(mkdirat(fd, "s", 0755), 0);
            next = openat(fd, "s", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            touch_in(next, "f");
            close(next);
            touch_in(fd, "g");
        }
        next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(fd);
        fd = next;
    }
    touch_in(fd, "bottom");
    close(fd);
}

static void expect_deep(const struct how *how, size_t objects, uint64_t directories)
{
    struct sweep sweep = sweep_of(how);

    assert_int_equal(sweep.gaps, 0);
    assert_int_equal(sweep.objects, objects);
    assert_int_equal(sweep.counts.directories, directories);
    assert_int_equal(sweep.counts.vanished, 0);
    assert_true(sweep.batch_labels_max <= SW_WALK_LABELS_MAX);
    if (how->held_max != 0) /* what threads use at once comes on top */
        assert_in_range(sweep.held_peak, 1, how->held_max + 2 * 2);
    sweep_done(&sweep);
}

static void a_deep_chain_is_walked_to_its_end(void **state)
{
    struct sweep sweep;
    size_t size = strlen(top) + LEVELS * 256 + strlen("/bottom");

    (void)state;
    make_deep(255, false);
    sweep = sweep_of(&(struct how){.targets = {top}});
    assert_int_equal(sweep.count, 1);
    assert_int_equal(sweep.items[0].path_size, size);
    assert_int_equal(sweep.items[0].kind, SW_ITEM_OBJECT);
    assert_string_equal(sweep.items[0].path + size - 7, "/bottom");
    sweep_done(&sweep);
    expect_deep(&(struct how){.targets = {top}, .held_max = 4}, 1, LEVELS + 1);
    expect_deep(&(struct how){.targets = {top}, .no_openat2 = true}, 1, LEVELS + 1);
}

static void a_deep_tree_with_siblings_is_walked_whole(void **state)
{
    (void)state;
    make_deep(255, true);
    expect_deep(&(struct how){.targets = {top}, .count_only = true}, 2 * LEVELS + 1,
                2 * LEVELS + 1);
}

static void a_deep_tree_needs_few_descriptors(void **state)
{
    (void)state;
    make_deep(40, true);
    expect_deep(&(struct how){.targets = {top}, .count_only = true, .held_max = 16}, 2 * LEVELS + 1,
                2 * LEVELS + 1);
    expect_deep(
        &(struct how){
            .targets = {top}, .count_only = true, .held_max = 64, .threads = 1, .no_openat2 = true},
        2 * LEVELS + 1, 2 * LEVELS + 1);
}

/* --- Wide directories --- */

/* A line of /proc/self/status, in bytes. */
static size_t status_bytes(const char *name)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "re");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoul(line + strlen(name) + 1, NULL, 10);
    }
    fclose(file);
    return kib * 1024;
}

/* From here on the peak is counted anew. What earlier tests freed is given
 * back first: growth would hide in it. */
static size_t peak_start(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    malloc_trim(0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "5", 1), 1);
    close(fd);
    return status_bytes("VmRSS:");
}

/* Memory is a promise of ours, not of a sanitizer's allocator. */
static void expect_peak(size_t before, size_t more_max)
{
#ifdef SWEEPER_SANITIZED
    (void)before;
    (void)more_max;
#else
    size_t peak = status_bytes("VmHWM:");

    if (peak > before + more_max)
        fail_msg("%zu bytes more than before", peak - before);
#endif
}

static void make_many(const char *prefix, unsigned count, bool directories)
{
    int dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char name[256];

    for (unsigned index = 0; index < count; index++) {
        snprintf(name, sizeof name, "%s%06u", prefix, index);
        if (directories)
            assert_int_equal(mkdirat(dir, name, 0755), 0);
        else
            touch_in(dir, name);
    }
    close(dir);
}

static void a_directory_of_many_files_is_streamed(void **state)
{
    struct how how = {.targets = {top}, .count_only = true};
    struct sweep sweep;
    size_t before;

    (void)state;
    make_many("a-rather-long-name-so-that-keeping-them-all-would-be-seen-", 50000, false);
    before = peak_start();
    sweep = sweep_of(&how);
    assert_int_equal(sweep.objects, 50000);
    assert_int_equal(sweep.gaps, 0);
    assert_int_equal(sweep.batch_items_max, SW_BATCH_ITEMS_MAX);
    expect_peak(before, 3 << 20);
    sweep_done(&sweep);
}

static void a_directory_of_many_directories_is_paused(void **state)
{
    char prefix[201];
    struct sweep sweep;
    size_t before;

    (void)state;
    memset(prefix, 'p', sizeof prefix - 1);
    prefix[sizeof prefix - 1] = '\0';
    make_many(prefix, 20000, true);
    before = peak_start();
    sweep = sweep_of(&(struct how){.targets = {top}, .count_only = true});
    assert_int_equal(sweep.counts.directories, 20001);
    assert_int_equal(sweep.gaps, 0);
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_SEEN_DIRECTORY], 0);
    expect_peak(before, 3 << 20); /* as nodes they would be 7 MB */
    sweep_done(&sweep);
}

/* A paused listing whose descriptor was closed meanwhile goes on where it was. */
static void a_paused_directory_goes_on_in_its_place(void **state)
{
    char name[16];
    struct sweep sweep;

    (void)state;
    make_many("d", 3000, true);
    for (unsigned index = 0; index < 3000; index++) {
        snprintf(name, sizeof name, "d%06u/x", index);
        make_file(name, 1);
    }
    for (unsigned threads = 1; threads <= 4; threads++) {
        sweep = sweep_of(&(struct how){.targets = {top}, .threads = threads, .held_max = 1});
        assert_int_equal(sweep.objects, 3000);
        assert_int_equal(sweep.counts.directories, 3001);
        assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_SEEN_DIRECTORY], 0);
        assert_int_equal(sweep.gaps, 0);
        sweep_done(&sweep);
    }
}

static void batches_keep_their_bounds(void **state)
{
    char name[16];
    struct sweep sweep;

    (void)state;
    for (unsigned index = 0; index < 200; index++) {
        snprintf(name, sizeof name, "m%u", index);
        make_file(name, index % 10 == 0 ? 5 << 20 : 300000);
    }
    sweep = sweep_of(&(struct how){.targets = {top}});
    assert_int_equal(sweep.count, 200);
    assert_in_range(sweep.batch_bytes_max, 1, SW_BATCH_BYTES_MAX);
    sweep_done(&sweep);
}

/* --- Trees that change --- */

struct stand {
    struct sw_walk *walk;
    struct sw_walker *walker;
    struct sw_listing listing;
    struct sw_queue *queue;
};

/* A walk that a test moves by hand, one entry at a time. */
static struct stand stand_of(const struct how *how)
{
    struct stand stand = {.walk = walk_of(how), .queue = queue_of(4)};
    int fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct sw_dir *dir = stand.walk->stack;

    stand.walk->queue = stand.queue;
    stand.walker = &stand.walk->walkers[0];
    stand.walker->opener.openat2 = stand.walk->openat2;
    fd = sw_dirs_hold(&stand.walk->dirs, dir, fd);
    dir->device = facts_at("").device;
    dir->inode = facts_at("").inode;
    stand.listing = sw_listing_of(stand.walker, dir, fd);
    return stand;
}

static struct sw_walk_counts stand_done(struct stand *stand)
{
    struct sw_walk_counts counts;

    sw_listing_publish(&stand->listing);
    sw_walk_counts_get(stand->walk, &counts);
    sw_dirs_unpin(&stand->walk->dirs, stand->listing.dir);
    assert_true(sw_walk_free(stand->walk, 0));
    sw_queue_free(stand->queue);
    return counts;
}

static void a_path_without_end_is_a_gap(void **state)
{
    struct stand stand = stand_of(&(struct how){.targets = {top}});
    struct sw_walker *walker = stand.walker;
    uint32_t path_size = stand.listing.dir->path_size;
    struct sw_batch *batch;

    (void)state;
    stand.listing.dir->path_size = SW_WALK_PATH_MAX - 2;
    walker->path_capacity = SW_WALK_PATH_MAX + 256;
    walker->path = calloc(1, walker->path_capacity);
    assert_non_null(walker->path);
    memset(walker->path, '/', SW_WALK_PATH_MAX);
    stand.listing.path_ready = true;
    sw_listing_see(&stand.listing, "d", DT_DIR);
    assert_int_equal(stand.listing.child_count, 1);
    assert_null(sw_queue_take(stand.queue));
    sw_listing_see(&stand.listing, "dd", DT_DIR);
    assert_int_equal(stand.listing.child_count, 1);
    batch = sw_queue_take(stand.queue); /* as long as this, it goes at once */
    assert_non_null(batch);
    assert_int_equal(batch->items[0].gap, SW_GAP_UNREADABLE);
    assert_non_null(strstr(batch->items[0].text, "longer than 2097152 bytes"));
    sw_batch_free(batch);
    stand.listing.dir->path_size = path_size;
    stand_done(&stand);
}

static void make_zoo(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    make_file("file", 1);
    make_dir("dir");
    assert_int_equal(mkfifo(at("fifo"), 0644), 0);
    assert_int_equal(symlink("file", at("link")), 0);
    assert_int_equal(symlink("dir", at("link to dir")), 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", at("socket"));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void what_changed_is_what_it_is_now(void **state)
{
    static const char *const names[] = {"file", "dir", "fifo", "link", "socket", "gone"};
    struct stand stand;
    struct sw_walk_counts counts;

    (void)state;
    make_zoo();
    for (int no_openat2 = 0; no_openat2 < 2; no_openat2++) {
        for (int type = 0; type < 2; type++) {
            stand = stand_of(&(struct how){.targets = {top}, .no_openat2 = no_openat2 == 1});
            for (size_t index = 0; index < sizeof names / sizeof names[0]; index++)
                sw_listing_see(&stand.listing, names[index], type == 0 ? DT_REG : DT_UNKNOWN);
            assert_int_equal(stand.walker->batch->count, 1);
            assert_int_equal(stand.walker->batch->items[0].kind, SW_ITEM_OBJECT);
            assert_int_equal(stand.listing.child_count, 1);
            assert_string_equal(stand.listing.first->name, "dir");
            counts = stand_done(&stand);
            assert_int_equal(counts.vanished, 1);
            assert_int_equal(counts.excluded[SW_EXCLUDED_FIFO], 1);
            assert_int_equal(counts.excluded[SW_EXCLUDED_SYMLINK], 1);
            assert_int_equal(counts.excluded[SW_EXCLUDED_SOCKET], 1);
        }
    }
}

static void a_directory_that_became_something_else(void **state)
{
    static const char *const names[] = {"file", "fifo", "link", "link to dir", "socket", "gone"};

    (void)state;
    make_zoo();
    for (int no_openat2 = 0; no_openat2 < 2; no_openat2++) {
        struct stand stand =
            stand_of(&(struct how){.targets = {top}, .no_openat2 = no_openat2 == 1});
        struct sw_walk_counts counts;

        for (size_t index = 0; index < sizeof names / sizeof names[0]; index++)
            sw_listing_see(&stand.listing, names[index], DT_DIR);
        sw_dirs_expect(&stand.walk->dirs, stand.listing.dir, stand.listing.child_count);
        while (stand.listing.first != NULL) {
            struct sw_dir *dir = stand.listing.first;

            stand.listing.first = dir->next;
            dir->next = NULL;
            sw_walk_visit(stand.walker, dir);
        }
        stand.listing.last = NULL;
        stand.listing.child_count = 0;
        assert_int_equal(stand.walker->batch->count, 1);
        assert_string_equal(stand.walker->batch->items[0].path, at("file"));
        assert_int_equal(stand.walker->batch->items[0].kind, SW_ITEM_OBJECT);
        counts = stand_done(&stand);
        assert_int_equal(counts.vanished, 1);
        assert_int_equal(counts.excluded[SW_EXCLUDED_FIFO], 1);
        assert_int_equal(counts.excluded[SW_EXCLUDED_SYMLINK], 2);
        assert_int_equal(counts.excluded[SW_EXCLUDED_SOCKET], 1);
        assert_int_equal(counts.directories, 0);
    }
}

/* The way back to a directory that was closed leads elsewhere by now. */
static void a_swapped_ancestor_is_noticed(void **state)
{
    struct stand stand;
    struct sw_dir *a;
    struct sw_dir *b;
    int fd;

    (void)state;
    make_dir("a");
    make_dir("a/b");
    make_file("a/b/secret", 1);
    make_dir("elsewhere");
    make_dir("elsewhere/b");
    make_file("elsewhere/b/bait", 1);
    stand = stand_of(&(struct how){.targets = {top}});
    a = sw_dir_new(stand.listing.dir, 0, "a", 1);
    a->device = facts_at("a").device;
    a->inode = facts_at("a").inode;
    b = sw_dir_new(a, 0, "b", 1);
    b->device = facts_at("a/b").device;
    b->inode = facts_at("a/b").inode;
    fd = sw_walk_reach(stand.walker, b);
    assert_true(fd >= 0);
    sw_dirs_unpin(&stand.walk->dirs, b);
    sw_dirs_shed(&stand.walk->dirs);

    assert_int_equal(rename(at("a"), at("moved")), 0);
    errno = 0;
    assert_int_equal(sw_walk_reach(stand.walker, b), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(symlink("elsewhere", at("a")), 0);
    assert_int_equal(sw_walk_reach(stand.walker, b), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(unlink(at("a")), 0);
    assert_int_equal(rename(at("elsewhere"), at("a")), 0);
    assert_int_equal(sw_walk_reach(stand.walker, b), -1);
    assert_int_equal(errno, ESTALE);
    sw_dir_drop(&stand.walk->dirs, b);
    sw_dir_drop(&stand.walk->dirs, a);
    stand_done(&stand);
}

static atomic_bool storm_over;

static void *storm(void *argument)
{
    char from[300];
    char to[300];

    (void)argument;
    snprintf(from, sizeof from, "%s/x", top);
    snprintf(to, sizeof to, "%s/y", top);
    while (!atomic_load(&storm_over)) {
        (void)rename(from, to);
        (void)symlink("/etc", from);
        (void)unlink(from);
        (void)mkdir(from, 0755);
        (void)rmdir(from);
        (void)rename(to, from);
    }
    return NULL;
}

static void a_tree_in_motion_never_leads_out(void **state)
{
    pthread_t thread;
    char name[32];

    (void)state;
    make_dir("x");
    for (unsigned index = 0; index < 50; index++) {
        snprintf(name, sizeof name, "x/d%u", index);
        make_dir(name);
        snprintf(name, sizeof name, "x/d%u/f", index);
        make_file(name, 1);
    }
    atomic_store(&storm_over, false);
    assert_int_equal(pthread_create(&thread, NULL, storm, NULL), 0);
    for (unsigned round = 0; round < 40; round++) {
        struct sweep sweep =
            sweep_of(&(struct how){.targets = {top}, .held_max = 1, .no_openat2 = round % 2 == 1});

        for (size_t index = 0; index < sweep.count; index++) {
            assert_memory_equal(sweep.items[index].path, top, strlen(top));
            if (sweep.items[index].kind == SW_ITEM_OBJECT)
                assert_string_equal(strrchr(sweep.items[index].path, '/'), "/f");
        }
        sweep_done(&sweep);
    }
    atomic_store(&storm_over, true);
    pthread_join(thread, NULL);
}

/* --- Few descriptors --- */

static void walk_with_few_descriptors(void)
{
    struct rlimit limit = {40, 40};
    struct sweep sweep;

    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    sweep =
        sweep_of(&(struct how){.targets = {top}, .threads = 4, .count_only = true, .slow_us = 200});
    CHECK(sweep.objects == 3030 && sweep.gaps == 0 && sweep.counts.vanished == 0);
    sweep_done(&sweep);
}

static void nothing_is_lost_without_descriptors(void **state)
{
    char name[32];

    (void)state;
    for (unsigned outer = 0; outer < 30; outer++) {
        snprintf(name, sizeof name, "d%u", outer);
        make_dir(name);
        snprintf(name, sizeof name, "d%u/e", outer);
        make_dir(name);
        for (unsigned inner = 0; inner < 101; inner++) {
            snprintf(name, sizeof name, "d%u/e/f%u", outer, inner);
            make_file(name, 1);
        }
    }
    in_child(walk_with_few_descriptors);
}

/* --- Ends --- */

static unsigned open_descriptors(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void a_stop_in_the_middle_loses_no_descriptor(void **state)
{
    unsigned before = open_descriptors();

    (void)state;
    make_many("f", 5000, false);
    make_many("d", 300, true);
    for (unsigned round = 0; round < 10; round++) {
        struct sw_walk *walk = walk_of(&(struct how){.targets = {top}, .threads = 3});
        struct sw_queue *queue = queue_of(2);
        struct sw_batch *batch;

        assert_int_equal(sw_walk_start(walk, queue, NULL), SW_OK);
        usleep(round * 300);
        sw_walk_stop(walk);
        sw_queue_close(queue);
        assert_true(sw_walk_free(walk, 10000));
        while ((batch = sw_queue_take(queue)) != NULL)
            sw_batch_free(batch);
        sw_queue_free(queue);
    }
    assert_int_equal(open_descriptors(), before);
}

static void a_closed_queue_ends_the_walk(void **state)
{
    struct sw_walk *walk;
    struct sw_queue *queue = queue_of(1);
    struct sw_walk_counts counts = {0};
    struct sw_batch *batch;

    (void)state;
    make_many("f", 2000, false);
    walk = walk_of(&(struct how){.targets = {top}});
    assert_int_equal(sw_walk_start(walk, queue, NULL), SW_OK);
    sw_queue_close(queue);
    for (unsigned round = 0; !counts.finished && round < 10000; round++) {
        usleep(1000);
        sw_walk_counts_get(walk, &counts);
    }
    assert_true(counts.finished);
    assert_true(sw_walk_free(walk, 1000));
    while ((batch = sw_queue_take(queue)) != NULL)
        sw_batch_free(batch);
    sw_queue_free(queue);
}

/* What is left behind stays reachable, as in the real program. */
static struct sw_walk *stuck_walk;
static struct sw_queue *stuck_queue;

static void a_thread_that_hangs_is_left_behind(void **state)
{
    struct sw_walk_counts counts = {0};
    struct timespec start;
    struct timespec end;

    (void)state;
    make_many("f", 1000, false);
    stuck_walk = walk_of(&(struct how){.targets = {top}});
    stuck_queue = queue_of(1); /* full at once, and nobody takes */
    assert_int_equal(sw_walk_start(stuck_walk, stuck_queue, NULL), SW_OK);
    usleep(50000);
    clock_gettime(CLOCK_MONOTONIC, &start);
    assert_false(sw_walk_free(stuck_walk, 100));
    clock_gettime(CLOCK_MONOTONIC, &end);
    assert_in_range((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000,
                    90, 5000);
    sw_queue_close(stuck_queue); /* now the threads can end by themselves */
    for (unsigned round = 0; !counts.finished && round < 10000; round++) {
        usleep(1000);
        sw_walk_counts_get(stuck_walk, &counts);
    }
    assert_true(counts.finished);
    sw_batch_free(sw_queue_take(stuck_queue));
}

#define TREE_TEST(name)       cmocka_unit_test_setup_teardown(name, make_top, remove_top)
#define LARGE_TREE_TEST(name) cmocka_unit_test_setup_teardown(name, make_top_in_memory, remove_top)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LARGE_TREE_TEST(a_deep_chain_is_walked_to_its_end),
        LARGE_TREE_TEST(a_deep_tree_with_siblings_is_walked_whole),
        LARGE_TREE_TEST(a_deep_tree_needs_few_descriptors),
        TREE_TEST(a_path_without_end_is_a_gap),
        LARGE_TREE_TEST(a_directory_of_many_files_is_streamed),
        LARGE_TREE_TEST(a_directory_of_many_directories_is_paused),
        TREE_TEST(a_paused_directory_goes_on_in_its_place),
        TREE_TEST(batches_keep_their_bounds),
        TREE_TEST(what_changed_is_what_it_is_now),
        TREE_TEST(a_directory_that_became_something_else),
        TREE_TEST(a_swapped_ancestor_is_noticed),
        TREE_TEST(a_tree_in_motion_never_leads_out),
        LARGE_TREE_TEST(nothing_is_lost_without_descriptors),
        LARGE_TREE_TEST(a_stop_in_the_middle_loses_no_descriptor),
        TREE_TEST(a_closed_queue_ends_the_walk),
        TREE_TEST(a_thread_that_hangs_is_left_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
