/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python.c - what Python's installers leave and read, but for lock files: metadata
 * of distributions, archive names, requirements, conda environments.
 */
#include "engine/package/json.h"
#include "engine/package/reader.h"
#include "engine/package/yaml.h"

/* --- file names --- */

/* Where the name ends: at the first '-' that a digit follows. */
static size_t name_size(struct sw_view text)
{
    size_t at = 0;
    while (at < text.size) {
        at += sw_view_find(sw_view_skip(text, at), '-');
        if (at + 1 < text.size && sw_is_digit(text.data[at + 1]))
            return at;
        at++;
    }
    return text.size;
}

static bool is_version(struct sw_view text)
{
    return sw_package_version_within(SW_ECOSYSTEM_PYPI, text, text, text);
}

bool sw_python_file_name(struct sw_view base, struct sw_package *package)
{
    struct sw_view rest;
    bool whole = false; /* nothing but the version follows the name */
    if (sw_view_ends(base, SW_VIEW(".whl")) || sw_view_ends(base, SW_VIEW(".egg"))) {
        rest = sw_view_first(base, base.size - 4);
    } else if (sw_view_ends(base, SW_VIEW(".tar.gz"))) {
        rest = sw_view_first(base, base.size - 7);
        whole = true;
    } else {
        return false;
    }
    struct sw_view name = sw_view_first(rest, name_size(rest));
    struct sw_view version = sw_view_skip(rest, name.size + 1);
    if (!whole)
        version = sw_view_first(version, sw_view_find(version, '-'));
    if (name.size == 0 || !is_version(version))
        return false;
    package->ecosystem = SW_ECOSYSTEM_PYPI;
    package->name = name;
    package->version = version;
    return true;
}

void sw_read_python_archive(struct sw_package_reader *reader)
{
    struct sw_package package = {.use = reader->use};
    if (sw_python_file_name(sw_path_base(reader->path), &package))
        (void)sw_package_emit(reader, package, NULL);
}

/* --- requirements --- */

bool sw_python_exact(struct sw_view specifier, struct sw_view *version)
{
    const struct sw_view ends = SW_VIEW(",;()[]\\'\"#");
    specifier = sw_view_trim(specifier);
    if (!sw_view_starts(specifier, SW_VIEW("==")))
        return false;
    specifier = sw_view_skip(specifier, 2);
    if (specifier.size > 0 && specifier.data[0] == '=')
        specifier = sw_view_skip(specifier, 1);
    specifier = sw_view_trim(specifier);
    size_t size = 0;
    while (size < specifier.size && !sw_is_blank(specifier.data[size]) &&
           sw_view_find(ends, specifier.data[size]) == ends.size)
        size++;
    if (size == 0 || sw_view_find(sw_view_first(specifier, size), '*') < size)
        return false;
    *version = sw_view_first(specifier, size);
    return true;
}

bool sw_git_commit(struct sw_view url, struct sw_view *commit)
{
    for (size_t at = 0; at + 40 < url.size; at++) {
        if (url.data[at] != '@' && url.data[at] != '#' && url.data[at] != '=' &&
            url.data[at] != '/')
            continue;
        struct sw_view rest = sw_view_skip(url, at + 1);
        if (sw_view_is_commit(sw_view_first(rest, 40)) &&
            (rest.size == 40 || !sw_is_alnum(rest.data[40]))) {
            *commit = sw_view_first(rest, 40);
            return true;
        }
    }
    return false;
}

/* The archive or commit that a URL or path leads to. A name that stands before it
 * ("name @ URL") is known already; otherwise it comes from the archive, from
 * "#egg=" or from the repository. */
static bool resolve_url(struct sw_view url, struct sw_package *package)
{
    struct sw_view name = package->name;
    struct sw_view fragment = sw_view_skip(url, sw_view_find(url, '#') + 1);
    struct sw_view path = sw_view_first(url, sw_view_find(url, '#'));
    path = sw_view_first(path, sw_view_find(path, '?'));
    bool found = sw_python_file_name(sw_path_base(path), package);
    if (!found && sw_view_starts(url, SW_VIEW("git+")) && sw_git_commit(url, &package->commit)) {
        struct sw_view base = sw_path_base(path);
        package->name = sw_view_first(base, sw_view_find(base, '@'));
        if (sw_view_ends(package->name, SW_VIEW(".git")))
            package->name.size -= 4;
        if (sw_view_starts(fragment, SW_VIEW("egg=")))
            package->name = sw_view_skip(fragment, 4);
        package->name = sw_view_first(package->name, sw_view_find(package->name, '&'));
        package->name = sw_view_first(package->name, sw_view_find(package->name, '['));
        found = true;
    }
    if (name.size > 0)
        package->name = name;
    package->ecosystem = SW_ECOSYSTEM_PYPI;
    return found;
}

static bool is_url_start(struct sw_view text)
{
    struct sw_view word = sw_view_first(text, sw_view_find(text, ' '));
    return sw_view_has(word, SW_VIEW("://")) || sw_view_find(word, '/') < word.size ||
           sw_view_ends(word, SW_VIEW(".whl")) || sw_view_ends(word, SW_VIEW(".tar.gz"));
}

