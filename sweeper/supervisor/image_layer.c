/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_layer.c - what became of a path in the layers above its own (OCI image-spec,
 * layer.md): a whiteout of it or of a folder above it, an opaque folder above it, a path of
 * the same name, something that is no folder in the place of one above it.
 *
 * What a layer holds applies to those below it only. Links of folders are not followed:
 * what is reached by another name is visible as far as is known here. Hard links are: a name
 * that was given to the content before its own was taken away may still be there.
 */
#include <stdlib.h>

#include "common/view.h"
#include "supervisor/image_model.h"

enum {
    KIND_BITS = 3,
    ALIASES_MAX = 128, /* names of one content that are followed */
};

/* --- what layers hold ------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

/* What the run holds of a path: a bit for each kind of entry. */
static unsigned kinds_in(struct image_run *run, uint64_t row)
{
    size_t low = 0, high = run->count;
    unsigned kinds = 0;

    if (!run->sorted)
        qsort(run->rows, run->count, sizeof(run->rows[0]), by_value);
    run->sorted = true;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (run->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < run->count && (run->rows[low] & ~(uint64_t)KIND_BITS) == row; low++)
        kinds |= 1U << (run->rows[low] & KIND_BITS);
    return kinds;
}

static unsigned kinds_of(const struct image_blob *layer, uint64_t row, size_t *searches)
{
    unsigned kinds = 0;

    for (struct image_run *run = layer->runs; run != NULL; run = run->next) {
        kinds |= kinds_in(run, row);
        ++*searches;
    }
    return kinds;
}

void image_lineage_of(struct image_scope *scope, struct sw_view path, struct image_lineage *lineage)
{
    uint64_t row = sw_image_path(path, SW_IMAGE_ENTRY_OTHER);
    struct sw_view about;
    const enum sw_image_entry entry = sw_image_entry_of(path, false, &about);

    lineage->count = 0;
    lineage->number = ++scope->asked;
    lineage->is_mark = entry == SW_IMAGE_ENTRY_WHITEOUT || entry == SW_IMAGE_ENTRY_OPAQUE;
    lineage->too_long = path.size > IMAGE_PATH_SIZE_MAX;
    lineage->rows[lineage->count++] = row;
    while (path.size > 0 && lineage->count < IMAGE_ANCESTORS_MAX && !lineage->too_long) {
        const size_t slash = sw_view_find_last(path, '/');
        path = sw_view_first(path, slash == path.size ? 0 : slash);
        row = sw_image_path(path, SW_IMAGE_ENTRY_OTHER);
        if (row != lineage->rows[lineage->count - 1])
            lineage->rows[lineage->count++] = row;
    }
    lineage->too_long = lineage->too_long || path.size > 0;
}

#define HAS(kinds, entry) (((kinds)&1U << (entry)) != 0)

/* A path of the same name says more than a whiteout of a folder above it. */
static enum image_fate in_layer(const struct image_blob *layer, const struct image_lineage *lineage,
                                size_t *searches)
{
    const unsigned own = kinds_of(layer, lineage->rows[0], searches);
    enum image_fate fate = IMAGE_VISIBLE;

    if (HAS(own, SW_IMAGE_ENTRY_OTHER) || HAS(own, SW_IMAGE_ENTRY_DIRECTORY))
        return IMAGE_REPLACED;
    if (HAS(own, SW_IMAGE_ENTRY_WHITEOUT))
        return IMAGE_REMOVED;
    for (size_t i = 1; i < lineage->count && fate == IMAGE_VISIBLE; i++) {
        const unsigned above = kinds_of(layer, lineage->rows[i], searches);
        if (HAS(above, SW_IMAGE_ENTRY_WHITEOUT) || HAS(above, SW_IMAGE_ENTRY_OPAQUE))
            fate = IMAGE_REMOVED;
        else if (HAS(above, SW_IMAGE_ENTRY_OTHER))
            fate = IMAGE_REPLACED;
    }
    return fate;
}

/* Images share layers, and a layer says the same in each of them. */
static enum image_fate ask(struct image_blob *layer, const struct image_lineage *lineage,
                           size_t *searches)
{
    if (layer->asked != lineage->number)
        layer->answer = in_layer(layer, lineage, searches);
    layer->asked = lineage->number;
    return layer->answer;
}

/* --- one name -------------------------------------------------------------------------- */

struct search {
    const struct image *image;
    size_t searches, searches_max;
    bool unknown; /* there may be another name */
};

static bool is_over(const struct search *search)
{
    return search->searches > search->searches_max;
}

static enum image_fate fate_of(struct search *search, uint32_t layer,
                               const struct image_lineage *lineage, uint32_t *by)
{
    const struct image *image = search->image;
    bool known = !lineage->too_long;

    for (uint32_t i = layer + 1; i < image->layer_count && !lineage->too_long; i++) {
        struct image_blob *above = image->layers[i].blob;
        search->searches++;
        if (above == NULL || is_over(search)) {
            known = false;
            continue;
        }
        known = known && above->is_layer && above->complete;
        const enum image_fate fate = ask(above, lineage, &search->searches);
        if (fate != IMAGE_VISIBLE) {
            *by = i;
            return fate;
        }
    }
    return known ? IMAGE_VISIBLE : IMAGE_FATE_UNKNOWN;
}

