/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h - small questions to borrowed bytes, for readers of hostile text.
 *
 * Every function takes any view, the empty one included, and answers with a part
 * of it. Letters are ASCII: what a locale thinks does not matter.
 */
#ifndef SWEEPER_COMMON_VIEW_H
#define SWEEPER_COMMON_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sweeper/buf.h"

/* A string literal as a view. */
#define SW_VIEW(literal) ((struct sw_view){(const uint8_t *)(literal), sizeof(literal) - 1})

static inline struct sw_view sw_view_of(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static inline bool sw_is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline uint8_t sw_lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static inline bool sw_is_alnum(uint8_t byte)
{
    uint8_t low = sw_lower(byte);
    return sw_is_digit(byte) || (low >= 'a' && low <= 'z');
}

static inline bool sw_is_hex(uint8_t byte)
{
    uint8_t low = sw_lower(byte);
    return sw_is_digit(byte) || (low >= 'a' && low <= 'f');
}

/* Blank inside a line; the end of a line counts, a stray '\r' too. */
static inline bool sw_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* What follows the first `count` bytes. */
static inline struct sw_view sw_view_skip(struct sw_view view, size_t count)
{
    if (count >= view.size)
        return (struct sw_view){view.data, 0};
    return (struct sw_view){view.data + count, view.size - count};
}

static inline struct sw_view sw_view_first(struct sw_view view, size_t count)
{
    return (struct sw_view){view.data, count < view.size ? count : view.size};
}

/* Where `byte` first stands, or the size. */
static inline size_t sw_view_find(struct sw_view view, uint8_t byte)
{
    const uint8_t *at = view.size == 0 ? NULL : memchr(view.data, byte, view.size);
    return at == NULL ? view.size : (size_t)(at - view.data);
}

/* Where `byte` last stands, or the size. */
static inline size_t sw_view_find_last(struct sw_view view, uint8_t byte)
{
    const uint8_t *at = view.size == 0 ? NULL : memrchr(view.data, byte, view.size);
    return at == NULL ? view.size : (size_t)(at - view.data);
}

static inline bool sw_view_has(struct sw_view view, struct sw_view part)
{
    return view.size >= part.size &&
           (part.size == 0 || memmem(view.data, view.size, part.data, part.size) != NULL);
}

static inline bool sw_view_equal(struct sw_view a, struct sw_view b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool sw_view_equal_fold(struct sw_view a, struct sw_view b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (sw_lower(a.data[i]) != sw_lower(b.data[i]))
            return false;
    return true;
}

static inline bool sw_view_starts(struct sw_view view, struct sw_view part)
{
    return view.size >= part.size && sw_view_equal(sw_view_first(view, part.size), part);
}

static inline bool sw_view_starts_fold(struct sw_view view, struct sw_view part)
{
    return view.size >= part.size && sw_view_equal_fold(sw_view_first(view, part.size), part);
}

static inline bool sw_view_ends(struct sw_view view, struct sw_view part)
{
    return view.size >= part.size && sw_view_equal(sw_view_skip(view, view.size - part.size), part);
}

static inline struct sw_view sw_view_trim(struct sw_view view)
{
    while (view.size > 0 && sw_is_blank(view.data[0]))
        view = sw_view_skip(view, 1);
    while (view.size > 0 && sw_is_blank(view.data[view.size - 1]))
        view.size--;
    return view;
}

static inline bool sw_view_is_hex(struct sw_view view)
{
    for (size_t i = 0; i < view.size; i++)
        if (!sw_is_hex(view.data[i]))
            return false;
    return view.size > 0;
}

/* 40 hex digits. */
static inline bool sw_view_is_commit(struct sw_view view)
{
    return view.size == 40 && sw_view_is_hex(view);
}

/* "sha256:" and 64 hex digits. */
static inline bool sw_view_is_digest(struct sw_view view)
{
    struct sw_view hex = sw_view_skip(view, sizeof("sha256:") - 1);
    return sw_view_starts(view, SW_VIEW("sha256:")) && hex.size == 64 && sw_view_is_hex(hex);
}

#endif
