/* SPDX-License-Identifier: Apache-2.0 */
/* Fills errors: one printable line, whatever bytes went into it. */
#include "sweeper/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

#define ELLIPSIS "..."

/* Names in messages are an attacker's: whatever would not print becomes '?'. */
static void make_printable(char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        struct sw_view rest = {(const uint8_t *)text + at, size - at};
        uint32_t code = 0;
        size_t length = sw_utf8_next(rest, &code);
        bool keep = length > 0 && sw_utf8_printable(code);
        if (length == 0)
            length = 1;
        if (!keep)
            memset(text + at, '?', length);
        at += length;
    }
}

/* The longest head of `text` within `size` bytes that ends between characters. */
static size_t whole_characters(const char *text, size_t size)
{
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

/* Formats into `text` of `capacity` bytes; what does not fit ends in "...". */
static size_t format_line(char *text, size_t capacity, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
static size_t format_line(char *text, size_t capacity, const char *format, va_list arguments)
{
    int length = vsnprintf(text, capacity, format, arguments);
    if (length < 0) {
        text[0] = '\0';
        return 0;
    }
    if ((size_t)length < capacity)
        return (size_t)length;
    size_t size = whole_characters(text, capacity - sizeof ELLIPSIS);
    memcpy(text + size, ELLIPSIS, sizeof ELLIPSIS);
    return size + sizeof ELLIPSIS - 1;
}

static void fill(struct sw_error *error, enum sw_gap reason, const char *room, int errnum,
                 const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));
static void fill(struct sw_error *error, enum sw_gap reason, const char *room, int errnum,
                 const char *format, va_list arguments)
{
    /* The new text may quote the old one, so it is made aside. */
    char text[sizeof error->text];
    char cause[96] = "";
    if (errnum != 0) {
        const char *description = strerrordesc_np(errnum);
        if (description != NULL)
            (void)snprintf(cause, sizeof cause, ": %s", description);
        else
            (void)snprintf(cause, sizeof cause, ": error %d", errnum);
    }
    /* A long text gives way to its cause, not the other way round. */
    size_t size = format_line(text, sizeof text - strlen(cause), format, arguments);
    make_printable(text, size);
    memcpy(text + size, cause, strlen(cause) + 1);

    *error = (struct sw_error){.reason = reason, .errnum = errnum, .room = room};
    memcpy(error->text, text, sizeof text);
}

enum sw_status sw_fail(struct sw_error *error, enum sw_status status, const char *room, int errnum,
                       const char *format, ...)
{
    va_list arguments;
    int saved = errno;
    if (error == NULL)
        return status;
    va_start(arguments, format);
    fill(error, SW_GAP_NONE, room, errnum, format, arguments);
    va_end(arguments);
    errno = saved;
    return status;
}

enum sw_status sw_fail_gap(struct sw_error *error, enum sw_status status, enum sw_gap reason,
                           const char *room, int errnum, const char *format, ...)
{
    va_list arguments;
    int saved = errno;
    if (error == NULL)
        return status;
    va_start(arguments, format);
    fill(error, reason, room, errnum, format, arguments);
    va_end(arguments);
    errno = saved;
    return status;
}
