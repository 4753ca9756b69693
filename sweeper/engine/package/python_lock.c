/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python_lock.c - lock files of Python's package managers, and the project files
 * they lock. All are TOML but Pipfile.lock.
 *
 * TOML is read line by line: headers, and KEY = VALUE with the value's first line.
 * That is how each of these tools writes it.
 */
#include "engine/package/json.h"
#include "engine/package/reader.h"

struct toml {
    struct sw_lines lines;
    uint8_t quote; /* of the multi-line string that is open, or 0 */
    /* The line at hand. */
    struct sw_view header; /* inside of [header] or [[header]]; empty for other lines */
    bool is_array;         /* [[header]] */
    struct sw_view key;    /* without quotes; empty for lines inside arrays */
    struct sw_view value;  /* the rest of the line, or all of a line without a key */
};

/* True when `text` opens a multi-line string and does not close it. */
static bool leaves_open(struct sw_view text, uint8_t *quote)
{
    static const uint8_t quotes[] = {'"', '\''};
    for (size_t i = 0; i < sizeof(quotes); i++) {
        const uint8_t three[] = {quotes[i], quotes[i], quotes[i]};
        struct sw_view mark = {three, sizeof(three)};
        if (!sw_view_starts(text, mark))
            continue;
        *quote = quotes[i];
        return !sw_view_has(sw_view_skip(text, sizeof(three)), mark);
    }
    return false;
}

static bool closes(struct sw_view line, uint8_t quote)
{
    const uint8_t three[] = {quote, quote, quote};
    return sw_view_has(line, (struct sw_view){three, sizeof(three)});
}

static struct sw_view unquote(struct sw_view text)
{
    text = sw_view_trim(text);
    if (text.size == 0 || (text.data[0] != '"' && text.data[0] != '\''))
        return (struct sw_view){text.data, 0};
    struct sw_view inside = sw_view_skip(text, 1);
    return sw_view_first(inside, sw_view_find(inside, text.data[0]));
}

static void take_header(struct toml *toml, struct sw_view text)
{
    toml->is_array = sw_view_starts(text, SW_VIEW("[["));
    toml->header = sw_view_skip(text, toml->is_array ? 2 : 1);
    toml->header = sw_view_trim(sw_view_first(toml->header, sw_view_find(toml->header, ']')));
}

static void take_pair(struct toml *toml, struct sw_view text)
{
    bool quoted = text.data[0] == '"' || text.data[0] == '\'';
    size_t from = quoted ? sw_view_find(sw_view_skip(text, 1), text.data[0]) + 2 : 0;
    size_t equals = from + sw_view_find(sw_view_skip(text, from), '=');
    struct sw_view key = sw_view_trim(sw_view_first(text, equals));
    struct sw_view between = sw_view_trim(sw_view_first(sw_view_skip(text, from), equals - from));
    bool bare = !quoted && text.data[0] != '{' && text.data[0] != '[' && text.data[0] != ']';
    toml->value = text;
    if (equals >= text.size || (quoted && between.size > 0) || (!quoted && !bare))
        return;
    toml->key = quoted ? unquote(key) : key;
    toml->value = sw_view_trim(sw_view_skip(text, equals + 1));
}

static bool next_line(struct toml *toml)
{
    struct sw_view line;
    while (sw_lines_next(&toml->lines, &line)) {
        struct sw_view text = sw_view_trim(line);
        if (toml->quote != 0) {
            if (closes(text, toml->quote))
                toml->quote = 0;
            continue;
        }
        if (text.size == 0 || text.data[0] == '#')
            continue;
        toml->header = toml->key = toml->value = sw_view_first(text, 0);
        toml->is_array = false;
        /* "[[" and "[" in the first column, closed: an array's line is neither. */
        bool is_header = text.data[0] == '[' && sw_line_indent(line) == 0 &&
                         sw_view_find(text, ']') < text.size &&
                         sw_view_find(text, '=') == text.size;
        if (is_header)
            take_header(toml, text);
        else
            take_pair(toml, text);
        if (!leaves_open(toml->value, &toml->quote))
            toml->quote = 0;
        return true;
    }
    return false;
}

