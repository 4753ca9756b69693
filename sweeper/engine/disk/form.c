/* SPDX-License-Identifier: Apache-2.0 */
/* form.c - one disk out of an image. */
#include "engine/disk/form.h"

static struct sw_form *form_of(struct sw_blob *blob)
{
    return (struct sw_form *)(void *)blob;
}

static enum sw_status form_read_at(struct sw_blob *blob, uint64_t offset, void *data, size_t size,
                                   size_t *got, struct sw_error *error)
{
    enum sw_status status = SW_OK;

    if (offset >= blob->size)
        size = 0;
    else if (size > blob->size - offset)
        size = (size_t)(blob->size - offset);
    if (size != 0)
        status = form_of(blob)->ops->read(form_of(blob), offset, data, size, error);
    if (status == SW_OK)
        *got = size;
    return status;
}

static void form_extent(struct sw_blob *blob, uint64_t offset, uint64_t *start, uint64_t *end)
{
    *start = *end = blob->size;
    if (offset < blob->size)
        form_of(blob)->ops->extent(form_of(blob), offset, start, end);
}

static enum sw_status form_view(struct sw_blob *blob, const uint8_t **data, struct sw_error *error)
{
    (void)blob;
    (void)data;
    return sw_fail_gap(error, SW_SKIP, SW_GAP_UNSUPPORTED, "disk", 0,
                       "a disk in an image is not seen as one block");
}

static void form_close(struct sw_blob *blob)
{
    (void)blob; /* the source's */
}

void sw_form_init(struct sw_form *form, const struct sw_form_ops *ops, uint64_t size)
{
    static const struct sw_blob_ops blob_ops = {
        .read_at = form_read_at, .extent = form_extent, .view = form_view, .close = form_close};

    form->ops = ops;
    form->blob = (struct sw_blob){.ops = &blob_ops, .size = size, .size_known = true, .fd = -1};
}

struct sw_error *sw_form_gap(struct sw_form *form)
{
    return &form->gaps[form->gap_count < SW_FORM_GAPS_MAX ? form->gap_count++ : SW_FORM_GAPS_MAX];
}

void sw_form_all_data(struct sw_form *form, uint64_t offset, uint64_t *start, uint64_t *end)
{
    *start = offset;
    *end = form->blob.size;
}

void sw_form_no_more(struct sw_form *form)
{
    (void)form;
}

enum sw_status sw_form_next(void *state, struct sw_member *member, struct sw_error *error)
{
    struct sw_form *form = state;

    if (form->handed_out && !form->finished) {
        form->finished = true;
        form->ops->finish(form);
    }
    if (form->gaps_told < form->gap_count) {
        *error = form->gaps[form->gaps_told++];
        error->offset = 0; /* it is the image's, and no place in it */
        return SW_SKIP;
    }
    if (form->handed_out)
        return SW_END;
    form->handed_out = true;
    form->image.incomplete = form->gap_count != 0;
    *member = (struct sw_member){.kind = SW_MEMBER_DISK,
                                 .facts = {.size = form->blob.size,
                                           .mtime_ns = SW_TIME_UNKNOWN,
                                           .ctime_ns = SW_TIME_UNKNOWN,
                                           .btime_ns = SW_TIME_UNKNOWN},
                                 .size_known = true,
                                 .in_place = &form->blob,
                                 .image = &form->image};
    return SW_OK;
}

enum sw_status sw_form_read(void *state, struct sw_piece *piece, struct sw_error *error)
{
    (void)state;
    (void)piece;
    (void)error;
    return SW_END; /* it lies in place */
}

void sw_form_close(void *state)
{
    struct sw_form *form = state;

    if (form != NULL)
        form->ops->close(form);
}
