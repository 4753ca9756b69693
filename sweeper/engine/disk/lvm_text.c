/* SPDX-License-Identifier: Apache-2.0 */
/* lvm_text.c - LVM2's text, with a stack of its own. */
#include "engine/disk/lvm_text.h"

#include <stdlib.h>
#include <string.h>

#include "common/view.h"

#define ROOM "lvm"

enum { FIRST_NODES = 256 };

struct parser {
    struct sw_view rest;
    struct sw_lvm_text *out;
    uint32_t open[SW_LVM_LEVELS_MAX]; /* sections and lists around what comes next */
    uint32_t last[SW_LVM_LEVELS_MAX]; /* the last node in each; 0: none yet */
    unsigned depth;
};

static enum sw_status damaged(struct sw_error *error, const char *what)
{
    return sw_fail_gap(error, SW_DEAD, SW_GAP_DAMAGED, ROOM, 0,
                       "the description of a volume group %s", what);
}

static void skip_blanks(struct sw_view *rest)
{
    while (rest->size > 0 && (sw_is_blank(rest->data[0]) || rest->data[0] == '#')) {
        const bool comment = rest->data[0] == '#';
        *rest = sw_view_skip(*rest, comment ? sw_view_find(*rest, '\n') : 1);
    }
}

static bool take(struct sw_view *rest, uint8_t byte)
{
    skip_blanks(rest);
    if (rest->size == 0 || rest->data[0] != byte)
        return false;
    *rest = sw_view_skip(*rest, 1);
    return true;
}

static bool is_name(uint8_t byte)
{
    return sw_is_alnum(byte) || byte == '_' || byte == '-' || byte == '.' || byte == '+' ||
           byte == '/' || byte == '@';
}

static struct sw_view take_name(struct sw_view *rest)
{
    size_t size = 0;

    skip_blanks(rest);
    while (size < rest->size && is_name(rest->data[size]))
        size++;
    const struct sw_view name = sw_view_first(*rest, size);
    *rest = sw_view_skip(*rest, size);
    return name;
}

/* --- nodes ------------------------------------------------------------------------ */

static enum sw_status add(struct parser *parser, const struct sw_lvm_node *node,
                          struct sw_error *error)
{
    struct sw_lvm_text *out = parser->out;
    const size_t count = out->count;

    if (count == SW_LVM_NODES_MAX)
        return damaged(error, "is too long");
    if (count >= FIRST_NODES && (count & (count - 1)) == 0) {
        struct sw_lvm_node *nodes = reallocarray(out->nodes, count * 2, sizeof(*nodes));
        if (nodes == NULL)
            return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                               "no memory for the description of a volume group");
        out->nodes = nodes;
    }
    const unsigned level = parser->depth - 1;
    if (parser->last[level] == 0)
        out->nodes[parser->open[level]].first = (uint32_t)count;
    else
        out->nodes[parser->last[level]].next = (uint32_t)count;
    parser->last[level] = (uint32_t)count;
    out->nodes[out->count++] = *node;
    return SW_OK;
}

/* What was added last is a section or a list: what follows is inside. */
static enum sw_status enter(struct parser *parser, struct sw_error *error)
{
    if (parser->depth == SW_LVM_LEVELS_MAX)
        return damaged(error, "has too many sections inside one another");
    parser->open[parser->depth] = (uint32_t)(parser->out->count - 1);
    parser->last[parser->depth] = 0;
    parser->depth++;
    return SW_OK;
}

/* --- values ----------------------------------------------------------------------- */

/* Between quotes; a backslash takes the next byte as it is. */
static bool take_text(struct sw_view *rest, struct sw_view *text)
{
    size_t size = 0;

    while (size < rest->size && rest->data[size] != '"')
        size += rest->data[size] == '\\' ? 2 : 1;
    if (size >= rest->size)
        return false;
    *text = sw_view_first(*rest, size);
    *rest = sw_view_skip(*rest, size + 1);
    return true;
}

static bool take_number(struct sw_view *rest, uint64_t *number)
{
    size_t size = 0;
    uint64_t value = 0;

    while (size < rest->size && sw_is_digit(rest->data[size])) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(rest->data[size] - '0'), &value))
            return false;
        size++;
    }
    *rest = sw_view_skip(*rest, size);
    *number = value;
    return size > 0;
}

/* A number or a text; in a list, too. Negative numbers and fractions have no use here: their
 * digits stand for them. */
static enum sw_status parse_value(struct parser *parser, struct sw_view name,
                                  struct sw_error *error)
{
    struct sw_lvm_node node = {.kind = SW_LVM_NUMBER, .name = name};
    bool good = false;

