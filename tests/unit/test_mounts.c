/* SPDX-License-Identifier: Apache-2.0 */
/* What a walk leaves out, by table alone: mounts, file-system types, globs,
 * directories seen before. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "supervisor/exclude.h"
#include "supervisor/mounts.h"
#include "supervisor/seen.h"

static struct sw_mounts parse(const char *text)
{
    struct sw_mounts mounts = {0};

    assert_int_equal(sw_mounts_parse(text, &mounts, NULL), SW_OK);
    return mounts;
}

static const struct sw_mount *row_at(const struct sw_mounts *mounts, const char *path)
{
    const struct sw_mount *found = NULL;

    for (size_t index = 0; index < mounts->count; index++) {
        if (strcmp(mounts->rows[index].path, path) == 0) {
            assert_null(found);
            found = &mounts->rows[index];
        }
    }
    return found;
}

static void a_line_is_taken_apart(void **state)
{
    struct sw_mounts mounts =
        parse("36 35 98:7 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw\n"
              "35 1 8:1 / / rw - xfs /dev/sda1 rw\n");
    const struct sw_mount *row = row_at(&mounts, "/mnt2");

    (void)state;
    assert_int_equal(mounts.count, 2);
    assert_non_null(row);
    assert_int_equal(row->id, 36);
    assert_int_equal(row->parent_id, 35);
    assert_int_equal(row->device, makedev(98, 7));
    assert_string_equal(row->root, "/mnt1");
    assert_string_equal(row->filesystem, "ext3");
    assert_string_equal(row->name, "mnt2");
    assert_int_equal(row->parent_size, 0);
    assert_string_equal(row_at(&mounts, "/")->name, "");
    sw_mounts_done(&mounts);
}

static void escapes_are_decoded(void **state)
{
    struct sw_mounts mounts = parse("35 1 8:1 / / rw - xfs /dev/sda1 rw\n"
                                    "36 35 8:2 / /a\\040b\\011c\\012d\\134e rw - ext4 x rw\n"
                                    "37 35 8:3 / /tail\\04 rw - ext4 x rw\n");

    (void)state;
    assert_non_null(row_at(&mounts, "/a b\tc\nd\\e"));
    assert_non_null(row_at(&mounts, "/tail\\04"));
    sw_mounts_done(&mounts);
}

static void broken_lines_are_left_out(void **state)
{
    static const char *const broken[] = {"",
                                         "\n\n",
                                         "x",
                                         "36 35",
                                         "36 35 8:1 / /a rw",
                                         "36 35 8:1 / /a rw -",
                                         "x 35 8:1 / /a rw - ext4 y rw",
                                         "36 35 8 / /a rw - ext4 y rw",
                                         "36 35 8:1x / /a rw - ext4 y rw",
                                         "36 35 8:1 / a rw - ext4 y rw",
                                         "36 99999999999 8:1 / /a rw - ext4 y rw"};

    (void)state;
    for (size_t index = 0; index < sizeof broken / sizeof broken[0]; index++) {
        struct sw_mounts mounts = parse(broken[index]);

        assert_int_equal(mounts.count, 0);
        sw_mounts_done(&mounts);
    }
}

static void covered_mounts_are_dropped(void **state)
{
    /* 2 stands on 1's place; 5 lies under 6; 7 is below 5; 9 was deleted. */
    struct sw_mounts mounts = parse("1 1 0:2 / / rw - rootfs rootfs rw\n"
                                    "2 1 8:1 / / rw - ext4 x rw\n"
                                    "3 2 0:5 / /srv rw - tmpfs x rw\n"
                                    "4 3 8:4 / /srv rw - nfs4 x rw\n"
                                    "5 2 8:5 / /a/b rw - proc x rw\n"
                                    "7 5 8:7 / /a/b/c rw - ext4 x rw\n"
                                    "6 2 8:6 / /a rw - ext4 x rw\n"
                                    "8 6 8:8 / /a/bb rw - ext4 x rw\n"
                                    "9 2 8:9 / /gone//deleted rw - ext4 x rw\n");

    (void)state;
    assert_int_equal(mounts.count, 4);
    assert_int_equal(row_at(&mounts, "/")->id, 2);
    assert_int_equal(row_at(&mounts, "/srv")->id, 4);
    assert_int_equal(row_at(&mounts, "/a")->id, 6);
    assert_int_equal(row_at(&mounts, "/a/bb")->id, 8);
    sw_mounts_done(&mounts);
}

