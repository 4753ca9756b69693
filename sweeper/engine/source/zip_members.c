/* SPDX-License-Identifier: Apache-2.0 */
/* zip_members.c - plain entries of a zip, read front to back; see zip_members.h. */
#include "engine/source/zip_members.h"

#include <stdlib.h>

#include "engine/source/archive_probe.h"
#include "engine/source/inflater.h"
#include "engine/source/zip_entry.h"

enum {
    NS_IN_S = 1000000000,
    END64_MAX = 16384, /* bytes from a zip64 end record to the plain one; more is odd */
};

struct members {
    struct sw_input input;
    struct sw_source_setup setup;
    struct sw_zip_check check;
    struct sw_zip_run run; /* its items are the entries, by where they are */
    size_t next;           /* the item that next() looks at */
    struct sw_flow flow;
    struct sw_buf name;

    /* The entry at hand. */
    struct sw_zip_said plain;
    uint64_t packed_left;
    uint64_t made; /* bytes that were handed out */
    uint32_t crc;  /* of them */
    bool ended;
    void *inflater;
    uint8_t *out; /* SW_STREAM_PIECE bytes */

    void *library;    /* once it has taken over */
    uint64_t skip_to; /* in the entry at hand: what comes before it is known */
    bool over;
};

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory for zip");
}

void sw_zip_members_close(void *state)
{
    struct members *members = state;
    if (members->library != NULL)
        sw_archive_close(members->library);
    if (members->inflater != NULL)
        sw_inflater_done(members->inflater);
    free(members->inflater);
    free(members->out);
    sw_flow_done(&members->flow);
    sw_buf_done(&members->name);
    sw_zip_window_done(&members->run.central);
    sw_zip_window_done(&members->run.local);
    free(members->run.items);
    free(members);
}

bool sw_zip_members_left(const void *state)
{
    const struct members *members = state;
    return members->library != NULL;
}

/* --- the archive as a whole --- */

/* The numbers of parts, which must be those of a whole archive; they stand in three
 * records, and the zip64 ones must be where they are declared. */
static bool is_one_part(struct sw_zip_run *run)
{
    const uint8_t *at = sw_zip_fetch(run, &run->local, run->last_end_at, SW_ZIP_END_SIZE);
    if (at == NULL || sw_zip_u32(at + 4) != 0)
        return false;
    if (!run->check->zip64)
        return true;
    at =
        sw_zip_fetch(run, &run->local, run->last_end_at - SW_ZIP_LOCATOR_SIZE, SW_ZIP_LOCATOR_SIZE);
    if (at == NULL || sw_zip_u32(at + 4) != 0 || sw_zip_u64(at + 8) != run->end_at ||
        sw_zip_u32(at + 16) != 1)
        return false;
    at = sw_zip_fetch(run, &run->local, run->end_at, SW_ZIP_END64_SIZE);
    return at != NULL && sw_zip_u64(at + 16) == 0 && sw_zip_u64(at + 24) == sw_zip_u64(at + 32) &&
           run->last_end_at - run->end_at <= END64_MAX && run->check->offsets_from == 0;
}

/* Whether there is one end record, and one central directory, which ends before it. */
static bool has_plain_end(struct sw_zip_run *run, uint64_t range_end)
{
    return sw_zip_ends(run) && run->check->count == 0 &&
           run->last_end_at + SW_ZIP_END_SIZE == range_end &&
           run->end_at - run->check->central_at == run->central_size && is_one_part(run);
}

/* Lists what there is. False: the library is to say what there is. */
static bool survey(struct members *members, uint64_t range_end)
{
    struct sw_zip_run *run = &members->run;
    struct sw_zip_entry entry;
    struct sw_zip_said plain;
    if (!has_plain_end(run, range_end))
        return false;
    uint64_t at = run->check->central_at;
    for (; at < run->end_at; at = entry.next)
        if (!sw_zip_central(run, at, run->end_at, &entry) ||
            !sw_zip_central_is_sound(&entry, run->check, &plain) ||
            !sw_zip_item_add(run, (struct sw_zip_item){.key = entry.local, .central = at}))
            return false;
    if (run->item_count == 0 || !sw_zip_items_sort(run))
        return false;
    for (size_t i = 1; i < run->item_count; i++)
        if (run->items[i].key == run->items[i - 1].key)
            return false;
    return true;
}

static enum sw_status open_all(struct members *members, uint64_t range_end, struct sw_error *error)
{
    struct sw_zip_run *run = &members->run;
    enum sw_status status = sw_flow_init(&members->flow, &members->input, 0, error);
    if (status == SW_OK && (!sw_zip_window_init(&run->central) || !sw_zip_window_init(&run->local)))
        status = no_memory(error);
    if (status == SW_OK && !survey(members, range_end))
        status = sw_zip_by_library(&members->input, &members->setup, &members->library, error);
    return status;
}

