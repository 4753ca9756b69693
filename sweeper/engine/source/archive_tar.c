/* SPDX-License-Identifier: Apache-2.0 */
/* archive_tar.c - members of a tar that need not be brought: their bytes stand in the input as
 * they are, from the end of the header to the next one. */
#include "engine/source/archive_private.h"

/* POSIX.1-1988 ustar, and GNU's numbers in base 256: tar(5). */
enum {
    BLOCK = 512,
    SIZE_AT = 124,
    SIZE_DIGITS = 12,
    SUM_AT = 148,
    SUM_DIGITS = 8,
    TYPE_AT = 156,
    BASE_256 = 0x80, /* in the first byte of a number */
};

/* Bytes up to the next block. */
static uint64_t padding(uint64_t size)
{
    return (BLOCK - size % BLOCK) % BLOCK;
}

static uint64_t octal(const uint8_t *at, size_t size)
{
    uint64_t number = 0;

    while (size > 0 && *at == ' ')
        at++, size--;
    for (; size > 0 && *at >= '0' && *at <= '7'; at++, size--)
        number = number << 3 | (uint64_t)(*at - '0');
    return number;
}

static uint64_t size_of(const uint8_t header[static BLOCK])
{
    const uint8_t *at = header + SIZE_AT;
    uint64_t number = 0;

    if (at[0] != BASE_256)
        return octal(at, SIZE_DIGITS);
    for (size_t i = SIZE_DIGITS - sizeof(number); i < SIZE_DIGITS; i++)
        number = number << 8 | at[i];
    return number;
}

static bool sum_fits(const uint8_t header[static BLOCK])
{
    uint64_t sum = 0;

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_DIGITS ? ' ' : header[i];
    return sum == octal(header + SUM_AT, SUM_DIGITS);
}

/* The block before the content is the header of a plain file of that size. A sparse one has
 * another type, or its map there; a size in an extended header is not found here. */
static bool is_header(const uint8_t header[static BLOCK], uint64_t size)
{
    const uint8_t type = header[TYPE_AT];

    return (type == '0' || type == '\0' || type == '7') && size_of(header) == size &&
           sum_fits(header);
}

/* It is a file with a size, is large enough, and has no holes. */
static bool may_lie(const struct reader *reader, struct archive_entry *entry,
                    const struct sw_member *member)
{
    const uint64_t min = reader->setup.in_place_min;

    return member->kind == SW_MEMBER_FILE && !member->encrypted && member->size_known && min != 0 &&
           member->facts.size >= min && archive_entry_sparse_count(entry) == 0;
}

/* All of it is there, with its padding: where something is missing the library says so. */
static bool is_there(const struct sw_blob *blob, uint64_t at, uint64_t size)
{
    return blob->size_known && at <= blob->size && size <= blob->size - at &&
           padding(size) <= blob->size - at - size;
}

void sw_archive_leave_in_place(struct reader *reader, struct archive_entry *entry,
                               struct sw_member *member)
{
    struct sw_blob *blob = reader->flow.input.blob;
    const uint64_t at = sw_archive_input_offset(reader);
    const uint64_t size = member->facts.size;
    uint8_t header[BLOCK];
    struct sw_error error;
    size_t got = 0;

    if (blob == NULL || at < BLOCK || !may_lie(reader, entry, member) ||
        !is_there(blob, at, size) ||
        sw_blob_read_at(blob, at - BLOCK, header, BLOCK, &got, &error) != SW_OK || got != BLOCK ||
        !is_header(header, size))
        return;
    sw_window_init(&reader->in_place, blob, at, size);
    member->in_place = &reader->in_place.blob;
}

void sw_archive_leave_place(struct reader *reader)
{
    if (reader->in_place.under != NULL)
        sw_blob_close(&reader->in_place.blob);
    reader->in_place = (struct sw_window){0};
}
