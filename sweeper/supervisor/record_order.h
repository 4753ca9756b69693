/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_order.h - the written form of a record, and what it is sorted by.
 *
 * Runs in:  supervisor.
 * Fails:    SW_SKIP on a lack of memory or at the buffer's ceiling.
 */
#ifndef SWEEPER_SUPERVISOR_RECORD_ORDER_H
#define SWEEPER_SUPERVISOR_RECORD_ORDER_H

#include <jansson.h>

#include "sweeper/buf.h"

/* Appends the record as one line of JSON without the newline: compact, members
 * in order, UTF-8; everything that could steer a terminal or turn text around
 * (sw_text_is_printable()) is written as \uXXXX. */
enum sw_status sw_record_encode(const json_t *record, struct sw_buf *out) SW_MUST_CHECK;

/* Appends bytes such that memcmp() of key + line orders records as
 * sw_record_compare() does. */
enum sw_status sw_record_key(const json_t *record, struct sw_buf *out) SW_MUST_CHECK;

#endif
