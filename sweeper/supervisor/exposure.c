/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposure.c - notes which of the places that the stealer reads exist, while
 * the walk passes by.
 *
 * A name is looked up three times: as a whole, by its last four bytes (rows
 * with a star), and by the name of its directory (rows that take every file of
 * one). Only a hit looks at the directories above. What is kept is bounded: so
 * many rows a group, and of more the first ones by path, so that the order of
 * the walk makes no difference.
 */
#include <stdlib.h>
#include <string.h>

#include "supervisor/exposure_places.h"
#include "supervisor/incident_private.h"
#include "supervisor/record_parts.h"
#include "sweeper/incident.h"

enum {
    ROWS_MAX = 64,         /* files listed of one group; with all groups below 1,000 */
    PATH_MAX_BYTES = 1024, /* a longer path is counted and not listed */
    BUCKETS = 512,
    NAME_MAX_BYTES = 64,
    TREE_DEPTH_MAX = 6,
};
_Static_assert(ROWS_MAX *SW_CREDENTIAL_COUNT <= 1000, "rows of one root");

enum lookup { LOOKUP_NAME, LOOKUP_TAIL, LOOKUP_DIRECTORY, LOOKUP_COUNT };

struct row {
    int64_t mtime_ns; /* SW_TIME_UNKNOWN: nobody could ask */
    int64_t ctime_ns;
    uint64_t size;
    bool strict;
    size_t path_size;
    uint8_t path[]; /* below the root */
};

struct group {
    uint64_t strict; /* files where a system has them */
    uint64_t loose;  /* files that only end alike */
    size_t row_count;
    struct row *rows[ROWS_MAX]; /* sorted: strict ones first, then by path */
};

struct root {
    uint32_t key;
    bool system; /* the root of a system: only strict rows count */
    uint8_t *path;
    size_t path_size;
    struct group groups[SW_CREDENTIAL_COUNT];
};

struct sw_exposure {
    const struct sw_place *places;
    uint16_t heads[LOOKUP_COUNT][BUCKETS]; /* index of a place + 1; 0: none */
    uint16_t *next;                        /* by place, in the order of the table */
    struct root **roots;                   /* sorted by key */
    size_t root_count;
    struct root *last; /* the one that was asked for last */
    bool out_of_memory;
};

/* --- Names --- */

static uint64_t load_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, bytes, size < 8 ? size : 8);
    return value;
}

static size_t bucket_of(const uint8_t *bytes, size_t size)
{
    uint64_t hash = size < 8 ? load_bytes(bytes, size)
                             : load_bytes(bytes, 8) ^ (load_bytes(bytes + size - 8, 8) << 1);

    hash = (hash + size) * 0x9e3779b97f4a7c15ULL;
    return (size_t)(hash >> 55);
}
_Static_assert(BUCKETS == 1 << 9, "bucket_of() keeps nine bits");

static enum lookup lookup_of(const struct sw_place *place, struct sw_view *key)
{
    const char *star = strchr(place->name, '*');
    const char *slash = strrchr(place->parent, '/');

    if (star == NULL) {
        *key = sw_view_of_text(place->name);
        return LOOKUP_NAME;
    }
    if (star[1] != '\0') {
        *key = sw_view_of_text(place->name + strlen(place->name) - 4);
        return LOOKUP_TAIL;
    }
    *key = sw_view_of_text(slash == NULL ? place->parent : slash + 1);
    return LOOKUP_DIRECTORY;
}

static bool name_fits(const char *pattern, struct sw_view name)
{
    const char *star = strchr(pattern, '*');
    size_t head = star == NULL ? strlen(pattern) : (size_t)(star - pattern);
    size_t tail = star == NULL ? 0 : strlen(star + 1);

    if (star == NULL ? name.size != head : name.size < head + tail)
        return false;
    return memcmp(name.data, pattern, head) == 0 &&
           (tail == 0 || memcmp(name.data + name.size - tail, star + 1, tail) == 0);
}

