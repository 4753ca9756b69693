/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_name.c - the shapes of paths in the stores of container engines.
 *
 * Moby daemon/graphdriver, layer/filestore.go, image/fs.go; containers/storage layers.go,
 * images.go, containers.go; containerd's snapshotters.
 */
#include "sweeper/store.h"

#include "common/view.h"

enum { ID_DIGITS = 64, CACHE_ID_LETTERS = 25 /* of what BuildKit makes */ };

static bool is_id(struct sw_view text)
{
    if (text.size != ID_DIGITS)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_digit(text.data[i]) && (text.data[i] < 'a' || text.data[i] > 'f'))
            return false;
    return true;
}

/* The rest of what has this beginning, and is more than it. */
static bool rest_of(struct sw_view text, const char *beginning, struct sw_view *rest)
{
    const struct sw_view start = sw_view_of(beginning);

    *rest = sw_view_skip(text, start.size);
    return sw_view_starts(text, start) && rest->size > 0;
}

/* --- files of its own --------------------------------------------------------------- */

/* The last components of the path: '#' is an id, '*' the driver, "*-NAME" both of them in
 * one. The shapes are tried by the last component, which is that of very few paths. */
static const struct shape {
    const char *ending;
    enum sw_store_part part;
} shapes[] = {
    {"image/*/repositories.json", SW_STORE_REPOSITORIES},
    {"image/*/imagedb/content/sha256/#", SW_STORE_IMAGE},
    {"image/*/layerdb/sha256/#/cache-id", SW_STORE_CACHE_ID},
    {"image/*/layerdb/mounts/#/mount-id", SW_STORE_MOUNT_ID},
    {"containers/#/config.v2.json", SW_STORE_CONTAINER},
    {"*-layers/layers.json", SW_STORE_LAYERS},
    {"*-layers/volatile-layers.json", SW_STORE_LAYERS},
    {"*-images/images.json", SW_STORE_IMAGES},
    {"*-containers/containers.json", SW_STORE_CONTAINERS},
    {"*-containers/volatile-containers.json", SW_STORE_CONTAINERS},
};

/* The last component, taken off with the slash before it. */
static struct sw_view take_last(struct sw_view *path)
{
    const size_t slash = sw_view_find_last(*path, '/');
    const bool none = slash == path->size;
    const struct sw_view last = sw_view_skip(*path, none ? 0 : slash + 1);

    *path = sw_view_first(*path, none ? 0 : slash);
    return last;
}

static bool fits_component(struct sw_view wanted, struct sw_view have, struct sw_store_name *name)
{
    if (sw_view_equal(wanted, SW_VIEW("#"))) {
        name->id = have;
        return is_id(have);
    }
    if (wanted.data[0] != '*')
        return sw_view_equal(wanted, have);
    const struct sw_view after = sw_view_skip(wanted, 1);
    name->driver = sw_view_first(have, have.size - (after.size < have.size ? after.size : 0));
    return sw_view_ends(have, after) && have.size > after.size;
}

static bool fits(const struct shape *shape, struct sw_view path, struct sw_store_name *name)
{
    struct sw_view wanted = sw_view_of(shape->ending);

    while (wanted.size > 0) {
        if (path.size == 0)
            return false;
        const struct sw_view have = take_last(&path);
        if (!fits_component(take_last(&wanted), have, name))
            return false;
        name->scope = (size_t)(have.data - path.data);
    }
    name->part = shape->part;
    return true;
}

struct sw_store_name sw_store_name_of(struct sw_view path)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct sw_store_name name = {0};
        if (fits(&shapes[i], path, &name))
            return name;
    }
    return (struct sw_store_name){0};
}

bool sw_store_is_word(enum sw_store_part part)
{
    return part == SW_STORE_CACHE_ID || part == SW_STORE_MOUNT_ID;
}

/* --- directories of layers ------------------------------------------------------------ */

