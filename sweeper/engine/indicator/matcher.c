/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - tables of indicators, made once. */
#include "engine/indicator/matcher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/builtin_rules.h"
#include "engine/indicator/matcher_private.h"
#include "sweeper/buf.h"
#include "sweeper/rows.h"

static enum sw_status no_memory(struct sw_error *error)
{
    (void)sw_fail(error, SW_STOP, "indicator", ENOMEM, "cannot hold the indicators");
    return SW_STOP;
}

/* --- tables ----------------------------------------------------------------- */

static bool table_add(struct sw_keyed_table *table, const char *key,
                      const struct sw_indicator *indicator)
{
    if (!sw_rows_grow(&table->rows, &table->capacity, table->count + 1, sizeof(*table->rows)))
        return false;
    table->rows[table->count++] = (struct sw_keyed){key, indicator};
    return true;
}

/* Equal keys in the order of the files, so that findings have one order. */
static int compare_keyed(const void *a, const void *b)
{
    const struct sw_keyed *one = a;
    const struct sw_keyed *other = b;
    int order = strcmp(one->key, other->key);
    if (order != 0)
        return order;
    return one->indicator < other->indicator ? -1 : one->indicator > other->indicator;
}

static void table_sort(struct sw_keyed_table *table)
{
    if (table->count > 1)
        qsort(table->rows, table->count, sizeof(*table->rows), compare_keyed);
}

