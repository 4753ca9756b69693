/* SPDX-License-Identifier: Apache-2.0 */
/* How 7z and rar are known, at the beginning or behind a program that unpacks them
 * (MZ or ELF), and what windows their headers declare. */
#include <inttypes.h>
#include <lzma.h>
#include <stdlib.h>

#include "engine/source/archive_probe.h"
#include "engine/source/bytes.h"

enum {
    SEVEN_SIGNATURE = 6,
    SEVEN_HEADER = 32,
    SEVEN_NEXT_MAX = 1 << 20, /* bytes of a header that are looked at */
    RAR5_HEADERS_MAX = 64,    /* that are looked at */
    RAR5_HEAD_MAX = 512,      /* bytes of one of them */
    RAR_END_MAX = 64,         /* bytes of the header that ends a volume */
};
#define RAR_MAGIC  "Rar!\x1a\x07\x00"
#define RAR5_MAGIC "Rar!\x1a\x07\x01\x00"
#define NOWHERE    SIZE_MAX

/* --- signatures --- */

/* Signature, version, and the checksum of the first header. */
static bool seven_here(struct sw_view head)
{
    return head.size >= SEVEN_HEADER && memcmp(head.data, "7z\xbc\xaf\x27\x1c", 6) == 0 &&
           head.data[6] == 0 && lzma_crc32(head.data + 12, 20, 0) == sw_little32(head.data + 8);
}

/* Signature, and the low half of the CRC-32 of the main header. */
static bool rar_here(struct sw_view head)
{
    enum { MAIN = 7, MAIN_SIZE = 13 };
    return head.size >= MAIN + MAIN_SIZE && memcmp(head.data, RAR_MAGIC, MAIN) == 0 &&
           head.data[MAIN + 2] == 0x73 &&
           (lzma_crc32(head.data + MAIN + 2, MAIN_SIZE - 2, 0) & 0xffff) ==
               sw_little16(head.data + MAIN);
}

