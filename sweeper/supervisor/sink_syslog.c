/* SPDX-License-Identifier: Apache-2.0 */
/* syslog: one message (RFC 5424) for each finding, gap, incident and death of an engine,
 * and one at the end, so that silence is not taken for a clean sweep. To the socket of the
 * local daemon, /dev/log, or to the one that FILE names.
 *
 * Facility user (1). What there is to know is in the structured data; values are cut at
 * VALUE_MAX bytes, with "cut" saying so. 32473 is the enterprise number that RFC 5612 keeps
 * for documentation: the program has none of its own. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/record_parts.h"
#include "supervisor/sink_format.h"
#include "sweeper/gap.h"
#include "sweeper/limits.h"
#include "sweeper/record.h"
#include "sweeper/text.h"

#define SYSLOG_PLACE "/dev/log"

enum {
    FACILITY_USER = 1,
    VALUE_MAX = 1024, /* bytes of a parameter, before it is escaped */
    NAME_MAX_5424 = 255,
    PATIENCE_S = 10 /* for a daemon that does not read */
};

/* A byte order mark says that the text is UTF-8 (section 6.4). */
#define BOM "\xef\xbb\xbf"

/* Severities of RFC 5424, section 6.2.1. */
enum { LEVEL_CRITICAL = 2, LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_NOTICE = 5, LEVEL_INFO = 6 };

struct syslog_state {
    int fd;
    bool stream; /* messages then end with a NUL, as syslog(3) has it */
    struct sw_buf message;
    char host[NAME_MAX_5424 + 1];
    bool cut;              /* a value of this message was */
    json_t *case_of_sweep; /* as sweep_start has it; NULL: nobody said */
};

/* --- the socket --- */

static const char *place_of(const struct sw_sink *sink)
{
    return sink->file == NULL ? SYSLOG_PLACE : sink->file;
}

static enum sw_status fail(const struct sw_sink *sink, int errnum, struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "sink", errnum, "syslog socket %s", place_of(sink));
}

static int connect_as(int type, const struct sockaddr_un *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    int errnum = errno;
    (void)close(fd);
    errno = errnum;
    return -1;
}

static enum sw_status connect_to(struct sw_sink *sink, struct sw_error *error)
{
    struct syslog_state *state = sink->state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *place = place_of(sink);
    if (strlen(place) >= sizeof address.sun_path)
        return fail(sink, ENAMETOOLONG, error);
    memcpy(address.sun_path, place, strlen(place));
    if (state->fd >= 0)
        (void)close(state->fd);
    state->stream = false;
    state->fd = connect_as(SOCK_DGRAM, &address);
    if (state->fd < 0 && errno == EPROTOTYPE) {
        state->stream = true;
        state->fd = connect_as(SOCK_STREAM, &address);
    }
    return state->fd >= 0 ? SW_OK : fail(sink, errno, error);
}

static int send_once(const struct syslog_state *state)
{
    size_t size = state->message.size + (state->stream ? 1 : 0);
    size_t done = 0;
    while (done < size) {
        ssize_t count = send(state->fd, state->message.data + done, size - done, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        done += (size_t)count;
    }
    return 0;
}

/* A daemon that was started anew has a new socket: once more, then it is lost. */
static enum sw_status send_message(struct sw_sink *sink, struct sw_error *error)
{
    struct syslog_state *state = sink->state;
    int errnum = send_once(state);
    if (errnum == ECONNREFUSED || errnum == ECONNRESET || errnum == ENOTCONN || errnum == EPIPE) {
        if (connect_to(sink, error) != SW_OK)
            return SW_STOP;
        errnum = send_once(state);
    }
    return errnum == 0 ? SW_OK : fail(sink, errnum, error);
}

/* --- the message --- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* Length of at most VALUE_MAX bytes that cuts no character. */
static size_t kept_size(const char *text)
{
    size_t size = strnlen(text, VALUE_MAX + 1);
    if (size <= VALUE_MAX)
        return size;
    do {
        size--;
    } while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80);
    return size;
}

