/* SPDX-License-Identifier: Apache-2.0 */
/* listing.c - lists of indicators, and lock files that are not JSON. */
#include "engine/place/listing.h"

#include "engine/place/place_private.h"

enum { ROWS_MIN = 3 };

/* --- indicators ------------------------------------------------------------------ */

bool place_is_digest(struct sw_view field)
{
    for (size_t i = 0; i < field.size; i++)
        if (!place_hex(field.data[i]))
            return false;
    return field.size == 32 || field.size == 40 || field.size == 64 || field.size == 128;
}

/* The labels of a name or an address: between dots, or dots in brackets. */
static bool next_label(struct sw_view *rest, struct sw_view *label)
{
    size_t size = 0;

    while (size < rest->size && (place_ident(rest->data[size]) || rest->data[size] == '-'))
        size++;
    *label = place_first(*rest, size);
    *rest = place_after(*rest, size);
    if (place_starts(*rest, "[.]"))
        *rest = place_after(*rest, 3);
    else if (place_starts(*rest, "."))
        *rest = place_after(*rest, 1);
    else if (rest->size > 0)
        return false;
    return size > 0;
}

static bool is_octet(struct sw_view label)
{
    return label.size <= 3 && place_only(label, "0123456789");
}

static enum place_mark mark_of_name(struct sw_view field)
{
    struct sw_view rest = field, label = {0};
    size_t labels = 0, octets = 0;

    while (rest.size > 0) {
        if (!next_label(&rest, &label))
            return PLACE_MARK_NONE;
        labels++;
        octets += is_octet(label);
    }
    if (labels == 4 && octets == 4)
        return PLACE_MARK_SURE;
    if (labels < 2 || label.size < 2 || !place_letter(label.data[0]) ||
        field.data[field.size - 1] == '.')
        return PLACE_MARK_NONE;
    return place_has(field, "[.]") ? PLACE_MARK_SURE : PLACE_MARK_LIKELY;
}

enum place_mark place_mark_of(struct sw_view field)
{
    const uint8_t *colon;

    if (place_is_digest(field))
        return PLACE_MARK_SURE;
    if (place_starts(field, "http://") || place_starts(field, "https://") ||
        place_starts(field, "hxxp://") || place_starts(field, "hxxps://"))
        return place_has_byte(field, ' ') ? PLACE_MARK_NONE : PLACE_MARK_SURE;
    colon = field.size > 0 ? memchr(field.data, ':', field.size) : NULL;
    if (colon != NULL)
        field.size = (size_t)(colon - field.data);
    return field.size > 0 ? mark_of_name(field) : PLACE_MARK_NONE;
}

static struct sw_view unquoted(struct sw_view field)
{
    field = place_trim(field);
    if (field.size >= 2 && field.data[0] == '"' && field.data[field.size - 1] == '"')
        field = (struct sw_view){field.data + 1, field.size - 2};
    return field;
}

struct list {
    size_t rows, marked, sure;
    size_t fields; /* of a row; they are all alike */
};

static bool next_field(struct sw_view *rest, struct sw_view *field)
{
    bool quoted = false;
    size_t size = 0;

    for (; size < rest->size; size++) {
        uint8_t byte = rest->data[size];
        quoted = quoted != (byte == '"');
        if (!quoted && (byte == ',' || byte == ';' || byte == '\t' || byte == '|'))
            break;
    }
    *field = unquoted(place_first(*rest, size));
    *rest = place_after(*rest, size < rest->size ? size + 1 : size);
    return !quoted;
}

/* To a shell a row is commands between bars and semicolons; those that it could mean have
 * arguments. */
static bool holds_command(struct sw_view row)
{
    while (row.size > 0) {
        size_t size = 0;
        while (size < row.size && row.data[size] != ';' && row.data[size] != '|')
            size++;
        struct sw_view part = place_trim(place_first(row, size));
        if (place_has_byte(part, ' ') && place_is_statement(part))
            return true;
        row = place_after(row, size < row.size ? size + 1 : size);
    }
    return false;
}

