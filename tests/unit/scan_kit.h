/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_kit.h - what the tests of the scan path share: rules compiled on the
 * spot, results as text, scans of texts and descriptors, and two small sieves.
 * Included once by each program; every function is used or marked unused.
 */
#ifndef SWEEPER_TESTS_SCAN_KIT_H
#define SWEEPER_TESTS_SCAN_KIT_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/rule/scan_core.h"
#include "sweeper/prefilter.h"

#define UNUSED __attribute__((unused))
#define MIB    ((size_t)1024 * 1024)
#define HEAD   ((size_t)SW_IDENT_HEAD_MAX)

/* ---- rules --------------------------------------------------------------- */

static UNUSED YR_RULES *compile(const char *text)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;
    assert_int_equal(yr_compiler_create(&compiler), ERROR_SUCCESS);
    for (enum sw_external i = 0; i < SW_EXTERNAL_MODE; i++)
        yr_compiler_define_string_variable(compiler, sw_external_name(i), "");
    yr_compiler_define_integer_variable(compiler, sw_external_name(SW_EXTERNAL_MODE), 0);
    if (yr_compiler_add_string(compiler, text, NULL) != 0) {
        char message[512];
        fail_msg("line %d: %s", compiler->last_error_line,
                 yr_compiler_get_error_message(compiler, message, sizeof(message)));
    }
    assert_int_equal(yr_compiler_get_rules(compiler, &rules), ERROR_SUCCESS);
    yr_compiler_destroy(compiler);
    return rules;
}

/* ---- what came out, as text ---------------------------------------------- */

struct outcome {
    char *text;
    size_t size;
    size_t room;
    size_t hits;
    size_t gaps;
    enum sw_gap last_gap;
    char gap_text[512];
    const YR_RULE *gap_rule;
};

static void outcome_add(struct outcome *outcome, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static UNUSED void outcome_add(struct outcome *outcome, const char *format, ...)
{
    va_list arguments;
    if (outcome->room - outcome->size < 1024) {
        outcome->room = outcome->room * 2 + 4096;
        outcome->text = realloc(outcome->text, outcome->room);
        assert_non_null(outcome->text);
    }
    va_start(arguments, format);
    int size = vsnprintf(outcome->text + outcome->size, 1024, format, arguments);
    va_end(arguments);
    assert_true(size >= 0 && size < 1024);
    outcome->size += (size_t)size;
}

static UNUSED void outcome_clear(struct outcome *outcome)
{
    outcome->size = outcome->hits = outcome->gaps = 0;
    outcome->last_gap = SW_GAP_NONE;
    outcome_add(outcome, "%s", "");
}

static UNUSED uint32_t checksum(const uint8_t *data, size_t size)
{
    uint32_t sum = 2166136261U;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ data[i]) * 16777619U;
    return sum;
}

static UNUSED enum sw_status take_hit(void *context, const struct sw_rule_hit *hit)
{
    struct outcome *outcome = context;
    outcome->hits++;
    outcome_add(outcome, "%s %" PRIu64 "\n", hit->rule->identifier, hit->match_count);
    for (size_t i = 0; i < hit->matches_kept; i++) {
        const struct sw_match *match = &hit->matches[i];
        outcome_add(outcome, "  %s %" PRIu64 " %" PRIu64 " %08x\n", match->pattern, match->offset,
                    match->length, checksum(match->data.data, match->data.size));
    }
    return SW_OK;
}

static UNUSED void take_gap(void *context, const struct sw_error *error, const YR_RULE *rule)
{
    struct outcome *outcome = context;
    outcome->gaps++;
    outcome->last_gap = error->reason;
    outcome->gap_rule = rule;
    snprintf(outcome->gap_text, sizeof(outcome->gap_text), "%s", error->text);
}

/* ---- scanning ------------------------------------------------------------ */

static UNUSED bool never(void *context, const uint8_t *data, size_t size)
{
    (void)context, (void)data, (void)size;
    return false;
}

static const struct sw_label some_label = {
    .path = "/srv/Some.Dir/File.TXT", .owner = "daemon", .mode = 0640};

static UNUSED struct sw_scanner *scanner_of(const struct sw_scan_setup *setup)
{
    struct sw_scanner *scanner = NULL;
    struct sw_error error = {0};
    assert_int_equal(sw_scanner_new_with(setup, &scanner, &error), SW_OK);
    return scanner;
}

static struct sw_scan_effort effort;
static UNUSED struct sw_view head;
static UNUSED struct sw_error last_error;

static UNUSED enum sw_status scan_blob(struct sw_scanner *scanner, struct sw_blob *blob,
                                       struct outcome *outcome)
{
    const struct sw_scan_output output = {.context = outcome, .hit = take_hit, .gap = take_gap};
    outcome_clear(outcome);
    last_error = (struct sw_error){0};
    return sw_scanner_scan(scanner, blob, &some_label, &output, &effort, &head, &last_error);
}

static UNUSED enum sw_status scan_fd(struct sw_scanner *scanner, int fd, uint64_t size,
                                     struct outcome *outcome)
{
    struct sw_blob blob = sw_blob_of_fd(fd, size);
    enum sw_status status = scan_blob(scanner, &blob, outcome);
    sw_blob_close(&blob);
    return status;
}

