/* SPDX-License-Identifier: Apache-2.0 */
/* packages.c - the packages that a file declares, against the known bad ones. */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "desk.h"
#include "fault.h"
#include "sweeper/package.h"
#include "sweeper/rows.h"

/* Versions reported for one indicator: a hostile lock file may name all that lie
 * within a range. */
enum { VERSIONS_MAX = 16 };

enum {
    CONTENT_STEP = 256 * 1024,   /* bytes read at a time when nobody knows how many there are */
    UNRESERVED_MAX = 256 * 1024, /* bytes that are not worth a reservation */
};

/* --- what has been reported -------------------------------------------------------- */

void packages_begin(struct desk *desk)
{
    desk->package_count = 0;
    desk->packages_limited = false;
}

void packages_done(struct desk *desk)
{
    free(desk->packages);
}

static bool same_version(const struct told_package *told, struct sw_view version)
{
    const struct sw_view known = {told->version, told->version_size};
    enum sw_ecosystem ecosystem = SW_ECOSYSTEM_BINARY;

    return sw_ecosystem_find(told->row->package.ecosystem, &ecosystem) &&
           sw_package_version_equal(ecosystem, known, version);
}

static void say_once(struct object *object, enum sw_gap reason, const char *id, const char *text)
{
    struct sw_error error = {0};

    if (object->desk->packages_limited)
        return;
    object->desk->packages_limited = true;
    (void)!sw_fail_gap(&error, SW_PART, reason, "packages", 0, "%s: %s", id, text);
    examine_gap(object, &error, NULL);
}

bool packages_told(struct object *object, const struct sw_indicator_hit *hit)
{
    struct desk *desk = object->desk;
    const struct sw_view version = hit->package_version;
    struct told_package told = {.row = hit->indicator, .version_size = version.size};
    size_t versions = 0;

    for (size_t i = 0; i < desk->package_count; i++) {
        if (desk->packages[i].row != hit->indicator)
            continue;
        if (same_version(&desk->packages[i], version))
            return true;
        versions++;
    }
    if (versions == VERSIONS_MAX) {
        say_once(object, SW_GAP_LIMIT_MEMBERS, hit->indicator->id,
                 "more than 16 of its versions are declared");
        return true;
    }
    if (!sw_rows_grow(&desk->packages, &desk->package_capacity, desk->package_count + 1,
                      sizeof(*desk->packages))) {
        say_once(object, SW_GAP_LIMIT_MEMORY, hit->indicator->id,
                 "fits, and there is no memory to say so");
        return true;
    }
    memcpy(told.version, version.data, version.size);
    desk->packages[desk->package_count++] = told;
    return false;
}

/* --- reading ---------------------------------------------------------------------- */

static enum sw_status on_package(void *context, const struct sw_package *package)
{
    struct object *object = context;
    struct sw_package packed = *package;

    /* Inside its archive a package is not installed yet. */
    if (object->is_fact && packed.use == SW_PACKAGE_INSTALLED)
        packed.use = SW_PACKAGE_CACHED;
    return sw_match_package(object->desk->engine->matcher, &packed, examine_indicator, object);
}

/* The next bytes, `step` at most. */
static enum sw_status read_on(struct sw_blob *blob, struct sw_buf *content, size_t step,
                              size_t *got, struct sw_error *error)
{
    if (fault_starves() || sw_buf_reserve(content, step) != SW_OK)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "packages", 0,
                           "no memory for %zu bytes", content->size + step);
    enum sw_status status =
        sw_blob_read_at(blob, content->size, content->data + content->size, step, got, error);
    if (status == SW_OK)
        content->size += *got;
    return status;
}

enum sw_status packages_content(struct sw_blob *blob, struct sw_buf *content, bool *cut,
                                struct sw_error *error)
{
    const size_t limit = content->size_max;
    size_t step = blob->size_known ? limit : CONTENT_STEP;
    size_t got = 0;
    uint8_t more;

    do {
        if (step > limit - content->size)
            step = limit - content->size;
        enum sw_status status = read_on(blob, content, step, &got, error);
        if (status != SW_OK)
            return status;
    } while (got == step && content->size < limit);
    if (content->size < SW_PACKAGE_CONTENT_MAX)
        return SW_OK;
    enum sw_status status = sw_blob_read_at(blob, limit, &more, 1, &got, error);
    *cut = status == SW_OK && got != 0;
    return status;
}

