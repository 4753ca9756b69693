/* SPDX-License-Identifier: Apache-2.0 */
/* links.c - inodes with several names. */
#include "links.h"

#include <stdlib.h>
#include <unistd.h>

#include "sweeper/rows.h"

enum {
    ROWS_FIRST = 1024,
    LINKS_MAX = 512 * 1024, /* inodes; about 64 bytes each, so at most 40 MiB */
};

static size_t row_of(uint64_t device, uint64_t inode, size_t capacity)
{
    uint64_t hash = (inode ^ (device << 32 | device >> 32)) * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(hash >> 20) & (capacity - 1);
}

static struct link **find_row(const struct links *links, uint64_t device, uint64_t inode)
{
    size_t row = row_of(device, inode, links->capacity);

    while (links->rows[row] != NULL &&
           (links->rows[row]->inode != inode || links->rows[row]->device != device))
        row = (row + 1) & (links->capacity - 1);
    return &links->rows[row];
}

/* Doubles the table. False without memory: the table stays as it is. */
static bool grow(struct links *links)
{
    struct links larger = {.capacity = links->capacity != 0 ? links->capacity * 2 : ROWS_FIRST};

    larger.rows = calloc(larger.capacity, sizeof(*larger.rows));
    if (larger.rows == NULL)
        return false;
    for (size_t i = 0; i < links->capacity; i++)
        if (links->rows[i] != NULL)
            *find_row(&larger, links->rows[i]->device, links->rows[i]->inode) = links->rows[i];
    free(links->rows);
    links->rows = larger.rows;
    links->capacity = larger.capacity;
    return true;
}

static void free_link(struct link *link)
{
    json_decref(link->records);
    for (size_t i = 0; i < link->waiting_count; i++)
        sw_item_done(&link->waiting[i]);
    free(link->waiting);
    free(link);
}

void links_done(struct links *links)
{
    for (size_t i = 0; i < links->capacity; i++)
        if (links->rows[i] != NULL)
            free_link(links->rows[i]);
    free(links->rows);
    *links = (struct links){0};
}

/* Takes a row out and closes the gap that it leaves in its run. */
static void forget(struct links *links, struct link *link)
{
    struct link **row = find_row(links, link->device, link->inode);
    size_t at = (size_t)(row - links->rows);

    *row = NULL;
    links->count--;
    for (size_t next = (at + 1) & (links->capacity - 1); links->rows[next] != NULL;
         next = (next + 1) & (links->capacity - 1)) {
        struct link *moved = links->rows[next];
        links->rows[next] = NULL;
        *find_row(links, moved->device, moved->inode) = moved;
    }
    free_link(link);
}

static struct link *remember(struct links *links, const struct sw_item *item)
{
    if (links->count >= LINKS_MAX)
        return NULL;
    if (links->count * 2 >= links->capacity && !grow(links))
        return NULL;
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return NULL;
    link->device = item->facts.device;
    link->inode = item->facts.inode;
    link->names_left = item->facts.link_count - 1;
    *find_row(links, link->device, link->inode) = link;
    links->count++;
    return link;
}

/* False without memory: the name is then looked at like any other file. */
static bool wait_for(struct link *link, struct sw_item *item)
{
    if (!sw_rows_grow(&link->waiting, &link->waiting_capacity, link->waiting_count + 1,
                      sizeof(*link->waiting)))
        return false;
    if (item->fd >= 0)
        close(item->fd);
    item->fd = -1;
    link->waiting[link->waiting_count++] = *item; /* ownership moves */
    *item = (struct sw_item){.fd = -1};
    return true;
}

enum links_answer links_meet(struct links *links, struct sw_item *item, struct link **link)
{
    struct link *known = NULL;

    if (links->capacity != 0)
        known = *find_row(links, item->facts.device, item->facts.inode);
    *link = NULL;
    if (known == NULL) {
        *link = remember(links, item);
        return LINKS_LOOK;
    }
    if (known->settled) {
        *link = known;
        return LINKS_KNOWN;
    }
    return wait_for(known, item) ? LINKS_WAITING : LINKS_LOOK;
}

void links_keep(struct link *link, json_t *record)
{
    if (link->records == NULL)
        link->records = json_array();
    json_array_append(link->records, record);
}

void links_name_done(struct links *links, struct link *link)
{
    if (link->names_left > 0)
        link->names_left--;
    if (link->settled && link->names_left == 0)
        forget(links, link);
}

void links_settled(struct links *links, struct link *link)
{
    link->settled = true;
    link->names_left -=
        link->waiting_count < link->names_left ? (uint32_t)link->waiting_count : link->names_left;
    for (size_t i = 0; i < link->waiting_count; i++)
        sw_item_done(&link->waiting[i]);
    free(link->waiting);
    link->waiting = NULL;
    link->waiting_count = link->waiting_capacity = 0;
    if (link->names_left == 0)
        forget(links, link);
}
