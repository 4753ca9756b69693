/* SPDX-License-Identifier: Apache-2.0 */
/* Runs are found wherever the text is cut, decoded, and bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/source/decoded.h"
#include "engine/source/inflate.h"
#include "sweeper/text.h"

static const char secret[] =
    "import os,sys # this is the hidden text, long enough to be a run of its own\n";

struct seen {
    struct sw_buf content; /* of all layers, one after the other */
    unsigned count;
    char encoding[32];
    uint64_t offset;
    uint64_t length;
    bool cut;
};

static enum sw_status on_layer(void *context, const struct sw_layer *layer)
{
    struct seen *seen = context;

    seen->count++;
    snprintf(seen->encoding, sizeof(seen->encoding), "%s", layer->encoding);
    seen->offset = layer->offset;
    seen->length = layer->length;
    seen->cut = layer->cut;
    return sw_buf_append(&seen->content, layer->content.data, layer->content.size);
}

static void find(struct sw_finder *finder, const char *text, size_t size, size_t step,
                 struct seen *seen)
{
    *seen = (struct seen){.count = 0};
    sw_buf_init(&seen->content, 256 << 20);
    sw_finder_begin(finder, on_layer, seen);
    for (size_t at = 0; at < size; at += step) {
        size_t part = size - at < step ? size - at : step;
        assert_int_equal(sw_finder_feed(finder, (struct sw_view){(const uint8_t *)text + at, part}),
                         SW_OK);
    }
    assert_int_equal(sw_finder_end(finder), SW_OK);
}

static bool holds(const struct seen *seen, const char *text)
{
    return seen->content.size >= strlen(text) &&
           memmem(seen->content.data, seen->content.size, text, strlen(text)) != NULL;
}

static char *encoded(const void *data, size_t size)
{
    struct sw_buf out;
    sw_buf_init(&out, 256 << 20);
    assert_int_equal(sw_text_base64(&out, (struct sw_view){data, size}), SW_OK);
    assert_int_equal(sw_buf_terminate(&out), SW_OK);
    return (char *)out.data;
}

static struct sw_finder *new_finder(void)
{
    struct sw_finder *finder = NULL;
    assert_int_equal(sw_finder_new(&finder), SW_OK);
    return finder;
}

static void test_wherever_the_text_is_cut(void **state)
{
    struct sw_finder *finder = new_finder();
    char *code = encoded(secret, strlen(secret));
    char text[1024];
    struct seen seen;

    (void)state;
    int size =
        snprintf(text, sizeof(text), "#!/usr/bin/python3\nexec(base64.b64decode('%s'))\n# %s", code,
                 "words that are no run at all, whoever reads them");
    for (size_t step = 1; step <= (size_t)size; step++) {
        find(finder, text, (size_t)size, step, &seen);
        assert_int_equal(seen.count, 1);
        assert_true(holds(&seen, secret));
        assert_string_equal(seen.encoding, "base64");
        assert_int_equal(seen.offset, strstr(text, code) - text);
        sw_buf_done(&seen.content);
    }
    free(code);
    sw_finder_free(finder);
}

static void test_every_alignment(void **state)
{
    struct sw_finder *finder = new_finder();
    char *code = encoded(secret, strlen(secret));
    struct seen seen;

    (void)state;
    for (unsigned junk = 0; junk < 8; junk++) {
        char text[1024];
        int size = snprintf(text, sizeof(text), "x = \"%.*s%s\"", (int)junk, "AAAAAAAA", code);
        find(finder, text, (size_t)size, 7, &seen);
        assert_true(holds(&seen, "this is the hidden text"));
        sw_buf_done(&seen.content);
    }
    free(code);
    sw_finder_free(finder);
}

/* What begins with zeros is a run, and so is what stands behind padding; paths and
 * rulers are none, however long. */
