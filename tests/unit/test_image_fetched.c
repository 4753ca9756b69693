/* SPDX-License-Identifier: Apache-2.0 */
/* Images of which not all is there, for it was not asked for or could not be fetched. */
#include "image_kit.h"

/* --- platforms ----------------------------------------------------------------------------- */

static void test_other_platforms(void **state)
{
    const char *asked[] = {"linux/arm64"};

    (void)state;
    platforms = (struct sw_texts){.rows = asked, .count = 1};
    layout_of_three("linux/amd64");
    assert_null(in_layer('a', "bin/bad"));
    json_t *record = finding(member("tar", "other"));
    assert_non_null(record);
    json_decref(record);
    assert_true(image_is_wanted(images, "linux/arm64/v8"));
    assert_true(image_is_wanted(images, "unknown/unknown"));
    assert_true(image_is_wanted(images, NULL));
    assert_false(image_is_wanted(images, "linux/arm64be"));
}

/* Nobody fetched them, for nobody asked: then nothing was found of what was asked for. */
static void test_platforms_that_are_not_there(void **state)
{
    const char *asked[] = {"linux/arm64"};

    (void)state;
    platforms = (struct sw_texts){.rows = asked, .count = 1};
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\",\"platform\":\"linux/amd64\"},"
                      "{\"digest\":\"sha256:%s\",\"platform\":\"unknown/unknown\"}",
                      hex('9'), hex('1')));
    manifest_of_three();
    config_of_three("unknown/unknown");
    three_layers();
    join(true);
    assert_int_equal(json_array_size(remarks), 1);
    assert_remark(0, "reason", "missing_part");
    assert_non_null(strstr(text(json_array_get(remarks, 0), "detail"), "--platform"));
}

/* An index may name one manifest for many platforms. */
static void test_one_manifest_of_two_platforms(void **state)
{
    const char *asked[] = {"linux/arm64"};

    (void)state;
    platforms = (struct sw_texts){.rows = asked, .count = 1};
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\",\"platform\":\"linux/amd64\"},"
                      "{\"digest\":\"sha256:%s\",\"platform\":\"linux/arm64/v8\"}",
                      hex('1'), hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    three_layers();
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
    json_t *record = in_layer('a', "bin/bad");
    assert_non_null(record);
    assert_string_equal(text(image_of(record), "platform"), "linux/arm64/v8");
    json_decref(record);
}

/* --- what was fetched ------------------------------------------------------------------------- */

#define LABEL "registry:localhost:5000/app@sha256:"

static void fetched(char digit)
{
    open_with(format(LABEL "%s/" BLOBS "%s", hex('8'), hex(digit)), SW_MIB);
}

static void fetched_document(char digit, const char *json)
{
    fetched(digit);
    document("", json);
    blob("", hex(digit));
}

static void fetched_gap(char digit, enum sw_gap reason)
{
    fetched(digit);
    const struct sw_item whole = item;
    item.facts = (struct sw_facts){0}; /* a gap has none */
    sw_images_unread(images, &item, 0, sw_view_of(item_path), reason);
    item = whole;
}

static void fetched_manifest(void)
{
    fetched_document('8', format("{\"kind\":\"manifest\",\"config\":" NAMED ",\"layers\":[" NAMED
                                 "," NAMED "]}",
                                 hex('2'), hex('a'), hex('b')));
    fetched_document('2', format("{\"kind\":\"config\",\"platform\":\"linux/amd64\",\"diff_ids\":"
                                 "[\"sha256:%s\",\"sha256:%s\"]}",
                                 hex('d'), hex('e')));
}

/* For each of these the fetcher has a gap, in words of its own. */
static void test_what_could_not_be_fetched(void **state)
{
    static const enum sw_gap reasons[] = {SW_GAP_TRUNCATED, SW_GAP_IO_ERROR, SW_GAP_TIMEOUT,
                                          SW_GAP_LIMIT_SPILL};

    (void)state;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        fetched_manifest();
        fetched_gap('a', reasons[i]);
        fetched('a'); /* what came of it: other bytes, another tar */
        layer("", hex('4'), hex('5'), 1);
        fetched_gap('b', SW_GAP_MISSING_PART);
        join(true);
        assert_int_equal(json_array_size(remarks), 0);
        sw_images_free(images);
        images = NULL;
    }
    /* And without any gap of its own: the fetcher died, or did not follow. */
    fetched_manifest();
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
}

