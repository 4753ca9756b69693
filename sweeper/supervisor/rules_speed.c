/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_speed.c - which rules are slow: each is enabled alone and scans the same
 * mixed bytes; what it takes more than no rule at all is its own cost.
 *
 * Disabling a rule is not enough for that: libyara 4.2 then skips its condition
 * but goes on to search its strings. A string that may only match at one offset,
 * far away, costs next to nothing, so all strings but those of the rule at hand
 * are pinned there.
 */
#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/rules_check.h"
#include "sweeper/limits.h"

#define MIX_SIZE      ((size_t)256 << 10)
#define PIECE_SIZE    ((size_t)4 << 10)
#define RUNS          3
#define FLOOR_MS      1.0 /* on MIX_SIZE: 4 s for 1 GiB */
#define MEDIAN_FACTOR 5.0
#define TIMEOUT_S     10
#define SHOWN_MAX     25
#define PATIENCE_MS   20000.0 /* for all rules together */

#define FAR_AWAY INT64_MAX

/* What pinning a string overwrites. */
struct pin {
    uint32_t flags;
    int64_t fixed_offset;
};

struct cost {
    const YR_RULE *rule;
    double ms; /* above the baseline */
};

/* Pieces from the middle of files that lie evenly in the sample; zeros and a
 * byte ramp where there are too few. */
static void fill_mix(const struct sw_sample *sample, uint8_t *mix)
{
    size_t pieces = MIX_SIZE / PIECE_SIZE;
    for (size_t i = 0; i < MIX_SIZE; i++)
        mix[i] = (i / PIECE_SIZE) % 2 ? (uint8_t)(i * 167 >> 3) : 0;
    size_t step = sample->count > pieces ? sample->count / pieces : 1;
    for (size_t i = 0; i < pieces && i * step < sample->count; i++) {
        const struct sw_sample_file *file = &sample->files[i * step];
        int fd = sw_sample_open(file);
        if (fd < 0)
            continue;
        uint64_t offset = file->size > 2 * PIECE_SIZE ? file->size / 2 : 0;
        (void)sw_sample_read(fd, offset, mix + i * PIECE_SIZE, PIECE_SIZE);
        close(fd);
    }
}

