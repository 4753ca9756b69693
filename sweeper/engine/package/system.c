/* SPDX-License-Identifier: Apache-2.0 */
/* system.c - programs that the system's own package manager, or a version manager,
 * has installed or is told to: dpkg, apk, asdf and mise. */
#include "engine/package/reader.h"

/* Stanzas of "KEY: value" divided by empty lines. */
static void read_stanzas(struct sw_package_reader *reader, struct sw_view name_key,
                         struct sw_view version_key)
{
    const struct sw_package empty = {.ecosystem = SW_ECOSYSTEM_BINARY, .use = reader->use};
    struct sw_lines lines = {reader->content};
    struct sw_package package = empty;
    struct sw_view line;

    while (sw_lines_next(&lines, &line)) {
        if (line.size == 0) {
            if (!sw_package_emit(reader, package, package.name.data))
                return;
            package = empty;
        } else if (sw_view_starts(line, name_key)) {
            package.name = sw_view_trim(sw_view_skip(line, name_key.size));
        } else if (sw_view_starts(line, version_key)) {
            package.version = sw_view_trim(sw_view_skip(line, version_key.size));
        }
    }
    (void)sw_package_emit(reader, package, package.name.data);
}

void sw_read_dpkg_status(struct sw_package_reader *reader)
{
    read_stanzas(reader, SW_VIEW("Package:"), SW_VIEW("Version:"));
}

/* What the source of rpms makes of a header: name and [EPOCH:]VERSION-RELEASE, and
 * then the version that the program itself has. */
void sw_read_rpm_header(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_BINARY, .use = reader->use};
    struct sw_view line;

    while (sw_lines_next(&lines, &line)) {
        if (sw_view_starts(line, SW_VIEW("Name: ")) && package.name.size == 0)
            package.name = sw_view_skip(line, 6);
        else if (sw_view_starts(line, SW_VIEW("Version: ")) && package.version.size == 0)
            package.version = sw_view_skip(line, 9);
    }
    if (!sw_package_emit(reader, package, package.name.data))
        return;
    size_t colon = sw_view_find(package.version, ':');
    if (colon < package.version.size)
        package.version = sw_view_skip(package.version, colon + 1);
    size_t dash = sw_view_find_last(package.version, '-');
    if (dash < package.version.size) {
        package.version = sw_view_first(package.version, dash);
        (void)sw_package_emit(reader, package, package.name.data);
    }
}

void sw_read_apk_installed(struct sw_package_reader *reader)
{
    read_stanzas(reader, SW_VIEW("P:"), SW_VIEW("V:"));
}

/* "NAME VERSION [VERSION...]", one tool a line. */
void sw_read_tool_versions(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct sw_view line;

    while (sw_lines_next(&lines, &line)) {
        struct sw_package package = {.ecosystem = SW_ECOSYSTEM_BINARY, .use = reader->use};
        line = sw_view_trim(sw_view_first(line, sw_view_find(line, '#')));
        package.name = sw_view_first(line, sw_view_find(line, ' '));
        struct sw_view rest = sw_view_trim(sw_view_skip(line, package.name.size));
        while (rest.size > 0) {
            package.version = sw_view_first(rest, sw_view_find(rest, ' '));
            rest = sw_view_trim(sw_view_skip(rest, package.version.size));
            if (!sw_package_emit(reader, package, package.name.data))
                return;
        }
    }
}