static void test_padding_in_front(void **state)
{
    static const char *const paddings[] = {"", "AAAA", "////", "0000"};
    struct sw_finder *finder = new_finder();
    char *code = encoded(secret, strlen(secret));
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(paddings) / sizeof(paddings[0]); i++) {
        struct sw_buf text;
        sw_buf_init(&text, 1 << 20);
        for (size_t times = 0; times < 200; times++)
            assert_int_equal(sw_buf_append_text(&text, paddings[i]), SW_OK);
        assert_int_equal(sw_buf_append_text(&text, code), SW_OK);
        find(finder, (const char *)text.data, text.size, 64, &seen);
        assert_int_equal(seen.count, 1);
        assert_true(holds(&seen, "this is the hidden text"));
        sw_buf_done(&seen.content);
        sw_buf_done(&text);
    }
    free(code);
    sw_finder_free(finder);
}

/* As `powershell -EncodedCommand` takes it, with junk in front as well. */
static void test_the_alignment_of_wide_text(void **state)
{
    struct sw_finder *finder = new_finder();
    char wide[2 * sizeof(secret)];
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(secret) - 1; i++) {
        wide[2 * i] = secret[i];
        wide[2 * i + 1] = '\0';
    }
    char *code = encoded(wide, 2 * (sizeof(secret) - 1));
    for (unsigned junk = 0; junk < 4; junk++) {
        char text[1024];
        int size = snprintf(text, sizeof(text), "-enc \"%.*s%s\"", (int)junk, "Qx7/", code);
        find(finder, text, (size_t)size, 16, &seen);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.content.size, 2 * (sizeof(secret) - 1));
        assert_memory_equal(seen.content.data, wide, seen.content.size);
        sw_buf_done(&seen.content);
    }
    free(code);
    sw_finder_free(finder);
}

/* Lines, literals that are glued together, escapes for line ends. */
static void test_broken_runs_go_on(void **state)
{
    static const char *const breaks[] = {"\n",       "\r\n", "\n    ",   "\"\n  \"",
                                         "' +\n  '", "\\n",  "\",\n\t\""};
    struct sw_finder *finder = new_finder();
    char long_text[601];
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(long_text) - 1; i++)
        long_text[i] = (char)('a' + i % 23);
    long_text[sizeof(long_text) - 1] = '\0';
    char *code = encoded(long_text, strlen(long_text));
    for (size_t b = 0; b < sizeof(breaks) / sizeof(breaks[0]); b++) {
        struct sw_buf text;
        sw_buf_init(&text, 1 << 20);
        assert_int_equal(sw_buf_append_text(&text, "v = '"), SW_OK);
        for (size_t at = 0; at < strlen(code); at += 76)
            assert_int_equal(
                sw_buf_append_format(&text, "%s%.76s", at == 0 ? "" : breaks[b], code + at), SW_OK);
        find(finder, (const char *)text.data, text.size, 11, &seen);
        assert_int_equal(seen.count, 1);
        assert_true(holds(&seen, long_text));
        sw_buf_done(&seen.content);
        sw_buf_done(&text);
    }
    free(code);
    sw_finder_free(finder);
}

static void test_hex(void **state)
{
    struct sw_finder *finder = new_finder();
    char text[1024] = "data: ";
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < strlen(secret); i++)
        snprintf(text + strlen(text), 3, "%02x", (unsigned)(uint8_t)secret[i]);
    find(finder, text, strlen(text), 13, &seen);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.encoding, "hex");
    assert_true(holds(&seen, secret));
    sw_buf_done(&seen.content);
    sw_finder_free(finder);
}

static size_t deflated(const void *data, size_t size, int window, uint8_t *out, size_t room)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)data;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t got = stream.total_out;
    deflateEnd(&stream);
    return got;
}

static void test_compressed_inside(void **state)
{
    static const struct {
        int window;
        const char *name;
    } forms[] = {{15 + 16, "base64+gzip"}, {15, "base64+zlib"}};
    struct sw_finder *finder = new_finder();
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint8_t packed[512];
        char *code = encoded(
            packed, deflated(secret, strlen(secret), forms[i].window, packed, sizeof(packed)));
        find(finder, code, strlen(code), 5, &seen);
        assert_int_equal(seen.count, 1);
        assert_string_equal(seen.encoding, forms[i].name);
        assert_true(holds(&seen, secret));
        assert_false(seen.cut);
        sw_buf_done(&seen.content);
        free(code);
    }
    sw_finder_free(finder);
}

