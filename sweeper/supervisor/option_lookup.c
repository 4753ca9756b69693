/* SPDX-License-Identifier: Apache-2.0 */
/* From typed words to rows of the option table, with suggestions. */
#include "supervisor/option_lookup.h"

#include <assert.h>
#include <string.h>

#include "sweeper/text.h"

#define DISTANCE_MAX 3

struct sw_suggestion sw_suggestion_for(const char *word)
{
    return (struct sw_suggestion){.word = word, .distance = DISTANCE_MAX + 1};
}

void sw_suggestion_offer(struct sw_suggestion *suggestion, const char *candidate)
{
    size_t distance = sw_text_distance(suggestion->word, candidate);
    if (distance >= suggestion->distance || 2 * distance >= strlen(candidate))
        return;
    suggestion->distance = distance;
    suggestion->best = candidate;
}

const struct sw_verb_row *sw_verb_row(enum sw_verb verb)
{
    size_t count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&count);
    size_t i = 0;
    while (i < count && rows[i].verb != verb)
        i++;
    assert(i < count);
    return &rows[i];
}

static enum sw_status not_here(enum sw_verb verb, const char *dashes, const char *name,
                               struct sw_error *error)
{
    const struct sw_verb_row *row = sw_verb_row(verb);
    return sw_fail(error, SW_STOP, "options", 0, "%s%s does not apply to \"%s%s%s\"", dashes, name,
                   row->words[0], row->words[1] != NULL ? " " : "",
                   row->words[1] != NULL ? row->words[1] : "");
}

enum sw_status sw_option_find_name(enum sw_verb verb, const char *name, const char *dashes,
                                   const struct sw_option **option, struct sw_error *error)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    struct sw_suggestion suggestion = sw_suggestion_for(name);
    for (size_t i = 0; i < count; i++) {
        bool same = strcmp(rows[i].name, name) == 0;
        if (same && !sw_option_applies(&rows[i], verb))
            return not_here(verb, dashes, name, error);
        if (same) {
            *option = &rows[i];
            return SW_OK;
        }
        if (sw_option_applies(&rows[i], verb))
            sw_suggestion_offer(&suggestion, rows[i].name);
    }
    if (suggestion.best == NULL)
        return sw_fail(error, SW_STOP, "options", 0, "unknown option \"%s%.*s\"", dashes,
                       SW_SHOWN_MAX, name);
    return sw_fail(error, SW_STOP, "options", 0, "unknown option \"%s%s\"; did you mean \"%s%s\"?",
                   dashes, name, dashes, suggestion.best);
}

enum sw_status sw_option_find_letter(enum sw_verb verb, const char *argument,
                                     const struct sw_option **option, struct sw_error *error)
{
    size_t count = 0;
    const struct sw_option *rows = sw_option_rows(&count);
    struct sw_suggestion suggestion = sw_suggestion_for(argument);
    const char shown[] = {'-', argument[0], '\0'};
    for (size_t i = 0; i < count; i++) {
        if (rows[i].letter != argument[0]) {
            if (sw_option_applies(&rows[i], verb))
                sw_suggestion_offer(&suggestion, rows[i].name);
            continue;
        }
        if (!sw_option_applies(&rows[i], verb))
            return not_here(verb, "", shown, error);
        *option = &rows[i];
        return SW_OK;
    }
    /* "-strict" with one dash is a long option, typed in a hurry. */
    if (suggestion.best != NULL)
        return sw_fail(error, SW_STOP, "options", 0,
                       "unknown option \"-%s\"; did you mean \"--%s\"?", argument, suggestion.best);
    return sw_fail(error, SW_STOP, "options", 0, "unknown option \"%s\"", shown);
}

/* A first word that starts a verb of two needs the second. */
static enum sw_status needs_second(char *const *words, size_t count, struct sw_error *error)
{
    size_t row_count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&row_count);
    struct sw_suggestion suggestion = sw_suggestion_for(count > 1 ? words[1] : "");
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].words[1] != NULL && strcmp(rows[i].words[0], words[0]) == 0)
            sw_suggestion_offer(&suggestion, rows[i].words[1]);
    }
    if (suggestion.best != NULL)
        return sw_fail(error, SW_STOP, "options", 0,
                       "unknown verb \"%s %s\"; did you mean \"%s %s\"?", words[0], words[1],
                       words[0], suggestion.best);
    if (count > 1)
        return sw_fail(error, SW_STOP, "options", 0, "unknown verb \"%s %.*s\"", words[0],
                       SW_SHOWN_MAX, words[1]);
    return sw_fail(error, SW_STOP, "options", 0,
                   "\"%s\" is only half a verb; \"sweeper help\" "
                   "lists them all",
                   words[0]);
}

enum sw_status sw_verb_find(char *const *words, size_t count, enum sw_verb *verb, size_t *used,
                            struct sw_error *error)
{
    size_t row_count = 0;
    const struct sw_verb_row *rows = sw_verb_rows(&row_count);
    struct sw_suggestion suggestion = sw_suggestion_for(words[0]);
    bool half = false;
    for (size_t i = 0; i < row_count; i++) {
        sw_suggestion_offer(&suggestion, rows[i].words[0]);
        if (strcmp(rows[i].words[0], words[0]) != 0)
            continue;
        size_t needed = rows[i].words[1] == NULL ? 1 : 2;
        half = half || needed == 2;
        if (needed > count || (needed == 2 && strcmp(rows[i].words[1], words[1]) != 0))
            continue;
        *verb = rows[i].verb;
        *used = needed;
        return SW_OK;
    }
    if (half)
        return needs_second(words, count, error);
    if (suggestion.best != NULL)
        return sw_fail(error, SW_STOP, "options", 0, "unknown verb \"%s\"; did you mean \"%s\"?",
                       words[0], suggestion.best);
    if (strchr(words[0], '/') != NULL || strchr(words[0], '.') != NULL)
        return sw_fail(error, SW_STOP, "options", 0,
                       "\"%.*s\" is not a verb; to sweep it: sweeper scan %.*s", SW_SHOWN_MAX,
                       words[0], SW_SHOWN_MAX, words[0]);
    return sw_fail(error, SW_STOP, "options", 0,
                   "unknown verb \"%.*s\"; \"sweeper help\" lists them", SW_SHOWN_MAX, words[0]);
}
