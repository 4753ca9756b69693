/* SPDX-License-Identifier: Apache-2.0 */
/* rules_gather.c - from options to a pack. */
#include "supervisor/rules_gather.h"

#include <errno.h>
#include <stdlib.h>

static bool arguments_are_rules(enum sw_verb verb)
{
    return verb == SW_VERB_RULES_LIST || verb == SW_VERB_RULES_CHECK || verb == SW_VERB_RULES_PACK;
}

enum sw_status sw_rules_gather(const struct sw_options *options, struct sw_rulepack **pack,
                               struct sw_error *error)
{
    size_t own = arguments_are_rules(options->verb) ? options->targets.count : 0;
    size_t count = options->rules.count + own;
    const char **paths = calloc(count + 1, sizeof(*paths));
    if (!paths)
        return sw_fail(error, SW_STOP, "rules", ENOMEM, "cannot gather the rules");
    for (size_t i = 0; i < count; i++)
        paths[i] = i < options->rules.count ? options->rules.rows[i]
                                            : options->targets.rows[i - options->rules.count];
    const struct sw_rule_sources sources = {.builtin = options->verb == SW_VERB_RULES_PACK
                                                           ? options->pack_builtin
                                                           : options->builtin_rules,
                                            .rules = paths,
                                            .rule_count = count,
                                            .indicators = options->indicators.rows,
                                            .indicator_count = options->indicators.count,
                                            .require_signed = options->require_signed,
                                            .trusted_keys = options->trusted_keys.rows,
                                            .trusted_key_count = options->trusted_keys.count};
    enum sw_status status = sw_rulepack_gather(&sources, pack, error);
    free(paths);
    return status;
}
