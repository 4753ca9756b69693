/* SPDX-License-Identifier: Apache-2.0 */
/* text: for people. Everything that came from outside is escaped, so that no
 * name and no content can steer the terminal. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "supervisor/base64.h"
#include "supervisor/columns.h"
#include "supervisor/sink_format.h"
#include "supervisor/summary.h"
#include "supervisor/text_image.h"
#include "supervisor/text_incident.h"
#include "sweeper/record.h"
#include "sweeper/text.h"

enum {
    MATCHES_SHOWN = 3,
    WIDTH_DEFAULT = 100,
    WIDTH_MIN = 60,
    WIDTH_MAX = 120,
    INDENT = 10, /* under which everything but the first line of a record stands */
    TEXT_MAX = 1024 * 1024 * 1024,
};

struct text_state {
    bool color;
    size_t width;
};

/* The text of one record; `status` is the worst that happened to it. */
struct page {
    const struct text_state *state;
    struct sw_buf text;
    enum sw_status status;
};

struct style {
    const char *word;
    const char *code; /* SGR parameters of ECMA-48 */
};
static const struct style styles[] = {
    {"critical", "1;31"}, {"high", "31"},     {"medium", "33"}, {"low", "36"},        {"info", "2"},
    {"gap", "35"},        {"engine", "1;35"}, {"note", "33"},   {"incident", "1;31"},
};

static void note(struct page *page, enum sw_status status)
{
    if (status < page->status)
        page->status = status;
}

static void put(struct page *page, const char *trusted)
{
    note(page, sw_buf_append_text(&page->text, trusted));
}

static void put_safe(struct page *page, const char *hostile)
{
    note(page, sw_summary_safe(&page->text, hostile == NULL ? "" : hostile));
}

#define PUT_FORMAT(page, ...) note((page), sw_buf_append_format(&(page)->text, __VA_ARGS__))

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static long long number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* "CRITICAL  ", in colour where that is wanted. */
static void put_word(struct page *page, const char *word)
{
    const char *code = NULL;
    char upper[16] = "";
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
        if (strcmp(styles[i].word, word) == 0)
            code = styles[i].code;
    }
    size_t length = strnlen(word, sizeof upper - 1);
    for (size_t i = 0; i < length; i++)
        upper[i] = (char)toupper((unsigned char)word[i]);
    bool color = page->state->color && code != NULL;
    PUT_FORMAT(page, "%s%s%s%s%s%*s", color ? "\x1b[" : "", color ? code : "", color ? "m" : "",
               upper, color ? "\x1b[0m" : "", (int)(INDENT - length), "");
}

static void put_indent(struct page *page)
{
    PUT_FORMAT(page, "%*s", INDENT, "");
}

static void put_indented(struct page *page, const char *hostile)
{
    if (hostile == NULL || hostile[0] == '\0')
        return;
    put_indent(page);
    put_safe(page, hostile);
    put(page, "\n");
}

/* UTF-16LE of ASCII, as wide strings match it: the letters without the NULs. */
static size_t narrow(uint8_t *data, size_t size)
{
    if (size < 2 || size % 2 != 0)
        return size;
    for (size_t i = 0; i < size; i += 2) {
        if (data[i] < 0x20 || data[i] > 0x7e || data[i + 1] != 0)
            return size;
    }
    for (size_t i = 0; i < size / 2; i++)
        data[i] = data[2 * i];
    return size / 2;
}

/* The bytes of a match; returns how many. */
static size_t match_bytes(const json_t *match, uint8_t data[static SW_MATCH_DATA_MAX])
{
    const char *text = text_of(match, "data");
    size_t size = 0;
    if (strcmp(text_of(match, "encoding"), "base64") == 0) {
        if (!sw_base64_decode(text, data, SW_MATCH_DATA_MAX, &size))
            size = 0;
        return narrow(data, size);
    }
    size = strnlen(text, SW_MATCH_DATA_MAX);
    memcpy(data, text, size);
    return size;
}

static void put_match(struct page *page, const json_t *match)
{
    uint8_t data[SW_MATCH_DATA_MAX];
    struct sw_buf excerpt;
    size_t start = page->text.size;
    put_indent(page);
    put_safe(page, text_of(match, "pattern"));
    PUT_FORMAT(page, " at %lld: ", number_of(match, "offset"));
    size_t used =
        sw_columns_count((struct sw_view){page->text.data + start, page->text.size - start});
    size_t room = used + 20 < page->state->width ? page->state->width - used : 20;
    size_t size = match_bytes(match, data);
    sw_buf_init(&excerpt, 8 * (size_t)SW_MATCH_DATA_MAX);
    note(page, sw_text_escape(&excerpt, (struct sw_view){data, size}));
    note(page, sw_columns_shorten(&page->text, sw_buf_view(&excerpt), room));
    put(page, "\n");
    sw_buf_done(&excerpt);
}

