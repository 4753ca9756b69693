/* SPDX-License-Identifier: Apache-2.0 */
/* part_name.c - the table of names that parts of a set have. */
#include "sweeper/part_name.h"

#include <stdio.h>
#include <string.h>

#include "common/view.h"
#include "sweeper/limits.h"

/* What numbers the parts of a row. */
enum numbering {
    DIGITS,      /* .001 .002 ... .999 .1000 */
    LETTERS,     /* .aa .ab ... .zz */
    ZIP_DIGITS,  /* .z01 .z02 ... and last .zip */
    VOLUMES,     /* .part1.rar .part2.rar ..., or .part01.rar */
    OLD_VOLUMES, /* .rar .r00 .r01 ... .r99 .s00 ... */
};

static const struct row {
    enum numbering numbering;
    enum sw_part_form form;
} rows[] = {
    {VOLUMES, SW_PARTS_RAR},   {OLD_VOLUMES, SW_PARTS_RAR}, {ZIP_DIGITS, SW_PARTS_ZIP},
    {DIGITS, SW_PARTS_JOINED}, {LETTERS, SW_PARTS_JOINED},
};

enum {
    DIGITS_WIDTH = 3,
    LETTERS_COUNT = 26,
    OLD_PER_LETTER = 100,
    OLD_FIRST = 'r',
    OLD_LAST = 'y'
};

/* --- reading ---------------------------------------------------------------------- */

/* What follows the last dot of `base`, which is not at its beginning; and what stands
 * before the dot. */
static bool cut(struct sw_view base, struct sw_view *stem, struct sw_view *ending)
{
    size_t dot = sw_view_find_last(base, '.');

    if (dot == base.size || dot == 0 || dot + 1 == base.size)
        return false;
    *stem = sw_view_first(base, dot);
    *ending = sw_view_skip(base, dot + 1);
    return true;
}

static bool number_of(struct sw_view digits, uint32_t *number)
{
    *number = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (!sw_is_digit(digits.data[i]) || *number > SW_PARTS_MAX)
            return false;
        *number = *number * 10 + (uint32_t)(digits.data[i] - '0');
    }
    return digits.size != 0;
}

static bool is_upper(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z';
}

/* Hardly anything but a part of one is called x.7z.002. */
static bool is_container(struct sw_view stem)
{
    static const char *const endings[] = {"7z",   "zip", "rar", "tar",  "gz",  "tgz", "taz",
                                          "bz2",  "tbz", "tb2", "tbz2", "xz",  "txz", "zst",
                                          "tzst", "lz4", "lz",  "lzma", "tlz", "z",   "cpio",
                                          "iso",  "cab", "ar",  "deb",  "rpm", "jar", "squashfs"};
    struct sw_view rest, ending;

    if (!cut(stem, &rest, &ending))
        return false;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (sw_view_equal_fold(ending, sw_view_of(endings[i])))
            return true;
    return false;
}

static bool is_packed(struct sw_view ending)
{
    return sw_view_equal(ending, SW_VIEW("gz")) || sw_view_equal(ending, SW_VIEW("xz")) ||
           sw_view_equal(ending, SW_VIEW("lz"));
}

static bool read_digits(struct sw_part_name *part, struct sw_view ending)
{
    part->width = DIGITS_WIDTH;
    part->strong = is_container(part->stem);
    return (ending.size == DIGITS_WIDTH || (ending.size > DIGITS_WIDTH && ending.data[0] != '0')) &&
           number_of(ending, &part->number) && part->number != 0 && part->number <= SW_PARTS_MAX;
}

/* Many endings have two letters: but for the first few, what is before them must say
 * more; and x.tar.gz is no part of x.tar. */
static bool read_letters(struct sw_part_name *part, struct sw_view ending)
{
    if (ending.size != 2 || ending.data[0] < 'a' || ending.data[0] > 'z' || ending.data[1] < 'a' ||
        ending.data[1] > 'z' || is_packed(ending))
        return false;
    part->number =
        (uint32_t)(ending.data[0] - 'a') * LETTERS_COUNT + (uint32_t)(ending.data[1] - 'a') + 1;
    part->strong = is_container(part->stem);
    return ending.data[0] == 'a' || part->strong;
}

static bool read_zip(struct sw_part_name *part, struct sw_view ending)
{
    part->strong = true;
    part->width = 2;
    part->upper = is_upper(ending.data[0]);
    if (sw_view_equal_fold(ending, SW_VIEW("zip"))) {
        part->number = 0;
        return true;
    }
    return (ending.size == 3 || (ending.size == 4 && ending.data[1] != '0')) &&
           sw_lower(ending.data[0]) == 'z' && number_of(sw_view_skip(ending, 1), &part->number) &&
           part->number != 0 && part->number < SW_PARTS_MAX;
}

