/* SPDX-License-Identifier: Apache-2.0 */
/* Containers: each format's members and content, what is damaged, cut off, encrypted
 * or a part of a set, and hostile bytes. */
#include "archive_recipes.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

static uint8_t long_content[9000];
static struct entry entries[3] = {
    {.name = "a.txt", .content = TEXT("the first member\n")},
    {.name = "long.bin", .content = {long_content, sizeof long_content}},
    {.name = "empty", .content = {0}},
};
enum { ENTRIES = ARRAY_COUNT(entries) };

static int fill_content(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof long_content; i++)
        long_content[i] = (uint8_t)(i * i >> 7);
    return 0;
}

/* --- samples --- */

struct sample {
    const char *name;
    const struct sw_source *source;
    const char *format; /* of libarchive's writer; NULL: a recipe */
    const char *options;
    struct bytes (*make)(void);
    unsigned bits_min;
};

static struct bytes rar_stored(void)
{
    return make_rar(entries, ENTRIES, 0x30, 0, 0);
}
static struct bytes rar5_stored(void)
{
    return make_rar5(entries, ENTRIES, 0, 0, 0);
}
static struct bytes cab_stored(void)
{
    return make_cab(entries, ENTRIES);
}
static struct bytes lha_stored(void)
{
    return make_lha(entries, ENTRIES, "-lh0-");
}
static struct bytes rpm_gzip(void)
{
    return make_rpm(entries, ENTRIES, "gzip");
}
static struct bytes rpm_xz(void)
{
    return make_rpm(entries, ENTRIES, "xz");
}
static struct bytes rpm_zstd(void)
{
    return make_rpm(entries, ENTRIES, "zstd");
}
static struct bytes rpm_plain(void)
{
    return make_rpm(entries, ENTRIES, NULL);
}

static const struct sample samples[] = {
    {"ustar", &sw_source_tar, "ustar", NULL, NULL, 24},
    {"pax", &sw_source_tar, "pax", NULL, NULL, 24},
    {"gnutar", &sw_source_tar, "gnutar", NULL, NULL, 24},
    {"v7tar", &sw_source_tar, "v7tar", NULL, NULL, 24},
    {"newc", &sw_source_cpio, "newc", NULL, NULL, 24},
    {"odc", &sw_source_cpio, "odc", NULL, NULL, 24},
    {"bin", &sw_source_cpio, "bin", NULL, NULL, 24},
    {"ar-gnu", &sw_source_ar, "argnu", NULL, NULL, 24},
    {"ar-bsd", &sw_source_ar, "arbsd", NULL, NULL, 24},
    {"zip", &sw_source_zip, "zip", NULL, NULL, 24},
    {"zip-stored", &sw_source_zip, "zip", "compression=store", NULL, 24},
    {"zip64", &sw_source_zip, "zip", "zip:zip64", NULL, 24},
    {"7z-lzma1", &sw_source_7z, "7zip", "compression=lzma1", NULL, 24},
    {"7z-lzma2", &sw_source_7z, "7zip", "compression=lzma2", NULL, 24},
    {"7z-ppmd", &sw_source_7z, "7zip", "compression=ppmd", NULL, 24},
    {"7z-bzip2", &sw_source_7z, "7zip", "compression=bzip2", NULL, 24},
    {"7z-deflate", &sw_source_7z, "7zip", "compression=deflate", NULL, 24},
    {"7z-copy", &sw_source_7z, "7zip", "compression=store", NULL, 24},
    {"iso9660", &sw_source_iso9660, "iso9660", NULL, NULL, 24},
    {"xar", &sw_source_xar, "xar", NULL, NULL, 24},
    {"warc", &sw_source_warc, "warc", NULL, NULL, 24},
    {"rar", &sw_source_rar, NULL, NULL, rar_stored, 24},
    {"rar5", &sw_source_rar5, NULL, NULL, rar5_stored, 24},
    {"cab", &sw_source_cab, NULL, NULL, cab_stored, 24},
    {"lha", &sw_source_lha, NULL, NULL, lha_stored, 24},
    {"rpm-gzip", &sw_source_rpm, NULL, NULL, rpm_gzip, 24},
    {"rpm-xz", &sw_source_rpm, NULL, NULL, rpm_xz, 24},
    {"rpm-zstd", &sw_source_rpm, NULL, NULL, rpm_zstd, 24},
    {"rpm-plain", &sw_source_rpm, NULL, NULL, rpm_plain, 24},
};

