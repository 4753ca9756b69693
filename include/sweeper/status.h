/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h - how far the damage goes, and the words that say it.
 *
 * Runs in:  both processes.
 * Threads:  any; a struct sw_error belongs to one caller.
 * Owns:     nothing. An error is a value with room for its own text.
 * Fails:    never.
 *
 * Statuses are ordered: of two, the smaller is the worse one, so that "the
 * worst of several" is their minimum.
 */
#ifndef SWEEPER_STATUS_H
#define SWEEPER_STATUS_H

#include <stdarg.h>
#include <stdint.h>

#include "sweeper/gap.h"

#define SW_MUST_CHECK        __attribute__((warn_unused_result))
#define SW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

enum sw_status {
    SW_END = 1,   /* nothing more to come; not an error */
    SW_OK = 0,    /* done, whole */
    SW_PART = -1, /* went on, but something is missing */
    SW_SKIP = -2, /* this item is lost; the next one is fine */
    SW_DEAD = -3, /* this container is lost; its siblings are fine */
    SW_STOP = -4, /* this process cannot go on */
};

/* Filled in by whoever fails, read by whoever decides to go on. */
struct sw_error {
    enum sw_gap reason; /* the gap to record when the caller goes on */
    int errnum;         /* errno at the time, or 0 */
    uint64_t offset;    /* byte offset in the object, where one is known */
    const char *room;   /* static: "walk", "rule", "sandbox", ... */
    char text[512];     /* one line for people: printable UTF-8, no newline */
};

/* Fills *error (NULL is allowed) and returns `status`, so that a failing
 * function ends in one line. When errnum is not 0, its description is
 * appended to the text after ": ". Arguments may hold any bytes: what would not
 * print becomes '?', and a text that is too long ends in "...". They may point
 * into *error. errno stays as it was. */
enum sw_status sw_fail(struct sw_error *error, enum sw_status status, const char *room, int errnum,
                       const char *format, ...) SW_PRINTF(5, 6);

/* The same, and names the gap that the failure is to become. */
enum sw_status sw_fail_gap(struct sw_error *error, enum sw_status status, enum sw_gap reason,
                           const char *room, int errnum, const char *format, ...) SW_PRINTF(6, 7);

#endif