/* "[extra,...]" taken off. */
static struct sw_view skip_extras(struct sw_view rest)
{
    rest = sw_view_trim(rest);
    if (rest.size > 0 && rest.data[0] == '[')
        rest = sw_view_trim(sw_view_skip(rest, sw_view_find(rest, ']') + 1));
    return rest;
}

bool sw_python_requirement(struct sw_view text, struct sw_package *package)
{
    size_t size = 0;
    text = sw_view_trim(text);
    while (size < text.size && (sw_is_alnum(text.data[size]) || text.data[size] == '.' ||
                                text.data[size] == '-' || text.data[size] == '_'))
        size++;
    struct sw_view rest = skip_extras(sw_view_skip(text, size));
    bool is_direct = size > 0 && rest.size > 0 && rest.data[0] == '@';
    package->name = (struct sw_view){NULL, 0};
    if (!is_direct && is_url_start(text) && (size == 0 || !sw_view_starts(rest, SW_VIEW("=="))))
        return resolve_url(sw_view_first(text, sw_view_find(text, ' ')), package);
    if (size == 0)
        return false;
    package->ecosystem = SW_ECOSYSTEM_PYPI;
    package->name = sw_view_first(text, size);
    if (is_direct) {
        rest = sw_view_trim(sw_view_skip(rest, 1));
        return resolve_url(sw_view_first(rest, sw_view_find(rest, ' ')), package);
    }
    if (rest.size > 0 && rest.data[0] == '(')
        rest = sw_view_skip(rest, 1);
    /* Up to the marker, which may compare, too; trimmed once, not at each comma. */
    rest = sw_view_trim(sw_view_first(rest, sw_view_find(rest, ';')));
    while (rest.size > 0) {
        if (sw_python_exact(rest, &package->version))
            return true;
        rest = sw_view_skip(rest, sw_view_find(rest, ',') + 1);
    }
    return false;
}

/* A comment begins the line, or follows a blank: "#egg=" is none. */
static struct sw_view without_comment(struct sw_view line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] == '#' && (i == 0 || sw_is_blank(line.data[i - 1])))
            return sw_view_first(line, i);
    return line;
}

static bool emit_requirement(struct sw_package_reader *reader, struct sw_view text)
{
    struct sw_package package = {.use = SW_PACKAGE_REQUESTED};
    text = sw_view_trim(without_comment(text));
    if (sw_view_starts(text, SW_VIEW("-e ")))
        text = sw_view_trim(sw_view_skip(text, 3));
    else if (sw_view_starts(text, SW_VIEW("--editable")))
        text = sw_view_trim(sw_view_skip(text, sizeof("--editable")));
    if (text.size == 0 || text.data[0] == '-' || !sw_python_requirement(text, &package))
        return reader->status == SW_OK;
    return sw_package_emit(reader, package, text.data);
}

/* A requirement's version stands on its first line in every tool's output; lines
 * that go on hold hashes, which begin with "--". */
void sw_read_requirements(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct sw_view line;
    while (sw_lines_next(&lines, &line))
        if (!emit_requirement(reader, line))
            return;
}

void sw_read_conda_environment(struct sw_package_reader *reader)
{
    struct sw_yaml yaml;
    sw_yaml_init(&yaml, reader->content);
    while (sw_yaml_next(&yaml))
        if (yaml.key.size == 0 && sw_view_equal(sw_yaml_parent(&yaml, 0), SW_VIEW("pip")) &&
            !emit_requirement(reader, yaml.value))
            return;
}

/* --- metadata --- */

static bool take_header(struct sw_view line, struct sw_view name, struct sw_view *value)
{
    if (!sw_view_starts_fold(line, name))
        return false;
    *value = sw_view_trim(sw_view_skip(line, name.size));
    return true;
}

/* Headers as of a letter; the text after the first empty line is the description. */
void sw_read_python_metadata(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_PYPI, .use = reader->use};
    bool emitted = false;
    struct sw_view line;
    struct sw_view value;

    while (sw_lines_next(&lines, &line) && line.size > 0) {
        if (package.name.size == 0 && take_header(line, SW_VIEW("Name:"), &value))
            package.name = value;
        else if (package.version.size == 0 && take_header(line, SW_VIEW("Version:"), &value))
            package.version = value;
        else if (take_header(line, SW_VIEW("Requires-Dist:"), &value) &&
                 !emit_requirement(reader, value))
            return;
        if (!emitted && package.name.size > 0 && package.version.size > 0) {
            emitted = true;
            if (!sw_package_emit(reader, package, package.name.data))
                return;
        }
    }
    reader->broken = !emitted;
}

/* direct_url.json (PEP 610): the commit of what was installed from a repository. The
 * name stands in the folder's own. */
void sw_read_python_direct_url(struct sw_package_reader *reader)
{
    struct sw_view folder = sw_path_base(sw_path_parent(reader->path));
    struct sw_package package = {
        .ecosystem = SW_ECOSYSTEM_PYPI,
        .use = reader->use,
        .name = sw_view_first(folder, name_size(folder)),
    };
    static const char *const inside[] = {"vcs_info"};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        if (kind != SW_LOOSE_STRING || !sw_loose_json_at(&json, 1, inside) ||
            !sw_loose_json_is(json.key, SW_VIEW("commit_id")) || !sw_view_is_commit(json.value))
            continue;
        package.commit = json.value;
        if (!sw_package_emit(reader, package, json.value.data))
            return;
    }
    reader->broken = json.broken;
}
