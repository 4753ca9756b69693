/* SPDX-License-Identifier: Apache-2.0 */
/* scan_share.c - see scan_share.h. */
#include "scan_share.h"

#include "desk.h"

static void run(struct task *task, struct desk *desk)
{
    struct scan_task *own = (struct scan_task *)task;

    desk_lend(desk, own->item);
    desk_enter(desk, SW_PHASE_SCAN);
    sw_scan_help(desk->scanner, own->part);
    desk_rest(desk);
}

static bool ask(void *context, struct sw_scan_part *part)
{
    struct scan_share *share = context;
    struct desk *desk = share->desk;
    struct share *all = &desk->engine->share;

    share->count = 0;
    while (share->count < SCAN_HELPERS_MAX && share_idle(all) && unpack_may_share(desk->unpack)) {
        struct scan_task *own = &share->tasks[share->count++];
        *own = (struct scan_task){.task = {.run = run}, .part = part, .item = desk->reporter.item};
        share_offer_first(all, &own->task);
    }
    return share->count != 0;
}

/* Who has begun comes to an end soon: there are no blocks any more. */
static void end(void *context)
{
    struct scan_share *share = context;
    struct desk *desk = share->desk;

    for (size_t i = 0; i < share->count; i++)
        if (!share_reclaim(&desk->engine->share, &share->tasks[i].task))
            share_await(&desk->engine->share, &share->tasks[i].task);
    share->count = 0;
}

struct sw_scan_help scan_share_help(struct scan_share *share, struct desk *desk)
{
    share->desk = desk;
    return (struct sw_scan_help){.ask = ask, .end = end, .context = share};
}
