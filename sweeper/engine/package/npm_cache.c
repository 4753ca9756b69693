/* SPDX-License-Identifier: Apache-2.0 */
/* npm_cache.c - see npm_cache.h. */
#include "engine/package/npm_cache.h"

#include <stdio.h>

#include "engine/package/json.h"
#include "engine/package/reader.h"

enum {
    SUM_SIZE = 40, /* hexadecimal digits in front of a line's tab */
    KEY_MAX = 1024,
};

/* --- the key ----------------------------------------------------------------------- */

/* "%2f" and "%40" as npm writes them in a scope. */
static struct sw_view plain(struct sw_view text, uint8_t *scratch)
{
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        struct sw_view rest = sw_view_skip(text, i);
        bool slash = sw_view_starts_fold(rest, SW_VIEW("%2f"));
        bool at = sw_view_starts(rest, SW_VIEW("%40"));
        scratch[size++] = slash ? '/' : at ? '@' : text.data[i];
        i += slash || at ? 2 : 0;
    }
    return (struct sw_view){scratch, size};
}

/* The last one of several: whoever serves packages may do it below any path. */
static size_t find_mark(struct sw_view url)
{
    for (size_t at = url.size; at >= 3; at--)
        if (sw_view_ends(sw_view_first(url, at), SW_VIEW("/-/")))
            return at - 3;
    return url.size;
}

/* The last component; with the one before it when that is a scope. */
static struct sw_view package_of(struct sw_view path)
{
    struct sw_view name = sw_path_base(path);
    struct sw_view scope = sw_path_base(sw_path_parent(path));

    if (scope.size > 1 && scope.data[0] == '@')
        return sw_view_skip(path, path.size - name.size - 1 - scope.size);
    return name;
}

static bool copy(char *to, struct sw_view text)
{
    if (text.size == 0 || text.size > SW_PACKAGE_TEXT_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~')
            return false;
        to[i] = (char)text.data[i];
    }
    to[text.size] = '\0';
    return true;
}

/* ".../NAME/-/BASE-VERSION.tgz", BASE being the name without its scope. */
static void read_url(struct sw_view url, struct sw_npm_cache_entry *entry)
{
    uint8_t scratch[KEY_MAX];

    if (url.size > sizeof(scratch))
        return;
    url = plain(sw_view_first(url, sw_view_find(url, '?')), scratch);
    size_t mark = find_mark(url);
    struct sw_view name = package_of(sw_view_first(url, mark));
    struct sw_view base = sw_path_base(name);
    struct sw_view file = sw_view_skip(url, mark + 3);
    if (mark == url.size || !sw_view_starts(file, base) || !sw_view_ends(file, SW_VIEW(".tgz")) ||
        file.size <= base.size + 1 + 4 || file.data[base.size] != '-')
        return;
    struct sw_view version = sw_view_skip(file, base.size + 1);
    version.size -= 4;
    if (!copy(entry->name, name) || !copy(entry->version, version))
        entry->name[0] = '\0';
}

/* --- the digest ----------------------------------------------------------------------- */

static int base64_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (sw_is_digit(byte))
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

/* "sha512-BASE64", perhaps among others: the strongest names the file. */
static void read_integrity(struct sw_view text, struct sw_npm_cache_entry *entry)
{
    static const char hex[] = "0123456789abcdef";
    struct sw_view rest = text;
    unsigned bits = 0, held = 0;
    size_t size = 0;

    while (rest.size > 0 && !sw_view_starts(rest, SW_VIEW("sha512-")))
        rest = sw_view_skip(rest, sw_view_find(rest, ' ') + 1);
    rest = sw_view_skip(rest.size > 0 ? rest : text,
                        1 + sw_view_find(rest.size > 0 ? rest : text, '-'));
    for (size_t i = 0; i < rest.size && size < SW_NPM_CACHE_DIGEST; i++) {
        int value = base64_value(rest.data[i]);
        if (value < 0)
            break;
        held = (held << 6 | (unsigned)value) & 0xfff;
        for (bits += 6; bits >= 4 && size < SW_NPM_CACHE_DIGEST; bits -= 4)
            entry->digest[size++] = hex[held >> (bits - 4) & 15];
    }
    entry->digest[size == SW_NPM_CACHE_DIGEST ? size : 0] = '\0';
}

/* --- lines ----------------------------------------------------------------------------- */

bool sw_npm_cache_line(struct sw_view line, struct sw_npm_cache_entry *entry)
{
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;
    uint8_t scratch[KEY_MAX];

    entry->name[0] = entry->version[0] = entry->digest[0] = '\0';
    entry->at = line.data;
    if (line.size <= SUM_SIZE || line.data[SUM_SIZE] != '\t' ||
        !sw_view_is_hex(sw_view_first(line, SUM_SIZE)))
        return false;
    sw_loose_json_init(&json, sw_view_skip(line, SUM_SIZE + 1));
    while (sw_loose_json_next(&json, &kind)) {
        if (kind != SW_LOOSE_STRING || json.depth != 1 || json.frames[0].is_array)
            continue;
        if (sw_loose_json_is(json.key, SW_VIEW("key"))) {
            entry->at = json.value.data;
            read_url(sw_loose_json_text(json.value, scratch, sizeof(scratch)), entry);
        } else if (sw_loose_json_is(json.key, SW_VIEW("integrity"))) {
            read_integrity(sw_loose_json_text(json.value, scratch, sizeof(scratch)), entry);
        }
    }
    return true;
}

size_t sw_npm_cache_answer(struct sw_view content, char *text, size_t size)
{
    struct sw_lines lines = {content};
    struct sw_npm_cache_entry entry;
    struct sw_view line;
    int made = 0;

    while (sw_lines_next(&lines, &line))
        if (sw_npm_cache_line(line, &entry) && entry.name[0] != '\0' && entry.digest[0] != '\0')
            made = snprintf(text, size, "%s@%s/%s", entry.name, entry.version, entry.digest);
    return made > 0 && (size_t)made < size ? (size_t)made : 0;
}

void sw_read_npm_cache(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct sw_npm_cache_entry entry;
    struct sw_view line;

    while (sw_lines_next(&lines, &line)) {
        if (line.size == 0)
            continue;
        if (!sw_npm_cache_line(line, &entry)) {
            reader->broken = true;
            continue;
        }
        const struct sw_package package = {.ecosystem = SW_ECOSYSTEM_NPM,
                                           .use = reader->use,
                                           .name = sw_view_of(entry.name),
                                           .version = sw_view_of(entry.version)};
        if (entry.name[0] != '\0' && !sw_package_emit(reader, package, entry.at))
            return;
    }
}
