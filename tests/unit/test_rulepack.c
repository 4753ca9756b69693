/* SPDX-License-Identifier: Apache-2.0 */
/* test_rulepack.c - gathering rule sources, their includes, and the sealed memory file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/builtin_rules.h"
#include "common/rule_lexer.h"
#include "common/rulepack_path.h"
#include "supervisor/rulepack_read.h"
#include "sweeper/rulepack.h"
#include "temp_root.h"

static void put_bytes(const char *path, const void *data, size_t size)
{
    char full[256];
    snprintf(full, sizeof(full), "%s", at(path));
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    fclose(file);
}

static void put(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

static struct sw_rulepack *gather(const char *path)
{
    struct sw_rulepack *pack = NULL;
    struct sw_error error = {.errnum = 0};
    if (sw_rulepack_gather(&(struct sw_rule_sources){.rules = &path, .rule_count = 1}, &pack,
                           &error) != SW_OK)
        fail_msg("%s", error.text);
    return pack;
}

/* Gathering must fail, and the message must say this. */
static void assert_refused(const char *path, const char *words)
{
    struct sw_rulepack *pack = NULL;
    struct sw_error error = {.errnum = 0};
    assert_int_equal(sw_rulepack_gather(&(struct sw_rule_sources){.rules = &path, .rule_count = 1},
                                        &pack, &error),
                     SW_STOP);
    assert_null(pack);
    if (!strstr(error.text, words))
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static const struct sw_rule_file *find(const struct sw_rulepack *pack, const char *relative)
{
    for (size_t i = 0; i < pack->count; i++)
        if (strcmp(pack->files[i].root_relative, relative) == 0)
            return &pack->files[i];
    return NULL;
}

static void builtin_set_is_whole(void **state)
{
    (void)state;
    struct sw_rulepack *pack = NULL;
    struct sw_error error;
    assert_int_equal(sw_rulepack_gather(&(struct sw_rule_sources){.builtin = true}, &pack, &error),
                     SW_OK);
    assert_true(pack->count >= 4);
    const struct sw_rule_file *file = find(pack, "litellm/pth_loader.yar");
    assert_non_null(file);
    assert_string_equal(file->namespace_, "builtin.litellm.pth_loader");
    assert_string_equal(file->name, "builtin:litellm/pth_loader.yar");
    assert_true(file->builtin);
    assert_int_equal(strlen(file->text), file->text_size);
    assert_non_null(strstr(file->text, "rule litellm_pth_loader"));
    assert_int_equal(strlen(pack->digest), 64);
    /* Masked: no rule text in the bytes that the executable carries. */
    assert_null(memmem(sw_builtin_rules_data(), sw_builtin_rules_size(), "rule ", 5));
    sw_rulepack_free(pack);
}

static void no_rules_at_all_is_an_error(void **state)
{
    (void)state;
    struct sw_rulepack *pack = NULL;
    struct sw_error error;
    assert_int_equal(sw_rulepack_gather(&(struct sw_rule_sources){0}, &pack, &error), SW_STOP);
    assert_refused(root, "no *.yar or *.yara file");
    assert_refused(at("nowhere"), "nowhere");
}

static void directory_is_sorted_and_named(void **state)
{
    (void)state;
    put("b.yar", "rule b {condition: true}");
    put("a.yara", "rule a {condition: true}");
    put("sub/deep/c.yar", "rule c {condition: true}");
    put("note.txt", "not a rule");
    put(".yar", "a name without a stem");
    put("a.yar", "rule a {condition: true}");
    struct sw_rulepack *pack = gather(root);
    assert_int_equal(pack->count, 4);
    assert_string_equal(pack->files[0].root_relative, "a.yar");
    assert_string_equal(pack->files[0].namespace_, "a");
    assert_string_equal(pack->files[1].namespace_, "a~2");
    assert_string_equal(pack->files[2].namespace_, "b");
    assert_string_equal(pack->files[3].namespace_, "sub/deep/c");
    assert_string_equal(pack->files[3].name, at("sub/deep/c.yar"));
    sw_rulepack_free(pack);
}

static void one_file_twice_is_compiled_once(void **state)
{
    (void)state;
    put("a.yar", "rule a {condition: true}");
    const char *paths[] = {at("a.yar"), root};
    struct sw_rulepack *pack = NULL;
    struct sw_error error;
    assert_int_equal(sw_rulepack_gather(&(struct sw_rule_sources){.rules = paths, .rule_count = 2},
                                        &pack, &error),
                     SW_OK);
    assert_int_equal(pack->count, 2);
    assert_false(pack->files[0].include_only);
    assert_true(pack->files[1].include_only);
    sw_rulepack_free(pack);
}

static void includes_are_followed_inside_the_root(void **state)
{
    (void)state;
    put("index.yar", "include \"sub/one.inc\"\ninclude \"./sub/../two.inc\"\n");
    put("sub/one.inc", "include \"../three.inc\"");
    put("two.inc", "// nothing");
    put("three.inc", "include \"missing.inc\"");
    struct sw_rulepack *pack = gather(root);
    assert_int_equal(pack->count, 4);
    const struct sw_rule_file *one = find(pack, "sub/one.inc");
    assert_true(one->include_only);
    assert_ptr_equal(sw_rulepack_resolve(pack, one, "../three.inc"), find(pack, "three.inc"));
    assert_ptr_equal(sw_rulepack_resolve(pack, one, "one.inc"), one);
    assert_null(sw_rulepack_resolve(pack, one, "../../three.inc"));
    assert_null(sw_rulepack_resolve(pack, one, "/three.inc"));
    assert_null(sw_rulepack_resolve(pack, one, "three.inc"));
    sw_rulepack_free(pack);
}

static void file_root_is_its_directory(void **state)
{
    (void)state;
    put("set/top.yar", "include \"other.yar\"");
    put("set/other.yar", "rule o {condition: true}");
    put("set/unrelated.yar", "rule u {condition: true}");
    struct sw_rulepack *pack = gather(at("set/top.yar"));
    assert_int_equal(pack->count, 2);
    assert_true(find(pack, "other.yar")->include_only);
    assert_string_equal(find(pack, "top.yar")->namespace_, "top");
    sw_rulepack_free(pack);
}

static void includes_do_not_leave_the_root(void **state)
{
    (void)state;
    put("secret.inc", "rule s {condition: true}");
    put("set/a.yar", "\n\ninclude \"../secret.inc\"\n");
    assert_refused(at("set"), "a.yar:3: error: include \"../secret.inc\" leaves");
    put("set/a.yar", "include \"/etc/passwd\"");
    assert_refused(at("set"), "a.yar:1: error: include \"/etc/passwd\" leaves");
    put("set/a.yar", "include \"link.inc\"");
    assert_int_equal(symlink("../secret.inc", at("set/link.inc")), 0);
    assert_refused(at("set"), "a.yar:1: error: include \"link.inc\" leaves");
    put("set/a.yar", "include \"up/secret.inc\"");
    assert_int_equal(symlink("..", at("set/up")), 0);
    assert_refused(at("set"), "leaves");
}

static void links_inside_the_root_work(void **state)
{
    (void)state;
    /* As Kubernetes lays out a config map. */
    put("..data_1/a.yar", "rule a {condition: true}");
    assert_int_equal(symlink("..data_1", at("..data")), 0);
    assert_int_equal(symlink("..data/a.yar", at("a.yar")), 0);
    struct sw_rulepack *pack = gather(root);
    size_t own = 0;
    for (size_t i = 0; i < pack->count; i++)
        own += !pack->files[i].include_only;
    assert_int_equal(own, 1);
    sw_rulepack_free(pack);
    assert_int_equal(symlink("/etc/passwd", at("b.yar")), 0);
    assert_refused(root, "b.yar: a symbolic link that leaves");
}

static void hostile_files_are_refused(void **state)
{
    (void)state;
    put_bytes("a.yar", "rule a\0b", 8);
    assert_refused(root, "a.yar: not a text");
    unlink(at("a.yar"));
    assert_int_equal(mkfifo(at("pipe.yar"), 0600), 0);
    assert_refused(root, "pipe.yar: not a regular file");
    unlink(at("pipe.yar"));
    put("big.yar", "");
    assert_int_equal(truncate(at("big.yar"), (off_t)SW_RULE_FILE_SIZE_MAX + 1), 0);
    assert_refused(root, "big.yar: larger than 16 MiB");
}

static void *write_slowly(void *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, "rule a {", 8) == 8;
    usleep(20000);
    good = good && write(fd, "condition: true}", 16) == 16;
    close(fd);
    return good ? path : NULL;
}

