/* SPDX-License-Identifier: Apache-2.0 */
/* rpm_header.c - see rpm_header.h. */
#include "engine/source/rpm_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/source/bytes.h"

enum {
    INTRO = 16,                /* bytes before the index */
    INDEX_ENTRY = 16,          /* bytes */
    INDEX_MAX = 65536,         /* entries; rpm's own limit */
    STORE_MAX = 256 << 20,     /* bytes; the same */
    VALUE_MAX = 4096,          /* bytes of a value in "%header" */
    TEXT_MAX = 64 * VALUE_MAX, /* of all of it */
    TYPE_INT32 = 4,
    TYPE_STRING = 6,
    TYPE_STRINGS = 8,
    TYPE_TRANSLATED = 9,
    TAG_NAME = 1000,
    TAG_VERSION = 1001,
    TAG_RELEASE = 1002,
    TAG_EPOCH = 1003,
};

static const struct {
    uint32_t tag;
    const char *name;
} scripts[] = {
    {1023, "%pre"},         {1024, "%post"},
    {1025, "%preun"},       {1026, "%postun"},
    {1065, "%trigger"},     {1079, "%verifyscript"},
    {1151, "%pretrans"},    {1152, "%posttrans"},
    {5066, "%filetrigger"}, {5076, "%transfiletrigger"},
    {5104, "%preuntrans"},  {5105, "%postuntrans"},
};

/* What "%header" has beside name and version. The programs come with arguments, and
 * need no script. */
static const struct {
    uint32_t tag;
    const char *name;
} lines[] = {
    {1022, "Architecture"},
    {1004, "Summary"},
    {1011, "Vendor"},
    {1015, "Packager"},
    {1020, "URL"},
    {1007, "Build-Host"},
    {1044, "Source-Rpm"},
    {1085, "Pre-Program"},
    {1086, "Post-Program"},
    {1087, "Preun-Program"},
    {1088, "Postun-Program"},
    {1153, "Pretrans-Program"},
    {1154, "Posttrans-Program"},
    {1091, "Verify-Program"},
    {1092, "Trigger-Program"},
};

struct entry {
    uint32_t tag;
    uint32_t type;
    uint32_t offset;
    uint32_t count;
};

static struct entry entry_at(const struct sw_rpm_header *header, uint32_t at)
{
    const uint8_t *bytes = header->bytes + (size_t)at * INDEX_ENTRY;
    return (struct entry){sw_big32(bytes), sw_big32(bytes + 4), sw_big32(bytes + 8),
                          sw_big32(bytes + 12)};
}

/* The text that begins there, without its NUL; false: nothing does. */
static bool text_at(const struct sw_rpm_header *header, size_t offset, struct sw_view *text)
{
    if (offset >= header->store.size)
        return false;
    const uint8_t *start = header->store.data + offset;
    const uint8_t *end = memchr(start, 0, header->store.size - offset);
    *text =
        (struct sw_view){start, end != NULL ? (size_t)(end - start) : header->store.size - offset};
    return true;
}

static bool is_text(const struct entry *entry)
{
    return entry->type == TYPE_STRING || entry->type == TYPE_STRINGS ||
           entry->type == TYPE_TRANSLATED;
}

/* --- reading it ------------------------------------------------------------------- */

void sw_rpm_header_init(struct sw_rpm_header *header)
{
    *header = (struct sw_rpm_header){.entries = 0};
    sw_buf_init(&header->text, TEXT_MAX);
}

void sw_rpm_header_done(struct sw_rpm_header *header)
{
    free(header->bytes);
    header->bytes = NULL;
    sw_buf_done(&header->text);
}

static enum sw_status cut(struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0,
                       "the rpm ends before its payload");
}

/* Out of the flow, into memory. */
static enum sw_status keep(struct sw_rpm_header *header, struct sw_flow *flow, size_t size,
                           struct sw_error *error)
{
    size_t done = 0;

    header->bytes = malloc(size + 1);
    if (header->bytes == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "no memory for the header of the rpm");
    while (done < size) {
        enum sw_status status = sw_flow_fill(flow, error);
        if (status != SW_OK)
            return status;
        if (flow->rest.size == 0)
            return cut(error);
        size_t step = flow->rest.size < size - done ? flow->rest.size : size - done;
        memcpy(header->bytes + done, flow->rest.data, step);
        sw_flow_take(flow, step);
        done += step;
    }
    return SW_OK;
}

enum sw_status sw_rpm_header_read(struct sw_rpm_header *header, struct sw_flow *flow, bool padded,
                                  uint64_t limit, struct sw_error *error)
{
    enum sw_status status = sw_flow_peek(flow, INTRO, error);
    if (status != SW_OK)
        return status;
    if (flow->rest.size < INTRO)
        return cut(error);
    const uint8_t *head = flow->rest.data;
    uint32_t entries = sw_big32(head + 8);
    uint32_t store = sw_big32(head + 12);
    if (!sw_bytes_at(flow->rest, 0, "\x8e\xad\xe8\1", 4) || entries > INDEX_MAX ||
        store > STORE_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "a header of the rpm is damaged");
    uint64_t size = (uint64_t)entries * INDEX_ENTRY + store;
    if (limit > 0 && size > limit)
        header->left_out = size;
    if (size > limit)
        return sw_flow_skip(flow, padded ? INTRO + (size + 7) / 8 * 8 : INTRO + size, error);
    sw_flow_take(flow, INTRO);
    status = keep(header, flow, (size_t)size, error);
    if (status != SW_OK)
        return status;
    header->entries = entries;
    header->store = (struct sw_view){header->bytes + (size_t)entries * INDEX_ENTRY, (size_t)store};
    return padded ? sw_flow_skip(flow, (8 - size % 8) % 8, error) : SW_OK;
}

