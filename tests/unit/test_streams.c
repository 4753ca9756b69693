/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed streams: content whole, joined, padded, followed by something else, cut
 * off, damaged, larger than the window, and hostile bytes. */
#include <lz4.h>
#include <zlib.h>

#include "source_kit.h"

static uint8_t content[70000];

static int fill_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)("abcdefgh\n0123456789"[i * i % 19] + (i % 1000 == 0));
    return 0;
}

static struct sw_view content_view(size_t size)
{
    return (struct sw_view){content, size};
}

/* --- samples --- */

/* Through libarchive's writer of raw content. */
static struct bytes filtered(const char *filter, const char *options, size_t size)
{
    struct entry entry = {.name = "raw", .content = content_view(size)};
    return pack("raw", filter, options, &entry, 1);
}

static struct bytes make_gzip(size_t size)
{
    return filtered("gzip", NULL, size);
}
static struct bytes make_bzip2(size_t size)
{
    return filtered("bzip2", NULL, size);
}
static struct bytes make_xz(size_t size)
{
    return filtered("xz", NULL, size);
}
static struct bytes make_lzma(size_t size)
{
    return filtered("lzma", NULL, size);
}
static struct bytes make_lzip(size_t size)
{
    return filtered("lzip", NULL, size);
}
static struct bytes make_zstd(size_t size)
{
    return filtered("zstd", NULL, size);
}
static struct bytes make_lz4(size_t size)
{
    return filtered("lz4", NULL, size);
}
static struct bytes make_compress(size_t size)
{
    return filtered("compress", NULL, size);
}
static struct bytes make_uuencode(size_t size)
{
    return filtered("uuencode", "uuencode:name=inner.bin", size);
}
static struct bytes make_base64(size_t size)
{
    return filtered("b64encode", "b64encode:name=inner.bin", size);
}

/* The old lz4 format: blocks of 8 MiB at most, here of 30,000. */
static struct bytes make_old_lz4(size_t size)
{
    struct bytes out = {0};
    char packed[LZ4_COMPRESSBOUND(30000)];
    put(&out, "\x02\x21\x4c\x18", 4);
    for (size_t at = 0; at < size;) {
        size_t step = size - at < 30000 ? size - at : 30000;
        int made =
            LZ4_compress_default((const char *)content + at, packed, (int)step, (int)sizeof packed);
        assert_true(made > 0);
        put_number(&out, (uint64_t)made, 4);
        put(&out, packed, (size_t)made);
        at += step;
    }
    return out;
}

struct sample {
    const char *name;
    const struct sw_source *source;
    struct bytes (*make)(size_t size);
    bool joins;   /* several, one behind the other, are one content */
    bool marked;  /* knows where it ends */
    bool checked; /* damage of content shows */
    const char *member;
};

static const struct sample samples[] = {
    {"gzip", &sw_source_gzip, make_gzip, true, true, true, ""},
    {"bzip2", &sw_source_bzip2, make_bzip2, true, true, true, ""},
    {"xz", &sw_source_xz, make_xz, true, true, true, ""},
    {"lzma", &sw_source_lzma, make_lzma, false, true, false, ""},
    {"lzip", &sw_source_lzip, make_lzip, true, true, true, ""},
    {"zstd", &sw_source_zstd, make_zstd, true, true, false, ""},
    {"lz4", &sw_source_lz4, make_lz4, true, true, true, ""},
    {"old lz4", &sw_source_lz4, make_old_lz4, true, false, false, ""},
    {"compress", &sw_source_compress, make_compress, false, false, false, ""},
    {"uuencode", &sw_source_uuencode, make_uuencode, true, true, false, "inner.bin"},
    {"base64", &sw_source_uuencode, make_base64, true, true, false, "inner.bin"},
};

static void assert_whole(const struct sample *sample, struct sw_view data, const struct way *way,
                         size_t size, size_t errors)
{
    struct seen *seen = see(sample->source, data, way);
    if (seen->errors != errors)
        fail_msg("%s: %zu errors: %s", sample->name, seen->errors, seen->texts[0]);
    assert_int_equal(seen->members, 1);
    assert_string_equal(seen->names[0], sample->member);
    if (seen->content[0].size != size)
        fail_msg("%s: %zu bytes, not %zu", sample->name, seen->content[0].size, size);
    for (size_t at = 0; at < size; at += sizeof content)
        assert_memory_equal(seen->content[0].data + at, content,
                            size - at < sizeof content ? size - at : sizeof content);
    free_seen(seen);
}

