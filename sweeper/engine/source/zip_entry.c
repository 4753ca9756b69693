/* SPDX-License-Identifier: Apache-2.0 */
/* zip_entry.c - headers and extra fields of a plain entry (APPNOTE.TXT 4.3 to 4.6, and
 * Info-ZIP's proginfo/extrafld.txt). */
#include "engine/source/zip_entry.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "sweeper/text.h"

#define U32_MAX64 UINT64_C(0xffffffff)

enum {
    SYSTEM_DOS = 0,
    SYSTEM_UNIX = 3,
    DOS_FOLDER = 0x10,
    DOS_READ_ONLY = 0x01,
    MODE_DOS_FILE = S_IFREG | 0664,
    MODE_DOS_FOLDER = S_IFDIR | 0775,
    MODE_UNKNOWN = 0664,
    EMPTY_MAX = 2, /* bytes: nothing, as a packer writes it for a folder */
    FLAG_UTF8 = 1 << 11,
    FLAGS_SECRET = SW_ZIP_FLAG_ENCRYPTED | SW_ZIP_FLAG_STRONG | SW_ZIP_FLAG_MASKED,
};

/* --- extra fields --- */

enum {
    FIELD_ZIP64 = 0x0001,
    FIELD_TIMES = 0x5455,      /* "UT" */
    FIELD_UNIX_OLD = 0x5855,   /* "UX" */
    FIELD_UNIX_TWO = 0x7855,   /* "Ux" */
    FIELD_UNIX = 0x7875,       /* "ux" */
    FIELD_ATTRIBUTES = 0x6c78, /* "xl": what else only the central directory says */
    FIELD_NAME = 0x7075,       /* "up": another name */
    FIELD_AES = 0x9901,
};

/* The numbers that were too large for their places. */
static bool take_zip64(struct sw_zip_said *plain, struct sw_view body)
{
    uint64_t *const numbers[] = {&plain->size, &plain->packed, &plain->local};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (*numbers[i] != U32_MAX64)
            continue;
        if (body.size < 8 || sw_zip_u64(body.data) > INT64_MAX)
            return false;
        *numbers[i] = sw_zip_u64(body.data);
        body = (struct sw_view){body.data + 8, body.size - 8};
    }
    return true;
}

/* Which times there are, and the times: of content, of access, of the entry. */
static bool take_times(struct sw_zip_said *plain, struct sw_view body)
{
    if (body.size == 0)
        return false;
    uint8_t which = body.data[0];
    const uint8_t *at = body.data + 1;
    size_t left = (body.size - 1) / 4;
    for (unsigned i = 0; i < 3 && left > 0; i++) {
        if ((which & 1U << i) == 0)
            continue;
        if (i == 0)
            plain->mtime_s = sw_zip_u32(at);
        else if (i == 1)
            plain->atime_s = sw_zip_u32(at);
        else
            plain->ctime_s = sw_zip_u32(at);
        at += 4;
        left--;
    }
    return true;
}

static void take_unix_old(struct sw_zip_said *plain, struct sw_view body)
{
    if (body.size >= 8) {
        plain->atime_s = sw_zip_u32(body.data);
        plain->mtime_s = sw_zip_u32(body.data + 4);
    }
    if (body.size >= 12) {
        plain->uid = sw_zip_u16(body.data + 8);
        plain->gid = sw_zip_u16(body.data + 10);
    }
}

static void take_unix_two(struct sw_zip_said *plain, struct sw_view body)
{
    if (body.size >= 2)
        plain->uid = sw_zip_u16(body.data);
    if (body.size >= 4)
        plain->gid = sw_zip_u16(body.data + 2);
}

/* An id of two or of four bytes; others are left alone. */
static void take_id(uint32_t *id, const uint8_t *at, size_t width, size_t left)
{
    if (width == 2 && left >= 2)
        *id = sw_zip_u16(at);
    else if (width == 4 && left >= 4)
        *id = sw_zip_u32(at);
}

static void take_unix(struct sw_zip_said *plain, struct sw_view body)
{
    if (body.size < 4 || body.data[0] != 1)
        return;
    size_t width = body.data[1];
    take_id(&plain->uid, body.data + 2, width, body.size - 2);
    if (body.size < 2 + width + 3)
        return;
    const uint8_t *group = body.data + 2 + width;
    take_id(&plain->gid, group + 1, group[0], body.size - 3 - width);
}

static bool take_field(struct sw_zip_said *plain, uint16_t id, struct sw_view body)
{
    switch (id) {
    case FIELD_ZIP64:
        return take_zip64(plain, body);
    case FIELD_TIMES:
        return take_times(plain, body);
    case FIELD_UNIX_OLD:
        take_unix_old(plain, body);
        return true;
    case FIELD_UNIX_TWO:
        take_unix_two(plain, body);
        return true;
    case FIELD_UNIX:
        take_unix(plain, body);
        return true;
    case FIELD_ATTRIBUTES:
    case FIELD_NAME:
    case FIELD_AES:
        return false;
    default:
        return true;
    }
}

static bool take_fields(struct sw_zip_said *plain, struct sw_view extra)
{
    bool wide = false;
    while (extra.size >= 4) {
        uint16_t id = sw_zip_u16(extra.data);
        size_t size = sw_zip_u16(extra.data + 2);
        if (size > extra.size - 4 || (id == FIELD_ZIP64 && wide) ||
            !take_field(plain, id, (struct sw_view){extra.data + 4, size}))
            return false;
        wide |= id == FIELD_ZIP64;
        extra = (struct sw_view){extra.data + 4 + size, extra.size - 4 - size};
    }
    for (size_t i = 0; i < extra.size; i++)
        if (extra.data[i] != 0)
            return false;
    return true;
}