/* A number of 7 bits a byte, low ones first. */
static bool rar5_number(struct sw_cursor *cursor, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte = 0;
        if (sw_cursor_u8(cursor, &byte) != SW_OK)
            return false;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

struct rar5_head {
    uint64_t whole; /* bytes of checksum, size and header */
    uint64_t data;  /* that follow them */
    uint64_t type;
    uint64_t flags;
    struct sw_cursor rest; /* behind the flags and sizes */
};

static bool rar5_parse(struct sw_view bytes, struct rar5_head *head)
{
    struct sw_cursor cursor = sw_cursor_of(bytes);
    uint32_t sum = 0;
    uint64_t size = 0;
    uint64_t extra = 0;
    struct sw_view body;
    head->data = 0;
    if (sw_cursor_u32(&cursor, &sum) != SW_OK || !rar5_number(&cursor, &size) || size == 0 ||
        size > RAR5_HEAD_MAX)
        return false;
    const uint8_t *summed = bytes.data + 4;
    size_t size_bytes = (size_t)(cursor.rest.data - summed);
    if (sw_cursor_bytes(&cursor, (size_t)size, &body) != SW_OK ||
        lzma_crc32(summed, size_bytes + (size_t)size, 0) != sum)
        return false;
    head->whole = 4 + size_bytes + size;
    head->rest = sw_cursor_of(body);
    return rar5_number(&head->rest, &head->type) && rar5_number(&head->rest, &head->flags) &&
           ((head->flags & 1) == 0 || rar5_number(&head->rest, &extra)) &&
           ((head->flags & 2) == 0 || rar5_number(&head->rest, &head->data));
}

static bool rar5_here(struct sw_view head)
{
    struct rar5_head first;
    return sw_bytes_at(head, 0, RAR5_MAGIC, 8) &&
           rar5_parse((struct sw_view){head.data + 8, head.size - 8}, &first) &&
           (first.type == 1 || first.type == 4);
}

/* --- behind a program --- */

/* Where in the head a container begins whose first header is right: behind a program
 * only. */
static size_t find_behind(struct sw_view head, const char *magic, size_t magic_size,
                          bool (*here)(struct sw_view head))
{
    if (!sw_bytes_at(head, 0, "MZ", 2) && !sw_bytes_at(head, 0,
                                                       "\x7f"
                                                       "ELF",
                                                       4))
        return NOWHERE;
    struct sw_view rest = head;
    for (;;) {
        const uint8_t *found =
            rest.size == 0 ? NULL : memmem(rest.data, rest.size, magic, magic_size);
        if (found == NULL)
            return NOWHERE;
        rest = (struct sw_view){found, rest.size - (size_t)(found - rest.data)};
        if (here(rest))
            return head.size - rest.size;
        rest = (struct sw_view){rest.data + 1, rest.size - 1};
    }
}

static unsigned bid(const struct sw_probe *probe, const char *magic, size_t magic_size,
                    bool (*here)(struct sw_view head), unsigned sum_bits)
{
    unsigned bits = (unsigned)magic_size * 8;
    if (sw_bytes_at(probe->head, 0, magic, magic_size))
        return here(probe->head) ? bits + sum_bits : bits;
    return find_behind(probe->head, magic, magic_size, here) == NOWHERE ? 0 : bits + sum_bits;
}

unsigned sw_probe_7z(const struct sw_probe *probe)
{
    return bid(probe, "7z\xbc\xaf\x27\x1c", SEVEN_SIGNATURE, seven_here, 32);
}

unsigned sw_probe_rar(const struct sw_probe *probe)
{
    return bid(probe, RAR_MAGIC, 7, rar_here, 16);
}

unsigned sw_probe_rar5(const struct sw_probe *probe)
{
    return bid(probe, RAR5_MAGIC, 8, rar5_here, 32);
}

bool sw_7z_goes_on(struct sw_blob *blob)
{
    uint8_t head[SEVEN_HEADER];
    struct sw_error error;
    uint64_t end = SEVEN_HEADER;
    size_t got = 0;

    return sw_blob_read_at(blob, 0, head, sizeof(head), &got, &error) == SW_OK &&
           got == sizeof(head) && seven_here((struct sw_view){head, got}) &&
           (__builtin_add_overflow(end, sw_little64(head + 12), &end) ||
            __builtin_add_overflow(end, sw_little64(head + 20), &end) || end > blob->size);
}

bool sw_rar_is_volume(struct sw_blob *blob)
{
    uint8_t bytes[8 + RAR5_HEAD_MAX];
    struct sw_error error;
    struct rar5_head head;
    uint64_t flags = 0;
    size_t got = 0;

    if (sw_blob_read_at(blob, 0, bytes, sizeof(bytes), &got, &error) != SW_OK)
        return false;
    if (rar_here((struct sw_view){bytes, got}))
        return (sw_little16(bytes + 10) & 1) != 0;
    if (!rar5_here((struct sw_view){bytes, got}) ||
        !rar5_parse((struct sw_view){bytes + 8, got - 8}, &head))
        return false;
    /* With encrypted headers it is not said. */
    return head.type == 4 || (rar5_number(&head.rest, &flags) && (flags & 1) != 0);
}

/* The last header of a volume, which says whether another one follows. */
static bool rar_end_here(struct sw_view rest, bool *next)
{
    enum { SIZE_MIN = 7 };
    struct rar5_head head;
    uint64_t flags = 0;

    if (rest.size >= SIZE_MIN && rest.data[2] == 0x7b && sw_little16(rest.data + 5) == rest.size &&
        (lzma_crc32(rest.data + 2, rest.size - 2, 0) & 0xffff) == sw_little16(rest.data)) {
        *next = (sw_little16(rest.data + 3) & 1) != 0;
        return true;
    }
    if (!rar5_parse(rest, &head) || head.type != 5 || head.whole != rest.size ||
        !rar5_number(&head.rest, &flags))
        return false;
    *next = (flags & 1) != 0;
    return true;
}

static bool find_rar_end(struct sw_blob *blob, bool *next)
{
    uint8_t bytes[RAR_END_MAX];
    const size_t size = blob->size < sizeof(bytes) ? (size_t)blob->size : sizeof(bytes);
    struct sw_error error;
    size_t got = 0;

    if (sw_blob_read_at(blob, blob->size - size, bytes, size, &got, &error) != SW_OK)
        return false;
    for (size_t at = 0; at < got; at++)
        if (rar_end_here((struct sw_view){bytes + at, got - at}, next))
            return true;
    return false;
}

bool sw_rar_has_next(struct sw_blob *blob)
{
    bool next = false;

    return find_rar_end(blob, &next) && next;
}

bool sw_rar_has_end(struct sw_blob *blob)
{
    bool next = false;

    return find_rar_end(blob, &next);
}

/* The bytes of a blob in memory of ours; the caller frees. */
static enum sw_status read_part(struct sw_blob *blob, uint64_t offset, size_t size, uint8_t **data,
                                size_t *got, struct sw_error *error)
{
    *got = 0;
    *data = malloc(size + 1);
    if (*data == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0, "no memory to read");
    enum sw_status status = sw_blob_read_at(blob, offset, *data, size, got, error);
    if (status != SW_OK) {
        free(*data);
        *data = NULL;
    }
    return status;
}

static enum sw_status find_base(struct sw_blob *blob, const char *magic, size_t magic_size,
                                bool (*here)(struct sw_view head), uint64_t *base,
                                struct sw_error *error)
{
    uint8_t *data = NULL;
    size_t got = 0;
    enum sw_status status = read_part(blob, 0, SW_PROBE_HEAD_MAX, &data, &got, error);
    if (status != SW_OK)
        return status;
    struct sw_view head = {data, got};
    size_t at =
        sw_bytes_at(head, 0, magic, magic_size) ? 0 : find_behind(head, magic, magic_size, here);
    free(data);
    if (at == NOWHERE)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, "source", 0,
                           "there is no archive behind the program");
    *base = at;
    return SW_OK;
}

