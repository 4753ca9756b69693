/* SPDX-License-Identifier: Apache-2.0 */
/* Files against rows of RECORDs: what is told, in whatever order they come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "sweeper/dist_check.h"
#include "sweeper/limits.h"

enum { FILE_THERE, PTH_THERE, UNKNOWN_THERE, ROW, ROW_BARE, ROW_WEAK, RECORD_CUT, RECORD_BAD };

/* One thing that goes in. `content` is the first byte of the digest. */
struct step {
    int kind;
    const char *path;
    uint8_t content;
    const char *record; /* of rows */
};

struct told {
    char text[8192]; /* sorted lines: name record first count */
    char details[8192];
    size_t count;
};

static enum sw_status on_finding(void *context, const struct sw_dist_finding *finding)
{
    struct told *told = context;
    char line[512];
    char *lines[64];
    size_t count = 0;

    snprintf(line, sizeof(line), "%s %.*s %.*s %llu\n", finding->name, (int)finding->record.size,
             (const char *)finding->record.data, (int)finding->first.size,
             (const char *)finding->first.data, (unsigned long long)finding->count);
    strcat(told->details, finding->detail);
    strcat(told->details, "\n");
    /* .pth come in the order of discovery */
    for (char *at = told->text; *at != '\0' && count < 63; at = strchr(at, '\n') + 1)
        lines[count++] = at;
    size_t at = 0;
    while (at < count && strncmp(lines[at], line, strcspn(line, "\n")) < 0)
        at++;
    char *where = at < count ? lines[at] : told->text + strlen(told->text);
    memmove(where + strlen(line), where, strlen(where) + 1);
    memcpy(where, line, strlen(line));
    told->count++;
    return SW_OK;
}

static void go_in(struct sw_dist_check *check, const struct step *step)
{
    uint8_t sha256[SW_SHA256_SIZE] = {step->content};
    struct sw_dist_file file = {.path = sw_view_of(step->path), .size = 10};
    struct sw_dist_row row = {.path = file.path, .size = 10};
    const struct sw_view record = sw_view_of(step->record != NULL ? step->record : step->path);

    memcpy(row.sha256, sha256, sizeof(sha256));
    switch (step->kind) {
    case PTH_THERE:
        file.runs = true;
        /* fall through */
    case FILE_THERE:
        file.sha256 = sha256;
        /* fall through */
    case UNKNOWN_THERE:
        sw_dist_check_file(check, &file);
        break;
    case RECORD_CUT:
    case RECORD_BAD:
        sw_dist_check_record(check, record, step->kind == RECORD_BAD ? 3 : 0,
                             step->kind == RECORD_CUT);
        break;
    default:
        row.hash = step->kind == ROW        ? SW_DIST_HASH_SHA256
                   : step->kind == ROW_WEAK ? SW_DIST_HASH_WEAK
                                            : SW_DIST_HASH_NONE;
        if (step->kind == ROW_BARE)
            row.size = UINT64_MAX;
        sw_dist_check_row(check, record, &row);
    }
}

static uint64_t seed = 0x9e3779b97f4a7c15;

static size_t next_random(size_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 33) % below;
}

static struct told run(enum sw_dist_scope scope, const struct step *steps, size_t count, bool whole,
                       bool twice)
{
    struct sw_dist_check *check = NULL;
    struct sw_error error;
    struct told told = {.count = 0};

    assert_int_equal(sw_dist_check_new(scope, SW_MIB, &check, &error), SW_OK);
    for (size_t i = 0; i < count; i++)
        go_in(check, &steps[i]);
    for (size_t i = 0; i < count && twice; i++) /* as a retry does */
        go_in(check, &steps[i]);
    assert_false(sw_dist_check_is_full(check));
    assert_int_equal(sw_dist_check_end(check, whole, on_finding, &told), SW_OK);
    sw_dist_check_free(check);
    return told;
}

