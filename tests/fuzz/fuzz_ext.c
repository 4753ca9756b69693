/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext2, ext3 and ext4. Input: how many times 64 KiB the image has, and then what lies in
 * it: four bytes where, two how much, and that many bytes. The rest is zeros.
 *
 * Whatever it is, reading it comes to an end, twice with the same outcome; what the probe
 * takes no interest in does not open.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/disk/disks.h"
#include "engine/source/bytes.h"
#include "source_run.h"

enum { UNIT = 64 * 1024, UNITS_MAX = 64, HEAD = 6 };

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sw_source *const sources[] = {&sw_source_ext2, &sw_source_ext3,
                                                      &sw_source_ext4};
    if (size == 0)
        return 0;
    const size_t image_size = (size_t)UNIT * (1 + data[0] % UNITS_MAX);
    uint8_t *image = calloc(image_size, 1);
    FUZZ_CHECK(image != NULL);
    fill(image, image_size, data + 1, size - 1);
    const struct sw_probe probe = {
        .head = {image, image_size < SW_PROBE_HEAD_MAX ? image_size : SW_PROBE_HEAD_MAX},
        .size = image_size};
    unsigned bids = 0;
    for (size_t i = 0; i < 3; i++) {
        if (sources[i]->probe(&probe) == 0)
            continue;
        bids++;
        run_twice(sources[i], image, image_size);
    }
    FUZZ_CHECK(bids <= 1);
    free(image);
    return 0;
}