/* --- Directories, from the file upwards --- */

struct climb {
    struct sw_view below; /* what is left below the root */
    struct sw_view above; /* what is left of the root's own path */
    bool left;            /* a component came from there */
};

static struct sw_view last_component(struct sw_view *path)
{
    struct sw_view component = *path;
    const uint8_t *slash = path->size == 0 ? NULL : memrchr(path->data, '/', path->size);
    size_t start = slash == NULL ? 0 : (size_t)(slash - path->data) + 1;

    component.data += start;
    component.size -= start;
    path->size = start == 0 ? 0 : start - 1;
    return component;
}

/* An empty view at the top. */
static struct sw_view climb_step(struct climb *climb)
{
    if (climb->below.size > 0)
        return last_component(&climb->below);
    climb->left = climb->above.size > 0;
    return last_component(&climb->above);
}

static bool parent_fits(const char *parent, struct climb *climb)
{
    struct sw_view rest = sw_view_of_text(parent);

    while (rest.size > 0) {
        struct sw_view wanted = last_component(&rest);
        struct sw_view found = climb_step(climb);
        bool any = wanted.size == 1 && wanted.data[0] == '*';

        if (found.size == 0 || (!any && (found.size != wanted.size ||
                                         memcmp(found.data, wanted.data, wanted.size) != 0)))
            return false;
    }
    return true;
}

/* Removes `prefix` and one component more if that is wanted; false when the path
 * does not begin so. */
static bool strip(struct sw_view *path, const char *prefix, bool one_more)
{
    size_t size = strlen(prefix);
    const uint8_t *slash = NULL;

    if (path->size < size || memcmp(path->data, prefix, size) != 0 ||
        (path->size > size && path->data[size] != '/'))
        return false;
    if (one_more) {
        if (path->size <= size + 1)
            return false;
        slash = memchr(path->data + size + 1, '/', path->size - size - 1);
        size = slash == NULL ? path->size : (size_t)(slash - path->data);
    }
    if (path->size > size)
        size++; /* the slash */
    path->data += size;
    path->size -= size;
    return true;
}

static size_t depth_of(struct sw_view path)
{
    size_t depth = path.size == 0 ? 0 : 1;

    for (size_t i = 0; i < path.size; i++)
        depth += path.data[i] == '/' ? 1 : 0;
    return depth;
}

static bool is_home(struct sw_view path)
{
    return (strip(&path, "home", true) || strip(&path, "root", false)) && path.size == 0;
}

static bool is_in_trees(struct sw_view path)
{
    static const char *const trees[] = {"root", "opt",  "srv",     "var/www",
                                        "app",  "data", "var/lib", "tmp"};
    bool found = strip(&path, "home", true);

    for (size_t i = 0; i < sizeof trees / sizeof trees[0] && !found; i++)
        found = strip(&path, trees[i], false);
    return found && depth_of(path) <= TREE_DEPTH_MAX;
}

/* `path`: the directories above a place, below the root. */
static bool scope_fits(enum sw_scope scope, struct sw_view path)
{
    switch (scope) {
    case SW_SCOPE_ROOT:
        return path.size == 0;
    case SW_SCOPE_HOME:
        return is_home(path);
    case SW_SCOPE_TREES:
        return is_in_trees(path);
    case SW_SCOPE_ETC:
        return is_in_trees(path) || strip(&path, "etc", false);
    case SW_SCOPE_ANY:
        break;
    }
    return true;
}

/* --- What is kept --- */

static struct root *root_find(struct sw_exposure *exposure, uint32_t key)
{
    size_t low = 0, high = exposure->root_count;

    if (exposure->last != NULL && exposure->last->key == key)
        return exposure->last;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (exposure->roots[middle]->key < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == exposure->root_count || exposure->roots[low]->key != key)
        return NULL;
    exposure->last = exposure->roots[low];
    return exposure->last;
}

