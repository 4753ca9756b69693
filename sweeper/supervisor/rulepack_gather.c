/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack_gather.c - collects the rule sources once: the built-in set, then
 * each path that was given, with everything that includes may ask for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/builtin_rules.h"
#include "common/rule_lexer.h"
#include "common/rulepack_path.h"
#include "supervisor/json_lines.h"
#include "supervisor/pack_load.h"
#include "supervisor/rulepack_read.h"
#include "sweeper/buf.h"
#include "sweeper/indicator.h"
#include "sweeper/rulepack.h"
#include "sweeper/text.h"

/* A record takes 8 KiB, and make_unique() adds to it. */
enum { NAMESPACE_MAX = 8192 - 32 };

/* Which file on the disk a file to compile came from. */
struct origin {
    dev_t device;
    ino_t inode;
    bool known; /* false: built in, has several names, or is there for includes only */
};

struct gather {
    struct sw_rulepack *pack;
    struct origin *origins; /* as many as the pack has files, in any order */
    size_t capacity;
    size_t text_size; /* of all files so far */
    size_t root_count;
    struct sw_trust trust;
    struct sw_error *error;
};

/* One path that was given. */
struct root {
    int fd;
    enum sw_pack_kind kind; /* of its files */
    size_t index;
    size_t first;       /* its first file in the pack */
    const char *prefix; /* for names: the directory as given */
    size_t prefix_size;
};

static enum sw_status no_memory(struct gather *gather)
{
    (void)sw_fail(gather->error, SW_STOP, "rulepack", ENOMEM, "cannot gather the rules");
    return SW_STOP;
}

/* Takes the file's texts over, also when it fails. */
static enum sw_status append(struct gather *gather, struct sw_rule_file *file,
                             const struct origin *origin)
{
    struct sw_rulepack *pack = gather->pack;
    enum sw_status status = SW_STOP;
    if (!file->name || !file->namespace_ || !file->text || !file->root_relative) {
        no_memory(gather);
        goto out;
    }
    if (file->text_size > SW_RULEPACK_SIZE_MAX - gather->text_size) {
        sw_fail(gather->error, SW_STOP, "rulepack", 0, "%s: the rules are over 64 MiB in all",
                file->name);
        goto out;
    }
    if (pack->count == gather->capacity) {
        size_t capacity = gather->capacity ? gather->capacity * 2 : 64;
        struct sw_rule_file *files = reallocarray(pack->files, capacity, sizeof(*files));
        if (files)
            pack->files = files;
        struct origin *origins = reallocarray(gather->origins, capacity, sizeof(*origins));
        if (origins)
            gather->origins = origins;
        if (!files || !origins) {
            no_memory(gather);
            goto out;
        }
        gather->capacity = capacity;
    }
    gather->text_size += file->text_size;
    gather->origins[pack->count] = *origin;
    pack->files[pack->count++] = *file;
    return SW_OK;
out:
    free(file->name);
    free(file->namespace_);
    free(file->text);
    free(file->root_relative);
    return status;
}

/* `a` and the first `b_size` bytes of `b`; NULL when memory is short. */
static char *concat(const char *a, const char *b, size_t b_size)
{
    char *text = NULL;
    return asprintf(&text, "%s%.*s", a, (int)b_size, b) < 0 ? NULL : text;
}

/* The path without its suffix, slashes as dots for the built-in set. It stands
 * in records, so bytes that cannot stand there are escaped. */
static char *namespace_of(enum sw_pack_kind kind, const char *path, bool builtin)
{
    struct sw_buf text;
    size_t size = strlen(path);
    if (sw_rules_has_suffix(kind, path))
        size = (size_t)(strrchr(path, '.') - path);
    sw_buf_init(&text, NAMESPACE_MAX);
    if (sw_buf_append_text(&text, builtin ? "builtin." : "") != SW_OK ||
        sw_text_escape(&text, (struct sw_view){(const uint8_t *)path, size}) != SW_OK ||
        sw_buf_terminate(&text) != SW_OK) {
        sw_buf_done(&text);
        return NULL;
    }
    char *whole = (char *)text.data; /* ownership moves */
    for (char *at = whole; builtin && *at; at++)
        *at = *at == '/' ? '.' : *at;
    return whole;
}

static char *text_of(struct sw_view view)
{
    return strndup((const char *)view.data, view.size);
}

