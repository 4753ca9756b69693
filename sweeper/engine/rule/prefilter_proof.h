/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prefilter_proof.h - shows that a compiled database, and the gate before it,
 * find what they must.
 *
 * A matcher that loses matches would lose findings in silence. So before one
 * is believed, every pattern is planted in buffers of 1 to 300 bytes: at the
 * head, at the tail and in between, in zeros, 0xff, text and noise, at every
 * alignment. One planting that is not found again condemns the database.
 *
 * Runs in:  engine; `sweeper rules check` in process.
 * Threads:  one.
 * Fails:    SW_PART when a planting was missed, SW_STOP on a lack of memory.
 */
#ifndef SWEEPER_ENGINE_RULE_PREFILTER_PROOF_H
#define SWEEPER_ENGINE_RULE_PREFILTER_PROOF_H

#include <stddef.h>

#include "engine/rule/gate.h"
#include "engine/rule/pattern.h"
#include "engine/rule/pattern_database.h"
#include "sweeper/status.h"

struct sw_proof_subject {
    const struct sw_patterns *patterns;
    const struct sw_database *database; /* NULL: none */
    const struct sw_gate *gate;         /* likewise; not both */
};
enum sw_status sw_prefilter_prove(const struct sw_proof_subject *subject, size_t *proof_count,
                                  struct sw_error *error) SW_MUST_CHECK;

#endif
