/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of container images put together, from messages as the engine sends them. */
#include "image_kit.h"

/* --- names --------------------------------------------------------------------------------- */

static void test_places(void **state)
{
    (void)state;
    const struct {
        const char *locator;
        size_t hop, scope;
    } rows[] = {
        {format("/x/" BLOBS "%s!a!b", hex('a')), 0, 3},
        {format("/x/app.tar!./" BLOBS "%s", hex('a')), 1, 11},
        {format("/x/app.tar!sub/%s/layer.tar!etc", hex('a')), 1, 15},
        {"/x/app.tar!manifest.json", 1, 11},
        {format("/x/%s.json", hex('a')), 0, 3},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct image_place place;
        size_t at = 0;
        assert_true(image_place_next(sw_view_of(rows[i].locator), &at, &place));
        assert_int_equal(place.hop, rows[i].hop);
        assert_int_equal(place.scope.size, rows[i].scope);
        assert_false(image_place_next(sw_view_of(rows[i].locator), &at, &place));
    }
    const char *others[] = {"/x/a.tar!b", "/x/blobs/sha256/abc", "", "!", "!!", "/manifest.json5"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct image_place place;
        size_t at = 0;
        assert_false(image_place_next(sw_view_of(others[i]), &at, &place));
    }
}

/* --- layers -------------------------------------------------------------------------------- */

static void test_a_layer_tells(void **state)
{
    (void)state;
    layout_of_three("linux/amd64");
    assert_int_equal(json_array_size(remarks), 0);

    json_t *record = in_layer('a', "bin/bad");
    const json_t *told = layer_of(record, 1), *by = json_object_get(told, "removed_by");
    assert_int_equal(json_integer_value(json_object_get(told, "index")), 0);
    assert_int_equal(json_integer_value(json_object_get(told, "layers")), 3);
    assert_string_equal(text(told, "history"), "one");
    assert_string_equal(text(told, "diff_id"), format("sha256:%s", hex('d')));
    assert_true(json_is_false(json_object_get(told, "visible")));
    assert_int_equal(json_integer_value(json_object_get(by, "index")), 1);
    assert_string_equal(text(by, "history"), "two");
    assert_string_equal(text(image_of(record), "form"), "oci-archive");
    assert_string_equal(text(image_of(record), "platform"), "linux/amd64");
    assert_string_equal(text(image_of(record), "part"), "layer");
    assert_string_equal(text(image_of(record), "manifest"), format("sha256:%s", hex('1')));
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(image_of(record), "references"), 0)),
        "app:1");
    json_decref(record);
}

static void assert_visible(char digit, const char *path, bool expected)
{
    json_t *record = in_layer(digit, path);
    const json_t *visible = json_object_get(layer_of(record, 1), "visible");

    if (expected ? !json_is_true(visible) : !json_is_false(visible))
        fail_msg("%s in layer %c is told wrong", path, digit);
    json_decref(record);
}

static void test_what_is_visible(void **state)
{
    (void)state;
    layout_of_three("linux/amd64");
    assert_visible('a', "bin/bad", false);
    assert_visible('a', "./bin/./bad", false);
    assert_visible('a', "etc/keep", true);
    assert_visible('a', "opt/a/b/c", false); /* below an opaque folder */
    assert_visible('a', "opt/a", true);      /* the folder itself is not */
    assert_visible('a', "x/below", false);   /* a file stood above it */
    assert_visible('b', "x", false);         /* a folder took its place */
    assert_visible('b', "bin/bad", false);
    assert_visible('c', "bin/bad", true); /* what is above nothing hides */
    json_t *record = in_layer('c', "bin/bad");
    assert_string_equal(text(layer_of(record, 1), "history"), "three\\x1b[2J");
    assert_string_equal(text(layer_of(record, 1), "created"), "2026-01-01T00:00:00Z");
    json_decref(record);
    record = in_layer('b', "x");
    assert_non_null(json_object_get(layer_of(record, 1), "replaced_by"));
    json_decref(record);
}

