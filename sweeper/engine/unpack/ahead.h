/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ahead.h - what a compressed stream will say next, made by a worker with nothing
 * to do while the stream's owner looks at what it has said before.
 *
 * Only for a stream over a blob whose content flows on as it comes: a layer, a
 * tarball. The owner hears the same pieces, errors and end in the same order, and
 * counts them when it hears them; when nobody helps it reads by itself.
 *
 * Threads:  the owner calls these functions. The source is read by one worker at a
 *           time: by whoever has taken the task, else by the owner.
 * Owns:     the pieces that wait; the source stays the caller's.
 * Fails:    never: without memory nothing is read ahead.
 */
#ifndef SWEEPER_ENGINE_UNPACK_AHEAD_H
#define SWEEPER_ENGINE_UNPACK_AHEAD_H

#include "engine/desk.h"
#include "sweeper/source.h"

struct ahead;

/* NULL without memory. */
struct ahead *ahead_new(struct desk *desk, const struct sw_source *source, void *state);
/* As source->read(). `offer`: others may be asked to read on. */
enum sw_status ahead_read(struct ahead *ahead, bool offer, struct sw_piece *piece,
                          struct sw_error *error);
/* Nobody reads the source any more. */
void ahead_free(struct ahead *ahead);

#endif