/* The string value of KEY in an inline table: { git = "...", rev = "..." } */
static struct sw_view inline_value(struct sw_view table, struct sw_view key)
{
    const struct sw_view none = {table.data, 0};
    if (table.size == 0 || table.data[0] != '{')
        return none;
    const uint8_t *at = memmem(table.data, table.size, key.data, key.size);
    if (at == NULL || (at[-1] != ' ' && at[-1] != '{' && at[-1] != ',' && at[-1] != '"'))
        return none;
    struct sw_view rest = sw_view_skip(table, (size_t)(at - table.data) + key.size);
    struct sw_view between = sw_view_trim(sw_view_first(rest, sw_view_find(rest, '=')));
    if (between.size > 1 || (between.size == 1 && between.data[0] != '"'))
        return none;
    return unquote(sw_view_skip(rest, sw_view_find(rest, '=') + 1));
}

/* --- lock files --- */

static void take_lock_value(struct toml *toml, bool own, struct sw_package *package)
{
    struct sw_view text = unquote(toml->value);
    if (own && sw_view_equal(toml->key, SW_VIEW("name")))
        package->name = text;
    else if (own && sw_view_equal(toml->key, SW_VIEW("version")))
        package->version = text;
    else if (own && sw_view_equal(toml->key, SW_VIEW("source"))) /* uv */
        (void)sw_git_commit(inline_value(toml->value, SW_VIEW("git")), &package->commit);
    else if (own && sw_view_equal(toml->key, SW_VIEW("vcs"))) /* pylock.toml */
        package->commit = inline_value(toml->value, SW_VIEW("commit-id"));
    else if ((sw_view_equal(toml->key, SW_VIEW("resolved_reference")) || /* poetry */
              sw_view_equal(toml->key, SW_VIEW("revision")) ||           /* pdm */
              sw_view_equal(toml->key, SW_VIEW("commit-id"))) &&
             sw_view_is_commit(text))
        package->commit = text;
}

static bool is_package(struct sw_view header)
{
    return sw_view_equal(header, SW_VIEW("package")) || sw_view_equal(header, SW_VIEW("packages"));
}

void sw_read_python_lock(struct sw_package_reader *reader)
{
    const struct sw_package empty = {.ecosystem = SW_ECOSYSTEM_PYPI, .use = reader->use};
    struct toml toml = {.lines = {reader->content}};
    struct sw_package package = empty;
    bool own = false; /* in [[package]] itself, not in a table below it */

    while (next_line(&toml)) {
        if (toml.header.size == 0) {
            take_lock_value(&toml, own, &package);
            continue;
        }
        own = toml.is_array && is_package(toml.header);
        if (!own && (sw_view_starts(toml.header, SW_VIEW("package.")) ||
                     sw_view_starts(toml.header, SW_VIEW("packages."))))
            continue;
        if (!sw_package_emit(reader, package, package.name.data))
            return;
        package = empty;
    }
    (void)sw_package_emit(reader, package, package.name.data);
    reader->broken = toml.quote != 0;
}

static void take_pipfile_value(const struct sw_loose_json *json, struct sw_package *package)
{
    if (sw_loose_json_is(json->key, SW_VIEW("version")))
        (void)sw_python_exact(json->value, &package->version);
    else if (sw_loose_json_is(json->key, SW_VIEW("ref")) && sw_view_is_commit(json->value))
        package->commit = json->value;
}

/* {"default": {NAME: {"version": "==1.2.3"}}, "develop": ...} and any category. */
void sw_read_pipfile_lock(struct sw_package_reader *reader)
{
    const struct sw_package empty = {.ecosystem = SW_ECOSYSTEM_PYPI, .use = reader->use};
    uint8_t name[SW_PACKAGE_TEXT_MAX];
    struct sw_package package = empty;
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        if (kind == SW_LOOSE_STRING && json.depth == 3)
            take_pipfile_value(&json, &package);
        if (kind != SW_LOOSE_CLOSE || json.depth != 2)
            continue;
        struct sw_view key = json.frames[2].key;
        package.name = sw_loose_json_text(key, name, sizeof(name));
        if (!sw_loose_json_is(json.frames[1].key, SW_VIEW("_meta")) &&
            !sw_package_emit(reader, package, key.data))
            return;
        package = empty;
    }
    reader->broken = json.broken;
}

/* --- pyproject.toml, Pipfile --- */

