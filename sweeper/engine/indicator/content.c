/* SPDX-License-Identifier: Apache-2.0 */
/* content.c - what kind of content an object has, as hash indicators ask it. */
#include <ctype.h>
#include <string.h>

#include "engine/indicator/matcher_private.h"

enum { SHEBANG_MAX = 128 };

static bool starts(struct sw_view head, const char *bytes, size_t size)
{
    return head.size >= size && memcmp(head.data, bytes, size) == 0;
}
#define STARTS(head, literal) starts(head, literal, sizeof(literal) - 1)

static bool ends_with(struct sw_view path, const char *suffix)
{
    size_t size = strlen(suffix);
    return path.size > size && memcmp(path.data + path.size - size, suffix, size) == 0;
}

static bool one_suffix(struct sw_view path, const char *const *suffixes)
{
    while (*suffixes != NULL && !ends_with(path, *suffixes))
        suffixes++;
    return *suffixes != NULL;
}

/* The first line names the interpreter. */
static bool runs_by(struct sw_view head, const char *interpreter)
{
    if (!STARTS(head, "#!"))
        return false;
    size_t size = head.size < SHEBANG_MAX ? head.size : SHEBANG_MAX;
    const uint8_t *end = memchr(head.data, '\n', size);
    if (end != NULL)
        size = (size_t)(end - head.data);
    return memmem(head.data, size, interpreter, strlen(interpreter)) != NULL;
}

static bool is_macho(struct sw_view head)
{
    return STARTS(head, "\xfe\xed\xfa\xce") || STARTS(head, "\xfe\xed\xfa\xcf") ||
           STARTS(head, "\xce\xfa\xed\xfe") || STARTS(head, "\xcf\xfa\xed\xfe") ||
           STARTS(head, "\xca\xfe\xba\xbe");
}

static bool is_text(struct sw_view head)
{
    return head.size > 0 && memchr(head.data, '\0', head.size) == NULL;
}

static bool is_json(struct sw_view head)
{
    size_t at = 0;
    while (at < head.size && isspace(head.data[at]))
        at++;
    return at < head.size && (head.data[at] == '{' || head.data[at] == '[');
}

bool sw_content_fits(enum sw_content content, struct sw_view path, struct sw_view head)
{
    switch (content) {
    case SW_CONTENT_ANY:
        return true;
    case SW_CONTENT_ZIP:
        return STARTS(head, "PK\x03\x04");
    case SW_CONTENT_GZIP:
        return STARTS(head, "\x1f\x8b");
    case SW_CONTENT_AR:
        return STARTS(head, "!<arch>\n");
    case SW_CONTENT_RPM:
        return STARTS(head, "\xed\xab\xee\xdb");
    case SW_CONTENT_ELF:
        return STARTS(head, "\x7f"
                            "ELF");
    case SW_CONTENT_MACHO:
        return is_macho(head);
    case SW_CONTENT_PE:
        return STARTS(head, "MZ");
    case SW_CONTENT_PYTHON:
        return one_suffix(path, (const char *const[]){".py", ".pth", ".pyw", NULL}) ||
               runs_by(head, "python");
    case SW_CONTENT_JAVASCRIPT:
        return one_suffix(path, (const char *const[]){".js", ".mjs", ".cjs", NULL}) ||
               runs_by(head, "node");
    case SW_CONTENT_SHELL:
        return one_suffix(path, (const char *const[]){".sh", ".bash", NULL}) || runs_by(head, "sh");
    case SW_CONTENT_TEXT:
        return is_text(head);
    case SW_CONTENT_PEM:
        return is_text(head) && memmem(head.data, head.size, "-----BEGIN ", 11) != NULL;
    case SW_CONTENT_JSON:
        return is_json(head);
    }
    return false;
}
