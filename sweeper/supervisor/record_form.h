/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_form.h - what JSON from the engine must look like, as const tables,
 * and the one function that compares.
 *
 * A form is closed: an object has the members of its table and no other. The
 * depth of a check is the depth of the table, never that of the input.
 *
 * Runs in:  supervisor.
 * Threads:  the conductor's only.
 * Trusts:   nothing of the value.
 * Fails:    SW_DEAD with a text that names the member. The text holds only
 *           names from our own tables, so it may be printed.
 */
#ifndef SWEEPER_SUPERVISOR_RECORD_FORM_H
#define SWEEPER_SUPERVISOR_RECORD_FORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "sweeper/status.h"

enum sw_form_kind {
    SW_FORM_TEXT,    /* string of size_min to size_max bytes, accepted by `known` */
    SW_FORM_NUMBER,  /* integer that is not negative */
    SW_FORM_INTEGER, /* any integer */
    SW_FORM_BOOLEAN,
    SW_FORM_SCALAR, /* string up to size_max bytes, any integer, or boolean */
    SW_FORM_LIST,   /* array of up to size_max elements, each in form `of` */
    SW_FORM_MAP,    /* object of up to size_max members with any names, each in form `of` */
    SW_FORM_OBJECT, /* object with the members of the table */
};

struct sw_form {
    enum sw_form_kind kind;
    bool nullable;
    size_t size_min;
    size_t size_max;
    bool (*known)(const char *text); /* SW_FORM_TEXT; NULL: any text will do */
    const struct sw_form *of;
    const struct sw_form_member *members;
    size_t member_count;
};

struct sw_form_member {
    const char *name;
    bool optional;
    const struct sw_form *form;
};

#define SW_FORM_KEY_MAX 256 /* bytes of a name in a map */

/* `what` names the whole value in the text: "finding", "account". */
enum sw_status sw_form_check(json_t *value, const struct sw_form *form, const char *what,
                             struct sw_error *error) SW_MUST_CHECK;

#endif