    if (take(&parser->rest, '"')) {
        node.kind = SW_LVM_TEXT;
        good = take_text(&parser->rest, &node.text);
    } else {
        (void)take(&parser->rest, '-');
        good = take_number(&parser->rest, &node.number);
        while (good && parser->rest.size > 0 && is_name(parser->rest.data[0]))
            parser->rest = sw_view_skip(parser->rest, 1);
    }
    return good ? add(parser, &node, error) : damaged(error, "has a value that is none");
}

static bool in_list(const struct parser *parser)
{
    return parser->out->nodes[parser->open[parser->depth - 1]].kind == SW_LVM_LIST;
}

/* name = value, name = [ ..., name { ... */
static enum sw_status parse_entry(struct parser *parser, struct sw_error *error)
{
    const struct sw_view name = take_name(&parser->rest);
    struct sw_lvm_node node = {.kind = SW_LVM_SECTION, .name = name};

    if (name.size == 0)
        return damaged(error, "makes no sense");
    if (!take(&parser->rest, '{')) {
        if (!take(&parser->rest, '='))
            return damaged(error, "has a name without a value");
        if (!take(&parser->rest, '['))
            return parse_value(parser, name, error);
        node.kind = SW_LVM_LIST;
    }
    enum sw_status status = add(parser, &node, error);
    return status == SW_OK ? enter(parser, error) : status;
}

static enum sw_status parse_next(struct parser *parser, struct sw_error *error)
{
    const bool list = in_list(parser);

    if (parser->depth > 1 && take(&parser->rest, list ? ']' : '}')) {
        parser->depth--;
        return SW_OK;
    }
    if (!list)
        return parse_entry(parser, error);
    enum sw_status status = parse_value(parser, (struct sw_view){0}, error);
    if (status == SW_OK)
        (void)take(&parser->rest, ',');
    return status;
}

enum sw_status sw_lvm_parse(struct sw_view text, struct sw_lvm_text *parsed, struct sw_error *error)
{
    struct sw_lvm_text made = {.nodes = calloc(FIRST_NODES, sizeof(*made.nodes)), .count = 1};
    struct parser parser = {.rest =
                                sw_view_first(text, strnlen((const char *)text.data, text.size)),
                            .out = &made,
                            .depth = 1};
    enum sw_status status = SW_OK;

    if (made.nodes == NULL)
        return sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, ROOM, 0,
                           "no memory for the description of a volume group");
    skip_blanks(&parser.rest);
    while (parser.rest.size > 0 && status == SW_OK) {
        status = parse_next(&parser, error);
        skip_blanks(&parser.rest);
    }
    if (status == SW_OK && parser.depth != 1)
        status = damaged(error, "ends too early");
    if (status != SW_OK)
        sw_lvm_text_done(&made);
    else
        *parsed = made;
    return status;
}

void sw_lvm_text_done(struct sw_lvm_text *text)
{
    free(text->nodes);
    *text = (struct sw_lvm_text){0};
}

/* --- looking up ------------------------------------------------------------------- */

static const struct sw_lvm_node *at(const struct sw_lvm_text *text, uint32_t index)
{
    return index == 0 ? NULL : &text->nodes[index];
}

const struct sw_lvm_node *sw_lvm_first(const struct sw_lvm_text *text,
                                       const struct sw_lvm_node *node)
{
    return at(text, node->first);
}

const struct sw_lvm_node *sw_lvm_next(const struct sw_lvm_text *text,
                                      const struct sw_lvm_node *node)
{
    return at(text, node->next);
}

const struct sw_lvm_node *sw_lvm_find(const struct sw_lvm_text *text,
                                      const struct sw_lvm_node *section, const char *name,
                                      enum sw_lvm_kind kind)
{
    const struct sw_view wanted = sw_view_of(name);

    if (section == NULL)
        return NULL;
    for (const struct sw_lvm_node *node = sw_lvm_first(text, section); node != NULL;
         node = sw_lvm_next(text, node))
        if (node->kind == kind && sw_view_equal(node->name, wanted))
            return node;
    return NULL;
}

uint64_t sw_lvm_number(const struct sw_lvm_text *text, const struct sw_lvm_node *section,
                       const char *name)
{
    const struct sw_lvm_node *node = sw_lvm_find(text, section, name, SW_LVM_NUMBER);
    return node == NULL ? UINT64_MAX : node->number;
}

struct sw_view sw_lvm_string(const struct sw_lvm_text *text, const struct sw_lvm_node *section,
                             const char *name)
{
    const struct sw_lvm_node *node = sw_lvm_find(text, section, name, SW_LVM_TEXT);
    return node == NULL ? (struct sw_view){(const uint8_t *)"", 0} : node->text;
}