/* name="value", with ", \ and ] escaped (section 6.3.3); nothing for an empty value. */
static enum sw_status append_value(struct syslog_state *state, const char *name, const char *text)
{
    struct sw_buf *out = &state->message;
    size_t size = kept_size(text);
    if (size == 0)
        return SW_OK;
    state->cut = state->cut || text[size] != '\0';
    enum sw_status status = sw_buf_append_format(out, " %s=\"", name);
    for (size_t i = 0; i < size && status == SW_OK; i++) {
        if (text[i] == '"' || text[i] == '\\' || text[i] == ']')
            status = sw_buf_append_u8(out, '\\');
        if (status == SW_OK)
            status = sw_buf_append_u8(out, (uint8_t)text[i]);
    }
    return status == SW_OK ? sw_buf_append_u8(out, '"') : status;
}

static int level_of(const char *severity)
{
    static const int levels[] = {
        [SW_SEVERITY_INFO] = LEVEL_INFO,         [SW_SEVERITY_LOW] = LEVEL_NOTICE,
        [SW_SEVERITY_MEDIUM] = LEVEL_WARNING,    [SW_SEVERITY_HIGH] = LEVEL_ERROR,
        [SW_SEVERITY_CRITICAL] = LEVEL_CRITICAL,
    };
    enum sw_severity found = SW_SEVERITY_MEDIUM;
    return sw_severity_find(severity, &found) ? levels[found] : LEVEL_WARNING;
}

static int level_of_record(const json_t *record, const char *type)
{
    if (json_object_get(record, "suppressed") != NULL)
        return LEVEL_INFO;
    if (strcmp(type, "finding") == 0 || strcmp(type, "incident") == 0)
        return level_of(text_of(record, "severity"));
    if (strcmp(type, "sweep_end") == 0)
        return strcmp(text_of(record, "verdict"), "clean") == 0 ? LEVEL_INFO : LEVEL_NOTICE;
    return LEVEL_WARNING;
}

/* <PRI>1 TIMESTAMP HOST APP PROCID MSGID; microseconds are the most there can be. */
static enum sw_status append_header(struct syslog_state *state, int level, const char *type)
{
    struct timespec now = {0};
    struct tm parts = {0};
    char time[32] = "-";
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &parts) != NULL)
        (void)strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &parts);
    return sw_buf_append_format(&state->message, "<%d>1 %s.%06ldZ %s sweeper %ld %s ",
                                FACILITY_USER * 8 + level, time, now.tv_nsec / 1000, state->host,
                                (long)getpid(), type);
}

struct parameter {
    const char *name;
    const char *object; /* member of the record; NULL: the record itself */
    const char *member;
};
/* Those that a record has not are left out. */
static const struct parameter parameters[] = {
    {"id", NULL, "id"},
    {"severity", NULL, "severity"},
    {"kind", NULL, "kind"},
    {"family", NULL, "family"},
    {"rule", "rule", "name"},
    {"namespace", "rule", "namespace"},
    {"reason", NULL, "reason"},
    {"verdict", NULL, "verdict"},
    {"cause", NULL, "cause"},
    {"detail", NULL, "detail"},
    {"root", NULL, "root"},
    {"locator", NULL, "locator"},
    {"sha256", "object", "sha256"},
    {"package", "package", "name"},
    {"version", "package", "version"},
    {"suppressed", "suppressed", "reason"},
};

/* In every message: each may be all that somebody sees. */
static const char *const case_names[] = {"case_number", "evidence_number", "examiner_name"};

static enum sw_status append_data(struct syslog_state *state, const json_t *record)
{
    enum sw_status status = sw_buf_append_text(&state->message, "[sweeper@32473");
    state->cut = false;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0] && status == SW_OK; i++) {
        const struct parameter *row = &parameters[i];
        const json_t *object = row->object == NULL ? record : json_object_get(record, row->object);
        status = append_value(state, row->name, text_of(object, row->member));
    }
    for (size_t i = 0; i < sizeof case_names / sizeof case_names[0] && status == SW_OK; i++)
        status = append_value(state, case_names[i], text_of(state->case_of_sweep, case_names[i]));
    const json_t *code = json_object_get(record, "exit_code");
    if (status == SW_OK && json_is_integer(code))
        status = sw_buf_append_format(&state->message, " exit_code=\"%d\"",
                                      (int)json_integer_value(code));
    if (status == SW_OK && state->cut)
        status = append_value(state, "cut", "true");
    return status == SW_OK ? sw_buf_append_text(&state->message, "] ") : status;
}

