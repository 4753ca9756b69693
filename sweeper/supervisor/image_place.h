/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image_place.h - where in an image an object lies, by its locator alone.
 *
 * The parts of an image have names of a few shapes: blobs/sha256/HEX, HEX/layer.tar,
 * HEX.json, index.json, ... What stands in front of such a name, a directory or a prefix in
 * an archive, is the scope: names and digests mean something only within it.
 *
 * Runs in:  supervisor.
 * Threads:  any; no state.
 * Owns:     views borrow from the locator.
 * Trusts:   nothing; names are compared and never opened.
 */
#ifndef SWEEPER_SUPERVISOR_IMAGE_PLACE_H
#define SWEEPER_SUPERVISOR_IMAGE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"

struct image_place {
    struct sw_view place;    /* the locator up to the part, that included */
    struct sw_view scope;    /* what its beginning is: everything in front of the part's name */
    struct sw_view name;     /* of the part within its scope */
    struct sw_view promised; /* the SHA-256 that the name says, in hexadecimal; or empty */
    bool blob;               /* that is all its name is: a store by digest */
    bool inside;             /* it is a member of an archive, not a file */
    bool config;             /* a configuration of `docker save`, by its name */
    bool fixed;              /* index.json and the like: files of this name may be anything */
    size_t hop;              /* which hop of the locator it is: 0 is the file */
};

/* The first part at or behind the hop *at of the locator; *at becomes the hop behind it.
 * False: there is none. */
bool image_place_next(struct sw_view locator, size_t *at, struct image_place *place);
/* What the last hop of a locator is. */
bool image_place_of(struct sw_view locator, struct image_place *place);
/* A name as an image's documents write it, without "./" in front. */
struct sw_view image_place_plain(struct sw_view name);

#endif
