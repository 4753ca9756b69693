/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts as SARIF wants them: URIs (RFC 3986), messages, times. */
#include <string.h>

#include "supervisor/record_parts.h"
#include "supervisor/sarif.h"
#include "sweeper/limits.h"
#include "sweeper/text.h"

static bool is_plain(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte != '\0' && strchr("-._~/@+,=", byte) != NULL);
}

/* True when the segment that starts at `at` is "." or "..". */
static bool is_dots(struct sw_view bytes, size_t at)
{
    size_t end = at;
    while (end < bytes.size && bytes.data[end] == '.')
        end++;
    return end > at && end - at <= 2 && (end == bytes.size || bytes.data[end] == '/');
}

enum sw_status sw_sarif_uri(struct sw_buf *out, struct sw_view bytes, bool nested)
{
    enum sw_status status = SW_OK;
    uint8_t before = '\0'; /* "//" would start an authority */
    bool dots = false;
    if (nested && (bytes.size == 0 || bytes.data[0] != '/')) {
        status = sw_buf_append_u8(out, '/');
        before = '/';
    }
    for (size_t i = 0; i < bytes.size && status == SW_OK; i++) {
        uint8_t byte = bytes.data[i];
        if (i == 0 || bytes.data[i - 1] == '/')
            dots = nested && is_dots(bytes, i);
        bool kept = is_plain(byte) && !(byte == '/' && before == '/') && !(dots && byte == '.');
        status = kept ? sw_buf_append_u8(out, byte) : sw_buf_append_format(out, "%%%02X", byte);
        before = byte;
    }
    return status;
}

static bool is_below(struct sw_view path, const char *base)
{
    size_t size = strlen(base);
    if (size == 1)
        return true; /* the root directory */
    return path.size > size && memcmp(path.data, base, size) == 0 && path.data[size] == '/';
}

static enum sw_status append_location(struct sw_buf *uri, struct sw_view path, const char *base,
                                      bool *relative)
{
    enum sw_status status = SW_OK;
    *relative = true;
    if (path.size == 0 || path.data[0] != '/')
        return sw_sarif_uri(uri, path, false);
    if (base[0] != '\0' && path.size == strlen(base) && memcmp(path.data, base, path.size) == 0)
        return sw_buf_append_text(uri, "./");
    if (base[0] != '\0' && is_below(path, base)) {
        size_t skip = base[1] == '\0' ? 1 : strlen(base) + 1;
        return sw_sarif_uri(uri, (struct sw_view){path.data + skip, path.size - skip}, false);
    }
    *relative = false;
    status = sw_buf_append_text(uri, "file://");
    return status == SW_OK ? sw_sarif_uri(uri, path, false) : status;
}

json_t *sw_sarif_location(struct sw_view path, const char *base, int64_t index)
{
    struct sw_buf uri;
    bool relative = true;
    json_t *location = json_object();
    sw_buf_init(&uri, SW_GIB);
    if (append_location(&uri, path, base, &relative) == SW_OK)
        sw_put(&location, "uri", json_stringn((const char *)uri.data, uri.size));
    else
        sw_put(&location, "uri", NULL);
    if (relative && base[0] != '\0')
        sw_put_text(&location, "uriBaseId", SW_SARIF_BASE_ID);
    if (index >= 0)
        sw_put(&location, "index", json_integer(index));
    sw_buf_done(&uri);
    return location;
}

/* Length of at most SW_SARIF_TEXT_MAX bytes that cuts no character. */
static size_t shown_size(const char *text, bool *cut)
{
    size_t size = strlen(text);
    *cut = size > SW_SARIF_TEXT_MAX;
    if (!*cut)
        return size;
    size = SW_SARIF_TEXT_MAX;
    while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

static json_t *text_object(const char *text, bool escaped)
{
    struct sw_buf out;
    bool cut = false;
    size_t size = shown_size(text, &cut);
    enum sw_status status = SW_OK;
    json_t *object = json_object();
    sw_buf_init(&out, SW_MIB);
    for (size_t i = 0; i < size && status == SW_OK; i++) {
        char byte = text[i];
        if (escaped && (byte == '{' || byte == '}'))
            status = sw_buf_append_u8(&out, (uint8_t)byte);
        else if (escaped && (byte == '[' || byte == ']' || byte == '\\'))
            status = sw_buf_append_u8(&out, '\\');
        if (status == SW_OK)
            status = sw_buf_append_u8(&out, (uint8_t)byte);
    }
    if (status == SW_OK && cut)
        status = sw_buf_append_text(&out, "...");
    json_t *value = status == SW_OK ? json_stringn((const char *)out.data, out.size) : NULL;
    if (status == SW_OK && out.size == 0)
        value = json_string("");
    sw_put(&object, "text", value);
    sw_buf_done(&out);
    return object;
}

json_t *sw_sarif_message(const char *text)
{
    return text_object(text, true);
}

json_t *sw_sarif_plain(const char *text)
{
    return text_object(text, false);
}

/* "2026-11-21T19:23:48.000000001Z" */
void sw_sarif_put_time(json_t **object, const char *name, const char *time)
{
    enum { WHOLE = 30, KEPT = 23 };
    if (time == NULL || strlen(time) != WHOLE || time[0] == '-')
        return;
    char text[KEPT + 2];
    memcpy(text, time, KEPT);
    memcpy(text + KEPT, "Z", 2);
    sw_put_text(object, name, text);
}

enum sw_severity sw_sarif_severity(const json_t *finding, const char *member)
{
    enum sw_severity severity = SW_SEVERITY_MEDIUM;
    const char *name = json_string_value(json_object_get(finding, member));
    if (name == NULL)
        name = json_string_value(json_object_get(finding, "severity"));
    if (name != NULL)
        (void)sw_severity_find(name, &severity);
    return severity;
}

const char *sw_sarif_level(enum sw_severity severity)
{
    static const char *const levels[] = {
        [SW_SEVERITY_INFO] = "note",      [SW_SEVERITY_LOW] = "note",
        [SW_SEVERITY_MEDIUM] = "warning", [SW_SEVERITY_HIGH] = "error",
        [SW_SEVERITY_CRITICAL] = "error",
    };
    return levels[severity];
}
