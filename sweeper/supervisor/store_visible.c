/* SPDX-License-Identifier: Apache-2.0 */
/* store_visible.c - see store_visible.h. */
#include "supervisor/store_visible.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/view.h"
#include "sweeper/store.h"

enum {
    ABOVE_MAX = 512, /* layers on one another */
    NAME_SIZE = 256,
    SYS_ADMIN = 21, /* capabilities(7): who has it sees attributes that begin with "trusted." */
};

/* What a layer makes of the path. */
enum fate { NOTHING, GONE, UNKNOWN };

/* --- which layers lie on it --------------------------------------------------------------- */

/* From the lowest to the uppermost, or the other way round. */
struct way {
    const char *ids[ABOVE_MAX]; /* borrowed from the store */
    size_t count;
};

static const json_t *find_row(const struct store *store, enum store_map map, struct sw_view driver,
                              const char *id)
{
    char *key = id != NULL ? store_key(driver, sw_view_of(id)) : NULL;
    const json_t *row = key != NULL ? json_object_get(store->maps[map], key) : NULL;

    free(key);
    return row;
}

static bool is_id(const char *id, struct sw_view wanted)
{
    return id != NULL && sw_view_equal(sw_view_of(id), wanted);
}

/* Those on `layer`, from an uppermost one down. False: it is not below that, or too far. */
static bool way_down(const struct store *store, const struct sw_store_layer *layer, const char *id,
                     struct way *way)
{
    for (way->count = 0; id != NULL && way->count < ABOVE_MAX; way->count++) {
        if (is_id(id, layer->id))
            return true;
        way->ids[way->count] = id;
        id = json_string_value(find_row(store, STORE_LAYERS, layer->driver, id));
    }
    return false;
}

/* Those of docker's image on `layer`, from it up. */
static bool way_up(const struct store *store, const struct sw_store_layer *layer, const char *image,
                   struct way *way)
{
    const json_t *diffs =
        json_object_get(find_row(store, STORE_IMAGES, layer->driver, image), "diffs");
    char chain[SW_SHA256_HEX_SIZE] = "";
    bool met = false;

    way->count = 0;
    for (size_t i = 0; i < json_array_size(diffs); i++) {
        if (!store_next_chain(chain, json_string_value(json_array_get(diffs, i))))
            return false;
        const char *id = json_string_value(find_row(store, STORE_CHAINS, layer->driver, chain));
        if (met && way->count < ABOVE_MAX)
            way->ids[way->count++] = id; /* NULL: nobody knows it */
        met = met || is_id(id, layer->id);
    }
    return met && way->count < ABOVE_MAX;
}

/* --- what they hold ------------------------------------------------------------------------ */

struct search {
    struct sw_stores *stores;
    int folder; /* of all layers */
};

static bool is_left(struct search *search)
{
    if (search->stores->looks_left == 0)
        return false;
    search->stores->looks_left--;
    return true;
}

static int open_below(int folder, const char *name)
{
    const struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                                 .resolve =
                                     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};

    return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

/* 1 it has it, 0 not, -1 nobody knows. */
static int has_attribute(int folder, const char *name, const char *attribute)
{
    char path[sizeof("/proc/self/fd/") + 16 + NAME_SIZE];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder, name);
    if (lgetxattr(path, attribute, NULL, 0) >= 0)
        return 1;
    return errno == ENODATA || errno == ENOTSUP ? 0 : -1;
}

/* An attribute of overlay's, under each of the names that it has. */
static int has_overlay(const struct search *search, int folder, const char *name, const char *what)
{
    static const char *const spaces[] = {"trusted.overlay", "user.overlay", "user.fuseoverlayfs"};
    char attribute[64];
    int has = 0;

    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]) && has == 0; i++) {
        (void)snprintf(attribute, sizeof(attribute), "%s.%s", spaces[i], what);
        has = has_attribute(folder, name, attribute);
    }
    return has == 0 && search->stores->sees_trusted == 0 ? -1 : has;
}

/* What fuse-overlayfs writes where it may make no devices. To the kernel it is a file, so
 * that nobody knows which is meant. */
