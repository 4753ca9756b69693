/* SPDX-License-Identifier: Apache-2.0 */
/* test_case_file.c - case files: their form, and the bytes that recipes make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "supervisor/case_file.h"
#include "supervisor/case_recipe.h"

/* A whole file around one hit's content. */
#define AROUND(content)                                                                            \
    "{\"schema\":\"1.0\",\"rule\":\"r\",\n\"hits\":[\n"                                            \
    "{\"name\":\"n\",\"path\":\"p\",\n\"content\":[" content "]}\n],\"misses\":[]}"

static enum sw_status parse(const char *text, struct sw_case_file **file, struct sw_error *error)
{
    return sw_case_file_parse("c.json", text, strlen(text), file, error);
}

/* What the content makes; the caller frees. */
static struct sw_buf built(const char *text)
{
    struct sw_case_file *file = NULL;
    struct sw_error error = {.text = ""};
    struct sw_buf content;

    sw_buf_init(&content, SW_CASE_SIZE_MAX);
    if (parse(text, &file, &error) != SW_OK ||
        sw_case_build(file, &file->cases[0], &content, &error) != SW_OK)
        fail_msg("%s", error.text);
    sw_case_file_free(file);
    return content;
}

static void assert_makes(const char *text, const void *bytes, size_t size)
{
    struct sw_buf content = built(text);
    assert_int_equal(content.size, size);
    assert_memory_equal(content.data, bytes, size);
    sw_buf_done(&content);
}

static void assert_refused(const char *text, const char *message)
{
    struct sw_case_file *file = NULL;
    struct sw_error error = {.text = ""};
    assert_int_equal(parse(text, &file, &error), SW_SKIP);
    assert_null(file);
    if (strstr(error.text, message) != error.text)
        fail_msg("\"%s\" instead of \"%s\"", error.text, message);
}

static void assert_not_built(const char *text, const char *message)
{
    struct sw_case_file *file = NULL;
    struct sw_error error = {.text = ""};
    struct sw_buf content;

    sw_buf_init(&content, SW_CASE_SIZE_MAX);
    assert_int_equal(parse(text, &file, &error), SW_OK);
    assert_int_equal(sw_case_build(file, &file->cases[0], &content, &error), SW_SKIP);
    assert_non_null(strstr(error.text, message));
    assert_non_null(strstr(error.text, "c.json:3: error: "));
    sw_buf_done(&content);
    sw_case_file_free(file);
}

static void a_whole_file_is_read(void **state)
{
    static const char text[] = "{\"schema\":\"1.0\",\"rule\":\"litellm\",\n"
                               "\"hits\":[\n"
                               "{\"name\":\"a\",\"path\":\"x/y.pth\",\"content\":[],\n"
                               "\"mode\":\"0755\",\"severity\":\"low\"},\n"
                               "{\"name\":\"b\",\"path\":\"/x\",\"content\":[\"1\"]}],\n"
                               "\"misses\":[\n"
                               "\n{\"name\":\"c\",\"why\":\"w\",\"path\":\"z\",\"content\":[]}]}";
    struct sw_case_file *file = NULL;
    struct sw_error error;
    (void)state;
    assert_int_equal(parse(text, &file, &error), SW_OK);
    assert_string_equal(file->rule, "litellm");
    assert_int_equal(file->count, 3);
    assert_true(file->cases[0].hit && file->cases[1].hit && !file->cases[2].hit);
    assert_int_equal(file->cases[0].mode, 0755);
    assert_int_equal(file->cases[1].mode, 0644);
    assert_true(file->cases[0].severity_given);
    assert_int_equal(file->cases[0].severity, SW_SEVERITY_LOW);
    assert_false(file->cases[1].severity_given);
    assert_string_equal(file->cases[0].path, "x/y.pth");
    assert_string_equal(file->cases[2].name, "c");
    assert_int_equal(sw_case_line(file, NULL), 1);
    assert_int_equal(sw_case_line(file, &file->cases[0]), 3);
    assert_int_equal(sw_case_line(file, &file->cases[1]), 5);
    assert_int_equal(sw_case_line(file, &file->cases[2]), 8);
    sw_case_file_free(file);
    sw_case_file_free(NULL);
}

static void parts_are_joined(void **state)
{
    (void)state;
    assert_makes(AROUND(""), "", 0);
    assert_makes(AROUND("\"im\",\"port\""), "import", 6);
    assert_makes(AROUND("\"a\\u0000b\\n\",{\"bytes\":\"00Ff10\"}"), "a\0b\n\x00\xff\x10", 7);
    assert_makes(AROUND("\"\xc3\xa9\""), "\xc3\xa9", 2);
}