size_t sw_keyed_find(const struct sw_keyed_table *table, const char *key,
                     const struct sw_keyed **first)
{
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->rows[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t count = 0;
    while (low + count < table->count && strcmp(table->rows[low + count].key, key) == 0)
        count++;
    *first = table->rows + low;
    return count;
}

/* --- filling ------------------------------------------------------------------ */

static bool add_path(struct sw_matcher *matcher, const struct sw_indicator *row)
{
    const bool unit = row->type == SW_INDICATOR_UNIT;
    const char *text = unit ? row->unit.value : row->path.pattern;
    const char *platform = json_string_value(json_object_get(row->json, "platform"));
    struct sw_path_row made = {
        .indicator = row,
        .base = sw_base_name((struct sw_view){(const uint8_t *)text, strlen(text)}),
        .fold_case = platform != NULL && strcmp(platform, "windows") == 0};

    made.literal = !made.fold_case && memchr(made.base.data, '*', made.base.size) == NULL;
    if (!sw_rows_grow(&matcher->paths, &matcher->path_capacity, matcher->path_count + 1,
                      sizeof(*matcher->paths)))
        return false;
    matcher->paths[matcher->path_count++] = made;
    return true;
}

static bool add_hash(struct sw_matcher *matcher, const struct sw_indicator *row)
{
    if (!sw_rows_grow(&matcher->gates, &matcher->gate_capacity, matcher->gate_count + 1,
                      sizeof(*matcher->gates)))
        return false;
    matcher->gates[matcher->gate_count++] = row;
    return (row->hash.sha256 == NULL ||
            table_add(&matcher->hashes[SW_DIGEST_SHA256], row->hash.sha256, row)) &&
           (row->hash.sha1 == NULL ||
            table_add(&matcher->hashes[SW_DIGEST_SHA1], row->hash.sha1, row)) &&
           (row->hash.md5 == NULL ||
            table_add(&matcher->hashes[SW_DIGEST_MD5], row->hash.md5, row));
}

static const char *keep_key(struct sw_matcher *matcher, const char *text)
{
    if (!sw_rows_grow(&matcher->keys, &matcher->key_capacity, matcher->key_count + 1,
                      sizeof(*matcher->keys)))
        return NULL;
    char *key = strdup(text);
    if (key != NULL)
        matcher->keys[matcher->key_count++] = key;
    return key;
}

static bool add_package(struct sw_matcher *matcher, const struct sw_indicator *row)
{
    const struct sw_view name = {(const uint8_t *)row->package.name, strlen(row->package.name)};
    enum sw_ecosystem ecosystem = SW_ECOSYSTEM_PYPI;
    struct sw_package_key key;
    size_t i;
    const json_t *digest;

    json_array_foreach(row->package.digests, i, digest)
    {
        if (!table_add(&matcher->digests, json_string_value(digest), row))
            return false;
    }
    if (!sw_ecosystem_find(row->package.ecosystem, &ecosystem) ||
        !sw_package_key_of(ecosystem, name, &key))
        return true;
    const char *kept = keep_key(matcher, key.text);
    return kept != NULL && table_add(&matcher->packages[ecosystem], kept, row);
}

static enum sw_status fill(struct sw_matcher *matcher, struct sw_error *error)
{
    bool good = true;

    for (size_t i = 0; i < matcher->set.count && good; i++) {
        const struct sw_indicator *row = &matcher->set.rows[i];
        if (row->type == SW_INDICATOR_HASH)
            good = add_hash(matcher, row);
        else if (row->type == SW_INDICATOR_PACKAGE)
            good = add_package(matcher, row);
        else if (row->type == SW_INDICATOR_PATH || row->type == SW_INDICATOR_UNIT)
            good = add_path(matcher, row);
    }
    for (size_t i = 0; i < SW_DIGEST_COUNT; i++)
        table_sort(&matcher->hashes[i]);
    for (size_t i = 0; i < SW_ECOSYSTEM_COUNT; i++)
        table_sort(&matcher->packages[i]);
    table_sort(&matcher->digests);
    return good ? SW_OK : no_memory(error);
}

/* --- files of our own ----------------------------------------------------------- */

static int compare_hex(const void *a, const void *b)
{
    return memcmp(a, b, SW_SHA256_HEX_SIZE);
}

static bool add_own(struct sw_matcher *matcher, const void *text, size_t size)
{
    return sw_rows_grow(&matcher->own, &matcher->own_capacity, matcher->own_count + 1,
                        sizeof(*matcher->own)) &&
           sw_digest_of(text, size, matcher->own[matcher->own_count++]) == SW_OK;
}

/* The cases of the built-in rules lie beside them in the project's tree. */
static bool add_cases(struct sw_matcher *matcher)
{
    struct sw_cursor cursor;
    uint8_t *bytes = sw_builtin_open(SW_BUILTIN_CASES, &cursor);
    bool good = bytes != NULL;

    while (good && !sw_cursor_at_end(&cursor)) {
        struct sw_view path, text;
        good = sw_cursor_block(&cursor, &path) == SW_OK &&
               sw_cursor_block(&cursor, &text) == SW_OK && add_own(matcher, text.data, text.size);
    }
    free(bytes);
    return good;
}

static enum sw_status digest_own(struct sw_matcher *matcher, const struct sw_rulepack *pack,
                                 struct sw_error *error)
{
    for (size_t i = 0; i < pack->count; i++)
        if (!add_own(matcher, pack->files[i].text, pack->files[i].text_size))
            return no_memory(error);
    if (!add_cases(matcher))
        return no_memory(error);
    qsort(matcher->own, matcher->own_count, sizeof(*matcher->own), compare_hex);
    return SW_OK;
}

bool sw_match_own(const struct sw_matcher *matcher, const char sha256[SW_SHA256_HEX_SIZE])
{
    return bsearch(sha256, matcher->own, matcher->own_count, sizeof(*matcher->own), compare_hex) !=
           NULL;
}

/* --- the matcher ------------------------------------------------------------------ */

enum sw_status sw_matcher_new(const struct sw_rulepack *pack, struct sw_matcher **matcher,
                              struct sw_error *error)
{
    struct sw_matcher *made = calloc(1, sizeof(*made));
    struct sw_indicator_spot spot;
    size_t bad = 0;

    if (made == NULL)
        return no_memory(error);
    sw_indicators_init(&made->set);
    enum sw_status status = sw_indicators_of_pack(pack, &made->set, &bad, &spot, error);
    if (status == SW_OK)
        status = fill(made, error);
    if (status == SW_OK)
        status = digest_own(made, pack, error);
    if (status != SW_OK) {
        sw_matcher_free(made);
        return status;
    }
    *matcher = made;
    return SW_OK;
}

bool sw_matcher_uses_names(const struct sw_matcher *matcher)
{
    for (size_t i = 0; i < matcher->set.count; i++)
        if (matcher->set.rows[i].type == SW_INDICATOR_PACKAGE)
            return true;
    return matcher->path_count > 0;
}

void sw_matcher_free(struct sw_matcher *matcher)
{
    if (matcher == NULL)
        return;
    for (size_t i = 0; i < SW_DIGEST_COUNT; i++)
        free(matcher->hashes[i].rows);
    for (size_t i = 0; i < SW_ECOSYSTEM_COUNT; i++)
        free(matcher->packages[i].rows);
    free(matcher->digests.rows);
    free(matcher->paths);
    free(matcher->gates);
    for (size_t i = 0; i < matcher->key_count; i++)
        free(matcher->keys[i]);
    free(matcher->keys);
    free(matcher->own);
    sw_indicators_free(&matcher->set);
    free(matcher);
}
