/* SPDX-License-Identifier: Apache-2.0 */
/* Findings, gaps, roots and deaths of engines: from what happened to a record. */
#include "sweeper/record.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "supervisor/fingerprint.h"
#include "supervisor/record_check.h"
#include "supervisor/record_parts.h"

/* Takes nothing; shares members of `parsed`, which is ours and checked. */
static json_t *shared(const json_t *parsed, const char *name)
{
    return json_incref(json_object_get(parsed, name));
}

/* The path, and the name of each hop below it. The chain is a finished one: no
 * two names look the same there. */
static size_t list_hops(const struct sw_item *item, const json_t *chain,
                        struct sw_view hops[static SW_HOP_DEPTH_MAX])
{
    size_t count = 0, i;
    const json_t *hop;
    hops[count++] = sw_item_path(item);
    json_array_foreach(chain, i, hop)
    {
        const char *name = json_string_value(json_object_get(hop, "name"));
        if (name != NULL && count < SW_HOP_DEPTH_MAX)
            hops[count++] = sw_view_of_text(name);
    }
    return count;
}

/* `content` is the engine's object, or the object of a finished finding. */
static json_t *finding_new(const json_t *parsed, const struct sw_item *item)
{
    struct sw_view hops[SW_HOP_DEPTH_MAX];
    const json_t *hops_below = json_object_get(parsed, "chain");
    const json_t *content = json_object_get(parsed, "object");
    json_t *chain = sw_item_chain(item, hops_below);
    const json_t *package = json_object_get(parsed, "package");
    json_t *record = json_object();
    sw_put_text(&record, "type", "finding");
    sw_put(&record, "id",
           sw_fingerprint(&(struct sw_fingerprint_parts){
               .rule = json_object_get(parsed, "rule"),
               .object = content,
               .package = package,
               .hops = hops,
               .hop_count = list_hops(item, chain, hops),
           }));
    sw_put(&record, "severity", shared(parsed, "severity"));
    sw_put(&record, "rule_severity", shared(parsed, "rule_severity"));
    sw_put(&record, "severity_reason", shared(parsed, "severity_reason"));
    sw_put(&record, "kind", shared(parsed, "kind"));
    sw_put(&record, "family", shared(parsed, "family"));
    sw_put(&record, "rule", shared(parsed, "rule"));
    sw_put(&record, "match_count", shared(parsed, "match_count"));
    sw_put(&record, "matches", shared(parsed, "matches"));
    if (package != NULL)
        sw_put(&record, "package", shared(parsed, "package"));
    sw_put(&record, "object", sw_item_object(item, content, hops_below));
    sw_put(&record, "locator", sw_item_locator(item, hops_below));
    sw_put(&record, "chain", chain);
    return record;
}

/* `rule` and `chain` may be NULL; the rule is taken, as is `detail`. */
static json_t *gap_new(const struct sw_item *item, const char *reason, json_t *detail, json_t *rule,
                       const json_t *chain)
{
    json_t *record = json_object();
    sw_put_text(&record, "type", "gap");
    sw_put_text(&record, "reason", reason);
    sw_put(&record, "detail", detail);
    if (rule != NULL)
        sw_put(&record, "rule", rule);
    sw_put(&record, "object", sw_item_object(item, NULL, chain));
    sw_put(&record, "locator", sw_item_locator(item, chain));
    sw_put(&record, "chain", sw_item_chain(item, chain));
    return record;
}

static json_t *gap_of_parsed(const json_t *parsed, const struct sw_item *item)
{
    return gap_new(item, json_string_value(json_object_get(parsed, "reason")),
                   shared(parsed, "detail"), shared(parsed, "rule"),
                   json_object_get(parsed, "chain"));
}

static json_t *disk_image_of_parsed(const json_t *parsed, const struct sw_item *item)
{
    static const char *const names[] = {"format",   "size",  "acquisition", "stored",
                                        "computed", "files", "verified"};
    const json_t *chain = json_object_get(parsed, "chain");
    json_t *record = json_object();

    sw_put_text(&record, "type", "disk_image");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (json_object_get(parsed, names[i]) != NULL)
            sw_put(&record, names[i], shared(parsed, names[i]));
    sw_put(&record, "object", sw_item_object(item, NULL, chain));
    sw_put(&record, "locator", sw_item_locator(item, chain));
    sw_put(&record, "chain", sw_item_chain(item, chain));
    return record;
}

/* A file system that was swept inside a file. */
static json_t *volume_new(const json_t *parsed, const struct sw_item *item)
{
    static const char *const facts[] = {"filesystem",      "label",         "uuid",    "size",
                                        "files",           "directories",   "deleted", "bytes",
                                        "python_packages", "node_packages", "whole",   "host"};
    const json_t *hops = json_object_get(parsed, "chain");
    json_t *record = json_object();
    sw_put_text(&record, "type", "root");
    sw_put(&record, "target", sw_json_escaped(sw_item_path(item)));
    sw_put_bytes(&record, "path", sw_item_path(item));
    sw_put_text(&record, "kind", "file-system");
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (json_object_get(parsed, facts[i]) != NULL)
            sw_put(&record, facts[i], shared(parsed, facts[i]));
    }
    sw_put(&record, "locator", sw_item_locator(item, hops));
    sw_put(&record, "chain", sw_item_chain(item, hops));
    return record;
}