static bool is_doubtful(int folder, const char *name)
{
    char mark[sizeof(".wh.") + NAME_SIZE];
    struct stat facts;

    (void)snprintf(mark, sizeof(mark), ".wh.%s", name);
    return fstatat(folder, mark, &facts, AT_SYMLINK_NOFOLLOW) == 0 ||
           fstatat(folder, ".wh..wh..opq", &facts, AT_SYMLINK_NOFOLLOW) == 0;
}

/* One name of the path. *below: it is a folder, and the next name is looked up in it. */
static enum fate look(struct search *search, int folder, const char *name, bool last, bool *below)
{
    struct stat facts;

    *below = false;
    if (!is_left(search) || is_doubtful(folder, name))
        return UNKNOWN;
    if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? NOTHING : UNKNOWN;
    if (last)
        /* Only its owner or mode may have changed, its content is that of the layer below. */
        return S_ISREG(facts.st_mode) && has_overlay(search, folder, name, "metacopy") != 0
                   ? UNKNOWN
                   : GONE;
    if (!S_ISDIR(facts.st_mode))
        return GONE;
    const int opaque = has_overlay(search, folder, name, "opaque");
    const int moved = has_overlay(search, folder, name, "redirect");
    if (opaque > 0)
        return GONE;
    *below = true;
    return opaque == 0 && moved == 0 ? NOTHING : UNKNOWN;
}

/* In one layer. What is known to hide it does, whatever else is not known. */
static enum fate in_layer(struct search *search, const char *id, const char *path)
{
    char name[NAME_SIZE], diff[NAME_SIZE + sizeof("/diff")];

    if (id == NULL || strlen(id) >= NAME_SIZE || !is_left(search))
        return UNKNOWN;
    (void)snprintf(diff, sizeof(diff), "%s/diff", id);
    int folder = open_below(search->folder, diff);
    bool below = folder >= 0;
    enum fate fate = below ? NOTHING : UNKNOWN;
    while (below && fate != GONE) {
        const size_t size = strcspn(path, "/");
        const bool last = path[size] == '\0';
        if (size >= NAME_SIZE) {
            fate = UNKNOWN;
            break;
        }
        (void)snprintf(name, sizeof(name), "%.*s", (int)size, path);
        path += size + 1;
        const enum fate here = look(search, folder, name, last, &below);
        fate = here != NOTHING ? here : fate;
        if (below && fate != GONE) {
            const int next = open_below(folder, name);
            close(folder);
            folder = next;
            below = next >= 0;
            fate = below ? fate : UNKNOWN;
        }
    }
    if (folder >= 0)
        close(folder);
    return fate;
}

static enum fate in_all(struct search *search, const struct way *way, const char *path)
{
    enum fate fate = NOTHING;

    for (size_t i = 0; i < way->count && fate != GONE; i++) {
        const enum fate here = in_layer(search, way->ids[i], path);
        fate = here != NOTHING ? here : fate;
    }
    return fate;
}

/* --- all who are told ------------------------------------------------------------------------ */

struct asking {
    struct search search;
    const struct store *store;
    struct sw_store_layer layer;
    const char *path; /* in it */
};

static enum fate in_image(struct asking *asking, const json_t *row)
{
    const char *id = json_string_value(json_object_get(row, "id"));
    const json_t *layers =
        json_object_get(find_row(asking->store, STORE_IMAGES, asking->layer.driver, id), "layers");
    struct way way;

    if (asking->layer.tool == SW_STORE_OF_DOCKER)
        return way_up(asking->store, &asking->layer, id, &way)
                   ? in_all(&asking->search, &way, asking->path)
                   : UNKNOWN;
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (way_down(asking->store, &asking->layer, json_string_value(json_array_get(layers, i)),
                     &way))
            return in_all(&asking->search, &way, asking->path);
    return UNKNOWN;
}

/* What docker's container writes to lies on what was prepared for it, and that on its image. */
static enum fate in_docker_container(struct asking *asking, const json_t *row)
{
    const struct sw_store_layer *layer = &asking->layer;
    const char *image = json_string_value(json_object_get(row, "image"));
    const char *mount = json_string_value(find_row(asking->store, STORE_MOUNTS, layer->driver,
                                                   json_string_value(json_object_get(row, "id"))));
    char prepared[NAME_SIZE + sizeof("-init")] = "";
    struct way way = {.count = 0};

