/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the prefilter's tests share: buffers made of fragments, libyara's own
 * answer, and a ruleset with its scanner and prefilter side by side.
 */
#ifndef SWEEPER_TEST_PREFILTER_BENCH_H
#define SWEEPER_TEST_PREFILTER_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yara.h>

#include "sweeper/prefilter.h"

#define BUFFER_MAX 4096

/* Fragments are written so: \xHH is a byte, \W...\E widens, \G is a gap of
 * 201..700 bytes of noise, \g one of 0..12; \Kkk...\E xors with kk. */
struct kind {
    const char *strings;   /* the rule's strings section */
    const char *condition; /* NULL: any of them */
    /* Texts that buffers are made of, in the notation of unescape(). */
    const char *fragments[12]; /* up to the first NULL */
};

/* ---- buffers ---- */

static uint64_t random_state = 88172645463325252u;

static inline unsigned draw(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)((random_state >> 33) % below);
}

struct bytes {
    size_t size;
    uint8_t data[BUFFER_MAX];
};

static inline void put(struct bytes *bytes, unsigned byte)
{
    if (bytes->size < BUFFER_MAX)
        bytes->data[bytes->size++] = (uint8_t)byte;
}

static inline unsigned hex_byte(const char *at)
{
    char digits[3] = {at[0], at[1], '\0'};

    return (unsigned)strtoul(digits, NULL, 16);
}

static inline void put_noise(struct bytes *bytes, unsigned size)
{
    unsigned style = draw(4);

    for (unsigned at = 0; at < size; at++)
        put(bytes, style == 0 ? 0 : style == 1 ? 0xff : style == 2 ? 'a' + draw(26) : draw(256));
}

static inline void unescape(struct bytes *bytes, const char *text)
{
    bool wide = false;
    unsigned key = 0;

    while (*text) {
        unsigned byte = (unsigned char)*text++;
        if (byte == '\\') {
            char code = *text++;
            if (code == 'W') {
                wide = true;
                continue;
            }
            if (code == 'E') {
                wide = false;
                continue;
            }
            if (code == 'K') {
                key = hex_byte(text);
                text += 2;
                continue;
            }
            if (code == 'G' || code == 'g') {
                put_noise(bytes, code == 'G' ? 201 + draw(500) : draw(13));
                continue;
            }
            assert_int_equal(code, 'x');
            byte = hex_byte(text);
            text += 2;
        }
        put(bytes, byte ^ key);
        if (wide)
            put(bytes, key);
    }
}

/* Noise, fragments whole or cut or with one byte changed, in any order; one
 * buffer in four starts and ends with a fragment. */
static inline void make_buffer(const struct kind *kind, struct bytes *bytes)
{
    unsigned fragments = 0;
    unsigned count = 1 + draw(6);
    bool tight = draw(4) == 0;

    while (kind->fragments[fragments])
        fragments++;
    bytes->size = 0;
    if (!tight)
        put_noise(bytes, draw(80));
    for (unsigned at = 0; at < count; at++) {
        size_t start = bytes->size;
        /* In turn as listed, half of the time: chains need an order. */
        unescape(bytes, kind->fragments[draw(2) ? at % fragments : draw(fragments)]);
        size_t size = bytes->size - start;
        if (size > 1 && draw(8) == 0)
            bytes->size -= 1 + draw((unsigned)size - 1);
        else if (size > 0 && draw(8) == 0)
            bytes->data[start + draw((unsigned)size)] ^= (uint8_t)(1u << draw(8));
        if (!tight && draw(3) == 0)
            put_noise(bytes, draw(60));
    }
    if (!tight && draw(2))
        put_noise(bytes, draw(80));
}

/* ---- libyara ---- */

static inline YR_RULES *compile(const char *source)
{
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;

    assert_int_equal(yr_compiler_create(&compiler), ERROR_SUCCESS);
    if (yr_compiler_add_string(compiler, source, NULL) != 0)
        fail_msg("does not compile: %s", source);
    assert_int_equal(yr_compiler_get_rules(compiler, &rules), ERROR_SUCCESS);
    yr_compiler_destroy(compiler);
    return rules;
}