static void each_stream_gives_its_content(void **state)
{
    static const struct way ways[] = {{.pull = 0}, {.pull = 1}, {.pull = 13}, {.pull = 5000}};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = samples[i].make(sizeof content);
        if (bid_of(samples[i].source, view_of(&data)) < SW_BID_GOOD)
            fail_msg("%s is not known", samples[i].name);
        for (size_t k = 0; k < ARRAY_COUNT(ways); k++)
            assert_whole(&samples[i], view_of(&data), &ways[k], sizeof content, 0);
        free_bytes(&data);
    }
}

static void joined_streams_are_one_content(void **state)
{
    static const struct way one = {.pull = 1};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        if (!samples[i].joins)
            continue;
        struct bytes data = samples[i].make(sizeof content);
        struct bytes second = samples[i].make(sizeof content);
        put(&data, second.data, second.size);
        assert_whole(&samples[i], view_of(&data), NULL, 2 * sizeof content, 0);
        assert_whole(&samples[i], view_of(&data), &one, 2 * sizeof content, 0);
        free_bytes(&data);
        free_bytes(&second);
    }
}

static void padding_is_passed_over_and_more_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        if (!samples[i].marked || samples[i].source == &sw_source_uuencode)
            continue;
        struct bytes data = samples[i].make(5000);
        size_t end = data.size;
        put_zeros(&data, 700);
        assert_whole(&samples[i], view_of(&data), NULL, 5000, 0);
        data.size = end;
        put_text(&data, "and what nobody looks at");
        assert_whole(&samples[i], view_of(&data), NULL, 5000, 1);
        struct seen *seen = see(samples[i].source, view_of(&data), NULL);
        assert_int_equal(seen->statuses[0], SW_PART);
        assert_int_equal(seen->gaps[0], SW_GAP_DAMAGED);
        assert_int_equal(seen->offsets[0], end);
        free_seen(seen);
        free_bytes(&data);
    }
}

static void text_round_uuencode_is_text(void **state)
{
    (void)state;
    struct bytes data = {0};
    struct bytes block = make_uuencode(5000);
    put_text(&data, "Dear all,\nbegin is a word, begin 12 too\n\n");
    put(&data, block.data, block.size);
    put_text(&data, "Regards\n");
    assert_true(bid_of(&sw_source_uuencode, view_of(&data)) >= SW_BID_GOOD);
    assert_whole(&samples[9], view_of(&data), NULL, 5000, 0);
    put(&data, block.data, block.size);
    assert_whole(
        &(struct sample){"twice", &sw_source_uuencode, NULL, true, true, false, "inner.bin"},
        (struct sw_view){data.data + 41, block.size}, NULL, 5000, 0);
    free_bytes(&data);
    free_bytes(&block);
    static const char prose[] = "begin 644 nothing of the kind\nbut a sentence that is not as long "
                                "as its first letter says it would be, were it a line of code\n";
    assert_int_equal(
        bid_of(&sw_source_uuencode, (struct sw_view){(const uint8_t *)prose, sizeof prose - 1}), 0);
}

static void a_cut_stream_gives_what_there_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = samples[i].make(sizeof content);
        /* Inside of the last block of formats that have blocks. */
        struct sw_view cut = {data.data, data.size - 6};
        struct seen *seen = see(samples[i].source, cut, NULL);
        assert_int_equal(seen->members, 1);
        if (samples[i].marked && (seen->errors != 1 || seen->gaps[0] != SW_GAP_TRUNCATED))
            fail_msg("%s: %zu errors: %s", samples[i].name, seen->errors, seen->texts[0]);
        for (size_t k = 0; k < seen->content[0].size; k++)
            assert_int_equal(seen->content[0].data[k], content[k]);
        free_seen(seen);
        free_bytes(&data);
    }
}

static void damage_is_told_behind_what_was_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        if (!samples[i].checked)
            continue;
        struct bytes data = samples[i].make(sizeof content);
        data.data[data.size / 2] ^= 0x10;
        struct seen *seen = see(samples[i].source, view_of(&data), NULL);
        if (seen->errors != 1 || seen->gaps[0] != SW_GAP_DAMAGED)
            fail_msg("%s: %zu errors: %s", samples[i].name, seen->errors, seen->texts[0]);
        free_seen(seen);
        free_bytes(&data);
    }
}

/* --- gzip alone --- */

