/* SPDX-License-Identifier: Apache-2.0 */
/* parts_of.c - a file of a set by its name. */
#include "engine/disk/parts_of.h"

#include "common/view.h"

struct sw_view sw_disk_base_name(struct sw_view name)
{
    size_t from = name.size;

    while (from > 0 && name.data[from - 1] != '/' && name.data[from - 1] != '\\')
        from--;
    return sw_view_skip(name, from);
}

struct sw_blob *sw_disk_find_part(const struct sw_input *input, struct sw_view name)
{
    const struct sw_view base = sw_disk_base_name(name);
    struct sw_blob *alike = NULL;

    for (size_t i = 0; i < input->part_count && base.size != 0; i++) {
        const struct sw_input_part *part = &input->parts[i];
        if (part->blob == NULL)
            continue;
        if (sw_view_equal(part->name, base))
            return part->blob;
        if (alike == NULL && sw_view_equal_fold(part->name, base))
            alike = part->blob;
    }
    return alike;
}