/* True when any string has a match, private ones too, whatever the rule says. */
static inline int look_for_matches(YR_SCAN_CONTEXT *context, int message, void *data, void *found)
{
    (void)data;
    if (message == CALLBACK_MSG_SCAN_FINISHED)
        return CALLBACK_CONTINUE;
    for (uint32_t index = 0; index < context->rules->num_strings; index++)
        if (context->matches[index].head)
            *(bool *)found = true;
    if (message == CALLBACK_MSG_RULE_MATCHING)
        *(bool *)found = true;
    return CALLBACK_CONTINUE;
}

static inline bool yara_finds(YR_SCANNER *scanner, const uint8_t *data, size_t size)
{
    bool found = false;

    yr_scanner_set_callback(scanner, look_for_matches, &found);
    int result = yr_scanner_scan_mem(scanner, data, size);
    /* An expression made by chance may be too much for libyara: no answer. */
    assert_true(result == ERROR_SUCCESS || result == ERROR_TOO_MANY_RE_FIBERS);
    return found;
}

struct bench {
    YR_RULES *rules;
    YR_SCANNER *scanner;
    struct sw_prefilter *prefilter;
    struct sw_prefilter_scratch *scratch;
    struct sw_prefilter_report report;
};

static inline void bench_open_rules(struct bench *bench, YR_RULES *rules)
{
    struct sw_error error = {0};

    *bench = (struct bench){.rules = rules};
    assert_int_equal(yr_scanner_create(rules, &bench->scanner), ERROR_SUCCESS);
    yr_scanner_set_flags(bench->scanner, SCAN_FLAGS_NO_TRYCATCH);
    if (sw_prefilter_build(rules, &bench->prefilter, &bench->report, &error) != SW_OK)
        fail_msg("not built: %s", error.text);
    assert_true(bench->report.on);
    assert_int_equal(sw_prefilter_scratch_new(bench->prefilter, &bench->scratch, &error), SW_OK);
}

static inline void bench_open(struct bench *bench, const char *source)
{
    bench_open_rules(bench, compile(source));
}

static inline void bench_close(struct bench *bench)
{
    sw_prefilter_scratch_free(bench->scratch);
    sw_prefilter_free(bench->prefilter);
    sw_prefilter_report_done(&bench->report);
    yr_scanner_destroy(bench->scanner);
    yr_rules_destroy(bench->rules);
}

static inline bool hits(const struct bench *bench, const void *data, size_t size)
{
    return sw_prefilter_hit(bench->prefilter, bench->scratch, data, size);
}

/* As the scan does it: windows that overlap. */
static inline bool hits_in_windows(const struct bench *bench, const struct bytes *bytes,
                                   size_t window)
{
    size_t step = window - sw_prefilter_overlap(bench->prefilter);

    for (size_t start = 0; start < bytes->size; start += step) {
        size_t left = bytes->size - start;
        if (hits(bench, bytes->data + start, left < window ? left : window))
            return true;
        if (left <= window)
            break;
    }
    return false;
}

static inline int start(void **state)
{
    (void)state;
    return yr_initialize() == ERROR_SUCCESS ? 0 : -1;
}

static inline int stop(void **state)
{
    (void)state;
    return yr_finalize() == ERROR_SUCCESS ? 0 : -1;
}

/* On amd64 its loss must fail the tests; elsewhere a build may have none. */
static inline bool matcher_exists(void)
{
#if defined(__x86_64__)
    return true;
#else
    struct sw_prefilter *prefilter = NULL;
    struct sw_prefilter_report report;
    struct sw_error error = {0};

    assert_int_equal(yr_initialize(), ERROR_SUCCESS);
    YR_RULES *rules = compile("rule r { condition: true }");
    enum sw_status status = sw_prefilter_build(rules, &prefilter, &report, &error);
    sw_prefilter_free(prefilter);
    sw_prefilter_report_done(&report);
    yr_rules_destroy(rules);
    yr_finalize();
    return status == SW_OK;
#endif
}

#endif
