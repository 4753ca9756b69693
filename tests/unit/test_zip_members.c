/* SPDX-License-Identifier: Apache-2.0 */
/* Zips read by us: what is plain never reaches libarchive, what is not always does, in
 * time, and is told as it tells it. fuzz_zip_members compares the two on what comes. */
#include <sys/stat.h>

#include "engine/source/archive_reader.h"
#include "engine/source/inflater.h"
#include "engine/source/zip_members.h"
#include "source_kit.h"

enum { LARGE = 700 * 1024 + 1, CENTRAL = 46, LOCAL = 30 };

static const struct sw_source library = {
    .kind = "zip",
    .open = sw_zip_by_library,
    .next = sw_archive_next,
    .read = sw_archive_read,
    .close = sw_archive_close,
};

/* --- archives --- */

static uint8_t noise[LARGE];
static uint8_t text[LARGE];
static const struct entry entries[] = {
    {.name = "first.txt", .content = {text, 5000}}, {.name = "noise", .content = {noise, LARGE}},
    {.name = "text", .content = {text, LARGE}},     {.name = "empty", .content = {NULL, 0}},
    {.name = "last.txt", .content = {text, 4000}},
};

static int fill(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (size_t i = 0; i < LARGE; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
        text[i] = (uint8_t)("the quick brown fox"[i % 19] + (noise[i] < 3));
    }
    return 0;
}

/* The entry's header of that mark, the `number`th of its kind. */
static uint8_t *header_of(const struct bytes *zip, const char *mark, size_t number)
{
    uint8_t *at = zip->data;
    for (size_t i = 0;; i++, at++) {
        at = memmem(at, zip->size - (size_t)(at - zip->data), mark, 4);
        assert_non_null(at);
        if (i == number)
            return at;
    }
}

static struct bytes small_zip(const char *options)
{
    static const struct entry three[] = {{.name = "a.txt", .content = {text, 3000}},
                                         {.name = "b.txt", .content = {text, 4000}},
                                         {.name = "c.txt", .content = {text, 5000}}};
    return pack("zip", NULL, options, three, ARRAY_COUNT(three));
}

/* --- what is plain --- */

static void *open_blob(struct sw_blob *blob)
{
    static const struct sw_source_setup setup = {.window_max = 1 << 20};
    const struct sw_input input = {.blob = blob};
    struct sw_error error = {0};
    void *members = NULL;
    assert_int_equal(sw_zip_members_open(&input, &setup, &members, &error), SW_OK);
    return members;
}

static void assert_entry(void *members, const struct entry *entry, bool whole)
{
    struct sw_member member = {0};
    struct sw_piece piece = {0};
    struct sw_error error = {0};
    uint64_t end = 0;
    enum sw_status status = SW_OK;
    assert_int_equal(sw_zip_members_next(members, &member, &error), SW_OK);
    assert_int_equal(member.name.size, strlen(entry->name));
    assert_memory_equal(member.name.data, entry->name, member.name.size);
    assert_int_equal(member.facts.size, entry->content.size);
    assert_int_equal(member.facts.mtime_ns, INT64_C(1700000000) * 1000000000);
    assert_int_equal(member.facts.mode, S_IFREG | 0640);
    assert_int_equal(member.facts.uid, 7);
    do {
        status = sw_zip_members_read(members, &piece, &error);
        if (status != SW_OK)
            break;
        assert_int_equal(piece.offset, end);
        end += piece.size;
        assert_true(end <= entry->content.size);
        assert_memory_equal(piece.data, entry->content.data + piece.offset, piece.size);
    } while (whole);
    if (whole) {
        assert_int_equal(status, SW_END);
        assert_int_equal(end, entry->content.size);
    }
}

static void assert_plain(struct sw_blob *blob, bool whole)
{
    struct sw_member member = {0};
    struct sw_error error = {0};
    void *members = open_blob(blob);
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++)
        assert_entry(members, &entries[i], whole);
    assert_int_equal(sw_zip_members_next(members, &member, &error), SW_END);
    assert_false(sw_zip_members_left(members));
    sw_zip_members_close(members);
    sw_blob_close(blob);
}

