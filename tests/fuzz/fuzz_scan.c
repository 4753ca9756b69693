/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan path against libyara alone: one set of rules, every object.
 *
 * Input: u8 shape (bits 0-1: buffer, file, file of unknown size, file with a
 * hole; bit 2: small windows; bit 3: zeros in front; bit 4: zeros behind; bits
 * 5-7 all set: so many in front that the content lies round the end of the head,
 * which is slow and therefore rare), u16 place, then content.
 *
 * Same rules, same strings, same offsets and lengths, and no gap.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/rule/scan_core.h"
#include "fuzz.h"
#include "fuzz_rules.h"

enum { SMALL_WINDOW = 64, FAR = SW_IDENT_HEAD_MAX - 4096 };

static const struct sw_label label = {.path = "/srv/file", .owner = "root", .mode = 0644};
static YR_RULES *rules;
static YR_SCANNER *plain;
static struct sw_prefilter *prefilter;
static struct sw_prefilter_scratch *scratch;
static struct sw_scanner *scanners[2]; /* ordinary and small windows */

/* --- set up once --- */

static bool sieve_hit(void *context, const uint8_t *data, size_t size)
{
    (void)context;
    return sw_prefilter_hit(prefilter, scratch, data, size);
}

static YR_RULES *rules_compile(void)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *made = NULL;
    FUZZ_CHECK(yr_initialize() == ERROR_SUCCESS && yr_compiler_create(&compiler) == ERROR_SUCCESS);
    for (enum sw_external i = 0; i < SW_EXTERNAL_MODE; i++)
        yr_compiler_define_string_variable(compiler, sw_external_name(i), "");
    yr_compiler_define_integer_variable(compiler, sw_external_name(SW_EXTERNAL_MODE), 0);
    FUZZ_CHECK(yr_compiler_add_string(compiler, fuzz_rules, NULL) == 0);
    FUZZ_CHECK(yr_compiler_get_rules(compiler, &made) == ERROR_SUCCESS);
    yr_compiler_destroy(compiler);
    return made;
}

static void start(void)
{
    struct sw_prefilter_report report = {0};
    struct sw_error error = {0};
    struct sw_scan_setup setup = {.uses_entrypoint = true};

    rules = rules_compile();
    setup.rules = rules;
    setup.uses[SW_EXTERNAL_FILETYPE] = true;
    FUZZ_CHECK(sw_blob_faults_init(&error) == SW_OK);
    FUZZ_CHECK(yr_scanner_create(rules, &plain) == ERROR_SUCCESS);
    /* Where there is no Hyperscan every object takes the full scan. */
    if (sw_prefilter_build(rules, &prefilter, &report, &error) == SW_OK) {
        FUZZ_CHECK(report.on);
        FUZZ_CHECK(sw_prefilter_scratch_new(prefilter, &scratch, &error) == SW_OK);
        setup.sieve =
            (struct sw_sieve){.hit = sieve_hit, .overlap = sw_prefilter_overlap(prefilter)};
    }
    sw_prefilter_report_done(&report);
    FUZZ_CHECK(sw_scanner_new_with(&setup, &scanners[0], &error) == SW_OK);
    setup.window = SMALL_WINDOW;
    FUZZ_CHECK(sw_scanner_new_with(&setup, &scanners[1], &error) == SW_OK);
}

__attribute__((destructor)) static void stop(void)
{
    if (rules == NULL)
        return;
    for (int i = 0; i < 2; i++)
        sw_scanner_free(scanners[i]);
    sw_prefilter_scratch_free(scratch);
    sw_prefilter_free(prefilter);
    yr_scanner_destroy(plain);
    yr_rules_destroy(rules);
    (void)yr_finalize();
}

/* --- what matched, as text --- */

static void add_hit(struct sw_buf *out, const char *rule, uint64_t count)
{
    FUZZ_CHECK(sw_buf_append_format(out, "%s %" PRIu64 "\n", rule, count) == SW_OK);
}

static void add_match(struct sw_buf *out, const char *pattern, uint64_t offset, uint64_t length)
{
    FUZZ_CHECK(sw_buf_append_format(out, " %s %" PRIu64 " %" PRIu64 "\n", pattern, offset,
                                    length) == SW_OK);
}

struct taken {
    struct sw_buf *out;
    struct sw_view object;
};

static enum sw_status take_hit(void *context, const struct sw_rule_hit *hit)
{
    const struct taken *taken = context;
    add_hit(taken->out, hit->rule->identifier, hit->match_count);
    for (size_t i = 0; i < hit->matches_kept; i++) {
        const struct sw_match *match = &hit->matches[i];
        add_match(taken->out, match->pattern, match->offset, match->length);
        FUZZ_CHECK(match->data.size <= match->length && match->data.size <= SW_MATCH_DATA_MAX);
        FUZZ_CHECK(match->offset + match->data.size <= taken->object.size);
        FUZZ_CHECK(memcmp(match->data.data, taken->object.data + match->offset, match->data.size) ==
                   0);
    }
    return SW_OK;
}

