/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: what is decoded has exactly one text, and every text comes back. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "supervisor/base64.h"
#include "sweeper/text.h"

static void check_encoded(struct sw_view bytes, const char *expected)
{
    struct sw_buf text;
    sw_buf_init(&text, bytes.size * 2 + 16);
    FUZZ_CHECK(sw_text_base64(&text, bytes) == SW_OK && sw_buf_terminate(&text) == SW_OK);
    if (expected != NULL)
        FUZZ_CHECK(strcmp((const char *)text.data, expected) == 0);
    uint8_t *decoded = fuzz_copy(bytes);
    size_t size = SIZE_MAX;
    FUZZ_CHECK(sw_base64_decode((const char *)text.data, decoded, bytes.size, &size));
    FUZZ_CHECK(size == bytes.size && (size == 0 || memcmp(decoded, bytes.data, size) == 0));
    FUZZ_CHECK(size == 0 ||
               !sw_base64_decode((const char *)text.data, NULL, bytes.size - 1, &size));
    free(decoded);
    sw_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text((struct sw_view){data, size});
    uint8_t *bytes = malloc(strlen(text) + 1);
    size_t decoded = SIZE_MAX;

    FUZZ_CHECK(bytes != NULL);
    if (sw_base64_decode(text, bytes, strlen(text), &decoded))
        check_encoded((struct sw_view){bytes, decoded}, text);
    else
        FUZZ_CHECK(decoded == SIZE_MAX);
    check_encoded((struct sw_view){data, size}, NULL);
    free(bytes);
    free(text);
    return 0;
}