static struct bytes make_named_gzip(void)
{
    struct bytes out = {0};
    uint8_t packed[4096];
    gz_header header = {.time = 1700000000,
                        .os = 3,
                        .extra = packed,
                        .extra_len = 700,
                        .name = (Bytef *)(uintptr_t) "caf\xe9.txt",
                        .comment = (Bytef *)(uintptr_t) "a comment",
                        .hcrc = 1};
    z_stream zlib = {0};
    memset(packed, 'e', sizeof packed);
    assert_int_equal(deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflateSetHeader(&zlib, &header), Z_OK);
    zlib.next_in = content;
    zlib.avail_in = 1000;
    uint8_t made[4096];
    zlib.next_out = made;
    zlib.avail_out = sizeof made;
    assert_int_equal(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    put(&out, made, sizeof made - zlib.avail_out);
    deflateEnd(&zlib);
    return out;
}

static void a_gzip_header_names_the_content(void **state)
{
    static const size_t steps[] = {0, 1, 7, 600};
    struct bytes data = make_named_gzip();
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        struct way way = {.pull = steps[i]};
        struct seen *seen = see(&sw_source_gzip, view_of(&data), &way);
        assert_int_equal(seen->errors, 0);
        assert_string_equal(seen->names[0], "caf\xe9.txt");
        assert_content(seen, "caf\xe9.txt", content_view(1000));
        free_seen(seen);
    }
    free_bytes(&data);
}

static void wrong_sums_are_told_and_the_next_member_is_read(void **state)
{
    static const size_t places[] = {8, 4}; /* before the end: CRC-32, size */
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        struct bytes data = make_gzip(sizeof content);
        struct bytes second = make_gzip(sizeof content);
        data.data[data.size - places[i]] ^= 1;
        put(&data, second.data, second.size);
        assert_whole(&samples[0], view_of(&data), NULL, 2 * sizeof content, 1);
        struct seen *seen = see(&sw_source_gzip, view_of(&data), NULL);
        assert_int_equal(seen->statuses[0], SW_PART);
        assert_int_equal(seen->gaps[0], SW_GAP_DAMAGED);
        free_seen(seen);
        free_bytes(&data);
        free_bytes(&second);
    }
}

/* Every place to cut, and every byte of the trailer in a piece of its own. */
static void a_gzip_member_may_be_of_any_size(void **state)
{
    static const struct way one = {.pull = 1};
    (void)state;
    for (size_t size = 0; size < 600; size += 7) {
        struct bytes data = make_gzip(size);
        assert_whole(&samples[0], view_of(&data), NULL, size, 0);
        assert_whole(&samples[0], view_of(&data), &one, size, 0);
        free_bytes(&data);
    }
}

/* --- windows --- */

static void windows_over_the_limit_are_refused(void **state)
{
    static const struct way small = {.window_max = 64 * 1024};
    static const struct sample wide[] = {
        {.name = "xz", .source = &sw_source_xz, .make = make_xz},
        {.name = "lzma", .source = &sw_source_lzma, .make = make_lzma},
        {.name = "lzip", .source = &sw_source_lzip, .make = make_lzip},
        {.name = "old lz4", .source = &sw_source_lz4, .make = make_old_lz4},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wide); i++) {
        struct bytes data = wide[i].make(5000);
        struct seen *seen = see(wide[i].source, view_of(&data), &small);
        if (seen->errors != 1 || seen->gaps[0] != SW_GAP_LIMIT_MEMORY)
            fail_msg("%s: %zu errors: %s", wide[i].name, seen->errors, seen->texts[0]);
        free_seen(seen);
        free_bytes(&data);
    }
    /* A zstd frame header with a window of 2 GiB, and one block without content. */
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00};
    struct seen *seen = see(&sw_source_zstd, (struct sw_view){zstd, sizeof zstd}, NULL);
    assert_int_equal(seen->errors, 1);
    assert_int_equal(seen->gaps[0], SW_GAP_LIMIT_MEMORY);
    free_seen(seen);
}

/* A second stream that wants more than the first is refused as well. */
static void a_later_window_counts_too(void **state)
{
    static const struct way small = {.window_max = 1 << 20};
    struct bytes data = filtered("xz", "xz:compression-level=0", 3000);
    struct bytes second = filtered("xz", "xz:compression-level=6", 3000);
    (void)state;
    put(&data, second.data, second.size);
    struct seen *seen = see(&sw_source_xz, view_of(&data), &small);
    assert_int_equal(seen->content[0].size, 3000);
    assert_int_equal(seen->errors, 1);
    assert_int_equal(seen->gaps[0], SW_GAP_LIMIT_MEMORY);
    free_seen(seen);
    free_bytes(&data);
    free_bytes(&second);
}

