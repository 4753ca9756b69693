/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time zone and language. Input: which one, then the file's content.
 *
 * What comes out lies inside the content, is plain, and comes out again when it is
 * all there is.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/context.h"
#include "fuzz.h"

static void check_value(enum sw_context context, struct sw_view content, struct sw_view value)
{
    const char *name = context == SW_CONTEXT_LANG ? "LANG=" : "";
    uint8_t alone[8 + SW_CONTEXT_TEXT_MAX];
    size_t size = strlen(name);

    FUZZ_CHECK(value.data >= content.data &&
               value.data + value.size <= content.data + content.size);
    FUZZ_CHECK(sw_context_text_ok(value));
    memcpy(alone, name, size);
    memcpy(alone + size, value.data, value.size);
    const struct sw_view again = context_value(context, (struct sw_view){alone, size + value.size});
    FUZZ_CHECK(again.size == value.size && memcmp(again.data, value.data, value.size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    enum sw_context context = (enum sw_context)(fuzz_u8(&input) % SW_CONTEXT_COUNT);
    struct sw_view content = {fuzz_copy(input.rest), input.rest.size};
    const struct sw_view value = context_value(context, content);

    FUZZ_CHECK(context != SW_CONTEXT_NONE || value.size == 0);
    if (value.size != 0)
        check_value(context, content, value);
    free((void *)(uintptr_t)content.data);
    return 0;
}
