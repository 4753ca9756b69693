/* SPDX-License-Identifier: Apache-2.0 */
/* collect.c - the engine's messages, none of which is believed unchecked. */
#include <stdio.h>
#include <string.h>

#include "conductor.h"
#include "sweeper/text.h"

enum {
    TYPE_NAME_MAX = 128, /* bytes of a MIME type */
    TYPES_MAX = 4096,    /* different types in the histogram */
};

static enum sw_status broken(struct conductor *conductor, const char *what)
{
    snprintf(conductor->protocol_text, sizeof(conductor->protocol_text), "%s", what);
    conductor->protocol_error = conductor->protocol_text;
    child_kill(&conductor->child);
    return SW_DEAD;
}

/* --- RECORD -------------------------------------------------------------- */

static enum sw_status take_record(struct conductor *conductor, struct sw_view body)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    uint64_t id = 0;
    uint32_t sequence = 0;
    json_t *record = NULL;
    struct sw_error error;

    if (sw_cursor_u64(&cursor, &id) != SW_OK || sw_cursor_u32(&cursor, &sequence) != SW_OK)
        return broken(conductor, "a record without a head");
    struct flight_entry *entry = flight_find(&conductor->flight, id);
    if (entry == NULL || entry->state != FLIGHT_SENT || sequence > entry->records_seen)
        return broken(conductor, "a record of an item that is not under way");
    if (sequence < entry->records_seen)
        return SW_OK; /* a retry says again what its predecessor had said */
    enum sw_status status = sw_record_complete((const char *)cursor.rest.data, cursor.rest.size,
                                               &entry->item, &record, &error);
    if (status == SW_DEAD)
        return broken(conductor, error.text);
    if (status != SW_OK) {
        settle_failure(conductor, error.text);
        return SW_STOP;
    }
    entry->records_seen++;
    if (strcmp(json_string_value(json_object_get(record, "type")), "disk_image") == 0) {
        if (conductor->reading_bases)
            json_decref(record);
        else
            settle_record(conductor, record); /* it says nothing that waits for anything */
        return SW_OK;
    }
    layers_note_record(conductor, entry, cursor.rest, record);
    settle_item_record(conductor, entry, record);
    return SW_OK;
}

/* --- ACKS ---------------------------------------------------------------- */

static bool is_type_name(struct sw_view name)
{
    if (name.size == 0 || name.size > TYPE_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] <= ' ' || name.data[i] > '~')
            return false;
    return true;
}

static void count_type(json_t *types, struct sw_view name)
{
    char text[TYPE_NAME_MAX + 1] = "other";

    if (is_type_name(name)) {
        memcpy(text, name.data, name.size);
        text[name.size] = '\0';
        if (json_object_get(types, text) == NULL && json_object_size(types) >= TYPES_MAX)
            strcpy(text, "other");
    }
    json_int_t count = json_integer_value(json_object_get(types, text));
    json_object_set_new(types, text, json_integer(count + 1));
}

/* Only what was asked for, in the form that every value has. */
static bool is_answer(const struct flight_entry *entry, struct sw_view answer)
{
    return answer.size == 0 || (entry->context != SW_CONTEXT_NONE && sw_context_text_ok(answer));
}

static enum sw_status take_ack(struct conductor *conductor, const struct sw_ack *ack)
{
    struct sw_totals *totals = &conductor->totals;
    struct flight_entry *entry = flight_find(&conductor->flight, ack->item);

    if (entry == NULL || entry->state != FLIGHT_SENT || ack->record_count != entry->records_seen)
        return broken(conductor, "an acknowledgement of an item that is not under way");
    if (!is_answer(entry, ack->context))
        return broken(conductor, "a fact of the system that nobody asked for, or in a wrong form");
    if (!integrity_ack(conductor, entry, ack))
        return broken(conductor, "a digest of a file that is in no distribution");
    if (conductor->reading_bases) {
        settle_entry(conductor, entry, ack->judged);
        conductor->acks++;
        conductor->barren = 0;
        return SW_OK;
    }
    totals->scanned += ack->judged ? 1 : 0;
    totals->bytes += ack->bytes;
    totals->full_objects += ack->full ? 1 : 0;
    totals->full_bytes += ack->full_bytes;
    totals->members += ack->members;
    totals->member_bytes += ack->member_bytes;
    if (totals->types != NULL)
        count_type(totals->types, ack->type);
    if (ack->context.size != 0)
        correlate_answer(conductor, entry, ack->context);
    settle_entry(conductor, entry, ack->judged);
    conductor->acks++;
    conductor->barren = 0;
    return SW_OK;
}

