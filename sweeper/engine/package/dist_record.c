/* SPDX-License-Identifier: Apache-2.0 */
/* dist_record.c - rows of RECORD, as Python's module csv reads them. */
#include "sweeper/dist_record.h"

#include <inttypes.h>

#include "common/view.h"

enum {
    FIELD_PATH,
    FIELD_HASH,
    FIELD_SIZE,
    FIELD_COUNT,
    SHORT_MAX = 256, /* bytes of a digest with its name, or of a size */
};

/* One field without its quotes. */
struct field {
    uint8_t *text;
    size_t size;
    size_t size_max;
    bool too_long;
};

struct rows {
    struct sw_view rest;
    uint8_t path[SW_DIST_PATH_MAX];
    uint8_t hash[SHORT_MAX];
    uint8_t number[SHORT_MAX];
    struct field fields[FIELD_COUNT];
    size_t field_count; /* of the row at hand; may be more than are kept */
    bool open;          /* the text ended inside quotes */
};

static void put(struct field *field, const uint8_t *from, size_t size)
{
    if (field == NULL)
        return;
    if (size > field->size_max - field->size) {
        field->too_long = true;
        return;
    }
    memcpy(field->text + field->size, from, size);
    field->size += size;
}

/* Behind the opening quote: up to the closing one. A doubled quote is one. */
static void take_quoted(struct rows *rows, struct field *field)
{
    for (;;) {
        size_t run = sw_view_find(rows->rest, '"');
        put(field, rows->rest.data, run);
        if (run == rows->rest.size) {
            rows->open = true;
            rows->rest = sw_view_skip(rows->rest, run);
            return;
        }
        rows->rest = sw_view_skip(rows->rest, run + 1);
        if (rows->rest.size == 0 || rows->rest.data[0] != '"')
            return;
        put(field, rows->rest.data, 1);
        rows->rest = sw_view_skip(rows->rest, 1);
    }
}

static size_t plain_run(struct sw_view rest)
{
    size_t at = 0;

    while (at < rest.size && rest.data[at] != ',' && rest.data[at] != '\n' && rest.data[at] != '\r')
        at++;
    return at;
}

/* One field and what ends it; true when the row goes on behind it. */
static bool take_field(struct rows *rows, struct field *field)
{
    if (rows->rest.size > 0 && rows->rest.data[0] == '"') {
        rows->rest = sw_view_skip(rows->rest, 1);
        take_quoted(rows, field);
    }
    size_t run = plain_run(rows->rest);
    put(field, rows->rest.data, run);
    rows->rest = sw_view_skip(rows->rest, run);
    if (rows->rest.size == 0)
        return false;
    const uint8_t end = rows->rest.data[0];
    rows->rest = sw_view_skip(rows->rest, 1);
    if (end == '\r' && rows->rest.size > 0 && rows->rest.data[0] == '\n')
        rows->rest = sw_view_skip(rows->rest, 1);
    return end == ',';
}

static bool next(struct rows *rows)
{
    if (rows->rest.size == 0)
        return false;
    rows->fields[FIELD_PATH] = (struct field){.text = rows->path, .size_max = sizeof(rows->path)};
    rows->fields[FIELD_HASH] = (struct field){.text = rows->hash, .size_max = sizeof(rows->hash)};
    rows->fields[FIELD_SIZE] =
        (struct field){.text = rows->number, .size_max = sizeof(rows->number)};
    rows->field_count = 0;
    bool more = true;
    while (more) {
        size_t at = rows->field_count++;
        more = take_field(rows, at < FIELD_COUNT ? &rows->fields[at] : NULL);
    }
    return true;
}

/* --- values ------------------------------------------------------------------------- */

static int digit(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '-' ? 62 : byte == '_' ? 63 : -1;
}

/* 43 digits hold 258 bits; the last two are zero. */
static bool decode_sha256(struct sw_view text, uint8_t sha256[static SW_SHA256_SIZE])
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t count = 0;

    if (text.size == 44 && text.data[43] == '=')
        text.size--; /* padding is forbidden, and says nothing else */
    if (text.size != 43)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        int value = digit(text.data[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            sha256[count++] = (uint8_t)(bits >> held);
        }
    }
    return (bits & 3U) == 0;
}

static bool read_hash(struct sw_view text, struct sw_dist_row *row)
{
    const struct sw_view name = sw_view_first(text, sw_view_find(text, '='));
    const struct sw_view value = sw_view_skip(text, name.size + 1);

    row->hash = SW_DIST_HASH_NONE;
    if (text.size == 0)
        return true;
    if (sw_view_equal_fold(name, SW_VIEW("sha256"))) {
        row->hash = SW_DIST_HASH_SHA256;
        return decode_sha256(value, row->sha256);
    }
    if (sw_view_equal_fold(name, SW_VIEW("sha384")) || sw_view_equal_fold(name, SW_VIEW("sha512")))
        row->hash = SW_DIST_HASH_OTHER;
    else
        row->hash = SW_DIST_HASH_WEAK;
    return value.size != 0;
}