static bool read_volume(struct sw_part_name *part, struct sw_view ending)
{
    struct sw_view stem, middle;

    if (!sw_view_equal_fold(ending, SW_VIEW("rar")) || !cut(part->stem, &stem, &middle) ||
        !sw_view_starts_fold(middle, SW_VIEW("part")))
        return false;
    const struct sw_view digits = sw_view_skip(middle, 4);
    part->strong = true;
    part->width = (unsigned)digits.size;
    part->tail = ending;
    part->stem = sw_view_first(part->stem, stem.size + 1 + 4);
    return digits.size <= 4 && number_of(digits, &part->number) && part->number != 0 &&
           part->number <= SW_PARTS_MAX;
}

static bool read_old_volume(struct sw_part_name *part, struct sw_view ending)
{
    const uint8_t letter = sw_lower(ending.data[0]);
    uint32_t number = 0;

    part->strong = true;
    part->width = 2;
    part->upper = is_upper(ending.data[0]);
    part->number = 1;
    if (sw_view_equal_fold(ending, SW_VIEW("rar")))
        return true;
    if (ending.size != 3 || letter < OLD_FIRST || letter > OLD_LAST ||
        !number_of(sw_view_skip(ending, 1), &number))
        return false;
    part->number = 2 + (uint32_t)(letter - OLD_FIRST) * OLD_PER_LETTER + number;
    return true;
}

bool sw_part_name_read(struct sw_view base, struct sw_part_name *part)
{
    struct sw_view stem, ending;

    if (base.size > SW_PART_NAME_MAX || !cut(base, &stem, &ending))
        return false;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_part_name read = {.row = i, .form = rows[i].form, .stem = stem};
        const bool fits = rows[i].numbering == DIGITS       ? read_digits(&read, ending)
                          : rows[i].numbering == LETTERS    ? read_letters(&read, ending)
                          : rows[i].numbering == ZIP_DIGITS ? read_zip(&read, ending)
                          : rows[i].numbering == VOLUMES    ? read_volume(&read, ending)
                                                            : read_old_volume(&read, ending);
        if (fits) {
            read.missed = read.strong && rows[i].numbering != LETTERS;
            *part = read;
            return true;
        }
    }
    return false;
}

/* --- the set ------------------------------------------------------------------------ */

uint32_t sw_part_name_lead(const struct sw_part_name *part)
{
    return rows[part->row].numbering == ZIP_DIGITS ? 0 : 1;
}

bool sw_part_name_leads(const struct sw_part_name *part)
{
    return part->number == sw_part_name_lead(part);
}

bool sw_part_name_same_set(const struct sw_part_name *a, const struct sw_part_name *b)
{
    return a->row == b->row && a->upper == b->upper && sw_view_equal(a->stem, b->stem) &&
           sw_view_equal(a->tail, b->tail) &&
           (a->width == b->width || rows[a->row].numbering == VOLUMES);
}

/* --- writing ------------------------------------------------------------------------- */

static void raise(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - ('a' - 'A'));
}

static bool write_ending(const struct sw_part_name *part, uint32_t number, char out[static 24])
{
    const uint32_t old = number < 2 ? 0 : number - 2;

    switch (rows[part->row].numbering) {
    case DIGITS:
        snprintf(out, 24, ".%03u", number);
        return number != 0;
    case LETTERS:
        snprintf(out, 24, ".%c%c", 'a' + (int)((number - 1) / LETTERS_COUNT % LETTERS_COUNT),
                 'a' + (int)((number - 1) % LETTERS_COUNT));
        return number != 0 && number <= LETTERS_COUNT * LETTERS_COUNT;
    case ZIP_DIGITS:
        if (number == 0)
            snprintf(out, 24, ".zip");
        else
            snprintf(out, 24, ".z%02u", number);
        return true;
    case VOLUMES:
        snprintf(out, 24, "%0*u.", (int)part->width, number);
        return number != 0;
    case OLD_VOLUMES:
        if (number == 1)
            snprintf(out, 24, ".rar");
        else
            snprintf(out, 24, ".%c%02u", OLD_FIRST + (int)(old / OLD_PER_LETTER),
                     old % OLD_PER_LETTER);
        return number != 0 && old / OLD_PER_LETTER <= OLD_LAST - OLD_FIRST;
    }
    return false;
}

bool sw_part_name_write(const struct sw_part_name *part, uint32_t number,
                        char out[static SW_PART_NAME_MAX + 1])
{
    char ending[24] = "";

    /* One more than are joined: it shows that there are too many. */
    if (number > SW_PARTS_MAX + 1 || !write_ending(part, number, ending))
        return false;
    if (part->upper)
        raise(ending);
    const size_t size = strlen(ending);
    if (part->stem.size + size + part->tail.size > SW_PART_NAME_MAX)
        return false;
    memcpy(out, part->stem.data, part->stem.size);
    memcpy(out + part->stem.size, ending, size);
    if (part->tail.size != 0)
        memcpy(out + part->stem.size + size, part->tail.data, part->tail.size);
    out[part->stem.size + size + part->tail.size] = '\0';
    return true;
}