/* --- and its others -------------------------------------------------------------------- */

/* A name of the content, and the layers in which it has it. */
struct alias {
    uint64_t row;
    uint32_t from, last;
};
struct aliases {
    struct search *search;
    struct alias rows[ALIASES_MAX];
    size_t count;
    struct sw_view visible; /* found; empty: not yet */
};

/* In the layer that removes a name a link to it stands for what was there before; to what
 * that layer puts there itself, where it does so. */
static void add(struct aliases *aliases, uint64_t row, uint32_t from, enum image_fate fate,
                uint32_t by)
{
    for (size_t i = 0; i < aliases->count; i++)
        if (aliases->rows[i].row == row && aliases->rows[i].from == from)
            return;
    if (aliases->count == ALIASES_MAX)
        aliases->search->unknown = true;
    else
        aliases->rows[aliases->count++] =
            (struct alias){.row = row, .from = from, .last = fate == IMAGE_REMOVED ? by : by - 1};
}

static void try_link(struct aliases *aliases, const struct image_link *link, uint32_t layer)
{
    struct image_lineage lineage;
    uint32_t by = 0;

    image_lineage_of(aliases->search->image->origin->scope, link->name, &lineage);
    aliases->search->searches += lineage.count;
    const enum image_fate fate = fate_of(aliases->search, layer, &lineage, &by);
    if (fate == IMAGE_VISIBLE)
        aliases->visible = link->name;
    else if (fate == IMAGE_FATE_UNKNOWN)
        aliases->search->unknown = true;
    else
        add(aliases, lineage.rows[0], layer, fate, by);
}

static int by_target(const void *a, const void *b)
{
    const struct image_link *left = a, *right = b;

    if (left->target != right->target)
        return left->target > right->target ? 1 : -1;
    return (left->name.data > right->name.data) - (left->name.data < right->name.data);
}

static void in_links(struct aliases *aliases, struct image_links *links, uint64_t target,
                     uint32_t layer)
{
    size_t low = 0, high = links->count;

    if (!links->sorted)
        qsort(links->rows, links->count, sizeof(links->rows[0]), by_target);
    links->sorted = true;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (links->rows[middle].target < target)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < links->count && links->rows[low].target == target; low++) {
        if (aliases->visible.size != 0)
            return;
        if (is_over(aliases->search) || aliases->count == ALIASES_MAX) {
            aliases->search->unknown = true;
            return;
        }
        try_link(aliases, &links->rows[low], layer);
    }
}

/* In the order in which names were given. */
static void follow(struct aliases *aliases, struct alias alias)
{
    for (uint32_t i = alias.from; i <= alias.last && aliases->visible.size == 0; i++) {
        const struct image_blob *layer = aliases->search->image->layers[i].blob;
        if (layer == NULL)
            continue;
        aliases->search->unknown = aliases->search->unknown || layer->links_lost;
        for (struct image_links *links = layer->links; links != NULL; links = links->next) {
            aliases->search->searches++;
            in_links(aliases, links, alias.row, i);
        }
    }
}

static void follow_links(struct search *search, uint32_t layer, const struct image_lineage *lineage,
                         struct image_end *end)
{
    struct aliases aliases = {.search = search};

    add(&aliases, lineage->rows[0], layer, end->fate, end->by);
    for (size_t i = 0; i < aliases.count && aliases.visible.size == 0; i++)
        follow(&aliases, aliases.rows[i]);
    end->link = aliases.visible;
    end->visible = end->link.size != 0 ? IMAGE_YES : search->unknown ? IMAGE_MAYBE : IMAGE_NO;
}

void image_layer_end(const struct image *image, uint32_t layer, const struct image_lineage *lineage,
                     struct image_end *end)
{
    struct image_scope *scope = image->origin->scope;
    struct search search = {.image = image, .searches_max = IMAGE_SEARCHES_MAX};

    if (search.searches_max > scope->searches_left)
        search.searches_max = scope->searches_left;
    *end = (struct image_end){.fate = IMAGE_REMOVED, .visible = IMAGE_NO, .by = UINT32_MAX};
    if (lineage->is_mark)
        return;
    end->fate = fate_of(&search, layer, lineage, &end->by);
    if (end->fate == IMAGE_REMOVED || end->fate == IMAGE_REPLACED)
        follow_links(&search, layer, lineage, end);
    else
        end->visible = end->fate == IMAGE_VISIBLE ? IMAGE_YES : IMAGE_MAYBE;
    scope->searches_left -=
        search.searches < scope->searches_left ? search.searches : scope->searches_left;
}
