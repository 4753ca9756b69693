/* SPDX-License-Identifier: Apache-2.0 */
/* output.c - what programs write about what they did. */
#include "engine/place/place_private.h"

enum { LINES_LOOKED = 2000, LINES_MIN = 3 };

/* "2026-03-24T10:11:12", "2026-03-24 10:11:12", "2026/03/24 10:11", "24/Mar/2026:10:11" */
static bool is_iso_time(struct sw_view line)
{
    size_t digits = 0, signs = 0;

    for (size_t i = 0; i < line.size && i < 19; i++) {
        if (place_digit(line.data[i]))
            digits++;
        else if (strchr("-/T :.", line.data[i]) != NULL)
            signs++;
        else
            break;
    }
    return digits >= 12 && signs >= 4;
}

/* "Mar 24 10:11:12 host" */
static bool is_syslog_time(struct sw_view line)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                         "Aug", "Sep", "Oct", "Nov", "Dec", NULL};

    return line.size >= 15 && place_among(place_first(line, 3), months) && line.data[3] == ' ' &&
           place_digit(line.data[5]) && line.data[9] == ':' && line.data[12] == ':' &&
           place_digit(line.data[8]) && place_digit(line.data[11]) && place_digit(line.data[14]);
}

/* "10.0.0.1 - - [24/Mar/2026:10:11:12 +0000]" */
static bool is_access_line(struct sw_view line)
{
    const uint8_t *open = memchr(line.data, '[', line.size < 120 ? line.size : 120);
    size_t at = open != NULL ? (size_t)(open - line.data) : line.size;

    return at + 21 < line.size && line.data[at + 3] == '/' && line.data[at + 7] == '/' &&
           line.data[at + 12] == ':' && place_digit(line.data[at + 1]);
}

static bool is_log_line(struct sw_view line)
{
    if (line.size > 0 && line.data[0] == '[')
        line = place_after(line, 1);
    if (line.size > 1 && line.data[0] == 0x1b)
        return true; /* colour: no interpreter takes it */
    return is_iso_time(line) || is_syslog_time(line) || is_access_line(line);
}

bool place_is_log(struct sw_view text)
{
    struct sw_view line = {0};
    size_t stamped = 0, other = 0;

    while (stamped + other < LINES_LOOKED && place_next_line(&text, &line)) {
        struct sw_view body = place_trim(line);
        if (body.size == 0)
            continue;
        if (is_log_line(body))
            stamped++;
        else if (stamped == 0 || (place_indent(line) == 0 && place_is_statement(body)))
            return false; /* starts otherwise, or has a statement between */
        else
            other++;
    }
    return stamped >= LINES_MIN && stamped >= other;
}

/* "=== TITLE ===": no interpreter takes such a line. */
static bool is_section(struct sw_view line)
{
    size_t front = 0, back = 0;

    while (front < line.size && line.data[front] == '=')
        front++;
    while (back < line.size && line.data[line.size - 1 - back] == '=')
        back++;
    return front >= 3 && back >= 3 && front + back + 3 < line.size && line.data[front] == ' ' &&
           line.data[line.size - 1 - back] == ' ';
}

bool place_is_dump(struct sw_view text)
{
    struct sw_view line = {0};
    size_t sections = 0;

    while (place_next_line(&text, &line)) {
        struct sw_view body = place_trim(line);
        if (body.size == 0)
            continue;
        if (is_section(body))
            sections++;
        else if (sections == 0)
            return false;
        /* Variables are what such dumps hold; everything else that could be run is doubt. */
        else if (place_is_statement(body) && (place_has(body, "$(") || !place_has_byte(body, '=')))
            return false;
    }
    return sections >= 2;
}

static size_t digits_of(struct sw_view line)
{
    size_t count = 0;

    while (count < line.size && place_digit(line.data[count]))
        count++;
    return count;
}

/* zsh: ": 1711111111:0;command". bash: "#1711111111" and then the command. */
bool place_is_history(struct sw_view text)
{
    struct sw_view line = {0};
    size_t stamps = 0, other = 0;

    while (place_next_line(&text, &line)) {
        if (place_trim(line).size == 0)
            continue;
        if (place_starts(line, ": ") && digits_of(place_after(line, 2)) >= 9)
            stamps += 2;
        else if (line.data[0] == '#' && digits_of(place_after(line, 1)) == line.size - 1)
            stamps++;
        else if (stamps == 0)
            return false;
        else
            other++;
    }
    return stamps >= LINES_MIN && stamps >= other;
}
