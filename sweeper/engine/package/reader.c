/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - see reader.h: what is found on its way out; paths and lines. */
#include "engine/package/reader.h"

static bool is_sound(struct sw_view text)
{
    if (text.size > SW_PACKAGE_TEXT_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
    return true;
}

bool sw_package_emit(struct sw_package_reader *reader, struct sw_package package, const uint8_t *at)
{
    if (reader->status != SW_OK)
        return false;
    if (!sw_view_is_commit(package.commit))
        package.commit.size = 0;
    if (!sw_view_is_digest(package.digest))
        package.digest.size = 0;
    if (!is_sound(package.name) || !is_sound(package.version))
        return true;
    if (package.version.size + package.commit.size + package.digest.size == 0 ||
        (package.name.size == 0 && package.digest.size == 0))
        return true;
    if (at != NULL)
        package.offset = (uint64_t)(at - reader->content.data) * reader->scale + reader->start;
    reader->status = reader->fn(reader->context, &package);
    return reader->status == SW_OK;
}

bool sw_package_emit_image(struct sw_package_reader *reader, struct sw_view text, const uint8_t *at)
{
    struct sw_container_reference reference;
    if (sw_view_starts(text, SW_VIEW("docker://")))
        text = sw_view_skip(text, sizeof("docker://") - 1);
    if (!sw_container_reference_of(text, &reference))
        return reader->status == SW_OK;
    return sw_package_emit(reader,
                           (struct sw_package){.ecosystem = SW_ECOSYSTEM_CONTAINER,
                                               .use = reader->use,
                                               .name = reference.name,
                                               .version = reference.tag,
                                               .digest = reference.digest},
                           at);
}

bool sw_package_emit_action(struct sw_package_reader *reader, struct sw_view text)
{
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_GITHUB_ACTIONS, .use = reader->use};
    if (sw_view_starts(text, SW_VIEW("docker://")))
        return sw_package_emit_image(reader, text, text.data);
    size_t at = sw_view_find_last(text, '@');
    struct sw_view path = sw_view_first(text, at);
    struct sw_view ref = sw_view_skip(text, at + 1);
    size_t owner = sw_view_find(path, '/');
    size_t repository = sw_view_find(sw_view_skip(path, owner + 1), '/');
    /* ./local needs no ref and comes from this very tree. */
    if (owner == 0 || owner >= path.size || repository == 0 || path.data[0] == '.')
        return reader->status == SW_OK;
    package.name = sw_view_first(path, owner + 1 + repository);
    if (sw_view_is_commit(ref))
        package.commit = ref;
    else if (sw_view_starts(ref, SW_VIEW("refs/tags/")))
        package.version = sw_view_skip(ref, sizeof("refs/tags/") - 1);
    else
        package.version = ref;
    return sw_package_emit(reader, package, text.data);
}

bool sw_package_emit_extension(struct sw_package_reader *reader, struct sw_package package,
                               struct sw_view id, const uint8_t *at)
{
    package.ecosystem = SW_ECOSYSTEM_OPENVSX;
    package.name = id;
    if (!sw_package_emit(reader, package, at))
        return false;
    package.name = sw_view_skip(id, sw_view_find(id, '.') + 1);
    return sw_package_emit(reader, package, at);
}

/* --- paths --- */

struct sw_view sw_path_base(struct sw_view path)
{
    size_t slash = sw_view_find_last(path, '/');
    return slash == path.size ? path : sw_view_skip(path, slash + 1);
}

struct sw_view sw_path_parent(struct sw_view path)
{
    size_t slash = sw_view_find_last(path, '/');
    return slash == path.size ? sw_view_first(path, 0) : sw_view_first(path, slash);
}

/* --- lines --- */

bool sw_lines_next(struct sw_lines *lines, struct sw_view *line)
{
    if (lines->rest.size == 0)
        return false;
    size_t end = sw_view_find(lines->rest, '\n');
    *line = sw_view_first(lines->rest, end);
    lines->rest = sw_view_skip(lines->rest, end + 1);
    if (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return true;
}

size_t sw_line_indent(struct sw_view line)
{
    size_t indent = 0;
    while (indent < line.size && (line.data[indent] == ' ' || line.data[indent] == '\t'))
        indent++;
    return indent;
}
