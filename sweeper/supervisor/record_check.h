/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_check.h - the closed forms of what the engine may say.
 *
 * Runs in:  supervisor.
 * Trusts:   nothing of the text.
 */
#ifndef SWEEPER_SUPERVISOR_RECORD_CHECK_H
#define SWEEPER_SUPERVISOR_RECORD_CHECK_H

#include <jansson.h>
#include <stddef.h>

#include "supervisor/record_form.h"
#include "sweeper/status.h"

enum sw_engine_record {
    SW_ENGINE_FINDING,
    SW_ENGINE_GAP,
    SW_ENGINE_DISK_IMAGE,
    SW_ENGINE_ROOT,
};

/* The hops of a chain. */
extern const struct sw_form sw_record_chain_form;

/* Parses and checks one record in engine form. *parsed is the caller's. SW_DEAD
 * when the form is wrong, SW_STOP on a lack of memory. */
enum sw_status sw_record_check(const char *text, size_t size, enum sw_engine_record *kind,
                               json_t **parsed, struct sw_error *error) SW_MUST_CHECK;

#endif
