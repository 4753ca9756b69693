/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_kit.h - what the tests of images share: messages as the engine sends them, an
 * image of three layers, records that are told.
 */
#ifndef SWEEPER_TESTS_IMAGE_KIT_H
#define SWEEPER_TESTS_IMAGE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "supervisor/image_model.h"
#include "supervisor/image_tell.h"
#include "sweeper/record.h"

enum { ITEM = 7, REMARKS = 64 };

static struct sw_images *images;
static struct sw_texts platforms;
static struct sw_item item;
static char item_path[256];
static json_t *remarks; /* the records of what did not fit */

static inline void open_with(const char *path, size_t used_max)
{
    snprintf(item_path, sizeof(item_path), "%s", path);
    item = (struct sw_item){.kind = SW_ITEM_OBJECT,
                            .fd = -1,
                            .facts = {.mode = 0100644},
                            .path = item_path,
                            .path_size = strlen(path)};
    if (images == NULL)
        images = sw_images_new(used_max, &platforms);
    assert_non_null(images);
}

static inline int start(void **state)
{
    (void)state;
    platforms = (struct sw_texts){0};
    remarks = json_array();
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    sw_images_free(images);
    images = NULL;
    json_decref(remarks);
    return 0;
}

/* "aaa...a" and so on; a few at a time may be in use. */
static inline const char *hex(char digit)
{
    static char rows[16][SW_SHA256_HEX_SIZE];
    static unsigned at;
    char *row = rows[at++ % 16];

    memset(row, digit, 64);
    row[64] = '\0';
    return row;
}

static inline const char *format(const char *pattern, ...)
{
    static char rows[8][65536];
    static unsigned at;
    char *row = rows[at++ % 8];
    va_list arguments;

    va_start(arguments, pattern);
    vsnprintf(row, sizeof(rows[0]), pattern, arguments);
    va_end(arguments);
    return row;
}

static inline const char *send(enum sw_image_part part, const char *place, const char *json,
                               const uint64_t *paths, uint32_t count)
{
    struct sw_image_message message = {.item = ITEM,
                                       .part = part,
                                       .place = sw_view_of(place),
                                       .json = sw_view_of(json),
                                       .paths = (const uint8_t *)paths,
                                       .path_count = count};
    bool failed = false;
    const char *why = sw_images_take(images, &item, &message, &failed);

    assert_false(failed);
    return why;
}

static inline void document(const char *place, const char *json)
{
    assert_null(send(SW_IMAGE_DOCUMENT, place, json, NULL, 0));
}

static inline void blob(const char *place, const char *digest)
{
    assert_null(
        send(SW_IMAGE_BLOB, place,
             format("{\"size\":10,\"sha256\":\"%s\",\"layer\":null,\"document\":null}", digest),
             NULL, 0));
}

static inline void layer(const char *place, const char *digest, const char *diff_id, unsigned hops)
{
    assert_null(send(SW_IMAGE_BLOB, place,
                     format("{\"size\":10,\"sha256\":\"%s\",\"layer\":{\"diff_id\":\"%s\","
                            "\"media\":\"tar+gzip\",\"hops\":%u,\"entries\":3,\"complete\":true},"
                            "\"document\":null}",
                            digest, diff_id, hops),
                     NULL, 0));
}

/* Entries of a tar, by their names: a slash at the end is a folder. */
static inline void paths(const char *place, size_t count, const char *const *names)
{
    uint64_t rows[64];

    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(names[i]);
        struct sw_view path;
        const enum sw_image_entry entry =
            sw_image_entry_of(sw_view_of(names[i]), size > 0 && names[i][size - 1] == '/', &path);
        rows[i] = sw_image_path(path, entry);
    }
    assert_null(send(SW_IMAGE_PATHS, place, "", rows, (uint32_t)count));
}
#define PATHS(place, ...)                                                                          \
    paths(place, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                     \
          (const char *[]){__VA_ARGS__})

/* Pairs of names: a hard link, and what it is a link to. */
static inline void links(const char *place, size_t count, const char *const *names)
{
    struct sw_image_message message = {
        .item = ITEM, .part = SW_IMAGE_LINKS, .place = sw_view_of(place)};
    struct sw_buf rows;
    bool failed = false;

    sw_buf_init(&rows, SW_IMAGE_LINKS_SIZE_MAX);
    for (size_t i = 0; i < count; i += 2)
        assert_int_equal(sw_image_link_append(
                             &rows, sw_image_path(sw_view_of(names[i + 1]), SW_IMAGE_ENTRY_OTHER),
                             sw_view_of(names[i])),
                         SW_OK);
    message.links = sw_buf_view(&rows);
    assert_null(sw_images_take(images, &item, &message, &failed));
    assert_false(failed);
    sw_buf_done(&rows);
}
#define LINKS(place, ...)                                                                          \
    links(place, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),                     \
          (const char *[]){__VA_ARGS__})

