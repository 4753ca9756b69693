/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.c - the order of the questions: first everything that speaks against
 * lowering, then the closed forms, then prose. Whoever answers none of them is
 * in doubt.
 */
#include "sweeper/place.h"

#include "engine/place/place_private.h"

enum { EXECUTE_BITS = 0111 };

static struct sw_view without_mark(struct sw_view text)
{
    return place_starts(text, "\xef\xbb\xbf") ? place_after(text, 3) : text;
}

static bool starts_as_json(struct sw_view text)
{
    text = place_trim(text);
    return place_starts(text, "{") || place_starts(text, "[");
}

static bool is_list(struct sw_view text, const struct sw_place_facts *facts)
{
    return place_is_sensor_rules(text) || place_is_indicator_list(text) ||
           place_is_block_list(text, facts);
}

/* Rules, lists and lock files are read to their last byte. */
static enum sw_place of_closed_form(struct sw_view text, const struct sw_place_facts *facts)
{
    if (place_holds_script(text))
        return SW_PLACE_UNKNOWN;
    if (place_is_yara(text) || place_is_sigma(text))
        return SW_PLACE_RULES;
    if (place_is_semgrep(text) || place_is_query(text) || is_list(text, facts))
        return SW_PLACE_INDICATORS;
    return place_is_lock(text) ? SW_PLACE_LOCK : SW_PLACE_UNKNOWN;
}

static enum sw_place of_text(const struct sw_place_facts *facts, struct sw_view text, bool whole,
                             enum place_name name)
{
    enum sw_place place = whole ? of_closed_form(text, facts) : SW_PLACE_UNKNOWN;

    if (place != SW_PLACE_UNKNOWN)
        return place;
    if (place_is_log(text) || (whole && place_is_dump(text)))
        return SW_PLACE_OUTPUT;
    /* What a browser opens as a page may hold script wherever it likes. */
    if (name == PLACE_NAME_PAGE || place_starts_as_page(text))
        return whole && place_is_page(text, facts) ? SW_PLACE_PROSE : SW_PLACE_UNKNOWN;
    if (!whole || place_holds_script(text))
        return SW_PLACE_UNKNOWN;
    return place_is_prose(text) || place_is_markup(text, facts) ? SW_PLACE_PROSE : SW_PLACE_UNKNOWN;
}

/* JSON, YAML, TOML by name: something closed, or else a thing that is applied. */
static enum sw_place of_data_form(const struct sw_place_facts *facts, struct sw_view text,
                                  bool whole)
{
    enum sw_place place = SW_PLACE_UNKNOWN;

    if (starts_as_json(text))
        place = place_of_json(text, whole);
    /* TOML starts like an array of JSON. */
    if (place == SW_PLACE_UNKNOWN && whole)
        place = of_closed_form(text, facts);
    return place != SW_PLACE_UNKNOWN ? place : SW_PLACE_CONFIG;
}

/* What a name says to be applied, run or opened, until its content shows otherwise. */
static enum sw_place of_named(const struct sw_place_facts *facts, struct sw_view text, bool whole,
                              enum place_name name)
{
    if (!whole || place_holds_script(text))
        return name == PLACE_NAME_PATCH || name == PLACE_NAME_NOTEBOOK ? SW_PLACE_CODE
                                                                       : SW_PLACE_CONFIG;
    if (name == PLACE_NAME_PATCH)
        return place_is_prose_diff(text) ? SW_PLACE_PROSE : SW_PLACE_CODE;
    if (name == PLACE_NAME_NOTEBOOK)
        return place_is_quiet_notebook(text, facts) ? SW_PLACE_PROSE : SW_PLACE_CODE;
    if (name == PLACE_NAME_MARKUP)
        return place_is_markup(text, facts) ? SW_PLACE_PROSE : SW_PLACE_CONFIG;
    return is_list(text, facts) ? SW_PLACE_INDICATORS : SW_PLACE_CONFIG;
}

static bool is_named(enum place_name name)
{
    return name == PLACE_NAME_PATCH || name == PLACE_NAME_NOTEBOOK || name == PLACE_NAME_MARKUP ||
           name == PLACE_NAME_CONFIG;
}

static enum sw_place by_content(const struct sw_place_facts *facts, enum place_name name)
{
    const struct sw_view text = without_mark(facts->head);
    bool whole = facts->size <= facts->head.size;

    if (is_named(name))
        return of_named(facts, text, whole && place_is_text(text, false), name);
    if (!place_is_text(text, false)) {
        if (place_is_text(text, true) && place_is_log(text))
            return SW_PLACE_OUTPUT;
        return place_of_binary(facts);
    }
    if (name == PLACE_NAME_HISTORY)
        return whole && place_is_history(text) ? SW_PLACE_OUTPUT : SW_PLACE_UNKNOWN;
    if (name == PLACE_NAME_DATA)
        return of_data_form(facts, text, whole);
    if (starts_as_json(text)) {
        enum sw_place place = place_of_json(text, whole);
        if (place != SW_PLACE_UNKNOWN)
            return place;
        if (whole && place_is_report(text))
            return SW_PLACE_PROSE;
        /* An article may start with a link in brackets. */
    }
    if (place_is_pdf(text, whole))
        return SW_PLACE_PROSE;
    return of_text(facts, text, whole, name);
}

enum sw_place sw_place_of(const struct sw_place_facts *facts)
{
    struct sw_place_facts seen = *facts;
    enum place_name name = place_by_path(facts);

    if (seen.head.size > SW_PLACE_HEAD_MAX)
        seen.head.size = SW_PLACE_HEAD_MAX;
    if (name == PLACE_NAME_RUNS || (facts->mode & EXECUTE_BITS) != 0 || place_is_program(&seen))
        return SW_PLACE_RUNS;
    if (name == PLACE_NAME_CODE)
        return SW_PLACE_CODE;
    return by_content(&seen, name);
}
