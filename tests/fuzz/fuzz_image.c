/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of container images, and names. Input: u8 what the name says, then the
 * document, or with the highest bit a path, or with the next one what a store says.
 *
 * A document that is one comes out as JSON that a strict reader takes, each name once,
 * with the kind that was said; and the same a second time. A path has the same number
 * however it is written down, and what a name is about is a part of it.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/view.h"
#include "engine/image/document.h"
#include "engine/image/store.h"
#include "fuzz.h"

static void check_said(enum sw_image_kind kind, struct sw_view said)
{
    json_error_t error;
    json_t *json = json_loadb((const char *)said.data, said.size, JSON_REJECT_DUPLICATES, &error);

    FUZZ_CHECK(json != NULL && said.size <= SW_IMAGE_DOCUMENT_MAX);
    const char *name = json_string_value(json_object_get(json, "kind"));
    FUZZ_CHECK(name != NULL && strcmp(name, sw_image_kind_name(kind)) == 0);
    FUZZ_CHECK(json_is_integer(json_object_get(json, "bad")));
    FUZZ_CHECK(json_is_boolean(json_object_get(json, "cut")));
    json_decref(json);
}

static void try_document(struct sw_view text, enum sw_image_form form)
{
    struct sw_buf first, again;

    sw_buf_init(&first, SW_IMAGE_DOCUMENT_MAX);
    sw_buf_init(&again, SW_IMAGE_DOCUMENT_MAX);
    const enum sw_image_kind kind = sw_image_document(text, form, &first);
    FUZZ_CHECK((kind == SW_IMAGE_KIND_NONE) == !sw_image_document_starts(text));
    FUZZ_CHECK(kind != SW_IMAGE_KIND_TOO_LARGE && kind != SW_IMAGE_KIND_UNREAD);
    FUZZ_CHECK(sw_image_document(text, form, &again) == kind);
    FUZZ_CHECK(sw_view_equal(sw_buf_view(&first), sw_buf_view(&again)));
    if (kind >= SW_IMAGE_KIND_INDEX)
        check_said(kind, sw_buf_view(&first));
    else
        FUZZ_CHECK(first.size == 0);
    sw_buf_done(&first);
    sw_buf_done(&again);
}

static void try_store(struct sw_view text, enum sw_store_part part)
{
    struct sw_buf said;
    json_error_t error;

    sw_buf_init(&said, SW_IMAGE_DOCUMENT_MAX);
    if (sw_image_store(text, part, &said)) {
        json_t *json =
            json_loadb((const char *)said.data, said.size, JSON_REJECT_DUPLICATES, &error);
        FUZZ_CHECK(json != NULL);
        FUZZ_CHECK(json_array_size(json_object_get(json, "rows")) <= SW_STORE_LIST_MAX);
        FUZZ_CHECK(json_is_boolean(json_object_get(json, "cut")));
        json_decref(json);
    } else {
        FUZZ_CHECK(said.size == 0);
    }
    sw_buf_done(&said);
}

static bool lies_in(struct sw_view part, struct sw_view whole)
{
    return part.size == 0 ||
           (part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}

static void try_name(struct sw_view name)
{
    struct sw_buf other;
    struct sw_view about;
    const struct sw_image_name shape = sw_image_name_of(name);

    FUZZ_CHECK(shape.scope <= name.size && lies_in(shape.hex, name));
    FUZZ_CHECK(shape.form != SW_IMAGE_FORM_NONE || (shape.scope == 0 && shape.hex.size == 0));
    FUZZ_CHECK(shape.hex.size == 0 || (shape.hex.size == 64 && sw_view_is_hex(shape.hex)));
    for (unsigned directory = 0; directory < 2; directory++) {
        const enum sw_image_entry entry = sw_image_entry_of(name, directory != 0, &about);
        FUZZ_CHECK(lies_in(about, name));
        FUZZ_CHECK((sw_image_path(about, entry) & 3) == (uint64_t)entry);
    }
    const struct sw_store_name own = sw_store_name_of(name);
    FUZZ_CHECK(own.scope <= name.size && lies_in(own.id, name) && lies_in(own.driver, name));
    struct sw_store_layer layer;
    if (sw_store_layer_of(name, &layer))
        FUZZ_CHECK(layer.scope < name.size && layer.id.size > 0 && lies_in(layer.id, name) &&
                   lies_in(layer.driver, name) && lies_in(layer.part, name));
    sw_buf_init(&other, name.size + 64);
    FUZZ_CHECK(sw_buf_append_text(&other, "/../x/.././") == SW_OK);
    FUZZ_CHECK(sw_buf_append(&other, name.data, name.size) == SW_OK);
    FUZZ_CHECK(sw_buf_append_text(&other, "/./") == SW_OK);
    FUZZ_CHECK(sw_image_path(sw_buf_view(&other), SW_IMAGE_ENTRY_OTHER) ==
               sw_image_path(name, SW_IMAGE_ENTRY_OTHER));
    sw_buf_done(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_cursor input = sw_cursor_of((struct sw_view){data, size});
    const uint8_t which = fuzz_u8(&input);
    const struct sw_view text = {fuzz_copy(input.rest), input.rest.size};

    if ((which & 0x80) != 0)
        try_name(text);
    else if ((which & 0x40) != 0)
        try_store(text, (enum sw_store_part)(which % (SW_STORE_CONTAINERS + 1)));
    else
        try_document(text, (enum sw_image_form)(which % (SW_IMAGE_FORM_REPOSITORIES + 1)));
    free((void *)(uintptr_t)text.data);
    return 0;
}
