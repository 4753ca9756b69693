/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raid.c - members of Linux software RAID (md): of RAID 1, and of arrays of one
 * device, the member's data is the array's; other levels are named, and not put together.
 *
 * Format: Linux, include/uapi/linux/raid/md_p.h. Super blocks of version 1 are
 * little-endian, and lie 4 KiB from the beginning (1.2), at it (1.1), or 8 to 12 KiB
 * from the end (1.0); that of version 0.90 lies 64 to 128 KiB from the end, in the byte
 * order of the machine. Versions 1.0 and 0.90 put data first: what is in a member of
 * RAID 1 is then seen without us, and we say nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/blob_window.h"
#include "engine/disk/disks.h"
#include "engine/source/bytes.h"

#define ROOM "raid"

enum {
    SECTOR = 512,
    SUPER_SIZE = 256, /* of version 1, without the roles of devices */
    ROLES_MAX = 1920, /* devices; the super block has 4 KiB */
    AT_12 = 4096,     /* of version 1.2 */
    OLD_SIZE = 4096,  /* of version 0.90 */
    OLD_ALIGNED = 64 * 1024,
    BITS = 128, /* a magic, a version, a checksum, fields in their ranges */
};
#define MAGIC UINT32_C(0xa92b4efc)

struct array {
    char uuid[33];
    char name[33];
    const char *version;
    int32_t level;
    uint32_t disks;
    uint64_t data_at;   /* bytes */
    uint64_t data_size; /* bytes */
};

struct raid {
    struct array array;
    struct sw_window window;
    bool done;
};

static void hex(const uint8_t bytes[static 16], char text[static 33])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[32] = '\0';
}

/* --- version 1 ---------------------------------------------------------------------- */

/* The sum of its words, the checksum's own not counted, folded. */
static uint32_t sum_of(const uint8_t *super, size_t size)
{
    enum { SUM_AT = 216 };
    uint64_t sum = 0;
    size_t at = 0;

    for (; at + 4 <= size; at += 4)
        sum += at == SUM_AT ? 0 : sw_little32(super + at);
    if (at + 2 <= size)
        sum += sw_little16(super + at);
    return (uint32_t)sum + (uint32_t)(sum >> 32);
}

