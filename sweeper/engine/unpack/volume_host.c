/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume_host.c - which host it was: os-release(5), hostname(5), machine-id(5), time zone
 * (localtime(5), Debian's /etc/timezone), locale (locale.conf(5)), passwd(5), and the
 * containers of Docker and Podman.
 */
#include <string.h>

#include "engine/unpack/volume.h"

enum {
    TEXT_MAX = 256,
    HOMES_MAX = 256,
    CONTAINERS_MAX = 512,
};

static bool is(struct sw_view name, const char *text)
{
    return name.size == strlen(text) && memcmp(name.data, text, name.size) == 0;
}

static bool begins(struct sw_view name, const char *text)
{
    return name.size >= strlen(text) && memcmp(name.data, text, strlen(text)) == 0;
}

static bool ends(struct sw_view name, const char *text)
{
    const size_t size = strlen(text);

    return name.size >= size && memcmp(name.data + name.size - size, text, size) == 0;
}

/* What stands there first stays. */
static void put(json_t *object, const char *name, const void *bytes, size_t size)
{
    char text[TEXT_MAX];

    if (json_object_get(object, name) == NULL && volume_text(bytes, size, text, sizeof(text)))
        json_object_set_new(object, name, json_string(text));
}

/* The next line of the rest. */
static bool next_line(struct sw_view *rest, struct sw_view *line)
{
    if (rest->size == 0)
        return false;
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    const size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;
    *line = (struct sw_view){rest->data, size};
    rest->data += size + (end != NULL ? 1 : 0);
    rest->size -= size + (end != NULL ? 1 : 0);
    return true;
}

static void put_first_line(json_t *host, const char *name, struct sw_view content)
{
    struct sw_view line;

    if (next_line(&content, &line))
        put(host, name, line.data, line.size);
}

/* KEY=value, with or without quotes. */
static void put_assigned(json_t *object, const char *name, const char *key, struct sw_view content)
{
    struct sw_view line;

    while (next_line(&content, &line)) {
        const size_t size = strlen(key);
        if (!begins(line, key) || line.size <= size || line.data[size] != '=')
            continue;
        line = (struct sw_view){line.data + size + 1, line.size - size - 1};
        if (line.size >= 2 && (line.data[0] == '"' || line.data[0] == '\'') &&
            line.data[line.size - 1] == line.data[0])
            line = (struct sw_view){line.data + 1, line.size - 2};
        put(object, name, line.data, line.size);
        return;
    }
}

static void read_release(json_t *host, struct sw_view name, struct sw_view content)
{
    json_t *os = json_object();

    (void)name;
    put_assigned(os, "id", "ID", content);
    put_assigned(os, "version", "VERSION_ID", content);
    put_assigned(os, "name", "PRETTY_NAME", content);
    if (json_object_size(os) != 0 && json_object_get(host, "os") == NULL)
        json_object_set(host, "os", os);
    json_decref(os);
}

static void read_host_name(json_t *host, struct sw_view name, struct sw_view content)
{
    (void)name;
    put_first_line(host, "name", content);
}

static void read_machine(json_t *host, struct sw_view name, struct sw_view content)
{
    (void)name;
    put_first_line(host, "machine_id", content);
}

static void read_zone(json_t *host, struct sw_view name, struct sw_view content)
{
    (void)name;
    put_first_line(host, "time_zone", content);
}

static void read_locale(json_t *host, struct sw_view name, struct sw_view content)
{
    (void)name;
    put_assigned(host, "locale", "LANG", content);
}

/* Accounts that have a home: root, and those of people (login.defs(5): UID_MIN). */
static void read_accounts(json_t *host, struct sw_view name, struct sw_view content)
{
    json_t *homes = json_array();
    struct sw_view line;

    (void)name;
    while (next_line(&content, &line) && json_array_size(homes) < HOMES_MAX) {
        struct sw_view parts[7] = {0};
        size_t count = 0;
        while (count < 7) {
            const uint8_t *end = line.size != 0 ? memchr(line.data, ':', line.size) : NULL;
            const size_t size = end != NULL ? (size_t)(end - line.data) : line.size;
            parts[count++] = (struct sw_view){line.data, size};
            if (end == NULL)
                break;
            line = (struct sw_view){end + 1, line.size - size - 1};
        }
        uint64_t id = parts[2].size != 0 && parts[2].size < 10 ? 0 : UINT64_MAX;
        for (size_t i = 0; i < parts[2].size && id != UINT64_MAX; i++)
            id = parts[2].data[i] >= '0' && parts[2].data[i] <= '9'
                     ? id * 10 + (uint64_t)(parts[2].data[i] - '0')
                     : UINT64_MAX;
        if (count < 6 || id == UINT64_MAX || id == 65534 || (id != 0 && id < 1000))
            continue;
        json_t *row = json_object();
        put(row, "user", parts[0].data, parts[0].size);
        put(row, "home", parts[5].data, parts[5].size);
        if (json_object_size(row) == 2)
            json_array_append(homes, row);
        json_decref(row);
    }
    if (json_array_size(homes) != 0 && json_object_get(host, "homes") == NULL)
        json_object_set(host, "homes", homes);
    json_decref(homes);
}

static void put_container(json_t *host, const char *engine, const json_t *id, const json_t *name,
                          const json_t *image)
{
    json_t *list = json_object_get(host, "containers");
    json_t *row = json_object();

    if (list == NULL) {
        list = json_array();
        json_object_set_new(host, "containers", list);
    }
    const char *title = json_string_value(name);
    if (title != NULL && title[0] == '/')
        title++; /* Docker has it so */
    json_object_set_new(row, "engine", json_string(engine));
    if (id != NULL)
        put(row, "id", json_string_value(id) ? json_string_value(id) : "", json_string_length(id));
    if (title != NULL)
        put(row, "name", title, strlen(title));
    if (json_string_value(image) != NULL)
        put(row, "image", json_string_value(image), json_string_length(image));
    if (json_object_get(row, "id") != NULL && json_array_size(list) < CONTAINERS_MAX)
        json_array_append(list, row);
    json_decref(row);
    if (json_array_size(list) == 0)
        json_object_del(host, "containers");
}

static void read_docker(json_t *host, struct sw_view name, struct sw_view content)
{
    json_t *json = json_loadb((const char *)content.data, content.size, 0, NULL);

    (void)name;
    put_container(host, "docker", json_object_get(json, "ID"), json_object_get(json, "Name"),
                  json_object_get(json_object_get(json, "Config"), "Image"));
    json_decref(json);
}

/* The image stands in "metadata", which is JSON in a text. */
static void read_podman(json_t *host, struct sw_view name, struct sw_view content)
{
    json_t *json = json_loadb((const char *)content.data, content.size, 0, NULL);
    size_t i;
    json_t *row;

    (void)name;
    json_array_foreach(json, i, row)
    {
        const char *text = json_string_value(json_object_get(row, "metadata"));
        json_t *meta = text != NULL ? json_loads(text, 0, NULL) : NULL;
        put_container(host, "podman", json_object_get(row, "id"),
                      json_array_get(json_object_get(row, "names"), 0),
                      json_object_get(meta, "image-name"));
        json_decref(meta);
    }
    json_decref(json);
}

/* A path; or its beginning and its end. */
static const struct {
    const char *path;
    const char *end; /* NULL: `path` is all of it */
    void (*read)(json_t *host, struct sw_view name, struct sw_view content);
} rows[] = {
    {"/etc/os-release", NULL, read_release},
    {"/usr/lib/os-release", NULL, read_release},
    {"/etc/hostname", NULL, read_host_name},
    {"/etc/machine-id", NULL, read_machine},
    {"/etc/timezone", NULL, read_zone},
    {"/etc/locale.conf", NULL, read_locale},
    {"/etc/default/locale", NULL, read_locale},
    {"/etc/passwd", NULL, read_accounts},
    {"/var/lib/docker/containers/", "/config.v2.json", read_docker},
    {"/var/lib/containers/storage/overlay-containers/containers.json", NULL, read_podman},
};
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static size_t find(struct sw_view name)
{
    size_t i = 0;

    while (i < ROW_COUNT &&
           !(rows[i].end == NULL ? is(name, rows[i].path)
                                 : begins(name, rows[i].path) && ends(name, rows[i].end)))
        i++;
    return i;
}

bool volume_host_wants(struct sw_view name)
{
    return find(name) < ROW_COUNT;
}

void volume_host_file(json_t *host, struct sw_view name, struct sw_view content)
{
    const size_t i = find(name);

    if (i < ROW_COUNT && content.size != 0)
        rows[i].read(host, name, content);
}

void volume_host_link(json_t *host, struct sw_view name, struct sw_view target)
{
    static const char folder[] = "/zoneinfo/";

    if (!is(name, "/etc/localtime") || target.size == 0)
        return;
    const uint8_t *at = memmem(target.data, target.size, folder, sizeof(folder) - 1);
    if (at != NULL) {
        at += sizeof(folder) - 1;
        put(host, "time_zone", at, target.size - (size_t)(at - target.data));
    }
}