static int row_compare(const struct row *row, bool strict, struct sw_view path)
{
    size_t size = row->path_size < path.size ? row->path_size : path.size;
    int order;

    if (row->strict != strict)
        return row->strict ? -1 : 1;
    order = memcmp(row->path, path.data, size);
    return order != 0 ? order : (row->path_size > path.size) - (row->path_size < path.size);
}

static struct row *row_new(bool strict, struct sw_view path, const struct sw_facts *facts)
{
    struct row *row = malloc(sizeof *row + path.size);
    bool known = facts != NULL && facts->mode != 0;

    if (row == NULL)
        return NULL;
    row->strict = strict;
    row->mtime_ns = known ? facts->mtime_ns : SW_TIME_UNKNOWN;
    row->ctime_ns = known ? facts->ctime_ns : SW_TIME_UNKNOWN;
    row->size = known ? facts->size : 0;
    row->path_size = path.size;
    memcpy(row->path, path.data, path.size);
    return row;
}

static void group_keep(struct sw_exposure *exposure, struct group *group, bool strict,
                       struct sw_view path, const struct sw_facts *facts)
{
    size_t at = group->row_count;
    struct row *row;

    *(strict ? &group->strict : &group->loose) += 1;
    if (path.size > PATH_MAX_BYTES)
        return;
    while (at > 0 && row_compare(group->rows[at - 1], strict, path) > 0)
        at--;
    if (at == ROWS_MAX)
        return;
    row = row_new(strict, path, facts);
    if (row == NULL) {
        exposure->out_of_memory = true;
        return;
    }
    if (group->row_count == ROWS_MAX)
        free(group->rows[--group->row_count]);
    memmove(&group->rows[at + 1], &group->rows[at],
            (group->row_count - at) * sizeof group->rows[0]);
    group->rows[at] = row;
    group->row_count++;
}

/* --- The search --- */

/* The best row so far; `place` is NULL when there is none. */
struct best {
    const struct sw_place *place;
    bool strict;
};

static void consider(struct best *best, const struct sw_place *place, const struct root *root,
                     struct sw_view directory, struct sw_view name)
{
    struct climb climb = {.below = directory, .above = {root->path, root->path_size}};
    bool strict;

    if (!name_fits(place->name, name) || !parent_fits(place->parent, &climb))
        return;
    strict = !climb.left && scope_fits(place->scope, climb.below);
    if (best->place == NULL || (strict && !best->strict) ||
        (strict == best->strict && place < best->place))
        *best = (struct best){place, strict};
}

static void search(const struct sw_exposure *exposure, enum lookup lookup, struct sw_view key,
                   struct best *best, struct root *root, struct sw_view directory,
                   struct sw_view name)
{
    uint16_t index = exposure->heads[lookup][bucket_of(key.data, key.size)];

    for (; index != 0; index = exposure->next[index - 1])
        consider(best, &exposure->places[index - 1], root, directory, name);
}

static bool might_be(const struct sw_exposure *exposure, enum lookup lookup, struct sw_view key)
{
    return exposure->heads[lookup][bucket_of(key.data, key.size)] != 0;
}

static void note_hit(struct sw_exposure *exposure, struct root *root, const struct best *best,
                     struct sw_view path, const struct sw_facts *facts)
{
    enum sw_credential credential = best->place->credential;

    if (credential == SW_CREDENTIAL_SYSTEM)
        root->system = root->system || best->strict;
    else if (credential < SW_CREDENTIAL_COUNT)
        group_keep(exposure, &root->groups[credential], best->strict, path, facts);
    if (credential == SW_CREDENTIAL_ACCOUNTS && best->strict &&
        strcmp(best->place->name, "passwd") == 0)
        root->system = true;
}

