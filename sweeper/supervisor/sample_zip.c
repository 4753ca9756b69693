/* SPDX-License-Identifier: Apache-2.0 */
/* sample_zip.c - zip archives that libarchive does not write. */
#include <lzma.h>

#include "supervisor/sample.h"
#include "supervisor/sample_put.h"

#define METHOD_LZMA 14
#define END_SIZE    22 /* bytes of the end record without a comment */
#define NAME_SIZE   (sizeof SW_SAMPLE_MEMBER - 1)

enum { LOCAL_SIZE = 30 + NAME_SIZE, CENTRAL_SIZE = 46 + NAME_SIZE };

/* Method 14 has a header of its own before what is else that of .lzma files. */
static void put_packed(struct put *put, struct sw_view packed, unsigned method)
{
    enum { PROPERTIES = 5, ALONE_HEADER = 13 };
    if (method != METHOD_LZMA || packed.size < ALONE_HEADER) {
        put_bytes(put, packed.data, packed.size);
        return;
    }
    put_bytes(put, "\x09\x14\x05\0", 4);
    put_bytes(put, packed.data, PROPERTIES);
    put_bytes(put, packed.data + ALONE_HEADER, packed.size - ALONE_HEADER);
}

/* What the local header and the central directory say alike. */
static void put_facts(struct put *put, struct sw_view content, size_t packed_size, unsigned method)
{
    put_little(put, 63, 2);                            /* version needed */
    put_little(put, method == METHOD_LZMA ? 2 : 0, 2); /* an end mark in the content */
    put_little(put, method, 2);
    put_little(put, 0x576c5a21, 4); /* time, date */
    put_little(put, lzma_crc32(content.data, content.size, 0), 4);
    put_little(put, packed_size, 4);
    put_little(put, content.size, 4);
    put_little(put, NAME_SIZE, 2);
    put_zeros(put, 2);
}

enum sw_status sw_sample_zip(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error)
{
    struct sw_buf stream, data;
    sw_buf_init(&stream, SW_SAMPLE_SIZE_MAX);
    sw_buf_init(&data, SW_SAMPLE_SIZE_MAX);
    const struct sw_sample_form packer = {.filter = form->filter, .options = form->options};
    enum sw_status status = sw_sample_archive(&packer, content, &stream, error);
    struct put packed = {.out = &data, .status = status};
    put_packed(&packed, sw_buf_view(&stream), form->number);

    struct put put = {.out = out, .status = packed.status};
    put_text(&put, "PK\3\4");
    put_facts(&put, content, data.size, form->number);
    put_text(&put, SW_SAMPLE_MEMBER);
    put_bytes(&put, data.data, data.size);
    put_text(&put, "PK\1\2");
    put_little(&put, 0x031e, 2); /* Unix */
    put_facts(&put, content, data.size, form->number);
    put_zeros(&put, 2 + 2 + 2); /* comment, disk, text or not */
    put_little(&put, (uint64_t)0100644 << 16, 4);
    put_zeros(&put, 4); /* offset */
    put_text(&put, SW_SAMPLE_MEMBER);
    put_text(&put, "PK\5\6");
    put_zeros(&put, 4);
    put_little(&put, 1, 2);
    put_little(&put, 1, 2);
    put_little(&put, CENTRAL_SIZE, 4);
    put_little(&put, LOCAL_SIZE + data.size, 4);
    put_zeros(&put, 2);
    sw_buf_done(&data);
    sw_buf_done(&stream);
    return status != SW_OK ? status : put_end(&put, error);
}

static uint32_t little32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* A piece of the central directory stays: libarchive wants to see 24 bytes behind
 * the content. */
enum sw_status sw_sample_zip_cut(const struct sw_sample_form *form, struct sw_view content,
                                 struct sw_buf *out, struct sw_error *error)
{
    enum { CENTRAL_OFFSET = 16, LEFT = 24 };
    enum sw_status status = sw_sample_archive(form, content, out, error);
    if (status != SW_OK)
        return status;
    size_t central = out->size;
    if (out->size >= END_SIZE)
        central = little32(out->data + out->size - END_SIZE + CENTRAL_OFFSET);
    if (central >= out->size - LEFT)
        return sw_fail(error, SW_SKIP, "selftest", 0, "libarchive wrote another zip");
    out->size = central + LEFT;
    return SW_OK;
}

enum sw_status sw_sample_zip_behind(const struct sw_sample_form *form, struct sw_view content,
                                    struct sw_buf *out, struct sw_error *error)
{
    if (sw_buf_append_text(out, "#!/bin/sh\nexec unzip -p \"$0\"\n") != SW_OK)
        return sw_fail(error, SW_SKIP, "selftest", 0, "no memory");
    return sw_sample_archive(form, content, out, error);
}
