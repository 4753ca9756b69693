/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes records and gives them a total order that does not depend on when
 * they were found. */
#include "supervisor/record_order.h"

#include <string.h>

#include "sweeper/limits.h"
#include "sweeper/record.h"
#include "sweeper/text.h"

/* A document starts with sweep_start and ends with sweep_end. */
static const char *const type_order[] = {"sweep_start", "root",     "disk_image",   "finding",
                                         "gap",         "incident", "engine_death", "sweep_end"};
enum { TYPE_COUNT = sizeof type_order / sizeof type_order[0] };

/* The fields of the order, first the most significant. A record has those that
 * its type has; a missing one sorts as "". */
struct field {
    const char *object; /* NULL: the record itself */
    const char *name;
};
static const struct field fields[] = {
    {NULL, "locator"},     {NULL, "path"},   {NULL, "root"},   {NULL, "at"},
    {"rule", "namespace"}, {"rule", "name"}, {NULL, "reason"}, {NULL, "detail"},
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static uint8_t type_rank(const json_t *record)
{
    const char *type = json_string_value(json_object_get(record, "type"));
    uint8_t rank = 0;
    while (rank < TYPE_COUNT && (type == NULL || strcmp(type_order[rank], type) != 0))
        rank++;
    return rank;
}

static const char *field_value(const json_t *record, const struct field *field)
{
    const json_t *object = field->object == NULL ? record : json_object_get(record, field->object);
    const char *value = json_string_value(json_object_get(object, field->name));
    return value == NULL ? "" : value;
}

/* A NUL ends each field: less than every byte of a text, so that a text sorts
 * before its own extensions. Texts of records hold no NUL. */
enum sw_status sw_record_key(const json_t *record, struct sw_buf *out)
{
    size_t size_before = out->size;
    enum sw_status status = sw_buf_append_u8(out, type_rank(record));
    for (size_t i = 0; i < FIELD_COUNT && status == SW_OK; i++) {
        const char *value = field_value(record, &fields[i]);
        status = sw_buf_append(out, value, strlen(value) + 1);
    }
    if (status != SW_OK)
        out->size = size_before;
    return status;
}

static int append_chunk(const char *chunk, size_t size, void *context)
{
    return sw_buf_append(context, chunk, size) == SW_OK ? 0 : -1;
}

/* The code point that starts at `bytes`, which are valid UTF-8; its length. */
static size_t decode(struct sw_view bytes, uint32_t *code)
{
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint8_t first = bytes.data[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    *code = first & masks[length];
    for (size_t i = 1; i < length; i++)
        *code = *code << 6 | (bytes.data[i] & 0x3fU);
    return length;
}

/* In JSON made by jansson such characters can only stand inside strings. All
 * of them are below U+10000: one \u each. */
static enum sw_status append_hardened(struct sw_buf *out, struct sw_view json)
{
    enum sw_status status = SW_OK;
    while (json.size > 0 && status == SW_OK) {
        uint32_t code = 0;
        size_t length = decode(json, &code);
        if (sw_text_is_printable((struct sw_view){json.data, length}))
            status = sw_buf_append(out, json.data, length);
        else
            status = sw_buf_append_format(out, "\\u%04x", (unsigned)code);
        json = (struct sw_view){json.data + length, json.size - length};
    }
    return status;
}

enum sw_status sw_record_encode(const json_t *record, struct sw_buf *out)
{
    struct sw_buf plain;
    size_t size_before = out->size;
    enum sw_status status = SW_SKIP;
    sw_buf_init(&plain, out->size_max);
    if (json_dump_callback(record, append_chunk, &plain, JSON_COMPACT | JSON_REAL_PRECISION(15)) !=
        0)
        goto out;
    if (sw_text_is_printable(sw_buf_view(&plain)))
        status = sw_buf_append(out, plain.data, plain.size);
    else
        status = append_hardened(out, sw_buf_view(&plain));
    if (status != SW_OK)
        out->size = size_before;
out:
    sw_buf_done(&plain);
    return status;
}

/* Records that agree in every field: the lines that are written decide, so that
 * a sort of lines gives the same order. Without memory they count as equal. */
static int compare_lines(const json_t *a, const json_t *b)
{
    struct sw_buf line_a;
    struct sw_buf line_b;
    int order = 0;
    sw_buf_init(&line_a, SW_GIB);
    sw_buf_init(&line_b, SW_GIB);
    if (sw_record_encode(a, &line_a) == SW_OK && sw_record_encode(b, &line_b) == SW_OK &&
        sw_buf_terminate(&line_a) == SW_OK && sw_buf_terminate(&line_b) == SW_OK)
        order = strcmp((const char *)line_a.data, (const char *)line_b.data);
    sw_buf_done(&line_a);
    sw_buf_done(&line_b);
    return order;
}

int sw_record_compare(const json_t *a, const json_t *b)
{
    int order = (int)type_rank(a) - (int)type_rank(b);
    for (size_t i = 0; i < FIELD_COUNT && order == 0; i++)
        order = strcmp(field_value(a, &fields[i]), field_value(b, &fields[i]));
    return order != 0 ? order : compare_lines(a, b);
}