static enum sw_status add_builtin(struct gather *gather)
{
    const struct origin nowhere = {0, 0, false};
    struct sw_cursor cursor;
    uint8_t *bytes = sw_builtin_open(SW_BUILTIN_RULES, &cursor);
    enum sw_status status = bytes ? SW_OK : no_memory(gather);
    while (status == SW_OK && !sw_cursor_at_end(&cursor)) {
        struct sw_view path;
        struct sw_view text;
        if (sw_cursor_block(&cursor, &path) != SW_OK || sw_cursor_block(&cursor, &text) != SW_OK) {
            status =
                sw_fail(gather->error, SW_STOP, "rulepack", 0, "the built-in rules are damaged");
            break;
        }
        struct sw_rule_file file = {.builtin = true, .root_index = gather->root_count};
        file.root_relative = text_of(path);
        if (file.root_relative && sw_rules_has_suffix(SW_PACK_INDICATORS, file.root_relative))
            file.kind = SW_PACK_INDICATORS;
        file.text = text_of(text);
        file.text_size = text.size;
        if (file.root_relative) {
            file.name = concat("builtin:", file.root_relative, path.size);
            file.namespace_ = namespace_of(file.kind, file.root_relative, true);
        }
        status = append(gather, &file, &nowhere);
    }
    free(bytes);
    gather->root_count++;
    return status;
}

static bool seen_before(const struct gather *gather, const struct origin *origin)
{
    for (size_t i = 0; origin->known && i < gather->pack->count; i++) {
        const struct origin *other = &gather->origins[i];
        if (other->known && other->inode == origin->inode && other->device == origin->device)
            return true;
    }
    return false;
}

/* Reads an open file into the pack. Takes `fd` over. A file that was given
 * before, by another path or link, may be included again but is not compiled
 * twice. */
static enum sw_status add_fd(struct gather *gather, const struct root *root, const char *path,
                             int fd, bool include_only)
{
    struct sw_rule_file file = {
        .kind = root->kind, .include_only = include_only, .root_index = root->index};
    struct stat stat;
    file.name = concat("", root->prefix, root->prefix_size);
    if (file.name) {
        char *name = concat(file.name, path, strlen(path));
        free(file.name);
        file.name = name;
    }
    enum sw_status status = file.name ? SW_OK : no_memory(gather);
    if (status == SW_OK && fstat(fd, &stat) != 0)
        status = sw_fail(gather->error, SW_STOP, "rulepack", errno, "%s", file.name);
    if (status == SW_OK)
        status = sw_rules_read_text(fd, file.name, &file.text, &file.text_size, gather->error);
    close(fd);
    if (status != SW_OK) {
        free(file.name);
        return status;
    }
    /* With one name only, the same inode is the same file. */
    struct origin origin = {stat.st_dev, stat.st_ino, stat.st_nlink == 1 && !include_only};
    if (seen_before(gather, &origin)) {
        file.include_only = true;
        origin.known = false;
    }
    file.root_relative = strdup(path);
    file.namespace_ = namespace_of(root->kind, path, false);
    return append(gather, &file, &origin);
}

static bool in_root(const struct gather *gather, const struct root *root, const char *path)
{
    for (size_t i = root->first; i < gather->pack->count; i++)
        if (strcmp(gather->pack->files[i].root_relative, path) == 0)
            return true;
    return false;
}

static enum sw_status leaves_root(const struct gather *gather, const struct root *root,
                                  const struct sw_rule_file *file,
                                  const struct sw_rule_token *include)
{
    return sw_fail(gather->error, SW_STOP, "rulepack", 0,
                   "%s:%d: error: include \"%.*s\" leaves the directory of the rules (%.*s)",
                   file->name, include->line, (int)include->text.size,
                   (const char *)include->text.data,
                   root->prefix_size > 0 ? (int)root->prefix_size : 1,
                   root->prefix_size > 0 ? root->prefix : ".");
}

/* One directive. A file that is not there is left to libyara, which alone
 * knows whether the directive is one; one that leads out is refused here. */
