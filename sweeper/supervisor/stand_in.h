/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stand_in.h - a sweep without a walk and without outputs: whoever stands in
 * gives the objects and gets the records. The engine, its sandbox, the time
 * limits and the recovery are those of every sweep.
 *
 * Runs in:  supervisor.
 * Threads:  both functions are called from the thread of the sweep.
 */
#ifndef SWEEPER_SUPERVISOR_STAND_IN_H
#define SWEEPER_SUPERVISOR_STAND_IN_H

#include <jansson.h>

#include "sweeper/options.h"
#include "sweeper/rulepack.h"
#include "sweeper/walk.h"

struct sw_stand_in {
    void *context;
    struct sw_rulepack *pack; /* the rules; the sweep takes them over */
    /* The next objects, the sweep's from then on; NULL: there are no more. Asked
     * for when those before are settled. */
    struct sw_batch *(*next)(void *context);
    /* A finding or a gap of one of them, complete. Both are borrowed. */
    void (*record)(void *context, const struct sw_item *item, const json_t *record);
};

/* As sw_sweep(). What the options say of targets and outputs is not looked at. */
enum sw_exit sw_sweep_stand_in(const struct sw_options *options,
                               const struct sw_stand_in *stand_in);

#endif
