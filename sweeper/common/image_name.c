/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_name.c - which names the parts of container images have, and what the
 * names in a layer mean.
 *
 * OCI image-spec 1.1, image-layout.md and layer.md (whiteouts); the layouts of
 * `docker save`; the stores of containerd and of the registry (distribution).
 */
#include "sweeper/image.h"

#include "common/view.h"

/* --- blobs ------------------------------------------------------------------------ */

enum { HEX_DIGITS = 64 };

/* How a path ends, at the beginning of a component: '#' stands for the 64 digits of a
 * digest, '?' for one digit. */
static const struct shape {
    const char *ending;
    enum sw_image_form form;
} shapes[] = {
    {"blobs/sha256/#", SW_IMAGE_FORM_BLOB},          /* OCI layout, containerd, docker save */
    {"blobs/sha256/?\?/#/data", SW_IMAGE_FORM_BLOB}, /* the registry's store */
    {"#/layer.tar", SW_IMAGE_FORM_LAYER},            /* docker save, until 24 */
    {"#.tar", SW_IMAGE_FORM_LAYER},                  /* docker-archive of other tools */
    {"#.tar.gz", SW_IMAGE_FORM_LAYER},
    {"#.json", SW_IMAGE_FORM_CONFIG},
    {"#/json", SW_IMAGE_FORM_CONFIG},
    {"manifest.json", SW_IMAGE_FORM_MANIFEST},
    {"index.json", SW_IMAGE_FORM_INDEX},
    {"oci-layout", SW_IMAGE_FORM_LAYOUT},
    {"repositories", SW_IMAGE_FORM_REPOSITORIES},
};

static bool is_digit(uint8_t byte)
{
    return sw_is_digit(byte) || (byte >= 'a' && byte <= 'f');
}

/* The 64 digits at the end of the bytes. */
static bool ends_in_digest(struct sw_view bytes)
{
    if (bytes.size < HEX_DIGITS)
        return false;
    for (size_t i = bytes.size - HEX_DIGITS; i < bytes.size; i++)
        if (!is_digit(bytes.data[i]))
            return false;
    return true;
}

/* From the last byte backwards: nearly every path ends here at its first. */
static bool fits(const struct shape *shape, struct sw_view path, struct sw_image_name *name)
{
    size_t left = path.size;

    for (size_t i = strlen(shape->ending); i-- > 0;) {
        const char wanted = shape->ending[i];
        if (wanted == '#') {
            if (!ends_in_digest(sw_view_first(path, left)))
                return false;
            left -= HEX_DIGITS;
            name->hex = (struct sw_view){path.data + left, HEX_DIGITS};
        } else if (left == 0 || (wanted == '?' ? !is_digit(path.data[left - 1])
                                               : path.data[left - 1] != (uint8_t)wanted)) {
            return false;
        } else {
            left--;
        }
    }
    name->form = shape->form;
    name->scope = left;
    return left == 0 || path.data[left - 1] == '/';
}

struct sw_image_name sw_image_name_of(struct sw_view path)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct sw_image_name name = {0};
        if (fits(&shapes[i], path, &name))
            return name;
    }
    return (struct sw_image_name){0};
}

/* --- paths in a layer ------------------------------------------------------------- */

static const struct sw_view mark = {(const uint8_t *)".wh.", 4};

/* The last component of *rest that means something, taken off; *above counts the ".."
 * that wait for one to take back. Empty: there is none left. */
static struct sw_view take_last(struct sw_view *rest, size_t *above)
{
    while (rest->size > 0) {
        size_t slash = sw_view_find_last(*rest, '/');
        size_t start = slash == rest->size ? 0 : slash + 1;
        struct sw_view component = sw_view_skip(*rest, start);
        *rest = sw_view_first(*rest, start == 0 ? 0 : slash);
        if (sw_view_equal(component, SW_VIEW("..")))
            ++*above;
        else if (component.size == 0 || sw_view_equal(component, SW_VIEW(".")))
            continue;
        else if (*above == 0)
            return component;
        else
            --*above;
    }
    return (struct sw_view){0};
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits, over the components from the last to the first, a
 * zero behind each: so nothing has to be kept of a path that goes back. */
static uint64_t mix(uint64_t hash, struct sw_view component)
{
    const uint64_t prime = UINT64_C(0x100000001b3);

    for (size_t i = 0; i < component.size; i++)
        hash = (hash ^ component.data[i]) * prime;
    return hash * prime;
}

/* So that each bit of the hash hangs on each of the path (the finaliser of MurmurHash3,
 * Appleby): two bits are about to be given away. */
static uint64_t finish(uint64_t hash)
{
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

uint64_t sw_image_path(struct sw_view path, enum sw_image_entry entry)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t above = 0;
    struct sw_view component = take_last(&path, &above);

    if (entry == SW_IMAGE_ENTRY_WHITEOUT && sw_view_starts(component, mark))
        component = sw_view_skip(component, mark.size);
    for (; component.size > 0; component = take_last(&path, &above))
        hash = mix(hash, component);
    return (finish(hash) & ~UINT64_C(3)) | (uint64_t)entry;
}

/* What ".wh." may stand before; without it nothing is named, or the folder itself. */
static bool is_name(struct sw_view text)
{
    return text.size > 0 && !sw_view_equal(text, SW_VIEW(".")) &&
           !sw_view_equal(text, SW_VIEW(".."));
}

enum sw_image_entry sw_image_entry_of(struct sw_view name, bool directory, struct sw_view *path)
{
    struct sw_view folder = name;
    size_t above = 0;
    const struct sw_view last = take_last(&folder, &above);

    *path = name;
    if (sw_view_equal(last, SW_VIEW(".wh..wh..opq"))) {
        *path = folder;
        return SW_IMAGE_ENTRY_OPAQUE;
    }
    if (sw_view_starts(last, mark) && is_name(sw_view_skip(last, mark.size))) {
        *path = sw_view_first(name, (size_t)(last.data + last.size - name.data));
        return SW_IMAGE_ENTRY_WHITEOUT;
    }
    return directory ? SW_IMAGE_ENTRY_DIRECTORY : SW_IMAGE_ENTRY_OTHER;
}

/* --- platforms ---------------------------------------------------------------------- */

bool sw_image_platform_known(struct sw_view platform)
{
    return platform.size != 0 && platform.data[0] != '/' &&
           !sw_view_starts(platform, SW_VIEW("unknown/"));
}

bool sw_image_platform_fits(struct sw_view asked, struct sw_view platform)
{
    return !sw_image_platform_known(platform) ||
           (sw_view_starts(platform, asked) &&
            (platform.size == asked.size || platform.data[asked.size] == '/'));
}
