/* SPDX-License-Identifier: Apache-2.0 */
/* sample_recipe.c - rar, lha, cab and rpm, field by field. */
#define ZLIB_CONST 1
#include <lzma.h>
#include <zlib.h>

#include "supervisor/sample.h"
#include "supervisor/sample_put.h"

#define DOS_TIME 0x5a21b000U
#define MODE     0100644U

static const size_t name_size = sizeof SW_SAMPLE_MEMBER - 1;

static uint32_t sum_of(struct sw_view view)
{
    return lzma_crc32(view.data, view.size, 0);
}

/* --- rar, before version 5 ------------------------------------------------------- */

static void put_rar_block(struct put *put, const struct sw_buf *header)
{
    put_little(put, sum_of(sw_buf_view(header)) & 0xffff, 2);
    put_bytes(put, header->data, header->size);
}

enum sw_status sw_sample_rar(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error)
{
    struct sw_buf header;
    (void)form;
    sw_buf_init(&header, 256);
    struct put put = {.out = out};
    struct put file = {.out = &header};
    put_bytes(&put, "Rar!\x1a\x07\0", 7);
    put_bytes(&put, "\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0", 13); /* archive header */
    put_little(&file, 0x74, 1);
    put_little(&file, 0x8000, 2);
    put_little(&file, 32 + name_size, 2);
    put_little(&file, content.size, 4);
    put_little(&file, content.size, 4);
    put_little(&file, 3, 1); /* Unix */
    put_little(&file, sum_of(content), 4);
    put_little(&file, DOS_TIME, 4);
    put_little(&file, 29, 1);
    put_little(&file, 0x30, 1); /* stored */
    put_little(&file, name_size, 2);
    put_little(&file, MODE, 4);
    put_text(&file, SW_SAMPLE_MEMBER);
    put_rar_block(&put, &header);
    put_bytes(&put, content.data, content.size);
    put_bytes(&put, "\xc4\x3d\x7b\0\x40\x07\0", 7); /* end */
    put.status = put.status == SW_OK ? file.status : put.status;
    sw_buf_done(&header);
    return put_end(&put, error);
}

/* --- rar5 -------------------------------------------------------------------------- */

static void put_vint(struct put *put, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        put_little(put, (value & 0x7f) | 0x80, 1);
    put_little(put, value, 1);
}

/* Sum, size, header; the header is empty again. */
static void put_rar5_block(struct put *put, struct put *header)
{
    struct sw_buf sized;
    sw_buf_init(&sized, 256);
    struct put inner = {.out = &sized, .status = header->status};
    put_vint(&inner, header->out->size);
    put_bytes(&inner, header->out->data, header->out->size);
    put_little(put, sum_of(sw_buf_view(&sized)), 4);
    put_bytes(put, sized.data, sized.size);
    put->status = put->status == SW_OK ? inner.status : put->status;
    sw_buf_done(&sized);
    sw_buf_clear(header->out);
}

enum sw_status sw_sample_rar5(const struct sw_sample_form *form, struct sw_view content,
                              struct sw_buf *out, struct sw_error *error)
{
    struct sw_buf bytes;
    (void)form;
    sw_buf_init(&bytes, 256);
    struct put put = {.out = out};
    struct put header = {.out = &bytes};
    put_bytes(&put, "Rar!\x1a\x07\1\0", 8);
    put_bytes(&header, "\1\0\0", 3); /* main */
    put_rar5_block(&put, &header);
    put_vint(&header, 2); /* file */
    put_vint(&header, 2); /* data follow */
    put_vint(&header, content.size);
    put_vint(&header, 4); /* with a sum */
    put_vint(&header, content.size);
    put_vint(&header, MODE);
    put_little(&header, sum_of(content), 4);
    put_vint(&header, 0); /* stored */
    put_vint(&header, 1); /* Unix */
    put_vint(&header, name_size);
    put_text(&header, SW_SAMPLE_MEMBER);
    put_rar5_block(&put, &header);
    put_bytes(&put, content.data, content.size);
    put_bytes(&header, "\5\0\0", 3); /* end */
    put_rar5_block(&put, &header);
    sw_buf_done(&bytes);
    return put_end(&put, error);
}

/* --- lha ---------------------------------------------------------------------------- */

/* CRC-16/ARC. */
static uint16_t sum16_of(struct sw_view view)
{
    unsigned crc = 0;
    for (size_t i = 0; i < view.size; i++) {
        crc ^= view.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1U) != 0 ? crc >> 1 ^ 0xa001U : crc >> 1;
    }
    return (uint16_t)crc;
}

enum sw_status sw_sample_lha(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error)
{
    struct sw_buf bytes;
    unsigned sum = 0;
    (void)form;
    sw_buf_init(&bytes, 256);
    struct put put = {.out = out};
    struct put header = {.out = &bytes};
    put_text(&header, "-lh0-");
    put_little(&header, content.size, 4);
    put_little(&header, content.size, 4);
    put_little(&header, DOS_TIME, 4);
    put_little(&header, 0x20, 1);
    put_little(&header, 0, 1); /* level */
    put_little(&header, name_size, 1);
    put_text(&header, SW_SAMPLE_MEMBER);
    put_little(&header, sum16_of(content), 2);
    for (size_t i = 0; i < bytes.size; i++)
        sum += bytes.data[i];
    put_little(&put, bytes.size, 1);
    put_little(&put, sum, 1);
    put_bytes(&put, bytes.data, bytes.size);
    put_bytes(&put, content.data, content.size);
    put_zeros(&put, 1);
    put.status = put.status == SW_OK ? header.status : put.status;
    sw_buf_done(&bytes);
    return put_end(&put, error);
}

