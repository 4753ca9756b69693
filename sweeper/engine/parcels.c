/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcels.c - the package that a container is, as early as it can be known.
 *
 * The file's name says it before the first member is there, and so does a zip's
 * central directory. What else is in it says so when it comes; most formats put
 * that first. Nothing is unpacked for it that is not unpacked anyway.
 */
#include <string.h>

#include "desk.h"
#include "engine/package/reader.h"
#include "engine/source/zip_check.h"

static struct sw_view base_of(const struct object *object)
{
    return sw_path_base(
        (struct sw_view){(const uint8_t *)object->label.path, strlen(object->label.path)});
}

/* --- at the door ---------------------------------------------------------------------- */

struct listing {
    struct sw_view base;
    struct sw_parcel found;
    bool several; /* a folder of installed packages, packed */
};

static bool on_name(void *context, struct sw_view name)
{
    struct listing *listing = context;
    struct sw_parcel found;

    if (!sw_parcel_by_listing(name, listing->base, &found))
        return true;
    listing->several = listing->found.source != SW_PARCEL_UNKNOWN;
    listing->found = found;
    return !listing->several && found.form == SW_PARCEL_WHEEL;
}

static void look_at_list(struct object *container, struct sw_view base)
{
    struct listing listing = {.base = base};

    sw_zip_list(object_content(container), on_name, &listing);
    if (!listing.several)
        sw_parcel_take(&container->parcel, &listing.found);
}

void parcel_open(struct object *container, const char *kind)
{
    /* x.tar.gz is the package's name, and the tar in it has none of its own. */
    const struct sw_view base =
        base_of(container->hop.stream && container->parent != NULL ? container->parent : container);
    struct sw_parcel found;

    if (container->parcel.source == SW_PARCEL_UNKNOWN && sw_parcel_by_file(base, kind, &found))
        sw_parcel_take(&container->parcel, &found);
    if (strcmp(kind, "zip") == 0 && container->parcel.source < SW_PARCEL_STATED &&
        object_content(container) != NULL)
        look_at_list(container, base);
}

/* --- members ---------------------------------------------------------------------------- */

/* The content of a stream counts as the stream. */
static struct object *packed_of(struct object *object)
{
    while (object->hop.stream && object->parent != NULL)
        object = object->parent;
    return object;
}

static struct sw_view hop_name(const struct object *object)
{
    return object->parent != NULL && !object_is_layer(object) ? object->hop.name
                                                              : (struct sw_view){0};
}

/* What lies there in a layer of an image, in a packed folder of installed packages or
 * beside other sources says nothing of the whole: then something else has to have
 * said the same before. */
static bool is_credible(const struct object *owner, const struct object *member,
                        enum sw_parcel_form form)
{
    const struct sw_parcel *parcel = &owner->parcel;
    const bool agreed = parcel->source != SW_PARCEL_UNKNOWN && parcel->form == form;

    if (form == SW_PARCEL_WHEEL)
        return agreed;
    if (form == SW_PARCEL_NPM)
        return agreed || sw_view_starts(member->hop.name, SW_VIEW("package/"));
    return true;
}

static void read_fact(struct object *owner, struct object *member, enum sw_parcel_form form)
{
    struct sw_parcel found;
    struct sw_error error;
    struct sw_buf content;
    size_t size =
        member->blob->size < SW_PARCEL_FACT_MAX ? (size_t)member->blob->size : SW_PARCEL_FACT_MAX;
    size_t got = 0;

    sw_buf_init(&content, SW_PARCEL_FACT_MAX);
    if (sw_buf_reserve(&content, size) == SW_OK &&
        sw_blob_read_at(member->blob, 0, content.data, size, &got, &error) == SW_OK &&
        sw_parcel_read(form, member->hop.name, (struct sw_view){content.data, got}, &found))
        sw_parcel_take(&owner->parcel, &found);
    sw_buf_done(&content);
}

/* The form whose facts the member holds by its name, and in *owner what they are of. */
static enum sw_parcel_form fact_of(const struct object *member, struct object **owner)
{
    struct object *container = member->parent;
    struct object *outer = member->hop.stream ? container : packed_of(container);
    const struct sw_parcel_member facts = {.name = member->hop.name,
                                           .kind = member->hop.kind,
                                           .outer = hop_name(outer),
                                           .outer_kind =
                                               outer->hop.kind != NULL ? outer->hop.kind : ""};
    bool inner = false;
    enum sw_parcel_form form = sw_parcel_fact(&facts, &inner);

    if (form == SW_PARCEL_FORM_COUNT || (inner && outer->parent == NULL))
        return SW_PARCEL_FORM_COUNT;
    *owner = inner ? outer->parent : container;
    return form;
}

bool parcel_is_fact(const struct object *member)
{
    struct object *owner;

    return fact_of(member, &owner) != SW_PARCEL_FORM_COUNT;
}

void parcel_examine(struct object *member)
{
    struct object *owner = NULL;
    const enum sw_parcel_form form = fact_of(member, &owner);

    if (form == SW_PARCEL_FORM_COUNT || !is_credible(owner, member, form))
        return;
    member->is_fact = true;
    if (owner->parcel.source < SW_PARCEL_STATED)
        read_fact(owner, member, form);
}

void parcel_label(struct object *member)
{
    const struct object *object = member->parent;

    while (object != NULL && object->parcel.source == SW_PARCEL_UNKNOWN)
        object = object->parent;
    member->label.package_name = object != NULL ? object->parcel.name : NULL;
    member->label.package_version = object != NULL ? object->parcel.version : NULL;
}
