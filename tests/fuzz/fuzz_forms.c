/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms of disk images. Input: which form (and whether its checksums are put right), how many
 * times 4 KiB the file has, and then what lies in it: four bytes where, two how much, and
 * that many bytes. The rest is zeros.
 *
 * What opens hands out one disk: its extents go forward, what is between them is zeros, a read
 * in small pieces gives what one large read gives, and every failure has a reason.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/disk/crc32c.h"
#include "engine/disk/disks.h"
#include "engine/source/bytes.h"
#include "fuzz.h"
#include "sweeper/limits.h"
#include "sweeper/source.h"

enum {
    UNIT = 4096,
    UNITS_MAX = 1024,
    HEAD = 6,
    READ = 64 * 1024,
    PIECE = 999,
    EXTENTS_MAX = 64,
    READS_MAX = 16,
    RESEAL = 0x80,
};

/* libewf loses what it had made of a chunk that turns out to be damaged; ewf.c bounds that. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libewf_";
}

static void fill(uint8_t *image, size_t image_size, const uint8_t *data, size_t size)
{
    while (size > HEAD) {
        const size_t at = sw_little32(data) % image_size;
        const size_t wanted = sw_little16(data + 4);
        size_t count = wanted < size - HEAD ? wanted : size - HEAD;
        data += HEAD;
        size -= HEAD;
        memcpy(image + at, data, count < image_size - at ? count : image_size - at);
        data += count;
        size -= count;
    }
}

/* --- checksums -------------------------------------------------------------------------- */

static void put32(uint8_t *at, uint32_t value, bool big)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (big ? 24 - 8 * i : 8 * i));
}

static void reseal_sum(uint8_t *data, size_t size, size_t at)
{
    uint32_t sum = 0;

    put32(data + at, 0, true);
    for (size_t i = 0; i < size; i++)
        sum += data[i];
    put32(data + at, ~sum, true);
}

static void reseal(uint8_t *image, size_t size)
{
    static const size_t sums[][2] = {
        {65536, 4096}, {131072, 4096}, {196608, 65536}, {262144, 65536}};

    if (memcmp(image, "conectix", 8) == 0 && size >= 2048) {
        const uint64_t header = sw_big32(image + 20);
        reseal_sum(image, 512, 64);
        if (header <= size - 1024)
            reseal_sum(image + header, 1024, 36);
    }
    for (size_t i = 0; memcmp(image, "vhdxfile", 8) == 0 && i < 4; i++)
        if (sums[i][0] + sums[i][1] <= size)
            put32(image + sums[i][0] + 4, sw_crc32c_around(image + sums[i][0], sums[i][1], 4),
                  false);
    uint64_t at = 13;
    for (size_t i = 0; memcmp(image, "EVF\t", 4) == 0 && i < 32 && at + 76 <= size; i++) {
        put32(image + at + 72, (uint32_t)adler32(1, image + at, 72), false);
        at = sw_little64(image + at + 16);
        if (at > size)
            break;
    }
}

/* --- the disk ----------------------------------------------------------------------------- */

/* `exact`: libewf gives a chunk that is damaged once, and not again. */
static void check_read(struct sw_blob *disk, uint64_t offset, bool exact)
{
    static uint8_t whole[READ], pieces[READ];
    struct sw_error error = {.reason = SW_GAP_NONE};
    size_t got = 0;

    if (sw_blob_read_at(disk, offset, whole, READ, &got, &error) != SW_OK) {
        FUZZ_CHECK(error.reason != SW_GAP_NONE && error.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(got == (disk->size - offset < READ ? disk->size - offset : READ));
    for (size_t done = 0; done < got;) {
        size_t piece = 0;
        const size_t wanted = got - done < PIECE ? got - done : PIECE;
        const enum sw_status status =
            sw_blob_read_at(disk, offset + done, pieces + done, wanted, &piece, &error);
        if (!exact && status != SW_OK)
            return;
        FUZZ_CHECK(status == SW_OK && piece == wanted);
        done += piece;
    }
    FUZZ_CHECK(!exact || memcmp(whole, pieces, got) == 0);
}

static void check_hole(struct sw_blob *disk, uint64_t offset, uint64_t end)
{
    uint8_t bytes[512];
    struct sw_error error;
    size_t got = 0;
    const size_t size = end - offset < sizeof(bytes) ? (size_t)(end - offset) : sizeof(bytes);

    FUZZ_CHECK(sw_blob_read_at(disk, offset, bytes, size, &got, &error) == SW_OK && got == size);
    for (size_t i = 0; i < got; i++)
        FUZZ_CHECK(bytes[i] == 0);
}

static void check_disk(struct sw_blob *disk, bool exact)
{
    uint64_t at = 0, start = 0, end = 0;
    unsigned reads = 0;

    for (unsigned i = 0; i < EXTENTS_MAX && at < disk->size; i++) {
        sw_blob_extent(disk, at, &start, &end);
        FUZZ_CHECK(start >= at && start <= disk->size && end <= disk->size);
        FUZZ_CHECK(end > start || start == disk->size);
        if (start > at)
            check_hole(disk, at, start);
        if (start < disk->size && reads++ < READS_MAX)
            check_read(disk, start, exact);
        at = end;
    }
    if (disk->size > 0)
        check_read(disk, disk->size - 1, exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sw_source *const sources[] = {
        &sw_source_qcow2, &sw_source_vmdk, &sw_source_vhd, &sw_source_vhdx, &sw_source_ewf};
    if (size < 3)
        return 0;
    const struct sw_source *source = sources[(data[0] & ~(unsigned)RESEAL) % 5];
    const size_t image_size = (size_t)UNIT * (1 + sw_little16(data + 1) % UNITS_MAX);
    uint8_t *image = calloc(image_size, 1);
    FUZZ_CHECK(image != NULL);
    fill(image, image_size, data + 3, size - 3);
    if ((data[0] & RESEAL) != 0)
        reseal(image, image_size);
    struct sw_blob blob = sw_blob_of_bytes(image, image_size);
    const struct sw_input input = {.blob = &blob, .name = {(const uint8_t *)"x.E01", 5}};
    const struct sw_source_setup setup = {.window_max = SW_MIB};
    struct sw_error error = {.reason = SW_GAP_NONE};
    struct sw_member member = {.name = {NULL, 0}};
    void *state = NULL;
    enum sw_status status = source->open(&input, &setup, &state, &error);
    FUZZ_CHECK(status == SW_OK || (status == SW_DEAD && error.reason != SW_GAP_NONE));
    unsigned disks = 0;
    for (unsigned calls = 0; status != SW_DEAD; calls++) {
        error.reason = SW_GAP_NONE;
        status = source->next(state, &member, &error);
        if (status == SW_END)
            break;
        FUZZ_CHECK(calls < 64 && (status == SW_OK || error.reason != SW_GAP_NONE));
        if (status == SW_OK) {
            disks++;
            FUZZ_CHECK(member.kind == SW_MEMBER_DISK && member.in_place != NULL);
            check_disk(member.in_place, source != &sw_source_ewf);
        }
    }
    if (state != NULL) {
        FUZZ_CHECK(disks == 1);
        source->close(state);
    }
    free(image);
    return 0;
}
