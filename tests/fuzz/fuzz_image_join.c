/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine says of the parts of images, put together. Input: a program of messages,
 * each a byte that says which, and its own bytes; what they name is one of a few blobs, so
 * that they name one another. At the end the images are joined, and findings in each blob
 * told.
 *
 * Whatever came, a record can be written, what is told of a layer fits the image that is
 * told, and all that was charged for is given back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/view.h"
#include "fuzz.h"
#include "supervisor/image_model.h"
#include "supervisor/image_tell.h"
#include "supervisor/record_order.h"
#include "sweeper/record.h"

enum { ITEM = 7, MESSAGES_MAX = 64, DIGESTS = 8, ROWS_MAX = 6 };

struct run {
    struct sw_images *images;
    struct sw_item item;
    struct sw_cursor input;
    struct sw_buf json;
};

static const char *const names[] = {"a",     "./a/b",   "a/b/c",          "d",    "d/e",  "/a",
                                    ".wh.a", "a/.wh.b", "a/.wh..wh..opq", "d/",   "a/b/", "../d",
                                    ".wh.d", "d/.wh.e", ".wh..wh..opq",   ".wh.", "x",    "d/x"};
#define NAMES (sizeof(names) / sizeof(names[0]))

static const char *hex_of(uint8_t which)
{
    static char rows[4][SW_SHA256_HEX_SIZE];
    static unsigned at;
    char *row = rows[at++ % 4];

    memset(row, 'a' + which % 6, SW_SHA256_HEX_SIZE - 1);
    row[0] = (char)('0' + which % DIGESTS);
    row[SW_SHA256_HEX_SIZE - 1] = '\0';
    return row;
}

static const char *place_of(uint8_t which)
{
    static char rows[2][128];
    static unsigned at;
    char *row = rows[at++ % 2];

    switch (which / DIGESTS % 8) {
    case 0:
        return "index.json";
    case 1:
        return "manifest.json";
    case 2:
        snprintf(row, sizeof(rows[0]), "%s/layer.tar", hex_of(which));
        return row;
    case 3:
        snprintf(row, sizeof(rows[0]), "%s.json", hex_of(which));
        return row;
    default:
        snprintf(row, sizeof(rows[0]), "blobs/sha256/%s", hex_of(which));
        return row;
    }
}

static void put(struct run *run, const char *text)
{
    FUZZ_CHECK(sw_buf_append_text(&run->json, text) == SW_OK);
}

static void send(struct run *run, struct sw_image_message message)
{
    bool failed = false;

    message.item = ITEM;
    (void)sw_images_take(run->images, &run->item, &message, &failed);
    FUZZ_CHECK(!failed);
}

static void send_json(struct run *run, enum sw_image_part part, const char *place)
{
    if (run->json.size > 0)
        send(run, (struct sw_image_message){
                      .part = part, .place = sw_view_of(place), .json = sw_buf_view(&run->json)});
}

/* Rows that name blobs, each with what is behind the digest. */
static void put_rows(struct run *run, const char *before, const char *behind)
{
    const unsigned count = fuzz_u8(&run->input) % (ROWS_MAX + 1);

    for (unsigned i = 0; i < count; i++) {
        put(run, i == 0 ? "" : ",");
        put(run, before);
        put(run, hex_of(fuzz_u8(&run->input)));
        put(run, behind);
    }
}

