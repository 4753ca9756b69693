/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_check.c - walks the central directory and compares each entry with its local
 * header and the descriptor behind its data; see zip_check.h.
 */
#include "zip_check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/dist_record.h"
#include "zip_read.h"

#define U32_MAX64 UINT64_C(0xffffffff)

/* ---- an entry and its local header ----------------------------------------- */

static bool same_name(struct sw_zip_run *run, const struct sw_zip_entry *entry,
                      const struct sw_zip_local *local)
{
    if (local->name_size != entry->name.size)
        return false;
    if (local->name_size == 0)
        return true;
    const uint8_t *at =
        sw_zip_fetch(run, &run->local, entry->local + SW_ZIP_LOCAL_SIZE, local->name_size);
    return at != NULL && memcmp(at, entry->name.data, local->name_size) == 0;
}

/* A streamed entry's local header was written before its sizes were known. */
static bool same_number(uint64_t local, uint64_t central, bool streamed)
{
    return local == central || (streamed && (local == 0 || local == U32_MAX64));
}

static void compare_headers(struct sw_zip_run *run, const struct sw_zip_entry *entry,
                            const struct sw_zip_local *local)
{
    bool streamed = (local->flags & SW_ZIP_FLAG_STREAMED) != 0;
    uint16_t secret = SW_ZIP_FLAG_ENCRYPTED | SW_ZIP_FLAG_STRONG;
    if (!same_name(run, entry, local) && run->status == SW_OK)
        sw_zip_find(run, SW_ZIP_NAME, entry->local, 0, entry->name, "local header at byte %" PRIu64,
                    entry->local);
    if (local->method != entry->method)
        sw_zip_find(run, SW_ZIP_METHOD, entry->local, 0, entry->name,
                    "%u, but listed as %u, local header at byte %" PRIu64, local->method,
                    entry->method, entry->local);
    if (!same_number(local->size, entry->size, streamed) ||
        !same_number(local->packed, entry->packed, streamed))
        sw_zip_find(run, SW_ZIP_SIZE, entry->local, 0, entry->name,
                    "%" PRIu64 " packed, %" PRIu64 " unpacked, but listed as %" PRIu64
                    " and %" PRIu64,
                    local->packed, local->size, entry->packed, entry->size);
    if (!same_number(local->crc, entry->crc, streamed) ||
        (local->crc == U32_MAX64 && !streamed && entry->crc != U32_MAX64))
        sw_zip_find(run, SW_ZIP_CRC, entry->local, 0, entry->name,
                    "%08" PRIx32 ", but listed as %08" PRIx32, local->crc, entry->crc);
    if (((local->flags ^ entry->flags) & secret) != 0)
        sw_zip_find(run, SW_ZIP_ENCRYPTION, entry->local, 0, entry->name,
                    "local header at byte %" PRIu64, entry->local);
}

/* Whether the bytes at `at` (without the mark) are the entry's checksum and sizes,
 * of 4 or of 8 bytes each. */
static bool fits(const uint8_t *at, size_t left, size_t width, const struct sw_zip_entry *entry)
{
    if (left < 4 + 2 * width || sw_zip_u32(at) != entry->crc)
        return false;
    if (width == 8)
        return sw_zip_u64(at + 4) == entry->packed && sw_zip_u64(at + 12) == entry->size;
    /* Some writers let larger sizes wrap. */
    return sw_zip_u32(at + 4) == (uint32_t)entry->packed &&
           sw_zip_u32(at + 8) == (uint32_t)entry->size;
}

/* The size of the data descriptor at `offset`: with its mark or without, with 32-bit
 * sizes or 64-bit ones, as writers happen to do it. 0: none that fits. */
static uint64_t descriptor_size(struct sw_zip_run *run, uint64_t offset,
                                const struct sw_zip_entry *entry)
{
    uint64_t total = run->blob->size;
    size_t left = offset >= total ? 0 : total - offset < 24 ? (size_t)(total - offset) : 24;
    const uint8_t *at = left == 0 ? NULL : sw_zip_fetch(run, &run->local, offset, left);
    if (at == NULL)
        return 0;
    if (left >= 4 && sw_zip_u32(at) == SW_ZIP_DESCRIPTOR_MARK) {
        if (fits(at + 4, left - 4, 4, entry))
            return 16;
        if (fits(at + 4, left - 4, 8, entry))
            return 24;
    }
    if (fits(at, left, 4, entry))
        return 12;
    return fits(at, left, 8, entry) ? 20 : 0;
}

/* Bytes behind the data that are the entry's own. */
static uint64_t look_behind(struct sw_zip_run *run, const struct sw_zip_entry *entry,
                            const struct sw_zip_local *local, uint64_t end)
{
    if (((local->flags | entry->flags) & SW_ZIP_FLAG_STREAMED) == 0)
        return 0;
    uint64_t size = descriptor_size(run, end, entry);
    /* Without one, the local header must have been right to begin with. */
    bool known =
        local->crc == entry->crc && local->size == entry->size && local->packed == entry->packed;
    if (size == 0 && !known && run->status == SW_OK)
        sw_zip_find(run, SW_ZIP_DESCRIPTOR, end, 0, entry->name, "at byte %" PRIu64, end);
    return size;
}