static int file_of(const struct bytes *bytes)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = dup(fileno(file));
    (void)fclose(file);
    assert_int_equal(write(fd, bytes->data, bytes->size), (ssize_t)bytes->size);
    return fd;
}

static void what_is_plain_is_read_here(void **state)
{
    static const char *const options[] = {NULL, "compression=store", "zip:zip64"};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        struct bytes zip = pack("zip", NULL, options[i], entries, ARRAY_COUNT(entries));
        struct sw_blob blob = sw_blob_of_bytes(zip.data, zip.size);
        assert_plain(&blob, true);
        int fd = file_of(&zip);
        for (int whole = 0; whole < 2; whole++) {
            blob = sw_blob_of_fd(fd, zip.size);
            assert_plain(&blob, whole == 1);
        }
        (void)close(fd);
        free_bytes(&zip);
    }
}

/* --- what is not --- */

/* Tells of the second of three entries, and gives the third. */
static void assert_told(const struct bytes *zip, enum sw_status status, enum sw_gap gap)
{
    struct seen *ours = see(&sw_source_zip, view_of(zip), NULL);
    struct seen *other = see(&library, view_of(zip), NULL);
    assert_int_equal(ours->members, 3);
    assert_int_equal(ours->content[0].size, 3000);
    assert_int_equal(ours->content[2].size, 5000);
    assert_int_equal(ours->errors, 1);
    assert_int_equal(ours->statuses[0], status);
    assert_int_equal(ours->gaps[0], gap);
    assert_int_equal(other->errors, 1);
    assert_string_equal(ours->texts[0], other->texts[0]);
    assert_int_equal(ours->offsets[0], other->offsets[0]);
    assert_int_equal(ours->content[1].size, other->content[1].size);
    free_seen(ours);
    free_seen(other);
}

/* Changes a number in both headers of the second entry: its places there, its width. */
static void spoil(const struct bytes *zip, size_t central, size_t local, int32_t more)
{
    uint8_t *at[] = {header_of(zip, "PK\1\2", 1) + central, header_of(zip, "PK\3\4", 1) + local};
    for (size_t i = 0; i < ARRAY_COUNT(at); i++) {
        uint32_t value = 0;
        memcpy(&value, at[i], sizeof value);
        /* A streamed entry's local header says nothing. */
        if (i == 1 && value == 0)
            continue;
        value += (uint32_t)more;
        memcpy(at[i], &value, sizeof value);
    }
}

static void damage_is_told_as_before(void **state)
{
    static const struct {
        size_t central, local;
        int32_t more;
        enum sw_status status;
        enum sw_gap gap;
    } numbers[] = {
        {16, 14, 1, SW_PART, SW_GAP_DAMAGED},     /* the sum */
        {24, 22, -3000, SW_PART, SW_GAP_DAMAGED}, /* it is larger than it says */
        {24, 22, 3000, SW_PART, SW_GAP_DAMAGED},  /* and smaller */
        {20, 18, -20, SW_SKIP, SW_GAP_TRUNCATED}, /* its data end later, */
        {20, 18, 1, SW_PART, SW_GAP_DAMAGED},     /* and before */
        {24, 22, 0x70000000, SW_PART, SW_GAP_DAMAGED},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        struct bytes zip = small_zip(NULL);
        spoil(&zip, numbers[i].central, numbers[i].local, numbers[i].more);
        assert_told(&zip, numbers[i].status, numbers[i].gap);
        free_bytes(&zip);
    }
}

static void damaged_data_is_told_as_before(void **state)
{
    (void)state;
    struct bytes zip = small_zip(NULL);
    memset(header_of(&zip, "PK\3\4", 1) + LOCAL + 5 + 40, 0xff, 20);
    assert_told(&zip, SW_SKIP, SW_GAP_DAMAGED);
    free_bytes(&zip);
}

