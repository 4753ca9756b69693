/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XFS file systems. Input: an image.
 *
 * Whatever it is, reading it comes to an end, twice with the same outcome; what the probe
 * takes no interest in does not open.
 */
#include "engine/disk/disks.h"
#include "source_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sw_probe probe = {.head = {data, size}, .tail = {data, size}, .size = size};
    if (sw_source_xfs.probe(&probe) == 0) {
        struct sw_blob blob = sw_blob_of_bytes(data, size);
        const struct sw_input input = {.blob = &blob};
        const struct sw_source_setup setup = {.window_max = SW_MIB};
        struct sw_error error = {.reason = SW_GAP_NONE};
        void *state = NULL;
        FUZZ_CHECK(sw_source_xfs.open(&input, &setup, &state, &error) == SW_DEAD);
        FUZZ_CHECK(error.reason != SW_GAP_NONE);
        return 0;
    }
    run_twice(&sw_source_xfs, data, size);
    return 0;
}
