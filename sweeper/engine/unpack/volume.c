/* SPDX-License-Identifier: Apache-2.0 */
/* volume.c - counts of a file system's files, and its record. */
#include "engine/unpack/volume.h"

#include <stdlib.h>
#include <string.h>

#include "engine/desk.h"

struct volume *volume_new(const char *kind, struct sw_blob *blob)
{
    struct volume *volume = volume_is_file_system(kind) ? calloc(1, sizeof(*volume)) : NULL;

    if (volume == NULL)
        return NULL;
    volume->kind = kind;
    volume->host = json_object();
    if (blob != NULL)
        volume_read_label(volume, blob);
    return volume;
}

void volume_free(struct volume *volume)
{
    if (volume == NULL)
        return;
    json_decref(volume->host);
    free(volume);
}

static bool ends_with(struct sw_view name, const char *ending)
{
    const size_t size = strlen(ending);

    return name.size >= size && memcmp(name.data + name.size - size, ending, size) == 0;
}

/* node_modules/NAME/package.json, or node_modules/@SCOPE/NAME/package.json */
static bool is_node_package(struct sw_view name)
{
    static const char ending[] = "/package.json", folder[] = "/node_modules/";
    const size_t end = name.size - (sizeof(ending) - 1);
    unsigned slashes = 0;

    if (!ends_with(name, ending))
        return false;
    for (size_t i = end; i > 0 && slashes < 3; i--) {
        if (name.data[i - 1] != '/')
            continue;
        slashes++;
        const bool scoped = i < end && name.data[i] == '@';
        if (ends_with((struct sw_view){name.data, i}, folder))
            return slashes == 1 || (slashes == 2 && scoped);
    }
    return false;
}

void volume_member(struct volume *volume, const struct sw_member *member)
{
    if (member->raw != NULL)
        return;
    volume->deleted += member->deleted ? 1 : 0;
    if (member->deleted)
        return;
    volume->directories += member->kind == SW_MEMBER_DIRECTORY ? 1 : 0;
    if (member->kind == SW_MEMBER_LINK)
        volume_host_link(volume->host, member->name, member->target);
    if (member->kind != SW_MEMBER_FILE)
        return;
    volume->files++;
    if (__builtin_add_overflow(volume->bytes, member->facts.size, &volume->bytes))
        volume->bytes = INT64_MAX;
    volume->python_packages += ends_with(member->name, ".dist-info/METADATA") ||
                                       ends_with(member->name, ".egg-info/PKG-INFO")
                                   ? 1
                                   : 0;
    volume->node_packages += is_node_package(member->name) ? 1 : 0;
}

void volume_file(struct volume *volume, struct sw_view name, struct sw_blob *blob)
{
    enum { CONTENT_MAX = 256 * 1024 };
    struct sw_error error;
    size_t got = 0;

    if (!volume_host_wants(name))
        return;
    uint8_t *content = malloc(CONTENT_MAX);
    if (content != NULL && sw_blob_read_at(blob, 0, content, CONTENT_MAX, &got, &error) == SW_OK)
        volume_host_file(volume->host, name, (struct sw_view){content, got});
    free(content);
}

static json_t *number(uint64_t value)
{
    return json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX);
}

/* What was asked for, and nobody here can do of such a file system. */
static void tell_unsearched(const struct volume *volume, struct object *container)
{
    const struct sw_engine_config *config = &container->desk->engine->config;
    struct sw_error error = {0};

    if ((strcmp(volume->kind, "xfs") != 0 && strcmp(volume->kind, "apfs") != 0) ||
        (!config->unallocated && !config->slack))
        return;
    (void)sw_fail_gap(&error, SW_PART, SW_GAP_UNSUPPORTED, "disk", 0,
                      "free space and slack of a file system of kind %s are not searched",
                      volume->kind);
    examine_gap(container, &error, NULL);
}

enum sw_status volume_tell(struct volume *volume, struct object *container, bool whole)
{
    json_t *chain = object_chain(container);
    json_t *record = json_object();

    if (chain == NULL)
        chain = json_array();
    json_array_append_new(chain, json_pack("{s:s, s:s, s:i}", "kind", "file-system", "name",
                                           volume->kind, "mode", 0));
    json_object_set_new(record, "type", json_string("root"));
    json_object_set_new(record, "chain", chain);
    json_object_set_new(record, "filesystem", json_string(volume->kind));
    if (volume->label[0] != '\0')
        json_object_set_new(record, "label", json_string(volume->label));
    if (volume->uuid[0] != '\0')
        json_object_set_new(record, "uuid", json_string(volume->uuid));
    json_object_set_new(record, "size", number(object_content(container)->size));
    json_object_set_new(record, "files", number(volume->files));
    json_object_set_new(record, "directories", number(volume->directories));
    json_object_set_new(record, "deleted", number(volume->deleted));
    json_object_set_new(record, "bytes", number(volume->bytes));
    json_object_set_new(record, "python_packages", number(volume->python_packages));
    json_object_set_new(record, "node_packages", number(volume->node_packages));
    json_object_set_new(record, "whole", json_boolean(whole));
    if (json_object_size(volume->host) != 0)
        json_object_set(record, "host", volume->host);
    tell_unsearched(volume, container);
    enum sw_status status = reporter_root(&container->desk->reporter, record);
    json_decref(record);
    return status;
}
