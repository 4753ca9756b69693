/* SPDX-License-Identifier: Apache-2.0 */
/* zip_read.c - the records of a zip, through a window; see zip_read.h. */
#include "zip_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define U32_MAX64 UINT64_C(0xffffffff)

enum {
    WINDOW = SW_ZIP_FETCH_MAX,
    STEP_BACK = 16 * 1024, /* a read this near behind the window goes on in order */
    SMALL = 512,           /* read out of order: a header, a name, some extra fields */
    EXTRA_ZIP64 = 1,
};

/* ---- the window ------------------------------------------------------------ */

bool sw_zip_window_init(struct sw_zip_window *window)
{
    *window = (struct sw_zip_window){.data = malloc(WINDOW)};
    return window->data != NULL;
}

void sw_zip_window_done(struct sw_zip_window *window)
{
    free(window->data);
    *window = (struct sw_zip_window){.data = NULL};
}

/* Entries in order are read in large pieces. Others must not cost a large piece
 * each, because there may be a million of them; nor may those that only look so for
 * a while, which is what the allowance is for. */
static size_t read_size(struct sw_zip_run *run, const struct sw_zip_window *window, uint64_t offset,
                        size_t size)
{
    uint64_t end = window->start + window->size;
    bool in_order = window->size == 0 || (offset >= window->start && offset <= end + STEP_BACK);
    if (in_order && run->ahead_left >= WINDOW) {
        run->ahead_left -= WINDOW;
        return WINDOW;
    }
    return size > SMALL ? size : SMALL;
}

const uint8_t *sw_zip_fetch(struct sw_zip_run *run, struct sw_zip_window *window, uint64_t offset,
                            size_t size)
{
    uint64_t total = run->blob->size;
    if (run->status != SW_OK || size > WINDOW || offset > total || size > total - offset)
        return NULL;
    if (offset >= window->start && offset - window->start <= window->size &&
        size <= window->size - (size_t)(offset - window->start))
        return window->data + (offset - window->start);
    size_t wanted = read_size(run, window, offset, size);
    if (wanted > total - offset)
        wanted = (size_t)(total - offset);
    size_t got = 0;
    run->status = sw_blob_read_at(run->blob, offset, window->data, wanted, &got, run->error);
    if (run->status != SW_OK && run->error != NULL && run->error->reason == SW_GAP_MISSING_PART) {
        run->status = SW_OK; /* what is in a part that is missing is not there */
        got = 0;
    }
    window->start = offset;
    window->size = run->status == SW_OK ? got : 0;
    return run->status == SW_OK && got >= size ? window->data : NULL;
}

bool sw_zip_is(struct sw_zip_run *run, uint64_t offset, enum sw_zip_mark mark)
{
    const uint8_t *at = sw_zip_fetch(run, &run->local, offset, 4);
    return at != NULL && sw_zip_u32(at) == (uint32_t)mark;
}

/* ---- extra fields ---------------------------------------------------------- */

/* The body of the zip64 field; empty when there is none. */
static struct sw_view find_zip64(struct sw_view extra)
{
    while (extra.size >= 4) {
        size_t size = sw_zip_u16(extra.data + 2);
        if (size > extra.size - 4)
            break;
        if (sw_zip_u16(extra.data) == EXTRA_ZIP64)
            return (struct sw_view){extra.data + 4, size};
        extra.data += 4 + size;
        extra.size -= 4 + size;
    }
    return (struct sw_view){NULL, 0};
}

/* A number that was too large for its field stands in the zip64 field. */
static void widen(struct sw_view *zip64, uint64_t *value)
{
    if (*value != U32_MAX64 || zip64->size < 8)
        return;
    *value = sw_zip_u64(zip64->data);
    zip64->data += 8;
    zip64->size -= 8;
}

/* ---- records --------------------------------------------------------------- */

