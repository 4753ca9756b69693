/* SPDX-License-Identifier: Apache-2.0 */
/* selftest.c - `sweeper selftest`: samples become objects in memory, and all of them
 * go through a sweep. */
#include "sweeper/selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/write_all.h"
#include "supervisor/facts_take.h"
#include "supervisor/selftest_paths.h"
#include "supervisor/stand_in.h"
#include "sweeper/digest.h"
#include "sweeper/source.h"
#include "sweeper/text.h"

/* --- the stand-in --------------------------------------------------------------- */

/* False without memory; `item` then owns what there is. */
static bool make_item(size_t index, struct sw_view content, struct sw_item *item)
{
    struct sw_buf label;
    sw_buf_init(&label, 64);
    if (selftest_label(index, &label) == SW_OK)
        item->path = strdup((const char *)label.data);
    sw_buf_done(&label);
    if (item->path == NULL)
        return false;
    item->path_size = strlen(item->path);
    item->fd = memfd_create("sweeper-selftest", MFD_CLOEXEC);
    return item->fd >= 0 && sw_write_all(item->fd, content) == 0 &&
           sw_facts_of_fd(item->fd, &item->facts) == 0;
}

/* What cannot be made cannot be seen: the path stays blind, and its note says why. */
static void add_path(struct selftest_paths *paths, size_t index, struct sw_buf *content,
                     struct sw_batch *batch, size_t *bytes)
{
    struct selftest_path *path = &paths->rows[index];
    struct sw_error error = {.text = ""};

    if (selftest_build(path, content, &error) != SW_OK) {
        if (asprintf(&path->note, "cannot be made: %s", error.text) < 0)
            path->note = NULL;
        return;
    }
    struct sw_item *item = &batch->items[batch->count++];
    *item = (struct sw_item){.kind = SW_ITEM_OBJECT, .fd = -1, .root_index = (uint32_t)index};
    path->made = make_item(index, sw_buf_view(content), item);
    paths->no_memory = !path->made;
    *bytes += content->size;
}

static struct sw_batch *next_batch(void *context)
{
    struct selftest_paths *paths = context;
    struct sw_batch *batch = calloc(1, sizeof *batch);
    struct sw_buf content;
    size_t bytes = 0;

    sw_buf_init(&content, SW_SAMPLE_SIZE_MAX);
    paths->no_memory = batch == NULL;
    while (!paths->no_memory && paths->next < paths->count && batch->count < SW_BATCH_ITEMS_MAX &&
           bytes < SW_BATCH_BYTES_MAX)
        add_path(paths, paths->next++, &content, batch, &bytes);
    sw_buf_done(&content);
    if (batch != NULL && (paths->no_memory || batch->count == 0)) {
        sw_batch_free(batch);
        batch = NULL;
    }
    return batch;
}

static void take_record(void *context, const struct sw_item *item, const json_t *record)
{
    struct selftest_paths *paths = context;
    selftest_judge(&paths->rows[item->root_index], item->root_index, record);
}

/* --- for people -------------------------------------------------------------------- */

/* Our own names, and gaps in plain words. */
static void print_path(const struct selftest_path *path, size_t index)
{
    struct sw_buf name, locator;
    sw_buf_init(&name, 4096);
    sw_buf_init(&locator, 4096);
    if (selftest_name(path, &name) == SW_OK && selftest_locator(path, index, &locator) == SW_OK)
        printf("%-5s  %s: %s", selftest_seen(path) ? "seen" : "BLIND", (const char *)name.data,
               (const char *)locator.data);
    if (!selftest_seen(path) && path->right + path->other > 0)
        printf(": found %u times there, %u times elsewhere", path->right, path->other);
    if (!selftest_seen(path) && path->note != NULL)
        printf(": %s", path->note);
    putchar('\n');
    sw_buf_done(&name);
    sw_buf_done(&locator);
}

/* What stands in one cell of the table: all paths of `row` in `column`, in itself
 * when that is NULL. */
