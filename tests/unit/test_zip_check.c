/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_zip_check.c - archives that mean one thing, and each way to mean two.
 *
 * Entries are stored, so that what an archive holds is plain to see; a test builds
 * an archive from specifications, spoils one thing, and expects to hear of that
 * thing and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/siphash.h"
#include "common/view.h"
#include "engine/source/zip_check.h"
#include "engine/source/zip_read.h"
#include "sweeper/limits.h"
#include "sweeper/text.h"

/* ---- a builder ------------------------------------------------------------- */

struct spec {
    const char *name;
    size_t name_size;       /* 0: strlen(name) */
    const char *local_name; /* NULL: the same */
    const char *data;
    uint16_t method;
    uint16_t local_method;
    uint16_t flags;
    uint16_t local_flags;
    uint32_t crc;
    uint32_t local_crc;
    int32_t packed_more; /* added to what the central directory says */
    int32_t local_more;  /* added to what the local header says */
    bool unlisted;
    bool no_local;
    const char *behind; /* bytes behind its data that are nobody's */
    size_t behind_size;
    int descriptor; /* its size: 12, 16, 20, 24; 0: none */
};

struct archive {
    struct sw_buf bytes;
    struct sw_buf central;
    uint16_t count;
    uint64_t base; /* bytes in front that offsets do not count */
};

static void u16(struct sw_buf *buf, unsigned value)
{
    assert_int_equal(sw_buf_append_u8(buf, (uint8_t)value), SW_OK);
    assert_int_equal(sw_buf_append_u8(buf, (uint8_t)(value >> 8)), SW_OK);
}

static void u32(struct sw_buf *buf, uint64_t value)
{
    assert_int_equal(sw_buf_append_u32(buf, (uint32_t)value), SW_OK);
}

static void u64(struct sw_buf *buf, uint64_t value)
{
    assert_int_equal(sw_buf_append_u64(buf, value), SW_OK);
}

static void raw(struct sw_buf *buf, const void *data, size_t size)
{
    assert_int_equal(sw_buf_append(buf, data, size), SW_OK);
}

static void zip_start(struct archive *zip)
{
    *zip = (struct archive){.count = 0};
    sw_buf_init(&zip->bytes, 512 * SW_MIB);
    sw_buf_init(&zip->central, 256 * SW_MIB);
}

static void zip_done(struct archive *zip)
{
    sw_buf_done(&zip->bytes);
    sw_buf_done(&zip->central);
}

static void put_descriptor(struct sw_buf *out, int size, uint32_t crc, size_t data_size)
{
    if (size == 16 || size == 24)
        u32(out, SW_ZIP_DESCRIPTOR_MARK);
    if (size == 0)
        return;
    u32(out, crc);
    for (int i = 0; i < 2; i++)
        if (size >= 20)
            u64(out, data_size);
        else
            u32(out, data_size);
}

static void zip_central(struct archive *zip, const struct spec *spec, uint64_t local)
{
    struct sw_buf *out = &zip->central;
    size_t name_size = spec->name_size != 0 ? spec->name_size : strlen(spec->name);
    uint32_t size = (uint32_t)((int64_t)strlen(spec->data) + spec->packed_more);
    u32(out, SW_ZIP_CENTRAL);
    u16(out, 20);
    u16(out, 20);
    u16(out, spec->flags);
    u16(out, spec->method);
    u32(out, 0);
    u32(out, spec->crc);
    u32(out, size);
    u32(out, size);
    u16(out, (unsigned)name_size);
    u16(out, 0);
    u16(out, 0);
    u16(out, 0);
    u16(out, 0);
    u32(out, 0);
    u32(out, local);
    raw(out, spec->name, name_size);
    zip->count++;
}

