/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_end.c - the end record of a zip, its zip64 relative, and where the central
 * directory is.
 *
 * The end record is found by its mark, from the end backwards, because a comment
 * of any text stands behind it: whoever writes the comment can write an end record
 * into it. Readers differ in which one they take. The last one that leads to a
 * central directory is taken here; the others are found out afterwards.
 */
#include <inttypes.h>
#include <string.h>

#include "zip_read.h"

enum {
    TAIL = 65535 + SW_ZIP_END_SIZE, /* bytes in which every reader looks */
    TRIES_MAX = 20000,              /* marks that are followed; a tail holds 16,389 at most */
};

struct end {
    uint64_t at;    /* of the plain end record */
    uint64_t first; /* of the zip64 record, where there is one */
    uint64_t back;  /* behind the comment */
    uint64_t count;
    uint64_t central_size;
    uint64_t central_offset; /* as declared */
    uint64_t central_at;     /* where it is */
    uint64_t base;           /* what declared offsets count from */
    bool zip64;
    bool split;
    bool differ; /* the records contradict one another */
    bool twice;  /* a central directory at both places that the numbers allow */
};

/* A number of the plain record and the same one of zip64's; the former may say
 * "too large for me". */
static void prefer64(struct end *end, uint64_t *value, uint64_t value64, uint64_t too_large)
{
    if (*value != too_large && *value != value64)
        end->differ = true;
    *value = value64;
}

static uint64_t end64_at(struct sw_zip_run *run, uint64_t locator, uint64_t declared)
{
    uint64_t usual = locator >= SW_ZIP_END64_SIZE ? locator - SW_ZIP_END64_SIZE : UINT64_MAX;
    if (declared <= usual && usual != UINT64_MAX && sw_zip_is(run, declared, SW_ZIP_END64))
        return declared;
    /* Something was put in front of the archive, and nobody moved the offsets. */
    return usual != UINT64_MAX && sw_zip_is(run, usual, SW_ZIP_END64) ? usual : UINT64_MAX;
}

static void read_end64(struct sw_zip_run *run, struct end *end)
{
    if (end->at < SW_ZIP_LOCATOR_SIZE)
        return;
    uint64_t locator = end->at - SW_ZIP_LOCATOR_SIZE;
    const uint8_t *at = sw_zip_fetch(run, &run->local, locator, SW_ZIP_LOCATOR_SIZE);
    if (at == NULL || sw_zip_u32(at) != SW_ZIP_LOCATOR)
        return;
    if (sw_zip_u32(at + 16) > 1)
        end->split = true;
    uint64_t first = end64_at(run, locator, sw_zip_u64(at + 8));
    at = first == UINT64_MAX ? NULL : sw_zip_fetch(run, &run->local, first, SW_ZIP_END64_SIZE);
    if (at == NULL) {
        end->differ = true;
        return;
    }
    end->zip64 = true;
    end->first = first;
    if (sw_zip_u64(at + 4) != locator - first - 12)
        end->differ = true;
    prefer64(end, &end->count, sw_zip_u64(at + 32), UINT16_MAX);
    prefer64(end, &end->central_size, sw_zip_u64(at + 40), UINT32_MAX);
    prefer64(end, &end->central_offset, sw_zip_u64(at + 48), UINT32_MAX);
}

/* Finds the central directory by both of the ways in which it is declared: its
 * size, counted back from the end records, and its offset. They agree unless
 * something stands in front of the archive. */
static bool place(struct sw_zip_run *run, struct end *end)
{
    uint64_t by_size = end->first - end->central_size;
    bool sized = end->central_size <= end->first && by_size >= end->central_offset;
    if (sized && end->count == 0 && end->central_size == 0) {
        end->central_at = by_size;
        end->base = by_size - end->central_offset;
        return true;
    }
    bool by_offset = sw_zip_is(run, end->central_offset, SW_ZIP_CENTRAL);
    if (sized && sw_zip_is(run, by_size, SW_ZIP_CENTRAL)) {
        end->central_at = by_size;
        end->base = by_size - end->central_offset;
        end->twice = by_offset && end->base != 0;
        return true;
    }
    end->central_at = end->central_offset;
    return by_offset && end->central_offset < end->first;
}

/* The end record at `offset`. True when it leads to a central directory, or is the
 * last part of a set. */
static bool read_end(struct sw_zip_run *run, uint64_t offset, struct end *end)
{
    const uint8_t *at = sw_zip_fetch(run, &run->local, offset, SW_ZIP_END_SIZE);
    if (at == NULL || sw_zip_u32(at) != SW_ZIP_END)
        return false;
    uint16_t part = sw_zip_u16(at + 4);
    uint16_t central_part = sw_zip_u16(at + 6);
    *end = (struct end){
        .at = offset,
        .first = offset,
        .back = offset + SW_ZIP_END_SIZE + sw_zip_u16(at + 20),
        .count = sw_zip_u16(at + 10),
        .central_size = sw_zip_u32(at + 12),
        .central_offset = sw_zip_u32(at + 16),
        .differ = sw_zip_u16(at + 8) != sw_zip_u16(at + 10),
    };
    if (end->back > run->blob->size) {
        end->back = run->blob->size; /* some readers take it, some do not */
        end->differ = true;
    }
    end->split =
        (part != 0 && part != UINT16_MAX) || (central_part != 0 && central_part != UINT16_MAX);
    read_end64(run, end);
    return place(run, end) || end->split;
}

/* ---- the search ------------------------------------------------------------ */

