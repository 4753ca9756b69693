/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - batches on their way to the engine. */
#include "feed.h"

#include <string.h>

enum {
    LABELS_TARGET = 24 * 1024, /* bytes of one batch: most fit one datagram */
};

void feed_init(struct feed *feed)
{
    *feed = (struct feed){0};
    sw_buf_init(&feed->body, SW_LABEL_MAX);
    sw_buf_init(&feed->parts, SW_LABEL_MAX / 4);
}

void feed_done(struct feed *feed)
{
    sw_buf_done(&feed->body);
    sw_buf_done(&feed->parts);
}

void feed_reset(struct feed *feed)
{
    feed->busy = false;
}

static enum sw_status encode_parts(struct feed *feed, const struct sw_part_set *set)
{
    enum sw_status status = SW_OK;

    sw_buf_clear(&feed->parts);
    for (size_t i = 0; set != NULL && i < set->count && status == SW_OK; i++) {
        const struct sw_part *part = &set->parts[i];
        const bool there = part->state == SW_PART_THERE;
        const struct sw_batch_part row = {
            .state = part->state,
            .size = there ? part->facts.size : 0,
            .mtime_ns = there ? part->facts.mtime_ns : 0,
            .ctime_ns = there ? part->facts.ctime_ns : 0,
            .name = {(const uint8_t *)part->name, strlen(part->name)},
        };
        status = sw_batch_part_encode(&row, &feed->parts);
    }
    return status;
}

static enum sw_status encode_entry(struct feed *feed, const struct flight_entry *entry)
{
    const struct sw_item *item = &entry->item;
    char number[12] = "";
    const char *owner =
        feed->owners != NULL ? owners_name(feed->owners, item->facts.uid, number) : "";
    struct sw_batch_entry row = {
        .item = entry->id,
        .context = entry->context,
        .facts = item->facts,
        .path = {(const uint8_t *)item->path, item->path_size},
        .owner = {(const uint8_t *)owner, strlen(owner)},
        .alone = entry->alone || entry->skip_count != 0,
        .documents = entry->documents,
        .skip_count = entry->skip_count,
        .role = item->set != NULL ? item->set->role : SW_SET_NONE,
        .part_count = item->set != NULL ? (uint32_t)item->set->count : 0,
    };
    if (encode_parts(feed, item->set) != SW_OK)
        return SW_STOP;
    row.parts = sw_buf_view(&feed->parts);
    memcpy(row.skips, entry->skips, sizeof(row.skips));

    return sw_batch_entry_encode(&row, &feed->body);
}

static size_t fds_of(const struct flight_entry *entry)
{
    return 1 + (entry->item.set != NULL ? entry->item.set->fd_count : 0);
}

/* The item's own first. */
static size_t put_fds(const struct flight_entry *entry, int *fds)
{
    const struct sw_part_set *set = entry->item.set;
    size_t count = 0;

    fds[count++] = entry->item.fd;
    for (size_t i = 0; set != NULL && i < set->count; i++)
        if (set->parts[i].state == SW_PART_THERE)
            fds[count++] = set->parts[i].fd;
    return count;
}

/* Fills body and fds from the front of a list; the entries become SENT. */
static enum sw_status gather(struct feed *feed, struct flight *flight, enum flight_state from,
                             size_t count_max)
{
    uint64_t bytes = 0;
    uint32_t count = 0;
    size_t fd_count = 0;
    struct flight_entry *entry;

    sw_buf_clear(&feed->body);
    if (sw_buf_append_u32(&feed->body, 0) != SW_OK)
        return SW_STOP;
    while (count < count_max && (entry = flight->lists[from].first) != NULL) {
        uint64_t size = entry->item.facts.size;
        if (count > 0 &&
            (size > SW_BATCH_BYTES_MAX - bytes || fd_count + fds_of(entry) > SW_BATCH_ITEMS_MAX ||
             feed->body.size + entry->item.path_size > LABELS_TARGET))
            break;
        if (encode_entry(feed, entry) != SW_OK)
            return SW_STOP;
        fd_count += put_fds(entry, feed->fds + fd_count);
        count++;
        flight_move(flight, entry, FLIGHT_SENT);
        bytes += size < SW_BATCH_BYTES_MAX ? size : SW_BATCH_BYTES_MAX;
    }
    for (unsigned i = 0; i < 4; i++)
        feed->body.data[i] = (uint8_t)(count >> (8 * i));
    feed->out = (struct sw_wire_out){.type = SW_MESSAGE_BATCH,
                                     .body = sw_buf_view(&feed->body),
                                     .fds = feed->fds,
                                     .fd_count = fd_count};
    return count != 0 ? SW_OK : SW_END;
}

enum sw_status feed_next(struct feed *feed, struct flight *flight, int socket,
                         struct sw_error *error)
{
    enum sw_status status = SW_OK;

    if (!feed->busy) {
        bool quiet = flight->lists[FLIGHT_SENT].count == 0;
        if (flight_alone_entry(flight) != NULL)
            status = SW_END; /* nothing joins an item that is out alone */
        else if (flight->lists[FLIGHT_ALONE].count != 0)
            status = quiet ? gather(feed, flight, FLIGHT_ALONE, 1) : SW_END;
        else
            status = gather(feed, flight, FLIGHT_WAITING, SW_BATCH_ITEMS_MAX);
        if (status == SW_STOP)
            return sw_fail(error, SW_STOP, "feed", 0, "no memory for a batch");
        if (status != SW_OK)
            return status;
        feed->busy = true;
    }
    status = sw_wire_send(&feed->out, socket, false, error);
    if (status != SW_PART)
        feed->busy = false;
    return status;
}
