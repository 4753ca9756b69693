/* SPDX-License-Identifier: Apache-2.0 */
/* test_image_document.c - what the documents of images say, and what hostile ones do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/view.h"
#include "engine/image/document.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define END    ",\"bad\":0,\"ambiguous\":false,\"cut\":false,\"texts_cut\":false}"

/* What comes out is JSON that a strict reader takes, each name once. NULL: no document. */
static json_t *read_bytes(struct sw_view text, enum sw_image_form form, enum sw_image_kind kind)
{
    struct sw_buf out;
    json_t *json = NULL;
    json_error_t error;

    sw_buf_init(&out, SW_IMAGE_DOCUMENT_MAX);
    const enum sw_image_kind got = sw_image_document(text, form, &out);
    if (got != kind)
        fail_msg("kind %d: %.200s", (int)got, (const char *)text.data);
    if (got >= SW_IMAGE_KIND_INDEX) {
        json = json_loadb((const char *)out.data, out.size, JSON_REJECT_DUPLICATES, &error);
        if (json == NULL)
            fail_msg("%s at %d: %.*s", error.text, error.position, (int)out.size, out.data);
        assert_string_equal(json_string_value(json_object_get(json, "kind")),
                            sw_image_kind_name(got));
    }
    sw_buf_done(&out);
    return json;
}

static json_t *read_text(const char *text, enum sw_image_kind kind)
{
    return read_bytes(sw_view_of(text), SW_IMAGE_FORM_BLOB, kind);
}

static void expect_kind(const char *text, enum sw_image_kind kind)
{
    json_decref(read_text(text, kind));
}

static void expect_json(const char *text, enum sw_image_form form, enum sw_image_kind kind,
                        const char *wanted)
{
    struct sw_buf out;

    sw_buf_init(&out, SW_IMAGE_DOCUMENT_MAX);
    assert_int_equal(sw_image_document(sw_view_of(text), form, &out), kind);
    assert_int_equal(sw_buf_terminate(&out), SW_OK);
    assert_string_equal((const char *)out.data, wanted);
    sw_buf_done(&out);
}

static long long number_in(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

/* --- each kind -------------------------------------------------------------------- */

static void test_index(void **state)
{
    (void)state;
    expect_json(
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
        "\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"" DIGEST "\",\"size\":7,"
        "\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"},"
        "\"annotations\":{\"org.opencontainers.image.ref.name\":\"latest\","
        "\"io.containerd.image.name\":\"docker.io/a/b:1\",\"x\":\"y\"}},"
        "{\"digest\":\"d\",\"annotations\":{\"vnd.docker.reference.type\":"
        "\"attestation-manifest\"},\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}],"
        "\"subject\":{\"digest\":\"s\"}}",
        SW_IMAGE_FORM_INDEX, SW_IMAGE_KIND_INDEX,
        "{\"kind\":\"index\",\"media_type\":\"application/vnd.oci.image.index.v1+json\","
        "\"manifests\":[{\"digest\":\"" DIGEST "\",\"media_type\":\"m\",\"size\":7,"
        "\"platform\":\"linux/arm64/v8\",\"artifact_type\":null,\"name\":\"latest\","
        "\"full_name\":\"docker.io/a/b:1\",\"reference_type\":null},"
        "{\"digest\":\"d\",\"media_type\":null,\"size\":null,\"platform\":\"linux/amd64\","
        "\"artifact_type\":null,\"name\":null,\"full_name\":null,"
        "\"reference_type\":\"attestation-manifest\"}],\"subject\":\"s\"" END);
}

static void test_manifest(void **state)
{
    (void)state;
    expect_json(
        "{\"config\":{\"digest\":\"c\",\"size\":1,\"mediaType\":\"t\"},\"layers\":["
        "{\"digest\":\"a\",\"size\":2,\"mediaType\":"
        "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\"},"
        "{\"digest\":\"b\",\"size\":3,\"mediaType\":"
        "\"application/vnd.oci.image.layer.nondistributable.v1.tar\"},"
        "{\"digest\":\"b\",\"size\":3,\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\"}]}",
        SW_IMAGE_FORM_BLOB, SW_IMAGE_KIND_MANIFEST,
        "{\"kind\":\"manifest\",\"media_type\":null,\"config\":{\"digest\":\"c\","
        "\"media_type\":\"t\",\"size\":1},\"artifact_type\":null,\"subject\":null,\"layers\":["
        "{\"digest\":\"a\",\"media_type\":"
        "\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\",\"size\":2,"
        "\"foreign\":true},{\"digest\":\"b\",\"media_type\":"
        "\"application/vnd.oci.image.layer.nondistributable.v1.tar\",\"size\":3,"
        "\"foreign\":true},{\"digest\":\"b\",\"media_type\":"
        "\"application/vnd.oci.image.layer.v1.tar\",\"size\":3,\"foreign\":false}]" END);
}

