/* SPDX-License-Identifier: Apache-2.0 */
/* What a target is, what is read before and around a fetch, and what the fetcher may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/spooled.h"
#include "common/view.h"
#include "fetch/challenge.h"
#include "fetch/docker_config.h"
#include "fetch/manifest.h"
#include "fetch/url.h"
#include "sweeper/fetch.h"
#include "sweeper/limits.h"
#include "sweeper/target.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* --- Targets ----------------------------------------------------------------------------- */

static void kinds_are_told_by_their_word(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        enum sw_target_kind kind;
        const char *rest;
    } rows[] = {
        {"-", SW_TARGET_STDIN, "-"},
        {"docker:app", SW_TARGET_DOCKER, "app"},
        {"podman:app:1", SW_TARGET_PODMAN, "app:1"},
        {"registry:h/n", SW_TARGET_REGISTRY, "h/n"},
        {"./docker:app", SW_TARGET_PATH, "./docker:app"},
        {"--", SW_TARGET_PATH, "--"},
        {"docker", SW_TARGET_PATH, "docker"},
        {"Docker:x", SW_TARGET_PATH, "Docker:x"},
        {"/-", SW_TARGET_PATH, "/-"},
        {"", SW_TARGET_PATH, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(sw_target_kind_of(rows[i].target), rows[i].kind);
        assert_string_equal(sw_target_rest(rows[i].target), rows[i].rest);
    }
}

static void references_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host, *connect, *name, *tag, *digest;
    } rows[] = {
        {"ghcr.io/a/b:1", "ghcr.io", "ghcr.io", "a/b", "1", ""},
        {"ghcr.io/a/b", "ghcr.io", "ghcr.io", "a/b", "latest", ""},
        {"localhost/a", "localhost", "localhost", "a", "latest", ""},
        {"localhost:5000/a:x_Y.z-1", "localhost:5000", "localhost:5000", "a", "x_Y.z-1", ""},
        {"127.0.0.1:80/a", "127.0.0.1:80", "127.0.0.1:80", "a", "latest", ""},
        {"[::1]:5000/a", "[::1]:5000", "[::1]:5000", "a", "latest", ""},
        {"nginx", "docker.io", "registry-1.docker.io", "library/nginx", "latest", ""},
        {"team/app:2", "docker.io", "registry-1.docker.io", "team/app", "2", ""},
        {"docker.io/nginx", "docker.io", "registry-1.docker.io", "library/nginx", "latest", ""},
        {"index.docker.io/a/b", "docker.io", "registry-1.docker.io", "a/b", "latest", ""},
        {"h.io/n@sha256:" HEX64, "h.io", "h.io", "n", "", "sha256:" HEX64},
        {"h.io/n:tag@sha256:" HEX64, "h.io", "h.io", "n", "", "sha256:" HEX64},
        {"h.io/n@sha512:" HEX64 HEX64, "h.io", "h.io", "n", "", "sha512:" HEX64 HEX64},
        {"h.io/a-b_c.d/e--f__g:1", "h.io", "h.io", "a-b_c.d/e--f__g", "1", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_reference found;
        struct sw_error error;
        assert_int_equal(sw_reference_parse(rows[i].text, &found, &error), SW_OK);
        assert_string_equal(found.host, rows[i].host);
        assert_string_equal(found.connect, rows[i].connect);
        assert_string_equal(found.name, rows[i].name);
        assert_string_equal(found.tag, rows[i].tag);
        assert_string_equal(found.digest, rows[i].digest);
    }
}