static void texts_are_encoded(void **state)
{
    (void)state;
    assert_makes(AROUND("{\"base64\":[\"im\",\"port\"]},\"!\""), "aW1wb3J0!", 9);
    assert_makes(AROUND("{\"base64\":[{\"base64\":[\"import\"]}]}"), "YVcxd2IzSjA=", 12);
    assert_makes(AROUND("{\"hex\":[{\"bytes\":\"a0FF\"}]}"), "a0ff", 4);
    assert_makes(AROUND("{\"crlf\":[\"\\na\\n\\nb\"]}"), "\r\na\r\n\r\nb", 8);
    assert_makes(AROUND("{\"lines\":[\"abcdefg\"],\"width\":3}"), "abc\ndef\ng", 9);
    assert_makes(AROUND("{\"lines\":[\"abcdef\"],\"width\":3}"), "abc\ndef", 7);
    assert_makes(AROUND("{\"repeat\":[\"a\",\"b\"],\"count\":3}"), "ababab", 6);
    assert_makes(AROUND("{\"utf16le\":[\"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]}"),
                 "a\0\xe9\0\xac\x20\x3d\xd8\x00\xde", 10);
    for (const char *const *word = (const char *const[]){"base64", "hex", "utf16le", "crlf", NULL};
         *word != NULL; word++) {
        char text[200];
        snprintf(text, sizeof(text), AROUND("{\"%s\":[]}"), *word);
        assert_makes(text, "", 0);
    }
}