static void test_config(void **state)
{
    (void)state;
    expect_json(
        " {\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"2026-01-01T00:00:00Z\","
        "\"config\":{\"Entrypoint\":[\"/e\"],\"Cmd\":null,\"Env\":[\"TZ=Asia/Tehran\","
        "\"LANG=fa_IR\"],\"Labels\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}},"
        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\",\"y\"]},"
        "\"history\":[{\"created_by\":\"a \\u0026\\u0026 b\",\"empty_layer\":true},"
        "{\"created\":\"t\",\"comment\":\"c\"}]}\n",
        SW_IMAGE_FORM_CONFIG, SW_IMAGE_KIND_CONFIG,
        "{\"kind\":\"config\",\"media_type\":null,\"platform\":\"linux/amd64\","
        "\"created\":\"2026-01-01T00:00:00Z\",\"diff_ids\":[\"x\",\"y\"],\"entrypoint\":[\"/e\"],"
        "\"cmd\":[],\"env\":[\"TZ=Asia/Tehran\",\"LANG=fa_IR\"],"
        "\"labels\":{\"a\":\"3\",\"b\":\"2\"},\"history\":[{\"created_by\":"
        "\"a \\u0026\\u0026 b\",\"created\":null,\"comment\":null,\"empty_layer\":true},"
        "{\"created_by\":null,\"created\":\"t\",\"comment\":\"c\",\"empty_layer\":false}]" END);
}

static void test_docker(void **state)
{
    (void)state;
    expect_json("[{\"Config\":\"c.json\",\"RepoTags\":null,\"Layers\":[\"a/layer.tar\"]},"
                "{\"Config\":\"d.json\",\"RepoTags\":[\"x:1\",\"y:2\"],\"Layers\":[]}]",
                SW_IMAGE_FORM_MANIFEST, SW_IMAGE_KIND_DOCKER,
                "{\"kind\":\"docker\",\"media_type\":null,\"images\":[{\"config\":\"c.json\","
                "\"tags\":[],\"layers\":[\"a/layer.tar\"]},{\"config\":\"d.json\","
                "\"tags\":[\"x:1\",\"y:2\"],\"layers\":[]}]" END);
    expect_json("{\"imageLayoutVersion\":\"1.0.0\"}", SW_IMAGE_FORM_LAYOUT, SW_IMAGE_KIND_LAYOUT,
                "{\"kind\":\"layout\",\"media_type\":null,\"version\":\"1.0.0\"" END);
    expect_json("{\"app\":{\"1\":\""
                "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                "\"}}",
                SW_IMAGE_FORM_REPOSITORIES, SW_IMAGE_KIND_REPOSITORIES,
                "{\"kind\":\"repositories\",\"media_type\":null,\"images\":[{\"name\":\"app\","
                "\"tag\":\"1\",\"id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
                "abcdef\"}]" END);
}

static void test_other_json(void **state)
{
    (void)state;
    expect_kind("", SW_IMAGE_KIND_NONE);
    expect_kind("\x1f\x8b", SW_IMAGE_KIND_NONE);
    expect_kind("\"text\"", SW_IMAGE_KIND_NONE);
    expect_kind("{}", SW_IMAGE_KIND_OTHER);
    expect_kind("[]", SW_IMAGE_KIND_OTHER);
    expect_kind("[1]", SW_IMAGE_KIND_OTHER);
    expect_kind("[{\"Layers\":[]}]", SW_IMAGE_KIND_OTHER);
    expect_kind("{\"manifest_version\":3,\"name\":\"an extension\",\"layers\":\"x\"}",
                SW_IMAGE_KIND_OTHER);
    expect_kind("{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"subject\":[]}",
                SW_IMAGE_KIND_OTHER);
    expect_kind("{\"name\":\"x\",\"os\":[\"linux\"],\"config\":{}}", SW_IMAGE_KIND_OTHER);
    /* A name alone says nothing: tags of something else. */
    json_decref(read_bytes(sw_view_of("{\"a\":{\"1\":\"short\"}}"), SW_IMAGE_FORM_REPOSITORIES,
                           SW_IMAGE_KIND_OTHER));
    json_decref(read_bytes(sw_view_of("{}"), SW_IMAGE_FORM_REPOSITORIES, SW_IMAGE_KIND_OTHER));
}