static void print_cell(const struct selftest_paths *paths, const struct sw_sample_form *row,
                       const struct sw_sample_form *column, int width)
{
    size_t seen = 0, count = 0;
    char cell[32];

    for (size_t i = 0; i < paths->count; i++) {
        const struct selftest_path *path = &paths->rows[i];
        if (path->forms[0] != row || path->forms[1] != column || path->form_count > 2)
            continue;
        count++;
        seen += selftest_seen(path) ? 1 : 0;
    }
    if (seen == count)
        (void)snprintf(cell, sizeof cell, "%s", count > 0 ? "ok" : "");
    else
        (void)snprintf(cell, sizeof cell, "%zu/%zu", seen, count);
    printf(" %-*s", width, cell);
}

static void print_row(const struct selftest_paths *paths, const struct sw_sample_form *row)
{
    size_t count = 0;
    const struct sw_sample_form *forms = sw_sample_forms(&count);

    printf("%-17s", row->name);
    print_cell(paths, row, NULL, 5);
    for (size_t i = 0; i < count; i++)
        if (forms[i].kind == SW_SAMPLE_STREAM && !forms[i].alone &&
            row->kind == SW_SAMPLE_CONTAINER)
            print_cell(paths, row, &forms[i], (int)strlen(forms[i].name));
    putchar('\n');
}

/* One row a form; one column for it alone, 1 to 8 deep, and one for each stream that
 * a container lies in, 2 to 8 deep. */
static void print_table(const struct selftest_paths *paths)
{
    size_t count = 0;
    const struct sw_sample_form *forms = sw_sample_forms(&count);

    printf("%-17s %-5s", "", "alone");
    for (size_t i = 0; i < count; i++)
        if (forms[i].kind == SW_SAMPLE_STREAM && !forms[i].alone)
            printf(" %s", forms[i].name);
    putchar('\n');
    for (size_t i = 0; i < count; i++)
        print_row(paths, &forms[i]);
}

static size_t print_all(const struct selftest_paths *paths, bool verbose)
{
    size_t blind = 0;

    for (size_t i = 0; i < paths->count; i++) {
        bool seen = selftest_seen(&paths->rows[i]);
        blind += seen ? 0 : 1;
        if (verbose || !seen)
            print_path(&paths->rows[i], i);
    }
    print_table(paths);
    return blind;
}

/* --- for programs -------------------------------------------------------------------- */

static json_t *path_json(const struct selftest_path *path, size_t index)
{
    struct sw_buf name, locator;
    json_t *json = NULL;
    sw_buf_init(&name, 4096);
    sw_buf_init(&locator, 4096);
    if (selftest_name(path, &name) == SW_OK && selftest_locator(path, index, &locator) == SW_OK)
        json = json_pack("{s:s, s:i, s:s, s:b, s:s*}", "path", (const char *)name.data, "depth",
                         (int)path->depth, "locator", (const char *)locator.data, "seen",
                         selftest_seen(path), "note", path->note);
    sw_buf_done(&name);
    sw_buf_done(&locator);
    return json;
}

static size_t print_json(const struct selftest_paths *paths, json_t *untried)
{
    json_t *rows = json_array();
    size_t blind = 0;

    for (size_t i = 0; i < paths->count; i++) {
        blind += selftest_seen(&paths->rows[i]) ? 0 : 1;
        (void)json_array_append_new(rows, path_json(&paths->rows[i], i));
    }
    json_t *document = json_pack("{s:s, s:I, s:I, s:O, s:o}", "version", SWEEPER_VERSION, "count",
                                 (json_int_t)paths->count, "blind", (json_int_t)blind, "untried",
                                 untried, "paths", rows);
    if (document == NULL || json_dumpf(document, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII) != 0)
        blind++; /* an answer that nobody got is none */
    putchar('\n');
    json_decref(document);
    return blind;
}

/* --- the verb ---------------------------------------------------------------------- */

static bool is_tried(const char *kind)
{
    size_t count = 0;
    const struct sw_sample_form *forms = sw_sample_forms(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(forms[i].hop, kind) == 0)
            return true;
    return false;
}

/* What hands on an archive that stands behind a program, and what says that a format
 * is not opened: neither has a form that a text could be put into. */
static bool has_no_form(const char *kind)
{
    return strcmp(kind, "appended") == 0 || strcmp(kind, "unread") == 0;
}

