/* SPDX-License-Identifier: Apache-2.0 */
/* An entry of libarchive, as a member. */
#include <string.h>
#include <sys/stat.h>
#include <wchar.h>

#include "engine/source/archive_private.h"
#include "engine/source/zip_entry.h"
#include "engine/source/zip_plain.h"

#define NAME_MAX_BYTES ((size_t)1 << 20)
enum { NS_IN_S = 1000000000 };

/* A wide name as UTF-8, where the library has no other one. */
static enum sw_status append_wide(struct sw_buf *buf, const wchar_t *text)
{
    enum sw_status status = SW_OK;
    for (; *text != L'\0' && status == SW_OK; text++) {
        uint32_t code = (uint32_t)*text;
        if (code < 0x80) {
            status = sw_buf_append_u8(buf, (uint8_t)code);
            continue;
        }
        unsigned tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
        static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
        status = sw_buf_append_u8(buf, (uint8_t)(lead[tail] | (code >> 6 * tail & 0x3f)));
        while (tail-- > 0 && status == SW_OK)
            status = sw_buf_append_u8(buf, (uint8_t)(0x80 | (code >> 6 * tail & 0x3f)));
    }
    return status;
}

/* The bytes as the container has them, if the library kept them. A name that is
 * longer than any name is cut. */
static void set_name(struct sw_buf *buf, const char *raw, const char *utf8, const wchar_t *wide)
{
    const char *text = raw != NULL ? raw : utf8;
    sw_buf_clear(buf);
    if (text != NULL) {
        size_t size = strnlen(text, NAME_MAX_BYTES);
        if (sw_buf_append(buf, text, size) != SW_OK)
            sw_buf_clear(buf);
    } else if (wide != NULL && append_wide(buf, wide) != SW_OK) {
        sw_buf_clear(buf);
    }
}

static int64_t time_ns(bool set, time_t seconds, long nanoseconds)
{
    int64_t ns = 0;
    if (!set || __builtin_mul_overflow((int64_t)seconds, (int64_t)NS_IN_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)nanoseconds, &ns))
        return SW_TIME_UNKNOWN;
    return ns;
}

static uint32_t id_of(la_int64_t id)
{
    return id >= 0 && id <= UINT32_MAX ? (uint32_t)id : UINT32_MAX;
}

static struct sw_facts facts_of(struct archive_entry *entry)
{
    la_int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;
    return (struct sw_facts){
        .size = size > 0 ? (uint64_t)size : 0,
        .mode = (uint32_t)archive_entry_mode(entry),
        .uid = id_of(archive_entry_uid(entry)),
        .gid = id_of(archive_entry_gid(entry)),
        .link_count = archive_entry_nlink(entry),
        .mtime_ns = time_ns(archive_entry_mtime_is_set(entry) != 0, archive_entry_mtime(entry),
                            archive_entry_mtime_nsec(entry)),
        .ctime_ns = time_ns(archive_entry_ctime_is_set(entry) != 0, archive_entry_ctime(entry),
                            archive_entry_ctime_nsec(entry)),
        .btime_ns = time_ns(archive_entry_birthtime_is_set(entry) != 0,
                            archive_entry_birthtime(entry), archive_entry_birthtime_nsec(entry)),
        .atime_ns = time_ns(archive_entry_atime_is_set(entry) != 0, archive_entry_atime(entry),
                            archive_entry_atime_nsec(entry)),
    };
}

/* Where one format keeps times in two ways. A zip calls "ctime" when a file was made; the time
 * gets its name back. */
static void judge_times(const struct reader *reader, struct archive_entry *entry,
                        struct sw_facts *facts)
{
    if (strcmp(reader->format->kind, "zip") == 0) {
        facts->origin = sw_zip_origin(archive_entry_mtime(entry), archive_entry_atime(entry),
                                      archive_entry_ctime(entry));
        facts->btime_ns = facts->ctime_ns;
        facts->ctime_ns = SW_TIME_UNKNOWN;
    } else if (strcmp(reader->format->kind, "tar") == 0 && archive_entry_mtime_nsec(entry) != 0) {
        facts->origin = SW_ORIGIN_PAX;
    }
}

/* What brings content along is a file, whatever else it is called: a hard link
 * (cpio's), a folder or a device (a name that a 7z gives to anything). */
static enum sw_member_kind kind_of(const struct reader *reader, struct archive_entry *entry,
                                   bool hardlink)
{
    bool content = archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0;
    if (content &&
        (hardlink || (!reader->format->lists_folders && archive_entry_filetype(entry) != AE_IFLNK)))
        return SW_MEMBER_FILE;
    if (hardlink)
        return SW_MEMBER_LINK;
    switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
        return SW_MEMBER_DIRECTORY;
    case AE_IFLNK:
        return SW_MEMBER_LINK;
    case AE_IFCHR:
    case AE_IFBLK:
    case AE_IFIFO:
    case AE_IFSOCK:
        return SW_MEMBER_SPECIAL;
    default:
        return SW_MEMBER_FILE;
    }
}

void sw_archive_member(struct reader *reader, struct archive_entry *entry, struct sw_member *member)
{
    bool hardlink =
        archive_entry_hardlink(entry) != NULL || archive_entry_hardlink_w(entry) != NULL;
    set_name(&reader->name, archive_entry_pathname(entry), archive_entry_pathname_utf8(entry),
             archive_entry_pathname_w(entry));
    if (reader->range.patch_count != 0)
        sw_zip_plain_name(reader->name.data, reader->name.size);
    if (hardlink)
        set_name(&reader->target, archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry),
                 archive_entry_hardlink_w(entry));
    else
        set_name(&reader->target, archive_entry_symlink(entry), archive_entry_symlink_utf8(entry),
                 archive_entry_symlink_w(entry));
    *member = (struct sw_member){
        .kind = kind_of(reader, entry, hardlink),
        .name = sw_buf_view(&reader->name),
        .target = sw_buf_view(&reader->target),
        .hard = hardlink,
        .facts = facts_of(entry),
        .size_known = archive_entry_size_is_set(entry) != 0 && archive_entry_size(entry) >= 0,
    };
    judge_times(reader, entry, &member->facts);
}