/* --- as Go reads it --------------------------------------------------------------- */

static void test_keys_of_either_case_and_last_of_two(void **state)
{
    (void)state;
    json_t *json = read_text("{\"CONFIG\":{\"Digest\":\"c\"},\"lAyErs\":[{\"digest\":\"old\"}],"
                             "\"l\\u0061yers\":[{\"digest\":\"new\",\"digest\":\"newer\"},{}]}",
                             SW_IMAGE_KIND_MANIFEST);
    const json_t *layers = json_object_get(json, "layers");

    assert_int_equal(json_array_size(layers), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(layers, 0), "digest")),
                        "newer");
    json_decref(json);
}

static void test_index_and_manifest_at_once(void **state)
{
    (void)state;
    json_t *json = read_text("{\"config\":{},\"layers\":[],\"manifests\":[{\"digest\":\"x\"}]}",
                             SW_IMAGE_KIND_MANIFEST);
    assert_true(json_is_true(json_object_get(json, "ambiguous")));
    json_decref(json);
    json = read_text("{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"config\":{},"
                     "\"layers\":[],\"manifests\":[{\"digest\":\"x\"}]}",
                     SW_IMAGE_KIND_INDEX);
    assert_true(json_is_true(json_object_get(json, "ambiguous")));
    json_decref(json);
}

static void test_wrong_types(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "{\"schemaVersion\":2,\"manifests\":{}}",
        "{\"schemaVersion\":2,\"manifests\":\"x\"}",
        "{\"schemaVersion\":2,\"config\":{},\"layers\":7}",
        "{\"mediaType\":\"m\",\"config\":[],\"layers\":[]}",
        "{\"architecture\":\"a\",\"rootfs\":[]}",
    };
    for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
        expect_kind(damaged[i], SW_IMAGE_KIND_DAMAGED);
    /* Each element keeps its place among the others. */
    json_t *json =
        read_text("{\"rootfs\":{\"diff_ids\":[1,\"a\",null,{},\"b\"]},\"history\":[[],{}],"
                  "\"config\":{\"Labels\":{\"a\":1,\"b\":\"c\"},\"Env\":\"x\"},\"created\":5}",
                  SW_IMAGE_KIND_CONFIG);
    assert_int_equal(json_array_size(json_object_get(json, "diff_ids")), 5);
    assert_string_equal(json_string_value(json_array_get(json_object_get(json, "diff_ids"), 4)),
                        "b");
    assert_int_equal(json_array_size(json_object_get(json, "history")), 2);
    assert_int_equal(json_object_size(json_object_get(json, "labels")), 1);
    assert_int_equal(number_in(json, "bad"), 7);
    json_decref(json);
    json = read_text("{\"config\":{\"size\":-1},\"layers\":[{\"size\":1e9},{\"size\":"
                     "99999999999999999999},{\"size\":1.5},{\"size\":\"1\"},{\"size\":"
                     "999999999999999999},7]}",
                     SW_IMAGE_KIND_MANIFEST);
    assert_int_equal(number_in(json, "bad"), 6);
    assert_int_equal(number_in(json_array_get(json_object_get(json, "layers"), 4), "size"),
                     999999999999999999);
    json_decref(json);
}

/* --- hostile texts ---------------------------------------------------------------- */

