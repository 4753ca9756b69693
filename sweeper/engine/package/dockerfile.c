/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dockerfile.c - the images that a Dockerfile builds on: FROM, COPY --from and
 * RUN --mount=from; and the packages that RUN installs. Names of earlier stages are no
 * images. Variables are replaced by the defaults of their ARG or the value of their ENV;
 * without one, nothing is known.
 */
#include "engine/package/build_step.h"

enum { STAGES_MAX = 64 };

struct recipe {
    struct sw_package_reader *reader;
    struct sw_view stages[STAGES_MAX];
    size_t stage_count;
    struct sw_variables variables;
    struct sw_build_step step; /* of RUN */
    bool runs;                 /* the instruction at hand is one */
    bool may_have_here;        /* or another that may have a text behind `<<` */
    struct sw_view here;       /* the word that ends the text behind `<<`; empty: there is none */
    uint8_t escape;            /* at its end a line goes on: \ or, by "# escape=`", a backtick */
    enum { OPEN_NOTHING, OPEN_FROM, OPEN_FLAGS } open; /* what the line before left to this one */
};

static struct sw_view take_word(struct sw_view *rest)
{
    *rest = sw_view_trim(*rest);
    size_t size = 0;
    while (size < rest->size && !sw_is_blank(rest->data[size]))
        size++;
    struct sw_view word = sw_view_first(*rest, size);
    *rest = sw_view_skip(*rest, size);
    return word;
}

/* --- instructions --- */

static bool is_stage(const struct recipe *recipe, struct sw_view name)
{
    bool number = name.size > 0;
    for (size_t i = 0; i < name.size; i++)
        number = number && sw_is_digit(name.data[i]);
    for (size_t i = 0; i < recipe->stage_count && !number; i++)
        if (sw_view_equal_fold(recipe->stages[i], name))
            return true;
    return number;
}

static bool emit_reference(struct recipe *recipe, struct sw_view word)
{
    uint8_t text[SW_EXPANDED_MAX];
    struct sw_view reference = word;
    if (word.size > 1 && word.data[0] == '"' && word.data[word.size - 1] == '"')
        word = sw_view_first(sw_view_skip(word, 1), word.size - 2);
    if (word.size == 0 || word.size > SW_EXPANDED_MAX ||
        !sw_variables_expand(&recipe->variables, word, text, &reference) ||
        sw_view_equal_fold(reference, SW_VIEW("scratch")) || is_stage(recipe, reference))
        return recipe->reader->status == SW_OK;
    return sw_package_emit_image(recipe->reader, reference, word.data);
}

/* ARG NAME=value, ENV NAME=value; ENV NAME value is of the past. */
static void take_argument(struct recipe *recipe, struct sw_view rest)
{
    struct sw_view word = take_word(&rest);

    for (; word.size > 0; word = take_word(&rest))
        sw_variables_take(&recipe->variables, word);
}

/* Nothing but what makes the line go on. */
static bool is_end(const struct recipe *recipe, struct sw_view word)
{
    return word.size == 0 || (word.size == 1 && word.data[0] == recipe->escape);
}

/* FROM [--platform=...] REF [AS NAME] */
static bool take_from(struct recipe *recipe, struct sw_view rest)
{
    struct sw_view word = take_word(&rest);
    while (sw_view_starts(word, SW_VIEW("--")))
        word = take_word(&rest);
    recipe->open = is_end(recipe, word) ? OPEN_FROM : OPEN_NOTHING;
    if (recipe->open == OPEN_FROM)
        return true;
    if (!emit_reference(recipe, word))
        return false;
    struct sw_view as = take_word(&rest);
    struct sw_view name = take_word(&rest);
    if (sw_view_equal_fold(as, SW_VIEW("as")) && name.size > 0 &&
        name.size <= SW_PACKAGE_TEXT_MAX && recipe->stage_count < STAGES_MAX)
        recipe->stages[recipe->stage_count++] = name;
    return true;
}

/* --from=REF, and --mount=type=bind,from=REF,... in front of the rest */
static bool take_flags(struct recipe *recipe, struct sw_view rest)
{
    for (;;) {
        struct sw_view word = take_word(&rest);
        recipe->open = is_end(recipe, word) ? OPEN_FLAGS : OPEN_NOTHING;
        if (!sw_view_starts(word, SW_VIEW("--")))
            return true;
        bool is_mount = sw_view_starts(word, SW_VIEW("--mount="));
        word = sw_view_skip(word, is_mount ? sizeof("--mount=") - 1 : 2);
        do {
            struct sw_view part = sw_view_first(word, sw_view_find(word, ','));
            word = sw_view_skip(word, part.size + 1);
            if (sw_view_starts(part, SW_VIEW("from=")) &&
                !emit_reference(recipe, sw_view_skip(part, sizeof("from=") - 1)))
                return false;
        } while (is_mount && word.size > 0);
    }
}

/* --- RUN --- */

