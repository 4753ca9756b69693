/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uuencode (POSIX): lines of text between "begin MODE NAME" and "end", or between
 * "begin-base64 MODE NAME" and "====". What stands before, between and behind such
 * blocks is text of the file that they stand in.
 */
#include <string.h>

#include "common/view.h"
#include "engine/source/stream.h"

enum {
    LINE_MAX_BYTES = 1024, /* longer ones are no line of uuencode */
    GROUP = 4,
};

struct state {
    bool base64;
    uint32_t bits;
    unsigned bit_count;
    uint8_t line[LINE_MAX_BYTES];
    size_t line_size;
    bool line_long;
    bool damaged; /* some line was not what it should be */
};

static bool starts(struct sw_view head)
{
    (void)head;
    return false;
}

/* "begin 644 name": what stands behind the mode is the name. */
static bool parse_begin(struct sw_view line, bool *base64, uint32_t *mode, struct sw_view *name)
{
    unsigned digits = 0;
    *base64 = sw_view_starts(line, SW_VIEW("begin-base64 "));
    if (!*base64 && !sw_view_starts(line, SW_VIEW("begin ")))
        return false;
    line = sw_view_skip(line, *base64 ? sizeof("begin-base64 ") - 1 : sizeof("begin ") - 1);
    *mode = 0;
    while (line.size > 0 && line.data[0] >= '0' && line.data[0] <= '7' && digits < 6) {
        *mode = *mode << 3 | (uint32_t)(line.data[0] - '0');
        line = sw_view_skip(line, 1);
        digits++;
    }
    if (digits < 3 || line.size < 2 || line.data[0] != ' ')
        return false;
    *name = sw_view_trim(line);
    return name->size > 0;
}

static unsigned base64_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return (unsigned)byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return (unsigned)byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return (unsigned)byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : 64;
}

/* Whether a line may stand behind a "begin": as long as its first character says
 * (trailing blanks may be lost, and a character of checksum may follow). */
static bool plausible(struct sw_view line, bool base64)
{
    line = sw_view_trim(line);
    if (base64) {
        for (size_t i = 0; i < line.size; i++)
            if (base64_value(line.data[i]) > 63 && line.data[i] != '=')
                return false;
        return line.size >= 4;
    }
    if (line.size == 0 || line.data[0] < ' ' || line.data[0] > '`')
        return false;
    size_t count = (line.data[0] - ' ') & 0x3f;
    size_t characters = 1 + (count + 2) / 3 * GROUP;
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] < ' ' || line.data[i] > '`')
            return false;
    return count > 0 ? line.size <= characters + 2 && line.size * 2 > characters : line.size <= 2;
}

static bool next_line(struct sw_view *text, struct sw_view *line)
{
    size_t end = sw_view_find(*text, '\n');
    if (end == text->size)
        return false;
    *line = sw_view_first(*text, end);
    *text = sw_view_skip(*text, end + 1);
    return true;
}

size_t sw_uuencode_find(struct sw_view head)
{
    struct sw_view text = head;
    struct sw_view line = {0};
    for (;;) {
        size_t at = head.size - text.size;
        bool base64 = false;
        uint32_t mode = 0;
        struct sw_view name = {0};
        if (!next_line(&text, &line))
            return SIZE_MAX;
        if (line.size > 0 && line.data[0] == 'b' && parse_begin(line, &base64, &mode, &name)) {
            struct sw_view after = text;
            if (!next_line(&after, &line) && after.size > 0)
                line = after;
            if (plausible(line, base64))
                return at;
        }
    }
}

/* The next line as it flows, in state->line; false at the end of the input. A line
 * that is too long is passed over as an empty one. */
static enum sw_status flow_line(struct state *self, struct sw_flow *flow, bool *more,
                                struct sw_error *error)
{
    self->line_size = 0;
    *more = false;
    for (;;) {
        enum sw_status status = sw_flow_fill(flow, error);
        if (status != SW_OK || flow->rest.size == 0)
            return status;
        *more = true;
        size_t size = sw_view_find(flow->rest, '\n');
        bool whole = size < flow->rest.size;
        size_t room = sizeof self->line - self->line_size;
        size_t kept = size < room ? size : room;
        if (kept > 0)
            memcpy(self->line + self->line_size, flow->rest.data, kept);
        self->line_size += kept;
        sw_flow_take(flow, whole ? size + 1 : size);
        if (whole)
            return SW_OK;
    }
}

