/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_scan_read.c - how the scan path reads: windows, holes, objects that
 * change, and bytes that are fetched only when something looks at them.
 */
#include "scan_kit.h"

/* ---- windows, carries and holes ------------------------------------------ */

struct needle {
    const char *bytes;
    size_t size;
    size_t calls;
    size_t largest;
};

static bool needle_hit(void *context, const uint8_t *data, size_t size)
{
    struct needle *needle = context;
    needle->calls++;
    needle->largest = size > needle->largest ? size : needle->largest;
    return memmem(data, size, needle->bytes, needle->size) != NULL;
}

static struct sw_scanner *needle_scanner(YR_RULES *rules, struct needle *needle)
{
    const struct sw_scan_setup setup = {
        .rules = rules,
        .window = 4096,
        .sieve = {.hit = needle_hit, .context = needle, .overlap = needle->size - 1}};
    return scanner_of(&setup);
}

static void needles_are_found_across_every_edge(void **state)
{
    (void)state;
    static const size_t edges[] = {8, 4096, 8192, HEAD - 4096, HEAD, HEAD + 4096, HEAD + 40960};
    struct needle needle = {.bytes = "SIXTEEN-BYTES-ID", .size = 16};
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule r { strings: $a = \"SIXTEEN-BYTES-ID\" condition: $a }");
    struct sw_scanner *scanner = needle_scanner(rules, &needle);
    size_t size = HEAD + 65536;
    char *zeros = calloc(1, size);
    int fd = file_of(zeros, size);
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        for (size_t at = edges[i] - 8 > 16 && i > 0 ? edges[i] - 17 : 0; at <= edges[i] + 1; at++) {
            char expected[128];
            assert_int_equal(pwrite(fd, needle.bytes, 16, (off_t)at), 16);
            assert_int_equal(scan_fd(scanner, fd, size, &outcome), SW_OK);
            snprintf(expected, sizeof(expected), "  $a %zu 16 ", at);
            assert_non_null(strstr(outcome.text, expected));
            assert_true(effort.full);
            assert_int_equal(effort.full_bytes, size);
            assert_int_equal(head.size, HEAD);
            assert_int_equal(pwrite(fd, zeros, 16, (off_t)at), 16);
        }
    }
    needle.calls = needle.largest = 0;
    assert_int_equal(scan_fd(scanner, fd, size, &outcome), SW_OK);
    assert_int_equal(outcome.hits, 0);
    assert_false(effort.full);
    assert_int_equal(effort.bytes_read, size);
    assert_int_equal(needle.calls, size / 4096);
    assert_int_equal(needle.largest, 4096 + 15);
    close(fd);
    free(zeros);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void holes_are_seen_but_not_read(void **state)
{
    (void)state;
    struct needle needle = {.bytes = "SIXTEEN-BYTES-ID", .size = 16};
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule r { strings: $a = \"SIXTEEN-BYTES-ID\" condition: $a }");
    struct sw_scanner *scanner = needle_scanner(rules, &needle);
    uint64_t size = UINT64_C(3) << 30;
    int fd = file_of("start", 5);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(pwrite(fd, "middle", 6, 1 << 30), 6);
    assert_int_equal(scan_fd(scanner, fd, size, &outcome), SW_OK);
    assert_int_equal(outcome.hits, 0);
    assert_int_equal(effort.bytes_read, size);
    assert_true(needle.calls < 1000);
    close(fd);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* Patterns made of zeros, over the edges of holes and inside them. */
static void patterns_of_zeros_match_holes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool found;
    } cases[] = {
        {"\0\0\0\0\0\0\0\0", true}, {"E\0\0\0\0\0\0\0", true},   {"\0\0\0\0\0\0\0S", true},
        {"E\0\0\0\0\0\0S", false},  {"\0\0\0\1\0\0\0\0", false}, {"E\0\0\0\0\0S\0", false},
    };
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule r { strings: $a = { 45 00 00 00 } condition: $a }");
    size_t size = 4 * MIB;
    char *data = malloc(2 * MIB);
    memset(data, 'x', 2 * MIB);
    data[2 * MIB - 1] = 'E';
    int fd = file_of(data, 2 * MIB);
    data[0] = 'S';
    data[2 * MIB - 1] = 'x';
    assert_int_equal(pwrite(fd, data, MIB, 3 * MIB), MIB);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct needle needle = {.bytes = cases[i].bytes, .size = 8};
        struct sw_scanner *scanner = needle_scanner(rules, &needle);
        assert_int_equal(scan_fd(scanner, fd, size, &outcome), SW_OK);
        assert_int_equal(effort.full, cases[i].found);
        sw_scanner_free(scanner);
    }
    close(fd);
    free(data);
    free(outcome.text);
    yr_rules_destroy(rules);
}