static const struct sw_source *const all_sources[] = {
    &sw_source_gzip,       &sw_source_bzip2,   &sw_source_xz,   &sw_source_lzma,
    &sw_source_lzip,       &sw_source_zstd,    &sw_source_lz4,  &sw_source_compress,
    &sw_source_uuencode,   &sw_source_tar,     &sw_source_cpio, &sw_source_ar,
    &sw_source_rpm,        &sw_source_lha,     &sw_source_warc, &sw_source_zip,
    &sw_source_zip_stream, &sw_source_7z,      &sw_source_rar,  &sw_source_rar5,
    &sw_source_cab,        &sw_source_iso9660, &sw_source_xar,
};

static struct bytes make(const struct sample *sample)
{
    return sample->make != NULL ? sample->make()
                                : pack(sample->format, NULL, sample->options, entries, ENTRIES);
}

static void assert_members(const struct sample *sample, struct sw_view data, const struct way *way)
{
    struct seen *seen = see(sample->source, data, way);
    if (seen->errors > 0)
        fail_msg("%s: %s", sample->name, seen->texts[0]);
    size_t files = 0;
    for (size_t i = 0; i < seen->members; i++)
        files += seen->kinds[i] == SW_MEMBER_FILE;
    if (sample->source != &sw_source_warc)
        assert_int_equal(files, ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++)
        assert_content(seen, entries[i].name, entries[i].content);
    free_seen(seen);
}

static void each_format_gives_its_members(void **state)
{
    static const struct way one = {.pull = 1};
    static const struct way some = {.pull = 700};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = make(&samples[i]);
        assert_members(&samples[i], view_of(&data), NULL);
        if (samples[i].source->sequential) {
            assert_members(&samples[i], view_of(&data), &some);
            assert_members(&samples[i], view_of(&data), &one);
        }
        free_bytes(&data);
    }
}

static void each_format_is_known_and_no_other_bids(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = make(&samples[i]);
        if (bid_of(samples[i].source, view_of(&data)) < samples[i].bits_min)
            fail_msg("%s: %u bits", samples[i].name, bid_of(samples[i].source, view_of(&data)));
        for (size_t k = 0; k < ARRAY_COUNT(all_sources); k++) {
            if (all_sources[k] != samples[i].source &&
                bid_of(all_sources[k], view_of(&data)) >= SW_BID_GOOD)
                fail_msg("%s bids on %s", all_sources[k]->kind, samples[i].name);
        }
        free_bytes(&data);
    }
}

static void chance_makes_no_good_bid(void **state)
{
    uint8_t data[700];
    (void)state;
    for (unsigned round = 0; round < (KIT_SANITIZED ? 3000 : 30000); round++) {
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)kit_random(round % 3 == 0 ? 256 : round % 3 == 1 ? 4 : 64);
        for (size_t k = 0; k < ARRAY_COUNT(all_sources); k++)
            if (bid_of(all_sources[k], (struct sw_view){data, sizeof data}) >= SW_BID_GOOD)
                fail_msg("round %u: %s bids", round, all_sources[k]->kind);
    }
}

/* Every probe, on every head that is too short for it. */
static void short_heads_are_looked_at_with_care(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = make(&samples[i]);
        for (size_t size = 0; size < data.size && size < 600; size++) {
            uint8_t *copy = malloc(size + 1);
            memcpy(copy, data.data, size);
            for (size_t k = 0; k < ARRAY_COUNT(all_sources); k++)
                (void)bid_of(all_sources[k], (struct sw_view){copy, size});
            free(copy);
        }
        free_bytes(&data);
    }
}

/* --- tar and cpio --- */

static void tar_and_cpio_archives_are_joined(void **state)
{
    static const char *const formats[] = {"ustar", "gnutar", "newc", "odc"};
    static const struct way pulled = {.pull = 333};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(formats); i++) {
        const struct sw_source *source = i < 2 ? &sw_source_tar : &sw_source_cpio;
        struct bytes data = pack(formats[i], NULL, NULL, entries, 1);
        struct bytes second = pack(formats[i], NULL, NULL, entries + 1, 1);
        put_zeros(&data, 2048);
        put(&data, second.data, second.size);
        for (size_t k = 0; k < 2; k++) {
            struct seen *seen = see(source, view_of(&data), k == 0 ? NULL : &pulled);
            assert_int_equal(seen->errors, 0);
            assert_int_equal(seen->members, 2);
            assert_content(seen, "long.bin", entries[1].content);
            free_seen(seen);
        }
        free_bytes(&data);
        free_bytes(&second);
    }
}