/* Looks for the next block. */
static enum sw_status begin(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error)
{
    struct state *self = state;
    (void)setup;
    for (;;) {
        bool more = false;
        uint32_t mode = 0;
        struct sw_view name = {0};
        enum sw_status status = flow_line(self, flow, &more, error);
        if (status != SW_OK)
            return status;
        if (!more)
            return SW_END;
        struct sw_view line = {self->line, self->line_size};
        if (!parse_begin(line, &self->base64, &mode, &name))
            continue;
        if (facts->name.size == 0) {
            facts->mode = mode;
            if (sw_buf_append(&facts->name, name.data, name.size) != SW_OK)
                return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                                   "no memory for a name");
        }
        self->line_size = 0;
        self->line_long = self->damaged = false;
        self->bits = self->bit_count = 0;
        return SW_OK;
    }
}

static void put(struct sw_room *out, unsigned byte)
{
    out->data[out->size++] = (uint8_t)byte;
}

/* One line of at most LINE_MAX_BYTES characters, which make fewer bytes. */
static void decode_uu(struct sw_view line, struct sw_room *out)
{
    size_t count = (line.data[0] - ' ') & 0x3f;
    for (size_t at = 1; count > 0; at += GROUP) {
        unsigned bits = 0;
        for (size_t i = 0; i < GROUP; i++) {
            unsigned byte = at + i < line.size ? line.data[at + i] : ' ';
            bits = bits << 6 | ((byte - ' ') & 0x3f);
        }
        for (unsigned i = 0; i < 3 && count > 0; i++, count--)
            put(out, bits >> (16 - 8 * i) & 0xff);
    }
}

static void decode_base64(struct state *self, struct sw_view line, struct sw_room *out)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned value = base64_value(line.data[i]);
        if (value > 63)
            continue;
        self->bits = self->bits << 6 | value;
        self->bit_count += 6;
        if (self->bit_count >= 8) {
            self->bit_count -= 8;
            put(out, self->bits >> self->bit_count & 0xff);
        }
    }
}

static enum sw_status end_block(const struct state *self, struct sw_error *error)
{
    if (!self->damaged)
        return SW_END;
    return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, "source", 0,
                       "lines of the uuencoded block are damaged");
}

/* Ends the block, or decodes the line. One that cannot be a part of it is passed
 * over. */
static enum sw_status take_line(struct state *self, struct sw_room *out, struct sw_error *error)
{
    struct sw_view line = {self->line, self->line_size};
    bool whole = !self->line_long;
    self->line_size = 0;
    self->line_long = false;
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    if (sw_view_equal(sw_view_trim(line), self->base64 ? SW_VIEW("====") : SW_VIEW("end")))
        return end_block(self, error);
    if (self->base64)
        decode_base64(self, line, out);
    else if (line.size > 0 && whole && line.data[0] >= ' ' && line.data[0] <= '`')
        decode_uu(line, out);
    else if (line.size > 0)
        self->damaged = true;
    return SW_OK;
}

static enum sw_status decode(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error)
{
    struct state *self = state;
    while (in->size > 0 && out->capacity - out->size >= LINE_MAX_BYTES) {
        size_t size = sw_view_find(*in, '\n');
        bool whole = size < in->size;
        size_t room = sizeof self->line - self->line_size;
        size_t kept = size < room ? size : room;
        self->line_long = self->line_long || size > room;
        memcpy(self->line + self->line_size, in->data, kept);
        self->line_size += kept;
        *in = sw_view_skip(*in, whole ? size + 1 : size);
        if (whole) {
            enum sw_status status = take_line(self, out, error);
            if (status != SW_OK)
                return status;
        }
    }
    /* The last line may lack its end. */
    if (last && self->line_size > 0 && out->capacity - out->size >= LINE_MAX_BYTES)
        return take_line(self, out, error);
    return SW_OK;
}

static void done(void *state)
{
    (void)state;
}

static size_t state_size(void)
{
    return sizeof(struct state);
}

const struct sw_codec sw_codec_uuencode = {
    .kind = "uuencode",
    .state_size = state_size,
    .head_size = 1,
    .loose = true,
    .starts = starts,
    .begin = begin,
    .decode = decode,
    .done = done,
};
