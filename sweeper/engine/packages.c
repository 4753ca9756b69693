/* SPDX-License-Identifier: Apache-2.0 */
/* packages.c - the packages that a file declares, against the known bad ones. */
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "sweeper/package.h"
#include "sweeper/rows.h"

/* Versions reported for one indicator: a hostile lock file may name all that lie
 * within a range. */
enum { VERSIONS_MAX = 16 };

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
    return sw_match_package(object->desk->engine->matcher, package, examine_indicator, object);
}

/* All of a file that declares packages; they are small. */
static enum sw_status read_packages(struct object *object, const struct sw_package_format *format,
                                    struct sw_view path)
{
    struct sw_error error;
    struct sw_view content = {(const uint8_t *)"", 0};
    uint8_t *bytes = NULL;
    size_t got = 0;

    if (sw_package_format_needs_content(format)) {
        bytes = malloc(SW_PACKAGE_CONTENT_MAX);
        if (bytes == NULL || sw_blob_read_at(object->blob, 0, bytes, SW_PACKAGE_CONTENT_MAX, &got,
                                             &error) != SW_OK) {
            free(bytes);
            return SW_OK; /* the scan has said so already, or will be asked again */
        }
        content = (struct sw_view){bytes, got};
    }
    enum sw_status status = sw_packages_read(format, path, content, on_package, object, &error);
    free(bytes);
    return status == SW_STOP ? SW_STOP : SW_OK;
}

enum sw_status packages_examine(struct object *object)
{
    const struct sw_view path = {(const uint8_t *)object->label.path, strlen(object->label.path)};
    const struct sw_package_format *format = sw_package_format_of(path, object->scan_head);

    return format != NULL ? read_packages(object, format, path) : SW_OK;
}
