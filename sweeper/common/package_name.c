/* SPDX-License-Identifier: Apache-2.0 */
/* package_name.c - names of ecosystems and uses; names of packages, in the form in
 * which their ecosystem takes two of them for the same. */
#include <assert.h>

#include "common/view.h"
#include "sweeper/package.h"

static const char *const ecosystems[] = {
#define NAME(constant, name) [SW_ECOSYSTEM_##constant] = (name),
    SW_ECOSYSTEM_TABLE(NAME)
#undef NAME
};

static const char *const uses[] = {
#define NAME(constant, name) [SW_PACKAGE_##constant] = (name),
    SW_PACKAGE_USE_TABLE(NAME)
#undef NAME
};

const char *sw_ecosystem_name(enum sw_ecosystem ecosystem)
{
    assert((unsigned)ecosystem < SW_ECOSYSTEM_COUNT);
    return ecosystems[ecosystem];
}

bool sw_ecosystem_find(const char *name, enum sw_ecosystem *ecosystem)
{
    for (size_t i = 0; i < SW_ECOSYSTEM_COUNT; i++)
        if (strcmp(name, ecosystems[i]) == 0) {
            *ecosystem = (enum sw_ecosystem)i;
            return true;
        }
    return false;
}

const char *sw_package_use_name(enum sw_package_use use)
{
    assert((unsigned)use < SW_PACKAGE_USE_COUNT);
    return uses[use];
}

/* --- containers that are packages --- */

static const struct {
    const char *name;
    const char *ecosystem;
} parcels[] = {
#define ROW(constant, form, ecosystem) [SW_PARCEL_##constant] = {(form), (ecosystem)},
    SW_PARCEL_TABLE(ROW)
#undef ROW
};

const char *sw_parcel_form_name(enum sw_parcel_form form)
{
    assert((unsigned)form < SW_PARCEL_FORM_COUNT);
    return parcels[form].name;
}

const char *sw_parcel_form_ecosystem(enum sw_parcel_form form)
{
    assert((unsigned)form < SW_PARCEL_FORM_COUNT);
    return parcels[form].ecosystem;
}

enum sw_parcel_form sw_parcel_form_find(const char *name)
{
    unsigned form = 0;
    while (form < SW_PARCEL_FORM_COUNT && strcmp(name, parcels[form].name) != 0)
        form++;
    return (enum sw_parcel_form)form;
}

/* --- container references --- */

/* host[:port] or a repository's components: letters, digits and . _ - / alone. */
static bool is_repository(struct sw_view text)
{
    if (text.size == 0 || !sw_is_alnum(text.data[0]) || !sw_is_alnum(text.data[text.size - 1]))
        return false;
    bool has_port = false;
    size_t slash = sw_view_find(text, '/');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '/')
            has_port = false;
        else if (byte == ':' && slash < text.size && i < slash && !has_port)
            has_port = true;
        else if (!sw_is_alnum(byte) && (has_port || (byte != '.' && byte != '_' && byte != '-')))
            return false;
        if (byte == '/' && text.data[i + 1] == '/')
            return false;
    }
    return true;
}

static bool is_tag(struct sw_view text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!sw_is_alnum(text.data[i]) && text.data[i] != '.' && text.data[i] != '_' &&
            text.data[i] != '-')
            return false;
    return text.size > 0 && text.size <= 128;
}

bool sw_container_reference_of(struct sw_view text, struct sw_container_reference *reference)
{
    struct sw_container_reference found = {.name = text};
    if (text.size == 0 || text.size > 2 * SW_PACKAGE_TEXT_MAX)
        return false;
    size_t at = sw_view_find(text, '@');
    if (at < text.size) {
        found.name = sw_view_first(text, at);
        found.digest = sw_view_skip(text, at + 1);
        if (!sw_view_is_digest(found.digest))
            return false;
    }
    size_t colon = sw_view_find_last(found.name, ':');
    size_t slash = sw_view_find_last(found.name, '/');
    if (colon < found.name.size && (slash == found.name.size || colon > slash)) {
        found.tag = sw_view_skip(found.name, colon + 1);
        found.name = sw_view_first(found.name, colon);
        if (!is_tag(found.tag))
            return false;
    }
    if (!is_repository(found.name))
        return false;
    if (found.tag.size == 0 && found.digest.size == 0)
        found.tag = SW_VIEW("latest");
    *reference = found;
    return true;
}

/* --- keys --- */

