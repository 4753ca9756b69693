/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_check.h - the measuring parts of `sweeper rules check`.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 */
#ifndef SWEEPER_SUPERVISOR_RULES_CHECK_H
#define SWEEPER_SUPERVISOR_RULES_CHECK_H

#include <stdint.h>
#include <stdio.h>

#include "sweeper/options.h"
#include "sweeper/rule.h"
#include "sweeper/status.h"

/* Bytes of clean files that the prefilter is tried on. */
#define SW_SAMPLE_BYTES_MAX ((uint64_t)256 << 20)

struct sw_sample {
    struct sw_sample_file {
        char *path;
        uint64_t size; /* bytes when listed; never 0 */
    } * files;         /* in the order in which to take them */
    size_t count;
};

/* Regular files below `directory` (one file system, no links), in an order
 * that is the same for the same tree and mixes its folders; as many as make
 * SW_SAMPLE_BYTES_MAX. SW_SKIP when there is none. */
enum sw_status sw_sample_list(const char *directory, struct sw_sample *sample,
                              struct sw_error *error) SW_MUST_CHECK;
void sw_sample_done(struct sw_sample *sample);

/* The start of up to `size` bytes at `offset` of a file; fewer at its end or
 * when it cannot be read. */
size_t sw_sample_read(int fd, uint64_t offset, uint8_t *data, size_t size);
int sw_sample_open(const struct sw_sample_file *file);

/* "namespace: rule", with what cannot be printed escaped. */
void sw_rules_print_name(FILE *out, const char *namespace_, const char *name);
void sw_rules_print_text(FILE *out, const void *text, size_t size);
/* "$a = "text"" for a literal, "$a" for others. */
void sw_rules_print_string(FILE *out, const YR_STRING *string);

/* As file:line: error or warning: text, on stderr. */
void sw_rules_print_diagnoses(const struct sw_diagnoses *list);

/* Gathers and compiles the rules of the options; prints errors, and warnings when
 * asked for. With `kept` the pack becomes the caller's. */
enum sw_exit sw_rules_load(const struct sw_options *options, bool warnings, struct sw_ruleset **set,
                           struct sw_rulepack **kept);

/* True for a rule that is made of an indicator. */
bool sw_rules_is_indicator(const struct sw_rulepack *pack, const YR_RULE *rule);

/* `rules list --json`: one document. */
enum sw_status sw_rules_print_json(FILE *out, const struct sw_rulepack *pack,
                                   const struct sw_ruleset *set,
                                   struct sw_error *error) SW_MUST_CHECK;

/* What of the sample reaches libyara, and why. Prints to `out`. */
enum sw_status sw_rules_check_prefilter(FILE *out, struct sw_ruleset *set,
                                        const struct sw_sample *sample, const char *directory,
                                        struct sw_error *error) SW_MUST_CHECK;

/* Which rules are slow, each measured alone. The set is of no further use
 * afterwards. Prints to `out`. */
enum sw_status sw_rules_check_speed(FILE *out, struct sw_ruleset *set,
                                    const struct sw_sample *sample,
                                    struct sw_error *error) SW_MUST_CHECK;

#endif
