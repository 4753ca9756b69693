/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, sizes and times: read from people, and written for them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sweeper/text.h"

static const char size_letters[] = "KMGTPE";
#define SIZE_LETTERS_READ 4 /* K to T; larger ones are typing errors */

/* The digits at *text; moves past them. At least one, no overflow. */
static enum sw_status read_digits(const char **text, uint64_t *value)
{
    const char *at = *text;
    uint64_t sum = 0;
    if (*at < '0' || *at > '9')
        return SW_SKIP;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
            return SW_SKIP;
    }
    *text = at;
    *value = sum;
    return SW_OK;
}

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

/* "", "B", "K", "KiB": the power of two that the unit stands for. */
static enum sw_status read_unit(const char *unit, unsigned *shift)
{
    if (strcmp(unit, "") == 0 || strcmp(unit, "B") == 0) {
        *shift = 0;
        return SW_OK;
    }
    const char *letter = memchr(size_letters, upper(unit[0]), SIZE_LETTERS_READ);
    if (letter == NULL || (unit[1] != '\0' && strcasecmp(unit + 1, "iB") != 0))
        return SW_SKIP;
    *shift = 10 * (unsigned)(letter - size_letters + 1);
    return SW_OK;
}

enum sw_status sw_text_parse_size(const char *text, uint64_t *bytes)
{
    uint64_t value = 0;
    unsigned shift = 0;
    if (read_digits(&text, &value) != SW_OK)
        return SW_SKIP;
    if (text[0] == ' ' && text[1] != '\0')
        text++;
    if (read_unit(text, &shift) != SW_OK || value > UINT64_MAX >> shift)
        return SW_SKIP;
    *bytes = value << shift;
    return SW_OK;
}

enum sw_status sw_text_parse_seconds(const char *text, uint32_t *seconds)
{
    uint64_t value = 0;
    uint64_t factor = 1;
    if (read_digits(&text, &value) != SW_OK)
        return SW_SKIP;
    if (text[0] == 'm')
        factor = 60;
    else if (text[0] == 'h')
        factor = 3600;
    else if (text[0] != 's' && text[0] != '\0')
        return SW_SKIP;
    if (text[0] != '\0' && text[1] != '\0')
        return SW_SKIP;
    if (value == 0 || value > UINT32_MAX / factor)
        return SW_SKIP;
    *seconds = (uint32_t)(value * factor);
    return SW_OK;
}

enum sw_status sw_text_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    uint64_t read = 0;
    if (read_digits(&text, &read) != SW_OK || *text != '\0' || read < min || read > max)
        return SW_SKIP;
    *value = read;
    return SW_OK;
}

const char *sw_text_size(uint64_t bytes, char out[static 24])
{
    uint64_t unit = 1024;
    size_t letter = 0;
    if (bytes < unit) {
        (void)snprintf(out, 24, "%" PRIu64 " B", bytes);
        return out;
    }
    /* 1023.95 of a unit would print as 1024.0: that is 1 of the next one. */
    while (letter + 1 < sizeof size_letters - 1 && bytes >= unit * 1024 - unit / 20) {
        unit *= 1024;
        letter++;
    }
    /* At most 1024, whatever the size: both casts keep the value. */
    unsigned whole = (unsigned)(bytes / unit);
    unsigned tenths = (unsigned)((bytes % unit * 10 + unit / 2) / unit); /* below 2^64 */
    if (tenths == 10) {
        whole++;
        tenths = 0;
    }
    if (tenths == 0)
        (void)snprintf(out, 24, "%u %ciB", whole, size_letters[letter]);
    else
        (void)snprintf(out, 24, "%u.%c %ciB", whole, (char)('0' + tenths), size_letters[letter]);
    return out;
}

const char *sw_text_count(uint64_t value, char out[static 32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

const char *sw_text_duration(double seconds, char out[static 32])
{
    if (!(seconds > 0)) /* not a number, too */
        seconds = 0;
    if (seconds > 1e15)
        seconds = 1e15;
    /* Each form ends where rounding would make it show 60 of its unit. */
    uint64_t whole = (uint64_t)(seconds + 0.5);
    uint64_t minutes = (whole + 30) / 60;
    if (seconds < 59.95)
        (void)snprintf(out, 32, "%.1f s", seconds);
    else if (whole < 3600)
        (void)snprintf(out, 32, "%" PRIu64 " min %02" PRIu64 " s", whole / 60, whole % 60);
    else
        (void)snprintf(out, 32, "%" PRIu64 " h %02" PRIu64 " min", minutes / 60, minutes % 60);
    return out;
}

#define NS_PER_S     1000000000LL
#define S_PER_DAY    86400LL
#define DAYS_PER_ERA 146097LL /* 400 years, after which the calendar repeats */

struct date {
    int64_t year;
    int64_t month;
    int64_t day;
};

/* The Gregorian date of a day counted from 1970-01-01. Years are counted from
 * March here, so that the leap day is the last one of its year. */
static struct date date_of(int64_t days)
{
    int64_t since = days + 719468; /* from 0000-03-01 */
    int64_t era = (since >= 0 ? since : since - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = since - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / (DAYS_PER_ERA - 1)) /
        365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    struct date date = {
        .year = year_of_era + era * 400,
        .month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9,
        .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
    };
    date.year += date.month <= 2;
    return date;
}

/* Not gmtime_r(), which reads the time zone's files at its first call: behind
 * the sandbox there are none. */
const char *sw_text_time(int64_t nanoseconds, char out[static 40])
{
    int64_t fraction = nanoseconds % NS_PER_S;
    int64_t seconds = nanoseconds / NS_PER_S;
    if (fraction < 0) {
        fraction += NS_PER_S;
        seconds--;
    }
    int64_t second = seconds % S_PER_DAY;
    int64_t days = seconds / S_PER_DAY;
    if (second < 0) {
        second += S_PER_DAY;
        days--;
    }
    struct date date = date_of(days);
    (void)snprintf(out, 40,
                   "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02" PRId64 ":%02" PRId64
                   ":%02" PRId64 ".%09" PRId64 "Z",
                   date.year, date.month, date.day, second / 3600, second / 60 % 60, second % 60,
                   fraction);
    return out;
}
