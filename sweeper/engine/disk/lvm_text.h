/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lvm_text.h - private to the LVM source: the text that LVM2 describes a volume group
 * with: sections, numbers, texts and lists (lvm2, libdaemon and lib/config; there is no
 * other specification).
 *
 * Runs in:  engine workers.
 * Threads:  one text, one thread.
 * Owns:     sw_lvm_parse() is released by sw_lvm_text_done(); views borrow from the text.
 * Trusts:   nothing: the count of nodes is bounded, nesting too.
 * Fails:    SW_DEAD with gap damaged, or limit_memory.
 */
#ifndef SWEEPER_ENGINE_DISK_LVM_TEXT_H
#define SWEEPER_ENGINE_DISK_LVM_TEXT_H

#include "sweeper/buf.h"
#include "sweeper/status.h"

enum {
    SW_LVM_TEXT_MAX = 2 << 20, /* bytes; LVM keeps two versions in an area of 1 MiB */
    SW_LVM_NODES_MAX = 1 << 18,
    SW_LVM_LEVELS_MAX = 8, /* the deepest that LVM writes is a segment: 4 */
};

enum sw_lvm_kind { SW_LVM_SECTION, SW_LVM_LIST, SW_LVM_NUMBER, SW_LVM_TEXT };

struct sw_lvm_node {
    enum sw_lvm_kind kind;
    struct sw_view name; /* empty in a list */
    struct sw_view text; /* of a text, between its quotes */
    uint64_t number;
    uint32_t first; /* of a section or list; 0: it is empty */
    uint32_t next;  /* in what is around it; 0: it is the last one */
};

/* nodes[0] is the section around all. */
struct sw_lvm_text {
    struct sw_lvm_node *nodes;
    size_t count;
};

enum sw_status sw_lvm_parse(struct sw_view text, struct sw_lvm_text *parsed,
                            struct sw_error *error) SW_MUST_CHECK;
void sw_lvm_text_done(struct sw_lvm_text *text);

/* NULL: there is none. */
const struct sw_lvm_node *sw_lvm_first(const struct sw_lvm_text *text,
                                       const struct sw_lvm_node *node);
const struct sw_lvm_node *sw_lvm_next(const struct sw_lvm_text *text,
                                      const struct sw_lvm_node *node);
/* The first of this name and kind in a section, which may be NULL. */
const struct sw_lvm_node *sw_lvm_find(const struct sw_lvm_text *text,
                                      const struct sw_lvm_node *section, const char *name,
                                      enum sw_lvm_kind kind);
/* UINT64_MAX: there is none. */
uint64_t sw_lvm_number(const struct sw_lvm_text *text, const struct sw_lvm_node *section,
                       const char *name);
/* Empty: there is none. */
struct sw_view sw_lvm_string(const struct sw_lvm_text *text, const struct sw_lvm_node *section,
                             const char *name);

#endif