void sw_exposure_note(struct sw_exposure *exposure, uint32_t root_index, struct sw_view path,
                      const struct sw_facts *facts)
{
    struct sw_view directory = path;
    struct sw_view name = last_component(&directory);
    struct sw_view above = directory;
    struct sw_view parent;
    struct sw_view tail = {name.data + (name.size < 4 ? 0 : name.size - 4),
                           name.size < 4 ? name.size : 4};
    struct best best = {0};
    struct root *root;

    if (name.size == 0 || name.size > 255)
        return;
    if (directory.size == 0) {
        /* Its directory is the root itself. */
        root = root_find(exposure, root_index);
        if (root == NULL)
            return;
        above = (struct sw_view){root->path, root->path_size};
    }
    parent = last_component(&above);
    bool by_name = name.size <= NAME_MAX_BYTES && might_be(exposure, LOOKUP_NAME, name);
    bool by_tail = might_be(exposure, LOOKUP_TAIL, tail);
    bool by_directory = parent.size > 0 && might_be(exposure, LOOKUP_DIRECTORY, parent);
    if (!by_name && !by_tail && !by_directory)
        return;
    root = root_find(exposure, root_index);
    if (root == NULL)
        return;
    if (by_name)
        search(exposure, LOOKUP_NAME, name, &best, root, directory, name);
    if (by_tail)
        search(exposure, LOOKUP_TAIL, tail, &best, root, directory, name);
    if (by_directory)
        search(exposure, LOOKUP_DIRECTORY, parent, &best, root, directory, name);
    if (best.place != NULL)
        note_hit(exposure, root, &best, path, facts);
}

/* --- New, roots, free --- */

static void index_places(struct sw_exposure *exposure, size_t count)
{
    /* From the last to the first, so that each chain is in the table's order. */
    for (size_t i = count; i-- > 0;) {
        struct sw_view key;
        enum lookup lookup = lookup_of(&exposure->places[i], &key);
        uint16_t *head = &exposure->heads[lookup][bucket_of(key.data, key.size)];

        exposure->next[i] = *head;
        *head = (uint16_t)(i + 1);
    }
}

enum sw_status sw_exposure_new(struct sw_exposure **exposure, struct sw_error *error)
{
    size_t count = 0;
    struct sw_exposure *made = calloc(1, sizeof *made);

    if (made != NULL) {
        made->places = sw_places(&count);
        made->next = calloc(count, sizeof *made->next);
    }
    if (made == NULL || made->next == NULL) {
        sw_exposure_free(made);
        return sw_fail(error, SW_STOP, "exposure", 0, "no memory for the table of credentials");
    }
    index_places(made, count);
    *exposure = made;
    return SW_OK;
}

static void root_free(struct root *root)
{
    if (root == NULL)
        return;
    for (size_t i = 0; i < SW_CREDENTIAL_COUNT; i++) {
        for (size_t k = 0; k < root->groups[i].row_count; k++)
            free(root->groups[i].rows[k]);
    }
    free(root->path);
    free(root);
}

void sw_exposure_free(struct sw_exposure *exposure)
{
    if (exposure == NULL)
        return;
    for (size_t i = 0; i < exposure->root_count; i++)
        root_free(exposure->roots[i]);
    free(exposure->roots);
    free(exposure->next);
    free(exposure);
}

static struct root *root_new(uint32_t key, struct sw_view path)
{
    struct root *root = calloc(1, sizeof *root);

    if (root == NULL)
        return NULL;
    root->key = key;
    while (path.size > 0 && path.data[path.size - 1] == '/')
        path.size--;
    root->path = malloc(path.size + 1);
    if (root->path == NULL) {
        free(root);
        return NULL;
    }
    memcpy(root->path, path.data, path.size);
    root->path_size = path.size;
    return root;
}