static enum sw_status take_acks(struct conductor *conductor, struct sw_view body)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    uint32_t count = 0;

    if (sw_cursor_u32(&cursor, &count) != SW_OK || count > SW_BATCH_ITEMS_MAX)
        return broken(conductor, "a malformed row of acknowledgements");
    for (uint32_t i = 0; i < count; i++) {
        struct sw_ack ack;
        if (sw_ack_decode(&cursor, &ack) != SW_OK)
            return broken(conductor, "a malformed acknowledgement");
        enum sw_status status = take_ack(conductor, &ack);
        if (status != SW_OK)
            return status;
    }
    return sw_cursor_at_end(&cursor) ? SW_OK : broken(conductor, "bytes after acknowledgements");
}

/* --- DIST ------------------------------------------------------------------ */

static enum sw_status take_dist(struct conductor *conductor, struct sw_view body)
{
    const char *why = integrity_message(conductor, body);

    return why == NULL ? SW_OK : broken(conductor, why);
}

/* --- IMAGE ----------------------------------------------------------------- */

static enum sw_status take_image(struct conductor *conductor, struct sw_view body)
{
    const char *why = images_message(conductor, body);

    return why == NULL ? SW_OK : broken(conductor, why);
}

/* --- READY and FATAL ------------------------------------------------------- */

static enum sw_status take_ready(struct conductor *conductor, struct sw_view body,
                                 struct sw_error *error)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    uint32_t flags = 0;

    if (conductor->child.state != CHILD_STARTING || sw_cursor_u32(&cursor, &flags) != SW_OK)
        return broken(conductor, "READY out of turn");
    json_t *account =
        json_loadb((const char *)cursor.rest.data, cursor.rest.size, JSON_REJECT_DUPLICATES, NULL);
    if (account == NULL || !sw_record_engine_account_ok(account)) {
        json_decref(account);
        return broken(conductor, "a malformed account of the engine");
    }
    if (conductor->account == NULL) {
        conductor->account = account; /* ownership moves */
        conductor->ready_flags = flags;
    } else {
        json_decref(account);
    }
    return child_ready(&conductor->child, error);
}

/* One line of the engine's, escaped: it may quote rule files. */
static void print_line(struct sw_view line)
{
    struct sw_buf shown;

    sw_buf_init(&shown, SW_RECORD_MAX * 4);
    if (sw_text_escape(&shown, line) == SW_OK && sw_buf_terminate(&shown) == SW_OK)
        fprintf(stderr, "sweeper: %s\n", (const char *)shown.data);
    sw_buf_done(&shown);
}

/* What the engine says when it cannot start. */
static enum sw_status take_fatal(struct conductor *conductor, struct sw_view body,
                                 struct sw_error *error)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    uint32_t code = 0;

    if (conductor->child.state != CHILD_STARTING || sw_cursor_u32(&cursor, &code) != SW_OK ||
        (code != SW_EXIT_RULES && code != SW_EXIT_FAILED))
        return broken(conductor, "FATAL out of turn");
    conductor->totals.exit_code = (enum sw_exit)code;
    conductor->totals.failed = true;
    sw_progress_clear(conductor->progress);
    struct sw_view text = cursor.rest;
    while (text.size != 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
        print_line((struct sw_view){text.data, size});
        size += end != NULL ? 1 : 0;
        text = (struct sw_view){text.data + size, text.size - size};
    }
    return sw_fail(error, SW_STOP, "engine", 0, "the engine could not start");
}

/* --- all of them ----------------------------------------------------------- */

static enum sw_status take(struct conductor *conductor, const struct sw_message *message,
                           struct sw_error *error)
{
    struct sw_view body = sw_buf_view(&message->body);

    if (message->fd_count != 0)
        return broken(conductor, "descriptors from the engine");
    switch (message->type) {
    case SW_MESSAGE_RECORD:
        return take_record(conductor, body);
    case SW_MESSAGE_ACKS:
        return take_acks(conductor, body);
    case SW_MESSAGE_DIST:
        return take_dist(conductor, body);
    case SW_MESSAGE_IMAGE:
        return take_image(conductor, body);
    case SW_MESSAGE_READY:
        return take_ready(conductor, body, error);
    case SW_MESSAGE_FATAL:
        return take_fatal(conductor, body, error);
    case SW_MESSAGE_CONFIG:
    case SW_MESSAGE_BATCH:
    case SW_MESSAGE_FETCH:
        break;
    }
    return broken(conductor, "a message that the engine does not send");
}

enum sw_status collect_all(struct conductor *conductor, struct sw_error *error)
{
    enum sw_status status = SW_OK;
    struct sw_message message;

    sw_message_init(&message);
    while (status == SW_OK) {
        status = sw_wire_receive(&conductor->child.intake, false, &message, error);
        if (status == SW_DEAD)
            status = broken(conductor, error->text);
        else if (status == SW_OK)
            status = take(conductor, &message, error);
    }
    sw_message_done(&message);
    return status;
}