/* A bomb that says it is small is the library's with its first piece. */
static void lies_about_sizes_end_here_at_once(void **state)
{
    static const struct entry bomb[] = {{.name = "bomb", .content = {text, LARGE}}};
    (void)state;
    struct bytes zip = pack("zip", NULL, NULL, bomb, 1);
    uint32_t small = 1000;
    memcpy(header_of(&zip, "PK\1\2", 0) + 24, &small, sizeof small);
    memcpy(header_of(&zip, "PK\3\4", 0) + 22, &small, sizeof small);
    struct sw_blob blob = sw_blob_of_bytes(zip.data, zip.size);
    struct sw_member member = {0};
    struct sw_piece piece = {0};
    struct sw_error error = {0};
    void *members = open_blob(&blob);
    assert_int_equal(sw_zip_members_next(members, &member, &error), SW_OK);
    assert_int_equal(sw_zip_members_read(members, &piece, &error), SW_OK);
    assert_true(sw_zip_members_left(members) && piece.offset == 0);
    sw_zip_members_close(members);
    free_bytes(&zip);
}

static void a_file_that_shrinks_is_told(void **state)
{
    (void)state;
    struct bytes zip = pack("zip", NULL, NULL, entries, ARRAY_COUNT(entries));
    int fd = file_of(&zip);
    struct sw_blob blob = sw_blob_of_fd(fd, zip.size);
    struct sw_member member = {0};
    struct sw_piece piece = {0};
    struct sw_error error = {0};
    enum sw_status status = SW_OK;
    void *members = open_blob(&blob);
    assert_int_equal(sw_zip_members_next(members, &member, &error), SW_OK);
    assert_int_equal(sw_zip_members_next(members, &member, &error), SW_OK);
    assert_int_equal(ftruncate(fd, LARGE / 2), 0);
    while (status == SW_OK)
        status = sw_zip_members_read(members, &piece, &error);
    assert_true(status < SW_PART && error.reason != SW_GAP_NONE);
    sw_zip_members_close(members);
    sw_blob_close(&blob);
    (void)close(fd);
    free_bytes(&zip);
}

/* --- the inflater --- */

/* Raw data, however it comes, ends where it ends. */
static void raw_data_ends_where_it_ends(void **state)
{
    enum { BEHIND = 11 };
    static const struct entry one[] = {{.name = "a", .content = {text, 3000}}};
    static uint8_t out[3000];
    (void)state;
    struct bytes zip = pack("zip", NULL, NULL, one, 1);
    const uint8_t *local = header_of(&zip, "PK\3\4", 0);
    const uint8_t *central = header_of(&zip, "PK\1\2", 0);
    const uint8_t *data = local + LOCAL + 1 + local[28];
    uint32_t packed = 0;
    uint32_t crc = 0;
    memcpy(&packed, central + 20, sizeof packed);
    memcpy(&crc, central + 16, sizeof crc);
    void *inflater = calloc(1, sw_inflater_size());
    assert_non_null(inflater);
    for (size_t step = 1; step <= packed + BEHIND; step++) {
        struct sw_room room = {out, 0, sizeof out};
        struct sw_view rest = {data, packed + BEHIND};
        enum sw_inflated said = SW_INFLATED_MORE;
        assert_true(sw_inflater_begin(inflater, SW_INFLATER_RAW));
        while (said == SW_INFLATED_MORE && rest.size > 0) {
            struct sw_view in = {rest.data, rest.size < step ? rest.size : step};
            size_t given = in.size;
            said = sw_inflater_run(inflater, &in, &room);
            rest.data += given - in.size;
            rest.size -= given - in.size;
        }
        assert_int_equal(said, SW_INFLATED_END);
        assert_int_equal(rest.size + sw_inflater_unused(inflater), BEHIND);
        assert_int_equal(room.size, sizeof out);
        assert_int_equal(sw_inflater_crc(0, (struct sw_view){out, room.size}), crc);
    }
    sw_inflater_done(inflater);
    free(inflater);
    free_bytes(&zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_is_read_here),
        cmocka_unit_test(damage_is_told_as_before),
        cmocka_unit_test(damaged_data_is_told_as_before),
        cmocka_unit_test(lies_about_sizes_end_here_at_once),
        cmocka_unit_test(a_file_that_shrinks_is_told),
        cmocka_unit_test(raw_data_ends_where_it_ends),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
