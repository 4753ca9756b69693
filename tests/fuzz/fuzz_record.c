/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the engine says it found. Input: the item's path below "/", a newline, the
 * record.
 *
 * What is taken becomes a record that is written in printable JSON, read again
 * as the same value, and put into one order with all others: by comparing, by
 * key, and by line.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "supervisor/base64.h"
#include "supervisor/record_order.h"
#include "sweeper/record.h"
#include "sweeper/text.h"

enum { KEPT_MAX = 4 };

/* A record with what it is sorted by: key, then line. */
struct sorted {
    json_t *record;
    struct sw_buf key;
};

/* Earlier records, to be compared with. */
static struct sorted kept[KEPT_MAX];
static size_t kept_next;

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void line_of(const json_t *record, struct sw_buf *line)
{
    sw_buf_init(line, 64 * SW_MIB);
    FUZZ_CHECK(sw_record_encode(record, line) == SW_OK && sw_buf_terminate(line) == SW_OK);
}

/* --- one record --- */

static void check_written(const json_t *record)
{
    struct sw_buf line;
    line_of(record, &line);
    FUZZ_CHECK(sw_text_is_printable(sw_buf_view(&line)));
    json_t *again = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_CHECK(again != NULL && json_equal(again, record));
    json_decref(again);
    fuzz_append_line((const char *)line.data);
    sw_buf_done(&line);
}

static void check_path(const json_t *record, struct sw_view path)
{
    const json_t *object = json_object_get(record, "object");
    const char *shown = json_string_value(json_object_get(object, "path"));
    const char *exact = json_string_value(json_object_get(object, "path_base64"));
    uint8_t *bytes = malloc(path.size + 1);
    size_t size = 0;

    FUZZ_CHECK(bytes != NULL && shown != NULL && sw_text_is_printable(fuzz_view(shown)));
    if (exact != NULL) {
        FUZZ_CHECK(sw_base64_decode(exact, bytes, path.size, &size));
        FUZZ_CHECK(size == path.size && (size == 0 || memcmp(bytes, path.data, size) == 0));
    } else {
        FUZZ_CHECK(strlen(shown) == path.size && memcmp(shown, path.data, path.size) == 0);
    }
    const char *locator = json_string_value(json_object_get(record, "locator"));
    size_t hops = json_array_size(json_object_get(record, "chain"));
    FUZZ_CHECK(locator != NULL && hops > 0);
    for (; (locator = strchr(locator, '!')) != NULL; locator++)
        FUZZ_CHECK(--hops > 0);
    FUZZ_CHECK(hops == 1);
    free(bytes);
}

/* A finding counts what it lists, and no match holds more than its length. */
static void check_finding(const json_t *record)
{
    const json_t *matches = json_object_get(record, "matches");
    json_int_t count = json_integer_value(json_object_get(record, "match_count"));
    const char *name = json_string_value(json_object_get(record, "severity"));
    enum sw_severity severity = SW_SEVERITY_INFO;
    FUZZ_CHECK(json_string_length(json_object_get(record, "id")) > 0);
    FUZZ_CHECK(name != NULL && sw_severity_find(name, &severity));
    FUZZ_CHECK(strcmp(name, sw_severity_name(severity)) == 0);
    FUZZ_CHECK(count >= 0 && (size_t)count >= json_array_size(matches));
    for (size_t i = 0; i < json_array_size(matches); i++) {
        const json_t *match = json_array_get(matches, i);
        FUZZ_CHECK(json_integer_value(json_object_get(match, "offset")) >= 0);
        FUZZ_CHECK(json_integer_value(json_object_get(match, "length")) >= 0);
        FUZZ_CHECK(json_string_length(json_object_get(match, "data")) <=
                   (SW_MATCH_DATA_MAX + 2) / 3 * 4);
    }
}

/* --- the order --- */