enum sw_status sw_record_complete(const char *text, size_t size, const struct sw_item *item,
                                  json_t **record, struct sw_error *error)
{
    enum sw_engine_record kind = SW_ENGINE_GAP;
    json_t *parsed = NULL;
    enum sw_status status = sw_record_check(text, size, &kind, &parsed, error);
    if (status != SW_OK)
        return status;
    json_t *complete = kind == SW_ENGINE_FINDING      ? finding_new(parsed, item)
                       : kind == SW_ENGINE_DISK_IMAGE ? disk_image_of_parsed(parsed, item)
                       : kind == SW_ENGINE_ROOT       ? volume_new(parsed, item)
                                                      : gap_of_parsed(parsed, item);
    json_decref(parsed);
    if (complete == NULL)
        return sw_fail(error, SW_STOP, "record", 0, "no memory for a record");
    *record = complete;
    return SW_OK;
}

/* What lies in an image is known by that, whatever the file is called. */
static void keep_image(const json_t *record, json_t **moved)
{
    json_t *image = json_object_get(json_array_get(json_object_get(record, "chain"), 0), "image");
    json_t *file = json_array_get(json_object_get(*moved, "chain"), 0);

    if (image == NULL || *moved == NULL)
        return;
    if (json_object_set(file, "image", image) != 0) {
        json_decref(*moved);
        *moved = NULL;
    } else if (json_object_get(record, "id") != NULL) {
        sw_put(moved, "id", shared(record, "id"));
    }
}

json_t *sw_record_move(const json_t *record, const struct sw_item *item)
{
    /* A copy, so that the two names share nothing that one may change. */
    json_t *copy = json_deep_copy(record);
    json_t *moved = NULL;
    const char *type = json_string_value(json_object_get(copy, "type"));
    if (type != NULL && strcmp(type, "finding") == 0)
        moved = finding_new(copy, item);
    else if (type != NULL && strcmp(type, "gap") == 0)
        moved = gap_of_parsed(copy, item);
    else if (type != NULL && strcmp(type, "root") == 0)
        moved = volume_new(copy, item);
    keep_image(copy, &moved);
    json_decref(copy);
    return moved;
}

json_t *sw_record_gap(const struct sw_item *item, enum sw_gap reason, const char *text)
{
    return gap_new(item, sw_gap_name(reason), sw_json_prose(text), NULL, NULL);
}

static json_t *left_out_list(const struct sw_root *root)
{
    json_t *list = json_array();
    for (size_t i = 0; i < root->left_out_count; i++) {
        const struct sw_left_out *left_out = &root->left_out[i];
        json_t *row = json_object();
        sw_put_bytes(&row, "path", sw_view_of_text(left_out->path));
        sw_put(&row, "filesystem", sw_json_prose(left_out->filesystem));
        sw_put_text(&row, "reason", sw_excluded_name(left_out->reason));
        sw_push(&list, row);
    }
    return list;
}

/* What an engine or a registry says of the image that it gave. */
static json_t *image_of(const struct sw_root *root)
{
    json_t *image = json_object();
    json_t *names = json_array();
    for (size_t i = 0; i < root->image_name_count; i++)
        sw_push(&names, sw_json_escaped(sw_view_of_text(root->image_names[i])));
    sw_put(&image, "id", sw_json_escaped(sw_view_of_text(root->image_id)));
    sw_put(&image, "names", names);
    return image;
}

json_t *sw_record_root(const struct sw_root *root)
{
    json_t *record = json_object();
    sw_put_text(&record, "type", "root");
    sw_put(&record, "target", sw_json_escaped(sw_view_of_text(root->target)));
    sw_put_bytes(&record, "path", sw_view_of_text(root->path));
    sw_put_text(&record, "kind",
                root->kind != SW_TARGET_PATH ? sw_target_kind_name(root->kind)
                : root->is_directory         ? "directory"
                                             : "file");
    sw_put_count(&record, "device", root->facts.device);
    sw_put_count(&record, "inode", root->facts.inode);
    sw_put(&record, "filesystem",
           root->filesystem == NULL ? json_null() : sw_json_prose(root->filesystem));
    sw_put_boolean(&record, "one_file_system", root->one_file_system);
    sw_put(&record, "left_out", left_out_list(root));
    if (root->image_id != NULL)
        sw_put(&record, "image", image_of(root));
    return record;
}

static json_t *signal_name(int number)
{
    char text[24];
    if (number == 0)
        return json_null();
    const char *name = sigabbrev_np(number);
    if (name != NULL)
        (void)snprintf(text, sizeof text, "SIG%s", name);
    else
        (void)snprintf(text, sizeof text, "SIG%d", number);
    return json_string(text);
}

static json_t *suspect_list(const struct sw_engine_death *death)
{
    json_t *list = json_array();
    for (size_t i = 0; i < death->suspect_count; i++) {
        json_t *row = json_object();
        sw_put_bytes(&row, "path", sw_item_path(death->suspects[i]));
        sw_push(&list, row);
    }
    return list;
}

json_t *sw_record_engine_death(const struct sw_engine_death *death)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    bool exited = death->signal == 0 && death->exit_status >= 0;
    json_t *record = json_object();
    sw_put_text(&record, "type", "engine_death");
    sw_put_text(&record, "cause", death->cause);
    sw_put(&record, "signal", signal_name(death->signal));
    sw_put(&record, "exit_status", exited ? json_integer(death->exit_status) : json_null());
    sw_put(&record, "detail", sw_json_prose(death->detail));
    sw_put(&record, "suspects", suspect_list(death));
    sw_put_time(&record, "at", (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    return record;
}
