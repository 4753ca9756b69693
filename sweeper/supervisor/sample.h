/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample.h - the forms in which `sweeper selftest` wraps its text: one table, one
 * row a form, each with what a record must say of it.
 *
 * Nothing is run and no file of the machine is read: the writers are those of
 * libarchive (some keep a nameless temporary file), the compressors that are
 * linked in anyway, and recipes for what none of them can write.
 *
 * Runs in:  supervisor.
 * Threads:  one.
 * Trusts:   everything; the content is our own.
 * Fails:    SW_SKIP with a text when this machine cannot make the form.
 */
#ifndef SWEEPER_SUPERVISOR_SAMPLE_H
#define SWEEPER_SUPERVISOR_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "sweeper/buf.h"

#define SW_SAMPLE_SIZE_MAX ((size_t)32 << 20) /* bytes of one form */

enum sw_sample_kind {
    SW_SAMPLE_CONTAINER, /* has the content as its only member */
    SW_SAMPLE_STREAM,    /* compresses it */
    SW_SAMPLE_LAYER,     /* is a text with the content encoded in it */
};

struct sw_sample_form {
    const char *name; /* for people: "zip-deflate" */
    enum sw_sample_kind kind;
    const char *hop;    /* kind of the hop in the chain */
    const char *member; /* name of the hop */
    /* What make() is told; which of them it uses is its own business. */
    const char *format;
    const char *filter;
    const char *options;
    unsigned number;
    bool alone; /* tried once, and not with all the others */
    enum sw_status (*make)(const struct sw_sample_form *form, struct sw_view content,
                           struct sw_buf *out, struct sw_error *error);
};

/* Name of every member that a sample makes up. */
#define SW_SAMPLE_MEMBER "canary"

const struct sw_sample_form *sw_sample_forms(size_t *count);

/* --- sample_archive.c: by libarchive ------------------------------------------ */

/* The content as the only member of `format`, through `filter`; either may be
 * NULL. `options` as archive_write_set_options(3) takes them. */
enum sw_status sw_sample_archive(const struct sw_sample_form *form, struct sw_view content,
                                 struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
/* The same, once for each half of the content: what follows the first part of a
 * stream belongs to it. */
enum sw_status sw_sample_halves(const struct sw_sample_form *form, struct sw_view content,
                                struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;

/* --- sample_recipe.c: what libarchive reads and does not write ----------------- */

enum sw_status sw_sample_rar(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_sample_rar5(const struct sw_sample_form *form, struct sw_view content,
                              struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
enum sw_status sw_sample_lha(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
/* `number` 0: stored, 1: MSZIP. */
enum sw_status sw_sample_cab(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
/* `filter` compresses the payload. */
enum sw_status sw_sample_rpm(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;

/* A response as pip kept it. */
enum sw_status sw_sample_http_cache(const struct sw_sample_form *form, struct sw_view content,
                                    struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;

/* --- sample_zip.c --------------------------------------------------------------- */

/* Method `number`, by `filter`. */
enum sw_status sw_sample_zip(const struct sw_sample_form *form, struct sw_view content,
                             struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
/* By its local headers alone: the central directory is cut short. */
enum sw_status sw_sample_zip_cut(const struct sw_sample_form *form, struct sw_view content,
                                 struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;
/* Behind a script, as those that unpack themselves. */
enum sw_status sw_sample_zip_behind(const struct sw_sample_form *form, struct sw_view content,
                                    struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;

/* --- sample_squashfs.c ---------------------------------------------------------- */

/* `number` is the image's compressor, 0: none. */
enum sw_status sw_sample_squashfs(const struct sw_sample_form *form, struct sw_view content,
                                  struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;

/* --- sample_layer.c ------------------------------------------------------------- */

/* A line of script with the content in it, wrapped by the case recipes that
 * `options` names, innermost first. */
enum sw_status sw_sample_layer(const struct sw_sample_form *form, struct sw_view content,
                               struct sw_buf *out, struct sw_error *error) SW_MUST_CHECK;

#endif
