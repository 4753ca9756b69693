/* SPDX-License-Identifier: Apache-2.0 */
/* Destinations of records: whole or said to be broken; sorted documents in
 * bounded memory; text that no name can turn into terminal commands. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor/columns.h"
#include "supervisor/spool.h"
#include "sweeper/record.h"
#include "sweeper/sink.h"
#include "sweeper/text.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char folder[64];
static char name_a[128];
static char name_b[128];

static int folder_make(void **state)
{
    (void)state;
    (void)strcpy(folder, "/tmp/sweeper-sink-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(name_a, sizeof name_a, "%s/a", folder);
    (void)snprintf(name_b, sizeof name_b, "%s/b", folder);
    return 0;
}

static int folder_remove(void **state)
{
    char partial[160];
    (void)state;
    (void)unlink(name_a);
    (void)unlink(name_b);
    (void)snprintf(partial, sizeof partial, "%s.partial", name_a);
    (void)unlink(partial);
    /* Fails when a test has left anything else behind. */
    return rmdir(folder);
}

/* The content of a file, NUL-terminated; NULL when there is none. */
static char *content_of(const char *name, size_t *size)
{
    char *text = NULL;
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return NULL;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long length = ftell(file);
    rewind(file);
    text = calloc(1, (size_t)length + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)length, file), (size_t)length);
    (void)fclose(file);
    if (size != NULL)
        *size = (size_t)length;
    return text;
}

static json_t *gap_at(const char *path, unsigned number)
{
    char name[4096];
    (void)snprintf(name, sizeof name, "%s%07u", path, number);
    struct sw_item item = {.kind = SW_ITEM_GAP, .fd = -1, .path = name, .path_size = strlen(name)};
    json_t *record = sw_record_gap(&item, SW_GAP_UNREADABLE, "Permission denied");
    assert_non_null(record);
    return record;
}

static json_t *finding_at(char *path)
{
    static const char text[] =
        "{\"type\":\"finding\",\"kind\":\"yara\",\"severity\":\"critical\",\"rule_severity\":"
        "\"critical\",\"severity_reason\":\"r\\u001b\",\"family\":\"fam\\u001b[1m\","
        "\"rule\":{\"name\":\"Rule_Name\",\"namespace\":\"n\",\"tags\":[],\"meta\":{\"title\":"
        "\"Title\\u009b2J\\u202e\"}},\"match_count\":9,\"matches\":["
        "{\"pattern\":\"$a\",\"offset\":10,\"length\":4,\"data\":\"a\\u001b\\nb\",\"encoding\":"
        "\"text\"},"
        "{\"pattern\":\"$w\",\"offset\":20,\"length\":8,\"data\":\"aQBtAHAAbwA=\",\"encoding\":"
        "\"base64\"},"
        "{\"pattern\":\"$x\",\"offset\":30,\"length\":3,\"data\":\"AP8b\",\"encoding\":\"base64\"},"
        "{\"pattern\":\"$hidden\",\"offset\":40,\"length\":1,\"data\":\"h\",\"encoding\":\"text\"}]"
        ","
        "\"object\":{\"sha256\":\"" SHA "\",\"size\":24,\"type\":\"\",\"mime\":\"\"},\"chain\":[]}";
    const struct sw_item item = {.kind = SW_ITEM_OBJECT,
                                 .fd = -1,
                                 .facts = {.mode = 0100644},
                                 .path = path,
                                 .path_size = strlen(path)};
    struct sw_error error = {0};
    json_t *record = NULL;
    assert_int_equal(sw_record_complete(text, strlen(text), &item, &record, &error), SW_OK);
    return record;
}

static json_t *end_record(void)
{
    struct sw_totals totals = {.scanned = 1, .duration_s = 0.5};
    json_t *record = sw_record_sweep_end(&totals);
    assert_non_null(record);
    return record;
}

static struct sw_sinks *opened(struct sw_output_option *outputs, size_t count)
{
    const struct sw_options options = {
        .outputs = outputs, .output_count = count, .color = SW_WHEN_AUTO};
    struct sw_sinks *sinks = NULL;
    struct sw_error error = {0};
    if (sw_sinks_open(&options, &sinks, &error) != SW_OK)
        fail_msg("%s", error.text);
    return sinks;
}