static void packed_parts_unpack_again(void **state)
{
    static const struct {
        const char *text;
        int window_bits;
    } rows[] = {
        {AROUND("{\"gzip\":[{\"repeat\":[\"0123456789\"],\"count\":1000}]}"), MAX_WBITS + 16},
        {AROUND("{\"zlib\":[{\"repeat\":[\"0123456789\"],\"count\":1000}]}"), MAX_WBITS},
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sw_buf packed = built(rows[i].text);
        struct sw_buf again = built(rows[i].text);
        Bytef plain[10001];
        z_stream stream = {.next_in = packed.data, .avail_in = (uInt)packed.size};
        stream.next_out = plain;
        stream.avail_out = sizeof(plain);
        assert_true(packed.size < 200);
        assert_int_equal(packed.size, again.size);
        assert_memory_equal(packed.data, again.data, packed.size);
        assert_int_equal(inflateInit2(&stream, rows[i].window_bits), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        assert_int_equal(stream.total_out, 10000);
        assert_memory_equal(plain + 9990, "0123456789", 10);
        inflateEnd(&stream);
        sw_buf_done(&packed);
        sw_buf_done(&again);
    }
    /* The packed form of nothing is something. */
    struct sw_buf nothing = built(AROUND("{\"gzip\":[]}"));
    assert_int_equal(nothing.size, 20);
    sw_buf_done(&nothing);
}

static void wrong_files_are_named(void **state)
{
    (void)state;
    assert_refused("", "c.json:1: error: ");
    assert_refused("[]", "c.json:1: error: a case file is an object");
    assert_refused("{\n\"schema\":", "c.json:2: error: ");
    assert_refused("{\"schema\":\"1.0\",\n\"schema\":\"1.0\"}", "c.json:2: error: duplicate");
    assert_refused("{\"rule\":\"r\"}", "c.json:1: error: \"schema\" is missing");
    assert_refused("{\"schema\":\"2.0\"}", "c.json:1: error: \"schema\" must be \"1.0\"");
    assert_refused("{\"schema\":\"1.0\"}", "c.json:1: error: \"rule\" is missing");
    assert_refused("{\"schema\":\"1.0\",\"rule\":\"r\",\"more\":1}",
                   "c.json:1: error: unknown member \"more\"");
    assert_refused("{\"schema\":\"1.0\",\"rule\":\"\",\"hits\":[],\"misses\":[]}",
                   "c.json:1: error: \"rule\" must be a text");
    assert_refused("{\"schema\":\"1.0\",\"rule\":\"a\\u0000b\",\"hits\":[],\"misses\":[]}",
                   "c.json:1: error: \"rule\" must be a text");
    assert_refused("{\"schema\":\"1.0\",\"rule\":\"r\",\"hits\":[]}",
                   "c.json:1: error: \"misses\" must be there");
    assert_refused("{\"schema\":\"1.0\",\"rule\":\"r\",\"hits\":{},\"misses\":[]}",
                   "c.json:1: error: \"hits\" must be there");
}

/* A hit, or a miss, on line 2. */
#define HIT(members)  "{\"schema\":\"1.0\",\"rule\":\"r\",\"misses\":[],\"hits\":[\n{" members "}]}"
#define MISS(members) "{\"schema\":\"1.0\",\"rule\":\"r\",\"hits\":[],\"misses\":[\n{" members "}]}"
#define BASE          "\"name\":\"n\",\"path\":\"p\",\"content\":[]"

static void wrong_cases_are_named(void **state)
{
    (void)state;
    assert_refused("{\"schema\":\"1.0\",\"rule\":\"r\",\"misses\":[],\"hits\":[\n7]}",
                   "c.json:2: error: a case is an object");
    assert_refused(HIT("\"name\":\"n\""), "c.json:2: error: \"path\" is missing");
    assert_refused(HIT("\"path\":\"p\""), "c.json:2: error: \"name\" is missing");
    assert_refused(HIT("\"name\":\"n\",\"path\":\"p\""), "c.json:2: error: \"content\" must be");
    assert_refused(HIT("\"name\":\"n\",\"path\":\"p\",\"content\":\"x\""),
                   "c.json:2: error: \"content\" must be a list");
    assert_refused(HIT("\"name\":\"n\",\"path\":\"p/\",\"content\":[]"),
                   "c.json:2: error: \"path\" must name a file");
    assert_refused(HIT(BASE ",\"why\":\"w\""), "c.json:2: error: unknown member \"why\"");
    assert_refused(HIT(BASE ",\"mode\":\"755\""), "c.json:2: error: \"mode\" must be");
    assert_refused(HIT(BASE ",\"mode\":\"0789\""), "c.json:2: error: \"mode\" must be");
    assert_refused(HIT(BASE ",\"mode\":493"), "c.json:2: error: \"mode\" must be");
    assert_refused(HIT(BASE ",\"severity\":\"bad\""), "c.json:2: error: \"severity\" must be");
    assert_refused(MISS(BASE), "c.json:2: error: \"why\" is missing");
    assert_refused(MISS(BASE ",\"why\":\"w\",\"severity\":\"low\""),
                   "c.json:2: error: unknown member \"severity\"");
}

static void wrong_parts_are_named(void **state)
{
    (void)state;
    assert_refused(AROUND("\n7"), "c.json:5: error: a part is a text or an object");
    assert_refused(AROUND("\n{}"), "c.json:5: error: a part has one of: base64");
    assert_refused(AROUND("\n{\"rot13\":[]}"), "c.json:5: error: a part has one of: base64");
    assert_refused(AROUND("\n{\"hex\":[],\"gzip\":[]}"), "c.json:5: error: unknown member");
    assert_refused(AROUND("\n{\"hex\":\"00\"}"), "c.json:5: error: \"hex\" must hold a list");
    assert_refused(AROUND("\n{\"bytes\":\"0\"}"), "c.json:5: error: \"bytes\" stands alone");
    assert_refused(AROUND("\n{\"bytes\":\"0g\"}"), "c.json:5: error: \"bytes\" stands alone");
    assert_refused(AROUND("\n{\"bytes\":\"00\\u00000\"}"), "c.json:5: error: \"bytes\" stands");
    assert_refused(AROUND("\n{\"bytes\":[]}"), "c.json:5: error: \"bytes\" stands alone");
    assert_refused(AROUND("\n{\"bytes\":\"00\",\"hex\":[]}"), "c.json:5: error: \"bytes\" stands");
    assert_refused(AROUND("\n{\"repeat\":[]}"), "c.json:5: error: \"repeat\" needs \"count\"");
    assert_refused(AROUND("\n{\"repeat\":[],\"count\":0}"), "c.json:5: error: \"repeat\" needs");
    assert_refused(AROUND("\n{\"repeat\":[],\"count\":-1}"), "c.json:5: error: \"repeat\" needs");
    assert_refused(AROUND("\n{\"repeat\":[],\"count\":1.5}"), "c.json:5: error: \"repeat\" needs");
    assert_refused(AROUND("\n{\"repeat\":[],\"count\":16777217}"), "c.json:5: error: \"repeat\"");
    assert_refused(AROUND("\n{\"lines\":[],\"count\":1}"), "c.json:5: error: unknown member");
    assert_refused(AROUND("\n{\"lines\":[]}"), "c.json:5: error: \"lines\" needs \"width\"");
    /* The innermost one is the one that is named. */
    assert_refused(AROUND("\"a\",{\"gzip\":[\"b\",\n{\"hex\":[\"c\",\n{\"x\":1}]}]}"),
                   "c.json:6: error: a part has one of");
}

/* `depth` encodings inside one another. */
static char *nested(size_t depth)
{
    char *text = malloc(depth * 20 + 400);
    assert_non_null(text);
    char *at = stpcpy(text, "{\"schema\":\"1.0\",\"rule\":\"r\",\n\"hits\":[\n"
                            "{\"name\":\"n\",\"path\":\"p\",\"content\":[");
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, "{\"crlf\":[");
    at = stpcpy(at, "\"x\"");
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, "]}");
    stpcpy(at, "]}],\"misses\":[]}");
    return text;
}