static void zip_add(struct archive *zip, struct spec spec)
{
    struct sw_buf *out = &zip->bytes;
    uint64_t local = out->size - zip->base;
    const char *name = spec.local_name != NULL ? spec.local_name : spec.name;
    size_t name_size =
        spec.local_name != NULL || spec.name_size == 0 ? strlen(name) : spec.name_size;
    bool streamed = (spec.local_flags & SW_ZIP_FLAG_STREAMED) != 0;
    uint32_t size = streamed ? 0 : (uint32_t)((int64_t)strlen(spec.data) + spec.local_more);
    if (!spec.no_local) {
        u32(out, SW_ZIP_LOCAL);
        u16(out, 20);
        u16(out, spec.local_flags);
        u16(out, spec.local_method);
        u32(out, 0);
        u32(out, streamed ? 0 : spec.local_crc);
        u32(out, size);
        u32(out, size);
        u16(out, (unsigned)name_size);
        u16(out, 0);
        raw(out, name, name_size);
        raw(out, spec.data, strlen(spec.data));
        put_descriptor(out, spec.descriptor, spec.crc, strlen(spec.data));
    }
    raw(out, spec.behind, spec.behind_size);
    if (!spec.unlisted)
        zip_central(zip, &spec, local);
}

/* An honest entry. */
static void zip_plain(struct archive *zip, const char *name, const char *data)
{
    zip_add(zip, (struct spec){.name = name, .data = data, .crc = 7, .local_crc = 7});
}

static void put_end(struct sw_buf *out, unsigned count, uint64_t size, uint64_t offset,
                    const char *comment)
{
    u32(out, SW_ZIP_END);
    u32(out, 0);
    u16(out, count);
    u16(out, count);
    u32(out, size);
    u32(out, offset);
    u16(out, (unsigned)strlen(comment));
    raw(out, comment, strlen(comment));
}

static void zip_end(struct archive *zip, const char *comment)
{
    uint64_t offset = zip->bytes.size - zip->base;
    raw(&zip->bytes, zip->central.data, zip->central.size);
    put_end(&zip->bytes, zip->count, zip->central.size, offset, comment);
}

static struct sw_zip_check result;

static void check(const struct archive *zip)
{
    struct sw_error error = {.reason = SW_GAP_NONE};
    /* A copy that ends where the archive does, for sanitizers. */
    uint8_t *copy = malloc(zip->bytes.size + 1);
    assert_non_null(copy);
    if (zip->bytes.size > 0)
        memcpy(copy, zip->bytes.data, zip->bytes.size);
    struct sw_blob blob = sw_blob_of_bytes(copy, zip->bytes.size);
    assert_int_equal(sw_zip_check(&blob, &result, &error), SW_OK);
    sw_blob_close(&blob);
    free(copy);
    for (size_t i = 0; i < result.count; i++)
        assert_true(sw_text_is_printable(sw_view_of(result.findings[i].text)));
}

/* Ends the archive and expects these codes, each at least once, and no other. */
static void expect(struct archive *zip, unsigned code_count, const enum sw_zip_code *codes)
{
    check(zip);
    for (unsigned code = 0; code < SW_ZIP_CODE_COUNT; code++) {
        bool wanted = false;
        for (unsigned i = 0; i < code_count; i++)
            wanted |= codes[i] == code;
        if (wanted != (result.counts[code] > 0))
            print_error("%s: %u times\n", sw_zip_code_name(code), result.counts[code]);
        assert_int_equal(result.counts[code] > 0, wanted);
    }
    zip_done(zip);
}
#define EXPECT(zip, ...)                                                                           \
    expect((zip), sizeof((enum sw_zip_code[]){__VA_ARGS__}) / sizeof(enum sw_zip_code),            \
           (const enum sw_zip_code[]){__VA_ARGS__})
static void expect_nothing(struct archive *zip)
{
    expect(zip, 0, NULL);
    assert_int_equal(result.count, 0);
    assert_false(result.readings_differ);
}

/* ---- archives that mean one thing ------------------------------------------ */

