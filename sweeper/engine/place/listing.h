/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listing.h - private to the place: is this field an indicator?
 */
#ifndef ENGINE_PLACE_LISTING_H
#define ENGINE_PLACE_LISTING_H

#include <stdbool.h>

#include "engine/place/lines.h"

enum place_mark {
    PLACE_MARK_NONE,
    PLACE_MARK_LIKELY, /* a host name; file names look like that too */
    PLACE_MARK_SURE,   /* a digest, an address, a URL, a name with [.] */
};

enum place_mark place_mark_of(struct sw_view field);
/* As many hexadecimal digits as MD5, SHA-1, SHA-256 or SHA-512 have. */
bool place_is_digest(struct sw_view field);

#endif
