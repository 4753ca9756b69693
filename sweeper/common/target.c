/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - which kind a target is, and names of images taken apart. */
#include "sweeper/target.h"

#include <stdlib.h>
#include <string.h>

#include "common/view.h"
#include "sweeper/text.h"

#define DOCKER_IO "docker.io"

static const struct {
    const char *word; /* NULL: no words lead to it */
    const char *name;
} kinds[SW_TARGET_KIND_COUNT] = {
    [SW_TARGET_PATH] = {NULL, "path"},
    [SW_TARGET_STDIN] = {NULL, "stdin"},
    [SW_TARGET_DOCKER] = {"docker:", "docker"},
    [SW_TARGET_PODMAN] = {"podman:", "podman"},
    [SW_TARGET_REGISTRY] = {"registry:", "registry"},
};

enum sw_target_kind sw_target_kind_of(const char *target)
{
    if (strcmp(target, "-") == 0)
        return SW_TARGET_STDIN;
    for (int kind = SW_TARGET_DOCKER; kind < SW_TARGET_KIND_COUNT; kind++)
        if (strncmp(target, kinds[kind].word, strlen(kinds[kind].word)) == 0)
            return (enum sw_target_kind)kind;
    return SW_TARGET_PATH;
}

const char *sw_target_kind_name(enum sw_target_kind kind)
{
    return kinds[kind].name;
}

const char *sw_target_rest(const char *target)
{
    const char *word = kinds[sw_target_kind_of(target)].word;

    return word == NULL ? target : target + strlen(word);
}

/* --- Pieces of a name --------------------------------------------------------- */

static bool is_lower_hex(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_hex(text.data[i]) || sw_lower(text.data[i]) != text.data[i])
            return false;
    return true;
}

bool sw_target_is_digest(struct sw_view text)
{
    struct sw_view hex = sw_view_skip(text, sizeof("sha256:") - 1);

    if (sw_view_starts(text, SW_VIEW("sha256:")))
        return hex.size == 64 && is_lower_hex(hex);
    return sw_view_starts(text, SW_VIEW("sha512:")) && hex.size == 128 && is_lower_hex(hex);
}

static bool is_all_of(struct sw_view text, const char *others)
{
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_alnum(text.data[i]) && strchr(others, text.data[i]) == NULL)
            return false;
    return memchr(text.data, '\0', text.size) == NULL;
}

static bool is_port(struct sw_view text)
{
    char digits[6] = "";
    uint64_t port;

    if (text.size == 0 || text.size >= sizeof(digits))
        return false;
    memcpy(digits, text.data, text.size);
    return sw_text_parse_number(digits, 1, 65535, &port) == SW_OK;
}

/* NAME, 192.0.2.1 or [2001:db8::1], each perhaps with :PORT. */
static bool is_host(struct sw_view host)
{
    struct sw_view port = {0};
    size_t end;

    if (host.size == 0 || host.size > SW_TARGET_HOST_MAX)
        return false;
    if (host.data[0] == '[') {
        end = sw_view_find(host, ']');
        struct sw_view inside = sw_view_first(sw_view_skip(host, 1), end - 1);
        port = sw_view_skip(host, end + 1);
        if (end == host.size || inside.size < 2 || !is_all_of(inside, ":.") ||
            (port.size != 0 && port.data[0] != ':'))
            return false;
        return port.size == 0 || is_port(sw_view_skip(port, 1));
    }
    end = sw_view_find(host, ':');
    if (end < host.size && !is_port(sw_view_skip(host, end + 1)))
        return false;
    host = sw_view_first(host, end);
    return host.size != 0 && sw_is_alnum(host.data[0]) && sw_is_alnum(host.data[host.size - 1]) &&
           is_all_of(host, ".-") && !sw_view_has(host, SW_VIEW(".."));
}

/* One part of a repository's name between slashes. */
static bool is_component(struct sw_view part)
{
    for (size_t i = 0; i < part.size; i++) {
        uint8_t byte = part.data[i];
        bool inner = i > 0 && i + 1 < part.size;
        bool joint = byte == '.' || byte == '_' || byte == '-';

        if (sw_lower(byte) != byte || (!sw_is_alnum(byte) && !(inner && joint)))
            return false;
        if (byte == '.' && part.data[i - 1] == '.')
            return false;
    }
    return part.size > 0;
}

static bool is_name(struct sw_view name)
{
    if (name.size > SW_TARGET_NAME_MAX)
        return false;
    for (;;) {
        size_t end = sw_view_find(name, '/');
        if (!is_component(sw_view_first(name, end)))
            return false;
        if (end == name.size)
            return true;
        name = sw_view_skip(name, end + 1);
    }
}

