/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the members that several records share. */
#include "supervisor/record_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "supervisor/base64.h"
#include "supervisor/cache_path.h"
#include "sweeper/limits.h"
#include "sweeper/package.h"
#include "sweeper/text.h"

void sw_put(json_t **object, const char *name, json_t *value)
{
    if (*object == NULL) {
        json_decref(value);
        return;
    }
    if (json_object_set_new_nocheck(*object, name, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

void sw_push(json_t **array, json_t *value)
{
    if (*array == NULL) {
        json_decref(value);
        return;
    }
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

void sw_put_text(json_t **object, const char *name, const char *text)
{
    sw_put(object, name, json_string(text));
}

/* JSON integers end at 2^63 in jansson and in many readers; an inode number
 * above that (some FUSE file systems hash) is written as a decimal string. */
void sw_put_count(json_t **object, const char *name, uint64_t value)
{
    if (value <= INT64_MAX) {
        sw_put(object, name, json_integer((json_int_t)value));
        return;
    }
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    sw_put_text(object, name, text);
}

void sw_put_boolean(json_t **object, const char *name, bool value)
{
    sw_put(object, name, json_boolean(value));
}

void sw_put_time(json_t **object, const char *name, int64_t nanoseconds)
{
    char text[40];
    sw_put_text(object, name, sw_text_time(nanoseconds, text));
}

struct sw_view sw_view_of_text(const char *text)
{
    return (struct sw_view){.data = (const uint8_t *)text, .size = strlen(text)};
}

struct sw_view sw_item_path(const struct sw_item *item)
{
    return (struct sw_view){.data = (const uint8_t *)item->path, .size = item->path_size};
}

/* The text that `encode` makes of the bytes, as a JSON string. */
static json_t *encoded(struct sw_view bytes,
                       enum sw_status (*encode)(struct sw_buf *out, struct sw_view bytes))
{
    json_t *value = NULL;
    struct sw_buf text;
    /* No encoding of ours makes more than four characters of a byte. */
    sw_buf_init(&text, bytes.size * 4 + 16);
    if (encode(&text, bytes) == SW_OK && sw_buf_terminate(&text) == SW_OK)
        value = json_stringn((const char *)text.data, text.size);
    sw_buf_done(&text);
    return value;
}

json_t *sw_json_escaped(struct sw_view bytes)
{
    return encoded(bytes, sw_text_escape);
}

json_t *sw_json_prose(const char *text)
{
    struct sw_view bytes = sw_view_of_text(text == NULL ? "" : text);
    if (sw_text_is_printable(bytes))
        return json_stringn((const char *)bytes.data, bytes.size);
    return sw_json_escaped(bytes);
}

void sw_put_bytes(json_t **object, const char *name, struct sw_view bytes)
{
    char coded[32];
    json_t *printable = sw_json_escaped(bytes);
    bool exact =
        printable != NULL && json_string_length(printable) == bytes.size &&
        (bytes.size == 0 || memcmp(json_string_value(printable), bytes.data, bytes.size) == 0);
    sw_put(object, name, printable);
    (void)snprintf(coded, sizeof coded, "%s_base64", name);
    if (!exact)
        sw_put(object, coded, encoded(bytes, sw_text_base64));
}

/* Who keeps the times that stand in `object`, and how fine they are there. `kind` where the
 * origin knows no better. */
static void put_times_source(json_t **object, enum sw_origin origin, const char *kind)
{
    const struct sw_origin_row *row = sw_origin_row(origin);
    const struct {
        const char *name;
        int64_t resolution_ns;
    } times[] = {{"mtime", row->mtime_ns},
                 {"atime", row->atime_ns},
                 {"ctime", row->ctime_ns},
                 {"btime", row->btime_ns}};
    json_t *source = json_object();
    json_t *resolution = json_object();
    bool any = false;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (json_object_get(*object, times[i].name) == NULL)
            continue;
        any = true;
        if (times[i].resolution_ns != 0)
            sw_put_count(&resolution, times[i].name, (uint64_t)times[i].resolution_ns);
    }
    sw_put_text(&source, "source", row->name != NULL ? row->name : kind);
    sw_put_text(&source, "zone", row->local ? "unknown" : "utc");
    sw_put(&source, "resolution_ns", resolution);
    if (any || *object == NULL)
        sw_put(object, "times", source);
    else
        json_decref(source);
}

static void put_times(json_t **object, const struct sw_facts *facts)
{
    sw_put_time(object, "mtime", facts->mtime_ns);
    if (facts->atime_ns != SW_TIME_UNKNOWN)
        sw_put_time(object, "atime", facts->atime_ns);
    sw_put_time(object, "ctime", facts->ctime_ns);
    if (facts->btime_ns != SW_TIME_UNKNOWN)
        sw_put_time(object, "btime", facts->btime_ns);
    put_times_source(object, facts->origin, "statx");
}

static void put_mode(json_t **object, uint64_t mode)
{
    char text[8];
    (void)snprintf(text, sizeof text, "%04o", (unsigned)(mode & 07777U));
    sw_put_text(object, "mode", text);
}

static void put_inode_facts(json_t **object, const struct sw_facts *facts)
{
    put_times(object, facts);
    put_mode(object, facts->mode);
    sw_put_count(object, "uid", facts->uid);
    sw_put_count(object, "gid", facts->gid);
    sw_put_count(object, "device", facts->device);
    sw_put_count(object, "inode", facts->inode);
    sw_put_count(object, "links", facts->link_count);
}

/* It lies, however deep, in a file that a file system has given up. */
static bool lies_in_deleted(const json_t *hops)
{
    size_t i;
    const json_t *hop;
    json_array_foreach(hops, i, hop)
    {
        if (json_object_get(hop, "deleted") != NULL)
            return true;
    }
    return false;
}

json_t *sw_item_object(const struct sw_item *item, const json_t *content, const json_t *hops)
{
    json_t *object = json_object();
    sw_put_bytes(&object, "path", sw_item_path(item));
    if (content != NULL) {
        /* The size of what was judged: the digest belongs to it. */
        sw_put(&object, "size", json_incref(json_object_get(content, "size")));
        sw_put(&object, "sha256", json_incref(json_object_get(content, "sha256")));
    } else if (item->facts.mode != 0) {
        sw_put_count(&object, "size", item->facts.size);
    }
    /* A mode of 0 has no file type: nobody has looked at this name yet. */
    if (item->facts.mode != 0)
        put_inode_facts(&object, &item->facts);
    if (content != NULL) {
        sw_put(&object, "type", json_incref(json_object_get(content, "type")));
        sw_put(&object, "mime", json_incref(json_object_get(content, "mime")));
    }
    sw_put_boolean(&object, "deleted", lies_in_deleted(hops));
    return object;
}

struct sw_view sw_hop_name(const json_t *hop, struct sw_buf *room)
{
    const json_t *name = json_object_get(hop, "name");
    const char *coded = json_string_value(json_object_get(hop, "name_base64"));
    if (coded == NULL)
        return (struct sw_view){(const uint8_t *)json_string_value(name), json_string_length(name)};
    size_t size = 0;
    sw_buf_clear(room);
    if (sw_buf_reserve(room, strlen(coded)) != SW_OK ||
        !sw_base64_decode(coded, room->data, room->capacity, &size))
        return (struct sw_view){0};
    return (struct sw_view){room->data, size};
}

json_t *sw_item_locator(const struct sw_item *item, const json_t *hops)
{
    struct sw_buf text, room;
    json_t *locator = NULL;
    size_t i;
    const json_t *hop;
    sw_buf_init(&text, SW_GIB);
    sw_buf_init(&room, SW_RECORD_MAX);
    enum sw_status status = sw_text_escape_hop(&text, sw_item_path(item));
    json_array_foreach(hops, i, hop)
    {
        struct sw_view name = sw_hop_name(hop, &room);
        if (name.size == 0 || status != SW_OK)
            continue;
        status = sw_buf_append_text(&text, "!");
        if (status == SW_OK)
            status = sw_text_escape_hop(&text, name);
    }
    if (status == SW_OK)
        locator = json_stringn((const char *)text.data, text.size);
    sw_buf_done(&room);
    sw_buf_done(&text);
    return locator;
}

/* The package that a container is; the engine's texts have been checked. */
static json_t *parcel_new(const json_t *package)
{
    const char *form = json_string_value(json_object_get(package, "form"));
    json_t *finished = json_object();
    sw_put_text(&finished, "form", form);
    sw_put_text(&finished, "ecosystem", sw_parcel_form_ecosystem(sw_parcel_form_find(form)));
    sw_put(&finished, "name", json_incref(json_object_get(package, "name")));
    sw_put(&finished, "version", json_incref(json_object_get(package, "version")));
    sw_put(&finished, "known_by", json_incref(json_object_get(package, "known_by")));
    return finished;
}

/* Which cache it lies in, when it lies in one. */
static void put_cache(json_t **hop, struct sw_view path)
{
    struct sw_cache cache;
    if (!sw_cache_of(path, &cache))
        return;
    json_t *shown = json_object();
    sw_put_text(&shown, "tool", cache.tool);
    sw_put_text(&shown, "part", cache.part);
    if (cache.name.size != 0) {
        json_t *package = json_object();
        sw_put_text(&package, "ecosystem", cache.ecosystem);
        sw_put(&package, "name", json_stringn((const char *)cache.name.data, cache.name.size));
        sw_put(&package, "version",
               json_stringn((const char *)cache.version.data, cache.version.size));
        sw_put(&shown, "package", package);
    }
    sw_put(hop, "cache", shown);
}

/* What the container says of its member, as far as it does. */
static void put_member_facts(json_t **finished, const json_t *hop)
{
    static const char *const times[] = {"mtime", "atime", "ctime", "btime"};
    static const char *const numbers[] = {"uid", "gid", "inode"};
    const char *kind = json_string_value(json_object_get(hop, "kind"));
    const char *origin = json_string_value(json_object_get(hop, "origin"));

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        const json_t *time = json_object_get(hop, times[i]);
        if (time != NULL)
            sw_put_time(finished, times[i], json_integer_value(time));
    }
    put_times_source(finished, sw_origin_find(origin != NULL ? origin : kind), kind);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_t *number = json_object_get(hop, numbers[i]);
        if (number != NULL)
            sw_put(finished, numbers[i], json_incref(number));
    }
}

/* A member's hop as records have it; a layer's is the same in both. */
static json_t *hop_new(json_t *hop, struct sw_buf *room)
{
    const json_t *mode = json_object_get(hop, "mode");
    json_t *finished = NULL;
    if (!json_is_integer(mode))
        return json_incref(hop);
    finished = json_object();
    sw_put_text(&finished, "kind", json_string_value(json_object_get(hop, "kind")));
    sw_put_bytes(&finished, "name", sw_hop_name(hop, room));
    put_mode(&finished, (uint64_t)json_integer_value(mode));
    put_member_facts(&finished, hop);
    if (json_object_get(hop, "package") != NULL)
        sw_put(&finished, "package", parcel_new(json_object_get(hop, "package")));
    if (json_object_get(hop, "parts") != NULL)
        sw_put(&finished, "parts", json_incref(json_object_get(hop, "parts")));
    if (json_object_get(hop, "deleted") != NULL)
        sw_put(&finished, "deleted", json_incref(json_object_get(hop, "deleted")));
    if (json_object_get(hop, "recovery") != NULL)
        sw_put(&finished, "recovery", json_incref(json_object_get(hop, "recovery")));
    if (json_object_get(hop, "offset") != NULL) {
        sw_put(&finished, "offset", json_incref(json_object_get(hop, "offset")));
        sw_put(&finished, "length", json_incref(json_object_get(hop, "length")));
    }
    put_cache(&finished, sw_hop_name(hop, room));
    return finished;
}

json_t *sw_item_chain(const struct sw_item *item, const json_t *hops)
{
    json_t *file = json_object();
    json_t *chain = json_array();
    struct sw_buf room;
    size_t i;
    json_t *hop;
    sw_buf_init(&room, SW_RECORD_MAX);
    sw_put_text(&file, "kind", "file");
    sw_put_bytes(&file, "path", sw_item_path(item));
    put_cache(&file, sw_item_path(item));
    sw_push(&chain, file);
    json_array_foreach(hops, i, hop)
    {
        if (json_object_get(hop, "path") == NULL)
            sw_push(&chain, hop_new(hop, &room));
    }
    sw_buf_done(&room);
    return chain;
}
