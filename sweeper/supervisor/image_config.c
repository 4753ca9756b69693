/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_config.c - what is kept of a configuration: the lines that made its layers, and their
 * diff ids. Many images may share one; it is read once, and its text is then let go.
 */
#include <stdlib.h>
#include <string.h>

#include "supervisor/image_model.h"

static char *copy_of(const json_t *text, size_t *cost)
{
    const char *from = json_string_value(text);

    if (from == NULL || from[0] == '\0')
        return NULL;
    *cost += strlen(from) + 1;
    return strdup(from);
}

static bool makes_layer(const json_t *row)
{
    return !json_is_true(json_object_get(row, "empty_layer"));
}

static void copy_steps(struct image_config *config, const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (makes_layer(row))
            config->steps[config->step_count++] =
                (struct image_step){copy_of(json_object_get(row, "created_by"), &config->cost),
                                    copy_of(json_object_get(row, "created"), &config->cost)};
    }
}

static void copy_ids(struct image_config *config, const json_t *ids)
{
    for (size_t i = 0; i < json_array_size(ids); i++)
        config->diff_ids[config->diff_id_count++] = copy_of(json_array_get(ids, i), &config->cost);
}

void image_config_free(struct image_config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->step_count; i++) {
        free(config->steps[i].created_by);
        free(config->steps[i].created);
    }
    for (size_t i = 0; i < config->diff_id_count; i++)
        free(config->diff_ids[i]);
    free(config->steps);
    free(config->diff_ids);
    free(config->platform);
    free(config);
}

static struct image_config *config_new(const json_t *said)
{
    const json_t *rows = json_object_get(said, "history");
    const json_t *ids = json_object_get(said, "diff_ids");
    struct image_config *config = calloc(1, sizeof(*config));

    if (config == NULL)
        return NULL;
    config->steps = calloc(json_array_size(rows) + 1, sizeof(*config->steps));
    config->diff_ids = calloc(json_array_size(ids) + 1, sizeof(*config->diff_ids));
    if (config->steps == NULL || config->diff_ids == NULL) {
        image_config_free(config);
        return NULL;
    }
    config->cost = sizeof(*config) + json_array_size(rows) * sizeof(*config->steps) +
                   json_array_size(ids) * sizeof(*config->diff_ids);
    config->platform = copy_of(json_object_get(said, "platform"), &config->cost);
    copy_steps(config, rows);
    copy_ids(config, ids);
    return config;
}

const struct image_config *image_config_of(struct image_joining *joining, struct image_blob *blob)
{
    struct image_config *config = NULL;

    if (blob == NULL || blob->config != NULL)
        return blob != NULL ? blob->config : NULL;
    json_t *said = image_document_of(blob, IMAGE_CONFIG);
    if (said == NULL)
        return NULL;
    config = config_new(said);
    json_decref(said);
    if (config == NULL) {
        joining->failed = true;
        return NULL;
    }
    image_document_free(joining->images, blob);
    if (!image_charge(joining->images, config->cost)) {
        joining->images->full = true;
        image_config_free(config);
        return NULL;
    }
    blob->config = config;
    return config;
}
