/* SPDX-License-Identifier: Apache-2.0 */
/* Stores of container engines: names, what their files say, and whose a directory is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "engine/image/store.h"
#include "supervisor/image_store.h"
#include "sweeper/digest.h"
#include "sweeper/image.h"
#include "sweeper/store.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C64 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define U64 "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void assert_view(struct sw_view have, const char *want)
{
    assert_int_equal(have.size, strlen(want));
    assert_true(have.size == 0 || memcmp(have.data, want, have.size) == 0);
}

/* --- names ------------------------------------------------------------------------ */

static void names_of_its_own_files(void **state)
{
    static const struct {
        const char *path;
        enum sw_store_part part;
        size_t scope;
        const char *driver, *id;
    } rows[] = {
        {"/d/image/overlay2/repositories.json", SW_STORE_REPOSITORIES, 3, "overlay2", ""},
        {"image/vfs/repositories.json", SW_STORE_REPOSITORIES, 0, "vfs", ""},
        {"/image/vfs/repositories.json", SW_STORE_REPOSITORIES, 1, "vfs", ""},
        {"/d/image/overlay2/imagedb/content/sha256/" A64, SW_STORE_IMAGE, 3, "overlay2", A64},
        {"/d/image/overlay2/imagedb/content/sha256/" U64, SW_STORE_NONE, 0, "", ""},
        {"/d/image/overlay2/imagedb/metadata/sha256/" A64, SW_STORE_NONE, 0, "", ""},
        {"/d/image/overlay2/layerdb/sha256/" A64 "/cache-id", SW_STORE_CACHE_ID, 3, "overlay2",
         A64},
        {"/d/image/overlay2/layerdb/sha256/" A64 "0/cache-id", SW_STORE_NONE, 0, "", ""},
        {"/d/image/overlay2/layerdb/mounts/" A64 "/mount-id", SW_STORE_MOUNT_ID, 3, "overlay2",
         A64},
        {"/d/image/overlay2/layerdb/mounts/" A64 "/init-id", SW_STORE_NONE, 0, "", ""},
        {"/d/containers/" A64 "/config.v2.json", SW_STORE_CONTAINER, 3, "", A64},
        {"/d/containers/x/config.v2.json", SW_STORE_NONE, 0, "", ""},
        {"/s/overlay-layers/layers.json", SW_STORE_LAYERS, 3, "overlay", ""},
        {"/s/overlay-layers/volatile-layers.json", SW_STORE_LAYERS, 3, "overlay", ""},
        {"vfs-images/images.json", SW_STORE_IMAGES, 0, "vfs", ""},
        {"./vfs-containers/containers.json", SW_STORE_CONTAINERS, 2, "vfs", ""},
        {"/s/-layers/layers.json", SW_STORE_NONE, 0, "", ""},
        {"/s/overlay-images/layers.json", SW_STORE_NONE, 0, "", ""},
        {"/s/layers.json", SW_STORE_NONE, 0, "", ""},
        {"layers.json", SW_STORE_NONE, 0, "", ""},
        {"/", SW_STORE_NONE, 0, "", ""},
        {"", SW_STORE_NONE, 0, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sw_store_name name = sw_store_name_of(sw_view_of(rows[i].path));
        assert_int_equal(name.part, rows[i].part);
        assert_int_equal(name.scope, rows[i].scope);
        assert_view(name.driver, rows[i].driver);
        assert_view(name.id, rows[i].id);
    }
}

static void names_of_directories(void **state)
{
    static const struct {
        const char *path;
        bool good;
        enum sw_store_tool tool;
        size_t scope;
        const char *id, *part;
    } rows[] = {
        {"/d/overlay2/" A64 "/diff/x", true, SW_STORE_OF_DOCKER, 3, A64, "diff"},
        {"overlay2/" A64 "/merged/x/y", true, SW_STORE_OF_DOCKER, 0, A64, "merged"},
        {"/d/overlay2/" A64 "-init/work/x", true, SW_STORE_OF_DOCKER, 3, A64 "-init", "work"},
        {"/d/overlay2/0123456789abcdefghijklmno/diff/x", true, SW_STORE_OF_DOCKER, 3,
         "0123456789abcdefghijklmno", "diff"},
        {"/d/overlay2/0123456789abcdefghijklmn/diff/x", false, 0, 0, "", ""},
        {"/d/overlay2/" A64 "/link", false, 0, 0, "", ""},
        {"/d/overlay2/" A64 "/diff", false, 0, 0, "", ""},
        {"/d/overlay2/l/ABC/x", false, 0, 0, "", ""},
        {"/s/overlay/" A64 "/diff/x", true, SW_STORE_OF_CONTAINERS, 3, A64, "diff"},
        {"/s/overlay/" A64 "-init/diff/x", false, 0, 0, "", ""},
        {"/s/my-overlay/" A64 "/diff/x", false, 0, 0, "", ""},
        {"/s/vfs/dir/" A64 "/x", true, SW_STORE_OF_EITHER, 3, A64, ""},
        {"/s/vfs/dirs/" A64 "/x", false, 0, 0, "", ""},
        {"/c/io.containerd.snapshotter.v1.overlayfs/snapshots/12/fs/x", true,
         SW_STORE_OF_CONTAINERD, 3, "12", "fs"},
        {"/c/io.containerd.snapshotter.v1.native/snapshots/7/bin/x", true, SW_STORE_OF_CONTAINERD,
         3, "7", ""},
        {"/c/io.containerd.snapshotter.v1.native/snapshots/7x/bin/x", false, 0, 0, "", ""},
        {"/c/io.containerd.snapshotter.v1./snapshots/7/x", false, 0, 0, "", ""},
        /* The outermost one. */
        {"/overlay/x/overlay/" A64 "/diff/vfs/dir/" B64 "/x", true, SW_STORE_OF_CONTAINERS, 11, A64,
         "diff"},
        {"overlay/", false, 0, 0, "", ""},
        {"//", false, 0, 0, "", ""},
        {"", false, 0, 0, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_store_layer layer = {0};
        assert_int_equal(sw_store_layer_of(sw_view_of(rows[i].path), &layer), rows[i].good);
        if (!rows[i].good)
            continue;
        assert_int_equal(layer.tool, rows[i].tool);
        assert_int_equal(layer.scope, rows[i].scope);
        assert_view(layer.id, rows[i].id);
        assert_view(layer.part, rows[i].part);
    }
}

/* --- what the engine says ---------------------------------------------------------- */

static void says(enum sw_store_part part, const char *text, const char *want)
{
    /* Where nothing may be read behind the end. */
    const size_t size = strlen(text);
    uint8_t *copy = malloc(size + 1);
    struct sw_buf json;

    assert_non_null(copy);
    copy = realloc(copy, size == 0 ? 1 : size);
    memcpy(copy, text, size);
    sw_buf_init(&json, SW_IMAGE_DOCUMENT_MAX);
    const bool good = sw_image_store((struct sw_view){copy, size}, part, &json);
    assert_int_equal(good, want != NULL);
    assert_view(sw_buf_view(&json), want == NULL ? "" : want);
    sw_buf_done(&json);
    free(copy);
}

#define ROW(id, layer, image, reference, names, layers)                                            \
    "{\"id\":" id ",\"layer\":" layer ",\"image\":" image ",\"reference\":" reference              \
    ",\"names\":[" names "],\"layers\":[" layers "]}"
#define ROWS(rows) "{\"rows\":[" rows "],\"cut\":false}"

static void documents(void **state)
{
    (void)state;
    says(SW_STORE_REPOSITORIES,
         "{\"Repositories\":{\"a\":{\"a:1\":\"sha256:x\",\"a:2\":7},\"b\":5}}",
         ROWS(ROW("\"sha256:x\"", "null", "null", "null", "\"a:1\"", "")));
    says(SW_STORE_REPOSITORIES, "{}", NULL);
    says(SW_STORE_IMAGE, "{\"rootfs\":{\"diff_ids\":[\"sha256:a\",1]}}",
         ROWS(ROW("\"sha256:a\"", "null", "null", "null", "", "") "," ROW("null", "null", "null",
                                                                          "null", "", "")));
    says(SW_STORE_IMAGE, "{\"rootfs\":[]}", NULL);
    says(SW_STORE_CONTAINER,
         "{\"ID\":\"i\",\"Name\":\"/n\",\"Image\":\"sha256:m\",\"Config\":{\"Image\":\"r\"}}",
         ROWS(ROW("\"i\"", "null", "\"sha256:m\"", "\"r\"", "\"n\"", "")));
    says(SW_STORE_CONTAINER, "{\"Name\":\"/n\"}", NULL);
    says(SW_STORE_LAYERS, " [{\"id\":\"a\",\"parent\":\"b\"},{\"id\":3},7,[]]\n",
         ROWS(ROW("\"a\"", "\"b\"", "null", "null", "", "")));
    says(SW_STORE_LAYERS, "[]", ROWS(""));
    says(SW_STORE_LAYERS, "{}", NULL);
    says(SW_STORE_LAYERS, "[{\"id\":\"a\"", NULL);
    says(SW_STORE_LAYERS, "", NULL);
    says(SW_STORE_IMAGES,
         "[{\"id\":\"a\",\"layer\":\"l\",\"names\":[\"x\",1,\"y\"],\"mapped-layers\":[\"m\"]}]",
         ROWS(ROW("\"a\"", "\"l\"", "null", "null", "\"x\",\"y\"", "\"m\"")));
    says(SW_STORE_CONTAINERS, "[{\"id\":\"a\",\"layer\":\"l\",\"image\":\"i\",\"names\":[\"x\"]}]",
         ROWS(ROW("\"a\"", "\"l\"", "\"i\"", "null", "\"x\"", "")));
    says(SW_STORE_CACHE_ID, "abc-init\n",
         ROWS(ROW("\"abc-init\"", "null", "null", "null", "", "")));
    says(SW_STORE_MOUNT_ID, "a\"b", NULL);
    says(SW_STORE_MOUNT_ID, "", NULL);
    says(SW_STORE_NONE, "{}", NULL);
}

/* --- whose it is --------------------------------------------------------------------- */

static struct sw_stores *stores;

static int start(void **state)
{
    (void)state;
    stores = sw_stores_new(1 << 20);
    return stores == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    sw_stores_free(stores);
    stores = NULL;
    return 0;
}

/* As the engine would read it. */
static void take(const char *locator, const char *text)
{
    const char *last = strrchr(locator, '!');
    const struct sw_view path = sw_view_of(last == NULL ? locator : last + 1);
    struct sw_buf json;
    bool failed = false;

    sw_buf_init(&json, SW_IMAGE_DOCUMENT_MAX);
    assert_true(sw_image_store(sw_view_of(text), sw_store_name_of(path).part, &json));
    assert_null(sw_stores_take(stores, sw_view_of(locator), sw_buf_view(&json), &failed));
    assert_false(failed);
    sw_buf_done(&json);
}

/* A record of a file, and of one member for each ! in the locator; the store on a hop. */
static json_t *told(const char *locator, size_t hop)
{
    json_t *chain = json_array();
    const char *rest = locator;

    for (; rest != NULL; rest = strchr(rest, '!'), rest = rest == NULL ? NULL : rest + 1)
        json_array_append_new(chain, json_object());
    json_t *record = json_pack("{s:s, s:o}", "locator", locator, "chain", chain);
    assert_true(sw_stores_tell(stores, record));
    json_t *store = json_incref(json_object_get(json_array_get(chain, hop), "store"));
    json_decref(record);
    return store;
}

static void assert_told(const char *locator, size_t hop, const char *want)
{
    json_t *have = told(locator, hop);
    json_t *wanted = want != NULL ? json_loads(want, 0, NULL) : NULL;

    assert_true(want == NULL || wanted != NULL);
    if (have == NULL || wanted == NULL)
        assert_ptr_equal(have, wanted);
    else if (!json_equal(have, wanted)) {
        char *text = json_dumps(have, JSON_INDENT(1));
        print_error("%s\n", text);
        free(text);
        fail();
    }
    json_decref(have);
    json_decref(wanted);
}

static void storage_from_above(void **state)
{
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        take("/s/overlay-containers/containers.json",
             "[{\"id\":\"c1\",\"layer\":\"" C64 "\",\"image\":\"i1\",\"names\":[\"web\"]}]");
        take("/s/overlay-images/images.json",
             "[{\"id\":\"i1\",\"layer\":\"" B64 "\",\"mapped-layers\":[\"" B64
             "\"],\"names\":[\"app:1\"]}]");
        take("/s/overlay-layers/layers.json",
             "[{\"id\":\"" B64 "\",\"parent\":\"" A64 "\"},{\"id\":\"" A64 "\"}]");
        take("/s/overlay-layers/volatile-layers.json",
             "[{\"id\":\"" C64 "\",\"parent\":\"" B64 "\"}]");
    }
    const char *lower = "{\"tool\":\"containers\",\"layer\":\"" A64
                        "\",\"images\":[{\"id\":\"i1\",\"references\":[\"app:1\"]}],"
                        "\"image_count\":1,\"containers\":[{\"id\":\"c1\",\"names\":[\"web\"],"
                        "\"image\":\"i1\",\"reference\":null,\"writable\":false}],"
                        "\"container_count\":1}";
    assert_told("/s/overlay/" A64 "/diff/x", 0, lower);
    assert_told("/s/overlay/" A64 "/diff/x.zip!y", 0, lower);
    assert_told("/s/overlay/" C64 "/merged/x", 0,
                "{\"tool\":\"containers\",\"layer\":\"" C64
                "\",\"images\":[],\"image_count\":0,\"containers\":[{\"id\":\"c1\",\"names\":"
                "[\"web\"],\"image\":\"i1\",\"reference\":null,\"writable\":true}],"
                "\"container_count\":1}");
    /* Another store, another driver, no store. */
    assert_told("/t/overlay/" A64 "/diff/x", 0, "{\"tool\":\"containers\",\"layer\":\"" A64 "\"}");
    assert_told("/s/vfs/dir/" A64 "/x", 0, "{\"tool\":null,\"layer\":\"" A64 "\"}");
    assert_told("/s/overlay-layers/layers.json", 0, NULL);
}

static void docker_by_chain_ids(void **state)
{
    char chain[SW_SHA256_HEX_SIZE], path[256];
    const char *text = "sha256:" A64 " sha256:" B64;

    (void)state;
    assert_int_equal(sw_digest_of(text, strlen(text), chain), SW_OK);
    snprintf(path, sizeof(path), "/h.tar!d/image/overlay2/layerdb/sha256/%s/cache-id", chain);
    take(path, C64);
    take("/h.tar!d/image/overlay2/layerdb/sha256/" A64 "/cache-id", B64);
    take("/h.tar!d/image/overlay2/repositories.json",
         "{\"Repositories\":{\"app\":{\"app:1\":\"sha256:" C64 "\"}}}");
    take("/h.tar!d/image/overlay2/imagedb/content/sha256/" C64,
         "{\"rootfs\":{\"diff_ids\":[\"sha256:" A64 "\",\"sha256:" B64 "\"]}}");
    take("/h.tar!d/image/overlay2/layerdb/mounts/" A64 "/mount-id", A64);
#define APP                                                                                        \
    "\"images\":[{\"id\":\"" C64 "\",\"references\":[\"app:1\"]}],\"image_count\":1,"              \
    "\"containers\":[],\"container_count\":0}"
    assert_told("/h.tar!d/overlay2/" C64 "/diff/x", 1,
                "{\"tool\":\"docker\",\"layer\":\"" C64 "\"," APP);
    assert_told("/h.tar!d/overlay2/" B64 "/diff/x", 1,
                "{\"tool\":\"docker\",\"layer\":\"" B64 "\"," APP);
    /* A container without its configuration. */
    assert_told("/h.tar!d/overlay2/" A64 "-init/diff/x", 1,
                "{\"tool\":\"docker\",\"layer\":\"" A64
                "-init\",\"images\":[],\"image_count\":0,\"containers\":[{\"id\":\"" A64
                "\",\"names\":[],\"image\":null,\"reference\":null,\"writable\":true}],"
                "\"container_count\":1}");
    assert_told("/h.tar!e/overlay2/" C64 "/diff/x", 1,
                "{\"tool\":\"docker\",\"layer\":\"" C64 "\"}");
}

static void what_is_no_message(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"rows\":[],\"cut\":1}",
        "{\"rows\":[],\"cut\":false,\"more\":1}",
        "{\"rows\":[{}],\"cut\":false}",
        "{\"rows\":[{\"id\":1,\"layer\":null,\"image\":null,\"reference\":null,\"names\":[],"
        "\"layers\":[]}],\"cut\":false}",
    };
    bool failed = false;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(sw_stores_take(stores, SW_VIEW("/s/overlay-layers/layers.json"),
                                       sw_view_of(bad[i]), &failed));
    assert_non_null(sw_stores_take(stores, SW_VIEW("/s/x.json"),
                                   SW_VIEW("{\"rows\":[],\"cut\":false}"), &failed));
    assert_false(failed);
    assert_false(sw_stores_are_full(stores));
}

