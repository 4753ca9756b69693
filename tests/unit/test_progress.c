/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line: on a terminal only, never wider than it, never too often,
 * and no path can steer the terminal. */
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "supervisor/columns.h"
#include "supervisor/progress.h"
#include "sweeper/text.h"

static const struct sw_totals totals = {
    .scanned = 12345,
    .hard_links = 5,
    .bytes = 3000000000,
    .walk = {.objects = 20000, .bytes = 4000000000},
};

struct terminal {
    int ours;
    FILE *theirs;
};

static struct terminal terminal_open(unsigned short columns)
{
    struct terminal terminal = {.ours = -1};
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    int theirs = -1;
    assert_int_equal(openpty(&terminal.ours, &theirs, NULL, NULL, &size), 0);
    assert_int_equal(fcntl(terminal.ours, F_SETFL, O_NONBLOCK), 0);
    terminal.theirs = fdopen(theirs, "w");
    assert_non_null(terminal.theirs);
    return terminal;
}

static void terminal_close(struct terminal *terminal)
{
    (void)fclose(terminal->theirs);
    (void)close(terminal->ours);
}

/* What has been shown since the last call. */
static size_t shown(struct terminal *terminal, char *text, size_t text_size)
{
    ssize_t size = read(terminal->ours, text, text_size - 1);
    size_t got = size < 0 ? 0 : (size_t)size;
    text[got] = '\0';
    return got;
}

static size_t occurrences(const char *text, const char *of)
{
    size_t count = 0;
    for (const char *at = strstr(text, of); at != NULL; at = strstr(at + 1, of))
        count++;
    return count;
}

static void pause_ms(long milliseconds)
{
    struct timespec time = {.tv_nsec = milliseconds * 1000000};
    (void)nanosleep(&time, NULL);
}

static void it_shows_itself_where_it_should(void **state)
{
    (void)state;
    struct terminal terminal = terminal_open(80);
    FILE *file = fopen("/dev/null", "w");
    assert_null(sw_progress_new(SW_WHEN_AUTO, file));
    assert_null(sw_progress_new(SW_WHEN_NEVER, file));
    assert_null(sw_progress_new(SW_WHEN_NEVER, terminal.theirs));
    struct sw_progress *progress = sw_progress_new(SW_WHEN_AUTO, terminal.theirs);
    assert_non_null(progress);
    sw_progress_free(progress);
    progress = sw_progress_new(SW_WHEN_ALWAYS, file);
    assert_non_null(progress);
    sw_progress_free(progress);
    sw_progress_update(NULL, &totals, "/a");
    sw_progress_clear(NULL);
    sw_progress_free(NULL);
    (void)fclose(file);
    terminal_close(&terminal);
}

static void it_is_one_line_that_can_be_cleared(void **state)
{
    (void)state;
    char text[4096];
    struct terminal terminal = terminal_open(80);
    struct sw_progress *progress = sw_progress_new(SW_WHEN_AUTO, terminal.theirs);
    sw_progress_clear(progress);
    assert_int_equal(shown(&terminal, text, sizeof text), 0);
    sw_progress_update(progress, &totals, "/usr/bin/x");
    assert_true(shown(&terminal, text, sizeof text) > 20);
    assert_int_equal(text[0], '\r');
    assert_null(strchr(text, '\n'));
    assert_non_null(strstr(text, "12,350 files  "));
    assert_non_null(strstr(text, "files/s"));
    assert_non_null(strstr(text, "/usr/bin/x\x1b[K"));
    sw_progress_clear(progress);
    assert_int_equal(shown(&terminal, text, sizeof text), 4);
    assert_string_equal(text, "\r\x1b[K");
    sw_progress_clear(progress);
    assert_int_equal(shown(&terminal, text, sizeof text), 0);
    sw_progress_free(progress);
    terminal_close(&terminal);
}

static void it_is_drawn_five_times_a_second_at_most(void **state)
{
    (void)state;
    char text[65536];
    struct terminal terminal = terminal_open(80);
    struct sw_progress *progress = sw_progress_new(SW_WHEN_AUTO, terminal.theirs);
    for (size_t i = 0; i < 10000; i++)
        sw_progress_update(progress, &totals, "/a");
    (void)shown(&terminal, text, sizeof text);
    /* 10,000 calls take a few milliseconds; a slow machine may get a second one. */
    assert_in_range(occurrences(text, "\r"), 1, 3);
    pause_ms(250);
    sw_progress_update(progress, &totals, "/b");
    (void)shown(&terminal, text, sizeof text);
    assert_int_equal(occurrences(text, "\r"), 1);
    assert_non_null(strstr(text, "/b"));
    sw_progress_free(progress);
    terminal_close(&terminal);
}