/* False when the row is no row: its signs, or how many fields it has. */
static bool see_row(struct list *list, struct sw_view line)
{
    static const char *const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789._:/@[]-, \t;|\"'+()~*#%";
    struct sw_view field = {0};
    enum place_mark best = PLACE_MARK_NONE;
    size_t fields = 1;

    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] < 0x80 && strchr(signs, line.data[i]) == NULL)
            return false;
    for (struct sw_view rest = line; rest.size > 0; fields += rest.size > 0) {
        if (!next_field(&rest, &field))
            return false;
        enum place_mark mark = place_mark_of(field);
        best = mark > best ? mark : best;
    }
    if ((fields == 1 && best == PLACE_MARK_NONE) || holds_command(line))
        return false;
    list->fields = list->rows == 0 ? fields : list->fields;
    list->rows++;
    list->marked += best != PLACE_MARK_NONE;
    list->sure += best == PLACE_MARK_SURE;
    return fields == list->fields;
}

bool place_is_indicator_list(struct sw_view text)
{
    struct list list = {0};
    struct sw_view line = {0};

    while (place_next_line(&text, &line)) {
        line = place_trim(line);
        if (line.size > 0 && line.data[0] != '#' && !see_row(&list, line))
            return false;
    }
    return list.rows >= ROWS_MIN && list.sure > 0 && list.marked * 2 >= list.rows;
}

/* --- lock files -------------------------------------------------------------------- */

static bool is_yarn_key(struct sw_view line)
{
    static const char *const keys[] = {"version",
                                       "resolved",
                                       "integrity",
                                       "dependencies:",
                                       "optionalDependencies:",
                                       "uid",
                                       "version:",
                                       "resolution:",
                                       "peerDependencies:",
                                       "peerDependenciesMeta:",
                                       "cacheKey:",
                                       "dependenciesMeta:",
                                       "checksum:",
                                       "languageName:",
                                       "linkType:",
                                       "bin:",
                                       "conditions:",
                                       NULL};
    struct sw_view word = {0};

    return place_next_word(&line, &word) && place_among(word, keys);
}

/* Some way to make a shell run something inside a word. */
static bool expands(struct sw_view line)
{
    return place_has(line, "$(") || place_has_byte(line, '`') || place_has(line, "${");
}

static bool is_yarn_lock(struct sw_view text)
{
    struct sw_view line = {0};
    bool mark = place_has(text, "# yarn lockfile v1\n") || place_has(text, "\n__metadata:\n");
    size_t versions = 0;

    while (mark && place_next_line(&text, &line)) {
        struct sw_view body = place_trim(line);
        size_t indent = place_indent(line);
        if (body.size == 0 || body.data[0] == '#')
            continue;
        if (expands(body) || (indent == 0 && body.data[body.size - 1] != ':') ||
            (indent == 2 && !is_yarn_key(body)) || indent % 2 != 0)
            return false;
        versions += indent == 2 && place_starts(body, "version");
    }
    return mark && versions > 0;
}

/* A line of TOML whose values are constants: without calls, and without anything before a
 * quote that would make a program of the text. */
static bool is_constant_toml(struct sw_view line)
{
    static const char *const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_.-[]{}=, :+\t";
    uint8_t quote = 0;

    if (expands(line) || place_has(line, "\"\"\"") || place_has(line, "'''"))
        return false;
    for (size_t i = 0; i < line.size; i++) {
        uint8_t byte = line.data[i];
        if (quote != 0) {
            if (byte == '\\' && quote == '"')
                i++;
            else if (byte == quote)
                quote = 0;
        } else if (byte == '"' || byte == '\'') {
            if (i > 0 && strchr(" [{,=\t", line.data[i - 1]) == NULL)
                return false;
            quote = byte;
        } else if (byte == '#') {
            return true;
        } else if (strchr(signs, byte) == NULL) {
            return false;
        }
    }
    return quote == 0;
}

