/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notebook.c - a notebook of an analyst: what stands in its text and in what a
 * cell printed is shown; what stands in a cell of code is run.
 *
 * Script in what a cell printed is run as well, once the notebook is trusted.
 */
#include "common/json_walk.h"
#include "engine/place/place_private.h"

enum { CELL_DEPTH = 3 };

struct cell {
    size_t from, outputs_from, outputs_to; /* offsets in the text; equal: no outputs */
    bool text;
};

struct notebook {
    struct sw_json_walk walk;
    struct sw_view text;
    const struct sw_place_facts *facts;
    bool cells, format;
    bool active; /* a match lies in what is run, or may */
};

static void see_active(struct notebook *notebook, size_t from, size_t to)
{
    uint64_t shift = (uint64_t)(notebook->text.data - notebook->facts->head.data);

    if (from < to && place_touches(notebook->facts, from + shift, to + shift))
        notebook->active = true;
}

static bool skip_value(struct sw_json_walk *walk)
{
    return sw_json_skip(walk, sw_json_next(walk));
}

static bool skip_outputs(struct notebook *notebook, struct cell *cell)
{
    struct sw_view outputs;

    /* Twice the same member: readers differ on which of them counts. */
    if (cell->outputs_to != 0)
        return false;
    cell->outputs_from = notebook->walk.next;
    if (!skip_value(&notebook->walk))
        return false;
    cell->outputs_to = notebook->walk.next;
    outputs = (struct sw_view){notebook->text.data + cell->outputs_from,
                               cell->outputs_to - cell->outputs_from};
    if (place_has(outputs, "javascript") || place_has(outputs, "<script") ||
        place_has(outputs, "\\u"))
        see_active(notebook, cell->outputs_from, cell->outputs_to);
    return true;
}

static void end_cell(struct notebook *notebook, const struct cell *cell)
{
    if (cell->text)
        return;
    if (cell->outputs_to == 0) {
        see_active(notebook, cell->from, notebook->walk.next);
        return;
    }
    see_active(notebook, cell->from, cell->outputs_from);
    see_active(notebook, cell->outputs_to, notebook->walk.next);
}

static bool take_type(struct notebook *notebook, struct cell *cell, bool *typed)
{
    enum sw_json_event event = sw_json_next(&notebook->walk);
    struct sw_view type = notebook->walk.raw;

    if (*typed || event != SW_JSON_STRING)
        return false;
    *typed = true;
    cell->text = place_is(type, "markdown") || place_is(type, "raw");
    return true;
}

/* After the brace that opens a cell. */
static bool take_cell(struct notebook *notebook)
{
    struct sw_json_walk *walk = &notebook->walk;
    struct cell cell = {.from = walk->start};
    enum sw_json_event event;
    bool typed = false, good = true;

    while (good && (event = sw_json_next(walk)) != SW_JSON_OBJECT_END) {
        if (event != SW_JSON_KEY || place_has_byte(walk->raw, '\\'))
            good = false;
        else if (place_is(walk->raw, "outputs"))
            good = skip_outputs(notebook, &cell);
        else if (place_is(walk->raw, "cell_type"))
            good = take_type(notebook, &cell, &typed);
        else
            good = skip_value(walk);
    }
    if (good)
        end_cell(notebook, &cell);
    return good;
}

static bool take_cells(struct notebook *notebook)
{
    enum sw_json_event event = sw_json_next(&notebook->walk);

    if (notebook->cells || event != SW_JSON_ARRAY)
        return false;
    notebook->cells = true;
    while ((event = sw_json_next(&notebook->walk)) == SW_JSON_OBJECT)
        if (notebook->walk.depth != CELL_DEPTH || !take_cell(notebook))
            return false;
    return event == SW_JSON_ARRAY_END;
}

static bool take_member(struct notebook *notebook)
{
    static const char *const others[] = {"metadata", "nbformat_minor", NULL};
    struct sw_view key = notebook->walk.raw;

    if (place_is(key, "cells"))
        return take_cells(notebook);
    if (place_is(key, "nbformat"))
        notebook->format = true;
    else if (!place_among(key, others))
        return false;
    return skip_value(&notebook->walk);
}

bool place_is_quiet_notebook(struct sw_view text, const struct sw_place_facts *facts)
{
    struct notebook notebook = {.walk = sw_json_walk_of(text), .text = text, .facts = facts};
    enum sw_json_event event = sw_json_next(&notebook.walk);

    if (event != SW_JSON_OBJECT)
        return false;
    while ((event = sw_json_next(&notebook.walk)) == SW_JSON_KEY)
        if (!take_member(&notebook))
            return false;
    return event == SW_JSON_OBJECT_END && sw_json_next(&notebook.walk) == SW_JSON_END &&
           notebook.cells && notebook.format && !notebook.active;
}