static void honest_archives_are_not_blamed(void **state)
{
    (void)state;
    struct archive zip;
    zip_start(&zip);
    zip_end(&zip, "");
    expect_nothing(&zip);
    assert_true(result.end_found);
    zip_start(&zip);
    zip_plain(&zip, "dir/", "");
    zip_plain(&zip, "dir/a", "some text");
    zip_plain(&zip, "dir/", "");
    zip_plain(&zip, "", "without a name");
    zip_end(&zip, "with a comment");
    expect_nothing(&zip);
    assert_int_equal(result.entry_count, 4);
}

static void descriptors_come_in_four_forms(void **state)
{
    (void)state;
    static const int forms[] = {12, 16, 20, 24};
    for (size_t i = 0; i < 4; i++) {
        struct archive zip;
        zip_start(&zip);
        zip_add(&zip, (struct spec){.name = "a",
                                    .data = "text",
                                    .crc = 9,
                                    .flags = 8,
                                    .local_flags = 8,
                                    .descriptor = forms[i]});
        zip_plain(&zip, "b", "more");
        zip_end(&zip, "");
        expect_nothing(&zip);
    }
}

static void what_stands_in_front_and_behind_is_a_fact(void **state)
{
    (void)state;
    for (int adjusted = 0; adjusted < 2; adjusted++) {
        struct archive zip;
        zip_start(&zip);
        raw(&zip.bytes, "MZ, a program", 13);
        zip.base = adjusted ? 0 : 13;
        zip_plain(&zip, "a", "text");
        zip_end(&zip, "comment");
        raw(&zip.bytes, "behind", 6);
        expect_nothing(&zip);
        assert_int_equal(result.front_size, 13);
        assert_int_equal(result.back_size, 6);
        assert_int_equal(result.offsets_from, adjusted ? 0 : 13);
    }
}

static void an_archive_with_much_behind_it_is_found(void **state)
{
    (void)state;
    struct archive zip;
    zip_start(&zip);
    zip_plain(&zip, "a", "text");
    zip_end(&zip, "");
    for (unsigned i = 0; i < 400000; i++)
        u16(&zip.bytes, i * 7 & 0x3fff);
    expect_nothing(&zip);
    assert_int_equal(result.back_size, 800000);
}

static void a_zip_in_a_zip_is_its_own_business(void **state)
{
    (void)state;
    struct archive zip;
    static const char inner[] = "PK\5\6 and PK\1\2 and PK\3\4";
    zip_start(&zip);
    zip_plain(&zip, "inner.zip", inner);
    zip_end(&zip, "");
    expect_nothing(&zip);
}

static void put_zip64(struct archive *zip, uint64_t count, uint64_t size, uint64_t offset)
{
    uint64_t at = zip->bytes.size;
    u32(&zip->bytes, SW_ZIP_END64);
    u64(&zip->bytes, 44);
    u32(&zip->bytes, 45 | 45 << 16);
    u64(&zip->bytes, 0);
    u64(&zip->bytes, count);
    u64(&zip->bytes, count);
    u64(&zip->bytes, size);
    u64(&zip->bytes, offset);
    u32(&zip->bytes, SW_ZIP_LOCATOR);
    u32(&zip->bytes, 0);
    u64(&zip->bytes, at - zip->base);
    u32(&zip->bytes, 1);
}

static void zip64_records_are_read(void **state)
{
    (void)state;
    for (int front = 0; front < 2; front++) {
        for (int lie = 0; lie < 2; lie++) {
            struct archive zip;
            zip_start(&zip);
            if (front) {
                raw(&zip.bytes, "stub", 4);
                zip.base = 4;
            }
            zip_plain(&zip, "a", "text");
            uint64_t offset = zip.bytes.size - zip.base;
            raw(&zip.bytes, zip.central.data, zip.central.size);
            put_zip64(&zip, 1, zip.central.size, offset);
            put_end(&zip.bytes, lie ? 2 : 0xffff, 0xffffffff, 0xffffffff, "");
            if (lie)
                EXPECT(&zip, SW_ZIP_ENDS_DIFFER);
            else
                expect_nothing(&zip);
            assert_true(result.zip64);
        }
    }
}

/* ---- archives that mean two ------------------------------------------------ */

