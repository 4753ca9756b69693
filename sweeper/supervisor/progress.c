/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the progress line. */
#include "supervisor/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "supervisor/columns.h"
#include "supervisor/outwait.h"
#include "sweeper/text.h"

enum {
    DRAW_EVERY_MS = 200,
    LOG_EVERY_MS = 1000,
    COLUMNS_DEFAULT = 80,
    PATH_COLUMNS_MIN = 12, /* less of a path tells nothing */
    LINE_MAX_BYTES = 1024 * 1024,
    PATH_MAX_BYTES = 8192, /* of a path that is looked at, from its end */
};

struct sw_progress {
    FILE *out;
    bool terminal;
    bool drawn;
    bool started;
    int64_t drawn_ms;
    int64_t measured_ms;
    uint64_t objects; /* when the rates were measured last */
    uint64_t bytes;
    struct sw_progress_rates rates;
};

static int64_t now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct sw_progress *sw_progress_new(enum sw_when when, FILE *out)
{
    bool terminal = isatty(fileno(out)) == 1;
    if (when == SW_WHEN_NEVER || (when == SW_WHEN_AUTO && !terminal))
        return NULL;
    struct sw_progress *progress = calloc(1, sizeof *progress);
    if (progress == NULL)
        return NULL;
    progress->out = out;
    progress->terminal = terminal;
    progress->measured_ms = now_ms();
    return progress;
}

/* A rate of the last three seconds or so: each measurement counts by the time
 * it covers. The first one stands alone. */
static double blend(double rate, double measured, double seconds, bool first)
{
    double weight = seconds / (seconds + 3.0);
    return first ? measured : rate + (measured - rate) * weight;
}

static uint64_t objects_done(const struct sw_totals *totals)
{
    return totals->scanned + totals->hard_links;
}

static void measure(struct sw_progress *progress, const struct sw_totals *totals, int64_t now)
{
    double seconds = (double)(now - progress->measured_ms) / 1000.0;
    uint64_t objects = objects_done(totals);
    bool first = !progress->started;
    if (seconds < 0.05)
        return;
    progress->rates.objects_s = blend(
        progress->rates.objects_s, (double)(objects - progress->objects) / seconds, seconds, first);
    progress->rates.bytes_s =
        blend(progress->rates.bytes_s, (double)(totals->bytes - progress->bytes) / seconds, seconds,
              first);
    progress->objects = objects;
    progress->bytes = totals->bytes;
    progress->measured_ms = now;
    progress->started = true;
}

double sw_progress_eta(const struct sw_totals *totals, const struct sw_progress_rates *rates)
{
    uint64_t objects = objects_done(totals);
    double by_objects = 0;
    double by_bytes = 0;
    if (!totals->walk.finished)
        return -1;
    if (objects < totals->walk.objects) {
        if (rates->objects_s <= 0)
            return -1;
        by_objects = (double)(totals->walk.objects - objects) / rates->objects_s;
    }
    if (totals->bytes < totals->walk.bytes && rates->bytes_s > 0)
        by_bytes = (double)(totals->walk.bytes - totals->bytes) / rates->bytes_s;
    return by_objects > by_bytes ? by_objects : by_bytes;
}

/* Appends the path, escaped and shortened. A path of megabytes is looked at
 * only from its end: this runs five times a second. */
static enum sw_status append_path(struct sw_buf *out, const char *path, size_t columns)
{
    struct sw_view bytes = {(const uint8_t *)path, strlen(path)};
    struct sw_buf escaped;
    if (bytes.size > PATH_MAX_BYTES)
        bytes = (struct sw_view){bytes.data + bytes.size - PATH_MAX_BYTES, PATH_MAX_BYTES};
    sw_buf_init(&escaped, 4 * (size_t)PATH_MAX_BYTES);
    enum sw_status status = sw_text_escape(&escaped, bytes);
    if (status == SW_OK)
        status = sw_columns_shorten(out, sw_buf_view(&escaped), columns);
    sw_buf_done(&escaped);
    return status;
}