static bool is_tag(struct sw_view tag)
{
    return tag.size > 0 && tag.size <= SW_TARGET_TAG_MAX && tag.data[0] != '.' &&
           tag.data[0] != '-' && is_all_of(tag, "._-");
}

/* --- A reference --------------------------------------------------------------- */

static void keep(char *out, struct sw_view text)
{
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}

/* The first part is a host when it looks like one: with a dot or a port, or the
 * one host that has neither. */
static bool has_host(struct sw_view text, size_t slash)
{
    struct sw_view first = sw_view_first(text, slash);

    return slash < text.size &&
           (sw_view_find(first, '.') < slash || sw_view_find(first, ':') < slash ||
            sw_view_equal(first, SW_VIEW("localhost")));
}

/* Takes the host from the front of *text. */
static bool take_host(struct sw_view *text, struct sw_reference *reference)
{
    size_t slash = sw_view_find(*text, '/');
    struct sw_view host = SW_VIEW(DOCKER_IO);

    if (has_host(*text, slash)) {
        host = sw_view_first(*text, slash);
        *text = sw_view_skip(*text, slash + 1);
    }
    if (!is_host(host))
        return false;
    if (sw_view_equal_fold(host, SW_VIEW("index.docker.io")) ||
        sw_view_equal_fold(host, SW_VIEW("registry-1.docker.io")) ||
        sw_view_equal_fold(host, SW_VIEW(DOCKER_IO)))
        host = SW_VIEW(DOCKER_IO);
    keep(reference->host, host);
    keep(reference->connect,
         sw_view_equal(host, SW_VIEW(DOCKER_IO)) ? SW_VIEW("registry-1.docker.io") : host);
    return true;
}

/* Takes tag and digest from the end of *text. */
static bool take_version(struct sw_view *text, struct sw_reference *reference)
{
    size_t at = sw_view_find(*text, '@');
    struct sw_view digest = sw_view_skip(*text, at + 1);
    struct sw_view tag = SW_VIEW("latest");

    if (at < text->size && !sw_target_is_digest(digest))
        return false;
    *text = sw_view_first(*text, at);
    size_t colon = sw_view_find(*text, ':');
    if (colon < text->size) {
        tag = sw_view_skip(*text, colon + 1);
        *text = sw_view_first(*text, colon);
        if (!is_tag(tag))
            return false;
    }
    if (digest.size != 0)
        keep(reference->digest, digest);
    else
        keep(reference->tag, tag);
    return true;
}

enum sw_status sw_reference_parse(const char *text, struct sw_reference *reference,
                                  struct sw_error *error)
{
    struct sw_reference made = {0};
    struct sw_view rest = sw_view_of(text);

    if (!take_host(&rest, &made))
        return sw_fail(error, SW_STOP, "target", 0, "registry:%s: its host is none", text);
    if (!take_version(&rest, &made))
        return sw_fail(error, SW_STOP, "target", 0,
                       "registry:%s: its tag or digest is none (NAME:TAG or NAME@sha256:...)",
                       text);
    bool official = strcmp(made.host, DOCKER_IO) == 0 && sw_view_find(rest, '/') == rest.size;
    const char *folder = official ? "library/" : "";
    if (!is_name(rest) || strlen(folder) + rest.size > SW_TARGET_NAME_MAX)
        return sw_fail(error, SW_STOP, "target", 0,
                       "registry:%s: its name is none (lower-case letters, digits, and . _ - /)",
                       text);
    keep(made.name, sw_view_of(folder));
    keep(made.name + strlen(folder), rest);
    *reference = made;
    return SW_OK;
}

enum sw_status sw_target_check_engine_name(const char *text, struct sw_error *error)
{
    struct sw_view name = sw_view_of(text);

    if (name.size > 0 && name.size <= (size_t)2 * SW_TARGET_NAME_MAX && is_all_of(name, "._-/:@") &&
        sw_is_alnum(name.data[0]) && !sw_view_has(name, SW_VIEW("..")) &&
        !sw_view_has(name, SW_VIEW("//")))
        return SW_OK;
    return sw_fail(error, SW_STOP, "target", 0, "\"%s\" is no name of an image", text);
}

enum sw_status sw_target_check(const char *target, struct sw_error *error)
{
    struct sw_reference reference;

    switch (sw_target_kind_of(target)) {
    case SW_TARGET_DOCKER:
    case SW_TARGET_PODMAN:
        if (sw_target_check_engine_name(sw_target_rest(target), NULL) == SW_OK)
            return SW_OK;
        return sw_fail(error, SW_STOP, "target", 0, "%s: is no name of an image", target);
    case SW_TARGET_REGISTRY:
        return sw_reference_parse(sw_target_rest(target), &reference, error);
    default:
        return SW_OK;
    }
}
