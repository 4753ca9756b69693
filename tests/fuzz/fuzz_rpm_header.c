/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of rpms. Input: the header.
 *
 * Members lie in the bytes that there are or in the text made of them, are no more
 * than so many, and the reading ends.
 */
#include <stdlib.h>

#include "engine/source/rpm_header.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = fuzz_copy((struct sw_view){data, size});
    struct sw_blob blob = sw_blob_of_bytes(copy, size);
    const struct sw_input input = {.blob = &blob};
    struct sw_error error = {0};
    struct sw_rpm_header header;
    struct sw_view name, content;
    struct sw_flow flow;
    unsigned members = 0;

    sw_rpm_header_init(&header);
    enum sw_status status = sw_flow_init(&flow, &input, 0, &error);
    FUZZ_CHECK(status == SW_OK);
    status = sw_rpm_header_read(&header, &flow, size % 2 == 0, 1 << 20, &error);
    while (status == SW_OK || status == SW_SKIP) {
        status = sw_rpm_header_next(&header, &name, &content, &error);
        if (status != SW_OK)
            continue;
        FUZZ_CHECK(++members <= SW_RPM_SCRIPTS_MAX + 1);
        FUZZ_CHECK(name.size > 1 && name.data[0] == '%');
        FUZZ_CHECK(content.size <= size || content.data == header.text.data);
    }
    FUZZ_CHECK(status == SW_END || status == SW_DEAD);
    sw_rpm_header_done(&header);
    sw_flow_done(&flow);
    sw_blob_close(&blob);
    free(copy);
    return 0;
}
