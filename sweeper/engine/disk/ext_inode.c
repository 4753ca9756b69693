/* SPDX-License-Identifier: Apache-2.0 */
/* ext_inode.c - inodes, and the content that lies in them; see ext_image.h. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/source/bytes.h"
#include "ext_image.h"

#define ROOM "ext"

enum {
    OLD_SIZE = 128,
    SUM_LOW_AT = 0x7c,
    EXTRA_SIZE_AT = 0x80,
    SUM_HIGH_AT = 0x82,
    ATTRIBUTE_MAGIC = (int)0xea020000,
    ATTRIBUTE_SIZE = 16,
    ATTRIBUTE_SYSTEM = 7, /* the name space "system." */
};

/* ---- windows of inode tables -------------------------------------------------------- */

static struct sw_ext_window *oldest(struct sw_ext *ext)
{
    struct sw_ext_window *window = &ext->windows[0];

    for (size_t i = 1; i < SW_EXT_WINDOWS; i++)
        if (ext->windows[i].used < window->used)
            window = &ext->windows[i];
    return window;
}

static enum sw_status find_window(struct sw_ext *ext, uint64_t block, size_t size,
                                  struct sw_ext_window **found, struct sw_error *error)
{
    for (size_t i = 0; i < SW_EXT_WINDOWS; i++)
        if (ext->windows[i].block == block) {
            *found = &ext->windows[i];
            (*found)->used = ++ext->clock;
            return SW_OK;
        }
    struct sw_ext_window *window = oldest(ext);
    window->block = UINT64_MAX;
    enum sw_status status = sw_ext_read(ext, block, 0, window->data, size, &window->size, error);
    if (status != SW_OK)
        return status;
    window->block = block;
    window->used = ++ext->clock;
    *found = window;
    return SW_OK;
}

static enum sw_status raw_inode(struct sw_ext *ext, const struct sw_ext_group *group,
                                uint32_t index, const uint8_t **raw, struct sw_error *error)
{
    const struct sw_ext_super *super = &ext->super;
    const uint64_t offset = (uint64_t)index * super->inode_size;
    const uint64_t start = offset / ext->window_size * ext->window_size;
    const uint64_t left = (uint64_t)super->group_inodes * super->inode_size - start;
    const size_t at = (size_t)(offset - start);
    struct sw_ext_window *window = NULL;

    enum sw_status status =
        find_window(ext, group->inode_table + (start >> super->block_shift),
                    left < ext->window_size ? (size_t)left : ext->window_size, &window, error);
    if (status != SW_OK)
        return status;
    if (at + super->inode_size > window->size)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_TRUNCATED, ROOM, 0,
                           "its inode is behind the end of the image");
    *raw = window->data + at;
    return SW_OK;
}

/* ---- fields ---------------------------------------------------------------------------- */

/* How many bytes of the inode have a meaning. */
static size_t used_size(const struct sw_ext_super *super, const uint8_t *raw)
{
    if (super->inode_size <= OLD_SIZE)
        return OLD_SIZE;
    const size_t size = OLD_SIZE + (size_t)sw_little16(raw + EXTRA_SIZE_AT);
    return size > super->inode_size || size % 4 != 0 ? OLD_SIZE : size;
}

/* A time and, where there is one, the field that holds its nanoseconds (30 bits) and
 * two more bits of its seconds. */
static int64_t time_of(const uint8_t *raw, size_t used, size_t at, size_t extra_at)
{
    const int64_t seconds = (int32_t)sw_little32(raw + at);

    if (used < extra_at + 4)
        return seconds * 1000000000;
    const uint32_t extra = sw_little32(raw + extra_at);
    const uint32_t nanoseconds = extra >> 2;
    const int64_t all = seconds + ((int64_t)(extra & 3) << 32);
    if (all >= INT64_MAX / 1000000000)
        return SW_TIME_UNKNOWN; /* after 2262 */
    return all * 1000000000 + (nanoseconds < 1000000000 ? nanoseconds : 0);
}

