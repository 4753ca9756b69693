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
}

void feed_done(struct feed *feed)
{
    sw_buf_done(&feed->body);
}

void feed_reset(struct feed *feed)
{
    feed->busy = false;
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
    };
    memcpy(row.skips, entry->skips, sizeof(row.skips));

    return sw_batch_entry_encode(&row, &feed->body);
}

/* Fills body and fds from the front of a list; the entries become SENT. */
static enum sw_status gather(struct feed *feed, struct flight *flight, enum flight_state from,
                             size_t count_max)
{
    uint64_t bytes = 0;
    uint32_t count = 0;
    struct flight_entry *entry;

    sw_buf_clear(&feed->body);
    if (sw_buf_append_u32(&feed->body, 0) != SW_OK)
        return SW_STOP;
    while (count < count_max && (entry = flight->lists[from].first) != NULL) {
        uint64_t size = entry->item.facts.size;
        if (count > 0 && (size > SW_BATCH_BYTES_MAX - bytes ||
                          feed->body.size + entry->item.path_size > LABELS_TARGET))
            break;
        if (encode_entry(feed, entry) != SW_OK)
            return SW_STOP;
        feed->fds[count++] = entry->item.fd;
        flight_move(flight, entry, FLIGHT_SENT);
        bytes += size < SW_BATCH_BYTES_MAX ? size : SW_BATCH_BYTES_MAX;
    }
    for (unsigned i = 0; i < 4; i++)
        feed->body.data[i] = (uint8_t)(count >> (8 * i));
    feed->out = (struct sw_wire_out){.type = SW_MESSAGE_BATCH,
                                     .body = sw_buf_view(&feed->body),
                                     .fds = feed->fds,
                                     .fd_count = count};
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