/* For people; the structured data has it exactly. */
static enum sw_status append_sentence(struct syslog_state *state, const json_t *record,
                                      const char *type)
{
    struct sw_buf *out = &state->message;
    const char *place = text_of(record, "locator");
    enum sw_gap gap = sw_gap_find(text_of(record, "reason"));
    int size = (int)kept_size(place);
    if (strcmp(type, "finding") == 0)
        return sw_buf_append_format(out, BOM "%s: %s in %.*s", text_of(record, "severity"),
                                    text_of(json_object_get(record, "rule"), "name"), size, place);
    if (strcmp(type, "gap") == 0)
        return sw_buf_append_format(out, BOM "not looked at: %.*s: %s", size, place,
                                    gap == SW_GAP_NONE ? "" : sw_gap_meaning(gap));
    if (strcmp(type, "incident") == 0)
        return sw_buf_append_format(out, BOM "incident in %.*s: %s",
                                    (int)kept_size(text_of(record, "root")),
                                    text_of(record, "root"), text_of(record, "verdict"));
    if (strcmp(type, "engine_death") == 0)
        return sw_buf_append_format(out, BOM "an engine ended: %s", text_of(record, "cause"));
    return sw_buf_append_format(out, BOM "sweep ended: %s", text_of(record, "verdict"));
}

/* --- the format --- */

/* Printable ASCII without spaces (section 6.2.4). */
static void put_host(struct syslog_state *state)
{
    if (gethostname(state->host, sizeof state->host - 1) != 0 || state->host[0] == '\0')
        (void)strcpy(state->host, "-");
    for (char *at = state->host; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~')
            *at = '_';
    }
}

static enum sw_status syslog_open(struct sw_sink *sink, const struct sw_options *options,
                                  struct sw_error *error)
{
    struct syslog_state *state = calloc(1, sizeof *state);
    (void)options;
    if (state == NULL)
        return sw_fail(error, SW_STOP, "sink", 0, "no memory for the outputs");
    state->fd = -1;
    sw_buf_init(&state->message, SW_MIB);
    put_host(state);
    sink->state = state;
    return connect_to(sink, error);
}

static enum sw_status syslog_put(struct sw_sink *sink, const json_t *record, struct sw_view line,
                                 struct sw_error *error)
{
    struct syslog_state *state = sink->state;
    const char *type = text_of(record, "type");
    (void)line;
    if (strcmp(type, "sweep_start") == 0)
        state->case_of_sweep = json_deep_copy(json_object_get(record, "case"));
    if (strcmp(type, "sweep_start") == 0 || strcmp(type, "root") == 0)
        return SW_OK;
    sw_buf_clear(&state->message);
    enum sw_status status = append_header(state, level_of_record(record, type), type);
    if (status == SW_OK)
        status = append_data(state, record);
    if (status == SW_OK)
        status = append_sentence(state, record, type);
    if (status != SW_OK || sw_buf_terminate(&state->message) != SW_OK)
        return sw_fail(error, SW_STOP, "sink", 0, "no memory for a record");
    return send_message(sink, error);
}

static enum sw_status syslog_finish(struct sw_sink *sink, struct sw_error *error)
{
    (void)sink;
    (void)error;
    return SW_OK;
}

static void syslog_close(struct sw_sink *sink)
{
    struct syslog_state *state = sink->state;
    if (state == NULL)
        return;
    if (state->fd >= 0)
        (void)close(state->fd);
    sw_buf_done(&state->message);
    json_decref(state->case_of_sweep);
    free(state);
    sink->state = NULL;
}

const struct sw_sink_format sw_sink_syslog = {
    .name = "syslog",
    .mode = SW_OUTFILE_STREAM,
    .place = SYSLOG_PLACE,
    .open = syslog_open,
    .put = syslog_put,
    .finish = syslog_finish,
    .close = syslog_close,
};
