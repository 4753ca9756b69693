/* SPDX-License-Identifier: Apache-2.0 */
/* The forms that the engine's findings, gaps and account of itself must have. */
#include "supervisor/record_check.h"

#include <string.h>

#include "supervisor/base64.h"
#include "supervisor/record_form.h"
#include "sweeper/gap.h"
#include "sweeper/limits.h"
#include "sweeper/origin.h"
#include "sweeper/package.h"
#include "sweeper/record.h"
#include "sweeper/rule.h"
#include "sweeper/text.h"

/* Bounds on texts and lists. A record is at most SW_RECORD_MAX bytes anyway;
 * these keep each member in proportion. */
enum {
    NAME_MAX_BYTES = 256,           /* rule, tag, pattern, version: libyara stops at 128 */
    NAMESPACE_MAX_BYTES = 8192,     /* made from a path */
    MEMBER_MAX_BYTES = 8192,        /* a member's name: the engine keeps half of it */
    PATH_MAX_BYTES = 65536 * 4,     /* of a file on a disk, escaped */
    PROSE_MAX_BYTES = 8192,         /* detail, reason, libmagic's description */
    TEXT_MAX_BYTES = SW_RECORD_MAX, /* a meta value: the rule's author decides */
    BASE64_MAX_BYTES = (SW_MATCH_DATA_MAX + 2) / 3 * 4,
    MEMBER_BASE64_MAX_BYTES = (MEMBER_MAX_BYTES + 2) / 3 * 4,
    ROWS_MAX = 100000, /* elements of any list */
};

static bool is_finding(const char *text)
{
    return strcmp(text, "finding") == 0;
}

static bool is_gap(const char *text)
{
    return strcmp(text, "gap") == 0;
}

static bool is_disk_image(const char *text)
{
    return strcmp(text, "disk_image") == 0;
}

static bool is_verified(const char *text)
{
    return strcmp(text, "match") == 0 || strcmp(text, "mismatch") == 0 ||
           strcmp(text, "incomplete") == 0 || strcmp(text, "nothing_stored") == 0;
}

/* Of any of the three digests. */
static bool is_digest(const char *text)
{
    return text[strspn(text, "0123456789abcdef")] == '\0';
}

static bool is_root(const char *text)
{
    return strcmp(text, "root") == 0;
}

static bool is_plain(const char *text)
{
    return sw_text_is_printable((struct sw_view){(const uint8_t *)text, strlen(text)});
}

static bool is_kind(const char *text)
{
    return strcmp(text, "yara") == 0 || strcmp(text, "hash") == 0 || strcmp(text, "path") == 0 ||
           strcmp(text, "package") == 0 || strcmp(text, "integrity") == 0;
}

