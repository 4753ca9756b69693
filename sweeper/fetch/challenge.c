/* SPDX-License-Identifier: Apache-2.0 */
/* challenge.c - schemes and their parameters. */
#include "fetch/challenge.h"

#include "common/view.h"

static bool is_token_byte(uint8_t byte)
{
    return sw_is_alnum(byte) || (byte != '\0' && strchr("!#$%&'*+-.^_`|~/", byte) != NULL);
}

static struct sw_view take_token(struct sw_view *rest)
{
    size_t size = 0;

    while (size < rest->size && is_token_byte(rest->data[size]))
        size++;
    struct sw_view token = sw_view_first(*rest, size);
    *rest = sw_view_skip(*rest, size);
    return token;
}

static void skip_blanks(struct sw_view *rest)
{
    while (rest->size > 0 && sw_is_blank(rest->data[0]))
        *rest = sw_view_skip(*rest, 1);
}

static bool is_plain_byte(uint8_t byte)
{
    return byte > ' ' && byte < 127 && byte != ',' && byte != '"';
}

/* What stands behind the '=': a token, or a text in quotes. */
static bool take_value(struct sw_view *rest, char *out, size_t out_size)
{
    size_t size = 0;

    if (rest->size == 0 || rest->data[0] != '"') {
        /* More than a token may hold: some write a URL without quotes. */
        while (size < rest->size && is_plain_byte(rest->data[size]))
            size++;
        if (size == 0 || size >= out_size)
            return false;
        memcpy(out, rest->data, size);
        out[size] = '\0';
        *rest = sw_view_skip(*rest, size);
        return true;
    }
    for (size_t i = 1; i < rest->size && size + 1 < out_size; i++) {
        uint8_t byte = rest->data[i];
        if (byte == '"') {
            out[size] = '\0';
            *rest = sw_view_skip(*rest, i + 1);
            return true;
        }
        if (byte == '\\' && i + 1 < rest->size)
            byte = rest->data[++i];
        if (byte < ' ' || byte == 127)
            return false;
        out[size++] = (char)byte;
    }
    return false;
}

struct sw_challenge sw_challenge_parse(struct sw_view header)
{
    struct sw_challenge challenge = {0};
    bool in_bearer = false;
    char value[sizeof(challenge.realm)];

    for (;;) {
        while (header.size > 0 && (sw_is_blank(header.data[0]) || header.data[0] == ','))
            header = sw_view_skip(header, 1);
        struct sw_view word = take_token(&header);
        if (word.size == 0)
            return challenge;
        skip_blanks(&header);
        if (header.size == 0 || header.data[0] != '=') {
            in_bearer = sw_view_equal_fold(word, SW_VIEW("bearer"));
            challenge.basic |= sw_view_equal_fold(word, SW_VIEW("basic"));
            continue;
        }
        header = sw_view_skip(header, 1);
        skip_blanks(&header);
        if (!take_value(&header, value, sizeof(value)))
            return challenge;
        if (!in_bearer)
            continue;
        if (sw_view_equal_fold(word, SW_VIEW("realm"))) {
            memcpy(challenge.realm, value, strlen(value) + 1);
            challenge.bearer = value[0] != '\0';
        } else if (sw_view_equal_fold(word, SW_VIEW("service")) &&
                   strlen(value) < sizeof(challenge.service)) {
            memcpy(challenge.service, value, strlen(value) + 1);
        }
    }
}
