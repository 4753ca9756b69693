/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.c - the text of detection rules: YARA, Sigma, Semgrep, Suricata, Snort.
 *
 * A text is rules when all of it is: what stands between rules, or in a comment
 * that a shell would run line by line, is doubt.
 */
#include "engine/place/place_private.h"

/* --- YARA ------------------------------------------------------------------- */

struct yara {
    struct sw_view rest;
    bool bad;
};

/* The lines of a comment: no shell finds a statement in them. */
static bool is_harmless_comment(struct sw_view comment)
{
    struct sw_view line = {0};

    while (place_next_line(&comment, &line)) {
        line = place_trim(line);
        if (line.size > 0 && line.data[0] != '*' && line.data[0] != '$' && place_is_statement(line))
            return false;
    }
    return true;
}

static void yara_comment(struct yara *yara)
{
    struct sw_view from = yara->rest, line = {0};
    const uint8_t *end;

    if (place_starts(from, "//")) {
        place_next_line(&yara->rest, &line);
        return;
    }
    end = memmem(from.data + 2, from.size - 2, "*/", 2);
    if (end == NULL) {
        yara->bad = true;
        return;
    }
    yara->bad = yara->bad || !is_harmless_comment(
                                 (struct sw_view){from.data + 2, (size_t)(end - from.data) - 2});
    yara->rest = place_after(from, (size_t)(end - from.data) + 2);
}

static void yara_blanks(struct yara *yara)
{
    while (!yara->bad && yara->rest.size > 0) {
        if (strchr(" \t\r\n\f", yara->rest.data[0]) != NULL)
            yara->rest = place_after(yara->rest, 1);
        else if (place_starts(yara->rest, "//") || place_starts(yara->rest, "/*"))
            yara_comment(yara);
        else
            break;
    }
}

static struct sw_view yara_word(struct yara *yara)
{
    struct sw_view word;
    size_t size = 0;

    yara_blanks(yara);
    while (size < yara->rest.size && place_ident(yara->rest.data[size]))
        size++;
    word = place_first(yara->rest, size);
    yara->rest = place_after(yara->rest, size);
    return word;
}

static bool yara_sign(struct yara *yara, uint8_t sign)
{
    yara_blanks(yara);
    if (yara->bad || yara->rest.size == 0 || yara->rest.data[0] != sign)
        return false;
    yara->rest = place_after(yara->rest, 1);
    return true;
}

/* A text or a regular expression; both end on their line. */
static void yara_quoted(struct yara *yara, uint8_t quote)
{
    for (size_t i = 1; i < yara->rest.size; i++) {
        uint8_t byte = yara->rest.data[i];
        if (byte == '\n' || byte == '\r')
            break;
        if (byte == '\\') {
            i++;
        } else if (byte == quote) {
            yara->rest = place_after(yara->rest, i + 1);
            return;
        }
    }
    yara->bad = true;
}

/* From behind the first brace to behind its partner. */
static bool yara_body(struct yara *yara)
{
    size_t depth = 1;
    bool condition = false;

    while (depth > 0) {
        struct sw_view word = yara_word(yara);
        if (depth == 1 && place_is(word, "condition"))
            condition = condition || yara_sign(yara, ':');
        if (yara->bad || yara->rest.size == 0)
            return false;
        if (word.size > 0)
            continue;
        uint8_t byte = yara->rest.data[0];
        if (byte == '"' || byte == '/') {
            yara_quoted(yara, byte);
            continue;
        }
        depth = byte == '{' ? depth + 1 : byte == '}' ? depth - 1 : depth;
        yara->rest = place_after(yara->rest, 1);
    }
    return condition;
}

static bool yara_rule(struct yara *yara)
{
    if (yara_word(yara).size == 0)
        return false;
    if (yara_sign(yara, ':'))
        while (yara_word(yara).size > 0)
            continue;
    return yara_sign(yara, '{') && yara_body(yara);
}

bool place_is_yara(struct sw_view text)
{
    static const char *const quoting[] = {"import", "include", NULL};
    static const char *const before[] = {"private", "global", NULL};
    struct yara yara = {.rest = text};
    size_t rules = 0;

    for (;;) {
        struct sw_view word = yara_word(&yara);
        if (yara.bad)
            return false;
        if (word.size == 0)
            return rules > 0 && yara.rest.size == 0;
        if (place_among(word, quoting)) {
            yara_blanks(&yara);
            if (yara.rest.size == 0 || yara.rest.data[0] != '"')
                return false;
            yara_quoted(&yara, '"');
        } else if (place_is(word, "rule")) {
            if (!yara_rule(&yara))
                return false;
            rules++;
        } else if (!place_among(word, before)) {
            return false;
        }
    }
}

/* --- rules written in YAML ---------------------------------------------------- */

static struct sw_view yaml_key(struct sw_view line)
{
    const uint8_t *colon = memchr(line.data, ':', line.size);
    size_t size = colon != NULL ? (size_t)(colon - line.data) : 0;

