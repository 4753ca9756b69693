/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive_recipes.h - small containers by recipe, of the formats that libarchive
 * reads and does not write: rar, rar5, cab, lha, rpm. Members are stored.
 */
#ifndef SWEEPER_TESTS_ARCHIVE_RECIPES_H
#define SWEEPER_TESTS_ARCHIVE_RECIPES_H

#include <lzma.h>

#include "source_kit.h"

static inline void put_big(struct bytes *bytes, uint64_t value, size_t size)
{
    for (size_t i = size; i > 0; i--)
        put_number(bytes, value >> 8 * (i - 1) & 0xff, 1);
}

static inline uint32_t crc32_of(struct sw_view view)
{
    return lzma_crc32(view.data, view.size, 0);
}

/* --- rar, before version 5 --- */

/* A block: its header sum is put in front. */
static inline void put_rar_block(struct bytes *out, const struct bytes *header)
{
    put_number(out, crc32_of(view_of(header)) & 0xffff, 2);
    put(out, header->data, header->size);
}

/* `method` 0x30: stored; 0x33: the content is what a decoder gets. */
static inline void put_rar_file(struct bytes *out, const struct entry *entry, uint8_t method,
                                uint16_t flags)
{
    struct bytes header = {0};
    size_t name = strlen(entry->name);
    put_number(&header, 0x74, 1);
    put_number(&header, 0x8000U | flags, 2);
    put_number(&header, 32 + name, 2);
    put_number(&header, entry->content.size, 4);
    put_number(&header, entry->content.size * (method == 0x30 ? 1 : 4), 4);
    put_number(&header, 3, 1); /* Unix */
    put_number(&header, crc32_of(entry->content), 4);
    put_number(&header, 0x5a21b000, 4); /* time */
    put_number(&header, 29, 1);
    put_number(&header, method, 1);
    put_number(&header, name, 2);
    put_number(&header, 0100644, 4);
    put_text(&header, entry->name);
    put_rar_block(out, &header);
    put(out, entry->content.data, entry->content.size);
    free_bytes(&header);
}

static inline struct bytes make_rar(const struct entry *entries, size_t count, uint8_t method,
                                    uint16_t archive_flags, uint16_t file_flags)
{
    struct bytes out = {0};
    struct bytes header = {0};
    put(&out, "Rar!\x1a\x07\x00", 7);
    put_number(&header, 0x73, 1);
    put_number(&header, archive_flags, 2);
    put_number(&header, 13, 2);
    put_zeros(&header, 6);
    put_rar_block(&out, &header);
    for (size_t i = 0; i < count; i++)
        put_rar_file(&out, &entries[i], method, file_flags);
    header.size = 0;
    put_number(&header, 0x7b, 1);
    put_number(&header, 0x4000, 2);
    put_number(&header, 7, 2);
    put_rar_block(&out, &header);
    free_bytes(&header);
    return out;
}

/* --- rar5 --- */

static inline void put_vint(struct bytes *bytes, uint64_t value)
{
    do {
        put_number(bytes, (value & 0x7f) | (value > 0x7f ? 0x80 : 0), 1);
        value >>= 7;
    } while (value > 0);
}

static inline void put_rar5_block(struct bytes *out, const struct bytes *header)
{
    struct bytes sized = {0};
    put_vint(&sized, header->size);
    put(&sized, header->data, header->size);
    put_number(out, crc32_of(view_of(&sized)), 4);
    put(out, sized.data, sized.size);
    free_bytes(&sized);
}

/* `method` 0: stored; `window` is the exponent of the dictionary over 128 KiB. */
static inline struct bytes make_rar5(const struct entry *entries, size_t count, unsigned method,
                                     unsigned window, unsigned archive_flags)
{
    struct bytes out = {0};
    struct bytes header = {0};
    put(&out, "Rar!\x1a\x07\x01\x00", 8);
    put_vint(&header, 1); /* main */
    put_vint(&header, 0);
    put_vint(&header, archive_flags);
    put_rar5_block(&out, &header);
    for (size_t i = 0; i < count; i++) {
        struct sw_view content = entries[i].content;
        header.size = 0;
        put_vint(&header, 2); /* file */
        put_vint(&header, 2); /* data follow */
        put_vint(&header, content.size);
        put_vint(&header, 4); /* with a sum */
        put_vint(&header, content.size * (method == 0 ? 1 : 4));
        put_vint(&header, 0100644);
        put_number(&header, crc32_of(content), 4);
        put_vint(&header, method << 7 | window << 10);
        put_vint(&header, 1); /* Unix */
        put_vint(&header, strlen(entries[i].name));
        put_text(&header, entries[i].name);
        put_rar5_block(&out, &header);
        put(&out, content.data, content.size);
    }
    header.size = 0;
    put_vint(&header, 5); /* end */
    put_vint(&header, 0);
    put_vint(&header, 0);
    put_rar5_block(&out, &header);
    free_bytes(&header);
    return out;
}

