/* SPDX-License-Identifier: Apache-2.0 */
/* Writes YARA rules for indicators that are found in text. */
#include "common/indicator_rules.h"

#include <string.h>

/* What may stand before and after a whole token. A full stop that ends a
 * sentence ends the token too. */
#define BEFORE_HOST "(^|[^a-z0-9_.-])"
#define BEFORE_SUB  "(^|[^a-z0-9_-])"
#define AFTER_HOST  "(\\.?[^a-z0-9_.-]|\\.?$)"
#define BEFORE_IP   "(^|[^0-9a-z.:])"
#define AFTER_IP    "(\\.?[^0-9a-z.]|\\.?$)"

/* Fails once and for all when memory runs out. */
struct page {
    struct sw_buf *text;
    enum sw_status status;
};

static void put_bytes(struct page *page, const char *bytes, size_t size)
{
    if (page->status == SW_OK)
        page->status = sw_buf_append(page->text, bytes, size);
}

static void put(struct page *page, const char *text)
{
    put_bytes(page, text, strlen(text));
}

/* Inside a YARA string: quote and backslash are escaped; the form lets no
 * control characters through. */
static void put_quoted(struct page *page, const char *text)
{
    put(page, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            put(page, "\\");
        put_bytes(page, text, 1);
    }
    put(page, "\"");
}

/* Inside a regular expression: letters, digits, hyphens and colons stand for
 * themselves. */
static void put_literal(struct page *page, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '.')
            put(page, "\\");
        put_bytes(page, text, 1);
    }
}

static void put_meta(struct page *page, const char *name, const char *value)
{
    put(page, "        ");
    put(page, name);
    put(page, " = ");
    put_quoted(page, value);
    put(page, "\n");
}

/* The id, as a name that YARA takes. */
static void put_name(struct page *page, const char *id)
{
    for (; *id != '\0'; id++)
        put_bytes(page, *id == '-' ? "_" : id, 1);
}

static void put_head(struct page *page, const struct sw_indicator *row)
{
    put(page, "rule ");
    put_name(page, row->id);
    put(page, " : indicator ");
    put(page, sw_indicator_type_name(row->type));
    put(page, "\n{\n    meta:\n");
    put_meta(page, "id", row->id);
    put_meta(page, "title", row->title);
    put_meta(page, "family", row->family);
    put_meta(page, "stage", row->stage);
    put_meta(page, "severity", sw_severity_name(row->severity));
    put_meta(page, "confidence", row->confidence);
    put(page, "    strings:\n        $token = /");
}

static void put_host(struct page *page, const struct sw_indicator *row)
{
    put(page, row->host.subdomains ? BEFORE_SUB : BEFORE_HOST);
    put_literal(page, row->host.value);
    put(page, AFTER_HOST "/ nocase ascii wide\n    condition:\n        $token\n}\n");
}

static void put_address(struct page *page, const struct sw_indicator *row)
{
    put(page, BEFORE_IP);
    put_literal(page, row->host.value);
    put(page, AFTER_IP "/ nocase ascii wide\n    condition:\n        $token\n}\n");
}

static void put_object(struct page *page, const struct sw_indicator *row)
{
    put(page, BEFORE_HOST);
    put_literal(page, row->kubernetes.name);
    put(page, AFTER_HOST "/ ascii wide\n    condition:\n        $token\n}\n");
}

static void put_rule(struct page *page, const struct sw_indicator *row)
{
    put_head(page, row);
    if (row->type == SW_INDICATOR_DOMAIN)
        put_host(page, row);
    else if (row->type == SW_INDICATOR_IP)
        put_address(page, row);
    else
        put_object(page, row);
}

/* The start of an object's name says too little by itself: what stands around it
 * in a manifest is for rules to ask. */
static bool is_text(const struct sw_indicator *row)
{
    return row->type == SW_INDICATOR_DOMAIN || row->type == SW_INDICATOR_IP ||
           (row->type == SW_INDICATOR_KUBERNETES && !row->kubernetes.prefix);
}

enum sw_status sw_indicator_rules(const struct sw_indicators *set, const char *namespace_,
                                  struct sw_buf *text)
{
    struct page page = {text, SW_OK};

    for (size_t i = 0; i < set->count; i++)
        if (is_text(&set->rows[i]) && strcmp(set->rows[i].namespace_, namespace_) == 0)
            put_rule(&page, &set->rows[i]);
    return page.status;
}