static inline void on_remark(void *context, const struct image_remark *remark)
{
    json_t *record = image_remark_record(remark);

    (void)context;
    assert_non_null(record);
    assert_true(json_array_size(remarks) < REMARKS);
    json_array_append_new(remarks, record);
}

static inline void join(bool whole)
{
    for (struct image_scope *scope = images->scopes; scope != NULL; scope = scope->next)
        assert_true(sw_images_join(images, scope, whole, on_remark, NULL));
    for (struct image_scope *scope = images->inside; scope != NULL; scope = scope->next)
        assert_true(sw_images_join(images, scope, whole, on_remark, NULL));
}

/* A finding as the engine sends it, completed and told; NULL: left out. `members`: the hops
 * below the item. */
static inline json_t *finding(const char *members)
{
    const char *text = format(
        "{\"type\":\"finding\",\"kind\":\"yara\",\"severity\":\"high\",\"rule_severity\":\"high\","
        "\"severity_reason\":\"r\",\"family\":null,\"rule\":{\"name\":\"Canary\",\"namespace\":"
        "\"n\",\"tags\":[],\"meta\":{}},\"match_count\":0,\"matches\":[],\"object\":{\"sha256\":"
        "\"%s\",\"size\":3,\"type\":\"t\",\"mime\":\"m\"},\"chain\":[%s]}",
        hex('7'), members);
    struct sw_error error;
    json_t *record = NULL;

    assert_int_equal(sw_record_complete(text, strlen(text), &item, &record, &error), SW_OK);
    if (image_tell(images, ITEM, record) == IMAGE_TOLD)
        return record;
    json_decref(record);
    return NULL;
}

static inline const char *member(const char *kind, const char *name)
{
    return format("{\"kind\":\"%s\",\"name\":\"%s\",\"mode\":420}", kind, name);
}

static inline json_t *layer_of(const json_t *record, size_t hop)
{
    return json_object_get(json_array_get(json_object_get(record, "chain"), hop), "layer");
}

static inline json_t *image_of(const json_t *record)
{
    return json_object_get(json_array_get(json_object_get(record, "chain"), 0), "image");
}

static inline const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value == NULL ? "" : value;
}

#define BLOBS "blobs/sha256/"
#define NAMED "{\"digest\":\"sha256:%s\",\"media_type\":\"x\",\"size\":1}"

/* One image of three layers in an OCI layout, in an archive (places are members of `item`). */
static inline void index_with(const char *rows)
{
    document("index.json", format("{\"kind\":\"index\",\"manifests\":[%s]}", rows));
    blob("index.json", hex('0'));
}

static inline void manifest_of_three(void)
{
    document(format(BLOBS "%s", hex('1')), format("{\"kind\":\"manifest\",\"config\":" NAMED
                                                  ",\"layers\":[" NAMED "," NAMED "," NAMED "]}",
                                                  hex('2'), hex('a'), hex('b'), hex('c')));
    blob(format(BLOBS "%s", hex('1')), hex('1'));
}

static inline void config_of_three(const char *platform)
{
    document(format(BLOBS "%s", hex('2')),
             format("{\"kind\":\"config\",\"platform\":\"%s\",\"diff_ids\":[\"sha256:%s\","
                    "\"sha256:%s\",\"sha256:%s\"],\"history\":[{\"created_by\":\"one\"},"
                    "{\"created_by\":\"none\",\"empty_layer\":true},{\"created_by\":\"two\"},"
                    "{\"created_by\":\"three\\u001b[2J\",\"created\":\"2026-01-01T00:00:00Z\"}]}",
                    platform, hex('d'), hex('e'), hex('f')));
    blob(format(BLOBS "%s", hex('2')), hex('2'));
}

static inline void three_layers(void)
{
    PATHS(format(BLOBS "%s", hex('a')), "./", "./bin/", "./bin/bad", "./etc/keep", "opt/a/b/c");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    PATHS(format(BLOBS "%s", hex('b')), "bin/.wh.bad", "opt/a/.wh..wh..opq", "x");
    layer(format(BLOBS "%s", hex('b')), hex('b'), hex('e'), 1);
    PATHS(format(BLOBS "%s", hex('c')), "bin/bad", "x/");
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
}

static inline void layout_of_three(const char *platform)
{
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\",\"name\":\"app:1\",\"platform\":null}", hex('1')));
    manifest_of_three();
    config_of_three(platform);
    three_layers();
    join(true);
}

static inline json_t *in_layer(char digit, const char *path)
{
    return finding(format("%s,%s,%s", member("tar", format(BLOBS "%s", hex(digit))),
                          member("gzip", "content"), member("tar", path)));
}

static inline void assert_remark(size_t at, const char *name, const char *value)
{
    const json_t *record = json_array_get(remarks, at);
    const json_t *object = strcmp(name, "name") == 0 ? json_object_get(record, "rule") : record;

    assert_string_equal(text(object, name), value);
}

#endif
