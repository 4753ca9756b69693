/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml.h - the keys and values of a YAML text, line by line.
 *
 * Not a YAML parser: anchors, tags and folding are passed over, a flow collection
 * is seen as its pairs, on one line. It knows what the files it is for need: indents, the keys
 * around a value, quotes, comments, and block scalars, whose lines are text and
 * never keys - a script that prints a workflow is no workflow.
 */
#ifndef SWEEPER_ENGINE_PACKAGE_YAML_H
#define SWEEPER_ENGINE_PACKAGE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/package/reader.h"

enum { SW_YAML_DEPTH_MAX = 64 }; /* deeper keys have no frame: their parent is farther up */

struct sw_yaml_frame {
    size_t indent;
    struct sw_view key;
};

struct sw_yaml {
    struct sw_lines lines;
    struct sw_yaml_frame frames[SW_YAML_DEPTH_MAX]; /* the keys around the event */
    size_t depth;
    bool pending;        /* the event's own key goes onto the frames next */
    bool in_block;       /* a block scalar is open: */
    size_t block_indent; /* its lines are indented more than this */
    struct sw_view flow; /* what is left of a flow collection */
    size_t flow_indent;
    /* The event: a value under a key, or an item of a list (empty key). */
    size_t indent;
    bool is_item; /* the line began a list item */
    struct sw_view key;
    struct sw_view value; /* without quotes and comment; empty when lines follow */
};

void sw_yaml_init(struct sw_yaml *yaml, struct sw_view text);
bool sw_yaml_next(struct sw_yaml *yaml);
/* The key that is `up` levels around the event (0: the nearest); empty beyond. */
struct sw_view sw_yaml_parent(const struct sw_yaml *yaml, size_t up);

#endif
