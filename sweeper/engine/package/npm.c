/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npm.c - package.json, the lock files of npm and bun, and editor extensions, which
 * describe themselves in a package.json too.
 */
#include "engine/package/json.h"
#include "engine/package/reader.h"

/* --- small grammars --- */

struct sw_view sw_npm_name(struct sw_view text, struct sw_view *what)
{
    size_t scope = text.size > 0 && text.data[0] == '@' ? 1 : 0;
    size_t at = scope + sw_view_find(sw_view_skip(text, scope), '@');
    *what = sw_view_skip(text, at + 1);
    return sw_view_first(text, at);
}

/* Three numbers at least: what is shorter is a range. */
static bool is_exact(struct sw_view text)
{
    struct sw_view rest = text;
    if (rest.size > 0 && (rest.data[0] == '=' || rest.data[0] == 'v'))
        rest = sw_view_skip(rest, 1);
    struct sw_view numbers = sw_view_first(rest, sw_view_find(rest, '-'));
    numbers = sw_view_first(numbers, sw_view_find(numbers, '+'));
    size_t dots = 0;
    for (size_t i = 0; i < numbers.size; i++)
        dots += numbers.data[i] == '.';
    return dots == 2 && sw_view_find(text, ' ') == text.size &&
           sw_package_version_within(SW_ECOSYSTEM_NPM, text, text, text);
}

bool sw_npm_resolve(struct sw_view what, struct sw_package *package)
{
    what = sw_view_trim(what);
    if (sw_view_starts(what, SW_VIEW("npm:"))) {
        struct sw_view rest = sw_view_skip(what, 4);
        struct sw_view after;
        struct sw_view name = sw_npm_name(rest, &after);
        if (after.size > 0 || !is_exact(rest)) {
            package->name = name;
            rest = after;
        }
        what = rest;
    }
    if (is_exact(what)) {
        package->version = what.data[0] == '=' ? sw_view_skip(what, 1) : what;
        return true;
    }
    return (sw_view_find(what, ':') < what.size || sw_view_find(what, '/') < what.size) &&
           sw_git_commit(what, &package->commit);
}

static struct sw_package npm_package(enum sw_package_use use)
{
    return (struct sw_package){.ecosystem = SW_ECOSYSTEM_NPM, .use = use};
}

/* --- package.json --- */

struct manifest {
    struct sw_view name;
    struct sw_view version;
    struct sw_view publisher;
    bool for_editor; /* engines.vscode */
};

