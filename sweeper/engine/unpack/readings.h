/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readings.h - a container that means two things: misidentification is evasion,
 * so it is told, and all of its readings are taken.
 *
 * Threads:  one worker.
 * Fails:    SW_STOP when nobody listens.
 */
#ifndef SWEEPER_ENGINE_UNPACK_READINGS_H
#define SWEEPER_ENGINE_UNPACK_READINGS_H

#include "engine/desk.h"

/* Findings of kind "integrity" for an object with bids; a zip whose two tables of
 * contents disagree gets one more bid. */
enum sw_status readings_tell(struct object *object) SW_MUST_CHECK;

#endif
