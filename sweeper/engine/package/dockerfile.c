/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dockerfile.c - the images that a Dockerfile builds on: FROM, COPY --from and
 * RUN --mount=from. Names of earlier stages are no images. Variables are replaced by
 * the defaults of their ARG; without one, nothing is known.
 */
#include "engine/package/reader.h"

enum { STAGES_MAX = 64, ARGS_MAX = 64, REFERENCE_MAX = 2 * SW_PACKAGE_TEXT_MAX };

struct argument {
    struct sw_view name;
    struct sw_view value;
};

struct recipe {
    struct sw_package_reader *reader;
    struct sw_view stages[STAGES_MAX];
    size_t stage_count;
    struct argument arguments[ARGS_MAX];
    size_t argument_count;
    uint8_t escape; /* at its end a line goes on: \ or, by "# escape=`", a backtick */
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

/* --- variables --- */

/* $NAME, ${NAME}, ${NAME:-default} at the front of *rest, taken off. */
static bool take_variable(struct sw_view *rest, struct sw_view *name, struct sw_view *fallback)
{
    struct sw_view from = sw_view_skip(*rest, 1);
    bool braces = from.size > 0 && from.data[0] == '{';
    from = sw_view_skip(from, braces ? 1 : 0);
    size_t size = 0;
    while (size < from.size && (sw_is_alnum(from.data[size]) || from.data[size] == '_'))
        size++;
    *name = sw_view_first(from, size);
    *fallback = sw_view_first(from, 0);
    *rest = sw_view_skip(from, size);
    if (!braces)
        return size > 0;
    size_t end = sw_view_find(*rest, '}');
    if (size == 0 || end == rest->size)
        return false;
    struct sw_view inside = sw_view_first(*rest, end);
    if (sw_view_starts(inside, SW_VIEW(":-")))
        *fallback = sw_view_skip(inside, 2);
    *rest = sw_view_skip(*rest, end + 1);
    return true;
}

static struct sw_view value_of(const struct recipe *recipe, struct sw_view name,
                               struct sw_view fallback)
{
    for (size_t i = recipe->argument_count; i > 0; i--)
        if (sw_view_equal(recipe->arguments[i - 1].name, name) &&
            recipe->arguments[i - 1].value.size > 0)
            return recipe->arguments[i - 1].value;
    return fallback;
}

/* False when a variable has no value, or the text would be too long. */
static bool expand(const struct recipe *recipe, struct sw_view text, uint8_t out[REFERENCE_MAX],
                   struct sw_view *expanded)
{
    size_t size = 0;
    while (text.size > 0) {
        struct sw_view piece = sw_view_first(text, sw_view_find(text, '$'));
        text = sw_view_skip(text, piece.size);
        if (piece.size == 0) {
            struct sw_view name;
            struct sw_view fallback;
            if (!take_variable(&text, &name, &fallback))
                return false;
            piece = value_of(recipe, name, fallback);
            if (piece.size == 0)
                return false;
        }
        if (piece.size > REFERENCE_MAX - size)
            return false;
        memcpy(out + size, piece.data, piece.size);
        size += piece.size;
    }
    *expanded = (struct sw_view){out, size};
    return true;
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
    uint8_t text[REFERENCE_MAX];
    struct sw_view reference = word;
    if (word.size > 1 && word.data[0] == '"' && word.data[word.size - 1] == '"')
        word = sw_view_first(sw_view_skip(word, 1), word.size - 2);
    if (word.size == 0 || word.size > REFERENCE_MAX || !expand(recipe, word, text, &reference) ||
        sw_view_equal_fold(reference, SW_VIEW("scratch")) || is_stage(recipe, reference))
        return recipe->reader->status == SW_OK;
    return sw_package_emit_image(recipe->reader, reference, word.data);
}

/* ARG NAME=value */
static void take_argument(struct recipe *recipe, struct sw_view rest)
{
    while (recipe->argument_count < ARGS_MAX) {
        struct sw_view word = take_word(&rest);
        if (word.size == 0)
            return;
        size_t equals = sw_view_find(word, '=');
        struct sw_view value = sw_view_skip(word, equals + 1);
        if (value.size > 1 && (value.data[0] == '"' || value.data[0] == '\'') &&
            value.data[value.size - 1] == value.data[0])
            value = sw_view_first(sw_view_skip(value, 1), value.size - 2);
        if (value.size > 0 && value.size <= SW_PACKAGE_TEXT_MAX &&
            sw_view_find(value, '$') == value.size)
            recipe->arguments[recipe->argument_count++] =
                (struct argument){sw_view_first(word, equals), value};
    }
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

static bool take_instruction(struct recipe *recipe, struct sw_view line)
{
    struct sw_view rest = line;
    struct sw_view word = take_word(&rest);
    if (sw_view_equal_fold(word, SW_VIEW("from")))
        return take_from(recipe, rest);
    if (sw_view_equal_fold(word, SW_VIEW("arg")))
        take_argument(recipe, rest);
    else if (sw_view_equal_fold(word, SW_VIEW("copy")) ||
             sw_view_equal_fold(word, SW_VIEW("add")) || sw_view_equal_fold(word, SW_VIEW("run")))
        return take_flags(recipe, rest);
    return true;
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
        if (text.size > 0 && text.data[0] == '#' && !begun)
            take_directive(&recipe, text);
        if (text.size == 0 || text.data[0] == '#')
            continue;
        begun = true;
        if (!take_next(&recipe, text, goes_on))
            return;
        goes_on = text.data[text.size - 1] == recipe.escape;
    }
}
