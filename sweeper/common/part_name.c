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
    SEGMENTS,    /* .E01 .E02 ... .E99 .EAA .EAB ... .EZZ .FAA ... .ZZZ */
    EXTENTS,     /* .vmdk -flat.vmdk -delta.vmdk -s001.vmdk -f001.vmdk -s002.vmdk ... */
    IMAGES,      /* .qcow2 and the like: the one that leads, and no other */
};

static const struct row {
    enum numbering numbering;
    enum sw_part_form form;
} rows[] = {
    {VOLUMES, SW_PARTS_RAR},   {OLD_VOLUMES, SW_PARTS_RAR}, {ZIP_DIGITS, SW_PARTS_ZIP},
    {DIGITS, SW_PARTS_JOINED}, {LETTERS, SW_PARTS_JOINED},  {SEGMENTS, SW_PARTS_EWF},
    {EXTENTS, SW_PARTS_VMDK},  {IMAGES, SW_PARTS_DISK},
};

enum {
    DIGITS_WIDTH = 3,
    LETTERS_COUNT = 26,
    OLD_PER_LETTER = 100,
    OLD_FIRST = 'r',
    OLD_LAST = 'y',
    SEGMENTS_NUMBERED = 99, /* those behind have letters */
    EXTENT_FLAT = 2,        /* numbers of parts: the descriptor is the first */
    EXTENT_DELTA = 3,
    EXTENT_SPARSE_1 = 4, /* then one of each kind in turn */
    EXTENT_FLAT_1 = 5,
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
    static const char *const endings[] = {
        "7z",  "zip", "rar",  "tar",      "gz", "tgz",  "taz", "bz2",   "tbz",  "tb2", "tbz2", "xz",
        "txz", "zst", "tzst", "lz4",      "lz", "lzma", "tlz", "z",     "cpio", "iso", "cab",  "ar",
        "deb", "rpm", "jar",  "squashfs", "dd", "raw",  "img", "qcow2", "vmdk", "vhd", "vhdx"};
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

/* Endings with letters (.EAA) are written, and not read: x.EXE would be one of them. */
static bool read_segment(struct sw_part_name *part, struct sw_view ending)
{
    part->strong = true;
    part->width = 2;
    part->upper = is_upper(ending.data[0]);
    return ending.size == 3 && sw_lower(ending.data[0]) == 'e' &&
           number_of(sw_view_skip(ending, 1), &part->number) && part->number != 0;
}

/* What is behind the last '-' of a stem, when it is that of an extent: its number. */
static uint32_t extent_of(struct sw_view mark)
{
    uint32_t number = 0;

    if (sw_view_equal_fold(mark, SW_VIEW("flat")))
        return EXTENT_FLAT;
    if (sw_view_equal_fold(mark, SW_VIEW("delta")))
        return EXTENT_DELTA;
    if (mark.size < 1 + DIGITS_WIDTH || mark.size > 2 + DIGITS_WIDTH ||
        !number_of(sw_view_skip(mark, 1), &number) || number == 0 || number > SW_PARTS_MAX / 2)
        return 0;
    return sw_lower(mark.data[0]) == 's'   ? EXTENT_SPARSE_1 + 2 * (number - 1)
           : sw_lower(mark.data[0]) == 'f' ? EXTENT_FLAT_1 + 2 * (number - 1)
                                           : 0;
}

static bool read_extent(struct sw_part_name *part, struct sw_view ending)
{
    const size_t dash = sw_view_find_last(part->stem, '-');

    part->strong = true;
    part->upper = is_upper(ending.data[0]);
    part->tail = ending;
    part->number = 1;
    if (dash != 0 && dash != part->stem.size) {
        const uint32_t number = extent_of(sw_view_skip(part->stem, dash + 1));
        part->number = number == 0 ? 1 : number;
        part->stem = number == 0 ? part->stem : sw_view_first(part->stem, dash);
    }
    return sw_view_equal_fold(ending, SW_VIEW("vmdk"));
}

/* Formats whose files may have one another behind them. */
static const struct {
    const char *ending;
    unsigned family;
    bool leads; /* it may have another behind it */
} images[] = {
    {"qcow2", 1, true}, {"qcow", 1, true}, {"img", 1, false}, {"raw", 1, false},  {"vmdk", 2, true},
    {"vhd", 3, true},   {"vhdx", 3, true}, {"avhd", 3, true}, {"avhdx", 3, true},
};

static unsigned family_of(struct sw_view ending, bool leads)
{
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
        if (sw_view_equal_fold(ending, sw_view_of(images[i].ending)))
            return !leads || images[i].leads ? images[i].family : 0;
    return 0;
}

static bool read_image(struct sw_part_name *part, struct sw_view ending)
{
    part->strong = true;
    part->tail = ending;
    part->number = 1;
    return family_of(ending, true) != 0;
}

bool sw_part_name_is_behind(struct sw_view base, struct sw_view lead)
{
    struct sw_view stem, ending, lead_stem, lead_ending;

    return cut(base, &stem, &ending) && cut(lead, &lead_stem, &lead_ending) &&
           family_of(lead_ending, true) != 0 &&
           family_of(ending, false) == family_of(lead_ending, true);
}

bool sw_part_name_read(struct sw_view base, struct sw_part_name *part)
{
    static bool (*const readers[])(struct sw_part_name *, struct sw_view) = {
        [DIGITS] = read_digits,          [LETTERS] = read_letters,
        [ZIP_DIGITS] = read_zip,         [VOLUMES] = read_volume,
        [OLD_VOLUMES] = read_old_volume, [SEGMENTS] = read_segment,
        [EXTENTS] = read_extent,         [IMAGES] = read_image};
    struct sw_view stem, ending;

    if (base.size > SW_PART_NAME_MAX || !cut(base, &stem, &ending))
        return false;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_part_name read = {.row = i, .form = rows[i].form, .stem = stem};
        if (readers[rows[i].numbering](&read, ending)) {
            read.missed = read.strong && rows[i].numbering != LETTERS &&
                          rows[i].form != SW_PARTS_VMDK && rows[i].form != SW_PARTS_DISK;
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

static bool write_segment(uint32_t number, char out[static 24])
{
    enum { PER_LETTER = LETTERS_COUNT * LETTERS_COUNT };
    const uint32_t rest = number - SEGMENTS_NUMBERED - 1;

    if (number <= SEGMENTS_NUMBERED)
        snprintf(out, 24, ".e%02u", number);
    else
        snprintf(out, 24, ".%c%c%c", 'e' + (int)(rest / PER_LETTER),
                 'a' + (int)(rest / LETTERS_COUNT % LETTERS_COUNT),
                 'a' + (int)(rest % LETTERS_COUNT));
    return number != 0 && (number <= SEGMENTS_NUMBERED || rest / PER_LETTER <= 'z' - 'e');
}

static bool write_extent(uint32_t number, char out[static 24])
{
    if (number == 1)
        snprintf(out, 24, ".");
    else if (number == EXTENT_FLAT || number == EXTENT_DELTA)
        snprintf(out, 24, "-%s.", number == EXTENT_FLAT ? "flat" : "delta");
    else
        snprintf(out, 24, "-%c%03u.", number % 2 == 0 ? 's' : 'f',
                 (number - EXTENT_SPARSE_1) / 2 + 1);
    return number != 0;
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
    case SEGMENTS:
        return write_segment(number, out);
    case EXTENTS:
        return write_extent(number, out);
    case IMAGES:
        out[0] = '.';
        out[1] = '\0';
        return number == 1;
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
    if (part->upper && part->form != SW_PARTS_VMDK)
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