/* --- "%header" ---------------------------------------------------------------------- */

static bool find(const struct sw_rpm_header *header, uint32_t tag, struct entry *entry)
{
    for (uint32_t i = 0; i < header->entries; i++) {
        *entry = entry_at(header, i);
        if (entry->tag == tag)
            return true;
    }
    return false;
}

static bool find_text(const struct sw_rpm_header *header, uint32_t tag, struct sw_view *text)
{
    struct entry entry;
    return find(header, tag, &entry) && is_text(&entry) && text_at(header, entry.offset, text);
}

/* On one line. */
static void append(struct sw_buf *out, struct sw_view value)
{
    if (value.size > VALUE_MAX)
        value.size = VALUE_MAX;
    for (size_t i = 0; i < value.size; i++) {
        const uint8_t byte = value.data[i] == '\n' || value.data[i] == '\r' ? ' ' : value.data[i];
        (void)!sw_buf_append(out, &byte, 1);
    }
}

/* Name and version; false: it has none. */
static bool describe_package(struct sw_rpm_header *header)
{
    struct sw_buf *out = &header->text;
    struct sw_view name, version, release;
    struct entry epoch;

    if (!find_text(header, TAG_NAME, &name) || !find_text(header, TAG_VERSION, &version))
        return false;
    (void)!sw_buf_append_text(out, "Name: ");
    append(out, name);
    (void)!sw_buf_append_text(out, "\nVersion: ");
    if (find(header, TAG_EPOCH, &epoch) && epoch.type == TYPE_INT32 &&
        epoch.offset <= header->store.size && header->store.size - epoch.offset >= 4) {
        (void)!sw_buf_append_format(out, "%" PRIu32 ":",
                                    sw_big32(header->store.data + epoch.offset));
    }
    append(out, version);
    if (find_text(header, TAG_RELEASE, &release)) {
        (void)!sw_buf_append_text(out, "-");
        append(out, release);
    }
    (void)!sw_buf_append_text(out, "\n");
    return true;
}

/* All texts of an entry, one behind the other: a program and its arguments. */
static void append_line(struct sw_rpm_header *header, const char *name, const struct entry *entry)
{
    struct sw_view text;
    size_t offset = entry->offset;

    (void)!sw_buf_append_text(&header->text, name);
    (void)!sw_buf_append_text(&header->text, ":");
    for (uint32_t i = 0; i < entry->count && i < 16 && text_at(header, offset, &text); i++) {
        (void)!sw_buf_append_text(&header->text, " ");
        append(&header->text, text);
        offset += text.size + 1;
        if (entry->type != TYPE_STRINGS)
            break;
    }
    (void)!sw_buf_append_text(&header->text, "\n");
}

static bool describe(struct sw_rpm_header *header)
{
    struct entry entry;

    if (!describe_package(header))
        return false;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (find(header, lines[i].tag, &entry) && is_text(&entry))
            append_line(header, lines[i].name, &entry);
    return true;
}

/* --- scripts -------------------------------------------------------------------------- */

static const char *script_name(const struct entry *entry)
{
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        if (scripts[i].tag == entry->tag && is_text(entry))
            return scripts[i].name;
    return NULL;
}

/* The next text of a script, wherever it is. */
static bool next_script(struct sw_rpm_header *header, struct sw_view *content)
{
    for (; header->at < header->entries; header->at++, header->string = 0) {
        const struct entry entry = entry_at(header, header->at);
        const char *name = script_name(&entry);
        bool several = entry.type == TYPE_STRINGS;
        if (name == NULL || header->string >= (several ? entry.count : 1))
            continue;
        if (header->string == 0)
            header->offset = entry.offset;
        if (!text_at(header, header->offset, content))
            continue;
        header->offset += content->size + 1;
        (void)snprintf(header->name, sizeof(header->name), several ? "%s-%" PRIu32 : "%s", name,
                       header->string);
        header->string++;
        return true;
    }
    return false;
}

enum sw_status sw_rpm_header_next(struct sw_rpm_header *header, struct sw_view *name,
                                  struct sw_view *content, struct sw_error *error)
{
    if (header->left_out != 0) {
        uint64_t size = header->left_out;
        header->left_out = 0;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "source", 0,
                           "the header of the rpm has %" PRIu64
                           " bytes: its scripts are not looked at one by one",
                           size);
    }
    if (header->bytes != NULL && !header->described) {
        header->described = true;
        if (describe(header)) {
            *name = (struct sw_view){(const uint8_t *)"%header", 7};
            *content = sw_buf_view(&header->text);
            return SW_OK;
        }
    }
    if (header->bytes == NULL || !next_script(header, content))
        return SW_END;
    if (header->given++ == SW_RPM_SCRIPTS_MAX) {
        header->entries = 0;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMBERS, "source", 0,
                           "the rpm has more than %d scripts", SW_RPM_SCRIPTS_MAX);
    }
    header->given_bytes += content->size;
    if (header->given_bytes > header->store.size) {
        header->entries = 0;
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, "source", 0,
                           "scripts of the rpm share the same bytes");
    }
    *name = (struct sw_view){(const uint8_t *)header->name, strlen(header->name)};
    return SW_OK;
}