static bool read_size(struct sw_view text, uint64_t *size)
{
    uint64_t value = 0;

    *size = UINT64_MAX;
    text = sw_view_trim(text);
    for (size_t i = 0; i < text.size; i++) {
        if (!sw_is_digit(text.data[i]) || value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    if (text.size != 0)
        *size = value;
    return true;
}

static struct sw_view view_of(const struct field *field)
{
    return (struct sw_view){field->text, field->size};
}

static bool read_row(const struct rows *rows, struct sw_dist_row *row)
{
    *row = (struct sw_dist_row){.path = view_of(&rows->fields[FIELD_PATH])};
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (rows->fields[i].too_long)
            return false;
    if (rows->open || row->path.size == 0 || memchr(row->path.data, 0, row->path.size) != NULL)
        return false;
    /* A path is listed even when the rest of its row says nothing. */
    if (!read_hash(view_of(&rows->fields[FIELD_HASH]), row) ||
        !read_size(view_of(&rows->fields[FIELD_SIZE]), &row->size)) {
        row->hash = SW_DIST_HASH_WEAK;
        row->size = UINT64_MAX;
    }
    return rows->field_count <= FIELD_COUNT;
}

static bool is_blank(const struct rows *rows)
{
    return rows->field_count == 1 && rows->fields[FIELD_PATH].size == 0 &&
           !rows->fields[FIELD_PATH].too_long && !rows->open;
}

enum sw_status sw_dist_record_read(struct sw_view content, sw_dist_row_fn *fn, void *context,
                                   uint64_t *bad, struct sw_error *error)
{
    const struct sw_view mark = SW_VIEW("\xef\xbb\xbf");
    struct rows rows = {.rest = content};
    uint64_t left_out = 0;
    enum sw_status status = SW_OK;

    if (sw_view_starts(rows.rest, mark))
        rows.rest = sw_view_skip(rows.rest, mark.size);
    while (status == SW_OK && next(&rows)) {
        struct sw_dist_row row;
        if (is_blank(&rows))
            continue;
        if (read_row(&rows, &row))
            status = fn(context, &row);
        else
            left_out++;
    }
    if (bad != NULL)
        *bad = left_out;
    if (status == SW_OK && left_out != 0)
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "record", 0,
                           "%" PRIu64 " rows of RECORD are none", left_out);
    return status;
}

/* --- where they lie ------------------------------------------------------------------ */

bool sw_dist_is_record(struct sw_view path, bool *top)
{
    const struct sw_view end = SW_VIEW(".dist-info/RECORD");

    if (!sw_view_ends(path, end))
        return false;
    const struct sw_view before = sw_view_first(path, path.size - end.size);
    const size_t slash = sw_view_find_last(before, '/');
    if (before.size == 0 || (slash != before.size && slash + 1 == before.size))
        return false; /* a folder without a name */
    *top = slash == before.size || (slash == 1 && before.data[0] == '.');
    return true;
}

struct sw_view sw_dist_below_site(struct sw_view path)
{
    struct sw_view rest = path;
    struct sw_view below = {path.data, 0};

    while (rest.size > 0) {
        size_t size = sw_view_find(rest, '/');
        const struct sw_view folder = sw_view_first(rest, size);
        rest = sw_view_skip(rest, size + 1);
        if (sw_view_equal(folder, SW_VIEW("site-packages")) ||
            sw_view_equal(folder, SW_VIEW("dist-packages")))
            below = rest;
    }
    return below;
}

/* What easy_install writes around its own lines; nothing else may stand in them. */
static bool is_own_line(struct sw_view line)
{
    return sw_view_equal(line, SW_VIEW("import sys; sys.__plen = len(sys.path)")) ||
           sw_view_equal(line, SW_VIEW("import sys; new=sys.path[sys.__plen:]; "
                                       "del sys.path[sys.__plen:]; "
                                       "p=getattr(sys,'__egginsert',0); "
                                       "sys.path[p:p]=new; sys.__egginsert = p+len(new)"));
}

/* Where str.splitlines() ends a line: newer versions of site.py use that. */
static bool ends_line(struct sw_view before)
{
    if (before.size == 0)
        return true;
    const uint8_t last = before.data[before.size - 1];
    return (last >= '\n' && last <= '\r') || (last >= 0x1c && last <= 0x1e) ||
           sw_view_ends(before, SW_VIEW("\xc2\x85")) ||
           sw_view_ends(before, SW_VIEW("\xe2\x80\xa8")) ||
           sw_view_ends(before, SW_VIEW("\xe2\x80\xa9"));
}

static struct sw_view line_at(struct sw_view rest)
{
    size_t size = 0;

    while (size < rest.size && (rest.data[size] < '\n' || rest.data[size] > '\r'))
        size++;
    return sw_view_trim(sw_view_first(rest, size));
}

bool sw_dist_pth_runs(struct sw_view content)
{
    const struct sw_view word = SW_VIEW("import");
    size_t from = sw_view_starts(content, SW_VIEW("\xef\xbb\xbf")) ? 3 : 0;
    struct sw_view text = sw_view_skip(content, from);

    for (size_t at = 0; at + word.size < text.size;) {
        const uint8_t *hit = memmem(text.data + at, text.size - at, word.data, word.size);
        if (hit == NULL)
            return false;
        at = (size_t)(hit - text.data);
        const struct sw_view rest = sw_view_skip(text, at);
        if (rest.size > word.size &&
            (rest.data[word.size] == ' ' || rest.data[word.size] == '\t') &&
            ends_line(sw_view_first(text, at)) && !is_own_line(line_at(rest)))
            return true;
        at += word.size;
    }
    return false;
}
