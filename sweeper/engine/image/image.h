/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - what is told of an object that may be a part of a container image, by its
 * name (include/sweeper/image.h): its digest, what it says as a document, and if it is a
 * layer the digest of its tar and the numbers of the paths in it.
 *
 * All of it comes out of what is done with the object anyway. It is looked at as any
 * object is; the content of a compressed layer passes here on its way to whoever reads the
 * tar, and the names on their way to whoever looks at the members. Only for its own digest
 * is an object read once more, and not even that when something was found in it.
 *
 * An object that has no such name costs the look at its name.
 *
 * Threads:  one worker: who looks at the object.
 * Owns:     object->image, from image_begin() to image_end().
 * Fails:    SW_STOP when nobody listens. What there is no memory for is missing in what
 *           is told, which says so.
 */
#ifndef SWEEPER_ENGINE_IMAGE_IMAGE_H
#define SWEEPER_ENGINE_IMAGE_IMAGE_H

#include "sweeper/source.h"
#include "sweeper/status.h"

struct desk;
struct object;
struct image;

/* An object is about to be looked at. */
void image_begin(struct object *object);
/* It is a layer that need not be read, by its bytes: nothing of it is told but that. */
bool image_is_kept(struct object *object);
/* It has been, as a whole when `whole`: reads it when it is a document. */
enum sw_status image_document(struct object *object, bool whole) SW_MUST_CHECK;
/* It may be a document by its name and size: the other objects are not even held when
 * only documents are wanted. */
bool image_may_be_document(const struct object *object, uint64_t size);
/* It is the configuration of an image. */
bool image_is_config(const struct object *object);
/* The file at hand is looked at again, and what was told of objects in it does not hold. */
enum sw_status image_again(const struct desk *desk) SW_MUST_CHECK;
/* Nothing more will come out of it. Told when `told`. */
enum sw_status image_end(struct object *object, bool told) SW_MUST_CHECK;

/* --- what flows out of a compressed layer ------------------------------------------- */

/* `container` is opened as `source`, a stream; NULL: nobody wants to know. */
struct image *image_stream(struct object *container, const struct sw_source *source);
void image_piece(struct image *image, const struct sw_piece *piece);
/* No piece comes any more; SW_END: that was all. Anything else may come more than once. */
void image_ends(struct image *image, enum sw_status status);

/* --- the members of a layer ---------------------------------------------------------- */

/* `container` is opened as `source`; NULL: it is no layer. */
struct image *image_tar(struct object *container, const struct sw_source *source);
enum sw_status image_member(struct image *image, const struct sw_member *member) SW_MUST_CHECK;
/* A member is lost. */
void image_lost(struct image *image);

#endif