static void test_a_bomb_is_bounded(void **state)
{
    struct sw_finder *finder = new_finder();
    const size_t size = (size_t)256 << 20;
    uint8_t *zeros = calloc(1, size);
    uint8_t *packed = malloc(1 << 20);
    struct seen seen;

    (void)state;
    assert_non_null(zeros);
    assert_non_null(packed);
    char *code = encoded(packed, deflated(zeros, size, 15 + 16, packed, 1 << 20));
    find(finder, code, strlen(code), 65536, &seen);
    assert_true(seen.cut);
    assert_true(seen.content.size <= SW_INFLATED_MAX);
    sw_buf_done(&seen.content);
    free(code);
    free(packed);
    free(zeros);
    sw_finder_free(finder);
}

static char *in_hex(const char *text)
{
    char *hex = calloc(2, strlen(text) + 1);
    assert_non_null(hex);
    for (size_t i = 0; text[i] != '\0'; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned)(uint8_t)text[i]);
    return hex;
}

/* What stands beside a literal is no part of it, though only quotes, commas and
 * brackets part them. */
static void test_neighbours(void **state)
{
    static const char junk[] = "PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWpr";
    static const struct {
        const char *before;
        bool hex;
        const char *behind;
    } forms[] = {
        {"eval(Buffer.from(\"", true, "\",\"hex\").toString())"},
        {"x = bytes.fromhex('", true, "')\nexec(x)\n"},
        {"x = 0x", true, "\n"},
        {"x = \"a", true, "\")"},
        {"J\", \"", true, "\")"},
        {"JA\", \"", false, "\")"},
        {"JAB\", \"", false, "\", \"and more words\")"},
        {"JABC\", \"0x", true, "\", hex)"},
    };
    struct sw_finder *finder = new_finder();
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char *code = forms[i].hex ? in_hex(secret) : encoded(secret, strlen(secret));
        char text[1024];
        int size = snprintf(text, sizeof(text), "%s%s%s%s", forms[i].before[0] == 'J' ? junk : "",
                            forms[i].before, code, forms[i].behind);
        for (size_t step = 1; step <= (size_t)size; step += 13) {
            find(finder, text, (size_t)size, step, &seen);
            assert_true(holds(&seen, secret));
            assert_true(seen.offset <= (uint64_t)(strstr(text, code) - text) + 1);
            assert_true(seen.count <= 2);
            sw_buf_done(&seen.content);
        }
        free(code);
    }
    sw_finder_free(finder);
}

/* A digest and a payload in one list: each by itself. */
static void test_packed_behind_a_digest(void **state)
{
    static const char digest[] = "6cf223aea68b0e8031ff68251e30b6017a0513fe152e235c26f248ba1e15c9ab";
    struct sw_finder *finder = new_finder();
    uint8_t packed[512];
    char text[1024];
    struct seen seen;

    (void)state;
    char *code = encoded(packed, deflated(secret, strlen(secret), 15 + 16, packed, sizeof(packed)));
    int size = snprintf(text, sizeof(text), "f('%s', '%s')", digest, code);
    find(finder, text, (size_t)size, 7, &seen);
    assert_int_equal(seen.count, 2);
    assert_true(holds(&seen, secret));
    assert_string_equal(seen.encoding, "base64+gzip");
    assert_int_equal(seen.offset, strstr(text, code) - text);
    sw_buf_done(&seen.content);
    free(code);
    sw_finder_free(finder);
}

/* A list of digests is one run, as it was, whatever words stand in it. */
static void test_a_list_of_digests(void **state)
{
    struct sw_finder *finder = new_finder();
    struct sw_buf text;
    struct seen seen;
    uint32_t random = 1;

    (void)state;
    sw_buf_init(&text, 1 << 20);
    for (size_t row = 0; row < 100; row++) {
        for (size_t i = 0; i < 64; i++) {
            random = random * 1103515245 + 12345;
            assert_int_equal(sw_buf_append_format(&text, "%x", random >> 20 & 15), SW_OK);
        }
        assert_int_equal(sw_buf_append_text(&text, "  name\n"), SW_OK);
    }
    find(finder, (const char *)text.data, text.size, 100, &seen);
    assert_int_equal(seen.count, 1);
    sw_buf_done(&seen.content);
    sw_buf_done(&text);
    sw_finder_free(finder);
}

