/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes: LVM, LUKS, BitLocker, RAID. Input: u8 which (modulo 5), then the volume; checksums that
 * LVM and LUKS2 put over what they say are put right first, where they can be found.
 *
 * Whatever it is, reading it comes to an end, twice with the same outcome: names, sizes, gaps,
 * and the first and last bytes of each volume; an extent never points backwards. The description
 * of a volume group is also read by itself.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/disk/disks.h"
#include "engine/disk/luks.h"
#include "engine/disk/lvm_group.h"
#include "engine/source/bytes.h"
#include "source_run.h"

enum { EDGE = 4096, EXTENTS_MAX = 64 };

static void put_little32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t lvm_sum(const uint8_t *data, size_t size)
{
    const uint32_t initial = 0xf597a6cf;
    return ~(uint32_t)crc32_z(~initial, data, size);
}

static void mend_lvm(uint8_t *data, size_t size)
{
    enum { LABEL = 512, AREA = 4096, SECTOR = 512, TEXT_SUM = 56 };
    if (size >= LABEL + SECTOR)
        put_little32(data + LABEL + 16, lvm_sum(data + LABEL + 20, SECTOR - 20));
    if (size < AREA + SECTOR)
        return;
    const uint64_t at = sw_little64(data + AREA + 40);
    const uint64_t text_size = sw_little64(data + AREA + 48);
    if (at < size - AREA && text_size < size - AREA - at)
        put_little32(data + AREA + TEXT_SUM, lvm_sum(data + AREA + at, (size_t)text_size));
    put_little32(data + AREA, lvm_sum(data + AREA + 4, SECTOR - 4));
}

static void mend_luks(uint8_t *data, size_t size)
{
    enum { HEADER = 16384, SUM = 448 };
    for (size_t at = 0; at + HEADER <= size && at <= HEADER; at += HEADER) {
        memset(data + at + SUM, 0, 64);
        EVP_Digest(data + at, HEADER, data + at + SUM, NULL, EVP_sha256(), NULL);
    }
}

/* Both ends of a volume, and what it says of holes. */
static void run_volume(struct source_run *run, struct sw_blob *blob)
{
    uint8_t bytes[EDGE];
    struct sw_error error = {.reason = SW_GAP_NONE};
    uint64_t at = 0;
    for (unsigned end = 0; end < 2; end++) {
        size_t got = 0;
        at = end == 0 || blob->size < EDGE ? 0 : blob->size - EDGE / 2;
        enum sw_status status = sw_blob_read_at(blob, at, bytes, sizeof bytes, &got, &error);
        run_check_error(status, &error);
        FUZZ_CHECK(status != SW_OK || got <= sizeof bytes);
        if (status == SW_OK)
            run_add(run, bytes, got);
    }
    at = 0;
    for (unsigned i = 0; at < blob->size && i < EXTENTS_MAX; i++) {
        uint64_t start = 0;
        uint64_t end = 0;
        sw_blob_extent(blob, at, &start, &end);
        FUZZ_CHECK(start >= at && start <= blob->size);
        FUZZ_CHECK(start == blob->size || (end > start && end <= blob->size));
        run_add(run, &start, sizeof start);
        at = start == blob->size ? start : end;
    }
}

static void run_all(const struct sw_source *source, struct sw_blob *blob, size_t key_count,
                    struct source_run *run)
{
    static const struct sw_key keys[] = {
        {SW_KEY_PASSPHRASE, {(const uint8_t *)"key", 3}},
        {SW_KEY_RECOVERY, {(const uint8_t *)"000011", 6}},
        {SW_KEY_FILE, {(const uint8_t *)"key\n", 4}},
    };
    const struct sw_source_setup setup = {
        .keys = keys, .key_count = key_count, .window_max = SW_MIB, .time_max_s = 1};
    const struct sw_input input = {.blob = blob, .around = blob};
    struct sw_error error = {.reason = SW_GAP_NONE};
    void *state = NULL;
    *run = (struct source_run){.members = 0};
    enum sw_status status = source->open(&input, &setup, &state, &error);
    run_check_error(status, &error);
    if (status < SW_PART)
        return;
    for (;;) {
        struct sw_member member = {.encrypted = false};
        error = (struct sw_error){.reason = SW_GAP_NONE};
        status = source->next(state, &member, &error);
        run_check_error(status, &error);
        FUZZ_CHECK(++run->calls < 100000);
        if (status == SW_END || status <= SW_DEAD)
            break;
        run->sum = run->sum * 31 + error.reason;
        if (status == SW_SKIP)
            continue;
        FUZZ_CHECK(member.kind == SW_MEMBER_DISK && member.in_place != NULL);
        run_add(run, member.name.data, member.name.size);
        run_volume(run, member.in_place);
    }
    source->close(state);
}

static void run_text(struct sw_view text)
{
    struct sw_lvm_group group;
    struct sw_error error = {.reason = SW_GAP_NONE};
    enum sw_status status = sw_lvm_group_open(&group, text, &error);
    run_check_error(status, &error);
    if (status != SW_OK)
        return;
    FUZZ_CHECK(group.physical_count <= SW_LVM_PVS_MAX && group.logical_count <= SW_LVM_LVS_MAX);
    for (size_t i = 0; i < group.logical_count; i++) {
        status = sw_lvm_make(&group, &group.logicals[i], &error);
        run_check_error(status, &error);
        FUZZ_CHECK(status != SW_OK || group.logicals[i].state.missing == 0);
    }
    sw_lvm_group_close(&group);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sw_source *const sources[] = {&sw_source_lvm, &sw_source_luks,
                                                      &sw_source_bitlocker, &sw_source_raid};
    enum { SOURCES = sizeof sources / sizeof sources[0] };
    if (size < 2)
        return 0;
    const unsigned which = data[0] % (SOURCES + 1);
    const size_t rest = size - 1;
    uint8_t *copy = malloc(rest);
    FUZZ_CHECK(copy != NULL);
    memcpy(copy, data + 1, rest);
    if (which == SOURCES) {
        run_text((struct sw_view){copy, rest});
        free(copy);
        return 0;
    }
    if (which == 0)
        mend_lvm(copy, rest);
    if (which == 1)
        mend_luks(copy, rest);
    struct sw_blob blob = sw_blob_of_bytes(copy, rest);
    const size_t tail = rest < SW_PROBE_TAIL_MAX ? rest : SW_PROBE_TAIL_MAX;
    const struct sw_probe probe = {
        .head = {copy, rest}, .tail = {copy + rest - tail, tail}, .size = rest};
    if (sources[which]->probe(&probe) != 0) {
        struct source_run first;
        struct source_run again;
        run_all(sources[which], &blob, 3, &first); /* what is given up depends on the time */
        run_all(sources[which], &blob, 0, &first);
        run_all(sources[which], &blob, 0, &again);
        FUZZ_CHECK(first.sum == again.sum && first.calls == again.calls);
    }
    sw_blob_close(&blob);
    free(copy);
    return 0;
}
