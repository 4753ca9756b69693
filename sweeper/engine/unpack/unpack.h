/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unpack.h - containers inside one another, opened with an explicit stack: one
 * frame for each that is open, the file itself at the bottom.
 *
 * A member is held whole (hold.h), looked at as any object is, and, when it is a
 * container itself, opened on top. The content of a compressed stream that is a
 * tar, cpio or ar is not held but read as it flows; what the inner format leaves
 * of it is looked at afterwards. All of it shares the limits of one file (tree.h).
 *
 * Every step (asking for the next member, looking at it) has a number that is
 * the same each time the file is looked at. It stands in the worker's slot, so
 * that a step on which the engine dies can be left out the next time.
 *
 * While other workers have nothing to do, members that take some time are passed on
 * (errand.h), and a compressed stream is read ahead (ahead.h).
 *
 * Threads:  one struct unpack, one worker.
 * Fails:    what cannot be unpacked is a gap; SW_STOP when nobody listens.
 */
#ifndef SWEEPER_ENGINE_UNPACK_UNPACK_H
#define SWEEPER_ENGINE_UNPACK_UNPACK_H

#include "engine/unpack/spill.h"
#include "sweeper/source.h"
#include "sweeper/status.h"

struct desk;
struct object;
struct unpack;

/* Called before the door closes. */
enum sw_status unpack_new(struct desk *desk, struct unpack **unpack,
                          struct sw_error *error) SW_MUST_CHECK;
void unpack_free(struct unpack *unpack);

/* A new file: its limits begin anew. */
void unpack_begin(struct unpack *unpack, uint64_t file_size);
/* The file is larger than it looked: it leads a set of parts. */
void unpack_grow(struct unpack *unpack, uint64_t size);
/* The next step begins; true: it is to be left out, and *error says why. */
bool unpack_step(struct unpack *unpack, struct sw_error *error);
/* Everything inside an object that has been looked at, by its bids. */
enum sw_status unpack_object(struct unpack *unpack, struct object *object) SW_MUST_CHECK;

/* --- several workers ---------------------------------------------------------- */

/* Whether others may be at the file at hand, too; from now on its steps count as theirs. */
bool unpack_may_share(struct unpack *unpack);
/* True: what was done of the file by several does not hold; it is to be looked at
 * once more, alone, after unpack_begin(). */
bool unpack_begins_again(const struct unpack *unpack);

#endif
