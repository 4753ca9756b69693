/* SPDX-License-Identifier: Apache-2.0 */
/* table.c - every format that can be opened, and the auction between them. */
#include "sweeper/source.h"

static const struct sw_source *const sources[] = {
    NULL,
};

const struct sw_source *const *sw_source_list(void)
{
    return sources;
}

/* Best first; of equal bids, the one whose source stands first in the table. */
static size_t insert(struct sw_bid bids[static SW_BIDS_MAX], size_t count, struct sw_bid bid)
{
    size_t at = count;

    while (at > 0 && bids[at - 1].bits < bid.bits)
        at--;
    if (at == SW_BIDS_MAX)
        return count;
    count += count < SW_BIDS_MAX ? 1 : 0;
    for (size_t i = count - 1; i > at; i--)
        bids[i] = bids[i - 1];
    bids[at] = bid;
    return count;
}

size_t sw_source_auction(const struct sw_probe *probe, struct sw_bid bids[static SW_BIDS_MAX])
{
    const bool stream = probe->size == UINT64_MAX;
    size_t count = 0;

    for (size_t i = 0; sources[i] != NULL; i++) {
        if (stream && !sources[i]->sequential)
            continue;
        const struct sw_bid bid = {sources[i], sources[i]->probe(probe)};
        if (bid.bits != 0)
            count = insert(bids, count, bid);
    }
    while (count > 1 && bids[count - 1].bits < SW_BID_GOOD)
        count--;
    return count;
}
