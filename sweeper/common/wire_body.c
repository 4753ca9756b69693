/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_body.c - how the bodies of messages are written and read.
 *
 * Each body is a fixed row of fields. A writer or reader remembers the first
 * failure, so that the rows below read as the format they are.
 */
#include "sweeper/wire.h"

#include <string.h>

struct writer {
    struct sw_buf *body;
    enum sw_status status;
};

static void put(struct writer *writer, enum sw_status status)
{
    if (status < writer->status)
        writer->status = status;
}

static void put_u32(struct writer *writer, uint32_t value)
{
    put(writer, sw_buf_append_u32(writer->body, value));
}

static void put_u64(struct writer *writer, uint64_t value)
{
    put(writer, sw_buf_append_u64(writer->body, value));
}

/* The NUL travels too, so that the receiver can use the text where it lies. */
static void put_text(struct writer *writer, struct sw_view text)
{
    put(writer, sw_buf_append_block(writer->body, text.data, text.size));
    put(writer, sw_buf_append_u8(writer->body, 0));
}

struct reader {
    struct sw_cursor *body;
    bool failed;
};

static uint32_t get_u32(struct reader *reader)
{
    uint32_t value = 0;

    if (sw_cursor_u32(reader->body, &value) != SW_OK)
        reader->failed = true;
    return value;
}

static uint64_t get_u64(struct reader *reader)
{
    uint64_t value = 0;

    if (sw_cursor_u64(reader->body, &value) != SW_OK)
        reader->failed = true;
    return value;
}

/* The only NUL is the one behind the text: as a C string it is the same text. */
static struct sw_view get_text(struct reader *reader)
{
    struct sw_view text = {0};
    uint8_t end = 1;

    if (sw_cursor_block(reader->body, &text) != SW_OK ||
        sw_cursor_u8(reader->body, &end) != SW_OK || end != 0 ||
        memchr(text.data, '\0', text.size) != NULL)
        reader->failed = true;
    return text;
}

static struct sw_key get_key(struct reader *reader)
{
    struct sw_key key = {0};
    uint32_t kind = get_u32(reader);

    if (kind >= SW_KEY_KIND_COUNT || sw_cursor_block(reader->body, &key.bytes) != SW_OK ||
        key.bytes.size == 0 || key.bytes.size > SW_KEY_SIZE_MAX)
        reader->failed = true;
    else
        key.kind = (enum sw_key_kind)kind;
    return key;
}

enum {
    CONFIG_PREFILTER = 1,
    CONFIG_TYPES = 2,
    CONFIG_REQUIRE_SANDBOX = 4,
    CONFIG_PATTERNS = 8,
    CONFIG_HASH_ALL = 16,
    CONFIG_DECODE = 32,
    CONFIG_ARCHIVES = 64,
    CONFIG_INTEGRITY = 128,
    CONFIG_LAYERS = 256,
    CONFIG_UNALLOCATED = 512,
    CONFIG_SLACK = 1024,
    CONFIG_VERIFY_IMAGE = 2048,
    CONFIG_FLAGS = 4095, /* all of them */
};

