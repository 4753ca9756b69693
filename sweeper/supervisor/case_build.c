/* SPDX-License-Identifier: Apache-2.0 */
/* case_build.c - from a recipe to bytes: an explicit stack, one frame for each
 * encoding that is open. */
#include <errno.h>
#include <string.h>

#include "supervisor/case_file.h"
#include "supervisor/case_recipe.h"

enum { FRAMES_MAX = SW_CASE_NESTING_MAX + 1 };

struct frame {
    const json_t *parts;
    size_t next;
    const struct sw_recipe *recipe; /* NULL: the content itself */
    uint64_t number;
    struct sw_buf bytes;
};

struct build {
    struct frame frames[FRAMES_MAX];
    size_t depth;
    size_t held; /* bytes in all frames */
    size_t work; /* bytes ever put into one */
};

static enum sw_status open_frame(struct build *build, const json_t *part,
                                 const struct sw_recipe *recipe)
{
    if (build->depth == FRAMES_MAX)
        return SW_DEAD;
    struct frame *frame = &build->frames[build->depth++];
    *frame = (struct frame){.recipe = recipe};
    frame->parts = recipe != NULL ? json_object_get(part, recipe->word) : part;
    if (recipe != NULL && recipe->number != NULL)
        frame->number = (uint64_t)json_integer_value(json_object_get(part, recipe->number));
    sw_buf_init(&frame->bytes, SW_CASE_SIZE_MAX);
    return SW_OK;
}

static enum sw_status put(struct build *build, const void *data, size_t size)
{
    if (size > SW_CASE_SIZE_MAX - build->held || size > SW_CASE_WORK_MAX - build->work)
        return SW_SKIP;
    enum sw_status status = sw_buf_append(&build->frames[build->depth - 1].bytes, data, size);
    if (status == SW_OK) {
        build->held += size;
        build->work += size;
    }
    return status;
}

/* The innermost encoding is complete: its result goes to the frame around it. */
static enum sw_status close_frame(struct build *build)
{
    struct frame *frame = &build->frames[build->depth - 1];
    struct sw_buf encoded;

    sw_buf_init(&encoded, 2 * SW_CASE_SIZE_MAX + 4096);
    enum sw_status status =
        frame->recipe->encode(sw_buf_view(&frame->bytes), frame->number, &encoded);
    build->held -= frame->bytes.size;
    sw_buf_done(&frame->bytes);
    build->depth--;
    if (status == SW_OK && encoded.size > 0)
        status = put(build, encoded.data, encoded.size);
    sw_buf_done(&encoded);
    return status;
}

static enum sw_status put_bytes(struct build *build, const char *digits)
{
    struct sw_buf bytes;
    sw_buf_init(&bytes, SW_CASE_SIZE_MAX);
    enum sw_status status = sw_recipe_bytes(digits, &bytes);
    if (status == SW_OK && bytes.size > 0)
        status = put(build, bytes.data, bytes.size);
    sw_buf_done(&bytes);
    return status;
}

static enum sw_status step(struct build *build)
{
    struct frame *frame = &build->frames[build->depth - 1];
    if (frame->next == json_array_size(frame->parts))
        return close_frame(build);
    json_t *part = json_array_get(frame->parts, frame->next++);
    if (json_is_string(part))
        return put(build, json_string_value(part), json_string_length(part));
    const char *digits = json_string_value(json_object_get(part, "bytes"));
    if (digits != NULL)
        return put_bytes(build, digits);
    const struct sw_recipe *recipe = NULL;
    for (void *at = json_object_iter(part); at != NULL && recipe == NULL;
         at = json_object_iter_next(part, at))
        recipe = sw_recipe_find(json_object_iter_key(at));
    return recipe != NULL ? open_frame(build, part, recipe) : SW_DEAD;
}

static bool is_done(const struct build *build)
{
    const struct frame *first = &build->frames[0];
    return build->depth == 1 && first->next == json_array_size(first->parts);
}

enum sw_status sw_case_build(const struct sw_case_file *file, const struct sw_case *case_,
                             struct sw_buf *content, struct sw_error *error)
{
    struct build build = {.depth = 0};
    enum sw_status status = open_frame(&build, case_->content, NULL);

    while (status == SW_OK && !is_done(&build))
        status = step(&build);
    if (status == SW_OK && build.frames[0].bytes.size > 0)
        status = sw_buf_append(content, build.frames[0].bytes.data, build.frames[0].bytes.size);
    while (build.depth > 0)
        sw_buf_done(&build.frames[--build.depth].bytes);
    if (status == SW_OK)
        return SW_OK;
    return sw_fail(error, SW_SKIP, "cases", 0, "%s:%zu: error: \"%s\" %s", file->name,
                   sw_case_line(file, case_), case_->name,
                   status == SW_DEAD ? "puts into utf16le what is no UTF-8 text"
                                     : "is over 16 MiB, or on its way takes more than can be had");
}
