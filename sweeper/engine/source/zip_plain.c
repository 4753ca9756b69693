/* SPDX-License-Identifier: Apache-2.0 */
/* zip_plain.c - which bytes of a zip would hide content from the library; see
 * zip_plain.h. */
#include "engine/source/zip_plain.h"

#include <stdlib.h>
#include <string.h>

#include "zip_read.h"

enum {
    PATCHES_FIRST = 64,
    PATCHES_MAX = 1 << 18,
    EMPTY_MAX = 2, /* bytes: nothing, as a packer writes it for a folder */
    SYSTEM_DOS = 0,
    SYSTEM_UNIX = 3,
    DOS_FOLDER = 0x10,
    TYPE_FILE = 8,             /* the upper four bits of a Unix mode */
    EXTRA_ATTRIBUTES = 0x6c78, /* attributes, in a local header too */
    EXTRA_NAME = 0x7075,       /* another name, in UTF-8 */
    EXTRA_NAME_AT = 5,         /* version and checksum stand before it */
    EXTRA_NOBODYS = 0xff,      /* the upper byte of a number that means nothing */
};
/* What stands in a name for what would end it or make it a folder's. */
enum { FOR_SLASH = 1, FOR_NUL = 2, FOR_BACKSLASH = 3 };

struct plain {
    struct sw_zip_run run;
    struct sw_archive_patch *patches;
    size_t count;
    size_t capacity;
};

/* --- patches --- */

static void patch(struct plain *plain, uint64_t at, uint8_t byte)
{
    struct sw_zip_run *run = &plain->run;
    if (run->status != SW_OK)
        return;
    if (plain->count == PATCHES_MAX) {
        run->status = sw_fail_gap(run->error, SW_DEAD, SW_GAP_LIMIT_MEMBERS, "zip", 0,
                                  "too many folders, links and devices that have content");
        return;
    }
    if (plain->count == plain->capacity) {
        size_t capacity = plain->capacity == 0 ? PATCHES_FIRST : plain->capacity * 2;
        struct sw_archive_patch *patches =
            realloc(plain->patches, capacity * sizeof *plain->patches);
        if (patches == NULL) {
            run->status = sw_fail_gap(run->error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "zip", 0,
                                      "no memory for its entries");
            return;
        }
        plain->patches = patches;
        plain->capacity = capacity;
    }
    plain->patches[plain->count++] = (struct sw_archive_patch){.at = at, .byte = byte};
}

static int by_offset(const void *left, const void *right)
{
    const struct sw_archive_patch *a = left;
    const struct sw_archive_patch *b = right;
    return a->at < b->at ? -1 : a->at > b->at ? 1 : 0;
}

/* --- what decides --- */

static void plain_attributes(struct plain *plain, const struct sw_zip_entry *entry)
{
    enum { SYSTEM = 5, ATTRIBUTES = 38, TYPE = 41 };
    const uint8_t *at =
        sw_zip_fetch(&plain->run, &plain->run.central, entry->central, SW_ZIP_CENTRAL_SIZE);
    if (at == NULL)
        return;
    uint8_t type = at[TYPE] >> 4;
    if (at[SYSTEM] == SYSTEM_UNIX && type != 0 && type != TYPE_FILE)
        patch(plain, entry->central + TYPE, (uint8_t)(TYPE_FILE << 4 | (at[TYPE] & 0x0f)));
    if (at[SYSTEM] == SYSTEM_DOS && (at[ATTRIBUTES] & DOS_FOLDER) != 0)
        patch(plain, entry->central + ATTRIBUTES, at[ATTRIBUTES] & (uint8_t)~DOS_FOLDER);
}

static void plain_name(struct plain *plain, uint64_t at, struct sw_view name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] == 0)
            patch(plain, at + i, FOR_NUL);
    if (name.size != 0 && name.data[name.size - 1] == '/')
        patch(plain, at + name.size - 1, FOR_SLASH);
    if (name.size != 0 && name.data[name.size - 1] == '\\')
        patch(plain, at + name.size - 1, FOR_BACKSLASH);
}

/* Whether the library would take this for a folder's name, or for the end of one. */
static bool is_odd(struct sw_view name)
{
    return name.size == 0 || memchr(name.data, 0, name.size) != NULL ||
           name.data[name.size - 1] == '/' || name.data[name.size - 1] == '\\';
}