/* An archive of an honest entry, the specified one, and another honest one. */
static void build(struct archive *zip, struct spec spec)
{
    zip_start(zip);
    zip_plain(zip, "first", "1");
    zip_add(zip, spec);
    zip_plain(zip, "last", "2");
    zip_end(zip, "");
}
#define SPEC(...) ((struct spec){.name = "name", .data = "text", __VA_ARGS__})

static void headers_that_differ_are_found(void **state)
{
    (void)state;
    struct archive zip;
    build(&zip, SPEC(.local_name = "nome"));
    EXPECT(&zip, SW_ZIP_NAME);
    assert_true(result.readings_differ);
    assert_int_equal(result.findings[0].name_size, 4);
    assert_memory_equal(result.findings[0].name, "name", 4);
    build(&zip, SPEC(.local_name = "longer name"));
    EXPECT(&zip, SW_ZIP_NAME);
    build(&zip, SPEC(.local_method = 8));
    EXPECT(&zip, SW_ZIP_METHOD);
    build(&zip, SPEC(.local_crc = 1));
    EXPECT(&zip, SW_ZIP_CRC);
    build(&zip, SPEC(.crc = 1));
    EXPECT(&zip, SW_ZIP_CRC);
    build(&zip, SPEC(.flags = 1));
    EXPECT(&zip, SW_ZIP_ENCRYPTION);
    build(&zip, SPEC(.local_flags = 1));
    EXPECT(&zip, SW_ZIP_ENCRYPTION);
    build(&zip, SPEC(.local_more = 1));
    EXPECT(&zip, SW_ZIP_SIZE);
    build(&zip, SPEC(.flags = 8, .local_flags = 8, .crc = 3));
    EXPECT(&zip, SW_ZIP_DESCRIPTOR);
    build(&zip, SPEC(.no_local = true, .behind = "nothing to be seen", .behind_size = 18));
    EXPECT(&zip, SW_ZIP_LOCAL_LOST);
}

static void what_nobody_lists_is_found(void **state)
{
    (void)state;
    struct archive zip;
    char much[200];
    char nothing[200] = {0};
    memset(much, 'x', sizeof much);
    build(&zip, SPEC(.unlisted = true));
    EXPECT(&zip, SW_ZIP_UNLISTED);
    assert_int_equal(result.findings[0].offset, 36);
    build(&zip, SPEC(.behind = much, .behind_size = SW_ZIP_GAP_MAX));
    expect_nothing(&zip);
    build(&zip, SPEC(.behind = much, .behind_size = SW_ZIP_GAP_MAX + 1));
    EXPECT(&zip, SW_ZIP_BETWEEN);
    assert_int_equal(result.findings[0].size, SW_ZIP_GAP_MAX + 1);
    build(&zip, SPEC(.behind = nothing, .behind_size = sizeof nothing));
    expect_nothing(&zip);
    /* At the front: a reader of local headers begins with it. */
    zip_start(&zip);
    zip_add(&zip, SPEC(.unlisted = true));
    zip_plain(&zip, "a", "text");
    zip_end(&zip, "");
    EXPECT(&zip, SW_ZIP_UNLISTED);
    assert_int_equal(result.front_size, 38);
}

static void sizes_that_reach_too_far_are_found(void **state)
{
    (void)state;
    struct archive zip;
    build(&zip, SPEC(.packed_more = 10, .local_more = 10));
    EXPECT(&zip, SW_ZIP_OVERLAP);
    zip_start(&zip);
    zip_add(&zip, SPEC(.packed_more = 10, .local_more = 10));
    zip_end(&zip, "");
    EXPECT(&zip, SW_ZIP_BEYOND);
    zip_start(&zip);
    zip_add(&zip, SPEC(.packed_more = 100000, .local_more = 100000));
    zip_end(&zip, "");
    EXPECT(&zip, SW_ZIP_BEYOND);
}