bool sw_zip_central(struct sw_zip_run *run, uint64_t offset, uint64_t limit,
                    struct sw_zip_entry *entry)
{
    const uint8_t *at = sw_zip_fetch(run, &run->central, offset, SW_ZIP_CENTRAL_SIZE);
    if (at == NULL || sw_zip_u32(at) != SW_ZIP_CENTRAL)
        return false;
    size_t name_size = sw_zip_u16(at + 28);
    size_t extra_size = sw_zip_u16(at + 30);
    size_t comment_size = sw_zip_u16(at + 32);
    uint64_t next = offset + SW_ZIP_CENTRAL_SIZE + name_size + extra_size + comment_size;
    if (next > limit)
        return false;
    at = sw_zip_fetch(run, &run->central, offset, SW_ZIP_CENTRAL_SIZE + name_size + extra_size);
    if (at == NULL)
        return false;
    *entry = (struct sw_zip_entry){
        .central = offset,
        .next = next,
        .flags = sw_zip_u16(at + 8),
        .method = sw_zip_u16(at + 10),
        .crc = sw_zip_u32(at + 16),
        .packed = sw_zip_u32(at + 20),
        .size = sw_zip_u32(at + 24),
        .local = sw_zip_u32(at + 42),
        .name = {at + SW_ZIP_CENTRAL_SIZE, name_size},
        .extra = {at + SW_ZIP_CENTRAL_SIZE + name_size, extra_size},
    };
    struct sw_view zip64 = find_zip64(entry->extra);
    widen(&zip64, &entry->size);
    widen(&zip64, &entry->packed);
    widen(&zip64, &entry->local);
    if (__builtin_add_overflow(entry->local, run->check->offsets_from, &entry->local))
        entry->local = UINT64_MAX;
    return true;
}

/* A local zip64 field holds both sizes, whichever of them was too large. */
static void widen_local(struct sw_view zip64, struct sw_zip_local *local)
{
    if (zip64.size >= 16) {
        if (local->size == U32_MAX64)
            local->size = sw_zip_u64(zip64.data);
        if (local->packed == U32_MAX64)
            local->packed = sw_zip_u64(zip64.data + 8);
        return;
    }
    widen(&zip64, &local->size);
    widen(&zip64, &local->packed);
}

bool sw_zip_local(struct sw_zip_run *run, const struct sw_zip_entry *entry,
                  struct sw_zip_local *local)
{
    const uint8_t *at = sw_zip_fetch(run, &run->local, entry->local, SW_ZIP_LOCAL_SIZE);
    if (at == NULL || sw_zip_u32(at) != SW_ZIP_LOCAL)
        return false;
    size_t name_size = sw_zip_u16(at + 26);
    size_t extra_size = sw_zip_u16(at + 28);
    *local = (struct sw_zip_local){
        .data_at = entry->local + SW_ZIP_LOCAL_SIZE + name_size + extra_size,
        .flags = sw_zip_u16(at + 6),
        .method = sw_zip_u16(at + 8),
        .crc = sw_zip_u32(at + 14),
        .packed = sw_zip_u32(at + 18),
        .size = sw_zip_u32(at + 22),
        .name_size = name_size,
    };
    if (local->size != U32_MAX64 && local->packed != U32_MAX64)
        return true;
    /* Local headers that do not overlap are no larger than the archive. Those that
     * do have been found out, or will be; they are not worth reading for ever. */
    if (extra_size > run->extra_left)
        return true;
    run->extra_left -= extra_size;
    at = sw_zip_fetch(run, &run->local, entry->local + SW_ZIP_LOCAL_SIZE + name_size, extra_size);
    if (at != NULL)
        widen_local(find_zip64((struct sw_view){at, extra_size}), local);
    return true;
}

/* ---- findings -------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *meaning;
    bool differ;
} codes[SW_ZIP_CODE_COUNT] = {
#define ROW(constant, label, differs, sentence)                                                    \
    [SW_ZIP_##constant] = {.name = (label), .meaning = (sentence), .differ = (differs)},
    SW_ZIP_TABLE(ROW)
#undef ROW
};

const char *sw_zip_code_name(enum sw_zip_code code)
{
    return codes[code].name;
}

const char *sw_zip_code_meaning(enum sw_zip_code code)
{
    return codes[code].meaning;
}

bool sw_zip_code_differs(enum sw_zip_code code)
{
    return codes[code].differ;
}

void sw_zip_find(struct sw_zip_run *run, enum sw_zip_code code, uint64_t offset, uint64_t size,
                 struct sw_view name, const char *format, ...)
{
    struct sw_zip_check *check = run->check;
    check->readings_differ |= codes[code].differ;
    if (check->counts[code]++ >= SW_ZIP_SAME_MAX || check->count == SW_ZIP_FINDINGS_MAX)
        return;
    struct sw_zip_finding *finding = &check->findings[check->count++];
    *finding = (struct sw_zip_finding){.code = code, .offset = offset, .size = size};
    finding->name_size = name.size < SW_ZIP_NAME_MAX ? name.size : SW_ZIP_NAME_MAX;
    if (finding->name_size > 0)
        memcpy(finding->name, name.data, finding->name_size);
    int length = snprintf(finding->text, sizeof finding->text, "%s: ", codes[code].meaning);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(finding->text + length, sizeof finding->text - (size_t)length, format,
                    arguments);
    va_end(arguments);
}