/* In many orders. */
static void assert_told(enum sw_dist_scope scope, const struct step *steps, size_t count,
                        bool whole, const char *wanted)
{
    struct step shuffled[64];
    struct told first = run(scope, steps, count, whole, false);

    assert_string_equal(first.text, wanted);
    assert_true(count <= 64);
    memcpy(shuffled, steps, count * sizeof(*steps));
    for (int round = 0; round < 50; round++) {
        for (size_t i = count; i > 1; i--) {
            size_t other = next_random(i);
            struct step swap = shuffled[i - 1];
            shuffled[i - 1] = shuffled[other];
            shuffled[other] = swap;
        }
        const struct told told = run(scope, shuffled, count, whole, round % 2 == 0);
        assert_string_equal(told.text, first.text);
    }
}
#define ASSERT_TOLD(scope, steps, whole, wanted)                                                   \
    assert_told(scope, steps, sizeof(steps) / sizeof((steps)[0]), whole, wanted)

#define W "d-1.dist-info/RECORD"

static void test_wheel_that_is_whole(void **state)
{
    (void)state;
    const struct step steps[] = {
        {FILE_THERE, "d/__init__.py", 1, NULL},
        {ROW, "d/__init__.py", 1, W},
        {FILE_THERE, "d-1.dist-info/METADATA", 2, NULL},
        {ROW, "./d-1.dist-info//METADATA", 2, W},
        {FILE_THERE, W, 3, NULL},
        {ROW_BARE, W, 0, W},
        {FILE_THERE, "d-1.dist-info/RECORD.jws", 4, NULL},
        {FILE_THERE, "d/__pycache__/__init__.cpython-311.pyc", 5, NULL},
        {FILE_THERE, "d/__init__.pyc", 5, NULL}, /* its source is listed */
        {ROW, "d/", 9, W},                       /* a folder */
        {ROW, "d", 9, W},
    };
    ASSERT_TOLD(SW_DIST_WHEEL, steps, true, "");
}

static void test_wheel_with_everything_wrong(void **state)
{
    (void)state;
    const struct step steps[] = {
        {FILE_THERE, "d/a.py", 1, NULL},
        {ROW, "d/a.py", 2, W},
        {FILE_THERE, "d/a.txt", 1, NULL},
        {ROW, "d/a.txt", 2, W},
        {ROW, "d/gone.py", 2, W},
        {FILE_THERE, "d/more.py", 1, NULL},
        {FILE_THERE, "top.py", 1, NULL},
        {FILE_THERE, "d/more.dat", 1, NULL},
        {PTH_THERE, "d_init.pth", 1, NULL},
        {FILE_THERE, "d_paths.pth", 1, NULL},
        {FILE_THERE, "d/model.pth", 1, NULL},
        {PTH_THERE, "d-1.data/purelib/y.pth", 1, NULL},
        {FILE_THERE, "d/lone.pyc", 1, NULL},
        {ROW, "../../etc/passwd", 1, W},
        {ROW, "/etc/shadow", 1, W},
        {FILE_THERE, "d/two.py", 1, NULL},
        {ROW, "d/two.py", 1, W},
        {ROW, "d/two.py", 7, W},
        {FILE_THERE, "d/weak.py", 1, NULL},
        {ROW_WEAK, "d/weak.py", 1, W},
        {FILE_THERE, "d/unread.py", 1, NULL},
        {ROW, "d/unread.py", 1, W},
        {UNKNOWN_THERE, "d/enc.py", 0, NULL},
        {ROW, "d/enc.py", 1, W},
        {FILE_THERE, "d-1.data/scripts/run", 1, NULL},
    };
    const struct told told =
        run(SW_DIST_WHEEL, steps, sizeof(steps) / sizeof(steps[0]), true, false);
    assert_string_equal(told.text, "record_altered " W " d/a.py 1\n"
                                   "record_altered_data " W " d/a.txt 1\n"
                                   "record_ambiguous " W " d/two.py 1\n"
                                   "record_missing " W " d/gone.py 1\n"
                                   "record_outside " W " " W " 2\n"
                                   "record_unlisted " W " d/lone.pyc 5\n"
                                   "record_unlisted_data " W " d/more.dat 1\n"
                                   "record_unlisted_paths d_paths.pth d_paths.pth 1\n"
                                   "record_unlisted_pth d-1.data/purelib/y.pth "
                                   "d-1.data/purelib/y.pth 1\n"
                                   "record_unlisted_pth d_init.pth d_init.pth 1\n"
                                   "record_unproven " W " d/weak.py 1\n");
    assert_non_null(strstr(told.details, "d/a.py (sha256 0100000000000000, not 02000000"));
    assert_non_null(strstr(told.details, "2 rows: ../../etc/passwd"));
}