/* What two writers of JSON put in place of characters, and a literal in a literal. */
static void test_escapes(void **state)
{
    static const char text[] = "?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>"
                               "?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>?>"
                               "import os,sys # and what follows";
    static const struct {
        char what;
        const char *by;
    } forms[] = {{'/', "\\/"}, {'/', "\\u002f"}, {'+', "\\u002B"}, {'Z', "Z\\\\n"}, {'Z', "Z\\n"}};
    struct sw_finder *finder = new_finder();
    char *code = encoded(text, strlen(text));
    char *plain = encoded(secret, strlen(secret));
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct sw_buf out;
        sw_buf_init(&out, 1 << 20);
        assert_int_equal(sw_buf_append_text(&out, plain), SW_OK);
        while (out.size > 0 && out.data[out.size - 1] == '=')
            out.size--;
        out.size -= out.size % 4;
        for (const char *c = code; *c != '\0'; c++)
            assert_int_equal(*c == forms[i].what ? sw_buf_append_text(&out, forms[i].by)
                                                 : sw_buf_append(&out, c, 1),
                             SW_OK);
        find(finder, (const char *)out.data, out.size, 9, &seen);
        assert_true(holds(&seen, text));
        sw_buf_done(&seen.content);
        sw_buf_done(&out);
    }
    free(code);
    free(plain);
    sw_finder_free(finder);
}

/* Bytes that begin as a packed stream must not hide what they are or what follows. */
static void test_packed_and_more(void **state)
{
    static const char fake[] = "x^=1; import os,sys # what zlib could begin with, and does not\n";
    struct sw_finder *finder = new_finder();
    uint8_t packed[1024];
    struct seen seen;

    (void)state;
    char *code = encoded(fake, strlen(fake));
    find(finder, code, strlen(code), 64, &seen);
    assert_true(holds(&seen, fake));
    sw_buf_done(&seen.content);
    free(code);
    for (int window = 15; window <= 15 + 16; window += 16) {
        size_t size = deflated("nothing", 7, window, packed, 512);
        memcpy(packed + size, secret, strlen(secret));
        code = encoded(packed, size + strlen(secret));
        find(finder, code, strlen(code), 64, &seen);
        assert_true(holds(&seen, secret));
        assert_true(holds(&seen, "nothing"));
        sw_buf_done(&seen.content);
        free(code);
    }
    size_t size = deflated("nothing", 7, 15 + 16, packed, 512);
    size += deflated(secret, strlen(secret), 15 + 16, packed + size, 512);
    code = encoded(packed, size);
    find(finder, code, strlen(code), 64, &seen);
    assert_int_equal(seen.count, 1);
    assert_true(holds(&seen, secret));
    sw_buf_done(&seen.content);
    free(code);
    sw_finder_free(finder);
}

static void test_pieces_of_one_character(void **state)
{
    struct sw_finder *finder = new_finder();
    char *code = encoded(secret, strlen(secret));
    char text[1024];
    struct seen seen;

    (void)state;
    size_t size = (size_t)snprintf(text, sizeof(text), "\"%.64s\"", code);
    for (const char *c = code + 64; *c != '\0'; c++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, " \"%c\"", *c);
    find(finder, text, size, 5, &seen);
    assert_true(holds(&seen, secret));
    sw_buf_done(&seen.content);
    free(code);
    sw_finder_free(finder);
}

