/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place_private.h - the questions that place.c asks, in its order. Each takes
 * content that is text (UTF-8, no control characters but line ends and tabs)
 * without a byte order mark, unless it says otherwise.
 *
 * "Whole" means that the text is all there is of the object.
 */
#ifndef ENGINE_PLACE_PRIVATE_H
#define ENGINE_PLACE_PRIVATE_H

#include "engine/place/lines.h"
#include "sweeper/place.h"

/* --- path.c -------------------------------------------------------------- */

/* What the name says; it may only speak against lowering. */
enum place_name {
    PLACE_NAME_SILENT, /* the content decides */
    PLACE_NAME_DATA,   /* JSON, YAML, TOML: closed forms only, never prose */
    PLACE_NAME_PAGE,   /* a browser opens it: never plain prose */
    PLACE_NAME_MARKUP, /* XML: articles in a few forms, or else configuration */
    PLACE_NAME_PATCH,  /* changes to documents, or else code */
    PLACE_NAME_NOTEBOOK,
    PLACE_NAME_HISTORY, /* of a shell */
    PLACE_NAME_CONFIG,  /* lists and rules of sensors, never anything else */
    PLACE_NAME_CODE,
    PLACE_NAME_RUNS,
};
enum place_name place_by_path(const struct sw_place_facts *facts);

/* --- binary.c ------------------------------------------------------------ */

/* Any bytes. True for what a kernel or a virtual machine loads, and `#!`. */
bool place_is_program(const struct sw_place_facts *facts);
/* Any bytes that are no text: database, capture, journal, PDF; else UNKNOWN. */
enum sw_place place_of_binary(const struct sw_place_facts *facts);
bool place_is_pdf(struct sw_view bytes, bool whole);
/* UTF-8 without control characters; `escapes` allows ESC and backspace. Also no
 * character that ends a line for some interpreter and not for us. */
bool place_is_text(struct sw_view bytes, bool escapes);

/* Some match lies between these offsets of the object, or may. */
bool place_touches(const struct sw_place_facts *facts, uint64_t from, uint64_t to);

/* --- prose.c, diff.c, statement.c, page.c -------------------------------------------------- */

/* The whole text is prose, which no interpreter takes, and holds no code but
 * what is quoted. */
bool place_is_prose(struct sw_view text);
/* The whole text is a patch that changes documents only, and all that it adds, takes away
 * or shows is prose. */
bool place_is_prose_diff(struct sw_view text);
/* The whole text is a page of HTML with an article in it. */
bool place_is_page(struct sw_view text, const struct sw_place_facts *facts);
/* The whole text is XML that a wiki or a news feed is written in. */
bool place_is_markup(struct sw_view text, const struct sw_place_facts *facts);
/* The text starts as a page does. */
bool place_starts_as_page(struct sw_view text);
/* A line that a shell, Python or JavaScript would take for a statement. */
bool place_is_statement(struct sw_view line);
/* The same of a line that has the words of a sentence. */
bool place_is_wordy_statement(struct sw_view line);
/* A command behind a backslash. */
bool place_is_escaped_command(struct sw_view line);
/* Somewhere starts a script that is run inside another text: `<?php`. */
bool place_holds_script(struct sw_view text);

/* --- rules.c, query.c, listing.c, block_list.c: whole texts -------------------- */

bool place_is_yara(struct sw_view text);
bool place_is_sigma(struct sw_view text);
bool place_is_semgrep(struct sw_view text);
bool place_is_sensor_rules(struct sw_view text); /* Suricata, Snort */
/* Of YAML: every key of the outermost mapping is one of these; with "-" among them there may be
 * lists without indentation, and the outermost may be a list of mappings. */
bool place_has_only_keys(struct sw_view text, const char *const *keys);
/* Whether this is a key of the outermost mapping, or of one in the outermost list. */
bool place_has_key(struct sw_view text, const char *key);
/* Some line, whatever its indentation and list sign, starts with this. */
bool place_has_line(struct sw_view text, const char *start);
/* What a SIEM looks for: rules in YAML and TOML, and queries by themselves. */
bool place_is_query(struct sw_view text);
bool place_is_indicator_list(struct sw_view text);
/* Names that a resolver must not answer; a match in a line that does answer is another thing. */
bool place_is_block_list(struct sw_view text, const struct sw_place_facts *facts);
bool place_is_lock(struct sw_view text); /* those that are not JSON */

/* --- output.c --------------------------------------------------------------- */

/* Need not be whole. */
bool place_is_log(struct sw_view text);
bool place_is_dump(struct sw_view text);
bool place_is_history(struct sw_view text);

/* --- document.c ------------------------------------------------------------- */

/* Text that starts as JSON does: LOCK, PROSE, INDICATORS, or CONFIG. */
enum sw_place place_of_json(struct sw_view text, bool whole);
/* A report of this program, one record a line. Whole. */
bool place_is_report(struct sw_view text);

/* --- notebook.c ------------------------------------------------------------- */

/* A whole notebook, and no match lies in what it would run. */
bool place_is_quiet_notebook(struct sw_view text, const struct sw_place_facts *facts);

#endif