static void *write_too_much(void *path)
{
    static const char spaces[4096] = {' '};
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t put_size = 0;
    for (size_t done = 0; fd >= 0 && done <= SW_RULE_FILE_SIZE_MAX && put_size >= 0;
         done += (size_t)put_size)
        put_size = write(fd, spaces, sizeof(spaces));
    close(fd);
    return NULL;
}

static void pipe_is_read_to_its_end(void **state)
{
    (void)state;
    char path[256];
    pthread_t writer;
    void *good = NULL;
    snprintf(path, sizeof(path), "%s", at("pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_slowly, path), 0);
    struct sw_rulepack *pack = gather(path);
    pthread_join(writer, &good);
    assert_non_null(good);
    assert_int_equal(pack->count, 1);
    assert_string_equal(pack->files[0].text, "rule a {condition: true}");
    assert_int_equal(pack->files[0].text_size, strlen(pack->files[0].text));
    sw_rulepack_free(pack);

    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pthread_create(&writer, NULL, write_too_much, path), 0);
    assert_refused(path, "pipe: larger than 16 MiB");
    pthread_join(writer, NULL);
}

static void pack_has_a_ceiling(void **state)
{
    (void)state;
    char *text = malloc(SW_RULE_FILE_SIZE_MAX);
    assert_non_null(text);
    memset(text, '\n', SW_RULE_FILE_SIZE_MAX);
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%d.yar", i);
        put_bytes(name, text, SW_RULE_FILE_SIZE_MAX);
    }
    free(text);
    sw_rulepack_free(gather(root)); /* just full */
    put("5.yar", "\n");
    assert_refused(root, "5.yar: the rules are over 64 MiB");
}

