/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_load.h - a pack file on its way into the rules in use.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Fails:    SW_STOP with a sentence that names the file; nothing of the pack is
 *           then in use.
 */
#ifndef SWEEPER_SUPERVISOR_PACK_LOAD_H
#define SWEEPER_SUPERVISOR_PACK_LOAD_H

#include "supervisor/pack_trust.h"

/* Reads and judges. The names of its files become "PATH:name", as messages show
 * them. The caller frees. */
enum sw_status sw_pack_load(int fd, const char *path, const struct sw_trust *trust,
                            struct sw_pack **pack, struct sw_error *error) SW_MUST_CHECK;

/* True when a pack with the same content is in use already. */
bool sw_pack_is_known(const struct sw_rulepack *rules, const struct sw_pack *pack);

/* Notes for the report which pack is in use, and who signed it. */
enum sw_status sw_pack_note(struct sw_rulepack *rules, const struct sw_pack *pack, const char *path,
                            struct sw_error *error) SW_MUST_CHECK;

#endif