static void children_are_found_by_directory(void **state)
{
    struct sw_mounts mounts = parse("2 1 8:1 / / rw - ext4 x rw\n"
                                    "3 2 8:3 / /m/b rw - ext4 x rw\n"
                                    "4 2 8:4 / /m/a rw - ext4 x rw\n"
                                    "5 3 8:5 / /m/b/a rw - ext4 x rw\n"
                                    "6 2 8:6 / /m2 rw - ext4 x rw\n");
    const struct sw_mount *rows;
    size_t count = 99;

    (void)state;
    rows = sw_mounts_children(&mounts, sw_path_hash(SW_PATH_HASH_START, "/m", 2), &count);
    assert_int_equal(count, 2);
    assert_string_equal(sw_mounts_child(rows, count, "a")->path, "/m/a");
    assert_string_equal(sw_mounts_child(rows, count, "b")->path, "/m/b");
    assert_null(sw_mounts_child(rows, count, "c"));
    rows = sw_mounts_children(&mounts, SW_PATH_HASH_START, &count); /* "/" */
    assert_int_equal(count, 1);
    assert_string_equal(rows->path, "/m2");
    assert_null(sw_mounts_children(&mounts, sw_path_hash(SW_PATH_HASH_START, "/x", 2), &count));
    assert_int_equal(count, 0);
    assert_null(sw_mounts_child(NULL, 0, "a"));
    assert_string_equal(sw_mounts_find(&mounts, "/m/b/a/x")->path, "/m/b/a");
    assert_string_equal(sw_mounts_find(&mounts, "/m/b/ab")->path, "/m/b");
    assert_string_equal(sw_mounts_find(&mounts, "/m")->path, "/");
    sw_mounts_done(&mounts);
}

static void of_several_mounts_one_is_walked_first(void **state)
{
    struct sw_mounts mounts = parse("2 1 8:1 / / rw - ext4 x rw\n"
                                    "3 2 8:1 /data /bind rw - ext4 x rw\n"
                                    "4 2 8:2 / /z rw - ext4 x rw\n"
                                    "5 2 8:2 / /y rw - ext4 x rw\n");

    (void)state;
    assert_false(row_at(&mounts, "/")->later);
    assert_true(row_at(&mounts, "/bind")->later);
    assert_false(row_at(&mounts, "/y")->later);
    assert_true(row_at(&mounts, "/z")->later);
    sw_mounts_done(&mounts);
}

static const char host[] = "2 1 8:1 / / rw - ext4 x rw\n"
                           "3 2 0:4 / /proc rw - proc x rw\n"
                           "4 3 0:5 / /proc/sys/fs/binfmt_misc rw - autofs x rw\n"
                           "5 2 0:6 / /sys rw - sysfs x rw\n"
                           "6 5 0:7 / /sys/fs/cgroup rw - tmpfs x rw\n"
                           "7 2 0:8 / /run rw - tmpfs x rw\n"
                           "8 2 0:9 / /mnt/nas rw - nfs4 x rw\n"
                           "9 2 8:2 / /home rw - ext4 x rw\n"
                           "10 9 0:10 / /home/me/remote rw - fuse.sshfs x rw\n"
                           "11 2 8:1 /var /srv/var rw - ext4 x rw\n"
                           "12 3 0:4 /irq /proc/irq ro - proc x rw\n";

static void expect_left_out(const char *table, const char *path, bool one_file_system,
                            const char *expected)
{
    struct sw_mounts mounts = parse(table);
    struct sw_left_out *rows = NULL;
    size_t count = 0;
    char text[2048] = "";

    assert_int_equal(sw_mounts_left_out(&mounts, path, one_file_system, &rows, &count, NULL),
                     SW_OK);
    for (size_t index = 0; index < count; index++) {
        size_t size = strlen(text);

        snprintf(text + size, sizeof text - size, "%s %s %s\n", rows[index].path,
                 rows[index].filesystem, sw_excluded_name(rows[index].reason));
    }
    assert_string_equal(text, expected);
    sw_left_out_free(rows, count);
    sw_mounts_done(&mounts);
}

