/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of parts. Input: u32 number, then a name.
 *
 * A name that is read is written again as one of the same set and number. Every other name of its
 * set that can be written, and read, is one of its set and has that number.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sweeper/limits.h"
#include "sweeper/part_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    const uint32_t number = fuzz_u32(&input);
    struct sw_view name = {fuzz_copy(input.rest), input.rest.size};
    char written[SW_PART_NAME_MAX + 1];
    struct sw_part_name part, other;

    if (memchr(name.data, '\0', name.size) == NULL && sw_part_name_read(name, &part)) {
        FUZZ_CHECK(part.number <= SW_PARTS_MAX && name.size <= SW_PART_NAME_MAX);
        if (sw_part_name_write(&part, part.number, written)) {
            struct sw_view again = {(const uint8_t *)written, strlen(written)};
            FUZZ_CHECK(again.size <= SW_PART_NAME_MAX);
            FUZZ_CHECK(sw_part_name_read(again, &other) && other.number == part.number);
            FUZZ_CHECK(sw_part_name_same_set(&part, &other));
        }
        if (number <= SW_PARTS_MAX && sw_part_name_write(&part, number, written)) {
            struct sw_view again = {(const uint8_t *)written, strlen(written)};
            if (sw_part_name_read(again, &other) && other.row == part.row)
                FUZZ_CHECK(other.number == number && sw_part_name_same_set(&part, &other));
        }
    }
    free((void *)(uintptr_t)name.data);
    return 0;
}