/* Many entries whose data is the other entries: Fifield's form of a bomb. */
static void entries_inside_entries_overlap(void **state)
{
    (void)state;
    struct archive zip;
    zip_start(&zip);
    for (int i = 0; i < 100; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%05d", i);
        int32_t rest = 35 * (99 - i);
        zip_add(&zip,
                (struct spec){.name = name, .data = "", .packed_more = rest, .local_more = rest});
    }
    zip_end(&zip, "");
    EXPECT(&zip, SW_ZIP_OVERLAP);
    assert_int_equal(result.counts[SW_ZIP_OVERLAP], 99);
    assert_int_equal(result.count, SW_ZIP_SAME_MAX);
}

static void names_that_meet_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        enum sw_zip_code code; /* SW_ZIP_CODE_COUNT: they do not meet */
    } rows[] = {
        {"x/y", "x/y", SW_ZIP_DUPLICATE},          {"x/y", "x//y", SW_ZIP_DUPLICATE_PATH},
        {"x/y", "./x/./y", SW_ZIP_DUPLICATE_PATH}, {"x/y", "x\\y", SW_ZIP_DUPLICATE_PATH},
        {"x/y", "/x/y", SW_ZIP_DUPLICATE_PATH},    {"x/y", "z/../x/y", SW_ZIP_DUPLICATE_PATH},
        {"x/y", "X/y", SW_ZIP_DUPLICATE_CASE},     {"x/y", "X\\.\\Y", SW_ZIP_DUPLICATE_CASE},
        {"x/y", "x/yy", SW_ZIP_CODE_COUNT},        {"x/y", "xy", SW_ZIP_CODE_COUNT},
        {"d/", "d/", SW_ZIP_CODE_COUNT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct archive zip;
        zip_start(&zip);
        zip_plain(&zip, rows[i].a, "1");
        zip_plain(&zip, "between", "2");
        zip_plain(&zip, rows[i].b, "3");
        zip_end(&zip, "");
        if (rows[i].code == SW_ZIP_CODE_COUNT)
            expect_nothing(&zip);
        else
            EXPECT(&zip, rows[i].code);
        assert_false(result.readings_differ);
    }
}

static void names_with_odd_bytes_do_no_harm(void **state)
{
    (void)state;
    struct archive zip;
    build(&zip, (struct spec){.name = "a\0b", .name_size = 3, .data = "x"});
    EXPECT(&zip, SW_ZIP_NAME_NUL);
    assert_memory_equal(result.findings[0].name, "a\0b", 3);
    build(&zip, (struct spec){.name = "\x01\x1b[31m\xff\xfe\n", .data = "x"});
    expect_nothing(&zip);
    build(&zip, (struct spec){.name = "../../../etc/passwd", .data = "x"});
    expect_nothing(&zip);
}

static void several_end_records_are_found(void **state)
{
    (void)state;
    struct archive zip;
    /* One archive behind another: the last is listed, the first is read first. */
    zip_start(&zip);
    zip_plain(&zip, "one", "text");
    zip_end(&zip, "");
    zip.base = zip.bytes.size;
    zip.count = 0;
    sw_buf_clear(&zip.central);
    zip_plain(&zip, "two", "other");
    zip_end(&zip, "");
    EXPECT(&zip, SW_ZIP_UNLISTED, SW_ZIP_SEVERAL_ENDS);
    /* A comment that looks like an end record. */
    zip_start(&zip);
    zip_plain(&zip, "one", "text");
    zip_end(&zip, "PK\5\6\x10\x20\x30\x40\x50\x60\x70\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b");
    EXPECT(&zip, SW_ZIP_SEVERAL_ENDS);
    assert_int_equal(result.entry_count, 1);
}