static void what_is_left_out_is_listed(void **state)
{
    (void)state;
    expect_left_out(host, "/", false,
                    "/home/me/remote fuse.sshfs network_filesystem\n"
                    "/mnt/nas nfs4 network_filesystem\n"
                    "/proc proc pseudo_filesystem\n"
                    "/proc/irq proc pseudo_filesystem\n"
                    "/proc/sys/fs/binfmt_misc autofs pseudo_filesystem\n"
                    "/sys sysfs pseudo_filesystem\n"
                    "/sys/fs/cgroup tmpfs pseudo_filesystem\n");
    expect_left_out(host, "/home", false, "/home/me/remote fuse.sshfs network_filesystem\n");
    expect_left_out(host, "/home/me/remote", false, "");
    expect_left_out(host, "/mnt", true, "/mnt/nas nfs4 network_filesystem\n");
}

static void one_file_system_leaves_out_the_others(void **state)
{
    (void)state;
    expect_left_out(host, "/home", true, "/home/me/remote fuse.sshfs network_filesystem\n");
    expect_left_out(host, "/srv", true, "");
    expect_left_out("2 1 8:1 / / rw - ext4 x rw\n3 2 8:2 / /b rw - ext4 x rw\n"
                    "4 3 8:1 / /b/c rw - ext4 x rw\n5 2 8:1 /x /a rw - ext4 x rw\n",
                    "/", true, "/b ext4 other_filesystem\n/b/c ext4 other_filesystem\n");
    /* btrfs: one device number for all subvolumes. */
    expect_left_out("2 1 0:30 /@ / rw - btrfs x rw,subvolid=256,subvol=/@\n"
                    "3 2 0:30 /@home /home rw - btrfs x rw,subvolid=257,subvol=/@home\n"
                    "4 2 0:30 /@/x /bind rw - btrfs x rw,subvolid=256,subvol=/@\n",
                    "/", true, "/home btrfs other_filesystem\n");
}

static void a_named_file_system_is_never_left_out(void **state)
{
    (void)state;
    /* /proc/irq is procfs too, the automount inside is not. */
    expect_left_out(host, "/proc", false, "/proc/sys/fs/binfmt_misc autofs pseudo_filesystem\n");
    expect_left_out(host, "/sys", false, "");
}

static void types_are_known(void **state)
{
    static const char *const local[] = {"ext4",
                                        "tmpfs",
                                        "ramfs",
                                        "devtmpfs",
                                        "overlay",
                                        "squashfs",
                                        "virtiofs",
                                        "fuseblk",
                                        "fuse.ntfs-3g",
                                        "fuse.exfat",
                                        "fuse.fuse-overlayfs",
                                        "btrfs",
                                        "zfs",
                                        "never-heard-of",
                                        "procfs"};
    static const char *const pseudo[] = {
        "proc",    "sysfs",      "cgroup",   "cgroup2",  "debugfs",   "tracefs",   "securityfs",
        "pstore",  "bpf",        "configfs", "efivarfs", "mqueue",    "hugetlbfs", "binfmt_misc",
        "fusectl", "rpc_pipefs", "nsfs",     "autofs",   "selinuxfs", "devpts",    "fuse.lxcfs"};
    static const char *const network[] = {
        "nfs",    "nfs4", "cifs",       "smb3",      "9p",   "afs",   "ceph",        "glusterfs",
        "lustre", "gpfs", "fuse.sshfs", "fuse.s3fs", "fuse", "fuse.", "beegfs_nodev"};

    (void)state;
    for (size_t index = 0; index < sizeof local / sizeof local[0]; index++)
        assert_int_equal(sw_fstype_class(local[index]), SW_FS_LOCAL);
    for (size_t index = 0; index < sizeof pseudo / sizeof pseudo[0]; index++)
        assert_int_equal(sw_fstype_class(pseudo[index]), SW_FS_PSEUDO);
    for (size_t index = 0; index < sizeof network / sizeof network[0]; index++)
        assert_int_equal(sw_fstype_class(network[index]), SW_FS_NETWORK);
    assert_int_equal(sw_fstype_class_by_magic(0x9fa0), SW_FS_PSEUDO);
    assert_int_equal(sw_fstype_class_by_magic(0xff534d42), SW_FS_NETWORK);
    assert_int_equal(sw_fstype_class_by_magic(0xef53), SW_FS_LOCAL);
    assert_int_equal(sw_fstype_class_by_magic(0x01021994), SW_FS_LOCAL); /* tmpfs */
}

struct glob_case {
    const char *glob;
    const char *path;
    bool is_directory;
    bool excluded;
};

