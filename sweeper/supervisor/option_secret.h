/* SPDX-License-Identifier: Apache-2.0 */
/*
 * option_secret.h - passwords on the command line: other users can read a
 * process's arguments, so they come from a file or a descriptor, or are blotted
 * out where they stand as soon as they are read.
 *
 * Runs in:  supervisor.
 * Owns:     the secret is the caller's, from malloc.
 * Fails:    SW_STOP with a message that does not quote the secret.
 */
#ifndef SWEEPER_SUPERVISOR_OPTION_SECRET_H
#define SWEEPER_SUPERVISOR_OPTION_SECRET_H

#include "sweeper/key.h"
#include "sweeper/status.h"

/* `value` is file:PATH (its first line), fd:N (all of it, without a last line
 * end), or the secret itself, which is overwritten: it must lie in memory that
 * can be written, as arguments do. */
enum sw_status sw_option_secret(const char *shown, const char *value, char **secret,
                                struct sw_error *error) SW_MUST_CHECK;

/* `value` is pass:TEXT or recovery:NUMBERS, whose secret is overwritten where it stands, or a key
 * file: fd:N, file:PATH or PATH, all of it. `key` borrows from *bytes. */
enum sw_status sw_option_key(const char *shown, const char *value, char **bytes, struct sw_key *key,
                             struct sw_error *error) SW_MUST_CHECK;

#endif
