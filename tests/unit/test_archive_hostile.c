/* SPDX-License-Identifier: Apache-2.0 */
/* What would be passed over, or would take too much: content under odd names, what
 * is appended to programs and zips, formats that are not opened, maps of holes. */
#include "archive_recipes.h"

#include "engine/source/bytes.h"

static const uint8_t bird[] = "a bird, a bird, a bird, a bird, a bird, a bird, a bird, a bird\n";
#define BIRD                                                                                       \
    {                                                                                              \
        bird, sizeof bird - 1                                                                      \
    }
static struct entry one[1] = {{.name = "bird.py", .content = BIRD}};
static struct entry two[2] = {{.name = "first", .content = BIRD},
                              {.name = "second", .content = BIRD}};

static size_t find(const struct bytes *data, const char *text, size_t size)
{
    const uint8_t *at = memmem(data->data, data->size, text, size);
    assert_non_null(at);
    return (size_t)(at - data->data);
}

/* --- zip ------------------------------------------------------------------------ */

/* The one member there is, whole, under that name. */
static void assert_bird(const struct bytes *zip, const char *name)
{
    struct seen *seen = see(&sw_source_zip, view_of(zip), NULL);
    assert_int_equal(seen->errors, 0);
    assert_int_equal(seen->members, 1);
    assert_int_equal(seen->kinds[0], SW_MEMBER_FILE);
    assert_string_equal(seen->names[0], name); /* up to a NUL: that is as far as it is kept */
    assert_int_equal(seen->content[0].size, sizeof bird - 1);
    assert_memory_equal(seen->content[0].data, bird, sizeof bird - 1);
    free_seen(seen);
}

static void content_in_a_zip_is_a_file(void **state)
{
    enum { SYSTEM = 5, ATTRIBUTES = 38, TYPE = 41 };
    (void)state;
    for (unsigned type = 0; type < 16; type++) {
        struct bytes zip = pack("zip", NULL, NULL, one, 1);
        size_t central = find(&zip, "PK\1\2", 4);
        zip.data[central + SYSTEM] = 3;
        zip.data[central + TYPE] = (uint8_t)(type << 4 | 1);
        assert_bird(&zip, "bird.py");
        zip.data[central + SYSTEM] = 0;
        zip.data[central + ATTRIBUTES] |= 0x10;
        assert_bird(&zip, "bird.py");
        free_bytes(&zip);
    }
}

static void names_in_a_zip_hide_nothing(void **state)
{
    static const char *const names[] = {"bird.p/",  "bird.p\\", "bir\0.py",  "bird/\0y",
                                        "\0ird.py", "bird.p\0", "//\0/\\\0/"};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        struct bytes zip = pack("zip", NULL, NULL, one, 1);
        for (size_t at = 0; at + 7 <= zip.size; at++)
            if (memcmp(zip.data + at, "bird.py", 7) == 0)
                memcpy(zip.data + at, names[i], 7);
        zip.data[find(&zip, "PK\1\2", 4) + 5] = 0;
        assert_bird(&zip, names[i]);
        free_bytes(&zip);
    }
}

/* --- behind something ----------------------------------------------------------- */

static void put_script(struct bytes *data)
{
    put_text(data, "#!/bin/sh\n");
    for (int i = 0; i < 300; i++)
        put_text(data, "echo a line of it\n");
}

/* Headers, and 8,000 bytes of code. */
static void put_elf(struct bytes *data)
{
    put_text(data, "\x7f"
                   "ELF\2\1\1");
    put_zeros(data, 32 - data->size);
    put_number(data, 64, 8);
    put_zeros(data, 54 - data->size);
    put_number(data, 56, 2);
    put_number(data, 1, 2);
    put_zeros(data, 64 + 8 - data->size);
    put_number(data, 120, 8);
    put_zeros(data, 64 + 32 - data->size);
    put_number(data, 8000, 8);
    put_zeros(data, 120 - data->size);
    for (int i = 0; i < 8000; i++)
        put(data, "x", 1);
}

/* One section of 8,000 bytes, and a signature behind it. */
static void put_exe(struct bytes *data)
{
    put_text(data, "MZ");
    put_zeros(data, 0x3c - data->size);
    put_number(data, 64, 4);
    put(data, "PE\0\0\0\0", 6);
    put_number(data, 1, 2);
    put_zeros(data, 64 + 20 - data->size);
    put_number(data, 240, 2);
    put_zeros(data, 2);
    put_number(data, 0x20b, 2);
    put_zeros(data, 64 + 24 + 112 + 32 - data->size);
    put_number(data, 512 + 8000, 4);
    put_number(data, 64, 4);
    put_zeros(data, 64 + 24 + 240 + 16 - data->size);
    put_number(data, 8000, 4);
    put_number(data, 512, 4);
    put_zeros(data, 512 - data->size);
    for (int i = 0; i < 8000 + 64; i++)
        put(data, "x", 1);
}