/* The first component, taken off with the slash behind it. False: no slash follows, and it
 * is no directory that something lies in. */
static bool take_first(struct sw_view *path, struct sw_view *first)
{
    const size_t slash = sw_view_find(*path, '/');

    if (slash == path->size)
        return false;
    *first = sw_view_first(*path, slash);
    *path = sw_view_skip(*path, slash + 1);
    return slash > 0;
}

/* An id of docker's: 64 digits, or letters and digits of BuildKit's; "-init" behind it for
 * what was prepared for a container. */
static bool is_docker_id(struct sw_view text)
{
    if (sw_view_ends(text, SW_VIEW("-init")))
        text.size -= sizeof("-init") - 1;
    if (is_id(text))
        return true;
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_digit(text.data[i]) && (text.data[i] < 'a' || text.data[i] > 'z'))
            return false;
    return text.size == CACHE_ID_LETTERS;
}

static bool is_tree(struct sw_view part)
{
    return sw_view_equal(part, SW_VIEW("diff")) || sw_view_equal(part, SW_VIEW("merged")) ||
           sw_view_equal(part, SW_VIEW("work"));
}

static bool is_overlay(struct sw_view rest, struct sw_store_layer *layer)
{
    return take_first(&rest, &layer->id) && take_first(&rest, &layer->part) &&
           is_tree(layer->part) &&
           (layer->tool == SW_STORE_OF_DOCKER ? is_docker_id(layer->id) : is_id(layer->id));
}

static bool is_vfs(struct sw_view rest, struct sw_store_layer *layer)
{
    struct sw_view dir;

    return take_first(&rest, &dir) && sw_view_equal(dir, SW_VIEW("dir")) &&
           take_first(&rest, &layer->id) && is_docker_id(layer->id);
}

static bool is_number(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_digit(text.data[i]))
            return false;
    return text.size > 0 && text.size < 20;
}

static bool is_snapshot(struct sw_view rest, struct sw_store_layer *layer)
{
    struct sw_view folder;

    if (!take_first(&rest, &folder) || !sw_view_equal(folder, SW_VIEW("snapshots")) ||
        !take_first(&rest, &layer->id) || !is_number(layer->id))
        return false;
    if (!take_first(&rest, &layer->part) || (!sw_view_equal(layer->part, SW_VIEW("fs")) &&
                                             !sw_view_equal(layer->part, SW_VIEW("work"))))
        layer->part = (struct sw_view){0};
    return true;
}

/* `folder` is a component of a path, `rest` what follows it. */
static bool is_layer(struct sw_view folder, struct sw_view rest, struct sw_store_layer *layer)
{
    *layer = (struct sw_store_layer){.driver = folder};
    if (rest_of(folder, "io.containerd.snapshotter.v1.", &layer->driver)) {
        layer->tool = SW_STORE_OF_CONTAINERD;
        return is_snapshot(rest, layer);
    }
    layer->driver = folder;
    if (sw_view_equal(folder, SW_VIEW("vfs")))
        return is_vfs(rest, layer);
    layer->tool =
        sw_view_equal(folder, SW_VIEW("overlay2")) ? SW_STORE_OF_DOCKER : SW_STORE_OF_CONTAINERS;
    return (layer->tool == SW_STORE_OF_DOCKER || sw_view_equal(folder, SW_VIEW("overlay"))) &&
           is_overlay(rest, layer);
}

bool sw_store_layer_of(struct sw_view path, struct sw_store_layer *layer)
{
    for (size_t at = 0; at < path.size;) {
        const struct sw_view left = sw_view_skip(path, at);
        const size_t slash = sw_view_find(left, '/');
        if (slash == left.size)
            return false;
        if (is_layer(sw_view_first(left, slash), sw_view_skip(left, slash + 1), layer)) {
            layer->scope = at;
            return true;
        }
        at += slash + 1;
    }
    return false;
}