/* Two distributions in one namespace, and one that has no RECORD in it too. */
static void test_namespace(void **state)
{
    (void)state;
    static const char a[] = "/v/site-packages/ns_a-1.dist-info/RECORD";
    static const char b[] = "/v/site-packages/ns_b-1.dist-info/RECORD";
    const struct step steps[] = {
        {FILE_THERE, "/v/site-packages/ns/a/__init__.py", 1, NULL},
        {ROW, "ns/a/__init__.py", 1, a},
        {FILE_THERE, "/v/site-packages/ns/b/__init__.py", 2, NULL},
        {ROW, "ns/b/__init__.py", 2, b},
        {FILE_THERE, "/v/site-packages/ns/c/__init__.py", 3, NULL}, /* of nobody here */
        {ROW, "ns/shared.py", 4, a},                                /* both list it ... */
        {ROW, "ns/shared.py", 5, b},
        {FILE_THERE, "/v/site-packages/elsewhere/x.py", 6, NULL},
    };
    ASSERT_TOLD(SW_DIST_INSTALLED, steps, true,
                "record_missing v/site-packages/ns_a-1.dist-info/RECORD "
                "v/site-packages/ns/shared.py 1\n"
                "record_missing v/site-packages/ns_b-1.dist-info/RECORD "
                "v/site-packages/ns/shared.py 1\n"
                /* a folder with a listed file is owned, with all below it */
                "record_unlisted v/site-packages/ns_a-1.dist-info/RECORD "
                "v/site-packages/ns/c/__init__.py 1\n");
    const struct step pure[] = {
        {FILE_THERE, "/v/site-packages/ns/a/__init__.py", 1, NULL},
        {ROW, "ns/a/__init__.py", 1, a},
        {FILE_THERE, "/v/site-packages/ns/c/__init__.py", 3, NULL},
        {FILE_THERE, "/v/site-packages/ns/shared/x.py", 4, NULL},
        {ROW, "ns/shared/x.py", 5, a}, /* the one that came last wins */
        {ROW, "ns/shared/x.py", 4, b},
    };
    ASSERT_TOLD(SW_DIST_INSTALLED, pure, true, "");
}