static void test_a_whiteout_of_all(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    PATHS(format(BLOBS "%s", hex('a')), "a", "b/c");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    PATHS(format(BLOBS "%s", hex('b')), ".wh..wh..opq", ".wh.nothing", "b/.wh.", ".wh..");
    layer(format(BLOBS "%s", hex('b')), hex('b'), hex('e'), 1);
    PATHS(format(BLOBS "%s", hex('c')), "../../b/c");
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
    join(true);
    assert_visible('a', "a", false);
    assert_visible('a', "b/c", false);
    assert_visible('b', "nothing", true); /* its own whiteouts are about layers below */
    assert_visible('b', "b/c", false);    /* and above the root is the root */
}

static void assert_linked(const char *path, const char *name, bool removed)
{
    json_t *record = in_layer('a', path);
    const json_t *told = layer_of(record, 1);

    assert_true(json_is_true(json_object_get(told, "visible")) == (name[0] != '\0'));
    assert_string_equal(text(told, "visible_as"), name);
    assert_true((json_object_get(told, "removed_by") != NULL) == removed);
    assert_true((json_object_get(told, "replaced_by") != NULL) == !removed);
    json_decref(record);
}

static void test_hard_links(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    PATHS(format(BLOBS "%s", hex('a')), "below", "own", "x/link", "again", "new", "gone", "circle");
    LINKS(format(BLOBS "%s", hex('a')), "x/link", "./own");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    /* In the layer that removes a name a link to it is to what was there before; a layer that
     * replaces it has a link to what is there then. */
    PATHS(format(BLOBS "%s", hex('b')), ".wh.below", "y\x1b", ".wh.own", "again", "z", "new", "n",
          "g", "c", "d");
    LINKS(format(BLOBS "%s", hex('b')), "y\x1b", "below", "z", "again", "n", "new", "g", "gone");
    LINKS(format(BLOBS "%s", hex('b')), "c", "circle", "d", "c", "c", "d");
    layer(format(BLOBS "%s", hex('b')), hex('b'), hex('e'), 1);
    PATHS(format(BLOBS "%s", hex('c')), ".wh.gone", ".wh.g", ".wh.circle", ".wh.c", ".wh.d",
          "again");
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
    join(true);
    assert_linked("below", "y\\x1b", true);
    assert_linked("own", "x/link", true);
    assert_linked("again", "", false);
    assert_linked("new", "", false);
    assert_linked("gone", "", true);
    assert_linked("circle", "", true);
}

/* So many names that they are not all followed. */
static void test_many_hard_links(void **state)
{
    char rows[300][8];
    const char *names[600];

    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    for (size_t i = 0; i < 300; i++) {
        snprintf(rows[i], sizeof(rows[i]), "d/%zu", i);
        names[2 * i] = rows[i];
        names[2 * i + 1] = "a";
    }
    PATHS(format(BLOBS "%s", hex('a')), "a");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    links(format(BLOBS "%s", hex('b')), 600, names);
    PATHS(format(BLOBS "%s", hex('b')), ".wh.a");
    layer(format(BLOBS "%s", hex('b')), hex('b'), hex('e'), 1);
    PATHS(format(BLOBS "%s", hex('c')), "d/.wh..wh..opq");
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
    join(true);
    json_t *record = in_layer('a', "a");
    assert_true(json_is_null(json_object_get(layer_of(record, 1), "visible")));
    assert_non_null(json_object_get(layer_of(record, 1), "removed_by"));
    json_decref(record);
}

/* There is time for so many questions; what is not asked is not known. */
static void test_questions_are_counted(void **state)
{
    (void)state;
    layout_of_three("linux/amd64");
    size_t *left = &images->inside->searches_left;
    const size_t before = *left;

    assert_visible('a', "etc/keep", true);
    assert_true(*left < before && before - *left < 20); /* two layers, three paths each */
    *left = 1;
    for (unsigned i = 0; i < 2; i++) {
        json_t *record = in_layer('a', "etc/keep");
        assert_true(json_is_null(json_object_get(layer_of(record, 1), "visible")));
        assert_int_equal(*left, 0);
        json_decref(record);
    }
}