static void globs_match_as_documented(void **state)
{
    static const struct glob_case cases[] = {
        {"*.log", "/var/x.log", false, true},
        {"*.log", "/var/x.log", true, true},
        {"*.log", "/var/x.logs", false, false},
        {".git", "/a/.git", true, true},
        {"git", "/a/.git", true, false},
        {"[ab]?", "/x/a1", false, true},
        {"var", "/var/x", false, false},
        {"/var/*.log", "/var/x.log", false, true},
        {"/var/*.log", "/var/a/b/x.log", false, true}, /* crosses '/' */
        {"/var/*.log", "/usr/var/x.log", false, false},
        {"/var", "/var", true, true},
        {"/var", "/var/x", false, false},
        {"src/gen", "/home/me/src/gen", true, true},
        {"src/gen", "/home/me/xsrc/gen", true, false},
        {"node_modules/", "/a/node_modules", true, true},
        {"node_modules/", "/a/node_modules", false, false},
        {"/a/*/", "/a/b/c", true, true},
        {"/a/*/", "/a/b/c", false, false},
        {"*.bin", "/x/\xff\xfe.bin", false, true}, /* not UTF-8 */
        {"*\n*", "/x/a\nb", false, true},
        {"", "/x", false, false},
        {"/", "/x", true, false},
        {"\\*", "/x/*", false, true},
        {"\\*", "/x/a", false, false},
    };

    (void)state;
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        const struct glob_case *row = &cases[index];
        struct sw_excludes excludes;

        assert_int_equal(sw_excludes_init(&excludes, &row->glob, 1, NULL), SW_OK);
        if (sw_excludes_match(&excludes, strrchr(row->path, '/') + 1, row->path,
                              row->is_directory) != row->excluded)
            fail_msg("%s on %s", row->glob, row->path);
        sw_excludes_done(&excludes);
    }
}

/* fnmatch() takes text apart by the locale; names that are no text must not
 * slip through in any. */
static void globs_match_in_utf8_too(void **state)
{
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    globs_match_as_documented(state);
    setlocale(LC_CTYPE, "C");
}

static void any_of_several_globs_is_enough(void **state)
{
    const char *const globs[] = {"*.a", "dir/", "/x/y"};
    struct sw_excludes excludes;

    (void)state;
    assert_int_equal(sw_excludes_init(&excludes, globs, 3, NULL), SW_OK);
    assert_true(excludes.need_path);
    assert_true(sw_excludes_match(&excludes, "b.a", "/q/b.a", false));
    assert_true(sw_excludes_match(&excludes, "dir", "/q/dir", true));
    assert_true(sw_excludes_match(&excludes, "y", "/x/y", false));
    assert_false(sw_excludes_match(&excludes, "y", "/q/y", false));
    sw_excludes_done(&excludes);
    assert_int_equal(sw_excludes_init(&excludes, NULL, 0, NULL), SW_OK);
    assert_false(sw_excludes_match(&excludes, "y", NULL, false));
    sw_excludes_done(&excludes);
}

static void the_set_knows_what_it_saw(void **state)
{
    struct sw_seen seen;

    (void)state;
    assert_int_equal(sw_seen_init(&seen, NULL), SW_OK);
    for (int round = 0; round < 2; round++) {
        for (uint64_t inode = 0; inode < 50000; inode++) {
            struct sw_identity identity = {inode % 3, inode / 3 * 4096};

            assert_int_equal(sw_seen_add(&seen, identity),
                             round == 0 ? SW_SEEN_NEW : SW_SEEN_BEFORE);
        }
    }
    assert_in_range(seen.capacity, seen.count, 2 * 65536);
    sw_seen_done(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_taken_apart),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(broken_lines_are_left_out),
        cmocka_unit_test(covered_mounts_are_dropped),
        cmocka_unit_test(children_are_found_by_directory),
        cmocka_unit_test(of_several_mounts_one_is_walked_first),
        cmocka_unit_test(what_is_left_out_is_listed),
        cmocka_unit_test(one_file_system_leaves_out_the_others),
        cmocka_unit_test(a_named_file_system_is_never_left_out),
        cmocka_unit_test(types_are_known),
        cmocka_unit_test(globs_match_as_documented),
        cmocka_unit_test(globs_match_in_utf8_too),
        cmocka_unit_test(any_of_several_globs_is_enough),
        cmocka_unit_test(the_set_knows_what_it_saw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