enum sw_status sw_config_encode(const struct sw_engine_config *config, struct sw_buf *body)
{
    struct writer out = {.body = body};

#define PUT_LIMIT(field, type, value) put_u64(&out, config->limits.field);
    SW_LIMIT_TABLE(PUT_LIMIT)
#undef PUT_LIMIT
    put_u32(&out, config->thread_count);
    put_u32(&out,
            (config->prefilter ? CONFIG_PREFILTER : 0u) | (config->types ? CONFIG_TYPES : 0u) |
                (config->require_sandbox ? CONFIG_REQUIRE_SANDBOX : 0u) |
                (config->patterns_ready ? CONFIG_PATTERNS : 0u) |
                (config->hash_all ? CONFIG_HASH_ALL : 0u) | (config->decode ? CONFIG_DECODE : 0u) |
                (config->archives ? CONFIG_ARCHIVES : 0u) |
                (config->integrity ? CONFIG_INTEGRITY : 0u) |
                (config->keep_layers ? CONFIG_LAYERS : 0u) |
                (config->unallocated ? CONFIG_UNALLOCATED : 0u) |
                (config->verify_image ? CONFIG_VERIFY_IMAGE : 0u) |
                (config->slack ? CONFIG_SLACK : 0u));
    put_u32(&out, (uint32_t)config->password_count);
    for (size_t i = 0; i < config->password_count; i++)
        put_text(&out, config->passwords[i]);
    put_u32(&out, (uint32_t)config->key_count);
    for (size_t i = 0; i < config->key_count; i++) {
        put_u32(&out, (uint32_t)config->keys[i].kind);
        put(&out,
            sw_buf_append_block(body, config->keys[i].bytes.data, config->keys[i].bytes.size));
    }
    if (out.status == SW_OK)
        out.status = sw_buf_append_block(body, config->layers.data, config->layers.size);
    return out.status;
}

enum sw_status sw_config_decode(struct sw_view body, struct sw_engine_config *config)
{
    struct sw_cursor cursor = sw_cursor_of(body);
    struct reader in = {.body = &cursor};
    struct sw_engine_config got = {0};

    uint64_t limit = 0;
#define GET_LIMIT(field, type, value)                                                              \
    limit = get_u64(&in);                                                                          \
    got.limits.field = (type)limit;                                                                \
    in.failed = in.failed || got.limits.field != limit;
    SW_LIMIT_TABLE(GET_LIMIT)
#undef GET_LIMIT
    got.thread_count = get_u32(&in);
    uint32_t flags = get_u32(&in);
    got.password_count = get_u32(&in);
    if (got.password_count > SW_PASSWORDS_MAX)
        return SW_DEAD;
    for (size_t i = 0; i < got.password_count; i++)
        got.passwords[i] = get_text(&in);
    got.key_count = get_u32(&in);
    if (got.key_count > SW_KEYS_MAX)
        return SW_DEAD;
    for (size_t i = 0; i < got.key_count; i++)
        got.keys[i] = get_key(&in);
    if (!in.failed)
        in.failed = sw_cursor_block(&cursor, &got.layers) != SW_OK || got.layers.size % 64 != 0 ||
                    got.layers.size / 64 > SW_LAYER_KEYS_MAX;
    if (in.failed || got.limits.depth_max == 0 || got.limits.depth_max > SW_DEPTH_MAX ||
        got.limits.ratio_max == 0 || !sw_cursor_at_end(&cursor) || got.thread_count == 0 ||
        got.thread_count > SW_THREADS_MAX || (flags & ~(uint32_t)CONFIG_FLAGS) != 0)
        return SW_DEAD;
    got.prefilter = (flags & CONFIG_PREFILTER) != 0;
    got.types = (flags & CONFIG_TYPES) != 0;
    got.require_sandbox = (flags & CONFIG_REQUIRE_SANDBOX) != 0;
    got.patterns_ready = (flags & CONFIG_PATTERNS) != 0;
    got.hash_all = (flags & CONFIG_HASH_ALL) != 0;
    got.decode = (flags & CONFIG_DECODE) != 0;
    got.archives = (flags & CONFIG_ARCHIVES) != 0;
    got.integrity = (flags & CONFIG_INTEGRITY) != 0;
    got.verify_image = (flags & CONFIG_VERIFY_IMAGE) != 0;
    got.keep_layers = (flags & CONFIG_LAYERS) != 0;
    got.unallocated = (flags & CONFIG_UNALLOCATED) != 0;
    got.slack = (flags & CONFIG_SLACK) != 0;
    *config = got;
    return SW_OK;
}