static UNUSED enum sw_status scan_text(struct sw_scanner *scanner, const char *text,
                                       struct outcome *outcome)
{
    struct sw_blob blob = sw_blob_of_bytes(text, strlen(text));
    enum sw_status status = scan_blob(scanner, &blob, outcome);
    sw_blob_close(&blob);
    return status;
}

static UNUSED int file_of(const void *data, size_t size)
{
    int fd = memfd_create("object", MFD_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(fd, (const char *)data + done, size - done);
        assert_true(count > 0);
        done += (size_t)count;
    }
    return fd;
}

/* ---- libyara alone -------------------------------------------------------- */

/* The same, from libyara alone. */
struct plain {
    struct outcome *outcome;
    const uint8_t *data;
    size_t size;
    bool any_string; /* some string of some rule matched, reported or not */
};

static UNUSED int plain_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
    struct plain *plain = user;
    const YR_STRING *string;
    const YR_MATCH *match;
    if (message != CALLBACK_MSG_RULE_MATCHING)
        return CALLBACK_CONTINUE;
    const YR_RULE *rule = data;
    uint64_t count = 0;
    yr_rule_strings_foreach(rule, string)
    {
        yr_string_matches_foreach(context, string, match)
        {
            count++;
        }
    }
    plain->outcome->hits++;
    outcome_add(plain->outcome, "%s %" PRIu64 "\n", rule->identifier, count);
    yr_rule_strings_foreach(rule, string)
    {
        yr_string_matches_foreach(context, string, match)
        {
            size_t offset = (size_t)(match->base + match->offset);
            size_t size = (size_t)match->match_length;
            size = size < SW_MATCH_DATA_MAX ? size : SW_MATCH_DATA_MAX;
            outcome_add(plain->outcome, "  %s %zu %d %08x\n", string->identifier, offset,
                        match->match_length, checksum(plain->data + offset, size));
        }
    }
    return CALLBACK_CONTINUE;
}

static UNUSED void define_externals(YR_SCANNER *yara, struct sw_view bytes)
{
    yr_scanner_define_string_variable(yara, "filename", "File.TXT");
    yr_scanner_define_string_variable(yara, "filepath", "/srv/Some.Dir");
    yr_scanner_define_string_variable(yara, "extension", ".txt");
    yr_scanner_define_string_variable(yara, "owner", "daemon");
    yr_scanner_define_integer_variable(yara, "mode", 0640);
    yr_scanner_define_string_variable(yara, "filetype", sw_filetype_by_signature(bytes));
}

static UNUSED void scan_plain(YR_RULES *rules, const uint8_t *data, size_t size,
                              struct outcome *outcome)
{
    YR_SCANNER *yara = NULL;
    struct plain plain = {.outcome = outcome, .data = data, .size = size};
    outcome_clear(outcome);
    assert_int_equal(yr_scanner_create(rules, &yara), ERROR_SUCCESS);
    yr_scanner_set_flags(yara, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_scanner_set_callback(yara, plain_message, &plain);
    define_externals(yara, (struct sw_view){data, size});
    assert_int_equal(yr_scanner_scan_mem(yara, data, size), ERROR_SUCCESS);
    yr_scanner_destroy(yara);
}

/* ---- the real prefilter as a sieve ------------------------------------------ */

struct filter {
    struct sw_prefilter *prefilter;
    struct sw_prefilter_scratch *scratch;
};

static UNUSED bool filter_hit(void *context, const uint8_t *data, size_t size)
{
    struct filter *filter = context;
    return sw_prefilter_hit(filter->prefilter, filter->scratch, data, size);
}

/* ---- a blob that counts ----------------------------------------------------- */

struct counted_blob {
    struct sw_blob blob; /* first: the vtable's functions get this one */
    struct sw_blob inner;
    uint64_t bytes;
    int views;
    unsigned sleep_ms; /* before each view, once */
};

static UNUSED enum sw_status counted_read(struct sw_blob *blob, uint64_t offset, void *data,
                                          size_t size, size_t *got, struct sw_error *error)
{
    struct counted_blob *counted = (struct counted_blob *)blob;
    enum sw_status status = sw_blob_read_at(&counted->inner, offset, data, size, got, error);
    counted->bytes += *got;
    return status;
}

static UNUSED void counted_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start,
                                  uint64_t *end)
{
    sw_blob_extent(&((struct counted_blob *)blob)->inner, offset, start, end);
}

static UNUSED enum sw_status counted_view(struct sw_blob *blob, const uint8_t **data,
                                          struct sw_error *error)
{
    struct counted_blob *counted = (struct counted_blob *)blob;
    const struct timespec nap = {counted->sleep_ms / 1000, counted->sleep_ms % 1000 * 1000000L};
    counted->views++;
    nanosleep(&nap, NULL);
    if (counted->views == 99)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_IO_ERROR, "test", EIO, "no view");
    return sw_blob_view(&counted->inner, data, error);
}

static UNUSED void counted_close(struct sw_blob *blob)
{
    sw_blob_close(&((struct counted_blob *)blob)->inner);
}

static UNUSED void counted_init(struct counted_blob *counted, int fd, uint64_t size)
{
    static const struct sw_blob_ops ops = {.read_at = counted_read,
                                           .extent = counted_extent,
                                           .view = counted_view,
                                           .close = counted_close};
    *counted = (struct counted_blob){.inner = sw_blob_of_fd(fd, size)};
    counted->blob = counted->inner;
    counted->blob.ops = &ops;
}

#endif