static void fallback_follows_no_link(void **state)
{
    (void)state;
    put("d/e/a.yar", "x");
    assert_int_equal(symlink("d", at("l")), 0);
    assert_int_equal(symlink("a.yar", at("d/e/b.yar")), 0);
    int fd = open(root, O_RDONLY | O_DIRECTORY);
    int file = sw_rules_open_unlinked(fd, "d/e/a.yar", O_RDONLY);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(sw_rules_open_unlinked(fd, "l/e/a.yar", O_RDONLY), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(sw_rules_open_unlinked(fd, "d/e/b.yar", O_RDONLY), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(sw_rules_open_unlinked(fd, "d/x/b.yar", O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    close(fd);
}

static void sealed_pack_comes_back_whole(void **state)
{
    (void)state;
    put("a.yar", "include \"b.inc\"");
    put("b.inc", "");
    struct sw_rulepack *pack = gather(root);
    struct sw_rulepack *copy = NULL;
    struct sw_error error = {.errnum = 0};
    int fd = -1;
    assert_int_equal(sw_rulepack_seal(pack, &fd, &error), SW_OK);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(sw_rulepack_open(fd, &copy, &error), SW_OK);
    assert_int_equal(copy->count, pack->count);
    assert_string_equal(copy->digest, pack->digest);
    for (size_t i = 0; i < copy->count; i++) {
        assert_string_equal(copy->files[i].name, pack->files[i].name);
        assert_string_equal(copy->files[i].namespace_, pack->files[i].namespace_);
        assert_string_equal(copy->files[i].text, pack->files[i].text);
        assert_string_equal(copy->files[i].root_relative, pack->files[i].root_relative);
        assert_int_equal(copy->files[i].text_size, pack->files[i].text_size);
        assert_int_equal(copy->files[i].include_only, pack->files[i].include_only);
        assert_int_equal(copy->files[i].root_index, pack->files[i].root_index);
    }
    close(fd);
    sw_rulepack_free(copy);
    sw_rulepack_free(pack);
}

static int memory_of(const uint8_t *data, size_t size, bool seal)
{
    int fd = memfd_create("test", MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    if (seal)
        assert_int_equal(
            fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE), 0);
    return fd;
}

static void damaged_memory_is_refused(void **state)
{
    (void)state;
    put("a.yar", "rule a {condition: true}");
    struct sw_rulepack *pack = gather(root);
    struct sw_rulepack *copy = NULL;
    struct sw_error error = {.errnum = 0};
    uint8_t bytes[1024];
    int fd = -1;
    assert_int_equal(sw_rulepack_seal(pack, &fd, &error), SW_OK);
    ssize_t size = pread(fd, bytes, sizeof(bytes), 0);
    assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
    close(fd);
    for (ssize_t cut = 1; cut < size; cut++) {
        fd = memory_of(bytes, (size_t)cut, true);
        assert_int_equal(sw_rulepack_open(fd, &copy, &error), SW_STOP);
        close(fd);
    }
    fd = memory_of(bytes, (size_t)size, false);
    assert_int_equal(sw_rulepack_open(fd, &copy, &error), SW_STOP);
    close(fd);
    bytes[8] = bytes[9] = bytes[10] = bytes[11] = 0xff; /* the count */
    fd = memory_of(bytes, (size_t)size, true);
    assert_int_equal(sw_rulepack_open(fd, &copy, &error), SW_STOP);
    close(fd);
    assert_null(copy);
    sw_rulepack_free(pack);
}

static void digest_sees_every_text(void **state)
{
    (void)state;
    char first[SW_SHA256_HEX_SIZE];
    put("a.yar", "rule a {condition: true}");
    struct sw_rulepack *pack = gather(root);
    strcpy(first, pack->digest);
    sw_rulepack_free(pack);
    pack = gather(root);
    assert_string_equal(pack->digest, first);
    sw_rulepack_free(pack);
    put("a.yar", "rule a {condition: true} ");
    pack = gather(root);
    assert_string_not_equal(pack->digest, first);
    sw_rulepack_free(pack);
}

static void lexer_knows_what_hides_a_directive(void **state)
{
    (void)state;
    struct sw_rule_lexer lexer = sw_rule_lexer_of(
        "// include \"no1\"\n/* include \"no2\"\n */ include \"yes1\"\n"
        "rule a { strings: $a = \"include \\\"no3\\\"\" $b = /x\"include \"no4\"\\/y/ "
        "$include = {41 /* include \"no5\" */} $c = \"unclosed\n include\t\"yes2\" "
        "xinclude \"no6\" condition: 4 \\ 2 == 2 } include \"yes3");
    struct sw_rule_token token;
    char found[64] = "";
    int lines[3] = {0, 0, 0};
    size_t count = 0;
    while (sw_rule_lexer_next(&lexer, &token)) {
        if (!token.include)
            continue;
        assert_true(count < 3);
        lines[count++] = token.line;
        strncat(found, (const char *)token.text.data, token.text.size);
        strcat(found, ",");
    }
    assert_string_equal(found, "yes1,yes2,yes3,");
    assert_int_equal(lines[0], 3);
    assert_int_equal(lines[1], 5);
    assert_true(sw_rule_text_has_word("rule a {condition: mime == \"x\"}", "mime"));
    assert_false(
        sw_rule_text_has_word("rule a {strings: $a = \"mime\" $mime = /mime/ //mime", "mime"));
    assert_false(sw_rule_text_has_word("rule mimes {", "mime"));
}

static void paths_are_joined_by_text(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *target;
        const char *path; /* NULL: refused */
    } cases[] = {
        {"a.yar", "b", "b"},
        {"d/a.yar", "b", "d/b"},
        {"d/a.yar", "../b", "b"},
        {"d/a.yar", "../../b", NULL},
        {"d/e/a.yar", "./..//./b", "d/b"},
        {"a.yar", "", NULL},
        {"a.yar", "/b", NULL},
        {"a.yar", "..", NULL},
        {"d/a.yar", "..", NULL},
        {"d/a.yar", "x/../y/", "d/y"},
        {"a.yar", "..x", "..x"},
        {"a.yar", "x/../../y", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *path = sw_rulepack_join(cases[i].from, cases[i].target);
        if (cases[i].path)
            assert_string_equal(path, cases[i].path);
        else
            assert_null(path);
        free(path);
    }
}

int main(void)
{
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builtin_set_is_whole),
        IN_ROOT(no_rules_at_all_is_an_error),
        IN_ROOT(directory_is_sorted_and_named),
        IN_ROOT(one_file_twice_is_compiled_once),
        IN_ROOT(includes_are_followed_inside_the_root),
        IN_ROOT(file_root_is_its_directory),
        IN_ROOT(includes_do_not_leave_the_root),
        IN_ROOT(links_inside_the_root_work),
        IN_ROOT(hostile_files_are_refused),
        IN_ROOT(pipe_is_read_to_its_end),
        IN_ROOT(pack_has_a_ceiling),
        IN_ROOT(fallback_follows_no_link),
        IN_ROOT(sealed_pack_comes_back_whole),
        IN_ROOT(damaged_memory_is_refused),
        IN_ROOT(digest_sees_every_text),
        cmocka_unit_test(lexer_knows_what_hides_a_directive),
        cmocka_unit_test(paths_are_joined_by_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