enum sw_status sw_zip_members_open(const struct sw_input *input,
                                   const struct sw_source_setup *setup, void **state,
                                   struct sw_error *error)
{
    struct sw_archive_range range = {0};
    enum sw_status status = sw_zip_range(input->blob, &range, error);
    if (status != SW_OK)
        return status < SW_DEAD ? status : SW_DEAD;
    struct members *members = calloc(1, sizeof *members);
    if (members == NULL)
        return no_memory(error);
    members->input = *input;
    members->setup = *setup;
    members->run = (struct sw_zip_run){.blob = input->blob, .check = &members->check};
    members->run.ahead_left = sw_zip_ahead(input->blob);
    sw_buf_init(&members->name, UINT16_MAX);
    status = open_all(members, range.end, error);
    if (status == SW_OK) {
        *state = members;
        return SW_OK;
    }
    sw_zip_members_close(members);
    return status < SW_DEAD ? status : SW_DEAD;
}

/* --- the library takes over --- */

/* Behind the first `count` entries. */
static enum sw_status leave(struct members *members, uint64_t count, struct sw_error *error)
{
    enum sw_status status =
        sw_zip_by_library(&members->input, &members->setup, &members->library, error);
    if (status == SW_OK)
        status = sw_archive_pass(members->library, count, error);
    members->over = status != SW_OK;
    return status;
}

/* What the library gives of the entry at hand, behind what is known of it. */
static enum sw_status read_on(struct members *members, struct sw_piece *piece,
                              struct sw_error *error)
{
    for (;;) {
        enum sw_status status = sw_archive_read(members->library, piece, error);
        if (status != SW_OK || piece->offset >= members->skip_to)
            return status;
        uint64_t known = members->skip_to - piece->offset;
        if (known >= piece->size)
            continue;
        piece->offset += known;
        piece->data += known;
        piece->size -= (size_t)known;
        return SW_OK;
    }
}

/* Something is wrong with the entry at hand; `made` bytes of it are out. */
static enum sw_status leave_entry(struct members *members, struct sw_piece *piece,
                                  struct sw_error *error)
{
    struct sw_member same;
    enum sw_status status = leave(members, members->next - 1, error);
    if (status == SW_OK)
        status = sw_archive_next(members->library, &same, error);
    members->skip_to = members->made;
    if (status == SW_OK)
        return read_on(members, piece, error);
    /* It was there a moment ago. */
    if (status == SW_END)
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                             "zip: it changed while it was read");
    return status;
}

/* --- entries --- */

/* All of the local header at `offset`; empty where it cannot be had. */
static struct sw_view local_header(struct members *members, uint64_t offset)
{
    struct sw_flow *flow = &members->flow;
    const struct sw_view none = {NULL, 0};
    struct sw_error ignored;
    if (offset < flow->offset || sw_flow_skip(flow, offset - flow->offset, &ignored) != SW_OK ||
        sw_flow_peek(flow, SW_ZIP_LOCAL_SIZE, &ignored) != SW_OK ||
        flow->rest.size < SW_ZIP_LOCAL_SIZE || sw_zip_u32(flow->rest.data) != SW_ZIP_LOCAL)
        return none;
    size_t size = (size_t)SW_ZIP_LOCAL_SIZE + sw_zip_u16(flow->rest.data + 26) +
                  sw_zip_u16(flow->rest.data + 28);
    if (size <= SW_PEEK_MAX && sw_flow_peek(flow, size, &ignored) != SW_OK)
        return none;
    const uint8_t *at = flow->rest.size >= size
                            ? flow->rest.data
                            : sw_zip_fetch(&members->run, &members->run.local, offset, size);
    return at == NULL ? none : (struct sw_view){at, size};
}

/* Where the bytes of the entry at hand must end. */
static uint64_t limit_of(const struct members *members)
{
    const struct sw_zip_run *run = &members->run;
    uint64_t central = members->check.central_at;
    uint64_t next =
        members->next + 1 < run->item_count ? run->items[members->next + 1].key : central;
    return next < central ? next : central;
}

static bool begin_data(struct members *members)
{
    const struct sw_zip_said *plain = &members->plain;
    members->packed_left = plain->packed;
    members->made = 0;
    members->crc = 0;
    members->ended = plain->folder || plain->packed == 0;
    if (plain->method == SW_ZIP_STORED)
        return plain->packed == plain->size;
    if (members->ended)
        return true;
    if (members->inflater == NULL)
        members->inflater = calloc(1, sw_inflater_size());
    if (members->out == NULL)
        members->out = malloc(SW_STREAM_PIECE);
    return members->inflater != NULL && members->out != NULL &&
           sw_inflater_begin(members->inflater, SW_INFLATER_RAW);
}