static void nesting_is_bounded(void **state)
{
    char *text = nested(SW_CASE_NESTING_MAX);
    (void)state;
    assert_makes(text, "x", 1);
    free(text);
    text = nested(SW_CASE_NESTING_MAX + 1);
    assert_refused(text, "c.json:3: error: more than 16 encodings inside one another");
    free(text);
    text = nested(1000000); /* beyond what the JSON parser takes */
    assert_refused(text, "c.json:3: error: ");
    free(text);
}

static void size_is_bounded(void **state)
{
    (void)state;
    struct sw_buf whole = built(AROUND("{\"repeat\":[\"0123456789abcdef\"],\"count\":1048576}"));
    assert_int_equal(whole.size, SW_CASE_SIZE_MAX);
    sw_buf_done(&whole);
    assert_not_built(AROUND("{\"repeat\":[\"0123456789abcdef\"],\"count\":1048576},\"x\""),
                     "is over 16 MiB");
    assert_not_built(AROUND("{\"repeat\":[\"0123456789abcdef\"],\"count\":1048577}"),
                     "is over 16 MiB");
    assert_not_built(AROUND("{\"repeat\":[{\"repeat\":[\"x\"],\"count\":16777216}],"
                            "\"count\":16777216}"),
                     "is over 16 MiB");
    /* Too large on the way, though the result would be small. */
    assert_not_built(AROUND("{\"gzip\":[{\"base64\":[{\"repeat\":[\"x\"],\"count\":16777216}]}]}"),
                     "is over 16 MiB");
    assert_makes(AROUND("{\"repeat\":[{\"repeat\":[\"\"],\"count\":16777216}],"
                        "\"count\":16777216}"),
                 "", 0);
}

/* Small in the end, and never over 16 MiB, but again and again. */
static void work_is_bounded(void **state)
{
    static const char part[] = "{\"zlib\":[{\"repeat\":[\"x\"],\"count\":16000000}]},";
    char *parts = malloc(40 * sizeof(part));
    char *text = NULL;
    (void)state;
    assert_non_null(parts);
    char *at = parts;
    for (unsigned i = 0; i < 40; i++)
        at = stpcpy(at, part);
    at[-1] = '\0';
    assert_true(asprintf(&text, AROUND("%s"), parts) > 0);
    assert_not_built(text, "takes more than can be had");
    free(text);
    free(parts);
}

static void only_text_becomes_utf16(void **state)
{
    (void)state;
    assert_not_built(AROUND("{\"utf16le\":[{\"bytes\":\"ff\"}]}"), "no UTF-8 text");
    /* A character in two parts is one. */
    assert_makes(AROUND("{\"utf16le\":[{\"bytes\":\"c3\"},{\"bytes\":\"a9\"}]}"), "\xe9\0", 2);
}

/* Cut anywhere, a file is refused and nothing is read beyond its end. */
static void cut_files_are_refused(void **state)
{
    static const char text[] = AROUND("\"a\",{\"repeat\":[{\"bytes\":\"00\"}],\"count\":2}");
    (void)state;
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        struct sw_case_file *file = NULL;
        struct sw_error error;
        char *cut = malloc(size + 1);
        assert_non_null(cut);
        memcpy(cut, text, size);
        char *fitting = realloc(cut, size > 0 ? size : 1);
        assert_int_equal(sw_case_file_parse("c.json", fitting, size, &file, &error), SW_SKIP);
        free(fitting);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_read),    cmocka_unit_test(parts_are_joined),
        cmocka_unit_test(texts_are_encoded),       cmocka_unit_test(packed_parts_unpack_again),
        cmocka_unit_test(wrong_files_are_named),   cmocka_unit_test(wrong_cases_are_named),
        cmocka_unit_test(wrong_parts_are_named),   cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(size_is_bounded),         cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(only_text_becomes_utf16), cmocka_unit_test(cut_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