bool sw_zip_last_end(struct sw_view *bytes, size_t *at)
{
    static const uint8_t mark[4] = {'P', 'K', 5, 6};
    const uint8_t *last;

    /* Its last byte is rarer than its first, and every object is asked whether it is a zip. */
    while (bytes->size >= sizeof mark &&
           (last = memrchr(bytes->data + 3, mark[3], bytes->size - 3)) != NULL) {
        bytes->size = (size_t)(last - bytes->data);
        *at = bytes->size - 3;
        if (memcmp(bytes->data + *at, mark, sizeof mark) == 0)
            return true;
    }
    return false;
}

struct search {
    struct end end;
    uint64_t last; /* the last mark of all, UINT64_MAX: none */
    unsigned tries;
    bool done;
    bool split; /* one of a set, while none of a whole archive was found */
};

/* A comment can hold what looks like the end of a set; a whole archive's own end
 * goes before. */
static void try_end(struct sw_zip_run *run, uint64_t at, struct search *search)
{
    struct end end;
    if (!read_end(run, at, &end) || (end.split && search->split))
        return;
    search->end = end;
    search->split = end.split;
    search->done = !end.split;
}

/* Looks at [from, to) from its end backwards. */
static void search_piece(struct sw_zip_run *run, uint64_t from, uint64_t to, struct search *search)
{
    const uint8_t *data = sw_zip_fetch(run, &run->central, from, (size_t)(to - from));
    struct sw_view bytes = {data, data == NULL ? 0 : (size_t)(to - from)};
    size_t at = 0;
    while (run->status == SW_OK && !search->done && search->tries < TRIES_MAX &&
           sw_zip_last_end(&bytes, &at)) {
        search->tries++;
        if (search->last == UINT64_MAX)
            search->last = from + at;
        try_end(run, from + at, search);
    }
}

static void search_ends(struct sw_zip_run *run, struct search *search)
{
    uint64_t size = run->blob->size;
    uint64_t from = size > TAIL ? size - TAIL : 0;
    search_piece(run, from, size, search);
    /* Behind the archive there may be more than readers look at; they then take it
     * for something else. Those that begin at the front do not. */
    while (!search->done && !search->split && from > 0 && run->status == SW_OK &&
           search->tries < TRIES_MAX) {
        uint64_t to = from + 3;
        from = to > SW_ZIP_FETCH_MAX ? to - SW_ZIP_FETCH_MAX : 0;
        search_piece(run, from, to, search);
    }
}

static void take_end(struct sw_zip_run *run, const struct end *end)
{
    static const struct sw_view nobody = {NULL, 0};
    struct sw_zip_check *check = run->check;
    check->zip64 = end->zip64;
    check->split = end->split;
    check->central_at = end->central_at;
    check->offsets_from = end->base;
    check->back_offset = end->back;
    check->back_size = run->blob->size - end->back;
    run->end_at = end->first;
    run->last_end_at = end->at;
    run->declared = end->count;
    run->central_size = end->central_size;
    if (end->split) {
        check->readings_differ = true;
        return;
    }
    if (end->differ)
        sw_zip_find(run, SW_ZIP_ENDS_DIFFER, end->at, 0, nobody, "end record at byte %" PRIu64,
                    end->at);
    if (end->twice)
        sw_zip_find(run, SW_ZIP_CENTRAL_TWICE, end->central_offset, 0, nobody,
                    "at bytes %" PRIu64 " and %" PRIu64, end->central_at, end->central_offset);
}

bool sw_zip_ends(struct sw_zip_run *run)
{
    static const struct sw_view nobody = {NULL, 0};
    struct search search = {.last = UINT64_MAX};
    search_ends(run, &search);
    if (run->status != SW_OK)
        return false;
    if (search.done || search.split) {
        run->check->end_found = true;
        take_end(run, &search.end);
        return !search.end.split;
    }
    if (search.last == UINT64_MAX) {
        sw_zip_find(run, SW_ZIP_NO_END, run->blob->size, 0, nobody, "looked at %" PRIu64 " bytes",
                    run->blob->size);
        return false;
    }
    run->check->end_found = true;
    sw_zip_find(run, SW_ZIP_CENTRAL_LOST, search.last, 0, nobody, "end record at byte %" PRIu64,
                search.last);
    return false;
}

/* Whether an end record at `at`, which was not taken, could be taken by another
 * reader. In the data of an entry it is that entry's own business. */
static bool is_rival(struct sw_zip_run *run, uint64_t at)
{
    struct end end;
    if (at > run->last_end_at)
        return true;
    if (at >= run->central_end)
        return at < run->end_at;
    return at < run->check->front_size && read_end(run, at, &end);
}

void sw_zip_other_ends(struct sw_zip_run *run)
{
    uint64_t size = run->blob->size;
    uint64_t from = size > TAIL ? size - TAIL : 0;
    const uint8_t *data = sw_zip_fetch(run, &run->central, from, (size_t)(size - from));
    struct sw_view bytes = {data, data == NULL ? 0 : (size_t)(size - from)};
    size_t at = 0;
    while (run->check->counts[SW_ZIP_SEVERAL_ENDS] < SW_ZIP_SAME_MAX &&
           sw_zip_last_end(&bytes, &at))
        if (from + at != run->last_end_at && is_rival(run, from + at))
            sw_zip_find(run, SW_ZIP_SEVERAL_ENDS, from + at, 0, (struct sw_view){NULL, 0},
                        "at bytes %" PRIu64 " and %" PRIu64, from + at, run->last_end_at);
}