/* The entry of the next item. False: it is not plain. */
static bool begin_entry(struct members *members)
{
    struct sw_zip_run *run = &members->run;
    const struct sw_zip_item *item = &run->items[members->next];
    struct sw_zip_entry entry;
    struct sw_error ignored;
    if (!sw_zip_central(run, item->central, run->end_at, &entry) || entry.local != item->key ||
        !sw_zip_central_is_sound(&entry, run->check, &members->plain))
        return false;
    struct sw_view local = local_header(members, entry.local);
    if (local.size == 0 || !sw_zip_entry_is_plain(&entry, local, &members->plain))
        return false;
    uint64_t data_at = entry.local + local.size;
    uint64_t limit = limit_of(members);
    if (data_at > limit || members->plain.packed > limit - data_at)
        return false;
    sw_buf_clear(&members->name);
    return sw_buf_append(&members->name, entry.name.data, entry.name.size) == SW_OK &&
           sw_flow_skip(&members->flow, data_at - members->flow.offset, &ignored) == SW_OK &&
           begin_data(members);
}

static struct sw_member member_of(const struct members *members)
{
    const struct sw_zip_said *plain = &members->plain;
    return (struct sw_member){
        .kind = plain->folder ? SW_MEMBER_DIRECTORY : SW_MEMBER_FILE,
        .name = sw_buf_view(&members->name),
        .facts =
            {
                .size = plain->size,
                .mode = plain->mode,
                .uid = plain->uid,
                .gid = plain->gid,
                .mtime_ns = plain->mtime_s * NS_IN_S,
                .ctime_ns = SW_TIME_UNKNOWN,
                .btime_ns = plain->ctime_s * NS_IN_S,
                .atime_ns = plain->atime_s * NS_IN_S,
                .origin = sw_zip_origin(plain->mtime_s, plain->atime_s, plain->ctime_s),
            },
        .size_known = true,
    };
}

enum sw_status sw_zip_members_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct members *members = state;
    members->skip_to = 0;
    if (members->over)
        return SW_END;
    if (members->library != NULL)
        return sw_archive_next(members->library, member, error);
    if (members->next == members->run.item_count)
        return SW_END;
    if (!begin_entry(members)) {
        enum sw_status status = leave(members, members->next, error);
        return status == SW_OK ? sw_archive_next(members->library, member, error) : status;
    }
    members->next++;
    *member = member_of(members);
    return SW_OK;
}

/* --- data --- */

/* Packed bytes that are there. False: none, though some are missing. */
static bool fill(struct members *members, struct sw_view *in)
{
    struct sw_error ignored;
    struct sw_flow *flow = &members->flow;
    *in = (struct sw_view){0};
    if (members->packed_left == 0)
        return true;
    if (sw_flow_fill(flow, &ignored) != SW_OK || flow->rest.size == 0)
        return false;
    *in = flow->rest;
    if (in->size > members->packed_left)
        in->size = (size_t)members->packed_left;
    return true;
}

static void take(struct members *members, size_t size)
{
    sw_flow_take(&members->flow, size);
    members->packed_left -= size;
}

/* A piece of what is stored lies where it was read; it is taken before the next one. */
static bool make_stored(struct members *members, struct sw_view *made)
{
    if (!fill(members, made))
        return false;
    take(members, made->size);
    members->ended = members->packed_left == 0;
    return true;
}

/* As much as there is room for, or all that is left. */
static bool make_inflated(struct members *members, struct sw_view *made)
{
    struct sw_room room = {members->out, 0, SW_STREAM_PIECE};
    while (room.size < room.capacity && !members->ended) {
        struct sw_view in;
        size_t before = room.size;
        if (!fill(members, &in))
            return false;
        size_t given = in.size;
        enum sw_inflated said = sw_inflater_run(members->inflater, &in, &room);
        take(members, given - in.size);
        members->ended = said == SW_INFLATED_END;
        if (!members->ended &&
            (said != SW_INFLATED_MORE || (in.size == given && room.size == before)))
            return false;
    }
    *made = (struct sw_view){room.data, room.size};
    return !members->ended || sw_inflater_unused(members->inflater) == 0;
}

/* Whether the content is, up to here, what the headers say. */
static bool is_sound(const struct members *members, uint64_t made, uint32_t crc)
{
    const struct sw_zip_said *plain = &members->plain;
    if (!members->ended)
        return made <= plain->size;
    return made == plain->size && crc == plain->crc && members->packed_left == 0;
}

enum sw_status sw_zip_members_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    struct members *members = state;
    struct sw_view made;
    *piece = (struct sw_piece){0};
    if (members->over)
        return SW_END;
    if (members->library != NULL)
        return read_on(members, piece, error);
    if (members->ended)
        return SW_END;
    bool stored = members->plain.method == SW_ZIP_STORED;
    if (!(stored ? make_stored(members, &made) : make_inflated(members, &made)))
        return leave_entry(members, piece, error);
    uint32_t crc = sw_inflater_crc(members->crc, made);
    if (!is_sound(members, members->made + made.size, crc))
        return leave_entry(members, piece, error);
    *piece = (struct sw_piece){made.data, made.size, members->made};
    members->made += made.size;
    members->crc = crc;
    return piece->size == 0 ? SW_END : SW_OK;
}
