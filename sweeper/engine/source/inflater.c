/* SPDX-License-Identifier: Apache-2.0 */
/* Deflate data and CRC-32, by ISA-L or by zlib. */
#include "engine/source/inflater.h"

#include <limits.h>
#include <string.h>

static uint32_t at_most(size_t size)
{
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

#ifdef SWEEPER_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

struct inflater {
    struct inflate_state isal;
    bool used;
};

size_t sw_inflater_size(void)
{
    return sizeof(struct inflater);
}

bool sw_inflater_begin(void *state, enum sw_inflater_form form)
{
    struct inflater *self = state;
    if (self->used)
        isal_inflate_reset(&self->isal);
    else
        isal_inflate_init(&self->isal);
    self->used = true;
    self->isal.crc_flag = form == SW_INFLATER_RAW ? ISAL_DEFLATE : ISAL_GZIP_NO_HDR_VER;
    return true;
}

enum sw_inflated sw_inflater_run(void *state, struct sw_view *in, struct sw_room *out)
{
    struct inflate_state *isal = &((struct inflater *)state)->isal;
    uint32_t given = at_most(in->size);
    uint32_t room = at_most(out->capacity - out->size);
    /* The library reads only; its interface says otherwise. */
    isal->next_in = (uint8_t *)(uintptr_t)in->data;
    isal->avail_in = given;
    isal->next_out = out->data + out->size;
    isal->avail_out = room;
    int said = isal_inflate(isal);
    /* 2.30 counts below zero when it gives up near the end of the input. */
    bool sane = isal->avail_in <= given && isal->avail_out <= room;
    size_t taken = sane ? given - isal->avail_in : given;
    in->size -= taken;
    in->data = taken > 0 ? in->data + taken : in->data;
    if (!sane)
        said = ISAL_INVALID_BLOCK;
    if (isal->avail_out <= room)
        out->size += room - isal->avail_out;
    if (said == ISAL_INCORRECT_CHECKSUM)
        return SW_INFLATED_SUMS;
    if (said < 0)
        return SW_INFLATED_DAMAGED;
    return isal->block_state == ISAL_BLOCK_FINISH ? SW_INFLATED_END : SW_INFLATED_MORE;
}

/* It reads eight bytes at a time, and gives back what is left before a trailer only. */
size_t sw_inflater_unused(const void *state)
{
    int32_t bits = ((const struct inflater *)state)->isal.read_in_length;
    return bits > 0 ? (size_t)bits / 8 : 0;
}

void sw_inflater_done(void *state)
{
    (void)state;
}

uint32_t sw_inflater_crc(uint32_t crc, struct sw_view bytes)
{
    return bytes.size == 0 ? crc : crc32_gzip_refl(crc, bytes.data, bytes.size);
}

#else

#include <zlib.h>

enum { TRAILER = 8 };

struct inflater {
    z_stream zlib;
    enum sw_inflater_form form;
    bool open;
    bool over; /* the data is; the trailer follows */
    uint32_t crc;
    uint32_t size;
    uint8_t trailer[TRAILER];
    size_t trailer_filled;
};

size_t sw_inflater_size(void)
{
    return sizeof(struct inflater);
}

bool sw_inflater_begin(void *state, enum sw_inflater_form form)
{
    struct inflater *self = state;
    self->form = form;
    self->over = false;
    self->crc = self->size = 0;
    self->trailer_filled = 0;
    if (self->open)
        return inflateReset(&self->zlib) == Z_OK;
    self->open = inflateInit2(&self->zlib, -MAX_WBITS) == Z_OK;
    return self->open;
}

static uint32_t little(const uint8_t *data)
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

static enum sw_inflated run_trailer(struct inflater *self, struct sw_view *in)
{
    while (self->trailer_filled < TRAILER && in->size > 0) {
        self->trailer[self->trailer_filled++] = *in->data++;
        in->size--;
    }
    if (self->trailer_filled < TRAILER)
        return SW_INFLATED_MORE;
    return little(self->trailer) == self->crc && little(self->trailer + 4) == self->size
               ? SW_INFLATED_END
               : SW_INFLATED_SUMS;
}

static enum sw_inflated end_of_data(struct inflater *self, struct sw_view *in)
{
    return self->form == SW_INFLATER_RAW ? SW_INFLATED_END : run_trailer(self, in);
}

enum sw_inflated sw_inflater_run(void *state, struct sw_view *in, struct sw_room *out)
{
    struct inflater *self = state;
    z_stream *zlib = &self->zlib;
    if (self->over)
        return end_of_data(self, in);
    uint32_t given = at_most(in->size);
    uint32_t room = at_most(out->capacity - out->size);
    uint8_t *start = out->data + out->size;
    /* The library reads only; its interface says otherwise. */
    zlib->next_in = (uint8_t *)(uintptr_t)in->data;
    zlib->avail_in = given;
    zlib->next_out = start;
    zlib->avail_out = room;
    int said = inflate(zlib, Z_NO_FLUSH);
    size_t taken = given - zlib->avail_in;
    uint32_t made = room - zlib->avail_out;
    in->size -= taken;
    in->data = taken > 0 ? in->data + taken : in->data;
    out->size += made;
    if (self->form == SW_INFLATER_GZIP)
        self->crc = sw_inflater_crc(self->crc, (struct sw_view){start, made});
    self->size += made;
    if (said == Z_STREAM_END) {
        self->over = true;
        return end_of_data(self, in);
    }
    return said == Z_OK || said == Z_BUF_ERROR ? SW_INFLATED_MORE : SW_INFLATED_DAMAGED;
}

void sw_inflater_done(void *state)
{
    struct inflater *self = state;
    if (self->open)
        (void)inflateEnd(&self->zlib);
}

size_t sw_inflater_unused(const void *state)
{
    (void)state;
    return 0;
}

uint32_t sw_inflater_crc(uint32_t crc, struct sw_view bytes)
{
    return bytes.size == 0 ? crc : (uint32_t)crc32_z(crc, bytes.data, bytes.size);
}

#endif
