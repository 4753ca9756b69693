/* SPDX-License-Identifier: Apache-2.0 */
/* indicator_form.c - which members an indicator has, and what may be in them. */
#include "common/indicator_form.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "sweeper/text.h"

enum {
    LINE_MAX_BYTES = 400,
    TITLE_MAX_BYTES = 120,
    NAME_MAX_BYTES = 255,
    VERSION_MAX_BYTES = 64,
    PACKAGE_MAX_BYTES = 214,
    SOURCE_MAX_BYTES = 8,
};

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX    "0123456789abcdef"

/* --- what a text may be ----------------------------------------------------- */

static bool consists_of(const char *text, const char *set, size_t max)
{
    size_t size = strlen(text);
    return size > 0 && size <= max && strspn(text, set) == size;
}

static bool is_line(const char *text)
{
    const struct sw_view view = {(const uint8_t *)text, strlen(text)};
    return view.size > 0 && view.size <= LINE_MAX_BYTES && sw_text_is_printable(view);
}

static bool is_title(const char *text)
{
    return is_line(text) && strlen(text) <= TITLE_MAX_BYTES;
}

static bool is_schema(const char *text)
{
    return strcmp(text, "1.0") == 0;
}

static bool is_family(const char *text)
{
    return consists_of(text, LOWER DIGITS, 32) && strchr(LOWER, text[0]) != NULL;
}

/* "SWI-FAMILY-001"; other people's sets have other prefixes. */
static bool is_id(const char *text)
{
    return consists_of(text, UPPER DIGITS "-", SW_INDICATOR_ID_MAX) &&
           strchr(UPPER, text[0]) != NULL;
}

static bool is_source(const char *text)
{
    return consists_of(text, UPPER DIGITS, SOURCE_MAX_BYTES);
}

static bool is_severity(const char *text)
{
    enum sw_severity severity;
    return sw_severity_find(text, &severity) && strcmp(text, sw_severity_name(severity)) == 0;
}

static bool is_one_of(const char *text, const char *const *names)
{
    while (*names != NULL && strcmp(*names, text) != 0)
        names++;
    return *names != NULL;
}

static bool is_confidence(const char *text)
{
    return is_one_of(text, (const char *const[]){"high", "medium", "low", NULL});
}

static bool is_type(const char *text)
{
    unsigned i = 0;
    while (i < SW_INDICATOR_TYPE_COUNT &&
           strcmp(sw_indicator_type_name((enum sw_indicator_type)i), text) != 0)
        i++;
    return i < SW_INDICATOR_TYPE_COUNT;
}

static bool is_content(const char *text)
{
    return is_one_of(text, (const char *const[]){
#define SW_CONTENT_NAME(constant, name) name,
                               SW_CONTENT_TABLE(SW_CONTENT_NAME)
#undef SW_CONTENT_NAME
                                   NULL});
}

static bool is_sha256(const char *text)
{
    return strlen(text) == 64 && consists_of(text, HEX, 64);
}

static bool is_sha1(const char *text)
{
    return strlen(text) == 40 && consists_of(text, HEX, 40);
}

static bool is_md5(const char *text)
{
    return strlen(text) == 32 && consists_of(text, HEX, 32);
}

static bool is_digest(const char *text)
{
    return strncmp(text, "sha256:", 7) == 0 && is_sha256(text + 7);
}

static bool is_suspect(const char *text)
{
    return strcmp(text, "suspect") == 0;
}

/* A glob for one name: only the star means something, and there is more. */
static bool is_glob(const char *text)
{
    return is_line(text) && strlen(text) <= NAME_MAX_BYTES && strpbrk(text, "/\\?[]") == NULL &&
           strspn(text, "*") < strlen(text);
}

static bool is_pattern(const char *text)
{
    if (!is_line(text) || strlen(text) > NAME_MAX_BYTES || strpbrk(text, "\\?[]") != NULL)
        return false;
    for (const char *part = text;; part++) {
        size_t size = strcspn(part, "/");
        if (size == 0 || (size == 1 && part[0] == '.') ||
            (size == 2 && strncmp(part, "..", 2) == 0))
            return false;
        part += size;
        if (*part == '\0')
            return true;
    }
}

static bool is_platform(const char *text)
{
    return is_one_of(text, (const char *const[]){"linux", "windows", "macos", "any", NULL});
}

static bool is_ecosystem(const char *text)
{
    return is_one_of(text, (const char *const[]){"pypi", "npm", "github-actions", "openvsx",
                                                 "container", "binary", NULL});
}

