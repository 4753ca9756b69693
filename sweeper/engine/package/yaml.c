/* SPDX-License-Identifier: Apache-2.0 */
/* yaml.c - see yaml.h. */
#include "engine/package/yaml.h"

void sw_yaml_init(struct sw_yaml *yaml, struct sw_view text)
{
    yaml->lines.rest = text;
    yaml->depth = 0;
    yaml->pending = yaml->in_block = false;
    yaml->block_indent = yaml->flow_indent = yaml->indent = 0;
    yaml->is_item = false;
    yaml->flow = yaml->key = yaml->value = (struct sw_view){NULL, 0};
}

struct sw_view sw_yaml_parent(const struct sw_yaml *yaml, size_t up)
{
    return up < yaml->depth ? yaml->frames[yaml->depth - 1 - up].key : (struct sw_view){NULL, 0};
}

/* Where a quoted scalar at the front ends, behind its quote; 0 when it does not. */
static size_t quoted_size(struct sw_view text)
{
    uint8_t quote = text.data[0];
    for (size_t i = 1; i < text.size; i++) {
        if (quote == '"' && text.data[i] == '\\')
            i++;
        else if (text.data[i] == quote && quote == '\'' && i + 1 < text.size &&
                 text.data[i + 1] == quote)
            i++;
        else if (text.data[i] == quote)
            return i + 1;
    }
    return 0;
}

static bool is_quote(struct sw_view text)
{
    return text.size > 0 && (text.data[0] == '"' || text.data[0] == '\'');
}

/* "KEY:" and a blank or the end. False when the text is no pair. */
static bool split_pair(struct sw_view text, struct sw_view *key, struct sw_view *value)
{
    size_t colon = 0;
    size_t quoted = is_quote(text) ? quoted_size(text) : 0;
    if (is_quote(text)) {
        if (quoted == 0)
            return false;
        colon = quoted + sw_line_indent(sw_view_skip(text, quoted));
        if (colon >= text.size || text.data[colon] != ':')
            return false;
    } else {
        for (;; colon++) {
            colon += sw_view_find(sw_view_skip(text, colon), ':');
            if (colon >= text.size)
                return false;
            if (colon + 1 == text.size || sw_is_blank(text.data[colon + 1]))
                break;
        }
        size_t comment = 1;
        while (comment < colon &&
               !(text.data[comment] == '#' && sw_is_blank(text.data[comment - 1])))
            comment++;
        if (comment < colon)
            return false;
    }
    *key = quoted > 0 ? sw_view_first(sw_view_skip(text, 1), quoted - 2)
                      : sw_view_trim(sw_view_first(text, colon));
    *value = sw_view_trim(sw_view_skip(text, colon + 1));
    return true;
}

/* Anchors and tags in front of a value. */
static struct sw_view skip_properties(struct sw_view value)
{
    while (value.size > 0 && (value.data[0] == '&' || value.data[0] == '!')) {
        size_t size = 0;
        while (size < value.size && !sw_is_blank(value.data[size]))
            size++;
        value = sw_view_trim(sw_view_skip(value, size));
    }
    return value;
}

/* A scalar without its quotes or its comment. */
static struct sw_view scalar(struct sw_view value)
{
    if (is_quote(value)) {
        size_t quoted = quoted_size(value);
        return quoted == 0 ? value : sw_view_first(sw_view_skip(value, 1), quoted - 2);
    }
    if (value.size > 0 && value.data[0] == '#')
        return sw_view_first(value, 0);
    for (size_t i = 1; i < value.size; i++)
        if (value.data[i] == '#' && sw_is_blank(value.data[i - 1]))
            return sw_view_trim(sw_view_first(value, i));
    return value;
}

/* "|", ">-", "|2+" and a comment. */
static bool opens_block(struct sw_view value)
{
    if (value.size == 0 || (value.data[0] != '|' && value.data[0] != '>'))
        return false;
    for (size_t i = 1; i < value.size && !sw_is_blank(value.data[i]); i++)
        if (!sw_is_digit(value.data[i]) && value.data[i] != '+' && value.data[i] != '-')
            return false;
    return true;
}

/* --- frames --- */

static void push(struct sw_yaml *yaml, size_t indent, struct sw_view key)
{
    if (yaml->depth < SW_YAML_DEPTH_MAX)
        yaml->frames[yaml->depth++] = (struct sw_yaml_frame){indent, key};
}