static enum sw_status add_include(struct gather *gather, const struct root *root, size_t file_index,
                                  const struct sw_rule_token *include)
{
    const struct sw_rule_file *file = &gather->pack->files[file_index];
    char *target = text_of(include->text);
    char *path = target ? sw_rulepack_join(file->root_relative, target) : NULL;
    enum sw_status status = SW_OK;
    if (!target) {
        status = no_memory(gather);
    } else if (!path) {
        status = *target ? leaves_root(gather, root, file, include) : SW_OK;
    } else if (!in_root(gather, root, path)) {
        int fd = sw_rules_open_beneath(root->fd, path, O_RDONLY);
        if (fd >= 0)
            status = add_fd(gather, root, path, fd, true);
        else if (errno == EXDEV || errno == ELOOP)
            status = leaves_root(gather, root, file, include);
        else if (errno != ENOENT && errno != ENOTDIR)
            status = sw_fail(gather->error, SW_STOP, "rulepack", errno,
                             "%s:%d: error: include \"%s\"", file->name, include->line, target);
    }
    free(path);
    free(target);
    return status;
}

/* Follows includes until nothing new turns up: the pack grows while it is
 * walked, and each file enters it once. */
static enum sw_status add_includes(struct gather *gather, const struct root *root)
{
    enum sw_status status = SW_OK;
    for (size_t i = root->first; status == SW_OK && i < gather->pack->count; i++) {
        struct sw_rule_lexer lexer = sw_rule_lexer_of(gather->pack->files[i].text);
        struct sw_rule_token token;
        while (status == SW_OK && sw_rule_lexer_next(&lexer, &token))
            if (token.include)
                status = add_include(gather, root, i, &token);
    }
    return status;
}

static enum sw_status add_directory(struct gather *gather, const char *path, struct root *root)
{
    struct sw_path_list list = {NULL, 0, 0};
    enum sw_status status =
        sw_rules_list_directory(root->fd, root->kind, path, &list, gather->error);
    if (status == SW_OK && list.count == 0)
        status = sw_fail(gather->error, SW_STOP, "rulepack", 0, "%s: no %s file below it", path,
                         root->kind == SW_PACK_RULES ? "*.yar or *.yara" : "*.json");
    for (size_t i = 0; status == SW_OK && i < list.count; i++) {
        int fd = sw_rules_open_beneath(root->fd, list.rows[i], O_RDONLY);
        if (fd >= 0)
            status = add_fd(gather, root, list.rows[i], fd, false);
        else if (errno == EXDEV || errno == ELOOP)
            status = sw_fail(gather->error, SW_STOP, "rulepack", 0,
                             "%s/%s: a symbolic link that leaves the directory of the rules", path,
                             list.rows[i]);
        else
            status =
                sw_fail(gather->error, SW_STOP, "rulepack", errno, "%s/%s", path, list.rows[i]);
    }
    sw_path_list_done(&list);
    return status;
}

/* The files of a pack are all there: nothing on the disk is included by them. */
static enum sw_status add_pack(struct gather *gather, const char *path, int fd)
{
    const struct origin nowhere = {0, 0, false};
    struct sw_pack *pack = NULL;
    size_t first_root = gather->root_count;
    enum sw_status status = sw_pack_load(fd, path, &gather->trust, &pack, gather->error);
    bool known = status == SW_OK && sw_pack_is_known(gather->pack, pack);
    if (status == SW_OK && !known)
        status = sw_pack_note(gather->pack, pack, path, gather->error);
    for (size_t i = 0; status == SW_OK && !known && i < pack->rules->count; i++) {
        struct sw_rule_file file = pack->rules->files[i];
        pack->rules->files[i] = (struct sw_rule_file){.name = NULL}; /* its texts move */
        gather->root_count = first_root + file.root_index + 1;
        file.root_index += first_root;
        status = append(gather, &file, &nowhere);
    }
    sw_pack_free(pack);
    return status;
}

static enum sw_status add_loose_file(struct gather *gather, const char *path,
                                     const struct root *root, int fd)
{
    enum sw_status status = add_fd(gather, root, path + root->prefix_size, fd, false);
    if (status == SW_OK && root->kind == SW_PACK_RULES)
        status = add_includes(gather, root);
    return status;
}

static enum sw_status refuse_loose(struct gather *gather, const char *path)
{
    return sw_fail(gather->error, SW_STOP, "rulepack", 0,
                   "%s: not a rule pack, and --require-signed takes nothing else from outside",
                   path);
}

