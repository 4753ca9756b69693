/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.c - an article as a page of HTML: what is shown counts as text, what a
 * browser would run does not.
 *
 * A page nearly always holds some script. It is text all the same when every
 * match is known and none of them touches a script, a style or a tag.
 */
#include "engine/place/place_private.h"

enum { SHOWN_WORDS_MIN = 50 };

struct page {
    struct sw_view text;
    size_t next;
    size_t shown_words;
    bool active;       /* holds something that a browser runs */
    bool active_match; /* and a match lies in it, or may */
    bool broken;
};

bool place_touches(const struct sw_place_facts *facts, uint64_t from, uint64_t to)
{
    /* A rule may fire without a match that could be shown. */
    if (facts->matches == NULL || facts->match_count == 0)
        return true;
    for (size_t i = 0; i < facts->match_count; i++) {
        const struct sw_place_span *span = &facts->matches[i];
        if (span->offset < to && span->offset + span->size > from)
            return true;
    }
    return false;
}

static void see_active(struct page *page, const struct sw_place_facts *facts, size_t from,
                       size_t to)
{
    /* Offsets of matches are those of the object; a byte order mark may be cut off. */
    uint64_t shift = (uint64_t)(page->text.data - facts->head.data);

    page->active = true;
    page->active_match = page->active_match || place_touches(facts, from + shift, to + shift);
}

static void count_shown(struct page *page, size_t from, size_t to)
{
    bool inside = false;

    for (size_t i = from; i < to; i++) {
        uint8_t byte = page->text.data[i];
        bool letter = place_letter(byte) || byte >= 0x80;
        page->shown_words += letter && !inside;
        inside = letter;
    }
}

/* Where this stands from `from` on, whatever its case; the end when nowhere. */
static size_t find(const struct page *page, size_t from, const char *what)
{
    size_t size = strlen(what);

    for (size_t i = from; i + size <= page->text.size; i++)
        if (page->text.data[i] == (uint8_t)what[0] &&
            place_starts_nocase(place_after(page->text, i), what))
            return i;
    return page->text.size;
}

/* A tag that makes a browser run something: a handler, or an address that is a script. */
static bool is_active_tag(struct sw_view tag)
{
    for (size_t i = 0; i + 2 < tag.size; i++) {
        struct sw_view rest = place_after(tag, i);
        if (tag.data[i] != '\0' && strchr(" \n\t\f\r\"'/", tag.data[i]) != NULL &&
            (place_starts_nocase(place_after(rest, 1), "on") ||
             place_starts_nocase(place_after(rest, 1), "srcdoc")))
            return true;
        if (place_starts_nocase(rest, "javascript:") || place_starts_nocase(rest, "vbscript:"))
            return true;
    }
    return false;
}

/* Quotes that do not close here: the tag goes on behind this `>`. */
static bool is_whole_tag(struct sw_view tag)
{
    uint8_t quote = 0;

    for (size_t i = 1; i < tag.size; i++) {
        uint8_t byte = tag.data[i];
        if (quote != 0)
            quote = byte == quote ? 0 : quote;
        else if ((byte == '"' || byte == '\'') && strchr("= \t\n\f\r", tag.data[i - 1]) != NULL)
            quote = byte;
    }
    return quote == 0;
}

static bool is_data_script(struct sw_view tag)
{
    return place_has(tag, "application/ld+json") || place_has(tag, "\"application/json\"");
}

/* One element whose content is no text: from its tag to its end. */
static size_t skip_raw(struct page *page, const struct sw_place_facts *facts, size_t from,
                       size_t tag_end, const char *end)
{
    struct sw_view tag = {page->text.data + from, tag_end - from};
    size_t to = find(page, tag_end, end);

    if (to == page->text.size)
        page->broken = true;
    /* `<!--<script>` in a script takes the first end of both for one of its own. */
    if (place_has((struct sw_view){page->text.data + tag_end, to - tag_end}, "<!--") &&
        find(page, tag_end, "<script") < to)
        to = page->text.size;
    if (!is_data_script(tag) || is_active_tag(tag))
        see_active(page, facts, from, to);
    return to;
}