static void put_matches(struct page *page, const json_t *record)
{
    const json_t *matches = json_object_get(record, "matches");
    size_t shown = json_array_size(matches);
    if (shown > MATCHES_SHOWN)
        shown = MATCHES_SHOWN;
    for (size_t i = 0; i < shown; i++)
        put_match(page, json_array_get(matches, i));
    long long more = number_of(record, "match_count") - (long long)shown;
    if (more > 0) {
        put_indent(page);
        PUT_FORMAT(page, "and %lld more match%s\n", more, more == 1 ? "" : "es");
    }
}

/* The rule's own title where it has one, and its name in any case. */
static void put_rule(struct page *page, const json_t *rule)
{
    const char *title = text_of(json_object_get(rule, "meta"), "title");
    if (title != NULL && title[0] != '\0') {
        put_safe(page, title);
        put(page, " (");
    }
    put_safe(page, text_of(rule, "name"));
    if (title != NULL && title[0] != '\0')
        put(page, ")");
    put(page, "\n");
}

/* Why a finding does not count, where it does not. */
static void put_suppressed(struct page *page, const json_t *suppressed)
{
    if (suppressed == NULL)
        return;
    put_indent(page);
    put(page, "suppressed until ");
    put_safe(page, text_of(suppressed, "until"));
    put(page, ": ");
    put_safe(page, text_of(suppressed, "reason"));
    put(page, "\n");
}

/* The package that the container around it is. */
static void put_parcel(struct page *page, const json_t *package)
{
    if (package == NULL)
        return;
    put(page, " of the ");
    put_safe(page, text_of(package, "form"));
    put(page, " ");
    put_safe(page, text_of(package, "name"));
    put(page, "@");
    put_safe(page, text_of(package, "version"));
}

/* Where in the file, when it is not the file itself. */
static void put_hops(struct page *page, const json_t *chain)
{
    for (size_t i = 1; i < json_array_size(chain); i++) {
        if (i == 1)
            put_indent(page);
        put(page, i == 1 ? "inside " : ", inside that ");
        put_safe(page, text_of(json_array_get(chain, i), "name"));
        put_parcel(page, json_object_get(json_array_get(chain, i), "package"));
    }
    if (json_array_size(chain) > 1)
        put(page, "\n");
}

/* Why it is not as bad as its rule says. */
static void put_lowered(struct page *page, const json_t *record)
{
    const char *severity = text_of(record, "severity");
    const char *rule_severity = text_of(record, "rule_severity");
    if (severity == NULL || rule_severity == NULL || strcmp(severity, rule_severity) == 0)
        return;
    put_indent(page);
    put_safe(page, rule_severity);
    put(page, " by the rule, lowered: ");
    put_safe(page, text_of(record, "severity_reason"));
    put(page, "\n");
}

/* As a suppression would write it. */
static void put_package(struct page *page, const json_t *package)
{
    if (package == NULL)
        return;
    put(page, "package ");
    put_safe(page, text_of(package, "name"));
    put(page, "@");
    put_safe(page, text_of(package, "version"));
    put(page, " (");
    put_safe(page, text_of(package, "ecosystem"));
    put(page, "), ");
}

static void put_finding(struct page *page, const json_t *record)
{
    const json_t *object = json_object_get(record, "object");
    const char *family = text_of(record, "family");
    put_word(page, text_of(record, "severity"));
    put_rule(page, json_object_get(record, "rule"));
    put_indented(page, text_of(object, "path"));
    put_hops(page, json_object_get(record, "chain"));
    note(page, sw_image_text(&page->text, record, INDENT, page->state->width));
    put_lowered(page, record);
    put_matches(page, record);
    put_indent(page);
    if (family != NULL && family[0] != '\0') {
        put(page, "family ");
        put_safe(page, family);
        put(page, ", ");
    }
    put_package(page, json_object_get(record, "package"));
    put(page, "sha256 ");
    put_safe(page, text_of(object, "sha256"));
    put(page, "\n");
    put_suppressed(page, json_object_get(record, "suppressed"));
}

