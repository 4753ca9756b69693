/* SPDX-License-Identifier: Apache-2.0 */
/* sample_layer.c - texts with something encoded in them, by the recipes of cases. */
#include "supervisor/case_recipe.h"
#include "supervisor/sample.h"
#include "supervisor/sample_put.h"

/* Wraps `bytes` by the next recipe of `words`; returns what is left of them. */
static const char *wrap(const char *words, struct sw_buf *bytes, struct put *put)
{
    char word[16] = "";
    size_t size = strcspn(words, " ");
    if (size < sizeof word)
        memcpy(word, words, size);
    const struct sw_recipe *recipe = sw_recipe_find(word);
    sw_buf_clear(put->out);
    if (recipe == NULL)
        put->status = SW_SKIP;
    else if (put->status == SW_OK)
        put->status = recipe->encode(sw_buf_view(bytes), 0, put->out);
    sw_buf_clear(bytes);
    if (put->status == SW_OK)
        put->status = sw_buf_append(bytes, put->out->data, put->out->size);
    return words + size + strspn(words + size, " ");
}

/* RFC 4648's other alphabet. */
static void for_urls(struct sw_buf *text)
{
    for (size_t i = 0; i < text->size; i++) {
        if (text->data[i] == '+')
            text->data[i] = '-';
        else if (text->data[i] == '/')
            text->data[i] = '_';
    }
}

static void swap_pairs(struct sw_buf *text)
{
    for (size_t i = 0; i + 1 < text->size; i += 2) {
        uint8_t first = text->data[i];
        text->data[i] = text->data[i + 1];
        text->data[i + 1] = first;
    }
}

enum sw_status sw_sample_layer(const struct sw_sample_form *form, struct sw_view content,
                               struct sw_buf *out, struct sw_error *error)
{
    const bool whole = strncmp(form->hop, "utf-16", 6) == 0;
    struct sw_buf bytes, wrapped;
    sw_buf_init(&bytes, SW_SAMPLE_SIZE_MAX);
    sw_buf_init(&wrapped, SW_SAMPLE_SIZE_MAX);
    struct put put = {.out = &wrapped, .status = sw_buf_append(&bytes, content.data, content.size)};
    for (const char *words = form->options; *words != '\0';)
        words = wrap(words, &bytes, &put);
    if (form->format != NULL && strcmp(form->format, "url") == 0)
        for_urls(&bytes);
    if (form->format != NULL && strcmp(form->format, "big-endian") == 0)
        swap_pairs(&bytes);
    put.out = out;
    put_text(&put, whole ? "" : "blob = \"");
    put_bytes(&put, bytes.data, bytes.size);
    put_text(&put, whole ? "" : "\"\n");
    sw_buf_done(&bytes);
    sw_buf_done(&wrapped);
    return put_end(&put, error);
}
