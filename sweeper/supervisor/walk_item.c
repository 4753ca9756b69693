/* SPDX-License-Identifier: Apache-2.0 */
/* walk_item.c - items into batches, batches into the queue. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/walk_private.h"

void sw_item_done(struct sw_item *item)
{
    if (item->fd >= 0)
        close(item->fd);
    free(item->path);
    free(item->text);
    sw_part_set_free(item->set);
    *item = (struct sw_item){.fd = -1};
}

void sw_batch_free(struct sw_batch *batch)
{
    if (batch == NULL)
        return;
    for (size_t index = 0; index < batch->count; index++)
        sw_item_done(&batch->items[index]);
    free(batch);
}

void sw_walker_exclude(struct sw_walker *walker, enum sw_excluded excluded)
{
    sw_tally_add(&walker->tally->excluded[excluded], 1);
}

/* Objects are counted before they can be taken, so that nobody has taken more
 * than the counters say. */
static void count_objects(struct sw_walker *walker, const struct sw_batch *batch)
{
    uint64_t objects = 0;

    for (size_t index = 0; index < batch->count; index++)
        objects += batch->items[index].kind == SW_ITEM_OBJECT;
    sw_tally_add(&walker->tally->objects, objects);
    sw_tally_add(&walker->tally->bytes, walker->batch_bytes);
}

void sw_walker_flush(struct sw_walker *walker)
{
    struct sw_batch *batch = walker->batch;

    if (batch == NULL)
        return;
    walker->batch = NULL;
    if (sw_walk_stopped(walker->walk)) {
        sw_batch_free(batch);
    } else {
        count_objects(walker, batch);
        if (sw_queue_push(walker->walk->queue, batch) != SW_OK) {
            sw_walk_stop(walker->walk); /* nobody wants them any more */
            sw_batch_free(batch);
        }
    }
    walker->batch_bytes = 0;
    walker->batch_labels = 0;
}

/* Room for one more item of this size. */
static struct sw_item *item_new(struct sw_walker *walker, uint64_t bytes, size_t path_size)
{
    struct sw_batch *batch = walker->batch;

    if (batch != NULL &&
        (batch->count == SW_BATCH_ITEMS_MAX || bytes > SW_BATCH_BYTES_MAX - walker->batch_bytes ||
         path_size > SW_WALK_LABELS_MAX - walker->batch_labels))
        sw_walker_flush(walker);
    if (walker->batch == NULL) {
        walker->batch = sw_walk_alloc(sizeof *walker->batch);
        walker->batch->count = 0;
    }
    batch = walker->batch;
    batch->items[batch->count] = (struct sw_item){.fd = -1};
    return &batch->items[batch->count++];
}

/* The item is complete; a batch that can take no other goes out at once. */
static void item_added(struct sw_walker *walker, uint64_t bytes, size_t path_size)
{
    walker->batch_bytes += bytes;
    walker->batch_labels += path_size;
    if (walker->batch->count == SW_BATCH_ITEMS_MAX || walker->batch_bytes >= SW_BATCH_BYTES_MAX ||
        walker->batch_labels >= SW_WALK_LABELS_MAX)
        sw_walker_flush(walker);
}

static void item_set_path(struct sw_item *item, uint32_t root_index, const char *path,
                          size_t path_size)
{
    item->root_index = root_index;
    item->path = sw_walk_alloc(path_size + 1);
    memcpy(item->path, path, path_size);
    item->path[path_size] = '\0';
    item->path_size = path_size;
}

/* The type of the file system it lies on. btrfs and overlayfs have devices that no mount shows. */
static enum sw_origin origin_of_device(const struct sw_walk *walk, uint64_t device)
{
    for (size_t i = 0; i < walk->mounts.count; i++)
        if (walk->mounts.rows[i].device == device)
            return sw_origin_find(walk->mounts.rows[i].filesystem);
    return SW_ORIGIN_NONE;
}

static enum sw_origin origin_of(struct sw_walker *walker, const struct sw_item *item)
{
    const struct sw_walk *walk = walker->walk;

    if (walk->roots[item->root_index].kind != SW_TARGET_PATH && item->facts.link_count == 0)
        return SW_ORIGIN_COPY;
    if (item->facts.device != walker->origin_device) {
        walker->origin_device = item->facts.device;
        walker->origin = origin_of_device(walk, item->facts.device);
    }
    return walker->origin;
}

void sw_walker_add_object(struct sw_walker *walker, int fd, const struct sw_facts *facts,
                          uint32_t root_index, const char *path, size_t path_size,
                          struct sw_part_set *set)
{
    struct sw_item *item = item_new(walker, facts->size, path_size);

    item->kind = SW_ITEM_OBJECT;
    item->fd = fd; /* the batch owns it now, and the set */
    item->set = set;
    item->facts = *facts;
    item_set_path(item, root_index, path, path_size);
    item->facts.origin = origin_of(walker, item);
    item_added(walker, facts->size, path_size);
}

void sw_walker_add_gap(struct sw_walker *walker, const struct sw_walk_gap *gap, const char *format,
                       ...)
{
    struct sw_item *item = item_new(walker, 0, gap->path_size);
    va_list arguments;

    item->kind = SW_ITEM_GAP;
    item->gap = gap->gap;
    if (gap->facts != NULL)
        item->facts = *gap->facts;
    item_set_path(item, gap->root_index, gap->path, gap->path_size);
    item->facts.origin = origin_of(walker, item);
    va_start(arguments, format);
    if (vasprintf(&item->text, format, arguments) < 0)
        item->text = NULL; /* the reason alone will have to do */
    va_end(arguments);
    item_added(walker, 0, gap->path_size);
}