/* "decoded", or a format's name. The file itself is not for the engine to say. */
static bool is_hop(const char *text)
{
    return strcmp(text, "file") != 0 &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* How much of a deleted file's content is still its own. */
static bool is_recovery(const char *text)
{
    return strcmp(text, "full") == 0 || strcmp(text, "partial") == 0 ||
           strcmp(text, "overwritten") == 0;
}

static bool is_encoding(const char *text)
{
    return strcmp(text, "text") == 0 || strcmp(text, "base64") == 0;
}

/* As records spell it: what a rule's meta may write otherwise, the engine has
 * read already. */
static bool is_severity(const char *text)
{
    enum sw_severity severity;
    return sw_severity_find(text, &severity) && strcmp(text, sw_severity_name(severity)) == 0;
}

static bool is_reason(const char *text)
{
    return sw_gap_find(text) != SW_GAP_NONE;
}

static bool is_ecosystem(const char *text)
{
    enum sw_ecosystem ecosystem;
    return sw_ecosystem_find(text, &ecosystem);
}

/* Printable ASCII without blanks, as sweeper/package.h has it. */
static bool is_package_text(const char *text)
{
    while (*text > ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

static bool is_parcel_form(const char *text)
{
    return sw_parcel_form_find(text) != SW_PARCEL_FORM_COUNT;
}

static bool is_known_by(const char *text)
{
    return strcmp(text, "name") == 0 || strcmp(text, "content") == 0;
}

static bool is_origin(const char *text)
{
    return sw_origin_find(text) != SW_ORIGIN_NONE;
}

static bool is_sha256(const char *text)
{
    return strspn(text, "0123456789abcdef") == 64 && text[64] == '\0';
}

#define TEXT_FORM(name, min, max, test)                                                            \
    static const struct sw_form name = {                                                           \
        .kind = SW_FORM_TEXT, .size_min = (min), .size_max = (max), .known = (test)}
#define LIST_FORM(name, element, max)                                                              \
    static const struct sw_form name = {.kind = SW_FORM_LIST, .size_max = (max), .of = &(element)}
#define OBJECT_FORM(name, rows)                                                                    \
    static const struct sw_form name = {.kind = SW_FORM_OBJECT,                                    \
                                        .members = (rows),                                         \
                                        .member_count = sizeof(rows) / sizeof((rows)[0])}

TEXT_FORM(finding_type_form, 1, 16, is_finding);
TEXT_FORM(gap_type_form, 1, 16, is_gap);
TEXT_FORM(kind_form, 1, 16, is_kind);
TEXT_FORM(encoding_form, 1, 16, is_encoding);
TEXT_FORM(severity_form, 1, 16, is_severity);
TEXT_FORM(reason_form, 1, 64, is_reason);
TEXT_FORM(sha256_form, 64, 64, is_sha256);
TEXT_FORM(ecosystem_form, 1, 16, is_ecosystem);
TEXT_FORM(package_text_form, 1, SW_PACKAGE_TEXT_MAX, is_package_text);
TEXT_FORM(parcel_form, 1, 16, is_parcel_form);
TEXT_FORM(known_by_form, 1, 16, is_known_by);
TEXT_FORM(origin_form, 1, 16, is_origin);
TEXT_FORM(name_form, 1, NAME_MAX_BYTES, NULL);
TEXT_FORM(namespace_form, 0, NAMESPACE_MAX_BYTES, NULL);
TEXT_FORM(prose_form, 0, PROSE_MAX_BYTES, NULL);
TEXT_FORM(data_form, 0, BASE64_MAX_BYTES, NULL);
static const struct sw_form number_form = {.kind = SW_FORM_NUMBER};
static const struct sw_form integer_form = {.kind = SW_FORM_INTEGER};
static const struct sw_form boolean_form = {.kind = SW_FORM_BOOLEAN};
static const struct sw_form name_or_null_form = {
    .kind = SW_FORM_TEXT, .nullable = true, .size_min = 1, .size_max = NAME_MAX_BYTES};
static const struct sw_form prose_or_null_form = {
    .kind = SW_FORM_TEXT, .nullable = true, .size_max = PROSE_MAX_BYTES};
static const struct sw_form family_form = {
    .kind = SW_FORM_TEXT, .nullable = true, .size_max = TEXT_MAX_BYTES};
static const struct sw_form scalar_form = {.kind = SW_FORM_SCALAR, .size_max = TEXT_MAX_BYTES};
static const struct sw_form meta_form = {
    .kind = SW_FORM_MAP, .size_max = ROWS_MAX, .of = &scalar_form};
LIST_FORM(names_form, name_form, ROWS_MAX);
LIST_FORM(proses_form, prose_form, ROWS_MAX);
TEXT_FORM(hop_kind_form, 1, 16, is_hop);
TEXT_FORM(hop_name_form, 1, MEMBER_MAX_BYTES, NULL);
TEXT_FORM(former_form, 1, PATH_MAX_BYTES, NULL);
TEXT_FORM(recovery_form, 1, 16, is_recovery);
TEXT_FORM(hop_base64_form, 1, MEMBER_BASE64_MAX_BYTES, NULL);

static const struct sw_form_member parcel_rows[] = {
    {"form", false, &parcel_form},
    {"name", false, &package_text_form},
    {"version", false, &package_text_form},
    {"known_by", false, &known_by_form},
};
OBJECT_FORM(parcel_object_form, parcel_rows);

static const struct sw_form_member hop_rows[] = {
    {"kind", false, &hop_kind_form},
    /* a member has one of the two, a layer the first; what a disk holds may have none */
    {"name", true, &hop_name_form},
    {"name_base64", true, &hop_base64_form},
    /* of a member */
    {"mode", true, &number_form},
    {"mtime", true, &integer_form},
    {"atime", true, &integer_form},
    {"ctime", true, &integer_form},
    {"btime", true, &integer_form},
    {"origin", true, &origin_form},
    {"uid", true, &number_form},
    {"gid", true, &number_form},
    {"inode", true, &number_form},
    {"package", true, &parcel_object_form},
    {"parts", true, &number_form},
    /* of what a disk, or a part of one, holds */
    {"disk", true, &boolean_form},
    {"deleted", true, &boolean_form},
    {"recovery", true, &recovery_form},
    /* of a layer */
    {"encoding", true, &name_form},
    {"offset", true, &number_form},
    {"length", true, &number_form},
};
OBJECT_FORM(hop_form, hop_rows);
const struct sw_form sw_record_chain_form = {
    .kind = SW_FORM_LIST, .size_max = SW_HOP_DEPTH_MAX - 1, .of = &hop_form};

static const struct sw_form_member match_rows[] = {
    {"pattern", false, &name_form},
    {"offset", false, &number_form},
    {"length", false, &number_form},
    {"data", false, &data_form},
    {"encoding", false, &encoding_form},
    /* of bytes as they lie on a disk */
    {"image_offset", true, &number_form},
    {"former", true, &former_form},
};
OBJECT_FORM(match_form, match_rows);
LIST_FORM(matches_form, match_form, ROWS_MAX);

static const struct sw_form_member rule_rows[] = {
    {"name", false, &name_form},
    {"namespace", false, &namespace_form},
    {"tags", false, &names_form},
    {"meta", false, &meta_form},
};
OBJECT_FORM(rule_form, rule_rows);

static const struct sw_form_member rule_name_rows[] = {
    {"name", false, &name_form},
    {"namespace", false, &namespace_form},
};
OBJECT_FORM(rule_name_form, rule_name_rows);

static const struct sw_form_member object_rows[] = {
    {"sha256", false, &sha256_form},
    {"size", false, &number_form},
    {"type", false, &prose_form},
    {"mime", false, &prose_form},
};
OBJECT_FORM(object_form, object_rows);

static const struct sw_form_member package_rows[] = {
    {"ecosystem", false, &ecosystem_form},
    {"name", false, &package_text_form},
    {"version", false, &package_text_form},
};
OBJECT_FORM(package_form, package_rows);

static const struct sw_form_member finding_rows[] = {
    {"type", false, &finding_type_form},
    {"kind", false, &kind_form},
    {"severity", false, &severity_form},
    {"rule_severity", false, &severity_form},
    {"severity_reason", false, &prose_form},
    {"family", false, &family_form},
    {"rule", false, &rule_form},
    {"match_count", false, &number_form},
    {"matches", false, &matches_form},
    {"package", true, &package_form},
    {"object", false, &object_form},
    {"chain", false, &sw_record_chain_form},
};
OBJECT_FORM(finding_form, finding_rows);

static const struct sw_form_member gap_rows[] = {
    {"type", false, &gap_type_form},         {"reason", false, &reason_form},
    {"detail", false, &prose_form},          {"rule", true, &rule_name_form},
    {"chain", false, &sw_record_chain_form},
};
OBJECT_FORM(gap_form, gap_rows);

TEXT_FORM(disk_image_type_form, 1, 16, is_disk_image);
TEXT_FORM(verified_form, 1, 16, is_verified);
TEXT_FORM(digest_form, 32, 64, is_digest);
static const struct sw_form acquisition_form = {
    .kind = SW_FORM_MAP, .size_max = ROWS_MAX, .of = &prose_form};
static const struct sw_form_member digests_rows[] = {
    {"md5", true, &digest_form},
    {"sha1", true, &digest_form},
    {"sha256", true, &digest_form},
};
OBJECT_FORM(digests_form, digests_rows);
static const struct sw_form_member image_file_rows[] = {
    {"name", false, &name_form},
    {"size", false, &number_form},
    {"sha256", false, &sha256_form},
};
OBJECT_FORM(image_file_form, image_file_rows);
LIST_FORM(image_files_form, image_file_form, SW_PARTS_MAX);
static const struct sw_form_member disk_image_rows[] = {
    {"type", false, &disk_image_type_form},  {"format", false, &hop_kind_form},
    {"size", false, &number_form},           {"acquisition", true, &acquisition_form},
    {"stored", true, &digests_form},         {"computed", true, &digests_form},
    {"files", true, &image_files_form},      {"verified", true, &verified_form},
    {"chain", false, &sw_record_chain_form},
};
OBJECT_FORM(disk_image_form, disk_image_rows);

/* A file system of a disk, and the host that it was a part of. */
TEXT_FORM(root_type_form, 1, 16, is_root);
TEXT_FORM(fact_form, 1, 255, is_plain);

static const struct sw_form_member system_rows[] = {
    {"id", true, &fact_form}, {"version", true, &fact_form}, {"name", true, &fact_form}};
OBJECT_FORM(system_form, system_rows);

static const struct sw_form_member home_rows[] = {{"user", false, &fact_form},
                                                  {"home", false, &fact_form}};
OBJECT_FORM(home_form, home_rows);
LIST_FORM(homes_form, home_form, 256);

static const struct sw_form_member container_rows[] = {{"engine", false, &fact_form},
                                                       {"id", false, &fact_form},
                                                       {"name", true, &fact_form},
                                                       {"image", true, &fact_form}};
OBJECT_FORM(container_form, container_rows);
LIST_FORM(containers_form, container_form, 512);

static const struct sw_form_member host_rows[] = {{"os", true, &system_form},
                                                  {"name", true, &fact_form},
                                                  {"machine_id", true, &fact_form},
                                                  {"time_zone", true, &fact_form},
                                                  {"locale", true, &fact_form},
                                                  {"homes", true, &homes_form},
                                                  {"containers", true, &containers_form}};
OBJECT_FORM(host_form, host_rows);

static const struct sw_form_member root_rows[] = {{"type", false, &root_type_form},
                                                  {"chain", false, &sw_record_chain_form},
                                                  {"filesystem", false, &fact_form},
                                                  {"label", true, &fact_form},
                                                  {"uuid", true, &fact_form},
                                                  {"size", false, &number_form},
                                                  {"files", false, &number_form},
                                                  {"directories", false, &number_form},
                                                  {"deleted", false, &number_form},
                                                  {"bytes", false, &number_form},
                                                  {"python_packages", false, &number_form},
                                                  {"node_packages", false, &number_form},
                                                  {"whole", false, &boolean_form},
                                                  {"host", true, &host_form}};
OBJECT_FORM(root_form, root_rows);

static const struct sw_form_member disabled_rows[] = {
    {"namespace", false, &namespace_form},
    {"rule", false, &name_form},
    {"why", false, &prose_form},
};
OBJECT_FORM(disabled_form, disabled_rows);
LIST_FORM(disabled_list_form, disabled_form, ROWS_MAX);

static const struct sw_form_member ruleset_rows[] = {
    {"digest", false, &sha256_form},
    {"rules", false, &number_form},
    {"files", false, &number_form},
    {"disabled", false, &disabled_list_form},
};
OBJECT_FORM(ruleset_form, ruleset_rows);

static const struct sw_form_member unfilterable_rows[] = {
    {"rule", false, &name_form},
    {"namespace", false, &namespace_form},
    {"pattern", false, &name_form},
};
OBJECT_FORM(unfilterable_form, unfilterable_rows);
LIST_FORM(unfilterable_list_form, unfilterable_form, ROWS_MAX);

static const struct sw_form_member prefilter_rows[] = {
    {"on", false, &boolean_form},
    {"reason", false, &prose_or_null_form},
    {"patterns", false, &number_form},
    {"proofs", false, &number_form},
    {"unfilterable", false, &unfilterable_list_form},
};
OBJECT_FORM(prefilter_form, prefilter_rows);

static const struct sw_form_member sandbox_rows[] = {
    {"no_new_privs", false, &boolean_form}, {"landlock_abi", false, &number_form},
    {"seccomp", false, &boolean_form},      {"rlimits", false, &boolean_form},
    {"missing", false, &proses_form},
};
OBJECT_FORM(sandbox_form, sandbox_rows);

static const struct sw_form_member libraries_rows[] = {
    {"libyara", false, &name_form},
    {"libmagic", false, &name_form},
    {"hyperscan", false, &name_or_null_form},
    {"openssl", false, &name_form},
};
OBJECT_FORM(libraries_form, libraries_rows);

static const struct sw_form_member account_rows[] = {
    {"ruleset", false, &ruleset_form},
    {"prefilter", false, &prefilter_form},
    {"sandbox", false, &sandbox_form},
    {"libraries", false, &libraries_form},
};
OBJECT_FORM(account_form, account_rows);

/* What no form can say: how members of one match stand to each other. */
static enum sw_status check_match(const json_t *match, struct sw_error *error)
{
    const char *data = json_string_value(json_object_get(match, "data"));
    const char *encoding = json_string_value(json_object_get(match, "encoding"));
    json_int_t length = json_integer_value(json_object_get(match, "length"));
    size_t size = strlen(data);
    if (strcmp(encoding, "base64") == 0 && !sw_base64_decode(data, NULL, SW_MATCH_DATA_MAX, &size))
        return sw_fail(error, SW_DEAD, "record", 0, "the engine's match data is not base64");
    if (size > SW_MATCH_DATA_MAX || size > (size_t)length)
        return sw_fail(error, SW_DEAD, "record", 0,
                       "the engine's match holds more data than the match is long");
    return SW_OK;
}

/* What only members have. */
static bool has_facts(const json_t *hop)
{
    static const char *const names[] = {"mtime", "atime", "ctime",   "btime", "origin", "uid",
                                        "gid",   "inode", "package", "parts", "disk",   "deleted"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (json_object_get(hop, names[i]) != NULL)
            return true;
    return false;
}

/* A layer, a member with a plain name, or a member with bytes for a name. */
static bool is_whole_hop(const json_t *hop)
{
    const char *coded = json_string_value(json_object_get(hop, "name_base64"));
    bool layer = strcmp(json_string_value(json_object_get(hop, "kind")), "decoded") == 0;
    size_t size = 0;

    const json_t *parts = json_object_get(hop, "parts");

    if (parts != NULL &&
        (json_integer_value(parts) < 1 || json_integer_value(parts) > SW_PARTS_MAX))
        return false;
    if (layer != (json_object_get(hop, "encoding") != NULL) ||
        (json_object_get(hop, "offset") != NULL) != (json_object_get(hop, "length") != NULL) ||
        (layer && json_object_get(hop, "offset") == NULL) ||
        (!layer && json_object_get(hop, "offset") != NULL &&
         json_object_get(hop, "disk") == NULL) ||
        layer == (json_object_get(hop, "mode") != NULL) || (layer && has_facts(hop)) ||
        (json_object_get(hop, "recovery") != NULL && json_object_get(hop, "deleted") == NULL))
        return false;
    if (json_object_get(hop, "name") == NULL && coded == NULL)
        return json_object_get(hop, "disk") != NULL;
    if (json_object_get(hop, "name") != NULL && coded != NULL)
        return false;
    if (coded == NULL)
        return true;
    return !layer && sw_base64_decode(coded, NULL, MEMBER_MAX_BYTES, &size) && size != 0;
}

static enum sw_status check_chain(const json_t *record, struct sw_error *error)
{
    const json_t *chain = json_object_get(record, "chain");

    for (size_t i = 0; i < json_array_size(chain); i++)
        if (!is_whole_hop(json_array_get(chain, i)))
            return sw_fail(error, SW_DEAD, "record", 0, "the engine's chain has a malformed hop");
    return SW_OK;
}

static enum sw_status check_finding(json_t *record, struct sw_error *error)
{
    enum sw_status status = sw_form_check(record, &finding_form, "finding", error);
    if (status != SW_OK)
        return status;
    const char *kind = json_string_value(json_object_get(record, "kind"));
    if ((strcmp(kind, "package") == 0) != (json_object_get(record, "package") != NULL))
        return sw_fail(error, SW_DEAD, "record", 0,
                       "the engine's finding is of a package and names none, or the reverse");
    const json_t *matches = json_object_get(record, "matches");
    json_int_t match_count = json_integer_value(json_object_get(record, "match_count"));
    if ((size_t)match_count < json_array_size(matches))
        return sw_fail(error, SW_DEAD, "record", 0,
                       "the engine's finding lists more matches than it counts");
    for (size_t i = 0; i < json_array_size(matches) && status == SW_OK; i++)
        status = check_match(json_array_get(matches, i), error);
    return status;
}

static enum sw_status parse(const char *text, size_t size, json_t **parsed, struct sw_error *error)
{
    json_error_t trouble;
    if (size > SW_RECORD_MAX)
        return sw_fail(error, SW_DEAD, "record", 0, "the engine's record of %zu bytes is too long",
                       size);
    *parsed = json_loadb(text, size, JSON_REJECT_DUPLICATES, &trouble);
    if (*parsed != NULL)
        return SW_OK;
    /* Jansson's own text quotes the input, which is not to be printed. */
    if (json_error_code(&trouble) == json_error_out_of_memory)
        return sw_fail(error, SW_STOP, "record", 0, "no memory for a record");
    return sw_fail(error, SW_DEAD, "record", 0,
                   "the engine's record is not JSON (byte %d, jansson's error %d)",
                   trouble.position, (int)json_error_code(&trouble));
}

enum sw_status sw_record_check(const char *text, size_t size, enum sw_engine_record *kind,
                               json_t **parsed, struct sw_error *error)
{
    json_t *record = NULL;
    enum sw_status status = parse(text, size, &record, error);
    if (status != SW_OK)
        return status;
    const char *type = json_string_value(json_object_get(record, "type"));
    bool gap = type != NULL && is_gap(type);
    bool image = type != NULL && is_disk_image(type);
    bool root = type != NULL && is_root(type);
    if (type == NULL || !(gap || image || root || is_finding(type)))
        status = sw_fail(error, SW_DEAD, "record", 0,
                         "the engine's record is neither a finding nor a gap");
    else if (image)
        status = sw_form_check(record, &disk_image_form, "disk image", error);
    else if (root)
        status = sw_form_check(record, &root_form, "root", error);
    else if (gap)
        status = sw_form_check(record, &gap_form, "gap", error);
    else
        status = check_finding(record, error);
    if (status == SW_OK)
        status = check_chain(record, error);
    if (status != SW_OK) {
        json_decref(record);
        return status;
    }
    *kind = gap     ? SW_ENGINE_GAP
            : image ? SW_ENGINE_DISK_IMAGE
            : root  ? SW_ENGINE_ROOT
                    : SW_ENGINE_FINDING;
    *parsed = record;
    return SW_OK;
}

bool sw_record_engine_account_ok(const json_t *engine)
{
    /* A copy, because iterating needs a value that is not const. */
    json_t *copy = json_deep_copy(engine);
    bool ok = copy != NULL && sw_form_check(copy, &account_form, "account", NULL) == SW_OK;
    json_decref(copy);
    return ok;
}