static void pop_to(struct sw_yaml *yaml, size_t indent)
{
    while (yaml->depth > 0 && yaml->frames[yaml->depth - 1].indent >= indent)
        yaml->depth--;
}

/* --- flow collections --- */

static bool is_flow_mark(uint8_t byte)
{
    return byte == '{' || byte == '}' || byte == '[' || byte == ']' || byte == ',';
}

/* The next pair or item of what is left; brackets only divide. */
static bool next_in_flow(struct sw_yaml *yaml)
{
    while (yaml->flow.size > 0) {
        struct sw_view flow = yaml->flow;
        size_t size = 0;
        while (size < flow.size && !is_flow_mark(flow.data[size])) {
            struct sw_view rest = sw_view_skip(flow, size);
            size_t quoted = is_quote(rest) ? quoted_size(rest) : 0;
            if (is_quote(rest) && quoted == 0) /* never closed: no more to be had */
                size = flow.size;
            else
                size += quoted > 0 ? quoted : 1;
        }
        struct sw_view part = sw_view_trim(sw_view_first(flow, size));
        yaml->flow = sw_view_skip(flow, size + 1);
        if (part.size == 0)
            continue;
        yaml->key = sw_view_first(part, 0);
        struct sw_view value = part;
        (void)split_pair(part, &yaml->key, &value);
        yaml->value = scalar(value);
        yaml->indent = yaml->flow_indent;
        yaml->is_item = false;
        return true;
    }
    return false;
}

/* --- lines --- */

/* Takes "- " off, as often as it stands there. */
static struct sw_view take_dashes(struct sw_view text, size_t *indent, bool *is_item)
{
    while (text.size > 0 && text.data[0] == '-' && (text.size == 1 || sw_is_blank(text.data[1]))) {
        size_t size = 1 + sw_line_indent(sw_view_skip(text, 1));
        *is_item = true;
        *indent += size;
        text = sw_view_skip(text, size);
    }
    return text;
}

/* Makes an event of one line that is neither empty nor a comment. */
static bool take_line(struct sw_yaml *yaml, struct sw_view text, size_t indent)
{
    size_t line_indent = indent;
    yaml->is_item = false;
    text = take_dashes(text, &indent, &yaml->is_item);
    if (sw_view_starts(text, SW_VIEW("? "))) {
        text = sw_view_trim(sw_view_skip(text, 2));
        indent += 2;
    }
    pop_to(yaml, indent);
    yaml->indent = indent;
    yaml->key = sw_view_first(text, 0);
    struct sw_view value = text;
    bool is_pair = text.size > 0 && text.data[0] != '{' && text.data[0] != '[' &&
                   split_pair(text, &yaml->key, &value);
    value = skip_properties(value);
    if (opens_block(value)) {
        yaml->in_block = true;
        yaml->block_indent = is_pair ? indent : line_indent;
        yaml->value = sw_view_first(value, 0);
    } else if (value.size > 0 && (value.data[0] == '{' || value.data[0] == '[')) {
        yaml->flow = value;
        yaml->flow_indent = indent + 1;
        if (is_pair)
            push(yaml, indent, yaml->key);
        return next_in_flow(yaml);
    } else {
        yaml->value = scalar(value);
    }
    yaml->pending = is_pair;
    return true;
}

static bool is_document_mark(struct sw_view line)
{
    return sw_view_starts(line, SW_VIEW("---")) || sw_view_starts(line, SW_VIEW("...")) ||
           sw_view_starts(line, SW_VIEW("%"));
}

bool sw_yaml_next(struct sw_yaml *yaml)
{
    struct sw_view line;
    if (yaml->pending)
        push(yaml, yaml->indent, yaml->key);
    yaml->pending = false;
    if (next_in_flow(yaml))
        return true;
    while (sw_lines_next(&yaml->lines, &line)) {
        size_t indent = sw_line_indent(line);
        struct sw_view text = sw_view_trim(line);
        if (text.size == 0 || (yaml->in_block && indent > yaml->block_indent))
            continue;
        yaml->in_block = false;
        if (text.data[0] == '#')
            continue;
        if (indent == 0 && is_document_mark(line)) {
            yaml->depth = 0;
            continue;
        }
        if (take_line(yaml, text, indent))
            return true;
    }
    return false;
}