static size_t take_tag(struct page *page, const struct sw_place_facts *facts, size_t from)
{
    static const struct {
        const char *start, *end;
    } raw[] = {{"<script", "</script"},
               {"<style", "</style"},
               {"<iframe", "</iframe"},
               {"<object", "</object"},
               {"<embed", ">"},
               {"<svg", "</svg"},
               {"<math", "</math"},
               {"<template", "</template"},
               {"<textarea", "</textarea"}};
    struct sw_view rest = place_after(page->text, from);
    size_t tag_end;

    if (place_starts(rest, "<!--")) {
        tag_end = find(page, from, "-->");
        page->broken = page->broken || tag_end == page->text.size;
        /* What looks like a comment may stand in a title or between quotes, and be none:
         * then a tag follows. */
        if (memchr(rest.data + 1, '<', tag_end - from - 1) != NULL)
            see_active(page, facts, from, tag_end);
        return tag_end == page->text.size ? tag_end : tag_end + 3;
    }
    tag_end = find(page, from, ">");
    if (tag_end == page->text.size) {
        page->broken = true;
        return tag_end;
    }
    tag_end++;
    page->broken =
        page->broken || !is_whole_tag((struct sw_view){page->text.data + from, tag_end - from});
    for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++)
        if (place_starts_nocase(rest, raw[i].start))
            return skip_raw(page, facts, from, tag_end, raw[i].end);
    if (is_active_tag((struct sw_view){page->text.data + from, tag_end - from}))
        see_active(page, facts, from, tag_end);
    return tag_end;
}

bool place_starts_as_page(struct sw_view text)
{
    text = place_trim(text);
    while (place_starts(text, "<?xml") || place_starts(text, "<!--")) {
        const uint8_t *end = memmem(text.data, text.size, text.data[1] == '?' ? "?>" : "-->",
                                    text.data[1] == '?' ? 2 : 3);
        if (end == NULL)
            return false;
        text = place_trim(
            place_after(text, (size_t)(end - text.data) + (text.data[1] == '?' ? 2 : 3)));
    }
    return place_starts_nocase(text, "<!doctype html") || place_starts_nocase(text, "<html");
}

static bool shows_only(struct sw_view text, const struct sw_place_facts *facts)
{
    struct page page = {.text = text};

    while (page.next < text.size && !page.broken) {
        const uint8_t *tag = memchr(text.data + page.next, '<', text.size - page.next);
        size_t at = tag != NULL ? (size_t)(tag - text.data) : text.size;
        count_shown(&page, page.next, at);
        page.next = at < text.size ? take_tag(&page, facts, at) : at;
    }
    return !page.broken && page.shown_words >= SHOWN_WORDS_MIN && !page.active_match;
}

bool place_is_page(struct sw_view text, const struct sw_place_facts *facts)
{
    return place_starts_as_page(text) && !place_holds_script(text) && shows_only(text, facts);
}

/* --- XML of wikis and news feeds ------------------------------------------------- */

/* A shell reads a line before it runs any of it, and stops for good at a `>` that nothing
 * follows - unless that lies in a text or in a comment. */
static bool stops_a_shell(struct sw_view line)
{
    size_t quotes[2] = {0};

    for (size_t i = 0; i < line.size; i++) {
        quotes[0] += line.data[i] == '"';
        quotes[1] += line.data[i] == '\'';
        if (strchr("#`\\$;&|(", line.data[i]) != NULL)
            return false;
    }
    return line.size > 1 && line.data[0] == '<' && line.data[line.size - 1] == '>' &&
           quotes[0] % 2 == 0 && quotes[1] % 2 == 0;
}

bool place_is_markup(struct sw_view text, const struct sw_place_facts *facts)
{
    static const char *const roots[] = {"<mediawiki", "<rss", "<feed"};
    struct sw_view rest = text, line = {0};
    const uint8_t *end;

    /* A style sheet is a program, and an entity brings in what is not shown. */
    if (!place_next_line(&rest, &line) || !stops_a_shell(place_trim(line)) ||
        place_has(text, "<?xml-") || place_has(text, "<!DOCTYPE") || place_has(text, "<!ENTITY") ||
        place_holds_script(text))
        return false;
    rest = text;
    if (place_starts(rest, "<?xml ")) {
        end = memmem(rest.data, rest.size, "?>", 2);
        rest = end == NULL ? rest : place_trim(place_after(rest, (size_t)(end - rest.data) + 2));
    }
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        size_t size = strlen(roots[i]);
        if (place_starts(rest, roots[i]) && rest.size > size &&
            strchr(" >\n", rest.data[size]) != NULL)
            return shows_only(text, facts);
    }
    return false;
}