/* Compares, and says which bytes are the entry's. False: nothing more can be added. */
static bool look_at_entry(struct sw_zip_run *run, const struct sw_zip_entry *entry)
{
    struct sw_zip_local local;
    uint64_t end = 0;
    if (!sw_zip_local(run, entry, &local)) {
        if (run->status == SW_OK)
            sw_zip_find(run, SW_ZIP_LOCAL_LOST, entry->local, 0, entry->name, "at byte %" PRIu64,
                        entry->local);
        return run->status == SW_OK;
    }
    uint64_t limit =
        entry->local < run->check->central_at ? run->check->central_at : run->blob->size;
    if (((entry->flags | local.flags) & SW_ZIP_FLAG_MASKED) == 0)
        compare_headers(run, entry, &local);
    if (__builtin_add_overflow(local.data_at, entry->packed, &end) || end > run->blob->size) {
        sw_zip_find(run, SW_ZIP_BEYOND, entry->local, 0, entry->name,
                    "%" PRIu64 " bytes from byte %" PRIu64, entry->packed, local.data_at);
        end = limit;
    } else if ((local.flags & SW_ZIP_FLAG_MASKED) == 0) {
        end += look_behind(run, entry, &local, end);
    }
    return sw_zip_item_add(run, (struct sw_zip_item){entry->local, end, entry->central}) &&
           run->status == SW_OK;
}

/* ---- the central directory ------------------------------------------------- */

static void look_at_name(struct sw_zip_run *run, const struct sw_zip_entry *entry)
{
    bool top = false;

    if (sw_dist_is_record(entry->name, &top) && top)
        run->check->wheel = true;
    if (entry->name.size > 0 && memchr(entry->name.data, 0, entry->name.size) != NULL)
        sw_zip_find(run, SW_ZIP_NAME_NUL, entry->central, 0, entry->name, "listed at byte %" PRIu64,
                    entry->central);
}

/* What the end record declares, against what is there. Programs without zip64
 * count modulo 65,536. */
static void look_at_count(struct sw_zip_run *run)
{
    static const struct sw_view nobody = {NULL, 0};
    struct sw_zip_check *check = run->check;
    uint64_t found = check->entry_count;
    uint64_t size = run->central_end - check->central_at;
    bool counted = found == run->declared || (!check->zip64 && (found & 0xffff) == run->declared);
    uint64_t behind = run->central_end;
    if (sw_zip_is(run, behind, SW_ZIP_SIGNATURE)) {
        const uint8_t *at = sw_zip_fetch(run, &run->local, behind, 6);
        if (at != NULL && behind + 6 + sw_zip_u16(at + 4) <= run->end_at)
            run->central_end = behind + 6 + sw_zip_u16(at + 4);
    }
    bool sized =
        size == run->central_size || run->central_end - check->central_at == run->central_size;
    if (!counted)
        sw_zip_find(run, SW_ZIP_COUNT, check->central_at, size, nobody,
                    "%" PRIu64 ", but declares %" PRIu64, found, run->declared);
    else if (!sized)
        sw_zip_find(run, SW_ZIP_COUNT, check->central_at, size, nobody,
                    "in %" PRIu64 " bytes, but declares %" PRIu64 " bytes", size,
                    run->central_size);
}

static void walk(struct sw_zip_run *run)
{
    struct sw_zip_check *check = run->check;
    struct sw_zip_entry entry;
    uint64_t at = check->central_at;
    bool go_on = true;
    while (go_on && sw_zip_central(run, at, run->end_at, &entry)) {
        at = entry.next;
        check->entry_count++;
        check->central_hidden |= (entry.flags & SW_ZIP_FLAG_MASKED) != 0;
        look_at_name(run, &entry);
        go_on = look_at_entry(run, &entry);
    }
    run->central_end = at;
    if (run->status == SW_OK && !run->cut)
        look_at_count(run);
}

static void check_all(struct sw_zip_run *run)
{
    if (!sw_zip_ends(run))
        return;
    walk(run);
    if (run->status == SW_OK)
        sw_zip_spans(run);
    if (run->status == SW_OK)
        sw_zip_other_ends(run);
    if (run->status == SW_OK)
        sw_zip_names(run);
    if (run->status == SW_OK && run->cut)
        run->status = sw_fail_gap(run->error, SW_PART, SW_GAP_LIMIT_MEMBERS, "zip", 0,
                                  "only the first %d entries were compared with their headers",
                                  SW_ZIP_ENTRIES_MAX);
}

enum sw_status sw_zip_check(struct sw_blob *blob, struct sw_zip_check *check,
                            struct sw_error *error)
{
    struct sw_zip_run run = {.blob = blob, .check = check, .error = error};
    run.extra_left = blob->size;
    run.ahead_left = sw_zip_ahead(blob);
    *check = (struct sw_zip_check){.end_found = false};
    if (!sw_zip_window_init(&run.central) || !sw_zip_window_init(&run.local))
        run.status = sw_fail_gap(error, SW_SKIP, SW_GAP_LIMIT_MEMORY, "zip", 0,
                                 "no memory to check the archive");
    else
        check_all(&run);
    sw_zip_window_done(&run.central);
    sw_zip_window_done(&run.local);
    free(run.items);
    if (run.status != SW_OK && run.status != SW_PART)
        *check = (struct sw_zip_check){.end_found = false};
    return run.status;
}
