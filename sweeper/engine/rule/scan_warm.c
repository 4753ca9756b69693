/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan_warm.c - everything that a library opens late is opened now, in this
 * thread, before the sandbox closes.
 *
 * A scan loads every imported module. Two of them open files only when a rule
 * calls their functions, which a dummy object may not bring about: `magic` loads
 * its database at its first call in each thread, `hash` may have OpenSSL read
 * its configuration. They are called outright, by rules made for it: libyara
 * keeps that state by thread, not by ruleset.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "engine/rule/scan_core.h"
#include "sweeper/digest.h"

/* For one dummy object. A rule that needs longer for it is not refused: what is
 * to be opened late has been opened by then, and files have their own limit. */
enum { WARM_SECONDS_MAX = 2 };

static int ignore_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
    (void)context, (void)message, (void)data, (void)user;
    return CALLBACK_CONTINUE;
}

static enum sw_status run_rule(const char *text, struct sw_error *error)
{
    static const uint8_t dummy[] = "warm\n";
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;
    int answer = yr_compiler_create(&compiler);
    if (answer == ERROR_SUCCESS && yr_compiler_add_string(compiler, text, NULL) != 0)
        answer = ERROR_SYNTAX_ERROR;
    if (answer == ERROR_SUCCESS)
        answer = yr_compiler_get_rules(compiler, &rules);
    if (answer == ERROR_SUCCESS)
        answer = yr_rules_scan_mem(rules, dummy, sizeof(dummy) - 1, SCAN_FLAGS_NO_TRYCATCH,
                                   ignore_message, NULL, 0);
    if (rules != NULL)
        yr_rules_destroy(rules);
    if (compiler != NULL)
        yr_compiler_destroy(compiler);
    if (answer != ERROR_SUCCESS)
        return sw_fail(error, SW_STOP, "scan", 0, "cannot start a module of libyara: %s (error %d)",
                       sw_scan_error_name(answer), answer);
    return SW_OK;
}

static enum sw_status warm_modules(const struct sw_scanner *scanner, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    if (scanner->magic_imported)
        status = run_rule("import \"magic\" rule warm { condition: "
                          "magic.type() == \"\" and magic.mime_type() == \"\" }",
                          error);
    if (status == SW_OK && scanner->hash_imported)
        status = run_rule("import \"hash\" rule warm { condition: "
                          "for any i in (0..1) : (hash.md5(i, 4) == \"\" or "
                          "hash.sha1(i, 4) == \"\" or hash.sha256(i, 4) == \"\") }",
                          error);
    return status;
}

static enum sw_status take_hit(void *context, const struct sw_rule_hit *hit)
{
    (void)context, (void)hit;
    return SW_OK;
}

static void take_gap(void *context, const struct sw_error *error, const YR_RULE *rule)
{
    (void)context, (void)error, (void)rule;
}

/* Both kinds of scan: an executable's head reaches the entry point and whatever
 * parses formats. What rules answer to it does not matter. */
static enum sw_status warm_scan(struct sw_scanner *scanner, struct sw_error *error)
{
    static const char dummy[256] = "\x7f"
                                   "ELF warm";
    static const struct sw_label label = {.path = "/warm", .owner = "root", .mode = 0600};
    const struct sw_scan_output output = {.hit = take_hit, .gap = take_gap};
    struct sw_scan_effort effort;
    struct sw_view head;
    const struct sw_sieve sieve = scanner->setup.sieve;
    const uint32_t time_max_s = scanner->setup.time_max_s;
    bool warm = true;
    if (time_max_s == 0 || time_max_s > WARM_SECONDS_MAX)
        scanner->setup.time_max_s = WARM_SECONDS_MAX;
    for (int round = 0; round < 2 && warm; round++) {
        struct sw_blob blob = sw_blob_of_bytes(dummy, sizeof(dummy));
        enum sw_status status =
            sw_scanner_scan(scanner, &blob, &label, &output, &effort, &head, error);
        sw_blob_close(&blob);
        scanner->setup.sieve = (struct sw_sieve){0}; /* then the full scan */
        warm = status >= SW_PART || error == NULL || error->reason == SW_GAP_RULE_ERROR ||
               error->reason == SW_GAP_TIMEOUT;
    }
    scanner->setup.sieve = sieve;
    scanner->setup.time_max_s = time_max_s;
    return warm ? SW_OK : SW_STOP;
}

static pthread_once_t zone_read = PTHREAD_ONCE_INIT;

enum sw_status sw_scanner_warm(struct sw_scanner *scanner, struct sw_error *error)
{
    char hex[SW_SHA256_HEX_SIZE];
    struct sw_view text = {(const uint8_t *)"#!/bin/sh\n", 10};
    /* libmagic prints dates. Once: without TZ each call reads the zone anew. */
    pthread_once(&zone_read, tzset);
    if (sw_digest_of(text.data, text.size, hex) != SW_OK)
        return sw_fail(error, SW_STOP, "scan", 0, "OpenSSL cannot compute SHA-256");
    if (scanner->setup.ident != NULL) {
        (void)sw_ident_type(scanner->setup.ident, text);
        (void)sw_ident_mime(scanner->setup.ident, text);
    }
    enum sw_status status = warm_scan(scanner, error);
    return status == SW_OK ? warm_modules(scanner, error) : status;
}