static void put_gap(struct page *page, const json_t *record)
{
    const json_t *rule = json_object_get(record, "rule");
    const char *reason = text_of(record, "reason");
    enum sw_gap gap = sw_gap_find(reason);
    put_word(page, "gap");
    put_safe(page, reason);
    if (gap != SW_GAP_NONE) {
        put(page, ": ");
        put(page, sw_gap_meaning(gap));
    }
    put(page, "\n");
    put_indented(page, text_of(json_object_get(record, "object"), "path"));
    put_indented(page, text_of(record, "detail"));
    if (rule == NULL)
        return;
    put_indent(page);
    put(page, "rule ");
    put_safe(page, text_of(rule, "name"));
    put(page, "\n");
}

static void put_fact(struct page *page, const char *name, const char *text)
{
    if (text == NULL)
        return;
    put_indent(page);
    put_safe(page, name);
    put(page, ": ");
    put_safe(page, text);
    put(page, "\n");
}

static void put_disk_image(struct page *page, const json_t *record)
{
    json_t *acquisition = json_object_get(record, "acquisition");
    const json_t *stored = json_object_get(record, "stored");
    const char *name;
    json_t *value;

    put_word(page, "image");
    put(page, "disk image (");
    put_safe(page, text_of(record, "format"));
    put(page, ")\n");
    put_indented(page, text_of(record, "locator"));
    json_object_foreach(acquisition, name, value)
    {
        put_fact(page, name, json_string_value(value));
    }
    put_fact(page, "stored MD5", text_of(stored, "md5"));
    put_fact(page, "stored SHA-1", text_of(stored, "sha1"));
    put_fact(page, "SHA-256", text_of(json_object_get(record, "computed"), "sha256"));
    put_fact(page, "verified", text_of(record, "verified"));
}

static void put_incident(struct page *page, const json_t *record)
{
    put_word(page, "incident");
    note(page, sw_incident_text(&page->text, record, INDENT, page->state->width));
}

static void put_engine_death(struct page *page, const json_t *record)
{
    const json_t *suspects = json_object_get(record, "suspects");
    const char *signal = text_of(record, "signal");
    put_word(page, "engine");
    put(page, "the engine ended (");
    put_safe(page, text_of(record, "cause"));
    put(page, signal == NULL ? "" : ", ");
    put_safe(page, signal);
    put(page, ") and was started again\n");
    put_indented(page, text_of(record, "detail"));
    for (size_t i = 0; i < json_array_size(suspects); i++)
        put_indented(page, text_of(json_array_get(suspects, i), "path"));
}

/* What makes a sweep weaker than it should be is said at the start. */
static void put_weaknesses(struct page *page, const json_t *record)
{
    const json_t *prefilter = json_object_get(record, "prefilter");
    const json_t *missing = json_object_get(json_object_get(record, "sandbox"), "missing");
    const json_t *disabled = json_object_get(json_object_get(record, "ruleset"), "disabled");
    const char *reason = text_of(prefilter, "reason");
    if (!json_is_true(json_object_get(prefilter, "on"))) {
        put_word(page, "note");
        put(page, "every object takes the full scan");
        put(page, reason == NULL || reason[0] == '\0' ? "" : ": ");
        put_safe(page, reason);
        put(page, "\n");
    }
    for (size_t i = 0; i < json_array_size(missing); i++) {
        put_word(page, "note");
        put(page, "sandbox: ");
        put_safe(page, json_string_value(json_array_get(missing, i)));
        put(page, "\n");
    }
    for (size_t i = 0; i < json_array_size(disabled); i++) {
        put_word(page, "note");
        put(page, "rule ");
        put_safe(page, text_of(json_array_get(disabled, i), "rule"));
        put(page, " is disabled: ");
        put_safe(page, text_of(json_array_get(disabled, i), "why"));
        put(page, "\n");
    }
}

