/* SPDX-License-Identifier: Apache-2.0 */
/* The walk on real trees: what becomes an item, what is counted, by which
 * rules. */
#include "walk_harness.h"

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>

static uint64_t excluded_total(const struct sweep *sweep)
{
    uint64_t total = 0;

    for (int reason = 0; reason < SW_EXCLUDED_COUNT; reason++)
        total += sweep->counts.excluded[reason];
    return total;
}

static void a_tree_comes_out_whole(void **state)
{
    struct sweep sweep;
    struct stat found;
    const struct seen_item *item;

    (void)state;
    make_dir("a");
    make_dir("a/b");
    make_dir("empty");
    make_file("a/one", 11);
    make_file("a/b/two", 0);
    make_file("three", 4096);
    for (int no_openat2 = 0; no_openat2 < 2; no_openat2++) {
        for (unsigned threads = 1; threads <= 8; threads *= 2) {
            sweep = sweep_of(
                &(struct how){.targets = {top}, .threads = threads, .no_openat2 = no_openat2 == 1});
            assert_int_equal(sweep.count, 3);
            assert_object(&sweep, at("a/one"));
            assert_object(&sweep, at("a/b/two"));
            assert_object(&sweep, at("three"));
            assert_int_equal(sweep.counts.directories, 4);
            assert_int_equal(sweep.counts.bytes, 11 + 4096);
            assert_int_equal(excluded_total(&sweep), 0);
            assert_int_equal(sweep.counts.vanished, 0);
            item = item_at(&sweep, at("a/one"));
            assert_int_equal(stat(at("a/one"), &found), 0);
            assert_int_equal(item->facts.device, found.st_dev);
            assert_int_equal(item->facts.inode, found.st_ino);
            assert_int_equal(item->facts.size, 11);
            assert_int_equal(item->facts.mode, S_IFREG | 0644);
            assert_int_equal(item->facts.link_count, 1);
            assert_int_equal(item->facts.uid, getuid());
            assert_int_equal(item->facts.mtime_ns,
                             found.st_mtim.tv_sec * 1000000000L + found.st_mtim.tv_nsec);
            assert_int_equal(item->open_flags & O_ACCMODE, O_RDONLY);
            assert_int_not_equal(item->open_flags & O_NOATIME, 0);
            sweep_done(&sweep);
        }
    }
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", at(name));
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void special_files_are_counted_and_not_opened(void **state)
{
    struct sweep sweep;
    bool device;

    (void)state;
    make_file("real", 1);
    assert_int_equal(mkfifo(at("fifo"), 0644), 0);
    make_socket("socket");
    assert_int_equal(symlink("real", at("link")), 0);
    assert_int_equal(symlink("..", at("up")), 0);
    assert_int_equal(symlink("loop", at("loop")), 0);
    assert_int_equal(symlink("/nowhere", at("dangling")), 0);
    device = mknod(at("device"), S_IFCHR | 0644, makedev(1, 5)) == 0;
    sweep = sweep_of(&(struct how){.targets = {top}});
    assert_int_equal(sweep.count, 1);
    assert_object(&sweep, at("real"));
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_FIFO], 1);
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_SOCKET], 1);
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_SYMLINK], 4);
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_DEVICE], device ? 1 : 0);
    sweep_done(&sweep);
}

static void names_are_exact_bytes(void **state)
{
    static const char *const names[] = {"line\nbreak",        "\xff\xfe\x80", "tab\tand space ",
                                        "quote\"back\\slash", "-rf",          "*",
                                        "\xe2\x80\xae"};
    struct sweep sweep;

    (void)state;
    make_dir("\xc3\x28");
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++)
        make_file(names[index], 1);
    make_file("\xc3\x28/x", 1);
    sweep = sweep_of(&(struct how){.targets = {top}});
    assert_int_equal(sweep.count, 8);
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++)
        assert_object(&sweep, at(names[index]));
    assert_object(&sweep, at("\xc3\x28/x"));
    sweep_done(&sweep);
}

static void the_size_limit_is_exact(void **state)
{
    struct sweep sweep;

    (void)state;
    make_file("below", 999);
    make_file("equal", 1000);
    make_file("above", 1001);
    make_file("sparse", (off_t)1 << 40);
    sweep = sweep_of(&(struct how){.targets = {top}, .file_size_max = 1000});
    assert_int_equal(sweep.count, 4);
    assert_object(&sweep, at("below"));
    assert_object(&sweep, at("equal"));
    assert_gap(&sweep, at("above"), SW_GAP_LIMIT_SIZE,
               "1001 bytes, more than the 1000 of --max-file-size");
    assert_gap(&sweep, at("sparse"), SW_GAP_LIMIT_SIZE, "1099511627776 bytes");
    assert_int_equal(item_at(&sweep, at("above"))->facts.size, 1001);
    assert_int_equal(sweep.counts.bytes, 1999);
    sweep_done(&sweep);
}

