/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_read.h - the records of a zip, one at a time, through a window on a blob;
 * what the parts of the zip check share.
 *
 * Runs in:  engine workers.
 * Threads:  one run, one thread.
 * Owns:     sw_zip_window_init() takes memory that sw_zip_window_done() gives back.
 *           Bytes and names borrow from a window until it is moved.
 * Trusts:   nothing; every offset is checked against the blob.
 * Fails:    a read error sticks in the run (status, error), and everything answers
 *           "not there" from then on; the caller looks at the end.
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_READ_H
#define SWEEPER_ENGINE_SOURCE_ZIP_READ_H

#include "sweeper/buf.h"
#include "zip_check.h"

enum sw_zip_mark {
    SW_ZIP_LOCAL = 0x04034b50,
    SW_ZIP_CENTRAL = 0x02014b50,
    SW_ZIP_END = 0x06054b50,
    SW_ZIP_END64 = 0x06064b50,
    SW_ZIP_LOCATOR = 0x07064b50,
    SW_ZIP_SIGNATURE = 0x05054b50,
    SW_ZIP_DESCRIPTOR_MARK = 0x08074b50,
    SW_ZIP_ONE_PART = 0x30304b50, /* "PK00": a set that turned out to be of one part */
};
enum {
    SW_ZIP_LOCAL_SIZE = 30,
    SW_ZIP_CENTRAL_SIZE = 46,
    SW_ZIP_END_SIZE = 22,
    SW_ZIP_END64_SIZE = 56,
    SW_ZIP_LOCATOR_SIZE = 20,
};
enum {
    SW_ZIP_FLAG_ENCRYPTED = 1 << 0,
    SW_ZIP_FLAG_STREAMED = 1 << 3, /* sizes stand behind the data */
    SW_ZIP_FLAG_STRONG = 1 << 6,
    SW_ZIP_FLAG_MASKED = 1 << 13, /* local headers are blanked out */
};

/* One sorted thing: an entry's bytes, or an entry's name. */
struct sw_zip_item {
    uint64_t key;     /* where its local header begins; the hash of its name */
    uint64_t end;     /* behind its data; not used for names */
    uint64_t central; /* offset of its central record */
};

struct sw_zip_window {
    uint8_t *data;
    uint64_t start;
    size_t size;
};

struct sw_zip_run {
    struct sw_blob *blob;
    struct sw_zip_check *check;
    struct sw_zip_window central; /* moves through the central directory */
    struct sw_zip_window local;   /* moves through everything else */
    struct sw_zip_item *items;
    size_t item_count;
    size_t item_capacity;
    uint64_t extra_left;   /* bytes of local extra fields that may still be read */
    uint64_t ahead_left;   /* bytes that may still be read ahead of what is asked for */
    uint64_t central_end;  /* behind the last central record */
    uint64_t end_at;       /* the first end record (zip64's, where there is one) */
    uint64_t last_end_at;  /* the plain end record */
    uint64_t declared;     /* entries that the end record declares */
    uint64_t central_size; /* bytes that the end record declares */
    bool cut;              /* more than SW_ZIP_ENTRIES_MAX entries */
    enum sw_status status;
    struct sw_error *error;
};

/* One entry as the central directory has it. */
struct sw_zip_entry {
    uint64_t central; /* offset of the record */
    uint64_t next;    /* offset behind it */
    uint64_t local;   /* offset of its local header in the object */
    uint64_t packed;
    uint64_t size;
    uint32_t crc;
    uint16_t flags;
    uint16_t method;
    struct sw_view name;
    struct sw_view extra; /* fields */
};

struct sw_zip_local {
    uint64_t data_at;
    uint64_t packed;
    uint64_t size;
    uint32_t crc;
    uint16_t flags;
    uint16_t method;
    size_t name_size;
};

static inline uint16_t sw_zip_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}
static inline uint32_t sw_zip_u32(const uint8_t *at)
{
    return (uint32_t)sw_zip_u16(at) | (uint32_t)sw_zip_u16(at + 2) << 16;
}
static inline uint64_t sw_zip_u64(const uint8_t *at)
{
    return (uint64_t)sw_zip_u32(at) | (uint64_t)sw_zip_u32(at + 4) << 32;
}

/* What a run over `blob` may read ahead: so much that order pays, and the lack of it
 * cannot be made to cost. */
static inline uint64_t sw_zip_ahead(const struct sw_blob *blob)
{
    const uint64_t least = UINT64_C(4) << 20;
    return blob->size < UINT64_MAX / 8 ? 4 * blob->size + least : UINT64_MAX;
}

bool sw_zip_window_init(struct sw_zip_window *window);
void sw_zip_window_done(struct sw_zip_window *window);
/* `size` bytes at `offset`, or NULL when they are not all there. At most
 * SW_ZIP_FETCH_MAX. */
enum { SW_ZIP_FETCH_MAX = 256 * 1024 };
const uint8_t *sw_zip_fetch(struct sw_zip_run *run, struct sw_zip_window *window, uint64_t offset,
                            size_t size);
/* Whether the four bytes at `offset` are this mark. */
bool sw_zip_is(struct sw_zip_run *run, uint64_t offset, enum sw_zip_mark mark);

/* The central record at `offset`, which must end before `limit`. */
bool sw_zip_central(struct sw_zip_run *run, uint64_t offset, uint64_t limit,
                    struct sw_zip_entry *entry);
/* The local header of an entry; false when there is none. Its name follows at
 * entry->local + SW_ZIP_LOCAL_SIZE. */
bool sw_zip_local(struct sw_zip_run *run, const struct sw_zip_entry *entry,
                  struct sw_zip_local *local);

/* Notes a finding; the printf part is added to its meaning. */
void sw_zip_find(struct sw_zip_run *run, enum sw_zip_code code, uint64_t offset, uint64_t size,
                 struct sw_view name, const char *format, ...) SW_PRINTF(6, 7);

/* --- zip_end.c: the end records. False: there is nothing to go on with. */
bool sw_zip_ends(struct sw_zip_run *run);
/* The last mark of an end record in `bytes`, which then end before its last byte: so the
 * next call finds the one before. False: there is none. */
bool sw_zip_last_end(struct sw_view *bytes, size_t *at);
/* After the spans are known: end records that no entry's data explains. */
void sw_zip_other_ends(struct sw_zip_run *run);

/* --- zip_items.c --- */
bool sw_zip_item_add(struct sw_zip_run *run, struct sw_zip_item item);
/* By key; what is equal stays in its order. */
bool sw_zip_items_sort(struct sw_zip_run *run);

/* --- zip_spans.c: overlaps, and what lies between entries. */
void sw_zip_spans(struct sw_zip_run *run);

/* --- zip_names.c: names that meet. */
void sw_zip_names(struct sw_zip_run *run);
/* `name` as most systems would take it: '\' is '/', no empty and "." parts, ".."
 * taken back where it can be. At most as long as it was. */
size_t sw_zip_normal_name(struct sw_view name, uint8_t *out);

#endif