static void test_not_json(void **state)
{
    (void)state;
    static const char *const bad[] = {"{",          "[{\"Config\":\"c\",\"Layers\":[]}",
                                      "{\"a\":1,}", "{\"a\" 1}",
                                      "{}{}",       "{} x",
                                      "[nul]",      "{\"a\":\"\n\"}"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_kind(bad[i], SW_IMAGE_KIND_DAMAGED);
}

/* Cut at every byte it is no JSON, and no byte behind it is read. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"manifests\":[{\"digest\":\"\\u00e9\\ud83d\\ude00\",\"size\":1,\"platform\":{\"os\":"
        "\"\xc3\xa4\"},\"annotations\":{\"a\":\"\\\\\"}}],\"config\":null}";

    for (size_t size = 0; size < sizeof(whole) - 1; size++) {
        uint8_t *bytes = malloc(size + 1);
        assert_non_null(bytes);
        memcpy(bytes, whole, size);
        json_decref(read_bytes((struct sw_view){bytes, size}, SW_IMAGE_FORM_BLOB,
                               size == 0 ? SW_IMAGE_KIND_NONE : SW_IMAGE_KIND_DAMAGED));
        free(bytes);
    }
    expect_kind(whole, SW_IMAGE_KIND_INDEX);
}

static void test_texts_that_no_reader_takes(void **state)
{
    (void)state;
    json_t *json = read_text(
        "{\"rootfs\":{\"diff_ids\":[\"\\u0000\",\"\\ud800\",\"\\udc00\\ud800\",\"\\ud83d\\ude00\","
        "\"\xff\xfe\",\"\xed\xa0\x80\",\"\xc3\",\"\\ud800\\u0041\",\"\x7f\",\"\\\"\\\\\"]}}",
        SW_IMAGE_KIND_CONFIG);
    static const char *const wanted[] = {"\uFFFD",
                                         "\uFFFD",
                                         "\uFFFD\uFFFD",
                                         "\xf0\x9f\x98\x80",
                                         "\uFFFD\uFFFD",
                                         "\uFFFD\uFFFD\uFFFD",
                                         "\uFFFD",
                                         "\uFFFD"
                                         "A",
                                         "\x7f",
                                         "\"\\"};
    const json_t *list = json_object_get(json, "diff_ids");

    assert_int_equal(json_array_size(list), sizeof(wanted) / sizeof(wanted[0]));
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_string_equal(json_string_value(json_array_get(list, i)), wanted[i]);
    json_decref(json);
}

/* One less, as many, one more. */
static void test_long_texts(void **state)
{
    (void)state;
    char *text = malloc(3 * 4096);

    assert_non_null(text);
    for (int more = -1; more <= 1; more++) {
        const size_t size = (size_t)(4096 + more);
        char *at = text + sprintf(text, "{\"rootfs\":{},\"created\":\"");
        memset(at, 'x', size);
        strcpy(at + size, "\"}");
        json_t *json = read_text(text, SW_IMAGE_KIND_CONFIG);
        assert_int_equal(json_string_length(json_object_get(json, "created")),
                         size > 4096 ? 4096 : size);
        assert_true(json_is_true(json_object_get(json, "texts_cut")) == (more > 0));
        /* Not inside an escape, nor inside a character. */
        memcpy(at + 4090, "\\ud83d\\ude00", 12);
        strcpy(at + 4102, "\"}");
        json_decref(json);
        json = read_text(text, SW_IMAGE_KIND_CONFIG);
        assert_int_equal(json_string_length(json_object_get(json, "created")), 4090);
        json_decref(json);
        memcpy(at + 4095, "\xc3\xa4", 2);
        memset(at + 4090, 'x', 5);
        strcpy(at + 4097, "\"}");
        json = read_text(text, SW_IMAGE_KIND_CONFIG);
        assert_int_equal(json_string_length(json_object_get(json, "created")), 4095);
        json_decref(json);
    }
    free(text);
}

static void append_times(struct sw_buf *text, const char *piece, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(sw_buf_append_text(text, piece), SW_OK);
}

static void test_deep(void **state)
{
    (void)state;
    struct sw_buf text;

    sw_buf_init(&text, 1 << 20);
    assert_int_equal(sw_buf_append_text(&text, "{\"rootfs\":{},\"x\":"), SW_OK);
    append_times(&text, "[", 10000);
    append_times(&text, "]", 10000);
    assert_int_equal(sw_buf_append_text(&text, "}"), SW_OK);
    json_decref(read_bytes(sw_buf_view(&text), SW_IMAGE_FORM_BLOB, SW_IMAGE_KIND_DAMAGED));
    sw_buf_clear(&text);
    append_times(&text, "{\"manifests\":[", 10000);
    json_decref(read_bytes(sw_buf_view(&text), SW_IMAGE_FORM_BLOB, SW_IMAGE_KIND_DAMAGED));
    sw_buf_done(&text);
}

static json_t *read_many(const char *head, const char *piece, size_t count, const char *tail,
                         enum sw_image_kind kind)
{
    struct sw_buf text;

    sw_buf_init(&text, (size_t)64 << 20);
    assert_int_equal(sw_buf_append_text(&text, head), SW_OK);
    append_times(&text, piece, count);
    assert_int_equal(sw_buf_append_text(&text, tail), SW_OK);
    json_t *json = read_bytes(sw_buf_view(&text), SW_IMAGE_FORM_BLOB, kind);
    sw_buf_done(&text);
    return json;
}

static void test_many(void **state)
{
    (void)state;
    static const char head[] = "{\"config\":{},\"layers\":[";

    for (size_t more = 0; more < 3; more++) {
        json_t *json =
            read_many(head, "{},", SW_IMAGE_LIST_MAX - 2 + more, "{}]}", SW_IMAGE_KIND_MANIFEST);
        const size_t wanted = SW_IMAGE_LIST_MAX - 1 + more;
        assert_int_equal(json_array_size(json_object_get(json, "layers")),
                         wanted > SW_IMAGE_LIST_MAX ? SW_IMAGE_LIST_MAX : wanted);
        assert_true(json_is_true(json_object_get(json, "cut")) == (more == 2));
        json_decref(json);
    }
    /* As many as fit, and then the end. */
    char *piece = malloc(5000);
    assert_non_null(piece);
    strcpy(piece, "{\"created_by\":\"");
    memset(piece + 15, '\xff', 4000);
    strcpy(piece + 15 + 4000, "\"},");
    json_t *json = read_many("{\"rootfs\":{\"diff_ids\":[\"a\"]},\"history\":[", piece, 3000,
                             "{}]}", SW_IMAGE_KIND_CONFIG);
    assert_true(json_is_true(json_object_get(json, "cut")));
    assert_true(json_is_true(json_object_get(json, "texts_cut")));
    assert_true(json_array_size(json_object_get(json, "history")) > 500);
    assert_int_equal(json_array_size(json_object_get(json, "diff_ids")), 1);
    json_decref(json);
    free(piece);
}

static void test_many_labels_and_tags(void **state)
{
    (void)state;
    struct sw_buf text;

    sw_buf_init(&text, (size_t)64 << 20);
    assert_int_equal(sw_buf_append_text(&text, "{\"rootfs\":{},\"config\":{\"labels\":{"), SW_OK);
    for (unsigned i = 0; i < 2000; i++)
        assert_int_equal(sw_buf_append_format(&text, "\"l%u\":\"v\",", i % 600), SW_OK);
    assert_int_equal(
        sw_buf_append_text(&text, "\"\\u0061\":\"x\",\"\xff\":\"x\",\"l1\":\"last\"}}}"), SW_OK);
    json_t *json = read_bytes(sw_buf_view(&text), SW_IMAGE_FORM_BLOB, SW_IMAGE_KIND_CONFIG);
    assert_int_equal(json_object_size(json_object_get(json, "labels")), 512);
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "labels"), "l1")),
                        "last");
    assert_true(json_is_true(json_object_get(json, "cut")));
    assert_int_equal(number_in(json, "bad"), 2);
    json_decref(json);
    sw_buf_done(&text);
    json = read_many("[", "{\"Config\":\"c\",\"RepoTags\":[\"a\",\"b\"],\"Layers\":[\"x\"]},",
                     100000, "{}]", SW_IMAGE_KIND_DOCKER);
    assert_int_equal(json_array_size(json_object_get(json, "images")), SW_IMAGE_LIST_MAX);
    json_decref(json);
}

/* 16 MiB, the most that is read, in far less time than it takes to write them. */
static void test_large(void **state)
{
    (void)state;
    json_t *json = read_many("{\"rootfs\":{},\"x\":[", "[[],{\"a\":[]},\"b\"],", 980000, "1]}",
                             SW_IMAGE_KIND_CONFIG);
    json_decref(json);
    json = read_many("{\"rootfs\":{},\"history\":[", "1,", 7000000, "1]}", SW_IMAGE_KIND_CONFIG);
    assert_int_equal(json_array_size(json_object_get(json, "history")), SW_IMAGE_LIST_MAX);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_docker),
        cmocka_unit_test(test_other_json),
        cmocka_unit_test(test_keys_of_either_case_and_last_of_two),
        cmocka_unit_test(test_index_and_manifest_at_once),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_not_json),
        cmocka_unit_test(test_cut_everywhere),
        cmocka_unit_test(test_texts_that_no_reader_takes),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_many_labels_and_tags),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests_name("documents of images", tests, NULL, NULL);
}