static enum sw_status too_large(const char *kind, uint64_t window, struct sw_error *error)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "source", 0,
                       "the %s dictionary needs %" PRIu64 " bytes", kind, window);
}

/* --- 7z: the folders of a header that is not itself packed, or of the packed
 * header ---------------------------------------------------------------------- */

/* The first byte says how many follow. */
static bool seven_number(struct sw_cursor *cursor, uint64_t *value)
{
    uint8_t first = 0;
    *value = 0;
    if (sw_cursor_u8(cursor, &first) != SW_OK)
        return false;
    for (unsigned i = 0; i < 8; i++) {
        uint8_t byte = 0;
        uint8_t mask = (uint8_t)(0x80 >> i);
        if ((first & mask) == 0) {
            *value |= (uint64_t)(first & (mask - 1)) << 8 * i;
            return true;
        }
        if (sw_cursor_u8(cursor, &byte) != SW_OK)
            return false;
        *value |= (uint64_t)byte << 8 * i;
    }
    return true;
}

static bool skip_bytes(struct sw_cursor *cursor, uint64_t size)
{
    struct sw_view skipped;
    return size <= cursor->rest.size && sw_cursor_bytes(cursor, (size_t)size, &skipped) == SW_OK;
}

/* What the properties of LZMA, LZMA2 or PPMd say. */
static uint64_t coder_window(struct sw_view id, struct sw_view properties)
{
    bool lzma = sw_bytes_at(id, 0, "\3\1\1", 3) && id.size == 3;
    bool ppmd = sw_bytes_at(id, 0, "\3\4\1", 3) && id.size == 3;
    if ((lzma || ppmd) && properties.size >= 5)
        return sw_little32(properties.data + 1);
    if (id.size == 1 && id.data[0] == 0x21 && properties.size >= 1) {
        unsigned code = properties.data[0] & 0x3f;
        return code >= 40 ? UINT32_MAX : (uint64_t)(2 | (code & 1)) << (code / 2 + 11);
    }
    return 0;
}