static void (*const fronts[])(struct bytes *data) = {put_script, put_elf, put_exe};

static void assert_rest(const struct sw_source *source, const struct bytes *data, size_t from)
{
    char name[64];
    struct seen *seen = see(source, view_of(data), NULL);
    snprintf(name, sizeof name, "(from byte %zu on)", from);
    assert_int_equal(seen->errors, 0);
    assert_int_equal(seen->members, 1);
    assert_content(seen, name, (struct sw_view){data->data + from, data->size - from});
    free_seen(seen);
}

static void what_is_appended_to_programs_is_found(void **state)
{
    static const char *const filters[] = {"gzip", "bzip2", "xz", "lzma", "zstd", "lz4", NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(fronts); i++) {
        for (size_t k = 0; k < ARRAY_COUNT(filters); k++) {
            struct bytes data = {0};
            struct bytes tar = pack("ustar", filters[k], NULL, one, 1);
            fronts[i](&data);
            size_t from = data.size;
            assert_int_equal(bid_of(&sw_source_appended, view_of(&data)), 0);
            put(&data, tar.data, tar.size);
            assert_true(bid_of(&sw_source_appended, view_of(&data)) >= SW_BID_GOOD);
            assert_rest(&sw_source_appended, &data, from);
            /* Nothing that is known: not even a bid that counts. */
            memset(data.data + from, 'y', tar.size);
            assert_true(bid_of(&sw_source_appended, view_of(&data)) < SW_BID_GOOD);
            free_bytes(&data);
            free_bytes(&tar);
        }
    }
}

static void padding_and_distance_do_not_hide_it(void **state)
{
    struct bytes tar = pack("ustar", "xz", NULL, one, 1);
    struct bytes data = {0};
    (void)state;
    put_elf(&data);
    put_zeros(&data, 300);
    size_t from = data.size;
    put(&data, tar.data, tar.size);
    assert_rest(&sw_source_appended, &data, from);
    free_bytes(&data);
    /* Behind what an auction looks at: a weak bid, and the truth when it is opened. */
    put_elf(&data);
    data.data[64 + 32] = data.data[64 + 33] = 0;
    data.data[64 + 34] = 0x30; /* 3 MiB */
    put_zeros(&data, 120 + (3 << 20) - data.size);
    from = data.size;
    put(&data, tar.data, tar.size);
    unsigned bits = bid_of(&sw_source_appended, view_of(&data));
    assert_true(bits > 0 && bits < SW_BID_GOOD);
    assert_rest(&sw_source_appended, &data, from);
    free_bytes(&data);
    free_bytes(&tar);
}

static void what_is_behind_a_zip_is_found(void **state)
{
    struct bytes data = pack("zip", NULL, NULL, one, 1);
    struct bytes tar = pack("ustar", "gzip", NULL, one, 1);
    size_t from = data.size;
    (void)state;
    put_text(&data, "only a few words of text");
    struct seen *seen = see(&sw_source_behind, view_of(&data), NULL);
    assert_int_equal(seen->members, 0);
    assert_int_equal(seen->gaps[0], SW_GAP_DAMAGED);
    free_seen(seen);
    data.size = from;
    put(&data, tar.data, tar.size);
    assert_int_equal(bid_of(&sw_source_behind, view_of(&data)), 0);
    assert_rest(&sw_source_behind, &data, from);
    free_bytes(&data);
    free_bytes(&tar);
}

/* --- not opened ------------------------------------------------------------------ */

static void known_formats_are_gaps(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        size_t at;
    } rows[] = {{"\x89LZO\0\r\n\x1a\n", 9, 0},
                {"**ACE**", 7, 7},
                {"MSWIM\0\0\0", 8, 0},
                {"\xff\6\0\0sNaPpY", 10, 0},
                {"BEA01\1", 6, 32769}};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct bytes data = {0};
        put_zeros(&data, rows[i].at);
        put(&data, rows[i].bytes, rows[i].size);
        for (size_t cut = 0; cut < data.size; cut++)
            assert_int_equal(bid_of(&sw_source_unread, (struct sw_view){data.data, cut}), 0);
        assert_true(bid_of(&sw_source_unread, view_of(&data)) >= SW_BID_GOOD);
        struct seen *seen = see(&sw_source_unread, view_of(&data), NULL);
        assert_int_equal(seen->errors, 1);
        assert_int_equal(seen->gaps[0], SW_GAP_UNSUPPORTED);
        free_seen(seen);
        free_bytes(&data);
    }
}