/* --- cab ---------------------------------------------------------------------------- */

#define CAB_BLOCK ((size_t)32768)

/* A block of MSZIP: a mark and raw deflate. False: it does not fit. */
static bool pack_block(struct sw_view block, struct sw_buf *out)
{
    struct put put = {.out = out};
    z_stream stream = {.next_in = block.data, .avail_in = (uInt)block.size};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    put_text(&put, "CK");
    uLong room = deflateBound(&stream, (uLong)block.size);
    bool good = put.status == SW_OK && sw_buf_reserve(out, room) == SW_OK;
    if (good) {
        stream.next_out = out->data + out->size;
        stream.avail_out = (uInt)room;
        good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        out->size += good ? room - stream.avail_out : 0;
    }
    deflateEnd(&stream);
    return good;
}

/* Each block: sum (none), sizes, bytes. Returns how many there are. */
static size_t put_cab_data(struct put *put, struct sw_view content, bool packed)
{
    size_t count = 0;
    struct sw_buf bytes;
    sw_buf_init(&bytes, 2 * CAB_BLOCK);
    for (size_t at = 0; at < content.size; at += CAB_BLOCK, count++) {
        size_t left = content.size - at;
        struct sw_view block = {content.data + at, left < CAB_BLOCK ? left : CAB_BLOCK};
        struct sw_view stored = block;
        sw_buf_clear(&bytes);
        if (packed && !pack_block(block, &bytes))
            put->status = SW_SKIP;
        if (packed)
            stored = sw_buf_view(&bytes);
        put_zeros(put, 4);
        put_little(put, stored.size, 2);
        put_little(put, block.size, 2);
        put_bytes(put, stored.data, stored.size);
    }
    sw_buf_done(&bytes);
    return count;
}

enum sw_status sw_sample_cab(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error)
{
    const size_t data_at = 36 + 8 + 16 + name_size + 1;
    struct sw_buf data;
    sw_buf_init(&data, SW_SAMPLE_SIZE_MAX);
    struct put put = {.out = out};
    struct put blocks = {.out = &data};
    size_t count = put_cab_data(&blocks, content, form->number == 1);
    put_bytes(&put, "MSCF\0\0\0\0", 8);
    put_little(&put, data_at + data.size, 4);
    put_zeros(&put, 4);
    put_little(&put, 36 + 8, 4); /* where files begin */
    put_zeros(&put, 4);
    put_little(&put, 0x0103, 2);
    put_little(&put, 1, 2); /* folders */
    put_little(&put, 1, 2); /* files */
    put_zeros(&put, 6);
    put_little(&put, data_at, 4);
    put_little(&put, count, 2);
    put_little(&put, form->number, 2);
    put_little(&put, content.size, 4);
    put_zeros(&put, 6); /* offset, folder */
    put_little(&put, 0x60005721, 4);
    put_little(&put, 0x20, 2);
    put_bytes(&put, SW_SAMPLE_MEMBER, name_size + 1);
    put_bytes(&put, data.data, data.size);
    put.status = put.status == SW_OK ? blocks.status : put.status;
    sw_buf_done(&data);
    return put_end(&put, error);
}

/* --- rpm ---------------------------------------------------------------------------- */

static void put_rpm_header(struct put *put, size_t entries, size_t store)
{
    put_bytes(put, "\x8e\xad\xe8\1\0\0\0\0", 8);
    put_big(put, entries, 4);
    put_big(put, store, 4);
    put_zeros(put, 16 * entries + store);
}

enum sw_status sw_sample_rpm(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error)
{
    const struct sw_sample_form payload = {
        .format = "newc", .filter = form->filter, .options = form->options};
    struct put put = {.out = out};
    put_bytes(&put, "\xed\xab\xee\xdb\3\0\0\0", 8);
    put_zeros(&put, 96 - 8);
    put_rpm_header(&put, 1, 5 + 3); /* signatures, padded */
    put_rpm_header(&put, 2, 7);
    if (put_end(&put, error) != SW_OK)
        return SW_SKIP;
    return sw_sample_archive(&payload, content, out, error);
}

/* --- CacheControl, form 4 ------------------------------------------------------------- */

enum sw_status sw_sample_http_cache(const struct sw_sample_form *form, struct sw_view content,
                                    struct sw_buf *out, struct sw_error *error)
{
    struct put put = {.out = out};

    (void)form;
    put_text(&put, "cc=4,\x82\xa8"
                   "response\x82\xa4"
                   "body\xc6");
    put_big(&put, content.size, 4);
    put_bytes(&put, content.data, content.size);
    put_text(&put, "\xa7"
                   "headers\x80\xa4"
                   "vary\x80");
    return put_end(&put, error);
}