/* Where a dot or the end of the name stands. */
static struct sw_view first_name(struct sw_view line)
{
    size_t size = 0;

    while (size < line.size && (place_ident(line.data[size]) || line.data[size] == '-'))
        size++;
    return place_first(line, size);
}

/* The tables of lock files, and what stands before the first. One more, and a program may
 * take it: the file of a project with a package in it is no lock file. */
static bool is_lock_table(struct sw_view line)
{
    static const char *const tables[] = {"package",  "metadata",     "extras",
                                         "manifest", "options",      "patch",
                                         "root",     "distribution", NULL};

    return place_among(first_name(place_after(line, place_starts(line, "[[") ? 2 : 1)), tables);
}

static bool is_lock_key(struct sw_view line)
{
    static const char *const keys[] = {
        "version",          "revision",           "requires-python",
        "resolution-mode",  "resolution-markers", "supported-markers",
        "required-markers", "conflicts",          NULL};
    const struct sw_view key = first_name(line);
    const struct sw_view rest = place_trim(place_after(line, key.size));

    return strchr("\"'{]", line.data[0]) != NULL ||
           (place_among(key, keys) && place_starts(rest, "="));
}

static bool is_toml_shape(struct sw_view line)
{
    return strchr("[\"'{]}", line.data[0]) != NULL || place_has_byte(line, '=');
}

static bool is_toml_lock(struct sw_view text)
{
    struct sw_view line = {0};
    size_t packages = 0, versions = 0;
    bool table = false;

    while (place_next_line(&text, &line)) {
        line = place_trim(line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        if (line.data[0] == '[' && !is_lock_table(line))
            return false;
        table = table || line.data[0] == '[';
        if ((!table && !is_lock_key(line)) || !is_toml_shape(line) || !is_constant_toml(line))
            return false;
        packages += place_is(line, "[[package]]");
        versions += place_starts(line, "version = \"");
    }
    return packages > 0 && versions > 0;
}

static bool is_pnpm_lock(struct sw_view text)
{
    static const char *const keys[] = {"lockfileVersion",
                                       "settings",
                                       "importers",
                                       "packages",
                                       "snapshots",
                                       "dependencies",
                                       "devDependencies",
                                       "optionalDependencies",
                                       "specifiers",
                                       "overrides",
                                       "time",
                                       "catalogs",
                                       "patchedDependencies",
                                       "packageExtensionsChecksum",
                                       "pnpmfileChecksum",
                                       "ignoredOptionalDependencies",
                                       NULL};
    struct sw_view line = {0};
    bool version = false;

    while (place_next_line(&text, &line)) {
        const uint8_t *colon = line.size > 0 ? memchr(line.data, ':', line.size) : NULL;
        if (place_trim(line).size == 0 || place_is(line, "---"))
            continue;
        if (expands(line))
            return false;
        if (line.data[0] == ' ')
            continue;
        if (colon == NULL || !place_among(place_first(line, (size_t)(colon - line.data)), keys))
            return false;
        version = version || place_starts(line, "lockfileVersion:");
    }
    return version;
}

/* "module version h1:digest=" */
static bool is_go_sum(struct sw_view text)
{
    struct sw_view line = {0}, word = {0};
    size_t rows = 0;

    while (place_next_line(&text, &line)) {
        struct sw_view rest = line, digest = {0};
        size_t words = 0;
        for (; place_next_word(&rest, &word); digest = word)
            words++;
        if (words == 0)
            continue;
        word = digest;
        if (words != 3 || !place_starts(word, "h1:") || word.data[word.size - 1] != '=' ||
            expands(line))
            return false;
        rows++;
    }
    return rows > 0;
}

bool place_is_lock(struct sw_view text)
{
    return is_yarn_lock(text) || is_toml_lock(text) || is_pnpm_lock(text) || is_go_sum(text);
}