    if (mount == NULL || strlen(mount) >= NAME_SIZE)
        return UNKNOWN;
    (void)snprintf(prepared, sizeof(prepared), "%s-init", mount);
    if (is_id(mount, layer->id))
        return NOTHING;
    if (!is_id(prepared, layer->id)) {
        if (!way_up(asking->store, layer, image, &way) || way.count + 2 > ABOVE_MAX)
            return UNKNOWN;
        way.ids[way.count++] = prepared;
    }
    way.ids[way.count++] = mount;
    return in_all(&asking->search, &way, asking->path);
}

static enum fate in_container(struct asking *asking, const json_t *row)
{
    const json_t *container = find_row(asking->store, STORE_CONTAINERS, asking->layer.driver,
                                       json_string_value(json_object_get(row, "id")));
    struct way way;

    if (asking->layer.tool == SW_STORE_OF_DOCKER)
        return in_docker_container(asking, row);
    return way_down(asking->store, &asking->layer,
                    json_string_value(json_object_get(container, "layer")), &way)
               ? in_all(&asking->search, &way, asking->path)
               : UNKNOWN;
}

static bool put_fate(json_t *row, enum fate fate)
{
    return json_object_set_new(row, "visible",
                               fate == UNKNOWN ? json_null() : json_boolean(fate == NOTHING)) == 0;
}

static bool ask_all(struct asking *asking, json_t *shown)
{
    bool good = true;
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(shown, "images"), i, row)
    {
        good = put_fate(row, in_image(asking, row)) && good;
    }
    json_array_foreach(json_object_get(shown, "containers"), i, row)
    {
        good = put_fate(row, in_container(asking, row)) && good;
    }
    return good;
}

/* What follows `start` in the first line of the file that begins with it. */
static bool find_line(const char *file, const char *start, char *rest, size_t size)
{
    FILE *in = fopen(file, "re");
    bool found = false;

    while (in != NULL && !found && fgets(rest, (int)size, in) != NULL)
        found = strncmp(rest, start, strlen(start)) == 0;
    if (found)
        memmove(rest, rest + strlen(start), strlen(rest + strlen(start)) + 1);
    if (in != NULL)
        (void)fclose(in);
    return found;
}

/* Only who has that capability in the first of all user namespaces, in which each number is
 * itself; to all others these attributes seem not to be there. */
static bool sees_trusted(void)
{
    char line[256];
    char *at = line;

    if (!find_line("/proc/self/status", "CapEff:", line, sizeof(line)) ||
        (strtoull(line, NULL, 16) >> SYS_ADMIN & 1) == 0 ||
        !find_line("/proc/self/uid_map", "", line, sizeof(line)))
        return false;
    const unsigned long long inside = strtoull(at, &at, 10);
    const unsigned long long outside = strtoull(at, &at, 10);
    return inside == 0 && outside == 0 && strtoull(at, NULL, 10) == UINT32_MAX;
}

/* The directory around those of all layers. */
static int open_folder(const char *path, const struct sw_store_layer *layer)
{
    const size_t size = (size_t)((const char *)layer->id.data - path);
    char *folder = strndup(path, size);
    int fd = folder != NULL ? open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    free(folder);
    return fd;
}

bool store_visible(struct sw_stores *stores, const struct store *store, const char *path,
                   json_t *shown)
{
    struct asking asking = {.search = {.stores = stores}, .store = store};

    if (path[0] != '/' || !sw_store_layer_of(sw_view_of(path), &asking.layer) ||
        !sw_view_equal(asking.layer.part, SW_VIEW("diff")))
        return true;
    asking.path = (const char *)asking.layer.part.data + asking.layer.part.size + 1;
    if (stores->sees_trusted < 0)
        stores->sees_trusted = sees_trusted();
    asking.search.folder = open_folder(path, &asking.layer);
    const bool good = ask_all(&asking, shown);
    if (asking.search.folder >= 0)
        close(asking.search.folder);
    return good;
}