/* A file that is named outright may be a link to anywhere; its root is the
 * directory in which it was named. It may be a pipe, as the shell's <(...)
 * gives it: then its writer is waited for. It may be a pack. */
static enum sw_status add_file(struct gather *gather, const char *path, bool pipe,
                               const struct root *root)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (pipe ? 0 : O_NONBLOCK));
    if (fd < 0)
        return sw_fail(gather->error, SW_STOP, "rulepack", errno, "%s", path);
    enum sw_status status = pipe ? sw_pack_settle_pipe(&fd, path, gather->error) : SW_OK;
    bool packed = status == SW_OK && sw_pack_recognise(fd);
    if (packed)
        status = add_pack(gather, path, fd);
    else if (status == SW_OK && gather->trust.required)
        status = refuse_loose(gather, path);
    else if (status == SW_OK)
        return add_loose_file(gather, path, root, fd);
    close(fd);
    return status;
}

static int compare_files(const void *a, const void *b)
{
    const struct sw_rule_file *one = a;
    const struct sw_rule_file *other = b;
    if (one->root_index != other->root_index)
        return one->root_index < other->root_index ? -1 : 1;
    return strcmp(one->root_relative, other->root_relative);
}

static enum sw_status open_root(struct gather *gather, const char *path, bool directory,
                                struct root *root, char **made)
{
    const char *slash = strrchr(path, '/');
    size_t size = strlen(path);
    if (directory && size > 0 && path[size - 1] != '/') {
        *made = concat(path, "/", 1);
        if (!*made)
            return no_memory(gather);
        root->prefix = *made;
        root->prefix_size = size + 1;
    } else {
        root->prefix = path;
        root->prefix_size = directory ? size : slash ? (size_t)(slash - path) + 1 : 0;
        *made = root->prefix_size > 0 ? strndup(path, root->prefix_size) : strdup(".");
        if (!*made)
            return no_memory(gather);
    }
    root->fd = open(*made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root->fd < 0)
        return sw_fail(gather->error, SW_STOP, "rulepack", errno, "%s", *made);
    return SW_OK;
}

static enum sw_status add_path(struct gather *gather, enum sw_pack_kind kind, const char *path)
{
    struct root root = {
        .fd = -1, .kind = kind, .index = gather->root_count++, .first = gather->pack->count};
    struct stat stat_;
    char *made = NULL;
    if (stat(path, &stat_) != 0)
        return sw_fail(gather->error, SW_STOP, "rulepack", errno, "%s", path);
    bool directory = S_ISDIR(stat_.st_mode);
    if (directory && gather->trust.required)
        return refuse_loose(gather, path);
    enum sw_status status = open_root(gather, path, directory, &root, &made);
    if (status == SW_OK)
        status = directory ? add_directory(gather, path, &root)
                           : add_file(gather, path, S_ISFIFO(stat_.st_mode), &root);
    if (status == SW_OK && directory && kind == SW_PACK_RULES)
        status = add_includes(gather, &root);
    if (root.fd >= 0)
        close(root.fd);
    free(made);
    return status;
}

static bool namespace_taken(const struct sw_rulepack *pack, size_t count, const char *namespace_)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(pack->files[i].namespace_, namespace_) == 0)
            return true;
    return false;
}

/* Of two files with the same namespace the later one becomes name~2. */
static enum sw_status make_unique(struct gather *gather)
{
    struct sw_rulepack *pack = gather->pack;
    for (size_t i = 0; i < pack->count; i++) {
        char *base = pack->files[i].namespace_;
        char *unique = base;
        for (unsigned n = 2; namespace_taken(pack, i, unique); n++) {
            char number[16];
            snprintf(number, sizeof(number), "~%u", n);
            if (unique != base)
                free(unique);
            unique = concat(base, number, strlen(number));
            if (!unique)
                return no_memory(gather);
        }
        pack->files[i].namespace_ = unique;
        if (unique != base)
            free(base);
    }
    return SW_OK;
}

/* What is wrong with a file of indicators is said with its line. */
static enum sw_status check_indicators(const struct gather *gather)
{
    struct sw_indicators set;
    struct sw_indicator_spot spot;
    struct sw_error error;
    size_t bad = 0;
    sw_indicators_init(&set);
    enum sw_status status = sw_indicators_of_pack(gather->pack, &set, &bad, &spot, &error);
    sw_indicators_free(&set);
    if (status == SW_OK)
        return SW_OK;
    const struct sw_rule_file *file = &gather->pack->files[bad];
    size_t line = spot.line > 0 ? (size_t)spot.line
                                : sw_json_line_of(file->text, file->text_size, spot.pointer);
    return sw_fail(gather->error, SW_STOP, "rulepack", 0, "%s:%zu: error: %s", file->name,
                   line > 0 ? line : 1, error.text);
}