/* `at` is where it lies in the member. */
static bool read_super(struct sw_view bytes, uint64_t at, uint64_t size, struct array *array)
{
    enum { NAME_AT = 32, NAME_SIZE = 32 };

    if (bytes.size < SUPER_SIZE || sw_little32(bytes.data) != MAGIC ||
        sw_little32(bytes.data + 4) != 1)
        return false;
    const uint8_t *super = bytes.data;
    const uint32_t roles = sw_little32(super + 220);
    if (roles > ROLES_MAX || SUPER_SIZE + 2 * (size_t)roles > bytes.size ||
        sum_of(super, SUPER_SIZE + 2 * (size_t)roles) != sw_little32(super + 216) ||
        sw_little64(super + 144) != at / SECTOR)
        return false;
    const uint64_t data_at = sw_little64(super + 128);
    const uint64_t data_size = sw_little64(super + 136);
    const uint64_t used = sw_little64(super + 80); /* of each member, by the array */
    if (data_at > size / SECTOR || data_size > INT64_MAX / SECTOR || used > data_size)
        return false;
    *array = (struct array){
        .version = at == 0       ? "1.1"
                   : at == AT_12 ? "1.2"
                                 : "1.0",
        .level = (int32_t)sw_little32(super + 72),
        .disks = sw_little32(super + 92),
        .data_at = data_at * SECTOR,
        .data_size = (used != 0 ? used : data_size) * SECTOR,
    };
    hex(super + 16, array->uuid);
    for (size_t i = 0; i < NAME_SIZE && super[NAME_AT + i] != 0; i++) {
        const uint8_t byte = super[NAME_AT + i];
        array->name[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    return true;
}

/* --- version 0.90 ------------------------------------------------------------------- */

static uint32_t word(const uint8_t *at, bool big)
{
    return big ? sw_big32(at) : sw_little32(at);
}

static bool read_old(struct sw_view bytes, struct array *array)
{
    enum { SUM_AT = 38 * 4, LEVEL_AT = 7 * 4, DISKS_AT = 10 * 4 };
    static const size_t uuid_at[] = {20, 52, 56, 60};
    uint8_t uuid[16];
    uint64_t sum = 0;

    if (bytes.size < OLD_SIZE)
        return false;
    const uint8_t *super = bytes.data;
    const bool big = sw_big32(super) == MAGIC;
    if (word(super, big) != MAGIC || word(super + 4, big) != 0 || word(super + 8, big) < 90)
        return false;
    for (size_t at = 0; at < OLD_SIZE; at += 4)
        sum += at == SUM_AT ? 0 : word(super + at, big);
    if ((uint32_t)sum + (uint32_t)(sum >> 32) != word(super + SUM_AT, big))
        return false;
    *array = (struct array){.version = "0.90",
                            .level = (int32_t)word(super + LEVEL_AT, big),
                            .disks = word(super + DISKS_AT, big)};
    for (size_t i = 0; i < 4; i++)
        for (unsigned byte = 0; byte < 4; byte++)
            uuid[4 * i + byte] = (uint8_t)(word(super + uuid_at[i], big) >> (24 - 8 * byte));
    hex(uuid, array->uuid);
    return true;
}

/* --- the source ----------------------------------------------------------------------- */

/* The data of one member is the data of the array. */
static bool is_mirror(const struct array *array)
{
    return array->level == 1 || array->disks == 1;
}

static struct sw_view part(struct sw_view bytes, uint64_t bytes_at, uint64_t at)
{
    if (at < bytes_at || at - bytes_at > bytes.size)
        return (struct sw_view){bytes.data, 0};
    return sw_view_skip(bytes, (size_t)(at - bytes_at));
}

/* What the first and the last bytes show. */
static bool find(struct sw_view head, struct sw_view tail, uint64_t size, struct array *array)
{
    const uint64_t tail_at = size - tail.size;

    if (size < OLD_ALIGNED)
        return false;
    const uint64_t last = (size - 2 * (uint64_t)AT_12) / AT_12 * AT_12;
    const uint64_t old = size / OLD_ALIGNED * OLD_ALIGNED - OLD_ALIGNED;
    return read_super(part(head, 0, AT_12), AT_12, size, array) ||
           read_super(head, 0, size, array) ||
           read_super(part(tail, tail_at, last), last, size, array) ||
           read_old(part(tail, tail_at, old), array);
}

static unsigned probe(const struct sw_probe *probe)
{
    struct array array = {0};

    if (!find(probe->head, probe->tail, probe->size, &array))
        return 0;
    return is_mirror(&array) && array.data_at == 0 ? 0 : BITS;
}

/* Reads what the auction has seen. */
static enum sw_status read_member(struct sw_blob *blob, struct array *array, struct sw_error *error)
{
    const size_t head_size = (size_t)2 * AT_12;
    const size_t tail_size =
        blob->size < SW_PROBE_TAIL_MAX ? (size_t)blob->size : SW_PROBE_TAIL_MAX;
    uint8_t *bytes = malloc(head_size + SW_PROBE_TAIL_MAX);
    size_t head_got = 0;
    size_t tail_got = 0;

    if (bytes == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    uint8_t *tail = bytes + head_size;
    enum sw_status status = sw_blob_read_at(blob, 0, bytes, head_size, &head_got, error);
    if (status == SW_OK)
        status = sw_blob_read_at(blob, blob->size - tail_size, tail, tail_size, &tail_got, error);
    if (status == SW_OK &&
        (tail_got < tail_size || !find((struct sw_view){bytes, head_got},
                                       (struct sw_view){tail, tail_got}, blob->size, array)))
        status = sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0, "is no member of a RAID");
    free(bytes);
    return status == SW_OK ? SW_OK : SW_DEAD;
}

static enum sw_status open_member(const struct sw_input *input, const struct sw_source_setup *setup,
                                  void **state, struct sw_error *error)
{
    struct array array = {0};
    enum sw_status status = read_member(input->blob, &array, error);

    (void)setup;
    if (status != SW_OK)
        return status;
    if (!is_mirror(&array))
        return sw_fail_gap(error, SW_DEAD, SW_GAP_UNSUPPORTED, ROOM, 0,
                           "a member of Linux RAID %" PRId32 " of %" PRIu32
                           " devices, %s%s%s (metadata %s), which is not put together",
                           array.level, array.disks, array.uuid, array.name[0] != '\0' ? " " : "",
                           array.name, array.version);
    struct raid *raid = calloc(1, sizeof(*raid));
    if (raid == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0, "no memory to open it");
    raid->array = array;
    sw_window_init(&raid->window, input->blob, array.data_at, array.data_size);
    *state = raid;
    return SW_OK;
}

static enum sw_status next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct raid *raid = state;
    const struct array *array = &raid->array;

    if (raid->done)
        return SW_END;
    raid->done = true;
    *member = (struct sw_member){
        .kind = SW_MEMBER_DISK,
        .name = sw_view_of(array->name),
        .facts = {.size = raid->window.blob.size,
                  .mtime_ns = SW_TIME_UNKNOWN,
                  .ctime_ns = SW_TIME_UNKNOWN,
                  .btime_ns = SW_TIME_UNKNOWN,
                  .atime_ns = SW_TIME_UNKNOWN},
        .size_known = true,
        .in_place = &raid->window.blob,
    };
    if (raid->window.blob.size >= array->data_size)
        return SW_OK;
    return sw_fail_gap(error, SW_PART, SW_GAP_TRUNCATED, ROOM, 0,
                       "a member of Linux RAID %s: the image ends before its data does",
                       array->uuid);
}

static enum sw_status read_nothing(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END;
}

static void close_member(void *state)
{
    struct raid *raid = state;

    sw_blob_close(&raid->window.blob);
    free(raid);
}

const struct sw_source sw_source_raid = {
    .kind = "raid",
    .disk = true,
    .probe = probe,
    .open = open_member,
    .next = next,
    .read = read_nothing,
    .close = close_member,
};
