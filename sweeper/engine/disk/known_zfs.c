/* SPDX-License-Identifier: Apache-2.0 */
/* known_zfs.c - the label of a ZFS pool; see known_zfs.h. */
#include "known_zfs.h"

#include <inttypes.h>
#include <string.h>

#include "engine/source/bytes.h"

enum {
    LIST_AT = 16 * 1024, /* in the label, behind room for boot blocks */
    LIST_SIZE = 112 * 1024,
    TAIL_SIZE = 40, /* a magic number and a checksum, at the list's end */
    HEADER_SIZE = 12,
    UINT64 = 8, /* kinds of values */
    STRING = 9,
    NAME_MAX_ = 255,
};

struct pool {
    struct sw_view name;
    uint64_t guid;
};

/* The checksum's magic number, in the order of bytes of whoever wrote it, and a list that
 * says how it is encoded. */
unsigned sw_known_zfs_probe(struct sw_view head)
{
    static const uint8_t magic[8] = {0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02};
    static const uint8_t other[8] = {0x02, 0x10, 0xda, 0x7a, 0xb1, 0x0c, 0x7a, 0x11};
    const size_t tail = LIST_AT + LIST_SIZE - TAIL_SIZE;
    if (head.size < LIST_AT + LIST_SIZE || !(sw_bytes_at(head, tail, magic, sizeof magic) ||
                                             sw_bytes_at(head, tail, other, sizeof other)))
        return 0;
    return head.data[LIST_AT] == 1 && head.data[LIST_AT + 1] <= 1 ? 64 + 16 : 0;
}

/* A length, as many bytes, and zeros up to a multiple of four. */
static bool take_text(struct sw_cursor *list, struct sw_view *text)
{
    struct sw_view size;
    struct sw_view padding;
    if (sw_cursor_bytes(list, 4, &size) != SW_OK)
        return false;
    uint32_t bytes = sw_big32(size.data);
    return bytes <= LIST_SIZE && sw_cursor_bytes(list, bytes, text) == SW_OK &&
           sw_cursor_bytes(list, (4 - bytes % 4) % 4, &padding) == SW_OK;
}

static bool is_named(struct sw_view name, const char *text)
{
    return name.size == strlen(text) && memcmp(name.data, text, name.size) == 0;
}

/* One pair of a name and a value. */
static void take_pair(struct sw_view pair, struct pool *pool)
{
    struct sw_cursor cursor = sw_cursor_of(pair);
    struct sw_view name;
    struct sw_view kind;
    struct sw_view value;
    if (!take_text(&cursor, &name) || sw_cursor_bytes(&cursor, 8, &kind) != SW_OK)
        return;
    if (sw_big32(kind.data) == STRING && is_named(name, "name") && take_text(&cursor, &value))
        pool->name = value;
    if (sw_big32(kind.data) == UINT64 && is_named(name, "pool_guid") &&
        sw_cursor_bytes(&cursor, 8, &value) == SW_OK)
        pool->guid = sw_big64(value.data);
}

bool sw_known_zfs_say(struct sw_view head, struct sw_error *error)
{
    struct pool pool = {.guid = 0};
    struct sw_view sizes;
    struct sw_view pair;
    if (sw_known_zfs_probe(head) == 0)
        return false;
    struct sw_cursor list = sw_cursor_of(
        (struct sw_view){head.data + LIST_AT + HEADER_SIZE, LIST_SIZE - HEADER_SIZE - TAIL_SIZE});
    while (sw_cursor_bytes(&list, 8, &sizes) == SW_OK && sw_big32(sizes.data) > 8 &&
           sw_cursor_bytes(&list, sw_big32(sizes.data) - 8, &pair) == SW_OK)
        take_pair(pair, &pool);
    size_t shown = pool.name.size < NAME_MAX_ ? pool.name.size : NAME_MAX_;
    (void)sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, "disk", 0,
                      "holds ZFS, which is not read here; of the pool \"%.*s\", GUID "
                      "%" PRIu64,
                      (int)shown, shown > 0 ? (const char *)pool.name.data : "", pool.guid);
    return true;
}
