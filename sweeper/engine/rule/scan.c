/* SPDX-License-Identifier: Apache-2.0 */
/* scan.c - the door of the scan path: a scanner, and one object through it. */
#include "sweeper/scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/rule/ruleset.h"
#include "engine/rule/scan_core.h"

/* ---- a scanner ----------------------------------------------------------- */

static pthread_once_t configured = PTHREAD_ONCE_INIT;

/* Matched bytes are taken from the object (scan_collect.c), so libyara need not
 * copy any; its page for matches, which it allocates anew for every object,
 * shrinks from 576 KiB to 64 KiB. */
static void configure(void)
{
    yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, 0);
}

static bool scratch_hit(void *context, const uint8_t *data, size_t size)
{
    const struct sw_scanner *scanner = context;
    return sw_prefilter_hit(scanner->prefilter, scanner->scratch, data, size);
}

static enum sw_status buffers_new(struct sw_scanner *scanner)
{
    struct sw_scan_setup *setup = &scanner->setup;
    size_t overlap = setup->sieve.overlap;
    if (setup->block == 0)
        setup->block = SW_SCAN_BLOCK;
    if (setup->window == 0)
        setup->window = SW_SCAN_WINDOW;
    /* A window that is mostly overlap would read everything many times. */
    if (setup->window < overlap)
        setup->window = overlap;
    size_t fresh_max = setup->window > 2 * overlap + 1 ? setup->window : 2 * overlap + 1;
    scanner->stream_size = overlap + fresh_max;
    scanner->head = malloc(SW_IDENT_HEAD_MAX + 1);
    scanner->stream = malloc(scanner->stream_size);
    return scanner->head == NULL || scanner->stream == NULL ? SW_STOP : SW_OK;
}