/* --- headers --- */

/* MS-DOS has it in two-second steps of local time. */
static int64_t dos_time(const uint8_t *at)
{
    unsigned time = sw_zip_u16(at);
    unsigned date = sw_zip_u16(at + 2);
    struct tm parts = {
        .tm_year = (int)(date >> 9) + 80,
        .tm_mon = (int)(date >> 5 & 0x0f) - 1,
        .tm_mday = (int)(date & 0x1f),
        .tm_hour = (int)(time >> 11),
        .tm_min = (int)(time >> 5 & 0x3f),
        .tm_sec = (int)(time << 1 & 0x3e),
        .tm_isdst = -1,
    };
    return mktime(&parts);
}

static uint32_t mode_of(uint8_t system, uint32_t attributes)
{
    uint32_t mode = 0;
    if (system == SYSTEM_UNIX)
        mode = attributes >> 16;
    else if (system == SYSTEM_DOS)
        mode = (attributes & DOS_FOLDER) != 0 ? MODE_DOS_FOLDER : MODE_DOS_FILE;
    if (system == SYSTEM_DOS && (attributes & DOS_READ_ONLY) != 0)
        mode &= S_IFMT | 0555;
    return mode != 0 ? mode : MODE_UNKNOWN;
}

bool sw_zip_central_is_sound(const struct sw_zip_entry *entry, const struct sw_zip_check *check,
                             struct sw_zip_said *plain)
{
    enum { SYSTEM = 5, CRC = 16, PACKED = 20, SIZE = 24, ATTRIBUTES = 38, LOCAL = 42 };
    const uint8_t *at = entry->name.data - SW_ZIP_CENTRAL_SIZE;
    *plain = (struct sw_zip_said){
        .local = sw_zip_u32(at + LOCAL) + check->offsets_from,
        .packed = sw_zip_u32(at + PACKED),
        .size = sw_zip_u32(at + SIZE),
        .crc = sw_zip_u32(at + CRC),
        .method = entry->method,
        .mode = mode_of(at[SYSTEM], sw_zip_u32(at + ATTRIBUTES)),
    };
    return take_fields(plain, entry->extra) && plain->local == entry->local &&
           plain->local < INT64_MAX && plain->local != U32_MAX64;
}

/* A name that is taken for what it is everywhere. */
static bool is_name(struct sw_view name, bool utf8)
{
    return name.size > 0 && memchr(name.data, 0, name.size) == NULL &&
           memchr(name.data, '\\', name.size) == NULL && (!utf8 || sw_text_is_utf8(name));
}

/* A file, or a folder that nothing is in. Links are not plain. */
static bool take_type(struct sw_zip_said *plain, struct sw_view name)
{
    bool slash = name.data[name.size - 1] == '/';
    bool content = plain->size != 0 || plain->packed > EMPTY_MAX;
    uint32_t type = plain->mode & S_IFMT;
    plain->folder = slash;
    if ((slash && content) || (type == S_IFDIR && !slash) ||
        (type != 0 && type != S_IFREG && type != S_IFDIR))
        return false;
    if (slash && type != S_IFDIR)
        plain->mode |= S_IXUSR | S_IXGRP | S_IXOTH;
    plain->mode = (plain->mode & ~(uint32_t)S_IFMT) | (slash ? S_IFDIR : S_IFREG);
    return true;
}

/* What was not known yet when the local header was written is 0 there. */
static bool same_numbers(const struct sw_zip_said *plain, const struct sw_zip_said *local)
{
    return (local->crc == 0 || local->crc == plain->crc) &&
           (local->packed == 0 || local->packed == plain->packed) &&
           (local->size == 0 || local->size == plain->size);
}

bool sw_zip_entry_is_plain(const struct sw_zip_entry *entry, struct sw_view local,
                           struct sw_zip_said *plain)
{
    enum { FLAGS = 6, METHOD = 8, TIME = 10, CRC = 14, PACKED = 18, SIZE = 22 };
    enum { NAME_SIZE = 26, EXTRA_SIZE = 28 };
    const uint8_t *at = local.data;
    size_t name_size = sw_zip_u16(at + NAME_SIZE);
    uint16_t flags = sw_zip_u16(at + FLAGS);
    if (((flags | entry->flags) & FLAGS_SECRET) != 0 || sw_zip_u16(at + METHOD) != entry->method ||
        (entry->method != SW_ZIP_STORED && entry->method != SW_ZIP_DEFLATED))
        return false;
    if (name_size != entry->name.size ||
        memcmp(at + SW_ZIP_LOCAL_SIZE, entry->name.data, name_size) != 0 ||
        !is_name(entry->name, (flags & FLAG_UTF8) != 0) || !take_type(plain, entry->name))
        return false;
    struct sw_zip_said said = *plain;
    said.crc = sw_zip_u32(at + CRC);
    said.packed = sw_zip_u32(at + PACKED);
    said.size = sw_zip_u32(at + SIZE);
    said.mtime_s = dos_time(at + TIME);
    struct sw_view extra = {at + SW_ZIP_LOCAL_SIZE + name_size, sw_zip_u16(at + EXTRA_SIZE)};
    if (!take_fields(&said, extra) || !same_numbers(plain, &said))
        return false;
    plain->uid = said.uid;
    plain->gid = said.gid;
    plain->mtime_s = said.mtime_s;
    plain->ctime_s = said.ctime_s;
    plain->atime_s = said.atime_s;
    return true;
}
