/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_squashfs.c - images that are forged here, uncompressed, so that each field
 * can be a lie. What mksquashfs makes of real trees, in every compression, is
 * compared elsewhere (tests/e2e/test_source_dump.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/view.h"
#include "engine/source/lzo.h"
#include "engine/source/ref_set.h"
#include "engine/source/squashfs.h"
#include "sweeper/limits.h"
#include "sweeper/text.h"

#define BLOCK 4096U
#define PLAIN (1U << 24)

/* ---- a builder ------------------------------------------------------------- */

struct image {
    struct sw_buf data;
    struct sw_buf inodes;
    struct sw_buf lists;
    struct sw_buf bytes; /* the whole of it, after finish() */
    uint32_t fragment_size;
};

static void u8(struct sw_buf *buf, unsigned value)
{
    assert_int_equal(sw_buf_append_u8(buf, (uint8_t)value), SW_OK);
}

static void u16(struct sw_buf *buf, unsigned value)
{
    u8(buf, value);
    u8(buf, value >> 8);
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

static void start(struct image *image)
{
    *image = (struct image){.fragment_size = 0};
    sw_buf_init(&image->data, SW_MIB);
    sw_buf_init(&image->inodes, 8192);
    sw_buf_init(&image->lists, 8192);
    sw_buf_init(&image->bytes, SW_MIB);
    for (int i = 0; i < 96; i++) /* where the super block will be */
        u8(&image->data, 0);
}

static void done(struct image *image)
{
    sw_buf_done(&image->data);
    sw_buf_done(&image->inodes);
    sw_buf_done(&image->lists);
    sw_buf_done(&image->bytes);
}

static uint16_t inode(struct image *image, unsigned type)
{
    uint16_t at = (uint16_t)image->inodes.size;
    u16(&image->inodes, type);
    u16(&image->inodes, 0644);
    u16(&image->inodes, 0);
    u16(&image->inodes, 0);
    u32(&image->inodes, 1234);
    u32(&image->inodes, at + 1U);
    return at;
}

/* A file whose first blocks are `data` and nothing more: sizes[0..count). */
static uint16_t file(struct image *image, uint64_t size, const uint32_t *sizes, size_t count)
{
    uint16_t at = inode(image, 9);
    u64(&image->inodes, image->data.size);
    u64(&image->inodes, size);
    u64(&image->inodes, 0);
    u32(&image->inodes, 1);
    u32(&image->inodes, UINT32_MAX);
    u32(&image->inodes, 0);
    u32(&image->inodes, UINT32_MAX);
    for (size_t i = 0; i < count; i++)
        u32(&image->inodes, sizes[i]);
    return at;
}

static uint16_t text_file(struct image *image, const char *text)
{
    uint32_t size = (uint32_t)strlen(text);
    uint32_t stored = size | PLAIN;
    uint16_t at = file(image, size, &stored, 1);
    raw(&image->data, text, size);
    return at;
}

static uint16_t link_to(struct image *image, const char *target)
{
    uint16_t at = inode(image, 3);
    u32(&image->inodes, 1);
    u32(&image->inodes, strlen(target));
    raw(&image->inodes, target, strlen(target));
    return at;
}

struct child {
    const char *name;
    uint16_t inode;
    size_t name_size; /* 0: strlen(name) */
};

/* A directory; its listing is added now. */
static uint16_t directory(struct image *image, const struct child *children, uint32_t count)
{
    uint16_t list = (uint16_t)image->lists.size;
    if (count > 0) {
        u32(&image->lists, count - 1);
        u32(&image->lists, 0);
        u32(&image->lists, 1);
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t size = children[i].name_size != 0 ? children[i].name_size : strlen(children[i].name);
        u16(&image->lists, children[i].inode);
        u16(&image->lists, 0);
        u16(&image->lists, 1);
        u16(&image->lists, (unsigned)size - 1);
        raw(&image->lists, children[i].name, size);
    }
    uint16_t at = inode(image, 1);
    u32(&image->inodes, 0);
    u32(&image->inodes, 2);
    u16(&image->inodes, (unsigned)(image->lists.size - list) + 3);
    u16(&image->inodes, list);
    u32(&image->inodes, 1);
    return at;
}

static void meta_block(struct sw_buf *out, const struct sw_buf *content)
{
    u16(out, (unsigned)content->size | 0x8000);
    raw(out, content->data, content->size);
}

static void finish(struct image *image, uint16_t root)
{
    struct sw_buf *out = &image->bytes;
    struct sw_buf super;
    raw(out, image->data.data, image->data.size);
    uint64_t inodes = out->size;
    meta_block(out, &image->inodes);
    uint64_t lists = out->size;
    meta_block(out, &image->lists);
    uint64_t ids = out->size;
    u16(out, 4 | 0x8000);
    u32(out, 1000);
    uint64_t id_table = out->size;
    u64(out, ids);
    sw_buf_init(&super, 96);
    raw(&super, "hsqs", 4);
    u32(&super, 9);
    u32(&super, 0);
    u32(&super, BLOCK);
    u32(&super, 0);
    u16(&super, 1);
    u16(&super, 12);
    u16(&super, 0);
    u16(&super, 1);
    u16(&super, 4);
    u16(&super, 0);
    u64(&super, root);
    u64(&super, out->size);
    u64(&super, id_table);
    u64(&super, UINT64_MAX);
    u64(&super, inodes);
    u64(&super, lists);
    u64(&super, UINT64_MAX);
    u64(&super, UINT64_MAX);
    memcpy(out->data, super.data, super.size);
    sw_buf_done(&super);
}

/* ---- a reader -------------------------------------------------------------- */

/* What came out, as text: one line a member, or a failure's gap. */
static struct sw_buf seen;

static void see(const char *text)
{
    assert_int_equal(sw_buf_append_text(&seen, text), SW_OK);
}

static void see_failure(enum sw_status status, const struct sw_error *error)
{
    if (status == SW_OK || status == SW_END)
        return;
    assert_int_not_equal(error->reason, SW_GAP_NONE);
    assert_string_not_equal(error->text, "");
    see("!");
    see(sw_gap_name(error->reason));
    see("\n");
}

static void see_content(void *state)
{
    struct sw_piece piece;
    struct sw_error error;
    uint64_t end = 0;
    enum sw_status status = SW_OK;
    for (int calls = 0; calls < 1000; calls++) {
        error = (struct sw_error){.reason = SW_GAP_NONE};
        status = sw_source_squashfs.read(state, &piece, &error);
        see_failure(status, &error);
        if (status != SW_OK && status != SW_PART)
            return;
        assert_true(piece.offset >= end);
        end = piece.offset + piece.size;
        struct sw_view text = {piece.data, piece.size < 8 ? piece.size : 8};
        assert_int_equal(sw_buf_append_format(&seen, "  %llu+%zu ",
                                              (unsigned long long)piece.offset, piece.size),
                         SW_OK);
        assert_int_equal(sw_text_escape(&seen, text), SW_OK);
        see("\n");
    }
}

static void read_bytes(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"f ", "d ", "l ", "s "};
    const struct sw_source_setup setup = {.window_max = SW_MIB};
    struct sw_blob blob = sw_blob_of_bytes(data, size);
    const struct sw_input input = {.blob = &blob};
    struct sw_member member;
    struct sw_error error = {.reason = SW_GAP_NONE};
    void *reader = NULL;
    sw_buf_clear(&seen);
    enum sw_status status = sw_source_squashfs.open(&input, &setup, &reader, &error);
    see_failure(status, &error);
    if (status != SW_OK)
        return;
    for (int members = 0; members < 5000; members++) {
        error = (struct sw_error){.reason = SW_GAP_NONE};
        status = sw_source_squashfs.next(reader, &member, &error);
        see_failure(status, &error);
        if (status == SW_END || status == SW_DEAD)
            break;
        if (status == SW_SKIP)
            continue;
        see(kinds[member.kind]);
        assert_int_equal(sw_text_escape(&seen, member.name), SW_OK);
        if (member.target.size > 0) {
            see(" -> ");
            assert_int_equal(sw_text_escape(&seen, member.target), SW_OK);
        }
        see("\n");
        if (member.kind == SW_MEMBER_FILE)
            see_content(reader);
    }
    sw_source_squashfs.close(reader);
    assert_int_equal(status, SW_END);
}

static void expect(struct image *image, uint16_t root, const char *text)
{
    finish(image, root);
    read_bytes(image->bytes.data, image->bytes.size);
    assert_int_equal(sw_buf_terminate(&seen), SW_OK);
    assert_string_equal((const char *)seen.data, text);
    done(image);
}

/* ---- images ---------------------------------------------------------------- */

static uint16_t sample(struct image *image)
{
    uint32_t blocks[] = {0, 3 | PLAIN, 0};
    start(image);
    uint16_t sparse = file(image, 2 * BLOCK + 100, blocks, 3);
    raw(&image->data, "abc", 3);
    uint16_t hello = text_file(image, "hello");
    uint16_t other = link_to(image, "../hello");
    struct child inner[] = {{"link", other, 0}, {"o\x01\xff", hello, 0}, {"n\0l", hello, 3}};
    uint16_t folder = directory(image, inner, 3);
    struct child outer[] = {{"folder", folder, 0}, {"hello", hello, 0}, {"sparse", sparse, 0}};
    return directory(image, outer, 3);
}

#define SAMPLE_SEEN                                                                                \
    "d folder\nl folder/link -> ../hello\nf folder/o\\x01\\xff\n  0+5 hello\n"                     \
    "f folder/n\\x00l\n  0+5 hello\nf hello\n  0+5 hello\n"

static void members_come_in_order(void **state)
{
    (void)state;
    struct image image;
    uint16_t root = sample(&image);
    /* The one block of the sparse file is shorter than a block. */
    expect(&image, root, SAMPLE_SEEN "f sparse\n!damaged\n  4096+3 abc\n  8292+0 \n");
    start(&image);
    expect(&image, directory(&image, NULL, 0), "");
}

static void the_probe_looks_at_the_super_block(void **state)
{
    (void)state;
    struct image image;
    finish(&image, sample(&image));
    struct sw_view head = sw_buf_view(&image.bytes);
    struct sw_probe probe = {.head = head, .tail = head, .size = head.size};
    assert_true(sw_source_squashfs.probe(&probe) == 128);
    probe.size--;
    assert_true(sw_source_squashfs.probe(&probe) == 96);
    for (size_t at = 0; at < 4; at++) {
        image.bytes.data[at] ^= 1;
        assert_int_equal(sw_source_squashfs.probe(&probe), 0);
        image.bytes.data[at] ^= 1;
    }
    image.bytes.data[22] = 13; /* the logarithm of the block size */
    assert_int_equal(sw_source_squashfs.probe(&probe), 0);
    image.bytes.data[22] = 12;
    image.bytes.data[28] = 3; /* an old version: known, and not read */
    assert_true(sw_source_squashfs.probe(&probe) >= 32);
    read_bytes(image.bytes.data, image.bytes.size);
    assert_memory_equal(seen.data, "!unsupported\n", 13);
    image.bytes.data[28] = 4;
    image.bytes.data[20] = 9; /* a compression that does not exist */
    read_bytes(image.bytes.data, image.bytes.size);
    assert_memory_equal(seen.data, "!unsupported\n", 13);
    done(&image);
}

static void knots_are_walked_once(void **state)
{
    (void)state;
    struct image image;
    /* A directory in itself: its inode will be the third, at byte 32 of the table. */
    start(&image);
    struct child knot[] = {{"self", 0, 0}, {"again", 0, 0}};
    assert_int_equal(directory(&image, knot, 2), 0);
    expect(&image, 0, "!damaged\nd self\n!damaged\nd again\n");
    /* Doubled at each of 64 levels: 2^64 directories for whoever walks on. */
    start(&image);
    uint16_t at = directory(&image, NULL, 0);
    for (int i = 0; i < 64; i++) {
        struct child twice[] = {{"a", at, 0}, {"b", at, 0}};
        at = directory(&image, twice, 2);
    }
    finish(&image, at);
    read_bytes(image.bytes.data, image.bytes.size);
    size_t lines = 0;
    for (size_t i = 0; i < seen.size; i++)
        lines += seen.data[i] == '\n';
    assert_int_equal(lines, 64 + 2 * 64);
    done(&image);
}

static void sizes_that_lie_take_no_memory(void **state)
{
    (void)state;
    struct image image;
    uint32_t hole[] = {0, 0};
    uint32_t too_large[] = {(BLOCK + 1) | PLAIN};
    start(&image);
    struct child child[] = {{"endless", 32, 0}}; /* behind its directory, the last of all */
    uint16_t root = directory(&image, child, 1);
    assert_int_equal(file(&image, UINT64_C(1) << 62, hole, 2), 32);
    expect(&image, root, "f endless\n!damaged\n");
    start(&image);
    child[0].inode = file(&image, BLOCK, too_large, 1);
    expect(&image, directory(&image, child, 1), "f endless\n!damaged\n  0+0 \n  4096+0 \n");
    /* A link of 4 GiB, an inode outside of the table, a type that does not exist. */
    start(&image);
    struct child bad[] = {{"link", 0, 0}, {"far", 8191, 0}, {"odd", 0, 0}};
    bad[0].inode = link_to(&image, "x");
    memset(image.inodes.data + image.inodes.size - 5, 0xff, 4);
    bad[2].inode = inode(&image, 99);
    expect(&image, directory(&image, bad, 3),
           "!damaged\nl link\n!damaged\ns far\n!damaged\ns odd\n");
}

static void listings_that_lie_end(void **state)
{
    (void)state;
    struct image image;
    struct child child[] = {{"a", 0, 0}, {"b", 0, 0}};
    start(&image);
    child[0].inode = child[1].inode = text_file(&image, "x");
    uint16_t root = directory(&image, child, 2);
    image.lists.data[0] = 0xff; /* 256 entries, and the listing ends before */
    expect(&image, root, "f a\n  0+1 x\nf b\n  0+1 x\n");
    start(&image);
    child[0].inode = child[1].inode = text_file(&image, "x");
    root = directory(&image, child, 2);
    image.lists.data[1] = 1; /* 257 and more */
    expect(&image, root, "!damaged\n");
    start(&image);
    child[0].inode = child[1].inode = text_file(&image, "x");
    root = directory(&image, child, 2);
    image.inodes.data[root + 24] = 0xff; /* a listing longer than its table */
    image.inodes.data[root + 25] = 0xff;
    expect(&image, root, "f a\n  0+1 x\nf b\n  0+1 x\n!damaged\n");
}

static void a_short_image_says_so(void **state)
{
    (void)state;
    struct image image;
    finish(&image, sample(&image));
    /* Without the table of owners all content is still there. */
    read_bytes(image.bytes.data, image.bytes.size - 14);
    assert_int_equal(sw_buf_terminate(&seen), SW_OK);
    assert_string_equal((const char *)seen.data,
                        SAMPLE_SEEN "f sparse\n!damaged\n  4096+3 abc\n  8292+0 \n!truncated\n");
    done(&image);
}

static void every_cut_and_many_flips_come_to_an_end(void **state)
{
    (void)state;
    struct image image;
    finish(&image, sample(&image));
    for (size_t size = 0; size < image.bytes.size; size++) {
        uint8_t *copy = malloc(size + 1);
        assert_non_null(copy);
        memcpy(copy, image.bytes.data, size);
        read_bytes(copy, size);
        assert_true(seen.size > 0 && memchr(seen.data, '!', seen.size) != NULL);
        free(copy);
    }
    srand(1);
    for (int i = 0; i < 5000; i++) {
        size_t at = (size_t)rand() % image.bytes.size;
        uint8_t bit = (uint8_t)(1 << rand() % 8);
        image.bytes.data[at] ^= bit;
        read_bytes(image.bytes.data, image.bytes.size);
        if (i % 3 != 0 || at < 96) /* some stay */
            image.bytes.data[at] ^= bit;
    }
    done(&image);
}

/* ---- the parts ------------------------------------------------------------- */

static void lzo_blocks_are_undone(void **state)
{
    (void)state;
    uint8_t out[64];
    size_t size = 0;
    /* Five bytes as they are; three bytes from one back; the end. */
    static const uint8_t packed[] = {17 + 5, 'h', 'e', 'l', 'l', 'o', 0x40, 0, 0x11, 0, 0};
    assert_true(sw_lzo1x((struct sw_view){packed, sizeof packed}, out, sizeof out, &size));
    assert_int_equal(size, 8);
    assert_memory_equal(out, "helloooo", 8);
    for (size_t cut = 0; cut < sizeof packed; cut++)
        assert_false(sw_lzo1x((struct sw_view){packed, cut}, out, sizeof out, &size));
    assert_true(sw_lzo1x((struct sw_view){packed, sizeof packed}, out, 8, &size));
    assert_false(sw_lzo1x((struct sw_view){packed, sizeof packed}, out, 7, &size));
    assert_true(size <= 7);
    static const uint8_t too_far[] = {17 + 5, 'h', 'e', 'l', 'l', 'o', 0x54, 0, 0x11, 0, 0};
    assert_false(sw_lzo1x((struct sw_view){too_far, sizeof too_far}, out, sizeof out, &size));
}

static void a_set_knows_what_it_has_met(void **state)
{
    (void)state;
    struct sw_ref_set set;
    bool is_new = false;
    sw_ref_set_init(&set);
    for (int round = 0; round < 2; round++)
        for (uint64_t i = 0; i < 10000; i++) {
            assert_int_equal(sw_ref_set_add(&set, i << 16, &is_new, NULL), SW_OK);
            assert_int_equal(is_new, round == 0);
        }
    assert_int_equal(set.count, 10000);
    sw_ref_set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_order),
        cmocka_unit_test(the_probe_looks_at_the_super_block),
        cmocka_unit_test(knots_are_walked_once),
        cmocka_unit_test(sizes_that_lie_take_no_memory),
        cmocka_unit_test(listings_that_lie_end),
        cmocka_unit_test(a_short_image_says_so),
        cmocka_unit_test(every_cut_and_many_flips_come_to_an_end),
        cmocka_unit_test(lzo_blocks_are_undone),
        cmocka_unit_test(a_set_knows_what_it_has_met),
    };
    sw_buf_init(&seen, SW_MIB);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sw_buf_done(&seen);
    return failed;
}