/* --- cab --- */

static inline struct bytes make_cab(const struct entry *entries, size_t count)
{
    struct bytes out = {0};
    struct bytes files = {0};
    struct bytes data = {0};
    for (size_t i = 0; i < count; i++) {
        put_number(&files, entries[i].content.size, 4);
        put_number(&files, data.size, 4);
        put_number(&files, 0, 2); /* folder */
        put_number(&files, 0x5721, 2);
        put_number(&files, 0x6000, 2);
        put_number(&files, 0x20, 2);
        put(&files, entries[i].name, strlen(entries[i].name) + 1);
        put(&data, entries[i].content.data, entries[i].content.size);
    }
    assert_true(data.size < 32768);
    size_t files_at = 36 + 8;
    put(&out, "MSCF\0\0\0\0", 8);
    put_number(&out, files_at + files.size + 8 + data.size, 4);
    put_zeros(&out, 4);
    put_number(&out, files_at, 4);
    put_zeros(&out, 4);
    put_number(&out, 3, 1);
    put_number(&out, 1, 1);
    put_number(&out, 1, 2); /* folders */
    put_number(&out, count, 2);
    put_zeros(&out, 2 + 2 + 2);
    put_number(&out, files_at + files.size, 4);
    put_number(&out, 1, 2); /* blocks of data */
    put_number(&out, 0, 2); /* stored */
    put(&out, files.data, files.size);
    put_number(&out, 0, 4); /* no sum */
    put_number(&out, data.size, 2);
    put_number(&out, data.size, 2);
    put(&out, data.data, data.size);
    free_bytes(&files);
    free_bytes(&data);
    return out;
}

/* --- lha --- */

static inline uint16_t crc16_of(struct sw_view view)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < view.size; i++) {
        crc = (uint16_t)(crc ^ view.data[i]);
        for (int k = 0; k < 8; k++)
            crc = (uint16_t)((crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1);
    }
    return crc;
}

static inline struct bytes make_lha(const struct entry *entries, size_t count, const char *method)
{
    struct bytes out = {0};
    for (size_t i = 0; i < count; i++) {
        struct bytes header = {0};
        struct sw_view content = entries[i].content;
        unsigned sum = 0;
        put_text(&header, method);
        put_number(&header, content.size, 4);
        put_number(&header, content.size * (strcmp(method, "-lh0-") == 0 ? 1 : 4), 4);
        put_number(&header, 0x5a21b000, 4);
        put_number(&header, 0x20, 1);
        put_number(&header, 0, 1); /* level */
        put_number(&header, strlen(entries[i].name), 1);
        put_text(&header, entries[i].name);
        put_number(&header, crc16_of(content), 2);
        for (size_t k = 0; k < header.size; k++)
            sum += header.data[k];
        put_number(&out, header.size, 1);
        put_number(&out, sum & 0xff, 1);
        put(&out, header.data, header.size);
        put(&out, content.data, content.size);
        free_bytes(&header);
    }
    put_zeros(&out, 1);
    return out;
}

/* --- rpm --- */

static inline struct bytes make_rpm(const struct entry *entries, size_t count, const char *filter)
{
    struct bytes out = {0};
    struct bytes payload = pack("newc", filter, NULL, entries, count);
    put(&out, "\xed\xab\xee\xdb\3\0\0\0", 8);
    put_zeros(&out, 96 - 8);
    /* The signatures: one entry, five bytes, padded. */
    put(&out, "\x8e\xad\xe8\1\0\0\0\0", 8);
    put_big(&out, 1, 4);
    put_big(&out, 5, 4);
    put_zeros(&out, 16 + 5 + 3);
    put(&out, "\x8e\xad\xe8\1\0\0\0\0", 8);
    put_big(&out, 2, 4);
    put_big(&out, 7, 4);
    put_zeros(&out, 32 + 7);
    put(&out, payload.data, payload.size);
    free_bytes(&payload);
    return out;
}

#endif