static void take_gap(void *context, const struct sw_error *error, const YR_RULE *rule)
{
    (void)context, (void)rule;
    (void)fprintf(stderr, "gap: %s\n", error->text);
    FUZZ_CHECK(false);
}

static int take_plain(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
    const YR_STRING *string;
    const YR_MATCH *match;
    struct sw_buf *out = user;
    uint64_t count = 0;
    if (message != CALLBACK_MSG_RULE_MATCHING)
        return CALLBACK_CONTINUE;
    const YR_RULE *rule = data;
    yr_rule_strings_foreach(rule, string)
    {
        yr_string_matches_foreach(context, string, match)
        {
            count++;
        }
    }
    add_hit(out, rule->identifier, count);
    yr_rule_strings_foreach(rule, string)
    {
        yr_string_matches_foreach(context, string, match)
        {
            add_match(out, string->identifier, (uint64_t)(match->base + match->offset),
                      (uint64_t)match->match_length);
        }
    }
    return CALLBACK_CONTINUE;
}

/* --- one object, twice --- */

static void scan_plain(struct sw_view object, struct sw_buf *out)
{
    yr_scanner_set_flags(plain, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_scanner_set_callback(plain, take_plain, out);
    yr_scanner_define_string_variable(plain, "filetype", sw_filetype_by_signature(object));
    plain->entry_point = (uint64_t)YR_UNDEFINED; /* libyara never takes it back */
    FUZZ_CHECK(yr_scanner_scan_mem(plain, object.data, object.size) == ERROR_SUCCESS);
}

static void scan_ours(struct sw_scanner *scanner, struct sw_blob *blob, struct sw_view object,
                      struct sw_buf *out)
{
    struct taken taken = {.out = out, .object = object};
    struct sw_scan_output output = {.context = &taken, .hit = take_hit, .gap = take_gap};
    struct sw_scan_effort effort;
    struct sw_error error = {0};
    struct sw_view head = {0};

    FUZZ_CHECK(sw_scanner_scan(scanner, blob, &label, &output, &effort, &head, &error) == SW_OK);
    FUZZ_CHECK(!effort.changed && head.size <= object.size);
    FUZZ_CHECK(effort.full_bytes == (effort.full ? object.size : 0));
    FUZZ_CHECK(head.size == 0 || memcmp(head.data, object.data, head.size) == 0);
}

/* A file whose zeros are a hole. */
static int file_with_hole(struct sw_view content, size_t before, size_t total)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_CHECK(fd >= 0 && ftruncate(fd, (off_t)total) == 0);
    FUZZ_CHECK(content.size == 0 ||
               pwrite(fd, content.data, content.size, (off_t)before) == (ssize_t)content.size);
    return fd;
}

static void check_object(uint8_t shape, struct sw_view content, size_t before, size_t total)
{
    uint8_t *bytes = calloc(1, total + 1);
    struct sw_view object = {bytes, total};
    struct sw_buf expected, actual;
    int fd = -1;

    FUZZ_CHECK(bytes != NULL);
    if (content.size != 0)
        memcpy(bytes + before, content.data, content.size);
    sw_buf_init(&expected, 64 * SW_MIB);
    sw_buf_init(&actual, 64 * SW_MIB);
    scan_plain(object, &expected);
    struct sw_blob blob = sw_blob_of_bytes(bytes, total);
    if ((shape & 3) != 0) {
        fd = (shape & 3) == 3 ? file_with_hole(content, before, total)
                              : fuzz_memory_file(bytes, total);
        blob = sw_blob_of_fd(fd, (shape & 3) == 2 ? 0 : total);
    }
    scan_ours(scanners[(shape >> 2) & 1], &blob, object, &actual);
    FUZZ_CHECK(sw_buf_terminate(&expected) == SW_OK && sw_buf_terminate(&actual) == SW_OK);
    if (strcmp((const char *)expected.data, (const char *)actual.data) != 0) {
        (void)fprintf(stderr, "libyara:\n%s\nours:\n%s\n", (const char *)expected.data,
                      (const char *)actual.data);
        FUZZ_CHECK(false);
    }
    sw_blob_close(&blob);
    if (fd >= 0)
        close(fd);
    sw_buf_done(&expected);
    sw_buf_done(&actual);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    if (rules == NULL)
        start();
    uint8_t shape = fuzz_u8(&input);
    size_t place = fuzz_u16(&input);
    size_t before = (shape & 8) != 0 ? place % 8192 : 0;
    before += (shape & 0xe0) == 0xe0 ? FAR : 0;
    size_t behind = (shape & 16) != 0 ? place : 0;
    check_object(shape, input.rest, before, before + input.rest.size + behind);
    return 0;
}