static void in_a_log_it_is_whole_lines(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    char name[] = "/tmp/sweeper-progress-XXXXXX";
    int fd = mkstemp(name);
    FILE *file = fdopen(fd, "w+");
    struct sw_progress *progress = sw_progress_new(SW_WHEN_ALWAYS, file);
    for (size_t i = 0; i < 1000; i++)
        sw_progress_update(progress, &totals, "/a\n\x1b[2J");
    sw_progress_free(progress);
    rewind(file);
    assert_true(getline(&text, &size, file) > 20);
    assert_non_null(strstr(text, "files/s"));
    assert_null(strchr(text, '\x1b'));
    assert_null(strchr(text, '\r'));
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
    (void)fclose(file);
    (void)unlink(name);
}

static void assert_fits(const char *path, size_t columns)
{
    struct sw_progress_rates rates = {.objects_s = 1234567, .bytes_s = 9e9, .eta_s = 61};
    struct sw_buf line;
    sw_buf_init(&line, SW_MIB);
    assert_int_equal(sw_progress_line(&line, &totals, &rates, path, columns), SW_OK);
    assert_true(sw_columns_count(sw_buf_view(&line)) <= columns);
    assert_true(sw_text_is_printable(sw_buf_view(&line)));
    sw_buf_done(&line);
}

static void it_is_never_wider_than_the_terminal(void **state)
{
    (void)state;
    size_t size = SW_MIB;
    char *huge = malloc(size + 1);
    assert_non_null(huge);
    memset(huge, '\x1b', size);
    huge[size] = '\0';
    for (size_t columns = 0; columns < 200; columns++) {
        assert_fits("/usr/lib/python3/dist-packages/some/where/deep/module.py", columns);
        assert_fits("/\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97/x",
                    columns);
        assert_fits("/\xff\x1b]0;x\x07\n\xe2\x80\xae", columns);
        assert_fits(NULL, columns);
        assert_fits("", columns);
    }
    assert_fits(huge, 120);
    free(huge);
    char text[4096];
    struct terminal terminal = terminal_open(50);
    struct sw_progress *progress = sw_progress_new(SW_WHEN_AUTO, terminal.theirs);
    sw_progress_update(progress, &totals,
                       "/usr/lib/python3/dist-packages/some/where/deep/module.py");
    /* \r, the line, the three bytes that clear the rest */
    assert_true(shown(&terminal, text, sizeof text) <= 1 + 49 + 3);
    sw_progress_free(progress);
    terminal_close(&terminal);
}

static void the_time_left_is_known_after_the_walk(void **state)
{
    (void)state;
    struct sw_progress_rates rates = {.objects_s = 100, .bytes_s = 1000000};
    struct sw_totals now = totals;
    assert_true(sw_progress_eta(&now, &rates) < 0);
    now.walk.finished = true;
    /* 7,650 objects take 76.5 s, 1,000,000,000 bytes take 1,000 s. */
    assert_true(sw_progress_eta(&now, &rates) > 999 && sw_progress_eta(&now, &rates) < 1001);
    rates.bytes_s = 1e9;
    assert_true(sw_progress_eta(&now, &rates) > 76 && sw_progress_eta(&now, &rates) < 77);
    rates.objects_s = 0;
    assert_true(sw_progress_eta(&now, &rates) < 0);
    now.walk.objects = now.scanned;
    now.walk.bytes = now.bytes;
    assert_true(sw_progress_eta(&now, &rates) >= 0 && sw_progress_eta(&now, &rates) < 1);
    struct sw_buf line;
    sw_buf_init(&line, SW_KIB);
    rates.eta_s = 12;
    assert_int_equal(sw_progress_line(&line, &now, &rates, NULL, 120), SW_OK);
    assert_int_equal(sw_buf_terminate(&line), SW_OK);
    assert_non_null(strstr((const char *)line.data, "ETA 12"));
    sw_buf_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_shows_itself_where_it_should),
        cmocka_unit_test(it_is_one_line_that_can_be_cleared),
        cmocka_unit_test(it_is_drawn_five_times_a_second_at_most),
        cmocka_unit_test(in_a_log_it_is_whole_lines),
        cmocka_unit_test(it_is_never_wider_than_the_terminal),
        cmocka_unit_test(the_time_left_is_known_after_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