static void globs_keep_directories_from_being_entered(void **state)
{
    struct sweep sweep;

    (void)state;
    make_dir("keep");
    make_dir("cache");
    make_dir("cache/deep");
    make_file("cache/deep/x", 1);
    make_file("keep/cache", 1); /* a file: "cache/" does not mean it */
    make_file("keep/a.log", 1);
    make_file("keep/b", 1);
    sweep = sweep_of(&(struct how){.targets = {top}, .globs = {"cache/", "*.log"}});
    assert_int_equal(sweep.count, 2);
    assert_object(&sweep, at("keep/b"));
    assert_object(&sweep, at("keep/cache"));
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_GLOB], 2);
    assert_int_equal(sweep.counts.directories, 2);
    sweep_done(&sweep);
    sweep = sweep_of(&(struct how){.targets = {top}, .globs = {at("keep/*"), "deep"}});
    assert_int_equal(sweep.count, 0);
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_GLOB], 4);
    sweep_done(&sweep);
    /* A named target is walked whatever the globs say. */
    sweep = sweep_of(&(struct how){.targets = {at("cache")}, .globs = {"cache"}});
    assert_int_equal(sweep.count, 1);
    sweep_done(&sweep);
}

static void own_outputs_are_left_out(void **state)
{
    struct sweep sweep;
    struct sw_facts own[2];

    (void)state;
    make_file("report.jsonl", 5);
    make_file("other", 5);
    own[0] = (struct sw_facts){.device = 1, .inode = 1};
    own[1] = facts_at("report.jsonl");
    sweep = sweep_of(&(struct how){.targets = {top}, .own_outputs = own, .own_output_count = 2});
    assert_int_equal(sweep.count, 1);
    assert_object(&sweep, at("other"));
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_OWN_OUTPUT], 1);
    sweep_done(&sweep);
}

static void overlapping_targets_are_walked_once(void **state)
{
    struct sweep sweep;

    (void)state;
    make_dir("a");
    make_dir("a/b");
    make_file("a/x", 1);
    make_file("a/b/y", 1);
    assert_int_equal(symlink("a/b", at("link")), 0);
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct how how = {
            .targets = {top, at("a/b"), at("a/b/../b/"), at("a/x"), at("a/x"), at("link")},
            .threads = threads};

        sweep = sweep_of(&how);
        assert_int_equal(sweep.count, 2);
        /* The nested target's files are its own, on every run. */
        assert_int_equal(item_at(&sweep, at("a/b/y"))->root_index, 1);
        assert_int_equal(item_at(&sweep, at("a/x"))->root_index, 3);
        /* b twice more as a target and once from above; x twice likewise. */
        assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_SEEN_DIRECTORY], 5);
        sweep_done(&sweep);
    }
    /* A hard link to a target is another path: not the walk's business. */
    assert_int_equal(link(at("a/x"), at("a/hard")), 0);
    sweep = sweep_of(&(struct how){.targets = {at("a"), at("a/x")}});
    assert_int_equal(sweep.count, 3);
    assert_int_equal(item_at(&sweep, at("a/hard"))->facts.link_count, 2);
    sweep_done(&sweep);
}

static void expect_refused(const char *target, const char *text)
{
    const char *targets[] = {top, target};
    struct sw_walk_options options = {.targets = targets, .target_count = 2, .thread_count = 1};
    struct sw_walk *walk = NULL;
    struct sw_error error = {0};

    assert_int_equal(sw_walk_new(&options, &walk, &error), SW_STOP);
    assert_null(walk);
    if (strstr(error.text, target) == NULL || strstr(error.text, text) == NULL)
        fail_msg("%s", error.text);
}

static void targets_that_cannot_be_are_refused(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(at("fifo"), 0644), 0);
    assert_int_equal(symlink("loop", at("loop")), 0);
    make_file("file", 1);
    expect_refused(at("fifo"), "is not a regular file or directory");
    expect_refused("/dev/null", "is not a regular file or directory");
    expect_refused(at("none"), "No such file or directory");
    expect_refused(at("loop"), "Too many levels of symbolic links");
    expect_refused(at("file/x"), "Not a directory");
    expect_refused("", "No such file or directory");
}