/* What an item is compared with afterwards; who reads it does not care for the rest. */
static void put_facts(struct writer *out, const struct sw_facts *facts)
{
    put_u64(out, facts->device);
    put_u64(out, facts->inode);
    put_u64(out, facts->size);
    put_u32(out, facts->mode);
    put_u32(out, facts->uid);
    put_u32(out, facts->gid);
    put_u32(out, facts->link_count);
    put_u64(out, (uint64_t)facts->mtime_ns);
    put_u64(out, (uint64_t)facts->ctime_ns);
    put_u64(out, (uint64_t)facts->btime_ns);
}

static struct sw_facts get_facts(struct reader *in)
{
    struct sw_facts facts = {0};

    facts.device = get_u64(in);
    facts.inode = get_u64(in);
    facts.size = get_u64(in);
    facts.mode = get_u32(in);
    facts.uid = get_u32(in);
    facts.gid = get_u32(in);
    facts.link_count = get_u32(in);
    facts.mtime_ns = (int64_t)get_u64(in);
    facts.ctime_ns = (int64_t)get_u64(in);
    facts.btime_ns = (int64_t)get_u64(in);
    facts.atime_ns = SW_TIME_UNKNOWN;
    return facts;
}

bool sw_context_text_ok(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
              (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("+-./@_", byte) != NULL)))
            return false;
    }
    return text.size > 0 && text.size <= SW_CONTEXT_TEXT_MAX;
}

/* --- BATCH ----------------------------------------------------------------------- */

enum sw_status sw_batch_part_encode(const struct sw_batch_part *part, struct sw_buf *body)
{
    struct writer out = {.body = body};

    put_u32(&out, (uint32_t)part->state);
    put_u64(&out, part->size);
    put_u64(&out, (uint64_t)part->mtime_ns);
    put_u64(&out, (uint64_t)part->ctime_ns);
    put_text(&out, part->name);
    return out.status;
}

enum sw_status sw_batch_part_decode(struct sw_cursor *cursor, struct sw_batch_part *part)
{
    struct reader in = {.body = cursor};
    struct sw_batch_part got = {0};

    const uint32_t state = get_u32(&in);
    got.size = get_u64(&in);
    got.mtime_ns = (int64_t)get_u64(&in);
    got.ctime_ns = (int64_t)get_u64(&in);
    got.name = get_text(&in);
    if (in.failed || state >= SW_PART_STATE_COUNT || got.name.size == 0 ||
        got.name.size > SW_PART_NAME_MAX || memchr(got.name.data, '/', got.name.size) != NULL ||
        (state != SW_PART_THERE && (got.size != 0 || got.mtime_ns != 0 || got.ctime_ns != 0)))
        return SW_DEAD;
    got.state = (enum sw_part_state)state;
    *part = got;
    return SW_OK;
}

/* What each role has with it. */
static bool is_role(enum sw_set_role role, const uint32_t states[static SW_PART_STATE_COUNT],
                    uint32_t count)
{
    const uint32_t there = states[SW_PART_THERE];
    const uint32_t itself = states[SW_PART_ITEM];

    switch (role) {
    case SW_SET_NONE:
        return count == 0;
    case SW_SET_LEAD:
        return itself == 1 && count >= 2;
    case SW_SET_FOLLOWER:
        return there == 1 && count == 1;
    case SW_SET_ORPHAN:
        return there == 0 && itself == 0 && count >= 1;
    case SW_SET_ROLE_COUNT:
        break;
    }
    return false;
}

static void get_parts(struct reader *in, struct sw_batch_entry *entry)
{
    uint32_t states[SW_PART_STATE_COUNT] = {0};
    const uint32_t role = get_u32(in);
    const struct sw_view before = in->body->rest;
    struct sw_batch_part part;

    entry->part_count = get_u32(in);
    if (role >= SW_SET_ROLE_COUNT || entry->part_count > SW_PARTS_MAX)
        in->failed = true;
    for (uint32_t i = 0; i < entry->part_count && !in->failed; i++) {
        in->failed = sw_batch_part_decode(in->body, &part) != SW_OK;
        if (!in->failed)
            states[part.state]++;
    }
    if (in->failed || !is_role((enum sw_set_role)role, states, entry->part_count)) {
        in->failed = true;
        return;
    }
    entry->role = (enum sw_set_role)role;
    entry->fd_count = 1 + (size_t)states[SW_PART_THERE];
    entry->parts = (struct sw_view){before.data + 4, before.size - in->body->rest.size - 4};
}