static void test_installed(void **state)
{
    (void)state;
    static const char r[] = "/v/lib/site-packages/d-1.dist-info/RECORD";
    const struct step steps[] = {
        {FILE_THERE, "/v/lib/site-packages/d/__init__.py", 1, NULL},
        {ROW, "d/__init__.py", 1, r},
        {ROW, "../../bin/d", 1, r}, /* not seen: nothing to say */
        {ROW, "../../bin/e", 1, r},
        {FILE_THERE, "/v/bin/e", 2, NULL}, /* seen, and another one */
        {ROW, "/abs/olute", 1, r},
        {FILE_THERE, "/v/lib/site-packages/d/sub/evil.py", 2, NULL},
        {FILE_THERE, "/v/lib/site-packages/d-1.dist-info/evil.py", 2, NULL},
        {FILE_THERE, "/v/lib/site-packages/d-1.dist-info/INSTALLER", 2, NULL},
        {ROW, "d-1.dist-info/INSTALLER", 9, r},
        {PTH_THERE, "/v/lib/site-packages/x.pth", 2, NULL},
        {PTH_THERE, "/v/lib/site-packages/d/x.pth", 2, NULL}, /* not where Python looks */
        {FILE_THERE, "/v/lib/site-packages/other.py", 2, NULL},
        {PTH_THERE, "/w/site-packages/y.pth", 2, NULL}, /* no distribution there */
        {RECORD_BAD, "", 0, r},
    };
    ASSERT_TOLD(SW_DIST_INSTALLED, steps, true,
                "record_altered v/lib/site-packages/d-1.dist-info/RECORD v/bin/e 1\n"
                "record_malformed v/lib/site-packages/d-1.dist-info/RECORD "
                "v/lib/site-packages/d-1.dist-info/RECORD 3\n"
                "record_unlisted v/lib/site-packages/d-1.dist-info/RECORD "
                "v/lib/site-packages/d/sub/evil.py 3\n"
                "record_unlisted_pth v/lib/site-packages/x.pth v/lib/site-packages/x.pth 1\n");
    /* Cut short, or interrupted: only what is altered is sure. */
    ASSERT_TOLD(SW_DIST_INSTALLED, steps, false,
                "record_altered v/lib/site-packages/d-1.dist-info/RECORD v/bin/e 1\n"
                "record_malformed v/lib/site-packages/d-1.dist-info/RECORD "
                "v/lib/site-packages/d-1.dist-info/RECORD 3\n");
}

static void test_cut_record_says_nothing_of_others(void **state)
{
    (void)state;
    static const char r[] = "/site-packages/d-1.dist-info/RECORD";
    const struct step steps[] = {
        {ROW, "d/__init__.py", 1, r},
        {FILE_THERE, "/site-packages/d/__init__.py", 1, NULL},
        {FILE_THERE, "/site-packages/d/more.py", 1, NULL},
        {PTH_THERE, "/site-packages/x.pth", 2, NULL},
        {RECORD_CUT, "", 0, r},
    };
    ASSERT_TOLD(SW_DIST_INSTALLED, steps, true, "");
}

/* What Debian strips after RECORD was written. */
static void test_stripped(void **state)
{
    (void)state;
    static const char r[] = "/usr/lib/python3/dist-packages/d-1.dist-info/RECORD";
    static const char own[] = "/usr/local/lib/python3.11/dist-packages/d-1.dist-info/RECORD";
    const struct step steps[] = {
        {ROW, "d/m.so", 1, r},
        {FILE_THERE, "/usr/lib/python3/dist-packages/d/m.so", 2, NULL},
        {ROW, "d/m.so", 1, own},
        {FILE_THERE, "/usr/local/lib/python3.11/dist-packages/d/m.so", 2, NULL},
    };
    ASSERT_TOLD(SW_DIST_INSTALLED, steps, true,
                "record_altered usr/local/lib/python3.11/dist-packages/d-1.dist-info/RECORD "
                "usr/local/lib/python3.11/dist-packages/d/m.so 1\n"
                "record_altered_native usr/lib/python3/dist-packages/d-1.dist-info/RECORD "
                "usr/lib/python3/dist-packages/d/m.so 1\n");
}

/* A row without a digest neither hides another one's nor spoils it. */
static void test_rows_with_and_without_digest(void **state)
{
    (void)state;
    static const char other[] = "e-1.dist-info/RECORD";
    const struct step steps[] = {
        {FILE_THERE, "d/good.py", 1, NULL},
        {ROW, "d/good.py", 1, W},
        {ROW_BARE, "d/good.py", 0, W},
        {ROW_WEAK, "d/good.py", 0, W},
        {FILE_THERE, "d/bad.py", 2, NULL},
        {ROW_BARE, "d/bad.py", 0, W},
        {ROW, "d/bad.py", 1, W},
        {ROW_BARE, "d/good.py", 0, other},
        {FILE_THERE, "d/twice.py", 1, NULL},
        {FILE_THERE, "d/twice.py", 2, NULL},
        {ROW, "d/twice.py", 1, W},
    };
    ASSERT_TOLD(SW_DIST_WHEEL, steps, true,
                "record_altered " W " d/bad.py 2\n"
                "record_unproven e-1.dist-info/RECORD d/good.py 1\n");
}

