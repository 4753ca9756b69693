/* SPDX-License-Identifier: Apache-2.0 */
/* indicator.c - indicator files become rows. */
#include "sweeper/indicator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/indicator_form.h"
#include "sweeper/rows.h"
#include "sweeper/rulepack.h"

static const char *const type_names[SW_INDICATOR_TYPE_COUNT] = {
    [SW_INDICATOR_HASH] = "hash",
    [SW_INDICATOR_PATH] = "path",
    [SW_INDICATOR_PACKAGE] = "package",
    [SW_INDICATOR_DOMAIN] = "domain",
    [SW_INDICATOR_IP] = "ip",
    [SW_INDICATOR_UNIT] = "unit",
    [SW_INDICATOR_KUBERNETES] = "kubernetes",
};

static const char *const content_names[] = {
#define SW_CONTENT_NAME(constant, name) name,
    SW_CONTENT_TABLE(SW_CONTENT_NAME)
#undef SW_CONTENT_NAME
};

const char *sw_indicator_type_name(enum sw_indicator_type type)
{
    return type_names[type];
}

/* The index of a text that the form has let through. */
static unsigned index_of(const char *text, const char *const *names, size_t count)
{
    unsigned i = 0;
    while (i + 1 < count && strcmp(names[i], text) != 0)
        i++;
    return i;
}

static const char *text_of(const json_t *entry, const char *name)
{
    return json_string_value(json_object_get(entry, name));
}

static uint64_t number_of(const json_t *entry, const char *name, uint64_t otherwise)
{
    const json_t *value = json_object_get(entry, name);
    return value == NULL ? otherwise : (uint64_t)json_integer_value(value);
}

static void fill_hash(const json_t *entry, struct sw_indicator *row)
{
    const char *content = text_of(entry, "kind");
    const uint64_t size = number_of(entry, "size", 0);

    row->hash.sha256 = text_of(entry, "sha256");
    row->hash.sha1 = text_of(entry, "sha1");
    row->hash.md5 = text_of(entry, "md5");
    row->hash.size_min = size != 0 ? size : number_of(entry, "size_min", 0);
    row->hash.size_max = size != 0 ? size : number_of(entry, "size_max", UINT64_MAX);
    row->hash.content =
        content == NULL ? SW_CONTENT_ANY
                        : (enum sw_content)index_of(content, content_names,
                                                    sizeof(content_names) / sizeof(*content_names));
    row->hash.names = json_object_get(entry, "names");
    row->hash.suspect = json_object_get(entry, "check") != NULL;
}

static void fill_package(const json_t *entry, struct sw_indicator *row)
{
    row->package.ecosystem = text_of(entry, "ecosystem");
    row->package.name = text_of(entry, "name");
    row->package.versions = json_object_get(entry, "versions");
    row->package.ranges = json_object_get(entry, "ranges");
    row->package.commits = json_object_get(entry, "commits");
    row->package.digests = json_object_get(entry, "digests");
}

static void fill_by_type(const json_t *entry, struct sw_indicator *row)
{
    switch (row->type) {
    case SW_INDICATOR_HASH:
        fill_hash(entry, row);
        break;
    case SW_INDICATOR_PATH:
        row->path.pattern = text_of(entry, "pattern");
        break;
    case SW_INDICATOR_PACKAGE:
        fill_package(entry, row);
        break;
    case SW_INDICATOR_DOMAIN:
    case SW_INDICATOR_IP:
        row->host.value = text_of(entry, "value");
        row->host.subdomains = json_is_true(json_object_get(entry, "subdomains"));
        break;
    case SW_INDICATOR_UNIT:
        row->unit.value = text_of(entry, "value");
        row->unit.description = text_of(entry, "description");
        break;
    case SW_INDICATOR_KUBERNETES:
        row->kubernetes.name = text_of(entry, "name");
        row->kubernetes.prefix = json_is_true(json_object_get(entry, "prefix"));
        break;
    case SW_INDICATOR_TYPE_COUNT:
        break;
    }
}