    if (colon != NULL && size + 1 < line.size && line.data[size + 1] != ' ')
        size = 0;
    return place_first(line, size);
}

/* A line of the outermost mapping, or of one in a list of them where `keys` has "-":
 * its key. SW_END: the line is none. */
struct top_lines {
    struct sw_view text;
    bool listed; /* the text may be a list of mappings */
    bool list;   /* and is one */
    bool begun;
};

static bool next_top_key(struct top_lines *lines, struct sw_view *key)
{
    struct sw_view line = {0};

    while (place_next_line(&lines->text, &line)) {
        if (place_trim(line).size == 0 || line.data[0] == '#' ||
            place_is(place_trim(line), "---") || place_is(place_trim(line), "..."))
            continue;
        if (!lines->begun)
            lines->list = lines->listed && place_starts(line, "- ");
        lines->begun = true;
        if (lines->listed && !lines->list && place_starts(line, "- "))
            continue; /* an item below the key before it */
        if (lines->list && place_starts(line, "- ")) {
            line = place_after(line, 2);
        } else if (lines->list && place_indent(line) == 2) {
            line = place_after(line, 2);
        }
        if (line.size > 0 && line.data[0] == ' ')
            continue;
        *key = yaml_key(line);
        return true;
    }
    return false;
}

bool place_has_only_keys(struct sw_view text, const char *const *keys)
{
    struct top_lines lines = {
        .text = text, .listed = place_among((struct sw_view){(const uint8_t *)"-", 1}, keys)};
    struct sw_view key = {0};

    while (next_top_key(&lines, &key))
        if (!place_among(key, keys))
            return false;
    return true;
}

bool place_has_key(struct sw_view text, const char *wanted)
{
    struct top_lines lines = {.text = text, .listed = true};
    struct sw_view key = {0};

    while (next_top_key(&lines, &key))
        if (place_is(key, wanted))
            return true;
    return false;
}

bool place_has_line(struct sw_view text, const char *start)
{
    struct sw_view line = {0};

    while (place_next_line(&text, &line)) {
        line = place_trim(line);
        if (place_starts(line, "- "))
            line = place_trim(place_after(line, 2));
        if (place_starts(line, start))
            return true;
    }
    return false;
}

bool place_is_sigma(struct sw_view text)
{
    static const char *const keys[] = {
        "title",      "id",      "status", "description", "author", "date",           "modified",
        "references", "tags",    "level",  "logsource",   "fields", "falsepositives", "detection",
        "related",    "license", "name",   "taxonomy",    "scope",  "correlation",    NULL};

    return place_has_only_keys(text, keys) && place_has_key(text, "title") &&
           place_has_key(text, "logsource") && place_has_key(text, "detection") &&
           place_has_line(text, "condition:");
}

/* What stands below `rules:` is a list; a mapping could be a job of this name. */
static bool lists_rules(struct sw_view text)
{
    struct sw_view line = {0};
    bool below = false;

    while (place_next_line(&text, &line)) {
        struct sw_view body = place_trim(line);
        if (below && body.size > 0 && body.data[0] != '#')
            return place_starts(body, "- ");
        below = below || place_is(place_trim(line), "rules:");
    }
    return false;
}

bool place_is_semgrep(struct sw_view text)
{
    static const char *const keys[] = {"rules", "- id", NULL};

    return place_has_only_keys(text, keys) && place_has_key(text, "rules") && lists_rules(text) &&
           place_has_line(text, "id:") && place_has_line(text, "message:") &&
           place_has_line(text, "severity:") && place_has_line(text, "languages:") &&
           place_has_line(text, "pattern");
}

/* --- network sensors ------------------------------------------------------------ */

/* A rule goes on behind a backslash at the end of its line. */
static bool next_sensor_rule(struct sw_view *text, struct sw_view *rule)
{
    struct sw_view line = {0};

    if (!place_next_line(text, rule))
        return false;
    *rule = place_trim(*rule);
    while (rule->size > 0 && rule->data[0] != '#' && rule->data[rule->size - 1] == '\\' &&
           place_next_line(text, &line)) {
        line = place_trim(line);
        rule->size = (size_t)(line.data + line.size - rule->data);
    }
    return true;
}

bool place_is_sensor_rules(struct sw_view text)
{
    static const char *const actions[] = {"alert",     "drop",      "reject",     "pass", "log",
                                          "rejectsrc", "rejectdst", "rejectboth", NULL};
    struct sw_view line = {0}, rest, word = {0};
    size_t rules = 0;

    while (next_sensor_rule(&text, &line)) {
        if (line.size == 0 || line.data[0] == '#')
            continue;
        rest = line;
        if (!place_next_word(&rest, &word) || !place_among(word, actions) ||
            (!place_has(line, " -> ") && !place_has(line, " <> ")) || !place_has(line, "(msg:") ||
            !place_has(line, "sid:") || line.data[line.size - 1] != ')')
            return false;
        rules++;
    }
    return rules > 0;
}