/* Every quoted text of the line as a requirement: arrays of PEP 508. */
static bool emit_quoted(struct sw_package_reader *reader, struct sw_view line)
{
    while (line.size > 0) {
        size_t at = 0;
        while (at < line.size && line.data[at] != '"' && line.data[at] != '\'')
            at++;
        if (at >= line.size || sw_view_find(sw_view_first(line, at), '#') < at)
            return reader->status == SW_OK;
        struct sw_view text = unquote(sw_view_skip(line, at));
        struct sw_package package = {.use = reader->use};
        if (sw_python_requirement(text, &package) &&
            !sw_package_emit(reader, package, package.name.data))
            return false;
        line = sw_view_skip(line, at + text.size + 2);
    }
    return reader->status == SW_OK;
}

/* NAME = "1.2.3" (poetry: exact), "==1.2.3", { version = "...", git and rev }. */
static bool emit_named(struct sw_package_reader *reader, const struct toml *toml)
{
    struct sw_package package = {
        .ecosystem = SW_ECOSYSTEM_PYPI, .use = reader->use, .name = toml->key};
    bool is_table = toml->value.size > 0 && toml->value.data[0] == '{';
    struct sw_view text = unquote(toml->value);
    if (is_table) {
        text = inline_value(toml->value, SW_VIEW("version"));
        package.commit = inline_value(toml->value, SW_VIEW("rev"));
        if (package.commit.size == 0)
            package.commit = inline_value(toml->value, SW_VIEW("ref"));
        if (!sw_view_is_commit(package.commit))
            package.commit.size = 0;
    }
    text = sw_view_trim(text);
    if (!sw_python_exact(text, &package.version) && text.size > 0 && sw_is_digit(text.data[0]) &&
        sw_package_version_within(SW_ECOSYSTEM_PYPI, text, text, text))
        package.version = text;
    return sw_package_emit(reader, package, toml->key.data);
}

enum table { TABLE_OTHER, TABLE_ARRAYS, TABLE_NAMES, TABLE_ONE };

/* [tool.poetry.dependencies.NAME], [packages.NAME]: what NAME = { ... } says, line by line. */
static bool is_table_of_one(struct sw_view header, struct sw_view *name)
{
    const bool poetry = sw_view_starts(header, SW_VIEW("tool.poetry."));
    const struct sw_view mark = poetry ? SW_VIEW("dependencies.") : SW_VIEW("packages.");
    const uint8_t *at = memmem(header.data, header.size, mark.data, mark.size);

    if (at == NULL || (!poetry && at != header.data && !sw_view_starts(header, SW_VIEW("dev-"))))
        return false;
    *name = sw_view_trim(sw_view_skip(header, (size_t)(at - header.data) + mark.size));
    if (name->size > 0 && (name->data[0] == '"' || name->data[0] == '\''))
        *name = unquote(*name);
    return name->size > 0;
}

static enum table table_of(struct sw_view header)
{
    if (sw_view_equal(header, SW_VIEW("packages")) ||
        sw_view_equal(header, SW_VIEW("dev-packages")) ||
        (sw_view_starts(header, SW_VIEW("tool.poetry.")) &&
         sw_view_ends(header, SW_VIEW("dependencies"))))
        return TABLE_NAMES;
    if (sw_view_equal(header, SW_VIEW("project")) ||
        sw_view_equal(header, SW_VIEW("build-system")) ||
        sw_view_equal(header, SW_VIEW("dependency-groups")) ||
        sw_view_starts(header, SW_VIEW("project.optional-dependencies")) ||
        sw_view_starts(header, SW_VIEW("tool.")))
        return TABLE_ARRAYS;
    return TABLE_OTHER;
}

void sw_read_pyproject(struct sw_package_reader *reader)
{
    struct toml toml = {.lines = {reader->content}};
    enum table table = TABLE_OTHER;
    struct sw_view name = {0};
    bool go_on = true;

    while (go_on && next_line(&toml)) {
        if (toml.header.size > 0)
            table = is_table_of_one(toml.header, &name) ? TABLE_ONE : table_of(toml.header);
        else if (table == TABLE_ONE && sw_view_equal(toml.key, SW_VIEW("version"))) {
            toml.key = name;
            go_on = emit_named(reader, &toml);
        } else if (table == TABLE_NAMES && toml.key.size > 0)
            go_on = emit_named(reader, &toml);
        else if (table == TABLE_ARRAYS)
            go_on = emit_quoted(reader, toml.value);
    }
    reader->broken = toml.quote != 0;
}
