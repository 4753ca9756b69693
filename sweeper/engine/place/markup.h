/* SPDX-License-Identifier: Apache-2.0 */
/*
 * markup.h - private to the place: languages that documents are written in, as
 * far as they have quotations and commands that are no lines of text.
 */
#ifndef ENGINE_PLACE_MARKUP_H
#define ENGINE_PLACE_MARKUP_H

#include <stdbool.h>

#include "engine/place/lines.h"

enum place_markup {
    PLACE_MARKUP_NONE,
    PLACE_MARKUP_ROFF,     /* no parser takes a text that starts as a manual page does, */
    PLACE_MARKUP_LATEX,    /* nor one that starts as LaTeX does */
    PLACE_MARKUP_ASCIIDOC, /* this one must prove itself */
};

/* By how the text starts. NONE for LaTeX that could do more than typeset. */
enum place_markup place_markup_of(struct sw_view text);
/* The line is a command of the language: no text, and nothing to a shell either. */
bool place_is_markup_command(enum place_markup markup, struct sw_view line);

/* A quotation that begins with one line and ends with another. */
struct place_block;
/* NULL when the line opens none, or closes it again itself. */
const struct place_block *place_block_of(enum place_markup markup, struct sw_view line);
bool place_closes(const struct place_block *block, struct sw_view line);

#endif