static void put_document(struct run *run, uint8_t which)
{
    const char *row = "{\"digest\":\"sha256:";

    switch (which % 5) {
    case 0:
        put(run, "{\"kind\":\"index\",\"manifests\":[");
        put_rows(run, row,
                 which % 2 == 0 ? "\",\"name\":\"t:1\",\"platform\":\"linux/a\"}" : "\"}");
        break;
    case 1:
        put(run, "{\"kind\":\"manifest\",\"config\":{\"digest\":\"sha256:");
        put(run, hex_of(fuzz_u8(&run->input)));
        put(run, "\"},\"layers\":[");
        put_rows(run, row, "\"}");
        break;
    case 2:
        put(run,
            "{\"kind\":\"config\",\"platform\":\"linux/b\",\"history\":[{\"created_by\":\"x\"},"
            "{\"empty_layer\":true}],\"diff_ids\":[");
        put_rows(run, "\"sha256:", "\"");
        break;
    case 3:
        put(run, "{\"kind\":\"docker\",\"images\":[{\"tags\":[\"u:1\"],\"config\":\"");
        put(run, place_of(fuzz_u8(&run->input)));
        put(run, "\",\"layers\":[");
        put_rows(run, "\"", which % 2 == 0 ? "/layer.tar\"" : "\"");
        put(run, "]}");
        break;
    default: {
        const struct sw_view text = fuzz_until(&run->input, '\n');
        FUZZ_CHECK(sw_buf_append(&run->json, text.data, text.size) == SW_OK);
        return;
    }
    }
    put(run, "]}");
}

static void put_blob(struct run *run, uint8_t which)
{
    char text[400];

    if (which % 2 == 0)
        snprintf(text, sizeof(text),
                 "{\"size\":1,\"sha256\":\"%s\",\"layer\":null,\"document\":%s}",
                 hex_of(fuzz_u8(&run->input)), which % 8 == 0 ? "\"damaged\"" : "null");
    else
        snprintf(text, sizeof(text),
                 "{\"size\":1,\"sha256\":\"%s\",\"layer\":{\"diff_id\":\"%s\",\"media\":\"tar\","
                 "\"hops\":0,\"entries\":3,\"complete\":%s},\"document\":null}",
                 hex_of(fuzz_u8(&run->input)), hex_of(fuzz_u8(&run->input)),
                 which % 8 == 1 ? "false" : "true");
    put(run, text);
}

static void send_paths(struct run *run, const char *place)
{
    uint64_t rows[ROWS_MAX];
    const unsigned count = 1 + fuzz_u8(&run->input) % ROWS_MAX;

    for (unsigned i = 0; i < count; i++) {
        const struct sw_view name = sw_view_of(names[fuzz_u8(&run->input) % NAMES]);
        struct sw_view about;
        const enum sw_image_entry entry =
            sw_image_entry_of(name, name.data[name.size - 1] == '/', &about);
        rows[i] = sw_image_path(about, entry);
    }
    send(run, (struct sw_image_message){.part = SW_IMAGE_PATHS,
                                        .place = sw_view_of(place),
                                        .paths = (const uint8_t *)rows,
                                        .path_count = count});
}

static void send_links(struct run *run, const char *place)
{
    struct sw_buf links;
    const unsigned count = 1 + fuzz_u8(&run->input) % ROWS_MAX;

    sw_buf_init(&links, SW_IMAGE_LINKS_SIZE_MAX);
    for (unsigned i = 0; i < count; i++) {
        const uint8_t which = fuzz_u8(&run->input);
        const uint64_t target =
            sw_image_path(sw_view_of(names[which / NAMES % NAMES]), SW_IMAGE_ENTRY_OTHER);
        FUZZ_CHECK(sw_image_link_append(&links, target, sw_view_of(names[which % NAMES])) == SW_OK);
    }
    send(run, (struct sw_image_message){.part = SW_IMAGE_LINKS,
                                        .place = sw_view_of(place),
                                        .links = sw_buf_view(&links)});
    sw_buf_done(&links);
}

static void one_message(struct run *run)
{
    const uint8_t which = fuzz_u8(&run->input), place = fuzz_u8(&run->input);

    sw_buf_clear(&run->json);
    switch (which % 6) {
    case 0:
        put_document(run, which / 6);
        send_json(run, SW_IMAGE_DOCUMENT, place_of(place));
        break;
    case 1:
        send_paths(run, place_of(place));
        break;
    case 2:
        send_links(run, place_of(place));
        break;
    case 3:
        if (which >= 250)
            sw_images_restart(run->images, ITEM);
        else if (which >= 240)
            sw_images_unread(run->images, &run->item, ITEM, SW_VIEW("/i!blobs/sha256/0"),
                             SW_GAP_IO_ERROR);
        break;
    default:
        put_blob(run, which / 6);
        send_json(run, SW_IMAGE_BLOB, place_of(place));
        break;
    }
}