static bool is_package(const char *text)
{
    return consists_of(text, LOWER UPPER DIGITS "._/@-", PACKAGE_MAX_BYTES);
}

static bool is_version(const char *text)
{
    return consists_of(text, LOWER UPPER DIGITS ".+_-", VERSION_MAX_BYTES);
}

/* At least two labels, the last one no number. */
static bool is_host(const char *text)
{
    const char *dot = strrchr(text, '.');
    return consists_of(text, LOWER DIGITS ".-", 253) && dot != NULL && dot != text &&
           strchr(LOWER, dot[1]) != NULL && dot[1] != '\0' && strstr(text, "..") == NULL;
}

static bool is_address(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_unit(const char *text)
{
    const char *dot = strrchr(text, '.');
    return consists_of(text, LOWER UPPER DIGITS ":_.@-", NAME_MAX_BYTES) && dot != NULL &&
           is_one_of(dot, (const char *const[]){".service", ".timer", ".socket", ".path", NULL});
}

static bool is_object_kind(const char *text)
{
    return is_one_of(text, (const char *const[]){"DaemonSet", "Deployment", "StatefulSet", "Job",
                                                 "CronJob", "Pod", "ConfigMap", "Secret",
                                                 "ServiceAccount", NULL});
}

static bool is_object_name(const char *text)
{
    return consists_of(text, LOWER DIGITS ".-", 253);
}

/* --- members ------------------------------------------------------------------ */

enum shape { TEXT, TEXTS, RANGES, NUMBER, FLAG };

#define OF(type) (1U << SW_INDICATOR_##type)
#define EVERY    (OF(TYPE_COUNT) - 1)

struct member {
    const char *name;
    unsigned types; /* that have it */
    unsigned needed_by;
    enum shape shape;
    bool (*fits)(const char *text);
    const char *wanted; /* for the message */
};

#define TYPES_WANTED "hash, path, package, domain, ip, unit or kubernetes"

static const struct member members[] = {
    {"id", EVERY, EVERY, TEXT, is_id, "capital letters, digits and hyphens"},
    {"type", EVERY, EVERY, TEXT, is_type, "hash, path, package, domain, ip, unit or kubernetes"},
    {"title", EVERY, EVERY, TEXT, is_title, "one line of at most 120 bytes"},
    {"stage", EVERY, EVERY, TEXT, is_line, "one line"},
    {"severity", EVERY, EVERY, TEXT, is_severity, "critical, high, medium, low or info"},
    {"confidence", EVERY, EVERY, TEXT, is_confidence, "high, medium or low"},
    {"source", EVERY, EVERY, TEXTS, is_source, "a list of keys of \"sources\""},
    {"note", EVERY, 0, TEXT, is_line, "one line"},
    {"sha256", OF(HASH), 0, TEXT, is_sha256, "64 lower-case hexadecimal digits"},
    {"sha1", OF(HASH), 0, TEXT, is_sha1, "40 lower-case hexadecimal digits"},
    {"md5", OF(HASH), 0, TEXT, is_md5, "32 lower-case hexadecimal digits"},
    {"artefact", OF(HASH), OF(HASH), TEXT, is_line, "one line"},
    {"size", OF(HASH), 0, NUMBER, NULL, "a number of bytes"},
    {"size_min", OF(HASH), 0, NUMBER, NULL, "a number of bytes"},
    {"size_max", OF(HASH), 0, NUMBER, NULL, "a number of bytes"},
    {"kind", OF(HASH), 0, TEXT, is_content, "a kind of content, such as zip, elf or python"},
    {"names", OF(HASH), 0, TEXTS, is_glob, "a list of file names, * for any run of characters"},
    {"check", OF(HASH), 0, TEXT, is_suspect, "\"suspect\""},
    {"pattern", OF(PATH), OF(PATH), TEXT, is_pattern,
     "a relative path, * for any run of characters inside a component"},
    {"platform", OF(PATH), OF(PATH), TEXT, is_platform, "linux, windows, macos or any"},
    {"ecosystem", OF(PACKAGE), OF(PACKAGE), TEXT, is_ecosystem,
     "pypi, npm, github-actions, openvsx, container or binary"},
    {"name", OF(PACKAGE), OF(PACKAGE), TEXT, is_package, "a package's name"},
    {"versions", OF(PACKAGE), 0, TEXTS, is_version, "a list of versions"},
    {"ranges", OF(PACKAGE), 0, RANGES, is_version, "a list of pairs of versions"},
    {"commits", OF(PACKAGE), 0, TEXTS, is_sha1, "a list of commits, 40 hexadecimal digits each"},
    {"digests", OF(PACKAGE), 0, TEXTS, is_digest, "a list of digests, sha256: and 64 digits"},
    {"safe", OF(PACKAGE), 0, TEXTS, is_version, "a list of versions"},
    {"value", OF(DOMAIN), OF(DOMAIN), TEXT, is_host, "a host name in lower case"},
    {"subdomains", OF(DOMAIN), 0, FLAG, NULL, "true or false"},
    {"value", OF(IP), OF(IP), TEXT, is_address, "an IPv4 or IPv6 address"},
    {"port", OF(IP), 0, NUMBER, NULL, "a port"},
    {"value", OF(UNIT), OF(UNIT), TEXT, is_unit, "the file name of a systemd unit"},
    {"description", OF(UNIT), 0, TEXT, is_line, "one line"},
    {"kind", OF(KUBERNETES), OF(KUBERNETES), TEXT, is_object_kind, "a kind, such as DaemonSet"},
    {"namespace", OF(KUBERNETES), OF(KUBERNETES), TEXT, is_object_name, "a namespace"},
    {"name", OF(KUBERNETES), OF(KUBERNETES), TEXT, is_object_name, "an object's name"},
    {"prefix", OF(KUBERNETES), 0, FLAG, NULL, "true or false"},
};
enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static const struct member *member_of(const char *name, unsigned type)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if ((members[i].types & type) != 0 && strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

static bool texts_fit(const json_t *list, bool (*fits)(const char *text))
{
    size_t i;
    const json_t *value;

    json_array_foreach(list, i, value)
    {
        if (!json_is_string(value) || !fits(json_string_value(value)))
            return false;
    }
    return json_array_size(list) > 0;
}

static bool ranges_fit(const json_t *list, bool (*fits)(const char *text))
{
    size_t i;
    const json_t *value;

    json_array_foreach(list, i, value)
    {
        if (json_array_size(value) != 2 || !texts_fit(value, fits))
            return false;
    }
    return json_array_size(list) > 0;
}

static bool value_fits(const struct member *member, const json_t *value)
{
    switch (member->shape) {
    case TEXT:
        return json_is_string(value) &&
               strlen(json_string_value(value)) == json_string_length(value) &&
               member->fits(json_string_value(value));
    case TEXTS:
        return texts_fit(value, member->fits);
    case RANGES:
        return ranges_fit(value, member->fits);
    case NUMBER:
        return json_is_integer(value) && json_integer_value(value) > 0;
    case FLAG:
        return json_is_boolean(value);
    }
    return false;
}

/* --- the file ------------------------------------------------------------------- */

struct place {
    struct sw_indicator_spot *spot;
    struct sw_error *error;
    size_t entry;
};

/* `name`: the member that is wrong; NULL: the entry as a whole. */
static enum sw_status wrong(const struct place *place, const char *name, const char *what,
                            const char *text)
{
    snprintf(place->spot->pointer, sizeof(place->spot->pointer), "/entries/%zu%s%.80s",
             place->entry, name == NULL ? "" : "/", name == NULL ? "" : name);
    if (name == NULL)
        return sw_fail(place->error, SW_STOP, "indicator", 0, "%s%s", what, text);
    return sw_fail(place->error, SW_STOP, "indicator", 0, "\"%.80s\"%s%s", name, what, text);
}

static enum sw_status check_members(json_t *entry, unsigned type, const struct place *place)
{
    const char *name;
    const json_t *value;

    json_object_foreach(entry, name, value)
    {
        const struct member *member = member_of(name, type);
        if (member == NULL)
            return wrong(place, name, ": no such field", "");
        if (!value_fits(member, value))
            return wrong(place, name, " must be ", member->wanted);
    }
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        if ((members[i].needed_by & type) != 0 && json_object_get(entry, members[i].name) == NULL)
            return wrong(place, NULL, "a field is missing: ", members[i].name);
    return SW_OK;
}

static bool has(const json_t *entry, const char *name)
{
    return json_object_get(entry, name) != NULL;
}

/* What no single member can say. */
static enum sw_status check_hash(const json_t *entry, const struct place *place)
{
    if (!has(entry, "sha256") && !has(entry, "sha1") && !has(entry, "md5"))
        return wrong(place, NULL, "", "a hash needs sha256, sha1 or md5");
    if (has(entry, "size") && (has(entry, "size_min") || has(entry, "size_max")))
        return wrong(place, NULL, "", "size goes with neither size_min nor size_max");
    if (!has(entry, "size") && !has(entry, "size_min") && !has(entry, "size_max") &&
        !has(entry, "kind") && !has(entry, "names") && !has(entry, "check"))
        return wrong(place, NULL, "",
                     "a hash needs a size, a kind, names, or \"check\": \"suspect\": what else "
                     "would keep every file from being hashed?");
    return SW_OK;
}

static enum sw_status check_package(const json_t *entry, const struct place *place)
{
    if (has(entry, "versions") || has(entry, "ranges") || has(entry, "commits") ||
        has(entry, "digests"))
        return SW_OK;
    return wrong(place, NULL, "", "a package needs versions, ranges, commits or digests");
}

static enum sw_status check_sources(const json_t *entry, const json_t *sources,
                                    const struct place *place)
{
    size_t i;
    const json_t *key;

    json_array_foreach(json_object_get(entry, "source"), i, key)
    {
        if (json_object_get(sources, json_string_value(key)) == NULL)
            return wrong(place, "source",
                         ": this key is not in \"sources\": ", json_string_value(key));
    }
    return SW_OK;
}

static enum sw_status check_entry(json_t *entry, const json_t *sources, const struct place *place)
{
    const char *text = json_string_value(json_object_get(entry, "type"));
    unsigned type = 0;

    if (!json_is_object(entry))
        return wrong(place, NULL, "", "an entry must be an object");
    if (text == NULL || !is_type(text))
        return wrong(place, "type", " must be ", TYPES_WANTED);
    while (strcmp(sw_indicator_type_name((enum sw_indicator_type)type), text) != 0)
        type++;
    enum sw_status status = check_members(entry, 1U << type, place);
    if (status == SW_OK && type == SW_INDICATOR_HASH)
        status = check_hash(entry, place);
    if (status == SW_OK && type == SW_INDICATOR_PACKAGE)
        status = check_package(entry, place);
    return status == SW_OK ? check_sources(entry, sources, place) : status;
}

static enum sw_status wrong_file(struct sw_indicator_spot *spot, struct sw_error *error,
                                 const char *pointer, const char *text)
{
    snprintf(spot->pointer, sizeof(spot->pointer), "%s", pointer);
    return sw_fail(error, SW_STOP, "indicator", 0, "%s", text);
}

static enum sw_status check_head(json_t *file, struct sw_indicator_spot *spot,
                                 struct sw_error *error)
{
    static const char *const names[] = {"schema", "family", "sources", "entries", NULL};
    const char *schema = json_string_value(json_object_get(file, "schema"));
    const char *family = json_string_value(json_object_get(file, "family"));
    json_t *sources = json_object_get(file, "sources");
    const char *name;
    const json_t *value;

    if (!json_is_object(file))
        return wrong_file(spot, error, "", "a file of indicators is a JSON object");
    json_object_foreach(file, name, value)
    {
        if (!is_one_of(name, names)) {
            snprintf(spot->pointer, sizeof(spot->pointer), "/%.80s", name);
            return sw_fail(error, SW_STOP, "indicator", 0, "unknown field \"%.80s\"", name);
        }
    }
    if (schema == NULL || !is_schema(schema))
        return wrong_file(spot, error, schema ? "/schema" : "", "\"schema\" must be \"1.0\"");
    if (family == NULL || !is_family(family))
        return wrong_file(spot, error, family ? "/family" : "",
                          "\"family\" must be lower-case letters and digits");
    if (!json_is_object(sources) || !json_is_array(json_object_get(file, "entries")))
        return wrong_file(spot, error, "",
                          "\"sources\" (object) and \"entries\" (list) are needed");
    json_object_foreach(sources, name, value)
    {
        if (!is_source(name) || !json_is_string(value) || !is_line(json_string_value(value)))
            return wrong_file(spot, error, "/sources",
                              "\"sources\" must give one line for each key of capital letters");
    }
    return SW_OK;
}

enum sw_status sw_indicator_form_check(json_t *file, struct sw_indicator_spot *spot,
                                       struct sw_error *error)
{
    enum sw_status status = check_head(file, spot, error);
    const json_t *sources = json_object_get(file, "sources");
    size_t i;
    json_t *entry;

    if (status != SW_OK)
        return status;
    json_array_foreach(json_object_get(file, "entries"), i, entry)
    {
        const struct place place = {spot, error, i};
        status = check_entry(entry, sources, &place);
        if (status != SW_OK)
            return status;
    }
    return SW_OK;
}
