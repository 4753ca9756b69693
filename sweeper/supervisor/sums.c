/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-256 of a report, in a file beside it. */
#include "supervisor/sums.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sweeper/limits.h"

struct sw_sums {
    char *file;              /* FILE.sha256 */
    const char *report_file; /* FILE; borrowed */
    struct sw_outfile *out;
};

static enum sw_status no_memory(struct sw_error *error)
{
    return sw_fail(error, SW_STOP, "sink", ENOMEM, "no memory for the hash of a report");
}

/* What coreutils escapes in names: the backslash, and what ends a line. */
static const char *escape_of(char byte)
{
    return byte == '\\' ? "\\\\" : byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : NULL;
}

enum sw_status sw_sums_line(const char *hex, const char *name, struct sw_buf *line)
{
    bool plain = name[strcspn(name, "\\\n\r")] == '\0';
    enum sw_status status = sw_buf_append_format(line, "%s%s  ", plain ? "" : "\\", hex);
    /* "-" alone is standard input to sha256sum. */
    if (status == SW_OK && strcmp(name, "-") == 0)
        status = sw_buf_append_text(line, "./");
    for (; *name != '\0' && status == SW_OK; name++) {
        const char *escape = escape_of(*name);
        status = escape != NULL ? sw_buf_append_text(line, escape)
                                : sw_buf_append_u8(line, (uint8_t)*name);
    }
    return status == SW_OK ? sw_buf_append_u8(line, '\n') : status;
}

enum sw_status sw_sums_open(struct sw_outfile *report, const char *file, struct sw_sums **opened,
                            struct sw_error *error)
{
    struct sw_sums *sums = calloc(1, sizeof *sums);
    if (sums == NULL)
        return no_memory(error);
    sums->report_file = file;
    if (asprintf(&sums->file, "%s.sha256", file) < 0) {
        free(sums);
        return no_memory(error);
    }
    enum sw_status status = sw_outfile_hash(report, error);
    if (status == SW_OK)
        status = sw_outfile_open(sums->file, SW_OUTFILE_DOCUMENT, &sums->out, error);
    if (status == SW_OK) {
        *opened = sums;
        return SW_OK;
    }
    free(sums->file);
    free(sums);
    return status;
}

enum sw_status sw_sums_take(struct sw_sums *sums, const struct sw_outfile *report,
                            struct sw_error *error)
{
    char hex[SW_SHA256_HEX_SIZE];
    uint64_t size = 0;
    struct sw_buf line;
    const char *slash = strrchr(sums->report_file, '/');
    enum sw_status status = sw_outfile_digest(report, (struct sw_view){0}, hex, &size, error);
    if (status != SW_OK)
        return status;
    sw_buf_init(&line, SW_MIB);
    if (sw_sums_line(hex, slash != NULL ? slash + 1 : sums->report_file, &line) != SW_OK)
        status = no_memory(error);
    if (status == SW_OK)
        status = sw_outfile_append(sums->out, sw_buf_view(&line), error);
    sw_buf_done(&line);
    return status;
}

enum sw_status sw_sums_close(struct sw_sums *sums, bool keep, struct sw_error *error)
{
    if (sums == NULL)
        return SW_OK;
    enum sw_status status = sw_outfile_close(sums->out, keep, error);
    free(sums->file);
    free(sums);
    return status;
}

size_t sw_sums_identities(const struct sw_sums *sums, struct sw_facts facts[static 2])
{
    return sums != NULL ? sw_outfile_identities(sums->out, facts) : 0;
}

void sw_sums_forget_old(const struct sw_sums *sums)
{
    if (sums != NULL)
        sw_outfile_forget_old(sums->out);
}