static void no_more_than_allowed(void **state)
{
    char path[64];

    (void)state;
    for (int i = 0; i < 5000 && !sw_stores_are_full(stores); i++) {
        snprintf(path, sizeof(path), "/%d/overlay-layers/layers.json", i % 200);
        char text[64];
        snprintf(text, sizeof(text), "[{\"id\":\"%d\"}]", i);
        take(path, text);
    }
    assert_true(sw_stores_are_full(stores));
    assert_told("/1/overlay/" A64 "/diff/x", 0, "{\"tool\":\"containers\",\"layer\":\"" A64 "\"}");
}

static void what_is_looked_at_again_is_forgotten(void **state)
{
    static const char *const places[] = {"/a.tar!s/", "/a.tar!x.tar!s/", "/a.tar.gz!s/", "/s/"};
    char path[64], layer[160];
    bool known;

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%soverlay-layers/layers.json", places[i]);
        take(path, "[{\"id\":\"" A64 "\"}]");
        snprintf(path, sizeof(path), "%soverlay-images/images.json", places[i]);
        take(path, "[{\"id\":\"i\",\"layer\":\"" A64 "\"}]");
    }
    sw_stores_again(stores, SW_VIEW("/a.tar"));
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(layer, sizeof(layer), "%soverlay/" A64 "/diff/x", places[i]);
        json_t *store = told(layer, i == 0 || i == 2 ? 1 : (i == 1 ? 2 : 0));
        known = json_object_get(store, "images") != NULL;
        json_decref(store);
        assert_true(known == (i >= 2));
    }
}