/* All of it came, and it is something else: one finding, with facts of what came. */
static void test_other_bytes_were_fetched(void **state)
{
    (void)state;
    fetched_manifest();
    fetched_gap('a', SW_GAP_DAMAGED);
    fetched('a');
    layer("", hex('4'), hex('5'), 1);
    fetched('b');
    layer("", hex('b'), hex('5'), 1);
    join(true);
    assert_int_equal(json_array_size(remarks), 2);
    assert_remark(0, "name", "image_layer_diff_id");
    assert_remark(1, "name", "image_blob_digest");
    for (size_t i = 0; i < 2; i++)
        assert_non_null(
            json_object_get(json_object_get(json_array_get(remarks, i), "object"), "mode"));
}

static void test_depth_that_was_told(void **state)
{
    (void)state;
    static const char digits[] = "8123456790a";

    for (size_t i = sizeof(digits) - 2; i-- > 0;)
        fetched_document(digits[i], format("{\"kind\":\"index\",\"manifests\":[" NAMED "]}",
                                           hex(digits[i + 1])));
    fetched_gap('a', SW_GAP_LIMIT_DEPTH);
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
}

static void test_what_was_fetched_has_its_names(void **state)
{
    char first[] = "localhost:5000/app:1", second[] = "localhost:5000/app:2", other[] = "/other";
    char *names[] = {first}, *others[] = {second};
    char label[256];

    (void)state;
    snprintf(label, sizeof(label), LABEL "%s", hex('8'));
    const struct sw_root roots[] = {
        {.path = other},
        {.path = label, .image_names = names, .image_name_count = 1},
        {.path = label, .image_names = others, .image_name_count = 1},
    };
    fetched_manifest();
    images->roots = roots;
    images->root_count = 3;
    fetched('a');
    layer("", hex('a'), hex('d'), 1);
    join(true);
    json_t *record = finding(format("%s,%s", member("gzip", "content"), member("tar", "x")));
    const json_t *told = json_object_get(image_of(record), "references");
    assert_int_equal(json_array_size(told), 2);
    assert_string_equal(json_string_value(json_array_get(told, 0)), names[0]);
    assert_string_equal(json_string_value(json_array_get(told, 1)), others[0]);
    json_decref(record);
}

static void test_what_was_fetched(void **state)
{
    (void)state;
    open_with("registry:h.example/team/app@sha256:1/" BLOBS
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              SW_MIB);
    PATHS("", "bin/bad");
    layer("", hex('a'), hex('d'), 1);
    for (size_t i = 0; i < 3; i++) {
        const char *const digests[] = {hex('b'), hex('c'), hex('2')};
        char path[256];
        snprintf(path, sizeof(path), "registry:h.example/team/app@sha256:1/" BLOBS "%s",
                 digests[i]);
        open_with(path, SW_MIB);
        if (i < 2)
            layer("", digests[i], hex(i == 0 ? 'e' : 'f'), 1);
        else
            blob("", digests[i]);
    }
    open_with("registry:h.example/team/app@sha256:1/" BLOBS
              "1111111111111111111111111111111111111111111111111111111111111111",
              SW_MIB);
    document("", format("{\"kind\":\"manifest\",\"config\":" NAMED ",\"layers\":[" NAMED "," NAMED
                        "," NAMED "]}",
                        hex('2'), hex('a'), hex('b'), hex('c')));
    blob("", hex('1'));
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
    open_with("registry:h.example/team/app@sha256:1/" BLOBS
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
              SW_MIB);
    json_t *record = finding(format("%s,%s", member("gzip", "content"), member("tar", "bin/bad")));
    assert_string_equal(text(image_of(record), "form"), "registry");
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(image_of(record), "references"), 0)),
        "h.example/team/app@sha256:1");
    assert_true(json_is_true(json_object_get(layer_of(record, 0), "visible")));
    json_decref(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_fetched, start, stop),
        cmocka_unit_test_setup_teardown(test_other_platforms, start, stop),
        cmocka_unit_test_setup_teardown(test_platforms_that_are_not_there, start, stop),
        cmocka_unit_test_setup_teardown(test_one_manifest_of_two_platforms, start, stop),
        cmocka_unit_test_setup_teardown(test_what_could_not_be_fetched, start, stop),
        cmocka_unit_test_setup_teardown(test_other_bytes_were_fetched, start, stop),
        cmocka_unit_test_setup_teardown(test_depth_that_was_told, start, stop),
        cmocka_unit_test_setup_teardown(test_what_was_fetched_has_its_names, start, stop),
    };

    return cmocka_run_group_tests_name("image, fetched", tests, NULL, NULL);
}
