/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as lines of a body file. */
#include "supervisor/report_body.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sweeper/text.h"

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

/* Seconds since the epoch of YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ; 0 for anything else. */
static int64_t seconds_of(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddddddddZ";
    unsigned parts[6] = {0};
    size_t part = 0;
    if (strlen(text) != sizeof shape - 1)
        return 0;
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return 0;
        if (shape[i] != 'd')
            part++;
        else if (part < 6)
            parts[part] = 10 * parts[part] + (unsigned)(text[i] - '0');
    }
    struct tm time = {.tm_year = (int)parts[0] - 1900,
                      .tm_mon = (int)parts[1] - 1,
                      .tm_mday = (int)parts[2],
                      .tm_hour = (int)parts[3],
                      .tm_min = (int)parts[4],
                      .tm_sec = (int)parts[5]};
    return timegm(&time);
}

static const char *const times[] = {"atime", "mtime", "ctime", "btime"};

static bool has_time(const json_t *object)
{
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (json_object_get(object, times[i]) != NULL)
            return true;
    return false;
}

/* An area of a disk that is no file, or the file system itself: the times of what lies further
 * out, the image, are not its own. */
static bool is_area(const json_t *hop)
{
    bool area = json_object_get(hop, "mode") != NULL && json_object_get(hop, "offset") != NULL;
    return area || strcmp(text_of(hop, "kind"), "file-system") == 0;
}

/* What keeps the times of the object: of the way to it the innermost that has any. What is packed
 * without a time has that of the file around it. */
static const json_t *keeper_of(const json_t *finding)
{
    const json_t *chain = json_object_get(finding, "chain");
    for (size_t i = json_array_size(chain); i > 1; i--) {
        const json_t *hop = json_array_get(chain, i - 1);
        if (has_time(hop) || is_area(hop))
            return hop;
    }
    return json_object_get(finding, "object");
}

static bool is_deleted(const json_t *finding)
{
    size_t i;
    const json_t *hop;
    if (json_is_true(json_object_get(json_object_get(finding, "object"), "deleted")))
        return true;
    json_array_foreach(json_object_get(finding, "chain"), i, hop)
    {
        if (json_is_true(json_object_get(hop, "deleted")))
            return true;
    }
    return false;
}

/* As fls(1) writes it: "r/rrw-r--r--". Only regular files have findings. */
static void mode_of(const char *octal, char mode[static 13])
{
    static const char letters[] = "rwxrwxrwx";
    unsigned bits = 0;
    for (size_t i = 0; i < 4 && octal[i] >= '0' && octal[i] <= '7'; i++)
        bits = 8 * bits + (unsigned)(octal[i] - '0');
    memcpy(mode, "r/r", 3);
    for (size_t i = 0; i < 9; i++)
        mode[3 + i] = (bits & 0400U >> i) != 0 ? letters[i] : '-';
    if ((bits & 04000U) != 0)
        mode[5] = mode[5] == 'x' ? 's' : 'S';
    if ((bits & 02000U) != 0)
        mode[8] = mode[8] == 'x' ? 's' : 'S';
    if ((bits & 01000U) != 0)
        mode[11] = mode[11] == 'x' ? 't' : 'T';
    mode[12] = '\0';
}

/* A number, or a decimal string of one that JSON cannot hold. */
static enum sw_status append_number(struct sw_buf *line, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    if (text != NULL && text[0] != '\0' && strlen(text) <= 20 &&
        text[strspn(text, "0123456789")] == '\0')
        return sw_buf_append_format(line, "|%s", text);
    return sw_buf_append_format(line, "|%" PRId64, (int64_t)json_integer_value(value));
}

/* mactime(1) takes %HH back, in every field and after it has split the line: so it comes to show
 * what stands in the record, and no byte of that can end a line of its own output. */
static enum sw_status append_name(struct sw_buf *line, const char *text)
{
    const struct sw_view bytes = {(const uint8_t *)text, strlen(text)};
    struct sw_buf shown;
    sw_buf_init(&shown, 4 * bytes.size + 16);
    enum sw_status status = sw_text_is_printable(bytes)
                                ? sw_buf_append(&shown, bytes.data, bytes.size)
                                : sw_text_escape(&shown, bytes);
    for (size_t i = 0; i < shown.size && status == SW_OK; i++) {
        uint8_t byte = shown.data[i];
        status = byte == '|' || byte == '%' ? sw_buf_append_format(line, "%%%02X", byte)
                                            : sw_buf_append_u8(line, byte);
    }
    sw_buf_done(&shown);
    return status;
}

enum sw_status sw_report_body_line(const json_t *finding, struct sw_buf *line)
{
    static const char *const numbers[] = {"uid", "gid"};
    const json_t *keeper = keeper_of(finding);
    const json_t *rule = json_object_get(finding, "rule");
    const struct {
        const char *text;
    } name[] = {{text_of(finding, "locator")},
                {is_deleted(finding) ? " (deleted)" : ""},
                {" ["},
                {text_of(finding, "severity")},
                {" "},
                {text_of(rule, "namespace")},
                {":"},
                {text_of(rule, "name")},
                {"]"}};
    char mode[13];
    enum sw_status status = sw_buf_append_text(line, "0|");
    for (size_t i = 0; i < sizeof name / sizeof name[0] && status == SW_OK; i++)
        status = append_name(line, name[i].text);
    if (status == SW_OK)
        status = append_number(line, keeper, "inode");
    mode_of(text_of(keeper, "mode"), mode);
    if (status == SW_OK)
        status = sw_buf_append_format(line, "|%s", mode);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == SW_OK; i++)
        status = append_number(line, keeper, numbers[i]);
    if (status == SW_OK)
        status = append_number(line, json_object_get(finding, "object"), "size");
    for (size_t i = 0; i < sizeof times / sizeof times[0] && status == SW_OK; i++)
        status = sw_buf_append_format(line, "|%" PRId64, seconds_of(text_of(keeper, times[i])));
    return status == SW_OK ? sw_buf_append_u8(line, '\n') : status;
}