/* One folder: its coders, and how they are joined. */
static bool seven_folder(struct sw_cursor *cursor, uint64_t *window)
{
    enum { CODERS_MAX = 32, STREAMS_MAX = 32 };
    uint64_t coders = 0;
    uint64_t in_all = 0;
    uint64_t out_all = 0;
    uint64_t ignored = 0;
    if (!seven_number(cursor, &coders) || coders == 0 || coders > CODERS_MAX)
        return false;
    for (uint64_t i = 0; i < coders; i++) {
        uint8_t flags = 0;
        uint64_t in = 1;
        uint64_t out = 1;
        uint64_t size = 0;
        struct sw_view id = {0};
        struct sw_view properties = {0};
        if (sw_cursor_u8(cursor, &flags) != SW_OK ||
            sw_cursor_bytes(cursor, flags & 0x0f, &id) != SW_OK)
            return false;
        if ((flags & 0x10) != 0 && (!seven_number(cursor, &in) || !seven_number(cursor, &out)))
            return false;
        if ((flags & 0x20) != 0 && (!seven_number(cursor, &size) || size > cursor->rest.size ||
                                    sw_cursor_bytes(cursor, (size_t)size, &properties) != SW_OK))
            return false;
        if (in > STREAMS_MAX || out > STREAMS_MAX)
            return false;
        in_all += in;
        out_all += out;
        *window += coder_window(id, properties);
    }
    if (out_all == 0 || in_all + 1 < out_all)
        return false;
    uint64_t bonds = out_all - 1;
    uint64_t packed = in_all - bonds;
    for (uint64_t i = 0; i < bonds * 2 + (packed > 1 ? packed : 0); i++)
        if (!seven_number(cursor, &ignored))
            return false;
    return true;
}

/* Up to the folders of a streams info; the largest window of them. What cannot be
 * parsed is the library's to refuse. */
static uint64_t seven_window(struct sw_cursor cursor)
{
    uint8_t id = 0;
    uint64_t number = 0;
    uint64_t streams = 0;
    uint64_t folders = 0;
    uint64_t most = 0;
    if (sw_cursor_u8(&cursor, &id) != SW_OK || (id != 1 && id != 0x17))
        return 0;
    if (id == 1 && (sw_cursor_u8(&cursor, &id) != SW_OK || id != 4))
        return 0; /* attributes, or nothing packed */
    if (sw_cursor_u8(&cursor, &id) != SW_OK)
        return 0;
    if (id == 6) {
        if (!seven_number(&cursor, &number) || !seven_number(&cursor, &streams))
            return 0;
        while (sw_cursor_u8(&cursor, &id) == SW_OK && id == 9)
            for (uint64_t i = 0; i < streams; i++)
                if (!seven_number(&cursor, &number))
                    return 0;
        if (id != 0)
            return 0; /* digests of packed streams: nobody writes them */
        if (sw_cursor_u8(&cursor, &id) != SW_OK)
            return 0;
    }
    uint8_t external = 0;
    if (id != 7 || sw_cursor_u8(&cursor, &id) != SW_OK || id != 0x0b ||
        !seven_number(&cursor, &folders) || sw_cursor_u8(&cursor, &external) != SW_OK ||
        external != 0)
        return 0;
    for (uint64_t i = 0; i < folders; i++) {
        uint64_t window = 0;
        if (!seven_folder(&cursor, &window))
            break;
        most = window > most ? window : most;
    }
    return most;
}

