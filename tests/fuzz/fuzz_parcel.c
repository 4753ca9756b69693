/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages that containers are. Input: the form, the member's name, a newline, the
 * content.
 *
 * What is said is sound text, and the same a second time; less never takes the place
 * of more.
 */
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/package/parcel.h"
#include "fuzz.h"

static void check(const struct sw_parcel *parcel)
{
    const char *const texts[] = {parcel->name, parcel->version};

    FUZZ_CHECK(parcel->source != SW_PARCEL_UNKNOWN && parcel->form < SW_PARCEL_FORM_COUNT);
    for (size_t i = 0; i < 2; i++) {
        size_t size = strnlen(texts[i], SW_PACKAGE_TEXT_MAX + 1);
        FUZZ_CHECK(size > 0 && size <= SW_PACKAGE_TEXT_MAX);
        for (size_t k = 0; k < size; k++)
            FUZZ_CHECK(texts[i][k] > ' ' && texts[i][k] <= '~');
    }
    struct sw_parcel kept = {.source = SW_PARCEL_STATED, .form = SW_PARCEL_DEB, .name = "a"};
    sw_parcel_take(&kept, parcel);
    FUZZ_CHECK(kept.form == SW_PARCEL_DEB);
}

static void try_names(struct sw_view name)
{
    static const char *const kinds[] = {"zip", "tar", "gzip", "rpm", "ar"};
    struct sw_parcel parcel = {.source = SW_PARCEL_UNKNOWN};
    bool inner;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct sw_parcel_member member = {name, kinds[i], name, kinds[i]};
        FUZZ_CHECK(sw_parcel_fact(&member, &inner) <= SW_PARCEL_FORM_COUNT);
        if (sw_parcel_by_file(name, kinds[i], &parcel))
            check(&parcel);
    }
    if (sw_parcel_by_listing(name, name, &parcel))
        check(&parcel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    enum sw_parcel_form form = (enum sw_parcel_form)(fuzz_u8(&input) % SW_PARCEL_FORM_COUNT);
    struct sw_view name = fuzz_until(&input, '\n');
    const struct sw_view content = {fuzz_copy(input.rest), input.rest.size};
    struct sw_parcel first = {.source = SW_PARCEL_UNKNOWN};
    struct sw_parcel again = {.source = SW_PARCEL_UNKNOWN};

    name = (struct sw_view){fuzz_copy(name), name.size};
    try_names(name);
    bool found = sw_parcel_read(form, name, content, &first);
    FUZZ_CHECK(sw_parcel_read(form, name, content, &again) == found);
    if (found) {
        check(&first);
        FUZZ_CHECK(memcmp(&first, &again, sizeof first) == 0);
    }
    free((void *)(uintptr_t)name.data);
    free((void *)(uintptr_t)content.data);
    return 0;
}