void sw_exposure_root(struct sw_exposure *exposure, uint32_t root_index, struct sw_view path)
{
    struct root **grown;
    struct root *root = NULL;
    size_t at = exposure->root_count;

    if (root_find(exposure, root_index) != NULL)
        return;
    grown = reallocarray(exposure->roots, exposure->root_count + 1, sizeof(struct root *));
    if (grown != NULL) {
        exposure->roots = grown;
        root = root_new(root_index, path);
    }
    if (root == NULL) {
        exposure->out_of_memory = true;
        return;
    }
    while (at > 0 && grown[at - 1]->key > root_index)
        at--;
    memmove(&grown[at + 1], &grown[at], (exposure->root_count - at) * sizeof(struct root *));
    grown[at] = root;
    exposure->root_count++;
}

/* --- The record's member --- */

static void put_time_or_null(json_t **object, const char *name, int64_t time_ns)
{
    if (time_ns == SW_TIME_UNKNOWN)
        sw_put(object, name, json_null());
    else
        sw_put_time(object, name, time_ns);
}

static void put_row_path(json_t **object, const struct root *root, const struct row *row)
{
    size_t size = root->path_size + 1 + row->path_size;
    uint8_t *path = malloc(size);

    if (path == NULL) {
        json_decref(*object);
        *object = NULL;
        return;
    }
    memcpy(path, root->path, root->path_size);
    path[root->path_size] = '/';
    memcpy(path + root->path_size + 1, row->path, row->path_size);
    sw_put_bytes(object, "path", (struct sw_view){path, size});
    free(path);
}

static json_t *group_report(const struct root *root, enum sw_credential credential)
{
    const struct group *group = &root->groups[credential];
    uint64_t count = group->strict + (root->system ? 0 : group->loose);
    json_t *object = json_object();
    json_t *files = json_array();
    uint64_t listed = 0;

    for (size_t i = 0; i < group->row_count; i++) {
        const struct row *row = group->rows[i];
        json_t *file;

        if (!row->strict && root->system)
            break;
        file = json_object();
        put_row_path(&file, root, row);
        bool known = row->mtime_ns != SW_TIME_UNKNOWN;
        sw_put(&file, "size", known ? json_integer((json_int_t)row->size) : json_null());
        put_time_or_null(&file, "mtime", row->mtime_ns);
        put_time_or_null(&file, "ctime", row->ctime_ns);
        sw_push(&files, file);
        listed++;
    }
    sw_put_text(&object, "group", sw_credential_name(credential));
    sw_put_text(&object, "title", sw_credential_words(credential));
    sw_put_count(&object, "count", count);
    sw_put(&object, "files", files);
    sw_put_count(&object, "not_listed", count - listed);
    return object;
}

enum sw_status sw_exposure_tally(const struct sw_exposure *exposure, uint32_t root_index,
                                 uint64_t counts[static SW_CREDENTIAL_COUNT])
{
    memset(counts, 0, SW_CREDENTIAL_COUNT * sizeof counts[0]);
    for (size_t k = 0; k < exposure->root_count; k++) {
        const struct root *root = exposure->roots[k];

        for (size_t i = 0; i < SW_CREDENTIAL_COUNT && root->key == root_index; i++)
            counts[i] = root->groups[i].strict + (root->system ? 0 : root->groups[i].loose);
    }
    return exposure->out_of_memory ? SW_STOP : SW_OK;
}

json_t *sw_exposure_report(const struct sw_exposure *exposure, uint32_t root_index)
{
    uint64_t counts[SW_CREDENTIAL_COUNT];
    uint64_t sum = 0;
    json_t *object = json_object();
    json_t *groups = json_array();

    if (sw_exposure_tally(exposure, root_index, counts) != SW_OK) {
        json_decref(groups);
        groups = NULL;
    }
    for (size_t k = 0; k < exposure->root_count; k++) {
        for (size_t i = 0; i < SW_CREDENTIAL_COUNT; i++) {
            if (exposure->roots[k]->key != root_index || counts[i] == 0)
                continue;
            sum += counts[i];
            sw_push(&groups, group_report(exposure->roots[k], (enum sw_credential)i));
        }
    }
    sw_put_count(&object, "count", sum);
    sw_put(&object, "groups", groups);
    return object;
}