static void head_is_the_same_with_and_without_a_hit(void **state)
{
    (void)state;
    struct needle needle = {.bytes = "needle", .size = 6};
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule r { strings: $a = \"needle\" condition: $a }");
    struct sw_scanner *scanner = needle_scanner(rules, &needle);
    size_t size = 2 * MIB;
    char *data = malloc(size);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 7 + i / 256);
    for (int planted = 0; planted < 2; planted++) {
        if (planted)
            memcpy(data + 10, "needle", sizeof("needle"));
        int fd = file_of(data, size);
        assert_int_equal(scan_fd(scanner, fd, size, &outcome), SW_OK);
        assert_int_equal(outcome.hits, planted);
        assert_int_equal(head.size, HEAD);
        assert_memory_equal(head.data, data, HEAD);
        close(fd);
    }
    free(data);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* ---- objects that change, and sizes that nobody knows -------------------- */

static void size_changes_are_gaps(void **state)
{
    (void)state;
    static const size_t sizes[] = {100, HEAD - 1, HEAD, HEAD + 1, 3 * MIB};
    struct outcome outcome = {0};
    YR_RULES *rules =
        compile("rule every { strings: $a = \"zq\" condition: filesize >= 0 and not $a }");
    const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never, .overlap = 1}};
    struct sw_scanner *scanner = scanner_of(&setup);
    char *data = malloc(4 * MIB);
    memset(data, 'a', 4 * MIB);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int fd = file_of(data, sizes[i]);
        assert_int_equal(scan_fd(scanner, fd, sizes[i], &outcome), SW_OK);
        assert_int_equal(outcome.hits, 1);
        assert_false(effort.changed);
        /* cut short */
        assert_int_equal(scan_fd(scanner, fd, sizes[i] + 50, &outcome), SW_PART);
        assert_int_equal(outcome.last_gap, SW_GAP_CHANGED_WHILE_READING);
        assert_true(effort.changed);
        assert_int_equal(outcome.gaps, 1);
        assert_int_equal(outcome.hits, 1);
        assert_in_range(effort.bytes_read, sizes[i], sizes[i] + 50); /* or a hole at its end */
        close(fd);
    }
    int fd = file_of(data, 500);
    assert_int_equal(scan_fd(scanner, fd, 400, &outcome), SW_PART);
    assert_int_equal(outcome.last_gap, SW_GAP_CHANGED_WHILE_READING);
    assert_int_equal(effort.bytes_read, 400);
    close(fd);
    free(data);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void a_file_emptied_in_a_hole_is_noticed(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    YR_RULES *rules = compile("rule every { condition: true }");
    const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never, .overlap = 1}};
    struct sw_scanner *scanner = scanner_of(&setup);
    char *data = calloc(1, 2 * MIB);
    int fd = file_of(data, 2 * MIB);
    assert_int_equal(scan_fd(scanner, fd, 8 * MIB, &outcome), SW_PART);
    assert_int_equal(outcome.last_gap, SW_GAP_CHANGED_WHILE_READING);
    close(fd);
    free(data);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void unsized_objects_are_read_to_their_limit(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        0, 1, HEAD - 1, HEAD, HEAD + 1, SW_UNSIZED_MAX, SW_UNSIZED_MAX + 1};
    struct outcome outcome = {0};
    struct needle needle = {.bytes = "needle", .size = 6};
    YR_RULES *rules = compile("rule size { condition: filesize == 67108864 }"
                              "rule r { strings: $a = \"needle\" condition: $a }");
    struct sw_scanner *scanner = needle_scanner(rules, &needle);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        int fd = file_of("", 0);
        bool over = sizes[i] > SW_UNSIZED_MAX;
        assert_int_equal(ftruncate(fd, (off_t)sizes[i]), 0);
        assert_int_equal(scan_fd(scanner, fd, 0, &outcome), over ? SW_PART : SW_OK);
        assert_int_equal(outcome.gaps, over);
        if (over)
            assert_int_equal(outcome.last_gap, SW_GAP_LIMIT_SIZE);
        assert_int_equal(outcome.hits, sizes[i] >= SW_UNSIZED_MAX);
        if (sizes[i] > 6) {
            off_t at = (off_t)(over ? SW_UNSIZED_MAX : sizes[i]) - 6;
            assert_int_equal(pwrite(fd, "needle", 6, at), 6);
            (void)!scan_fd(scanner, fd, 0, &outcome);
            assert_non_null(strstr(outcome.text, "$a"));
        }
        close(fd);
    }
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    assert_int_equal(scan_fd(scanner, fd, 0, &outcome), SW_OK);
    assert_true(effort.bytes_read > 100);
    close(fd);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* Cuts the file when the sieve has seen its last window: the condition's look
 * at the mapped view then faults. */