static void put(struct sw_sinks *sinks, json_t *record)
{
    struct sw_error error = {0};
    if (sw_sinks_put(sinks, record, &error) != SW_OK)
        fail_msg("%s", error.text);
    json_decref(record);
}

static void closed(struct sw_sinks *sinks)
{
    struct sw_error error = {0};
    if (sw_sinks_close(sinks, &error) != SW_OK)
        fail_msg("%s", error.text);
}

static void the_table_names_its_formats(void **state)
{
    (void)state;
    assert_string_equal(sw_sink_formats(), "jsonl, json, text, sarif, syslog");
    assert_true(sw_sink_find("jsonl") && sw_sink_find("json") && sw_sink_find("text") &&
                sw_sink_find("sarif") && sw_sink_find("syslog"));
    assert_null(sw_sink_place("json"));
    assert_string_equal(sw_sink_place("syslog"), "/dev/log");
    assert_false(sw_sink_find("") || sw_sink_find("html") || sw_sink_find("JSON"));
}

static void jsonl_is_a_record_a_line_at_once(void **state)
{
    (void)state;
    struct sw_output_option outputs[] = {{"jsonl", name_a}};
    struct sw_error error = {0};
    struct stat facts;
    struct sw_sinks *sinks = opened(outputs, 1);
    put(sinks, gap_at("/x\n", 1));
    put(sinks, gap_at("/x", 2));
    assert_int_equal(sw_sinks_flush(sinks, &error), SW_OK);
    char *before = content_of(name_a, NULL);
    assert_non_null(before);
    closed(sinks);
    size_t size = 0;
    char *text = content_of(name_a, &size);
    assert_string_equal(before, text);
    assert_int_equal(text[size - 1], '\n');
    size_t lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(record);
        json_decref(record);
        lines++;
    }
    assert_int_equal(lines, 2);
    assert_int_equal(stat(name_a, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    free(before);
    free(text);
}

static void a_document_appears_whole_and_sorted(void **state)
{
    (void)state;
    char partial[160];
    struct sw_output_option outputs[] = {{"json", name_a}};
    size_t count = 0;
    struct stat facts;
    struct sw_sinks *sinks = opened(outputs, 1);
    (void)snprintf(partial, sizeof partial, "%s.partial", name_a);
    assert_int_equal(access(partial, F_OK), 0);
    assert_int_not_equal(access(name_a, F_OK), 0);
    assert_non_null(sw_sinks_files(sinks, &count));
    assert_int_equal(count, 1);
    put(sinks, end_record());
    for (unsigned i = 0; i < 100; i++)
        put(sinks, gap_at("/x", i * 37 % 100));
    closed(sinks);
    assert_int_not_equal(access(partial, F_OK), 0);
    assert_int_equal(stat(name_a, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
    json_t *document = json_load_file(name_a, JSON_REJECT_DUPLICATES, NULL);
    const json_t *records = json_object_get(document, "records");
    assert_string_equal(json_string_value(json_object_get(document, "schema")), "1.0");
    assert_int_equal(json_object_size(document), 2);
    assert_int_equal(json_array_size(records), 101);
    for (size_t i = 1; i < 101; i++)
        assert_true(sw_record_compare(json_array_get(records, i - 1), json_array_get(records, i)) <
                    0);
    json_decref(document);
}

static void an_empty_document_is_still_json(void **state)
{
    (void)state;
    struct sw_output_option outputs[] = {{"json", name_a}};
    closed(opened(outputs, 1));
    json_t *document = json_load_file(name_a, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(document, "records")), 0);
    json_decref(document);
}

static void an_old_file_is_replaced_or_emptied(void **state)
{
    (void)state;
    static const char *const formats[] = {"json", "jsonl", "text"};
    for (size_t i = 0; i < 3; i++) {
        struct sw_output_option outputs[] = {{formats[i], name_a}};
        size_t count = 0;
        FILE *old = fopen(name_a, "w");
        assert_true(fputs("OLD", old) > 0);
        (void)fclose(old);
        struct sw_sinks *sinks = opened(outputs, 1);
        (void)sw_sinks_files(sinks, &count);
        assert_int_equal(count, i == 0 ? 2 : 1); /* json: the old one and the new one */
        put(sinks, end_record());
        closed(sinks);
        char *text = content_of(name_a, NULL);
        assert_null(strstr(text, "OLD"));
        assert_non_null(strstr(text, "clean"));
        free(text);
        (void)unlink(name_a);
    }
}

static void a_symlink_stays_one_and_its_target_is_replaced(void **state)
{
    (void)state;
    struct stat facts;
    struct sw_output_option outputs[] = {{"json", name_b}};
    FILE *old = fopen(name_a, "w");
    (void)fclose(old);
    assert_int_equal(symlink("a", name_b), 0);
    struct sw_sinks *sinks = opened(outputs, 1);
    put(sinks, end_record());
    closed(sinks);
    assert_int_equal(lstat(name_b, &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_int_equal(stat(name_a, &facts), 0);
    assert_true(facts.st_size > 100);
}

static void what_an_earlier_run_left_is_in_nobody_s_way(void **state)
{
    (void)state;
    char partial[160];
    struct sw_output_option outputs[] = {{"json", name_a}};
    (void)snprintf(partial, sizeof partial, "%s.partial", name_a);
    /* Somebody else's link, in a directory that others can write to. */
    FILE *victim = fopen(name_b, "w");
    assert_true(fputs("precious", victim) > 0);
    (void)fclose(victim);
    assert_int_equal(symlink(name_b, partial), 0);
    struct sw_sinks *sinks = opened(outputs, 1);
    put(sinks, end_record());
    closed(sinks);
    char *text = content_of(name_b, NULL);
    assert_string_equal(text, "precious");
    free(text);
}

static void a_fifo_is_written_straight(void **state)
{
    (void)state;
    static const char *const formats[] = {"json", "jsonl", "text"};
    assert_int_equal(mkfifo(name_a, 0600), 0);
    for (size_t i = 0; i < 3; i++) {
        struct sw_output_option outputs[] = {{formats[i], name_a}};
        char text[4096] = "";
        size_t count = 0;
        int reader = open(name_a, O_RDONLY | O_NONBLOCK);
        assert_true(reader >= 0);
        struct sw_sinks *sinks = opened(outputs, 1);
        (void)sw_sinks_files(sinks, &count);
        assert_int_equal(count, 0);
        put(sinks, end_record());
        closed(sinks);
        assert_true(read(reader, text, sizeof text - 1) > 50);
        assert_non_null(strstr(text, "clean"));
        (void)close(reader);
    }
    struct stat facts;
    assert_int_equal(stat(name_a, &facts), 0);
    assert_true(S_ISFIFO(facts.st_mode));
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    struct sw_output_option rows[][2] = {
        {{"json", "/nowhere/at/all"}, {"jsonl", name_a}},
        {{"jsonl", "/nowhere/at/all"}, {"jsonl", name_a}},
        {{"jsonl", name_a}, {"text", folder}},
        {{"json", name_a}, {"jsonl", name_a}},
        {{"jsonl", name_a}, {"text", name_a}},
        {{"jsonl", NULL}, {"text", NULL}},
        {{"html", name_a}, {"text", name_b}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct sw_options options = {.outputs = rows[i], .output_count = 2};
        struct sw_sinks *sinks = NULL;
        struct sw_error error = {0};
        assert_int_equal(sw_sinks_open(&options, &sinks, &error), SW_STOP);
        assert_null(sinks);
        assert_true(strlen(error.text) > 10);
    }
}

static void two_outputs_may_share_a_device(void **state)
{
    (void)state;
    struct sw_output_option outputs[] = {{"json", "/dev/null"}, {"text", "/dev/null"}};
    struct sw_sinks *sinks = opened(outputs, 2);
    put(sinks, end_record());
    closed(sinks);
}

/* Fills the buffer of a stream, so that it must write. */
static enum sw_status put_many(struct sw_sinks *sinks, unsigned count, struct sw_error *error)
{
    enum sw_status worst = SW_OK;
    for (unsigned i = 0; i < count; i++) {
        json_t *record = gap_at("/full", i);
        enum sw_status status = sw_sinks_put(sinks, record, error);
        worst = status < worst ? status : worst;
        json_decref(record);
    }
    return worst;
}

static void a_full_disk_is_said_and_others_go_on(void **state)
{
    (void)state;
    static const char *const formats[] = {"jsonl", "text", "json"};
    for (size_t i = 0; i < 3; i++) {
        struct sw_output_option outputs[] = {{formats[i], "/dev/full"}, {"jsonl", name_a}};
        struct sw_error error = {0};
        struct sw_sinks *sinks = opened(outputs, 2);
        enum sw_status status = put_many(sinks, 1000, &error);
        /* A document is written at the end. */
        assert_int_equal(status, i == 2 ? SW_OK : SW_STOP);
        assert_false(sw_sinks_lost(sinks));
        error.text[0] = '\0';
        assert_int_equal(sw_sinks_close(sinks, &error), SW_STOP);
        assert_non_null(strstr(error.text, "/dev/full: No space left"));
        size_t size = 0;
        char *text = content_of(name_a, &size);
        size_t lines = 0;
        for (size_t at = 0; at < size; at++)
            lines += text[at] == '\n' ? 1 : 0;
        assert_int_equal(lines, 1000);
        free(text);
    }
}

static void a_disk_that_runs_full_leaves_whole_lines(void **state)
{
    (void)state;
    struct sw_output_option outputs[] = {{"jsonl", name_a}};
    struct sw_error error = {0};
    struct rlimit before;
    struct rlimit small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 100001;
    (void)signal(SIGXFSZ, SIG_IGN);
    struct sw_sinks *sinks = opened(outputs, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(put_many(sinks, 2000, &error), SW_STOP);
    assert_true(sw_sinks_lost(sinks));
    assert_int_equal(sw_sinks_flush(sinks, &error), SW_STOP);
    assert_int_equal(sw_sinks_close(sinks, &error), SW_STOP);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(strstr(error.text, name_a));
    size_t size = 0;
    char *text = content_of(name_a, &size);
    assert_true(size > 90000 && size <= 100001);
    assert_int_equal(text[size - 1], '\n');
    free(text);
}

static void a_document_that_fails_leaves_the_old_one(void **state)
{
    (void)state;
    char partial[160];
    struct sw_output_option outputs[] = {{"json", name_a}};
    struct sw_error error = {0};
    struct rlimit before;
    struct rlimit small;
    (void)snprintf(partial, sizeof partial, "%s.partial", name_a);
    FILE *old = fopen(name_a, "w");
    assert_true(fputs("OLD", old) > 0);
    (void)fclose(old);
    struct sw_sinks *sinks = opened(outputs, 1);
    assert_int_equal(put_many(sinks, 1000, &error), SW_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 70000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(sw_sinks_close(sinks, &error), SW_STOP);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    char *text = content_of(name_a, NULL);
    assert_string_equal(text, "OLD");
    free(text);
    assert_int_not_equal(access(partial, F_OK), 0);
}

static void a_closed_pipe_is_an_error_and_no_signal(void **state)
{
    (void)state;
    struct sw_output_option outputs[] = {{"jsonl", name_a}};
    struct sw_error error = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(mkfifo(name_a, 0600), 0);
    int reader = open(name_a, O_RDONLY | O_NONBLOCK);
    struct sw_sinks *sinks = opened(outputs, 1);
    (void)close(reader);
    put(sinks, end_record());
    assert_int_equal(sw_sinks_flush(sinks, &error), SW_STOP);
    assert_non_null(strstr(error.text, "Broken pipe"));
    assert_true(sw_sinks_lost(sinks));
    assert_int_equal(sw_sinks_close(sinks, &error), SW_STOP);
    assert_int_equal(sw_sinks_close(NULL, &error), SW_OK);
}

/* --- text --- */

static char *text_of_records(enum sw_when color, char *path)
{
    struct sw_output_option outputs[] = {{"text", name_a}};
    const struct sw_options options = {.outputs = outputs, .output_count = 1, .color = color};
    struct sw_sinks *sinks = NULL;
    struct sw_error error = {0};
    assert_int_equal(sw_sinks_open(&options, &sinks, &error), SW_OK);
    assert_false(sw_sinks_show_summary(sinks));
    put(sinks, finding_at(path));
    put(sinks, gap_at(path, 1));
    put(sinks, json_pack("{s:s,s:s,s:s,s:s,s:[{s:s}]}", "type", "engine_death", "cause", "crash",
                         "signal", "SIGSEGV", "detail", "d\x1b", "suspects", "path", "/p\x1b"));
    put(sinks,
        json_pack("{s:s,s:s,s:{s:i,s:i,s:[{s:s,s:s}]},s:i,s:s,s:{s:b,s:s},s:{s:[s]}}", "type",
                  "sweep_start", "version", "1", "ruleset", "rules", 4, "files", 2, "disabled",
                  "rule", "dis\x1b", "why", "w\x1b", "threads", 2, "started_at", "now", "prefilter",
                  "on", 0, "reason", "off\x1b", "sandbox", "missing", "mis\x1b"));
    put(sinks,
        json_pack("{s:s,s:s,s:s,s:[{s:s,s:s,s:s}]}", "type", "root", "path", "/r\x1b", "filesystem",
                  "f\x1b", "left_out", "path", "/l\x1b", "filesystem", "g\x1b", "reason", "glob"));
    put(sinks, end_record());
    closed(sinks);
    return content_of(name_a, NULL);
}

static void assert_printable_lines(char *text, size_t columns_max)
{
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        struct sw_view view = {(const uint8_t *)line, strlen(line)};
        if (!sw_text_is_printable(view))
            fail_msg("not printable: %s", line);
        assert_true(sw_columns_count(view) <= columns_max);
    }
}

static void text_says_what_a_person_needs(void **state)
{
    (void)state;
    char path[] = "/srv/x";
    char *text = text_of_records(SW_WHEN_AUTO, path);
    static const char *const needed[] = {"CRITICAL  Title",
                                         "(Rule_Name)",
                                         "          /srv/x\n",
                                         "$a at 10: a\\x1b\\x0ab\n",
                                         "$w at 20: impo\n",
                                         "$x at 30: \\x00\\xff\\x1b\n",
                                         "and 6 more matches",
                                         "sha256 " SHA,
                                         "family fam",
                                         "GAP       unreadable: permission denied",
                                         "          /srv/x0000001\n",
                                         "Permission denied",
                                         "ENGINE    the engine ended (crash, SIGSEGV)",
                                         "NOTE",
                                         "4 rules",
                                         "clean: everything was looked at"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (strstr(text, needed[i]) == NULL)
            fail_msg("no \"%s\" in:\n%s", needed[i], text);
    }
    assert_null(strstr(text, "$hidden"));
    assert_printable_lines(text, 120);
    free(text);
}

static void text_escapes_whatever_comes_from_outside(void **state)
{
    (void)state;
    char path[] = "/srv/\x1b]0;owned\x07\n\xff\xc2\x9b\xe2\x80\xae";
    char *text = text_of_records(SW_WHEN_NEVER, path);
    assert_printable_lines(text, SIZE_MAX);
    free(text);
}

static void colour_is_only_ours(void **state)
{
    (void)state;
    char path[] = "/srv/\x1b[31mred";
    size_t escapes = 0;
    char *text = text_of_records(SW_WHEN_ALWAYS, path);
    assert_non_null(strstr(text, "\x1b[1;31mCRITICAL\x1b[0m  "));
    for (const char *at = strchr(text, '\x1b'); at != NULL; at = strchr(at + 1, '\x1b'))
        escapes++;
    /* CRITICAL, GAP, ENGINE and three notes, each on and off. */
    assert_int_equal(escapes, 12);
    free(text);
}

static void columns_are_counted_and_shortened(void **state)
{
    (void)state;
    static const char text[] =
        "/usr/lib/\xe6\xbc\xa2\xe5\xad\x97/python3/site-packages/\xc3\xa9.py";
    struct sw_view view = {(const uint8_t *)text, strlen(text)};
    assert_int_equal(sw_columns_count(view), 40);
    for (size_t columns = 0; columns <= 41; columns++) {
        struct sw_buf out;
        sw_buf_init(&out, SW_KIB);
        assert_int_equal(sw_columns_shorten(&out, view, columns), SW_OK);
        assert_true(sw_columns_count(sw_buf_view(&out)) <= columns);
        assert_true(sw_text_is_utf8(sw_buf_view(&out)));
        assert_true(columns < 40 || out.size == view.size);
        sw_buf_done(&out);
    }
}

/* --- the spool --- */

struct check {
    uint8_t last[64];
    size_t last_size;
    uint64_t sum;
    size_t count;
};

static enum sw_status check_row(void *context, struct sw_view text, struct sw_error *error)
{
    struct check *check = context;
    (void)error;
    size_t size = text.size < sizeof check->last ? text.size : sizeof check->last;
    assert_true(memcmp(check->last, text.data, size < check->last_size ? size : check->last_size) <=
                0);
    memcpy(check->last, text.data, size);
    check->last_size = size;
    check->sum += strtoull((const char *)text.data, NULL, 10);
    check->count++;
    return SW_OK;
}

static uint32_t scramble(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static size_t run_of(size_t run_max, size_t count)
{
    struct sw_spool *spool = NULL;
    struct sw_error error = {0};
    struct check check = {.last_size = 0};
    uint64_t sum = 0;
    uint32_t seed = 1;
    assert_int_equal(sw_spool_new(run_max, &spool, &error), SW_OK);
    for (size_t i = 0; i < count; i++) {
        char text[600];
        uint32_t number = scramble(&seed);
        /* Some rows are larger than a run. */
        int width = number % 97 == 0 ? 590 : 12;
        (void)snprintf(text, sizeof text, "%010u %0*d", number, width - 11, 0);
        sum += number;
        struct sw_view view = {(const uint8_t *)text, strlen(text) + 1};
        struct sw_view key = {(const uint8_t *)text, 10};
        assert_int_equal(sw_spool_add(spool, key, view, &error), SW_OK);
    }
    assert_int_equal(sw_spool_drain(spool, check_row, &check, &error), SW_OK);
    assert_int_equal(check.count, count);
    assert_true(check.sum == sum);
    sw_spool_free(spool);
    return check.count;
}

static void the_spool_sorts_over_all_levels(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 17, 300, 20000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        assert_int_equal(run_of(256, counts[i]), counts[i]);
        assert_int_equal(run_of(4096, counts[i]), counts[i]);
        assert_int_equal(run_of(SW_SPOOL_RUN_MAX, counts[i]), counts[i]);
    }
    sw_spool_free(NULL);
}

static enum sw_status refuse_row(void *context, struct sw_view text, struct sw_error *error)
{
    (void)context;
    (void)text;
    return sw_fail(error, SW_STOP, "test", 0, "enough");
}

/* As much as there is room for, and as was taken while there was none. */
static size_t with_a_full_disk(rlim_t room, size_t run_max)
{
    struct sw_spool *spool = NULL;
    struct sw_error error = {0};
    struct check check = {.last_size = 0};
    struct rlimit before, small;
    uint64_t sum = 0;
    size_t taken = 0;
    uint32_t seed = 7;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = room;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(sw_spool_new(run_max, &spool, &error), SW_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (size_t i = 0; i < 3000; i++) {
        char text[16];
        uint32_t number = scramble(&seed);
        (void)snprintf(text, sizeof text, "%010u", number);
        const struct sw_view row = {(const uint8_t *)text, 11};
        if (sw_spool_add(spool, row, row, &error) != SW_OK)
            continue;
        sum += number;
        taken++;
    }
    const enum sw_status status = sw_spool_drain(spool, check_row, &check, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, SW_OK);
    assert_int_equal(check.count, taken);
    assert_true(check.sum == sum);
    sw_spool_free(spool);
    return taken;
}

static void a_full_disk_loses_nothing_that_was_taken(void **state)
{
    static const rlim_t rooms[] = {0, 100, 1000, 4000, 10000, 60000, 95000};
    (void)state;
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        const size_t taken = with_a_full_disk(rooms[i], 300);
        assert_true(taken > 0 && taken < 3000);
        (void)with_a_full_disk(rooms[i], 4096);
    }
}

static void a_spool_that_cannot_go_on_says_so(void **state)
{
    (void)state;
    struct sw_spool *spool = NULL;
    struct sw_error error = {0};
    struct sw_view row = {(const uint8_t *)"0123456789", 10};
    struct rlimit before;
    struct rlimit small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(sw_spool_new(64, &spool, &error), SW_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum sw_status status = SW_OK;
    for (size_t i = 0; i < 1000 && status == SW_OK; i++)
        status = sw_spool_add(spool, row, row, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, SW_STOP);
    assert_non_null(strstr(error.text, "temporary file"));
    sw_spool_free(spool);
    for (size_t count = 1; count <= 100; count += 99) {
        assert_int_equal(sw_spool_new(64, &spool, &error), SW_OK);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(sw_spool_add(spool, row, row, &error), SW_OK);
        assert_int_equal(sw_spool_drain(spool, refuse_row, NULL, &error), SW_STOP);
        assert_string_equal(error.text, "enough");
        sw_spool_free(spool);
    }
}

static size_t anonymous_kib(void)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0)
            kib = strtoull(line + 8, NULL, 10);
    }
    (void)fclose(file);
    return kib;
}

/* SWEEPER_TEST_RECORDS=1000000 for the figure in the documentation. */
static void memory_does_not_grow_with_the_records(void **state)
{
    (void)state;
    struct sw_output_option outputs[] = {{"json", name_a}};
    const char *wanted = getenv("SWEEPER_TEST_RECORDS");
    unsigned count = wanted == NULL ? 60000 : (unsigned)strtoul(wanted, NULL, 10);
    uint32_t seed = 1;
    struct sw_sinks *sinks = opened(outputs, 1);
    size_t before = anonymous_kib();
    size_t peak = 0;
    for (unsigned i = 0; i < count; i++) {
        put(sinks, gap_at("/usr/lib/some/path/that/is/as/long/as/paths/are/", scramble(&seed)));
        if (i % 4096 == 0 && anonymous_kib() > peak)
            peak = anonymous_kib();
    }
    closed(sinks);
    if (anonymous_kib() > peak)
        peak = anonymous_kib();
    struct stat facts;
    assert_int_equal(stat(name_a, &facts), 0);
    print_message("%u records, %lld bytes: %zu KiB more\n", count, (long long)facts.st_size,
                  peak - before);
    assert_true(facts.st_size > (long long)count * 300);
#ifndef SWEEPER_SANITIZED
    assert_true(peak - before < 64 * 1024);
#endif
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_names_its_formats),
        IN_FOLDER(jsonl_is_a_record_a_line_at_once),
        IN_FOLDER(a_document_appears_whole_and_sorted),
        IN_FOLDER(an_empty_document_is_still_json),
        IN_FOLDER(an_old_file_is_replaced_or_emptied),
        IN_FOLDER(a_symlink_stays_one_and_its_target_is_replaced),
        IN_FOLDER(what_an_earlier_run_left_is_in_nobody_s_way),
        IN_FOLDER(a_fifo_is_written_straight),
        IN_FOLDER(what_cannot_be_opened_is_said),
        IN_FOLDER(two_outputs_may_share_a_device),
        IN_FOLDER(a_full_disk_is_said_and_others_go_on),
        IN_FOLDER(a_disk_that_runs_full_leaves_whole_lines),
        IN_FOLDER(a_document_that_fails_leaves_the_old_one),
        IN_FOLDER(a_closed_pipe_is_an_error_and_no_signal),
        IN_FOLDER(text_says_what_a_person_needs),
        IN_FOLDER(text_escapes_whatever_comes_from_outside),
        IN_FOLDER(colour_is_only_ours),
        cmocka_unit_test(columns_are_counted_and_shortened),
        cmocka_unit_test(the_spool_sorts_over_all_levels),
        cmocka_unit_test(a_full_disk_loses_nothing_that_was_taken),
        cmocka_unit_test(a_spool_that_cannot_go_on_says_so),
        IN_FOLDER(memory_does_not_grow_with_the_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