static void a_file_is_a_target(void **state)
{
    struct sweep sweep;
    struct sw_walk *walk;
    const struct sw_root *roots;
    size_t count;

    (void)state;
    make_file("big", 10);
    make_file("small", 9);
    assert_int_equal(symlink("small", at("link")), 0);
    sweep = sweep_of(&(struct how){.targets = {at("big"), at("link"), top}, .file_size_max = 9});
    assert_gap(&sweep, at("big"), SW_GAP_LIMIT_SIZE, "10 bytes");
    assert_object(&sweep, at("small"));
    assert_int_equal(sweep.counts.excluded[SW_EXCLUDED_SYMLINK], 1);
    sweep_done(&sweep);

    walk = walk_of(&(struct how){.targets = {at("link"), top}});
    roots = sw_walk_roots(walk, &count);
    assert_int_equal(count, 2);
    assert_string_equal(roots[0].path, at("small"));
    assert_string_equal(roots[0].target, at("link"));
    assert_false(roots[0].is_directory);
    assert_true(roots[1].is_directory);
    assert_false(roots[1].one_file_system);
    assert_int_equal(roots[1].facts.inode, facts_at("").inode);
    assert_true(sw_walk_free(walk, 0)); /* never started */
}

static void only_the_root_directory_stays_on_one_file_system(void **state)
{
    struct sw_walk *walk;
    size_t count;

    (void)state;
    walk = walk_of(&(struct how){.targets = {"/"}});
    assert_true(sw_walk_roots(walk, &count)->one_file_system);
    assert_true(sw_walk_free(walk, 0));
    walk = walk_of(&(struct how){.targets = {"/usr"}, .one_file_system = 1});
    assert_true(sw_walk_roots(walk, &count)->one_file_system);
    assert_true(sw_walk_free(walk, 0));
}

static void replace_target(void *argument)
{
    (void)argument;
    assert_int_equal(rename(at("a"), at("b")), 0);
    make_dir("a");
    make_file("a/other", 1);
    assert_int_equal(unlink(at("f")), 0);
    assert_int_equal(rmdir(at("c")), 0);
}

static void a_target_that_changed_is_a_gap(void **state)
{
    struct sweep sweep;

    (void)state;
    make_dir("a");
    make_dir("c");
    make_file("f", 1);
    sweep = sweep_of(
        &(struct how){.targets = {at("a"), at("c"), at("f")}, .before_start = replace_target});
    assert_int_equal(sweep.count, 3);
    assert_gap(&sweep, at("a"), SW_GAP_UNREADABLE, "directory not listed: another object");
    assert_gap(&sweep, at("c"), SW_GAP_UNREADABLE, "directory not listed: No such file");
    assert_gap(&sweep, at("f"), SW_GAP_UNREADABLE, "not opened: No such file");
    sweep_done(&sweep);
}

/* --- Rights --- */

static void become_nobody(void)
{
    if (getuid() == 0)
        CHECK(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
              setresuid(65534, 65534, 65534) == 0);
}

static void walk_without_rights(void)
{
    struct sweep sweep;

    become_nobody();
    for (int no_openat2 = 0; no_openat2 < 2; no_openat2++) {
        sweep = sweep_of(&(struct how){.targets = {top}, .no_openat2 = no_openat2 == 1});
        assert_gap(&sweep, at("file"), SW_GAP_UNREADABLE, "not opened: Permission denied");
        assert_gap(&sweep, at("dir"), SW_GAP_UNREADABLE, "directory not listed: Permission denied");
        assert_gap(&sweep, at("blind/x"), SW_GAP_UNREADABLE, "not opened: Permission denied");
        CHECK(sweep.count == 4 && sweep.counts.directories == 2);
        /* Somebody else's file: opened, though not with O_NOATIME. */
        CHECK(item_at(&sweep, at("open"))->kind == SW_ITEM_OBJECT);
        CHECK(getuid() != 65534 || (item_at(&sweep, at("open"))->open_flags & O_NOATIME) == 0);
        sweep_done(&sweep);
    }
}

static void what_may_not_be_read_is_a_gap(void **state)
{
    (void)state;
    make_dir("dir");
    make_dir("blind"); /* listed, but nothing in it can be opened */
    make_file("dir/x", 1);
    make_file("blind/x", 1);
    make_file("file", 1);
    make_file("open", 1);
    assert_int_equal(chmod(top, 0755), 0);
    assert_int_equal(chmod(at("file"), 0), 0);
    assert_int_equal(chmod(at("dir"), 0), 0);
    assert_int_equal(chmod(at("blind"), 0444), 0);
    in_child(walk_without_rights);
    assert_int_equal(chmod(at("dir"), 0755), 0);
    assert_int_equal(chmod(at("blind"), 0755), 0);
}

