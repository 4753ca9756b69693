/* SPDX-License-Identifier: Apache-2.0 */
/* Reports read back: every byte is in the digest, a finding is one line of eleven fields, and
 * what is no report is not whole. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "supervisor/report_body.h"
#include "supervisor/report_check.h"
#include "supervisor/report_rows.h"

static void check_line(const json_t *finding)
{
    struct sw_buf line;
    size_t bars = 0;
    sw_buf_init(&line, 8 * SW_REPORT_LINE_MAX);
    FUZZ_CHECK(sw_report_body_line(finding, &line) == SW_OK);
    for (size_t i = 0; i < line.size; i++) {
        bars += line.data[i] == '|' ? 1 : 0;
        FUZZ_CHECK((line.data[i] >= ' ' && line.data[i] != 0x7f) || i + 1 == line.size);
    }
    FUZZ_CHECK(bars == 10 && line.data[line.size - 1] == '\n');
    sw_buf_done(&line);
}

static void read_rows(struct sw_report_rows *rows, const uint8_t *data, size_t size, FILE *out)
{
    struct sw_report_check check = {.out = out, .file = "-"};
    struct sw_report_row row;
    struct sw_error error;
    uint64_t line = 0, digested = 0;
    char hex[SW_SHA256_HEX_SIZE], whole[SW_SHA256_HEX_SIZE];
    enum sw_status status;

    while ((status = sw_report_next(rows, &row, &error)) == SW_OK) {
        FUZZ_CHECK(row.line > line && (row.record != NULL || row.why != NULL));
        line = row.line;
        sw_report_check_row(&check, rows, &row);
        if (row.record != NULL)
            check_line(row.record);
    }
    FUZZ_CHECK(status == SW_END || status == SW_DEAD);
    if (status == SW_DEAD)
        return;
    FUZZ_CHECK(sw_report_digest(rows, 0, &digested, hex) == SW_OK && digested == size);
    FUZZ_CHECK(sw_digest_of(data, size, whole) == SW_OK && strcmp(hex, whole) == 0);
    bool good = sw_report_check_end(&check, rows);
    FUZZ_CHECK(good == (check.problems == 0) && (!good || check.starts == 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *out;
    struct sw_report_rows *rows = NULL;
    struct sw_error error;
    char path[64];
    int fd = fuzz_memory_file(data, size);

    if (out == NULL)
        out = fopen("/dev/null", "we");
    FUZZ_CHECK(out != NULL);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FUZZ_CHECK(sw_report_open(path, &rows, &error) == SW_OK);
    read_rows(rows, data, size, out);
    sw_report_close(rows);
    close(fd);
    return 0;
}