enum { ENTRY_ALONE = 1, ENTRY_DOCUMENTS = 2, ENTRY_FLAGS = 3 };

enum sw_status sw_batch_entry_encode(const struct sw_batch_entry *entry, struct sw_buf *body)
{
    struct writer out = {.body = body};

    put_u64(&out, entry->item);
    put_u32(&out, (uint32_t)entry->context);
    put_u32(&out, (entry->alone ? ENTRY_ALONE : 0u) | (entry->documents ? ENTRY_DOCUMENTS : 0u));
    put_facts(&out, &entry->facts);
    put_text(&out, entry->path);
    put_text(&out, entry->owner);
    put_u32(&out, (uint32_t)entry->skip_count);
    for (size_t i = 0; i < entry->skip_count; i++) {
        put_u64(&out, entry->skips[i].step);
        put_u32(&out, (uint32_t)entry->skips[i].reason);
        put_u32(&out, entry->skips[i].records_seen);
    }
    put_u32(&out, (uint32_t)entry->role);
    put_u32(&out, entry->part_count);
    put(&out, sw_buf_append(body, entry->parts.data, entry->parts.size));
    return out.status;
}

static struct sw_skip get_skip(struct reader *in)
{
    struct sw_skip skip = {0};

    skip.step = get_u64(in);
    uint32_t reason = get_u32(in);
    skip.records_seen = get_u32(in);
    if (skip.step == 0 || reason == SW_GAP_NONE || reason >= SW_GAP_COUNT)
        in->failed = true;
    else
        skip.reason = (enum sw_gap)reason;
    return skip;
}

enum sw_status sw_batch_entry_decode(struct sw_cursor *cursor, struct sw_batch_entry *entry)
{
    struct reader in = {.body = cursor};
    struct sw_batch_entry got = {0};

    got.item = get_u64(&in);
    uint32_t context = get_u32(&in);
    uint32_t flags = get_u32(&in);
    got.facts = get_facts(&in);
    got.path = get_text(&in);
    got.owner = get_text(&in);
    got.skip_count = get_u32(&in);
    if (got.skip_count > SW_SKIPS_MAX)
        return SW_DEAD;
    for (size_t i = 0; i < got.skip_count; i++)
        got.skips[i] = get_skip(&in);
    if (!in.failed)
        get_parts(&in, &got);
    if (in.failed || got.item == 0 || context >= SW_CONTEXT_COUNT || flags > ENTRY_FLAGS)
        return SW_DEAD;
    got.alone = (flags & ENTRY_ALONE) != 0;
    got.documents = (flags & ENTRY_DOCUMENTS) != 0;
    got.context = (enum sw_context)context;
    *entry = got;
    return SW_OK;
}

enum { ACK_JUDGED = 1, ACK_FULL = 2, ACK_RUNS = 4, ACK_FLAGS = 7 };

/* Nothing, or a SHA-256 in lower case. */
static bool is_digest(struct sw_view hex)
{
    for (size_t i = 0; i < hex.size; i++)
        if (!((hex.data[i] >= '0' && hex.data[i] <= '9') ||
              (hex.data[i] >= 'a' && hex.data[i] <= 'f')))
            return false;
    return hex.size == 0 || hex.size == (size_t)2 * SW_SHA256_SIZE;
}

enum sw_status sw_ack_encode(const struct sw_ack *ack, struct sw_buf *body)
{
    struct writer out = {.body = body};