static struct sw_indicator row_of(const json_t *entry, const char *family, const char *namespace_)
{
    struct sw_indicator row = {
        .type = (enum sw_indicator_type)index_of(text_of(entry, "type"), type_names,
                                                 SW_INDICATOR_TYPE_COUNT),
        .id = text_of(entry, "id"),
        .title = text_of(entry, "title"),
        .family = family,
        .stage = text_of(entry, "stage"),
        .confidence = text_of(entry, "confidence"),
        .namespace_ = namespace_,
        .json = entry,
    };

    (void)sw_severity_find(text_of(entry, "severity"), &row.severity);
    fill_by_type(entry, &row);
    return row;
}

void sw_indicators_init(struct sw_indicators *set)
{
    *set = (struct sw_indicators){.files = json_array(), .ids = json_object()};
}

void sw_indicators_free(struct sw_indicators *set)
{
    json_decref(set->files);
    json_decref(set->ids);
    free(set->rows);
    *set = (struct sw_indicators){0};
}

static enum sw_status take_id(struct sw_indicators *set, size_t index, const char *id,
                              struct sw_indicator_spot *spot, struct sw_error *error)
{
    if (json_object_get(set->ids, id) != NULL) {
        snprintf(spot->pointer, sizeof(spot->pointer), "/entries/%zu/id", index);
        return sw_fail(error, SW_STOP, "indicator", 0, "the id %s is taken already", id);
    }
    if (json_object_set_new(set->ids, id, json_true()) != 0)
        return sw_fail(error, SW_STOP, "indicator", ENOMEM, "cannot hold the indicators");
    return SW_OK;
}

static enum sw_status add_entries(struct sw_indicators *set, const json_t *file,
                                  const char *namespace_, struct sw_indicator_spot *spot,
                                  struct sw_error *error)
{
    const json_t *entries = json_object_get(file, "entries");
    const char *family = text_of(file, "family");
    size_t count = json_array_size(entries);

    if (!sw_rows_grow(&set->rows, &set->capacity, set->count + count, sizeof(*set->rows)))
        return sw_fail(error, SW_STOP, "indicator", ENOMEM, "cannot hold the indicators");
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < count && status == SW_OK; i++) {
        const json_t *entry = json_array_get(entries, i);
        set->rows[set->count++] = row_of(entry, family, namespace_);
        status = take_id(set, i, text_of(entry, "id"), spot, error);
    }
    return status;
}

static json_t *parse(const char *text, size_t size, struct sw_indicator_spot *spot,
                     struct sw_error *error)
{
    json_error_t trouble;
    json_t *file = json_loadb(text, size, JSON_REJECT_DUPLICATES, &trouble);

    if (file != NULL)
        return file;
    spot->line = trouble.line;
    (void)sw_fail(error, SW_STOP, "indicator", 0, "%s", trouble.text);
    return NULL;
}

enum sw_status sw_indicators_add(struct sw_indicators *set, const char *text, size_t size,
                                 const char *namespace_, struct sw_indicator_spot *spot,
                                 struct sw_error *error)
{
    *spot = (struct sw_indicator_spot){0};
    json_t *file = parse(text, size, spot, error);
    if (file == NULL)
        return SW_STOP;
    enum sw_status status = sw_indicator_form_check(file, spot, error);
    json_t *name = json_string(namespace_);
    /* The set keeps both: rows borrow from them. */
    if (json_array_append_new(set->files, file) != 0 ||
        json_array_append_new(set->files, name) != 0)
        status = sw_fail(error, SW_STOP, "indicator", ENOMEM, "cannot hold the indicators");
    if (status == SW_OK)
        status = add_entries(set, file, json_string_value(name), spot, error);
    return status;
}

enum sw_status sw_indicators_of_pack(const struct sw_rulepack *pack, struct sw_indicators *set,
                                     size_t *bad, struct sw_indicator_spot *spot,
                                     struct sw_error *error)
{
    enum sw_status status = SW_OK;

    for (size_t i = 0; i < pack->count && status == SW_OK; i++) {
        const struct sw_rule_file *file = &pack->files[i];
        if (file->kind != SW_PACK_INDICATORS)
            continue;
        *bad = i;
        status = sw_indicators_add(set, file->text, file->text_size, file->namespace_, spot, error);
    }
    return status;
}