static void what_is_no_reference_is_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "/",
        "h.io/",
        "h.io//a",
        "h.io/a/",
        "h.io/A",
        "h.io/a:",
        "h.io/a:-x",
        "h.io/a:.x",
        "h.io/a@",
        "h.io/a@sha256:",
        "h.io/a@sha256:12",
        "h.io/a@sha1:" HEX64,
        "h.io/a@sha256:" HEX64 "0",
        "h.io/a:b:c",
        "h.io/../a",
        "h.io/a/..",
        "h.io/.a",
        "h.io/a..b",
        "h.io/-a",
        "h.io/a-",
        "h.io/a b",
        "h.io/a?b",
        "h.io/a#b",
        "h.io/a%2f",
        "h.io:0/a",
        "h.io:65536/a",
        "h.io:/a",
        "h.io:1x/a",
        "u@h.io/a",
        "u:p@h.io/a",
        "-h.io/a",
        "h.io-/a",
        "h..io/a",
        "[::1/a",
        "[]/a",
        "[::1]x/a",
        "h.io\\x/a",
        "h.io/a\n",
        "h.io/a:b/c",
        "h.io/a@SHA256:" HEX64,
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sw_reference found = {.host = "untouched"};
        struct sw_error error = {0};
        if (sw_reference_parse(rows[i], &found, &error) != SW_STOP)
            fail_msg("\"%s\" was taken for a reference", rows[i]);
        assert_string_equal(found.host, "untouched");
        assert_true(error.text[0] != '\0');
    }
}

static void lengths_of_names_are_bounded(void **state)
{
    (void)state;
    char text[1024];
    struct sw_reference found;
    struct sw_error error;

    for (size_t size = SW_TARGET_NAME_MAX - 1; size <= SW_TARGET_NAME_MAX + 1; size++) {
        memset(stpcpy(text, "h.io/"), 'a', size);
        text[5 + size] = '\0';
        assert_int_equal(sw_reference_parse(text, &found, &error),
                         size <= SW_TARGET_NAME_MAX ? SW_OK : SW_STOP);
        /* "library/" counts too. */
        memset(text, 'a', size - 8);
        text[size - 8] = '\0';
        assert_int_equal(sw_reference_parse(text, &found, &error),
                         size <= SW_TARGET_NAME_MAX ? SW_OK : SW_STOP);
    }
    for (size_t size = SW_TARGET_TAG_MAX; size <= SW_TARGET_TAG_MAX + 1; size++) {
        memset(stpcpy(text, "h.io/a:"), 'a', size);
        text[7 + size] = '\0';
        assert_int_equal(sw_reference_parse(text, &found, &error),
                         size <= SW_TARGET_TAG_MAX ? SW_OK : SW_STOP);
    }
}

