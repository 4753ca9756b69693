/* SPDX-License-Identifier: Apache-2.0 */
/* What a prefilter is made of: shared by its build and its store. */
#ifndef SWEEPER_ENGINE_RULE_PREFILTER_PRIVATE_H
#define SWEEPER_ENGINE_RULE_PREFILTER_PRIVATE_H

#include "engine/rule/gate.h"
#include "engine/rule/pattern.h"
#include "engine/rule/pattern_database.h"
#include "engine/rule/pattern_select.h"
#include "sweeper/prefilter.h"

struct sw_prefilter {
    struct sw_patterns patterns;
    struct sw_gate *gate;         /* NULL: the database is asked */
    struct sw_database *database; /* of all patterns; NULL when the gate alone is asked */
    struct sw_owner *owners;      /* by row; none in a prefilter that was loaded */
    size_t owner_count;
    size_t longest; /* bytes */
};

/* Makes what is asked, if it was not loaded, proves it, and fills the report's figures; on SW_PART
 * the report says why the prefilter stays off. */
enum sw_status sw_prefilter_approve(struct sw_prefilter *prefilter,
                                    struct sw_prefilter_report *report,
                                    struct sw_error *error) SW_MUST_CHECK;

/* Where a new prefilter gets its patterns from, and how. */
struct sw_prefilter_origin {
    YR_RULES *rules; /* to build from */
    int fd;          /* to load from */
};
typedef enum sw_status sw_prefilter_fill_fn(const struct sw_prefilter_origin *origin,
                                            struct sw_prefilter *prefilter,
                                            struct sw_prefilter_report *report,
                                            struct sw_error *error);
/* Makes a prefilter and has it filled; on failure the report says why it is off. */
enum sw_status sw_prefilter_make(sw_prefilter_fill_fn *fill,
                                 const struct sw_prefilter_origin *origin,
                                 struct sw_prefilter **prefilter,
                                 struct sw_prefilter_report *report,
                                 struct sw_error *error) SW_MUST_CHECK;

/* Writes the error's sentence into the report as the reason why it is off. */
void sw_prefilter_report_off(struct sw_prefilter_report *report, const struct sw_error *error);

#endif
