/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compress(1), ".Z": LZW with codes of 9 to 16 bits.
 *
 * Codes come in groups of eight, which is as many bytes as a code has bits. When
 * codes grow by a bit, and at a CLEAR code, the rest of the group is padding.
 * The stream ends where the input does.
 */
#include <string.h>

#include "engine/source/stream.h"

enum {
    BITS_MIN = 9,
    BITS_MAX = 16,
    CODES_MAX = 1 << BITS_MAX,
    CLEAR = 256,
    NO_CODE = -1,
};

struct state {
    uint8_t header[3];
    size_t header_filled;
    unsigned bits_max;
    bool blocks; /* code 256 is CLEAR */
    unsigned bits;
    uint32_t next;  /* the code that is defined next */
    int32_t before; /* the code before; NO_CODE at the beginning */
    uint8_t first;  /* first byte of what it stood for */
    uint64_t hold;  /* bits that were read and not used */
    unsigned held;  /* how many */
    unsigned used;  /* bits since codes became this long */
    unsigned skip;  /* bits of padding still to be dropped */
    uint16_t prefix[CODES_MAX];
    uint8_t suffix[CODES_MAX];
    uint8_t stack[CODES_MAX]; /* what a code stands for, backwards */
    size_t stacked;
};

static enum sw_status begin(void *state, struct sw_flow *flow, const struct sw_source_setup *setup,
                            struct sw_stream_facts *facts, struct sw_error *error)
{
    struct state *self = state;
    (void)flow;
    (void)setup;
    (void)facts;
    (void)error;
    memset(self, 0, sizeof *self);
    self->before = NO_CODE;
    for (unsigned i = 0; i < 256; i++)
        self->suffix[i] = (uint8_t)i;
    return SW_OK;
}

static enum sw_status damaged(struct sw_error *error, const char *what)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                       "the compress stream is damaged: %s", what);
}

static void clear_table(struct state *self)
{
    self->next = self->blocks ? CLEAR + 1 : CLEAR;
    self->before = NO_CODE;
}

static enum sw_status take_header(struct state *self, struct sw_view *in, struct sw_error *error)
{
    while (self->header_filled < 3 && in->size > 0) {
        self->header[self->header_filled++] = *in->data++;
        in->size--;
    }
    if (self->header_filled < 3)
        return SW_OK;
    self->bits_max = self->header[2] & 0x1f;
    self->blocks = (self->header[2] & 0x80) != 0;
    if (self->bits_max < BITS_MIN || self->bits_max > BITS_MAX)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "source", 0,
                           "compress with codes of %u bits", self->bits_max);
    self->bits = BITS_MIN;
    clear_table(self);
    return SW_OK;
}

static void drop(struct state *self, unsigned bits)
{
    self->hold >>= bits;
    self->held -= bits;
}

/* Codes are about to get another length: the group is padded to its end. */
static void set_bits(struct state *self, unsigned bits)
{
    unsigned group = self->bits * 8;
    self->skip = (group - self->used % group) % group;
    self->used = 0;
    self->bits = bits;
}

static void fill(struct state *self, struct sw_view *in)
{
    while (self->held <= 56 && in->size > 0) {
        self->hold |= (uint64_t)*in->data++ << self->held;
        in->size--;
        self->held += 8;
    }
}

/* The next code; false: more input is needed. */
static bool next_code(struct state *self, struct sw_view *in, uint32_t *code)
{
    fill(self, in);
    while (self->skip > 0 && self->held > 0) {
        unsigned step = self->skip < self->held ? self->skip : self->held;
        step = step < 32 ? step : 32;
        drop(self, step);
        self->skip -= step;
        fill(self, in);
    }
    if (self->skip > 0 || self->held < self->bits)
        return false;
    *code = (uint32_t)(self->hold & ((1U << self->bits) - 1));
    drop(self, self->bits);
    self->used += self->bits;
    return true;
}

/* Puts what a code stands for on the stack. */
static enum sw_status expand(struct state *self, uint32_t code, struct sw_error *error)
{
    uint32_t at = code;
    if (self->before == NO_CODE) {
        if (code > 255)
            return damaged(error, "it begins with a code that is not defined");
    } else if (code > self->next || (self->blocks && code == CLEAR)) {
        return damaged(error, "a code that is not defined");
    } else if (code == self->next) {
        self->stack[self->stacked++] = self->first;
        at = (uint32_t)self->before;
    }
    while (at > 255) {
        self->stack[self->stacked++] = self->suffix[at];
        at = self->prefix[at];
    }
    self->first = (uint8_t)at;
    self->stack[self->stacked++] = self->first;
    if (self->before != NO_CODE && self->next < 1U << self->bits_max) {
        self->prefix[self->next] = (uint16_t)self->before;
        self->suffix[self->next] = self->first;
        self->next++;
        if (self->next > (1U << self->bits) - 1 && self->bits < self->bits_max)
            set_bits(self, self->bits + 1);
    }
    self->before = (int32_t)code;
    return SW_OK;
}

static enum sw_status decode(void *state, struct sw_view *in, bool last, struct sw_room *out,
                             struct sw_error *error)
{
    struct state *self = state;
    enum sw_status status = SW_OK;
    if (self->header_filled < 3) {
        status = take_header(self, in, error);
        if (status != SW_OK || self->header_filled < 3)
            return status;
    }
    for (;;) {
        uint32_t code = 0;
        while (self->stacked > 0 && out->size < out->capacity)
            out->data[out->size++] = self->stack[--self->stacked];
        if (out->size == out->capacity)
            return SW_OK;
        if (!next_code(self, in, &code))
            return last ? SW_END : SW_OK;
        if (self->blocks && code == CLEAR) {
            set_bits(self, BITS_MIN);
            clear_table(self);
            continue;
        }
        status = expand(self, code, error);
        if (status != SW_OK)
            return status;
    }
}

static void done(void *state)
{
    (void)state;
}

/* The stream has no end but the input's. */
static bool starts(struct sw_view head)
{
    (void)head;
    return false;
}

unsigned sw_compress_codes(struct sw_view head)
{
    enum { CODES = 24 }; /* all of 9 bits: codes grow after 255 of them */
    unsigned good = 0;
    if (head.size < 4 || head.data[0] != 0x1f || head.data[1] != 0x9d ||
        (head.data[2] & 0x60) != 0 || (head.data[2] & 0x1f) < BITS_MIN ||
        (head.data[2] & 0x1f) > BITS_MAX)
        return 0;
    unsigned limit = (head.data[2] & 0x80) != 0 ? CLEAR + 1 : CLEAR;
    for (unsigned i = 0; i < CODES; i++) {
        size_t bit = (size_t)i * BITS_MIN;
        size_t at = 3 + bit / 8;
        if (at + 1 >= head.size)
            break;
        unsigned code = ((unsigned)head.data[at] | (unsigned)head.data[at + 1] << 8) >> bit % 8;
        code &= (1U << BITS_MIN) - 1;
        if (i == 0 ? code > 255 : code >= limit + i || (limit > CLEAR && code == CLEAR))
            return 0;
        good++;
    }
    return good;
}

static size_t state_size(void)
{
    return sizeof(struct state);
}

const struct sw_codec sw_codec_compress = {
    .kind = "compress",
    .state_size = state_size,
    .head_size = 1,
    .starts = starts,
    .begin = begin,
    .decode = decode,
    .done = done,
};