static void skippable_frames_hold_nothing(void **state)
{
    static const uint8_t skippable[] = {0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'};
    (void)state;
    for (size_t i = 5; i < 7; i++) {
        struct bytes frame = samples[i].make(5000);
        struct bytes data = {0};
        put(&data, skippable, sizeof skippable);
        put(&data, frame.data, frame.size);
        put(&data, skippable, sizeof skippable);
        put(&data, frame.data, frame.size);
        assert_true(bid_of(samples[i].source, view_of(&data)) >= SW_BID_GOOD);
        struct seen *seen = see(samples[i].source, view_of(&data), NULL);
        assert_int_equal(seen->errors, 0);
        assert_int_equal(seen->content[0].size, 10000);
        free_seen(seen);
        free_bytes(&data);
        free_bytes(&frame);
    }
}

/* --- one inside the other --- */

struct inner {
    const struct sw_source *source;
    void *state;
};

static enum sw_status pull_inner(void *context, struct sw_view *piece, struct sw_error *error)
{
    struct inner *inner = context;
    struct sw_piece got = {0};
    enum sw_status status = inner->source->read(inner->state, &got, error);
    *piece = (struct sw_view){got.data, got.size};
    return status == SW_END ? SW_OK : status;
}

/* A tar in a cut gzip: what the stream says reaches who reads the tar. */
static void what_a_stream_says_reaches_its_reader(void **state)
{
    struct entry entry = {.name = "inside", .content = content_view(sizeof content)};
    struct bytes data = pack("ustar", "gzip", NULL, &entry, 1);
    struct sw_blob blob = sw_blob_of_bytes(data.data, data.size / 2);
    struct sw_input input = {.blob = &blob};
    struct inner inner = {.source = &sw_source_gzip};
    struct sw_input flow = {.pull = pull_inner, .context = &inner};
    struct sw_source_setup setup = {.window_max = 1 << 20};
    struct sw_member member;
    struct sw_piece piece;
    struct sw_error error = {0};
    void *tar = NULL;
    enum sw_status status = SW_OK;
    uint64_t size = 0;
    (void)state;
    assert_int_equal(sw_source_gzip.open(&input, &setup, &inner.state, &error), SW_OK);
    assert_int_equal(sw_source_tar.open(&flow, &setup, &tar, &error), SW_OK);
    assert_int_equal(sw_source_tar.next(tar, &member, &error), SW_OK);
    while ((status = sw_source_tar.read(tar, &piece, &error)) == SW_OK)
        size += piece.size;
    assert_true(size > 1000);
    assert_int_equal(status, SW_DEAD);
    assert_int_equal(error.reason, SW_GAP_TRUNCATED);
    sw_source_tar.close(tar);
    sw_source_gzip.close(inner.state);
    free_bytes(&data);
}

/* --- hostile bytes --- */

enum { FLIPS = KIT_SANITIZED ? 500 : 2000 };

static void cuts_and_flips_do_no_harm(void **state)
{
    (void)state;
    limit_memory();
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = samples[i].make(4000);
        suffer_all(samples[i].source, view_of(&data), FLIPS);
        free_bytes(&data);
    }
    assert_memory_kept();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stream_gives_its_content),
        cmocka_unit_test(joined_streams_are_one_content),
        cmocka_unit_test(padding_is_passed_over_and_more_is_told),
        cmocka_unit_test(text_round_uuencode_is_text),
        cmocka_unit_test(a_cut_stream_gives_what_there_is),
        cmocka_unit_test(damage_is_told_behind_what_was_good),
        cmocka_unit_test(a_gzip_header_names_the_content),
        cmocka_unit_test(wrong_sums_are_told_and_the_next_member_is_read),
        cmocka_unit_test(a_gzip_member_may_be_of_any_size),
        cmocka_unit_test(windows_over_the_limit_are_refused),
        cmocka_unit_test(a_later_window_counts_too),
        cmocka_unit_test(skippable_frames_hold_nothing),
        cmocka_unit_test(what_a_stream_says_reaches_its_reader),
        cmocka_unit_test(cuts_and_flips_do_no_harm),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