enum sw_status sw_7z_range(struct sw_blob *blob, uint64_t window_max,
                           struct sw_archive_range *range, struct sw_error *error)
{
    uint8_t head[SEVEN_HEADER];
    uint8_t *next = NULL;
    size_t got = 0;
    *range = (struct sw_archive_range){.end = UINT64_MAX};
    enum sw_status status =
        find_base(blob, "7z\xbc\xaf\x27\x1c", SEVEN_SIGNATURE, seven_here, &range->base, error);
    if (status != SW_OK)
        return status;
    status = sw_blob_read_at(blob, range->base, head, sizeof head, &got, error);
    if (status != SW_OK)
        return status;
    if (got < sizeof head)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0,
                           "the 7z header ends too early");
    uint64_t offset = sw_little64(head + 12);
    uint64_t size = sw_little64(head + 20);
    if (__builtin_add_overflow(offset, range->base + SEVEN_HEADER, &offset) ||
        offset > blob->size || size > blob->size - offset)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_TRUNCATED, "source", 0,
                           "the 7z ends before its header: it is cut off, or a part of a set");
    if (size > SEVEN_NEXT_MAX)
        size = SEVEN_NEXT_MAX;
    status = read_part(blob, offset, (size_t)size, &next, &got, error);
    if (status != SW_OK)
        return status;
    uint64_t window = seven_window(sw_cursor_of((struct sw_view){next, got}));
    free(next);
    return window > window_max ? too_large("7z", window, error) : SW_OK;
}

/* --- rar --- */

enum sw_status sw_rar_range(struct sw_blob *blob, struct sw_archive_range *range,
                            struct sw_error *error)
{
    enum { FLAGS = 10, VOLUME = 1 };
    uint8_t head[FLAGS + 2];
    size_t got = 0;
    *range = (struct sw_archive_range){.end = UINT64_MAX};
    enum sw_status status = find_base(blob, RAR_MAGIC, 7, rar_here, &range->base, error);
    if (status == SW_OK)
        status = sw_blob_read_at(blob, range->base, head, sizeof head, &got, error);
    if (status == SW_OK && got == sizeof head)
        range->part = (sw_little16(head + FLAGS) & VOLUME) != 0;
    return status;
}

/* The dictionary of a file header: version, solid, method, then its size. */
static uint64_t rar5_window(struct rar5_head *head)
{
    enum { HAS_TIME = 2, HAS_SUM = 4 };
    uint64_t flags = 0;
    uint64_t ignored = 0;
    uint64_t packing = 0;
    if (!rar5_number(&head->rest, &flags) || !rar5_number(&head->rest, &ignored) ||
        !rar5_number(&head->rest, &ignored) ||
        !skip_bytes(&head->rest,
                    ((flags & HAS_TIME) != 0 ? 4U : 0U) + ((flags & HAS_SUM) != 0 ? 4U : 0U)) ||
        !rar5_number(&head->rest, &packing) || (packing >> 7 & 7) == 0)
        return 0; /* or stored, which needs none */
    return UINT64_C(131072) << (packing >> 10 & 15);
}

enum sw_status sw_rar5_range(struct sw_blob *blob, uint64_t window_max,
                             struct sw_archive_range *range, struct sw_error *error)
{
    enum { MAIN = 1, FILE_HEADER = 2, VOLUME = 1 };
    *range = (struct sw_archive_range){.end = UINT64_MAX};
    enum sw_status status = find_base(blob, RAR5_MAGIC, 8, rar5_here, &range->base, error);
    if (status != SW_OK)
        return status;
    uint64_t at = range->base + 8;
    for (unsigned i = 0; i < RAR5_HEADERS_MAX; i++) {
        uint8_t bytes[RAR5_HEAD_MAX + 16];
        size_t got = 0;
        struct rar5_head head;
        uint64_t flags = 0;
        status = sw_blob_read_at(blob, at, bytes, sizeof bytes, &got, error);
        if (status != SW_OK)
            return status;
        if (!rar5_parse((struct sw_view){bytes, got}, &head))
            break;
        if (head.type == MAIN && rar5_number(&head.rest, &flags))
            range->part = (flags & VOLUME) != 0;
        uint64_t window = head.type == FILE_HEADER ? rar5_window(&head) : 0;
        if (window > window_max)
            return too_large("rar5", window, error);
        if (__builtin_add_overflow(at, head.whole, &at) ||
            __builtin_add_overflow(at, head.data, &at) || at >= blob->size)
            break;
    }
    return SW_OK;
}
