/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.c - an engine died: who is to blame, and what goes on.
 *
 *   over its time      that item is a gap `timeout`; nothing is tried again
 *   a fatal signal     the slot that the handler wrote is the one suspect
 *   anything else      whatever was in a slot is suspect
 *
 * A suspect is sent once more, alone. If an engine dies on it again, it is the
 * gap `crash`. Everything else that was out is sent again as if nothing had
 * happened; records already taken are not taken twice.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "conductor.h"

enum {
    DEATHS_MAX = 2,  /* engines that one item may cost */
    BARREN_MAX = 3,  /* engines in a row that die before they have done anything */
};

struct suspects {
    struct flight_entry *entries[SW_THREADS_MAX];
    size_t count;
};

static void add_suspect(struct conductor *conductor, struct suspects *suspects, uint64_t id)
{
    struct flight_entry *entry = flight_find(&conductor->flight, id);

    if (entry == NULL || entry->state != FLIGHT_SENT)
        return;
    for (size_t i = 0; i < suspects->count; i++)
        if (suspects->entries[i] == entry)
            return;
    suspects->entries[suspects->count++] = entry;
}

static void find_suspects(struct conductor *conductor, struct suspects *suspects)
{
    const struct sw_slots *slots = conductor->child.slots;
    uint32_t culprit = atomic_load(&slots->culprit);
    const struct flight_list *sent = &conductor->flight.lists[FLIGHT_SENT];

    suspects->count = 0;
    if (conductor->overdue != 0) {
        add_suspect(conductor, suspects, conductor->overdue);
    } else if (sent->count == 1 && sent->first->deaths != 0) {
        add_suspect(conductor, suspects, sent->first->id); /* it was sent alone */
    } else if (culprit >= 1 && culprit <= SW_THREADS_MAX) {
        add_suspect(conductor, suspects, atomic_load(&slots->slot[culprit - 1].item));
    } else {
        for (unsigned i = 0; i < conductor->options->thread_count; i++)
            add_suspect(conductor, suspects, atomic_load(&slots->slot[i].item));
    }
}

static void report(struct conductor *conductor, const struct obituary *obituary,
                   const struct suspects *suspects)
{
    const struct sw_item *items[SW_THREADS_MAX];
    char detail[640];
    struct sw_incident incident = {
        .signal = obituary->signal,
        .exit_status = obituary->exit_status,
        .detail = detail,
        .suspects = items,
        .suspect_count = suspects->count,
    };

    for (size_t i = 0; i < suspects->count; i++)
        items[i] = &suspects->entries[i]->item;
    if (conductor->overdue != 0) {
        incident.cause = "timeout";
        snprintf(detail, sizeof(detail), "ended because one object took longer than --max-time");
    } else if (conductor->protocol_error != NULL) {
        incident.cause = "protocol";
        snprintf(detail, sizeof(detail), "ended because it sent %s", conductor->protocol_error);
    } else if (obituary->signal == SIGKILL) {
        incident.cause = "killed";
        snprintf(detail, sizeof(detail), "killed from outside, or for lack of memory");
    } else if (obituary->signal != 0) {
        incident.cause = "crash";
        snprintf(detail, sizeof(detail), "died of signal %d (%s)", obituary->signal,
                 strsignal(obituary->signal));
    } else {
        incident.cause = "crash";
        snprintf(detail, sizeof(detail), "left with exit status %d", obituary->exit_status);
    }
    settle_record(conductor, sw_record_incident(&incident));
}

static void judge(struct conductor *conductor, struct flight_entry *entry)
{
    char text[160];

    if (conductor->overdue == entry->id) {
        snprintf(text, sizeof(text), "took longer than %u s of CPU time or %u s by the clock",
                 conductor->options->limits.time_max_s,
                 conductor->options->limits.time_max_s * SW_WALL_FACTOR);
        settle_gap(conductor, entry, SW_GAP_TIMEOUT, text);
        return;
    }
    if (++entry->deaths < DEATHS_MAX) {
        flight_move(&conductor->flight, entry, FLIGHT_ALONE);
        return;
    }
    settle_gap(conductor, entry, SW_GAP_CRASH, "the engine died on it, and died again on it alone");
}

/* Items that were out and are not to blame go out again. */
static void requeue(struct conductor *conductor)
{
    struct flight *flight = &conductor->flight;

    while (flight->lists[FLIGHT_SENT].first != NULL) {
        struct flight_entry *entry = flight->lists[FLIGHT_SENT].first;
        flight_move(flight, entry, entry->deaths != 0 ? FLIGHT_ALONE : FLIGHT_WAITING);
    }
}

enum sw_status recover(struct conductor *conductor, struct sw_error *error)
{
    struct suspects suspects;
    bool was_ready = conductor->child.state == CHILD_READY;
    const struct obituary obituary = child_reap(&conductor->child);

    feed_reset(&conductor->feed);
    find_suspects(conductor, &suspects);
    if (!conductor->stopping)
        report(conductor, &obituary, &suspects);
    for (size_t i = 0; i < suspects.count; i++)
        judge(conductor, suspects.entries[i]);
    requeue(conductor);
    if ((!was_ready || suspects.count == 0) && conductor->acks == 0)
        conductor->barren++;
    conductor->acks = 0;
    conductor->protocol_error = NULL;
    watch_reset(conductor);
    if (conductor->stopping)
        return SW_OK;
    if (conductor->barren >= BARREN_MAX)
        return sw_fail(error, SW_STOP, "recover", 0,
                       "the engine died %u times in a row before doing anything",
                       conductor->barren);
    return child_start(&conductor->child, error);
}