static int ignore(YR_SCAN_CONTEXT *context, int message, void *data, void *user_data)
{
    (void)context;
    (void)message;
    (void)data;
    (void)user_data;
    return CALLBACK_CONTINUE;
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The best of `runs`: what disturbs only ever adds. */
static double scan_ms(YR_SCANNER *scanner, const uint8_t *mix, int runs)
{
    double best = 0.0;
    for (int i = 0; i < runs; i++) {
        double start = now_ms();
        (void)yr_scanner_scan_mem(scanner, mix, MIX_SIZE);
        double taken = now_ms() - start;
        best = i == 0 || taken < best ? taken : best;
    }
    return best;
}

static void turn_off(YR_RULE *rule, struct pin *pins)
{
    YR_STRING *string;
    yr_rule_disable(rule);
    yr_rule_strings_foreach(rule, string)
    {
        pins[string->idx] = (struct pin){string->flags, string->fixed_offset};
        string->flags |= STRING_FLAGS_FIXED_OFFSET;
        string->fixed_offset = FAR_AWAY;
    }
}

static void turn_on(YR_RULE *rule, const struct pin *pins)
{
    YR_STRING *string;
    yr_rule_strings_foreach(rule, string)
    {
        string->flags = pins[string->idx].flags;
        string->fixed_offset = pins[string->idx].fixed_offset;
    }
    yr_rule_enable(rule);
}

/* With and without the rule in turn: what else the machine does weighs on both. */
static double measure_again(YR_RULE *rule, YR_SCANNER *scanner, const uint8_t *mix,
                            struct pin *pins)
{
    double without = DBL_MAX;
    double with = DBL_MAX;
    for (int i = 0; i < RUNS; i++) {
        double off = scan_ms(scanner, mix, 1);
        without = off < without ? off : without;
        turn_on(rule, pins);
        double on = scan_ms(scanner, mix, 1);
        with = on < with ? on : with;
        turn_off(rule, pins);
    }
    return with - without;
}

/* Fills `costs` for the first *count rules: all, or those for which the patience
 * lasts. Returns what the scan takes with no rule at all. */
static double measure(YR_RULES *rules, YR_SCANNER *scanner, const uint8_t *mix, struct pin *pins,
                      struct cost *costs, size_t *count)
{
    double start = now_ms();
    for (uint32_t i = 0; i < rules->num_rules; i++)
        turn_off(&rules->rules_table[i], pins);
    double baseline = scan_ms(scanner, mix, 2 * RUNS);
    for (*count = 0; *count < rules->num_rules && now_ms() - start < PATIENCE_MS; (*count)++) {
        YR_RULE *rule = &rules->rules_table[*count];
        turn_on(rule, pins);
        double ms = scan_ms(scanner, mix, 1) - baseline;
        turn_off(rule, pins);
        if (ms > FLOOR_MS / 2)
            ms = measure_again(rule, scanner, mix, pins);
        costs[*count] = (struct cost){rule, ms > 0.0 ? ms : 0.0};
    }
    return baseline;
}

/* Dearest first; of equals the first in the set. */
static int compare_costs(const void *a, const void *b)
{
    const struct cost *left = a;
    const struct cost *right = b;
    if (left->ms > right->ms)
        return -1;
    if (left->ms < right->ms)
        return 1;
    return left->rule < right->rule ? -1 : left->rule > right->rule;
}

/* In a small set most rules may be slow: the median is then no measure, but the
 * scan without any rule still is. */
static void print_slow(FILE *out, struct cost *costs, size_t count, double baseline)
{
    qsort(costs, count, sizeof(*costs), compare_costs);
    double median = costs[count / 2].ms;
    double limit = MEDIAN_FACTOR * (median < baseline ? median : baseline);
    if (limit < FLOOR_MS)
        limit = FLOOR_MS;
    if (costs[0].ms <= limit) {
        fputs("slow rules: none\n", out);
        return;
    }
    fputs("slow rules, by the time that each takes alone:\n", out);
    size_t shown = 0;
    for (; shown < count && shown < SHOWN_MAX && costs[shown].ms > limit; shown++) {
        fprintf(out, "  %8.1f s/GiB  ", costs[shown].ms / 1e3 * (double)SW_GIB / (double)MIX_SIZE);
        sw_rules_print_name(out, costs[shown].rule->ns->name, costs[shown].rule->identifier);
        fputc('\n', out);
    }
    size_t more = 0;
    while (shown + more < count && costs[shown + more].ms > limit)
        more++;
    if (more > 0)
        fprintf(out, "  and %zu more\n", more);
}

enum sw_status sw_rules_check_speed(FILE *out, struct sw_ruleset *set,
                                    const struct sw_sample *sample, struct sw_error *error)
{
    YR_RULES *rules = sw_ruleset_rules(set);
    YR_SCANNER *scanner = NULL;
    uint8_t *mix = NULL;
    struct cost *costs = NULL;
    struct pin *pins = NULL;
    enum sw_status status = SW_OK;
    if (rules->num_rules == 0)
        return SW_OK;
    mix = malloc(MIX_SIZE);
    costs = calloc(rules->num_rules, sizeof(*costs));
    pins = calloc((size_t)rules->num_strings + 1, sizeof(*pins));
    if (!mix || !costs || !pins || yr_scanner_create(rules, &scanner) != ERROR_SUCCESS) {
        status = sw_fail(error, SW_STOP, "rules", ENOMEM, "cannot measure the rules");
        goto out;
    }
    yr_scanner_set_callback(scanner, ignore, NULL);
    yr_scanner_set_timeout(scanner, TIMEOUT_S);
    fill_mix(sample, mix);
    size_t count = 0;
    double baseline = measure(rules, scanner, mix, pins, costs, &count);
    if (count > 0)
        print_slow(out, costs, count, baseline);
    if (count < rules->num_rules)
        fprintf(out, "slow rules: only the first %zu of %u were measured, in %.0f s\n", count,
                rules->num_rules, PATIENCE_MS / 1e3);
out:
    if (scanner)
        yr_scanner_destroy(scanner);
    free(pins);
    free(costs);
    free(mix);
    return status;
}