static void a_tar_without_end_blocks_is_whole(void **state)
{
    (void)state;
    struct bytes data = pack("ustar", NULL, NULL, entries, ENTRIES);
    data.size = 3 * 512 + 512 + (9000 + 511) / 512 * 512;
    struct seen *seen = see(&sw_source_tar, view_of(&data), NULL);
    assert_int_equal(seen->errors, 0);
    assert_int_equal(seen->members, ENTRIES);
    free_seen(seen);
    free_bytes(&data);
}

static void bytes_behind_the_end_are_told(void **state)
{
    static const struct sample kinds[] = {
        {"tar", &sw_source_tar, "ustar", NULL, NULL, 0},
        {"cpio", &sw_source_cpio, "newc", NULL, NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct bytes data = make(&kinds[i]);
        size_t end = data.size;
        put_text(&data, "more, and hidden");
        struct seen *seen = see(kinds[i].source, view_of(&data), NULL);
        assert_int_equal(seen->members, ENTRIES);
        assert_int_equal(seen->errors, 1);
        assert_int_equal(seen->statuses[0], SW_SKIP);
        assert_int_equal(seen->gaps[0], SW_GAP_DAMAGED);
        assert_int_equal(seen->offsets[0], end);
        free_seen(seen);
        free_bytes(&data);
    }
}

static void a_damaged_header_costs_one_member(void **state)
{
    (void)state;
    struct bytes data = pack("ustar", NULL, NULL, entries, ENTRIES);
    memset(data.data + 1024 + 100, 'x', 60);
    struct seen *seen = see(&sw_source_tar, view_of(&data), NULL);
    assert_int_equal(seen->errors, 1);
    assert_int_equal(seen->statuses[0], SW_SKIP);
    assert_int_equal(seen->gaps[0], SW_GAP_DAMAGED);
    assert_int_equal(seen->members, 2);
    assert_content(seen, "empty", (struct sw_view){0});
    free_seen(seen);
    free_bytes(&data);
}

static void a_cut_tar_gives_what_there_is(void **state)
{
    (void)state;
    struct bytes data = pack("ustar", NULL, NULL, entries, ENTRIES);
    data.size = 1024 + 512 + 4000;
    struct seen *seen = see(&sw_source_tar, view_of(&data), NULL);
    assert_int_equal(seen->members, 2);
    assert_int_equal(content_of(seen, "long.bin")->size, 4000);
    assert_int_equal(seen->gaps[0], SW_GAP_TRUNCATED);
    free_seen(seen);
    free_bytes(&data);
}

/* A hole in the middle, and one at the end. */
static void holes_are_jumps(void **state)
{
    struct bytes data = {0};
    struct archive *archive = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    static uint8_t zeros[20000];
    (void)state;
    archive_write_set_format_pax(archive);
    assert_int_equal(archive_write_open(archive, &data, NULL, write_bytes, NULL), ARCHIVE_OK);
    archive_entry_set_pathname(entry, "holes");
    archive_entry_set_mode(entry, AE_IFREG | 0600);
    archive_entry_set_size(entry, 60000);
    archive_entry_sparse_add_entry(entry, 0, 512);
    archive_entry_sparse_add_entry(entry, 20480, 1024);
    assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
    memset(zeros, 'y', 512);
    assert_true(archive_write_data(archive, zeros, 20000) > 0);
    memset(zeros, 'z', 2000);
    assert_true(archive_write_data(archive, zeros, 20000) > 0);
    memset(zeros, 0, 2000);
    assert_true(archive_write_data(archive, zeros, 20000) > 0);
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    struct seen *seen = see(&sw_source_tar, view_of(&data), NULL);
    assert_int_equal(seen->errors, 0);
    const struct bytes *content = content_of(seen, "holes");
    assert_int_equal(content->size, 60000);
    assert_int_equal(content->data[511], 'y');
    assert_int_equal(content->data[512], 0);
    assert_int_equal(content->data[20480], 'z');
    assert_int_equal(content->data[59999], 0);
    free_seen(seen);
    free_bytes(&data);
}

static void links_have_targets(void **state)
{
    static const struct entry links[] = {{.name = "link", .target = "../else"}};
    struct bytes data = pack("ustar", NULL, NULL, links, 1);
    struct sw_blob blob = sw_blob_of_bytes(data.data, data.size);
    struct sw_input input = {.blob = &blob};
    struct sw_source_setup setup = {.window_max = 1 << 20};
    struct sw_member member;
    struct sw_error error;
    void *opened = NULL;
    (void)state;
    assert_int_equal(sw_source_tar.open(&input, &setup, &opened, &error), SW_OK);
    assert_int_equal(sw_source_tar.next(opened, &member, &error), SW_OK);
    assert_int_equal(member.kind, SW_MEMBER_LINK);
    assert_int_equal(member.target.size, 7);
    assert_memory_equal(member.target.data, "../else", 7);
    assert_int_equal(member.facts.uid, 7);
    assert_int_equal(member.facts.mtime_ns, INT64_C(1700000000) * 1000000000);
    assert_int_equal(sw_source_tar.next(opened, &member, &error), SW_END);
    assert_int_equal(sw_source_tar.next(opened, &member, &error), SW_END);
    sw_source_tar.close(opened);
    free_bytes(&data);
}

/* --- zip --- */

static struct bytes plain_zip(void)
{
    return pack("zip", NULL, NULL, entries, ENTRIES);
}

static void assert_zip(const struct bytes *data, unsigned bits_min, unsigned bits_max)
{
    static const struct sample zip = {.name = "zip", .source = &sw_source_zip};
    unsigned bits = bid_of(&sw_source_zip, view_of(data));
    if (bits < bits_min || bits > bits_max)
        fail_msg("%u bits", bits);
    assert_members(&zip, view_of(data), NULL);
    assert_true(bid_of(&sw_source_zip_stream, view_of(data)) == 0);
}

static void a_zip_may_have_bytes_round_it(void **state)
{
    struct bytes zip = plain_zip();
    struct bytes data = {0};
    (void)state;
    put_text(&data, "MZ a program that unpacks what follows");
    put(&data, zip.data, zip.size);
    assert_zip(&data, SW_BID_GOOD, 1000);
    /* Bytes on both sides: it is more likely a member of something else. */
    put_zeros(&data, 1024);
    assert_zip(&data, 1, SW_BID_GOOD - 1);
    data.size = 0;
    put(&data, zip.data, zip.size);
    put_zeros(&data, 40000);
    assert_zip(&data, SW_BID_GOOD, 1000);
    data.size = 0;
    put(&data, zip.data, zip.size - 2);
    put_number(&data, 65535, 2);
    put_zeros(&data, 65535);
    assert_zip(&data, SW_BID_GOOD, 1000);
    free_bytes(&data);
    free_bytes(&zip);
}

static void a_zip_without_directory_is_read_by_its_headers(void **state)
{
    static const struct sample stream = {.name = "stream", .source = &sw_source_zip_stream};
    static const struct way pulled = {.pull = 50};
    struct bytes data = plain_zip();
    uint8_t *directory = memmem(data.data, data.size, "PK\1\2", 4);
    (void)state;
    assert_non_null(directory);
    data.size = (size_t)(directory - data.data) + 30;
    assert_int_equal(bid_of(&sw_source_zip, view_of(&data)), 0);
    assert_true(bid_of(&sw_source_zip_stream, view_of(&data)) >= SW_BID_GOOD);
    assert_members(&stream, view_of(&data), NULL);
    assert_members(&stream, view_of(&data), &pulled);
    free_bytes(&data);
}

static void a_damaged_member_does_not_cost_the_others(void **state)
{
    static const size_t places[] = {10, 60, 200}; /* behind the name */
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        struct bytes data = plain_zip();
        const uint8_t *at = memmem(data.data, data.size, "long.bin", 8);
        assert_non_null(at);
        memset(data.data + (at - data.data) + places[i] + 20, 0xff, 20);
        struct seen *seen = see(&sw_source_zip, view_of(&data), NULL);
        assert_int_equal(seen->members, ENTRIES);
        assert_int_equal(seen->errors, 1);
        assert_int_equal(seen->gaps[0], SW_GAP_DAMAGED);
        assert_content(seen, "a.txt", entries[0].content);
        assert_content(seen, "empty", (struct sw_view){0});
        free_seen(seen);
        free_bytes(&data);
    }
}