struct cutter {
    int fd;
    size_t seen;
};

static bool cut_at_end(void *context, const uint8_t *data, size_t size)
{
    (void)data;
    struct cutter *cutter = context;
    cutter->seen += size;
    if (cutter->seen == 4 * MIB && ftruncate(cutter->fd, 0) != 0)
        return true;
    return false;
}

static int scan_cut_file(void)
{
    struct outcome outcome = {0};
    struct cutter cutter = {0};
    YR_RULES *rules = compile("rule zero { condition: uint8(3000000) == 0 }"
                              "rule kept { condition: uint8(10) == 0x61 }");
    const struct sw_scan_setup setup = {.rules = rules,
                                        .sieve = {.hit = cut_at_end, .context = &cutter}};
    struct sw_scanner *scanner = scanner_of(&setup);
    char *data = malloc(4 * MIB);
    memset(data, 'a', 4 * MIB);
    cutter.fd = file_of(data, 4 * MIB);
    if (sw_blob_faults_init(NULL) != SW_OK)
        return 1;
    if (scan_fd(scanner, cutter.fd, 4 * MIB, &outcome) != SW_PART)
        return 2;
    if (outcome.gaps != 1 || outcome.last_gap != SW_GAP_CHANGED_WHILE_READING || !effort.changed)
        return 3;
    return strcmp(outcome.text, "zero 0\nkept 0\n") == 0 ? 0 : 4;
}

static void a_fault_in_a_view_is_a_gap(void **state)
{
    (void)state;
    int status = 0;
    fflush(NULL);
    pid_t child = fork(); /* cmocka has taken SIGBUS here */
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGBUS, SIG_DFL);
        _exit(scan_cut_file());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void an_unreadable_object_is_skipped(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    int ends[2];
    YR_RULES *rules = compile("rule every { condition: true }");
    const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never}};
    struct sw_scanner *scanner = scanner_of(&setup);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(scan_fd(scanner, ends[0], 10, &outcome), SW_SKIP);
    assert_int_equal(last_error.reason, SW_GAP_IO_ERROR);
    assert_int_equal(outcome.hits + outcome.gaps, 0);
    close(ends[0]);
    close(ends[1]);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

/* ---- what is fetched ----------------------------------------------------- */

