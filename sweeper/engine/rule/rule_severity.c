/* SPDX-License-Identifier: Apache-2.0 */
/* rule_severity.c - how bad a rule's finding is, by the rule's own words. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sweeper/rule.h"

/* A whole number, also one that was written as a string. */
static bool meta_number(const YR_META *meta, long long *number)
{
    if (meta->type == META_TYPE_INTEGER) {
        *number = meta->integer;
        return true;
    }
    if (meta->type != META_TYPE_STRING || meta->string[0] == '\0')
        return false;
    char *end = NULL;
    *number = strtoll(meta->string, &end, 10);
    return *end == '\0';
}

static bool severity_of_score(const YR_META *meta, enum sw_severity *severity)
{
    long long score = 0;
    if (!meta_number(meta, &score))
        return false;
    *severity = score >= 80   ? SW_SEVERITY_HIGH
                : score >= 60 ? SW_SEVERITY_MEDIUM
                : score >= 40 ? SW_SEVERITY_LOW
                              : SW_SEVERITY_INFO;
    return true;
}

/* Some public sets write a score into `severity`. */
static bool severity_of_meta(const YR_META *meta, enum sw_severity *severity)
{
    if (meta->type == META_TYPE_STRING && sw_severity_find(meta->string, severity))
        return true;
    return severity_of_score(meta, severity);
}

enum sw_severity sw_rule_severity(const YR_RULE *rule)
{
    enum sw_severity severity = SW_SEVERITY_MEDIUM;
    bool named = false;
    const YR_META *meta;
    yr_rule_metas_foreach(rule, meta)
    {
        if (strcasecmp(meta->identifier, "severity") == 0 && severity_of_meta(meta, &severity))
            named = true;
        else if (!named && strcasecmp(meta->identifier, "score") == 0)
            severity_of_score(meta, &severity);
    }
    return severity;
}
