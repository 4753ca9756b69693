/* SPDX-License-Identifier: Apache-2.0 */
/* rules_prefilter.c - what of a clean sample reaches libyara, and because of which strings. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/rules_check.h"
#include "sweeper/prefilter.h"
#include "sweeper/text.h"

#define WINDOW_SIZE ((size_t)1 << 20)
#define BLAMED_MAX  10

struct blame {
    const YR_STRING *string;
    uint64_t bytes; /* of the files that it hits */
    uint64_t files;
    size_t last_file; /* 1-based; a file counts once */
};

struct measure {
    const struct sw_prefilter *prefilter;
    struct sw_prefilter_scratch *scratch;
    struct blame *blames; /* one for each string of the set */
    uint8_t *window;
    size_t window_size;
    size_t overlap;
    size_t file_number;
    uint64_t file_size;
    uint64_t bytes;
    uint64_t hit_bytes;
    uint64_t files;
    uint64_t hit_files;
};

static void on_blame(void *context, const YR_STRING *string)
{
    struct measure *measure = context;
    struct blame *blame = &measure->blames[string->idx];
    blame->string = string;
    if (blame->last_file == measure->file_number)
        return;
    blame->last_file = measure->file_number;
    blame->bytes += measure->file_size;
    blame->files++;
}

static void measure_file(struct measure *measure, const struct sw_sample_file *file)
{
    int fd = sw_sample_open(file);
    uint64_t offset = 0;
    uint64_t size = 0;
    bool hit = false;
    if (fd < 0)
        return;
    measure->file_number++;
    measure->file_size = file->size;
    for (;;) {
        size_t got = sw_sample_read(fd, offset, measure->window, measure->window_size);
        size = offset + got;
        if (got > 0 &&
            sw_prefilter_hit(measure->prefilter, measure->scratch, measure->window, got)) {
            hit = true;
            sw_prefilter_blame(measure->prefilter, measure->scratch, measure->window, got, on_blame,
                               measure);
        }
        if (got < measure->window_size || size >= SW_SAMPLE_BYTES_MAX)
            break;
        offset += got - measure->overlap;
    }
    close(fd);
    measure->files++;
    measure->bytes += size;
    measure->hit_files += hit;
    measure->hit_bytes += hit ? size : 0;
}

static int compare_blames(const void *a, const void *b)
{
    const struct blame *left = a;
    const struct blame *right = b;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    if (!left->string || !right->string)
        return (left->string == NULL) - (right->string == NULL);
    return left->string->idx < right->string->idx ? -1 : left->string->idx > right->string->idx;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

static void print_string_of(FILE *out, const YR_RULES *rules, const YR_STRING *string)
{
    const YR_RULE *rule = &rules->rules_table[string->rule_idx];
    sw_rules_print_name(out, rule->ns->name, rule->identifier);
    fputs(": ", out);
    sw_rules_print_string(out, string);
}

static void print_measure(FILE *out, struct measure *measure, const YR_RULES *rules,
                          const char *directory)
{
    char size[24];
    char count[32];
    fprintf(out, "sample: %s in %s files below ", sw_text_size(measure->bytes, size),
            sw_text_count(measure->files, count));
    sw_rules_print_text(out, directory, strlen(directory));
    fprintf(out, "\n%.2f%% of the bytes (%s files) reach libyara's string search\n",
            share(measure->hit_bytes, measure->bytes), sw_text_count(measure->hit_files, count));
    qsort(measure->blames, rules->num_strings, sizeof(*measure->blames), compare_blames);
    for (uint32_t i = 0; i < rules->num_strings && i < BLAMED_MAX; i++) {
        const struct blame *blame = &measure->blames[i];
        if (blame->files == 0)
            break;
        if (i == 0)
            fputs("strings most to blame, by the bytes of the files that they hit:\n", out);
        fprintf(out, "  %6.2f%%  ", share(blame->bytes, measure->bytes));
        print_string_of(out, rules, blame->string);
        fputc('\n', out);
    }
}

static enum sw_status measure_sample(FILE *out, const YR_RULES *rules,
                                     struct sw_prefilter *prefilter, const struct sw_sample *sample,
                                     const char *directory, struct sw_error *error)
{
    struct measure measure = {.prefilter = prefilter, .overlap = sw_prefilter_overlap(prefilter)};
    enum sw_status status = sw_prefilter_make_blame(prefilter, error);
    if (status == SW_OK)
        status = sw_prefilter_scratch_new(prefilter, &measure.scratch, error);
    if (status != SW_OK)
        return status;
    measure.window_size = WINDOW_SIZE + measure.overlap;
    measure.window = malloc(measure.window_size);
    measure.blames = calloc((size_t)rules->num_strings + 1, sizeof(*measure.blames));
    if (measure.window && measure.blames) {
        for (size_t i = 0; i < sample->count && measure.bytes < SW_SAMPLE_BYTES_MAX; i++)
            measure_file(&measure, &sample->files[i]);
        print_measure(out, &measure, rules, directory);
    } else {
        status = sw_fail(error, SW_STOP, "rules", ENOMEM, "cannot measure the sample");
    }
    free(measure.window);
    free(measure.blames);
    sw_prefilter_scratch_free(measure.scratch);
    return status;
}

static void print_report(FILE *out, const YR_RULES *rules, const struct sw_prefilter_report *report)
{
    char count[32];
    if (report->on)
        fprintf(out, "prefilter: on, %s patterns\n", sw_text_count(report->pattern_count, count));
    else
        fprintf(out, "prefilter: off, every byte reaches libyara: %s\n", report->reason);
    if (report->unfilterable_count > 0)
        fputs("strings that defeat it, because they hold no bytes that must be there:\n", out);
    for (size_t i = 0; i < report->unfilterable_count; i++) {
        fputs("  ", out);
        print_string_of(out, rules, report->unfilterable[i].string);
        fputc('\n', out);
    }
}

enum sw_status sw_rules_check_prefilter(FILE *out, struct sw_ruleset *set,
                                        const struct sw_sample *sample, const char *directory,
                                        struct sw_error *error)
{
    YR_RULES *rules = sw_ruleset_rules(set);
    struct sw_prefilter_report report = {.on = false};
    struct sw_prefilter *prefilter = NULL;
    enum sw_status status = sw_prefilter_build(rules, &prefilter, &report, error);
    if (status == SW_STOP)
        goto out;
    print_report(out, rules, &report);
    status = SW_OK;
    if (report.on && prefilter && sample->count > 0)
        status = measure_sample(out, rules, prefilter, sample, directory, error);
out:
    sw_prefilter_report_done(&report);
    sw_prefilter_free(prefilter);
    return status;
}