    put_u64(&out, ack->item);
    put_u32(&out, (ack->judged ? ACK_JUDGED : 0u) | (ack->full ? ACK_FULL : 0u) |
                      (ack->runs ? ACK_RUNS : 0u));
    put_u32(&out, ack->record_count);
    put_u64(&out, ack->bytes);
    put_u64(&out, ack->full_bytes);
    put_u64(&out, ack->members);
    put_u64(&out, ack->member_bytes);
    put_text(&out, ack->sha256);
    put_text(&out, ack->type);
    put_text(&out, ack->context);
    return out.status;
}

enum sw_status sw_ack_decode(struct sw_cursor *cursor, struct sw_ack *ack)
{
    struct reader in = {.body = cursor};
    struct sw_ack got = {0};

    got.item = get_u64(&in);
    uint32_t flags = get_u32(&in);
    got.record_count = get_u32(&in);
    got.bytes = get_u64(&in);
    got.full_bytes = get_u64(&in);
    got.members = get_u64(&in);
    got.member_bytes = get_u64(&in);
    got.sha256 = get_text(&in);
    got.type = get_text(&in);
    got.context = get_text(&in);
    if (in.failed || (flags & ~(uint32_t)ACK_FLAGS) != 0 || !is_digest(got.sha256))
        return SW_DEAD;
    got.judged = (flags & ACK_JUDGED) != 0;
    got.full = (flags & ACK_FULL) != 0;
    got.runs = (flags & ACK_RUNS) != 0;
    *ack = got;
    return SW_OK;
}

/* --- DIST ------------------------------------------------------------------------ */

enum { DIST_CUT = 1 };

enum sw_status sw_dist_message_encode(const struct sw_dist_message *message, struct sw_buf *body)
{
    struct writer out = {.body = body};

    put_u64(&out, message->item);
    put_u32(&out, message->cut ? DIST_CUT : 0u);
    put_u64(&out, message->bad);
    put_text(&out, message->type);
    put_text(&out, message->mime);
    put_u32(&out, message->row_count);
    return out.status;
}

enum sw_status sw_dist_message_decode(struct sw_cursor *cursor, struct sw_dist_message *message)
{
    struct reader in = {.body = cursor};
    struct sw_dist_message got = {0};

    got.item = get_u64(&in);
    uint32_t flags = get_u32(&in);
    got.bad = get_u64(&in);
    got.type = get_text(&in);
    got.mime = get_text(&in);
    got.row_count = get_u32(&in);
    if (in.failed || (flags & ~(uint32_t)DIST_CUT) != 0 || got.type.size > SW_DIST_TYPE_MAX ||
        got.mime.size > SW_DIST_TYPE_MAX)
        return SW_DEAD;
    got.cut = (flags & DIST_CUT) != 0;
    *message = got;
    return SW_OK;
}

enum sw_status sw_dist_row_encode(const struct sw_dist_row *row, struct sw_buf *body)
{
    struct writer out = {.body = body};

    put_text(&out, row->path);
    put_u32(&out, (uint32_t)row->hash);
    put_u64(&out, row->size);
    if (row->hash == SW_DIST_HASH_SHA256)
        put(&out, sw_buf_append(body, row->sha256, SW_SHA256_SIZE));
    return out.status;
}

enum sw_status sw_dist_row_decode(struct sw_cursor *cursor, struct sw_dist_row *row)
{
    struct reader in = {.body = cursor};
    struct sw_dist_row got = {0};
    struct sw_view sha256 = {0};

    got.path = get_text(&in);
    uint32_t hash = get_u32(&in);
    got.size = get_u64(&in);
    if (hash == SW_DIST_HASH_SHA256 && sw_cursor_bytes(cursor, SW_SHA256_SIZE, &sha256) != SW_OK)
        in.failed = true;
    if (in.failed || got.path.size == 0 || got.path.size > SW_DIST_PATH_MAX ||
        hash >= SW_DIST_HASH_COUNT)
        return SW_DEAD;
    if (sha256.size != 0)
        memcpy(got.sha256, sha256.data, SW_SHA256_SIZE);
    got.hash = (enum sw_dist_hash)hash;
    *row = got;
    return SW_OK;
}
