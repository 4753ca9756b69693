/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source_kit.h - for tests of container sources: small containers made in memory, and
 * one function that opens, lists and reads whatever there is, checking the contract of
 * source.h on its way.
 */
#ifndef SWEEPER_TESTS_SOURCE_KIT_H
#define SWEEPER_TESTS_SOURCE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "engine/source/sources.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KIT_SANITIZED 1
#else
#define KIT_SANITIZED 0
#endif
#if defined(__SANITIZE_ADDRESS__)
/* A decoder that wants much memory is refused it, as behind RLIMIT_DATA. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=256";
}
#endif

/* --- bytes --- */

struct bytes {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

static inline void put(struct bytes *bytes, const void *data, size_t size)
{
    if (bytes->size + size > bytes->capacity) {
        bytes->capacity = (bytes->size + size) * 2 + 64;
        bytes->data = realloc(bytes->data, bytes->capacity);
        assert_non_null(bytes->data);
    }
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static inline void put_text(struct bytes *bytes, const char *text)
{
    put(bytes, text, strlen(text));
}

/* `size` bytes, the lowest first. */
static inline void put_number(struct bytes *bytes, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(value >> 8 * i);
        put(bytes, &byte, 1);
    }
}

static inline void put_zeros(struct bytes *bytes, size_t size)
{
    static const uint8_t zeros[4096];
    for (; size > 0; size -= size < sizeof zeros ? size : sizeof zeros)
        put(bytes, zeros, size < sizeof zeros ? size : sizeof zeros);
}

static inline void free_bytes(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

static inline struct sw_view view_of(const struct bytes *bytes)
{
    return (struct sw_view){bytes->data, bytes->size};
}

/* --- opening --- */

enum { MEMBERS_MAX = 64, PASSWORDS_MAX = 4, CONTENT_MAX = 4 << 20 };

/* One thing that went wrong, or a member. */
struct seen {
    size_t members;
    char names[MEMBERS_MAX][64];
    enum sw_member_kind kinds[MEMBERS_MAX];
    bool encrypted[MEMBERS_MAX];
    struct bytes content[MEMBERS_MAX]; /* zeros of holes included */
    enum sw_status opened;
    size_t errors;
    enum sw_gap gaps[MEMBERS_MAX];
    enum sw_status statuses[MEMBERS_MAX];
    uint64_t offsets[MEMBERS_MAX];
    char texts[MEMBERS_MAX][128];
};

struct way {
    size_t pull;         /* bytes a time; 0: the blob itself */
    uint64_t window_max; /* 0: 64 MiB */
    const char *passwords[PASSWORDS_MAX];
};

static inline void note_error(struct seen *seen, enum sw_status status,
                              const struct sw_error *error)
{
    if (seen->errors == MEMBERS_MAX)
        return;
    /* Whoever goes on has a gap to record. */
    assert_int_not_equal(error->reason, SW_GAP_NONE);
    assert_true(error->text[0] != '\0');
    seen->gaps[seen->errors] = error->reason;
    seen->statuses[seen->errors] = status;
    seen->offsets[seen->errors] = error->offset;
    (void)snprintf(seen->texts[seen->errors], sizeof seen->texts[0], "%.120s", error->text);
    seen->errors++;
}

struct puller {
    struct sw_view rest;
    size_t step;
    uint8_t *copy; /* that ends where the piece does */
};

static inline enum sw_status pull_bytes(void *context, struct sw_view *piece,
                                        struct sw_error *error)
{
    struct puller *puller = context;
    size_t size = puller->rest.size < puller->step ? puller->rest.size : puller->step;
    (void)error;
    free(puller->copy);
    puller->copy = malloc(size + 1);
    assert_non_null(puller->copy);
    if (size > 0)
        memcpy(puller->copy, puller->rest.data, size);
    *piece = (struct sw_view){puller->copy, size};
    puller->rest.data += size;
    puller->rest.size -= size;
    return SW_OK;
}

static inline void read_member(const struct sw_source *source, void *state, struct seen *seen,
                               struct bytes *content)
{
    uint64_t end = 0;
    size_t calls = 0;
    for (;;) {
        struct sw_piece piece = {0};
        struct sw_error error = {0};
        enum sw_status status = source->read(state, &piece, &error);
        if (status == SW_END)
            return;
        if (status != SW_OK) {
            note_error(seen, status, &error);
            assert_true(calls++ < 100000);
            if (status != SW_PART)
                return;
            continue;
        }
        assert_true(piece.offset >= end);
        end = piece.offset + piece.size;
        /* What a budget would stop. */
        if (end > CONTENT_MAX)
            return;
        if (content != NULL) {
            put_zeros(content, (size_t)(piece.offset - content->size));
            put(content, piece.data, piece.size);
        }
    }
}

static inline void see_members(const struct sw_source *source, void *state, struct seen *seen)
{
    for (size_t calls = 0; calls < 20000; calls++) {
        struct sw_member member = {0};
        struct sw_error error = {0};
        enum sw_status status = source->next(state, &member, &error);
        if (status == SW_END)
            return;
        if (status != SW_OK)
            note_error(seen, status, &error);
        if (status == SW_DEAD || status == SW_STOP)
            return;
        if (status == SW_SKIP)
            continue;
        bool kept = seen->members < MEMBERS_MAX;
        size_t at = seen->members;
        if (kept) {
            seen->members++;
            seen->kinds[at] = member.kind;
            seen->encrypted[at] = member.encrypted;
            (void)snprintf(seen->names[at], sizeof seen->names[at], "%.*s", (int)member.name.size,
                           member.name.size > 0 ? (const char *)member.name.data : "");
        }
        if (member.kind == SW_MEMBER_FILE)
            read_member(source, state, seen, kept ? &seen->content[at] : NULL);
    }
}

/* Opens, lists and reads all. */
static inline struct seen *see(const struct sw_source *source, struct sw_view data,
                               const struct way *way)
{
    static const struct way plain;
    struct seen *seen = calloc(1, sizeof *seen);
    struct sw_error error = {0};
    void *state = NULL;
    way = way != NULL ? way : &plain;
    assert_non_null(seen);
    struct sw_source_setup setup = {
        .passwords = way->passwords,
        .window_max = way->window_max != 0 ? way->window_max : 64 << 20,
    };
    while (setup.password_count < PASSWORDS_MAX && way->passwords[setup.password_count] != NULL)
        setup.password_count++;
    struct sw_blob blob = sw_blob_of_bytes(data.data, data.size);
    struct puller puller = {.rest = data, .step = way->pull};
    struct sw_input input = {.blob = &blob};
    if (way->pull > 0)
        input = (struct sw_input){.pull = pull_bytes, .context = &puller};
    seen->opened = source->open(&input, &setup, &state, &error);
    if (seen->opened == SW_OK) {
        see_members(source, state, seen);
        source->close(state);
    } else {
        note_error(seen, seen->opened, &error);
    }
    free(puller.copy);
    sw_blob_close(&blob);
    return seen;
}

static inline void free_seen(struct seen *seen)
{
    for (size_t i = 0; i < MEMBERS_MAX; i++)
        free_bytes(&seen->content[i]);
    free(seen);
}

/* By its name, or by the end of it where the format makes an address of it. */
static inline const struct bytes *content_of(const struct seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->members; i++) {
        size_t size = strlen(seen->names[i]);
        if (size >= strlen(name) && strcmp(seen->names[i] + size - strlen(name), name) == 0)
            return &seen->content[i];
    }
    fail_msg("there is no member %s", name);
    abort();
}

static inline void assert_content(const struct seen *seen, const char *name, struct sw_view wanted)
{
    const struct bytes *content = content_of(seen, name);
    if (content->size != wanted.size)
        fail_msg("%s has %zu bytes, not %zu", name, content->size, wanted.size);
    if (wanted.size > 0)
        assert_memory_equal(content->data, wanted.data, wanted.size);
}

static inline unsigned bid_of(const struct sw_source *source, struct sw_view data)
{
    struct sw_probe probe = {
        .head = {data.data, data.size < SW_PROBE_HEAD_MAX ? data.size : SW_PROBE_HEAD_MAX},
        .size = data.size,
    };
    size_t tail = data.size < SW_PROBE_TAIL_MAX ? data.size : SW_PROBE_TAIL_MAX;
    probe.tail = (struct sw_view){data.data + data.size - tail, tail};
    return source->probe(&probe);
}

/* --- what libarchive writes --- */

static inline la_ssize_t write_bytes(struct archive *archive, void *context, const void *data,
                                     size_t size)
{
    (void)archive;
    put(context, data, size);
    return (la_ssize_t)size;
}

struct entry {
    const char *name;
    struct sw_view content;
    const char *target; /* of a symbolic link */
};

/* The entries in a format by libarchive's name; `filter` NULL: none. */
static inline struct bytes pack(const char *format, const char *filter, const char *options,
                                const struct entry *entries, size_t count)
{
    struct bytes out = {0};
    struct archive *archive = archive_write_new();
    assert_int_equal(archive_write_set_format_by_name(archive, format), ARCHIVE_OK);
    assert_true(filter == NULL || archive_write_add_filter_by_name(archive, filter) == ARCHIVE_OK);
    archive_write_set_bytes_per_block(archive, 0);
    if (options != NULL && archive_write_set_options(archive, options) != ARCHIVE_OK)
        fail_msg("%s: %s", options, archive_error_string(archive));
    assert_int_equal(archive_write_open(archive, &out, NULL, write_bytes, NULL), ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, entries[i].name);
        archive_entry_set_mode(entry,
                               entries[i].target != NULL ? AE_IFLNK | 0777 : AE_IFREG | 0640);
        archive_entry_set_mtime(entry, 1700000000, 0);
        archive_entry_set_uid(entry, 7);
        archive_entry_set_size(entry, (la_int64_t)entries[i].content.size);
        if (entries[i].target != NULL)
            archive_entry_set_symlink(entry, entries[i].target);
        if (archive_write_header(archive, entry) != ARCHIVE_OK)
            fail_msg("%s: %s", format, archive_error_string(archive));
        if (entries[i].content.size > 0)
            assert_true(
                archive_write_data(archive, entries[i].content.data, entries[i].content.size) > 0);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    return out;
}

/* --- hostile bytes --- */

/* xorshift64* (Vigna): the same numbers everywhere. */
static uint64_t kit_random_state = 0x5eed;
static inline uint32_t kit_random(size_t limit)
{
    kit_random_state ^= kit_random_state >> 12;
    kit_random_state ^= kit_random_state << 25;
    kit_random_state ^= kit_random_state >> 27;
    return (uint32_t)(((kit_random_state * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % limit);
}

static inline int64_t kit_now_ms(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One opening of hostile bytes: it ends, soon. */
static inline void suffer(const struct sw_source *source, struct sw_view data,
                          const struct way *way)
{
    enum { OPEN_MS_MAX = 10000 };
    int64_t start = kit_now_ms();
    alarm(60); /* a hang ends the program */
    free_seen(see(source, data, way));
    alarm(0);
    if (kit_now_ms() - start > OPEN_MS_MAX)
        fail_msg("%s took %lld ms for %zu bytes", source->kind, (long long)(kit_now_ms() - start),
                 data.size);
}

/* Cuts at every byte (of samples over 8 KiB: at 4,096 places; with sanitizers, which take
 * ten times as long, at 500 of those over 512 bytes), then `flips` changes of one to four
 * bytes. Copies end where the bytes do. */
static inline void suffer_all(const struct sw_source *source, struct sw_view sample, size_t flips)
{
    enum { EVERY_MAX = KIT_SANITIZED ? 512 : 8192, PLACES = KIT_SANITIZED ? 500 : 4096 };
    size_t cuts = sample.size <= EVERY_MAX ? sample.size : PLACES;
    uint8_t *copy = NULL;
    for (size_t i = 0; i < cuts; i++) {
        size_t size = cuts == sample.size ? i : kit_random(sample.size);
        copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, sample.data, size);
        suffer(source, (struct sw_view){copy, size}, NULL);
        free(copy);
    }
    copy = malloc(sample.size);
    assert_non_null(copy);
    for (size_t i = 0; i < flips; i++) {
        static const struct way pulled = {.pull = 100};
        memcpy(copy, sample.data, sample.size);
        for (uint32_t k = kit_random(4) + 1; k > 0; k--)
            copy[kit_random(sample.size)] = (uint8_t)kit_random(256);
        suffer(source, (struct sw_view){copy, sample.size},
               source->sequential && i % 4 == 0 ? &pulled : NULL);
    }
    free(copy);
}

/* Before hostile bytes: memory as behind the sandbox. */
static inline void limit_memory(void)
{
    struct rlimit limit = {256 << 20, 256 << 20};
    if (!KIT_SANITIZED)
        assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
}

/* After them: none of it was used. */
static inline void assert_memory_kept(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    if (!KIT_SANITIZED && usage.ru_maxrss > 256 * 1024)
        fail_msg("%ld KiB were used", usage.ru_maxrss);
}

#endif
