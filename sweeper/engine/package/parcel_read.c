/* SPDX-License-Identifier: Apache-2.0 */
/* parcel_read.c - what a package says of itself, in the member where it does. */
#include <stdio.h>
#include <string.h>

#include "engine/package/json.h"
#include "engine/package/parcel.h"
#include "engine/package/reader.h"
#include "engine/package/yaml.h"

/* --- with the readers that there are ------------------------------------------------ */

/* The first package that is no dependency. */
static enum sw_status take_own(void *context, const struct sw_package *package)
{
    struct sw_parcel *parcel = context;

    if (package->use == SW_PACKAGE_REQUESTED || package->name.size == 0 ||
        package->version.size == 0)
        return SW_OK;
    parcel->source = SW_PARCEL_STATED;
    memcpy(parcel->name, package->name.data, package->name.size);
    memcpy(parcel->version, package->version.data, package->version.size);
    return SW_END;
}

static void emit(struct sw_package_reader *reader, struct sw_view name, struct sw_view version)
{
    (void)sw_package_emit(
        reader, (struct sw_package){.use = reader->use, .name = name, .version = version}, NULL);
}

/* --- gem: YAML of Gem::Specification ---------------------------------------------------- */

static void read_gem(struct sw_package_reader *reader)
{
    struct sw_view name = {0}, version = {0};
    struct sw_yaml yaml;

    sw_yaml_init(&yaml, reader->content);
    while ((name.size == 0 || version.size == 0) && sw_yaml_next(&yaml)) {
        if (yaml.is_item)
            continue;
        if (yaml.indent == 0 && sw_view_equal(yaml.key, SW_VIEW("name")) && name.size == 0)
            name = yaml.value;
        else if (sw_view_equal(yaml.key, SW_VIEW("version")) && version.size == 0 &&
                 yaml.indent > 0 && sw_view_equal(sw_yaml_parent(&yaml, 0), SW_VIEW("version")) &&
                 sw_yaml_parent(&yaml, 1).size == 0)
            version = yaml.value;
    }
    emit(reader, name, version);
}

/* --- conda: info/index.json ---------------------------------------------------------------- */

static void read_conda(struct sw_package_reader *reader)
{
    struct sw_view name = {0}, version = {0};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        if (kind != SW_LOOSE_STRING || json.depth != 1)
            continue;
        if (sw_loose_json_is(json.key, SW_VIEW("name")))
            name = json.value;
        else if (sw_loose_json_is(json.key, SW_VIEW("version")))
            version = json.value;
    }
    emit(reader, name, version);
}

/* --- jar: META-INF ---------------------------------------------------------------------------- */

/* The value of a line "KEY: value" or "KEY=value". */
static bool take_value(struct sw_view line, struct sw_view key, struct sw_view *value)
{
    if (!sw_view_starts(line, key) || value->size != 0)
        return false;
    *value = sw_view_trim(sw_view_skip(line, key.size));
    return true;
}

/* pom.properties: group:artifact. */
static void read_pom(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct sw_view group = {0}, artifact = {0}, version = {0}, line;
    char name[2 * SW_PACKAGE_TEXT_MAX + 2];

    while (sw_lines_next(&lines, &line))
        (void)(take_value(line, SW_VIEW("groupId="), &group) ||
               take_value(line, SW_VIEW("artifactId="), &artifact) ||
               take_value(line, SW_VIEW("version="), &version));
    if (group.size == 0 || artifact.size == 0 || group.size > SW_PACKAGE_TEXT_MAX ||
        artifact.size > SW_PACKAGE_TEXT_MAX)
        return;
    memcpy(name, group.data, group.size);
    name[group.size] = ':';
    memcpy(name + group.size + 1, artifact.data, artifact.size);
    emit(reader, (struct sw_view){(const uint8_t *)name, group.size + 1 + artifact.size}, version);
}

/* MANIFEST.MF: the best name of several that nobody has to write. */
static void read_manifest(struct sw_package_reader *reader)
{
    static const struct sw_view empty = {0};
    struct sw_view bundle = empty, title = empty, bundled = empty, version = empty, line;
    struct sw_lines lines = {reader->content};

    while (sw_lines_next(&lines, &line) && line.size > 0)
        (void)(take_value(line, SW_VIEW("Bundle-SymbolicName:"), &bundle) ||
               take_value(line, SW_VIEW("Implementation-Title:"), &title) ||
               take_value(line, SW_VIEW("Bundle-Version:"), &bundled) ||
               take_value(line, SW_VIEW("Implementation-Version:"), &version));
    bundle = sw_view_trim(sw_view_first(bundle, sw_view_find(bundle, ';')));
    emit(reader, bundle.size > 0 ? bundle : title, version.size > 0 ? version : bundled);
}