/* --- what is told ------------------------------------------------------------------------ */

static void check_layer(const json_t *layer)
{
    const json_t *by = json_object_get(layer, "removed_by");
    const json_t *visible = json_object_get(layer, "visible");
    const json_int_t index = json_integer_value(json_object_get(layer, "index"));

    by = by != NULL ? by : json_object_get(layer, "replaced_by");
    FUZZ_CHECK(json_object_get(layer, "index") == NULL ||
               index < json_integer_value(json_object_get(layer, "layers")));
    if (by != NULL)
        FUZZ_CHECK(json_integer_value(json_object_get(by, "index")) > index &&
                   json_integer_value(json_object_get(by, "index")) <
                       json_integer_value(json_object_get(layer, "layers")));
    /* Taken away, and there all the same: only by another name. */
    FUZZ_CHECK((by != NULL && json_is_true(visible)) ==
               (json_object_get(layer, "visible_as") != NULL));
}

static void try_finding(struct run *run, const char *place, const char *name)
{
    char text[1024];
    struct sw_error error;
    struct sw_buf line;
    json_t *record = NULL;

    snprintf(text, sizeof(text),
             "{\"type\":\"finding\",\"kind\":\"yara\",\"severity\":\"high\",\"rule_severity\":"
             "\"high\",\"severity_reason\":\"r\",\"family\":null,\"rule\":{\"name\":\"C\","
             "\"namespace\":\"n\",\"tags\":[],\"meta\":{}},\"match_count\":0,\"matches\":[],"
             "\"object\":{\"sha256\":\"%s\",\"size\":3,\"type\":\"t\",\"mime\":\"m\"},\"chain\":["
             "{\"kind\":\"tar\",\"name\":\"%s\",\"mode\":420},{\"kind\":\"tar\",\"name\":\"%s\","
             "\"mode\":420}]}",
             hex_of(0), place, name);
    FUZZ_CHECK(sw_record_complete(text, strlen(text), &run->item, &record, &error) == SW_OK);
    const enum image_told told = image_tell(run->images, ITEM, record);
    FUZZ_CHECK(told == IMAGE_TOLD);
    check_layer(json_object_get(json_array_get(json_object_get(record, "chain"), 1), "layer"));
    sw_buf_init(&line, SW_MIB);
    FUZZ_CHECK(sw_record_encode(record, &line) == SW_OK);
    sw_buf_done(&line);
    json_decref(record);
}

static void on_remark(void *context, const struct image_remark *remark)
{
    json_t *record = image_remark_record(remark);

    (void)context;
    FUZZ_CHECK(record != NULL);
    json_decref(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[] = "/i";
    static const struct sw_texts platforms;
    struct run run = {.images = sw_images_new(SW_MIB, &platforms),
                      .item = {.kind = SW_ITEM_OBJECT, .fd = -1, .path = path, .path_size = 2},
                      .input = sw_cursor_of((struct sw_view){data, size})};
    struct image_scope *scope;

    FUZZ_CHECK(run.images != NULL);
    sw_buf_init(&run.json, SW_MIB);
    for (unsigned i = 0; i < MESSAGES_MAX && !sw_cursor_at_end(&run.input); i++)
        one_message(&run);
    sw_images_restart(run.images, 0);
    for (scope = run.images->inside; scope != NULL; scope = scope->next)
        FUZZ_CHECK(sw_images_join(run.images, scope, size % 2 == 0, on_remark, NULL));
    for (uint8_t i = 0; i < 10; i++)
        try_finding(&run, place_of((uint8_t)((i % 2 == 0 ? 4 : 2) * DIGESTS + i / 2 + 1)),
                    names[(size + i) % NAMES]);
    sw_images_drop(run.images, ITEM, true);
    FUZZ_CHECK(run.images->used == 0);
    sw_images_free(run.images);
    sw_buf_done(&run.json);
    return 0;
}