static void room_is_given_back(void **state)
{
    char path[64], text[64];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 900; i++) {
            snprintf(path, sizeof(path), "/a.tar!%d/overlay-layers/layers.json", i % 200);
            snprintf(text, sizeof(text), "[{\"id\":\"%d\"}]", i);
            take(path, text);
        }
        assert_false(sw_stores_are_full(stores));
        sw_stores_again(stores, SW_VIEW("/a.tar"));
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(text, sizeof(text), "[{\"id\":\"%d\"}]", i);
        take("/a.tar!overlay-layers/layers.json", text);
    }
    assert_true(sw_stores_are_full(stores));
    sw_stores_again(stores, SW_VIEW("/a.tar"));
    assert_false(sw_stores_are_full(stores));
}

static void circles_end(void **state)
{
    (void)state;
    take("/s/vfs-layers/layers.json", "[{\"id\":\"" A64 "\",\"parent\":\"" B64 "\"},{\"id\":\"" B64
                                      "\",\"parent\":\"" A64 "\"}]");
    take("/s/vfs-images/images.json", "[{\"id\":\"i\",\"layer\":\"" A64 "\"}]");
    assert_told("/s/vfs/dir/" B64 "/x", 0,
                "{\"tool\":\"containers\",\"layer\":\"" B64
                "\",\"images\":[{\"id\":\"i\",\"references\":[]}],\"image_count\":1,"
                "\"containers\":[],\"container_count\":0}");
    assert_false(sw_stores_are_full(stores));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_its_own_files),
        cmocka_unit_test(names_of_directories),
        cmocka_unit_test(documents),
        cmocka_unit_test_setup_teardown(storage_from_above, start, stop),
        cmocka_unit_test_setup_teardown(docker_by_chain_ids, start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_message, start, stop),
        cmocka_unit_test_setup_teardown(no_more_than_allowed, start, stop),
        cmocka_unit_test_setup_teardown(circles_end, start, stop),
        cmocka_unit_test_setup_teardown(what_is_looked_at_again_is_forgotten, start, stop),
        cmocka_unit_test_setup_teardown(room_is_given_back, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