static void walk_of_mixed_owners(void)
{
    struct sweep sweep;

    become_nobody();
    sweep = sweep_of(&(struct how){.targets = {top}, .threads = 1});
    CHECK(sweep.count == 40);
    for (size_t index = 0; index < sweep.count; index++) {
        bool mine = sweep.items[index].facts.uid == getuid();

        CHECK(((sweep.items[index].open_flags & O_NOATIME) != 0) == mine);
        CHECK((sweep.items[index].open_flags & O_NONBLOCK) != 0);
    }
    sweep_done(&sweep);
}

/* Whatever was guessed from the file before, each descriptor of our own file
 * keeps its access time, and each of others opens all the same. */
static void access_times_are_kept_file_by_file(void **state)
{
    char name[16];

    (void)state;
    if (getuid() != 0)
        skip();
    for (unsigned index = 0; index < 40; index++) {
        snprintf(name, sizeof name, "f%u", index);
        make_file(name, 1);
        assert_int_equal(chown(at(name), index % 3 == 0 ? 65534 : index % 2, 0), 0);
    }
    assert_int_equal(chmod(top, 0755), 0);
    in_child(walk_of_mixed_owners);
}

static void directories_keep_their_access_time(void **state)
{
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
    struct stat found;
    struct sweep sweep;

    (void)state;
    make_dir("a");
    make_file("a/x", 1);
    assert_int_equal(utimensat(AT_FDCWD, at("a"), times, 0), 0);
    sweep = sweep_of(&(struct how){.targets = {top}});
    assert_int_equal(stat(at("a"), &found), 0);
    assert_int_equal(found.st_atim.tv_sec, 1000);
    sweep_done(&sweep);
}

static void walk_past_a_lease(void)
{
    struct sweep sweep;
    int fd = open(at("leased"), O_RDWR | O_CLOEXEC);

    signal(SIGIO, SIG_IGN);
    if (fcntl(fd, F_SETLEASE, F_WRLCK) != 0)
        return; /* not every file system has leases */
    sweep = sweep_of(&(struct how){.targets = {top}});
    assert_gap(&sweep, at("leased"), SW_GAP_UNREADABLE, "another process holds a lease");
    CHECK(sweep.count == 1);
    sweep_done(&sweep);
}

static void a_lease_is_not_waited_for(void **state)
{
    (void)state;
    make_file("leased", 1);
    in_child(walk_past_a_lease);
}

/* --- Mounts: in a mount namespace of our own --- */

static bool unshare_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void make_mount(const char *type, const char *name, const char *from)
{
    CHECK(mount(from != NULL ? at(from) : "none", at(name), type, from != NULL ? MS_BIND : 0,
                NULL) == 0);
}

static void mount_late(void *argument)
{
    (void)argument;
    make_mount("proc", "late", NULL);
    make_mount("tmpfs", "late2", NULL);
    make_file("late2/x", 1);
}

static void walk_over_mounts(void)
{
    struct sweep sweep;
    size_t count;
    struct sw_walk *walk;

    if (!unshare_mounts())
        return;
    make_mount("tmpfs", "tmp", NULL);
    make_mount("proc", "proc", NULL);
    make_file("tmp/in tmpfs", 1);
    CHECK(mount(at("device"), at("covered"), NULL, MS_BIND, NULL) == 0);

    sweep = sweep_of(&(struct how){.targets = {top}, .before_start = mount_late});
    assert_object(&sweep, at("tmp/in tmpfs"));
    assert_object(&sweep, at("late2/x"));
    CHECK(sweep.counts.excluded[SW_EXCLUDED_PSEUDO_FILESYSTEM] == 2); /* proc, late */
    CHECK(sweep.counts.excluded[SW_EXCLUDED_DEVICE] == 2);            /* device, covered */
    CHECK(sweep.count == 2);
    sweep_done(&sweep);

    sweep = sweep_of(&(struct how){.targets = {top}, .one_file_system = 1});
    CHECK(sweep.count == 0);
    CHECK(sweep.counts.excluded[SW_EXCLUDED_PSEUDO_FILESYSTEM] == 2);
    /* tmp, late2, and a device over a file, which lies on /dev's file system */
    CHECK(sweep.counts.excluded[SW_EXCLUDED_OTHER_FILESYSTEM] >= 2);
    sweep_done(&sweep);

    walk = walk_of(&(struct how){.targets = {top}});
    CHECK(sw_walk_roots(walk, &count)->left_out_count == 2);
    CHECK(strcmp(sw_walk_roots(walk, &count)->left_out[0].path, at("late")) == 0);
    CHECK(strcmp(sw_walk_roots(walk, &count)->left_out[1].filesystem, "proc") == 0);
    CHECK(sw_walk_free(walk, 0));

    /* Named outright, even procfs is walked. */
    sweep = sweep_of(&(struct how){.targets = {at("proc")}, .count_only = true});
    CHECK(sweep.objects > 100);
    CHECK(sweep.counts.excluded[SW_EXCLUDED_PSEUDO_FILESYSTEM] == 0);
    sweep_done(&sweep);
}