/* Lines whose length is no multiple of four are one text, not many. */
static void test_lines_of_any_length(void **state)
{
    struct sw_finder *finder = new_finder();
    char text[4096];
    struct seen seen;

    (void)state;
    char plain[1200] = "";
    for (unsigned i = 0; i < 100; i++)
        snprintf(plain + strlen(plain), 12, "line %05u\n", i);
    char *code = encoded(plain, strlen(plain));
    for (size_t width = 64; width < 80; width++) {
        size_t size = 0;
        for (size_t at = 0; at < strlen(code); at += width)
            size +=
                (size_t)snprintf(text + size, sizeof(text) - size, "%.*s\n", (int)width, code + at);
        find(finder, text, size, 100, &seen);
        assert_int_equal(seen.count, 1);
        assert_true(holds(&seen, plain));
        sw_buf_done(&seen.content);
    }
    free(code);
    sw_finder_free(finder);
}

static struct sw_view view_of(const char *text)
{
    return (struct sw_view){(const uint8_t *)text, strlen(text)};
}

static void test_which_objects(void **state)
{
    static const char nul[96] = "// \0 and so on";
    static const char shebang[96] =
        "#!/bin/sh\n# and so on, and so on, and so on, and so on, and so on, yes";
    const struct sw_view with_nul = {(const uint8_t *)nul, sizeof(nul)};
    const struct sw_view text = {(const uint8_t *)shebang, strlen(shebang)};
    const struct sw_view no_script = {text.data + 1, text.size - 1};

    (void)state;
    assert_true(sw_layers_wanted(view_of("/a/README.md"), text));
    assert_false(sw_layers_wanted(view_of("/a/README.md"), no_script));
    assert_true(sw_layers_wanted(view_of("/a/x.pth"), with_nul));
    assert_true(sw_layers_wanted(view_of("/a/index.js"), with_nul));
    assert_false(sw_layers_wanted(view_of("/a/libx.so"), with_nul));
}

static void test_ordinary_text_has_no_runs(void **state)
{
    static const char *const texts[] = {
        "A long sentence about nothing in particular, which goes on and on and has no runs at all.",
        "----------------------------------------------------------------------------------------",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaa",
        "sha256:6cf223aea68b0e8031ff68251e30b6017a0513fe152e235c26f248ba1e15c9",
        "",
        "=",
        "\\",
    };
    struct sw_finder *finder = new_finder();
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        find(finder, texts[i], strlen(texts[i]), 3, &seen);
        assert_int_equal(seen.count, 0);
        sw_buf_done(&seen.content);
    }
    sw_finder_free(finder);
}

/* Sixteen megabytes of lines that are digits and say nothing: each could be counted
 * to the end of all, which would take hours. And digits that do say something
 * stand at the end. */
static void test_many_dull_digits(void **state)
{
    static const char line[] =
        "41414141414141414141414141414141414141414141414141414141414141414141\n";
    const size_t size = SW_RUN_MAX / 2;
    char *hidden = in_hex(secret);
    char *text = malloc(size + strlen(hidden) + 1);
    struct sw_finder *finder = new_finder();
    struct seen seen;
    size_t at = 0;

    (void)state;
    assert_non_null(text);
    for (; at + sizeof(line) < size; at += sizeof(line) - 1)
        memcpy(text + at, line, sizeof(line) - 1);
    strcpy(text + at, hidden);
    find(finder, text, strlen(text), 65536, &seen);
    assert_true(holds(&seen, secret));
    sw_buf_done(&seen.content);
    sw_finder_free(finder);
    free(text);
    free(hidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wherever_the_text_is_cut),
        cmocka_unit_test(test_every_alignment),
        cmocka_unit_test(test_padding_in_front),
        cmocka_unit_test(test_the_alignment_of_wide_text),
        cmocka_unit_test(test_broken_runs_go_on),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_compressed_inside),
        cmocka_unit_test(test_a_bomb_is_bounded),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_packed_behind_a_digest),
        cmocka_unit_test(test_a_list_of_digests),
        cmocka_unit_test(test_many_dull_digits),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_packed_and_more),
        cmocka_unit_test(test_pieces_of_one_character),
        cmocka_unit_test(test_lines_of_any_length),
        cmocka_unit_test(test_which_objects),
        cmocka_unit_test(test_ordinary_text_has_no_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
