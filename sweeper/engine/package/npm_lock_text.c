/* SPDX-License-Identifier: Apache-2.0 */
/* npm_lock_text.c - the lock files of yarn (classic and later) and pnpm: YAML, or
 * nearly. */
#include "engine/package/reader.h"
#include "engine/package/yaml.h"

/* --- yarn.lock, .yarn-state.yml --- */

static struct sw_view unquote(struct sw_view text)
{
    text = sw_view_trim(text);
    if (text.size > 0 && text.data[0] == '"') {
        text = sw_view_skip(text, 1);
        text = sw_view_first(text, sw_view_find(text, '"'));
    }
    return text;
}

/* KEY "value" of yarn 1, KEY: value of later ones. */
static bool take_field(struct sw_view text, struct sw_view key, struct sw_view *value)
{
    struct sw_view rest = sw_view_skip(text, key.size);
    if (!sw_view_starts(text, key) || rest.size == 0 ||
        (rest.data[0] != ':' && rest.data[0] != ' '))
        return false;
    *value = unquote(sw_view_skip(rest, 1));
    return true;
}

struct yarn_entry {
    struct sw_view asked;      /* the first of "a@^1.0, a@^1.2" */
    struct sw_view version;    /* both */
    struct sw_view resolution; /* "a@npm:1.2.3": later yarns */
    struct sw_view resolved;   /* a URL: yarn 1 */
};

static bool emit_yarn_entry(struct sw_package_reader *reader, const struct yarn_entry *entry)
{
    struct sw_package package = {.ecosystem = SW_ECOSYSTEM_NPM, .use = reader->use};
    struct sw_package resolved = package;
    struct sw_view what;
    struct sw_view from = entry->resolution.size > 0 ? entry->resolution : entry->asked;

    /* "__metadata:" of later yarns is no package: nothing asks for it. */
    if (sw_view_find(sw_view_skip(from, 1), '@') + 1 >= from.size ||
        from.size > 8 * SW_PACKAGE_TEXT_MAX)
        return reader->status == SW_OK;
    package.name = sw_npm_name(from, &what);
    if (sw_view_starts(what, SW_VIEW("npm:"))) {
        struct sw_view real = sw_view_skip(what, 4);
        struct sw_view range;
        /* "alias@npm:real@^1.0", but not "name@npm:^1.0" */
        if (sw_view_find(sw_view_skip(real, 1), '@') + 1 < real.size)
            package.name = sw_npm_name(real, &range);
    }
    resolved.name = package.name;
    if (sw_npm_resolve(what, &resolved))
        package = resolved;
    if (entry->version.size > 0)
        package.version = entry->version;
    (void)sw_git_commit(entry->resolution, &package.commit);
    if (sw_view_find(entry->resolved, '#') < entry->resolved.size &&
        !sw_view_has(entry->resolved, SW_VIEW(".tgz#"))) /* there it is the SHA-1 of the file */
        (void)sw_git_commit(entry->resolved, &package.commit);
    return sw_package_emit(reader, package, entry->asked.data);
}

void sw_read_yarn_lock(struct sw_package_reader *reader)
{
    struct sw_lines lines = {reader->content};
    struct yarn_entry entry = {.asked = {NULL, 0}};
    struct sw_view line;

    while (sw_lines_next(&lines, &line)) {
        struct sw_view text = sw_view_trim(line);
        if (text.size == 0 || text.data[0] == '#')
            continue;
        if (sw_line_indent(line) == 0) {
            if (!emit_yarn_entry(reader, &entry))
                return;
            if (sw_view_starts(text, SW_VIEW("? "))) /* long keys */
                text = sw_view_skip(text, 2);
            bool quoted = text.data[0] == '"';
            text = unquote(text);
            size_t end = sw_view_find(text, ',');
            if (!quoted && end == text.size && text.data[text.size - 1] == ':')
                end--;
            entry = (struct yarn_entry){.asked = sw_view_trim(sw_view_first(text, end))};
        } else if (sw_line_indent(line) == 2) {
            (void)(take_field(text, SW_VIEW("version"), &entry.version) ||
                   take_field(text, SW_VIEW("resolution"), &entry.resolution) ||
                   take_field(text, SW_VIEW("resolved"), &entry.resolved));
        }
    }
    (void)emit_yarn_entry(reader, &entry);
}

/* --- pnpm-lock.yaml --- */

/* The keys of "packages":
 *   5    /name/1.2.3, /@scope/name/1.2.3_peers, registry.example.com/name/1.2.3
 *   6    /name@1.2.3, /@scope/name@1.2.3(peer@1.0.0)
 *   9    name@1.2.3, @scope/name@1.2.3, name@https://.../COMMIT
 * 5 divides name and version by '/', the others by '@'. */
static void take_pnpm_key(struct sw_view key, bool by_slash, struct sw_package *package)
{
    struct sw_view what;
    if (key.size > 0 && key.data[0] == '/')
        key = sw_view_skip(key, 1);
    key = sw_view_first(key, sw_view_find(key, '('));
    if (!by_slash) {
        package->name = sw_npm_name(key, &what);
        (void)(sw_npm_resolve(what, package) || sw_git_commit(key, &package->commit));
        return;
    }
    struct sw_view host = sw_view_first(key, sw_view_find(key, '/'));
    if (host.size < key.size && sw_view_find(host, '.') < host.size && host.data[0] != '@' &&
        sw_view_find(sw_view_skip(key, host.size + 1), '/') + host.size + 1 < key.size)
        key = sw_view_skip(key, host.size + 1);
    size_t under = sw_view_find(key, '_'); /* peers follow, scopes of theirs with them */
    size_t slash = sw_view_find_last(key, '/');
    while (under < slash && under < key.size)
        under += 1 + sw_view_find(sw_view_skip(key, under + 1), '_');
    what = sw_view_first(sw_view_skip(key, slash + 1), under > slash ? under - slash - 1 : 0);
    package->name = sw_view_first(key, slash);
    (void)(sw_npm_resolve(what, package) || sw_git_commit(key, &package->commit));
}

void sw_read_pnpm_lock(struct sw_package_reader *reader)
{
    const struct sw_package empty = {.ecosystem = SW_ECOSYSTEM_NPM, .use = reader->use};
    struct sw_package package = empty;
    const uint8_t *at = NULL;
    bool by_slash = false;
    struct sw_yaml yaml;

    sw_yaml_init(&yaml, reader->content);
    while (sw_yaml_next(&yaml)) {
        if (yaml.depth == 0 && sw_view_equal(yaml.key, SW_VIEW("lockfileVersion")))
            by_slash = yaml.value.size > 0 && yaml.value.data[0] < '6' &&
                       (yaml.value.size == 1 || yaml.value.data[1] == '.');
        bool in_packages = yaml.depth > 0 && sw_view_equal(yaml.frames[0].key, SW_VIEW("packages"));
        if (yaml.depth < 2 && package.name.size > 0) {
            if (!sw_package_emit(reader, package, at))
                return;
            package = empty;
        }
        if (in_packages && yaml.depth == 1) {
            take_pnpm_key(yaml.key, by_slash, &package);
            at = yaml.key.data;
        } else if (in_packages && yaml.depth == 2 && sw_view_equal(yaml.key, SW_VIEW("name"))) {
            package.name = yaml.value;
        } else if (in_packages && yaml.depth == 2 && sw_view_equal(yaml.key, SW_VIEW("version"))) {
            package.version = yaml.value;
        }
    }
    (void)sw_package_emit(reader, package, at);
}
