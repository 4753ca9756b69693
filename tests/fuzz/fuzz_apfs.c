/* SPDX-License-Identifier: Apache-2.0 */
/*
 * APFS. Input: a container of blocks of 4 KiB, whose checksums are put right: what is wrong with
 * them is seldom interesting.
 *
 * Whatever it is, reading the container and its first volumes comes to an end, twice with the
 * same outcome.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/disk/disks.h"
#include "source_run.h"

enum { BLOCK = 4096, TYPE_AT = 24, VOLUMES = 2 };

static void put32(uint8_t *at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A second writing of Fletcher's sum. */
static void seal(uint8_t *block)
{
    uint64_t first = 0;
    uint64_t second = 0;
    for (size_t i = 8; i < BLOCK; i += 4) {
        first = (first + (block[i] | (uint32_t)block[i + 1] << 8 | (uint32_t)block[i + 2] << 16 |
                          (uint32_t)block[i + 3] << 24)) %
                UINT32_MAX;
        second = (second + first) % UINT32_MAX;
    }
    uint64_t low = UINT32_MAX - (first + second) % UINT32_MAX;
    put32(block, (uint32_t)low);
    put32(block + 4, (uint32_t)(UINT32_MAX - (first + low) % UINT32_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *image = fuzz_copy((struct sw_view){data, size});
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
        if (image[at + TYPE_AT] != 0)
            seal(image + at);
    run_twice(&sw_source_apfs_container, image, size);
    for (uint8_t i = 0; i < VOLUMES && size >= BLOCK; i++) {
        memcpy(image, "swVolume", 8);
        image[8] = i;
        run_twice(&sw_source_apfs, image, size);
    }
    free(image);
    return 0;
}