static void counts_and_places_that_lie_are_found(void **state)
{
    (void)state;
    struct archive zip;
    zip_start(&zip);
    zip_plain(&zip, "one", "text");
    zip_plain(&zip, "two", "text");
    zip.count = 1;
    zip_end(&zip, "");
    EXPECT(&zip, SW_ZIP_COUNT);
    assert_int_equal(result.entry_count, 2);
    /* A size that skips the first record. */
    zip_start(&zip);
    zip_plain(&zip, "one", "text");
    zip_plain(&zip, "two", "text");
    uint64_t offset = zip.bytes.size;
    raw(&zip.bytes, zip.central.data, zip.central.size);
    put_end(&zip.bytes, 1, zip.central.size / 2, offset, "");
    check(&zip);
    assert_int_equal(result.counts[SW_ZIP_CENTRAL_TWICE], 1);
    assert_true(result.readings_differ);
    zip_done(&zip);
    /* A directory that is not there. */
    zip_start(&zip);
    zip_plain(&zip, "one", "text");
    put_end(&zip.bytes, 5, 3, 12345678, "");
    EXPECT(&zip, SW_ZIP_CENTRAL_LOST);
    zip_start(&zip);
    raw(&zip.bytes, "PK\3\4 and no more", 16);
    EXPECT(&zip, SW_ZIP_NO_END);
    assert_false(result.end_found);
    zip_start(&zip);
    EXPECT(&zip, SW_ZIP_NO_END);
}

static void a_part_of_a_set_says_so(void **state)
{
    (void)state;
    struct archive zip;
    zip_start(&zip);
    zip_plain(&zip, "one", "text");
    zip_end(&zip, "");
    zip.bytes.data[zip.bytes.size - 22 + 4] = 3;
    expect(&zip, 0, NULL);
    assert_true(result.split && result.readings_differ);
}

/* ---- bounds ---------------------------------------------------------------- */

static void every_cut_and_many_flips_come_to_an_end(void **state)
{
    (void)state;
    struct archive zip;
    build(&zip, SPEC(.flags = 8, .local_flags = 8, .crc = 3, .descriptor = 24));
    struct archive cut = zip;
    for (size_t size = 0; size < zip.bytes.size; size++) {
        cut.bytes.size = size;
        check(&cut);
        assert_true(result.readings_differ);
    }
    srand(1);
    for (int i = 0; i < 5000; i++) {
        size_t at = (size_t)rand() % zip.bytes.size;
        uint8_t bit = (uint8_t)(1 << rand() % 8);
        zip.bytes.data[at] ^= bit;
        check(&zip);
        if (i % 3 != 0) /* some stay */
            zip.bytes.data[at] ^= bit;
    }
    zip_done(&zip);
}

static double seconds(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#ifdef SWEEPER_SANITIZED
#define MANY 50000
#else
#define MANY 1000000
#endif

/* Ends with a zip64 record and returns how long the check took. */
static double time_many(struct archive *zip, uint64_t count)
{
    struct sw_error error;
    uint64_t offset = zip->bytes.size;
    raw(&zip->bytes, zip->central.data, zip->central.size);
    put_zip64(zip, count, zip->central.size, offset);
    put_end(&zip->bytes, 0xffff, 0xffffffff, 0xffffffff, "");
    double start = seconds();
    struct sw_blob blob = sw_blob_of_bytes(zip->bytes.data, zip->bytes.size);
    assert_int_equal(sw_zip_check(&blob, &result, &error), SW_OK);
    sw_blob_close(&blob);
    zip_done(zip);
    assert_int_equal(result.entry_count, count);
    return seconds() - start;
}

static void a_million_entries_take_a_second(void **state)
{
    (void)state;
    struct archive zip;
    char name[32];
    zip_start(&zip);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "some/folder/%08d", i);
        zip_plain(&zip, name, "");
    }
    assert_true(time_many(&zip, MANY) < 2); /* a slow machine; one takes 0.3 s */
    assert_int_equal(result.count, 0);
}

/* The worst that could be thought of: all the same name; local headers from the
 * last to the first; one local header, with the largest extra field, for all. */
