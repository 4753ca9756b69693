/* SPDX-License-Identifier: Apache-2.0 */
/* image_form.c - what the engine says of images must have these forms, and no others. */
#include "supervisor/image_form.h"

#include <string.h>

#include "supervisor/record_check.h"
#include "supervisor/record_form.h"
#include "sweeper/text.h"

enum {
    LIST_MAX = 10000,
    TEXT_MAX = 8192,
    HOPS_MAX = 1, /* what is packed has one member, the tar */
};

static bool is_sha256(const char *text)
{
    return strspn(text, "0123456789abcdef") == 64 && text[64] == '\0';
}

static bool is_media(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] == '\0';
}

static bool is_word(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static bool is_text(const char *text)
{
    return sw_text_is_utf8((struct sw_view){(const uint8_t *)text, strlen(text)});
}

#define TEXT_FORM(name, min, max, test)                                                            \
    static const struct sw_form name = {                                                           \
        .kind = SW_FORM_TEXT, .size_min = (min), .size_max = (max), .known = (test)}
#define NULLABLE_TEXT_FORM(name, min, max, test)                                                   \
    static const struct sw_form name = {.kind = SW_FORM_TEXT,                                      \
                                        .nullable = true,                                          \
                                        .size_min = (min),                                         \
                                        .size_max = (max),                                         \
                                        .known = (test)}
#define LIST_FORM(name, element)                                                                   \
    static const struct sw_form name = {                                                           \
        .kind = SW_FORM_LIST, .size_max = LIST_MAX, .of = &(element)}
#define OBJECT_FORM(name, can_be_null, rows)                                                       \
    static const struct sw_form name = {.kind = SW_FORM_OBJECT,                                    \
                                        .nullable = (can_be_null),                                 \
                                        .members = (rows),                                         \
                                        .member_count = sizeof(rows) / sizeof((rows)[0])}

TEXT_FORM(kind_form, 1, 16, NULL);
TEXT_FORM(media_form, 1, 23, is_media);
NULLABLE_TEXT_FORM(text_form, 0, TEXT_MAX, is_text);
NULLABLE_TEXT_FORM(sha256_form, 64, 64, is_sha256);
NULLABLE_TEXT_FORM(reading_form, 1, 16, is_word);
static const struct sw_form number_form = {.kind = SW_FORM_NUMBER};
static const struct sw_form number_or_null_form = {.kind = SW_FORM_NUMBER, .nullable = true};
static const struct sw_form boolean_form = {.kind = SW_FORM_BOOLEAN};
static const struct sw_form boolean_or_null_form = {.kind = SW_FORM_BOOLEAN, .nullable = true};
LIST_FORM(texts_form, text_form);
static const struct sw_form labels_form = {
    .kind = SW_FORM_MAP, .size_max = LIST_MAX, .of = &text_form};

/* Every document has these, too. */
#define COMMON_ROWS                                                                                \
    {"kind", false, &kind_form}, {"media_type", true, &text_form},                                 \
        {"bad", true, &number_or_null_form}, {"ambiguous", true, &boolean_or_null_form},           \
        {"cut", true, &boolean_or_null_form},                                                      \
    {                                                                                              \
        "texts_cut", true, &boolean_or_null_form                                                   \
    }

static const struct sw_form_member named_rows[] = {
    {"digest", true, &text_form},
    {"media_type", true, &text_form},
    {"size", true, &number_or_null_form},
    {"platform", true, &text_form},
    {"artifact_type", true, &text_form},
    {"name", true, &text_form},
    {"full_name", true, &text_form},
    {"reference_type", true, &text_form},
    {"foreign", true, &boolean_or_null_form},
};
OBJECT_FORM(named_form, false, named_rows);
OBJECT_FORM(named_or_null_form, true, named_rows);
LIST_FORM(nameds_form, named_form);
static const struct sw_form_member index_rows[] = {
    COMMON_ROWS,
    {"manifests", false, &nameds_form},
    {"subject", true, &text_form},
};
OBJECT_FORM(index_form, false, index_rows);

static const struct sw_form_member manifest_rows[] = {
    COMMON_ROWS,
    {"config", true, &named_or_null_form},
    {"layers", false, &nameds_form},
    {"artifact_type", true, &text_form},
    {"subject", true, &text_form},
};
OBJECT_FORM(manifest_form, false, manifest_rows);

static const struct sw_form_member history_rows[] = {
    {"created_by", true, &text_form},
    {"created", true, &text_form},
    {"comment", true, &text_form},
    {"empty_layer", true, &boolean_or_null_form},
};
OBJECT_FORM(history_row_form, false, history_rows);
LIST_FORM(history_form, history_row_form);
static const struct sw_form_member config_rows[] = {
    COMMON_ROWS,
    {"platform", true, &text_form},
    {"created", true, &text_form},
    {"diff_ids", false, &texts_form},
    {"entrypoint", true, &texts_form},
    {"cmd", true, &texts_form},
    {"env", true, &texts_form},
    {"labels", true, &labels_form},
    {"history", true, &history_form},
};
OBJECT_FORM(config_form, false, config_rows);

static const struct sw_form_member saved_rows[] = {
    {"config", true, &text_form},
    {"tags", true, &texts_form},
    {"layers", true, &texts_form},
};
OBJECT_FORM(saved_form, false, saved_rows);
LIST_FORM(saveds_form, saved_form);
static const struct sw_form_member docker_rows[] = {COMMON_ROWS, {"images", false, &saveds_form}};
OBJECT_FORM(docker_form, false, docker_rows);

static const struct sw_form_member layout_rows[] = {COMMON_ROWS, {"version", true, &text_form}};
OBJECT_FORM(layout_form, false, layout_rows);

static const struct sw_form_member repository_rows[] = {
    {"name", true, &text_form}, {"tag", true, &text_form}, {"id", true, &text_form}};
OBJECT_FORM(repository_form, false, repository_rows);
LIST_FORM(repository_list_form, repository_form);
static const struct sw_form_member repositories_rows[] = {COMMON_ROWS,
                                                          {"images", false, &repository_list_form}};
OBJECT_FORM(repositories_form, false, repositories_rows);

static const struct {
    const char *name;
    enum image_document kind;
    const struct sw_form *form;
} kinds[] = {
    {"index", IMAGE_INDEX, &index_form},
    {"manifest", IMAGE_MANIFEST, &manifest_form},
    {"config", IMAGE_CONFIG, &config_form},
    {"docker", IMAGE_DOCKER, &docker_form},
    {"layout", IMAGE_NO_DOCUMENT, &layout_form},
    {"repositories", IMAGE_NO_DOCUMENT, &repositories_form},
};

static const struct sw_form_member layer_rows[] = {
    {"diff_id", false, &sha256_form},   {"media", false, &media_form},
    {"hops", false, &number_form},      {"entries", false, &number_form},
    {"complete", false, &boolean_form},
};
OBJECT_FORM(layer_form, true, layer_rows);
static const struct sw_form_member blob_rows[] = {
    {"size", false, &number_form},   {"sha256", false, &sha256_form},
    {"layer", false, &layer_form},   {"document", true, &reading_form},
    {"cached", true, &boolean_form}, {"key", true, &sha256_form},
    {"depth", true, &number_form},   {"chain", true, &sw_record_chain_form},
};
OBJECT_FORM(blob_form, false, blob_rows);

/* A NULL without an answer: no memory. */
static const char *parse(struct sw_view json, json_t **value)
{
    json_error_t trouble;

    *value = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &trouble);
    if (*value == NULL && json_error_code(&trouble) != json_error_out_of_memory)
        return "a part of an image that is not JSON";
    return NULL;
}