static bool is_dependencies(struct sw_view key)
{
    static const char *const names[] = {
        "dependencies", "devDependencies", "optionalDependencies", "peerDependencies",
        "resolutions",  "overrides",       "bundledDependencies",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (sw_loose_json_is(key, sw_view_of(names[i])))
            return true;
    return false;
}

/* NAME of "NAME", "NAME@range", "parent/NAME", "parent/@scope/NAME", "**" and "/NAME" */
static struct sw_view override_name(struct sw_view key)
{
    struct sw_view what;
    size_t slash = sw_view_find_last(key, '/');
    if (slash < key.size) {
        struct sw_view before = sw_view_first(key, slash);
        struct sw_view scope = sw_path_base(before);
        key = scope.size > 0 && scope.data[0] == '@'
                  ? sw_view_skip(key, (size_t)(scope.data - key.data))
                  : sw_view_skip(key, slash + 1);
    }
    return sw_npm_name(key, &what);
}

/* One dependency that names exactly one version. */
static bool emit_dependency(struct sw_package_reader *reader, const struct sw_loose_json *json)
{
    uint8_t name[SW_PACKAGE_TEXT_MAX];
    uint8_t what[SW_PACKAGE_TEXT_MAX];
    struct sw_package package = npm_package(SW_PACKAGE_REQUESTED);
    struct sw_view key = json->key;
    if (json->depth > 2 && sw_loose_json_is(key, SW_VIEW("."))) /* overrides: the parent itself */
        key = json->frames[json->depth - 1].key;
    if (key.size > 6 * sizeof(name) || json->value.size > 6 * SW_PACKAGE_TEXT_MAX)
        return true;
    package.name = sw_loose_json_text(key, name, sizeof(name));
    if (!sw_loose_json_is(json->frames[1].key, SW_VIEW("dependencies")))
        package.name = override_name(package.name);
    if (!sw_npm_resolve(sw_loose_json_text(json->value, what, sizeof(what)), &package))
        return true;
    return sw_package_emit(reader, package, key.data);
}

static void take_manifest_value(const struct sw_loose_json *json, struct manifest *manifest)
{
    static const char *const engines[] = {"engines"};
    if (json->depth == 1 && sw_loose_json_is(json->key, SW_VIEW("name")))
        manifest->name = json->value;
    else if (json->depth == 1 && sw_loose_json_is(json->key, SW_VIEW("version")))
        manifest->version = json->value;
    else if (json->depth == 1 && sw_loose_json_is(json->key, SW_VIEW("publisher")))
        manifest->publisher = json->value;
    else if (sw_loose_json_at(json, 1, engines) && sw_loose_json_is(json->key, SW_VIEW("vscode")))
        manifest->for_editor = true;
}

/* The package itself: an npm package, or an extension under both of its names. */
static void emit_manifest(struct sw_package_reader *reader, const struct manifest *manifest)
{
    uint8_t name[SW_PACKAGE_TEXT_MAX];
    uint8_t version[SW_PACKAGE_TEXT_MAX];
    uint8_t publisher[SW_PACKAGE_TEXT_MAX];
    uint8_t id[2 * SW_PACKAGE_TEXT_MAX + 1];
    struct sw_package package = npm_package(reader->use);
    struct sw_view owner = sw_loose_json_text(manifest->publisher, publisher, sizeof(publisher));

    package.name = sw_loose_json_text(manifest->name, name, sizeof(name));
    package.version = sw_loose_json_text(manifest->version, version, sizeof(version));
    if (!manifest->for_editor || owner.size == 0) {
        (void)sw_package_emit(reader, package, manifest->name.data);
        return;
    }
    if (package.name.size == 0 || package.name.size > SW_PACKAGE_TEXT_MAX ||
        owner.size > SW_PACKAGE_TEXT_MAX || sw_view_find(owner, '.') < owner.size)
        return;
    memcpy(id, owner.data, owner.size);
    id[owner.size] = '.';
    memcpy(id + owner.size + 1, package.name.data, package.name.size);
    (void)sw_package_emit_extension(reader, package,
                                    (struct sw_view){id, owner.size + 1 + package.name.size},
                                    manifest->name.data);
}

void sw_read_package_json(struct sw_package_reader *reader)
{
    struct manifest manifest = {.for_editor = false};
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        if (kind != SW_LOOSE_STRING || json.depth == 0 || json.frames[0].is_array)
            continue;
        take_manifest_value(&json, &manifest);
        bool nested = json.depth > 2 && sw_loose_json_is(json.frames[1].key, SW_VIEW("overrides"));
        if ((json.depth == 2 || nested) && !json.frames[json.depth - 1].is_array &&
            is_dependencies(json.frames[1].key) && !emit_dependency(reader, &json))
            return;
    }
    emit_manifest(reader, &manifest);
    reader->broken = json.broken;
}

/* --- package-lock.json, npm-shrinkwrap.json --- */

struct lock {
    struct sw_package_reader *reader;
    struct sw_loose_json json;
    /* Of the entry of "packages" at hand; they stand in any order. */
    struct sw_view name;
    struct sw_view version;
    struct sw_view resolved;
};

/* "packages": {"node_modules/a/node_modules/@b/c": {"version": ...}} */
static bool emit_entry(struct lock *lock)
{
    uint8_t path[4 * SW_PACKAGE_TEXT_MAX];
    uint8_t name[SW_PACKAGE_TEXT_MAX];
    uint8_t version[SW_PACKAGE_TEXT_MAX];
    struct sw_package package = npm_package(lock->reader->use);
    struct sw_view mark = SW_VIEW("node_modules/");
    struct sw_view key = sw_loose_json_text(lock->json.frames[2].key, path, sizeof(path));

    package.version = sw_loose_json_text(lock->version, version, sizeof(version));
    (void)sw_git_commit(lock->resolved, &package.commit);
    for (size_t at = key.size; at >= mark.size && package.name.size == 0; at--)
        if (sw_view_ends(sw_view_first(key, at), mark))
            package.name = sw_view_skip(key, at);
    if (lock->name.size > 0) /* an alias, a workspace, the root */
        package.name = sw_loose_json_text(lock->name, name, sizeof(name));
    const uint8_t *at = lock->json.frames[2].key.data;
    lock->name = lock->version = lock->resolved = (struct sw_view){NULL, 0};
    return sw_package_emit(lock->reader, package, at);
}

/* "dependencies": {"a": {"version": ..., "dependencies": {...}}}, as deep as it goes.
 * A package may be called "version": its frames tell it from a version. */
static bool emit_tree_version(struct lock *lock)
{
    uint8_t name[SW_PACKAGE_TEXT_MAX];
    uint8_t what[SW_PACKAGE_TEXT_MAX];
    const struct sw_loose_json *json = &lock->json;
    struct sw_package package = npm_package(lock->reader->use);
    if (json->depth < 3 || json->depth % 2 == 0 ||
        !sw_loose_json_is(json->key, SW_VIEW("version")) ||
        !sw_loose_json_is(json->frames[1].key, SW_VIEW("dependencies")) ||
        !sw_loose_json_is(json->frames[json->depth - 2].key, SW_VIEW("dependencies")))
        return true;
    struct sw_view key = json->frames[json->depth - 1].key;
    package.name = sw_loose_json_text(key, name, sizeof(name));
    if (json->value.size > 6 * SW_PACKAGE_TEXT_MAX ||
        !sw_npm_resolve(sw_loose_json_text(json->value, what, sizeof(what)), &package))
        return true;
    return sw_package_emit(lock->reader, package, key.data);
}

