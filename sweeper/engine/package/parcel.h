/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parcel.h - a container that is a package: which one, by its file's name, by the
 * names in it, and by the member that says so.
 *
 * A file's name comes first and may lie; what the package says of itself takes its
 * place as soon as it is there. What is known may so become better while the
 * members go round, and never worse.
 *
 *   parcel.c       names
 *   parcel_read.c  the members that say it: METADATA, PKG-INFO, package.json, ...
 *
 * Runs in:  engine workers.
 * Threads:  any; no state.
 * Owns:     nothing; a parcel is a value.
 * Trusts:   nothing. Names and versions are printable ASCII without blanks, or are
 *           not taken. Time is linear.
 * Fails:    never: what cannot be read says nothing.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_PARCEL_H
#define SWEEPER_ENGINE_PACKAGE_PARCEL_H

#include <stdbool.h>

#include "sweeper/package.h"

/* From the least to the most. */
enum sw_parcel_source {
    SW_PARCEL_UNKNOWN, /* no package, as far as anybody knows */
    SW_PARCEL_NAMED,   /* the file's name says so */
    SW_PARCEL_HINTED,  /* something in it says so that need not be exact */
    SW_PARCEL_STATED,  /* the package says so itself */
};

struct sw_parcel {
    enum sw_parcel_source source;
    enum sw_parcel_form form;
    char name[SW_PACKAGE_TEXT_MAX + 1];
    char version[SW_PACKAGE_TEXT_MAX + 1];
};

/* What of it is in its place already: containers are told by the kind of their hops
 * ("zip", "tar", "ar", ...). */
struct sw_parcel_member {
    struct sw_view name;    /* of the member */
    const char *kind;       /* of the container it is in */
    struct sw_view outer;   /* the name of the member that this container is the content of, or
                               is; empty: none */
    const char *outer_kind; /* of the container that one is in; "": none */
};

/* Takes what the other says, when that is more. */
void sw_parcel_take(struct sw_parcel *parcel, const struct sw_parcel *other);

/* By the name of the file, and the kind of container that it is. False: it says
 * nothing, and *parcel stays as it is. */
bool sw_parcel_by_file(struct sw_view base, const char *kind, struct sw_parcel *parcel);
/* By the name of one of a zip's members, wherever it stands in the list. `base` is the zip's own
 * name. */
bool sw_parcel_by_listing(struct sw_view member, struct sw_view base, struct sw_parcel *parcel);

/* Which form's facts the member holds: SW_PARCEL_FORM_COUNT for nearly all of them.
 * *inner: they are those of the container around `outer`, and not those of the
 * member's own. `known` is what that container is taken for so far. */
enum sw_parcel_form sw_parcel_fact(const struct sw_parcel_member *member, bool *inner);

#define SW_PARCEL_FACT_MAX ((size_t)1 << 20) /* bytes of such a member that are read */

/* What the content of that member says. False: nothing. */
bool sw_parcel_read(enum sw_parcel_form form, struct sw_view name, struct sw_view content,
                    struct sw_parcel *parcel);

#endif