/* --- headers --------------------------------------------------------------------- */

static void put_tar_header(struct bytes *data, const char *name, size_t size, char type)
{
    char block[512] = {0};
    unsigned sum = 0;
    snprintf(block, 100, "%s", name);
    snprintf(block + 100, 8, "%07o", 0644U);
    snprintf(block + 108, 8, "%07o", 0U);
    snprintf(block + 116, 8, "%07o", 0U);
    snprintf(block + 124, 12, "%011zo", size);
    snprintf(block + 136, 12, "%011o", 0U);
    block[156] = type;
    memcpy(block + 257, "ustar\00000", 8);
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < sizeof block; i++)
        sum += (uint8_t)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    put(data, block, sizeof block);
}

static void pad(struct bytes *data)
{
    put_zeros(data, -data->size % 512);
}

/* A file of no bytes and `count` holes. */
static struct bytes make_holes(size_t count)
{
    static const char facts[] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
                                "25 GNU.sparse.name=holes\n28 GNU.sparse.realsize=1000\n";
    struct bytes data = {0};
    char number[32];
    int digits = snprintf(number, sizeof number, "%zu\n", count);
    put_tar_header(&data, "pax", sizeof facts - 1, 'x');
    put_text(&data, facts);
    pad(&data);
    put_tar_header(&data, "holes", ((size_t)digits + 4 * count + 511) / 512 * 512, '0');
    put_text(&data, number);
    for (size_t i = 0; i < count; i++)
        put(&data, "0\n0\n", 4);
    pad(&data);
    put_tar_header(&data, "last", sizeof bird - 1, '0');
    put(&data, bird, sizeof bird - 1);
    pad(&data);
    put_zeros(&data, 1024);
    return data;
}

static void maps_of_holes_are_bounded(void **state)
{
    (void)state;
    struct bytes data = make_holes(1000);
    struct seen *seen = see(&sw_source_tar, view_of(&data), NULL);
    assert_int_equal(seen->errors, 0);
    assert_int_equal(seen->members, 2);
    free_seen(seen);
    free_bytes(&data);
    data = make_holes(1200000);
    for (size_t step = 0; step < 2; step++) {
        const struct way way = {.pull = step * 60000};
        seen = see(&sw_source_tar, view_of(&data), &way);
        assert_int_equal(seen->errors, 1);
        assert_int_equal(seen->gaps[0], SW_GAP_LIMIT_MEMORY);
        assert_int_equal(seen->members, 0);
        free_seen(seen);
    }
    free_bytes(&data);
}

static void headers_cut_off_are_told(void **state)
{
    struct bytes ar = pack("arbsd", NULL, NULL, two, 2);
    struct bytes rar = make_rar5(two, 2, 0, 0, 0);
    (void)state;
    struct seen *seen = see(&sw_source_ar, view_of(&ar), NULL);
    assert_int_equal(seen->errors, 0);
    free_seen(seen);
    seen = see(&sw_source_rar5, view_of(&rar), NULL);
    assert_int_equal(seen->errors, 0);
    free_seen(seen);
    ar.size = find(&ar, "second", 6) + 30;
    seen = see(&sw_source_ar, view_of(&ar), NULL);
    assert_int_equal(seen->members, 1);
    assert_int_equal(seen->gaps[0], SW_GAP_TRUNCATED);
    free_seen(seen);
    rar.size = find(&rar, "second", 6) + 1;
    seen = see(&sw_source_rar5, view_of(&rar), NULL);
    assert_int_equal(seen->members, 1);
    assert_int_equal(seen->gaps[0], SW_GAP_TRUNCATED);
    free_seen(seen);
    free_bytes(&ar);
    free_bytes(&rar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_in_a_zip_is_a_file),
        cmocka_unit_test(names_in_a_zip_hide_nothing),
        cmocka_unit_test(what_is_appended_to_programs_is_found),
        cmocka_unit_test(padding_and_distance_do_not_hide_it),
        cmocka_unit_test(what_is_behind_a_zip_is_found),
        cmocka_unit_test(known_formats_are_gaps),
        cmocka_unit_test(maps_of_holes_are_bounded),
        cmocka_unit_test(headers_cut_off_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