/* A layer that another image has for its configuration is a layer all the same. */
static void test_a_layer_that_is_something_else(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\",\"name\":\"a\"},{\"digest\":\"sha256:%s\","
                      "\"name\":\"b\"}",
                      hex('3'), hex('1')));
    document(format(BLOBS "%s", hex('3')),
             format("{\"kind\":\"manifest\",\"config\":" NAMED ",\"layers\":[" NAMED "]}", hex('a'),
                    hex('2')));
    blob(format(BLOBS "%s", hex('3')), hex('3'));
    manifest_of_three();
    config_of_three("linux/amd64");
    three_layers();
    join(true);
    assert_visible('a', "etc/keep", true);
    json_t *record = in_layer('a', "bin/bad");
    assert_int_equal(json_integer_value(json_object_get(layer_of(record, 1), "index")), 0);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(image_of(record), "references"), 0)), "b");
    json_decref(record);
}

/* What images cost is given back with them. */
static void test_nothing_is_kept(void **state)
{
    (void)state;
    layout_of_three("linux/amd64");
    assert_true(images->used > 0);
    sw_images_drop(images, ITEM, true);
    assert_int_equal(images->used, 0);
}

/* What has the name of a whiteout is never there; of what no path can be nothing is known. */
static void test_names_that_are_no_paths(void **state)
{
    static char deep[2 * 600 + 2], wide[4002];
    static const char *const marks[] = {".wh.x", "bin/.wh..wh..opq", ".wh..wh.aufs"};

    (void)state;
    layout_of_three("linux/amd64");
    for (size_t i = 0; i < 3; i++) {
        assert_visible('c', marks[i], false);
        json_t *record = in_layer('c', marks[i]);
        assert_null(json_object_get(layer_of(record, 1), "removed_by"));
        json_decref(record);
    }
    for (size_t i = 0; i < 600; i++)
        memcpy(deep + 2 * i, "a/", 2);
    deep[1200] = 'b';
    memset(wide, 'w', sizeof(wide) - 1);
    for (size_t i = 0; i < 2; i++) {
        json_t *record = in_layer('a', i == 0 ? deep : wide);
        assert_true(json_is_null(json_object_get(layer_of(record, 1), "visible")));
        json_decref(record);
    }
    assert_visible('a', ".wh.", true); /* that is the whiteout of nothing */
}

/* A layer that could not be read may have taken it away. */
static void test_what_is_not_known(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    PATHS(format(BLOBS "%s", hex('a')), "a", "b");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    PATHS(format(BLOBS "%s", hex('c')), ".wh.b");
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
    join(true);
    json_t *record = in_layer('a', "a");
    assert_true(json_is_null(json_object_get(layer_of(record, 1), "visible")));
    json_decref(record);
    assert_visible('a', "b", false);
    assert_int_equal(json_array_size(remarks), 1);
    assert_string_equal(text(json_array_get(remarks, 0), "reason"), "missing_part");
    assert_non_null(strstr(text(json_array_get(remarks, 0), "detail"), hex('b')));
}