static enum sw_status digest_block(struct sw_digest *digest, const void *data, uint64_t size)
{
    uint8_t prefix[8];
    for (unsigned i = 0; i < 8; i++)
        prefix[i] = (uint8_t)(size >> (8 * i));
    enum sw_status status = sw_digest_update(digest, prefix, sizeof(prefix));
    if (status == SW_OK && size > 0)
        status = sw_digest_update(digest, data, (size_t)size);
    return status;
}

/* Lengths go in too, so that no two packs feed the same bytes. */
static enum sw_status make_digest(struct gather *gather, size_t count, char hex[SW_SHA256_HEX_SIZE])
{
    const struct sw_rulepack *pack = gather->pack;
    struct sw_digest *digest = NULL;
    enum sw_status status = sw_digest_new(&digest);
    if (status == SW_OK)
        status = sw_digest_start(digest);
    for (size_t i = 0; status == SW_OK && i < count; i++) {
        const struct sw_rule_file *file = &pack->files[i];
        const uint8_t kind = (uint8_t)file->kind;
        status = digest_block(digest, &kind, sizeof(kind));
        if (status == SW_OK)
            status = digest_block(digest, file->name, strlen(file->name));
        if (status == SW_OK)
            status = digest_block(digest, file->namespace_, strlen(file->namespace_));
        if (status == SW_OK)
            status = digest_block(digest, file->text, file->text_size);
    }
    if (status == SW_OK)
        status = sw_digest_finish(digest, hex);
    sw_digest_free(digest);
    return status == SW_OK ? SW_OK : no_memory(gather);
}

static enum sw_status add_paths(struct gather *gather, enum sw_pack_kind kind,
                                const char *const *paths, size_t count)
{
    struct sw_rulepack *pack = gather->pack;
    enum sw_status status = SW_OK;
    for (size_t i = 0; status == SW_OK && i < count; i++) {
        size_t first = pack->count;
        status = add_path(gather, kind, paths[i]);
        if (status == SW_OK && pack->files != NULL)
            qsort(pack->files + first, pack->count - first, sizeof(*pack->files), compare_files);
    }
    return status;
}

enum sw_status sw_rulepack_gather(const struct sw_rule_sources *sources, struct sw_rulepack **pack,
                                  struct sw_error *error)
{
    struct gather gather = {.pack = calloc(1, sizeof(*gather.pack)), .error = error};
    enum sw_status status = gather.pack ? SW_OK : no_memory(&gather);
    if (status == SW_OK)
        status = sw_trust_load(sources->trusted_keys, sources->trusted_key_count,
                               sources->require_signed, &gather.trust, error);
    if (status == SW_OK && !sources->builtin && sources->rule_count + sources->indicator_count == 0)
        status = sw_fail(error, SW_STOP, "rulepack", 0,
                         "no rules: --no-builtin-rules needs at least one --rules or --indicators");
    if (status == SW_OK && sources->builtin)
        status = add_builtin(&gather);
    size_t builtin_count = status == SW_OK ? gather.pack->count : 0;
    if (status == SW_OK)
        status = add_paths(&gather, SW_PACK_RULES, sources->rules, sources->rule_count);
    if (status == SW_OK)
        status =
            add_paths(&gather, SW_PACK_INDICATORS, sources->indicators, sources->indicator_count);
    if (status == SW_OK)
        status = make_unique(&gather);
    if (status == SW_OK)
        status = check_indicators(&gather);
    if (status == SW_OK)
        status = make_digest(&gather, gather.pack->count, gather.pack->digest);
    if (status == SW_OK && builtin_count > 0)
        status = make_digest(&gather, builtin_count, gather.pack->builtin_digest);
    sw_trust_done(&gather.trust);
    free(gather.origins);
    if (status != SW_OK) {
        sw_rulepack_free(gather.pack);
        return status;
    }
    *pack = gather.pack; /* the caller's from here on */
    return SW_OK;
}
