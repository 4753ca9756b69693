/* SPDX-License-Identifier: Apache-2.0 */
/* ruleset.c - a compiled set: what can be asked of it, and its end. */
#include "engine/rule/ruleset.h"

#include <stdlib.h>
#include <string.h>

void sw_ruleset_free(struct sw_ruleset *set)
{
    if (!set)
        return;
    if (set->rules)
        yr_rules_destroy(set->rules);
    if (set->unbound)
        yr_rules_destroy(set->unbound);
    free(set->places);
    for (size_t i = 0; i < set->file_count; i++) {
        free(set->files[i].name);
        free(set->files[i].namespace_);
        free(set->files[i].root_relative);
    }
    free(set->files);
    for (size_t i = 0; i < set->disabled_count; i++) {
        free(set->disabled[i].namespace_);
        free(set->disabled[i].name);
        free(set->disabled[i].why);
    }
    free(set->disabled);
    if (set->libyara_open)
        yr_finalize();
    free(set);
}

YR_RULES *sw_ruleset_rules(const struct sw_ruleset *set)
{
    return set->rules;
}

size_t sw_ruleset_rule_count(const struct sw_ruleset *set)
{
    return set->rules->num_rules;
}

static int compare_namespace(const void *key, const void *file)
{
    return strcmp(key, ((const struct sw_rule_file *)file)->namespace_);
}

const struct sw_rule_file *sw_ruleset_file(const struct sw_ruleset *set, const YR_RULE *rule)
{
    if (set->file_count == 0)
        return NULL;
    return bsearch(rule->ns->name, set->files, set->file_count, sizeof(*set->files),
                   compare_namespace);
}

size_t sw_ruleset_bound_count(const struct sw_ruleset *set)
{
    return set->bound_count;
}

bool sw_ruleset_uses(const struct sw_ruleset *set, enum sw_external external)
{
    return set->uses[external];
}

bool sw_ruleset_uses_entrypoint(const struct sw_ruleset *set)
{
    return set->uses_entrypoint;
}

const struct sw_disabled_rule *sw_ruleset_disabled(const struct sw_ruleset *set, size_t *count)
{
    *count = set->disabled_count;
    return set->disabled;
}
