/* SPDX-License-Identifier: Apache-2.0 */
/* The type by signature bytes: of a head, a shorter and a longer one. Input: u16
 * bytes of zeros before, u16 where to cut, then the bytes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sweeper/ident.h"

enum { FARTHEST = 32774 }; /* no signature ends behind it */

static const char *type_of(const uint8_t *data, size_t size)
{
    uint8_t *exact = fuzz_copy((struct sw_view){data, size});
    const char *name = sw_filetype_by_signature((struct sw_view){exact, size});
    FUZZ_CHECK(name != NULL && strlen(name) < 32);
    free(exact);
    return name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    size_t zeros = fuzz_u16(&input);
    size_t cut = fuzz_u16(&input);
    size_t total = zeros + input.rest.size;
    uint8_t *head = calloc(1, total + 1);

    FUZZ_CHECK(head != NULL);
    if (input.rest.size != 0)
        memcpy(head + zeros, input.rest.data, input.rest.size);
    const char *name = type_of(head, total);
    /* Texts are static: equal means the same one. */
    if (total > FARTHEST)
        FUZZ_CHECK(type_of(head, FARTHEST) == name);
    /* More bytes never make a known type unknown. */
    if (cut < total && name[0] == '\0')
        FUZZ_CHECK(type_of(head, cut)[0] == '\0');
    free(head);
    return 0;
}