/* Formats that this build opens and no sample is of: an array of their kinds. Disks are
 * made by programs of other people; their tests make them. */
static json_t *find_untried(void)
{
    const struct sw_source *const *sources = sw_source_list();
    json_t *kinds = json_array();

    for (; *sources != NULL; sources++)
        if (!(*sources)->disk && !is_tried((*sources)->kind) && !has_no_form((*sources)->kind))
            (void)json_array_append_new(kinds, json_string((*sources)->kind));
    return kinds;
}

static bool digest_rule(char hex[static SW_SHA256_HEX_SIZE])
{
    struct sw_digest *digest = NULL;
    bool good = sw_digest_new(&digest) == SW_OK && sw_digest_start(digest) == SW_OK &&
                sw_digest_update(digest, selftest_rule(), strlen(selftest_rule())) == SW_OK &&
                sw_digest_finish(digest, hex) == SW_OK;
    sw_digest_free(digest);
    return good;
}

static struct sw_rulepack *make_pack(void)
{
    struct sw_rulepack *pack = calloc(1, sizeof *pack);
    struct sw_rule_file *file = calloc(1, sizeof *file);

    if (pack == NULL || file == NULL) {
        free(pack);
        free(file);
        return NULL;
    }
    *file = (struct sw_rule_file){.kind = SW_PACK_RULES,
                                  .name = strdup("selftest"),
                                  .namespace_ = strdup("selftest"),
                                  .text = strdup(selftest_rule()),
                                  .text_size = strlen(selftest_rule()),
                                  .root_relative = strdup("selftest.yar")};
    pack->files = file;
    pack->count = 1;
    if (file->name != NULL && file->namespace_ != NULL && file->text != NULL &&
        file->root_relative != NULL && digest_rule(pack->digest))
        return pack;
    sw_rulepack_free(pack);
    return NULL;
}

/* What became of the sweep itself: findings and gaps are what it is about. */
static enum sw_exit sweep_paths(const struct sw_options *options, struct selftest_paths *paths)
{
    struct sw_rulepack *pack = make_pack();
    const struct sw_stand_in stand_in = {
        .context = paths, .pack = pack, .next = next_batch, .record = take_record};
    struct sw_options quiet = *options;

    if (pack == NULL) {
        paths->no_memory = true;
        return SW_EXIT_FAILED;
    }
    quiet.progress = SW_WHEN_NEVER;
    enum sw_exit exit_code = sw_sweep_stand_in(&quiet, &stand_in);
    if (paths->no_memory)
        return SW_EXIT_FAILED;
    return exit_code == SW_EXIT_FINDINGS || exit_code == SW_EXIT_GAPS ? SW_EXIT_CLEAN : exit_code;
}

static enum sw_exit conclude(const struct sw_options *options, const struct selftest_paths *paths)
{
    json_t *untried = find_untried();
    const json_t *kind;
    size_t i;
    char total[32], lost[32];
    size_t blind = options->json ? print_json(paths, untried) : print_all(paths, options->verbose);

    json_array_foreach(untried, i, kind) if (!options->json)
        printf("BLIND  %s: no sample is of this format\n", json_string_value(kind));
    blind += json_array_size(untried);
    json_decref(untried);
    if (!options->json && blind == 0)
        printf("%s paths: all seen\n", sw_text_count(paths->count, total));
    else if (!options->json)
        printf("%s of %s paths are blind\n", sw_text_count(blind, lost),
               sw_text_count(paths->count, total));
    return blind == 0 ? SW_EXIT_CLEAN : SW_EXIT_FAILED;
}

enum sw_exit sw_selftest(const struct sw_options *options)
{
    struct selftest_paths paths;
    enum sw_exit exit_code = SW_EXIT_FAILED;

    if (selftest_paths_init(&paths))
        exit_code = sweep_paths(options, &paths);
    if (paths.no_memory)
        fprintf(stderr, "sweeper: no memory for the samples\n");
    else if (exit_code == SW_EXIT_CLEAN)
        exit_code = conclude(options, &paths);
    selftest_paths_done(&paths);
    return exit_code;
}
