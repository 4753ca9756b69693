/* SPDX-License-Identifier: Apache-2.0 */
/* vmdk_descriptor.c - lines of a VMware disk's descriptor. */
#include "engine/disk/vmdk_descriptor.h"

#include <string.h>

#include "common/view.h"

enum { SECTOR = 512 };

bool sw_vmdk_is_descriptor(struct sw_view text)
{
    return sw_view_starts_fold(text, SW_VIEW("# Disk DescriptorFile"));
}

static struct sw_view strip(struct sw_view view)
{
    while (view.size > 0 && (view.data[0] == ' ' || view.data[0] == '\t'))
        view = sw_view_skip(view, 1);
    while (view.size > 0 && view.data[view.size - 1] <= ' ')
        view.size--;
    return view;
}

static struct sw_view take_until(struct sw_view *rest, char end)
{
    const uint8_t *found = rest->size == 0 ? NULL : memchr(rest->data, end, rest->size);
    const size_t size = found == NULL ? rest->size : (size_t)(found - rest->data);
    const struct sw_view taken = sw_view_first(*rest, size);

    *rest = sw_view_skip(*rest, found == NULL ? size : size + 1);
    return taken;
}

static bool take_number(struct sw_view text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_digit(text.data[i]) || __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(text.data[i] - '0'), number))
            return false;
    return text.size != 0 && !__builtin_mul_overflow(*number, SECTOR, number);
}

/* RW 4192256 SPARSE "x-s001.vmdk", or FLAT "x-flat.vmdk" 0. */
static bool read_extent(struct sw_view line, struct sw_vmdk_extent_line *extent)
{
    const struct sw_view access = take_until(&line, ' ');

    if (!sw_view_equal(access, SW_VIEW("RW")) && !sw_view_equal(access, SW_VIEW("RDONLY")) &&
        !sw_view_equal(access, SW_VIEW("NOACCESS")))
        return false;
    line = strip(line);
    if (!take_number(take_until(&line, ' '), &extent->size))
        return false;
    line = strip(line);
    const struct sw_view type = take_until(&line, ' ');
    extent->type =
        sw_view_equal(type, SW_VIEW("SPARSE")) || sw_view_equal(type, SW_VIEW("VMFSSPARSE"))
            ? SW_VMDK_SPARSE
        : sw_view_equal(type, SW_VIEW("FLAT")) || sw_view_equal(type, SW_VIEW("VMFS"))
            ? SW_VMDK_FLAT
        : sw_view_equal(type, SW_VIEW("ZERO")) ? SW_VMDK_ZERO
                                               : SW_VMDK_OTHER;
    (void)take_until(&line, '"');
    extent->name = take_until(&line, '"');
    extent->offset = 0;
    (void)take_number(strip(line), &extent->offset);
    return true;
}

static struct sw_view unquoted(struct sw_view value)
{
    value = strip(value);
    if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
        return (struct sw_view){value.data + 1, value.size - 2};
    return value;
}

bool sw_vmdk_read_descriptor(struct sw_view text, struct sw_vmdk_descriptor *descriptor)
{
    descriptor->parent = (struct sw_view){0};
    descriptor->has_parent = descriptor->cut = false;
    descriptor->count = 0;
    if (!sw_vmdk_is_descriptor(text))
        return false;
    while (text.size > 0) {
        struct sw_vmdk_extent_line extent;
        struct sw_view line = strip(take_until(&text, '\n'));
        if (read_extent(line, &extent)) {
            descriptor->cut = descriptor->count == SW_VMDK_EXTENTS_MAX;
            if (descriptor->cut)
                break;
            descriptor->extents[descriptor->count++] = extent;
            continue;
        }
        const struct sw_view key = strip(take_until(&line, '='));
        if (sw_view_equal_fold(key, SW_VIEW("parentCID")))
            descriptor->has_parent = !sw_view_equal_fold(strip(line), SW_VIEW("ffffffff"));
        else if (sw_view_equal_fold(key, SW_VIEW("parentFileNameHint")))
            descriptor->parent = unquoted(line);
    }
    return descriptor->count != 0;
}