static int compare_keys(const struct sorted *a, const struct sorted *b)
{
    size_t shorter = a->key.size < b->key.size ? a->key.size : b->key.size;
    int order = memcmp(a->key.data, b->key.data, shorter);
    if (order == 0)
        order = (a->key.size > shorter) - (b->key.size > shorter);
    return sign(order);
}

static int check_pair(const struct sorted *a, const struct sorted *b)
{
    int order = sign(sw_record_compare(a->record, b->record));
    FUZZ_CHECK(order == -sign(sw_record_compare(b->record, a->record)));
    FUZZ_CHECK(order == compare_keys(a, b));
    FUZZ_CHECK((order == 0) == (json_equal(a->record, b->record) != 0));
    return order;
}

static void check_order(const struct sorted *one)
{
    int orders[KEPT_MAX];
    FUZZ_CHECK(check_pair(one, one) == 0);
    for (size_t i = 0; i < KEPT_MAX && kept[i].record != NULL; i++) {
        orders[i] = check_pair(one, &kept[i]);
        for (size_t j = 0; j < i; j++) {
            int between = sign(sw_record_compare(kept[j].record, kept[i].record));
            /* one <= kept[j] <= kept[i] makes one <= kept[i], and so back. */
            FUZZ_CHECK(orders[j] > 0 || between > 0 || orders[i] <= 0);
            FUZZ_CHECK(orders[j] < 0 || between < 0 || orders[i] >= 0);
        }
    }
}

static void sorted_done(struct sorted *one)
{
    json_decref(one->record);
    sw_buf_done(&one->key);
    *one = (struct sorted){0};
}

/* Takes the record. */
static void sort_in(json_t *record)
{
    struct sorted one = {.record = record};
    sw_buf_init(&one.key, 64 * SW_MIB);
    FUZZ_CHECK(sw_record_key(record, &one.key) == SW_OK);
    FUZZ_CHECK(sw_record_encode(record, &one.key) == SW_OK);
    check_order(&one);
    sorted_done(&kept[kept_next]);
    kept[kept_next] = one;
    kept_next = (kept_next + 1) % KEPT_MAX;
}

__attribute__((destructor)) static void forget(void)
{
    for (size_t i = 0; i < KEPT_MAX; i++)
        sorted_done(&kept[i]);
}

static void check_record(const json_t *record, const struct sw_item *item)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    FUZZ_CHECK(type != NULL && (strcmp(type, "finding") == 0 || strcmp(type, "gap") == 0));
    if (type[0] == 'f')
        check_finding(record);
    check_path(record, (struct sw_view){(const uint8_t *)item->path, item->path_size});
    check_written(record);
    json_t *moved = sw_record_move(record, item);
    FUZZ_CHECK(moved != NULL && json_equal(moved, record));
    json_decref(moved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    struct sw_error error = {0};
    json_t *record = NULL;
    char *below = fuzz_text(fuzz_until(&input, '\n'));
    char *path = NULL;
    FUZZ_CHECK(asprintf(&path, "/%s", below) > 0);
    struct sw_item item = {.kind = SW_ITEM_OBJECT,
                           .fd = -1,
                           .facts = {.device = 2049,
                                     .inode = UINT64_MAX - 1,
                                     .size = size,
                                     .mode = 0100644,
                                     .mtime_ns = -1,
                                     .ctime_ns = INT64_MAX,
                                     .btime_ns = SW_TIME_UNKNOWN},
                           .path = path,
                           .path_size = strlen(path)};
    uint8_t *text = fuzz_copy(input.rest);

    enum sw_status status =
        sw_record_complete((const char *)text, input.rest.size, &item, &record, &error);
    FUZZ_CHECK(status == SW_OK || status == SW_DEAD);
    if (status == SW_OK) {
        check_record(record, &item);
        sort_in(record);
    } else {
        FUZZ_CHECK(record == NULL && error.text[0] != '\0');
        FUZZ_CHECK(sw_text_is_printable(fuzz_view(error.text)));
    }
    free(text);
    free(path);
    free(below);
    return 0;
}
