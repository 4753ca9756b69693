/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.h - one value out of a small file that says something of the system it
 * belongs to: its time zone, its language. The supervisor says which file to ask.
 *
 * Runs in:  engine workers.
 * Trusts:   nothing of the content.
 */
#ifndef SWEEPER_ENGINE_CONTEXT_H
#define SWEEPER_ENGINE_CONTEXT_H

#include "sweeper/wire.h"

/* Files of this kind have a few lines; one that is larger has no value. */
enum { CONTEXT_FILE_MAX = 64 * 1024 };

/*
 * The value, a part of the content; empty when there is none, or none as plain as
 * sw_context_text_ok() wants it.
 *   TIMEZONE  the whole content, without the blanks around it
 *   LANG      the last line "LANG=value", with or without quotes and "export"; the
 *             value of a later line that is not plain is not replaced by an earlier
 */
struct sw_view context_value(enum sw_context context, struct sw_view content);

#endif
