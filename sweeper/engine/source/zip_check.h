/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_check.h - does a zip mean one thing? (APPNOTE.TXT 6.3.10)
 *
 * A zip says twice what it holds: in local headers, one before each entry's
 * data, and in a central directory behind all of them. Some programs read the
 * first (streams, installers, forensics), most the second. Where the two say
 * different things, one program unpacks what another never saw; archives of that
 * kind are made on purpose. This room reads both, decompresses nothing, and says
 * what does not fit. The entries themselves are handed out by the zip source.
 *
 * What is looked at costs time in proportion to the bytes there, not to what the
 * headers declare, and memory in proportion to the entries that were seen: 24
 * bytes each (twice that while they are sorted, and only when they are not in
 * order), for up to SW_ZIP_ENTRIES_MAX of them.
 *
 * Runs in:  engine workers.
 * Threads:  one check, one thread; no state between checks.
 * Owns:     nothing; the result is a value.
 * Trusts:   nothing. Names in findings are exact bytes from the archive.
 * Fails:    SW_PART (limit_members: the entries behind SW_ZIP_ENTRIES_MAX were not
 *           checked, the result holds what the others showed), SW_SKIP (limit_memory,
 *           or what the blob said; the result is then all zeros).
 */
#ifndef SWEEPER_ENGINE_SOURCE_ZIP_CHECK_H
#define SWEEPER_ENGINE_SOURCE_ZIP_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sweeper/blob.h"
#include "sweeper/buf.h"
#include "sweeper/status.h"

/* X(constant, name in records, whether a reader of local headers sees other
 * content than a reader of the central directory, what it means to a person) */
#define SW_ZIP_TABLE(X)                                                                            \
    X(NO_END, "no_end_record", true, "has no end record: a listing of it finds nothing")           \
    X(SEVERAL_ENDS, "several_end_records", true, "has more than one end record")                   \
    X(ENDS_DIFFER, "end_records_differ", true, "its end record and its zip64 record disagree")     \
    X(CENTRAL_LOST, "central_directory_lost", true, "its central directory is not where it says")  \
    X(CENTRAL_TWICE, "two_central_directories", true,                                              \
      "two central directories fit its end record")                                                \
    X(COUNT, "entry_count_differs", true, "lists another number of entries than it declares")      \
    X(LOCAL_LOST, "no_local_header", true, "an entry is listed that is not there")                 \
    X(NAME, "names_differ", true, "an entry has another name where its data is")                   \
    X(METHOD, "methods_differ", true, "an entry's two headers name different methods")             \
    X(SIZE, "sizes_differ", true, "an entry's two headers give different sizes")                   \
    X(CRC, "checksums_differ", true, "an entry's two headers give different checksums")            \
    X(ENCRYPTION, "encryption_differs", true, "only one header of an entry says encrypted")        \
    X(DESCRIPTOR, "descriptor_differs", true,                                                      \
      "what stands behind an entry's data does not fit it")                                        \
    X(BEYOND, "data_beyond_end", true, "an entry's data runs past where the entries end")          \
    X(OVERLAP, "entries_overlap", true, "entries share the same bytes")                            \
    X(UNLISTED, "unlisted_entry", true, "holds an entry that its central directory hides")         \
    X(BETWEEN, "unlisted_data", true, "holds data between entries that nothing lists")             \
    X(DUPLICATE, "duplicate_name", false, "two entries have the same name")                        \
    X(DUPLICATE_PATH, "duplicate_path", false, "two entries have names that mean the same path")   \
    X(DUPLICATE_CASE, "duplicate_case", false, "two entries have names that differ in case only")  \
    X(NAME_NUL, "name_with_nul", false, "an entry's name goes on behind a NUL byte")

enum sw_zip_code {
#define SW_ZIP_ENUM(constant, name, differ, meaning) SW_ZIP_##constant,
    SW_ZIP_TABLE(SW_ZIP_ENUM)
#undef SW_ZIP_ENUM
        SW_ZIP_CODE_COUNT
};

enum {
    SW_ZIP_ENTRIES_MAX = 1 << 20, /* entries that are checked */
    SW_ZIP_FINDINGS_MAX = 16,     /* findings that are kept */
    SW_ZIP_SAME_MAX = 3,          /* findings of one code that are kept */
    SW_ZIP_NAME_MAX = 256,        /* bytes of a name that are kept */
    SW_ZIP_TEXT_MAX = 160,        /* bytes of a text, with its NUL */
    SW_ZIP_GAP_MAX = 64,          /* bytes between entries that are not worth a word */
};

struct sw_zip_finding {
    enum sw_zip_code code;
    uint64_t offset; /* in the object: where to look */
    uint64_t size;   /* bytes that are concerned; 0 where that says nothing */
    uint8_t name[SW_ZIP_NAME_MAX];
    size_t name_size;           /* 0: about no entry, or one without a name */
    char text[SW_ZIP_TEXT_MAX]; /* one line for people: the meaning, with numbers */
};

struct sw_zip_check {
    struct sw_zip_finding findings[SW_ZIP_FINDINGS_MAX]; /* in the order of discovery */
    size_t count;
    uint32_t counts[SW_ZIP_CODE_COUNT]; /* all that were met, also those not kept */
    bool readings_differ;               /* read it by its local headers too */

    /* Facts: nothing is wrong with any of these. */
    bool end_found;
    bool wheel; /* lists a RECORD of a Python distribution, as wheels do */
    bool zip64;
    bool split;            /* says it is the last part of a set: nothing was compared */
    bool central_hidden;   /* the central directory is encrypted */
    uint64_t entry_count;  /* entries that the central directory really lists */
    uint64_t front_size;   /* bytes before the first entry: an installer's program */
    uint64_t back_offset;  /* behind the end record and its comment */
    uint64_t back_size;    /* bytes there */
    uint64_t central_at;   /* where the central directory begins */
    uint64_t offsets_from; /* the byte that the archive's own offsets count from */
};

/* Reads the structure of `blob`, which somebody takes for a zip. */
enum sw_status sw_zip_check(struct sw_blob *blob, struct sw_zip_check *check,
                            struct sw_error *error) SW_MUST_CHECK;

/* --- zip_list.c --- */
/* Each name in the central directory, up to SW_ZIP_ENTRIES_MAX of them, until the
 * callback says false. Says nothing of what is wrong: that is the check's. */
typedef bool sw_zip_name_fn(void *context, struct sw_view name);
void sw_zip_list(struct sw_blob *blob, sw_zip_name_fn *fn, void *context);

/* The name in records, and the sentence for people. */
const char *sw_zip_code_name(enum sw_zip_code code);
const char *sw_zip_code_meaning(enum sw_zip_code code);
/* Whether a reader of local headers sees other content. */
bool sw_zip_code_differs(enum sw_zip_code code);

#endif
