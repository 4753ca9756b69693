/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_json.h - what a rule says of itself, as JSON: for findings and listings.
 *
 * Runs in:  engine workers; `sweeper rules list` in process.
 * Threads:  any; no state.
 * Owns:     each returns a new reference, or NULL without memory.
 */
#ifndef SWEEPER_ENGINE_RULE_RULE_JSON_H
#define SWEEPER_ENGINE_RULE_RULE_JSON_H

#include <jansson.h>
#include <yara.h>

/* Text of a rule, a file or a library: as it is when it is UTF-8, else escaped. */
json_t *sw_text_json(const char *text);
json_t *sw_rule_tags_json(const YR_RULE *rule);
json_t *sw_rule_meta_json(const YR_RULE *rule);

#endif