static void conditions_fetch_no_more_than_they_look_at(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        bool again; /* the object's bytes are read a second time */
        int views;
        size_t hits;
    } cases[] = {
        {"rule r { condition: filesize == 3145728 }", false, 0, 1},
        {"rule r { condition: uint16(0) == 0x6161 }", false, 0, 1},
        {"rule r { condition: uint32(1048572) == 0x61616161 }", false, 0, 1},
        {"rule r { condition: uint32(1048573) == 0x61616161 }", false, 1, 1},
        {"rule r { condition: uint8(3145727) == 0x61 }", false, 1, 1},
        {"rule r { condition: uint8(3145728) == 0x61 }", false, 0, 0},
        {"import \"time\" rule r { condition: uint8(0) == 0x61 }", false, 0, 1},
        {"import \"math\" rule r { condition: uint8(0) == 0x61 and math.mean(0, filesize) == 97.0 "
         "}",
         false, 1, 1},
        {"import \"elf\" rule r { condition: uint8(0) == 0x61 }", true, 0, 1},
    };
    struct outcome outcome = {0};
    size_t size = 3 * MIB;
    char *data = malloc(size);
    memset(data, 'a', size);
    int fd = file_of(data, size);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct counted_blob counted;
        YR_RULES *rules = compile(cases[i].rules);
        const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never}};
        struct sw_scanner *scanner = scanner_of(&setup);
        counted_init(&counted, fd, size);
        assert_int_equal(scan_blob(scanner, &counted.blob, &outcome), SW_OK);
        assert_int_equal(outcome.hits, cases[i].hits);
        assert_int_equal(counted.views, cases[i].views);
        assert_int_equal(counted.bytes, cases[i].again ? 2 * size - HEAD : size);
        sw_blob_close(&counted.blob);
        sw_scanner_free(scanner);
        yr_rules_destroy(rules);
    }
    close(fd);
    free(data);
    free(outcome.text);
}

static void what_cannot_be_fetched_is_not_judged(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    struct counted_blob counted;
    YR_RULES *rules = compile("rule first { condition: true }"
                              "rule r { condition: uint8(2000000) == 0 }");
    const struct sw_scan_setup setup = {.rules = rules, .sieve = {.hit = never}};
    struct sw_scanner *scanner = scanner_of(&setup);
    int fd = file_of("", 0);
    assert_int_equal(ftruncate(fd, 3 * MIB), 0);
    counted_init(&counted, fd, 3 * MIB);
    counted.views = 98;
    assert_int_equal(scan_blob(scanner, &counted.blob, &outcome), SW_SKIP);
    assert_int_equal(last_error.reason, SW_GAP_IO_ERROR);
    assert_int_equal(outcome.hits, 0);
    sw_blob_close(&counted.blob);
    close(fd);
    free(outcome.text);
    sw_scanner_free(scanner);
    yr_rules_destroy(rules);
}

static void a_tight_budget_maps_instead(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    struct sw_memory_budget budget;
    YR_RULES *rules = compile("rule r { strings: $a = \"needle\" condition: $a at 2500000 }");
    assert_int_equal(sw_memory_budget_init(&budget, MIB, NULL), SW_OK);
    const struct sw_scan_setup setup = {.rules = rules, .budget = &budget};
    struct sw_scanner *scanner = scanner_of(&setup);
    struct counted_blob counted;
    int fd = file_of("", 0);
    assert_int_equal(ftruncate(fd, 3 * MIB), 0);
    assert_int_equal(pwrite(fd, "needle", 6, 2500000), 6);
    for (int wide = 0; wide < 2; wide++) {
        budget.size_max = wide ? 4 * MIB : MIB;
        counted_init(&counted, fd, 3 * MIB);
        assert_int_equal(scan_blob(scanner, &counted.blob, &outcome), SW_OK);
        assert_int_equal(outcome.hits, 1);
        assert_int_equal(counted.views, wide ? 0 : 1);
        assert_int_equal(budget.used, 0);
        sw_blob_close(&counted.blob);
    }
    close(fd);
    free(outcome.text);
    sw_scanner_free(scanner);
    sw_memory_budget_done(&budget);
    yr_rules_destroy(rules);
}

static int start(void **state)
{
    (void)state;
    return yr_initialize() == ERROR_SUCCESS ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    return yr_finalize() == ERROR_SUCCESS ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needles_are_found_across_every_edge),
        cmocka_unit_test(holes_are_seen_but_not_read),
        cmocka_unit_test(patterns_of_zeros_match_holes),
        cmocka_unit_test(head_is_the_same_with_and_without_a_hit),
        cmocka_unit_test(size_changes_are_gaps),
        cmocka_unit_test(a_file_emptied_in_a_hole_is_noticed),
        cmocka_unit_test(unsized_objects_are_read_to_their_limit),
        cmocka_unit_test(a_fault_in_a_view_is_a_gap),
        cmocka_unit_test(an_unreadable_object_is_skipped),
        cmocka_unit_test(conditions_fetch_no_more_than_they_look_at),
        cmocka_unit_test(what_cannot_be_fetched_is_not_judged),
        cmocka_unit_test(a_tight_budget_maps_instead),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
