/* SPDX-License-Identifier: Apache-2.0 */
/* markup.c - see markup.h. */
#include "engine/place/markup.h"

#include "engine/place/place_private.h"

struct place_block {
    const char *opens, *closes;
    enum place_markup markup; /* NONE: in any text */
    bool anywhere;            /* closes anywhere in a line */
};

static const struct place_block blocks[] = {
    {"#+begin_src", "#+end_src", PLACE_MARKUP_NONE, false},
    {"#+begin_example", "#+end_example", PLACE_MARKUP_NONE, false},
    {"<syntaxhighlight", "</syntaxhighlight>", PLACE_MARKUP_NONE, true},
    {"<source", "</source>", PLACE_MARKUP_NONE, true},
    {"<pre", "</pre>", PLACE_MARKUP_NONE, true},
    {"\\begin{verbatim}", "\\end{verbatim}", PLACE_MARKUP_LATEX, false},
    {"\\begin{lstlisting}", "\\end{lstlisting}", PLACE_MARKUP_LATEX, false},
    {"\\begin{minted}", "\\end{minted}", PLACE_MARKUP_LATEX, false},
    {".nf", ".fi", PLACE_MARKUP_ROFF, false},
    {".EX", ".EE", PLACE_MARKUP_ROFF, false},
    {".Bd", ".Ed", PLACE_MARKUP_ROFF, false},
    {"----", "----", PLACE_MARKUP_ASCIIDOC, false},
    {"....", "....", PLACE_MARKUP_ASCIIDOC, false},
};

/* A word of the language, not the beginning of a longer one. */
static bool starts_with_word(struct sw_view line, const char *word)
{
    size_t size = strlen(word);

    return place_starts_nocase(line, word) && (line.size == size || !place_ident(line.data[size]));
}

bool place_closes(const struct place_block *block, struct sw_view line)
{
    if (!block->anywhere)
        return starts_with_word(line, block->closes);
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] == '<' && place_starts_nocase(place_after(line, i), block->closes))
            return true;
    return false;
}

const struct place_block *place_block_of(enum place_markup markup, struct sw_view line)
{
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        const struct place_block *block = &blocks[i];
        if ((block->markup != PLACE_MARKUP_NONE && block->markup != markup) ||
            !starts_with_word(line, block->opens))
            continue;
        return block->anywhere && place_closes(block, line) ? NULL : block;
    }
    return NULL;
}

static bool is_roff(struct sw_view text)
{
    return place_starts(text, ".TH ") || place_starts(text, ".Dd ") || place_starts(text, ".\\\" ");
}

/* `\documentclass[a4paper]{article}` and no more */
static bool is_class_line(struct sw_view line)
{
    static const char *const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-=,.[]{} ";
    static const char start[] = "\\documentclass";

    return place_starts(line, start) && place_only(place_after(line, sizeof(start) - 1), signs) &&
           line.data[line.size - 1] == '}';
}

/* What makes TeX run programs, write files or change what its signs mean. */
static bool can_act(struct sw_view text)
{
    static const char *const deeds[] = {
        "\\write", "\\directlua", "\\immediate", "\\openout",  "\\catcode",     "\\csname",
        "\\input", "lua",         "\\special",   "\\include{", "\\ShellEscape", "shellesc",
        "\\read",  "\\openin",    "^^",          NULL};

    for (size_t i = 0; deeds[i] != NULL; i++)
        if (place_has(text, deeds[i]))
            return true;
    return false;
}

/* Two commands in a row: even languages that take one stop at the second. */
static bool is_latex(struct sw_view text)
{
    struct sw_view rest = text, line = {0};
    bool first = true;

    while (place_next_line(&rest, &line)) {
        line = place_trim(line);
        if (line.size == 0)
            continue;
        if (first && !is_class_line(line))
            return false;
        if (!first)
            return line.size > 1 && line.data[0] == '\\' && place_letter(line.data[1]) &&
                   !can_act(text);
        first = false;
    }
    return false;
}

enum place_markup place_markup_of(struct sw_view text)
{
    if (is_roff(text))
        return PLACE_MARKUP_ROFF;
    if (is_latex(text))
        return PLACE_MARKUP_LATEX;
    return place_starts(text, "= ") ? PLACE_MARKUP_ASCIIDOC : PLACE_MARKUP_NONE;
}

bool place_is_markup_command(enum place_markup markup, struct sw_view line)
{
    if (line.size < 2)
        return false;
    if (markup == PLACE_MARKUP_ROFF)
        return (line.data[0] == '.' || line.data[0] == '\'') &&
               (place_letter(line.data[1]) || line.data[1] == '\\') &&
               !place_is_statement(place_after(line, 1));
    /* To a shell the sign is nothing: what follows it is what it runs. */
    if (markup == PLACE_MARKUP_LATEX)
        return line.data[0] == '\\' && !place_is_escaped_command(line);
    return markup == PLACE_MARKUP_ASCIIDOC && line.data[0] == '[' &&
           line.data[line.size - 1] == ']';
}