/* Whose case it is, a line each. */
static void put_case(struct page *page, const json_t *found)
{
    static const char *const rows[][2] = {{"case      ", "case_number"},
                                          {"evidence  ", "evidence_number"},
                                          {"examiner  ", "examiner_name"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *text = text_of(found, rows[i][1]);
        if (text == NULL)
            continue;
        put(page, rows[i][0]);
        put_safe(page, text);
        put(page, "\n");
    }
}

static void put_start(struct page *page, const json_t *record)
{
    const json_t *ruleset = json_object_get(record, "ruleset");
    put(page, "sweeper ");
    put_safe(page, text_of(record, "version"));
    PUT_FORMAT(page, ", %lld rules from %lld files, %lld threads, started ",
               number_of(ruleset, "rules"), number_of(ruleset, "files"),
               number_of(record, "threads"));
    put_safe(page, text_of(record, "started_at"));
    put(page, "\n");
    put_case(page, json_object_get(record, "case"));
    put_weaknesses(page, record);
}

/* A file system inside a disk image. */
static void put_volume(struct page *page, const json_t *record)
{
    const json_t *host = json_object_get(record, "host");
    const char *const facts[] = {text_of(record, "label"), text_of(record, "uuid"),
                                 text_of(host, "name"),
                                 text_of(json_object_get(host, "os"), "name")};

    put(page, "volume    ");
    put_safe(page, text_of(record, "locator"));
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (facts[i] == NULL)
            continue;
        put(page, ", ");
        put_safe(page, facts[i]);
    }
    PUT_FORMAT(page, ": %lld files, %lld deleted\n", number_of(record, "files"),
               number_of(record, "deleted"));
}

static void put_root(struct page *page, const json_t *record)
{
    if (json_object_get(record, "chain") != NULL) {
        put_volume(page, record);
        return;
    }
    const json_t *left_out = json_object_get(record, "left_out");
    const char *filesystem = text_of(record, "filesystem");
    put(page, "target    ");
    put_safe(page, text_of(record, "path"));
    if (filesystem != NULL) {
        put(page, " (");
        put_safe(page, filesystem);
        put(page, ")");
    }
    put(page, "\n");
    for (size_t i = 0; i < json_array_size(left_out); i++) {
        const json_t *row = json_array_get(left_out, i);
        put_indent(page);
        put(page, "without ");
        put_safe(page, text_of(row, "path"));
        put(page, " (");
        put_safe(page, text_of(row, "filesystem"));
        put(page, ", ");
        put_safe(page, text_of(row, "reason"));
        put(page, ")\n");
    }
}

static void put_end(struct page *page, const json_t *record)
{
    put(page, "\n");
    note(page, sw_summary_append(&page->text, record));
}

static const struct {
    const char *type;
    void (*put)(struct page *page, const json_t *record);
} writers[] = {
    {"sweep_start", put_start},         {"root", put_root},
    {"finding", put_finding},           {"gap", put_gap},
    {"engine_death", put_engine_death}, {"sweep_end", put_end},
    {"incident", put_incident},         {"disk_image", put_disk_image},
};

static bool color_wanted(const struct sw_options *options, const struct sw_outfile *out)
{
    const char *terminal = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    if (options->color != SW_WHEN_AUTO)
        return options->color == SW_WHEN_ALWAYS;
    return sw_outfile_is_terminal(out) && (no_color == NULL || no_color[0] == '\0') &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static enum sw_status text_open(struct sw_sink *sink, const struct sw_options *options,
                                struct sw_error *error)
{
    struct text_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return sw_fail(error, SW_STOP, "sink", 0, "no memory for the text output");
    unsigned width = sw_outfile_width(sink->out, WIDTH_DEFAULT);
    state->width = width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
    state->color = color_wanted(options, sink->out);
    sink->state = state;
    return SW_OK;
}

static enum sw_status text_put(struct sw_sink *sink, const json_t *record, struct sw_view line,
                               struct sw_error *error)
{
    struct page page = {.state = sink->state, .status = SW_OK};
    const char *type = text_of(record, "type");
    (void)line;
    sw_buf_init(&page.text, TEXT_MAX);
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (type != NULL && strcmp(writers[i].type, type) == 0)
            writers[i].put(&page, record);
    }
    enum sw_status status = page.status == SW_OK
                                ? sw_outfile_append(sink->out, sw_buf_view(&page.text), error)
                                : sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    sw_buf_done(&page.text);
    /* A person who watches wants to see it now. */
    if (status == SW_OK && sw_outfile_is_terminal(sink->out))
        status = sw_outfile_flush(sink->out, error);
    return status;
}

static enum sw_status text_finish(struct sw_sink *sink, struct sw_error *error)
{
    (void)sink;
    (void)error;
    return SW_OK;
}

static void text_close(struct sw_sink *sink)
{
    free(sink->state);
    sink->state = NULL;
}

const struct sw_sink_format sw_sink_text = {
    .name = "text",
    .mode = SW_OUTFILE_STREAM,
    .open = text_open,
    .put = text_put,
    .finish = text_finish,
    .close = text_close,
};