static void mounts_are_judged_by_their_file_system(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    make_dir("tmp");
    make_dir("proc");
    make_dir("late");
    make_dir("late2");
    make_file("covered", 1);
    if (mknod(at("device"), S_IFCHR | 0644, makedev(1, 3)) != 0)
        skip();
    in_child(walk_over_mounts);
}

static void walk_over_binds(void)
{
    struct sweep sweep;

    if (!unshare_mounts())
        return;
    make_mount(NULL, "a-bind", "tree"); /* sorts before what it shows */
    make_mount(NULL, "b-bind", "tree/x");
    make_mount(NULL, "tree/x/loop", "tree");
    for (unsigned round = 0; round < 20; round++) {
        struct how how = {.targets = {top}, .threads = 1 + round % 4};

        sweep = sweep_of(&how);
        CHECK(sweep.count == 2);
        assert_object(&sweep, at("tree/f"));
        assert_object(&sweep, at("tree/x/g"));
        CHECK(sweep.counts.excluded[SW_EXCLUDED_SEEN_DIRECTORY] == 3);
        sweep_done(&sweep);
    }
    /* Alone, a bind mount is a target like any other. */
    sweep = sweep_of(&(struct how){.targets = {at("a-bind")}});
    assert_object(&sweep, at("a-bind/x/g"));
    sweep_done(&sweep);
}

static void bind_mounts_and_loops_are_walked_once(void **state)
{
    (void)state;
    if (getuid() != 0)
        skip();
    make_dir("tree");
    make_dir("tree/x");
    make_dir("tree/x/loop");
    make_dir("a-bind");
    make_dir("b-bind");
    make_file("tree/f", 1);
    make_file("tree/x/g", 1);
    in_child(walk_over_binds);
}

static void a_magic_link_is_followed_to_where_it_leads(void **state)
{
    char target[64];
    struct sweep sweep;
    int fd;

    (void)state;
    make_dir("a");
    make_file("a/x", 1);
    fd = open(at("a"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(rename(at("a"), at("b")), 0);
    make_dir("other");
    snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
    sweep = sweep_of(&(struct how){.targets = {target}});
    assert_int_equal(sweep.count, 1);
    assert_object(&sweep, at("b/x")); /* the kernel knows the new name */
    sweep_done(&sweep);
    /* Without a name there is only the link. */
    assert_int_equal(unlink(at("b/x")), 0);
    assert_int_equal(rmdir(at("b")), 0);
    sweep = sweep_of(&(struct how){.targets = {target}});
    assert_int_equal(sweep.count, 0);
    assert_int_equal(sweep.counts.directories, 1);
    sweep_done(&sweep);
    close(fd);
}

static void kernel_trees_can_be_named(void **state)
{
    struct sweep sweep = sweep_of(&(struct how){.targets = {"/proc/sys/kernel"}});

    (void)state;
    assert_object(&sweep, "/proc/sys/kernel/ostype");
    sweep_done(&sweep);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, make_top, remove_top)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(a_tree_comes_out_whole),
        TREE_TEST(special_files_are_counted_and_not_opened),
        TREE_TEST(names_are_exact_bytes),
        TREE_TEST(the_size_limit_is_exact),
        TREE_TEST(globs_keep_directories_from_being_entered),
        TREE_TEST(own_outputs_are_left_out),
        TREE_TEST(overlapping_targets_are_walked_once),
        TREE_TEST(targets_that_cannot_be_are_refused),
        TREE_TEST(a_file_is_a_target),
        TREE_TEST(only_the_root_directory_stays_on_one_file_system),
        TREE_TEST(a_target_that_changed_is_a_gap),
        TREE_TEST(what_may_not_be_read_is_a_gap),
        TREE_TEST(access_times_are_kept_file_by_file),
        TREE_TEST(directories_keep_their_access_time),
        TREE_TEST(a_lease_is_not_waited_for),
        TREE_TEST(mounts_are_judged_by_their_file_system),
        TREE_TEST(bind_mounts_and_loops_are_walked_once),
        TREE_TEST(a_magic_link_is_followed_to_where_it_leads),
        TREE_TEST(kernel_trees_can_be_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
