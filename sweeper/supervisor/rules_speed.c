/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_speed.c - which rules are slow: each is enabled alone and scans the same
 * mixed bytes; what it takes more than no rule at all is its own cost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/rules_check.h"

#define MIX_SIZE      ((size_t)256 << 10)
#define PIECE_SIZE    ((size_t)4 << 10)
#define RUNS          3
#define FLOOR_MS      1.0 /* on MIX_SIZE: 4 s for 1 GiB */
#define MEDIAN_FACTOR 5.0
#define TIMEOUT_S     10

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
        if (i == 0 || taken < best)
            best = taken;
    }
    return best;
}

static void measure(YR_RULES *rules, YR_SCANNER *scanner, const uint8_t *mix, struct cost *costs)
{
    for (uint32_t i = 0; i < rules->num_rules; i++)
        yr_rule_disable(&rules->rules_table[i]);
    double baseline = scan_ms(scanner, mix, 2 * RUNS);
    for (uint32_t i = 0; i < rules->num_rules; i++) {
        YR_RULE *rule = &rules->rules_table[i];
        yr_rule_enable(rule);
        double taken = scan_ms(scanner, mix, 1);
        if (taken - baseline > FLOOR_MS / 2) {
            double again = scan_ms(scanner, mix, RUNS - 1);
            taken = again < taken ? again : taken;
        }
        yr_rule_disable(rule);
        costs[i] = (struct cost){rule, taken > baseline ? taken - baseline : 0.0};
    }
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

static void print_slow(FILE *out, struct cost *costs, size_t count)
{
    qsort(costs, count, sizeof(*costs), compare_costs);
    double limit = costs[count / 2].ms * MEDIAN_FACTOR;
    if (limit < FLOOR_MS)
        limit = FLOOR_MS;
    if (costs[0].ms <= limit) {
        fputs("slow rules: none\n", out);
        return;
    }
    fputs("slow rules, by the time that each takes alone:\n", out);
    for (size_t i = 0; i < count && costs[i].ms > limit; i++) {
        fprintf(out, "  %8.1f s/GiB  ", costs[i].ms / 1e3 * (double)(((size_t)1 << 30) / MIX_SIZE));
        sw_rules_print_name(out, costs[i].rule->ns->name, costs[i].rule->identifier);
        fputc('\n', out);
    }
}

enum sw_status sw_rules_check_speed(FILE *out, struct sw_ruleset *set,
                                    const struct sw_sample *sample, struct sw_error *error)
{
    YR_RULES *rules = sw_ruleset_rules(set);
    YR_SCANNER *scanner = NULL;
    uint8_t *mix = NULL;
    struct cost *costs = NULL;
    enum sw_status status = SW_OK;
    if (rules->num_rules == 0)
        return SW_OK;
    mix = malloc(MIX_SIZE);
    costs = calloc(rules->num_rules, sizeof(*costs));
    if (!mix || !costs || yr_scanner_create(rules, &scanner) != ERROR_SUCCESS) {
        status = sw_fail(error, SW_STOP, "rules", ENOMEM, "cannot measure the rules");
        goto out;
    }
    yr_scanner_set_callback(scanner, ignore, NULL);
    yr_scanner_set_timeout(scanner, TIMEOUT_S);
    fill_mix(sample, mix);
    measure(rules, scanner, mix, costs);
    print_slow(out, costs, rules->num_rules);
out:
    if (scanner)
        yr_scanner_destroy(scanner);
    free(costs);
    free(mix);
    return status;
}