static void take_entry_value(struct lock *lock)
{
    if (sw_loose_json_is(lock->json.key, SW_VIEW("name")))
        lock->name = lock->json.value;
    else if (sw_loose_json_is(lock->json.key, SW_VIEW("version")))
        lock->version = lock->json.value;
    else if (sw_loose_json_is(lock->json.key, SW_VIEW("resolved")))
        lock->resolved = lock->json.value;
}

void sw_read_package_lock(struct sw_package_reader *reader)
{
    static const char *const entry[] = {"packages", NULL};
    static const char *const entries[] = {"packages"};
    struct lock lock = {.reader = reader};
    enum sw_loose_json_kind kind;
    bool go_on = true;

    sw_loose_json_init(&lock.json, reader->content);
    while (go_on && sw_loose_json_next(&lock.json, &kind)) {
        if (kind == SW_LOOSE_STRING && sw_loose_json_at(&lock.json, 2, entry))
            take_entry_value(&lock);
        else if (kind == SW_LOOSE_STRING)
            go_on = emit_tree_version(&lock);
        else if (kind == SW_LOOSE_CLOSE && sw_loose_json_at(&lock.json, 1, entries))
            go_on = emit_entry(&lock);
    }
    reader->broken = lock.json.broken;
}

/* --- bun.lock: "packages": {"a": ["a@1.2.3", ...]} --- */

void sw_read_bun_lock(struct sw_package_reader *reader)
{
    static const char *const entry[] = {"packages", NULL};
    uint8_t scratch[2 * SW_PACKAGE_TEXT_MAX];
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        if (kind != SW_LOOSE_STRING || !sw_loose_json_at(&json, 2, entry) ||
            !json.frames[2].is_array || json.frames[2].count != 1 ||
            json.value.size > sizeof(scratch))
            continue;
        struct sw_package package = npm_package(reader->use);
        struct sw_view what;
        package.name = sw_npm_name(sw_loose_json_text(json.value, scratch, sizeof(scratch)), &what);
        if (sw_npm_resolve(what, &package) && !sw_package_emit(reader, package, json.value.data))
            return;
    }
    reader->broken = json.broken;
}

/* --- extensions.json: [{"identifier": {"id": ...}, "version": ...}] --- */

void sw_read_vscode_extensions(struct sw_package_reader *reader)
{
    const struct sw_package empty = {.use = reader->use};
    struct sw_package package = empty;
    struct sw_loose_json json;
    enum sw_loose_json_kind kind;

    sw_loose_json_init(&json, reader->content);
    while (sw_loose_json_next(&json, &kind)) {
        bool inside =
            json.depth == 3 && sw_loose_json_is(json.frames[2].key, SW_VIEW("identifier"));
        if (kind == SW_LOOSE_STRING && inside && sw_loose_json_is(json.key, SW_VIEW("id")))
            package.name = json.value;
        else if (kind == SW_LOOSE_STRING && json.depth == 2 &&
                 sw_loose_json_is(json.key, SW_VIEW("version")))
            package.version = json.value;
        if (kind != SW_LOOSE_CLOSE || json.depth != 1)
            continue;
        if (package.name.size > 0 &&
            !sw_package_emit_extension(reader, package, package.name, package.name.data))
            return;
        package = empty;
    }
    reader->broken = json.broken;
}

/* publisher.name-1.2.3.vsix, and name-1.2.3@platform.vsix */
void sw_read_vsix_name(struct sw_package_reader *reader)
{
    struct sw_view base = sw_path_base(reader->path);
    base = sw_view_first(base, base.size - (sizeof(".vsix") - 1));
    base = sw_view_first(base, sw_view_find(base, '@'));
    for (size_t dash = sw_view_find(base, '-'); dash < base.size;
         dash += 1 + sw_view_find(sw_view_skip(base, dash + 1), '-')) {
        struct sw_package package = {.use = reader->use, .version = sw_view_skip(base, dash + 1)};
        struct sw_view id = sw_view_first(base, dash);
        if (!is_exact(package.version))
            continue;
        package.ecosystem = SW_ECOSYSTEM_OPENVSX;
        package.name = id;
        if (sw_view_find(id, '.') < id.size)
            (void)sw_package_emit_extension(reader, package, id, NULL);
        else
            (void)sw_package_emit(reader, package, NULL);
        return;
    }
}