static void test_many_paths(void **state)
{
    static uint64_t rows[SW_IMAGE_PATHS_MAX];
    char name[32];
    char place[128];

    (void)state;
    snprintf(place, sizeof(place), BLOBS "%s", hex('b'));
    open_with("/x/app.tar", 32 * SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    PATHS(format(BLOBS "%s", hex('a')), "f299999", "f300000");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    const size_t before = images->used;
    for (uint32_t i = 0, count = 0; i < 300000; i++) {
        snprintf(name, sizeof(name), ".wh.f%u", i);
        rows[count++] = sw_image_path(sw_view_of(name), SW_IMAGE_ENTRY_WHITEOUT);
        if (count == SW_IMAGE_PATHS_MAX || i == 299999) {
            assert_null(send(SW_IMAGE_PATHS, place, "", rows, count));
            count = 0;
        }
    }
    assert_true(images->used - before < 300000 * 8 + 4096); /* eight bytes a path */
    layer(place, hex('b'), hex('e'), 1);
    PATHS(format(BLOBS "%s", hex('c')), "z");
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
    join(true);
    assert_visible('a', "f299999", false);
    assert_visible('a', "f300000", true);
}

/* --- forms --------------------------------------------------------------------------------- */

static void say_saved(bool again)
{
    document("manifest.json",
             format("{\"kind\":\"docker\",\"images\":[{\"config\":\"%s.json\",\"tags\":"
                    "[\"app:saved\"],\"layers\":[\"./%s/layer.tar\",\"%s/layer.tar\","
                    "\"%s/layer.tar\"]}]}",
                    hex('2'), hex('a'), hex('b'), hex('c')));
    blob("manifest.json", hex('9'));
    document(format("%s.json", hex('2')),
             format("{\"kind\":\"config\",\"platform\":\"linux/amd64\",\"diff_ids\":"
                    "[\"sha256:%s\",\"sha256:%s\",\"sha256:%s\"],\"history\":[]}",
                    hex('d'), hex('e'), again ? hex('d') : hex('f')));
    blob(format("%s.json", hex('2')), hex('2'));
    PATHS(format("%s/layer.tar", hex('a')), "bin/bad");
    layer(format("%s/layer.tar", hex('a')), hex('d'), hex('d'), 0);
    PATHS(format("%s/layer.tar", hex('b')), "bin/.wh.bad");
    layer(format("%s/layer.tar", hex('b')), hex('e'), hex('e'), 0);
}

static void test_forms_agree(void **state)
{
    char id[64];

    (void)state;
    layout_of_three("linux/amd64");
    json_t *record = in_layer('a', "bin/bad");
    snprintf(id, sizeof(id), "%s", text(record, "id"));
    json_decref(record);
    sw_images_free(images);
    images = NULL;

    open_with("/y/saved.tar", SW_MIB);
    say_saved(true); /* the last layer is a link to the first, and so not there */
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
    record = finding(
        format("%s,%s", member("tar", format("%s/layer.tar", hex('a'))), member("tar", "bin/bad")));
    assert_string_equal(text(record, "id"), id);
    assert_string_equal(text(image_of(record), "form"), "docker-archive");
    assert_true(json_is_null(json_object_get(image_of(record), "manifest")));
    /* It is the lowest layer, and the highest: there it is not hidden. */
    assert_int_equal(json_integer_value(json_object_get(layer_of(record, 1), "index")), 0);
    assert_true(json_is_true(json_object_get(layer_of(record, 1), "visible")));
    json_decref(record);
}

/* `docker save` of today: an OCI layout that has the old document as well. */
static void test_one_image_told_twice(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    document("manifest.json",
             format("{\"kind\":\"docker\",\"images\":[{\"config\":\"" BLOBS "%s\",\"tags\":"
                    "[\"app:saved\"],\"layers\":[\"" BLOBS "%s\",\"" BLOBS "%s\",\"" BLOBS
                    "%s\"]}]}",
                    hex('2'), hex('a'), hex('b'), hex('c')));
    blob("manifest.json", hex('9'));
    layout_of_three("linux/amd64");
    json_t *record = in_layer('a', "etc/keep");
    assert_int_equal(json_integer_value(json_object_get(layer_of(record, 1), "image_count")), 1);
    assert_int_equal(json_array_size(json_object_get(image_of(record), "references")), 2);
    assert_string_equal(text(image_of(record), "form"), "docker-archive");
    json_decref(record);
}

static void test_any_order(void **state)
{
    char *first = NULL, *second = NULL;

    (void)state;
    layout_of_three("linux/amd64");
    json_t *record = in_layer('a', "bin/bad");
    first = json_dumps(record, JSON_SORT_KEYS);
    json_decref(record);
    sw_images_free(images);
    images = NULL;

    open_with("/x/app.tar", SW_MIB);
    three_layers();
    config_of_three("linux/amd64");
    manifest_of_three();
    three_layers(); /* and a file that is looked at again says all of it again */
    index_with(format("{\"digest\":\"sha256:%s\",\"name\":\"app:1\",\"platform\":null}", hex('1')));
    join(true);
    record = in_layer('a', "bin/bad");
    second = json_dumps(record, JSON_SORT_KEYS);
    json_decref(record);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void test_a_configuration(void **state)
{
    (void)state;
    layout_of_three("linux/amd64");
    json_t *record = finding(member("tar", format(BLOBS "%s", hex('2'))));
    assert_string_equal(text(image_of(record), "part"), "config");
    assert_null(layer_of(record, 1));
    json_decref(record);
    record = finding(member("tar", "other"));
    assert_null(image_of(record));
    json_decref(record);
}

/* A configuration that is large, and many images that have it: it is kept once. */
static void test_many_images_of_one_configuration(void **state)
{
    char name[SW_SHA256_HEX_SIZE], *line = malloc(60001);

    (void)state;
    assert_non_null(line);
    memset(line, 'x', 60000);
    line[8000] = '\0';
    open_with("/x/app.tar", 4 * SW_MIB);
    document(format(BLOBS "%s", hex('2')),
             format("{\"kind\":\"config\",\"diff_ids\":[],\"history\":[{\"created_by\":\"%s\"}]}",
                    line));
    blob(format(BLOBS "%s", hex('2')), hex('2'));
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(name, sizeof(name), "%064u", i);
        document(format(BLOBS "%s", name),
                 format("{\"kind\":\"manifest\",\"config\":" NAMED ",\"layers\":[]}", hex('2')));
        blob(format(BLOBS "%s", name), name);
    }
    join(true);
    assert_false(images->full);
    assert_int_equal(images->inside->image_count, 2000);
    assert_int_equal(json_array_size(remarks), 0);
    free(line);
}

/* --- what does not fit --------------------------------------------------------------------- */

static void test_wrong_digests(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    PATHS(format(BLOBS "%s", hex('a')), "a");
    layer(format(BLOBS "%s", hex('a')), hex('5'), hex('d'), 1); /* not what its name says */
    layer(format(BLOBS "%s", hex('b')), hex('b'), hex('6'), 1); /* nor the configuration */
    layer(format(BLOBS "%s", hex('c')), hex('c'), hex('f'), 1);
    join(true);
    assert_int_equal(json_array_size(remarks), 2);
    assert_remark(0, "name", "image_layer_diff_id");
    assert_remark(1, "name", "image_blob_digest");
    assert_remark(1, "severity", "high");
    assert_remark(1, "locator", format("/x/app.tar!" BLOBS "%s", hex('a')));
    assert_int_equal(image_tell(images, ITEM, json_array_get(remarks, 0)), IMAGE_TOLD);
    assert_non_null(layer_of(json_array_get(remarks, 0), 1));
    /* What is in it is told all the same. */
    json_t *record = in_layer('a', "a");
    assert_string_equal(text(layer_of(record, 1), "digest"), format("sha256:%s", hex('5')));
    json_decref(record);
}

static void test_two_of_one_name(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    layer(format(BLOBS "%s", hex('a')), hex('5'), hex('d'), 1);
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    layer(format(BLOBS "%s", hex('a')), hex('6'), hex('d'), 1);
    join(true);
    assert_int_equal(json_array_size(remarks), 1);
    assert_remark(0, "name", "image_blob_digest");
    struct image_place place;
    char locator[256];
    snprintf(locator, sizeof(locator), "/x/app.tar!" BLOBS "%s", hex('a'));
    assert_true(image_place_of(sw_view_of(locator), &place));
    assert_string_equal(sw_images_find(images, ITEM, &place)->digest, hex('a'));
}

static void test_counts(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    document(format(BLOBS "%s", hex('2')),
             format("{\"kind\":\"config\",\"platform\":null,\"diff_ids\":[\"sha256:%s\"],"
                    "\"history\":[]}",
                    hex('d')));
    blob(format(BLOBS "%s", hex('2')), hex('2'));
    three_layers();
    join(true);
    assert_int_equal(json_array_size(remarks), 1);
    assert_remark(0, "reason", "damaged");
}

static void test_a_configuration_that_is_none(void **state)
{
    static const char *const readings[] = {"damaged", "too_large", "other"};
    static const char *const reasons[] = {"damaged", "limit_memory", "damaged"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        open_with("/x/app.tar", SW_MIB);
        document(format(BLOBS "%s", hex('1')),
                 format("{\"kind\":\"manifest\",\"config\":{\"digest\":\"sha256:%s\",\"media_type\""
                        ":\"application/vnd.oci.image.config.v1+json\",\"size\":1},\"layers\":[]}",
                        hex('2')));
        blob(format(BLOBS "%s", hex('1')), hex('1'));
        assert_null(
            send(SW_IMAGE_BLOB, format(BLOBS "%s", hex('2')),
                 format("{\"size\":10,\"sha256\":\"%s\",\"layer\":null,\"document\":\"%s\"}",
                        hex('2'), readings[i]),
                 NULL, 0));
        join(true);
        assert_int_equal(json_array_size(remarks), i + 1);
        assert_remark(i, "reason", reasons[i]);
        sw_images_free(images);
        images = NULL;
    }
}

static void test_nothing_is_missing(void **state)
{
    (void)state;
    /* A document alone, as sources have them for their tests. */
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
    sw_images_free(images);
    images = NULL;

    /* A store that holds one platform of two. */
    open_with("/x/app.tar", SW_MIB);
    document(
        format(BLOBS "%s", hex('3')),
        format("{\"kind\":\"index\",\"manifests\":[" NAMED "," NAMED "]}", hex('1'), hex('4')));
    blob(format(BLOBS "%s", hex('3')), hex('3'));
    manifest_of_three();
    config_of_three("linux/amd64");
    three_layers();
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
    sw_images_free(images);
    images = NULL;

    /* Something that was there, and could not be read. */
    open_with("/x/app.tar", SW_MIB);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    layer(format(BLOBS "%s", hex('b')), hex('b'), hex('e'), 1);
    sw_images_unread(images, &item, ITEM, sw_view_of(format("/x/app.tar!" BLOBS "%s", hex('c'))),
                     SW_GAP_NONE);
    join(true);
    assert_int_equal(json_array_size(remarks), 0);
}

/* An archive that is looked at again: what was said of it is said once more, or was too
 * much; what only a record has told of is still there. */
static void test_said_again(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    sw_images_unread(images, &item, ITEM, sw_view_of(format("/x/app.tar!" BLOBS "%s", hex('c'))),
                     SW_GAP_NONE);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    three_layers();
    blob(format(BLOBS "%s", hex('9')), hex('8'));
    assert_null(
        send(SW_IMAGE_DOCUMENT, "index.json", "{\"kind\":\"index\",\"manifests\":[]}", NULL, 0));
    sw_images_again(images, ITEM + 1); /* of another one */
    sw_images_again(images, ITEM);
    index_with(format("{\"digest\":\"sha256:%s\"}", hex('1')));
    manifest_of_three();
    config_of_three("linux/amd64");
    layer(format(BLOBS "%s", hex('a')), hex('a'), hex('d'), 1);
    join(true);
    /* Not that the one of a wrong digest is one, nor that the unread one is missing. */
    assert_int_equal(json_array_size(remarks), 1);
    const char *detail = json_string_value(json_object_get(json_array_get(remarks, 0), "detail"));
    assert_non_null(strstr(detail, hex('b')));
    assert_null(strstr(detail, hex('c')));
    sw_images_again(images, ITEM);
    assert_null(images->inside->next); /* what is unread is all that is left */
    assert_int_equal(images->inside->blobs->said, false);
    assert_null(images->inside->blobs->next);
}

static void test_a_circle(void **state)
{
    (void)state;
    open_with("/x/app.tar", SW_MIB);
    index_with(format(NAMED, hex('1')));
    static const char digits[] = "1231";
    for (size_t i = 0; i < 3; i++) {
        document(format(BLOBS "%s", hex(digits[i])),
                 format("{\"kind\":\"index\",\"manifests\":[" NAMED "]}", hex(digits[i + 1])));
        blob(format(BLOBS "%s", hex(digits[i])), hex(digits[i]));
    }
    join(true);
    assert_int_equal(json_array_size(remarks), 1);
    assert_remark(0, "reason", "limit_depth");
}

static void number(char out[SW_SHA256_HEX_SIZE], unsigned value)
{
    snprintf(out, SW_SHA256_HEX_SIZE, "%064u", value);
}

static void test_deep_indexes(void **state)
{
    char name[SW_SHA256_HEX_SIZE], next[SW_SHA256_HEX_SIZE];

    (void)state;
    open_with("/x/app.tar", 64 * SW_MIB);
    number(name, 1);
    index_with(format(NAMED, name));
    for (unsigned i = 1; i <= 10000; i++) {
        number(name, i);
        number(next, i + 1);
        document(format(BLOBS "%s", name),
                 format("{\"kind\":\"index\",\"manifests\":[" NAMED "," NAMED "]}", next, next));
        blob(format(BLOBS "%s", name), name);
    }
    join(true);
    assert_int_equal(json_array_size(remarks), 1);
    assert_remark(0, "reason", "limit_depth");
}

static void test_no_more_than_is_allowed(void **state)
{
    char name[SW_SHA256_HEX_SIZE];

    (void)state;
    open_with("/x/app.tar", 64 * SW_KIB);
    for (unsigned i = 1; i <= 5000; i++) {
        number(name, i);
        PATHS(format(BLOBS "%s", name), "a", "b", "c");
        layer(format(BLOBS "%s", name), name, name, 1);
        assert_true(images->used <= images->used_max);
    }
    assert_true(images->full);
    join(true);
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "{\"kind\":\"index\"}",
        "{\"kind\":\"index\",\"manifests\":{}}",
        "{\"kind\":\"index\",\"manifests\":[1]}",
        "{\"kind\":\"index\",\"manifests\":[],\"more\":1}",
        "{\"kind\":\"spiral\",\"manifests\":[]}",
        "{\"kind\":\"index\",\"kind\":\"index\",\"manifests\":[]}",
        "{\"kind\":\"index\",\"manifests\":[]",
        "{\"size\":1,\"sha256\":\"abc\",\"layer\":null}",
        "{\"size\":-1,\"sha256\":null,\"layer\":null}",
        "{\"size\":1,\"sha256\":null,\"layer\":{}}",
        "{\"size\":1,\"sha256\":null}",
    };

    (void)state;
    open_with("/x/app.tar", SW_MIB);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const enum sw_image_part part = i < 9 ? SW_IMAGE_DOCUMENT : SW_IMAGE_BLOB;
        if (send(part, "index.json", bad[i], NULL, 0) == NULL)
            fail_msg("%s is taken", bad[i]);
    }
    assert_non_null(
        send(SW_IMAGE_BLOB, "etc/passwd", "{\"size\":1,\"sha256\":null,\"layer\":null}", NULL, 0));
    assert_non_null(send(SW_IMAGE_BLOB, "a\x1b[2J/index.json",
                         "{\"size\":1,\"sha256\":null,\"layer\":null}", NULL, 0));
    const char *hops = format("{\"size\":1,\"sha256\":null,\"layer\":{\"diff_id\":null,\"media\":"
                              "\"tar\",\"hops\":9,\"entries\":0,\"complete\":true}}");
    assert_non_null(send(SW_IMAGE_BLOB, "index.json", hops, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_places, start, stop),
        cmocka_unit_test_setup_teardown(test_a_layer_tells, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_visible, start, stop),
        cmocka_unit_test_setup_teardown(test_a_whiteout_of_all, start, stop),
        cmocka_unit_test_setup_teardown(test_hard_links, start, stop),
        cmocka_unit_test_setup_teardown(test_many_hard_links, start, stop),
        cmocka_unit_test_setup_teardown(test_questions_are_counted, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing_is_kept, start, stop),
        cmocka_unit_test_setup_teardown(test_a_layer_that_is_something_else, start, stop),
        cmocka_unit_test_setup_teardown(test_names_that_are_no_paths, start, stop),
        cmocka_unit_test_setup_teardown(test_what_is_not_known, start, stop),
        cmocka_unit_test_setup_teardown(test_many_paths, start, stop),
        cmocka_unit_test_setup_teardown(test_forms_agree, start, stop),
        cmocka_unit_test_setup_teardown(test_one_image_told_twice, start, stop),
        cmocka_unit_test_setup_teardown(test_any_order, start, stop),
        cmocka_unit_test_setup_teardown(test_a_configuration, start, stop),
        cmocka_unit_test_setup_teardown(test_many_images_of_one_configuration, start, stop),
        cmocka_unit_test_setup_teardown(test_wrong_digests, start, stop),
        cmocka_unit_test_setup_teardown(test_two_of_one_name, start, stop),
        cmocka_unit_test_setup_teardown(test_counts, start, stop),
        cmocka_unit_test_setup_teardown(test_a_configuration_that_is_none, start, stop),
        cmocka_unit_test_setup_teardown(test_nothing_is_missing, start, stop),
        cmocka_unit_test_setup_teardown(test_said_again, start, stop),
        cmocka_unit_test_setup_teardown(test_a_circle, start, stop),
        cmocka_unit_test_setup_teardown(test_deep_indexes, start, stop),
        cmocka_unit_test_setup_teardown(test_no_more_than_is_allowed, start, stop),
        cmocka_unit_test_setup_teardown(test_malformed, start, stop),
    };

    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
