/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File systems that are named and not read. Input: which place of `places`, and what lies
 * there.
 *
 * None opens, whatever is there, and each says why in a text that prints; one that is bid on
 * is named.
 */
#include <string.h>

#include "engine/disk/disks.h"
#include "fuzz_source.h"

enum { IMAGE_SIZE = 192 * 1024, LIST_AT = 16384, LIST_END = 131072 };

/* The input as an image. Behind a list of ZFS' stands the magic number of its checksum. */
static uint8_t *make_image(const uint8_t *data, size_t size)
{
    static const uint32_t places[] = {0, 1024, 2048, 4096, 8192, LIST_AT, 32768, 65536};
    static const uint8_t magic[] = {0x11, 0x7a, 0x0c, 0xb1, 0x7a, 0xda, 0x10, 0x02};
    uint8_t *image = calloc(1, IMAGE_SIZE);
    FUZZ_CHECK(image != NULL);
    if (size == 0)
        return image;
    uint32_t place = places[data[0] % 8];
    size_t most = place == LIST_AT ? LIST_END - LIST_AT - 40 : IMAGE_SIZE - place;
    memcpy(image + place, data + 1, size - 1 < most ? size - 1 : most);
    if (place == LIST_AT)
        memcpy(image + LIST_END - 40, magic, sizeof magic);
    return image;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = make_image(data, size);
    size = IMAGE_SIZE;
    const struct sw_probe probe = {.head = {copy, size}, .tail = {copy, size}, .size = size};
    struct sw_blob blob = sw_blob_of_bytes(copy, size);
    const struct sw_input input = {.blob = &blob};
    const struct sw_source_setup setup = {.window_max = 1};
    struct sw_error error = {.reason = SW_GAP_NONE};
    void *state = NULL;
    unsigned bits = sw_source_known.probe(&probe);
    FUZZ_CHECK(sw_source_known.open(&input, &setup, &state, &error) == SW_DEAD);
    FUZZ_CHECK(error.reason == SW_GAP_UNSUPPORTED && error.text[0] != '\0');
    FUZZ_CHECK((bits == 0) == (strstr(error.text, "holds ") == NULL));
    free(copy);
    return 0;
}