static void test_many_are_counted(void **state)
{
    (void)state;
    struct sw_dist_check *check = NULL;
    struct sw_error error;
    struct told told = {.count = 0};
    char path[64];

    assert_int_equal(sw_dist_check_new(SW_DIST_WHEEL, SW_MIB, &check, &error), SW_OK);
    for (int i = 999; i >= 0; i--) {
        snprintf(path, sizeof(path), "d/%03d.py", i);
        go_in(check, &(struct step){ROW, path, 1, W});
    }
    assert_int_equal(sw_dist_check_end(check, true, on_finding, &told), SW_OK);
    assert_string_equal(told.text, "record_missing " W " d/000.py 1000\n");
    assert_string_equal(told.details,
                        "1000 files: d/000.py, d/001.py, d/002.py, d/003.py, d/004.py, d/005.py, "
                        "d/006.py, d/007.py and 992 more\n");
    sw_dist_check_free(check);
}

/* At the ceiling memory stops growing, and what is not there proves nothing any more. */
static void test_ceiling(void **state)
{
    (void)state;
    struct sw_dist_check *check = NULL;
    struct sw_error error;
    struct told told = {.count = 0};
    char path[64];

    assert_int_equal(sw_dist_check_new(SW_DIST_WHEEL, 64 * SW_KIB, &check, &error), SW_OK);
    go_in(check, &(struct step){FILE_THERE, "d/a.py", 1, NULL});
    go_in(check, &(struct step){ROW, "d/a.py", 2, W});
    for (int i = 0; i < 100000; i++) {
        snprintf(path, sizeof(path), "d/%d.py", i);
        go_in(check, &(struct step){i % 2 == 0 ? ROW : FILE_THERE, path, 1, W});
    }
    assert_true(sw_dist_check_is_full(check));
    assert_true(sw_dist_check_size(check) <= 128 * SW_KIB);
    assert_int_equal(sw_dist_check_end(check, true, on_finding, &told), SW_OK);
    assert_string_equal(told.text, "record_altered " W " d/a.py 1\n");
    sw_dist_check_free(check);
}

/* Names that are not UTF-8 are shown as bytes; deep and odd ones do no harm. */
static void test_odd_names(void **state)
{
    (void)state;
    static char deep[4001];
    const struct step steps[] = {
        {FILE_THERE, "d/\xff\x1b[2J.py", 1, NULL},
        {ROW, "d/x.py", 1, W},
        {ROW, deep, 1, W},
        {ROW, "..", 1, W},
        {ROW, ".", 1, W},
        {FILE_THERE, "/", 1, NULL},
        {FILE_THERE, "", 1, NULL},
    };
    for (size_t i = 0; i < sizeof(deep) - 1; i += 2)
        memcpy(deep + i, "p/", 2);
    deep[sizeof(deep) - 2] = 'q';
    const struct told told =
        run(SW_DIST_WHEEL, steps, sizeof(steps) / sizeof(steps[0]), true, false);
    assert_non_null(strstr(told.details, "1 file: d/\\xff\\x1b[2J.py\n"));
    assert_non_null(strstr(told.details, "2 files: d/x.py, p/p/p/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wheel_that_is_whole),
        cmocka_unit_test(test_wheel_with_everything_wrong),
        cmocka_unit_test(test_namespace),
        cmocka_unit_test(test_installed),
        cmocka_unit_test(test_cut_record_says_nothing_of_others),
        cmocka_unit_test(test_stripped),
        cmocka_unit_test(test_rows_with_and_without_digest),
        cmocka_unit_test(test_many_are_counted),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_odd_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