static void say_cut(struct object *object, const struct sw_package_format *format)
{
    struct sw_error error = {0};

    (void)!sw_fail_gap(&error, SW_PART, SW_GAP_LIMIT_BYTES, "packages", 0,
                       "%s: packages are read from the first 16 MiB only",
                       sw_package_format_name(format));
    examine_gap(object, &error, NULL);
}
_Static_assert(SW_PACKAGE_CONTENT_MAX == 16 * SW_MIB, "as the gap says");

static void say_unread(struct object *object, const struct sw_package_format *format,
                       const struct sw_error *why)
{
    struct sw_error error = {0};

    (void)!sw_fail_gap(&error, SW_PART, why->reason, "packages", 0,
                       "%s: its packages are not read: %.400s", sw_package_format_name(format),
                       why->text);
    examine_gap(object, &error, NULL);
}

/* With `limit` bytes of room. SW_SKIP: the packages are not read. */
static enum sw_status read_packages(struct object *object, const struct sw_package_format *format,
                                    struct sw_view path, size_t limit, struct sw_error *error)
{
    struct sw_buf content;
    bool cut = false;

    sw_buf_init(&content, limit);
    enum sw_status status = packages_content(object->blob, &content, &cut, error);
    if (status == SW_OK)
        status = sw_packages_read(format, path, sw_buf_view(&content), on_package, object, error);
    sw_buf_done(&content);
    if (cut && status != SW_STOP && status != SW_SKIP)
        say_cut(object, format);
    return status;
}

/* Bytes that may have to be read. What the scan saw the end of, it saw whole. */
static size_t bytes_wanted(const struct object *object)
{
    const struct sw_blob *blob = object->blob;
    uint64_t size = blob->size_known ? blob->size : SW_PACKAGE_CONTENT_MAX;

    if (!blob->size_known && object->scan_head.size < SW_IDENT_HEAD_MAX)
        size = object->scan_head.size;
    return size < SW_PACKAGE_CONTENT_MAX ? (size_t)size : SW_PACKAGE_CONTENT_MAX;
}

static enum sw_status read_within_budget(struct object *object,
                                         const struct sw_package_format *format,
                                         struct sw_view path, struct sw_error *error)
{
    struct sw_memory_budget *budget = &object->desk->engine->budget;
    const size_t limit = bytes_wanted(object);

    if (limit == 0)
        return SW_OK;
    /* A text in UTF-16 is read from a copy of half its size. */
    const uint64_t need = limit <= UNRESERVED_MAX ? 0 : limit + limit / 2;
    enum sw_status status = need == 0 ? SW_OK : sw_memory_budget_reserve(budget, need, error);
    if (status != SW_OK)
        return status;
    status = read_packages(object, format, path, limit, error);
    if (need != 0)
        sw_memory_budget_release(budget, need);
    return status;
}

/* A member is at hand as a whole: nothing is copied, and nobody who holds a member
 * waits for memory. */
static enum sw_status read_member(struct object *object, const struct sw_package_format *format,
                                  struct sw_view path, struct sw_error *error)
{
    const bool cut = object->blob->size > SW_PACKAGE_CONTENT_MAX;
    struct sw_view content = {(const uint8_t *)"",
                              cut ? SW_PACKAGE_CONTENT_MAX : (size_t)object->blob->size};
    enum sw_status status =
        content.size == 0 ? SW_OK : sw_blob_view(object->blob, &content.data, error);

    if (status == SW_OK)
        status = sw_packages_read(format, path, content, on_package, object, error);
    if (cut && status != SW_STOP && status != SW_SKIP)
        say_cut(object, format);
    return status;
}

enum sw_status packages_config(struct object *object, struct sw_view content)
{
    const struct sw_view path = sw_view_of(object->label.path);
    struct sw_error error;

    /* What breaks off has been said of the document already. */
    return sw_packages_read(sw_package_format_image_config(), path, content, on_package, object,
                            &error) == SW_STOP
               ? SW_STOP
               : SW_OK;
}

enum sw_status packages_examine(struct object *object)
{
    const struct sw_view path = {(const uint8_t *)object->label.path, strlen(object->label.path)};
    const struct sw_package_format *format = sw_package_format_of(path, object->scan_head);
    enum sw_status status = SW_OK;
    struct sw_error error = {0};

    if (format == NULL)
        return SW_OK;
    if (sw_package_format_needs_content(format) && object->parent != NULL)
        status = read_member(object, format, path, &error);
    else if (sw_package_format_needs_content(format))
        status = read_within_budget(object, format, path, &error);
    else
        status = sw_packages_read(format, path, (struct sw_view){(const uint8_t *)"", 0},
                                  on_package, object, &error);
    if (status == SW_SKIP)
        say_unread(object, format, &error);
    return status == SW_STOP ? SW_STOP : SW_OK; /* files that break off are ordinary */
}