static void hostile_millions_take_seconds_too(void **state)
{
    (void)state;
    struct archive zip;
    struct spec same = {.name = "name", .data = ""};
    zip_start(&zip);
    for (int i = 0; i < MANY; i++)
        zip_plain(&zip, "name", "");
    assert_true(time_many(&zip, MANY) < 4);
    assert_true(result.counts[SW_ZIP_DUPLICATE] > 0);

    zip_start(&zip);
    for (int i = 0; i < MANY; i++) {
        same.unlisted = true;
        zip_add(&zip, same);
        zip_central(&zip, &same, 34 * ((uint64_t)MANY - 1 - (uint64_t)i));
    }
    assert_true(time_many(&zip, MANY) < 4);
    assert_int_equal(result.counts[SW_ZIP_OVERLAP], 0);

    zip_start(&zip);
    same.packed_more = same.local_more = -1;
    zip_add(&zip, same);
    zip.bytes.data[28] = zip.bytes.data[29] = 0xff;
    for (int i = 0; i < 70000; i++)
        u16(&zip.bytes, 0);
    for (int i = 0; i < MANY; i++)
        zip_central(&zip, &same, 0);
    assert_true(time_many(&zip, MANY) < 4);
    assert_true(result.counts[SW_ZIP_OVERLAP] > 0);
}

static void entries_over_the_limit_are_a_gap(void **state)
{
    (void)state;
    struct archive zip;
    struct sw_error error;
    struct spec spec = {.name = "", .data = ""};
    zip_start(&zip);
    for (int i = 0; i < SW_ZIP_ENTRIES_MAX + 2; i++)
        zip_central(&zip, &spec, 0);
    uint64_t size = zip.central.size;
    u32(&zip.bytes, SW_ZIP_LOCAL);
    for (int i = 0; i < 26; i++)
        assert_int_equal(sw_buf_append_u8(&zip.bytes, 0), SW_OK);
    uint64_t offset = zip.bytes.size;
    raw(&zip.bytes, zip.central.data, zip.central.size);
    put_zip64(&zip, SW_ZIP_ENTRIES_MAX + 2, size, offset);
    put_end(&zip.bytes, 0xffff, 0xffffffff, 0xffffffff, "");
    struct sw_blob blob = sw_blob_of_bytes(zip.bytes.data, zip.bytes.size);
    assert_int_equal(sw_zip_check(&blob, &result, &error), SW_PART);
    assert_int_equal(error.reason, SW_GAP_LIMIT_MEMBERS);
    sw_blob_close(&blob);
    zip_done(&zip);
}

static void the_hash_is_siphash(void **state)
{
    (void)state;
    uint8_t key[16];
    uint8_t data[15];
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    for (uint8_t i = 0; i < 15; i++)
        data[i] = i;
    /* The example of the paper. */
    assert_true(sw_siphash(key, data, 15) == UINT64_C(0xa129ca6149be45e5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_archives_are_not_blamed),
        cmocka_unit_test(descriptors_come_in_four_forms),
        cmocka_unit_test(what_stands_in_front_and_behind_is_a_fact),
        cmocka_unit_test(an_archive_with_much_behind_it_is_found),
        cmocka_unit_test(a_zip_in_a_zip_is_its_own_business),
        cmocka_unit_test(zip64_records_are_read),
        cmocka_unit_test(headers_that_differ_are_found),
        cmocka_unit_test(what_nobody_lists_is_found),
        cmocka_unit_test(sizes_that_reach_too_far_are_found),
        cmocka_unit_test(entries_inside_entries_overlap),
        cmocka_unit_test(names_that_meet_are_found),
        cmocka_unit_test(names_with_odd_bytes_do_no_harm),
        cmocka_unit_test(several_end_records_are_found),
        cmocka_unit_test(counts_and_places_that_lie_are_found),
        cmocka_unit_test(a_part_of_a_set_says_so),
        cmocka_unit_test(every_cut_and_many_flips_come_to_an_end),
        cmocka_unit_test(a_million_entries_take_a_second),
        cmocka_unit_test(hostile_millions_take_seconds_too),
        cmocka_unit_test(entries_over_the_limit_are_a_gap),
        cmocka_unit_test(the_hash_is_siphash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
