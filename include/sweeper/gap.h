/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gap.h - the closed table of reasons why something was not looked at.
 *
 * A gap is a thing that should have been read and was not. This table is the
 * only place where a reason is added; the record schema lists the same names
 * and a test compares the two.
 *
 * Runs in:  both processes.
 */
#ifndef SWEEPER_GAP_H
#define SWEEPER_GAP_H

/* X(constant, name in records, what it means to a person) */
#define SW_GAP_TABLE(X)                                                                            \
    X(UNREADABLE, "unreadable", "permission denied, or the file could not be opened")              \
    X(IO_ERROR, "io_error", "the disk or file system failed while the object was read")            \
    X(ENCRYPTED, "encrypted", "its content is encrypted, and no password fits")                    \
    X(DAMAGED, "damaged", "is not what its format demands; what could be read of it was")          \
    X(TRUNCATED, "truncated", "ends before its content does")                                      \
    X(UNSUPPORTED, "unsupported", "uses a method that cannot be read here")                        \
    X(MISSING_PART, "missing_part", "is one part of a set, and the others are not there")          \
    X(LIMIT_DEPTH, "limit_depth", "held more layers inside one another than the limit")            \
    X(LIMIT_MEMBERS, "limit_members", "held more members than the limit")                          \
    X(LIMIT_BYTES, "limit_bytes", "held more bytes than the limit")                                \
    X(LIMIT_RATIO, "limit_ratio", "grew past the ratio of bytes out to bytes in that is allowed")  \
    X(LIMIT_SIZE, "limit_size", "larger than --max-file-size")                                     \
    X(LIMIT_MEMORY, "limit_memory", "would have needed more memory than --memory leaves")          \
    X(LIMIT_SPILL, "limit_spill", "would have needed more spill space than --spill leaves")        \
    X(NO_SPACE, "no_space", "the disk was full where spilled bytes are kept")                      \
    X(TIMEOUT, "timeout", "took longer than --max-time")                                           \
    X(CRASH, "crash", "the engine died on it twice")                                               \
    X(RULE_ERROR, "rule_error", "a rule could not be evaluated on it")                             \
    X(CHANGED_WHILE_READING, "changed_while_reading", "was written to while it was read")

enum sw_gap {
    SW_GAP_NONE = 0,
#define SW_GAP_ENUM(constant, name, meaning) SW_GAP_##constant,
    SW_GAP_TABLE(SW_GAP_ENUM)
#undef SW_GAP_ENUM
        SW_GAP_COUNT
};

/* The name that stands in records, and the sentence for people. `gap` must be
 * a reason of the table. */
const char *sw_gap_name(enum sw_gap gap);
const char *sw_gap_meaning(enum sw_gap gap);

/* SW_GAP_NONE when no reason has this name. */
enum sw_gap sw_gap_find(const char *name);

#endif
