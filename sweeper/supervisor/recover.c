/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recover.c - an engine died: who is to blame, and what goes on.
 *
 *   over its time         that item is a gap `timeout`; nothing is tried again
 *   sent alone            that item, whatever the slots say
 *   a fatal signal        the item in the slot that the handler wrote
 *   a broken protocol     whatever was out: the slots have moved on since
 *   anything else         whatever was in a slot
 *
 * A suspect is sent once more, alone. If an engine dies on it again, it is the
 * gap `crash`: all of it, or, when it was at work inside a container, the step
 * that it was at (engine/unpack/unpack.h), which is left out when the item goes
 * out once more. The same holds for a step that takes too long. While several
 * workers were at one item its steps have no numbers that hold, and it goes out alone
 * first. Everything else that was out is sent again as if nothing had happened;
 * records already taken are not taken twice.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "conductor.h"

enum {
    DEATHS_MAX = 2,       /* engines that one item may cost */
    SUSPECTS_LISTED = 64, /* in one record */
};

static bool is_in_slot(const struct conductor *conductor, uint64_t id)
{
    for (unsigned i = 0; i < conductor->options->thread_count; i++)
        if (atomic_load(&conductor->child.slots->slot[i].item) == id)
            return true;
    return false;
}

static bool is_suspect(const struct conductor *conductor, const struct flight_entry *entry)
{
    const struct sw_slots *slots = conductor->child.slots;
    uint32_t culprit = atomic_load(&slots->culprit);

    if (conductor->overdue != 0)
        return entry->id == conductor->overdue;
    if (flight_alone_entry(&conductor->flight) != NULL || conductor->protocol_error != NULL)
        return true;
    if (culprit >= 1 && culprit <= SW_THREADS_MAX)
        return entry->id == atomic_load(&slots->slot[culprit - 1].item);
    return is_in_slot(conductor, entry->id);
}

static const char *cause_of(const struct conductor *conductor, const struct obituary *obituary,
                            char *detail, size_t detail_size)
{
    if (conductor->overdue != 0) {
        snprintf(detail, detail_size, "ended because one object took longer than --max-time");
        return "timeout";
    }
    if (conductor->protocol_error != NULL) {
        snprintf(detail, detail_size, "ended because it sent this: %s", conductor->protocol_error);
        return "protocol";
    }
    if (obituary->signal == SIGKILL) {
        snprintf(detail, detail_size, "killed from outside, or for lack of memory");
        return "killed";
    }
    if (obituary->signal != 0)
        snprintf(detail, detail_size, "died of signal %d (%s)", obituary->signal,
                 strsignal(obituary->signal));
    else
        snprintf(detail, detail_size, "left with exit status %d", obituary->exit_status);
    return "crash";
}

/* Returns how many suspects there are; the record lists the first of them. */
static size_t report(struct conductor *conductor, const struct obituary *obituary)
{
    const struct sw_item *items[SUSPECTS_LISTED];
    char detail[640];
    struct sw_engine_death death = {
        .cause = cause_of(conductor, obituary, detail, sizeof(detail)),
        .signal = obituary->signal,
        .exit_status = obituary->exit_status,
        .detail = detail,
        .suspects = items,
    };
    size_t count = 0;

    for (const struct flight_entry *entry = conductor->flight.lists[FLIGHT_SENT].first;
         entry != NULL; entry = entry->next) {
        if (!is_suspect(conductor, entry))
            continue;
        if (death.suspect_count < SUSPECTS_LISTED)
            items[death.suspect_count++] = &entry->item;
        count++;
    }
    settle_record(conductor, sw_record_engine_death(&death));
    return count;
}

/* The step that the engine was at when it died on this item; 0: the item itself,
 * or nobody knows. */
