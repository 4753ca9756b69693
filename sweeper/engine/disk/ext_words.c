/* SPDX-License-Identifier: Apache-2.0 */
/* ext_words.c - what is wrong with a file system as a whole; see ext_member.h. */
#include <inttypes.h>

#include "ext_member.h"

#define ROOM "ext"

static const char *journal_words(enum sw_ext_journal journal, enum sw_gap *reason)
{
    *reason = SW_GAP_DAMAGED;
    switch (journal) {
    case SW_EXT_JOURNAL_AWAY:
        *reason = SW_GAP_MISSING_PART;
        return "was not unmounted, and its journal is on another device; read as it lies";
    case SW_EXT_JOURNAL_DAMAGED:
        return "was not unmounted, and its journal is damaged; read as it lies";
    case SW_EXT_JOURNAL_FAST:
        *reason = SW_GAP_UNSUPPORTED;
        return "was not unmounted; fast commits at the end of its journal are left out";
    case SW_EXT_JOURNAL_LARGE:
        *reason = SW_GAP_LIMIT_MEMORY;
        return "was not unmounted, and its journal has too much; read as it lies";
    default:
        return NULL;
    }
}

/* What is wrong with the file system as a whole is said at the end, each thing once. */
enum sw_status sw_ext_closing_words(const struct sw_ext_members *all, unsigned *closing,
                                    struct sw_error *error)
{
    const struct sw_ext_super *super = &all->image.super;
    const uint64_t size = super->block_count << super->block_shift;
    const uint32_t unknown = super->incompat & ~(uint32_t)SW_EXT_INCOMPAT_KNOWN;
    char name[96];
    enum sw_gap reason = SW_GAP_DAMAGED;
    const char *what = NULL;

    sw_ext_name(&all->image, name, sizeof name);
    while (what == NULL)
        switch ((*closing)++) {
        case 0:
            what = all->image.copied ? "its super block is damaged; a copy was used" : NULL;
            break;
        case 1:
            what = !super->sum_good ? "its super block does not fit its checksum" : NULL;
            break;
        case 2:
            what = all->image.groups_wrong ? "some of its group descriptors are damaged" : NULL;
            break;
        case 3:
            what = journal_words(all->journal, &reason);
            break;
        case 4:
            what = unknown != 0 ? "has features that nobody here knows" : NULL;
            reason = SW_GAP_UNSUPPORTED;
            break;
        case 5:
            what = size > all->image.blob->size ? "the image ends before it does" : NULL;
            reason = SW_GAP_TRUNCATED;
            break;
        case 6:
            what = all->gone.lost ? "some of its inodes cannot be read" : NULL;
            reason = SW_GAP_DAMAGED;
            break;
        case 7:
            what = all->gone.too_much
                       ? "its deleted files have more blocks than can be; some were not looked at"
                       : NULL;
            break;
        case 8:
            what = all->gone.seen == NULL ? "has too many inodes to look for files without names"
                                          : NULL;
            reason = SW_GAP_LIMIT_MEMORY;
            break;
        default:
            return SW_END;
        }
    return sw_fail_gap(error, SW_SKIP, reason, ROOM, 0, "file system %s: %s", name, what);
}