static void plain_extra(struct plain *plain, uint64_t at, struct sw_view extra)
{
    while (extra.size >= 4) {
        uint16_t id = sw_zip_u16(extra.data);
        size_t size = sw_zip_u16(extra.data + 2);
        if (size > extra.size - 4)
            return;
        struct sw_view name = {extra.data + 4 + EXTRA_NAME_AT,
                               size > EXTRA_NAME_AT ? size - EXTRA_NAME_AT : 0};
        if (id == EXTRA_ATTRIBUTES || (id == EXTRA_NAME && is_odd(name)))
            patch(plain, at + 1, EXTRA_NOBODYS);
        extra = (struct sw_view){extra.data + 4 + size, extra.size - 4 - size};
        at += 4 + size;
    }
}

/* A name and the extra fields behind it: those of a local header where the library
 * finds it by, and those of the central directory, which local ones that reach into it
 * must not change. Headers that overlap are not
 * worth reading for ever: that they do is found out elsewhere. */
static void plain_header(struct plain *plain, struct sw_zip_window *window, uint64_t at,
                         size_t name_size, size_t extra_size)
{
    struct sw_zip_run *run = &plain->run;
    size_t size = name_size + extra_size;
    if (size > run->extra_left || (window == &run->local && at + size > run->check->central_at))
        return;
    run->extra_left -= size;
    const uint8_t *bytes = sw_zip_fetch(run, window, at, size);
    if (bytes == NULL)
        return;
    plain_name(plain, at, (struct sw_view){bytes, name_size});
    plain_extra(plain, at + name_size, (struct sw_view){bytes + name_size, extra_size});
}

static void plain_entry(struct plain *plain, const struct sw_zip_entry *entry)
{
    enum { NAME_SIZE = 26, EXTRA_SIZE = 28 };
    struct sw_zip_run *run = &plain->run;
    size_t name_size = entry->name.size;
    const uint8_t *local = sw_zip_fetch(run, &run->local, entry->local, SW_ZIP_LOCAL_SIZE);
    if (local != NULL && sw_zip_u32(local) == SW_ZIP_LOCAL)
        plain_header(plain, &run->local, entry->local + SW_ZIP_LOCAL_SIZE,
                     sw_zip_u16(local + NAME_SIZE), sw_zip_u16(local + EXTRA_SIZE));
    plain_attributes(plain, entry);
    const uint8_t *central = sw_zip_fetch(run, &run->central, entry->central, SW_ZIP_CENTRAL_SIZE);
    if (central != NULL)
        plain_header(plain, &run->central, entry->central + SW_ZIP_CENTRAL_SIZE, name_size,
                     sw_zip_u16(central + 30));
}

static void walk(struct plain *plain)
{
    struct sw_zip_run *run = &plain->run;
    struct sw_zip_entry entry;
    if (!sw_zip_ends(run))
        return;
    for (uint64_t at = run->check->central_at; sw_zip_central(run, at, run->end_at, &entry);
         at = entry.next)
        if (entry.size != 0 || entry.packed > EMPTY_MAX)
            plain_entry(plain, &entry);
}

enum sw_status sw_zip_plain(struct sw_blob *blob, struct sw_archive_range *range,
                            struct sw_error *error)
{
    struct sw_zip_check *check = calloc(1, sizeof *check);
    struct plain plain = {.run = {.blob = blob, .check = check, .error = error}};
    struct sw_zip_run *run = &plain.run;
    run->extra_left = run->ahead_left = blob->size < UINT64_MAX / 8 ? 4 * blob->size : UINT64_MAX;
    if (check == NULL || !sw_zip_window_init(&run->central) || !sw_zip_window_init(&run->local))
        run->status =
            sw_fail_gap(error, SW_DEAD, SW_GAP_LIMIT_MEMORY, "zip", 0, "no memory for its entries");
    else
        walk(&plain);
    sw_zip_window_done(&run->central);
    sw_zip_window_done(&run->local);
    free(check);
    if (run->status != SW_OK) {
        free(plain.patches);
        return run->status;
    }
    if (plain.count > 1)
        qsort(plain.patches, plain.count, sizeof *plain.patches, by_offset);
    range->patches = plain.patches;
    range->patch_count = plain.count;
    return SW_OK;
}

void sw_zip_plain_name(uint8_t *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (name[i] == FOR_NUL)
            name[i] = 0;
    if (size != 0 && name[size - 1] == FOR_SLASH)
        name[size - 1] = '/';
    if (size != 0 && name[size - 1] == FOR_BACKSLASH)
        name[size - 1] = '\\';
}