static bool yara_new(struct sw_scanner *scanner, YR_RULES *rules, YR_SCANNER **yara)
{
    if (yr_scanner_create(rules, yara) != ERROR_SUCCESS)
        return false;
    /* libyara's own handlers would take SIGSEGV and SIGBUS from the whole
     * process; fast mode leaves matches out. */
    yr_scanner_set_flags(*yara, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
    yr_scanner_set_callback(*yara, sw_collect_message, scanner);
    return true;
}

static void use_whole(struct sw_scanner *scanner)
{
    scanner->yara = scanner->whole;
    scanner->rules = scanner->setup.rules;
    scanner->places = NULL;
}

static void use_unbound(struct sw_scanner *scanner)
{
    scanner->yara = scanner->unbound;
    scanner->rules = scanner->setup.unbound;
    scanner->places = scanner->setup.places;
}

const YR_RULE *sw_scan_rule(const struct sw_scanner *scanner, uint32_t index)
{
    return &scanner->setup.rules->rules_table[sw_ruleset_place(scanner->places, index)];
}

static enum sw_status scanner_start(struct sw_scanner *scanner, struct sw_error *error)
{
    const struct sw_scan_setup *setup = &scanner->setup;
    if (buffers_new(scanner) != SW_OK || !yara_new(scanner, setup->rules, &scanner->whole) ||
        (setup->unbound != NULL && !yara_new(scanner, setup->unbound, &scanner->unbound)))
        return sw_fail(error, SW_STOP, "scan", ENOMEM, "cannot make a scanner");
    use_whole(scanner);
    sw_block_init(scanner);
    return SW_OK;
}

enum sw_status sw_scanner_new_with(const struct sw_scan_setup *setup, struct sw_scanner **scanner,
                                   struct sw_error *error)
{
    pthread_once(&configured, configure);
    struct sw_scanner *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return sw_fail(error, SW_STOP, "scan", ENOMEM, "cannot make a scanner");
    made->setup = *setup;
    made->blame.hint = UINT32_MAX;
    enum sw_status status = scanner_start(made, error);
    if (status != SW_OK) {
        sw_scanner_free(made);
        return status;
    }
    *scanner = made;
    return SW_OK;
}

enum sw_status sw_scanner_new(const struct sw_scanner_options *options, struct sw_scanner **scanner,
                              struct sw_error *error)
{
    struct sw_prefilter_scratch *scratch = NULL;
    struct sw_scanner *made = NULL;
    struct sw_scan_setup setup = {.rules = sw_ruleset_rules(options->ruleset),
                                  .shortcut = options->ruleset->shortcut,
                                  .unbound = options->ruleset->unbound,
                                  .places = options->ruleset->places,
                                  .uses_entrypoint = sw_ruleset_uses_entrypoint(options->ruleset),
                                  .ident = options->ident,
                                  .matches_max = options->matches_max,
                                  .time_max_s = options->time_max_s,
                                  .budget = options->budget,
                                  .help = options->help};
    for (enum sw_external i = 0; i < SW_EXTERNAL_COUNT; i++)
        setup.uses[i] = sw_ruleset_uses(options->ruleset, i);
    if (options->prefilter != NULL) {
        enum sw_status status = sw_prefilter_scratch_new(options->prefilter, &scratch, error);
        if (status != SW_OK)
            return status;
        setup.sieve.overlap = sw_prefilter_overlap(options->prefilter);
        /* libyara looks for an entry point in each block that it searches. */
        setup.reach = setup.uses_entrypoint ? 0 : sw_spans_reach(setup.rules);
        setup.spans_from = SW_SPANS_FROM;
    }
    enum sw_status status = sw_scanner_new_with(&setup, &made, error);
    if (status != SW_OK) {
        sw_prefilter_scratch_free(scratch);
        return status;
    }
    if (options->prefilter != NULL) {
        made->prefilter = options->prefilter;
        made->scratch = scratch;
        made->setup.sieve.hit = scratch_hit;
        made->setup.sieve.context = made;
    }
    *scanner = made;
    return SW_OK;
}

void sw_scanner_free(struct sw_scanner *scanner)
{
    if (scanner == NULL)
        return;
    if (scanner->whole != NULL)
        yr_scanner_destroy(scanner->whole);
    if (scanner->unbound != NULL)
        yr_scanner_destroy(scanner->unbound);
    sw_prefilter_scratch_free(scanner->scratch);
    sw_collect_done(&scanner->collect);
    free(scanner->directory);
    free(scanner->head);
    free(scanner->stream);
    free(scanner);
}

/* ---- one object ---------------------------------------------------------- */

/* libyara computes `entrypoint` in the string pass only, of these two formats. */
static bool has_entrypoint(const struct sw_object *object)
{
    return object->head_size >= 4 && (memcmp(object->head, "MZ", 2) == 0 || memcmp(object->head,
                                                                                   "\x7f"
                                                                                   "ELF",
                                                                                   4) == 0);
}

static void emit_gap(const struct sw_scan_output *output, enum sw_gap reason, const char *text)
{
    struct sw_error gap = {0};
    (void)!sw_fail_gap(&gap, SW_PART, reason, "scan", 0, "%s", text);
    output->gap(output->context, &gap, NULL);
}

/* What is wrong with the object itself. */
static enum sw_status emit_object_gaps(const struct sw_object *object,
                                       const struct sw_scan_output *output,
                                       struct sw_scan_effort *effort)
{
    bool faulted = sw_blob_fault_taken();
    if (object->changed || faulted) {
        emit_gap(output, SW_GAP_CHANGED_WHILE_READING,
                 faulted ? "cut short or unreadable while it was mapped; the missing bytes were "
                           "taken as zeros"
                         : "its size changed while it was read");
        effort->changed = true;
    }
    if (object->over_unsized)
        emit_gap(output, SW_GAP_LIMIT_SIZE,
                 "its size is not known; only the first 64 MiB were read");
    return effort->changed || object->over_unsized ? SW_PART : SW_OK;
}

/* Makes the bytes that libyara is to search. */
static enum sw_status make_searched(struct sw_scanner *scanner, struct sw_scan_effort *effort,
                                    struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    enum sw_status status = SW_PART;

    effort->full = true;
    if (object->spans.count != 0)
        status = sw_spans_load(scanner, error);
    effort->full_bytes = sw_spans_bytes(&object->spans);
    if (status != SW_PART)
        return status;
    object->spans.count = 0;
    status = sw_object_make_whole(scanner, SW_OBJECT_COPIED, error);
    effort->full_bytes = object->size;
    return status;
}

static enum sw_status judge(struct sw_scanner *scanner, bool hit,
                            const struct sw_scan_output *output, struct sw_scan_effort *effort,
                            struct sw_error *error)
{
    struct sw_object *object = &scanner->object;
    bool full = hit || object->spans.count != 0 ||
                (scanner->setup.uses_entrypoint && has_entrypoint(object));
    if (full || !scanner->setup.shortcut)
        use_whole(scanner);
    else if (scanner->unbound != NULL)
        use_unbound(scanner);
    else
        return SW_OK; /* no rule can be true */
    enum sw_status status = sw_externals_set(scanner, error);
    if (status != SW_OK)
        return status;
    if (full) {
        status = make_searched(scanner, effort, error);
        if (status != SW_OK)
            return status;
    }
    status = sw_scan_run(scanner, full, output, error);
    if (status < SW_PART)
        return status;
    enum sw_status emitted = sw_collect_emit(scanner, output, error);
    return emitted < status ? emitted : status;
}

enum sw_status sw_scanner_scan(struct sw_scanner *scanner, struct sw_blob *blob,
                               const struct sw_label *label, const struct sw_scan_output *output,
                               struct sw_scan_effort *effort, struct sw_view *head_out,
                               struct sw_error *error)
{
    bool hit = false;
    *effort = (struct sw_scan_effort){0};
    (void)sw_blob_fault_taken();
    sw_scan_clock_start(scanner);
    enum sw_status status = sw_object_open(scanner, blob, label, &hit, error);
    *head_out = (struct sw_view){scanner->object.head, scanner->object.head_size};
    if (status == SW_OK)
        status = judge(scanner, hit, output, effort, error);
    /* After a hit the search sees what the prefilter had not come to yet. */
    effort->bytes_read = scanner->object.bytes_read > effort->full_bytes
                             ? scanner->object.bytes_read
                             : effort->full_bytes;
    if (status >= SW_PART) {
        enum sw_status gaps = emit_object_gaps(&scanner->object, output, effort);
        status = gaps < status ? gaps : status;
    }
    sw_collect_clear(&scanner->collect);
    sw_object_close(scanner);
    return status;
}
