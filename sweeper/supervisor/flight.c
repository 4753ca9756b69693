/* SPDX-License-Identifier: Apache-2.0 */
/* flight.c - the table of items under way. */
#include "flight.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* An id is generation and index, so that a late or forged id finds nothing. */
enum { INDEX_BITS = 16, INDEX_MASK = (1 << INDEX_BITS) - 1 };

static void list_append(struct flight_list *list, struct flight_entry *entry)
{
    entry->previous = list->last;
    entry->next = NULL;
    if (list->last != NULL)
        list->last->next = entry;
    else
        list->first = entry;
    list->last = entry;
    list->count++;
}

static void list_remove(struct flight_list *list, struct flight_entry *entry)
{
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        list->first = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
    else
        list->last = entry->previous;
    list->count--;
}

enum sw_status flight_init(struct flight *flight, size_t capacity, struct sw_error *error)
{
    assert(capacity > 0 && capacity <= INDEX_MASK);
    *flight = (struct flight){.capacity = capacity};
    flight->entries = calloc(capacity, sizeof(*flight->entries));
    if (flight->entries == NULL)
        return sw_fail(error, SW_STOP, "flight", ENOMEM, "no room for items");
    for (size_t i = 0; i < capacity; i++)
        list_append(&flight->lists[FLIGHT_FREE], &flight->entries[i]);
    return SW_OK;
}

void flight_done(struct flight *flight)
{
    for (size_t i = 0; i < flight->capacity && flight->entries != NULL; i++)
        if (flight->entries[i].state != FLIGHT_FREE)
            flight_remove(flight, &flight->entries[i]);
    free(flight->entries);
    flight->entries = NULL;
}

size_t flight_room(const struct flight *flight)
{
    return flight->lists[FLIGHT_FREE].count;
}

bool flight_is_empty(const struct flight *flight)
{
    return flight->lists[FLIGHT_FREE].count == flight->capacity;
}

struct flight_entry *flight_add(struct flight *flight, struct sw_item *item)
{
    struct flight_entry *entry = flight->lists[FLIGHT_FREE].first;

    assert(entry != NULL);
    entry->id = (++flight->generation << INDEX_BITS) | (uint64_t)(entry - flight->entries);
    entry->item = *item; /* ownership moves */
    item->fd = -1;
    item->path = NULL;
    item->text = NULL;
    item->set = NULL;
    flight_move(flight, entry, FLIGHT_WAITING);
    return entry;
}

struct flight_entry *flight_find(struct flight *flight, uint64_t id)
{
    size_t index = id & INDEX_MASK;

    if (id == 0 || index >= flight->capacity || flight->entries[index].id != id)
        return NULL;
    return &flight->entries[index];
}

void flight_move(struct flight *flight, struct flight_entry *entry, enum flight_state state)
{
    list_remove(&flight->lists[entry->state], entry);
    entry->state = state;
    list_append(&flight->lists[state], entry);
}

struct flight_entry *flight_alone_entry(const struct flight *flight)
{
    struct flight_entry *first = flight->lists[FLIGHT_SENT].first;

    return first != NULL && first->alone ? first : NULL;
}

void flight_remove(struct flight *flight, struct flight_entry *entry)
{
    sw_item_done(&entry->item);
    list_remove(&flight->lists[entry->state], entry);
    *entry = (struct flight_entry){.state = FLIGHT_FREE};
    list_append(&flight->lists[FLIGHT_FREE], entry);
}