static enum sw_status append_numbers(struct sw_buf *out, const struct sw_totals *totals,
                                     const struct sw_progress_rates *rates)
{
    char objects[32];
    char rate[32];
    char bytes[24];
    char time[32];
    enum sw_status status = sw_buf_append_format(out, "%s files  %s files/s  %s/s",
                                                 sw_text_count(objects_done(totals), objects),
                                                 sw_text_count((uint64_t)rates->objects_s, rate),
                                                 sw_text_size((uint64_t)rates->bytes_s, bytes));
    if (status == SW_OK && rates->eta_s >= 0)
        status = sw_buf_append_format(out, "  ETA %s", sw_text_duration(rates->eta_s, time));
    return status;
}

enum sw_status sw_progress_line(struct sw_buf *out, const struct sw_totals *totals,
                                const struct sw_progress_rates *rates, const char *current_path,
                                size_t columns)
{
    struct sw_buf numbers;
    sw_buf_init(&numbers, 1024);
    enum sw_status status = append_numbers(&numbers, totals, rates);
    size_t used = sw_columns_count(sw_buf_view(&numbers));
    if (status == SW_OK)
        status = sw_buf_append(out, numbers.data, sw_columns_head(sw_buf_view(&numbers), columns));
    if (status == SW_OK && current_path != NULL && used + 2 + PATH_COLUMNS_MIN <= columns) {
        status = sw_buf_append(out, "  ", 2);
        if (status == SW_OK)
            status = append_path(out, current_path, columns - used - 2);
    }
    sw_buf_done(&numbers);
    return status;
}

/* One column stays free: a full line would wrap on some terminals. */
static size_t columns_of(const struct sw_progress *progress)
{
    struct winsize size = {0};
    if (!progress->terminal || ioctl(fileno(progress->out), TIOCGWINSZ, &size) != 0 ||
        size.ws_col < 2)
        return COLUMNS_DEFAULT - 1;
    return size.ws_col - 1U;
}

static void draw(struct sw_progress *progress, const struct sw_totals *totals,
                 const char *current_path)
{
    struct sw_buf line;
    sw_buf_init(&line, LINE_MAX_BYTES);
    enum sw_status status = sw_buf_append_text(&line, progress->terminal ? "\r" : "");
    if (status == SW_OK)
        status =
            sw_progress_line(&line, totals, &progress->rates, current_path, columns_of(progress));
    if (status == SW_OK)
        status = sw_buf_append_text(&line, progress->terminal ? "\x1b[K" : "\n");
    if (status == SW_OK && sw_out_ready(fileno(progress->out))) {
        (void)fwrite(line.data, 1, line.size, progress->out);
        (void)fflush(progress->out);
        progress->drawn = progress->terminal;
    }
    sw_buf_done(&line);
}

void sw_progress_update(struct sw_progress *progress, const struct sw_totals *totals,
                        const char *current_path)
{
    if (progress == NULL)
        return;
    int64_t now = now_ms();
    int64_t pause = progress->terminal ? DRAW_EVERY_MS : LOG_EVERY_MS;
    if (progress->drawn_ms != 0 && now - progress->drawn_ms < pause)
        return;
    measure(progress, totals, now);
    progress->rates.eta_s = sw_progress_eta(totals, &progress->rates);
    progress->drawn_ms = now;
    draw(progress, totals, current_path);
}

void sw_progress_clear(struct sw_progress *progress)
{
    if (progress == NULL || !progress->drawn || !sw_out_ready(fileno(progress->out)))
        return;
    (void)fputs("\r\x1b[K", progress->out);
    (void)fflush(progress->out);
    progress->drawn = false;
}

void sw_progress_free(struct sw_progress *progress)
{
    sw_progress_clear(progress);
    free(progress);
}
