/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - `sweeper report`: from reports to a timeline, or a verdict on them. */
#include "sweeper/report.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "supervisor/outfile.h"
#include "supervisor/report_body.h"
#include "supervisor/report_check.h"
#include "supervisor/report_rows.h"

struct work {
    const struct sw_options *options;
    FILE *say;                   /* what is said of the reports: not where the timeline goes */
    struct sw_outfile *timeline; /* NULL: not asked for */
    struct sw_buf line;
    bool bad;    /* a report is not whole */
    bool failed; /* a report cannot be read, or the timeline not be written */
};

/* 0 of 2 reports could be read is no reason to leave out the second. */
static void fail(struct work *work, const struct sw_error *error)
{
    (void)fflush(stdout);
    fprintf(stderr, "sweeper: %s\n", error->text);
    work->failed = true;
}

static enum sw_status add_to_timeline(struct work *work, const struct sw_report_row *row,
                                      struct sw_error *error)
{
    if (work->timeline == NULL || row->record == NULL || strcmp(row->type, "finding") != 0)
        return SW_OK;
    sw_buf_clear(&work->line);
    if (sw_report_body_line(row->record, &work->line) != SW_OK)
        return sw_fail(error, SW_STOP, "report", 0, "no memory for the timeline");
    return sw_outfile_append(work->timeline, sw_buf_view(&work->line), error);
}

/* Without --verify a damaged line is still said: the timeline lacks it. */
static void tell_damage(struct work *work, const char *file, const struct sw_report_row *row)
{
    if (work->options->verify || row->record != NULL)
        return;
    if (!work->bad)
        fprintf(stderr, "sweeper: %s: line %llu %s; --verify says more\n", file,
                (unsigned long long)row->line, row->why);
    work->bad = true;
}

static enum sw_status read_rows(struct work *work, const char *file, struct sw_report_rows *rows,
                                struct sw_error *error)
{
    struct sw_report_check check = {.out = work->say, .file = file};
    struct sw_report_row row;
    enum sw_status status;
    while ((status = sw_report_next(rows, &row, error)) == SW_OK) {
        tell_damage(work, file, &row);
        if (work->options->verify)
            sw_report_check_row(&check, rows, &row);
        if (add_to_timeline(work, &row, error) != SW_OK)
            return SW_STOP;
    }
    if (status == SW_END && work->options->verify)
        work->bad = !sw_report_check_end(&check, rows) || work->bad;
    return status == SW_END ? SW_OK : status;
}

static void read_report(struct work *work, const char *file)
{
    struct sw_error error = {0};
    struct sw_report_rows *rows = NULL;
    enum sw_status status = sw_report_open(file, &rows, &error);
    if (status == SW_OK)
        status = read_rows(work, file, rows, &error);
    sw_report_close(rows);
    if (status == SW_DEAD) {
        (void)fflush(stdout);
        fprintf(stderr, "sweeper: %s\n", error.text);
        work->bad = true;
    } else if (status != SW_OK) {
        fail(work, &error);
    }
}

static bool same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && S_ISREG(one.st_mode) &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* A report must not be replaced by what is made of it. */
static enum sw_status check_apart(const struct sw_options *options, struct sw_error *error)
{
    for (size_t i = 0; i < options->targets.count; i++)
        if (same_file(options->targets.rows[i], options->timeline))
            return sw_fail(error, SW_STOP, "report", 0, "--timeline would overwrite the report %s",
                           options->targets.rows[i]);
    return SW_OK;
}

static enum sw_status open_timeline(struct work *work, struct sw_error *error)
{
    const char *file = work->options->timeline;
    if (file == NULL)
        return SW_OK;
    if (sw_outfile_is_standard(file))
        work->say = stderr;
    else if (check_apart(work->options, error) != SW_OK)
        return SW_STOP;
    return sw_outfile_open(file, SW_OUTFILE_DOCUMENT, &work->timeline, error);
}

enum sw_exit sw_report(const struct sw_options *options)
{
    struct work work = {.options = options, .say = stdout};
    struct sw_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    sw_buf_init(&work.line, 8 * SW_REPORT_LINE_MAX);
    if (open_timeline(&work, &error) != SW_OK) {
        fail(&work, &error);
        return SW_EXIT_FAILED;
    }
    for (size_t i = 0; i < options->targets.count; i++)
        read_report(&work, options->targets.rows[i]);
    if (sw_outfile_close(work.timeline, !work.failed, &error) != SW_OK)
        fail(&work, &error);
    sw_buf_done(&work.line);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("sweeper: cannot write to standard output\n", stderr);
        return SW_EXIT_FAILED;
    }
    return work.failed ? SW_EXIT_FAILED : work.bad ? SW_EXIT_FINDINGS : SW_EXIT_CLEAN;
}