/* --- VSIX: <Identity Id="..." Version="..." Publisher="..."/> -------------------------------- */

static struct sw_view attribute(struct sw_view tag, struct sw_view key)
{
    for (size_t at = 0; at + key.size < tag.size; at++) {
        if (!sw_is_blank(tag.data[at]) || !sw_view_starts(sw_view_skip(tag, at + 1), key))
            continue;
        struct sw_view rest = sw_view_skip(tag, at + 1 + key.size);
        if (rest.size < 2 || (rest.data[0] != '"' && rest.data[0] != '\''))
            continue;
        struct sw_view value = sw_view_skip(rest, 1);
        size_t size = sw_view_find(value, rest.data[0]);
        return sw_view_first(value, size < value.size ? size : 0);
    }
    return (struct sw_view){0};
}

static void read_vsix_manifest(struct sw_package_reader *reader)
{
    const struct sw_view mark = SW_VIEW("<Identity");
    const struct sw_view text = reader->content;
    const uint8_t *at = text.size == 0 ? NULL : memmem(text.data, text.size, mark.data, mark.size);
    char name[2 * SW_PACKAGE_TEXT_MAX + 2];

    if (at == NULL)
        return;
    struct sw_view tag = sw_view_skip(text, (size_t)(at - text.data) + mark.size);
    tag = sw_view_first(tag, sw_view_find(tag, '>'));
    struct sw_view id = attribute(tag, SW_VIEW("Id="));
    struct sw_view publisher = attribute(tag, SW_VIEW("Publisher="));
    if (id.size == 0 || id.size > SW_PACKAGE_TEXT_MAX || publisher.size == 0 ||
        publisher.size > SW_PACKAGE_TEXT_MAX)
        return;
    memcpy(name, publisher.data, publisher.size);
    name[publisher.size] = '.';
    memcpy(name + publisher.size + 1, id.data, id.size);
    emit(reader, (struct sw_view){(const uint8_t *)name, publisher.size + 1 + id.size},
         attribute(tag, SW_VIEW("Version=")));
}

static sw_package_read_fn *reader_of(enum sw_parcel_form form, struct sw_view name)
{
    switch (form) {
    case SW_PARCEL_WHEEL:
    case SW_PARCEL_EGG:
    case SW_PARCEL_SDIST:
        return sw_read_python_metadata;
    case SW_PARCEL_NPM:
        return sw_read_package_json;
    case SW_PARCEL_VSIX:
        return sw_view_ends(name, SW_VIEW(".json")) ? sw_read_package_json : read_vsix_manifest;
    case SW_PARCEL_CONDA:
        return read_conda;
    case SW_PARCEL_GEM:
        return read_gem;
    case SW_PARCEL_DEB:
        return sw_read_dpkg_status;
    case SW_PARCEL_RPM:
        return sw_read_rpm_header;
    case SW_PARCEL_JAR:
        return sw_view_ends(name, SW_VIEW(".MF")) ? read_manifest : read_pom;
    case SW_PARCEL_FORM_COUNT:
        break;
    }
    return NULL;
}

bool sw_parcel_read(enum sw_parcel_form form, struct sw_view name, struct sw_view content,
                    struct sw_parcel *parcel)
{
    struct sw_parcel found = {.form = form};
    struct sw_package_reader reader = {.path = name,
                                       .content = content,
                                       .use = SW_PACKAGE_CACHED,
                                       .fn = take_own,
                                       .context = &found,
                                       .scale = 1};
    sw_package_read_fn *read = reader_of(form, name);

    if (sw_view_starts(content, SW_VIEW("\xef\xbb\xbf"))) {
        reader.start = 3;
        reader.content = sw_view_skip(content, 3);
    }
    if (read != NULL)
        read(&reader);
    if (found.source == SW_PARCEL_UNKNOWN)
        return false;
    if (read == read_manifest)
        found.source = SW_PARCEL_HINTED;
    *parcel = found;
    return true;
}
