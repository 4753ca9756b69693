/* SPDX-License-Identifier: Apache-2.0 */
/* test_image_parts.c - what is told of an object that may be a part of an image. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/view.h"
#include "engine/desk.h"
#include "engine/source/sources.h"
#include "sweeper/image.h"
#include "sweeper/store.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { ITEM = 77, MESSAGES_MAX = 16 };

/* One worker's desk, and the supervisor's end of the wire. */
struct kit {
    struct engine engine;
    struct desk desk;
    struct sw_slot slot;
    struct sw_wire_in in;
    int there;
    struct sw_message messages[MESSAGES_MAX];
    struct sw_image_message parts[MESSAGES_MAX];
    size_t count;
};

static int open_kit(void **state)
{
    struct kit *kit = calloc(1, sizeof(*kit));
    static const uint64_t key[2] = {1, 2};
    struct sw_error error;
    int ends[2];

    if (kit == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    /* A reporter has only one place to write to. */
    kit->there = fcntl(ends[1], F_DUPFD_CLOEXEC, 100);
    close(ends[1]);
    if (ends[0] != SW_WIRE_FD) {
        dup2(ends[0], SW_WIRE_FD);
        close(ends[0]);
    }
    kit->desk.engine = &kit->engine;
    kit->desk.slot = &kit->slot;
    kit->desk.chunk = malloc(DIGEST_CHUNK);
    reporter_init(&kit->desk.reporter, 1, key);
    reporter_begin(&kit->desk.reporter, ITEM);
    *state = kit;
    return sw_memory_budget_init(&kit->engine.budget, 64 * SW_MIB, &error) == SW_OK &&
                   sw_digest_new(&kit->desk.digests[SW_DIGEST_SHA256]) == SW_OK &&
                   sw_wire_in_init(&kit->in, kit->there, &error) == SW_OK
               ? 0
               : -1;
}

static void forget(struct kit *kit)
{
    for (size_t i = 0; i < kit->count; i++)
        sw_message_done(&kit->messages[i]);
    kit->count = 0;
}

static int close_kit(void **state)
{
    struct kit *kit = *state;

    forget(kit);
    sw_wire_in_done(&kit->in);
    close(kit->there);
    close(SW_WIRE_FD);
    sw_digest_free(kit->desk.digests[SW_DIGEST_SHA256]);
    reporter_done(&kit->desk.reporter);
    sw_memory_budget_done(&kit->engine.budget);
    free(kit->desk.chunk);
    free(kit);
    return 0;
}

/* All that was told since the last time. */
static void receive(struct kit *kit)
{
    enum sw_status status = SW_OK;
    struct sw_error error;

    forget(kit);
    while (status == SW_OK) {
        struct sw_message *message = &kit->messages[kit->count];
        assert_true(kit->count < MESSAGES_MAX);
        sw_message_init(message);
        do
            status = sw_wire_receive(&kit->in, false, message, &error);
        while (status == SW_PART && kit->in.partial[1] != NULL);
        if (status != SW_OK)
            break;
        assert_int_equal(message->type, SW_MESSAGE_IMAGE);
        assert_int_equal(
            sw_image_message_decode(sw_buf_view(&message->body), &kit->parts[kit->count]), SW_OK);
        assert_int_equal(kit->parts[kit->count].item, ITEM);
        kit->count++;
    }
    assert_int_equal(status, SW_PART);
}

static void expect_blob(struct kit *kit, size_t at, const char *place, const char *json)
{
    assert_true(at < kit->count);
    assert_int_equal(kit->parts[at].part, SW_IMAGE_BLOB);
    assert_string_equal((const char *)kit->parts[at].place.data, place);
    assert_string_equal((const char *)kit->parts[at].json.data, json);
}

struct part {
    struct sw_blob blob;
    struct sw_facts facts;
    struct object object;
};

/* As it is after the scan. */
static void set_part(struct kit *kit, struct part *part, const char *name, struct object *parent,
                     struct sw_view content)
{
    *part = (struct part){.blob = sw_blob_of_bytes(content.data, content.size)};
    part->object = (struct object){.desk = &kit->desk,
                                   .parent = parent,
                                   .blob = &part->blob,
                                   .scan_head = content,
                                   .label = {.path = name, .owner = ""}};
    if (parent != NULL)
        part->object.hop =
            (struct hop){.kind = "tar", .name = sw_view_of(name), .facts = &part->facts};
}

static void digest_of(struct sw_view content, char hex[SW_SHA256_HEX_SIZE])
{
    assert_int_equal(sw_digest_of(content.data, content.size, hex), SW_OK);
}

static const struct sw_member members[] = {
    {.kind = SW_MEMBER_DIRECTORY, .name = {(const uint8_t *)"./etc/", 6}},
    {.kind = SW_MEMBER_FILE, .name = {(const uint8_t *)"etc/.wh.a", 9}},
    {.kind = SW_MEMBER_LINK,
     .name = {(const uint8_t *)"etc/b", 5},
     .target = {(const uint8_t *)"etc/a", 5}},
    {.kind = SW_MEMBER_FILE, .name = {(const uint8_t *)"x/.wh..wh..opq", 14}},
};

static void expect_members(const struct sw_image_message *part)
{
    const uint64_t wanted[] = {sw_image_path(SW_VIEW("etc"), SW_IMAGE_ENTRY_DIRECTORY),
                               sw_image_path(SW_VIEW("etc/a"), SW_IMAGE_ENTRY_WHITEOUT),
                               sw_image_path(SW_VIEW("etc/b"), SW_IMAGE_ENTRY_OTHER),
                               sw_image_path(SW_VIEW("x"), SW_IMAGE_ENTRY_OPAQUE)};

    assert_int_equal(part->part, SW_IMAGE_PATHS);
    assert_int_equal(part->path_count, 4);
    assert_memory_equal(part->paths, wanted, sizeof(wanted)); /* on a machine like ours */
}

static void list_members(struct image *layer)
{
    assert_non_null(layer);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        assert_int_equal(image_member(layer, &members[i]), SW_OK);
}

static void test_plain_layer(void **state)
{
    struct kit *kit = *state;
    char hex[SW_SHA256_HEX_SIZE], json[512];
    struct part part;

    set_part(kit, &part, "/i/blobs/sha256/" HEX, NULL, SW_VIEW("a tar"));
    image_begin(&part.object);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    assert_null(image_stream(&part.object, &sw_source_tar));
    list_members(image_tar(&part.object, &sw_source_tar));
    assert_null(image_tar(&part.object, &sw_source_tar)); /* not twice */
    assert_int_equal(image_end(&part.object, true), SW_OK);
    assert_null(part.object.image);
    receive(kit);
    assert_int_equal(kit->count, 2);
    expect_members(&kit->parts[0]);
    digest_of(SW_VIEW("a tar"), hex);
    snprintf(json, sizeof(json),
             "{\"size\":5,\"sha256\":\"%s\",\"layer\":{\"diff_id\":\"%s\",\"media\":\"tar\","
             "\"hops\":0,\"entries\":4,\"complete\":true},\"document\":null}",
             hex, hex);
    expect_blob(kit, 1, "", json);
    assert_int_equal(image_end(&part.object, true), SW_OK); /* nothing is told twice */
    receive(kit);
    assert_int_equal(kit->count, 0);
}

static void try_store(struct kit *kit, const char *name, struct sw_view content, bool whole,
                      const char *id)
{
    struct part part;

    set_part(kit, &part, name, NULL, content);
    image_begin(&part.object);
    assert_non_null(part.object.image);
    assert_int_equal(image_document(&part.object, whole), SW_OK);
    assert_null(image_stream(&part.object, &sw_source_tar));
    assert_int_equal(image_end(&part.object, true), SW_OK);
    receive(kit);
    assert_int_equal(kit->count, id == NULL ? 0 : 1);
    if (id == NULL)
        return;
    assert_int_equal(kit->parts[0].part, SW_IMAGE_STORE);
    assert_int_equal(kit->parts[0].place.size, 0);
    json_t *said = json_loads((const char *)kit->parts[0].json.data, 0, NULL);
    const json_t *row = json_array_get(json_object_get(said, "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "id")), id);
    json_decref(said);
}

static void test_stores(void **state)
{
    struct kit *kit = *state;
    const char *cache_id = "/d/image/overlay2/layerdb/sha256/" HEX "/cache-id";
    const char *layers = "/s/overlay-layers/layers.json";
    uint8_t word[SW_STORE_WORD_MAX + 1];

    memset(word, 'a', sizeof(word));
    try_store(kit, cache_id, SW_VIEW(HEX), true, HEX);
    try_store(kit, cache_id, SW_VIEW(HEX), false, NULL); /* there is more of it */
    try_store(kit, cache_id, SW_VIEW(""), true, NULL);
    try_store(kit, cache_id, (struct sw_view){word, sizeof(word)}, true, NULL);
    try_store(kit, layers, SW_VIEW("[{\"id\":\"a\"}]"), true, "a");
    try_store(kit, layers, SW_VIEW("[{\"id\":\"a\"}"), true, NULL);
    try_store(kit, layers, SW_VIEW("no JSON"), true, NULL);
}

/* What goes wrong with a compressed layer. */
enum trouble { NONE, HOLE, DAMAGE, NO_END, LOST, BROKEN_TAIL, TROUBLE_COUNT };

static void flow(struct image *stream, enum trouble trouble)
{
    const struct sw_piece first = {(const uint8_t *)"one ", 4, 0};
    const struct sw_piece second = {(const uint8_t *)"two", 3, trouble == HOLE ? 5 : 4};

    assert_non_null(stream);
    image_piece(stream, &first);
    if (trouble == DAMAGE)
        image_ends(stream, SW_PART);
    image_piece(stream, &second);
    if (trouble == BROKEN_TAIL)
        image_ends(stream, SW_DEAD);
    if (trouble != NO_END)
        image_ends(stream, SW_END);
    if (trouble != NO_END)
        image_ends(stream, SW_END); /* asked once more */
}

static void test_compressed_layers(void **state)
{
    struct kit *kit = *state;
    char hex[SW_SHA256_HEX_SIZE], tar[SW_SHA256_HEX_SIZE], json[512];
    struct part part, content;

    digest_of(SW_VIEW("packed"), hex);
    digest_of(SW_VIEW("one two"), tar);
    for (enum trouble trouble = NONE; trouble < TROUBLE_COUNT; trouble++) {
        set_part(kit, &part, HEX ".tar.gz", NULL, SW_VIEW("packed"));
        image_begin(&part.object);
        assert_int_equal(image_document(&part.object, true), SW_OK);
        struct image *stream = image_stream(&part.object, &sw_source_gzip);
        assert_null(image_tar(&part.object, &sw_source_gzip));
        assert_null(image_stream(&part.object, &sw_source_zstd)); /* not two at once */
        set_part(kit, &content, HEX ".tar", &part.object, SW_VIEW("one two"));
        content.object.hop.stream = true;
        content.object.hop.kind = "gzip";
        image_begin(&content.object);
        assert_null(content.object.image); /* it is no part by itself */
        struct image *layer = image_tar(&content.object, &sw_source_tar);
        list_members(layer);
        if (trouble == LOST)
            image_lost(layer);
        flow(stream, trouble);
        assert_int_equal(image_end(&part.object, true), SW_OK);
        receive(kit);
        assert_int_equal(kit->count, 2);
        expect_members(&kit->parts[0]);
        const bool whole = trouble == NONE || trouble == LOST;
        snprintf(json, sizeof(json),
                 "{\"size\":6,\"sha256\":\"%s\",\"layer\":{\"diff_id\":%s%s%s,\"media\":"
                 "\"tar+gzip\",\"hops\":1,\"entries\":4,\"complete\":%s},\"document\":null}",
                 hex, whole ? "\"" : "", whole ? tar : "null", whole ? "\"" : "",
                 trouble == NONE ? "true" : "false");
        expect_blob(kit, 1, "", json);
    }
}

static void test_what_is_no_part(void **state)
{
    struct kit *kit = *state;
    struct part part, folder;

    set_part(kit, &part, "/etc/passwd", NULL, SW_VIEW("x"));
    image_begin(&part.object);
    assert_null(part.object.image);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    assert_null(image_stream(&part.object, &sw_source_gzip));
    assert_null(image_tar(&part.object, &sw_source_tar));
    assert_int_equal(image_end(&part.object, true), SW_OK);
    /* A member is what its own name says, and not the path that it makes. */
    set_part(kit, &folder, "/a/" HEX, NULL, SW_VIEW("x"));
    set_part(kit, &part, "layer.tar", &folder.object, SW_VIEW("x"));
    part.object.label.path = "/a/" HEX "/layer.tar";
    image_begin(&part.object);
    assert_null(part.object.image);
    /* A text that was decoded lends its name to what was found in it. */
    set_part(kit, &part, "manifest.json", &folder.object, SW_VIEW("x"));
    part.object.hop.encoding = "base64";
    image_begin(&part.object);
    assert_null(part.object.image);
    receive(kit);
    assert_int_equal(kit->count, 0);
}

static size_t told_of(struct kit *kit, const char *name, struct sw_view content, bool told)
{
    struct part part;

    set_part(kit, &part, name, NULL, content);
    image_begin(&part.object);
    assert_non_null(part.object.image);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    assert_null(strcmp(name, "index.json") == 0 ? image_stream(&part.object, &sw_source_gzip)
                                                : NULL);
    assert_int_equal(image_end(&part.object, told), SW_OK);
    receive(kit);
    return kit->count;
}

static void test_documents(void **state)
{
    struct kit *kit = *state;
    char hex[SW_SHA256_HEX_SIZE], json[512];
    const struct sw_view layout = SW_VIEW("{\"imageLayoutVersion\":\"1.0.0\"}");
    struct part part;

    assert_int_equal(told_of(kit, "/x/oci-layout", layout, true), 2);
    assert_int_equal(kit->parts[0].part, SW_IMAGE_DOCUMENT);
    digest_of(layout, hex);
    snprintf(json, sizeof(json),
             "{\"size\":30,\"sha256\":\"%s\",\"layer\":null,\"document\":\"layout\"}", hex);
    expect_blob(kit, 1, "", json);
    assert_int_equal(told_of(kit, "/x/oci-layout", layout, false), 0);
    /* Many files have such names. */
    assert_int_equal(told_of(kit, "manifest.json", SW_VIEW("{\"name\":\"x\"}"), true), 0);
    assert_int_equal(told_of(kit, "index.json", SW_VIEW("\x1f\x8b"), true), 0);
    assert_int_equal(told_of(kit, "index.json", SW_VIEW("{\"a\":"), true), 1);
    assert_non_null(strstr((const char *)kit->parts[0].json.data, "\"document\":\"damaged\""));
    assert_int_equal(told_of(kit, HEX ".json", SW_VIEW("{\"name\":\"x\"}"), true), 1);
    assert_non_null(strstr((const char *)kit->parts[0].json.data, "\"document\":\"other\""));
    /* The text was decoded meanwhile, and the scan's copy of it is gone. */
    set_part(kit, &part, "/x/oci-layout", NULL, layout);
    part.object.scan_head = (struct sw_view){0};
    image_begin(&part.object);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    assert_int_equal(image_end(&part.object, true), SW_OK);
    receive(kit);
    assert_int_equal(kit->count, 2);
}

static void test_large_documents(void **state)
{
    struct kit *kit = *state;
    const size_t size = ((size_t)16 << 20) + 1;
    uint8_t *bytes = malloc(size);

    assert_non_null(bytes);
    memset(bytes, ' ', size);
    bytes[0] = '{';
    bytes[size - 2] = '}';
    assert_int_equal(told_of(kit, HEX ".json", (struct sw_view){bytes, size - 1}, true), 1);
    assert_non_null(strstr((const char *)kit->parts[0].json.data, "\"document\":\"other\""));
    assert_int_equal(told_of(kit, HEX ".json", (struct sw_view){bytes, size}, true), 1);
    assert_non_null(strstr((const char *)kit->parts[0].json.data, "\"document\":\"too_large\""));
    free(bytes);
}

static void expect_link(struct sw_cursor *links, const char *target, struct sw_view name)
{
    uint64_t number = 0;
    struct sw_view got;

    assert_true(sw_image_link_next(links, &number, &got));
    assert_true(number == sw_image_path(sw_view_of(target), SW_IMAGE_ENTRY_OTHER));
    assert_true(sw_view_equal(got, name));
}

/* Hard links are told with their names; not symbolic ones, not whiteouts. */
static void test_hard_links(void **state)
{
    struct kit *kit = *state;
    char long_name[3000];
    struct part part;
    size_t count = 0, messages = 0;

    memset(long_name, 'n', sizeof(long_name));
    set_part(kit, &part, HEX ".tar", NULL, SW_VIEW("x"));
    image_begin(&part.object);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    struct image *layer = image_tar(&part.object, &sw_source_tar);
    list_members(layer); /* with a symbolic one */
    struct sw_member link = {
        .kind = SW_MEMBER_LINK, .hard = true, .name = SW_VIEW("b"), .target = SW_VIEW("./usr//a")};
    assert_int_equal(image_member(layer, &link), SW_OK);
    link.name = SW_VIEW(".wh.b");
    assert_int_equal(image_member(layer, &link), SW_OK);
    link.name = (struct sw_view){(const uint8_t *)long_name, sizeof(long_name)};
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(image_member(layer, &link), SW_OK);
    assert_int_equal(image_end(&part.object, true), SW_OK);
    receive(kit);
    for (size_t i = 0; i < kit->count; i++) {
        if (kit->parts[i].part != SW_IMAGE_LINKS)
            continue;
        struct sw_cursor links = sw_cursor_of(kit->parts[i].links);
        if (messages++ == 0)
            expect_link(&links, "usr/a", SW_VIEW("b"));
        for (; !sw_cursor_at_end(&links); count++)
            expect_link(&links, "usr/a", link.name);
    }
    assert_int_equal(messages, 3);
    assert_int_equal(count, 50);
    assert_non_null(strstr((const char *)kit->parts[kit->count - 1].json.data,
                           "\"entries\":56,\"complete\":true"));
}

/* A tar of nothing is told by no format. */
static void test_empty_layers(void **state)
{
    static const uint8_t zeros[10240], other[1024] = {[1023] = 1};
    static const struct {
        const char *name;
        struct sw_view content;
        bool layer;
    } rows[] = {
        {"blobs/sha256/" HEX, {zeros, 1024}, true}, {HEX "/layer.tar", {zeros, 10240}, true},
        {"blobs/sha256/" HEX, {zeros, 0}, true},    {"blobs/sha256/" HEX, {other, 1024}, false},
        {HEX ".json", {zeros, 1024}, false},
    };
    struct kit *kit = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(told_of(kit, rows[i].name, rows[i].content, true), 1);
        const char *json = (const char *)kit->parts[0].json.data;
        assert_true((strstr(json, "\"layer\":null") == NULL) == rows[i].layer);
        assert_true((strstr(json, "\"hops\":0,\"entries\":0,\"complete\":true") != NULL) ==
                    rows[i].layer);
    }
}

static void test_empty_compressed_layers(void **state)
{
    static const uint8_t zeros[1024];
    struct kit *kit = *state;
    struct part part;

    for (unsigned i = 0; i < 3; i++) {
        set_part(kit, &part, "blobs/sha256/" HEX, NULL, SW_VIEW("gz"));
        image_begin(&part.object);
        assert_int_equal(image_document(&part.object, true), SW_OK);
        struct image *image = image_stream(&part.object, &sw_source_gzip);
        assert_non_null(image);
        image_piece(image, &(struct sw_piece){.data = zeros, .size = sizeof(zeros)});
        if (i == 1)
            image_piece(image, &(struct sw_piece){.data = (const uint8_t *)"x",
                                                  .size = 1,
                                                  .offset = sizeof(zeros)});
        image_ends(image, i == 2 ? SW_DEAD : SW_END);
        assert_int_equal(image_end(&part.object, true), SW_OK);
        receive(kit);
        assert_int_equal(kit->count, 1);
        const char *json = (const char *)kit->parts[0].json.data;
        assert_true((strstr(json, "\"media\":\"tar+gzip\",\"hops\":1,\"entries\":0") != NULL) ==
                    (i == 0));
    }
}

/* What could not be read has no digest that would be worth comparing. */
static void test_incomplete(void **state)
{
    struct kit *kit = *state;
    struct part part;

    for (unsigned i = 0; i < 3; i++) {
        set_part(kit, &part, HEX "/layer.tar", NULL, SW_VIEW("{"));
        part.object.incomplete = i == 1;
        part.blob.size_known = i != 2;
        image_begin(&part.object);
        assert_int_equal(image_document(&part.object, i != 0), SW_OK);
        list_members(image_tar(&part.object, &sw_source_tar));
        assert_int_equal(image_end(&part.object, true), SW_OK);
        receive(kit);
        assert_int_equal(kit->count, 2);
        expect_blob(kit, 1, "",
                    "{\"size\":1,\"sha256\":null,\"layer\":{\"diff_id\":null,\"media\":\"tar\","
                    "\"hops\":0,\"entries\":4,\"complete\":false},\"document\":null}");
    }
}

static void test_places(void **state)
{
    struct kit *kit = *state;
    struct part file, content, text, part;

    set_part(kit, &file, "/srv/a!b.tar.gz", NULL, SW_VIEW("x"));
    set_part(kit, &content, "a!b%\x01.tar", &file.object, SW_VIEW("x"));
    set_part(kit, &text, "", &content.object, SW_VIEW("x"));
    text.object.hop = (struct hop){.kind = "decoded", .encoding = "base64", .offset = 12};
    set_part(kit, &part, "./blobs/sha256/" HEX, &text.object, SW_VIEW("x"));
    image_begin(&part.object);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    assert_int_equal(image_end(&part.object, true), SW_OK);
    receive(kit);
    assert_int_equal(kit->count, 1);
    assert_string_equal((const char *)kit->parts[0].place.data,
                        "a%21b%25%01.tar!base64@12!./blobs/sha256/" HEX);
}

static void test_many_members(void **state)
{
    struct kit *kit = *state;
    struct part part;
    char name[32];
    size_t count = 0;

    set_part(kit, &part, HEX ".tar", NULL, SW_VIEW("x"));
    image_begin(&part.object);
    assert_int_equal(image_document(&part.object, true), SW_OK);
    struct image *layer = image_tar(&part.object, &sw_source_tar);
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof(name), "d/%u", i);
        const struct sw_member member = {.kind = SW_MEMBER_FILE, .name = sw_view_of(name)};
        assert_int_equal(image_member(layer, &member), SW_OK);
    }
    assert_int_equal(image_end(&part.object, true), SW_OK);
    receive(kit);
    assert_int_equal(kit->count, 3);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kit->parts[i].part, SW_IMAGE_PATHS);
        count += kit->parts[i].path_count;
    }
    assert_int_equal(count, 10000);
    assert_non_null(strstr((const char *)kit->parts[2].json.data, "\"entries\":10000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain_layer, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_stores, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_compressed_layers, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_what_is_no_part, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_documents, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_large_documents, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_hard_links, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_empty_layers, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_empty_compressed_layers, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_incomplete, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_places, open_kit, close_kit),
        cmocka_unit_test_setup_teardown(test_many_members, open_kit, close_kit),
    };
    return cmocka_run_group_tests_name("parts of images", tests, NULL, NULL);
}
