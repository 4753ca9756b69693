/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles, searches, writes and reads the pattern database (Hyperscan). */
#include "engine/rule/pattern_database.h"

#include <stdlib.h>

#ifdef SWEEPER_HYPERSCAN
#include <hs.h>

/* Hyperscan refuses some large sets as a whole; halves of them then become
 * databases of their own, searched one after the other. */
#define PARTS_MAX 64

struct sw_database {
    hs_database_t *parts[PARTS_MAX];
    size_t count;
};

struct sw_database_scratch {
    hs_scratch_t *scratch; /* one fits all parts */
};

/* Rows [first, last) as the arrays that Hyperscan takes. */
struct batch {
    const char **expressions;
    unsigned *flags;
    unsigned *ids;
    char **owned;
    unsigned count;
};

static void batch_done(struct batch *batch)
{
    for (unsigned row = 0; batch->owned && row < batch->count; row++)
        free(batch->owned[row]);
    free(batch->owned);
    free(batch->expressions);
    free(batch->flags);
    free(batch->ids);
}

static bool batch_init(struct batch *batch, const struct sw_patterns *patterns)
{
    size_t count = patterns->count;

    *batch = (struct batch){.count = (unsigned)count};
    batch->owned = calloc(count, sizeof(*batch->owned));
    batch->expressions = calloc(count, sizeof(*batch->expressions));
    batch->flags = calloc(count, sizeof(*batch->flags));
    batch->ids = calloc(count, sizeof(*batch->ids));
    if (!batch->owned || !batch->expressions || !batch->flags || !batch->ids)
        return false;
    for (unsigned row = 0; row < count; row++) {
        struct sw_buf text;
        sw_buf_init(&text, 65536);
        if (sw_patterns_expression(patterns, row, &text) != SW_OK) {
            sw_buf_done(&text);
            return false;
        }
        batch->owned[row] = (char *)text.data;
        batch->expressions[row] = batch->owned[row];
        /* One report of each is enough, and lets the search stop looking. */
        batch->flags[row] = HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH;
        batch->ids[row] = row;
    }
    return true;
}

struct range {
    unsigned first, last;
};

static enum sw_status compile_range(const struct batch *batch, struct range range,
                                    hs_database_t **part, struct sw_error *error)
{
    hs_compile_error_t *complaint = NULL;
    unsigned first = range.first;
    hs_error_t result =
        hs_compile_multi(batch->expressions + first, batch->flags + first, batch->ids + first,
                         range.last - first, HS_MODE_BLOCK, NULL, part, &complaint);

    if (result == HS_SUCCESS)
        return SW_OK;
    sw_fail(error, SW_PART, "prefilter", 0, "the patterns do not compile: %s",
            complaint ? complaint->message : "unknown error");
    hs_free_compile_error(complaint);
    return result == HS_NOMEM ? SW_STOP : SW_PART;
}

static enum sw_status compile_all(struct sw_database *database, const struct batch *batch,
                                  struct sw_error *error)
{
    struct range open[PARTS_MAX] = {{0, batch->count}};
    size_t open_count = 1;

    while (open_count > 0) {
        struct range range = open[--open_count];
        hs_database_t *part = NULL;
        enum sw_status status = compile_range(batch, range, &part, error);
        if (status == SW_OK) {
            database->parts[database->count++] = part;
            continue;
        }
        /* Every open range needs room for its own part. */
        if (status != SW_PART || range.last - range.first < 2 ||
            database->count + open_count + 2 > PARTS_MAX)
            return status;
        unsigned middle = range.first + (range.last - range.first) / 2;
        open[open_count++] = (struct range){middle, range.last};
        open[open_count++] = (struct range){range.first, middle};
    }
    return SW_OK;
}

enum sw_status sw_database_compile(const struct sw_patterns *patterns,
                                   struct sw_database **database, struct sw_error *error)
{
    struct sw_database *made = calloc(1, sizeof(*made));
    struct batch batch = {0};
    enum sw_status status = SW_OK;

    if (!made)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the pattern database");
    if (hs_valid_platform() != HS_SUCCESS)
        status = sw_fail(error, SW_PART, "prefilter", 0,
                         "this processor lacks SSSE3, which Hyperscan needs");
    if (status == SW_OK && patterns->count > 0) {
        status = batch_init(&batch, patterns)
                     ? compile_all(made, &batch, error)
                     : sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the patterns");
        batch_done(&batch);
    }
    if (status != SW_OK) {
        sw_database_free(made);
        return status;
    }
    *database = made;
    return SW_OK;
}

void sw_database_free(struct sw_database *database)
{
    if (!database)
        return;
    for (size_t part = 0; part < database->count; part++)
        hs_free_database(database->parts[part]);
    free(database);
}

enum sw_status sw_database_encode(const struct sw_database *database, struct sw_buf *out,
                                  struct sw_error *error)
{
    enum sw_status status = sw_buf_append_u32(out, (uint32_t)database->count);