static uint64_t step_of(const struct conductor *conductor, const struct flight_entry *entry)
{
    uint64_t shared = 0;

    for (unsigned i = 0; i < conductor->options->thread_count; i++) {
        const struct sw_slot *slot = &conductor->child.slots->slot[i];
        const uint64_t step = atomic_load(&slot->item) == entry->id ? atomic_load(&slot->step) : 0;
        if ((step & SW_STEP_SHARED) != 0)
            shared = step;
        else if (step != 0)
            return step;
    }
    return shared;
}

/* The next engine leaves this step out, and records the gap. False when there is
 * no step to leave out, or too many were. */
static bool leave_out(const struct conductor *conductor, struct flight_entry *entry,
                      enum sw_gap reason)
{
    const uint64_t step = step_of(conductor, entry);

    if (step == 0 || (step & SW_STEP_SHARED) != 0 || entry->skip_count == SW_SKIPS_MAX)
        return false;
    for (size_t i = 0; i < entry->skip_count; i++)
        if (entry->skips[i].step == step)
            return false; /* it was told, and died all the same */
    entry->skips[entry->skip_count++] =
        (struct sw_skip){.step = step, .reason = reason, .records_seen = entry->records_seen};
    return true;
}

static void send_alone(struct conductor *conductor, struct flight_entry *entry)
{
    entry->alone = true;
    flight_move(&conductor->flight, entry, FLIGHT_ALONE);
}

static void judge(struct conductor *conductor, struct flight_entry *entry)
{
    char text[160];

    if (conductor->overdue == entry->id && (step_of(conductor, entry) & SW_STEP_SHARED) != 0) {
        send_alone(conductor, entry);
        return;
    }
    if (conductor->overdue == entry->id && leave_out(conductor, entry, SW_GAP_TIMEOUT)) {
        flight_move(&conductor->flight, entry, FLIGHT_WAITING);
        return;
    }
    if (conductor->overdue == entry->id) {
        snprintf(text, sizeof(text), "took longer than %u s of CPU time or %u s by the clock",
                 conductor->options->limits.time_max_s,
                 conductor->options->limits.time_max_s * SW_WALL_FACTOR);
        settle_gap(conductor, entry, SW_GAP_TIMEOUT, text);
        return;
    }
    if (++entry->deaths < DEATHS_MAX || leave_out(conductor, entry, SW_GAP_CRASH)) {
        send_alone(conductor, entry);
        return;
    }
    settle_gap(conductor, entry, SW_GAP_CRASH, "the engine died on it, and died again on it alone");
}

/* Everything that was out: suspects are judged, the others go out again. Who is
 * a suspect is settled for all of them before the first one changes state. */
static void empty_hands(struct conductor *conductor)
{
    struct flight *flight = &conductor->flight;
    struct flight_entry *entry;

    for (entry = flight->lists[FLIGHT_SENT].first; entry != NULL; entry = entry->next)
        entry->suspected = is_suspect(conductor, entry);
    while ((entry = flight->lists[FLIGHT_SENT].first) != NULL) {
        if (entry->suspected)
            judge(conductor, entry);
        else
            flight_move(flight, entry, FLIGHT_WAITING);
    }
}

enum sw_status recover(struct conductor *conductor, struct sw_error *error)
{
    bool was_ready = conductor->child.state == CHILD_READY;
    const struct obituary obituary = child_reap(&conductor->child);

    feed_reset(&conductor->feed);
    if (conductor->stopping)
        return SW_OK;
    size_t suspects = report(conductor, &obituary);
    images_restart(conductor);
    empty_hands(conductor);
    if ((!was_ready || suspects == 0) && conductor->acks == 0)
        conductor->barren++;
    conductor->acks = 0;
    conductor->protocol_error = NULL;
    watch_reset(conductor);
    if (conductor->barren >= BARREN_MAX)
        return sw_fail(error, SW_STOP, "recover", 0,
                       "the engine died %u times in a row before doing anything",
                       conductor->barren);
    return child_start(&conductor->child, error);
}
