/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - private to the place: text as lines and words, and a few questions
 * about bytes.
 *
 * A line ends at LF, CR or FF: whatever ends one for any interpreter.
 *
 * Owns:     nothing; every view borrows.
 * Trusts:   nothing.
 */
#ifndef ENGINE_PLACE_LINES_H
#define ENGINE_PLACE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "sweeper/buf.h"

/* Cuts the next line off the front of *rest; false when there is none. The line
 * comes without its end. */
bool place_next_line(struct sw_view *rest, struct sw_view *line);
/* The same for what stands between blanks (space, tab) in a line. */
bool place_next_word(struct sw_view *rest, struct sw_view *word);

/* Without blanks and line ends at both sides. */
struct sw_view place_trim(struct sw_view text);
/* Columns of blanks at the front; a tab counts as four. */
size_t place_indent(struct sw_view line);

bool place_is(struct sw_view text, const char *what);
bool place_is_nocase(struct sw_view text, const char *what);
bool place_starts(struct sw_view text, const char *what);
bool place_starts_nocase(struct sw_view text, const char *what);
bool place_ends(struct sw_view text, const char *what);
bool place_has(struct sw_view text, const char *what);
bool place_has_byte(struct sw_view text, char byte);
/* Every byte is one of these. */
bool place_only(struct sw_view text, const char *bytes);
/* One of the words; the list ends in NULL. */
bool place_among(struct sw_view text, const char *const *words);
bool place_among_nocase(struct sw_view text, const char *const *words);

static inline struct sw_view place_after(struct sw_view text, size_t count)
{
    return (struct sw_view){text.data + count, text.size - count};
}
static inline struct sw_view place_first(struct sw_view text, size_t count)
{
    return (struct sw_view){text.data, count};
}

/* ASCII, whatever the locale is. */
static inline bool place_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26;
}
static inline bool place_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
}
static inline bool place_hex(uint8_t byte)
{
    return place_digit(byte) || (uint8_t)((byte | 0x20) - 'a') < 6;
}
static inline bool place_ident(uint8_t byte)
{
    return place_letter(byte) || place_digit(byte) || byte == '_';
}

#endif