    for (size_t part = 0; status == SW_OK && part < database->count; part++) {
        char *bytes = NULL;
        size_t size = 0;
        status = hs_serialize_database(database->parts[part], &bytes, &size) == HS_SUCCESS
                     ? sw_buf_append_block(out, bytes, size)
                     : SW_STOP;
        free(bytes);
    }
    if (status != SW_OK)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory to store the pattern database");
    return SW_OK;
}

enum sw_status sw_database_decode(struct sw_cursor *cursor, struct sw_database **database,
                                  struct sw_error *error)
{
    struct sw_database *made = calloc(1, sizeof(*made));
    struct sw_view bytes = {0};
    uint32_t count = 0;

    if (!made)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for the pattern database");
    if (sw_cursor_u32(cursor, &count) != SW_OK || count > PARTS_MAX)
        goto bad;
    for (uint32_t part = 0; part < count; part++) {
        if (sw_cursor_block(cursor, &bytes) != SW_OK ||
            hs_deserialize_database((const char *)bytes.data, bytes.size, &made->parts[part]) !=
                HS_SUCCESS)
            goto bad;
        made->count++;
    }
    *database = made;
    return SW_OK;
bad:
    sw_database_free(made);
    return sw_fail(error, SW_PART, "prefilter", 0,
                   "the stored pattern database cannot be read on this machine");
}

enum sw_status sw_database_scratch_new(const struct sw_database *database,
                                       struct sw_database_scratch **scratch, struct sw_error *error)
{
    struct sw_database_scratch *made = calloc(1, sizeof(*made));

    for (size_t part = 0; made && part < database->count; part++) {
        if (hs_alloc_scratch(database->parts[part], &made->scratch) != HS_SUCCESS) {
            sw_database_scratch_free(made);
            made = NULL;
        }
    }
    if (!made)
        return sw_fail(error, SW_STOP, "prefilter", 0, "no memory for a pattern scratch");
    *scratch = made;
    return SW_OK;
}

void sw_database_scratch_free(struct sw_database_scratch *scratch)
{
    if (scratch)
        hs_free_scratch(scratch->scratch);
    free(scratch);
}

struct listener {
    sw_database_found_fn *found;
    void *context;
};

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    const struct listener *listener = context;

    (void)from;
    (void)to;
    (void)flags;
    return listener->found(listener->context, id) ? 1 : 0;
}

enum sw_found sw_database_search(const struct sw_database *database,
                                 struct sw_database_scratch *scratch, const uint8_t *data,
                                 size_t size, sw_database_found_fn *found, void *context)
{
    struct listener listener = {found, context};

    if (size == 0)
        return SW_FOUND_NONE;
    if (size > UINT32_MAX)
        return SW_FOUND_UNKNOWN;
    for (size_t part = 0; part < database->count; part++) {
        hs_error_t result = hs_scan(database->parts[part], (const char *)data, (unsigned)size, 0,
                                    scratch->scratch, on_match, &listener);
        if (result == HS_SCAN_TERMINATED)
            return SW_FOUND_ENDED;
        if (result != HS_SUCCESS)
            return SW_FOUND_UNKNOWN;
    }
    return SW_FOUND_NONE;
}

#else /* no Hyperscan on this architecture */

enum sw_status sw_database_compile(const struct sw_patterns *patterns,
                                   struct sw_database **database, struct sw_error *error)
{
    (void)patterns;
    (void)database;
    return sw_fail(error, SW_PART, "prefilter", 0, "this build has no Hyperscan");
}

void sw_database_free(struct sw_database *database)
{
    (void)database;
}

enum sw_status sw_database_encode(const struct sw_database *database, struct sw_buf *out,
                                  struct sw_error *error)
{
    (void)database;
    (void)out;
    return sw_fail(error, SW_STOP, "prefilter", 0, "this build has no Hyperscan");
}

enum sw_status sw_database_decode(struct sw_cursor *cursor, struct sw_database **database,
                                  struct sw_error *error)
{
    (void)cursor;
    (void)database;
    return sw_fail(error, SW_PART, "prefilter", 0, "this build has no Hyperscan");
}

enum sw_status sw_database_scratch_new(const struct sw_database *database,
                                       struct sw_database_scratch **scratch, struct sw_error *error)
{
    (void)database;
    (void)scratch;
    return sw_fail(error, SW_STOP, "prefilter", 0, "this build has no Hyperscan");
}

void sw_database_scratch_free(struct sw_database_scratch *scratch)
{
    (void)scratch;
}

enum sw_found sw_database_search(const struct sw_database *database,
                                 struct sw_database_scratch *scratch, const uint8_t *data,
                                 size_t size, sw_database_found_fn *found, void *context)
{
    (void)database;
    (void)scratch;
    (void)data;
    (void)size;
    (void)found;
    (void)context;
    return SW_FOUND_UNKNOWN;
}

#endif