const char *image_form_document(struct sw_view json, struct image_said *said)
{
    const char *why = "a document of an image in no known form";
    json_t *value = NULL;
    struct sw_error error;

    const char *trouble = parse(json, &value);
    if (trouble != NULL)
        return trouble;
    const char *name = json_string_value(json_object_get(value, "kind"));
    for (size_t i = 0; name != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0 &&
            sw_form_check(value, kinds[i].form, "document", &error) == SW_OK) {
            said->kind = kinds[i].kind;
            said->cut = json_is_true(json_object_get(value, "cut"));
            said->bad = json_integer_value(json_object_get(value, "bad")) > 0;
            why = NULL;
        }
    }
    if (value == NULL)
        why = NULL; /* no memory for it now: it is not kept */
    json_decref(value);
    return why;
}

const char *image_form_blob(struct sw_view json, json_t **said)
{
    json_t *value = NULL;
    struct sw_error error;

    const char *why = parse(json, &value);
    if (why != NULL || value == NULL)
        return why;
    const json_t *hops = json_object_get(json_object_get(value, "layer"), "hops");
    if (sw_form_check(value, &blob_form, "blob", &error) == SW_OK &&
        json_integer_value(hops) <= HOPS_MAX) {
        *said = value;
        return NULL;
    }
    json_decref(value);
    return "a blob of an image in no known form";
}