static struct bytes encrypted_zip(const char *method)
{
    struct bytes out = {0};
    struct archive *archive = archive_write_new();
    archive_write_set_format_zip(archive);
    archive_write_set_bytes_per_block(archive, 0);
    if (archive_write_set_option(archive, "zip", "encryption", method) != ARCHIVE_OK)
        skip();
    assert_int_equal(archive_write_set_passphrase(archive, "infected"), ARCHIVE_OK);
    assert_int_equal(archive_write_open(archive, &out, NULL, write_bytes, NULL), ARCHIVE_OK);
    for (size_t i = 0; i < 2; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, entries[i].name);
        archive_entry_set_mode(entry, AE_IFREG | 0600);
        archive_entry_set_size(entry, (la_int64_t)entries[i].content.size);
        assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
        assert_true(archive_write_data(archive, entries[i].content.data, entries[i].content.size) >
                    0);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
    archive_write_free(archive);
    return out;
}

static void passwords_open_what_is_encrypted(void **state)
{
    static const char *const methods[] = {"zipcrypt", "aes128", "aes256"};
    static const struct way right = {.passwords = {"", "wrong", "infected"}};
    static const struct way wrong = {.passwords = {"wrong"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(methods); i++) {
        struct bytes data = encrypted_zip(methods[i]);
        struct seen *seen = see(&sw_source_zip, view_of(&data), &right);
        assert_int_equal(seen->errors, 0);
        assert_content(seen, "long.bin", entries[1].content);
        free_seen(seen);
        seen = see(&sw_source_zip, view_of(&data), &wrong);
        assert_int_equal(seen->members, 2);
        assert_int_equal(seen->errors, 2);
        assert_int_equal(seen->gaps[0], SW_GAP_ENCRYPTED);
        assert_int_equal(seen->gaps[1], SW_GAP_ENCRYPTED);
        assert_true(seen->encrypted[0]);
        assert_string_equal(seen->names[1], "long.bin");
        free_seen(seen);
        seen = see(&sw_source_zip, view_of(&data), NULL);
        assert_int_equal(seen->errors, 2);
        assert_true(seen->encrypted[1]);
        free_seen(seen);
        free_bytes(&data);
    }
}

/* --- parts and windows --- */

static void parts_of_a_set_are_missed(void **state)
{
    struct bytes data = make_rar(entries, 2, 0x30, 1, 2); /* goes on in the next volume */
    struct bytes zip = plain_zip();
    (void)state;
    data.size -= 7 + 3000;
    struct seen *seen = see(&sw_source_rar, view_of(&data), NULL);
    assert_true(seen->errors > 0);
    assert_int_equal(seen->gaps[seen->errors - 1], SW_GAP_MISSING_PART);
    assert_content(seen, "a.txt", entries[0].content);
    free_seen(seen);
    zip.data[zip.size - 18] = 2; /* the third disk */
    seen = see(&sw_source_zip, view_of(&zip), NULL);
    assert_int_equal(seen->opened, SW_DEAD);
    assert_int_equal(seen->gaps[0], SW_GAP_MISSING_PART);
    free_seen(seen);
    free_bytes(&data);
    free_bytes(&zip);
}

static void windows_are_read_before_they_are_taken(void **state)
{
    static const struct way small = {.window_max = 1 << 20};
    (void)state;
    struct bytes data = make_rar5(entries, ENTRIES, 3, 6, 0); /* 8 MiB */
    struct seen *seen = see(&sw_source_rar5, view_of(&data), &small);
    assert_int_equal(seen->opened, SW_DEAD);
    assert_int_equal(seen->gaps[0], SW_GAP_LIMIT_MEMORY);
    free_seen(seen);
    free_bytes(&data);
    /* Its header is not packed, so that the folder's dictionary shows: 8 MiB. */
    data = pack("7zip", NULL, "compression=lzma2,compression-level=6", entries, 1);
    seen = see(&sw_source_7z, view_of(&data), &small);
    assert_int_equal(seen->opened, SW_DEAD);
    assert_int_equal(seen->gaps[0], SW_GAP_LIMIT_MEMORY);
    free_seen(seen);
    free_bytes(&data);
}

static void archives_stand_behind_programs(void **state)
{
    static const struct sample kinds[] = {
        {"7z", &sw_source_7z, "7zip", NULL, NULL, 0},
        {"rar", &sw_source_rar, NULL, NULL, rar_stored, 0},
        {"rar5", &sw_source_rar5, NULL, NULL, rar5_stored, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct bytes sample = make(&kinds[i]);
        struct bytes data = {0};
        put_text(&data, "\x7f"
                        "ELF and the signature in its code: 7z\xbc\xaf\x27\x1c Rar!\x1a\x07");
        put_zeros(&data, 70000);
        put(&data, sample.data, sample.size);
        assert_true(bid_of(kinds[i].source, view_of(&data)) >= SW_BID_GOOD);
        assert_members(&kinds[i], view_of(&data), NULL);
        data.data[0] = 'x'; /* not behind a program */
        assert_int_equal(bid_of(kinds[i].source, view_of(&data)), 0);
        free_bytes(&data);
        free_bytes(&sample);
    }
}

/* --- hostile bytes --- */

enum { FLIPS = KIT_SANITIZED ? 100 : 1000, GARBAGE_ROUNDS = KIT_SANITIZED ? 50 : 300 };

static void cuts_and_flips_do_no_harm(void **state)
{
    (void)state;
    limit_memory();
    for (size_t i = 0; i < ARRAY_COUNT(samples); i++) {
        struct bytes data = make(&samples[i]);
        suffer_all(samples[i].source, view_of(&data), FLIPS);
        if (samples[i].source == &sw_source_zip)
            suffer_all(&sw_source_zip_stream, view_of(&data), FLIPS);
        free_bytes(&data);
    }
    assert_memory_kept();
}

/* Good headers, and noise for the decoders behind them. */
static void decoders_take_noise(void **state)
{
    static uint8_t noise[3000];
    const struct entry entry = {.name = "noise", .content = {noise, sizeof noise}};
    static const char *const methods[] = {"-lh1-", "-lh5-", "-lh7-"};
    (void)state;
    for (unsigned round = 0; round < GARBAGE_ROUNDS; round++) {
        for (size_t i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)(kit_random(256) & (round % 2 == 0 ? 0xff : 0x91));
        struct bytes data = make_rar(&entry, 1, 0x33, 0, (uint16_t)(kit_random(8) << 5));
        suffer(&sw_source_rar, view_of(&data), NULL);
        free_bytes(&data);
        data = make_rar5(&entry, 1, 1 + kit_random(5), kit_random(16), kit_random(8));
        suffer(&sw_source_rar5, view_of(&data), NULL);
        free_bytes(&data);
        data = make_lha(&entry, 1, methods[round % ARRAY_COUNT(methods)]);
        suffer(&sw_source_lha, view_of(&data), NULL);
        free_bytes(&data);
    }
    assert_memory_kept();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_gives_its_members),
        cmocka_unit_test(each_format_is_known_and_no_other_bids),
        cmocka_unit_test(chance_makes_no_good_bid),
        cmocka_unit_test(short_heads_are_looked_at_with_care),
        cmocka_unit_test(tar_and_cpio_archives_are_joined),
        cmocka_unit_test(a_tar_without_end_blocks_is_whole),
        cmocka_unit_test(bytes_behind_the_end_are_told),
        cmocka_unit_test(a_damaged_header_costs_one_member),
        cmocka_unit_test(a_cut_tar_gives_what_there_is),
        cmocka_unit_test(holes_are_jumps),
        cmocka_unit_test(links_have_targets),
        cmocka_unit_test(a_zip_may_have_bytes_round_it),
        cmocka_unit_test(a_zip_without_directory_is_read_by_its_headers),
        cmocka_unit_test(a_damaged_member_does_not_cost_the_others),
        cmocka_unit_test(passwords_open_what_is_encrypted),
        cmocka_unit_test(parts_of_a_set_are_missed),
        cmocka_unit_test(windows_are_read_before_they_are_taken),
        cmocka_unit_test(archives_stand_behind_programs),
        cmocka_unit_test(cuts_and_flips_do_no_harm),
        cmocka_unit_test(decoders_take_noise),
    };
    return cmocka_run_group_tests(tests, fill_content, NULL);
}
