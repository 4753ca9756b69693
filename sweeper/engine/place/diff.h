/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff.h - private to the place: the text in a patch, line by line, without
 * what makes a patch of it.
 */
#ifndef ENGINE_PLACE_DIFF_H
#define ENGINE_PLACE_DIFF_H

#include <stdbool.h>

#include "engine/place/lines.h"

struct place_diff {
    size_t old_left, new_left; /* lines of the hunk that are to come */
    size_t hunks;
    bool bad; /* no patch, or one of something else than documents */
};

/* The next line that is text of a document, or stands between the patches. */
bool place_next_diff_line(struct place_diff *diff, struct sw_view *rest, struct sw_view *line);
/* After the last line: it was a patch, all of it. */
bool place_is_whole_diff(const struct place_diff *diff);

#endif