static bool sum_fits(const struct sw_ext_super *super, const uint8_t *raw, uint32_t number,
                     size_t used)
{
    const uint8_t index[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                              (uint8_t)(number >> 24)};
    static const uint8_t zeros[2];
    const bool has_high = used >= SUM_HIGH_AT + 2;
    uint32_t wanted = sw_little16(raw + SUM_LOW_AT);
    uint32_t sum = sw_ext_sum(super->sum_seed, index, sizeof index);

    sum = sw_ext_sum(sum, raw + 0x64, 4); /* its generation */
    sum = sw_ext_sum(sum, raw, SUM_LOW_AT);
    sum = sw_ext_sum(sum, zeros, sizeof zeros);
    sum = sw_ext_sum(sum, raw + SUM_LOW_AT + 2, OLD_SIZE - SUM_LOW_AT - 2);
    if (super->inode_size > OLD_SIZE) {
        sum = sw_ext_sum(sum, raw + OLD_SIZE, SUM_HIGH_AT - OLD_SIZE);
        sum = sw_ext_sum(sum, has_high ? zeros : raw + SUM_HIGH_AT, 2);
        sum = sw_ext_sum(sum, raw + SUM_HIGH_AT + 2, super->inode_size - SUM_HIGH_AT - 2);
    }
    if (has_high)
        return (wanted | (uint32_t)sw_little16(raw + SUM_HIGH_AT) << 16) == sum;
    return wanted == (sum & UINT16_MAX);
}

static uint64_t size_of(const struct sw_ext_super *super, const uint8_t *raw, uint32_t mode)
{
    uint64_t size = sw_little32(raw + 4);

    if (S_ISREG(mode) || (S_ISDIR(mode) && super->incompat & SW_EXT_LARGEDIR))
        size |= (uint64_t)sw_little32(raw + 0x6c) << 32;
    return size;
}

static void parse(const struct sw_ext_super *super, const uint8_t *raw, uint32_t number,
                  struct sw_ext_inode *inode)
{
    const size_t used = used_size(super, raw);
    const uint32_t mode = sw_little16(raw);

    *inode = (struct sw_ext_inode){
        .number = number,
        .flags = sw_little32(raw + 0x20),
        .dtime = sw_little32(raw + 0x14),
        .size = size_of(super, raw, mode),
        .raw = raw,
        .facts = {.inode = number,
                  .size = size_of(super, raw, mode),
                  .mode = mode,
                  .uid = sw_little16(raw + 2) | (uint32_t)sw_little16(raw + 0x78) << 16,
                  .gid = sw_little16(raw + 0x18) | (uint32_t)sw_little16(raw + 0x7a) << 16,
                  .link_count = sw_little16(raw + 0x1a),
                  .mtime_ns = time_of(raw, used, 0x10, 0x88),
                  .ctime_ns = time_of(raw, used, 0xc, 0x84),
                  .btime_ns = used >= 0x94 ? time_of(raw, used, 0x90, 0x94) : SW_TIME_UNKNOWN,
                  .atime_ns = time_of(raw, used, 0x8, 0x8c),
                  .origin = used >= 0x8c + 4 ? SW_ORIGIN_EXT : SW_ORIGIN_EXT_SECONDS},
        .map = {.inode = number, .generation = sw_little32(raw + 0x64)},
    };
    memcpy(inode->map.root, raw + 0x28, SW_EXT_MAP_SIZE);
    inode->map.in_extents = (inode->flags & SW_EXT_IN_EXTENTS) != 0;
    inode->sum_bad = super->ro_compat & SW_EXT_METADATA_CSUM && !sum_fits(super, raw, number, used);
}

enum sw_status sw_ext_inode(struct sw_ext *ext, uint32_t number, struct sw_ext_inode *inode,
                            struct sw_error *error)
{
    const struct sw_ext_super *super = &ext->super;
    struct sw_ext_group group;
    const uint8_t *raw = NULL;