static bool add(struct sw_package_key *key, uint8_t byte)
{
    if (key->size + 1 >= sizeof(key->text))
        return false;
    key->text[key->size++] = (char)byte;
    key->text[key->size] = '\0';
    return true;
}

static bool add_lower(struct sw_package_key *key, struct sw_view text)
{
    bool ok = true;
    for (size_t i = 0; ok && i < text.size; i++)
        ok = add(key, sw_lower(text.data[i]));
    return ok;
}

/* PEP 503. */
static bool add_pypi(struct sw_package_key *key, struct sw_view name)
{
    bool ok = true;
    for (size_t i = 0; ok && i < name.size; i++) {
        uint8_t byte = name.data[i];
        bool dash = byte == '-' || byte == '_' || byte == '.';
        if (!dash)
            ok = add(key, sw_lower(byte));
        else if (key->size == 0 || key->text[key->size - 1] != '-')
            ok = add(key, '-');
    }
    return ok;
}

static bool add_as_is(struct sw_package_key *key, struct sw_view name)
{
    bool ok = true;
    for (size_t i = 0; ok && i < name.size; i++)
        ok = add(key, name.data[i]);
    return ok;
}

/* owner/repo of owner/repo/path */
static bool add_action(struct sw_package_key *key, struct sw_view name)
{
    size_t slash = sw_view_find(name, '/');
    struct sw_view below = sw_view_skip(name, slash + 1);
    size_t size = slash + 1 + sw_view_find(below, '/');
    return add_lower(key, sw_view_first(name, size));
}

static bool is_hub(struct sw_view registry)
{
    return sw_view_equal_fold(registry, SW_VIEW("docker.io")) ||
           sw_view_equal_fold(registry, SW_VIEW("index.docker.io")) ||
           sw_view_equal_fold(registry, SW_VIEW("registry-1.docker.io")) ||
           sw_view_equal_fold(registry, SW_VIEW("registry.hub.docker.com"));
}

static bool add_container(struct sw_package_key *key, struct sw_view name)
{
    struct sw_container_reference reference;
    if (!sw_container_reference_of(name, &reference))
        return false;
    struct sw_view rest = reference.name;
    struct sw_view first = sw_view_first(rest, sw_view_find(rest, '/'));
    /* Docker's own rule for what is a registry and what a user on Docker Hub. */
    bool is_registry = first.size < rest.size && (sw_view_find(first, '.') < first.size ||
                                                  sw_view_find(first, ':') < first.size ||
                                                  sw_view_equal(first, SW_VIEW("localhost")));
    if (is_registry && !is_hub(first))
        return add_lower(key, rest);
    if (is_registry)
        rest = sw_view_skip(rest, first.size + 1);
    return add_lower(key, SW_VIEW("docker.io/")) &&
           (sw_view_find(rest, '/') < rest.size || add_lower(key, SW_VIEW("library/"))) &&
           add_lower(key, rest);
}

bool sw_package_key_of(enum sw_ecosystem ecosystem, struct sw_view name, struct sw_package_key *key)
{
    static bool (*const forms[])(struct sw_package_key *, struct sw_view) = {
        [SW_ECOSYSTEM_PYPI] = add_pypi,
        [SW_ECOSYSTEM_NPM] = add_as_is,
        [SW_ECOSYSTEM_GITHUB_ACTIONS] = add_action,
        [SW_ECOSYSTEM_OPENVSX] = add_lower,
        [SW_ECOSYSTEM_CONTAINER] = add_container,
        [SW_ECOSYSTEM_BINARY] = add_lower,
    };
    struct sw_package_key found;

    assert((unsigned)ecosystem < SW_ECOSYSTEM_COUNT);
    found.size = 0;
    found.text[0] = '\0';
    size_t size_max =
        ecosystem == SW_ECOSYSTEM_CONTAINER ? 2 * SW_PACKAGE_TEXT_MAX : SW_PACKAGE_TEXT_MAX;
    if (name.size == 0 || name.size > size_max || !forms[ecosystem](&found, name))
        return false;
    memcpy(key->text, found.text, found.size + 1);
    key->size = found.size;
    return true;
}

bool sw_package_name_equal(enum sw_ecosystem ecosystem, struct sw_view a, struct sw_view b)
{
    struct sw_package_key one;
    struct sw_package_key other;
    return sw_package_key_of(ecosystem, a, &one) && sw_package_key_of(ecosystem, b, &other) &&
           one.size == other.size && memcmp(one.text, other.text, one.size) == 0;
}