/* `<<WORD`, `<<-"WORD"`, as BuildKit has it: a word of its own. */
static void find_here(struct recipe *recipe, struct sw_view line)
{
    for (struct sw_view word = take_word(&line); word.size > 0; word = take_word(&line)) {
        while (word.size > 0 && sw_is_digit(word.data[0]))
            word = sw_view_skip(word, 1);
        if (!sw_view_starts(word, SW_VIEW("<<")))
            continue;
        word = sw_view_skip(word, word.size > 2 && word.data[2] == '-' ? 3 : 2);
        if (word.size > 2 && (word.data[0] == '"' || word.data[0] == '\''))
            word = sw_view_first(sw_view_skip(word, 1), word.size - 2);
        if (word.size > 0 && sw_view_find(word, '<') == word.size)
            recipe->here = word;
    }
}

/* A line of a command, and what stands between it and the next. */
static bool feed_step(struct recipe *recipe, struct sw_view line, uint8_t end)
{
    for (size_t i = 0; i < line.size; i++)
        if (!sw_build_step_byte(&recipe->step, line.data[i], line.data + i))
            return false;
    return sw_build_step_byte(&recipe->step, end, line.data + line.size);
}

static bool take_instruction(struct recipe *recipe, struct sw_view line)
{
    struct sw_view rest = line;
    struct sw_view word = take_word(&rest);
    if (sw_view_equal_fold(word, SW_VIEW("from")))
        return take_from(recipe, rest);
    if (sw_view_equal_fold(word, SW_VIEW("arg")) || sw_view_equal_fold(word, SW_VIEW("env")))
        take_argument(recipe, rest);
    recipe->runs = sw_view_equal_fold(word, SW_VIEW("run"));
    if (recipe->runs)
        sw_build_step_begin(&recipe->step, recipe->reader, &recipe->variables);
    recipe->may_have_here = recipe->runs || sw_view_equal_fold(word, SW_VIEW("copy")) ||
                            sw_view_equal_fold(word, SW_VIEW("add"));
    return !recipe->may_have_here || take_flags(recipe, rest);
}

/* "# escape=`", which counts before the first instruction. */
static void take_directive(struct recipe *recipe, struct sw_view comment)
{
    struct sw_view text = sw_view_trim(sw_view_skip(comment, 1));
    size_t equals = sw_view_find(text, '=');
    struct sw_view value = sw_view_trim(sw_view_skip(text, equals + 1));

    if (sw_view_equal_fold(sw_view_trim(sw_view_first(text, equals)), SW_VIEW("escape")) &&
        value.size == 1 && value.data[0] == '`')
        recipe->escape = '`';
}

static bool take_next(struct recipe *recipe, struct sw_view text, bool goes_on)
{
    if (!goes_on)
        recipe->open = OPEN_NOTHING;
    if (recipe->open == OPEN_FROM)
        return take_from(recipe, text);
    if (recipe->open == OPEN_FLAGS)
        return take_flags(recipe, text);
    return goes_on || take_instruction(recipe, text);
}

/* All of a line that is no comment; *goes_on: it belongs to the one before, and then, the
 * next belongs to it. */
static bool take_line(struct recipe *recipe, struct sw_view text, bool *goes_on)
{
    const bool first = !*goes_on;

    if (first)
        recipe->runs = recipe->may_have_here = false;
    if (!take_next(recipe, text, *goes_on))
        return false;
    *goes_on = text.data[text.size - 1] == recipe->escape;
    text.size -= *goes_on ? 1 : 0;
    if (recipe->may_have_here)
        find_here(recipe, text);
    if (!recipe->runs)
        return true;
    if (first)
        text = sw_view_skip(text, sizeof("run") - 1);
    if (!feed_step(recipe, text, *goes_on ? ' ' : '\n'))
        return false;
    return *goes_on || recipe->here.size > 0 || sw_build_step_end(&recipe->step);
}

/* Behind `<<WORD` each line is a command, or what a file is to hold. */
static bool take_here(struct recipe *recipe, struct sw_view line)
{
    const struct sw_view text = sw_view_trim(line);

    if (sw_view_equal(text, recipe->here)) {
        recipe->here.size = 0;
        return !recipe->runs || sw_build_step_end(&recipe->step);
    }
    return !recipe->runs || feed_step(recipe, text, '\n');
}

/* Of lines that go on, the flags and a name that was not there yet count; their comments
 * do not end them. */
void sw_read_dockerfile(struct sw_package_reader *reader)
{
    struct recipe recipe = {.reader = reader, .escape = '\\'};
    struct sw_lines lines = {reader->content};
    bool goes_on = false, begun = false;
    struct sw_view line;

    while (sw_lines_next(&lines, &line)) {
        struct sw_view text = sw_view_trim(line);
        if (recipe.here.size > 0 && !goes_on) {
            if (!take_here(&recipe, line))
                return;
            continue;
        }
        if (text.size > 0 && text.data[0] == '#' && !begun)
            take_directive(&recipe, text);
        if (text.size == 0 || text.data[0] == '#')
            continue;
        begun = true;
        if (!take_line(&recipe, text, &goes_on))
            return;
    }
    if (recipe.runs)
        (void)sw_build_step_end(&recipe.step);
}