    if (number == 0 || number > super->inode_count)
        return sw_fail_gap(error, SW_SKIP, SW_GAP_DAMAGED, ROOM, 0, "there is no inode %" PRIu32,
                           number);
    enum sw_status status = sw_ext_group(ext, (number - 1) / super->group_inodes, &group, error);
    if (status == SW_OK)
        status = raw_inode(ext, &group, (number - 1) % super->group_inodes, &raw, error);
    if (status == SW_OK && raw != NULL)
        parse(super, raw, number, inode);
    return status;
}

bool sw_ext_inode_next(struct sw_ext *ext, uint32_t *number, uint32_t end, bool *lost)
{
    const uint32_t per_group = ext->super.group_inodes;

    while (*number <= end && *number != 0) {
        const uint32_t index = (*number - 1) % per_group;
        const uint32_t first = *number - index;
        const uint32_t next = end - first < per_group ? end + 1 : first + per_group;
        const uint8_t *raw = NULL;
        struct sw_ext_group group;
        struct sw_error error;
        if (sw_ext_group(ext, (*number - 1) / per_group, &group, &error) != SW_OK) {
            *lost = true;
            *number = next;
        } else if (group.unused_inodes || index >= per_group - group.inodes_unused) {
            *number = next;
        } else if (raw_inode(ext, &group, index, &raw, &error) != SW_OK) {
            *lost = true; /* so is the rest of this table, or this window of it */
            *number += (uint32_t)(ext->window_size / ext->super.inode_size);
            if (*number > next)
                *number = next;
        } else if (raw != NULL && S_ISREG(sw_little16(raw))) {
            return true;
        } else {
            ++*number;
        }
    }
    return false;
}

/* ---- content in the inode ----------------------------------------------------------------- */

/* The value of "system.data": attributes stand behind the used part of the inode, values
 * at its end, counted from the first attribute on. */
static bool find_data(const uint8_t *area, size_t size, size_t *at, size_t *count)
{
    size_t entry = 0;

    while (size - entry >= ATTRIBUTE_SIZE && sw_little32(area + entry) != 0) {
        const size_t name_size = area[entry];
        const size_t step = (ATTRIBUTE_SIZE + name_size + 3) & ~(size_t)3;
        if (step > size - entry)
            return false;
        *at = sw_little16(area + entry + 2);
        *count = sw_little32(area + entry + 8);
        if (area[entry + 1] == ATTRIBUTE_SYSTEM && name_size == 4 &&
            memcmp(area + entry + ATTRIBUTE_SIZE, "data", 4) == 0)
            return *at <= size && *count <= size - *at;
        entry += step;
    }
    *count = 0;
    return true;
}

enum sw_status sw_ext_inline(const struct sw_ext *ext, const struct sw_ext_inode *inode,
                             uint8_t *out, size_t *size, struct sw_error *error)
{
    const size_t used = used_size(&ext->super, inode->raw);
    const size_t area = used + 4; /* behind the magic number */
    size_t at = 0;
    size_t count = 0;

    memcpy(out, inode->map.root, SW_EXT_MAP_SIZE);
    *size = SW_EXT_MAP_SIZE;
    if (inode->size <= SW_EXT_MAP_SIZE)
        return SW_OK;
    if (area > ext->super.inode_size ||
        sw_little32(inode->raw + used) != (uint32_t)ATTRIBUTE_MAGIC ||
        !find_data(inode->raw + area, ext->super.inode_size - area, &at, &count))
        return sw_fail_gap(error, SW_PART, SW_GAP_DAMAGED, ROOM, 0,
                           "the part of it that lies in an attribute of its inode is lost");
    memcpy(out + SW_EXT_MAP_SIZE, inode->raw + area + at, count);
    *size += count;
    return SW_OK;
}