static void names_for_engines_need_no_escape(void **state)
{
    (void)state;
    static const char *const good[] = {"app", "app:1", "a/b@sha256:" HEX64, HEX64, "h:5/a_b.c-d"};
    static const char *const bad[] = {"",     "a b",  "a?b", "a#b", "a%b",
                                      "../a", "a//b", "/a",  "-a",  "a\n"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(sw_target_check_engine_name(good[i], NULL), SW_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(sw_target_check_engine_name(bad[i], NULL), SW_STOP);
}

/* --- URLs ---------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return sw_url_same_origin(sw_view_of(a), sw_view_of(b));
}

static void origins_are_compared(void **state)
{
    (void)state;
    assert_true(same("https://h.io/a", "https://H.IO/b?c"));
    assert_true(same("https://h.io:443/a", "https://h.io"));
    assert_true(same("http://h.io:80/a", "http://h.io"));
    assert_false(same("https://h.io/a", "http://h.io/a"));
    assert_false(same("https://h.io/a", "https://h.io:444/a"));
    assert_false(same("https://h.io/a", "https://h.io.evil.org/a"));
    assert_false(same("https://h.io/a", "https://h.io@evil.org/a"));
    assert_false(same("https://h.io/a", "https://h.io\\@evil.org/a"));
    assert_false(same("https://h.io/a", "https://h.io%2eevil.org/a"));
    assert_false(same("https://h.io/a", "https:/h.io/a"));
    assert_false(same("https://h.io/a", " https://h.io/a"));
    assert_false(same("file:///etc", "file:///etc"));
    assert_false(same("", ""));
}

static bool shares(const char *authority, const char *registry)
{
    return sw_url_shares_owner(sw_view_of(authority), sw_view_of(registry));
}

static void credentials_go_to_their_owner_only(void **state)
{
    (void)state;
    assert_true(shares("h.io", "h.io"));
    assert_true(shares("H.io:8443", "h.io:5000"));
    assert_true(shares("auth.docker.io", "registry-1.docker.io"));
    assert_true(shares("gitlab.com", "registry.gitlab.com"));
    assert_true(shares("127.0.0.1:2", "127.0.0.1:1"));
    assert_false(shares("evil.org", "h.io"));
    assert_false(shares("other.io", "ghcr.io"));
    assert_false(shares("io", "ghcr.io"));
    assert_false(shares("evildocker.io", "registry-1.docker.io"));
    assert_false(shares("docker.io.evil.org", "registry-1.docker.io"));
    assert_false(shares("9.0.0.1", "127.0.0.1"));
    assert_false(shares("localhost", "127.0.0.1"));
    assert_false(shares("", "h.io"));
    assert_false(shares("[::2]:1", "[::1]:1"));
    assert_true(shares("[::1]:1", "[::1]:2"));
}

/* --- Challenges ------------------------------------------------------------------------------ */

static struct sw_challenge challenge(const char *text)
{
    return sw_challenge_parse(sw_view_of(text));
}

static void challenges_are_read(void **state)
{
    (void)state;
    struct sw_challenge found = challenge(
        "Bearer realm=\"https://a.io/token\",service=\"reg \\\"x\\\"\",scope=\"a:b:c,d\"");

    assert_true(found.bearer && !found.basic);
    assert_string_equal(found.realm, "https://a.io/token");
    assert_string_equal(found.service, "reg \"x\"");
    found = challenge("Basic realm=\"x\", BEARER  realm = https://a/t , service=s");
    assert_true(found.basic && found.bearer);
    assert_string_equal(found.realm, "https://a/t");
    assert_string_equal(found.service, "s");
    found = challenge("Negotiate, Basic");
    assert_true(found.basic && !found.bearer);
    found = challenge("Digest realm=\"no\", nonce=\"Bearer realm=x\"");
    assert_false(found.basic || found.bearer);
}

static void damaged_challenges_end_early(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       ",",
                                       "=",
                                       "Bearer",
                                       "Bearer realm",
                                       "Bearer realm=",
                                       "Bearer realm=\"",
                                       "Bearer realm=\"x",
                                       "Bearer realm=\"\"",
                                       "Bearer realm=\"x\ny\"",
                                       "Bearer \"",
                                       "Bearer realm=\"x\\"};
    char large[4096];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(challenge(rows[i]).bearer);
    memset(large, 'a', sizeof(large));
    memcpy(large, "Bearer realm=", 13);
    large[sizeof(large) - 1] = '\0';
    assert_false(challenge(large).bearer);
    const char *whole = "Basic realm=\"a\", Bearer realm=\"https://a\\\"b\",service=\"s\"";
    for (size_t size = 0; size <= strlen(whole); size++) {
        char *cut = strndup(whole, size);
        (void)sw_challenge_parse((struct sw_view){(const uint8_t *)cut, size});
        free(cut);
    }
}

/* --- Credentials ------------------------------------------------------------------------------ */

static enum sw_status find(const char *text, const char *host, struct sw_credentials *found)
{
    struct sw_error error;

    memset(found, 0, sizeof(*found));
    return sw_docker_config_find(sw_view_of(text), host, found, &error);
}

static void credentials_are_found_by_host(void **state)
{
    (void)state;
    struct sw_credentials found;

    assert_int_equal(find("{\"auths\":{\"h.io\":{\"auth\":\"YW5uOnBhOnNz\"}}}", "h.io", &found),
                     SW_OK);
    assert_string_equal(found.user, "ann");
    assert_string_equal(found.password, "pa:ss");
    assert_int_equal(find("{\"auths\":{\"https://H.io/v2/\":{\"auth\":\"YTpi\"}}}", "h.io", &found),
                     SW_OK);
    assert_string_equal(found.user, "a");
    assert_int_equal(find("{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"YTpi\"}}}",
                          "docker.io", &found),
                     SW_OK);
    assert_string_equal(found.password, "b");
    find("{\"auths\":{\"h.io\":{\"identitytoken\":\"tok\",\"auth\":\"YTpi\"}}}", "h.io", &found);
    assert_string_equal(found.identity, "tok");
    find("{\"auths\":{\"h.io\":{\"username\":\"u\",\"password\":\"p\"}}}", "h.io", &found);
    assert_string_equal(found.user, "u");
    find("{\"auths\":{\"h.io:1\":{\"auth\":\"YTpi\"}}}", "h.io", &found);
    assert_string_equal(found.user, "");
    find("{\"auths\":{\"x.h.io\":{\"auth\":\"YTpi\"}}}", "h.io", &found);
    assert_string_equal(found.user, "");
}

static void helpers_are_named_not_pathed(void **state)
{
    (void)state;
    struct sw_credentials found;

    find("{\"credHelpers\":{\"h.io\":\"pass\"},\"credsStore\":\"desktop\"}", "h.io", &found);
    assert_string_equal(found.helper, "pass");
    assert_string_equal(found.server, "h.io");
    find("{\"credsStore\":\"secretservice\"}", "docker.io", &found);
    assert_string_equal(found.helper, "secretservice");
    assert_string_equal(found.server, "https://index.docker.io/v1/");
    static const char *const bad[] = {"",    ".",   "-x",   "../x",     "a/b",
                                      "a b", "a;b", "$(x)", "a\\u0000b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[128];
        (void)snprintf(text, sizeof(text), "{\"credsStore\":\"%s\"}", bad[i]);
        (void)find(text, "h.io", &found);
        assert_string_equal(found.helper, "");
    }
}

static void damaged_configurations_give_nothing(void **state)
{
    (void)state;
    struct sw_credentials found;
    static const char *const bad[] = {"", "x", "[]", "{", "7", "\"auths\""};
    static const char *const odd[] = {"{\"auths\":[]}",
                                      "{\"auths\":{\"h.io\":7}}",
                                      "{\"auths\":{\"h.io\":{\"auth\":\"*\"}}}",
                                      "{\"auths\":{\"h.io\":{\"auth\":\"YWJj\"}}}",
                                      "{\"auths\":{\"h.io\":{\"auth\":\"OmI=\"}}}",
                                      "{\"auths\":{\"h.io\":{\"auth\":\"====\"}}}",
                                      "{\"auths\":{\"h.io\":{\"auth\":\"YTpiCg==\"}}}",
                                      "{\"auths\":{\"h.io\":{\"username\":\"u\"}}}"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(find(bad[i], "h.io", &found), SW_PART);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_int_equal(find(odd[i], "h.io", &found), SW_OK);
        assert_string_equal(found.user, "");
        assert_string_equal(found.identity, "");
    }
}

static void answers_of_helpers_are_read(void **state)
{
    (void)state;
    struct sw_credentials found = {0};
    struct sw_error error;

    assert_int_equal(
        sw_credentials_of_helper(
            SW_VIEW("{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"s\"}"), &found, &error),
        SW_OK);
    assert_string_equal(found.user, "u");
    assert_string_equal(found.password, "s");
    memset(&found, 0, sizeof(found));
    assert_int_equal(sw_credentials_of_helper(
                         SW_VIEW("{\"Username\":\"<token>\",\"Secret\":\"t\"}"), &found, &error),
                     SW_OK);
    assert_string_equal(found.identity, "t");
    assert_string_equal(found.user, "");
    assert_int_equal(sw_credentials_of_helper(SW_VIEW("{\"Username\":\"u\"}"), &found, &error),
                     SW_PART);
    assert_int_equal(sw_credentials_of_helper(SW_VIEW("credentials not found"), &found, &error),
                     SW_PART);
}

/* --- Manifests ---------------------------------------------------------------------------------
 */

static enum sw_status parts_of(const char *text, struct sw_fetch_parts *parts,
                               struct sw_error *error)
{
    *error = (struct sw_error){0};
    return sw_manifest_parts(sw_view_of(text), 0, parts, error);
}

static void parts_are_listed_once(void **state)
{
    (void)state;
    struct sw_fetch_parts parts = {0};
    struct sw_error error;
    char text[1024];

    (void)snprintf(text, sizeof(text),
                   "{\"config\":{\"digest\":\"sha256:%s\",\"size\":3},"
                   "\"layers\":[{\"digest\":\"sha256:1%s\",\"size\":9},{\"digest\":\"sha256:1%s\"},"
                   "{\"digest\":\"sha256:2%s\",\"size\":-1,\"urls\":[\"x\"]}],"
                   "\"manifests\":[{\"digest\":\"sha256:3%s\",\"size\":4}]}",
                   HEX64, HEX64 + 1, HEX64 + 1, HEX64 + 1, HEX64 + 1);
    assert_int_equal(parts_of(text, &parts, &error), SW_OK);
    assert_int_equal(parts.count, 4);
    assert_true(parts.rows[0].document && parts.rows[0].size == 4 && parts.rows[0].depth == 1);
    assert_true(!parts.rows[1].document && parts.rows[1].size == 9);
    assert_true(parts.rows[2].foreign && parts.rows[2].size == UINT64_MAX);
    assert_true(parts.rows[3].size == 3 && sw_fetch_parts_have(&parts, "sha256:" HEX64));
    /* Again: nothing new. */
    assert_int_equal(parts_of(text, &parts, &error), SW_OK);
    assert_int_equal(parts.count, 4);
    /* What was fetched as a layer is not followed as a manifest: that is told. */
    (void)snprintf(text, sizeof(text), "{\"manifests\":[{\"digest\":\"sha256:%s\"}]}", HEX64);
    assert_int_equal(parts_of(text, &parts, &error), SW_PART);
    assert_int_equal(error.reason, SW_GAP_DAMAGED);
    (void)snprintf(text, sizeof(text), "{\"fsLayers\":[{\"blobSum\":\"sha256:5%s\"}]}", HEX64 + 1);
    assert_int_equal(parts_of(text, &parts, &error), SW_OK);
    assert_int_equal(parts.count, 5);
    sw_fetch_parts_done(&parts);
}

static void of_a_base_only_documents_are_listed(void **state)
{
    (void)state;
    struct sw_fetch_parts parts = {.documents = true};
    struct sw_error error;

    assert_int_equal(parts_of("{\"config\":{\"digest\":\"sha256:" HEX64 "\"},"
                              "\"layers\":[{\"digest\":\"sha256:1\"}],\"blobs\":[{}],"
                              "\"fsLayers\":[{\"blobSum\":7}]}",
                              &parts, &error),
                     SW_OK);
    assert_int_equal(parts.count, 1);
    assert_true(!parts.rows[0].document);
    assert_int_equal(
        parts_of("{\"manifests\":[{\"digest\":\"sha256:fedcba98765432100123456789abcdef"
                 "0123456789abcdef0123456789abcdef\"}]}",
                 &parts, &error),
        SW_OK);
    assert_int_equal(parts.count, 2);
    assert_true(parts.rows[1].document);
    sw_fetch_parts_done(&parts);
    assert_true(parts.documents);
}

static void the_number_of_parts_is_bounded(void **state)
{
    (void)state;
    struct sw_fetch_parts parts = {0};
    struct sw_error error = {0};
    struct sw_fetch_part part = {0};

    for (int i = 0; i < SW_FETCH_PARTS_MAX; i++) {
        (void)snprintf(part.digest, sizeof(part.digest), "sha256:%064d", i);
        assert_int_equal(sw_fetch_parts_add(&parts, &part, &error), SW_OK);
    }
    assert_int_equal(sw_fetch_parts_add(&parts, &part, &error), SW_OK); /* is there */
    (void)snprintf(part.digest, sizeof(part.digest), "sha256:%064d", SW_FETCH_PARTS_MAX);
    assert_int_equal(sw_fetch_parts_add(&parts, &part, &error), SW_PART);
    assert_int_equal(error.reason, SW_GAP_LIMIT_MEMBERS);
    sw_fetch_parts_done(&parts);
}

static void one_bad_part_does_not_hide_the_others(void **state)
{
    (void)state;
    struct sw_fetch_parts parts = {0};
    struct sw_error error;

    assert_int_equal(
        parts_of("{\"layers\":[{},7,{\"digest\":\"sha256:" HEX64 "\"},null]}", &parts, &error),
        SW_PART);
    assert_int_equal(error.reason, SW_GAP_DAMAGED);
    assert_int_equal(parts.count, 1);
    sw_fetch_parts_done(&parts);
}

/* --- Platforms ---------------------------------------------------------------------------------
 */

static bool lists_manifest(const char *asked, const char *row)
{
    struct sw_fetch_parts parts = {.platforms = sw_view_of(asked)};
    struct sw_error error;
    char text[1024];

    (void)snprintf(text, sizeof(text), "{\"manifests\":[{\"digest\":\"sha256:%s\"%s}]}", HEX64,
                   row);
    assert_int_equal(parts_of(text, &parts, &error), SW_OK);
    const bool listed = parts.count == 1;
    sw_fetch_parts_done(&parts);
    return listed;
}

#define PLATFORM(os, architecture)                                                                 \
    ",\"platform\":{\"os\":\"" os "\",\"architecture\":\"" architecture "\"}"

static void other_platforms_are_not_listed(void **state)
{
    (void)state;
    static const struct {
        const char *asked, *row;
        bool listed;
    } rows[] = {
        {"", PLATFORM("windows", "amd64"), true},
        {"linux/amd64", PLATFORM("linux", "amd64"), true},
        {"linux/amd64", PLATFORM("linux", "amd64p"), false},
        {"linux/s390x,linux/amd64", PLATFORM("linux", "amd64"), true},
        {"linux/s390x,linux/amd64", PLATFORM("linux", "arm64"), false},
        {"linux/arm",
         ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v6\"}", true},
        {"linux/arm/v7",
         ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v6\"}", false},
        {"linux/arm/v7", PLATFORM("linux", "arm"), false},
        /* What is not known may be any. */
        {"linux/amd64", "", true},
        {"linux/amd64", ",\"platform\":7", true},
        {"linux/amd64", ",\"platform\":{\"os\":\"windows\"}", true},
        {"linux/amd64", ",\"platform\":{\"os\":7,\"architecture\":\"x\"}", true},
        {"linux/amd64", PLATFORM("unknown", "unknown"), true},
        {"linux/amd64", PLATFORM("", ""), true},
        {"linux/amd64", PLATFORM("windows", "amd64") PLATFORM("linux", "amd64"), true},
        {"linux/amd64", PLATFORM("windows", "amd64") ",\"Platform\":{}", true},
        {"linux/amd64",
         ",\"platform\":{\"os\":\"windows\",\"OS\":\"linux\",\"architecture\":\"amd64\"}", true},
        /* Of an index it means nothing. */
        {"linux/amd64",
         PLATFORM("windows", "amd64") ",\"mediaType\":\"application/vnd.oci.image.index.v1+json\"",
         true},
        {"linux/amd64",
         PLATFORM("windows", "amd64") ",\"mediaType\":\"application/"
                                      "vnd.docker.distribution.manifest.list.v2+json\"",
         true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (lists_manifest(rows[i].asked, rows[i].row) != rows[i].listed)
            fail_msg("%s: %s", rows[i].asked, rows[i].row);
}

static void configurations_tell_their_platform(void **state)
{
    (void)state;
    const struct sw_fetch_parts parts = {.platforms = SW_VIEW("linux/arm64")};
    struct sw_fetch_part part;

    assert_true(sw_manifest_config_fits(
        &parts, SW_VIEW("{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"}")));
    assert_false(
        sw_manifest_config_fits(&parts, SW_VIEW("{\"os\":\"linux\",\"architecture\":\"arm\"}")));
    assert_true(sw_manifest_config_fits(&parts, SW_VIEW("{\"os\":\"linux\"}")));
    assert_true(sw_manifest_config_fits(
        &parts, SW_VIEW("{\"os\":\"linux\",\"architecture\":\"arm\",\"os\":\"linux\"}")));
    assert_true(sw_manifest_config_fits(&parts, SW_VIEW("no JSON")));
    assert_true(sw_manifest_config_fits(&parts, SW_VIEW("[]")));

    assert_true(sw_manifest_config(
        SW_VIEW("{\"config\":{\"digest\":\"sha256:" HEX64 "\",\"size\":9}}"), &part));
    assert_string_equal(part.digest, "sha256:" HEX64);
    assert_int_equal(part.size, 9);
    assert_false(sw_manifest_config(SW_VIEW("{\"config\":{\"digest\":\"../x\"}}"), &part));
    assert_false(sw_manifest_config(SW_VIEW("{\"config\":7}"), &part));
    assert_false(sw_manifest_config(SW_VIEW("{"), &part));
}

/* What was passed over for what its configuration says, and is asked for by another index. */
static void one_manifest_of_two_platforms_is_told(void **state)
{
    (void)state;
    struct sw_fetch_parts parts = {.platforms = SW_VIEW("linux/amd64")};
    struct sw_error error;

    assert_int_equal(
        parts_of("{\"manifests\":[{\"digest\":\"sha256:" HEX64 "\"}]}", &parts, &error), SW_OK);
    assert_false(parts.rows[0].chosen);
    static const char chosen[] =
        "{\"manifests\":[{\"digest\":\"sha256:" HEX64 "\"" PLATFORM("linux", "amd64") "}]}";
    assert_int_equal(parts_of(chosen, &parts, &error), SW_OK);
    assert_true(parts.rows[0].chosen);
    sw_fetch_parts_pass(&parts, "sha256:" HEX64);
    assert_int_equal(parts_of(chosen, &parts, &error), SW_PART);
    assert_int_equal(error.reason, SW_GAP_DAMAGED);
    assert_int_equal(parts.count, 1);
    sw_fetch_parts_done(&parts);
}

/* --- Messages -----------------------------------------------------------------------------------
 */

static void orders_survive_the_wire(void **state)
{
    (void)state;
    const struct sw_fetch_order order = {.kind = SW_TARGET_PODMAN,
                                         .insecure = true,
                                         .require_sandbox = true,
                                         .documents = true,
                                         .timeout_s = 7,
                                         .spool_max = UINT64_MAX,
                                         .file_size_max = 5,
                                         .target = SW_VIEW("app:1"),
                                         .platforms = SW_VIEW("linux/amd64,linux/arm/v7")};
    struct sw_fetch_order found;
    struct sw_buf body;

    sw_buf_init(&body, SW_FETCH_MESSAGE_MAX);
    assert_int_equal(sw_fetch_order_encode(&order, &body), SW_OK);
    assert_int_equal(sw_fetch_order_decode(sw_buf_view(&body), &found), SW_OK);
    assert_true(found.kind == order.kind && found.insecure && !found.credential_helpers &&
                found.require_sandbox && found.documents && found.timeout_s == 7 &&
                found.spool_max == UINT64_MAX && found.file_size_max == 5 &&
                sw_view_equal(found.target, order.target) &&
                sw_view_equal(found.platforms, order.platforms));
    for (size_t size = 0; size < body.size; size++)
        assert_int_equal(sw_fetch_order_decode((struct sw_view){body.data, size}, &found), SW_DEAD);
    body.data[1] = SW_TARGET_STDIN;
    assert_int_equal(sw_fetch_order_decode(sw_buf_view(&body), &found), SW_DEAD);
    sw_buf_done(&body);
}

static enum sw_status through(const struct sw_fetch_message *message,
                              struct sw_fetch_message *found)
{
    struct sw_buf body;

    sw_buf_init(&body, SW_FETCH_MESSAGE_MAX);
    assert_int_equal(sw_fetch_message_encode(message, &body), SW_OK);
    enum sw_status status = sw_fetch_message_decode(sw_buf_view(&body), found);
    struct sw_fetch_message cut;
    for (size_t size = 0; size < body.size; size++)
        assert_int_equal(sw_fetch_message_decode((struct sw_view){body.data, size}, &cut), SW_DEAD);
    sw_buf_done(&body);
    return status;
}

static void messages_have_the_form_of_their_kind(void **state)
{
    (void)state;
    struct sw_fetch_message found;
    const struct sw_fetch_message good[] = {
        {.kind = SW_FETCH_ROOT, .name = SW_VIEW("sha256:" HEX64), .text = SW_VIEW("id")},
        {.kind = SW_FETCH_ROOT, .rows = {SW_VIEW("a"), SW_VIEW("b")}, .row_count = 2},
        {.kind = SW_FETCH_FAIL, .text = SW_VIEW("why")},
        {.kind = SW_FETCH_GO, .number = 1},
        {.kind = SW_FETCH_WANT},
        {.kind = SW_FETCH_SPOOL},
        {.kind = SW_FETCH_DONE, .number = 9, .name = SW_VIEW("blobs/sha256/" HEX64)},
        {.kind = SW_FETCH_DONE},
        {.kind = SW_FETCH_GAP, .reason = SW_GAP_TIMEOUT, .text = SW_VIEW("t")},
        {.kind = SW_FETCH_END},
    };
    const struct sw_fetch_message bad[] = {
        {.kind = SW_FETCH_ROOT, .name = SW_VIEW("blobs/sha256/" HEX64)},
        {.kind = SW_FETCH_FAIL, .number = 1},
        {.kind = SW_FETCH_WANT, .text = SW_VIEW("x")},
        {.kind = SW_FETCH_DONE, .reason = SW_GAP_TIMEOUT},
        {.kind = SW_FETCH_DONE, .name = SW_VIEW("../etc/passwd")},
        {.kind = SW_FETCH_DONE, .name = SW_VIEW("blobs/sha256/../x")},
        {.kind = SW_FETCH_DONE, .name = SW_VIEW("blobs/sha256:" HEX64)},
        {.kind = SW_FETCH_DONE, .name = SW_VIEW("sha256:" HEX64)},
        {.kind = SW_FETCH_GAP, .text = SW_VIEW("no reason")},
        {.kind = SW_FETCH_GAP, .reason = SW_GAP_COUNT},
        {.kind = SW_FETCH_END, .rows = {SW_VIEW("x")}, .row_count = 1},
        {.kind = SW_FETCH_ORDER},
        {.kind = SW_FETCH_KIND_COUNT},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(through(&good[i], &found), SW_OK);
        assert_int_equal(found.kind, good[i].kind);
        assert_int_equal(found.row_count, good[i].row_count);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(through(&bad[i], &found), SW_DEAD);
}

/* --- Spooling ------------------------------------------------------------------------------------
 */

static void spooling_ends_at_the_smaller_limit(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    struct sw_error error;

    assert_non_null(file);
    for (int size_first = 0; size_first < 2; size_first++) {
        struct sw_spooled spooled = {.fd = fileno(file),
                                     .spool_max = size_first ? 100 : 10,
                                     .file_size_max = size_first ? 10 : 100};
        assert_int_equal(sw_spooled_restart(&spooled, &error), SW_OK);
        assert_int_equal(sw_spooled_add(&spooled, SW_VIEW("12345"), &error), SW_OK);
        assert_int_equal(sw_spooled_add(&spooled, SW_VIEW("67890"), &error), SW_OK);
        assert_int_equal(sw_spooled_add(&spooled, SW_VIEW("x"), &error), SW_PART);
        assert_int_equal(error.reason, size_first ? SW_GAP_LIMIT_SIZE : SW_GAP_LIMIT_SPILL);
        assert_int_equal(spooled.size, 10);
        assert_int_equal(sw_spooled_restart(&spooled, &error), SW_OK);
        assert_int_equal(sw_spooled_add(&spooled, SW_VIEW("1234567890123"), &error), SW_PART);
        assert_int_equal(spooled.size, 10);
        assert_int_equal(lseek(spooled.fd, 0, SEEK_END), 10);
    }
    assert_int_equal(fclose(file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_told_by_their_word),
        cmocka_unit_test(references_are_taken_apart),
        cmocka_unit_test(what_is_no_reference_is_refused),
        cmocka_unit_test(lengths_of_names_are_bounded),
        cmocka_unit_test(names_for_engines_need_no_escape),
        cmocka_unit_test(origins_are_compared),
        cmocka_unit_test(credentials_go_to_their_owner_only),
        cmocka_unit_test(challenges_are_read),
        cmocka_unit_test(damaged_challenges_end_early),
        cmocka_unit_test(credentials_are_found_by_host),
        cmocka_unit_test(helpers_are_named_not_pathed),
        cmocka_unit_test(damaged_configurations_give_nothing),
        cmocka_unit_test(answers_of_helpers_are_read),
        cmocka_unit_test(parts_are_listed_once),
        cmocka_unit_test(of_a_base_only_documents_are_listed),
        cmocka_unit_test(the_number_of_parts_is_bounded),
        cmocka_unit_test(one_bad_part_does_not_hide_the_others),
        cmocka_unit_test(other_platforms_are_not_listed),
        cmocka_unit_test(configurations_tell_their_platform),
        cmocka_unit_test(one_manifest_of_two_platforms_is_told),
        cmocka_unit_test(orders_survive_the_wire),
        cmocka_unit_test(messages_have_the_form_of_their_kind),
        cmocka_unit_test(spooling_ends_at_the_smaller_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
